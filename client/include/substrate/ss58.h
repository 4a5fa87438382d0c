/* SS58 addresses of 32-byte accounts: base58 of prefix, account and two checksum bytes of
 * blake2b-512("SS58PRE" + prefix + account). Source: the Substrate address format (SS58 registry).
 */
#ifndef SUBSTRATE_SS58_H
#define SUBSTRATE_SS58_H

#include <substrate/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Long enough for any address of a 32-byte account, with its NUL. */
#define SUBSTRATE_SS58_SIZE 64

/* Decodes an address.
 *   prefix  set to the network prefix, 0 to 16383 (42 is generic Substrate, and Bittensor)
 * Returns OK, or E_DECODE with `error` saying which part is wrong (character, length, checksum).
 * Threads: any. */
enum substrate_status substrate_ss58_decode(struct substrate_text address,
                                            struct substrate_hash *account, uint16_t *prefix,
                                            struct substrate_error *error);

/* Writes the address and a NUL into `out`. Returns OK, or E_ARGUMENT for a prefix over 16383 or one
 * of the two reserved ones (46, 47). Threads: any. */
enum substrate_status substrate_ss58_encode(const struct substrate_hash *account, uint16_t prefix,
                                            char out[SUBSTRATE_SS58_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
