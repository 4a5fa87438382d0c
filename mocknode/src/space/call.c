/* A call's life after its content: flight, queue, gate, emission through the port, and its end. */
#include "space/state.h"

#include <string.h>
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

/* Buffers that grew over this go back to the system with their call. */
#define KEEP_TEXT (64 * 1024)
/* Reading goes on when a connection that was paused has so few requests in flight. */
#define INFLIGHT_LOW 32768

struct space_call *space_call_new(struct space_peer *peer) {
    struct space *space = peer->space;
    struct space_call *call = space->pool;
    if (call != NULL) {
        space->pool = call->next;
    } else {
        call = base_calloc(1, sizeof(*call));
        if (call == NULL) {
            return NULL;
        }
    }
    memset(&call->item, 0, sizeof(call->item));
    call->item.channel = peer;
    call->item.state = SCRIPT_PENDING;
    call->peer = peer;
    call->status = 200;
    call->mark = 0;
    call->held = false;
    call->flight_count = 0;
    call->next_emitted = NULL;
    call->stream = NULL;
    call->notified = 0;
    base_buf_reset(&call->text);
    call->previous = NULL;
    call->next = peer->calls;
    if (peer->calls != NULL) {
        peer->calls->previous = call;
    }
    peer->calls = call;
    return call;
}

/* How many requests of the connection are in flight under this id. */
static uintptr_t count_id(struct space_peer *peer, uint64_t digest, int change) {
    uintptr_t before = (uintptr_t)base_idmap_get(&peer->ids, digest);
    uintptr_t after = change > 0 ? before + 1 : before - 1;
    if (after > 0) {
        (void)base_idmap_put(&peer->ids, digest, (void *)after);
    } else {
        (void)base_idmap_remove(&peer->ids, digest);
    }
    return before;
}

void space_call_begin(struct space_call *call, struct substrate_text id,
                      const struct space_flight *flight) {
    struct space_peer *peer = call->peer;
    struct space_counts *counts = &peer->space->counts;
    if (!base_grow((void **)&call->flights, &call->flight_capacity, call->flight_count + 1,
                   sizeof(*call->flights))) {
        return;
    }
    struct substrate_bytes bytes = {(const uint8_t *)id.data, id.size};
    struct space_flight *made = &call->flights[call->flight_count++];
    *made = *flight;
    made->id_digest = base_xxh64(bytes, peer->space->seed);
    counts->dup_inflight += count_id(peer, made->id_digest, 1) > 0;
    peer->inflight++;
    counts->inflight++;
    if (peer->inflight > counts->inflight_max_per_conn) {
        counts->inflight_max_per_conn = peer->inflight;
    }
    if (counts->inflight > counts->inflight_max) {
        counts->inflight_max = counts->inflight;
    }
}

static void end_flights(struct space_call *call) {
    for (size_t i = 0; i < call->flight_count; i++) {
        (void)count_id(call->peer, call->flights[i].id_digest, -1);
    }
    call->peer->inflight -= call->flight_count;
    call->peer->space->counts.inflight -= call->flight_count;
    call->flight_count = 0;
}

void space_call_free(struct space_call *call) {
    struct space_peer *peer = call->peer;
    struct space *space = peer->space;
    script_queue_drop(&space->queue, &call->item);
    end_flights(call);
    space_reply_left(peer, call);
    if (call->previous != NULL) {
        call->previous->next = call->next;
    } else {
        peer->calls = call->next;
    }
    if (call->next != NULL) {
        call->next->previous = call->previous;
    }
    if (call->text.capacity > KEEP_TEXT) {
        base_buf_free(&call->text);
    }
    call->next = space->pool;
    space->pool = call;
}

/* Out of memory here means an answer that never leaves; the connection cannot be kept. */
void space_call_put(struct space_call *call, uint64_t due, struct space_call *after) {
    struct space *space = call->peer->space;
    if (!script_queue_put(&space->queue, &call->item, due, after != NULL ? &after->item : NULL)) {
        space_call_free(call);
    }
}

/* Members of a gate leave one after the other, also across connections. */
void space_release(struct space *space, const struct script_release *release) {
    space->counts.gate_timeouts += release->timed_out;
    struct space_call *before = NULL;
    for (size_t i = 0; i < release->count; i++) {
        struct space_call *call = release->members[i].item;
        call->held = false;
        space_tell_call(call, SPACE_EVENT_RELEASED, (struct substrate_text){NULL, 0},
                        release->timed_out ? BASE_TEXT("limit") : BASE_TEXT("full"));
        space_call_put(call, call->earliest > space->now ? call->earliest : space->now, before);
        before = call;
    }
}

static void tell_answered(struct space_call *call) {
    struct space *space = call->peer->space;
    for (size_t i = 0; i < call->flight_count; i++) {
        struct space_flight *flight = &call->flights[i];
        struct space_event event = space_event_of_call(call, flight, SPACE_EVENT_ANSWERED);
        event.size = call->text.size;
        flight->answered = space_tell(space, &event);
        space_journal_emitted(space, flight->entry, flight->answered);
    }
}

static void tell_notified(struct space_call *call) {
    struct space_event event = space_event_of(call->peer, SPACE_EVENT_NOTIFIED);
    event.call = call->subscribed;
    event.name = base_text(call->stream);
    event.size = call->text.size;
    call->notified = space_tell(call->peer->space, &event);
}

static void tell_written(const struct space_call *call) {
    struct space *space = call->peer->space;
    for (size_t i = 0; i < call->flight_count; i++) {
        struct space_event event =
            space_event_of_call(call, &call->flights[i], SPACE_EVENT_WRITTEN);
        event.call = call->flights[i].answered;
        (void)space_tell(space, &event);
    }
    if (call->notified > 0) {
        struct space_event event = space_event_of(call->peer, SPACE_EVENT_WRITTEN);
        event.call = call->notified;
        event.name = base_text(call->stream);
        (void)space_tell(space, &event);
    }
}

static void emit(struct space_call *call) {
    struct space_peer *peer = call->peer;
    if (peer->first_emitted == NULL) {
        peer->first_emitted = call;
    } else {
        peer->last_emitted->next_emitted = call;
    }
    peer->last_emitted = call;
    tell_answered(call);
    if (call->stream != NULL) {
        tell_notified(call);
    }
    call->mark =
        peer->space->config.port->send(peer->connection, call->status, base_buf_view(&call->text));
}

void space_written(struct space_peer *peer, uint64_t mark, uint64_t now) {
    struct space *space = peer->space;
    space_begin(space, now);
    while (peer->first_emitted != NULL && peer->first_emitted->mark <= mark) {
        struct space_call *call = peer->first_emitted;
        peer->first_emitted = call->next_emitted;
        tell_written(call);
        script_queue_left(&space->queue, &call->item);
        space_call_free(call);
    }
    if (peer->paused && peer->inflight < INFLIGHT_LOW) {
        peer->paused = false;
        space->config.port->pause(peer->connection, false);
    }
    space_end(space);
}

void space_emit_due(struct space *space) {
    struct script_release release;
    while (space->gate != NULL && script_gate_expire(space->gate, space->now, &release)) {
        space_release(space, &release);
    }
    struct script_item *item = script_queue_take(&space->queue, space->now);
    while (item != NULL) {
        emit((struct space_call *)(void *)item);
        item = script_queue_take(&space->queue, space->now);
    }
}
