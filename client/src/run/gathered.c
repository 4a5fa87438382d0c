/* The gathered mode: all queries at once on one connection. Each goes on as soon as its own replies
 * are there, so a run costs the deepest query, not the sum of rounds. The head is asked for once,
 * by a query like any other, and those that need it start when it is known. */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/engine_internal.h"
#include "query/query.h"
#include "run_internal.h"

/* One query on its way. */
struct flight {
    struct substrate_query *query;
    size_t waiting;            /* replies that this round still lacks */
    struct engine_call *calls; /* of the round; replies and texts are behind them */
    struct substrate_reply *replies;
};

/* Submits the round that a query has asked. A round that cannot be submitted fails its query. */
static void begin_round(struct call_set *set, struct flight *flight) {
    const struct substrate_request *requests = flight->query->requests;
    size_t count = flight->query->request_count;
    struct substrate_error error;
    size_t size = count * (sizeof(struct engine_call) + sizeof(struct substrate_reply));
    for (size_t i = 0; i < count; i++) {
        size += session_text_size(&requests[i]);
    }
    flight->calls = base_alloc(size);
    if (flight->calls == NULL) {
        (void)base_fail(&error, SUBSTRATE_E_MEMORY, "%s: out of memory", flight->query->name);
        (void)query_fail(flight->query, &error);
        return;
    }
    flight->replies = (struct substrate_reply *)(void *)(flight->calls + count);
    for (size_t i = 0; i < count; i++) {
        flight->calls[i].owner = flight;
    }
    if (call_set_submit(set, flight->calls, count, requests, (char *)(flight->replies + count),
                        &error) != SUBSTRATE_OK) {
        base_free(flight->calls);
        flight->calls = NULL;
        (void)query_fail(flight->query, &error);
        return;
    }
    flight->waiting = count;
}

static void begin(struct call_set *set, struct flight *flight) {
    if (query_step(flight->query, NULL, 0) == QUERY_ASK) {
        begin_round(set, flight);
    }
}

/* All replies of a round are there: steps, and asks the next round. */
static void advance(struct call_set *set, struct flight *flight) {
    struct substrate_query *query = flight->query;
    size_t count = query->request_count;
    struct substrate_error error = {0};
    for (size_t i = 0; i < count; i++) {
        flight->replies[i] = flight->calls[i].call.reply;
        (void)reply_error(set->connection, query->requests[i].method, &flight->replies[i], &error);
    }
    enum query_progress progress = error.status == SUBSTRATE_OK
                                       ? query_step(query, flight->replies, count)
                                       : query_fail(query, &error);
    struct flight ended = *flight;
    flight->calls = NULL;
    if (progress == QUERY_ASK) {
        begin_round(set, flight);
    }
    for (size_t i = 0; i < count; i++) {
        session_call_clear(&ended.calls[i].call);
    }
    base_free(ended.calls);
}

/* The head is known, or is not to be had: the queries that wait for it start, or fail with it. */
static void spread_pin(struct call_set *set, const struct substrate_query *head,
                       struct flight *flights, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct substrate_query *query = flights[i].query;
        if (query_needs_pin(query) && query->outcome.status == SUBSTRATE_E_PENDING) {
            if (head->outcome.status == SUBSTRATE_OK) {
                query_pin(query, head->outcome.value);
                begin(set, &flights[i]);
            } else {
                (void)query_fail(query, &head->outcome.error);
            }
        }
    }
}

/* flights[count] is the head's, whose query is NULL when nobody needs it. */
static void fly(struct call_set *set, struct flight *flights, size_t count) {
    struct flight *head = &flights[count];
    bool spread = head->query == NULL;
    for (size_t i = 0; i < count; i++) {
        if (!query_needs_pin(flights[i].query)) {
            begin(set, &flights[i]);
        }
    }
    if (!spread) {
        begin(set, head);
    }
    for (;;) {
        if (!spread && head->query->outcome.status != SUBSTRATE_E_PENDING) {
            spread = true;
            spread_pin(set, head->query, flights, count);
        }
        struct engine_call *call = call_set_next(set, SUBSTRATE_NEVER);
        if (call == NULL) {
            return;
        }
        struct flight *flight = call->owner;
        flight->waiting -= 1;
        if (flight->waiting == 0) {
            advance(set, flight);
        }
    }
}

enum substrate_status run_gathered(struct substrate_connection *connection,
                                   struct substrate_query *const *queries, size_t count,
                                   struct substrate_error *error) {
    struct call_set set;
    struct flight *flights = base_calloc(count + 1, sizeof(*flights));
    enum substrate_status status = SUBSTRATE_OK;
    bool unpinned = false;
    if (flights == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for %zu queries", count);
    }
    call_set_init(&set, connection);
    set.wake_each = true;
    for (size_t i = 0; i < count; i++) {
        flights[i].query = queries[i];
        unpinned = unpinned || query_needs_pin(queries[i]);
    }
    if (unpinned) {
        status = substrate_query_block_hash(-1, &flights[count].query);
    }
    if (status == SUBSTRATE_OK) {
        fly(&set, flights, count);
    } else {
        (void)base_fail(error, status, "out of memory for the head's query");
    }
    substrate_query_free(flights[count].query);
    call_set_free(&set);
    base_free(flights);
    return status;
}
