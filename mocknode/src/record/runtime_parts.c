/* Unwraps and keeps the parts of runtime facts. */
#include "record/runtime_parts.h"

#include <string.h>
#include "base/compact.h"
#include "base/hex.h"
#include "base/text.h"

bool bytes_of_result(struct substrate_text result, struct base_arena *arena,
                     struct substrate_bytes *bytes) {
    if (result.size < 4 || memcmp(result.data, "\"0x", 3) != 0 ||
        result.data[result.size - 1] != '"') {
        return false;
    }
    struct substrate_text hex = {result.data + 1, result.size - 2};
    uint8_t *out = base_arena_alloc(arena, hex.size / 2);
    bytes->data = out;
    return out != NULL && base_hex_read(hex, out, hex.size / 2, &bytes->size);
}

bool metadata_of_option(struct substrate_bytes bytes, struct substrate_bytes *metadata) {
    uint64_t size;
    size_t used;
    if (bytes.size < 2 || bytes.data[0] != 1) {
        return false;
    }
    struct substrate_bytes opaque = {bytes.data + 1, bytes.size - 1};
    if (base_compact_read(opaque, &size, &used) != SUBSTRATE_OK || size != opaque.size - used ||
        size < 4 || memcmp(opaque.data + used, "meta", 4) != 0) {
        return false;
    }
    *metadata = (struct substrate_bytes){opaque.data + used, (size_t)size};
    return true;
}

bool runtime_has_metadata(const struct fact_runtime *runtime, uint32_t version) {
    for (size_t i = 0; i < runtime->metadata_count; i++) {
        if (runtime->metadata[i].version == version) {
            return true;
        }
    }
    return false;
}

bool runtime_add_metadata(struct facts *facts, uint32_t spec, uint32_t version,
                          struct substrate_bytes bytes) {
    struct fact_runtime *runtime = facts_runtime(facts, spec, false);
    if (runtime == NULL) {
        return false;
    }
    struct substrate_text copy = base_arena_text(
        &facts->arena, (struct substrate_text){(const char *)bytes.data, bytes.size});
    struct fact_metadata *grown =
        base_arena_calloc(&facts->arena, runtime->metadata_count + 1, sizeof *grown);
    if (copy.data == NULL || grown == NULL) {
        return false;
    }
    if (runtime->metadata_count > 0) {
        memcpy(grown, runtime->metadata, runtime->metadata_count * sizeof *grown);
    }
    grown[runtime->metadata_count].version = version;
    grown[runtime->metadata_count].bytes =
        (struct substrate_bytes){(const uint8_t *)copy.data, copy.size};
    runtime->metadata = grown;
    runtime->metadata_count++;
    return true;
}
