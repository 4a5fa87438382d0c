/* Subnets: their hyperparameters, their pools, and what they say of themselves. */
#ifndef SUBTENSOR_SUBNET_H
#define SUBTENSOR_SUBNET_H

#include <subtensor/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the owner of a subnet says of it. Texts should be UTF-8, but the chain takes any bytes. */
struct subtensor_subnet_identity {
    struct substrate_text subnet_name, github_repo, subnet_contact, subnet_url;
    struct subtensor_maybe_text logo_url; /* not in every runtime */
    struct substrate_text discord, description, additional;
};
struct subtensor_maybe_subnet_identity {
    bool present;
    struct subtensor_subnet_identity value;
};

/* The hyperparameters of a subnet, as the chain has them: nothing is made a fraction. What may be
 * missing is not in every runtime. */
struct subtensor_hyperparameters {
    uint16_t rho;
    uint16_t kappa;               /* of 65535 */
    uint16_t immunity_period;     /* blocks */
    uint16_t min_allowed_weights; /* how many */
    uint16_t max_weight_limit;    /* of 65535 */
    uint16_t tempo;               /* blocks in an epoch, less one */
    uint16_t adjustment_interval; /* blocks */
    uint16_t target_regs_per_interval;
    uint16_t max_regs_per_block;
    uint16_t max_validators;
    uint16_t alpha_high, alpha_low; /* of 65535 */
    bool registration_allowed;
    bool commit_reveal_weights_enabled;
    bool liquid_alpha_enabled;
    struct subtensor_maybe_u16 yuma_version;
    struct subtensor_maybe_bool subnet_is_active;
    struct subtensor_maybe_bool transfers_enabled;
    struct subtensor_maybe_bool bonds_reset_enabled;
    struct subtensor_maybe_bool user_liquidity_enabled;
    uint64_t min_difficulty, max_difficulty;
    uint64_t weights_version;
    uint64_t weights_rate_limit; /* blocks */
    uint64_t activity_cutoff;    /* blocks */
    uint64_t min_burn, max_burn; /* rao */
    uint64_t bonds_moving_avg;   /* of 1,000,000 */
    uint64_t serving_rate_limit; /* blocks */
    uint64_t adjustment_alpha;   /* of 2^64 - 1 */
    uint64_t difficulty;
    uint64_t commit_reveal_period; /* epochs */
    struct subtensor_maybe_i32f32 alpha_sigmoid_steepness;
};

/* A subnet and its pool: the SDK's DynamicInfo. Amounts are in rao: of TAO where the name has tao,
 * root or emission of the subnet, else of the subnet's token. */
struct subtensor_dynamic_info {
    uint16_t netuid;
    struct substrate_hash owner_hotkey, owner_coldkey;
    struct substrate_text subnet_name; /* as subtensor_subnet_identity's texts */
    struct substrate_text symbol;      /* of its token */
    uint16_t tempo;
    uint64_t last_step; /* block of the last epoch */
    uint64_t blocks_since_last_step;
    uint64_t emission;
    uint64_t alpha_in, alpha_out, tao_in; /* what the pool holds, and what is outside of it */
    uint64_t price;                       /* rao of TAO for one token */
    struct subtensor_u128 k;              /* tao_in times alpha_in */
    bool is_dynamic;                      /* all but the root network are */
    uint64_t alpha_out_emission, alpha_in_emission, tao_in_emission; /* in a block */
    uint64_t pending_alpha_emission, pending_root_emission;          /* until the next epoch */
    struct subtensor_u128 subnet_volume;
    uint64_t network_registered_at; /* block */
    struct subtensor_maybe_subnet_identity subnet_identity;
    struct subtensor_i96f32 moving_price;
};
struct subtensor_dynamic_infos {
    const struct subtensor_dynamic_info *list;
    size_t count;
};

/* The SDK's SubnetInfo. */
struct subtensor_subnet_info {
    uint16_t netuid;
    uint16_t rho;
    uint16_t kappa; /* of 65535 */
    uint64_t difficulty;
    uint16_t immunity_period; /* blocks */
    uint16_t max_allowed_validators;
    uint16_t min_allowed_weights;
    uint16_t max_weight_limit; /* of 65535 */
    uint16_t scaling_law_power;
    uint16_t subnetwork_n; /* how many neurons it has */
    uint16_t max_n;        /* and may have */
    uint64_t blocks_since_epoch;
    uint16_t tempo;
    uint16_t modality;
    struct subtensor_u16_lists connection_requirements; /* pairs: a netuid, a share of 65535 */
    uint64_t emission_value;                            /* rao */
    uint64_t burn;                                      /* rao: what a registration costs */
    struct substrate_hash owner_ss58;
    struct subtensor_maybe_subnet_identity identity;
};

#ifdef __cplusplus
}
#endif
#endif
