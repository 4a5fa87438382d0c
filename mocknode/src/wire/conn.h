/* What the files of this folder share: a connection, and the server it belongs to. */
#ifndef WIRE_CONN_H
#define WIRE_CONN_H

#include <libwebsockets.h>
#include <signal.h>
#include "base/buf.h"
#include "wire/out.h"
#include "wire/wire.h"

#define WIRE_URL_MAX 128
#define WIRE_REASON_MAX 64

/* Where an HTTP connection stands. */
enum wire_exchange {
    WIRE_HEAD,   /* the head of a request is coming in */
    WIRE_BODY,   /* its body is */
    WIRE_ANSWER, /* it is to be answered; requests behind it wait */
    WIRE_LINGER, /* all is said: what still comes is thrown away, until the peer hangs up, too */
};

struct wire_conn {
    struct wire *wire;
    struct lws *wsi;
    void *user;
    bool websocket;
    bool open;        /* on_open said yes, and on_close is due */
    bool established; /* a WebSocket whose handshake is done */
    bool broken;      /* memory ran out: nothing more can be promised, so it is closed */
    bool scheduled;   /* a writeable callback has been asked for, or it is to be flushed */
    bool peer_closing;
    bool flush_due;
    struct wire_conn *flush_next;
    bool oversize; /* the message that is coming in is being thrown away */
    bool paused_by_user, paused_by_unsent, reading_stopped;
    bool closing;
    unsigned close_code;
    char close_reason[WIRE_REASON_MAX];
    struct base_buf in; /* the message so far; or all that has come in by HTTP */
    struct wire_out out;
    /* HTTP: one exchange at a time */
    struct base_buf target; /* path and query that on_open was asked for */
    enum wire_exchange exchange;
    size_t body_size;
    bool answered; /* the answer is in `out` */
    bool hang_up;  /* close after the answer */
    bool http10, head_only;
    /* Pings: WebSockets in the order of their next one. */
    uint64_t next_ping_us, heard_us;
    struct wire_conn *ping_previous, *ping_next;
};

struct wire {
    struct wire_handler handler;
    struct wire_options options;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct lws_protocols protocols[2];
    struct lws *listener;
    bool accept_paused;          /* out of descriptors: until a connection ends */
    struct wire_conn *upgrading; /* being handed over to libwebsockets; see wire_http_receive */
    char url[WIRE_URL_MAX];
    lws_sorted_usec_list_t due_timer, ping_timer, goodbye_timer;
    struct wire_conn *first_ping, *last_ping;
    size_t established;
    /* Whom to write to when this turn of the loop is over; only while messages come in. */
    struct wire_conn *first_flush, *last_flush;
    bool turn_open;
    volatile sig_atomic_t stopping;
    bool goodbye_over;
};

/* http.c: callbacks while the connection speaks HTTP; what they return is for libwebsockets (not 0:
 * close). After -1 the connection may be gone. */
int wire_http_receive(struct wire_conn *conn, const char *data, size_t size);
int wire_http_writeable(struct wire_conn *conn);

/* ws.c */
void wire_ws_established(struct wire_conn *conn);
int wire_ws_receive(struct wire_conn *conn, const char *data, size_t size);
int wire_ws_writeable(struct wire_conn *conn);
void wire_ws_ping_due(struct wire *wire);
void wire_ws_forget(struct wire_conn *conn);
void wire_ws_flow(struct wire_conn *conn);

/* wire.c */
void wire_conn_destroy(struct wire_conn *conn);
void wire_flush_forget(struct wire_conn *conn);
void wire_conn_schedule(struct wire_conn *conn);
void wire_conn_closed(struct wire_conn *conn); /* calls on_close when that is due */
/* Writes one chunk of `out`; false: the socket is gone. */
bool wire_conn_write(struct wire_conn *conn);
void wire_request_timer(struct wire *wire, lws_sorted_usec_list_t *timer, sul_cb_t callback,
                        uint64_t due_us);

#endif
