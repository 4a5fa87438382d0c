/* HTTP: POST of JSON, GET for whoever wants it, refusals, and the request for an upgrade. Rules and
 * texts are those of the node (jsonrpsee-server 0.24, hyper). libwebsockets only moves the bytes
 * here: its own HTTP server hangs on some headers, loops on requests behind one another, and
 * ignores `Connection: close`. A WebSocket is handed to it with a handshake that is written here.
 */
#include "wire/conn.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/text.h"
#include "wire/head.h"
#include "wire/listen.h"

#define PATH_MAX_BYTES 512
#define QUERY_MAX_BYTES 512
#define KEY_MAX 64
/* Reading stops when so much came behind a request that is not answered. */
#define AHEAD_MAX 65536
/* A buffer that grew over this for one large body is given back. */
#define KEEP_MAX (1024 * 1024)
/* How long a peer may go on sending to a connection that ends. Closing at once would reset it, and
 * the answer might be lost. */
#define LINGER_SECONDS 2

struct target {
    char path[PATH_MAX_BYTES], query[QUERY_MAX_BYTES];
    struct wire_request request;
};

static const char *status_text(int status) {
    static const struct {
        int status;
        const char *text;
    } table[] = {{200, "OK"},
                 {400, "Bad Request"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {409, "Conflict"},
                 {411, "Length Required"},
                 {413, "Payload Too Large"},
                 {415, "Unsupported Media Type"},
                 {426, "Upgrade Required"},
                 {429, "Too Many Requests"},
                 {431, "Request Header Fields Too Large"},
                 {500, "Internal Server Error"},
                 {502, "Bad Gateway"},
                 {503, "Service Unavailable"},
                 {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].status == status) {
            return table[i].text;
        }
    }
    return "Error";
}

/* ---- answers ---- */

static const char *connection_line(const struct wire_conn *conn) {
    if (conn->hang_up) {
        return "connection: close\r\n";
    }
    return conn->http10 ? "connection: keep-alive\r\n" : "";
}

static void put_answer(struct wire_conn *conn, int status, const char *type,
                       struct substrate_text body) {
    struct base_buf head = BASE_BUF_INIT;
    base_buf_format(&head, "HTTP/1.%d %d %s\r\n", conn->http10 ? 0 : 1, status,
                    status_text(status));
    if (body.size > 0) {
        base_buf_format(&head, "content-type: %s\r\n", type);
    }
    if (status == 426) {
        base_buf_str(&head, "upgrade: websocket\r\nsec-websocket-version: 13\r\n");
    }
    base_buf_format(&head, "content-length: %zu\r\n%s\r\n", body.size, connection_line(conn));
    wire_out_raw(&conn->out, base_buf_view(&head));
    if (!conn->head_only) {
        wire_out_raw(&conn->out, body);
    }
    conn->broken = conn->broken || head.failed || conn->out.buf.failed;
    base_buf_free(&head);
}

uint64_t wire_respond(struct wire_conn *conn, int status, const char *type,
                      struct substrate_text body) {
    if (!conn->websocket && conn->exchange == WIRE_ANSWER && !conn->answered) {
        conn->answered = true;
        put_answer(conn, status, type, body);
        wire_conn_schedule(conn);
    }
    return conn->broken ? 0 : wire_out_end(&conn->out);
}

static void refuse(struct wire_conn *conn, int status, const char *text) {
    (void)wire_respond(conn, status, "text/plain; charset=utf-8", base_text(text));
}

/* ---- requests ---- */

static bool read_target(struct wire_conn *conn, const struct wire_head *head,
                        struct target *target) {
    struct wire_request *request = &target->request;
    memset(request, 0, sizeof(*request));
    request->loopback = wire_peer_is_loopback(lws_get_socket_fd(conn->wsi));
    request->origin = head->origin;
    if (wire_unescape(head->path, target->path, sizeof(target->path), &request->path) &&
        wire_unescape(head->query, target->query, sizeof(target->query), &request->query)) {
        return true;
    }
    refuse(conn, 400, "The path or the query is too long.\n");
    return false;
}

