/* JSON that people write (plans, scripts, manifests, lines of a fixture), read strictly: a member
 * that nobody knows is an error and not a smaller document. Whoever reads a value holds its place,
 * so that each error says where:
 *
 *     script.json:7: rules[2].do[0].hold: unknown member "untl"; known are "gate", "until" and
 *     "limit"; nearest is "until"
 *
 * A reader asks for the members of an object by a table of names, and gives each to the reader of
 * its kind:
 *
 *     enum { GATE, UNTIL, LIMIT, MEMBERS };
 *     static const char *const NAMES[MEMBERS + 1] = {"gate", "until", "limit", NULL};
 *     struct document_value m[MEMBERS];
 *     status = document_members(&hold, NAMES, m);
 *     if (status == SUBSTRATE_OK && document_has(&m[GATE])) {
 *         status = document_string(&m[GATE], &gate);
 *     }
 *
 * A value points to the one that it stands in, which must live as long: read downwards, on the
 * stack. Numbers of any size keep their spelling in value.json.raw. Threads: any, one at a time for
 * a document. */
#ifndef DOCUMENT_DOCUMENT_H
#define DOCUMENT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/json.h"

/* Everything is borrowed. */
struct document {
    const char *source;            /* a path, or a method's name: begins every message */
    struct substrate_text text;    /* the whole JSON */
    size_t line;                   /* the number of the text's first line; 0: lines are not told */
    const char *fix;               /* what to do about a mistake, behind every message; or NULL */
    struct base_arena *arena;      /* of lists, and of strings with escapes */
    struct substrate_error *error; /* may be NULL */
};

/* A value and where it stands. json.kind BASE_JSON_NONE: a member that is not there. */
struct document_value {
    const struct document *document;
    const struct document_value *parent; /* NULL: the whole document */
    const char *name;                    /* of a member; NULL: an element */
    size_t index;                        /* of an element */
    struct base_json json;
};

/* Parses the text. E_DECODE: it is no JSON; `root` is the whole document. */
enum substrate_status document_parse(const struct document *document, struct document_value *root);

/* Fills the error with `SOURCE:LINE: PLACE: what`, and returns E_DECODE. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
enum substrate_status
document_refuse(const struct document_value *value, const char *format, ...);
enum substrate_status document_no_memory(const struct document *document);
/* The number of the line on which a value begins; 0 when lines are not told. */
size_t document_line(const struct document_value *value);

bool document_has(const struct document_value *value);
/* Whether it is this string. */
bool document_is(const struct document_value *value, const char *text);

/* Each of these refuses (E_DECODE) a value of another kind, also one that is not there. Texts are
 * views into the document, or lie in its arena. */

/* The members of an object that `names` (ended by NULL) has, in that order; those that are not
 * there have kind NONE. Refuses other members, and one that stands twice. */
enum substrate_status document_members(const struct document_value *object,
                                       const char *const *names, struct document_value *values);
/* The elements of a list, in the arena. */
enum substrate_status document_list(const struct document_value *list,
                                    struct document_value **elements, size_t *count);
enum substrate_status document_string(const struct document_value *value,
                                      struct substrate_text *text);
/* One that is not there is false. */
enum substrate_status document_bool(const struct document_value *value, bool *truth);
enum substrate_status document_number(const struct document_value *value, uint64_t least,
                                      uint64_t most, uint64_t *number);
/* One of the strings `names` (ended by NULL): its index. */
enum substrate_status document_choice(const struct document_value *value, const char *const *names,
                                      size_t *index);
/* An object, list or other value as it stands, without white space between its tokens. */
enum substrate_status document_compact(const struct document_value *value, enum base_json_kind kind,
                                       struct substrate_text *text);
/* Refuses an object in it, however deep, of which a member stands twice. */
enum substrate_status document_distinct(const struct document_value *value);
/* "0x…" in lower case, whole bytes: with its 0x. */
enum substrate_status document_hex(const struct document_value *value, struct substrate_text *text);
enum substrate_status document_hash(const struct document_value *value,
                                    struct substrate_hash *hash);

#endif
