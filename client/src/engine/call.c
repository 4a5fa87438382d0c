/* Requests: sets of calls that one thread waits for, and the public handle, which is a set of one.
 */
#include "engine_internal.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Of so many calls the I/O thread is told at once. Woken for each it would take the processor from
 * the thread that makes them, to send a few bytes. */
#define UNTOLD_MAX 32

struct substrate_pending {
    struct call_set set;
    struct engine_call call;
    struct substrate_reply reply; /* a copy for the owner, made under the lock */
    char text[];
};

void call_set_init(struct call_set *set, struct substrate_connection *connection) {
    *set = (struct call_set){.connection = connection, .last = &set->first};
    connection_retain(connection);
}

void call_set_free(struct call_set *set) {
    (void)pthread_mutex_lock(&set->connection->lock);
    waiter_return(set->connection, set->waiter);
    connection_unlock(set->connection);
    connection_release(set->connection);
}

/* Runs under the connection's lock. */
static void on_ended(struct session_call *base) {
    struct engine_call *call = (struct engine_call *)base;
    struct call_set *set = call->set;
    call->next = NULL;
    *set->last = call;
    set->last = &call->next;
    set->alive -= 1;
    if (set->alive == 0 || set->wake_each) {
        waiter_wake(set->connection, set->waiter);
    }
}

enum substrate_status call_check(const struct substrate_connection *connection,
                                 const struct substrate_request *requests, size_t count,
                                 bool blocks, struct substrate_error *error) {
    if (connection == NULL || (requests == NULL && count > 0)) {
        (void)base_fail(error, SUBSTRATE_E_ARGUMENT, "no connection or no request was given");
        return SUBSTRATE_E_ARGUMENT;
    }
    if (blocks && engine_is_current_thread(connection->engine)) {
        return base_fail(error, SUBSTRATE_E_CALLBACK, "%s",
                         substrate_status_text(SUBSTRATE_E_CALLBACK));
    }
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = session_check(&requests[i], error);
    }
    return status;
}

/* Nodes refuse a request that is too big without its id, so that nobody would hear of it. */
static enum substrate_status check_sizes(const struct substrate_connection *connection,
                                         const struct substrate_request *requests, size_t count,
                                         struct substrate_error *error) {
    for (size_t i = 0; i < count; i++) {
        size_t size = session_text_size(&requests[i]);
        if (size > connection->request_bytes_max) {
            return base_fail(error, SUBSTRATE_E_LIMIT,
                             "%s: a request of %zu bytes; request_bytes_max is %zu",
                             requests[i].method, size, connection->request_bytes_max);
        }
    }
    return SUBSTRATE_OK;
}

enum substrate_status call_set_submit(struct call_set *set, struct engine_call *calls, size_t count,
                                      const struct substrate_request *requests, char *room,
                                      struct substrate_error *error) {
    struct substrate_connection *connection = set->connection;
    enum substrate_status status = check_sizes(connection, requests, count, error);
    size_t accepted = 0;
    if (status != SUBSTRATE_OK) {
        return status;
    }
    /* One for all: equal deadlines cost the heap nothing. */
    uint64_t now_us = substrate_now_us();
    (void)pthread_mutex_lock(&connection->lock);
    if (set->waiter == NULL) {
        set->waiter = waiter_borrow(connection);
        status = set->waiter != NULL ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
    }
    while (status == SUBSTRATE_OK && accepted < count) {
        struct engine_call *call = &calls[accepted];
        call->set = set;
        call->call.ended = on_ended;
        status = session_submit(&connection->session, &call->call, &requests[accepted],
                                connection_deadline(connection, &requests[accepted], now_us), room);
        if (status != SUBSTRATE_OK) {
            break;
        }
        room += session_text_size(&requests[accepted]);
        accepted += 1;
    }
    if (status == SUBSTRATE_OK) {
        set->alive += count;
        set->untold += count;
        if (set->lazy && set->untold < UNTOLD_MAX) {
            connection_unlock(connection);
        } else {
            set->untold = 0;
            connection_unlock_and_attend(connection);
        }
        return SUBSTRATE_OK;
    }
    while (accepted > 0) {
        accepted -= 1;
        session_withdraw(&connection->session, &calls[accepted].call);
    }
    connection_unlock(connection);
    return connection_fail(connection, status, error);
}

/* Before the waiting thread waits. */
static void tell(struct call_set *set) {
    if (set->untold > 0) {
        set->untold = 0;
        (void)pthread_mutex_lock(&set->connection->lock);
        connection_unlock_and_attend(set->connection);
    }
}

