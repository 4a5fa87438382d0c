/* Extrinsics, opaque as they stand in a block (polkadot-sdk, sp-runtime, UncheckedExtrinsic): a
 * compact length, then a byte with the format's version in its low six bits and the kind in its
 * high two (bare, general, signed), then by kind
 *   version 4 bare, 5 bare   call
 *   version 4 signed         address, signature, extensions, call
 *   version 5 general        a byte, the version of the extensions (0), extensions, call
 *
 * As JSON:
 *   {"hash":"0x…","version":4,"signed":true,"address":…,"signature":…,
 *    "extensions":{"CheckMortality":…},"call":…}
 * `address` and `signature` are there when `signed` is true, `extensions` also in a general one,
 * which has "extensionVersion" before them. The parts are canonical JSON of their types; an
 * extension that takes no bytes is left out, since nothing is lost by it, so that what is left is
 * what the sender chose. `hash` is blake2b-256 of all the bytes, the length included: what nodes
 * call the extrinsic's hash. All of it but `hash` says the bytes again. */
#ifndef CODEC_EXTRINSIC_H
#define CODEC_EXTRINSIC_H

#include <substrate/base.h>
#include "metadata.h"
#include "value.h"

/* Appends the JSON of one extrinsic. Returns OK, E_DECODE (error->position is the offset in the
 * bytes, the message names the part), E_LIMIT, E_MEMORY. After an error `json` is as it was. */
enum substrate_status extrinsic_read(const struct substrate_metadata *metadata,
                                     struct substrate_bytes extrinsic,
                                     const struct value_limits *limits, struct base_buf *json,
                                     struct substrate_error *error);
/* Appends the bytes, length included, of that JSON; `hash` may be missing and is not read. Returns
 * as value_write. After an error `bytes` is as it was. */
enum substrate_status extrinsic_write(const struct substrate_metadata *metadata,
                                      struct base_json json, const struct value_limits *limits,
                                      struct base_buf *bytes, struct substrate_error *error);

#endif
