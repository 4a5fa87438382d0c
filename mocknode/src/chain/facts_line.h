/* One line of a fixture to one fact: the part of the loader that knows the members of each kind of
 * line and checks every one of them. */
#ifndef CHAIN_FACTS_LINE_H
#define CHAIN_FACTS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>
#include "base/json.h"
#include "chain/facts.h"

struct facts_reader {
    struct facts *facts;
    const char *folder;
    unsigned flags;
    struct substrate_error *error;
    const char *file; /* of the line that is being read, for errors */
    size_t line;
    bool log;        /* the same fact may come again and in parts */
    size_t open_set; /* the set that change lines belong to, one up; 0: none */
};

/* Fills the error with `FOLDER/FILE:LINE: what`. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
enum substrate_status
facts_refuse(struct facts_reader *reader, const char *format, ...);

/* Finds the members `names[count]` of an object; absent ones get kind NONE. Refuses other members,
 * members that come twice, and anything that is no object. */
enum substrate_status facts_members(struct facts_reader *reader, struct base_json object,
                                    const char *const *names, size_t count,
                                    struct base_json *values);
enum substrate_status facts_read_hash(struct facts_reader *reader, struct base_json value,
                                      const char *name, struct substrate_hash *hash);
/* The raw text without white space between its tokens: a view where it has none. */
enum substrate_status facts_read_compact(struct facts_reader *reader, struct base_json value,
                                         struct substrate_text *text);

enum substrate_status facts_line_block(struct facts_reader *reader, struct base_json line);
enum substrate_status facts_line_runtime(struct facts_reader *reader, struct base_json line);
enum substrate_status facts_line_state(struct facts_reader *reader, struct base_json line);
enum substrate_status facts_line_call(struct facts_reader *reader, struct base_json line);
enum substrate_status facts_line_log(struct facts_reader *reader, struct base_json line);

/* Members of the manifest that the log has as well. */
enum substrate_status facts_read_genesis(struct facts_reader *reader, struct base_json value);
enum substrate_status facts_read_chain(struct facts_reader *reader, struct base_json value);

/* Reads FOLDER/NAME whole; the facts own the content, which a NUL follows. In facts_load.c. */
enum substrate_status facts_read_file(struct facts_reader *reader, const char *name,
                                      struct substrate_text *content);

#endif
