/* What the scanner, the views and the writer of JSON share: runs of plain characters, UTF-8, and
 * the end of a string that is known to be valid. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "json.h"

static inline bool base_json_is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline bool base_json_is_plain(char c) {
    return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

/* Skips characters that stand for themselves in a string: ASCII but controls, quote and backslash.
 * Eight at a time: the terms below set the top bit of each byte that is not plain; a borrow may set
 * one too many, but only in a byte above a right one, so that the lowest is always right. */
static inline const char *base_json_plain_run(const char *at, const char *end) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    while (end - at >= 8) {
        uint64_t word = 0;
        memcpy(&word, at, 8);
        uint64_t quote = (word ^ ones * '"') - ones;
        uint64_t backslash = (word ^ ones * '\\') - ones;
        uint64_t control = word - ones * 0x20;
        uint64_t stops = (quote | backslash | control | word) & ones * 0x80;
        if (stops != 0) {
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return at + __builtin_ctzll(stops) / 8;
#else
            break;
#endif
        }
        at += 8;
    }
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

/* From the opening quote of a valid string to just behind its closing one: the first quote that an
 * even number of backslashes precedes. Most strings are short, and for those a call costs more. */
static inline const char *base_json_string_end(const char *at, const char *end) {
    const char *first = at + 1;
    const char *search = base_json_plain_run(first, end - first > 32 ? first + 32 : end);
    if (*search == '"') {
        return search + 1;
    }
    for (;;) {
        const char *quote = memchr(search, '"', (size_t)(end - search));
        const char *run = quote;
        while (run > first && run[-1] == '\\') {
            run--;
        }
        if ((quote - run) % 2 == 0) {
            return quote + 1;
        }
        search = quote + 1;
    }
}

#endif
