/* Blocks of a space's own, over the sample. What they say is compared with plain lists of what was
 * put into them, their hashes with those that hashlib gives. */
#include "base/mem.h"
#include "view_support.h"

/* ---- blocks of the space's own ---- */

/* Header hashes by hashlib's BLAKE2b over SCALE that was put together by hand, in Python. */
START_TEST(an_empty_block) {
    static const char SYSTEM[] = "26aa394eea5630e07c48ae0c9558cef7";
    static const struct {
        const char *key, *value;
    } CHANGES[] = {
        {"02a5c1b19ab7a04f536c519aca4983ac", "0x06000000"},
        {"8a42f33323cb5ced3b44dd825fda9fcc", SAMPLE_H5},
        {"a44704b568d21667356a5a050c11874639b9d2792f8bd4c305000000", SAMPLE_H5},
        {"99e7f93fc6a98f0874fd057f111c4d2d", "0x040466726f6e00"},
        {"80d41e5e16056765bc8461851072c9d7", "0x00"},
        {"0a98fdbe9ce6c55837576c60c7af3850", "0x00000000"},
    };
    begin(5, 0);
    const struct chain_block *block = make_on(NULL);
    struct substrate_hash expected =
        hash_of("0x4024198e5ce07cd5c5626402af7952d763253f85745c4a582e68eff34b8ca2d8");
    ck_assert_mem_eq(&block->hash, &expected, 32);
    ck_text_eq(block->header,
               "{\"parentHash\":\"" SAMPLE_H5 "\",\"number\":\"0x6\",\"stateRoot\":"
               "\"0x32834c583c45150ff68c8c8a4b7ec37a2f35db29d15464537217469585b52c88\","
               "\"extrinsicsRoot\":"
               "\"0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314\","
               "\"digest\":{\"logs\":[\"0x0466726f6e00\"]}}");
    ck_text_eq(block->extrinsics, "[]"); /* no recorded block sets the time */
    ck_text_eq(block->justifications, "null");
    ck_assert_ptr_eq(block->runtime, chain_at(chain, 5)->runtime);
    ck_assert_ptr_eq(block->parent, chain_at(chain, 5));
    ck_assert_ptr_eq(view_find(view, &block->hash), block);
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        char key[160];
        snprintf(key, sizeof key, "%s%s", SYSTEM, CHANGES[i].key);
        ck_value(block, key, CHANGES[i].value);
    }
    ck_value(block, "0104", "0xdd"); /* of its parent */
    ck_assert_int_eq(view_storage(view, block, BASE_TEXT("0103")).known, CHAIN_UNKNOWN);
    /* Its sibling says the same, and is another block. */
    const struct chain_block *sibling = make_on(chain_at(chain, 5));
    expected = hash_of("0x3307398d2b95bee643a949dc9e893365de7085e419c7050a36085048f3e5431a");
    ck_assert_mem_eq(&sibling->hash, &expected, 32);
    end();
}
END_TEST

START_TEST(an_edited_block) {
    begin(5, 0);
    make_on(NULL);
    make_on(chain_at(chain, 5));
    const struct view_change changes[] = {{BASE_TEXT("0x01"), BASE_TEXT("BB")},
                                          {BASE_TEXT("0104"), {NULL, 0}}};
    const struct substrate_text extrinsic = BASE_TEXT("0x0C040102");
    const struct chain_block *block = make(&(struct view_made){.parent = chain_at(chain, 5),
                                                               .changes = changes,
                                                               .change_count = 2,
                                                               .extrinsics = &extrinsic,
                                                               .extrinsic_count = 1});
    struct substrate_hash expected =
        hash_of("0x7b5d04c7f31254b78c2fab92bfdef207aba9768b50c9b36fae67fd4b232e6492");
    ck_assert_mem_eq(&block->hash, &expected, 32);
    ck_value(block, "01", "0xbb");
    ck_assert_int_eq(view_storage(view, block, BASE_TEXT("0104")).known, CHAIN_ABSENT);
    ck_text_eq(block->extrinsics, "[\"0x0c040102\"]");
    /* Blocks never change: the parent is as it was, and so is the sibling. */
    ck_value(chain_at(chain, 5), "01", "0xa2");
    ck_value(view_head(view), "0104", "0xdd");
    end();
}
END_TEST

