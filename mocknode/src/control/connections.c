/* The wire's handler over the spaces. */
#include "control/connections.h"

#include <stdio.h>
#include "base/json.h"
#include "base/text.h"
#include "space/url.h"

#define IGNORED_MAX 100

void connections_init(struct connections *connections) {
    base_arena_init(&connections->arena, 0);
    base_map_init(&connections->ignored, 0);
}

void connections_end(struct connections *connections) {
    base_map_free(&connections->ignored);
    base_arena_free(&connections->arena);
}

/* Names a member of a query that means nothing here: once each, and not for ever. */
static void name_ignored(struct connections *connections, struct substrate_text name) {
    if (connections->ignored.count >= IGNORED_MAX ||
        base_map_get(&connections->ignored, name) != NULL) {
        return;
    }
    struct substrate_text kept = base_arena_text(&connections->arena, name);
    struct base_buf quoted = BASE_BUF_INIT;
    base_json_write_string(&quoted, name);
    if (kept.data != NULL && !quoted.failed &&
        base_map_put(&connections->ignored, kept, connections)) {
        (void)fprintf(stderr,
                      "mocknode serve: ignored %.*s in the query of a URL; known are "
                      "seed=NUMBER, as=LABEL and fixture=NAME\n",
                      (int)(quoted.size < 100 ? quoted.size : 100), quoted.data);
    }
    base_buf_free(&quoted);
}

/* Pages in browsers, and peers on other machines, may ask the chain only. */
static bool is_privileged(const struct connections *connections,
                          const struct wire_request *request) {
    return !request->origin && (request->loopback || connections->unsafe_control);
}

static void refuse(struct wire_conn *conn, int status, const char *text) {
    wire_refuse(conn, status, NULL, 0, base_text(text));
}

static void on_connecting(void *context, struct wire_conn *conn,
                          const struct wire_request *request) {
    struct connections *connections = context;
    struct space_url url;
    struct spaces_refusal why;
    char address[WIRE_ADDRESS_MAX];
    const char *problem = NULL;
    if (!space_url_read(request->path, request->query, &url, &problem)) {
        refuse(conn, 404, problem);
        return;
    }
    struct substrate_text query = request->query, ignored;
    while (space_url_ignored(&query, &ignored)) {
        name_ignored(connections, ignored);
    }
    uint64_t now = substrate_now_us();
    struct space *space = spaces_find(connections->spaces, &url, now, &why);
    if (space == NULL) {
        refuse(conn, why.status, why.text);
        return;
    }
    struct space_connect how = {.label = url.label,
                                .address = base_text(wire_conn_address(conn, address)),
                                .websocket = request->websocket,
                                .privileged = is_privileged(connections, request)};
    (void)space_open(space, conn, &how, now);
}

/* A POST has rights of its own, whatever the one before it on this connection had. */
static void on_message(void *context, struct wire_conn *conn, const struct wire_message *message) {
    struct connections *connections = context;
    struct space_peer *peer = wire_conn_user(conn);
    if (message->request != NULL) {
        space_peer_set_privileged(peer, is_privileged(connections, message->request));
    }
    space_message(peer, message->text, substrate_now_us());
}

static void on_oversize(void *context, struct wire_conn *conn) {
    (void)context;
    space_oversize(wire_conn_user(conn), substrate_now_us());
}

static void on_busy(void *context, struct wire_conn *conn) {
    (void)context;
    space_busy(wire_conn_user(conn), substrate_now_us());
}

static struct substrate_bytes bytes_of(struct substrate_text text) {
    return (struct substrate_bytes){(const uint8_t *)text.data, text.size};
}

static void on_ping(void *context, struct wire_conn *conn, struct substrate_text payload) {
    (void)context;
    space_pinged(wire_conn_user(conn), bytes_of(payload), substrate_now_us());
}

static void on_pong(void *context, struct wire_conn *conn, struct substrate_text payload) {
    (void)context;
    space_ponged(wire_conn_user(conn), bytes_of(payload), substrate_now_us());
}

static void on_keepalive(void *context, struct wire_conn *conn) {
    (void)context;
    space_kept_alive(wire_conn_user(conn));
}

static void on_refused(void *context, struct wire_conn *conn, const char *why, uint64_t size,
                       struct substrate_text beginning) {
    (void)context;
    space_refused(wire_conn_user(conn), why, size, beginning, substrate_now_us());
}

static void on_written(void *context, struct wire_conn *conn, uint64_t mark) {
    (void)context;
    space_written(wire_conn_user(conn), mark, substrate_now_us());
}

static void on_close(void *context, struct wire_conn *conn, const struct wire_closed *closed) {
    static const enum script_by by[] = {[WIRE_BY_PEER] = SCRIPT_BY_PEER,
                                        [WIRE_BY_NODE] = SCRIPT_BY_NODE,
                                        [WIRE_BY_RESET] = SCRIPT_BY_RESET};
    struct connections *connections = context;
    struct space_peer *peer = wire_conn_user(conn);
    struct space *space = space_of(peer);
    struct space_closed how = {by[closed->by], (uint16_t)closed->code, closed->reason,
                               closed->size};
    wire_conn_set_user(conn, NULL);
    space_close(peer, &how, substrate_now_us());
    spaces_left(connections->spaces, space);
}

/* Probes are no JSON-RPC and leave no trace. A recorded node that was healthy is ready. */
static bool on_get(void *context, struct wire_conn *conn, struct substrate_text path) {
    struct connections *connections = context;
    struct base_buf body = BASE_BUF_INIT;
    if (base_text_is(path, "/health/readiness")) {
        (void)wire_respond(conn, 200, "text/plain", (struct substrate_text){"", 0});
        return true;
    }
    if (!base_text_is(path, "/health")) {
        return false;
    }
    if (space_health(connections->health, &body)) {
        (void)wire_respond(conn, 200, "application/json; charset=utf-8", base_buf_view(&body));
    } else {
        (void)wire_respond(conn, 500, "text/plain; charset=utf-8",
                           BASE_TEXT("system_health is not recorded\n"));
    }
    base_buf_free(&body);
    return true;
}

static void on_due(void *context, uint64_t now) {
    struct connections *connections = context;
    spaces_run(connections->spaces, now);
}

struct wire_handler connections_handler(struct connections *connections) {
    return (struct wire_handler){.context = connections,
                                 .on_connecting = on_connecting,
                                 .on_message = on_message,
                                 .on_oversize = on_oversize,
                                 .on_busy = on_busy,
                                 .on_get = on_get,
                                 .on_ping = on_ping,
                                 .on_pong = on_pong,
                                 .on_keepalive = on_keepalive,
                                 .on_refused = on_refused,
                                 .on_written = on_written,
                                 .on_close = on_close,
                                 .on_due = on_due};
}
