/* state_queryStorageAt; see changes.h. */
#include "changes.h"

#include "base/hash.h"
#include "reply.h"

static void count_key(struct query_keys *keys, struct substrate_bytes key) {
    keys->count += 1;
    keys->digest = base_xxh64(key, keys->digest);
}

void query_keys_begin(struct substrate_query *query, struct query_keys *keys) {
    *keys = (struct query_keys){0, 0};
    base_buf_str(query_params(query), "[[");
}

void query_keys_add(struct substrate_query *query, struct query_keys *keys,
                    struct substrate_bytes key) {
    base_buf_str(&query->params, keys->count > 0 ? "," : "");
    base_json_write_hex(&query->params, key);
    count_key(keys, key);
}

void query_keys_ask(struct substrate_query *query) {
    base_buf_str(&query->params, "],");
    base_buf_str(&query->params, query->pin);
    base_buf_char(&query->params, ']');
    query_add(query, "state_queryStorageAt", &query->params);
}

static bool fail_shape(struct substrate_query *query) {
    (void)query_fail_with(
        query, SUBSTRATE_E_PROTOCOL,
        "the answer to state_queryStorageAt is not [{\"changes\":[[key,value]]}]");
    return false;
}

bool query_changes_next(struct substrate_query *query, struct query_changes *changes,
                        struct substrate_bytes *key, struct base_json *value) {
    struct base_json pair, first, none;
    struct base_json_walk walk;
    struct substrate_text name;
    if (!base_json_walk_next(&changes->walk, &name, &pair)) {
        return false;
    }
    if (pair.kind != BASE_JSON_ARRAY) {
        return fail_shape(query);
    }
    base_json_walk_init(&walk, pair);
    if (!base_json_walk_next(&walk, &name, &first) || !base_json_walk_next(&walk, &name, value) ||
        base_json_walk_next(&walk, &name, &none)) {
        return fail_shape(query);
    }
    return query_read_bytes(query, first, key);
}

/* All keys are looked at before any value is decoded: a value under another's key would only be
 * found wrong by accident. */
static bool has_keys(struct substrate_query *query, struct base_json list,
                     const struct query_keys *asked) {
    struct query_changes changes;
    struct query_keys found = {0, 0};
    struct substrate_bytes key;
    struct base_json value;
    base_json_walk_init(&changes.walk, list);
    while (query_changes_next(query, &changes, &key, &value)) {
        count_key(&found, key);
    }
    if (query->outcome.status != SUBSTRATE_E_PENDING) {
        return false;
    }
    if (found.count != asked->count || found.digest != asked->digest) {
        (void)query_fail_with(query, SUBSTRATE_E_PROTOCOL,
                              "state_queryStorageAt was answered with other keys");
        return false;
    }
    return true;
}

bool query_changes_begin(struct substrate_query *query, struct query_changes *changes,
                         const struct substrate_reply *reply, const struct query_keys *asked) {
    struct base_json json, set;
    struct base_json_walk sets;
    struct substrate_text name;
    if (!query_read_json(query, reply, &json)) {
        return false;
    }
    if (json.kind != BASE_JSON_ARRAY || base_json_length(json) != 1) {
        return fail_shape(query);
    }
    base_json_walk_init(&sets, json);
    (void)base_json_walk_next(&sets, &name, &set);
    struct base_json list = base_json_member(set, "changes");
    if (list.kind != BASE_JSON_ARRAY) {
        return fail_shape(query);
    }
    base_json_walk_init(&changes->walk, list);
    return has_keys(query, list, asked);
}
