/* The chain as it was recorded: built once from facts, then immutable and shared by all spaces and
 * threads. A block that a space makes is the same struct (view/made.c), so that whoever reads
 * blocks knows one kind. */
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
    bool fork; /* recorded off the chain of its head */
    bool made; /* by a space: not recorded */
    struct substrate_text header, extrinsics,
        justifications;                 /* raw JSON; {NULL, 0}: not recorded */
    const struct fact_runtime *runtime; /* in force after this block; NULL: not recorded */
    const struct chain_state *state;    /* NULL: nothing is recorded */
    const struct chain_block *parent;   /* NULL: not recorded, or genesis */
    /* The nearest ancestor that is known (the parent, or across a gap of the canonical chain), and
     * one further up, for chain_ancestor; `depth` of them are above in all. */
    const struct chain_block *up, *jump;
    uint32_t depth;
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
/* The canonical block with the lowest number above this one; NULL: it was the last. */
const struct chain_block *chain_next(const struct chain *chain, uint64_t number);
/* Puts a block below its nearest known ancestor (NULL: there is none). */
void chain_link(struct chain_block *block, const struct chain_block *up);
/* The block of a height among the known ancestors of `block` and itself; NULL: above it, or not
 * known. At most log(depth) steps. */
const struct chain_block *chain_ancestor(const struct chain_block *block, uint64_t number);
/* The lowest known ancestor of `block` (or itself) that is above a height; NULL: none is. */
const struct chain_block *chain_ancestor_above(const struct chain_block *block, uint64_t number);
/* A hash that is no recorded block but the parent of one, or named by recorded state or a recorded
 * call: a gap, not an unknown block. */
bool chain_is_gap(const struct chain *chain, const struct substrate_hash *hash);

enum chain_known {
    CHAIN_UNKNOWN, /* nothing is recorded: never to be told as absent */
    CHAIN_ABSENT,
    CHAIN_VALUE,
    CHAIN_PRESENT, /* there, but not its value */
};

/* What is known of a key at a block. */
struct chain_value {
    enum chain_known known;
    struct substrate_text hex; /* VALUE: 0x…, borrowed */
    bool has_digest;           /* PRESENT: hash and size of the value are known (`:code`) */
    struct substrate_hash hash;
    uint64_t size;
};

/* One key at a block. `key` is lower-case hex without 0x. */
struct chain_value chain_storage(const struct chain *chain, const struct chain_block *block,
                                 struct substrate_text key);

/* Up to `limit` keys of a block that start with `prefix` and are greater than `after` (after.data
 * NULL: from the first). Keys come in order, borrowed, as hex without 0x, into keys[limit]. Returns
 * OK, or E_NOT_FOUND when a stretch of keys that the answer depends on is not covered; *missing is
 * then the first key of that stretch, and the keys before it are given. */
enum substrate_status chain_keys(const struct chain *chain, const struct chain_block *block,
                                 struct substrate_text prefix, struct substrate_text after,
                                 size_t limit, struct substrate_text *keys, size_t *count,
                                 struct substrate_text *missing);

/* Whether it is known of every key whether it is there. */
bool chain_is_whole(const struct chain_block *block);
/* Appends the keys that the recorded states between those of two blocks name, in any order and more
 * than once, borrowed. True: of every other key the two know the same. */
typedef bool (*chain_take_key)(void *context, struct substrate_text key);
bool chain_differences(const struct chain_block *before, const struct chain_block *after,
                       chain_take_key take, void *context);

/* The recorded call; NULL: none. at NULL: a method without a block. */
const struct fact_call *chain_call(const struct chain *chain, struct substrate_text method,
                                   struct substrate_text params, const struct substrate_hash *at);
/* The recorded error of a method that the node did not have, whatever the parameters; NULL: it had
 * it, as far as is known. */
const struct fact_call *chain_lacks(const struct chain *chain, struct substrate_text method);
/* Whether the recording says that the node had discarded the state of a block. */
bool chain_is_pruned(const struct chain_block *block);
/* The recorded call of this method that is most like the request (same block first, then longest
 * common parameters), for the explanation of an unmatched request; NULL: none of that method. */
const struct fact_call *chain_nearest(const struct chain *chain, struct substrate_text method,
                                      struct substrate_text params,
                                      const struct substrate_hash *at);
/* The names of all methods that calls are recorded of, one by one, sorted and each once; {NULL, 0}
 * behind the last. *cursor starts at 0. */
struct substrate_text chain_next_method(const struct chain *chain, size_t *cursor);

#endif
