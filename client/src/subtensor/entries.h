/* Reading what a map query has found: the entries in its value, [{"args":[…],"value":…}, …]. */
#ifndef SUBTENSOR_ENTRIES_H
#define SUBTENSOR_ENTRIES_H

#include <subtensor/neuron.h>
#include "function.h"

/* The last arguments, integers of 16 bits, of the entries whose value is true. NULL: the query has
 * failed. */
const struct subtensor_u16s *entries_true_keys(struct substrate_query *query);
/* The last argument, a uid, with the value, a list of pairs, of each entry. */
const struct subtensor_uid_rows *entries_uid_rows(struct substrate_query *query);
/* A value that types only wrap, as newer runtimes do: the NetUid [2] is 2. */
struct base_json entries_unwrapped(struct base_json json);

#endif
