/* Blocks, their extrinsics decoded by the runtime that executed them, and the events that this
 * left behind. */
#include <substrate/hash.h>
#include <substrate/storage.h>

#include "codec/block.h"
#include "codec/extrinsic.h"
#include "base/header.h"
#include "base/text.h"
#include "names.h"
#include "reply.h"

static const struct value_limits limits = VALUE_LIMITS;

/* ---- blocks ---- */

static enum query_progress ask_block(struct substrate_query *query) {
    struct base_buf *params = query_params(query);
    base_buf_format(params, "[%s]", query->pin);
    query_add(query, "chain_getBlock", params);
    return query_ask(query);
}

static bool write_header(struct substrate_query *query, struct base_json json) {
    struct base_header header;
    struct substrate_error error = {0};
    enum substrate_status status = base_header_read(json.raw, &header, NULL, &error);
    if (status != SUBSTRATE_OK) {
        (void)query_fail_with(query, status, "%s", error.message);
        return false;
    }
    base_buf_format(&query->value, "{\"hash\":%s,\"number\":%llu,\"header\":", query->pin,
                    (unsigned long long)header.number);
    base_json_write_compact(&query->value, json);
    return true;
}

static bool write_extrinsics(struct substrate_query *query, struct base_json list) {
    struct base_json_walk walk;
    struct base_json json;
    struct substrate_text name;
    struct substrate_bytes bytes;
    struct substrate_error error = {0};
    if (list.kind != BASE_JSON_ARRAY) {
        (void)query_fail_with(query, SUBSTRATE_E_DECODE, "the block has no list of extrinsics");
        return false;
    }
    base_json_walk_init(&walk, list);
    for (size_t i = 0; base_json_walk_next(&walk, &name, &json); i++) {
        if (!query_read_bytes(query, json, &bytes)) {
            return false;
        }
        base_buf_str(&query->value, i > 0 ? "," : "");
        enum substrate_status status = extrinsic_read(query_metadata(query, QUERY_STATE_RUNTIME),
                                                      bytes, &limits, &query->value, &error);
        if (status != SUBSTRATE_OK) {
            (void)query_fail_with(query, status, "extrinsic %zu: %s", i, error.message);
            return false;
        }
    }
    return true;
}

static enum query_progress step_block(struct substrate_query *query,
                                      const struct substrate_reply *replies, size_t count) {
    struct base_json json;
    if (count == 0) {
        return ask_block(query);
    }
    if (!query_read_json(query, &replies[0], &json)) {
        return QUERY_FAILED;
    }
    struct base_json block = base_json_member(json, "block");
    if (json.kind == BASE_JSON_NULL) {
        return query_fail_with(query, SUBSTRATE_E_NOT_FOUND, "there is no block %s", query->pin);
    }
    if (!write_header(query, base_json_member(block, "header"))) {
        return QUERY_FAILED;
    }
    base_buf_str(&query->value, ",\"extrinsics\":[");
    if (!write_extrinsics(query, base_json_member(block, "extrinsics"))) {
        return QUERY_FAILED;
    }
    base_buf_str(&query->value, "]}");
    return query_done_written(query);
}

enum substrate_status substrate_query_block(const struct substrate_pin *pin,
                                            struct substrate_query **query) {
    static const struct query_description description = {"block", QUERY_NEEDS_STATE_RUNTIME,
                                                         step_block, false};
    return query == NULL ? SUBSTRATE_E_ARGUMENT : query_new(&description, NULL, 0, pin, query);
}

/* ---- events ---- */

static enum query_progress ask_events(struct substrate_query *query) {
    const struct metadata_storage *item = query_find_storage(query, "System", "Events");
    if (item != NULL) {
        query_add_storage(query, (struct substrate_bytes){item->prefix, sizeof(item->prefix)});
    }
    return query_ask(query);
}

static enum query_progress step_events(struct substrate_query *query,
                                       const struct substrate_reply *replies, size_t count) {
    const struct substrate_metadata *metadata = query_metadata(query, QUERY_STATE_RUNTIME);
    struct base_json json;
    struct substrate_bytes bytes;
    struct substrate_error error = {0};
    if (count == 0) {
        return ask_events(query);
    }
    const struct metadata_storage *item = query_find_storage(query, "System", "Events");
    if (item == NULL || !query_read_json(query, &replies[0], &json) ||
        !query_read_stored(query, item, json, &query->outcome.presence, &bytes)) {
        return QUERY_FAILED;
    }
    enum substrate_status status = events_read(metadata, bytes, &limits, &query->value, &error);
    if (status != SUBSTRATE_OK) {
        return query_fail_with(query, status, "%s", error.message);
    }
    return query_done_written(query);
}

enum substrate_status substrate_query_events(const struct substrate_pin *pin,
                                             struct substrate_query **query) {
    static const struct query_description description = {"events", QUERY_NEEDS_STATE_RUNTIME,
                                                         step_events, false};
    return query == NULL ? SUBSTRATE_E_ARGUMENT : query_new(&description, NULL, 0, pin, query);
}
