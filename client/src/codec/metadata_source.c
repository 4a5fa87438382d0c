/* Reading metadata's primitives. Compact integers, most of which are one byte long, and texts are
 * what a parse spends its time on, so both have a short way. */
#include "metadata_source.h"
#include "base/json_text.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_SHOWN_MAX 80

void source_enter(struct metadata_source *source, const char *kind, struct substrate_text name) {
    struct metadata_place *place = &source->place;
    place->levels[place->depth].kind = kind;
    place->levels[place->depth++].name = name;
}

void source_leave(struct metadata_source *source) { source->place.depth--; }

/* Writes the place into a buffer that holds what it can, each part with a colon behind. */
static void describe_place(const struct metadata_place *place, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < place->depth; i++) {
        struct substrate_text name = place->levels[i].name;
        int length = (int)(name.size < NAME_SHOWN_MAX ? name.size : NAME_SHOWN_MAX);
        int written = name.data == NULL
                          ? snprintf(out + used, size - used, "%s: ", place->levels[i].kind)
                          : snprintf(out + used, size - used, "%s '%.*s': ", place->levels[i].kind,
                                     length, name.data);
        used += written > 0 ? (size_t)written : 0;
    }
    if (place->type != METADATA_NO_TYPE) {
        (void)snprintf(out + used, size - used, "type %u: ", place->type);
    }
}

void source_fail(struct metadata_source *source, enum substrate_status status, const char *format,
                 ...) {
    if (source->status != SUBSTRATE_OK) {
        return;
    }
    char place[256];
    char detail[256];
    va_list arguments;
    describe_place(&source->place, place, sizeof place);
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    source->status = base_fail(source->error, status, "metadata: %s%s", place, detail);
    if (source->error != NULL) {
        source->error->position = source->reader.at;
    }
    source->reader.size = source->reader.at;
}

void *source_alloc(struct metadata_source *source, size_t count, size_t size) {
    if (count == 0 || source->status != SUBSTRATE_OK) {
        return NULL;
    }
    if (count > source->memory_left / size) {
        source_fail(source, SUBSTRATE_E_LIMIT, "needs more than %u times its size in memory",
                    METADATA_MEMORY_FACTOR);
        return NULL;
    }
    source->memory_left -= count * size;
    void *memory = base_arena_calloc(&source->metadata->arena, count, size);
    if (memory == NULL) {
        source_fail(source, SUBSTRATE_E_MEMORY, "out of memory");
    }
    return memory;
}

static const uint8_t *take(struct metadata_source *source, size_t size) {
    const uint8_t *bytes = scale_take(&source->reader, size);
    if (bytes == NULL) {
        source_fail(source, SUBSTRATE_E_DECODE, "cut off: %zu bytes wanted, %zu left", size,
                    scale_left(&source->reader));
    }
    return bytes;
}

uint8_t source_byte(struct metadata_source *source) {
    const uint8_t *byte = take(source, 1);
    return byte == NULL ? 0 : *byte;
}

bool source_option(struct metadata_source *source) {
    uint8_t tag = source_byte(source);
    if (tag > 1) {
        source_fail(source, SUBSTRATE_E_DECODE, "the tag of an Option is %u, not 0 or 1", tag);
    }
    return tag == 1;
}

uint32_t source_number(struct metadata_source *source) {
    struct scale_reader *reader = &source->reader;
    const uint8_t *at = reader->data + reader->at;
    size_t left = scale_left(reader);
    if (left > 0 && (at[0] & 3) == 0) {
        reader->at++;
        return at[0] >> 2;
    }
    if (left > 1 && (at[0] & 3) == 1 && at[1] != 0) {
        reader->at += 2;
        return (at[0] | (uint32_t)at[1] << 8) >> 2;
    }
    uint64_t number;
    if (!scale_compact(reader, &number) || number > UINT32_MAX) {
        source_fail(source, SUBSTRATE_E_DECODE, "no compact integer of 32 bits stands here");
        return 0;
    }
    return (uint32_t)number;
}

uint32_t source_count(struct metadata_source *source, size_t least) {
    uint32_t count = source_number(source);
    if (count > scale_left(&source->reader) / least) {
        source_fail(source, SUBSTRATE_E_DECODE, "%u elements do not fit into the %zu bytes left",
                    count, scale_left(&source->reader));
        return 0;
    }
    return count;
}

uint32_t source_type(struct metadata_source *source) {
    uint32_t id = source_number(source);
    if (id >= source->metadata->types.count) {
        source_fail(source, SUBSTRATE_E_DECODE, "there is no type %u; they are %u", id,
                    source->metadata->types.count);
        return 0;
    }
    return id;
}

uint32_t source_enum(struct metadata_source *source, const char *what) {
    uint32_t id = source_type(source);
    if (source->status == SUBSTRATE_OK && source->types[id].kind != TYPE_VARIANT) {
        source_fail(source, SUBSTRATE_E_DECODE, "the type of its %s, %u, is no enum", what, id);
    }
    return id;
}

struct substrate_bytes source_bytes(struct metadata_source *source) {
    size_t size = source_number(source);
    const uint8_t *data = take(source, size);
    return (struct substrate_bytes){data, data == NULL ? 0 : size};
}

/* Eight characters at a time while they are ASCII, which names are. */
static bool is_utf8(const char *at, const char *end) {
    bool valid = true;
    while (at < end && valid) {
        uint64_t word = UINT64_MAX;
        if (end - at >= 8) {
            memcpy(&word, at, 8);
        }
        at += (word & UINT64_C(0x8080808080808080)) == 0 ? 8 : base_utf8_step(at, end, &valid);
    }
    return valid;
}

void source_skip(struct metadata_source *source, size_t size) { (void)take(source, size); }

struct substrate_text source_text(struct metadata_source *source) {
    struct substrate_bytes bytes = source_bytes(source);
    const char *text = (const char *)bytes.data;
    if (text != NULL && !is_utf8(text, text + bytes.size)) {
        source_fail(source, SUBSTRATE_E_DECODE, "the %zu bytes before this are not UTF-8",
                    bytes.size);
        return (struct substrate_text){NULL, 0};
    }
    return (struct substrate_text){text, bytes.size};
}

void source_skip_text(struct metadata_source *source) { (void)source_bytes(source); }

void source_skip_docs(struct metadata_source *source) {
    uint32_t lines = source_count(source, 1);
    for (uint32_t i = 0; i < lines && source->status == SUBSTRATE_OK; i++) {
        source_skip_text(source);
    }
}
