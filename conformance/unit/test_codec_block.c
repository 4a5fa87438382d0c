/* Extrinsics, events and dispatch errors. What the recorded ones of a real runtime (Subtensor, spec
 * 293) are was asked of cyscale, the decoder of Bittensor's SDK: hashes, names, numbers, counts.
 * The example with the signature of 0x55 bytes is one that the SDK composed. Variants of
 * DispatchError are those of polkadot-sdk's sources. */
#include "codec_fixture.h"

#include "base/compact.h"
#include "client_support.h"
#include "codec/block.h"
#include "codec/extrinsic.h"

static const struct value_limits limits = VALUE_LIMITS;
static struct substrate_metadata *runtime; /* one per process */

static void setup(void) {
    if (runtime == NULL) {
        runtime = fixture_metadata(FIXTURE_V15);
    }
}

static struct base_json json_of(struct substrate_text text) {
    struct base_json json;
    ck_assert_int_eq(base_json_parse(text, BASE_JSON_DEPTH_MAX, &json, NULL), SUBSTRATE_OK);
    return json;
}

static struct substrate_bytes bytes_of(const struct base_buf *buf) {
    return (struct substrate_bytes){(const uint8_t *)buf->data, buf->size};
}

#define TEN_11 "11111111111111111111"
#define TEN_33 "33333333333333333333"
#define TEN_55 "55555555555555555555"
#define BYTES_11 TEN_11 TEN_11 TEN_11 "1111"
#define BYTES_33 TEN_33 TEN_33 TEN_33 "3333"
#define BYTES_55 TEN_55 TEN_55 TEN_55 TEN_55 TEN_55 TEN_55 "55555555"
#define SIGNER "00" BYTES_11 "01" BYTES_55
#define CALL "050300" BYTES_33 "02286bee"
#define CALL_JSON                                                                               \
    "{\"type\":\"Balances\",\"value\":[{\"type\":\"transfer_keep_alive\",\"value\":{\"dest\":{" \
    "\"type\":\"Id\",\"value\":[\"5DDqWU3pDgJsbH5BDsKoY2d8g5SD7jaAZVaYN3YJjtHygLwZ\"]},"        \
    "\"value\":1000000000}}]}"
#define EXTENSIONS_JSON                                                                            \
    "\"extensions\":{\"CheckMortality\":[{\"type\":\"Mortal102\",\"value\":[6]}],\"CheckNonce\":[" \
    "7],"                                                                                          \
    "\"ChargeTransactionPayment\":[0],\"CheckMetadataHash\":{\"mode\":{\"type\":\"Disabled\","     \
    "\"value\":null}}}"
#define SIGNER_JSON                                           \
    "\"address\":{\"type\":\"Id\",\"value\":["                \
    "\"5CT5jwBEAhveEjgiSCQbkaKcKcUyF3VJ8qNXM9rXsuQyn3Kd\"]}," \
    "\"signature\":{\"type\":\"Sr25519\",\"value\":[\"0x" BYTES_55 "\"]}"

