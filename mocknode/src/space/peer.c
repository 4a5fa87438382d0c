/* Connections: who is there, from the handshake to the close. */
#include "space/state.h"

#include <string.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* It takes a place of the space, unless it has made control calls only. */
static bool takes_place(const struct space_peer *peer) {
    return peer->made_request || !peer->made_control;
}

bool space_full(const struct space *space) {
    return space->full_count >= space->limits.connections;
}

/* The connection stands first in the list of peers. */
static void link_peer(struct space *space, struct space_peer *peer) {
    peer->next = space->peers;
    if (space->peers != NULL) {
        space->peers->previous = peer;
    }
    space->peers = peer;
    space->full_count += takes_place(peer);
}

static void unlink_peer(struct space *space, struct space_peer *peer) {
    if (peer->previous != NULL) {
        peer->previous->next = peer->next;
    } else {
        space->peers = peer->next;
    }
    if (peer->next != NULL) {
        peer->next->previous = peer->previous;
    }
    space->full_count -= takes_place(peer);
}

static void free_peer(struct space_peer *peer) {
    while (peer->first_ping != NULL) {
        struct space_ping *ping = peer->first_ping;
        peer->first_ping = ping->next;
        base_free(ping);
    }
    base_idmap_free(&peer->ids);
    base_arena_free(&peer->arena);
    base_free((void *)(uintptr_t)peer->label.data);
    base_free((void *)(uintptr_t)peer->address.data);
    base_free(peer);
}

static struct space_peer *new_peer(struct space *space, void *connection,
                                   const struct space_connect *how) {
    struct space_peer *peer = base_calloc(1, sizeof(*peer));
    if (peer == NULL) {
        return NULL;
    }
    peer->space = space;
    peer->connection = connection;
    peer->label = (struct substrate_text){base_strdup(how->label), how->label.size};
    peer->address = (struct substrate_text){base_strdup(how->address), how->address.size};
    peer->websocket = how->websocket;
    peer->privileged = how->privileged;
    peer->last_ping = &peer->first_ping;
    base_idmap_init(&peer->ids);
    base_arena_init(&peer->arena, 0);
    if (peer->label.data == NULL || peer->address.data == NULL) {
        free_peer(peer);
        return NULL;
    }
    return peer;
}

/* The script hears of it: of a WebSocket from its handshake on, of a POST from its first request
 * that is no control call. */
static void begin_script(struct space_peer *peer) {
    peer->script = (struct script_peer){.ordinal = ++peer->space->last_ordinal,
                                        .post = !peer->websocket,
                                        .open = !peer->websocket,
                                        .label_text = peer->label};
    script_peer_begin(peer->space->run, &peer->script);
}

/* From now on it is counted among the connections. false: out of memory. */
static bool count(struct space_peer *peer, bool at_once) {
    peer->place = space_conns_place(peer->space);
    peer->counted = space_conns_add(peer->space, peer->place, 1);
    if (peer->counted) {
        peer->space->comings.counted[peer->place] = at_once;
    }
    return peer->counted;
}

/* ---- handshakes ---- */

static void refuse(struct space_peer *peer, unsigned status, const struct script_header *headers,
                   size_t header_count, struct substrate_text body) {
    struct space *space = peer->space;
    space->config.port->refuse(peer->connection, status, headers, header_count, body);
    space->counts.rejected++;
    peer->refused = peer->ended = true;
    space->reaping = true;
}

static void accept(struct space_peer *peer, const struct script_handshake *how) {
    struct space *space = peer->space;
    if (!count(peer, true)) {
        refuse(peer, 503, NULL, 0, BASE_TEXT("out of memory\n"));
        return;
    }
    space->config.port->accept(peer->connection, how);
    space_kept_alive(peer);
    script_peer_opened(space->run, &peer->script);
    struct script_event event = space_event_of(peer, SCRIPT_OPENED);
    space_tell(space, &event, NULL);
}

