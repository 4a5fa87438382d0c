/* The heap of deadlines; see heap.h. */
#include "base/heap.h"

#include "base/mem.h"

void base_heap_free(struct base_heap *heap) {
    base_free(heap->entries);
    *heap = (struct base_heap)BASE_HEAP_INIT;
}

bool base_heap_reserve(struct base_heap *heap, size_t more) {
    if (more > SIZE_MAX - heap->count) {
        return false;
    }
    void *entries = heap->entries;
    bool grown = base_grow(&entries, &heap->capacity, heap->count + more, sizeof(heap->entries[0]));
    heap->entries = entries;
    return grown;
}

static void place(struct base_heap *heap, struct base_heap_entry entry, size_t index) {
    heap->entries[index] = entry;
    entry.node->index = index;
}

static bool earlier(const struct base_heap_entry *a, const struct base_heap_entry *b) {
    return a->key != b->key ? a->key < b->key : a->tie < b->tie;
}

/* Gives where the entry has come to. */
static size_t sift_up(struct base_heap *heap, struct base_heap_entry entry, size_t index) {
    while (index > 0 && earlier(&entry, &heap->entries[(index - 1) / 2])) {
        place(heap, heap->entries[(index - 1) / 2], index);
        index = (index - 1) / 2;
    }
    place(heap, entry, index);
    return index;
}

static void sift_down(struct base_heap *heap, struct base_heap_entry entry, size_t index) {
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count && earlier(&heap->entries[child + 1], &heap->entries[child])) {
            child += 1;
        }
        if (!earlier(&heap->entries[child], &entry)) {
            break;
        }
        place(heap, heap->entries[child], index);
        index = child;
    }
    place(heap, entry, index);
}

/* Only one of the two moves it: an entry that rose has nothing smaller below it. */
static void settle(struct base_heap *heap, struct base_heap_entry entry, size_t index) {
    sift_down(heap, entry, sift_up(heap, entry, index));
}

void base_heap_push(struct base_heap *heap, struct base_heap_node *node, uint64_t key) {
    node->key = key;
    heap->count += 1;
    (void)sift_up(heap, (struct base_heap_entry){key, node->tie, node}, heap->count - 1);
}

void base_heap_remove(struct base_heap *heap, struct base_heap_node *node) {
    size_t index = node->index;
    if (index == BASE_HEAP_NOWHERE) {
        return;
    }
    node->index = BASE_HEAP_NOWHERE;
    heap->count -= 1;
    if (index < heap->count) {
        settle(heap, heap->entries[heap->count], index);
    }
}

void base_heap_move(struct base_heap *heap, struct base_heap_node *node, uint64_t key) {
    node->key = key;
    settle(heap, (struct base_heap_entry){key, node->tie, node}, node->index);
}
