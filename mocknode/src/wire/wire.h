/* A listening server for JSON-RPC text on one port: WebSocket and HTTP POST, as a Substrate node
 * has them. It knows sockets, frames, sizes and pings, and nothing of JSON-RPC: `serve` and the
 * recording proxy both sit on it. The files of this folder are the only ones of the node that know
 * a socket.
 *
 * One thread runs wire_run, and every callback comes from it, never from within a function of this
 * header: what a call causes (on_written, on_close) is told later in the same turn of the loop.
 * Only wire_stop and wire_wake may be called from elsewhere. No callback may call wire_destroy. */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "wire/budget.h"
#include "wire/shape.h"

struct wire;
struct wire_conn; /* one TCP connection */

/* How a request comes in. Texts are borrowed for the callback. */
struct wire_request {
    struct substrate_text path;  /* "/", "/s/name": as sent, percent escapes undone */
    struct substrate_text query; /* "seed=7&as=x", without the question mark; may be empty */
    struct substrate_text host;  /* as sent, with its port; may be empty */
    bool websocket;
    bool origin;   /* it carries an Origin header: a page in a browser is behind it */
    bool loopback; /* the peer is on this machine */
};

struct wire_message {
    struct substrate_text text; /* reassembled, borrowed for the callback */
    bool binary;
    const struct wire_request *request; /* of a POST; NULL on a WebSocket. Rights are its own */
};

struct wire_header {
    struct substrate_text name, value; /* valid in HTTP: no line ends */
};

/* How the handshake of a WebSocket is answered; zeros are the right answer. */
struct wire_handshake {
    const char *accept; /* in place of the right Sec-WebSocket-Accept; NULL: the right one */
    bool no_upgrade;    /* without the Upgrade header */
    int status;         /* in place of 101; 0: 101 */
};

enum wire_by {
    WIRE_BY_PEER,  /* it sent a close frame, or hung up */
    WIRE_BY_NODE,  /* this side closed: wire_close, wire_end, a broken frame, silence, wire_stop */
    WIRE_BY_RESET, /* a reset, by whichever side, or the socket failed */
};

/* How a connection ended. */
struct wire_closed {
    enum wire_by by;
    unsigned code;                /* of the close frame that began it; 0: there was none */
    struct substrate_text reason; /* borrowed */
    uint64_t size;                /* bytes that were handed to the socket, handshake included */
};

/* Members that a user does not need may be NULL, except on_connecting and on_message. */
struct wire_handler {
    void *context;
    /* A WebSocket asks to be opened, or a TCP connection makes its first POST (and again, after
     * on_close, when a later POST on it goes to another path or query). The answer is wire_accept
     * or wire_refuse, now or later; until then nothing else is read from it. */
    void (*on_connecting)(void *context, struct wire_conn *conn,
                          const struct wire_request *request);
    /* One whole message, text or binary, or the body of one POST. A POST is answered by exactly one
     * wire_send or wire_respond, now or later; the next one is read after that. */
    void (*on_message)(void *context, struct wire_conn *conn, const struct wire_message *message);
    /* A message over options.message_max is being thrown away. A WebSocket stays open; a POST waits
     * for its answer, as above. */
    void (*on_oversize)(void *context, struct wire_conn *conn);
    /* The same for a message over WIRE_SMALL_MAX while the budget is used up. NULL: a POST is
     * answered 503, a message of a WebSocket goes in silence. */
    void (*on_busy)(void *context, struct wire_conn *conn);
    /* A GET that is no WebSocket: true when it was answered by wire_respond; false (or NULL): the
     * server answers 405, as to every other method. No on_connecting is called. */
    bool (*on_get)(void *context, struct wire_conn *conn, struct substrate_text path);
    /* A ping came, which is answered unless wire_no_pong says otherwise; a pong came. */
    void (*on_ping)(void *context, struct wire_conn *conn, struct substrate_text payload);
    void (*on_pong)(void *context, struct wire_conn *conn, struct substrate_text payload);
    /* A WebSocket was pinged to keep it alive, with an empty payload. Of the first ping, which
     * comes at once when it is accepted, nothing is told. */
    void (*on_keepalive)(void *context, struct wire_conn *conn);
    /* A message or a frame that breaks RFC 6455: why, its size as far as that is known, and its
     * beginning, of at most 64 bytes. The connection is being closed for it. */
    void (*on_refused)(void *context, struct wire_conn *conn, const char *why, uint64_t size,
                       struct substrate_text beginning);
    /* Everything up to this mark (see wire_send) has been handed to the socket. */
    void (*on_written)(void *context, struct wire_conn *conn, uint64_t mark);
    /* A connection that was accepted, or waits for that, is over: its last byte (a close frame, a
     * FIN) has been handed to the socket, or the socket is lost. Not after wire_refuse. The pointer
     * is dead after the call. */
    void (*on_close)(void *context, struct wire_conn *conn, const struct wire_closed *closed);
    /* The time given to wire_timer has come. The timer is then unset. */
    void (*on_due)(void *context, uint64_t now_us);
    /* wire_wake was called, once or several times. */
    void (*on_wake)(void *context);
};

