/* WebSocket clients in the event loop of a wire: the name is looked up, its addresses are tried in
 * turn, the handshake is written and read, and then messages go both ways. What was sent before the
 * handshake is done waits behind a stop of the output. */
#include "wire/upstream.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/text.h"
#include "wire/conn.h"
#include "wire/handshake.h"
#include "wire/head.h"

#define MESSAGE_MAX ((size_t)256 << 20)
#define HOST_MAX 256
#define PORT_MAX 8
#define CONNECT_US 20000000U
#define FINAL 0x80U
#define SECOND_US 1000000U
#define RETRY_MAX_S 60U

struct wire_upstreams {
    struct wire *wire;
    struct wire_upstream_handler handler;
    struct wire_tls_context *tls;
    char host[HOST_MAX], port[PORT_MAX], path[HOST_MAX + 1], header[HOST_MAX + PORT_MAX + 4];
    bool secure;
};

enum phase { CONNECTING, SHAKING, OPEN, OVER };

struct wire_upstream {
    struct wire_stream stream; /* first: the loop gives it back */
    struct wire_upstreams *upstreams;
    void *user; /* NULL: its owner has closed it */
    enum phase phase;
    bool listed; /* among those that have something to do */
    struct addrinfo *addresses, *address;
    struct base_buf accept; /* what the handshake must be answered with */
    struct wire_reader reader;
    struct wire_alarm alarm;
    char reason[160];
    uint64_t retry_us; /* what a refused handshake says */
    STAILQ_ENTRY(wire_upstream) turn;
};

static void ready(struct wire_watch *watch, uint32_t events);

static void list(struct wire_upstream *upstream) {
    if (!upstream->listed) {
        upstream->listed = true;
        STAILQ_INSERT_TAIL(&upstream->upstreams->wire->upstreams, upstream, turn);
    }
}

/* ---- the end ---- */

static void close_socket(struct wire_upstream *upstream) {
    wire_stream_close(&upstream->stream, &upstream->upstreams->wire->loop, false);
}

/* Its owner is told, and it is freed, when the turn is over. */
static void give_up(struct wire_upstream *upstream, const char *why) {
    char tls[128] = "";
    if (upstream->phase == OVER) {
        return;
    }
    if (upstream->stream.tls != NULL && upstream->phase != OPEN && !upstream->stream.closed) {
        wire_tls_reason(upstream->stream.tls, tls, sizeof(tls));
    }
    (void)snprintf(upstream->reason, sizeof(upstream->reason), "%s%s%s", why,
                   tls[0] != '\0' ? ": " : "", tls);
    upstream->phase = OVER;
    wire_alarm_unset(&upstream->alarm);
    close_socket(upstream);
    list(upstream);
}

static void bury(struct wire_upstream *upstream) {
    if (upstream->user != NULL) {
        upstream->upstreams->handler.on_close(upstream->user, upstream->reason);
    }
    if (upstream->addresses != NULL) {
        freeaddrinfo(upstream->addresses);
    }
    base_buf_free(&upstream->accept);
    wire_reader_free(&upstream->reader);
    wire_stream_free(&upstream->stream);
    base_free(upstream);
}

static void connect_due(struct wire_alarm *alarm, uint64_t now_us) {
    struct wire_upstream *upstream =
        (struct wire_upstream *)((char *)alarm - offsetof(struct wire_upstream, alarm));
    (void)now_us;
    give_up(upstream, upstream->phase == CONNECTING ? "it does not answer"
                                                    : "it does not answer the handshake");
}

/* ---- connecting ---- */

static void write_handshake(struct wire_upstream *upstream) {
    const struct wire_upstreams *upstreams = upstream->upstreams;
    struct base_buf head = BASE_BUF_INIT, key = BASE_BUF_INIT;
    wire_key_draw(&key);
    base_buf_format(&head,
                    "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ",
                    upstreams->path, upstreams->header);
    base_buf_text(&head, base_buf_view(&key));
    base_buf_str(&head, "\r\n\r\n");
    wire_key_accept(base_buf_view(&key), &upstream->accept);
    wire_out_raw(&upstream->stream.out, base_buf_view(&head));
    wire_out_stop(&upstream->stream.out, WIRE_STOP_PAUSE);
    upstream->stream.out.buf.failed =
        upstream->stream.out.buf.failed || head.failed || upstream->accept.failed;
    base_buf_free(&head);
    base_buf_free(&key);
}

