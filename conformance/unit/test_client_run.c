/* The modes of the runner over the in-memory transport, on the chain of query_chain.h: equal
 * answers; head, genesis, versions and metadata asked once; a gather that costs the rounds of its
 * deepest query; failures that stay with their query and leave nothing behind. */
#include "client_chain.h"

#include <sched.h>

/* Answers seven reads in the order that is set, all else at once. */
#define ORDERED 7
static size_t order[ORDERED];

static void answer_in_order(struct node *to, const struct node_request *request) {
    if (!base_text_is(request->method, "state_getStorage")) {
        answer_at_once(to, request);
        return;
    }
    hold(request);
    for (size_t i = 0; held_count == ORDERED && i < ORDERED; i++) {
        const struct held *kept = &held[order[i]];
        reply(to, kept->socket, kept->id, base_text(kept->method), base_text(kept->params));
    }
    held_count %= ORDERED;
}

/* ---- the modes are alike ---- */

START_TEST(test_modes_answer_alike) {
    for (int i = 0; i < 8; i++) {
        enum substrate_mode mode = (enum substrate_mode)(i / 2);
        struct substrate_connection *connection = start(answer_at_once);
        bool pinned = i % 2 == 0;
        check_seven(mode, connection, pinned, "ttttftf");
        check_asked(mode, pinned);
        chain.refuse_netuid = 5;
        check_seven(mode, connection, pinned, "ttttetf");
        ck_assert_uint_eq(chain.metadata, 1);
        chain.fail_head = true;
        check_seven(mode, connection, pinned, pinned ? "ttttetf" : "eeeeeee");
        stop(connection);
    }
}
END_TEST

/* ---- what goes wrong on the way ---- */

struct fault {
    struct chain chain;
    enum substrate_status status;
    const char *message;
};

static void check_fault(enum substrate_mode mode, const struct fault *fault) {
    struct substrate_connection *connection = start(answer_at_once);
    struct substrate_query *queries[SUBNETS];
    struct substrate_outcome outcomes[SUBNETS];
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    for (size_t i = 0; i < SUBNETS; i++) {
        queries[i] = exists((uint16_t)(i + 1), &at);
    }
    chain = fault->chain;
    ck_assert_int_eq(run(mode, connection, queries, SUBNETS, outcomes), SUBSTRATE_PARTIAL);
    for (size_t i = 0; i < SUBNETS; i++) {
        ck_assert_int_eq(outcomes[i].status, fault->status);
        ck_assert_ptr_nonnull(strstr(outcomes[i].error.message, fault->message));
    }
    ck_assert_uint_eq(chain.reads, 0);
    free_all(queries, SUBNETS);
    /* Nothing of it is left: the same connection does better now. */
    chain = (struct chain){0};
    check_seven(mode, connection, true, "ttttftf");
    stop(connection);
}

START_TEST(test_faults_of_each_step) {
    static const struct fault faults[] = {
        {{.null_headers = true},
         SUBSTRATE_E_NOT_FOUND,
         "there is no block 0x1919191919191919191919191919191919191919191919191919191919191919"},
        {{.fail_version = true}, SUBSTRATE_E_RPC, "state_getRuntimeVersion"},
        {{.bad_version = true}, SUBSTRATE_E_DECODE, "no version"},
        {{.fail_metadata = true}, SUBSTRATE_E_RPC, "State already discarded"},
        {{.bad_metadata = true}, SUBSTRATE_E_DECODE, "runtime 101"},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        for (int mode = SUBSTRATE_MODE_SERIAL; mode <= SUBSTRATE_MODE_SHARED; mode++) {
            check_fault((enum substrate_mode)mode, &faults[i]);
        }
    }
}
END_TEST

/* ---- runtimes ---- */

/* Blocks on both sides of an upgrade, by number, in every mode: each value is read with its own
 * runtime, of which there are two. */
