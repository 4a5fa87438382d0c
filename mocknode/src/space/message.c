/* From a message to the calls in it: envelopes, batches, control calls, mistakes; and from their
 * replies to the one text that leaves. */
#include "space/state.h"

#include <string.h>
#include "base/mem.h"
#include "base/text.h"

#define NO_BATCHES (-32005)
#define BATCH_TOO_LARGE (-32010)
#define BATCH_ANSWER_TOO_LARGE (-32011)
/* What is remembered of one message for the next one's sake. */
#define KEEP_MAX 65536

static const struct substrate_text nothing = {NULL, 0};

/* The node has `dev_` methods of its own; those of chopsticks are ours. */
static bool is_control_name(struct substrate_text name) {
    static const char *const chopsticks[] = {"dev_newBlock", "dev_setStorage", "dev_setHead",
                                             "dev_timeTravel"};
    if (name.size == 0 || (name.data[0] != 'm' && name.data[0] != 'd')) {
        return false; /* nearly always */
    }
    bool is = base_text_starts(name, "mock_");
    for (size_t i = 0; i < 4 && !is; i++) {
        is = base_text_is(name, chopsticks[i]);
    }
    return is;
}

static bool is_control(const struct space_work *work, const struct rpc_envelope *envelope) {
    return (envelope->kind == RPC_CALL || envelope->kind == RPC_NOTIFICATION) &&
           is_control_name(envelope->method) && work->peer->space->config.port->control != NULL;
}

/* A mistake, or an entry of a batch that is none. */
static void answer_mistake(struct space_work *work, const struct rpc_envelope *envelope,
                           struct substrate_text text) {
    struct base_buf *out = &work->call->text;
    if (envelope->kind == RPC_PARSE_ERROR) {
        space_tell_refused(work->peer, BASE_TEXT("no JSON"), text.size, text);
        rpc_write_error(out, BASE_TEXT("null"), RPC_ERROR_PARSE, NULL, nothing);
        work->call->status = 400;
        return;
    }
    space_tell_refused(work->peer, BASE_TEXT("no request"), text.size, text);
    rpc_write_error(out, envelope->id.size > 0 ? envelope->id : BASE_TEXT("null"),
                    RPC_ERROR_INVALID_REQUEST, NULL, nothing);
}

/* In a batch a control call would come between calls that are half done. */
static void refuse_control(struct space_work *work, const struct rpc_envelope *envelope) {
    space_peer_controlled(work->peer);
    if (envelope->kind == RPC_CALL) {
        rpc_write_error(&work->call->text, envelope->id, RPC_ERROR_INVALID_REQUEST,
                        "mocknode: control calls cannot be batched", nothing);
    }
}

/* One call, notification or mistake, and its text; appends its answer, if any, to the call's text.
 */
static void answer_one(struct space_work *work, const struct rpc_envelope *envelope,
                       struct substrate_text text) {
    if (work->in_batch && is_control(work, envelope)) {
        refuse_control(work, envelope);
        return;
    }
    space_peer_requested(work->peer);
    switch (envelope->kind) {
    case RPC_CALL:
        space_answer(work, envelope);
        return;
    case RPC_NOTIFICATION:
        space_note_notification(work, envelope);
        return;
    case RPC_BATCH: /* a batch in a batch is no request */
    case RPC_INVALID:
    case RPC_PARSE_ERROR:
        answer_mistake(work, envelope, text);
        return;
    }
}

/* Notes where a reply begins in the call's text. */
static bool begin_reply(struct space_work *work, size_t at) {
    bool good = base_grow((void **)&work->reply_at, &work->reply_capacity, work->reply_count + 1,
                          sizeof(*work->reply_at));
    if (good) {
        work->reply_at[work->reply_count++] = at;
    }
    return good;
}

