/* Blocks: their headers, and what was executed in them. */
#ifndef SUBTENSOR_BLOCK_H
#define SUBTENSOR_BLOCK_H

#include <subtensor/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the hash of a block is that of. */
struct subtensor_header {
    struct substrate_hash parent_hash;
    uint64_t number;
    struct substrate_hash state_root, extrinsics_root;
    struct subtensor_texts logs; /* the items of its digest: bytes, each in SCALE */
};

/* A block. */
struct subtensor_block_info {
    uint64_t number;
    struct substrate_hash hash;
    struct subtensor_maybe_u64 timestamp; /* in milliseconds since 1970; the first block has none */
    struct subtensor_header header;
    struct subtensor_texts extrinsics; /* each as canonical JSON, with its call decoded */
};

#ifdef __cplusplus
}
#endif
#endif
