/* What can be asked: Bittensor's functions, from their registry, and the generic ones beside them,
 * described in the same words; and how a name with its arguments, as JSON, becomes a query. The
 * command line and the adapter both ask through here. */
#ifndef TOOLS_CATALOG_H
#define TOOLS_CATALOG_H

#include <substrate/query.h>
#include <subtensor/functions.h>

/* Generic ones first, then Bittensor's; NULL behind the last. */
const struct subtensor_function *catalog_at(size_t index);
/* Returns E_NOT_FOUND with the nearest name. */
enum substrate_status catalog_find(const char *name, const struct subtensor_function **function,
                                   struct substrate_error *error);
/* Does the last argument stand for any number of them? */
bool catalog_takes_more(const struct subtensor_function *function);
/* Generic functions take an array, Bittensor's an object as well. */
bool catalog_is_generic(const struct subtensor_function *function);

/* Makes a query.
 *   arguments  JSON, as subtensor_query has it; a generic one's names are its first elements
 * Returns OK, E_ARGUMENT, E_MEMORY. */
enum substrate_status catalog_query(const struct subtensor_function *function,
                                    struct substrate_text arguments,
                                    const struct substrate_pin *pin, struct substrate_query **query,
                                    struct substrate_error *error);

#endif
