/* The WebSocket transport, on libwebsockets 4.1: the client's only file that knows it. One context
 * and one thread serve all sockets.
 *
 * lws_write makes a system call per message, so the frames are made here: all texts that wait go
 * into one buffer as finished, masked frames, which LWS_WRITE_HTTP sends as it is. What the kernel
 * does not take at once libwebsockets keeps, and it sends nothing of its own (pong, close) before
 * that is gone, so no control frame can land inside one of ours. */
#include "transport.h"

#include <libwebsockets.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/ws_frame.h"

/* One write's worth of frames, and one read's; the reading buffer exists once per socket. */
#define WRITE_BYTES ((size_t)64 << 10)
#define READ_BYTES ((size_t)16 << 10)
/* Buffers that one big text has grown beyond this are given back. */
#define KEEP_BYTES ((size_t)256 << 10)
/* libwebsockets' own time-outs are only a last resort: the engine kills what takes too long. */
#define LAST_RESORT_SECONDS 3600

struct lws_transport {
    struct transport head;
    struct lws_context *context;
    struct lws_vhost *plain,
        *tls; /* tls is made on first use: it reads the system's certificates */
    lws_sorted_usec_list_t timer;
    bool serving;        /* inside lws_service */
    struct base_buf out; /* LWS_PRE bytes, then the frames of the write being prepared */
    uint64_t mask_seed, mask_count;
};

struct transport_socket {
    struct lws_transport *transport;
    void *owner;
    struct lws *wsi;
    size_t message_bytes_max;
    struct base_buf in; /* the message being collected */
    bool opening;       /* inside lws_client_connect_via_info */
    bool gone;          /* the wsi was destroyed meanwhile */
    bool established;
    bool closing;      /* nothing is sent or taken in any more */
    bool said_goodbye; /* libwebsockets has the close frame; a second one would cut the first short
                        */
    enum lws_close_status close_code;
    struct substrate_error reason;
};

static const lws_retry_bo_t liveness = {
    .secs_since_valid_ping = 30,
    .secs_since_valid_hangup = 60,
};

static void set_reason(struct transport_socket *socket, enum substrate_status status,
                       struct substrate_text text) {
    if (socket->reason.status == SUBSTRATE_OK) {
        (void)base_fail(&socket->reason, status, "%.*s", (int)(text.size < 200 ? text.size : 200),
                        text.data);
    }
}

/* Why a certificate was refused, or NULL: it was not. */
static const char *certificate_fault(struct lws *wsi) {
    const SSL *ssl = lws_get_ssl(wsi);
    long verdict = ssl != NULL ? SSL_get_verify_result(ssl) : X509_V_OK;
    return verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : NULL;
}

static void on_failed(struct transport_socket *socket, struct lws *wsi,
                      struct substrate_text cause) {
    char text[160];
    unsigned status = lws_http_client_http_response(wsi);
    const char *certificate = certificate_fault(wsi);
    if (cause.data == NULL) {
        cause = BASE_TEXT("the connection failed");
    } else if (base_text_starts(cause, "connect SSL err")) {
        cause = BASE_TEXT("no TLS there, or none that fits"); /* OpenSSL's words say less */
    }
    int size = certificate != NULL
                   ? snprintf(text, sizeof(text), "its certificate is not trusted: %s", certificate)
               : status != 0 && status != 101
                   ? snprintf(text, sizeof(text), "no WebSocket there: HTTP status %u", status)
                   : snprintf(text, sizeof(text), "%.*s",
                              (int)(cause.size < 120 ? cause.size : 120), cause.data);
    set_reason(socket, SUBSTRATE_E_CONNECT,
               (struct substrate_text){text, size > 0 ? strlen(text) : 0});
}

static void on_peer_close(struct transport_socket *socket, const uint8_t *code, size_t size) {
    char text[64] = "the node closed the connection";
    if (size >= 2) {
        (void)snprintf(text, sizeof(text), "the node closed the connection with code %u",
                       (unsigned)code[0] << 8 | code[1]);
    }
    set_reason(socket, SUBSTRATE_E_CLOSED, base_text(text));
    socket->transport->head.events->ending(socket->owner, &socket->reason);
}

