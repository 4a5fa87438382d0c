/* Decimal text of integers. What fits 64 bits, nearly everything on a chain, is written two digits
 * at a time from a table; what is wider is divided by 10^9 in limbs of 32 bits. */
#include "number.h"

#include "base/text.h"

#include <string.h>

#define LIMBS 8
#define GROUP 1000000000u /* the greatest power of ten in a limb: nine digits */
#define GROUP_DIGITS 9u
#define DIGITS_MAX 78u /* of 2^256 - 1 */

static const char PAIRS[] = "00010203040506070809"
                            "10111213141516171819"
                            "20212223242526272829"
                            "30313233343536373839"
                            "40414243444546474849"
                            "50515253545556575859"
                            "60616263646566676869"
                            "70717273747576777879"
                            "80818283848586878889"
                            "90919293949596979899";

static size_t count_digits(uint64_t value) {
    size_t count = 0;
    while (value >= 10000) {
        value /= 10000;
        count += 4;
    }
    return count + 1 + (value >= 10) + (value >= 100) + (value >= 1000);
}

size_t number_write_u64(uint64_t value, char out[NUMBER_ROOM]) {
    size_t size = count_digits(value);
    size_t at = size;
    while (value >= 100) {
        at -= 2;
        memcpy(out + at, PAIRS + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        memcpy(out, PAIRS + 2 * value, 2);
    } else {
        out[0] = (char)('0' + value);
    }
    return size;
}

/* How many limbs there are without the zeros on top. */
static size_t limbs_used(const struct number_wide *value) {
    size_t used = LIMBS;
    while (used > 0 && value->limbs[used - 1] == 0) {
        used--;
    }
    return used;
}

size_t number_write_wide(const struct number_wide *value, char out[NUMBER_ROOM]) {
    struct number_wide rest = *value;
    uint32_t groups[DIGITS_MAX / GROUP_DIGITS + 1];
    size_t count = 0;
    for (size_t used = limbs_used(&rest); used > 2; used = limbs_used(&rest)) {
        uint64_t remainder = 0;
        for (size_t i = used; i-- > 0;) {
            uint64_t part = remainder << 32 | rest.limbs[i];
            rest.limbs[i] = (uint32_t)(part / GROUP);
            remainder = part % GROUP;
        }
        groups[count++] = (uint32_t)remainder;
    }
    size_t size = number_write_u64((uint64_t)rest.limbs[1] << 32 | rest.limbs[0], out);
    while (count > 0) {
        uint32_t group = groups[--count];
        for (size_t i = GROUP_DIGITS; i-- > 0; group /= 10) {
            out[size + i] = (char)('0' + group % 10);
        }
        size += GROUP_DIGITS;
    }
    return size;
}

/* Two's complement of the lowest `count` limbs. */
static void negate(uint32_t *limbs, size_t count) {
    uint64_t carry = 1;
    for (size_t i = 0; i < count; i++) {
        carry += (uint32_t)~limbs[i];
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

struct number_wide number_load(struct substrate_bytes bytes, bool is_signed, bool *negative) {
    struct number_wide value = {{0}};
    *negative = is_signed && bytes.data[bytes.size - 1] >= 0x80;
    for (size_t i = 0; i < sizeof value.limbs; i++) {
        uint8_t byte = i < bytes.size ? bytes.data[i] : *negative ? 0xff : 0;
        value.limbs[i / 4] |= (uint32_t)byte << (8 * (i % 4));
    }
    if (*negative) {
        negate(value.limbs, LIMBS);
    }
    return value;
}

enum number_result number_store(struct number_wide magnitude, bool negative, bool is_signed,
                                uint8_t *bytes, size_t size) {
    if (negative) {
        negate(magnitude.limbs, LIMBS);
    }
    /* What is above the type's bits, and its sign bit, repeats the sign; a value whose 256 bits do
     * not is out of range, and so is any negative one of an unsigned type. */
    uint8_t above = negative ? 0xff : 0;
    bool fits = is_signed || !negative;
    uint8_t all[32];
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (uint8_t)(magnitude.limbs[i / 4] >> (8 * (i % 4)));
        fits = fits && (i < size || all[i] == above);
    }
    if (!fits || (is_signed && (all[size - 1] & 0x80) != (above & 0x80))) {
        return NUMBER_RANGE;
    }
    memcpy(bytes, all, size);
    return NUMBER_OK;
}

static uint64_t load_u64(struct substrate_bytes bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        value |= (uint64_t)bytes.data[i] << (8 * i);
    }
    return value;
}

/* The text without quotes; *safe is whether it needs none as JSON. */
static size_t write_integer(struct substrate_bytes bytes, bool is_signed, char *out, bool *safe) {
    if (bytes.size <= 8 && !is_signed) {
        uint64_t value = load_u64(bytes);
        *safe = value <= NUMBER_SAFE_MAX;
        return number_write_u64(value, out);
    }
    bool negative = false;
    struct number_wide value = number_load(bytes, is_signed, &negative);
    *out = '-';
    *safe = limbs_used(&value) <= 2 && value.limbs[1] <= NUMBER_SAFE_MAX >> 32;
    return negative + number_write_wide(&value, out + negative);
}

size_t number_write(struct substrate_bytes bytes, bool is_signed, char out[NUMBER_ROOM]) {
    bool safe = false;
    return write_integer(bytes, is_signed, out, &safe);
}

static size_t quote(char *out, size_t size) {
    memmove(out + 1, out, size);
    out[0] = '"';
    out[size + 1] = '"';
    return size + 2;
}

size_t number_write_json_u64(uint64_t value, char out[NUMBER_ROOM]) {
    size_t size = number_write_u64(value, out);
    return value <= NUMBER_SAFE_MAX ? size : quote(out, size);
}

size_t number_write_json(struct substrate_bytes bytes, bool is_signed, char out[NUMBER_ROOM]) {
    bool safe = false;
    size_t size = write_integer(bytes, is_signed, out, &safe);
    return safe ? size : quote(out, size);
}

/* value = value * factor + more. false: over 256 bits. */
static bool multiply_add(struct number_wide *value, uint32_t factor, uint32_t more) {
    uint64_t carry = more;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)value->limbs[i] * factor;
        value->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return carry == 0;
}

