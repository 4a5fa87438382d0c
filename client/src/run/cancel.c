/* Cancelling queries while they run; see cancel.h. */
#include "cancel.h"

#include <pthread.h>

#include "query/query.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void substrate_query_cancel(struct substrate_query *query) {
    (void)pthread_mutex_lock(&lock);
    if (!query->cancelled && query->cancellable != NULL) {
        query->cancellable->interrupt(query->cancellable);
    }
    query->cancelled = true;
    (void)pthread_mutex_unlock(&lock);
}

bool cancel_watch(struct substrate_query *query, struct cancellable *cancellable) {
    (void)pthread_mutex_lock(&lock);
    bool cancelled = query->cancelled;
    query->cancellable = cancellable;
    if (cancelled) {
        cancellable->interrupt(cancellable);
    }
    (void)pthread_mutex_unlock(&lock);
    return cancelled;
}

void cancel_forget(struct substrate_query *query) {
    (void)pthread_mutex_lock(&lock);
    query->cancellable = NULL;
    (void)pthread_mutex_unlock(&lock);
}

bool cancel_wanted(struct substrate_query *query) {
    (void)pthread_mutex_lock(&lock);
    bool cancelled = query->cancelled;
    (void)pthread_mutex_unlock(&lock);
    return cancelled;
}
