/* WebSocket frame headers (RFC 6455 §5.2), for peers that put several finished messages into one
 * write. */
#ifndef BASE_WS_FRAME_H
#define BASE_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE_WS_HEADER_MAX 14

enum base_ws_opcode {
    BASE_WS_CONTINUATION = 0,
    BASE_WS_TEXT = 1,
    BASE_WS_BINARY = 2,
    BASE_WS_CLOSE = 8,
    BASE_WS_PING = 9,
    BASE_WS_PONG = 10,
};

/* Writes the header of a frame into `out`, returns its length. mask: NULL (server) or 4 bytes. */
size_t base_ws_header(uint8_t out[BASE_WS_HEADER_MAX], enum base_ws_opcode opcode, int final,
                      uint64_t payload_size, const uint8_t *mask);
/* XORs a payload in place, from its first byte. Returns whether all that comes out is ASCII. */
bool base_ws_mask(uint8_t *payload, size_t size, const uint8_t mask[4]);

#endif