START_TEST(test_each_block_has_its_runtime) {
    for (int mode = SUBSTRATE_MODE_SERIAL; mode <= SUBSTRATE_MODE_SHARED; mode++) {
        struct substrate_connection *connection = start(answer_at_once);
        struct substrate_query *const queries[] = {
            tempo(at_number(4)), tempo(at_number(5)),  tempo(at_number(6)), twice(at_number(4)),
            twice(at_number(5)), tempo(at_number(99)), tempo(at_number(0)), raw_call(at_number(4)),
        };
        static const char *const expected[] = {"105", "106", "107", "8",
                                               "8",   NULL,  "101", "\"0x0800\""};
        struct substrate_outcome outcomes[8];
        ck_assert_int_eq(run((enum substrate_mode)mode, connection, queries, 8, outcomes),
                         SUBSTRATE_PARTIAL);
        for (size_t i = 0; i < 8; i++) {
            if (expected[i] == NULL) {
                ck_assert_int_eq(outcomes[i].status, SUBSTRATE_E_NOT_FOUND);
                ck_assert_ptr_nonnull(strstr(outcomes[i].error.message, "there is no block 99"));
            } else {
                ck_assert_msg(outcomes[i].status == SUBSTRATE_OK, "%s", outcomes[i].error.message);
                ck_text_eq(outcomes[i].value, expected[i]);
            }
        }
        ck_assert_uint_eq(chain.metadata, 2);
        ck_assert_uint_eq(chain.heads, 0);
        free_all(queries, 8);
        stop(connection);
    }
}
END_TEST

/* A query that reads storage and calls the runtime needs both, and tells which it was given. */
static enum query_progress step_both(struct substrate_query *query,
                                     const struct substrate_reply *replies, size_t count) {
    (void)replies;
    if (count == 0) {
        query_add_call(query, "SampleApi", "pair", (struct substrate_bytes){NULL, 0});
        query_add_storage(query, (struct substrate_bytes){(const uint8_t *)"key", 3});
        return query_ask(query);
    }
    base_buf_format(&query->value, "[%u,%u]", query->runtimes[QUERY_STATE_RUNTIME]->spec_version,
                    query->runtimes[QUERY_CALL_RUNTIME]->spec_version);
    return query_done_written(query);
}

static const struct query_description reads_both = {
    "both", QUERY_NEEDS_STATE_RUNTIME | QUERY_NEEDS_CALL_RUNTIME, step_both, false};

START_TEST(test_a_query_may_need_both_runtimes) {
    static const char *const expected[] = {"[100,100]", "[100,101]", "[101,101]"};
    for (int mode = SUBSTRATE_MODE_SERIAL; mode <= SUBSTRATE_MODE_SHARED; mode++) {
        struct substrate_connection *connection = start(answer_at_once);
        struct substrate_query *queries[3] = {NULL};
        struct substrate_outcome outcomes[3];
        for (size_t i = 0; i < 3; i++) {
            struct substrate_pin pin = at_number(CHAIN_UPGRADE - 1 + i);
            ck_assert_int_eq(query_new(&reads_both, NULL, 0, &pin, &queries[i]), SUBSTRATE_OK);
        }
        ck_assert_int_eq(run((enum substrate_mode)mode, connection, queries, 3, outcomes),
                         SUBSTRATE_OK);
        for (size_t i = 0; i < 3; i++) {
            ck_text_eq(outcomes[i].value, expected[i]);
        }
        ck_assert_uint_eq(chain.metadata, 2);
        free_all(queries, 3);
        stop(connection);
    }
}
END_TEST

/* Neither runtime waits for the other: genesis, header of 6 and version of 6; then the parent's
 * version, and the metadata; then what the query asks. */
START_TEST(test_both_runtimes_are_found_at_once) {
    static const size_t sizes[] = {3, 2, 2};
    struct substrate_connection *connection = start(answer_by_rounds);
    struct substrate_hash six = chain_block(6);
    struct substrate_pin pin = {.hash = &six};
    struct substrate_query *query = NULL;
    struct substrate_outcome outcome;
    ck_assert_int_eq(query_new(&reads_both, NULL, 0, &pin, &query), SUBSTRATE_OK);
    round_sizes = sizes;
    ck_assert_int_eq(run(SUBSTRATE_MODE_GATHERED, connection, &query, 1, &outcome), SUBSTRATE_OK);
    ck_text_eq(outcome.value, "[101,101]");
    ck_assert_uint_eq(round_now, 3);
    substrate_query_free(query);
    stop(connection);
}
END_TEST

