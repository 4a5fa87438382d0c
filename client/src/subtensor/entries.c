/* Entries of maps; see entries.h. */
#include "entries.h"

#include "base/json.h"

struct entries {
    struct base_json_walk walk;
    size_t count;
};

static bool begin(struct substrate_query *query, struct entries *entries) {
    struct base_json list;
    if (base_json_parse(base_buf_view(&query->value), BASE_JSON_DEPTH_MAX, &list, NULL) !=
        SUBSTRATE_OK) {
        (void)query_fail_with(query, SUBSTRATE_E_LIMIT, "the entries are nested too deep");
        return false;
    }
    base_json_walk_init(&entries->walk, list);
    entries->count = base_json_length(list);
    return true;
}

struct base_json entries_unwrapped(struct base_json json) {
    while (json.kind == BASE_JSON_ARRAY && base_json_length(json) == 1) {
        struct base_json_walk walk;
        struct substrate_text name;
        base_json_walk_init(&walk, json);
        (void)base_json_walk_next(&walk, &name, &json);
    }
    return json;
}

static bool to_u16(struct base_json json, uint16_t *out) {
    uint64_t number = 0;
    if (!base_json_u64(entries_unwrapped(json), &number) || number > UINT16_MAX) {
        return false;
    }
    *out = (uint16_t)number;
    return true;
}

/* The next entry's last argument and value. */
static bool next(struct entries *entries, uint16_t *key, struct base_json *value) {
    struct base_json entry, argument = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk;
    struct substrate_text name;
    if (!base_json_walk_next(&entries->walk, &name, &entry)) {
        return false;
    }
    base_json_walk_init(&walk, base_json_member(entry, "args"));
    while (base_json_walk_next(&walk, &name, &argument)) {
    }
    *value = base_json_member(entry, "value");
    return to_u16(argument, key);
}

static const void *fail_types(struct substrate_query *query) {
    (void)query_fail_with(query, SUBSTRATE_E_DECODE, "the runtime has this map of other types");
    return NULL;
}

const struct subtensor_u16s *entries_true_keys(struct substrate_query *query) {
    struct entries entries;
    struct base_json value;
    if (!begin(query, &entries)) {
        return NULL;
    }
    struct subtensor_u16s *keys = function_alloc(query, 1, sizeof(*keys));
    uint16_t *list = function_alloc(query, entries.count, sizeof(*list));
    if (keys == NULL || list == NULL) {
        return NULL;
    }
    *keys = (struct subtensor_u16s){list, 0};
    for (size_t i = 0; i < entries.count; i++) {
        if (!next(&entries, &list[keys->count], &value) ||
            (value.kind != BASE_JSON_TRUE && value.kind != BASE_JSON_FALSE)) {
            return fail_types(query);
        }
        keys->count += value.kind == BASE_JSON_TRUE;
    }
    return keys;
}

/* [[uid,value],…] */
static bool read_values(struct substrate_query *query, struct base_json json,
                        struct subtensor_uid_values *values) {
    struct base_json_walk walk, pair;
    struct base_json item, uid, value;
    struct substrate_text name;
    struct subtensor_uid_value *list = function_alloc(query, base_json_length(json), sizeof(*list));
    *values = (struct subtensor_uid_values){list, 0};
    if (list == NULL) {
        return false;
    }
    base_json_walk_init(&walk, json);
    while (base_json_walk_next(&walk, &name, &item)) {
        struct subtensor_uid_value *to = &list[values->count++];
        base_json_walk_init(&pair, item);
        if (!base_json_walk_next(&pair, &name, &uid) || !to_u16(uid, &to->uid) ||
            !base_json_walk_next(&pair, &name, &value) || !to_u16(value, &to->value)) {
            (void)fail_types(query);
            return false;
        }
    }
    return true;
}

const struct subtensor_uid_rows *entries_uid_rows(struct substrate_query *query) {
    struct entries entries;
    struct base_json value;
    if (!begin(query, &entries)) {
        return NULL;
    }
    struct subtensor_uid_rows *rows = function_alloc(query, 1, sizeof(*rows));
    struct subtensor_uid_row *list = function_alloc(query, entries.count, sizeof(*list));
    if (rows == NULL || list == NULL) {
        return NULL;
    }
    *rows = (struct subtensor_uid_rows){list, entries.count};
    for (size_t i = 0; i < entries.count; i++) {
        if (!next(&entries, &list[i].uid, &value) || value.kind != BASE_JSON_ARRAY) {
            return fail_types(query);
        }
        if (!read_values(query, value, &list[i].values)) {
            return NULL;
        }
    }
    return rows;
}
