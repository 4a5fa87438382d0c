/* A binary heap of deadlines. Its nodes are members of the caller's structs and know their place,
 * so that any of them can leave in O(log n). Room is reserved first: after that nothing can fail.
 */
#ifndef SESSION_HEAP_H
#define SESSION_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `index` of a node that is in no heap. */
#define HEAP_NOWHERE SIZE_MAX

struct heap_node {
    uint64_t key;
    size_t index;
};

/* A node with its key, so that comparing it does not touch the caller's struct. */
struct heap_entry {
    uint64_t key;
    struct heap_node *node;
};

struct heap {
    struct heap_entry *entries;
    size_t count, capacity;
};

#define HEAP_INIT \
    { NULL, 0, 0 }

void heap_free(struct heap *heap);
/* Makes room for `more` nodes beyond those that are in; false when out of memory. */
bool heap_reserve(struct heap *heap, size_t more);
/* Adds a node that is in no heap; the room must have been reserved. */
void heap_push(struct heap *heap, struct heap_node *node, uint64_t key);
/* Takes a node out; nothing happens if it is in no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);
/* Gives a node that is in the heap another key. */
void heap_move(struct heap *heap, struct heap_node *node, uint64_t key);
/* The node with the smallest key, or NULL. */
struct heap_node *heap_top(const struct heap *heap);

#endif
