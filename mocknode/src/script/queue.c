/* The queue: a binary heap by (due, tie); blocked items hang from the item that they come after.
 * Room in the heap is reserved for blocked items when they are put, so that unblocking cannot fail.
 */
#include "script/queue.h"

#include "base/mem.h"

void script_queue_free(struct script_queue *queue) {
    base_free(queue->heap);
    queue->heap = NULL;
    queue->count = queue->capacity = queue->blocked = 0;
}

static bool earlier(const struct script_item *a, const struct script_item *b) {
    return a->due != b->due ? a->due < b->due : a->tie < b->tie;
}

static void set(struct script_queue *queue, size_t place, struct script_item *item) {
    queue->heap[place] = item;
    item->place = place;
}

static void sift_up(struct script_queue *queue, size_t place, struct script_item *item) {
    while (place > 0 && earlier(item, queue->heap[(place - 1) / 2])) {
        set(queue, place, queue->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    set(queue, place, item);
}

static void sift_down(struct script_queue *queue, size_t place, struct script_item *item) {
    for (;;) {
        size_t child = 2 * place + 1;
        if (child + 1 < queue->count && earlier(queue->heap[child + 1], queue->heap[child])) {
            child++;
        }
        if (child >= queue->count || !earlier(queue->heap[child], item)) {
            break;
        }
        set(queue, place, queue->heap[child]);
        place = child;
    }
    set(queue, place, item);
}

static void push(struct script_queue *queue, struct script_item *item) {
    item->state = SCRIPT_QUEUED;
    queue->count++;
    sift_up(queue, queue->count - 1, item);
}

static void take_out(struct script_queue *queue, size_t place) {
    struct script_item *last = queue->heap[--queue->count];
    if (place == queue->count) {
        return;
    }
    if (place > 0 && earlier(last, queue->heap[(place - 1) / 2])) {
        sift_up(queue, place, last);
    } else {
        sift_down(queue, place, last);
    }
}

static bool waits_for(const struct script_item *after, const void *channel) {
    switch (after->state) {
    case SCRIPT_PENDING:
    case SCRIPT_BLOCKED:
    case SCRIPT_QUEUED:
        return true;
    case SCRIPT_EMITTED:
        return after->channel != channel;
    case SCRIPT_IDLE:
    case SCRIPT_LEFT:
        break;
    }
    return false;
}

bool script_queue_put(struct script_queue *queue, struct script_item *item, uint64_t due,
                      struct script_item *after) {
    if (!base_grow((void **)&queue->heap, &queue->capacity, queue->count + queue->blocked + 1,
                   sizeof(*queue->heap))) {
        return false;
    }
    item->due = due;
    item->tie = queue->next_tie++;
    item->before = NULL;
    item->next_follower = NULL;
    if (after == NULL || !waits_for(after, item->channel)) {
        push(queue, item);
        return true;
    }
    item->state = SCRIPT_BLOCKED;
    item->before = after;
    struct script_item **tail = &after->followers;
    while (*tail != NULL) {
        tail = &(*tail)->next_follower;
    }
    *tail = item;
    queue->blocked++;
    return true;
}

/* Lets the followers go that need not wait any longer. */
static void release(struct script_queue *queue, struct script_item *item) {
    struct script_item **link = &item->followers;
    while (*link != NULL) {
        struct script_item *follower = *link;
        if (waits_for(item, follower->channel)) {
            link = &follower->next_follower;
            continue;
        }
        *link = follower->next_follower;
        follower->next_follower = NULL;
        follower->before = NULL;
        queue->blocked--;
        push(queue, follower);
    }
}

struct script_item *script_queue_take(struct script_queue *queue, uint64_t now) {
    if (script_queue_due(queue) > now || queue->count == 0) {
        return NULL;
    }
    struct script_item *item = queue->heap[0];
    take_out(queue, 0);
    item->state = SCRIPT_EMITTED;
    release(queue, item);
    return item;
}

uint64_t script_queue_due(const struct script_queue *queue) {
    return queue->count > 0 ? queue->heap[0]->due : UINT64_MAX;
}

void script_queue_left(struct script_queue *queue, struct script_item *item) {
    item->state = SCRIPT_LEFT;
    release(queue, item);
}

void script_queue_drop(struct script_queue *queue, struct script_item *item) {
    if (item->state == SCRIPT_QUEUED) {
        take_out(queue, item->place);
    } else if (item->state == SCRIPT_BLOCKED) {
        struct script_item **link = &item->before->followers;
        while (*link != item) {
            link = &(*link)->next_follower;
        }
        *link = item->next_follower;
        queue->blocked--;
    }
    item->before = item->next_follower = NULL;
    item->state = SCRIPT_IDLE;
    release(queue, item);
}
