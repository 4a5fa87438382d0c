/* For tests of the engine over the in-memory transport: a node of a few lines, which answers each
 * request by a function of the test. */
#ifndef CLIENT_PIPE_H
#define CLIENT_PIPE_H

#include "client_support.h"

#include <pthread.h>
#include <stdio.h>

#include <substrate/call.h>
#include <substrate/connection.h>
#include <substrate/engine.h>
#include <substrate/gather.h>

#include "base/json.h"
#include "base/mem.h"
#include "engine/engine_internal.h"
#include "transport/pipe.h"

/* One request as the node sees it. */
struct node_request {
    size_t socket;
    uint64_t id;
    struct substrate_text method, params; /* method without quotes */
};

struct node {
    struct pipe_peer peer;
    struct transport *transport;
    struct substrate_engine *engine;
    void (*answer)(struct node *node, const struct node_request *request);
    size_t refuse; /* refuse this many sockets first */
    atomic_size_t received, opened;
    uint64_t held[20000]; /* for answers that keep ids back */
    size_t held_count;
};

static inline bool node_accept(void *context, size_t socket) {
    struct node *node = context;
    (void)atomic_fetch_add(&node->opened, 1);
    return socket >= node->refuse;
}

static inline void node_receive(void *context, size_t socket, struct substrate_text text) {
    struct node *node = context;
    struct base_json json;
    struct node_request request = {.socket = socket};
    ck_assert_int_eq(base_json_parse(text, 64, &json, NULL), SUBSTRATE_OK);
    ck_assert(base_json_u64(base_json_member(json, "id"), &request.id));
    struct base_json method = base_json_member(json, "method");
    request.method = (struct substrate_text){method.raw.data + 1, method.raw.size - 2};
    request.params = base_json_member(json, "params").raw;
    (void)atomic_fetch_add(&node->received, 1);
    node->answer(node, &request);
}

/* Sends {"id":…,"result":result}. */
static inline void node_reply(struct node *node, size_t socket, uint64_t id,
                              struct substrate_text result) {
    char small[512];
    int size = snprintf(small, sizeof(small), "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":%.*s}",
                        (unsigned long long)id, (int)result.size, result.data);
    ck_assert_int_lt(size, (int)sizeof(small));
    pipe_send(node->transport, socket, (struct substrate_text){small, (size_t)size});
}

/* The answers that most tests want: the request's own params, and none at all. */
static inline void node_echo(struct node *node, const struct node_request *request) {
    node_reply(node, request->socket, request->id, request->params);
}
static inline void node_silent(struct node *node, const struct node_request *request) {
    node->held[node->held_count++] = request->id;
}

static inline enum substrate_status node_start(struct node *node,
                                               void (*answer)(struct node *node,
                                                              const struct node_request *request)) {
    struct substrate_engine_options options = SUBSTRATE_ENGINE_OPTIONS_INIT;
    *node = (struct node){.answer = answer};
    node->peer = (struct pipe_peer){node, node_accept, node_receive};
    options.connections_max = 8;
    enum substrate_status status = transport_pipe_new(&node->peer, &node->transport);
    return status != SUBSTRATE_OK ? status
                                  : engine_open_on(node->transport, &options, &node->engine, NULL);
}

static inline enum substrate_status node_connect(struct node *node,
                                                 struct substrate_connection **connection,
                                                 struct substrate_error *error) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    options.url = "ws://pipe";
    options.engine = node->engine;
    options.in_flight_max = 10000;
    options.message_bytes_max = 1000;
    return substrate_connection_open(&options, connection, error);
}

/* Starts a node and one connection to it. */
static inline struct substrate_connection *
node_connected(struct node *node,
               void (*answer)(struct node *node, const struct node_request *request)) {
    struct substrate_connection *connection = NULL;
    struct substrate_error error;
    ck_assert_int_eq(node_start(node, answer), SUBSTRATE_OK);
    ck_assert_msg(node_connect(node, &connection, &error) == SUBSTRATE_OK, "%s", error.message);
    return connection;
}

static inline struct substrate_connection_counters
node_counters(const struct substrate_connection *connection) {
    struct substrate_connection_counters counters;
    substrate_connection_get_counters(connection, &counters);
    return counters;
}

#endif
