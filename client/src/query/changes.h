/* Many keys read at once by `state_queryStorageAt`: writing the request, and walking the answer,
 * which must have the same keys in the same order. */
#ifndef QUERY_CHANGES_H
#define QUERY_CHANGES_H

#include "query.h"

/* The keys that were asked for; small enough to be kept between two steps. */
struct query_keys {
    size_t count;
    uint64_t digest;
};
/* Begins the query's params; keys are added; the request is added to the round. */
void query_keys_begin(struct substrate_query *query, struct query_keys *keys);
void query_keys_add(struct substrate_query *query, struct query_keys *keys,
                    struct substrate_bytes key);
void query_keys_ask(struct substrate_query *query);

/* The answer: a walk over pairs of key and value. */
struct query_changes {
    struct base_json_walk walk;
};
/* Begins to walk an answer that has the keys that were `asked`. false: the query has failed. */
bool query_changes_begin(struct substrate_query *query, struct query_changes *changes,
                         const struct substrate_reply *reply, const struct query_keys *asked);
/* The next key, and its value (null or "0x…"). false: the end, or the query has failed. */
bool query_changes_next(struct substrate_query *query, struct query_changes *changes,
                        struct substrate_bytes *key, struct base_json *value);

#endif