/* The caller's time is the block's; no log of Aura is in the sample. */
START_TEST(the_time_goes_on) {
    static const char NOW[] = "f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb";
    begin(5, 0);
    const struct view_change change = {BASE_TEXT(NOW), BASE_TEXT("0x00e1f50500000000")};
    const struct chain_block *block =
        make(&(struct view_made){.changes = &change, .change_count = 1});
    ck_value(block, NOW, "0x00e1f50500000000"); /* 100,000,000 */
    ck_value(make_on(NULL), NOW, "0xe00ff60500000000");
    ck_value(make(&(struct view_made){.period_ms = 1000}), NOW, "0xc813f60500000000");
    end();
}
END_TEST

START_TEST(an_upgrade) {
    begin(5, 0);
    const struct chain_block *block = make(&(struct view_made){.upgrade = true, .spec_version = 8});
    ck_assert_uint_eq(block->parent->runtime->spec_version, 7);
    ck_assert_uint_eq(block->runtime->spec_version, 8);
    ck_assert_ptr_nonnull(strstr(block->header.data, "[\"0x0466726f6e00\",\"0x08\"]"));
    /* System.LastRuntimeUpgrade: 8 as a compact, and "sample". */
    ck_value(block, "26aa394eea5630e07c48ae0c9558cef7f9cce9c888469bb1a0dceaa129672ef8",
             "0x201873616d706c65");
    ck_assert_int_eq(view_storage(view, block, BASE_TEXT("3a636f6465")).known, CHAIN_PRESENT);
    const struct chain_block *next = make_on(NULL);
    ck_assert_uint_eq(next->runtime->spec_version, 8);
    ck_assert_ptr_nonnull(strstr(next->header.data, "\"logs\":[\"0x0466726f6e00\"]"));
    const struct chain_block *none = NULL;
    ck_refused(view_make(view, &(struct view_made){.upgrade = true, .spec_version = 9}, &none,
                         &steps, &error),
               SUBSTRATE_E_NOT_FOUND, "runtime 9 is not recorded");
    ck_assert_ptr_eq(view_head(view), next);
    end();
}
END_TEST

START_TEST(what_is_named_wrongly) {
    static const struct {
        const char *key, *value, *words;
    } CASES[] = {
        {"0x012", "0x", "storage key \"0x012\" is not hex of whole bytes"},
        {"0x0g", "0x", "storage key \"0x0g\""},
        {"0x01", "0x1", "value \"0x1\" is not hex"},
        {"0x01", "zz", "value \"zz\" is not hex"},
    };
    const struct chain_block *none = NULL;
    begin(5, 0);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const struct view_change change = {base_text(CASES[i].key), base_text(CASES[i].value)};
        const struct view_made made = {.changes = &change, .change_count = 1};
        ck_refused(view_make(view, &made, &none, &steps, &error), SUBSTRATE_E_ARGUMENT,
                   CASES[i].words);
    }
    const struct view_change twice[] = {{BASE_TEXT("0xaB"), BASE_TEXT("0x")},
                                        {BASE_TEXT("02"), BASE_TEXT("0x")},
                                        {BASE_TEXT("Ab"), BASE_TEXT("0x01")}};
    ck_refused(view_make(view, &(struct view_made){.changes = twice, .change_count = 3}, &none,
                         &steps, &error),
               SUBSTRATE_E_ARGUMENT, "storage key 0xab is named twice");
    const struct substrate_text extrinsic = BASE_TEXT("0x1");
    ck_refused(view_make(view, &(struct view_made){.extrinsics = &extrinsic, .extrinsic_count = 1},
                         &none, &steps, &error),
               SUBSTRATE_E_ARGUMENT, "extrinsic \"0x1\"");
    ck_assert_ptr_eq(view_head(view), chain_at(chain, 5));
    ck_assert_uint_eq(view_counts(view).made, 0);
    end();
}
END_TEST

/* Test_call is recorded at H3 with 0x12. */
static void ck_call(const struct chain_block *block, enum view_carry expected, const char *result) {
    enum view_carry carry;
    const struct fact_call *call = view_call(
        view, BASE_TEXT("state_call"), BASE_TEXT("[\"Test_call\",\"0x0100\"]"), block, &carry);
    ck_assert_int_eq(carry, expected);
    ck_assert_int_eq(call != NULL, result != NULL);
    if (result != NULL) {
        ck_text_eq(call->result, result);
    }
    ck_assert_ptr_null(view_call(view, BASE_TEXT("state_call"), BASE_TEXT("[\"Test_call\",\"0x\"]"),
                                 block, &carry));
}

