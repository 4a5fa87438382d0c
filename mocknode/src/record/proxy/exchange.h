/* What one exchange between a client and its node says about the chain, as facts. A pure function
 * of request and reply: no socket, no clock. */
#ifndef RECORD_PROXY_EXCHANGE_H
#define RECORD_PROXY_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/buf.h"
#include "fixture/facts.h"
#include "rpc/request.h"

/* One answered request, or (with the method of the notification and no params) one notification. */
struct exchange {
    struct substrate_text method; /* unescaped, as the client wrote it */
    struct substrate_text params; /* raw JSON; {NULL, 0}: none */
    bool is_error;
    struct substrate_text result; /* raw JSON: result, or error object */
};

enum extract_kind {
    EXTRACT_NOTHING, /* it says nothing that lasts */
    EXTRACT_FACTS,   /* `facts` were added, about `touched` blocks */
    EXTRACT_HEAD,    /* it says which block is the head: ask for it */
};

/* What is to be asked besides: a request that says the same of a block that it names, or in a form
 * that is a fact. */
struct extract_ask {
    struct rpc_request request; /* at_given: at this block; else at the head */
    bool pages;                 /* of keys: ask on while they are full, and for their values */
};

struct extraction {
    struct facts *facts;     /* the caller's; added to */
    struct base_arena arena; /* of everything else here */
    enum extract_kind kind;
    struct substrate_hash *touched; /* blocks that the facts are about */
    size_t touched_count, touched_capacity;
    struct extract_ask *asks;
    size_t ask_count, ask_capacity;
    /* state_queryStorage over several blocks: of a block between the two that has no change of a
     * key, the value is as before. */
    bool has_range;
    struct substrate_hash range_from, range_to;
    struct base_json range_keys, range_sets;
    bool unkept; /* the method says what no fact can: whoever uses it is not served later */
};

void extraction_init(struct extraction *extraction, struct facts *facts);
/* Forgets the last exchange. The facts stay. */
void extraction_reset(struct extraction *extraction);
void extraction_free(struct extraction *extraction);

/* Reads one exchange into `extraction`. Whatever makes no sense is EXTRACT_NOTHING; only E_MEMORY
 * is an error. */
enum substrate_status extract(const struct exchange *exchange, struct extraction *extraction);

#endif
