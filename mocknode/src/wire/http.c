/* HTTP: POST of JSON, GET for whoever wants it, refusals, and the request for an upgrade. Rules and
 * texts are those of the node (jsonrpsee-server 0.24, hyper). */
#include "wire/conn.h"

#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "wire/head.h"
#include "wire/handshake.h"

#define PATH_MAX_BYTES 512
#define QUERY_MAX_BYTES 512

/* A request and its answer. */
struct wire_exchange {
    char path[PATH_MAX_BYTES], query[QUERY_MAX_BYTES], host[WIRE_HOST_MAX];
    char key[WIRE_KEY_SIZE];
    struct wire_request request; /* views of these */
    struct base_buf admitted;    /* path and query that the user has let in */
    size_t body_size;
    bool answered; /* the answer is in `out` */
    bool hang_up;  /* close after the answer */
    bool http10, head_only, oversize, expecting;
};

static const char *status_text(int status) {
    static const struct {
        int status;
        const char *text;
    } table[] = {{101, "Switching Protocols"},
                 {200, "OK"},
                 {301, "Moved Permanently"},
                 {302, "Found"},
                 {303, "See Other"},
                 {307, "Temporary Redirect"},
                 {308, "Permanent Redirect"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
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
                 {504, "Gateway Timeout"},
                 {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].status == status) {
            return table[i].text;
        }
    }
    return "Error";
}

void wire_http_free(struct wire_conn *conn) {
    if (conn->exchange != NULL) {
        base_buf_free(&conn->exchange->admitted);
        base_free(conn->exchange);
        conn->exchange = NULL;
    }
}

/* ---- answers ---- */

static const char *connection_line(const struct wire_exchange *exchange) {
    if (exchange->hang_up) {
        return "connection: close\r\n";
    }
    return exchange->http10 ? "connection: keep-alive\r\n" : "";
}

struct answer {
    int status;
    const char *type; /* of a body; NULL: a header says it */
    const struct wire_header *headers;
    size_t header_count;
    struct substrate_text body;
    const struct wire_shape *shape; /* NULL: none; only its sever_at counts */
};

static void put_answer(struct wire_conn *conn, const struct answer *answer) {
    const struct wire_exchange *exchange = conn->exchange;
    struct base_buf head = BASE_BUF_INIT;
    base_buf_format(&head, "HTTP/1.%d %d %s\r\n", exchange->http10 ? 0 : 1, answer->status,
                    status_text(answer->status));
    if (answer->body.size > 0 && answer->type != NULL) {
        base_buf_format(&head, "content-type: %s\r\n", answer->type);
    }
    for (size_t i = 0; i < answer->header_count; i++) {
        base_buf_text(&head, answer->headers[i].name);
        base_buf_str(&head, ": ");
        base_buf_text(&head, answer->headers[i].value);
        base_buf_str(&head, "\r\n");
    }
    if (answer->status == 426) {
        base_buf_str(&head, "upgrade: websocket\r\nsec-websocket-version: 13\r\n");
    }
    base_buf_format(&head, "content-length: %zu\r\n%s\r\n", answer->body.size,
                    connection_line(exchange));
    wire_stream_begin(&conn->stream);
    uint64_t begin = wire_out_end(&conn->stream.out);
    wire_out_raw(&conn->stream.out, base_buf_view(&head));
    if (!exchange->head_only) {
        wire_out_raw(&conn->stream.out, answer->body);
    }
    wire_conn_weigh(conn);
    if (answer->shape != NULL) {
        wire_out_stops(&conn->stream.out, answer->shape, begin);
    }
    conn->broken = conn->broken || head.failed || conn->stream.out.buf.failed;
    base_buf_free(&head);
}

static void finish(struct wire_conn *conn, const struct answer *answer) {
    if (conn->stage == WIRE_ANSWER && !conn->exchange->answered) {
        conn->exchange->answered = true;
        put_answer(conn, answer);
        wire_ws_flow(conn);
        wire_conn_schedule(conn);
    }
}

uint64_t wire_respond_shaped(struct wire_conn *conn, int status, const char *type,
                             struct substrate_text body, const struct wire_shape *shape) {
    finish(conn, &(struct answer){.status = status, .type = type, .body = body, .shape = shape});
    return conn->broken ? 0 : wire_out_end(&conn->stream.out);
}

uint64_t wire_respond(struct wire_conn *conn, int status, const char *type,
                      struct substrate_text body) {
    return wire_respond_shaped(conn, status, type, body, NULL);
}

