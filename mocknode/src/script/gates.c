/* Gates at work: they hold items until a group of them is closed, and let them go in the order of
 * the gate. A group is what is counted together: one for the space, a connection, or a label. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "script/order.h"
#include "script/run.h"

struct script_gate_group {
    struct script_timer limit, settled; /* `limit` first: its timer is the group */
    const struct script_gate_rule *rule;
    struct script_peer *peer; /* of a group for a connection, else NULL */
    const struct script_label *label;
    struct script_item **members; /* in order of arrival */
    size_t count, capacity;
    uint64_t needed;  /* n less those whose connection closed */
    uint64_t arrived; /* since the group began */
    uint64_t number;  /* how many groups were closed before */
    bool done, gone;
    unsigned pins; /* functions that still need it */
};

struct script_gate {
    struct base_idmap groups;
};

struct script_gate *script_gates_new(const struct script *script) {
    struct script_gate *gates = base_calloc(script->gate_count + 1, sizeof(*gates));
    for (size_t i = 0; gates != NULL && i < script->gate_count; i++) {
        base_idmap_init(&gates[i].groups);
    }
    return gates;
}

static void free_group(struct script_gate_group *group) {
    base_free(group->members);
    base_free(group);
}

void script_gates_free(struct script_gate *gates, size_t count) {
    for (size_t i = 0; gates != NULL && i < count; i++) {
        size_t cursor = 0;
        uint64_t id;
        void *group;
        while (base_idmap_next(&gates[i].groups, &cursor, &id, &group)) {
            free_group(group);
        }
        base_idmap_free(&gates[i].groups);
    }
    base_free(gates);
}

/* ---- groups ---- */

static uint64_t key_of(const struct script_gate_rule *rule, const struct script_peer *peer) {
    switch (rule->per) {
    case SCRIPT_PER_CONNECTION:
        return peer->ordinal;
    case SCRIPT_PER_LABEL:
        return (uintptr_t)peer->label;
    default:
        return 0;
    }
}

static struct script_gate_group *find(const struct script_run *run, size_t gate,
                                      const struct script_peer *peer) {
    return base_idmap_get(&run->gates[gate].groups, key_of(&run->script->gates[gate], peer));
}

static void out_of_time(struct script_run *run, struct script_timer *timer, uint64_t now);
static void has_settled(struct script_run *run, struct script_timer *timer, uint64_t now);

static struct script_gate_group *make(struct script_run *run, size_t gate,
                                      struct script_peer *peer) {
    const struct script_gate_rule *rule = &run->script->gates[gate];
    struct script_gate_group *group = base_calloc(1, sizeof(*group));
    if (group == NULL || !base_idmap_put(&run->gates[gate].groups, key_of(rule, peer), group)) {
        base_free(group);
        return NULL;
    }
    group->limit = (struct script_timer){{0, 0, BASE_HEAP_NOWHERE}, out_of_time};
    group->settled = (struct script_timer){{0, 0, BASE_HEAP_NOWHERE}, has_settled};
    group->rule = rule;
    group->peer = rule->per == SCRIPT_PER_CONNECTION ? peer : NULL;
    group->label = rule->per > SCRIPT_PER_SPACE ? peer->label : NULL;
    group->needed = rule->n;
    return group;
}

bool script_gates_are_open(const struct script_run *run, size_t gate,
                           const struct script_peer *peer) {
    const struct script_gate_group *group = find(run, gate, peer);
    return group == NULL || !group->done;
}

static void unpin(struct script_gate_group *group) {
    if (--group->pins == 0 && group->gone) {
        free_group(group);
    }
}

/* ---- order ---- */

static int by_canonical_order(const void *left, const void *right) {
    const struct script_item *a = *(struct script_item *const *)left,
                             *b = *(struct script_item *const *)right;
    struct substrate_text one = {a->plan->request, a->plan->request_size},
                          two = {b->plan->request, b->plan->request_size};
    int order = base_text_compare(one, two);
    if (order == 0) {
        order = base_text_compare(a->peer->label_text, b->peer->label_text);
    }
    if (order == 0 && a->plan->occurrence != b->plan->occurrence) {
        order = a->plan->occurrence < b->plan->occurrence ? -1 : 1;
    }
    if (order == 0) {
        order = a->plan->held_tie < b->plan->held_tie ? -1 : 1;
    }
    return order;
}

/* Which order a group has is drawn by the seed, the gate, the label, and the group's number. */
static uint64_t shuffle_of(const struct script_run *run, const struct script_gate_group *group) {
    struct substrate_text name = group->rule->name;
    struct substrate_text label =
        group->label != NULL ? group->label->text : (struct substrate_text){NULL, 0};
    uint64_t bits =
        base_xxh64((struct substrate_bytes){(const uint8_t *)name.data, name.size}, run->seed);
    bits = base_xxh64((struct substrate_bytes){(const uint8_t *)label.data, label.size}, bits);
    return script_mix(bits ^ script_mix(group->number));
}

