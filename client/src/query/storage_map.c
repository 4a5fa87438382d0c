/* Reads of whole maps, or of a part: keys by pages of `state_getKeysPaged`, their values by
 * `state_queryStorageAt`. A round asks the values of one page and the keys of the next, so a map of
 * n pages takes n + 1 rounds. A page that is shorter than asked is the last. */
#include <string.h>

#include <substrate/storage.h>

#include "base/text.h"
#include "codec/storage_key.h"
#include "codec/value.h"
#include "arguments.h"
#include "changes.h"
#include "reply.h"

#define PAGE_MAX 1000 /* nodes refuse more */
#define SHOWN_MAX 160 /* bytes of a key, or of arguments, that a message shows */

struct map_arguments {
    struct substrate_storage_entry entry;
    struct substrate_map_options options;
    const struct metadata_storage *item;
    struct substrate_bytes prefix;
    /* The last key seen: the next must be greater, so that every node comes to an end. */
    uint8_t *last;
    size_t last_size, last_capacity;
    bool entry_asked;              /* instead of a map */
    bool values_asked, keys_asked; /* in the round that is answered next */
    struct query_keys page;        /* whose values are asked */
    uint64_t entries;
};

static enum query_progress fail_keys(struct substrate_query *query, const char *problem) {
    return query_fail_with(query, SUBSTRATE_E_PROTOCOL, "state_getKeysPaged gave %s", problem);
}

static void ask_keys(struct substrate_query *query) {
    struct map_arguments *arguments = query->arguments;
    struct base_buf *params = query_params(query);
    base_buf_char(params, '[');
    base_json_write_hex(params, arguments->prefix);
    base_buf_format(params, ",%u,", arguments->options.page);
    if (arguments->last_size > 0) {
        base_json_write_hex(params,
                            (struct substrate_bytes){arguments->last, arguments->last_size});
    } else {
        base_buf_str(params, "null");
    }
    base_buf_format(params, ",%s]", query->pin);
    query_add(query, "state_getKeysPaged", params);
    arguments->keys_asked = true;
}

static enum query_progress begin(struct substrate_query *query) {
    struct map_arguments *arguments = query->arguments;
    struct base_buf key = BASE_BUF_INIT;
    size_t given = 0;
    bool good = query_write_key(query, &arguments->entry, &given, &arguments->item, &key);
    if (good && arguments->options.or_entry && given == arguments->item->key_count) {
        query_add_storage(query, (struct substrate_bytes){(const uint8_t *)key.data, key.size});
        arguments->entry_asked = true;
    } else if (good) {
        struct substrate_text copy = base_arena_text(&query->arena, base_buf_view(&key));
        arguments->prefix = (struct substrate_bytes){(const uint8_t *)copy.data, copy.size};
        query->round_failed = copy.data == NULL;
        if (arguments->item->key_count == 0) {
            (void)query_fail_with(query, SUBSTRATE_E_ARGUMENT, "it is one value, not a map");
        }
        ask_keys(query);
    }
    base_buf_free(&key);
    base_buf_str(&query->value, arguments->entry_asked ? "" : "[");
    return query_ask(query);
}

static bool keep_last(struct substrate_query *query, struct substrate_bytes key) {
    struct map_arguments *arguments = query->arguments;
    if (key.size > arguments->last_capacity) {
        arguments->last = base_arena_alloc(&query->arena, 2 * key.size);
        arguments->last_capacity = arguments->last != NULL ? 2 * key.size : 0;
    }
    if (arguments->last == NULL) {
        (void)query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
        return false;
    }
    memcpy(arguments->last, key.data, key.size);
    arguments->last_size = key.size;
    return true;
}

static struct substrate_text as_text(struct substrate_bytes bytes) {
    return (struct substrate_text){(const char *)bytes.data, bytes.size};
}

/* A key of a page: it continues the order, and is asked for its value. */
static bool take_key(struct substrate_query *query, struct base_json json) {
    struct map_arguments *arguments = query->arguments;
    struct substrate_bytes key;
    if (!query_read_bytes(query, json, &key)) {
        return false;
    }
    struct substrate_bytes last = {arguments->last, arguments->last_size};
    if (key.size < arguments->prefix.size ||
        memcmp(key.data, arguments->prefix.data, arguments->prefix.size) != 0) {
        (void)fail_keys(query, "a key of something else");
        return false;
    }
    if (last.size > 0 && base_text_compare(as_text(key), as_text(last)) <= 0) {
        (void)fail_keys(query, "keys that are not in order");
        return false;
    }
    query_keys_add(query, &arguments->page, key);
    return keep_last(query, key);
}

/* The keys of a page: asks their values, and the next page if this one is full. */
static bool take_keys(struct substrate_query *query, const struct substrate_reply *reply) {
    struct map_arguments *arguments = query->arguments;
    struct base_json json, key;
    struct base_json_walk walk;
    struct substrate_text name;
    if (!query_read_json(query, reply, &json)) {
        return false;
    }
    size_t count = json.kind == BASE_JSON_ARRAY ? base_json_length(json) : SIZE_MAX;
    if (count > arguments->options.page) {
        (void)fail_keys(query, "no array of keys, or more than asked for");
        return false;
    }
    query_keys_begin(query, &arguments->page);
    base_json_walk_init(&walk, json);
    while (base_json_walk_next(&walk, &name, &key)) {
        if (!take_key(query, key)) {
            return false;
        }
    }
    if (count > 0) {
        query_keys_ask(query);
        arguments->values_asked = true;
    }
    if (count == arguments->options.page) {
        ask_keys(query);
    }
    return true;
}

