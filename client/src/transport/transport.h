/* How texts reach a node: a table of functions with two implementations, WebSocket (lws.c) and an
 * in-memory pipe for tests (pipe.c). A transport serves many sockets from one thread, the I/O
 * thread: every function but `wake` is called there, and every event comes from inside `service`.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/buf.h"

struct transport;
struct transport_socket;

/* Where to connect; views borrowed for the call of `open`. */
struct transport_target {
    bool tls;
    const char *host; /* without brackets */
    uint16_t port;
    const char *path; /* with its query, from the first slash */
    size_t message_bytes_max;
};

/* What happens to a socket; `owner` is what `open` was given. */
struct transport_events {
    void (*opened)(void *owner);
    /* A whole text. What the owner keeps it moves out of `text`. */
    void (*received)(void *owner, struct base_buf *text);
    /* The socket can take texts: hand over with `put`, up to about `budget` bytes. Returns whether
     * there is more. */
    bool (*writable)(void *owner, size_t budget);
    /* No text comes or goes any more; a closing handshake is going on, and `closed` follows. Not
     * promised: a socket may go straight to `closed`. */
    void (*ending)(void *owner, const struct substrate_error *reason);
    /* The last event of a socket, which is gone: also after `close`, and when it never opened. */
    void (*closed)(void *owner, const struct substrate_error *reason);
};

struct transport_ops {
    /* OK, and then `closed` follows exactly once; or an error, and no event follows. */
    enum substrate_status (*open)(struct transport *transport,
                                  const struct transport_target *target, void *owner,
                                  struct transport_socket **socket, struct substrate_error *error);
    /* Has `writable` come: soon, or before this returns when it was not called inside an event. */
    void (*want_write)(struct transport_socket *socket);
    /* Inside `writable` only: copies one text for sending. */
    void (*put)(struct transport_socket *socket, struct substrate_text text);
    /* Ends a socket politely: what was put is sent, then the closing handshake. No text is received
     * after it. */
    void (*close)(struct transport_socket *socket);
    /* Ends a socket at once, also one that is closing. */
    void (*kill)(struct transport_socket *socket);
    /* Waits until something happened, `until_us` passed, or `wake` was called since the last time.
     */
    void (*service)(struct transport *transport, uint64_t until_us);
    void (*wake)(struct transport *transport);
    /* No socket may be left. */
    void (*free)(struct transport *transport);
};

/* The head of every implementation's own struct. */
struct transport {
    const struct transport_ops *ops;
    const struct transport_events *events;
};

/* Makes the WebSocket transport. Any thread; the caller of `free` owns it. `events` is set by
 * whoever runs it. Returns OK, E_MEMORY or E_IO. */
enum substrate_status transport_lws_new(struct transport **transport,
                                        struct substrate_error *error);

#endif