static void permute(const struct script_run *run, const struct script_gate_group *group,
                    struct script_item **items, size_t *order) {
    size_t count = group->count, used = 0;
    memcpy(items, group->members, count * sizeof(*items));
    struct script_item **ranked = items + count; /* there is room for twice as many */
    memcpy(ranked, items, count * sizeof(*items));
    qsort(ranked, count, sizeof(*ranked), by_canonical_order);
    const size_t *by = order;
    size_t length = count;
    if (group->rule->order.kind == SCRIPT_GATE_LIST) {
        by = group->rule->order.list;
        length = group->rule->order.count;
    } else if (group->rule->order.kind == SCRIPT_GATE_NEXT) {
        script_order_nth(group->number, order, count);
    } else {
        script_order_shuffle(shuffle_of(run, group), order, count);
    }
    /* A group that has shrunk keeps the relative order of a list. */
    for (size_t i = 0; i < length; i++) {
        if (by[i] < count) {
            items[used++] = ranked[by[i]];
        }
    }
    assert(used == count);
}

/* The members in the order of the gate, into items[2 * count]. */
static void arrange(const struct script_run *run, const struct script_gate_group *group,
                    struct script_item **items, size_t *order) {
    size_t count = group->count;
    switch (group->rule->order.kind) {
    case SCRIPT_GATE_REVERSED:
        for (size_t i = 0; i < count; i++) {
            items[i] = group->members[count - 1 - i];
        }
        return;
    case SCRIPT_GATE_FIRST_IS_LAST:
        memcpy(items, group->members + 1, (count - 1) * sizeof(*items));
        items[count - 1] = group->members[0];
        return;
    case SCRIPT_GATE_LAST_IS_FIRST:
        memcpy(items + 1, group->members, (count - 1) * sizeof(*items));
        items[0] = group->members[count - 1];
        return;
    case SCRIPT_GATE_SHUFFLED:
    case SCRIPT_GATE_NEXT:
    case SCRIPT_GATE_LIST:
        permute(run, group, items, order);
        return;
    case SCRIPT_GATE_ARRIVAL:
    case SCRIPT_GATE_ONE_AT_A_TIME:
        break;
    }
    memcpy(items, group->members, count * sizeof(*items));
}

/* ---- letting go ---- */

