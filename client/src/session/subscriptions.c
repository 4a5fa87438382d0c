/* Subscriptions of a session. The node may send a subscription's first notifications before the
 * reply that names it; they are kept, within limits, while a subscribe request is in flight. What
 * belongs to no live subscription is dropped. Nothing is lost silently: a notification that does
 * not fit makes its subscription lag. */
#include "session.h"

#include "base/mem.h"
#include "base/text.h"

void session_notification_free(struct session_notification *notification) {
    if (notification != NULL) {
        base_free(notification->bytes);
        base_free(notification);
    }
}

static struct session_notification *pop(struct session_notifications *list) {
    struct session_notification *first = list->first;
    if (first != NULL) {
        list->first = first->next;
        list->last = list->first != NULL ? list->last : &list->first;
        list->count -= 1;
        list->bytes -= first->result.size;
    }
    return first;
}

static void push(struct session_notifications *list, struct session_notification *notification) {
    notification->next = NULL;
    *list->last = notification;
    list->last = &notification->next;
    list->count += 1;
    list->bytes += notification->result.size;
}

void session_notifications_clear(struct session_notifications *list) {
    for (struct session_notification *next = pop(list); next != NULL; next = pop(list)) {
        session_notification_free(next);
    }
}

struct session_notification *session_notification_take(struct session_subscription *subscription) {
    return pop(&subscription->queue);
}

/* Moves the text into a notification; NULL when out of memory. */
static struct session_notification *keep(const struct envelope *envelope, struct base_buf *text) {
    struct session_notification *kept = text->data != NULL ? base_alloc(sizeof(*kept)) : NULL;
    if (kept != NULL) {
        *kept = (struct session_notification){NULL, envelope->subscription, envelope->result,
                                              text->data};
        *text = (struct base_buf)BASE_BUF_INIT;
    }
    return kept;
}

static void stop(struct session *session, struct session_subscription *subscription) {
    if (subscription->live) {
        subscription->live = false;
        (void)base_map_remove(&session->subscriptions, subscription->call.reply.result);
    }
}

static void lag(struct session *session, struct session_subscription *subscription) {
    subscription->lagged = true;
    stop(session, subscription);
}

static void deliver(struct session *session, struct session_subscription *subscription,
                    const struct envelope *envelope, struct base_buf *text) {
    struct session_notification *kept = NULL;
    if (subscription->queue.count < subscription->queue_max) {
        kept = keep(envelope, text);
    }
    if (kept != NULL) {
        push(&subscription->queue, kept);
    } else {
        lag(session, subscription);
    }
    subscription->changed(subscription);
}

void session_notified(struct session *session, const struct envelope *envelope,
                      struct base_buf *text) {
    struct session_subscription *subscription =
        base_map_get(&session->subscriptions, envelope->subscription);
    if (subscription != NULL) {
        deliver(session, subscription, envelope, text);
        return;
    }
    if (session->subscribing == 0) {
        return;
    }
    struct session_notification *kept = NULL;
    if (session->early.count < SESSION_EARLY_MAX &&
        session->early.bytes + envelope->result.size <= SESSION_EARLY_BYTES_MAX) {
        kept = keep(envelope, text);
    }
    if (kept != NULL) {
        push(&session->early, kept);
    } else {
        session->early_lost = true;
    }
}

/* Hands the early notifications of one id to their subscription, in order. */
static void claim(struct session *session, struct session_subscription *subscription) {
    struct session_notifications rest = {.last = &rest.first};
    for (struct session_notification *next = pop(&session->early); next != NULL;
         next = pop(&session->early)) {
        if (!base_text_equal(next->subscription, subscription->call.reply.result)) {
            push(&rest, next);
        } else if (subscription->live && subscription->queue.count < subscription->queue_max) {
            push(&subscription->queue, next);
        } else {
            lag(session, subscription);
            session_notification_free(next);
        }
    }
    for (struct session_notification *next = pop(&rest); next != NULL; next = pop(&rest)) {
        push(&session->early, next);
    }
    if (session->early_lost) {
        lag(session, subscription); /* the lost one may have been ours */
    }
}

static enum substrate_status begin(struct session *session,
                                   struct session_subscription *subscription) {
    struct substrate_text id = subscription->call.reply.result;
    char first = id.data[0];
    if (first != '"' && first != '-' && (first < '0' || first > '9')) {
        return SUBSTRATE_E_PROTOCOL;
    }
    if (base_map_get(&session->subscriptions, id) != NULL) {
        return SUBSTRATE_E_PROTOCOL; /* two subscriptions cannot share an id */
    }
    if (!base_map_put(&session->subscriptions, id, subscription)) {
        return SUBSTRATE_E_MEMORY;
    }
    subscription->live = true;
    claim(session, subscription);
    return SUBSTRATE_OK;
}

void session_subscription_replied(struct session *session, struct session_call *call) {
    struct session_subscription *subscription = call->subscription;
    call->subscription = NULL;
    if (call->reply.status == SUBSTRATE_OK) {
        call->reply.status = begin(session, subscription);
    }
    session->subscribing -= 1;
    if (session->subscribing == 0) {
        session_notifications_clear(&session->early);
        session->early_lost = false;
    }
}

enum substrate_status session_subscribe(struct session *session,
                                        struct session_subscription *subscription,
                                        const struct substrate_request *request,
                                        uint64_t deadline_us, char *room) {
    subscription->live = subscription->lagged = false;
    subscription->queue = (struct session_notifications){.last = &subscription->queue.first};
    enum substrate_status status =
        session_submit(session, &subscription->call, request, deadline_us, room);
    if (status == SUBSTRATE_OK) {
        subscription->call.subscription = subscription;
        session->subscribing += 1;
    }
    return status;
}

void session_unsubscribe(struct session *session, struct session_subscription *subscription) {
    (void)session_cancel(session, &subscription->call);
    stop(session, subscription);
    session_notifications_clear(&subscription->queue);
}

void session_subscriptions_close(struct session *session) {
    size_t cursor = 0;
    struct substrate_text id;
    void *value = NULL;
    while (base_map_next(&session->subscriptions, &cursor, &id, &value)) {
        struct session_subscription *subscription = value;
        subscription->live = false;
        subscription->changed(subscription);
    }
    base_map_free(&session->subscriptions);
}
