/* From canonical JSON to SCALE, in one walk along the type and the text at once. The text is valid
 * JSON and takes as much memory as it has values, so that only its types can be endless: they are
 * counted down. Nothing is guessed: what the type does not want, in kind, number or name, is an
 * error that says what stands there. */
#include "value.h"

#include "base/compact.h"
#include "base/hex.h"
#include "base/json_text.h"
#include "fixed.h"
#include "number.h"
#include "value_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <substrate/ss58.h>

#define EXCERPT_MAX 48 /* of the text, in a message */

struct writer {
    const struct substrate_metadata *metadata;
    struct base_buf *bytes;
    size_t before; /* what the buffer held at the start */
    const struct value_limits *limits;
    uint32_t nodes_left;
    struct base_arena arena; /* a string without its escapes, until the next one */
    /* What is wrong, once something is. */
    enum substrate_status status;
    uint32_t type; /* the innermost */
    struct value_path path;
    const char *at; /* in the text; NULL: nowhere in it */
    char message[256];
};

static bool write_value(struct writer *writer, uint32_t id, struct base_json json, uint32_t depth);

/* Returns false. The first failure stays. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5), cold))
#endif
static bool
fail(struct writer *writer, enum substrate_status status, const char *at, const char *format, ...) {
    if (writer->status != SUBSTRATE_OK) {
        return false;
    }
    va_list arguments;
    va_start(arguments, format);
    writer->status = status;
    writer->at = at;
    if (vsnprintf(writer->message, sizeof writer->message, format, arguments) < 0) {
        writer->message[0] = '\0';
    }
    va_end(arguments);
    return false;
}

static bool fail_memory(struct writer *writer) {
    return fail(writer, SUBSTRATE_E_MEMORY, NULL, "out of memory");
}

/* What the type wants, and the start of what stands there instead. */
static bool fail_wants(struct writer *writer, struct base_json json, const char *wanted) {
    char excerpt[EXCERPT_MAX + 1];
    size_t size = 0;
    while (size < json.raw.size && size < EXCERPT_MAX) {
        excerpt[size] = json.raw.data[size];
        size++;
    }
    bool cut = size < json.raw.size;
    while (cut && size > 0 && ((unsigned char)json.raw.data[size] & 0xc0) == 0x80) {
        size--; /* not in the middle of a character */
    }
    excerpt[size] = '\0';
    return fail(writer, SUBSTRATE_E_DECODE, json.raw.data, "wants %s, not %s%s", wanted, excerpt,
                cut ? "\xe2\x80\xa6" : "");
}

/* The text of a string, until the next call; of another value it is an error. */
static bool read_string(struct writer *writer, struct base_json json, const char *wanted,
                        struct substrate_text *text) {
    if (json.kind != BASE_JSON_STRING) {
        return fail_wants(writer, json, wanted);
    }
    base_arena_reset(&writer->arena);
    if (!base_json_string(json, &writer->arena, text)) {
        return fail_memory(writer);
    }
    bool escaped = text->data != json.raw.data + 1;
    return !(escaped && base_json_has_half_pair(json)) ||
           fail_wants(writer, json, "characters, of which half a surrogate pair is none");
}

static void append_zeros(struct writer *writer, size_t count) {
    if (count > 0 && base_buf_reserve(writer->bytes, count)) {
        memset(writer->bytes->data + writer->bytes->size, 0, count);
        writer->bytes->size += count;
    }
}

/* --- values without others inside --- */

static bool write_bool(struct writer *writer, struct base_json json) {
    if (json.kind != BASE_JSON_TRUE && json.kind != BASE_JSON_FALSE) {
        return fail_wants(writer, json, "true or false");
    }
    base_buf_char(writer->bytes, json.kind == BASE_JSON_TRUE);
    return true;
}

