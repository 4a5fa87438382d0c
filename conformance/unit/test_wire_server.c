/* The server over sockets: pings, peers that send half of a head or nothing, and memory that runs
 * out. */
#include "check_main.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/text.h"
#include "wire/upstream.h"
#include "wire/wire.h"
#include "wire_frame.h"

/* ---- peers ---- */

static void take_anybody(void *context, struct wire_conn *conn,
                         const struct wire_request *request) {
    (void)context;
    ck_assert(request->websocket && request->loopback);
    wire_accept(conn, NULL);
}

static void ignore_message(void *context, struct wire_conn *conn,
                           const struct wire_message *message) {
    (void)context;
    (void)conn;
    (void)message;
}

static void *run_wire(void *wire) { return wire_run(wire) == SUBSTRATE_OK ? wire : NULL; }

static void read_exactly(int peer, unsigned char *data, size_t size) {
    ck_assert_int_eq(recv(peer, data, size, MSG_WAITALL), (ssize_t)size);
}

static int connect_to(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(peer, 0);
    ck_assert_int_eq(connect(peer, (const struct sockaddr *)&address, sizeof(address)), 0);
    return peer;
}

static int shake_hands(uint16_t port) {
    static const char hello[] = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    int peer = connect_to(port);
    ck_assert_int_eq(send(peer, hello, sizeof(hello) - 1, 0), (ssize_t)sizeof(hello) - 1);
    unsigned char last[4] = {0};
    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        memmove(last, last + 1, 3);
        read_exactly(peer, last + 3, 1);
    }
    return peer;
}

/* How many pings a peer gets that never answers, up to its goodbye, which must be 1001. */
static unsigned count_pings(uint16_t port) {
    int peer = shake_hands(port);
    unsigned pings = 0;
    unsigned char head[2], payload[125] = {0};
    read_exactly(peer, head, 2);
    ck_assert_uint_eq(head[0], 0x89);
    while (head[0] == 0x89) {
        pings++;
        read_exactly(peer, payload, head[1]);
        read_exactly(peer, head, 2);
    }
    ck_assert_uint_eq(head[0], 0x88);
    read_exactly(peer, payload, head[1]);
    ck_assert_uint_eq((unsigned)payload[0] << 8 | payload[1], 1001);
    (void)close(peer);
    return pings;
}

/* The first ping comes at once, and it takes three idle times to end the connection: on a machine
 * that has time for it, that is two pings later. One that ends it after the first never gets there.
 */
START_TEST(pings) {
    struct wire_options options = {.ping_us = 10000, .idle_us = 10000};
    struct wire_handler handler = {.on_connecting = take_anybody, .on_message = ignore_message};
    struct wire *wire = NULL;
    pthread_t thread;
    ck_assert_int_eq(wire_create(&options, &handler, &wire, NULL), SUBSTRATE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_wire, wire), 0);
    unsigned most = 0;
    for (unsigned i = 0; i < 100 && most < 3; i++) {
        unsigned count = count_pings(wire_port(wire));
        most = count > most ? count : most;
    }
    ck_assert_uint_eq(most, 3);
    wire_stop(wire);
    void *good = NULL;
    ck_assert_int_eq(pthread_join(thread, &good), 0);
    ck_assert_ptr_eq(good, wire);
    wire_destroy(wire);
}
END_TEST

/* A peer that sends no head, half of one, or half of a later one, is gone when its time is over; a
 * WebSocket is not. */
START_TEST(half_open) {
    static const char *const sent[] = {"", "GET / HT", "GET / HTTP/1.1\r\n\r\nGET"};
    struct wire_options options = {.head_us = 20000};
    struct wire_handler handler = {.on_connecting = take_anybody, .on_message = ignore_message};
    struct wire *wire = NULL;
    pthread_t thread;
    ck_assert_int_eq(wire_create(&options, &handler, &wire, NULL), SUBSTRATE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_wire, wire), 0);
    int open = shake_hands(wire_port(wire));
    for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
        int peer = connect_to(wire_port(wire));
        char byte = 0;
        ck_assert_int_eq(send(peer, sent[i], strlen(sent[i]), 0), (ssize_t)strlen(sent[i]));
        while (recv(peer, &byte, 1, 0) > 0) { /* the answer to what was whole */
        }
        (void)close(peer);
    }
    unsigned char ping[2];
    read_exactly(open, ping, sizeof(ping));
    ck_assert_int_eq(send(open, "\x89\x80mask", 6, 0), 6);
    read_exactly(open, ping, sizeof(ping));
    ck_assert_uint_eq(ping[0], 0x8a);
    (void)close(open);
    wire_stop(wire);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(wire_counters(wire)->heads_expired, 3);
    wire_destroy(wire);
}
END_TEST

/* More silent peers than may be: the one that came first is dropped for the one that comes, once it
 * has been silent for a second of the clock, which is told here. */
