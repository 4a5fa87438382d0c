/* Reads: what a round of a function asks, by names, and what it was given, by shapes. All storage
 * of a round travels in one request. */
#include "function.h"

#include <string.h>

#include "base/header.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/metadata_kept.h"
#include "codec/value.h"
#include "query/arguments.h"
#include "query/names.h"

#define METAGRAPH_FIELDS 74
/* What arguments and keys seldom outgrow. */
#define SMALL 128

/* ---- arguments ---- */

static void write_u16(uint64_t value, struct base_buf *scale) {
    const uint8_t bytes[2] = {(uint8_t)(value & 0xff), (uint8_t)(value >> 8 & 0xff)};
    base_buf_append(scale, bytes, sizeof(bytes));
}

/* A compact integer under 2^30, as lengths are. */
static void write_length(size_t length, struct base_buf *scale) {
    uint64_t value = (uint64_t)length << 2;
    unsigned mode = length < 64 ? 0 : length < 16384 ? 1 : 2;
    value |= mode;
    for (unsigned i = 0; i < 1u << mode; i++) {
        base_buf_char(scale, (char)(value >> (8 * i) & 0xff));
    }
}

static void write_u16s(const struct function_value *value, struct base_buf *scale) {
    write_length(value->count, scale);
    for (size_t i = 0; i < value->count; i++) {
        write_u16(value->u16s[i], scale);
    }
}

static void write_value(enum subtensor_argument_kind kind, const struct function_value *value,
                        struct base_buf *scale) {
    if (kind == SUBTENSOR_ACCOUNT) {
        base_buf_append(scale, value->account.bytes, sizeof(value->account.bytes));
    } else if (kind == SUBTENSOR_U16S) {
        write_u16s(value, scale);
    } else if (kind == SUBTENSOR_U8 || kind == SUBTENSOR_BOOL) {
        base_buf_char(scale, (char)value->number);
    } else {
        write_u16(value->number, scale);
    }
}

static void write_all_fields(struct base_buf *scale) {
    write_length(METAGRAPH_FIELDS, scale);
    for (unsigned i = 0; i < METAGRAPH_FIELDS; i++) {
        write_u16(i, scale);
    }
}

static void write_arguments(const struct asking *asking, const char *letters,
                            struct base_buf *scale) {
    for (const char *letter = letters; *letter != '\0'; letter++) {
        if (*letter == 'a') {
            write_all_fields(scale);
        } else if (*letter == 'k') {
            base_buf_append(scale, asking->found.bytes, sizeof(asking->found.bytes));
        } else {
            size_t i = (size_t)(*letter - '0');
            write_value(asking->function->face.arguments[i].kind, &asking->values[i], scale);
        }
    }
}

bool mechanism_index(uint64_t netuid, uint64_t mechid, uint16_t *index) {
    uint64_t number = mechid * MECHANISM_STRIDE + netuid;
    *index = (uint16_t)(number & UINT16_MAX);
    return number <= UINT16_MAX && (mechid == 0 || netuid < MECHANISM_STRIDE);
}

static struct substrate_bytes view(const struct base_buf *buf) {
    return (struct substrate_bytes){(const uint8_t *)buf->data, buf->size};
}

/* ---- names ---- */

/* A storage item that a read names, found by name once; kept beside the metadata. */
struct found {
    struct metadata_kept kept;
    const struct metadata_storage *item;
};

/* NULL: the query has failed. For want of memory the item is only not kept. */
static const struct metadata_storage *find_item(struct substrate_query *query,
                                                const struct read *read) {
    const struct substrate_metadata *metadata = query_metadata(query, QUERY_STATE_RUNTIME);
    const struct metadata_kept *kept = metadata_kept_get(metadata, read, METADATA_NO_TYPE);
    if (kept != NULL) {
        return ((const struct found *)(const void *)kept)->item;
    }
    const struct metadata_storage *item = query_find_storage(query, read->place, read->name);
    struct found *found = item != NULL ? base_calloc(1, sizeof(*found)) : NULL;
    if (found != NULL) {
        found->kept.key = read;
        found->kept.type = METADATA_NO_TYPE;
        found->item = item;
        (void)metadata_keep(metadata, &found->kept);
    }
    return item;
}

/* ---- asking ---- */

