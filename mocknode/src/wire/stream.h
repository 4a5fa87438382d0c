/* One connected socket and the bytes on their way in and out, plain or over TLS. What its owner
 * does not use of the bytes that came in is kept for him; memory is held only while there is
 * something in it. */
#ifndef WIRE_STREAM_H
#define WIRE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "wire/loop.h"
#include "wire/out.h"
#include "wire/tls.h"

/* What all streams of a loop share, because only one of them is read or written at a time. */
struct wire_room {
    char *scratch;         /* where reading begins */
    struct base_buf spare; /* an empty buffer for the next stream that sends */
};

struct wire_stream {
    struct wire_watch watch; /* first: the loop gives it back */
    struct wire_tls *tls;    /* NULL: plain */
    struct wire_room *room;
    struct base_buf in; /* what came and was not used */
    struct wire_out out;
    bool closed;
    bool blocked;                              /* the socket takes no more for now */
    bool write_needs_input, read_needs_output; /* of TLS, in its handshake */
};

/* Uses the beginning of `data` and says how much of it; it may change the bytes. */
typedef size_t (*wire_take)(struct wire_stream *stream, char *data, size_t size);

/* false: out of memory. */
bool wire_room_open(struct wire_room *room);
void wire_room_close(struct wire_room *room);

/* Reads once, or as long as TLS has more, and has `take` use what there is. Returns what came last:
 * a number of bytes, WIRE_END, WIRE_AGAIN or WIRE_LOST (out of memory, too). `take` may close the
 * stream. */
ssize_t wire_stream_read(struct wire_stream *stream, wire_take take);
/* Has `take` use what came before. */
void wire_stream_retake(struct wire_stream *stream, wire_take take);

/* To be called before something is appended to an empty `out`: gives it a buffer that another one
 * left. */
void wire_stream_begin(struct wire_stream *stream);
/* The stops of `out` are up to the caller: this writes up to the next one. Returns the bytes that
 * the socket took, WIRE_END when there are none to write, WIRE_AGAIN (`blocked` is set) or
 * WIRE_LOST. */
ssize_t wire_stream_write(struct wire_stream *stream);

/* To be told what the loop told of the socket. */
void wire_stream_woken(struct wire_stream *stream, uint32_t events);
/* What to watch for: input when it is wanted, output when that is blocked. false: out of memory. */
bool wire_stream_watch(struct wire_stream *stream, struct wire_loop *loop, bool input);
/* FIN; over TLS close_notify before it when `notify`. */
void wire_stream_shut(struct wire_stream *stream, bool notify);
/* Closes the socket, with RST when `reset`. What came in stays until wire_stream_free: whoever
 * closes may be in the middle of it. */
void wire_stream_close(struct wire_stream *stream, struct wire_loop *loop, bool reset);
void wire_stream_free(struct wire_stream *stream);

#endif
