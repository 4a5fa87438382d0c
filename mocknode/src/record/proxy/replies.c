/* A queue of what a proxy holds back until it is kept. */
#include "record/proxy/replies.h"

#include <string.h>
#include "base/mem.h"

void reply_queue_init(struct reply_queue *queue) { STAILQ_INIT(queue); }

bool reply_queue_put(struct reply_queue *queue, const struct held_reply *like) {
    struct held_reply *held = base_alloc(sizeof *held + like->text.size);
    if (held == NULL) {
        return false;
    }
    *held = *like;
    if (like->text.size > 0) {
        memcpy(held + 1, like->text.data, like->text.size);
    }
    held->text.data = (const char *)(held + 1);
    STAILQ_INSERT_TAIL(queue, held, entry);
    return true;
}

struct held_reply *reply_queue_take(struct reply_queue *queue, uint64_t kept, uint64_t now_us) {
    struct held_reply *held = STAILQ_FIRST(queue);
    if (held == NULL || (held->owner != NULL && held->after > kept && held->due_us > now_us)) {
        return NULL;
    }
    STAILQ_REMOVE_HEAD(queue, entry);
    return held;
}

uint64_t reply_queue_due(const struct reply_queue *queue) {
    const struct held_reply *first = STAILQ_FIRST(queue);
    return first != NULL ? first->due_us : SUBSTRATE_NEVER;
}

void reply_queue_forget(struct reply_queue *queue, const void *owner) {
    struct held_reply *held;
    STAILQ_FOREACH(held, queue, entry) {
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
