/* What every block that is met is kept with: its header, its runtime, hash and size of the
 * runtime's code, and header and runtime of its parent, by which its state is decoded. Asked on the
 * side. */
#ifndef RECORD_PROXY_BLOCKS_H
#define RECORD_PROXY_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/map.h"
#include "record/inquiry.h"

struct blocks {
    struct inquiry *ask; /* its facts are added to */
    struct runtime_wish wish;
    struct base_arena arena;
    struct base_map noted;    /* block hash to what was found out about it */
    struct base_map runtimes; /* spec versions whose parts are kept, as 4 bytes */
    bool has_code;            /* the code that was met last */
    struct fact_digest code;
};

void blocks_init(struct blocks *blocks, struct inquiry *ask);
void blocks_free(struct blocks *blocks);
/* Keeps what belongs to a block, unless it is kept already. What of it the upstream does not have
 * is named on standard error and left out. E_NOT_FOUND: the upstream does not have the block. */
enum substrate_status blocks_keep(struct blocks *blocks, const struct substrate_hash *hash);
/* Where the upstream is: head and finalized block, kept. */
enum substrate_status blocks_keep_heads(struct blocks *blocks);
/* The blocks from `to` down to `from` (both included) into hashes[most], kept. E_NOT_FOUND: they
 * are no line, or more. */
enum substrate_status blocks_line(struct blocks *blocks, const struct substrate_hash *from,
                                  const struct substrate_hash *to, struct substrate_hash *hashes,
                                  size_t most, size_t *count);

#endif
