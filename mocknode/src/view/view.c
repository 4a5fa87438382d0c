/* A view's life, and what it shows of blocks. */
#include "view/view.h"

#include <string.h>
#include <substrate/hash.h>
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"
#include "view/model.h"

/* ---- life ---- */

/* The storage key of a plain item, as digits. */
static void key_of(const char *pallet, const char *item, char out[VIEW_KEY_SIZE]) {
    uint8_t key[VIEW_KEY_SIZE / 2];
    substrate_twox_128((struct substrate_bytes){(const uint8_t *)pallet, strlen(pallet)}, key);
    substrate_twox_128((struct substrate_bytes){(const uint8_t *)item, strlen(item)}, key + 16);
    base_hex_write((struct substrate_bytes){key, sizeof(key)}, out);
}

static void make_keys(struct view_system_keys *keys) {
    key_of("System", "Number", keys->number);
    key_of("System", "ParentHash", keys->parent_hash);
    key_of("System", "BlockHash", keys->block_hash);
    key_of("System", "Digest", keys->digest);
    key_of("System", "Events", keys->events);
    key_of("System", "EventCount", keys->event_count);
    key_of("System", "LastRuntimeUpgrade", keys->last_upgrade);
    key_of("Timestamp", "Now", keys->now);
}

static void forget_made(struct view *view) {
    base_map_free(&view->made);
    base_map_free(&view->names);
    base_idmap_free(&view->siblings);
    base_arena_free(&view->arena);
    base_map_init(&view->made, 0);
    base_map_init(&view->names, 0);
    base_idmap_init(&view->siblings);
    base_arena_init(&view->arena, (size_t)64 * 1024);
    view->stamp = (struct view_stamp){NULL, {NULL, 0}};
}

struct view_step view_start_at(struct view *view, const struct chain_block *block) {
    struct view_step step = {view->head, block, view->finalized, NULL};
    view_forget_seen(view);
    (void)view_see(view, block); /* nothing was seen, so that there is room */
    view->head = block;
    view->finalized = view_behind(view, block);
    view->kept_below = 0;
    view_prune_keep(view, view->keep);
    step.finalized = view->finalized;
    return step;
}

void view_reset(struct view *view, const struct view_start *start) {
    forget_made(view);
    view->counts = (struct view_counts){0, 0, 0, 0};
    view->lag = start->lag;
    view->keep = view->pruned_below = 0;
    (void)view_start_at(view, start->head != NULL ? start->head : chain_head(view->chain));
}

struct view *view_new(const struct chain *chain, const struct view_start *start, size_t bytes_max) {
    struct view *view = base_calloc(1, sizeof(*view));
    if (view == NULL ||
        !base_grow((void **)&view->tips, &view->tip_capacity, 1, sizeof(*view->tips))) {
        base_free(view);
        return NULL;
    }
    view->chain = chain;
    view->bytes_max = bytes_max;
    make_keys(&view->keys);
    view_reset(view, start);
    return view;
}

void view_free(struct view *view) {
    if (view != NULL) {
        forget_made(view);
        base_free(view->tips);
        base_free(view);
    }
}

struct view_counts view_counts(const struct view *view) {
    return view->counts;
}

/* ---- blocks ---- */

const struct chain *view_chain(const struct view *view) { return view->chain; }

const struct chain_block *view_head(const struct view *view) { return view->head; }

const struct chain_block *view_finalized(const struct view *view) { return view->finalized; }

const struct chain_block *view_recorded(const struct chain_block *block) {
    const struct view_block *made = view_made_block(block);
    return made != NULL ? made->recorded : block;
}

bool view_descends(const struct chain_block *of, const struct chain_block *block) {
    return chain_ancestor(of, block->number) == block;
}

static const struct chain_block *find_made(const struct view *view,
                                           const struct substrate_hash *hash) {
    return base_map_get(&view->made,
                        (struct substrate_text){(const char *)hash->bytes, sizeof(hash->bytes)});
}

const struct chain_block *view_find(const struct view *view, const struct substrate_hash *hash) {
    if (memcmp(hash, &view->head->hash, sizeof(*hash)) == 0) {
        return view->head; /* as most clients ask for what is new */
    }
    const struct chain_block *block = chain_find(view->chain, hash);
    if (block == NULL) {
        return find_made(view, hash);
    }
    return view_has_seen(view, block) ? block : NULL;
}

