/* Gates. A group is what is counted together: one for a space, or one for each connection. */
#include "script/gate.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"

struct group {
    const void *connection; /* NULL: the space */
    struct script_member *members;
    size_t count, capacity;
    size_t needed;
    uint64_t deadline;
    bool done;
};

struct script_gate {
    const struct script_gate_rule *rule;
    struct group *groups;
    size_t count, capacity;
    struct script_member *released, *ranked;
    size_t released_capacity, ranked_capacity;
};

struct script_gate *script_gate_new(const struct script_gate_rule *rule) {
    struct script_gate *gate = base_calloc(1, sizeof(*gate));
    if (gate != NULL) {
        gate->rule = rule;
    }
    return gate;
}

void script_gate_free(struct script_gate *gate) {
    if (gate == NULL) {
        return;
    }
    for (size_t i = 0; i < gate->count; i++) {
        base_free(gate->groups[i].members);
    }
    base_free(gate->groups);
    base_free(gate->released);
    base_free(gate->ranked);
    base_free(gate);
}

static struct group *find(const struct script_gate *gate, const void *connection) {
    const void *key = gate->rule->per_connection ? connection : NULL;
    for (size_t i = 0; i < gate->count; i++) {
        if (gate->groups[i].connection == key) {
            return &gate->groups[i];
        }
    }
    return NULL;
}

bool script_gate_holds(const struct script_gate *gate, const void *connection,
                       struct substrate_text canonical, struct substrate_text sent) {
    if (gate == NULL || !script_methods_match(&gate->rule->methods, canonical, sent)) {
        return false;
    }
    const struct group *group = find(gate, connection);
    return group == NULL || !group->done;
}

static struct group *make(struct script_gate *gate, const void *connection) {
    if (!base_grow((void **)&gate->groups, &gate->capacity, gate->count + 1,
                   sizeof(*gate->groups))) {
        return NULL;
    }
    struct group *group = &gate->groups[gate->count++];
    memset(group, 0, sizeof(*group));
    group->connection = gate->rule->per_connection ? connection : NULL;
    group->needed = gate->rule->n;
    return group;
}

static int by_canonical_order(const void *left, const void *right) {
    const struct script_member *a = left, *b = right;
    int order = base_text_compare(a->request, b->request);
    if (order == 0) {
        order = base_text_compare(a->label, b->label);
    }
    if (order == 0 && a->occurrence != b->occurrence) {
        order = a->occurrence < b->occurrence ? -1 : 1;
    }
    if (order == 0) {
        order = a->arrival < b->arrival ? -1 : 1;
    }
    return order;
}

/* The members in the order of the rule. A gate that has shrunk keeps the relative order of its
 * list: entries beyond the last member are passed over. */
static void arrange(struct script_gate *gate, const struct group *group, bool timed_out) {
    size_t count = group->count;
    if (timed_out || gate->rule->order == SCRIPT_ARRIVAL) {
        memcpy(gate->released, group->members, count * sizeof(*gate->released));
        return;
    }
    if (gate->rule->order == SCRIPT_REVERSED) {
        for (size_t i = 0; i < count; i++) {
            gate->released[i] = group->members[count - 1 - i];
        }
        return;
    }
    memcpy(gate->ranked, group->members, count * sizeof(*gate->ranked));
    qsort(gate->ranked, count, sizeof(*gate->ranked), by_canonical_order);
    size_t used = 0;
    for (size_t i = 0; i < gate->rule->n; i++) {
        if (gate->rule->permutation[i] < count) {
            gate->released[used++] = gate->ranked[gate->rule->permutation[i]];
        }
    }
}

static void let_go(struct script_gate *gate, struct group *group, bool timed_out,
                   struct script_release *release) {
    arrange(gate, group, timed_out);
    *release = (struct script_release){gate->released, group->count, timed_out};
    group->count = 0;
    group->needed = gate->rule->n;
    group->done = !gate->rule->repeat;
}

bool script_gate_hold(struct script_gate *gate, const struct script_member *member, uint64_t now,
                      struct script_release *release) {
    *release = (struct script_release){NULL, 0, false};
    struct group *group = find(gate, member->connection);
    group = group != NULL ? group : make(gate, member->connection);
    size_t need = gate->rule->n;
    if (group == NULL ||
        !base_grow((void **)&group->members, &group->capacity, group->count + 1,
                   sizeof(*group->members)) ||
        !base_grow((void **)&gate->released, &gate->released_capacity, need,
                   sizeof(*gate->released)) ||
        !base_grow((void **)&gate->ranked, &gate->ranked_capacity, need, sizeof(*gate->ranked))) {
        return false;
    }
    if (group->count == 0) {
        group->deadline = now + gate->rule->limit_us;
    }
    group->members[group->count++] = *member;
    if (group->count >= group->needed) {
        let_go(gate, group, false, release);
    }
    return true;
}

static void forget_group(struct script_gate *gate, struct group *group) {
    base_free(group->members);
    *group = gate->groups[--gate->count];
}

void script_gate_leave(struct script_gate *gate, const void *connection,
                       struct script_release *release) {
    *release = (struct script_release){NULL, 0, false};
    struct group *group = find(gate, connection);
    if (group == NULL) {
        return;
    }
    if (gate->rule->per_connection) {
        forget_group(gate, group);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < group->count; i++) {
        if (group->members[i].connection != connection) {
            group->members[kept++] = group->members[i];
        }
    }
    size_t gone = group->count - kept;
    group->count = kept;
    group->needed -= gone;
    if (gone > 0 && group->count >= group->needed) {
        let_go(gate, group, false, release);
    }
}

bool script_gate_expire(struct script_gate *gate, uint64_t now, struct script_release *release) {
    *release = (struct script_release){NULL, 0, false};
    for (size_t i = 0; i < gate->count; i++) {
        struct group *group = &gate->groups[i];
        if (group->count > 0 && group->deadline <= now) {
            let_go(gate, group, true, release);
            return true;
        }
    }
    return false;
}

uint64_t script_gate_due(const struct script_gate *gate) {
    uint64_t due = UINT64_MAX;
    for (size_t i = 0; gate != NULL && i < gate->count; i++) {
        const struct group *group = &gate->groups[i];
        if (group->count > 0 && group->deadline < due) {
            due = group->deadline;
        }
    }
    return due;
}