static bool write_char(struct writer *writer, struct base_json json) {
    static const char WANTED[] = "a string of one character";
    struct substrate_text text;
    bool valid = false;
    if (!read_string(writer, json, WANTED, &text)) {
        return false;
    }
    if (text.size == 0 || base_utf8_step(text.data, text.data + text.size, &valid) != text.size) {
        return fail_wants(writer, json, WANTED);
    }
    /* The lead byte has as many bits set at its top as there are bytes, but for one alone. */
    uint32_t point = (unsigned char)text.data[0] & (text.size == 1 ? 0x7fu : 0x7fu >> text.size);
    for (size_t i = 1; i < text.size; i++) {
        point = point << 6 | ((unsigned char)text.data[i] & 0x3fu);
    }
    const uint8_t bytes[] = {(uint8_t)point, (uint8_t)(point >> 8), (uint8_t)(point >> 16), 0};
    base_buf_append(writer->bytes, bytes, sizeof bytes);
    return true;
}

static bool write_str(struct writer *writer, struct base_json json) {
    struct substrate_text text;
    if (!read_string(writer, json, "a string", &text)) {
        return false;
    }
    base_compact_write(writer->bytes, text.size);
    base_buf_text(writer->bytes, text);
    return true;
}

static bool read_integer(struct writer *writer, const struct type *type, struct base_json json,
                         uint8_t bytes[32]) {
    struct substrate_text digits = json.raw;
    if (json.kind != BASE_JSON_NUMBER && !read_string(writer, json, "an integer", &digits)) {
        return false;
    }
    switch (number_read(digits, !value_is_unsigned(type), bytes, value_integer_size(type))) {
    case NUMBER_OK:
        return true;
    case NUMBER_RANGE:
        return fail_wants(writer, json, "an integer in its range");
    case NUMBER_MALFORMED:
    case NUMBER_INEXACT:
        break;
    }
    return fail_wants(writer, json, "an integer");
}

static bool write_primitive(struct writer *writer, const struct type *type, struct base_json json) {
    if (type->primitive == PRIMITIVE_BOOL) {
        return write_bool(writer, json);
    }
    if (type->primitive == PRIMITIVE_CHAR) {
        return write_char(writer, json);
    }
    if (type->primitive == PRIMITIVE_STR) {
        return write_str(writer, json);
    }
    uint8_t bytes[32];
    if (!read_integer(writer, type, json, bytes)) {
        return false;
    }
    base_buf_append(writer->bytes, bytes, value_integer_size(type));
    return true;
}

/* How many bytes come next: written before a sequence of them, and else as wanted. */
static bool write_bytes_size(struct writer *writer, const struct type *type, struct base_json json,
                             size_t size) {
    if (type->kind == TYPE_SEQUENCE) {
        base_compact_write(writer->bytes, size);
        return true;
    }
    return size == value_bytes_size(type) ||
           fail(writer, SUBSTRATE_E_DECODE, json.raw.data, "wants %zu bytes, not %zu",
                value_bytes_size(type), size);
}

static bool write_byte_list(struct writer *writer, const struct type *type, struct base_json json) {
    static const struct type BYTE = {.kind = TYPE_PRIMITIVE, .primitive = PRIMITIVE_U8};
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json item;
    uint8_t byte[32];
    if (!write_bytes_size(writer, type, json, base_json_length(json))) {
        return false;
    }
    base_json_walk_init(&walk, json);
    for (size_t i = 0; base_json_walk_next(&walk, &key, &item); i++) {
        if (!read_integer(writer, &BYTE, item, byte)) {
            return value_path_item(&writer->path, i);
        }
        base_buf_append(writer->bytes, byte, 1);
    }
    return true;
}

static bool write_bytes(struct writer *writer, const struct type *type, struct base_json json) {
    static const char WANTED[] = "bytes as \"0x\" and two digits of each";
    struct substrate_text text;
    if (json.kind == BASE_JSON_ARRAY) {
        return write_byte_list(writer, type, json);
    }
    if (!read_string(writer, json, WANTED, &text)) {
        return false;
    }
    if (!base_text_starts(text, "0x") || text.size % 2 != 0) {
        return fail_wants(writer, json, WANTED);
    }
    size_t size = (text.size - 2) / 2;
    if (!write_bytes_size(writer, type, json, size)) {
        return false;
    }
    if (!base_buf_reserve(writer->bytes, size)) {
        return fail_memory(writer);
    }
    uint8_t *out = (uint8_t *)writer->bytes->data + writer->bytes->size;
    if (!base_hex_read(text, out, size, &size)) {
        return fail_wants(writer, json, WANTED);
    }
    writer->bytes->size += size;
    return true;
}

