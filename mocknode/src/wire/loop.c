/* epoll, timerfd and eventfd. Events are level-triggered: what a turn leaves unread is told again.
 */
#include "wire/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <substrate/base.h>

#define EVENTS_MAX 256
#define SECOND_US 1000000U

/* ---- descriptors ---- */

static void rang(struct wire_watch *watch, uint32_t events) {
    uint64_t count = 0;
    (void)events;
    (void)!read(watch->descriptor, &count, sizeof(count));
}

static bool open_watch(struct wire_loop *loop, struct wire_watch *watch, int descriptor) {
    *watch = (struct wire_watch){.descriptor = descriptor, .ready = rang};
    return descriptor >= 0 && loop->epoll >= 0 && wire_loop_watch(loop, watch, EPOLLIN);
}

bool wire_loop_open(struct wire_loop *loop, uint64_t (*now_us)(void)) {
    *loop = (struct wire_loop){.epoll = epoll_create1(EPOLL_CLOEXEC),
                               .now_us = now_us,
                               .turn_us = now_us(),
                               .armed_us = SUBSTRATE_NEVER};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bool good = open_watch(loop, &loop->timer, timer);
    return open_watch(loop, &loop->wake, wake) && good;
}

static void close_one(int descriptor) {
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
}

void wire_loop_close(struct wire_loop *loop) {
    close_one(loop->timer.descriptor);
    close_one(loop->wake.descriptor);
    close_one(loop->epoll);
}

bool wire_loop_watch(struct wire_loop *loop, struct wire_watch *watch, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.ptr = watch}};
    if (watch->watched && watch->events == events) {
        return true;
    }
    int how = watch->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(loop->epoll, how, watch->descriptor, &event) != 0) {
        return false;
    }
    watch->watched = true;
    watch->events = events;
    return true;
}

void wire_loop_forget(struct wire_loop *loop, struct wire_watch *watch) {
    struct epoll_event unused = {0};
    if (watch->watched) {
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->descriptor, &unused);
        watch->watched = false;
    }
}

/* ---- a turn ---- */

/* Sets the timer, unless it rings earlier anyway: a turn too many is cheaper than a call in each.
 */
static bool arm(struct wire_loop *loop, uint64_t now_us, uint64_t due_us) {
    if (due_us == SUBSTRATE_NEVER || (loop->armed_us <= due_us && loop->armed_us > now_us)) {
        return true;
    }
    uint64_t wait = due_us - now_us;
    struct itimerspec spec = {.it_value = {.tv_sec = (time_t)(wait / SECOND_US),
                                           .tv_nsec = (long)(wait % SECOND_US * 1000)}};
    loop->armed_us = due_us;
    return timerfd_settime(loop->timer.descriptor, 0, &spec, NULL) == 0;
}

bool wire_loop_turn(struct wire_loop *loop, uint64_t due_us) {
    struct epoll_event events[EVENTS_MAX];
    uint64_t now_us = due_us == SUBSTRATE_NEVER ? 0 : loop->now_us();
    bool overdue = due_us <= now_us;
    if (!overdue && !arm(loop, now_us, due_us)) {
        return false;
    }
    int count = epoll_wait(loop->epoll, events, EVENTS_MAX, overdue ? 0 : -1);
    loop->turn_us = loop->now_us();
    if (count < 0) {
        return errno == EINTR;
    }
    for (int i = 0; i < count; i++) {
        struct wire_watch *watch = events[i].data.ptr;
        loop->woken = loop->woken || watch == &loop->wake;
        if (watch->watched) {
            watch->ready(watch, events[i].events);
        }
    }
    return true;
}

void wire_loop_wake(struct wire_loop *loop) {
    const uint64_t one = 1;
    int reason = errno; /* a signal handler must leave it as it was */
    (void)!write(loop->wake.descriptor, &one, sizeof(one));
    errno = reason;
}

/* ---- alarms ---- */

void wire_alarms_init(struct wire_alarms *alarms, uint64_t delay_us,
                      void (*ring)(struct wire_alarm *alarm, uint64_t now_us)) {
    TAILQ_INIT(&alarms->list);
    alarms->count = 0;
    alarms->delay_us = delay_us;
    alarms->ring = ring;
}

void wire_alarm_set(struct wire_alarms *alarms, struct wire_alarm *alarm, uint64_t now_us) {
    wire_alarm_unset(alarm);
    alarm->due_us = now_us + alarms->delay_us;
    alarm->of = alarms;
    alarms->count++;
    TAILQ_INSERT_TAIL(&alarms->list, alarm, entry);
}

void wire_alarm_unset(struct wire_alarm *alarm) {
    if (alarm->of != NULL) {
        TAILQ_REMOVE(&alarm->of->list, alarm, entry);
        alarm->of->count--;
        alarm->of = NULL;
    }
}

uint64_t wire_alarms_due(const struct wire_alarms *alarms) {
    const struct wire_alarm *first = TAILQ_FIRST(&alarms->list);
    return first != NULL ? first->due_us : SUBSTRATE_NEVER;
}

void wire_alarms_run(struct wire_alarms *alarms, uint64_t now_us) {
    struct wire_alarm *first = TAILQ_FIRST(&alarms->list);
    while (first != NULL && first->due_us <= now_us) {
        wire_alarm_unset(first);
        alarms->ring(first, now_us);
        first = TAILQ_FIRST(&alarms->list);
    }
}