static void on_destroyed(struct transport_socket *socket) {
    if (socket->opening) {
        socket->gone = true;
        return;
    }
    set_reason(socket, socket->established ? SUBSTRATE_E_CLOSED : SUBSTRATE_E_CONNECT,
               BASE_TEXT("the connection was lost"));
    socket->transport->head.events->closed(socket->owner, &socket->reason);
    base_buf_free(&socket->in);
    base_free(socket);
}

/* Ends a socket for a reason of ours. The close frame leaves from the next writeable callback:
 * libwebsockets 4.1 loses its place in the stream if the receiving callback asks for the close. */
static int end_with(struct transport_socket *socket, enum lws_close_status code,
                    enum substrate_status status, const char *text) {
    set_reason(socket, status, base_text(text));
    socket->close_code = code;
    socket->closing = true;
    lws_callback_on_writable(socket->wsi);
    socket->transport->head.events->ending(socket->owner, &socket->reason);
    return 0;
}

static int on_piece(struct transport_socket *socket, struct lws *wsi, const void *data,
                    size_t size) {
    if (socket->closing) {
        return 0;
    }
    size_t rest = lws_remaining_packet_payload(wsi);
    size_t room = socket->message_bytes_max - socket->in.size;
    if (size > room || rest > room - size) {
        return end_with(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, SUBSTRATE_E_LIMIT,
                        "the node sent a message over message_bytes_max");
    }
    (void)base_buf_reserve(&socket->in, size + rest);
    base_buf_append(&socket->in, data, size);
    if (socket->in.failed) {
        return end_with(socket, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, SUBSTRATE_E_MEMORY,
                        "out of memory for a message of the node");
    }
    if (rest == 0 && lws_is_final_fragment(wsi)) {
        socket->transport->head.events->received(socket->owner, &socket->in);
        base_buf_reset(&socket->in);
        if (socket->in.capacity > KEEP_BYTES) {
            base_buf_free(&socket->in);
        }
    }
    return 0;
}

/* Sends until there is nothing more, or the kernel takes no more: what it does not take of the
 * first write libwebsockets keeps, so only those after it ask. False: the socket is broken. */
static bool send_all(struct transport_socket *socket) {
    struct lws *wsi = socket->wsi;
    struct lws_transport *transport = socket->transport;
    struct base_buf *out = &transport->out;
    static const char room[LWS_PRE];
    bool more = true;
    for (bool first = true; more && !socket->closing; first = false) {
        if (!first && lws_send_pipe_choked(wsi)) {
            lws_callback_on_writable(wsi);
            return true;
        }
        base_buf_reset(out);
        base_buf_append(out, room, sizeof(room));
        more = transport->head.events->writable(socket->owner, WRITE_BYTES);
        if (out->failed) {
            (void)end_with(socket, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, SUBSTRATE_E_MEMORY,
                           "out of memory for a request");
            return true;
        }
        if (out->size > sizeof(room) && lws_write(wsi, (unsigned char *)out->data + sizeof(room),
                                                  out->size - sizeof(room), LWS_WRITE_HTTP) < 0) {
            return false;
        }
        if (out->capacity > KEEP_BYTES) {
            base_buf_free(out);
        }
    }
    return true;
}

static int on_writable(struct transport_socket *socket, struct lws *wsi) {
    if (!send_all(socket)) {
        return -1;
    }
    if (socket->closing && !socket->said_goodbye) {
        socket->said_goodbye = true;
        lws_close_reason(wsi, socket->close_code, NULL, 0);
        return -1;
    }
    return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size) {
    struct transport_socket *socket = user;
    if (socket == NULL) {
        return 0;
    }
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        on_failed(socket, wsi, (struct substrate_text){in, size});
        break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        socket->established = true;
        socket->transport->head.events->opened(socket->owner);
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_piece(socket, wsi, in, size);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(socket, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        on_peer_close(socket, in, size);
        break;
    case LWS_CALLBACK_WSI_DESTROY:
        on_destroyed(socket);
        break;
    default:
        break;
    }
    return 0;
}

