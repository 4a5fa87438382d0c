/* Shapes of <subtensor/subnet.h>. */
#include <subtensor/subnet.h>

#include "shapes.h"

/* ---- identity ---- */

static const struct shape maybe_text = SHAPE_OF_MAYBE(struct subtensor_maybe_text, shape_text);

#define IDENTITY(member, shape) SHAPE_SAME(struct subtensor_subnet_identity, member, shape)
static const struct shape_field identity_fields[] = {
    IDENTITY(subnet_name, shape_text),    IDENTITY(github_repo, shape_text),
    IDENTITY(subnet_contact, shape_text), IDENTITY(subnet_url, shape_text),
    IDENTITY(logo_url, maybe_text),       IDENTITY(discord, shape_text),
    IDENTITY(description, shape_text),    IDENTITY(additional, shape_text),
};
static const struct shape identity =
    SHAPE_OF_FIELDS(SHAPE_PLAIN, struct subtensor_subnet_identity, identity_fields);
const struct shape shape_maybe_subnet_identity =
    SHAPE_OF_MAYBE(struct subtensor_maybe_subnet_identity, identity);

/* ---- hyperparameters ---- */

static const struct shape maybe_i32f32 =
    SHAPE_OF_MAYBE(struct subtensor_maybe_i32f32, shape_i32f32);

#define PARAMETER(member, shape) SHAPE_SAME(struct subtensor_hyperparameters, member, shape)
static const struct shape_field hyperparameter_fields[] = {
    PARAMETER(rho, shape_u16),
    PARAMETER(kappa, shape_u16),
    PARAMETER(immunity_period, shape_u16),
    PARAMETER(min_allowed_weights, shape_u16),
    SHAPE_NAMED(struct subtensor_hyperparameters, "max_weights_limit", max_weight_limit, shape_u16),
    PARAMETER(tempo, shape_u16),
    PARAMETER(min_difficulty, shape_u64),
    PARAMETER(max_difficulty, shape_u64),
    PARAMETER(weights_version, shape_u64),
    PARAMETER(weights_rate_limit, shape_u64),
    PARAMETER(adjustment_interval, shape_u16),
    PARAMETER(activity_cutoff, shape_u64),
    PARAMETER(registration_allowed, shape_bool),
    PARAMETER(target_regs_per_interval, shape_u16),
    PARAMETER(min_burn, shape_u64),
    PARAMETER(max_burn, shape_u64),
    PARAMETER(bonds_moving_avg, shape_u64),
    PARAMETER(max_regs_per_block, shape_u16),
    PARAMETER(serving_rate_limit, shape_u64),
    PARAMETER(max_validators, shape_u16),
    PARAMETER(adjustment_alpha, shape_u64),
    PARAMETER(difficulty, shape_u64),
    PARAMETER(commit_reveal_period, shape_u64),
    PARAMETER(commit_reveal_weights_enabled, shape_bool),
    PARAMETER(alpha_high, shape_u16),
    PARAMETER(alpha_low, shape_u16),
    PARAMETER(liquid_alpha_enabled, shape_bool),
    PARAMETER(alpha_sigmoid_steepness, maybe_i32f32),
    PARAMETER(yuma_version, shape_maybe_u16),
    PARAMETER(subnet_is_active, shape_maybe_bool),
    PARAMETER(transfers_enabled, shape_maybe_bool),
    PARAMETER(bonds_reset_enabled, shape_maybe_bool),
    PARAMETER(user_liquidity_enabled, shape_maybe_bool),
};
const struct shape shape_hyperparameters =
    SHAPE_OF_FIELDS(SHAPE_PLAIN, struct subtensor_hyperparameters, hyperparameter_fields);

/* ---- pools ---- */

#define POOL(member, shape) SHAPE_SAME(struct subtensor_dynamic_info, member, shape)
#define POOL_MADE(member, shape) SHAPE_MADE(struct subtensor_dynamic_info, member, shape)
static const struct shape_field dynamic_info_fields[] = {
    POOL(netuid, shape_u16),
    POOL(owner_hotkey, shape_account),
    POOL(owner_coldkey, shape_account),
    POOL(subnet_name, shape_letters),
    SHAPE_NAMED(struct subtensor_dynamic_info, "token_symbol", symbol, shape_letters),
    POOL(tempo, shape_u16),
    POOL(last_step, shape_u64),
    POOL(blocks_since_last_step, shape_u64),
    POOL(emission, shape_u64),
    POOL(alpha_in, shape_u64),
    POOL(alpha_out, shape_u64),
    POOL(tao_in, shape_u64),
    POOL_MADE(price, shape_u64),
    POOL_MADE(k, shape_u128),
    POOL_MADE(is_dynamic, shape_bool),
    POOL(alpha_out_emission, shape_u64),
    POOL(alpha_in_emission, shape_u64),
    POOL(tao_in_emission, shape_u64),
    POOL(pending_alpha_emission, shape_u64),
    POOL(pending_root_emission, shape_u64),
    POOL(network_registered_at, shape_u64),
    POOL(subnet_volume, shape_u128),
    POOL(subnet_identity, shape_maybe_subnet_identity),
    POOL(moving_price, shape_i96f32),
};
const struct shape shape_dynamic_info =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_dynamic_info, dynamic_info_fields);
const struct shape shape_dynamic_infos =
    SHAPE_OF_LIST(struct subtensor_dynamic_infos, shape_dynamic_info);
static const struct shape maybe_dynamic_info =
    SHAPE_OF_MAYBE(struct maybe_dynamic_info, shape_dynamic_info);
const struct shape shape_maybe_dynamic_infos =
    SHAPE_OF_LIST(struct maybe_dynamic_infos, maybe_dynamic_info);

/* ---- info ---- */

#define INFO(member, shape) SHAPE_SAME(struct subtensor_subnet_info, member, shape)
#define INFO_NAMED(wire, member, shape) \
    SHAPE_NAMED(struct subtensor_subnet_info, wire, member, shape)
static const struct shape_field subnet_info_fields[] = {
    INFO(netuid, shape_u16),
    INFO(rho, shape_u16),
    INFO(kappa, shape_u16),
    INFO(difficulty, shape_u64),
    INFO(immunity_period, shape_u16),
    INFO(max_allowed_validators, shape_u16),
    INFO(min_allowed_weights, shape_u16),
    INFO_NAMED("max_weights_limit", max_weight_limit, shape_u16),
    INFO(scaling_law_power, shape_u16),
    INFO(subnetwork_n, shape_u16),
    INFO_NAMED("max_allowed_uids", max_n, shape_u16),
    INFO_NAMED("blocks_since_last_step", blocks_since_epoch, shape_u64),
    INFO(tempo, shape_u16),
    INFO_NAMED("network_modality", modality, shape_u16),
    INFO_NAMED("network_connect", connection_requirements, shape_u16_lists),
    INFO(emission_value, shape_u64),
    INFO(burn, shape_u64),
    INFO_NAMED("owner", owner_ss58, shape_account),
    INFO(identity, shape_maybe_subnet_identity),
};
const struct shape shape_subnet_info =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_subnet_info, subnet_info_fields);
