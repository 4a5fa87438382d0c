/* One JSON-RPC conversation, without a socket, a clock or a thread: texts and the time come in by
 * argument, texts to send go out by session_next. Every call that was accepted ends exactly once,
 * by its `ended`, from inside one of the functions below. The caller brings the lock.
 *
 * Ids only grow. A reply to an id below the counter that is not in flight is late; to one that was
 * never sent, unknown; both are counted and dropped, as is all that is malformed. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <substrate/base.h>
#include <substrate/call.h>
#include <substrate/connection.h>
#include "base/buf.h"
#include "base/map.h"
#include "envelope.h"
#include "base/heap.h"

enum session_state {
    SESSION_IDLE,   /* not submitted */
    SESSION_QUEUED, /* accepted, not sent */
    SESSION_SENT,
    SESSION_ENDED,
};

/* A call lives in the caller's memory, from session_submit until it has ended. */
struct session_call {
    uint64_t id;
    enum session_state state;
    struct base_heap_node deadline;
    struct session_call *previous, *next; /* the queue */
    struct substrate_text text;           /* the request as it is sent; memory of the caller */
    struct substrate_reply reply;         /* set when ENDED; views into `bytes` */
    char *bytes;                          /* owned: the text that brought the reply, or NULL */
    /* Called once, last of all; `call` may be freed by it. */
    void (*ended)(struct session_call *call);
    struct session_subscription *subscription; /* if this is its subscribe request, else NULL */
};

/* A notification that waits to be read; `bytes` is its whole text. */
struct session_notification {
    struct session_notification *next;
    struct substrate_text subscription, result;
    char *bytes;
};
struct session_notifications {
    struct session_notification *first, **last;
    size_t count, bytes;
};

/* A subscription lives in the caller's memory, from session_subscribe to session_unsubscribe. */
struct session_subscription {
    struct session_call call;
    bool live;   /* the node has given it an id, call.reply.result, and notifications are queued */
    bool lagged; /* one did not fit: nothing is queued any more */
    uint32_t queue_max;
    struct session_notifications queue;
    /* Called when the queue has grown or the subscription has ended. */
    void (*changed)(struct session_subscription *subscription);
};

struct session_options {
    uint32_t in_flight_max, queued_max;
    uint64_t first_id;
};

struct session {
    struct session_options options;
    struct substrate_connection_counters counters; /* all but the bytes */
    uint64_t next_id;
    bool closed;
    struct base_idmap pending; /* queued and sent calls by id */
    struct base_heap deadlines;
    struct session_call *first, *last; /* the queue */
    size_t queued;
    struct base_map subscriptions;      /* live ones by the server's id */
    size_t subscribing;                 /* subscribe requests that are in flight */
    struct session_notifications early; /* of ids that no subscribe reply has named yet */
    bool early_lost;                    /* one did not fit */
};

/* Early notifications that are kept, and their bytes, while a subscribe request is in flight. */
#define SESSION_EARLY_MAX 1024
#define SESSION_EARLY_BYTES_MAX ((size_t)16 << 20)

void session_init(struct session *session, const struct session_options *options);
/* Frees what the session owns; no call and no subscription may be alive. */
void session_free(struct session *session);

/* Is the request one that can be sent? Needs no session and no lock. */
enum substrate_status session_check(const struct substrate_request *request,
                                    struct substrate_error *error);
/* Bytes that the text of a request may take, with any id. */
size_t session_text_size(const struct substrate_request *request);

/* Accepts a call; `call->ended` is set by the caller, the rest is set here. `room` holds
 * session_text_size bytes and lives as long as the call. `deadline_us` may be SUBSTRATE_NEVER.
 * Returns OK, E_BUSY, E_CLOSED, E_LIMIT (no ids left), E_MEMORY. */
enum substrate_status session_submit(struct session *session, struct session_call *call,
                                     const struct substrate_request *request, uint64_t deadline_us,
                                     char *room);
/* Takes back a call that session_submit has just accepted, as if it had never been: all or nothing,
 * for several at once. It does not end. */
void session_withdraw(struct session *session, struct session_call *call);
/* The next call to send, in order of submission, now counted as in flight; NULL when there is none
 * or in_flight_max are unanswered. Its `text` must be sent, or copied, before the lock is given up.
 */
struct session_call *session_next(struct session *session);
/* Would session_next give one? */
bool session_can_send(const struct session *session);

/* Takes in one text of the node, read by envelope_read. A reply that arrives at or after its
 * deadline is late, however busy the caller was. `text` holds the bytes of the envelope: when the
 * session keeps them it moves them out and leaves an empty buffer. */
void session_feed(struct session *session, const struct envelope *envelope, struct base_buf *text,
                  uint64_t now_us);
/* Ends calls whose deadline is at or before `now_us`. */
void session_expire(struct session *session, uint64_t now_us);
/* The next deadline, or SUBSTRATE_NEVER. */
uint64_t session_deadline(const struct session *session);
/* Ends a call with E_CANCELLED; false if it had ended. */
bool session_cancel(struct session *session, struct session_call *call);
/* Ends every call with `status` and refuses new ones. Subscriptions are told that they changed. */
void session_close(struct session *session, enum substrate_status status);
/* Gives back the bytes of an ended call. */
void session_call_clear(struct session_call *call);

/* Submits the subscribe request of a subscription whose call.ended, changed and queue_max are set.
 */
enum substrate_status session_subscribe(struct session *session,
                                        struct session_subscription *subscription,
                                        const struct substrate_request *request,
                                        uint64_t deadline_us, char *room);
/* Takes a subscription out and frees what it has queued; a subscribe request still alive is
 * cancelled. The id stays readable in call.reply until session_call_clear. */
void session_unsubscribe(struct session *session, struct session_subscription *subscription);
/* The oldest unread notification, given to the caller, or NULL. */
struct session_notification *session_notification_take(struct session_subscription *subscription);
void session_notification_free(struct session_notification *notification);

/* For session.c and subscriptions.c. */
void session_subscription_replied(struct session *session, struct session_call *call);
void session_notified(struct session *session, const struct envelope *envelope,
                      struct base_buf *text);
void session_subscriptions_close(struct session *session);
void session_notifications_clear(struct session_notifications *list);

#endif