void wire_http_refuse(struct wire_conn *conn, int status, const char *text) {
    (void)wire_respond(conn, status, "text/plain; charset=utf-8", base_text(text));
}

void wire_refuse(struct wire_conn *conn, int status, const struct wire_header *headers,
                 size_t header_count, struct substrate_text body) {
    struct answer answer = {status, "text/plain; charset=utf-8", headers, header_count, body, NULL};
    if (conn->stage != WIRE_ADMISSION) {
        return;
    }
    for (size_t i = 0; i < header_count; i++) {
        if (wire_same_word(headers[i].name, "content-type")) {
            answer.type = NULL;
        }
    }
    conn->told = false;
    conn->websocket = false;
    conn->stage = WIRE_ANSWER;
    conn->exchange->hang_up = true;
    finish(conn, &answer);
}

/* ---- requests ---- */

static const char BAD_TARGET[] = "There is no such path.\n";

/* A path is text: what hides control characters behind percent escapes is no name of anything. */
static bool is_plain(struct substrate_text text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < ' ' || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool read_target(struct wire_conn *conn, const struct wire_head *head) {
    struct wire_exchange *exchange = conn->exchange;
    struct wire_request *request = &exchange->request;
    *request = (struct wire_request){.origin = head->origin, .loopback = conn->loopback};
    if (!wire_unescape(head->path, exchange->path, sizeof(exchange->path), &request->path) ||
        !wire_unescape(head->query, exchange->query, sizeof(exchange->query), &request->query)) {
        wire_http_refuse(conn, 400, "The path or the query is too long.\n");
        return false;
    }
    if (!is_plain(request->path) || !is_plain(request->query)) {
        wire_http_refuse(conn, 404, BAD_TARGET);
        return false;
    }
    if (head->host.size > 0) {
        memcpy(exchange->host, head->host.data, head->host.size);
    }
    request->host = (struct substrate_text){exchange->host, head->host.size};
    return true;
}

static bool check_host(struct wire_conn *conn, const struct wire_head *head) {
    struct wire *wire = conn->wire;
    if (head->host.size < WIRE_HOST_MAX &&
        wire_host_is_allowed(head->host, wire->options.allowed_hosts,
                             wire->options.allowed_host_count)) {
        return true;
    }
    wire->counters.hosts_refused++;
    conn->exchange->hang_up = true;
    wire_http_refuse(conn, 403,
                     "Provided Host header is not whitelisted. Use localhost or an address, or "
                     "start the node with --allow-host NAME.\n");
    return false;
}

static void ask_user(struct wire_conn *conn) {
    const struct wire_handler *handler = &conn->wire->handler;
    conn->stage = WIRE_ADMISSION;
    conn->told = true;
    conn->has_ending = false;
    handler->on_connecting(handler->context, conn, &conn->exchange->request);
}

/* Whether the user has let in this very target. If not, it is to be asked for. */
static bool is_admitted(struct wire_conn *conn) {
    struct wire_exchange *exchange = conn->exchange;
    struct base_buf name = BASE_BUF_INIT;
    base_buf_text(&name, exchange->request.path);
    base_buf_char(&name, '?');
    base_buf_text(&name, exchange->request.query);
    bool same = conn->told && !name.failed &&
                base_text_equal(base_buf_view(&name), base_buf_view(&exchange->admitted));
    conn->broken = conn->broken || name.failed;
    base_buf_free(&exchange->admitted);
    exchange->admitted = name;
    return same;
}

/* A connection that goes on under another name is over for the one that it had. */
static void part(struct wire_conn *conn) {
    wire_conn_ending(conn, WIRE_BY_PEER, 0, BASE_TEXT(""));
    wire_conn_tell_closed(conn);
}

/* The budget has no room for this body, of which the rest is not read. */
static void throw_away(struct wire_conn *conn) {
    const struct wire_handler *handler = &conn->wire->handler;
    wire_alarm_unset(&conn->alarm);
    conn->stage = WIRE_ANSWER;
    conn->exchange->hang_up = true;
    conn->wire->counters.busy++;
    if (handler->on_busy != NULL) {
        handler->on_busy(handler->context, conn);
    } else {
        wire_http_refuse(conn, 503, "The server is busy, try again later.\n");
    }
}

static void want_body(struct wire_conn *conn) {
    struct wire_exchange *exchange = conn->exchange;
    const struct wire_handler *handler = &conn->wire->handler;
    if (exchange->oversize) {
        conn->stage = WIRE_ANSWER;
        if (handler->on_oversize == NULL) {
            wire_http_refuse(conn, 413, "The body is too large.\n");
        } else {
            handler->on_oversize(handler->context, conn);
        }
        return;
    }
    if (exchange->body_size > wire_conn_message_max(conn)) {
        throw_away(conn);
        return;
    }
    conn->stage = WIRE_BODY;
    wire_alarm_set(&conn->wire->bodies, &conn->alarm, conn->wire->loop.turn_us);
    if (exchange->expecting) {
        wire_stream_begin(&conn->stream);
        wire_out_raw(&conn->stream.out, BASE_TEXT("HTTP/1.1 100 Continue\r\n\r\n"));
        conn->broken = conn->broken || conn->stream.out.buf.failed;
    }
    wire_conn_schedule(conn);
}

static bool is_json(struct substrate_text type) {
    static const char json[] = "application/json";
    size_t size = sizeof(json) - 1;
    bool longer = type.size > size && memchr("; \t", type.data[size], 3) != NULL;
    return wire_same_word((struct substrate_text){type.data, longer ? size : type.size}, json);
}

static void post(struct wire_conn *conn, const struct wire_head *head) {
    struct wire_exchange *exchange = conn->exchange;
    if (!head->has_length || head->chunked) {
        exchange->hang_up = true;
        wire_http_refuse(conn, 411, "A POST needs a Content-Length.\n");
        return;
    }
    if (!is_json(head->content_type)) {
        wire_http_refuse(conn, 415,
                         "Supplied content type is not allowed. Content-Type: application/json is "
                         "required\n");
        return;
    }
    if (!read_target(conn, head)) {
        return;
    }
    exchange->oversize = head->length > conn->wire->options.message_max;
    exchange->expecting = head->expecting && !head->http10;
    exchange->hang_up = !head->keep_alive || exchange->oversize;
    exchange->body_size = exchange->oversize ? 0 : (size_t)head->length;
    if (is_admitted(conn)) {
        want_body(conn);
        return;
    }
    part(conn);
    ask_user(conn);
}

static void get(struct wire_conn *conn, const struct wire_head *head) {
    const struct wire_handler *handler = &conn->wire->handler;
    if (base_text_is(head->method, "GET") && handler->on_get != NULL) {
        if (!read_target(conn, head) ||
            handler->on_get(handler->context, conn, conn->exchange->request.path)) {
            return;
        }
    }
    wire_http_refuse(conn, 405, "Used HTTP Method is not allowed. POST or OPTIONS is required\n");
}

static void upgrade(struct wire_conn *conn, const struct wire_head *head) {
    struct wire_exchange *exchange = conn->exchange;
    exchange->hang_up = true; /* if it is refused */
    if (!base_text_is(head->version, "13")) {
        wire_http_refuse(conn, 426, "The only version of WebSocket is 13.\n");
        return;
    }
    if (!wire_key_is_valid(head->key)) {
        wire_http_refuse(conn, 400, "A WebSocket needs a Sec-WebSocket-Key: 16 bytes in base64.\n");
        return;
    }
    if (!read_target(conn, head)) {
        return;
    }
    memcpy(exchange->key, head->key.data, sizeof(exchange->key));
    part(conn); /* a POST may have come before on this connection */
    exchange->request.websocket = true;
    conn->websocket = true;
    ask_user(conn);
}

void wire_accept(struct wire_conn *conn, const struct wire_handshake *how) {
    static const struct wire_handshake right = {NULL, false, 0};
    struct wire_exchange *exchange = conn->exchange;
    if (conn->stage != WIRE_ADMISSION) {
        return;
    }
    if (!conn->websocket) {
        want_body(conn);
        return;
    }
    struct base_buf head = BASE_BUF_INIT;
    how = how != NULL ? how : &right;
    int status = how->status != 0 ? how->status : 101;
    base_buf_format(&head, "HTTP/1.1 %d %s\r\n", status, status_text(status));
    wire_handshake_headers((struct substrate_text){exchange->key, sizeof(exchange->key)}, how,
                           &head);
    base_buf_str(&head, "\r\n");
    wire_stream_begin(&conn->stream);
    wire_out_raw(&conn->stream.out, base_buf_view(&head));
    conn->broken = conn->broken || head.failed;
    base_buf_free(&head);
    wire_http_free(conn);
    wire_ws_open(conn);
}

/* ---- the connection ---- */

/* A request that is not answered from its body leaves that unread, so the connection ends. */
static void begin(struct wire_conn *conn, int status, const struct wire_head *head) {
    struct wire_exchange *exchange = conn->exchange;
    wire_alarm_unset(&conn->alarm);
    conn->stage = WIRE_ANSWER;
    exchange->answered = false;
    exchange->http10 = head->http10;
    exchange->head_only = base_text_is(head->method, "HEAD");
    exchange->hang_up = status != 200 || !head->keep_alive || head->length > 0 || head->chunked;
    if (status != 200) {
        wire_http_refuse(conn, status, "This is no HTTP/1 request that can be read.\n");
    } else if (!check_host(conn, head)) {
        return;
    } else if (head->websocket) {
        upgrade(conn, head);
    } else if (base_text_is(head->method, "POST")) {
        post(conn, head);
    } else {
        get(conn, head);
    }
}

static void hand_over(struct wire_conn *conn, const char *data) {
    const struct wire_handler *handler = &conn->wire->handler;
    const struct wire_message message = {
        {data, conn->exchange->body_size}, false, &conn->exchange->request};
    wire_alarm_unset(&conn->alarm);
    conn->stage = WIRE_ANSWER;
    handler->on_message(handler->context, conn, &message);
}

void wire_http_empty_body(struct wire_conn *conn) {
    if (conn->exchange->body_size == 0 && wire_conn_reads(conn)) {
        hand_over(conn, "");
    }
}

/* false: out of memory, and the connection is broken. */
static bool have_exchange(struct wire_conn *conn) {
    if (conn->exchange == NULL) {
        conn->exchange = base_calloc(1, sizeof(*conn->exchange));
        conn->broken = conn->broken || conn->exchange == NULL;
    }
    return conn->exchange != NULL;
}

static size_t take_head(struct wire_conn *conn, struct substrate_text bytes) {
    struct wire_head head;
    int status = wire_head_read(bytes, &head);
    if (status == 0) {
        if (conn->alarm.of != &conn->wire->heads) { /* a later request has its time, too */
            wire_alarm_set(&conn->wire->heads, &conn->alarm, conn->wire->loop.turn_us);
        }
        return 0;
    }
    if (!have_exchange(conn)) {
        return bytes.size;
    }
    begin(conn, status, &head);
    return head.size > 0 ? head.size : bytes.size;
}

size_t wire_http_take(struct wire_conn *conn, char *data, size_t size) {
    if (conn->stage == WIRE_HEAD) {
        return take_head(conn, (struct substrate_text){data, size});
    }
    size_t body_size = conn->exchange->body_size;
    if (size < body_size && body_size > wire_conn_message_max(conn)) {
        throw_away(conn);
        return size;
    }
    if (size < body_size) {
        return 0;
    }
    hand_over(conn, data);
    return body_size;
}

void wire_http_body_due(struct wire_alarm *alarm, uint64_t now_us) {
    struct wire_conn *conn =
        (struct wire_conn *)((char *)alarm - offsetof(struct wire_conn, alarm));
    if (!wire_conn_reads(conn)) { /* it is not the peer who keeps it */
        wire_alarm_set(&conn->wire->bodies, alarm, now_us);
        return;
    }
    conn->wire->counters.bodies_expired++;
    conn->stage = WIRE_ANSWER;
    conn->exchange->hang_up = true;
    wire_http_refuse(conn, 408, "The body of the request did not come in time.\n");
}

void wire_http_turn_away(struct wire_conn *conn) {
    if (have_exchange(conn)) {
        conn->stage = WIRE_ANSWER;
        conn->exchange->hang_up = true;
        wire_http_refuse(conn, 503,
                         "The node is out of file descriptors; start it with a larger limit "
                         "(ulimit -n).\n");
    }
    wire_conn_schedule(conn);
}

void wire_http_written(struct wire_conn *conn) {
    if (!conn->exchange->answered) {
        return;
    }
    if (conn->exchange->hang_up) {
        wire_conn_ending(conn, WIRE_BY_NODE, 0, BASE_TEXT(""));
        wire_conn_leave(conn, WIRE_STOP_CLOSE);
        wire_conn_tell_closed(conn);
        return;
    }
    conn->stage = WIRE_HEAD;
    wire_alarm_set(&conn->wire->rests, &conn->alarm, conn->wire->loop.turn_us);
}
