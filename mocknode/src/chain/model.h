/* Inside of the chain model: how blocks, keys and the versions of keys lie in memory. */
#ifndef CHAIN_MODEL_H
#define CHAIN_MODEL_H

#include <stdint.h>
#include "base/map.h"
#include "chain/chain.h"

/* The storage after one block. Sets form a forest by their bases; `enter` and `leave` number it in
 * pre-order, so that A is B or a base of B, directly or not, exactly when
 * A.enter <= B.enter && B.enter < A.leave. */
struct chain_state {
    const struct fact_set *set;
    const struct chain_state *base; /* NULL: it begins with nothing */
    uint32_t enter, leave;
    bool beyond; /* it names keys outside its intervals, which only it knows */
    bool whole;  /* of every key it is known whether it is there */
    const struct fact_interval *covered; /* its own, or its base's */
    size_t covered_count;
};

#define CHAIN_NO_VERSION UINT32_MAX

/* What one set says of one key. The versions of a key lie together, by `enter`; `up` is the version
 * of the nearest base that has one. */
struct chain_version {
    const struct fact_change *change;
    uint32_t enter, leave, up;
};

struct chain {
    struct facts *facts;
    struct chain_block *blocks; /* one for each of facts->blocks, in the same places */
    const struct chain_block **canonical;
    size_t canonical_count;
    const struct chain_block *head, *finalized, *genesis;
    struct base_map gaps;

    struct chain_state *states;  /* one for each of facts->sets, in the same places */
    struct substrate_text *keys; /* every key that any set names, sorted */
    uint32_t *first;             /* the versions of key i are first[i] up to first[i + 1] */
    size_t key_count;
    uint32_t *slots; /* keys by hash, for reads of one: the place of a key and one, or 0 */
    size_t slot_mask;
    struct chain_version *versions;

    const struct fact_call **calls;          /* by method, parameters, block hash */
    const struct fact_call **calls_by_block; /* by method, block hash, parameters */
    bool lacks; /* one of them is of a method that the node did not have */
};

/* Sorts the recorded calls. In calls.c. */
enum substrate_status chain_build_calls(struct chain *chain, struct substrate_error *error);
/* Builds states, keys and versions. In state.c. */
enum substrate_status chain_build_states(struct chain *chain, struct substrate_error *error);

#endif