/* The replies stand behind one another, separated by commas. Stops when they are too large. */
static void answer_entries(struct space_work *work, struct base_json batch) {
    struct space *space = work->peer->space;
    struct base_buf *out = &work->call->text;
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_json_walk_init(&walk, batch);
    while (base_json_walk_next(&walk, &key, &value)) {
        struct rpc_envelope envelope = rpc_read_value(value, &space->arena);
        size_t before = out->size;
        if (before > 1) {
            base_buf_char(out, ',');
        }
        size_t from = out->size;
        answer_one(work, &envelope, value.raw);
        if (out->size == from && !out->failed) {
            out->size = before; /* no reply */
        } else if (!begin_reply(work, from)) {
            out->failed = true;
        }
        if (out->size > space->limits.reply && !work->unlimited) {
            break;
        }
    }
}

/* Batches that are not taken. */
static bool refuse_batch(struct space_work *work, struct base_json batch, size_t length) {
    const struct space_config *config = &work->peer->space->config;
    bool many = config->batch_max > 0 && length > config->batch_max;
    struct base_buf *out = &work->call->text;
    if (!config->batches_refused && !many) {
        return false;
    }
    space_peer_requested(work->peer);
    if (config->batches_refused) {
        space_tell_refused(work->peer, BASE_TEXT("a batch"), batch.raw.size, batch.raw);
        rpc_write_error(out, BASE_TEXT("null"), NO_BATCHES,
                        "Batched requests are not supported by this server", nothing);
    } else {
        space_tell_refused(work->peer, BASE_TEXT("a batch too large"), batch.raw.size, batch.raw);
        space_write_limit_error(out, BASE_TEXT("null"), BATCH_TOO_LARGE,
                                "The batch request was too large", config->batch_max);
    }
    return true;
}

static void answer_batch(struct space_work *work, struct base_json batch) {
    struct space *space = work->peer->space;
    struct base_buf *out = &work->call->text;
    size_t length = base_json_length(batch);
    if (refuse_batch(work, batch, length)) {
        return;
    }
    if (length == 0) {
        struct rpc_envelope empty = {.kind = RPC_INVALID, .id = BASE_TEXT("null")};
        answer_one(work, &empty, batch.raw);
        return;
    }
    work->in_batch = true;
    base_buf_char(out, '[');
    answer_entries(work, batch);
    base_buf_char(out, ']');
    if (out->size == 2) {
        base_buf_reset(out); /* nothing but notifications */
    } else if (out->size > space->limits.reply && !work->unlimited) {
        base_buf_reset(out);
        work->reply_count = 0;
        space_write_limit_error(out, BASE_TEXT("null"), BATCH_ANSWER_TOO_LARGE,
                                "The batch response was too large", space->limits.reply);
    }
}

/* Makes the text anew as the rules on the whole message say. */
static void reshape(struct space_work *work) {
    struct space *space = work->peer->space;
    struct base_buf *text = &work->call->text, made = BASE_BUF_INIT;
    struct script_batch how;
    if (work->verdict.count == 0) {
        return;
    }
    memset(&how, 0, sizeof(how));
    script_batch(space->run, &work->verdict, &how);
    if (script_batch_is_plain(&how) || text->size == 0 || text->failed) {
        return;
    }
    bool array = work->in_batch && work->reply_count > 0;
    size_t count = array ? work->reply_count : 1;
    struct substrate_text *replies = base_calloc(count, sizeof(*replies));
    if (replies == NULL) {
        text->failed = true;
        return;
    }
    replies[0] = base_buf_view(text);
    for (size_t i = 0; array && i < count; i++) {
        size_t end = i + 1 < count ? work->reply_at[i + 1] : text->size;
        replies[i] =
            (struct substrate_text){text->data + work->reply_at[i], end - 1 - work->reply_at[i]};
    }
    script_write_message(&made, &how, array, replies, count);
    base_free(replies);
    base_buf_free(text);
    *text = made;
    work->call->view = nothing;
}

static bool begin(struct space_work *work, struct space_peer *peer, uint64_t now) {
    *work = (struct space_work){.peer = peer, .verdict = SCRIPT_VERDICT_INIT};
    space_begin(peer->space, now);
    script_run_due(peer->space->run, peer->space->now);
    work->call = space_call_new(peer, SPACE_ANSWER);
    return work->call != NULL;
}