static uint64_t told_us = 1000000;
static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t told_clock(void) {
    (void)pthread_mutex_lock(&told_lock);
    uint64_t now = told_us;
    (void)pthread_mutex_unlock(&told_lock);
    return now;
}

START_TEST(too_many_silent) {
    struct wire_options options = {.heads_max = 2, .now_us = told_clock};
    struct wire_handler handler = {.on_connecting = take_anybody, .on_message = ignore_message};
    struct wire *wire = NULL;
    pthread_t thread;
    int peers[4];
    char byte = 0;
    ck_assert_int_eq(wire_create(&options, &handler, &wire, NULL), SUBSTRATE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_wire, wire), 0);
    for (size_t i = 0; i < 3; i++) {
        peers[i] = connect_to(wire_port(wire));
    }
    (void)close(shake_hands(wire_port(wire))); /* the three have been taken by now */
    ck_assert_int_eq(recv(peers[0], &byte, 1, MSG_DONTWAIT), -1);
    (void)pthread_mutex_lock(&told_lock);
    told_us += 1000000;
    (void)pthread_mutex_unlock(&told_lock);
    peers[3] = connect_to(wire_port(wire));
    ck_assert_int_eq(recv(peers[0], &byte, 1, 0), 0);
    ck_assert_int_eq(recv(peers[1], &byte, 1, MSG_DONTWAIT), -1);
    wire_stop(wire);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(wire_counters(wire)->heads_dropped, 1);
    ck_assert_uint_eq(wire_counters(wire)->heads_expired, 0);
    wire_destroy(wire);
    for (size_t i = 0; i < 4; i++) {
        (void)close(peers[i]);
    }
}
END_TEST

/* Half a message, and pongs meanwhile: its time is over, and that is said. */
START_TEST(half_a_message) {
    struct wire_options options = {.ping_us = 10000, .body_us = 20000};
    struct wire_handler handler = {.on_connecting = take_anybody, .on_message = ignore_message};
    struct wire *wire = NULL;
    pthread_t thread;
    unsigned char head[2], payload[125] = {0};
    ck_assert_int_eq(wire_create(&options, &handler, &wire, NULL), SUBSTRATE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_wire, wire), 0);
    int peer = shake_hands(wire_port(wire));
    ck_assert_int_eq(send(peer, "\x01\x82mask\x1f\x1f", 8, 0), 8); /* not final: "rr" */
    read_exactly(peer, head, 2);
    while (head[0] == 0x89) {
        ck_assert_int_eq(send(peer, "\x8a\x80mask", 6, 0), 6);
        read_exactly(peer, payload, head[1]);
        read_exactly(peer, head, 2);
    }
    ck_assert_uint_eq(head[0], 0x88);
    read_exactly(peer, payload, head[1]);
    ck_assert_uint_eq((unsigned)payload[0] << 8 | payload[1], 1008);
    (void)close(peer);
    wire_stop(wire);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(wire_counters(wire)->bodies_expired, 1);
    wire_destroy(wire);
}
END_TEST

/* Four descriptors, and more silent peers: who comes behind them is told so at once, for the clock,
 * which is told here, stands still. Who comes a second later gets in. */
#define CROWD 12
START_TEST(no_descriptors) {
    const char *preloaded = getenv("LD_PRELOAD");
    if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL) {
        return; /* valgrind takes a connection from the kernel before it says EMFILE, and closes it
                 */
    }
    struct wire_options options = {.now_us = told_clock};
    struct wire_handler handler = {.on_connecting = take_anybody, .on_message = ignore_message};
    const struct timeval patience = {.tv_sec = 20};
    struct wire *wire = NULL;
    struct rlimit before, few;
    pthread_t thread;
    int peers[CROWD + 2];
    char answer[13] = "";
    ck_assert_int_eq(wire_create(&options, &handler, &wire, NULL), SUBSTRATE_OK);
    for (size_t i = 0; i < CROWD + 2; i++) {
        peers[i] = connect_to(wire_port(wire)); /* the kernel takes them, for the time being */
        (void)setsockopt(peers[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    }
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)peers[CROWD + 1] + 5;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_wire, wire), 0);
    for (size_t i = CROWD; i < CROWD + 2; i++) {
        ck_assert_int_eq(recv(peers[i], answer, 12, MSG_WAITALL), 12);
        ck_assert_str_eq(answer, "HTTP/1.1 503");
    }
    (void)close(peers[CROWD + 1]); /* its number is for who comes now */
    (void)pthread_mutex_lock(&told_lock);
    told_us += 1000000;
    (void)pthread_mutex_unlock(&told_lock);
    (void)close(shake_hands(wire_port(wire)));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    wire_stop(wire);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(wire_counters(wire)->no_descriptors, CROWD + 2 - 4);
    wire_destroy(wire);
    for (size_t i = 0; i < CROWD + 1; i++) {
        (void)close(peers[i]);
    }
}
END_TEST

/* ---- without memory ---- */

