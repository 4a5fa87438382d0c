/* The event loop: descriptors by epoll, one time by timerfd, a call from elsewhere by eventfd. Its
 * cost follows what happens, not how many descriptors are watched. Knows nothing of sockets. */
#ifndef WIRE_LOOP_H
#define WIRE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* A descriptor that is watched. Its owner sets `descriptor` and `ready`, and keeps the watch where
 * it is until it is forgotten and the turn is over: events of that turn may still name it. */
struct wire_watch {
    int descriptor;
    uint32_t events; /* EPOLLIN, EPOLLOUT; errors are always told */
    bool watched;
    void (*ready)(struct wire_watch *watch, uint32_t events);
};

struct wire_loop {
    int epoll;
    struct wire_watch timer, wake;
    uint64_t (*now_us)(void);
    uint64_t turn_us;  /* the clock, when the events of this turn had come */
    uint64_t armed_us; /* what the timer is set to */
    bool woken;        /* wire_loop_wake was called; the reader of this takes it back */
};

/* `now_us`: the clock, of microseconds. false: no descriptors; wire_loop_close is due all the same.
 */
bool wire_loop_open(struct wire_loop *loop, uint64_t (*now_us)(void));
void wire_loop_close(struct wire_loop *loop);

/* Watches a descriptor for these events from now on; 0: for errors and the peer's end only. false:
 * out of memory. */
bool wire_loop_watch(struct wire_loop *loop, struct wire_watch *watch, uint32_t events);
/* To be called before the descriptor is closed. */
void wire_loop_forget(struct wire_loop *loop, struct wire_watch *watch);

/* Waits until something is ready, wire_loop_wake was called or the clock says `due_us`
 * (SUBSTRATE_NEVER: without an end), and calls `ready` of what is. false: the loop is broken. */
bool wire_loop_turn(struct wire_loop *loop, uint64_t due_us);

/* Ends a turn that waits, or the next one. Threads: any, and signal handlers. */
void wire_loop_wake(struct wire_loop *loop);

/* Alarms that all ring after the same delay, so that the list of them is in the order of their
 * times. */
struct wire_alarm {
    TAILQ_ENTRY(wire_alarm) entry;
    struct wire_alarms *of; /* NULL: it is not set */
    uint64_t due_us;
};
struct wire_alarms {
    TAILQ_HEAD(, wire_alarm) list;
    size_t count;
    uint64_t delay_us;
    void (*ring)(struct wire_alarm *alarm, uint64_t now_us); /* it is not set any more */
};

void wire_alarms_init(struct wire_alarms *alarms, uint64_t delay_us,
                      void (*ring)(struct wire_alarm *alarm, uint64_t now_us));
/* Sets an alarm, which may be set already, here or in another list. */
void wire_alarm_set(struct wire_alarms *alarms, struct wire_alarm *alarm, uint64_t now_us);
void wire_alarm_unset(struct wire_alarm *alarm);
/* When the first one rings; SUBSTRATE_NEVER: none does. */
uint64_t wire_alarms_due(const struct wire_alarms *alarms);
/* Rings those whose time has come. */
void wire_alarms_run(struct wire_alarms *alarms, uint64_t now_us);

#endif