static const struct lws_protocols protocols[] = {
    {"substrate", callback, 0, READ_BYTES, 0, NULL, 4 * WRITE_BYTES},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/* The certificates that are trusted: those of SSL_CERT_FILE, as with other programs on OpenSSL, or
 * the system's. */
static const char *certificates(void) {
    const char *file = getenv("SSL_CERT_FILE");
    return file != NULL ? file : "/etc/ssl/certs/ca-certificates.crt";
}

/* The virtual host that the sockets of one kind belong to. */
static struct lws_vhost *make_vhost(struct lws_context *context, bool tls) {
    struct lws_context_creation_info info = {0};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.vhost_name = tls ? "tls" : "plain";
    info.retry_and_idle_policy = &liveness;
    if (tls) {
        info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.client_ssl_ca_filepath = certificates();
    }
    return lws_create_vhost(context, &info);
}

static struct lws_vhost *vhost_for(struct lws_transport *transport, bool tls) {
    struct lws_vhost **vhost = tls ? &transport->tls : &transport->plain;
    if (*vhost == NULL) {
        *vhost = make_vhost(transport->context, tls);
    }
    return *vhost;
}

/* The Host header: a port that is not the scheme's own, and brackets around IPv6. */
static bool format_host(const struct transport_target *target, char *out, size_t size) {
    bool v6 = strchr(target->host, ':') != NULL;
    char port[8] = "";
    if (target->port != (target->tls ? 443 : 80)) {
        (void)snprintf(port, sizeof(port), ":%u", target->port);
    }
    int length = snprintf(out, size, "%s%s%s%s", v6 ? "[" : "", target->host, v6 ? "]" : "", port);
    return length > 0 && (size_t)length < size;
}

/* Why a socket ended while it was being opened, of which libwebsockets says nothing: most often the
 * host has no address. Looking that up again costs no more than it did the first time. */
static const char *opening_fault(const char *host) {
    struct addrinfo *found = NULL;
    int status = getaddrinfo(host, NULL, NULL, &found);
    if (found != NULL) {
        freeaddrinfo(found);
    }
    return status == 0 ? "the connection failed" : gai_strerror(status);
}

static enum substrate_status socket_open(struct transport *base,
                                         const struct transport_target *target, void *owner,
                                         struct transport_socket **out,
                                         struct substrate_error *error) {
    struct lws_transport *transport = (struct lws_transport *)base;
    char host[300];
    if (!format_host(target, host, sizeof(host))) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "the URL's host is too long");
    }
    if (target->tls && access(certificates(), R_OK) != 0) {
        return base_fail(error, SUBSTRATE_E_CONNECT,
                         "cannot read the certificates to trust in %s; install ca-certificates, "
                         "or see SSL_CERT_FILE",
                         certificates());
    }
    struct transport_socket *socket = base_calloc(1, sizeof(*socket));
    struct lws_vhost *vhost = socket != NULL ? vhost_for(transport, target->tls) : NULL;
    if (vhost == NULL) {
        base_free(socket);
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for a socket");
    }
    socket->transport = transport;
    socket->owner = owner;
    socket->message_bytes_max = target->message_bytes_max;
    struct lws_client_connect_info info = {0};
    info.context = transport->context;
    info.vhost = vhost;
    info.address = target->host;
    info.port = target->port;
    info.path = target->path;
    info.host = host;
    info.ssl_connection = target->tls ? LCCSCF_USE_SSL : 0;
    info.ietf_version_or_minus_one = -1;
    info.local_protocol_name = protocols[0].name;
    info.retry_and_idle_policy = &liveness;
    info.userdata = socket;
    socket->opening = true;
    socket->wsi = lws_client_connect_via_info(&info);
    socket->opening = false;
    if (socket->wsi == NULL || socket->gone) {
        set_reason(socket, SUBSTRATE_E_CONNECT, base_text(opening_fault(target->host)));
        enum substrate_status status =
            base_fail(error, socket->reason.status, "%s", socket->reason.message);
        base_free(socket);
        return status;
    }
    *out = socket;
    return SUBSTRATE_OK;
}

