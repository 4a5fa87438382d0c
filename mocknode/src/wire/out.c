/* The outgoing stream of a connection. */
#include "wire/out.h"

#include <string.h>
#include "base/mem.h"
#include "base/text.h"

void wire_out_free(struct wire_out *out) {
    base_buf_free(&out->buf);
    base_free(out->stops);
    *out = (struct wire_out){.buf = BASE_BUF_INIT};
}

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

void wire_out_frame(struct wire_out *out, unsigned first_byte, struct substrate_text payload,
                    const uint8_t *mask) {
    uint8_t header[BASE_WS_HEADER_MAX];
    size_t size = base_ws_header(header, BASE_WS_TEXT, 1, payload.size, mask);
    header[0] = (uint8_t)first_byte;
    make_room(out);
    if (!base_buf_reserve(&out->buf, size + payload.size)) {
        return;
    }
    base_buf_append(&out->buf, header, size);
    base_buf_text(&out->buf, payload);
    if (mask != NULL && payload.size > 0) {
        base_ws_mask((uint8_t *)out->buf.data + out->buf.size - payload.size, payload.size, mask);
    }
}

void wire_out_raw(struct wire_out *out, struct substrate_text bytes) {
    make_room(out);
    base_buf_text(&out->buf, bytes);
}

size_t wire_out_unsent(const struct wire_out *out) { return out->buf.size - out->start; }

uint64_t wire_out_end(const struct wire_out *out) { return out->base + out->buf.size; }

uint64_t wire_out_consumed(const struct wire_out *out) { return out->base + out->start; }

/* ---- stops ---- */

static void put_stop(struct wire_out *out, const struct wire_stop *stop) {
    if (!base_grow((void **)&out->stops, &out->stop_capacity, out->stop_count + 1,
                   sizeof(*out->stops))) {
        out->buf.failed = true;
        return;
    }
    out->stops[out->stop_count++] = *stop;
}

void wire_out_stop(struct wire_out *out, enum wire_stop_kind kind) {
    put_stop(out, &(struct wire_stop){.kind = kind, .at = wire_out_end(out)});
}

static struct wire_stop *first_stop(const struct wire_out *out) {
    return out->stop_first < out->stop_count ? &out->stops[out->stop_first] : NULL;
}

static void pop_stop(struct wire_out *out) {
    out->stop_first++;
    if (out->stop_first == out->stop_count) {
        base_free(out->stops);
        out->stops = NULL;
        out->stop_first = out->stop_count = out->stop_capacity = 0;
    }
}

size_t wire_out_pauses(const struct wire_out *out) {
    size_t count = 0;
    for (size_t i = out->stop_first; i < out->stop_count; i++) {
        count += out->stops[i].kind == WIRE_STOP_PAUSE;
    }
    return count;
}

enum wire_stop_kind wire_out_take_stop(struct wire_out *out) {
    const struct wire_stop *stop = first_stop(out);
    if (stop == NULL || stop->kind == WIRE_STOP_WRITES || stop->at != wire_out_consumed(out)) {
        return WIRE_STOP_NONE;
    }
    enum wire_stop_kind kind = stop->kind;
    pop_stop(out);
    return kind;
}

struct substrate_text wire_out_next(const struct wire_out *out) {
    const struct wire_stop *stop = first_stop(out);
    uint64_t consumed = wire_out_consumed(out), limit = wire_out_end(out);
    if (consumed == limit) {
        return (struct substrate_text){NULL, 0};
    }
    if (stop != NULL && stop->at > consumed) {
        limit = stop->at;
    } else if (stop != NULL && stop->kind == WIRE_STOP_WRITES) {
        limit = stop->until - consumed < stop->step ? stop->until : consumed + stop->step;
    } else if (stop != NULL) {
        return (struct substrate_text){NULL, 0};
    }
    return (struct substrate_text){out->buf.data + out->start, (size_t)(limit - consumed)};
}

void wire_out_consume(struct wire_out *out, size_t size) {
    struct wire_stop *stop = first_stop(out);
    out->start += size;
    if (stop != NULL && stop->kind == WIRE_STOP_WRITES && wire_out_consumed(out) >= stop->until) {
        pop_stop(out);
    }
    if (out->start < out->buf.size) {
        return;
    }
    out->base += out->start;
    out->start = 0;
    base_buf_reset(&out->buf);
}

void wire_out_drop(struct wire_out *out) {
    out->buf.size = out->start;
    while (first_stop(out) != NULL) {
        pop_stop(out);
    }
    wire_out_consume(out, 0);
}

/* ---- shapes ---- */

/* RFC 6455's own example of a mask; one that is drawn would make runs differ. */
static const uint8_t SHAPE_MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

#define FINAL 0x80U
#define CLOSE_NORMAL 1000
#define LONG_CONTROL 126

