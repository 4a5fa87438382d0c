/* Shapes of the leaves, and of what stands in many structs: <subtensor/types.h>. */
#include <subtensor/types.h>

#include "shape.h"

const struct shape shape_bool = SHAPE_LEAF(SHAPE_BOOL, bool);
const struct shape shape_u8 = SHAPE_LEAF(SHAPE_U8, uint8_t);
const struct shape shape_u16 = SHAPE_LEAF(SHAPE_U16, uint16_t);
const struct shape shape_u32 = SHAPE_LEAF(SHAPE_U32, uint32_t);
const struct shape shape_u64 = SHAPE_LEAF(SHAPE_U64, uint64_t);
const struct shape shape_u128 = SHAPE_LEAF(SHAPE_U128, struct subtensor_u128);
const struct shape shape_ip = SHAPE_LEAF(SHAPE_IP, struct subtensor_u128);
const struct shape shape_account = SHAPE_LEAF(SHAPE_ACCOUNT, struct substrate_hash);
const struct shape shape_text = SHAPE_LEAF(SHAPE_TEXT, struct substrate_text);
const struct shape shape_letters = SHAPE_LEAF(SHAPE_LETTERS, struct substrate_text);
const struct shape shape_bytes = SHAPE_LEAF(SHAPE_BYTES, struct substrate_text);
const struct shape shape_i32f32 = SHAPE_LEAF(SHAPE_I32F32, struct subtensor_i32f32);
const struct shape shape_i96f32 = SHAPE_LEAF(SHAPE_I96F32, struct subtensor_i96f32);

const struct shape shape_bools = SHAPE_OF_LIST(struct subtensor_bools, shape_bool);
const struct shape shape_u16s = SHAPE_OF_LIST(struct subtensor_u16s, shape_u16);
const struct shape shape_u64s = SHAPE_OF_LIST(struct subtensor_u64s, shape_u64);
const struct shape shape_u16_lists = SHAPE_OF_LIST(struct subtensor_u16_lists, shape_u16s);
const struct shape shape_u64_lists = SHAPE_OF_LIST(struct subtensor_u64_lists, shape_u64s);
const struct shape shape_accounts = SHAPE_OF_LIST(struct subtensor_accounts, shape_account);

const struct shape shape_maybe_bool = SHAPE_OF_MAYBE(struct subtensor_maybe_bool, shape_bool);
const struct shape shape_maybe_u16 = SHAPE_OF_MAYBE(struct subtensor_maybe_u16, shape_u16);
const struct shape shape_maybe_u16s = SHAPE_OF_MAYBE(struct subtensor_maybe_u16s, shape_u16s);

static const struct shape_field account_amount_fields[] = {
    SHAPE_SAME(struct subtensor_account_amount, account, shape_account),
    SHAPE_SAME(struct subtensor_account_amount, amount, shape_u64),
};
static const struct shape account_amount =
    SHAPE_OF_FIELDS(SHAPE_TUPLE, struct subtensor_account_amount, account_amount_fields);
const struct shape shape_account_amounts =
    SHAPE_OF_LIST(struct subtensor_account_amounts, account_amount);

static const struct shape_field netuid_amount_fields[] = {
    SHAPE_SAME(struct subtensor_netuid_amount, netuid, shape_u16),
    SHAPE_SAME(struct subtensor_netuid_amount, amount, shape_u64),
};
static const struct shape netuid_amount =
    SHAPE_OF_FIELDS(SHAPE_TUPLE, struct subtensor_netuid_amount, netuid_amount_fields);
const struct shape shape_netuid_amounts =
    SHAPE_OF_LIST(struct subtensor_netuid_amounts, netuid_amount);

static const struct shape_field uid_value_fields[] = {
    SHAPE_SAME(struct subtensor_uid_value, uid, shape_u16),
    SHAPE_SAME(struct subtensor_uid_value, value, shape_u16),
};
static const struct shape uid_value =
    SHAPE_OF_FIELDS(SHAPE_TUPLE, struct subtensor_uid_value, uid_value_fields);
const struct shape shape_uid_values = SHAPE_OF_LIST(struct subtensor_uid_values, uid_value);
