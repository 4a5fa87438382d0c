/* Headers against the hashes that nodes report: blocks of a chain with a Subtensor runtime (spec
 * 293), and made-up headers whose SCALE and BLAKE2b-256 were computed with Python. */
#include "check_main.h"

#include "base/hash.h"
#include "base/header.h"

#define ZERO_ROOT "0x0000000000000000000000000000000000000000000000000000000000000000"
#define PARENT "0x1111111111111111111111111111111111111111111111111111111111111111"
#define STATE "0x2222222222222222222222222222222222222222222222222222222222222222"
#define EXTRINSICS "0x3333333333333333333333333333333333333333333333333333333333333333"
#define HEADER(parent, number, state, extrinsics, logs)                               \
    "{\"parentHash\":\"" parent "\",\"number\":\"" number "\",\"stateRoot\":\"" state \
    "\",\"extrinsicsRoot\":\"" extrinsics "\",\"digest\":{\"logs\":[" logs "]}}"

static const struct {
    const char *json, *hash;
    uint64_t number;
} headers[] = {
    {HEADER("0x6c78a73711b064196a687858dda7f2c644a408028577b93118b0006df3112139", "0x49", ZERO_ROOT,
            "0x50a613f4e8dc960ca48482df93e80d6bb6759bbccae77c15d9a384daf051fbdf",
            "\"0x066175726120c9038c6800000000\""),
     "0xa31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a97", 73},
    {HEADER("0xcb67a4d8960982a7737a9410b73f3c011759a4002955a6247025c5ef63600399", "0x48", ZERO_ROOT,
            "0x82d218d8af46d1fddb5c801d1e975517c9a011e615dd222ace67a636cb8505b7",
            "\"0x066175726120c8038c6800000000\""),
     "0x6c78a73711b064196a687858dda7f2c644a408028577b93118b0006df3112139", 72},
    {HEADER("0x7c1939185a9c82194f2a696cfd16312b65b8615c167b4d301544fc7f9dc8aae0", "0x40", ZERO_ROOT,
            "0xb95a11cbf468d93215438e5ef7fdf64dfda894e514fbe8be12383e19bfde86ec",
            "\"0x066175726120c0038c6800000000\""),
     "0x30c68b3b034a7beb87abe0a0e347f30eaf48bc1daa41f2a299b450f7d172eba7", 64},
    {HEADER("0xa8302874b3bdf8ab5e44ba5a99ef220a172b59bb06936d0250d248c9819d86e5", "0x3f", ZERO_ROOT,
            "0x86cd3cad06afbb00e9b99e73e7f428d9361e239f35bb31c678ec543828cb80de",
            "\"0x066175726120bf038c6800000000\""),
     "0x7c1939185a9c82194f2a696cfd16312b65b8615c167b4d301544fc7f9dc8aae0", 63},
    {HEADER("0x4545454545454545454545454545454545454545454545454545454545454545", "0x1", ZERO_ROOT,
            "0x76479f60c5450a52e428ee86388903c24b31c4baab200e770c60ba1e0375b1b7",
            "\"0x06617572612081038c6800000000\""),
     "0x8fdd05739074eaaa2e71f24f25eece0fe4901ff93cefacb3a65568425b55d724", 1},
    /* Made up: three digest items; none; numbers of four and of eight bytes. */
    {HEADER(PARENT, "0x64d2f5", STATE, EXTRINSICS,
            "\"0x066175726120a1b2c3d4e5f60718\" , \"0x0446524e4b8801FF\",\"0x056175726101010203\""),
     "0xb385ac53cd1c3a9a679f48514d20575efd2773a7596977b0ed53e1e3df83ce4a", 6607605},
    {HEADER(PARENT, "0xffffffff", STATE, EXTRINSICS, ""),
     "0x14defda8284ec9c9d02ab99b8bded5fcd3efdff19cc54c772803c61977d0b0f0", 0xffffffff},
    {HEADER(PARENT, "0x1234567890abcdef", STATE, EXTRINSICS, "\"0x08\""),
     "0x35c138d3ed7b86992783ad16e1ad1085b2e82b2d8b7b6bcae83cfd27bce2bf09", 0x1234567890abcdef},
};

START_TEST(hashes_as_reported) {
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct substrate_hash hash;
        struct base_header header;
        char written[67];
        struct substrate_text json = base_text(headers[i].json);
        ck_assert_int_eq(base_header_hash(json, &hash, NULL), SUBSTRATE_OK);
        substrate_hash_format(&hash, written);
        ck_assert_str_eq(written, headers[i].hash);
        ck_assert_int_eq(base_header_read(json, &header, NULL, NULL), SUBSTRATE_OK);
        ck_assert_uint_eq(header.number, headers[i].number);
    }
}
END_TEST

