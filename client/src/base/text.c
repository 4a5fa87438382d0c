/* Comparing, trimming and reading borrowed text, and filling in errors. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int base_text_compare(struct substrate_text a, struct substrate_text b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct substrate_text base_text_trim(struct substrate_text text) {
    while (text.size > 0 && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_space(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* So many digits always fit: only those behind them are worth a division. */
#define DIGITS_SAFE 19

bool base_text_contains(struct substrate_text text, const char *part) {
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= text.size; i++) {
        if (memcmp(text.data + i, part, size) == 0) {
            return true;
        }
    }
    return false;
}

bool base_text_u64(struct substrate_text text, uint64_t *value) {
    if (text.size == 0 || text.size > DIGITS_SAFE + 1 || (text.size > 1 && text.data[0] == '0')) {
        return false;
    }
    uint64_t sum = 0, digit = 0;
    size_t safe = text.size < DIGITS_SAFE ? text.size : DIGITS_SAFE;
    for (const char *at = text.data, *end = at + safe; at < end; at++) {
        digit = (uint64_t)(unsigned char)*at - '0';
        if (digit > 9) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    if (text.size > DIGITS_SAFE) {
        digit = (uint64_t)(unsigned char)text.data[DIGITS_SAFE] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

/* Messages quote metadata, nodes and people: what would break the line, or steer a terminal, goes.
 */
static void keep_one_line(char *text) {
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\n' || c == '\r' || c == '\t') {
            *text = ' ';
        } else if (c < 0x20 || c == 0x7f) {
            *text = '?';
        } else if (c == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80) { /* U+0080 to U+009F */
            *text++ = '?';
            *text = '?';
        }
    }
}

enum substrate_status base_fail(struct substrate_error *error, enum substrate_status status,
                                const char *format, ...) {
    if (error != NULL) {
        error->status = status;
        error->rpc_code = 0;
        error->position = 0;
        va_list arguments;
        va_start(arguments, format);
        if (vsnprintf(error->message, sizeof error->message, format, arguments) < 0) {
            error->message[0] = '\0';
        }
        keep_one_line(error->message);
        va_end(arguments);
    }
    return status;
}
