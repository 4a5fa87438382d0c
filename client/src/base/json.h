/* JSON without a tree. A text is validated once, strictly (RFC 8259: UTF-8, escapes, numbers, one
 * value, a depth limit), and is then walked by views into it: raw text of ids, results and
 * parameters stays byte for byte as it came. Numbers are never converted unless asked. Writing goes
 * to a base_buf. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <substrate/base.h>
#include "arena.h"
#include "buf.h"

enum base_json_kind {
    BASE_JSON_NONE, /* a member that is not there */
    BASE_JSON_NULL,
    BASE_JSON_FALSE,
    BASE_JSON_TRUE,
    BASE_JSON_NUMBER,
    BASE_JSON_STRING,
    BASE_JSON_ARRAY,
    BASE_JSON_OBJECT,
};

/* A value inside validated text: from its first character to its last, quotes and brackets
 * included, no white space around. */
struct base_json {
    enum base_json_kind kind;
    struct substrate_text raw;
};

/* No text may nest deeper. */
#define BASE_JSON_DEPTH_CEILING 1024
/* Depth that every parser of peers' text uses, unless it says why not. */
#define BASE_JSON_DEPTH_MAX 128

/* Validates `text` as exactly one JSON value (white space around it is allowed).
 * Returns OK; E_DECODE with *position the offset of the first wrong byte (of a bad UTF-8 sequence
 * its first); E_LIMIT when containers nest deeper than depth_max, or than the ceiling. `position`
 * may be NULL. Never recurses. */
enum substrate_status base_json_parse(struct substrate_text text, unsigned depth_max,
                                      struct base_json *value, size_t *position);

/* Which containers a scan is in; its user looks at none of it. */
struct base_json_scan {
    unsigned depth, depth_max;
    uint64_t
        objects[BASE_JSON_DEPTH_CEILING / 64]; /* bit set: that level's container is an object */
};

/* Validates an object and walks its members in one pass, for a text that is looked at once. _begin
 * returns false, and nothing more may be asked, when the text is no object. _next gives one member
 * after the other, each valid by itself, and then false; `good` is set by that last call only, when
 * all of the text was one valid value. */
struct base_json_members {
    struct base_json_scan scan;
    const char *at, *end;
    bool any, good;
};
bool base_json_members_begin(struct base_json_members *members, struct substrate_text text,
                             unsigned depth_max);
bool base_json_members_next(struct base_json_members *members, struct substrate_text *key,
                            struct base_json *value);

/* Walks the elements of an array or the members of an object, both validated. `key` is the raw
 * member name with its quotes, {NULL, 0} in an array. */
struct base_json_walk {
    const char *at, *end;
    bool object;
};
void base_json_walk_init(struct base_json_walk *walk, struct base_json container);
bool base_json_walk_next(struct base_json_walk *walk, struct substrate_text *key,
                         struct base_json *value);

/* The member `name` (compared after unescaping) of an object; the last one wins, as in serde and
 * JavaScript. kind NONE when absent or when `object` is no object. */
struct base_json base_json_member(struct base_json object, const char *name);
/* The same, and *count is set to how many members have that name. */
struct base_json base_json_member_count(struct base_json object, const char *name, size_t *count);
size_t base_json_length(struct base_json container); /* elements or members */

/* An integer without fraction and exponent that fits (u64: no sign either); false otherwise, also
 * for other kinds. */
bool base_json_u64(struct base_json value, uint64_t *out);
bool base_json_i64(struct base_json value, int64_t *out);
/* A string equal to `text` after unescaping. */
bool base_json_is(struct base_json value, const char *text);
/* The same of a raw string with its quotes, such as the key of a walk. No escape is shorter than
 * what it stands for, nor as short; and most names have none. */
bool base_json_says_escaped(struct substrate_text string, struct substrate_text text);
static inline bool base_json_says(struct substrate_text string, struct substrate_text text) {
    if (string.size == text.size + 2 && memcmp(string.data + 1, text.data, text.size) == 0) {
        return memchr(text.data, '\\', text.size) == NULL;
    }
    return string.size > text.size + 2 && base_json_says_escaped(string, text);
}
/* The text of a string, unescaped: a view into the raw text when it has no escapes, else into the
 * arena. false: no string, or out of memory. Lone surrogates become U+FFFD. */
bool base_json_string(struct base_json value, struct base_arena *arena, struct substrate_text *out);
/* Whether a string has an escape that is half of a surrogate pair: it then stands for no text. */
bool base_json_has_half_pair(struct base_json string);

/* Writes a string with its quotes: only what RFC 8259 demands is escaped (the quote, the backslash
 * and characters under 0x20); bytes that are no UTF-8 become U+FFFD. */
void base_json_write_string(struct base_buf *buf, struct substrate_text text);
/* Writes `"0x…"` with the quotes. */
void base_json_write_hex(struct base_buf *buf, struct substrate_bytes bytes);
/* Writes a validated value without white space between tokens; the tokens stay as they are. */
void base_json_write_compact(struct base_buf *buf, struct base_json value);

#endif
