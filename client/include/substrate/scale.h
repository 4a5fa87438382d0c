/* Values in SCALE, the encoding of everything that a Substrate chain stores, to canonical JSON and
 * back, by the types of the runtime's metadata. JSON is defined by the type alone, so that equal
 * values have equal text:
 *
 *   bool                          true, false
 *   integers of 8 to 256 bits     a number up to 2^53 - 1 in magnitude, beyond it a decimal string
 *   char, str                     a string
 *   bytes                         "0x…" in lower case
 *   AccountId32                   its SS58 address, with the chain's prefix
 *   binary fixed point            a decimal string with all of its digits: "-0.5"
 *   struct                        an object, or an array when its fields have no names
 *   tuple, sequence, array        an array; the empty tuple is null
 *   enum                          {"type":NAME,"value":V}: V null, an object or an array of fields
 *   Option                        null or the value; one whose value may itself be null is written
 *                                 as any other enum
 *   bit sequence                  a string of 0 and 1 in order of index */
#ifndef SUBSTRATE_SCALE_H
#define SUBSTRATE_SCALE_H

#include <stdint.h>
#include <substrate/base.h>
#include <substrate/metadata.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text or bytes that a function of this header makes, in memory that the caller owns: start with
 * SUBSTRATE_OUTPUT_INIT, use it for as many calls as you like (each replaces what is in it and
 * keeps the memory), and end with substrate_output_free. A NUL stands behind the content. */
struct substrate_output {
    char *data;
    size_t size;
    size_t capacity;
};
#define SUBSTRATE_OUTPUT_INIT \
    { NULL, 0, 0 }

/* Frees the memory of an output, which may be used again. Takes `output->data`; NULL is allowed.
 * Threads: owner. */
void substrate_output_free(struct substrate_output *output);

/* What a value may cost. Metadata that is wrong or hostile describes endless types, and sequences
 * of a billion values that take no bytes. */
struct substrate_scale_options {
    size_t size;
    uint32_t depth_max; /* of types inside types; at most 256 */
    uint32_t nodes_max; /* values, the innermost counted */
    size_t bytes_max;   /* of the output */
};
#define SUBSTRATE_SCALE_OPTIONS_INIT \
    { sizeof(struct substrate_scale_options), 128, 16u << 20, (size_t)512 << 20 }

/* Decodes one value, which must be all of `bytes`.
 *   metadata  borrowed for the call
 *   type      its number in the metadata's registry
 *   options   borrowed for the call; NULL takes the INIT values
 *   json      the caller's; holds canonical JSON after OK, and is empty after anything else
 * Returns OK; E_DECODE with error->position the offset in `bytes`, and a message that names the
 * place as a path, the type there and what is wrong with it; E_LIMIT; E_ARGUMENT (options of
 * another size, or too deep); E_MEMORY. Threads: any. */
enum substrate_status substrate_decode(const struct substrate_metadata *metadata, uint32_t type,
                                       struct substrate_bytes bytes,
                                       const struct substrate_scale_options *options,
                                       struct substrate_output *json,
                                       struct substrate_error *error);

/* Encodes one value. Besides canonical JSON it takes white space, members in any order, decimal
 * strings for any integer, "0x…" for an account, arrays of numbers for bytes, and for a struct of
 * one field without a name the value of that field alone, unless it is an array: 2 as well as [2].
 *   json     borrowed for the call
 *   options  as above
 *   bytes    the caller's; holds SCALE after OK, and is empty after anything else
 * Returns OK; E_DECODE with error->position the offset in `json` (no JSON, or not what the type
 * wants: the message names the place, what stands there and what is wanted); E_LIMIT; E_ARGUMENT;
 * E_MEMORY. Threads: any. */
enum substrate_status substrate_encode(const struct substrate_metadata *metadata, uint32_t type,
                                       struct substrate_text json,
                                       const struct substrate_scale_options *options,
                                       struct substrate_output *bytes,
                                       struct substrate_error *error);

/* The name of a type for people, as Rust writes it but short: "Vec<u16>", "Option<AccountId32>".
 *   name  the caller's; holds the name after OK
 * Returns OK, E_NOT_FOUND (the metadata has no such type), E_MEMORY. Threads: any. */
enum substrate_status substrate_type_name(const struct substrate_metadata *metadata, uint32_t type,
                                          struct substrate_output *name);

#ifdef __cplusplus
}
#endif
#endif