/* ---- rounds ---- */

/* Each round is answered only when all of its requests have come. A client that waited for what it
 * does not need, or asked the same twice, would not get on.
 *
 *                         1              2                3              4
 *   number 6, tempo       header         parent's version read
 *                         version(6)                                         (for its `double`)
 *   number 6, double                     metadata         call
 *   head, tempo           head           header           version        read
 *   number 4, raw call    hash of 4      call
 *   all                   genesis
 *
 * Block 6 by its hash. The runtime of all is 101, whose metadata is asked for once. */
START_TEST(test_a_gather_costs_its_deepest_query) {
    static const size_t sizes[] = {5, 4, 3, 1};
    struct substrate_connection *connection = start(answer_by_rounds);
    struct substrate_hash six = chain_block(6);
    struct substrate_pin head = {0}, by_hash = {.hash = &six};
    struct substrate_query *const queries[] = {tempo(by_hash), twice(by_hash), tempo(head),
                                               raw_call(at_number(4))};
    static const char *const expected[] = {"107", "8", "110", "\"0x0800\""};
    struct substrate_outcome outcomes[4];
    round_sizes = sizes;
    ck_assert_int_eq(run(SUBSTRATE_MODE_GATHERED, connection, queries, 4, outcomes), SUBSTRATE_OK);
    for (size_t i = 0; i < 4; i++) {
        ck_text_eq(outcomes[i].value, expected[i]);
    }
    ck_assert_uint_eq(round_now, 4);
    ck_assert_uint_eq(atomic_load(&node.received), 5 + 4 + 3 + 1);
    ck_assert_uint_eq(chain.metadata, 1);
    free_all(queries, 4);
    stop(connection);
}
END_TEST

/* Many queries, one head, five rounds; then, with everything known, two and one. */
START_TEST(test_a_gather_of_many_is_as_deep_as_one) {
    static const size_t cold[] = {1, 2, 1, 1, 30}, warm[] = {1, 30}, pinned[] = {30};
    static const size_t *const sizes[] = {cold, warm, pinned};
    static const size_t rounds[] = {5, 2, 1};
    struct substrate_connection *connection = start(answer_by_rounds);
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    for (size_t turn = 0; turn < 3; turn++) {
        struct substrate_query *queries[30];
        struct substrate_outcome outcomes[30];
        for (size_t i = 0; i < 30; i++) {
            queries[i] = exists((uint16_t)(i % SUBNETS + 1), turn == 2 ? &at : NULL);
        }
        round_sizes = sizes[turn];
        round_now = 0;
        ck_assert_int_eq(run(SUBSTRATE_MODE_GATHERED, connection, queries, 30, outcomes),
                         SUBSTRATE_OK);
        ck_assert_uint_eq(round_now, rounds[turn]);
        free_all(queries, 30);
    }
    stop(connection);
}
END_TEST

/* A map of three pages beside single reads: they are not held up by its rounds. */
START_TEST(test_a_map_in_a_gather) {
    static const size_t sizes[] = {2, 1, 1, 3, 2, 2, 1};
    struct substrate_connection *connection = start(answer_by_rounds);
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    struct substrate_pin pin = {.hash = &at};
    struct substrate_storage_entry tempos = {"SubtensorModule", "Tempo", {{NULL, 0}, {NULL, 0}}};
    struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
    struct substrate_query *queries[3] = {exists(1, &at), NULL, exists(7, &at)};
    struct substrate_outcome outcomes[3];
    options.page = 2;
    ck_assert_int_eq(substrate_query_storage_map(&tempos, &options, &pin, &queries[1]),
                     SUBSTRATE_OK);
    round_sizes = sizes;
    ck_assert_int_eq(run(SUBSTRATE_MODE_GATHERED, connection, queries, 3, outcomes), SUBSTRATE_OK);
    ck_assert_uint_eq(round_now, 7);
    ck_text_eq(outcomes[1].value, "[{\"args\":[1],\"value\":110},{\"args\":[2],\"value\":111},"
                                  "{\"args\":[3],\"value\":112},{\"args\":[4],\"value\":113},"
                                  "{\"args\":[6],\"value\":115}]");
    free_all(queries, 3);
    stop(connection);
}
END_TEST

