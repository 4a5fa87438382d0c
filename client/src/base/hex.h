/* Hexadecimal text, as the chain's JSON has it. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

/* Writes 2 * bytes.size lower-case digits, no 0x, no NUL. */
void base_hex_write(struct substrate_bytes bytes, char *out);
/* The value of one digit of either case, or -1. */
int base_hex_digit(char c);
/* Reads digits of either case, with or without 0x, an even number of them, into out[capacity].
 * *size is set to the number of bytes. false: an odd length, another character, or too many. */
bool base_hex_read(struct substrate_text text, uint8_t *out, size_t capacity, size_t *size);
/* Whether a text is the one spelling that the project itself writes: 0x, then an even number of
 * digits, none of them upper case. "0x" is. */
bool base_hex_is_canonical(struct substrate_text text);

#endif
