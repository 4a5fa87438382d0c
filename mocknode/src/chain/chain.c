/* The chain model: blocks. What the storage is at a block is state.c's business, recorded calls are
 * those of calls.c. */
#include "chain/chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/mem.h"
#include "base/text.h"
#include "chain/model.h"

static const char BLOCKS[] = "blocks.jsonl";

static enum substrate_status no_memory(struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
}

/* Fills the error with `FILE:LINE: what`; 0 is no line. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
static enum substrate_status
refuse(struct substrate_error *error, const char *file, size_t line, const char *format, ...) {
    char what[300], number[24] = "";
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (line > 0) {
        (void)snprintf(number, sizeof number, ":%zu", line);
    }
    return base_fail(error, SUBSTRATE_E_DECODE, "%s%s: %s", file, number, what);
}

static struct substrate_text hash_text(const struct substrate_hash *hash) {
    return (struct substrate_text){(const char *)hash->bytes, sizeof hash->bytes};
}

static bool hash_equal(const struct substrate_hash *a, const struct substrate_hash *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

const struct facts *chain_facts(const struct chain *chain) { return chain->facts; }

const struct chain_block *chain_head(const struct chain *chain) { return chain->head; }

const struct chain_block *chain_finalized(const struct chain *chain) { return chain->finalized; }

const struct chain_block *chain_genesis(const struct chain *chain) { return chain->genesis; }

const struct chain_block *chain_find(const struct chain *chain, const struct substrate_hash *hash) {
    const struct fact_block *fact = facts_block(chain->facts, hash, false);
    return fact == NULL ? NULL : &chain->blocks[fact - chain->facts->blocks];
}

/* The first canonical block that is not under a height; NULL: there is none. */
static const struct chain_block *canonical_from(const struct chain *chain, uint64_t number) {
    size_t low = 0, high = chain->canonical_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (chain->canonical[middle]->number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < chain->canonical_count ? chain->canonical[low] : NULL;
}

const struct chain_block *chain_at(const struct chain *chain, uint64_t number) {
    const struct chain_block *block = canonical_from(chain, number);
    return block != NULL && block->number == number ? block : NULL;
}

const struct chain_block *chain_next(const struct chain *chain, uint64_t number) {
    return number == UINT64_MAX ? NULL : canonical_from(chain, number + 1);
}

/* The jumps are those of a skew-binary list: as long as the two before together, or else one. A
 * block without an ancestor jumps to itself. */
void chain_link(struct chain_block *block, const struct chain_block *up) {
    block->up = up;
    block->jump = up == NULL ? block : up;
    block->depth = up == NULL ? 0 : up->depth + 1;
    if (up != NULL && up->depth - up->jump->depth == up->jump->depth - up->jump->jump->depth) {
        block->jump = up->jump->jump;
    }
}

const struct chain_block *chain_ancestor(const struct chain_block *block, uint64_t number) {
    while (block != NULL && block->number > number) {
        bool far = block->jump != block && block->jump->number >= number;
        block = far ? block->jump : block->up;
    }
    return block != NULL && block->number == number ? block : NULL;
}

const struct chain_block *chain_ancestor_above(const struct chain_block *block, uint64_t number) {
    if (block->number <= number) {
        return NULL;
    }
    while (block->up != NULL && block->up->number > number) {
        block = block->jump->number > number ? block->jump : block->up;
    }
    return block;
}

bool chain_is_gap(const struct chain *chain, const struct substrate_hash *hash) {
    return base_map_get(&chain->gaps, hash_text(hash)) != NULL;
}

/* ---- blocks ---- */

static int compare_numbers(const void *left, const void *right) {
    const struct chain_block *a = *(const struct chain_block *const *)left;
    const struct chain_block *b = *(const struct chain_block *const *)right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static enum substrate_status add_gap(struct chain *chain, const struct substrate_hash *hash) {
    if (chain_find(chain, hash) != NULL || chain_is_gap(chain, hash)) {
        return SUBSTRATE_OK;
    }
    struct substrate_text key = base_arena_text(&chain->facts->arena, hash_text(hash));
    /* Only presence counts: the value just has to be some pointer. */
    return key.data != NULL && base_map_put(&chain->gaps, key, chain) ? SUBSTRATE_OK
                                                                      : SUBSTRATE_E_MEMORY;
}

/* The line of a recorded block in its file. */
static size_t line_of(const struct chain *chain, const struct chain_block *block) {
    return chain->facts->blocks[block - chain->blocks].line;
}

/* Checks a block's header and finds the parent by it. */
static enum substrate_status link_parent(struct chain *chain, struct chain_block *block,
                                         struct substrate_error *error) {
    struct base_header header;
    struct substrate_error why = {0};
    char hash[67];
    substrate_hash_format(&block->hash, hash);
    enum substrate_status status = base_header_read(block->header, &header, NULL, &why);
    if (status == SUBSTRATE_E_MEMORY) {
        return no_memory(error);
    }
    if (status != SUBSTRATE_OK) {
        return refuse(error, BLOCKS, line_of(chain, block), "header of block %s: %.100s", hash,
                      why.message);
    }
    if (header.number != block->number) {
        return refuse(error, BLOCKS, line_of(chain, block),
                      "block %s has number %llu, but %llu in its header", hash,
                      (unsigned long long)block->number, (unsigned long long)header.number);
    }
    if (block->number == 0) {
        return SUBSTRATE_OK;
    }
    block->parent = chain_find(chain, &header.parent);
    if (block->parent == NULL) {
        return add_gap(chain, &header.parent) == SUBSTRATE_OK ? SUBSTRATE_OK : no_memory(error);
    }
    if (block->parent->number + 1 != block->number) {
        return refuse(error, BLOCKS, line_of(chain, block),
                      "block %s has number %llu, but its parent has %llu", hash,
                      (unsigned long long)block->number, (unsigned long long)block->parent->number);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status link_blocks(struct chain *chain, struct substrate_error *error) {
    struct facts *facts = chain->facts;
    for (size_t i = 0; i < facts->block_count; i++) {
        const struct fact_block *fact = &facts->blocks[i];
        struct chain_block *block = &chain->blocks[i];
        const struct fact_set *set = facts_set(facts, &fact->hash, false);
        *block = (struct chain_block){.hash = fact->hash,
                                      .number = fact->number,
                                      .fork = fact->fork,
                                      .header = fact->header,
                                      .extrinsics = fact->extrinsics,
                                      .justifications = fact->justifications};
        block->state = set == NULL ? NULL : &chain->states[set - facts->sets];
        block->runtime = fact->runtime_known ? facts_spec(facts, fact->runtime, false) : NULL;
    }
    for (size_t i = 0; i < facts->block_count; i++) {
        if (facts->blocks[i].header.data != NULL) {
            enum substrate_status status = link_parent(chain, &chain->blocks[i], error);
            if (status != SUBSTRATE_OK) {
                return status;
            }
        }
    }
    return SUBSTRATE_OK;
}

/* Sorts the canonical blocks, and checks that they are one chain as far as is recorded. */
static enum substrate_status sort_canonical(struct chain *chain, struct substrate_error *error) {
    for (size_t i = 0; i < chain->facts->block_count; i++) {
        if (!chain->blocks[i].fork) {
            chain->canonical[chain->canonical_count++] = &chain->blocks[i];
        }
    }
    qsort(chain->canonical, chain->canonical_count, sizeof *chain->canonical, compare_numbers);
    for (size_t i = 1; i < chain->canonical_count; i++) {
        const struct chain_block *last = chain->canonical[i - 1], *block = chain->canonical[i];
        char hash[67];
        substrate_hash_format(&block->hash, hash);
        if (last->number == block->number) {
            size_t line = line_of(chain, block), other = line_of(chain, last);
            return refuse(error, BLOCKS, line > other ? line : other,
                          "two blocks of number %llu, one of them %s; mark the one "
                          "that is not on the chain of the head with \"fork\":true",
                          (unsigned long long)block->number, hash);
        }
        if (block->header.data != NULL && last->number + 1 == block->number &&
            block->parent != last) {
            return refuse(error, BLOCKS, line_of(chain, block),
                          "the parent of block %s is not the block of number %llu", hash,
                          (unsigned long long)last->number);
        }
    }
    return SUBSTRATE_OK;
}

/* From the lowest number up, so that whatever a block hangs below is linked before it. */
static enum substrate_status link_ancestors(struct chain *chain, struct substrate_error *error) {
    size_t count = chain->facts->block_count;
    const struct chain_block **order = base_calloc(count + 1, sizeof *order), *last = NULL;
    if (order == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = &chain->blocks[i];
    }
    qsort(order, count, sizeof *order, compare_numbers);
    for (size_t i = 0; i < count; i++) {
        struct chain_block *block = &chain->blocks[order[i] - chain->blocks];
        chain_link(block, block->fork ? block->parent : last);
        last = block->fork ? last : block;
    }
    base_free(order);
    return SUBSTRATE_OK;
}

static enum substrate_status find_named(const struct chain *chain, const char *name,
                                        const struct substrate_hash *hash,
                                        const struct chain_block **block,
                                        struct substrate_error *error) {
    *block = chain_find(chain, hash);
    if (*block == NULL || (*block)->fork) {
        char text[67];
        substrate_hash_format(hash, text);
        return base_fail(error, SUBSTRATE_E_DECODE,
                         "manifest.json: the %s block %s is %s blocks.jsonl", name, text,
                         *block == NULL ? "not in" : "marked as a fork in");
    }
    return SUBSTRATE_OK;
}

static enum substrate_status find_heads(struct chain *chain, struct substrate_error *error) {
    const struct facts *facts = chain->facts;
    enum substrate_status status = SUBSTRATE_OK;
    if (chain->canonical_count == 0) {
        return base_fail(error, SUBSTRATE_E_DECODE, "blocks.jsonl: no block is recorded");
    }
    chain->head = chain->canonical[chain->canonical_count - 1];
    if (facts->has_head) {
        status = find_named(chain, "head", &facts->head, &chain->head, error);
    }
    chain->finalized = chain->head;
    if (status == SUBSTRATE_OK && facts->has_finalized) {
        status = find_named(chain, "finalized", &facts->finalized, &chain->finalized, error);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (chain->finalized->number > chain->head->number) {
        return base_fail(error, SUBSTRATE_E_DECODE,
                         "manifest.json: the finalized block is above the head");
    }
    chain->genesis = chain_at(chain, 0);
    if (chain->genesis != NULL && facts->has_genesis &&
        !hash_equal(&chain->genesis->hash, &facts->genesis)) {
        return base_fail(error, SUBSTRATE_E_DECODE,
                         "manifest.json: the genesis hash is not that of block 0 in blocks.jsonl");
    }
    return SUBSTRATE_OK;
}

/* State and calls may be recorded of a block that itself is not, when a recording was cut off. */
static enum substrate_status build_gaps(struct chain *chain, struct substrate_error *error) {
    const struct facts *facts = chain->facts;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < facts->set_count && status == SUBSTRATE_OK; i++) {
        status = add_gap(chain, &facts->sets[i].block);
    }
    for (size_t i = 0; i < facts->call_count && status == SUBSTRATE_OK; i++) {
        if (facts->calls[i].has_at) {
            status = add_gap(chain, &facts->calls[i].at);
        }
    }
    if (status == SUBSTRATE_OK && facts->has_genesis) {
        status = add_gap(chain, &facts->genesis);
    }
    return status == SUBSTRATE_OK ? status : no_memory(error);
}

static enum substrate_status build_blocks(struct chain *chain, struct substrate_error *error) {
    size_t count = chain->facts->block_count;
    chain->blocks = base_calloc(count + 1, sizeof *chain->blocks);
    chain->canonical = base_calloc(count + 1, sizeof *chain->canonical);
    if (chain->blocks == NULL || chain->canonical == NULL) {
        return no_memory(error);
    }
    enum substrate_status status = link_blocks(chain, error);
    if (status == SUBSTRATE_OK) {
        status = sort_canonical(chain, error);
    }
    if (status == SUBSTRATE_OK) {
        status = link_ancestors(chain, error);
    }
    if (status == SUBSTRATE_OK) {
        status = find_heads(chain, error);
    }
    return status == SUBSTRATE_OK ? build_gaps(chain, error) : status;
}

enum substrate_status chain_build(struct facts *facts, struct chain **chain,
                                  struct substrate_error *error) {
    struct chain *made = base_calloc(1, sizeof *made);
    if (made == NULL) {
        return no_memory(error);
    }
    made->facts = facts;
    base_map_init(&made->gaps, 0);
    enum substrate_status status = chain_build_states(made, error);
    if (status == SUBSTRATE_OK) {
        status = build_blocks(made, error);
    }
    if (status == SUBSTRATE_OK) {
        status = chain_build_calls(made, error);
    }
    if (status != SUBSTRATE_OK) {
        made->facts = NULL;
        chain_free(made);
        return status;
    }
    *chain = made;
    return SUBSTRATE_OK;
}

void chain_free(struct chain *chain) {
    if (chain == NULL) {
        return;
    }
    facts_free(chain->facts);
    base_map_free(&chain->gaps);
    base_free(chain->blocks);
    base_free(chain->canonical);
    base_free(chain->states);
    base_free(chain->keys);
    base_free(chain->slots);
    base_free(chain->first);
    base_free(chain->versions);
    base_free(chain->calls);
    base_free(chain->calls_by_block);
    base_free(chain);
}
