/* Hash maps from bytes, and from 64-bit ids, to a pointer. Keys of the text map are borrowed.
 * Insertion may fail (memory); iteration order is the table's and means nothing. Text keys are
 * hashed with the map's seed, so that a hostile peer cannot choose colliding ones for a seed that
 * it does not know. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

struct base_map_slot;
struct base_map {
    struct base_map_slot *slots;
    size_t count, capacity;
    uint64_t seed;
};
void base_map_init(struct base_map *map, uint64_t seed);
void base_map_free(struct base_map *map); /* the table only; values are the caller's */
void *base_map_get(const struct base_map *map, struct substrate_text key); /* NULL: absent */
/* Sets a value (not NULL); a key that is there already is replaced by the new view as well. false:
 * out of memory, nothing changed. */
bool base_map_put(struct base_map *map, struct substrate_text key, void *value);
void *base_map_remove(struct base_map *map, struct substrate_text key); /* the value, or NULL */
/* Walks the map: *cursor starts at 0; false at the end. No insertion or removal meanwhile. */
bool base_map_next(const struct base_map *map, size_t *cursor, struct substrate_text *key,
                   void **value);

struct base_idmap_slot;
struct base_idmap {
    struct base_idmap_slot *slots;
    size_t count, capacity;
};
void base_idmap_init(struct base_idmap *map);
void base_idmap_free(struct base_idmap *map);
void *base_idmap_get(const struct base_idmap *map, uint64_t id);
bool base_idmap_put(struct base_idmap *map, uint64_t id, void *value);
/* The same, and *value is set to what was there before, NULL for nothing. */
bool base_idmap_exchange(struct base_idmap *map, uint64_t id, void **value);
void *base_idmap_remove(struct base_idmap *map, uint64_t id);
bool base_idmap_next(const struct base_idmap *map, size_t *cursor, uint64_t *id, void **value);

#endif
