/* The outgoing stream of a connection: frames, shapes, writes and stops, read back by a reader of
 * RFC 6455 frames that is written here; frames that come in; heads of HTTP requests. */
#include "check_main.h"
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "wire/frame.h"
#include "wire/handshake.h"
#include "wire/head.h"
#include "wire/out.h"
#include "wire_frame.h"

/* ---- frames, read by other code than ours ---- */

#define FRAMES_MAX 64

/* A frame as it stands in the bytes. */
struct seen {
    unsigned first; /* its first byte */
    bool masked;
    uint64_t length;
    size_t at; /* of its header */
    struct base_buf payload;
};

struct seen_frames {
    struct seen list[FRAMES_MAX];
    size_t count;
};

static void free_seen(struct seen_frames *frames) {
    for (size_t i = 0; i < frames->count; i++) {
        base_buf_free(&frames->list[i].payload);
    }
    frames->count = 0;
}

/* Reads bytes that must end with a frame. */
static void see_frames(const unsigned char *data, size_t size, struct seen_frames *frames) {
    size_t at = 0;
    frames->count = 0;
    while (at < size) {
        ck_assert_uint_lt(frames->count, FRAMES_MAX);
        struct seen *seen = &frames->list[frames->count++];
        size_t wide = 0, header = 2;
        *seen = (struct seen){.payload = BASE_BUF_INIT, .at = at};
        ck_assert_uint_ge(size - at, 2);
        seen->first = data[at];
        seen->masked = data[at + 1] >= 128;
        seen->length = data[at + 1] % 128;
        wide = seen->length == 126 ? 2 : seen->length == 127 ? 8 : 0;
        for (size_t i = 0; i < wide; i++) {
            seen->length = (i == 0 ? 0 : seen->length * 256) + data[at + 2 + i];
        }
        const unsigned char *mask = data + at + header + wide;
        header += wide + (seen->masked ? 4 : 0);
        ck_assert_uint_ge(size - at, header + seen->length);
        for (size_t i = 0; i < seen->length; i++) {
            unsigned byte = data[at + header + i] ^ (seen->masked ? mask[i % 4] : 0U);
            base_buf_char(&seen->payload, (char)byte);
        }
        at += header + (size_t)seen->length;
    }
}

/* All that `out` gives, write by write; the sizes of the writes, and its stops, in `sizes`: -1 is a
 * pause, -2 a reset, -3 an end. */
static void drain(struct wire_out *out, struct base_buf *bytes, long *sizes, size_t *count) {
    static const long signs[] = {[WIRE_STOP_PAUSE] = -1,
                                 [WIRE_STOP_RESET] = -2,
                                 [WIRE_STOP_END] = -3,
                                 [WIRE_STOP_CLOSE] = -4};
    bool more = true;
    *count = 0;
    while (more) {
        enum wire_stop_kind kind = wire_out_take_stop(out);
        struct substrate_text next = wire_out_next(out);
        ck_assert_uint_lt(*count, FRAMES_MAX * 8);
        if (kind != WIRE_STOP_NONE) {
            sizes[(*count)++] = signs[kind];
        } else if (next.size > 0) {
            base_buf_text(bytes, next);
            wire_out_consume(out, next.size);
            sizes[(*count)++] = (long)next.size;
        } else {
            more = false;
        }
    }
}

START_TEST(every_size) {
    static const size_t lengths[] = {0, 1, 125, 126, 127, 65535, 65536, 3000000};
    char *big = base_alloc(3000000);
    ck_assert_ptr_nonnull(big);
    memset(big, 'x', 3000000);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct wire_out out = {.buf = BASE_BUF_INIT};
        struct base_buf bytes = BASE_BUF_INIT;
        struct seen_frames frames;
        long sizes[FRAMES_MAX];
        size_t count = 0;
        wire_out_frame(&out, 0x81, (struct substrate_text){big, lengths[i]}, NULL);
        wire_out_frame(&out, 0x89, BASE_TEXT("p"), NULL);
        drain(&out, &bytes, sizes, &count);
        ck_assert_uint_eq(count, 1);
        see_frames((const unsigned char *)bytes.data, bytes.size, &frames);
        ck_assert_uint_eq(frames.count, 2);
        ck_assert_uint_eq(frames.list[0].first, 0x81);
        ck_assert_uint_eq(frames.list[0].length, lengths[i]);
        ck_assert(base_text_equal(base_buf_view(&frames.list[0].payload),
                                  (struct substrate_text){big, lengths[i]}));
        ck_assert_uint_eq(frames.list[1].first, 0x89);
        free_seen(&frames);
        base_buf_free(&bytes);
        wire_out_free(&out);
    }
    base_free(big);
}
END_TEST

