/* Shapes of <subtensor/neuron.h>. */
#include <subtensor/neuron.h>

#include "shapes.h"

#define AXON(member, shape) SHAPE_SAME(struct subtensor_axon, member, shape)
static const struct shape_field axon_fields[] = {
    AXON(block, shape_u64),       AXON(version, shape_u32),     AXON(ip, shape_ip),
    AXON(port, shape_u16),        AXON(ip_type, shape_u8),      AXON(protocol, shape_u8),
    AXON(placeholder1, shape_u8), AXON(placeholder2, shape_u8),
};
static const struct shape axon = SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_axon, axon_fields);
const struct shape shape_axons = SHAPE_OF_LIST(struct subtensor_axons, axon);

#define PROMETHEUS(member, shape) SHAPE_SAME(struct subtensor_prometheus, member, shape)
static const struct shape_field prometheus_fields[] = {
    PROMETHEUS(block, shape_u64), PROMETHEUS(version, shape_u32), PROMETHEUS(ip, shape_ip),
    PROMETHEUS(port, shape_u16),  PROMETHEUS(ip_type, shape_u8),
};
static const struct shape prometheus =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_prometheus, prometheus_fields);

/* The SDK has the sum of all stakes under two names. */
#define NEURON(member, shape) SHAPE_SAME(struct subtensor_neuron, member, shape)
#define NEURON_FIELDS                                                                       \
    NEURON(hotkey, shape_account), NEURON(coldkey, shape_account), NEURON(uid, shape_u16),  \
        NEURON(netuid, shape_u16), NEURON(active, shape_bool),                              \
        SHAPE_MADE(struct subtensor_neuron, stake, shape_u64),                              \
        SHAPE_NAMED(struct subtensor_neuron, "stake", stake_dict, shape_account_amounts),   \
        SHAPE_MADE_AS(struct subtensor_neuron, stake, "total_stake", shape_u64),            \
        NEURON(rank, shape_u16), NEURON(emission, shape_u64), NEURON(incentive, shape_u16), \
        NEURON(consensus, shape_u16), NEURON(trust, shape_u16),                             \
        NEURON(validator_trust, shape_u16), NEURON(dividends, shape_u16),                   \
        NEURON(last_update, shape_u64), NEURON(validator_permit, shape_bool),               \
        NEURON(pruning_score, shape_u16), NEURON(prometheus_info, prometheus),              \
        NEURON(axon_info, axon)

static const struct shape_field neuron_fields[] = {
    NEURON_FIELDS,
    NEURON(weights, shape_uid_values),
    NEURON(bonds, shape_uid_values),
};
static const struct shape_field neuron_lite_fields[] = {NEURON_FIELDS};
const struct shape shape_neuron =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_neuron, neuron_fields);
static const struct shape neuron_lite =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_neuron, neuron_lite_fields);
const struct shape shape_neurons = SHAPE_OF_LIST(struct subtensor_neuron_list, shape_neuron);
const struct shape shape_neurons_lite = SHAPE_OF_LIST(struct subtensor_neuron_list, neuron_lite);

static const struct shape_field uid_row_fields[] = {
    SHAPE_SAME(struct subtensor_uid_row, uid, shape_u16),
    SHAPE_SAME(struct subtensor_uid_row, values, shape_uid_values),
};
const struct shape shape_uid_row =
    SHAPE_OF_FIELDS(SHAPE_TUPLE, struct subtensor_uid_row, uid_row_fields);
const struct shape shape_uid_rows = SHAPE_OF_LIST(struct subtensor_uid_rows, shape_uid_row);
