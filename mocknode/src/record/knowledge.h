/* Everything that a recording knows of the storage after one block, without reference to another:
 * the line of bases resolved. */
#ifndef RECORD_KNOWLEDGE_H
#define RECORD_KNOWLEDGE_H

#include <stdbool.h>
#include <substrate/base.h>
#include "chain/facts.h"

struct knowledge {
    struct fact_interval *covered; /* sorted, disjoint */
    size_t covered_count, covered_capacity;
    struct fact_change *keys; /* sorted; ABSENT only outside the covered intervals */
    size_t count, capacity;
};

/* Resolves a set. Texts are borrowed from the facts. E_DECODE: a base without a set, or in a
 * circle. */
enum substrate_status knowledge_of(const struct facts *facts, const struct fact_set *set,
                                   struct knowledge *knowledge, struct substrate_error *error);
void knowledge_free(struct knowledge *knowledge);
bool knowledge_covers(const struct knowledge *knowledge, struct substrate_text key);
/* The set of a block; NULL: none. Unlike facts_set it takes const facts. */
const struct fact_set *knowledge_set(const struct facts *facts, const struct substrate_hash *block);

#endif
