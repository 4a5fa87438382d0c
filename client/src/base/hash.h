/* Digests for internal use, beside the public ones of <substrate/hash.h>. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>
#include <substrate/base.h>
#include <substrate/hash.h>

/* XXH64 with a seed: digests, and the keyed choices of the mock node. */
uint64_t base_xxh64(struct substrate_bytes input, uint64_t seed);
/* XXH3 with a seed, which is faster: for tables in memory, as nobody else is told its values. */
uint64_t base_table_hash(struct substrate_text key, uint64_t seed);

/* BLAKE2b-256 in steps, for files. Keep it on the stack: the allocator promises no such alignment.
 */
struct base_blake2 {
    _Alignas(64) unsigned char state[384];
};
void base_blake2_begin(struct base_blake2 *hash);
void base_blake2_update(struct base_blake2 *hash, struct substrate_bytes input);
void base_blake2_end(struct base_blake2 *hash, uint8_t out[32]);

#endif