enum number_result number_read_wide(struct substrate_text digits, struct number_wide *value) {
    *value = (struct number_wide){{0}};
    if (digits.size == 0 || (digits.size > 1 && digits.data[0] == '0')) {
        return NUMBER_MALFORMED;
    }
    bool fits = true;
    uint32_t group = 0;
    uint32_t scale = 1;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return NUMBER_MALFORMED;
        }
        group = group * 10 + (uint32_t)(digits.data[i] - '0');
        scale *= 10;
        if (scale == GROUP || i + 1 == digits.size) {
            fits = fits && multiply_add(value, scale, group);
            group = 0;
            scale = 1;
        }
    }
    return fits ? NUMBER_OK : NUMBER_RANGE;
}

enum number_result number_read(struct substrate_text text, bool is_signed, uint8_t *bytes,
                               size_t size) {
    uint64_t small = 0;
    if (size <= 8 && !is_signed && base_text_u64(text, &small)) {
        if (size < 8 && small >> (8 * size) != 0) {
            return NUMBER_RANGE;
        }
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)(small >> (8 * i));
        }
        return NUMBER_OK;
    }
    bool negative = text.size > 0 && text.data[0] == '-';
    if (negative) {
        text.data++;
        text.size--;
    }
    struct number_wide magnitude;
    enum number_result result = number_read_wide(text, &magnitude);
    if (result == NUMBER_OK && limbs_used(&magnitude) == 0 && negative) {
        return NUMBER_MALFORMED;
    }
    return result != NUMBER_OK ? result : number_store(magnitude, negative, is_signed, bytes, size);
}
