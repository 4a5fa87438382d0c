/* Reading into C structs: a made-up registry with every kind and shape, whose bytes were put
 * together with Python (int.to_bytes) by the rules of SCALE; what is refused, and when. */
#include "codec_fixture.h"

#include "client_support.h"
#include "codec/typed.h"

static const struct value_limits limits = VALUE_LIMITS;

static enum substrate_status compile(const struct substrate_metadata *metadata, uint32_t type,
                                     const struct typed_struct *description,
                                     struct base_arena *arena,
                                     const struct typed_program **program) {
    struct substrate_error error = {0};
    enum substrate_status status =
        typed_compile(metadata, type, description, arena, program, &error);
    ck_assert_msg(status == SUBSTRATE_OK || status == SUBSTRATE_E_MEMORY, "%s", error.message);
    return status;
}

enum {
    T_BOOL,
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
    T_STR,
    T_COMPACT_U8,
    T_COMPACT_U16,
    T_COMPACT_U32,
    T_COMPACT_U64,
    T_COMPACT_U128,
    T_COMPACT_U256,
    T_BYTES,
    T_ARRAY_32,
    T_ARRAY_20,
    T_ACCOUNT,
    T_OPTION_U32,
    T_NUMBERS,
    T_TRIPLE,
    T_PAIR,
    T_PAIRS,
    T_OPTION_U8,
    T_NESTED,
    T_OPTIONS,
    T_INNER,
    T_ENUM,
    T_TAO,
    T_COMPACT_TAO,
    T_UNIT,
    T_COMPACT_UNIT,
    T_UNITS,
    T_OPTION_STR,
    T_NAMES,
    T_CYCLE,
    T_ROOT,
    T_COUNT
};

#define PRIMITIVE(of, bytes) \
    { .kind = TYPE_PRIMITIVE, .primitive = (of), .fixed_size = (bytes) }
#define OF(kind_, inner_, length_, size_) \
    { .kind = (kind_), .of = {(inner_), (length_)}, .fixed_size = (size_) }
#define FIELDS(kind_, list, named_, size_)                                            \
    {                                                                                 \
        .kind = (kind_), .fields = {(list), sizeof(list) / sizeof *(list), (named_)}, \
        .fixed_size = (size_)                                                         \
    }
#define UNNAMED(type)                  \
    {                                  \
        {NULL, 0}, (type), { NULL, 0 } \
    }
#define NAMED(name, type)                               \
    {                                                   \
        {(name), sizeof(name) - 1}, (type), { NULL, 0 } \
    }
#define VARIANTS(role_, list, by, option_) \
    { .kind = TYPE_VARIANT, .role = (role_), .variants = {(list), (by), 2}, .option = (option_) }

static const struct type_field pair_fields[] = {UNNAMED(T_U8), UNNAMED(T_U16)};
static const struct type_field account_fields[] = {UNNAMED(T_ARRAY_32)};
static const struct type_field tao_fields[] = {UNNAMED(T_U64)};
static const struct type_field cycle_fields[] = {UNNAMED(T_CYCLE)};
static const struct type_field inner_fields[] = {NAMED("left", T_U8), NAMED("right", T_STR)};
static const struct type_field root_fields[] = {
    NAMED("flag", T_BOOL),
    NAMED("a", T_U8),
    NAMED("skip_enum", T_ENUM),
    NAMED("skip_no_u32", T_OPTION_U32),
    NAMED("skip_behind", T_U16),
    NAMED("b", T_U16),
    NAMED("c", T_U32),
    NAMED("skip_fixed", T_TRIPLE),
    NAMED("skip_unit", T_UNIT),
    NAMED("skip_inner", T_INNER),
    NAMED("d", T_U64),
    NAMED("e", T_U128),
    NAMED("f", T_I8),
    NAMED("g", T_I16),
    NAMED("h", T_I32),
    NAMED("i", T_I64),
    NAMED("j", T_I128),
    NAMED("skip_compact", T_COMPACT_U128),
    NAMED("skip_nothing", T_COMPACT_UNIT),
    NAMED("skip_wide", T_COMPACT_U256),
    NAMED("skip_tao", T_COMPACT_TAO),
    NAMED("k", T_COMPACT_U16),
    NAMED("l", T_COMPACT_TAO),
    NAMED("m", T_COMPACT_U128),
    NAMED("name", T_STR),
    NAMED("skip_none", T_OPTION_STR),
    NAMED("skip_some", T_OPTION_STR),
    NAMED("copied", T_STR),
    NAMED("blob", T_BYTES),
    NAMED("blob_copied", T_BYTES),
    NAMED("account", T_ACCOUNT),
    NAMED("skip_run", T_NUMBERS),
    NAMED("skip_names", T_NAMES),
    NAMED("there", T_OPTION_U32),
    NAMED("not_there", T_OPTION_U32),
    NAMED("numbers", T_NUMBERS),
    NAMED("triple", T_TRIPLE),
    NAMED("pairs", T_PAIRS),
    NAMED("inner", T_INNER),
    NAMED("nested", T_NESTED),
    NAMED("options", T_OPTIONS),
    NAMED("maybe", T_U8),
    NAMED("empty", T_NUMBERS),
};
static const struct type_field some_u32[] = {UNNAMED(T_U32)};
static const struct type_field some_u8[] = {UNNAMED(T_U8)};
static const struct type_field some_option[] = {UNNAMED(T_OPTION_U8)};
static const struct type_field some_str[] = {UNNAMED(T_STR)};
#define OPTION_VARIANTS(name, fields)                                                 \
    static const struct type_variant name##_list[] = {{{"None", 4}, NULL, 0, 0},      \
                                                      {{"Some", 4}, (fields), 1, 1}}; \
    static const struct type_variant *name##_by[256] = {&name##_list[0], &name##_list[1]}
