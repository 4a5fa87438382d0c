/* Opens many WebSockets, says so, and keeps them without a word until its standard input ends;
 * pings are answered, since a node would close them otherwise. With --tls each is a TLS connection,
 * whose certificate is not looked at. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/ws_frame.h"
#include "bench.h"

#define EVENTS 64
#define SPARE_FILES 64 /* beside the sockets */

struct link {
    int fd;
    SSL *ssl; /* NULL: no TLS */
};

struct idle {
    uint64_t port, count;
    uint64_t tls; /* 0 or 1 */
    SSL_CTX *context;
    struct link *links;
    int epoll;
    uint64_t lost, pings;
};

static bool fail(const char *what) {
    fprintf(stderr, "idle: %s: %s\n", what, strerror(errno));
    return false;
}

static bool raise_limit(uint64_t files) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return fail("the limit of open files");
    }
    if (limit.rlim_cur < files) {
        limit.rlim_cur = files;
        limit.rlim_max = limit.rlim_max < files ? files : limit.rlim_max;
    }
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 || fail("raising the limit of open files");
}

static ssize_t link_read(struct link *link, void *data, size_t size) {
    if (link->ssl == NULL) {
        return recv(link->fd, data, size, 0);
    }
    int got = SSL_read(link->ssl, data, (int)size);
    errno = got <= 0 && SSL_get_error(link->ssl, got) == SSL_ERROR_WANT_READ ? EAGAIN : ECONNRESET;
    return got > 0 ? got : -1;
}

static bool link_write(struct link *link, const void *data, size_t size) {
    ssize_t done = link->ssl != NULL ? SSL_write(link->ssl, data, (int)size)
                                     : send(link->fd, data, size, MSG_NOSIGNAL);
    return done == (ssize_t)size;
}

static bool connect_to(struct idle *idle, struct link *link) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)idle->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    link->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (link->fd < 0 || connect(link->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        return fail("cannot connect");
    }
    if (idle->tls == 0) {
        return true;
    }
    link->ssl = SSL_new(idle->context);
    errno = EPROTO;
    return (link->ssl != NULL && SSL_set_fd(link->ssl, link->fd) == 1 &&
            SSL_connect(link->ssl) == 1) ||
           fail("no TLS handshake");
}

/* Connects and upgrades, while the socket still blocks. */
static bool link_open(struct idle *idle, struct link *link) {
    char head[1024];
    size_t got = 0;
    if (!connect_to(idle, link)) {
        return false;
    }
    int size = snprintf(head, sizeof head,
                        "GET / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                        (unsigned)idle->port);
    if (!link_write(link, head, (size_t)size)) {
        return fail("cannot ask for a WebSocket");
    }
    /* Byte by byte: a ping may follow at once, and is for later. */
    while (got < 4 || memcmp(head + got - 4, "\r\n\r\n", 4) != 0) {
        if (got == sizeof head || link_read(link, head + got, 1) != 1) {
            return fail("no WebSocket handshake");
        }
        got++;
    }
    errno = EPROTO;
    return memcmp(head, "HTTP/1.1 101", 12) == 0 || fail("the server refuses the WebSocket");
}

static bool link_watch(struct idle *idle, size_t index) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
    int fd = idle->links[index].fd;
    return (fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
            epoll_ctl(idle->epoll, EPOLL_CTL_ADD, fd, &event) == 0) ||
           fail("epoll");
}

/* Answers pings; false: the server has ended the connection, or says what an idle one never hears.
 */
static bool link_serve(struct idle *idle, struct link *link) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t data[4096];
    ssize_t got = link_read(link, data, sizeof data);
    struct bench_frame frame;
    size_t at = 0;
    if (got <= 0) {
        return got < 0 && errno == EAGAIN;
    }
    while (bench_frame_read(data + at, (size_t)got - at, &frame)) {
        uint8_t pong[BASE_WS_HEADER_MAX + 125];
        if (frame.opcode != BASE_WS_PING || frame.size > 125) {
            return false;
        }
        size_t head = base_ws_header(pong, BASE_WS_PONG, 1, frame.size, mask);
        memcpy(pong + head, frame.payload, frame.size);
        base_ws_mask(pong + head, frame.size, mask);
        if (!link_write(link, pong, head + frame.size)) {
            return false;
        }
        idle->pings++;
        at += frame.total;
    }
    return at == (size_t)got;
}

/* Until standard input ends. */
static bool keep(struct idle *idle) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = idle->count};
    if (epoll_ctl(idle->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) {
        return fail("epoll on standard input");
    }
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(idle->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == idle->count) {
                return true;
            }
            struct link *link = &idle->links[events[i].data.u64];
            if (!link_serve(idle, link)) {
                idle->lost++;
                (void)epoll_ctl(idle->epoll, EPOLL_CTL_DEL, link->fd, NULL);
            }
        }
    }
}

int main(int argc, char **argv) {
    struct idle idle = {.count = 10000};
    const struct bench_option options[] = {
        {"--port", NULL, &idle.port}, {"--count", NULL, &idle.count}, {"--tls", NULL, &idle.tls}};
    if (!bench_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    if (idle.port == 0 || idle.port > UINT16_MAX || idle.count == 0 || idle.count > 25000) {
        fprintf(stderr, "idle: --port 1 to 65535, --count 1 to 25000, --tls 0 or 1\n");
        return 2;
    }
    idle.links = base_calloc(idle.count, sizeof *idle.links);
    idle.epoll = epoll_create1(0);
    idle.context = SSL_CTX_new(TLS_client_method());
    bool good = idle.links != NULL && idle.epoll >= 0 && idle.context != NULL &&
                raise_limit(idle.count + SPARE_FILES);
    size_t opened = 0;
    while (good && opened < idle.count) {
        good = link_open(&idle, &idle.links[opened]) && link_watch(&idle, opened);
        opened++;
    }
    if (good) {
        printf("{\"ready\":true,\"open\":%zu}\n", opened);
        good = fflush(stdout) == 0 && keep(&idle);
        printf("{\"lost\":%llu,\"pings\":%llu}\n", (unsigned long long)idle.lost,
               (unsigned long long)idle.pings);
    }
    for (size_t i = 0; i < opened; i++) {
        SSL_free(idle.links[i].ssl);
        (void)close(idle.links[i].fd);
    }
    SSL_CTX_free(idle.context);
    base_free(idle.links);
    return good ? 0 : 1;
}
