/* What the files of this folder share. */
#ifndef SPACE_INNER_H
#define SPACE_INNER_H

#include "base/arena.h"
#include "base/map.h"
#include "methods/method.h"
#include "script/gate.h"
#include "script/queue.h"
#include "space/space.h"

#define SPACE_ID_SIZE 16
#define SPACE_ID_INLINE 24

/* A request that has been counted as in flight and has not been answered. */
struct space_flight {
    uint64_t id_digest; /* of the raw id, for ids that are in flight twice */
    uint64_t entry;     /* its place in the journal */
};

/* Something that is to be emitted: an answer (to one request or to a batch) or a notification. */
struct space_call {
    struct script_item item; /* first: the queue gives it back */
    struct space_peer *peer;
    struct space_call *previous, *next; /* all of a peer; `next` also of the pool */
    struct space_call *next_emitted;
    struct base_buf text;
    int status; /* of HTTP */
    uint64_t mark;
    uint64_t earliest; /* arrival and latency */
    bool held;         /* by the gate */
    struct space_flight *flights;
    size_t flight_count, flight_capacity;
};

struct space_subscription {
    char id[SPACE_ID_SIZE];
    enum method_subscription kind;
    struct base_arena arena; /* of the request */
    struct rpc_request request;
    struct space_call *reply; /* until it has left */
    struct space_subscription *next;
};

struct space_peer {
    struct space *space;
    void *connection;
    struct space_peer *previous, *next;
    struct substrate_text label;
    uint32_t ordinal;
    bool websocket, privileged;
    bool made_request, made_control;
    bool over_limit; /* came when the space was full: only control calls are answered */
    bool paused;
    struct space_call *calls;
    struct space_call *first_emitted, *last_emitted;
    struct space_subscription *subscriptions;
    size_t subscription_count;
    size_t inflight;
    struct base_idmap ids; /* digests of ids in flight, with how often */
};

/* All requests of one label that have one canonical text. */
struct space_series {
    struct substrate_text label, request;
    uint64_t count;
};

struct space_method {
    struct substrate_text name; /* as sent */
    uint64_t count;
};

enum space_outcome {
    SPACE_RESULT,
    SPACE_ERROR,
    SPACE_UNMATCHED,
    SPACE_NOTIFICATION, /* no answer */
};

struct space_entry {
    const struct space_series *series;
    const struct space_method *method;
    uint64_t occurrence, digest, arrived_us, emitted_us, latency_us;
    uint32_t peer;
    enum space_outcome outcome;
    bool emitted;
    uint8_t id_size;          /* up to SPACE_ID_INLINE */
    char id[SPACE_ID_INLINE]; /* raw; a longer one is cut */
};

struct space_unmatched {
    struct substrate_text method, request, reason;
    struct substrate_text nearest; /* raw JSON or {NULL, 0} */
    uint64_t count;
};

struct space {
    struct space_config config;
    struct substrate_text name;
    uint64_t seed, started_us;
    struct method_view view;
    uint64_t latency_us;
    const struct script_rules *rules;
    struct script_rules *own_rules, *gate_rules; /* set by control calls */
    struct script_gate *gate;
    struct script_queue queue;
    struct space_peer *peers;
    struct space_call *pool;
    struct base_arena arena;   /* of one message */
    struct base_buf canonical; /* of one request */
    struct base_buf key;
    /* Memory of what happened; a reset empties it. */
    struct base_arena memory;
    struct base_map series, methods, unmatched_map;
    size_t method_count;
    struct space_entry *journal; /* a ring, once it is full */
    size_t journal_capacity;
    uint64_t journal_begin, journal_end, journal_base;
    uint64_t requests, unmatched, unmatched_ever, gate_timeouts, dup_inflight, rejected;
    uint64_t subscriptions_opened, subscriptions_open;
    size_t inflight, inflight_max, inflight_max_per_conn;
    /* Connections come and go: +ordinal + 1, -(ordinal + 1). Whether one counts may be known later.
     */
    int64_t *events;
    size_t event_count, event_capacity;
    bool *counted;
    size_t counted_capacity;
    uint32_t next_ordinal;
    int64_t opened_before, open_before, peak_before; /* of events that were folded */
};

/* peer.c */
void space_peer_requested(struct space_peer *peer);
void space_peer_controlled(struct space_peer *peer);
void space_conns_reset(struct space *space);

/* call.c */
struct space_call *space_call_new(struct space_peer *peer);
void space_call_free(struct space_call *call);
void space_call_put(struct space_call *call, uint64_t due, struct space_call *after);
void space_release(struct space *space, const struct script_release *release, uint64_t now);

/* subscribe.c */
bool space_subscribe(struct space_peer *peer, const struct rpc_envelope *envelope,
                     const struct method_outcome *outcome, const char *id,
                     struct space_call *reply);
void space_greet(struct space_peer *peer, uint64_t now);
bool space_unsubscribe(struct space_peer *peer, const struct method_outcome *outcome);
void space_subscriptions_free(struct space_peer *peer);
void space_reply_left(struct space_peer *peer, const struct space_call *reply);
void space_start_head(struct space *space);

/* journal.c */
struct space_series *space_series_of(struct space *space, struct substrate_text label,
                                     struct substrate_text request);
struct space_method *space_method_of(struct space *space, struct substrate_text name);
/* Adds an entry and returns its place; UINT64_MAX when out of memory. */
uint64_t space_journal_add(struct space *space, const struct space_entry *entry);
void space_journal_emitted(struct space *space, uint64_t place, uint64_t now);
void space_journal_reset(struct space *space);
/* Counts and remembers a request that is unmatched, and appends the `data` of its error. */
void space_unmatched(struct space *space, const struct space_unmatched *what,
                     struct base_buf *data);

#endif