/* What a large message has left behind. */
static void trim(struct base_buf *buf) {
    if (buf->capacity > KEEP_MAX) {
        base_buf_free(buf);
    }
}

static void finish(struct space_work *work) {
    struct space_call *call = work->call;
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    reshape(work);
    if (call->text.failed) {
        base_buf_free(&call->text);
        space_write_internal_error(&call->text, BASE_TEXT("null"));
    }
    bool silent = call->text.size == 0 && peer->websocket;
    if (!silent) {
        space_openings_judge(work);
        script_put(space->run, &call->item, space->now, NULL);
        space_openings_tell(work);
    }
    script_rest(space->run, &work->verdict, space->now);
    if (silent) {
        space_call_free(call);
    }
    base_free(work->reply_at);
    base_arena_reset(&space->arena);
    trim(&space->canonical);
    space_end(space);
    if (!silent && !call->emitted) {
        space_waiting_begin(call);
    }
}

/* A control call takes effect at once, is answered at once, and leaves no trace. A notification, or
 * a call whose id makes it one, is ignored, like any other. */
static void control(struct space_work *work, const struct rpc_envelope *envelope) {
    struct space_peer *peer = work->peer;
    struct space *space = peer->space;
    const struct space_port *port = space->config.port;
    struct base_buf out = BASE_BUF_INIT;
    space_peer_controlled(peer);
    space_call_free(work->call);
    space->caller = peer;
    if (envelope->kind == RPC_CALL) {
        port->control(peer, envelope, space->now, &out);
    }
    if (out.failed) {
        base_buf_free(&out);
        space_write_internal_error(&out, envelope->id);
    }
    if (out.size > 0 || (envelope->kind == RPC_NOTIFICATION && !peer->websocket)) {
        (void)port->send(peer->connection, 200, base_buf_view(&out), NULL);
    }
    base_buf_free(&out);
    space_called(peer);
    base_arena_reset(&space->arena);
    space_end(space);
}

/* `message`: empty when it was thrown away while it came. */
static void refuse_size(struct space_work *work, struct substrate_text message) {
    struct space_peer *peer = work->peer;
    space_peer_requested(peer);
    space_tell_refused(peer, BASE_TEXT("too large"), message.size, message);
    work->call->status = 413;
    space_write_limit_error(&work->call->text, BASE_TEXT("null"), RPC_ERROR_REQUEST_TOO_BIG, NULL,
                            (size_t)peer->space->limits.request);
    finish(work);
}

void space_busy(struct space_peer *peer, uint64_t now) {
    struct space_work work;
    if (begin(&work, peer, now)) {
        space_peer_requested(peer);
        space_tell_refused(peer, BASE_TEXT("busy"), 0, nothing);
        work.call->status = 503;
        rpc_write_error(&work.call->text, BASE_TEXT("null"), RPC_ERROR_BUSY, NULL, nothing);
        finish(&work);
    }
}

void space_message(struct space_peer *peer, struct substrate_text message, uint64_t now) {
    struct space_work work;
    if (!begin(&work, peer, now)) {
        return;
    }
    struct rpc_envelope envelope = rpc_read(message, &peer->space->arena);
    if (is_control(&work, &envelope)) {
        control(&work, &envelope); /* whatever the space's limit is: else it could not be undone */
        return;
    }
    if (message.size > peer->space->limits.request) {
        refuse_size(&work, message);
        return;
    }
    if (peer->over_limit && space_full(peer->space)) {
        peer->space->counts.rejected++;
        work.call->status = 429;
        base_buf_str(&work.call->text, SPACE_FULL_TEXT);
    } else if (envelope.kind == RPC_BATCH) {
        peer->over_limit = false;
        answer_batch(&work, envelope.batch);
    } else {
        peer->over_limit = false;
        answer_one(&work, &envelope, message);
    }
    finish(&work);
}

void space_oversize(struct space_peer *peer, uint64_t now) {
    struct space_work work;
    if (begin(&work, peer, now)) {
        refuse_size(&work, nothing);
    }
}
