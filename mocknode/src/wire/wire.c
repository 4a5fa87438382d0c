/* The server itself: its loop, its timers, whom it lets in, and the calls that work the same for
 * WebSocket and HTTP. */
#include "wire/conn.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/text.h"
#include "wire/listen.h"

#define MESSAGE_MAX ((size_t)15 << 20)
#define UNSENT_MAX ((size_t)64 << 20)
#define HEADS_MAX 100
#define SECOND_US 1000000U
#define PING_US (30 * SECOND_US)
#define IDLE_US (60 * SECOND_US)
#define HEAD_US (10 * SECOND_US)
#define BODY_US (30 * SECOND_US)
/* How long wire_run waits for peers to read what was sent, and return its goodbye. */
#define GOODBYE_US SECOND_US
/* How long a peer may go on sending to a connection that ends. Closing at once would reset it, and
 * the answer might be lost. */
#define LEAVING_US (2 * SECOND_US)
/* How long a connection may rest between two requests. */
#define REST_US ((uint64_t)3600 * SECOND_US)
/* Nobody is dropped for his silence before. */
#define SILENCE_US SECOND_US
/* So many connections are taken in one turn, so that their heads are read meanwhile. */
#define ACCEPT_MAX 64

/* ---- whom it lets in ---- */

static struct wire_conn *conn_of(struct wire_alarm *alarm) {
    return (struct wire_conn *)((char *)alarm - offsetof(struct wire_conn, alarm));
}

static void head_due(struct wire_alarm *alarm, uint64_t now_us) {
    struct wire_conn *conn = conn_of(alarm);
    (void)now_us;
    conn->wire->counters.heads_expired++;
    wire_conn_lost(conn, WIRE_BY_NODE, false);
}

static void rest_due(struct wire_alarm *alarm, uint64_t now_us) {
    (void)now_us;
    wire_conn_lost(conn_of(alarm), WIRE_BY_NODE, false);
}

static void leaving_due(struct wire_alarm *alarm, uint64_t now_us) {
    (void)now_us;
    wire_conn_lost(conn_of(alarm), WIRE_BY_NODE, false);
}

/* The one that has been silent for longest, if that is long. */
static struct wire_conn *most_silent(struct wire *wire, const struct wire_alarms *alarms) {
    struct wire_alarm *oldest = TAILQ_FIRST(&alarms->list);
    bool is_long =
        oldest != NULL && wire->loop.turn_us + alarms->delay_us >= oldest->due_us + SILENCE_US;
    return is_long ? conn_of(oldest) : NULL;
}

/* Makes room by dropping who has sent no head, or rests between two requests. */
static bool drop_silent(struct wire *wire, bool rests_too) {
    struct wire_conn *conn = most_silent(wire, &wire->heads);
    if (conn == NULL && rests_too) {
        conn = most_silent(wire, &wire->rests);
    }
    if (conn == NULL) {
        return false;
    }
    wire->counters.heads_dropped++;
    wire_conn_lost(conn, WIRE_BY_NODE, false);
    return true;
}

static void say_exhausted(struct wire *wire) {
    if (!wire->exhaustion_said) {
        wire->exhaustion_said = true;
        (void)fprintf(stderr, "mocknode: out of file descriptors: connections are refused with "
                              "503; start it with a larger limit (ulimit -n)\n");
    }
}

static void pause_accepting(struct wire *wire) {
    wire->accept_paused = true;
    (void)wire_loop_watch(&wire->loop, &wire->listener, 0);
}

/* Who was turned away before makes room for the next one: when he has been told, or has said
 * nothing himself. */
static bool free_reserve(struct wire *wire) {
    struct wire_conn *conn = wire->turned_away;
    if (conn != NULL && (conn->stage == WIRE_LEAVING || conn->heard_us == 0)) {
        wire_conn_lost(conn, WIRE_BY_NODE, false);
        wire->reserve = wire_listen_reserve();
    }
    return wire->reserve >= 0;
}

/* There are no descriptors left, which accept says before it looks whether anybody waits: so the
 * one in reserve is given for whoever does. If somebody silent makes room, he is a peer like any
 * other; if not, he is refused at once. */
