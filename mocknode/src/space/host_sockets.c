/* What the script does to sockets, through the port. */
#include "space/state.h"

#include <string.h>
#include "base/text.h"

static const char *const gone = "the connection has ended";
static const char *const no_socket = "it came by POST";

static struct space_peer *peer_of(struct script_peer *peer) {
    return (struct space_peer *)(void *)peer;
}

static const struct space_port *port_of(const struct space_peer *peer) {
    return peer->space->config.port;
}

/* A rule ends the connection, which is then done. Else: why not. */
static const char *end_peer(struct space_peer *peer, const struct script_act *act) {
    if (peer->ended) {
        return gone;
    }
    peer->ended = true;
    peer->ending = act->cause;
    return NULL;
}

/* What lasts begins while nothing has ended the connection, and ends while there is one: what was
 * given out before a rule ended it leaves when the cork is drawn. */
static const char *last(struct script_peer *script, bool on, void (*act)(void *, bool)) {
    struct space_peer *peer = peer_of(script);
    if (on ? peer->ended : peer->closed) {
        return gone;
    }
    act(peer->connection, on);
    return NULL;
}

static const char *host_send(void *context, const struct script_act *act,
                             struct script_peer *script, struct substrate_text text, bool binary) {
    struct space_peer *peer = peer_of(script);
    struct wire_shape shape;
    (void)context;
    (void)act;
    memset(&shape, 0, sizeof(shape));
    shape.binary = binary;
    if (peer->ended || !peer->websocket) {
        return peer->ended ? gone : no_socket;
    }
    bool sent = port_of(peer)->send(peer->connection, 200, text, &shape) > 0;
    return sent ? NULL : gone;
}

static const char *host_cork(void *context, const struct script_act *act,
                             struct script_peer *script, bool on) {
    (void)context;
    (void)act;
    return last(script, on, port_of(peer_of(script))->cork);
}

static const char *host_end(void *context, const struct script_act *act,
                            struct script_peer *script) {
    struct space_peer *peer = peer_of(script);
    const char *why_not = end_peer(peer, act);
    (void)context;
    if (why_not == NULL) {
        port_of(peer)->end(peer->connection);
    }
    return why_not;
}

static const char *host_reset(void *context, const struct script_act *act,
                              struct script_peer *script) {
    struct space_peer *peer = peer_of(script);
    const char *why_not = end_peer(peer, act);
    (void)context;
    if (why_not == NULL) {
        port_of(peer)->reset(peer->connection);
    }
    return why_not;
}

/* Of a POST a close is an end: it has no close frame. */
static const char *host_close(void *context, const struct script_act *act,
                              struct script_peer *script, uint16_t code,
                              struct substrate_text reason) {
    struct space_peer *peer = peer_of(script);
    if (!peer->websocket) {
        return host_end(context, act, script);
    }
    const char *why_not = end_peer(peer, act);
    if (why_not == NULL) {
        port_of(peer)->close(peer->connection, code, reason);
    }
    return why_not;
}

static const char *host_sever(void *context, const struct script_act *act,
                              struct script_peer *script, struct wire_place at,
                              enum wire_sever with) {
    struct space_peer *peer = peer_of(script);
    (void)context;
    peer->sever_at = at;
    peer->sever_with = with;
    peer->ending = act->cause;
    return peer->ended ? gone : NULL;
}

static const char *host_deaf(void *context, const struct script_act *act,
                             struct script_peer *script, bool on) {
    (void)context;
    (void)act;
    return last(script, on, port_of(peer_of(script))->deaf);
}

static const char *host_stop_reading(void *context, const struct script_act *act,
                                     struct script_peer *script, bool on) {
    struct space_peer *peer = peer_of(script);
    (void)context;
    (void)act;
    peer->stopped = on;
    space_peer_read(peer);
    return peer->ended ? gone : NULL;
}

static const char *host_no_pong(void *context, const struct script_act *act,
                                struct script_peer *script, bool on) {
    struct space_peer *peer = peer_of(script);
    (void)context;
    (void)act;
    if (!peer->ended) {
        port_of(peer)->no_pong(peer->connection, on);
    }
    return peer->ended ? gone : NULL;
}

static const char *host_ping(void *context, const struct script_act *act,
                             struct script_peer *script, struct substrate_bytes payload) {
    struct space_peer *peer = peer_of(script);
    (void)context;
    if (peer->ended || !peer->websocket) {
        return peer->ended ? gone : no_socket;
    }
    if (!space_peer_pinged(peer, &act->cause, payload)) {
        return "out of memory";
    }
    port_of(peer)->ping(peer->connection, payload);
    return NULL;
}

static void host_resume(void *context, struct script_peer *script) {
    struct space_peer *peer = peer_of(script);
    (void)context;
    if (!peer->closed) {
        port_of(peer)->resume(peer->connection);
    }
}

void space_host_sockets(struct script_host *host) {
    host->send = host_send;
    host->cork = host_cork;
    host->close = host_close;
    host->end = host_end;
    host->reset = host_reset;
    host->sever = host_sever;
    host->deaf = host_deaf;
    host->stop_reading = host_stop_reading;
    host->no_pong = host_no_pong;
    host->ping = host_ping;
    host->resume = host_resume;
}
