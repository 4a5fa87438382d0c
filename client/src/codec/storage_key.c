/* A key is written in place: room for the hash, the argument behind it, then the hash is filled in
 * and the argument dropped if the hasher does not keep it. Reading goes the same way back. */
#include "storage_key.h"

#include <string.h>
#include <substrate/hash.h>
#include "base/text.h"

struct hasher {
    void (*digest)(struct substrate_bytes input, uint8_t *out); /* NULL: none */
    uint8_t size;                                               /* of the digest */
    bool keeps;                                                 /* the argument follows it */
};

static const struct hasher HASHERS[] = {
    [HASHER_BLAKE2_128] = {substrate_blake2_128, 16, false},
    [HASHER_BLAKE2_256] = {substrate_blake2_256, 32, false},
    [HASHER_BLAKE2_128_CONCAT] = {substrate_blake2_128, 16, true},
    [HASHER_TWOX_128] = {substrate_twox_128, 16, false},
    [HASHER_TWOX_256] = {substrate_twox_256, 32, false},
    [HASHER_TWOX_64_CONCAT] = {substrate_twox_64, 8, true},
    [HASHER_IDENTITY] = {NULL, 0, true},
};
#define DIGEST_MAX 32

/* Room for the digest; returns where it begins. */
static size_t open_argument(const struct hasher *hasher, struct base_buf *key) {
    static const uint8_t ROOM[DIGEST_MAX];
    size_t at = key->size;
    base_buf_append(key, ROOM, hasher->size);
    return at;
}

static void close_argument(const struct hasher *hasher, size_t at, struct base_buf *key) {
    if (key->failed) {
        return;
    }
    uint8_t *digest = (uint8_t *)key->data + at;
    if (hasher->digest != NULL) {
        size_t size = key->size - at - hasher->size;
        hasher->digest((struct substrate_bytes){digest + hasher->size, size}, digest);
    }
    if (!hasher->keeps) {
        key->size = at + hasher->size;
    }
}

static enum substrate_status check_count(const struct metadata_storage *item, size_t count,
                                         struct substrate_error *error) {
    if (count <= item->key_count) {
        return SUBSTRATE_OK;
    }
    return base_fail(error, SUBSTRATE_E_ARGUMENT,
                     "%.*s takes %u arguments at most, but there are %zu", (int)item->name.size,
                     item->name.data, item->key_count, count);
}

static enum substrate_status out_of_memory(struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_MEMORY, "no memory for a storage key");
}

enum substrate_status storage_key_encode(const struct metadata_storage *item,
                                         const struct substrate_bytes *arguments, size_t count,
                                         struct base_buf *key, struct substrate_error *error) {
    enum substrate_status status = check_count(item, count, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    size_t start = key->size;
    base_buf_append(key, item->prefix, sizeof item->prefix);
    for (size_t i = 0; i < count; i++) {
        const struct hasher *hasher = &HASHERS[item->hashers[i]];
        size_t at = open_argument(hasher, key);
        base_buf_append(key, arguments[i].data, arguments[i].size);
        close_argument(hasher, at, key);
    }
    if (key->failed) {
        key->size = start;
        return out_of_memory(error);
    }
    return SUBSTRATE_OK;
}

/* Says which argument it was that the values' reader or writer complained of. */
static enum substrate_status fail_argument(const struct metadata_storage *item, size_t index,
                                           enum substrate_status status,
                                           const struct substrate_error *inner,
                                           struct substrate_error *error) {
    base_fail(error, status, "argument %zu of %.*s%s", index + 1, (int)item->name.size,
              item->name.data, value_message_end(inner->message));
    if (error != NULL) {
        error->position = inner->position;
    }
    return status;
}

enum substrate_status storage_key_write(const struct substrate_metadata *metadata,
                                        const struct metadata_storage *item,
                                        struct base_json arguments,
                                        const struct value_limits *limits, struct base_buf *key,
                                        struct substrate_error *error) {
    if (arguments.kind != BASE_JSON_NONE && arguments.kind != BASE_JSON_ARRAY) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "the arguments of %.*s are no JSON array",
                         (int)item->name.size, item->name.data);
    }
    bool any = arguments.kind == BASE_JSON_ARRAY;
    enum substrate_status status = check_count(item, any ? base_json_length(arguments) : 0, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    size_t start = key->size;
    base_buf_append(key, item->prefix, sizeof item->prefix);
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json argument;
    if (any) {
        base_json_walk_init(&walk, arguments);
    }
    for (size_t i = 0; any && base_json_walk_next(&walk, &name, &argument); i++) {
        const struct hasher *hasher = &HASHERS[item->hashers[i]];
        struct substrate_error inner = {0};
        size_t at = open_argument(hasher, key);
        status = value_write(metadata, item->keys[i], argument, limits, key, &inner);
        if (status != SUBSTRATE_OK) {
            key->size = start;
            return fail_argument(item, i, status, &inner, error);
        }
        close_argument(hasher, at, key);
    }
    if (key->failed) {
        key->size = start;
        return out_of_memory(error);
    }
    return SUBSTRATE_OK;
}

