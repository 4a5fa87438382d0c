/* For tests of the runner over the in-memory transport: a node with the chain of query_chain.h,
 * which answers at once, by rounds, or as a test says; queries to ask it; and a run of them in a
 * mode. */
#ifndef CLIENT_CHAIN_H
#define CLIENT_CHAIN_H

#include "client_pipe.h"
#include "query_chain.h"

#include <substrate/storage.h>
#include <subtensor/subtensor.h>
#include "query/query.h"

#define SUBNETS 7

static struct chain chain;
static struct node node;

/* ---- the node ---- */

static inline void reply(struct node *to, size_t socket, uint64_t id, struct substrate_text method,
                         struct substrate_text params) {
    struct base_buf result = BASE_BUF_INIT, text = BASE_BUF_INIT;
    const char *error = chain_answer(&chain, method, params, &result);
    chain_is_answering = true;
    base_buf_format(&text, "{\"jsonrpc\":\"2.0\",\"id\":%llu,", (unsigned long long)id);
    if (error != NULL) {
        base_buf_format(&text, "\"error\":{\"code\":4003,\"message\":\"%s\"}}", error);
    } else {
        base_buf_format(&text, "\"result\":%.*s}", (int)result.size, result.data);
    }
    base_buf_free(&result);
    chain_is_answering = false;
    pipe_send(to->transport, socket, base_buf_view(&text));
    base_buf_free(&text);
}

static inline void answer_at_once(struct node *to, const struct node_request *request) {
    reply(to, request->socket, request->id, request->method, request->params);
}

/* Holds requests back until as many are there as the round has, then answers the last first. */
#define ROUND_MAX 64
static struct held {
    size_t socket;
    uint64_t id;
    char method[64], params[512];
} held[ROUND_MAX];
static size_t held_count, round_now;
static const size_t *round_sizes;

static inline void hold(const struct node_request *request) {
    struct held *kept = &held[held_count++];
    ck_assert_uint_le(held_count, ROUND_MAX);
    kept->socket = request->socket;
    kept->id = request->id;
    (void)snprintf(kept->method, sizeof(kept->method), "%.*s", (int)request->method.size,
                   request->method.data);
    (void)snprintf(kept->params, sizeof(kept->params), "%.*s", (int)request->params.size,
                   request->params.data != NULL ? request->params.data : "");
}

static inline void release(struct node *to) {
    while (held_count > 0) {
        const struct held *kept = &held[--held_count];
        reply(to, kept->socket, kept->id, base_text(kept->method), base_text(kept->params));
    }
}

static inline void answer_by_rounds(struct node *to, const struct node_request *request) {
    hold(request);
    if (held_count == round_sizes[round_now]) {
        round_now += 1;
        release(to);
    }
}

/* A connection that does not wait for ever when the node holds something back. */
static inline struct substrate_connection *dial(void) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    struct substrate_error error;
    options.url = "ws://pipe";
    options.engine = node.engine;
    options.request_timeout_ms = 20000;
    ck_assert_msg(substrate_connection_open(&options, &connection, &error) == SUBSTRATE_OK, "%s",
                  error.message);
    return connection;
}

static inline struct substrate_connection *
start(void (*answer)(struct node *to, const struct node_request *request)) {
    chain = (struct chain){0};
    held_count = round_now = 0;
    ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
    return dial();
}

static inline void stop(struct substrate_connection *connection) {
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
}

/* ---- queries ---- */

static inline struct substrate_query *exists(uint16_t netuid, const struct substrate_hash *at) {
    const struct substrate_pin pin = {.hash = at};
    struct substrate_query *query = NULL;
    ck_assert_int_eq(subtensor_query_subnet_exists(netuid, &pin, &query), SUBSTRATE_OK);
    return query;
}

static inline struct substrate_pin at_number(uint64_t number) {
    return (struct substrate_pin){.by_number = true, .number = number};
}

static inline struct substrate_query *tempo_of(const char *arguments, struct substrate_pin pin) {
    struct substrate_storage_entry entry = {
        "SubtensorModule", "Tempo", {base_text(arguments), {NULL, 0}}};
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_storage(&entry, &pin, &query), SUBSTRATE_OK);
    return query;
}