static const struct {
    const char *bytes, *hash, *rest;
} examples[] = {
    {"280402000be8afed629801", /* block 1 */
     "0x76479f60c5450a52e428ee86388903c24b31c4baab200e770c60ba1e0375b1b7",
     "\"version\":4,\"signed\":false,\"call\":{\"type\":\"Timestamp\",\"value\":[{\"type\":\"set\","
     "\"value\":{\"now\":1754006401000}}]}}"},
    {"3d0284" SIGNER "66061c0000" CALL, /* era 128, 102; nonce 7; tip 0 */
     "0x85bb741854d1919dcd2af396acb75e7d83128e7bd5f988bdc7c23ccf6e17471e",
     "\"version\":4,\"signed\":true," SIGNER_JSON "," EXTENSIONS_JSON ",\"call\":" CALL_JSON "}"},
    {"49028400d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d012ac9ea63e60846d6016"
     "6"
     "fca3fb0cb0b67fb0c09cfa6d88f2002a8e0d48babd4ef80856bac5cf75875c3438d6fc399a40f9bff28f6430ae816"
     "0"
     "85534890df2d85550350a10f00050000306721211d5404bd9da88e0204360a1a9ab8b87c66c1bc2fcdd37f3c2222c"
     "c"
     "200700f2052a01", /* era 64, 53 */
     "0xbae11591f500e46e1783f2bbc71ab188e228be3e1ca7a1eb7dcaa54a934b8a15",
     "\"version\":4,\"signed\":true,\"address\":{\"type\":\"Id\",\"value\":["
     "\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"]},\"signature\":{\"type\":\"Sr25519\","
     "\"value\":[\"0x2ac9ea63e60846d60166fca3fb0cb0b67fb0c09cfa6d88f2002a8e0d48babd4ef80856bac5cf75"
     "875c3438d6fc399a40f9bff28f6430ae816085534890df2d85\"]},\"extensions\":{\"CheckMortality\":[{"
     "\"type\":\"Mortal85\",\"value\":[3]}],\"CheckNonce\":[20],\"ChargeTransactionPayment\":[1000]"
     ","
     "\"CheckMetadataHash\":{\"mode\":{\"type\":\"Disabled\",\"value\":null}}},\"call\":{\"type\":"
     "\"Balances\",\"value\":[{\"type\":\"transfer_allow_death\",\"value\":{\"dest\":{\"type\":"
     "\"Id\",\"value\":[\"5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy\"]},"
     "\"value\":5000000000}}]}}"},
    /* Version 5, put together from the same parts; hashes by Python's hashlib. */
    {"280502000be8afed629801", "0xa7513e0d7dc782fcb21ad98a9a0b5e95d00ef96361b14bc4fff8c4152a947f8a",
     "\"version\":5,\"signed\":false,\"call\":{\"type\":\"Timestamp\",\"value\":[{\"type\":\"set\","
     "\"value\":{\"now\":1754006401000}}]}}"},
    {"b84500"
     "66061c0000" CALL,
     "0x8f4a7d59667f27b28d927a207b9f53de600f7652dd3b62a96e87bb349a388f8b",
     "\"version\":5,\"signed\":false,\"extensionVersion\":0," EXTENSIONS_JSON ",\"call\":" CALL_JSON
     "}"},
};
#define EXAMPLES (sizeof examples / sizeof *examples)

START_TEST(extrinsics_by_example) {
    setup();
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct fixture_bytes bytes = fixture_hex(base_text(examples[i].bytes));
        struct base_buf json = BASE_BUF_INIT;
        struct base_buf again = BASE_BUF_INIT;
        struct substrate_error error = {0};
        base_buf_str(&json, "kept");
        base_buf_str(&again, "kept");
        ck_assert_msg(extrinsic_read(runtime, fixture_view(bytes), &limits, &json, &error) ==
                          SUBSTRATE_OK,
                      "%s", error.message);
        char expected[2048];
        int size = snprintf(expected, sizeof expected, "kept{\"hash\":\"%s\",%s", examples[i].hash,
                            examples[i].rest);
        ck_assert_int_lt(size, (int)sizeof expected);
        ck_text_eq(base_buf_view(&json), expected);
        /* The hash is not needed to go back. */
        snprintf(expected, sizeof expected, "{%s", examples[i].rest);
        ck_assert_int_eq(
            extrinsic_write(runtime, json_of(base_text(expected)), &limits, &again, NULL),
            SUBSTRATE_OK);
        ck_assert_mem_eq(again.data, "kept", 4);
        ck_hex_eq(again.data + 4, again.size - 4, examples[i].bytes);
        base_buf_free(&json);
        base_buf_free(&again);
        free(bytes.data);
    }
}
END_TEST

