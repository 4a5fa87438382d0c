/* What is known at a block: storage, keys, recorded calls, and what differs between two blocks. */
#include <stdlib.h>
#include "base/mem.h"
#include "base/text.h"
#include "view/model.h"

struct chain_value view_storage(const struct view *view, const struct chain_block *block,
                                struct substrate_text key) {
    return chain_storage(view->chain, block, key);
}

enum substrate_status view_keys(const struct view *view, const struct chain_block *block,
                                struct substrate_text prefix, struct substrate_text after,
                                size_t limit, struct substrate_text *keys, size_t *count,
                                struct substrate_text *missing) {
    return chain_keys(view->chain, block, prefix, after, limit, keys, count, missing);
}

/* ---- recorded calls ---- */

const struct fact_call *view_call(struct view *view, struct substrate_text method,
                                  struct substrate_text params, const struct chain_block *block,
                                  enum view_carry *carry) {
    *carry = VIEW_RECORDED;
    return chain_call(view->chain, method, params, block == NULL ? NULL : &block->hash);
}

const struct fact_call *view_gap_call(const struct view *view, struct substrate_text method,
                                      struct substrate_text params,
                                      const struct substrate_hash *at) {
    return chain_is_gap(view->chain, at) ? chain_call(view->chain, method, params, at) : NULL;
}

const struct fact_call *view_nearest(const struct view *view, struct substrate_text method,
                                     struct substrate_text params,
                                     const struct substrate_hash *at) {
    return chain_nearest(view->chain, method, params, at);
}

struct substrate_text view_next_method(const struct view *view, size_t *cursor) {
    return chain_next_method(view->chain, cursor);
}

/* ---- what differs ---- */

struct key_list {
    struct substrate_text *keys;
    size_t count, capacity;
    bool failed;
};

static bool take_key(void *context, struct substrate_text key) {
    struct key_list *list = context;
    list->failed = list->failed || !base_grow((void **)&list->keys, &list->capacity,
                                              list->count + 1, sizeof(*list->keys));
    if (!list->failed) {
        list->keys[list->count++] = key;
    }
    return !list->failed;
}

static int compare_keys(const void *a, const void *b) {
    return base_text_compare(*(const struct substrate_text *)a, *(const struct substrate_text *)b);
}

/* Puts the list into the arena, sorted and each key once. */
static enum substrate_status settle(struct key_list *list, struct base_arena *arena,
                                    struct view_difference *difference) {
    struct substrate_text *keys = base_arena_calloc(arena, list->count + 1, sizeof(*keys));
    size_t count = 0;
    if (list->count > 1) {
        qsort(list->keys, list->count, sizeof(*list->keys), compare_keys);
    }
    for (size_t i = 0; i < list->count && keys != NULL; i++) {
        if (count == 0 || !base_text_equal(list->keys[i], keys[count - 1])) {
            keys[count++] = list->keys[i];
        }
    }
    difference->keys = keys;
    difference->count = count;
    return keys != NULL && !list->failed ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
}

enum substrate_status view_differences(const struct view *view, const struct chain_block *before,
                                       const struct chain_block *after, struct base_arena *arena,
                                       struct view_difference *difference) {
    struct key_list list = {NULL, 0, 0, false};
    (void)view;
    difference->whole = chain_is_whole(before) && chain_is_whole(after);
    difference->covered = chain_differences(before, after, take_key, &list);
    enum substrate_status status = settle(&list, arena, difference);
    base_free(list.keys);
    return status;
}
