/* Connections between the loop and what they speak: reading, writing up to the stops of the output,
 * and how they end. What a callback asks for is done in wire_conn_work, once the events of the turn
 * are over. */
#include "wire/conn.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/mem.h"
#include "wire/listen.h"

/* So many writes of one connection make a turn: a message that leaves byte by byte does not keep
 * the others waiting. */
#define WRITES_MAX 64

static void ready(struct wire_watch *watch, uint32_t events);

struct wire_conn *wire_conn_new(struct wire *wire, int descriptor, bool in_reserve) {
    struct wire_conn *conn = base_calloc(1, sizeof(*conn));
    if (conn == NULL) {
        (void)close(descriptor);
        return NULL;
    }
    conn->wire = wire;
    conn->loopback = wire_peer_is_loopback(descriptor);
    conn->stream.watch = (struct wire_watch){.descriptor = descriptor, .ready = ready};
    conn->stream.room = &wire->room;
    conn->reader =
        (struct wire_reader){.message_max = wire->options.message_max, .from_client = true};
    LIST_INSERT_HEAD(&wire->conns, conn, all);
    wire_alarm_set(in_reserve ? &wire->leavings : &wire->heads, &conn->alarm, wire->loop.turn_us);
    conn->stream.tls = wire->tls != NULL ? wire_tls_new(wire->tls, descriptor, NULL) : NULL;
    if ((wire->tls != NULL && conn->stream.tls == NULL) ||
        !wire_stream_watch(&conn->stream, &wire->loop, true)) {
        wire_conn_lost(conn, WIRE_BY_NODE, false);
        return NULL;
    }
    if (in_reserve) {
        wire->turned_away = conn;
        wire_http_turn_away(conn);
    }
    return conn;
}

void wire_conn_weigh(struct wire_conn *conn) {
    size_t now =
        conn->stream.in.capacity + conn->reader.message.capacity + conn->stream.out.buf.capacity;
    wire_budget_hold(conn->wire->budget, &conn->held, now);
}

size_t wire_conn_message_max(const struct wire_conn *conn) {
    size_t max = conn->wire->options.message_max;
    return wire_budget_is_over(conn->wire->budget) && max > WIRE_SMALL_MAX ? WIRE_SMALL_MAX : max;
}

void wire_conn_schedule(struct wire_conn *conn) {
    if (!conn->scheduled && conn->stage != WIRE_GONE) {
        conn->scheduled = true;
        STAILQ_INSERT_TAIL(&conn->wire->scheduled, conn, turn);
    }
}

/* ---- the end ---- */

void wire_conn_ending(struct wire_conn *conn, enum wire_by by, unsigned code,
                      struct substrate_text reason) {
    if (conn->has_ending) {
        return;
    }
    conn->has_ending = true;
    conn->by = by;
    conn->close_code = code;
    size_t size = wire_reason_size(reason);
    if (size > 0) {
        memcpy(conn->close_reason, reason.data, size);
    }
    conn->close_reason[size] = '\0';
}

void wire_conn_tell_closed(struct wire_conn *conn) {
    const struct wire_handler *handler = &conn->wire->handler;
    const struct wire_closed closed = {
        .by = conn->by,
        .code = conn->close_code,
        .reason = {conn->close_reason, strlen(conn->close_reason)},
        .size = conn->stage == WIRE_GONE ? conn->left_mark : wire_out_consumed(&conn->stream.out)};
    if (conn->told) {
        conn->told = false;
        if (handler->on_close != NULL) {
            handler->on_close(handler->context, conn, &closed);
        }
        conn->user = NULL;
    }
}

void wire_conn_lost(struct wire_conn *conn, enum wire_by by, bool reset) {
    struct wire *wire = conn->wire;
    if (conn->stage == WIRE_GONE) {
        return;
    }
    wire_conn_ending(conn, by, 0, (struct substrate_text){"", 0});
    conn->left_mark = wire_out_consumed(&conn->stream.out);
    wire->open_sockets -= conn->opened ? 1 : 0;
    wire_alarm_unset(&conn->alarm);
    wire_stream_close(&conn->stream, &wire->loop, reset);
    conn->stage = WIRE_GONE;
    if (wire->turned_away == conn) {
        wire->turned_away = NULL;
    }
    if (!conn->scheduled) { /* or else it is on its way through that list, which comes first */
        STAILQ_INSERT_TAIL(&wire->gone, conn, turn);
    }
}

void wire_conn_leave(struct wire_conn *conn, enum wire_stop_kind how) {
    conn->stage = WIRE_LEAVING;
    bool waits =
        how == WIRE_STOP_CLOSE && conn->websocket && !conn->peer_closed && !conn->unreadable;
    if (!waits) {
        wire_stream_shut(&conn->stream, how == WIRE_STOP_CLOSE);
    }
    wire_alarm_set(&conn->wire->leavings, &conn->alarm, conn->wire->loop.turn_us);
    if (conn->peer_ended) {
        wire_conn_lost(conn, WIRE_BY_PEER, false);
    }
}

