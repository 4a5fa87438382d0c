/* SCALE straight into C structs. A struct is described once, as a static table: the names of its
 * fields, what each is in C, and where it stands. The table is compiled against a type of the
 * metadata, by name, into a flat program; running the program reads bytes without looking at a name
 * or a type again.
 *
 * Compiling:
 *   - fields that the description does not name are skipped; only their extent is read
 *   - a field that the metadata does not have is an error, or absent if it is TYPED_MAYBE
 *   - a composite or a tuple of one unnamed field is looked through: AccountId32, BoundedVec and
 *     BTreeMap are what they hold
 *   - integers may be compact in the metadata; one that is narrower there than in C is widened, one
 *     that is wider is an error
 *   - fields without a name are those of a tuple, by position, all of them; a struct of one field
 *     without a name is not a struct to the metadata but the value itself: the way to read a vector
 *     of structs, a vector of options, an option of a vector
 *
 * A program is immutable and may be run by many threads. It depends on nothing but the metadata,
 * the type and the description, and borrows the first and the last: whoever keeps a metadata keeps
 * beside it, in the same arena of one lifetime, its programs by (type, address of description), and
 * drops them together. */
#ifndef CODEC_TYPED_H
#define CODEC_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "metadata.h"
#include "value.h"

/* What a value is in C. */
enum typed_kind {
    TYPED_BOOL,    /* bool */
    TYPED_U8,      /* uint8_t … */
    TYPED_U16,     /* */
    TYPED_U32,     /* */
    TYPED_U64,     /* */
    TYPED_U128,    /* struct typed_u128 */
    TYPED_I8,      /* int8_t …; signed ones are as wide as in the metadata */
    TYPED_I16,     /* */
    TYPED_I32,     /* */
    TYPED_I64,     /* */
    TYPED_I128,    /* struct typed_u128, two's complement */
    TYPED_ACCOUNT, /* struct substrate_hash: an array of 32 bytes */
    TYPED_BYTES,   /* struct substrate_bytes: a sequence of u8 */
    TYPED_TEXT,    /* struct substrate_text: a str, checked to be UTF-8 */
    TYPED_STRUCT,  /* the struct of `of` */
};

enum typed_shape {
    TYPED_PLAIN,
    TYPED_OPTION, /* an Option of it; `present` says whether it is there */
    TYPED_VECTOR, /* a sequence or an array of it, into a struct typed_vector */
};

struct typed_u128 {
    uint64_t low, high;
};

/* `items` is an array of `count` in the arena: uint16_t for TYPED_U16, the struct for TYPED_STRUCT.
 * Not NULL, also when it is empty. */
struct typed_vector {
    const void *items;
    size_t count;
};

struct typed_struct;
struct typed_field {
    const char *name; /* as in the metadata; NULL: by position */
    enum typed_kind kind;
    enum typed_shape shape;
    unsigned flags;
    size_t offset, size;           /* of the member */
    size_t present;                /* offset of its bool, or TYPED_ALWAYS */
    const struct typed_struct *of; /* STRUCT */
};
#define TYPED_ALWAYS SIZE_MAX
#define TYPED_MAYBE 1u  /* the metadata need not have it: `present` says whether it does */
#define TYPED_COPIED 2u /* BYTES, TEXT: a copy in the arena, else a view of the input */

struct typed_struct {
    const char *name; /* for messages */
    const struct typed_field *fields;
    size_t count;
    size_t size; /* sizeof the struct */
};

/* A table's rows. `member` is its name in C and in the metadata alike; rows that differ, or that
 * need flags, are written out. */
#define TYPED_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)
#define TYPED_FIELD(type, member, kind) \
    { #member, (kind), TYPED_PLAIN, 0, TYPED_AT(type, member), TYPED_ALWAYS, NULL }
#define TYPED_POSITION(type, member, kind) \
    { NULL, (kind), TYPED_PLAIN, 0, TYPED_AT(type, member), TYPED_ALWAYS, NULL }
#define TYPED_FIELD_STRUCT(type, member, of) \
    { #member, TYPED_STRUCT, TYPED_PLAIN, 0, TYPED_AT(type, member), TYPED_ALWAYS, (of) }
#define TYPED_FIELD_OPTION(type, member, kind, has, of) \
    { #member, (kind), TYPED_OPTION, 0, TYPED_AT(type, member), offsetof(type, has), (of) }
#define TYPED_FIELD_VECTOR(type, member, kind, of) \
    { #member, (kind), TYPED_VECTOR, 0, TYPED_AT(type, member), TYPED_ALWAYS, (of) }
#define TYPED_STRUCT_OF(name, type, fields) \
    { (name), (fields), sizeof(fields) / sizeof *(fields), sizeof(type) }

struct typed_program;

/* Compiles `description` for values of `type`.
 *   program  borrows metadata and description; in `arena`
 * Returns OK, E_DECODE (the metadata differs; the message names the field, what the runtime has and
 * what was described), E_ARGUMENT (the description contradicts itself), E_LIMIT (too deep),
 * E_MEMORY. */
enum substrate_status typed_compile(const struct substrate_metadata *metadata, uint32_t type,
                                    const struct typed_struct *description,
                                    struct base_arena *arena, const struct typed_program **program,
                                    struct substrate_error *error);
/* Reads all of `bytes` into `out`, which is a struct of the description and need not be zeroed:
 * what is absent becomes zero. Vectors and copies are in `arena`; views are of `bytes`.
 * limits->nodes_max counts the elements of vectors, bytes_max what is taken from the arena.
 * Returns OK, E_DECODE (error->position is the offset, the message names the field), E_LIMIT,
 * E_MEMORY. After an error `out` holds nothing of meaning. */
enum substrate_status typed_read(const struct typed_program *program, struct substrate_bytes bytes,
                                 const struct value_limits *limits, struct base_arena *arena,
                                 void *out, struct substrate_error *error);

#endif
