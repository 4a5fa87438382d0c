/* Functions that ask one query now, on one connection. */
#include <substrate/hash.h>
#include <substrate/query.h>
#include <subtensor/subtensor.h>

#include "base/text.h"

/* Runs a query that has just been made, with `status`. */
static enum substrate_status ask(struct substrate_connection *connection,
                                 enum substrate_status status, struct substrate_query *query,
                                 struct substrate_outcome *outcome, struct substrate_error *error) {
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    if (status != SUBSTRATE_OK) {
        return base_fail(error, status, "%s", substrate_status_text(status));
    }
    options.connection = connection;
    status = substrate_run(&options, &query, 1, outcome, error);
    if (status == SUBSTRATE_PARTIAL) {
        if (error != NULL) {
            *error = outcome->error;
        }
        return outcome->status;
    }
    return status;
}

enum substrate_status substrate_get_block_hash(struct substrate_connection *connection,
                                               int64_t height, struct substrate_hash *hash,
                                               struct substrate_error *error) {
    struct substrate_query *query = NULL;
    struct substrate_outcome outcome;
    enum substrate_status status =
        hash == NULL ? SUBSTRATE_E_ARGUMENT : substrate_query_block_hash(height, &query);
    status = ask(connection, status, query, &outcome, error);
    if (status == SUBSTRATE_OK) {
        struct substrate_text quoted = outcome.value;
        status =
            substrate_hash_parse((struct substrate_text){quoted.data + 1, quoted.size - 2}, hash);
    }
    substrate_query_free(query);
    return status;
}

enum substrate_status subtensor_subnet_exists(struct substrate_connection *connection,
                                              uint16_t netuid, const struct substrate_hash *at,
                                              bool *exists, struct substrate_error *error) {
    struct substrate_query *query = NULL;
    struct substrate_outcome outcome;
    enum substrate_status status =
        exists == NULL ? SUBSTRATE_E_ARGUMENT : subtensor_query_subnet_exists(netuid, at, &query);
    status = ask(connection, status, query, &outcome, error);
    if (status == SUBSTRATE_OK) {
        *exists = base_text_is(outcome.value, "true");
    }
    substrate_query_free(query);
    return status;
}
