/* Opening, closing and outliving of engines, connections, handles and subscriptions, over the
 * in-memory transport; and each allocation failing once. */
#include "client_pipe.h"

#include <sched.h>

#include <substrate/subscription.h>
#include <substrate/storage.h>

START_TEST(test_engine_closed_first_ends_everything) {
    static struct node node;
    struct substrate_connection *connection = node_connected(&node, node_silent);
    struct substrate_request request = {"m", {NULL, 0}, SUBSTRATE_NEVER};
    struct substrate_pending *pending = NULL;
    struct substrate_pending *late = NULL;
    const struct substrate_reply *reply = NULL;
    struct substrate_error error;
    ck_assert_int_eq(substrate_submit(connection, &request, &pending, NULL), SUBSTRATE_OK);
    substrate_engine_close(node.engine);
    ck_assert_int_eq(substrate_wait(pending, SUBSTRATE_NEVER, &reply), SUBSTRATE_E_CLOSED);
    ck_assert_int_eq(substrate_submit(connection, &request, &late, &error), SUBSTRATE_E_CLOSED);
    ck_assert_str_eq(error.message, "the engine was closed");
    ck_assert_int_eq(substrate_cancel(pending), 0);
    substrate_connection_close(connection);
    ck_assert_int_eq(substrate_wait(pending, SUBSTRATE_NEVER, &reply), SUBSTRATE_E_CLOSED);
    substrate_pending_free(pending);
}
END_TEST

static void *wait_closed(void *context) {
    const struct substrate_reply *reply = NULL;
    return substrate_wait(context, SUBSTRATE_NEVER, &reply) == SUBSTRATE_E_CLOSED ? NULL : context;
}

START_TEST(test_closing_wakes_waiting_threads) {
    static struct node node;
    struct substrate_connection *connection = node_connected(&node, node_silent);
    struct substrate_request request = {"m", {NULL, 0}, SUBSTRATE_NEVER};
    struct substrate_pending *pending[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(substrate_submit(connection, &request, &pending[i], NULL), SUBSTRATE_OK);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, wait_closed, pending[i]), 0);
    }
    substrate_connection_close(connection);
    for (int i = 0; i < 4; i++) {
        void *wrong = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
        substrate_pending_free(pending[i]);
    }
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_refused_and_limited_connections_say_why) {
    struct node node;
    struct substrate_connection *connections[9] = {NULL};
    struct substrate_error error;
    ck_assert_int_eq(node_start(&node, node_echo), SUBSTRATE_OK);
    node.refuse = 2;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(node_connect(&node, &connections[0], &error), SUBSTRATE_E_CONNECT);
        ck_assert_ptr_null(connections[0]);
        ck_assert_ptr_nonnull(strstr(error.message, "refused"));
    }
    for (int i = 0; i < 8; i++) { /* a refused one gives its place back */
        ck_assert_int_eq(node_connect(&node, &connections[i], &error), SUBSTRATE_OK);
    }
    ck_assert_int_eq(node_connect(&node, &connections[8], &error), SUBSTRATE_E_LIMIT);
    substrate_connection_close(connections[3]);
    ck_assert_int_eq(node_connect(&node, &connections[3], &error), SUBSTRATE_OK);
    for (int i = 0; i < 8; i++) {
        substrate_connection_close(connections[i]);
    }
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_options_are_checked) {
    struct substrate_connection *connection = NULL;
    struct substrate_error error;
    static const char *const urls[] = {
        "",         "nowhere",      "http://a",  "ws://",      "ws:///path", "ws://h:0",
        "ws://h:",  "ws://h:65536", "ws://h:1x", "ws://u@h",   "ws://[::1",  "ws://[::1]x",
        "ws://h#f", "ws://a b",     "WS://h",    "ws://h:1:2", "wss://:80",  "Finney",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
        options.url = urls[i];
        ck_assert_msg(substrate_connection_open(&options, &connection, &error) ==
                          SUBSTRATE_E_ARGUMENT,
                      "'%s' was taken", urls[i]);
        ck_assert_uint_gt(strlen(error.message), 0);
        ck_assert_ptr_null(connection);
    }
    struct substrate_connection_options none = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    ck_assert_int_eq(substrate_connection_open(&none, &connection, &error), SUBSTRATE_E_ARGUMENT);
    none.url = "local";
    none.size = 3;
    ck_assert_int_eq(substrate_connection_open(&none, &connection, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_connection_open(NULL, &connection, &error), SUBSTRATE_E_ARGUMENT);
    substrate_connection_close(NULL);
    substrate_engine_close(NULL);
    substrate_pending_free(NULL);
    substrate_gathered_free(NULL);
    substrate_subscription_close(NULL);
    substrate_query_free(NULL);
}
END_TEST

START_TEST(test_network_names_are_those_of_the_sdk) {
    ck_assert_str_eq(substrate_network_url("finney"), "wss://entrypoint-finney.opentensor.ai:443");
    ck_assert_str_eq(substrate_network_url("test"), "wss://test.finney.opentensor.ai:443");
    ck_assert_str_eq(substrate_network_url("archive"), "wss://archive.chain.opentensor.ai:443");
    ck_assert_str_eq(substrate_network_url("local"), "ws://127.0.0.1:9944");
    ck_assert_str_eq(substrate_network_url("wss://h/x"), "wss://h/x");
    ck_assert_ptr_null(substrate_network_url("main"));
    ck_assert_ptr_null(substrate_network_url(""));
    ck_assert_ptr_null(substrate_network_url(NULL));
}
END_TEST

static void answer_too_big(struct node *node, const struct node_request *request) {
    static char text[1001];
    memset(text, ' ', sizeof(text));
    text[0] = '1';
    pipe_send(node->transport, request->socket, (struct substrate_text){text, sizeof(text)});
}

START_TEST(test_message_over_the_limit_closes_with_it) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, answer_too_big);
    struct substrate_request request = {"m", {NULL, 0}, 0};
    struct substrate_pending *pending = NULL;
    const struct substrate_reply *reply = NULL;
    struct substrate_error error;
    ck_assert_int_eq(substrate_call(connection, &request, &pending, &reply, &error),
                     SUBSTRATE_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(error.message, "message_bytes_max"));
    ck_assert_int_eq(substrate_submit(connection, &request, &pending, &error), SUBSTRATE_E_CLOSED);
    ck_assert_ptr_nonnull(strstr(error.message, "message_bytes_max"));
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

