/* The metadata of a runtime: what pallets, storage, constants, calls, events and runtime APIs it
 * has, and their types. A handle is immutable, shared, and counted. */
#ifndef SUBSTRATE_METADATA_H
#define SUBSTRATE_METADATA_H

#include <stdint.h>
#include <substrate/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct substrate_metadata;

/* Parses metadata of version 14, 15 or 16 (crate frame-metadata): the SCALE bytes that begin with
 * "meta".
 *   bytes     borrowed for the call
 *   metadata  gives the handle, to be freed
 * Returns OK, E_DECODE (error->position is the offset that is wrong), E_LIMIT (more types, or
 * deeper ones, than any runtime has), E_MEMORY. Threads: any. */
enum substrate_status substrate_metadata_parse(struct substrate_bytes bytes,
                                               struct substrate_metadata **metadata,
                                               struct substrate_error *error);
/* Another reference to the same handle; gives it. Threads: any. */
struct substrate_metadata *substrate_metadata_retain(struct substrate_metadata *metadata);
/* Takes a reference; NULL is allowed. Threads: any. */
void substrate_metadata_free(struct substrate_metadata *metadata);

#ifdef __cplusplus
}
#endif
#endif
