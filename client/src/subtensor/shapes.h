/* The shapes of Bittensor's structs. */
#ifndef SUBTENSOR_SHAPES_H
#define SUBTENSOR_SHAPES_H

#include <subtensor/subnet.h>
#include "shape.h"

/* <subtensor/block.h> */
extern const struct shape shape_hash, shape_block_info;
/* <subtensor/neuron.h> */
extern const struct shape shape_neuron, shape_neurons, shape_neurons_lite, shape_axons;
extern const struct shape shape_uid_row, shape_uid_rows;
/* <subtensor/subnet.h>; a list in which subnets that do not exist are missing */
extern const struct shape shape_hyperparameters, shape_dynamic_info, shape_dynamic_infos;
extern const struct shape shape_maybe_dynamic_infos, shape_subnet_info;
extern const struct shape shape_maybe_subnet_identity;
/* <subtensor/metagraph.h>; of the runtime's Metagraph, which is no selection */
extern const struct shape shape_metagraph, shape_metagraph_lite, shape_subnet_state;
extern const struct shape shape_metagraph_info, shape_metagraph_info_plain;
/* <subtensor/stake.h> */
extern const struct shape shape_stake_info, shape_stake_infos, shape_delegates, shape_children;

/* Vec<Option<DynamicInfo>>. */
struct maybe_dynamic_info {
    bool present;
    struct subtensor_dynamic_info value;
};
struct maybe_dynamic_infos {
    const struct maybe_dynamic_info *list;
    size_t count;
};

#endif
