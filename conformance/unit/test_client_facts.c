/* What runs find out for each other: runtimes once per process, versions once per connection;
 * threads that wait for what another one is finding out, and what becomes of them when it fails. */
#include "client_chain.h"

START_TEST(test_older_metadata) {
    for (int mode = SUBSTRATE_MODE_SERIAL; mode <= SUBSTRATE_MODE_SHARED; mode++) {
        struct substrate_connection *connection = start(answer_at_once);
        chain.metadata_none = mode % 2 == 0;
        chain.metadata_missing = mode % 2 == 1;
        check_seven((enum substrate_mode)mode, connection, true, "ttttftf");
        ck_assert_uint_eq(chain.metadata, 1);
        ck_assert_uint_eq(chain.older, 1);
        stop(connection);
    }
}
END_TEST

/* Runtimes outlive connections, and are fetched again when they were forgotten. */
START_TEST(test_runtimes_are_the_processs) {
    struct substrate_connection *connection = start(answer_at_once);
    check_seven(SUBSTRATE_MODE_SERIAL, connection, true, "ttttftf");
    struct substrate_connection *other = dial();
    check_seven(SUBSTRATE_MODE_GATHERED, other, true, "ttttftf");
    ck_assert_uint_eq(chain.metadata, 1);
    ck_assert_uint_eq(chain.versions, 2);
    substrate_runtimes_forget();
    check_seven(SUBSTRATE_MODE_SHARED, other, true, "ttttftf");
    ck_assert_uint_eq(chain.metadata, 2);
    ck_assert_uint_eq(chain.versions, 2);
    substrate_connection_close(other);
    stop(connection);
}
END_TEST

static bool is_metadata(const struct node_request *request) {
    return request->params.size > 20 && memcmp(request->params.data, "[\"Metadata_", 11) == 0;
}

/* The first metadata is held until each of the threads has its version. */
static void answer_metadata_late(struct node *to, const struct node_request *request) {
    if (is_metadata(request)) {
        hold(request);
    } else {
        answer_at_once(to, request);
    }
    if (chain.versions == SUBNETS) {
        release(to);
    }
}

START_TEST(test_threads_fetch_metadata_once) {
    for (int turn = 0; turn < 10; turn++) {
        struct substrate_connection *connection = start(answer_metadata_late);
        check_seven(SUBSTRATE_MODE_THREADED, connection, true, "ttttftf");
        check_asked(SUBSTRATE_MODE_THREADED, true);
        stop(connection);
    }
}
END_TEST

/* The same, but the socket that has asked for it is lost instead: that is the matter of one query
 * alone, and the others ask for themselves. */
static bool lost;

static void lose_first_metadata(struct node *to, const struct node_request *request) {
    if (is_metadata(request) && !lost && held_count == 0) {
        hold(request);
    } else {
        answer_at_once(to, request);
    }
    if (chain.versions == SUBNETS && held_count > 0) {
        held_count = 0;
        lost = true;
        pipe_drop(to->transport, held[0].socket);
    }
}

START_TEST(test_a_lost_socket_is_not_the_others) {
    for (int turn = 0; turn < 10; turn++) {
        struct substrate_connection *connection = start(lose_first_metadata);
        struct substrate_query *queries[SUBNETS];
        struct substrate_outcome outcomes[SUBNETS];
        struct substrate_hash at = chain_block(CHAIN_HEAD);
        size_t closed = 0, good = 0;
        lost = false;
        for (size_t i = 0; i < SUBNETS; i++) {
            queries[i] = exists((uint16_t)(i + 1), &at);
        }
        (void)run(SUBSTRATE_MODE_THREADED, connection, queries, SUBNETS, outcomes);
        for (size_t i = 0; i < SUBNETS; i++) {
            closed += outcomes[i].status == SUBSTRATE_E_CLOSED;
            good += outcomes[i].status == SUBSTRATE_OK;
        }
        ck_assert_uint_eq(closed, 1);
        ck_assert_uint_eq(good, SUBNETS - 1);
        free_all(queries, SUBNETS);
        stop(connection);
    }
}
END_TEST

