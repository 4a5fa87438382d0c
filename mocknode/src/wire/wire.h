/* A listening server for JSON-RPC text on one port: WebSocket and HTTP POST, as a Substrate node
 * has them. It knows sockets, frames, sizes and pings, and nothing of JSON-RPC: `serve` and the
 * recording proxy both sit on it. The files of this folder are the only ones of the node that know
 * libwebsockets.
 *
 * One thread runs wire_run, and every callback comes from it. Only wire_stop and wire_wake may be
 * called from elsewhere. No callback may call wire_destroy. */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

struct wire;
struct wire_conn; /* one TCP connection */

/* How a connection comes in. Texts are borrowed for the callback. */
struct wire_request {
    struct substrate_text path;  /* "/", "/s/name": as sent, percent escapes undone */
    struct substrate_text query; /* "seed=7&as=x", without the question mark; may be empty */
    bool websocket;
    bool origin;   /* it carries an Origin header: a page in a browser is behind it */
    bool loopback; /* the peer is on this machine */
};

/* Why a connection is refused: an HTTP status and a line of text. */
struct wire_refusal {
    int status;
    char text[200];
};

/* Members that a user does not need may be NULL, except on_open and on_message. */
struct wire_handler {
    void *context;
    /* A WebSocket asks to be opened, or a TCP connection makes its first POST (and again, after
     * on_close, when a later POST on it goes to another path or query). false: refused. */
    bool (*on_open)(void *context, struct wire_conn *conn, const struct wire_request *request,
                    struct wire_refusal *refusal);
    /* One whole message, reassembled, text or binary alike, or the body of one POST. A POST is
     * answered by exactly one wire_send or wire_respond, now or later; the next one is read after
     * that. */
    void (*on_message)(void *context, struct wire_conn *conn, struct substrate_text message);
    /* A message over options.message_max was thrown away. A WebSocket stays open; a POST waits for
     * its answer, as above. */
    void (*on_oversize)(void *context, struct wire_conn *conn);
    /* A GET that is no WebSocket: true when it was answered by wire_respond; false (or NULL): the
     * server answers 405, as to every other method. No on_open is called. */
    bool (*on_get)(void *context, struct wire_conn *conn, struct substrate_text path);
    /* Everything up to this mark (see wire_send) has been handed to the socket. */
    void (*on_written)(void *context, struct wire_conn *conn, uint64_t mark);
    /* An opened connection is gone; the pointer is dead after the call. */
    void (*on_close)(void *context, struct wire_conn *conn);
    /* The time given to wire_timer has come. The timer is then unset. */
    void (*on_due)(void *context, uint64_t now_us);
    /* wire_wake was called, once or several times. */
    void (*on_wake)(void *context);
};

struct wire_options {
    const char *host;   /* NULL: 127.0.0.1. An IPv4 or IPv6 address of this machine */
    uint16_t port;      /* 0: any that is free */
    size_t message_max; /* bytes of a message or a POST; 0: 15 MiB */
    uint64_t ping_us;   /* between pings, of which the first comes at once; 0: 30 s */
    uint64_t idle_us;   /* a WebSocket that is silent for three times so long is closed; 0: 60 s */
};

/* Listens. Gives *wire. E_ARGUMENT: the host is no address; E_IO: the port is in use, or the
 * address is not of this machine; E_MEMORY. The process's handling of SIGPIPE is as it was
 * afterwards. */
enum substrate_status wire_create(const struct wire_options *options,
                                  const struct wire_handler *handler, struct wire **wire,
                                  struct substrate_error *error);
uint16_t wire_port(const struct wire *wire);
const char *wire_url(const struct wire *wire); /* ws://HOST:PORT, borrowed */

/* Serves until wire_stop; then says goodbye to every WebSocket (close code 1001), waits for them
 * for at most a second, and returns. */
enum substrate_status wire_run(struct wire *wire);
/* Ends wire_run soon. Threads: any, and signal handlers. */
void wire_stop(struct wire *wire);
/* Has on_wake called on the thread of wire_run soon. Threads: any. */
void wire_wake(struct wire *wire);
/* Has on_due called at this time of substrate_now_us, or as soon as possible when it is past. There
 * is one timer; SUBSTRATE_NEVER unsets it. */
void wire_timer(struct wire *wire, uint64_t due_us);
/* Closes what is open, on_close included, and frees everything. NULL is fine. */
void wire_destroy(struct wire *wire);

/* A pointer of the user's that goes with a connection. */
void wire_conn_set_user(struct wire_conn *conn, void *user);
void *wire_conn_user(const struct wire_conn *conn);
bool wire_conn_is_websocket(const struct wire_conn *conn);

/* Sends one message (copied). On a POST it is the answer: 200, application/json; empty text gives
 * an empty body. All that is sent to a connection during one turn of the loop leaves in one write.
 * Returns the mark that on_written will reach, or 0 when out of memory: the connection is then
 * closed. */
uint64_t wire_send(struct wire_conn *conn, struct substrate_text message);
/* Answers a POST or GET by this status, type ("text/plain") and body; the mark is as of wire_send.
 */
uint64_t wire_respond(struct wire_conn *conn, int status, const char *type,
                      struct substrate_text body);
/* Bytes that were sent and have not been handed to the socket. */
size_t wire_unsent(const struct wire_conn *conn);
/* Stops and resumes reading from a WebSocket. (The server itself does not read while more than 1
 * MiB is unsent.) Messages that were already read may still come. */
void wire_pause(struct wire_conn *conn, bool paused);
/* Closes a WebSocket soon, after what was sent before, with this code of RFC 6455. */
void wire_close(struct wire_conn *conn, unsigned code, const char *reason);

#endif
