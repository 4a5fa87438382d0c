/* The outgoing stream of a connection: frames, fragments, chunks, marks, read back by a reader of
 * RFC 6455 frames that is written here; heads of HTTP requests; pings over a socket. */
#include "check_main.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/text.h"
#include "wire/head.h"
#include "wire/out.h"
#include "wire/wire.h"

struct reader {
    struct base_buf message;
    unsigned messages, pings, frames;
    size_t last_size;
    unsigned char first, last; /* bytes of the last message */
};

/* Reads a chunk, which must end with a frame. */
static void read_chunk(struct reader *reader, const unsigned char *data, size_t size) {
    size_t at = 0;
    while (at < size) {
        ck_assert_uint_ge(size - at, 2);
        unsigned final = data[at] >> 7, opcode = data[at] & 15;
        ck_assert_uint_eq(data[at + 1] & 0x80, 0);
        size_t length = data[at + 1] & 127, head = 2;
        if (length == 126) {
            length = (size_t)data[at + 2] << 8 | data[at + 3];
            head = 4;
        }
        ck_assert_uint_ne(data[at + 1] & 127, 127);
        ck_assert_uint_ge(size - at, head + length);
        reader->frames++;
        if (opcode == 9) {
            reader->pings += length == 1 && final == 1;
        } else {
            ck_assert_uint_eq(opcode, reader->message.size == 0 ? 1 : 0);
            base_buf_append(&reader->message, data + at + head, length);
            if (final == 1) {
                reader->messages++;
                reader->last_size = reader->message.size;
                if (reader->message.size > 0) {
                    reader->first = (unsigned char)reader->message.data[0];
                    reader->last = (unsigned char)reader->message.data[reader->last_size - 1];
                }
                base_buf_reset(&reader->message);
            }
        }
        at += head + length;
    }
}

static void drain(struct wire_out *out, struct reader *reader) {
    struct substrate_text chunk = wire_out_chunk(out);
    while (chunk.size > 0) {
        ck_assert_uint_le(chunk.size, WIRE_CHUNK_MAX);
        uint64_t before = wire_out_consumed(out);
        read_chunk(reader, (const unsigned char *)chunk.data, chunk.size);
        wire_out_consume(out, chunk.size);
        ck_assert_uint_eq(wire_out_consumed(out), before + chunk.size);
        chunk = wire_out_chunk(out);
    }
    ck_assert_uint_eq(wire_out_consumed(out), wire_out_end(out));
}

START_TEST(every_size) {
    static const size_t lengths[] = {0,     1,     125,   126,    127,    64999,  65000,
                                     65001, 65535, 65536, 130000, 130001, 3000000};
    char *big = base_alloc(3000000);
    ck_assert_ptr_nonnull(big);
    memset(big, 'x', 3000000);
    struct wire_out out = {BASE_BUF_INIT, 0, 0, true};
    struct reader reader = {BASE_BUF_INIT, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        big[0] = 'a';
        if (lengths[i] > 0) {
            big[lengths[i] - 1] = 'z';
        }
        wire_out_message(&out, (struct substrate_text){big, lengths[i]});
        wire_out_ping(&out);
        drain(&out, &reader);
        ck_assert_uint_eq(reader.messages, i + 1);
        ck_assert_uint_eq(reader.pings, i + 1);
        ck_assert_uint_eq(reader.last_size, lengths[i]);
        ck_assert(lengths[i] == 0 || reader.last == 'z');
        if (lengths[i] > 0) {
            big[lengths[i] - 1] = 'x';
        }
    }
    base_free(big);
    base_buf_free(&reader.message);
    wire_out_free(&out);
}
END_TEST

/* Many messages between partial drains: none is lost, doubled or torn, and the memory does not
 * grow. */
START_TEST(interleaved) {
    struct wire_out out = {BASE_BUF_INIT, 0, 0, true};
    struct reader reader = {BASE_BUF_INIT, 0, 0, 0, 0, 0, 0};
    char text[700];
    memset(text, 'm', sizeof(text));
    uint64_t mark = 0;
    for (unsigned i = 0; i < 20000; i++) {
        wire_out_message(&out, (struct substrate_text){text, (i * 31) % sizeof(text)});
        ck_assert_uint_gt(wire_out_end(&out), mark);
        mark = wire_out_end(&out);
        if (i % 200 == 199) {
            struct substrate_text chunk = wire_out_chunk(&out);
            read_chunk(&reader, (const unsigned char *)chunk.data, chunk.size);
            wire_out_consume(&out, chunk.size);
        }
        while (wire_out_unsent(&out) > 200000) {
            struct substrate_text chunk = wire_out_chunk(&out);
            read_chunk(&reader, (const unsigned char *)chunk.data, chunk.size);
            wire_out_consume(&out, chunk.size);
        }
    }
    ck_assert_uint_lt(out.buf.capacity, 1000000);
    drain(&out, &reader);
    ck_assert_uint_eq(reader.messages, 20000);
    ck_assert_uint_eq(wire_out_consumed(&out), mark);
    base_buf_free(&reader.message);
    wire_out_free(&out);
}
END_TEST