static atomic_long fail_in; /* allocations until one fails; negative: none does */

static void *scarce(void *context, void *memory, size_t size) {
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return atomic_fetch_sub(&fail_in, 1) == 0 ? NULL : realloc(memory, size);
}

static void answer_in_shape(void *context, struct wire_conn *conn,
                            const struct wire_message *message) {
    static const struct wire_shape shape = {.fragments = 3, .dribble = 7, .utf8 = true};
    (void)context;
    (void)wire_send_shaped(conn, message->text, &shape);
}

/* A handshake, a message in two fragments that come one after the other, and its answer. Whether it
 * came; if not, the connection was closed. */
static bool converse(uint16_t port) {
    static const char hello[] = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    unsigned char frames[64], seen[4096];
    size_t size = client_frame(frames, 0x01, "abcdefghi"), count = 0;
    size += client_frame(frames + size, 0x80, "jklmnopqrs");
    int peer = connect_to(port);
    (void)!send(peer, hello, sizeof(hello) - 1 - 10, MSG_NOSIGNAL);
    (void)!send(peer, hello + sizeof(hello) - 1 - 10, 10, MSG_NOSIGNAL);
    (void)!send(peer, frames, 20, MSG_NOSIGNAL);
    (void)!send(peer, frames + 20, size - 20, MSG_NOSIGNAL);
    bool answered = false, open = true;
    while (open && !answered && count < sizeof(seen)) {
        ssize_t got = recv(peer, seen + count, sizeof(seen) - count, 0);
        open = got > 0;
        count += open ? (size_t)got : 0;
        answered = count > 5 && memcmp(seen + count - 5, "opqrs", 5) == 0;
    }
    (void)close(peer);
    return answered;
}

START_TEST(without_memory) {
    static const struct substrate_allocator allocator = {scarce, NULL};
    struct wire_handler handler = {.on_connecting = take_anybody, .on_message = answer_in_shape};
    const struct wire_options options = {.port = 0};
    struct wire *wire = NULL;
    pthread_t thread;
    unsigned failures = 0;
    atomic_store(&fail_in, -1);
    substrate_allocator_set(&allocator);
    ck_assert_int_eq(wire_create(&options, &handler, &wire, NULL), SUBSTRATE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_wire, wire), 0);
    for (long nth = 0; nth < 25; nth++) {
        atomic_store(&fail_in, nth);
        failures += !converse(wire_port(wire));
        atomic_store(&fail_in, -1);
        ck_assert_msg(converse(wire_port(wire)), "after allocation %ld", nth);
    }
    ck_assert_uint_gt(failures, 5);
    wire_stop(wire);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    wire_destroy(wire);
    substrate_allocator_set(NULL);
}
END_TEST

/* ---- a wire without a port ---- */

static void echo(void *context, struct wire_conn *conn, const struct wire_message *message) {
    (void)context;
    (void)wire_send(conn, message->text);
}

struct asking {
    struct wire *wire;
    struct wire_upstream *upstream;
    unsigned heard;
};

static void hear(void *user, struct substrate_text message) {
    struct asking *asking = user;
    asking->heard += base_text_is(message, "question");
    wire_stop(asking->wire);
}

static void lose(void *user, const char *reason) {
    (void)user;
    ck_abort_msg("%s", reason);
}

/* It asks an upstream, and runs once for each answer. */
START_TEST(only_upstreams) {
    struct wire_handler handler = {.on_connecting = take_anybody, .on_message = echo};
    const struct wire_options options = {.port = 0}, unlistened = {.unlistened = true};
    const struct wire_upstream_handler hearing = {hear, lose};
    struct wire_upstreams *upstreams = NULL;
    struct asking asking = {NULL, NULL, 0};
    struct wire *wire = NULL;
    pthread_t thread;
    ck_assert_int_eq(wire_create(&options, &handler, &wire, NULL), SUBSTRATE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_wire, wire), 0);
    ck_assert_int_eq(wire_create(&unlistened, &handler, &asking.wire, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(wire_port(asking.wire), 0);
    ck_assert_int_eq(wire_upstreams_create(asking.wire, wire_url(wire), &hearing, &upstreams, NULL),
                     SUBSTRATE_OK);
    asking.upstream = wire_upstream_open(upstreams, &asking);
    for (unsigned i = 1; i <= 3; i++) {
        ck_assert(wire_upstream_send(asking.upstream, BASE_TEXT("question")));
        ck_assert_int_eq(wire_run(asking.wire), SUBSTRATE_OK);
        ck_assert_uint_eq(asking.heard, i);
    }
    wire_upstream_close(asking.upstream);
    wire_destroy(asking.wire);
    wire_upstreams_free(upstreams);
    wire_stop(wire);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    wire_destroy(wire);
}
END_TEST

CHECK_MAIN("wire_server", pings, half_open, too_many_silent, half_a_message, no_descriptors,
           without_memory, only_upstreams)
