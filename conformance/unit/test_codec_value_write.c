/* From canonical JSON to SCALE: what is taken besides it, what is refused and in which words,
 * limits, and texts of which any byte may be wrong. That the vectors are written right is tested
 * with their reading. */
#include "codec_vectors.h"

/* What is taken besides canonical JSON. */
static const struct vector TAKEN[] = {
    {T_U8, "ff", "\"255\""},
    {T_I8, "80", "\"-128\""},
    {T_U8, "37", "\"\\u0035\\u0035\""},
    {T_COMPACT_U64, "0101", "\"64\""},
    {T_U128, "2a000000000000000000000000000000", "\"42\""},
    {T_U64, "0000000000002000", "9007199254740992"},
    {T_BYTES, "10deadbeef", "\"0xDEADbeef\""},
    {T_BYTES, "10deadbeef", "[222,\"173\", 190 ,239]"},
    {T_BYTES, "00", "[]"},
    {T_BYTES_4, "deadbeef", "[222,173,190,239]"},
    {T_H256, ALICE_HEX, "\"0x" ALICE_HEX "\""},
    {T_ACCOUNT, ALICE_HEX, "\"0x" ALICE_HEX "\""},
    {T_ACCOUNT, ALICE_HEX, "\"\\u0035GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\""},
    {T_INFO,
     "07000000"
     "00e40b54020000000000000000000000"
     "0000000000002000"
     "a8",
     "{ \"data\" : {\"frozen\":42, \"reserved\":\"9007199254740992\",\"free\":10000000000 },\n"
     "\"nonce\":7 }"},
    {T_INFO,
     "07000000"
     "01000000000000000000000000000000"
     "0200000000000000"
     "0c",
     "{\"n\\u006fnce\":7,\"data\":{\"reserved\":2,\"frozen\":3,\"free\":1}}"},
    {T_HOSTILE, "07", "{\"a\\u0022\\n\\u00e9\":7}"},
    {T_ENUM, "02010000000200000000000000", "{\"value\":{\"b\":2,\"a\":1},\"type\":\"\\u0043\"}"},
    {T_OPTION_UNIT, "01", "{\"value\":null,\"type\":\"Som\\u0065\"}"},
    {T_U64F64, "00000000000000800100000000000000", "\"1.500\""},
    {T_CHAR, "00f60100", "\"\\ud83d\\ude00\""},
    {T_CHAR, "fdff0000", "\"\\ufffd\""},
    {T_STR, "10efbfbd0a", "\"\xef\xbf\xbd\\n\""},
    /* What stands in a struct of one field without a name. */
    {T_PERBILL, "05000000", "5"},
    {T_PERBILL, "05000000", "\"5\""},
    {T_COMPACT_PERBILL, "14", "5"},
    {T_BALANCE, "05000000", "{\"planck\":5}"},
    {T_COMPACT_BALANCE, "0101", "{\"planck\":64}"},
    {T_BOUNDED, "10deadbeef", "\"0xdeadbeef\""},
    {T_BOUNDED, "10deadbeef", "[\"0xdeadbeef\"]"},
    {T_BOUNDED, "080102", "[[1,2]]"},
};

START_TEST(test_value_taken) {
    for (size_t i = 0; i < sizeof TAKEN / sizeof *TAKEN; i++) {
        struct base_buf bytes = BASE_BUF_INIT;
        struct substrate_error error = {0};
        enum substrate_status status =
            value_write(&CODEC_METADATA, TAKEN[i].type, parse(base_text(TAKEN[i].json)), &LIMITS,
                        &bytes, &error);
        ck_assert_msg(status == SUBSTRATE_OK, "%s: %s", TAKEN[i].json, error.message);
        ck_hex_eq(bytes.data, bytes.size, TAKEN[i].hex);
        base_buf_free(&bytes);
    }
}
END_TEST

struct bad_json {
    uint32_t type;
    const char *json;
    size_t position;
    const char *message;
};

