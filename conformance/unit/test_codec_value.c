/* From SCALE to canonical JSON and back by the vectors; hostile bytes, limits, the names of types,
 * failing allocations, and the public functions around it all. */
#include "client_support.h"
#include "codec_vectors.h"

#include <stdio.h>
#include <substrate/scale.h>
#include <substrate/ss58.h>

START_TEST(test_value_vectors) {
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        const struct vector *vector = &VECTORS[i];
        struct input input = from_hex(vector->hex);
        struct base_buf json = BASE_BUF_INIT;
        struct base_buf bytes = BASE_BUF_INIT;
        struct substrate_error error = {0};
        base_buf_str(&json, "before");
        enum substrate_status status = value_read_all(
            &CODEC_METADATA, vector->type, (struct substrate_bytes){input.data, input.size},
            &LIMITS, &json, &error);
        ck_assert_msg(status == SUBSTRATE_OK, "%s: %s", vector->hex, error.message);
        ck_assert_mem_eq(json.data, "before", 6);
        ck_text_eq(((struct substrate_text){json.data + 6, json.size - 6}), vector->json);
        base_buf_str(&bytes, "before");
        status = value_write(&CODEC_METADATA, vector->type, parse(base_text(vector->json)), &LIMITS,
                             &bytes, &error);
        ck_assert_msg(status == SUBSTRATE_OK, "%s: %s", vector->json, error.message);
        ck_assert_mem_eq(bytes.data, "before", 6);
        ck_hex_eq(bytes.data + 6, bytes.size - 6, vector->hex);
        base_buf_free(&json);
        base_buf_free(&bytes);
    }
}
END_TEST

/* value_read and value_skip stop just behind the value, wherever in the bytes it starts. */
START_TEST(test_value_cursor) {
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct input input = from_hex(VECTORS[i].hex);
        uint8_t data[BYTES_MAX + 4];
        struct base_buf json = BASE_BUF_INIT;
        memset(data, 0xee, sizeof data);
        memcpy(data + 3, input.data, input.size);
        struct scale_reader reader = {data, input.size + 4, 3};
        ck_assert_int_eq(
            value_read(&CODEC_METADATA, VECTORS[i].type, &reader, &LIMITS, &json, NULL),
            SUBSTRATE_OK);
        ck_assert_uint_eq(reader.at, input.size + 3);
        ck_text_eq(base_buf_view(&json), VECTORS[i].json);
        reader.at = 3;
        ck_assert_int_eq(value_skip(&CODEC_METADATA, VECTORS[i].type, &reader, &LIMITS, NULL),
                         SUBSTRATE_OK);
        ck_assert_uint_eq(reader.at, input.size + 3);
        base_buf_free(&json);
    }
}
END_TEST

/* Reads hostile bytes: the outcome is OK or one of `allowed`, skipping ends the same way, an error
 * leaves the buffer alone, and what was read is written again to the same bytes. */
static enum substrate_status read_hostile(uint32_t type, const uint8_t *data, size_t size,
                                          const struct value_limits *limits) {
    struct substrate_bytes bytes = exact(data, size);
    struct base_buf json = BASE_BUF_INIT;
    struct base_buf back = BASE_BUF_INIT;
    struct substrate_error error = {0};
    struct scale_reader reader = scale_reader(bytes);
    enum substrate_status status =
        value_read(&CODEC_METADATA, type, &reader, limits, &json, &error);
    struct scale_reader skipped = scale_reader(bytes);
    ck_assert_int_eq(value_skip(&CODEC_METADATA, type, &skipped, limits, NULL), status);
    ck_assert_uint_eq(skipped.at, reader.at);
    ck_assert_uint_le(reader.at, size);
    if (status == SUBSTRATE_OK) {
        enum substrate_status written =
            value_write(&CODEC_METADATA, type, parse(base_buf_view(&json)), &LIMITS, &back, &error);
        ck_assert_msg(written == SUBSTRATE_OK, "%s", error.message);
        ck_assert_uint_eq(back.size, reader.at);
        ck_assert(back.size == 0 || memcmp(back.data, bytes.data, back.size) == 0);
    } else {
        ck_assert(status == SUBSTRATE_E_DECODE || status == SUBSTRATE_E_LIMIT);
        ck_assert_int_eq(error.status, status);
        ck_assert_uint_eq(error.position, reader.at);
        ck_assert_uint_gt(strlen(error.message), 0);
        ck_assert_ptr_null(strchr(error.message, '\n'));
        ck_assert_uint_eq(json.size, 0);
    }
    base_buf_free(&json);
    base_buf_free(&back);
    release(bytes);
    return status;
}

