/* Facts in memory: making, finding and adding them, and putting them into file order. Reading them
 * from a folder is facts_load.c. */
#include "chain/facts.h"

#include <stdlib.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/mem.h"
#include "base/text.h"

#define ARENA_BLOCK ((size_t)64 * 1024)

struct facts *facts_new(void) {
    struct facts *facts = base_calloc(1, sizeof *facts);
    if (facts == NULL) {
        return NULL;
    }
    base_arena_init(&facts->arena, ARENA_BLOCK);
    base_map_init(&facts->block_index, 0);
    base_map_init(&facts->set_index, 0);
    return facts;
}

void facts_free(struct facts *facts) {
    if (facts == NULL) {
        return;
    }
    for (size_t i = 0; i < facts->set_count; i++) {
        base_free(facts->sets[i].covered);
        base_free(facts->sets[i].changes);
    }
    for (size_t i = 0; i < facts->file_count; i++) {
        base_free(facts->files[i]);
    }
    base_free(facts->files);
    base_free(facts->blocks);
    base_free(facts->runtimes);
    base_free(facts->sets);
    base_free(facts->calls);
    base_map_free(&facts->block_index);
    base_map_free(&facts->set_index);
    base_arena_free(&facts->arena);
    base_free(facts);
}

static struct substrate_text hash_text(const struct substrate_hash *hash) {
    return (struct substrate_text){(const char *)hash->bytes, sizeof hash->bytes};
}

/* Positions are stored as pointers, one up so that none of them is NULL. */
static bool index_put(struct facts *facts, struct base_map *map, const struct substrate_hash *hash,
                      size_t position) {
    struct substrate_text key = base_arena_text(&facts->arena, hash_text(hash));
    return key.data != NULL && base_map_put(map, key, (void *)(uintptr_t)(position + 1));
}

static size_t index_get(const struct base_map *map, const struct substrate_hash *hash) {
    return (size_t)(uintptr_t)base_map_get(map, hash_text(hash));
}

struct fact_block *facts_block(struct facts *facts, const struct substrate_hash *hash, bool make) {
    size_t found = index_get(&facts->block_index, hash);
    if (found != 0) {
        return &facts->blocks[found - 1];
    }
    if (!make ||
        !base_grow((void **)&facts->blocks, &facts->block_capacity, facts->block_count + 1,
                   sizeof *facts->blocks) ||
        !index_put(facts, &facts->block_index, hash, facts->block_count)) {
        return NULL;
    }
    struct fact_block *block = &facts->blocks[facts->block_count++];
    *block = (struct fact_block){.hash = *hash};
    return block;
}

struct fact_runtime *facts_runtime(struct facts *facts, uint32_t spec_version, bool make) {
    for (size_t i = 0; i < facts->runtime_count; i++) {
        if (facts->runtimes[i].spec_version == spec_version) {
            return &facts->runtimes[i];
        }
    }
    if (!make || !base_grow((void **)&facts->runtimes, &facts->runtime_capacity,
                            facts->runtime_count + 1, sizeof *facts->runtimes)) {
        return NULL;
    }
    struct fact_runtime *runtime = &facts->runtimes[facts->runtime_count++];
    *runtime = (struct fact_runtime){.spec_version = spec_version};
    return runtime;
}

struct fact_set *facts_set(struct facts *facts, const struct substrate_hash *block, bool make) {
    size_t found = index_get(&facts->set_index, block);
    if (found != 0) {
        return &facts->sets[found - 1];
    }
    if (!make ||
        !base_grow((void **)&facts->sets, &facts->set_capacity, facts->set_count + 1,
                   sizeof *facts->sets) ||
        !index_put(facts, &facts->set_index, block, facts->set_count)) {
        return NULL;
    }
    struct fact_set *set = &facts->sets[facts->set_count++];
    *set = (struct fact_set){.block = *block};
    return set;
}

/* Copies a text that may be none. */
static bool copy_text(struct facts *facts, struct substrate_text *text) {
    if (text->data == NULL) {
        return true;
    }
    *text = base_arena_text(&facts->arena, *text);
    return text->data != NULL;
}

enum substrate_status facts_add_call(struct facts *facts, const struct fact_call *call) {
    struct fact_call copy = *call;
    if (!copy_text(facts, &copy.method) || !copy_text(facts, &copy.params) ||
        !copy_text(facts, &copy.result) ||
        !base_grow((void **)&facts->calls, &facts->call_capacity, facts->call_count + 1,
                   sizeof *facts->calls)) {
        return SUBSTRATE_E_MEMORY;
    }
    facts->calls[facts->call_count++] = copy;
    return SUBSTRATE_OK;
}

enum substrate_status facts_add_change(struct facts *facts, struct fact_set *set,
                                       const struct fact_change *change) {
    struct fact_change copy = *change;
    if (!copy_text(facts, &copy.key) || !copy_text(facts, &copy.value) ||
        !base_grow((void **)&set->changes, &set->change_capacity, set->change_count + 1,
                   sizeof *set->changes)) {
        return SUBSTRATE_E_MEMORY;
    }
    set->changes[set->change_count++] = copy;
    return SUBSTRATE_OK;
}