/* All extrinsics of 73 blocks: as many signed ones as there are, and back to the same bytes. */
START_TEST(extrinsics_of_a_chain) {
    setup();
    struct fixture_bytes file = fixture_file("blocks.jsonl");
    size_t after = 0;
    size_t count = 0;
    size_t signed_count = 0;
    char *line;
    struct base_buf json = BASE_BUF_INIT;
    struct base_buf again = BASE_BUF_INIT;
    while ((line = fixture_line(file, "\"extrinsics\"", &after)) != NULL) {
        struct base_json_walk walk;
        struct substrate_text key;
        struct base_json hex;
        base_json_walk_init(&walk, base_json_member(json_of(base_text(line)), "extrinsics"));
        while (base_json_walk_next(&walk, &key, &hex)) {
            struct fixture_bytes bytes =
                fixture_hex((struct substrate_text){hex.raw.data + 1, hex.raw.size - 2});
            base_buf_reset(&json);
            base_buf_reset(&again);
            ck_assert_int_eq(extrinsic_read(runtime, fixture_view(bytes), &limits, &json, NULL),
                             SUBSTRATE_OK);
            struct base_json value = json_of(base_buf_view(&json));
            signed_count += base_json_member(value, "signed").kind == BASE_JSON_TRUE;
            ck_assert_int_eq(extrinsic_write(runtime, value, &limits, &again, NULL), SUBSTRATE_OK);
            ck_assert_uint_eq(again.size, bytes.size);
            ck_assert_mem_eq(again.data, bytes.data, bytes.size);
            count++;
            free(bytes.data);
        }
        free(line);
    }
    ck_assert_uint_eq(count, 216);
    ck_assert_uint_eq(signed_count, 143);
    base_buf_free(&json);
    base_buf_free(&again);
    free(file.data);
}
END_TEST

/* A body with the length that it has put before it. */
static struct base_buf with_length(struct substrate_bytes body) {
    struct base_buf whole = BASE_BUF_INIT;
    base_compact_write(&whole, body.size);
    base_buf_append(&whole, body.data, body.size);
    return whole;
}

static enum substrate_status read_one(struct substrate_bytes bytes, struct substrate_error *error) {
    struct base_buf json = BASE_BUF_INIT;
    base_buf_str(&json, "kept");
    enum substrate_status status = extrinsic_read(runtime, bytes, &limits, &json, error);
    ck_assert(status == SUBSTRATE_OK || base_text_is(base_buf_view(&json), "kept"));
    base_buf_free(&json);
    return status;
}

START_TEST(cut_and_lengthened_extrinsics) {
    setup();
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct fixture_bytes bytes = fixture_hex(base_text(examples[i].bytes));
        struct substrate_error error = {0};
        size_t head = i == 1 || i == 2 ? 2 : 1; /* bytes of its length */
        for (size_t size = 0; size < bytes.size; size++) {
            ck_assert_int_eq(read_one((struct substrate_bytes){bytes.data, size}, &error),
                             SUBSTRATE_E_DECODE);
            if (size >= head) {
                struct base_buf cut =
                    with_length((struct substrate_bytes){bytes.data + head, size - head});
                ck_assert_int_eq(read_one(bytes_of(&cut), &error), SUBSTRATE_E_DECODE);
                ck_assert_uint_le(error.position, cut.size);
                base_buf_free(&cut);
            }
        }
        bytes.data[bytes.size] = 0; /* fixture_hex leaves room */
        struct base_buf more =
            with_length((struct substrate_bytes){bytes.data + head, bytes.size + 1 - head});
        ck_assert_int_eq(read_one(bytes_of(&more), &error), SUBSTRATE_E_DECODE);
        ck_assert_ptr_nonnull(strstr(error.message, "bytes are left over"));
        ck_assert_uint_eq(error.position, more.size - 1);
        base_buf_free(&more);
        free(bytes.data);
    }
}
END_TEST

