/* The handle: parsing from the bytes of a runtime, sharing, and looking things up by name. */
#include "metadata.h"
#include "base/mem.h"
#include "base/text.h"
#include "metadata_kept.h"
#include "metadata_source.h"

#include <string.h>

#define BLOCK_SIZE ((size_t)64 << 10)
#define SS58_PREFIX_DEFAULT 42
#define SS58_PREFIX_MAX 16383

static struct substrate_metadata *metadata_new(void) {
    struct substrate_metadata *metadata = base_calloc(1, sizeof *metadata);
    if (metadata != NULL) {
        atomic_init(&metadata->references, 1);
        base_arena_init(&metadata->arena, BLOCK_SIZE);
        base_map_init(&metadata->pallets_by_name, 0);
        base_map_init(&metadata->storage_by_prefix, 0);
        metadata->address = metadata->signature = METADATA_NO_TYPE;
        metadata->outer_call = metadata->outer_event = metadata->outer_error = METADATA_NO_TYPE;
        metadata->ss58_prefix = SS58_PREFIX_DEFAULT;
        if (!metadata_kept_init(metadata)) {
            substrate_metadata_free(metadata);
            metadata = NULL;
        }
    }
    return metadata;
}

/* Names and defaults are views into a copy of the bytes, made here. */
static void begin(struct metadata_source *source, struct substrate_bytes bytes) {
    source->memory_left = METADATA_MEMORY_LEAST;
    if (bytes.size > SIZE_MAX / (2 * METADATA_MEMORY_FACTOR)) {
        source_fail(source, SUBSTRATE_E_LIMIT, "%zu bytes are too many", bytes.size);
        return;
    }
    source->memory_left += bytes.size * METADATA_MEMORY_FACTOR;
    uint8_t *copy = source_alloc(source, bytes.size, 1);
    if (copy != NULL) {
        memcpy(copy, bytes.data, bytes.size);
        source->reader = scale_reader((struct substrate_bytes){copy, bytes.size});
    }
}

static void read_version(struct metadata_source *source) {
    const uint8_t *magic = scale_take(&source->reader, 4);
    if (magic == NULL || memcmp(magic, "meta", 4) != 0) {
        source->reader.at = 0;
        source_fail(source, SUBSTRATE_E_DECODE, "it does not begin with \"meta\"");
        return;
    }
    source->metadata->version = source_byte(source);
    if (source->metadata->version < 14 || source->metadata->version > 16) {
        source_fail(source, SUBSTRATE_E_DECODE, "version %u; 14, 15 and 16 are read",
                    source->metadata->version);
    }
}

/* The prefix of the chain's addresses is a constant of pallet System, a u8 or a u16. */
static void read_ss58_prefix(struct metadata_source *source) {
    const struct metadata_pallet *system = metadata_pallet(source->metadata, BASE_TEXT("System"));
    const struct metadata_constant *constant =
        system == NULL ? NULL : metadata_constant(system, BASE_TEXT("SS58Prefix"));
    if (source->status != SUBSTRATE_OK || constant == NULL) {
        return;
    }
    struct scale_reader value = scale_reader(constant->value);
    uint64_t prefix = 0;
    if (value.size < 1 || value.size > 2 || !scale_uint(&value, (unsigned)value.size, &prefix) ||
        prefix > SS58_PREFIX_MAX) {
        source_fail(source, SUBSTRATE_E_DECODE, "System.SS58Prefix is no number up to %d",
                    SS58_PREFIX_MAX);
        return;
    }
    source->metadata->ss58_prefix = (uint16_t)prefix;
}

enum substrate_status substrate_metadata_parse(struct substrate_bytes bytes,
                                               struct substrate_metadata **metadata,
                                               struct substrate_error *error) {
    *metadata = NULL;
    struct metadata_source source = {.metadata = metadata_new(), .error = error};
    if (source.metadata == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "metadata: out of memory");
    }
    source.place.type = METADATA_NO_TYPE;
    begin(&source, bytes);
    read_version(&source);
    metadata_read_types(&source);
    metadata_resolve_types(&source);
    metadata_read_pallets(&source);
    metadata_read_runtime(&source);
    read_ss58_prefix(&source);
    if (scale_left(&source.reader) != 0) {
        source_fail(&source, SUBSTRATE_E_DECODE, "%zu byte%s left over behind it",
                    scale_left(&source.reader), scale_left(&source.reader) == 1 ? " is" : "s are");
    }
    if (source.status != SUBSTRATE_OK) {
        substrate_metadata_free(source.metadata);
        return source.status;
    }
    *metadata = source.metadata;
    return SUBSTRATE_OK;
}

struct substrate_metadata *substrate_metadata_retain(struct substrate_metadata *metadata) {
    (void)atomic_fetch_add_explicit(&metadata->references, 1, memory_order_relaxed);
    return metadata;
}

void substrate_metadata_free(struct substrate_metadata *metadata) {
    if (metadata == NULL ||
        atomic_fetch_sub_explicit(&metadata->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    metadata_kept_clear(metadata);
    base_map_free(&metadata->pallets_by_name);
    base_map_free(&metadata->storage_by_prefix);
    base_arena_free(&metadata->arena);
    base_free(metadata);
}

const struct metadata_pallet *metadata_pallet(const struct substrate_metadata *metadata,
                                              struct substrate_text name) {
    return base_map_get(&metadata->pallets_by_name, name);
}

const struct metadata_pallet *metadata_pallet_by_index(const struct substrate_metadata *metadata,
                                                       uint8_t index) {
    for (uint32_t i = 0; i < metadata->pallet_count; i++) {
        if (metadata->pallets[i].index == index) {
            return &metadata->pallets[i];
        }
    }
    return NULL;
}

const struct metadata_storage *metadata_storage(const struct metadata_pallet *pallet,
                                                struct substrate_text name) {
    for (uint32_t i = 0; i < pallet->storage_count; i++) {
        if (base_text_equal(pallet->storage[i].name, name)) {
            return &pallet->storage[i];
        }
    }
    return NULL;
}

const struct metadata_constant *metadata_constant(const struct metadata_pallet *pallet,
                                                  struct substrate_text name) {
    for (uint32_t i = 0; i < pallet->constant_count; i++) {
        if (base_text_equal(pallet->constants[i].name, name)) {
            return &pallet->constants[i];
        }
    }
    return NULL;
}

const struct metadata_api *metadata_api(const struct substrate_metadata *metadata,
                                        struct substrate_text name) {
    for (uint32_t i = 0; i < metadata->api_count; i++) {
        if (base_text_equal(metadata->apis[i].name, name)) {
            return &metadata->apis[i];
        }
    }
    return NULL;
}

const struct metadata_method *metadata_method(const struct metadata_api *api,
                                              struct substrate_text name) {
    for (uint32_t i = 0; i < api->method_count; i++) {
        if (base_text_equal(api->methods[i].name, name)) {
            return &api->methods[i];
        }
    }
    return NULL;
}
