/* The heap of deadlines; see heap.h. */
#include "heap.h"

#include "base/mem.h"

void heap_free(struct heap *heap) {
    base_free(heap->entries);
    *heap = (struct heap)HEAP_INIT;
}

bool heap_reserve(struct heap *heap, size_t more) {
    if (more > SIZE_MAX - heap->count) {
        return false;
    }
    void *entries = heap->entries;
    bool grown = base_grow(&entries, &heap->capacity, heap->count + more, sizeof(heap->entries[0]));
    heap->entries = entries;
    return grown;
}

static void place(struct heap *heap, struct heap_entry entry, size_t index) {
    heap->entries[index] = entry;
    entry.node->index = index;
}

/* Gives where the entry has come to. */
static size_t sift_up(struct heap *heap, struct heap_entry entry, size_t index) {
    while (index > 0 && heap->entries[(index - 1) / 2].key > entry.key) {
        place(heap, heap->entries[(index - 1) / 2], index);
        index = (index - 1) / 2;
    }
    place(heap, entry, index);
    return index;
}

static void sift_down(struct heap *heap, struct heap_entry entry, size_t index) {
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count && heap->entries[child + 1].key < heap->entries[child].key) {
            child += 1;
        }
        if (heap->entries[child].key >= entry.key) {
            break;
        }
        place(heap, heap->entries[child], index);
        index = child;
    }
    place(heap, entry, index);
}

/* Only one of the two moves it: an entry that rose has nothing smaller below it. */
static void settle(struct heap *heap, struct heap_entry entry, size_t index) {
    sift_down(heap, entry, sift_up(heap, entry, index));
}

void heap_push(struct heap *heap, struct heap_node *node, uint64_t key) {
    node->key = key;
    heap->count += 1;
    (void)sift_up(heap, (struct heap_entry){key, node}, heap->count - 1);
}

void heap_remove(struct heap *heap, struct heap_node *node) {
    size_t index = node->index;
    if (index == HEAP_NOWHERE) {
        return;
    }
    node->index = HEAP_NOWHERE;
    heap->count -= 1;
    if (index < heap->count) {
        settle(heap, heap->entries[heap->count], index);
    }
}

void heap_move(struct heap *heap, struct heap_node *node, uint64_t key) {
    node->key = key;
    settle(heap, (struct heap_entry){key, node}, node->index);
}

struct heap_node *heap_top(const struct heap *heap) {
    return heap->count > 0 ? heap->entries[0].node : NULL;
}