START_TEST(fields_and_scale) {
    struct base_header header;
    struct base_buf scale = BASE_BUF_INIT;
    base_buf_str(&scale, "kept");
    ck_assert_int_eq(base_header_read(base_text(headers[5].json), &header, &scale, NULL),
                     SUBSTRATE_OK);
    for (size_t i = 0; i < 32; i++) {
        ck_assert_uint_eq(header.parent.bytes[i], 0x11);
        ck_assert_uint_eq(header.state_root.bytes[i], 0x22);
        ck_assert_uint_eq(header.extrinsics_root.bytes[i], 0x33);
    }
    ck_assert_uint_eq(scale.size, 4 + 132);
    ck_assert_mem_eq(scale.data, "kept", 4);
    ck_hex_eq(scale.data + 4 + 32, 4, "d64b9301");
    base_buf_free(&scale);
}
END_TEST

START_TEST(order_of_members_is_free) {
    struct substrate_hash hash;
    char written[67];
    ck_assert_int_eq(
        base_header_hash(BASE_TEXT("{ \"digest\" : { \"logs\" : [ \"0x08\" ], \"more\": {} },"
                                   "\"stateRoot\":\"" STATE "\", \"extra\": [1, {\"number\": 2}],"
                                   "\"extrinsicsRoot\":\"" EXTRINSICS "\","
                                   "\"number\":\"0x1234567890abcdef\",\"parentHash\":\"" PARENT
                                   "\" } "),
                         &hash, NULL),
        SUBSTRATE_OK);
    substrate_hash_format(&hash, written);
    ck_assert_str_eq(written, headers[7].hash);
}
END_TEST

START_TEST(wrong_headers) {
    static const struct {
        const char *json, *complaint;
    } wrong[] = {
        {"", "JSON object"},
        {"[]", "JSON object"},
        {"null", "JSON object"},
        {"{", "JSON object"},
        {"{}", "parentHash"},
        {HEADER("0x11", "0x1", STATE, EXTRINSICS, ""), "parentHash"},
        {HEADER(PARENT "00", "0x1", STATE, EXTRINSICS, ""), "parentHash"},
        {HEADER(PARENT, "1", STATE, EXTRINSICS, ""), "number"},
        {HEADER(PARENT, "0x", STATE, EXTRINSICS, ""), "number"},
        {HEADER(PARENT, "", STATE, EXTRINSICS, ""), "number"},
        {HEADER(PARENT, "0xg", STATE, EXTRINSICS, ""), "number"},
        {HEADER(PARENT, "0x1 ", STATE, EXTRINSICS, ""), "number"},
        {HEADER(PARENT, "-0x1", STATE, EXTRINSICS, ""), "number"},
        {HEADER(PARENT, "0x10000000000000000", STATE, EXTRINSICS, ""), "number"},
        {HEADER(PARENT, "0x1", "", EXTRINSICS, ""), "stateRoot"},
        {HEADER(PARENT, "0x1", STATE, "0x", ""), "extrinsicsRoot"},
        {HEADER(PARENT, "0x1", STATE, EXTRINSICS, "1"), "logs[0]"},
        {HEADER(PARENT, "0x1", STATE, EXTRINSICS, "\"0x08\",\"08\""), "logs[1]"},
        {HEADER(PARENT, "0x1", STATE, EXTRINSICS, "\"0x08\",\"0x080\""), "logs[1]"},
        {HEADER(PARENT, "0x1", STATE, EXTRINSICS, "\"0x0g\""), "logs[0]"},
        {"{\"parentHash\":\"" PARENT "\",\"number\":1,\"stateRoot\":\"" STATE
         "\",\"extrinsicsRoot\":\"" EXTRINSICS "\",\"digest\":{\"logs\":[]}}",
         "number"},
        {"{\"parentHash\":\"" PARENT "\",\"number\":\"0x1\",\"stateRoot\":\"" STATE
         "\",\"extrinsicsRoot\":\"" EXTRINSICS "\",\"digest\":[]}",
         "digest.logs"},
        {"{\"parentHash\":\"" PARENT "\",\"number\":\"0x1\",\"stateRoot\":\"" STATE
         "\",\"extrinsicsRoot\":\"" EXTRINSICS "\",\"digest\":{\"logs\":{}}}",
         "digest.logs"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct base_header header;
        struct substrate_hash hash;
        struct substrate_error error;
        struct base_buf scale = BASE_BUF_INIT;
        base_buf_str(&scale, "kept");
        struct substrate_text json = base_text(wrong[i].json);
        ck_assert_int_eq(base_header_read(json, &header, &scale, &error), SUBSTRATE_E_DECODE);
        ck_assert_msg(strstr(error.message, wrong[i].complaint) != NULL, "%s: %s", wrong[i].json,
                      error.message);
        ck_text_eq(base_buf_view(&scale), "kept");
        ck_assert_int_eq(base_header_hash(json, &hash, NULL), SUBSTRATE_E_DECODE);
        base_buf_free(&scale);
    }
}
END_TEST

CHECK_MAIN("base_header", hashes_as_reported, fields_and_scale, order_of_members_is_free,
           wrong_headers)
