/* A query as a value, and the runner that asks many of them in any of four modes. A query is made
 * by a function named after what it asks (subtensor_query_subnet_exists,
 * substrate_query_block_hash), knows nothing of sockets and threads, and gives the same answer
 * whichever way it is run.
 *
 * Pins: a query that reads state is pinned to one block. Without a pin that is the head, which a
 * run resolves once per query, and a GATHERED run once for all of its queries.
 *
 * Runtimes: what is read is decoded with the runtime that made it: storage with the one in force
 * when the block was executed, which is the version at its parent; runtime calls with the version
 * at the block itself. A runtime's metadata is fetched and parsed once per process, chain and
 * version, whoever asks; see substrate_runtimes_forget. */
#ifndef SUBSTRATE_QUERY_H
#define SUBSTRATE_QUERY_H

#include <stdbool.h>
#include <substrate/base.h>
#include <substrate/connection.h>

#ifdef __cplusplus
extern "C" {
#endif

struct substrate_query;

enum substrate_mode {
    SUBSTRATE_MODE_SERIAL,   /* one connection, one query after the other */
    SUBSTRATE_MODE_THREADED, /* a thread and a connection of its own for each query */
    SUBSTRATE_MODE_GATHERED, /* one connection, all queries at once */
    SUBSTRATE_MODE_SHARED,   /* several threads on one connection, each asking serially */
};

/* Which block a query reads: that of a hash, or that of a number (resolved once; its absence is
 * E_NOT_FOUND), or neither, as in {0}: the head. Where a function takes a pointer to one, NULL is
 * the head too. */
struct substrate_pin {
    const struct substrate_hash *hash; /* borrowed for the call that is given the pin */
    bool by_number;
    uint64_t number;
};

/* How the value of a storage read came about. */
enum substrate_presence {
    SUBSTRATE_PRESENT, /* it was stored, or is no storage read */
    SUBSTRATE_DEFAULT, /* nothing is stored: it is the item's default */
    SUBSTRATE_ABSENT,  /* nothing is stored, and the item has no default: it is null */
};

/* How one query ended. `value` is canonical JSON text ("true", "\"0x…\""), borrowed from the query
 * until it is freed; it and `presence` are set only when status is OK. */
struct substrate_outcome {
    enum substrate_status status;
    enum substrate_presence presence;
    struct substrate_text value;
    struct substrate_error error;
};

/* What the connections that a THREADED run opened for itself have cost: their sum, the peak being
 * the highest on one of them. */
struct substrate_run_cost {
    uint64_t connections, requests;
    uint32_t in_flight_peak;
};

struct substrate_run_options {
    size_t size;
    enum substrate_mode mode;
    struct substrate_connection *connection; /* borrowed; for every mode but THREADED */
    /* for THREADED: how each thread opens its own connection; borrowed for the call */
    const struct substrate_connection_options *connect;
    uint32_t threads_max; /* for THREADED and SHARED; 0: one thread per query */
    /* NULL, or called as each query ends, with its index, on the thread that ran it: at the same
     * time from several ones in THREADED and SHARED. It must not free queries of the run. */
    void (*ended)(void *context, size_t index, const struct substrate_outcome *outcome);
    void *context;                   /* borrowed for the call */
    struct substrate_run_cost *cost; /* NULL, or set by THREADED; borrowed for the call */
};
#define SUBSTRATE_RUN_OPTIONS_INIT \
    { sizeof(struct substrate_run_options), SUBSTRATE_MODE_SERIAL, NULL, NULL, 0, NULL, NULL, NULL }

/* Runs queries until each has ended. A query may be run once.
 *   options   borrowed for the call
 *   queries   borrowed; each holds its value afterwards
 *   outcomes  caller's array of `count`
 * Returns OK if all are OK, PARTIAL if some are not, E_ARGUMENT, E_MEMORY, E_CALLBACK when nothing
 * was run. Threads: any, blocks. */
enum substrate_status substrate_run(const struct substrate_run_options *options,
                                    struct substrate_query *const *queries, size_t count,
                                    struct substrate_outcome *outcomes,
                                    struct substrate_error *error);

/* Runs one query now, on one connection, one request at a time.
 *   query  borrowed; it holds the outcome, which substrate_query_outcome shows
 * Returns the outcome's status, or E_ARGUMENT, E_MEMORY, E_CALLBACK when it was not run.
 * Threads: any, blocks. */
enum substrate_status substrate_query_ask(struct substrate_connection *connection,
                                          struct substrate_query *query,
                                          struct substrate_error *error);

/* The outcome of a query, borrowed from it; its status is E_PENDING before it has ended.
 * Threads: owner. */
const struct substrate_outcome *substrate_query_outcome(const struct substrate_query *query);

/* Until when the requests of a query must have been answered: absolute, on substrate_now_us's
 * clock; what was not ends it with E_TIMEOUT. 0: the connection's request_timeout_ms for each
 * request. Of those that find out a runtime, which others wait for as well, that timeout is the
 * only one. Before it is run. Threads: owner. */
void substrate_query_set_deadline(struct substrate_query *query, uint64_t deadline_us);

/* Has the reading of a map, which may take long, told as it goes on.
 *   progress  called on the thread that runs the query, after each page, with the number of entries
 *             so far; it must not call the library; NULL: nobody is told
 *   context   given to it; borrowed until the query has ended
 * Before it is run. Threads: owner. */
void substrate_query_set_progress(struct substrate_query *query,
                                  void (*progress)(void *context, uint64_t entries), void *context);

/* Ends a query with E_CANCELLED, unless it has ended: its requests are cancelled, and no more are
 * sent. One that is not run yet ends when it is run, or when its turn comes; one that is finding
 * out a runtime, which others wait for as well, when that is found. The query must not be freed
 * meanwhile. Threads: any. */
void substrate_query_cancel(struct substrate_query *query);

/* Frees a query and its value. Takes `query`; NULL is allowed. Threads: owner. */
void substrate_query_free(struct substrate_query *query);

/* A query for the hash of a block: `chain_getBlockHash`.
 *   height  a block number, or -1 for the head
 *   query   gives the query
 * Its value is a JSON string "0x…"; E_NOT_FOUND when there is no such block.
 * Returns OK, E_ARGUMENT, E_MEMORY. Threads: any. */
enum substrate_status substrate_query_block_hash(int64_t height, struct substrate_query **query);

/* Asks for the hash of a block now. `height` as above. Returns OK, E_NOT_FOUND or as
 * substrate_call; a hash only with OK. Threads: any, blocks. */
enum substrate_status substrate_get_block_hash(struct substrate_connection *connection,
                                               int64_t height, struct substrate_hash *hash,
                                               struct substrate_error *error);

/* Frees the runtimes that the process keeps; those in use live until their queries are freed. For
 * programs that look for leaks, and before substrate_allocator_set. Threads: any. */
void substrate_runtimes_forget(void);

#ifdef __cplusplus
}
#endif
#endif
