/* Items: what leaves, when, and behind what. A heap by time; blocked items hang from the item that
 * they come after; held ones are their gate's or wait's. Room in the heap is reserved for all that
 * may come into it, so that letting go cannot fail. */
#include <assert.h>
#include "base/mem.h"
#include "script/run.h"

void script_item_begin(struct script_item *item, struct script_peer *peer) {
    *item = (struct script_item){.peer = peer, .state = SCRIPT_ITEM_PENDING};
    item->node.index = BASE_HEAP_NOWHERE;
}

struct script_plan *script_plan_of(struct script_item *item) {
    if (item->plan == NULL) {
        item->plan = base_calloc(1, sizeof(*item->plan));
    }
    return item->plan;
}

uint64_t script_delay(const struct script_item *item) {
    return item->plan != NULL ? item->plan->delay_us : 0;
}

static void free_plan(struct script_item *item) {
    struct script_plan *plan = item->plan;
    if (plan != NULL) {
        item->plan = NULL;
        script_verdict_free(&plan->verdict);
        base_free(plan->request);
        base_free(plan);
    }
}

/* ---- blocked and queued ---- */

/* Must an item of this peer wait for `after`? Items of one connection keep their order once they
 * are emitted. */
static bool waits_for(const struct script_item *after, const struct script_peer *peer) {
    switch (after->state) {
    case SCRIPT_ITEM_PENDING:
    case SCRIPT_ITEM_HELD:
        return after->plan == NULL || after->plan->early == 0;
    case SCRIPT_ITEM_BLOCKED:
    case SCRIPT_ITEM_QUEUED:
        return true;
    case SCRIPT_ITEM_EMITTED:
        return after->peer != peer;
    case SCRIPT_ITEM_IDLE:
    case SCRIPT_ITEM_LEFT:
        break;
    }
    return false;
}

static void push(struct script_run *run, struct script_item *item) {
    item->state = SCRIPT_ITEM_QUEUED;
    item->node.tie = run->queue.next_tie++;
    base_heap_push(&run->queue.heap, &item->node, item->node.key);
}

/* Reserves a place for an item that is not in the heap yet. */
static bool reserve(struct script_run *run) {
    if (!base_heap_reserve(&run->queue.heap, run->queue.reserved + 1)) {
        return false;
    }
    run->queue.reserved++;
    return true;
}

/* Behind `after`, if that has not left yet; the place is reserved. */
static void queue(struct script_run *run, struct script_item *item, uint64_t due,
                  struct script_item *after) {
    item->node.key = due;
    if (after == NULL || !waits_for(after, item->peer)) {
        run->queue.reserved--;
        push(run, item);
        return;
    }
    item->state = SCRIPT_ITEM_BLOCKED;
    item->before = after;
    struct script_item **tail = &after->followers;
    while (*tail != NULL) {
        tail = &(*tail)->next_follower;
    }
    *tail = item;
}

/* Lets the followers go that need not wait any longer. */
static void unblock_all(struct script_run *run, struct script_item *item) {
    struct script_item **link = &item->followers;
    while (*link != NULL) {
        struct script_item *follower = *link;
        if (waits_for(item, follower->peer)) {
            link = &follower->next_follower;
            continue;
        }
        *link = follower->next_follower;
        follower->next_follower = NULL;
        follower->before = NULL;
        run->queue.reserved--;
        push(run, follower);
    }
}

static inline void unblock(struct script_run *run, struct script_item *item) {
    if (item->followers != NULL) {
        unblock_all(run, item);
    }
}

void script_item_go_behind(struct script_run *run, struct script_item *item, uint64_t now,
                           struct script_item *after) {
    assert(item->state == SCRIPT_ITEM_HELD);
    uint64_t earliest = item->plan->earliest;
    queue(run, item, earliest > now ? earliest : now, after);
    unblock(run, item);
}

void script_item_go(struct script_run *run, struct script_item *item, uint64_t now) {
    script_item_go_behind(run, item, now, NULL);
}

/* ---- put ---- */

/* No memory: it leaves before all that is in the heap. */
static void leave_at_once(struct script_run *run, struct script_item *item) {
    run->host->no_memory(run->host->context);
    item->state = SCRIPT_ITEM_QUEUED;
    item->node.tie = run->queue.next_tie++;
    LIST_INSERT_HEAD(&run->queue.turn, item, link);
}

static void end_hold(struct script_run *run, struct script_wait *wait, enum script_end end,
                     const struct script_act *act) {
    struct script_item *item = wait->item;
    item->plan->wait = NULL;
    item->cause = act->cause;
    script_item_go(run, item, act->now);
    run->host->released(run->host->context, act, item, wait->rule->name, end);
}

/* What the reply of a subscription waits for that is `early`. */
static const struct script_until notifications = {
    .kind = SCRIPT_UNTIL_EVENT, .event = SCRIPT_NOTIFIED, .count = 1};