static const struct bad_json BAD_JSON[] = {
    {T_BOOL, "1", 0, "value: bool: wants true or false, not 1"},
    {T_BOOL, "\"true\"", 0, "value: bool: wants true or false, not \"true\""},
    {T_U8, "256", 0, "value: u8: wants an integer in its range, not 256"},
    {T_U8, "-1", 0, "value: u8: wants an integer in its range, not -1"},
    {T_I8, "-129", 0, "value: i8: wants an integer in its range, not -129"},
    {T_U8, "1.0", 0, "value: u8: wants an integer, not 1.0"},
    {T_U8, "1e2", 0, "value: u8: wants an integer, not 1e2"},
    {T_U8, "\"0x10\"", 0, "value: u8: wants an integer, not \"0x10\""},
    {T_U8, "\"\"", 0, "value: u8: wants an integer, not \"\""},
    {T_U8, "true", 0, "value: u8: wants an integer, not true"},
    {T_U8, "null", 0, "value: u8: wants an integer, not null"},
    {T_U8, "[1]", 0, "value: u8: wants an integer, not [1]"},
    {T_COMPACT_U8, "256", 0, "value: Compact<u8>: wants an integer in its range, not 256"},
    {T_PERBILL, "true", 0, "value: u32: wants an integer, not true"},
    {T_PERBILL, "4294967296", 0, "value: u32: wants an integer in its range, not 4294967296"},
    {T_PERBILL, "[]", 0, "value: (u32,): wants 1 elements, not 0"},
    {T_PERBILL, "[1,2]", 0, "value: (u32,): wants 1 elements, not 2"},
    {T_PERBILL, "[[1]]", 1, "[0]: u32: wants an integer, not [1]"},
    {T_COMPACT_PERBILL, "null", 0, "value: Compact<(u32,)>: wants an integer, not null"},
    {T_BOUNDED, "[1,2]", 0, "value: (Vec<u8>,): wants 1 elements, not 2"},
    {T_SINGLE, "5", 0, "value: (u8,): wants an array, not 5"},
    {T_COMPACT_BOOL, "true", 0, "value: Compact<bool>: its type has no compact form"},
    {T_COMPACT_UNIT, "0", 0, "value: Compact<()>: wants null, not 0"},
    {T_UNIT, "[]", 0, "value: (): wants null, not []"},
    {T_EMPTY, "null", 0, "value: (): wants an array, not null"},
    {T_EMPTY, "[1]", 0, "value: (): wants 0 elements, not 1"},
    {T_CHAR, "\"ab\"", 0, "value: char: wants a string of one character, not \"ab\""},
    {T_CHAR, "\"\"", 0, "value: char: wants a string of one character, not \"\""},
    {T_CHAR, "65", 0, "value: char: wants a string of one character, not 65"},
    {T_STR, "5", 0, "value: str: wants a string, not 5"},
    /* Half of a surrogate pair is no character, so not the one that decoders put in its place. */
    {T_STR, "\"a\\ud800\"", 0,
     "value: str: wants characters, of which half a surrogate pair is none, not \"a\\ud800\""},
    {T_CHAR, "\"\\udc00\"", 0, "value: char: wants characters, of which"},
    {T_ENUM, "{\"type\":\"\\ud83d\",\"value\":null}", 8, ".type: enum: wants characters"},
    {T_BYTES, "\"deadbeef\"", 0,
     "value: Vec<u8>: wants bytes as \"0x\" and two digits of each, not \"deadbeef\""},
    {T_BYTES, "\"0xabc\"", 0, NULL},
    {T_BYTES, "\"0xgg\"", 0, NULL},
    {T_BYTES, "\"0x0xab\"", 0, NULL},
    {T_BYTES, "\"0X00\"", 0, NULL},
    {T_BYTES, "\"\"", 0, NULL},
    {T_BYTES, "{}", 0, NULL},
    {T_BYTES, "[1,256]", 3, "[1]: Vec<u8>: wants an integer in its range, not 256"},
    {T_BYTES_4, "\"0xdeadbe\"", 0, "value: [u8; 4]: wants 4 bytes, not 3"},
    {T_BYTES_4, "\"0xdeadbee\"", 0, "value: [u8; 4]: wants bytes as \"0x\" and two digits of each"},
    {T_BYTES_4, "[1,2,3,4,5]", 0, "value: [u8; 4]: wants 4 bytes, not 5"},
    {T_H256, "\"0x00\"", 0, "value: H256: wants 32 bytes, not 1"},
    {T_ACCOUNT, "\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ\"", 0,
     "value: AccountId32: no SS58 address: the checksum is wrong"},
    {T_ACCOUNT, "\"15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5\"", 0,
     "value: AccountId32: an address with prefix 0, of another network: this one has 42"},
    {T_ACCOUNT, "\"0x" ALICE_HEX "00\"", 0, NULL},
    {T_ACCOUNT, "\"0xd435\"", 0, NULL},
    {T_ACCOUNT, "7", 0, "value: AccountId32: wants an SS58 address, not 7"},
    {T_U64F64, "1.5", 0, "value: U64F64: wants a decimal number as a string, not 1.5"},
    {T_U64F64, "\"1,5\"", 0, "value: U64F64: wants a decimal number as a string, not \"1,5\""},
    {T_U64F64, "\"0.1\"", 0,
     "value: U64F64: wants a decimal number that it can hold exactly, not \"0.1\""},
    {T_U64F64, "\"-1\"", 0, "value: U64F64: wants a decimal number in its range, not \"-1\""},
    {T_BAD_FIXED, "\"1\"", 0, "value: U-1F65: 64 bits, 65 of them a fraction, are no number"},
    {T_BITS_8_LSB, "\"102\"", 0, "value: BitVec<u8, Lsb0>: wants a string of 0 and 1, not \"102\""},
    {T_BITS_8_LSB, "[1,0]", 0, NULL},
    {T_VEC_U16, "[1,2,70000]", 5, "[2]: u16: wants an integer in its range, not 70000"},
    {T_VEC_U16, "{}", 0, "value: Vec<u16>: wants an array, not {}"},
    {T_ARRAY_U16_3, "[1,2]", 0, "value: [u16; 3]: wants 3 elements, not 2"},
    {T_PAIR, "[1]", 0, "value: (Compact<u32>, bool): wants 2 elements, not 1"},
    {T_PAIR, "[1,2]", 3, "[1]: bool: wants true or false, not 2"},
    {T_INFO, "{\"nonce\":1}", 0,
     "value: {nonce: u32, data: {free: u128, reserved: u64, frozen: Compact<u64>}}: the member "
     "\"data\" is missing"},
    {T_BALANCE, "{\"planck\":[1],\"planck\":[1]}", 0,
     "value: {planck: (u32,)}: wants 1 members, not 2"},
    {T_BALANCE, "{\"Planck\":[1]}", 0, "value: {planck: (u32,)}: the member \"planck\" is missing"},
    {T_BALANCE, "{\"planck\":[1],\"x\":0}", 0, "value: {planck: (u32,)}: wants 1 members, not 2"},
    {T_BALANCE, "[[1]]", 0, "value: {planck: (u32,)}: wants an object, not [[1]]"},
    {T_BALANCE, "{\"planck\":\"\"}", 10, ".planck: u32: wants an integer, not \"\""},
    {T_INFO, "{\"nonce\":1,\"nonce\":1}", 0, NULL},
    {T_INFO, "{\"nonce\":7,\"data\":{\"free\":\"abc\",\"reserved\":1,\"frozen\":2}}", 26,
     ".data.free: u128: wants an integer, not \"abc\""},
    {T_ENUM, "\"A\"", 0, "value: enum: wants an object of \"type\" and \"value\", not \"A\""},
    {T_ENUM, "{\"type\":\"D\",\"value\":null}", 8,
     ".type: enum: wants the name of one of its variants, not \"D\""},
    {T_ENUM, "{\"type\":15,\"value\":null}", 8,
     ".type: enum: wants the name of one of its variants, not 15"},
    {T_ENUM, "{\"type\":\"A\"}", 0, "value: enum: the member \"value\" is missing"},
    {T_ENUM, "{\"type\":\"A\",\"value\":null,\"x\":1}", 0,
     "value: enum: wants 2 members, \"type\" and \"value\", not 3"},
    {T_ENUM, "{\"type\":\"A\",\"value\":[]}", 20, ".value: enum: wants null, not []"},
    {T_ENUM, "{\"type\":\"B\",\"value\":[1,-1]}", 23,
     ".value[1]: u64: wants an integer in its range, not -1"},
    {T_ENUM, "{\"type\":\"C\",\"value\":{\"a\":1,\"b\":null}}", 31,
     ".value.b: u64: wants an integer, not null"},
    {T_NEVER, "{\"type\":\"A\",\"value\":null}", 8, NULL},
    {T_OPTION_U8, "[]", 0, "value: u8: wants an integer, not []"},
    {T_OPTION_UNIT, "null", 0, NULL},
    {T_OPTION_UNIT, "{\"type\":\"None\",\"value\":0}", 23, ".value: Option<()>: wants null, not 0"},
    {T_OPTION_UNIT, "{\"type\":\"some\",\"value\":null}", 8,
     ".type: Option<()>: wants \"Some\" or \"None\", not \"some\""},
    {T_NEURONS,
     "[{\"uid\":0,\"axon_info\":{\"type\":\"Ok\",\"value\":[5]}},{\"uid\":1,\"axon_info\":1}]", 70,
     "[1].axon_info: Result<u8, bool>: wants an object of \"type\" and \"value\", not 1"},
    {T_DANGLING, "[1,2]", 3, "[1]: type "},
    /* A long text is cut, between two characters. */
    {T_BOOL, "\"0123456789012345678901234567890123456789012345\xc3\xa9xyz\"", 0,
     "value: bool: wants true or false, not \"0123456789012345678901234567890123456789012345"
     "\xe2\x80\xa6"},
    {T_BOOL, "[\n1]", 0, "value: bool: wants true or false, not [ 1]"},
};

