/* The recorded keys of one block, in order, with what is known of each: what one block's storage is
 * compared with the next one's by. */
#ifndef RECORD_PLAN_SNAPSHOT_H
#define RECORD_PLAN_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "fixture/facts.h"

struct snapshot {
    struct base_arena arena;  /* of keys and values */
    struct fact_change *keys; /* VALUE or PRESENT, sorted */
    size_t count, capacity;
};

void snapshot_init(struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);
/* Forgets everything, keeps memory. */
void snapshot_reset(struct snapshot *snapshot);
/* Appends a key that is greater than all before it, as PRESENT. false: out of memory. */
bool snapshot_append(struct snapshot *snapshot, struct substrate_text key);
/* NULL: not there. */
struct fact_change *snapshot_find(const struct snapshot *snapshot, struct substrate_text key);
/* Applies the changes of a set that has been recorded. false: out of memory. */
bool snapshot_apply(struct snapshot *snapshot, const struct fact_set *set);
/* Adds to `set` what leads from `before` to `now`. */
enum substrate_status snapshot_difference(const struct snapshot *before, const struct snapshot *now,
                                          struct facts *facts, struct fact_set *set);

#endif
