/* Open WebSockets: messages out of fragments, one write per turn, back-pressure, pings. */
#include "wire/conn.h"

#include <string.h>

/* Reading stops when this much is unsent and goes on when less than that is. */
#define UNSENT_HIGH (1024 * 1024)
#define UNSENT_LOW (256 * 1024)
/* A WebSocket ends when it has been silent for so many idle times, as at a node. */
#define MISSES_MAX 3

static void ping_list_append(struct wire_conn *conn) {
    struct wire *wire = conn->wire;
    conn->ping_next = NULL;
    conn->ping_previous = wire->last_ping;
    if (wire->last_ping != NULL) {
        wire->last_ping->ping_next = conn;
    } else {
        wire->first_ping = conn;
    }
    wire->last_ping = conn;
}

static void ping_list_remove(struct wire_conn *conn) {
    struct wire *wire = conn->wire;
    if (conn->ping_previous != NULL) {
        conn->ping_previous->ping_next = conn->ping_next;
    } else {
        wire->first_ping = conn->ping_next;
    }
    if (conn->ping_next != NULL) {
        conn->ping_next->ping_previous = conn->ping_previous;
    } else {
        wire->last_ping = conn->ping_previous;
    }
}

static void ping_fired(lws_sorted_usec_list_t *timer) {
    wire_ws_ping_due(lws_container_of(timer, struct wire, ping_timer));
}

static void ping_timer_set(struct wire *wire) {
    wire_request_timer(wire, &wire->ping_timer, ping_fired,
                       wire->first_ping != NULL ? wire->first_ping->next_ping_us : SUBSTRATE_NEVER);
}

/* The list is in the order of the next ping, for the interval is the same for all. */
void wire_ws_ping_due(struct wire *wire) {
    uint64_t now = substrate_now_us();
    while (wire->first_ping != NULL && wire->first_ping->next_ping_us <= now) {
        struct wire_conn *conn = wire->first_ping;
        ping_list_remove(conn);
        conn->next_ping_us = now + wire->options.ping_us;
        ping_list_append(conn);
        if (now - conn->heard_us >= MISSES_MAX * wire->options.idle_us) {
            wire_close(conn, LWS_CLOSE_STATUS_GOINGAWAY, "no answer to pings");
        } else if (wire_out_unsent(&conn->out) == 0) {
            wire_out_ping(&conn->out);
            wire_conn_schedule(conn);
        }
    }
    ping_timer_set(wire);
}

void wire_ws_established(struct wire_conn *conn) {
    conn->established = true;
    conn->wire->established++;
    conn->heard_us = substrate_now_us();
    conn->next_ping_us = conn->heard_us + conn->wire->options.ping_us;
    ping_list_append(conn);
    if (conn->wire->first_ping == conn) {
        ping_timer_set(conn->wire);
    }
    wire_out_ping(&conn->out);
    conn->scheduled = false; /* what was sent before the handshake was done had to wait */
    wire_conn_schedule(conn);
}

void wire_ws_forget(struct wire_conn *conn) {
    if (conn->established) {
        conn->established = false;
        conn->wire->established--;
        ping_list_remove(conn);
        ping_timer_set(conn->wire);
    }
}

void wire_ws_flow(struct wire_conn *conn) {
    size_t unsent = wire_out_unsent(&conn->out);
    if (unsent > UNSENT_HIGH) {
        conn->paused_by_unsent = true;
    } else if (unsent < UNSENT_LOW) {
        conn->paused_by_unsent = false;
    }
    bool stop = (conn->paused_by_user || conn->paused_by_unsent) && !conn->closing;
    if (conn->established && stop != conn->reading_stopped) {
        conn->reading_stopped = stop;
        (void)lws_rx_flow_control(conn->wsi, stop ? 0 : 1);
    }
}

static void message_end(struct wire_conn *conn, struct substrate_text message) {
    const struct wire_handler *handler = &conn->wire->handler;
    if (conn->oversize) {
        conn->oversize = false;
        if (handler->on_oversize != NULL) {
            handler->on_oversize(handler->context, conn);
        }
        return;
    }
    handler->on_message(handler->context, conn, message);
}

/* A message that came in one piece, the usual case, is handed over where it lies. */
int wire_ws_receive(struct wire_conn *conn, const char *data, size_t size) {
    struct base_buf *in = &conn->in;
    bool final = lws_is_final_fragment(conn->wsi) != 0;
    conn->heard_us = substrate_now_us();
    if (conn->closing) {
        return 0;
    }
    if (in->size + size > conn->wire->options.message_max) {
        conn->oversize = true;
        base_buf_free(in);
    }
    if (final && in->size == 0) {
        message_end(conn, (struct substrate_text){data, size});
        return conn->broken ? -1 : 0;
    }
    if (!conn->oversize) {
        base_buf_append(in, data, size);
        if (in->failed) {
            return -1;
        }
    }
    if (final) {
        message_end(conn, base_buf_view(in));
        if (in->capacity > UNSENT_HIGH) {
            base_buf_free(in);
        } else {
            base_buf_reset(in);
        }
    }
    return conn->broken ? -1 : 0;
}

int wire_ws_writeable(struct wire_conn *conn) {
    conn->scheduled = false;
    if (conn->broken || !wire_conn_write(conn)) {
        return -1;
    }
    wire_ws_flow(conn);
    if (wire_out_unsent(&conn->out) > 0) {
        wire_conn_schedule(conn);
        return 0;
    }
    if (conn->closing) {
        lws_close_reason(conn->wsi, (enum lws_close_status)conn->close_code,
                         (unsigned char *)conn->close_reason, strlen(conn->close_reason));
        return -1;
    }
    return 0;
}
