/* Shapes of <subtensor/stake.h>. */
#include <subtensor/stake.h>

#include "shapes.h"

#define STAKE(wire, member, shape) SHAPE_NAMED(struct subtensor_stake_info, wire, member, shape)
static const struct shape_field stake_info_fields[] = {
    STAKE("hotkey", hotkey_ss58, shape_account),
    STAKE("coldkey", coldkey_ss58, shape_account),
    STAKE("netuid", netuid, shape_u16),
    STAKE("stake", stake, shape_u64),
    STAKE("locked", locked, shape_u64),
    STAKE("emission", emission, shape_u64),
    STAKE("tao_emission", tao_emission, shape_u64),
    STAKE("drain", drain, shape_u64),
    STAKE("is_registered", is_registered, shape_bool),
};
const struct shape shape_stake_info =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_stake_info, stake_info_fields);
const struct shape shape_stake_infos =
    SHAPE_OF_LIST(struct subtensor_stake_infos, shape_stake_info);

static const struct shape_field nominator_fields[] = {
    SHAPE_SAME(struct subtensor_nominator, account, shape_account),
    SHAPE_SAME(struct subtensor_nominator, stakes, shape_netuid_amounts),
};
static const struct shape nominator =
    SHAPE_OF_FIELDS(SHAPE_TUPLE, struct subtensor_nominator, nominator_fields);
static const struct shape nominators = SHAPE_OF_LIST(struct subtensor_nominators, nominator);

#define DELEGATE(wire, member, shape) SHAPE_NAMED(struct subtensor_delegate, wire, member, shape)
static const struct shape_field delegate_fields[] = {
    DELEGATE("delegate_ss58", hotkey_ss58, shape_account),
    DELEGATE("owner_ss58", owner_ss58, shape_account),
    DELEGATE("take", take, shape_u16),
    SHAPE_MADE(struct subtensor_delegate, total_stake, shape_netuid_amounts),
    DELEGATE("nominators", nominators, nominators),
    DELEGATE("registrations", registrations, shape_u16s),
    DELEGATE("validator_permits", validator_permits, shape_u16s),
    DELEGATE("return_per_1000", return_per_1000, shape_u64),
    DELEGATE("total_daily_return", total_daily_return, shape_u64),
};
static const struct shape delegate =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_delegate, delegate_fields);
const struct shape shape_delegates = SHAPE_OF_LIST(struct subtensor_delegates, delegate);

static const struct shape_field child_fields[] = {
    SHAPE_SAME(struct subtensor_child, proportion, shape_u64),
    SHAPE_SAME(struct subtensor_child, account, shape_account),
};
static const struct shape child =
    SHAPE_OF_FIELDS(SHAPE_TUPLE, struct subtensor_child, child_fields);
const struct shape shape_children = SHAPE_OF_LIST(struct subtensor_children, child);
