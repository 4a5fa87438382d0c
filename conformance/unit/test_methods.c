/* The answers of the methods, over the sample: each as a request in and raw JSON, an error or the
 * reason of a gap out; and the notifications of subscriptions as the view moves. */
#include "base/mem.h"
#include "chain/chain.h"
#include "chain_folder.h"
#include "methods/method.h"
#include "rpc/envelope.h"

static struct chain *chain;
static struct view *view;
static struct base_arena arena;

static void go(const struct chain_block *block) {
    struct view_steps steps = {NULL, 0, 0};
    ck_assert_int_eq(view_set_head(view, block, VIEW_SCENE, &steps, NULL), SUBSTRATE_OK);
    view_steps_free(&steps);
}

static void setup(void) {
    struct folder folder = folder_sample();
    struct facts *facts = folder_load(&folder, FACTS_LOAD_DIGESTS);
    struct substrate_error error = {0};
    ck_assert_msg(chain_build(facts, &chain, &error) == SUBSTRATE_OK, "%s", error.message);
    folder_remove(&folder);
    view = view_new(chain, &(struct view_start){NULL, VIEW_LAG_RECORDED}, SIZE_MAX);
    ck_assert_ptr_nonnull(view);
    /* The fork is seen by having been the head. */
    struct substrate_hash fork = hash_of(SAMPLE_FORK2);
    go(chain_find(chain, &fork));
    go(chain_head(chain));
    base_arena_init(&arena, 0);
}

static void teardown(void) {
    base_arena_free(&arena);
    view_free(view);
    chain_free(chain);
}

static struct rpc_request parse(const char *method, const char *params) {
    struct base_json value = {BASE_JSON_NONE, {NULL, 0}};
    struct rpc_request request;
    struct substrate_text data = {NULL, 0};
    ck_assert_int_eq(base_json_parse(base_text(params), BASE_JSON_DEPTH_MAX, &value, NULL),
                     SUBSTRATE_OK);
    ck_assert_msg(method_parse(base_text(method), value, &arena, &request, &data) == SUBSTRATE_OK,
                  "%s %s", method, params);
    return request;
}

#define Q(text) "\"" text "\""
#define HASHED(key) "{\"block\":" Q(SAMPLE_H2) ",\"changes\":[" key "]}"
#define UNMATCHED (-32055)

/* code 0: the result is `text`; UNMATCHED: `text` is part of the reason; else it is the message. */
struct answer_case {
    const char *method, *params;
    int64_t code;
    const char *text;
};