START_TEST(test_value_bad_json) {
    for (size_t i = 0; i < sizeof BAD_JSON / sizeof *BAD_JSON; i++) {
        const struct bad_json *bad = &BAD_JSON[i];
        struct base_buf bytes = BASE_BUF_INIT;
        struct substrate_error error = {0};
        base_buf_str(&bytes, "[");
        ck_assert_msg(value_write(&CODEC_METADATA, bad->type, parse(base_text(bad->json)), &LIMITS,
                                  &bytes, &error) == SUBSTRATE_E_DECODE,
                      "%s is written", bad->json);
        ck_text_eq(base_buf_view(&bytes), "[");
        if (bad->message != NULL) {
            ck_assert_msg(base_text_starts(base_text(error.message), bad->message), "%s: %s",
                          bad->json, error.message);
        }
        ck_assert_msg(error.position == bad->position, "%s: position %zu", bad->json,
                      error.position);
        base_buf_free(&bytes);
    }
}
END_TEST

/* Each byte of each JSON text changed: an error that says so, or a value that reads as JSON which
 * is written to the same bytes. */
static void write_hostile(uint32_t type, struct substrate_text text) {
    struct base_json json;
    struct base_buf bytes = BASE_BUF_INIT;
    struct base_buf canonical = BASE_BUF_INIT;
    struct base_buf again = BASE_BUF_INIT;
    struct substrate_error error = {0};
    if (base_json_parse(text, 1024, &json, NULL) != SUBSTRATE_OK) {
        return;
    }
    enum substrate_status status =
        value_write(&CODEC_METADATA, type, json, &LIMITS, &bytes, &error);
    if (status == SUBSTRATE_OK) {
        struct substrate_bytes view = {(const uint8_t *)bytes.data, bytes.size};
        status = value_read_all(&CODEC_METADATA, type, view, &LIMITS, &canonical, &error);
        ck_assert_msg(status == SUBSTRATE_OK, "%.*s: %s", (int)text.size, text.data, error.message);
        ck_assert_int_eq(value_write(&CODEC_METADATA, type, parse(base_buf_view(&canonical)),
                                     &LIMITS, &again, &error),
                         SUBSTRATE_OK);
        ck_assert(base_text_equal(base_buf_view(&again), base_buf_view(&bytes)));
    } else {
        ck_assert_int_eq(status, SUBSTRATE_E_DECODE);
        ck_assert_uint_gt(strlen(error.message), 0);
        ck_assert_uint_le(error.position, text.size);
        ck_assert_uint_eq(bytes.size, 0);
    }
    base_buf_free(&bytes);
    base_buf_free(&canonical);
    base_buf_free(&again);
}

