/* The modes of the runner over the in-memory transport: equal answers, one head per gathered run,
 * no barrier between the rounds of different queries, and failures that stay with their query. */
#include "client_pipe.h"

#include <substrate/hash.h>
#include <subtensor/subtensor.h>

#define PIN "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD "0xff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* The node's subnets are 1, 2, 3, 4 and 6, at its head; at PIN there is only 7. Netuid 5's key of
 * NetworksAdded ends in 0500: an error where `fail` asks for one. */
static size_t heads;
static bool fail_five, fail_head;
static uint64_t held_head;
static size_t reads;

static void refuse(struct node *node, const struct node_request *request) {
    char text[160];
    int size = snprintf(text, sizeof(text),
                        "{\"id\":%llu,\"error\":{\"code\":4003,\"message\":\"Unknown block\"}}",
                        (unsigned long long)request->id);
    pipe_send(node->transport, request->socket, (struct substrate_text){text, (size_t)size});
}

static void answer_chain(struct node *node, const struct node_request *request) {
    if (base_text_is(request->method, "chain_getBlockHash")) {
        heads += 1;
        if (fail_head) {
            refuse(node, request);
        } else {
            node_reply(node, request->socket, request->id, BASE_TEXT("\"" HEAD "\""));
        }
        return;
    }
    /* ["0x" 64 digits of prefix, then 4 of the key */
    int netuid = request->params.data[4 + 64 + 1] - '0';
    bool at_pin = memcmp(request->params.data + request->params.size - 68, PIN, 66) == 0;
    bool there = at_pin ? netuid == 7 : netuid != 5 && netuid != 7;
    if (fail_five && netuid == 5) {
        refuse(node, request);
    } else {
        node_reply(node, request->socket, request->id,
                   there ? BASE_TEXT("\"0x01\"") : BASE_TEXT("null"));
    }
}

static void make(struct substrate_query **queries, const char *pin) {
    struct substrate_hash at;
    ck_assert_int_eq(substrate_hash_parse(base_text(PIN), &at), SUBSTRATE_OK);
    for (uint16_t i = 0; i < 7; i++) {
        ck_assert_int_eq(
            subtensor_query_subnet_exists((uint16_t)(i + 1), pin != NULL ? &at : NULL, &queries[i]),
            SUBSTRATE_OK);
    }
}

static void free_all(struct substrate_query **queries) {
    for (int i = 0; i < 7; i++) {
        substrate_query_free(queries[i]);
    }
}

static void reset(void) {
    heads = reads = 0;
    held_head = 0;
    fail_five = fail_head = false;
}

/* Runs the seven in a mode; the outcomes must be those of the node, `expected` one letter each. */
static void check_mode(enum substrate_mode mode, const char *pin, const char *expected,
                       size_t expected_heads) {
    static struct node node;
    struct substrate_connection *connection = node_connected(&node, answer_chain);
    struct substrate_connection_options connect = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *queries[7];
    struct substrate_outcome outcomes[7];
    connect.url = "ws://pipe";
    connect.engine = node.engine;
    options.mode = mode;
    options.connection = connection;
    options.connect = &connect;
    make(queries, pin);
    heads = 0;
    enum substrate_status status = substrate_run(&options, queries, 7, outcomes, NULL);
    ck_assert_int_eq(status, strchr(expected, 'e') != NULL ? SUBSTRATE_PARTIAL : SUBSTRATE_OK);
    for (int i = 0; i < 7; i++) {
        if (expected[i] == 'e') {
            ck_assert_int_eq(outcomes[i].status, SUBSTRATE_E_RPC);
            ck_assert_int_eq(outcomes[i].error.rpc_code, 4003);
        } else {
            ck_assert_int_eq(outcomes[i].status, SUBSTRATE_OK);
            ck_text_eq(outcomes[i].value, expected[i] == 't' ? "true" : "false");
        }
    }
    ck_assert_uint_eq(heads, expected_heads);
    ck_assert_uint_eq(atomic_load(&node.opened), mode == SUBSTRATE_MODE_THREADED ? 8 : 1);
    free_all(queries);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}

