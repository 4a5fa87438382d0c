/* A call's life after its content: in flight, given out through the port, written, and its end. */
#include "space/state.h"

#include <string.h>
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

/* Buffers that grew over this go back to the system once they have served, and so do calls beyond
 * so many. */
#define KEEP_TEXT (16 * 1024)
#define POOL_MAX 1024

struct space_call *space_call_new(struct space_peer *peer, enum space_call_kind kind) {
    struct space *space = peer->space;
    struct space_call *call = space->pool;
    if (call != NULL) {
        space->pool = call->next;
        space->pool_count--;
    } else {
        call = base_calloc(1, sizeof(*call));
        if (call == NULL) {
            return NULL;
        }
    }
    script_item_begin(&call->item, &peer->script);
    call->kind = kind;
    call->peer = peer;
    call->status = 200;
    call->mark = 0;
    call->emitted = call->folded = false;
    call->view = (struct substrate_text){NULL, 0};
    call->waiting = 0;
    call->flight_count = 0;
    call->previous_emitted = call->next_emitted = NULL;
    call->stream = NULL;
    call->subscription = NULL;
    call->notified = call->again = 0;
    call->ahead = 0;
    base_buf_reset(&call->text);
    base_buf_reset(&call->ids);
    call->previous = NULL;
    call->next = peer->calls;
    if (peer->calls != NULL) {
        peer->calls->previous = call;
    }
    peer->calls = call;
    return call;
}

/* One more is in flight under this id. Was there one before? It is nearly never so. */
static bool begin_id(struct space_peer *peer, uint64_t digest) {
    void *count = (void *)(uintptr_t)1;
    if (!base_idmap_exchange(&peer->ids, digest, &count) || count == NULL) {
        return false;
    }
    (void)base_idmap_put(&peer->ids, digest, (void *)((uintptr_t)count + 1));
    return true;
}

static void end_id(struct space_peer *peer, uint64_t digest) {
    uintptr_t count = (uintptr_t)base_idmap_remove(&peer->ids, digest);
    if (count > 1) {
        (void)base_idmap_put(&peer->ids, digest, (void *)(count - 1));
    }
}

struct space_flight *space_call_begin(struct space_call *call, struct substrate_text id,
                                      const struct space_flight *flight) {
    struct space_peer *peer = call->peer;
    struct space_counts *counts = &peer->space->counts;
    if (!base_grow((void **)&call->flights, &call->flight_capacity, call->flight_count + 1,
                   sizeof(*call->flights))) {
        return NULL;
    }
    struct space_flight *made = &call->flights[call->flight_count++];
    *made = *flight;
    made->id_at = call->ids.size;
    base_buf_text(&call->ids, id);
    made->id_size = call->ids.failed ? 0 : id.size;
    made->id_digest = base_table_hash(id, peer->space->seed);
    counts->dup_inflight += begin_id(peer, made->id_digest);
    peer->inflight++;
    counts->inflight++;
    if (peer->inflight > counts->inflight_max_per_conn) {
        counts->inflight_max_per_conn = peer->inflight;
    }
    if (counts->inflight > counts->inflight_max) {
        counts->inflight_max = counts->inflight;
    }
    return made;
}

static void end_flights(struct space_call *call) {
    for (size_t i = 0; i < call->flight_count; i++) {
        end_id(call->peer, call->flights[i].id_digest);
    }
    call->peer->inflight -= call->flight_count;
    call->peer->space->counts.inflight -= call->flight_count;
    call->flight_count = 0;
}

static void unlink_emitted(struct space_peer *peer, struct space_call *call) {
    struct space_call *before = call->previous_emitted, *behind = call->next_emitted;
    *(before != NULL ? &before->next_emitted : &peer->first_emitted) = behind;
    *(behind != NULL ? &behind->previous_emitted : &peer->last_emitted) = before;
}

void space_call_free(struct space_call *call) {
    struct space_peer *peer = call->peer;
    struct space *space = peer->space;
    script_drop(space->run, &call->item, space->now);
    end_flights(call);
    space_waiting_end(call);
    space_reply_left(call);
    if (call->emitted) {
        unlink_emitted(peer, call);
    }
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
    if (call->ids.capacity > KEEP_TEXT) {
        base_buf_free(&call->ids);
    }
    if (space->pool_count == POOL_MAX) {
        space_call_discard(call);
        return;
    }
    call->next = space->pool;
    space->pool = call;
    space->pool_count++;
}

void space_call_discard(struct space_call *call) {
    base_buf_free(&call->text);
    base_buf_free(&call->ids);
    base_free(call->flights);
    base_free(call);
}

/* ---- given out ---- */

/* The events of one text that leaves: one of a notification, one for each request of an answer. */
struct leaving {
    struct space_call *call;
    struct script_event one, *events;
    size_t count;
    struct script_verdict verdict;
};

