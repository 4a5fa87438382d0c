/* Streams: subscriptions from their beginning to their end, and what they are told. */
#include "space/state.h"

#include <string.h>
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"

/* A keyed choice: what it says depends on its key alone, never on what was asked before. */
static void write_id(const struct space *space, const struct space_flight *flight,
                     struct base_buf *out) {
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const struct space_series *series = flight->series;
    struct substrate_bytes label = {(const uint8_t *)series->label.data, series->label.size};
    struct substrate_bytes request = {(const uint8_t *)series->request.data, series->request.size};
    uint64_t seed = base_xxh64(label, space->seed ^ flight->occurrence);
    base_buf_char(out, '"');
    for (size_t half = 0; half < 2; half++) {
        uint64_t bits = base_xxh64(request, seed + half);
        for (size_t i = 0; i < SPACE_ID_SIZE / 2; i++) {
            base_buf_char(out, letters[bits % 62]);
            bits /= 62;
        }
    }
    base_buf_char(out, '"');
}

static void free_subscription(struct space_subscription *subscription) {
    space_waiting_subscribed(subscription, 0);
    base_arena_free(&subscription->arena);
    base_buf_free(&subscription->id);
    base_buf_free(&subscription->last);
    base_free(subscription);
}

/* What it holds is counted. */
static void weigh(struct space_subscription *subscription) {
    space_waiting_subscribed(subscription, sizeof(*subscription) + subscription->last.capacity +
                                               base_arena_size(&subscription->arena));
}

/* Notifications that still wait leave without it. */
static void forget(struct space_subscription *subscription) {
    struct space_peer *peer = subscription->peer;
    for (struct space_call *call = peer->calls; call != NULL; call = call->next) {
        if (call->subscription == subscription) {
            call->subscription = NULL;
        }
    }
    if (subscription->opening != NULL) {
        subscription->opening->subscription = NULL;
    }
    peer->subscription_count--;
    peer->space->counts.subscriptions_open--;
    free_subscription(subscription);
}

/* ---- what is told ---- */

/* The `error` of a notification that cannot be made; jsonrpsee sends such ones in place of results.
 */
static void write_gap(struct space *space, const struct space_subscription *subscription,
                      const char *reason, struct base_buf *out) {
    const struct rpc_request *request = &subscription->opened.request;
    base_buf_reset(&space->canonical);
    rpc_request_write(request, &view_head(space->view)->hash, &space->canonical);
    struct space_unmatched what = {
        request->name, base_buf_view(&space->canonical), base_text(reason), {NULL, 0}, 0};
    struct base_buf data = BASE_BUF_INIT;
    space_unmatched(space, &what, &data);
    rpc_write_error_value(out, RPC_ERROR_UNMATCHED, NULL, base_buf_view(&data));
    out->failed = out->failed || data.failed;
    base_buf_free(&data);
}

/* {"jsonrpc","method","params":{"subscription":ID, and where the id begins. */
static size_t begin_notification(struct base_buf *out,
                                 const struct space_subscription *subscription) {
    base_buf_str(out, "{\"jsonrpc\":\"2.0\",\"method\":\"");
    base_buf_str(out, subscription->opened.stream->notification);
    base_buf_str(out, "\",\"params\":{\"subscription\":");
    size_t at = out->size;
    base_buf_text(out, base_buf_view(&subscription->id));
    return at;
}

/* A notification whose `member` is this raw JSON; it leaves now, never before `after`. NULL: out of
 * memory. */
static struct space_call *notify(struct space_subscription *subscription, const char *member,
                                 struct substrate_text value, const struct script_cause *cause,
                                 struct space_call *after) {
    struct space_peer *peer = subscription->peer;
    struct space *space = peer->space;
    if (space_waiting_is_hopeless(peer)) {
        space_peer_give_up(peer);
        return NULL;
    }
    struct space_call *call = space_call_new(peer, SPACE_NOTIFICATION);
    if (call == NULL) {
        return NULL;
    }
    call->stream = subscription->opened.stream;
    call->subscription = subscription;
    call->subscribed = subscription->subscribed;
    if (cause != NULL) {
        call->item.cause = *cause;
    }
    (void)begin_notification(&call->text, subscription);
    base_buf_str(&call->text, ",\"");
    base_buf_str(&call->text, member);
    base_buf_str(&call->text, "\":");
    base_buf_text(&call->text, value);
    base_buf_str(&call->text, "}}");
    if (call->text.failed) {
        space_call_free(call);
        return NULL;
    }
    space_waiting_count(call);
    script_put(space->run, &call->item, space->now, after != NULL ? &after->item : NULL);
    return call;
}