START_TEST(test_value_truncated) {
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct input input = from_hex(VECTORS[i].hex);
        for (size_t size = 0; size < input.size; size++) {
            ck_assert_int_eq(read_hostile(VECTORS[i].type, input.data, size, &LIMITS),
                             SUBSTRATE_E_DECODE);
        }
    }
}
END_TEST

START_TEST(test_value_changed_bytes) {
    const struct value_limits limits = {40, 1000, 1 << 20};
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct input input = from_hex(VECTORS[i].hex);
        bool again = i > 0 && VECTORS[i - 1].type == VECTORS[i].type;
        for (size_t at = 0; at < input.size; at++) {
            const uint8_t kept = input.data[at];
            /* Each bit of it; and all values of what may be a length or an index. */
            for (unsigned change = 1; change < 256; change += at == 0 && !again ? 1 : change) {
                input.data[at] = (uint8_t)(kept ^ change);
                (void)read_hostile(VECTORS[i].type, input.data, input.size, &limits);
            }
            input.data[at] = kept;
        }
    }
}
END_TEST

/* Every type reads the bytes of every vector: within the limits, and as what it is. */
START_TEST(test_value_wrong_type) {
    const struct value_limits limits = {40, 1000, 1 << 20};
    for (uint32_t type = 0; type < T_COUNT; type++) {
        for (size_t i = 0; i < VECTOR_COUNT; i += 3) {
            struct input input = from_hex(VECTORS[i].hex);
            (void)read_hostile(type, input.data, input.size, &limits);
        }
    }
}
END_TEST

struct bad_bytes {
    uint32_t type;
    const char *hex;
    size_t position;
    const char *message;
};