/* Has the user accept the connection, unless he has for this very target. */
static bool admit(struct wire_conn *conn, const struct wire_request *request) {
    struct base_buf name = BASE_BUF_INIT;
    base_buf_text(&name, request->path);
    base_buf_char(&name, '?');
    base_buf_text(&name, request->query);
    bool same = conn->open && !name.failed &&
                base_text_equal(base_buf_view(&name), base_buf_view(&conn->target));
    if (same) {
        base_buf_free(&name);
        return true;
    }
    wire_conn_closed(conn);
    base_buf_free(&conn->target);
    conn->target = name;
    struct wire_refusal refusal = {500, "out of memory"};
    const struct wire_handler *handler = &conn->wire->handler;
    conn->open = !name.failed && handler->on_open(handler->context, conn, request, &refusal);
    if (!conn->open) {
        conn->hang_up = true;
        refuse(conn, refusal.status, refusal.text);
    }
    return conn->open;
}

static bool is_json(struct substrate_text type) {
    static const char json[] = "application/json";
    size_t size = sizeof(json) - 1;
    bool longer = type.size > size && strchr("; \t", type.data[size]) != NULL;
    return wire_same_word((struct substrate_text){type.data, longer ? size : type.size}, json);
}

static void post(struct wire_conn *conn, const struct wire_head *head) {
    struct target target;
    if (!head->has_length || head->chunked) {
        conn->hang_up = true;
        refuse(conn, 411, "A POST needs a Content-Length.\n");
        return;
    }
    if (!is_json(head->content_type)) {
        refuse(conn, 415,
               "Supplied content type is not allowed. Content-Type: application/json is "
               "required\n");
        return;
    }
    if (!read_target(conn, head, &target) || !admit(conn, &target.request)) {
        return;
    }
    if (head->length > conn->wire->options.message_max) {
        if (conn->wire->handler.on_oversize == NULL) {
            refuse(conn, 413, "The body is too large.\n");
        } else {
            conn->wire->handler.on_oversize(conn->wire->handler.context, conn);
        }
        return;
    }
    conn->exchange = WIRE_BODY;
    conn->body_size = (size_t)head->length;
    conn->hang_up = !head->keep_alive;
    if (head->expecting && !head->http10) {
        wire_out_raw(&conn->out, BASE_TEXT("HTTP/1.1 100 Continue\r\n\r\n"));
        conn->broken = conn->broken || conn->out.buf.failed;
        wire_conn_schedule(conn);
    }
}

static void get(struct wire_conn *conn, const struct wire_head *head) {
    const struct wire_handler *handler = &conn->wire->handler;
    struct target target;
    if (base_text_is(head->method, "GET") && handler->on_get != NULL) {
        if (!read_target(conn, head, &target) ||
            handler->on_get(handler->context, conn, target.request.path)) {
            return;
        }
    }
    refuse(conn, 405, "Used HTTP Method is not allowed. POST or OPTIONS is required\n");
}

/* ---- upgrades ---- */

static bool is_key(struct substrate_text key) {
    for (size_t i = 0; i < key.size; i++) {
        char c = key.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '+' && c != '/' && c != '=') {
            return false;
        }
    }
    return key.size > 0 && key.size <= KEY_MAX;
}

/* Gives the socket to libwebsockets anew, as one that begins with a plain handshake: offers of
 * extensions and subprotocols are left out, for a node takes none. Nothing is waiting to be sent on
 * it. The old handle ends with the return of -1, without ending the connection. */
static int hand_over(struct wire_conn *conn, const struct wire_head *head) {
    struct wire *wire = conn->wire;
    struct base_buf bytes = BASE_BUF_INIT;
    base_buf_str(&bytes, "GET / HTTP/1.1\r\nHost: mocknode\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: ");
    base_buf_text(&bytes, head->key);
    base_buf_str(&bytes, "\r\n\r\n");
    base_buf_append(&bytes, conn->in.data + head->size, conn->in.size - head->size);
    base_buf_free(&conn->in);
    conn->out.framed = true;
    lws_set_opaque_user_data(conn->wsi, NULL);
    int socket = bytes.failed ? -1 : dup(lws_get_socket_fd(conn->wsi));
    wire->upgrading = conn;
    if (socket >= 0) { /* closed by libwebsockets when it fails */
        (void)lws_adopt_socket_vhost_readbuf(wire->vhost, socket, bytes.data, bytes.size);
    }
    if (wire->upgrading != NULL) {
        wire->upgrading = NULL;
        wire_conn_destroy(conn);
    }
    base_buf_free(&bytes);
    return -1;
}

