/* The shape of one message on a WebSocket: into which frames and which writes it is cut, and what
 * breaks it. Pure data, without a socket: a script fills it in, the wire carries it out. A struct
 * of zeros is a plain message: one text frame, as few writes as the socket takes.
 *
 * A place counts the bytes of the message as it is framed: byte 0 is the first of its first frame's
 * header (behind pings and a close frame that a shape puts before it). A place behind the end is
 * the end. Over TLS places are of the plain stream, and a write is one SSL_write. */
#ifndef WIRE_SHAPE_H
#define WIRE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_place_kind {
    WIRE_PLACE_NONE,
    WIRE_PLACE_BYTE,    /* `at` is a byte */
    WIRE_PLACE_PERCENT, /* `at` is 0 to 100 of a hundred: 50 is the middle, rounded down */
};

struct wire_place {
    enum wire_place_kind kind;
    uint64_t at;
};

enum wire_sever {
    WIRE_SEVER_RESET, /* RST: what the peer has not read may be lost to it */
    WIRE_SEVER_END,   /* FIN, without a close frame; over TLS without close_notify */
};

struct wire_shape {
    /* The frame. */
    bool binary;
    bool mask;      /* masked, as a client's frames are and a server's must not be */
    bool utf8;      /* a text frame whose payload is not UTF-8: a byte 0xFF in its middle */
    bool no_start;  /* a continuation of nothing, in place of the first frame */
    uint8_t rsv;    /* reserved bits of the first frame: 4 is RSV1, 2 RSV2, 1 RSV3 */
    uint8_t opcode; /* of the first frame in place of text: 3 to 7 or 11 to 15. 0: none */

    /* The fragments: at most one of these three. Cuts are bytes of the text, not of the frame, and
     * `cuts` ascends; it is borrowed for the call. A cut outside of the text makes an empty frame.
     */
    const uint64_t *cuts;
    size_t cut_count;
    uint32_t fragments;     /* so many, of equal size but for the last */
    bool each_byte;         /* a fragment of one byte each */
    uint32_t pings_between; /* so many pings between each two fragments */

    /* What stands before the message. */
    bool long_control;   /* a ping whose payload is 126 bytes long, which no control frame may be */
    bool after_close;    /* a close frame: the message comes after it */
    uint16_t close_code; /* of that close frame; 0: 1000 */

    /* The writes. */
    uint32_t dribble;           /* so many bytes a write, one write after the other; 0: all */
    struct wire_place pause_at; /* nothing more leaves from there on until wire_resume */
    struct wire_place sever_at; /* and nothing ever */
    enum wire_sever sever_with;
};

/* Into how many frames a message of that size is cut. */
static inline size_t wire_shape_fragments(const struct wire_shape *shape, size_t size) {
    if (shape->each_byte) {
        return size > 0 ? size : 1;
    }
    size_t fragments = shape->fragments > 0 ? shape->fragments : 1;
    return shape->cut_count > 0 ? shape->cut_count + 1 : fragments;
}

#endif
