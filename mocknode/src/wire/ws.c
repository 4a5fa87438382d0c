/* Open WebSockets: what to do with each frame that came, back-pressure, pings, close frames. */
#include "wire/conn.h"

#include <string.h>
#include "base/text.h"

/* Reading stops when this much is unsent and goes on when less than that is. */
#define UNSENT_HIGH (1024 * 1024)
#define UNSENT_LOW (256 * 1024)
/* A WebSocket ends when it has been silent for so many idle times, as at a node. */
#define MISSES_MAX 3
#define BEGINNING_MAX 64
#define FINAL 0x80U

static void send_control(struct wire_conn *conn, unsigned opcode, struct substrate_text payload) {
    wire_stream_begin(&conn->stream);
    wire_out_frame(&conn->stream.out, FINAL | opcode, payload, NULL);
    conn->broken = conn->broken || conn->stream.out.buf.failed;
    wire_conn_schedule(conn);
}

/* ---- the end ---- */

size_t wire_reason_size(struct substrate_text reason) {
    size_t size = reason.size < WIRE_REASON_MAX ? reason.size : WIRE_REASON_MAX;
    while (size > 0 && size < reason.size && ((unsigned char)reason.data[size] & 0xc0U) == 0x80U) {
        size--;
    }
    return size;
}

void wire_ws_close_frame(struct wire_conn *conn, unsigned code, struct substrate_text reason) {
    char payload[WIRE_CONTROL_MAX];
    size_t size = 0;
    if (code != 0) {
        payload[0] = (char)(code >> 8);
        payload[1] = (char)(code & 0xff);
        size = wire_reason_size(reason);
        if (size > 0) {
            memcpy(payload + 2, reason.data, size);
        }
        size += 2;
    }
    conn->closing = true;
    send_control(conn, BASE_WS_CLOSE, (struct substrate_text){payload, size});
    wire_out_stop(&conn->stream.out, WIRE_STOP_CLOSE);
}

void wire_close(struct wire_conn *conn, unsigned code, const char *reason) {
    if (conn->stage != WIRE_OPEN) {
        wire_end(conn);
    } else if (!conn->closing) {
        wire_conn_ending(conn, WIRE_BY_NODE, code, base_text(reason));
        wire_ws_close_frame(conn, code, base_text(reason));
    }
}

/* What was asked before has been handed to the user, and what he answered at once stands before the
 * echo. */
static void hear_close(struct wire_conn *conn, const struct wire_read *read) {
    conn->peer_closed = true;
    if (conn->stage == WIRE_LEAVING) {
        wire_conn_leave(conn, WIRE_STOP_CLOSE);
    } else if (!conn->closing) {
        wire_conn_ending(conn, WIRE_BY_PEER, read->code, read->text);
        wire_ws_close_frame(conn, read->code, (struct substrate_text){"", 0});
    }
}

/* The peer breaks the protocol: where its next frame begins, nobody can tell. */
static void fail(struct wire_conn *conn, const struct wire_read *read,
                 struct substrate_text beginning) {
    const struct wire_handler *handler = &conn->wire->handler;
    conn->unreadable = true;
    if (conn->closing) {
        return;
    }
    wire_conn_ending(conn, WIRE_BY_NODE, read->code, base_text(read->why));
    wire_ws_close_frame(conn, read->code, base_text(read->why));
    if (handler->on_refused != NULL) {
        handler->on_refused(handler->context, conn, read->why, read->size, beginning);
    }
}

/* ---- frames ---- */

static void hear_message(struct wire_conn *conn, const struct wire_read *read) {
    const struct wire_handler *handler = &conn->wire->handler;
    const struct wire_message message = {read->text, read->binary, NULL};
    if (!conn->closing) {
        handler->on_message(handler->context, conn, &message);
    }
}

/* A message that would have been small enough is thrown away for the budget. */
static void hear_oversize(struct wire_conn *conn, const struct wire_read *read) {
    const struct wire_handler *handler = &conn->wire->handler;
    bool busy = read->size <= conn->wire->options.message_max;
    void (*told)(void *, struct wire_conn *) = busy ? handler->on_busy : handler->on_oversize;
    conn->wire->counters.busy += busy;
    if (told != NULL && !conn->closing) {
        told(handler->context, conn);
    }
}

static void hear_ping(struct wire_conn *conn, struct substrate_text payload) {
    const struct wire_handler *handler = &conn->wire->handler;
    if (conn->closing) {
        return;
    }
    if (handler->on_ping != NULL) {
        handler->on_ping(handler->context, conn, payload);
    }
    if (!conn->no_pong && !conn->closing && conn->stage == WIRE_OPEN) {
        send_control(conn, BASE_WS_PONG, payload);
        wire_ws_flow(conn);
    }
}

