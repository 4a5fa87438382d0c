/* Inside of a view. */
#ifndef VIEW_MODEL_H
#define VIEW_MODEL_H

#include "base/arena.h"
#include "base/map.h"
#include "view/view.h"

struct view {
    const struct chain *chain;
    const struct chain_block *head, *finalized;
    uint64_t lag;

    /* What was seen of the recording: canonical blocks under `seen`, and forks up to these blocks,
     * none of which is an ancestor of another. */
    uint64_t seen;
    const struct chain_block **tips;
    size_t tip_count, tip_capacity;

    uint64_t pruned_below, keep;
    struct view_counts counts;
};

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