OPTION_VARIANTS(option_u32, some_u32);
OPTION_VARIANTS(option_u8, some_u8);
OPTION_VARIANTS(nested, some_option);
OPTION_VARIANTS(option_str, some_str);

static const struct type types[T_COUNT] = {
    [T_BOOL] = PRIMITIVE(PRIMITIVE_BOOL, 1),
    [T_U8] = PRIMITIVE(PRIMITIVE_U8, 1),
    [T_U16] = PRIMITIVE(PRIMITIVE_U16, 2),
    [T_U32] = PRIMITIVE(PRIMITIVE_U32, 4),
    [T_U64] = PRIMITIVE(PRIMITIVE_U64, 8),
    [T_U128] = PRIMITIVE(PRIMITIVE_U128, 16),
    [T_U256] = PRIMITIVE(PRIMITIVE_U256, 32),
    [T_I8] = PRIMITIVE(PRIMITIVE_I8, 1),
    [T_I16] = PRIMITIVE(PRIMITIVE_I16, 2),
    [T_I32] = PRIMITIVE(PRIMITIVE_I32, 4),
    [T_I64] = PRIMITIVE(PRIMITIVE_I64, 8),
    [T_I128] = PRIMITIVE(PRIMITIVE_I128, 16),
    [T_STR] = PRIMITIVE(PRIMITIVE_STR, 0),
    [T_COMPACT_U8] = OF(TYPE_COMPACT, T_U8, 0, 0),
    [T_COMPACT_U16] = OF(TYPE_COMPACT, T_U16, 0, 0),
    [T_COMPACT_U32] = OF(TYPE_COMPACT, T_U32, 0, 0),
    [T_COMPACT_U64] = OF(TYPE_COMPACT, T_U64, 0, 0),
    [T_COMPACT_U128] = OF(TYPE_COMPACT, T_U128, 0, 0),
    [T_COMPACT_U256] = OF(TYPE_COMPACT, T_U256, 0, 0),
    [T_BYTES] = OF(TYPE_SEQUENCE, T_U8, 0, 0),
    [T_ARRAY_32] = OF(TYPE_ARRAY, T_U8, 32, 32),
    [T_ARRAY_20] = OF(TYPE_ARRAY, T_U8, 20, 20),
    [T_ACCOUNT] = FIELDS(TYPE_COMPOSITE, account_fields, false, 32),
    [T_OPTION_U32] = VARIANTS(ROLE_OPTION, option_u32_list, option_u32_by, T_U32),
    [T_NUMBERS] = OF(TYPE_SEQUENCE, T_U16, 0, 0),
    [T_TRIPLE] = OF(TYPE_ARRAY, T_U16, 3, 6),
    [T_PAIR] = FIELDS(TYPE_TUPLE, pair_fields, false, 3),
    [T_PAIRS] = OF(TYPE_SEQUENCE, T_PAIR, 0, 0),
    [T_OPTION_U8] = VARIANTS(ROLE_OPTION, option_u8_list, option_u8_by, T_U8),
    [T_NESTED] = VARIANTS(ROLE_NESTED_OPTION, nested_list, nested_by, T_OPTION_U8),
    [T_OPTIONS] = OF(TYPE_SEQUENCE, T_OPTION_U8, 0, 0),
    [T_INNER] = FIELDS(TYPE_COMPOSITE, inner_fields, true, 0),
    [T_ENUM] = VARIANTS(ROLE_NONE, option_u32_list, option_u32_by, 0),
    [T_TAO] = FIELDS(TYPE_COMPOSITE, tao_fields, false, 8),
    [T_COMPACT_TAO] = OF(TYPE_COMPACT, T_TAO, 0, 0),
    [T_UNIT] = {.kind = TYPE_TUPLE},
    [T_COMPACT_UNIT] = OF(TYPE_COMPACT, T_UNIT, 0, 0),
    [T_UNITS] = OF(TYPE_SEQUENCE, T_UNIT, 0, 0),
    [T_OPTION_STR] = VARIANTS(ROLE_OPTION, option_str_list, option_str_by, T_STR),
    [T_NAMES] = OF(TYPE_SEQUENCE, T_STR, 0, 0),
    [T_CYCLE] = FIELDS(TYPE_COMPOSITE, cycle_fields, false, 0),
    [T_ROOT] = FIELDS(TYPE_COMPOSITE, root_fields, true, 0),
};
static const struct substrate_metadata made = {.types = {types, T_COUNT}, .ss58_prefix = 42};

