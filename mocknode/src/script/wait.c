/* What lasts until an event, a time or a limit. */
#include <assert.h>
#include "base/mem.h"
#include "base/text.h"
#include "script/run.h"

/* ---- timers ---- */

bool script_timer_set(struct script_run *run, struct script_timer *timer, uint64_t due) {
    if (due == UINT64_MAX) {
        script_timer_stop(run, timer);
        return true;
    }
    if (timer->node.index != BASE_HEAP_NOWHERE) {
        base_heap_move(&run->timers, &timer->node, due);
        return true;
    }
    if (!base_heap_reserve(&run->timers, 1)) {
        return false;
    }
    timer->node.tie = run->queue.next_tie++;
    base_heap_push(&run->timers, &timer->node, due);
    return true;
}

void script_timer_stop(struct script_run *run, struct script_timer *timer) {
    base_heap_remove(&run->timers, &timer->node);
}

/* ---- one wait ---- */

static enum script_event_kind kind_of(const struct script_wait *wait) {
    return wait->until->kind == SCRIPT_UNTIL_EVENT ? wait->until->event : SCRIPT_EVENT_KINDS;
}

/* Out of its list and of the timers. */
static void leave(struct script_run *run, struct script_wait *wait) {
    if (!wait->listed) {
        return;
    }
    wait->listed = false;
    LIST_REMOVE(wait, link);
    script_timer_stop(run, &wait->timer);
    enum script_event_kind kind = kind_of(wait);
    if (kind < SCRIPT_EVENT_KINDS && --run->waiting[kind] == 0) {
        run->waited &= ~SCRIPT_BIT(kind);
    }
}

void script_wait_cancel(struct script_run *run, struct script_wait *wait) {
    if (wait->listed) {
        leave(run, wait);
    } else {
        LIST_REMOVE(wait, link); /* of those that are ending */
    }
    base_free(wait);
}

/* The wait is in no list. */
static void end(struct script_run *run, struct script_wait *wait, enum script_end how,
                const struct script_event *event, uint64_t now) {
    struct script_act act = {.cause = wait->cause, .now = now};
    if (event != NULL) {
        act.cause = script_cause_of(run, event, wait->rule);
    }
    wait->end(run, wait, how, &act);
    if (wait->item == NULL && run->host->ended != NULL) {
        run->host->ended(run->host->context, &act, wait->peer, wait->action->row->name,
                         wait->rule->name, how);
    }
    base_free(wait);
}

static void out_of_time(struct script_run *run, struct script_timer *timer, uint64_t now) {
    struct script_wait *wait = (struct script_wait *)(void *)timer;
    leave(run, wait);
    end(run, wait, wait->until->kind == SCRIPT_UNTIL_TIME ? SCRIPT_END_UNTIL : SCRIPT_END_LIMIT,
        NULL, now);
}

struct script_wait *script_wait_begin(struct script_work *work, const struct script_until *until,
                                      uint64_t limit_us, script_wait_end *end_of) {
    struct script_run *run = work->run;
    struct script_wait *wait = base_calloc(1, sizeof(*wait));
    if (wait == NULL) {
        return NULL;
    }
    uint64_t lasts = until->kind == SCRIPT_UNTIL_TIME ? until->time_us : limit_us;
    wait->timer.node.index = BASE_HEAP_NOWHERE;
    wait->timer.fire = out_of_time;
    if (!script_timer_set(run, &wait->timer,
                          lasts == SCRIPT_NO_LIMIT ? UINT64_MAX : work->act.now + lasts)) {
        base_free(wait);
        return NULL;
    }
    wait->until = until;
    wait->left = until->count;
    wait->end = end_of;
    wait->rule = work->rule;
    wait->action = work->action;
    wait->cause = work->act.cause;
    wait->listed = true;
    enum script_event_kind kind = kind_of(wait);
    LIST_INSERT_HEAD(&run->waits[kind], wait, link);
    if (kind < SCRIPT_EVENT_KINDS && run->waiting[kind]++ == 0) {
        run->waited |= SCRIPT_BIT(kind);
    }
    return wait;
}

