/* What is kept beside metadata: a small hash table whose lists only grow, so that they are read and
 * added to without a lock. */
#include "metadata_kept.h"
#include "base/mem.h"

#define LISTS 64u

static _Atomic(struct metadata_kept *) *list_of(const struct substrate_metadata *metadata,
                                                const void *key, uint32_t type) {
    uintptr_t mixed = ((uintptr_t)key >> 4) ^ ((uintptr_t)type * 31u);
    return &metadata->kept[mixed % LISTS];
}

bool metadata_kept_init(struct substrate_metadata *metadata) {
    metadata->kept = base_arena_alloc(&metadata->arena, LISTS * sizeof *metadata->kept);
    for (size_t i = 0; metadata->kept != NULL && i < LISTS; i++) {
        atomic_init(&metadata->kept[i], NULL);
    }
    return metadata->kept != NULL;
}

static void forget(struct metadata_kept *kept) {
    base_arena_free(&kept->arena);
    base_free(kept);
}

void metadata_kept_clear(const struct substrate_metadata *metadata) {
    for (size_t i = 0; metadata->kept != NULL && i < LISTS; i++) {
        struct metadata_kept *kept = atomic_exchange(&metadata->kept[i], NULL);
        while (kept != NULL) {
            struct metadata_kept *next = kept->next;
            forget(kept);
            kept = next;
        }
    }
}

static struct metadata_kept *find(struct metadata_kept *from, const void *key, uint32_t type) {
    while (from != NULL && (from->key != key || from->type != type)) {
        from = from->next;
    }
    return from;
}

const struct metadata_kept *metadata_kept_get(const struct substrate_metadata *metadata,
                                              const void *key, uint32_t type) {
    return find(atomic_load_explicit(list_of(metadata, key, type), memory_order_acquire), key,
                type);
}

const struct metadata_kept *metadata_keep(const struct substrate_metadata *metadata,
                                          struct metadata_kept *kept) {
    _Atomic(struct metadata_kept *) *list = list_of(metadata, kept->key, kept->type);
    struct metadata_kept *first = atomic_load_explicit(list, memory_order_acquire);
    do {
        const struct metadata_kept *faster = find(first, kept->key, kept->type);
        if (faster != NULL) {
            forget(kept);
            return faster;
        }
        kept->next = first;
    } while (!atomic_compare_exchange_weak_explicit(list, &first, kept, memory_order_acq_rel,
                                                    memory_order_acquire));
    return kept;
}