/* Adds to the message of a failure which read it is about: "tempo: SubtensorModule.Tempo: …". */
static bool fail_read(struct substrate_query *query, const struct read *read) {
    const struct substrate_error was = query->outcome.error;
    const char *message = was.message;
    size_t title = strlen(query->name);
    if (strncmp(message, query->name, title) == 0 && strncmp(message + title, ": ", 2) == 0) {
        message += title + 2;
    }
    (void)base_fail(&query->outcome.error, was.status, "%s: %s.%s: %s", query->name, read->place,
                    read->name, message);
    query->outcome.error.position = was.position;
    return false;
}

/* A row's arguments are right, as what it was asked with is; a runtime that refuses them has them
 * otherwise. What fails without a word has failed for want of memory. */
static bool fail_asking(struct substrate_query *query, const struct read *read) {
    if (query->outcome.status == SUBSTRATE_E_PENDING) {
        (void)function_no_memory(query);
    } else if (query->outcome.status == SUBSTRATE_E_ARGUMENT) {
        query->outcome.status = SUBSTRATE_E_DECODE;
        query->outcome.error.status = SUBSTRATE_E_DECODE;
        (void)fail_read(query, read);
    }
    return false;
}

static bool has_item(const struct substrate_query *query, const struct read *read) {
    const struct metadata_pallet *pallet =
        metadata_pallet(query_metadata(query, QUERY_STATE_RUNTIME), base_text(read->place));
    return pallet != NULL && metadata_storage(pallet, base_text(read->name)) != NULL;
}

static bool has_method(const struct substrate_query *query, const struct read *read) {
    const struct metadata_api *api =
        metadata_api(query_metadata(query, QUERY_CALL_RUNTIME), base_text(read->place));
    return api != NULL && metadata_method(api, base_text(read->name)) != NULL;
}

/* The read that this runtime has: of alternatives the first one, or the first of all, so that its
 * name is the one that is missed. */
static const struct read *choose(const struct substrate_query *query, const struct asking *asking,
                                 const struct read *read) {
    const struct read *first = read;
    if ((read->flags & READ_NOT_ROOT) != 0 && asking->values[0].number == 0) {
        return NULL;
    }
    if (read->kind == READ_STORAGE) {
        return (read->flags & READ_MAY_LACK) != 0 && !has_item(query, read) ? NULL : read;
    }
    while (read != NULL && read->kind == READ_CALL && !has_method(query, read)) {
        read = read->otherwise;
    }
    return read != NULL ? read : (first->flags & READ_MAY_LACK) != 0 ? NULL : first;
}

static bool write_key(struct substrate_query *query, const struct asking *asking,
                      const struct read *read, struct base_buf *key) {
    char room[SMALL];
    struct base_buf scale = BASE_BUF_ON(room);
    struct substrate_arguments arguments = {{NULL, 0}, {NULL, 0}};
    const struct metadata_storage *item = find_item(query, read);
    write_arguments(asking, read->arguments, &scale);
    arguments.scale = view(&scale);
    bool good = item != NULL && !scale.failed &&
                query_write_item_key(query, item, &arguments, NULL, key) && !key->failed;
    base_buf_free(&scale);
    return good;
}

bool reads_add_key(struct substrate_query *query, struct asking *asking, const struct read *read) {
    char room[SMALL];
    struct base_buf key = BASE_BUF_ON(room);
    bool good = write_key(query, asking, read, &key);
    if (good) {
        query_keys_add(query, &asking->keys, view(&key));
    }
    base_buf_free(&key);
    return good || fail_asking(query, read);
}

static bool ask_entry(struct substrate_query *query, const struct asking *asking,
                      const struct read *read) {
    char room[SMALL];
    struct base_buf key = BASE_BUF_ON(room);
    bool good = write_key(query, asking, read, &key);
    if (good) {
        query_add_storage(query, view(&key));
    }
    base_buf_free(&key);
    return good || fail_asking(query, read);
}

static bool ask_call(struct substrate_query *query, const struct asking *asking,
                     const struct read *read) {
    struct base_buf scale = BASE_BUF_INIT, bytes = BASE_BUF_INIT;
    struct substrate_arguments arguments = {{NULL, 0}, {NULL, 0}};
    const struct metadata_method *method = query_find_method(query, read->place, read->name);
    write_arguments(asking, read->arguments, &scale);
    arguments.scale = view(&scale);
    bool good = method != NULL && !scale.failed &&
                query_write_call(query, method, &arguments, &bytes) && !bytes.failed;
    if (good) {
        query_add_call(query, read->place, read->name, view(&bytes));
    }
    base_buf_free(&bytes);
    base_buf_free(&scale);
    return good || fail_asking(query, read);
}

