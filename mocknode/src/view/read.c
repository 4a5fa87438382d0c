/* What is known at a block: storage, keys, recorded calls, and what differs between two blocks. */
#include <stdlib.h>
#include "base/mem.h"
#include "base/text.h"
#include "view/model.h"

struct chain_value view_storage(const struct view *view, const struct chain_block *block,
                                struct substrate_text key) {
    const struct view_block *made = view_made_block(block);
    const struct view_entry *entry = made == NULL ? NULL : view_tree_get(made->tree, key);
    return entry != NULL ? entry->value : chain_storage(view->chain, block, key);
}

/* ---- keys ---- */

enum { PAGE = 256 };

/* Two sorted lists at once: what is recorded under a made block, some at a time, and what made
 * blocks say. */
struct merge {
    const struct view *view;
    const struct chain_block *block;
    const struct view_node *tree;
    struct substrate_text prefix;
    struct substrate_text recorded[PAGE], after, missing;
    size_t count, at;
    bool ended;  /* no more is recorded */
    bool broken; /* what is recorded is not known from `missing` on */
    const struct view_entry *entry;
};

static bool starts_with(struct substrate_text text, struct substrate_text prefix) {
    struct substrate_text start = {text.data, prefix.size};
    return text.size >= prefix.size && base_text_equal(start, prefix);
}

static void fetch(struct merge *merge) {
    if (merge->at < merge->count || merge->ended || merge->broken) {
        return;
    }
    merge->at = merge->count = 0;
    merge->broken =
        chain_keys(merge->view->chain, merge->block, merge->prefix, merge->after, PAGE,
                   merge->recorded, &merge->count, &merge->missing) == SUBSTRATE_E_NOT_FOUND;
    merge->ended = !merge->broken && merge->count < PAGE;
    if (merge->count > 0) {
        merge->after = merge->recorded[merge->count - 1];
    }
}

static void seek(struct merge *merge, struct substrate_text key, bool after) {
    const struct view_entry *entry = view_tree_from(merge->tree, key, after);
    merge->entry = entry != NULL && starts_with(entry->key, merge->prefix) ? entry : NULL;
}

/* The next key that is there; {NULL, 0}: there is none, or it is not known which. */
static struct substrate_text next_key(struct merge *merge) {
    for (;;) {
        fetch(merge);
        const struct view_entry *entry = merge->entry;
        bool listed = merge->at < merge->count;
        struct substrate_text key = listed ? merge->recorded[merge->at] : merge->missing;
        int order = entry == NULL             ? 1
                    : listed || merge->broken ? base_text_compare(entry->key, key)
                                              : -1;
        if (!listed && (entry == NULL || (merge->broken && order > 0))) {
            return (struct substrate_text){NULL, 0};
        }
        if (order > 0) {
            merge->at++;
            return key;
        }
        if (order == 0 && listed) {
            merge->at++; /* the made block has the last word */
        } else if (order == 0) {
            merge->after = entry->key; /* one known key where the recording has none */
            merge->broken = false;
        }
        seek(merge, entry->key, true);
        if (entry->value.known != CHAIN_ABSENT) {
            return entry->key;
        }
    }
}

static enum substrate_status merge_keys(struct merge *merge, size_t limit,
                                        struct substrate_text *keys, size_t *count,
                                        struct substrate_text *missing) {
    *count = 0;
    while (*count < limit) {
        struct substrate_text key = next_key(merge);
        if (key.data == NULL) {
            *missing = merge->missing;
            return merge->broken ? SUBSTRATE_E_NOT_FOUND : SUBSTRATE_OK;
        }
        keys[(*count)++] = key;
    }
    return SUBSTRATE_OK;
}

enum substrate_status view_keys(const struct view *view, const struct chain_block *block,
                                struct substrate_text prefix, struct substrate_text after,
                                size_t limit, struct substrate_text *keys, size_t *count,
                                struct substrate_text *missing) {
    const struct view_block *made = view_made_block(block);
    if (made == NULL) {
        return chain_keys(view->chain, block, prefix, after, limit, keys, count, missing);
    }
    struct merge merge = {
        .view = view, .block = block, .tree = made->tree, .prefix = prefix, .after = after};
    bool behind = after.data != NULL && base_text_compare(after, prefix) >= 0;
    seek(&merge, behind ? after : prefix, behind);
    return merge_keys(&merge, limit, keys, count, missing);
}

/* ---- recorded calls ---- */

/* What the nearest recorded ancestor of a made block answers, as far as the block allows. */
static const struct fact_call *carry_call(struct view *view, struct substrate_text method,
                                          struct substrate_text params,
                                          const struct view_block *made, enum view_carry *carry) {
    if (made->calls == VIEW_CALLS_UNMATCHED || made->recorded == NULL) {
        return NULL;
    }
    const struct fact_call *call = chain_call(view->chain, method, params, &made->recorded->hash);
    if (call == NULL) {
        return NULL;
    }
    if (made->edited && made->calls == VIEW_CALLS_CARRY) {
        *carry = VIEW_CARRY_REFUSED;
        return NULL;
    }
    *carry = made->edited ? VIEW_CARRIED_STALE : VIEW_CARRIED;
    uint64_t *count = made->edited ? &view->counts.carried_stale : &view->counts.carried;
    (*count)++;
    return call;
}

const struct fact_call *view_call(struct view *view, struct substrate_text method,
                                  struct substrate_text params, const struct chain_block *block,
                                  enum view_carry *carry) {
    enum view_carry ignored;
    bool may_carry = carry != NULL;
    carry = may_carry ? carry : &ignored;
    *carry = VIEW_RECORDED;
    if (block != NULL && block->made) {
        return may_carry ? carry_call(view, method, params, view_made_block(block), carry) : NULL;
    }
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

static void take_entries(struct key_list *list, const struct view_block *made) {
    for (size_t i = 0; i < made->entry_count; i++) {
        (void)take_key(list, made->entries[i].key);
    }
}

enum substrate_status view_differences(const struct chain_block *before,
                                       const struct chain_block *after, struct base_arena *arena,
                                       struct view_difference *difference) {
    struct key_list list = {NULL, 0, 0, false};
    difference->whole = chain_is_whole(before) && chain_is_whole(after);
    /* Down from both to one block, or to two that are recorded. */
    while (before != after && (before->made || after->made)) {
        bool down = before->made && (!after->made || before->number >= after->number);
        take_entries(&list, view_made_block(down ? before : after));
        before = down ? before->parent : before;
        after = down ? after : after->parent;
    }
    difference->covered = before == after || chain_differences(before, after, take_key, &list);
    enum substrate_status status = settle(&list, arena, difference);
    base_free(list.keys);
    return status;
}

const struct fact_call *view_lacks(const struct view *view, struct substrate_text method) {
    return chain_lacks(view->chain, method);
}

bool view_exports(const struct fact_runtime *runtime, struct substrate_text function) {
    return facts_exports(runtime, function);
}
