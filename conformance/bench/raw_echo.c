/* Rival (b), the floor: a WebSocket server of epoll and a read buffer, no library and no JSON. Each
 * frame is unmasked and answered with the bytes that the mock node would send, which it knows from
 * the id alone; all answers to one read leave in one write, as any server of this kind does. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/ws_frame.h"
#include "bench.h"

#define EVENTS 64
#define WEBSOCKET_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct peer {
    int fd;
    bool open; /* the handshake is over */
    struct base_buf in, out;
    size_t sent;     /* of `out` */
    bool want_write; /* EPOLLOUT is on */
};

struct server {
    int listener, epoll;
    struct bench_workload workload;
    struct base_buf text;
};

static void peer_end(struct peer *peer) {
    (void)close(peer->fd);
    base_buf_free(&peer->in);
    base_buf_free(&peer->out);
    base_free(peer);
}

/* The one header of a handshake that matters. */
static struct substrate_text handshake_key(struct substrate_text head) {
    static const char name[] = "sec-websocket-key:";
    struct substrate_text key = {NULL, 0};
    for (size_t i = 0; i + sizeof name < head.size; i++) {
        size_t at = 0;
        while (at < sizeof name - 1 && (head.data[i + at] | 32) == (name[at] | 32)) {
            at++;
        }
        if (at == sizeof name - 1) {
            const char *from = head.data + i + at;
            const char *stop = memchr(from, '\r', head.size - i - at);
            key = (struct substrate_text){from, stop != NULL ? (size_t)(stop - from) : 0};
            break;
        }
    }
    return base_text_trim(key);
}

/* Answers the HTTP request once it is complete; false: no WebSocket client. */
static bool handshake(struct peer *peer) {
    struct substrate_text head = base_buf_view(&peer->in);
    if (head.size < 4 || memcmp(head.data + head.size - 4, "\r\n\r\n", 4) != 0) {
        return head.size < BENCH_READ_SIZE;
    }
    unsigned char joined[128], digest[20];
    char accept[64];
    struct substrate_text key = handshake_key(head);
    if (key.size == 0 || key.size > 64) {
        return false;
    }
    memcpy(joined, key.data, key.size);
    memcpy(joined + key.size, WEBSOCKET_GUID, sizeof WEBSOCKET_GUID - 1);
    lws_SHA1(joined, key.size + sizeof WEBSOCKET_GUID - 1, digest);
    if (lws_b64_encode_string((const char *)digest, sizeof digest, accept, sizeof accept) < 0) {
        return false;
    }
    base_buf_format(&peer->out,
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                    accept);
    base_buf_reset(&peer->in);
    peer->open = true;
    return true;
}

/* Answers each complete frame of the buffer; false: the peer closes or talks nonsense. */
static bool answer_frames(struct server *server, struct peer *peer) {
    size_t at = 0;
    struct bench_frame frame;
    uint8_t *data = (uint8_t *)peer->in.data;
    while (bench_frame_read(data + at, peer->in.size - at, &frame)) {
        if (frame.opcode != BASE_WS_TEXT || !frame.masked) {
            return false;
        }
        base_ws_mask(frame.payload, frame.size, frame.mask);
        size_t slot = bench_slot(frame.payload, frame.size);
        if (slot == SIZE_MAX) {
            return false;
        }
        uint8_t header[BASE_WS_HEADER_MAX];
        base_buf_reset(&server->text);
        bench_answer(&server->workload, slot, &server->text);
        base_buf_append(&peer->out, header,
                        base_ws_header(header, BASE_WS_TEXT, 1, server->text.size, NULL));
        base_buf_text(&peer->out, base_buf_view(&server->text));
        at += frame.total;
    }
    peer->in.size -= at;
    memmove(data, data + at, peer->in.size);
    return !peer->out.failed && !server->text.failed;
}

/* Sends what is there, and asks epoll for the rest of it. */
static bool flush(struct server *server, struct peer *peer) {
    while (peer->sent < peer->out.size) {
        ssize_t done =
            send(peer->fd, peer->out.data + peer->sent, peer->out.size - peer->sent, MSG_NOSIGNAL);
        if (done < 0 && errno != EAGAIN) {
            return false;
        }
        if (done < 0) {
            break;
        }
        peer->sent += (size_t)done;
    }
    bool rest = peer->sent < peer->out.size;
    if (!rest) {
        base_buf_reset(&peer->out);
        peer->sent = 0;
    }
    if (rest == peer->want_write) {
        return true;
    }
    peer->want_write = rest;
    struct epoll_event event = {.events = EPOLLIN | (rest ? EPOLLOUT : 0), .data.ptr = peer};
    return epoll_ctl(server->epoll, EPOLL_CTL_MOD, peer->fd, &event) == 0;
}

static bool serve(struct server *server, struct peer *peer, uint32_t events) {
    if (events & EPOLLIN) {
        if (!base_buf_reserve(&peer->in, BENCH_READ_SIZE)) {
            return false;
        }
        ssize_t got = recv(peer->fd, peer->in.data + peer->in.size, BENCH_READ_SIZE, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            return false;
        }
        peer->in.size += got > 0 ? (size_t)got : 0;
        if (!(peer->open ? answer_frames(server, peer) : handshake(peer))) {
            return false;
        }
    }
    return flush(server, peer);
}

static void accept_peer(struct server *server) {
    int one = 1;
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0) {
        return;
    }
    struct peer *peer = base_calloc(1, sizeof *peer);
    if (peer == NULL) {
        (void)close(fd);
        return;
    }
    peer->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        peer_end(peer);
    }
}

/* Listens on a free port of the loopback and says which; false with errno. */
static bool server_open(struct server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    server->epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (server->listener < 0 || server->epoll < 0 ||
        bind(server->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(server->listener, 16) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0 ||
        epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event) != 0) {
        return false;
    }
    printf("{\"ready\":true,\"port\":%u}\n", (unsigned)ntohs(address.sin_port));
    return fflush(stdout) == 0;
}

/* Serves until a signal ends the process: there is nothing to save. */
int main(int argc, char **argv) {
    struct server server = {.text = BASE_BUF_INIT};
    const char *path = NULL;
    const struct bench_option options[] = {{"--workload", &path, NULL}};
    if (!bench_options(argc, argv, options, sizeof options / sizeof *options) ||
        !bench_workload_read(&server.workload, path)) {
        return 2;
    }
    if (!server_open(&server)) {
        fprintf(stderr, "raw_echo: cannot listen on 127.0.0.1: %s\n", strerror(errno));
        return 1;
    }
    struct epoll_event events[EVENTS];
    int count = 0;
    while (count >= 0) {
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (peer == NULL) {
                accept_peer(&server);
            } else if (!serve(&server, peer, events[i].events)) {
                peer_end(peer);
            }
        }
        count = epoll_wait(server.epoll, events, EVENTS, -1);
    }
    fprintf(stderr, "raw_echo: epoll_wait: %s\n", strerror(errno));
    return 1;
}