static bool write_account(struct writer *writer, struct base_json json) {
    struct substrate_text text;
    struct substrate_hash account;
    uint16_t prefix = 0;
    size_t size = 0;
    if (!read_string(writer, json, "an SS58 address", &text)) {
        return false;
    }
    if (base_text_starts(text, "0x")) {
        if (!base_hex_read(text, account.bytes, sizeof account.bytes, &size) ||
            size != sizeof account.bytes) {
            return fail_wants(writer, json, "an SS58 address, or \"0x\" and 64 digits");
        }
    } else {
        struct substrate_error error;
        if (substrate_ss58_decode(text, &account, &prefix, &error) != SUBSTRATE_OK) {
            return fail(writer, SUBSTRATE_E_DECODE, json.raw.data, "%.200s", error.message);
        }
        if (prefix != writer->metadata->ss58_prefix) {
            return fail(writer, SUBSTRATE_E_DECODE, json.raw.data,
                        "an address with prefix %u, of another network: this one has %u", prefix,
                        writer->metadata->ss58_prefix);
        }
    }
    base_buf_append(writer->bytes, account.bytes, sizeof account.bytes);
    return true;
}

static bool write_fixed(struct writer *writer, const struct type *type, struct base_json json) {
    static const char WANTED[] = "a decimal number as a string";
    struct substrate_text text;
    uint8_t bytes[16];
    if (!fixed_is_valid(type->fixed)) {
        return fail(writer, SUBSTRATE_E_DECODE, json.raw.data,
                    "%u bits, %u of them a fraction, are no number", type->fixed.bits,
                    type->fixed.fraction);
    }
    if (!read_string(writer, json, WANTED, &text)) {
        return false;
    }
    switch (fixed_read(type->fixed, text, bytes)) {
    case NUMBER_OK:
        base_buf_append(writer->bytes, bytes, type->fixed.bits / 8u);
        return true;
    case NUMBER_MALFORMED:
        break;
    case NUMBER_RANGE:
        return fail_wants(writer, json, "a decimal number in its range");
    case NUMBER_INEXACT:
        return fail_wants(writer, json, "a decimal number that it can hold exactly");
    }
    return fail_wants(writer, json, WANTED);
}

static bool write_bits(struct writer *writer, const struct type *type, struct base_json json) {
    static const char WANTED[] = "a string of 0 and 1";
    struct substrate_text text;
    if (!read_string(writer, json, WANTED, &text)) {
        return false;
    }
    base_compact_write(writer->bytes, text.size);
    size_t start = writer->bytes->size;
    append_zeros(writer, (size_t)value_bit_words(type, text.size) * (type->bits.store_bits / 8u));
    for (size_t i = 0; i < text.size && !writer->bytes->failed; i++) {
        unsigned shift = 0;
        char *byte = writer->bytes->data + start + value_bit_byte(type, i, &shift);
        if (text.data[i] != '0' && text.data[i] != '1') {
            return fail_wants(writer, json, WANTED);
        }
        *byte = (char)((unsigned char)*byte | (unsigned)(text.data[i] - '0') << shift);
    }
    return true;
}

/* --- values of values --- */

static bool write_compact(struct writer *writer, uint32_t id, struct base_json json,
                          uint32_t depth);

static bool write_inner(struct writer *writer, uint32_t id, struct base_json json, uint32_t depth,
                        bool compact) {
    return compact ? write_compact(writer, id, json, depth) : write_value(writer, id, json, depth);
}

/* Whether the raw name of a member says `name`. */
static bool key_is(struct writer *writer, struct substrate_text key, struct substrate_text name) {
    struct substrate_text text = {key.data + 1, key.size - 2};
    if (memchr(text.data, '\\', text.size) != NULL) {
        base_arena_reset(&writer->arena);
        if (!base_json_string((struct base_json){BASE_JSON_STRING, key}, &writer->arena, &text)) {
            return fail_memory(writer);
        }
    }
    return base_text_equal(text, name);
}

