/* The type registry of a runtime's metadata, as scale-info describes types (crate scale-info,
 * PortableRegistry), resolved once after parsing so that values are read without looking at names:
 * each type has a role that says when its canonical JSON is not that of its shape. Immutable. */
#ifndef CODEC_TYPES_H
#define CODEC_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

enum type_kind {
    TYPE_COMPOSITE, /* fields */
    TYPE_VARIANT,   /* variants */
    TYPE_SEQUENCE,  /* inner */
    TYPE_ARRAY,     /* inner, length */
    TYPE_TUPLE,     /* fields, unnamed */
    TYPE_PRIMITIVE, /* primitive */
    TYPE_COMPACT,   /* inner */
    TYPE_BITS,      /* store, most_significant_first */
};

enum type_primitive {
    PRIMITIVE_BOOL,
    PRIMITIVE_CHAR,
    PRIMITIVE_STR,
    PRIMITIVE_U8,
    PRIMITIVE_U16,
    PRIMITIVE_U32,
    PRIMITIVE_U64,
    PRIMITIVE_U128,
    PRIMITIVE_U256,
    PRIMITIVE_I8,
    PRIMITIVE_I16,
    PRIMITIVE_I32,
    PRIMITIVE_I64,
    PRIMITIVE_I128,
    PRIMITIVE_I256,
};

/* What a type is beyond its shape. */
enum type_role {
    ROLE_NONE,
    ROLE_BYTES,         /* a sequence or an array of u8, or primitive_types::H160, H256, H512 */
    ROLE_ACCOUNT,       /* sp_core::crypto::AccountId32 */
    ROLE_OPTION,        /* Option of `inner`, whose JSON is never null */
    ROLE_NESTED_OPTION, /* Option of what may be null in JSON: written as a variant */
    ROLE_FIXED,         /* substrate_fixed::Fixed…: `fixed` */
    ROLE_CALL,          /* the runtime's outer call, event and error enums */
    ROLE_EVENT,
    ROLE_ERROR,
};

struct type_field {
    struct substrate_text name; /* {NULL, 0}: unnamed */
    uint32_t type;
    struct substrate_text type_name; /* as in the source, may be {NULL, 0} */
};

struct type_variant {
    struct substrate_text name;
    const struct type_field *fields;
    uint32_t field_count;
    uint8_t index;
};

/* A binary fixed-point number: `bits` (8 to 128) in all, `fraction` of them behind the point. */
struct type_fixed {
    uint8_t bits, fraction;
    bool is_signed;
};

/* A type parameter, as in FixedU128<Frac>. */
struct type_parameter {
    struct substrate_text name;
    uint32_t type; /* UINT32_MAX: it has none in the registry */
};

struct type {
    enum type_kind kind;
    enum type_role role;
    const struct substrate_text *path; /* segments */
    uint32_t path_count;
    uint32_t parameter_count;
    const struct type_parameter *parameters;
    union {
        struct {
            const struct type_field *fields;
            uint32_t count;
            bool named;
        } fields; /* COMPOSITE, TUPLE */
        struct {
            const struct type_variant *list;      /* as in the metadata */
            const struct type_variant **by_index; /* 256 pointers, NULL where there is none */
            uint32_t count;
        } variants;
        struct {
            uint32_t inner;
            uint32_t length; /* ARRAY */
        } of; /* SEQUENCE, ARRAY, COMPACT; OPTION and NESTED_OPTION have it in `option` */
        enum type_primitive primitive;
        struct {
            uint8_t store_bits; /* 8, 16, 32 or 64 */
            bool most_significant_first;
        } bits;
    };
    uint32_t option; /* ROLE_OPTION, ROLE_NESTED_OPTION: the type inside */
    struct type_fixed fixed;
    /* Bytes of every value of this type, or 0 when they differ, are none, or it is an enum with
     * fields or has one inside. */
    uint32_t fixed_size;
};

struct types {
    const struct type *list; /* by id */
    uint32_t count;
};

/* NULL: there is no such type. */
static inline const struct type *types_get(const struct types *types, uint32_t id) {
    return id < types->count ? &types->list[id] : NULL;
}

#endif
