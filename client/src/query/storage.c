/* Reads of single entries: one by `state_getStorage`, several by one `state_queryStorageAt`. */
#include <substrate/storage.h>

#include "base/text.h"
#include "arguments.h"
#include "changes.h"
#include "reply.h"

/* ---- one ---- */

struct storage_arguments {
    struct substrate_storage_entry entry;
    const struct metadata_storage *item;
};

static enum query_progress ask_one(struct substrate_query *query) {
    struct storage_arguments *arguments = query->arguments;
    struct base_buf key = BASE_BUF_INIT;
    if (query_write_key(query, &arguments->entry, NULL, &arguments->item, &key)) {
        query_add_storage(query, (struct substrate_bytes){(const uint8_t *)key.data, key.size});
    }
    base_buf_free(&key);
    return query_ask(query);
}

static enum query_progress step_one(struct substrate_query *query,
                                    const struct substrate_reply *replies, size_t count) {
    const struct storage_arguments *arguments = query->arguments;
    struct base_json json;
    if (count == 0) {
        return ask_one(query);
    }
    if (!query_read_json(query, &replies[0], &json) ||
        !query_write_stored(query, arguments->item, json, &query->outcome.presence)) {
        return QUERY_FAILED;
    }
    return query_done_written(query);
}

enum substrate_status substrate_query_storage(const struct substrate_storage_entry *entry,
                                              const struct substrate_pin *pin,
                                              struct substrate_query **query) {
    static const struct query_description description = {"storage", QUERY_NEEDS_STATE_RUNTIME,
                                                         step_one, false};
    if (query == NULL || entry == NULL || entry->pallet == NULL || entry->item == NULL) {
        return SUBSTRATE_E_ARGUMENT;
    }
    struct storage_arguments arguments = {*entry, NULL};
    enum substrate_status status =
        query_new(&description, &arguments, sizeof(arguments), pin, query);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct storage_arguments *kept = (*query)->arguments;
    return query_made(query, query_keep_entry(*query, &kept->entry) &&
                                 query_keep_title(*query, entry->pallet, entry->item));
}

/* ---- several ---- */

struct multi_arguments {
    struct substrate_storage_entry *entries;
    const struct metadata_storage **items; /* of the entries, once asked */
    size_t count;
    struct query_keys keys;
};

static enum query_progress ask_all(struct substrate_query *query) {
    struct multi_arguments *arguments = query->arguments;
    struct base_buf key = BASE_BUF_INIT;
    bool good = true;
    query_keys_begin(query, &arguments->keys);
    for (size_t i = 0; i < arguments->count && good; i++) {
        base_buf_reset(&key);
        good = query_write_key(query, &arguments->entries[i], NULL, &arguments->items[i], &key);
        query_keys_add(query, &arguments->keys,
                       (struct substrate_bytes){(const uint8_t *)key.data, key.size});
    }
    if (good && arguments->count > 0) {
        query_keys_ask(query);
    }
    base_buf_free(&key);
    return good && arguments->count == 0 ? query_done(query, BASE_TEXT("[]")) : query_ask(query);
}

static const char *presence_text(enum substrate_presence presence) {
    switch (presence) {
    case SUBSTRATE_PRESENT:
        return "present";
    case SUBSTRATE_DEFAULT:
        return "default";
    case SUBSTRATE_ABSENT:
        break;
    }
    return "absent";
}

static enum query_progress step_multi(struct substrate_query *query,
                                      const struct substrate_reply *replies, size_t count) {
    const struct multi_arguments *arguments = query->arguments;
    struct query_changes changes;
    struct substrate_bytes key;
    struct base_json value;
    if (count == 0) {
        return ask_all(query);
    }
    if (!query_changes_begin(query, &changes, &replies[0], &arguments->keys)) {
        return QUERY_FAILED;
    }
    base_buf_char(&query->value, '[');
    for (size_t i = 0; i < arguments->count; i++) {
        enum substrate_presence presence = SUBSTRATE_ABSENT;
        base_buf_str(&query->value, i > 0 ? ",{\"value\":" : "{\"value\":");
        if (!query_changes_next(&changes, &key, &value) ||
            !query_write_stored(query, arguments->items[i], value, &presence)) {
            return QUERY_FAILED;
        }
        base_buf_format(&query->value, ",\"presence\":\"%s\"}", presence_text(presence));
    }
    base_buf_char(&query->value, ']');
    return query_done_written(query);
}

static bool keep_entries(struct substrate_query *query,
                         const struct substrate_storage_entry *entries, size_t count) {
    struct multi_arguments *arguments = query->arguments;
    arguments->entries = base_arena_calloc(&query->arena, count, sizeof(*arguments->entries));
    arguments->items = base_arena_calloc(&query->arena, count, sizeof(struct metadata_storage *));
    if (arguments->entries == NULL || arguments->items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        arguments->entries[i] = entries[i];
        if (!query_keep_entry(query, &arguments->entries[i])) {
            return false;
        }
    }
    return true;
}

enum substrate_status substrate_query_storage_multi(const struct substrate_storage_entry *entries,
                                                    size_t count, const struct substrate_pin *pin,
                                                    struct substrate_query **query) {
    static const struct query_description description = {
        "storage of several", QUERY_NEEDS_STATE_RUNTIME, step_multi, false};
    struct multi_arguments arguments = {.count = count};
    bool good = query != NULL && (entries != NULL || count == 0);
    for (size_t i = 0; i < count && good; i++) {
        good = entries[i].pallet != NULL && entries[i].item != NULL;
    }
    if (!good) {
        return SUBSTRATE_E_ARGUMENT;
    }
    enum substrate_status status =
        query_new(&description, &arguments, sizeof(arguments), pin, query);
    return status == SUBSTRATE_OK ? query_made(query, keep_entries(*query, entries, count))
                                  : status;
}
