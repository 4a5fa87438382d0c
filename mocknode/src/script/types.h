/* The kinds of values that a script holds, as the tables of members name them. */
#ifndef SCRIPT_TYPES_H
#define SCRIPT_TYPES_H

#include "base/map.h"
#include "script/actions.h"

struct script_reader {
    struct script *script;
    const char *source;
    unsigned on;             /* enum script_event_kind of the rule that is being read */
    const char **rule_names; /* of all sources, ended by NULL */
    const char **gate_names;
    struct base_map rules, gates; /* the same by name; the value is the place of the name above */
};

extern const struct script_type script_type_flag, /* bool */
    script_type_number,                           /* uint64_t */
    script_type_text,                             /* struct substrate_text */
    script_type_json,                             /* struct substrate_text, compact */
    script_type_choice,                           /* unsigned: from 1 */
    script_type_choices,                          /* unsigned: bits */
    script_type_patterns, script_type_methods,    /* struct script_patterns */
    script_type_numbers,                          /* struct script_numbers */
    script_type_time, script_type_limit,          /* uint64_t, microseconds */
    script_type_latency,                          /* struct script_latency */
    script_type_chance,                           /* double; sets a bool behind it */
    script_type_place,                            /* struct script_place */
    script_type_places,                           /* struct script_places */
    script_type_until,                            /* struct script_until */
    script_type_condition,                        /* struct script_condition */
    script_type_event,                            /* enum script_event_kind, as unsigned */
    script_type_match,                            /* struct script_match */
    script_type_rules,                            /* struct script_patterns: names of rules */
    script_type_streams,                          /* struct script_patterns: kinds of streams */
    script_type_stream,                           /* struct substrate_text: one of them */
    script_type_gate,                             /* size_t: from 1 */
    script_type_block,                            /* struct substrate_text */
    script_type_headers,                          /* struct script_headers */
    script_type_hex,                              /* struct substrate_text with 0x */
    script_type_bytes,                            /* struct substrate_bytes */
    script_type_hexes,                            /* struct script_texts */
    script_type_edits,                            /* struct script_edits */
    script_type_range,                            /* struct script_range */
    script_type_order,                            /* struct script_permute */
    script_type_gate_order;                       /* in a struct script_gate_rule */

struct script_headers {
    struct script_header *list;
    size_t count;
};
struct script_texts {
    struct substrate_text *list;
    size_t count;
};
struct script_edits {
    struct script_edit *list;
    size_t count;
};
struct script_permute {
    enum script_order order;
    size_t *list;
    size_t count;
};

/* "arrived", or "start". */
const char *script_event_name(unsigned kind);
/* A text, or a list of texts; a list that has each of 0 to count - 1 once. */
enum substrate_status script_read_texts(const struct document_value *value,
                                        struct script_patterns *patterns);
enum substrate_status script_read_permutation(const struct document_value *value, size_t **list,
                                              size_t *count);
/* Reads an object by a table of members into a struct, presets first. */
enum substrate_status script_read_members(struct script_reader *reader,
                                          const struct document_value *object,
                                          const struct script_member *members, void *into);
/* One member's value, when that stands for the whole. */
enum substrate_status script_read_member(struct script_reader *reader,
                                         const struct document_value *value,
                                         const struct script_member *member, void *into);
void script_preset(const struct script_member *members, void *into);

#endif
