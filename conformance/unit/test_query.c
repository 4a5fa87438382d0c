/* Queries without a node: what they ask, how they take each kind of answer, what they need before
 * they begin, and how runtimes are found out. The hashes are those of Python's xxhash and hashlib.
 */
#include "query_drive.h"

#include "query/reply.h"
#include "query/runtime.h"
#include <subtensor/subtensor.h>

#define HASH "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define BLOCK_9 "0x1919191919191919191919191919191919191919191919191919191919191919"

static struct substrate_reply ok(const char *result) {
    return (struct substrate_reply){.status = SUBSTRATE_OK, .result = base_text(result)};
}

/* One question about netuid 258, pinned to the head. */
static struct substrate_query *pinned(void) {
    struct chain chain = {0};
    struct substrate_query *query = NULL;
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    const struct substrate_pin pin = {.hash = &at};
    ck_assert_int_eq(subtensor_query_subnet_exists(258, &pin, &query), SUBSTRATE_OK);
    ck_assert(!query_needs_pin(query));
    drive_provide(&chain, query);
    return query;
}

START_TEST(test_subnet_exists_asks_one_pinned_read) {
    struct substrate_query *query = pinned();
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_uint_eq(query->request_count, 1);
    ck_assert_str_eq(query->requests[0].method, "state_getStorage");
    ck_text_eq(query->requests[0].params, "[\"0x" KEY_NETWORKS "0201\",\"" BLOCK_9 "\"]");
    substrate_query_free(query);
}
END_TEST

/* The answers that there are, and what each means. */
START_TEST(test_outcomes_are_told_apart) {
    static const struct {
        const char *result, *value;
        enum substrate_status status;
        enum substrate_presence presence;
    } cases[] = {
        {"\"0x01\"", "true", SUBSTRATE_OK, SUBSTRATE_PRESENT},
        {"\"0x00\"", "false", SUBSTRATE_OK, SUBSTRATE_PRESENT},
        {"null", "false", SUBSTRATE_OK, SUBSTRATE_DEFAULT},
        {"\"0x02\"", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"\"0x\"", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"\"0x0100\"", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"\"0x0\"", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"\"01\"", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"\"0xzz\"", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"\"\"", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"true", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"1", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"[]", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
        {"", NULL, SUBSTRATE_E_DECODE, SUBSTRATE_PRESENT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct substrate_query *query = pinned();
        struct substrate_reply reply = ok(cases[i].result);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        enum query_progress progress = query_step(query, &reply, 1);
        ck_assert_int_eq(progress, cases[i].value != NULL ? QUERY_DONE : QUERY_FAILED);
        ck_assert_int_eq(query->outcome.status, cases[i].status);
        if (cases[i].value != NULL) {
            ck_text_eq(query->outcome.value, cases[i].value);
            ck_assert_int_eq(query->outcome.presence, cases[i].presence);
        } else {
            ck_assert_int_eq(query->outcome.error.status, cases[i].status);
            ck_assert_ptr_null(query->outcome.value.data);
            ck_assert_ptr_nonnull(strstr(query->outcome.error.message, "NetworksAdded"));
        }
        substrate_query_free(query);
    }
}
END_TEST

START_TEST(test_error_of_the_node_is_never_an_answer) {
    struct substrate_query *query = pinned();
    struct substrate_reply reply = {
        .status = SUBSTRATE_E_RPC, .rpc_code = 4003, .rpc_message = BASE_TEXT("\"Unknown block\"")};
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_int_eq(query_step(query, &reply, 1), QUERY_FAILED);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_RPC);
    ck_assert_int_eq(query->outcome.error.rpc_code, 4003);
    ck_assert_ptr_nonnull(strstr(query->outcome.error.message, "Unknown block"));
    substrate_query_free(query);
}
END_TEST

START_TEST(test_messages_name_the_request) {
    const struct {
        struct substrate_request request;
        const char *title;
    } cases[] = {
        {{.method = "chain_getHeader", .params = BASE_TEXT("[\"0x\"]")}, "chain_getHeader"},
        {{.method = "state_call", .params = BASE_TEXT("[\"A_b\",\"0x\",\"0x\"]")},
         "state_call A_b"},
        {{.method = "state_call", .params = BASE_TEXT("[]")}, "state_call"},
        {{.method = "state_call", .params = BASE_TEXT("[7]")}, "state_call"},
        {{.method = "state_call"}, "state_call"},
    };
    char room[QUERY_TITLE_MAX], params[400];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_str_eq(query_title(&cases[i].request, room), cases[i].title);
    }
    int size = snprintf(params, sizeof(params), "[\"%0300d\"]", 1);
    struct substrate_request longer = {.method = "state_call", .params = {params, (size_t)size}};
    ck_assert_uint_eq(strlen(query_title(&longer, room)), QUERY_TITLE_MAX - 1);
}
END_TEST

