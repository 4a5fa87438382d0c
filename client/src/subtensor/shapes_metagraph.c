/* Shapes of <subtensor/metagraph.h>. */
#include <subtensor/metagraph.h>

#include "shapes.h"

/* ---- what may not be asked for ---- */

static const struct shape maybe_u64 = SHAPE_OF_MAYBE(struct subtensor_maybe_u64, shape_u64);
static const struct shape maybe_u128 = SHAPE_OF_MAYBE(struct subtensor_maybe_u128, shape_u128);
static const struct shape maybe_i96f32 =
    SHAPE_OF_MAYBE(struct subtensor_maybe_i96f32, shape_i96f32);
static const struct shape maybe_letters =
    SHAPE_OF_MAYBE(struct subtensor_maybe_text, shape_letters);
static const struct shape maybe_account =
    SHAPE_OF_MAYBE(struct subtensor_maybe_account, shape_account);
static const struct shape maybe_accounts =
    SHAPE_OF_MAYBE(struct subtensor_maybe_accounts, shape_accounts);
static const struct shape maybe_bools = SHAPE_OF_MAYBE(struct subtensor_maybe_bools, shape_bools);
static const struct shape maybe_u64s = SHAPE_OF_MAYBE(struct subtensor_maybe_u64s, shape_u64s);
static const struct shape maybe_account_amounts =
    SHAPE_OF_MAYBE(struct subtensor_maybe_account_amounts, shape_account_amounts);
static const struct shape asked_subnet_identity =
    SHAPE_OF_MAYBE(struct subtensor_asked_subnet_identity, shape_maybe_subnet_identity);
static const struct shape maybe_axons = SHAPE_OF_MAYBE(struct subtensor_maybe_axons, shape_axons);

#define IDENTITY(member) SHAPE_SAME(struct subtensor_chain_identity, member, shape_text)
static const struct shape_field chain_identity_fields[] = {
    IDENTITY(name),    IDENTITY(url),         IDENTITY(github_repo), IDENTITY(image),
    IDENTITY(discord), IDENTITY(description), IDENTITY(additional),
};
static const struct shape chain_identity =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_chain_identity, chain_identity_fields);
static const struct shape maybe_chain_identity =
    SHAPE_OF_MAYBE(struct subtensor_maybe_chain_identity, chain_identity);
static const struct shape chain_identities =
    SHAPE_OF_LIST(struct subtensor_chain_identities, maybe_chain_identity);
static const struct shape maybe_chain_identities =
    SHAPE_OF_MAYBE(struct subtensor_maybe_chain_identities, chain_identities);

static const struct shape_field commitment_fields[] = {
    SHAPE_SAME(struct subtensor_commitment, hotkey, shape_account),
    SHAPE_SAME(struct subtensor_commitment, bytes, shape_bytes),
};
static const struct shape commitment =
    SHAPE_OF_FIELDS(SHAPE_TUPLE, struct subtensor_commitment, commitment_fields);
static const struct shape commitments = SHAPE_OF_LIST(struct subtensor_commitments, commitment);
static const struct shape maybe_commitments =
    SHAPE_OF_MAYBE(struct subtensor_maybe_commitments, commitments);

/* ---- info ---- */

