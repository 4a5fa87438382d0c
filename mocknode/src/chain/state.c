/* The storage at a block: sets numbered as a forest, all keys in one sorted table, and for each key
 * the list of what sets say of it. A read finds the key by its hash, and what is said of it by a
 * binary search; a page of keys walks the table. */
#include <string.h>
#include <substrate/hash.h>
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "chain/model.h"

#define NONE SIZE_MAX

/* ---- the forest of sets ---- */

struct forest {
    size_t *base, *child, *sibling; /* positions in facts->sets, or NONE */
    size_t *order;                  /* the sets in pre-order */
    size_t roots;
};

static enum substrate_status fail_set(struct substrate_error *error, const struct fact_set *set,
                                      const char *what) {
    char hash[67];
    substrate_hash_format(&set->block, hash);
    return base_fail(error, SUBSTRATE_E_DECODE, "state.jsonl: set %s: %s", hash, what);
}

static enum substrate_status link_sets(struct facts *facts, struct forest *forest,
                                       struct substrate_error *error) {
    forest->roots = NONE;
    for (size_t i = 0; i < facts->set_count; i++) {
        forest->child[i] = NONE;
    }
    /* Downwards, so that the children of a set come out in the order of the file. */
    for (size_t i = facts->set_count; i-- > 0;) {
        const struct fact_set *set = &facts->sets[i];
        size_t *list = &forest->roots;
        forest->base[i] = NONE;
        if (set->has_base) {
            const struct fact_set *base = facts_set(facts, &set->base, false);
            if (base == NULL) {
                return fail_set(error, set, "its base has no set");
            }
            forest->base[i] = (size_t)(base - facts->sets);
            list = &forest->child[forest->base[i]];
        }
        forest->sibling[i] = *list;
        *list = i;
    }
    return SUBSTRATE_OK;
}

/* Numbers the sets without recursion: a chain of bases may be as long as a chain of blocks. */
static size_t number_sets(struct chain *chain, const struct forest *forest) {
    size_t count = 0;
    size_t at = forest->roots;
    while (at != NONE) {
        chain->states[at].enter = (uint32_t)count;
        forest->order[count++] = at;
        if (forest->child[at] != NONE) {
            at = forest->child[at];
            continue;
        }
        while (at != NONE) {
            chain->states[at].leave = (uint32_t)count;
            if (forest->sibling[at] != NONE) {
                at = forest->sibling[at];
                break;
            }
            at = forest->base[at];
        }
    }
    return count;
}

