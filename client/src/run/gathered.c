/* The gathered mode: all queries at once on one connection. Each goes on as soon as its own replies
 * are there, so a run costs the deepest query, not the sum of rounds.
 *
 * What queries need is found out by queries too, each for all that need it: the head, the hash of a
 * number, the genesis, the version in force for a block, the metadata of a version. Each is a
 * source; whoever needs one waits in its list, and goes on when it has ended. A source may itself
 * wait for others: a runtime for genesis and version. A fact that another thread is finding out
 * comes as an event into the same loop, so that nobody else has to wait for it meanwhile. */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "cancel.h"
#include "engine/engine_internal.h"
#include "facts.h"
#include "query/query.h"
#include "run_internal.h"

/* One query on its way: the caller's, or one that finds a source. */
struct flight {
    struct substrate_query *query;
    struct source *source;     /* that it finds; NULL: the caller's */
    size_t waiting;            /* replies that this round still lacks */
    struct engine_call *calls; /* of the round; replies and texts are behind them */
    struct substrate_reply *replies;
    struct source *awaited; /* while it waits for one */
    struct flight *next;    /* of those that wait for the same source */
    struct gathering *gathering;
    struct cancellable cancellable;
    bool cancelled;
    struct flight *next_cancelled;
};

enum source_kind {
    SOURCE_BLOCK,   /* the hash of a number, or of the head */
    SOURCE_FACT,    /* what a memo keeps */
    SOURCE_RUNTIME, /* a runtime for a block: made of facts */
};

struct wanted {
    enum source_kind kind;
    struct fact fact; /* FACT; RUNTIME: the version that it begins with */
    int64_t height;   /* BLOCK: -1 for the head */
};

#define KEY_SIZE (1 + sizeof(struct substrate_hash) + sizeof(int64_t))

struct source {
    struct wanted what;
    struct flight flight; /* of its query; of a RUNTIME: how it waits for others */
    bool ended;
    struct fact_value value; /* when error.status is OK; BLOCK: the hash stands in `genesis` */
    struct substrate_error error;
    struct flight *first, **last; /* those that wait for it */
    struct memo_waiter waiter;    /* while another thread finds it out, */
    struct engine_call event;     /* and how that comes into the loop */
    char key[KEY_SIZE];
};

struct gathering {
    struct call_set set;
    const struct substrate_run_options *options;
    struct flight *flights; /* of the caller's queries, in their order */
    /* Of the head and of hashes of numbers, which several queries may wait for: until when one
     * does, 0 meaning the connection's timeout; and the next time at which a query has waited
     * enough. */
    uint64_t block_deadline_us, next_deadline_us;
    /* Those that another thread has cancelled, and the event by which the loop hears of them. Under
     * the connection's lock. */
    struct flight *cancelled;
    struct engine_call cancel_event;
    struct base_arena arena;
    struct base_map sources; /* struct source, by key */
    struct source *latest;   /* that was asked for: mostly it is asked for again */
};

static void go_on(struct gathering *gathering, struct flight *flight);

/* ---- flights ---- */

/* Submits the round that a query has asked. A round that cannot be submitted fails its query. */
static void begin_round(struct gathering *gathering, struct flight *flight) {
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
    if (call_set_submit(&gathering->set, flight->calls, count, requests,
                        (char *)(flight->replies + count), &error) != SUBSTRATE_OK) {
        base_free(flight->calls);
        flight->calls = NULL;
        (void)query_fail(flight->query, &error);
        return;
    }
    flight->waiting = count;
}

/* Those that wait for a source go on: it has a value, or an error. */
static void end_source(struct gathering *gathering, struct source *source) {
    struct flight *flight = source->first;
    source->ended = true;
    while (flight != NULL) {
        struct flight *next = flight->next;
        flight->awaited = NULL;
        go_on(gathering, flight);
        flight = next;
    }
}

/* The query of a source has ended. */
static void take_source(struct gathering *gathering, struct source *source) {
    const struct substrate_query *query = source->flight.query;
    bool good = query->outcome.status == SUBSTRATE_OK;
    source->error = query->outcome.error;
    if (source->what.kind == SOURCE_BLOCK) {
        source->value.genesis = good ? facts_hash(query) : source->value.genesis;
    } else {
        source->value = good ? facts_take(&source->what.fact, query) : source->value;
        memo_settle(facts_memo(gathering->set.connection, source->what.fact.kind),
                    &source->what.fact, &source->waiter, &source->value,
                    good ? NULL : &source->error);
    }
    end_source(gathering, source);
}

