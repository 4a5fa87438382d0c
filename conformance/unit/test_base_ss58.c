/* Addresses against those that @polkadot/util-crypto writes, and base58 against Bitcoin's test set
 * (base58_encode_decode.json). Wrong addresses were made with Python's hashlib. */
#include "check_main.h"

#include "base/base58.h"

#include <substrate/ss58.h>

#define ALICE "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const struct {
    uint16_t prefix;
    const char *account;
    const char *address;
} addresses[] = {
    {42, ALICE, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"},
    {0, ALICE, "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"},
    {1, ALICE, "BauKu2iL4fncgfy22YSLGc1aDLpyuUUe5z8yNF2pDtLNr4E"},
    {2, ALICE, "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F"},
    {63, ALICE, "7NPoMQbiA6trJKkjB35uk96MeJD4PGWkLQLH7k7hXEkZpiba"},
    {64, ALICE, "cEaNSpz4PxFcZ7nT1VEKrKewH67rfx6MfcM6yKojyyPz7qaqp"},
    {65, ALICE, "cLxkfNUiCYsb57YLhTJdNVKxUTB1VTpeygYZNhYuFc83KrFy7"},
    {127, ALICE, "jAtW53781ZL18rTbRPuMcq3EcxYSHF3AJAnnMwgoxs5UAaELH"},
    {128, ALICE, "jHGtHabmp9wyerDV7Myf8ziFpKbb6kmTcEzEmKRyEVoXNb1pm"},
    {255, ALICE, "yGHXkYLYqxijLKKfd9Q2CB9shRVu8rPNBS53wvwGTutYg4zTg"},
    {256, ALICE, "VByeGLMtP8r8BYQpNX1sb2VtAW8GYCbtFAeXJwsA2ur3MNRdq"},
    {1284, ALICE, "VdvKmYJfD4VXA9fzz1SbmCo2eYHSzUFbaDCZSuaNKJAe8YNg6"},
    {4096, ALICE, "VDUTADF1RuDF5tHtL714wh1sYCQQx2ML3zkqHB7oYrfxfbDfF"},
    {16383, ALICE, "yNa8JpqfFB3q8A29rCwSgxvdU94ufJw2yKKxDgznS5m1PoFvn"},
    {0, ZEROS, "111111111111111111111111111111111HC1"},
    {0, ONES, "16nfFzYQPHsjA4QTuXt2NuGReV9J4BdXBwZ8cgeJTrbVH61f"},
    {42, ZEROS, "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"},
    {42, ONES, "5HrN7fHLXWcFiXPwwtq2EkSGns9eMt5P7SpeTPewumZy6ftb"},
    {64, ONES, "cEbMs257VPmhDpDayHGYTkBs7osoS5Z9EM9E6aonZ5tHm2CZb"},
    {16383, ONES, "yNb7j1viLcZunrTHozyfJPTZJrprRSPpY485Lwzq1CFK2z3Nk"},
};

START_TEST(ss58_both_ways) {
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct substrate_hash account;
        struct substrate_hash decoded;
        uint16_t prefix = 0;
        size_t size = 0;
        char written[SUBSTRATE_SS58_SIZE];
        ck_assert(base_hex_read(base_text(addresses[i].account), account.bytes, 32, &size));
        ck_assert_int_eq(substrate_ss58_encode(&account, addresses[i].prefix, written),
                         SUBSTRATE_OK);
        ck_assert_str_eq(written, addresses[i].address);
        ck_assert_int_eq(
            substrate_ss58_decode(base_text(addresses[i].address), &decoded, &prefix, NULL),
            SUBSTRATE_OK);
        ck_assert_uint_eq(prefix, addresses[i].prefix);
        ck_assert_mem_eq(decoded.bytes, account.bytes, 32);
    }
}
END_TEST

START_TEST(ss58_every_prefix) {
    struct substrate_hash account = {{1, 2, 3}};
    for (unsigned prefix = 0; prefix <= UINT16_MAX; prefix++) {
        char written[SUBSTRATE_SS58_SIZE] = "unchanged";
        bool allowed = prefix <= 16383 && prefix != 46 && prefix != 47;
        enum substrate_status status = substrate_ss58_encode(&account, (uint16_t)prefix, written);
        ck_assert_int_eq(status, allowed ? SUBSTRATE_OK : SUBSTRATE_E_ARGUMENT);
        if (allowed) {
            struct substrate_hash decoded;
            uint16_t read = 0;
            ck_assert_int_eq(substrate_ss58_decode(base_text(written), &decoded, &read, NULL),
                             SUBSTRATE_OK);
            ck_assert_uint_eq(read, prefix);
            ck_assert_mem_eq(&decoded, &account, sizeof account);
        } else {
            ck_assert_str_eq(written, "unchanged");
        }
    }
}
END_TEST

