/* Frames of a WebSocket client for tests of wire/, made by hand. */
#ifndef WIRE_FRAME_TEST_H
#define WIRE_FRAME_TEST_H

#include <stddef.h>
#include <string.h>

/* A masked frame of a client, by hand; returns its size. */
static inline size_t client_frame(unsigned char *at, unsigned first, const char *payload) {
    static const unsigned char mask[4] = {9, 8, 7, 6};
    size_t size = strlen(payload);
    at[0] = (unsigned char)first;
    at[1] = (unsigned char)(0x80 | size);
    memcpy(at + 2, mask, 4);
    for (size_t i = 0; i < size; i++) {
        at[6 + i] = (unsigned char)payload[i] ^ mask[i % 4];
    }
    return 6 + size;
}

#endif
