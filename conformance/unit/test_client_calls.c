/* Calls, gathers and threads through the engine, over the in-memory transport. */
#include "client_pipe.h"

#include <sched.h>
#include <substrate/query.h>
#include <substrate/storage.h>

static struct substrate_pending *submit(struct substrate_connection *connection,
                                        struct substrate_text params, uint64_t deadline_us) {
    struct substrate_request request = {"m", params, deadline_us};
    struct substrate_pending *pending = NULL;
    struct substrate_error error;
    ck_assert_msg(substrate_submit(connection, &request, &pending, &error) == SUBSTRATE_OK, "%s",
                  error.message);
    return pending;
}

/* Lets the I/O thread go on until the node has `count` requests. */
static void until_received(struct node *node, size_t count) {
    while (atomic_load(&node->received) < count) {
        (void)sched_yield();
    }
}

START_TEST(test_call_gives_its_own_reply) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, node_echo);
    struct substrate_request request = {"m", BASE_TEXT("[1,\"x\"]"), 0};
    struct substrate_pending *pending = NULL;
    const struct substrate_reply *reply = NULL;
    ck_assert_int_eq(substrate_call(connection, &request, &pending, &reply, NULL), SUBSTRATE_OK);
    ck_text_eq(reply->result, "[1,\"x\"]");
    substrate_connection_close(connection);
    ck_text_eq(reply->result, "[1,\"x\"]"); /* the handle outlives the connection */
    substrate_engine_close(node.engine);
    ck_text_eq(reply->result, "[1,\"x\"]");
    substrate_pending_free(pending);
}
END_TEST

static void answer_error(struct node *node, const struct node_request *request) {
    char text[160];
    int size = snprintf(text, sizeof(text),
                        "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"error\":{\"code\":-32601,"
                        "\"message\":\"Method not found\",\"data\":7}}",
                        (unsigned long long)request->id);
    pipe_send(node->transport, request->socket, (struct substrate_text){text, (size_t)size});
}

START_TEST(test_call_gives_the_error_of_the_node) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, answer_error);
    struct substrate_request request = {"nope", {NULL, 0}, 0};
    struct substrate_pending *pending = NULL;
    const struct substrate_reply *reply = NULL;
    struct substrate_error error;
    ck_assert_int_eq(substrate_call(connection, &request, &pending, &reply, &error),
                     SUBSTRATE_E_RPC);
    ck_assert_int_eq(error.rpc_code, -32601);
    ck_assert_ptr_nonnull(strstr(error.message, "nope"));
    ck_assert_ptr_nonnull(strstr(error.message, "Method not found"));
    ck_assert_int_eq(reply->rpc_code, -32601);
    ck_text_eq(reply->rpc_data, "7");
    substrate_pending_free(pending);
    ck_assert_uint_eq(node_counters(connection).rpc_errors, 1);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

/* Keeps all back until `held_count` reaches 10000, then answers the last first. */
static void answer_reversed(struct node *node, const struct node_request *request) {
    node_silent(node, request);
    while (node->held_count == 10000) {
        for (size_t i = node->held_count; i > 0; i--) {
            char value[32];
            int size =
                snprintf(value, sizeof(value), "%llu", (unsigned long long)node->held[i - 1]);
            node_reply(node, request->socket, node->held[i - 1],
                       (struct substrate_text){value, (size_t)size});
        }
        node->held_count = 0;
    }
}