struct wire_options {
    const char *host;   /* NULL: 127.0.0.1. An IPv4 or IPv6 address of this machine */
    uint16_t port;      /* 0: any that is free */
    bool unlistened;    /* no port at all: only upstreams are wanted */
    size_t message_max; /* bytes of a message or a POST; 0: 15 MiB */
    size_t unsent_max;  /* a connection with more unsent than this is given up; 0: 64 MiB */
    /* What all connections hold is counted here, and may be with what others do; NULL:
     * WIRE_HELD_MAX for this wire alone. Borrowed for as long as the wire lives. */
    struct wire_budget *budget;
    uint64_t ping_us; /* between pings, of which the first comes at once; 0: 30 s */
    uint64_t idle_us; /* a WebSocket that is silent for three times so long is closed; 0: 60 s */
    uint64_t head_us; /* for the head of a connection's first request; 0: 10 s */
    uint64_t body_us; /* for the body of a POST, and for one message of a WebSocket (which is
                       * looked at with each ping); 0: 30 s */
    size_t heads_max; /* connections that have sent no head yet; 0: 100 */
    const char *tls_cert, *tls_key; /* PEM files; NULL: plain. Both or none */
    /* Names, beside localhost and addresses, that the Host header of a request may say. Borrowed
     * for as long as the wire lives. */
    const char *const *allowed_hosts;
    size_t allowed_host_count;
    uint64_t (*now_us)(void); /* the clock; NULL: substrate_now_us */
};

/* What happened to connections before anybody was told of them. */
struct wire_counters {
    uint64_t heads_expired;  /* no whole head in head_us */
    uint64_t heads_dropped;  /* who was silent for longest, when there were more than heads_max
                              * without a head, or no descriptors for others */
    uint64_t no_descriptors; /* refused with 503, for file descriptors ran out */
    uint64_t hosts_refused;  /* 403: the Host header said a name that is not allowed */
    uint64_t unsent_over;    /* given up for more than unsent_max unsent; or, with the budget used
                              * up, for more than a reader has */
    uint64_t bodies_expired; /* no whole message in body_us */
    uint64_t busy;           /* messages that were thrown away for the budget */
};

/* Messages up to this size come in whatever the budget. */
#define WIRE_SMALL_MAX 65536

/* Listens. Gives *wire. E_ARGUMENT: the host is no address, or a file of TLS is none; E_IO: the
 * port is in use, or the address is not of this machine; E_MEMORY. */
enum substrate_status wire_create(const struct wire_options *options,
                                  const struct wire_handler *handler, struct wire **wire,
                                  struct substrate_error *error);
uint16_t wire_port(const struct wire *wire);
const char *wire_url(const struct wire *wire); /* ws://HOST:PORT or wss://…, borrowed */
const struct wire_counters *wire_counters(const struct wire *wire); /* borrowed */
const struct wire_budget *wire_budget(const struct wire *wire);     /* borrowed */

/* Serves until wire_stop; then says goodbye to every WebSocket (close code 1001), waits for them
 * for at most a second, and returns. SIGPIPE is ignored meanwhile. */
