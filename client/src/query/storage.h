/* Queries for one entry of a storage map, described by a table row. */
#ifndef QUERY_STORAGE_H
#define QUERY_STORAGE_H

#include <substrate/query.h>

enum query_hasher { HASHER_IDENTITY, HASHER_BLAKE2_128_CONCAT, HASHER_TWOX_64_CONCAT };
enum query_value { VALUE_BOOL };

struct query_storage_item {
    const char *pallet, *item;
    enum query_hasher hasher;
    enum query_value value;
    const char *absent; /* canonical JSON of the item's default */
};

/* The longest encoded key that a row may be asked with. */
#define QUERY_KEY_MAX 64

/* A query for the entry of `key` (SCALE, copied) of a static `item`, at a block or at the head.
 * Returns OK, E_ARGUMENT, E_MEMORY. */
enum substrate_status query_storage(const struct query_storage_item *item,
                                    struct substrate_bytes key, const struct substrate_hash *at,
                                    struct substrate_query **query);

#endif