static enum substrate_status build_forest(struct chain *chain, struct forest *forest,
                                          struct substrate_error *error) {
    struct facts *facts = chain->facts;
    enum substrate_status status = link_sets(facts, forest, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    size_t reached = number_sets(chain, forest);
    for (size_t i = 0; i < facts->set_count; i++) {
        const struct fact_set *set = &facts->sets[i];
        struct chain_state *state = &chain->states[i];
        if (reached < facts->set_count && state->leave == 0) {
            return fail_set(error, set, "its bases go round in a circle");
        }
        state->set = set;
        if (set->covered_as_base && set->covered_count > 0) {
            return fail_set(error, set, "it is covered as its base and otherwise, too");
        }
    }
    for (size_t i = 0; i < facts->set_count; i++) {
        struct chain_state *state = &chain->states[forest->order[i]];
        size_t base = forest->base[forest->order[i]];
        state->base = base == NONE ? NULL : &chain->states[base];
        bool as_base = state->set->covered_as_base && base != NONE;
        state->covered = as_base ? chain->states[base].covered : state->set->covered;
        state->covered_count =
            as_base ? chain->states[base].covered_count : state->set->covered_count;
    }
    return SUBSTRATE_OK;
}

/* ---- the table of keys ---- */

struct entry {
    const struct fact_change *change;
    const struct chain_state *state;
};

/* Sorts by key, stable: each set is a sorted run already, so runs are merged two by two. */
struct runs {
    struct entry *entries, *other;
    size_t *bounds; /* run i is bounds[i] up to bounds[i + 1] */
    size_t count;
};

static void merge_two(const struct runs *runs, size_t from, size_t middle, size_t to) {
    size_t left = from, right = middle;
    for (size_t out = from; out < to; out++) {
        bool take_left = right == to;
        if (left < middle && right < to) {
            take_left = base_text_compare(runs->entries[left].change->key,
                                          runs->entries[right].change->key) <= 0;
        }
        runs->other[out] = take_left ? runs->entries[left++] : runs->entries[right++];
    }
}

static void merge_runs(struct runs *runs) {
    while (runs->count > 1) {
        size_t kept = 0;
        for (size_t i = 0; i < runs->count; i += 2) {
            size_t from = runs->bounds[i], middle = runs->bounds[i + 1];
            size_t to = i + 1 < runs->count ? runs->bounds[i + 2] : middle;
            merge_two(runs, from, middle, to);
            runs->bounds[kept++] = from;
            runs->bounds[kept] = to;
        }
        runs->count = kept;
        struct entry *swap = runs->entries;
        runs->entries = runs->other;
        runs->other = swap;
    }
}

/* Lays out the runs in pre-order: then the versions of one key come out in pre-order, too. */
static enum substrate_status fill_runs(const struct chain *chain, const struct forest *forest,
                                       struct runs *runs, struct substrate_error *error) {
    size_t filled = 0;
    runs->bounds[0] = 0;
    runs->count = 0;
    for (size_t i = 0; i < chain->facts->set_count; i++) {
        const struct chain_state *state = &chain->states[forest->order[i]];
        const struct fact_set *set = state->set;
        for (size_t c = 0; c < set->change_count; c++) {
            if (c > 0 && base_text_compare(set->changes[c - 1].key, set->changes[c].key) >= 0) {
                return fail_set(error, set, "its keys are not sorted");
            }
            runs->entries[filled++] = (struct entry){&set->changes[c], state};
        }
        if (set->change_count > 0) {
            runs->bounds[++runs->count] = filled;
        }
    }
    return SUBSTRATE_OK;
}

/* The version of the nearest base among those of this key that are known: [first, at). */
static uint32_t version_above(const struct chain_version *versions, uint32_t first, uint32_t at,
                              uint32_t enter) {
    uint32_t up = at > first ? at - 1 : CHAIN_NO_VERSION;
    while (up != CHAIN_NO_VERSION && versions[up].leave <= enter) {
        up = versions[up].up;
    }
    return up;
}

static void fill_table(struct chain *chain, const struct entry *entries, size_t count) {
    uint32_t first = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct entry *entry = &entries[i];
        if (i == 0 || !base_text_equal(chain->keys[chain->key_count - 1], entry->change->key)) {
            first = i;
            chain->first[chain->key_count] = i;
            chain->keys[chain->key_count++] = entry->change->key;
        }
        chain->versions[i] =
            (struct chain_version){entry->change, entry->state->enter, entry->state->leave,
                                   version_above(chain->versions, first, i, entry->state->enter)};
    }
    chain->first[chain->key_count] = (uint32_t)count;
}

/* The slot that has a key, or the free one where it would be. */
static uint32_t *slot_of(const struct chain *chain, struct substrate_text key) {
    size_t at = (size_t)base_table_hash(key, 0) & chain->slot_mask;
    while (chain->slots[at] != 0 && !base_text_equal(chain->keys[chain->slots[at] - 1], key)) {
        at = (at + 1) & chain->slot_mask;
    }
    return &chain->slots[at];
}

/* At most half full. */
static enum substrate_status build_slots(struct chain *chain, struct substrate_error *error) {
    size_t size = 2;
    while (size < 2 * chain->key_count) {
        size *= 2;
    }
    chain->slot_mask = size - 1;
    chain->slots = base_calloc(size, sizeof *chain->slots);
    if (chain->slots == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < chain->key_count; i++) {
        *slot_of(chain, chain->keys[i]) = (uint32_t)i + 1;
    }
    return SUBSTRATE_OK;
}

