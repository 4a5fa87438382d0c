/* Connections: opening, closing, and what the I/O thread does with one. The session inside is used
 * under the connection's lock by every thread; the socket is the I/O thread's alone. */
#include "engine_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "transport/url.h"

void connection_retain(struct substrate_connection *connection) {
    (void)atomic_fetch_add(&connection->references, 1);
}

void connection_release(struct substrate_connection *connection) {
    if (atomic_fetch_sub(&connection->references, 1) != 1) {
        return;
    }
    struct substrate_engine *engine = connection->engine;
    if (connection->memory != NULL) {
        connection->memory_free(connection->memory);
    }
    session_free(&connection->session);
    waiters_free(connection);
    (void)pthread_cond_destroy(&connection->changed);
    (void)pthread_mutex_destroy(&connection->lock);
    base_free(connection);
    engine_release(engine);
}

/* Ends all that was asked, once; the first reason stays. Takes the lock. */
static void end(struct substrate_connection *connection, const struct substrate_error *reason) {
    (void)pthread_mutex_lock(&connection->lock);
    if (connection->state < CONNECTION_ENDED) {
        bool special = reason->status == SUBSTRATE_E_LIMIT || reason->status == SUBSTRATE_E_MEMORY;
        connection->state = CONNECTION_ENDED;
        connection->reason = *reason;
        session_close(&connection->session, special ? reason->status : SUBSTRATE_E_CLOSED);
        (void)pthread_cond_broadcast(&connection->changed);
    }
    connection_unlock(connection);
}

static void end_with(struct substrate_connection *connection, enum substrate_status status,
                     const char *text) {
    struct substrate_error reason;
    (void)base_fail(&reason, status, "%s", text);
    end(connection, &reason);
}

/* The socket is gone, or never came. Gives up the I/O thread's reference. */
static void leave(struct substrate_connection *connection, const struct substrate_error *reason) {
    struct substrate_engine *engine = connection->engine;
    end(connection, reason);
    if (connection->timer.index != BASE_HEAP_NOWHERE) {
        base_heap_remove(&engine->timers, &connection->timer);
        *(connection->previous != NULL ? &connection->previous->next : &engine->sockets) =
            connection->next;
        if (connection->next != NULL) {
            connection->next->previous = connection->previous;
        }
    }
    (void)pthread_mutex_lock(&engine->lock);
    engine->connections -= 1;
    (void)pthread_mutex_unlock(&engine->lock);
    (void)pthread_mutex_lock(&connection->lock);
    connection->state = CONNECTION_GONE;
    (void)pthread_cond_broadcast(&connection->changed);
    connection_unlock(connection);
    connection_release(connection);
}

/* When the I/O thread must look at this connection next. */
static void set_timer(struct substrate_connection *connection) {
    uint64_t next = connection->goodbye_deadline_us;
    (void)pthread_mutex_lock(&connection->lock);
    uint64_t other = connection->state == CONNECTION_OPENING
                         ? connection->connect_deadline_us
                         : session_deadline(&connection->session);
    connection_unlock(connection);
    base_heap_move(&connection->engine->timers, &connection->timer, next < other ? next : other);
}

static void say_goodbye(struct substrate_connection *connection) {
    if (connection->goodbye_deadline_us == SUBSTRATE_NEVER) {
        connection->goodbye_deadline_us = substrate_now_us() + GOODBYE_US;
        connection->engine->transport->ops->close(connection->socket);
        set_timer(connection);
    }
}

static void want_write(struct substrate_connection *connection) {
    if (!connection->write_wanted) {
        connection->write_wanted = true;
        connection->engine->transport->ops->want_write(connection->socket);
    }
}

static void start(struct substrate_connection *connection) {
    struct substrate_engine *engine = connection->engine;
    struct substrate_error reason = {0};
    if (!base_heap_reserve(&engine->timers, 1)) {
        (void)base_fail(&reason, SUBSTRATE_E_MEMORY, "out of memory for a connection");
        leave(connection, &reason);
        return;
    }
    connection->next = engine->sockets;
    if (connection->next != NULL) {
        connection->next->previous = connection;
    }
    engine->sockets = connection;
    base_heap_push(&engine->timers, &connection->timer, connection->connect_deadline_us);
    (void)pthread_mutex_lock(&connection->lock);
    connection->state = CONNECTION_OPENING;
    connection_unlock(connection);
    if (engine->transport->ops->open(engine->transport, &connection->target, connection,
                                     &connection->socket, &reason) != SUBSTRATE_OK) {
        leave(connection, &reason);
    }
}

