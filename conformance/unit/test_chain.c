/* The chain model: blocks, parents, gaps and recorded calls of the sample; and the storage against
 * a model of plain arrays, over random sets, bases, coverage, prefixes, start keys and page sizes.
 */
#include <inttypes.h>
#include "base/mem.h"
#include "chain/chain.h"
#include "chain_folder.h"

static struct chain *sample_chain(void) {
    struct folder folder = folder_sample();
    struct facts *facts = folder_load(&folder, FACTS_LOAD_DIGESTS);
    struct chain *chain = NULL;
    struct substrate_error error = {0};
    ck_assert_msg(chain_build(facts, &chain, &error) == SUBSTRATE_OK, "%s", error.message);
    folder_remove(&folder);
    return chain;
}

START_TEST(blocks_of_the_sample) {
    struct chain *chain = sample_chain();
    struct substrate_hash h2 = hash_of(SAMPLE_H2), h3 = hash_of(SAMPLE_H3), h4 = hash_of(SAMPLE_H4),
                          h5 = hash_of(SAMPLE_H5), fork = hash_of(SAMPLE_FORK2),
                          unknown = hash_of(SAMPLE_UNKNOWN);
    const struct chain_block *head = chain_head(chain);
    ck_assert_mem_eq(&head->hash, &h5, 32);
    ck_assert_mem_eq(&chain_finalized(chain)->hash, &h3, 32);
    ck_assert_ptr_eq(chain_genesis(chain), chain_at(chain, 0));
    ck_assert_ptr_eq(chain_at(chain, 5), head);
    ck_assert_ptr_null(chain_at(chain, 4));
    ck_assert_ptr_null(chain_at(chain, 6));
    ck_assert_mem_eq(&chain_at(chain, 2)->hash, &h2, 32);
    ck_assert(chain_find(chain, &fork)->fork);
    ck_assert_ptr_eq(chain_find(chain, &fork)->parent, chain_at(chain, 1));
    ck_assert_ptr_eq(chain_at(chain, 3)->parent, chain_at(chain, 2));
    ck_assert_ptr_eq(chain_at(chain, 1)->parent, chain_genesis(chain));
    ck_assert_ptr_null(chain_genesis(chain)->parent);
    ck_assert_ptr_null(head->parent);
    ck_assert(chain_is_gap(chain, &h4));
    ck_assert(!chain_is_gap(chain, &h3));
    ck_assert(!chain_is_gap(chain, &unknown));
    ck_assert_ptr_null(chain_find(chain, &h4));
    ck_assert_uint_eq(head->runtime->spec_version, 7);
    ck_assert_ptr_null(chain_at(chain, 1)->runtime);
    ck_assert_ptr_null(chain_genesis(chain)->state);
    chain_free(chain);
}
END_TEST

static const struct fact_call *find_call(const struct chain *chain, const char *params,
                                         const char *at) {
    struct substrate_hash hash = hash_of(at);
    return chain_call(chain, BASE_TEXT("state_call"), base_text(params), &hash);
}

START_TEST(calls_of_the_sample) {
    struct chain *chain = sample_chain();
    struct substrate_hash h3 = hash_of(SAMPLE_H3);
    ck_text_eq(find_call(chain, "[\"Test_call\",\"0x0100\"]", SAMPLE_H2)->result, "\"0x11\"");
    ck_text_eq(find_call(chain, "[\"Test_call\",\"0x0100\"]", SAMPLE_H3)->result, "\"0x12\"");
    ck_assert_ptr_null(find_call(chain, "[\"Test_call\",\"0x0100\"]", SAMPLE_H5));
    ck_assert_ptr_null(find_call(chain, "[\"Test_call\",\"0x01\"]", SAMPLE_H2));
    ck_assert(find_call(chain, "[\"Test_fail\",\"0x\"]", SAMPLE_H2)->is_error);
    ck_assert_ptr_null(
        chain_call(chain, BASE_TEXT("state_call"), BASE_TEXT("[\"Test_fail\",\"0x\"]"), NULL));
    ck_text_eq(chain_call(chain, BASE_TEXT("system_chain"), BASE_TEXT("[]"), NULL)->result,
               "\"sample chain\"");
    ck_assert_ptr_null(chain_call(chain, BASE_TEXT("system_chain"), BASE_TEXT("[]"), &h3));
    /* The same block beats the longer common parameters. */
    const struct fact_call *near =
        chain_nearest(chain, BASE_TEXT("state_call"), BASE_TEXT("[\"Test_fail\",\"0x00\"]"), &h3);
    ck_text_eq(near->result, "\"0x12\"");
    near =
        chain_nearest(chain, BASE_TEXT("state_call"), BASE_TEXT("[\"Test_fail\",\"0x00\"]"), NULL);
    ck_assert(near->is_error);
    ck_assert_ptr_null(chain_nearest(chain, BASE_TEXT("state_cal"), BASE_TEXT("[]"), NULL));
    chain_free(chain);
}
END_TEST

