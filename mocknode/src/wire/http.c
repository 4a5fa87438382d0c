/* HTTP: POST of JSON, GET for whoever wants it, refusals, and the request for an upgrade. Rules and
 * texts are those of the node (jsonrpsee-server 0.24). libwebsockets parses; the answers, head and
 * body, are written here as one run of bytes. */
#include "wire/conn.h"

#include <string.h>
#include "base/text.h"

#define PATH_MAX_BYTES 512
#define QUERY_MAX_BYTES 512
#define HEADER_MAX_BYTES 160
#define VAIN_ENDS_MAX 1000

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
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {503, "Service Unavailable"}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].status == status) {
            return table[i].text;
        }
    }
    return "Error";
}

/* The value of a header, cut to nothing when it is longer than the buffer. */
static struct substrate_text header(struct lws *wsi, enum lws_token_indexes token, char *buf,
                                    int capacity) {
    int size = lws_hdr_copy(wsi, buf, capacity, token);
    return (struct substrate_text){buf, size > 0 ? (size_t)size : 0};
}

/* Path and query. libwebsockets has taken the query apart at every `&`. */
static bool read_target(struct wire_conn *conn, enum lws_token_indexes uri, struct target *target) {
    int size = lws_hdr_copy(conn->wsi, target->path, sizeof(target->path), uri);
    if (size <= 0) {
        return false;
    }
    struct wire_request *request = &target->request;
    memset(request, 0, sizeof(*request));
    request->path = (struct substrate_text){target->path, (size_t)size};
    size_t used = 0;
    for (int i = 0; i < 64; i++) {
        int room = (int)(sizeof(target->query) - used);
        if (used > 0 && room > 1) {
            target->query[used++] = '&';
            room--;
        }
        int part = lws_hdr_copy_fragment(conn->wsi, target->query + used, room,
                                         WSI_TOKEN_HTTP_URI_ARGS, i);
        if (part == -1 || (part <= 0 && used == 0)) {
            used -= used > 0 ? 1 : 0;
            break;
        }
        if (part < 0) {
            return false;
        }
        used += (size_t)part;
    }
    request->query = (struct substrate_text){target->query, used};
    char peer[64] = "";
    (void)lws_get_peer_simple(conn->wsi, peer, sizeof(peer));
    request->loopback = base_text_starts(base_text(peer), "127.");
    request->origin = lws_hdr_total_length(conn->wsi, WSI_TOKEN_ORIGIN) > 0;
    return true;
}

static void put_answer(struct wire_conn *conn, int status, const char *type,
                       struct substrate_text body, bool with_body) {
    struct base_buf head = BASE_BUF_INIT;
    base_buf_format(&head, "HTTP/1.1 %d %s\r\n", status, status_text(status));
    if (body.size > 0) {
        base_buf_format(&head, "content-type: %s\r\n", type);
    }
    base_buf_format(&head, "content-length: %zu\r\n%s\r\n", body.size,
                    conn->hang_up ? "connection: close\r\n" : "");
    wire_out_raw(&conn->out, base_buf_view(&head));
    if (with_body) {
        wire_out_raw(&conn->out, body);
    }
    conn->broken = conn->broken || head.failed || conn->out.buf.failed;
    base_buf_free(&head);
}

uint64_t wire_respond(struct wire_conn *conn, int status, const char *type,
                      struct substrate_text body) {
    if (conn->websocket || conn->answered) {
        return wire_out_end(&conn->out);
    }
    conn->answered = true;
    if (conn->awaiting) {
        conn->awaiting = false;
        (void)lws_rx_flow_control(conn->wsi, 1);
    }
    bool head_only = lws_hdr_total_length(conn->wsi, WSI_TOKEN_HEAD_URI) > 0;
    put_answer(conn, status, type, body, !head_only);
    wire_conn_schedule(conn);
    return conn->broken ? 0 : wire_out_end(&conn->out);
}

