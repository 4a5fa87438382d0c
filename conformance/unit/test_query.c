/* Queries without a node: what they ask, how they take each kind of answer, and where their pin
 * comes from. The hashes are those of Python's xxhash and hashlib. */
#include "client_support.h"

#include "query/query.h"
#include "query/storage.h"
#include <substrate/hash.h>
#include <subtensor/subtensor.h>

#define STORAGE_PREFIX "658faa385070e074c85bf6b568cf05550e30450fc4d507a846032a7fa65d9a43"
#define KEY_BLAKE2 "ead9a09ae23f059006f2bea50e245ff4"
#define KEY_TWOX "f1577fbf1d628fdd"
#define HASH "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct substrate_reply ok(const char *result) {
    return (struct substrate_reply){.status = SUBSTRATE_OK, .result = base_text(result)};
}

static struct substrate_hash hash(void) {
    struct substrate_hash out;
    ck_assert_int_eq(substrate_hash_parse(BASE_TEXT(HASH), &out), SUBSTRATE_OK);
    return out;
}

/* One question about netuid 258, pinned. */
static struct substrate_query *pinned(void) {
    struct substrate_query *query = NULL;
    struct substrate_hash at = hash();
    ck_assert_int_eq(subtensor_query_subnet_exists(258, &at, &query), SUBSTRATE_OK);
    return query;
}

START_TEST(test_subnet_exists_asks_one_pinned_read) {
    struct substrate_query *query = pinned();
    ck_assert(!query_needs_pin(query));
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_uint_eq(query->request_count, 1);
    ck_assert_str_eq(query->requests[0].method, "state_getStorage");
    ck_text_eq(query->requests[0].params, "[\"0x" STORAGE_PREFIX "0201\",\"" HASH "\"]");
    substrate_query_free(query);
}
END_TEST

/* The answers that there are, and what each means. */
START_TEST(test_subnet_exists_tells_four_outcomes_apart) {
    static const struct {
        const char *result, *value;
        enum substrate_status status;
    } cases[] = {
        {"\"0x01\"", "true", SUBSTRATE_OK},     {"\"0x00\"", "false", SUBSTRATE_OK},
        {"null", "false", SUBSTRATE_OK},        {"\"0x02\"", NULL, SUBSTRATE_E_DECODE},
        {"\"0x\"", NULL, SUBSTRATE_E_DECODE},   {"\"0x0100\"", NULL, SUBSTRATE_E_DECODE},
        {"\"0x0\"", NULL, SUBSTRATE_E_DECODE},  {"\"01\"", NULL, SUBSTRATE_E_DECODE},
        {"\"0xzz\"", NULL, SUBSTRATE_E_DECODE}, {"\"\"", NULL, SUBSTRATE_E_DECODE},
        {"true", NULL, SUBSTRATE_E_DECODE},     {"1", NULL, SUBSTRATE_E_DECODE},
        {"[]", NULL, SUBSTRATE_E_DECODE},
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
        } else {
            ck_assert_int_eq(query->outcome.error.status, cases[i].status);
            ck_assert_ptr_null(query->outcome.value.data);
            ck_assert_ptr_nonnull(strstr(query->outcome.error.message, "NetworksAdded"));
        }
        substrate_query_free(query);
    }
}
END_TEST