static void socket_kill(struct transport_socket *socket) {
    socket->closing = true;
    lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

/* Between two turns of lws_service nothing of libwebsockets is under way, and waiting for the
 * writeable callback would cost one more turn. */
static void socket_want_write(struct transport_socket *socket) {
    if (!socket->established || socket->closing) {
        return;
    }
    if (socket->transport->serving || lws_partial_buffered(socket->wsi)) {
        lws_callback_on_writable(socket->wsi);
    } else if (!send_all(socket)) {
        socket_kill(socket);
    }
}

static void socket_put(struct transport_socket *socket, struct substrate_text text) {
    struct lws_transport *transport = socket->transport;
    struct base_buf *out = &transport->out;
    uint64_t count = transport->mask_count++;
    uint64_t random = base_xxh64((struct substrate_bytes){(const uint8_t *)&count, sizeof(count)},
                                 transport->mask_seed);
    uint8_t mask[4];
    uint8_t header[BASE_WS_HEADER_MAX];
    memcpy(mask, &random, sizeof(mask));
    base_buf_append(out, header, base_ws_header(header, BASE_WS_TEXT, 1, text.size, mask));
    size_t start = out->size;
    base_buf_text(out, text);
    if (!out->failed) {
        base_ws_mask((uint8_t *)out->data + start, text.size, mask);
    }
}

static void socket_close(struct transport_socket *socket) {
    set_reason(socket, SUBSTRATE_E_CLOSED, BASE_TEXT("the connection was closed"));
    socket->close_code = socket->closing ? socket->close_code : LWS_CLOSE_STATUS_NORMAL;
    socket->closing = true;
    if (socket->established) {
        lws_callback_on_writable(socket->wsi);
    } else {
        socket_kill(socket);
    }
}

/* The timer only makes lws_service return. One that is due when lws_service begins fires before the
 * poll, which then knows of no timer and waits for a socket: it is woken. */
static void on_timer(lws_sorted_usec_list_t *timer) {
    const struct lws_transport *transport =
        (const struct lws_transport *)(const void *)((const char *)timer -
                                                     offsetof(struct lws_transport, timer));
    lws_cancel_service(transport->context);
}

static void transport_run(struct transport *base, uint64_t until_us) {
    struct lws_transport *transport = (struct lws_transport *)base;
    if (until_us == SUBSTRATE_NEVER) {
        lws_sul_cancel(&transport->timer);
    } else {
        uint64_t now = substrate_now_us();
        uint64_t wait = until_us > now ? until_us - now : 1;
        uint64_t hour = (uint64_t)3600 * 1000000; /* the engine asks again after it */
        lws_sul_schedule(transport->context, 0, &transport->timer, on_timer,
                         (lws_usec_t)(wait < hour ? wait : hour));
    }
    transport->serving = true;
    (void)lws_service(transport->context, 0);
    transport->serving = false;
}

static void transport_wake(struct transport *base) {
    lws_cancel_service(((struct lws_transport *)base)->context);
}

static void transport_free(struct transport *base) {
    struct lws_transport *transport = (struct lws_transport *)base;
    lws_sul_cancel(&transport->timer);
    lws_context_destroy(transport->context);
    base_buf_free(&transport->out);
    base_free(transport);
}

/* Creating a context makes the whole process ignore SIGPIPE, which is the program's business. The
 * I/O thread blocks it instead. */
static struct lws_context *make_context(const struct lws_context_creation_info *info) {
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    struct sigaction before;
    (void)pthread_mutex_lock(&one_at_a_time);
    lws_set_log_level(0, NULL);
    bool known = sigaction(SIGPIPE, NULL, &before) == 0;
    struct lws_context *context = lws_create_context(info);
    if (known) {
        (void)sigaction(SIGPIPE, &before, NULL);
    }
    (void)pthread_mutex_unlock(&one_at_a_time);
    return context;
}

enum substrate_status transport_lws_new(struct transport **out, struct substrate_error *error) {
    static const struct transport_ops ops = {
        socket_open, socket_want_write, socket_put,     socket_close,
        socket_kill, transport_run,     transport_wake, transport_free,
    };
    struct lws_transport *transport = base_calloc(1, sizeof(*transport));
    if (transport == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    struct lws_context_creation_info info = {0};
    struct rlimit files;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info.timeout_secs = LAST_RESORT_SECONDS;
    info.connect_timeout_secs = LAST_RESORT_SECONDS;
    info.pt_serv_buf_size = (unsigned)(2 * READ_BYTES);
    /* Its tables are as long as the limit of open files, which some systems set to a billion. */
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 1 << 20) {
        info.fd_limit_per_thread = 1 << 20;
    }
    transport->head.ops = &ops;
    transport->context = make_context(&info);
    if (transport->context == NULL ||
        lws_get_random(transport->context, &transport->mask_seed, sizeof(transport->mask_seed)) !=
            sizeof(transport->mask_seed)) {
        if (transport->context != NULL) {
            lws_context_destroy(transport->context);
        }
        base_free(transport);
        return base_fail(error, SUBSTRATE_E_IO, "cannot create the network context");
    }
    *out = &transport->head;
    return SUBSTRATE_OK;
}
