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

/* Five digits at a time: 58^5 is the greatest power below 2^32. */
#define GROUP 656356768u
#define GROUP_DIGITS 5u
#define GROUPS_MAX 64u

/* The number that the bytes are, in groups of digits, the lowest first. false: too many. */
static bool write_groups(struct substrate_bytes bytes, uint32_t groups[GROUPS_MAX], size_t *count) {
    *count = 0;
    for (size_t at = 0; at < bytes.size;) {
        /* First what makes the rest a multiple of four bytes. */
        size_t size = (bytes.size - at) % 4 == 0 ? 4 : (bytes.size - at) % 4;
        uint64_t carry = 0;
        for (size_t end = at + size; at < end; at++) {
            carry = carry << 8 | bytes.data[at];
        }
        for (size_t i = 0; i < *count; i++) {
            carry += (uint64_t)groups[i] << 8 * size;
            groups[i] = (uint32_t)(carry % GROUP);
            carry /= GROUP;
        }
        for (; carry > 0; carry /= GROUP) {
            if (*count == GROUPS_MAX) {
                return false;
            }
            groups[(*count)++] = (uint32_t)(carry % GROUP);
        }
    }
    return true;
}

bool base_base58_write(struct substrate_bytes bytes, char *out, size_t capacity, size_t *size) {
    uint32_t groups[GROUPS_MAX];
    char digits[GROUPS_MAX * GROUP_DIGITS];
    size_t count = 0;
    size_t zeros = 0;
    while (zeros < bytes.size && bytes.data[zeros] == 0) {
        zeros++;
    }
    bytes = (struct substrate_bytes){bytes.data + zeros, bytes.size - zeros};
    if (!write_groups(bytes, groups, &count)) {
        return false;
    }
    size_t start = sizeof digits;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < GROUP_DIGITS; j++) {
            digits[--start] = alphabet[groups[i] % 58];
            groups[i] /= 58;
        }
    }
    while (start < sizeof digits && digits[start] == alphabet[0]) {
        start++; /* the highest group is rarely full */
    }
    size_t places = sizeof digits - start;
    if (zeros > capacity || places > capacity - zeros) {
        return false;
    }
    memset(out, alphabet[0], zeros);
    memcpy(out + zeros, digits + start, places);
    *size = zeros + places;
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
