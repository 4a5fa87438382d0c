/* Neurons: what a subnet knows of each of its members. */
#ifndef SUBTENSOR_NEURON_H
#define SUBTENSOR_NEURON_H

#include <subtensor/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a neuron serves. Nothing is served where `ip` is 0. */
struct subtensor_axon {
    uint64_t block;           /* when it was set */
    uint32_t version;         /* of the neuron's software, as it says */
    struct subtensor_u128 ip; /* IPv4 in the lowest 32 bits, or IPv6 */
    uint16_t port;
    uint8_t ip_type; /* 4 or 6 */
    uint8_t protocol;
    uint8_t placeholder1, placeholder2;
};
struct subtensor_axons {
    const struct subtensor_axon *list; /* by uid */
    size_t count;
};

/* Where a neuron serves its metrics. */
struct subtensor_prometheus {
    uint64_t block;
    uint32_t version;
    struct subtensor_u128 ip;
    uint16_t port;
    uint8_t ip_type;
};

/* A neuron. The names are those of the SDK's NeuronInfo and NeuronInfoLite; what these leave out
 * has the runtime's own name. */
struct subtensor_neuron {
    struct substrate_hash hotkey, coldkey;
    uint16_t uid, netuid;
    bool active;
    uint64_t stake;                              /* rao: the sum of stake_dict; also total_stake */
    struct subtensor_account_amounts stake_dict; /* rao, by coldkey */
    uint16_t rank;                               /* of 65535, as the scores below */
    uint64_t emission;                           /* rao in the last epoch */
    uint16_t incentive, consensus, trust, validator_trust, dividends;
    uint64_t last_update;                /* the block in which it last set weights */
    bool validator_permit;               /* may it set weights */
    struct subtensor_uid_values weights; /* of 65535; empty in a lite neuron */
    struct subtensor_uid_values bonds;   /* of 65535; empty in a lite neuron */
    uint16_t pruning_score;              /* who has the lowest is replaced first */
    struct subtensor_prometheus prometheus_info;
    struct subtensor_axon axon_info;
};
struct subtensor_neuron_list {
    const struct subtensor_neuron *list; /* by uid */
    size_t count;
};

/* The weights, or the bonds, that one neuron has set on others. */
struct subtensor_uid_row {
    uint16_t uid;
    struct subtensor_uid_values values; /* of 65535 */
};
struct subtensor_uid_rows {
    const struct subtensor_uid_row *list; /* in the order of the chain's keys */
    size_t count;
};

#ifdef __cplusplus
}
#endif
#endif