const struct metadata_storage *storage_key_item(const struct substrate_metadata *metadata,
                                                struct substrate_bytes key,
                                                const struct metadata_pallet **pallet) {
    if (key.size < STORAGE_PREFIX_SIZE) {
        return NULL;
    }
    struct substrate_text prefix = {(const char *)key.data, STORAGE_PREFIX_SIZE};
    const struct metadata_storage *item = base_map_get(&metadata->storage_by_prefix, prefix);
    for (uint32_t i = 0; item != NULL && pallet != NULL && i < metadata->pallet_count; i++) {
        if (metadata_storage(&metadata->pallets[i], item->name) == item) {
            *pallet = &metadata->pallets[i];
            break;
        }
    }
    return item;
}

/* What reading a key needs at each of its arguments. */
struct key_reading {
    const struct substrate_metadata *metadata;
    const struct metadata_storage *item;
    const struct value_limits *limits;
    struct scale_reader reader;
    struct base_buf *json; /* NULL: views only */
    struct substrate_error *error;
};

static enum substrate_status fail_at(const struct key_reading *reading, size_t at,
                                     const char *what) {
    base_fail(reading->error, SUBSTRATE_E_DECODE, "a key of %.*s: %s at byte %zu",
              (int)reading->item->name.size, reading->item->name.data, what, at);
    if (reading->error != NULL) {
        reading->error->position = at;
    }
    return SUBSTRATE_E_DECODE;
}

static enum substrate_status read_argument(struct key_reading *reading, size_t index,
                                           struct substrate_bytes *view) {
    const struct hasher *hasher = &HASHERS[reading->item->hashers[index]];
    uint32_t type = reading->item->keys[index];
    struct scale_reader *reader = &reading->reader;
    size_t hash_at = reader->at;
    const uint8_t *hash = scale_take(reader, hasher->size);
    if (hash == NULL) {
        return fail_at(reading, hash_at, "the hash of an argument is cut off");
    }
    *view = (struct substrate_bytes){NULL, 0};
    if (!hasher->keeps) {
        if (reading->json != NULL) {
            base_buf_str(reading->json, "null");
        }
        return SUBSTRATE_OK;
    }
    struct substrate_error inner = {0};
    size_t at = reader->at;
    enum substrate_status status =
        reading->json == NULL
            ? value_skip(reading->metadata, type, reader, reading->limits, &inner)
            : value_read(reading->metadata, type, reader, reading->limits, reading->json, &inner);
    if (status != SUBSTRATE_OK) {
        return fail_argument(reading->item, index, status, &inner, reading->error);
    }
    *view = (struct substrate_bytes){reader->data + at, reader->at - at};
    uint8_t again[DIGEST_MAX];
    if (hasher->digest != NULL) {
        hasher->digest(*view, again);
        if (memcmp(again, hash, hasher->size) != 0) {
            return fail_at(reading, hash_at, "the hash does not match the argument behind it");
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_arguments(struct key_reading *reading,
                                            struct substrate_bytes *views) {
    const struct metadata_storage *item = reading->item;
    const uint8_t *prefix = scale_take(&reading->reader, STORAGE_PREFIX_SIZE);
    if (prefix == NULL || memcmp(prefix, item->prefix, STORAGE_PREFIX_SIZE) != 0) {
        return fail_at(reading, 0, "another prefix");
    }
    for (size_t i = 0; i < item->key_count; i++) {
        if (reading->json != NULL) {
            base_buf_str(reading->json, i == 0 ? "" : ",");
        }
        enum substrate_status status = read_argument(reading, i, &views[i]);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    if (scale_left(&reading->reader) > 0) {
        return fail_at(reading, reading->reader.at, "bytes are left over");
    }
    return SUBSTRATE_OK;
}

enum substrate_status storage_key_split(const struct substrate_metadata *metadata,
                                        const struct metadata_storage *item,
                                        struct substrate_bytes key,
                                        const struct value_limits *limits,
                                        struct substrate_bytes arguments[STORAGE_KEYS_MAX],
                                        struct substrate_error *error) {
    struct key_reading reading = {metadata, item, limits, scale_reader(key), NULL, error};
    return read_arguments(&reading, arguments);
}

enum substrate_status storage_key_read(const struct substrate_metadata *metadata,
                                       const struct metadata_storage *item,
                                       struct substrate_bytes key,
                                       const struct value_limits *limits, struct base_buf *json,
                                       struct substrate_error *error) {
    struct key_reading reading = {metadata, item, limits, scale_reader(key), json, error};
    struct substrate_bytes views[STORAGE_KEYS_MAX];
    size_t start = json->size;
    base_buf_char(json, '[');
    enum substrate_status status = read_arguments(&reading, views);
    base_buf_char(json, ']');
    if (status == SUBSTRATE_OK && json->failed) {
        status = out_of_memory(error);
    }
    if (status != SUBSTRATE_OK) {
        json->size = start;
    }
    return status;
}
