/* What is to leave through one socket: a byte stream of whole frames (or of HTTP), filled by
 * messages and emptied by bounded chunks that end between frames, so that a pong of libwebsockets
 * never lands inside one. Knows no socket. */
#ifndef WIRE_OUT_H
#define WIRE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/buf.h"

/* Messages over this are cut into fragments of this size; with its header one fits in a chunk. */
#define WIRE_FRAGMENT_MAX 65000
#define WIRE_CHUNK_MAX 65536

struct wire_out {
    struct base_buf buf;
    size_t start;  /* what was consumed of buf */
    uint64_t base; /* the stream offset of buf's first byte */
    bool framed;
};

void wire_out_free(struct wire_out *out);
/* Append; out.buf.failed says that memory ran out. */
void wire_out_message(struct wire_out *out, struct substrate_text message);
void wire_out_ping(struct wire_out *out);
void wire_out_raw(struct wire_out *out, struct substrate_text bytes);

size_t wire_out_unsent(const struct wire_out *out);
/* The stream offset behind everything that was appended, and behind what was consumed. */
uint64_t wire_out_end(const struct wire_out *out);
uint64_t wire_out_consumed(const struct wire_out *out);
/* The next bytes to write: at most WIRE_CHUNK_MAX, whole frames when framed; {NULL, 0} when there
 * are none. Valid until the next append. */
struct substrate_text wire_out_chunk(const struct wire_out *out);
void wire_out_consume(struct wire_out *out, size_t size);

#endif
