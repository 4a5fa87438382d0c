/* What the parts of the plan parser share: members of an object, lists, and errors that name the
 * file and the path inside it. */
#ifndef RECORD_PLAN_PLAN_READER_H
#define RECORD_PLAN_PLAN_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/json.h"
#include "record/plan/plan.h"

struct plan_reader {
    const char *name;
    struct plan *plan;
    struct substrate_error *error;
};

/* A place inside the plan: a text such as `calls[1].requests[0].args[2]`. */
struct plan_place {
    char text[96];
};
struct plan_place plan_member(const struct plan_place *parent, const char *name);
struct plan_place plan_element(const struct plan_place *parent, size_t index);

/* Fills the error with `FILE: PLACE what`; returns E_DECODE. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum substrate_status
plan_refuse(struct plan_reader *reader, const struct plan_place *place, const char *format, ...);
enum substrate_status plan_no_memory(struct plan_reader *reader);

/* Finds the members of an object; others, and members that come twice, are refused. `names` ends
 * with NULL. */
enum substrate_status plan_members(struct plan_reader *reader, const struct plan_place *place,
                                   struct base_json object, const char *const *names,
                                   struct base_json *values);
/* Gives the elements of a list as an array in the arena. */
enum substrate_status plan_list(struct plan_reader *reader, const struct plan_place *place,
                                struct base_json value, struct base_json **elements, size_t *count);
enum substrate_status plan_bool(struct plan_reader *reader, const struct plan_place *place,
                                struct base_json value, bool *out);
/* "0x…", whole bytes, in lower case, into the arena; with its 0x or without. */
enum substrate_status plan_hex(struct plan_reader *reader, const struct plan_place *place,
                               struct base_json value, bool prefix, struct substrate_text *out);
enum substrate_status plan_string(struct plan_reader *reader, const struct plan_place *place,
                                  struct base_json value, struct substrate_text *out);
/* A number, "head" or "head-N". */
enum substrate_status plan_read_block(struct plan_reader *reader, const struct plan_place *place,
                                      struct base_json value, struct plan_block *block);

/* The member "calls", in plan_calls.c. */
enum substrate_status plan_read_groups(struct plan_reader *reader, const struct plan_place *place,
                                       struct base_json value);

#endif
