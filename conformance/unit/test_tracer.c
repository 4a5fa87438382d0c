/* The largest recording that is made here, fixtures/tracer, as the node reads it: under a sanitizer
 * each of its facts is touched. What is expected stands in conformance/tracer/README.md. */
#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <substrate/hash.h>
#include "chain/chain.h"
#include "fixture/facts.h"

#define LAST 200U
#define FINALIZED 196U
#define PRUNED_LAST 20U
#define UPGRADE 100U
#define FORK_FIRST 121U
#define FORK_LAST 123U
#define BIG_KEYS 5000U
#define PAGE 1000U

/* System.Number: TwoX-128 of both names. */
#define NUMBER_KEY BASE_TEXT("26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac")

static struct chain *load(void) {
    static const char HERE[] = "conformance/unit/test_tracer.c";
    struct substrate_error error = {0};
    struct facts *facts = NULL;
    struct chain *chain = NULL;
    char path[1024];
    int root = (int)(strlen(__FILE__) - (sizeof HERE - 1));
    ck_assert_int_lt(snprintf(path, sizeof path, "%.*sfixtures/tracer", root, __FILE__),
                     (int)sizeof path);
    ck_assert_msg(facts_load(path, FACTS_LOAD_DIGESTS, &facts, &error) == SUBSTRATE_OK, "%s",
                  error.message);
    ck_assert_msg(chain_build(facts, &chain, &error) == SUBSTRATE_OK, "%s", error.message);
    return chain;
}

START_TEST(blocks) {
    struct chain *chain = load();
    ck_assert_uint_eq(chain_head(chain)->number, LAST);
    ck_assert_uint_eq(chain_finalized(chain)->number, FINALIZED);
    for (uint64_t number = 0; number <= LAST; number++) {
        const struct chain_block *block = chain_at(chain, number);
        ck_assert_ptr_nonnull(block);
        ck_assert_ptr_eq(chain_find(chain, &block->hash), block);
        ck_assert_ptr_eq(chain_ancestor(chain_head(chain), number), block);
        ck_assert_ptr_eq(block->parent, number > 0 ? chain_at(chain, number - 1) : NULL);
        ck_assert(block->header.size > 0 && block->extrinsics.size > 0);
        ck_assert_uint_eq(block->runtime->spec_version, number < UPGRADE ? 1 : 2);
        ck_assert(chain_is_pruned(block) == (number >= 1 && number <= PRUNED_LAST));
    }
    chain_free(chain);
}
END_TEST

/* Each block says its number, little-endian, in four bytes. */
START_TEST(numbers) {
    struct chain *chain = load();
    for (unsigned number = PRUNED_LAST + 1; number <= LAST; number++) {
        char want[16];
        struct chain_value value = chain_storage(chain, chain_at(chain, number), NUMBER_KEY);
        (void)snprintf(want, sizeof want, "0x%02x000000", number);
        ck_assert_int_eq(value.known, CHAIN_VALUE);
        ck_assert(base_text_is(value.hex, want));
    }
    chain_free(chain);
}
END_TEST

/* All keys of a block, by pages: in order, and each has its value. Returns how many there are. */
static size_t read_all(const struct chain *chain, const struct chain_block *block) {
    struct substrate_text keys[PAGE], after = {NULL, 0}, missing;
    size_t total = 0, count = PAGE;
    while (count == PAGE) {
        ck_assert_int_eq(
            chain_keys(chain, block, BASE_TEXT(""), after, PAGE, keys, &count, &missing),
            SUBSTRATE_OK);
        for (size_t i = 0; i < count; i++) {
            ck_assert(after.data == NULL || base_text_compare(after, keys[i]) < 0);
            struct chain_value value = chain_storage(chain, block, keys[i]);
            ck_assert_int_eq(value.known, CHAIN_VALUE);
            ck_assert_uint_eq(value.hex.size % 2, 0);
            after = keys[i];
        }
        total += count;
    }
    return total;
}

START_TEST(keys) {
    static const uint64_t heights[] = {0, PRUNED_LAST + 1, UPGRADE, UPGRADE + 1, LAST};
    struct chain *chain = load();
    size_t first = read_all(chain, chain_at(chain, 0));
    ck_assert_uint_gt(first, BIG_KEYS);
    for (size_t i = 0; i < sizeof heights / sizeof *heights; i++) {
        const struct chain_block *block = chain_at(chain, heights[i]);
        ck_assert(chain_is_whole(block));
        size_t count = read_all(chain, block);
        ck_assert(count > BIG_KEYS && count < first + 300); /* as many are added as removed */
    }
    for (uint64_t number = FORK_FIRST; number <= FORK_LAST; number++) {
        ck_assert(!chain_at(chain, number)->fork);
    }
    chain_free(chain);
}
END_TEST

CHECK_MAIN("tracer", blocks, numbers, keys)
