/* Arguments of generic queries; see arguments.h. */
#include "arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "codec/storage_key.h"
#include "codec/value.h"
#include "names.h"
#include "reply.h"

#define SHOWN_MAX 60 /* bytes of a name that a message shows */

static const struct value_limits limits = VALUE_LIMITS;

char *query_keep_name(struct substrate_query *query, const char *name) {
    char *copy = base_arena_alloc(&query->arena, strlen(name) + 1);
    if (copy != NULL) {
        memcpy(copy, name, strlen(name) + 1);
    }
    return copy;
}

bool query_keep_arguments(struct substrate_query *query, struct substrate_arguments *arguments) {
    struct substrate_text scale = {(const char *)arguments->scale.data, arguments->scale.size};
    if (arguments->json.data != NULL) {
        arguments->json = base_arena_text(&query->arena, arguments->json);
        return arguments->json.data != NULL;
    }
    scale = base_arena_text(&query->arena, scale);
    arguments->scale.data = (const uint8_t *)scale.data;
    return scale.data != NULL;
}

bool query_keep_entry(struct substrate_query *query, struct substrate_storage_entry *entry) {
    entry->pallet = query_keep_name(query, entry->pallet);
    entry->item = query_keep_name(query, entry->item);
    return entry->pallet != NULL && entry->item != NULL &&
           query_keep_arguments(query, &entry->arguments);
}

bool query_keep_title(struct substrate_query *query, const char *a, const char *b) {
    size_t size = strlen(a) + strlen(b) + 2;
    char *title = base_arena_alloc(&query->arena, size);
    if (title == NULL) {
        return false;
    }
    (void)snprintf(title, size, "%s.%s", a, b);
    query->name = title;
    return true;
}

enum substrate_status query_made(struct substrate_query **query, bool kept) {
    if (!kept) {
        substrate_query_free(*query);
        *query = NULL;
    }
    return kept ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
}

/* The types that are wanted, one after the other. */
struct wanted {
    const char *what; /* "Tempo", "account_nonce" */
    size_t what_size, count;
    const uint32_t *types;                     /* of an item, or */
    const struct metadata_argument *arguments; /* of a method */
};

static uint32_t type_of(const struct wanted *wanted, size_t index) {
    return wanted->types != NULL ? wanted->types[index] : wanted->arguments[index].type;
}

/* "Tempo wants 1 argument (u16), but …" */
static bool fail_wanted(struct substrate_query *query, enum query_runtime_kind kind,
                        const struct wanted *wanted, const char *problem) {
    struct base_buf types = BASE_BUF_INIT;
    for (size_t i = 0; i < wanted->count; i++) {
        base_buf_str(&types, i == 0 ? " (" : ", ");
        if (wanted->types == NULL) {
            base_buf_text(&types, wanted->arguments[i].name);
            base_buf_str(&types, ": ");
        }
        type_write_name(query_metadata(query, kind), type_of(wanted, i), &types);
    }
    base_buf_str(&types, wanted->count > 0 ? ")" : "");
    (void)query_fail_with(query, SUBSTRATE_E_ARGUMENT, "%.*s takes %zu argument%s%.*s, but %s",
                          (int)wanted->what_size, wanted->what, wanted->count,
                          wanted->count == 1 ? "" : "s", (int)types.size,
                          types.size > 0 ? types.data : "", problem);
    base_buf_free(&types);
    return false;
}

static bool fail_count(struct substrate_query *query, enum query_runtime_kind kind,
                       const struct wanted *wanted, size_t count) {
    char problem[64];
    (void)snprintf(problem, sizeof(problem), "%zu %s given", count, count == 1 ? "is" : "are");
    return fail_wanted(query, kind, wanted, problem);
}

/* What the codec says of an argument: what cannot be read or written is the caller's error. */
static bool fail_value(struct substrate_query *query, const struct wanted *wanted, size_t index,
                       const struct substrate_error *error) {
    const bool wrong = error->status == SUBSTRATE_E_DECODE;
    const enum substrate_status status = wrong ? SUBSTRATE_E_ARGUMENT : error->status;
    const char *end = value_message_end(error->message);
    if (wanted->types == NULL) {
        const struct substrate_text name = wanted->arguments[index].name;
        (void)query_fail_with(query, status, "%.*s%s", (int)name.size, name.data, end);
    } else {
        (void)query_fail_with(query, status, "argument %zu of %.*s%s", index + 1,
                              (int)wanted->what_size, wanted->what, end);
    }
    return false;
}

/* The arguments, an array or, by name, an object; kind NONE when there are none. */
static bool parse_json(struct substrate_query *query, struct substrate_text text, bool by_name,
                       struct base_json *json) {
    size_t position = 0;
    *json = (struct base_json){BASE_JSON_NONE, {NULL, 0}};
    if (text.data == NULL) {
        return true;
    }
    enum substrate_status status = base_json_parse(text, BASE_JSON_DEPTH_MAX, json, &position);
    if (status != SUBSTRATE_OK ||
        (json->kind != BASE_JSON_ARRAY && !(by_name && json->kind == BASE_JSON_OBJECT))) {
        (void)query_fail_with(query, SUBSTRATE_E_ARGUMENT,
                              "the arguments are no JSON array%s (see byte %zu)",
                              by_name ? " or object" : "", position);
        query->outcome.error.position = position;
        return false;
    }
    return true;
}

/* Where a method has the argument that a raw key names; wanted->count: it has none. */
static size_t find_argument(const struct wanted *wanted, struct substrate_text key) {
    size_t i = 0;
    while (i < wanted->count && !base_json_says(key, wanted->arguments[i].name)) {
        i++;
    }
    return i;
}