struct pair {
    uint8_t first;
    uint32_t second; /* u16 in the metadata */
};
static const struct typed_field PAIR_FIELDS[] = {TYPED_POSITION(struct pair, first, TYPED_U8),
                                                 TYPED_POSITION(struct pair, second, TYPED_U32)};
static const struct typed_struct PAIR = TYPED_STRUCT_OF("Pair", struct pair, PAIR_FIELDS);
struct inner {
    struct substrate_text right;
    uint8_t left;
};
static const struct typed_field INNER_FIELDS[] = {TYPED_FIELD(struct inner, right, TYPED_TEXT),
                                                  TYPED_FIELD(struct inner, left, TYPED_U8)};
static const struct typed_struct INNER = TYPED_STRUCT_OF("Inner", struct inner, INNER_FIELDS);
struct maybe_u8 {
    bool has;
    uint8_t value;
};
static const struct typed_field MAYBE_FIELDS[] = {{NULL, TYPED_U8, TYPED_OPTION, 0,
                                                   TYPED_AT(struct maybe_u8, value),
                                                   offsetof(struct maybe_u8, has), NULL}};
static const struct typed_struct MAYBE_U8 =
    TYPED_STRUCT_OF("Option<u8>", struct maybe_u8, MAYBE_FIELDS);

struct root {
    bool flag, has_there, has_not_there, has_nested, has_maybe, has_lacking;
    uint8_t a, maybe;
    uint16_t b, k;
    uint32_t c, there, not_there;
    uint64_t d, l;
    struct typed_u128 e, j, m;
    int8_t f;
    int16_t g;
    int32_t h;
    int64_t i;
    struct substrate_text name, copied;
    struct substrate_bytes blob, blob_copied;
    struct substrate_hash account;
    struct typed_vector numbers, triple, pairs, options, empty, lacking;
    struct inner inner;
    struct maybe_u8 nested;
};
#define ROOT(member, kind) TYPED_FIELD(struct root, member, kind)
static const struct typed_field ROOT_FIELDS[] = {
    ROOT(flag, TYPED_BOOL),
    ROOT(a, TYPED_U8),
    ROOT(b, TYPED_U16),
    ROOT(c, TYPED_U32),
    ROOT(d, TYPED_U64),
    ROOT(e, TYPED_U128),
    ROOT(f, TYPED_I8),
    ROOT(g, TYPED_I16),
    ROOT(h, TYPED_I32),
    ROOT(i, TYPED_I64),
    ROOT(j, TYPED_I128),
    ROOT(k, TYPED_U16),
    ROOT(l, TYPED_U64),
    ROOT(m, TYPED_U128),
    ROOT(name, TYPED_TEXT),
    {"copied", TYPED_TEXT, TYPED_PLAIN, TYPED_COPIED, TYPED_AT(struct root, copied), TYPED_ALWAYS,
     NULL},
    ROOT(blob, TYPED_BYTES),
    {"blob_copied", TYPED_BYTES, TYPED_PLAIN, TYPED_COPIED, TYPED_AT(struct root, blob_copied),
     TYPED_ALWAYS, NULL},
    ROOT(account, TYPED_ACCOUNT),
    TYPED_FIELD_OPTION(struct root, there, TYPED_U32, has_there, NULL),
    TYPED_FIELD_OPTION(struct root, not_there, TYPED_U32, has_not_there, NULL),
    TYPED_FIELD_VECTOR(struct root, numbers, TYPED_U16, NULL),
    TYPED_FIELD_VECTOR(struct root, triple, TYPED_U16, NULL),
    TYPED_FIELD_VECTOR(struct root, pairs, TYPED_STRUCT, &PAIR),
    TYPED_FIELD_STRUCT(struct root, inner, &INNER),
    TYPED_FIELD_OPTION(struct root, nested, TYPED_STRUCT, has_nested, &MAYBE_U8),
    TYPED_FIELD_VECTOR(struct root, options, TYPED_STRUCT, &MAYBE_U8),
    {"maybe", TYPED_U8, TYPED_PLAIN, TYPED_MAYBE, TYPED_AT(struct root, maybe),
     offsetof(struct root, has_maybe), NULL},
    {"lacking", TYPED_U8, TYPED_VECTOR, TYPED_MAYBE, TYPED_AT(struct root, lacking),
     offsetof(struct root, has_lacking), NULL},
    TYPED_FIELD_VECTOR(struct root, empty, TYPED_U16, NULL),
};
static const struct typed_struct ROOT_STRUCT = TYPED_STRUCT_OF("Root", struct root, ROOT_FIELDS);

