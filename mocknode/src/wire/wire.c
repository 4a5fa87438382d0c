/* The server itself: one libwebsockets context with one protocol, its loop, its timers, and the
 * calls that work the same for WebSocket and HTTP. */
#include "wire/conn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/text.h"
#include "wire/listen.h"

#define MESSAGE_MAX (15 * 1024 * 1024)
#define PING_US 30000000U
#define IDLE_US 60000000U
/* How long wire_run waits for peers to read what was sent, and return its goodbye. */
#define GOODBYE_US 1000000U

#define PROTOCOL "json-rpc"

static struct wire_conn *conn_of(struct lws *wsi, struct wire *wire) {
    struct wire_conn *conn = lws_get_opaque_user_data(wsi);
    if (conn == NULL) {
        conn = base_calloc(1, sizeof(*conn));
        if (conn != NULL) {
            conn->wire = wire;
            conn->wsi = wsi;
            lws_set_opaque_user_data(wsi, conn);
        }
    }
    return conn;
}

void wire_conn_closed(struct wire_conn *conn) {
    const struct wire_handler *handler = &conn->wire->handler;
    if (conn->open) {
        conn->open = false;
        if (handler->on_close != NULL) {
            handler->on_close(handler->context, conn);
        }
        conn->user = NULL;
    }
}

void wire_conn_destroy(struct wire_conn *conn) {
    wire_ws_forget(conn);
    wire_flush_forget(conn);
    wire_conn_closed(conn);
    base_buf_free(&conn->in);
    base_buf_free(&conn->target);
    wire_out_free(&conn->out);
    base_free(conn);
}

static void wsi_destroyed(struct wire *wire, struct lws *wsi) {
    struct wire_conn *conn = lws_get_opaque_user_data(wsi);
    if (conn != NULL) {
        lws_set_opaque_user_data(wsi, NULL);
        wire_conn_destroy(conn);
    }
    if (wsi == wire->listener) {
        wire->listener = NULL;
    } else if (wire->accept_paused && wire->listener != NULL) {
        wire->accept_paused = false;
        (void)lws_rx_flow_control(wire->listener, 1);
    }
}

/* Takes all connections that wait. Where there are no descriptors left for them, asking on would
 * only burn time until one is given back. */
static void accept_all(struct wire *wire) {
    bool exhausted = false;
    lws_sock_file_fd_type peer;
    int listener = lws_get_socket_fd(wire->listener);
    peer.sockfd = wire_accept(listener, &exhausted);
    while (peer.sockfd >= 0) {
        /* Closes the descriptor when it fails. */
        (void)lws_adopt_descriptor_vhost(wire->vhost, LWS_ADOPT_SOCKET, peer, PROTOCOL, NULL);
        peer.sockfd = wire_accept(listener, &exhausted);
    }
    if (exhausted) {
        wire->accept_paused = true;
        (void)lws_rx_flow_control(wire->listener, 0);
    }
}

/* A connection that was handed over for its WebSocket goes on under a new handle. */
static void adopted(struct wire *wire, struct lws *wsi) {
    if (wire->upgrading != NULL) {
        wire->upgrading->wsi = wsi;
        lws_set_opaque_user_data(wsi, wire->upgrading);
        wire->upgrading = NULL;
    }
}

static void woken(struct wire *wire) {
    if (wire->handler.on_wake != NULL) {
        wire->handler.on_wake(wire->handler.context);
    }
}

static int on_connection(struct wire_conn *conn, enum lws_callback_reasons reason, void *in,
                         size_t size) {
    switch ((int)reason) {
    case LWS_CALLBACK_RAW_RX: {
        struct wire *wire = conn->wire; /* the connection may not outlive the call */
        wire->turn_open = true;
        int close = wire_http_receive(conn, in, size);
        wire->turn_open = false;
        return close;
    }
    case LWS_CALLBACK_RAW_WRITEABLE:
        return wire_http_writeable(conn);
    case LWS_CALLBACK_ESTABLISHED:
        wire_ws_established(conn);
        return 0;
    case LWS_CALLBACK_RECEIVE: {
        conn->wire->turn_open = true;
        int close = wire_ws_receive(conn, in, size);
        conn->wire->turn_open = false;
        return close;
    }
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        conn->peer_closing = true;
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        conn->heard_us = substrate_now_us();
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return wire_ws_writeable(conn);
    default:
        return 0;
    }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size) {
    (void)user;
    struct wire *wire = lws_context_user(lws_get_context(wsi));
    switch ((int)reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        woken(wire);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        wsi_destroyed(wire, wsi);
        return 0;
    case LWS_CALLBACK_RAW_RX_FILE:
        accept_all(wire);
        return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        adopted(wire, wsi);
        return 0;
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_RAW_WRITEABLE:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: {
        struct wire_conn *conn = conn_of(wsi, wire);
        return conn == NULL ? -1 : on_connection(conn, reason, in, size);
    }
    default:
        return 0;
    }
}