START_TEST(test_gather_of_10000_in_reverse_order) {
    enum { COUNT = 10000 };
    static struct node node;
    struct substrate_connection *connection = node_connected(&node, answer_reversed);
    struct substrate_request *requests = calloc(COUNT, sizeof(*requests));
    struct substrate_gathered *gathered = NULL;
    for (size_t i = 0; i < COUNT; i++) {
        requests[i].method = "m";
    }
    ck_assert_int_eq(substrate_gather(connection, requests, COUNT, &gathered, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(gathered->count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        char value[32];
        (void)snprintf(value, sizeof(value), "%zu", i + 1); /* ids are given in order, from 1 */
        ck_text_eq(gathered->replies[i].result, value);
    }
    ck_assert_uint_eq(node_counters(connection).in_flight_peak, COUNT);
    ck_assert_uint_eq(node_counters(connection).replied, COUNT);
    substrate_gathered_free(gathered);
    free(requests);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_gather_refuses_all_or_takes_all) {
    struct node node;
    struct substrate_connection *connection = NULL;
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_request requests[6] = {{"m", {NULL, 0}, 0}, {"m", {NULL, 0}, 0},
                                            {"m", {NULL, 0}, 0}, {"m", {NULL, 0}, 0},
                                            {"m", {NULL, 0}, 0}, {"m", {NULL, 0}, 0}};
    struct substrate_gathered *gathered = NULL;
    ck_assert_int_eq(node_start(&node, node_echo), SUBSTRATE_OK);
    options.url = "ws://pipe";
    options.engine = node.engine;
    options.in_flight_max = 2;
    options.queued_max = 3;
    ck_assert_int_eq(substrate_connection_open(&options, &connection, NULL), SUBSTRATE_OK);
    ck_assert_int_eq(substrate_gather(connection, requests, 6, &gathered, NULL), SUBSTRATE_E_BUSY);
    ck_assert_ptr_null(gathered);
    ck_assert_uint_eq(node_counters(connection).submitted, 0);
    requests[3].method = "";
    ck_assert_int_eq(substrate_gather(connection, requests, 5, &gathered, NULL),
                     SUBSTRATE_E_ARGUMENT);
    ck_assert_uint_eq(node_counters(connection).submitted, 0);
    requests[3].method = "m";
    ck_assert_int_eq(substrate_gather(connection, requests, 5, &gathered, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(node_counters(connection).in_flight_peak, 2);
    substrate_gathered_free(gathered);
    ck_assert_int_eq(substrate_gather(connection, NULL, 0, &gathered, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(gathered->count, 0);
    substrate_gathered_free(gathered);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

static void answer_a_byte(struct node *node, const struct node_request *request) {
    node_reply(node, request->socket, request->id, BASE_TEXT("\"0x01\""));
}

/* One is refused, and its siblings are not sent; in a run of queries they are none of its. */
START_TEST(test_request_over_the_limit_is_refused) {
    struct node node;
    struct substrate_connection *connection = NULL;
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_query *queries[2] = {NULL, NULL};
    struct substrate_outcome outcomes[2];
    struct substrate_run_options run = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_hash hash = {{1}};
    const struct substrate_pin pin = {.hash = &hash};
    struct substrate_gathered *gathered = NULL;
    struct substrate_pending *pending = NULL;
    struct substrate_error error;
    static uint8_t many[400];
    char params[300];
    ck_assert_int_eq(node_start(&node, answer_a_byte), SUBSTRATE_OK);
    options.url = "ws://pipe";
    options.engine = node.engine;
    ck_assert_uint_eq(options.request_bytes_max, 15u << 20);
    options.request_bytes_max = 330;
    ck_assert_int_eq(substrate_connection_open(&options, &connection, NULL), SUBSTRATE_OK);
    int size = snprintf(params, sizeof(params), "[\"%0290d\"]", 1);
    struct substrate_request requests[] = {{"m", BASE_TEXT("[1]"), 0},
                                           {"big", {params, (size_t)size}, 0}};
    ck_assert_int_eq(substrate_gather(connection, requests, 2, &gathered, &error),
                     SUBSTRATE_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(error.message, "big: "));
    ck_assert_ptr_nonnull(strstr(error.message, "request_bytes_max is 330"));
    ck_assert_int_eq(substrate_submit(connection, &requests[1], &pending, NULL), SUBSTRATE_E_LIMIT);
    ck_assert(gathered == NULL && pending == NULL);
    ck_assert_uint_eq(node_counters(connection).submitted, 0);
    requests[1].params.size = 0; /* shorter, and then it is sent */
    requests[1].params.data = NULL;
    ck_assert_int_eq(substrate_gather(connection, requests, 2, &gathered, &error), SUBSTRATE_OK);
    substrate_gathered_free(gathered);
    for (int mode = SUBSTRATE_MODE_SERIAL; mode <= SUBSTRATE_MODE_SHARED; mode++) {
        if (mode == SUBSTRATE_MODE_THREADED) {
            continue; /* has connections of its own */
        }
        run.mode = (enum substrate_mode)mode;
        run.connection = connection;
        for (size_t i = 0; i < 2; i++) {
            struct substrate_bytes bytes = {many, i == 1 ? sizeof(many) : 1};
            ck_assert_int_eq(substrate_query_state_call("A_b", bytes, &pin, &queries[i]),
                             SUBSTRATE_OK);
        }
        ck_assert_int_eq(substrate_run(&run, queries, 2, outcomes, &error), SUBSTRATE_PARTIAL);
        ck_assert_int_eq(outcomes[0].status, SUBSTRATE_OK);
        ck_assert_int_eq(outcomes[1].status, SUBSTRATE_E_LIMIT);
        ck_assert_ptr_nonnull(strstr(outcomes[1].error.message, "request_bytes_max is 330"));
        substrate_query_free(queries[0]);
        substrate_query_free(queries[1]);
    }
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

/* Answers the first three, then hangs up. */
static void answer_three(struct node *node, const struct node_request *request) {
    if (atomic_load(&node->received) <= 3) {
        node_echo(node, request);
    } else {
        pipe_drop(node->transport, request->socket);
    }
}

START_TEST(test_lost_socket_closes_what_is_unanswered) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, answer_three);
    struct substrate_request requests[10];
    struct substrate_gathered *gathered = NULL;
    struct substrate_pending *pending = NULL;
    struct substrate_error error;
    for (size_t i = 0; i < 10; i++) {
        requests[i] = (struct substrate_request){"m", {NULL, 0}, 0};
    }
    ck_assert_int_eq(substrate_gather(connection, requests, 10, &gathered, NULL),
                     SUBSTRATE_PARTIAL);
    for (size_t i = 0; i < 10; i++) {
        ck_assert_int_eq(gathered->replies[i].status, i < 3 ? SUBSTRATE_OK : SUBSTRATE_E_CLOSED);
    }
    substrate_gathered_free(gathered);
    ck_assert_int_eq(substrate_submit(connection, &requests[0], &pending, &error),
                     SUBSTRATE_E_CLOSED);
    ck_assert_str_eq(error.message, "the connection was lost");
    ck_assert_uint_eq(node_counters(connection).closed, 7);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_giving_up_waiting_leaves_the_request_alive) {
    static struct node node;
    struct substrate_connection *connection = node_connected(&node, node_silent);
    struct substrate_pending *pending = submit(connection, BASE_TEXT("[]"), SUBSTRATE_NEVER);
    const struct substrate_reply *reply = NULL;
    ck_assert_int_eq(substrate_wait(pending, 0, &reply), SUBSTRATE_E_PENDING);
    ck_assert_int_eq(substrate_wait(pending, substrate_now_us() + 2000, &reply),
                     SUBSTRATE_E_PENDING);
    ck_assert_ptr_null(reply);
    node_reply(&node, 0, 1, BASE_TEXT("5"));
    ck_assert_int_eq(substrate_wait(pending, SUBSTRATE_NEVER, &reply), SUBSTRATE_OK);
    ck_text_eq(reply->result, "5");
    ck_assert_int_eq(substrate_wait(pending, 0, &reply), SUBSTRATE_OK); /* as often as one likes */
    substrate_pending_free(pending);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_deadline_spares_siblings) {
    static struct node node;
    struct substrate_connection *connection = node_connected(&node, node_silent);
    struct substrate_pending *slow = submit(connection, BASE_TEXT("[]"), SUBSTRATE_NEVER);
    /* A deadline that is set after a later one has armed the timer, and one that has passed
     * already. */
    struct substrate_pending *quick =
        submit(connection, BASE_TEXT("[]"), substrate_now_us() + 5000);
    struct substrate_pending *past = submit(connection, BASE_TEXT("[]"), 1);
    const struct substrate_reply *reply = NULL;
    ck_assert_int_eq(substrate_wait(quick, SUBSTRATE_NEVER, &reply), SUBSTRATE_E_TIMEOUT);
    ck_assert_int_eq(substrate_wait(past, SUBSTRATE_NEVER, &reply), SUBSTRATE_E_TIMEOUT);
    ck_assert_int_eq(substrate_wait(slow, 0, &reply), SUBSTRATE_E_PENDING);
    node_reply(&node, 0, 2, BASE_TEXT("\"late\""));
    until_received(&node, 1);
    node_reply(&node, 0, 1, BASE_TEXT("\"mine\""));
    ck_assert_int_eq(substrate_wait(slow, SUBSTRATE_NEVER, &reply), SUBSTRATE_OK);
    ck_text_eq(reply->result, "\"mine\"");
    ck_assert_uint_eq(node_counters(connection).timed_out, 2);
    ck_assert_uint_eq(node_counters(connection).late, 1);
    substrate_pending_free(slow);
    substrate_pending_free(quick);
    substrate_pending_free(past);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_cancelled_reply_is_dropped) {
    static struct node node;
    struct substrate_connection *connection = node_connected(&node, node_silent);
    struct substrate_pending *one = submit(connection, BASE_TEXT("[]"), 0);
    struct substrate_pending *two = submit(connection, BASE_TEXT("[]"), 0);
    const struct substrate_reply *reply = NULL;
    until_received(&node, 2);
    ck_assert_int_eq(substrate_cancel(one), 1);
    ck_assert_int_eq(substrate_cancel(one), 0);
    ck_assert_int_eq(substrate_wait(one, SUBSTRATE_NEVER, &reply), SUBSTRATE_E_CANCELLED);
    node_reply(&node, 0, 1, BASE_TEXT("1"));
    node_reply(&node, 0, 2, BASE_TEXT("2"));
    ck_assert_int_eq(substrate_wait(two, SUBSTRATE_NEVER, &reply), SUBSTRATE_OK);
    ck_text_eq(reply->result, "2");
    ck_assert_int_eq(substrate_cancel(two), 0);
    ck_assert_uint_eq(node_counters(connection).late, 1);
    ck_assert_uint_eq(node_counters(connection).cancelled, 1);
    substrate_pending_free(one);
    substrate_pending_free(two);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

struct race {
    struct substrate_pending *pending[2000];
    int won[2000];
};

static void *cancel_all(void *context) {
    struct race *race = context;
    for (size_t i = 0; i < 2000; i++) {
        race->won[i] = substrate_cancel(race->pending[i]);
    }
    return NULL;
}

START_TEST(test_cancel_racing_a_reply_has_one_winner) {
    static struct race race;
    struct node node;
    struct substrate_connection *connection = node_connected(&node, node_echo);
    pthread_t thread;
    uint64_t cancelled = 0;
    for (size_t i = 0; i < 2000; i++) {
        race.pending[i] = submit(connection, BASE_TEXT("[1]"), 0);
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_all, &race), 0);
    for (size_t i = 0; i < 2000; i++) {
        const struct substrate_reply *reply = NULL;
        enum substrate_status status = substrate_wait(race.pending[i], SUBSTRATE_NEVER, &reply);
        ck_assert(status == SUBSTRATE_OK || status == SUBSTRATE_E_CANCELLED);
        cancelled += status == SUBSTRATE_E_CANCELLED;
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < 2000; i++) {
        const struct substrate_reply *reply = NULL;
        ck_assert_int_eq(substrate_wait(race.pending[i], 0, &reply) == SUBSTRATE_E_CANCELLED,
                         race.won[i]);
        substrate_pending_free(race.pending[i]);
    }
    ck_assert_uint_eq(node_counters(connection).cancelled, cancelled);
    ck_assert_uint_eq(node_counters(connection).replied, 2000 - cancelled);
    ck_assert_uint_eq(node_counters(connection).in_flight, 0);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

struct caller {
    struct substrate_connection *connection;
    size_t number, wrong;
};

static void *call_many(void *context) {
    struct caller *caller = context;
    for (size_t i = 0; i < 300; i++) {
        char params[32];
        int size = snprintf(params, sizeof(params), "[%zu]", caller->number * 1000 + i);
        struct substrate_request request = {"m", {params, (size_t)size}, 0};
        struct substrate_pending *pending = NULL;
        const struct substrate_reply *reply = NULL;
        enum substrate_status status =
            substrate_call(caller->connection, &request, &pending, &reply, NULL);
        caller->wrong += status != SUBSTRATE_OK || !base_text_is(reply->result, params);
        substrate_pending_free(pending);
    }
    return NULL;
}

START_TEST(test_threads_share_a_connection) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, node_echo);
    struct caller callers[8];
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++) {
        callers[i] = (struct caller){connection, i, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call_many, &callers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(callers[i].wrong, 0);
    }
    ck_assert_uint_eq(node_counters(connection).replied, 2400);
    ck_assert_uint_le(node_counters(connection).in_flight_peak, 8);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

#define CROWD 150

/* Hangs up when everybody has asked. */
static void drop_when_all_have_asked(struct node *node, const struct node_request *request) {
    node_silent(node, request);
    if (node->held_count == CROWD) {
        pipe_drop(node->transport, request->socket);
    }
}

static void *call_in_vain(void *context) {
    struct caller *caller = context;
    struct substrate_request request = {"m", {NULL, 0}, 0};
    struct substrate_pending *pending = NULL;
    const struct substrate_reply *reply = NULL;
    enum substrate_status status =
        substrate_call(caller->connection, &request, &pending, &reply, NULL);
    caller->wrong += status != SUBSTRATE_E_CLOSED || pending != NULL;
    return NULL;
}

/* More than are woken outside the lock. */
START_TEST(test_lost_socket_wakes_every_thread) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, drop_when_all_have_asked);
    static struct caller callers[CROWD];
    static pthread_t threads[CROWD];
    ck_assert_uint_gt(CROWD, WOKEN_MAX);
    for (size_t i = 0; i < CROWD; i++) {
        callers[i] = (struct caller){connection, i, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call_in_vain, &callers[i]), 0);
    }
    for (size_t i = 0; i < CROWD; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(callers[i].wrong, 0);
    }
    ck_assert_uint_eq(node_counters(connection).closed, CROWD);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

CHECK_MAIN("client_calls", test_call_gives_its_own_reply, test_call_gives_the_error_of_the_node,
           test_gather_of_10000_in_reverse_order, test_gather_refuses_all_or_takes_all,
           test_request_over_the_limit_is_refused, test_lost_socket_closes_what_is_unanswered,
           test_giving_up_waiting_leaves_the_request_alive, test_deadline_spares_siblings,
           test_cancelled_reply_is_dropped, test_cancel_racing_a_reply_has_one_winner,
           test_threads_share_a_connection, test_lost_socket_wakes_every_thread)
