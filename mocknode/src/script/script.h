/* The script of a space: events are told, rules match them, and actions follow, each in the
 * function of its stage. No I/O, no clock: the time is told (microseconds), effects go through a
 * host.
 *
 * How a space tells things. Most events:
 *
 *     script_tell(run, &event, now)
 *
 * A call that arrives, each entry of a batch in turn (the event is numbered and journaled first):
 *
 *     script_match(run, &event, &verdict)        which rules fire; a batch has one verdict for all
 *     script_told(run, &event, now)              what waited for the event leaves
 *     script_content(run, &verdict, &content)    rules that give the content; else the method does:
 *     script_content_after(run, &verdict, …)     rules that change its result
 *     script_envelope(run, &verdict, &envelope)  then script_write_reply
 *     script_emission(run, &verdict, item)       delays, holds …: what becomes of the item
 *   and once for the message, batch or not:
 *     script_batch(run, &verdict, &batch)        then script_write_message
 *     (what the call made is told: subscribed; its verdict may go into the same item)
 *     script_put(run, item, now, NULL)
 *     script_rest(run, &verdict, now)            all other stages; rules that fired are told
 *
 * A handshake: match, told, script_handshake, emission, put, rest.
 *
 * A text that leaves (host.emit): for an answer each of its calls, for a notification itself:
 *
 *     script_match(run, &event, &verdict)
 *     if (!script_leaves(run, &verdict, item, now)) return;   a notification that a rule delays
 *                                                             or holds: emit comes again
 *     the event is numbered and journaled
 *     script_frame(run, &verdict, &shape), script_notification(run, &verdict, &notification)
 *     the text is given to the output (in a write of its own: item->alone)
 *     script_told(run, &event, now)
 *     script_rest(run, &verdict, now)
 *
 * Every step may be left out when script_listens says that nobody listens to that kind of event,
 * but script_put and script_drop. Depth first: script_told and script_rest let leave what the event
 * released and caused (host.emit is called from within), and nothing that was put before.
 *
 * Threads: owner. */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include <sys/queue.h>
#include "base/heap.h"
#include "script/event.h"
#include "script/host.h"
#include "script/latency.h"
#include "script/reply.h"

/* ---- a script: read once, immutable, shared by spaces ---- */

struct script;
struct script_source {
    struct substrate_text json;
    const char *name; /* of the file, in errors, and in names of rules that have none */
};

/* Reads the first source, and the rules, gates and start of the others behind it: a file and its
 * profiles. A source that is empty is no script. Gives *script. E_ARGUMENT: the error names source,
 * line, place and what is known there; E_MEMORY. */
enum substrate_status script_read(const struct script_source *sources, size_t count,
                                  struct script **script, struct substrate_error *error);
void script_free(struct script *script);                  /* NULL is fine */
bool script_writes_accepted(const struct script *script); /* NULL: no */
size_t script_rule_count(const struct script *script);
struct substrate_text script_rule_name(const struct script *script, size_t rule);
/* What may be done, for people and programs. */
void script_write_schema(struct base_buf *out);  /* JSON Schema of a script */
void script_write_actions(struct base_buf *out); /* the tables of the README */

/* ---- a space's run of a script ---- */

struct script_run;

/* What the script knows of a connection; a member of the space's struct. */
struct script_counts;
struct script_label;
struct script_peer {
    uint32_t ordinal;
    bool post; /* it came by POST */
    struct substrate_text label_text;
    /* The script's own. */
    bool open, gone;
    struct script_peer *previous, *next;
    struct script_label *label;
    struct script_counts *counts;
    uint64_t last_arrival;
};

enum script_item_state {
    SCRIPT_ITEM_IDLE,    /* new, or done */
    SCRIPT_ITEM_PENDING, /* not put yet, but others may already come after it; or it never leaves */
    SCRIPT_ITEM_HELD,    /* by a gate, a hold, or `early` */
    SCRIPT_ITEM_BLOCKED, /* behind the item that it comes after */
    SCRIPT_ITEM_QUEUED,
    SCRIPT_ITEM_EMITTED, /* taken; on its way through its connection */
    SCRIPT_ITEM_LEFT,    /* in the socket */
};

/* Something that leaves later: an answer (of a call or of a batch), a notification, the answer to a
 * handshake. A member of the space's struct; begun with script_item_begin. */
struct script_item {
    struct script_peer *peer;
    enum script_item_state state;
    bool alone;                /* it leaves in a write of its own: a member of a gate */
    struct script_cause cause; /* of its answered or notified */
    /* The script's own. */
    struct base_heap_node node;
    LIST_ENTRY(script_item) link;
    struct script_item *before, *followers, *next_follower;
    struct script_plan *plan;
    struct script_flight *flights;
    size_t place; /* among those that a gate lets go */
};

/* Whether the item, of which the host is just given this copy, is to be given out again. */
bool script_again(const struct script_item *item, unsigned copy);

/* Begins the run of a script (NULL: one without rules). The script and the host are borrowed. The
 * seed is that of all keyed draws. NULL: out of memory. */
struct script_run *script_run_new(const struct script *script, uint64_t seed,
                                  const struct script_host *host);
void script_run_free(struct script_run *run); /* the items' space is gone already; NULL is fine */
/* Another script, or the same anew: counters begin again; what is held is released, effects that
 * last end; what waits for its time goes on waiting. Peers and items stay. */
void script_run_set(struct script_run *run, const struct script *script, uint64_t seed,
                    uint64_t now);
/* Another latency than the script's, until it is set anew. */
void script_run_set_latency(struct script_run *run, const struct script_latency *latency);
/* Carries out `start`. */
void script_run_start(struct script_run *run, uint64_t now);
/* A rule by its number in a cause of this run; {NULL, 0}: no rule, or of a script that is gone. */
struct substrate_text script_cause_rule(const struct script_run *run,
                                        const struct script_cause *cause);
