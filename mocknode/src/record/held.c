/* A queue of what a proxy holds back until it is kept. */
#include "record/held.h"

#include <string.h>
#include "base/mem.h"

bool held_put(struct held_queue *queue, const struct held *like) {
    struct held *held = base_alloc(sizeof *held + like->text.size);
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

struct held *held_take(struct held_queue *queue, uint64_t kept, uint64_t now_us) {
    struct held *held = queue->first;
    if (held == NULL || (held->owner != NULL && held->after > kept && held->due_us > now_us)) {
        return NULL;
    }
    queue->first = held->next;
    return held;
}

uint64_t held_due(const struct held_queue *queue) {
    return queue->first != NULL ? queue->first->due_us : SUBSTRATE_NEVER;
}

void held_forget(struct held_queue *queue, const void *owner) {
    for (struct held *held = queue->first; held != NULL; held = held->next) {
        if (held->owner == owner) {
            held->owner = NULL;
        }
    }
}

void held_free(struct held_queue *queue) {
    struct held *held;
    while ((held = held_take(queue, UINT64_MAX, UINT64_MAX)) != NULL) {
        base_free(held);
    }
}
