/* Decimal text of integers and of binary fixed-point numbers, both ways. The expected values are
 * powers of two, published examples, fractions by Python's exact arithmetic, and, for thousands of
 * random numbers, sums made digit by digit below. */
#include "check_main.h"

#include "codec/fixed.h"
#include "codec/number.h"

#include <stdio.h>

struct integer_vector {
    const char *hex; /* little endian */
    const char *text;
    bool is_signed, is_safe; /* safe: JSON needs no quotes */
};

#define FF8 "ffffffffffffffff"
#define ZERO8 "0000000000000000"

static const struct integer_vector INTEGERS[] = {
    {"00", "0", false, true},
    {"09", "9", false, true},
    {"0a", "10", false, true},
    {"63", "99", false, true},
    {"64", "100", false, true},
    {"ff", "255", false, true},
    {"ff", "-1", true, true},
    {"80", "-128", true, true},
    {"7f", "127", true, true},
    {"45", "69", true, true},
    {"2a00", "42", false, true},
    {"ffff", "65535", false, true},
    {"0080", "-32768", true, true},
    {"ff7f", "32767", true, true},
    {"ffffff00", "16777215", false, true},
    {"ffffffff", "4294967295", false, true},
    {"00000080", "-2147483648", true, true},
    {"ffffff7f", "2147483647", true, true},
    /* 2^53 - 1, 2^53 and their negatives: the edge of what JSON's numbers keep. */
    {"ffffffffffff1f00", "9007199254740991", false, true},
    {"0000000000002000", "9007199254740992", false, false},
    {"ffffffffffff1f00", "9007199254740991", true, true},
    {"0000000000002000", "9007199254740992", true, false},
    {"010000000000e0ff", "-9007199254740991", true, true},
    {"000000000000e0ff", "-9007199254740992", true, false},
    {"00e40b5402000000", "10000000000", false, true},
    {"00e8890423c78a00", "39062500000000000", false, false},
    {FF8, "18446744073709551615", false, false},
    {"ffffffffffffff7f", "9223372036854775807", true, false},
    {"0000000000000080", "-9223372036854775808", true, false},
    {"ffffffffffff1f00" ZERO8, "9007199254740991", false, true},
    {"0000000000002000" ZERO8, "9007199254740992", false, false},
    {"010000000000e0ff" FF8, "-9007199254740991", true, true},
    {ZERO8 "0100000000000000", "18446744073709551616", false, false},
    /* 10^19 and 10^20: zeros inside. */
    {"0000e8890423c78a" ZERO8, "10000000000000000000", false, false},
    {"000010632d5ec76b0500000000000000", "100000000000000000000", false, false},
    {FF8 FF8, "340282366920938463463374607431768211455", false, false},
    {FF8 "ffffffffffffff7f", "170141183460469231731687303715884105727", true, false},
    {ZERO8 "0000000000000080", "-170141183460469231731687303715884105728", true, false},
    {ZERO8 ZERO8 ZERO8 ZERO8, "0", false, true},
    {FF8 FF8 FF8 FF8,
     "115792089237316195423570985008687907853269984665640564039457584007913129639935", false,
     false},
    {FF8 FF8 FF8 FF8, "-1", true, true},
    {ZERO8 ZERO8 ZERO8 "0000000000000080",
     "-57896044618658097711785492504343953926634992332820282019728792003956564819968", true, false},
    {FF8 FF8 FF8 "ffffffffffffff7f",
     "57896044618658097711785492504343953926634992332820282019728792003956564819967", true, false},
};

struct fixed_vector {
    struct type_fixed fixed;
    const char *hex, *text;
};

