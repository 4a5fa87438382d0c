/* Fixed point by way of 256 bits with the point in their middle: the upper half is the integer part
 * of any type, and the lower half its fraction, so that only a shift differs between types. */
#include "fixed.h"

#include <string.h>

#define HALF 4 /* limbs on each side of the point */
#define HALF_BITS 128u
#define GROUP 1000000000u
#define GROUP_DIGITS 9u
#define GROUPS_MAX ((HALF_BITS + GROUP_DIGITS - 1) / GROUP_DIGITS)

bool fixed_is_valid(struct type_fixed fixed) {
    return fixed.bits % 8 == 0 && fixed.bits >= 8 && fixed.bits <= HALF_BITS &&
           fixed.fraction <= fixed.bits;
}

/* What `bits` more or fewer bits below a limb's take from it and its neighbour. */
static uint32_t limb_at(const struct number_wide *value, size_t bit) {
    size_t limb = bit / 32;
    uint64_t low = limb < 2 * HALF ? value->limbs[limb] : 0;
    uint64_t high = limb + 1 < 2 * HALF ? value->limbs[limb + 1] : 0;
    return (uint32_t)((high << 32 | low) >> bit % 32);
}

static struct number_wide shift_right(const struct number_wide *value, size_t bits) {
    struct number_wide shifted;
    for (size_t i = 0; i < 2 * HALF; i++) {
        shifted.limbs[i] = limb_at(value, 32 * i + bits);
    }
    return shifted;
}

/* The next nine decimal digits of the fraction: what passes the point when it is multiplied. */
static uint32_t next_group(struct number_wide *value) {
    uint64_t carry = 0;
    for (size_t i = 0; i < HALF; i++) {
        carry += (uint64_t)value->limbs[i] * GROUP;
        value->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return (uint32_t)carry;
}

static bool has_fraction(const struct number_wide *value) {
    return (value->limbs[0] | value->limbs[1] | value->limbs[2] | value->limbs[3]) != 0;
}

size_t fixed_write(struct type_fixed fixed, const uint8_t *bytes, char out[FIXED_ROOM]) {
    bool negative = false;
    struct number_wide raw =
        number_load((struct substrate_bytes){bytes, fixed.bits / 8u}, fixed.is_signed, &negative);
    /* Shifted left by a whole half, and then right by the fraction: `raw` is not wider than that.
     */
    struct number_wide whole = {{0}};
    memcpy(whole.limbs + HALF, raw.limbs, sizeof whole.limbs / 2);
    struct number_wide value = shift_right(&whole, fixed.fraction);
    struct number_wide integer = {{0}};
    memcpy(integer.limbs, value.limbs + HALF, sizeof integer.limbs / 2);
    out[0] = '-';
    size_t size = negative + number_write_wide(&integer, out + negative);
    if (!has_fraction(&value)) {
        return size;
    }
    out[size++] = '.';
    while (has_fraction(&value)) {
        uint32_t group = next_group(&value);
        for (size_t i = GROUP_DIGITS; i-- > 0; group /= 10) {
            out[size + i] = (char)('0' + group % 10);
        }
        size += GROUP_DIGITS;
    }
    while (out[size - 1] == '0') {
        size--;
    }
    return size;
}

/* The fraction's decimal digits as 128 binary ones. INEXACT when something is left. */
static enum number_result read_fraction(struct substrate_text digits, struct number_wide *value) {
    while (digits.size > 0 && digits.data[digits.size - 1] == '0') {
        digits.size--;
    }
    uint32_t groups[GROUPS_MAX] = {0};
    bool exact = digits.size <= HALF_BITS;
    for (size_t i = 0; i < GROUPS_MAX * GROUP_DIGITS; i++) {
        uint32_t digit = i < digits.size ? (uint32_t)(digits.data[i] - '0') : 0;
        groups[i / GROUP_DIGITS] = groups[i / GROUP_DIGITS] * 10 + digit;
    }
    uint32_t rest = 0;
    for (size_t limb = HALF; limb-- > 0;) {
        uint64_t carry = 0;
        rest = 0;
        for (size_t i = GROUPS_MAX; i-- > 0;) {
            carry += (uint64_t)groups[i] << 32;
            groups[i] = (uint32_t)(carry % GROUP);
            rest |= groups[i];
            carry /= GROUP;
        }
        value->limbs[limb] = (uint32_t)carry;
    }
    return exact && rest == 0 ? NUMBER_OK : NUMBER_INEXACT;
}

/* Parts the text at its point. false: digits are missing, or something else is there. */
static bool split(struct substrate_text text, struct substrate_text *integer,
                  struct substrate_text *fraction) {
    const char *point = text.size == 0 ? NULL : memchr(text.data, '.', text.size);
    *integer = text;
    *fraction = (struct substrate_text){NULL, 0};
    if (point == NULL) {
        return true;
    }
    integer->size = (size_t)(point - text.data);
    *fraction = (struct substrate_text){point + 1, text.size - integer->size - 1};
    for (size_t i = 0; i < fraction->size; i++) {
        if (fraction->data[i] < '0' || fraction->data[i] > '9') {
            return false;
        }
    }
    return fraction->size > 0;
}

enum number_result fixed_read(struct type_fixed fixed, struct substrate_text text, uint8_t *bytes) {
    bool negative = text.size > 0 && text.data[0] == '-';
    struct substrate_text integer_digits, fraction_digits;
    if (negative) {
        text.data++;
        text.size--;
    }
    if (!split(text, &integer_digits, &fraction_digits)) {
        return NUMBER_MALFORMED;
    }
    struct number_wide integer;
    enum number_result result = number_read_wide(integer_digits, &integer);
    if (result != NUMBER_OK) {
        return result;
    }
    struct number_wide value = {{0}};
    for (size_t i = 0; i < HALF; i++) {
        if (integer.limbs[HALF + i] != 0) {
            return NUMBER_RANGE;
        }
        value.limbs[HALF + i] = integer.limbs[i];
    }
    result = read_fraction(fraction_digits, &value);
    /* Below the type's fraction there must be nothing; in one piece with the integer part it may be
     * as wide as both halves, which is why bits are looked at before they are shifted out. */
    struct number_wide below = {{0}};
    memcpy(below.limbs + HALF, value.limbs, sizeof below.limbs / 2);
    below = shift_right(&below, HALF_BITS - fixed.fraction);
    if (result != NUMBER_OK || has_fraction(&below)) {
        return NUMBER_INEXACT;
    }
    value = shift_right(&value, HALF_BITS - fixed.fraction);
    bool zero = true;
    for (size_t i = 0; i < 2 * HALF; i++) {
        zero = zero && value.limbs[i] == 0;
    }
    return negative && zero
               ? NUMBER_MALFORMED
               : number_store(value, negative, fixed.is_signed, bytes, fixed.bits / 8u);
}
