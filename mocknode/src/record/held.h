/* What a proxy has heard from its upstream and not yet handed on: a client gets a reply only when
 * the keeper has written what it says, so that a recording that is killed lacks nothing that a
 * client has seen. In order of arrival over all connections; no socket and no clock. */
#ifndef RECORD_HELD_H
#define RECORD_HELD_H

#include <stdbool.h>
#include <stdint.h>
#include <substrate/base.h>

struct held {
    struct held *next;
    void *owner;                /* NULL: forgotten */
    bool close;                 /* the upstream is gone, `text` says why; else a message */
    uint64_t after;             /* goes when so many exchanges are kept */
    uint64_t due_us;            /* or at this time, whatever the keeper does */
    struct substrate_text text; /* in the same allocation */
};

struct held_queue {
    struct held *first, *last;
};

/* Copies `text`; false: out of memory. Both `after` and `due_us` only grow. */
bool held_put(struct held_queue *queue, const struct held *like);
/* Takes the first one if it may go; the caller frees it with base_free. NULL: none may. */
struct held *held_take(struct held_queue *queue, uint64_t kept, uint64_t now_us);
/* When the first one goes at the latest, or SUBSTRATE_NEVER. */
uint64_t held_due(const struct held_queue *queue);
/* What was held for this owner will not be handed on. */
void held_forget(struct held_queue *queue, const void *owner);
void held_free(struct held_queue *queue);

#endif
