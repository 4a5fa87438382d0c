/* Arithmetic on keys in hex, where the order of texts is the order of bytes. */
#include "record/interval.h"

#include <string.h>

bool interval_of_prefix(struct base_arena *arena, struct substrate_text prefix,
                        struct fact_interval *interval) {
    static const char DIGITS[] = "0123456789abcdef";
    size_t size = prefix.size;
    *interval = (struct fact_interval){prefix, {NULL, 0}};
    while (size >= 2 && memcmp(prefix.data + size - 2, "ff", 2) == 0) {
        size -= 2;
    }
    if (size == 0) {
        return true; /* nothing comes after it */
    }
    char *digits = base_arena_alloc(arena, size);
    if (digits == NULL) {
        return false;
    }
    memcpy(digits, prefix.data, size);
    /* The last byte is not ff: adding one to it carries into its first digit at most. */
    char *low = &digits[size - 1], *high = &digits[size - 2];
    if (*low == 'f') {
        *low = '0';
        *high = DIGITS[strchr(DIGITS, *high) - DIGITS + 1];
    } else {
        *low = DIGITS[strchr(DIGITS, *low) - DIGITS + 1];
    }
    interval->to = (struct substrate_text){digits, size};
    return true;
}

struct substrate_text key_successor(struct base_arena *arena, struct substrate_text key) {
    char *digits = base_arena_alloc(arena, key.size + 2);
    if (digits == NULL) {
        return (struct substrate_text){NULL, 0};
    }
    if (key.size > 0) {
        memcpy(digits, key.data, key.size);
    }
    memcpy(digits + key.size, "00", 2);
    return (struct substrate_text){digits, key.size + 2};
}