static void accept_exhausted(struct wire *wire) {
    bool exhausted = false;
    if (wire->reserve < 0 && !free_reserve(wire)) {
        pause_accepting(wire);
        return;
    }
    (void)close(wire->reserve);
    int peer = wire_listen_accept(wire->listener.descriptor, &exhausted);
    bool roomy = peer < 0 || drop_silent(wire, true);
    wire->reserve = roomy ? wire_listen_reserve() : -1;
    if (peer < 0) {
        return;
    }
    if (wire->reserve < 0) {
        wire->counters.no_descriptors++;
        say_exhausted(wire);
    }
    (void)wire_conn_new(wire, peer, wire->reserve < 0);
}

static void accept_some(struct wire_watch *watch, uint32_t events) {
    struct wire *wire = (struct wire *)((char *)watch - offsetof(struct wire, listener));
    (void)events;
    for (unsigned i = 0; i < ACCEPT_MAX; i++) {
        bool exhausted = false;
        int peer = wire_listen_accept(watch->descriptor, &exhausted);
        if (peer < 0) {
            if (exhausted) {
                accept_exhausted(wire);
            }
            return;
        }
        struct wire_conn *conn = wire_conn_new(wire, peer, false);
        if (conn != NULL && wire->heads.count > wire->options.heads_max) {
            (void)drop_silent(wire, false);
        }
    }
}

/* ---- making and freeing ---- */

static void set_options(struct wire *wire, const struct wire_options *options) {
    wire->options = *options;
    struct wire_options *own = &wire->options;
    own->host = own->host != NULL ? own->host : "127.0.0.1";
    own->message_max = own->message_max != 0 ? own->message_max : MESSAGE_MAX;
    own->unsent_max = own->unsent_max != 0 ? own->unsent_max : UNSENT_MAX;
    own->ping_us = own->ping_us != 0 ? own->ping_us : PING_US;
    own->idle_us = own->idle_us != 0 ? own->idle_us : IDLE_US;
    own->head_us = own->head_us != 0 ? own->head_us : HEAD_US;
    own->body_us = own->body_us != 0 ? own->body_us : BODY_US;
    wire->own_budget.max = WIRE_HELD_MAX;
    wire->budget = own->budget != NULL ? own->budget : &wire->own_budget;
    own->heads_max = own->heads_max != 0 ? own->heads_max : HEADS_MAX;
    own->now_us = own->now_us != NULL ? own->now_us : substrate_now_us;
}

static enum substrate_status listen_on(struct wire *wire, struct substrate_error *error) {
    const struct wire_options *options = &wire->options;
    int listener = -1;
    enum substrate_status status = SUBSTRATE_OK;
    if (options->tls_cert != NULL) {
        status = wire_tls_server(options->tls_cert, options->tls_key, &wire->tls, error);
    }
    if (status == SUBSTRATE_OK) {
        status = wire_listen(options->host, &wire->options.port, wire->tls != NULL ? "wss" : "ws",
                             wire->url, sizeof(wire->url), &listener, error);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    wire->listener = (struct wire_watch){.descriptor = listener, .ready = accept_some};
    wire->reserve = wire_listen_reserve();
    if (wire->reserve < 0 || !wire_loop_watch(&wire->loop, &wire->listener, EPOLLIN)) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory, or of file descriptors");
    }
    return SUBSTRATE_OK;
}

enum substrate_status wire_create(const struct wire_options *options,
                                  const struct wire_handler *handler, struct wire **wire,
                                  struct substrate_error *error) {
    struct wire *made = base_calloc(1, sizeof(*made));
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    set_options(made, options);
    made->handler = *handler;
    made->reserve = made->listener.descriptor = -1;
    made->due_us = SUBSTRATE_NEVER;
    LIST_INIT(&made->conns);
    STAILQ_INIT(&made->scheduled);
    STAILQ_INIT(&made->later);
    STAILQ_INIT(&made->gone);
    wire_alarms_init(&made->heads, made->options.head_us, head_due);
    wire_alarms_init(&made->bodies, made->options.body_us, wire_http_body_due);
    wire_alarms_init(&made->rests, REST_US, rest_due);
    wire_alarms_init(&made->pings, made->options.ping_us, wire_ws_ping_due);
    wire_alarms_init(&made->leavings, LEAVING_US, leaving_due);
    wire_upstreams_init(made);
    enum substrate_status status = SUBSTRATE_OK;
    if (!wire_loop_open(&made->loop, made->options.now_us) || !wire_room_open(&made->room)) {
        status = base_fail(error, SUBSTRATE_E_MEMORY, "out of memory, or of file descriptors");
    } else if (!made->options.unlistened) {
        status = listen_on(made, error);
    }
    if (status != SUBSTRATE_OK) {
        wire_destroy(made);
        return status;
    }
    *wire = made;
    return SUBSTRATE_OK;
}

