/* Hexadecimal text to bytes and back. */
#include "hex.h"

/* Digit value plus one, so that everything unnamed is 0, no digit. */
static const unsigned char digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

int base_hex_digit(char c) { return digit_plus_one[(unsigned char)c] - 1; }

void base_hex_write(struct substrate_bytes bytes, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
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