void connection_attend(struct substrate_connection *connection, bool stopping) {
    (void)pthread_mutex_lock(&connection->lock);
    connection->attention = false;
    enum connection_state state = connection->state;
    bool closing = connection->close_wanted || stopping;
    bool send = session_can_send(&connection->session);
    connection_unlock(connection);
    if (state == CONNECTION_GONE) {
        return;
    }
    if (closing) {
        struct substrate_error reason;
        (void)base_fail(&reason, SUBSTRATE_E_CLOSED,
                        stopping ? "the engine was closed" : "the connection was closed");
        if (state == CONNECTION_NEW) {
            leave(connection, &reason);
        } else {
            end(connection, &reason);
            say_goodbye(connection);
        }
    } else if (state == CONNECTION_NEW) {
        start(connection);
    } else {
        if (send) {
            want_write(connection);
        }
        set_timer(connection);
    }
}

void connection_tick(struct substrate_connection *connection, uint64_t now_us) {
    const struct transport_ops *ops = connection->engine->transport->ops;
    (void)pthread_mutex_lock(&connection->lock);
    session_expire(&connection->session, now_us);
    bool send = session_can_send(&connection->session);
    bool late =
        connection->state == CONNECTION_OPENING && connection->connect_deadline_us <= now_us;
    connection_unlock(connection);
    if (late) {
        end_with(connection, SUBSTRATE_E_TIMEOUT, "no connection before connect_timeout_ms");
    }
    if (late || connection->goodbye_deadline_us <= now_us) {
        connection->goodbye_deadline_us = GOODBYE_SAID;
        ops->kill(connection->socket);
    } else if (send) {
        want_write(connection);
    }
    set_timer(connection);
}

static void on_opened(void *owner) {
    struct substrate_connection *connection = owner;
    (void)pthread_mutex_lock(&connection->lock);
    if (connection->state == CONNECTION_OPENING) {
        connection->state = CONNECTION_OPEN;
        (void)pthread_cond_broadcast(&connection->changed);
    }
    connection_unlock(connection);
    set_timer(connection);
}

/* Takes in the texts of the inbox; returns whether there is something to send now. */
static bool hear(struct inbox *inbox) {
    struct substrate_connection *connection = inbox->connection;
    uint64_t now_us = substrate_now_us();
    (void)pthread_mutex_lock(&connection->lock);
    for (size_t i = 0; i < inbox->count; i++) {
        connection->bytes_received += inbox->texts[i].text.size;
        session_feed(&connection->session, &inbox->texts[i].envelope, &inbox->texts[i].text,
                     now_us);
    }
    bool send = session_can_send(&connection->session);
    connection_unlock(connection);
    for (size_t i = 0; i < inbox->count; i++) {
        base_buf_free(&inbox->texts[i].text);
    }
    inbox->connection = NULL;
    inbox->count = 0;
    return send;
}

void connections_hear(struct substrate_engine *engine) {
    struct substrate_connection *connection = engine->inbox.connection;
    if (connection != NULL && hear(&engine->inbox)) {
        want_write(connection);
    }
}

/* The inbox outlives neither the conversation nor the connection. */
static void hear_the_last(struct substrate_connection *connection) {
    if (connection->engine->inbox.connection == connection) {
        (void)hear(&connection->engine->inbox);
    }
}

static void on_received(void *owner, struct base_buf *text) {
    struct substrate_connection *connection = owner;
    struct inbox *inbox = &connection->engine->inbox;
    if (inbox->connection != connection || inbox->count == INBOX_MAX) {
        connections_hear(connection->engine);
    }
    inbox->connection = connection;
    inbox->texts[inbox->count].text = *text;
    envelope_read(base_buf_view(text), &inbox->texts[inbox->count].envelope);
    inbox->count += 1;
    *text = (struct base_buf)BASE_BUF_INIT;
}

