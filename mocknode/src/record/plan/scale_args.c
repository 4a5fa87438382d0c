/* Encodes the arguments of runtime calls by their declared types. */
#include "record/plan/scale_args.h"

#include <stdbool.h>
#include <string.h>
#include <substrate/hash.h>
#include <substrate/ss58.h>
#include "base/arena.h"
#include "base/compact.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"

#define DEPTH_MAX 16

static int clip(struct substrate_text text) { return (int)(text.size < 40 ? text.size : 40); }

static enum substrate_status mismatch(struct substrate_text type, struct base_json value,
                                      struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_DECODE, "%.*s is no %.*s", clip(value.raw), value.raw.data,
                     clip(type), type.data);
}

/* Decimal digits to little-endian bytes of `size`; false when they do not fit. */
static bool decimal(struct substrate_text digits, uint8_t *out, size_t size) {
    memset(out, 0, size);
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }
        unsigned carry = (unsigned)(digits.data[i] - '0');
        for (size_t j = 0; j < size; j++) {
            carry += (unsigned)out[j] * 10;
            out[j] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry != 0) {
            return false;
        }
    }
    return digits.size > 0;
}

static enum substrate_status write_integer(struct substrate_text type, size_t size,
                                           struct base_json value, struct base_buf *out,
                                           struct substrate_error *error) {
    uint8_t bytes[16];
    struct substrate_text digits = value.raw;
    if (value.kind == BASE_JSON_STRING) { /* what JSON's readers may round is written as text */
        digits = (struct substrate_text){digits.data + 1, digits.size - 2};
    }
    if ((value.kind != BASE_JSON_NUMBER && value.kind != BASE_JSON_STRING) ||
        !decimal(digits, bytes, size)) {
        return mismatch(type, value, error);
    }
    base_buf_append(out, bytes, size);
    return SUBSTRATE_OK;
}

static enum substrate_status write_account(struct substrate_text type, struct base_json value,
                                           struct base_buf *out, struct substrate_error *error) {
    struct substrate_hash account;
    uint16_t prefix;
    if (value.kind != BASE_JSON_STRING) {
        return mismatch(type, value, error);
    }
    struct substrate_text text = {value.raw.data + 1, value.raw.size - 2};
    if (substrate_hash_parse(text, &account) != SUBSTRATE_OK) {
        struct substrate_error why = {0};
        if (substrate_ss58_decode(text, &account, &prefix, &why) != SUBSTRATE_OK) {
            return base_fail(error, SUBSTRATE_E_DECODE, "%.*s is no account: %s", clip(value.raw),
                             value.raw.data, why.message);
        }
    }
    base_buf_append(out, account.bytes, sizeof account.bytes);
    return SUBSTRATE_OK;
}

static enum substrate_status write_bytes(struct substrate_text type, struct base_json value,
                                         struct base_buf *out, struct substrate_error *error) {
    if (value.kind != BASE_JSON_STRING || value.raw.size < 4 ||
        memcmp(value.raw.data, "\"0x", 3) != 0) {
        return mismatch(type, value, error);
    }
    struct substrate_text hex = {value.raw.data + 1, value.raw.size - 2};
    if (!base_buf_reserve(out, hex.size / 2)) {
        return SUBSTRATE_OK; /* remembered by the buffer */
    }
    size_t size;
    if (!base_hex_read(hex, (uint8_t *)out->data + out->size, hex.size / 2, &size)) {
        return mismatch(type, value, error);
    }
    out->size += size;
    return SUBSTRATE_OK;
}

static enum substrate_status write_type(struct substrate_text type, struct base_json value,
                                        struct base_buf *out, unsigned depth,
                                        struct substrate_error *error);

/* What stands inside `name<…>`; false when the type is another. */
static bool inner_type(struct substrate_text type, const char *name, struct substrate_text *inner) {
    size_t size = strlen(name);
    if (!base_text_starts(type, name) || type.size < size + 2 || type.data[size] != '<' ||
        type.data[type.size - 1] != '>') {
        return false;
    }
    *inner = (struct substrate_text){type.data + size + 1, type.size - size - 2};
    return true;
}

