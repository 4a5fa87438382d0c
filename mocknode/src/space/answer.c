/* One call's content: canonical request, occurrence, what the rules and the methods say, and the
 * reply's text. */
#include "space/state.h"

#include <string.h>
#include "base/hash.h"
#include "base/text.h"

static const struct substrate_text nothing = {NULL, 0};

/* One call being answered. */
struct answering {
    struct space_work *work;
    const struct rpc_envelope *envelope;
    struct rpc_request *request; /* set by resolve, like the next two */
    struct method_outcome *outcome;
    struct rpc_canonical canonical;
    struct space_flight *flight;
    struct script_content content;
    struct script_envelope reply;
    enum space_outcome kind;
    uint64_t delay_us; /* of this call alone */
};

void space_write_internal_error(struct base_buf *out, struct substrate_text id) {
    rpc_write_error(out, id, RPC_ERROR_INTERNAL, NULL, nothing);
}

static struct substrate_text limit_data(size_t limit, char room[64]) {
    int size = snprintf(room, 64, "\"Exceeded max limit of %zu\"", limit);
    return (struct substrate_text){room, (size_t)size};
}

void space_write_limit_error(struct base_buf *out, struct substrate_text id, int64_t code,
                             const char *message, size_t limit) {
    char room[64];
    rpc_write_error(out, id, code, message, limit_data(limit, room));
}

/* ---- the request ---- */

/* Parses and asks the methods; the canonical text of a request whose parameters are wrong is its
 * exact JSON. false: out of memory. */
static bool resolve(struct answering *answering) {
    struct space *space = answering->work->peer->space;
    const struct rpc_envelope *envelope = answering->envelope;
    struct rpc_request *request = answering->request;
    struct method_outcome *outcome = answering->outcome;
    struct substrate_text data = nothing;
    enum substrate_status status =
        method_parse(envelope->method, envelope->params, &space->arena, request, &data);
    if (status == SUBSTRATE_OK) {
        struct method_node node = {space->view, space->config.writes_accepted ||
                                                    script_writes_accepted(space_script(space))};
        method_answer(&node, request, &space->arena, outcome);
        answering->canonical =
            rpc_request_parts(request, outcome->has_block ? &outcome->block : NULL);
        return true;
    }
    *outcome = (struct method_outcome){
        .kind = METHOD_ERROR,
        .code = status == SUBSTRATE_E_ARGUMENT ? RPC_ERROR_INVALID_PARAMS : RPC_ERROR_INTERNAL,
        .data = data};
    request->method = method_find(envelope->method);
    request->name = request->method != NULL ? base_text(request->method->name) : envelope->method;
    struct base_buf compact = BASE_BUF_INIT;
    struct substrate_text params = BASE_TEXT("[]");
    if (envelope->params.kind != BASE_JSON_NONE) {
        base_json_write_compact(&compact, envelope->params);
        params = base_arena_text(&space->arena, base_buf_view(&compact));
    }
    answering->canonical = (struct rpc_canonical){.name = request->name, .params = params};
    bool good = !compact.failed && params.data != NULL;
    base_buf_free(&compact);
    return good;
}

/* Journals the arrival, of which nobody hears. */
static void note_arrived(struct answering *answering) {
    struct space_work *work = answering->work;
    struct space *space = work->peer->space;
    const struct substrate_hash *head = &view_head(space->view)->hash;
    struct space_event kept = {.kind = SCRIPT_ARRIVED,
                               .batch = work->in_batch,
                               .id = answering->envelope->id,
                               .head = {(const char *)head->bytes, sizeof(head->bytes)}};
    answering->flight->arrived = space_record_unheard(work->call, answering->flight, &kept);
}

/* Journals the arrival, and asks the rules. */
static bool tell_arrived(struct answering *answering) {
    struct space_work *work = answering->work;
    struct space *space = work->peer->space;
    struct space_flight *flight = answering->flight;
    const struct chain_block *head = view_head(space->view);
    /* It stays until the verdict ends. */
    struct script_event *event = base_arena_alloc(&space->arena, sizeof(*event));
    if (event == NULL) {
        return false;
    }
    *event = space_event_of_flight(work->call, flight, SCRIPT_ARRIVED);
    struct space_note note = {.series = flight->series, .method = flight->method};
    event->id = answering->envelope->id;
    event->head = head->hash;
    event->head_number = head->number;
    event->batch = work->in_batch;
    space_record(space, event, &note);
    flight->arrived = event->seq;
    if (script_listens(space->run, SCRIPT_ARRIVED)) {
        script_match(space->run, event, &work->verdict);
        script_told(space->run, event, space->now);
    }
    return true;
}