/* The same for the stream's own course; what is quiet says nothing. */
static bool notify_result(struct space_subscription *subscription, struct substrate_text value,
                          const struct script_cause *cause) {
    if (subscription->quiet > 0) {
        return true;
    }
    base_buf_reset(&subscription->last);
    base_buf_text(&subscription->last, value);
    weigh(subscription);
    return notify(subscription, "result", value, cause, subscription->reply) != NULL;
}

/* One subscription that is being told something. */
struct telling {
    struct space_subscription *subscription;
    const struct script_cause *cause;
};

static void tell(void *context, const struct method_notice *notice) {
    const struct telling *telling = context;
    struct space_subscription *subscription = telling->subscription;
    if (notice->gap == NULL) {
        (void)notify_result(subscription, notice->result, telling->cause);
    } else if (subscription->quiet == 0) {
        struct base_buf error = BASE_BUF_INIT;
        write_gap(subscription->peer->space, subscription, notice->gap, &error);
        (void)notify(subscription, "error", base_buf_view(&error), telling->cause,
                     subscription->reply);
        base_buf_free(&error);
    }
}

void space_streams_step(struct space *space, const struct view_step *step,
                        const struct script_cause *cause) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        struct space_subscription *at = peer->ended ? NULL : peer->subscriptions;
        for (; at != NULL; at = at->next) {
            struct telling telling = {at, cause};
            (void)method_step(&at->opened, space->view, step, &arena, tell, &telling);
            base_arena_reset(&arena);
        }
    }
    base_arena_free(&arena);
}

/* ---- beginning and end ---- */

/* The event of a stream's beginning or end. */
static struct script_event event_of(struct space_work *work,
                                    struct space_subscription *subscription, size_t flight,
                                    enum script_event_kind kind) {
    struct script_event event =
        space_event_of_flight(work->call, &work->call->flights[flight], kind);
    event.id.size = 0;
    event.stream = base_text(subscription->opened.stream->name);
    event.subscription = space_stream_handle(subscription);
    event.batch = work->in_batch;
    return event;
}

static void record(struct space_work *work, struct script_event *event,
                   const struct space_subscription *subscription, size_t flight) {
    char room[128];
    struct base_buf members = BASE_BUF_ON(room);
    struct space_note note = space_note_of_flight(&work->call->flights[flight]);
    base_buf_str(&members, "\"subscription\":");
    base_buf_text(&members, base_buf_view(&subscription->id));
    note.members = base_buf_view(&members);
    space_record(work->peer->space, event, &note);
    base_buf_free(&members);
}

void space_openings_judge(struct space_work *work) {
    struct space *space = work->peer->space;
    struct space_opening *opening = work->openings;
    for (; opening != NULL && script_listens(space->run, SCRIPT_SUBSCRIBED);
         opening = opening->next) {
        if (opening->subscription != NULL) {
            script_match(space->run, &opening->event, &opening->verdict);
            script_emission(space->run, &opening->verdict, &work->call->item, space->now);
        }
    }
}

/* It has begun; what it says first; then the rules on it have their turn. */
static void tell_opening(struct space_work *work, struct space_opening *opening) {
    struct space *space = work->peer->space;
    struct space_subscription *subscription = opening->subscription;
    record(work, &opening->event, subscription, opening->flight);
    subscription->subscribed = opening->event.seq;
    if (opening->first.data != NULL) {
        uint64_t mark = script_mark(space->run);
        (void)notify_result(subscription, opening->first, NULL);
        script_drain(space->run, space->now, mark);
    }
    if (script_listens(space->run, SCRIPT_SUBSCRIBED)) {
        script_told(space->run, &opening->event, space->now);
    }
}

void space_openings_tell(struct space_work *work) {
    for (struct space_opening *at = work->openings; at != NULL; at = at->next) {
        if (at->subscription != NULL) {
            tell_opening(work, at);
        }
        if (at->subscription != NULL) {
            at->subscription->opening = NULL;
        }
        script_rest(work->peer->space->run, &at->verdict, work->peer->space->now);
    }
}

/* Lists the beginning in the message's arena. false: out of memory. */
static bool add_opening(struct space_work *work, struct space_subscription *subscription,
                        struct substrate_text first) {
    struct base_arena *arena = &work->peer->space->arena;
    struct space_opening *opening = base_arena_calloc(arena, 1, sizeof(*opening));
    if (opening == NULL) {
        return false;
    }
    opening->subscription = subscription;
    opening->flight = work->call->flight_count - 1;
    opening->first = first;
    opening->event = event_of(work, subscription, opening->flight, SCRIPT_SUBSCRIBED);
    opening->verdict = (struct script_verdict)SCRIPT_VERDICT_INIT;
    subscription->opening = opening;
    if (work->openings == NULL) {
        work->last_opening = &work->openings;
    }
    *work->last_opening = opening;
    work->last_opening = &opening->next;
    return true;
}