void space_handshake(struct space_call *call) {
    struct space_peer *peer = call->peer;
    const struct script_handshake *how = peer->handshake;
    peer->handshake = NULL;
    space_call_free(call);
    if (peer->ended) { /* by a rule on `connecting`: there is nobody to answer */
        base_arena_reset(&peer->arena);
        return;
    }
    if (how == NULL || how->kind == SCRIPT_HANDSHAKE_BAD) {
        accept(peer, how);
    } else {
        refuse(peer, how->status, how->headers, how->header_count, how->body);
    }
    base_arena_reset(&peer->arena);
}

/* A copy that outlives the script. NULL: out of memory. */
static struct script_handshake *copy_handshake(struct base_arena *arena,
                                               const struct script_handshake *from) {
    struct script_handshake *copy = base_arena_calloc(arena, 1, sizeof(*copy));
    struct script_header *headers =
        base_arena_calloc(arena, from->header_count + 1, sizeof(*headers));
    if (copy == NULL || headers == NULL) {
        return NULL;
    }
    *copy = *from;
    copy->headers = headers;
    copy->body = base_arena_text(arena, from->body);
    copy->accept = from->accept.data != NULL ? base_arena_text(arena, from->accept) : from->accept;
    bool good = copy->body.data != NULL && (from->accept.data == NULL || copy->accept.data != NULL);
    for (size_t i = 0; i < from->header_count; i++) {
        headers[i].name = base_arena_text(arena, from->headers[i].name);
        headers[i].value = base_arena_text(arena, from->headers[i].value);
        good = good && headers[i].name.data != NULL && headers[i].value.data != NULL;
    }
    return good ? copy : NULL;
}

/* What the rules say of the handshake, and of when it is answered. */
static void connecting(struct space_peer *peer) {
    struct space *space = peer->space;
    struct script_event event = space_event_of(peer, SCRIPT_CONNECTING);
    struct script_verdict verdict = SCRIPT_VERDICT_INIT;
    struct script_handshake how = {.kind = SCRIPT_HANDSHAKE_PLAIN};
    struct space_call *call = space_call_new(peer, SPACE_HANDSHAKE);
    event.item = call != NULL ? &call->item : NULL;
    space_record(space, &event, NULL);
    script_match(space->run, &event, &verdict);
    script_told(space->run, &event, space->now);
    script_handshake(space->run, &verdict, &how);
    bool full = how.kind == SCRIPT_HANDSHAKE_PLAIN && space->full_count > space->limits.connections;
    if (full) {
        how = (struct script_handshake){
            .kind = SCRIPT_HANDSHAKE_REFUSE, .status = 429, .body = BASE_TEXT(SPACE_FULL_TEXT)};
    }
    if (how.kind != SCRIPT_HANDSHAKE_PLAIN) {
        peer->handshake = copy_handshake(&peer->arena, &how);
    }
    if (call == NULL || (how.kind != SCRIPT_HANDSHAKE_PLAIN && peer->handshake == NULL)) {
        refuse(peer, 503, NULL, 0, BASE_TEXT("out of memory\n"));
    } else if (how.kind != SCRIPT_HANDSHAKE_STALL) {
        script_emission(space->run, &verdict, &call->item, space->now);
        script_put(space->run, &call->item, space->now, NULL);
    }
    script_rest(space->run, &verdict, space->now);
}

/* A POST: it is let in at once, or refused. */
static bool let_in(struct space_peer *peer) {
    struct space *space = peer->space;
    const struct space_port *port = space->config.port;
    bool over = space->full_count > space->limits.connections;
    if (over && !peer->privileged) {
        space->counts.rejected++;
        port->refuse(peer->connection, 429, NULL, 0, BASE_TEXT(SPACE_FULL_TEXT));
        return false;
    }
    if (!count(peer, !over)) {
        port->refuse(peer->connection, 503, NULL, 0, BASE_TEXT("out of memory\n"));
        return false;
    }
    if (over) {
        space->full_count--; /* as long as it makes control calls only */
        peer->over_limit = peer->made_control = true;
    }
    port->accept(peer->connection, NULL);
    return true;
}

