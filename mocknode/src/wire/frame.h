/* Reading WebSocket frames (RFC 6455 §5): headers, masks, fragments, and what may not be. Works in
 * place on bytes that have come in; knows no socket. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/buf.h"

/* Codes of a close frame, RFC 6455 §7.4.1. */
enum {
    WIRE_CLOSE_NORMAL = 1000,
    WIRE_CLOSE_GOING_AWAY = 1001,
    WIRE_CLOSE_PROTOCOL = 1002,
    WIRE_CLOSE_NOT_UTF8 = 1007,
    WIRE_CLOSE_POLICY = 1008,
};
#define WIRE_CONTROL_MAX 125 /* bytes of a control frame's payload */

/* What a reader keeps between frames. */
struct wire_reader {
    size_t message_max;      /* may change between frames */
    bool from_client;        /* frames must be masked; or else they must not be */
    bool in_message;         /* the first frame of a message has come, and not its last */
    bool binary;             /* of that message */
    bool ascii;              /* all of it so far */
    bool discarding;         /* that message is over message_max */
    uint64_t skip;           /* payload bytes that are still to be thrown away */
    struct base_buf message; /* the fragments so far */
};

enum wire_read_kind {
    WIRE_READ_MORE,    /* the frame is not all there: nothing was used */
    WIRE_READ_PART,    /* a fragment, or something that is thrown away */
    WIRE_READ_MESSAGE, /* one whole message */
    WIRE_READ_PING,
    WIRE_READ_PONG,
    WIRE_READ_CLOSE,    /* `code` is 0 when it has none; `text` is the reason */
    WIRE_READ_OVERSIZE, /* a message over message_max has begun; its bytes will be parts */
    WIRE_READ_WRONG,    /* the peer breaks the protocol: `code`, `why`; nothing can be read on */
    WIRE_READ_NO_MEMORY,
};

struct wire_read {
    enum wire_read_kind kind;
    size_t used; /* bytes of the input */
    /* With WIRE_READ_MORE: how many bytes the input must have at least. */
    uint64_t need;
    struct substrate_text text; /* into the input, or of the reader until its next frame */
    bool binary;
    unsigned code;
    const char *why;
    uint64_t size; /* of the message, as far as the peer has told */
};

/* Reads the frame that begins at `data`; its payload is unmasked where it lies. */
void wire_reader_next(struct wire_reader *reader, char *data, size_t size, struct wire_read *read);
void wire_reader_free(struct wire_reader *reader);

#endif
