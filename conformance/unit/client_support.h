/* For tests of the client: an allocator that fails on demand, also under threads. */
#ifndef CLIENT_SUPPORT_H
#define CLIENT_SUPPORT_H

#include "check_main.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include <substrate/base.h>
#include "base/arena.h"

/* Counts what is alive, and fails the allocation number `fail_at`. */
struct client_failing {
    atomic_size_t alive, made;
    size_t fail_at;
};

static inline void *client_failing_resize(void *context, void *memory, size_t size) {
    struct client_failing *failing = context;
    if (size == 0) {
        if (memory != NULL) {
            (void)atomic_fetch_sub(&failing->alive, 1);
        }
        free(memory);
        return NULL;
    }
    if (atomic_fetch_add(&failing->made, 1) + 1 == failing->fail_at) {
        return NULL;
    }
    void *result = realloc(memory, size);
    if (memory == NULL && result != NULL) {
        (void)atomic_fetch_add(&failing->alive, 1);
    }
    return result;
}

/* Whether the scenario made so few allocations that number `n` was none to fail. */
static inline bool client_fail_one(bool (*scenario)(void), size_t n) {
    struct client_failing failing = {.fail_at = n};
    struct substrate_allocator allocator = {client_failing_resize, &failing};
    substrate_allocator_set(&allocator);
    bool succeeded = scenario();
    substrate_allocator_set(NULL);
    ck_assert_msg(atomic_load(&failing.alive) == 0, "%zu blocks are left after failure %zu",
                  atomic_load(&failing.alive), n);
    bool over = atomic_load(&failing.made) < n;
    ck_assert(succeeded || !over);
    return over;
}

/* Runs a scenario with its first, second, third, … allocation failing until none fails, those in
 * arenas by the block and then each by itself; of more than 500 some. It must end each time and
 * give back everything; with no failure it must succeed. Whether it succeeds in spite of a failure
 * is its own business: what it returns then is ignored. */
static inline void client_fail_each(bool (*scenario)(void)) {
    for (int alone = 0; alone < 2; alone++) {
        size_t n = 1;
        base_arena_each_alone(alone != 0);
        while (!client_fail_one(scenario, n)) {
            n += n < 500 ? 1 : n / 20;
            ck_assert_uint_lt(n, 100000);
        }
        base_arena_each_alone(false);
        ck_assert_uint_gt(n, 1);
    }
}

#endif