/* Finds a member: the next one of `walk` if they stand in the type's order, else any. */
static bool find_member(struct writer *writer, struct base_json object, struct base_json_walk *walk,
                        struct substrate_text name, struct base_json *value) {
    struct substrate_text key;
    if (base_json_walk_next(walk, &key, value) && key_is(writer, key, name)) {
        return true;
    }
    base_json_walk_init(walk, object);
    while (base_json_walk_next(walk, &key, value)) {
        /* Many fields in a bad order are many times many steps: they count as values do. */
        if (writer->nodes_left == 0) {
            return fail(writer, SUBSTRATE_E_LIMIT, NULL, "more than %u values",
                        writer->limits->nodes_max);
        }
        writer->nodes_left--;
        if (key_is(writer, key, name)) {
            return true;
        }
    }
    return fail(writer, SUBSTRATE_E_DECODE, object.raw.data, "the member \"%.*s\" is missing",
                (int)(name.size < EXCERPT_MAX ? name.size : EXCERPT_MAX), name.data);
}

/* When all members that a type wants are there and it is as many, then none comes twice. */
static bool check_length(struct writer *writer, struct base_json json, size_t wanted,
                         const char *what) {
    size_t length = base_json_length(json);
    return length == wanted || fail(writer, SUBSTRATE_E_DECODE, json.raw.data,
                                    "wants %zu %s, not %zu", wanted, what, length);
}

static bool write_named(struct writer *writer, const struct type_field *fields, uint32_t count,
                        struct base_json json, uint32_t depth, bool compact) {
    struct base_json_walk walk;
    struct base_json value;
    if (json.kind != BASE_JSON_OBJECT) {
        return fail_wants(writer, json, "an object");
    }
    base_json_walk_init(&walk, json);
    for (uint32_t i = 0; i < count; i++) {
        if (!find_member(writer, json, &walk, fields[i].name, &value)) {
            return false;
        }
        if (!write_inner(writer, fields[i].type, value, depth, compact)) {
            return value_path_member(&writer->path, fields[i].name);
        }
    }
    return check_length(writer, json, count, "members");
}

static bool write_unnamed(struct writer *writer, const struct type_field *fields, uint32_t count,
                          struct base_json json, uint32_t depth, bool compact) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    if (json.kind != BASE_JSON_ARRAY) {
        return fail_wants(writer, json, "an array");
    }
    if (!check_length(writer, json, count, "elements")) {
        return false;
    }
    base_json_walk_init(&walk, json);
    for (uint32_t i = 0; base_json_walk_next(&walk, &key, &value); i++) {
        if (!write_inner(writer, fields[i].type, value, depth, compact)) {
            return value_path_item(&writer->path, i);
        }
    }
    return true;
}

/* A struct that only gives another type a name, as NetUid does u16: what it wraps may stand for it.
 * An array never does: it would not say whether it is the struct's own or that of what is in it. */
static bool is_newtype(const struct type *type) {
    return type->kind == TYPE_COMPOSITE && type->fields.count == 1 && !type->fields.named;
}

static bool write_own_fields(struct writer *writer, const struct type *type, struct base_json json,
                             uint32_t depth, bool compact) {
    uint32_t count = type->fields.count;
    if (type->kind == TYPE_TUPLE && count == 0) {
        return json.kind == BASE_JSON_NULL || fail_wants(writer, json, "null");
    }
    if (is_newtype(type) && json.kind != BASE_JSON_ARRAY) {
        return write_inner(writer, type->fields.fields[0].type, json, depth, compact);
    }
    return type->fields.named && count > 0
               ? write_named(writer, type->fields.fields, count, json, depth, compact)
               : write_unnamed(writer, type->fields.fields, count, json, depth, compact);
}

static bool write_compact_integer(struct writer *writer, const struct type *type,
                                  struct base_json json) {
    uint8_t bytes[32];
    if (!read_integer(writer, type, json, bytes)) {
        return false;
    }
    size_t size = value_integer_size(type);
    while (size > 8 && bytes[size - 1] == 0) {
        size--;
    }
    if (size <= 8) {
        struct scale_reader reader = {bytes, size, 0};
        uint64_t value = 0;
        (void)scale_uint(&reader, (unsigned)size, &value); /* they are all there */
        base_compact_write(writer->bytes, value);
    } else {
        base_buf_char(writer->bytes, (char)((size - 4) << 2 | 3));
        base_buf_append(writer->bytes, bytes, size);
    }
    return true;
}