/* ---- cancelling ---- */

/* The keys of a map are held until the other query has ended. Its end is told on the thread of the
 * run, which is held up there: the map is cancelled, and then its keys arrive, before the run looks
 * at either. */
static struct substrate_connection *asked_on;
static struct substrate_query *cancelled_map;

static void hold_keys(struct node *to, const struct node_request *request) {
    if (base_text_is(request->method, "state_getKeysPaged")) {
        hold(request);
    } else {
        answer_at_once(to, request);
    }
}

static void cancel_then_answer(void *context, size_t index,
                               const struct substrate_outcome *outcome) {
    uint64_t before = node_counters(asked_on).replied;
    ck_assert_int_eq(outcome->status, index == 0 ? SUBSTRATE_E_CANCELLED : SUBSTRATE_OK);
    if (index == 1) {
        substrate_query_cancel(cancelled_map);
        release(context);
        while (node_counters(asked_on).replied == before) {
            (void)sched_yield();
        }
    }
}

START_TEST(test_replies_do_not_outrun_a_cancel) {
    struct substrate_connection *connection = asked_on = start(hold_keys);
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    struct substrate_pin pin = {.hash = &at};
    struct substrate_storage_entry tempos = {"SubtensorModule", "Tempo", {{NULL, 0}, {NULL, 0}}};
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *queries[2] = {NULL, tempo(pin)};
    struct substrate_outcome outcomes[2];
    ck_assert_int_eq(substrate_query_storage_map(&tempos, NULL, &pin, &queries[0]), SUBSTRATE_OK);
    cancelled_map = queries[0];
    options.mode = SUBSTRATE_MODE_GATHERED;
    options.connection = connection;
    options.ended = cancel_then_answer;
    options.context = &node;
    ck_assert_int_eq(substrate_run(&options, queries, 2, outcomes, NULL), SUBSTRATE_PARTIAL);
    ck_assert_int_eq(outcomes[0].status, SUBSTRATE_E_CANCELLED);
    ck_assert_uint_eq(chain.pages, 1);
    ck_assert_uint_eq(chain.multis, 0);
    free_all(queries, 2);
    stop(connection);
}
END_TEST

/* ---- the rest ---- */

