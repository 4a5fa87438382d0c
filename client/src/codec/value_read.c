/* From SCALE to canonical JSON in one pass: the bytes are read once, the text is written behind
 * them, and nothing is kept in between but the types that one is inside of. Skipping is reading
 * that writes every piece over the one before.
 *
 * Bytes and types may both be hostile. Each value counts, also one that takes no bytes; types
 * inside types are counted down; what a length claims is compared with what is left. */
#include "value.h"

#include "base/hex.h"
#include "base/json_text.h"
#include "fixed.h"
#include "number.h"
#include "value_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <substrate/ss58.h>

/* Text is made in pieces of up to this size without asking for room in between. */
#define PIECE_MAX FIXED_ROOM
#define ROOM_MIN (PIECE_MAX + 2)

/* Accounts repeat: one coldkey owns many hotkeys, and stands in each of their stakes. Making an
 * address costs more than all else in such values, so that the last few are kept. */
#define ADDRESSES_KEPT 16u
struct address {
    struct substrate_hash account;
    char text[SUBSTRATE_SS58_SIZE];
};

struct reader {
    const struct types *types;
    struct scale_reader in;
    char *out, *out_end; /* where the next text goes: in the buffer, or in `scratch` */
    uint32_t nodes_left;
    uint16_t ss58_prefix;
    struct base_buf *json; /* NULL: nothing is written */
    size_t before;         /* what the buffer held at the start */
    const struct value_limits *limits;
    /* What is wrong, once something is. */
    enum substrate_status status;
    uint32_t type; /* the innermost */
    struct value_path path;
    char message[128];
    char scratch[ROOM_MIN];
    uint8_t address_sizes[ADDRESSES_KEPT]; /* 0: none is kept there */
    struct address addresses[ADDRESSES_KEPT];
};

static bool read_value(struct reader *reader, uint32_t id, uint32_t depth);

/* Returns false. The offset of the error is where the cursor is. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4), cold))
#endif
static bool
fail(struct reader *reader, enum substrate_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    reader->status = status;
    if (vsnprintf(reader->message, sizeof reader->message, format, arguments) < 0) {
        reader->message[0] = '\0';
    }
    va_end(arguments);
    return false;
}

static bool fail_cut_off(struct reader *reader) {
    return fail(reader, SUBSTRATE_E_DECODE, "the bytes end inside it");
}

/* --- the text --- */

static void end_writing(struct reader *reader) {
    if (reader->json != NULL && !reader->json->failed) {
        reader->json->size = (size_t)(reader->out - reader->json->data);
    }
}

/* The limit is looked at whenever the buffer has to grow, and at the end. */
static bool within_bytes_max(struct reader *reader) {
    return reader->json->size - reader->before <= reader->limits->bytes_max ||
           fail(reader, SUBSTRATE_E_LIMIT, "the JSON is over %zu bytes", reader->limits->bytes_max);
}

/* Makes room, and `out` and `out_end` what they must be after anything else used the buffer. */
static bool begin_writing(struct reader *reader, size_t size) {
    struct base_buf *json = reader->json;
    if (json == NULL) {
        reader->out = reader->scratch;
        reader->out_end = reader->scratch + sizeof reader->scratch;
        return true;
    }
    if (!base_buf_reserve(json, size < ROOM_MIN ? ROOM_MIN : size)) {
        return fail(reader, SUBSTRATE_E_MEMORY, "out of memory");
    }
    reader->out = json->data + json->size;
    reader->out_end = json->data + json->capacity;
    return within_bytes_max(reader);
}

/* Room for `size` bytes of text; when nothing is written, at most PIECE_MAX. */
static inline bool room(struct reader *reader, size_t size) {
    if ((size_t)(reader->out_end - reader->out) >= size) {
        return true;
    }
    end_writing(reader);
    return begin_writing(reader, size);
}

static inline bool put(struct reader *reader, char c) {
    if (!room(reader, 1)) {
        return false;
    }
    *reader->out++ = c;
    return true;
}