/* Where fragment `index` of `count` ends. */
static size_t fragment_end(const struct wire_shape *shape, size_t index, size_t count,
                           size_t size) {
    uint64_t end = size;
    if (index + 1 == count) {
        return size;
    }
    if (shape->each_byte) {
        end = index + 1;
    } else if (shape->cut_count > 0) {
        end = shape->cuts[index];
    } else {
        end = (uint64_t)(size / count + (size % count > 0)) * (index + 1);
    }
    return end < size ? (size_t)end : size;
}

static unsigned first_opcode(const struct wire_shape *shape) {
    unsigned opcode = shape->binary ? BASE_WS_BINARY : BASE_WS_TEXT;
    opcode = shape->opcode != 0 ? shape->opcode & 15U : opcode;
    return (shape->no_start ? BASE_WS_CONTINUATION : opcode) | (shape->rsv & 7U) << 4;
}

static void put_fragments(struct wire_out *out, struct substrate_text text,
                          const struct wire_shape *shape) {
    const uint8_t *mask = shape->mask ? SHAPE_MASK : NULL;
    size_t count = wire_shape_fragments(shape, text.size), begin = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = fragment_end(shape, i, count, text.size);
        end = end > begin ? end : begin;
        for (uint32_t ping = 0; i > 0 && ping < shape->pings_between; ping++) {
            wire_out_frame(out, FINAL | BASE_WS_PING, BASE_TEXT(""), mask);
        }
        unsigned opcode = i == 0 ? first_opcode(shape) : BASE_WS_CONTINUATION;
        wire_out_frame(out, opcode | (i + 1 == count ? FINAL : 0),
                       (struct substrate_text){text.data + begin, end - begin}, mask);
        begin = end;
    }
}

static void put_before(struct wire_out *out, const struct wire_shape *shape) {
    char filler[LONG_CONTROL];
    memset(filler, 'c', sizeof(filler));
    if (shape->long_control) {
        wire_out_frame(out, FINAL | BASE_WS_PING, (struct substrate_text){filler, sizeof(filler)},
                       NULL);
    }
    if (shape->after_close) {
        unsigned code = shape->close_code != 0 ? shape->close_code : CLOSE_NORMAL;
        const char payload[2] = {(char)(code >> 8), (char)(code & 0xff)};
        wire_out_frame(out, FINAL | BASE_WS_CLOSE, (struct substrate_text){payload, 2}, NULL);
    }
}

/* A place as an offset of the stream, for a message from `begin` to `end`. */
static uint64_t offset_of(struct wire_place place, uint64_t begin, uint64_t end) {
    uint64_t size = end - begin;
    uint64_t at = place.kind == WIRE_PLACE_PERCENT ? size * place.at / 100 : place.at;
    return place.kind == WIRE_PLACE_NONE || at > size ? end : begin + at;
}

static void put_writes(struct wire_out *out, uint32_t step, uint64_t from, uint64_t until) {
    if (step > 0 && from < until) {
        put_stop(out, &(struct wire_stop){
                          .kind = WIRE_STOP_WRITES, .step = step, .at = from, .until = until});
    }
}

/* In the order of their places; what is severed is not there any more. */
void wire_out_stops(struct wire_out *out, const struct wire_shape *shape, uint64_t begin) {
    uint64_t end = wire_out_end(out);
    bool pauses = shape->pause_at.kind != WIRE_PLACE_NONE;
    bool severs = shape->sever_at.kind != WIRE_PLACE_NONE;
    uint64_t severed = offset_of(shape->sever_at, begin, end);
    uint64_t paused = offset_of(shape->pause_at, begin, end);
    if (pauses && paused <= severed) {
        put_writes(out, shape->dribble, begin, paused);
        put_stop(out, &(struct wire_stop){.kind = WIRE_STOP_PAUSE, .at = paused});
        begin = paused;
    }
    put_writes(out, shape->dribble, begin, severed);
    if (severs) {
        enum wire_stop_kind kind =
            shape->sever_with == WIRE_SEVER_END ? WIRE_STOP_END : WIRE_STOP_RESET;
        put_stop(out, &(struct wire_stop){.kind = kind, .at = severed});
    }
}

/* A copy with a byte in its middle that UTF-8 never has; an empty text becomes that byte. */
static struct substrate_text spoil(struct substrate_text text, struct base_buf *copy) {
    base_buf_text(copy, text.size > 0 ? text : BASE_TEXT("?"));
    if (!copy->failed) {
        copy->data[copy->size / 2] = (char)0xff;
    }
    return base_buf_view(copy);
}

void wire_out_shaped(struct wire_out *out, struct substrate_text text,
                     const struct wire_shape *shape) {
    struct base_buf copy = BASE_BUF_INIT;
    if (shape->utf8) {
        text = spoil(text, &copy);
    }
    put_before(out, shape);
    uint64_t begin = wire_out_end(out);
    put_fragments(out, text, shape);
    wire_out_stops(out, shape, begin);
    out->buf.failed = out->buf.failed || copy.failed;
    base_buf_free(&copy);
}
