/* Answers of the RPC methods as functions of (view, request): no socket, no clock, no counter but
 * the view's own. An answer is an effect: a text, an error of the node, a gap of the recording, or
 * the begin or end of a stream; the space carries it out. */
#ifndef METHODS_METHOD_H
#define METHODS_METHOD_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "rpc/request.h"
#include "view/view.h"

/* ---- the table of methods ---- */

/* The row of a name or alias; NULL: none. */
const struct rpc_method *method_find(struct substrate_text name);
const struct rpc_method *method_row(size_t index); /* NULL past the end */
/* Whether its answers follow from blocks and keys alone: a recorded call of it is never served,
 * unless it says that the node did not have the method. */
bool method_from_facts(const struct rpc_method *method);
/* rpc_request_parse with the row of that name. */
enum substrate_status method_parse(struct substrate_text name, struct base_json params,
                                   struct base_arena *arena, struct rpc_request *request,
                                   struct substrate_text *data);

/* ---- streams ---- */

/* What a stream tells: the raw JSON of one notification's result, or why there is none. */
struct method_notice {
    struct substrate_text result;
    const char *gap; /* not NULL: this is not recorded; the subscriber is told so, and it counts */
};

/* A kind of stream. */
struct stream_teller;
struct method_stream {
    const char *name;         /* what scripts call the kind */
    const char *notification; /* the method of its notifications */
    /* What it tells when it begins, and when the heads move; NULL: nothing. */
    void (*start)(struct stream_teller *teller);
    void (*step)(struct stream_teller *teller, const struct view_step *step);
};
/* The kind of a name; NULL: none. And the table's rows; NULL past the end. */
const struct method_stream *method_stream_find(struct substrate_text name);
const struct method_stream *method_stream_row(size_t index);

/* A stream that was opened: its kind, and what it was asked for. */
struct method_opened {
    const struct method_stream *stream;
    struct rpc_request request;
    const struct substrate_text *keys; /* of storage: as digits, sorted, each once; NULL: all */
    size_t key_count;
};
/* Keeps a request whose outcome was METHOD_OPEN; all of it is copied into the arena, which lives as
 * long as the stream. false: out of memory. */
bool method_open(const struct method_stream *stream, const struct rpc_request *request,
                 struct base_arena *arena, struct method_opened *opened);
/* Tells `tell` what the stream says of a step: any number of notices, in order, whose texts live in
 * the arena. Returns OK, or E_MEMORY: then some may be missing. */
typedef void (*method_tell)(void *context, const struct method_notice *notice);
enum substrate_status method_step(const struct method_opened *opened, struct view *view,
                                  const struct view_step *step, struct base_arena *arena,
                                  method_tell tell, void *context);

/* ---- answers ---- */

enum method_outcome_kind {
    METHOD_RESULT,    /* `text` is the raw JSON result */
    METHOD_ERROR,     /* code, message, data; or `text` is a whole recorded error object (code 0) */
    METHOD_UNMATCHED, /* `reason` says what is not recorded */
    METHOD_OPEN,      /* a stream begins, of which `text` is the first notification, if there is to
                         be one; the space makes the id */
    METHOD_END,       /* the stream of this kind ends whose id is `text` (raw JSON) */
};

struct method_outcome {
    enum method_outcome_kind kind;
    struct substrate_text text; /* borrowed from view or arena */
    int64_t code;
    const char *message;
    struct substrate_text data; /* raw JSON */
    const char *reason;
    struct substrate_text nearest; /* raw JSON or {NULL, 0} */
    const struct method_stream *stream;
    bool has_block;              /* the request was resolved to a block */
    struct substrate_hash block; /* … this one: for the canonical text, also when it is unknown */
};

/* Whom a request is put to: what its space shows, and whether it takes extrinsics (which then go
 * nowhere); else it has no methods for that. */
struct method_node {
    struct view *view;
    bool takes_extrinsics;
};

/* Answers a parsed request. The arena holds what the outcome points to. Out of memory gives
 * METHOD_ERROR -32603. */
void method_answer(const struct method_node *node, const struct rpc_request *request,
                   struct base_arena *arena, struct method_outcome *outcome);

#endif