START_TEST(test_needs) {
    struct substrate_query *query = NULL;
    struct substrate_hash hash = chain_block(3);
    struct substrate_pin by_number = {.by_number = true, .number = 0};
    struct substrate_pin too_high = {.by_number = true, .number = (uint64_t)INT64_MAX + 1};
    ck_assert_int_eq(substrate_query_block(NULL, &query), SUBSTRATE_OK);
    ck_assert(query_needs_pin(query));
    ck_assert_int_eq(query_wanted_height(query), -1);
    ck_assert(query_needs_runtime(query, QUERY_STATE_RUNTIME));
    ck_assert(!query_needs_runtime(query, QUERY_CALL_RUNTIME));
    query_pin(query, &hash);
    ck_assert(!query_needs_pin(query));
    struct query_runtime *runtime = drive_runtime(100, 15);
    query_give_runtime(query, QUERY_STATE_RUNTIME, runtime);
    ck_assert(!query_needs_runtime(query, QUERY_STATE_RUNTIME));
    substrate_query_free(query);
    query_runtime_release(runtime);
    ck_assert_int_eq(substrate_query_block(&by_number, &query), SUBSTRATE_OK);
    ck_assert_int_eq(query_wanted_height(query), 0);
    substrate_query_free(query);
    ck_assert_int_eq(substrate_query_block(&too_high, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_ptr_null(query);
    ck_assert_int_eq(
        substrate_query_state_call("A_b", (struct substrate_bytes){NULL, 0}, NULL, &query),
        SUBSTRATE_OK);
    ck_assert(query_needs_pin(query));
    ck_assert(!query_needs_runtime(query, QUERY_STATE_RUNTIME));
    ck_assert(!query_needs_runtime(query, QUERY_CALL_RUNTIME));
    substrate_query_free(query);
    ck_assert_int_eq(substrate_query_block_hash(-1, &query), SUBSTRATE_OK);
    ck_assert(!query_needs_pin(query));
    substrate_query_free(query);
}
END_TEST

START_TEST(test_block_hash_asks_by_height) {
    static const struct {
        int64_t height;
        const char *params;
    } cases[] = {{0, "[0]"}, {73, "[73]"}, {INT64_MAX, "[9223372036854775807]"}};
    struct substrate_query *query = NULL;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(substrate_query_block_hash(cases[i].height, &query), SUBSTRATE_OK);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        ck_assert_str_eq(query->requests[0].method, "chain_getBlockHash");
        ck_text_eq(query->requests[0].params, cases[i].params);
        substrate_query_free(query);
    }
    ck_assert_int_eq(substrate_query_block_hash(-1, &query), SUBSTRATE_OK);
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_ptr_null(query->requests[0].params.data);
    substrate_query_free(query);
    ck_assert_int_eq(substrate_query_block_hash(-2, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_block_hash(0, NULL), SUBSTRATE_E_ARGUMENT);
}
END_TEST

START_TEST(test_block_hash_answers) {
    static const struct {
        int64_t height;
        const char *result;
        enum substrate_status status;
    } cases[] = {
        {5, "\"0x00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\"", SUBSTRATE_OK},
        {-1, "\"" HASH "\"", SUBSTRATE_OK},
        {5, "null", SUBSTRATE_E_NOT_FOUND},
        {-1, "null", SUBSTRATE_E_DECODE}, /* there is always a head */
        {5, "\"0x00\"", SUBSTRATE_E_DECODE},
        {5, "\"\"", SUBSTRATE_E_DECODE},
        {5, "[\"" HASH "\"]", SUBSTRATE_E_DECODE},
        {5, "7", SUBSTRATE_E_DECODE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct substrate_query *query = NULL;
        struct substrate_reply reply = ok(cases[i].result);
        ck_assert_int_eq(substrate_query_block_hash(cases[i].height, &query), SUBSTRATE_OK);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        (void)query_step(query, &reply, 1);
        ck_assert_int_eq(query->outcome.status, cases[i].status);
        if (cases[i].status == SUBSTRATE_OK) {
            ck_text_eq(query->outcome.value, "\"" HASH "\"");
        }
        substrate_query_free(query);
    }
}
END_TEST

/* ---- versions ---- */

static struct substrate_query *version_of(enum query_runtime_kind kind, unsigned block) {
    struct substrate_query *query = NULL;
    struct substrate_hash hash = chain_block(block);
    ck_assert_int_eq(query_version_new(kind, &hash, &query), SUBSTRATE_OK);
    return query;
}

START_TEST(test_version_of_storage_is_the_parents) {
    static const struct {
        enum query_runtime_kind kind;
        unsigned block, spec, at;
        size_t rounds;
    } cases[] = {
        {QUERY_STATE_RUNTIME, 4, 100, 3, 2}, {QUERY_STATE_RUNTIME, 5, 100, 4, 2},
        {QUERY_STATE_RUNTIME, 6, 101, 5, 2}, {QUERY_STATE_RUNTIME, 0, 100, 0, 2},
        {QUERY_CALL_RUNTIME, 4, 100, 4, 1},  {QUERY_CALL_RUNTIME, 5, 101, 5, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain chain = {0};
        struct substrate_query *query = version_of(cases[i].kind, cases[i].block);
        struct substrate_hash at = chain_block(cases[i].at);
        ck_assert_uint_eq(drive(&chain, query), cases[i].rounds);
        ck_assert_int_eq(query->outcome.status, SUBSTRATE_OK);
        ck_assert_uint_eq(query_version_found(query)->spec_version, cases[i].spec);
        ck_assert_uint_eq(query_version_found(query)->transaction_version, 1);
        ck_assert_mem_eq(&query_version_found(query)->at, &at, sizeof(at));
        substrate_query_free(query);
    }
}
END_TEST

START_TEST(test_unknown_block_has_no_version) {
    struct chain chain = {0};
    drive_expect(&chain, version_of(QUERY_STATE_RUNTIME, CHAIN_HEAD + 1), SUBSTRATE_E_NOT_FOUND,
                 "there is no block "
                 "0x1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a");
    ck_assert_uint_eq(chain.versions, 0);
    drive_expect(&chain, version_of(QUERY_CALL_RUNTIME, CHAIN_HEAD + 1), SUBSTRATE_E_NOT_FOUND,
                 "there is no block "
                 "0x1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a");
    chain.fail_version = true;
    drive_expect(&chain, version_of(QUERY_STATE_RUNTIME, 3), SUBSTRATE_E_RPC, "UnknownBlock");
    drive_expect(&chain, version_of(QUERY_CALL_RUNTIME, 3), SUBSTRATE_E_RPC, "UnknownBlock");
    chain = (struct chain){.bad_version = true};
    drive_expect(&chain, version_of(QUERY_CALL_RUNTIME, 3), SUBSTRATE_E_DECODE, "no version");
}
END_TEST

/* The version is refused, and then the header, too: the first error is the one that counts. */
START_TEST(test_both_questions_of_a_version_refused) {
    struct substrate_query *query = version_of(QUERY_CALL_RUNTIME, 3);
    struct substrate_reply first = {
        .status = SUBSTRATE_E_RPC, .rpc_code = -32000, .rpc_message = BASE_TEXT("\"first\"")};
    struct substrate_reply second = {
        .status = SUBSTRATE_E_RPC, .rpc_code = -32001, .rpc_message = BASE_TEXT("\"second\"")};
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_int_eq(query_step(query, &first, 1), QUERY_ASK);
    ck_assert_str_eq(query->requests[0].method, "chain_getHeader");
    ck_assert_int_eq(query_step(query, &second, 1), QUERY_FAILED);
    ck_assert_int_eq(query->outcome.error.rpc_code, -32000);
    ck_assert_ptr_nonnull(strstr(query->outcome.error.message, "state_getRuntimeVersion"));
    ck_assert_ptr_nonnull(strstr(query->outcome.error.message, "first"));
    substrate_query_free(query);
}
END_TEST

START_TEST(test_answers_that_are_no_version) {
    static const char *const headers[] = {
        "{}", "[]", "1", "\"\"", "{\"parentHash\":\"0x12\"}", "{\"parentHash\":null}", "{"};
    static const char *const versions[] = {
        "null",
        "{}",
        "{\"specVersion\":1}",
        "{\"transactionVersion\":1}",
        "{\"specVersion\":4294967296,\"transactionVersion\":1}",
        "{\"specVersion\":-1,\"transactionVersion\":1}",
        "{\"specVersion\":1,\"transactionVersion\":1.5}",
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct substrate_query *query = version_of(QUERY_STATE_RUNTIME, 3);
        struct substrate_reply reply = ok(headers[i]);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        ck_assert_int_eq(query_step(query, &reply, 1), QUERY_FAILED);
        ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_DECODE);
        substrate_query_free(query);
    }
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct substrate_query *query = version_of(QUERY_CALL_RUNTIME, 3);
        struct substrate_reply reply = ok(versions[i]);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        ck_assert_int_eq(query_step(query, &reply, 1), QUERY_FAILED);
        ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_DECODE);
        substrate_query_free(query);
    }
}
END_TEST

/* ---- metadata ---- */

static struct substrate_query *metadata_at(unsigned block) {
    struct substrate_query *query = NULL;
    struct substrate_hash genesis = chain_block(0);
    struct query_version version = {chain_spec(block), 1, chain_block(block)};
    ck_assert_int_eq(query_metadata_new(&genesis, &version, &query), SUBSTRATE_OK);
    return query;
}

static void check_metadata(struct chain chain, unsigned version, size_t newer, size_t older) {
    struct substrate_query *query = metadata_at(3);
    struct substrate_hash genesis = chain_block(0);
    ck_assert_uint_eq(drive(&chain, query), newer + older);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_OK);
    ck_assert_uint_eq(chain.metadata, newer);
    ck_assert_uint_eq(chain.older, older);
    struct query_runtime *runtime = query_metadata_found(query);
    substrate_query_free(query); /* the runtime outlives it */
    ck_assert_uint_eq(runtime->metadata->version, version);
    ck_assert_uint_eq(runtime->spec_version, 100);
    ck_assert_uint_eq(runtime->transaction_version, 1);
    ck_assert_mem_eq(&runtime->genesis, &genesis, sizeof(genesis));
    query_runtime_release(runtime);
}

