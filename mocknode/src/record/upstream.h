/* Asking an upstream many things at once over one connection of the client library: a window of
 * requests in flight, replies handled in the order of asking, latencies kept, progress told. */
#ifndef RECORD_UPSTREAM_H
#define RECORD_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include <substrate/call.h>
#include <substrate/connection.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

struct upstream {
    struct substrate_connection *connection;
    const char *url;
    struct base_map latencies; /* by method */
    struct base_arena arena;
    bool answered;    /* the upstream has replied once */
    bool terminal;    /* progress is redrawn in place */
    uint64_t told_us; /* when progress was told last */
};

/* Connects. E_CONNECT and others name the URL. */
enum substrate_status upstream_open(struct upstream *upstream, const char *url,
                                    struct substrate_error *error);
void upstream_close(struct upstream *upstream);
/* The latencies as lines of latencies.jsonl: microseconds per method. */
void upstream_latencies(struct upstream *upstream, struct base_buf *out);

/* Tells progress on standard error, now and then, and at the end of a phase. */
void upstream_tell(struct upstream *upstream, const char *phase, size_t done, size_t count);

/* Many requests: `make` names the method and appends the parameters of request `index`; `take` gets
 * its reply, which is OK or E_RPC. Both stop everything by returning an error. */
struct upstream_job {
    void *context;
    size_t count;
    const char *phase; /* for progress; NULL: none */
    const char *(*make)(void *context, size_t index, struct base_buf *params);
    enum substrate_status (*take)(void *context, size_t index, const struct substrate_reply *reply,
                                  struct substrate_error *error);
};
enum substrate_status upstream_ask_many(struct upstream *upstream, const struct upstream_job *job,
                                        struct substrate_error *error);

/* One request whose answer must be a result, copied into the arena. An RPC error is an error here.
 */
enum substrate_status upstream_ask(struct upstream *upstream, const char *method,
                                   struct substrate_text params, struct base_arena *arena,
                                   struct substrate_text *result, struct substrate_error *error);

/* Says what an upstream's error was, as E_RPC. */
enum substrate_status upstream_refused(struct upstream *upstream, const char *method,
                                       const struct substrate_reply *reply,
                                       struct substrate_error *error);

/* Ends upstream_ask_many and upstream_ask soon with E_CANCELLED. Threads: any, and signal handlers.
 */
void upstream_interrupt(void);

#endif