/* ---- another thread finds out ---- */

/* While it holds, metadata is kept back until a raw call has come, which is the second round of the
 * gather's other query: the gather must not stand still while another thread fetches what it needs.
 * It holds once, and what it held back may be bad: then the gather, on a connection of its own, is
 * left to find the metadata out itself. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool metadata_is_held;
static atomic_bool holding;

static void answer_metadata_after_call(struct node *to, const struct node_request *request) {
    size_t before = chain.calls;
    if (atomic_load(&holding) && is_metadata(request)) {
        hold(request);
        (void)pthread_mutex_lock(&lock);
        metadata_is_held = true;
        (void)pthread_cond_signal(&changed);
        (void)pthread_mutex_unlock(&lock);
    } else {
        answer_at_once(to, request);
    }
    if (chain.calls != before && held_count > 0) {
        release(to);
        atomic_store(&holding, false);
        chain.bad_metadata = false;
    }
}

static enum substrate_status expected_alone;

static void *ask_alone(void *context) {
    struct substrate_query *query = tempo(at_number(CHAIN_HEAD));
    struct substrate_error error = {0};
    enum substrate_status status = substrate_query_ask(context, query, &error);
    ck_assert_msg(status == expected_alone, "%s", error.message);
    substrate_query_free(query);
    return NULL;
}

/* A connection that knows the versions of the last block, but of no runtime: the first thing that a
 * query on it asks for is metadata. */
static struct substrate_connection *start_with_versions(struct substrate_pin pin) {
    struct substrate_connection *connection = start(answer_metadata_after_call);
    struct substrate_query *const queries[] = {tempo(pin), twice(pin)};
    struct substrate_outcome outcomes[2];
    atomic_store(&holding, false);
    ck_assert_int_eq(run(SUBSTRATE_MODE_SERIAL, connection, queries, 2, outcomes), SUBSTRATE_OK);
    free_all(queries, 2);
    substrate_runtimes_forget();
    chain = (struct chain){0};
    atomic_store(&holding, true);
    return connection;
}

static void check_foreign(bool bad_metadata) {
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    struct substrate_pin head = {0}, pin = {.hash = &at};
    struct substrate_connection *connection = start_with_versions(pin);
    struct substrate_connection *other = dial();
    struct substrate_query *const queries[] = {tempo(pin), raw_call(head), twice(pin)};
    struct substrate_outcome outcomes[3];
    pthread_t thread;
    metadata_is_held = false;
    chain.bad_metadata = bad_metadata;
    expected_alone = bad_metadata ? SUBSTRATE_E_DECODE : SUBSTRATE_OK;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_alone, other), 0);
    (void)pthread_mutex_lock(&lock);
    while (!metadata_is_held) {
        (void)pthread_cond_wait(&changed, &lock);
    }
    (void)pthread_mutex_unlock(&lock);
    enum substrate_status status = run(SUBSTRATE_MODE_GATHERED, connection, queries, 3, outcomes);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(status, SUBSTRATE_OK);
    ck_text_eq(outcomes[0].value, "110");
    ck_text_eq(outcomes[1].value, "\"0x08000000\"");
    ck_text_eq(outcomes[2].value, "8");
    ck_assert_uint_eq(chain.metadata, bad_metadata ? 2 : 1);
    free_all(queries, 3);
    substrate_connection_close(other);
    stop(connection);
}

START_TEST(test_a_gather_goes_on_while_another_thread_fetches) {
    check_foreign(false);
    check_foreign(true);
}
END_TEST

/* ---- deadlines ---- */

static bool heads_are_held; /* under lock */

static void hold_heads(struct node *to, const struct node_request *request) {
    (void)pthread_mutex_lock(&lock);
    if (heads_are_held && base_text_is(request->method, "chain_getBlockHash") &&
        request->params.size <= 2) {
        hold(request);
    } else {
        answer_at_once(to, request);
    }
    (void)pthread_mutex_unlock(&lock);
}

