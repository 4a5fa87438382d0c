/* One call's content: canonical request, occurrence, the method's outcome and its text. */
#include "space/state.h"

#include <string.h>
#include "base/hash.h"
#include "base/text.h"

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

void space_write_limit_error(struct base_buf *out, struct substrate_text id, int64_t code,
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

static enum space_outcome subscribe(struct space_work *work, const struct rpc_envelope *envelope,
                                    const struct rpc_request *request,
                                    const struct method_outcome *outcome,
                                    const struct space_flight *flight, struct base_buf *out) {
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    char id[SPACE_ID_SIZE + 2] = "\"";
    subscription_id(space, flight->series, flight->occurrence, id + 1);
    id[SPACE_ID_SIZE + 1] = '"';
    if (peer->subscription_count >= space->config.subscriptions_max) {
        space_write_limit_error(out, envelope->id, RPC_ERROR_TOO_MANY_SUBSCRIPTIONS, NULL,
                                space->config.subscriptions_max);
        return SPACE_ERROR;
    }
    if (!peer->websocket ||
        !space_subscribe(peer, request, outcome, id + 1, flight->arrived, work->call)) {
        rpc_write_error(out, envelope->id, RPC_ERROR_INTERNAL, NULL,
                        (struct substrate_text){NULL, 0});
        return SPACE_ERROR;
    }
    rpc_write_result(out, envelope->id, (struct substrate_text){id, sizeof(id)});
    return SPACE_RESULT;
}

static enum space_outcome write_outcome(struct space_work *work,
                                        const struct rpc_envelope *envelope,
                                        const struct rpc_request *request,
                                        const struct method_outcome *outcome,
                                        const struct space_flight *flight, struct base_buf *out) {
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
    case METHOD_OPEN:
        return subscribe(work, envelope, request, outcome, flight, out);
    case METHOD_END:
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
        method_parse(envelope->method, envelope->params, &space->arena, request, &data);
    if (status == SUBSTRATE_OK) {
        method_answer(&(struct method_node){space->view, false}, request, &space->arena, outcome);
        rpc_request_write(request, outcome->has_block ? &outcome->block : NULL, &space->canonical);
        return;
    }
    outcome->kind = METHOD_ERROR;
    outcome->code = status == SUBSTRATE_E_ARGUMENT ? RPC_ERROR_INVALID_PARAMS : RPC_ERROR_INTERNAL;
    outcome->data = data;
    const struct rpc_method *method = method_find(envelope->method);
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

/* The gate sees a batch as one call: its entries run in turn, so only one can be in flight. */
static void meet_gate(struct space_work *work, const struct rpc_request *request,
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

void space_write_internal_error(struct base_buf *out, struct substrate_text id) {
    rpc_write_error(out, id, RPC_ERROR_INTERNAL, NULL, (struct substrate_text){NULL, 0});
}

/* Tells that the request has arrived; what follows of it is in the flight. */
static struct space_flight arrive(struct space_work *work, const struct rpc_envelope *envelope,
                                  struct space_series *series, struct space_method *method) {
    struct space *space = work->peer->space;
    struct space_flight flight = {
        .series = series, .method = method, .occurrence = series->count++};
    struct space_event event = space_event_of_call(work->call, &flight, SPACE_EVENT_ARRIVED);
    event.batch = work->in_batch;
    event.id = envelope->id;
    flight.arrived = space_tell(space, &event);
    method->count++;
    space->counts.requests++;
    return flight;
}

static struct space_entry entry_of(const struct space_work *work, const struct space_flight *flight,
                                   struct substrate_text id) {
    struct space *space = work->peer->space;
    struct space_entry entry = {.series = flight->series,
                                .method = flight->method,
                                .occurrence = flight->occurrence,
                                .arrived = flight->arrived,
                                .arrived_us = space->now - space->started_us,
                                .ordinal = work->peer->ordinal};
    entry.id_size = (uint8_t)(id.size < SPACE_ID_INLINE ? id.size : SPACE_ID_INLINE);
    if (entry.id_size > 0) {
        memcpy(entry.id, id.data, entry.id_size);
    }
    return entry;
}

void space_answer(struct space_work *work, const struct rpc_envelope *envelope,
                  struct base_buf *out) {
    struct space *space = work->peer->space;
    struct rpc_request request;
    struct method_outcome outcome;
    resolve(space, envelope, &request, &outcome);
    struct space_series *series =
        space->canonical.failed
            ? NULL
            : space_series_of(space, work->peer->label, base_buf_view(&space->canonical));
    struct space_method *method = space_method_of(space, envelope->method);
    if (series == NULL || method == NULL) {
        space_write_internal_error(out, envelope->id);
        return;
    }
    struct space_flight flight = arrive(work, envelope, series, method);
    struct space_entry entry = entry_of(work, &flight, envelope->id);
    entry.latency_us = latency_of(space, &request, envelope);
    work->latency_us += entry.latency_us;
    meet_gate(work, &request, envelope, series);
    size_t from = out->size;
    entry.outcome = write_outcome(work, envelope, &request, &outcome, &flight, out);
    if (out->size - from > space->config.response_max) {
        out->size = from;
        space_write_limit_error(out, envelope->id, RPC_ERROR_RESPONSE_TOO_BIG, NULL,
                                space->config.response_max);
        entry.outcome = SPACE_ERROR;
    }
    entry.digest = digest_of(out, from, envelope->id.size);
    flight.entry = space_journal_add(space, &entry);
    space_call_begin(work->call, envelope->id, &flight);
}

void space_note_notification(struct space_work *work, const struct rpc_envelope *envelope) {
    struct space *space = work->peer->space;
    struct space_method *method = space_method_of(space, envelope->method);
    struct space_series *series = space_series_of(space, work->peer->label, envelope->method);
    if (series != NULL && method != NULL) {
        struct space_flight flight = arrive(work, envelope, series, method);
        struct space_entry entry = entry_of(work, &flight, (struct substrate_text){NULL, 0});
        entry.outcome = SPACE_NOTIFICATION;
        (void)space_journal_add(space, &entry);
    }
}
