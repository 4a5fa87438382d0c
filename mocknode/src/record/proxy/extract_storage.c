/* Readers of what exchanges say of storage: values, pages of keys, hashes and sizes, ranges. */
#include "base/text.h"
#include "fixture/keys.h"
#include "fixture/line.h"
#include "methods/method.h"
#include "record/proxy/extract.h"

#define CODE "3a636f6465" /* :code */

static enum substrate_status add_value(struct extraction *extraction,
                                       const struct substrate_hash *at, struct substrate_text key,
                                       struct base_json value) {
    struct fact_change change = {.key = key, .kind = FACT_ABSENT};
    struct substrate_text digits;
    if (value.kind == BASE_JSON_STRING && extract_digits(value.raw, &digits)) {
        change.kind = FACT_VALUE;
        change.value = (struct substrate_text){value.raw.data + 1, value.raw.size - 2};
    } else if (value.kind != BASE_JSON_NULL) {
        return SUBSTRATE_OK;
    }
    struct fact_set *set = facts_set(extraction->facts, at, true);
    if (set == NULL || facts_add_change(extraction->facts, set, &change) != SUBSTRATE_OK) {
        return SUBSTRATE_E_MEMORY;
    }
    return extract_touch(extraction, at);
}

enum substrate_status extract_storage(struct extraction *extraction,
                                      const struct rpc_request *request, struct base_json result) {
    struct substrate_text key;
    return extract_digits(request->params[0], &key)
               ? add_value(extraction, &request->at, key, result)
               : SUBSTRATE_OK;
}

/* {"block": hash, "changes": [[key, value]]} */
enum substrate_status extract_change_set(struct extraction *extraction, struct base_json set) {
    struct substrate_hash at;
    struct base_json_walk walk, inner;
    struct substrate_text name, digits;
    struct base_json pair, key, value;
    enum substrate_status status = SUBSTRATE_OK;
    if (!extract_hash(base_json_member(set, "block"), &at)) {
        return SUBSTRATE_OK;
    }
    base_json_walk_init(&walk, base_json_member(set, "changes"));
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &name, &pair)) {
        base_json_walk_init(&inner, pair);
        if (pair.kind == BASE_JSON_ARRAY && base_json_walk_next(&inner, &name, &key) &&
            base_json_walk_next(&inner, &name, &value) && extract_digits(key.raw, &digits)) {
            status = add_value(extraction, &at, digits, value);
        }
    }
    return status;
}

enum substrate_status extract_change_sets(struct extraction *extraction,
                                          const struct rpc_request *request,
                                          struct base_json result) {
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json set;
    enum substrate_status status = SUBSTRATE_OK;
    (void)request;
    base_json_walk_init(&walk, result);
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &name, &set)) {
        status = extract_change_set(extraction, set);
    }
    return status;
}

/* What an entry of a page says: a key is there, or, in a pair, what its value is. The runtime's
 * code is too large to keep. False: it is neither. */
static bool read_entry(struct base_json entry, struct fact_change *change) {
    struct base_json_walk walk;
    struct base_json key = entry, value = {BASE_JSON_NONE, {NULL, 0}};
    struct substrate_text name, digits;
    *change = (struct fact_change){.kind = FACT_PRESENT};
    if (entry.kind == BASE_JSON_ARRAY) {
        base_json_walk_init(&walk, entry);
        if (!base_json_walk_next(&walk, &name, &key) ||
            !base_json_walk_next(&walk, &name, &value) || value.kind != BASE_JSON_STRING ||
            !extract_digits(value.raw, &digits)) {
            return false;
        }
    }
    if (!extract_digits(key.raw, &change->key)) {
        return false;
    }
    if (value.kind == BASE_JSON_STRING && !base_text_is(change->key, CODE)) {
        change->kind = FACT_VALUE;
        change->value = (struct substrate_text){value.raw.data + 1, value.raw.size - 2};
    }
    return true;
}

