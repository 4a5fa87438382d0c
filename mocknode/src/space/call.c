/* From a message to its answer: envelope, canonical request, journal, rules, gate, queue, port. */
#include "space/inner.h"

#include <string.h>
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

/* Buffers that grew over this go back to the system with their call. */
#define KEEP_TEXT (64 * 1024)
/* Reading stops when one connection has so many requests in flight, as memory has an end. */
#define INFLIGHT_HIGH 65536
#define INFLIGHT_LOW 32768

/* One message being worked on. */
struct work {
    struct space_peer *peer;
    struct space_call *call;
    uint64_t now, latency_us;
    bool gated, in_batch;
    struct script_member member; /* of the gate: the first entry that matched */
};

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
    base_buf_reset(&call->text);
    call->previous = NULL;
    call->next = peer->calls;
    if (peer->calls != NULL) {
        peer->calls->previous = call;
    }
    peer->calls = call;
    return call;
}

static void begin_flight(struct work *work, struct substrate_text id, uint64_t entry) {
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    struct space_call *call = work->call;
    if (!base_grow((void **)&call->flights, &call->flight_capacity, call->flight_count + 1,
                   sizeof(*call->flights))) {
        return;
    }
    struct substrate_bytes bytes = {(const uint8_t *)id.data, id.size};
    uint64_t digest = base_xxh64(bytes, space->seed);
    uintptr_t before = (uintptr_t)base_idmap_get(&peer->ids, digest);
    space->dup_inflight += before > 0;
    (void)base_idmap_put(&peer->ids, digest, (void *)(before + 1));
    call->flights[call->flight_count++] = (struct space_flight){digest, entry};
    peer->inflight++;
    space->inflight++;
    if (peer->inflight > space->inflight_max_per_conn) {
        space->inflight_max_per_conn = peer->inflight;
    }
    if (space->inflight > space->inflight_max) {
        space->inflight_max = space->inflight;
    }
}

