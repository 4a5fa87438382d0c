/* The chain as the node serves it: built once from facts, then immutable and shared by all spaces
 * and threads. Blocks, state and runtimes that a later feature makes up use the same structs. */
#ifndef CHAIN_CHAIN_H
#define CHAIN_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "fixture/facts.h"

struct chain;
struct chain_state; /* the storage after one block */

struct chain_block {
    struct substrate_hash hash;
    uint64_t number;
    bool fork;
    const struct fact_block *fact;
    const struct fact_runtime *runtime; /* in force after this block; NULL: not recorded */
    const struct chain_state *state;    /* NULL: nothing is recorded */
    const struct chain_block *parent;   /* NULL: not recorded, or genesis */
};

/* Builds the model. Takes `facts` on success (chain_free frees them); on failure they stay the
 * caller's. They are in file order within sets, as facts_load and facts_normalise leave them.
 * Checks what serving relies on: head and finalized exist, bases without cycles, one canonical
 * block per number, parents that fit, one result per call. Errors name the fact. An unfinished
 * recording without a head has its highest block for one. */
enum substrate_status chain_build(struct facts *facts, struct chain **chain,
                                  struct substrate_error *error);
void chain_free(struct chain *chain);

const struct facts *chain_facts(const struct chain *chain);
const struct chain_block *chain_head(const struct chain *chain);      /* of the recording */
const struct chain_block *chain_finalized(const struct chain *chain); /* of the recording */
const struct chain_block *chain_genesis(const struct chain *chain);   /* NULL: not recorded */
const struct chain_block *chain_find(const struct chain *chain, const struct substrate_hash *hash);
/* The canonical block at a height; NULL when not recorded. */
const struct chain_block *chain_at(const struct chain *chain, uint64_t number);
/* A hash that is no recorded block but the parent of one, or named by recorded state or a recorded
 * call: a gap, not an unknown block. */
bool chain_is_gap(const struct chain *chain, const struct substrate_hash *hash);

enum chain_known { CHAIN_KNOWN, CHAIN_ABSENT, CHAIN_PRESENT, CHAIN_UNKNOWN };

/* One key at a block. `key` is lower-case hex without 0x. `value` (0x…, borrowed) only when KNOWN.
 */
enum chain_known chain_storage(const struct chain *chain, const struct chain_block *block,
                               struct substrate_text key, struct substrate_text *value);

/* Up to `limit` keys of a block that start with `prefix` and are greater than `after` (after.data
 * NULL: from the first). Keys come in order, borrowed, as hex without 0x, into keys[limit]. Returns
 * OK, or E_NOT_FOUND when a stretch of keys that the answer depends on is not covered; *missing is
 * then the first key of that stretch. */
enum substrate_status chain_keys(const struct chain *chain, const struct chain_block *block,
                                 struct substrate_text prefix, struct substrate_text after,
                                 size_t limit, struct substrate_text *keys, size_t *count,
                                 struct substrate_text *missing);

/* The keys that any recorded state names, in order, one by one; {NULL, 0} behind the last. */
struct substrate_text chain_key(const struct chain *chain, size_t index);

/* The recorded call; NULL: none. at NULL: a method without a block. */
const struct fact_call *chain_call(const struct chain *chain, struct substrate_text method,
                                   struct substrate_text params, const struct substrate_hash *at);
/* The recorded call of this method that is most like the request (same block first, then longest
 * common parameters), for the explanation of an unmatched request; NULL: none of that method. */
const struct fact_call *chain_nearest(const struct chain *chain, struct substrate_text method,
                                      struct substrate_text params,
                                      const struct substrate_hash *at);

#endif