/* A socket that is on its way to this address; -1: it cannot be. */
static int start_connecting(const struct addrinfo *address) {
    const int on = 1;
    int descriptor = socket(address->ai_family, SOCK_STREAM, 0);
    if (descriptor < 0) {
        return -1;
    }
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    bool good =
        fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 &&
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
        (connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS);
    if (!good) {
        int reason = errno;
        (void)close(descriptor);
        errno = reason;
        return -1;
    }
    return descriptor;
}

/* Tries the next addresses until one is on its way. */
static void try_next(struct wire_upstream *upstream, int reason) {
    struct wire_upstreams *upstreams = upstream->upstreams;
    struct wire_stream *stream = &upstream->stream;
    int descriptor = -1;
    for (; descriptor < 0 && upstream->address != NULL;
         upstream->address = upstream->address->ai_next) {
        descriptor = start_connecting(upstream->address);
        reason = descriptor < 0 ? errno : 0;
    }
    if (descriptor < 0) {
        stream->closed = true;
        give_up(upstream, strerror(reason));
        return;
    }
    *stream = (struct wire_stream){.watch = {.descriptor = descriptor, .ready = ready},
                                   .room = &upstreams->wire->room,
                                   .out = stream->out,
                                   .blocked = true};
    if (upstreams->tls != NULL) {
        stream->tls = wire_tls_new(upstreams->tls, descriptor, upstreams->host);
    }
    if ((upstreams->tls != NULL && stream->tls == NULL) ||
        !wire_stream_watch(stream, &upstreams->wire->loop, true)) {
        give_up(upstream, "out of memory");
    }
}

/* The first event of a socket says whether it is connected. */
static void connected(struct wire_upstream *upstream) {
    int reason = 0;
    socklen_t size = sizeof(reason);
    if (getsockopt(upstream->stream.watch.descriptor, SOL_SOCKET, SO_ERROR, &reason, &size) != 0) {
        reason = errno;
    }
    if (reason == 0) {
        upstream->phase = SHAKING;
        return;
    }
    close_socket(upstream);
    try_next(upstream, reason);
}

/* ---- in ---- */

static uint64_t retry_us(const struct wire_answer_head *head) {
    uint64_t seconds = 1;
    if (head->status != 429 && head->status != 503) {
        return 0;
    }
    (void)base_text_u64(head->retry_after, &seconds);
    return (seconds < RETRY_MAX_S ? seconds : RETRY_MAX_S) * SECOND_US;
}

static size_t take_answer(struct wire_upstream *upstream, const char *data, size_t size) {
    struct wire_answer_head head;
    char why[96];
    if (!wire_answer_read((struct substrate_text){data, size}, &head)) {
        return 0;
    }
    if (head.status != 101) {
        upstream->retry_us = retry_us(&head);
        (void)snprintf(why, sizeof(why),
                       head.status != 0 ? "the handshake was answered with %d"
                                        : "it does not speak HTTP",
                       head.status);
        give_up(upstream, why);
    } else if (!head.upgrade || !base_text_equal(head.accept, base_buf_view(&upstream->accept))) {
        give_up(upstream, "the handshake was answered with another one's");
    } else {
        wire_alarm_unset(&upstream->alarm);
        upstream->phase = OPEN;
        (void)wire_out_take_stop(&upstream->stream.out);
        list(upstream);
    }
    return head.size;
}

static void send_frame(struct wire_upstream *upstream, unsigned opcode,
                       struct substrate_text payload) {
    uint8_t mask[4] = {0};
    wire_mask_draw(mask);
    wire_stream_begin(&upstream->stream);
    wire_out_frame(&upstream->stream.out, FINAL | opcode, payload, mask);
    list(upstream);
}

static void hear_close(struct wire_upstream *upstream, const struct wire_read *read) {
    char why[160];
    (void)snprintf(why, sizeof(why), "it closed with %u%s%.*s", read->code,
                   read->text.size > 0 ? ": " : "", (int)read->text.size, read->text.data);
    send_frame(upstream, BASE_WS_CLOSE, BASE_TEXT(""));
    (void)wire_stream_write(&upstream->stream);
    give_up(upstream, why);
}