struct engine_call *call_set_next(struct call_set *set, uint64_t until_us) {
    if (set->taken == NULL) {
        tell(set);
        (void)pthread_mutex_lock(&set->connection->lock);
        while (set->first == NULL && set->alive > 0 && substrate_now_us() < until_us) {
            waiter_wait(set->connection, set->waiter, until_us);
        }
        set->taken = set->first;
        set->first = NULL;
        set->last = &set->first;
        connection_unlock(set->connection);
    }
    struct engine_call *call = set->taken;
    set->taken = call != NULL ? call->next : NULL;
    return call;
}

void call_set_wait(struct call_set *set) {
    (void)pthread_mutex_lock(&set->connection->lock);
    while (set->alive > 0) {
        waiter_wait(set->connection, set->waiter, SUBSTRATE_NEVER);
    }
    connection_unlock(set->connection);
}

enum substrate_status reply_error(struct substrate_connection *connection, const char *method,
                                  const struct substrate_reply *reply,
                                  struct substrate_error *error) {
    if (reply->status == SUBSTRATE_E_CLOSED || reply->status == SUBSTRATE_E_LIMIT) {
        return connection_fail(connection, reply->status, error);
    }
    return substrate_reply_error(method, reply, error);
}

enum substrate_status substrate_submit(struct substrate_connection *connection,
                                       const struct substrate_request *request,
                                       struct substrate_pending **out,
                                       struct substrate_error *error) {
    if (out == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no place for the handle was given");
    }
    *out = NULL;
    enum substrate_status status = call_check(connection, request, 1, false, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct substrate_pending *pending = base_alloc(sizeof(*pending) + session_text_size(request));
    if (pending == NULL) {
        (void)base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for a request");
        return SUBSTRATE_E_MEMORY;
    }
    call_set_init(&pending->set, connection);
    status = call_set_submit(&pending->set, &pending->call, 1, request, pending->text, error);
    if (status != SUBSTRATE_OK) {
        call_set_free(&pending->set);
        base_free(pending);
        return status;
    }
    *out = pending;
    return SUBSTRATE_OK;
}

enum substrate_status substrate_wait(struct substrate_pending *pending, uint64_t until_us,
                                     const struct substrate_reply **reply) {
    struct substrate_connection *connection = pending->set.connection;
    if (engine_is_current_thread(connection->engine)) {
        return SUBSTRATE_E_CALLBACK;
    }
    (void)pthread_mutex_lock(&connection->lock);
    while (pending->set.alive > 0 && substrate_now_us() < until_us) {
        waiter_wait(connection, pending->set.waiter, until_us);
    }
    pending->reply = pending->call.call.reply; /* E_PENDING while it is alive */
    connection_unlock(connection);
    if (pending->reply.status != SUBSTRATE_E_PENDING && reply != NULL) {
        *reply = &pending->reply;
    }
    return pending->reply.status;
}

/* Gives up the lock. A cancelled call may leave a place in flight to one that waits. */
static void unlock_after_cancel(struct substrate_connection *connection, bool cancelled) {
    if (cancelled) {
        connection_unlock_and_attend(connection);
    } else {
        connection_unlock(connection);
    }
}

int substrate_cancel(struct substrate_pending *pending) {
    struct substrate_connection *connection = pending->set.connection;
    (void)pthread_mutex_lock(&connection->lock);
    bool won = session_cancel(&connection->session, &pending->call.call);
    unlock_after_cancel(connection, won);
    return won;
}

void substrate_pending_free(struct substrate_pending *pending) {
    if (pending == NULL) {
        return;
    }
    struct substrate_connection *connection = pending->set.connection;
    (void)pthread_mutex_lock(&connection->lock);
    bool won = session_cancel(&connection->session, &pending->call.call);
    waiter_return(connection, pending->set.waiter);
    unlock_after_cancel(connection, won);
    session_call_clear(&pending->call.call);
    base_free(pending);
    connection_release(connection);
}

enum substrate_status substrate_call(struct substrate_connection *connection,
                                     const struct substrate_request *request,
                                     struct substrate_pending **out,
                                     const struct substrate_reply **reply,
                                     struct substrate_error *error) {
    struct substrate_pending *pending = NULL;
    if (out == NULL || reply == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no place for the handle or the reply");
    }
    *out = NULL;
    *reply = NULL;
    enum substrate_status status = call_check(connection, request, 1, true, error);
    if (status == SUBSTRATE_OK) {
        status = substrate_submit(connection, request, &pending, error);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    (void)substrate_wait(pending, SUBSTRATE_NEVER, NULL);
    status = reply_error(connection, request->method, &pending->reply, error);
    if (status != SUBSTRATE_OK && status != SUBSTRATE_E_RPC) {
        substrate_pending_free(pending);
        return status;
    }
    *out = pending;
    *reply = &pending->reply;
    return status;
}