START_TEST(ss58_wrong_addresses) {
    static const struct {
        const char *address, *complaint;
        size_t position;
    } wrong[] = {
        {"", "length", 0},
        {"5", "length", 0},
        {"1", "length", 0},
        {"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", "checksum", 0},
        {"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKuuQY", "checksum", 0},
        {"5HrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "checksum", 0},
        {"5GrwvaEF0zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "character 9 ", 8},
        {"OGrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "character 1 ", 0},
        {"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQI", "character 48 ", 47},
        {"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQl", "character 48 ", 47},
        {" 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "character 1 ", 0},
        {"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\n", "character 49 ", 48},
        {"15GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "length", 0},
        /* 31 and 33 bytes, right checksums; 31 bytes behind a prefix of two */
        {"yA3vprfzKUKan9P1eXE6iMGCMSMDZEnAtb6wEjTEf86ZXt", "length", 0},
        {"Ks1TRTfTB2v19pD9G5yJ7QCuf8PT8EDE6ZPrHGo9DGneUGiBX", "length", 0},
        {"7PQJamwgRBmv7tHQYQSpw4zEY1NZ12ucxjJSR6FcjhKuXvkY", "length", 0},
        /* prefixes 46 and 47; first bytes from 128 on */
        {"5g1axYPrdA2VeKsqmz8WKpa8f3n4T9ou8Qv3f8BaeheH3ApS", "reserved", 0},
        {"5moFDXwG1SuDoPHJgX1XhiqZJXvMWLSRKMUBGopt7ZEmKmWa", "reserved", 0},
        {"yNfuy5qCeZLhrK5ZK7UKiLpttnZ3xN7fVWGWMJgRjYcbt5ZVR", "prefix", 0},
        {"2X5pEFU6v2TyLo72DmYqKWNaqKLCqsz9dEM9cRGzTMuSXXSvNQ", "prefix", 0},
        {"DrZg9tnv91k6T93t3eGTHiNyeqWAxBSabYLp7AvGcpQG7iU3", "length", 0},
        {"1111111111111111111111111111111111111111111111111111111111111111111111", "length", 0},
        {"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "length", 0},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct substrate_hash account = {{7}};
        struct substrate_hash before = account;
        uint16_t prefix = 9;
        struct substrate_error error = {SUBSTRATE_OK, 1, 1, ""};
        ck_assert_int_eq(
            substrate_ss58_decode(base_text(wrong[i].address), &account, &prefix, &error),
            SUBSTRATE_E_DECODE);
        ck_assert_int_eq(error.status, SUBSTRATE_E_DECODE);
        ck_assert_msg(strstr(error.message, wrong[i].complaint) != NULL, "'%s': '%s'",
                      wrong[i].address, error.message);
        ck_assert_uint_eq(error.position, wrong[i].position);
        ck_assert_int_eq(error.rpc_code, 0);
        ck_assert_uint_eq(prefix, 9);
        ck_assert_mem_eq(&account, &before, sizeof account);
    }
}
END_TEST

START_TEST(ss58_long_form_of_a_short_prefix) {
    /* Nobody writes 42 in two bytes, but sp-core reads it, and so do we. */
    struct substrate_hash account;
    uint16_t prefix = 0;
    struct substrate_text address = base_text("Zp5wgt7iipcBBD8qrDbgQerUy6vWeg3np21675SE43SmZaPo9");
    ck_assert_int_eq(substrate_ss58_decode(address, &account, &prefix, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(prefix, 42);
    ck_hex_eq(account.bytes, 32, ALICE);
}
END_TEST

static const char *const base58_vectors[][2] = {
    {"", ""},
    {"61", "2g"},
    {"626262", "a3gV"},
    {"636363", "aPEr"},
    {"73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"},
    {"00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"},
    {"516b6fcd0f", "ABnLTmg"},
    {"bf4f89001e670274dd", "3SEo3LWLoPntC"},
    {"572e4794", "3EFU7m"},
    {"ecac89cad93923c02321", "EJDM8drfXA6uyA"},
    {"10c8511e", "Rt5zm"},
    {"00000000000000000000", "1111111111"},
    {"000111d38e5fc9071ffcd20b4a763cc9ae4f252bb4e48fd66a835e252ada93ff480d6dd43dc62a641155a5",
     "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"},
};

START_TEST(base58_both_ways) {
    for (size_t i = 0; i < sizeof base58_vectors / sizeof base58_vectors[0]; i++) {
        struct substrate_text text = base_text(base58_vectors[i][1]);
        uint8_t bytes[64];
        uint8_t decoded[64];
        char written[64];
        size_t size = 0;
        size_t used = 0;
        ck_assert(base_hex_read(base_text(base58_vectors[i][0]), bytes, sizeof bytes, &size));
        struct substrate_bytes input = {bytes, size};
        /* Exactly as much room as it takes, and one less. */
        ck_assert(base_base58_write(input, written, text.size, &used));
        ck_assert(base_text_equal((struct substrate_text){written, used}, text));
        ck_assert_int_eq(base_base58_read(text, decoded, size, &used), SUBSTRATE_OK);
        ck_assert_uint_eq(used, size);
        ck_assert_mem_eq(decoded, bytes, size);
        if (size > 0) {
            ck_assert(!base_base58_write(input, written, text.size - 1, &used));
            ck_assert_int_eq(base_base58_read(text, decoded, size - 1, &used), SUBSTRATE_E_LIMIT);
        }
    }
}
END_TEST

START_TEST(base58_every_character) {
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    for (int c = 0; c < 256; c++) {
        char text[] = {'2', 'g', (char)c};
        uint8_t out[8];
        size_t size = 99;
        bool known = c != 0 && strchr(digits, c) != NULL;
        ck_assert_int_eq(
            base_base58_read((struct substrate_text){text, sizeof text}, out, sizeof out, &size),
            known ? SUBSTRATE_OK : SUBSTRATE_E_DECODE);
        ck_assert_uint_eq(size, 2);
    }
}
END_TEST

CHECK_MAIN("base_ss58", ss58_both_ways, ss58_every_prefix, ss58_wrong_addresses,
           ss58_long_form_of_a_short_prefix, base58_both_ways, base58_every_character)
