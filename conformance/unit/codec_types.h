/* A registry of types written by hand: every kind, every role, and types that no sane runtime has.
 * For tests of values, which thereby need no metadata to be parsed. */
#ifndef UNIT_CODEC_TYPES_H
#define UNIT_CODEC_TYPES_H

#include "codec/metadata.h"

enum {
    T_BOOL,
    T_CHAR,
    T_STR,
    T_U8,
    T_U16,
    T_U32,
    T_U64,
    T_U128,
    T_U256,
    T_I8,
    T_I16,
    T_I32,
    T_I64,
    T_I128,
    T_I256,
    T_COMPACT_U8,
    T_COMPACT_U16,
    T_COMPACT_U32,
    T_COMPACT_U64,
    T_COMPACT_U128,
    T_COMPACT_U256,
    T_COMPACT_UNIT,
    T_COMPACT_PERBILL,
    T_COMPACT_BALANCE,
    T_COMPACT_BOOL,
    T_COMPACT_PAIR,
    T_UNIT,
    T_SINGLE,
    T_PAIR,
    T_PERBILL,
    T_BALANCE,
    T_EMPTY,
    T_DATA,
    T_INFO,
    T_NEURON,
    T_NEURONS,
    T_BYTES,
    T_BYTES_4,
    T_BYTES_0,
    T_H256,
    T_ACCOUNT,
    T_VEC_U16,
    T_VEC_I16,
    T_VEC_STR,
    T_VEC_ACCOUNT,
    T_VEC_UNIT,
    T_VEC_EMPTY,
    T_VEC_COMPACT,
    T_ARRAY_U16_3,
    T_ARRAY_UNIT,
    T_OPTION_U8,
    T_OPTION_I8,
    T_VEC_OPTION_I8,
    T_OPTION_UNIT,
    T_OPTION_BOOL,
    T_OPTION_OPTION_BOOL,
    T_RESULT,
    T_ENUM,
    T_NEVER,
    T_BITS_8_LSB,
    T_BITS_8_MSB,
    T_BITS_16_LSB,
    T_BITS_16_MSB,
    T_BITS_32_LSB,
    T_BITS_64_MSB,
    T_U64F64,
    T_I96F32,
    T_I32F32,
    T_U0F8,
    T_BAD_FIXED,
    T_TREE,
    T_TREES,
    T_LOOP,
    T_DANGLING,
    T_HOSTILE,
    T_BRANCHING,
    T_BOUNDED,
    T_COUNT,
};

#define CODEC_NAME(text) \
    { (text), sizeof(text) - 1 }
#define CODEC_FIELD(text, id) \
    { .name = CODEC_NAME(text), .type = (id) }
#define CODEC_ITEM(id) \
    { .type = (id) }