/* The head is told when the impatient query has given it up. */
static void release_head(void *context, size_t index, const struct substrate_outcome *outcome) {
    if (index == 1) {
        ck_assert_int_eq(outcome->status, SUBSTRATE_E_TIMEOUT);
        (void)pthread_mutex_lock(&lock);
        heads_are_held = false;
        release(context);
        (void)pthread_mutex_unlock(&lock);
    }
}

/* Queries that wait for the same head wait as long as each of them wants to. */
START_TEST(test_a_deadline_is_its_querys) {
    struct substrate_connection *connection = start(hold_heads);
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    struct substrate_pin head = {0}, pin = {.hash = &at};
    struct substrate_query *const queries[] = {tempo(head), tempo(head), tempo(pin), tempo(head),
                                               tempo(pin)};
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_outcome outcomes[5];
    heads_are_held = true;
    options.mode = SUBSTRATE_MODE_GATHERED;
    options.connection = connection;
    options.ended = release_head;
    options.context = &node;
    substrate_query_set_deadline(queries[0], substrate_now_us() + (uint64_t)3600 * 1000000);
    substrate_query_set_deadline(queries[1], substrate_now_us());
    substrate_query_set_deadline(queries[4], substrate_now_us());
    ck_assert_int_eq(substrate_run(&options, queries, 5, outcomes, NULL), SUBSTRATE_PARTIAL);
    ck_assert_int_eq(outcomes[1].status, SUBSTRATE_E_TIMEOUT);
    ck_assert_str_eq(outcomes[1].error.message, "chain_getBlockHash: the deadline passed");
    /* A runtime, which is found out for all, is waited for. */
    ck_assert_int_eq(outcomes[4].status, SUBSTRATE_E_TIMEOUT);
    ck_assert_str_eq(outcomes[4].error.message, "state_getStorage: the deadline passed");
    for (size_t i = 0; i < 4; i++) {
        if (i != 1) {
            ck_assert_msg(outcomes[i].status == SUBSTRATE_OK, "%s", outcomes[i].error.message);
            ck_text_eq(outcomes[i].value, "110");
        }
    }
    ck_assert_uint_eq(node_counters(connection).timed_out, 1);
    free_all(queries, 5);
    stop(connection);
}
END_TEST

/* When nobody waits any longer, the run does not, either: the connection itself would for ever. */
START_TEST(test_a_run_ends_at_the_last_deadline) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = start(hold_heads), *patient = NULL;
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    struct substrate_pin head = {0}, pin = {.hash = &at};
    options.url = "ws://pipe";
    options.engine = node.engine;
    options.request_timeout_ms = 0;
    heads_are_held = true;
    ck_assert_int_eq(substrate_connection_open(&options, &patient, NULL), SUBSTRATE_OK);
    for (int mode = SUBSTRATE_MODE_SERIAL; mode <= SUBSTRATE_MODE_SHARED; mode++) {
        struct substrate_query *const queries[] = {tempo(head), raw_call(head), tempo(pin)};
        struct substrate_outcome outcomes[3];
        for (uint64_t i = 0; i < 2; i++) {
            substrate_query_set_deadline(queries[i], substrate_now_us() + i * 1000);
        }
        (void)run((enum substrate_mode)mode, patient, queries, 3, outcomes);
        ck_assert_int_eq(outcomes[0].status, SUBSTRATE_E_TIMEOUT);
        ck_assert_int_eq(outcomes[1].status, SUBSTRATE_E_TIMEOUT);
        ck_assert_str_eq(outcomes[1].error.message, "chain_getBlockHash: the deadline passed");
        ck_assert_int_eq(outcomes[2].status, SUBSTRATE_OK);
        free_all(queries, 3);
    }
    substrate_connection_close(patient);
    stop(connection);
}
END_TEST

CHECK_MAIN("client_facts", test_a_deadline_is_its_querys, test_a_run_ends_at_the_last_deadline,
           test_older_metadata, test_runtimes_are_the_processs, test_threads_fetch_metadata_once,
           test_a_lost_socket_is_not_the_others, test_a_gather_goes_on_while_another_thread_fetches)