struct space_subscription *space_subscribe(struct space_work *work,
                                           const struct rpc_request *request,
                                           const struct method_outcome *outcome,
                                           const struct space_flight *flight) {
    struct space_peer *peer = work->peer;
    struct space_subscription *made = base_calloc(1, sizeof(*made));
    if (made == NULL) {
        return NULL;
    }
    made->peer = peer;
    made->number = ++peer->space->last_stream;
    base_arena_init(&made->arena, 1024);
    write_id(peer->space, flight, &made->id);
    if (made->id.failed || !method_open(outcome->stream, request, &made->arena, &made->opened) ||
        !add_opening(work, made, outcome->text)) {
        free_subscription(made);
        return NULL;
    }
    weigh(made);
    made->reply = work->call;
    struct space_subscription **tail = &peer->subscriptions;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    *tail = made;
    peer->subscription_count++;
    peer->space->counts.subscriptions_opened++;
    peer->space->counts.subscriptions_open++;
    return made;
}

/* The link to the stream of that kind and raw id; its end: none. */
static struct space_subscription **find(struct space_peer *peer, const struct method_stream *stream,
                                        struct substrate_text id) {
    struct space_subscription **link = &peer->subscriptions;
    while (*link != NULL && ((*link)->opened.stream != stream ||
                             !base_text_equal(base_buf_view(&(*link)->id), id))) {
        link = &(*link)->next;
    }
    return link;
}

bool space_unsubscribe(struct space_work *work, const struct method_outcome *outcome) {
    struct space *space = work->peer->space;
    struct space_subscription **link = find(work->peer, outcome->stream, outcome->text);
    struct space_subscription *subscription = *link;
    size_t flight = work->call->flight_count - 1;
    if (subscription == NULL) {
        return false;
    }
    *link = subscription->next;
    space->unlinking = subscription;
    struct script_event event = event_of(work, subscription, flight, SCRIPT_UNSUBSCRIBED);
    record(work, &event, subscription, flight);
    if (script_listens(space->run, SCRIPT_UNSUBSCRIBED)) {
        script_tell(space->run, &event, space->now);
    }
    space->unlinking = NULL;
    forget(subscription);
    return true;
}

void space_subscriptions_free(struct space_peer *peer) {
    while (peer->subscriptions != NULL) {
        struct space_subscription *subscription = peer->subscriptions;
        peer->subscriptions = subscription->next;
        forget(subscription);
    }
}

void space_reply_left(struct space_call *reply) {
    for (struct space_subscription *at = reply->peer->subscriptions; at != NULL; at = at->next) {
        if (at->reply == reply) {
            at->reply = NULL;
        }
    }
}

/* ---- the script's host ---- */

static const char *const no_memory = "out of memory", *const ended = "it has ended already";

/* What the script keeps of a stream outlives it, so it is no pointer. */
void *space_stream_handle(const struct space_subscription *subscription) {
    return subscription != NULL ? (void *)(uintptr_t)subscription->number : NULL;
}

/* NULL: it has ended. */
static struct space_subscription *by_handle(const struct space *space, const void *handle) {
    uint64_t number = (uintptr_t)handle;
    if (space->unlinking != NULL && space->unlinking->number == number) {
        return space->unlinking;
    }
    for (const struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        struct space_subscription *at = peer->subscriptions;
        for (; at != NULL; at = at->next) {
            if (at->number == number) {
                return at;
            }
        }
    }
    return NULL;
}

static const char *host_quiet(void *context, const struct script_act *act, void *about, bool on) {
    struct space_subscription *subscription = by_handle(context, about);
    (void)act;
    if (subscription == NULL) {
        return ended;
    }
    if (on) {
        subscription->quiet++;
    } else if (subscription->quiet > 0) {
        subscription->quiet--;
    }
    return NULL;
}

/* n more like the last one. */
static const char *again(struct space_subscription *subscription, const struct script_act *act,
                         uint64_t n, struct space_call *after) {
    if (subscription->last.size == 0) {
        return "it was told nothing yet";
    }
    struct space_call *first =
        notify(subscription, "result", base_buf_view(&subscription->last), &act->cause, after);
    if (first == NULL) {
        return no_memory;
    }
    first->again = n - 1;
    return NULL;
}

/* So many bytes are made before the first of them has left: a peer need not read. */
#define AHEAD_MAX ((size_t)4 * 1024 * 1024)

