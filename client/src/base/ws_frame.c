/* Headers and masks of WebSocket frames. */
#include "ws_frame.h"

#include <string.h>

size_t base_ws_header(uint8_t out[BASE_WS_HEADER_MAX], enum base_ws_opcode opcode, int final,
                      uint64_t payload_size, const uint8_t *mask) {
    size_t length_bytes = payload_size < 126 ? 0 : payload_size <= 0xffff ? 2 : 8;
    unsigned length = length_bytes == 0 ? (unsigned)payload_size : length_bytes == 2 ? 126 : 127;
    size_t size = 0;
    out[size++] = (uint8_t)((final ? 0x80U : 0U) | (unsigned)opcode);
    out[size++] = (uint8_t)((mask != NULL ? 0x80U : 0U) | length);
    for (size_t i = length_bytes; i > 0; i--) {
        out[size++] = (uint8_t)(payload_size >> 8 * (i - 1));
    }
    if (mask != NULL) {
        memcpy(out + size, mask, 4);
        size += 4;
    }
    return size;
}

/* XORs a word at a time and collects what the words have set. */
static uint64_t mask_word(uint8_t *at, uint64_t wide_mask) {
    uint64_t word = 0;
    memcpy(&word, at, sizeof word);
    word ^= wide_mask;
    memcpy(at, &word, sizeof word);
    return word;
}

bool base_ws_mask(uint8_t *payload, size_t size, const uint8_t mask[4]) {
    uint64_t wide_mask = 0;
    uint64_t set = 0;
    memcpy(&wide_mask, mask, 4);
    memcpy((uint8_t *)&wide_mask + 4, mask, 4);
    size_t i = 0;
    for (; size - i >= 4 * sizeof wide_mask; i += 4 * sizeof wide_mask) {
        set |= mask_word(payload + i, wide_mask) | mask_word(payload + i + 8, wide_mask) |
               mask_word(payload + i + 16, wide_mask) | mask_word(payload + i + 24, wide_mask);
    }
    for (; size - i >= sizeof wide_mask; i += sizeof wide_mask) {
        set |= mask_word(payload + i, wide_mask);
    }
    for (; i < size; i++) {
        payload[i] ^= mask[i % 4];
        set |= payload[i];
    }
    return (set & UINT64_C(0x8080808080808080)) == 0;
}
