/* The two modes with threads: a connection for each thread, or one for all. Thread t of n runs the
 * queries t, t + n, t + 2n and so on, so that who asks what never depends on the scheduler. */
#include <pthread.h>

#include "base/mem.h"
#include "base/text.h"
#include "query/query.h"
#include "run_internal.h"

/* Everything that the threads share; they only read it. */
struct crew {
    const struct substrate_run_options *options;
    const struct substrate_connection_options *connect; /* THREADED */
    struct substrate_query *const *queries;
    size_t count, size; /* queries, threads */
};

struct member {
    const struct crew *crew;
    size_t number;
    pthread_t thread;
    bool started;
    struct substrate_connection_counters counters; /* of its own connection */
    bool opened;
};

/* The connection of a thread of its own, opened for its first query and kept for the rest. One that
 * cannot be opened fails the query that needed it. */
static struct substrate_connection *
get_own(const struct crew *crew, struct substrate_connection **own, struct substrate_query *query) {
    struct substrate_error error = {0};
    if (*own == NULL && substrate_connection_open(crew->connect, own, &error) != SUBSTRATE_OK) {
        (void)query_fail(query, &error);
    }
    return *own;
}

static void *work(void *context) {
    struct member *member = context;
    const struct crew *crew = member->crew;
    struct substrate_connection *own = NULL;
    for (size_t i = member->number; i < crew->count; i += crew->size) {
        struct substrate_query *query = crew->queries[i];
        struct substrate_connection *connection =
            crew->connect != NULL ? get_own(crew, &own, query) : crew->options->connection;
        if (connection != NULL) {
            run_one(connection, query);
        }
        run_tell(crew->options, i, query);
    }
    if (own != NULL) {
        substrate_connection_get_counters(own, &member->counters);
        member->opened = true;
    }
    substrate_connection_close(own);
    return NULL;
}

/* A thread that cannot be started leaves its part to this one. */
static void run_crew(const struct crew *crew, struct member *members) {
    for (size_t i = 0; i < crew->size; i++) {
        members[i].crew = crew;
        members[i].number = i;
        members[i].started = pthread_create(&members[i].thread, NULL, work, &members[i]) == 0;
    }
    for (size_t i = 0; i < crew->size; i++) {
        if (members[i].started) {
            (void)pthread_join(members[i].thread, NULL);
        } else {
            (void)work(&members[i]);
        }
    }
}

static void add_up(struct substrate_run_cost *cost, const struct member *members, size_t count) {
    *cost = (struct substrate_run_cost){0};
    for (size_t i = 0; i < count; i++) {
        const struct substrate_connection_counters *counters = &members[i].counters;
        cost->connections += members[i].opened;
        cost->requests += counters->submitted;
        if (counters->in_flight_peak > cost->in_flight_peak) {
            cost->in_flight_peak = counters->in_flight_peak;
        }
    }
}

enum substrate_status run_threads(const struct substrate_run_options *options,
                                  struct substrate_query *const *queries, size_t count,
                                  struct substrate_error *error) {
    size_t size =
        options->threads_max != 0 && options->threads_max < count ? options->threads_max : count;
    struct crew crew = {options, NULL, queries, count, size};
    struct substrate_connection_options connect;
    struct substrate_engine *engine = NULL;
    struct member *members = base_calloc(size + 1, sizeof(*members));
    if (members == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for %zu threads", size);
    }
    if (options->mode == SUBSTRATE_MODE_THREADED) {
        connect = *options->connect;
        crew.connect = &connect;
        /* Sockets of their own, but one I/O thread for all of them. */
        if (connect.engine == NULL) {
            enum substrate_status status = substrate_engine_open(NULL, &engine, error);
            if (status != SUBSTRATE_OK) {
                base_free(members);
                return status;
            }
            connect.engine = engine;
        }
    }
    run_crew(&crew, members);
    if (options->mode == SUBSTRATE_MODE_THREADED && options->cost != NULL) {
        add_up(options->cost, members, size);
    }
    substrate_engine_close(engine);
    base_free(members);
    return SUBSTRATE_OK;
}
