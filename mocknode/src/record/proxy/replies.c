/* A queue of what a proxy holds back until it is kept. */
#include "record/proxy/replies.h"

#include <string.h>
#include "base/mem.h"

bool reply_queue_put(struct reply_queue *queue, const struct held_reply *like) {
    struct held_reply *held = base_alloc(sizeof *held + like->text.size);
    if (held == NULL) {
        return false;
    }
    *held = *like;
    held->next = NULL;
    if (like->text.size > 0) {
        memcpy(held + 1, like->text.data, like->text.size);
    }
    held->text.data = (const char *)(held + 1);
    *(queue->first != NULL ? &queue->last->next : &queue->first) = held;
    queue->last = held;
    return true;
}

struct held_reply *reply_queue_take(struct reply_queue *queue, uint64_t kept, uint64_t now_us) {
    struct held_reply *held = queue->first;
    if (held == NULL || (held->owner != NULL && held->after > kept && held->due_us > now_us)) {
        return NULL;
    }
    queue->first = held->next;
    return held;
}

uint64_t reply_queue_due(const struct reply_queue *queue) {
    return queue->first != NULL ? queue->first->due_us : SUBSTRATE_NEVER;
}

void reply_queue_forget(struct reply_queue *queue, const void *owner) {
    for (struct held_reply *held = queue->first; held != NULL; held = held->next) {
        if (held->owner == owner) {
            held->owner = NULL;
        }
    }
}

void reply_queue_free(struct reply_queue *queue) {
    struct held_reply *held;
    while ((held = reply_queue_take(queue, UINT64_MAX, UINT64_MAX)) != NULL) {
        base_free(held);
    }
}
