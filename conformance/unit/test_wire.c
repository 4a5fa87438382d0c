/* The outgoing stream of a connection: frames, fragments, chunks, marks. Read back by a reader of
 * RFC 6455 frames that is written here. */
#include "check_main.h"
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "wire/out.h"

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

CHECK_MAIN("wire", every_size, interleaved, raw)
