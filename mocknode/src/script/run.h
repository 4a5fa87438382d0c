/* A space's run of a script, as the files of this folder share it. */
#ifndef SCRIPT_RUN_H
#define SCRIPT_RUN_H

#include <sys/queue.h>
#include "base/heap.h"
#include "base/map.h"
#include "script/actions.h"
#include "script/rule.h"

#define SCRIPT_NESTING_MAX 32
#define SCRIPT_RULES_MORE 2 /* `start` and `latency` count as rules behind those of the script */

LIST_HEAD(script_items, script_item);
LIST_HEAD(script_waits, script_wait);

/* ---- counters ---- */

/* Of one rule in one scope: a space, a connection, a label. */
struct script_counts {
    uint64_t seen, in_flight, asked;
};

struct script_label {
    struct substrate_text text;
    struct script_counts *counts; /* by rule; NULL: nothing was counted */
    uint64_t last_arrival;
    size_t peers, open; /* connections: that are there, whose handshake was answered */
};
/* Labels that are kept with what was counted of them; connections of further ones count with the
 * space. */
#define SCRIPT_LABELS_MAX 65536

/* How many calls of an item a rule has counted as in flight. */
struct script_flight {
    struct script_flight *next;
    uint16_t rule;
    uint32_t count, generation;
};

/* ---- what waits ---- */

/* A time at which something happens. */
struct script_timer {
    struct base_heap_node node;
    void (*fire)(struct script_run *run, struct script_timer *timer, uint64_t now);
};
/* false: out of memory. Set again, it is moved. */
bool script_timer_set(struct script_run *run, struct script_timer *timer, uint64_t due);
void script_timer_stop(struct script_run *run, struct script_timer *timer);

/* Something that lasts until an event, a time, or a limit. It ends once: `end` is called, and the
 * wait is freed behind it. */
struct script_wait {
    struct script_timer timer;
    LIST_ENTRY(script_wait) link; /* of its kind of event */
    const struct script_until *until;
    uint64_t left;   /* so many events more */
    bool reply_only; /* only notifications count whose subscription's reply the item is */
    bool listed;     /* it is in a list */
    void (*end)(struct script_run *run, struct script_wait *wait, enum script_end end,
                const struct script_act *act);
    const struct script_rule *rule;
    const struct script_action *action;
    struct script_cause cause;
    /* Of whom; what `end` needs. */
    struct script_item *item;
    struct script_peer *peer;
    void *subscription;
};
typedef void script_wait_end(struct script_run *run, struct script_wait *wait, enum script_end end,
                             const struct script_act *act);
/* Begins one, from the work's time on. NULL: out of memory. */
struct script_wait *script_wait_begin(struct script_work *work, const struct script_until *until,
                                      uint64_t limit_us, script_wait_end *end);
void script_wait_cancel(struct script_run *run, struct script_wait *wait);
void script_waits_told(struct script_run *run, const struct script_event *event, uint64_t now);
/* What an item owed will never be: who waits for that waits no longer. */
void script_waits_owed(struct script_run *run, const struct script_event *event, uint64_t now);
/* A connection is gone: effects on it are forgotten, who waits for it by number is released. */
void script_waits_gone(struct script_run *run, struct script_peer *peer, uint64_t now);
void script_waits_end_all(struct script_run *run, uint64_t now);

/* ---- gates ---- */

struct script_gate;
struct script_gate *script_gates_new(const struct script *script); /* an array; NULL: no memory */
void script_gates_free(struct script_gate *gates, size_t count);
/* Holds the item. false: out of memory, or the gate is done: it is not held. */
bool script_gates_hold(struct script_run *run, size_t gate, struct script_item *item, uint64_t now);
/* May the item be held at all by it? */
bool script_gates_are_open(const struct script_run *run, size_t gate,
                           const struct script_peer *peer);
void script_gates_drop(struct script_run *run, struct script_item *item);
void script_gates_gone(struct script_run *run, struct script_peer *peer);
void script_gates_end_all(struct script_run *run, uint64_t now);

/* ---- items ---- */

/* What is to become of an item, when that is more than to leave at once. */
struct script_plan {
    uint64_t delay_us, earliest;
    bool never;
    /* A hold, by a gate or until something. */
    const struct script_hold *hold;
    const struct script_rule *hold_rule;
    struct script_act hold_act;
    struct script_wait *wait;
    struct script_gate_group *group;
    /* For the canonical order of a gate: copies. */
    char *request;
    size_t request_size;
    uint64_t occurrence, held_tie;
    uint64_t early; /* the hold is for so many notifications of the stream */
    /* Copies. */
    uint64_t repeat;
    struct script_cause repeat_cause;
    /* The verdict on a notification that was put back. */
    bool judged;
    uint32_t generation; /* of the run; a later script has other rules */
    struct script_verdict verdict;
};
/* The item's plan, made when there is none. NULL: out of memory. */
struct script_plan *script_plan_of(struct script_item *item);

