/* Compact integers: the two low bits of the first byte say how long the rest is. */
#include "scale.h"

bool scale_compact_wide(struct scale_reader *reader, uint8_t value[32]) {
    struct scale_reader ahead = *reader;
    const uint8_t *first = scale_take(&ahead, 1);
    memset(value, 0, 32);
    if (first == NULL) {
        return false;
    }
    if ((*first & 3) != 3) {
        static const unsigned MORE[] = {0, 1, 3};
        unsigned more = MORE[*first & 3];
        uint64_t number;
        ahead = *reader;
        if (!scale_uint(&ahead, more + 1, &number)) {
            return false;
        }
        number >>= 2;
        if ((more == 1 && number < 1u << 6) || (more == 3 && number < 1u << 14)) {
            return false;
        }
        for (unsigned i = 0; i < 4; i++) {
            value[i] = (uint8_t)(number >> (8 * i));
        }
    } else {
        size_t size = (size_t)(*first >> 2) + 4;
        const uint8_t *bytes = size <= 32 ? scale_take(&ahead, size) : NULL;
        if (bytes == NULL || bytes[size - 1] == 0 || (size == 4 && bytes[3] < 0x40)) {
            return false;
        }
        memcpy(value, bytes, size);
    }
    *reader = ahead;
    return true;
}

bool scale_compact(struct scale_reader *reader, uint64_t *value) {
    struct scale_reader ahead = *reader;
    uint8_t wide[32];
    *value = 0;
    if (!scale_compact_wide(&ahead, wide)) {
        return false;
    }
    for (unsigned i = 0; i < 32; i++) {
        if (i >= 8 && wide[i] != 0) {
            return false;
        }
        *value |= i < 8 ? (uint64_t)wide[i] << (8 * i) : 0;
    }
    *reader = ahead;
    return true;
}