static const struct fixed_vector FIXED[] = {
    {{128, 64, false}, "00000000000000800100000000000000", "1.5"},
    {{128, 64, false},
     "ffffffffffffffffffffffffffffffff",
     "18446744073709551615.9999999999999999999457898913757247782996273599565029144287109375"},
    {{128, 64, false},
     "01000000000000000000000000000000",
     "0.0000000000000000000542101086242752217003726400434970855712890625"},
    {{128, 32, true}, "ffffffffffffffffffffffffffffffff", "-0.00000000023283064365386962890625"},
    {{128, 32, true}, "00000000000000000000000000000080", "-39614081257132168796771975168"},
    {{128, 32, true},
     "ffffffffffffffffffffffffffffff7f",
     "39614081257132168796771975167.99999999976716935634613037109375"},
    {{64, 32, true}, "00000080ffffffff", "-0.5"},
    {{64, 32, true}, "4ef330a64b9bb601", "28744523.6491844239644706249237060546875"},
    {{128, 18, false}, "01000000000000000000000000000000", "0.000003814697265625"},
    {{128, 18, false}, "39301400000000000000000000000000", "5.047092437744140625"},
    {{128, 128, false},
     "01000000000000000000000000000000",
     "0."
     "000000000000000000000000000000000000002938735877055718769921841343055614194546663891930218803"
     "77187926569604314863681793212890625"},
    {{128, 128, false},
     "ffffffffffffffffffffffffffffffff",
     "0."
     "999999999999999999999999999999999999997061264122944281230078158656944385805453336108069781196"
     "22812073430395685136318206787109375"},
    {{128, 127, true}, "00000000000000000000000000000080", "-1"},
    {{8, 8, false}, "ff", "0.99609375"},
    {{8, 0, true}, "80", "-128"},
    {{8, 0, false}, "00", "0"},
    {{8, 7, true}, "ff", "-0.0078125"},
    {{16, 15, true}, "0080", "-1"},
    {{32, 16, false}, "efbeadde", "57005.7458343505859375"},
    {{128, 64, false}, "00000000000000000000e8890423c78a", "10000000000000000000"},
    {{128, 0, true},
     "00000000000000000000000000000080",
     "-170141183460469231731687303715884105728"},
    {{24, 12, true}, "fff7ff", "-0.500244140625"},
};

static size_t from_hex(const char *hex, uint8_t *bytes, size_t capacity) {
    size_t size = 0;
    ck_assert(base_hex_read(base_text(hex), bytes, capacity, &size));
    return size;
}

START_TEST(test_number_vectors) {
    for (size_t i = 0; i < sizeof INTEGERS / sizeof *INTEGERS; i++) {
        const struct integer_vector *vector = &INTEGERS[i];
        uint8_t bytes[32], back[33];
        char text[NUMBER_ROOM], json[NUMBER_ROOM], expected[NUMBER_ROOM];
        size_t size = from_hex(vector->hex, bytes, sizeof bytes);
        struct substrate_bytes view = {bytes, size};
        ck_text_eq(((struct substrate_text){text, number_write(view, vector->is_signed, text)}),
                   vector->text);
        snprintf(expected, sizeof expected, vector->is_safe ? "%s" : "\"%s\"", vector->text);
        ck_text_eq(
            ((struct substrate_text){json, number_write_json(view, vector->is_signed, json)}),
            expected);
        memset(back, 0xa5, sizeof back);
        ck_assert_int_eq(number_read(base_text(vector->text), vector->is_signed, back, size),
                         NUMBER_OK);
        ck_assert_mem_eq(back, bytes, size);
        ck_assert_uint_eq(back[size], 0xa5); /* and nothing behind */
    }
}
END_TEST

static void reads(const char *text, bool is_signed, size_t size, enum number_result expected) {
    uint8_t bytes[32];
    memset(bytes, 0xa5, sizeof bytes);
    enum number_result result = number_read(base_text(text), is_signed, bytes, size);
    ck_assert_msg(result == expected, "'%s' in %zu bytes gives %d", text, size, result);
    for (size_t i = 0; expected != NUMBER_OK && i < sizeof bytes; i++) {
        ck_assert_uint_eq(bytes[i], 0xa5);
    }
}

