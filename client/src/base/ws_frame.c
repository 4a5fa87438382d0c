/* Headers and masks of WebSocket frames. */
#include "ws_frame.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

/* What is XORed at a time: sixteen bytes where there is SSE2, eight elsewhere. */
#if defined(__SSE2__)
typedef __m128i lane;
static lane lane_get(const uint8_t *at) { return _mm_loadu_si128((const lane *)(const void *)at); }
static void lane_put(uint8_t *at, lane value) { _mm_storeu_si128((lane *)(void *)at, value); }
static lane lane_all(uint32_t word) { return _mm_set1_epi32((int)word); }
static lane lane_or(lane a, lane b) { return _mm_or_si128(a, b); }
static lane lane_xor(lane a, lane b) { return _mm_xor_si128(a, b); }
static bool lane_is_ascii(lane value) { return _mm_movemask_epi8(value) == 0; }
#else
typedef uint64_t lane;
static lane lane_get(const uint8_t *at) {
    lane value;
    memcpy(&value, at, sizeof value);
    return value;
}
static void lane_put(uint8_t *at, lane value) { memcpy(at, &value, sizeof value); }
static lane lane_all(uint32_t word) { return word | (lane)word << 32; }
static lane lane_or(lane a, lane b) { return a | b; }
static lane lane_xor(lane a, lane b) { return a ^ b; }
static bool lane_is_ascii(lane value) { return (value & UINT64_C(0x8080808080808080)) == 0; }
#endif

static bool mask_short(uint8_t *payload, size_t size, const uint8_t mask[4]) {
    unsigned set = 0;
    for (size_t i = 0; i < size; i++) {
        payload[i] ^= mask[i % 4];
        set |= payload[i];
    }
    return set < 0x80;
}

bool base_ws_mask(uint8_t *payload, size_t size, const uint8_t mask[4]) {
    if (size < sizeof(lane)) {
        return mask_short(payload, size, mask);
    }
    /* The last ones overlap those before, so they are read first. */
    uint8_t *last_at = payload + size - sizeof(lane);
    const uint8_t turned[4] = {mask[size % 4], mask[(size + 1) % 4], mask[(size + 2) % 4],
                               mask[(size + 3) % 4]};
    uint32_t word, turned_word;
    memcpy(&word, mask, sizeof word);
    memcpy(&turned_word, turned, sizeof turned_word);
    lane last = lane_xor(lane_get(last_at), lane_all(turned_word));
    lane wide_mask = lane_all(word), set = last;
    for (; payload < last_at; payload += sizeof(lane)) {
        lane value = lane_xor(lane_get(payload), wide_mask);
        lane_put(payload, value);
        set = lane_or(set, value);
    }
    lane_put(last_at, last);
    return lane_is_ascii(set);
}