/* Whatever byte is changed: it is refused, or it is another extrinsic, which says its bytes. */
START_TEST(changed_extrinsics) {
    setup();
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct fixture_bytes bytes = fixture_hex(base_text(examples[i].bytes));
        struct base_buf json = BASE_BUF_INIT;
        struct base_buf again = BASE_BUF_INIT;
        for (size_t at = 0; at < 8 * bytes.size; at++) {
            bytes.data[at / 8] ^= (uint8_t)(1u << at % 8);
            base_buf_reset(&json);
            base_buf_reset(&again);
            enum substrate_status status =
                extrinsic_read(runtime, fixture_view(bytes), &limits, &json, NULL);
            ck_assert(status == SUBSTRATE_OK || status == SUBSTRATE_E_DECODE);
            if (status == SUBSTRATE_OK) {
                struct base_json value = json_of(base_buf_view(&json));
                ck_assert_int_eq(extrinsic_write(runtime, value, &limits, &again, NULL),
                                 SUBSTRATE_OK);
                ck_assert_uint_eq(again.size, bytes.size);
                ck_assert_mem_eq(again.data, bytes.data, bytes.size);
            }
            bytes.data[at / 8] ^= (uint8_t)(1u << at % 8);
        }
        base_buf_free(&json);
        base_buf_free(&again);
        free(bytes.data);
    }
}
END_TEST

START_TEST(wrong_extrinsics) {
    static const struct {
        const char *bytes, *complaint;
        size_t position;
    } wrong[] = {
        {"", "no compact length", 0},
        {"00", "no version", 1},
        {"04", "not as many bytes follow as its length says (1)", 1},
        {"0404ff", "not as many bytes", 1},
        {"0403", "no format is known of version and kind (3)", 1},
        {"0483", "no format is known", 1},
        {"0444", "no format is known", 1}, /* 4 general */
        {"0485", "no format is known", 1}, /* 5 signed */
        {"04c4", "no format is known", 1}, /* no such kind */
        {"084501", "version of the extensions", 3},
        {"0445", "version of the extensions", 2},
        {"0884ff", "address", 2},
        {"0804ff", "call", 2},
        {"b84500"
         "66061c00ff" CALL,
         "CheckMetadataHash", 7},
    };
    setup();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fixture_bytes bytes = fixture_hex(base_text(wrong[i].bytes));
        struct substrate_error error = {0};
        ck_assert_int_eq(read_one(fixture_view(bytes), &error), SUBSTRATE_E_DECODE);
        ck_assert_msg(strstr(error.message, wrong[i].complaint) != NULL, "%s: %s", wrong[i].bytes,
                      error.message);
        ck_assert_msg(error.position == wrong[i].position, "%s: %zu", wrong[i].bytes,
                      error.position);
        free(bytes.data);
    }
}
END_TEST

#define BARE "\"version\":4,\"signed\":false,\"call\":" CALL_JSON
#define WHOLE \
    "\"version\":4,\"signed\":true," SIGNER_JSON "," EXTENSIONS_JSON ",\"call\":" CALL_JSON