/* At most PIECE_MAX. */
static inline bool put_text(struct reader *reader, struct substrate_text text) {
    if (!room(reader, text.size)) {
        return false;
    }
    memcpy(reader->out, text.data, text.size);
    reader->out += text.size;
    return true;
}

/* A string of valid UTF-8, with its quotes. */
static bool put_string(struct reader *reader, struct substrate_text text) {
    if (reader->json == NULL) {
        return true;
    }
    const char *end = text.data + text.size;
    if (text.size == 0 || base_json_plain_run(text.data, end) != end) {
        end_writing(reader);
        base_json_write_string(reader->json, text);
        return begin_writing(reader, 0);
    }
    if (!room(reader, text.size + 2)) {
        return false;
    }
    *reader->out++ = '"';
    memcpy(reader->out, text.data, text.size);
    reader->out += text.size;
    *reader->out++ = '"';
    return true;
}

static bool put_hex(struct reader *reader, struct substrate_bytes bytes) {
    if (reader->json == NULL) {
        return true;
    }
    if (bytes.size > reader->limits->bytes_max / 2) {
        return fail(reader, SUBSTRATE_E_LIMIT, "%zu bytes are too many as text", bytes.size);
    }
    if (!room(reader, 2 * bytes.size + 4)) {
        return false;
    }
    memcpy(reader->out, "\"0x", 3);
    base_hex_write(bytes, reader->out + 3);
    reader->out += 3 + 2 * bytes.size;
    *reader->out++ = '"';
    return true;
}

/* --- values without others inside --- */

/* The number of items or bytes that follow, and at least `unit` bytes of each. */
static bool read_count(struct reader *reader, size_t unit, uint64_t *count) {
    if (!scale_compact(&reader->in, count)) {
        return fail(reader, SUBSTRATE_E_DECODE,
                    "its length is cut off, or is no compact integer in its shortest form");
    }
    size_t left = scale_left(&reader->in);
    if (unit > 0 && *count > left / unit) {
        return fail(reader, SUBSTRATE_E_DECODE, "%llu items are claimed, %zu byte%s left",
                    (unsigned long long)*count, left, left == 1 ? " is" : "s are");
    }
    return true;
}

static bool read_bool(struct reader *reader) {
    const uint8_t *byte = scale_take(&reader->in, 1);
    if (byte == NULL) {
        return fail_cut_off(reader);
    }
    if (*byte > 1) {
        reader->in.at--;
        return fail(reader, SUBSTRATE_E_DECODE, "%u is neither 0 nor 1", *byte);
    }
    return put_text(reader, *byte == 1 ? BASE_TEXT("true") : BASE_TEXT("false"));
}

static bool read_char(struct reader *reader) {
    uint64_t point = 0;
    if (!scale_uint(&reader->in, 4, &point)) {
        return fail_cut_off(reader);
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        reader->in.at -= 4;
        return fail(reader, SUBSTRATE_E_DECODE, "0x%llx is no character",
                    (unsigned long long)point);
    }
    char utf8[4];
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    uint64_t rest = point;
    for (size_t i = size - 1; i > 0; i--) {
        utf8[i] = (char)(0x80 | (rest & 0x3f));
        rest >>= 6;
    }
    utf8[0] = (char)((size == 1 ? 0 : 0xf00u >> size & 0xff) | rest);
    return put_string(reader, (struct substrate_text){utf8, size});
}

static bool read_str(struct reader *reader) {
    uint64_t size = 0;
    if (!read_count(reader, 1, &size)) {
        return false;
    }
    const char *start = (const char *)scale_take(&reader->in, (size_t)size);
    const char *end = start + size;
    for (const char *at = start; (at = base_json_plain_run(at, end)) < end;) {
        bool valid = false;
        size_t step = base_utf8_step(at, end, &valid);
        if (!valid) {
            reader->in.at -= (size_t)(end - at);
            return fail(reader, SUBSTRATE_E_DECODE, "byte %zu of the text is not UTF-8",
                        (size_t)(at - start));
        }
        at += step;
    }
    return put_string(reader, (struct substrate_text){start, (size_t)size});
}

