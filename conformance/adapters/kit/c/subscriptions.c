/* Subscriptions of the kit: each has a thread that takes items from the client and does with them
 * what the user's handler does. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "kit_internal.h"

/* Whether the handler has the items wait: it returns when it is released, or the handle closes. */
static void hold(struct subscription *subscription) {
    struct kit *kit = subscription->kit;
    struct substrate_text id = base_text(subscription->subscription.id);
    (void)pthread_mutex_lock(&kit->lock);
    for (;;) {
        struct handler *handler = base_map_get(&kit->handlers, id);
        if (handler == NULL || !handler->hold || subscription->handle->state == HANDLE_CLOSING) {
            break;
        }
        (void)pthread_cond_wait(&kit->changed, &kit->lock);
    }
    (void)pthread_mutex_unlock(&kit->lock);
}

/* Makes the handler's call for the n-th item, if it has one, in `arena`. */
static struct call *handlers_call(struct subscription *subscription, uint64_t n,
                                  struct base_arena *arena) {
    struct kit *kit = subscription->kit;
    struct base_buf id = BASE_BUF_INIT;
    const struct shared shared = {.deadline_ms = subscription->handle->options.deadline_ms};
    struct call *call = base_arena_calloc(arena, 1, sizeof(*call));
    base_buf_format(&id, "%s/%llu", subscription->subscription.id, (unsigned long long)n);
    bool good = call != NULL && !id.failed;
    if (good) {
        call->kit = kit;
        call->lane = 1;
        call->call.id = base_arena_text(arena, base_buf_view(&id)).data;
        good = call->call.id != NULL;
    }
    base_buf_free(&id);
    (void)pthread_mutex_lock(&kit->lock);
    struct handler *handler =
        base_map_get(&kit->handlers, base_text(subscription->subscription.id));
    /* What the call points to stands in the handler's memory, which lives to the end. */
    good = good && handler != NULL && handler->call.kind != BASE_JSON_NONE &&
           kit_read_call(handler->call, &shared, arena, &call->call, NULL) == SUBSTRATE_OK &&
           base_map_put(&kit->calls, base_text(call->call.id), call);
    (void)pthread_mutex_unlock(&kit->lock);
    return good ? call : NULL;
}

static void set_handling(struct subscription *subscription, bool handling) {
    (void)pthread_mutex_lock(&subscription->kit->lock);
    subscription->handling = handling;
    (void)pthread_cond_broadcast(&subscription->kit->changed);
    (void)pthread_mutex_unlock(&subscription->kit->lock);
}

static void handle_item(struct subscription *subscription, uint64_t n, struct kit_text item) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    set_handling(subscription, true);
    kit_tell_item(subscription->kit, &subscription->subscription, n, item);
    hold(subscription);
    struct call *call = handlers_call(subscription, n, &arena);
    if (call != NULL) {
        kit_ask(subscription->handle->client, call);
    }
    set_handling(subscription, false);
    base_arena_free(&arena);
}

static bool unsubscribed(struct subscription *subscription) {
    (void)pthread_mutex_lock(&subscription->kit->lock);
    bool is = subscription->unsubscribed;
    (void)pthread_mutex_unlock(&subscription->kit->lock);
    return is;
}

/* Takes items until there are no more, and says in `end` why. */
static void follow(struct subscription *subscription, struct kit_end *end) {
    struct kit *kit = subscription->kit;
    const struct kit_client *client = kit->client;
    struct kit_text item = {NULL, 0};
    struct kit_end why = {.outcome = "ok"};
    enum kit_next next = KIT_NONE;
    uint64_t n = 0;
    *end = why;
    while (next != KIT_ENDED && !unsubscribed(subscription)) {
        next = client->next(&subscription->subscription, &item, &why);
        if (next == KIT_ITEM) {
            n += 1;
            handle_item(subscription, n, item);
        } else if (next == KIT_LAG) {
            kit_tell_event(kit, "lag", "id", subscription->subscription.id);
        } else if (next == KIT_ENDED) {
            *end = why;
        }
    }
}

void kit_follow(void *context) {
    struct subscription *subscription = context;
    struct kit *kit = subscription->kit;
    const char *id = subscription->subscription.id;
    struct kit_end end = {.outcome = "other"};
    void *client = kit_handle_wait(subscription->handle, &end);
    if (client != NULL && kit->client->subscribe(client, &subscription->subscription, &end)) {
        kit_tell_event(kit, "subscribed", "id", id);
        (void)pthread_mutex_lock(&kit->lock);
        subscription->following = true;
        (void)pthread_mutex_unlock(&kit->lock);
        follow(subscription, &end);
        kit->client->unsubscribe(&subscription->subscription);
    }
    (void)pthread_mutex_lock(&kit->lock);
    (void)base_map_remove(&kit->subscriptions, base_text(id));
    (void)pthread_cond_broadcast(&kit->changed);
    (void)pthread_mutex_unlock(&kit->lock);
    kit_tell_outcome(kit, "ended", "id", id, &end);
    kit_handle_leave(subscription->handle);
    struct base_arena arena = subscription->arena;
    base_arena_free(&arena);
}
