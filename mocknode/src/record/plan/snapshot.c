/* Sorted keys and their values, and the difference of two of them. */
#include "record/plan/snapshot.h"

#include <stdlib.h>
#include "base/mem.h"
#include "base/text.h"

void snapshot_init(struct snapshot *snapshot) {
    *snapshot = (struct snapshot){.keys = NULL};
    base_arena_init(&snapshot->arena, 65536);
}

void snapshot_free(struct snapshot *snapshot) {
    base_free(snapshot->keys);
    base_arena_free(&snapshot->arena);
    *snapshot = (struct snapshot){.keys = NULL};
}

void snapshot_reset(struct snapshot *snapshot) {
    base_arena_reset(&snapshot->arena);
    snapshot->count = 0;
}

static bool append(struct snapshot *snapshot, const struct fact_change *change) {
    struct fact_change copy = {.kind = change->kind};
    if (!base_grow((void **)&snapshot->keys, &snapshot->capacity, snapshot->count + 1,
                   sizeof *snapshot->keys)) {
        return false;
    }
    copy.key = base_arena_text(&snapshot->arena, change->key);
    if (change->kind == FACT_VALUE) {
        copy.value = base_arena_text(&snapshot->arena, change->value);
    }
    if (change->digest != NULL) {
        struct fact_digest *digest = base_arena_alloc(&snapshot->arena, sizeof *digest);
        if (digest == NULL) {
            return false;
        }
        *digest = *change->digest;
        copy.digest = digest;
    }
    if (copy.key.data == NULL || (change->kind == FACT_VALUE && copy.value.data == NULL)) {
        return false;
    }
    snapshot->keys[snapshot->count++] = copy;
    return true;
}

bool snapshot_append(struct snapshot *snapshot, struct substrate_text key) {
    struct fact_change change = {.key = key, .kind = FACT_PRESENT};
    return append(snapshot, &change);
}

static int compare(const void *left, const void *right) {
    const struct fact_change *a = left, *b = right;
    return base_text_compare(a->key, b->key);
}

struct fact_change *snapshot_find(const struct snapshot *snapshot, struct substrate_text key) {
    struct fact_change sought = {.key = key};
    return snapshot->count == 0
               ? NULL
               : bsearch(&sought, snapshot->keys, snapshot->count, sizeof *snapshot->keys, compare);
}

bool snapshot_apply(struct snapshot *snapshot, const struct fact_set *set) {
    struct snapshot merged;
    size_t i = 0, j = 0;
    bool good = true;
    snapshot_init(&merged);
    while (good && (i < snapshot->count || j < set->change_count)) {
        int order = i == snapshot->count     ? 1
                    : j == set->change_count ? -1
                                             : compare(&snapshot->keys[i], &set->changes[j]);
        if (order < 0) {
            good = append(&merged, &snapshot->keys[i]);
        } else if (set->changes[j].kind != FACT_ABSENT) {
            good = append(&merged, &set->changes[j]);
        }
        i += order <= 0;
        j += order >= 0;
    }
    if (!good) {
        snapshot_free(&merged);
        return false;
    }
    snapshot_free(snapshot);
    *snapshot = merged;
    return true;
}

enum substrate_status snapshot_difference(const struct snapshot *before, const struct snapshot *now,
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
        } else if (order > 0 || !facts_same_change(&before->keys[i], &now->keys[j])) {
            status = facts_add_change(facts, set, &now->keys[j]);
        }
        i += order <= 0;
        j += order >= 0;
    }
    return status;
}
