/* Point reads of storage maps: `state_getStorage` of twox128(pallet) twox128(item) hasher(key).
 * Absent is the item's default; bytes that are no value of its kind are an error, never a default.
 */
#include "storage.h"

#include <string.h>

#include <substrate/hash.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/text.h"
#include "query.h"

struct storage_arguments {
    const struct query_storage_item *item;
    size_t key_size;
    uint8_t key[QUERY_KEY_MAX];
};

static struct substrate_bytes bytes_of(const char *text) {
    return (struct substrate_bytes){(const uint8_t *)text, strlen(text)};
}

/* Writes the storage key; `out` has room for three hashes and a key. Returns its size. */
static size_t write_key(const struct storage_arguments *arguments, uint8_t *out) {
    struct substrate_bytes key = {arguments->key, arguments->key_size};
    size_t size = 32;
    substrate_twox_128(bytes_of(arguments->item->pallet), out);
    substrate_twox_128(bytes_of(arguments->item->item), out + 16);
    switch (arguments->item->hasher) {
    case HASHER_IDENTITY:
        break;
    case HASHER_BLAKE2_128_CONCAT:
        substrate_blake2_128(key, out + size);
        size += 16;
        break;
    case HASHER_TWOX_64_CONCAT:
        substrate_twox_64(key, out + size);
        size += 8;
        break;
    }
    memcpy(out + size, key.data, key.size);
    return size + key.size;
}

static enum query_progress ask(struct substrate_query *query) {
    uint8_t key[48 + QUERY_KEY_MAX];
    struct substrate_bytes bytes = {key, write_key(query->arguments, key)};
    struct base_buf params = BASE_BUF_INIT;
    base_buf_char(&params, '[');
    base_json_write_hex(&params, bytes);
    base_buf_char(&params, ',');
    base_buf_text(&params, query->pin);
    base_buf_char(&params, ']');
    return query_ask(query, "state_getStorage", &params);
}

static enum query_progress decode(struct substrate_query *query, enum query_value kind,
                                  struct substrate_bytes bytes) {
    switch (kind) {
    case VALUE_BOOL:
        if (bytes.size == 1 && bytes.data[0] <= 1) {
            return query_done(query, bytes.data[0] == 1 ? BASE_TEXT("true") : BASE_TEXT("false"));
        }
        break;
    }
    return query_fail_with(query, SUBSTRATE_E_DECODE, "the stored bytes are no value of its type");
}

static enum query_progress answer(struct substrate_query *query, struct substrate_text result) {
    const struct storage_arguments *arguments = query->arguments;
    struct base_json json = {0};
    struct substrate_text hex;
    if (base_json_parse(result, BASE_JSON_DEPTH_MAX, &json, NULL) != SUBSTRATE_OK) {
        return query_fail_with(query, SUBSTRATE_E_DECODE, "the answer is no JSON");
    }
    if (json.kind == BASE_JSON_NULL) {
        return query_done(query, base_text(arguments->item->absent));
    }
    if (json.kind != BASE_JSON_STRING) {
        return query_fail_with(query, SUBSTRATE_E_DECODE, "the answer is neither null nor bytes");
    }
    uint8_t *bytes = base_arena_alloc(&query->arena, json.raw.size);
    if (bytes == NULL || !base_json_string(json, &query->arena, &hex)) {
        return query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
    }
    size_t size = 0;
    if (!base_text_starts(hex, "0x") || !base_hex_read(hex, bytes, json.raw.size, &size)) {
        return query_fail_with(query, SUBSTRATE_E_DECODE, "the answer is no hexadecimal bytes");
    }
    return decode(query, arguments->item->value, (struct substrate_bytes){bytes, size});
}

static enum query_progress step(struct substrate_query *query,
                                const struct substrate_reply *replies, size_t count) {
    return count == 0 ? ask(query) : answer(query, replies[0].result);
}

enum substrate_status query_storage(const struct query_storage_item *item,
                                    struct substrate_bytes key, const struct substrate_hash *at,
                                    struct substrate_query **query) {
    static const struct query_description description = {"storage", true, step};
    struct storage_arguments arguments = {.item = item, .key_size = key.size};
    if (query == NULL || key.size > sizeof(arguments.key)) {
        return SUBSTRATE_E_ARGUMENT;
    }
    memcpy(arguments.key, key.data, key.size);
    enum substrate_status status =
        query_new(&description, &arguments, sizeof(arguments), at, query);
    if (status == SUBSTRATE_OK) {
        (*query)->name = item->item;
    }
    return status;
}
