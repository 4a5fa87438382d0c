/* An arena: many small allocations, freed at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <substrate/base.h>

struct base_arena_block;
struct base_arena {
    struct base_arena_block *blocks;
    size_t block_size;
};

/* Nothing is allocated before the first use. `block_size` 0 takes 4096. */
void base_arena_init(struct base_arena *arena, size_t block_size);
/* Aligned for any type, not zeroed; NULL on failure. A size of 0 gives a valid pointer. */
void *base_arena_alloc(struct base_arena *arena, size_t size);
void *base_arena_calloc(struct base_arena *arena, size_t count, size_t size);
/* A copy; data is NULL on failure. The copy is followed by a NUL. */
struct substrate_text base_arena_text(struct base_arena *arena, struct substrate_text text);
/* Gives everything back but one block of the usual size, which is reused: for an arena per request.
 */
void base_arena_reset(struct base_arena *arena);
void base_arena_free(struct base_arena *arena);

#endif