static const struct bad_bytes BAD_BYTES[] = {
    {T_BOOL, "02", 0, "value: bool: 2 is neither 0 nor 1"},
    {T_BOOL, "0100", 1, "1 byte is left over behind the value"},
    {T_UNIT, "00", 0, "1 byte is left over behind the value"},
    {T_U128, "0000000000000000000000000000ff", 0, "value: u128: the bytes end inside it"},
    {T_CHAR, "00d80000", 0, "value: char: 0xd800 is no character"},
    {T_CHAR, "00001100", 0, "value: char: 0x110000 is no character"},
    {T_STR, "0c61ff62", 2, "value: str: byte 1 of the text is not UTF-8"},
    {T_STR, "08c0af", 1, "value: str: byte 0 of the text is not UTF-8"},
    {T_STR, "08e4b8", 1, "value: str: byte 0 of the text is not UTF-8"},
    {T_STR, "0ceda080", 1, "value: str: byte 0 of the text is not UTF-8"},
    {T_STR, "0861", 1, "value: str: 2 items are claimed, 1 byte is left"},
    {T_BYTES, "feffffff00", 4, "value: Vec<u8>: 1073741823 items are claimed, 1 byte is left"},
    {T_BYTES_4, "deadbe", 0, "value: [u8; 4]: the bytes end inside it"},
    {T_VEC_U16, "13ffffffffffffffff00", 9,
     "value: Vec<u16>: 18446744073709551615 items are claimed, 1 byte is left"},
    {T_ARRAY_U16_3, "0100020003", 0, "value: [u16; 3]: the bytes end inside it"},
    {T_VEC_STR, "0c04610861", 4, "[1]: str: 2 items are claimed, 1 byte is left"},
    /* Compact integers in a longer form than they need, and of too many bits. */
    {T_COMPACT_U32, "0100", 0,
     "value: Compact<u32>: cut off, too great, or not in the shortest form"},
    {T_COMPACT_U32, "fd00", 0,
     "value: Compact<u32>: cut off, too great, or not in the shortest form"},
    {T_COMPACT_U32, "02000000", 0, NULL},
    {T_COMPACT_U32, "feff0000", 0, NULL},
    {T_COMPACT_U32, "03ffffff3f", 0, NULL},
    {T_COMPACT_U64, "0700000000", 0, NULL},
    {T_COMPACT_U64, "07ffffffff00", 0, NULL},
    {T_COMPACT_U64, "13ffffffffffffff00", 0, NULL},
    {T_COMPACT_U64, "17000000000000000001", 0, NULL},
    {T_COMPACT_U128, "17ffffffffffffffff00", 0, NULL},
    {T_COMPACT_U128, "03ffffff3f", 0, NULL},
    {T_COMPACT_U128, "fd00", 0, NULL},
    {T_COMPACT_U256, "77" ZERO8 ZERO8 ZERO8 ZERO8 "01", 0, NULL},
    {T_COMPACT_U8, "0104", 0, "value: Compact<u8>: too great"},
    {T_COMPACT_U16, "02000400", 0, "value: Compact<u16>: too great"},
    {T_COMPACT_U32, "070000000001", 0, "value: Compact<u32>: too great"},
    {T_COMPACT_U128, "37" ZERO8 ZERO8 "01", 0, "value: Compact<u128>: too great"},
    {T_COMPACT_BOOL, "00", 0, "value: Compact<bool>: its type has no compact form"},
    {T_COMPACT_PAIR, "0000", 0, NULL},
    {T_BYTES, "0100", 0, NULL},
    /* Variants. */
    {T_ENUM, "00", 0, "value: enum: it has no variant 0"},
    {T_RESULT, "02", 0, "value: Result<u8, bool>: it has no variant 2"},
    {T_RESULT, "0102", 1, ".value[0]: bool: 2 is neither 0 nor 1"},
    {T_NEVER, "00", 0, "value: enum: it has no variant 0"},
    {T_OPTION_U8, "02", 0, "value: Option<u8>: it has no variant 2"},
    {T_OPTION_U8, "01", 1, "value: u8: the bytes end inside it"},
    {T_OPTION_OPTION_BOOL, "010102", 2, ".value: bool: 2 is neither 0 nor 1"},
    {T_OPTION_OPTION_BOOL, "0102", 1, ".value: Option<bool>: it has no variant 2"},
    /* Bits that nobody asked for. */
    {T_BITS_8_LSB, "101d", 2, "value: BitVec<u8, Lsb0>: a bit behind its 4 bits is set"},
    {T_BITS_8_MSB, "10b8", 2, "value: BitVec<u8, Msb0>: a bit behind its 4 bits is set"},
    {T_BITS_16_MSB, "284180", 3, "value: BitVec<u16, Msb0>: a bit behind its 10 bits is set"},
    {T_BITS_32_LSB, "8400000000010000", 1, "value: BitVec<u32, Lsb0>: the bytes end inside it"},
    {T_BITS_64_MSB, "13ffffffffffffffff00", 9, NULL},
    /* Places. */
    {T_INFO,
     "07000000"
     "00e40b5402000000",
     4, ".data.free: u128: the bytes end inside it"},
    {T_NEURONS,
     "08000005"
     "0405",
     5, "[1].axon_info: Result<u8, bool>: it has no variant 5"},
    {T_TREE, "0404", 2, NULL},
    {T_HOSTILE, "", 0, ".a\" \xc3\xa9: u8: the bytes end inside it"},
    {T_BAD_FIXED, ZERO8, 0, "value: U-1F65: 64 bits, 65 of them a fraction, are no number"},
    {T_DANGLING, "0700", 1, NULL},
};