/* Says what is wrong with an entry, and with which: `what` it is called. */
static bool fail_entry(struct substrate_query *query, const char *kind, struct substrate_text what,
                       const struct substrate_error *error) {
    const size_t position = error->position;
    const bool cut = what.size > SHOWN_MAX;
    (void)query_fail_with(query, error->status, "the %s %.*s%s: %s", kind,
                          (int)(cut ? SHOWN_MAX : what.size), what.data, cut ? "…" : "",
                          error->message);
    query->outcome.error.position = position;
    return false;
}

static bool fail_key(struct substrate_query *query, struct substrate_bytes key,
                     const struct substrate_error *error) {
    struct base_buf hex = BASE_BUF_INIT;
    base_json_write_hex(&hex, key);
    (void)fail_entry(query, "key", base_buf_view(&hex), error);
    base_buf_free(&hex);
    return false;
}

static bool take_entry(struct substrate_query *query, struct substrate_bytes key,
                       struct base_json value) {
    struct map_arguments *arguments = query->arguments;
    const struct substrate_metadata *metadata = query_metadata(query, QUERY_STATE_RUNTIME);
    const struct value_limits limits = VALUE_LIMITS;
    struct base_buf *json = &query->value;
    struct substrate_bytes bytes;
    struct substrate_error error = {0};
    if (value.kind == BASE_JSON_NULL) {
        (void)fail_keys(query, "a key that has no value");
        return false;
    }
    base_buf_str(json, arguments->entries > 0 ? ",{\"args\":" : "{\"args\":");
    const size_t start = json->size;
    if (storage_key_read(metadata, arguments->item, key, &limits, json, &error) != SUBSTRATE_OK) {
        return fail_key(query, key, &error);
    }
    const size_t size = json->size - start;
    base_buf_str(json, ",\"value\":");
    if (!query_read_bytes(query, value, &bytes)) {
        return false;
    }
    if (value_read_all(metadata, arguments->item->value, bytes, &limits, json, &error) !=
        SUBSTRATE_OK) {
        const struct substrate_text args = {json->data + start, size};
        return fail_entry(query, "entry", args, &error);
    }
    base_buf_char(json, '}');
    arguments->entries += 1;
    return true;
}

static bool take_values(struct substrate_query *query, const struct substrate_reply *reply) {
    struct map_arguments *arguments = query->arguments;
    struct query_changes changes;
    struct substrate_bytes key;
    struct base_json value;
    if (!query_changes_begin(query, &changes, reply, &arguments->page)) {
        return false;
    }
    while (query_changes_next(&changes, &key, &value)) {
        if (!take_entry(query, key, value)) {
            return false;
        }
    }
    if (query->progress != NULL) {
        query->progress(query->progress_context, arguments->entries);
    }
    return true;
}

static enum query_progress take_one(struct substrate_query *query,
                                    const struct substrate_reply *reply) {
    const struct map_arguments *arguments = query->arguments;
    struct base_json json;
    if (!query_read_json(query, reply, &json) ||
        !query_write_stored(query, arguments->item, json, &query->outcome.presence)) {
        return QUERY_FAILED;
    }
    return query_done_written(query);
}

static enum query_progress step(struct substrate_query *query,
                                const struct substrate_reply *replies, size_t count) {
    struct map_arguments *arguments = query->arguments;
    bool values = arguments->values_asked, keys = arguments->keys_asked;
    if (count == 0) {
        return begin(query);
    }
    if (arguments->entry_asked) {
        return take_one(query, &replies[0]);
    }
    arguments->values_asked = arguments->keys_asked = false;
    if ((values && !take_values(query, &replies[0])) ||
        (keys && !take_keys(query, &replies[count - 1]))) {
        return QUERY_FAILED;
    }
    if (arguments->values_asked || arguments->keys_asked) {
        return query_ask(query);
    }
    base_buf_char(&query->value, ']');
    return query_done_written(query);
}

enum substrate_status substrate_query_storage_map(const struct substrate_storage_entry *prefix,
                                                  const struct substrate_map_options *options,
                                                  const struct substrate_pin *pin,
                                                  struct substrate_query **query) {
    static const struct query_description description = {"storage map", QUERY_NEEDS_STATE_RUNTIME,
                                                         step, false};
    static const struct substrate_map_options defaults = SUBSTRATE_MAP_OPTIONS_INIT;
    options = options != NULL ? options : &defaults;
    if (query == NULL || prefix == NULL || prefix->pallet == NULL || prefix->item == NULL ||
        options->size != sizeof(*options) || options->page == 0 || options->page > PAGE_MAX) {
        return SUBSTRATE_E_ARGUMENT;
    }
    struct map_arguments arguments = {.entry = *prefix, .options = *options};
    enum substrate_status status =
        query_new(&description, &arguments, sizeof(arguments), pin, query);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct map_arguments *kept = (*query)->arguments;
    return query_made(query, query_keep_entry(*query, &kept->entry) &&
                                 query_keep_title(*query, prefix->pallet, prefix->item));
}