static bool ask_all_storage(struct substrate_query *query, struct asking *asking, size_t count) {
    size_t entries = 0;
    for (size_t i = 0; i < count; i++) {
        entries += asking->chosen[i] != NULL && asking->chosen[i]->kind == READ_STORAGE;
    }
    if (entries > 1) {
        query_keys_begin(query, &asking->keys);
    }
    for (size_t i = 0; i < count && entries > 0; i++) {
        const struct read *read = asking->chosen[i];
        if (read == NULL || read->kind != READ_STORAGE) {
            continue;
        }
        if (entries > 1 ? !reads_add_key(query, asking, read) : !ask_entry(query, asking, read)) {
            return false;
        }
    }
    if (entries > 1) {
        query_keys_ask(query);
    }
    return true;
}

static void ask_height(struct substrate_query *query) {
    struct base_buf *params = query_params(query);
    base_buf_format(params, "[%s]", query->pin);
    query_add(query, "chain_getHeader", params);
}

bool reads_ask(struct substrate_query *query, struct asking *asking, const struct read *reads,
               size_t count) {
    for (size_t i = 0; i < count; i++) {
        asking->chosen[i] = choose(query, asking, &reads[i]);
        asking->results[i] = NULL;
    }
    bool good = ask_all_storage(query, asking, count);
    for (size_t i = 0; i < count && good; i++) {
        const struct read *read = asking->chosen[i];
        if (read != NULL && read->kind == READ_CALL) {
            good = ask_call(query, asking, read);
        } else if (read != NULL && read->kind == READ_HEIGHT) {
            ask_height(query);
        }
    }
    return good;
}

/* ---- taking ---- */

/* Takes the Option apart that a value is wrapped in. true with source->bytes.data NULL: None. */
static bool unwrap(struct substrate_query *query, struct shape_source *source) {
    const struct type *type = types_get(&source->metadata->types, source->type);
    bool option = type != NULL && (type->role == ROLE_OPTION || type->role == ROLE_NESTED_OPTION);
    if (!option) {
        return true;
    }
    struct substrate_bytes bytes = source->bytes;
    if (bytes.size == 0 || bytes.data[0] > 1 || (bytes.data[0] == 0 && bytes.size > 1)) {
        (void)query_fail_with(query, SUBSTRATE_E_DECODE, "the answer is no Option");
        return false;
    }
    source->type = type->option;
    source->bytes = bytes.data[0] == 0 ? (struct substrate_bytes){NULL, 0}
                                       : (struct substrate_bytes){bytes.data + 1, bytes.size - 1};
    return true;
}

/* What no struct can have, such as an enum with fields. */
static bool decode_json(struct substrate_query *query, const struct shape_source *source,
                        const void **value) {
    static const struct value_limits limits = VALUE_LIMITS;
    struct base_buf json = BASE_BUF_INIT;
    struct substrate_error error = {0};
    struct substrate_text *text = function_alloc(query, 1, sizeof(*text));
    if (text == NULL) {
        return false;
    }
    enum substrate_status status =
        value_read_all(source->metadata, source->type, source->bytes, &limits, &json, &error);
    if (status == SUBSTRATE_OK) {
        *text = base_arena_text(&query->arena, base_buf_view(&json));
    }
    base_buf_free(&json);
    if (status != SUBSTRATE_OK || text->data == NULL) {
        (void)query_fail_with(query, status != SUBSTRATE_OK ? status : SUBSTRATE_E_MEMORY, "%s",
                              status != SUBSTRATE_OK ? error.message : "out of memory");
        return false;
    }
    *value = text;
    return true;
}

static bool decode(struct substrate_query *query, const struct read *read,
                   struct shape_source *source, const void **value) {
    struct substrate_error error = {0};
    void *made = NULL;
    *value = NULL;
    if ((read->flags & READ_OPTION) != 0 && !unwrap(query, source)) {
        return false;
    }
    if (source->bytes.data == NULL && (read->flags & READ_OPTION) != 0) {
        return true;
    }
    if (read->shape == NULL) {
        return decode_json(query, source, value);
    }
    enum substrate_status status = shape_read(read->shape, source, &query->arena, &made, &error);
    if (status != SUBSTRATE_OK) {
        (void)query_fail_with(query, status, "%s", error.message);
        query->outcome.error.position = error.position;
        return false;
    }
    *value = made;
    return true;
}