/* libwebsockets logs to standard error unless told not to; it also ignores SIGPIPE for the process.
 */
static struct lws_context *make_context(struct wire *wire) {
    struct sigaction old;
    (void)sigaction(SIGPIPE, NULL, &old);
    lws_set_log_level(0, NULL);
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof(info));
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.protocols = wire->protocols;
    info.gid = -1;
    info.uid = -1;
    info.user = wire;
    info.pt_serv_buf_size = WIRE_CHUNK_MAX;
    /* UTF-8 is the scanner's business: the node answers a parse error, it does not hang up. */
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    struct lws_context *context = lws_create_context(&info);
    if (context != NULL) {
        wire->vhost = lws_create_vhost(context, &info);
    }
    (void)sigaction(SIGPIPE, &old, NULL);
    return context;
}

static void set_options(struct wire *wire, const struct wire_options *options) {
    wire->options = *options;
    struct wire_options *own = &wire->options;
    own->host = own->host != NULL ? own->host : "127.0.0.1";
    own->message_max = own->message_max != 0 ? own->message_max : MESSAGE_MAX;
    own->ping_us = own->ping_us != 0 ? own->ping_us : PING_US;
    own->idle_us = own->idle_us != 0 ? own->idle_us : IDLE_US;
}

/* The listening socket is ours, and only watched by libwebsockets, which closes it. */
static bool watch(struct wire *wire, int listener) {
    lws_sock_file_fd_type file;
    file.filefd = listener;
    wire->context = make_context(wire);
    wire->listener = wire->vhost == NULL
                         ? NULL
                         : lws_adopt_descriptor_vhost(wire->vhost, LWS_ADOPT_RAW_FILE_DESC, file,
                                                      PROTOCOL, NULL);
    return wire->listener != NULL;
}

enum substrate_status wire_create(const struct wire_options *options,
                                  const struct wire_handler *handler, struct wire **wire,
                                  struct substrate_error *error) {
    struct wire *made = base_calloc(1, sizeof(*made));
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    set_options(made, options);
    made->handler = *handler;
    made->protocols[0].name = PROTOCOL;
    made->protocols[0].callback = callback;
    made->protocols[0].rx_buffer_size = WIRE_CHUNK_MAX;
    made->protocols[0].tx_packet_size = WIRE_CHUNK_MAX;
    int listener = -1;
    enum substrate_status status = wire_listen(made->options.host, &made->options.port, made->url,
                                               sizeof(made->url), &listener, error);
    if (status == SUBSTRATE_OK && !watch(made, listener)) {
        (void)close(listener);
        status = base_fail(error, SUBSTRATE_E_MEMORY, "out of memory, or of file descriptors");
    }
    if (status != SUBSTRATE_OK) {
        wire_destroy(made);
        return status;
    }
    *wire = made;
    return SUBSTRATE_OK;
}

uint16_t wire_port(const struct wire *wire) { return wire->options.port; }

const char *wire_url(const struct wire *wire) { return wire->url; }

static void ask_for_writeable(struct wire_conn *conn) {
    conn->scheduled = true;
    lws_callback_on_writable(conn->wsi);
}

/* Writes what the messages of this turn were answered with, without another turn through poll: a
 * third of the time of a serial client. What does not fit waits for libwebsockets to call. What is
 * sent meanwhile, because something else has left, is written in the same order. */
static void flush(struct wire *wire) {
    wire->turn_open = true;
    while (wire->first_flush != NULL) {
        struct wire_conn *conn = wire->first_flush;
        wire_flush_forget(conn);
        conn->scheduled = false;
        if (conn->peer_closing || lws_partial_buffered(conn->wsi)) {
            ask_for_writeable(conn);
            continue;
        }
        conn->broken = conn->broken || !wire_conn_write(conn);
        wire_ws_flow(conn);
        bool more = conn->closing || wire_out_unsent(&conn->out) > 0;
        if (conn->broken || more || !conn->websocket) { /* HTTP goes on when all is written */
            wire_flush_forget(conn);
            ask_for_writeable(conn);
        }
    }
    wire->turn_open = false;
}

void wire_flush_forget(struct wire_conn *conn) {
    struct wire *wire = conn->wire;
    struct wire_conn **link = &wire->first_flush, *previous = NULL;
    if (!conn->flush_due) {
        return;
    }
    while (*link != conn) {
        previous = *link;
        link = &previous->flush_next;
    }
    *link = conn->flush_next;
    if (wire->last_flush == conn) {
        wire->last_flush = previous;
    }
    conn->flush_due = false;
    conn->flush_next = NULL;
}

static bool turn(struct wire *wire) {
    bool good = lws_service(wire->context, 0) >= 0;
    flush(wire);
    return good;
}

/* Timers fire before the poll of a turn, so the turn is told not to wait. */
static void goodbye_over(lws_sorted_usec_list_t *timer) {
    struct wire *wire = lws_container_of(timer, struct wire, goodbye_timer);
    wire->goodbye_over = true;
    lws_cancel_service(wire->context);
}