static int upgrade(struct wire_conn *conn, const struct wire_head *head) {
    struct target target;
    conn->hang_up = true; /* if it is refused */
    if (!base_text_is(head->version, "13")) {
        refuse(conn, 426, "The only version of WebSocket is 13.\n");
        return 0;
    }
    if (!is_key(head->key)) {
        refuse(conn, 400, "A WebSocket needs a Sec-WebSocket-Key.\n");
        return 0;
    }
    if (!read_target(conn, head, &target)) {
        return 0;
    }
    wire_conn_closed(conn); /* a POST may have come before on this connection */
    target.request.websocket = true;
    conn->websocket = true;
    const struct wire_handler *handler = &conn->wire->handler;
    struct wire_refusal refusal = {500, "out of memory"};
    conn->open = handler->on_open(handler->context, conn, &target.request, &refusal);
    if (!conn->open) {
        conn->websocket = false;
        refuse(conn, refusal.status, refusal.text);
        return 0;
    }
    return hand_over(conn, head);
}

/* ---- the connection ---- */

static void consume(struct wire_conn *conn, size_t size) {
    struct base_buf *in = &conn->in;
    in->size -= size;
    if (in->size > 0) {
        memmove(in->data, in->data + size, in->size);
    } else if (in->capacity > KEEP_MAX) {
        base_buf_free(in);
    }
}

/* A request that is not answered from its body leaves that unread, so the connection ends. */
static int begin(struct wire_conn *conn, int status, const struct wire_head *head) {
    conn->exchange = WIRE_ANSWER;
    conn->answered = false;
    conn->http10 = head->http10;
    conn->head_only = base_text_is(head->method, "HEAD");
    conn->hang_up = status != 200 || !head->keep_alive || head->length > 0 || head->chunked;
    if (status != 200) {
        refuse(conn, status, "This is no HTTP/1 request that can be read.\n");
    } else if (head->websocket) {
        return upgrade(conn, head);
    } else if (base_text_is(head->method, "POST")) {
        post(conn, head);
    } else {
        get(conn, head);
    }
    return 0;
}

/* Goes as far as what has come in allows, up to a request that is to be answered. */
static int proceed(struct wire_conn *conn) {
    struct wire_head head;
    int status = conn->exchange == WIRE_HEAD ? wire_head_read(base_buf_view(&conn->in), &head) : 0;
    if (status != 0) {
        if (begin(conn, status, &head) != 0) {
            return -1;
        }
        consume(conn, head.size);
    }
    if (conn->exchange == WIRE_BODY && conn->in.size >= conn->body_size) {
        const struct wire_handler *handler = &conn->wire->handler;
        conn->exchange = WIRE_ANSWER;
        handler->on_message(handler->context, conn,
                            (struct substrate_text){conn->in.data, conn->body_size});
        consume(conn, conn->body_size);
    }
    return conn->broken ? -1 : 0;
}

static void stop_reading(struct wire_conn *conn, bool stop) {
    if (stop != conn->reading_stopped) {
        conn->reading_stopped = stop;
        (void)lws_rx_flow_control(conn->wsi, stop ? 0 : 1);
    }
}

int wire_http_receive(struct wire_conn *conn, const char *data, size_t size) {
    bool waiting = conn->exchange == WIRE_ANSWER;
    if (conn->exchange == WIRE_LINGER || (waiting && conn->hang_up)) {
        return 0;
    }
    base_buf_append(&conn->in, data, size);
    stop_reading(conn, waiting && conn->in.size > AHEAD_MAX);
    return conn->in.failed ? -1 : proceed(conn);
}

static int linger(struct wire_conn *conn) {
    conn->exchange = WIRE_LINGER;
    wire_conn_closed(conn);
    stop_reading(conn, false);
    lws_set_timeout(conn->wsi, PENDING_TIMEOUT_SHUTDOWN_FLUSH, LINGER_SECONDS);
    return shutdown(lws_get_socket_fd(conn->wsi), SHUT_WR) == 0 ? 0 : -1;
}

int wire_http_writeable(struct wire_conn *conn) {
    conn->scheduled = false;
    if (conn->broken || !wire_conn_write(conn)) {
        return -1;
    }
    if (wire_out_unsent(&conn->out) > 0 || lws_partial_buffered(conn->wsi)) {
        wire_conn_schedule(conn);
        return 0;
    }
    if (conn->exchange != WIRE_ANSWER || !conn->answered) {
        return 0;
    }
    if (conn->hang_up) {
        return linger(conn);
    }
    conn->exchange = WIRE_HEAD;
    stop_reading(conn, false);
    return proceed(conn);
}