static size_t take_frame(struct wire_upstream *upstream, char *data, size_t size) {
    struct wire_read read;
    wire_reader_next(&upstream->reader, data, size, &read);
    switch (read.kind) {
    case WIRE_READ_MESSAGE:
        upstream->upstreams->handler.on_message(upstream->user, read.text);
        break;
    case WIRE_READ_PING:
        send_frame(upstream, BASE_WS_PONG, read.text);
        break;
    case WIRE_READ_CLOSE:
        hear_close(upstream, &read);
        break;
    case WIRE_READ_WRONG:
        give_up(upstream, read.why);
        break;
    case WIRE_READ_OVERSIZE:
        give_up(upstream, "an upstream's message is too big");
        break;
    case WIRE_READ_NO_MEMORY:
        give_up(upstream, "out of memory");
        break;
    case WIRE_READ_PONG:
    case WIRE_READ_MORE:
    case WIRE_READ_PART:
        break;
    }
    return read.used;
}

static size_t take(struct wire_stream *stream, char *data, size_t size) {
    struct wire_upstream *upstream = (struct wire_upstream *)stream;
    size_t used = 0, more = 1;
    while (used < size && more > 0 && upstream->phase != OVER && upstream->user != NULL) {
        more = upstream->phase == OPEN ? take_frame(upstream, data + used, size - used)
                                       : take_answer(upstream, data + used, size - used);
        used += more;
    }
    return used;
}

static void ready(struct wire_watch *watch, uint32_t events) {
    struct wire_upstream *upstream = (struct wire_upstream *)watch;
    wire_stream_woken(&upstream->stream, events);
    if (upstream->phase == CONNECTING) {
        connected(upstream);
    }
    list(upstream);
    if (upstream->phase == CONNECTING || upstream->phase == OVER ||
        (events & ~(uint32_t)EPOLLOUT) == 0) {
        return;
    }
    ssize_t size = wire_stream_read(&upstream->stream, take);
    if (size == WIRE_END || size == WIRE_LOST) {
        give_up(upstream,
                upstream->phase == OPEN ? "the upstream hung up" : "it hung up in the handshake");
    }
}

/* ---- out ---- */

static void write_out(struct wire_upstream *upstream) {
    ssize_t size = 1;
    while (size > 0 && !upstream->stream.blocked) {
        size = wire_stream_write(&upstream->stream);
    }
    if (size == WIRE_LOST || upstream->stream.out.buf.failed) {
        give_up(upstream, size == WIRE_LOST ? "the upstream hung up" : "out of memory");
    } else if (!wire_stream_watch(&upstream->stream, &upstream->upstreams->wire->loop, true)) {
        give_up(upstream, "out of memory");
    }
}

void wire_upstreams_init(struct wire *wire) {
    STAILQ_INIT(&wire->upstreams);
    wire_alarms_init(&wire->connects, CONNECT_US, connect_due);
}

void wire_upstreams_run(struct wire *wire) {
    struct wire_upstream *upstream;
    while ((upstream = STAILQ_FIRST(&wire->upstreams)) != NULL) {
        STAILQ_REMOVE_HEAD(&wire->upstreams, turn);
        upstream->listed = false;
        if (upstream->phase == SHAKING || upstream->phase == OPEN) {
            write_out(upstream);
        }
        if (upstream->phase == OVER && !upstream->listed) {
            bury(upstream);
        }
    }
}

/* ---- the URL ---- */

/* Copies host or port; false: it does not fit, or is empty. */
static bool copy(char *out, size_t room, const char *from, size_t size) {
    if (size == 0 || size >= room) {
        return false;
    }
    memcpy(out, from, size);
    out[size] = '\0';
    return true;
}

