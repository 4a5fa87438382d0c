/* Which recorded blocks clients have been able to see: those that were a head of the space, and all
 * of their ancestors. */
#include "base/mem.h"
#include "view/model.h"

bool view_has_seen(const struct view *view, const struct chain_block *recorded) {
    if (!recorded->fork) {
        return recorded->number < view->seen;
    }
    for (size_t i = 0; i < view->tip_count; i++) {
        if (view_descends(view->tips[i], recorded)) {
            return true;
        }
    }
    return false;
}

/* A fork's head, in place of one that it descends from. */
static bool add_tip(struct view *view, const struct chain_block *head) {
    for (size_t i = 0; i < view->tip_count; i++) {
        if (view_descends(head, view->tips[i])) {
            view->tips[i] = head;
            return true;
        }
    }
    if (!base_grow((void **)&view->tips, &view->tip_capacity, view->tip_count + 1,
                   sizeof(*view->tips))) {
        return false;
    }
    view->tips[view->tip_count++] = head;
    return true;
}

bool view_see(struct view *view, const struct chain_block *head) {
    const struct chain_block *block = view_recorded(head);
    if (block == NULL) {
        return true;
    }
    if (block->fork && !view_has_seen(view, block) && !add_tip(view, block)) {
        return false;
    }
    while (block != NULL && block->fork) {
        block = block->up;
    }
    if (block != NULL && block->number >= view->seen) {
        view->seen = block->number + 1;
    }
    return true;
}

void view_forget_seen(struct view *view) {
    view->seen = 0;
    view->tip_count = 0;
}