START_TEST(test_value_bad_bytes) {
    for (size_t i = 0; i < sizeof BAD_BYTES / sizeof *BAD_BYTES; i++) {
        const struct bad_bytes *bad = &BAD_BYTES[i];
        struct input input = from_hex(bad->hex);
        struct substrate_bytes bytes = exact(input.data, input.size);
        struct base_buf json = BASE_BUF_INIT;
        struct substrate_error error = {0};
        base_buf_str(&json, "[");
        ck_assert_msg(value_read_all(&CODEC_METADATA, bad->type, bytes, &LIMITS, &json, &error) ==
                          SUBSTRATE_E_DECODE,
                      "%s is read", bad->hex);
        ck_text_eq(base_buf_view(&json), "[");
        if (bad->message != NULL) {
            ck_assert_str_eq(error.message, bad->message);
        }
        ck_assert_msg(error.position == bad->position, "%s: position %zu", bad->hex,
                      error.position);
        base_buf_free(&json);
        release(bytes);
    }
}
END_TEST

static void reads_to(uint32_t type, const char *hex, struct value_limits limits,
                     enum substrate_status expected, const char *message) {
    struct input input = from_hex(hex);
    struct base_buf json = BASE_BUF_INIT;
    struct substrate_error error = {0};
    enum substrate_status status =
        value_read_all(&CODEC_METADATA, type, (struct substrate_bytes){input.data, input.size},
                       &limits, &json, &error);
    ck_assert_msg(status == expected, "%s: %d %s", hex, (int)status, error.message);
    if (message != NULL) {
        ck_assert_str_eq(error.message, message);
    }
    /* No more is reserved than what was read asks for, whatever was claimed. */
    ck_assert_uint_lt(json.capacity, 100000);
    base_buf_free(&json);
}

START_TEST(test_value_read_limits) {
    /* A struct, its vector, the struct in it, and the vector of that one: four deep. */
    reads_to(T_TREE, "0400", (struct value_limits){4, 100, 100}, SUBSTRATE_OK, NULL);
    reads_to(T_TREE, "0400", (struct value_limits){3, 100, 100}, SUBSTRATE_E_LIMIT,
             ".children[0].children: Vec<{children: Vec<{children: Vec<{children: Vec<{children: "
             "\xe2\x80\xa6}>}>}>}>: types are nested more than 3 deep");
    reads_to(T_LOOP, "", LIMITS, SUBSTRATE_E_LIMIT, NULL);
    reads_to(T_BRANCHING, "", LIMITS, SUBSTRATE_E_LIMIT, NULL);
    reads_to(T_COMPACT_BALANCE, "0101", (struct value_limits){4, 100, 100}, SUBSTRATE_OK, NULL);
    reads_to(T_COMPACT_BALANCE, "0101", (struct value_limits){2, 100, 100}, SUBSTRATE_E_LIMIT,
             NULL);
    /* A vector and its five items are six values; an Option and what is in it are two. */
    reads_to(T_VEC_UNIT, "14", (struct value_limits){8, 6, 100}, SUBSTRATE_OK, NULL);
    reads_to(T_VEC_UNIT, "14", (struct value_limits){8, 5, 100}, SUBSTRATE_E_LIMIT, NULL);
    reads_to(T_VEC_U16, "080a000b00", (struct value_limits){8, 3, 100}, SUBSTRATE_OK, NULL);
    reads_to(T_VEC_U16, "080a000b00", (struct value_limits){8, 2, 100}, SUBSTRATE_E_LIMIT,
             "[1]: u16: more than 2 values");
    reads_to(T_OPTION_U8, "0107", (struct value_limits){8, 2, 100}, SUBSTRATE_OK, NULL);
    reads_to(T_OPTION_U8, "0107", (struct value_limits){8, 1, 100}, SUBSTRATE_E_LIMIT, NULL);
    reads_to(T_U8, "07", (struct value_limits){8, 0, 100}, SUBSTRATE_E_LIMIT, NULL);
    /* A billion values in five bytes, and four of them in none. */
    reads_to(T_VEC_UNIT, "0300000040", LIMITS, SUBSTRATE_E_LIMIT, NULL);
    reads_to(T_VEC_EMPTY, "0300000040", LIMITS, SUBSTRATE_E_LIMIT, NULL);
    reads_to(T_VEC_UNIT, "13ffffffffffffffff", LIMITS, SUBSTRATE_E_LIMIT, NULL);
    reads_to(T_ARRAY_UNIT, "", LIMITS, SUBSTRATE_E_LIMIT, NULL);
    /* A billion values that are not there are bad bytes, though. */
    reads_to(T_VEC_U16, "0300000040", LIMITS, SUBSTRATE_E_DECODE, NULL);
    reads_to(T_VEC_STR, "030000004000", LIMITS, SUBSTRATE_E_DECODE, NULL);
    reads_to(T_BITS_64_MSB, "0300000040", LIMITS, SUBSTRATE_E_DECODE, NULL);
}
END_TEST