START_TEST(test_number_malformed) {
    static const char *const BAD[] = {"",   "-",   "-0",  "+1",   "00",  "01",   "-01", " 1",
                                      "1 ", "1.0", "1e3", "0x10", "1_0", "--1",  "a",   "1a",
                                      "1-", ".",   "9/",  "9:",   "NaN", "null", "1\n", "-00"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        for (size_t size = 1; size <= 32; size *= 2) {
            reads(BAD[i], false, size, NUMBER_MALFORMED);
            reads(BAD[i], true, size, NUMBER_MALFORMED);
        }
    }
    struct substrate_text with_nul = {"1\0", 2};
    uint8_t byte = 0;
    ck_assert_int_eq(number_read(with_nul, false, &byte, 1), NUMBER_MALFORMED);
}
END_TEST

START_TEST(test_number_range) {
    reads("256", false, 1, NUMBER_RANGE);
    reads("128", true, 1, NUMBER_RANGE);
    reads("-129", true, 1, NUMBER_RANGE);
    reads("-255", true, 1, NUMBER_RANGE);
    reads("-1", false, 1, NUMBER_RANGE);
    reads("-1", false, 32, NUMBER_RANGE);
    reads("65536", false, 2, NUMBER_RANGE);
    reads("32768", true, 2, NUMBER_RANGE);
    reads("-32769", true, 2, NUMBER_RANGE);
    reads("4294967296", false, 4, NUMBER_RANGE);
    reads("18446744073709551616", false, 8, NUMBER_RANGE);
    reads("9223372036854775808", true, 8, NUMBER_RANGE);
    reads("-9223372036854775809", true, 8, NUMBER_RANGE);
    reads("340282366920938463463374607431768211456", false, 16, NUMBER_RANGE);
    reads("170141183460469231731687303715884105728", true, 16, NUMBER_RANGE);
    reads("115792089237316195423570985008687907853269984665640564039457584007913129639936", false,
          32, NUMBER_RANGE);
    reads("57896044618658097711785492504343953926634992332820282019728792003956564819968", true, 32,
          NUMBER_RANGE);
    reads("-57896044618658097711785492504343953926634992332820282019728792003956564819969", true,
          32, NUMBER_RANGE);
    /* 2^256 + 5 is not 5, and more digits than any number has are read to their end. */
    reads("115792089237316195423570985008687907853269984665640564039457584007913129639941", false,
          1, NUMBER_RANGE);
    char digits[1001];
    memset(digits, '9', sizeof digits - 1);
    digits[1000] = '\0';
    reads(digits, false, 32, NUMBER_RANGE);
    digits[999] = 'x';
    reads(digits, false, 32, NUMBER_MALFORMED);
}
END_TEST

/* xorshift64*; a failing run is repeated from its seed, which never changes. */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

#define PLACES 400
#define POINT 200 /* digits in front of this one are the integer part, lowest place last */

/* A decimal number as digits, for arithmetic as it is learnt at school. */
struct decimal {
    uint8_t digits[PLACES];
};

static void decimal_double(struct decimal *number, unsigned carry) {
    for (size_t i = POINT; i-- > 0;) {
        carry += 2u * number->digits[i];
        number->digits[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
}

static void decimal_halve(struct decimal *number) {
    unsigned rest = 0;
    for (size_t i = 0; i < PLACES; i++) {
        rest = 10 * rest + number->digits[i];
        number->digits[i] = (uint8_t)(rest / 2);
        rest %= 2;
    }
}

static void decimal_text(const struct decimal *number, bool negative, char *out) {
    size_t first = 0;
    size_t last = PLACES;
    while (first < POINT - 1 && number->digits[first] == 0) {
        first++;
    }
    while (last > POINT && number->digits[last - 1] == 0) {
        last--;
    }
    if (negative) {
        *out++ = '-';
    }
    for (size_t i = first; i < last; i++) {
        if (i == POINT) {
            *out++ = '.';
        }
        *out++ = (char)('0' + number->digits[i]);
    }
    *out = '\0';
}

/* The magnitude of two's complement, bit by bit from the top. */
static struct decimal decimal_of(const uint8_t *bytes, size_t size, bool negative) {
    struct decimal number = {{0}};
    uint8_t magnitude[32];
    unsigned carry = 1;
    for (size_t i = 0; i < size; i++) {
        carry += (uint8_t)~bytes[i];
        magnitude[i] = negative ? (uint8_t)carry : bytes[i];
        carry >>= 8;
    }
    for (size_t bit = 8 * size; bit-- > 0;) {
        decimal_double(&number, magnitude[bit / 8] >> bit % 8 & 1);
    }
    return number;
}

static void random_bytes(uint64_t *state, uint8_t *bytes, size_t size) {
    /* Few bits, many zeros and many ones as often as anything else. */
    uint64_t kind = next_random(state) % 4;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)next_random(state);
        bool flat = kind == 1 ? i < size / 2 : kind == 2 ? i >= size / 2 : i % 3 != 0;
        bytes[i] = kind != 0 && flat ? (kind == 3 ? 0xff : 0) : byte;
    }
}

