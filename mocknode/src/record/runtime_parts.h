/* Parts of runtime facts as they come over RPC: bytes in hex, metadata in its wrappings. */
#ifndef RECORD_RUNTIME_PARTS_H
#define RECORD_RUNTIME_PARTS_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "fixture/facts.h"

/* The bytes of a raw JSON result "0x…"; false: it is none, or no memory. */
bool bytes_of_result(struct substrate_text result, struct base_arena *arena,
                     struct substrate_bytes *bytes);
/* The metadata inside an `Option<OpaqueMetadata>`, from its first bytes `meta` on. */
bool metadata_of_option(struct substrate_bytes bytes, struct substrate_bytes *metadata);

#endif
