/* The state of a space, and what the files of this folder do for each other. */
#ifndef SPACE_STATE_H
#define SPACE_STATE_H

#include "base/arena.h"
#include "base/map.h"
#include "methods/method.h"
#include "script/gate.h"
#include "script/queue.h"
#include "space/events.h"
#include "space/space.h"

#define SPACE_ID_SIZE 16
#define SPACE_ID_INLINE 24

/* A request that has been counted as in flight and has not been answered. */
struct space_flight {
    uint64_t id_digest; /* of the raw id, for ids that are in flight twice */
    uint64_t entry;     /* its place in the journal of requests */
    uint64_t arrived;   /* seq of its arrival */
    uint64_t answered;  /* seq of its answer, once it was given out */
    uint64_t occurrence;
    const struct space_series *series; /* NULL, and so is method: forgotten by a reset */
    const struct space_method *method;
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
    uint64_t earliest;   /* arrival and latency */
    bool held;           /* by the gate */
    const char *stream;  /* of a notification: the kind of its stream */
    uint64_t subscribed; /* of a notification: seq of the beginning of its stream */
    uint64_t notified;
    struct space_flight *flights;
    size_t flight_count, flight_capacity;
};

struct space_subscription {
    char id[SPACE_ID_SIZE];
    struct method_opened opened;
    struct base_arena arena;  /* of `opened` */
    uint64_t subscribed;      /* seq of its beginning */
    struct space_call *reply; /* until it has left */
    struct space_subscription *next;
};