bool view_is_gap(const struct view *view, const struct substrate_hash *hash) {
    return chain_is_gap(view->chain, hash);
}

const struct chain_block *view_ancestor(const struct chain_block *block, uint64_t number) {
    return chain_ancestor(block, number);
}

const struct chain_block *view_ancestor_above(const struct chain_block *block, uint64_t number) {
    return chain_ancestor_above(block, number);
}

const struct chain_block *view_at(const struct view *view, uint64_t number) {
    const struct chain_block *block = chain_ancestor(view->head, number);
    /* Every chain of blocks has the genesis, whatever is recorded between. */
    return block == NULL && number == 0 ? chain_genesis(view->chain) : block;
}

bool view_is_pruned(const struct view *view, const struct chain_block *block) {
    return block->number < view->pruned_below || block->number < view->kept_below ||
           chain_is_pruned(block);
}

/* ---- names of blocks ---- */

static const struct chain_block *no_block(struct substrate_error *error, struct substrate_text name,
                                          const char *why) {
    (void)base_fail(error, SUBSTRATE_E_NOT_FOUND, "block \"%.*s\": %s",
                    (int)(name.size < 80 ? name.size : 80), name.data, why);
    return NULL;
}

static const struct chain_block *find_number(const struct view *view, struct substrate_text name,
                                             uint64_t number, struct substrate_error *error) {
    const struct chain_block *block =
        number <= view->head->number ? view_at(view, number) : chain_at(view->chain, number);
    if (block == NULL) {
        (void)base_fail(error, SUBSTRATE_E_NOT_FOUND,
                        "block %.*s is not recorded; the recording's head is block %llu",
                        (int)name.size, name.data,
                        (unsigned long long)chain_head(view->chain)->number);
    }
    return block;
}

static const struct chain_block *find_hash(const struct view *view, struct substrate_text name,
                                           const struct substrate_hash *hash,
                                           struct substrate_error *error) {
    const struct chain_block *block = chain_find(view->chain, hash);
    block = block != NULL ? block : find_made(view, hash);
    return block != NULL ? block : no_block(error, name, "neither recorded nor made by this space");
}

/* `@name` */
static const struct chain_block *find_name(const struct view *view, struct substrate_text name,
                                           struct substrate_error *error) {
    const struct chain_block *block =
        base_map_get(&view->names, (struct substrate_text){name.data + 1, name.size - 1});
    return block != NULL ? block : no_block(error, name, "no block of this space has that name");
}

/* `head-3` */
static const struct chain_block *find_behind(const struct view *view, struct substrate_text name,
                                             struct substrate_error *error) {
    struct substrate_text digits = {name.data + 5, name.size - 5};
    uint64_t back = 0;
    if (name.data[4] != '-' || !base_text_u64(digits, &back)) {
        return no_block(error, name, "expected head-NUMBER");
    }
    const struct chain_block *block =
        back <= view->head->number ? view_at(view, view->head->number - back) : NULL;
    return block != NULL ? block : no_block(error, name, "the head has no such known ancestor");
}

const struct chain_block *view_resolve(const struct view *view, struct substrate_text name,
                                       struct substrate_error *error) {
    uint64_t number = 0;
    struct substrate_hash hash;
    size_t size = 0;
    if (base_text_is(name, "head")) {
        return view->head;
    }
    if (base_text_is(name, "finalized")) {
        return view->finalized;
    }
    if (base_text_u64(name, &number)) {
        return find_number(view, name, number, error);
    }
    if (base_text_starts(name, "@")) {
        return find_name(view, name, error);
    }
    if (base_text_starts(name, "head") && name.size > 5) {
        return find_behind(view, name, error);
    }
    if (base_hex_read(name, hash.bytes, sizeof(hash.bytes), &size) && size == 32) {
        return find_hash(view, name, &hash, error);
    }
    (void)base_fail(error, SUBSTRATE_E_ARGUMENT,
                    "\"%.*s\" is neither a block number nor a block hash (0x and 64 digits), nor "
                    "\"head\", \"head-3\", \"finalized\" or \"@name\"",
                    (int)(name.size < 80 ? name.size : 80), name.data);
    return NULL;
}
