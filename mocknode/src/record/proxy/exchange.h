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
    EXTRACT_ASK,  /* it says something about a block that it does not name, or in a form that is no
                     fact: `ask` this instead, pinned */
    EXTRACT_HEAD, /* it says which block is the head: ask for it */
};

struct extraction {
    struct facts *facts;     /* the caller's; added to */
    struct base_arena arena; /* of everything else here */
    enum extract_kind kind;
    struct substrate_hash *touched; /* blocks that the facts are about */
    size_t touched_count, touched_capacity;
    struct rpc_request ask; /* at_given: at this block; else at the head */
};

void extraction_init(struct extraction *extraction, struct facts *facts);
/* Forgets the last exchange. The facts stay. */
void extraction_reset(struct extraction *extraction);
void extraction_free(struct extraction *extraction);

/* Reads one exchange into `extraction`. Whatever makes no sense is EXTRACT_NOTHING; only E_MEMORY
 * is an error. */
enum substrate_status extract(const struct exchange *exchange, struct extraction *extraction);

#endif
