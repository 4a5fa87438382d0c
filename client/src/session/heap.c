/* The heap of deadlines; see heap.h. */
#include "heap.h"

#include "base/mem.h"

void heap_free(struct heap *heap) {
    base_free(heap->nodes);
    *heap = (struct heap)HEAP_INIT;
}

bool heap_reserve(struct heap *heap, size_t more) {
    if (more > SIZE_MAX - heap->count) {
        return false;
    }
    void *nodes = heap->nodes;
    bool grown = base_grow(&nodes, &heap->capacity, heap->count + more, sizeof(heap->nodes[0]));
    heap->nodes = nodes;
    return grown;
}

static void place(struct heap *heap, struct heap_node *node, size_t index) {
    heap->nodes[index] = node;
    node->index = index;
}

static void sift_up(struct heap *heap, struct heap_node *node, size_t index) {
    while (index > 0 && heap->nodes[(index - 1) / 2]->key > node->key) {
        place(heap, heap->nodes[(index - 1) / 2], index);
        index = (index - 1) / 2;
    }
    place(heap, node, index);
}

static void sift_down(struct heap *heap, struct heap_node *node, size_t index) {
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count && heap->nodes[child + 1]->key < heap->nodes[child]->key) {
            child += 1;
        }
        if (heap->nodes[child]->key >= node->key) {
            break;
        }
        place(heap, heap->nodes[child], index);
        index = child;
    }
    place(heap, node, index);
}

/* Only one of the two moves it: a node that rose has nothing smaller below it. */
static void settle(struct heap *heap, struct heap_node *node, size_t index) {
    sift_up(heap, node, index);
    sift_down(heap, node, node->index);
}

void heap_push(struct heap *heap, struct heap_node *node, uint64_t key) {
    node->key = key;
    heap->count += 1;
    sift_up(heap, node, heap->count - 1);
}

void heap_remove(struct heap *heap, struct heap_node *node) {
    size_t index = node->index;
    if (index == HEAP_NOWHERE) {
        return;
    }
    node->index = HEAP_NOWHERE;
    heap->count -= 1;
    if (index < heap->count) {
        settle(heap, heap->nodes[heap->count], index);
    }
}

void heap_move(struct heap *heap, struct heap_node *node, uint64_t key) {
    node->key = key;
    settle(heap, node, node->index);
}

struct heap_node *heap_top(const struct heap *heap) {
    return heap->count > 0 ? heap->nodes[0] : NULL;
}