void space_flood_on(struct space_call *call, bool waited) {
    struct space *space = call->peer->space;
    size_t ahead = waited ? 0 : call->ahead + call->text.size;
    if (call->again == 0 || ahead > AHEAD_MAX) {
        return;
    }
    struct space_call *next = space_call_new(call->peer, SPACE_NOTIFICATION);
    if (next != NULL) {
        base_buf_text(&next->text, base_buf_view(&call->text));
    }
    if (next == NULL || next->text.failed) {
        space->host.no_memory(space);
        if (next != NULL) {
            space_call_free(next);
        }
        return;
    }
    next->stream = call->stream;
    next->subscription = call->subscription;
    next->subscribed = call->subscribed;
    next->item.cause = call->item.cause;
    next->again = call->again - 1;
    next->ahead = ahead;
    call->again = 0;
    space_waiting_count(next);
    script_put(space->run, &next->item, space->now, NULL);
}

static const char *host_flood(void *context, const struct script_act *act, void *about,
                              uint64_t n) {
    struct space_subscription *subscription = by_handle(context, about);
    return subscription != NULL ? again(subscription, act, n, subscription->reply) : ended;
}

static const char *host_late(void *context, const struct script_act *act, void *about, uint64_t n) {
    struct space_subscription *subscription = by_handle(context, about);
    return subscription != NULL
               ? again(subscription, act, n, (struct space_call *)(void *)act->event->item)
               : ended;
}

/* What waits already is written anew. */
static void rename_waiting(struct space_subscription *subscription, struct substrate_text old) {
    for (struct space_call *call = subscription->peer->calls; call != NULL; call = call->next) {
        if (call->subscription != subscription || call->notified > 0) {
            continue;
        }
        struct base_buf text = BASE_BUF_INIT;
        size_t rest = begin_notification(&text, subscription) + old.size;
        base_buf_append(&text, call->text.data + rest, call->text.size - rest);
        if (text.failed) {
            base_buf_free(&text);
        } else {
            base_buf_free(&call->text);
            call->text = text;
        }
    }
}

/* The reply, too, has it as its result. */
static void rename_reply(struct space_call *reply, struct substrate_text old,
                         struct substrate_text id) {
    struct base_buf made = BASE_BUF_INIT;
    struct substrate_text text = base_buf_view(&reply->text);
    for (size_t at = 0; at + old.size <= text.size; at++) {
        if (memcmp(text.data + at, old.data, old.size) == 0) {
            base_buf_append(&made, text.data, at);
            base_buf_text(&made, id);
            base_buf_append(&made, text.data + at + old.size, text.size - at - old.size);
            break;
        }
    }
    if (made.size > 0 && !made.failed) {
        base_buf_free(&reply->text);
        reply->text = made;
    } else {
        base_buf_free(&made);
    }
}

static const char *host_stream_id(void *context, const struct script_act *act, void *about,
                                  struct substrate_text id) {
    struct space_subscription *subscription = by_handle(context, about);
    (void)act;
    if (subscription == NULL) {
        return ended;
    }
    struct base_buf old = subscription->id, made = BASE_BUF_INIT;
    base_buf_text(&made, id);
    if (made.failed) {
        base_buf_free(&made);
        return no_memory;
    }
    subscription->id = made;
    rename_waiting(subscription, base_buf_view(&old));
    if (subscription->reply != NULL && !subscription->reply->emitted) {
        rename_reply(subscription->reply, base_buf_view(&old), id);
    }
    base_buf_free(&old);
    return NULL;
}

/* As the node does it: nothing is said, and an unsubscribe finds nothing more. */
static const char *host_stop(void *context, const struct script_act *act, void *about) {
    struct space_subscription *subscription = by_handle(context, about);
    (void)act;
    if (subscription == NULL || subscription == ((struct space *)context)->unlinking) {
        return ended;
    }
    struct space_subscription **link = &subscription->peer->subscriptions;
    while (*link != subscription) {
        link = &(*link)->next;
    }
    *link = subscription->next;
    forget(subscription);
    return NULL;
}

static const char *host_notify(void *context, const struct script_act *act,
                               struct script_peer *only, struct substrate_text stream,
                               struct substrate_text value) {
    struct space *space = context;
    struct substrate_text kind =
        stream.size > 0 || act->event == NULL ? stream : act->event->stream;
    size_t told = 0;
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        struct space_subscription *at = peer->ended ? NULL : peer->subscriptions;
        for (; at != NULL; at = at->next) {
            if ((only == NULL || only == &peer->script) &&
                base_text_is(kind, at->opened.stream->name)) {
                told += notify(at, "result", value, &act->cause, at->reply) != NULL;
            }
        }
    }
    return told > 0 ? NULL : "there is no such stream";
}

void space_host_streams(struct script_host *host) {
    host->quiet = host_quiet;
    host->flood = host_flood;
    host->late = host_late;
    host->stream_id = host_stream_id;
    host->stop = host_stop;
    host->notify = host_notify;
}
