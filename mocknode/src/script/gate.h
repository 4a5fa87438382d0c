/* A gate at work: it holds matching calls until n of them are in flight, and gives them back in the
 * order of its rule. Order without time; only the limit is a time, and it is told, not read. */
#ifndef SCRIPT_GATE_H
#define SCRIPT_GATE_H

#include "script/rules.h"

/* A held call. Canonical order is by request, then label, then occurrence, then arrival. */
struct script_member {
    void *item;
    const void *connection;
    struct substrate_text request, label;
    uint64_t occurrence, arrival;
};

/* The members that go through now, in the order in which they are to leave. Borrowed from the gate
 * until its next call. */
struct script_release {
    struct script_member *members;
    size_t count;
    bool timed_out; /* the limit was reached with too few in flight */
};

struct script_gate;

/* Borrows the rule. NULL: out of memory. */
struct script_gate *script_gate_new(const struct script_gate_rule *rule);
void script_gate_free(struct script_gate *gate); /* NULL is fine; held members are forgotten */
/* Is a call of this connection to be held? */
bool script_gate_holds(const struct script_gate *gate, const void *connection,
                       struct substrate_text canonical, struct substrate_text sent);
/* Holds it; *release says who goes (perhaps none). false: out of memory, it is not held. */
bool script_gate_hold(struct script_gate *gate, const struct script_member *member, uint64_t now,
                      struct script_release *release);
/* The connection is gone, and its members with it: the number that is waited for shrinks. */
void script_gate_leave(struct script_gate *gate, const void *connection,
                       struct script_release *release);
/* Releases, in order of arrival, one group whose limit has passed; false: there is none. */
bool script_gate_expire(struct script_gate *gate, uint64_t now, struct script_release *release);
/* When the next limit passes; UINT64_MAX: nothing is held. */
uint64_t script_gate_due(const struct script_gate *gate);

#endif
