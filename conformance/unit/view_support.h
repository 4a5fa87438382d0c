/* What tests of a view share: one over the sample, and the steps that it has taken. */
#ifndef VIEW_SUPPORT_H
#define VIEW_SUPPORT_H

#include <inttypes.h>
#include "chain_folder.h"
#include "view/view.h"

static struct chain *chain;
static struct view *view;
static struct base_arena arena;
static struct view_steps steps;
static struct substrate_error error;

static inline void begin(uint64_t head, uint64_t lag) {
    struct folder folder = folder_sample();
    struct facts *facts = folder_load(&folder, FACTS_LOAD_DIGESTS);
    ck_assert_msg(chain_build(facts, &chain, &error) == SUBSTRATE_OK, "%s", error.message);
    folder_remove(&folder);
    view = view_new(chain, &(struct view_start){chain_at(chain, head), lag}, (size_t)1 << 24);
    ck_assert_ptr_nonnull(view);
    base_arena_init(&arena, 0);
    steps = (struct view_steps){NULL, 0, 0};
}

static inline void end(void) {
    view_steps_free(&steps);
    base_arena_free(&arena);
    view_free(view);
    chain_free(chain);
}

static inline const struct chain_block *find(const char *hash) {
    struct substrate_hash wanted = hash_of(hash);
    return view_find(view, &wanted);
}

static inline const struct chain_block *resolve(const char *name) {
    const struct chain_block *block = view_resolve(view, base_text(name), &error);
    ck_assert_msg(block != NULL, "%s: %s", name, error.message);
    return block;
}

static inline void go(const struct chain_block *block) {
    ck_assert_msg(view_set_head(view, block, VIEW_MOVE, &steps, &error) == SUBSTRATE_OK, "%s",
                  error.message);
}

static inline const struct chain_block *make(const struct view_made *made) {
    const struct chain_block *block = NULL;
    ck_assert_msg(view_make(view, made, &block, &steps, &error) == SUBSTRATE_OK, "%s",
                  error.message);
    return block;
}

static inline const struct chain_block *make_on(const struct chain_block *parent) {
    return make(&(struct view_made){.parent = parent});
}

static inline void ck_refused(enum substrate_status status, enum substrate_status expected,
                              const char *words) {
    ck_assert_int_eq(status, expected);
    ck_assert_msg(strstr(error.message, words) != NULL, "%s", error.message);
}

static inline void ck_value(const struct chain_block *block, const char *key, const char *hex) {
    struct chain_value value = view_storage(view, block, base_text(key));
    ck_assert_msg(value.known == CHAIN_VALUE, "%s: %d", key, (int)value.known);
    ck_text_eq(value.hex, hex);
}

/* The steps so far as "head/finalized" numbers, and no more of them. */
static inline void ck_steps(const char *expected) {
    char text[512] = "";
    for (size_t i = 0; i < steps.count; i++) {
        size_t size = strlen(text);
        snprintf(text + size, sizeof text - size, "%s%" PRIu64 "/%" PRIu64, i > 0 ? " " : "",
                 steps.list[i].head->number, steps.list[i].finalized->number);
        if (i > 0) {
            ck_assert_ptr_eq(steps.list[i].head_before, steps.list[i - 1].head);
            ck_assert_ptr_eq(steps.list[i].finalized_before, steps.list[i - 1].finalized);
        }
    }
    ck_assert_str_eq(text, expected);
    if (steps.count > 0) {
        ck_assert_ptr_eq(view_head(view), steps.list[steps.count - 1].head);
        ck_assert_ptr_eq(view_finalized(view), steps.list[steps.count - 1].finalized);
    }
    steps.count = 0;
}

static inline uint64_t draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

#endif
