/* Base58: the bytes are one big-endian number in base 58, and each leading zero byte is a leading
 * "1". Both directions keep the number in `out`, its lowest place first, and turn it around at the
 * end. */
#include "base58.h"

#include <string.h>

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static void reverse(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t other = bytes[size - 1 - i];
        bytes[size - 1 - i] = bytes[i];
        bytes[i] = other;
    }
}

/* number = number * factor + carry, in places of `base`. false: it needs more than `capacity`. */
static bool multiply_add(uint8_t *number, size_t *places, size_t capacity, const unsigned factor,
                         const unsigned base, unsigned carry) {
    for (size_t i = 0; i < *places; i++) {
        carry += number[i] * factor;
        number[i] = (uint8_t)(carry % base);
        carry /= base;
    }
    while (carry > 0) {
        if (*places == capacity) {
            return false;
        }
        number[(*places)++] = (uint8_t)(carry % base);
        carry /= base;
    }
    return true;
}

/* Adds `count` zero places on top. */
static bool add_zeros(uint8_t *number, size_t *places, size_t capacity, size_t count) {
    if (count > capacity - *places) {
        return false;
    }
    if (count > 0) {
        memset(number + *places, 0, count);
    }
    *places += count;
    return true;
}

bool base_base58_write(struct substrate_bytes bytes, char *out, size_t capacity, size_t *size) {
    uint8_t *digits = (uint8_t *)out;
    size_t zeros = 0;
    while (zeros < bytes.size && bytes.data[zeros] == 0) {
        zeros++;
    }
    size_t places = 0;
    for (size_t i = zeros; i < bytes.size; i++) {
        if (!multiply_add(digits, &places, capacity, 256, 58, bytes.data[i])) {
            return false;
        }
    }
    if (!add_zeros(digits, &places, capacity, zeros)) {
        return false;
    }
    reverse(digits, places);
    for (size_t i = 0; i < places; i++) {
        out[i] = alphabet[digits[i]];
    }
    *size = places;
    return true;
}

enum substrate_status base_base58_read(struct substrate_text text, uint8_t *out, size_t capacity,
                                       size_t *size) {
    size_t zeros = 0;
    size_t places = 0;
    bool fits = true;
    for (size_t i = 0; i < text.size; i++) {
        const char *digit = text.data[i] == '\0' ? NULL : strchr(alphabet, text.data[i]);
        if (digit == NULL) {
            *size = i;
            return SUBSTRATE_E_DECODE;
        }
        zeros += zeros == i && digit == alphabet;
        fits = fits && multiply_add(out, &places, capacity, 58, 256, (unsigned)(digit - alphabet));
    }
    if (!fits || !add_zeros(out, &places, capacity, zeros)) {
        return SUBSTRATE_E_LIMIT;
    }
    reverse(out, places);
    *size = places;
    return SUBSTRATE_OK;
}
