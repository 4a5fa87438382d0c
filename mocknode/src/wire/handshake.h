/* The handshake of a WebSocket (RFC 6455 §4), for both sides: keys and what answers them; and which
 * names the Host header may say. Knows no socket. */
#ifndef WIRE_HANDSHAKE_H
#define WIRE_HANDSHAKE_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "wire/wire.h"

#define WIRE_KEY_SIZE 24 /* 16 bytes in base64 */
#define WIRE_HOST_MAX 256

/* Whether it is a Sec-WebSocket-Key: 16 bytes in base64. */
bool wire_key_is_valid(struct substrate_text key);
/* Appends what Sec-WebSocket-Accept must say to a key. */
void wire_key_accept(struct substrate_text key, struct base_buf *out);
/* Appends a key of 16 bytes drawn at random. */
void wire_key_draw(struct base_buf *out);
/* A mask of a client's frame, which RFC 6455 wants drawn at random. */
void wire_mask_draw(uint8_t mask[4]);
/* Appends the headers of a server's answer. */
void wire_handshake_headers(struct substrate_text key, const struct wire_handshake *how,
                            struct base_buf *out);

/* Whether a Host header, with or without its port, says an address, localhost or one of `names`. A
 * request without one comes from no browser, and is allowed. */
bool wire_host_is_allowed(struct substrate_text host, const char *const *names, size_t count);

#endif
