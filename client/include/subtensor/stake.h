/* Stakes: who has staked how much on whom, where. */
#ifndef SUBTENSOR_STAKE_H
#define SUBTENSOR_STAKE_H

#include <subtensor/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a coldkey has staked on a hotkey in a subnet; amounts in rao of the subnet's token. */
struct subtensor_stake_info {
    struct substrate_hash hotkey_ss58, coldkey_ss58;
    uint16_t netuid;
    uint64_t stake;
    uint64_t locked;       /* of it */
    uint64_t emission;     /* in the last epoch */
    uint64_t tao_emission; /* in TAO */
    uint64_t drain;
    bool is_registered; /* the hotkey, in the subnet */
};
struct subtensor_stake_infos {
    const struct subtensor_stake_info *list;
    size_t count;
};

/* Which stake: see subtensor_get_stake. */
struct subtensor_stake_key {
    struct substrate_hash coldkey, hotkey;
    uint16_t netuid;
};

/* Who has staked on a delegate, and how much in each subnet. */
struct subtensor_nominator {
    struct substrate_hash account;
    struct subtensor_netuid_amounts stakes;
};
struct subtensor_nominators {
    const struct subtensor_nominator *list;
    size_t count;
};

/* A hotkey that takes stakes of others. */
struct subtensor_delegate {
    struct substrate_hash hotkey_ss58, owner_ss58;
    uint16_t take;                               /* of 65535: its part of the rewards */
    struct subtensor_netuid_amounts total_stake; /* of all nominators, by netuid */
    struct subtensor_nominators nominators;
    struct subtensor_u16s registrations;     /* the subnets that it is registered in */
    struct subtensor_u16s validator_permits; /* the subnets that it may validate in */
    uint64_t return_per_1000;                /* rao a day for 1000 TAO */
    uint64_t total_daily_return;             /* rao */
};
struct subtensor_delegates {
    const struct subtensor_delegate *list;
    size_t count;
};

/* A child of a hotkey, and the part of the stake that it has been given. */
struct subtensor_child {
    uint64_t proportion; /* of 2^64 - 1 */
    struct substrate_hash account;
};
struct subtensor_children {
    const struct subtensor_child *list;
    size_t count;
};

#ifdef __cplusplus
}
#endif
#endif