/* It has arrived: counted, journaled, in flight; and the rules are asked. false: out of memory. */
static bool arrive(struct answering *answering) {
    struct space_work *work = answering->work;
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    const struct rpc_envelope *envelope = answering->envelope;
    struct space_series *series = space_series_of(space, peer->label, &answering->canonical);
    struct space_method *method = space_method_of(space, envelope->method);
    if (series == NULL || method == NULL) {
        return false;
    }
    struct space_flight flight = {
        .series = series, .method = method, .occurrence = series->count, .name = method->name};
    if (answering->request->method != NULL) {
        flight.name = base_text(answering->request->method->name);
    }
    answering->flight = space_call_begin(work->call, envelope->id, &flight);
    if (answering->flight == NULL) {
        return false;
    }
    series->count++;
    method->count++;
    space->counts.requests++;
    if (space_is_heard(space, SCRIPT_ARRIVED)) {
        return tell_arrived(answering);
    }
    note_arrived(answering);
    return true;
}

/* ---- the content ---- */

static void give(struct answering *answering, enum space_outcome kind, struct substrate_text text) {
    answering->kind = kind;
    answering->content.kind = kind == SPACE_RESULT ? SCRIPT_CONTENT_RESULT : SCRIPT_CONTENT_ERROR;
    answering->content.text = text;
}

static void give_error(struct answering *answering, enum space_outcome kind, int64_t code,
                       const char *message, struct substrate_text data) {
    struct base_buf object = BASE_BUF_INIT;
    rpc_write_error_value(&object, code, message, data);
    struct substrate_text text =
        object.failed
            ? nothing
            : base_arena_text(&answering->work->peer->space->arena, base_buf_view(&object));
    base_buf_free(&object);
    give(answering, kind, text);
}

static void give_unmatched(struct answering *answering) {
    struct space *space = answering->work->peer->space;
    const struct method_outcome *outcome = answering->outcome;
    base_buf_reset(&space->canonical);
    rpc_canonical_write(&answering->canonical, &space->canonical);
    struct space_unmatched what = {answering->request->name, base_buf_view(&space->canonical),
                                   base_text(outcome->reason), outcome->nearest, 0};
    struct base_buf data = BASE_BUF_INIT;
    space_unmatched(space, &what, &data);
    give_error(answering, SPACE_UNMATCHED, RPC_ERROR_UNMATCHED, NULL, base_buf_view(&data));
    base_buf_free(&data);
}

static void give_stream(struct answering *answering) {
    struct space_work *work = answering->work;
    struct space_peer *peer = work->peer;
    size_t max = (size_t)peer->space->limits.subscriptions;
    char room[64];
    if (peer->subscription_count >= max) {
        give_error(answering, SPACE_ERROR, RPC_ERROR_TOO_MANY_SUBSCRIPTIONS, NULL,
                   limit_data(max, room));
        return;
    }
    if (space_waiting_is_full(peer)) {
        give_error(answering, SPACE_ERROR, RPC_ERROR_BUSY, NULL, nothing);
        return;
    }
    const struct space_subscription *made =
        peer->websocket
            ? space_subscribe(work, answering->request, answering->outcome, answering->flight)
            : NULL;
    if (made == NULL) {
        give_error(answering, SPACE_ERROR, RPC_ERROR_INTERNAL, NULL, nothing);
        return;
    }
    give(answering, SPACE_RESULT, base_arena_text(&peer->space->arena, base_buf_view(&made->id)));
}

/* Carries out what the method says. */
static void give_outcome(struct answering *answering) {
    const struct method_outcome *outcome = answering->outcome;
    switch (outcome->kind) {
    case METHOD_RESULT:
        give(answering, SPACE_RESULT, outcome->text);
        return;
    case METHOD_ERROR:
        if (outcome->code == 0) {
            give(answering, SPACE_ERROR, outcome->text);
        } else {
            give_error(answering, SPACE_ERROR, outcome->code, outcome->message, outcome->data);
        }
        return;
    case METHOD_UNMATCHED:
        give_unmatched(answering);
        return;
    case METHOD_OPEN:
        give_stream(answering);
        return;
    case METHOD_END:
        break;
    }
    bool ended = space_unsubscribe(answering->work, outcome);
    give(answering, SPACE_RESULT, ended ? BASE_TEXT("true") : BASE_TEXT("false"));
}

static void decide(struct answering *answering) {
    struct space_work *work = answering->work;
    struct space *space = work->peer->space;
    struct script_content *content = &answering->content;
    if (space_is_busy(space)) {
        give_error(answering, SPACE_ERROR, RPC_ERROR_BUSY, NULL, nothing);
        return;
    }
    bool ruled = work->verdict.count > 0;
    content->arena = &space->arena;
    if (ruled) {
        struct script_item *item = &work->call->item;
        uint64_t before = script_delay(item);
        script_content(space->run, &work->verdict, content, space->now);
        /* What the call opens must know already when its reply leaves. */
        script_emission(space->run, &work->verdict, item, space->now);
        answering->delay_us = script_delay(item) - before;
    }
    if (content->kind == SCRIPT_CONTENT_NONE) {
        give_outcome(answering);
    } else {
        answering->kind = content->kind == SCRIPT_CONTENT_RESULT ? SPACE_RESULT : SPACE_ERROR;
    }
    if (ruled) {
        script_content_after(space->run, &work->verdict, content, space->now);
        script_envelope(space->run, &work->verdict, &answering->reply);
    }
}