/* One of the caller's queries has ended. */
static void tell(const struct flight *flight) {
    const struct gathering *gathering = flight->gathering;
    run_tell(gathering->options, (size_t)(flight - gathering->flights), flight->query);
}

/* After each step: the next round leaves, or the query has ended. */
static void fly(struct gathering *gathering, struct flight *flight, enum query_progress progress) {
    if (progress == QUERY_ASK) {
        begin_round(gathering, flight);
    }
    if (flight->query->outcome.status == SUBSTRATE_E_PENDING) {
        return;
    }
    if (flight->source != NULL) {
        take_source(gathering, flight->source);
    } else {
        tell(flight);
    }
}

/* All replies of a round are there. Errors of the node are the query's to judge. */
static void advance(struct gathering *gathering, struct flight *flight) {
    struct substrate_query *query = flight->query;
    size_t count = query->request_count;
    struct substrate_error error = {0};
    for (size_t i = 0; i < count; i++) {
        struct substrate_reply *reply = &flight->replies[i];
        *reply = flight->calls[i].call.reply;
        if (reply->status != SUBSTRATE_OK && reply->status != SUBSTRATE_E_RPC) {
            char room[QUERY_TITLE_MAX];
            (void)reply_error(gathering->set.connection, query_title(&query->requests[i], room),
                              reply, &error);
        }
    }
    /* Also when the replies were faster than the cancel: there might be another round. */
    if (flight->cancelled) {
        (void)base_fail(&error, SUBSTRATE_E_CANCELLED, "%s: cancelled", query->name);
    }
    struct engine_call *calls = flight->calls;
    flight->calls = NULL;
    enum query_progress progress = error.status == SUBSTRATE_OK
                                       ? query_step(query, flight->replies, count)
                                       : query_fail(query, &error);
    fly(gathering, flight, progress);
    for (size_t i = 0; i < count; i++) {
        session_call_clear(&calls[i].call);
    }
    base_free(calls);
}

/* ---- sources ---- */

static void fail_source(struct gathering *gathering, struct source *source,
                        enum substrate_status status) {
    (void)base_fail(&source->error, status, "%s", substrate_status_text(status));
    end_source(gathering, source);
}

/* From another thread: the fact is settled. The set may be gone as soon as the lock is given up;
 * the connection was retained for this. */
static void on_settled(struct memo_waiter *waiter) {
    struct source *source =
        (struct source *)(void *)((char *)waiter - offsetof(struct source, waiter));
    struct call_set *set = source->event.set;
    struct substrate_connection *connection = set->connection;
    (void)pthread_mutex_lock(&connection->lock);
    source->event.next = NULL;
    *set->last = &source->event;
    set->last = &source->event.next;
    set->alive -= 1;
    waiter_wake(connection, set->waiter);
    connection_unlock(connection);
    connection_release(connection);
}

/* Counts the event among the calls that the loop waits for, or takes it back. */
static void expect(struct gathering *gathering, struct source *source, bool expected) {
    struct substrate_connection *connection = gathering->set.connection;
    source->event = (struct engine_call){.set = &gathering->set, .owner = &source->flight};
    source->waiter.on_settled = on_settled;
    source->waiter.connection = connection;
    (void)pthread_mutex_lock(&connection->lock);
    gathering->set.alive += expected ? 1 : (size_t)-1;
    connection_unlock(connection);
    if (expected) {
        connection_retain(connection);
    } else {
        connection_release(connection);
    }
}

static void begin_source(struct gathering *gathering, struct source *source) {
    enum substrate_status status =
        source->what.kind == SOURCE_BLOCK
            ? substrate_query_block_hash(source->what.height, &source->flight.query)
            : facts_query(&source->what.fact, &source->flight.query);
    if (status == SUBSTRATE_OK) {
        if (source->what.kind == SOURCE_BLOCK) {
            substrate_query_set_deadline(source->flight.query, gathering->block_deadline_us);
        }
        fly(gathering, &source->flight, query_step(source->flight.query, NULL, 0));
        return;
    }
    if (source->what.kind == SOURCE_FACT) {
        (void)base_fail(&source->error, status, "%s", substrate_status_text(status));
        memo_settle(facts_memo(gathering->set.connection, source->what.fact.kind),
                    &source->what.fact, &source->waiter, NULL, &source->error);
    }
    fail_source(gathering, source, status);
}

/* What the memo knows, or another thread is finding out, is not asked again. */
static void begin_fact(struct gathering *gathering, struct source *source) {
    struct memo *memo = facts_memo(gathering->set.connection, source->what.fact.kind);
    expect(gathering, source, true);
    enum memo_answer answer = memo_ask(memo, &source->what.fact, &source->waiter);
    if (answer == MEMO_AWAITED) {
        return;
    }
    expect(gathering, source, false);
    if (answer == MEMO_YOURS) {
        begin_source(gathering, source);
    } else {
        source->value = source->waiter.value;
        end_source(gathering, source);
    }
}