static enum substrate_status build_table(struct chain *chain, const struct forest *forest,
                                         struct substrate_error *error) {
    size_t count = 0;
    for (size_t i = 0; i < chain->facts->set_count; i++) {
        count += chain->facts->sets[i].change_count;
    }
    if (count >= UINT32_MAX) {
        return base_fail(error, SUBSTRATE_E_LIMIT, "state.jsonl: too many keys");
    }
    struct runs runs = {
        .entries = base_calloc(count + 1, sizeof *runs.entries),
        .other = base_calloc(count + 1, sizeof *runs.other),
        .bounds = base_calloc(chain->facts->set_count + 1, sizeof *runs.bounds),
    };
    chain->keys = base_calloc(count + 1, sizeof *chain->keys);
    chain->first = base_calloc(count + 1, sizeof *chain->first);
    chain->versions = base_calloc(count + 1, sizeof *chain->versions);
    enum substrate_status status = SUBSTRATE_E_MEMORY;
    if (runs.entries != NULL && runs.other != NULL && runs.bounds != NULL && chain->keys != NULL &&
        chain->first != NULL && chain->versions != NULL) {
        status = fill_runs(chain, forest, &runs, error);
    } else {
        base_fail(error, status, "out of memory");
    }
    if (status == SUBSTRATE_OK) {
        merge_runs(&runs);
        fill_table(chain, runs.entries, count);
        status = build_slots(chain, error);
    }
    base_free(runs.entries);
    base_free(runs.other);
    base_free(runs.bounds);
    return status;
}

/* ---- reading ---- */