static bool on_writable(void *owner, size_t budget) {
    struct substrate_connection *connection = owner;
    const struct transport_ops *ops = connection->engine->transport->ops;
    size_t used = 0;
    connection->write_wanted = false;
    (void)pthread_mutex_lock(&connection->lock);
    while (used < budget) {
        struct session_call *call = session_next(&connection->session);
        if (call == NULL) {
            break;
        }
        ops->put(connection->socket, call->text);
        used += call->text.size;
    }
    connection->bytes_sent += used;
    bool more = session_can_send(&connection->session);
    connection_unlock(connection);
    return more;
}

static void on_ending(void *owner, const struct substrate_error *reason) {
    struct substrate_connection *connection = owner;
    hear_the_last(connection);
    end(connection, reason);
    if (connection->goodbye_deadline_us == SUBSTRATE_NEVER) {
        connection->goodbye_deadline_us = substrate_now_us() + GOODBYE_US;
        set_timer(connection);
    }
}

static void on_closed(void *owner, const struct substrate_error *reason) {
    hear_the_last(owner);
    leave(owner, reason);
}

const struct transport_events connection_events = {on_opened, on_received, on_writable, on_ending,
                                                   on_closed};

uint64_t connection_deadline(const struct substrate_connection *connection,
                             const struct substrate_request *request, uint64_t now_us) {
    if (request->deadline_us != 0) {
        return request->deadline_us;
    }
    return connection->request_timeout_ms == 0
               ? SUBSTRATE_NEVER
               : now_us + (uint64_t)connection->request_timeout_ms * 1000;
}

void connection_unlock_and_attend(struct substrate_connection *connection) {
    bool attend = !connection->attention && connection->state != CONNECTION_GONE;
    connection->attention = connection->attention || attend;
    connection_unlock(connection);
    if (attend) {
        (void)engine_attend(connection->engine, connection);
    }
}

enum substrate_status connection_fail(struct substrate_connection *connection,
                                      enum substrate_status status, struct substrate_error *error) {
    char reason[sizeof(connection->reason.message)] = "";
    (void)pthread_mutex_lock(&connection->lock);
    memcpy(reason, connection->reason.message, sizeof(reason));
    connection_unlock(connection);
    bool closed = status == SUBSTRATE_E_CLOSED || status == SUBSTRATE_E_LIMIT;
    return base_fail(error, status, "%s",
                     closed && reason[0] != '\0' ? reason : substrate_status_text(status));
}

static struct substrate_connection *
make_connection(const struct substrate_connection_options *options,
                struct substrate_engine *engine) {
    struct substrate_connection *connection = base_calloc(1, sizeof(*connection));
    if (connection == NULL) {
        return NULL;
    }
    if (!monotonic_cond_init(&connection->changed)) {
        base_free(connection);
        return NULL;
    }
    if (pthread_mutex_init(&connection->lock, NULL) != 0) {
        (void)pthread_cond_destroy(&connection->changed);
        base_free(connection);
        return NULL;
    }
    struct session_options session = {options->in_flight_max, options->queued_max,
                                      options->first_id};
    session_init(&connection->session, &session);
    atomic_init(&connection->references, 2); /* the owner's and the I/O thread's */
    engine_retain(engine);
    connection->engine = engine;
    connection->timer.index = BASE_HEAP_NOWHERE;
    connection->goodbye_deadline_us = SUBSTRATE_NEVER;
    connection->request_timeout_ms = options->request_timeout_ms;
    connection->request_bytes_max = options->request_bytes_max;
    connection->connect_deadline_us =
        substrate_now_us() + (uint64_t)options->connect_timeout_ms * 1000;
    return connection;
}

/* One of the engine's places, or why there is none. */
static enum substrate_status take_place(struct substrate_engine *engine,
                                        struct substrate_error *error) {
    (void)pthread_mutex_lock(&engine->lock);
    bool stopping = engine->stopping;
    bool full = engine->connections >= engine->connections_max;
    engine->connections += !stopping && !full;
    (void)pthread_mutex_unlock(&engine->lock);
    if (stopping) {
        return base_fail(error, SUBSTRATE_E_CLOSED, "the engine is closed");
    }
    return full ? base_fail(error, SUBSTRATE_E_LIMIT, "the engine has connections_max already")
                : SUBSTRATE_OK;
}