START_TEST(calls_are_carried) {
    begin(3, 0);
    const struct view_change change = {BASE_TEXT("0x01"), BASE_TEXT("0x")};
    ck_call(chain_at(chain, 3), VIEW_RECORDED, "\"0x12\"");
    ck_call(make_on(NULL), VIEW_RECORDED, NULL);
    ck_call(make(&(struct view_made){.calls = VIEW_CALLS_CARRY}), VIEW_CARRIED, "\"0x12\"");
    ck_assert_ptr_null(view_call(view, BASE_TEXT("state_call"),
                                 BASE_TEXT("[\"Test_call\",\"0x0100\"]"), view_head(view), NULL));
    const struct chain_block *stale = make(&(struct view_made){
        .calls = VIEW_CALLS_CARRY_STALE, .changes = &change, .change_count = 1});
    ck_call(stale, VIEW_CARRIED_STALE, "\"0x12\"");
    /* Behind an edit, on whatever block it was. */
    ck_call(make(&(struct view_made){.calls = VIEW_CALLS_CARRY}), VIEW_CARRY_REFUSED, NULL);
    ck_call(make_on(NULL), VIEW_RECORDED, NULL);
    ck_call(make(&(struct view_made){.calls = VIEW_CALLS_CARRY_STALE}), VIEW_CARRIED_STALE,
            "\"0x12\"");
    ck_assert_uint_eq(view_counts(view).carried, 1);
    ck_assert_uint_eq(view_counts(view).carried_stale, 2);
    ck_call(make(&(struct view_made){.parent = chain_at(chain, 3), .calls = VIEW_CALLS_CARRY}),
            VIEW_CARRIED, "\"0x12\"");
    end();
}
END_TEST

START_TEST(blocks_fill_a_budget) {
    begin(5, 0);
    view_free(view);
    view = view_new(chain, &(struct view_start){NULL, 0}, 64 * 1024);
    const struct chain_block *block, *last = NULL;
    enum substrate_status status;
    while ((status = view_make(view, &(struct view_made){0}, &block, &steps, &error)) ==
           SUBSTRATE_OK) {
        last = block;
    }
    ck_refused(status, SUBSTRATE_E_LIMIT, "budget of 65536");
    ck_assert_uint_gt(view_counts(view).made, 10);
    ck_assert_uint_le(view_counts(view).made_bytes, 65536);
    ck_assert_ptr_eq(view_head(view), last);
    view_reset(view, &(struct view_start){NULL, 0});
    ck_assert_uint_eq(view_counts(view).made, 0);
    ck_assert_int_eq(view_make(view, &(struct view_made){0}, &block, &steps, &error), SUBSTRATE_OK);
    end();
}
END_TEST

/* ---- many blocks, beside plain lists ---- */

enum { MODEL_BLOCKS = 300, MODEL_KEYS = 40 };

struct model {
    const struct chain_block *blocks[MODEL_BLOCKS];
    int parent[MODEL_BLOCKS];                /* -1: a recorded block */
    int16_t value[MODEL_BLOCKS][MODEL_KEYS]; /* -2: not named; -1: removed; else the value */
    const struct chain_block *base[MODEL_BLOCKS];
};

static char model_keys[MODEL_KEYS][8];

/* What the model says of a key: a recorded block's, or of the nearest block that names it. */
static struct chain_value model_value(const struct model *model, int at, int key, char hex[8]) {
    const struct chain_block *base = model->base[at];
    for (; at >= 0; at = model->parent[at]) {
        int value = model->value[at][key];
        if (value >= 0) {
            snprintf(hex, 8, "0x%02x", (unsigned)value);
            return (struct chain_value){.known = CHAIN_VALUE, .hex = base_text(hex)};
        }
        if (value == -1) {
            return (struct chain_value){.known = CHAIN_ABSENT};
        }
    }
    return chain_storage(chain, base, base_text(model_keys[key]));
}

