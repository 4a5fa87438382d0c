/* The state of a space, and what the files of this folder do for each other. */
#ifndef SPACE_STATE_H
#define SPACE_STATE_H

#include "base/arena.h"
#include "base/map.h"
#include "methods/method.h"
#include "script/script.h"
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
    struct substrate_text name; /* canonical; of the table, or of `method` */
    size_t id_at, id_size;      /* the raw id in the call's `ids` */
};

enum space_call_kind { SPACE_ANSWER, SPACE_NOTIFICATION, SPACE_HANDSHAKE };

/* Something that leaves later: an answer (to one request or to a batch), a notification, or the
 * answer of a handshake. */
struct space_call {
    struct script_item item; /* first: the script gives it back */
    struct space_peer *peer;
    enum space_call_kind kind;
    struct space_call *previous, *next; /* all of a peer; `next` also of the pool */
    struct space_call *previous_emitted, *next_emitted;
    bool emitted;
    struct base_buf text, ids;
    int status; /* of HTTP */
    uint64_t mark;
    /* A result that is the recording's own, and where it stands in the text; folded: it does not.
     */
    struct substrate_text view;
    size_t view_at;
    bool folded;
    size_t waiting; /* bytes that are counted while it waits, and large ids until it is written */
    struct space_flight *flights;
    size_t flight_count, flight_capacity;
    /* Of a notification. */
    const struct method_stream *stream;
    struct space_subscription *subscription; /* NULL: it has ended */
    uint64_t subscribed, notified;           /* seq of its beginning, of this notification */
    uint64_t again; /* so many more are to be made of it, one behind another */
    size_t ahead;   /* bytes of those that were made before it and not waited for */
};

struct space_subscription {
    struct base_buf id; /* raw JSON */
    struct method_opened opened;
    struct base_arena arena;       /* of `opened` */
    size_t held;                   /* bytes of all that */
    struct base_buf last;          /* the raw result that was told last */
    uint64_t number;               /* in the space: by it the script knows the stream */
    uint64_t subscribed;           /* seq of its beginning */
    unsigned quiet;                /* how many rules keep it quiet */
    struct space_call *reply;      /* until it has left */
    struct space_opening *opening; /* until it was told */
    struct space_peer *peer;
    struct space_subscription *next;
};

/* A ping, until its pong. */
struct space_ping {
    struct space_ping *next;
    bool of_rule; /* else it only keeps the connection alive */
    struct substrate_text rule;
    size_t size;
    uint8_t payload[125];
};

struct space_peer {
    struct script_peer script; /* first: the script gives it back */
    struct space *space;
    void *connection;
    struct space_peer *previous, *next;
    struct substrate_text label, address;
    size_t place; /* in the comings and goings that are counted */
    bool websocket, privileged;
    bool counted; /* among the comings */
    bool made_request, made_control;
    bool over_limit;            /* came when the space was full: only control calls are answered */
    bool refused;               /* its handshake was; it goes when the call from outside ends */
    bool ended;                 /* nothing more is to be done to it */
    bool closed;                /* it has no connection any more */
    struct script_cause ending; /* what ended it, if a rule did */
    bool paused, stopped, reading_stopped; /* by load, by a rule; as the port was told */
    struct space_call *calls;
    struct space_call *first_emitted, *last_emitted;
    struct space_subscription *subscriptions;
    size_t subscription_count;
    size_t inflight, waiting; /* calls; bytes of what waits */
    size_t subscribed;        /* bytes of subscriptions */
    struct base_idmap ids;    /* digests of ids in flight, with how often */
    struct space_ping *first_ping, **last_ping;
    struct script_handshake *handshake; /* how it is to be answered; NULL: plainly, or it was */
    struct base_arena arena;            /* of `handshake` */
    struct wire_place sever_at;         /* of its next text */
    enum wire_sever sever_with;
};

