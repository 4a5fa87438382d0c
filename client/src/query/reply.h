/* How steps read replies. Four outcomes are kept apart: bytes that are stored, the item's default,
 * nothing at all, and what cannot be decoded; an error of the node never comes here. Every function
 * that returns false has failed the query. */
#ifndef QUERY_REPLY_H
#define QUERY_REPLY_H

#include "codec/metadata.h"
#include "query.h"

/* The result of a reply. */
bool query_read_json(struct substrate_query *query, const struct substrate_reply *reply,
                     struct base_json *json);
/* Bytes written as "0x…", into the round's memory. */
bool query_read_bytes(struct substrate_query *query, struct base_json json,
                      struct substrate_bytes *bytes);
/* A block hash written as "0x…". `what` is named if it is none. */
bool query_read_hash(struct substrate_query *query, struct base_json json, const char *what,
                     struct substrate_hash *hash);

/* Out of the way of steps: the metadata of a runtime that the query was given. */
const struct substrate_metadata *query_metadata(const struct substrate_query *query,
                                                enum query_runtime_kind kind);
/* Appends the canonical JSON of a whole value to query->value. */
bool query_write_value(struct substrate_query *query, enum query_runtime_kind kind, uint32_t type,
                       struct substrate_bytes bytes);
/* The bytes of an entry as state_getStorage gives it: null or "0x…". ABSENT has none. */
bool query_read_stored(struct substrate_query *query, const struct metadata_storage *item,
                       struct base_json json, enum substrate_presence *presence,
                       struct substrate_bytes *bytes);
/* The same, decoded and appended to query->value: null when absent. */
bool query_write_stored(struct substrate_query *query, const struct metadata_storage *item,
                        struct base_json json, enum substrate_presence *presence);

#endif
