/* Inside of a view. */
#ifndef VIEW_MODEL_H
#define VIEW_MODEL_H

#include "base/arena.h"
#include "base/map.h"
#include "view/view.h"

/* What a made block says of one key. */
struct view_entry {
    struct substrate_text key; /* digits without 0x */
    struct chain_value value;  /* never UNKNOWN */
    uint64_t rank;             /* of its key, by which the tree is balanced */
};

/* An ordered map that never changes: putting an entry gives another root and shares all but the way
 * to it. Each made block has one of all that it and the made blocks under it say. */
struct view_node {
    const struct view_entry *entry;
    const struct view_node *left, *right;
    const void *owner; /* the block that is being made: it may still change its own nodes */
};

struct view_block {
    struct chain_block block;           /* first: a made block is this. Its state is that of … */
    const struct chain_block *recorded; /* … the nearest ancestor that was recorded */
    const struct view_node *tree;
    const struct view_entry *entries; /* its own, by key */
    size_t entry_count;
    uint32_t children; /* made on it so far */
    enum view_calls calls;
    bool edited; /* it, or a made block under it, has a change that a caller named */
};

/* The recorded extrinsic that sets the time, as digits: what is between its length and the time. */
struct view_stamp {
    const struct chain_block *under; /* the recorded block that it was looked for from */
    struct substrate_text middle;    /* {NULL, 0}: none is recorded */
};

/* Storage keys that blocks change by themselves, as digits. */
#define VIEW_KEY_SIZE 64
struct view_system_keys {
    char number[VIEW_KEY_SIZE], parent_hash[VIEW_KEY_SIZE], block_hash[VIEW_KEY_SIZE],
        digest[VIEW_KEY_SIZE], events[VIEW_KEY_SIZE], event_count[VIEW_KEY_SIZE],
        last_upgrade[VIEW_KEY_SIZE], now[VIEW_KEY_SIZE];
};

struct view {
    const struct chain *chain;
    const struct chain_block *head, *finalized;
    uint64_t lag;

    /* What was seen of the recording: canonical blocks under `seen`, and forks up to these blocks,
     * none of which is an ancestor of another. */
    uint64_t seen;
    const struct chain_block **tips;
    size_t tip_count, tip_capacity;

    uint64_t pruned_below, kept_below; /* as was said; by `keep`, as far as the head has been */
    uint64_t keep;
    struct view_counts counts;

    /* Blocks of the space's own. */
    size_t bytes_max;
    struct base_arena arena;    /* all that belongs to them */
    struct base_map made;       /* by hash */
    struct base_map names;      /* `@name` to a block */
    struct base_idmap siblings; /* a recorded block's address to how many were made on it */
    struct view_system_keys keys;
    struct view_stamp stamp;
};

/* A made block as what it is; NULL: it was recorded. */
const struct view_block *view_made_block(const struct chain_block *block);

/* Memory of the view's own blocks; NULL: out of memory, or the budget is used up. In made.c. */
void *view_take(struct view *view, size_t size);
/* Makes a block, and moves nothing. In made.c. */
enum substrate_status view_make_only(struct view *view, const struct view_made *made,
                                     const struct chain_block **block,
                                     struct substrate_error *error);

/* In tree.c: the entry of a key; the first that is not before it, or with `after` behind it (NULL:
 * none); and putting one, with nodes of `owner`. false: no memory. */
const struct view_entry *view_tree_get(const struct view_node *root, struct substrate_text key);
const struct view_entry *view_tree_from(const struct view_node *root, struct substrate_text key,
                                        bool after);
bool view_tree_put(struct view *view, const void *owner, const struct view_node **root,
                   const struct view_entry *entry);

/* A block that is being made: what it changes and its body. In changes.c. */
struct view_draft {
    struct view *view;
    const struct view_made *made;
    const struct chain_block *parent;
    const struct fact_runtime *upgrade; /* NULL: none */
    struct substrate_text logs;         /* of the digest: raw JSON array */
    bool time_known;
    uint64_t time_ms;
    struct view_entry *entries; /* by key */
    size_t entry_count;
    struct substrate_text extrinsics; /* raw JSON array */
    struct substrate_error *error;
};
/* Reads the time that the block has. */
void view_draft_time(struct view_draft *draft);
/* Writes the digest, by the parent's header. */
enum substrate_status view_draft_logs(struct view_draft *draft);
/* Collects what the block changes. */
enum substrate_status view_draft_changes(struct view_draft *draft);
/* Writes the extrinsics. */
enum substrate_status view_draft_body(struct view_draft *draft);
/* A value of Timestamp.Now: eight bytes, little-endian. */
bool view_read_time(struct substrate_text hex, uint64_t *time_ms);
/* Hex of either case, with or without 0x, to digits in the view's memory behind `before`. */
enum substrate_status view_draft_hex(struct view_draft *draft, struct substrate_text hex,
                                     const char *before, const char *what,
                                     struct substrate_text *digits);
enum substrate_status view_draft_no_memory(const struct view_draft *draft);

/* `block` itself, or its nearest ancestor that was recorded. */
const struct chain_block *view_recorded(const struct chain_block *block);
/* Whether `block` is an ancestor of `of`, or that. */
bool view_descends(const struct chain_block *of, const struct chain_block *block);

/* The block of a head is seen, and all of its ancestors. false: out of memory. In seen.c. */
bool view_see(struct view *view, const struct chain_block *head);
bool view_has_seen(const struct view *view, const struct chain_block *recorded);
void view_forget_seen(struct view *view);

/* The block that is `lag` behind a head, as far as blocks are known. In move.c. */
const struct chain_block *view_behind(const struct view *view, const struct chain_block *head);

#endif