START_TEST(parents_must_fit) {
    struct folder folder = folder_sample();
    struct substrate_error error = {0};
    struct chain *chain = NULL;
    /* Block 3 says that its parent is block 1: its number does not follow. */
    const char *third = strstr(SAMPLE_BLOCKS, "\"number\":3");
    char *text = malloc(sizeof SAMPLE_BLOCKS);
    ck_assert_ptr_nonnull(text);
    memcpy(text, SAMPLE_BLOCKS, sizeof SAMPLE_BLOCKS);
    char *parent = strstr(text + (third - SAMPLE_BLOCKS), SAMPLE_H2);
    ck_assert_ptr_nonnull(parent);
    memcpy(parent, SAMPLE_H1, 66);
    folder_write_text(&folder, "blocks.jsonl", text);
    struct facts *facts = folder_load(&folder, 0);
    ck_assert_int_eq(chain_build(facts, &chain, &error), SUBSTRATE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(error.message, "has number 3, but its parent has 1"));
    ck_assert_ptr_eq(strstr(error.message, "blocks.jsonl:"), error.message);
    facts_free(facts);
    /* And then that it is the fork: the numbers follow, but the canonical chain is broken. */
    memcpy(parent, SAMPLE_FORK2, 66);
    folder_write_text(&folder, "blocks.jsonl", text);
    facts = folder_load(&folder, 0);
    ck_assert_int_eq(chain_build(facts, &chain, &error), SUBSTRATE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(error.message, "is not the block of number 2"));
    facts_free(facts);
    free(text);
    folder_remove(&folder);
}
END_TEST

/* The nearest call by looking at each: same block first, then the longest common parameters, then
 * the first by parameters and block. */
static const struct fact_call *scan_nearest(const struct facts *facts,
                                            const struct fact_call *wanted) {
    const struct fact_call *best = NULL;
    size_t best_score = 0;
    for (size_t i = 0; i < facts->call_count; i++) {
        const struct fact_call *call = &facts->calls[i];
        size_t score = 1;
        if (!base_text_equal(call->method, wanted->method)) {
            continue;
        }
        while (score <= call->params.size && score <= wanted->params.size &&
               call->params.data[score - 1] == wanted->params.data[score - 1]) {
            score++;
        }
        score += memcmp(&call->at, &wanted->at, 32) == 0 ? 1000 : 0;
        int order = best == NULL ? -1 : base_text_compare(call->params, best->params);
        order = order != 0 ? order : memcmp(&call->at, &best->at, 32);
        if (best == NULL || score > best_score || (score == best_score && order < 0)) {
            best = call;
            best_score = score;
        }
    }
    return best;
}

START_TEST(the_nearest_call_equals_a_plain_scan) {
    static const char *const METHODS[] = {"a", "ab", "b"};
    struct facts *facts = facts_new();
    struct chain *chain = NULL;
    struct substrate_error error = {0};
    uint64_t state = 5;
    char params[16];
    ck_assert_ptr_nonnull(facts);
    struct substrate_hash hash = {{0}};
    facts_block(facts, &hash, true)->number = 1;
    for (int i = 0; i < 4000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        struct fact_call call = {.method = base_text(METHODS[state >> 62 & 1]),
                                 .has_at = true,
                                 .result = BASE_TEXT("1")};
        snprintf(params, sizeof params, "[%u]", (unsigned)(state >> 40 & 511));
        call.params = base_text(params);
        call.at.bytes[0] = (uint8_t)(state >> 58 & 3);
        const struct fact_call *call_found = chain == NULL ? NULL : scan_nearest(facts, &call);
        if (i < 300) {
            (void)facts_add_call(facts, &call);
        } else if (i == 300) {
            /* The same call may have come twice: one of each is kept. */
            ck_assert_int_eq(facts_normalise(facts, &error), SUBSTRATE_OK);
            ck_assert_msg(chain_build(facts, &chain, &error) == SUBSTRATE_OK, "%s", error.message);
        } else {
            ck_assert_ptr_eq(chain_nearest(chain, call.method, call.params, &call.at), call_found);
        }
    }
    ck_assert_ptr_null(chain_nearest(chain, BASE_TEXT("c"), BASE_TEXT("[1]"), NULL));
    chain_free(chain);
}
END_TEST

