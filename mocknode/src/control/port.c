/* The port of the spaces: each function is one of the wire's, with the script's texts as the wire
 * wants them. */
#include "control/port.h"

#include <string.h>
#include "base/mem.h"
#include "control/control.h"
#include "control/spaces.h"
#include "wire/wire.h"

#define ACCEPT_MAX 128 /* bytes of a wrong Sec-WebSocket-Accept */
#define REASON_MAX 123 /* of a close frame, as RFC 6455 has it */

/* A terminated copy, cut to its room. */
static const char *terminated(struct substrate_text text, char *room, size_t max) {
    size_t size = text.size < max ? text.size : max;
    if (size > 0) {
        memcpy(room, text.data, size);
    }
    room[size] = '\0';
    return room;
}

static void port_bind(void *connection, struct space_peer *peer) {
    wire_conn_set_user(connection, peer);
}

static void port_accept(void *connection, const struct script_handshake *how) {
    char accept[ACCEPT_MAX + 1];
    if (how == NULL) {
        wire_accept(connection, NULL);
        return;
    }
    wire_accept(connection,
                &(struct wire_handshake){.accept = how->accept.data != NULL
                                                       ? terminated(how->accept, accept, ACCEPT_MAX)
                                                       : NULL,
                                         .no_upgrade = how->no_upgrade,
                                         .status = (int)how->status});
}

static void port_refuse(void *connection, unsigned status, const struct script_header *headers,
                        size_t header_count, struct substrate_text body) {
    struct wire_header *list = base_calloc(header_count + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < header_count; i++) {
        list[i] = (struct wire_header){headers[i].name, headers[i].value};
    }
    wire_refuse(connection, (int)status, list, list != NULL ? header_count : 0, body);
    base_free(list);
}

static uint64_t port_send(void *connection, int status, struct substrate_text text,
                          const struct wire_shape *shape) {
    struct wire_conn *conn = connection;
    if (status == 200 || wire_conn_is_websocket(conn)) {
        return wire_send_shaped(conn, text, shape);
    }
    return wire_respond_shaped(conn, status, "application/json; charset=utf-8", text, shape);
}

static void port_flush(void *connection) { wire_flush(connection); }

static void port_resume(void *connection) { wire_resume(connection); }

static void port_pause(void *connection, bool on) { wire_pause(connection, on); }

static void port_deaf(void *connection, bool on) { wire_deaf(connection, on); }

static void port_cork(void *connection, bool on) { wire_cork(connection, on); }

static void port_no_pong(void *connection, bool on) { wire_no_pong(connection, on); }

static void port_ping(void *connection, struct substrate_bytes payload) {
    wire_ping(connection, (struct substrate_text){(const char *)payload.data, payload.size});
}

static void port_close(void *connection, unsigned code, struct substrate_text reason) {
    char room[REASON_MAX + 1];
    wire_close(connection, code, terminated(reason, room, REASON_MAX));
}

static void port_end(void *connection) { wire_end(connection); }

static void port_reset(void *connection) { wire_reset(connection); }

const struct space_port control_port = {
    .bind = port_bind,
    .accept = port_accept,
    .refuse = port_refuse,
    .send = port_send,
    .flush = port_flush,
    .resume = port_resume,
    .pause = port_pause,
    .deaf = port_deaf,
    .cork = port_cork,
    .no_pong = port_no_pong,
    .ping = port_ping,
    .close = port_close,
    .end = port_end,
    .reset = port_reset,
    .due = spaces_due_told,
    .control = control_answer,
};
