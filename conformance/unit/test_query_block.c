/* Blocks and events by query, with the metadata of fixtures/subtensor-293. The block is the
 * fixture's 60; the hash of its extrinsic is Python's (hashlib.blake2b), and its time and the
 * event's weight were read off the bytes by hand. */
#include "client_support.h"
#include "codec_fixture.h"

#include <substrate/hash.h>
#include <substrate/storage.h>
#include "query/query.h"

#define HASH "0x17bf020739c1be830870b15c056bbda01daa10e3800ca0036caa108660e1f6e3"
#define PARENT "0xad7b8edbc082b9375a296edd38b7e6bf170efc358af8f36151bc13510ccc6cb4"
#define ROOT "0x0000000000000000000000000000000000000000000000000000000000000000"
#define EXTRINSIC_HASH "0xc62afe9cf0c2e80c3c41a236160c8e46075e96c503555eef32296a9b5922f519"
#define HEADER                                                                         \
    "{\"parentHash\":\"" PARENT "\",\"number\":\"0x3c\",\"stateRoot\":\"" ROOT "\","   \
    "\"extrinsicsRoot\":\"" EXTRINSIC_HASH "\",\"digest\":{\"logs\":[\"0x066175726120" \
    "bc038c6800000000\"]}}"
#define EXTRINSIC "0x280402000b6096ee629801"
#define EXTRINSIC_JSON                                                          \
    "{\"hash\":\"" EXTRINSIC_HASH "\",\"version\":4,\"signed\":false,\"call\":" \
    "{\"type\":\"Timestamp\",\"value\":[{\"type\":\"set\",\"value\":{\"now\":1754006460000}}]}}"
#define BLOCK(extrinsics) \
    "{\"block\":{\"header\":" HEADER ",\"extrinsics\":[" extrinsics "]},\"justifications\":null}"
#define ANSWER(extrinsics) \
    "{\"hash\":\"" HASH "\",\"number\":60,\"header\":" HEADER ",\"extrinsics\":[" extrinsics "]}"

/* One System.ExtrinsicSuccess in the phase of extrinsic 0, without topics. */
#define EVENTS "0x0400000000000000222f11405517020000"
#define EVENTS_JSON                                                                  \
    "[{\"phase\":\"ApplyExtrinsic\",\"extrinsic\":0,\"pallet\":\"System\","          \
    "\"name\":\"ExtrinsicSuccess\",\"fields\":{\"dispatch_info\":{\"weight\":"       \
    "{\"ref_time\":268717000,\"proof_size\":1493},\"class\":{\"type\":\"Mandatory\"" \
    ",\"value\":null},\"pays_fee\":{\"type\":\"Yes\",\"value\":null}}},\"topics\":[]}]"

static struct query_runtime *make_runtime(void) {
    struct substrate_hash genesis = {{0}};
    return query_runtime_new(&genesis, 293, 1, fixture_metadata(FIXTURE_V15));
}

static enum substrate_status make(bool events, struct query_runtime *runtime,
                                  struct substrate_query **query) {
    struct substrate_hash hash;
    ck_assert_int_eq(substrate_hash_parse(BASE_TEXT(HASH), &hash), SUBSTRATE_OK);
    struct substrate_pin pin = {.hash = &hash};
    enum substrate_status status =
        events ? substrate_query_events(&pin, query) : substrate_query_block(&pin, query);
    if (status == SUBSTRATE_OK) {
        query_give_runtime(*query, QUERY_STATE_RUNTIME, runtime);
    }
    return status;
}

struct expected {
    const char *result;
    enum substrate_status status;
    const char *value; /* of an error: a piece of its message */
};

static void check(bool events, struct query_runtime *runtime, const struct expected *expected) {
    struct substrate_reply reply = {.status = SUBSTRATE_OK, .result = base_text(expected->result)};
    struct substrate_query *query = NULL;
    ck_assert_int_eq(make(events, runtime, &query), SUBSTRATE_OK);
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    (void)query_step(query, &reply, 1);
    ck_assert_msg(query->outcome.status == expected->status, "%s: %s", expected->result,
                  query->outcome.error.message);
    if (expected->status == SUBSTRATE_OK) {
        ck_text_eq(query->outcome.value, expected->value);
    } else {
        ck_assert_msg(strstr(query->outcome.error.message, expected->value) != NULL, "%s",
                      query->outcome.error.message);
    }
    substrate_query_free(query);
}