/* ---- storage against plain arrays ---- */

#define LETTERS 4
#define KEYS 85 /* all byte strings of up to three letters: 1 + 4 + 16 + 64 */
#define SETS 9
#define INTERVALS 4

/* Byte strings as bytes: the model never compares hex. */
struct bytes {
    unsigned char data[8];
    size_t size;
};

struct model_set {
    int base;          /* or -1 */
    int listed[KEYS];  /* 0: not; 1: value; 2: absent; 3: present */
    int content[KEYS]; /* 0: absent; else 1 + the set whose value it is; SETS + 1: present */
    bool as_base;
    struct {
        struct bytes from, to;
        bool open;
    } covered[INTERVALS];
    size_t covered_count;
};

struct model {
    uint64_t state;
    struct bytes keys[KEYS];
    struct model_set sets[SETS];
};

static uint64_t draw(struct model *model, uint64_t below) {
    model->state ^= model->state << 13;
    model->state ^= model->state >> 7;
    model->state ^= model->state << 17;
    return model->state % below;
}

static int compare_bytes(const struct bytes *a, const struct bytes *b) {
    int order = memcmp(a->data, b->data, a->size < b->size ? a->size : b->size);
    return order != 0 ? order : (int)a->size - (int)b->size;
}

static struct bytes after_of(struct bytes key) {
    key.data[key.size++] = 0;
    return key;
}

static struct substrate_text hex_of(const struct bytes *key, char out[16]) {
    base_hex_write((struct substrate_bytes){key->data, key->size}, out);
    return (struct substrate_text){out, 2 * key->size};
}

static void fill_keys(struct model *model) {
    static const unsigned char LETTER[LETTERS] = {0x00, 0x01, 0x10, 0xff};
    size_t count = 0, from = 0;
    model->keys[count++].size = 0;
    for (size_t length = 1; length <= 3; length++) {
        size_t to = count;
        for (; from < to; from++) {
            for (size_t l = 0; l < LETTERS; l++) {
                struct bytes key = model->keys[from];
                key.data[key.size++] = LETTER[l];
                model->keys[count++] = key;
            }
        }
    }
    ck_assert_uint_eq(count, KEYS);
}

static struct bytes draw_place(struct model *model) {
    struct bytes key = model->keys[draw(model, KEYS)];
    return draw(model, 2) == 0 ? after_of(key) : key;
}

static void fill_set(struct model *model, int index) {
    struct model_set *set = &model->sets[index];
    memset(set, 0, sizeof *set);
    set->base = index > 0 && draw(model, 4) > 0 ? (int)draw(model, (uint64_t)index) : -1;
    for (size_t key = 0; key < KEYS; key++) {
        set->content[key] = set->base < 0 ? 0 : model->sets[set->base].content[key];
        set->listed[key] = draw(model, 6) == 0 ? 1 + (int)draw(model, 3) : 0;
        if (set->listed[key] != 0) {
            set->content[key] = set->listed[key] == 1   ? index + 1
                                : set->listed[key] == 2 ? 0
                                                        : SETS + 1;
        }
    }
    set->as_base = set->base >= 0 && draw(model, 3) == 0;
    set->covered_count = set->as_base ? 0 : (size_t)draw(model, INTERVALS + 1);
    for (size_t i = 0; i < set->covered_count; i++) {
        set->covered[i].from = draw_place(model);
        set->covered[i].to = draw_place(model);
        set->covered[i].open = draw(model, 5) == 0;
    }
    if (!set->as_base && draw(model, 4) == 0) {
        set->covered_count = 1; /* all keys there are */
        set->covered[0].from.size = 0;
        set->covered[0].open = true;
    }
}

