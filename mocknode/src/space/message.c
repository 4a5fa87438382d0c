/* From a message to the calls in it: envelopes, batches, control calls, mistakes. */
#include "space/state.h"

#include <string.h>
#include "base/text.h"

/* Reading stops when one connection has so many requests in flight, as memory has an end. */
#define INFLIGHT_HIGH 65536

static bool is_control(const struct space_work *work, const struct rpc_envelope *envelope) {
    return (envelope->kind == RPC_CALL || envelope->kind == RPC_NOTIFICATION) &&
           base_text_starts(envelope->method, "mock_") &&
           work->peer->space->config.port->control != NULL;
}

/* A control call takes effect at once and leaves no trace. In a batch it would come between calls
 * that are half done. A notification, or a call whose id makes it one, is ignored, like any other.
 */
static void control(struct space_work *work, const struct rpc_envelope *envelope,
                    struct base_buf *out) {
    space_peer_controlled(work->peer);
    if (envelope->kind == RPC_NOTIFICATION) {
        return;
    }
    if (work->in_batch) {
        rpc_write_error(out, envelope->id, RPC_ERROR_INVALID_REQUEST,
                        "mocknode: control calls cannot be batched",
                        (struct substrate_text){NULL, 0});
        return;
    }
    work->peer->space->config.port->control(work->peer, envelope, work->peer->space->now, out);
}

/* One call, notification or mistake, and its text; appends its answer, if any, to `out`. */
static void answer_one(struct space_work *work, const struct rpc_envelope *envelope,
                       struct substrate_text text, struct base_buf *out) {
    if (is_control(work, envelope)) {
        control(work, envelope, out);
        return;
    }
    space_peer_requested(work->peer);
    switch (envelope->kind) {
    case RPC_CALL:
        space_answer(work, envelope, out);
        return;
    case RPC_NOTIFICATION:
        space_note_notification(work, envelope);
        return;
    case RPC_BATCH: /* a batch in a batch is no request */
    case RPC_INVALID:
        space_tell_refused(work->peer, BASE_TEXT("no request"), text);
        rpc_write_error(out, envelope->id.size > 0 ? envelope->id : BASE_TEXT("null"),
                        RPC_ERROR_INVALID_REQUEST, NULL, (struct substrate_text){NULL, 0});
        break;
    case RPC_PARSE_ERROR:
        space_tell_refused(work->peer, BASE_TEXT("no JSON"), text);
        rpc_write_error(out, BASE_TEXT("null"), RPC_ERROR_PARSE, NULL,
                        (struct substrate_text){NULL, 0});
        work->call->status = 400;
        break;
    }
}

static void answer_batch(struct space_work *work, struct base_json batch, struct base_buf *out) {
    struct space *space = work->peer->space;
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_json_walk_init(&walk, batch);
    base_buf_char(out, '[');
    size_t entries = 0;
    work->in_batch = true;
    while (base_json_walk_next(&walk, &key, &value)) {
        struct rpc_envelope envelope = rpc_read_value(value, &space->arena);
        size_t before = out->size;
        if (before > 1) {
            base_buf_char(out, ',');
        }
        size_t from = out->size;
        answer_one(work, &envelope, value.raw, out);
        if (out->size == from && !out->failed) {
            out->size = before;
        }
        entries++;
    }
    if (entries == 0) {
        base_buf_reset(out);
        struct rpc_envelope empty = {.kind = RPC_INVALID, .id = BASE_TEXT("null")};
        answer_one(work, &empty, batch.raw, out);
        return;
    }
    base_buf_char(out, ']');
    if (out->size == 2) {
        base_buf_reset(out); /* nothing but notifications */
    } else if (out->size > space->config.response_max) {
        base_buf_reset(out);
        space_write_limit_error(out, BASE_TEXT("null"), -32011, "The batch response was too large",
                                space->config.response_max);
    }
}

/* Queues the answer, or has the gate hold it. */
static void send_later(struct space_work *work) {
    struct space_call *call = work->call;
    struct space *space = work->peer->space;
    call->earliest = space->now + work->latency_us;
    struct script_release release;
    if (work->gated && script_gate_hold(space->gate, &work->member, space->now, &release)) {
        call->held = true;
        space_tell_call(call, SPACE_EVENT_HELD, (struct substrate_text){NULL, 0},
                        (struct substrate_text){NULL, 0});
        space_release(space, &release);
        return;
    }
    space_call_put(call, call->earliest, NULL);
}

static void finish(struct space_work *work) {
    struct space_call *call = work->call;
    struct space_peer *peer = work->peer;
    if (call->text.failed) {
        base_buf_free(&call->text);
        space_write_internal_error(&call->text, BASE_TEXT("null"));
    }
    if (call->text.size == 0 && peer->websocket) {
        space_call_free(call);
    } else {
        send_later(work);
    }
    if (peer->inflight > INFLIGHT_HIGH && !peer->paused) {
        peer->paused = true;
        peer->space->config.port->pause(peer->connection, true);
    }
    base_arena_reset(&peer->space->arena);
    space_end(peer->space);
}

static bool begin(struct space_work *work, struct space_peer *peer, uint64_t now) {
    memset(work, 0, sizeof(*work));
    work->peer = peer;
    space_begin(peer->space, now);
    space_emit_due(peer->space);
    work->call = space_call_new(peer);
    return work->call != NULL;
}

void space_message(struct space_peer *peer, struct substrate_text message, uint64_t now) {
    struct space_work work;
    if (!begin(&work, peer, now)) {
        return;
    }
    struct rpc_envelope envelope = rpc_read(message, &peer->space->arena);
    peer->over_limit = peer->over_limit && space_full(peer->space);
    if (peer->over_limit && !is_control(&work, &envelope)) {
        peer->space->counts.rejected++;
        work.call->status = 429;
        base_buf_str(&work.call->text, SPACE_FULL_TEXT);
    } else if (envelope.kind == RPC_BATCH) {
        answer_batch(&work, envelope.batch, &work.call->text);
    } else {
        answer_one(&work, &envelope, message, &work.call->text);
    }
    finish(&work);
}

void space_oversize(struct space_peer *peer, size_t message_max, uint64_t now) {
    struct space_work work;
    if (begin(&work, peer, now)) {
        space_peer_requested(peer);
        space_tell_refused(peer, BASE_TEXT("too large"), (struct substrate_text){NULL, 0});
        work.call->status = 413;
        space_write_limit_error(&work.call->text, BASE_TEXT("null"), RPC_ERROR_REQUEST_TOO_BIG,
                                NULL, message_max);
        finish(&work);
    }
}
