/* Merging what two recordings say. */
#ifndef TOOLS_MERGE_H
#define TOOLS_MERGE_H

#include <substrate/base.h>
#include "fixture/facts.h"

/* Makes the union of two fixtures' facts (both normalised). Equal sets of changes stay as they are;
 * where only one of the two knows a block's storage, and its bases are as they were, its set stays,
 * too; anything else becomes a set of its own without a base. `a` says which head it ends at,
 * unless b's block is higher. E_DECODE: the two say different things of the same thing; `error`
 * names it. `merged` is given and owns its memory. */
enum substrate_status merge_facts(const struct facts *a, const struct facts *b,
                                  struct facts **merged, struct substrate_error *error);

/* Adds the blocks and runtimes of `in` to `out`. Both stay the caller's. */
enum substrate_status merge_absorb_chain(struct facts *out, const struct facts *in,
                                         struct substrate_error *error);
/* Adds facts to others without resolving storage: sets of `in` have no base. Both stay the
 * caller's. */
enum substrate_status merge_absorb(struct facts *out, const struct facts *in,
                                   struct substrate_error *error);

#endif