static bool is_covered(const struct model *model, const struct model_set *set, struct bytes key) {
    while (set->as_base) {
        set = &model->sets[set->base];
    }
    for (size_t i = 0; i < set->covered_count; i++) {
        if (compare_bytes(&set->covered[i].from, &key) <= 0 &&
            (set->covered[i].open || compare_bytes(&key, &set->covered[i].to) < 0)) {
            return true;
        }
    }
    return false;
}

static int key_index(const struct model *model, const struct bytes *key) {
    for (int i = 0; i < KEYS; i++) {
        if (compare_bytes(&model->keys[i], key) == 0) {
            return i;
        }
    }
    return -1;
}

static enum chain_known model_known(const struct model *model, const struct model_set *set,
                                    struct bytes key, int *value) {
    int index = key_index(model, &key);
    int content = index < 0 ? 0 : set->content[index];
    if ((index < 0 || set->listed[index] == 0) && !is_covered(model, set, key)) {
        return CHAIN_UNKNOWN;
    }
    *value = content;
    return content == 0 ? CHAIN_ABSENT : content == SETS + 1 ? CHAIN_PRESENT : CHAIN_VALUE;
}

static void model_hash(int index, struct substrate_hash *hash) {
    memset(hash, 0, sizeof *hash);
    hash->bytes[0] = (uint8_t)(index * 37 + 1); /* not in the order of the numbers */
}

static void add_set(struct facts *facts, const struct model *model, int index) {
    const struct model_set *from = &model->sets[index];
    struct substrate_hash hash;
    char hex[16], to[16], value[8];
    model_hash(index, &hash);
    struct fact_block *block = facts_block(facts, &hash, true);
    struct fact_set *set = facts_set(facts, &hash, true);
    ck_assert(block != NULL && set != NULL);
    block->number = (uint64_t)index;
    if (from->base >= 0) {
        set->has_base = true;
        model_hash(from->base, &set->base);
    }
    set->covered_as_base = from->as_base;
    for (size_t i = 0; i < from->covered_count; i++) {
        struct fact_interval interval = {hex_of(&from->covered[i].from, hex), {NULL, 0}};
        if (!from->covered[i].open) {
            interval.to = hex_of(&from->covered[i].to, to);
        }
        ck_assert_int_eq(facts_add_covered(facts, set, &interval), SUBSTRATE_OK);
    }
    for (int key = 0; key < KEYS; key++) {
        static const enum fact_value_kind KIND[] = {FACT_VALUE, FACT_VALUE, FACT_ABSENT,
                                                    FACT_PRESENT};
        if (from->listed[key] == 0) {
            continue;
        }
        struct fact_change change = {.key = hex_of(&model->keys[key], hex),
                                     .kind = KIND[from->listed[key]]};
        if (change.kind == FACT_VALUE) {
            snprintf(value, sizeof value, "0x%02x", (unsigned)index + 1);
            change.value = base_text(value);
        }
        ck_assert_int_eq(facts_add_change(facts, set, &change), SUBSTRATE_OK);
    }
}

static struct chain *build_model(const struct model *model) {
    struct facts *facts = facts_new();
    struct chain *chain = NULL;
    struct substrate_error error = {0};
    ck_assert_ptr_nonnull(facts);
    for (int i = 0; i < SETS; i++) {
        add_set(facts, model, i);
    }
    ck_assert_msg(facts_normalise(facts, &error) == SUBSTRATE_OK, "%s", error.message);
    ck_assert_msg(chain_build(facts, &chain, &error) == SUBSTRATE_OK, "%s", error.message);
    return chain;
}

static void check_key(const struct chain *chain, const struct model *model, int index,
                      struct bytes key, uint64_t seed) {
    char hex[16], expected_value[8];
    int content = 0;
    struct substrate_text text = hex_of(&key, hex);
    enum chain_known expected = model_known(model, &model->sets[index], key, &content);
    struct chain_value value = chain_storage(chain, chain_at(chain, (uint64_t)index), text);
    ck_assert_msg(value.known == expected, "seed %" PRIu64 ": key %.*s at %d: %d, not %d", seed,
                  (int)text.size, text.data, index, (int)value.known, (int)expected);
    if (value.known == CHAIN_VALUE) {
        snprintf(expected_value, sizeof expected_value, "0x%02x", (unsigned)content);
        ck_text_eq(value.hex, expected_value);
    }
}

/* All places where anything can change, sorted: keys, ends of intervals, and what comes right
 * after. */