static struct script_event notified_event(struct space_call *call) {
    struct script_event event = space_event_of(call->peer, SCRIPT_NOTIFIED);
    event.item = &call->item;
    event.cause = call->item.cause;
    event.stream = base_text(call->stream->name);
    event.subscription = space_stream_handle(call->subscription);
    if (call->subscription != NULL && call->subscription->reply != NULL) {
        event.reply = &call->subscription->reply->item;
    }
    return event;
}

/* false: out of memory. */
static bool begin_leaving(struct leaving *leaving) {
    struct space_call *call = leaving->call;
    struct space *space = call->peer->space;
    bool notification = call->kind == SPACE_NOTIFICATION;
    leaving->count = notification ? 1 : call->flight_count;
    leaving->events = &leaving->one;
    leaving->verdict = (struct script_verdict)SCRIPT_VERDICT_INIT;
    if (leaving->count > 1) {
        leaving->events = base_calloc(leaving->count, sizeof(*leaving->events));
    }
    for (size_t i = 0; leaving->events != NULL && i < leaving->count; i++) {
        leaving->events[i] = notification
                                 ? notified_event(call)
                                 : space_event_of_flight(call, &call->flights[i], SCRIPT_ANSWERED);
        script_match(space->run, &leaving->events[i], &leaving->verdict);
    }
    return leaving->events != NULL;
}

static void end_leaving(struct leaving *leaving) {
    if (leaving->events != &leaving->one) {
        base_free(leaving->events);
    }
}

/* The first copy is the one that counts. */
static void note_answered(struct space_call *call, struct space_flight *flight, uint64_t seq) {
    struct space *space = call->peer->space;
    struct space_entry *entry = space_journal_entry(space, flight->entry);
    flight->answered = seq;
    if (entry != NULL) {
        entry->emitted = seq;
        entry->emitted_us = space->now - space->started_us;
    }
}

static void record_answered(struct leaving *leaving, size_t i, unsigned copy) {
    struct space_call *call = leaving->call;
    struct space_flight *flight = &call->flights[i];
    struct space_note note = space_note_of_flight(flight);
    note.size = call->text.size;
    space_record(call->peer->space, &leaving->events[i], &note);
    if (copy == 0) {
        note_answered(call, flight, leaving->events[i].seq);
    }
}

static void record_notified(struct space_call *call, struct script_event *event, bool skipped) {
    struct space_note note = {.call = call->subscribed,
                              .size = skipped ? 0 : call->text.size,
                              .by = skipped ? BASE_TEXT("skip") : (struct substrate_text){NULL, 0}};
    space_record(call->peer->space, event, &note);
    call->notified = event->seq;
}

static void link_emitted(struct space_call *call) {
    struct space_peer *peer = call->peer;
    if (call->emitted) {
        return;
    }
    call->emitted = true;
    call->previous_emitted = peer->last_emitted;
    if (peer->first_emitted == NULL) {
        peer->first_emitted = call;
    } else {
        peer->last_emitted->next_emitted = call;
    }
    peer->last_emitted = call;
}

/* The text is in the connection's output: it is not kept a second time. What else is large is
 * counted until the call has been written. */
static void let_go(struct space_call *call, unsigned copy) {
    if (script_again(&call->item, copy) || call->again > 0) {
        return;
    }
    if (call->text.capacity > KEEP_TEXT) {
        base_buf_free(&call->text);
    }
    if (call->ids.capacity > KEEP_TEXT) {
        space_waiting_count(call);
    }
}

/* To the connection, in a write of its own if it is a member of a gate. */
static void give_out(struct space_call *call, unsigned copy, const struct wire_shape *shape) {
    struct space_peer *peer = call->peer;
    const struct space_port *port = peer->space->config.port;
    if (call->item.alone) {
        port->flush(peer->connection);
    }
    link_emitted(call);
    call->mark = port->send(peer->connection, call->status, base_buf_view(&call->text), shape);
    if (call->item.alone) {
        port->flush(peer->connection);
    }
    let_go(call, copy);
}

/* A cut of the connection that was asked for before there was a text. */
static void take_sever(struct space_peer *peer, struct wire_shape *shape) {
    bool asked = peer->sever_at.kind != WIRE_PLACE_NONE;
    if (asked && shape->sever_at.kind == WIRE_PLACE_NONE) {
        shape->sever_at = peer->sever_at;
        shape->sever_with = peer->sever_with;
    }
    peer->sever_at.kind = WIRE_PLACE_NONE;
}

/* The pings between fragments are the rule's that asked for them. */
static void note_pings(const struct leaving *leaving, const struct wire_shape *shape) {
    struct space_peer *peer = leaving->call->peer;
    struct script_cause cause;
    size_t fragments = wire_shape_fragments(shape, leaving->call->text.size);
    if (shape->pings_between == 0 ||
        !script_verdict_cause(peer->space->run, &leaving->verdict, "fragments", &cause)) {
        return;
    }
    for (size_t i = 0; i < (fragments - 1) * shape->pings_between; i++) {
        (void)space_peer_pinged(peer, &cause, (struct substrate_bytes){NULL, 0});
    }
}