static bool read_integer(struct reader *reader, const struct type *type) {
    size_t size = value_integer_size(type);
    bool is_signed = !value_is_unsigned(type);
    const uint8_t *bytes = scale_take(&reader->in, size);
    if (bytes == NULL) {
        return fail_cut_off(reader);
    }
    if (!room(reader, NUMBER_ROOM)) {
        return false;
    }
    reader->out += number_write_json((struct substrate_bytes){bytes, size}, is_signed, reader->out);
    return true;
}

static bool read_primitive(struct reader *reader, const struct type *type) {
    if (value_is_integer(type)) {
        return read_integer(reader, type);
    }
    if (type->primitive == PRIMITIVE_BOOL) {
        return read_bool(reader);
    }
    return type->primitive == PRIMITIVE_CHAR ? read_char(reader) : read_str(reader);
}

static bool read_bytes(struct reader *reader, const struct type *type) {
    uint64_t size = value_bytes_size(type);
    if (type->kind == TYPE_SEQUENCE && !read_count(reader, 1, &size)) {
        return false;
    }
    const uint8_t *bytes = scale_take(&reader->in, (size_t)size);
    if (bytes == NULL) {
        return fail_cut_off(reader);
    }
    return put_hex(reader, (struct substrate_bytes){bytes, (size_t)size});
}

/* The address of an account, made now or before. data is NULL: the prefix is none. */
static struct substrate_text address_of(struct reader *reader, const uint8_t *account) {
    unsigned slot = (account[0] ^ account[31]) % ADDRESSES_KEPT;
    struct address *kept = &reader->addresses[slot];
    uint8_t *size = &reader->address_sizes[slot];
    if (*size == 0 || memcmp(kept->account.bytes, account, sizeof kept->account.bytes) != 0) {
        memcpy(kept->account.bytes, account, sizeof kept->account.bytes);
        bool good =
            substrate_ss58_encode(&kept->account, reader->ss58_prefix, kept->text) == SUBSTRATE_OK;
        *size = good ? (uint8_t)strlen(kept->text) : 0;
    }
    return (struct substrate_text){*size > 0 ? kept->text : NULL, *size};
}

static bool read_account(struct reader *reader) {
    const uint8_t *bytes = scale_take(&reader->in, sizeof(struct substrate_hash));
    if (bytes == NULL) {
        return fail_cut_off(reader);
    }
    if (reader->json == NULL) {
        return true;
    }
    struct substrate_text address = address_of(reader, bytes);
    if (address.data == NULL) {
        return fail(reader, SUBSTRATE_E_DECODE, "the chain's SS58 prefix %u is none",
                    reader->ss58_prefix);
    }
    return put(reader, '"') && put_text(reader, address) && put(reader, '"');
}

static bool read_fixed(struct reader *reader, const struct type *type) {
    if (!fixed_is_valid(type->fixed)) {
        return fail(reader, SUBSTRATE_E_DECODE, "%u bits, %u of them a fraction, are no number",
                    type->fixed.bits, type->fixed.fraction);
    }
    const uint8_t *bytes = scale_take(&reader->in, type->fixed.bits / 8u);
    if (bytes == NULL) {
        return fail_cut_off(reader);
    }
    if (!room(reader, FIXED_ROOM + 2)) {
        return false;
    }
    *reader->out++ = '"';
    reader->out += fixed_write(type->fixed, bytes, reader->out);
    *reader->out++ = '"';
    return true;
}

static bool read_bits(struct reader *reader, const struct type *type) {
    uint64_t count = 0;
    if (!read_count(reader, 0, &count)) {
        return false;
    }
    uint64_t words = value_bit_words(type, count);
    size_t word_size = type->bits.store_bits / 8u;
    if (words > scale_left(&reader->in) / word_size) {
        return fail_cut_off(reader);
    }
    const uint8_t *bytes = scale_take(&reader->in, (size_t)words * word_size);
    unsigned shift = 0;
    for (uint64_t i = count; i < words * type->bits.store_bits; i++) {
        size_t byte = value_bit_byte(type, (size_t)i, &shift);
        if ((bytes[byte] >> shift & 1) != 0) {
            return fail(reader, SUBSTRATE_E_DECODE, "a bit behind its %llu bits is set",
                        (unsigned long long)count);
        }
    }
    if (reader->json == NULL) {
        return true;
    }
    if (count > reader->limits->bytes_max) {
        return fail(reader, SUBSTRATE_E_LIMIT, "%llu bits are too many as text",
                    (unsigned long long)count);
    }
    if (!room(reader, (size_t)count + 2)) {
        return false;
    }
    *reader->out++ = '"';
    for (size_t i = 0; i < count; i++) {
        size_t byte = value_bit_byte(type, i, &shift);
        *reader->out++ = (char)('0' + (bytes[byte] >> shift & 1));
    }
    *reader->out++ = '"';
    return true;
}

