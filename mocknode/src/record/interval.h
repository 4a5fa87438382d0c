/* Intervals of storage keys, as hex texts. */
#ifndef RECORD_INTERVAL_H
#define RECORD_INTERVAL_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "chain/facts.h"

/* All keys that start with `prefix`. false: out of memory. */
bool interval_of_prefix(struct base_arena *arena, struct substrate_text prefix,
                        struct fact_interval *interval);
/* The first key after `key`. data NULL: out of memory. */
struct substrate_text key_successor(struct base_arena *arena, struct substrate_text key);

#endif