/* Rules of the first source that never fired: *cursor begins at 0; {NULL, 0}: no more. And how
 * often each fired. */
struct substrate_text script_unfired(const struct script_run *run, size_t *cursor);
uint64_t script_fired_count(const struct script_run *run, size_t rule);

/* The kinds of events that a rule, a hold or a gate listens to, as SCRIPT_BITs. */
uint32_t script_kinds(const struct script_run *run);
static inline bool script_listens(const struct script_run *run, enum script_event_kind kind) {
    return (script_kinds(run) & SCRIPT_BIT(kind)) != 0;
}

/* A connection comes (ordinal, post and label_text are set; the label outlives the peer), is
 * open, and is gone: told behind `closed`, when its items have been dropped. */
void script_peer_begin(struct script_run *run, struct script_peer *peer);
void script_peer_opened(struct script_run *run, struct script_peer *peer);
void script_peer_end(struct script_run *run, struct script_peer *peer, uint64_t now);

/* Items. Begun, it is pending. */
void script_item_begin(struct script_item *item, struct script_peer *peer);
/* Has it leave, as its emission says: never before `after` (NULL: none; for a notification the
 * reply of its subscription). Out of memory: it leaves at once; nothing is lost. */
void script_put(struct script_run *run, struct script_item *item, uint64_t now,
                struct script_item *after);
/* Its last byte is in the socket: what came after it may go. */
void script_left(struct script_run *run, struct script_item *item, uint64_t now);
/* Takes it out, wherever it is; what waited for what it owed is released. It is idle then, and may
 * be begun anew. */
void script_drop(struct script_run *run, struct script_item *item, uint64_t now);
/* What is put between the two leaves now, before all that was put earlier: for what an event of the
 * space's own causes, when that must have left before the rules on it have their turn. */
uint64_t script_mark(const struct script_run *run);
void script_drain(struct script_run *run, uint64_t now, uint64_t mark);
/* When script_run_due has something to do; UINT64_MAX: never. */
uint64_t script_due(const struct script_run *run);
/* Limits and times that have passed, and host.emit for what is due. */
void script_run_due(struct script_run *run, uint64_t now);

/* ---- one event ---- */

/* The rules that fire on an event, or on the entries of a batch, and what became of their actions.
 * Begins as SCRIPT_VERDICT_INIT; script_rest ends it. */
struct script_firing;
struct script_verdict {
    struct script_firing **firings;
    size_t count, capacity;
    size_t entry; /* the first firing of the event that was matched last */
    uint32_t taken, entry_taken;
};
#define SCRIPT_VERDICT_INIT \
    { NULL, 0, 0, 0, 0, 0 }

/* Which rules fire, in the order of the script, added to the verdict. Counters go on. */
void script_match(struct script_run *run, const struct script_event *event,
                  struct script_verdict *verdict);
/* The event is told: what waits until it, and windows of rules. What is released leaves now. */
void script_told(struct script_run *run, const struct script_event *event, uint64_t now);
/* Carries out what is left of the verdict, tells which rules fired, and ends it. */
void script_rest(struct script_run *run, struct script_verdict *verdict, uint64_t now);
/* The three at once, for events that have no text. */
void script_tell(struct script_run *run, const struct script_event *event, uint64_t now);

/* The cause of what the rule does whose action of that name took effect; false: none did. */
bool script_verdict_cause(const struct script_run *run, const struct script_verdict *verdict,
                          const char *action, struct script_cause *cause);

/* Stages of the verdict; each only changes what a rule says. */
enum script_handshake_kind {
    SCRIPT_HANDSHAKE_PLAIN,
    SCRIPT_HANDSHAKE_REFUSE, /* also of a redirect */
    SCRIPT_HANDSHAKE_STALL,  /* it is never answered */
    SCRIPT_HANDSHAKE_BAD,
};
struct script_header {
    struct substrate_text name, value;
};
struct script_handshake {
    enum script_handshake_kind kind;
    unsigned status; /* of REFUSE; of BAD, 0: 101 */
    const struct script_header *headers;
    size_t header_count;
    struct substrate_text body;
    struct substrate_text accept; /* of BAD: in place of the right key; {NULL, 0}: the right one */
    bool no_upgrade;
    struct script_header location; /* room for the header of a redirect */
};
void script_handshake(struct script_run *run, struct script_verdict *verdict,
                      struct script_handshake *how);
void script_content(struct script_run *run, struct script_verdict *verdict,
                    struct script_content *content, uint64_t now);
void script_content_after(struct script_run *run, struct script_verdict *verdict,
                          struct script_content *content, uint64_t now);
void script_envelope(struct script_run *run, struct script_verdict *verdict,
                     struct script_envelope *envelope);
void script_batch(struct script_run *run, struct script_verdict *verdict,
                  struct script_batch *batch);
/* Of the event that was matched last: to be called for each entry of a batch. */
void script_emission(struct script_run *run, struct script_verdict *verdict,
                     struct script_item *item, uint64_t now);
/* The delay that was drawn so far for an item, in microseconds, for the journal. */
uint64_t script_delay(const struct script_item *item);
/* Of a notification: may it leave now? false: it was put back, and the verdict is kept in the item
 * until emit comes again; script_match then does nothing. */
bool script_leaves(struct script_run *run, struct script_verdict *verdict, struct script_item *item,
                   uint64_t now);
void script_frame(struct script_run *run, struct script_verdict *verdict, struct wire_shape *shape,
                  uint64_t now);
struct script_notification {
    bool skip; /* an entry in the journal, no bytes */
};
void script_notification(struct script_run *run, struct script_verdict *verdict,
                         struct script_notification *notification);

#endif
