/* What one JSON-RPC text from the node is: a reply, a notification, an array of them, or nothing
 * that we know. Everything is a view into the text. */
#ifndef SESSION_ENVELOPE_H
#define SESSION_ENVELOPE_H

#include <substrate/base.h>
#include <substrate/call.h>
#include "base/json.h"

enum envelope_kind {
    ENVELOPE_MALFORMED,    /* not JSON, no JSON-RPC, or a reply whose id is null or absent */
    ENVELOPE_REPLY,        /* with an id of ours: a plain unsigned integer */
    ENVELOPE_FOREIGN,      /* a reply with an id that this library never writes ("7", -1, 1.0) */
    ENVELOPE_NOTIFICATION, /* of a subscription */
    ENVELOPE_ARRAY,        /* several: walk `array` */
};

struct envelope {
    enum envelope_kind kind;
    uint64_t id; /* REPLY */
    struct substrate_reply
        reply; /* REPLY: OK, E_RPC, or E_PROTOCOL for result and error both or none */
    struct substrate_text subscription; /* NOTIFICATION: the server's id, raw with its quotes */
    struct substrate_text result;       /* NOTIFICATION: raw */
    struct base_json array;
};

/* Reads a whole text from the node. */
void envelope_read(struct substrate_text text, struct envelope *envelope);
/* Reads one element of an array; an array inside an array is MALFORMED. */
void envelope_read_element(struct base_json value, struct envelope *envelope);

#endif
