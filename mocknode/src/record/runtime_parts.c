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