static const char root_hex[] =
    "01"                                                               /* flag */
    "fe"                                                               /* a */
    "0105000000"                                                       /* skip_enum */
    "00"                                                               /* skip_no_u32 */
    "ffff"                                                             /* skip_behind */
    "cdab"                                                             /* b */
    "efcdab89"                                                         /* c */
    "010001000100"                                                     /* skip_fixed */
    ""                                                                 /* skip_unit */
    "071c736b6970706564"                                               /* skip_inner */
    "1032547698badcfe"                                                 /* d */
    "887766554433221100ffeeddccbbaa99"                                 /* e */
    "fe"                                                               /* f */
    "d4fe"                                                             /* g */
    "90eefeff"                                                         /* h */
    "000efad5feffffff"                                                 /* i */
    "f9ffffffffffffffffffffffffffffff"                                 /* j */
    "2700000000000000000000000010"                                     /* skip_compact */
    ""                                                                 /* skip_nothing */
    "3700000000000000000000000000000000ff"                             /* skip_wide */
    "0101"                                                             /* skip_tao */
    "feff0300"                                                         /* k */
    "13ffffffffffffffff"                                               /* l */
    "3300000000000000000000000000000080"                               /* m */
    "285375626e65747a20c3bc"                                           /* name */
    "00"                                                               /* skip_none */
    "0110736f6d65"                                                     /* skip_some */
    "10636f7079"                                                       /* copied */
    "0800ff"                                                           /* blob */
    "0cc0ffee"                                                         /* blob_copied */
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" /* account */
    "0801000100"                                                       /* skip_run */
    "08047808797a"                                                     /* skip_names */
    "014d000000"                                                       /* there */
    "00"                                                               /* not_there */
    "080100ffff"                                                       /* numbers */
    "070008000900"                                                     /* triple */
    "0801020203ffff"                                                   /* pairs */
    "050472"                                                           /* inner */
    "0100"                                                             /* nested */
    "0c010b00010c"                                                     /* options */
    "2a"                                                               /* maybe */
    "00" /* empty */;