enum substrate_status facts_add_covered(struct facts *facts, struct fact_set *set,
                                        const struct fact_interval *interval) {
    struct fact_interval copy = *interval;
    if (!copy_text(facts, &copy.from) || !copy_text(facts, &copy.to) ||
        !base_grow((void **)&set->covered, &set->covered_capacity, set->covered_count + 1,
                   sizeof *set->covered)) {
        return SUBSTRATE_E_MEMORY;
    }
    set->covered[set->covered_count++] = copy;
    return SUBSTRATE_OK;
}

uint64_t facts_number(const struct facts *facts, const struct substrate_hash *hash) {
    size_t found = index_get(&facts->block_index, hash);
    return found == 0 ? UINT64_MAX : facts->blocks[found - 1].number;
}

/* ---- file order ---- */

static int compare_u64(uint64_t a, uint64_t b) { return a < b ? -1 : a > b; }

static int compare_hash(const struct substrate_hash *a, const struct substrate_hash *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static int compare_blocks(const void *left, const void *right) {
    const struct fact_block *a = left, *b = right;
    int order = compare_u64(a->number, b->number);
    return order != 0 ? order : compare_hash(&a->hash, &b->hash);
}

static int compare_runtimes(const void *left, const void *right) {
    const struct fact_runtime *a = left, *b = right;
    return compare_u64(a->spec_version, b->spec_version);
}

static int compare_metadata(const void *left, const void *right) {
    const struct fact_metadata *a = left, *b = right;
    return compare_u64(a->version, b->version);
}

static int compare_exports(const void *left, const void *right) {
    return base_text_compare(*(const struct substrate_text *)left,
                             *(const struct substrate_text *)right);
}

static int compare_changes(const void *left, const void *right) {
    const struct fact_change *a = left, *b = right;
    return base_text_compare(a->key, b->key);
}

static int compare_intervals(const void *left, const void *right) {
    const struct fact_interval *a = left, *b = right;
    return base_text_compare(a->from, b->from);
}

/* A set or call beside the number of its block, which only the facts as a whole know. */
struct numbered_set {
    uint64_t number;
    struct fact_set set;
};

struct numbered_call {
    uint64_t number;
    struct fact_call call;
};

static int compare_sets(const void *left, const void *right) {
    const struct numbered_set *a = left, *b = right;
    int order = compare_u64(a->number, b->number);
    return order != 0 ? order : compare_hash(&a->set.block, &b->set.block);
}

static int compare_calls(const void *left, const void *right) {
    const struct numbered_call *a = left, *b = right;
    int order = base_text_compare(a->call.method, b->call.method);
    if (order == 0) {
        order = base_text_compare(a->call.params, b->call.params);
    }
    if (order == 0) {
        order = (int)a->call.has_at - (int)b->call.has_at;
    }
    if (order == 0 && a->call.has_at) {
        order = compare_u64(a->number, b->number);
        order = order != 0 ? order : compare_hash(&a->call.at, &b->call.at);
    }
    return order;
}

/* qsort must not be given NULL, not even with a count of 0. */
static void sort(void *array, size_t count, size_t size,
                 int (*compare)(const void *, const void *)) {
    if (count > 1) {
        qsort(array, count, size, compare);
    }
}

static enum substrate_status sort_sets(struct facts *facts) {
    if (facts->set_count == 0) {
        return SUBSTRATE_OK;
    }
    struct numbered_set *sets = base_calloc(facts->set_count, sizeof *sets);
    if (sets == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    for (size_t i = 0; i < facts->set_count; i++) {
        sets[i].number = facts_number(facts, &facts->sets[i].block);
        sets[i].set = facts->sets[i];
    }
    sort(sets, facts->set_count, sizeof *sets, compare_sets);
    for (size_t i = 0; i < facts->set_count; i++) {
        facts->sets[i] = sets[i].set;
    }
    base_free(sets);
    return SUBSTRATE_OK;
}

/* How much of a text an error shows, as the precision of a %.*s. */
static int clip(struct substrate_text text, size_t most) {
    return (int)(text.size < most ? text.size : most);
}

static enum substrate_status normalise_calls(struct facts *facts, struct substrate_error *error) {
    if (facts->call_count == 0) {
        return SUBSTRATE_OK;
    }
    struct numbered_call *calls = base_calloc(facts->call_count, sizeof *calls);
    if (calls == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < facts->call_count; i++) {
        calls[i].call = facts->calls[i];
        calls[i].number = calls[i].call.has_at ? facts_number(facts, &calls[i].call.at) : 0;
    }
    sort(calls, facts->call_count, sizeof *calls, compare_calls);
    enum substrate_status status = SUBSTRATE_OK;
    size_t kept = 0;
    for (size_t i = 0; i < facts->call_count && status == SUBSTRATE_OK; i++) {
        const struct fact_call *call = &calls[i].call;
        const struct fact_call *last = kept > 0 ? &facts->calls[kept - 1] : NULL;
        if (i == 0 || compare_calls(&calls[i - 1], &calls[i]) != 0) {
            facts->calls[kept++] = *call;
        } else if (last->is_error != call->is_error ||
                   !base_text_equal(last->result, call->result)) {
            char at[67] = "no block";
            if (call->has_at) {
                substrate_hash_format(&call->at, at);
            }
            status = base_fail(error, SUBSTRATE_E_DECODE,
                               "call %.*s %.*s at %s has two results: %.*s and %.*s",
                               clip(call->method, 40), call->method.data, clip(call->params, 40),
                               call->params.data, at, clip(last->result, 20), last->result.data,
                               clip(call->result, 20), call->result.data);
        }
    }
    if (status == SUBSTRATE_OK) {
        facts->call_count = kept;
    }
    base_free(calls);
    return status;
}

static enum substrate_status contradiction(const struct fact_set *set, const struct fact_change *a,
                                           const struct fact_change *b,
                                           struct substrate_error *error) {
    static const char *const KINDS[] = {"value", "absent", "present"};
    char at[67];
    substrate_hash_format(&set->block, at);
    struct substrate_text left = a->kind == FACT_VALUE ? a->value : base_text(KINDS[a->kind]);
    struct substrate_text right = b->kind == FACT_VALUE ? b->value : base_text(KINDS[b->kind]);
    return base_fail(error, SUBSTRATE_E_DECODE,
                     "key 0x%.*s at block %s has two values: %.*s and %.*s", clip(a->key, 64),
                     a->key.data, at, clip(left, 24), left.data, clip(right, 24), right.data);
}

/* `present` beside a value says the same with less. */
static enum substrate_status normalise_changes(struct fact_set *set,
                                               struct substrate_error *error) {
    sort(set->changes, set->change_count, sizeof *set->changes, compare_changes);
    size_t kept = 0;
    for (size_t i = 0; i < set->change_count; i++) {
        const struct fact_change *change = &set->changes[i];
        struct fact_change *last = kept > 0 ? &set->changes[kept - 1] : NULL;
        if (last == NULL || !base_text_equal(last->key, change->key)) {
            set->changes[kept++] = *change;
        } else if (last->kind == change->kind && base_text_equal(last->value, change->value)) {
            continue;
        } else if (last->kind == FACT_PRESENT && change->kind == FACT_VALUE) {
            *last = *change;
        } else if (last->kind != FACT_VALUE || change->kind != FACT_PRESENT) {
            return contradiction(set, last, change, error);
        }
    }
    set->change_count = kept;
    return SUBSTRATE_OK;
}

/* Joins what overlaps or touches, and drops what is empty. */
static void normalise_covered(struct fact_set *set) {
    sort(set->covered, set->covered_count, sizeof *set->covered, compare_intervals);
    size_t kept = 0;
    for (size_t i = 0; i < set->covered_count; i++) {
        struct fact_interval next = set->covered[i];
        struct fact_interval *last = kept > 0 ? &set->covered[kept - 1] : NULL;
        if (next.to.data != NULL && base_text_compare(next.from, next.to) >= 0) {
            continue;
        }
        if (last == NULL || (last->to.data != NULL && base_text_compare(last->to, next.from) < 0)) {
            set->covered[kept++] = next;
        } else if (last->to.data != NULL &&
                   (next.to.data == NULL || base_text_compare(last->to, next.to) < 0)) {
            last->to = next.to;
        }
    }
    set->covered_count = kept;
}

/* Sorting moved blocks and sets; their indexes are filled anew. */
static enum substrate_status index_again(struct facts *facts) {
    base_map_free(&facts->block_index);
    base_map_free(&facts->set_index);
    base_map_init(&facts->block_index, 0);
    base_map_init(&facts->set_index, 0);
    for (size_t i = 0; i < facts->block_count; i++) {
        if (!index_put(facts, &facts->block_index, &facts->blocks[i].hash, i)) {
            return SUBSTRATE_E_MEMORY;
        }
    }
    for (size_t i = 0; i < facts->set_count; i++) {
        if (!index_put(facts, &facts->set_index, &facts->sets[i].block, i)) {
            return SUBSTRATE_E_MEMORY;
        }
    }
    return SUBSTRATE_OK;
}

enum substrate_status facts_normalise(struct facts *facts, struct substrate_error *error) {
    enum substrate_status status = normalise_calls(facts, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    /* Sets are sorted before blocks: their numbers are looked up through the index of blocks. */
    if (sort_sets(facts) != SUBSTRATE_OK) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    sort(facts->blocks, facts->block_count, sizeof *facts->blocks, compare_blocks);
    sort(facts->runtimes, facts->runtime_count, sizeof *facts->runtimes, compare_runtimes);
    if (index_again(facts) != SUBSTRATE_OK) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < facts->runtime_count; i++) {
        struct fact_runtime *runtime = &facts->runtimes[i];
        sort(runtime->metadata, runtime->metadata_count, sizeof *runtime->metadata,
             compare_metadata);
        sort(runtime->exports, runtime->export_count, sizeof *runtime->exports, compare_exports);
    }
    for (size_t i = 0; i < facts->set_count; i++) {
        struct fact_set *set = &facts->sets[i];
        normalise_covered(set);
        status = normalise_changes(set, error);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return SUBSTRATE_OK;
}
