/* What the files of this folder share: a connection, and the server it belongs to. */
#ifndef WIRE_CONN_H
#define WIRE_CONN_H

#include <signal.h>
#include <stdatomic.h>
#include <sys/queue.h>
#include "base/buf.h"
#include "wire/frame.h"
#include "wire/loop.h"
#include "wire/stream.h"
#include "wire/wire.h"

#define WIRE_URL_MAX 128
#define WIRE_REASON_MAX (WIRE_CONTROL_MAX - 2)

/* Where a connection stands. */
enum wire_stage {
    WIRE_HEAD,      /* the head of a request is coming in */
    WIRE_ADMISSION, /* the user was asked whether it may connect */
    WIRE_BODY,      /* the body of a POST is coming in */
    WIRE_ANSWER,    /* the request is to be answered; those behind it wait */
    WIRE_OPEN,      /* a WebSocket */
    WIRE_LEAVING,   /* all is said: what still comes is thrown away, until the peer hangs up */
    WIRE_GONE,      /* the socket is closed; freed when the turn is over */
};

struct wire_exchange; /* http.c: a request and its answer */

struct wire_conn {
    struct wire_stream stream; /* first: the loop gives it back */
    struct wire *wire;
    void *user;
    struct wire_exchange *exchange; /* NULL before the first head, and on an open WebSocket */
    struct wire_reader reader;
    struct wire_alarm alarm; /* of its stage: head, ping, leaving */
    uint64_t heard_us;       /* 0: nothing came yet */
    uint64_t partial_us; /* since when a message of a WebSocket has been coming in; 0: none is */
    size_t held;         /* bytes, as the budget was told */
    uint64_t told_mark, left_mark; /* what on_written has said; what had left when it was lost */
    enum wire_stage stage;
    bool websocket, loopback;
    bool opened; /* as a WebSocket */
    bool told;   /* the user knows it, and on_close is due */
    bool broken; /* memory ran out, or too much is unsent: it is given up */
    bool scheduled;
    bool peer_ended;              /* FIN came */
    bool closing;                 /* a stop that ends it stands behind all that was sent */
    bool peer_closed, unreadable; /* no close frame is to be waited for */
    bool paused_by_user, paused_by_unsent, deaf, corked, no_pong;
    bool out_paused;
    size_t out_resumes; /* of pauses that the output has not come to */
    bool has_ending;
    enum wire_by by;
    unsigned close_code;
    char close_reason[WIRE_REASON_MAX + 1];
    STAILQ_ENTRY(wire_conn) turn;
    LIST_ENTRY(wire_conn) all;
};

STAILQ_HEAD(wire_turn, wire_conn);

struct wire {
    struct wire_handler handler;
    struct wire_options options;
    struct wire_counters counters;
    struct wire_budget own_budget, *budget;
    struct wire_loop loop;
    struct wire_room room;
    struct wire_tls_context *tls;
    struct wire_watch listener;
    int reserve; /* a descriptor for who comes when there are no others; -1: it is in use */
    struct wire_conn *turned_away; /* who has it; NULL: nobody */
    bool accept_paused, exhaustion_said;
    char url[WIRE_URL_MAX];
    struct wire_alarms heads, bodies, rests, pings, leavings; /* rests: between two requests */
    uint64_t due_us;
    LIST_HEAD(, wire_conn) conns;
    struct wire_turn scheduled, later, gone;
    STAILQ_HEAD(, wire_upstream) upstreams; /* that have something to do in this turn */
    struct wire_alarms connects;
    size_t open_sockets;
    atomic_bool stopping; /* lock-free: signal handlers set it, and other threads */
};

/* ---- conn.c ---- */

/* Takes a socket, as a connection that is about to send a request, or (`in_reserve`: it has the
 * last descriptor) as one that is answered 503 at once. NULL: out of memory; the socket is closed.
 */
struct wire_conn *wire_conn_new(struct wire *wire, int descriptor, bool in_reserve);
/* What it holds is counted. */
void wire_conn_weigh(struct wire_conn *conn);
/* The largest message that may come in now. */
size_t wire_conn_message_max(const struct wire_conn *conn);
/* Has it written to, and read on, before the turn is over. */
void wire_conn_schedule(struct wire_conn *conn);
/* Closes the socket; the rest follows when the turn is over. */
void wire_conn_lost(struct wire_conn *conn, enum wire_by by, bool reset);
/* All is said: FIN, unless the peer's close frame is still to come. */
void wire_conn_leave(struct wire_conn *conn, enum wire_stop_kind how);
/* Remembers how it ended, the first time. */
void wire_conn_ending(struct wire_conn *conn, enum wire_by by, unsigned code,
                      struct substrate_text reason);
void wire_conn_tell_closed(struct wire_conn *conn); /* calls on_close when that is due */
/* Whether what comes in may be used now. */
bool wire_conn_reads(const struct wire_conn *conn);
/* Everything of this turn that is still to be done. */
void wire_conn_work(struct wire *wire);

/* ---- ws.c ---- */

size_t wire_ws_take(struct wire_conn *conn, char *data, size_t size);
void wire_ws_open(struct wire_conn *conn);
void wire_ws_ping_due(struct wire_alarm *alarm, uint64_t now_us);
void wire_ws_flow(struct wire_conn *conn);
/* How much of a reason fits into a close frame, in whole characters of UTF-8. */
size_t wire_reason_size(struct substrate_text reason);
/* Appends a close frame of the node's, or of the peer's that is echoed. */
void wire_ws_close_frame(struct wire_conn *conn, unsigned code, struct substrate_text reason);

/* ---- http.c ---- */

size_t wire_http_take(struct wire_conn *conn, char *data, size_t size);
/* A body without bytes is there as soon as it is wanted. */
void wire_http_empty_body(struct wire_conn *conn);
/* Everything was written: the next request, or the end. */
void wire_http_written(struct wire_conn *conn);
void wire_http_free(struct wire_conn *conn);
/* Answers without asking the user. */
void wire_http_refuse(struct wire_conn *conn, int status, const char *text);
/* Answers 503 to whoever has the last descriptor, whatever he is about to ask. */
void wire_http_turn_away(struct wire_conn *conn);
void wire_http_body_due(struct wire_alarm *alarm, uint64_t now_us);

/* ---- upstream.c ---- */

void wire_upstreams_init(struct wire *wire);
/* Writes what upstreams have to send, and buries those that are gone. */
void wire_upstreams_run(struct wire *wire);

#endif
