/* Waiting and waking under a connection's lock. Whoever ends calls under the lock marks the threads
 * to wake, and signals them when the lock is given up: a thread signalled earlier would only wake
 * to block on the lock. The signal may come when its thread has long seen for itself that its calls
 * have ended, so waiters belong to the connection, which outlives every thread inside it; one that
 * is signalled late wakes a later borrower for nothing, and all who wait look again. */
#include "engine_internal.h"

#include <time.h>

#include "base/mem.h"

bool monotonic_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return false;
    }
    bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(cond, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    return made;
}

void monotonic_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_us) {
    struct timespec until = {(time_t)(until_us / 1000000), (long)(until_us % 1000000) * 1000};
    if (until_us == SUBSTRATE_NEVER) {
        (void)pthread_cond_wait(cond, lock);
    } else {
        (void)pthread_cond_timedwait(cond, lock, &until);
    }
}

struct waiter *waiter_borrow(struct substrate_connection *connection) {
    struct waiter *waiter = connection->idle_waiters;
    if (waiter != NULL) {
        connection->idle_waiters = waiter->next;
        return waiter;
    }
    waiter = base_calloc(1, sizeof(*waiter));
    if (waiter != NULL && !monotonic_cond_init(&waiter->changed)) {
        base_free(waiter);
        return NULL;
    }
    return waiter;
}

void waiter_return(struct substrate_connection *connection, struct waiter *waiter) {
    if (waiter != NULL) {
        waiter->next = connection->idle_waiters;
        connection->idle_waiters = waiter;
    }
}

void waiters_free(struct substrate_connection *connection) {
    while (connection->idle_waiters != NULL) {
        struct waiter *waiter = connection->idle_waiters;
        connection->idle_waiters = waiter->next;
        (void)pthread_cond_destroy(&waiter->changed);
        base_free(waiter);
    }
}

void waiter_wait(struct substrate_connection *connection, struct waiter *waiter,
                 uint64_t until_us) {
    waiter->waiting = true;
    monotonic_cond_wait(&waiter->changed, &connection->lock, until_us);
    waiter->waiting = false;
}

void waiter_wake(struct substrate_connection *connection, struct waiter *waiter) {
    if (!waiter->waiting) {
        return;
    }
    waiter->waiting = false;
    if (connection->woken_count < WOKEN_MAX) {
        connection->woken[connection->woken_count++] = waiter;
    } else {
        (void)pthread_cond_signal(&waiter->changed);
    }
}

void connection_unlock(struct substrate_connection *connection) {
    struct waiter *woken[WOKEN_MAX];
    size_t count = connection->woken_count;
    for (size_t i = 0; i < count; i++) {
        woken[i] = connection->woken[i];
    }
    connection->woken_count = 0;
    (void)pthread_mutex_unlock(&connection->lock);
    for (size_t i = 0; i < count; i++) {
        (void)pthread_cond_signal(&woken[i]->changed);
    }
}