START_TEST(test_modes_answer_alike) {
    for (int mode = SUBSTRATE_MODE_SERIAL; mode <= SUBSTRATE_MODE_SHARED; mode++) {
        reset();
        check_mode((enum substrate_mode)mode, PIN, "fffffft", 0);
        if (mode != SUBSTRATE_MODE_THREADED) {
            size_t each = mode == SUBSTRATE_MODE_GATHERED ? 1 : 7;
            check_mode((enum substrate_mode)mode, NULL, "ttttftf", each);
            fail_five = true;
            check_mode((enum substrate_mode)mode, NULL, "ttttetf", each);
            fail_head = true;
            check_mode((enum substrate_mode)mode, NULL, "eeeeeee", each);
        }
    }
}
END_TEST

/* The head's reply is held until the pinned read has been asked, and answered only after it. */
static void answer_without_barrier(struct node *node, const struct node_request *request) {
    if (base_text_is(request->method, "chain_getBlockHash")) {
        held_head = request->id;
    } else {
        reads += 1;
        answer_chain(node, request);
    }
    if (held_head != 0 && reads == 1) {
        node_reply(node, request->socket, held_head, BASE_TEXT("\"" HEAD "\""));
        held_head = 0;
    }
}

START_TEST(test_gathered_queries_do_not_wait_for_each_other) {
    static struct node node;
    reset();
    struct substrate_connection *connection = node_connected(&node, answer_without_barrier);
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *queries[2];
    struct substrate_outcome outcomes[2];
    struct substrate_hash at;
    ck_assert_int_eq(substrate_hash_parse(base_text(PIN), &at), SUBSTRATE_OK);
    ck_assert_int_eq(subtensor_query_subnet_exists(1, NULL, &queries[0]), SUBSTRATE_OK);
    ck_assert_int_eq(subtensor_query_subnet_exists(7, &at, &queries[1]), SUBSTRATE_OK);
    options.mode = SUBSTRATE_MODE_GATHERED;
    options.connection = connection;
    ck_assert_int_eq(substrate_run(&options, queries, 2, outcomes, NULL), SUBSTRATE_OK);
    ck_text_eq(outcomes[0].value, "true");
    ck_text_eq(outcomes[1].value, "true");
    ck_assert_uint_eq(reads, 2);
    substrate_query_free(queries[0]);
    substrate_query_free(queries[1]);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_a_query_is_run_once) {
    static struct node node;
    reset();
    struct substrate_connection *connection = node_connected(&node, answer_chain);
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *queries[7];
    struct substrate_outcome outcomes[7];
    struct substrate_error error;
    make(queries, NULL);
    struct substrate_query *twice[2] = {queries[0], queries[0]};
    struct substrate_query *none[1] = {NULL};
    options.connection = connection;
    ck_assert_int_eq(substrate_run(&options, twice, 2, outcomes, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_run(&options, none, 1, outcomes, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_uint_eq(heads, 0);
    ck_assert_int_eq(substrate_run(&options, queries, 7, outcomes, &error), SUBSTRATE_OK);
    ck_assert_int_eq(substrate_run(&options, queries, 7, outcomes, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_run(&options, NULL, 0, NULL, &error), SUBSTRATE_OK);
    options.connection = NULL;
    ck_assert_int_eq(substrate_run(&options, NULL, 0, NULL, &error), SUBSTRATE_E_ARGUMENT);
    free_all(queries);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_functions_ask_now) {
    static struct node node;
    reset();
    struct substrate_connection *connection = node_connected(&node, answer_chain);
    struct substrate_hash head;
    struct substrate_error error;
    char text[67];
    bool exists = false;
    ck_assert_int_eq(substrate_get_block_hash(connection, -1, &head, &error), SUBSTRATE_OK);
    substrate_hash_format(&head, text);
    ck_assert_str_eq(text, HEAD);
    ck_assert_int_eq(subtensor_subnet_exists(connection, 6, &head, &exists, &error), SUBSTRATE_OK);
    ck_assert(exists);
    ck_assert_int_eq(subtensor_subnet_exists(connection, 5, &head, &exists, &error), SUBSTRATE_OK);
    ck_assert(!exists);
    fail_five = exists = true;
    ck_assert_int_eq(subtensor_subnet_exists(connection, 5, &head, &exists, &error),
                     SUBSTRATE_E_RPC);
    ck_assert(exists); /* untouched */
    ck_assert_int_eq(error.rpc_code, 4003);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

CHECK_MAIN("client_run", test_modes_answer_alike, test_gathered_queries_do_not_wait_for_each_other,
           test_a_query_is_run_once, test_functions_ask_now)
