/* Connections: who is there, from the handshake to the close. */
#include "space/state.h"

#include "base/mem.h"

/* It takes a place of the space, unless it has made control calls only. */
static bool takes_place(const struct space_peer *peer) {
    return peer->made_request || !peer->made_control;
}

bool space_full(const struct space *space) {
    return space->full_count >= space->config.connections_max;
}

/* The connection stands first in the list of peers. */
static void link_peer(struct space *space, struct space_peer *peer) {
    peer->next = space->peers;
    if (space->peers != NULL) {
        space->peers->previous = peer;
    }
    space->peers = peer;
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
}

static struct space_peer *new_peer(struct space *space, void *connection,
                                   struct substrate_text label) {
    struct space_peer *peer = base_calloc(1, sizeof(*peer));
    char *copy = base_strdup(label);
    if (peer != NULL) {
        peer->place = space_conns_place(space);
    }
    if (peer == NULL || copy == NULL || !space_conns_add(space, peer->place, 1)) {
        base_free(peer);
        base_free(copy);
        return NULL;
    }
    peer->space = space;
    peer->connection = connection;
    peer->label = (struct substrate_text){copy, label.size};
    base_idmap_init(&peer->ids);
    return peer;
}

static void tell(struct space_peer *peer, enum space_event_kind kind) {
    struct space_event event = space_event_of(peer, kind);
    (void)space_tell(peer->space, &event);
}

struct space_peer *space_open(struct space *space, void *connection, struct substrate_text label,
                              bool websocket, bool privileged, uint64_t now) {
    space_begin(space, now);
    bool over_limit = space_full(space);
    if (over_limit && (websocket || !privileged)) {
        space->counts.rejected++;
        return NULL;
    }
    struct space_peer *peer = new_peer(space, connection, label);
    if (peer == NULL) {
        return NULL;
    }
    peer->websocket = websocket;
    peer->privileged = privileged;
    peer->over_limit = peer->made_control = over_limit;
    space->comings.counted[peer->place] = !over_limit;
    space->full_count += takes_place(peer);
    link_peer(space, peer);
    if (websocket) {
        peer->ordinal = ++space->last_ordinal;
        tell(peer, SPACE_EVENT_CONNECTING);
        tell(peer, SPACE_EVENT_OPENED);
    }
    space_end(space);
    return peer;
}

void space_peer_requested(struct space_peer *peer) {
    struct space *space = peer->space;
    space->full_count += !takes_place(peer);
    peer->made_request = true;
    space->comings.counted[peer->place] = true;
    if (peer->ordinal == 0) {
        peer->ordinal = ++space->last_ordinal;
    }
}

void space_peer_controlled(struct space_peer *peer) {
    struct space *space = peer->space;
    space->full_count -= !peer->made_control && !peer->made_request;
    peer->made_control = true;
    space->comings.counted[peer->place] = peer->made_request;
}

/* Says who closed, and which calls go unanswered. */
static void tell_closed(struct space_peer *peer, const struct space_closed *how) {
    char room[512];
    struct base_buf members = BASE_BUF_ON(room);
    struct space_event event = space_event_of(peer, SPACE_EVENT_CLOSED);
    event.by = how->by;
    event.code = how->code;
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
    event.members = members.failed ? (struct substrate_text){NULL, 0} : base_buf_view(&members);
    (void)space_tell(peer->space, &event);
    base_buf_free(&members);
}

void space_close(struct space_peer *peer, const struct space_closed *how, uint64_t now) {
    struct space *space = peer->space;
    struct script_release release = {NULL, 0, false};
    space_begin(space, now);
    if (peer->websocket) {
        tell_closed(peer, how);
    }
    if (space->gate != NULL) {
        script_gate_leave(space->gate, peer, &release);
    }
    while (peer->calls != NULL) {
        space_call_free(peer->calls);
    }
    space_subscriptions_free(peer);
    /* Room was made when it was opened, in all but a failure that cannot be told to anybody. */
    (void)space_conns_add(space, peer->place, -1);
    space->full_count -= takes_place(peer);
    unlink_peer(space, peer);
    base_idmap_free(&peer->ids);
    base_free((void *)(uintptr_t)peer->label.data);
    base_free(peer);
    space_release(space, &release);
    space_end(space);
}

void space_close_all(struct space *space, unsigned code, const char *reason) {
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (peer->websocket) {
            space->config.port->close(peer->connection, code, reason);
        }
    }
}

struct substrate_text space_peer_label(const struct space_peer *peer) {
    return peer->label;
}

struct space *space_of(const struct space_peer *peer) {
    return peer->space;
}

bool space_peer_privileged(const struct space_peer *peer) { return peer->privileged; }

void space_peer_set_privileged(struct space_peer *peer, bool privileged) {
    peer->privileged = privileged;
}
