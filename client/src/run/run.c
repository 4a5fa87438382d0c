/* The runner of queries: checks, and the choice of mode. */
#include <stddef.h>
#include <string.h>

#include <substrate/call.h>
#include <substrate/query.h>

#include "base/text.h"
#include "engine/engine_internal.h"
#include "query/query.h"
#include "run_internal.h"

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

void run_tell(const struct substrate_run_options *options, size_t index,
              const struct substrate_query *query) {
    if (options->ended != NULL) {
        options->ended(options->context, index, &query->outcome);
    }
}

static enum substrate_status run_mode(const struct substrate_run_options *options,
                                      struct substrate_query *const *queries, size_t count,
                                      struct substrate_error *error) {
    switch (options->mode) {
    case SUBSTRATE_MODE_GATHERED:
        return run_gathered(options, queries, count, error);
    case SUBSTRATE_MODE_THREADED:
    case SUBSTRATE_MODE_SHARED:
        return run_threads(options, queries, count, error);
    case SUBSTRATE_MODE_SERIAL:
        break;
    }
    for (size_t i = 0; i < count; i++) {
        run_one(options->connection, queries[i]);
        run_tell(options, i, queries[i]);
    }
    return SUBSTRATE_OK;
}

/* Without the room of a message that there is not. */
static void copy_outcome(struct substrate_outcome *to, const struct substrate_outcome *from) {
    bool good = from->status == SUBSTRATE_OK;
    memcpy(to, from, good ? offsetof(struct substrate_outcome, error.message) + 1 : sizeof(*to));
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
        copy_outcome(&outcomes[i], &queries[i]->outcome);
        status = outcomes[i].status == SUBSTRATE_OK ? status : SUBSTRATE_PARTIAL;
    }
    return status;
}
