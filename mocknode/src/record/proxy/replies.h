/* What a proxy has heard from its upstream and not yet handed on: a client gets a reply only when
 * the recording has written what it says, so that a recording that is killed lacks nothing that a
 * client has seen. In order of arrival over all connections; no socket and no clock. */
#ifndef RECORD_PROXY_REPLIES_H
#define RECORD_PROXY_REPLIES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <substrate/base.h>

struct held_reply {
    STAILQ_ENTRY(held_reply) entry;
    void *owner;                /* NULL: forgotten */
    bool close;                 /* the upstream is gone, `text` says why; else a message */
    uint64_t after;             /* goes when so many exchanges are kept */
    uint64_t due_us;            /* or at this time, whatever the recording does */
    struct substrate_text text; /* in the same allocation */
};

STAILQ_HEAD(reply_queue, held_reply);

/* Before everything else. */
void reply_queue_init(struct reply_queue *queue);
/* Copies `text`; false: out of memory. Both `after` and `due_us` only grow. */
bool reply_queue_put(struct reply_queue *queue, const struct held_reply *like);
/* Takes the first one if it may go; the caller frees it with base_free. NULL: none may. */
struct held_reply *reply_queue_take(struct reply_queue *queue, uint64_t kept, uint64_t now_us);
/* When the first one goes at the latest, or SUBSTRATE_NEVER. */
uint64_t reply_queue_due(const struct reply_queue *queue);
/* What was held for this owner will not be handed on. */
void reply_queue_forget(struct reply_queue *queue, const void *owner);
void reply_queue_free(struct reply_queue *queue);

#endif