static const struct {
    const char *json, *complaint;
} json_cases[] = {
    {"[]", "is no object"},
    {"{}", "`version`, `signed` and `call`"},
    {"{\"version\":4,\"signed\":false}", "`version`, `signed` and `call`"},
    {"{\"version\":4,\"call\":" CALL_JSON "}", "`version`, `signed` and `call`"},
    {"{\"version\":\"4\",\"signed\":false,\"call\":" CALL_JSON "}", "`version`"},
    {"{\"version\":260,\"signed\":false,\"call\":" CALL_JSON "}", "`version`"},
    {"{" BARE ",\"more\":1}", "one that is not known"},
    {"{" BARE ",\"version\":4}", "a member twice"},
    {"{" BARE "," EXTENSIONS_JSON "}", "do not go together"},
    {"{" BARE "," SIGNER_JSON "}", "do not go together"},
    {"{" BARE ",\"extensionVersion\":0}", "do not go together"},
    {"{" WHOLE ",\"extensionVersion\":0}", "do not go together"},
    {"{\"version\":5,\"signed\":true," SIGNER_JSON "," EXTENSIONS_JSON ",\"call\":" CALL_JSON "}",
     "do not go together"},
    {"{\"version\":4,\"signed\":true," SIGNER_JSON ",\"call\":" CALL_JSON "}",
     "do not go together"},
    {"{\"version\":5,\"signed\":false,\"extensionVersion\":1," EXTENSIONS_JSON
     ",\"call\":" CALL_JSON "}",
     "`extensionVersion`"},
    {"{\"version\":5,\"signed\":false,\"extensionVersion\":0,\"extensions\":[],"
     "\"call\":" CALL_JSON "}",
     "no object"},
    {"{\"version\":5,\"signed\":false,\"extensionVersion\":0,\"extensions\":{},"
     "\"call\":" CALL_JSON "}",
     "CheckMortality 0 times"},
    {"{\"version\":5,\"signed\":false,\"extensionVersion\":0,\"extensions\":{"
     "\"CheckMortality\":[{"
     "\"type\":\"Immortal\",\"value\":null}],\"CheckMortality\":[{\"type\":\"Immortal\","
     "\"value\":null}],\"CheckNonce\":[7],\"ChargeTransactionPayment\":[0],"
     "\"CheckMetadataHash\":{"
     "\"mode\":{\"type\":\"Disabled\",\"value\":null}}},\"call\":" CALL_JSON "}",
     "CheckMortality 2 times"},
    {"{\"version\":5,\"signed\":false,\"extensionVersion\":0,\"extensions\":{"
     "\"CheckMortality\":[{"
     "\"type\":\"Immortal\",\"value\":null}],\"CheckNonce\":[7],\"ChargeTransactionPayment\":["
     "0],"
     "\"CheckMetadataHash\":{\"mode\":{\"type\":\"Disabled\",\"value\":null}},\"CheckMood\":[]}"
     ","
     "\"call\":" CALL_JSON "}",
     "does not have"},
    {"{\"version\":4,\"signed\":false,\"call\":{\"type\":\"Balances\",\"value\":[]}}", "call"},
};

START_TEST(wrong_json) {
    setup();
    for (size_t i = 0; i < sizeof json_cases / sizeof *json_cases; i++) {
        struct substrate_error error = {0};
        struct base_buf bytes = BASE_BUF_INIT;
        base_buf_str(&bytes, "kept");
        ck_assert_int_eq(extrinsic_write(runtime, json_of(base_text(json_cases[i].json)), &limits,
                                         &bytes, &error),
                         SUBSTRATE_E_DECODE);
        ck_assert_msg(strstr(error.message, json_cases[i].complaint) != NULL, "%s: %s",
                      json_cases[i].json, error.message);
        ck_text_eq(base_buf_view(&bytes), "kept");
        base_buf_free(&bytes);
    }
    /* An extension that takes no bytes may be written out, too, and its name be escaped. */
    static const char full[] =
        "{\"call\":" CALL_JSON ",\"version\":5,\"signed\":false,\"extensionVersion\":0,"
        "\"extensions\":{\"Check\\u004eonce\":[7],\"CheckMortality\":[{\"type\":\"Mortal102\","
        "\"value\":["
        "6]"
        "}],\"CheckWeight\":[],\"ChargeTransactionPayment\":[0],\"CheckMetadataHash\":{\"mode\":{"
        "\"type\":\"Disabled\",\"value\":null}}}}";
    struct base_buf bytes = BASE_BUF_INIT;
    ck_assert_int_eq(extrinsic_write(runtime, json_of(base_text(full)), &limits, &bytes, NULL),
                     SUBSTRATE_OK);
    ck_hex_eq(bytes.data, bytes.size, examples[4].bytes);
    base_buf_free(&bytes);
}
END_TEST

/* --- events --- */

#define EVENTS_KEY "\"key\":\"0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7\""

/* The next recorded value of System.Events; no data behind the last one. */
static struct fixture_bytes next_events(struct fixture_bytes file, size_t *after) {
    struct fixture_bytes bytes = {NULL, 0};
    char *line = fixture_line(file, EVENTS_KEY ",\"value\":\"0x", after);
    if (line != NULL) {
        struct base_json hex = base_json_member(json_of(base_text(line)), "value");
        bytes = fixture_hex((struct substrate_text){hex.raw.data + 1, hex.raw.size - 2});
    }
    free(line);
    return bytes;
}