/* false: nothing holds it. */
static bool hold_until(struct script_run *run, struct script_item *item, uint64_t now) {
    struct script_plan *plan = item->plan;
    struct script_work work = {.run = run, .rule = plan->hold_rule, .act = plan->hold_act};
    work.act.now = now;
    const struct script_lasting *lasting = &plan->hold->lasting;
    plan->wait = script_wait_begin(&work, plan->early > 0 ? &notifications : &lasting->until,
                                   lasting->limit_us, end_hold);
    if (plan->wait == NULL) {
        run->host->no_memory(run->host->context);
        return false;
    }
    plan->wait->item = item;
    if (plan->early > 0) {
        plan->wait->left = plan->early;
        plan->wait->reply_only = true;
    }
    item->state = SCRIPT_ITEM_HELD;
    run->host->held(run->host->context, &work.act, item, work.rule->name);
    return true;
}

static bool hold(struct script_run *run, struct script_item *item, uint64_t now) {
    size_t gate = item->plan->hold->gate;
    return gate > 0 ? script_gates_hold(run, gate - 1, item, now) : hold_until(run, item, now);
}

/* Nothing leaves before it, and nobody is at work: it needs no heap. */
static bool is_next(const struct script_run *run, const struct script_item *item, uint64_t now,
                    const struct script_item *after) {
    const struct base_heap_node *top = base_heap_top(&run->queue.heap);
    return run->nesting == 0 && LIST_EMPTY(&run->queue.turn) && (top == NULL || top->key > now) &&
           (after == NULL || !waits_for(after, item->peer));
}

void script_put(struct script_run *run, struct script_item *item, uint64_t now,
                struct script_item *after) {
    assert(item->state == SCRIPT_ITEM_PENDING);
    struct script_plan *plan = item->plan;
    if (plan != NULL && plan->never) {
        return;
    }
    if (plan == NULL && is_next(run, item, now, after)) {
        item->state = SCRIPT_ITEM_QUEUED;
        item->node.tie = run->queue.next_tie++;
        LIST_INSERT_HEAD(&run->queue.turn, item, link);
        return;
    }
    if (!reserve(run)) {
        leave_at_once(run, item);
        return;
    }
    uint64_t due = now;
    if (plan != NULL) {
        due = plan->earliest = now + plan->delay_us;
        if (plan->hold != NULL && hold(run, item, now)) {
            return;
        }
    }
    queue(run, item, due, after);
}

/* ---- leaving ---- */

uint64_t script_mark(const struct script_run *run) { return run->queue.next_tie; }

static struct script_item *last_of(const struct script_items *list) {
    struct script_item *last = LIST_FIRST(list);
    while (last != NULL && LIST_NEXT(last, link) != NULL) {
        last = LIST_NEXT(last, link);
    }
    return last;
}

static void insert(struct script_items *list, struct script_item *item, struct script_item **last) {
    if (*last != NULL) {
        LIST_INSERT_AFTER(*last, item, link);
    } else {
        LIST_INSERT_HEAD(list, item, link);
    }
    *last = item;
}

static bool is_due(const struct base_heap *heap, uint64_t now) {
    const struct base_heap_node *top = base_heap_top(heap);
    return top != NULL && top->key <= now;
}

/* Moves what is due into `turn`, behind `last` (NULL: to its front): what was put since the mark.
 * The rest has to wait until what is at work now is done. */
static void take_due(struct script_run *run, uint64_t now, uint64_t mark, struct script_items *turn,
                     struct script_item *last) {
    struct script_item *aside = last_of(&run->queue.turn);
    while (is_due(&run->queue.heap, now)) {
        struct base_heap_node *node = base_heap_top(&run->queue.heap);
        base_heap_remove(&run->queue.heap, node);
        if (node->tie >= mark) {
            insert(turn, script_item_of(node), &last);
        } else {
            insert(&run->queue.turn, script_item_of(node), &aside);
        }
    }
}

bool script_again(const struct script_item *item, unsigned copy) {
    return item->plan != NULL && copy < item->plan->repeat;
}

static void emit(struct script_run *run, struct script_item *item, uint64_t now) {
    struct script_leaving leaving = {item, run->leaving};
    run->leaving = &leaving;
    item->state = SCRIPT_ITEM_EMITTED;
    if (item->flights != NULL) {
        script_flights_end(run, item);
    }
    for (uint64_t copy = 0; leaving.item != NULL && item->state >= SCRIPT_ITEM_EMITTED; copy++) {
        if (copy > 0 && !script_again(item, (unsigned)copy - 1)) {
            break;
        }
        if (copy > 0) {
            item->cause = item->plan->repeat_cause;
        }
        run->host->emit(run->host->context, item, (unsigned)copy, now);
    }
    run->leaving = leaving.outer;
    if (leaving.item != NULL && item->state >= SCRIPT_ITEM_EMITTED) {
        unblock(run, item);
    }
}

/* Of what was due before: what was put since the mark. */
static struct script_item *take_turn(struct script_run *run, uint64_t mark,
                                     struct script_items *turn) {
    struct script_item *last = NULL, *item = LIST_FIRST(&run->queue.turn), *next;
    for (; item != NULL; item = next) {
        next = LIST_NEXT(item, link);
        if (item->node.tie >= mark) {
            LIST_REMOVE(item, link);
            insert(turn, item, &last);
        }
    }
    return last;
}

