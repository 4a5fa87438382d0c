/* Inside of methods/: what each answering function gets, and the ways to end. Every way but give()
 * of a ready text may run out of memory; the outcome is then the node's internal error. */
#ifndef METHODS_ANSWER_H
#define METHODS_ANSWER_H

#include "methods/method.h"

struct answer {
    const struct method_view *view;
    const struct rpc_request *request;
    struct base_arena *arena;
    struct method_outcome *outcome;
};

typedef void (*answer_function)(struct answer *answer);

/* The result, borrowed; from a buffer, which is freed. */
void answer_give(struct answer *answer, struct substrate_text result);
void answer_give_buf(struct answer *answer, struct base_buf *result);
/* An error of the node. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void answer_error(struct answer *answer, int64_t code, const char *format, ...);
/* A gap of the recording. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void answer_unmatched(struct answer *answer, const char *format, ...);
void answer_no_memory(struct answer *answer);
/* The recorded call at the request's block, if there is one: then true. */
bool answer_recorded(struct answer *answer);

/* The hash as text, in the arena; "?" when out of memory. */
const char *answer_hash(struct answer *answer, const struct substrate_hash *hash);

/* Resolves the block of the request. NULL: the answer has been given; for a hash that no block has,
 * that is the error of state reads and of runtime calls, which differ, or null. */
enum answer_unknown { UNKNOWN_NULL, UNKNOWN_STATE, UNKNOWN_RUNTIME, UNKNOWN_RANGE, UNKNOWN_FEE };
const struct chain_block *answer_block(struct answer *answer, enum answer_unknown unknown);
/* A block by its hash; the same for hashes that are parameters. */
const struct chain_block *answer_find(struct answer *answer, const struct substrate_hash *hash,
                                      enum answer_unknown unknown);

/* The hex digits of a canonical bytes parameter. */
struct substrate_text answer_digits(struct substrate_text param);
/* A key at a block. False: its value is not recorded, and the outcome says so. An absent key has a
 * value of {NULL, 0}, any other one is 0x… */
bool answer_value(struct answer *answer, const struct chain_block *block, struct substrate_text key,
                  struct substrate_text *value);

/* By namespace: chain_*, state_* keys and values, runtime, the rest. */
void answer_get_header(struct answer *answer);
void answer_get_block(struct answer *answer);
void answer_get_block_hash(struct answer *answer);
void answer_get_finalized_head(struct answer *answer);
void answer_state_call(struct answer *answer);
void answer_get_metadata(struct answer *answer);
void answer_get_runtime_version(struct answer *answer);
void answer_get_keys(struct answer *answer);
void answer_get_keys_paged(struct answer *answer);
void answer_get_pairs(struct answer *answer);
void answer_get_storage(struct answer *answer);
void answer_get_storage_hash(struct answer *answer);
void answer_get_storage_size(struct answer *answer);
void answer_query_storage(struct answer *answer);
void answer_query_storage_at(struct answer *answer);
void answer_child_list(struct answer *answer);
void answer_child_null(struct answer *answer);
void answer_child_entries(struct answer *answer);
void answer_account_next_index(struct answer *answer);
void answer_rpc_methods(struct answer *answer);

#endif
