/* A query: what is asked, its arguments, the memory of one answer, and a pure step function. A step
 * is given the replies to the last round of requests and either asks another round, or is done, or
 * has failed. It knows no connection, no thread and no clock.
 *
 * What a query needs before its first step, its description says, and whoever runs it provides: the
 * block that it is pinned to (query_pin), and runtimes (query_give_runtime; runtime.h). How they
 * are found out are queries too. */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include <stdbool.h>
#include <substrate/call.h>
#include <substrate/query.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "runtime.h"

struct cancellable;

enum query_progress { QUERY_ASK, QUERY_DONE, QUERY_FAILED };

/* Needs: a set of bits. A runtime is that of a pin, which is then needed, too. */
#define QUERY_NEEDS_NOTHING 0u
#define QUERY_NEEDS_PIN 1u
#define QUERY_NEEDS_STATE_RUNTIME (2u << QUERY_STATE_RUNTIME)
#define QUERY_NEEDS_CALL_RUNTIME (2u << QUERY_CALL_RUNTIME)

struct query_description {
    const char *name;
    unsigned needs;
    /* Called with the replies to what it asked, in order; the first time with none. They are all
     * OK, unless it hears errors: then some may be E_RPC. Ends in query_ask, query_done or a
     * failure. */
    enum query_progress (*step)(struct substrate_query *query,
                                const struct substrate_reply *replies, size_t count);
    bool hears_errors;
};

struct substrate_query {
    const struct query_description *description;
    const char *name; /* for messages */
    void *arguments;  /* of the description, in the arena; steps may keep their state there */
    struct base_arena arena;
    int64_t height; /* of the pin, as long as it has no hash; -1: the head */
    bool pinned;
    struct substrate_hash at;
    char pin[69]; /* the same as a JSON string */
    struct query_runtime *runtimes[QUERY_RUNTIME_KINDS];
    bool taken;           /* a run has it, or had it */
    uint64_t deadline_us; /* of its requests; 0: the connection's timeout */
    void (*progress)(void *context, uint64_t entries);
    void *progress_context;
    /* The runner's, under its own lock: see run/cancel.h. */
    bool cancelled;
    struct cancellable *cancellable;
    /* The round: given back when the next step begins, as is everything that a step takes from
     * `round`. */
    struct base_arena round;
    struct substrate_request *requests;
    size_t request_count, request_capacity;
    bool round_failed;
    struct base_buf params; /* of the request that is being written */
    struct base_buf value;  /* for steps: the JSON of the answer, written round by round */
    struct substrate_outcome outcome; /* last, as most of it is room for a message */
};

/* Makes a query; `arguments` (copied) may be of size 0, `pin` may be NULL: the head. Returns OK,
 * E_ARGUMENT (a number that no block can have) or E_MEMORY. */
enum substrate_status query_new(const struct query_description *description, const void *arguments,
                                size_t arguments_size, const struct substrate_pin *pin,
                                struct substrate_query **query);
/* Begins (no replies) or goes on. After QUERY_ASK the round is in `requests`. An error of the node
 * fails the query, unless it hears errors: it is never an answer. */
enum query_progress query_step(struct substrate_query *query, const struct substrate_reply *replies,
                               size_t count);

/* What a request is called in messages: its method, and the function that a runtime call is of. May
 * be written into `room`. */
#define QUERY_TITLE_MAX 160
const char *query_title(const struct substrate_request *request, char room[QUERY_TITLE_MAX]);

/* What it still needs before it begins, and how it is provided. A runtime is retained. */
bool query_needs_pin(const struct substrate_query *query);
int64_t query_wanted_height(const struct substrate_query *query); /* of that pin; -1: the head */
void query_pin(struct substrate_query *query, const struct substrate_hash *hash);
bool query_needs_runtime(const struct substrate_query *query, enum query_runtime_kind kind);
void query_give_runtime(struct substrate_query *query, enum query_runtime_kind kind,
                        struct query_runtime *runtime);

/* For steps: a round of requests. Params are begun (empty), written, and added; NULL means none.
 * What fails sticks, and query_ask tells it. */
struct base_buf *query_params(struct substrate_query *query);
void query_add(struct substrate_query *query, const char *method, const struct base_buf *params);
/* state_getStorage, and state_call of a function's name in two parts, both at the pin. */
void query_add_storage(struct substrate_query *query, struct substrate_bytes key);
void query_add_call(struct substrate_query *query, const char *api, const char *method,
                    struct substrate_bytes arguments);

/* For steps: the three ways to end one. Asking fails when the query has failed meanwhile. `value`
 * is the query's, or constant. */
enum query_progress query_ask(struct substrate_query *query);
enum query_progress query_done(struct substrate_query *query, struct substrate_text value);
enum query_progress query_fail(struct substrate_query *query, const struct substrate_error *error);
/* Done with what was written to query->value. */
enum query_progress query_done_written(struct substrate_query *query);
/* Fails with a status and a text after the query's name. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum query_progress
query_fail_with(struct substrate_query *query, enum substrate_status status, const char *format,
                ...);

#endif
