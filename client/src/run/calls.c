/* Functions that ask one query now, on one connection. */
#include <substrate/hash.h>
#include <substrate/query.h>
#include <substrate/storage.h>

#include "base/text.h"
#include "facts.h"

enum substrate_status substrate_query_ask(struct substrate_connection *connection,
                                          struct substrate_query *query,
                                          struct substrate_error *error) {
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_outcome outcome;
    options.connection = connection;
    enum substrate_status status = substrate_run(&options, &query, 1, &outcome, error);
    if (status == SUBSTRATE_PARTIAL) {
        if (error != NULL) {
            *error = outcome.error;
        }
        return outcome.status;
    }
    return status;
}

/* Asks a query that was made with `status`, and gives it when it was answered. */
static enum substrate_status ask(struct substrate_connection *connection,
                                 enum substrate_status status, struct substrate_query *query,
                                 struct substrate_query **answer, struct substrate_error *error) {
    if (status != SUBSTRATE_OK) {
        return base_fail(error, status, "%s", substrate_status_text(status));
    }
    status = substrate_query_ask(connection, query, error);
    if (status != SUBSTRATE_OK) {
        substrate_query_free(query);
        return status;
    }
    *answer = query;
    return SUBSTRATE_OK;
}

/* No place for an answer is the first thing to look at, so that nothing is made for nobody. */
static bool is_place(struct substrate_query **answer) {
    if (answer != NULL) {
        *answer = NULL;
    }
    return answer != NULL;
}

enum substrate_status substrate_storage(struct substrate_connection *connection,
                                        const struct substrate_storage_entry *entry,
                                        const struct substrate_pin *pin,
                                        struct substrate_query **answer,
                                        struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status =
        is_place(answer) ? substrate_query_storage(entry, pin, &query) : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_storage_multi(struct substrate_connection *connection,
                                              const struct substrate_storage_entry *entries,
                                              size_t count, const struct substrate_pin *pin,
                                              struct substrate_query **answer,
                                              struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status = is_place(answer)
                                       ? substrate_query_storage_multi(entries, count, pin, &query)
                                       : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_storage_map(struct substrate_connection *connection,
                                            const struct substrate_storage_entry *prefix,
                                            const struct substrate_map_options *options,
                                            const struct substrate_pin *pin,
                                            struct substrate_query **answer,
                                            struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status = is_place(answer)
                                       ? substrate_query_storage_map(prefix, options, pin, &query)
                                       : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_runtime_call(struct substrate_connection *connection,
                                             const struct substrate_api_call *call,
                                             const struct substrate_pin *pin,
                                             struct substrate_query **answer,
                                             struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status =
        is_place(answer) ? substrate_query_runtime_call(call, pin, &query) : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_state_call(struct substrate_connection *connection,
                                           const char *function, struct substrate_bytes arguments,
                                           const struct substrate_pin *pin,
                                           struct substrate_query **answer,
                                           struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status =
        is_place(answer) ? substrate_query_state_call(function, arguments, pin, &query)
                         : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_constant(struct substrate_connection *connection,
                                         const char *pallet, const char *name,
                                         const struct substrate_pin *pin,
                                         struct substrate_query **answer,
                                         struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status = is_place(answer)
                                       ? substrate_query_constant(pallet, name, pin, &query)
                                       : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_description(struct substrate_connection *connection,
                                            const char *name, const struct substrate_pin *pin,
                                            struct substrate_query **answer,
                                            struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status =
        is_place(answer) ? substrate_query_description(name, pin, &query) : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_block(struct substrate_connection *connection,
                                      const struct substrate_pin *pin,
                                      struct substrate_query **answer,
                                      struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status =
        is_place(answer) ? substrate_query_block(pin, &query) : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_events(struct substrate_connection *connection,
                                       const struct substrate_pin *pin,
                                       struct substrate_query **answer,
                                       struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status =
        is_place(answer) ? substrate_query_events(pin, &query) : SUBSTRATE_E_ARGUMENT;
    return ask(connection, status, query, answer, error);
}

enum substrate_status substrate_get_block_hash(struct substrate_connection *connection,
                                               int64_t height, struct substrate_hash *hash,
                                               struct substrate_error *error) {
    struct substrate_query *query = NULL;
    if (hash == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no place for the answer was given");
    }
    enum substrate_status status = substrate_query_block_hash(height, &query);
    status = ask(connection, status, query, &query, error);
    if (status == SUBSTRATE_OK) {
        *hash = facts_hash(query);
        substrate_query_free(query);
    }
    return status;
}