struct places {
    struct bytes list[2 * KEYS];
    size_t count;
};

static int compare_places(const void *a, const void *b) { return compare_bytes(a, b); }

static void fill_places(struct places *places, const struct model *model) {
    places->count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        places->list[places->count++] = model->keys[i];
        places->list[places->count++] = after_of(model->keys[i]);
    }
    qsort(places->list, places->count, sizeof *places->list, compare_places);
}

/* The keys of a page by looking at every place, and between each two of them. False: a gap. */
static bool model_keys(const struct model *model, const struct places *places, int index,
                       const struct bytes *prefix, const struct bytes *after, size_t limit,
                       struct bytes *keys, size_t *count) {
    const struct model_set *set = &model->sets[index];
    *count = 0;
    for (size_t i = 0; i < places->count && *count < limit; i++) {
        struct bytes place = places->list[i], next = after_of(place);
        int content;
        if (place.size < prefix->size || memcmp(place.data, prefix->data, prefix->size) != 0 ||
            (after != NULL && compare_bytes(&place, after) < 0)) {
            continue;
        }
        if (after == NULL || compare_bytes(&place, after) > 0) {
            enum chain_known known = model_known(model, set, place, &content);
            if (known == CHAIN_UNKNOWN) {
                return false;
            }
            if (known != CHAIN_ABSENT &&
                (*count == 0 || compare_bytes(&keys[*count - 1], &place) != 0)) {
                keys[(*count)++] = place;
            }
        }
        bool adjacent = i + 1 < places->count && compare_bytes(&places->list[i + 1], &next) <= 0;
        if (*count < limit && !adjacent && !is_covered(model, set, next)) {
            return false;
        }
    }
    return true;
}

static void check_page(struct model *model, const struct chain *chain, const struct places *places,
                       uint64_t seed) {
    static const size_t LIMITS[] = {1, 7, 1000, 0};
    struct bytes prefix = model->keys[draw(model, draw(model, 2) == 0 ? 5 : KEYS)];
    struct bytes after = model->keys[draw(model, KEYS)], expected[2 * KEYS];
    bool has_after = draw(model, 3) > 0;
    size_t limit = LIMITS[draw(model, 8) % 4], count = 0, expected_count = 0;
    int index = (int)draw(model, SETS);
    char prefix_hex[16], after_hex[16], hex[16];
    struct substrate_text keys[1000], missing = {NULL, 0}, after_text = {NULL, 0};
    struct substrate_text prefix_text = hex_of(&prefix, prefix_hex);
    if (has_after) {
        after_text = hex_of(&after, after_hex);
    }
    bool all = model_keys(model, places, index, &prefix, has_after ? &after : NULL, limit, expected,
                          &expected_count);
    enum substrate_status status = chain_keys(chain, chain_at(chain, (uint64_t)index), prefix_text,
                                              after_text, limit, keys, &count, &missing);
    ck_assert_msg(status == (all ? SUBSTRATE_OK : SUBSTRATE_E_NOT_FOUND),
                  "seed %" PRIu64 ": keys of %.*s after %.*s at %d, %zu: %s", seed,
                  (int)prefix_text.size, prefix_text.data, (int)after_text.size, after_hex, index,
                  limit, substrate_status_name(status));
    if (!all) {
        ck_assert_ptr_nonnull(missing.data);
        return;
    }
    ck_assert_msg(count == expected_count, "seed %" PRIu64 ": %zu keys, not %zu", seed, count,
                  expected_count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(base_text_equal(keys[i], hex_of(&expected[i], hex)), "seed %" PRIu64, seed);
    }
}

/* It is known of every key whether it is there exactly when a page of all of them is given. */
static void check_whole(const struct model *model, const struct chain *chain,
                        const struct places *places, int index, uint64_t seed) {
    static const struct bytes none = {{0}, 0};
    struct bytes keys[2 * KEYS];
    size_t count;
    bool whole = model_keys(model, places, index, &none, NULL, SIZE_MAX, keys, &count);
    ck_assert_msg(chain_is_whole(chain_at(chain, (uint64_t)index)) == whole,
                  "seed %" PRIu64 ": set %d", seed, index);
}

/* Which of the places are listed. */
struct listed {
    const struct places *places;
    bool is[2 * KEYS];
};