static int refuse(struct wire_conn *conn, int status, const char *text) {
    (void)wire_respond(conn, status, "text/plain; charset=utf-8", base_text(text));
    return 0;
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
        (void)refuse(conn, refusal.status, refusal.text);
    }
    return conn->open;
}

static bool is_json(struct wire_conn *conn) {
    char buf[HEADER_MAX_BYTES];
    struct substrate_text type = header(conn->wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, buf, sizeof(buf));
    static const char json[] = "application/json";
    if (type.size < sizeof(json) - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof(json) - 1; i++) {
        char c = type.data[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != json[i]) {
            return false;
        }
    }
    return type.size == sizeof(json) - 1 || strchr("; \t", type.data[sizeof(json) - 1]) != NULL;
}

static int post(struct wire_conn *conn) {
    char buf[32];
    uint64_t length = 0;
    struct substrate_text text = header(conn->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, buf, sizeof(buf));
    /* Without a length the end of the body cannot be told: libwebsockets reads no chunked bodies.
     */
    if (!base_text_u64(base_text_trim(text), &length)) {
        conn->hang_up = true;
        return refuse(conn, 411, "A POST needs a Content-Length.\n");
    }
    if (!is_json(conn)) {
        return refuse(conn, 415,
                      "Supplied content type is not allowed. Content-Type: application/json is "
                      "required\n");
    }
    struct target target;
    if (!read_target(conn, WSI_TOKEN_POST_URI, &target)) {
        return refuse(conn, 400, "The path or the query is too long.\n");
    }
    if (!admit(conn, &target.request)) {
        return 0;
    }
    if (length > conn->wire->options.message_max) {
        conn->hang_up = true;
        conn->oversize = true;
        if (conn->wire->handler.on_oversize == NULL) {
            return refuse(conn, 413, "The body is too large.\n");
        }
        conn->wire->handler.on_oversize(conn->wire->handler.context, conn);
    }
    return 0;
}

int wire_http_headers(struct wire_conn *conn) {
    conn->answered = false;
    conn->awaiting = false;
    conn->oversize = false;
    conn->hang_up = false;
    conn->vain_ends = 0;
    base_buf_reset(&conn->in);
    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_POST_URI) > 0) {
        return post(conn);
    }
    const struct wire_handler *handler = &conn->wire->handler;
    struct target target;
    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_GET_URI) > 0 && handler->on_get != NULL &&
        read_target(conn, WSI_TOKEN_GET_URI, &target) &&
        handler->on_get(handler->context, conn, target.request.path)) {
        return 0;
    }
    return refuse(conn, 405, "Used HTTP Method is not allowed. POST or OPTIONS is required\n");
}

int wire_http_body(struct wire_conn *conn, const char *data, size_t size) {
    if (!conn->answered && !conn->oversize) {
        base_buf_append(&conn->in, data, size);
    }
    return conn->in.failed ? -1 : 0;
}

/* Called again, and again, while bytes of a next, pipelined, request wait behind an exchange that
 * is not over. Reading stops meanwhile; but where two such requests came in one segment,
 * libwebsockets 4.1.6 calls in a loop without end, and all that gets it out is to close. */
int wire_http_body_end(struct wire_conn *conn) {
    if (conn->answered || conn->awaiting || conn->oversize) {
        conn->vain_ends++;
        bool stuck = conn->vain_ends > VAIN_ENDS_MAX;
        if (stuck && conn->answered) {
            (void)wire_conn_write(conn);
        }
        return stuck ? -1 : 0;
    }
    conn->awaiting = true;
    (void)lws_rx_flow_control(conn->wsi, 0);
    conn->wire->handler.on_message(conn->wire->handler.context, conn, base_buf_view(&conn->in));
    return 0;
}

