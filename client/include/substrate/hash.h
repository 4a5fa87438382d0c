/* The hashes of Substrate's storage keys and headers. Sources: BLAKE2b is RFC 7693; XXH64 is the
 * xxHash specification 0.1.1; "twox128" is XXH64 with the seeds 0 and 1, little-endian, one after
 * the other (polkadot-sdk, sp-core hashing). */
#ifndef SUBSTRATE_HASH_H
#define SUBSTRATE_HASH_H

#include <substrate/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each writes its digest into `out` (16, 32, 8, 16 and 32 bytes). Never fails.
 * Threads: any, I/O thread safe. */
void substrate_blake2_128(struct substrate_bytes input, uint8_t out[16]);
void substrate_blake2_256(struct substrate_bytes input, uint8_t out[32]);
void substrate_twox_64(struct substrate_bytes input, uint8_t out[8]);
void substrate_twox_128(struct substrate_bytes input, uint8_t out[16]);
void substrate_twox_256(struct substrate_bytes input, uint8_t out[32]);

/* Reads "0x" and 64 hex digits of either case. Returns OK or E_DECODE. Threads: any. */
enum substrate_status substrate_hash_parse(struct substrate_text text, struct substrate_hash *hash);

/* Writes "0x", 64 lower-case digits and a NUL into `out`. Threads: any. */
void substrate_hash_format(const struct substrate_hash *hash, char out[67]);

#ifdef __cplusplus
}
#endif
#endif