enum space_outcome {
    SPACE_RESULT,
    SPACE_ERROR,
    SPACE_UNMATCHED,
    SPACE_NONE, /* a notification of the peer's: no answer */
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
    uint64_t requests, unmatched, limits_reached, dup_inflight, rejected;
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

/* The head goes on by itself. */
struct space_tick {
    uint64_t every_us, due; /* every_us 0: it does not */
    struct script_cause cause;
};

struct space {
    struct space_config config;
    struct substrate_text name;
    uint64_t seed, started_us;
    uint64_t now; /* as told by the last call from outside */
    uint64_t due; /* as last told to the port */
    struct view *view;
    bool begun;            /* it has been set up: the scene that a later `start` sets is told */
    bool has_script;       /* a script of its own, or none, in place of the configuration's */
    struct script *script; /* the own one */
    struct script_host host;
    struct script_run *run;
    struct space_tick tick;
    uint64_t last_stream;                 /* number of the newest */
    struct space_subscription *unlinking; /* one whose end is being told */
    struct script_limits limits;
    struct substrate_error why; /* an action did not take effect, for the journal */
    struct space_peer *peers;
    size_t full_count; /* peers that take a place: all but those of control calls only */
    uint32_t last_ordinal;
    struct space_call *pool;
    size_t pool_count;
    struct base_arena arena;   /* of one message */
    struct base_buf canonical; /* of one request, where it is written */
    struct base_buf line;
    struct space_events events;
    struct space_wait *waits;  /* of mock_wait */
    struct space_peer *caller; /* who makes a control call */
    unsigned goodbye_code;     /* the space ends: with what all are closed; 0: it does not */
    struct substrate_text goodbye;
    /* Memory of what happened; a reset empties it. */
    struct base_arena memory;
    size_t memory_used;
    bool texts_full;          /* the budget for it is used up, as was said */
    struct base_idmap series; /* by digest */
    struct base_map methods, unmatched_map;
    struct space_method *last_method; /* that was looked up last: it is often the next, too */
    struct space_series others;       /* of requests whose texts the budget has no room for */
    struct space_entry *journal;      /* a ring, once it is full */
    size_t journal_capacity;
    uint64_t journal_begin, journal_end, journal_base;
    struct space_counts counts;
    uint64_t unmatched_ever, errors_ever;
    size_t waiting; /* bytes of what waits, and of subscriptions */
    struct space_comings comings;
    /* What a limit released last: those of one gate count once. */
    uint64_t limit_at, limit_by;
    bool reaping; /* peers whose handshake was refused wait to be freed */
};

/* tell.c: the one place where events are told. */
extern const char *const space_by_names[]; /* of enum script_by */
/* What the journal keeps of an event beside what the script hears. */
struct space_note {
    uint64_t call, size;
    const struct space_series *series;
    const struct space_method *method;
    struct substrate_text by, members;
};
/* Gives the event its number and journals it. `note`: NULL, or more to keep. */
void space_record(struct space *space, struct script_event *event, const struct space_note *note);
/* Does anybody hear of such events: a rule, or who waits? */
bool space_is_heard(const struct space *space, enum script_event_kind kind);
/* Numbers and journals an event of one of a call's requests of which nobody hears, and returns its
 * number. `kept` has what is not the call's or the request's: kind, `call`, `batch`, `size`, id,
 * head. */
uint64_t space_record_unheard(const struct space_call *call, const struct space_flight *flight,
                              struct space_event *kept);
/* The same, and the script hears of it: for events without a text. */
void space_tell(struct space *space, struct script_event *event, const struct space_note *note);
struct script_event space_event_of(struct space_peer *peer, enum script_event_kind kind);
/* Of one of a call's requests. */
struct script_event space_event_of_flight(struct space_call *call,
                                          const struct space_flight *flight,
                                          enum script_event_kind kind);
struct space_note space_note_of_flight(const struct space_flight *flight);
void space_tell_refused(struct space_peer *peer, struct substrate_text why, uint64_t size,
                        struct substrate_text beginning);

/* space.c */
void space_begin(struct space *space, uint64_t now); /* of each call from outside: its time */
void space_end(struct space *space);                 /* what is due leaves; the port is told */
const struct script *space_script(const struct space *space); /* that runs; NULL: none */

/* peer.c */
void space_peer_requested(struct space_peer *peer);
void space_peer_controlled(struct space_peer *peer);
/* A ping that was sent: of the rule of that cause, or (NULL) of none. false: out of memory. */
bool space_peer_pinged(struct space_peer *peer, const struct script_cause *cause,
                       struct substrate_bytes payload);
void space_peer_read(struct space_peer *peer);    /* tells the port whether it is to be read from */
void space_called(struct space_peer *peer);       /* its control call has been answered */
void space_peer_give_up(struct space_peer *peer); /* too much waits for it: it is closed (1008) */
void space_peers_reap(struct space *space);
/* Carries out the answer of a handshake. */
void space_handshake(struct space_call *call);

/* conns.c: the counting of connections. */
bool space_conns_add(struct space *space, size_t place, int sign);
/* A place for a new connection. */
size_t space_conns_place(struct space *space);
void space_conns_reset(struct space *space);

/* call.c */
/* NULL: out of memory. */
struct space_call *space_call_new(struct space_peer *peer, enum space_call_kind kind);
void space_call_free(struct space_call *call);
void space_call_discard(struct space_call *call); /* one that is in no list any more */
/* Counts a request of the call as in flight. NULL: out of memory. */
struct space_flight *space_call_begin(struct space_call *call, struct substrate_text id,
                                      const struct space_flight *flight);
/* The `emit` of the script's host. */
void space_emit(void *context, struct script_item *item, unsigned copy, uint64_t now);

/* A stream that a request of a message has begun; it is told when the reply has been put. */
struct space_opening {
    struct space_opening *next;
    struct space_subscription *subscription; /* NULL: it has ended meanwhile */
    size_t flight;                           /* which of the call's */
    struct substrate_text first;             /* what it says first; data NULL: nothing */
    struct script_event event;
    struct script_verdict verdict;
};

/* waiting.c */
/* The result that stands in the call's text at that place may be left out while it waits. */
void space_call_view(struct space_call *call, struct substrate_text result, size_t at);
void space_call_unfold(struct space_call *call); /* its text is whole again */
void space_unfold_all(struct space *space);      /* before the view forgets its blocks */
/* An answer that was put and has not left is counted, and the connection perhaps not read from. */
void space_waiting_begin(struct space_call *call);
/* What a call holds is counted, anew if it was; then no more. */
void space_waiting_count(struct space_call *call);
void space_waiting_end(struct space_call *call);
/* A subscription holds so much now. */
void space_waiting_subscribed(struct space_subscription *subscription, size_t size);
/* The connection may not open another stream. */
bool space_waiting_is_full(const struct space_peer *peer);
/* Notifications wait for it far beyond its share, and nothing that it does can help. */
bool space_waiting_is_hopeless(const struct space_peer *peer);
/* Fewer wait now: perhaps the connection is read from again. */
void space_waiting_less(struct space_peer *peer);
bool space_is_busy(const struct space *space); /* no more answers can wait */

/* One message being worked on. */
struct space_work {
    struct space_peer *peer;
    struct space_call *call;
    struct script_verdict verdict;
    bool in_batch;
    bool unlimited;   /* a reply in it is not subject to the limits */
    size_t *reply_at; /* where each begins in the call's text */
    size_t reply_count, reply_capacity;
    struct space_opening *openings, **last_opening;
};

/* answer.c */
/* The error of a message, or of a call, for which there was no memory. */
void space_write_internal_error(struct base_buf *out, struct substrate_text id);
void space_write_limit_error(struct base_buf *out, struct substrate_text id, int64_t code,
                             const char *message, size_t limit);
/* One call's content; appends its answer to the call's text. */
void space_answer(struct space_work *work, const struct rpc_envelope *envelope);
void space_note_notification(struct space_work *work, const struct rpc_envelope *envelope);

/* streams.c */
/* A stream begins. NULL: out of memory. */
struct space_subscription *space_subscribe(struct space_work *work,
                                           const struct rpc_request *request,
                                           const struct method_outcome *outcome,
                                           const struct space_flight *flight);
/* What the rules say of the streams that a message has begun: of when the reply leaves; and, once
 * it has been put, all else. Their first notifications wait for it. */
void space_openings_judge(struct space_work *work);
void space_openings_tell(struct space_work *work);
bool space_unsubscribe(struct space_work *work, const struct method_outcome *outcome);
void space_subscriptions_free(struct space_peer *peer);
void space_reply_left(struct space_call *reply);
/* Makes the next one of a flood, of a notification that leaves; `waited`: it has left. One that has
 * too much before it is not followed until then. */
void space_flood_on(struct space_call *call, bool waited);
/* What events call a stream by; NULL: none. */
void *space_stream_handle(const struct space_subscription *subscription);
/* Every subscriber hears of a step of the view. */
void space_streams_step(struct space *space, const struct view_step *step,
                        const struct script_cause *cause);

/* head.c */
/* Tells the steps and frees them; returns the status. */
enum substrate_status space_moved(struct space *space, struct view_steps *steps,
                                  enum substrate_status status, const struct script_cause *cause);
void space_tick_due(struct space *space);

/* host_*.c: what the script's host does, by kind. */
void space_host_init(struct space *space);
void space_host_sockets(struct script_host *host);
void space_host_streams(struct script_host *host);
void space_host_chain(struct script_host *host);

/* texts.c: what repeats is kept once, and what is long as its beginning, its size and its digest.
 * NULL: out of memory. */
struct space_series *space_series_of(struct space *space, struct substrate_text label,
                                     const struct rpc_canonical *request);
struct space_method *space_method_of(struct space *space, struct substrate_text name);
/* A copy in the memory of what happened; data NULL: out of memory, or over the budget. */
struct substrate_text space_keep_text(struct space *space, struct substrate_text text);
void *space_keep(struct space *space, size_t size);

/* journal.c */
/* Adds an entry and returns its place; UINT64_MAX when out of memory. */
uint64_t space_journal_add(struct space *space, const struct space_entry *entry);
/* The entry of a place; NULL: it is not kept any more. */
struct space_entry *space_journal_entry(struct space *space, uint64_t place);
void space_journal_start(struct space *space);
void space_journal_reset(struct space *space);

/* unmatched.c */
/* Counts and remembers a request that is unmatched, and appends the `data` of its error. */
void space_unmatched(struct space *space, const struct space_unmatched *what,
                     struct base_buf *data);

/* waits.c */
/* Does the event end waits of mock_wait? */
void space_waits_told(struct space *space, const struct script_event *event);
void space_waits_forget(struct space_peer *peer);

#endif
