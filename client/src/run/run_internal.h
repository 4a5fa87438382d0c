/* What the four modes share. Each runs queries that were checked and taken already, and leaves an
 * outcome in every one. */
#ifndef RUN_RUN_INTERNAL_H
#define RUN_RUN_INTERNAL_H

#include <substrate/query.h>

/* Tells the caller of a run that its query `index` has ended. */
void run_tell(const struct substrate_run_options *options, size_t index,
              const struct substrate_query *query);
/* Runs one query, asking one question at a time. */
void run_one(struct substrate_connection *connection, struct substrate_query *query);
/* Returns E_MEMORY when nothing was run. */
enum substrate_status run_gathered(const struct substrate_run_options *options,
                                   struct substrate_query *const *queries, size_t count,
                                   struct substrate_error *error);
/* THREADED and SHARED. Returns E_MEMORY, or why an engine could not be started. */
enum substrate_status run_threads(const struct substrate_run_options *options,
                                  struct substrate_query *const *queries, size_t count,
                                  struct substrate_error *error);

#endif
