/* Queries that are cancelled or run out of time while others go on, in every mode. When the node
 * hears the very request that the test wants, it gives the word to a thread that cancels, so
 * nothing depends on time. */
#include "client_pipe.h"
#include "query_chain.h"

#include <substrate/query.h>
#include <substrate/storage.h>

#define COUNT 3

static struct chain chain;
static struct node node;
static struct substrate_query *queries[COUNT];
static struct substrate_outcome outcomes[COUNT];
static atomic_size_t ended[COUNT];

/* When a request has this method, and this in its params, `victim` is cancelled; and then answered,
 * if it is to be. */
static const char *trigger_method, *trigger_params;
static struct substrate_query *victim;
static bool answered_still;

/* The thread that cancels: the node's own must not, it holds the connection's lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the chain, and of what follows */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool triggered, finished;
static struct {
    size_t socket;
    uint64_t id;
    char method[64], params[512];
} kept;

static bool has(struct substrate_text text, const char *part) {
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= text.size; i++) {
        if (memcmp(text.data + i, part, size) == 0) {
            return true;
        }
    }
    return false;
}

static void reply(size_t socket, uint64_t id, struct substrate_text method,
                  struct substrate_text params) {
    struct base_buf result = BASE_BUF_INIT, text = BASE_BUF_INIT;
    (void)pthread_mutex_lock(&lock);
    const char *error = chain_answer(&chain, method, params, &result);
    (void)pthread_mutex_unlock(&lock);
    chain_is_answering = true;
    base_buf_format(&text, "{\"jsonrpc\":\"2.0\",\"id\":%llu,", (unsigned long long)id);
    if (error != NULL) {
        base_buf_format(&text, "\"error\":{\"code\":4003,\"message\":\"%s\"}}", error);
    } else {
        base_buf_format(&text, "\"result\":%.*s}", (int)result.size, result.data);
    }
    base_buf_free(&result);
    chain_is_answering = false;
    pipe_send(node.transport, socket, base_buf_view(&text));
    base_buf_free(&text);
}

static void *cancel_when_told(void *context) {
    (void)context;
    (void)pthread_mutex_lock(&lock);
    while (!triggered && !finished) {
        (void)pthread_cond_wait(&changed, &lock);
    }
    bool told = triggered;
    (void)pthread_mutex_unlock(&lock);
    if (told) {
        substrate_query_cancel(victim);
        substrate_query_cancel(victim);
    }
    if (told && answered_still) {
        reply(kept.socket, kept.id, base_text(kept.method), base_text(kept.params));
    }
    return NULL;
}

static void answer(struct node *to, const struct node_request *request) {
    (void)to;
    if (trigger_method == NULL || triggered || !base_text_is(request->method, trigger_method) ||
        !has(request->params, trigger_params)) {
        reply(request->socket, request->id, request->method, request->params);
        return;
    }
    (void)pthread_mutex_lock(&lock);
    kept.socket = request->socket;
    kept.id = request->id;
    (void)snprintf(kept.method, sizeof(kept.method), "%.*s", (int)request->method.size,
                   request->method.data);
    (void)snprintf(kept.params, sizeof(kept.params), "%.*s", (int)request->params.size,
                   request->params.data);
    triggered = victim != NULL;
    (void)pthread_cond_signal(&changed);
    (void)pthread_mutex_unlock(&lock);
}

/* ---- queries and runs ---- */

/* SubtensorModule.Tempo of the subnets 1, 2 and 3; "020000" would be the key of no other one. */
#define KEY_OF_TWO KEY_TEMPO "0200"

static bool make(void) {
    static const char *const arguments[COUNT] = {"[1]", "[2]", "[3]"};
    bool good = true;
    for (size_t i = 0; i < COUNT; i++) {
        struct substrate_storage_entry entry = {
            "SubtensorModule", "Tempo", {base_text(arguments[i]), {NULL, 0}}};
        queries[i] = NULL;
        atomic_store(&ended[i], 0);
        good = substrate_query_storage(&entry, NULL, &queries[i]) == SUBSTRATE_OK && good;
    }
    return good;
}

static void free_all(void) {
    for (size_t i = 0; i < COUNT; i++) {
        substrate_query_free(queries[i]);
    }
}

static void on_ended(void *context, size_t index, const struct substrate_outcome *outcome) {
    (void)context;
    ck_assert_uint_lt(index, COUNT);
    ck_assert_ptr_eq(outcome, substrate_query_outcome(queries[index]));
    ck_assert_int_ne(outcome->status, SUBSTRATE_E_PENDING);
    (void)atomic_fetch_add(&ended[index], 1);
}

static void start(const char *method, const char *params, bool still) {
    chain = (struct chain){0};
    trigger_method = method;
    trigger_params = params;
    answered_still = still;
    victim = NULL;
    triggered = finished = false;
}