/* Many messages between partial writes: none is lost, doubled or torn, and the memory does not
 * grow. */
START_TEST(interleaved) {
    struct wire_out out = {.buf = BASE_BUF_INIT};
    struct base_buf bytes = BASE_BUF_INIT;
    char text[700];
    uint64_t mark = 0, expected = 0;
    memset(text, 'm', sizeof(text));
    for (unsigned i = 0; i < 20000; i++) {
        size_t size = (i * 31) % sizeof(text);
        wire_out_frame(&out, 0x81, (struct substrate_text){text, size}, NULL);
        expected += size + (size < 126 ? 2 : 4);
        ck_assert_uint_gt(wire_out_end(&out), mark);
        mark = wire_out_end(&out);
        while (wire_out_unsent(&out) > (i % 200 == 199 ? 0 : 200000)) {
            struct substrate_text next = wire_out_next(&out);
            size_t part = next.size < 7001 ? next.size : 7001;
            base_buf_append(&bytes, next.data, part);
            wire_out_consume(&out, part);
        }
    }
    ck_assert_uint_lt(out.buf.capacity, 1000000);
    ck_assert_uint_eq(wire_out_consumed(&out), mark);
    ck_assert_uint_eq(mark, expected);
    ck_assert_uint_eq(bytes.size, expected);
    const unsigned char *at = (const unsigned char *)bytes.data;
    for (unsigned i = 0; i < 20000; i++) {
        size_t size = (i * 31) % sizeof(text);
        ck_assert_uint_eq(at[0], 0x81);
        ck_assert_uint_eq(size < 126 ? at[1] : at[2] * 256U + at[3], size);
        at += size < 126 ? 2 : 4;
        ck_assert_mem_eq(at, text, size);
        at += size;
    }
    base_buf_free(&bytes);
    wire_out_free(&out);
}
END_TEST