/* One byte less than the text has, for texts that are written in every way. */
START_TEST(test_value_read_bytes_max) {
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        size_t size = strlen(VECTORS[i].json);
        reads_to(VECTORS[i].type, VECTORS[i].hex, (struct value_limits){64, 1000, size},
                 SUBSTRATE_OK, NULL);
        reads_to(VECTORS[i].type, VECTORS[i].hex, (struct value_limits){64, 1000, size - 1},
                 SUBSTRATE_E_LIMIT, NULL);
    }
    /* Text far beyond the limit is not made first. */
    static uint8_t data[200004] = {0x02, 0x35, 0x0c, 0x00}; /* 200,000 bytes follow */
    const struct value_limits limits = {8, 1000000, 1000};
    const uint32_t types[] = {T_BYTES, T_VEC_COMPACT, T_BITS_8_LSB};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct base_buf json = BASE_BUF_INIT;
        struct scale_reader reader = {data, sizeof data, 0};
        ck_assert_int_eq(value_read(&CODEC_METADATA, types[i], &reader, &limits, &json, NULL),
                         SUBSTRATE_E_LIMIT);
        ck_assert_uint_lt(json.capacity, 10000);
        base_buf_free(&json);
    }
}
END_TEST

/* A path that is longer than a message has room for keeps its inner end. */
START_TEST(test_value_long_path) {
    struct base_buf bytes = BASE_BUF_INIT;
    struct base_buf json = BASE_BUF_INIT;
    struct substrate_error error = {0};
    for (int i = 0; i < 40; i++) {
        base_buf_char(&bytes, 4); /* one child */
    }
    ck_assert_int_eq(value_read_all(&CODEC_METADATA, T_TREE,
                                    (struct substrate_bytes){(uint8_t *)bytes.data, bytes.size},
                                    &LIMITS, &json, &error),
                     SUBSTRATE_E_DECODE);
    ck_assert_msg(strncmp(error.message, "\xe2\x80\xa6", 3) == 0, "%s", error.message);
    ck_assert_ptr_nonnull(strstr(error.message, "[0].children[0].children: Vec<"));
    base_buf_free(&bytes);
    base_buf_free(&json);
}
END_TEST

START_TEST(test_value_names) {
    static const struct {
        uint32_t type;
        const char *name;
    } NAMES[] = {
        {T_BOOL, "bool"},
        {T_I256, "i256"},
        {T_VEC_U16, "Vec<u16>"},
        {T_ARRAY_U16_3, "[u16; 3]"},
        {T_BYTES_4, "[u8; 4]"},
        {T_UNIT, "()"},
        {T_SINGLE, "(u8,)"},
        {T_PAIR, "(Compact<u32>, bool)"},
        {T_ACCOUNT, "AccountId32"},
        {T_H256, "H256"},
        {T_RESULT, "Result<u8, bool>"},
        {T_OPTION_U8, "Option<u8>"},
        {T_OPTION_OPTION_BOOL, "Option<Option<bool>>"},
        {T_BITS_16_MSB, "BitVec<u16, Msb0>"},
        {T_U64F64, "U64F64"},
        {T_I96F32, "I96F32"},
        {T_BALANCE, "{planck: (u32,)}"},
        {T_COUNT, NULL},
        {T_TREES,
         "Vec<{children: Vec<{children: Vec<{children: Vec<{children: \xe2\x80\xa6}>}>}>}>"},
        {T_DANGLING, NULL},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        struct base_buf name = BASE_BUF_INIT;
        base_buf_str(&name, "a ");
        type_write_name(&CODEC_METADATA, NAMES[i].type, &name);
        char expected[128];
        (void)snprintf(expected, sizeof expected, "a %s",
                       NAMES[i].name == NULL ? "" : NAMES[i].name);
        if (NAMES[i].name == NULL) {
            ck_assert(base_text_starts(base_buf_view(&name), expected));
        } else {
            ck_text_eq(base_buf_view(&name), expected);
        }
        base_buf_free(&name);
    }
    /* Nine of nine of nine …: cut long before they are all written. */
    struct base_buf name = BASE_BUF_INIT;
    type_write_name(&CODEC_METADATA, T_BRANCHING, &name);
    ck_assert_uint_lt(name.size, 2000);
    base_buf_free(&name);
}
END_TEST

