/* Hash maps with open addressing: linear probing, at most three quarters full, and removal by
 * moving later entries back, so that there are no tombstones and a table never decays. A slot is
 * empty when its value is NULL. */
#include "map.h"
#include "hash.h"
#include "mem.h"
#include "text.h"

#define CAPACITY_MIN 16

struct base_map_slot {
    struct substrate_text key;
    uint64_t hash;
    void *value;
};

struct base_idmap_slot {
    uint64_t id;
    void *value;
};

/* Whether one more entry would overfill a table. */
static bool is_full(size_t count, size_t capacity) { return count >= capacity / 4 * 3; }

/* Whether the entry at `at`, whose probing began at `home`, may move back to the hole: it may
 * unless its home lies between the two, seen around the ring. */
static bool may_fill(size_t hole, size_t at, size_t home, size_t mask) {
    return ((at - home) & mask) >= ((at - hole) & mask);
}

void base_map_init(struct base_map *map, uint64_t seed) {
    *map = (struct base_map){NULL, 0, 0, seed};
}

void base_map_free(struct base_map *map) {
    base_free(map->slots);
    base_map_init(map, map->seed);
}

static uint64_t text_hash(const struct base_map *map, struct substrate_text key) {
    return base_table_hash(key, map->seed);
}

/* The slot that holds the key, or the empty one where it belongs. The table has an empty slot. */
static struct base_map_slot *text_find(const struct base_map *map, struct substrate_text key,
                                       uint64_t hash) {
    size_t mask = map->capacity - 1;
    size_t at = (size_t)hash & mask;
    while (map->slots[at].value != NULL &&
           !(map->slots[at].hash == hash && base_text_equal(map->slots[at].key, key))) {
        at = (at + 1) & mask;
    }
    return &map->slots[at];
}

void *base_map_get(const struct base_map *map, struct substrate_text key) {
    return map->count == 0 ? NULL : text_find(map, key, text_hash(map, key))->value;
}

static bool text_grow(struct base_map *map) {
    struct base_map grown = *map;
    grown.capacity = map->capacity == 0 ? CAPACITY_MIN : map->capacity * 2;
    grown.slots = base_calloc(grown.capacity, sizeof *grown.slots);
    if (grown.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].value != NULL) {
            *text_find(&grown, map->slots[i].key, map->slots[i].hash) = map->slots[i];
        }
    }
    base_free(map->slots);
    *map = grown;
    return true;
}

bool base_map_put(struct base_map *map, struct substrate_text key, void *value) {
    uint64_t hash = text_hash(map, key);
    struct base_map_slot *slot = map->capacity == 0 ? NULL : text_find(map, key, hash);
    if (slot == NULL || (slot->value == NULL && is_full(map->count, map->capacity))) {
        if (!text_grow(map)) {
            return false;
        }
        slot = text_find(map, key, hash);
    }
    map->count += slot->value == NULL;
    *slot = (struct base_map_slot){key, hash, value};
    return true;
}

void *base_map_remove(struct base_map *map, struct substrate_text key) {
    struct base_map_slot *slot = map->count == 0 ? NULL : text_find(map, key, text_hash(map, key));
    if (slot == NULL || slot->value == NULL) {
        return NULL;
    }
    void *value = slot->value;
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(slot - map->slots);
    for (size_t at = (hole + 1) & mask; map->slots[at].value != NULL; at = (at + 1) & mask) {
        if (may_fill(hole, at, (size_t)map->slots[at].hash & mask, mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].value = NULL;
    map->count--;
    return value;
}

bool base_map_next(const struct base_map *map, size_t *cursor, struct substrate_text *key,
                   void **value) {
    while (*cursor < map->capacity) {
        const struct base_map_slot *slot = &map->slots[(*cursor)++];
        if (slot->value != NULL) {
            *key = slot->key;
            *value = slot->value;
            return true;
        }
    }
    return false;
}

void base_idmap_init(struct base_idmap *map) { *map = (struct base_idmap){NULL, 0, 0}; }

void base_idmap_free(struct base_idmap *map) {
    base_free(map->slots);
    base_idmap_init(map);
}

/* Spreads ids over the table, by the finalizer of splitmix64; but those that count up, as most do,
 * stand side by side in eights, so that a cache line that one has brought serves its neighbours. */
static size_t id_home(uint64_t id, size_t mask) {
    uint64_t eight = id / 8;
    eight = (eight ^ eight >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    eight = (eight ^ eight >> 27) * UINT64_C(0x94d049bb133111eb);
    eight ^= eight >> 31;
    return (size_t)(eight * 8 + id % 8) & mask;
}

static struct base_idmap_slot *id_find(const struct base_idmap *map, uint64_t id) {
    size_t mask = map->capacity - 1;
    size_t at = id_home(id, mask);
    while (map->slots[at].value != NULL && map->slots[at].id != id) {
        at = (at + 1) & mask;
    }
    return &map->slots[at];
}

void *base_idmap_get(const struct base_idmap *map, uint64_t id) {
    return map->count == 0 ? NULL : id_find(map, id)->value;
}

static bool id_grow(struct base_idmap *map) {
    struct base_idmap grown = *map;
    grown.capacity = map->capacity == 0 ? CAPACITY_MIN : map->capacity * 2;
    grown.slots = base_calloc(grown.capacity, sizeof *grown.slots);
    if (grown.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].value != NULL) {
            *id_find(&grown, map->slots[i].id) = map->slots[i];
        }
    }
    base_free(map->slots);
    *map = grown;
    return true;
}

bool base_idmap_exchange(struct base_idmap *map, uint64_t id, void **value) {
    struct base_idmap_slot *slot = map->capacity == 0 ? NULL : id_find(map, id);
    if (slot == NULL || (slot->value == NULL && is_full(map->count, map->capacity))) {
        if (!id_grow(map)) {
            return false;
        }
        slot = id_find(map, id);
    }
    void *before = slot->value;
    map->count += before == NULL;
    *slot = (struct base_idmap_slot){id, *value};
    *value = before;
    return true;
}

bool base_idmap_put(struct base_idmap *map, uint64_t id, void *value) {
    return base_idmap_exchange(map, id, &value);
}

void *base_idmap_remove(struct base_idmap *map, uint64_t id) {
    struct base_idmap_slot *slot = map->count == 0 ? NULL : id_find(map, id);
    if (slot == NULL || slot->value == NULL) {
        return NULL;
    }
    void *value = slot->value;
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(slot - map->slots);
    for (size_t at = (hole + 1) & mask; map->slots[at].value != NULL; at = (at + 1) & mask) {
        if (may_fill(hole, at, id_home(map->slots[at].id, mask), mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].value = NULL;
    map->count--;
    return value;
}

bool base_idmap_next(const struct base_idmap *map, size_t *cursor, uint64_t *id, void **value) {
    while (*cursor < map->capacity) {
        const struct base_idmap_slot *slot = &map->slots[(*cursor)++];
        if (slot->value != NULL) {
            *id = slot->id;
            *value = slot->value;
            return true;
        }
    }
    return false;
}