static bool take_listed(void *context, struct substrate_text key) {
    struct listed *listed = context;
    for (size_t i = 0; i < listed->places->count; i++) {
        char hex[16];
        if (base_text_equal(key, hex_of(&listed->places->list[i], hex))) {
            listed->is[i] = true;
        }
    }
    return true;
}

/* A key that is not listed is the same at both, as far as the answer promises. */
static void check_differences(const struct model *model, const struct chain *chain,
                              const struct places *places, int a, int b, uint64_t seed) {
    struct listed listed = {places, {false}};
    bool covered = chain_differences(chain_at(chain, (uint64_t)a), chain_at(chain, (uint64_t)b),
                                     take_listed, &listed);
    for (size_t i = 0; i < places->count; i++) {
        int old = 0, now = 0;
        enum chain_known was = model_known(model, &model->sets[a], places->list[i], &old);
        enum chain_known is = model_known(model, &model->sets[b], places->list[i], &now);
        bool same = was == is && (is == CHAIN_UNKNOWN || old == now);
        bool one_unknown = (was == CHAIN_UNKNOWN) != (is == CHAIN_UNKNOWN);
        ck_assert_msg(same || listed.is[i] || (one_unknown && !covered),
                      "seed %" PRIu64 ": sets %d and %d, place %zu", seed, a, b, i);
    }
}

START_TEST(storage_equals_plain_arrays) {
    static struct model model;
    static struct places places;
    size_t complete = 0;
    fill_keys(&model);
    fill_places(&places, &model);
    for (uint64_t seed = 1; seed <= 400; seed++) {
        model.state = seed * UINT64_C(0x9e3779b97f4a7c15);
        for (int i = 0; i < SETS; i++) {
            fill_set(&model, i);
        }
        struct chain *chain = build_model(&model);
        for (int i = 0; i < SETS; i++) {
            for (size_t key = 0; key < places.count; key++) {
                check_key(chain, &model, i, places.list[key], seed);
            }
            check_whole(&model, chain, &places, i, seed);
            check_differences(&model, chain, &places, i, (int)draw(&model, SETS), seed);
        }
        for (size_t i = 0; i < 200; i++) {
            check_page(&model, chain, &places, seed);
            complete++;
        }
        chain_free(chain);
    }
    ck_assert_uint_eq(complete, 80000);
}
END_TEST

/* A long line of bases, as a recording of every block has it: no recursion, and no quadratic time.
 */
START_TEST(long_line_of_bases) {
    enum { LENGTH = 20000 };
    struct facts *facts = facts_new();
    struct chain *chain = NULL;
    struct substrate_error error = {0};
    ck_assert_ptr_nonnull(facts);
    for (uint32_t i = 0; i < LENGTH; i++) {
        struct substrate_hash hash = {{0}};
        memcpy(hash.bytes, &i, sizeof i);
        facts_block(facts, &hash, true)->number = i;
        struct fact_set *set = facts_set(facts, &hash, true);
        if (i > 0) {
            uint32_t base = i - 1;
            memcpy(set->base.bytes, &base, sizeof base);
            set->has_base = set->covered_as_base = true;
        } else {
            struct fact_interval all = {BASE_TEXT(""), {NULL, 0}};
            struct fact_change change = {
                .key = BASE_TEXT("aa"), .kind = FACT_VALUE, .value = BASE_TEXT("0x01")};
            ck_assert_int_eq(facts_add_covered(facts, set, &all), SUBSTRATE_OK);
            ck_assert_int_eq(facts_add_change(facts, set, &change), SUBSTRATE_OK);
        }
    }
    ck_assert_int_eq(facts_normalise(facts, &error), SUBSTRATE_OK);
    ck_assert_msg(chain_build(facts, &chain, &error) == SUBSTRATE_OK, "%s", error.message);
    struct chain_value value = chain_storage(chain, chain_head(chain), BASE_TEXT("aa"));
    ck_assert_int_eq(value.known, CHAIN_VALUE);
    ck_text_eq(value.hex, "0x01");
    ck_assert_int_eq(chain_storage(chain, chain_head(chain), BASE_TEXT("ab")).known, CHAIN_ABSENT);
    chain_free(chain);
}
END_TEST

CHECK_MAIN("chain", blocks_of_the_sample, calls_of_the_sample, the_nearest_call_equals_a_plain_scan,
           parents_must_fit, storage_equals_plain_arrays, long_line_of_bases)