START_TEST(test_value_changed_json) {
    static const char REPLACEMENTS[] = "019-.\"\\,:[]{}n xe\x7f";
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        size_t size = strlen(VECTORS[i].json);
        struct substrate_bytes text = exact((const uint8_t *)VECTORS[i].json, size);
        char *changed = (char *)(uintptr_t)text.data;
        for (size_t at = 0; at < size; at++) {
            const char kept = changed[at];
            for (size_t j = 0; j < sizeof REPLACEMENTS - 1; j++) {
                changed[at] = REPLACEMENTS[j];
                write_hostile(VECTORS[i].type, (struct substrate_text){changed, size});
            }
            changed[at] = kept;
        }
        release(text);
    }
}
END_TEST

/* Every type is offered the JSON of every vector. */
START_TEST(test_value_wrong_json) {
    for (uint32_t type = 0; type < T_COUNT; type++) {
        for (size_t i = 0; i < VECTOR_COUNT; i++) {
            write_hostile(type, base_text(VECTORS[i].json));
        }
    }
}
END_TEST

static void writes_to(uint32_t type, const char *json, struct value_limits limits,
                      enum substrate_status expected) {
    struct base_buf bytes = BASE_BUF_INIT;
    struct substrate_error error = {0};
    enum substrate_status status =
        value_write(&CODEC_METADATA, type, parse(base_text(json)), &limits, &bytes, &error);
    ck_assert_msg(status == expected, "%s: %d %s", json, (int)status, error.message);
    ck_assert(status == SUBSTRATE_OK || (bytes.size == 0 && error.status == expected));
    base_buf_free(&bytes);
}