static void close_one(int descriptor) {
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
}

void wire_destroy(struct wire *wire) {
    struct wire_conn *conn;
    if (wire == NULL) {
        return;
    }
    while (!LIST_EMPTY(&wire->conns)) {
        LIST_FOREACH(conn, &wire->conns, all) { wire_conn_lost(conn, WIRE_BY_NODE, false); }
        wire_conn_work(wire);
    }
    wire_upstreams_run(wire);
    wire_loop_forget(&wire->loop, &wire->listener);
    close_one(wire->listener.descriptor);
    close_one(wire->reserve);
    wire_tls_context_free(wire->tls);
    wire_room_close(&wire->room);
    wire_loop_close(&wire->loop);
    base_free(wire);
}

uint16_t wire_port(const struct wire *wire) { return wire->options.port; }

const char *wire_url(const struct wire *wire) { return wire->url; }

const struct wire_counters *wire_counters(const struct wire *wire) { return &wire->counters; }

const struct wire_budget *wire_budget(const struct wire *wire) { return wire->budget; }

/* ---- running ---- */

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t next_due(const struct wire *wire) {
    if (!STAILQ_EMPTY(&wire->scheduled) || !STAILQ_EMPTY(&wire->upstreams)) {
        return 0;
    }
    uint64_t alarms =
        earlier(wire_alarms_due(&wire->heads),
                earlier(wire_alarms_due(&wire->pings), wire_alarms_due(&wire->leavings)));
    alarms = earlier(alarms, wire_alarms_due(&wire->bodies));
    return earlier(earlier(alarms, wire->due_us), wire_alarms_due(&wire->connects));
}

static void run_timers(struct wire *wire) {
    const struct wire_handler *handler = &wire->handler;
    wire_alarms_run(&wire->heads, wire->loop.turn_us);
    wire_alarms_run(&wire->bodies, wire->loop.turn_us);
    wire_alarms_run(&wire->rests, wire->loop.turn_us);
    wire_alarms_run(&wire->pings, wire->loop.turn_us);
    wire_alarms_run(&wire->leavings, wire->loop.turn_us);
    wire_alarms_run(&wire->connects, wire->loop.turn_us);
    wire_upstreams_run(wire);
    if (wire->due_us <= wire->loop.turn_us) {
        wire->due_us = SUBSTRATE_NEVER;
        if (handler->on_due != NULL) {
            handler->on_due(handler->context, wire->loop.turn_us);
        }
    }
    if (wire->loop.woken) {
        wire->loop.woken = false;
        if (handler->on_wake != NULL) {
            handler->on_wake(handler->context);
        }
    }
}

static bool turn(struct wire *wire, uint64_t due_us) {
    bool good = wire_loop_turn(&wire->loop, earlier(due_us, next_due(wire)));
    wire_conn_work(wire);
    run_timers(wire);
    wire_conn_work(wire);
    return good;
}

static bool run_until_stopped(struct wire *wire) {
    struct wire_conn *conn;
    while (!wire->stopping) {
        if (!turn(wire, SUBSTRATE_NEVER)) {
            return false;
        }
    }
    uint64_t over_us = wire->options.now_us() + GOODBYE_US;
    LIST_FOREACH(conn, &wire->conns, all) {
        if (conn->stage == WIRE_OPEN) {
            wire_close(conn, WIRE_CLOSE_GOING_AWAY, "the node stops");
        }
    }
    while (wire->open_sockets > 0 && wire->options.now_us() < over_us) {
        if (!turn(wire, over_us)) {
            return false;
        }
    }
    return true;
}

