/* Inside of methods/: a row of the table, what each answering function gets, and the ways to end.
 * Every way but answer_give of a ready text may run out of memory; the outcome is then the node's
 * internal error. */
#ifndef METHODS_ANSWER_H
#define METHODS_ANSWER_H

#include "base/buf.h"
#include "methods/method.h"

struct answer {
    const struct method_node *node;
    struct view *view;
    const struct rpc_request *request;
    struct base_arena *arena;
    struct method_outcome *outcome;
};

/* ---- rows ---- */

typedef void (*answer_function)(struct answer *answer);

/* A method that is only answered from a recorded call has answer_recorded_only for function. */
struct method_entry {
    struct rpc_method rpc; /* first: a request's method is its row */
    answer_function function;
    const struct method_stream *stream; /* of a subscription */
    bool writes;                        /* only where extrinsics are taken */
    bool from_facts;                    /* of blocks and keys: recorded calls are not looked at */
};
/* Whether a node has the method of a row: derived, or recorded at least once. */
bool method_is_served(const struct method_node *node, const struct rpc_method *method);

/* The table stands in sections, each in the file of its functions. */
struct method_section {
    const struct method_entry *entries;
    size_t count;
};
extern const struct method_section METHODS_CHAIN, METHODS_STATE, METHODS_RUNTIME, METHODS_SYSTEM,
    METHODS_AUTHOR, METHODS_SUBTENSOR;
#define METHOD_SECTION(entries) \
    { (entries), sizeof(entries) / sizeof *(entries) }

#define AT \
    { "hash", RPC_HASH, true, NULL }
#define AT_LAST \
    { "at", RPC_HASH, true, NULL }
#define NEED(name, type) \
    { name, type, false, NULL }
#define OPTION(name, type) \
    { name, type, true, NULL }
#define NO_PARAMS \
    { NULL, RPC_END, false, NULL }

#define CALL(name, alias, function, ...) \
    { {name, {alias}, RPC_METHOD_CALL, false, {__VA_ARGS__}}, function, NULL, false, false }
/* With a block, which is the last of the parameters. */
#define READ(name, alias, function, ...) \
    { {name, {alias}, RPC_METHOD_CALL, true, {__VA_ARGS__}}, function, NULL, false, false }
/* The same for what follows from blocks and keys alone. */
#define FACTS_CALL(name, alias, function, ...) \
    { {name, {alias}, RPC_METHOD_CALL, false, {__VA_ARGS__}}, function, NULL, false, true }
#define FACTS_READ(name, alias, function, ...) \
    { {name, {alias}, RPC_METHOD_CALL, true, {__VA_ARGS__}}, function, NULL, false, true }
#define RECORDED(name) CALL(name, NULL, answer_recorded_only, NO_PARAMS)
#define RECORDED_READ(name, alias, ...) READ(name, alias, answer_recorded_only, __VA_ARGS__)
#define SUBSCRIBE(name, stream, param, ...)                                                      \
    {                                                                                            \
        {name, {__VA_ARGS__}, RPC_METHOD_SUBSCRIBE, false, {param}}, answer_open, stream, false, \
            true                                                                                 \
    }
/* A bad id is no error there, but `false`; so it is optional and of any type. */
#define UNSUBSCRIBE(name, stream, ...)                                                            \
    {                                                                                             \
        {name, {__VA_ARGS__}, RPC_METHOD_UNSUBSCRIBE, false, {OPTION("subscription", RPC_JSON)}}, \
            answer_end, stream, false, true                                                       \
    }

extern const struct method_stream STREAM_NEW_HEADS, STREAM_ALL_HEADS, STREAM_FINALIZED_HEADS,
    STREAM_RUNTIME_VERSION, STREAM_STORAGE, STREAM_EXTRINSIC;

/* ---- ways to end ---- */

/* The result, borrowed; from a buffer, which is freed; a hash. */
void answer_give(struct answer *answer, struct substrate_text result);
void answer_give_buf(struct answer *answer, struct base_buf *result);
void answer_give_hash(struct answer *answer, const struct substrate_hash *hash);
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

/* What is said of a block that cannot be read: one that is unknown (UNKNOWN_NULL: null), or whose
 * state was discarded. State reads, runtime calls, ranges and fees differ in their words. */
enum answer_unknown { UNKNOWN_NULL, UNKNOWN_STATE, UNKNOWN_RUNTIME, UNKNOWN_RANGE, UNKNOWN_FEE };
/* Answers from the recorded call at the request's block. True: the answer has been given, be it
 * that there is no such block; false: it must be derived, or is unmatched. */
bool answer_recorded(struct answer *answer, enum answer_unknown unknown);
/* The same as a method's whole function. */
void answer_recorded_only(struct answer *answer);
/* A stream begins; ends. */
void answer_open(struct answer *answer);
void answer_end(struct answer *answer);

/* ---- blocks and keys ---- */

/* Resolves the block of the request. NULL: the answer has been given. */
const struct chain_block *answer_block(struct answer *answer, enum answer_unknown unknown);
/* A block by its hash; the same for hashes that are parameters. */
const struct chain_block *answer_find(struct answer *answer, const struct substrate_hash *hash,
                                      enum answer_unknown unknown);
/* Whether the state of a block is there; false: it was discarded, as the outcome says. */
bool answer_kept(struct answer *answer, const struct chain_block *block,
                 enum answer_unknown unknown);

/* The hex digits of a canonical bytes parameter. */
struct substrate_text answer_digits(struct substrate_text param);
/* A key at a block. False: its value is not recorded, and the outcome says so. An absent key has a
 * value of {NULL, 0}, any other one is 0x… */
bool answer_value(struct answer *answer, const struct chain_block *block, struct substrate_text key,
                  struct substrate_text *value);
/* The same of a key of which hash and size are enough; the value may be either. */
bool answer_digest(struct answer *answer, const struct chain_block *block,
                   struct substrate_text key, struct chain_value *value);

/* The hash as text, in the arena; "?" when out of memory. */
const char *answer_hash(struct base_arena *arena, const struct substrate_hash *hash);
/* Formats into the arena; NULL when out of memory. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
const char *
answer_text(struct base_arena *arena, const char *format, ...);

/* The first notification of a stream, into the outcome's text; false: it cannot be said, and the
 * outcome has the reason. */
bool answer_first_notice(struct answer *answer, const struct method_stream *stream);

#endif
