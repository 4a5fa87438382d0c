/* A query: what is asked, its arguments, the memory of one answer, and a pure step function. A step
 * is given the replies to the last round of requests and either asks another round, or is done, or
 * has failed. It knows no connection, no thread and no clock.
 *
 * Pins: a query whose description reads state needs a block hash. If it was made without one, its
 * first round asks for the head, unless query_pin comes first. */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include <stdbool.h>
#include <substrate/call.h>
#include <substrate/query.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

enum query_progress { QUERY_ASK, QUERY_DONE, QUERY_FAILED };

struct query_description {
    const char *name;
    bool reads_state;
    /* Called with the replies to what it asked, all OK; the first time with none. Ends in
     * query_ask, query_done or query_fail. */
    enum query_progress (*step)(struct substrate_query *query,
                                const struct substrate_reply *replies, size_t count);
};

struct substrate_query {
    const struct query_description *description;
    const char *name;      /* for messages */
    const void *arguments; /* of the description, in the arena */
    struct base_arena arena;
    struct substrate_text pin; /* the block hash as a JSON string; {NULL, 0} as long as unknown */
    bool taken;                /* a run has it, or had it */
    bool resolving;            /* the round that was asked is the head's */
    const struct substrate_request *requests; /* the round, in the arena */
    size_t request_count;
    struct substrate_outcome outcome;
};

/* Makes a query; `arguments` (copied) may be of size 0, `at` may be NULL. Returns OK or E_MEMORY.
 */
enum substrate_status query_new(const struct query_description *description, const void *arguments,
                                size_t arguments_size, const struct substrate_hash *at,
                                struct substrate_query **query);
/* Begins (no replies) or goes on. After QUERY_ASK the round is in `requests`. A reply that is not
 * OK fails the query: an error of the node is never an answer. */
enum query_progress query_step(struct substrate_query *query, const struct substrate_reply *replies,
                               size_t count);
/* Would its first round ask for the head? */
bool query_needs_pin(const struct substrate_query *query);
/* Pins it before it begins. `pin` is a block hash as a JSON string, borrowed until the query ends.
 */
void query_pin(struct substrate_query *query, struct substrate_text pin);

/* For steps: the three ways to end one. `params` is freed; NULL means none. `value` is in the
 * query's arena, or constant. */
enum query_progress query_ask(struct substrate_query *query, const char *method,
                              struct base_buf *params);
enum query_progress query_done(struct substrate_query *query, struct substrate_text value);
enum query_progress query_fail(struct substrate_query *query, const struct substrate_error *error);
/* Fails with a status and a text after the query's name. */
enum query_progress query_fail_with(struct substrate_query *query, enum substrate_status status,
                                    const char *text);

#endif