/* The number 15 of them: two events, in two phases. */
static struct fixture_bytes recorded_events(void) {
    struct fixture_bytes file = fixture_file("state.jsonl");
    struct fixture_bytes bytes = {NULL, 0};
    size_t after = 0;
    for (size_t i = 0; i <= 15; i++) {
        free(bytes.data);
        bytes = next_events(file, &after);
    }
    free(file.data);
    return bytes;
}

START_TEST(events_by_example) {
    static const char expected[] =
        "kept[{\"phase\":\"Initialization\",\"extrinsic\":null,\"pallet\":\"SubtensorModule\","
        "\"name\":\"SetChildren\",\"fields\":[\"5C7cqZH5MGhvCwtxH3271gLgHqXSxT1RuTm4y7Za44XEU9FL\","
        "2,[["
        "\"9223372036854775807\",\"5EZTrUbjqK3qrFXN57T7YBs5jrTMTUU8zF8A4hMvABchHxyu\"]]],"
        "\"topics\":"
        "[]},{\"phase\":\"ApplyExtrinsic\",\"extrinsic\":0,\"pallet\":\"System\",\"name\":"
        "\"ExtrinsicSuccess\",\"fields\":{\"dispatch_info\":{\"weight\":{\"ref_time\":268717000,"
        "\"proof_size\":1493},\"class\":{\"type\":\"Mandatory\",\"value\":null},\"pays_fee\":{"
        "\"type\":\"Yes\",\"value\":null}}},\"topics\":[]}]";
    setup();
    struct fixture_bytes bytes = recorded_events();
    struct base_buf json = BASE_BUF_INIT;
    base_buf_str(&json, "kept");
    ck_assert_int_eq(events_read(runtime, fixture_view(bytes), &limits, &json, NULL), SUBSTRATE_OK);
    ck_text_eq(base_buf_view(&json), expected);
    base_buf_free(&json);
    free(bytes.data);
}
END_TEST

static bool event_is(const struct event *event, const char *pallet, const char *name) {
    return base_text_is(event->pallet, pallet) && base_text_is(event->name, name);
}

/* Counts over all recorded events, and every failure in them by name. */
START_TEST(events_of_a_chain) {
    static const struct {
        size_t value;
        uint32_t extrinsic;
        const char *kind, *pallet, *name;
    } failures[] = {{17, 19, "Module", "SubtensorModule", "CommitRevealEnabled"},
                    {17, 20, "Module", "SubtensorModule", "HotKeyNotRegisteredInSubNet"},
                    {23, 7, "Arithmetic", "", "Underflow"}};
    setup();
    size_t count = 0;
    size_t successes = 0;
    size_t fees = 0;
    size_t applying = 0;
    size_t failed_count = 0;
    size_t i = 0;
    size_t after = 0;
    struct fixture_bytes file = fixture_file("state.jsonl");
    for (struct fixture_bytes value; (value = next_events(file, &after)).data != NULL; i++) {
        struct events events;
        struct event event;
        ck_assert_int_eq(events_begin(&events, runtime, fixture_view(value), &limits, NULL),
                         SUBSTRATE_OK);
        enum substrate_status status;
        while ((status = events_next(&events, &event, NULL)) == SUBSTRATE_OK) {
            bool failed;
            struct dispatch_error dispatch;
            ck_assert_int_eq(event_dispatch_error(&events, &event, &failed, &dispatch, NULL),
                             SUBSTRATE_OK);
            ck_assert(failed == event_is(&event, "System", "ExtrinsicFailed"));
            if (failed) {
                ck_assert_uint_lt(failed_count, 3);
                ck_assert_uint_eq(i, failures[failed_count].value);
                ck_assert_uint_eq(event.extrinsic, failures[failed_count].extrinsic);
                ck_text_eq(dispatch.kind, failures[failed_count].kind);
                ck_text_eq(dispatch.pallet, failures[failed_count].pallet);
                ck_text_eq(dispatch.name, failures[failed_count].name);
                failed_count++;
            }
            count++;
            applying += event.has_extrinsic;
            successes += event_is(&event, "System", "ExtrinsicSuccess");
            fees += event_is(&event, "TransactionPayment", "TransactionFeePaid");
        }
        ck_assert_int_eq(status, SUBSTRATE_E_NOT_FOUND);
        free(value.data);
    }
    free(file.data);
    ck_assert_uint_eq(i, 31);
    ck_assert_uint_eq(count, 780);
    ck_assert_uint_eq(applying, 779);
    ck_assert_uint_eq(successes, 171);
    ck_assert_uint_eq(fees, 143);
    ck_assert_uint_eq(failed_count, 3);
}
END_TEST