enum substrate_status wire_run(struct wire *wire) {
    while (wire->stopping == 0) {
        if (!turn(wire)) {
            return SUBSTRATE_E_IO;
        }
    }
    for (struct wire_conn *conn = wire->first_ping; conn != NULL; conn = conn->ping_next) {
        wire_close(conn, LWS_CLOSE_STATUS_GOINGAWAY, "the node stops");
    }
    wire_request_timer(wire, &wire->goodbye_timer, goodbye_over, substrate_now_us() + GOODBYE_US);
    while (wire->established > 0 && !wire->goodbye_over) {
        if (!turn(wire)) {
            return SUBSTRATE_E_IO;
        }
    }
    return SUBSTRATE_OK;
}

void wire_stop(struct wire *wire) {
    wire->stopping = 1;
    lws_cancel_service(wire->context);
}

void wire_wake(struct wire *wire) { lws_cancel_service(wire->context); }

void wire_request_timer(struct wire *wire, lws_sorted_usec_list_t *timer, sul_cb_t fired,
                        uint64_t due_us) {
    if (due_us == SUBSTRATE_NEVER) {
        lws_sul_cancel(timer);
        return;
    }
    uint64_t now = substrate_now_us();
    lws_sul_schedule(wire->context, 0, timer, fired, due_us > now ? (lws_usec_t)(due_us - now) : 1);
}

static void due(lws_sorted_usec_list_t *timer) {
    struct wire *wire = lws_container_of(timer, struct wire, due_timer);
    if (wire->handler.on_due != NULL) {
        wire->handler.on_due(wire->handler.context, substrate_now_us());
    }
}

void wire_timer(struct wire *wire, uint64_t due_us) {
    wire_request_timer(wire, &wire->due_timer, due, due_us);
}

void wire_destroy(struct wire *wire) {
    if (wire == NULL) {
        return;
    }
    if (wire->context != NULL) {
        lws_sul_cancel(&wire->due_timer);
        lws_sul_cancel(&wire->ping_timer);
        lws_sul_cancel(&wire->goodbye_timer);
        lws_context_destroy(wire->context);
    }
    base_free(wire);
}

void wire_conn_set_user(struct wire_conn *conn, void *user) { conn->user = user; }

void *wire_conn_user(const struct wire_conn *conn) { return conn->user; }

bool wire_conn_is_websocket(const struct wire_conn *conn) { return conn->websocket; }

void wire_conn_schedule(struct wire_conn *conn) {
    struct wire *wire = conn->wire;
    if (conn->scheduled) {
        return;
    }
    conn->scheduled = true;
    if ((conn->established || !conn->websocket) && wire->turn_open) {
        conn->flush_due = true;
        if (wire->first_flush == NULL) {
            wire->first_flush = conn;
        } else {
            wire->last_flush->flush_next = conn;
        }
        wire->last_flush = conn;
    } else if (conn->established || !conn->websocket) {
        lws_callback_on_writable(conn->wsi);
    }
}

/* Finished frames are given to libwebsockets as raw bytes: one system call for all of them. It
 * keeps what the socket does not take, and calls back only when that is gone, so nothing lands in
 * between. */
bool wire_conn_write(struct wire_conn *conn) {
    size_t size = wire_out_chunk(&conn->out).size;
    if (size == 0) {
        return true;
    }
    unsigned char *data = (unsigned char *)conn->out.buf.data + conn->out.start;
    if (lws_write(conn->wsi, data, size, LWS_WRITE_HTTP) < (int)size) {
        return false;
    }
    wire_out_consume(&conn->out, size);
    const struct wire_handler *handler = &conn->wire->handler;
    if (conn->open && handler->on_written != NULL) {
        handler->on_written(handler->context, conn, wire_out_consumed(&conn->out));
    }
    return true;
}

uint64_t wire_send(struct wire_conn *conn, struct substrate_text message) {
    if (conn->websocket) {
        if (!conn->closing) {
            wire_out_message(&conn->out, message);
            conn->broken = conn->broken || conn->out.buf.failed;
            wire_ws_flow(conn);
            wire_conn_schedule(conn);
        }
        return conn->broken ? 0 : wire_out_end(&conn->out);
    }
    return wire_respond(conn, 200, "application/json; charset=utf-8", message);
}

size_t wire_unsent(const struct wire_conn *conn) { return wire_out_unsent(&conn->out); }

void wire_pause(struct wire_conn *conn, bool paused) {
    conn->paused_by_user = paused;
    wire_ws_flow(conn);
}

void wire_close(struct wire_conn *conn, unsigned code, const char *reason) {
    if (!conn->websocket || conn->closing) {
        return;
    }
    conn->closing = true;
    conn->close_code = code;
    (void)snprintf(conn->close_reason, sizeof(conn->close_reason), "%s", reason);
    wire_ws_flow(conn);
    wire_conn_schedule(conn);
}
