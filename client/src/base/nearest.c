/* The nearest name, by edit distance; see nearest.h. */
#include "nearest.h"

/* No name of a runtime is longer; what is behind does not count. */
#define NAME_MAX_COUNTED 63

static unsigned fold(char c) {
    return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A' + 'a') : (unsigned char)c;
}

static unsigned least(unsigned a, unsigned b, unsigned c) {
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t counted(struct substrate_text text) {
    return text.size < NAME_MAX_COUNTED ? text.size : NAME_MAX_COUNTED;
}

/* Levenshtein's distance, row by row: row[j] is that of the first i of `a` and the first j of `b`.
 */
static unsigned distance(struct substrate_text a, struct substrate_text b) {
    unsigned row[NAME_MAX_COUNTED + 1];
    size_t width = counted(b);
    for (size_t j = 0; j <= width; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 0; i < counted(a); i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < width; j++) {
            unsigned changed = diagonal + (fold(a.data[i]) != fold(b.data[j]));
            diagonal = row[j + 1];
            row[j + 1] = least(changed, diagonal + 1, row[j] + 1);
        }
    }
    return row[width];
}

void base_nearest_offer(struct base_nearest *nearest, struct substrate_text name) {
    unsigned far = distance(nearest->wanted, name);
    if (nearest->name.data == NULL || far < nearest->distance) {
        nearest->name = name;
        nearest->distance = far;
    }
}