static void end_flights(struct space_call *call) {
    struct space_peer *peer = call->peer;
    for (size_t i = 0; i < call->flight_count; i++) {
        uint64_t digest = call->flights[i].id_digest;
        uintptr_t count = (uintptr_t)base_idmap_get(&peer->ids, digest);
        if (count > 1) {
            (void)base_idmap_put(&peer->ids, digest, (void *)(count - 1));
        } else {
            (void)base_idmap_remove(&peer->ids, digest);
        }
    }
    peer->inflight -= call->flight_count;
    peer->space->inflight -= call->flight_count;
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
void space_release(struct space *space, const struct script_release *release, uint64_t now) {
    space->gate_timeouts += release->timed_out;
    struct space_call *before = NULL;
    for (size_t i = 0; i < release->count; i++) {
        struct space_call *call = release->members[i].item;
        call->held = false;
        space_call_put(call, call->earliest > now ? call->earliest : now, before);
        before = call;
    }
}

/* A keyed choice: what it says depends on its key alone, never on what was asked before. */
static void subscription_id(const struct space *space, const struct space_series *series,
                            uint64_t occurrence, char id[SPACE_ID_SIZE]) {
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    struct substrate_bytes label = {(const uint8_t *)series->label.data, series->label.size};
    struct substrate_bytes request = {(const uint8_t *)series->request.data, series->request.size};
    uint64_t seed = base_xxh64(label, space->seed ^ occurrence);
    for (size_t half = 0; half < 2; half++) {
        uint64_t bits = base_xxh64(request, seed + half);
        for (size_t i = 0; i < SPACE_ID_SIZE / 2; i++) {
            id[half * SPACE_ID_SIZE / 2 + i] = letters[bits % 62];
            bits /= 62;
        }
    }
}

static void write_limit_error(struct base_buf *out, struct substrate_text id, int64_t code,
                              const char *message, size_t limit) {
    char data[64];
    int size = snprintf(data, sizeof(data), "\"Exceeded max limit of %zu\"", limit);
    rpc_write_error(out, id, code, message, (struct substrate_text){data, (size_t)size});
}

static void write_unmatched(struct space *space, const struct rpc_envelope *envelope,
                            const struct rpc_request *request, const struct method_outcome *outcome,
                            struct base_buf *out) {
    struct space_unmatched what = {request->name, base_buf_view(&space->canonical),
                                   base_text(outcome->reason), outcome->nearest, 0};
    struct base_buf data = BASE_BUF_INIT;
    space_unmatched(space, &what, &data);
    rpc_write_error(out, envelope->id, RPC_ERROR_UNMATCHED, NULL, base_buf_view(&data));
    out->failed = out->failed || data.failed;
    base_buf_free(&data);
}

static enum space_outcome subscribe(struct work *work, const struct rpc_envelope *envelope,
                                    const struct method_outcome *outcome,
                                    const struct space_series *series, struct base_buf *out) {
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    char id[SPACE_ID_SIZE + 2] = "\"";
    subscription_id(space, series, series->count - 1, id + 1);
    id[SPACE_ID_SIZE + 1] = '"';
    if (peer->subscription_count >= space->config.subscriptions_max) {
        write_limit_error(out, envelope->id, RPC_ERROR_TOO_MANY_SUBSCRIPTIONS, NULL,
                          space->config.subscriptions_max);
        return SPACE_ERROR;
    }
    if (!peer->websocket || !space_subscribe(peer, envelope, outcome, id + 1, work->call)) {
        rpc_write_error(out, envelope->id, RPC_ERROR_INTERNAL, NULL,
                        (struct substrate_text){NULL, 0});
        return SPACE_ERROR;
    }
    rpc_write_result(out, envelope->id, (struct substrate_text){id, sizeof(id)});
    space_greet(peer, work->now);
    return SPACE_RESULT;
}

static enum space_outcome write_outcome(struct work *work, const struct rpc_envelope *envelope,
                                        const struct rpc_request *request,
                                        const struct method_outcome *outcome,
                                        const struct space_series *series, struct base_buf *out) {
    switch (outcome->kind) {
    case METHOD_RESULT:
        rpc_write_result(out, envelope->id, outcome->text);
        return SPACE_RESULT;
    case METHOD_ERROR:
        if (outcome->code == 0) {
            rpc_write_error_object(out, envelope->id, outcome->text);
        } else {
            rpc_write_error(out, envelope->id, outcome->code, outcome->message, outcome->data);
        }
        return SPACE_ERROR;
    case METHOD_UNMATCHED:
        write_unmatched(work->peer->space, envelope, request, outcome, out);
        return SPACE_UNMATCHED;
    case METHOD_SUBSCRIBE:
        return subscribe(work, envelope, outcome, series, out);
    case METHOD_UNSUBSCRIBE:
        break;
    }
    bool ended = space_unsubscribe(work->peer, outcome);
    rpc_write_result(out, envelope->id, ended ? BASE_TEXT("true") : BASE_TEXT("false"));
    return SPACE_RESULT;
}

/* Parses and answers; the canonical text of a request whose parameters are wrong is its exact JSON.
 */
static void resolve(struct space *space, const struct rpc_envelope *envelope,
                    struct rpc_request *request, struct method_outcome *outcome) {
    struct substrate_text data = {NULL, 0};
    memset(outcome, 0, sizeof(*outcome));
    memset(request, 0, sizeof(*request));
    base_buf_reset(&space->canonical);
    enum substrate_status status =
        rpc_request_parse(envelope->method, envelope->params, &space->arena, request, &data);
    if (status == SUBSTRATE_OK) {
        method_answer(&space->view, request, &space->arena, outcome);
        rpc_request_write(request, outcome->has_block ? &outcome->block : NULL, &space->canonical);
        return;
    }
    outcome->kind = METHOD_ERROR;
    outcome->code = status == SUBSTRATE_E_ARGUMENT ? RPC_ERROR_INVALID_PARAMS : RPC_ERROR_INTERNAL;
    outcome->data = data;
    const struct rpc_method *method = rpc_method_find(envelope->method);
    request->method = method;
    request->name = method != NULL ? base_text(method->name) : envelope->method;
    base_buf_text(&space->canonical, request->name);
    base_buf_char(&space->canonical, ' ');
    if (envelope->params.kind == BASE_JSON_NONE) {
        base_buf_str(&space->canonical, "[]");
    } else {
        base_json_write_compact(&space->canonical, envelope->params);
    }
}

static void set_entry_id(struct space_entry *entry, struct substrate_text id) {
    entry->id_size = (uint8_t)(id.size < SPACE_ID_INLINE ? id.size : SPACE_ID_INLINE);
    if (entry->id_size > 0) {
        memcpy(entry->id, id.data, entry->id_size);
    }
}

/* The gate sees a batch as one call: its entries run in turn, so only one can be in flight. */
static void meet_gate(struct work *work, const struct rpc_request *request,
                      const struct rpc_envelope *envelope, const struct space_series *series) {
    struct space *space = work->peer->space;
    if (!work->gated &&
        script_gate_holds(space->gate, work->peer, request->name, envelope->method)) {
        work->gated = true;
        work->member =
            (struct script_member){work->call,        work->peer,        series->request,
                                   work->peer->label, series->count - 1, space->journal_end};
    }
}

static uint64_t latency_of(const struct space *space, const struct rpc_request *request,
                           const struct rpc_envelope *envelope) {
    const struct script_rule *rule =
        script_rules_find(space->rules, request->name, envelope->method);
    return rule != NULL ? rule->latency_us : space->latency_us;
}

/* What is the same for every connection and run: the answer from behind its id on. */
static uint64_t digest_of(const struct base_buf *out, size_t from, size_t id_size) {
    size_t skip = from + sizeof("{\"jsonrpc\":\"2.0\",\"id\":") - 1 + id_size;
    if (out->failed || skip >= out->size) {
        return 0;
    }
    struct substrate_bytes answer = {(const uint8_t *)out->data + skip, out->size - skip};
    return base_xxh64(answer, 0);
}

static void internal_error(struct base_buf *out, struct substrate_text id) {
    rpc_write_error(out, id, RPC_ERROR_INTERNAL, NULL, (struct substrate_text){NULL, 0});
}

static void answer_call(struct work *work, const struct rpc_envelope *envelope,
                        struct base_buf *out) {
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    struct rpc_request request;
    struct method_outcome outcome;
    resolve(space, envelope, &request, &outcome);
    struct space_series *series =
        space->canonical.failed
            ? NULL
            : space_series_of(space, peer->label, base_buf_view(&space->canonical));
    struct space_method *method = space_method_of(space, envelope->method);
    if (series == NULL || method == NULL) {
        internal_error(out, envelope->id);
        return;
    }
    method->count++;
    space->requests++;
    series->count++;
    uint64_t latency = latency_of(space, &request, envelope);
    work->latency_us += latency;
    meet_gate(work, &request, envelope, series);
    size_t from = out->size;
    struct space_entry entry = {series,
                                method,
                                series->count - 1,
                                0,
                                work->now - space->started_us,
                                0,
                                latency,
                                peer->ordinal,
                                SPACE_RESULT,
                                false,
                                0,
                                ""};
    entry.outcome = write_outcome(work, envelope, &request, &outcome, series, out);
    if (out->size - from > space->config.response_max) {
        out->size = from;
        write_limit_error(out, envelope->id, RPC_ERROR_RESPONSE_TOO_BIG, NULL,
                          space->config.response_max);
        entry.outcome = SPACE_ERROR;
    }
    entry.digest = digest_of(out, from, envelope->id.size);
    set_entry_id(&entry, envelope->id);
    begin_flight(work, envelope->id, space_journal_add(space, &entry));
}

static void note_notification(struct work *work, const struct rpc_envelope *envelope) {
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    struct space_method *method = space_method_of(space, envelope->method);
    base_buf_reset(&space->canonical);
    base_buf_text(&space->canonical, envelope->method);
    struct space_series *series =
        space_series_of(space, peer->label, base_buf_view(&space->canonical));
    space_peer_requested(peer);
    if (series == NULL || method == NULL) {
        return;
    }
    space->requests++;
    method->count++;
    struct space_entry entry = {series,
                                method,
                                series->count++,
                                0,
                                work->now - space->started_us,
                                0,
                                0,
                                peer->ordinal,
                                SPACE_NOTIFICATION,
                                false,
                                0,
                                ""};
    (void)space_journal_add(space, &entry);
}

static bool is_control(const struct work *work, const struct rpc_envelope *envelope) {
    return (envelope->kind == RPC_CALL || envelope->kind == RPC_NOTIFICATION) &&
           base_text_starts(envelope->method, "mock_") &&
           work->peer->space->config.port->control != NULL;
}

/* A control call takes effect at once and leaves no trace. In a batch it would come between calls
 * that are half done. A notification, or a call whose id makes it one, is ignored, like any other.
 */
static void control(struct work *work, const struct rpc_envelope *envelope, struct base_buf *out) {
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
    work->peer->space->config.port->control(work->peer, envelope, work->now, out);
}

/* One call, notification or mistake; appends its answer, if any, to `out`. */
static void answer_one(struct work *work, const struct rpc_envelope *envelope,
                       struct base_buf *out) {
    if (is_control(work, envelope)) {
        control(work, envelope, out);
        return;
    }
    switch (envelope->kind) {
    case RPC_CALL:
        space_peer_requested(work->peer);
        answer_call(work, envelope, out);
        return;
    case RPC_NOTIFICATION:
        note_notification(work, envelope);
        return;
    case RPC_BATCH: /* a batch in a batch is no request */
    case RPC_INVALID:
        rpc_write_error(out, envelope->id.size > 0 ? envelope->id : BASE_TEXT("null"),
                        RPC_ERROR_INVALID_REQUEST, NULL, (struct substrate_text){NULL, 0});
        break;
    case RPC_PARSE_ERROR:
        rpc_write_error(out, BASE_TEXT("null"), RPC_ERROR_PARSE, NULL,
                        (struct substrate_text){NULL, 0});
        work->call->status = 400;
        break;
    }
    space_peer_requested(work->peer);
}

static void answer_batch(struct work *work, struct base_json batch, struct base_buf *out) {
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
        answer_one(work, &envelope, out);
        if (out->size == from && !out->failed) {
            out->size = before;
        }
        entries++;
    }
    if (entries == 0) {
        base_buf_reset(out);
        struct rpc_envelope empty = {.kind = RPC_INVALID, .id = BASE_TEXT("null")};
        answer_one(work, &empty, out);
        return;
    }
    base_buf_char(out, ']');
    if (out->size == 2) {
        base_buf_reset(out); /* nothing but notifications */
    } else if (out->size > space->config.response_max) {
        base_buf_reset(out);
        write_limit_error(out, BASE_TEXT("null"), -32011, "The batch response was too large",
                          space->config.response_max);
    }
}