static void give_shaped(struct leaving *leaving, unsigned copy) {
    struct space_peer *peer = leaving->call->peer;
    struct wire_shape shape;
    memset(&shape, 0, sizeof(shape));
    script_frame(peer->space->run, &leaving->verdict, &shape, peer->space->now);
    if (shape.sever_at.kind != WIRE_PLACE_NONE) {
        (void)script_verdict_cause(peer->space->run, &leaving->verdict, "sever", &peer->ending);
    }
    take_sever(peer, &shape);
    note_pings(leaving, &shape);
    give_out(leaving->call, copy, &shape);
}

/* A text of which somebody hears. */
static void emit_heard(struct space_call *call, unsigned copy, uint64_t now) {
    struct script_run *run = call->peer->space->run;
    struct leaving leaving = {.call = call};
    struct script_notification notification = {false};
    if (!begin_leaving(&leaving)) {
        give_out(call, copy, NULL); /* nobody hears of it after all */
        return;
    }
    if (call->kind == SPACE_NOTIFICATION) {
        if (!script_leaves(run, &leaving.verdict, &call->item, now)) {
            space_flood_on(call, false);
            return;
        }
        script_notification(run, &leaving.verdict, &notification);
        record_notified(call, &leaving.one, notification.skip);
    }
    for (size_t i = 0; call->kind == SPACE_ANSWER && i < leaving.count; i++) {
        record_answered(&leaving, i, copy);
    }
    if (!notification.skip) {
        give_shaped(&leaving, copy);
    }
    for (size_t i = 0; i < leaving.count; i++) {
        script_told(run, &leaving.events[i], now);
    }
    script_rest(run, &leaving.verdict, now);
    end_leaving(&leaving);
    space_flood_on(call, notification.skip);
    if (notification.skip) {
        space_call_free(call);
    }
}

static void emit_unheard(struct space_call *call, unsigned copy) {
    if (call->kind == SPACE_NOTIFICATION) {
        struct script_event event = notified_event(call);
        record_notified(call, &event, false);
    }
    for (size_t i = 0; i < call->flight_count; i++) {
        struct space_flight *flight = &call->flights[i];
        struct space_event kept = {.kind = SCRIPT_ANSWERED,
                                   .batch = call->flight_count > 1,
                                   .call = flight->arrived,
                                   .size = call->text.size};
        uint64_t seq = space_record_unheard(call, flight, &kept);
        if (copy == 0) {
            note_answered(call, flight, seq);
        }
    }
    give_out(call, copy, NULL);
    space_flood_on(call, false);
}

static void emit_text(struct space_call *call, unsigned copy, uint64_t now) {
    const struct space_peer *peer = call->peer;
    bool notification = call->kind == SPACE_NOTIFICATION;
    if (peer->ended) {
        return; /* it goes unanswered */
    }
    space_waiting_end(call);
    space_call_unfold(call);
    if (peer->sever_at.kind != WIRE_PLACE_NONE ||
        space_is_heard(peer->space, notification ? SCRIPT_NOTIFIED : SCRIPT_ANSWERED)) {
        emit_heard(call, copy, now);
    } else {
        emit_unheard(call, copy);
    }
}

void space_emit(void *context, struct script_item *item, unsigned copy, uint64_t now) {
    struct space_call *call = (struct space_call *)(void *)item;
    (void)context;
    if (call->kind == SPACE_HANDSHAKE) {
        space_handshake(call);
    } else {
        emit_text(call, copy, now);
    }
}

/* ---- written ---- */

static void tell_written(struct space_call *call) {
    struct space *space = call->peer->space;
    bool heard = space_is_heard(space, SCRIPT_WRITTEN);
    for (size_t i = 0; i < call->flight_count; i++) {
        struct space_flight *flight = &call->flights[i];
        if (!heard) {
            struct space_event kept = {
                .kind = SCRIPT_WRITTEN, .batch = call->flight_count > 1, .call = flight->answered};
            (void)space_record_unheard(call, flight, &kept);
            continue;
        }
        struct script_event event = space_event_of_flight(call, flight, SCRIPT_WRITTEN);
        struct space_note note = space_note_of_flight(flight);
        event.id.size = 0;
        note.call = flight->answered;
        space_tell(space, &event, &note);
    }
    if (call->notified > 0) {
        struct script_event event = notified_event(call);
        struct space_note note = {.call = call->notified};
        event.kind = SCRIPT_WRITTEN;
        space_tell(space, &event, &note);
    }
}

void space_written(struct space_peer *peer, uint64_t mark, uint64_t now) {
    struct space *space = peer->space;
    space_begin(space, now);
    while (peer->first_emitted != NULL && peer->first_emitted->mark <= mark) {
        struct space_call *call = peer->first_emitted;
        tell_written(call);
        space_flood_on(call, true);
        script_left(space->run, &call->item, space->now);
        space_call_free(call);
    }
    space_waiting_less(peer);
    space_end(space);
}