static bool fail_named(struct substrate_query *query, const struct wanted *wanted,
                       struct substrate_text name, const char *problem) {
    char text[128];
    (void)snprintf(text, sizeof(text), "%.*s %s",
                   (int)(name.size < SHOWN_MAX ? name.size : SHOWN_MAX), name.data, problem);
    return fail_wanted(query, QUERY_CALL_RUNTIME, wanted, text);
}

/* The arguments of a method in its order: of an array as they stand, of an object by their names,
 * of which each must be there once. NULL: the query has failed. */
static const struct base_json *in_order(struct substrate_query *query, const struct wanted *wanted,
                                        struct base_json json) {
    struct base_json *values = base_arena_calloc(&query->round, wanted->count, sizeof(*values));
    struct base_json_walk walk;
    struct base_json value;
    struct substrate_text key;
    if (values == NULL) {
        (void)query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
        return NULL;
    }
    if (json.kind == BASE_JSON_ARRAY && base_json_length(json) != wanted->count) {
        (void)fail_count(query, QUERY_CALL_RUNTIME, wanted, base_json_length(json));
        return NULL;
    }
    base_json_walk_init(&walk, json);
    for (size_t i = 0; base_json_walk_next(&walk, &key, &value); i++) {
        size_t index = key.data == NULL ? i : find_argument(wanted, key);
        if (index == wanted->count || values[index].kind != BASE_JSON_NONE) {
            (void)fail_named(query, wanted, key,
                             index == wanted->count ? "is given" : "is given twice");
            return NULL;
        }
        values[index] = value;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        if (values[i].kind == BASE_JSON_NONE) {
            (void)fail_named(query, wanted, wanted->arguments[i].name, "is missing");
            return NULL;
        }
    }
    return values;
}

/* Takes SCALE bytes apart, at most wanted->count values; all bytes must be used. `views` may be
 * NULL. */
static bool split(struct substrate_query *query, enum query_runtime_kind kind,
                  const struct wanted *wanted, struct substrate_bytes scale,
                  struct substrate_bytes *views, size_t *count) {
    struct scale_reader reader = scale_reader(scale);
    struct substrate_error error = {0};
    for (*count = 0; *count < wanted->count && scale_left(&reader) > 0; *count += 1) {
        size_t begin = reader.at;
        enum substrate_status status = value_skip(
            query_metadata(query, kind), type_of(wanted, *count), &reader, &limits, &error);
        if (status != SUBSTRATE_OK) {
            return fail_value(query, wanted, *count, &error);
        }
        if (views != NULL) {
            views[*count] = (struct substrate_bytes){scale.data + begin, reader.at - begin};
        }
    }
    if (scale_left(&reader) > 0) {
        return fail_wanted(query, kind, wanted, "more bytes are given");
    }
    return true;
}

bool query_write_item_key(struct substrate_query *query, const struct metadata_storage *item,
                          const struct substrate_arguments *arguments, size_t *given,
                          struct base_buf *key) {
    struct substrate_bytes views[STORAGE_KEYS_MAX];
    struct substrate_error error;
    struct base_json json;
    size_t count = 0;
    if (!parse_json(query, arguments->json, false, &json)) {
        return false;
    }
    struct wanted wanted = {item->name.data, item->name.size, item->key_count, item->keys, NULL};
    if (json.kind != BASE_JSON_NONE) {
        count = base_json_length(json);
    } else if (!split(query, QUERY_STATE_RUNTIME, &wanted, arguments->scale, views, &count)) {
        return false;
    }
    if (count > wanted.count || (given == NULL && count < wanted.count)) {
        return fail_count(query, QUERY_STATE_RUNTIME, &wanted, count);
    }
    if (given != NULL) {
        *given = count;
    }
    enum substrate_status status =
        json.kind != BASE_JSON_NONE ? storage_key_write(query_metadata(query, QUERY_STATE_RUNTIME),
                                                        item, json, &limits, key, &error)
                                    : storage_key_encode(item, views, count, key, &error);
    if (status != SUBSTRATE_OK) {
        (void)query_fail_with(query, status == SUBSTRATE_E_DECODE ? SUBSTRATE_E_ARGUMENT : status,
                              "%s", error.message);
    }
    return status == SUBSTRATE_OK;
}

bool query_write_key(struct substrate_query *query, const struct substrate_storage_entry *entry,
                     size_t *given, const struct metadata_storage **item, struct base_buf *key) {
    *item = query_find_storage(query, entry->pallet, entry->item);
    return *item != NULL && query_write_item_key(query, *item, &entry->arguments, given, key);
}

bool query_write_call(struct substrate_query *query, const struct metadata_method *method,
                      const struct substrate_arguments *arguments, struct base_buf *bytes) {
    const struct substrate_metadata *metadata = query_metadata(query, QUERY_CALL_RUNTIME);
    struct wanted wanted = {method->name.data, method->name.size, method->argument_count, NULL,
                            method->arguments};
    struct substrate_error error = {0};
    struct base_json json;
    size_t count = 0;
    if (!parse_json(query, arguments->json, true, &json)) {
        return false;
    }
    if (json.kind == BASE_JSON_NONE) {
        base_buf_append(bytes, arguments->scale.data, arguments->scale.size);
        return split(query, QUERY_CALL_RUNTIME, &wanted, arguments->scale, NULL, &count) &&
               (count == wanted.count || fail_count(query, QUERY_CALL_RUNTIME, &wanted, count));
    }
    const struct base_json *values = in_order(query, &wanted, json);
    for (size_t i = 0; values != NULL && i < wanted.count; i++) {
        enum substrate_status status =
            value_write(metadata, type_of(&wanted, i), values[i], &limits, bytes, &error);
        if (status != SUBSTRATE_OK) {
            return fail_value(query, &wanted, i, &error);
        }
    }
    return values != NULL;
}
