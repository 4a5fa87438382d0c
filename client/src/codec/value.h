/* Values of metadata's types: from SCALE to canonical JSON and back, without a tree in between.
 *
 * Canonical JSON, by type (the shape is the metadata's own):
 *   bool                      true, false
 *   u8 … u256, i8 … i256, and compact ones (a compact of a composite has the composite's shape)
 *                             a number when -(2^53 - 1) <= n <= 2^53 - 1, else a decimal string
 *   char, str                 a string
 *   bytes (ROLE_BYTES)        "0x…" in lower case
 *   AccountId32               its SS58 address, with the chain's prefix
 *   fixed point (ROLE_FIXED)  a decimal string with all of its digits: "-0.5", "3" — never rounded
 *   composite                 an object of its fields when they have names, else an array, also of
 *                             one; without fields: []
 *   tuple                     an array; the empty tuple is null
 *   sequence, array           an array
 *   variant                   {"type":NAME,"value":V}: V is null without fields, else an object or
 *                             an array as of a composite
 *   Option                    null or the value; where the value itself may be null (nested
 *                             options, Option<()>): {"type":"None","value":null} or
 *                             {"type":"Some","value":V}, V the inner value
 *   bit sequence              a string of 0 and 1 in order of index
 * Objects keep the order of the metadata; no white space.
 *
 * Writing takes the same JSON, members of an object in any order; it also takes decimal strings for
 * any integer, "0x…" for an account, arrays of numbers for bytes, and for a composite of one field
 * without a name what is in it, unless that is an array: 2 for a NetUid, which is read as [2]. A
 * name or a member that is not there, or comes twice, is an error, and so is half of a surrogate
 * pair in a string.
 *
 * A value that was read is written to the same bytes: reading takes compact integers only in their
 * shortest form, booleans only of 0 and 1, bits behind the last only of 0. Only metadata that gives
 * two variants or fields of one type the same name, as no runtime does, leaves it open which. */
#ifndef CODEC_VALUE_H
#define CODEC_VALUE_H

#include <substrate/base.h>
#include "base/buf.h"
#include "base/json.h"
#include "metadata.h"
#include "scale.h"

/* Hostile metadata describes cycles, and sequences of 2^30 values that take no bytes. */
struct value_limits {
    uint32_t depth_max; /* of types inside types */
    uint32_t nodes_max; /* values, the innermost counted */
    size_t bytes_max;   /* of the output */
};
#define VALUE_LIMITS \
    { 128, 16u << 20, (size_t)512 << 20 }

/* Appends the JSON of the value that starts at the cursor, and moves it behind. On an error the
 * cursor is anywhere and `json` holds no more than before.
 * Returns OK, E_DECODE (error->position is the offset in the bytes; the message names the place as
 * a path of fields), E_LIMIT, E_MEMORY. */
enum substrate_status value_read(const struct substrate_metadata *metadata, uint32_t type,
                                 struct scale_reader *reader, const struct value_limits *limits,
                                 struct base_buf *json, struct substrate_error *error);
/* The same for all of `bytes`: what is left over is E_DECODE. */
enum substrate_status value_read_all(const struct substrate_metadata *metadata, uint32_t type,
                                     struct substrate_bytes bytes,
                                     const struct value_limits *limits, struct base_buf *json,
                                     struct substrate_error *error);
/* Moves behind a value, checking it as value_read does, and writes nothing. */
enum substrate_status value_skip(const struct substrate_metadata *metadata, uint32_t type,
                                 struct scale_reader *reader, const struct value_limits *limits,
                                 struct substrate_error *error);
/* Appends the SCALE bytes of validated JSON. Returns OK, E_DECODE (the message names the path in
 * the JSON, what stands there and what the type wants), E_LIMIT, E_MEMORY. */
enum substrate_status value_write(const struct substrate_metadata *metadata, uint32_t type,
                                  struct base_json json, const struct value_limits *limits,
                                  struct base_buf *bytes, struct substrate_error *error);

/* The end of a message that value_read, value_skip or value_write has given, for whoever calls the
 * value something else: " argument 1" and ".free: u128: …", or ": u16: …". */
const char *value_message_end(const char *message);

/* The name of a type, as Rust writes it but short: "Vec<u16>", "Option<AccountId32>",
 * "(u32, H256)"; for messages and help. Recursion is cut by "…". */
void type_write_name(const struct substrate_metadata *metadata, uint32_t type,
                     struct base_buf *out);

#endif
