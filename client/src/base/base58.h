/* Base58 with Bitcoin's alphabet: what SS58 addresses are written in. */
#ifndef BASE_BASE58_H
#define BASE_BASE58_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

/* Writes the digits, no NUL; *size is how many. false: more than `capacity`, or bytes whose number
 * has over 320 digits (234 bytes). */
bool base_base58_write(struct substrate_bytes bytes, char *out, size_t capacity, size_t *size);
/* Reads digits into bytes. Returns OK with *size the number of bytes; E_DECODE with *size the
 * offset of the first character that is no digit; E_LIMIT for more than `capacity` bytes. */
enum substrate_status base_base58_read(struct substrate_text text, uint8_t *out, size_t capacity,
                                       size_t *size);

#endif