static void tell_written(struct wire_conn *conn, uint64_t mark) {
    const struct wire_handler *handler = &conn->wire->handler;
    if (mark > conn->told_mark) {
        conn->told_mark = mark;
        if (conn->told && handler->on_written != NULL) {
            handler->on_written(handler->context, conn, mark);
        }
    }
}

/* The descriptor of one that was in reserve is kept for the next; and there may be room again. */
static void renew_reserve(struct wire *wire) {
    if (wire->reserve < 0) {
        wire->reserve = wire_listen_reserve();
    }
    if (wire->accept_paused && wire->reserve >= 0) {
        wire->accept_paused = false;
        (void)wire_loop_watch(&wire->loop, &wire->listener, EPOLLIN);
    }
}

static void bury(struct wire_conn *conn) {
    struct wire *wire = conn->wire;
    tell_written(conn, conn->left_mark);
    wire_conn_tell_closed(conn);
    renew_reserve(wire);
    wire_budget_hold(wire->budget, &conn->held, 0);
    LIST_REMOVE(conn, all);
    wire_http_free(conn);
    wire_stream_free(&conn->stream);
    wire_reader_free(&conn->reader);
    base_free(conn);
}

/* ---- in ---- */

bool wire_conn_reads(const struct wire_conn *conn) {
    switch (conn->stage) {
    case WIRE_LEAVING:
        return true;
    case WIRE_HEAD:
    case WIRE_BODY:
    case WIRE_OPEN:
        return !conn->paused_by_user && !conn->paused_by_unsent && !conn->deaf && !conn->broken;
    case WIRE_ADMISSION:
    case WIRE_ANSWER:
    case WIRE_GONE:
        break;
    }
    return false;
}

/* Of what comes while a request waits for its answer a little is read ahead, so that the peer's end
 * is noticed. */
#define AHEAD_MAX 65536

static bool wants_input(const struct wire_conn *conn) {
    bool waits = conn->stage == WIRE_ADMISSION || conn->stage == WIRE_ANSWER;
    bool stopped = conn->paused_by_user || conn->deaf;
    return !conn->peer_ended && conn->stage != WIRE_GONE &&
           (wire_conn_reads(conn) || (waits && !stopped && conn->stream.in.size <= AHEAD_MAX));
}

static size_t take(struct wire_stream *stream, char *data, size_t size) {
    struct wire_conn *conn = (struct wire_conn *)stream;
    size_t used = 0, more = 1;
    while (used < size && more > 0 && wire_conn_reads(conn)) {
        more = size - used;
        if (conn->stage == WIRE_OPEN || (conn->stage == WIRE_LEAVING && conn->websocket)) {
            more = wire_ws_take(conn, data + used, more);
        } else if (conn->stage != WIRE_LEAVING) {
            more = wire_http_take(conn, data + used, more);
        }
        used += more;
    }
    return used;
}

/* FIN came. What was given out before still leaves, unless something keeps it. */
static void hear_end(struct wire_conn *conn) {
    bool kept = conn->corked || conn->out_paused || conn->stage == WIRE_LEAVING;
    conn->peer_ended = true;
    if (kept || wire_out_unsent(&conn->stream.out) == 0) {
        wire_conn_lost(conn, WIRE_BY_PEER, false);
        return;
    }
    wire_conn_ending(conn, WIRE_BY_PEER, 0, (struct substrate_text){"", 0});
    if (!conn->closing) {
        conn->closing = conn->unreadable = true;
        wire_out_stop(&conn->stream.out, WIRE_STOP_CLOSE);
    }
}

static void receive(struct wire_conn *conn) {
    ssize_t size = wire_stream_read(&conn->stream, take);
    conn->heard_us = conn->wire->loop.turn_us;
    if (conn->stage != WIRE_GONE && size == WIRE_END) {
        hear_end(conn);
    } else if (size == WIRE_LOST) {
        wire_conn_lost(conn, WIRE_BY_RESET, false);
    }
}

static void ready(struct wire_watch *watch, uint32_t events) {
    struct wire_conn *conn = (struct wire_conn *)watch;
    bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
    wire_stream_woken(&conn->stream, events);
    wire_conn_schedule(conn);
    if (wants_input(conn)) {
        if (failed || (events & EPOLLIN) != 0 || conn->stream.tls != NULL) {
            receive(conn);
        }
    } else if (failed) {
        wire_conn_lost(conn, (events & EPOLLERR) != 0 ? WIRE_BY_RESET : WIRE_BY_PEER, false);
    }
}

/* ---- out ---- */