/* ---- events ---- */

/* Whether an event counts. Many waits of one rule follow each other: `until` and its answer are
 * remembered. */
struct asked {
    const struct script_until *until;
    bool matches;
};
static bool counts(const struct script_run *run, const struct script_wait *wait,
                   const struct script_event *event, struct asked *asked) {
    if (wait->reply_only) {
        return event->reply != NULL && event->reply == wait->item;
    }
    if (asked->until != wait->until) {
        asked->until = wait->until;
        asked->matches = script_event_matches(run, &wait->until->match, event);
    }
    return asked->matches;
}

/* The list has the newest first; those that end do so in the order in which they began. */
static void end_list(struct script_run *run, struct script_waits *ending, enum script_end how,
                     const struct script_event *event, uint64_t now) {
    struct script_wait *wait;
    while ((wait = LIST_FIRST(ending)) != NULL) {
        LIST_REMOVE(wait, link);
        end(run, wait, how, event, now);
    }
}

void script_waits_told(struct script_run *run, const struct script_event *event, uint64_t now) {
    struct script_waits ending = LIST_HEAD_INITIALIZER(ending);
    struct asked asked = {NULL, false};
    struct script_wait *wait = LIST_FIRST(&run->waits[event->kind]), *next;
    for (; wait != NULL; wait = next) {
        next = LIST_NEXT(wait, link);
        if (counts(run, wait, event, &asked) && --wait->left == 0) {
            leave(run, wait);
            LIST_INSERT_HEAD(&ending, wait, link);
        }
    }
    end_list(run, &ending, SCRIPT_END_UNTIL, event, now);
}

void script_waits_owed(struct script_run *run, const struct script_event *event, uint64_t now) {
    struct script_waits ending = LIST_HEAD_INITIALIZER(ending);
    struct asked asked = {NULL, false};
    struct script_wait *wait = LIST_FIRST(&run->waits[event->kind]), *next;
    for (; wait != NULL; wait = next) {
        next = LIST_NEXT(wait, link);
        if (wait->item != event->item && counts(run, wait, event, &asked)) {
            leave(run, wait);
            LIST_INSERT_HEAD(&ending, wait, link);
        }
    }
    end_list(run, &ending, SCRIPT_END_CLOSE, NULL, now);
}

/* Does it wait for what only this connection can do? */
static bool waits_for_peer(const struct script_wait *wait, const struct script_peer *peer) {
    const struct script_numbers *numbers = &wait->until->match.connection;
    return wait->until->kind == SCRIPT_UNTIL_EVENT && numbers->count == 1 &&
           numbers->list[0].first == peer->ordinal && numbers->list[0].last == peer->ordinal;
}

void script_waits_gone(struct script_run *run, struct script_peer *peer, uint64_t now) {
    struct script_waits ending = LIST_HEAD_INITIALIZER(ending);
    for (size_t kind = 0; kind <= SCRIPT_EVENT_KINDS; kind++) {
        struct script_wait *wait = LIST_FIRST(&run->waits[kind]), *next;
        for (; wait != NULL; wait = next) {
            next = LIST_NEXT(wait, link);
            if (wait->peer == peer) {
                script_wait_cancel(run, wait);
            } else if (waits_for_peer(wait, peer)) {
                leave(run, wait);
                LIST_INSERT_HEAD(&ending, wait, link);
            }
        }
    }
    end_list(run, &ending, SCRIPT_END_CLOSE, NULL, now);
}

void script_waits_end_all(struct script_run *run, uint64_t now) {
    for (size_t kind = 0; kind <= SCRIPT_EVENT_KINDS; kind++) {
        struct script_wait *wait;
        while ((wait = LIST_FIRST(&run->waits[kind])) != NULL) {
            leave(run, wait);
            end(run, wait, SCRIPT_END_SCRIPT, NULL, now);
        }
    }
}