#define CODEC_PRIMITIVE(which, size) \
    { .kind = TYPE_PRIMITIVE, .primitive = PRIMITIVE_##which, .fixed_size = (size) }
#define CODEC_COMPACT(id)                      \
    {                                          \
        .kind = TYPE_COMPACT, .of = {(id), 0 } \
    }
#define CODEC_FIELDS(of_kind, list, is_named, size)                                     \
    {                                                                                   \
        .kind = (of_kind), .fields = {(list), sizeof(list) / sizeof *(list), is_named}, \
        .fixed_size = (size)                                                            \
    }
#define CODEC_SEQUENCE(id)                      \
    {                                           \
        .kind = TYPE_SEQUENCE, .of = {(id), 0 } \
    }
#define CODEC_ARRAY(id, length, size) \
    { .kind = TYPE_ARRAY, .of = {(id), (length)}, .fixed_size = (size) }
#define CODEC_VARIANTS(all, by) .variants = {(all), (by), sizeof(all) / sizeof *(all)}
#define CODEC_OPTION(of_role, id) \
    { .kind = TYPE_VARIANT, .role = (of_role), .option = (id) }
#define CODEC_BITS(store, msb)                       \
    {                                                \
        .kind = TYPE_BITS, .bits = {(store), (msb) } \
    }
#define CODEC_FIXED(bits, fraction, is_signed)                                                  \
    {                                                                                           \
        .kind = TYPE_COMPOSITE, .role = ROLE_FIXED, .fixed = {(bits), (fraction), (is_signed) } \
    }

static const struct type_field CODEC_SINGLE[] = {CODEC_ITEM(T_U8)};
static const struct type_field CODEC_PAIR[] = {CODEC_ITEM(T_COMPACT_U32), CODEC_ITEM(T_BOOL)};
static const struct type_field CODEC_PERBILL[] = {CODEC_ITEM(T_U32)};
static const struct type_field CODEC_BALANCE[] = {CODEC_FIELD("planck", T_PERBILL)};
static const struct type_field CODEC_DATA[] = {CODEC_FIELD("free", T_U128),
                                               CODEC_FIELD("reserved", T_U64),
                                               CODEC_FIELD("frozen", T_COMPACT_U64)};
static const struct type_field CODEC_INFO[] = {CODEC_FIELD("nonce", T_U32),
                                               CODEC_FIELD("data", T_DATA)};
static const struct type_field CODEC_NEURON[] = {CODEC_FIELD("uid", T_COMPACT_U16),
                                                 CODEC_FIELD("axon_info", T_RESULT)};
static const struct type_field CODEC_TREE[] = {CODEC_FIELD("children", T_TREES)};
static const struct type_field CODEC_LOOP[] = {CODEC_FIELD("again", T_LOOP)};
static const struct type_field CODEC_DANGLING[] = {CODEC_ITEM(T_U8), CODEC_ITEM(T_COUNT + 7)};
static const struct type_field CODEC_HOSTILE[] = {CODEC_FIELD("a\"\n\xc3\xa9", T_U8)};
static const struct type_field CODEC_BRANCHING[] = {
    CODEC_ITEM(T_BRANCHING), CODEC_ITEM(T_BRANCHING), CODEC_ITEM(T_BRANCHING),
    CODEC_ITEM(T_BRANCHING), CODEC_ITEM(T_BRANCHING), CODEC_ITEM(T_BRANCHING),
    CODEC_ITEM(T_BRANCHING), CODEC_ITEM(T_BRANCHING), CODEC_ITEM(T_BRANCHING)};
static const struct type_field CODEC_BOUNDED[] = {CODEC_ITEM(T_BYTES)};

static const struct type_field CODEC_BOOL_ITEM[] = {CODEC_ITEM(T_BOOL)};
static const struct type_field CODEC_ENUM_B[] = {CODEC_ITEM(T_U32), CODEC_ITEM(T_U64)};
static const struct type_field CODEC_ENUM_C[] = {CODEC_FIELD("a", T_U32), CODEC_FIELD("b", T_U64)};
static const struct type_variant CODEC_RESULT[] = {{CODEC_NAME("Ok"), CODEC_SINGLE, 1, 0},
                                                   {CODEC_NAME("Err"), CODEC_BOOL_ITEM, 1, 1}};
static const struct type_variant *CODEC_RESULT_BY_INDEX[256] = {&CODEC_RESULT[0], &CODEC_RESULT[1]};
/* The enum of the README of parity-scale-codec: A has an index of its own. */
static const struct type_variant CODEC_ENUM[] = {{CODEC_NAME("A"), NULL, 0, 15},
                                                 {CODEC_NAME("B"), CODEC_ENUM_B, 2, 1},
                                                 {CODEC_NAME("C"), CODEC_ENUM_C, 2, 2}};
static const struct type_variant *CODEC_ENUM_BY_INDEX[256] = {
    [15] = &CODEC_ENUM[0], [1] = &CODEC_ENUM[1], [2] = &CODEC_ENUM[2]};

static const struct substrate_text CODEC_ACCOUNT_PATH[] = {
    CODEC_NAME("sp_core"), CODEC_NAME("crypto"), CODEC_NAME("AccountId32")};
static const struct substrate_text CODEC_H256_PATH[] = {CODEC_NAME("primitive_types"),
                                                        CODEC_NAME("H256")};
static const struct substrate_text CODEC_RESULT_PATH[] = {CODEC_NAME("Result")};
static const struct type_parameter CODEC_RESULT_PARAMETERS[] = {
    {CODEC_NAME("T"), T_U8}, {CODEC_NAME("P"), METADATA_NO_TYPE}, {CODEC_NAME("E"), T_BOOL}};

static const struct type CODEC_TYPES[T_COUNT] = {
    [T_BOOL] = CODEC_PRIMITIVE(BOOL, 1),
    [T_CHAR] = CODEC_PRIMITIVE(CHAR, 4),
    [T_STR] = CODEC_PRIMITIVE(STR, 0),
    [T_U8] = CODEC_PRIMITIVE(U8, 1),
    [T_U16] = CODEC_PRIMITIVE(U16, 2),
    [T_U32] = CODEC_PRIMITIVE(U32, 4),
    [T_U64] = CODEC_PRIMITIVE(U64, 8),
    [T_U128] = CODEC_PRIMITIVE(U128, 16),
    [T_U256] = CODEC_PRIMITIVE(U256, 32),
    [T_I8] = CODEC_PRIMITIVE(I8, 1),
    [T_I16] = CODEC_PRIMITIVE(I16, 2),
    [T_I32] = CODEC_PRIMITIVE(I32, 4),
    [T_I64] = CODEC_PRIMITIVE(I64, 8),
    [T_I128] = CODEC_PRIMITIVE(I128, 16),
    [T_I256] = CODEC_PRIMITIVE(I256, 32),
    [T_COMPACT_U8] = CODEC_COMPACT(T_U8),
    [T_COMPACT_U16] = CODEC_COMPACT(T_U16),
    [T_COMPACT_U32] = CODEC_COMPACT(T_U32),
    [T_COMPACT_U64] = CODEC_COMPACT(T_U64),
    [T_COMPACT_U128] = CODEC_COMPACT(T_U128),
    [T_COMPACT_U256] = CODEC_COMPACT(T_U256),
    [T_COMPACT_UNIT] = CODEC_COMPACT(T_UNIT),
    [T_COMPACT_PERBILL] = CODEC_COMPACT(T_PERBILL),
    [T_COMPACT_BALANCE] = CODEC_COMPACT(T_BALANCE),
    [T_COMPACT_BOOL] = CODEC_COMPACT(T_BOOL),
    [T_COMPACT_PAIR] = CODEC_COMPACT(T_PAIR),
    [T_UNIT] = {.kind = TYPE_TUPLE},
    [T_SINGLE] = CODEC_FIELDS(TYPE_TUPLE, CODEC_SINGLE, false, 1),
    [T_PAIR] = CODEC_FIELDS(TYPE_TUPLE, CODEC_PAIR, false, 0),
    [T_PERBILL] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_PERBILL, false, 4),
    [T_BALANCE] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_BALANCE, true, 4),
    [T_EMPTY] = {.kind = TYPE_COMPOSITE},
    [T_DATA] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_DATA, true, 0),
    [T_INFO] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_INFO, true, 0),
    [T_NEURON] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_NEURON, true, 0),
    [T_NEURONS] = CODEC_SEQUENCE(T_NEURON),
    [T_BYTES] = {.kind = TYPE_SEQUENCE, .role = ROLE_BYTES, .of = {T_U8, 0}},
    [T_BYTES_4] = {.kind = TYPE_ARRAY, .role = ROLE_BYTES, .of = {T_U8, 4}, .fixed_size = 4},
    [T_BYTES_0] = {.kind = TYPE_ARRAY, .role = ROLE_BYTES, .of = {T_U8, 0}},
    [T_H256] = {.kind = TYPE_COMPOSITE,
                .role = ROLE_BYTES,
                .path = CODEC_H256_PATH,
                .path_count = 2,
                .fixed_size = 32},
    [T_ACCOUNT] = {.kind = TYPE_COMPOSITE,
                   .role = ROLE_ACCOUNT,
                   .path = CODEC_ACCOUNT_PATH,
                   .path_count = 3,
                   .fixed_size = 32},
    [T_VEC_U16] = CODEC_SEQUENCE(T_U16),
    [T_VEC_I16] = CODEC_SEQUENCE(T_I16),
    [T_VEC_STR] = CODEC_SEQUENCE(T_STR),
    [T_VEC_ACCOUNT] = CODEC_SEQUENCE(T_ACCOUNT),
    [T_VEC_UNIT] = CODEC_SEQUENCE(T_UNIT),
    [T_VEC_EMPTY] = CODEC_SEQUENCE(T_EMPTY),
    [T_VEC_COMPACT] = CODEC_SEQUENCE(T_COMPACT_U32),
    [T_ARRAY_U16_3] = CODEC_ARRAY(T_U16, 3, 6),
    [T_ARRAY_UNIT] = CODEC_ARRAY(T_UNIT, UINT32_MAX, 0),
    [T_OPTION_U8] = CODEC_OPTION(ROLE_OPTION, T_U8),
    [T_OPTION_I8] = CODEC_OPTION(ROLE_OPTION, T_I8),
    [T_VEC_OPTION_I8] = CODEC_SEQUENCE(T_OPTION_I8),
    [T_OPTION_UNIT] = CODEC_OPTION(ROLE_NESTED_OPTION, T_UNIT),
    [T_OPTION_BOOL] = CODEC_OPTION(ROLE_OPTION, T_BOOL),
    [T_OPTION_OPTION_BOOL] = CODEC_OPTION(ROLE_NESTED_OPTION, T_OPTION_BOOL),
    [T_RESULT] = {.kind = TYPE_VARIANT,
                  CODEC_VARIANTS(CODEC_RESULT, CODEC_RESULT_BY_INDEX),
                  .path = CODEC_RESULT_PATH,
                  .path_count = 1,
                  .parameters = CODEC_RESULT_PARAMETERS,
                  .parameter_count = 3},
    [T_ENUM] = {.kind = TYPE_VARIANT, CODEC_VARIANTS(CODEC_ENUM, CODEC_ENUM_BY_INDEX)},
    [T_NEVER] = {.kind = TYPE_VARIANT},
    [T_BITS_8_LSB] = CODEC_BITS(8, false),
    [T_BITS_8_MSB] = CODEC_BITS(8, true),
    [T_BITS_16_LSB] = CODEC_BITS(16, false),
    [T_BITS_16_MSB] = CODEC_BITS(16, true),
    [T_BITS_32_LSB] = CODEC_BITS(32, false),
    [T_BITS_64_MSB] = CODEC_BITS(64, true),
    [T_U64F64] = CODEC_FIXED(128, 64, false),
    [T_I96F32] = CODEC_FIXED(128, 32, true),
    [T_I32F32] = CODEC_FIXED(64, 32, true),
    [T_U0F8] = CODEC_FIXED(8, 8, false),
    [T_BAD_FIXED] = CODEC_FIXED(64, 65, false),
    [T_TREE] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_TREE, true, 0),
    [T_TREES] = CODEC_SEQUENCE(T_TREE),
    [T_LOOP] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_LOOP, true, 0),
    [T_DANGLING] = CODEC_FIELDS(TYPE_TUPLE, CODEC_DANGLING, false, 0),
    [T_HOSTILE] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_HOSTILE, true, 1),
    [T_BRANCHING] = CODEC_FIELDS(TYPE_TUPLE, CODEC_BRANCHING, false, 0),
    [T_BOUNDED] = CODEC_FIELDS(TYPE_COMPOSITE, CODEC_BOUNDED, false, 0),
};

static const struct substrate_metadata CODEC_METADATA = {.types = {CODEC_TYPES, T_COUNT},
                                                         .ss58_prefix = 42};

#endif
