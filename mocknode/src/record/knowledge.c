/* Resolves lines of state sets. The rules are those of fixtures/FORMAT.md: a set's own keys first;
 * inside its covered intervals what its base has; nothing else. */
#include "record/knowledge.h"

#include <string.h>
#include "base/mem.h"
#include "base/text.h"

const struct fact_set *knowledge_set(const struct facts *facts,
                                     const struct substrate_hash *block) {
    for (size_t i = 0; i < facts->set_count; i++) {
        if (memcmp(&facts->sets[i].block, block, sizeof *block) == 0) {
            return &facts->sets[i];
        }
    }
    return NULL;
}

void knowledge_free(struct knowledge *knowledge) {
    base_free(knowledge->covered);
    base_free(knowledge->keys);
    *knowledge = (struct knowledge){.keys = NULL};
}

bool knowledge_covers(const struct knowledge *knowledge, struct substrate_text key) {
    for (size_t i = 0; i < knowledge->covered_count; i++) {
        const struct fact_interval *interval = &knowledge->covered[i];
        if (base_text_compare(interval->from, key) <= 0 &&
            (interval->to.data == NULL || base_text_compare(key, interval->to) < 0)) {
            return true;
        }
    }
    return false;
}

static bool push(struct knowledge *knowledge, const struct fact_change *change) {
    if (!base_grow((void **)&knowledge->keys, &knowledge->capacity, knowledge->count + 1,
                   sizeof *knowledge->keys)) {
        return false;
    }
    knowledge->keys[knowledge->count++] = *change;
    return true;
}

static bool set_covered(struct knowledge *knowledge, const struct fact_set *set) {
    if (set->covered_as_base) {
        return true;
    }
    knowledge->covered_count = 0;
    if (!base_grow((void **)&knowledge->covered, &knowledge->covered_capacity,
                   set->covered_count + 1, sizeof *knowledge->covered)) {
        return false;
    }
    for (size_t i = 0; i < set->covered_count; i++) {
        knowledge->covered[knowledge->covered_count++] = set->covered[i];
    }
    return true;
}

/* What is known at a set's base becomes what is known at the set. */
static bool apply(struct knowledge *knowledge, const struct fact_set *set) {
    struct knowledge next = {.keys = NULL};
    size_t i = 0, j = 0;
    bool good = set_covered(knowledge, set);
    while (good && (i < knowledge->count || j < set->change_count)) {
        int order = i == knowledge->count ? 1
                    : j == set->change_count
                        ? -1
                        : base_text_compare(knowledge->keys[i].key, set->changes[j].key);
        const struct fact_change *kept = order < 0 ? &knowledge->keys[i] : &set->changes[j];
        bool covered = knowledge_covers(knowledge, kept->key);
        bool told = order >= 0 ? kept->kind != FACT_ABSENT || !covered
                               : kept->kind != FACT_ABSENT && covered;
        good = !told || push(&next, kept);
        i += order <= 0;
        j += order >= 0;
    }
    base_free(knowledge->keys);
    knowledge->keys = next.keys;
    knowledge->count = next.count;
    knowledge->capacity = next.capacity;
    return good;
}

enum substrate_status knowledge_of(const struct facts *facts, const struct fact_set *set,
                                   struct knowledge *knowledge, struct substrate_error *error) {
    const struct fact_set **line = base_calloc(facts->set_count + 1, sizeof *line);
    size_t depth = 0;
    enum substrate_status status = SUBSTRATE_OK;
    *knowledge = (struct knowledge){.keys = NULL};
    if (line == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    while (set != NULL && depth < facts->set_count) {
        line[depth++] = set;
        const struct fact_set *base = set->has_base ? knowledge_set(facts, &set->base) : NULL;
        if (set->has_base && base == NULL) {
            status = base_fail(error, SUBSTRATE_E_DECODE, "a state set's base has no set");
        }
        set = base;
    }
    if (set != NULL) {
        status = base_fail(error, SUBSTRATE_E_DECODE, "the bases of state sets go in a circle");
    }
    while (depth > 0 && status == SUBSTRATE_OK) {
        if (!apply(knowledge, line[--depth])) {
            status = base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
        }
    }
    base_free((void *)line);
    if (status != SUBSTRATE_OK) {
        knowledge_free(knowledge);
    }
    return status;
}
