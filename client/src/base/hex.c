/* Hexadecimal text to bytes and back. */
#include "hex.h"

#include <string.h>

/* Digit value plus one, so that everything unnamed is 0, no digit. */
static const unsigned char digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

int base_hex_digit(char c) { return digit_plus_one[(unsigned char)c] - 1; }

#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BY_FOUR 1
/* The digits of four bytes at once, in the order of memory: each byte is moved to a lane of 16
 * bits, and its halves to the bytes of that lane. */
static uint64_t eight_digits(const uint8_t *bytes) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint32_t four = 0;
    memcpy(&four, bytes, sizeof(four));
    uint64_t lanes = four;
    lanes = (lanes | lanes << 16) & UINT64_C(0x0000ffff0000ffff);
    lanes = (lanes | lanes << 8) & UINT64_C(0x00ff00ff00ff00ff);
    uint64_t nibbles = (lanes >> 4 | lanes << 8) & 15 * ones;
    uint64_t letters = (nibbles + 6 * ones) >> 4 & ones; /* 1 for ten and above */
    return nibbles + '0' * ones + ('a' - '0' - 10) * letters;
}
#endif

void base_hex_write(struct substrate_bytes bytes, char *out) {
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
#ifdef BY_FOUR
    for (; bytes.size - at >= 4; at += 4) {
        uint64_t eight = eight_digits(bytes.data + at);
        memcpy(out + 2 * at, &eight, sizeof(eight));
    }
#endif
    for (; at < bytes.size; at++) {
        out[2 * at] = digits[bytes.data[at] >> 4];
        out[2 * at + 1] = digits[bytes.data[at] & 15];
    }
}

bool base_hex_read(struct substrate_text text, uint8_t *out, size_t capacity, size_t *size) {
    const char *at = text.data;
    size_t digits = text.size;
    if (digits >= 2 && at[0] == '0' && at[1] == 'x') {
        at += 2;
        digits -= 2;
    }
    if (digits % 2 != 0 || digits / 2 > capacity) {
        return false;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        int high = base_hex_digit(at[2 * i]);
        int low = base_hex_digit(at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    *size = digits / 2;
    return true;
}

bool base_hex_is_canonical(struct substrate_text text) {
    if (text.size < 2 || text.size % 2 != 0 || text.data[0] != '0' || text.data[1] != 'x') {
        return false;
    }
    bool good = true;
    for (size_t i = 2; i < text.size; i++) {
        char c = text.data[i];
        good &= digit_plus_one[(unsigned char)c] != 0 && (c < 'A' || c > 'F');
    }
    return good;
}
