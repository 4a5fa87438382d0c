/* What the files of engine/ share, and what run/ and tests may use beyond the public headers.
 *
 * Threads: the I/O thread runs the transport; everybody else talks to it through a connection's
 * fields, under its lock, and by putting the connection on the engine's attention list. There are
 * two kinds of locks, both leaves: the engine's (the list) and each connection's (everything else).
 * No thread holds two at once.
 *
 * Lifetimes: an engine and a connection are counted. A connection holds its engine; it is held by
 * its owner, by each pending handle and by its open socket, so that handles outlive both. */
#ifndef ENGINE_ENGINE_INTERNAL_H
#define ENGINE_ENGINE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <substrate/call.h>
#include <substrate/connection.h>
#include <substrate/engine.h>

#include "base/heap.h"
#include "session/session.h"
#include "transport/transport.h"

/* Texts that arrived in one turn of the transport, of one connection: taken in under one lock, at
 * the end of the turn, or when there is no more room, or when another connection has its turn. */
#define INBOX_MAX 64
struct inbox {
    struct substrate_connection *connection; /* NULL: empty */
    size_t count;
    struct {
        struct envelope envelope; /* views into `text` */
        struct base_buf text;
    } texts[INBOX_MAX];
};

struct substrate_engine {
    atomic_size_t references;
    pthread_mutex_t lock;
    struct transport *transport;            /* under lock; NULL once the thread has ended */
    struct substrate_connection *attention; /* under lock: they want the I/O thread */
    size_t connections, connections_max;    /* under lock */
    bool stopping;                          /* under lock */
    pthread_t thread;
    struct base_heap timers;              /* I/O thread: when each socket wants to act */
    struct substrate_connection *sockets; /* I/O thread: list of all that have a timer */
    struct inbox inbox;                   /* I/O thread */
};

/* What one thread waits on. */
struct waiter {
    pthread_cond_t changed;
    bool waiting; /* under the connection's lock: somebody waits, and was not woken yet */
    struct waiter *next;
};
/* Those that are woken after the lock is given up; any beyond them, while it is held. */
#define WOKEN_MAX 64

enum connection_state {
    CONNECTION_NEW,     /* the I/O thread has not seen it */
    CONNECTION_OPENING, /* a socket is being made */
    CONNECTION_OPEN,
    CONNECTION_ENDED, /* no requests any more; the socket may still be saying goodbye */
    CONNECTION_GONE,  /* no socket */
};

struct substrate_connection {
    atomic_size_t references;
    struct substrate_engine *engine;
    bool engine_is_own;
    struct transport_target target; /* its views live while the opener waits */
    uint64_t connect_deadline_us;
    uint32_t request_timeout_ms;
    size_t request_bytes_max;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* the state */
    /* Under lock. */
    struct session session;
    enum connection_state state;
    bool close_wanted;
    bool attention; /* on the engine's list, or about to be */
    struct substrate_error reason;
    uint64_t bytes_sent, bytes_received;
    struct waiter *idle_waiters;
    struct waiter *woken[WOKEN_MAX];
    size_t woken_count; /* 0 whenever the lock is free */
    /* What run/ remembers of this connection's node, and how it is freed: with the connection. */
    void *memory;
    void (*memory_free)(void *memory);

    struct substrate_connection *attention_next; /* under the engine's lock */

    /* I/O thread. */
    struct transport_socket *socket;
    struct base_heap_node timer;
    uint64_t goodbye_deadline_us; /* kill the socket then; SUBSTRATE_NEVER before it closes */
    bool write_wanted;
    struct substrate_connection *previous, *next;
};

/* What a closing handshake may take before the socket is cut. */
#define GOODBYE_US ((uint64_t)1000000)
/* The deadline after it has passed: it comes only once. */
#define GOODBYE_SAID (SUBSTRATE_NEVER - 1)

