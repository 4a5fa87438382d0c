/* The client side of the recording proxy: raw WebSocket messages to and from an upstream node, on
 * the thread of wire_run. Messages pass unchanged; nothing is known of JSON-RPC. */
#ifndef WIRE_UPSTREAM_H
#define WIRE_UPSTREAM_H

#include <stdbool.h>
#include <substrate/base.h>
#include "wire/wire.h"

struct wire_upstreams; /* where all of them go */
struct wire_upstream;  /* one WebSocket */

/* Callbacks come from the thread of wire_run, never from within a function of this header. */
struct wire_upstream_handler {
    /* One whole message, reassembled. */
    void (*on_message)(void *user, struct substrate_text message);
    /* The socket is gone, or never came about; the pointer is dead after the call. `reason` is a
     * line of text. Not called after wire_upstream_close. */
    void (*on_close)(void *user, const char *reason);
};

/* `url`: ws:// or wss://. Gives *upstreams, which must be freed before the wire. E_ARGUMENT: no
 * such URL; E_MEMORY. */
enum substrate_status wire_upstreams_create(struct wire *wire, const char *url,
                                            const struct wire_upstream_handler *handler,
                                            struct wire_upstreams **upstreams,
                                            struct substrate_error *error);
/* Close all of them, destroy the wire, then free this. NULL is fine. */
void wire_upstreams_free(struct wire_upstreams *upstreams);

/* Begins to connect. NULL: out of memory. */
struct wire_upstream *wire_upstream_open(struct wire_upstreams *upstreams, void *user);
/* Sends one message (copied), as soon as the connection is there. false: out of memory. */
bool wire_upstream_send(struct wire_upstream *upstream, struct substrate_text message);
/* For on_close: how long a handshake that was refused with 429 or 503 is to be left alone, by its
 * Retry-After in seconds, a second when that says nothing, at most a minute. 0: it was not. */
uint64_t wire_upstream_retry_us(const struct wire_upstream *upstream);
/* Closes soon, without on_close; the pointer is dead. */
void wire_upstream_close(struct wire_upstream *upstream);

#endif
