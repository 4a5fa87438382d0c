/* The arguments that a generic query was made with: kept, checked against what the metadata wants,
 * and written as SCALE. Every function that returns false has failed the query, E_ARGUMENT when the
 * arguments are not those that are wanted. */
#ifndef QUERY_ARGUMENTS_H
#define QUERY_ARGUMENTS_H

#include <substrate/storage.h>
#include "codec/metadata.h"
#include "query.h"

/* Copies into the query's arena, for makers of queries. NULL, or false: out of memory, and nothing
 * else is done. */
char *query_keep_name(struct substrate_query *query, const char *name);
bool query_keep_arguments(struct substrate_query *query, struct substrate_arguments *arguments);
bool query_keep_entry(struct substrate_query *query, struct substrate_storage_entry *entry);
/* Names the query "a.b". */
bool query_keep_title(struct substrate_query *query, const char *a, const char *b);
/* Ends the making of a query: frees one of which not everything was `kept`. Returns OK or E_MEMORY.
 */
enum substrate_status query_made(struct substrate_query **query, bool kept);

/* The item of an entry, and its key, appended to `key`. There must be as many arguments as the item
 * takes; with `given`, which is set to their number, at most as many. */
bool query_write_key(struct substrate_query *query, const struct substrate_storage_entry *entry,
                     size_t *given, const struct metadata_storage **item, struct base_buf *key);
/* The same for an item that was found before. */
bool query_write_item_key(struct substrate_query *query, const struct metadata_storage *item,
                          const struct substrate_arguments *arguments, size_t *given,
                          struct base_buf *key);
/* The SCALE bytes of a method's arguments, appended to `bytes`. */
bool query_write_call(struct substrate_query *query, const struct metadata_method *method,
                      const struct substrate_arguments *arguments, struct base_buf *bytes);

#endif