static void hear(struct wire_conn *conn, const struct wire_read *read,
                 struct substrate_text beginning) {
    const struct wire_handler *handler = &conn->wire->handler;
    switch (read->kind) {
    case WIRE_READ_MESSAGE:
        hear_message(conn, read);
        break;
    case WIRE_READ_PING:
        hear_ping(conn, read->text);
        break;
    case WIRE_READ_PONG:
        if (handler->on_pong != NULL && !conn->closing) {
            handler->on_pong(handler->context, conn, read->text);
        }
        break;
    case WIRE_READ_CLOSE:
        hear_close(conn, read);
        break;
    case WIRE_READ_OVERSIZE:
        hear_oversize(conn, read);
        break;
    case WIRE_READ_WRONG:
        fail(conn, read, beginning);
        break;
    case WIRE_READ_NO_MEMORY:
        conn->broken = true;
        break;
    case WIRE_READ_MORE:
    case WIRE_READ_PART:
        break;
    }
}

size_t wire_ws_take(struct wire_conn *conn, char *data, size_t size) {
    struct wire_read read;
    if (conn->unreadable || conn->peer_closed) {
        return size; /* nothing may come behind a close frame */
    }
    conn->reader.message_max = wire_conn_message_max(conn);
    wire_reader_next(&conn->reader, data, size, &read);
    if (read.kind == WIRE_READ_MESSAGE) {
        conn->partial_us = 0; /* another one may come behind it */
    }
    struct substrate_text beginning = read.text;
    if (beginning.size == 0) {
        beginning = (struct substrate_text){data, size};
    }
    beginning.size = beginning.size < BEGINNING_MAX ? beginning.size : BEGINNING_MAX;
    hear(conn, &read, beginning);
    return read.kind == WIRE_READ_WRONG ? size : read.used;
}

/* ---- being open ---- */

void wire_ws_open(struct wire_conn *conn) {
    struct wire *wire = conn->wire;
    conn->stage = WIRE_OPEN;
    conn->opened = true;
    wire->open_sockets++;
    conn->heard_us = wire->loop.turn_us;
    wire_alarm_set(&wire->pings, &conn->alarm, wire->loop.turn_us);
    send_control(conn, BASE_WS_PING, BASE_TEXT(""));
}

void wire_ws_ping_due(struct wire_alarm *alarm, uint64_t now_us) {
    struct wire_conn *conn =
        (struct wire_conn *)((char *)alarm - offsetof(struct wire_conn, alarm));
    wire_alarm_set(&conn->wire->pings, alarm, now_us);
    if (conn->deaf) {
        return; /* it is not the peer who is silent */
    }
    if (now_us - conn->heard_us >= MISSES_MAX * conn->wire->options.idle_us) {
        wire_close(conn, WIRE_CLOSE_GOING_AWAY, "no answer to pings");
    } else if (conn->partial_us != 0 && now_us - conn->partial_us >= conn->wire->options.body_us) {
        conn->wire->counters.bodies_expired++;
        wire_close(conn, WIRE_CLOSE_POLICY, "a message did not come to its end in time");
    } else if (wire_out_unsent(&conn->stream.out) == 0 || conn->corked) {
        const struct wire_handler *handler = &conn->wire->handler;
        send_control(conn, BASE_WS_PING, BASE_TEXT(""));
        if (handler->on_keepalive != NULL) {
            handler->on_keepalive(handler->context, conn);
        }
    }
}

void wire_ping(struct wire_conn *conn, struct substrate_text payload) {
    payload.size = payload.size < WIRE_CONTROL_MAX ? payload.size : WIRE_CONTROL_MAX;
    if (conn->stage == WIRE_OPEN && !conn->closing) {
        send_control(conn, BASE_WS_PING, payload);
    }
}

void wire_ws_flow(struct wire_conn *conn) {
    size_t unsent = wire_out_unsent(&conn->stream.out);
    if (unsent > UNSENT_HIGH) {
        conn->paused_by_unsent = true;
    } else if (unsent < UNSENT_LOW) {
        conn->paused_by_unsent = false;
    }
    size_t max = conn->wire->options.unsent_max;
    if (wire_budget_is_over(conn->wire->budget)) {
        size_t readers = conn->wire->options.message_max + UNSENT_HIGH; /* at most, see above */
        max = readers < max ? readers : max;
    }
    if (unsent > max && !conn->broken) {
        conn->broken = true;
        conn->wire->counters.unsent_over++;
        wire_conn_ending(conn, WIRE_BY_NODE, 0, base_text("too much is unsent"));
        wire_conn_schedule(conn);
    }
}
