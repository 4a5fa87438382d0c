/* Metagraphs: a subnet and all of its neurons, field by field. */
#ifndef SUBTENSOR_METAGRAPH_H
#define SUBTENSOR_METAGRAPH_H

#include <subtensor/neuron.h>
#include <subtensor/subnet.h>
#include <subtensor/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the owner of a coldkey says of itself; texts as subtensor_subnet_identity's. */
struct subtensor_chain_identity {
    struct substrate_text name, url, github_repo, image, discord, description, additional;
};
struct subtensor_maybe_chain_identity {
    bool present;
    struct subtensor_chain_identity value;
};
struct subtensor_chain_identities {
    const struct subtensor_maybe_chain_identity *list;
    size_t count;
};
struct subtensor_maybe_chain_identities {
    bool present;
    struct subtensor_chain_identities value;
};

/* An identity that was asked for (present), and may have been set (value.present). */
struct subtensor_asked_subnet_identity {
    bool present;
    struct subtensor_maybe_subnet_identity value;
};

struct subtensor_maybe_axons {
    bool present;
    struct subtensor_axons value;
};

/* What a neuron has committed to, as the chain has the bytes. */
struct subtensor_commitment {
    struct substrate_hash hotkey;
    struct substrate_text bytes;
};
struct subtensor_commitments {
    const struct subtensor_commitment *list;
    size_t count;
};
struct subtensor_maybe_commitments {
    bool present;
    struct subtensor_commitments value;
};

/* The SDK's MetagraphInfo: everything about a mechanism of a subnet. What was not asked for, and
 * what the runtime does not have, is not present. Lists from `hotkeys` to `total_stake` are by uid.
 */
struct subtensor_metagraph_info {
    uint16_t netuid;
    uint8_t mechid;
    struct subtensor_maybe_bool registration_allowed, pow_registration_allowed;
    struct subtensor_maybe_bool commit_reveal_weights_enabled;
    struct subtensor_maybe_bool liquid_alpha_enabled;
    struct subtensor_maybe_u16 tempo; /* blocks */
    struct subtensor_maybe_u16 rho;
    struct subtensor_maybe_u16 kappa; /* of 65535 */
    struct subtensor_maybe_u16 min_allowed_weights;
    struct subtensor_maybe_u16 max_weights_limit; /* of 65535 */
    struct subtensor_maybe_u16 max_validators, num_uids, max_uids;
    struct subtensor_maybe_u16 immunity_period;          /* blocks */
    struct subtensor_maybe_u16 adjustment_interval;      /* blocks */
    struct subtensor_maybe_u16 target_regs_per_interval; /* registrations */
    struct subtensor_maybe_u16 max_regs_per_block;
    struct subtensor_maybe_u16 alpha_high, alpha_low; /* of 65535 */
    struct subtensor_maybe_text name, symbol;         /* UTF-8, if they are what they should be */
    struct subtensor_asked_subnet_identity identity;
    struct subtensor_maybe_u64 network_registered_at; /* block */
    struct subtensor_maybe_account owner_hotkey, owner_coldkey;
    struct subtensor_maybe_u64 block; /* the one that is read */
    struct subtensor_maybe_u64 last_step, blocks_since_last_step;
    struct subtensor_maybe_u64 subnet_emission;                    /* rao of TAO in a block */
    struct subtensor_maybe_u64 alpha_in, alpha_out;                /* rao of the token */
    struct subtensor_maybe_u64 tao_in;                             /* rao of TAO */
    struct subtensor_maybe_u64 alpha_out_emission;                 /* rao of the token in a block */
    struct subtensor_maybe_u64 alpha_in_emission, tao_in_emission; /* rao in a block */
    struct subtensor_maybe_u64 pending_alpha_emission, pending_root_emission; /* rao */
    struct subtensor_maybe_u128 subnet_volume;                                /* rao */
    struct subtensor_maybe_i96f32 moving_price;                               /* TAO */
    struct subtensor_maybe_u64 weights_version;
    struct subtensor_maybe_u64 weights_rate_limit; /* blocks */
    struct subtensor_maybe_u64 activity_cutoff;    /* blocks */
    struct subtensor_maybe_u64 burn;               /* rao */
    struct subtensor_maybe_u64 difficulty;
    struct subtensor_maybe_u64 min_difficulty, max_difficulty;
    struct subtensor_maybe_u64 min_burn, max_burn;   /* rao */
    struct subtensor_maybe_u64 adjustment_alpha;     /* of 2^64 - 1 */
    struct subtensor_maybe_u64 serving_rate_limit;   /* blocks */
    struct subtensor_maybe_u64 commit_reveal_period; /* epochs */
    struct subtensor_maybe_u64 bonds_moving_avg;     /* of 1,000,000 */
    struct subtensor_maybe_accounts hotkeys, coldkeys;
    struct subtensor_maybe_chain_identities identities;
    struct subtensor_maybe_axons axons;
    struct subtensor_maybe_bools active, validator_permit;
    struct subtensor_maybe_u16s pruning_score;                                 /* of 65535 */
    struct subtensor_maybe_u64s last_update;                                   /* blocks */
    struct subtensor_maybe_u64s emission;                                      /* rao */
    struct subtensor_maybe_u16s dividends, incentives, consensus, trust, rank; /* of 65535 */
    struct subtensor_maybe_u64s block_at_registration;
    struct subtensor_maybe_u64s alpha_stake, tao_stake, total_stake;   /* rao */
    struct subtensor_maybe_account_amounts tao_dividends_per_hotkey;   /* rao */
    struct subtensor_maybe_account_amounts alpha_dividends_per_hotkey; /* rao */
    struct subtensor_maybe_u16s validators;                            /* uids */
    struct subtensor_maybe_commitments commitments;
};

/* The state of a subnet's neurons; lists are by uid. */
struct subtensor_subnet_state {
    uint16_t netuid;
    struct subtensor_accounts hotkeys, coldkeys;
    struct subtensor_bools active, validator_permit;
    struct subtensor_u16s pruning_score;                                 /* of 65535 */
    struct subtensor_u64s last_update;                                   /* blocks */
    struct subtensor_u64s emission;                                      /* rao */
    struct subtensor_u16s dividends, incentives, consensus, trust, rank; /* of 65535 */
    struct subtensor_u64s block_at_registration;
    struct subtensor_u64s alpha_stake, tao_stake, total_stake; /* rao */
    struct subtensor_u64_lists emission_history;               /* rao, by subnet, then by uid */
};

/* The SDK's metagraph: a subnet with its neurons, all read at one block. */
struct subtensor_metagraph_data {
    uint16_t netuid;
    uint8_t mechid;
    bool lite;      /* the neurons have no weights and bonds */
    uint64_t block; /* the one that is read */
    struct subtensor_neuron_list neurons;
    const struct subtensor_metagraph_info *info;
    const struct subtensor_subnet_state *state;
    uint8_t mechanism_count;
    /* how the emission is divided among mechanisms, of 65535; not present: evenly */
    struct subtensor_maybe_u16s emissions_split;
};

#ifdef __cplusplus
}
#endif
#endif
