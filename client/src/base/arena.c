/* Arenas: a list of blocks, the first of which is being filled. What is too big for the room that
 * is left gets a block of its own behind it. Under AddressSanitizer the unused rest of each block,
 * and a gap after each allocation, are poisoned, so that an overrun shows as it would with malloc.
 */
#include "arena.h"
#include "mem.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_GAP alignof(max_align_t)
#else
#define ASAN_POISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#define ARENA_GAP ((size_t)0)
#endif

#define BLOCK_SIZE_DEFAULT 4096

struct base_arena_block {
    struct base_arena_block *next;
    size_t capacity, used;
    bool borrowed; /* it stands in the caller's room */
    alignas(max_align_t) unsigned char data[];
};
_Static_assert(sizeof(struct base_arena_block) <= BASE_ARENA_BLOCK_SIZE, "a room has its block");

static bool each_alone;

void base_arena_each_alone(bool alone) { each_alone = alone; }

void base_arena_init(struct base_arena *arena, size_t block_size) {
    arena->blocks = NULL;
    arena->block_size = each_alone ? 1 : block_size == 0 ? BLOCK_SIZE_DEFAULT : block_size;
}

static void block_init(struct base_arena_block *block, size_t capacity, bool borrowed) {
    block->next = NULL;
    block->capacity = capacity;
    block->used = 0;
    block->borrowed = borrowed;
    ASAN_POISON_MEMORY_REGION(block->data, capacity);
}

static struct base_arena_block *block_new(size_t capacity) {
    if (capacity > SIZE_MAX - sizeof(struct base_arena_block)) {
        return NULL;
    }
    struct base_arena_block *block = base_alloc(sizeof *block + capacity);
    if (block != NULL) {
        block_init(block, capacity, false);
    }
    return block;
}

static void block_free(struct base_arena_block *block) {
    ASAN_UNPOISON_MEMORY_REGION(block->data, block->capacity);
    if (!block->borrowed) {
        base_free(block);
    }
}

void base_arena_init_in(struct base_arena *arena, void *room, size_t size, size_t block_size) {
    base_arena_init(arena, block_size);
    arena->blocks = room;
    block_init(arena->blocks, each_alone ? 0 : size - sizeof(struct base_arena_block), true);
}

/* A block with `size` bytes of room, linked into the arena. */
static struct base_arena_block *block_with_room(struct base_arena *arena, size_t size) {
    struct base_arena_block *head = arena->blocks;
    if (head != NULL && size <= head->capacity - head->used) {
        return head;
    }
    /* A big one does not end the filling of the first block. */
    bool behind = head != NULL && size > arena->block_size / 4;
    struct base_arena_block *block =
        block_new(behind || size > arena->block_size ? size : arena->block_size);
    if (block == NULL) {
        return NULL;
    }
    if (behind) {
        block->next = head->next;
        head->next = block;
    } else {
        block->next = head;
        arena->blocks = block;
    }
    return block;
}

void *base_arena_alloc(struct base_arena *arena, size_t size) {
    size_t alignment = alignof(max_align_t);
    if (size > SIZE_MAX - alignment - ARENA_GAP) {
        return NULL;
    }
    size_t needed = (size + alignment - 1) / alignment * alignment + ARENA_GAP;
    struct base_arena_block *block = block_with_room(arena, needed);
    if (block == NULL) {
        return NULL;
    }
    unsigned char *memory = block->data + block->used;
    block->used += needed;
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
    return memory;
}

void *base_arena_calloc(struct base_arena *arena, size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *memory = base_arena_alloc(arena, count * size);
    if (memory != NULL) {
        memset(memory, 0, count * size);
    }
    return memory;
}

struct substrate_text base_arena_text(struct base_arena *arena, struct substrate_text text) {
    struct substrate_text copy = {NULL, 0};
    char *memory = text.size == SIZE_MAX ? NULL : base_arena_alloc(arena, text.size + 1);
    if (memory == NULL) {
        return copy;
    }
    if (text.size > 0) {
        memcpy(memory, text.data, text.size);
    }
    memory[text.size] = '\0';
    copy.data = memory;
    copy.size = text.size;
    return copy;
}

void base_arena_reset(struct base_arena *arena) {
    struct base_arena_block *kept = NULL;
    struct base_arena_block *next = NULL;
    for (struct base_arena_block *block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        bool usual = kept == NULL && block->capacity == arena->block_size;
        struct base_arena_block *given_up = block;
        if (usual || block->borrowed) {
            given_up = kept;
            kept = block;
        }
        if (given_up != NULL) {
            block_free(given_up);
        }
    }
    arena->blocks = kept;
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
        ASAN_POISON_MEMORY_REGION(kept->data, kept->capacity);
    }
}

void base_arena_free(struct base_arena *arena) {
    struct base_arena_block *next = NULL;
    for (struct base_arena_block *block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        block_free(block);
    }
    arena->blocks = NULL;
}

size_t base_arena_size(const struct base_arena *arena) {
    size_t size = 0;
    for (const struct base_arena_block *at = arena->blocks; at != NULL; at = at->next) {
        size += sizeof(*at) + at->capacity;
    }
    return size;
}

bool base_arena_has(const struct base_arena *arena, const void *memory) {
    uintptr_t place = (uintptr_t)memory;
    bool found = false;
    for (const struct base_arena_block *at = arena->blocks; at != NULL && !found; at = at->next) {
        found = place >= (uintptr_t)at->data && place < (uintptr_t)at->data + at->capacity;
    }
    return found;
}
