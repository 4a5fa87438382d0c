/* A transport without a network, for tests and simulation: what the client sends goes to a function
 * of the test, and the test sends texts back, in any order, from any thread. */
#ifndef TRANSPORT_PIPE_H
#define TRANSPORT_PIPE_H

#include "transport.h"

/* The far end. Sockets are numbered from 0 in the order of opening. */
struct pipe_peer {
    void *context;
    /* A socket wants to open; false refuses it. */
    bool (*accept)(void *context, size_t socket);
    /* A text of the client. Runs on the I/O thread under the connection's lock: it may call
     * pipe_send and pipe_drop, but nothing of the connection. */
    void (*receive)(void *context, size_t socket, struct substrate_text text);
};

/* `peer` is borrowed until the transport is freed. Returns OK or E_MEMORY. */
enum substrate_status transport_pipe_new(const struct pipe_peer *peer,
                                         struct transport **transport);
/* Sends one text to the client. A socket that is gone drops it; without memory the socket dies. */
void pipe_send(struct transport *transport, size_t socket, struct substrate_text text);
/* The far end hangs up, after what it has sent. */
void pipe_drop(struct transport *transport, size_t socket);

#endif