static void notify(struct node *node, size_t socket, const char *id, int value) {
    char text[160];
    int size = snprintf(text, sizeof(text),
                        "{\"jsonrpc\":\"2.0\",\"method\":\"n\",\"params\":{\"subscription\":%s,"
                        "\"result\":%d}}",
                        id, value);
    pipe_send(node->transport, socket, (struct substrate_text){text, (size_t)size});
}

/* Subscribing: one notification before the reply, two after it. Unsubscribing is remembered. */
static void answer_subscription(struct node *node, const struct node_request *request) {
    if (base_text_is(request->method, "unsub")) {
        ck_text_eq(request->params, "[\"s1\"]");
        node->held_count += 1;
        node_reply(node, request->socket, request->id, BASE_TEXT("true"));
    } else if (base_text_is(request->method, "sub")) {
        ck_text_eq(request->params, "[true]");
        notify(node, request->socket, "\"s1\"", 1);
        node_reply(node, request->socket, request->id, BASE_TEXT("\"s1\""));
        notify(node, request->socket, "\"s1\"", 2);
        notify(node, request->socket, "\"s1\"", 3);
    } else {
        node_echo(node, request);
    }
}

static struct substrate_subscription *subscribe(struct substrate_connection *connection,
                                                uint32_t queue_max) {
    struct substrate_subscription_options options = SUBSTRATE_SUBSCRIPTION_OPTIONS_INIT;
    struct substrate_subscription *subscription = NULL;
    options.method = "sub";
    options.params = BASE_TEXT("[true]");
    options.unsubscribe = "unsub";
    options.queue_max = queue_max;
    (void)substrate_subscribe(connection, &options, &subscription, NULL);
    return subscription;
}

/* A call whose reply comes after everything that the node has sent before. */
static void call(struct substrate_connection *connection) {
    struct substrate_request request = {"m", {NULL, 0}, 0};
    struct substrate_pending *pending = NULL;
    const struct substrate_reply *reply = NULL;
    ck_assert_int_eq(substrate_call(connection, &request, &pending, &reply, NULL), SUBSTRATE_OK);
    substrate_pending_free(pending);
}