static void take_event(struct gathering *gathering, struct source *source) {
    if (source->waiter.left) {
        begin_source(gathering, source);
        return;
    }
    source->value = source->waiter.value;
    source->error = source->waiter.error;
    end_source(gathering, source);
}

/* The source of this description, begun when nobody has needed it before. NULL: out of memory. */
static struct source *get_source(struct gathering *gathering, const struct wanted *wanted) {
    char key[KEY_SIZE];
    struct substrate_text view = {key, sizeof(key)};
    int64_t number = wanted->height + wanted->fact.version.spec_version; /* one of them is 0 */
    key[0] = (char)(16 * (int)wanted->kind + (int)wanted->fact.kind);
    memcpy(key + 1, &wanted->fact.hash, sizeof(wanted->fact.hash));
    memcpy(key + 1 + sizeof(wanted->fact.hash), &number, sizeof(number));
    struct source *source = gathering->latest;
    if (source != NULL && memcmp(source->key, key, sizeof(key)) == 0) {
        return source;
    }
    source = base_map_get(&gathering->sources, view);
    if (source != NULL) {
        gathering->latest = source;
        return source;
    }
    source = base_arena_calloc(&gathering->arena, 1, sizeof(*source));
    if (source == NULL) {
        return NULL;
    }
    source->what = *wanted;
    memcpy(source->key, key, sizeof(key));
    view.data = source->key;
    if (!base_map_put(&gathering->sources, view, source)) {
        return NULL;
    }
    source->flight.source = source;
    source->last = &source->first;
    switch (source->what.kind) {
    case SOURCE_BLOCK:
        begin_source(gathering, source);
        break;
    case SOURCE_FACT:
        begin_fact(gathering, source);
        break;
    case SOURCE_RUNTIME:
        go_on(gathering, &source->flight);
        break;
    }
    return source;
}

static struct source *get_fact(struct gathering *gathering, struct fact fact) {
    struct wanted wanted = {.kind = SOURCE_FACT, .fact = fact};
    return get_source(gathering, &wanted);
}

/* Has a source ended well? If not, `flight` waits for it, or *error says what went wrong. */
static bool is_there(struct flight *flight, struct source *source, struct substrate_error *error) {
    if (source == NULL) {
        (void)base_fail(error, SUBSTRATE_E_MEMORY, "%s", substrate_status_text(SUBSTRATE_E_MEMORY));
        return false;
    }
    if (!source->ended) {
        flight->next = NULL;
        flight->awaited = source;
        *source->last = flight;
        source->last = &flight->next;
        return false;
    }
    if (source->error.status != SUBSTRATE_OK) {
        *error = source->error;
    }
    return source->error.status == SUBSTRATE_OK;
}

/* A runtime for a block: genesis and version at once, and then the metadata. */
static void go_on_runtime(struct gathering *gathering, struct source *runtime) {
    struct source *genesis = get_fact(gathering, facts_genesis());
    struct source *version = get_fact(gathering, runtime->what.fact);
    struct substrate_error *error = &runtime->error;
    if (is_there(&runtime->flight, genesis, error) && is_there(&runtime->flight, version, error)) {
        struct source *found =
            get_fact(gathering, facts_runtime(&genesis->value.genesis, &version->value.version));
        if (is_there(&runtime->flight, found, error)) {
            runtime->value.runtime = query_runtime_retain(found->value.runtime);
            end_source(gathering, runtime);
            return;
        }
    }
    if (error->status != SUBSTRATE_OK) {
        end_source(gathering, runtime);
    }
}

/* ---- the caller's queries ---- */

/* A query that waits for its block waits no longer than its own deadline. */
static void wait_until(struct gathering *gathering, const struct flight *flight) {
    uint64_t deadline_us = flight->query->deadline_us;
    if (flight->awaited != NULL && deadline_us != 0 && deadline_us < gathering->next_deadline_us) {
        gathering->next_deadline_us = deadline_us;
    }
}

/* Gives a query its pin. false: it waits, or there is an error. */
static bool provide_pin(struct gathering *gathering, struct flight *flight,
                        struct substrate_error *error) {
    struct wanted wanted = {.kind = SOURCE_BLOCK, .height = query_wanted_height(flight->query)};
    struct source *block = get_source(gathering, &wanted);
    if (!is_there(flight, block, error)) {
        wait_until(gathering, flight);
        return false;
    }
    query_pin(flight->query, &block->value.genesis);
    return true;
}