int wire_http_writeable(struct wire_conn *conn) {
    conn->scheduled = false;
    conn->vain_ends = 0;
    if (conn->broken || !wire_conn_write(conn)) {
        return -1;
    }
    if (wire_out_unsent(&conn->out) > 0) {
        wire_conn_schedule(conn);
        return 0;
    }
    if (!conn->answered) {
        return 0;
    }
    conn->answered = false;
    return conn->hang_up ? -1 : lws_http_transaction_completed(conn->wsi);
}

/* Refuses an upgrade: the answer leaves at once, and the connection ends. */
static int refuse_upgrade(struct wire_conn *conn, int status, const char *text) {
    conn->hang_up = true;
    put_answer(conn, status, "text/plain; charset=utf-8", base_text(text), true);
    (void)wire_conn_write(conn);
    return -1;
}

/* What libwebsockets would only hang up on later is refused here, before the user hears of it. */
static const char *upgrade_fault(struct wire_conn *conn, const char *protocol) {
    char buf[HEADER_MAX_BYTES];
    struct substrate_text connection = header(conn->wsi, WSI_TOKEN_CONNECTION, buf, sizeof(buf));
    for (size_t i = 0; i < connection.size; i++) {
        buf[i] = (char)(buf[i] >= 'A' && buf[i] <= 'Z' ? buf[i] - 'A' + 'a' : buf[i]);
    }
    int key = lws_hdr_total_length(conn->wsi, WSI_TOKEN_KEY);
    if (strcmp(protocol, "websocket") != 0) {
        return "The only upgrade is to websocket.\n";
    }
    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_GET_URI) == 0 || connection.size == 0 ||
        strstr(buf, "upgrade") == NULL) {
        return "A WebSocket begins with GET and `Connection: Upgrade`.\n";
    }
    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HOST) == 0 || key == 0 || key >= 128) {
        return "A WebSocket needs Host and Sec-WebSocket-Key.\n";
    }
    return NULL;
}

/* libwebsockets binds a connection to the first offered subprotocol that has a handler, and drops
 * one whose offers have none. A node ignores offers. So our only protocol takes the name of the
 * first offer, and loses it again before the handshake could echo it (wire_ws_hide_protocol). */
static const char *accept_offer(struct wire_conn *conn) {
    char buf[128];
    conn->wire->protocol_name[0] = '\0';
    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_PROTOCOL) == 0) {
        return NULL;
    }
    struct substrate_text offers = header(conn->wsi, WSI_TOKEN_PROTOCOL, buf, sizeof(buf) - 1);
    size_t start = strspn(buf, " \t,");
    size_t size = strcspn(buf + start, " \t,");
    if (offers.size == 0 || size == 0 || size >= WIRE_PROTOCOL_MAX) {
        return "Sec-WebSocket-Protocol is malformed or too long.\n";
    }
    memcpy(conn->wire->protocol_name, buf + start, size);
    conn->wire->protocol_name[size] = '\0';
    return NULL;
}

int wire_http_upgrade(struct wire_conn *conn, const char *protocol) {
    char name[16] = "";
    for (size_t i = 0; i + 1 < sizeof(name) && protocol[i] != '\0'; i++) {
        char c = protocol[i];
        name[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    const char *fault = upgrade_fault(conn, name);
    fault = fault != NULL ? fault : accept_offer(conn);
    if (fault != NULL) {
        return refuse_upgrade(conn, 400, fault);
    }
    struct target target;
    if (!read_target(conn, WSI_TOKEN_GET_URI, &target)) {
        return refuse_upgrade(conn, 400, "The path or the query is too long.\n");
    }
    wire_conn_closed(conn); /* a POST may have come before on this connection */
    target.request.websocket = true;
    conn->websocket = true;
    const struct wire_handler *handler = &conn->wire->handler;
    struct wire_refusal refusal = {500, "out of memory"};
    conn->open = handler->on_open(handler->context, conn, &target.request, &refusal);
    if (!conn->open) {
        conn->websocket = false;
        return refuse_upgrade(conn, refusal.status, refusal.text);
    }
    conn->out.framed = true;
    return 0;
}
