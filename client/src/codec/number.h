/* Integers of 8 to 256 bits, little endian as SCALE has them, to decimal text and back, exactly. */
#ifndef CODEC_NUMBER_H
#define CODEC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

/* What JSON's readers keep exactly, as many of them read numbers into a double. */
#define NUMBER_SAFE_MAX ((UINT64_C(1) << 53) - 1)

/* Room that every function below needs behind `out`: 78 digits, a sign, two quotes. */
#define NUMBER_ROOM 81

enum number_result {
    NUMBER_OK,
    NUMBER_MALFORMED, /* not in the form -?(0|[1-9][0-9]*), or "-0" */
    NUMBER_RANGE,     /* too great or too small for the type */
    NUMBER_INEXACT,   /* fixed point only: needs more binary digits than the type has */
};

/* A magnitude of 256 bits, the lowest limb first. */
struct number_wide {
    uint32_t limbs[8];
};

/* Decimal text; they return how long it is. No NUL. */
size_t number_write_u64(uint64_t value, char out[NUMBER_ROOM]);
size_t number_write_wide(const struct number_wide *value, char out[NUMBER_ROOM]);
size_t number_write(struct substrate_bytes bytes, bool is_signed, char out[NUMBER_ROOM]);
/* The same as canonical JSON: in quotes when the magnitude is over NUMBER_SAFE_MAX. */
size_t number_write_json_u64(uint64_t value, char out[NUMBER_ROOM]);
size_t number_write_json(struct substrate_bytes bytes, bool is_signed, char out[NUMBER_ROOM]);

/* Reads decimal text into `size` bytes, 1 to 32. Nothing is written unless OK. */
enum number_result number_read(struct substrate_text text, bool is_signed, uint8_t *bytes,
                               size_t size);
/* Reads digits only, at least one, no zero in front. */
enum number_result number_read_wide(struct substrate_text digits, struct number_wide *value);

/* From two's complement to magnitude and sign, and back. */
struct number_wide number_load(struct substrate_bytes bytes, bool is_signed, bool *negative);
enum number_result number_store(struct number_wide magnitude, bool negative, bool is_signed,
                                uint8_t *bytes, size_t size);

#endif
