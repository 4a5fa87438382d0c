/* Pallets: storage items with what their keys are made of, constants, and the enums of calls,
 * events and errors. Versions 15 and 16 append fields to those of version 14. */
#include "base/text.h"
#include "metadata_source.h"

#include <string.h>

#include <substrate/hash.h>

/* The fewest bytes that each takes. */
#define PALLET_LEAST 7
#define STORAGE_LEAST 6
#define CONSTANT_LEAST 4
#define ASSOCIATED_TYPE_LEAST 3
#define VIEW_FUNCTION_LEAST 37
#define ARGUMENT_LEAST 2
#define DEPRECATED_VARIANT_LEAST 2

#define VIEW_FUNCTION_ID 32 /* bytes */

/* A pallet's index is one byte. The Relay Chain has some 60 pallets, Subtensor 450 items. */
#define PALLETS_MAX 256
#define STORAGE_MAX 16384

/* A note and, perhaps, since when. */
static void skip_deprecation_note(struct metadata_source *source) {
    source_skip_text(source);
    if (source_option(source)) {
        source_skip_text(source);
    }
}

void metadata_skip_deprecation(struct metadata_source *source) {
    uint8_t kind = source->metadata->version < 16 ? 0 : source_byte(source);
    if (kind == 2) {
        skip_deprecation_note(source);
    } else if (kind > 2) {
        source_fail(source, SUBSTRATE_E_DECODE, "there is no kind of deprecation number %u", kind);
    }
}

/* Which variants of an enum are deprecated: a map by index. */
static void skip_enum_deprecation(struct metadata_source *source) {
    uint32_t count =
        source->metadata->version < 16 ? 0 : source_count(source, DEPRECATED_VARIANT_LEAST);
    for (uint32_t i = 0; i < count && source->status == SUBSTRATE_OK; i++) {
        (void)source_byte(source);
        metadata_skip_deprecation(source);
    }
}

/* The enum of a pallet's calls, events or errors. */
static uint32_t read_enum(struct metadata_source *source, const char *what) {
    if (!source_option(source)) {
        return METADATA_NO_TYPE;
    }
    uint32_t type = source_enum(source, what);
    skip_enum_deprecation(source);
    return type;
}

/* One hasher takes the whole key, whatever its type; several take a tuple apart. */
static void read_keys(struct metadata_source *source, struct metadata_storage *storage) {
    uint32_t count = source_count(source, 1);
    if (count == 0 || count > STORAGE_KEYS_MAX) {
        source_fail(source, SUBSTRATE_E_DECODE, "a map with %u hashers; 1 to %u are read", count,
                    STORAGE_KEYS_MAX);
        return;
    }
    storage->key_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t hasher = source_byte(source);
        if (hasher > HASHER_IDENTITY) {
            source_fail(source, SUBSTRATE_E_DECODE, "there is no hasher number %u", hasher);
            return;
        }
        storage->hashers[i] = (enum storage_hasher)hasher;
    }
    storage->keys[0] = source_type(source);
    const struct type *key = types_get(&source->metadata->types, storage->keys[0]);
    if (count == 1) {
        return;
    }
    if (key->kind != TYPE_TUPLE || key->fields.count != count) {
        source_fail(source, SUBSTRATE_E_DECODE,
                    "%u hashers, but type %u of its key is no tuple of %u", count, storage->keys[0],
                    count);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        storage->keys[i] = key->fields.fields[i].type;
    }
}

static void read_storage_item(struct metadata_source *source, struct metadata_storage *storage) {
    storage->name = source_text(source);
    source_enter(source, "storage", storage->name);
    uint8_t modifier = source_byte(source);
    uint8_t kind = source_byte(source);
    if (modifier > 1 || kind > 1) {
        source_fail(source, SUBSTRATE_E_DECODE, "modifier %u and kind %u; each is 0 or 1", modifier,
                    kind);
    }
    storage->has_default = modifier == 1;
    if (kind == 1) {
        read_keys(source, storage);
    }
    storage->value = source_type(source);
    storage->fallback = source_bytes(source);
    source_skip_docs(source);
    metadata_skip_deprecation(source);
    source_leave(source);
}

static struct substrate_bytes as_bytes(struct substrate_text text) {
    return (struct substrate_bytes){(const uint8_t *)text.data, text.size};
}

/* Sets an item's prefix and makes it known by it: two items must not share their keys. */
static void register_storage(struct metadata_source *source, struct metadata_storage *storage,
                             const uint8_t prefix[16]) {
    struct base_map *known = &source->metadata->storage_by_prefix;
    source_enter(source, "storage", storage->name);
    memcpy(storage->prefix, prefix, 16);
    substrate_twox_128(as_bytes(storage->name), storage->prefix + 16);
    struct substrate_text key = {(const char *)storage->prefix, sizeof storage->prefix};
    if (base_map_get(known, key) != NULL) {
        source_fail(source, SUBSTRATE_E_DECODE, "another item has the same keys");
    } else if (known->count == STORAGE_MAX) {
        source_fail(source, SUBSTRATE_E_LIMIT, "more than %d storage items", STORAGE_MAX);
    } else if (!base_map_put(known, key, storage)) {
        source_fail(source, SUBSTRATE_E_MEMORY, "out of memory");
    }
    source_leave(source);
}

