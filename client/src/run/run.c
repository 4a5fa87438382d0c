/* The runner of queries: checks, the serial mode, and the choice of mode. */
#include <string.h>

#include <substrate/call.h>
#include <substrate/query.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/engine_internal.h"
#include "query/query.h"
#include "run_internal.h"

/* Asks the requests of one round in turn, and steps. */
static enum query_progress run_round(struct substrate_connection *connection,
                                     struct substrate_query *query) {
    size_t count = query->request_count;
    size_t asked = 0;
    struct substrate_error error = {0};
    struct substrate_pending **pending = base_calloc(count, sizeof(struct substrate_pending *));
    struct substrate_reply *replies = base_calloc(count, sizeof(*replies));
    enum substrate_status status = SUBSTRATE_OK;
    enum query_progress progress = QUERY_FAILED;
    if (pending == NULL || replies == NULL) {
        status = SUBSTRATE_E_MEMORY;
        (void)base_fail(&error, status, "%s: out of memory", query->name);
    }
    while (status == SUBSTRATE_OK && asked < count) {
        const struct substrate_reply *reply = NULL;
        status =
            substrate_call(connection, &query->requests[asked], &pending[asked], &reply, &error);
        if (status == SUBSTRATE_OK) {
            replies[asked] = *reply;
        }
        asked += 1;
    }
    progress =
        status == SUBSTRATE_OK ? query_step(query, replies, count) : query_fail(query, &error);
    while (asked > 0) {
        asked -= 1;
        substrate_pending_free(pending[asked]);
    }
    base_free(replies);
    base_free(pending);
    return progress;
}

void run_one(struct substrate_connection *connection, struct substrate_query *query) {
    enum query_progress progress = query_step(query, NULL, 0);
    while (progress == QUERY_ASK) {
        progress = run_round(connection, query);
    }
}

static enum substrate_status check(const struct substrate_run_options *options,
                                   struct substrate_query *const *queries, size_t count,
                                   const struct substrate_outcome *outcomes,
                                   struct substrate_error *error) {
    if (options == NULL || options->size != sizeof(*options)) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "the options are not from SUBSTRATE_RUN_OPTIONS_INIT");
    }
    if (count > 0 && (queries == NULL || outcomes == NULL)) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no queries or no place for their outcomes");
    }
    if ((unsigned)options->mode > SUBSTRATE_MODE_SHARED) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "there is no mode %d", (int)options->mode);
    }
    bool threaded = options->mode == SUBSTRATE_MODE_THREADED;
    if (threaded ? options->connect == NULL : options->connection == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "this mode needs options.%s",
                         threaded ? "connect" : "connection");
    }
    const struct substrate_engine *engine =
        threaded ? options->connect->engine : options->connection->engine;
    if (engine != NULL && engine_is_current_thread(engine)) {
        return base_fail(error, SUBSTRATE_E_CALLBACK, "%s",
                         substrate_status_text(SUBSTRATE_E_CALLBACK));
    }
    return SUBSTRATE_OK;
}

/* Marks the queries as taken: each may be run once, and by one run. All or none. */
static enum substrate_status take(struct substrate_query *const *queries, size_t count,
                                  struct substrate_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (queries[i] != NULL && !queries[i]->taken) {
            queries[i]->taken = true;
            continue;
        }
        for (size_t j = 0; j < i; j++) {
            queries[j]->taken = false;
        }
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "query %zu is NULL, or was run before, or is there twice", i);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status run_mode(const struct substrate_run_options *options,
                                      struct substrate_query *const *queries, size_t count,
                                      struct substrate_error *error) {
    switch (options->mode) {
    case SUBSTRATE_MODE_GATHERED:
        return run_gathered(options->connection, queries, count, error);
    case SUBSTRATE_MODE_THREADED:
    case SUBSTRATE_MODE_SHARED:
        return run_threads(options, queries, count, error);
    case SUBSTRATE_MODE_SERIAL:
        break;
    }
    for (size_t i = 0; i < count; i++) {
        run_one(options->connection, queries[i]);
    }
    return SUBSTRATE_OK;
}

enum substrate_status substrate_run(const struct substrate_run_options *options,
                                    struct substrate_query *const *queries, size_t count,
                                    struct substrate_outcome *outcomes,
                                    struct substrate_error *error) {
    enum substrate_status status = check(options, queries, count, outcomes, error);
    if (status == SUBSTRATE_OK) {
        status = take(queries, count, error);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    status = run_mode(options, queries, count, error);
    for (size_t i = 0; i < count; i++) {
        if (status < SUBSTRATE_OK) {
            queries[i]->taken = false;
            continue;
        }
        outcomes[i] = queries[i]->outcome;
        status = outcomes[i].status == SUBSTRATE_OK ? status : SUBSTRATE_PARTIAL;
    }
    return status;
}