#define INFO(member, shape) SHAPE_SAME(struct subtensor_metagraph_info, member, shape)
static const struct shape_field info_fields[] = {
    INFO(netuid, shape_u16),
    SHAPE_MADE(struct subtensor_metagraph_info, mechid, shape_u8),
    INFO(name, maybe_letters),
    INFO(symbol, maybe_letters),
    INFO(identity, asked_subnet_identity),
    INFO(network_registered_at, maybe_u64),
    INFO(owner_hotkey, maybe_account),
    INFO(owner_coldkey, maybe_account),
    INFO(block, maybe_u64),
    INFO(tempo, shape_maybe_u16),
    INFO(last_step, maybe_u64),
    INFO(blocks_since_last_step, maybe_u64),
    INFO(subnet_emission, maybe_u64),
    INFO(alpha_in, maybe_u64),
    INFO(alpha_out, maybe_u64),
    INFO(tao_in, maybe_u64),
    INFO(alpha_out_emission, maybe_u64),
    INFO(alpha_in_emission, maybe_u64),
    INFO(tao_in_emission, maybe_u64),
    INFO(pending_alpha_emission, maybe_u64),
    INFO(pending_root_emission, maybe_u64),
    INFO(subnet_volume, maybe_u128),
    INFO(moving_price, maybe_i96f32),
    INFO(rho, shape_maybe_u16),
    INFO(kappa, shape_maybe_u16),
    INFO(min_allowed_weights, shape_maybe_u16),
    INFO(max_weights_limit, shape_maybe_u16),
    INFO(weights_version, maybe_u64),
    INFO(weights_rate_limit, maybe_u64),
    INFO(activity_cutoff, maybe_u64),
    INFO(max_validators, shape_maybe_u16),
    INFO(num_uids, shape_maybe_u16),
    INFO(max_uids, shape_maybe_u16),
    INFO(burn, maybe_u64),
    INFO(difficulty, maybe_u64),
    INFO(registration_allowed, shape_maybe_bool),
    INFO(pow_registration_allowed, shape_maybe_bool),
    INFO(immunity_period, shape_maybe_u16),
    INFO(min_difficulty, maybe_u64),
    INFO(max_difficulty, maybe_u64),
    INFO(min_burn, maybe_u64),
    INFO(max_burn, maybe_u64),
    INFO(adjustment_alpha, maybe_u64),
    INFO(adjustment_interval, shape_maybe_u16),
    INFO(target_regs_per_interval, shape_maybe_u16),
    INFO(max_regs_per_block, shape_maybe_u16),
    INFO(serving_rate_limit, maybe_u64),
    INFO(commit_reveal_weights_enabled, shape_maybe_bool),
    INFO(commit_reveal_period, maybe_u64),
    INFO(liquid_alpha_enabled, shape_maybe_bool),
    INFO(alpha_high, shape_maybe_u16),
    INFO(alpha_low, shape_maybe_u16),
    INFO(bonds_moving_avg, maybe_u64),
    INFO(hotkeys, maybe_accounts),
    INFO(coldkeys, maybe_accounts),
    INFO(identities, maybe_chain_identities),
    INFO(axons, maybe_axons),
    INFO(active, maybe_bools),
    INFO(validator_permit, maybe_bools),
    INFO(pruning_score, shape_maybe_u16s),
    INFO(last_update, maybe_u64s),
    INFO(emission, maybe_u64s),
    INFO(dividends, shape_maybe_u16s),
    INFO(incentives, shape_maybe_u16s),
    INFO(consensus, shape_maybe_u16s),
    INFO(trust, shape_maybe_u16s),
    INFO(rank, shape_maybe_u16s),
    INFO(block_at_registration, maybe_u64s),
    INFO(alpha_stake, maybe_u64s),
    INFO(tao_stake, maybe_u64s),
    INFO(total_stake, maybe_u64s),
    INFO(tao_dividends_per_hotkey, maybe_account_amounts),
    INFO(alpha_dividends_per_hotkey, maybe_account_amounts),
    INFO(validators, shape_maybe_u16s),
    INFO(commitments, maybe_commitments),
};
const struct shape shape_metagraph_info =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_metagraph_info, info_fields);
const struct shape shape_metagraph_info_plain =
    SHAPE_OF_FIELDS(SHAPE_PLAIN, struct subtensor_metagraph_info, info_fields);

/* ---- state ---- */

#define STATE(member, shape) SHAPE_SAME(struct subtensor_subnet_state, member, shape)
static const struct shape_field state_fields[] = {
    STATE(netuid, shape_u16),
    STATE(hotkeys, shape_accounts),
    STATE(coldkeys, shape_accounts),
    STATE(active, shape_bools),
    STATE(validator_permit, shape_bools),
    STATE(pruning_score, shape_u16s),
    STATE(last_update, shape_u64s),
    STATE(emission, shape_u64s),
    STATE(dividends, shape_u16s),
    STATE(incentives, shape_u16s),
    STATE(consensus, shape_u16s),
    STATE(trust, shape_u16s),
    STATE(rank, shape_u16s),
    STATE(block_at_registration, shape_u64s),
    STATE(alpha_stake, shape_u64s),
    STATE(tao_stake, shape_u64s),
    STATE(total_stake, shape_u64s),
    STATE(emission_history, shape_u64_lists),
};
const struct shape shape_subnet_state =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_subnet_state, state_fields);

/* ---- metagraph ---- */

static const struct shape info_link =
    SHAPE_OF_LINK(struct subtensor_metagraph_info, shape_metagraph_info);
static const struct shape state_link =
    SHAPE_OF_LINK(struct subtensor_subnet_state, shape_subnet_state);

#define GRAPH(member, shape) SHAPE_MADE(struct subtensor_metagraph_data, member, shape)
#define GRAPH_FIELDS(neurons_shape)                                                     \
    GRAPH(netuid, shape_u16), GRAPH(mechid, shape_u8), GRAPH(lite, shape_bool),         \
        GRAPH(block, shape_u64), GRAPH(neurons, neurons_shape), GRAPH(info, info_link), \
        GRAPH(state, state_link), GRAPH(mechanism_count, shape_u8),                     \
        GRAPH(emissions_split, shape_maybe_u16s)

static const struct shape_field metagraph_fields[] = {GRAPH_FIELDS(shape_neurons)};
static const struct shape_field metagraph_lite_fields[] = {GRAPH_FIELDS(shape_neurons_lite)};
const struct shape shape_metagraph =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_metagraph_data, metagraph_fields);
const struct shape shape_metagraph_lite =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_metagraph_data, metagraph_lite_fields);
