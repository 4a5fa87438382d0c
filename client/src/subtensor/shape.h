/* Shapes: what a value of a function is, described once. A shape says what stands in C and where,
 * what it is called in the runtime's metadata, and what it is called in JSON; from it come the
 * description that the codec reads bytes by (codec/typed.h), and the JSON of the struct that was
 * read. So the two cannot disagree. */
#ifndef SUBTENSOR_SHAPE_H
#define SUBTENSOR_SHAPE_H

#include <stddef.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/buf.h"
#include "codec/metadata.h"

enum shape_kind {
    SHAPE_BOOL,    /* bool */
    SHAPE_U8,      /* uint8_t … */
    SHAPE_U16,     /* */
    SHAPE_U32,     /* */
    SHAPE_U64,     /* */
    SHAPE_U128,    /* struct subtensor_u128 */
    SHAPE_IP,      /* the same; in JSON an IP address */
    SHAPE_ACCOUNT, /* struct substrate_hash; in JSON an SS58 address */
    SHAPE_TEXT,    /* struct substrate_text, in metadata Vec<u8>; in JSON a string */
    SHAPE_LETTERS, /* the same, in metadata Vec<Compact<u8>> */
    SHAPE_BYTES,   /* the same, in metadata Vec<Compact<u8>>; in JSON "0x…" */
    SHAPE_I32F32,  /* struct subtensor_i32f32; in JSON a decimal string */
    SHAPE_I96F32,  /* struct subtensor_i96f32 */
    SHAPE_LIST,    /* a struct of `list` and `count` */
    SHAPE_MAYBE,  /* a struct of `present` and `value`; in metadata an Option; in JSON null or it */
    SHAPE_TUPLE,  /* a struct whose fields the metadata has by position; in JSON an array */
    SHAPE_STRUCT, /* a struct whose fields have names; in JSON an object */
    SHAPE_PLAIN,  /* the same; a MAYBE in it is in the metadata as it is, no Option, or is not */
    SHAPE_LINK,   /* a pointer to what another read gave; not in metadata, as all below */
    SHAPE_HASH,   /* struct substrate_hash; in JSON "0x…" */
    SHAPE_HEX,    /* uint64_t; in JSON "0x…", as nodes write numbers */
    SHAPE_JSON,   /* struct substrate_text, which is canonical JSON */
};

struct shape;
struct shape_field {
    const char *wire; /* in metadata; NULL: not there, but made of the rest */
    const char *name; /* in C and in JSON; NULL: not in JSON */
    size_t offset, size;
    const struct shape *shape;
};

struct shape {
    enum shape_kind kind;
    const char *name;                 /* for messages */
    size_t size;                      /* in C */
    const struct shape *of;           /* LIST, MAYBE, LINK */
    size_t value;                     /* MAYBE: where the value stands; `present` stands first */
    const struct shape_field *fields; /* TUPLE, STRUCT, PLAIN */
    size_t count;
};

/* Rows of a table of fields: as in the metadata, under a name of the SDK, made, or read only. */
#define SHAPE_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)
#define SHAPE_SAME(type, member, shape) \
    { #member, #member, SHAPE_AT(type, member), &(shape) }
#define SHAPE_NAMED(type, wire, member, shape) \
    { (wire), #member, SHAPE_AT(type, member), &(shape) }
#define SHAPE_MADE(type, member, shape) \
    { NULL, #member, SHAPE_AT(type, member), &(shape) }
#define SHAPE_MADE_AS(type, member, as, shape) \
    { NULL, (as), SHAPE_AT(type, member), &(shape) }

#define SHAPE_LEAF(kind, type) \
    { (kind), #type, sizeof(type), NULL, 0, NULL, 0 }
#define SHAPE_OF_FIELDS(kind, type, fields) \
    { (kind), #type, sizeof(type), NULL, 0, (fields), sizeof(fields) / sizeof *(fields) }
#define SHAPE_OF_LIST(type, item) \
    { SHAPE_LIST, #type, sizeof(type), &(item), 0, NULL, 0 }
#define SHAPE_OF_MAYBE(type, item) \
    { SHAPE_MAYBE, #type, sizeof(type), &(item), offsetof(type, value), NULL, 0 }
#define SHAPE_OF_LINK(type, item) \
    { SHAPE_LINK, #type, sizeof(const type *), &(item), 0, NULL, 0 }

/* Leaves, and what several files need. */
extern const struct shape shape_bool, shape_u8, shape_u16, shape_u32, shape_u64, shape_u128;
extern const struct shape shape_ip, shape_account, shape_text, shape_letters, shape_bytes;
extern const struct shape shape_i32f32, shape_i96f32;
extern const struct shape shape_bools, shape_u16s, shape_u16_lists, shape_u64s, shape_u64_lists;
extern const struct shape shape_accounts, shape_maybe_bool, shape_maybe_u16, shape_maybe_u16s;
extern const struct shape shape_account_amounts, shape_netuid_amounts, shape_uid_values;

/* Reads all of `bytes`, a value of `type`, into *value in the arena. Returns OK, E_DECODE (the
 * runtime has it otherwise, or the bytes are wrong), E_LIMIT, E_MEMORY. */
struct shape_source {
    const struct substrate_metadata *metadata;
    uint32_t type;
    struct substrate_bytes bytes;
};
enum substrate_status shape_read(const struct shape *shape, const struct shape_source *source,
                                 struct base_arena *arena, void **value,
                                 struct substrate_error *error);

/* Appends the canonical JSON of a value; NULL is null. `prefix` is that of the chain's addresses.
 */
void shape_write(const struct shape *shape, const void *value, uint16_t prefix,
                 struct base_buf *json);

#endif