/* Gives a query its runtimes, all of which are begun before it waits for one. */
static bool provide_runtimes(struct gathering *gathering, struct flight *flight,
                             struct substrate_error *error) {
    struct source *sources[QUERY_RUNTIME_KINDS];
    bool needed[QUERY_RUNTIME_KINDS];
    for (int i = 0; i < QUERY_RUNTIME_KINDS; i++) {
        needed[i] = query_needs_runtime(flight->query, (enum query_runtime_kind)i);
        if (needed[i]) {
            struct wanted wanted = {
                SOURCE_RUNTIME, facts_version((enum query_runtime_kind)i, &flight->query->at), 0};
            sources[i] = get_source(gathering, &wanted);
        }
    }
    for (int i = 0; i < QUERY_RUNTIME_KINDS; i++) {
        if (needed[i] && !is_there(flight, sources[i], error)) {
            return false;
        }
        if (needed[i]) {
            query_give_runtime(flight->query, (enum query_runtime_kind)i,
                               sources[i]->value.runtime);
        }
    }
    return true;
}

static void go_on_query(struct gathering *gathering, struct flight *flight) {
    struct substrate_error error;
    error.status = SUBSTRATE_OK;
    if ((!query_needs_pin(flight->query) || provide_pin(gathering, flight, &error)) &&
        provide_runtimes(gathering, flight, &error)) {
        fly(gathering, flight, query_step(flight->query, NULL, 0));
    } else if (error.status != SUBSTRATE_OK) {
        (void)query_fail(flight->query, &error);
        tell(flight);
    }
}

static void go_on(struct gathering *gathering, struct flight *flight) {
    if (flight->source != NULL) {
        go_on_runtime(gathering, flight->source);
    } else {
        go_on_query(gathering, flight);
    }
}

/* ---- cancelling ---- */

/* From any thread. */
static void interrupt(struct cancellable *cancellable) {
    struct flight *flight =
        (struct flight *)(void *)((char *)cancellable - offsetof(struct flight, cancellable));
    struct gathering *gathering = flight->gathering;
    struct call_set *set = &gathering->set;
    (void)pthread_mutex_lock(&set->connection->lock);
    if (gathering->cancelled == NULL) {
        gathering->cancel_event.next = NULL;
        *set->last = &gathering->cancel_event;
        set->last = &gathering->cancel_event.next;
        waiter_wake(set->connection, set->waiter);
    }
    flight->next_cancelled = gathering->cancelled;
    gathering->cancelled = flight;
    connection_unlock(set->connection);
}

static void stop_waiting(struct flight *flight) {
    struct source *source = flight->awaited;
    struct flight **link = &source->first;
    while (*link != flight) {
        link = &(*link)->next;
    }
    *link = flight->next;
    source->last = source->last == &flight->next ? link : source->last;
    flight->awaited = NULL;
}

/* What is in flight ends as any call does, and its query with it; what waits ends here. */
static void cancel(struct flight *flight) {
    struct substrate_connection *connection = flight->gathering->set.connection;
    struct substrate_query *query = flight->query;
    flight->cancelled = true;
    if (flight->calls != NULL) {
        (void)pthread_mutex_lock(&connection->lock);
        for (size_t i = 0; i < query->request_count; i++) {
            (void)session_cancel(&connection->session, &flight->calls[i].call);
        }
        connection_unlock_and_attend(connection);
    } else if (query->outcome.status == SUBSTRATE_E_PENDING) {
        stop_waiting(flight);
        (void)query_fail_with(query, SUBSTRATE_E_CANCELLED, "cancelled");
        tell(flight);
    }
}

static void take_cancelled(struct gathering *gathering) {
    struct substrate_connection *connection = gathering->set.connection;
    (void)pthread_mutex_lock(&connection->lock);
    struct flight *flight = gathering->cancelled;
    gathering->cancelled = NULL;
    connection_unlock(connection);
    while (flight != NULL) {
        struct flight *next = flight->next_cancelled;
        cancel(flight);
        flight = next;
    }
}

/* ---- deadlines ---- */