enum substrate_status wire_run(struct wire *wire);
/* Ends wire_run soon. Threads: any, and signal handlers. */
void wire_stop(struct wire *wire);
/* Has on_wake called on the thread of wire_run soon. Threads: any. */
void wire_wake(struct wire *wire);
/* Has on_due called at this time of the clock, or as soon as possible when it is past. There is one
 * timer; SUBSTRATE_NEVER unsets it. */
void wire_timer(struct wire *wire, uint64_t due_us);
/* Closes what is open, on_close included, and frees everything. NULL is fine. */
void wire_destroy(struct wire *wire);

/* A pointer of the user's that goes with a connection. */
void wire_conn_set_user(struct wire_conn *conn, void *user);
void *wire_conn_user(const struct wire_conn *conn);
bool wire_conn_is_websocket(const struct wire_conn *conn);
const struct wire *wire_of(const struct wire_conn *conn); /* borrowed */
#define WIRE_ADDRESS_MAX 64
/* Writes the peer's address, without its port, into the room, which is returned. */
const char *wire_conn_address(const struct wire_conn *conn, char room[WIRE_ADDRESS_MAX]);

/* Answers on_connecting with yes. `how`: NULL, or what is wrong about the answer of a handshake. */
void wire_accept(struct wire_conn *conn, const struct wire_handshake *how);
/* Answers on_connecting with no: this HTTP status, these headers beside those of any answer (a
 * content-type among them replaces text/plain), and this body. The connection ends behind it. */
void wire_refuse(struct wire_conn *conn, int status, const struct wire_header *headers,
                 size_t header_count, struct substrate_text body);

/* Sends one message (copied). On a POST it is the answer: 200, application/json; empty text gives
 * an empty body. All that is sent to a connection during one turn of the loop leaves in one write.
 * Returns the mark that on_written will reach, or 0 when out of memory, or over unsent_max: the
 * connection is then closed. */
uint64_t wire_send(struct wire_conn *conn, struct substrate_text message);
/* The same, in a shape; NULL is none. Of a POST's only sever_at is looked at: a place in the whole
 * answer, of which byte 0 is the first of its head. */
uint64_t wire_send_shaped(struct wire_conn *conn, struct substrate_text message,
                          const struct wire_shape *shape);
/* Goes on behind the place of a shape's pause_at, also when that is not reached yet. */
void wire_resume(struct wire_conn *conn);
/* Answers a POST or GET by this status, type ("text/plain") and body; the mark is as of wire_send.
 */
uint64_t wire_respond(struct wire_conn *conn, int status, const char *type,
                      struct substrate_text body);
/* The same in a shape, as of wire_send_shaped. */
uint64_t wire_respond_shaped(struct wire_conn *conn, int status, const char *type,
                             struct substrate_text body, const struct wire_shape *shape);
/* Hands what was sent to the socket now, as far as it takes it. */
void wire_flush(struct wire_conn *conn);
/* Bytes that were sent and have not been handed to the socket. */
size_t wire_unsent(const struct wire_conn *conn);
/* Sends a ping of at most 125 bytes. */
void wire_ping(struct wire_conn *conn, struct substrate_text payload);

/* Stops and resumes reading from a connection. (The server itself does not read while more than 1
 * MiB is unsent.) Messages that came before and were not handed over wait, too. */
void wire_pause(struct wire_conn *conn, bool paused);
/* Nothing is read and nothing written any more, until it is no longer deaf. */
void wire_deaf(struct wire_conn *conn, bool deaf);
/* Keeps what is sent, pings and the answer of the handshake included; it leaves as one write when
 * the connection is no longer corked. */
void wire_cork(struct wire_conn *conn, bool corked);
/* Pings of the peer are not answered. */
void wire_no_pong(struct wire_conn *conn, bool silent);

/* Closes a WebSocket after what was sent before, with this code of RFC 6455 and at most 123 bytes
 * of reason. */
void wire_close(struct wire_conn *conn, unsigned code, const char *reason);
/* Ends the connection after what was sent before, with a FIN and no close frame; over TLS without
 * close_notify. */
void wire_end(struct wire_conn *conn);
/* Ends it at once with RST; what was sent before may be lost. */
void wire_reset(struct wire_conn *conn);

#endif