static enum substrate_status run(enum substrate_mode mode,
                                 void (*on_end)(void *, size_t, const struct substrate_outcome *),
                                 struct substrate_run_cost *cost) {
    struct substrate_connection_options connect = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_error error = {0};
    connect.url = "ws://pipe";
    connect.engine = node.engine;
    connect.request_timeout_ms = 20000;
    enum substrate_status status = SUBSTRATE_OK;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_when_told, NULL), 0);
    if (mode != SUBSTRATE_MODE_THREADED) {
        status = substrate_connection_open(&connect, &options.connection, &error);
    }
    if (status == SUBSTRATE_OK) {
        options.mode = mode;
        options.connect = &connect;
        options.ended = on_end;
        options.cost = cost;
        status = substrate_run(&options, queries, COUNT, outcomes, &error);
    }
    (void)pthread_mutex_lock(&lock);
    finished = true;
    (void)pthread_cond_signal(&changed);
    (void)pthread_mutex_unlock(&lock);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    substrate_connection_close(options.connection);
    return status;
}

static void check(enum substrate_mode mode, const enum substrate_status expected[COUNT]) {
    static const char *const tempos[COUNT] = {"110", "111", "112"};
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_msg(outcomes[i].status == expected[i], "mode %d, query %zu: %s, not %s: %s",
                      (int)mode, i, substrate_status_name(outcomes[i].status),
                      substrate_status_name(expected[i]), outcomes[i].error.message);
        if (expected[i] == SUBSTRATE_OK) {
            ck_text_eq(outcomes[i].value, tempos[i]);
        }
        ck_assert_uint_eq(atomic_load(&ended[i]), 1);
    }
}

/* Runs the three in a mode, with the second as the victim. Where its own reply may win, it may. */
static void check_cancelled(enum substrate_mode mode, bool may_win) {
    enum substrate_status expected[COUNT] = {SUBSTRATE_OK, SUBSTRATE_E_CANCELLED, SUBSTRATE_OK};
    ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
    ck_assert(make());
    victim = queries[1];
    enum substrate_status status = run(mode, on_ended, NULL);
    if (may_win && status == SUBSTRATE_OK) {
        expected[1] = SUBSTRATE_OK;
    } else {
        ck_assert_int_eq(status, SUBSTRATE_PARTIAL);
    }
    check(mode, expected);
    free_all();
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
}

#define MODES 4

/* ---- tests ---- */

START_TEST(test_cancelled_while_its_request_is_in_flight) {
    for (int each = 0; each < MODES; each++) {
        enum substrate_mode mode = (enum substrate_mode)each;
        start("state_getStorage", KEY_OF_TWO, false);
        check_cancelled(mode, false);
        ck_assert_uint_eq(chain.reads, 2);
    }
}
END_TEST

/* The reply is on its way as well: one of the two wins, and a cancelled query goes on with nothing.
 */
START_TEST(test_cancelled_with_the_reply_behind_it) {
    for (int each = 0; each < MODES; each++) {
        enum substrate_mode mode = (enum substrate_mode)each;
        start("state_getStorage", KEY_OF_TWO, true);
        check_cancelled(mode, true);
    }
}
END_TEST

/* A head that is asked for one query alone is asked no longer; one that is asked for all is. */
START_TEST(test_cancelled_while_the_head_is_found_out) {
    static const enum substrate_status expected[COUNT] = {SUBSTRATE_E_CANCELLED, SUBSTRATE_OK,
                                                          SUBSTRATE_OK};
    for (int alone = 0; alone < 2; alone++) {
        enum substrate_mode mode = alone ? SUBSTRATE_MODE_SERIAL : SUBSTRATE_MODE_GATHERED;
        start("chain_getBlockHash", "[]", !alone);
        ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
        ck_assert(make());
        victim = queries[0];
        ck_assert_int_eq(run(mode, on_ended, NULL), SUBSTRATE_PARTIAL);
        check(mode, expected);
        ck_assert_uint_eq(chain.heads, alone ? 2 : 1);
        ck_assert_uint_eq(chain.reads, 2);
        free_all();
        substrate_engine_close(node.engine);
        substrate_runtimes_forget();
    }
}
END_TEST

/* What is found out for all is found, whoever leaves. */
START_TEST(test_cancelled_while_the_runtime_is_found_out) {
    for (int each = 0; each < MODES; each++) {
        enum substrate_mode mode = (enum substrate_mode)each;
        start("state_call", "Metadata_metadata_at_version", true);
        check_cancelled(mode, false);
        ck_assert_uint_eq(chain.metadata, 1);
        ck_assert_uint_eq(chain.reads, 2);
    }
}
END_TEST

START_TEST(test_cancelled_before_it_is_run) {
    static const enum substrate_status expected[COUNT] = {
        SUBSTRATE_E_CANCELLED, SUBSTRATE_E_CANCELLED, SUBSTRATE_E_CANCELLED};
    for (int each = 0; each < MODES; each++) {
        enum substrate_mode mode = (enum substrate_mode)each;
        start(NULL, NULL, true);
        ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
        ck_assert(make());
        for (size_t i = 0; i < COUNT; i++) {
            substrate_query_cancel(queries[i]);
        }
        ck_assert_int_eq(run(mode, on_ended, NULL), SUBSTRATE_PARTIAL);
        check(mode, expected);
        ck_assert_uint_eq(atomic_load(&node.received), 0);
        free_all();
        substrate_engine_close(node.engine);
    }
}
END_TEST

