/* Finding things of a runtime by name. A name that is not there fails the query with E_NOT_FOUND
 * and the nearest name that is: people mistype. */
#ifndef QUERY_NAMES_H
#define QUERY_NAMES_H

#include "base/nearest.h"
#include "codec/metadata.h"
#include "query.h"

/* Fails a query: `owner` has no `thing` of the name that was wanted. */
void query_fail_unknown(struct substrate_query *query, const struct base_nearest *names,
                        const char *owner, const char *thing);

/* Each returns NULL when the query has failed. */
const struct metadata_storage *query_find_storage(struct substrate_query *query, const char *pallet,
                                                  const char *item);
const struct metadata_constant *query_find_constant(struct substrate_query *query,
                                                    const char *pallet, const char *name);
const struct metadata_method *query_find_method(struct substrate_query *query, const char *api,
                                                const char *method);

#endif
