/* The in-memory transport; see pipe.h. One lock guards the sockets and what waits for the client;
 * no event is delivered under it. */
#include "pipe.h"

#include <pthread.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"

/* A text on its way to the client. */
struct pipe_text {
    struct pipe_text *next;
    struct base_buf bytes;
};

struct transport_socket {
    struct pipe_transport *pipe;
    void *owner;
    size_t number;
    size_t message_bytes_max;
    struct transport_socket *next;
    struct pipe_text *first, **last;
    bool opened; /* the event was delivered */
    bool want_write;
    bool dropped; /* by the far end */
    bool closed;  /* by the client */
    struct substrate_error reason;
};

struct pipe_transport {
    struct transport head;
    const struct pipe_peer *peer;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken;
    size_t opened;
    struct transport_socket *sockets;
};

static struct pipe_transport *of(struct transport *transport) {
    return (struct pipe_transport *)transport;
}

static void stir(struct pipe_transport *pipe) {
    pipe->woken = true;
    (void)pthread_cond_signal(&pipe->changed);
}

static struct transport_socket *find(struct pipe_transport *pipe, size_t number) {
    struct transport_socket *socket = pipe->sockets;
    while (socket != NULL && socket->number != number) {
        socket = socket->next;
    }
    return socket;
}

void pipe_send(struct transport *transport, size_t number, struct substrate_text text) {
    struct pipe_transport *pipe = of(transport);
    struct pipe_text *copy = base_calloc(1, sizeof(*copy));
    if (copy != NULL) {
        base_buf_text(&copy->bytes, text);
    }
    (void)pthread_mutex_lock(&pipe->lock);
    struct transport_socket *socket = find(pipe, number);
    if (socket != NULL && copy != NULL && !copy->bytes.failed) {
        *socket->last = copy;
        socket->last = &copy->next;
        copy = NULL;
    } else if (socket != NULL) {
        socket->dropped = true;
    }
    stir(pipe);
    (void)pthread_mutex_unlock(&pipe->lock);
    if (copy != NULL) {
        base_buf_free(&copy->bytes);
        base_free(copy);
    }
}

void pipe_drop(struct transport *transport, size_t number) {
    struct pipe_transport *pipe = of(transport);
    (void)pthread_mutex_lock(&pipe->lock);
    struct transport_socket *socket = find(pipe, number);
    if (socket != NULL) {
        socket->dropped = true;
    }
    stir(pipe);
    (void)pthread_mutex_unlock(&pipe->lock);
}

static enum substrate_status pipe_open(struct transport *transport,
                                       const struct transport_target *target, void *owner,
                                       struct transport_socket **out,
                                       struct substrate_error *error) {
    struct pipe_transport *pipe = of(transport);
    struct transport_socket *socket = base_calloc(1, sizeof(*socket));
    if (socket == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for a socket");
    }
    size_t number = pipe->opened++;
    if (!pipe->peer->accept(pipe->peer->context, number)) {
        base_free(socket);
        return base_fail(error, SUBSTRATE_E_CONNECT, "refused");
    }
    *socket = (struct transport_socket){.pipe = pipe,
                                        .owner = owner,
                                        .number = number,
                                        .message_bytes_max = target->message_bytes_max};
    socket->last = &socket->first;
    (void)pthread_mutex_lock(&pipe->lock);
    socket->next = pipe->sockets;
    pipe->sockets = socket;
    stir(pipe);
    (void)pthread_mutex_unlock(&pipe->lock);
    *out = socket;
    return SUBSTRATE_OK;
}

static void pipe_want_write(struct transport_socket *socket) {
    (void)pthread_mutex_lock(&socket->pipe->lock);
    socket->want_write = true;
    stir(socket->pipe);
    (void)pthread_mutex_unlock(&socket->pipe->lock);
}

static void pipe_put(struct transport_socket *socket, struct substrate_text text) {
    const struct pipe_peer *peer = socket->pipe->peer;
    peer->receive(peer->context, socket->number, text);
}

static void pipe_close(struct transport_socket *socket) {
    (void)pthread_mutex_lock(&socket->pipe->lock);
    socket->closed = true;
    stir(socket->pipe);
    (void)pthread_mutex_unlock(&socket->pipe->lock);
}