START_TEST(raw) {
    struct wire_out out = {BASE_BUF_INIT, 0, 0, false};
    wire_out_raw(&out, BASE_TEXT("HTTP/1.1 200 OK\r\n"));
    wire_out_raw(&out, BASE_TEXT("\r\n"));
    struct substrate_text chunk = wire_out_chunk(&out);
    ck_assert(base_text_is(chunk, "HTTP/1.1 200 OK\r\n\r\n"));
    wire_out_consume(&out, 5);
    ck_assert(base_text_is(wire_out_chunk(&out), "1.1 200 OK\r\n\r\n"));
    wire_out_free(&out);
}
END_TEST

/* ---- heads ---- */

static int read_head(const char *text, struct wire_head *head) {
    return wire_head_read(base_text(text), head);
}

START_TEST(head_of_a_post) {
    static const char text[] = "\r\n\nPOST /s/a%20b?seed=7&as=x HTTP/1.1\r\nHOST: x\r\n"
                               "content-TYPE:\t application/json \r\nContent-Length: 12\n"
                               "Expect: 100-Continue\r\nOrigin: null\r\n\r\n{body";
    struct wire_head head;
    ck_assert_int_eq(read_head(text, &head), 200);
    ck_assert_uint_eq(head.size, sizeof(text) - 1 - strlen("{body"));
    ck_assert(base_text_is(head.method, "POST"));
    ck_assert(base_text_is(head.path, "/s/a%20b"));
    ck_assert(base_text_is(head.query, "seed=7&as=x"));
    ck_assert(base_text_is(head.content_type, "application/json"));
    ck_assert(head.has_length && head.length == 12 && head.expecting && head.origin);
    ck_assert(head.keep_alive && !head.http10 && !head.chunked && !head.websocket);
    /* Every beginning of it is unfinished. */
    for (size_t size = 0; size < head.size; size++) {
        ck_assert_int_eq(wire_head_read((struct substrate_text){text, size}, &head), 0);
        ck_assert_int_eq(read_head(text, &head), 200);
    }
}
END_TEST