/* --- values of values --- */

static bool read_compact(struct reader *reader, uint32_t id, uint32_t depth);

/* Fields as an object or an array; `compact` when they are those of a compact newtype. */
static inline bool read_fields(struct reader *reader, const struct type_field *fields,
                               uint32_t count, bool named, uint32_t depth, bool compact) {
    if (count == 0) {
        return put_text(reader, BASE_TEXT("[]"));
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!put(reader, i > 0   ? ','
                         : named ? '{'
                                 : '[') ||
            (named && (!put_string(reader, fields[i].name) || !put(reader, ':'))) ||
            !(compact ? read_compact(reader, fields[i].type, depth)
                      : read_value(reader, fields[i].type, depth))) {
            return value_path_field(&reader->path, fields, named, i);
        }
    }
    return put(reader, named ? '}' : ']');
}

static bool read_own_fields(struct reader *reader, const struct type *type, uint32_t depth,
                            bool compact) {
    if (type->kind == TYPE_TUPLE && type->fields.count == 0) {
        return put_text(reader, BASE_TEXT("null"));
    }
    return read_fields(reader, type->fields.fields, type->fields.count, type->fields.named, depth,
                       compact);
}

static bool read_compact_integer(struct reader *reader, const struct type *type) {
    size_t size = value_integer_size(type);
    uint64_t value = 0;
    uint8_t wide[32] = {0};
    size_t start = reader->in.at;
    if (!room(reader, NUMBER_ROOM)) {
        return false;
    }
    if (!(size <= 8 ? scale_compact(&reader->in, &value) : scale_compact_wide(&reader->in, wide))) {
        return fail(reader, SUBSTRATE_E_DECODE, "cut off, too great, or not in the shortest form");
    }
    bool fits = size >= 8 || value >> (8 * size) == 0;
    for (size_t i = size; size > 8 && i < sizeof wide; i++) {
        fits = fits && wide[i] == 0;
    }
    if (!fits) {
        reader->in.at = start;
        return fail(reader, SUBSTRATE_E_DECODE, "too great");
    }
    reader->out +=
        size <= 8 ? number_write_json_u64(value, reader->out)
                  : number_write_json((struct substrate_bytes){wide, size}, false, reader->out);
    return true;
}

/* A compact value has the JSON of what it is a compact form of: an unsigned integer, or one in a
 * struct of one field (parity-scale-codec, CompactAs), or nothing. */
static bool read_compact(struct reader *reader, uint32_t id, uint32_t depth) {
    const struct type *type = types_get(reader->types, id);
    if (depth == 0) {
        return fail(reader, SUBSTRATE_E_LIMIT, "types are nested more than %u deep",
                    reader->limits->depth_max);
    }
    if (type != NULL && value_is_unsigned(type)) {
        return read_compact_integer(reader, type);
    }
    if (type == NULL || (type->kind != TYPE_COMPOSITE && type->kind != TYPE_TUPLE) ||
        type->fields.count > 1) {
        return fail(reader, SUBSTRATE_E_DECODE, "its type has no compact form");
    }
    return read_own_fields(reader, type, depth - 1, true);
}