static const struct answer_case ANSWERS[] = {
    /* chain */
    {"chain_getHeader", "[]", 0, SAMPLE_HEADER_H5},
    {"chain_getHeader", "[" Q(SAMPLE_H2) "]", 0, SAMPLE_HEADER_H2},
    {"chain_getHeader", "[" Q(SAMPLE_UNKNOWN) "]", 0, "null"},
    {"chain_getHeader", "[" Q(SAMPLE_H4) "]", UNMATCHED, "block " SAMPLE_H4 " is not recorded"},
    {"chain_getBlock", "[" Q(SAMPLE_H2) "]", 0,
     "{\"block\":{\"header\":" SAMPLE_HEADER_H2
     ",\"extrinsics\":[\"0x2804\",\"0x1234\"]},\"justifications\":[[[1,2,3,4],[9]]]}"},
    {"chain_getBlock", "[]", 0,
     "{\"block\":{\"header\":" SAMPLE_HEADER_H5 ",\"extrinsics\":[]},\"justifications\":null}"},
    {"chain_getBlock", "[" Q(SAMPLE_H3) "]", UNMATCHED, "recorded without its extrinsics"},
    {"chain_getBlock", "[" Q(SAMPLE_UNKNOWN) "]", 0, "null"},
    {"chain_getBlockHash", "[]", 0, Q(SAMPLE_H5)},
    {"chain_getHead", "[null]", 0, Q(SAMPLE_H5)},
    {"chain_getBlockHash", "[0]", 0, Q(SAMPLE_GENESIS)},
    {"chain_getBlockHash", "[2]", 0, Q(SAMPLE_H2)},
    {"chain_getBlockHash", "[4]", UNMATCHED, "block of number 4"},
    {"chain_getBlockHash", "[6]", 0, "null"},
    {"chain_getBlockHash", "[[1,\"0x2\",7]]", 0, "[" Q(SAMPLE_H1) "," Q(SAMPLE_H2) ",null]"},
    {"chain_getBlockHash", "[[]]", 0, "[]"},
    {"chain_getBlockHash", "[[1,4]]", UNMATCHED, "block of number 4"},
    {"chain_getBlockHash", "[4294967295]", 0, "null"},
    {"chain_getBlockHash", "[4294967296]", 3001,
     "`Number(4294967296)` > u32::max_value(), the max block number is u32."},
    {"chain_getBlockHash", "[\"0x100000000\"]", 3001,
     "`Hex(4294967296)` > u32::max_value(), the max block number is u32."},
    {"chain_getBlockHash",
     "[\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"]", 3001,
     "`Hex(1157920892373161954235709850086879078532699846656405640394575840079131296399"
     "35)` > u32::max_value(), the max block number is u32."},
    {"chain_getFinalisedHead", "[]", 0, Q(SAMPLE_H3)},
    /* values */
    {"state_getStorage", "[\"0x0104\"]", 0, "\"0xdd\""},
    {"state_getStorageAt", "[\"0104\"," Q(SAMPLE_H2) "]", 0, "\"0xcccc\""},
    {"state_getStorage", "[\"0x01\"," Q(SAMPLE_H1) "]", 0, "\"0xaa\""},
    {"state_getStorage", "[\"0x01\"," Q(SAMPLE_FORK2) "]", 0, "\"0xf2\""},
    {"state_getStorage", "[\"0x01\"," Q(SAMPLE_H5) "]", 0, "\"0xa2\""},
    {"state_getStorage", "[\"0x02\"," Q(SAMPLE_H2) "]", 0, "\"0x\""},
    {"state_getStorage", "[\"0x0102\"," Q(SAMPLE_H2) "]", 0, "null"},
    {"state_getStorage", "[\"0xff\"," Q(SAMPLE_H2) "]", 0, "null"},
    {"state_getStorage", "[\"0x03\"," Q(SAMPLE_H3) "]", 0, "null"},
    {"state_getStorage", "[\"0x0300\"," Q(SAMPLE_H3) "]", UNMATCHED,
     "key 0x0300 is not recorded at block " SAMPLE_H3},
    {"state_getStorage", "[\"0x3a636f6465\"," Q(SAMPLE_H2) "]", UNMATCHED, "key 0x3a636f6465"},
    {"state_getStorage", "[\"0x3a636f64\"," Q(SAMPLE_H2) "]", 0, "null"},
    {"state_getStorage", "[\"0x3a636f646500\"," Q(SAMPLE_H2) "]", 0, "null"},
    {"state_getStorage", "[\"0x0103\"," Q(SAMPLE_H1) "]", UNMATCHED, "its value is not recorded"},
    {"state_getStorage", "[\"0x0103\"]", UNMATCHED, "key 0x0103 is not recorded at block"},
    {"state_getStorage", "[\"0x01\"," Q(SAMPLE_GENESIS) "]", UNMATCHED, "key 0x01"},
    {"state_getStorage", "[\"0x01\"," Q(SAMPLE_H4) "]", UNMATCHED, "block " SAMPLE_H4},
    {"state_getStorage", "[\"0x01\"," Q(SAMPLE_UNKNOWN) "]", 4003,
     "Client error: UnknownBlock: Header was not found in the database: " SAMPLE_UNKNOWN},
    {"state_getStorageHash", "[\"0x01\"," Q(SAMPLE_H2) "]", 0, Q(SAMPLE_HASH_OF_A2)},
    {"state_getStorageHashAt", "[\"0xff\"," Q(SAMPLE_H2) "]", 0, "null"},
    {"state_getStorageSize", "[\"0x0104\"," Q(SAMPLE_H2) "]", 0, "2"},
    {"state_getStorageSize", "[\"0x02\"," Q(SAMPLE_H2) "]", 0, "0"},
    {"state_getStorageSize", "[\"0xff\"," Q(SAMPLE_H2) "]", 0, "null"},
    {"state_getStorageSizeAt", "[\"0x26\"," Q(SAMPLE_H2) "]", 0, "16"},
    {"state_getStorageSize", "[\"0x\"," Q(SAMPLE_H2) "]", UNMATCHED, "keys from 0x3a636f6465 on"},
    /* keys */
    {"state_getKeys", "[\"0x01\"," Q(SAMPLE_H1) "]", 0, "[\"0x01\",\"0x0102\",\"0x0103\"]"},
    {"state_getKeys", "[\"0x01\"," Q(SAMPLE_H2) "]", 0, "[\"0x01\",\"0x0103\",\"0x0104\"]"},
    {"state_getKeys", "[\"0x05\"," Q(SAMPLE_H2) "]", 0, "[]"},
    {"state_getKeys", "[\"0x\"," Q(SAMPLE_H2) "]", UNMATCHED, "keys from 0x3a636f6465 on"},
    {"state_getKeysPaged",
     "[null,1000,"
     "null," Q(SAMPLE_H2) "]",
     UNMATCHED, "0x3a636f6465"},
    {"state_getKeysPaged", "[null,4,null," Q(SAMPLE_H2) "]", 0,
     "[\"0x01\",\"0x0103\",\"0x0104\",\"0x02\"]"},
    {"state_getKeysPaged", "[\"0x01\",2,\"0x01\"," Q(SAMPLE_H2) "]", 0, "[\"0x0103\",\"0x0104\"]"},
    {"state_getKeysPaged", "[\"0x01\",2,\"0x0102ff\"," Q(SAMPLE_H2) "]", 0,
     "[\"0x0103\",\"0x0104\"]"},
    {"state_getKeysPaged", "[\"0x01\",2,\"0x00\"," Q(SAMPLE_H2) "]", 0, "[\"0x01\",\"0x0103\"]"},
    {"state_getKeysPaged", "[\"0x01\",2,\"0x05\"," Q(SAMPLE_H2) "]", 0, "[]"},
    {"state_getKeysPaged", "[\"0x01\",0,null," Q(SAMPLE_H2) "]", 0, "[]"},
    {"state_getKeysPaged", "[\"0x02\",1,null," Q(SAMPLE_H3) "]", 0, "[\"0x0200\"]"},
    {"state_getKeysPaged", "[\"0x02\",2,null," Q(SAMPLE_H3) "]", UNMATCHED, "keys from 0x0200 on"},
    {"state_getKeysPaged", "[\"0x01\",1001,null," Q(SAMPLE_UNKNOWN) "]", 4002,
     "count exceeds maximum value. value: 1001, max: 1000"},
    {"state_getKeysPaged", "[\"0x01\",1000,null," Q(SAMPLE_UNKNOWN) "]", 4003,
     "Client error: UnknownBlock: Header was not found in the database: " SAMPLE_UNKNOWN},
    {"state_getPairs", "[\"0x0104\"," Q(SAMPLE_H2) "]", 0, "[[\"0x0104\",\"0xcccc\"]]"},
    {"state_getPairs", "[\"0x01\"," Q(SAMPLE_H2) "]", UNMATCHED, "0x0103 is there at block"},
    {"state_getPairs", "[\"0x05\"," Q(SAMPLE_H2) "]", 0, "[]"},
    /* queries */
    {"state_queryStorageAt", "[[\"0x0104\",\"ff\",\"0x01\"]," Q(SAMPLE_H2) "]", 0,
     "[" HASHED("[\"0x0104\",\"0xcccc\"],[\"0xff\",null],[\"0x01\",\"0xa2\"]") "]"},
    {"state_queryStorageAt",
     "[[\"0xff\",\"0x01\",\"FF\",\"0xfF\",\"0x0104\",\"01\"]," Q(SAMPLE_H2) "]", 0,
     "[" HASHED("[\"0xff\",null],[\"0x01\",\"0xa2\"],[\"0x0104\",\"0xcccc\"]") "]"},
    {"state_queryStorageAt", "[[]," Q(SAMPLE_H2) "]", 0, "[]"},
    {"state_queryStorageAt", "[[\"0x01\"]," Q(SAMPLE_UNKNOWN) "]", 4001,
     "Cannot resolve a block range [" SAMPLE_UNKNOWN " ... " SAMPLE_UNKNOWN
     "]. UnknownBlock: Header was not found in the database: " SAMPLE_UNKNOWN},
    {"state_queryStorageAt", "[[\"0x01\",\"0x0103\"]," Q(SAMPLE_H1) "]", UNMATCHED, "0x0103"},
    {"state_queryStorage", "[[\"0x01\",\"0x0104\",\"0xff01\"]," Q(SAMPLE_H1) "," Q(SAMPLE_H2) "]",
     0,
     "[{\"block\":" Q(SAMPLE_H1) ",\"changes\":[[\"0x01\",\"0xaa\"],[\"0x0104\",null],[\"0xff01\","
                                 "null]]}," HASHED(
                                     "[\"0x01\",\"0xa2\"],[\"0x0104\",\"0xcccc\"]") "]"},
    {"state_queryStorage",
     "[[\"0xFF01\",\"0x01\",\"ff01\",\"0x01\"]," Q(SAMPLE_H1) "," Q(SAMPLE_H2) "]", 0,
     "[{\"block\":" Q(SAMPLE_H1) ",\"changes\":[[\"0xff01\",null],[\"0x01\",\"0xaa\"]]}," HASHED(
         "[\"0x01\",\"0xa2\"]") "]"},
    {"state_queryStorage", "[[\"0x01\"]," Q(SAMPLE_H2) "," Q(SAMPLE_H3) "]", 0,
     "[" HASHED("[\"0x01\",\"0xa2\"]") "]"},
    {"state_queryStorage", "[[\"0x01\"]," Q(SAMPLE_H1) "," Q(SAMPLE_FORK2) "]", 0,
     "[{\"block\":" Q(SAMPLE_H1) ",\"changes\":[[\"0x01\",\"0xaa\"]]},{\"block\":" Q(
         SAMPLE_FORK2) ",\"changes\":[[\"0x01\",\"0xf2\"]]}]"},
    {"state_queryStorage", "[[\"0x01\"]," Q(SAMPLE_H3) "]", UNMATCHED, "block of number 4"},
    {"state_queryStorage", "[[\"0x01\"]," Q(SAMPLE_H3) "," Q(SAMPLE_H2) "]", 4001,
     "Cannot resolve a block range [3 (" SAMPLE_H3 ") ... 2 (" SAMPLE_H2
     ")]. from number > to number"},
    {"state_queryStorage", "[[\"0x01\"]," Q(SAMPLE_FORK2) "," Q(SAMPLE_H3) "]", 4001,
     "Cannot resolve a block range [2 (" SAMPLE_FORK2 ") ... 3 (" SAMPLE_H3
     ")]. from and to are on different forks"},
    /* the runtime */
    {"state_getRuntimeVersion", "[]", 0, "{\"specName\":\"sample\",\"specVersion\":7}"},
    {"chain_getRuntimeVersion", "[" Q(SAMPLE_H3) "]", 0,
     "{\"specName\":\"sample\",\"specVersion\":8}"},
    {"state_getRuntimeVersion", "[" Q(SAMPLE_H1) "]", UNMATCHED, "the runtime of block"},
    {"state_getRuntimeVersion", "[" Q(SAMPLE_UNKNOWN) "]", 4003,
     "Client error: Api called for an unknown Block: Header was not found in the "
     "database: " SAMPLE_UNKNOWN},
    {"state_getMetadata", "[]", 0, Q("0x" SAMPLE_META_HEX)},
    {"state_getMetadata", "[" Q(SAMPLE_H3) "]", UNMATCHED, "metadata 14 of runtime 8"},
    {"state_call", "[\"Core_version\",\"0x\"]", 0, "\"0x0707\""},
    {"state_call", "[\"Core_version\",\"0x00\"]", UNMATCHED, "runtime call Core_version"},
    {"state_call", "[\"Metadata_metadata_versions\",\"\"]", 0, "\"0x080e0000000f000000\""},
    {"state_call", "[\"Metadata_metadata\",\"0x\"]", 0, Q("0x" SAMPLE_META_LENGTH SAMPLE_META_HEX)},
    {"state_call", "[\"Metadata_metadata_at_version\",\"0x0e000000\"]", 0,
     Q("0x01" SAMPLE_META_LENGTH SAMPLE_META_HEX)},
    {"state_call", "[\"Metadata_metadata_at_version\",\"0x0f000000\"]", UNMATCHED,
     "metadata 15 of runtime 7"},
    {"state_call", "[\"Metadata_metadata_at_version\",\"0x10000000\"]", 0, "\"0x00\""},
    {"state_call", "[\"Metadata_metadata_at_version\",\"0x0e\"]", UNMATCHED, "runtime call"},
    {"state_call", "[\"Test_call\",\"0100\"," Q(SAMPLE_H2) "]", 0, "\"0x11\""},
    {"state_callAt", "[\"Test_call\",\"0x0100\"," Q(SAMPLE_H3) "]", 0, "\"0x12\""},
    {"state_call", "[\"Test_call\",\"0x0100\"]", UNMATCHED,
     "runtime call Test_call is not recorded with these arguments at block " SAMPLE_H5},
    {"state_call", "[\"No_call\",\"0x0100\"]", 4003,
     "Client error: Execution failed: Other: Exported method No_call is not found"},
    {"state_call", "[\"No_call\",\"0x0100\"," Q(SAMPLE_H3) "]", UNMATCHED, "runtime call No_call"},
    {"state_call", "[\"Core_version\",\"0x\"," Q(SAMPLE_UNKNOWN) "]", 4003,
     "Client error: Api called for an unknown Block: Header was not found in the "
     "database: " SAMPLE_UNKNOWN},
    {"state_call", "[\"Core_version\",\"0x\"," Q(SAMPLE_H4) "]", UNMATCHED, "block " SAMPLE_H4},
    /* recorded */
    {"system_chain", "[]", 0, "\"sample chain\""},
    {"system_health", "[]", 0, "{\"peers\":0,\"isSyncing\":false,\"shouldHavePeers\":false}"},
    {"system_name", "[]", UNMATCHED, "no call of system_name is recorded"},
    {"payment_queryInfo", "[\"84\"]", 0,
     "{\"weight\":{\"ref_time\":1,\"proof_size\":2},\"class\":\"normal\",\"partialFee\":\"12\"}"},
    {"payment_queryInfo", "[\"85\"]", UNMATCHED, "payment_queryInfo is not recorded with these"},
    {"payment_queryInfo", "[\"84\"," Q(SAMPLE_UNKNOWN) "]", 1,
     "Unable to query dispatch info. Api called for an unknown Block: Header was not found in the "
     "database: " SAMPLE_UNKNOWN},
    {"neuronInfo_getNeuron", "[1,2]", 0, "[1,2,3]"},
    {"neuronInfo_getNeuron", "[1,2," Q(SAMPLE_H3) "]", UNMATCHED, "at block " SAMPLE_H3},
    {"mystery_get", "[{\"a\": 1, \"b\":\"x\"}]", 0, "{\"y\":[1,2]}"},
    {"mystery_get", "[{\"a\":2,\"b\":\"x\"}]", UNMATCHED, "mystery_get is not recorded with"},
    {"mystery_put", "[]", -32601, "Method not found"},
    {"state_getReadProof", "[[\"0x01\"]]", UNMATCHED, "no call of state_getReadProof"},
    {"account_nextIndex", "[\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"]", 0, "263"},
    {"system_accountNextIndex", "[\"5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty\"]", 0, "0"},
    /* children */
    {"childstate_getStorage",
     "[\"0x3a6368696c645f73746f726167653a64656661756c743a01\",\"0x00\"," Q(SAMPLE_H2) "]", 0,
     "null"},
    {"childstate_getKeys",
     "[\"0x3a6368696c645f73746f726167653a64656661756c743a01\",\"0x00\"," Q(SAMPLE_H2) "]", 0, "[]"},
    {"childstate_getKeysPagedAt",
     "[\"0x3a6368696c645f73746f726167653a64656661756c743a01\",\"0x\",5,null," Q(SAMPLE_H2) "]", 0,
     "[]"},
    {"childstate_getStorageEntries",
     "[\"0x3a6368696c645f73746f726167653a64656661756c743a01\",[\"0x\",\"0x01\"]," Q(SAMPLE_H2) "]",
     0, "[null,null]"},
    {"childstate_getStorage", "[\"0x3a6368696c645f73746f726167653a64656661756c743a01\",\"0x00\"]",
     UNMATCHED, "key 0x3a63"},
    {"childstate_getStorage", "[\"0x3a63\",\"0x00\"]", 4003,
     "Client error: Invalid child storage key"},
    {"chain_unsubscribeNewHeads", "[]", 0, "false"},
};

