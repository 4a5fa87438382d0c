/* Answers of the RPC methods as pure functions of (chain, view, request): no socket, no clock, no
 * counter. What a request means beside its answer (an error of the node, a gap of the recording,
 * the start or end of a subscription) is said in the outcome; the space acts on it. */
#ifndef METHODS_METHOD_H
#define METHODS_METHOD_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/buf.h"
#include "chain/chain.h"
#include "rpc/request.h"

/* What a space lets its clients see. */
struct method_view {
    const struct chain *chain;
    const struct chain_block *head;
    const struct chain_block *finalized;
};

enum method_outcome_kind {
    METHOD_RESULT,    /* `text` is the raw JSON result */
    METHOD_ERROR,     /* code, message, data; or `text` is a whole recorded error object (code 0) */
    METHOD_UNMATCHED, /* `reason` says what is not recorded */
    METHOD_SUBSCRIBE, /* start `subscription`, of which the first notification is recorded, if there
                         is to be one; the space makes the id */
    METHOD_UNSUBSCRIBE, /* end the subscription whose id is `text` (raw JSON), of `subscription`
                           kind */
};

enum method_subscription {
    METHOD_NEW_HEADS,
    METHOD_ALL_HEADS,
    METHOD_FINALIZED_HEADS,
    METHOD_RUNTIME_VERSION,
    METHOD_STORAGE,
    METHOD_SUBSCRIPTION_COUNT
};

struct method_outcome {
    enum method_outcome_kind kind;
    struct substrate_text text; /* borrowed from chain or arena */
    int64_t code;
    const char *message;
    struct substrate_text data; /* raw JSON */
    const char *reason;
    struct substrate_text nearest; /* raw JSON or {NULL, 0} */
    enum method_subscription subscription;
    bool has_block;              /* the request was resolved to a block */
    struct substrate_hash block; /* … this one: for the canonical text, also when it is unknown */
};

/* Answers a parsed request. The arena holds what the outcome points to. Out of memory gives
 * METHOD_ERROR -32603. */
void method_answer(const struct method_view *view, const struct rpc_request *request,
                   struct base_arena *arena, struct method_outcome *outcome);

/* The name of the notifications of a kind ("chain_newHead"). */
const char *method_notification_name(enum method_subscription kind);

/* Appends to `out` the raw JSON `result` of the notification that a subscription of this kind and
 * with these parameters gets when the view moves from `before` (NULL: it has just begun) to `now`.
 * Returns OK; E_NOT_FOUND when nothing is sent (no change); E_DECODE when the recording does not
 * say, *reason is then set: the space counts it as unmatched, and tells the subscriber; E_MEMORY.
 */
enum substrate_status method_notify(enum method_subscription kind,
                                    const struct rpc_request *request,
                                    const struct method_view *before, const struct method_view *now,
                                    struct base_arena *arena, struct base_buf *out,
                                    const char **reason);

#endif
