/* What is to leave through one socket: a stream of bytes, filled by frames (or by HTTP) and emptied
 * by writes, with stops in it: places that no write crosses, and where something else happens.
 * Knows no socket. */
#ifndef WIRE_OUT_H
#define WIRE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "base/ws_frame.h"
#include "wire/shape.h"

enum wire_stop_kind {
    WIRE_STOP_NONE,
    WIRE_STOP_WRITES, /* from here to `until` a write is `step` bytes long */
    WIRE_STOP_PAUSE,  /* wait for wire_resume */
    WIRE_STOP_RESET,  /* RST */
    WIRE_STOP_END,    /* FIN, and nothing of TLS */
    WIRE_STOP_CLOSE,  /* a close frame, or the last answer, stands before this */
};

struct wire_stop {
    enum wire_stop_kind kind;
    uint32_t step;
    uint64_t at, until; /* offsets of the stream */
};

struct wire_out {
    struct base_buf buf;
    size_t start;            /* what was consumed of buf */
    uint64_t base;           /* the stream offset of buf's first byte */
    struct wire_stop *stops; /* ascending; only WIRE_STOP_WRITES has a length, and none overlap */
    size_t stop_first, stop_count, stop_capacity;
};

void wire_out_free(struct wire_out *out);
/* Append; out.buf.failed says that memory ran out. `mask`: NULL, or 4 bytes of a client. */
void wire_out_frame(struct wire_out *out, unsigned first_byte, struct substrate_text payload,
                    const uint8_t *mask);
void wire_out_raw(struct wire_out *out, struct substrate_text bytes);
void wire_out_shaped(struct wire_out *out, struct substrate_text text,
                     const struct wire_shape *shape);
/* The shape's pause, dribble and cut of what was appended from that offset on. */
void wire_out_stops(struct wire_out *out, const struct wire_shape *shape, uint64_t begin);
/* A stop behind all that was appended. */
void wire_out_stop(struct wire_out *out, enum wire_stop_kind kind);
/* How many pauses are still to come. */
size_t wire_out_pauses(const struct wire_out *out);
/* Drops what is behind what was consumed, stops included. */
void wire_out_drop(struct wire_out *out);

size_t wire_out_unsent(const struct wire_out *out);
/* The stream offset behind everything that was appended, and behind what was consumed. */
uint64_t wire_out_end(const struct wire_out *out);
uint64_t wire_out_consumed(const struct wire_out *out);

/* Takes the stop, other than WIRE_STOP_WRITES, that stands where the stream was consumed to. */
enum wire_stop_kind wire_out_take_stop(struct wire_out *out);
/* The bytes of the next write, up to the next stop; {NULL, 0} when there are none. Valid until the
 * next append. */
struct substrate_text wire_out_next(const struct wire_out *out);
void wire_out_consume(struct wire_out *out, size_t size);

#endif
