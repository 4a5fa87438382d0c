/* Bittensor's own questions. Names and results follow the Python SDK 10.5.0. */
#ifndef SUBTENSOR_SUBTENSOR_H
#define SUBTENSOR_SUBTENSOR_H

#include <stdbool.h>
#include <substrate/base.h>
#include <substrate/connection.h>
#include <substrate/query.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A query: does subnet `netuid` exist? Storage map SubtensorModule.NetworksAdded.
 *   at     block hash, borrowed for the call; NULL: the head
 *   query  gives the query; its value is `true` or `false`
 * An absent entry is false (the map's default); an RPC error is an error, never false.
 * Returns OK, E_ARGUMENT, E_MEMORY. Threads: any. */
enum substrate_status subtensor_query_subnet_exists(uint16_t netuid,
                                                    const struct substrate_hash *at,
                                                    struct substrate_query **query);

/* The same, asked now on one connection. `exists` is set only with OK.
 * Returns OK, E_RPC (for example an unknown block), E_DECODE or as substrate_call.
 * Threads: any, blocks. */
enum substrate_status subtensor_subnet_exists(struct substrate_connection *connection,
                                              uint16_t netuid, const struct substrate_hash *at,
                                              bool *exists, struct substrate_error *error);

#ifdef __cplusplus
}
#endif
#endif