/* ---- the reply ---- */

static void write_reply(struct answering *answering, struct base_buf *out) {
    const struct script_content *content = &answering->content;
    struct substrate_text id = answering->envelope->id;
    if (content->text.data == NULL) {
        space_write_internal_error(out, id);
    } else if (content->payload > 0 || !script_envelope_is_plain(&answering->reply)) {
        script_write_reply(out, &answering->reply, id, content);
    } else if (content->kind == SCRIPT_CONTENT_RESULT) {
        rpc_write_result(out, id, content->text);
        if (!answering->work->in_batch && !content->given) {
            space_call_view(answering->work->call, content->text,
                            out->size - 1 - content->text.size);
        }
    } else {
        rpc_write_error_object(out, id, content->text);
    }
}

/* What is the same for every connection and run: the answer from behind its id on. */
static uint64_t digest_of(const struct answering *answering, const struct base_buf *out,
                          size_t from) {
    size_t skip = from;
    if (script_envelope_is_plain(&answering->reply)) {
        skip += sizeof("{\"jsonrpc\":\"2.0\",\"id\":") - 1 + answering->envelope->id.size;
    }
    if (out->failed || skip >= out->size) {
        return 0;
    }
    struct substrate_bytes answer = {(const uint8_t *)out->data + skip, out->size - skip};
    return base_xxh64(answer, 0);
}

static struct space_entry entry_of(const struct space_work *work, const struct space_flight *flight,
                                   struct substrate_text id) {
    struct space *space = work->peer->space;
    struct space_entry entry = {.series = flight->series,
                                .method = flight->method,
                                .occurrence = flight->occurrence,
                                .arrived = flight->arrived,
                                .arrived_us = space->now - space->started_us,
                                .ordinal = work->peer->script.ordinal};
    entry.id_size = (uint8_t)(id.size < SPACE_ID_INLINE ? id.size : SPACE_ID_INLINE);
    if (entry.id_size > 0) {
        memcpy(entry.id, id.data, entry.id_size);
    }
    return entry;
}

void space_answer(struct space_work *work, const struct rpc_envelope *envelope) {
    struct space *space = work->peer->space;
    struct base_buf *out = &work->call->text;
    struct rpc_request request;
    struct method_outcome outcome;
    struct answering answering = {
        .work = work, .envelope = envelope, .request = &request, .outcome = &outcome};
    size_t limit = (size_t)space->limits.reply, from = out->size;
    if (!resolve(&answering) || !arrive(&answering)) {
        space_write_internal_error(out, envelope->id);
        return;
    }
    decide(&answering);
    write_reply(&answering, out);
    work->unlimited = work->unlimited || answering.content.unlimited;
    if (out->size - from > limit && !answering.content.unlimited) {
        out->size = from;
        space_write_limit_error(out, envelope->id, RPC_ERROR_RESPONSE_TOO_BIG, NULL, limit);
        answering.kind = SPACE_ERROR;
        work->call->view.data = NULL;
    }
    struct space_entry entry = entry_of(work, answering.flight, envelope->id);
    entry.outcome = answering.kind;
    entry.digest = digest_of(&answering, out, from);
    entry.latency_us = answering.delay_us;
    answering.flight->entry = space_journal_add(space, &entry);
}

void space_note_notification(struct space_work *work, const struct rpc_envelope *envelope) {
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    struct space_method *method = space_method_of(space, envelope->method);
    struct rpc_canonical canonical = {.name = envelope->method};
    struct space_series *series = space_series_of(space, peer->label, &canonical);
    if (series == NULL || method == NULL) {
        return;
    }
    struct space_flight flight = {.series = series, .method = method, .occurrence = series->count};
    struct space_note note = {.series = series, .method = method};
    struct script_event event = space_event_of(peer, SCRIPT_ARRIVED);
    event.batch = work->in_batch;
    event.method = event.sent = method->name;
    event.request = series->request;
    event.occurrence = ++series->count;
    method->count++;
    space->counts.requests++;
    space_record(space, &event, &note); /* rules are on calls, which have an answer */
    flight.arrived = event.seq;
    struct space_entry entry = entry_of(work, &flight, nothing);
    entry.outcome = SPACE_NONE;
    (void)space_journal_add(space, &entry);
}
