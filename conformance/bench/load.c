/* The load generator: asks a server the workload's questions over raw WebSockets, with a fixed
 * number of them in flight on each connection, and counts answers for a while. It shares no code
 * with the client library beyond base, so that a bug of the client cannot flatter the node. Its
 * frames are built and masked once; every answer is compared with what it must be, byte for byte.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/ws_frame.h"
#include "bench.h"

#define EVENTS 64
#define WARM_US 200000
#define DRAIN_MS 5000
/* More ids than a window holds, so that an id rests for a while before it is used again. */
#define SLOTS_SPARE 1024

/* A prebuilt request, and what comes behind the id in its answer. */
struct slot {
    size_t frame, frame_size, tail, tail_size;
};

struct load {
    uint64_t port, window, connections, ms;
    uint64_t limit; /* answers after which it asks no more; 0: it counts for `ms` */
    const char *path;
    struct bench_workload workload;
    struct base_buf frames, tails;
    struct slot *slots;
    size_t slot_count;
    int epoll;
    uint64_t answers, wrong, in_flight;
    bool stopping;
};

struct link {
    int fd;
    struct base_buf in, out;
    size_t sent;  /* of `out` */
    size_t *free; /* a ring of slots that nobody waits for, slot_count long */
    size_t free_at, free_count;
    bool *busy;
};

static bool fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    return false;
}

static bool build_frames(struct load *load) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    struct base_buf text = BASE_BUF_INIT;
    load->slot_count = load->window + SLOTS_SPARE;
    load->slots = base_calloc(load->slot_count, sizeof *load->slots);
    for (size_t i = 0; load->slots != NULL && i < load->slot_count; i++) {
        struct slot *slot = &load->slots[i];
        uint8_t header[BASE_WS_HEADER_MAX];
        base_buf_reset(&text);
        base_buf_format(&text, BENCH_PREFIX "%zu,\"method\":\"state_getStorage\",\"params\":",
                        BENCH_ID_FIRST + i);
        base_buf_text(&text, load->workload.questions[i % load->workload.count].params);
        base_buf_char(&text, '}');
        slot->frame = load->frames.size;
        base_buf_append(&load->frames, header,
                        base_ws_header(header, BASE_WS_TEXT, 1, text.size, mask));
        size_t payload = load->frames.size;
        base_buf_text(&load->frames, base_buf_view(&text));
        if (!load->frames.failed) {
            base_ws_mask((uint8_t *)load->frames.data + payload, text.size, mask);
        }
        slot->frame_size = load->frames.size - slot->frame;

        base_buf_reset(&text);
        bench_answer(&load->workload, i, &text);
        slot->tail = load->tails.size;
        slot->tail_size = text.size - BENCH_PREFIX_SIZE - BENCH_ID_DIGITS;
        base_buf_append(&load->tails, text.data + BENCH_PREFIX_SIZE + BENCH_ID_DIGITS,
                        slot->tail_size);
    }
    bool good = load->slots != NULL && !text.failed && !load->frames.failed && !load->tails.failed;
    base_buf_free(&text);
    return good || fail("cannot build the requests");
}