static inline struct script_item *script_item_of(struct base_heap_node *node) {
    return (struct script_item *)(void *)((char *)node - offsetof(struct script_item, node));
}

struct script_queue {
    struct base_heap heap;
    size_t reserved; /* items that may come into the heap without being put anew */
    uint64_t next_tie;
    struct script_items turn; /* due already, before all that is in the heap */
};
/* It leaves now, or when its time has come: releases what held it. */
void script_item_go(struct script_run *run, struct script_item *item, uint64_t now);
/* The same behind another item, for the members of a gate. */
void script_item_go_behind(struct script_run *run, struct script_item *item, uint64_t now,
                           struct script_item *after);
void script_flights_end(struct script_run *run, struct script_item *item);

/* ---- the run ---- */

/* The windows of a rule. */
struct script_window {
    bool opened, closed;
};
struct script_leaving {
    struct script_item *item; /* NULL: it was dropped meanwhile */
    struct script_leaving *outer;
};
/* Items that a gate has let go and tells of; those that are dropped meanwhile are NULL. */
struct script_releasing {
    struct script_item **items;
    size_t count;
    struct script_releasing *outer;
};
struct script_cursor {
    struct script_peer *next;
    struct script_cursor *outer;
};

struct script_run {
    const struct script *script;
    const struct script_host *host;
    uint64_t seed;
    uint32_t generation;
    uint32_t waited;                                   /* kinds that waits listen to */
    size_t waiting[SCRIPT_EVENT_KINDS];                /* how many waits listen to a kind */
    struct script_waits waits[SCRIPT_EVENT_KINDS + 1]; /* the last: those of a time alone */
    struct base_heap timers;
    struct script_gate *gates;
    struct script_queue queue;
    struct script_counts *counts; /* of the space, by rule */
    uint64_t *fired;              /* by rule */
    struct script_window *windows;
    struct base_map labels;
    struct script_peer *first_peer, *last_peer;
    size_t open;
    uint64_t last_arrival;
    struct base_map rates; /* of rate_limit: windows by key */
    size_t rates_max;      /* so many are kept before those that are over are swept out */
    /* `latency` is short for a rule, which stands behind the others. */
    struct script_rule latency_rule;
    struct script_action latency_action;
    struct script_latency latency;
    /* Firings on what that origin caused, since the space was called last. */
    uint64_t origin;
    size_t caused;
    uint64_t *scratch;
    size_t scratch_capacity;
    struct script_leaving *leaving;
    struct script_releasing *releasing;
    struct script_cursor *cursors;
    unsigned nesting;
};

static inline bool script_has_latency(const struct script_run *run) {
    return run->latency.kind != SCRIPT_LATENCY_FIXED || run->latency.a > 0;
}

/* The cause of what a rule does on an event. */
struct script_cause script_cause_of(const struct script_run *run, const struct script_event *event,
                                    const struct script_rule *rule);
/* A number drawn by the seed and the key of the event: rule, request, label, occurrence (without a
 * request: by `asked`). */
uint64_t script_draw(const struct script_run *run, const struct script_event *event,
                     struct substrate_text rule, uint64_t asked);
/* How often the rule was asked before for the event's label. */
uint64_t script_ask(struct script_run *run, const struct script_rule *rule,
                    const struct script_event *event);
bool script_event_matches(const struct script_run *run, const struct script_match *match,
                          const struct script_event *event);
/* Does the rule fire on the event, which is of its kind? Counts. */
bool script_when_met(struct script_run *run, const struct script_rule *rule,
                     const struct script_event *event);
/* Carries out an action of the rest for each of its targets. */
const char *script_carry_out(struct script_work *work);

/* Room for so many numbers, until the next call. NULL: out of memory. */
uint64_t *script_scratch(struct script_run *run, size_t count);
void script_rates_free(struct script_run *run);
void script_verdict_free(struct script_verdict *verdict);

/* A text with {occurrence}, {id} and {connection} filled in. */
void script_fill_in(struct base_buf *out, struct substrate_text text,
                    const struct script_event *event);
bool script_has_places(struct substrate_text text);

#endif