/* The writes that a shape makes of a text of 10 bytes (12 with its header), and where it stops. */
START_TEST(writes_of_a_shape) {
    static const uint64_t cuts[] = {4};
    static const struct {
        struct wire_shape shape;
        long writes[16];
    } cases[] = {
        {{.dribble = 5}, {5, 5, 2}},
        {{.dribble = 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
        {{.dribble = 100}, {12}},
        {{.pause_at = {WIRE_PLACE_BYTE, 0}}, {-1, 12}},
        {{.pause_at = {WIRE_PLACE_BYTE, 3}}, {3, -1, 9}},
        {{.pause_at = {WIRE_PLACE_PERCENT, 50}}, {6, -1, 6}},
        {{.pause_at = {WIRE_PLACE_PERCENT, 100}}, {12, -1}},
        {{.pause_at = {WIRE_PLACE_BYTE, 99}}, {12, -1}},
        {{.pause_at = {WIRE_PLACE_BYTE, 7}, .dribble = 4}, {4, 3, -1, 4, 1}},
        {{.sever_at = {WIRE_PLACE_BYTE, 7}, .dribble = 4}, {4, 3, -2, 5}},
        {{.sever_at = {WIRE_PLACE_BYTE, 7}, .sever_with = WIRE_SEVER_END}, {7, -3, 5}},
        {{.sever_at = {WIRE_PLACE_PERCENT, 0}}, {-2, 12}},
        {{.sever_at = {WIRE_PLACE_BYTE, 7}, .pause_at = {WIRE_PLACE_BYTE, 7}}, {7, -1, -2, 5}},
        {{.sever_at = {WIRE_PLACE_BYTE, 7}, .pause_at = {WIRE_PLACE_BYTE, 8}}, {7, -2, 5}},
        /* A place counts from the message's own first byte, not from the close frame's. */
        {{.after_close = true, .pause_at = {WIRE_PLACE_BYTE, 1}}, {5, -1, 11}},
        {{.cuts = cuts, .cut_count = 1, .pause_at = {WIRE_PLACE_BYTE, 6}}, {6, -1, 8}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wire_out out = {.buf = BASE_BUF_INIT};
        struct base_buf bytes = BASE_BUF_INIT;
        long writes[FRAMES_MAX * 8];
        size_t count = 0, want = 0;
        wire_out_shaped(&out, BASE_TEXT("0123456789"), &cases[i].shape);
        drain(&out, &bytes, writes, &count);
        while (want < 16 && cases[i].writes[want] != 0) {
            want++;
        }
        ck_assert_msg(count == want, "case %zu: %zu writes", i, count);
        for (size_t j = 0; j < want; j++) {
            ck_assert_msg(writes[j] == cases[i].writes[j], "case %zu, %zu: %ld", i, j, writes[j]);
        }
        ck_assert_ptr_null(out.stops);
        base_buf_free(&bytes);
        wire_out_free(&out);
    }
}
END_TEST

/* What follows a message that stops waits for the stop, and keeps its own. */
START_TEST(stops_of_several_messages) {
    static const struct wire_shape slow = {.dribble = 6};
    static const struct wire_shape paused = {.pause_at = {WIRE_PLACE_BYTE, 2}};
    static const long want[] = {7, 6, 1, 2, -1, 5, 9, -1, 5, -4};
    struct wire_out out = {.buf = BASE_BUF_INIT};
    struct base_buf bytes = BASE_BUF_INIT;
    long writes[FRAMES_MAX * 8];
    size_t count = 0;
    wire_out_frame(&out, 0x81, BASE_TEXT("plain"), NULL);
    wire_out_shaped(&out, BASE_TEXT("drops"), &slow);
    wire_out_shaped(&out, BASE_TEXT("waits"), &paused);
    drain(&out, &bytes, writes, &count);
    ck_assert_uint_eq(count, 6);
    wire_out_frame(&out, 0x81, BASE_TEXT("again"), NULL);
    wire_out_shaped(&out, BASE_TEXT("waits"), &paused);
    wire_out_stop(&out, WIRE_STOP_CLOSE);
    size_t more = 0;
    drain(&out, &bytes, writes + count, &more);
    ck_assert_uint_eq(count + more, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < count + more; i++) {
        ck_assert_msg(writes[i] == want[i], "%zu: %ld", i, writes[i]);
    }
    ck_assert_uint_eq(bytes.size, 5 * 7);
    base_buf_free(&bytes);
    wire_out_free(&out);
}
END_TEST

/* ---- frames that come in ---- */

/* Each beginning of a frame is unfinished, says how much it needs, and uses nothing. */
START_TEST(unfinished_frames) {
    unsigned char bytes[64], copy[64];
    size_t size = client_frame(bytes, 0x81, "some text");
    struct wire_read read;
    for (size_t part = 0; part <= size; part++) {
        struct wire_reader reader = {.message_max = 100, .from_client = true};
        memcpy(copy, bytes, size);
        wire_reader_next(&reader, (char *)copy, part, &read);
        if (part < size) {
            ck_assert_int_eq(read.kind, WIRE_READ_MORE);
            ck_assert_uint_eq(read.used, 0);
            ck_assert_uint_eq(read.need, part < 2 ? 2 : part < 6 ? 6 : size);
            ck_assert_mem_eq(copy, bytes, size);
        } else {
            ck_assert_int_eq(read.kind, WIRE_READ_MESSAGE);
            ck_assert_ptr_eq(read.text.data, copy + 6);
            ck_assert(base_text_is(read.text, "some text") && !read.binary);
        }
        wire_reader_free(&reader);
    }
}
END_TEST

START_TEST(fragments_and_limits) {
    static const struct {
        const char *payload;
        unsigned first;
        enum wire_read_kind kind;
        const char *text;
    } steps[] = {{"abc", 0x02, WIRE_READ_PART, ""},
                 {"ping", 0x89, WIRE_READ_PING, "ping"},
                 {"", 0x00, WIRE_READ_PART, ""},
                 {"def", 0x80, WIRE_READ_MESSAGE, "abcdef"},
                 {"0123456789", 0x81, WIRE_READ_MESSAGE, "0123456789"},
                 {"0123456789x", 0x81, WIRE_READ_OVERSIZE, ""},
                 {"0123456789", 0x01, WIRE_READ_PART, ""},
                 {"x", 0x00, WIRE_READ_OVERSIZE, ""},
                 {"y", 0x00, WIRE_READ_PART, ""},
                 {"", 0x8a, WIRE_READ_PONG, ""},
                 {"z", 0x80, WIRE_READ_PART, ""},
                 {"small", 0x81, WIRE_READ_MESSAGE, "small"}};
    struct wire_reader reader = {.message_max = 10, .from_client = true};
    unsigned char bytes[64];
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        size_t size = client_frame(bytes, steps[i].first, steps[i].payload), used = 0;
        struct wire_read read;
        wire_reader_next(&reader, (char *)bytes, size, &read);
        ck_assert_msg(read.kind == steps[i].kind, "step %zu: %d", i, (int)read.kind);
        ck_assert(base_text_is(read.text, steps[i].text));
        for (used = read.used; used < size; used += read.used) { /* what is thrown away */
            wire_reader_next(&reader, (char *)bytes + used, 1, &read);
            ck_assert_int_eq(read.kind, WIRE_READ_PART);
        }
        ck_assert_uint_eq(used, size);
    }
    wire_reader_free(&reader);
}
END_TEST

/* A client reads what a server must send: without masks. */
START_TEST(frames_of_a_server) {
    struct wire_reader reader = {.message_max = 10};
    struct wire_read read;
    char plain[] = "\x81\x02hi", masked[] = "\x81\x82\x01\x02\x03\x04hi";
    wire_reader_next(&reader, plain, sizeof(plain) - 1, &read);
    ck_assert(read.kind == WIRE_READ_MESSAGE && base_text_is(read.text, "hi"));
    wire_reader_next(&reader, masked, sizeof(masked) - 1, &read);
    ck_assert(read.kind == WIRE_READ_WRONG && read.code == 1002);
    wire_reader_free(&reader);
}
END_TEST

START_TEST(keys_and_hosts) {
    static const char *const names[] = {"my.node"};
    struct base_buf accept = BASE_BUF_INIT;
    wire_key_accept(BASE_TEXT("dGhlIHNhbXBsZSBub25jZQ=="), &accept); /* of RFC 6455 */
    ck_assert(base_text_is(base_buf_view(&accept), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    base_buf_free(&accept);
    ck_assert(wire_host_is_allowed(BASE_TEXT("MY.node:1"), names, 1));
    ck_assert(!wire_host_is_allowed(BASE_TEXT("MY.node:1"), names, 0));
    ck_assert(wire_host_is_allowed(BASE_TEXT("[::ffff:1.2.3.4]:5"), NULL, 0));
    ck_assert(!wire_host_is_allowed(BASE_TEXT("1.2.3.4.5"), NULL, 0));
    ck_assert(!wire_host_is_allowed(BASE_TEXT("1.2.3.4\0"), NULL, 0));
    ck_assert(!wire_host_is_allowed(BASE_TEXT("["), NULL, 0));
    ck_assert(!wire_host_is_allowed(BASE_TEXT(":80"), NULL, 0));
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

CHECK_MAIN("wire", every_size, interleaved, writes_of_a_shape, stops_of_several_messages,
           unfinished_frames, fragments_and_limits, frames_of_a_server, keys_and_hosts,
           head_of_a_post, head_keeps_alive, head_asks_for_a_websocket, heads_that_are_none,
           targets, escapes)
