/* Block headers: from the node's JSON (parentHash, number as minimal hex, stateRoot,
 * extrinsicsRoot, digest.logs) to SCALE, and the block hash, which is blake2b-256 of that. */
#ifndef BASE_HEADER_H
#define BASE_HEADER_H

#include <stdint.h>
#include <substrate/base.h>
#include "buf.h"

struct base_header {
    struct substrate_hash parent, state_root, extrinsics_root;
    uint64_t number;
};

/* Reads the fields, and appends the SCALE encoding to `scale` unless it is NULL (digest items are
 * already SCALE and are copied). Returns OK, E_DECODE with `error` naming the member, E_MEMORY. */
enum substrate_status base_header_read(struct substrate_text json, struct base_header *header,
                                       struct base_buf *scale, struct substrate_error *error);
/* The block hash of a header. Note that a genesis hash that the host assigned differs from it. */
enum substrate_status base_header_hash(struct substrate_text json, struct substrate_hash *hash,
                                       struct substrate_error *error);

#endif
