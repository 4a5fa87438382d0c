/* What the parts of this adapter share: a handle, how our client's errors are told, functions as
 * queries, subscriptions. */
#ifndef SUBTENSOR_PARTS_H
#define SUBTENSOR_PARTS_H

#include <substrate/connection.h>
#include <substrate/query.h>

#include "../kit/c/kit.h"

struct handle {
    struct substrate_engine *engine;
    struct substrate_connection *connection;
};

/* Fills in how something ended that has this status. `error` is borrowed by `end`. */
void adapter_fail(struct kit_end *end, enum substrate_status status,
                  const struct substrate_error *error);

/* The names of all functions: the generic ones and Bittensor's; ends with NULL. */
const char *const *queries_functions(void);
/* Makes the query of a call that has a function. Returns OK, or why there is none. */
enum substrate_status queries_make(const struct kit_call *call, struct substrate_query **query,
                                   struct substrate_error *error);
/* Ends a call by how its query ended. */
void queries_end(struct kit_call *call, const struct substrate_outcome *outcome);
/* Those of the kit's table. */
void queries_gather(void *handle, struct kit_call **calls, size_t count);
bool subscriptions_open(void *handle, struct kit_subscription *asked, struct kit_end *end);
enum kit_next subscriptions_next(struct kit_subscription *asked, struct kit_text *item,
                                 struct kit_end *end);
void subscriptions_close(struct kit_subscription *asked);

#endif