static bool memory_scenario(void) {
    bool all = true;
    for (size_t i = 0; i < VECTOR_COUNT; i += 2) {
        struct input input = from_hex(VECTORS[i].hex);
        struct base_buf json = BASE_BUF_INIT;
        struct base_buf bytes = BASE_BUF_INIT;
        struct substrate_error error = {0};
        enum substrate_status read = value_read_all(
            &CODEC_METADATA, VECTORS[i].type, (struct substrate_bytes){input.data, input.size},
            &LIMITS, &json, &error);
        enum substrate_status written =
            value_write(&CODEC_METADATA, VECTORS[i].type, parse(base_text(VECTORS[i].json)),
                        &LIMITS, &bytes, &error);
        ck_assert(read == SUBSTRATE_OK || read == SUBSTRATE_E_MEMORY);
        ck_assert(written == SUBSTRATE_OK || written == SUBSTRATE_E_MEMORY);
        ck_assert(read == SUBSTRATE_OK || json.size == 0);
        ck_assert(written == SUBSTRATE_OK || bytes.size == 0);
        all = all && read == SUBSTRATE_OK && written == SUBSTRATE_OK;
        base_buf_free(&json);
        base_buf_free(&bytes);
    }
    return all;
}

/* Texts that grow the buffer, strings and names with escapes, and bad values whose message asks for
 * the name of a type. */
static bool public_scenario(void) {
    static uint8_t numbers[2004] = {0x41, 0x1f}; /* 2,000 compact zeros follow */
    struct substrate_output json = SUBSTRATE_OUTPUT_INIT;
    struct substrate_output bytes = SUBSTRATE_OUTPUT_INIT;
    struct substrate_output name = SUBSTRATE_OUTPUT_INIT;
    struct substrate_error error;
    enum substrate_status bad = substrate_encode(
        &CODEC_METADATA, T_BALANCE, BASE_TEXT("{\"pl\\u0061nck\":[1,2]}"), NULL, &bytes, &error);
    ck_assert(bad == SUBSTRATE_E_DECODE || bad == SUBSTRATE_E_MEMORY);
    const enum substrate_status all[] = {
        substrate_decode(&CODEC_METADATA, T_VEC_COMPACT, (struct substrate_bytes){numbers, 2002},
                         NULL, &json, &error),
        substrate_encode(&CODEC_METADATA, T_HOSTILE, BASE_TEXT("{\"a\\\"\\n\\u00e9\":1}"), NULL,
                         &bytes, &error),
        substrate_encode(&CODEC_METADATA, T_STR, BASE_TEXT("\"\\n\""), NULL, &bytes, &error),
        substrate_type_name(&CODEC_METADATA, T_NEURONS, &name)};
    bool succeeded = bad == SUBSTRATE_E_DECODE;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ck_assert(all[i] == SUBSTRATE_OK || all[i] == SUBSTRATE_E_MEMORY);
        succeeded = succeeded && all[i] == SUBSTRATE_OK;
    }
    substrate_output_free(&json);
    substrate_output_free(&bytes);
    substrate_output_free(&name);
    return succeeded;
}

START_TEST(test_value_memory) {
    client_fail_each(memory_scenario);
    client_fail_each(public_scenario);
}
END_TEST