static void model_make(struct model *model, int at, uint64_t *state) {
    struct view_change changes[MODEL_KEYS];
    char values[MODEL_KEYS][8];
    size_t count = 0;
    bool own = at > 0 && draw(state) % 8 != 0;
    model->parent[at] = own ? (int)(draw(state) % (uint64_t)at) : -1;
    if (own && draw(state) % 2 == 0) {
        model->parent[at] = at - 1; /* long chains, too */
    }
    static const char *const BASES[] = {SAMPLE_H1, SAMPLE_H2, SAMPLE_FORK2};
    const struct chain_block *parent =
        own ? model->blocks[model->parent[at]] : resolve(BASES[draw(state) % 3]);
    model->base[at] = own ? model->base[model->parent[at]] : parent;
    for (int key = 0; key < MODEL_KEYS; key++) {
        model->value[at][key] = -2;
        if (draw(state) % 8 == 0) {
            int value = (int)(draw(state) % 100) - 25;
            model->value[at][key] = (int16_t)(value < 0 ? -1 : value);
            snprintf(values[count], sizeof values[count], "0x%02x", (unsigned)value & 0xff);
            changes[count] = (struct view_change){base_text(model_keys[key]), {NULL, 0}};
            if (value >= 0) {
                changes[count].value = base_text(values[count]);
            }
            count++;
        }
    }
    model->blocks[at] =
        make(&(struct view_made){.parent = parent, .changes = changes, .change_count = count});
}

static void check_values(const struct model *model, int at) {
    for (int key = 0; key < MODEL_KEYS; key++) {
        char hex[8];
        struct chain_value expected = model_value(model, at, key, hex);
        struct chain_value value =
            view_storage(view, model->blocks[at], base_text(model_keys[key]));
        ck_assert_msg(value.known == expected.known && base_text_equal(value.hex, expected.hex),
                      "block %d, key %s: %d %.*s", at, model_keys[key], (int)value.known,
                      (int)value.hex.size, value.hex.data);
    }
}

/* Pages of the prefix 01, all of which is known at the bases. */
static void check_pages(const struct model *model, int at, size_t limit) {
    const struct chain_block *block = model->blocks[at];
    struct substrate_text keys[MODEL_KEYS], after = {NULL, 0}, missing;
    size_t count = limit;
    int next = 0;
    while (count == limit) {
        ck_assert_int_eq(
            view_keys(view, block, BASE_TEXT("01"), after, limit, keys, &count, &missing),
            SUBSTRATE_OK);
        for (size_t i = 0; i < count; i++) {
            char hex[8];
            while (model_value(model, at, next, hex).known == CHAIN_ABSENT) {
                next++;
            }
            ck_text_eq(keys[i], model_keys[next++]);
        }
        after = count > 0 ? keys[count - 1] : after;
    }
    for (; next < MODEL_KEYS; next++) {
        char hex[8];
        ck_assert_int_eq(model_value(model, at, next, hex).known, CHAIN_ABSENT);
    }
}

static bool same(struct chain_value a, struct chain_value b) {
    return a.known == b.known && base_text_equal(a.hex, b.hex);
}

/* Whatever differs between two blocks is listed, and each key once. */
static void check_difference(const struct model *model, int a, int b) {
    struct view_difference difference;
    ck_assert_int_eq(view_differences(model->blocks[a], model->blocks[b], &arena, &difference),
                     SUBSTRATE_OK);
    ck_assert(difference.covered);
    for (size_t i = 1; i < difference.count; i++) {
        ck_assert_int_lt(base_text_compare(difference.keys[i - 1], difference.keys[i]), 0);
    }
    for (int key = 0; key < MODEL_KEYS; key++) {
        char hex[8], other[8];
        bool listed = false;
        for (size_t i = 0; i < difference.count; i++) {
            listed = listed || base_text_is(difference.keys[i], model_keys[key]);
        }
        ck_assert(listed ||
                  same(model_value(model, a, key, hex), model_value(model, b, key, other)));
    }
    base_arena_reset(&arena);
}

START_TEST(forks_of_forks_equal_plain_lists) {
    static struct model model;
    uint64_t state = 9;
    begin(2, 2);
    snprintf(model_keys[0], sizeof model_keys[0], "01");
    for (int key = 1; key < MODEL_KEYS; key++) {
        snprintf(model_keys[key], sizeof model_keys[key], "01%02x", (unsigned)key);
    }
    for (int at = 0; at < MODEL_BLOCKS; at++) {
        model_make(&model, at, &state);
    }
    for (int at = 0; at < MODEL_BLOCKS; at++) {
        check_values(&model, at);
        check_pages(&model, at, 1 + draw(&state) % 7);
        check_difference(&model, at, (int)(draw(&state) % MODEL_BLOCKS));
    }
    for (int at = 1; at < MODEL_BLOCKS; at++) {
        const struct chain_block *block = model.blocks[at], *up = block;
        while (up->made) {
            ck_assert_ptr_eq(view_ancestor(block, up->number), up);
            up = up->parent;
        }
    }
    end();
}
END_TEST

