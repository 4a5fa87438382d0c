/* Small helpers on borrowed text and bytes. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <string.h>
#include <substrate/base.h>

#define BASE_TEXT(literal) ((struct substrate_text){(literal), sizeof(literal) - 1})

/* NULL gives {NULL, 0}. */
static inline struct substrate_text base_text(const char *string) {
    return (struct substrate_text){string, string == NULL ? 0 : strlen(string)};
}

static inline bool base_text_equal(struct substrate_text a, struct substrate_text b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool base_text_is(struct substrate_text text, const char *string) {
    return base_text_equal(text, base_text(string));
}

static inline bool base_text_starts(struct substrate_text text, const char *prefix) {
    size_t size = strlen(prefix);
    return text.size >= size && (size == 0 || memcmp(text.data, prefix, size) == 0);
}

/* memcmp order, the shorter first when one is a prefix of the other; works for raw bytes as well.
 */
int base_text_compare(struct substrate_text a, struct substrate_text b);
/* Whether `part` stands somewhere in the text. */
bool base_text_contains(struct substrate_text text, const char *part);
struct substrate_text
base_text_trim(struct substrate_text text); /* JSON white space at both ends */
/* Decimal only, no sign, no leading zero but "0", no overflow, nothing left over. */
bool base_text_u64(struct substrate_text text, uint64_t *value);

/* Fills an error (which may be NULL) and returns its status, so that `return base_fail(…)` reads
 * well. The message is formatted and cut to fit, and is one line: of control characters, white
 * space becomes a space and another one a question mark. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum substrate_status
base_fail(struct substrate_error *error, enum substrate_status status, const char *format, ...);

#endif
