/* What a space's clients can see: the recorded chain and the space's own blocks as one world, with
 * a head and a finalized head that move separately. It is the only thing that methods read.
 *
 * A block of a space's own is made once and never changes: an edit makes a block. Blocks, texts and
 * steps that a view gives out live until view_reset or view_free. A view is used by one thread at a
 * time; the chain under it is shared by all. */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "chain/chain.h"

struct view;

/* ---- life ---- */

/* How many blocks the finalized head is behind the head, beside a number of them. */
#define VIEW_LAG_RECORDED UINT64_MAX   /* as many as in the recording */
#define VIEW_LAG_HELD (UINT64_MAX - 1) /* it stays where it is */

/* Where a space begins. */
struct view_start {
    const struct chain_block *head; /* NULL: the recording's */
    uint64_t lag;
};

/* `bytes_max` is the budget of the space's own blocks. The chain outlives the view. NULL: out of
 * memory. */
struct view *view_new(const struct chain *chain, const struct view_start *start, size_t bytes_max);
void view_free(struct view *view); /* NULL is fine */
/* Back to a start: what was made, named, seen or pruned is forgotten, nothing above the head was
 * ever seen, and the finalized head is the lag behind. */
void view_reset(struct view *view, const struct view_start *start);

struct view_counts {
    size_t made, made_bytes;         /* blocks of the space's own, and what they take */
    uint64_t carried, carried_stale; /* runtime calls answered from a recorded ancestor */
};
struct view_counts view_counts(const struct view *view);

/* ---- blocks ---- */

const struct chain *view_chain(const struct view *view);
const struct chain_block *view_head(const struct view *view);
const struct chain_block *view_finalized(const struct view *view);
/* The block of a hash that clients have been able to see: a recorded block once it was a head of
 * this space or the ancestor of one, a made one from the start. NULL: an unknown hash, or a gap. */
const struct chain_block *view_find(const struct view *view, const struct substrate_hash *hash);
/* A hash that no block has, but that the recording names: its absence proves nothing. */
bool view_is_gap(const struct view *view, const struct substrate_hash *hash);
/* The block of a height among the ancestors of `block` and itself; NULL: above it, or not recorded.
 */
const struct chain_block *view_ancestor(const struct chain_block *block, uint64_t number);
/* The lowest known one above a height; NULL: none is. */
const struct chain_block *view_ancestor_above(const struct chain_block *block, uint64_t number);
/* The block of a height among those of the head: what a number means to a client. */
const struct chain_block *view_at(const struct view *view, uint64_t number);
/* Whether the state of a block was discarded: reads there are an error of the node. */
bool view_is_pruned(const struct view *view, const struct chain_block *block);

/* The block X that a script or a control call names: a height (along the head's ancestors, above it
 * along the recording), 0x and 64 digits, `head`, `head-3`, `finalized` or `@name`. NULL: none, as
 * the error says. */
const struct chain_block *view_resolve(const struct view *view, struct substrate_text name,
                                       struct substrate_error *error);

/* ---- reading at a block ---- */

/* One key, as lower-case hex without 0x. At most log(keys) steps. */
struct chain_value view_storage(const struct view *view, const struct chain_block *block,
                                struct substrate_text key);

/* Up to `limit` keys that start with `prefix` and are greater than `after` (after.data NULL: from
 * the first), in order and borrowed, as hex without 0x, into keys[limit]. Returns OK, or
 * E_NOT_FOUND when a stretch of keys that the answer depends on is not covered; *missing is then
 * its first key.
 */
enum substrate_status view_keys(const struct view *view, const struct chain_block *block,
                                struct substrate_text prefix, struct substrate_text after,
                                size_t limit, struct substrate_text *keys, size_t *count,
                                struct substrate_text *missing);

/* The keys whose values may differ between the states of two blocks: a list to look at, sorted and
 * each once, in the arena. `whole`: of both it is known of every key whether it is there.
 * `covered`: of every key that is not listed the two know the same, and nothing else need be looked
 * at. */
struct view_difference {
    struct substrate_text *keys;
    size_t count;
    bool whole, covered;
};
/* Costs the changes of the blocks between the two. OK or E_MEMORY. */
enum substrate_status view_differences(const struct chain_block *before,
                                       const struct chain_block *after, struct base_arena *arena,
                                       struct view_difference *difference);

/* The recorded call at a block (NULL: a method without one), or what a made block carries of it;
 * `carry` NULL: the method is no runtime call, and is never carried. */
enum view_carry {
    VIEW_RECORDED,
    VIEW_CARRIED,       /* the nearest recorded ancestor's, which no edit is behind of */
    VIEW_CARRIED_STALE, /* the same across an edit, which the block allows */
    VIEW_CARRY_REFUSED, /* there is one, across an edit: no call is given */
};
const struct fact_call *view_call(struct view *view, struct substrate_text method,
                                  struct substrate_text params, const struct chain_block *block,
                                  enum view_carry *carry);
/* The recorded call at a hash that is a gap; NULL: it is none, or there is no call. */
const struct fact_call *view_gap_call(const struct view *view, struct substrate_text method,
                                      struct substrate_text params,
                                      const struct substrate_hash *at);