/* ws://HOST[:PORT][/PATH][?QUERY]; an IPv6 address stands in brackets. */
static bool parse_url(struct wire_upstreams *upstreams, const char *url) {
    struct substrate_text text = base_text(url);
    upstreams->secure = base_text_starts(text, "wss://");
    if (!upstreams->secure && !base_text_starts(text, "ws://")) {
        return false;
    }
    const char *host = url + (upstreams->secure ? 6 : 5);
    size_t size = strcspn(host, "/?#");
    const char *path = host + size, *port = upstreams->secure ? "443" : "80";
    size_t host_size = host[0] == '[' ? strcspn(host, "]") : strcspn(host, ":/?#");
    size_t name_at = host[0] == '[' ? 1 : 0;
    size_t end = host_size + (name_at > 0 ? 1 : 0);
    uint64_t number = 0;
    if (end > size || memchr(host, '@', size) != NULL ||
        !copy(upstreams->host, sizeof(upstreams->host), host + name_at, host_size - name_at)) {
        return false;
    }
    if (end < size && (host[end] != ':' || !copy(upstreams->port, sizeof(upstreams->port),
                                                 host + end + 1, size - end - 1))) {
        return false;
    }
    if (end == size) {
        (void)snprintf(upstreams->port, sizeof(upstreams->port), "%s", port);
    }
    bool plain = strcmp(upstreams->port, port) == 0;
    int header = snprintf(upstreams->header, sizeof(upstreams->header), "%.*s%s%s", (int)end, host,
                          plain ? "" : ":", plain ? "" : upstreams->port);
    int length = snprintf(upstreams->path, sizeof(upstreams->path), "%s%.*s",
                          path[0] == '/' ? "" : "/", (int)strcspn(path, "#"), path);
    return header > 0 && length > 0 && (size_t)length < sizeof(upstreams->path) &&
           base_text_u64(base_text(upstreams->port), &number) && number > 0 && number <= UINT16_MAX;
}

enum substrate_status wire_upstreams_create(struct wire *wire, const char *url,
                                            const struct wire_upstream_handler *handler,
                                            struct wire_upstreams **upstreams,
                                            struct substrate_error *error) {
    struct wire_upstreams *made = base_calloc(1, sizeof(*made));
    enum substrate_status status = SUBSTRATE_OK;
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    made->wire = wire;
    made->handler = *handler;
    if (!parse_url(made, url)) {
        status = base_fail(error, SUBSTRATE_E_ARGUMENT,
                           "upstream %s: give a URL such as ws://127.0.0.1:9944 or wss://…", url);
    } else if (made->secure) {
        status = wire_tls_client(&made->tls, error);
    }
    if (status != SUBSTRATE_OK) {
        base_free(made);
        return status;
    }
    *upstreams = made;
    return SUBSTRATE_OK;
}

void wire_upstreams_free(struct wire_upstreams *upstreams) {
    if (upstreams != NULL) {
        wire_tls_context_free(upstreams->tls);
        base_free(upstreams);
    }
}

/* ---- sockets ---- */

struct wire_upstream *wire_upstream_open(struct wire_upstreams *upstreams, void *user) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct wire_upstream *upstream = base_calloc(1, sizeof(*upstream));
    if (upstream == NULL) {
        return NULL;
    }
    upstream->upstreams = upstreams;
    upstream->user = user;
    upstream->reader.message_max = MESSAGE_MAX;
    write_handshake(upstream);
    wire_alarm_set(&upstreams->wire->connects, &upstream->alarm, upstreams->wire->loop.turn_us);
    int failed = getaddrinfo(upstreams->host, upstreams->port, &hints, &upstream->addresses);
    if (failed != 0) {
        upstream->stream.closed = true;
        give_up(upstream, gai_strerror(failed));
        return upstream;
    }
    upstream->address = upstream->addresses;
    try_next(upstream, 0);
    return upstream;
}

bool wire_upstream_send(struct wire_upstream *upstream, struct substrate_text message) {
    if (upstream->phase != OVER) {
        send_frame(upstream, BASE_WS_TEXT, message);
    }
    return !upstream->stream.out.buf.failed;
}

uint64_t wire_upstream_retry_us(const struct wire_upstream *upstream) { return upstream->retry_us; }

void wire_upstream_close(struct wire_upstream *upstream) {
    upstream->user = NULL;
    if (upstream->phase == OPEN) {
        send_frame(upstream, BASE_WS_CLOSE, BASE_TEXT("\x03\xe8"));
        (void)wire_stream_write(&upstream->stream);
    }
    give_up(upstream, "");
}
