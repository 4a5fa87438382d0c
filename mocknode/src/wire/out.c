/* The outgoing stream of a connection: framing by base/ws_frame.h, chunks by walking the frame
 * headers that were written here. */
#include "wire/out.h"

#include <string.h>
#include "base/text.h"
#include "base/ws_frame.h"

/* A buffer that grew over this for one large answer is given back once it is empty. */
#define KEEP_MAX (1024 * 1024)

void wire_out_free(struct wire_out *out) { base_buf_free(&out->buf); }

/* Moves what is unsent to the front before an append, when at least half of the buffer is consumed,
 * so that each byte moves at most once per doubling. */
static void make_room(struct wire_out *out) {
    if (out->start == 0 || out->start < out->buf.size - out->start) {
        return;
    }
    memmove(out->buf.data, out->buf.data + out->start, out->buf.size - out->start);
    out->buf.size -= out->start;
    out->base += out->start;
    out->start = 0;
}

static void frame(struct wire_out *out, enum base_ws_opcode opcode, bool final,
                  struct substrate_text payload) {
    uint8_t header[BASE_WS_HEADER_MAX];
    size_t size = base_ws_header(header, opcode, final, payload.size, NULL);
    base_buf_append(&out->buf, header, size);
    base_buf_text(&out->buf, payload);
}

void wire_out_message(struct wire_out *out, struct substrate_text message) {
    make_room(out);
    size_t frames = message.size / WIRE_FRAGMENT_MAX + 1;
    if (!base_buf_reserve(&out->buf, message.size + frames * BASE_WS_HEADER_MAX)) {
        return;
    }
    enum base_ws_opcode opcode = BASE_WS_TEXT;
    while (message.size > WIRE_FRAGMENT_MAX) {
        frame(out, opcode, false, (struct substrate_text){message.data, WIRE_FRAGMENT_MAX});
        message.data += WIRE_FRAGMENT_MAX;
        message.size -= WIRE_FRAGMENT_MAX;
        opcode = BASE_WS_CONTINUATION;
    }
    frame(out, opcode, true, message);
}

/* Not empty: libwebsockets does not report the pong of an empty ping. */
void wire_out_ping(struct wire_out *out) {
    make_room(out);
    frame(out, BASE_WS_PING, true, BASE_TEXT("?"));
}

void wire_out_raw(struct wire_out *out, struct substrate_text bytes) {
    make_room(out);
    base_buf_text(&out->buf, bytes);
}

size_t wire_out_unsent(const struct wire_out *out) { return out->buf.size - out->start; }

uint64_t wire_out_end(const struct wire_out *out) { return out->base + out->buf.size; }

uint64_t wire_out_consumed(const struct wire_out *out) { return out->base + out->start; }

/* The length of the frame at `at`; frames here are unmasked and at most WIRE_FRAGMENT_MAX long, so
 * the 64-bit length never occurs. */
static size_t frame_size(const uint8_t *at) {
    size_t size = at[1] & 0x7F;
    return size < 126 ? 2 + size : 4 + (((size_t)at[2] << 8) | at[3]);
}

struct substrate_text wire_out_chunk(const struct wire_out *out) {
    size_t unsent = wire_out_unsent(out);
    if (unsent == 0) {
        return (struct substrate_text){NULL, 0};
    }
    const char *data = out->buf.data + out->start;
    size_t size = unsent < WIRE_CHUNK_MAX ? unsent : WIRE_CHUNK_MAX;
    if (out->framed && unsent > WIRE_CHUNK_MAX) {
        size = 0;
        size_t next = frame_size((const uint8_t *)data);
        while (size + next <= WIRE_CHUNK_MAX) {
            size += next;
            next = frame_size((const uint8_t *)data + size);
        }
    }
    return (struct substrate_text){data, size};
}

void wire_out_consume(struct wire_out *out, size_t size) {
    out->start += size;
    if (out->start < out->buf.size) {
        return;
    }
    out->base += out->start;
    out->start = 0;
    if (out->buf.capacity > KEEP_MAX) {
        base_buf_free(&out->buf);
    } else {
        base_buf_reset(&out->buf);
    }
}
