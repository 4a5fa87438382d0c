/* SCALE compact integers (Substrate docs, "SCALE codec": the two low bits of the first byte are the
 * mode), up to 2^64 - 1. */
#ifndef BASE_COMPACT_H
#define BASE_COMPACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "buf.h"

/* Writes 1, 2, 4 or 5 to 9 bytes: the shortest form. */
void base_compact_write(struct base_buf *buf, uint64_t value);
/* Reads one; *used is its length. E_DECODE: cut off, over 64 bits, or not the shortest form. */
enum substrate_status base_compact_read(struct substrate_bytes input, uint64_t *value,
                                        size_t *used);

#endif
