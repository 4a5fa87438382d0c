/* The hashes: XXH64 and XXH3 by libxxhash, BLAKE2b by libsodium. Neither needs to be initialised
 * for hashing. */
#include "hash.h"
#include "hex.h"

#include <sodium.h>
#include <string.h>
#ifndef __clang_analyzer__ /* which would look for faults inside of the library */
#define XXH_INLINE_ALL     /* most of what is hashed is short, and a call costs more than that */
#endif
#include <xxhash.h>

_Static_assert(sizeof(struct base_blake2) >= sizeof(crypto_generichash_state),
               "libsodium's state must fit");
_Static_assert(_Alignof(struct base_blake2) >= _Alignof(crypto_generichash_state),
               "libsodium's state must be aligned");

uint64_t base_xxh64(struct substrate_bytes input, uint64_t seed) {
    return XXH64(input.data, input.size, seed);
}

uint64_t base_table_hash(struct substrate_text key, uint64_t seed) {
    return XXH3_64bits_withSeed(key.data, key.size, seed);
}

static void blake2(struct substrate_bytes input, uint8_t *out, size_t size) {
    /* It only fails for digest and key sizes out of range, and these are constants in range. */
    (void)crypto_generichash(out, size, input.data, input.size, NULL, 0);
}

void substrate_blake2_128(struct substrate_bytes input, uint8_t out[16]) { blake2(input, out, 16); }

void substrate_blake2_256(struct substrate_bytes input, uint8_t out[32]) { blake2(input, out, 32); }

/* XXH64 with the seeds 0, 1, ..., each little-endian. */
static void twox(struct substrate_bytes input, uint8_t *out, unsigned words) {
    for (unsigned word = 0; word < words; word++) {
        uint64_t digest = base_xxh64(input, word);
        for (unsigned i = 0; i < 8; i++) {
            out[8 * word + i] = (uint8_t)(digest >> 8 * i);
        }
    }
}

void substrate_twox_64(struct substrate_bytes input, uint8_t out[8]) { twox(input, out, 1); }

void substrate_twox_128(struct substrate_bytes input, uint8_t out[16]) { twox(input, out, 2); }

void substrate_twox_256(struct substrate_bytes input, uint8_t out[32]) { twox(input, out, 4); }

void base_blake2_begin(struct base_blake2 *hash) {
    (void)crypto_generichash_init((crypto_generichash_state *)hash, NULL, 0, 32);
}

void base_blake2_update(struct base_blake2 *hash, struct substrate_bytes input) {
    (void)crypto_generichash_update((crypto_generichash_state *)hash, input.data, input.size);
}

void base_blake2_end(struct base_blake2 *hash, uint8_t out[32]) {
    (void)crypto_generichash_final((crypto_generichash_state *)hash, out, 32);
}

enum substrate_status substrate_hash_parse(struct substrate_text text,
                                           struct substrate_hash *hash) {
    struct substrate_hash read;
    size_t size = 0;
    if (text.size != 66 || memcmp(text.data, "0x", 2) != 0 ||
        !base_hex_read(text, read.bytes, sizeof read.bytes, &size)) {
        return SUBSTRATE_E_DECODE;
    }
    *hash = read;
    return SUBSTRATE_OK;
}

void substrate_hash_format(const struct substrate_hash *hash, char out[67]) {
    memcpy(out, "0x", 2);
    base_hex_write((struct substrate_bytes){hash->bytes, sizeof hash->bytes}, out + 2);
    out[66] = '\0';
}
