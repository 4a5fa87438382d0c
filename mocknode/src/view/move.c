/* Moves of the heads: what may move where, and the steps that streams hear of. */
#include <substrate/hash.h>
#include "base/mem.h"
#include "base/text.h"
#include "view/model.h"

void view_steps_free(struct view_steps *steps) {
    base_free(steps->list);
    *steps = (struct view_steps){NULL, 0, 0};
}

/* ---- the finalized head ---- */

static uint64_t lag_of(const struct view *view) {
    return view->lag == VIEW_LAG_RECORDED || view->lag == VIEW_LAG_HELD
               ? chain_head(view->chain)->number - chain_finalized(view->chain)->number
               : view->lag;
}

const struct chain_block *view_behind(const struct view *view, const struct chain_block *head) {
    uint64_t lag = lag_of(view);
    uint64_t target = head->number > lag ? head->number - lag : 0;
    const struct chain_block *block = chain_ancestor(head, target);
    if (block != NULL) {
        return block;
    }
    block = head;
    while (block->number > target && block->up != NULL) {
        block = block->up;
    }
    return block;
}

/* Where the finalized head is once the head is at a block that descends from it. */
static const struct chain_block *follow(const struct view *view, const struct chain_block *head) {
    const struct chain_block *behind =
        view->lag == VIEW_LAG_HELD ? view->finalized : view_behind(view, head);
    return behind->number > view->finalized->number ? behind : view->finalized;
}

/* ---- steps ---- */

static enum substrate_status no_memory(struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
}

static enum substrate_status refuse_block(struct substrate_error *error,
                                          const struct chain_block *block, const char *why) {
    char hash[67];
    substrate_hash_format(&block->hash, hash);
    return base_fail(error, SUBSTRATE_E_ARGUMENT, "block %llu (%s) %s",
                     (unsigned long long)block->number, hash, why);
}

/* Room for the steps to come: from here on none of them fails. */
static bool reserve(struct view_steps *steps, size_t more) {
    return base_grow((void **)&steps->list, &steps->capacity, steps->count + more,
                     sizeof(*steps->list));
}

/* Moves both heads, and says so. */
static void step(struct view *view, const struct chain_block *head,
                 const struct chain_block *finalized, struct view_steps *steps) {
    steps->list[steps->count++] = (struct view_step){view->head, head, view->finalized, finalized};
    view->head = head;
    view->finalized = finalized;
    view_prune_keep(view, view->keep);
}

/* ---- moves ---- */

enum substrate_status view_set_head(struct view *view, const struct chain_block *block,
                                    enum view_manner manner, struct view_steps *steps,
                                    struct substrate_error *error) {
    bool scene = manner == VIEW_SCENE;
    if (!scene && !view_descends(block, view->finalized)) {
        return refuse_block(error, block,
                            "does not descend from the finalized head, which never moves back");
    }
    bool forward = view_descends(block, view->head);
    size_t count = forward ? block->depth - view->head->depth : 1;
    if (!reserve(steps, count) || !view_see(view, block)) {
        return no_memory(error);
    }
    while (view->head != block) {
        const struct chain_block *next =
            forward ? chain_ancestor_above(block, view->head->number) : block;
        step(view, next, scene ? view_behind(view, next) : follow(view, next), steps);
    }
    return SUBSTRATE_OK;
}

/* The recorded block that follows a head; a made head has none. */
static const struct chain_block *next_recorded(const struct view *view,
                                               const struct chain_block *head) {
    return head->made ? NULL : chain_next(view->chain, head->number);
}