/* Cuts the first type off a list of types, at the comma that is in no bracket. */
static struct substrate_text next_type(struct substrate_text *list) {
    size_t depth = 0, i = 0;
    while (i < list->size && (depth > 0 || list->data[i] != ',')) {
        depth += list->data[i] == '<' || list->data[i] == '(';
        depth -= depth > 0 && (list->data[i] == '>' || list->data[i] == ')');
        i++;
    }
    struct substrate_text type = {list->data, i};
    size_t used = i < list->size ? i + 1 : i;
    *list = (struct substrate_text){list->data + used, list->size - used};
    return type;
}

static enum substrate_status write_tuple(struct substrate_text type, struct base_json value,
                                         struct base_buf *out, unsigned depth,
                                         struct substrate_error *error) {
    struct substrate_text types = {type.data + 1, type.size - 2};
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json element;
    if (value.kind != BASE_JSON_ARRAY || type.data[type.size - 1] != ')') {
        return mismatch(type, value, error);
    }
    base_json_walk_init(&walk, value);
    while (base_json_walk_next(&walk, &key, &element)) {
        if (types.size == 0) {
            return mismatch(type, value, error);
        }
        struct substrate_text first = next_type(&types);
        enum substrate_status status = write_type(first, element, out, depth + 1, error);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return types.size == 0 ? SUBSTRATE_OK : mismatch(type, value, error);
}

static enum substrate_status write_vec(struct substrate_text type, struct substrate_text inner,
                                       struct base_json value, struct base_buf *out, unsigned depth,
                                       struct substrate_error *error) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json element;
    if (value.kind != BASE_JSON_ARRAY) {
        return mismatch(type, value, error);
    }
    base_compact_write(out, base_json_length(value));
    base_json_walk_init(&walk, value);
    while (base_json_walk_next(&walk, &key, &element)) {
        enum substrate_status status = write_type(inner, element, out, depth + 1, error);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status write_type(struct substrate_text type, struct base_json value,
                                        struct base_buf *out, unsigned depth,
                                        struct substrate_error *error) {
    static const struct {
        const char *name;
        size_t size;
    } INTEGERS[] = {{"u8", 1}, {"u16", 2}, {"u32", 4}, {"u64", 8}, {"u128", 16}};
    struct substrate_text inner;
    if (depth > DEPTH_MAX) {
        return base_fail(error, SUBSTRATE_E_LIMIT, "a type is nested deeper than %d", DEPTH_MAX);
    }
    for (size_t i = 0; i < sizeof INTEGERS / sizeof *INTEGERS; i++) {
        if (base_text_is(type, INTEGERS[i].name)) {
            return write_integer(type, INTEGERS[i].size, value, out, error);
        }
    }
    if (base_text_is(type, "account")) {
        return write_account(type, value, out, error);
    }
    if (base_text_is(type, "bytes")) {
        return write_bytes(type, value, out, error);
    }
    if (base_text_is(type, "bool")) {
        if (value.kind != BASE_JSON_TRUE && value.kind != BASE_JSON_FALSE) {
            return mismatch(type, value, error);
        }
        base_buf_char(out, value.kind == BASE_JSON_TRUE);
        return SUBSTRATE_OK;
    }
    if (inner_type(type, "vec", &inner)) {
        return write_vec(type, inner, value, out, depth, error);
    }
    if (inner_type(type, "option", &inner)) {
        base_buf_char(out, value.kind != BASE_JSON_NULL);
        return value.kind == BASE_JSON_NULL ? SUBSTRATE_OK
                                            : write_type(inner, value, out, depth + 1, error);
    }
    if (type.size > 2 && type.data[0] == '(') {
        return write_tuple(type, value, out, depth, error);
    }
    return base_fail(error, SUBSTRATE_E_DECODE,
                     "no such type: %.*s (u8 u16 u32 u64 u128 bool account bytes vec<T> option<T> "
                     "(T,T))",
                     clip(type), type.data);
}

enum substrate_status scale_write(struct substrate_text type, struct base_json value,
                                  struct base_buf *out, struct substrate_error *error) {
    return write_type(type, value, out, 0, error);
}
