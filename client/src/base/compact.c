/* SCALE compact integers. Mode 0, 1, 2: one, two, four bytes with the value above the mode's two
 * bits; mode 3: the number of bytes less four above them, and then the value's bytes. */
#include "compact.h"

void base_compact_write(struct base_buf *buf, uint64_t value) {
    uint8_t bytes[9];
    size_t size = 0;
    uint64_t rest = 0;
    if (value < UINT64_C(1) << 30) {
        unsigned mode = value < 1 << 6 ? 0 : value < 1 << 14 ? 1 : 2;
        size = (size_t)1 << mode;
        rest = value << 2 | mode;
    } else {
        size_t length = 4;
        while (length < 8 && value >> 8 * length != 0) {
            length++;
        }
        base_buf_char(buf, (char)((length - 4) << 2 | 3));
        size = length;
        rest = value;
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(rest >> 8 * i);
    }
    base_buf_append(buf, bytes, size);
}

enum substrate_status base_compact_read(struct substrate_bytes input, uint64_t *value,
                                        size_t *used) {
    if (input.size == 0) {
        return SUBSTRATE_E_DECODE;
    }
    unsigned mode = input.data[0] & 3;
    size_t start = mode == 3 ? 1 : 0;
    size_t length = mode == 3 ? (size_t)(input.data[0] >> 2) + 4 : (size_t)1 << mode;
    if (length > 8 || input.size < start + length) {
        return SUBSTRATE_E_DECODE;
    }
    uint64_t read = 0;
    for (size_t i = 0; i < length; i++) {
        read |= (uint64_t)input.data[start + i] << 8 * i;
    }
    /* The least value that has no shorter form. */
    uint64_t least = 0;
    if (mode == 3) {
        least = length == 4 ? UINT64_C(1) << 30 : UINT64_C(1) << 8 * (length - 1);
    } else {
        read >>= 2;
        least = mode == 0 ? 0 : mode == 1 ? 1 << 6 : 1 << 14;
    }
    if (read < least) {
        return SUBSTRATE_E_DECODE;
    }
    *value = read;
    *used = start + length;
    return SUBSTRATE_OK;
}