static bool write_compact(struct writer *writer, uint32_t id, struct base_json json,
                          uint32_t depth) {
    const struct type *type = types_get(&writer->metadata->types, id);
    if (depth == 0) {
        return fail(writer, SUBSTRATE_E_LIMIT, json.raw.data, "types are nested more than %u deep",
                    writer->limits->depth_max);
    }
    if (type != NULL && value_is_unsigned(type)) {
        return write_compact_integer(writer, type, json);
    }
    if (type == NULL || (type->kind != TYPE_COMPOSITE && type->kind != TYPE_TUPLE) ||
        type->fields.count > 1) {
        return fail(writer, SUBSTRATE_E_DECODE, json.raw.data, "its type has no compact form");
    }
    return write_own_fields(writer, type, json, depth - 1, true);
}

static bool write_items(struct writer *writer, const struct type *type, struct base_json json,
                        uint32_t depth) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json item;
    if (json.kind != BASE_JSON_ARRAY) {
        return fail_wants(writer, json, "an array");
    }
    if (type->kind == TYPE_SEQUENCE) {
        base_compact_write(writer->bytes, base_json_length(json));
    } else if (!check_length(writer, json, type->of.length, "elements")) {
        return false;
    }
    base_json_walk_init(&walk, json);
    for (size_t i = 0; base_json_walk_next(&walk, &key, &item); i++) {
        if (!write_value(writer, type->of.inner, item, depth)) {
            return value_path_item(&writer->path, i);
        }
    }
    return true;
}

/* The two members of {"type":NAME,"value":V}; *name until the next string. */
static bool read_variant(struct writer *writer, struct base_json json, struct base_json *name,
                         struct base_json *value) {
    struct base_json_walk walk;
    if (json.kind != BASE_JSON_OBJECT) {
        return fail_wants(writer, json, "an object of \"type\" and \"value\"");
    }
    base_json_walk_init(&walk, json);
    return find_member(writer, json, &walk, BASE_TEXT("type"), name) &&
           find_member(writer, json, &walk, BASE_TEXT("value"), value) &&
           check_length(writer, json, 2, "members, \"type\" and \"value\"");
}

static bool write_variant(struct writer *writer, const struct type *type, struct base_json json,
                          uint32_t depth) {
    static const char WANTED[] = "the name of one of its variants";
    struct base_json name_json, value;
    struct substrate_text name;
    if (!read_variant(writer, json, &name_json, &value)) {
        return false;
    }
    if (!read_string(writer, name_json, WANTED, &name)) {
        return value_path_member(&writer->path, BASE_TEXT("type"));
    }
    const struct type_variant *variant = type->variants.list;
    const struct type_variant *end = variant + type->variants.count;
    while (variant < end && !base_text_equal(variant->name, name)) {
        variant++;
    }
    if (variant == end) {
        fail_wants(writer, name_json, WANTED);
        return value_path_member(&writer->path, BASE_TEXT("type"));
    }
    base_buf_char(writer->bytes, (char)variant->index);
    bool written = false;
    if (variant->field_count == 0) {
        written = value.kind == BASE_JSON_NULL || fail_wants(writer, value, "null");
    } else if (value_fields_named(variant)) {
        written = write_named(writer, variant->fields, variant->field_count, value, depth, false);
    } else {
        written = write_unnamed(writer, variant->fields, variant->field_count, value, depth, false);
    }
    return written || value_path_member(&writer->path, BASE_TEXT("value"));
}

static bool write_option(struct writer *writer, const struct type *type, struct base_json json,
                         uint32_t depth) {
    bool some = json.kind != BASE_JSON_NULL;
    base_buf_char(writer->bytes, some);
    return !some || write_value(writer, type->option, json, depth);
}

