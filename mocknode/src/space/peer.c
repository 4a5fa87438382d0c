/* Connections: who is there, and the counting of them. A socket that has made control calls and
 * nothing else does not count, and that is known only afterwards: so comings and goings are kept as
 * events, and the counters are worked out when asked. */
#include "space/inner.h"

#include <stdlib.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* Events are folded into three numbers now and then, when every open connection is known to count.
 */
#define FOLD_AT 4096

static bool control_only(const struct space_peer *peer) {
    return peer->made_control && !peer->made_request;
}

bool space_full(const struct space *space) {
    size_t open = 0;
    for (const struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        open += !control_only(peer);
    }
    return open >= space->config.connections_max;
}

struct conns {
    int64_t opened, open, peak;
};

static struct conns count_conns(const struct space *space) {
    struct conns conns = {space->opened_before, space->open_before, space->peak_before};
    for (size_t i = 0; i < space->event_count; i++) {
        int64_t event = space->events[i];
        if (!space->counted[(event > 0 ? event : -event) - 1]) {
            continue;
        }
        conns.opened += event > 0;
        conns.open += event > 0 ? 1 : -1;
        conns.peak = conns.open > conns.peak ? conns.open : conns.peak;
    }
    return conns;
}

static void fold(struct space *space) {
    for (const struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (!peer->made_request) {
            return;
        }
    }
    struct conns conns = count_conns(space);
    space->opened_before = conns.opened;
    space->open_before = conns.open;
    space->peak_before = conns.peak;
    space->event_count = 0;
    space->next_ordinal = 0;
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        peer->ordinal = space->next_ordinal++;
        space->counted[peer->ordinal] = true;
    }
}

static bool add_event(struct space *space, uint32_t ordinal, int sign) {
    if (!base_grow((void **)&space->events, &space->event_capacity, space->event_count + 1,
                   sizeof(*space->events)) ||
        !base_grow((void **)&space->counted, &space->counted_capacity, (size_t)ordinal + 1,
                   sizeof(*space->counted))) {
        return false;
    }
    space->events[space->event_count++] = sign * ((int64_t)ordinal + 1);
    return true;
}

struct space_peer *space_open(struct space *space, void *connection, struct substrate_text label,
                              bool websocket, bool privileged, uint64_t now) {
    (void)now;
    bool over_limit = space_full(space);
    if (over_limit && (websocket || !privileged)) {
        space->rejected++;
        return NULL;
    }
    if (space->event_count >= FOLD_AT) {
        fold(space);
    }
    struct space_peer *peer = base_calloc(1, sizeof(*peer));
    char *copy = base_strdup(label);
    if (peer == NULL || copy == NULL || !add_event(space, space->next_ordinal, 1)) {
        base_free(peer);
        base_free(copy);
        return NULL;
    }
    peer->space = space;
    peer->connection = connection;
    peer->label = (struct substrate_text){copy, label.size};
    peer->websocket = websocket;
    peer->privileged = privileged;
    peer->over_limit = peer->made_control = over_limit;
    peer->ordinal = space->next_ordinal++;
    space->counted[peer->ordinal] = !over_limit;
    base_idmap_init(&peer->ids);
    peer->next = space->peers;
    if (space->peers != NULL) {
        space->peers->previous = peer;
    }
    space->peers = peer;
    return peer;
}

void space_peer_requested(struct space_peer *peer) {
    peer->made_request = true;
    peer->space->counted[peer->ordinal] = true;
}

void space_peer_controlled(struct space_peer *peer) {
    peer->made_control = true;
    peer->space->counted[peer->ordinal] = peer->made_request;
}

void space_close(struct space_peer *peer, uint64_t now) {
    struct space *space = peer->space;
    struct script_release release = {NULL, 0, false};
    if (space->gate != NULL) {
        script_gate_leave(space->gate, peer, &release);
    }
    while (peer->calls != NULL) {
        space_call_free(peer->calls);
    }
    space_subscriptions_free(peer);
    /* Room was made when it was opened, in all but a failure that cannot be told to anybody. */
    (void)add_event(space, peer->ordinal, -1);
    if (peer->previous != NULL) {
        peer->previous->next = peer->next;
    } else {
        space->peers = peer->next;
    }
    if (peer->next != NULL) {
        peer->next->previous = peer->previous;
    }
    base_idmap_free(&peer->ids);
    base_free((void *)(uintptr_t)peer->label.data);
    base_free(peer);
    space_release(space, &release, now);
    space_run(space, now);
}

struct space *space_of(const struct space_peer *peer) {
    return peer->space;
}

bool space_peer_privileged(const struct space_peer *peer) { return peer->privileged; }

void space_conns_reset(struct space *space) {
    space->event_count = 0;
    space->next_ordinal = 0;
    space->opened_before = space->open_before = space->peak_before = 0;
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        peer->ordinal = space->next_ordinal++;
        space->counted[peer->ordinal] = !control_only(peer);
        (void)add_event(space, peer->ordinal, 1);
    }
}

static int by_name(const void *left, const void *right) {
    const struct space_method *const *a = left, *const *b = right;
    return base_text_compare((*a)->name, (*b)->name);
}

/* By name, so that equal counters are equal bytes. */
static void write_methods(struct space *space, struct base_buf *out) {
    const struct space_method **sorted =
        base_arena_calloc(&space->arena, space->methods.count, sizeof(*sorted));
    size_t cursor = 0, count = 0;
    struct substrate_text key;
    void *value;
    while (sorted != NULL && base_map_next(&space->methods, &cursor, &key, &value)) {
        sorted[count++] = value;
    }
    out->failed = out->failed || sorted == NULL;
    if (count > 0) {
        qsort(sorted, count, sizeof(*sorted), by_name);
    }
    for (size_t i = 0; i < count; i++) {
        base_buf_str(out, i > 0 ? "," : "");
        base_json_write_string(out, sorted[i]->name);
        base_buf_format(out, ":%llu", (unsigned long long)sorted[i]->count);
    }
}

void space_write_stats(struct space *space, struct base_buf *out) {
    struct conns conns = count_conns(space);
    base_buf_format(out,
                    "{\"conns\":{\"opened\":%lld,\"open\":%lld,\"peak\":%lld,\"rejected\":%llu},"
                    "\"requests\":{\"total\":%llu,\"by_method\":{",
                    (long long)conns.opened, (long long)conns.open, (long long)conns.peak,
                    (unsigned long long)space->rejected, (unsigned long long)space->requests);
    write_methods(space, out);
    base_buf_format(out,
                    "}},\"inflight\":{\"max_per_conn\":%zu,\"max_total\":%zu},\"subscriptions\":{"
                    "\"opened\":%llu,\"open\":%llu},\"unmatched\":%llu,\"gate_timeouts\":%llu,"
                    "\"ids\":{\"dup_inflight\":%llu}}",
                    space->inflight_max_per_conn, space->inflight_max,
                    (unsigned long long)space->subscriptions_opened,
                    (unsigned long long)space->subscriptions_open,
                    (unsigned long long)space->unmatched, (unsigned long long)space->gate_timeouts,
                    (unsigned long long)space->dup_inflight);
}