/* Members leave one write after another. What is told of one may drop another. */
static void let_go(struct script_run *run, const struct script_gate_rule *rule,
                   struct script_item **items, size_t count, enum script_end end,
                   const struct script_cause *cause, uint64_t now) {
    struct script_releasing releasing = {items, count, run->releasing};
    struct script_item *before = NULL;
    run->releasing = &releasing;
    for (size_t i = 0; i < count; i++) {
        items[i]->alone = true;
        items[i]->cause = cause != NULL ? *cause : items[i]->plan->hold_act.cause;
        items[i]->plan->group = NULL;
        items[i]->place = i;
        script_item_go_behind(run, items[i], now, before);
        before = items[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (items[i] != NULL) {
            struct script_act act = {.cause = items[i]->cause, .now = now};
            run->host->released(run->host->context, &act, items[i], rule->name, end);
        }
    }
    run->releasing = releasing.outer;
}

static void begin_anew(struct script_run *run, struct script_gate_group *group) {
    script_timer_stop(run, &group->limit);
    script_timer_stop(run, &group->settled);
    group->count = 0;
    group->arrived = 0;
    group->needed = group->rule->n;
    group->number++;
    group->done = !group->rule->again;
}

static void close_group(struct script_run *run, struct script_gate_group *group,
                        enum script_end end, uint64_t now) {
    const struct script_gate_rule *rule = group->rule;
    size_t count = group->count;
    struct script_item **items = base_calloc(2 * count + 1, sizeof(struct script_item *));
    size_t *order = base_calloc(count + 1, sizeof(*order));
    if (items == NULL || order == NULL) {
        /* In the order of arrival, then, out of the group's own list. */
        run->host->no_memory(run->host->context);
        base_free(items);
        items = group->members;
        group->members = NULL;
        group->capacity = 0;
    } else if (end == SCRIPT_END_FULL) {
        arrange(run, group, items, order);
    } else {
        memcpy(items, group->members, count * sizeof(*items));
    }
    base_free(order);
    struct script_cause cause = group->members != NULL && count > 0
                                    ? group->members[count - 1]->plan->hold_act.cause
                                    : (struct script_cause){0};
    bool caused = group->members != NULL && end == SCRIPT_END_FULL;
    begin_anew(run, group);
    let_go(run, rule, items, count, end, caused ? &cause : NULL, now);
    base_free(items);
}

/* The first member leaves; the others stay. */
static void let_first_go(struct script_run *run, struct script_gate_group *group,
                         const struct script_cause *cause, uint64_t now) {
    struct script_item *first = group->members[0];
    group->count--;
    memmove(group->members, group->members + 1, group->count * sizeof(*group->members));
    (void)script_timer_set(run, &group->limit,
                           group->rule->limit_us == SCRIPT_NO_LIMIT ? UINT64_MAX
                                                                    : now + group->rule->limit_us);
    let_go(run, group->rule, &first, 1, SCRIPT_END_FULL, cause, now);
}

static void out_of_time(struct script_run *run, struct script_timer *timer, uint64_t now) {
    struct script_gate_group *group = (struct script_gate_group *)(void *)timer;
    close_group(run, group, SCRIPT_END_LIMIT, now);
}

static void has_settled(struct script_run *run, struct script_timer *timer, uint64_t now) {
    struct script_gate_group *group =
        (struct script_gate_group *)(void *)((char *)timer -
                                             offsetof(struct script_gate_group, settled));
    uint64_t last = group->peer != NULL    ? group->peer->last_arrival
                    : group->label != NULL ? group->label->last_arrival
                                           : run->last_arrival;
    uint64_t quiet = last + group->rule->settled_us;
    if (quiet > now) {
        (void)script_timer_set(run, timer, quiet);
    } else if (group->rule->order.kind == SCRIPT_GATE_ONE_AT_A_TIME && group->count > 1) {
        (void)script_timer_set(run, timer, now + group->rule->settled_us);
        let_first_go(run, group, NULL, now);
    } else {
        close_group(run, group, SCRIPT_END_FULL, now);
    }
}

/* ---- holding ---- */

static bool add(struct script_run *run, struct script_gate_group *group, struct script_item *item,
                uint64_t now) {
    const struct script_gate_rule *rule = group->rule;
    if (!base_grow((void **)&group->members, &group->capacity, group->count + 1,
                   sizeof(*group->members))) {
        return false;
    }
    if (group->count == 0 && rule->limit_us != SCRIPT_NO_LIMIT &&
        !script_timer_set(run, &group->limit, now + rule->limit_us)) {
        return false;
    }
    if (rule->settled_us > 0 && !script_timer_set(run, &group->settled, now + rule->settled_us)) {
        return false;
    }
    group->members[group->count++] = item;
    group->arrived++;
    item->state = SCRIPT_ITEM_HELD;
    item->plan->group = group;
    item->plan->held_tie = run->queue.next_tie++;
    return true;
}

bool script_gates_hold(struct script_run *run, size_t gate, struct script_item *item,
                       uint64_t now) {
    struct script_gate_group *group = find(run, gate, item->peer);
    group = group != NULL ? group : make(run, gate, item->peer);
    if (group != NULL && group->done) {
        return false;
    }
    if (group == NULL || !add(run, group, item, now)) {
        run->host->no_memory(run->host->context);
        return false;
    }
    struct script_act act = item->plan->hold_act;
    act.now = now;
    group->pins++;
    run->host->held(run->host->context, &act, item, group->rule->name);
    if (!group->gone && group->count > 0) {
        bool one_by_one =
            group->rule->order.kind == SCRIPT_GATE_ONE_AT_A_TIME && group->rule->settled_us == 0;
        if (group->needed > 0 && (one_by_one ? group->arrived : group->count) >= group->needed) {
            close_group(run, group, SCRIPT_END_FULL, now);
        } else if (one_by_one && group->count > 1) {
            let_first_go(run, group, &act.cause, now);
        }
    }
    unpin(group);
    return true;
}

/* ---- gone ---- */

void script_gates_drop(struct script_run *run, struct script_item *item) {
    struct script_gate_group *group = item->plan->group;
    size_t at = group->count - 1; /* a connection takes its newest along first */
    while (group->members[at] != item) {
        at--;
    }
    group->count--;
    memmove(group->members + at, group->members + at + 1,
            (group->count - at) * sizeof(*group->members));
    item->plan->group = NULL;
    group->arrived--;
    group->needed -= group->needed > 1;
    if (group->count == 0) {
        uint64_t number = group->number, needed = group->needed;
        begin_anew(run, group);
        group->number = number;
        group->needed = needed; /* those that are gone are not waited for */
        group->done = false;
    }
}

void script_gates_gone(struct script_run *run, struct script_peer *peer) {
    for (size_t i = 0; i < run->script->gate_count; i++) {
        const struct script_gate_rule *rule = &run->script->gates[i];
        if (rule->per != SCRIPT_PER_CONNECTION) {
            continue;
        }
        struct script_gate_group *group =
            base_idmap_remove(&run->gates[i].groups, key_of(rule, peer));
        if (group != NULL) {
            assert(group->count == 0); /* its items were dropped */
            group->gone = true;
            group->pins++;
            unpin(group);
        }
    }
}

/* A step at a time: what is let go may tell events. */
void script_gates_end_all(struct script_run *run, uint64_t now) {
    for (size_t i = 0; i < run->script->gate_count; i++) {
        for (bool again = true; again;) {
            size_t cursor = 0;
            uint64_t id;
            void *value;
            again = false;
            while (!again && base_idmap_next(&run->gates[i].groups, &cursor, &id, &value)) {
                struct script_gate_group *group = value;
                again = group->count > 0;
                if (again) {
                    close_group(run, group, SCRIPT_END_SCRIPT, now);
                }
            }
        }
    }
}
