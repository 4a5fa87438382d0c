/* What rows of the tables are written with: arguments that many functions have. */
#ifndef SUBTENSOR_ROWS_H
#define SUBTENSOR_ROWS_H

#include <subtensor/neuron.h>
#include "function.h"

#define ARGUMENT_NETUID \
    { "netuid", SUBTENSOR_NETUID, false, "the subnet" }
#define ARGUMENT_UID \
    { "uid", SUBTENSOR_UID, false, "the neuron" }
#define ARGUMENT_HOTKEY \
    { "hotkey_ss58", SUBTENSOR_ACCOUNT, false, "the hotkey" }
#define ARGUMENT_COLDKEY \
    { "coldkey_ss58", SUBTENSOR_ACCOUNT, false, "the coldkey" }
#define ARGUMENT_MECHID \
    { "mechid", SUBTENSOR_U8, true, "the mechanism of the subnet; 0 if left out" }

/* Members of a row that are tables: the list and its length. */
#define ROW_ARGUMENTS(list) (list), sizeof(list) / sizeof *(list)
#define ROW_READS(list) .reads = (list), .read_count = sizeof(list) / sizeof *(list)

/* Neurons with the sum of their stakes, which the runtime leaves to whoever asks. NULL: the query
 * has failed. */
const struct subtensor_neuron_list *
neurons_with_sums(struct substrate_query *query, const struct subtensor_neuron *from, size_t count);

#endif
