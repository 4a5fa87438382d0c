/* Reading replies in steps; see reply.h. */
#include "reply.h"

#include <substrate/hash.h>

#include "base/hex.h"
#include "base/text.h"
#include "codec/value.h"

static const struct value_limits limits = VALUE_LIMITS;

bool query_read_json(struct substrate_query *query, const struct substrate_reply *reply,
                     struct base_json *json) {
    if (base_json_parse(reply->result, BASE_JSON_DEPTH_MAX, json, NULL) != SUBSTRATE_OK) {
        (void)query_fail_with(query, SUBSTRATE_E_DECODE, "the answer is no JSON");
        return false;
    }
    return true;
}

bool query_read_bytes(struct substrate_query *query, struct base_json json,
                      struct substrate_bytes *bytes) {
    struct substrate_text hex = {NULL, 0};
    if (json.kind != BASE_JSON_STRING) {
        (void)query_fail_with(query, SUBSTRATE_E_DECODE,
                              "the answer has something else where bytes should be");
        return false;
    }
    size_t capacity = json.raw.size / 2;
    uint8_t *out = base_arena_alloc(&query->round, capacity);
    if (out == NULL || !base_json_string(json, &query->round, &hex)) {
        (void)query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
        return false;
    }
    if (!base_text_starts(hex, "0x") || !base_hex_read(hex, out, capacity, &bytes->size)) {
        (void)query_fail_with(query, SUBSTRATE_E_DECODE, "the answer is no hexadecimal bytes");
        return false;
    }
    bytes->data = out;
    return true;
}

bool query_read_hash(struct substrate_query *query, struct base_json json, const char *what,
                     struct substrate_hash *hash) {
    struct substrate_text text = {NULL, 0};
    if (json.kind == BASE_JSON_STRING && !base_json_string(json, &query->round, &text)) {
        (void)query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
        return false;
    }
    if (substrate_hash_parse(text, hash) != SUBSTRATE_OK) {
        (void)query_fail_with(query, SUBSTRATE_E_DECODE, "%s is no block hash", what);
        return false;
    }
    return true;
}

const struct substrate_metadata *query_metadata(const struct substrate_query *query,
                                                enum query_runtime_kind kind) {
    return query->runtimes[kind]->metadata;
}

bool query_write_value(struct substrate_query *query, enum query_runtime_kind kind, uint32_t type,
                       struct substrate_bytes bytes) {
    struct substrate_error error = {0};
    enum substrate_status status =
        value_read_all(query_metadata(query, kind), type, bytes, &limits, &query->value, &error);
    if (status != SUBSTRATE_OK) {
        size_t position = error.position;
        (void)query_fail_with(query, status, "%s", error.message);
        query->outcome.error.position = position;
        return false;
    }
    return true;
}

bool query_read_stored(struct substrate_query *query, const struct metadata_storage *item,
                       struct base_json json, enum substrate_presence *presence,
                       struct substrate_bytes *bytes) {
    if (json.kind != BASE_JSON_NULL) {
        *presence = SUBSTRATE_PRESENT;
        return query_read_bytes(query, json, bytes);
    }
    *presence = item->has_default ? SUBSTRATE_DEFAULT : SUBSTRATE_ABSENT;
    *bytes = item->has_default ? item->fallback : (struct substrate_bytes){NULL, 0};
    return true;
}

bool query_write_stored(struct substrate_query *query, const struct metadata_storage *item,
                        struct base_json json, enum substrate_presence *presence) {
    struct substrate_bytes bytes;
    if (!query_read_stored(query, item, json, presence, &bytes)) {
        return false;
    }
    if (*presence == SUBSTRATE_ABSENT) {
        base_buf_str(&query->value, "null");
        return true;
    }
    return query_write_value(query, QUERY_STATE_RUNTIME, item->value, bytes);
}