START_TEST(test_cancelled_after_its_end) {
    static const enum substrate_status expected[COUNT] = {SUBSTRATE_OK, SUBSTRATE_OK, SUBSTRATE_OK};
    start(NULL, NULL, true);
    ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
    ck_assert(make());
    ck_assert_int_eq(run(SUBSTRATE_MODE_GATHERED, on_ended, NULL), SUBSTRATE_OK);
    for (size_t i = 0; i < COUNT; i++) {
        substrate_query_cancel(queries[i]);
        ck_assert_int_eq(substrate_query_outcome(queries[i])->status, SUBSTRATE_OK);
    }
    check(SUBSTRATE_MODE_GATHERED, expected);
    free_all();
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
}
END_TEST

/* The first to end cancels the others, from the callback. */
static void on_ended_cancel_others(void *context, size_t index,
                                   const struct substrate_outcome *outcome) {
    on_ended(context, index, outcome);
    for (size_t i = 0; i < COUNT; i++) {
        if (i != index) {
            substrate_query_cancel(queries[i]);
        }
    }
}

/* The third ends first, while the others wait for the head, and cancels both: nothing is read. */
START_TEST(test_fail_fast) {
    static const enum substrate_status expected[COUNT] = {
        SUBSTRATE_E_CANCELLED, SUBSTRATE_E_CANCELLED, SUBSTRATE_E_CANCELLED};
    start("state_getStorage", KEY_TEMPO, false);
    ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
    ck_assert(make());
    substrate_query_cancel(queries[2]);
    ck_assert_int_eq(run(SUBSTRATE_MODE_GATHERED, on_ended_cancel_others, NULL), SUBSTRATE_PARTIAL);
    check(SUBSTRATE_MODE_GATHERED, expected);
    ck_assert_uint_eq(chain.reads, 0);
    free_all();
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
}
END_TEST

START_TEST(test_deadlines) {
    static const enum substrate_status expected[COUNT] = {SUBSTRATE_OK, SUBSTRATE_E_TIMEOUT,
                                                          SUBSTRATE_OK};
    for (int each = 0; each < MODES; each++) {
        enum substrate_mode mode = (enum substrate_mode)each;
        start("state_getStorage", KEY_OF_TWO, false);
        ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
        ck_assert(make());
        substrate_query_set_deadline(queries[0], substrate_now_us() + 600000000);
        substrate_query_set_deadline(queries[1], substrate_now_us() + 1000);
        ck_assert_int_eq(run(mode, on_ended, NULL), SUBSTRATE_PARTIAL);
        check(mode, expected);
        free_all();
        substrate_engine_close(node.engine);
        substrate_runtimes_forget();
    }
}
END_TEST

START_TEST(test_what_a_threaded_run_costs) {
    struct substrate_run_cost cost = {0};
    start(NULL, NULL, true);
    ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
    ck_assert(make());
    ck_assert_int_eq(run(SUBSTRATE_MODE_THREADED, NULL, &cost), SUBSTRATE_OK);
    ck_assert_uint_eq(cost.connections, atomic_load(&node.opened));
    ck_assert_uint_eq(cost.connections, COUNT);
    ck_assert_uint_eq(cost.requests, atomic_load(&node.received));
    ck_assert_uint_eq(cost.in_flight_peak, 1);
    free_all();
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
}
END_TEST

/* ---- memory ---- */

static enum substrate_mode memory_mode;

static bool memory_scenario(void) {
    start("state_getStorage", KEY_OF_TWO, true);
    if (node_start(&node, answer) != SUBSTRATE_OK) {
        return false;
    }
    bool good = make();
    victim = queries[1];
    good = good && run(memory_mode, NULL, NULL) == SUBSTRATE_PARTIAL &&
           outcomes[0].status == SUBSTRATE_OK && outcomes[1].status == SUBSTRATE_E_CANCELLED &&
           outcomes[2].status == SUBSTRATE_OK;
    free_all();
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
    return good;
}

START_TEST(test_each_allocation_may_fail) {
    memory_mode = SUBSTRATE_MODE_SERIAL;
    chain_fail_each(memory_scenario);
    memory_mode = SUBSTRATE_MODE_GATHERED;
    chain_fail_each(memory_scenario);
}
END_TEST

CHECK_MAIN("client_cancel", test_cancelled_while_the_head_is_found_out,
           test_cancelled_while_its_request_is_in_flight, test_cancelled_with_the_reply_behind_it,
           test_cancelled_while_the_runtime_is_found_out, test_cancelled_before_it_is_run,
           test_cancelled_after_its_end, test_fail_fast, test_deadlines,
           test_what_a_threaded_run_costs, test_each_allocation_may_fail)