static enum substrate_status read_events(struct substrate_bytes bytes,
                                         struct substrate_error *error) {
    struct base_buf json = BASE_BUF_INIT;
    base_buf_str(&json, "kept");
    enum substrate_status status = events_read(runtime, bytes, &limits, &json, error);
    ck_assert(status == SUBSTRATE_OK || base_text_is(base_buf_view(&json), "kept"));
    base_buf_free(&json);
    return status;
}

START_TEST(wrong_events) {
    setup();
    struct fixture_bytes bytes = recorded_events();
    struct substrate_error error = {0};
    for (size_t size = 0; size < bytes.size; size++) {
        ck_assert_int_eq(read_events((struct substrate_bytes){bytes.data, size}, &error),
                         SUBSTRATE_E_DECODE);
        ck_assert_uint_le(error.position, size);
    }
    bytes.data[bytes.size] = 0;
    ck_assert_int_eq(read_events((struct substrate_bytes){bytes.data, bytes.size + 1}, &error),
                     SUBSTRATE_E_DECODE);
    ck_assert_uint_eq(error.position, bytes.size);
    for (size_t at = 0; at < 8 * bytes.size; at++) {
        bytes.data[at / 8] ^= (uint8_t)(1u << at % 8);
        enum substrate_status status = read_events(fixture_view(bytes), &error);
        ck_assert(status == SUBSTRATE_OK || status == SUBSTRATE_E_DECODE);
        bytes.data[at / 8] ^= (uint8_t)(1u << at % 8);
    }
    free(bytes.data);
    struct substrate_metadata other = {0};
    struct events events;
    ck_assert_int_eq(
        events_begin(&events, &other, (struct substrate_bytes){NULL, 0}, &limits, &error),
        SUBSTRATE_E_NOT_FOUND);
}
END_TEST