static inline struct substrate_query *tempo(struct substrate_pin pin) {
    return tempo_of("[1]", pin);
}

static inline struct substrate_query *twice(struct substrate_pin pin) {
    struct substrate_api_call call = {"SampleApi", "double", {BASE_TEXT("[4]"), {NULL, 0}}};
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_runtime_call(&call, &pin, &query), SUBSTRATE_OK);
    return query;
}

static inline struct substrate_query *raw_call(struct substrate_pin pin) {
    const uint8_t four[] = {4, 0};
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_state_call("SampleApi_double",
                                                (struct substrate_bytes){four, 2}, &pin, &query),
                     SUBSTRATE_OK);
    return query;
}

/* Runs queries in a mode. Outcomes stay valid until the queries are freed. */
static inline enum substrate_status run(enum substrate_mode mode,
                                        struct substrate_connection *connection,
                                        struct substrate_query *const *queries, size_t count,
                                        struct substrate_outcome *outcomes) {
    struct substrate_connection_options connect_options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    connect_options.url = "ws://pipe";
    connect_options.engine = node.engine;
    connect_options.request_timeout_ms = 20000;
    options.mode = mode;
    options.connection = connection;
    options.connect = &connect_options;
    options.threads_max = SUBNETS; /* the node takes one connection more */
    return substrate_run(&options, queries, count, outcomes, NULL);
}

static inline void free_all(struct substrate_query *const *queries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        substrate_query_free(queries[i]);
    }
}

/* Which of the subnets 1 to 7 exist? `expected` has a letter each: t, f, or e for the node's error.
 */
static inline void check_seven(enum substrate_mode mode, struct substrate_connection *connection,
                               bool pinned, const char *expected) {
    struct substrate_query *queries[SUBNETS];
    struct substrate_outcome outcomes[SUBNETS];
    struct substrate_hash at = chain_block(CHAIN_HEAD);
    for (size_t i = 0; i < SUBNETS; i++) {
        queries[i] = exists((uint16_t)(i + 1), pinned ? &at : NULL);
    }
    enum substrate_status status = run(mode, connection, queries, SUBNETS, outcomes);
    ck_assert_int_eq(status, strchr(expected, 'e') != NULL ? SUBSTRATE_PARTIAL : SUBSTRATE_OK);
    for (size_t i = 0; i < SUBNETS; i++) {
        if (expected[i] == 'e') {
            ck_assert_int_eq(outcomes[i].status, SUBSTRATE_E_RPC);
            ck_assert_int_eq(outcomes[i].error.rpc_code, 4003);
        } else {
            ck_assert_msg(outcomes[i].status == SUBSTRATE_OK, "%s", outcomes[i].error.message);
            ck_text_eq(outcomes[i].value, expected[i] == 't' ? "true" : "false");
            ck_assert_int_eq(outcomes[i].presence,
                             expected[i] == 't' ? SUBSTRATE_PRESENT : SUBSTRATE_DEFAULT);
        }
    }
    free_all(queries, SUBNETS);
}

/* What is asked: of each socket once what only it can tell, of the process the metadata. */
static inline void check_asked(enum substrate_mode mode, bool pinned) {
    size_t sockets = mode == SUBSTRATE_MODE_THREADED ? SUBNETS : 1;
    size_t heads = mode == SUBSTRATE_MODE_GATHERED ? 1 : SUBNETS;
    ck_assert_uint_eq(chain.heads, pinned ? 0 : heads);
    ck_assert_uint_eq(chain.headers, sockets);
    ck_assert_uint_eq(chain.versions, sockets);
    ck_assert_uint_eq(chain.hashes, sockets);
    ck_assert_uint_eq(chain.metadata, 1);
    ck_assert_uint_eq(chain.reads, SUBNETS);
    ck_assert_uint_eq(atomic_load(&node.opened), mode == SUBSTRATE_MODE_THREADED ? 8 : 1);
}

#endif
