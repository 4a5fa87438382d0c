/* Subscriptions: the handle that a thread reads from, over the session's queue of notifications. */
#include "engine_internal.h"

#include <string.h>

#include <substrate/subscription.h>

#include "base/mem.h"
#include "base/text.h"

struct substrate_subscription {
    struct session_subscription session; /* first: the session's callbacks give it back */
    struct substrate_connection *connection;
    struct waiter *waiter;
    bool replied;
    bool lag_told;
    struct session_notification *reading; /* what the owner got last */
    char *unsubscribe;                    /* the method; behind the request's text */
    char text[];
};

/* An unsubscribe request that nobody waits for. The session ends it before it ends itself. */
struct farewell {
    struct session_call call;
    char text[];
};

static void on_changed(struct session_subscription *base) {
    struct substrate_subscription *subscription = (struct substrate_subscription *)base;
    waiter_wake(subscription->connection, subscription->waiter);
}

static void on_replied(struct session_call *call) {
    struct substrate_subscription *subscription = (struct substrate_subscription *)call;
    subscription->replied = true;
    waiter_wake(subscription->connection, subscription->waiter);
}

static void on_farewell_ended(struct session_call *call) {
    session_call_clear(call);
    base_free(call);
}

static struct substrate_subscription *
make_subscription(struct substrate_connection *connection,
                  const struct substrate_subscription_options *options,
                  const struct substrate_request *request) {
    size_t text_size = session_text_size(request);
    size_t method_size = strlen(options->unsubscribe) + 1;
    struct substrate_subscription *subscription =
        base_alloc(sizeof(*subscription) + text_size + method_size);
    if (subscription == NULL) {
        return NULL;
    }
    *subscription = (struct substrate_subscription){.connection = connection};
    subscription->unsubscribe = subscription->text + text_size;
    memcpy(subscription->unsubscribe, options->unsubscribe, method_size);
    subscription->session.queue_max = options->queue_max;
    subscription->session.changed = on_changed;
    subscription->session.call.ended = on_replied;
    connection_retain(connection);
    return subscription;
}

/* Its waiter was returned. */
static void free_subscription(struct substrate_subscription *subscription) {
    session_notification_free(subscription->reading);
    session_call_clear(&subscription->session.call);
    connection_release(subscription->connection);
    base_free(subscription);
}

static enum substrate_status check(const struct substrate_connection *connection,
                                   const struct substrate_subscription_options *options,
                                   struct substrate_error *error) {
    if (options == NULL || options->size != sizeof(*options)) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "the options are not from SUBSTRATE_SUBSCRIPTION_OPTIONS_INIT");
    }
    struct substrate_request requests[] = {{.method = options->method, .params = options->params},
                                           {.method = options->unsubscribe}};
    return call_check(connection, requests, 2, true, error);
}

enum substrate_status substrate_subscribe(struct substrate_connection *connection,
                                          const struct substrate_subscription_options *options,
                                          struct substrate_subscription **out,
                                          struct substrate_error *error) {
    if (out == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no place for the subscription was given");
    }
    *out = NULL;
    enum substrate_status status = check(connection, options, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct substrate_request request = {.method = options->method, .params = options->params};
    struct substrate_subscription *subscription = make_subscription(connection, options, &request);
    if (subscription == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for a subscription");
    }
    uint64_t now_us = substrate_now_us();
    (void)pthread_mutex_lock(&connection->lock);
    subscription->waiter = waiter_borrow(connection);
    status = subscription->waiter == NULL
                 ? SUBSTRATE_E_MEMORY
                 : session_subscribe(&connection->session, &subscription->session, &request,
                                     connection_deadline(connection, &request, now_us),
                                     subscription->text);
    if (status != SUBSTRATE_OK) {
        waiter_return(connection, subscription->waiter);
        connection_unlock(connection);
        free_subscription(subscription);
        return connection_fail(connection, status, error);
    }
    connection_unlock_and_attend(connection);
    (void)pthread_mutex_lock(&connection->lock);
    while (!subscription->replied) {
        waiter_wait(connection, subscription->waiter, SUBSTRATE_NEVER);
    }
    struct substrate_reply reply = subscription->session.call.reply;
    connection_unlock(connection);
    status = reply_error(connection, options->method, &reply, error);
    if (status != SUBSTRATE_OK) {
        substrate_subscription_close(subscription);
        return status;
    }
    *out = subscription;
    return SUBSTRATE_OK;
}

enum substrate_status substrate_subscription_next(struct substrate_subscription *subscription,
                                                  uint64_t until_us,
                                                  struct substrate_text *result) {
    struct substrate_connection *connection = subscription->connection;
    struct session_subscription *session = &subscription->session;
    if (engine_is_current_thread(connection->engine)) {
        return SUBSTRATE_E_CALLBACK;
    }
    session_notification_free(subscription->reading);
    (void)pthread_mutex_lock(&connection->lock);
    while (session->queue.count == 0 && session->live && substrate_now_us() < until_us) {
        waiter_wait(connection, subscription->waiter, until_us);
    }
    subscription->reading = session_notification_take(session);
    bool live = session->live;
    bool lagged = session->lagged && !subscription->lag_told;
    connection_unlock(connection);
    if (subscription->reading != NULL) {
        *result = subscription->reading->result;
        return SUBSTRATE_OK;
    }
    subscription->lag_told = subscription->lag_told || lagged;
    return lagged ? SUBSTRATE_E_LAGGED : live ? SUBSTRATE_E_PENDING : SUBSTRATE_E_CLOSED;
}

/* Submits the unsubscribe request; without memory for it, or without a socket, there is none. Takes
 * the lock and leaves it held. */
static void say_farewell(struct substrate_subscription *subscription) {
    struct substrate_connection *connection = subscription->connection;
    struct base_buf params = BASE_BUF_INIT;
    struct farewell *farewell = NULL;
    struct substrate_request request = {.method = subscription->unsubscribe};
    base_buf_char(&params, '[');
    base_buf_text(&params, subscription->session.call.reply.result);
    base_buf_char(&params, ']');
    if (!params.failed) {
        request.params = base_buf_view(&params);
        farewell = base_alloc(sizeof(*farewell) + session_text_size(&request));
    }
    (void)pthread_mutex_lock(&connection->lock);
    if (farewell != NULL) {
        farewell->call.ended = on_farewell_ended;
        if (session_submit(&connection->session, &farewell->call, &request,
                           connection_deadline(connection, &request, substrate_now_us()),
                           farewell->text) != SUBSTRATE_OK) {
            base_free(farewell);
        }
    }
    base_buf_free(&params);
}

void substrate_subscription_close(struct substrate_subscription *subscription) {
    if (subscription == NULL) {
        return;
    }
    /* Its reply is settled: subscribing waited for it. */
    if (subscription->session.call.reply.status == SUBSTRATE_OK) {
        say_farewell(subscription);
    } else {
        (void)pthread_mutex_lock(&subscription->connection->lock);
    }
    session_unsubscribe(&subscription->connection->session, &subscription->session);
    waiter_return(subscription->connection, subscription->waiter);
    connection_unlock_and_attend(subscription->connection);
    free_subscription(subscription);
}