START_TEST(head_keeps_alive) {
    static const struct {
        const char *version, *connection;
        bool keeps;
    } cases[] = {{"1.1", "", true},
                 {"1.0", "", false},
                 {"1.1", "Connection: close\r\n", false},
                 {"1.1", "Connection: foo , CLOSE\r\n", false},
                 {"1.1", "Connection: closed\r\n", true},
                 {"1.1", "Connection: x\r\nConnection: close\r\n", false},
                 {"1.0", "Connection: Keep-Alive\r\n", true},
                 {"1.0", "Connection: keep-alive, close\r\n", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        struct wire_head head;
        (void)snprintf(text, sizeof(text), "GET / HTTP/%s\r\n%s\r\n", cases[i].version,
                       cases[i].connection);
        ck_assert_int_eq(read_head(text, &head), 200);
        ck_assert_msg(head.keep_alive == cases[i].keeps, "%s", text);
    }
}
END_TEST

START_TEST(head_asks_for_a_websocket) {
    static const struct {
        const char *line, *headers;
        bool asks;
    } cases[] = {
        {"GET / HTTP/1.1", "Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n", true},
        {"GET / HTTP/1.1", "Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n", true},
        {"GET / HTTP/1.1", "Upgrade: websocket\r\n", false},
        {"GET / HTTP/1.1", "Connection: Upgrade\r\n", false},
        {"GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n", false},
        {"GET / HTTP/1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false},
        {"POST / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[160];
        struct wire_head head;
        (void)snprintf(text, sizeof(text), "%s\r\n%sSec-WebSocket-Key: k\r\n\r\n", cases[i].line,
                       cases[i].headers);
        ck_assert_int_eq(read_head(text, &head), 200);
        ck_assert_msg(head.websocket == cases[i].asks, "%s", text);
        ck_assert(base_text_is(head.key, "k"));
    }
}
END_TEST

START_TEST(heads_that_are_none) {
    static const struct {
        const char *text;
        int status;
    } cases[] = {{"\r\n\r\n", 0},
                 {"x\n\n", 400},
                 {" GET / HTTP/1.1\n\n", 400},
                 {"GET  HTTP/1.1\n\n", 400},
                 {"GET /\n\n", 400},
                 {"GET / HTTP/1.2\n\n", 505},
                 {"GET / HTTP/1.1 \n\n", 505},
                 {"GET / FTP/1.1\n\n", 400},
                 {"GET / HTTP/1.1\nno colon\n\n", 400},
                 {"GET / HTTP/1.1\na : b\n\n", 400},
                 {"GET / HTTP/1.1\na: b\x01\n\n", 400},
                 {"GET / HTTP/1.1\na: b\x7f\n\n", 400},
                 {"GET / HTTP/1.1\na: b\n c\n\n", 400},
                 {"GET / HTTP/1.1\nContent-Length: 1\nContent-Length: 1\n\n", 200},
                 {"GET / HTTP/1.1\nContent-Length: 1\nContent-Length: 2\n\n", 400},
                 {"GET / HTTP/1.1\nContent-Length: 1, 1\n\n", 400},
                 {"GET / HTTP/1.1\nContent-Length: +1\n\n", 400},
                 {"GET / HTTP/1.1\nContent-Length: 18446744073709551616\n\n", 400}};
    struct wire_head head;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = read_head(cases[i].text, &head);
        ck_assert_msg(status == cases[i].status, "%d: %s", status, cases[i].text);
    }
    char *big = base_alloc(WIRE_HEAD_MAX + 1);
    ck_assert_ptr_nonnull(big);
    memset(big, 'x', WIRE_HEAD_MAX + 1);
    struct substrate_text text = {big, WIRE_HEAD_MAX};
    ck_assert_int_eq(wire_head_read(text, &head), 0);
    text.size++;
    ck_assert_int_eq(wire_head_read(text, &head), 431);
    base_free(big);
}
END_TEST

START_TEST(targets) {
    static const struct {
        const char *target, *path, *query;
    } cases[] = {{"/", "/", ""},
                 {"*", "*", ""},
                 {"/a?b?c", "/a", "b?c"},
                 {"http://h:1/a?b", "/a", "b"},
                 {"https://h", "/", ""},
                 {"http://[::1]?q", "/", "q"},
                 {"HTTP://h/", "HTTP://h/", ""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64];
        struct wire_head head;
        (void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\n\n", cases[i].target);
        ck_assert_int_eq(read_head(text, &head), 200);
        ck_assert_msg(base_text_is(head.path, cases[i].path), "%s", text);
        ck_assert_msg(base_text_is(head.query, cases[i].query), "%s", text);
    }
}
END_TEST

START_TEST(escapes) {
    static const struct {
        const char *text, *plain;
    } cases[] = {{"", ""},   {"/s/a", "/s/a"}, {"%41%62", "Ab"}, {"%2F%2f", "//"}, {"a+b", "a+b"},
                 {"%", "%"}, {"%4", "%4"},     {"%4g", "%4g"},   {"%%41", "%A"}};
    char out[8];
    struct substrate_text plain;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert(wire_unescape(base_text(cases[i].text), out, sizeof(out), &plain));
        ck_assert_msg(base_text_is(plain, cases[i].plain), "%s", cases[i].text);
    }
    ck_assert(wire_unescape(BASE_TEXT("%41%41%41%41"), out, 4, &plain));
    ck_assert(!wire_unescape(BASE_TEXT("12345"), out, 4, &plain));
}
END_TEST

/* ---- pings ---- */

static bool take_anybody(void *context, struct wire_conn *conn, const struct wire_request *request,
                         struct wire_refusal *refusal) {
    (void)context;
    (void)conn;
    (void)refusal;
    return request->websocket && request->loopback;
}

static void ignore_message(void *context, struct wire_conn *conn, struct substrate_text message) {
    (void)context;
    (void)conn;
    (void)message;
}

static void *run_wire(void *wire) { return wire_run(wire) == SUBSTRATE_OK ? wire : NULL; }

static void read_exactly(int peer, unsigned char *data, size_t size) {
    ck_assert_int_eq(recv(peer, data, size, MSG_WAITALL), (ssize_t)size);
}

static int shake_hands(uint16_t port) {
    static const char hello[] = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(peer, 0);
    ck_assert_int_eq(connect(peer, (const struct sockaddr *)&address, sizeof(address)), 0);
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
    struct wire_handler handler = {.on_open = take_anybody, .on_message = ignore_message};
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

CHECK_MAIN("wire", every_size, interleaved, raw, head_of_a_post, head_keeps_alive,
           head_asks_for_a_websocket, heads_that_are_none, targets, escapes, pings)