struct space_peer *space_open(struct space *space, void *connection,
                              const struct space_connect *how, uint64_t now) {
    space_begin(space, now);
    struct space_peer *peer = new_peer(space, connection, how);
    if (peer == NULL) {
        space->config.port->refuse(connection, 503, NULL, 0, BASE_TEXT("out of memory\n"));
        return NULL;
    }
    link_peer(space, peer);
    if (space->config.port->bind != NULL) {
        space->config.port->bind(connection, peer);
    }
    if (peer->websocket) {
        begin_script(peer);
        connecting(peer);
        script_run_due(space->run, space->now);
    } else if (!let_in(peer)) {
        unlink_peer(space, peer);
        free_peer(peer);
        return NULL;
    }
    bool gone = peer->refused;
    space_end(space);
    return gone ? NULL : peer;
}

void space_peer_requested(struct space_peer *peer) {
    struct space *space = peer->space;
    space->full_count += !takes_place(peer);
    peer->made_request = true;
    space->comings.counted[peer->place] = true;
    if (peer->script.ordinal == 0) {
        begin_script(peer);
    }
}

void space_peer_controlled(struct space_peer *peer) {
    struct space *space = peer->space;
    space->full_count -= !peer->made_control && !peer->made_request;
    peer->made_control = true;
    space->comings.counted[peer->place] = peer->made_request;
}

void space_peer_read(struct space_peer *peer) {
    bool stop = peer->paused || peer->stopped;
    if (stop != peer->reading_stopped && !peer->ended) {
        peer->reading_stopped = stop;
        peer->space->config.port->pause(peer->connection, stop);
    }
}

/* ---- the end ---- */

/* Which calls go unanswered, and why it closed. */
static void tell_closed(struct space_peer *peer, const struct space_closed *how) {
    char room[512];
    struct base_buf members = BASE_BUF_ON(room);
    base_buf_str(&members, "\"unanswered\":[");
    size_t count = 0;
    for (const struct space_call *call = peer->calls; call != NULL; call = call->next) {
        for (size_t i = 0; i < call->flight_count; i++) {
            if (call->flights[i].answered == 0) {
                base_buf_str(&members, count++ > 0 ? "," : "");
                base_buf_u64(&members, call->flights[i].arrived);
            }
        }
    }
    base_buf_char(&members, ']');
    if (how->reason.size > 0) {
        base_buf_str(&members, ",\"reason\":");
        base_json_write_string(&members, how->reason);
    }
    struct space_note note = {.size = how->size, .members = base_buf_view(&members)};
    struct script_event event = space_event_of(peer, SCRIPT_CLOSED);
    event.by = how->by;
    if (how->by != SCRIPT_BY_PEER) {
        event.cause = peer->ending;
    }
    event.code = how->code;
    event.reason = how->reason;
    space_tell(peer->space, &event, members.failed ? NULL : &note);
    base_buf_free(&members);
}

/* Says that it is over, and forgets it. */
static void end_peer(struct space_peer *peer, const struct space_closed *how) {
    struct space *space = peer->space;
    peer->ended = peer->closed = true;
    if (peer->websocket) {
        tell_closed(peer, how);
    }
    space_waits_forget(peer);
    space_subscriptions_free(peer);
    while (peer->calls != NULL) {
        space_call_free(peer->calls);
    }
    if (peer->counted) {
        /* Room was made when it was opened, in all but a failure that nobody can be told of. */
        (void)space_conns_add(space, peer->place, -1);
    }
    unlink_peer(space, peer);
    if (peer->script.ordinal > 0) {
        script_peer_end(space->run, &peer->script, space->now);
    }
    free_peer(peer);
}

void space_peers_reap(struct space *space) {
    space->reaping = false;
    struct space_peer *peer = space->peers;
    while (peer != NULL) {
        struct space_peer *next = peer->next;
        if (peer->refused) {
            end_peer(peer, &(struct space_closed){.by = SCRIPT_BY_NODE});
            next = space->peers; /* anything may have changed meanwhile */
        }
        peer = next;
    }
}

void space_close(struct space_peer *peer, const struct space_closed *how, uint64_t now) {
    struct space *space = peer->space;
    space_begin(space, now);
    end_peer(peer, how);
    space_end(space);
}

static void close_peer(struct space_peer *peer, unsigned code, struct substrate_text reason) {
    const struct space_port *port = peer->space->config.port;
    if (peer->ended) {
        return;
    }
    peer->ended = true;
    if (peer->websocket) {
        port->close(peer->connection, code, reason);
    } else {
        port->end(peer->connection);
    }
}