START_TEST(test_subscription_is_read_in_order_and_ended) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, answer_subscription);
    struct substrate_subscription *subscription = subscribe(connection, 10);
    struct substrate_text result;
    ck_assert_ptr_nonnull(subscription);
    for (int i = 1; i <= 3; i++) {
        char value[8];
        (void)snprintf(value, sizeof(value), "%d", i);
        ck_assert_int_eq(substrate_subscription_next(subscription, SUBSTRATE_NEVER, &result),
                         SUBSTRATE_OK);
        ck_text_eq(result, value);
    }
    ck_assert_int_eq(substrate_subscription_next(subscription, 0, &result), SUBSTRATE_E_PENDING);
    substrate_subscription_close(subscription);
    notify(&node, 0, "\"s1\"", 4); /* too late: dropped */
    call(connection);
    ck_assert_uint_eq(node.held_count, 1);
    ck_assert_uint_eq(node_counters(connection).in_flight, 0);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_slow_reader_is_told_once) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, answer_subscription);
    struct substrate_subscription *subscription = subscribe(connection, 2);
    struct substrate_text result;
    call(connection);
    for (int i = 1; i <= 2; i++) {
        ck_assert_int_eq(substrate_subscription_next(subscription, SUBSTRATE_NEVER, &result),
                         SUBSTRATE_OK);
    }
    ck_assert_int_eq(substrate_subscription_next(subscription, SUBSTRATE_NEVER, &result),
                     SUBSTRATE_E_LAGGED);
    ck_assert_int_eq(substrate_subscription_next(subscription, SUBSTRATE_NEVER, &result),
                     SUBSTRATE_E_CLOSED);
    substrate_subscription_close(subscription);
    call(connection);
    ck_assert_uint_eq(node.held_count, 1); /* it was live on the node: unsubscribed */
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
}
END_TEST

START_TEST(test_subscription_ends_with_its_socket) {
    struct node node;
    struct substrate_connection *connection = node_connected(&node, answer_subscription);
    struct substrate_subscription *subscription = subscribe(connection, 10);
    struct substrate_text result;
    pipe_drop(node.transport, 0);
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(substrate_subscription_next(subscription, SUBSTRATE_NEVER, &result),
                         SUBSTRATE_OK);
    }
    ck_assert_int_eq(substrate_subscription_next(subscription, SUBSTRATE_NEVER, &result),
                     SUBSTRATE_E_CLOSED);
    substrate_connection_close(connection);
    ck_assert_int_eq(substrate_subscription_next(subscription, SUBSTRATE_NEVER, &result),
                     SUBSTRATE_E_CLOSED);
    substrate_subscription_close(subscription);
    substrate_engine_close(node.engine);
}
END_TEST

/* Everything once. The node answers 0x01 to runtime calls, a hash to the rest. */
static void answer_all(struct node *node, const struct node_request *request) {
    if (base_text_is(request->method, "state_call")) {
        node_reply(node, request->socket, request->id, BASE_TEXT("\"0x01\""));
    } else if (base_text_is(request->method, "chain_getBlockHash")) {
        node_reply(node, request->socket, request->id,
                   BASE_TEXT("\"0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
                             "\""));
    } else {
        answer_subscription(node, request);
    }
}

static bool make_query(const char *function, struct substrate_query **query) {
    struct substrate_bytes none = {NULL, 0};
    return substrate_query_state_call(function, none, NULL, query) == SUBSTRATE_OK;
}

static bool use_connection(struct substrate_connection *connection) {
    struct substrate_request requests[2] = {{"m", {NULL, 0}, 0}, {"m", {NULL, 0}, 0}};
    struct substrate_gathered *gathered = NULL;
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *queries[2] = {NULL, NULL};
    struct substrate_outcome outcomes[2];
    bool good = substrate_gather(connection, requests, 2, &gathered, NULL) == SUBSTRATE_OK;
    substrate_gathered_free(gathered);
    struct substrate_subscription *subscription = good ? subscribe(connection, 10) : NULL;
    good = subscription != NULL;
    substrate_subscription_close(subscription);
    for (int mode = 0; good && mode < 4; mode++) {
        options.mode = (enum substrate_mode)mode;
        options.connection = connection;
        good = mode == SUBSTRATE_MODE_THREADED ||
               (make_query("A_one", &queries[0]) && make_query("A_two", &queries[1]) &&
                substrate_run(&options, queries, 2, outcomes, NULL) == SUBSTRATE_OK);
        for (int i = 0; i < 2; i++) {
            substrate_query_free(queries[i]);
            queries[i] = NULL;
        }
    }
    return good;
}

static bool memory_scenario(void) {
    static struct node node;
    struct substrate_connection *connection = NULL;
    if (node_start(&node, answer_all) != SUBSTRATE_OK) {
        return false;
    }
    bool good =
        node_connect(&node, &connection, NULL) == SUBSTRATE_OK && use_connection(connection);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
    return good;
}

START_TEST(test_each_allocation_may_fail) { client_fail_each(memory_scenario); }
END_TEST

CHECK_MAIN("client_lifecycle", test_engine_closed_first_ends_everything,
           test_closing_wakes_waiting_threads, test_refused_and_limited_connections_say_why,
           test_options_are_checked, test_network_names_are_those_of_the_sdk,
           test_message_over_the_limit_closes_with_it, test_subscription_is_read_in_order_and_ended,
           test_slow_reader_is_told_once, test_subscription_ends_with_its_socket,
           test_each_allocation_may_fail)
