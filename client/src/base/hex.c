/* Hexadecimal text to bytes and back: sixteen digits at a time where there is SSE2, else one. */
#include "hex.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Digit value plus one, so that everything unnamed is 0, no digit. */
static const unsigned char digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

int base_hex_digit(char c) { return digit_plus_one[(unsigned char)c] - 1; }

#if defined(__SSE2__)
/* Sixteen characters from each value of 0 to 15. */
static __m128i to_digits(__m128i values) {
    __m128i letters = _mm_cmpgt_epi8(values, _mm_set1_epi8(9));
    __m128i digits = _mm_add_epi8(values, _mm_set1_epi8('0'));
    return _mm_add_epi8(digits, _mm_and_si128(letters, _mm_set1_epi8('a' - '0' - 10)));
}

/* The sixteen digits of eight bytes, which are the lower half of `bytes`. */
static void write_sixteen(__m128i bytes, char *out) {
    const __m128i low = _mm_set1_epi8(15);
    __m128i first = _mm_and_si128(_mm_srli_epi16(bytes, 4), low);
    __m128i values = _mm_unpacklo_epi8(first, _mm_and_si128(bytes, low));
    _mm_storeu_si128((__m128i *)(void *)out, to_digits(values));
}

static __m128i load_sixteen(const char *at) {
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* A mark on each character that lies in a range. Those over 0x7f are negative, and in none. */
static __m128i within(__m128i text, char from, char to) {
    return _mm_and_si128(_mm_cmpgt_epi8(text, _mm_set1_epi8((char)(from - 1))),
                         _mm_cmplt_epi8(text, _mm_set1_epi8((char)(to + 1))));
}

/* A mark on each character that is a digit; `fold` is 0x20 where letters of upper case are, too. */
static __m128i mark_digits(__m128i text, char fold) {
    __m128i folded = _mm_or_si128(text, _mm_set1_epi8(fold));
    return _mm_or_si128(within(text, '0', '9'), within(folded, 'a', 'f'));
}

static bool all_marked(__m128i marks) { return _mm_movemask_epi8(marks) == 0xffff; }

/* Eight bytes of sixteen digits. */
static void read_sixteen(__m128i digits, uint8_t *out) {
    __m128i letters = _mm_cmpgt_epi8(digits, _mm_set1_epi8('9'));
    __m128i values = _mm_add_epi8(_mm_and_si128(digits, _mm_set1_epi8(15)),
                                  _mm_and_si128(letters, _mm_set1_epi8(9)));
    __m128i pairs = _mm_or_si128(_mm_slli_epi16(values, 4), _mm_srli_epi16(values, 8));
    pairs = _mm_and_si128(pairs, _mm_set1_epi16(255));
    _mm_storel_epi64((__m128i *)(void *)out, _mm_packus_epi16(pairs, pairs));
}
#endif

void base_hex_write(struct substrate_bytes bytes, char *out) {
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
#if defined(__SSE2__)
    for (; bytes.size - at >= 8; at += 8) {
        const void *eight = bytes.data + at;
        write_sixteen(_mm_loadl_epi64(eight), out + 2 * at);
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
    size_t i = 0;
#if defined(__SSE2__)
    for (; digits / 2 - i >= 8; i += 8) {
        __m128i sixteen = load_sixteen(at + 2 * i);
        if (!all_marked(mark_digits(sixteen, 0x20))) {
            return false;
        }
        read_sixteen(sixteen, out + i);
    }
#endif
    for (; i < digits / 2; i++) {
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
    size_t i = 2;
#if defined(__SSE2__)
    if (text.size - i >= 16) {
        /* The last sixteen apart, as they may overlap those before. */
        __m128i marks = mark_digits(load_sixteen(text.data + text.size - 16), 0);
        for (; text.size - i > 16; i += 16) {
            marks = _mm_and_si128(marks, mark_digits(load_sixteen(text.data + i), 0));
        }
        return all_marked(marks);
    }
#endif
    for (; i < text.size; i++) {
        char c = text.data[i];
        good &= digit_plus_one[(unsigned char)c] != 0 && (c < 'A' || c > 'F');
    }
    return good;
}