/* Of the queries that wait for a block, ends those whose deadline has come. */
static void expire(struct gathering *gathering, size_t count, uint64_t now_us) {
    static const struct substrate_reply none = {.status = SUBSTRATE_E_TIMEOUT};
    struct substrate_error error;
    (void)substrate_reply_error("chain_getBlockHash", &none, &error);
    gathering->next_deadline_us = SUBSTRATE_NEVER;
    for (size_t i = 0; i < count; i++) {
        struct flight *flight = &gathering->flights[i];
        uint64_t deadline_us = flight->query->deadline_us;
        if (flight->awaited == NULL || flight->awaited->what.kind != SOURCE_BLOCK) {
            continue;
        }
        if (deadline_us == 0 || deadline_us > now_us) {
            wait_until(gathering, flight);
            continue;
        }
        stop_waiting(flight);
        (void)query_fail(flight->query, &error);
        tell(flight);
    }
}

/* The next call that has ended; NULL when none is alive. */
static struct engine_call *next_call(struct gathering *gathering, size_t count) {
    struct engine_call *call = NULL;
    bool passed = true;
    while (call == NULL && passed) {
        uint64_t until_us = gathering->next_deadline_us;
        call = call_set_next(&gathering->set, until_us);
        passed = until_us != SUBSTRATE_NEVER && substrate_now_us() >= until_us;
        if (passed) {
            expire(gathering, count, substrate_now_us());
        }
    }
    return call;
}

/* What of a block is asked for all is waited for as long as the most patient of them waits. */
static uint64_t block_deadline(const struct flight *flights, size_t count) {
    uint64_t last_us = 1;
    for (size_t i = 0; i < count && last_us != 0; i++) {
        const struct substrate_query *query = flights[i].query;
        bool later = query->deadline_us == 0 || query->deadline_us > last_us;
        last_us = later && query_needs_pin(query) ? query->deadline_us : last_us;
    }
    return last_us;
}

/* ---- the run ---- */

static void begin(struct gathering *gathering, struct flight *flight) {
    flight->gathering = gathering;
    flight->cancellable.interrupt = interrupt;
    if (cancel_watch(flight->query, &flight->cancellable)) {
        (void)query_fail_with(flight->query, SUBSTRATE_E_CANCELLED, "cancelled");
        tell(flight);
    } else {
        go_on_query(gathering, flight);
    }
}

static void gather(struct gathering *gathering, size_t count) {
    gathering->block_deadline_us = block_deadline(gathering->flights, count);
    gathering->next_deadline_us = SUBSTRATE_NEVER;
    for (size_t i = 0; i < count; i++) {
        begin(gathering, &gathering->flights[i]);
    }
    for (;;) {
        struct engine_call *call = next_call(gathering, count);
        if (call == NULL) {
            return;
        }
        if (call == &gathering->cancel_event) {
            take_cancelled(gathering);
            continue;
        }
        struct flight *flight = call->owner;
        if (flight->calls == NULL) {
            take_event(gathering, flight->source);
            continue;
        }
        flight->waiting -= 1;
        if (flight->waiting == 0) {
            advance(gathering, flight);
        }
    }
}

static bool gathering_init(struct gathering *gathering,
                           const struct substrate_run_options *options) {
    struct substrate_connection *connection = options->connection;
    gathering->options = options;
    gathering->cancelled = NULL;
    gathering->latest = NULL;
    call_set_init(&gathering->set, connection);
    base_arena_init(&gathering->arena, 0);
    base_map_init(&gathering->sources, 0);
    gathering->set.wake_each = true;
    gathering->set.lazy = true;
    (void)pthread_mutex_lock(&connection->lock);
    gathering->set.waiter = waiter_borrow(connection);
    connection_unlock(connection);
    return gathering->set.waiter != NULL;
}

static void gathering_free(struct gathering *gathering) {
    size_t cursor = 0;
    struct substrate_text key;
    void *value = NULL;
    while (base_map_next(&gathering->sources, &cursor, &key, &value)) {
        struct source *source = value;
        query_runtime_release(source->value.runtime);
        substrate_query_free(source->flight.query);
    }
    base_map_free(&gathering->sources);
    base_arena_free(&gathering->arena);
    call_set_free(&gathering->set);
}

enum substrate_status run_gathered(const struct substrate_run_options *options,
                                   struct substrate_query *const *queries, size_t count,
                                   struct substrate_error *error) {
    struct gathering gathering;
    struct flight *flights = base_calloc(count + 1, sizeof(*flights));
    enum substrate_status status = SUBSTRATE_OK;
    if (flights == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for %zu queries", count);
    }
    gathering.flights = flights;
    if (gathering_init(&gathering, options)) {
        for (size_t i = 0; i < count; i++) {
            flights[i].query = queries[i];
        }
        gather(&gathering, count);
        for (size_t i = 0; i < count; i++) {
            cancel_forget(queries[i]);
        }
    } else {
        status = base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for a gathering");
    }
    gathering_free(&gathering);
    base_free(flights);
    return status;
}