START_TEST(test_error_of_the_node_is_never_false) {
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

START_TEST(test_unpinned_query_resolves_the_head_first) {
    struct substrate_query *query = NULL;
    struct substrate_reply head = ok("\"" HASH "\"");
    struct substrate_reply stored = ok("\"0x01\"");
    ck_assert_int_eq(subtensor_query_subnet_exists(1, NULL, &query), SUBSTRATE_OK);
    ck_assert(query_needs_pin(query));
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_str_eq(query->requests[0].method, "chain_getBlockHash");
    ck_assert_ptr_null(query->requests[0].params.data);
    ck_assert_int_eq(query_step(query, &head, 1), QUERY_ASK);
    ck_assert_str_eq(query->requests[0].method, "state_getStorage");
    ck_text_eq(query->requests[0].params, "[\"0x" STORAGE_PREFIX "0100\",\"" HASH "\"]");
    ck_assert_int_eq(query_step(query, &stored, 1), QUERY_DONE);
    ck_text_eq(query->outcome.value, "true");
    substrate_query_free(query);
}
END_TEST

START_TEST(test_query_pinned_from_outside_does_not_resolve) {
    struct substrate_query *query = NULL;
    ck_assert_int_eq(subtensor_query_subnet_exists(1, NULL, &query), SUBSTRATE_OK);
    query_pin(query, BASE_TEXT("\"" HASH "\""));
    ck_assert(!query_needs_pin(query));
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_str_eq(query->requests[0].method, "state_getStorage");
    substrate_query_free(query);
}
END_TEST

START_TEST(test_head_that_is_no_hash_fails) {
    static const char *const heads[] = {"null", "\"0x12\"", "1", "\"\"", "[\"" HASH "\"]"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct substrate_query *query = NULL;
        struct substrate_reply head = ok(heads[i]);
        ck_assert_int_eq(subtensor_query_subnet_exists(1, NULL, &query), SUBSTRATE_OK);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        ck_assert_int_eq(query_step(query, &head, 1), QUERY_FAILED);
        ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_DECODE);
        substrate_query_free(query);
    }
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
        const char *result;
        enum substrate_status status;
    } cases[] = {
        {"\"0x00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\"", SUBSTRATE_OK},
        {"null", SUBSTRATE_E_NOT_FOUND},
        {"\"0x00\"", SUBSTRATE_E_DECODE},
        {"7", SUBSTRATE_E_DECODE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct substrate_query *query = NULL;
        struct substrate_reply reply = ok(cases[i].result);
        ck_assert_int_eq(substrate_query_block_hash(5, &query), SUBSTRATE_OK);
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

START_TEST(test_storage_keys_of_other_hashers) {
    static const struct {
        enum query_hasher hasher;
        const char *key;
    } cases[] = {
        {HASHER_IDENTITY, STORAGE_PREFIX "0100"},
        {HASHER_BLAKE2_128_CONCAT, STORAGE_PREFIX KEY_BLAKE2 "0100"},
        {HASHER_TWOX_64_CONCAT, STORAGE_PREFIX KEY_TWOX "0100"},
    };
    const uint8_t one[2] = {1, 0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct query_storage_item item = {"SubtensorModule", "NetworksAdded", cases[i].hasher,
                                          VALUE_BOOL, "false"};
        struct substrate_query *query = NULL;
        struct substrate_hash at = hash();
        struct base_buf expected = BASE_BUF_INIT;
        base_buf_format(&expected, "[\"0x%s\",\"%s\"]", cases[i].key, HASH);
        base_buf_char(&expected, '\0');
        ck_assert_int_eq(query_storage(&item, (struct substrate_bytes){one, 2}, &at, &query),
                         SUBSTRATE_OK);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        ck_text_eq(query->requests[0].params, expected.data);
        base_buf_free(&expected);
        substrate_query_free(query);
    }
}
END_TEST

static bool memory_scenario(void) {
    struct substrate_query *query = NULL;
    struct substrate_reply head = ok("\"" HASH "\"");
    struct substrate_reply stored = ok("\"0x01\"");
    bool good = subtensor_query_subnet_exists(1, NULL, &query) == SUBSTRATE_OK &&
                query_step(query, NULL, 0) == QUERY_ASK &&
                query_step(query, &head, 1) == QUERY_ASK &&
                query_step(query, &stored, 1) == QUERY_DONE;
    ck_assert(good || query == NULL || query->outcome.status == SUBSTRATE_E_MEMORY);
    substrate_query_free(query);
    query = NULL;
    good = good && substrate_query_block_hash(7, &query) == SUBSTRATE_OK &&
           query_step(query, NULL, 0) == QUERY_ASK && query_step(query, &head, 1) == QUERY_DONE;
    substrate_query_free(query);
    return good;
}

START_TEST(test_each_allocation_may_fail) { client_fail_each(memory_scenario); }
END_TEST

CHECK_MAIN("query", test_subnet_exists_asks_one_pinned_read,
           test_subnet_exists_tells_four_outcomes_apart, test_error_of_the_node_is_never_false,
           test_unpinned_query_resolves_the_head_first,
           test_query_pinned_from_outside_does_not_resolve, test_head_that_is_no_hash_fails,
           test_block_hash_asks_by_height, test_block_hash_answers,
           test_storage_keys_of_other_hashers, test_each_allocation_may_fail)