/* The recorded error of a method that the node did not have; NULL: it had it, as far as is known.
 */
const struct fact_call *view_lacks(const struct view *view, struct substrate_text method);
/* Whether a runtime, whose exports are known, exports a function. */
bool view_exports(const struct fact_runtime *runtime, struct substrate_text function);
/* The recorded call of this method that is most like the request, for the explanation of an
 * unmatched one; NULL: none of that method. */
const struct fact_call *view_nearest(const struct view *view, struct substrate_text method,
                                     struct substrate_text params, const struct substrate_hash *at);
/* The names of all methods that calls are recorded of, one by one, sorted and each once; {NULL, 0}
 * behind the last. *cursor starts at 0. */
struct substrate_text view_next_method(const struct view *view, size_t *cursor);

/* ---- moving ---- */

/* One move of the heads, as streams and events hear of it. Going forward along one chain each block
 * is a step of its own; to another fork, or back, it is one. */
struct view_step {
    const struct chain_block *head_before, *head;
    const struct chain_block *finalized_before, *finalized;
};
/* What a move appends its steps to; begins as zeros, freed by view_steps_free. */
struct view_steps {
    struct view_step *list;
    size_t count, capacity;
};
void view_steps_free(struct view_steps *steps);

/* All of these return OK; E_ARGUMENT for what the scene does not allow, E_NOT_FOUND for a block or
 * runtime that there is none of, E_LIMIT when the budget is used up, E_MEMORY; the error says which
 * block and why. What fails has moved nothing. */

/* Moves the head. VIEW_MOVE: the finalized head follows and never goes back; a block that does not
 * descend from it is an error. VIEW_SCENE (mock_setHead): it is set the lag behind. */
enum view_manner { VIEW_MOVE, VIEW_SCENE };
enum substrate_status view_set_head(struct view *view, const struct chain_block *block,
                                    enum view_manner manner, struct view_steps *steps,
                                    struct substrate_error *error);
/* Where a script's `start` begins: the head is at this block as if nothing else had ever been, but
 * for the blocks that were made, and what was said of lag and pruning. Gives the step from where
 * it was. */
struct view_step view_start_at(struct view *view, const struct chain_block *block);
/* Moves the head on by `count` blocks: to the next recorded block of the canonical chain, and past
 * its end, or on a made head, to an empty one that is made, if `make` (else E_NOT_FOUND).
 * `period_ms` is what Timestamp.Now goes on by; 0: 12,000. */
enum substrate_status view_advance(struct view *view, uint64_t count, bool make, uint64_t period_ms,
                                   struct view_steps *steps, struct substrate_error *error);
/* Makes depth + 1 empty blocks on the head's depth-th ancestor, and moves the head to the last,
 * which `name` ({NULL, 0}: none) then stands for. The finalized head stays; deeper is E_ARGUMENT.
 */
enum substrate_status view_fork(struct view *view, uint64_t depth, struct substrate_text name,
                                struct view_steps *steps, struct substrate_error *error);
/* Moves the finalized head to a block between it and the head. */
enum substrate_status view_finalize(struct view *view, const struct chain_block *block,
                                    struct view_steps *steps, struct substrate_error *error);
/* Sets how far the finalized head is behind from now on, and moves it on if it can; VIEW_SCENE: it
 * is so far behind at once, if that is back, too. */
enum substrate_status view_set_lag(struct view *view, uint64_t lag, enum view_manner manner,
                                   struct view_steps *steps, struct substrate_error *error);
/* Discards the state of all blocks under a height; and keeps that of the newest `keep` blocks only,
 * now and as the head moves on (0: all). What was discarded stays so. */
void view_prune_below(struct view *view, uint64_t number);
void view_prune_keep(struct view *view, uint64_t keep);

/* ---- blocks of the space's own ---- */

enum view_calls { VIEW_CALLS_UNMATCHED, VIEW_CALLS_CARRY, VIEW_CALLS_CARRY_STALE };

/* A change that the caller names: an edit. Hex of either case, with or without 0x. */
struct view_change {
    struct substrate_text key;
    struct substrate_text value; /* data NULL: the key is removed */
};

/* All zero is an empty block on the head. */
struct view_made {
    struct substrate_text name;       /* what `@name` then means; {NULL, 0}: nothing */
    const struct chain_block *parent; /* NULL: the head */
    const struct view_change *changes;
    size_t change_count;
    const struct substrate_text *extrinsics; /* hex, behind the timestamp */
    size_t extrinsic_count;
    enum view_calls calls;
    bool upgrade; /* to this recorded runtime, which is in force behind the block */
    uint32_t spec_version;
    uint64_t period_ms; /* of Timestamp.Now; 0: 12,000 */
};
/* Makes a block, which is visible at once; what it changes by itself stands in README.md. It
 * becomes the head if it is higher than the head and descends from the finalized one, as in a real
 * node. The texts are copied. */
enum substrate_status view_make(struct view *view, const struct view_made *made,
                                const struct chain_block **block, struct view_steps *steps,
                                struct substrate_error *error);

#endif
