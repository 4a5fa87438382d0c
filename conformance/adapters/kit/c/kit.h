/* The generic loop of an adapter of protocol 1 (../../PROTOCOL-1.md), for clients in C. An adapter
 * is a table of functions that ask its client, and a main that gives the table to kit_main. The kit
 * has the rest: lines, modes, threads, lanes, the one end of each call, cancelling, handlers.
 *
 * A handle is what the client calls a connection. A call goes through three functions, on one
 * thread or on two, one after the other: `submit`, `wait`, `release`. In a gathered run the calls
 * are submitted by one thread, in order, and then waited for, each by a thread of its own; in all
 * other modes each thread submits, waits and releases one call after the other.
 *
 * Inputs are borrowed for as long as the call, subscription or handle lives. */
#ifndef KIT_H
#define KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text that need not be terminated; {NULL, 0} is none. */
struct kit_text {
    const char *data;
    size_t size;
};

/* X(name, word): what a client can, beside what its functions in the table show. */
#define KIT_CAN_LIST(X)       \
    X(RAW, "raw")             \
    X(DEADLINE, "deadline")   \
    X(LAZY, "lazy")           \
    X(IN_FLIGHT, "in_flight") \
    X(RECONNECT, "reconnect") \
    X(ENDPOINTS, "endpoints") \
    X(HEADERS, "headers")     \
    X(SNAPSHOT, "snapshot")

enum kit_can_index {
#define KIT_CAN_INDEX(name, word) KIT_CAN_INDEX_##name,
    KIT_CAN_LIST(KIT_CAN_INDEX)
#undef KIT_CAN_INDEX
};
enum kit_can {
#define KIT_CAN_BIT(name, word) KIT_##name = 1 << KIT_CAN_INDEX_##name,
    KIT_CAN_LIST(KIT_CAN_BIT)
#undef KIT_CAN_BIT
};

/* How a handle is opened. */
struct kit_options {
    const char *const *urls; /* `url_count` of them, at least one: the others if the first fails */
    size_t url_count;
    bool lazy;            /* nothing is connected before the first call */
    uint32_t in_flight;   /* unanswered calls at most; 0: as the client has it */
    const char *headers;  /* of the handshake, a JSON object; NULL: none */
    uint64_t deadline_ms; /* of calls that have none; the kit sees to it. 0: none */
};

/* Which block: that of a hash ("0x…"), or of a number, or neither: the head. */
struct kit_pin {
    const char *hash;
    bool by_number;
    uint64_t number;
};

/* One call. Either `method` is set, with `params`, the JSON of an array or object; or `function`
 * is, one of the table's. Of "storage", "map", "constant" and "runtime-call" `names` are the two
 * names (pallet and item, …) and `arguments` the JSON array of what follows them; of any other
 * function `arguments` are all, an array or an object. */
struct kit_call {
    const char *id;
    const char *method;
    struct kit_text params;
    const char *function;
    const char *names[2];
    struct kit_text arguments;
    struct kit_pin pin;
    uint32_t page;        /* of a map: entries asked for at a time; 0: as the client has it */
    uint64_t deadline_ms; /* from now on; 0: none */
    void *data;           /* the adapter's own */
};

/* How a call, a subscription or an attempt to open ended. `outcome` is one of the protocol's words,
 * never NULL. With "ok": `value`, JSON, and `presence`, or NULL where the client does not tell. */
struct kit_end {
    const char *outcome;
    const char *presence;
    struct kit_text value;
    bool has_code; /* of an error of the node */
    int64_t code;
    struct kit_text message;      /* in the client's words */
    struct kit_text node_message; /* or the node's own: a JSON string */
    struct kit_text node_data;    /* JSON */
};

/* A subscription: to `method` with `params`, or of a kind; then `method` and `unsubscribe` are
 * those of the node for it. */
struct kit_subscription {
    const char *id;
    const char *kind; /* "heads" or "finalized"; NULL: raw */
    const char *method;
    struct kit_text params;
    const char *unsubscribe;
    void *data; /* the adapter's own */
};

/* What `next` found. */
enum kit_next {
    KIT_ITEM,  /* an item */
    KIT_NONE,  /* nothing yet; the kit looks whether it shall go on, and asks again */
    KIT_LAG,   /* items were dropped because the reader was slow */
    KIT_ENDED, /* there will be no more; `end` says why */
};

/* So long `next` may wait, so that an unsubscription does not wait for an item. */
#define KIT_NEXT_MS 20

/* An adapter. A function that is NULL is a thing that the client cannot do, if it may be. */
struct kit_client {
    const char *name, *version, *language;
    unsigned can;                 /* bits of enum kit_can */
    uint32_t limit;               /* calls in flight on a connection at most; 0: no limit */
    const char *const *functions; /* ends with NULL; NULL: none */

    /* Opens a handle and gives true; or fills in `end`, whose texts live until the next call on
     * this thread, and gives false. */
    bool (*open)(const struct kit_options *options, void **handle, struct kit_end *end);
    /* Ends whatever is under way on a handle, as a user who closes it would have to, so that each
     * `wait` and `next` comes back. Called once, while they may be running. */
    void (*shut)(void *handle);
    /* Closes and frees a handle that was shut and that nothing uses any more. */
    void (*close)(void *handle);

    /* Hands a call to the client without waiting for it. */
    void (*submit)(void *handle, struct kit_call *call);
    /* Waits for a call that has not ended, and ends it by kit_end. */
    void (*wait)(void *handle, struct kit_call *call);
    /* Frees what `data` has; the call has ended. */
    void (*release)(struct kit_call *call);
    /* Ends a submitted call, so that its `wait` comes back; must not block. May be NULL. */
    void (*cancel)(struct kit_call *call);
    /* Waits for all functions of a gathered run at once, where the client has a way to do so; each
     * is ended by kit_end. May be NULL: then `wait` waits for each. */
    void (*gather)(void *handle, struct kit_call **calls, size_t count);

    /* Subscribes and gives true; or fills in `end` and gives false. May be NULL. */
    bool (*subscribe)(void *handle, struct kit_subscription *subscription, struct kit_end *end);
    /* The next item, JSON borrowed until the next call; see above. `end` is for KIT_ENDED. */
    enum kit_next (*next)(struct kit_subscription *subscription, struct kit_text *item,
                          struct kit_end *end);
    /* Unsubscribes, unless it has ended, and frees what `data` has. */
    void (*unsubscribe)(struct kit_subscription *subscription);

    /* How many requests the client keeps for a handle. May be NULL. */
    uint64_t (*pending)(void *handle);
};

/* Ends a call: once, from `submit`, `wait` or `gather`. The texts of `end` are copied. Any thread.
 */
void kit_end(struct kit_call *call, const struct kit_end *end);

/* The same of a map, for a client that gives [{"args":[…],"value":…},…]: the protocol has pairs. */
void kit_end_entries(struct kit_call *call, const struct kit_end *end);

/* Speaks the protocol on standard input and output to the end of input. Gives the exit status.
 * `client` is borrowed. */
int kit_main(const struct kit_client *client);

#endif