/* Calls that one thread waits for. Everything is under the connection's lock. */
struct call_set {
    struct substrate_connection *connection;
    struct waiter *waiter; /* NULL until something is submitted */
    size_t alive;
    bool wake_each;                    /* wake at each end, not only at the last */
    bool lazy;                         /* the I/O thread is told of some calls together: */
    size_t untold;                     /* of these not yet; the waiting thread's */
    struct engine_call *first, **last; /* ended, in order, not yet taken */
    struct engine_call *taken;         /* the waiting thread's: taken all at once, given singly */
};

struct engine_call {
    struct session_call call;
    struct call_set *set;
    struct engine_call *next;
    void *owner; /* the submitter's */
};

/* engine.c */
enum substrate_status engine_open_on(struct transport *transport,
                                     const struct substrate_engine_options *options,
                                     struct substrate_engine **engine,
                                     struct substrate_error *error); /* takes transport */
void engine_retain(struct substrate_engine *engine);
void engine_release(struct substrate_engine *engine);
bool engine_is_current_thread(const struct substrate_engine *engine);
/* Puts a connection whose `attention` has just been set on the list, and wakes the thread if need
 * be; false when the thread has ended, which is no harm to a connection that had a socket. */
bool engine_attend(struct substrate_engine *engine, struct substrate_connection *connection);

/* waiter.c: all but the first two under the connection's lock */
bool monotonic_cond_init(pthread_cond_t *cond);
/* Waits on a condition until an absolute time of substrate_now_us; may wake early. */
void monotonic_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_us);
/* A waiter of the connection, which takes it back with waiter_return; NULL when out of memory. */
struct waiter *waiter_borrow(struct substrate_connection *connection);
void waiter_return(struct substrate_connection *connection, struct waiter *waiter);
void waiters_free(struct substrate_connection *connection);
/* Waits to be woken, or until an absolute time; may wake early. */
void waiter_wait(struct substrate_connection *connection, struct waiter *waiter, uint64_t until_us);
void waiter_wake(struct substrate_connection *connection, struct waiter *waiter);
/* Gives up the lock, and then wakes whom waiter_wake has named. */
void connection_unlock(struct substrate_connection *connection);

/* connection.c */
void connection_retain(struct substrate_connection *connection);
void connection_release(struct substrate_connection *connection);
/* On the I/O thread: does what the other threads asked for. */
void connection_attend(struct substrate_connection *connection, bool stopping);
/* On the I/O thread, outside the transport: takes in what the last turn has brought. */
void connections_hear(struct substrate_engine *engine);
/* On the I/O thread: its timer has come. */
void connection_tick(struct substrate_connection *connection, uint64_t now_us);
extern const struct transport_events connection_events;

/* When a request that is submitted at `now_us` must have ended. */
uint64_t connection_deadline(const struct substrate_connection *connection,
                             const struct substrate_request *request, uint64_t now_us);
/* As connection_unlock; then the I/O thread looks for something to send, or a new deadline. */
void connection_unlock_and_attend(struct substrate_connection *connection);
/* The error of a submission that failed with `status`; takes the lock. */
enum substrate_status connection_fail(struct substrate_connection *connection,
                                      enum substrate_status status, struct substrate_error *error);

/* call.c */
void call_set_init(struct call_set *set, struct substrate_connection *connection);
void call_set_free(struct call_set *set);
/* Accepts calls into a set, all or none. `room` holds the texts of all, one after the other. */
enum substrate_status call_set_submit(struct call_set *set, struct engine_call *calls, size_t count,
                                      const struct substrate_request *requests, char *room,
                                      struct substrate_error *error);
/* The next call of the set that has ended, or NULL: none by `until_us`, or none is alive. */
struct engine_call *call_set_next(struct call_set *set, uint64_t until_us);
/* Waits until no call of the set is alive. */
void call_set_wait(struct call_set *set);
/* As substrate_reply_error, but the end of a socket is told with its reason. */
enum substrate_status reply_error(struct substrate_connection *connection, const char *method,
                                  const struct substrate_reply *reply,
                                  struct substrate_error *error);
/* Checks that cost no lock: a request that can be sent, and a thread that may block. */
enum substrate_status call_check(const struct substrate_connection *connection,
                                 const struct substrate_request *requests, size_t count,
                                 bool blocks, struct substrate_error *error);

#endif