/* false: something stands in the way of writing on. */
static bool stop(struct wire_conn *conn, enum wire_stop_kind kind) {
    switch (kind) {
    case WIRE_STOP_PAUSE:
        conn->out_paused = conn->out_resumes == 0;
        conn->out_resumes -= conn->out_paused ? 0 : 1;
        return !conn->out_paused;
    case WIRE_STOP_RESET:
        wire_conn_lost(conn, WIRE_BY_RESET, true);
        return false;
    case WIRE_STOP_END:
        wire_conn_ending(conn, WIRE_BY_NODE, 0, (struct substrate_text){"", 0});
        conn->unreadable = true;
        wire_out_drop(&conn->stream.out);
        wire_conn_leave(conn, kind);
        return false;
    case WIRE_STOP_CLOSE:
        wire_conn_leave(conn, kind);
        return false;
    case WIRE_STOP_NONE:
    case WIRE_STOP_WRITES:
        break;
    }
    return true;
}

static void put_off(struct wire_conn *conn) {
    if (!conn->scheduled) {
        conn->scheduled = true;
        STAILQ_INSERT_TAIL(&conn->wire->later, conn, turn);
    }
}

static void write_out(struct wire_conn *conn) {
    struct wire_stream *stream = &conn->stream;
    unsigned writes = 0;
    while (!conn->out_paused) {
        enum wire_stop_kind kind = wire_out_take_stop(&stream->out);
        if (kind != WIRE_STOP_NONE) {
            if (!stop(conn, kind)) {
                return;
            }
            continue;
        }
        if (writes++ == WRITES_MAX) {
            put_off(conn);
            return;
        }
        ssize_t size = wire_stream_write(stream);
        if (size == WIRE_LOST) {
            wire_conn_lost(conn, WIRE_BY_RESET, false);
        }
        if (size <= 0) {
            return;
        }
    }
}

static bool may_write(const struct wire_conn *conn) {
    return conn->stage < WIRE_LEAVING && !conn->deaf && !conn->corked && !conn->stream.blocked &&
           !conn->broken;
}

void wire_flush(struct wire_conn *conn) {
    if (may_write(conn) && !conn->scheduled) {
        wire_conn_schedule(conn); /* for what on_written is to say */
    }
    if (may_write(conn)) {
        write_out(conn);
    }
}

/* ---- the turn ---- */

static void read_on(struct wire_conn *conn) {
    if (conn->stage == WIRE_BODY) {
        wire_http_empty_body(conn);
    }
    if (wire_conn_reads(conn) && conn->stream.in.size > 0) {
        wire_stream_retake(&conn->stream, take);
    }
    if (conn->stage != WIRE_GONE && conn->stream.tls != NULL && wants_input(conn) &&
        wire_tls_pending(conn->stream.tls) > 0) {
        receive(conn);
    }
}

/* Since when a message has been on its way; what waits here because nothing is read is not the
 * peer's delay. */
static void note_partial(struct wire_conn *conn) {
    bool partial = conn->stream.in.size > 0 || conn->reader.in_message || conn->reader.skip > 0;
    if (!partial || !wire_conn_reads(conn)) {
        conn->partial_us = 0;
    } else if (conn->partial_us == 0) {
        conn->partial_us = conn->wire->loop.turn_us;
    }
}

static void work_on(struct wire_conn *conn) {
    if (may_write(conn)) {
        write_out(conn);
    }
    tell_written(conn,
                 conn->stream.closed ? conn->left_mark : wire_out_consumed(&conn->stream.out));
    if (conn->broken) {
        wire_conn_lost(conn, WIRE_BY_NODE, false);
    }
    if (conn->stage == WIRE_LEAVING) {
        wire_conn_tell_closed(conn);
    } else if (conn->stage == WIRE_ANSWER && wire_out_unsent(&conn->stream.out) == 0) {
        wire_http_written(conn);
    }
    if (conn->stage != WIRE_GONE) {
        wire_ws_flow(conn);
        read_on(conn);
    }
    if (conn->stage == WIRE_OPEN) {
        note_partial(conn);
    }
    wire_conn_weigh(conn);
    if (conn->stage != WIRE_GONE &&
        !wire_stream_watch(&conn->stream, &conn->wire->loop, wants_input(conn))) {
        wire_conn_lost(conn, WIRE_BY_NODE, false);
    }
}

void wire_conn_work(struct wire *wire) {
    while (!STAILQ_EMPTY(&wire->scheduled) || !STAILQ_EMPTY(&wire->gone)) {
        struct wire_conn *conn = STAILQ_FIRST(&wire->scheduled);
        if (conn != NULL) {
            STAILQ_REMOVE_HEAD(&wire->scheduled, turn);
            conn->scheduled = false;
            if (conn->stage != WIRE_GONE) {
                work_on(conn);
            } else {
                STAILQ_INSERT_TAIL(&wire->gone, conn, turn);
            }
        } else {
            conn = STAILQ_FIRST(&wire->gone);
            STAILQ_REMOVE_HEAD(&wire->gone, turn);
            bury(conn);
        }
    }
    STAILQ_CONCAT(&wire->scheduled, &wire->later);
}
