/* Asking an upstream many things over one WebSocket: ids, a window of requests in flight, replies
 * handled in the order of asking, latencies kept, progress told. What is asked only reads, so a
 * request whose connection is lost, whose reply does not come, or that is refused in a way that
 * passes (pace.h), is asked again. The socket lives
 * in an event loop on a thread of its own; the functions here block their caller. */
#ifndef RECORD_UPSTREAM_H
#define RECORD_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/buf.h"
#include "record/reply_times.h"

struct upstream_link; /* the socket, its loop and what is in flight */

struct upstream {
    struct upstream_link *link; /* NULL: closed */
    const char *url;            /* as it was named */
    bool terminal;              /* progress is redrawn in place */
    uint64_t told_us;           /* when progress was told last */
    uint64_t wait_us;           /* for a reply, at most */
    uint64_t wait_told_us;      /* how long a reply had been waited for when that was told last */
    bool answered;              /* it has replied once */
    struct reply_times reply_times;
};

/* An upstream at ws://…, wss://… or a network by its name; the first request connects. A reply is
 * waited for `wait_us` at most (0: five minutes). Who has never answered is not tried again. Errors
 * name the URL, which is borrowed. */
enum substrate_status upstream_open(struct upstream *upstream, const char *url, uint64_t wait_us,
                                    struct substrate_error *error);
void upstream_close(struct upstream *upstream);
/* The latencies as lines of latencies.jsonl: microseconds per method. */
void upstream_latencies(struct upstream *upstream, struct base_buf *out);

/* Tells progress on standard error, now and then, and at the end of a phase. */
void upstream_tell(struct upstream *upstream, const char *phase, size_t done, size_t count);

/* What a request was answered with: raw JSON, borrowed. */
struct upstream_reply {
    bool is_error;
    struct substrate_text result; /* or the whole error object */
    int64_t code;                 /* of an error */
    struct substrate_text message;
};

/* Many requests: `make` names the method and appends the parameters of request `index`; `take` gets
 * its reply. Both stop everything by returning an error. */
struct upstream_job {
    void *context;
    size_t count;
    const char *phase; /* for progress; NULL: none */
    const char *(*make)(void *context, size_t index, struct base_buf *params);
    enum substrate_status (*take)(void *context, size_t index, const struct upstream_reply *reply,
                                  struct substrate_error *error);
};
enum substrate_status upstream_ask_many(struct upstream *upstream, const struct upstream_job *job,
                                        struct substrate_error *error);

/* One request, and what it was answered with, copied into the arena: its result, or its error. */
enum substrate_status upstream_ask_either(struct upstream *upstream, const char *method,
                                          struct substrate_text params, struct base_arena *arena,
                                          struct upstream_reply *reply,
                                          struct substrate_error *error);

/* One request whose answer must be a result, copied into the arena. An RPC error is E_RPC, with its
 * code in the error. */
enum substrate_status upstream_ask(struct upstream *upstream, const char *method,
                                   struct substrate_text params, struct base_arena *arena,
                                   struct substrate_text *result, struct substrate_error *error);

/* Says what an upstream's error was, as E_RPC. */
enum substrate_status upstream_refused(struct upstream *upstream, const char *method,
                                       const struct upstream_reply *reply,
                                       struct substrate_error *error);

/* Ends what is being asked soon, with E_CANCELLED, and all that is asked later. Threads: any, and
 * signal handlers. */
void upstream_interrupt(void);

#endif
