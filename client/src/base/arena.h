/* An arena: many small allocations, freed at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>

#define BASE_ARENA_BLOCK_SIZE 32 /* of what a block says of itself */

struct base_arena_block;
struct base_arena {
    struct base_arena_block *blocks;
    size_t block_size;
};

/* Nothing is allocated before the first use. `block_size` 0 takes 4096. */
void base_arena_init(struct base_arena *arena, size_t block_size);
/* The same, but the first block stands in the caller's room, which is aligned for any type and of
 * BASE_ARENA_ROOM(n) bytes for n to fill. It is the arena's until that is freed. */
void base_arena_init_in(struct base_arena *arena, void *room, size_t size, size_t block_size);
#define BASE_ARENA_ROOM(n) (BASE_ARENA_BLOCK_SIZE + (n))
/* Aligned for any type, not zeroed; NULL on failure. A size of 0 gives a valid pointer. */
void *base_arena_alloc(struct base_arena *arena, size_t size);
void *base_arena_calloc(struct base_arena *arena, size_t count, size_t size);
/* A copy; data is NULL on failure. The copy is followed by a NUL. */
struct substrate_text base_arena_text(struct base_arena *arena, struct substrate_text text);
/* Gives everything back but one block of the usual size, which is reused: for an arena per request.
 */
void base_arena_reset(struct base_arena *arena);
void base_arena_free(struct base_arena *arena);
/* The bytes of its blocks. */
size_t base_arena_size(const struct base_arena *arena);
/* Does the memory stand in this arena? */
bool base_arena_has(const struct base_arena *arena, const void *memory);

/* For tests: arenas that are begun while this is true take each allocation from the allocator by
 * itself, so that each can fail. Threads: owner (before threads start). */
void base_arena_each_alone(bool alone);

#endif