bool reads_take_entry(struct substrate_query *query, const struct read *read, struct base_json json,
                      struct read_entry *entry) {
    const struct metadata_storage *item = find_item(query, read);
    struct shape_source source = {query_metadata(query, QUERY_STATE_RUNTIME), 0, {NULL, 0}};
    *entry = (struct read_entry){SUBSTRATE_ABSENT, NULL};
    if (item == NULL) {
        return false;
    }
    source.type = item->value;
    bool good =
        query_read_stored(query, item, json, &entry->presence, &source.bytes) &&
        (entry->presence == SUBSTRATE_ABSENT || decode(query, read, &source, &entry->value));
    return good || fail_read(query, read);
}

static bool take_storage(struct substrate_query *query, struct asking *asking, size_t index,
                         struct base_json json) {
    struct read_entry entry;
    if (!reads_take_entry(query, asking->chosen[index], json, &entry)) {
        return false;
    }
    asking->results[index] = entry.value;
    if (index == 0) {
        asking->presence = entry.presence;
    }
    return true;
}

static bool take_all_storage(struct substrate_query *query, struct asking *asking, size_t count,
                             const struct substrate_reply *reply) {
    struct query_changes changes;
    struct substrate_bytes key;
    struct base_json json;
    if (!query_changes_begin(query, &changes, reply, &asking->keys)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct read *read = asking->chosen[i];
        if (read != NULL && read->kind == READ_STORAGE &&
            (!query_changes_next(&changes, &key, &json) || !take_storage(query, asking, i, json))) {
            return false;
        }
    }
    return true;
}

bool reads_take_call(struct substrate_query *query, const struct read *read,
                     const struct substrate_reply *reply, const void **value) {
    const struct metadata_method *method = query_find_method(query, read->place, read->name);
    struct shape_source source = {query_metadata(query, QUERY_CALL_RUNTIME), 0, {NULL, 0}};
    struct base_json json;
    if (method == NULL) {
        return false;
    }
    source.type = method->output;
    bool good = query_read_json(query, reply, &json) &&
                query_read_bytes(query, json, &source.bytes) && decode(query, read, &source, value);
    return good || fail_read(query, read);
}

static bool take_constant(struct substrate_query *query, const struct read *read,
                          const void **value) {
    const struct metadata_constant *constant = query_find_constant(query, read->place, read->name);
    if (constant == NULL) {
        return false;
    }
    struct shape_source source = {query_metadata(query, QUERY_STATE_RUNTIME), constant->type,
                                  constant->value};
    return decode(query, read, &source, value) || fail_read(query, read);
}

static bool take_height(struct substrate_query *query, const struct substrate_reply *reply,
                        const void **value) {
    struct base_header header;
    struct substrate_error error = {0};
    uint64_t *number = function_alloc(query, 1, sizeof(*number));
    if (number == NULL) {
        return false;
    }
    if (base_text_is(reply->result, "null")) {
        (void)query_fail_with(query, SUBSTRATE_E_NOT_FOUND, "there is no block %s", query->pin);
        return false;
    }
    enum substrate_status status = base_header_read(reply->result, &header, NULL, &error);
    if (status != SUBSTRATE_OK) {
        (void)query_fail_with(query, status, "%s", error.message);
        return false;
    }
    *number = header.number;
    *value = number;
    return true;
}

/* What a read was given that is no storage. */
static bool take_other(struct substrate_query *query, const struct read *read,
                       const struct substrate_reply *reply, const void **value) {
    if (read->kind == READ_CALL) {
        return reads_take_call(query, read, reply, value);
    }
    return read->kind == READ_HEIGHT ? take_height(query, reply, value)
                                     : take_constant(query, read, value);
}

bool reads_take(struct substrate_query *query, struct asking *asking, size_t count,
                const struct substrate_reply *replies) {
    size_t entries = 0, last = 0;
    struct base_json json;
    for (size_t i = 0; i < count; i++) {
        if (asking->chosen[i] != NULL && asking->chosen[i]->kind == READ_STORAGE) {
            entries += 1;
            last = i;
        }
    }
    if (entries == 1 && !query_read_json(query, replies, &json)) {
        return fail_read(query, asking->chosen[last]);
    }
    if (entries == 1 && !take_storage(query, asking, last, json)) {
        return false;
    }
    if (entries > 1 && !take_all_storage(query, asking, count, replies)) {
        return false;
    }
    const struct substrate_reply *reply = replies + (entries > 0);
    for (size_t i = 0; i < count; i++) {
        const struct read *read = asking->chosen[i];
        if (read != NULL && read->kind != READ_STORAGE) {
            if (!take_other(query, read, reply, &asking->results[i])) {
                return false;
            }
            reply += read->kind != READ_CONSTANT;
        }
    }
    return true;
}