struct space_peer {
    struct space *space;
    void *connection;
    struct space_peer *previous, *next;
    struct substrate_text label;
    uint32_t ordinal; /* in the space, from 1; 0: a POST that has brought control calls only */
    size_t place;     /* in the comings and goings that are counted */
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

enum space_outcome {
    SPACE_RESULT,
    SPACE_ERROR,
    SPACE_UNMATCHED,
    SPACE_NOTIFICATION, /* no answer */
};

/* A request, as the raw and the canonical journal have it. */
struct space_entry {
    const struct space_series *series;
    const struct space_method *method;
    uint64_t occurrence, digest, arrived_us, emitted_us, latency_us;
    uint64_t arrived, emitted; /* seq of the events */
    uint32_t ordinal;
    enum space_outcome outcome;
    uint8_t id_size;          /* up to SPACE_ID_INLINE */
    char id[SPACE_ID_INLINE]; /* raw; a longer one is cut */
};

struct space_unmatched {
    struct substrate_text method, request, reason;
    struct substrate_text nearest; /* raw JSON or {NULL, 0} */
    uint64_t count;
};

/* What was counted since the start or the last reset. */
struct space_counts {
    uint64_t requests, unmatched, gate_timeouts, dup_inflight, rejected;
    uint64_t subscriptions_opened, subscriptions_open;
    size_t inflight, inflight_max, inflight_max_per_conn;
};

/* Connections that came and went: +place + 1, -(place + 1). Whether one counts may be known later.
 */
struct space_comings {
    int64_t *events;
    size_t event_count, event_capacity;
    bool *counted;
    size_t counted_capacity, next_place;
    int64_t opened_before, open_before, peak_before; /* of events that were folded */
};

struct space {
    struct space_config config;
    struct substrate_text name;
    uint64_t seed, started_us;
    uint64_t now; /* as told by the last call from outside */
    uint64_t due; /* as last told to the port */
    struct view *view;
    uint64_t latency_us;
    const struct script_rules *rules;
    struct script_rules *own_rules, *gate_rules; /* set by control calls */
    struct script_gate *gate;
    struct script_queue queue;
    struct space_peer *peers;
    size_t full_count; /* peers that take a place: all but those of control calls only */
    uint32_t last_ordinal;
    struct space_call *pool;
    struct base_arena arena;   /* of one message */
    struct base_buf canonical; /* of one request */
    struct base_buf key, line;
    struct space_events events;
    /* Memory of what happened; a reset empties it. */
    struct base_arena memory;
    size_t memory_used;
    struct base_map series, methods, unmatched_map;
    struct space_series others;  /* of requests whose texts the budget has no room for */
    struct space_entry *journal; /* a ring, once it is full */
    size_t journal_capacity;
    uint64_t journal_begin, journal_end, journal_base;
    struct space_counts counts;
    uint64_t unmatched_ever;
    struct space_comings comings;
};

/* tell.c: the one place where events are told. */
uint64_t space_tell(struct space *space, struct space_event *event);
/* An event of a connection, to be completed and told. */
struct space_event space_event_of(const struct space_peer *peer, enum space_event_kind kind);
struct space_event space_event_of_call(const struct space_call *call,
                                       const struct space_flight *flight,
                                       enum space_event_kind kind);
void space_tell_call(const struct space_call *call, enum space_event_kind kind,
                     struct substrate_text name, struct substrate_text by);
void space_tell_refused(const struct space_peer *peer, struct substrate_text why,
                        struct substrate_text text);
void space_tell_subscription(const struct space_peer *peer, enum space_event_kind kind,
                             const struct space_subscription *subscription);
void space_tell_head(struct space *space, enum space_event_kind kind,
                     const struct chain_block *from, const struct chain_block *to);

/* space.c */
void space_begin(struct space *space, uint64_t now); /* of each call from outside: its time */
void space_end(struct space *space);                 /* what is due leaves; the port is told */

/* peer.c */
void space_peer_requested(struct space_peer *peer);
void space_peer_controlled(struct space_peer *peer);

/* conns.c: the counting of connections. */
bool space_conns_add(struct space *space, size_t place, int sign);
/* A place for a new connection. */
size_t space_conns_place(struct space *space);
void space_conns_reset(struct space *space);

/* call.c */
struct space_call *space_call_new(struct space_peer *peer);
void space_call_free(struct space_call *call);
void space_call_put(struct space_call *call, uint64_t due, struct space_call *after);
/* Counts a request of the call as in flight. */
void space_call_begin(struct space_call *call, struct substrate_text id,
                      const struct space_flight *flight);
void space_release(struct space *space, const struct script_release *release);
void space_emit_due(struct space *space);

/* One message being worked on. */
struct space_work {
    struct space_peer *peer;
    struct space_call *call;
    uint64_t latency_us;
    bool gated, in_batch;
    struct script_member member; /* of the gate: the first entry that matched */
};

/* answer.c */
/* The error of a message, or of a call, for which there was no memory. */
void space_write_internal_error(struct base_buf *out, struct substrate_text id);
/* One call's content; appends its answer to `out`. */
void space_answer(struct space_work *work, const struct rpc_envelope *envelope,
                  struct base_buf *out);
void space_note_notification(struct space_work *work, const struct rpc_envelope *envelope);
void space_write_limit_error(struct base_buf *out, struct substrate_text id, int64_t code,
                             const char *message, size_t limit);

/* streams.c */
/* A stream begins; its first notification waits for the reply. */
bool space_subscribe(struct space_peer *peer, const struct rpc_request *request,
                     const struct method_outcome *outcome, const char *id, uint64_t arrived,
                     struct space_call *reply);
bool space_unsubscribe(struct space_peer *peer, const struct method_outcome *outcome);
void space_subscriptions_free(struct space_peer *peer);
void space_reply_left(struct space_peer *peer, const struct space_call *reply);

/* texts.c: what repeats is kept once, and what is long as its beginning, its size and its digest.
 * NULL: out of memory. */
struct space_series *space_series_of(struct space *space, struct substrate_text label,
                                     struct substrate_text request);
struct space_method *space_method_of(struct space *space, struct substrate_text name);
/* A copy in the memory of what happened; data NULL: out of memory, or over the budget. */
struct substrate_text space_keep_text(struct space *space, struct substrate_text text);
void *space_keep(struct space *space, size_t size);

/* journal.c */
/* Adds an entry and returns its place; UINT64_MAX when out of memory. */
uint64_t space_journal_add(struct space *space, const struct space_entry *entry);
void space_journal_emitted(struct space *space, uint64_t place, uint64_t seq);
void space_journal_start(struct space *space);
void space_journal_reset(struct space *space);

/* unmatched.c */
/* Counts and remembers a request that is unmatched, and appends the `data` of its error. */
void space_unmatched(struct space *space, const struct space_unmatched *what,
                     struct base_buf *data);

#endif