enum substrate_status view_advance(struct view *view, uint64_t count, bool make, uint64_t period_ms,
                                   struct view_steps *steps, struct substrate_error *error) {
    const struct chain_block *last = view->head, *next;
    uint64_t recorded = 0;
    while (recorded < count && (next = next_recorded(view, last)) != NULL) {
        last = next;
        recorded++;
    }
    if (recorded < count && !make) {
        return base_fail(error, SUBSTRATE_E_NOT_FOUND,
                         "the last %s block is %llu: the head cannot advance by %llu",
                         last->made ? "made" : "recorded", (unsigned long long)last->number,
                         (unsigned long long)count);
    }
    enum substrate_status status = SUBSTRATE_OK;
    while (view->head != last && status == SUBSTRATE_OK) {
        status = view_set_head(view, next_recorded(view, view->head), VIEW_MOVE, steps, error);
    }
    const struct view_made empty = {.period_ms = period_ms};
    for (; recorded < count && status == SUBSTRATE_OK; recorded++) {
        const struct chain_block *block;
        status = view_make(view, &empty, &block, steps, error);
    }
    return status;
}

/* Makes the blocks of a fork; *last is the highest. */
static enum substrate_status make_branch(struct view *view, uint64_t depth,
                                         struct substrate_text name,
                                         const struct chain_block **last,
                                         struct substrate_error *error) {
    enum substrate_status status = SUBSTRATE_OK;
    for (uint64_t i = 0; i <= depth && status == SUBSTRATE_OK; i++) {
        struct view_made empty = {.parent = *last};
        empty.name = i == depth ? name : empty.name;
        status = view_make_only(view, &empty, last, error);
    }
    return status;
}

enum substrate_status view_fork(struct view *view, uint64_t depth, struct substrate_text name,
                                struct view_steps *steps, struct substrate_error *error) {
    uint64_t deepest = view->head->number - view->finalized->number;
    if (depth > deepest) {
        return base_fail(
            error, SUBSTRATE_E_ARGUMENT,
            "a fork %llu deep would leave the finalized head, which is %llu behind the "
            "head",
            (unsigned long long)depth, (unsigned long long)deepest);
    }
    const struct chain_block *block = chain_ancestor(view->head, view->head->number - depth);
    if (block == NULL) {
        return base_fail(error, SUBSTRATE_E_NOT_FOUND,
                         "the block of number %llu, on which the fork would be, is not recorded",
                         (unsigned long long)(view->head->number - depth));
    }
    if (!reserve(steps, 1)) {
        return no_memory(error);
    }
    enum substrate_status status = make_branch(view, depth, name, &block, error);
    if (status == SUBSTRATE_OK) {
        step(view, block, view->finalized, steps);
    }
    return status;
}

enum substrate_status view_finalize(struct view *view, const struct chain_block *block,
                                    struct view_steps *steps, struct substrate_error *error) {
    if (!view_descends(view->head, block)) {
        return refuse_block(error, block, "is neither the head nor an ancestor of it");
    }
    if (!view_descends(block, view->finalized)) {
        return refuse_block(error, block, "is under the finalized head, which never moves back");
    }
    if (!reserve(steps, 1)) {
        return no_memory(error);
    }
    if (block != view->finalized) {
        step(view, view->head, block, steps);
    }
    return SUBSTRATE_OK;
}

enum substrate_status view_set_lag(struct view *view, uint64_t lag, enum view_manner manner,
                                   struct view_steps *steps, struct substrate_error *error) {
    if (!reserve(steps, 1)) {
        return no_memory(error);
    }
    view->lag = lag;
    const struct chain_block *finalized =
        manner == VIEW_SCENE ? view_behind(view, view->head) : follow(view, view->head);
    if (finalized != view->finalized) {
        step(view, view->head, finalized, steps);
    }
    return SUBSTRATE_OK;
}

void view_prune_below(struct view *view, uint64_t number) {
    if (number > view->pruned_below) {
        view->pruned_below = number;
    }
}

void view_prune_keep(struct view *view, uint64_t keep) {
    view->keep = keep;
    uint64_t below = keep > 0 && view->head->number + 1 > keep ? view->head->number + 1 - keep : 0;
    view->kept_below = below > view->kept_below ? below : view->kept_below;
}
