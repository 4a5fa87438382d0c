/* The event journal of a space: everything that happened, in order, as compact records in a ring
 * with a budget of bytes. Nothing is formatted before somebody asks. The oldest records make room
 * for the newest. */
#ifndef SPACE_EVENTS_H
#define SPACE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "rpc/request.h"
#include "script/event.h"

/* All requests of one label that have one canonical text. */
struct space_series {
    struct substrate_text label, request;
    uint64_t count;
    struct rpc_canonical parts; /* of `request` */
    struct substrate_hash at;   /* of `parts` */
    struct space_series *next;  /* whose digest is the same */
};

/* A name of a method, as sent. */
struct space_method {
    struct substrate_text name;
    uint64_t count;
};

/* One event. What its kind does not have is zero. What is of fixed size stands before the texts. */
struct space_event {
    enum script_event_kind kind;
    bool post, batch; /* it came by POST; it is an entry of a batch */
    uint16_t code;    /* of a close */
    uint32_t ordinal; /* of the connection, from 1; 0: none */
    uint64_t seq;     /* given by space_events_add */
    uint64_t now_us;
    uint64_t cause; /* seq of the event that made it; 0: a peer did */
    uint64_t call;  /* seq of the arrival that it is about; of `written`: of the text */
    uint64_t occurrence, size;
    const struct space_series *series; /* kept by the space until the events are forgotten */
    const struct space_method *method;
    struct substrate_text label;
    struct substrate_text rule;    /* the rule that made it */
    struct substrate_text name;    /* of a signal, gate, rule, or kind of stream */
    struct substrate_text by;      /* who closed; what released; the outcome of an answer */
    struct substrate_text id;      /* raw JSON; a long one is cut */
    struct substrate_text head;    /* the hash of the head, raw, of arrivals and moves */
    struct substrate_text members; /* further members, as raw JSON: `"a":1,"b":2` */
};

#define SPACE_EVENT_FIXED offsetof(struct space_event, label)

struct space_events {
    char *data;
    size_t capacity, budget;
    uint64_t begin, end;      /* offsets since the start, of which the ring has the last bytes */
    uint64_t first_seq, last; /* of the oldest record that is kept; of the newest, kept or not */
};

/* Nothing is allocated before the first event. `budget`: bytes, at least 4096. */
void space_events_init(struct space_events *events, size_t budget);
void space_events_free(struct space_events *events);
/* Forgets all events; numbers go on growing. */
void space_events_forget(struct space_events *events);
/* Copies the event under the next number, which is returned and set in it. Out of memory, or an
 * event larger than the budget: it has its number, and neither it nor any before it is kept. */
uint64_t space_events_add(struct space_events *events, struct space_event *event);

/* Walks what is kept: begin with {0}; texts are views into the ring until the next event. false:
 * that was the last one. */
struct space_events_walk {
    uint64_t at;
};
bool space_events_next(const struct space_events *events, struct space_events_walk *walk,
                       struct space_event *event);

/* Appends the event as a JSON object; `space`: NULL, or its name, as first member. */
void space_event_write(const struct space_event *event, const struct substrate_text *space,
                       struct base_buf *out);

#endif
