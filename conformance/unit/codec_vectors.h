/* Values with their SCALE bytes and their canonical JSON, which tests of both directions share. The
 * vectors are those of Substrate's documentation ("SCALE codec") and of parity-scale-codec's README
 * and tests; others are put together by hand from the definition. */
#ifndef UNIT_CODEC_VECTORS_H
#define UNIT_CODEC_VECTORS_H

#include "check_main.h"
#include "codec_types.h"

#include "codec/value.h"

#include <stdlib.h>

#define ALICE_HEX "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
#define ALICE "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
#define ZERO8 "0000000000000000"

struct vector {
    uint32_t type;
    const char *hex, *json;
};

static const struct vector VECTORS[] = {
    /* Substrate's documentation. */
    {T_I8, "45", "69"},
    {T_U16, "2a00", "42"},
    {T_U32, "ffffff00", "16777215"},
    {T_COMPACT_U8, "00", "0"},
    {T_COMPACT_U8, "04", "1"},
    {T_COMPACT_U32, "a8", "42"},
    {T_COMPACT_U32, "1501", "69"},
    {T_COMPACT_U32, "feff0300", "65535"},
    {T_COMPACT_U64, "0b00407a10f35a", "100000000000000"},
    {T_BOOL, "00", "false"},
    {T_BOOL, "01", "true"},
    {T_RESULT, "002a", "{\"type\":\"Ok\",\"value\":[42]}"},
    {T_RESULT, "0100", "{\"type\":\"Err\",\"value\":[false]}"},
    {T_VEC_U16, "18040008000f00100017002a00", "[4,8,15,16,23,42]"},
    {T_PAIR, "0c00", "[3,false]"},
    /* parity-scale-codec: README and tests. */
    {T_ENUM, "0f", "{\"type\":\"A\",\"value\":null}"},
    {T_ENUM, "01010000000200000000000000", "{\"type\":\"B\",\"value\":[1,2]}"},
    {T_ENUM, "02010000000200000000000000", "{\"type\":\"C\",\"value\":{\"a\":1,\"b\":2}}"},
    {T_COMPACT_U64, "fc", "63"},
    {T_COMPACT_U64, "0101", "64"},
    {T_COMPACT_U64, "fdff", "16383"},
    {T_COMPACT_U64, "02000100", "16384"},
    {T_COMPACT_U64, "feffffff", "1073741823"},
    {T_COMPACT_U64, "0300000040", "1073741824"},
    {T_COMPACT_U64, "03ffffffff", "4294967295"},
    {T_COMPACT_U64, "070000000001", "4294967296"},
    {T_COMPACT_U64, "0b000000000001", "1099511627776"},
    {T_COMPACT_U64, "0f00000000000001", "281474976710656"},
    {T_COMPACT_U64, "0fffffffffffffff", "\"72057594037927935\""},
    {T_COMPACT_U64, "130000000000000001", "\"72057594037927936\""},
    {T_COMPACT_U64, "13ffffffffffffffff", "\"18446744073709551615\""},
    {T_VEC_I16, "1c00000100ffff0200feff0300fdff", "[0,1,-1,2,-2,3,-3]"},
    {T_VEC_OPTION_I8, "0c010101ff00", "[1,-1,null]"},
    {T_VEC_UNIT, "14", "[null,null,null,null,null]"},
    {T_VEC_STR,
     "0c1848616d6c657450d092d0bed0b9d0bdd0b020d0b820d0bcd0b8d18030e4b889e59bbde6bc94e4b989",
     "[\"Hamlet\",\"Война и мир\",\"三国演义\"]"},
    /* By hand: numbers at their edges. */
    {T_U8, "ff", "255"},
    {T_U64, "ffffffffffff1f00", "9007199254740991"},
    {T_U64, "0000000000002000", "\"9007199254740992\""},
    {T_U128, "00000000000000000100000000000000", "\"18446744073709551616\""},
    {T_U128, "2a000000000000000000000000000000", "42"},
    {T_U256, ZERO8 ZERO8 "0100000000000000" ZERO8, "\"340282366920938463463374607431768211456\""},
    {T_I16, "0080", "-32768"},
    {T_I32, "00000080", "-2147483648"},
    {T_I64, "010000000000e0ff", "-9007199254740991"},
    {T_I64, "000000000000e0ff", "\"-9007199254740992\""},
    {T_I128, "ffffffffffffffffffffffffffffffff", "-1"},
    {T_I256, ZERO8 ZERO8 ZERO8 "0000000000000080",
     "\"-57896044618658097711785492504343953926634992332820282019728792003956564819968\""},
    {T_COMPACT_U8, "fd03", "255"},
    {T_COMPACT_U16, "feff0300", "65535"},
    {T_COMPACT_U32, "03ffffffff", "4294967295"},
    {T_COMPACT_U128, "33ffffffffffffffffffffffffffffffff",
     "\"340282366920938463463374607431768211455\""},
    {T_COMPACT_U128, "17000000000000000001", "\"18446744073709551616\""},
    {T_COMPACT_U256, "34", "13"},
    {T_COMPACT_U256, "37" ZERO8 ZERO8 "01", "\"340282366920938463463374607431768211456\""},
    {T_COMPACT_U256, "73ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "\"115792089237316195423570985008687907853269984665640564039457584007913129639935\""},
    {T_COMPACT_UNIT, "", "null"},
    {T_COMPACT_PERBILL, "02093d00", "[1000000]"},
    {T_COMPACT_BALANCE, "0101", "{\"planck\":[64]}"},
    {T_VEC_COMPACT, "0c000101feffffff", "[0,64,1073741823]"},
    /* Text and bytes. */
    {T_CHAR, "41000000", "\"A\""},
    {T_CHAR, "e9000000", "\"é\""},
    {T_CHAR, "ac200000", "\"€\""},
    {T_CHAR, "00f60100", "\"😀\""},
    {T_CHAR, "ffff1000", "\"\xf4\x8f\xbf\xbf\""},
    {T_CHAR, "22000000", "\"\\\"\""},
    {T_CHAR, "00000000", "\"\\u0000\""},
    {T_STR, "00", "\"\""},
    {T_STR, "1c225c0a012fc3a9", "\"\\\"\\\\\\n\\u0001/é\""},
    {T_BYTES, "00", "\"0x\""},
    {T_BYTES, "10deadbeef", "\"0xdeadbeef\""},
    {T_BYTES_4, "deadbeef", "\"0xdeadbeef\""},
    {T_BYTES_0, "", "\"0x\""},
    {T_H256, ALICE_HEX, "\"0x" ALICE_HEX "\""},
    {T_ACCOUNT, ALICE_HEX, "\"" ALICE "\""},
    /* Shapes. */
    {T_UNIT, "", "null"},
    {T_SINGLE, "07", "[7]"},
    {T_PERBILL, "40420f00", "[1000000]"},
    {T_EMPTY, "", "[]"},
    {T_VEC_EMPTY, "08", "[[],[]]"},
    {T_BALANCE, "01000000", "{\"planck\":[1]}"},
    {T_INFO,
     "07000000"
     "00e40b54020000000000000000000000"
     "0000000000002000"
     "a8",
     "{\"nonce\":7,\"data\":{\"free\":10000000000,\"reserved\":\"9007199254740992\",\"frozen\":42}"
     "}"},
    {T_NEURONS,
     "08"
     "00"
     "0005"
     "04"
     "0101",
     "[{\"uid\":0,\"axon_info\":{\"type\":\"Ok\",\"value\":[5]}},"
     "{\"uid\":1,\"axon_info\":{\"type\":\"Err\",\"value\":[true]}}]"},
    {T_VEC_U16, "00", "[]"},
    {T_ARRAY_U16_3, "010002000300", "[1,2,3]"},
    {T_TREE,
     "08"
     "04"
     "00"
     "00",
     "{\"children\":[{\"children\":[{\"children\":[]}]},{\"children\":[]}]}"},
    {T_HOSTILE, "07", "{\"a\\\"\\né\":7}"},
    {T_OPTION_U8, "00", "null"},
    {T_OPTION_U8, "0107", "7"},
    {T_OPTION_UNIT, "00", "{\"type\":\"None\",\"value\":null}"},
    {T_OPTION_UNIT, "01", "{\"type\":\"Some\",\"value\":null}"},
    {T_OPTION_OPTION_BOOL, "00", "{\"type\":\"None\",\"value\":null}"},
    {T_OPTION_OPTION_BOOL, "0100", "{\"type\":\"Some\",\"value\":null}"},
    {T_OPTION_OPTION_BOOL, "010101", "{\"type\":\"Some\",\"value\":true}"},
    /* Bits: 1011, 1000000001, one, and 32 zeros before a one. */
    {T_BITS_8_LSB, "100d", "\"1011\""},
    {T_BITS_8_MSB, "10b0", "\"1011\""},
    {T_BITS_8_LSB, "00", "\"\""},
    {T_BITS_8_LSB, "20ff", "\"11111111\""},
    {T_BITS_8_LSB, "24ff01", "\"111111111\""},
    {T_BITS_16_LSB, "280102", "\"1000000001\""},
    {T_BITS_16_MSB, "284080", "\"1000000001\""},
    {T_BITS_64_MSB,
     "04"
     "0000000000000080",
     "\"1\""},
    {T_BITS_32_LSB,
     "84"
     "00000000"
     "01000000",
     "\"000000000000000000000000000000001\""},
    /* Fixed point. */
    {T_U64F64, "00000000000000800100000000000000", "\"1.5\""},
    {T_I96F32, "ffffffffffffffffffffffffffffffff", "\"-0.00000000023283064365386962890625\""},
    {T_I32F32, "00000080ffffffff", "\"-0.5\""},
    {T_I32F32, "0000000003000000", "\"3\""},
    {T_U0F8, "ff", "\"0.99609375\""},
};

#define VECTOR_COUNT (sizeof VECTORS / sizeof *VECTORS)
#define BYTES_MAX 512

static const struct value_limits LIMITS = VALUE_LIMITS;

struct input {
    uint8_t data[BYTES_MAX];
    size_t size;
};

static inline struct input from_hex(const char *hex) {
    struct input input = {{0}, 0};
    ck_assert_msg(base_hex_read(base_text(hex), input.data, sizeof input.data, &input.size),
                  "bad hex %s", hex);
    return input;
}

/* A copy of just that size, so that memory checkers see a byte too many being read. */
static inline struct substrate_bytes exact(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, size);
    return (struct substrate_bytes){copy, size};
}

static inline void release(struct substrate_bytes bytes) { free((void *)(uintptr_t)bytes.data); }

static inline struct base_json parse(struct substrate_text text) {
    struct base_json json;
    ck_assert_msg(base_json_parse(text, 1024, &json, NULL) == SUBSTRATE_OK, "not JSON: %.*s",
                  (int)text.size, text.data);
    return json;
}

#endif