static void check_root(const struct root *root, struct substrate_bytes input) {
    ck_assert(root->flag);
    ck_assert_uint_eq(root->a, 0xfe);
    ck_assert_uint_eq(root->b, 0xabcd);
    ck_assert_uint_eq(root->c, 0x89abcdef);
    ck_assert_uint_eq(root->d, 0xfedcba9876543210);
    ck_assert_uint_eq(root->e.low, 0x1122334455667788);
    ck_assert_uint_eq(root->e.high, 0x99aabbccddeeff00);
    ck_assert_int_eq(root->f, -2);
    ck_assert_int_eq(root->g, -300);
    ck_assert_int_eq(root->h, -70000);
    ck_assert_int_eq(root->i, -5000000000);
    ck_assert_uint_eq(root->j.low, UINT64_MAX - 6);
    ck_assert_uint_eq(root->j.high, UINT64_MAX);
    ck_assert_uint_eq(root->k, 65535);
    ck_assert_uint_eq(root->l, UINT64_MAX);
    ck_assert_uint_eq(root->m.low, 0);
    ck_assert_uint_eq(root->m.high, 0x8000000000000000);
    ck_text_eq(root->name, "Subnetz \xc3\xbc");
    ck_text_eq(root->copied, "copy");
    ck_assert((const uint8_t *)root->name.data > input.data &&
              (const uint8_t *)root->name.data < input.data + input.size);
    ck_assert((const uint8_t *)root->copied.data < input.data ||
              (const uint8_t *)root->copied.data >= input.data + input.size);
    ck_hex_eq(root->blob.data, root->blob.size, "00ff");
    ck_assert(root->blob.data > input.data && root->blob.data < input.data + input.size);
    ck_hex_eq(root->blob_copied.data, root->blob_copied.size, "c0ffee");
    ck_assert(root->blob_copied.data < input.data ||
              root->blob_copied.data >= input.data + input.size);
    ck_hex_eq(root->account.bytes, 32,
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    ck_assert(root->has_there);
    ck_assert_uint_eq(root->there, 77);
    ck_assert(!root->has_not_there);
    ck_assert_uint_eq(root->not_there, 0);
    ck_assert_uint_eq(root->numbers.count, 2);
    ck_assert_uint_eq(((const uint16_t *)root->numbers.items)[0], 1);
    ck_assert_uint_eq(((const uint16_t *)root->numbers.items)[1], 65535);
    ck_assert_uint_eq(root->triple.count, 3);
    ck_assert_uint_eq(((const uint16_t *)root->triple.items)[2], 9);
    ck_assert_uint_eq(root->pairs.count, 2);
    const struct pair *pairs = root->pairs.items;
    ck_assert_uint_eq(pairs[0].first, 1);
    ck_assert_uint_eq(pairs[0].second, 0x0202);
    ck_assert_uint_eq(pairs[1].first, 3);
    ck_assert_uint_eq(pairs[1].second, 0xffff);
    ck_assert_uint_eq(root->inner.left, 5);
    ck_text_eq(root->inner.right, "r");
    ck_assert(root->has_nested && !root->nested.has);
    ck_assert_uint_eq(root->options.count, 3);
    const struct maybe_u8 *options = root->options.items;
    ck_assert(options[0].has && !options[1].has && options[2].has);
    ck_assert_uint_eq(options[0].value, 11);
    ck_assert_uint_eq(options[1].value, 0);
    ck_assert_uint_eq(options[2].value, 12);
    ck_assert(root->has_maybe);
    ck_assert_uint_eq(root->maybe, 42);
    ck_assert(!root->has_lacking);
    ck_assert_uint_eq(root->lacking.count, 0);
    ck_assert_uint_eq(root->empty.count, 0);
    ck_assert_ptr_nonnull(root->empty.items);
}

START_TEST(every_kind_and_shape) {
    struct fixture_bytes bytes = fixture_hex(base_text(root_hex));
    struct base_arena arena;
    base_arena_init(&arena, 0);
    const struct typed_program *program;
    struct root root;
    memset(&root, 0xa5, sizeof root);
    ck_assert_int_eq(compile(&made, T_ROOT, &ROOT_STRUCT, &arena, &program), SUBSTRATE_OK);
    struct substrate_error error = {0};
    ck_assert_msg(typed_read(program, fixture_view(bytes), &limits, &arena, &root, &error) ==
                      SUBSTRATE_OK,
                  "%s", error.message);
    check_root(&root, fixture_view(bytes));
    for (size_t size = 0; size < bytes.size; size++) {
        struct substrate_bytes cut = {bytes.data, size};
        ck_assert_int_eq(typed_read(program, cut, &limits, &arena, &root, &error),
                         SUBSTRATE_E_DECODE);
        ck_assert_uint_le(error.position, size);
    }
    for (size_t at = 0; at < 8 * bytes.size; at++) {
        bytes.data[at / 8] ^= (uint8_t)(1u << at % 8);
        enum substrate_status status =
            typed_read(program, fixture_view(bytes), &limits, &arena, &root, &error);
        ck_assert(status == SUBSTRATE_OK || status == SUBSTRATE_E_DECODE);
        bytes.data[at / 8] ^= (uint8_t)(1u << at % 8);
    }
    base_arena_free(&arena);
    free(bytes.data);
}
END_TEST

/* One value of a kind or a shape, described as a struct of one field without a name. */
struct one {
    union {
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        struct typed_u128 u128;
        struct substrate_text text;
        struct typed_vector vector;
    } value;
    bool has;
};

static enum substrate_status read_one(uint32_t type, struct typed_field field, const char *hex,
                                      const struct value_limits *most, struct one *one,
                                      struct substrate_error *error) {
    struct typed_struct description = {"One", &field, 1, sizeof *one};
    struct fixture_bytes bytes = fixture_hex(base_text(hex));
    struct base_arena arena;
    base_arena_init(&arena, 0);
    const struct typed_program *program;
    enum substrate_status status =
        typed_compile(&made, type, &description, &arena, &program, error);
    ck_assert_int_eq(status, SUBSTRATE_OK);
    status = typed_read(program, fixture_view(bytes), most, &arena, one, error);
    base_arena_free(&arena);
    free(bytes.data);
    return status;
}

START_TEST(integers_are_checked) {
    static const struct {
        uint32_t type;
        const char *hex;
        bool good;
        uint64_t low, high;
    } cases[] = {
        {T_COMPACT_U8, "fc", true, 63, 0},
        {T_COMPACT_U8, "fd03", true, 255, 0},
        {T_COMPACT_U8, "0104", false, 0, 0}, /* 256 */
        {T_COMPACT_U8, "fd00", false, 0, 0}, /* 63, too long */
        {T_COMPACT_U128,                     /* 2^192 */
         "57"
         "00000000000000000000000000000000000000000000000001",
         false, 0, 0},
        {T_COMPACT_U16, "fdff", true, 16383, 0},
        {T_COMPACT_U16, "02000100", true, 16384, 0},
        {T_COMPACT_U16, "feff0300", true, 65535, 0},
        {T_COMPACT_U16, "02000400", false, 0, 0}, /* 65536 */
        {T_COMPACT_U16, "feff0000", false, 0, 0}, /* 16383, too long */
        {T_COMPACT_U32, "feffffff", true, (1u << 30) - 1, 0},
        {T_COMPACT_U32, "0300000040", true, 1u << 30, 0},
        {T_COMPACT_U32, "03ffffffff", true, UINT32_MAX, 0},
        {T_COMPACT_U32, "070000000001", false, 0, 0}, /* 2^32 */
        {T_COMPACT_U32, "03ffffff3f", false, 0, 0},   /* 2^30 - 1, too long */
        {T_COMPACT_U64, "070000000001", true, UINT64_C(1) << 32, 0},
        {T_COMPACT_U64, "0b00000000000001", false, 0, 0}, /* a byte more than follows */
        {T_COMPACT_U64, "0b000000000001", true, UINT64_C(1) << 40, 0},
        {T_COMPACT_U64, "07ffffffff00", false, 0, 0}, /* 2^32 - 1, too long */
        {T_COMPACT_U64, "13ffffffffffffffff", true, UINT64_MAX, 0},
        {T_COMPACT_U64, "17000000000000000001", false, 0, 0}, /* 2^64 */
        {T_COMPACT_U128, "17000000000000000001", true, 0, 1},
        {T_COMPACT_U128, "33ffffffffffffffffffffffffffffffff", true, UINT64_MAX, UINT64_MAX},
        {T_COMPACT_U128, "330000000000000000000000000000ff00", false, 0, 0},   /* too long */
        {T_COMPACT_U128, "370000000000000000000000000000000001", false, 0, 0}, /* 2^128 */
        {T_U8, "ff", true, 255, 0},
        {T_U64, "ffffffffffffffff", true, UINT64_MAX, 0},
        {T_TAO, "0100000000000080", true, 0x8000000000000001, 0},
    };
    static const struct typed_field wide = {NULL, TYPED_U128, TYPED_PLAIN,  0,
                                            0,    16,         TYPED_ALWAYS, NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct one one;
        struct substrate_error error = {0};
        enum substrate_status status =
            read_one(cases[i].type, wide, cases[i].hex, &limits, &one, &error);
        ck_assert_msg(status == (cases[i].good ? SUBSTRATE_OK : SUBSTRATE_E_DECODE), "%s",
                      cases[i].hex);
        if (cases[i].good) {
            ck_assert_uint_eq(one.value.u128.low, cases[i].low);
            ck_assert_uint_eq(one.value.u128.high, cases[i].high);
        }
    }
}
END_TEST

START_TEST(other_values_are_checked) {
    static const struct {
        uint32_t type;
        enum typed_kind kind;
        enum typed_shape shape;
        size_t size;
        const char *hex, *complaint;
        size_t position;
    } cases[] = {
        {T_BOOL, TYPED_BOOL, TYPED_PLAIN, sizeof(bool), "02", "0 or 1", 0},
        {T_OPTION_U8, TYPED_U8, TYPED_OPTION, 1, "0205", "0 or 1", 0},
        {T_STR, TYPED_TEXT, TYPED_PLAIN, sizeof(struct substrate_text), "08c328", "UTF-8", 0},
        {T_STR, TYPED_TEXT, TYPED_PLAIN, sizeof(struct substrate_text), "0ced9fc3", "UTF-8", 0},
        {T_STR, TYPED_TEXT, TYPED_PLAIN, sizeof(struct substrate_text), "feffffff", "cut off", 0},
        {T_NUMBERS, TYPED_U16, TYPED_VECTOR, sizeof(struct typed_vector), "080100ff", "cut off", 0},
        {T_NUMBERS, TYPED_U16, TYPED_VECTOR, sizeof(struct typed_vector), "070000000001", "compact",
         0},
        {T_NUMBERS, TYPED_U16, TYPED_VECTOR, sizeof(struct typed_vector), "00ff", "left over", 1},
        /* 2^30 - 1 in the long form, with bytes behind it as in the middle of a value. */
        {T_COMPACT_U64, TYPED_U64, TYPED_PLAIN, 8, "03ffffff3f0000000000000000", "no compact", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct typed_field field = {
            NULL, cases[i].kind, cases[i].shape, 0, 0, cases[i].size, offsetof(struct one, has),
            NULL};
        struct one one;
        struct substrate_error error = {0};
        ck_assert_int_eq(read_one(cases[i].type, field, cases[i].hex, &limits, &one, &error),
                         SUBSTRATE_E_DECODE);
        ck_assert_msg(strstr(error.message, cases[i].complaint) != NULL, "%s", error.message);
        ck_assert_ptr_nonnull(strstr(error.message, "One"));
        ck_assert_uint_eq(error.position, cases[i].position);
    }
}
END_TEST

/* A billion elements of no bytes, and more memory than allowed, before any of it is taken. */
START_TEST(limits_are_kept) {
    static const struct typed_field nothing[] = {
        {"x", TYPED_U8, TYPED_PLAIN, TYPED_MAYBE, 0, 1, 1, NULL}};
    static const struct typed_struct unit = {"Unit", nothing, 1, 2};
    struct typed_field units = {
        NULL, TYPED_STRUCT, TYPED_VECTOR, 0, 0, sizeof(struct typed_vector), TYPED_ALWAYS, &unit};
    struct typed_field numbers = {
        NULL, TYPED_U16, TYPED_VECTOR, 0, 0, sizeof(struct typed_vector), TYPED_ALWAYS, NULL};
    struct value_limits few = {128, 3, 8};
    struct one one;
    struct substrate_error error = {0};
    ck_assert_int_eq(read_one(T_UNITS, units, "feffffff", &limits, &one, &error),
                     SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(read_one(T_UNITS, units, "0c", &limits, &one, &error), SUBSTRATE_OK);
    ck_assert_uint_eq(one.value.vector.count, 3);
    ck_assert_int_eq(read_one(T_NUMBERS, numbers, "0c010002000300", &few, &one, &error),
                     SUBSTRATE_OK);
    ck_assert_int_eq(read_one(T_NUMBERS, numbers, "100100020003000400", &few, &one, &error),
                     SUBSTRATE_E_LIMIT);
    few.bytes_max = 6;
    ck_assert_int_eq(read_one(T_NUMBERS, numbers, "0c010002000300", &few, &one, &error),
                     SUBSTRATE_OK);
    few.bytes_max = 5;
    ck_assert_int_eq(read_one(T_NUMBERS, numbers, "0c010002000300", &few, &one, &error),
                     SUBSTRATE_E_LIMIT);
    /* A billion that cannot be there are no question of limits. */
    struct typed_field options = numbers;
    options.kind = TYPED_STRUCT;
    options.of = &MAYBE_U8;
    ck_assert_int_eq(read_one(T_NUMBERS, numbers, "feffffff0100", &limits, &one, &error),
                     SUBSTRATE_E_DECODE);
    ck_assert_int_eq(read_one(T_OPTIONS, options, "feffffff0000", &limits, &one, &error),
                     SUBSTRATE_E_DECODE);
}
END_TEST

static enum substrate_status read_root(uint32_t nodes_max, size_t bytes_max) {
    const struct value_limits most = {128, nodes_max, bytes_max};
    struct fixture_bytes bytes = fixture_hex(base_text(root_hex));
    struct base_arena arena;
    const struct typed_program *program;
    struct root root;
    base_arena_init(&arena, 0);
    ck_assert_int_eq(compile(&made, T_ROOT, &ROOT_STRUCT, &arena, &program), SUBSTRATE_OK);
    enum substrate_status status =
        typed_read(program, fixture_view(bytes), &most, &arena, &root, NULL);
    base_arena_free(&arena);
    free(bytes.data);
    return status;
}

/* A value's vectors count together: numbers, triple, pairs and options; and two copies. */
START_TEST(limits_are_those_of_the_whole) {
    const uint32_t nodes = 2 + 3 + 2 + 3;
    const size_t size =
        (2 + 3) * sizeof(uint16_t) + 2 * sizeof(struct pair) + 3 * sizeof(struct maybe_u8) + 4 + 3;
    ck_assert_int_eq(read_root(nodes, size), SUBSTRATE_OK);
    ck_assert_int_eq(read_root(nodes - 1, size), SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(read_root(nodes, size - 1), SUBSTRATE_E_LIMIT);
}
END_TEST

static const struct typed_struct recursive;
static const struct typed_field recursive_field = {
    NULL, TYPED_STRUCT, TYPED_PLAIN, 0, 0, sizeof(struct one), TYPED_ALWAYS, &recursive};
static const struct typed_struct recursive = {"Recursive", &recursive_field, 1, sizeof(struct one)};

static const struct typed_field both[] = {
    {NULL, TYPED_U8, TYPED_PLAIN, 0, 0, 1, TYPED_ALWAYS, NULL},
    {NULL, TYPED_U8, TYPED_PLAIN, 0, 1, 1, TYPED_ALWAYS, NULL},
    {NULL, TYPED_U8, TYPED_PLAIN, 0, 2, 1, TYPED_ALWAYS, NULL}};
static const struct typed_struct three = {"Three", both, 3, 3};
static const struct typed_struct two = {"Two", both, 2, 2};
const struct {
    uint32_t type;
    struct typed_field field;
    enum substrate_status status;
    const char *complaint;
} misfits[] = {
#define PLAIN(name, kind, size) \
    { (name), (kind), TYPED_PLAIN, 0, 0, (size), TYPED_ALWAYS, NULL }
    {T_U16, PLAIN(NULL, TYPED_U8, 1), SUBSTRATE_E_DECODE, "has u16, the program reads u8"},
    {T_COMPACT_U64, PLAIN(NULL, TYPED_U32, 4), SUBSTRATE_E_DECODE, "Compact<u64>"},
    {T_COMPACT_TAO, PLAIN(NULL, TYPED_U32, 4), SUBSTRATE_E_DECODE, "reads u32"},
    {T_U256, PLAIN(NULL, TYPED_U128, 16), SUBSTRATE_E_DECODE, "has u256"},
    {T_I32, PLAIN(NULL, TYPED_U32, 4), SUBSTRATE_E_DECODE, "has i32"},
    {T_ARRAY_20, PLAIN(NULL, TYPED_ACCOUNT, 32), SUBSTRATE_E_DECODE, "has [u8; 20]"},
    {T_U32, PLAIN(NULL, TYPED_I32, 4), SUBSTRATE_E_DECODE, "has u32"},
    {T_I16, PLAIN(NULL, TYPED_I32, 4), SUBSTRATE_E_DECODE, "has i16"},
    {T_COMPACT_U32, PLAIN(NULL, TYPED_I32, 4), SUBSTRATE_E_DECODE, "Compact<u32>"},
    {T_BOOL, PLAIN(NULL, TYPED_U8, 1), SUBSTRATE_E_DECODE, "has bool"},
    {T_U8, PLAIN(NULL, TYPED_BOOL, sizeof(bool)), SUBSTRATE_E_DECODE, "reads bool"},
    {T_BYTES, PLAIN(NULL, TYPED_ACCOUNT, 32), SUBSTRATE_E_DECODE, "an array of 32 bytes"},
    {T_TRIPLE, PLAIN(NULL, TYPED_ACCOUNT, 32), SUBSTRATE_E_DECODE, "has [u16; 3]"},
    {T_NUMBERS, PLAIN(NULL, TYPED_BYTES, 16), SUBSTRATE_E_DECODE, "has Vec<u16>"},
    {T_BYTES, PLAIN(NULL, TYPED_TEXT, 16), SUBSTRATE_E_DECODE, "reads text"},
    {T_CYCLE, PLAIN(NULL, TYPED_U8, 1), SUBSTRATE_E_LIMIT, "too deep"},
    {T_COUNT, PLAIN(NULL, TYPED_U8, 1), SUBSTRATE_E_DECODE, "no type"},
    {T_U32, {NULL, TYPED_U32, TYPED_OPTION, 0, 0, 4, 8, NULL}, SUBSTRATE_E_DECODE, "an Option"},
    {T_OPTION_U32, PLAIN(NULL, TYPED_U32, 4), SUBSTRATE_E_DECODE, "reads u32"},
    {T_U32,
     {NULL, TYPED_U32, TYPED_VECTOR, 0, 0, sizeof(struct typed_vector), TYPED_ALWAYS, NULL},
     SUBSTRATE_E_DECODE,
     "a sequence or an array"},
    {T_INNER, PLAIN("middle", TYPED_U8, 1), SUBSTRATE_E_DECODE, "One.middle"},
    {T_PAIR, PLAIN("left", TYPED_U8, 1), SUBSTRATE_E_DECODE, "One.left"},
    {T_U8, PLAIN("left", TYPED_U8, 1), SUBSTRATE_E_DECODE, "a field of a struct"},
    {T_PAIR,
     {NULL, TYPED_STRUCT, TYPED_PLAIN, 0, 0, 3, TYPED_ALWAYS, &three},
     SUBSTRATE_E_DECODE,
     "a tuple of another length"},
    {T_INNER,
     {NULL, TYPED_STRUCT, TYPED_PLAIN, 0, 0, 2, TYPED_ALWAYS, &two},
     SUBSTRATE_E_DECODE,
     "a tuple of another length"},
    {T_PAIR,
     {NULL, TYPED_STRUCT, TYPED_PLAIN, 0, 0, 2, TYPED_ALWAYS, &two},
     SUBSTRATE_E_DECODE,
     "has u16"},
    {T_U8, PLAIN(NULL, TYPED_U8, 2), SUBSTRATE_E_ARGUMENT, "another size"},
    {T_U8, PLAIN(NULL, TYPED_STRUCT, 2), SUBSTRATE_E_ARGUMENT, "of no struct"},
    {T_OPTION_U8,
     {NULL, TYPED_U8, TYPED_OPTION, 0, 0, 1, TYPED_ALWAYS, NULL},
     SUBSTRATE_E_ARGUMENT,
     "no `present`"},
    {T_INNER,
     {"middle", TYPED_U8, TYPED_PLAIN, TYPED_MAYBE, 0, 1, TYPED_ALWAYS, NULL},
     SUBSTRATE_E_ARGUMENT,
     "no `present`"},
    {T_U8,
     {NULL, TYPED_STRUCT, TYPED_PLAIN, 0, 0, sizeof(struct one), TYPED_ALWAYS, &recursive},
     SUBSTRATE_E_LIMIT,
     "too deep"},
};

START_TEST(what_does_not_compile) {
    for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        struct typed_struct description = {"One", &misfits[i].field, 1, sizeof(struct one)};
        struct substrate_error error = {0};
        struct base_arena arena;
        base_arena_init(&arena, 0);
        const struct typed_program *program = NULL;
        enum substrate_status status =
            typed_compile(&made, misfits[i].type, &description, &arena, &program, &error);
        ck_assert_msg(status == misfits[i].status, "%zu: %d %s", i, (int)status, error.message);
        ck_assert_msg(strstr(error.message, misfits[i].complaint) != NULL, "%zu: %s", i,
                      error.message);
        ck_assert_int_eq(
            typed_compile(&made, misfits[i].type, &description, &arena, &program, NULL), status);
        ck_assert_ptr_null(program);
        base_arena_free(&arena);
    }
}
END_TEST

static bool compile_and_read(void) {
    struct fixture_bytes bytes = fixture_hex(base_text(root_hex));
    struct base_arena arena;
    base_arena_init(&arena, 64);
    const struct typed_program *program;
    struct root root;
    bool good = compile(&made, T_ROOT, &ROOT_STRUCT, &arena, &program) == SUBSTRATE_OK;
    if (good) {
        enum substrate_status status =
            typed_read(program, fixture_view(bytes), &limits, &arena, &root, NULL);
        ck_assert(status == SUBSTRATE_OK || status == SUBSTRATE_E_MEMORY);
        good = status == SUBSTRATE_OK;
    }
    if (good) {
        check_root(&root, fixture_view(bytes));
    }
    base_arena_free(&arena);
    free(bytes.data);
    return good;
}

START_TEST(out_of_memory) { client_fail_each(compile_and_read); }
END_TEST

CHECK_MAIN("codec_typed", every_kind_and_shape, integers_are_checked, other_values_are_checked,
           limits_are_kept, limits_are_those_of_the_whole, what_does_not_compile, out_of_memory)