START_TEST(test_block) {
    static const struct expected cases[] = {
        {BLOCK("\"" EXTRINSIC "\""), SUBSTRATE_OK, ANSWER(EXTRINSIC_JSON)},
        {BLOCK("\"" EXTRINSIC "\",\"" EXTRINSIC "\""), SUBSTRATE_OK,
         ANSWER(EXTRINSIC_JSON "," EXTRINSIC_JSON)},
        {BLOCK(""), SUBSTRATE_OK, ANSWER("")},
        {"null", SUBSTRATE_E_NOT_FOUND, "there is no block \"" HASH "\""},
        {BLOCK("\"" EXTRINSIC "\",\"0x280402000b6096ee62\""), SUBSTRATE_E_DECODE, "extrinsic 1"},
        {BLOCK("\"" EXTRINSIC "00\""), SUBSTRATE_E_DECODE, "extrinsic 0"},
        {BLOCK("\"0x\""), SUBSTRATE_E_DECODE, "extrinsic 0"},
        {BLOCK("null"), SUBSTRATE_E_DECODE, "bytes"},
        {"{\"block\":{\"header\":" HEADER "}}", SUBSTRATE_E_DECODE, "no list of extrinsics"},
        {"{\"block\":{\"header\":{},\"extrinsics\":[]}}", SUBSTRATE_E_DECODE, "block: "},
        {"{\"block\":null}", SUBSTRATE_E_DECODE, "block: "},
        {"{}", SUBSTRATE_E_DECODE, "block: "},
        {"7", SUBSTRATE_E_DECODE, "block: "},
    };
    struct query_runtime *runtime = make_runtime();
    struct substrate_query *query = NULL;
    ck_assert_int_eq(make(false, runtime, &query), SUBSTRATE_OK);
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_str_eq(query->requests[0].method, "chain_getBlock");
    ck_text_eq(query->requests[0].params, "[\"" HASH "\"]");
    substrate_query_free(query);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(false, runtime, &cases[i]);
    }
    query_runtime_release(runtime);
}
END_TEST

START_TEST(test_events) {
    static const struct expected cases[] = {
        {"\"" EVENTS "\"", SUBSTRATE_OK, EVENTS_JSON},
        {"\"0x00\"", SUBSTRATE_OK, "[]"},
        {"null", SUBSTRATE_OK, "[]"},
        {"\"" EVENTS "00\"", SUBSTRATE_E_DECODE, "events: "},
        {"\"0x08"
         "00000000000000222f11405517020000\"",
         SUBSTRATE_E_DECODE, "events: "},
        {"\"0x\"", SUBSTRATE_E_DECODE, "events: "},
        {"{}", SUBSTRATE_E_DECODE, "events: "},
    };
    struct query_runtime *runtime = make_runtime();
    struct substrate_query *query = NULL;
    ck_assert_int_eq(make(true, runtime, &query), SUBSTRATE_OK);
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_str_eq(query->requests[0].method, "state_getStorage");
    ck_text_eq(query->requests[0].params,
               "[\"0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7\",\"" HASH
               "\"]");
    substrate_query_free(query);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(true, runtime, &cases[i]);
    }
    query_runtime_release(runtime);
}
END_TEST

static struct query_runtime *kept;

static bool run(bool events, const char *result) {
    struct substrate_reply reply = {.status = SUBSTRATE_OK, .result = base_text(result)};
    struct substrate_query *query = NULL;
    bool good = make(events, kept, &query) == SUBSTRATE_OK &&
                query_step(query, NULL, 0) == QUERY_ASK &&
                query_step(query, &reply, 1) == QUERY_DONE;
    ck_assert(good || query == NULL || query->outcome.status == SUBSTRATE_E_MEMORY);
    substrate_query_free(query);
    return good;
}

static bool memory_scenario(void) {
    bool block = run(false, BLOCK("\"" EXTRINSIC "\""));
    return run(true, "\"" EVENTS "\"") && block;
}

START_TEST(test_each_allocation_may_fail) {
    kept = make_runtime();
    client_fail_each(memory_scenario);
    query_runtime_release(kept);
}
END_TEST

CHECK_MAIN("query_block", test_block, test_events, test_each_allocation_may_fail)