/* OpenSSL writes to sockets in a way that raises SIGPIPE. */
enum substrate_status wire_run(struct wire *wire) {
    struct sigaction ignore, old;
    memset(&ignore, 0, sizeof(ignore));
    ignore.sa_handler = SIG_IGN;
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, &old);
    bool good = run_until_stopped(wire);
    (void)sigaction(SIGPIPE, &old, NULL);
    wire->stopping = false;
    return good ? SUBSTRATE_OK : SUBSTRATE_E_IO;
}

void wire_stop(struct wire *wire) {
    wire->stopping = true;
    wire_loop_wake(&wire->loop);
}

void wire_wake(struct wire *wire) { wire_loop_wake(&wire->loop); }

void wire_timer(struct wire *wire, uint64_t due_us) { wire->due_us = due_us; }

/* ---- connections ---- */

void wire_conn_set_user(struct wire_conn *conn, void *user) { conn->user = user; }

void *wire_conn_user(const struct wire_conn *conn) { return conn->user; }

const struct wire *wire_of(const struct wire_conn *conn) { return conn->wire; }

bool wire_conn_is_websocket(const struct wire_conn *conn) { return conn->websocket; }

const char *wire_conn_address(const struct wire_conn *conn, char room[WIRE_ADDRESS_MAX]) {
    wire_peer_address(conn->stream.watch.descriptor, room, WIRE_ADDRESS_MAX);
    return room;
}

uint64_t wire_send(struct wire_conn *conn, struct substrate_text message) {
    return wire_send_shaped(conn, message, NULL);
}

uint64_t wire_send_shaped(struct wire_conn *conn, struct substrate_text message,
                          const struct wire_shape *shape) {
    struct wire_out *out = &conn->stream.out;
    if (!conn->websocket) {
        return wire_respond_shaped(conn, 200, "application/json; charset=utf-8", message, shape);
    }
    if (conn->stage == WIRE_OPEN && !conn->closing) {
        wire_stream_begin(&conn->stream);
        if (shape != NULL) {
            wire_out_shaped(out, message, shape);
        } else {
            wire_out_frame(out, 0x80U | BASE_WS_TEXT, message, NULL);
        }
        conn->broken = conn->broken || out->buf.failed;
        wire_conn_weigh(conn);
        wire_ws_flow(conn);
        wire_conn_schedule(conn);
    }
    return conn->broken ? 0 : wire_out_end(out);
}

size_t wire_unsent(const struct wire_conn *conn) {
    return conn->stage == WIRE_GONE ? 0 : wire_out_unsent(&conn->stream.out);
}

/* ---- what a script has a connection do ---- */

void wire_pause(struct wire_conn *conn, bool paused) {
    conn->paused_by_user = paused;
    wire_conn_schedule(conn);
}

void wire_deaf(struct wire_conn *conn, bool deaf) {
    conn->deaf = deaf;
    wire_conn_schedule(conn);
}

void wire_cork(struct wire_conn *conn, bool corked) {
    conn->corked = corked;
    wire_conn_schedule(conn);
}

void wire_no_pong(struct wire_conn *conn, bool silent) { conn->no_pong = silent; }

void wire_resume(struct wire_conn *conn) {
    if (!conn->out_paused && conn->out_resumes < wire_out_pauses(&conn->stream.out)) {
        conn->out_resumes++;
    }
    conn->out_paused = false;
    wire_conn_schedule(conn);
}

void wire_end(struct wire_conn *conn) {
    if (conn->stage < WIRE_LEAVING && !conn->closing) {
        wire_conn_ending(conn, WIRE_BY_NODE, 0, BASE_TEXT(""));
        conn->closing = conn->unreadable = true;
        wire_out_stop(&conn->stream.out, WIRE_STOP_END);
        conn->broken = conn->broken || conn->stream.out.buf.failed;
        wire_conn_schedule(conn);
    }
}

void wire_reset(struct wire_conn *conn) { wire_conn_lost(conn, WIRE_BY_RESET, true); }