static enum substrate_status open_on(struct substrate_engine *engine,
                                     const struct substrate_connection_options *options,
                                     const struct transport_target *target,
                                     struct substrate_connection **out,
                                     struct substrate_error *error) {
    if (engine_is_current_thread(engine)) {
        return base_fail(error, SUBSTRATE_E_CALLBACK, "%s",
                         substrate_status_text(SUBSTRATE_E_CALLBACK));
    }
    enum substrate_status status = take_place(engine, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct substrate_connection *connection = make_connection(options, engine);
    if (connection == NULL) {
        (void)pthread_mutex_lock(&engine->lock);
        engine->connections -= 1;
        (void)pthread_mutex_unlock(&engine->lock);
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for a connection");
    }
    connection->target = *target;
    connection->target.message_bytes_max = options->message_bytes_max;
    if (!engine_attend(engine, connection)) {
        struct substrate_error reason;
        (void)base_fail(&reason, SUBSTRATE_E_CLOSED, "the engine is closed");
        leave(connection, &reason);
    }
    (void)pthread_mutex_lock(&connection->lock);
    while (connection->state < CONNECTION_OPEN) {
        monotonic_cond_wait(&connection->changed, &connection->lock, SUBSTRATE_NEVER);
    }
    struct substrate_error reason = connection->reason;
    bool open = connection->state == CONNECTION_OPEN;
    connection_unlock(connection);
    if (!open) {
        substrate_connection_close(connection);
        return base_fail(error, reason.status, "cannot connect to %s port %u: %s", target->host,
                         target->port, reason.message);
    }
    *out = connection;
    return SUBSTRATE_OK;
}

static enum substrate_status check_options(const struct substrate_connection_options *options,
                                           struct substrate_error *error) {
    if (options == NULL || options->size != sizeof(*options)) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "the connection's options are not from SUBSTRATE_CONNECTION_OPTIONS_INIT");
    }
    if (options->connect_timeout_ms == 0 || options->in_flight_max == 0 ||
        options->request_bytes_max == 0 || options->message_bytes_max == 0) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "connect_timeout_ms, in_flight_max, request_bytes_max and "
                         "message_bytes_max must not be 0");
    }
    return SUBSTRATE_OK;
}

enum substrate_status substrate_connection_open(const struct substrate_connection_options *options,
                                                struct substrate_connection **connection,
                                                struct substrate_error *error) {
    if (connection == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no place for the connection was given");
    }
    *connection = NULL;
    enum substrate_status status = check_options(options, error);
    struct url url = {{0}, NULL};
    if (status == SUBSTRATE_OK) {
        status = url_read(options->url, &url, error);
    }
    struct substrate_engine *engine = options != NULL ? options->engine : NULL;
    bool own = status == SUBSTRATE_OK && engine == NULL;
    if (own) {
        status = substrate_engine_open(NULL, &engine, error);
    }
    if (status == SUBSTRATE_OK) {
        status = open_on(engine, options, &url.target, connection, error);
        if (*connection != NULL) {
            (*connection)->engine_is_own = own;
        } else if (own) {
            substrate_engine_close(engine);
        }
    }
    base_free(url.memory);
    return status;
}

void substrate_connection_close(struct substrate_connection *connection) {
    if (connection == NULL) {
        return;
    }
    struct substrate_engine *own = connection->engine_is_own ? connection->engine : NULL;
    end_with(connection, SUBSTRATE_E_CLOSED, "the connection was closed");
    (void)pthread_mutex_lock(&connection->lock);
    connection->close_wanted = true;
    connection_unlock_and_attend(connection);
    (void)pthread_mutex_lock(&connection->lock);
    while (connection->state != CONNECTION_GONE) {
        monotonic_cond_wait(&connection->changed, &connection->lock, SUBSTRATE_NEVER);
    }
    connection_unlock(connection);
    connection_release(connection);
    substrate_engine_close(own);
}

void substrate_connection_get_counters(const struct substrate_connection *connection,
                                       struct substrate_connection_counters *counters) {
    struct substrate_connection *own = (struct substrate_connection *)(uintptr_t)connection;
    (void)pthread_mutex_lock(&own->lock);
    *counters = own->session.counters;
    counters->bytes_sent = own->bytes_sent;
    counters->bytes_received = own->bytes_received;
    connection_unlock(own);
}