/* The first key that is not before `key`. */
static size_t key_bound(const struct chain *chain, struct substrate_text key) {
    size_t low = 0, high = chain->key_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (base_text_compare(chain->keys[middle], key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* What the state itself, or else the nearest of its bases, says of a key; NULL: none of them. */
static const struct chain_version *version_of(const struct chain *chain, size_t key,
                                              const struct chain_state *state) {
    uint32_t low = chain->first[key], high = chain->first[key + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (chain->versions[middle].enter <= state->enter) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t at = version_above(chain->versions, chain->first[key], low, state->enter);
    return at == CHAIN_NO_VERSION ? NULL : &chain->versions[at];
}

/* A place between keys: at `key`, or right after it (which is the key followed by one zero byte).
 */
struct place {
    struct substrate_text key;
    bool after;
};

static int compare_place(struct place place, struct substrate_text key) {
    int order = base_text_compare(place.key, key);
    if (!place.after || order > 0) {
        return order;
    }
    if (order == 0) {
        return 1;
    }
    bool next = key.size == place.key.size + 2 && memcmp(key.data + place.key.size, "00", 2) == 0 &&
                memcmp(key.data, place.key.data, place.key.size) == 0;
    return next ? 0 : -1;
}

/* The covered interval that a place lies in, or NULL. */
static const struct fact_interval *interval_at(const struct chain_state *state,
                                               struct place place) {
    size_t low = 0, high = state->covered_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_place(place, state->covered[middle].from) >= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return NULL;
    }
    const struct fact_interval *interval = &state->covered[low - 1];
    return interval->to.data == NULL || compare_place(place, interval->to) < 0 ? interval : NULL;
}

static struct chain_value value_of(const struct chain_version *version) {
    struct chain_value value = {.known = CHAIN_ABSENT};
    if (version == NULL || version->change->kind == FACT_ABSENT) {
        return value;
    }
    value.known = CHAIN_PRESENT;
    if (version->change->kind == FACT_VALUE) {
        value.known = CHAIN_VALUE;
        value.hex = version->change->value;
    } else if (version->change->digest != NULL) {
        value.has_digest = true;
        value.hash = version->change->digest->hash;
        value.size = version->change->digest->size;
    }
    return value;
}

bool chain_is_pruned(const struct chain_block *block) {
    return block->state != NULL && block->state->set->pruned;
}

struct chain_value chain_storage(const struct chain *chain, const struct chain_block *block,
                                 struct substrate_text key) {
    const struct chain_state *state = block->state;
    const struct chain_version *version = NULL;
    if (state == NULL) {
        return (struct chain_value){.known = CHAIN_UNKNOWN};
    }
    uint32_t slot = *slot_of(chain, key);
    if (slot != 0) {
        version = version_of(chain, slot - 1, state);
    }
    bool own = version != NULL && version->enter == state->enter;
    if (!own && interval_at(state, (struct place){key, false}) == NULL) {
        return (struct chain_value){.known = CHAIN_UNKNOWN};
    }
    return value_of(version);
}

static bool starts_with(struct substrate_text text, struct substrate_text prefix) {
    return text.size >= prefix.size &&
           (prefix.size == 0 || memcmp(text.data, prefix.data, prefix.size) == 0);
}

struct page {
    const struct chain *chain;
    const struct chain_state *state;
    struct substrate_text prefix;
    size_t limit;
    struct substrate_text *keys;
    size_t count;
};

static void page_add(struct page *page, size_t key, const struct chain_version *version) {
    if (value_of(version).known != CHAIN_ABSENT) {
        page->keys[page->count++] = page->chain->keys[key];
    }
}

static size_t key_at_place(const struct chain *chain, struct place place) {
    size_t key = key_bound(chain, place.key);
    bool skip =
        place.after && key < chain->key_count && base_text_equal(chain->keys[key], place.key);
    return skip ? key + 1 : key;
}

/* Takes the keys of a covered interval from `place` on. False: the prefix or the page has ended. */
static bool page_interval(struct page *page, struct place place,
                          const struct fact_interval *interval) {
    const struct chain *chain = page->chain;
    size_t key = key_at_place(chain, place);
    size_t end = interval->to.data == NULL ? chain->key_count : key_bound(chain, interval->to);
    while (key < end && page->count < page->limit) {
        if (!starts_with(chain->keys[key], page->prefix)) {
            return false;
        }
        page_add(page, key, version_of(chain, key, page->state));
        key++;
    }
    return page->count < page->limit && interval->to.data != NULL &&
           starts_with(interval->to, page->prefix);
}

/* The version of the key that is at a place outside all intervals, if the set itself names it. */
static const struct chain_version *own_point(const struct chain *chain,
                                             const struct chain_state *state, struct place place,
                                             size_t *key) {
    *key = key_at_place(chain, place);
    if (*key == chain->key_count || compare_place(place, chain->keys[*key]) != 0) {
        return NULL;
    }
    const struct chain_version *version = version_of(chain, *key, state);
    return version != NULL && version->enter == state->enter ? version : NULL;
}

static bool page_point(struct page *page, struct place *place) {
    size_t key;
    const struct chain_version *version = own_point(page->chain, page->state, *place, &key);
    if (version != NULL) {
        page_add(page, key, version);
        *place = (struct place){page->chain->keys[key], true};
    }
    return version != NULL;
}

enum substrate_status chain_keys(const struct chain *chain, const struct chain_block *block,
                                 struct substrate_text prefix, struct substrate_text after,
                                 size_t limit, struct substrate_text *keys, size_t *count,
                                 struct substrate_text *missing) {
    struct page page = {chain, block->state, prefix, limit, keys, 0};
    struct place place = {prefix, false};
    *count = 0;
    if (after.data != NULL && base_text_compare(after, prefix) >= 0) {
        if (!starts_with(after, prefix)) {
            return SUBSTRATE_OK; /* past all keys of the prefix */
        }
        place = (struct place){after, true};
    }
    bool more = true;
    while (more && page.count < limit) {
        const struct fact_interval *interval =
            page.state == NULL ? NULL : interval_at(page.state, place);
        if (interval != NULL) {
            more = page_interval(&page, place, interval);
            place = (struct place){interval->to, false};
        } else if (page.state == NULL || !page_point(&page, &place)) {
            *missing = place.key;
            *count = page.count;
            return SUBSTRATE_E_NOT_FOUND;
        }
    }
    *count = page.count;
    return SUBSTRATE_OK;
}

/* ---- what differs ---- */

static bool names_beyond(const struct chain_state *state) {
    for (size_t i = 0; i < state->set->change_count; i++) {
        if (interval_at(state, (struct place){state->set->changes[i].key, false}) == NULL) {
            return true;
        }
    }
    return false;
}

/* From the first key to the last, over intervals and over keys between them that the set names. */
static bool reaches_end(const struct chain *chain, const struct chain_state *state) {
    struct place place = {BASE_TEXT(""), false};
    for (;;) {
        const struct fact_interval *interval = interval_at(state, place);
        size_t key;
        if (interval != NULL && interval->to.data == NULL) {
            return true;
        }
        if (interval != NULL) {
            place = (struct place){interval->to, false};
        } else if (own_point(chain, state, place, &key) != NULL) {
            place = (struct place){chain->keys[key], true};
        } else {
            return false;
        }
    }
}

/* A state that is covered as its base is whole as that is, unless one of them names more. */
static void judge_whole(const struct chain *chain, struct chain_state *state) {
    const struct chain_state *base = state->base;
    state->beyond = names_beyond(state);
    bool same = base != NULL && state->covered == base->covered && !state->beyond && !base->beyond;
    state->whole = same ? base->whole : reaches_end(chain, state);
}

bool chain_is_whole(const struct chain_block *block) {
    return block->state != NULL && block->state->whole;
}

static bool is_base_of(const struct chain_state *base, const struct chain_state *state) {
    return base->enter <= state->enter && state->enter < base->leave;
}

/* Takes what a state and its bases name, down to the one that is a base of `other` as well, which
 * is given back: NULL when there is none. False in *good: `take` would not. */
static const struct chain_state *take_path(const struct chain_state *state,
                                           const struct chain_state *other, chain_take_key take,
                                           void *context, bool *good) {
    while (state != NULL && (other == NULL || !is_base_of(state, other))) {
        for (size_t i = 0; i < state->set->change_count && *good; i++) {
            *good = take(context, state->set->changes[i].key);
        }
        state = state->base;
    }
    return state;
}

bool chain_differences(const struct chain_block *before, const struct chain_block *after,
                       chain_take_key take, void *context) {
    const struct chain_state *old = before->state, *now = after->state;
    bool good = true;
    const struct chain_state *common = take_path(old, now, take, context, &good);
    (void)take_path(now, common, take, context, &good);
    if (!good || old == NULL || now == NULL) {
        return false;
    }
    return (old->whole && now->whole) ||
           (old->covered == now->covered && !old->beyond && !now->beyond);
}

/* ---- building ---- */

enum substrate_status chain_build_states(struct chain *chain, struct substrate_error *error) {
    size_t count = chain->facts->set_count;
    if (count >= UINT32_MAX) {
        return base_fail(error, SUBSTRATE_E_LIMIT, "state.jsonl: too many sets");
    }
    size_t *positions = base_calloc(count + 1, 4 * sizeof *positions);
    chain->states = base_calloc(count + 1, sizeof *chain->states);
    enum substrate_status status = SUBSTRATE_E_MEMORY;
    if (positions != NULL && chain->states != NULL) {
        struct forest forest = {positions, positions + count, positions + 2 * count,
                                positions + 3 * count, NONE};
        status = build_forest(chain, &forest, error);
        if (status == SUBSTRATE_OK) {
            status = build_table(chain, &forest, error);
        }
        for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
            judge_whole(chain, &chain->states[forest.order[i]]);
        }
    } else {
        base_fail(error, status, "out of memory");
    }
    base_free(positions);
    return status;
}
