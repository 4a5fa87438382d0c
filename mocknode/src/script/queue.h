/* What is to be emitted, and when: {due, after, tie}. An item leaves at its due time, but never
 * before the item that it comes after; equal times go by tie, the order of insertion. Time is told,
 * not read. */
#ifndef SCRIPT_QUEUE_H
#define SCRIPT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum script_item_state {
    SCRIPT_IDLE,    /* in no queue */
    SCRIPT_PENDING, /* in none yet, but others may already come after it */
    SCRIPT_BLOCKED, /* behind the item that it comes after */
    SCRIPT_QUEUED,
    SCRIPT_EMITTED, /* taken; on its way through its channel */
    SCRIPT_LEFT,
};

/* Embedded in what is emitted; all zero but state and channel before it is put. `channel` is the
 * connection: items of one channel keep their order once emitted, so a follower there need not wait
 * until its predecessor has left. */
struct script_item {
    uint64_t due, tie;
    const void *channel;
    enum script_item_state state;
    size_t place; /* in the heap */
    struct script_item *before;
    struct script_item *followers, *next_follower;
};

struct script_queue {
    struct script_item **heap;
    size_t count, capacity;
    size_t blocked;
    uint64_t next_tie;
};

void script_queue_free(struct script_queue *queue);
/* `after`: NULL, or an item whose fate the queue will be told. false: out of memory. */
bool script_queue_put(struct script_queue *queue, struct script_item *item, uint64_t due,
                      struct script_item *after);
/* The next item that is due, now emitted; NULL: none. */
struct script_item *script_queue_take(struct script_queue *queue, uint64_t now);
/* When the next item is due; UINT64_MAX: never. */
uint64_t script_queue_due(const struct script_queue *queue);
/* Says that an emitted item has left: whatever came after it may go. */
void script_queue_left(struct script_queue *queue, struct script_item *item);
/* Takes an item out, wherever it is; its followers may go. It is idle then. */
void script_queue_drop(struct script_queue *queue, struct script_item *item);

#endif