/* Connects and upgrades, while the socket still blocks. */
static bool link_open(struct load *load, struct link *link) {
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    link->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (link->fd < 0 || connect(link->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) {
        return fail("cannot connect");
    }
    char head[1024];
    int size = snprintf(head, sizeof head,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                        load->path, (unsigned)load->port);
    if (size < 0 || (size_t)size >= sizeof head ||
        send(link->fd, head, (size_t)size, MSG_NOSIGNAL) != size) {
        return fail("cannot ask for a WebSocket");
    }
    /* Nothing follows the answer before the first question, so byte by byte is precise and enough.
     */
    size_t got = 0;
    while (got < 4 || memcmp(head + got - 4, "\r\n\r\n", 4) != 0) {
        if (got == sizeof head || recv(link->fd, head + got, 1, 0) != 1) {
            return fail("no WebSocket handshake");
        }
        got++;
    }
    if (memcmp(head, "HTTP/1.1 101", 12) != 0) {
        errno = EPROTO;
        return fail("the server refuses the WebSocket");
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
    if (fcntl(link->fd, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, link->fd, &event) != 0) {
        return fail("epoll");
    }
    return true;
}

static bool link_init(struct load *load, struct link *link) {
    link->free = base_calloc(load->slot_count, sizeof *link->free);
    link->busy = base_calloc(load->slot_count, sizeof *link->busy);
    if (link->free == NULL || link->busy == NULL) {
        return fail("cannot make a connection");
    }
    link->free_count = load->slot_count;
    for (size_t i = 0; i < load->slot_count; i++) {
        link->free[i] = i;
    }
    return link_open(load, link);
}

static void link_end(struct link *link) {
    if (link->fd >= 0) {
        (void)close(link->fd);
    }
    base_buf_free(&link->in);
    base_buf_free(&link->out);
    base_free(link->free);
    base_free(link->busy);
}

/* Appends `count` questions to what is to be sent. */
static void ask(struct load *load, struct link *link, size_t count) {
    for (; count > 0; count--) {
        size_t slot = link->free[link->free_at];
        link->free_at = link->free_at + 1 == load->slot_count ? 0 : link->free_at + 1;
        link->free_count--;
        link->busy[slot] = true;
        load->in_flight++;
        base_buf_append(&link->out, load->frames.data + load->slots[slot].frame,
                        load->slots[slot].frame_size);
    }
}

/* Settles one answer; returns how many questions it makes room for. */
static size_t settle(struct load *load, struct link *link, const struct bench_frame *frame) {
    size_t slot = bench_slot(frame->payload, frame->size);
    if (slot >= load->slot_count || !link->busy[slot]) {
        load->wrong++;
        return 0;
    }
    const struct slot *asked = &load->slots[slot];
    size_t head = BENCH_PREFIX_SIZE + BENCH_ID_DIGITS;
    load->wrong +=
        frame->size != head + asked->tail_size ||
        memcmp(frame->payload + head, load->tails.data + asked->tail, asked->tail_size) != 0;
    load->answers++;
    load->in_flight--;
    link->busy[slot] = false;
    link->free[(link->free_at + link->free_count) % load->slot_count] = slot;
    link->free_count++;
    return 1;
}

static bool flush(struct load *load, struct link *link) {
    while (link->sent < link->out.size) {
        ssize_t done =
            send(link->fd, link->out.data + link->sent, link->out.size - link->sent, MSG_NOSIGNAL);
        if (done < 0 && errno != EAGAIN) {
            return fail("send");
        }
        if (done < 0) {
            struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = link};
            return epoll_ctl(load->epoll, EPOLL_CTL_MOD, link->fd, &event) == 0 || fail("epoll");
        }
        link->sent += (size_t)done;
    }
    base_buf_reset(&link->out);
    link->sent = 0;
    return true;
}

/* Reads answers and asks as many questions again; all of them leave in one write. */
static bool receive(struct load *load, struct link *link) {
    if (!base_buf_reserve(&link->in, BENCH_READ_SIZE)) {
        return fail("receive");
    }
    ssize_t got = recv(link->fd, link->in.data + link->in.size, BENCH_READ_SIZE, 0);
    if (got <= 0) {
        errno = got == 0 ? ECONNRESET : errno;
        return errno == EAGAIN || fail("receive");
    }
    link->in.size += (size_t)got;
    size_t at = 0, room = 0;
    struct bench_frame frame;
    uint8_t *data = (uint8_t *)link->in.data;
    while (bench_frame_read(data + at, link->in.size - at, &frame)) {
        /* A run is far shorter than a node's ping interval and its patience, so pings may wait. */
        if (frame.opcode == BASE_WS_TEXT) {
            room += settle(load, link, &frame);
        } else if (frame.opcode != BASE_WS_PING) {
            errno = EPROTO;
            return fail("a frame that is no text");
        }
        at += frame.total;
    }
    link->in.size -= at;
    memmove(data, data + at, link->in.size);
    if (!load->stopping) {
        ask(load, link, room);
    }
    return !link->out.failed && (link->out.size == 0 || flush(load, link));
}

static bool turn(struct load *load, int timeout_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load->epoll, events, EVENTS, timeout_ms);
    if (count <= 0) {
        errno = count == 0 ? ETIMEDOUT : errno;
        return fail("waiting for answers");
    }
    for (int i = 0; i < count; i++) {
        struct link *link = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) {
            struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};
            if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, link->fd, &event) != 0 ||
                !flush(load, link)) {
                return false;
            }
        }
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0 && !receive(load, link)) {
            return false;
        }
    }
    return true;
}