/* An event of extrinsic 2, as the only one, and what is read of its failure. */
START_TEST(failures_by_name) {
    static const struct {
        const char *event, *failure;
    } cases[] = {
        /* Sudo.Sudid of a Result: Ok, and an Err of each shape. */
        {"0c0000", NULL},
        {"0c000100", "{\"kind\":\"Other\",\"pallet\":null,\"name\":null}"},
        {"0c000101", "{\"kind\":\"CannotLookup\",\"pallet\":null,\"name\":null}"},
        {"0c000102", "{\"kind\":\"BadOrigin\",\"pallet\":null,\"name\":null}"},
        {"0c0001030502000000",
         "{\"kind\":\"Module\",\"pallet\":\"Balances\",\"name\":\"InsufficientBalance\"}"},
        {"0c0001030736000000",
         "{\"kind\":\"Module\",\"pallet\":\"SubtensorModule\",\"name\":\"CommitRevealEnabled\"}"},
        {"0c00010700", "{\"kind\":\"Token\",\"pallet\":null,\"name\":\"FundsUnavailable\"}"},
        {"0c00010802", "{\"kind\":\"Arithmetic\",\"pallet\":null,\"name\":\"DivisionByZero\"}"},
        {"0c00010d", "{\"kind\":\"RootNotAllowed\",\"pallet\":null,\"name\":null}"},
        /* Not of this runtime: a pallet, and an error of a pallet. */
        {"0c000103fa02000000", "no pallet 250"},
        {"0c00010305fa000000", "no error 250"},
    };
    setup();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char hex[128];
        snprintf(hex, sizeof hex, "040002000000%s00", cases[i].event);
        struct fixture_bytes bytes = fixture_hex(base_text(hex));
        struct base_buf json = BASE_BUF_INIT;
        struct substrate_error error = {0};
        bool unknown = cases[i].failure != NULL && cases[i].failure[0] != '{';
        ck_assert_int_eq(events_read(runtime, fixture_view(bytes), &limits, &json, &error),
                         unknown ? SUBSTRATE_E_DECODE : SUBSTRATE_OK);
        if (unknown) {
            ck_assert_ptr_nonnull(strstr(error.message, cases[i].failure));
            ck_assert_uint_eq(error.position, 9); /* count, phase, event, Err */
            ck_assert_uint_eq(json.size, 0);
        } else {
            struct base_json_walk walk;
            struct substrate_text key;
            struct base_json event;
            base_json_walk_init(&walk, json_of(base_buf_view(&json)));
            ck_assert(base_json_walk_next(&walk, &key, &event));
            struct base_json failure = base_json_member(event, "error");
            ck_assert(base_json_is(base_json_member(event, "name"), "Sudid"));
            ck_text_eq(base_json_member(event, "extrinsic").raw, "2");
            ck_text_eq(failure.raw, cases[i].failure == NULL ? "" : cases[i].failure);
        }
        base_buf_free(&json);
        free(bytes.data);
    }
}
END_TEST

/* Metadata whose Module has no place for a pallet and an error. */
START_TEST(failures_without_their_parts) {
    static const struct substrate_text path[] = {{"DispatchError", 13}};
    static const struct type_variant module = {.name = {"Module", 6}};
    static const struct type_variant *by_index[256] = {&module};
    static const struct type types[] = {
        {.kind = TYPE_VARIANT, .path = path, .path_count = 1, .variants = {&module, by_index, 1}}};
    static const struct substrate_metadata metadata = {.types = {types, 1}};
    struct fixture_bytes bytes = fixture_hex(BASE_TEXT("00"));
    struct scale_reader reader = scale_reader(fixture_view(bytes));
    struct dispatch_error dispatch;
    struct substrate_error error = {0};
    ck_assert(dispatch_error_is(&metadata, 0));
    ck_assert_int_eq(dispatch_error_read(&metadata, 0, &reader, &limits, &dispatch, &error),
                     SUBSTRATE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(error.message, "no pallet and error in its bytes"));
    free(bytes.data);
}
END_TEST

static bool read_all_and_write(void) {
    struct fixture_bytes bytes = fixture_hex(base_text(examples[1].bytes));
    struct fixture_bytes value = fixture_hex(BASE_TEXT("0400020000000c000103050200000000"));
    struct base_buf json = BASE_BUF_INIT;
    struct base_buf again = BASE_BUF_INIT;
    struct base_buf events = BASE_BUF_INIT;
    bool good =
        extrinsic_read(runtime, fixture_view(bytes), &limits, &json, NULL) == SUBSTRATE_OK &&
        extrinsic_write(runtime, json_of(base_buf_view(&json)), &limits, &again, NULL) ==
            SUBSTRATE_OK &&
        events_read(runtime, fixture_view(value), &limits, &events, NULL) == SUBSTRATE_OK;
    ck_assert(!good || again.size == bytes.size);
    base_buf_free(&json);
    base_buf_free(&again);
    base_buf_free(&events);
    free(bytes.data);
    free(value.data);
    return good;
}

START_TEST(out_of_memory) {
    setup();
    client_fail_each(read_all_and_write);
}
END_TEST

CHECK_MAIN("codec_block", extrinsics_by_example, extrinsics_of_a_chain,
           cut_and_lengthened_extrinsics, changed_extrinsics, wrong_extrinsics, wrong_json,
           events_by_example, events_of_a_chain, wrong_events, failures_by_name,
           failures_without_their_parts, out_of_memory)
