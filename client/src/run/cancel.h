/* Cancelling queries while they run. Whoever waits on behalf of a query makes known how it is
 * interrupted; one lock guards who that is, for every query of the process, and is held for a few
 * instructions. It is taken before a connection's. */
#ifndef RUN_CANCEL_H
#define RUN_CANCEL_H

#include <stdbool.h>
#include <substrate/query.h>

struct cancellable {
    /* Called once, from any thread, with the lock held: it wakes whoever waits, and no more. */
    void (*interrupt)(struct cancellable *cancellable);
};

/* From now on until cancel_forget a cancelled query interrupts `cancellable`, which is done at once
 * when it was cancelled before. Returns whether it was. */
bool cancel_watch(struct substrate_query *query, struct cancellable *cancellable);
void cancel_forget(struct substrate_query *query);
/* Was it cancelled? */
bool cancel_wanted(struct substrate_query *query);

#endif