/* Keys that are listed are there; what lies between them, as far as the page reaches, is not. */
static enum substrate_status add_page(struct extraction *extraction,
                                      const struct substrate_hash *at, struct base_json result,
                                      struct fact_interval interval, uint64_t most) {
    struct base_json_walk walk;
    struct substrate_text name, last = {NULL, 0};
    struct base_json entry;
    uint64_t count = 0;
    struct fact_set *set = facts_set(extraction->facts, at, true);
    if (set == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    base_json_walk_init(&walk, result);
    while (base_json_walk_next(&walk, &name, &entry)) {
        struct fact_change change;
        if (!read_entry(entry, &change) || base_text_compare(change.key, interval.from) < 0 ||
            (last.data != NULL && base_text_compare(last, change.key) >= 0)) {
            return SUBSTRATE_OK; /* no page of this request: nothing is claimed */
        }
        if (facts_add_change(extraction->facts, set, &change) != SUBSTRATE_OK) {
            return SUBSTRATE_E_MEMORY;
        }
        last = change.key;
        count++;
    }
    if (count >= most) {
        interval.to = key_successor(&extraction->arena, last);
        if (interval.to.data == NULL) {
            return SUBSTRATE_E_MEMORY;
        }
    }
    if (facts_add_covered(extraction->facts, set, &interval) != SUBSTRATE_OK) {
        return SUBSTRATE_E_MEMORY;
    }
    return extract_touch(extraction, at);
}

/* `["0xPREFIX"]`, out of the parameters that begin with it. {NULL, 0}: out of memory. */
static struct substrate_text first_alone(struct extraction *extraction,
                                         const struct rpc_request *request) {
    struct base_buf params = BASE_BUF_INIT;
    struct substrate_text copy = {NULL, 0};
    base_buf_char(&params, '[');
    base_buf_text(&params, request->params[0]);
    base_buf_char(&params, ']');
    if (!params.failed) {
        copy = base_arena_text(&extraction->arena, base_buf_view(&params));
    }
    base_buf_free(&params);
    return copy;
}

enum substrate_status extract_keys_paged(struct extraction *extraction,
                                         const struct rpc_request *request,
                                         struct base_json result) {
    struct substrate_text prefix, start;
    struct fact_interval interval;
    uint64_t most = 0;
    if (result.kind != BASE_JSON_ARRAY || !extract_digits(request->params[0], &prefix) ||
        !base_text_u64(request->params[1], &most) || most == 0) {
        return SUBSTRATE_OK;
    }
    if (!interval_of_prefix(&extraction->arena, prefix, &interval)) {
        return SUBSTRATE_E_MEMORY;
    }
    if (request->params[2].data != NULL && extract_digits(request->params[2], &start)) {
        if (base_text_equal(start, prefix)) {
            /* The page begins behind the prefix, which may be a key itself. */
            struct rpc_request value = *request;
            value.method = method_find(BASE_TEXT("state_getStorage"));
            value.name = base_text(value.method->name);
            value.params_text = first_alone(extraction, request);
            if (value.params_text.data == NULL ||
                extract_ask(extraction, &value, false) != SUBSTRATE_OK) {
                return SUBSTRATE_E_MEMORY;
            }
        }
        start = key_successor(&extraction->arena, start);
        if (start.data == NULL) {
            return SUBSTRATE_E_MEMORY;
        }
        if (base_text_compare(start, interval.from) > 0) {
            interval.from = start;
        }
        if (interval.to.data != NULL && base_text_compare(interval.from, interval.to) >= 0) {
            return SUBSTRATE_OK; /* it began after the prefix */
        }
    }
    return add_page(extraction, &request->at, result, interval, most);
}

enum substrate_status extract_keys(struct extraction *extraction, const struct rpc_request *request,
                                   struct base_json result) {
    struct substrate_text prefix;
    struct fact_interval interval;
    if (result.kind != BASE_JSON_ARRAY || !extract_digits(request->params[0], &prefix)) {
        return SUBSTRATE_OK;
    }
    if (!interval_of_prefix(&extraction->arena, prefix, &interval)) {
        return SUBSTRATE_E_MEMORY;
    }
    return add_page(extraction, &request->at, result, interval, UINT64_MAX);
}

/* A size that is null says that there is no key below, either. */
static enum substrate_status ask_below(struct extraction *extraction,
                                       const struct rpc_request *request) {
    struct base_buf params = BASE_BUF_INIT;
    base_buf_char(&params, '[');
    base_buf_text(&params, request->params[0]);
    base_buf_str(&params, ",1,null,");
    if (request->at_given) {
        line_write_hash(&params, &request->at);
    } else {
        base_buf_str(&params, "null");
    }
    base_buf_char(&params, ']');
    enum substrate_status status =
        extract_ask_text(extraction, "state_getKeysPaged", &params, false);
    base_buf_free(&params);
    return status;
}

/* A hash or a size of a value: the value itself is the fact, but for the runtime's code, of which
 * hash and size are kept of every block anyway. Pinned or not. */
enum substrate_status extract_value(struct extraction *extraction,
                                    const struct rpc_request *request, struct base_json result) {
    struct rpc_request value = *request;
    if (base_text_is(request->params[0], "\"0x" CODE "\"")) {
        return request->at_given ? extract_touch(extraction, &request->at)
                                 : extract_ask(extraction, request, false);
    }
    value.method = method_find(BASE_TEXT("state_getStorage"));
    value.name = base_text(value.method->name);
    enum substrate_status status = extract_ask(extraction, &value, false);
    return status == SUBSTRATE_OK && result.kind == BASE_JSON_NULL &&
                   base_text_is(request->name, "state_getStorageSize")
               ? ask_below(extraction, request)
               : status;
}

/* Change sets of a range have what changes; at the first block that is every key. */
enum substrate_status extract_range(struct extraction *extraction,
                                    const struct rpc_request *request, struct base_json result) {
    struct base_json from = {BASE_JSON_STRING, request->params[1]};
    struct base_json to = {BASE_JSON_STRING, request->params[2]};
    extraction->has_range =
        extract_hash(from, &extraction->range_from) && extract_hash(to, &extraction->range_to);
    extraction->range_keys = (struct base_json){BASE_JSON_ARRAY, request->params[0]};
    extraction->range_sets = result;
    if (request->params[2].data == NULL) { /* up to the head, wherever that was */
        enum substrate_status status = extract_ask(extraction, request, false);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return extract_change_sets(extraction, request, result);
}
