/* Threads and handles of the kit: how many threads run, who uses a handle, how one opens and
 * closes.
 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "kit_internal.h"

/* ---- threads ---- */

struct spawned {
    struct kit *kit;
    void (*work)(void *);
    void *context;
    bool asking;
};

static void *spawned_main(void *context) {
    struct spawned spawned = *(struct spawned *)context;
    base_free(context);
    spawned.work(spawned.context);
    (void)pthread_mutex_lock(&spawned.kit->lock);
    spawned.kit->threads -= 1;
    spawned.kit->asking -= spawned.asking;
    (void)pthread_cond_broadcast(&spawned.kit->changed);
    (void)pthread_mutex_unlock(&spawned.kit->lock);
    return NULL;
}

bool kit_spawn(struct kit *kit, void (*work)(void *), void *context, bool asking) {
    pthread_attr_t attributes;
    pthread_t thread;
    struct spawned *spawned = base_alloc(sizeof(*spawned));
    if (spawned == NULL || pthread_attr_init(&attributes) != 0) {
        base_free(spawned);
        return false;
    }
    *spawned = (struct spawned){kit, work, context, asking};
    (void)pthread_mutex_lock(&kit->lock);
    kit->threads += 1;
    kit->asking += asking;
    bool started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_create(&thread, &attributes, spawned_main, spawned) == 0;
    if (!started) {
        kit->threads -= 1;
        kit->asking -= asking;
        base_free(spawned);
    }
    (void)pthread_mutex_unlock(&kit->lock);
    (void)pthread_attr_destroy(&attributes);
    return started;
}

/* ---- handles ---- */

void *kit_handle_wait(struct handle *handle, struct kit_end *end) {
    struct kit *kit = handle->kit;
    (void)pthread_mutex_lock(&kit->lock);
    while (handle->state == HANDLE_OPENING) {
        (void)pthread_cond_wait(&kit->changed, &kit->lock);
    }
    void *client = handle->client;
    if (client == NULL) {
        *end = kit_wrong(handle->outcome, handle->message);
    }
    (void)pthread_mutex_unlock(&kit->lock);
    return client;
}

void kit_handle_leave(struct handle *handle) {
    (void)pthread_mutex_lock(&handle->kit->lock);
    handle->users -= 1;
    (void)pthread_cond_broadcast(&handle->kit->changed);
    (void)pthread_mutex_unlock(&handle->kit->lock);
}

void kit_handle_free(struct handle *handle) {
    struct base_arena arena = handle->arena;
    base_arena_free(&arena);
}

void kit_open_handle(void *context) {
    struct handle *handle = context;
    struct kit *kit = handle->kit;
    struct kit_end end = {.outcome = "ok"};
    void *client = NULL;
    bool good = kit->client->open(&handle->options, &client, &end);
    kit_tell_outcome(kit, "opened", "on", handle->name.data, &end);
    (void)pthread_mutex_lock(&kit->lock);
    handle->state = good ? HANDLE_OPEN : HANDLE_FAILED;
    handle->client = client;
    handle->outcome = end.outcome;
    handle->message = "the handle was not opened";
    (void)pthread_cond_broadcast(&kit->changed);
    (void)pthread_mutex_unlock(&kit->lock);
    kit_handle_leave(handle);
}

/* Waits for its users to leave; whoever opens it is one. */
void kit_shut_handle(struct handle *handle) {
    struct kit *kit = handle->kit;
    struct kit_end end;
    void *client = kit_handle_wait(handle, &end);
    (void)pthread_mutex_lock(&kit->lock);
    handle->state = HANDLE_CLOSING;
    (void)pthread_cond_broadcast(&kit->changed);
    (void)pthread_mutex_unlock(&kit->lock);
    if (client != NULL) {
        kit->client->shut(client);
    }
    (void)pthread_mutex_lock(&kit->lock);
    while (handle->users > 0) {
        (void)pthread_cond_wait(&kit->changed, &kit->lock);
    }
    (void)pthread_mutex_unlock(&kit->lock);
    if (client != NULL) {
        kit->client->close(client);
    }
}

void kit_close_handle(void *context) {
    struct handle *handle = context;
    kit_shut_handle(handle);
    kit_tell_event(handle->kit, "closed", "on", handle->name.data);
    kit_handle_free(handle);
}