static bool read_items(struct reader *reader, uint32_t inner, uint64_t count, uint32_t depth) {
    size_t start = reader->in.at;
    for (uint64_t i = 0; i < count; i++) {
        if (!put(reader, i > 0 ? ',' : '[') || !read_value(reader, inner, depth)) {
            return value_path_item(&reader->path, i);
        }
        /* Items that take no bytes show with the first of them. Do not go on for long when it is
         * known how it will end. */
        if (i == 0 && reader->in.at == start && count - 1 > reader->nodes_left) {
            return fail(reader, SUBSTRATE_E_LIMIT, "%llu items that take no bytes, of at most %u",
                        (unsigned long long)count, reader->limits->nodes_max);
        }
    }
    return count == 0 ? put_text(reader, BASE_TEXT("[]")) : put(reader, ']');
}

static bool read_sequence(struct reader *reader, const struct type *type, uint32_t depth) {
    const struct type *inner = types_get(reader->types, type->of.inner);
    uint64_t count = type->of.length;
    size_t unit = inner == NULL ? 0 : inner->fixed_size;
    if (type->kind == TYPE_SEQUENCE) {
        if (!read_count(reader, unit, &count)) {
            return false;
        }
    } else if (unit > 0 && count > scale_left(&reader->in) / unit) {
        return fail_cut_off(reader);
    }
    return read_items(reader, type->of.inner, count, depth);
}

static bool begin_variant(struct reader *reader, struct substrate_text name) {
    return put_text(reader, BASE_TEXT("{\"type\":")) && put_string(reader, name) &&
           put_text(reader, BASE_TEXT(",\"value\":"));
}

static bool read_variant(struct reader *reader, const struct type *type, uint32_t depth) {
    const uint8_t *index = scale_take(&reader->in, 1);
    if (index == NULL) {
        return fail_cut_off(reader);
    }
    const struct type_variant *variant =
        type->variants.by_index == NULL ? NULL : type->variants.by_index[*index];
    if (variant == NULL) {
        reader->in.at--;
        return fail(reader, SUBSTRATE_E_DECODE, "it has no variant %u", *index);
    }
    if (!begin_variant(reader, variant->name)) {
        return false;
    }
    if (variant->field_count == 0) {
        return put_text(reader, BASE_TEXT("null}"));
    }
    if (!read_fields(reader, variant->fields, variant->field_count, value_fields_named(variant),
                     depth, false)) {
        return value_path_member(&reader->path, BASE_TEXT("value"));
    }
    return put(reader, '}');
}

static bool read_option(struct reader *reader, const struct type *type, uint32_t depth) {
    bool nested = type->role == ROLE_NESTED_OPTION;
    const uint8_t *some = scale_take(&reader->in, 1);
    if (some == NULL) {
        return fail_cut_off(reader);
    }
    if (*some > 1) {
        reader->in.at--;
        return fail(reader, SUBSTRATE_E_DECODE, "it has no variant %u", *some);
    }
    if (*some == 0) {
        return put_text(reader, nested ? BASE_TEXT("{\"type\":\"None\",\"value\":null}")
                                       : BASE_TEXT("null"));
    }
    if (!nested) {
        return read_value(reader, type->option, depth);
    }
    if (!begin_variant(reader, BASE_TEXT("Some")) || !read_value(reader, type->option, depth)) {
        return value_path_member(&reader->path, BASE_TEXT("value"));
    }
    return put(reader, '}');
}

static bool read_shape(struct reader *reader, const struct type *type, uint32_t depth) {
    switch (type->kind) {
    case TYPE_COMPOSITE:
    case TYPE_TUPLE:
        return read_own_fields(reader, type, depth, false);
    case TYPE_VARIANT:
        return read_variant(reader, type, depth);
    case TYPE_SEQUENCE:
    case TYPE_ARRAY:
        return read_sequence(reader, type, depth);
    case TYPE_PRIMITIVE:
        return read_primitive(reader, type);
    case TYPE_COMPACT:
        return read_compact(reader, type->of.inner, depth);
    case TYPE_BITS:
        return read_bits(reader, type);
    }
    return fail(reader, SUBSTRATE_E_DECODE, "its type is of no known kind");
}