/* Queues the answer, or has the gate hold it. */
static void send_later(struct work *work) {
    struct space_call *call = work->call;
    struct space *space = work->peer->space;
    call->earliest = work->now + work->latency_us;
    struct script_release release;
    if (work->gated && script_gate_hold(space->gate, &work->member, work->now, &release)) {
        call->held = true;
        space_release(space, &release, work->now);
        return;
    }
    space_call_put(call, call->earliest, NULL);
}

static void finish(struct work *work) {
    struct space_call *call = work->call;
    struct space_peer *peer = work->peer;
    if (call->text.failed) {
        base_buf_free(&call->text);
        internal_error(&call->text, BASE_TEXT("null"));
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
    space_run(peer->space, work->now);
}

static bool begin(struct work *work, struct space_peer *peer, uint64_t now) {
    memset(work, 0, sizeof(*work));
    work->peer = peer;
    work->now = now;
    space_run(peer->space, now);
    work->call = space_call_new(peer);
    return work->call != NULL;
}

void space_message(struct space_peer *peer, struct substrate_text message, uint64_t now) {
    struct work work;
    if (!begin(&work, peer, now)) {
        return;
    }
    struct rpc_envelope envelope = rpc_read(message, &peer->space->arena);
    peer->over_limit = peer->over_limit && space_full(peer->space);
    if (peer->over_limit && !is_control(&work, &envelope)) {
        peer->space->rejected++;
        work.call->status = 429;
        base_buf_str(&work.call->text, SPACE_FULL_TEXT);
    } else if (envelope.kind == RPC_BATCH) {
        answer_batch(&work, envelope.batch, &work.call->text);
    } else {
        answer_one(&work, &envelope, &work.call->text);
    }
    finish(&work);
}

void space_oversize(struct space_peer *peer, size_t message_max, uint64_t now) {
    struct work work;
    if (begin(&work, peer, now)) {
        work.call->status = 413;
        write_limit_error(&work.call->text, BASE_TEXT("null"), RPC_ERROR_REQUEST_TOO_BIG, NULL,
                          message_max);
        space_peer_requested(peer);
        finish(&work);
    }
}

void space_written(struct space_peer *peer, uint64_t mark, uint64_t now) {
    struct space *space = peer->space;
    while (peer->first_emitted != NULL && peer->first_emitted->mark <= mark) {
        struct space_call *call = peer->first_emitted;
        peer->first_emitted = call->next_emitted;
        for (size_t i = 0; i < call->flight_count; i++) {
            space_journal_emitted(space, call->flights[i].entry, now);
        }
        script_queue_left(&space->queue, &call->item);
        space_call_free(call);
    }
    if (peer->paused && peer->inflight < INFLIGHT_LOW) {
        peer->paused = false;
        space->config.port->pause(peer->connection, false);
    }
    space_run(space, now);
}

static void emit(struct space_call *call) {
    struct space_peer *peer = call->peer;
    if (peer->first_emitted == NULL) {
        peer->first_emitted = call;
    } else {
        peer->last_emitted->next_emitted = call;
    }
    peer->last_emitted = call;
    call->mark =
        peer->space->config.port->send(peer->connection, call->status, base_buf_view(&call->text));
}

void space_run(struct space *space, uint64_t now) {
    struct script_release release;
    while (space->gate != NULL && script_gate_expire(space->gate, now, &release)) {
        space_release(space, &release, now);
    }
    struct script_item *item = script_queue_take(&space->queue, now);
    while (item != NULL) {
        emit((struct space_call *)(void *)item);
        item = script_queue_take(&space->queue, now);
    }
}
