/* Reads the export section of a WebAssembly module (WebAssembly core specification, "Binary
 * format"), and unpacks runtimes that are stored compressed (polkadot-sdk,
 * sp-maybe-compressed-blob). The bytes come from a peer: every length is checked against what is
 * left. */
#include "record/wasm.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include "base/mem.h"
#include "base/text.h"

#define UNPACKED_MAX ((size_t)50 << 20) /* CODE_BLOB_BOMB_LIMIT of polkadot-sdk */
#define SECTION_EXPORT 7
#define EXPORT_FUNCTION 0

static const uint8_t COMPRESSED[8] = {0x52, 0xbc, 0x53, 0x76, 0x46, 0xdb, 0x8e, 0x05};
static const uint8_t MODULE[8] = {0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00};

struct cursor {
    const uint8_t *start, *at, *end;
};

/* An unsigned LEB128 of at most 32 bits. */
static bool read_u32(struct cursor *cursor, uint32_t *value) {
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (cursor->at == cursor->end) {
            return false;
        }
        uint8_t byte = *cursor->at++;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = (uint32_t)result;
            return result <= UINT32_MAX;
        }
    }
    return false;
}

static bool read_name(struct cursor *cursor, struct substrate_text *name) {
    uint32_t size;
    if (!read_u32(cursor, &size) || size > (size_t)(cursor->end - cursor->at)) {
        return false;
    }
    *name = (struct substrate_text){(const char *)cursor->at, size};
    cursor->at += size;
    return true;
}

static enum substrate_status damaged(const struct cursor *cursor, struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_DECODE,
                     "the runtime's WebAssembly is damaged or cut off at byte %zu",
                     (size_t)(cursor->at - cursor->start));
}

static int compare_names(const void *left, const void *right) {
    return base_text_compare(*(const struct substrate_text *)left,
                             *(const struct substrate_text *)right);
}

static enum substrate_status read_section(struct cursor *section, struct base_arena *arena,
                                          struct wasm_exports *exports,
                                          struct substrate_error *error) {
    uint32_t count;
    /* An export takes three bytes at least, so a count that cannot be is refused before it is
     * allocated for. */
    if (!read_u32(section, &count) || count > (size_t)(section->end - section->at) / 3) {
        return damaged(section, error);
    }
    exports->names = base_arena_calloc(arena, (size_t)count + 1, sizeof *exports->names);
    if (exports->names == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct substrate_text name;
        uint32_t index;
        if (!read_name(section, &name) || section->at == section->end) {
            return damaged(section, error);
        }
        uint8_t kind = *section->at++;
        if (!read_u32(section, &index)) {
            return damaged(section, error);
        }
        if (kind == EXPORT_FUNCTION) {
            exports->names[exports->count] = base_arena_text(arena, name);
            if (exports->names[exports->count++].data == NULL) {
                return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
            }
        }
    }
    if (exports->count > 1) {
        qsort(exports->names, exports->count, sizeof *exports->names, compare_names);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_module(struct substrate_bytes module, struct base_arena *arena,
                                         struct wasm_exports *exports,
                                         struct substrate_error *error) {
    struct cursor cursor = {module.data, module.data, module.data + module.size};
    if (module.size < sizeof MODULE || memcmp(module.data, MODULE, sizeof MODULE) != 0) {
        return base_fail(error, SUBSTRATE_E_DECODE,
                         "the value of :code is no WebAssembly module of version 1");
    }
    cursor.at += sizeof MODULE;
    while (cursor.at < cursor.end) {
        uint8_t id = *cursor.at++;
        uint32_t size;
        if (!read_u32(&cursor, &size) || size > (size_t)(cursor.end - cursor.at)) {
            return damaged(&cursor, error);
        }
        if (id == SECTION_EXPORT) {
            struct cursor section = {module.data, cursor.at, cursor.at + size};
            return read_section(&section, arena, exports, error);
        }
        cursor.at += size;
    }
    return SUBSTRATE_OK; /* a module need not export anything */
}

static enum substrate_status unpack(struct substrate_bytes packed, ZSTD_outBuffer *output,
                                    struct substrate_error *error) {
    ZSTD_DStream *stream = ZSTD_createDStream();
    if (stream == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    ZSTD_inBuffer input = {packed.data, packed.size, 0};
    size_t left = 1;
    while (left != 0 && !ZSTD_isError(left) && output->pos < output->size) {
        size_t before = input.pos + output->pos;
        left = ZSTD_decompressStream(stream, output, &input);
        if (!ZSTD_isError(left) && left != 0 && input.pos + output->pos == before) {
            break; /* cut off: nothing more to read and nothing more to give */
        }
    }
    ZSTD_freeDStream(stream);
    if (left == 0) {
        return SUBSTRATE_OK;
    }
    if (!ZSTD_isError(left) && output->pos == output->size) {
        return base_fail(error, SUBSTRATE_E_LIMIT, "the runtime unpacks to over 50 MiB");
    }
    return base_fail(error, SUBSTRATE_E_DECODE, "the compressed runtime is damaged: %s",
                     ZSTD_isError(left) ? ZSTD_getErrorName(left) : "cut off");
}

enum substrate_status wasm_read_exports(struct substrate_bytes code, struct base_arena *arena,
                                        struct wasm_exports *exports,
                                        struct substrate_error *error) {
    *exports = (struct wasm_exports){NULL, 0};
    if (code.size < sizeof COMPRESSED || memcmp(code.data, COMPRESSED, sizeof COMPRESSED) != 0) {
        return read_module(code, arena, exports, error);
    }
    uint8_t *module = base_alloc(UNPACKED_MAX);
    if (module == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    struct substrate_bytes packed = {code.data + sizeof COMPRESSED, code.size - sizeof COMPRESSED};
    ZSTD_outBuffer output = {module, UNPACKED_MAX, 0};
    enum substrate_status status = unpack(packed, &output, error);
    if (status == SUBSTRATE_OK) {
        status = read_module((struct substrate_bytes){module, output.pos}, arena, exports, error);
    }
    base_free(module);
    return status;
}