/* A key outside of what is covered is known at one point, and no further. */
START_TEST(keys_beyond_what_is_recorded) {
    struct substrate_text keys[4], missing = {NULL, 0};
    size_t count;
    begin(5, 0); /* 0104 is not covered at H5, but named; 0103 is unknown */
    const struct view_change changes[] = {{BASE_TEXT("0103"), BASE_TEXT("0x77")},
                                          {BASE_TEXT("02"), BASE_TEXT("0x88")}};
    const struct chain_block *block =
        make(&(struct view_made){.changes = changes, .change_count = 1});
    ck_value(block, "0103", "0x77");
    ck_assert_int_eq(view_keys(view, block, BASE_TEXT("01"), (struct substrate_text){NULL, 0}, 2,
                               keys, &count, &missing),
                     SUBSTRATE_OK);
    ck_text_eq(keys[0], "01");
    ck_text_eq(keys[1], "0103");
    ck_assert_int_eq(view_keys(view, block, BASE_TEXT("01"), (struct substrate_text){NULL, 0}, 3,
                               keys, &count, &missing),
                     SUBSTRATE_E_NOT_FOUND);
    ck_text_eq(missing, "0103"); /* what is behind it */
    end();
}
END_TEST

/* ---- memory ---- */

static enum substrate_status play(void) {
    const struct view_change changes[] = {{BASE_TEXT("0x01"), BASE_TEXT("0xbb")},
                                          {BASE_TEXT("0x0104"), {NULL, 0}}};
    const struct view_made made = {.name = BASE_TEXT("x"),
                                   .changes = changes,
                                   .change_count = 2,
                                   .upgrade = true,
                                   .spec_version = 8};
    const struct chain_block *block = NULL;
    struct view_difference difference;
    struct base_arena scratch;
    struct substrate_text keys[4], missing;
    size_t count;
    view = view_new(chain, &(struct view_start){chain_at(chain, 2), VIEW_LAG_RECORDED}, SIZE_MAX);
    if (view == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    base_arena_init(&scratch, 64);
    enum substrate_status status = view_make(view, &made, &block, &steps, &error);
    status = status == SUBSTRATE_OK ? view_advance(view, 3, true, 0, &steps, &error) : status;
    status = status == SUBSTRATE_OK ? view_fork(view, 2, BASE_TEXT("y"), &steps, &error) : status;
    status = status == SUBSTRATE_OK
                 ? view_set_head(view, chain_at(chain, 5), VIEW_SCENE, &steps, &error)
                 : status;
    struct substrate_hash fork = hash_of(SAMPLE_FORK2);
    status = status == SUBSTRATE_OK
                 ? view_set_head(view, chain_find(chain, &fork), VIEW_SCENE, &steps, &error)
                 : status;
    if (status == SUBSTRATE_OK) {
        ck_value(block, "01", "0xbb");
        ck_assert_int_eq(view_keys(view, block, BASE_TEXT("01"), (struct substrate_text){NULL, 0},
                                   4, keys, &count, &missing),
                         SUBSTRATE_OK);
        ck_assert_uint_eq(count, 2);
        status = view_differences(block, view_head(view), &scratch, &difference);
    }
    base_arena_free(&scratch);
    view_free(view);
    view_steps_free(&steps);
    return status;
}

START_TEST(each_allocation_fails) {
    struct failing failing = {0};
    struct substrate_allocator allocator = {failing_resize, &failing};
    begin(2, 1);
    view_free(view);
    for (size_t n = 1;; n++) {
        failing = (struct failing){.left = n};
        substrate_allocator_set(&allocator);
        base_arena_each_alone(true);
        enum substrate_status status = play();
        base_arena_each_alone(false);
        substrate_allocator_set(NULL);
        ck_assert_uint_eq(failing.alive, 0);
        ck_assert_int_eq(status, failing.failed ? SUBSTRATE_E_MEMORY : SUBSTRATE_OK);
        if (!failing.failed) {
            break;
        }
    }
    view = NULL;
    end();
}
END_TEST

CHECK_MAIN("view made", an_empty_block, an_edited_block, the_time_goes_on, an_upgrade,
           what_is_named_wrongly, calls_are_carried, blocks_fill_a_budget,
           forks_of_forks_equal_plain_lists, keys_beyond_what_is_recorded, each_allocation_fails)