/* Takes the socket off the list, tells its owner, and frees it. */
static void end(struct transport_socket *socket) {
    struct pipe_transport *pipe = socket->pipe;
    (void)pthread_mutex_lock(&pipe->lock);
    struct transport_socket **link = &pipe->sockets;
    while (*link != socket) {
        link = &(*link)->next;
    }
    *link = socket->next;
    (void)pthread_mutex_unlock(&pipe->lock);
    if (socket->reason.status == SUBSTRATE_OK) {
        (void)base_fail(&socket->reason, SUBSTRATE_E_CLOSED, "the connection was lost");
    }
    pipe->head.events->closed(socket->owner, &socket->reason);
    for (struct pipe_text *text = socket->first; text != NULL;) {
        struct pipe_text *next = text->next;
        base_buf_free(&text->bytes);
        base_free(text);
        text = next;
    }
    base_free(socket);
}

static void deliver(struct transport_socket *socket, struct pipe_text *text) {
    const struct transport_events *events = socket->pipe->head.events;
    if (text->bytes.size > socket->message_bytes_max) {
        (void)base_fail(&socket->reason, SUBSTRATE_E_LIMIT,
                        "the node sent a message over message_bytes_max");
        events->ending(socket->owner, &socket->reason);
        socket->closed = true;
    } else {
        events->received(socket->owner, &text->bytes);
    }
    base_buf_free(&text->bytes);
    base_free(text);
}

/* Delivers one event of a socket; false when there is none, or when it was the socket's end. */
static bool step(struct transport_socket *socket) {
    struct pipe_transport *pipe = socket->pipe;
    const struct transport_events *events = pipe->head.events;
    (void)pthread_mutex_lock(&pipe->lock);
    struct pipe_text *text = socket->closed ? NULL : socket->first;
    bool write = socket->want_write && socket->opened;
    bool over = socket->closed || (socket->dropped && socket->first == NULL);
    if (!over && socket->opened) {
        socket->want_write = false;
        if (text != NULL) {
            socket->first = text->next;
            socket->last = socket->first != NULL ? socket->last : &socket->first;
        }
    }
    (void)pthread_mutex_unlock(&pipe->lock);
    if (over) {
        end(socket);
        return false;
    }
    if (!socket->opened) {
        socket->opened = true;
        events->opened(socket->owner);
    } else if (text != NULL || write) {
        while (write && events->writable(socket->owner, SIZE_MAX)) {
        }
        if (text != NULL) {
            deliver(socket, text);
        }
    } else {
        return false;
    }
    return true;
}

static void pipe_service(struct transport *transport, uint64_t until_us) {
    struct pipe_transport *pipe = of(transport);
    struct timespec until = {(time_t)(until_us / 1000000), (long)(until_us % 1000000) * 1000};
    (void)pthread_mutex_lock(&pipe->lock);
    while (!pipe->woken && substrate_now_us() < until_us) {
        if (until_us == SUBSTRATE_NEVER) {
            (void)pthread_cond_wait(&pipe->changed, &pipe->lock);
        } else {
            (void)pthread_cond_timedwait(&pipe->changed, &pipe->lock, &until);
        }
    }
    pipe->woken = false;
    struct transport_socket *socket = pipe->sockets;
    (void)pthread_mutex_unlock(&pipe->lock);
    while (socket != NULL) {
        /* Only this thread adds and removes sockets, so that the next one stays. */
        struct transport_socket *next = socket->next;
        /* As with a real one, all that has arrived may come in one turn, and the end with it. */
        while (step(socket)) {
        }
        socket = next;
    }
}

static void pipe_wake(struct transport *transport) {
    struct pipe_transport *pipe = of(transport);
    (void)pthread_mutex_lock(&pipe->lock);
    stir(pipe);
    (void)pthread_mutex_unlock(&pipe->lock);
}

static void pipe_free(struct transport *transport) {
    struct pipe_transport *pipe = of(transport);
    (void)pthread_cond_destroy(&pipe->changed);
    (void)pthread_mutex_destroy(&pipe->lock);
    base_free(pipe);
}

enum substrate_status transport_pipe_new(const struct pipe_peer *peer, struct transport **out) {
    static const struct transport_ops ops = {
        pipe_open,  pipe_want_write, pipe_put,  pipe_close,
        pipe_close, pipe_service,    pipe_wake, pipe_free,
    };
    struct pipe_transport *pipe = base_calloc(1, sizeof(*pipe));
    pthread_condattr_t attributes;
    if (pipe == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pipe->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&pipe->lock, NULL);
    pipe->head.ops = &ops;
    pipe->peer = peer;
    *out = &pipe->head;
    return SUBSTRATE_OK;
}