START_TEST(test_metadata_is_v15_or_what_there_is) {
    check_metadata((struct chain){0}, 15, 1, 0);
    check_metadata((struct chain){.metadata_none = true}, 14, 1, 1);
    check_metadata((struct chain){.metadata_missing = true}, 14, 1, 1);
}
END_TEST

START_TEST(test_metadata_that_is_not_to_be_had) {
    struct chain chain = {.bad_metadata = true};
    drive_expect(&chain, metadata_at(3), SUBSTRATE_E_DECODE, "runtime 100");
    ck_assert_uint_eq(chain.older, 0); /* wrong is not missing */
    chain = (struct chain){.bad_metadata = true, .metadata_none = true};
    drive_expect(&chain, metadata_at(3), SUBSTRATE_E_DECODE, "runtime 100");
    chain = (struct chain){.fail_metadata = true};
    drive_expect(&chain, metadata_at(3), SUBSTRATE_E_RPC, "State already discarded");
    ck_assert_uint_eq(chain.older, 0);
}
END_TEST

START_TEST(test_metadata_that_is_no_option_of_bytes) {
    static const char *const results[] = {"\"0x\"",     "\"0x02\"",       "\"0x01\"", "\"0x0104\"",
                                          "\"0x0000\"", "\"0x01040000\"", "null",     "{}"};
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        struct substrate_query *query = metadata_at(3);
        struct substrate_reply reply = ok(results[i]);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        ck_assert_int_eq(query_step(query, &reply, 1), QUERY_FAILED);
        ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_DECODE);
        substrate_query_free(query);
    }
}
END_TEST