START_TEST(test_a_query_is_run_once) {
    struct substrate_connection *connection = start(answer_at_once);
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *query = exists(1, NULL);
    struct substrate_query *both[2] = {query, query};
    struct substrate_query *none[1] = {NULL};
    struct substrate_outcome outcomes[2];
    struct substrate_error error;
    options.connection = connection;
    ck_assert_int_eq(substrate_query_outcome(query)->status, SUBSTRATE_E_PENDING);
    ck_assert_int_eq(substrate_run(&options, both, 2, outcomes, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_run(&options, none, 1, outcomes, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_uint_eq(chain.heads, 0);
    ck_assert_int_eq(substrate_run(&options, &query, 1, outcomes, &error), SUBSTRATE_OK);
    ck_assert_int_eq(substrate_run(&options, &query, 1, outcomes, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_ask(connection, query, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_run(&options, NULL, 0, NULL, &error), SUBSTRATE_OK);
    options.connection = NULL;
    ck_assert_int_eq(substrate_run(&options, NULL, 0, NULL, &error), SUBSTRATE_E_ARGUMENT);
    substrate_query_free(query);
    stop(connection);
}
END_TEST

START_TEST(test_functions_ask_now) {
    struct substrate_connection *connection = start(answer_at_once);
    struct substrate_hash head, expected = chain_block(CHAIN_HEAD);
    const struct substrate_pin pin = {.hash = &head};
    struct substrate_error error;
    bool there = false;
    ck_assert_int_eq(substrate_get_block_hash(connection, -1, &head, &error), SUBSTRATE_OK);
    ck_assert_mem_eq(&head, &expected, sizeof(head));
    ck_assert_int_eq(substrate_get_block_hash(connection, 99, &head, &error),
                     SUBSTRATE_E_NOT_FOUND);
    ck_assert_mem_eq(&head, &expected, sizeof(head)); /* untouched */
    ck_assert_int_eq(substrate_get_block_hash(connection, 1, NULL, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(subtensor_subnet_exists(connection, 6, &pin, &there, &error), SUBSTRATE_OK);
    ck_assert(there);
    ck_assert_int_eq(subtensor_subnet_exists(connection, 5, &pin, &there, &error), SUBSTRATE_OK);
    ck_assert(!there);
    chain.refuse_netuid = 5;
    there = true;
    ck_assert_int_eq(subtensor_subnet_exists(connection, 5, &pin, &there, &error), SUBSTRATE_E_RPC);
    ck_assert(there); /* untouched */
    ck_assert_int_eq(error.rpc_code, 4003);
    stop(connection);
}
END_TEST

static void check_answer(enum substrate_status status, struct substrate_query *answer,
                         const struct substrate_error *error, const char *value) {
    ck_assert_msg(status == SUBSTRATE_OK, "%s", error->message);
    ck_text_eq(substrate_query_outcome(answer)->value, value);
    substrate_query_free(answer);
}

START_TEST(test_generic_functions_ask_now) {
    struct substrate_connection *connection = start(answer_at_once);
    const struct substrate_pin pin = at_number(6);
    struct substrate_storage_entry entry = {
        "SubtensorModule", "Tempo", {BASE_TEXT("[1]"), {NULL, 0}}};
    struct substrate_storage_entry uids = {
        "SubtensorModule", "Uids", {BASE_TEXT("[2]"), {NULL, 0}}};
    struct substrate_api_call call = {"SampleApi", "double", {BASE_TEXT("[3]"), {NULL, 0}}};
    struct substrate_query *answer = NULL;
    struct substrate_error error;
    enum substrate_status status = substrate_storage(connection, &entry, &pin, &answer, &error);
    check_answer(status, answer, &error, "107");
    status = substrate_storage_multi(connection, &entry, 1, &pin, &answer, &error);
    check_answer(status, answer, &error, "[{\"value\":107,\"presence\":\"present\"}]");
    status = substrate_storage_map(connection, &uids, NULL, &pin, &answer, &error);
    check_answer(status, answer, &error, "[{\"args\":[2,3],\"value\":9}]");
    status = substrate_runtime_call(connection, &call, &pin, &answer, &error);
    check_answer(status, answer, &error, "6");
    status = substrate_state_call(connection, "SampleApi_double",
                                  (struct substrate_bytes){(const uint8_t *)"\3", 2}, &pin, &answer,
                                  &error);
    check_answer(status, answer, &error, "\"0x06000000\"");
    status =
        substrate_constant(connection, "SubtensorModule", "InitialTempo", &pin, &answer, &error);
    check_answer(status, answer, &error, "6400");
    entry.item = "Temp";
    answer = (struct substrate_query *)&entry;
    ck_assert_int_eq(substrate_storage(connection, &entry, &pin, &answer, &error),
                     SUBSTRATE_E_NOT_FOUND);
    ck_assert_ptr_null(answer);
    ck_assert_ptr_nonnull(strstr(error.message, "the nearest is \"Tempo\""));
    ck_assert_int_eq(substrate_storage(connection, &entry, &pin, NULL, &error),
                     SUBSTRATE_E_ARGUMENT);
    stop(connection);
}
END_TEST

/* ---- memory ---- */

/* A connection and some queries in a mode; whatever fails, it ends, and nothing is left. */
static bool run_scenario(enum substrate_mode mode) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    struct substrate_query *queries[3] = {NULL};
    struct substrate_outcome outcomes[3];
    struct substrate_pin head = {0};
    struct substrate_storage_entry entry = {
        "SubtensorModule", "Tempo", {BASE_TEXT("[1]"), {NULL, 0}}};
    struct substrate_api_call call = {"SampleApi", "double", {BASE_TEXT("[3]"), {NULL, 0}}};
    chain = (struct chain){0};
    if (node_start(&node, answer_at_once) != SUBSTRATE_OK) {
        return false;
    }
    options.url = "ws://pipe";
    options.engine = node.engine;
    bool good = substrate_connection_open(&options, &connection, NULL) == SUBSTRATE_OK &&
                substrate_query_storage(&entry, &head, &queries[0]) == SUBSTRATE_OK &&
                substrate_query_runtime_call(&call, &head, &queries[1]) == SUBSTRATE_OK &&
                subtensor_query_subnet_exists(1, NULL, &queries[2]) == SUBSTRATE_OK &&
                run(mode, connection, queries, 3, outcomes) == SUBSTRATE_OK;
    free_all(queries, 3);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
    return good;
}

static bool serial_scenario(void) { return run_scenario(SUBSTRATE_MODE_SERIAL); }
static bool threaded_scenario(void) { return run_scenario(SUBSTRATE_MODE_THREADED); }
static bool gathered_scenario(void) { return run_scenario(SUBSTRATE_MODE_GATHERED); }
static bool shared_scenario(void) { return run_scenario(SUBSTRATE_MODE_SHARED); }

START_TEST(test_each_allocation_of_a_serial_run_may_fail) { chain_fail_each(serial_scenario); }
END_TEST
START_TEST(test_each_allocation_of_a_gather_may_fail) { chain_fail_each(gathered_scenario); }
END_TEST
START_TEST(test_each_allocation_of_threads_may_fail) {
    chain_fail_each(threaded_scenario);
    chain_fail_each(shared_scenario);
}
END_TEST

/* The permutation of a number below 7!, by its digits in the factorial number system. */
static void set_order(unsigned number) {
    size_t left[ORDERED];
    for (size_t i = 0; i < ORDERED; i++) {
        left[i] = i;
    }
    for (unsigned count = ORDERED; count > 0; count--) {
        unsigned digit = number % count;
        number /= count;
        order[ORDERED - count] = left[digit];
        memmove(&left[digit], &left[digit + 1], (count - digit - 1) * sizeof(left[0]));
    }
}

START_TEST(test_every_order_of_seven_replies) {
    static const char *const EXPECTED[ORDERED] = {"true", "110", "false", "111",
                                                  "112",  "113", "115"};
    static const char *const TEMPOS[ORDERED] = {NULL, "[1]", NULL, "[2]", "[3]", "[4]", "[6]"};
    struct substrate_connection *connection = start(answer_in_order);
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    for (unsigned number = 0; number < 5040; number++) {
        struct substrate_query *queries[ORDERED];
        struct substrate_outcome outcomes[ORDERED];
        set_order(number);
        for (size_t i = 0; i < ORDERED; i++) {
            queries[i] = TEMPOS[i] == NULL
                             ? exists(i == 0 ? 1 : 5, &at)
                             : tempo_of(TEMPOS[i], (struct substrate_pin){.hash = &at});
        }
        ck_assert_int_eq(run(SUBSTRATE_MODE_GATHERED, connection, queries, ORDERED, outcomes),
                         SUBSTRATE_OK);
        for (size_t i = 0; i < ORDERED; i++) {
            ck_assert_msg(base_text_is(outcomes[i].value, EXPECTED[i]), "order %u, question %zu",
                          number, i);
            substrate_query_free(queries[i]);
        }
    }
    ck_assert_uint_eq(chain.reads, 5040 * ORDERED);
    stop(connection);
}
END_TEST

CHECK_MAIN("client_run", test_modes_answer_alike, test_every_order_of_seven_replies,
           test_faults_of_each_step, test_each_block_has_its_runtime,
           test_a_query_may_need_both_runtimes, test_both_runtimes_are_found_at_once,

           test_a_gather_costs_its_deepest_query, test_a_gather_of_many_is_as_deep_as_one,
           test_a_map_in_a_gather, test_replies_do_not_outrun_a_cancel, test_a_query_is_run_once,
           test_functions_ask_now, test_generic_functions_ask_now,
           test_each_allocation_of_a_serial_run_may_fail, test_each_allocation_of_a_gather_may_fail,
           test_each_allocation_of_threads_may_fail)
