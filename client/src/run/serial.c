/* One query, one question at a time: first what it needs (the block that it is pinned to, the
 * runtimes that decode), then its own rounds. */
#include <stddef.h>

#include "base/mem.h"
#include "base/text.h"
#include "cancel.h"
#include "engine/engine_internal.h"
#include "facts.h"
#include "query/query.h"
#include "run_internal.h"

/* The request that a query waits for. */
struct awaited {
    struct cancellable cancellable;
    struct substrate_pending *pending;
};

static void interrupt(struct cancellable *cancellable) {
    struct awaited *awaited =
        (struct awaited *)(void *)((char *)cancellable - offsetof(struct awaited, cancellable));
    (void)substrate_cancel(awaited->pending);
}

/* Asks one request, as substrate_call does, until it is answered or `owner` is cancelled. */
static enum substrate_status ask(struct substrate_connection *connection,
                                 const struct substrate_request *request,
                                 struct substrate_query *owner, struct substrate_pending **pending,
                                 const struct substrate_reply **reply,
                                 struct substrate_error *error) {
    struct awaited awaited = {{interrupt}, NULL};
    enum substrate_status status = substrate_submit(connection, request, pending, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    awaited.pending = *pending;
    (void)cancel_watch(owner, &awaited.cancellable);
    (void)substrate_wait(*pending, SUBSTRATE_NEVER, reply);
    cancel_forget(owner);
    status = (*reply)->status;
    if (status != SUBSTRATE_OK && status != SUBSTRATE_E_RPC) {
        char room[QUERY_TITLE_MAX];
        (void)reply_error(connection, query_title(request, room), *reply, error);
        return status;
    }
    return SUBSTRATE_OK;
}

/* Asks the requests of one round in turn, and steps. Errors of the node are the query's to judge.
 */
static enum query_progress run_round(struct substrate_connection *connection,
                                     struct substrate_query *query, struct substrate_query *owner) {
    size_t count = query->request_count;
    size_t asked = 0;
    struct substrate_error error = {0};
    struct substrate_pending **pending = base_calloc(count, sizeof(struct substrate_pending *));
    struct substrate_reply *replies = base_calloc(count, sizeof(*replies));
    enum substrate_status status = SUBSTRATE_OK;
    if (pending == NULL || replies == NULL) {
        status = SUBSTRATE_E_MEMORY;
        (void)base_fail(&error, status, "%s: out of memory", query->name);
    }
    while (status == SUBSTRATE_OK && asked < count) {
        const struct substrate_reply *reply = NULL;
        status = ask(connection, &query->requests[asked], owner, &pending[asked], &reply, &error);
        if (status == SUBSTRATE_OK) {
            replies[asked] = *reply;
        }
        asked += 1;
    }
    enum query_progress progress =
        status == SUBSTRATE_OK ? query_step(query, replies, count) : query_fail(query, &error);
    while (asked > 0) {
        asked -= 1;
        substrate_pending_free(pending[asked]);
    }
    base_free(replies);
    base_free(pending);
    return progress;
}

/* `owner` is the query on whose behalf this one is run, or itself: the one to be cancelled. */
static void run_rounds(struct substrate_connection *connection, struct substrate_query *query,
                       struct substrate_query *owner) {
    enum query_progress progress = query_step(query, NULL, 0);
    while (progress == QUERY_ASK) {
        progress = run_round(connection, query, owner);
    }
}

/* Finds a fact out that nobody else does, at least not for this connection. */
static enum substrate_status find_out(struct substrate_connection *connection, struct memo *memo,
                                      const struct fact *fact, const struct memo_waiter *finder,
                                      struct fact_value *value, struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status = facts_query(fact, &query);
    if (status == SUBSTRATE_OK) {
        run_rounds(connection, query, query);
        status = query->outcome.status;
        *error = query->outcome.error;
    } else {
        (void)base_fail(error, status, "%s", substrate_status_text(status));
    }
    if (status == SUBSTRATE_OK) {
        *value = facts_take(fact, query);
    }
    memo_settle(memo, fact, finder, value, status == SUBSTRATE_OK ? NULL : error);
    substrate_query_free(query);
    return status;
}

static enum substrate_status learn(struct substrate_connection *connection, const struct fact *fact,
                                   struct fact_value *value, struct substrate_error *error) {
    struct memo *memo = facts_memo(connection, fact->kind);
    struct memo_waiter waiter = {.connection = connection};
    *value = waiter.value;
    enum memo_answer answer = memo_ask(memo, fact, &waiter);
    if (answer == MEMO_AWAITED) {
        memo_wait(memo, &waiter);
    }
    if (answer == MEMO_YOURS || waiter.left) {
        return find_out(connection, memo, fact, &waiter, value, error);
    }
    *value = waiter.value;
    *error = waiter.error;
    return error->status;
}

static enum substrate_status provide_pin(struct substrate_connection *connection,
                                         struct substrate_query *query,
                                         struct substrate_error *error) {
    struct substrate_query *block = NULL;
    enum substrate_status status = substrate_query_block_hash(query_wanted_height(query), &block);
    if (status == SUBSTRATE_OK) {
        substrate_query_set_deadline(block, query->deadline_us);
        run_rounds(connection, block, query);
        status = block->outcome.status;
        *error = block->outcome.error;
    } else {
        (void)base_fail(error, status, "%s", substrate_status_text(status));
    }
    if (status == SUBSTRATE_OK) {
        struct substrate_hash hash = facts_hash(block);
        query_pin(query, &hash);
    }
    substrate_query_free(block);
    return status;
}

static enum substrate_status provide_runtime(struct substrate_connection *connection,
                                             struct substrate_query *query,
                                             enum query_runtime_kind kind,
                                             struct substrate_error *error) {
    struct fact_value genesis, version, runtime;
    struct fact fact = facts_genesis();
    enum substrate_status status = learn(connection, &fact, &genesis, error);
    if (status == SUBSTRATE_OK) {
        fact = facts_version(kind, &query->at);
        status = learn(connection, &fact, &version, error);
    }
    if (status == SUBSTRATE_OK) {
        fact = facts_runtime(&genesis.genesis, &version.version);
        status = learn(connection, &fact, &runtime, error);
    }
    if (status == SUBSTRATE_OK) {
        query_give_runtime(query, kind, runtime.runtime);
        query_runtime_release(runtime.runtime);
    }
    return status;
}

static enum substrate_status cancelled(struct substrate_query *query,
                                       struct substrate_error *error) {
    return cancel_wanted(query)
               ? base_fail(error, SUBSTRATE_E_CANCELLED, "%s: cancelled", query->name)
               : SUBSTRATE_OK;
}

void run_one(struct substrate_connection *connection, struct substrate_query *query) {
    struct substrate_error error = {0};
    enum substrate_status status = cancelled(query, &error);
    if (status == SUBSTRATE_OK && query_needs_pin(query)) {
        status = provide_pin(connection, query, &error);
    }
    for (int i = 0; i < QUERY_RUNTIME_KINDS && status == SUBSTRATE_OK; i++) {
        enum query_runtime_kind kind = (enum query_runtime_kind)i;
        if (query_needs_runtime(query, kind)) {
            status = provide_runtime(connection, query, kind, &error);
        }
    }
    if (status == SUBSTRATE_OK) {
        status = cancelled(query, &error);
    }
    if (status == SUBSTRATE_OK) {
        run_rounds(connection, query, query);
    } else {
        (void)query_fail(query, &error);
    }
}
