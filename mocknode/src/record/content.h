/* The recorded keys of one block, in order, with what is known of each: what one block's storage is
 * compared with the next one's by. */
#ifndef RECORD_CONTENT_H
#define RECORD_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "chain/facts.h"

struct content {
    struct base_arena arena;  /* of keys and values */
    struct fact_change *keys; /* VALUE or PRESENT, sorted */
    size_t count, capacity;
};

void content_init(struct content *content);
void content_free(struct content *content);
/* Forgets everything, keeps memory. */
void content_reset(struct content *content);
/* Appends a key that is greater than all before it, as PRESENT. false: out of memory. */
bool content_append(struct content *content, struct substrate_text key);
/* NULL: not there. */
struct fact_change *content_find(const struct content *content, struct substrate_text key);
/* Applies the changes of a set that has been recorded. false: out of memory. */
bool content_apply(struct content *content, const struct fact_set *set);
/* Adds to `set` what leads from `before` to `now`. */
enum substrate_status content_difference(const struct content *before, const struct content *now,
                                         struct facts *facts, struct fact_set *set);

#endif
