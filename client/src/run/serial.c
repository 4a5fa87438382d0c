/* One query, one question at a time: first what it needs (the block that it is pinned to, the
 * runtimes that decode), then its own rounds. */
#include "base/mem.h"
#include "base/text.h"
#include "engine/engine_internal.h"
#include "facts.h"
#include "query/query.h"
#include "run_internal.h"

/* Asks the requests of one round in turn, and steps. Errors of the node are the query's to judge.
 */
static enum query_progress run_round(struct substrate_connection *connection,
                                     struct substrate_query *query) {
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
        status =
            substrate_call(connection, &query->requests[asked], &pending[asked], &reply, &error);
        if (reply != NULL) {
            replies[asked] = *reply;
            status = SUBSTRATE_OK;
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

static void run_rounds(struct substrate_connection *connection, struct substrate_query *query) {
    enum query_progress progress = query_step(query, NULL, 0);
    while (progress == QUERY_ASK) {
        progress = run_round(connection, query);
    }
}

/* Finds a fact out, now that nobody else does. */
static enum substrate_status find_out(struct substrate_connection *connection, struct memo *memo,
                                      const struct fact *fact, struct fact_value *value,
                                      struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status = facts_query(fact, &query);
    if (status == SUBSTRATE_OK) {
        run_rounds(connection, query);
        status = query->outcome.status;
        *error = query->outcome.error;
    } else {
        (void)base_fail(error, status, "%s", substrate_status_text(status));
    }
    if (status == SUBSTRATE_OK) {
        *value = facts_take(fact, query);
    }
    memo_settle(memo, fact, value, status == SUBSTRATE_OK ? NULL : error);
    substrate_query_free(query);
    return status;
}

static enum substrate_status learn(struct substrate_connection *connection, const struct fact *fact,
                                   struct fact_value *value, struct substrate_error *error) {
    struct memo *memo = facts_memo(connection, fact->kind);
    struct memo_waiter waiter = {0};
    *value = waiter.value;
    switch (memo_ask(memo, fact, &waiter)) {
    case MEMO_YOURS:
        return find_out(connection, memo, fact, value, error);
    case MEMO_AWAITED:
        memo_wait(memo, &waiter);
        break;
    case MEMO_KNOWN:
        break;
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
        run_rounds(connection, block);
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

void run_one(struct substrate_connection *connection, struct substrate_query *query) {
    struct substrate_error error = {0};
    enum substrate_status status = SUBSTRATE_OK;
    if (query_needs_pin(query)) {
        status = provide_pin(connection, query, &error);
    }
    for (int i = 0; i < QUERY_RUNTIME_KINDS && status == SUBSTRATE_OK; i++) {
        enum query_runtime_kind kind = (enum query_runtime_kind)i;
        if (query_needs_runtime(query, kind)) {
            status = provide_runtime(connection, query, kind, &error);
        }
    }
    if (status == SUBSTRATE_OK) {
        run_rounds(connection, query);
    } else {
        (void)query_fail(query, &error);
    }
}