/* In a buffer that has room nothing is allocated, but for one block where a string is unescaped. */
START_TEST(test_value_allocates_nothing) {
    struct client_failing counting = {.fail_at = 0};
    struct substrate_allocator allocator = {client_failing_resize, &counting};
    struct base_buf json = BASE_BUF_INIT;
    struct base_buf bytes = BASE_BUF_INIT;
    substrate_allocator_set(&allocator);
    ck_assert(base_buf_reserve(&json, 8192) && base_buf_reserve(&bytes, 8192));
    const size_t before = atomic_load(&counting.made);
    size_t escaped = 0;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct input input = from_hex(VECTORS[i].hex);
        struct scale_reader reader = {input.data, input.size, 0};
        json.size = bytes.size = 0;
        ck_assert_int_eq(value_skip(&CODEC_METADATA, VECTORS[i].type, &reader, &LIMITS, NULL),
                         SUBSTRATE_OK);
        reader.at = 0;
        ck_assert_int_eq(
            value_read(&CODEC_METADATA, VECTORS[i].type, &reader, &LIMITS, &json, NULL),
            SUBSTRATE_OK);
        ck_assert_int_eq(value_write(&CODEC_METADATA, VECTORS[i].type, parse(base_buf_view(&json)),
                                     &LIMITS, &bytes, NULL),
                         SUBSTRATE_OK);
        escaped += memchr(json.data, '\\', json.size) != NULL;
        ck_assert_msg(atomic_load(&counting.made) - before <= escaped, "%s", VECTORS[i].json);
        ck_assert_uint_eq(atomic_load(&counting.alive), 2);
    }
    base_buf_free(&json);
    base_buf_free(&bytes);
    substrate_allocator_set(NULL);
}
END_TEST