/* First what was due before, in its order; then what each causes, before the next. */
void script_drain(struct script_run *run, uint64_t now, uint64_t mark) {
    struct script_items turn = LIST_HEAD_INITIALIZER(turn);
    struct script_item *item;
    run->nesting++;
    struct script_item *last = take_turn(run, mark, &turn);
    if (is_due(&run->queue.heap, now)) {
        take_due(run, now, mark, &turn, last);
    }
    while ((item = LIST_FIRST(&turn)) != NULL) {
        LIST_REMOVE(item, link);
        emit(run, item, now);
        if (is_due(&run->queue.heap, now)) {
            take_due(run, now, mark, &turn, NULL);
        }
    }
    run->nesting--;
}

void script_left(struct script_run *run, struct script_item *item, uint64_t now) {
    (void)now;
    item->state = SCRIPT_ITEM_LEFT;
    unblock(run, item);
}

uint64_t script_due(const struct script_run *run) {
    const struct base_heap_node *item = base_heap_top(&run->queue.heap);
    const struct base_heap_node *timer = base_heap_top(&run->timers);
    uint64_t due = item != NULL ? item->key : UINT64_MAX;
    if (!LIST_EMPTY(&run->queue.turn)) {
        return 0;
    }
    return timer != NULL && timer->key < due ? timer->key : due;
}

/* The first that is due, if one is. */
static void fire_timer(struct script_run *run, uint64_t now) {
    if (!is_due(&run->timers, now)) {
        return;
    }
    struct base_heap_node *node = base_heap_top(&run->timers);
    struct script_timer *timer = (struct script_timer *)(void *)node;
    base_heap_remove(&run->timers, node);
    timer->fire(run, timer, now);
}

void script_run_due(struct script_run *run, uint64_t now) {
    if (run->nesting > 0) {
        return; /* who is at work does it, in its order */
    }
    run->caused = 0; /* the space is called anew */
    while (script_due(run) <= now) {
        script_drain(run, now, 0);
        fire_timer(run, now);
    }
}

/* ---- gone ---- */

/* What it owed will not come any more. */
static void forgive(struct script_run *run, struct script_item *item, uint64_t now) {
    static const enum script_event_kind owed[] = {SCRIPT_ANSWERED, SCRIPT_NOTIFIED, SCRIPT_WRITTEN};
    for (size_t i = 0; i < sizeof(owed) / sizeof(owed[0]); i++) {
        struct script_event event;
        if (run->waiting[owed[i]] == 0 ||
            (item->state >= SCRIPT_ITEM_EMITTED && owed[i] != SCRIPT_WRITTEN)) {
            continue;
        }
        for (size_t at = 0; run->host->owed(run->host->context, item, at, &event); at++) {
            if (owed[i] == SCRIPT_WRITTEN || event.kind == owed[i]) {
                event.kind = owed[i];
                event.item = item;
                script_waits_owed(run, &event, now);
            }
        }
    }
}

static void take_out(struct script_run *run, struct script_item *item) {
    switch (item->state) {
    case SCRIPT_ITEM_QUEUED:
        if (item->node.index != BASE_HEAP_NOWHERE) {
            base_heap_remove(&run->queue.heap, &item->node);
        } else {
            LIST_REMOVE(item, link);
        }
        break;
    case SCRIPT_ITEM_BLOCKED: {
        struct script_item **link = &item->before->followers;
        while (*link != item) {
            link = &(*link)->next_follower;
        }
        *link = item->next_follower;
        run->queue.reserved--;
        break;
    }
    case SCRIPT_ITEM_HELD:
        run->queue.reserved--;
        if (item->plan->wait != NULL) {
            script_wait_cancel(run, item->plan->wait);
            item->plan->wait = NULL;
        }
        if (item->plan->group != NULL) {
            script_gates_drop(run, item);
        }
        break;
    case SCRIPT_ITEM_IDLE:
    case SCRIPT_ITEM_PENDING:
    case SCRIPT_ITEM_EMITTED:
    case SCRIPT_ITEM_LEFT:
        break;
    }
}

void script_drop(struct script_run *run, struct script_item *item, uint64_t now) {
    if (item->state == SCRIPT_ITEM_IDLE) {
        return;
    }
    for (struct script_leaving *at = run->leaving; at != NULL; at = at->outer) {
        at->item = at->item == item ? NULL : at->item;
    }
    for (struct script_releasing *at = run->releasing; at != NULL; at = at->outer) {
        if (item->place < at->count && at->items[item->place] == item) {
            at->items[item->place] = NULL;
        }
    }
    bool owes = item->state != SCRIPT_ITEM_LEFT;
    take_out(run, item);
    if (item->flights != NULL) {
        script_flights_end(run, item);
    }
    if (owes) {
        forgive(run, item, now);
    }
    item->state = SCRIPT_ITEM_IDLE;
    item->before = item->next_follower = NULL;
    unblock(run, item);
    free_plan(item);
}
