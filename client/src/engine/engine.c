/* The engine: one I/O thread that runs a transport, looks after the connections that asked for it,
 * and keeps their timers. */
#include "engine_internal.h"

#include <signal.h>

#include "base/mem.h"
#include "base/text.h"

static _Thread_local const struct substrate_engine *running_here;

bool engine_is_current_thread(const struct substrate_engine *engine) {
    return running_here == engine;
}

void engine_retain(struct substrate_engine *engine) {
    (void)atomic_fetch_add(&engine->references, 1);
}

void engine_release(struct substrate_engine *engine) {
    if (atomic_fetch_sub(&engine->references, 1) == 1) {
        base_heap_free(&engine->timers);
        (void)pthread_mutex_destroy(&engine->lock);
        base_free(engine);
    }
}

bool engine_attend(struct substrate_engine *engine, struct substrate_connection *connection) {
    (void)pthread_mutex_lock(&engine->lock);
    bool alive = engine->transport != NULL;
    if (alive) {
        bool first = engine->attention == NULL;
        connection_retain(connection);
        connection->attention_next = engine->attention;
        engine->attention = connection;
        if (first) {
            /* Under the lock, because the thread frees the transport once it has let go of it. */
            engine->transport->ops->wake(engine->transport);
        }
    }
    (void)pthread_mutex_unlock(&engine->lock);
    return alive;
}

/* Does what other threads asked for; returns whether the engine is to stop. */
static bool attend_all(struct substrate_engine *engine) {
    (void)pthread_mutex_lock(&engine->lock);
    struct substrate_connection *list = engine->attention;
    bool stopping = engine->stopping;
    engine->attention = NULL;
    (void)pthread_mutex_unlock(&engine->lock);
    while (list != NULL) {
        struct substrate_connection *connection = list;
        list = connection->attention_next;
        connection_attend(connection, stopping);
        connection_release(connection);
    }
    if (stopping) {
        struct substrate_connection *next = NULL;
        for (struct substrate_connection *each = engine->sockets; each != NULL; each = next) {
            next = each->next;
            connection_attend(each, true);
        }
    }
    return stopping;
}

static void tick_all(struct substrate_engine *engine) {
    uint64_t now = substrate_now_us();
    struct base_heap_node *node = base_heap_top(&engine->timers);
    while (node != NULL && node->key <= now) {
        connection_tick(
            (struct substrate_connection *)(void *)((char *)node -
                                                    offsetof(struct substrate_connection, timer)),
            now);
        node = base_heap_top(&engine->timers);
    }
}

/* True once, when nothing is left to do: nobody can reach the transport from then on. */
static bool let_go(struct substrate_engine *engine) {
    (void)pthread_mutex_lock(&engine->lock);
    bool done = engine->attention == NULL && engine->sockets == NULL;
    if (done) {
        engine->transport = NULL;
    }
    (void)pthread_mutex_unlock(&engine->lock);
    return done;
}

static void *run(void *context) {
    struct substrate_engine *engine = context;
    struct transport *transport = engine->transport;
    running_here = engine;
    for (;;) {
        connections_hear(engine);
        bool stopping = attend_all(engine);
        tick_all(engine);
        if (stopping && let_go(engine)) {
            break;
        }
        const struct base_heap_node *next = base_heap_top(&engine->timers);
        transport->ops->service(transport, next != NULL ? next->key : SUBSTRATE_NEVER);
    }
    transport->ops->free(transport);
    engine_release(engine);
    return NULL;
}

/* The thread must get no signals: those are for the program's own threads. */
static bool start_thread(struct substrate_engine *engine) {
    sigset_t all, before;
    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    engine_retain(engine);
    bool started = pthread_create(&engine->thread, NULL, run, engine) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!started) {
        engine_release(engine);
    }
    return started;
}

enum substrate_status engine_open_on(struct transport *transport,
                                     const struct substrate_engine_options *options,
                                     struct substrate_engine **out, struct substrate_error *error) {
    struct substrate_engine *engine = base_calloc(1, sizeof(*engine));
    if (engine == NULL || pthread_mutex_init(&engine->lock, NULL) != 0) {
        base_free(engine);
        transport->ops->free(transport);
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for an engine");
    }
    atomic_init(&engine->references, 1);
    transport->events = &connection_events;
    engine->transport = transport;
    engine->connections_max = options->connections_max;
    if (!start_thread(engine)) {
        engine_release(engine);
        transport->ops->free(transport);
        return base_fail(error, SUBSTRATE_E_IO, "cannot start the I/O thread");
    }
    *out = engine;
    return SUBSTRATE_OK;
}

enum substrate_status substrate_engine_open(const struct substrate_engine_options *options,
                                            struct substrate_engine **engine,
                                            struct substrate_error *error) {
    struct substrate_engine_options defaults = SUBSTRATE_ENGINE_OPTIONS_INIT;
    if (engine == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no place for the engine was given");
    }
    *engine = NULL;
    if (options == NULL) {
        options = &defaults;
    }
    if (options->size != sizeof(*options) || options->connections_max == 0) {
        return base_fail(
            error, SUBSTRATE_E_ARGUMENT,
            "the engine's options are not from SUBSTRATE_ENGINE_OPTIONS_INIT, or allow "
            "no connection");
    }
    struct transport *transport = NULL;
    enum substrate_status status = transport_lws_new(&transport, error);
    return status != SUBSTRATE_OK ? status : engine_open_on(transport, options, engine, error);
}

void substrate_engine_close(struct substrate_engine *engine) {
    if (engine == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&engine->lock);
    engine->stopping = true;
    engine->transport->ops->wake(engine->transport);
    (void)pthread_mutex_unlock(&engine->lock);
    (void)pthread_join(engine->thread, NULL);
    engine_release(engine);
}
