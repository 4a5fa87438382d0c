/* What the structs of Bittensor are made of. Every struct that a function of
 * <subtensor/subtensor.h> gives, and everything in it, lives until it is freed as a whole by
 * subtensor_free.
 *
 * Units: an amount is in rao (a TAO has 10^9, and so has an alpha token of a subnet); a share in a
 * uint16_t is of 65535, one in a uint64_t of 2^64 - 1. */
#ifndef SUBTENSOR_TYPES_H
#define SUBTENSOR_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct subtensor_u128 {
    uint64_t low, high;
};

/* Signed fixed-point numbers with 32 binary digits behind the point: `bits` is the number times
 * 2^32, in two's complement. JSON has all of their digits. */
struct subtensor_i32f32 {
    int64_t bits;
};
struct subtensor_i96f32 {
    struct subtensor_u128 bits;
};

/* The nearest double. Threads: any, I/O thread safe. */
double subtensor_i32f32_double(struct subtensor_i32f32 number);
double subtensor_i96f32_double(struct subtensor_i96f32 number);

/* Lists; `list` has `count` members and is never NULL. */
struct subtensor_bools {
    const bool *list;
    size_t count;
};
struct subtensor_u16s {
    const uint16_t *list;
    size_t count;
};
struct subtensor_u64s {
    const uint64_t *list;
    size_t count;
};
struct subtensor_u16_lists {
    const struct subtensor_u16s *list;
    size_t count;
};
struct subtensor_u64_lists {
    const struct subtensor_u64s *list;
    size_t count;
};
/* Of texts, or of bytes; none ends in a NUL. */
struct subtensor_texts {
    const struct substrate_text *list;
    size_t count;
};
struct subtensor_accounts {
    const struct substrate_hash *list;
    size_t count;
};

/* An amount or a share of somebody. */
struct subtensor_account_amount {
    struct substrate_hash account;
    uint64_t amount;
};
struct subtensor_account_amounts {
    const struct subtensor_account_amount *list;
    size_t count;
};

/* An amount in a subnet, in rao of its token. */
struct subtensor_netuid_amount {
    uint16_t netuid;
    uint64_t amount;
};
struct subtensor_netuid_amounts {
    const struct subtensor_netuid_amount *list;
    size_t count;
};

/* A number for a neuron: a weight or a bond that another one has set on it. */
struct subtensor_uid_value {
    uint16_t uid;
    uint16_t value;
};
struct subtensor_uid_values {
    const struct subtensor_uid_value *list;
    size_t count;
};

/* What may be missing: `value` is zero unless `present`. */
struct subtensor_maybe_bool {
    bool present;
    bool value;
};
struct subtensor_maybe_u16 {
    bool present;
    uint16_t value;
};
struct subtensor_maybe_u64 {
    bool present;
    uint64_t value;
};
struct subtensor_maybe_u128 {
    bool present;
    struct subtensor_u128 value;
};
struct subtensor_maybe_i32f32 {
    bool present;
    struct subtensor_i32f32 value;
};
struct subtensor_maybe_i96f32 {
    bool present;
    struct subtensor_i96f32 value;
};
struct subtensor_maybe_account {
    bool present;
    struct substrate_hash value;
};
struct subtensor_maybe_text {
    bool present;
    struct substrate_text value;
};
struct subtensor_maybe_bools {
    bool present;
    struct subtensor_bools value;
};
struct subtensor_maybe_u16s {
    bool present;
    struct subtensor_u16s value;
};
struct subtensor_maybe_u64s {
    bool present;
    struct subtensor_u64s value;
};
struct subtensor_maybe_accounts {
    bool present;
    struct subtensor_accounts value;
};
struct subtensor_maybe_account_amounts {
    bool present;
    struct subtensor_account_amounts value;
};

/* Frees what a function of this library gave, and all that hangs on it. Takes `result`; NULL is
 * allowed. Threads: owner. */
void subtensor_free(const void *result);

#ifdef __cplusplus
}
#endif
#endif
