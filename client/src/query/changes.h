/* Many keys read at once by `state_queryStorageAt`: writing the request, and reading the answer,
 * which is matched by key. The order of an answer means nothing; a key that was asked for twice may
 * be there once, as nodes have it. It must have each key that was asked for, no other, and be of
 * the block that was asked. */
#ifndef QUERY_CHANGES_H
#define QUERY_CHANGES_H

#include "query.h"

/* The keys that were asked for, in their order: their hashes, which are kept between two steps, in
 * the query's arena. All 0 before it is begun for the first time. */
struct query_keys {
    uint64_t *hashes;
    size_t count, capacity;
};
/* Begins the query's params; keys are added; the request is added to the round. Want of memory is
 * told by query_ask. */
void query_keys_begin(struct substrate_query *query, struct query_keys *keys);
void query_keys_add(struct substrate_query *query, struct query_keys *keys,
                    struct substrate_bytes key);
void query_keys_ask(struct substrate_query *query);

/* The answer: pairs of key and value, in the round's memory. */
struct query_change {
    uint64_t hash;
    struct substrate_bytes key;
    struct base_json value;
    bool asked;
};
struct query_changes {
    struct query_change **in_order; /* as they were asked for */
    size_t count, next;
};
/* Reads an answer that has the keys that were `asked`. false: the query has failed. */
bool query_changes_begin(struct substrate_query *query, struct query_changes *changes,
                         const struct substrate_reply *reply, const struct query_keys *asked);
/* The next key that was asked for, and its value (null or "0x…"). false: there is no more. */
bool query_changes_next(struct query_changes *changes, struct substrate_bytes *key,
                        struct base_json *value);

#endif