static void read_storage(struct metadata_source *source, struct metadata_pallet *pallet) {
    if (!source_option(source)) {
        return;
    }
    uint8_t prefix[16];
    pallet->storage_prefix = source_text(source);
    substrate_twox_128(as_bytes(pallet->storage_prefix), prefix);
    uint32_t count = source_count(source, STORAGE_LEAST);
    struct metadata_storage *items = source_alloc(source, count, sizeof *items);
    pallet->storage = items;
    pallet->storage_count = items == NULL ? 0 : count;
    for (uint32_t i = 0; i < pallet->storage_count && source->status == SUBSTRATE_OK; i++) {
        read_storage_item(source, &items[i]);
        if (source->status == SUBSTRATE_OK) {
            register_storage(source, &items[i], prefix);
        }
    }
}

static void read_constants(struct metadata_source *source, struct metadata_pallet *pallet) {
    uint32_t count = source_count(source, CONSTANT_LEAST);
    struct metadata_constant *constants = source_alloc(source, count, sizeof *constants);
    pallet->constants = constants;
    pallet->constant_count = constants == NULL ? 0 : count;
    for (uint32_t i = 0; i < pallet->constant_count && source->status == SUBSTRATE_OK; i++) {
        constants[i].name = source_text(source);
        source_enter(source, "constant", constants[i].name);
        constants[i].type = source_type(source);
        constants[i].value = source_bytes(source);
        source_skip_docs(source);
        metadata_skip_deprecation(source);
        source_leave(source);
    }
}

/* Associated types and view functions of version 16, for which there is no place. */
static void skip_associated_types(struct metadata_source *source) {
    uint32_t count = source_count(source, ASSOCIATED_TYPE_LEAST);
    for (uint32_t i = 0; i < count && source->status == SUBSTRATE_OK; i++) {
        source_skip_text(source);
        (void)source_type(source);
        source_skip_docs(source);
    }
}

static void skip_view_functions(struct metadata_source *source) {
    uint32_t count = source_count(source, VIEW_FUNCTION_LEAST);
    for (uint32_t i = 0; i < count && source->status == SUBSTRATE_OK; i++) {
        source_skip(source, VIEW_FUNCTION_ID);
        source_skip_text(source);
        uint32_t inputs = source_count(source, ARGUMENT_LEAST);
        for (uint32_t input = 0; input < inputs && source->status == SUBSTRATE_OK; input++) {
            source_skip_text(source);
            (void)source_type(source);
        }
        (void)source_type(source);
        source_skip_docs(source);
        metadata_skip_deprecation(source);
    }
}

static void read_pallet(struct metadata_source *source, struct metadata_pallet *pallet) {
    unsigned version = source->metadata->version;
    pallet->name = source_text(source);
    source_enter(source, "pallet", pallet->name);
    read_storage(source, pallet);
    pallet->calls = read_enum(source, "calls");
    pallet->events = read_enum(source, "events");
    read_constants(source, pallet);
    pallet->errors = read_enum(source, "errors");
    if (version >= 16) {
        skip_associated_types(source);
        skip_view_functions(source);
    }
    pallet->index = source_byte(source);
    if (version >= 15) {
        source_skip_docs(source);
        metadata_skip_deprecation(source);
    }
}

static void register_pallet(struct metadata_source *source, struct metadata_pallet *pallet,
                            bool taken[PALLETS_MAX]) {
    struct base_map *known = &source->metadata->pallets_by_name;
    if (base_map_get(known, pallet->name) != NULL) {
        source_fail(source, SUBSTRATE_E_DECODE, "two pallets have this name");
    } else if (taken[pallet->index]) {
        source_fail(source, SUBSTRATE_E_DECODE, "another pallet has its index, %u", pallet->index);
    } else if (!base_map_put(known, pallet->name, pallet)) {
        source_fail(source, SUBSTRATE_E_MEMORY, "out of memory");
    }
    taken[pallet->index] = true;
}

void metadata_read_pallets(struct metadata_source *source) {
    bool taken[PALLETS_MAX] = {false};
    uint32_t count = source_count(source, PALLET_LEAST);
    if (count > PALLETS_MAX) {
        source_fail(source, SUBSTRATE_E_DECODE, "%u pallets; an index is one byte", count);
    }
    struct metadata_pallet *pallets = source_alloc(source, count, sizeof *pallets);
    source->metadata->pallets = pallets;
    source->metadata->pallet_count = pallets == NULL ? 0 : count;
    for (uint32_t i = 0; pallets != NULL && i < count && source->status == SUBSTRATE_OK; i++) {
        read_pallet(source, &pallets[i]);
        if (source->status == SUBSTRATE_OK) {
            register_pallet(source, &pallets[i], taken);
        }
        source_leave(source);
    }
}