START_TEST(test_number_random) {
    uint64_t state = 20240117;
    for (int round = 0; round < 1200; round++) {
        uint8_t bytes[32], back[32];
        char expected[PLACES + 3], text[NUMBER_ROOM];
        size_t size = (size_t)1 << next_random(&state) % 6;
        bool is_signed = next_random(&state) % 2 == 1;
        random_bytes(&state, bytes, size);
        bool negative = is_signed && bytes[size - 1] >= 0x80;
        struct decimal number = decimal_of(bytes, size, negative);
        decimal_text(&number, negative, expected);
        size_t length = number_write((struct substrate_bytes){bytes, size}, is_signed, text);
        ck_text_eq(((struct substrate_text){text, length}), expected);
        ck_assert_int_eq(number_read(base_text(expected), is_signed, back, size), NUMBER_OK);
        ck_assert_mem_eq(back, bytes, size);
    }
}
END_TEST

START_TEST(test_fixed_vectors) {
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++) {
        const struct fixed_vector *vector = &FIXED[i];
        uint8_t bytes[16], back[17];
        char text[FIXED_ROOM];
        size_t size = from_hex(vector->hex, bytes, sizeof bytes);
        ck_assert(fixed_is_valid(vector->fixed));
        ck_assert_uint_eq(size, vector->fixed.bits / 8u);
        size_t length = fixed_write(vector->fixed, bytes, text);
        ck_text_eq(((struct substrate_text){text, length}), vector->text);
        memset(back, 0xa5, sizeof back);
        ck_assert_int_eq(fixed_read(vector->fixed, base_text(vector->text), back), NUMBER_OK);
        ck_assert_mem_eq(back, bytes, size);
        ck_assert_uint_eq(back[size], 0xa5);
    }
}
END_TEST

START_TEST(test_fixed_random) {
    uint64_t state = 77;
    for (int round = 0; round < 1500; round++) {
        uint8_t bytes[16], back[16];
        char expected[PLACES + 3], text[FIXED_ROOM];
        struct type_fixed fixed = {(uint8_t)(8 * (1 + next_random(&state) % 16)), 0,
                                   next_random(&state) % 2 == 1};
        fixed.fraction = (uint8_t)(next_random(&state) % (fixed.bits + 1u));
        size_t size = fixed.bits / 8u;
        random_bytes(&state, bytes, size);
        bool negative = fixed.is_signed && bytes[size - 1] >= 0x80;
        struct decimal number = decimal_of(bytes, size, negative);
        for (unsigned i = 0; i < fixed.fraction; i++) {
            decimal_halve(&number);
        }
        decimal_text(&number, negative, expected);
        size_t length = fixed_write(fixed, bytes, text);
        ck_text_eq(((struct substrate_text){text, length}), expected);
        ck_assert_int_eq(fixed_read(fixed, base_text(expected), back), NUMBER_OK);
        ck_assert_mem_eq(back, bytes, size);
    }
}
END_TEST