START_TEST(answers) {
    const struct answer_case *c = &ANSWERS[_i];
    struct rpc_request request = parse(c->method, c->params);
    struct method_outcome outcome;
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    if (c->code == 0) {
        ck_assert_msg(outcome.kind == METHOD_RESULT, "%s %s: %d %s %s", c->method, c->params,
                      (int)outcome.kind, outcome.message == NULL ? "" : outcome.message,
                      outcome.reason == NULL ? "" : outcome.reason);
        ck_text_eq(outcome.text, c->text);
    } else if (c->code == UNMATCHED) {
        ck_assert_msg(outcome.kind == METHOD_UNMATCHED, "%s %s: %d %s", c->method, c->params,
                      (int)outcome.kind, outcome.message == NULL ? "" : outcome.message);
        ck_assert_msg(strstr(outcome.reason, c->text) != NULL, "%s %s: %s", c->method, c->params,
                      outcome.reason);
    } else {
        ck_assert_msg(outcome.kind == METHOD_ERROR, "%s %s: %d", c->method, c->params,
                      (int)outcome.kind);
        ck_assert_int_eq(outcome.code, c->code);
        ck_assert_str_eq(outcome.message, c->text);
    }
    ck_assert_int_eq(outcome.has_block, request.method != NULL && request.method->has_at);
}
END_TEST

