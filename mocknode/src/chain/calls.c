/* The recorded calls of a chain: one by its request, and for a request that has none the one that
 * is most like it. Both are looked up in sorted lists, so that a miss costs no more than a hit. */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "chain/model.h"

/* What is looked for. at NULL: a method without a block. */
struct wanted {
    struct substrate_text method, params;
    const struct substrate_hash *at;
};

static int compare_at(const struct substrate_hash *a, const struct substrate_hash *b) {
    if (a == NULL || b == NULL) {
        return (a != NULL) - (b != NULL);
    }
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static const struct substrate_hash *at_of(const struct fact_call *call) {
    return call->has_at ? &call->at : NULL;
}

/* The two orders: by method, parameters, block; and by method, block, parameters. */
static int compare_call(const struct fact_call *call, const struct wanted *wanted) {
    int order = base_text_compare(call->method, wanted->method);
    order = order != 0 ? order : base_text_compare(call->params, wanted->params);
    return order != 0 ? order : compare_at(at_of(call), wanted->at);
}

static int compare_by_block(const struct fact_call *call, const struct wanted *wanted) {
    int order = base_text_compare(call->method, wanted->method);
    order = order != 0 ? order : compare_at(at_of(call), wanted->at);
    return order != 0 ? order : base_text_compare(call->params, wanted->params);
}

typedef int (*call_order)(const struct fact_call *call, const struct wanted *wanted);

static struct wanted wanted_of(const struct fact_call *call) {
    return (struct wanted){call->method, call->params, at_of(call)};
}

static int sort_by_params(const void *left, const void *right) {
    struct wanted wanted = wanted_of(*(const struct fact_call *const *)right);
    return compare_call(*(const struct fact_call *const *)left, &wanted);
}

static int sort_by_block(const void *left, const void *right) {
    struct wanted wanted = wanted_of(*(const struct fact_call *const *)right);
    return compare_by_block(*(const struct fact_call *const *)left, &wanted);
}

/* The first call of a list that is not before what is wanted. */
static size_t bound(const struct chain *chain, const struct fact_call *const *calls,
                    call_order compare, const struct wanted *wanted) {
    size_t low = 0, high = chain->facts->call_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(calls[middle], wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct fact_call *chain_call(const struct chain *chain, struct substrate_text method,
                                   struct substrate_text params, const struct substrate_hash *at) {
    const struct wanted wanted = {method, params, at};
    size_t i = bound(chain, chain->calls, compare_call, &wanted);
    return i < chain->facts->call_count && compare_call(chain->calls[i], &wanted) == 0
               ? chain->calls[i]
               : NULL;
}

const struct fact_call *chain_lacks(const struct chain *chain, struct substrate_text method) {
    return chain->lacks ? chain_call(chain, method, FACT_ANY, NULL) : NULL;
}

/* ---- the nearest ---- */

/* How much of the parameters at a place is as wanted; -1: the call is of another method, or, with
 * `block`, of another block. */
static int64_t common_at(const struct chain *chain, const struct fact_call *const *calls, size_t i,
                         const struct wanted *wanted, bool block) {
    if (i >= chain->facts->call_count || !base_text_equal(calls[i]->method, wanted->method) ||
        (block && compare_at(at_of(calls[i]), wanted->at) != 0)) {
        return -1;
    }
    struct substrate_text a = calls[i]->params, b = wanted->params;
    int64_t common = 0;
    while ((size_t)common < a.size && (size_t)common < b.size && a.data[common] == b.data[common]) {
        common++;
    }
    return common;
}

/* In a sorted list the longest common beginning is beside the place of what is wanted; of all that
 * have it the first is taken. */
static const struct fact_call *nearest_in(const struct chain *chain,
                                          const struct fact_call *const *calls, call_order compare,
                                          const struct wanted *wanted, bool block) {
    size_t i = bound(chain, calls, compare, wanted);
    int64_t behind = common_at(chain, calls, i, wanted, block);
    int64_t before = i > 0 ? common_at(chain, calls, i - 1, wanted, block) : -1;
    int64_t common = before > behind ? before : behind;
    if (common < 0) {
        return NULL;
    }
    struct wanted start = *wanted;
    start.params.size = (size_t)common;
    start.at = block ? wanted->at : NULL;
    return calls[bound(chain, calls, compare, &start)];
}

const struct fact_call *chain_nearest(const struct chain *chain, struct substrate_text method,
                                      struct substrate_text params,
                                      const struct substrate_hash *at) {
    const struct wanted wanted = {method, params, at};
    const struct fact_call *call =
        nearest_in(chain, chain->calls_by_block, compare_by_block, &wanted, true);
    return call != NULL ? call : nearest_in(chain, chain->calls, compare_call, &wanted, false);
}

struct substrate_text chain_next_method(const struct chain *chain, size_t *cursor) {
    size_t count = chain->facts->call_count, at = *cursor;
    if (at == count) {
        return (struct substrate_text){NULL, 0};
    }
    struct substrate_text method = chain->calls[at]->method;
    while (at < count && base_text_equal(chain->calls[at]->method, method)) {
        at++;
    }
    *cursor = at;
    return method;
}

static enum substrate_status refuse_twice(const struct fact_call *a, const struct fact_call *b,
                                          struct substrate_error *error) {
    const struct fact_call *call = b->line > a->line ? b : a;
    return base_fail(error, SUBSTRATE_E_DECODE,
                     "calls.jsonl:%zu: %.*s %.*s is recorded twice at one block; remove one line",
                     call->line, (int)(call->method.size < 60 ? call->method.size : 60),
                     call->method.data, (int)(call->params.size < 60 ? call->params.size : 60),
                     call->params.data);
}

enum substrate_status chain_build_calls(struct chain *chain, struct substrate_error *error) {
    const struct facts *facts = chain->facts;
    chain->calls = base_calloc(facts->call_count + 1, sizeof *chain->calls);
    chain->calls_by_block = base_calloc(facts->call_count + 1, sizeof *chain->calls_by_block);
    if (chain->calls == NULL || chain->calls_by_block == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < facts->call_count; i++) {
        chain->calls[i] = chain->calls_by_block[i] = &facts->calls[i];
        chain->lacks = chain->lacks || facts->calls[i].params.size == 0;
    }
    qsort(chain->calls, facts->call_count, sizeof *chain->calls, sort_by_params);
    qsort(chain->calls_by_block, facts->call_count, sizeof *chain->calls_by_block, sort_by_block);
    for (size_t i = 1; i < facts->call_count; i++) {
        if (sort_by_params(&chain->calls[i - 1], &chain->calls[i]) == 0) {
            return refuse_twice(chain->calls[i - 1], chain->calls[i], error);
        }
    }
    return SUBSTRATE_OK;
}