static void reads_fixed(const char *text, struct type_fixed fixed, enum number_result expected) {
    uint8_t bytes[16];
    memset(bytes, 0xa5, sizeof bytes);
    enum number_result result = fixed_read(fixed, base_text(text), bytes);
    ck_assert_msg(result == expected, "'%s' in %u.%u gives %d", text, fixed.bits, fixed.fraction,
                  result);
    for (size_t i = 0; expected != NUMBER_OK && i < sizeof bytes; i++) {
        ck_assert_uint_eq(bytes[i], 0xa5);
    }
}

START_TEST(test_fixed_bad_text) {
    static const char *const BAD[] = {"",     "-",     ".",     "1.",   ".5",    "-.5",
                                      "01.5", "1.5.0", "1e1",   "+1.5", " 1.5",  "1.5 ",
                                      "-0",   "-0.0",  "1.-5",  "0x1",  "1,5",   "1.5x",
                                      "--1",  "1..5",  "0.\n5", "inf",  "00.25", "- 1"};
    const struct type_fixed u64f64 = {128, 64, false};
    const struct type_fixed i32f32 = {64, 32, true};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        reads_fixed(BAD[i], u64f64, NUMBER_MALFORMED);
        reads_fixed(BAD[i], i32f32, NUMBER_MALFORMED);
    }
    /* Zeros at the end say nothing new. */
    reads_fixed("1.50000000000000000000000000000000000000000000000000000000000000000000000000"
                "0000000000000000000000000000000000000000000000000000000000000000000000000000000",
                u64f64, NUMBER_OK);
    reads_fixed("0.1", u64f64, NUMBER_INEXACT);
    reads_fixed("0.00000000023283064365386962890625", i32f32, NUMBER_OK);
    reads_fixed("0.000000000116415321826934814453125", i32f32, NUMBER_INEXACT); /* 2^-33 */
    reads_fixed("0.000000000116415321826934814453125", u64f64, NUMBER_OK);
    reads_fixed("0.5", (struct type_fixed){8, 0, true}, NUMBER_INEXACT);
    reads_fixed("18446744073709551616", u64f64, NUMBER_RANGE);
    reads_fixed("18446744073709551615.5", u64f64, NUMBER_OK);
    reads_fixed("-0.5", u64f64, NUMBER_RANGE);
    reads_fixed("2147483647.5", i32f32, NUMBER_OK);
    reads_fixed("2147483648", i32f32, NUMBER_RANGE);
    reads_fixed("-2147483648", i32f32, NUMBER_OK);
    reads_fixed("-2147483648.5", i32f32, NUMBER_RANGE);
    /* 2^128, and a number whose lowest 256 bits are zero. */
    reads_fixed("340282366920938463463374607431768211456", u64f64, NUMBER_RANGE);
    reads_fixed("115792089237316195423570985008687907853269984665640564039457584007913129639936",
                u64f64, NUMBER_RANGE);
    reads_fixed("1", (struct type_fixed){8, 8, false}, NUMBER_RANGE);
    reads_fixed("0.5", (struct type_fixed){8, 8, true}, NUMBER_RANGE);
    reads_fixed("-0.5", (struct type_fixed){8, 8, true}, NUMBER_OK);
    /* One digit more than 2^-128 has. */
    reads_fixed("0.0000000000000000000000000000000000000029387358770557187699218413430556141945466"
                "63891930218803771879265696043148636817932128906251",
                (struct type_fixed){128, 128, false}, NUMBER_INEXACT);
}
END_TEST

START_TEST(test_fixed_valid) {
    ck_assert(fixed_is_valid((struct type_fixed){8, 8, false}));
    ck_assert(fixed_is_valid((struct type_fixed){128, 128, true}));
    ck_assert(!fixed_is_valid((struct type_fixed){0, 0, false}));
    ck_assert(!fixed_is_valid((struct type_fixed){12, 0, false}));
    ck_assert(!fixed_is_valid((struct type_fixed){136, 0, false}));
    ck_assert(!fixed_is_valid((struct type_fixed){64, 65, false}));
}
END_TEST

CHECK_MAIN("codec number", test_number_vectors, test_number_malformed, test_number_range,
           test_number_random, test_fixed_vectors, test_fixed_random, test_fixed_bad_text,
           test_fixed_valid)