START_TEST(test_value_write_limits) {
    static const char TREE[] = "{\"children\":[{\"children\":[]}]}";
    static const char MEMBERS[] = "{\"data\":{\"frozen\":1,\"reserved\":2,\"free\":3},\"nonce\":4}";
    writes_to(T_TREE, TREE, (struct value_limits){4, 100, 100}, SUBSTRATE_OK);
    writes_to(T_TREE, TREE, (struct value_limits){3, 100, 100}, SUBSTRATE_E_LIMIT);
    writes_to(T_COMPACT_BALANCE, "{\"planck\":[1]}", (struct value_limits){2, 100, 100},
              SUBSTRATE_E_LIMIT);
    writes_to(T_VEC_U16, "[1,2]", (struct value_limits){8, 3, 100}, SUBSTRATE_OK);
    writes_to(T_VEC_U16, "[1,2]", (struct value_limits){8, 2, 100}, SUBSTRATE_E_LIMIT);
    writes_to(T_VEC_U16, "[1,2]", (struct value_limits){8, 3, 5}, SUBSTRATE_OK);
    writes_to(T_VEC_U16, "[1,2]", (struct value_limits){8, 3, 4}, SUBSTRATE_E_LIMIT);
    /* Six values; looking for members that are not in order counts too. */
    writes_to(T_INFO, MEMBERS, (struct value_limits){8, 20, 100}, SUBSTRATE_OK);
    writes_to(T_INFO, MEMBERS, (struct value_limits){8, 6, 100}, SUBSTRATE_E_LIMIT);
    /* Types that never end are only as deep as the text. */
    writes_to(T_LOOP, "{\"again\":{\"again\":1}}", LIMITS, SUBSTRATE_E_DECODE);
    writes_to(T_BRANCHING, "[1]", LIMITS, SUBSTRATE_E_DECODE);
    writes_to(T_ARRAY_UNIT, "[null]", LIMITS, SUBSTRATE_E_DECODE);
}
END_TEST

/* But what wraps itself says nothing of itself in the text. */
START_TEST(test_value_write_endless) {
    static const struct type_field itself[] = {CODEC_ITEM(0)};
    static const struct type types[] = {CODEC_FIELDS(TYPE_COMPOSITE, itself, false, 0)};
    static const struct substrate_metadata metadata = {.types = {types, 1}};
    struct base_buf bytes = BASE_BUF_INIT;
    struct substrate_error error = {0};
    ck_assert_int_eq(value_write(&metadata, 0, parse(base_text("1")), &LIMITS, &bytes, &error),
                     SUBSTRATE_E_LIMIT);
    base_buf_free(&bytes);
}
END_TEST

CHECK_MAIN("codec value write", test_value_taken, test_value_bad_json, test_value_changed_json,
           test_value_wrong_json, test_value_write_limits, test_value_write_endless)