START_TEST(recorded_errors_and_nearest) {
    struct method_outcome outcome;
    struct rpc_request request = parse("state_call", "[\"Test_fail\",\"0x\"," Q(SAMPLE_H2) "]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_ERROR);
    ck_assert_int_eq(outcome.code, 0);
    ck_text_eq(outcome.text,
               "{\"code\":4003,\"message\":\"Client error: Execution failed: trap\"}");
    request = parse("state_call", "[\"Test_call\",\"0x0101\"," Q(SAMPLE_H3) "]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_UNMATCHED);
    ck_text_eq(outcome.nearest, "{\"method\":\"state_call\",\"params\":[\"Test_call\",\"0x0100\"],"
                                "\"at\":\"" SAMPLE_H3 "\"}");
    request = parse("system_name", "[]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_assert_ptr_null(outcome.nearest.data);
}
END_TEST

/* What a space discarded, and has not seen. */
START_TEST(discarded_and_unseen_blocks) {
    static const struct {
        const char *method, *params;
        int64_t code;
        const char *text;
    } CASES[] = {
        {"state_getStorage", "[\"0x01\"," Q(SAMPLE_H2) "]", 4003,
         "Client error: UnknownBlock: State already discarded for " SAMPLE_H2},
        {"state_getKeysPaged", "[\"0x01\",2,null," Q(SAMPLE_H2) "]", 4003,
         "Client error: UnknownBlock: State already discarded for " SAMPLE_H2},
        {"state_queryStorageAt", "[[\"0x01\"]," Q(SAMPLE_H2) "]", 4003,
         "Client error: UnknownBlock: State already discarded for " SAMPLE_H2},
        {"state_queryStorage", "[[\"0x01\"]," Q(SAMPLE_H2) "," Q(SAMPLE_H3) "]", 4003,
         "Client error: UnknownBlock: State already discarded for " SAMPLE_H2},
        {"state_call", "[\"Test_call\",\"0x0100\"," Q(SAMPLE_H2) "]", 4003,
         "Client error: Api called for an unknown Block: State already discarded for " SAMPLE_H2},
        {"state_getRuntimeVersion", "[" Q(SAMPLE_H2) "]", 4003,
         "Client error: Api called for an unknown Block: State already discarded for " SAMPLE_H2},
        {"payment_queryInfo", "[\"0x84\"," Q(SAMPLE_H2) "]", 1,
         "Unable to query dispatch info. Api called for an unknown Block: State already discarded "
         "for " SAMPLE_H2},
        {"chain_getHeader", "[" Q(SAMPLE_H2) "]", 0, SAMPLE_HEADER_H2},
        {"state_getStorage", "[\"0x01\"," Q(SAMPLE_FORK2) "]", 4003,
         "Client error: UnknownBlock: Header was not found in the database: " SAMPLE_FORK2},
        {"chain_getHeader", "[" Q(SAMPLE_FORK2) "]", 0, "null"},
    };
    view_reset(view, &(struct view_start){NULL, VIEW_LAG_RECORDED});
    view_prune_below(view, 3);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct method_outcome outcome;
        struct rpc_request request = parse(CASES[i].method, CASES[i].params);
        method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
        if (CASES[i].code == 0) {
            ck_text_eq(outcome.text, CASES[i].text);
        } else {
            ck_assert_int_eq(outcome.code, CASES[i].code);
            ck_assert_str_eq(outcome.message, CASES[i].text);
        }
    }
}
END_TEST

/* What the view shows is the space's, not the recording's. */
START_TEST(answers_follow_the_view) {
    struct method_outcome outcome;
    go(chain_at(chain, 2));
    struct rpc_request request = parse("chain_getBlockHash", "[3]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_text_eq(outcome.text, "null");
    request = parse("chain_getHead", "[]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_text_eq(outcome.text, Q(SAMPLE_H2));
    request = parse("chain_getFinalizedHead", "[]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_text_eq(outcome.text, Q(SAMPLE_GENESIS)); /* two behind, as in the recording */
    request = parse("state_getStorage", "[\"0x0104\"]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_text_eq(outcome.text, "\"0xcccc\"");
    struct substrate_hash h2 = hash_of(SAMPLE_H2);
    ck_assert(outcome.has_block);
    ck_assert_mem_eq(&outcome.block, &h2, 32);
}
END_TEST

/* Extrinsics are taken where the node says so, and else there are no methods for them. */
START_TEST(extrinsics_are_taken) {
    struct method_outcome outcome;
    struct rpc_request request = parse("author_submitExtrinsic", "[\"0x280402000B\"]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_ERROR);
    ck_assert_int_eq(outcome.code, RPC_ERROR_METHOD_NOT_FOUND);
    const struct method_node *node = &(const struct method_node){view, true};
    method_answer(node, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_RESULT);
    /* hashlib.blake2b(bytes.fromhex("280402000b"), digest_size=32) */
    ck_text_eq(outcome.text,
               Q("0x0e10104accd19e2e41649ce8e56b961a77be7d2fb9c9dbba3fc408f2679fed4a"));
    request = parse("author_submitAndWatchExtrinsic", "[\"280402000b\"]");
    method_answer(node, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_OPEN);
    ck_assert_str_eq(outcome.stream->notification, "author_extrinsicUpdate");
    ck_text_eq(outcome.text, "\"ready\"");
    request = parse("author_unwatchExtrinsic", "[\"x\"]");
    method_answer(node, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_END);
}
END_TEST

static bool lists(struct substrate_text result, const char *name) {
    struct base_json value, item;
    struct base_json_walk walk;
    struct substrate_text key;
    ck_assert_int_eq(base_json_parse(result, 8, &value, NULL), SUBSTRATE_OK);
    base_json_walk_init(&walk, base_json_member(value, "methods"));
    while (base_json_walk_next(&walk, &key, &item)) {
        if (base_json_is(item, name)) {
            return true;
        }
    }
    return false;
}

START_TEST(rpc_methods_lists_what_is_served) {
    struct method_outcome outcome;
    struct rpc_request request = parse("rpc_methods", "[]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_RESULT);
    static const char *const SERVED[] = {"rpc_methods",
                                         "state_getStorage",
                                         "state_getStorageAt",
                                         "chain_getHead",
                                         "mystery_get",
                                         "neuronInfo_getNeuron",
                                         "payment_queryInfo",
                                         "system_chain",
                                         "account_nextIndex",
                                         "subscribe_newHead",
                                         "unsubscribe_newHead",
                                         "state_getPairs",
                                         "chain_getFinalisedHead",
                                         "childstate_getKeys",
                                         "state_unsubscribeStorage"};
    static const char *const NOT[] = {"system_name",
                                      "neuronInfo_getNeurons",
                                      "mystery_put",
                                      "state_getReadProof",
                                      "payment_queryFeeDetails",
                                      "author_submitExtrinsic",
                                      "author_pendingExtrinsics"};
    for (size_t i = 0; i < sizeof SERVED / sizeof *SERVED; i++) {
        ck_assert_msg(lists(outcome.text, SERVED[i]), "%s", SERVED[i]);
    }
    for (size_t i = 0; i < sizeof NOT / sizeof *NOT; i++) {
        ck_assert_msg(!lists(outcome.text, NOT[i]), "%s", NOT[i]);
    }
    /* {"methods":[…]}, sorted, each once. */
    struct base_json value;
    ck_assert_int_eq(base_json_parse(outcome.text, 8, &value, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(base_json_length(value), 1);
    struct base_json_walk walk;
    struct substrate_text key, last = {NULL, 0};
    struct base_json name;
    base_json_walk_init(&walk, base_json_member(value, "methods"));
    while (base_json_walk_next(&walk, &key, &name)) {
        struct substrate_text text = {name.raw.data + 1, name.raw.size - 2};
        ck_assert(last.data == NULL || base_text_compare(last, text) < 0);
        last = text;
    }
}
END_TEST

START_TEST(streams_open_and_end) {
    static const struct {
        const char *method, *params;
        enum method_outcome_kind kind;
        const char *stream, *notification, *first;
    } CASES[] = {
        {"chain_subscribeNewHead", "[]", METHOD_OPEN, "newHeads", "chain_newHead",
         SAMPLE_HEADER_H5},
        {"chain_subscribeAllHeads", "[]", METHOD_OPEN, "allHeads", "chain_allHead",
         SAMPLE_HEADER_H5},
        {"chain_subscribeFinalisedHeads", "[]", METHOD_OPEN, "finalizedHeads",
         "chain_finalizedHead", SAMPLE_HEADER_H3},
        {"chain_subscribeRuntimeVersion", "[]", METHOD_OPEN, "runtimeVersion",
         "state_runtimeVersion", "{\"specName\":\"sample\",\"specVersion\":7}"},
        {"state_subscribeStorage", "[[\"0x01\",\"0x0104\",\"01\"]]", METHOD_OPEN, "storage",
         "state_storage",
         "{\"block\":" Q(SAMPLE_H5) ",\"changes\":[[\"0x01\",\"0xa2\"],[\"0x0104\",\"0xdd\"],"
                                    "[\"0x01\",\"0xa2\"]]}"},
        {"state_subscribeStorage", "[[]]", METHOD_OPEN, "storage", "state_storage", NULL},
        {"state_subscribeStorage", "[]", METHOD_OPEN, "storage", "state_storage", NULL},
        {"unsubscribe_newHead", "[\"x\\u0041\"]", METHOD_END, "newHeads", "chain_newHead",
         "\"x\\u0041\""},
        {"state_unsubscribeStorage", "[7]", METHOD_END, "storage", "state_storage", "7"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct method_outcome outcome;
        struct rpc_request request = parse(CASES[i].method, CASES[i].params);
        method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
        ck_assert_int_eq(outcome.kind, CASES[i].kind);
        ck_assert_str_eq(outcome.stream->name, CASES[i].stream);
        ck_assert_ptr_eq(method_stream_find(base_text(CASES[i].stream)), outcome.stream);
        ck_assert_str_eq(outcome.stream->notification, CASES[i].notification);
        if (CASES[i].first == NULL) {
            ck_assert_ptr_null(outcome.text.data);
        } else {
            ck_text_eq(outcome.text, CASES[i].first);
        }
    }
    ck_assert_ptr_null(method_stream_find(BASE_TEXT("heads")));
}
END_TEST

/* What a subscriber would hear first is not recorded: he is told so at once. */
START_TEST(streams_that_cannot_start) {
    struct method_outcome outcome;
    struct rpc_request request = parse("state_subscribeStorage", "[[\"0xff\"]]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_UNMATCHED);
    ck_assert_ptr_nonnull(strstr(outcome.reason, "key is not recorded at block " SAMPLE_H5));
    go(chain_at(chain, 1));
    request = parse("state_subscribeRuntimeVersion", "[]");
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_assert_int_eq(outcome.kind, METHOD_UNMATCHED);
    ck_assert_ptr_nonnull(strstr(outcome.reason, "runtime is not recorded at block " SAMPLE_H1));
}
END_TEST

/* All notices of a step, one a line; a gap is `!` and its reason. */
static void keep_notice(void *context, const struct method_notice *notice) {
    base_buf_str(context, notice->gap != NULL ? "!" : "");
    base_buf_text(context, notice->gap != NULL ? base_text(notice->gap) : notice->result);
    base_buf_char(context, '\n');
}

static const struct chain_block *sample_block(const char *hash) {
    struct substrate_hash wanted = hash_of(hash);
    const struct chain_block *block = chain_find(chain, &wanted);
    ck_assert_ptr_nonnull(block);
    return block;
}

/* Of a stream that is open, as the heads move; the finalized head stays at 1 unless said. */
static void check_step(const char *method, const char *params, const struct view_step *step,
                       const char *expected) {
    struct rpc_request request = parse(method, params);
    struct method_opened opened;
    struct method_outcome outcome;
    struct base_buf out = BASE_BUF_INIT;
    method_answer(&(struct method_node){view, false}, &request, &arena, &outcome);
    ck_assert(method_open(outcome.stream, &request, &arena, &opened));
    ck_assert_int_eq(method_step(&opened, view, step, &arena, keep_notice, &out), SUBSTRATE_OK);
    bool gap = expected[0] == '!';
    if (gap) {
        ck_assert_msg(out.size > 0 && out.data[0] == '!', "%s: %.*s", method, (int)out.size,
                      out.data);
        base_buf_char(&out, '\0');
        ck_assert_msg(strstr(out.data, expected + 1) != NULL, "%s: %s", method, out.data);
    } else {
        ck_text_eq(base_buf_view(&out), expected);
    }
    base_buf_free(&out);
}

START_TEST(notifications) {
    static const struct {
        const char *method, *params, *before, *now, *text;
    } CASES[] = {
        {"chain_subscribeNewHeads", "[]", SAMPLE_H2, SAMPLE_H3, SAMPLE_HEADER_H3 "\n"},
        {"chain_subscribeNewHeads", "[]", SAMPLE_H2, SAMPLE_H2, ""},
        {"chain_subscribeNewHeads", "[]", SAMPLE_FORK2, SAMPLE_H3, SAMPLE_HEADER_H3 "\n"},
        {"chain_subscribeAllHeads", "[]", SAMPLE_H3, SAMPLE_H2, SAMPLE_HEADER_H2 "\n"},
        {"chain_subscribeAllHeads", "[]", SAMPLE_FORK2, SAMPLE_H3,
         SAMPLE_HEADER_H2 "\n" SAMPLE_HEADER_H3 "\n"},
        {"state_subscribeRuntimeVersion", "[]", SAMPLE_H2, SAMPLE_H3,
         "{\"specName\":\"sample\",\"specVersion\":8}\n"},
        {"state_subscribeRuntimeVersion", "[]", SAMPLE_H2, SAMPLE_H5, ""},
        {"state_subscribeRuntimeVersion", "[]", SAMPLE_H2, SAMPLE_H1, "!runtime is not recorded"},
        {"state_subscribeRuntimeVersion", "[]", SAMPLE_H1, SAMPLE_H2, "!runtime is not recorded"},
        {"state_subscribeStorage", "[[\"0xff\",\"0x0102\",\"0x01\",\"0102\"]]", SAMPLE_H1,
         SAMPLE_H2, HASHED("[\"0x01\",\"0xa2\"],[\"0x0102\",null]") "\n"},
        {"state_subscribeStorage", "[[\"0x01\"]]", SAMPLE_H2, SAMPLE_H3, ""},
        {"state_subscribeStorage", "[[\"0xff\"]]", SAMPLE_H2, SAMPLE_H3, "!key is not recorded"},
        {"state_subscribeStorage", "[[\"0xff\"]]", SAMPLE_H3, SAMPLE_H2, "!key is not recorded"},
        {"state_subscribeStorage", "[[]]", SAMPLE_H1, SAMPLE_H2, ""},
        {"state_subscribeStorage", "[]", SAMPLE_H1, SAMPLE_H2, "!all changes is not recorded"},
    };
    go(chain_at(chain, 2)); /* where all of these can begin */
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const struct view_step step = {sample_block(CASES[i].before), sample_block(CASES[i].now),
                                       chain_at(chain, 1), chain_at(chain, 1)};
        check_step(CASES[i].method, CASES[i].params, &step, CASES[i].text);
    }
}
END_TEST

START_TEST(finalized_notifications) {
    const struct chain_block *h1 = chain_at(chain, 1), *h3 = chain_at(chain, 3),
                             *h5 = chain_at(chain, 5), *fork = sample_block(SAMPLE_FORK2);
    check_step("chain_subscribeFinalizedHeads", "[]", &(struct view_step){h3, h5, h1, h1}, "");
    /* Each block between is told, but not one that was not recorded. */
    check_step("chain_subscribeFinalizedHeads", "[]", &(struct view_step){h5, h5, h1, h3},
               SAMPLE_HEADER_H2 "\n" SAMPLE_HEADER_H3 "\n");
    check_step("chain_subscribeFinalizedHeads", "[]", &(struct view_step){h5, h5, h3, h5},
               SAMPLE_HEADER_H5 "\n");
    check_step("chain_subscribeFinalizedHeads", "[]", &(struct view_step){h5, h5, fork, h3},
               SAMPLE_HEADER_H3 "\n");
}
END_TEST

static const struct chain_block *make(const struct chain_block *parent, const char *key,
                                      const char *value, struct view_steps *steps) {
    const struct view_change change = {base_text(key), base_text(value)};
    const struct view_made made = {
        .parent = parent, .changes = &change, .change_count = key == NULL ? 0 : 1};
    const struct chain_block *block = NULL;
    ck_assert_int_eq(view_make(view, &made, &block, steps, NULL), SUBSTRATE_OK);
    return block;
}

static void check_storage_step(const char *keys, const struct view_step *step,
                               const char *changes) {
    char hash[67], expected[1024] = "";
    substrate_hash_format(&step->head->hash, hash);
    if (changes[0] != '\0') {
        snprintf(expected, sizeof expected, "{\"block\":\"%s\",\"changes\":[%s]}\n", hash, changes);
    }
    check_step("state_subscribeStorage", keys, step, expected);
}

#define EVENTS "0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"

/* Whichever is shorter is walked: the keys that are listed, or those that changed. */
START_TEST(storage_of_made_blocks) {
    struct view_steps steps = {NULL, 0, 0};
    go(chain_at(chain, 1)); /* all but :code is known there */
    const struct chain_block *h1 = chain_at(chain, 1);
    const struct chain_block *a = make(h1, "0x01", "0xbb", &steps);
    const struct chain_block *b = make(a, "0x0102", NULL, &steps);
    const struct chain_block *c = make(b, NULL, NULL, &steps);
    const struct chain_block *x = make(h1, "0x0102", "0x55", &steps);
    const struct view_step first = {h1, a, h1, h1}, second = {a, b, h1, h1}, third = {b, c, h1, h1};
    const struct view_step jump = {c, x, h1, h1}, back = {c, h1, h1, h1};
    static const char FEW[] = "[[\"0x01\",\"0x0102\"]]";
    static const char MANY[] = "[[\"0x01\",\"0x0102\",\"0xf0\",\"0xf1\",\"0xf2\",\"0xf3\",\"0xf4\","
                               "\"0xf5\",\"0xf6\",\"0xf7\",\"0xf8\",\"0xf9\",\"0xfa\",\"0x01\"]]";
    for (int i = 0; i < 2; i++) {
        const char *keys = i == 0 ? FEW : MANY;
        check_storage_step(keys, &first, "[\"0x01\",\"0xbb\"]");
        check_storage_step(keys, &second, "[\"0x0102\",null]");
        check_storage_step(keys, &third, "");
        check_storage_step(keys, &jump, "[\"0x01\",\"0xaa\"],[\"0x0102\",\"0x55\"]");
        check_storage_step(keys, &back, "[\"0x01\",\"0xaa\"],[\"0x0102\",\"0xbb\"]");
    }
    /* At H1 there is no such key, and then a list of no events. */
    check_storage_step("[[\"" EVENTS "\"]]", &first, "[\"" EVENTS "\",\"0x00\"]");
    check_storage_step("[[\"" EVENTS "\"]]", &second, "");
    view_steps_free(&steps);
}
END_TEST

/* A fork brings all of its blocks to those who want all. */
START_TEST(heads_of_made_blocks) {
    struct view_steps steps = {NULL, 0, 0};
    char expected[4096];
    go(chain_at(chain, 3));
    ck_assert_int_eq(view_fork(view, 1, (struct substrate_text){NULL, 0}, &steps, NULL),
                     SUBSTRATE_OK);
    const struct view_step *fork = &steps.list[steps.count - 1];
    const struct chain_block *top = fork->head, *below = top->parent;
    snprintf(expected, sizeof expected, "%.*s\n", (int)top->header.size, top->header.data);
    check_step("chain_subscribeNewHeads", "[]", fork, expected);
    snprintf(expected, sizeof expected, "%.*s\n%.*s\n", (int)below->header.size, below->header.data,
             (int)top->header.size, top->header.data);
    check_step("chain_subscribeAllHeads", "[]", fork, expected);
    const struct view_step final = {top, top, chain_at(chain, 2), top};
    check_step("chain_subscribeFinalizedHeads", "[]", &final, expected);
    check_step("state_subscribeRuntimeVersion", "[]", fork,
               "{\"specName\":\"sample\",\"specVersion\":7}\n");
    view_steps_free(&steps);
}
END_TEST

/* Out of memory is the node's internal error or the right answer, and never a wrong one. */
START_TEST(each_allocation_fails) {
    const struct answer_case *c = &ANSWERS[_i];
    struct failing failing = {0};
    struct substrate_allocator allocator = {failing_resize, &failing};
    struct rpc_request request = parse(c->method, c->params);
    for (size_t n = 1;; n++) {
        struct base_arena small;
        struct method_outcome outcome;
        substrate_allocator_set(&allocator);
        failing = (struct failing){.left = n};
        base_arena_init(&small, 64);
        method_answer(&(struct method_node){view, false}, &request, &small, &outcome);
        bool internal = outcome.kind == METHOD_ERROR && outcome.code == RPC_ERROR_INTERNAL;
        bool right =
            c->code == 0 ? outcome.kind == METHOD_RESULT && base_text_is(outcome.text, c->text)
            : c->code == UNMATCHED ? outcome.kind == METHOD_UNMATCHED
                                   : outcome.kind == METHOD_ERROR && outcome.code == c->code;
        base_arena_free(&small);
        substrate_allocator_set(NULL);
        ck_assert_msg(internal || right, "%s %s: allocation %zu", c->method, c->params, n);
        ck_assert_uint_eq(failing.alive, 0);
        if (!failing.failed) {
            ck_assert(right);
            break;
        }
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("methods");
    TCase *cases = tcase_create("methods");
    int count = (int)(sizeof ANSWERS / sizeof *ANSWERS);
    tcase_set_timeout(cases, CHECK_TIMEOUT_S);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, answers, 0, count);
    tcase_add_test(cases, recorded_errors_and_nearest);
    tcase_add_test(cases, answers_follow_the_view);
    tcase_add_test(cases, discarded_and_unseen_blocks);
    tcase_add_test(cases, extrinsics_are_taken);
    tcase_add_test(cases, rpc_methods_lists_what_is_served);
    tcase_add_test(cases, streams_open_and_end);
    tcase_add_test(cases, streams_that_cannot_start);
    tcase_add_test(cases, notifications);
    tcase_add_test(cases, finalized_notifications);
    tcase_add_test(cases, storage_of_made_blocks);
    tcase_add_test(cases, heads_of_made_blocks);
    tcase_add_loop_test(cases, each_allocation_fails, 0, count);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