static bool read_by_role(struct reader *reader, const struct type *type, uint32_t depth) {
    switch (type->role) {
    case ROLE_BYTES:
        return read_bytes(reader, type);
    case ROLE_ACCOUNT:
        return read_account(reader);
    case ROLE_OPTION:
    case ROLE_NESTED_OPTION:
        return read_option(reader, type, depth);
    case ROLE_FIXED:
        return read_fixed(reader, type);
    case ROLE_NONE:
    case ROLE_CALL:
    case ROLE_EVENT:
    case ROLE_ERROR:
        break;
    }
    return read_shape(reader, type, depth);
}

/* `depth`: of how many types, one inside the other, it may be made. */
static bool read_value(struct reader *reader, uint32_t id, uint32_t depth) {
    const struct type *type = types_get(reader->types, id);
    bool read = false;
    if (type == NULL) {
        fail(reader, SUBSTRATE_E_DECODE, "the metadata has no such type");
    } else if (depth == 0) {
        fail(reader, SUBSTRATE_E_LIMIT, "types are nested more than %u deep",
             reader->limits->depth_max);
    } else if (reader->nodes_left == 0) {
        fail(reader, SUBSTRATE_E_LIMIT, "more than %u values", reader->limits->nodes_max);
    } else {
        reader->nodes_left--;
        read = type->role == ROLE_NONE ? read_shape(reader, type, depth - 1)
                                       : read_by_role(reader, type, depth - 1);
    }
    if (!read && reader->type == METADATA_NO_TYPE) {
        reader->type = id;
    }
    return read;
}

/* --- from outside --- */

static enum substrate_status run(const struct substrate_metadata *metadata, uint32_t type,
                                 struct scale_reader *in, const struct value_limits *limits,
                                 struct base_buf *json, struct substrate_error *error) {
    struct reader reader;
    reader.types = &metadata->types;
    reader.in = *in;
    if (in->data == NULL) {
        reader.in.data = (const uint8_t *)""; /* so that nothing can be taken from nothing */
    }
    reader.nodes_left = limits->nodes_max;
    reader.ss58_prefix = metadata->ss58_prefix;
    reader.json = json;
    reader.before = json == NULL ? 0 : json->size;
    reader.limits = limits;
    reader.type = METADATA_NO_TYPE;
    memset(reader.address_sizes, 0, sizeof reader.address_sizes);
    value_path_begin(&reader.path);
    bool read = begin_writing(&reader, 0) && read_value(&reader, type, limits->depth_max);
    end_writing(&reader);
    in->at = reader.in.at;
    if (read && (json == NULL || within_bytes_max(&reader))) {
        return SUBSTRATE_OK;
    }
    if (json != NULL) {
        json->size = reader.before;
    }
    const struct value_fault fault = {reader.status, reader.type, reader.in.at, reader.message};
    return value_report(&fault, &reader.path, metadata, error);
}

enum substrate_status value_read(const struct substrate_metadata *metadata, uint32_t type,
                                 struct scale_reader *reader, const struct value_limits *limits,
                                 struct base_buf *json, struct substrate_error *error) {
    return run(metadata, type, reader, limits, json, error);
}

enum substrate_status value_read_all(const struct substrate_metadata *metadata, uint32_t type,
                                     struct substrate_bytes bytes,
                                     const struct value_limits *limits, struct base_buf *json,
                                     struct substrate_error *error) {
    struct scale_reader reader = scale_reader(bytes);
    size_t before = json->size;
    enum substrate_status status = run(metadata, type, &reader, limits, json, error);
    if (status != SUBSTRATE_OK || scale_left(&reader) == 0) {
        return status;
    }
    json->size = before;
    (void)base_fail(error, SUBSTRATE_E_DECODE, "%zu byte%s left over behind the value",
                    scale_left(&reader), scale_left(&reader) == 1 ? " is" : "s are");
    if (error != NULL) {
        error->position = reader.at;
    }
    return SUBSTRATE_E_DECODE;
}

enum substrate_status value_skip(const struct substrate_metadata *metadata, uint32_t type,
                                 struct scale_reader *reader, const struct value_limits *limits,
                                 struct substrate_error *error) {
    return run(metadata, type, reader, limits, NULL, error);
}