START_TEST(test_value_public) {
    struct substrate_output output = SUBSTRATE_OUTPUT_INIT;
    struct substrate_error error = {0};
    struct substrate_scale_options options = SUBSTRATE_SCALE_OPTIONS_INIT;
    struct input input = from_hex("18040008000f00100017002a00");
    struct substrate_bytes bytes = {input.data, input.size};
    ck_assert_int_eq(substrate_decode(&CODEC_METADATA, T_VEC_U16, bytes, &options, &output, &error),
                     SUBSTRATE_OK);
    ck_assert_uint_eq(output.size, strlen("[4,8,15,16,23,42]"));
    ck_assert_str_eq(output.data, "[4,8,15,16,23,42]"); /* with its NUL */
    ck_assert_int_eq(substrate_encode(&CODEC_METADATA, T_VEC_U16, BASE_TEXT(" [ 4, 8 ] "), NULL,
                                      &output, &error),
                     SUBSTRATE_OK);
    ck_hex_eq(output.data, output.size, "0804000800");
    /* After an error an output is empty; the offset counts from the start of the text. */
    ck_assert_int_eq(
        substrate_encode(&CODEC_METADATA, T_VEC_U16, BASE_TEXT("  [4, x]"), NULL, &output, &error),
        SUBSTRATE_E_DECODE);
    ck_assert_uint_eq(error.position, 6);
    ck_assert_uint_eq(output.size, 0);
    ck_assert_str_eq(output.data, "");
    ck_assert_int_eq(
        substrate_encode(&CODEC_METADATA, T_VEC_U16, BASE_TEXT("  [4, -1]"), NULL, &output, &error),
        SUBSTRATE_E_DECODE);
    ck_assert_uint_eq(error.position, 6);
    ck_assert_str_eq(error.message, "[1]: u16: wants an integer in its range, not -1");
    bytes.size--;
    ck_assert_int_eq(substrate_decode(&CODEC_METADATA, T_VEC_U16, bytes, NULL, &output, &error),
                     SUBSTRATE_E_DECODE);
    ck_assert_uint_eq(error.position, 1);
    options.nodes_max = 3;
    ck_assert_int_eq(
        substrate_encode(&CODEC_METADATA, T_VEC_U16, BASE_TEXT("[1,2,3]"), &options, &output, NULL),
        SUBSTRATE_E_LIMIT);
    options.depth_max = 257;
    ck_assert_int_eq(
        substrate_encode(&CODEC_METADATA, T_VEC_U16, BASE_TEXT("[1]"), &options, &output, &error),
        SUBSTRATE_E_ARGUMENT);
    options = (struct substrate_scale_options){0};
    ck_assert_int_eq(substrate_decode(&CODEC_METADATA, T_VEC_U16, bytes, &options, &output, &error),
                     SUBSTRATE_E_ARGUMENT);
    char deep[1400];
    memset(deep, '[', 700);
    memset(deep + 700, ']', 700);
    ck_assert_int_eq(substrate_encode(&CODEC_METADATA, T_VEC_U16,
                                      (struct substrate_text){deep, sizeof deep}, NULL, &output,
                                      &error),
                     SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(substrate_type_name(&CODEC_METADATA, T_PAIR, &output), SUBSTRATE_OK);
    ck_assert_str_eq(output.data, "(Compact<u32>, bool)");
    ck_assert_int_eq(substrate_type_name(&CODEC_METADATA, T_COUNT, &output), SUBSTRATE_E_NOT_FOUND);
    ck_assert_uint_eq(output.size, 0);
    substrate_output_free(&output);
    ck_assert_ptr_null(output.data);
    substrate_output_free(&output);
    substrate_output_free(NULL);
}
END_TEST

/* An address is only as good as the chain's prefix. */
START_TEST(test_value_ss58_prefix) {
    const struct substrate_metadata polkadot = {.types = {CODEC_TYPES, T_COUNT}};
    const struct substrate_metadata reserved = {.types = {CODEC_TYPES, T_COUNT}, .ss58_prefix = 46};
    struct input input = from_hex(ALICE_HEX);
    struct base_buf json = BASE_BUF_INIT;
    struct substrate_error error = {0};
    struct substrate_bytes bytes = {input.data, input.size};
    ck_assert_int_eq(value_read_all(&polkadot, T_ACCOUNT, bytes, &LIMITS, &json, &error),
                     SUBSTRATE_OK);
    ck_text_eq(base_buf_view(&json), "\"15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5\"");
    base_buf_reset(&json);
    ck_assert_int_eq(value_read_all(&reserved, T_ACCOUNT, bytes, &LIMITS, &json, &error),
                     SUBSTRATE_E_DECODE);
    base_buf_free(&json);
}
END_TEST

/* Accounts that come again, side by side and far apart, and that differ in one byte only. */
START_TEST(test_value_many_accounts) {
    enum { COUNT = 60 };
    uint8_t bytes[1 + COUNT * 32] = {COUNT << 2};
    struct base_buf json = BASE_BUF_INIT;
    struct substrate_error error = {0};
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t *account = bytes + 1 + 32 * i;
        account[0] = (uint8_t)(i % 3 == 0 ? 7 : i % 5);
        account[15] = (uint8_t)(i % 2);
        account[31] = (uint8_t)(i / 20 % 2);
    }
    ck_assert_int_eq(value_read_all(&CODEC_METADATA, T_VEC_ACCOUNT,
                                    (struct substrate_bytes){bytes, sizeof bytes}, &LIMITS, &json,
                                    &error),
                     SUBSTRATE_OK);
    struct base_json value, address;
    struct base_json_walk walk;
    struct substrate_text key;
    ck_assert_int_eq(base_json_parse(base_buf_view(&json), 8, &value, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(base_json_length(value), COUNT);
    base_json_walk_init(&walk, value);
    for (size_t i = 0; base_json_walk_next(&walk, &key, &address); i++) {
        struct substrate_text inside = {address.raw.data + 1, address.raw.size - 2};
        struct substrate_hash account;
        uint16_t prefix = 0;
        ck_assert_int_eq(substrate_ss58_decode(inside, &account, &prefix, &error), SUBSTRATE_OK);
        ck_assert_mem_eq(account.bytes, bytes + 1 + 32 * i, 32);
        ck_assert_uint_eq(prefix, CODEC_METADATA.ss58_prefix);
    }
    base_buf_free(&json);
}
END_TEST

CHECK_MAIN("codec value", test_value_many_accounts, test_value_vectors, test_value_cursor,
           test_value_truncated, test_value_changed_bytes, test_value_wrong_type,
           test_value_bad_bytes, test_value_read_limits, test_value_read_bytes_max,
           test_value_long_path, test_value_names, test_value_memory, test_value_allocates_nothing,
           test_value_public, test_value_ss58_prefix)