static bool write_nested_option(struct writer *writer, const struct type *type,
                                struct base_json json, uint32_t depth) {
    struct base_json name, value;
    if (!read_variant(writer, json, &name, &value)) {
        return false;
    }
    bool some = base_json_is(name, "Some");
    if (!some && !base_json_is(name, "None")) {
        fail_wants(writer, name, "\"Some\" or \"None\"");
        return value_path_member(&writer->path, BASE_TEXT("type"));
    }
    base_buf_char(writer->bytes, some);
    bool written = some ? write_value(writer, type->option, value, depth)
                        : value.kind == BASE_JSON_NULL || fail_wants(writer, value, "null");
    return written || value_path_member(&writer->path, BASE_TEXT("value"));
}

static bool write_shape(struct writer *writer, const struct type *type, struct base_json json,
                        uint32_t depth) {
    switch (type->kind) {
    case TYPE_COMPOSITE:
    case TYPE_TUPLE:
        return write_own_fields(writer, type, json, depth, false);
    case TYPE_VARIANT:
        return write_variant(writer, type, json, depth);
    case TYPE_SEQUENCE:
    case TYPE_ARRAY:
        return write_items(writer, type, json, depth);
    case TYPE_PRIMITIVE:
        return write_primitive(writer, type, json);
    case TYPE_COMPACT:
        return write_compact(writer, type->of.inner, json, depth);
    case TYPE_BITS:
        return write_bits(writer, type, json);
    }
    return fail(writer, SUBSTRATE_E_DECODE, json.raw.data, "its type is of no known kind");
}

static bool write_by_role(struct writer *writer, const struct type *type, struct base_json json,
                          uint32_t depth) {
    switch (type->role) {
    case ROLE_BYTES:
        return write_bytes(writer, type, json);
    case ROLE_ACCOUNT:
        return write_account(writer, json);
    case ROLE_OPTION:
        return write_option(writer, type, json, depth);
    case ROLE_NESTED_OPTION:
        return write_nested_option(writer, type, json, depth);
    case ROLE_FIXED:
        return write_fixed(writer, type, json);
    case ROLE_NONE:
    case ROLE_CALL:
    case ROLE_EVENT:
    case ROLE_ERROR:
        break;
    }
    return write_shape(writer, type, json, depth);
}

static bool write_value(struct writer *writer, uint32_t id, struct base_json json, uint32_t depth) {
    const struct type *type = types_get(&writer->metadata->types, id);
    bool written = false;
    if (type == NULL) {
        fail(writer, SUBSTRATE_E_DECODE, json.raw.data, "the metadata has no such type");
    } else if (depth == 0) {
        fail(writer, SUBSTRATE_E_LIMIT, json.raw.data, "types are nested more than %u deep",
             writer->limits->depth_max);
    } else if (writer->nodes_left == 0) {
        fail(writer, SUBSTRATE_E_LIMIT, json.raw.data, "more than %u values",
             writer->limits->nodes_max);
    } else {
        writer->nodes_left--;
        written = write_by_role(writer, type, json, depth - 1);
    }
    if (written && writer->bytes->failed) {
        written = fail_memory(writer);
    } else if (written && writer->bytes->size - writer->before > writer->limits->bytes_max) {
        written = fail(writer, SUBSTRATE_E_LIMIT, json.raw.data, "the value is over %zu bytes",
                       writer->limits->bytes_max);
    }
    if (!written && writer->type == METADATA_NO_TYPE) {
        writer->type = id;
    }
    return written;
}

/* --- from outside --- */

enum substrate_status value_write(const struct substrate_metadata *metadata, uint32_t type,
                                  struct base_json json, const struct value_limits *limits,
                                  struct base_buf *bytes, struct substrate_error *error) {
    struct writer writer;
    writer.metadata = metadata;
    writer.bytes = bytes;
    writer.before = bytes->size;
    writer.limits = limits;
    writer.nodes_left = limits->nodes_max;
    writer.status = SUBSTRATE_OK;
    writer.type = METADATA_NO_TYPE;
    base_arena_init(&writer.arena, 0);
    value_path_begin(&writer.path);
    bool written = write_value(&writer, type, json, limits->depth_max);
    base_arena_free(&writer.arena);
    if (written) {
        return SUBSTRATE_OK;
    }
    bytes->size = writer.before;
    const struct value_fault fault = {writer.status, writer.type,
                                      writer.at == NULL ? 0 : (size_t)(writer.at - json.raw.data),
                                      writer.message};
    return value_report(&fault, &writer.path, metadata, error);
}