static bool runtime_scenario(void) {
    struct chain chain = {.metadata_none = true};
    struct substrate_query *query = NULL;
    struct substrate_hash hash = chain_block(6);
    struct substrate_hash genesis = chain_block(0);
    bool good = query_version_new(QUERY_STATE_RUNTIME, &hash, &query) == SUBSTRATE_OK;
    if (good) {
        (void)drive(&chain, query);
        good = query->outcome.status == SUBSTRATE_OK;
        ck_assert(good || query->outcome.status == SUBSTRATE_E_MEMORY);
    }
    struct query_version version = {101, 1, chain_block(5)};
    substrate_query_free(query);
    query = NULL;
    good = query_metadata_new(&genesis, &version, &query) == SUBSTRATE_OK && good;
    if (query != NULL) {
        (void)drive(&chain, query);
        ck_assert(query->outcome.status == SUBSTRATE_OK ||
                  query->outcome.status == SUBSTRATE_E_MEMORY);
        good = good && query->outcome.status == SUBSTRATE_OK;
    }
    substrate_query_free(query);
    return good;
}

START_TEST(test_each_allocation_may_fail) { chain_fail_each(runtime_scenario); }
END_TEST

CHECK_MAIN("query", test_subnet_exists_asks_one_pinned_read, test_outcomes_are_told_apart,
           test_error_of_the_node_is_never_an_answer, test_messages_name_the_request, test_needs,
           test_block_hash_asks_by_height, test_block_hash_answers,
           test_version_of_storage_is_the_parents, test_unknown_block_has_no_version,
           test_both_questions_of_a_version_refused, test_answers_that_are_no_version,
           test_metadata_is_v15_or_what_there_is, test_metadata_that_is_not_to_be_had,
           test_metadata_that_is_no_option_of_bytes, test_each_allocation_may_fail)
