/* What a script is told: the kinds of events, what an event is about, and what caused it. */
#ifndef SCRIPT_EVENT_H
#define SCRIPT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include <substrate/hash.h>

/* In the order of SCRIPT.md; script_event_names has their names. */
enum script_event_kind {
    SCRIPT_CONNECTING,
    SCRIPT_OPENED,
    SCRIPT_ARRIVED,
    SCRIPT_ANSWERED,
    SCRIPT_NOTIFIED,
    SCRIPT_WRITTEN,
    SCRIPT_PINGED,
    SCRIPT_PONGED,
    SCRIPT_SUBSCRIBED,
    SCRIPT_UNSUBSCRIBED,
    SCRIPT_HELD,
    SCRIPT_RELEASED,
    SCRIPT_CLOSED,
    SCRIPT_HEAD,
    SCRIPT_FINALIZED,
    SCRIPT_SIGNAL,
    SCRIPT_REFUSED,
    SCRIPT_FIRED,
    SCRIPT_MISSED,
    SCRIPT_EVENT_KINDS,
    /* What a script's `start` is carried out on; it is told to nobody and no rule can name it. */
    SCRIPT_START = SCRIPT_EVENT_KINDS,
};
extern const char *const script_event_names[SCRIPT_EVENT_KINDS];
#define SCRIPT_BIT(kind) (UINT32_C(1) << (kind))

/* Who ended a connection. */
enum script_by { SCRIPT_BY_NOBODY, SCRIPT_BY_PEER, SCRIPT_BY_NODE, SCRIPT_BY_RESET };
/* What ended a hold, or an effect that lasts. */
enum script_end {
    SCRIPT_END_FULL,
    SCRIPT_END_UNTIL,
    SCRIPT_END_LIMIT,
    SCRIPT_END_CLOSE,
    SCRIPT_END_SCRIPT, /* the space has another script now */
    SCRIPT_ENDS,
};
extern const char *const script_end_names[SCRIPT_ENDS]; /* full, until, limit, close, script */

/* A chain of causes: the rules that led here, the last one last, and the event on which that one
 * fired. All zero: a peer, or a control call, did it. Copied by value; rules are numbers of the
 * run's script, and mean nothing once it has another one. */
#define SCRIPT_CHAIN_MAX 16
/* So often rules may fire on what one event from outside causes in one go: a chain may branch. */
#define SCRIPT_CAUSED_MAX 100000
struct script_cause {
    uint64_t seq;    /* of the event; 0: none */
    uint64_t origin; /* the one from outside with which the chain began */
    uint32_t generation;
    uint16_t depth; /* how many rules */
    uint16_t rules[SCRIPT_CHAIN_MAX];
};

struct script_peer;
struct script_item;

/* An event. What its kind lacks is zero. Texts are borrowed: they, and the event itself, stay until
 * script_rest of its verdict. */
struct script_event {
    enum script_event_kind kind;
    uint64_t seq; /* given by the space before script_told; of answered, notified: not yet when it
                     is matched */
    struct script_cause cause;
    struct script_peer *peer; /* NULL: none */
    struct script_item *item; /* the call, notification or handshake that it is about, or NULL */
    /* Of a call (arrived, answered, written, held, released, subscribed, unsubscribed). */
    struct substrate_text method, sent; /* canonical name, and as the peer spelled it */
    struct substrate_text request;      /* canonical, with its block */
    struct substrate_text id;           /* raw JSON */
    uint64_t occurrence;                /* within its label, from 1; 0: no call */
    /* The head at arrival; of head and finalized: to where it moved. */
    struct substrate_hash head;
    uint64_t head_number;
    struct substrate_text
        stream;                /* the kind of a stream: its subscribing method's canonical name */
    void *subscription;        /* the space's own, of subscribed, unsubscribed, notified */
    struct script_item *reply; /* of notified: its subscription's reply, while that is here */
    /* Of closed. */
    enum script_by by;
    uint16_t code;
    struct substrate_text reason;
    struct substrate_text name;    /* of signal */
    struct substrate_text rule;    /* of fired, missed; of ponged: whose ping it answers */
    struct substrate_text address; /* the peer's, for `rate_limit` by address */
    bool post, batch;              /* it came by POST; it is an entry of a batch */
};

#endif
