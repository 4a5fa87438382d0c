/* The readers of exchanges, and what they share. Each reads a result into an extraction; OK or
 * E_MEMORY, and nothing is added for what makes no sense. `request`: canonical. */
#ifndef RECORD_PROXY_EXTRACT_H
#define RECORD_PROXY_EXTRACT_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "base/json.h"
#include "record/proxy/exchange.h"
#include "rpc/request.h"

/* Facts about this block were added. */
enum substrate_status extract_touch(struct extraction *extraction,
                                    const struct substrate_hash *hash);
/* This is to be asked besides; see struct extract_ask. */
enum substrate_status extract_ask(struct extraction *extraction, const struct rpc_request *request,
                                  bool pages);
/* The same for a request that is written here. */
enum substrate_status extract_ask_text(struct extraction *extraction, const char *method,
                                       const struct base_buf *params, bool pages);
/* "0x…" with its quotes: the digits in between; false: it is something else. */
bool extract_digits(struct substrate_text raw, struct substrate_text *digits);
bool extract_hash(struct base_json value, struct substrate_hash *hash);

/* Storage. */
enum substrate_status extract_storage(struct extraction *extraction,
                                      const struct rpc_request *request, struct base_json result);
enum substrate_status extract_change_set(struct extraction *extraction, struct base_json set);
enum substrate_status extract_change_sets(struct extraction *extraction,
                                          const struct rpc_request *request,
                                          struct base_json result);
enum substrate_status extract_keys_paged(struct extraction *extraction,
                                         const struct rpc_request *request,
                                         struct base_json result);
/* Of all keys, or all pairs of key and value, under a prefix. */
enum substrate_status extract_keys(struct extraction *extraction, const struct rpc_request *request,
                                   struct base_json result);
enum substrate_status extract_value(struct extraction *extraction,
                                    const struct rpc_request *request, struct base_json result);
enum substrate_status extract_range(struct extraction *extraction,
                                    const struct rpc_request *request, struct base_json result);

/* Blocks. */
enum substrate_status extract_add_header(struct extraction *extraction, struct base_json json,
                                         const struct substrate_hash *hash,
                                         struct fact_block **block);
enum substrate_status extract_header(struct extraction *extraction,
                                     const struct rpc_request *request, struct base_json result);
enum substrate_status extract_block(struct extraction *extraction,
                                    const struct rpc_request *request, struct base_json result);
enum substrate_status extract_block_hash(struct extraction *extraction,
                                         const struct rpc_request *request,
                                         struct base_json result);
enum substrate_status extract_head(struct extraction *extraction, const struct rpc_request *request,
                                   struct base_json result);

/* Asks the twin of a request of the new JSON-RPC by position. False: it has none. */
bool extract_twin(struct extraction *extraction, const struct exchange *exchange,
                  struct base_json params, enum substrate_status *status);

#endif
