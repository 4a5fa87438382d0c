/* Binary fixed-point numbers to decimal text with all of their digits, and back, exactly: every
 * fraction of f binary digits has a decimal one of at most f digits. */
#ifndef CODEC_FIXED_H
#define CODEC_FIXED_H

#include "number.h"
#include "types.h"

/* A sign, 39 digits of 128 bits, a point, 128 digits in whole groups of nine. */
#define FIXED_ROOM (1 + 39 + 1 + 135)

/* Whole bytes, 8 to 128 bits, and no more behind the point than there are: what the functions below
 * take. */
bool fixed_is_valid(struct type_fixed fixed);
/* Writes "-0.5", "3": no NUL, no zeros at the end of a fraction; returns how long it is.
 *   bytes  fixed.bits / 8 of them */
size_t fixed_write(struct type_fixed fixed, const uint8_t *bytes, char out[FIXED_ROOM]);
/* Reads -?DIGITS(.DIGITS)?, without zeros in front, into fixed.bits / 8 bytes. INEXACT when the
 * type has no such number; it is never rounded. Nothing is written unless OK. */
enum number_result fixed_read(struct type_fixed fixed, struct substrate_text text, uint8_t *bytes);

#endif
