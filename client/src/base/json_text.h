/* What the scanner, the views and the writer of JSON share: runs of plain characters, UTF-8, and
 * the end of a string that is known to be valid. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include "json.h"

static inline bool base_json_is_space(char c) {
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\n' || c == '\t' || c == '\r');
}

static inline bool base_json_is_plain(char c) {
    return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

#if defined(__SSE2__)
/* A bit for each of 16 characters that is not plain. */
static inline unsigned base_json_stops(const char *at) {
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quote = _mm_cmpeq_epi8(text, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'));
    __m128i other = _mm_cmplt_epi8(text, _mm_set1_epi8(0x20)); /* signed: those over 0x7f, too */
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), other));
}
#endif

/* Skips characters that stand for themselves in a string: ASCII but controls, quote and backslash.
 * Sixteen at a time where there is SSE2, eight elsewhere: the terms below set the top bit of each
 * byte that is not plain; a borrow may set one too many, but only in a byte above a right one, so
 * that the lowest is always right. */
static inline const char *base_json_plain_run(const char *at, const char *end) {
#if defined(__SSE2__)
    const char *start = at;
    while (end - at >= 16) {
        unsigned stops = base_json_stops(at);
        if (stops != 0) {
            return at + __builtin_ctz(stops);
        }
        at += 16;
    }
    if (at > start) { /* the last few together with those before them */
        unsigned stops = base_json_stops(end - 16) >> (16 - (end - at));
        return stops != 0 ? at + __builtin_ctz(stops) : end;
    }
#else
    const uint64_t ones = UINT64_C(0x0101010101010101);
    while (end - at >= 8) {
        uint64_t word = 0;
        memcpy(&word, at, 8);
        uint64_t quote = (word ^ ones * '"') - ones;
        uint64_t backslash = (word ^ ones * '\\') - ones;
        uint64_t control = word - ones * 0x20;
        if (((quote | backslash | control | word) & ones * 0x80) != 0) {
            break;
        }
        at += 8;
    }
#endif
    while (at < end && base_json_is_plain(*at)) {
        at++;
    }
    return at;
}

/* Looks at the UTF-8 sequence that starts at `at` (before `end`), by table 3-7 of the Unicode
 * standard. Returns its length and sets *valid; for a bad one, how many bytes a decoder replaces by
 * one U+FFFD. */
static inline size_t base_utf8_step(const char *at, const char *end, bool *valid) {
    unsigned char lead = (unsigned char)at[0];
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    *valid = lead < 0x80 || (lead >= 0xc2 && lead <= 0xf4);
    if (!*valid) {
        return 1;
    }
    for (size_t i = 1; i < length; i++) {
        if (end - at <= (ptrdiff_t)i || (unsigned char)at[i] < low || (unsigned char)at[i] > high) {
            *valid = false;
            return i;
        }
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

/* The view of a valid value; its first character says what it is. */
static inline struct base_json base_json_view(const char *start, const char *stop) {
    enum base_json_kind kind = BASE_JSON_NUMBER;
    switch (*start) {
    case '"':
        kind = BASE_JSON_STRING;
        break;
    case '[':
        kind = BASE_JSON_ARRAY;
        break;
    case '{':
        kind = BASE_JSON_OBJECT;
        break;
    case 'n':
        kind = BASE_JSON_NULL;
        break;
    case 't':
        kind = BASE_JSON_TRUE;
        break;
    case 'f':
        kind = BASE_JSON_FALSE;
        break;
    default:
        break;
    }
    return (struct base_json){kind, {start, (size_t)(stop - start)}};
}

/* From the opening quote of a valid string to just behind its closing one. */
static inline const char *base_json_string_end(const char *at, const char *end) {
    for (at++;;) {
        at = base_json_plain_run(at, end);
        if (*at == '"') {
            return at + 1;
        }
        at += *at == '\\' ? 2 : 1; /* else one of more than ASCII */
    }
}

#endif
