/* Sorted keys and their values, and the difference of two of them. */
#include "record/content.h"

#include <stdlib.h>
#include "base/mem.h"
#include "base/text.h"

void content_init(struct content *content) {
    *content = (struct content){.keys = NULL};
    base_arena_init(&content->arena, 65536);
}

void content_free(struct content *content) {
    base_free(content->keys);
    base_arena_free(&content->arena);
    *content = (struct content){.keys = NULL};
}

void content_reset(struct content *content) {
    base_arena_reset(&content->arena);
    content->count = 0;
}

static bool append(struct content *content, const struct fact_change *change) {
    struct fact_change copy = {.kind = change->kind};
    if (!base_grow((void **)&content->keys, &content->capacity, content->count + 1,
                   sizeof *content->keys)) {
        return false;
    }
    copy.key = base_arena_text(&content->arena, change->key);
    if (change->kind == FACT_VALUE) {
        copy.value = base_arena_text(&content->arena, change->value);
    }
    if (copy.key.data == NULL || (change->kind == FACT_VALUE && copy.value.data == NULL)) {
        return false;
    }
    content->keys[content->count++] = copy;
    return true;
}

bool content_append(struct content *content, struct substrate_text key) {
    struct fact_change change = {.key = key, .kind = FACT_PRESENT};
    return append(content, &change);
}

static int compare(const void *left, const void *right) {
    const struct fact_change *a = left, *b = right;
    return base_text_compare(a->key, b->key);
}

struct fact_change *content_find(const struct content *content, struct substrate_text key) {
    struct fact_change sought = {.key = key};
    return content->count == 0
               ? NULL
               : bsearch(&sought, content->keys, content->count, sizeof *content->keys, compare);
}

bool content_apply(struct content *content, const struct fact_set *set) {
    struct content merged;
    size_t i = 0, j = 0;
    bool good = true;
    content_init(&merged);
    while (good && (i < content->count || j < set->change_count)) {
        int order = i == content->count      ? 1
                    : j == set->change_count ? -1
                                             : compare(&content->keys[i], &set->changes[j]);
        if (order < 0) {
            good = append(&merged, &content->keys[i]);
        } else if (set->changes[j].kind != FACT_ABSENT) {
            good = append(&merged, &set->changes[j]);
        }
        i += order <= 0;
        j += order >= 0;
    }
    if (!good) {
        content_free(&merged);
        return false;
    }
    content_free(content);
    *content = merged;
    return true;
}

static bool same(const struct fact_change *a, const struct fact_change *b) {
    return a->kind == b->kind && base_text_equal(a->value, b->value);
}

enum substrate_status content_difference(const struct content *before, const struct content *now,
                                         struct facts *facts, struct fact_set *set) {
    size_t i = 0, j = 0;
    enum substrate_status status = SUBSTRATE_OK;
    while (status == SUBSTRATE_OK && (i < before->count || j < now->count)) {
        int order = i == before->count ? 1
                    : j == now->count  ? -1
                                       : compare(&before->keys[i], &now->keys[j]);
        if (order < 0) {
            struct fact_change gone = {.key = before->keys[i].key, .kind = FACT_ABSENT};
            status = facts_add_change(facts, set, &gone);
        } else if (order > 0 || !same(&before->keys[i], &now->keys[j])) {
            status = facts_add_change(facts, set, &now->keys[j]);
        }
        i += order <= 0;
        j += order >= 0;
    }
    return status;
}