void space_peer_give_up(struct space_peer *peer) {
    close_peer(peer, 1008, BASE_TEXT("more notifications wait than a connection may have"));
}

void space_close_all(struct space *space, unsigned code, const char *reason) {
    space->goodbye_code = code;
    space->goodbye = base_text(reason);
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (peer != space->caller) { /* who hears the answer first */
            close_peer(peer, code, space->goodbye);
        }
    }
}

void space_called(struct space_peer *peer) {
    struct space *space = peer->space;
    space->caller = NULL;
    if (space->goodbye_code > 0) {
        close_peer(peer, space->goodbye_code, space->goodbye);
    }
}

/* ---- what it says beside messages ---- */

void space_pinged(struct space_peer *peer, struct substrate_bytes payload, uint64_t now) {
    struct space *space = peer->space;
    struct script_event event = space_event_of(peer, SCRIPT_PINGED);
    struct space_note note = {.size = payload.size};
    space_begin(space, now);
    space_tell(space, &event, &note);
    space_end(space);
}

bool space_peer_pinged(struct space_peer *peer, const struct script_cause *cause,
                       struct substrate_bytes payload) {
    struct substrate_text rule = {NULL, 0};
    if (cause != NULL) {
        rule = script_cause_rule(peer->space->run, cause);
    }
    struct space_ping *ping = base_calloc(1, sizeof(*ping) + rule.size);
    if (ping == NULL) {
        return false;
    }
    char *name = (char *)(ping + 1);
    if (rule.size > 0) {
        memcpy(name, rule.data, rule.size);
    }
    ping->of_rule = cause != NULL;
    ping->rule = (struct substrate_text){name, rule.size};
    ping->size = payload.size < sizeof(ping->payload) ? payload.size : sizeof(ping->payload);
    if (ping->size > 0) {
        memcpy(ping->payload, payload.data, ping->size);
    }
    *peer->last_ping = ping;
    peer->last_ping = &ping->next;
    return true;
}

/* Without memory for it, a pong would only be taken for another one's. */
void space_kept_alive(struct space_peer *peer) {
    (void)space_peer_pinged(peer, NULL, (struct substrate_bytes){NULL, 0});
}

/* The ping that this pong answers, and all before it, which it answers too. */
static struct space_ping *take_ping(struct space_peer *peer, struct substrate_bytes payload) {
    struct space_ping *found = peer->first_ping;
    while (found != NULL &&
           (found->size != payload.size ||
            (payload.size > 0 && memcmp(found->payload, payload.data, payload.size) != 0))) {
        found = found->next;
    }
    while (found != NULL && peer->first_ping != found) {
        struct space_ping *passed = peer->first_ping;
        peer->first_ping = passed->next;
        base_free(passed);
    }
    if (found != NULL) {
        peer->first_ping = found->next;
        peer->last_ping = found->next != NULL ? peer->last_ping : &peer->first_ping;
    }
    return found;
}

void space_ponged(struct space_peer *peer, struct substrate_bytes payload, uint64_t now) {
    struct space *space = peer->space;
    struct space_ping *ping = take_ping(peer, payload);
    if (ping == NULL || !ping->of_rule) {
        base_free(ping);
        return;
    }
    struct script_event event = space_event_of(peer, SCRIPT_PONGED);
    struct space_note note = {.size = payload.size};
    event.rule = ping->rule;
    space_begin(space, now);
    space_tell(space, &event, &note);
    base_free(ping);
    space_end(space);
}

void space_refused(struct space_peer *peer, const char *why, uint64_t size,
                   struct substrate_text beginning, uint64_t now) {
    space_begin(peer->space, now);
    space_tell_refused(peer, base_text(why), size, beginning);
    space_end(peer->space);
}

struct space *space_of(const struct space_peer *peer) {
    return peer->space;
}

struct substrate_text space_peer_label(const struct space_peer *peer) {
    return peer->label;
}

void *space_peer_connection(const struct space_peer *peer) { return peer->connection; }

bool space_peer_privileged(const struct space_peer *peer) { return peer->privileged; }

void space_peer_set_privileged(struct space_peer *peer, bool privileged) {
    peer->privileged = privileged;
}
