/* A binary heap of deadlines, smallest key first; equal keys go by tie. Its nodes are members of
 * the caller's structs and know their place, so that any of them can leave in O(log n). Room is
 * reserved first: after that nothing can fail.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `index` of a node that is in no heap. */
#define BASE_HEAP_NOWHERE SIZE_MAX

struct base_heap_node {
    uint64_t key;
    uint64_t tie; /* the caller's, set before it is pushed or moved */
    size_t index;
};

/* A node with its key, so that comparing it does not touch the caller's struct. */
struct base_heap_entry {
    uint64_t key, tie;
    struct base_heap_node *node;
};

struct base_heap {
    struct base_heap_entry *entries;
    size_t count, capacity;
};

#define BASE_HEAP_INIT \
    { NULL, 0, 0 }

void base_heap_free(struct base_heap *heap);
/* Makes room for `more` nodes beyond those that are in; false when out of memory. */
bool base_heap_reserve(struct base_heap *heap, size_t more);
/* Adds a node that is in no heap; the room must have been reserved. */
void base_heap_push(struct base_heap *heap, struct base_heap_node *node, uint64_t key);
/* Takes a node out; nothing happens if it is in no heap. */
void base_heap_remove(struct base_heap *heap, struct base_heap_node *node);
/* Gives a node that is in the heap another key. */
void base_heap_move(struct base_heap *heap, struct base_heap_node *node, uint64_t key);
/* The node with the smallest key, or NULL. */
static inline struct base_heap_node *base_heap_top(const struct base_heap *heap) {
    return heap->count == 0 ? NULL : heap->entries[0].node;
}

#endif