/* Warms up, counts for a while, stops asking and collects what is in flight. */
static bool run(struct load *load, struct link *links) {
    for (size_t i = 0; i < load->connections; i++) {
        ask(load, &links[i], load->window);
        if (links[i].out.failed || !flush(load, &links[i])) {
            return false;
        }
    }
    uint64_t begun = substrate_now_us();
    while (load->limit == 0 && substrate_now_us() < begun + WARM_US) {
        if (!turn(load, DRAIN_MS)) {
            return false;
        }
    }
    uint64_t from = substrate_now_us(), cpu = bench_cpu_us(), answers = load->answers;
    uint64_t now = from;
    while (load->limit > 0 ? load->answers < load->limit : now < from + load->ms * 1000) {
        if (!turn(load, DRAIN_MS)) {
            return false;
        }
        now = substrate_now_us();
    }
    answers = load->answers - answers;
    cpu = bench_cpu_us() - cpu;
    load->stopping = true;
    while (load->in_flight > 0 && turn(load, DRAIN_MS)) {
    }
    double seconds = (double)(now - from) / 1e6;
    printf(
        "{\"window\":%llu,\"connections\":%llu,\"answers\":%llu,\"seconds\":%.6f,"
        "\"per_second\":%.1f,\"total\":%llu,\"wrong\":%llu,\"lost\":%llu,\"cpu_seconds\":%.6f}\n",
        (unsigned long long)load->window, (unsigned long long)load->connections,
        (unsigned long long)answers, seconds, (double)answers / seconds,
        (unsigned long long)load->answers, (unsigned long long)load->wrong,
        (unsigned long long)load->in_flight, (double)cpu / 1e6);
    return load->wrong == 0 && load->in_flight == 0;
}

int main(int argc, char **argv) {
    struct load load = {.window = 64, .connections = 1, .ms = 1000, .path = "/"};
    const char *workload = NULL;
    const struct bench_option options[] = {
        {"--port", NULL, &load.port},
        {"--path", &load.path, NULL},
        {"--workload", &workload, NULL},
        {"--window", NULL, &load.window},
        {"--connections", NULL, &load.connections},
        {"--ms", NULL, &load.ms},
        {"--answers", NULL, &load.limit},
    };
    if (!bench_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    if (load.port == 0 || load.port > UINT16_MAX || load.window == 0 || load.window > 1000000 ||
        load.connections == 0 || load.connections > 1000) {
        fprintf(stderr,
                "load: --port 1 to 65535, --window 1 to 1000000, --connections 1 to 1000\n");
        return 2;
    }
    if (!bench_workload_read(&load.workload, workload)) {
        return 2;
    }
    struct link *links = base_calloc(load.connections, sizeof *links);
    size_t opened = 0;
    load.epoll = epoll_create1(0);
    bool good = load.epoll >= 0 && links != NULL && build_frames(&load);
    while (good && opened < load.connections) {
        good = link_init(&load, &links[opened++]);
    }
    good = good && run(&load, links);
    for (size_t i = 0; i < opened; i++) {
        link_end(&links[i]);
    }
    base_free(links);
    base_free(load.slots);
    base_buf_free(&load.frames);
    base_buf_free(&load.tails);
    bench_workload_free(&load.workload);
    return good ? 0 : 1;
}
