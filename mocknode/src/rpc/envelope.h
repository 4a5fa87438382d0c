/* JSON-RPC 2.0 envelopes, scanned in place as jsonrpsee 0.24.9 reads them: unsigned 64-bit numbers,
 * strings and null are ids; with any other id a call is silently a notification; ids are kept as
 * raw text. Nothing is copied and no tree is built. */
#ifndef RPC_ENVELOPE_H
#define RPC_ENVELOPE_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

enum rpc_kind {
    RPC_CALL,         /* answer it under `id` */
    RPC_NOTIFICATION, /* no answer */
    RPC_BATCH,        /* walk `batch` with rpc_read_value */
    RPC_INVALID,      /* -32600 under `id` (raw "null" when none can be told) */
    RPC_PARSE_ERROR,  /* -32700 under null */
};

struct rpc_envelope {
    enum rpc_kind kind;
    struct substrate_text id;     /* raw JSON */
    struct substrate_text method; /* unescaped */
    struct base_json params; /* NONE when missing or null; else any kind, rpc_request_parse says */
    struct base_json batch;
};

/* Reads one message. `arena` holds an unescaped method name, if it had escapes. Out of memory gives
 * RPC_INVALID. */
struct rpc_envelope rpc_read(struct substrate_text message, struct base_arena *arena);
/* Reads one entry of a batch. */
struct rpc_envelope rpc_read_value(struct base_json value, struct base_arena *arena);

/* The error codes of the node and of this one (reference: jsonrpsee, sc-rpc). X(name, code, text)
 */
#define RPC_ERROR_LIST(X)                                                         \
    X(PARSE, -32700, "Parse error")                                               \
    X(INVALID_REQUEST, -32600, "Invalid request")                                 \
    X(METHOD_NOT_FOUND, -32601, "Method not found")                               \
    X(INVALID_PARAMS, -32602, "Invalid params")                                   \
    X(INTERNAL, -32603, "Internal error")                                         \
    X(TOO_MANY_SUBSCRIPTIONS, -32006, "Too many subscriptions on the connection") \
    X(REQUEST_TOO_BIG, -32007, "Request is too big")                              \
    X(RESPONSE_TOO_BIG, -32008, "Response is too big")                            \
    X(BUSY, -32009, "Server is busy, try again later")                            \
    X(UNMATCHED, -32055, "mocknode: unmatched request")                           \
    X(CHAIN, 3001, "")                                                            \
    X(BLOCK_RANGE, 4001, "")                                                      \
    X(COUNT, 4002, "")                                                            \
    X(STATE, 4003, "")

enum rpc_error_code {
#define RPC_ERROR_ENUM(name, code, text) RPC_ERROR_##name = (code),
    RPC_ERROR_LIST(RPC_ERROR_ENUM)
#undef RPC_ERROR_ENUM
};

/* Member order of answers: jsonrpc, id, result | error, as the node writes them. */
void rpc_write_result(struct base_buf *out, struct substrate_text id, struct substrate_text result);
/* message: plain text, escaped here; NULL takes the code's own. data: raw JSON, {NULL, 0} leaves
 * the member out. */
void rpc_write_error(struct base_buf *out, struct substrate_text id, int64_t code,
                     const char *message, struct substrate_text data);
/* The object of such an error alone. */
void rpc_write_error_value(struct base_buf *out, int64_t code, const char *message,
                           struct substrate_text data);
/* A recorded error object, as it is. */
void rpc_write_error_object(struct base_buf *out, struct substrate_text id,
                            struct substrate_text object);

#endif
