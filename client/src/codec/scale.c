/* Compact integers: the two low bits of the first byte say how long the rest is. Only the shortest
 * form of a value is taken, so that every value has one encoding. */
#include "scale.h"

bool scale_compact_wide(struct scale_reader *reader, uint8_t value[32]) {
    struct scale_reader ahead = *reader;
    const uint8_t *first = scale_take(&ahead, 1);
    memset(value, 0, 32);
    if (first == NULL) {
        return false;
    }
    if ((*first & 3) == 3) {
        size_t size = (size_t)(*first >> 2) + 4;
        const uint8_t *bytes = size <= 32 ? scale_take(&ahead, size) : NULL;
        if (bytes == NULL || bytes[size - 1] == 0 || (size == 4 && bytes[3] < 0x40)) {
            return false;
        }
        memcpy(value, bytes, size);
        *reader = ahead;
        return true;
    }
    uint64_t number = 0;
    if (!scale_compact(reader, &number)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        value[i] = (uint8_t)(number >> (8 * i));
    }
    return true;
}

/* The long mode: a byte with the length, and as many bytes. */
static bool compact_long(struct scale_reader *reader, uint64_t *value) {
    struct scale_reader ahead = *reader;
    uint64_t length = 0;
    (void)scale_uint(&ahead, 1, &length); /* it is there: the mode was read from it */
    length = (length >> 2) + 4;
    if (length > 8 || !scale_uint(&ahead, (unsigned)length, value)) {
        return false;
    }
    if (length == 4 ? *value < UINT64_C(1) << 30 : *value >> (8 * (length - 1)) == 0) {
        return false;
    }
    *reader = ahead;
    return true;
}

bool scale_compact(struct scale_reader *reader, uint64_t *value) {
    /* By mode: how many bytes, and the least value that has no shorter form. */
    static const uint8_t SIZES[] = {1, 2, 4};
    static const uint64_t LEAST[] = {0, 1 << 6, 1 << 14};
    *value = 0;
    if (scale_left(reader) == 0) {
        return false;
    }
    unsigned mode = reader->data[reader->at] & 3;
    if (mode == 3) {
        return compact_long(reader, value);
    }
    struct scale_reader ahead = *reader;
    if (!scale_uint(&ahead, SIZES[mode], value)) {
        return false;
    }
    *value >>= 2;
    if (*value < LEAST[mode]) {
        return false;
    }
    *reader = ahead;
    return true;
}
