/* state_queryStorageAt; see changes.h. */
#include "changes.h"

#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/text.h"
#include "reply.h"

/* ---- asking ---- */

void query_keys_begin(struct substrate_query *query, struct query_keys *keys) {
    keys->count = 0;
    base_buf_str(query_params(query), "[[");
}

static bool keep_hash(struct substrate_query *query, struct query_keys *keys, uint64_t hash) {
    if (keys->count == keys->capacity) {
        size_t capacity = keys->capacity == 0 ? 4 : 4 * keys->capacity;
        uint64_t *hashes = base_arena_calloc(&query->arena, capacity, sizeof(*hashes));
        if (hashes == NULL) {
            return false;
        }
        if (keys->count > 0) {
            memcpy(hashes, keys->hashes, keys->count * sizeof(*hashes));
        }
        keys->hashes = hashes;
        keys->capacity = capacity;
    }
    keys->hashes[keys->count++] = hash;
    return true;
}

void query_keys_add(struct substrate_query *query, struct query_keys *keys,
                    struct substrate_bytes key) {
    base_buf_str(&query->params, keys->count > 0 ? "," : "");
    base_json_write_hex(&query->params, key);
    if (!keep_hash(query, keys, base_xxh64(key, 0))) {
        query->params.failed = true;
    }
}

void query_keys_ask(struct substrate_query *query) {
    base_buf_str(&query->params, "],");
    base_buf_str(&query->params, query->pin);
    base_buf_char(&query->params, ']');
    query_add(query, "state_queryStorageAt", &query->params);
}

/* ---- the answer ---- */

static bool fail(struct substrate_query *query, enum substrate_status status, const char *problem) {
    (void)query_fail_with(query, status, "%s", problem);
    return false;
}

static bool fail_shape(struct substrate_query *query) {
    return fail(query, SUBSTRATE_E_PROTOCOL,
                "the answer to state_queryStorageAt is not [{\"changes\":[[key,value]]}]");
}

static bool fail_keys(struct substrate_query *query) {
    return fail(query, SUBSTRATE_E_PROTOCOL, "state_queryStorageAt was answered with other keys");
}

static void *allocate(struct substrate_query *query, size_t count, size_t size) {
    void *memory = base_arena_calloc(&query->round, count, size);
    if (memory == NULL) {
        (void)fail(query, SUBSTRATE_E_MEMORY, "out of memory");
    }
    return memory;
}

static bool read_change(struct substrate_query *query, struct base_json pair,
                        struct query_change *change) {
    struct base_json key, none;
    struct base_json_walk walk;
    struct substrate_text name;
    if (pair.kind != BASE_JSON_ARRAY) {
        return fail_shape(query);
    }
    base_json_walk_init(&walk, pair);
    if (!base_json_walk_next(&walk, &name, &key) ||
        !base_json_walk_next(&walk, &name, &change->value) ||
        base_json_walk_next(&walk, &name, &none)) {
        return fail_shape(query);
    }
    if (!query_read_bytes(query, key, &change->key)) {
        return false;
    }
    change->hash = base_xxh64(change->key, 0);
    return true;
}

/* All keys are looked at before any value is decoded: a value under another's key would only be
 * found wrong by accident. */
static struct query_change *read_changes(struct substrate_query *query, struct base_json list,
                                         size_t count) {
    struct query_change *all = allocate(query, count, sizeof(*all));
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json pair;
    base_json_walk_init(&walk, list);
    for (size_t i = 0; all != NULL && base_json_walk_next(&walk, &name, &pair); i++) {
        if (!read_change(query, pair, &all[i])) {
            return NULL;
        }
    }
    return all;
}

/* Most nodes answer in the order of the request. */
static bool take_as_asked(struct query_changes *changes, struct query_change *all, size_t count,
                          const struct query_keys *asked) {
    bool same = count == asked->count;
    for (size_t i = 0; i < count && same; i++) {
        same = all[i].hash == asked->hashes[i];
        changes->in_order[i] = &all[i];
    }
    return same;
}

/* A key that is there twice must have the same value both times. */
static bool index_changes(struct substrate_query *query, struct base_idmap *by_key,
                          struct query_change *all, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct query_change *first = base_idmap_get(by_key, all[i].hash);
        if (first != NULL && !base_text_equal(first->value.raw, all[i].value.raw)) {
            return fail(query, SUBSTRATE_E_PROTOCOL,
                        "state_queryStorageAt was answered with two values of a key");
        }
        if (first == NULL && !base_idmap_put(by_key, all[i].hash, &all[i])) {
            return fail(query, SUBSTRATE_E_MEMORY, "out of memory");
        }
    }
    return true;
}

static bool take_by_key(struct substrate_query *query, struct query_changes *changes,
                        const struct base_idmap *by_key, const struct query_keys *asked) {
    size_t distinct = 0;
    for (size_t i = 0; i < asked->count; i++) {
        struct query_change *change = base_idmap_get(by_key, asked->hashes[i]);
        if (change == NULL) {
            return fail_keys(query);
        }
        distinct += !change->asked;
        change->asked = true;
        changes->in_order[i] = change;
    }
    return distinct == by_key->count || fail_keys(query);
}

static bool sort_changes(struct substrate_query *query, struct query_changes *changes,
                         struct query_change *all, size_t count, const struct query_keys *asked) {
    struct base_idmap by_key;
    if (take_as_asked(changes, all, count, asked)) {
        return true;
    }
    base_idmap_init(&by_key);
    bool good =
        index_changes(query, &by_key, all, count) && take_by_key(query, changes, &by_key, asked);
    base_idmap_free(&by_key);
    return good;
}

/* A node that says which block it has read must have read the one that was asked. */
static bool is_of_block(struct substrate_query *query, struct base_json set) {
    struct base_json block = base_json_member(set, "block");
    struct substrate_hash hash;
    if (block.kind != BASE_JSON_STRING) {
        return true;
    }
    if (!query_read_hash(query, block, "the block of the answer", &hash)) {
        return false;
    }
    return memcmp(&hash, &query->at, sizeof(hash)) == 0 ||
           fail(query, SUBSTRATE_E_PROTOCOL, "state_queryStorageAt was answered of another block");
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
    if (!is_of_block(query, set)) {
        return false;
    }
    size_t count = base_json_length(list);
    struct query_change *all = read_changes(query, list, count);
    *changes = (struct query_changes){NULL, asked->count, 0};
    changes->in_order =
        all != NULL ? allocate(query, asked->count, sizeof(struct query_change *)) : NULL;
    return changes->in_order != NULL && sort_changes(query, changes, all, count, asked);
}

bool query_changes_next(struct query_changes *changes, struct substrate_bytes *key,
                        struct base_json *value) {
    if (changes->next == changes->count) {
        return false;
    }
    const struct query_change *change = changes->in_order[changes->next++];
    *key = change->key;
    *value = change->value;
    return true;
}
