/* What reading and writing values share: the path to what is wrong, the sizes of integers, and the
 * places of bits. */
#ifndef CODEC_VALUE_INTERNAL_H
#define CODEC_VALUE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <substrate/base.h>
#include "base/text.h"
#include "metadata.h"
#include "types.h"

#define VALUE_PATH_MAX 160
#define VALUE_WHOLE "value" /* in place of a path without parts */

/* Where in a value something is wrong, as a path in its JSON: ".data.free", "[3].value". It is
 * written from its end while the error travels outwards through the values, so that nothing is paid
 * for it while all is well. */
struct value_path {
    size_t start; /* the path is text[start …] */
    bool cut;     /* outer parts did not fit */
    char text[VALUE_PATH_MAX];
};

static inline void value_path_begin(struct value_path *path) {
    path->start = sizeof path->text;
    path->cut = false;
}

static inline struct substrate_text value_path_text(const struct value_path *path) {
    if (path->start == sizeof path->text) {
        return BASE_TEXT(VALUE_WHOLE);
    }
    return (struct substrate_text){path->text + path->start, sizeof path->text - path->start};
}

/* Puts a part in front, or an ellipsis in place of all that are further out. */
static inline void value_path_part(struct value_path *path, struct substrate_text part) {
    const struct substrate_text ellipsis = BASE_TEXT("\xe2\x80\xa6");
    if (path->cut) {
        return;
    }
    if (part.size > path->start - ellipsis.size) {
        path->cut = true;
        part = ellipsis;
    }
    path->start -= part.size;
    memcpy(path->text + path->start, part.data, part.size);
}

/* These return false, so that `return value_path_…` reads well where an error passes. */
static inline bool value_path_member(struct value_path *path, struct substrate_text name) {
    value_path_part(path, name);
    value_path_part(path, BASE_TEXT("."));
    return false;
}

static inline bool value_path_item(struct value_path *path, uint64_t index) {
    char text[24];
    int size = snprintf(text, sizeof text, "[%llu]", (unsigned long long)index);
    value_path_part(path, (struct substrate_text){text, size < 0 ? 0 : (size_t)size});
    return false;
}

static inline bool value_path_field(struct value_path *path, const struct type_field *fields,
                                    bool named, uint32_t index) {
    return named ? value_path_member(path, fields[index].name) : value_path_item(path, index);
}

/* What is wrong with a value: a type (of the innermost that is), an offset in the input. */
struct value_fault {
    enum substrate_status status;
    uint32_t type;
    size_t position;
    const char *message;
};

/* Fills the error, "PATH: TYPE: MESSAGE", and returns the status. */
enum substrate_status value_report(const struct value_fault *fault, const struct value_path *path,
                                   const struct substrate_metadata *metadata,
                                   struct substrate_error *error);

static inline bool value_is_integer(const struct type *type) {
    return type->kind == TYPE_PRIMITIVE && type->primitive >= PRIMITIVE_U8;
}

static inline bool value_is_unsigned(const struct type *type) {
    return value_is_integer(type) && type->primitive < PRIMITIVE_I8;
}

/* Bytes of an integer: the primitives stand in order of size. */
static inline size_t value_integer_size(const struct type *type) {
    enum type_primitive first = type->primitive < PRIMITIVE_I8 ? PRIMITIVE_U8 : PRIMITIVE_I8;
    return (size_t)1 << (type->primitive - first);
}

static inline bool value_fields_named(const struct type_variant *variant) {
    return variant->field_count > 0 && variant->fields[0].name.data != NULL;
}

/* The bytes of ROLE_BYTES that are no sequence. */
static inline size_t value_bytes_size(const struct type *type) {
    return type->kind == TYPE_ARRAY ? type->of.length : type->fixed_size;
}

/* Words of a bit sequence that hold `count` bits. */
static inline uint64_t value_bit_words(const struct type *type, uint64_t count) {
    return count / type->bits.store_bits + (count % type->bits.store_bits != 0);
}

/* Which byte of the words a bit is in, and where: words are little endian, and the first bit of a
 * word is its least or its most significant one. */
static inline size_t value_bit_byte(const struct type *type, size_t bit, unsigned *shift) {
    size_t word_bits = type->bits.store_bits;
    size_t place = bit % word_bits;
    if (type->bits.most_significant_first) {
        place = word_bits - 1 - place;
    }
    *shift = (unsigned)(place % 8);
    return bit / word_bits * (word_bits / 8) + place / 8;
}

#endif
