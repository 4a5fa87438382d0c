/* What the layers above have worked out from a runtime's metadata and keep beside it, so that it is
 * worked out once: each thing under a key, until the metadata is freed. Threads: any. */
#ifndef CODEC_METADATA_KEPT_H
#define CODEC_METADATA_KEPT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "metadata.h"

/* The first member of what is kept, which is memory of base_alloc. */
struct metadata_kept {
    struct metadata_kept *next;
    /* What it is made of: an address that lives as long as the process, such as that of a row of a
     * constant table, and a type of the metadata, or METADATA_NO_TYPE. */
    const void *key;
    uint32_t type;
    struct base_arena arena; /* of all else that belongs to it */
};

/* NULL: nobody has worked it out. */
const struct metadata_kept *metadata_kept_get(const struct substrate_metadata *metadata,
                                              const void *key, uint32_t type);
/* Keeps it, for everybody; takes it. Gives what is kept: it, or that of a thread that was faster.
 */
const struct metadata_kept *metadata_keep(const struct substrate_metadata *metadata,
                                          struct metadata_kept *kept);

/* For metadata.c. false: out of memory. */
bool metadata_kept_init(struct substrate_metadata *metadata);
/* Frees all that is kept; nobody may be using it. For metadata.c, and for tests. */
void metadata_kept_clear(const struct substrate_metadata *metadata);

#endif
