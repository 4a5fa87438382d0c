/* The script's host: the events that it makes, and what it asks. What it does to sockets, streams
 * and the chain stands in host_sockets.c, streams.c and head.c. */
#include "space/state.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

static bool host_owed(void *context, struct script_item *item, size_t index,
                      struct script_event *event) {
    struct space_call *call = (struct space_call *)(void *)item;
    (void)context;
    if (call->kind == SPACE_NOTIFICATION) {
        *event = space_event_of(call->peer, SCRIPT_NOTIFIED);
        event->stream = base_text(call->stream->name);
        event->subscription = call->subscription;
        event->item = item;
        return index == 0 && call->notified == 0;
    }
    size_t left = index;
    for (size_t i = 0; i < call->flight_count; i++) {
        if (call->flights[i].answered == 0 && left-- == 0) {
            *event = space_event_of_flight(call, &call->flights[i], SCRIPT_ANSWERED);
            return true;
        }
    }
    return false;
}

/* ---- events ---- */

/* Tells, for each request that an item is the answer of, that it is held or released. */
static void tell_held(struct space *space, const struct script_act *act, struct script_item *item,
                      enum script_event_kind kind, struct substrate_text by,
                      struct substrate_text end) {
    struct space_call *call = (struct space_call *)(void *)item;
    size_t count = call->flight_count > 0 ? call->flight_count : 1;
    for (size_t i = 0; i < count; i++) {
        struct script_event event = space_event_of(call->peer, kind);
        struct space_note note = {.call = call->subscribed};
        if (i < call->flight_count) {
            event = space_event_of_flight(call, &call->flights[i], kind);
            note = space_note_of_flight(&call->flights[i]);
        } else if (call->stream != NULL) {
            event.stream = base_text(call->stream->name);
        }
        event.item = item;
        event.cause = act->cause;
        event.name = by;
        event.id.size = 0;
        note.by = end;
        space_tell(space, &event, &note);
    }
}

static void host_held(void *context, const struct script_act *act, struct script_item *item,
                      struct substrate_text by) {
    tell_held(context, act, item, SCRIPT_HELD, by, (struct substrate_text){NULL, 0});
}

/* The members of one gate that a limit releases at once count once. */
static void count_limit(struct space *space, struct substrate_text by) {
    struct substrate_bytes bytes = {(const uint8_t *)by.data, by.size};
    uint64_t digest = base_xxh64(bytes, 0);
    if (space->limit_at != space->now || space->limit_by != digest) {
        space->counts.limits_reached++;
    }
    space->limit_at = space->now;
    space->limit_by = digest;
}

static void host_released(void *context, const struct script_act *act, struct script_item *item,
                          struct substrate_text by, enum script_end end) {
    struct space *space = context;
    if (end == SCRIPT_END_LIMIT) {
        count_limit(space, by);
    }
    tell_held(space, act, item, SCRIPT_RELEASED, by, base_text(script_end_names[end]));
}

/* An effect that an action began is over; it is about no call. */
static void host_ended(void *context, const struct script_act *act, struct script_peer *peer,
                       const char *action, struct substrate_text by, enum script_end end) {
    struct space *space = context;
    char members[64];
    int size = snprintf(members, sizeof(members), "\"action\":\"%s\"", action);
    struct script_event event = {
        .kind = SCRIPT_RELEASED, .cause = act->cause, .peer = peer, .name = by};
    struct space_note note = {.by = base_text(script_end_names[end]),
                              .members = {members, (size_t)size}};
    if (end == SCRIPT_END_LIMIT) {
        count_limit(space, by);
    }
    space_tell(space, &event, &note);
}

static void write_did(const struct script_did *did, size_t count, struct base_buf *out) {
    base_buf_str(out, "\"actions\":[");
    for (size_t i = 0; i < count; i++) {
        base_buf_str(out, i > 0 ? ",{\"action\":" : "{\"action\":");
        base_json_write_string(out, base_text(did[i].action));
        base_buf_str(out, did[i].why == NULL ? ",\"took_effect\":true" : ",\"why_not\":");
        if (did[i].why != NULL) {
            base_json_write_string(out, base_text(did[i].why));
        }
        base_buf_char(out, '}');
    }
    base_buf_char(out, ']');
}

static void tell_firing(struct space *space, const struct script_act *act,
                        enum script_event_kind kind, struct substrate_text rule,
                        const struct script_did *did, size_t count) {
    char room[512];
    struct base_buf members = BASE_BUF_ON(room);
    write_did(did, count, &members);
    struct script_event event = {.kind = kind,
                                 .cause = act->cause,
                                 .peer = act->event != NULL ? act->event->peer : NULL,
                                 .rule = rule};
    struct space_note note = {.members = base_buf_view(&members)};
    space_tell(space, &event, members.failed ? NULL : &note);
    base_buf_free(&members);
}

static void host_fired(void *context, const struct script_act *act, struct substrate_text rule,
                       const struct script_did *did, size_t count) {
    tell_firing(context, act, SCRIPT_FIRED, rule, did, count);
}

static void host_missed(void *context, const struct script_act *act, struct substrate_text rule,
                        const struct script_did *did, size_t count) {
    tell_firing(context, act, SCRIPT_MISSED, rule, did, count);
}

static void host_signal(void *context, const struct script_act *act, struct substrate_text name) {
    struct script_event event = {.kind = SCRIPT_SIGNAL, .cause = act->cause, .name = name};
    space_tell(context, &event, NULL);
}

static void host_chain_too_long(void *context, const struct script_event *event,
                                struct substrate_text rule, const char *why) {
    struct space *space = context;
    struct script_event told = {.kind = SCRIPT_MISSED, .cause = event->cause, .rule = rule};
    char room[128];
    int size = snprintf(room, sizeof(room), "\"error\":\"%s\"", why);
    struct space_note note = {.members = {room, (size_t)size}};
    struct substrate_error line; /* in which control characters are none */
    space->errors_ever++;
    space_record(space, &told, &note); /* heard by no rule: here the chain ends */
    (void)base_fail(&line, SUBSTRATE_E_LIMIT,
                    "rule \"%.*s\" did not fire: %s; at most %d rules one behind another, which "
                    "fire at most %d times",
                    (int)rule.size, rule.data, why, SCRIPT_CHAIN_MAX, SCRIPT_CAUSED_MAX);
    (void)fprintf(stderr, "mocknode: %s\n", line.message);
}

static void host_no_memory(void *context) {
    struct space *space = context;
    space->errors_ever++;
    (void)fprintf(stderr, "mocknode: out of memory: a rule of the script was given up\n");
}

/* ---- questions ---- */

static struct substrate_text host_other_id(void *context, const struct script_event *event) {
    struct space_peer *peer = (struct space_peer *)(void *)event->peer;
    (void)context;
    for (struct space_call *call = peer->calls; call != NULL; call = call->next) {
        for (size_t i = 0; i < call->flight_count; i++) {
            const struct space_flight *flight = &call->flights[i];
            struct substrate_text id = {call->ids.data + flight->id_at, flight->id_size};
            if (flight->answered == 0 && flight->arrived != event->seq) {
                return id;
            }
        }
    }
    return (struct substrate_text){NULL, 0};
}

static uint64_t host_recorded(void *context, struct substrate_text method, double quantile) {
    const struct space *space = context;
    return latencies_at(space->config.latencies, method, quantile);
}

/* Members that were not named keep what stands. */
static const char *host_limits(void *context, const struct script_act *act,
                               const struct script_limits *limits) {
    struct space *space = context;
    const uint64_t *from[] = {&limits->connections, &limits->subscriptions, &limits->request,
                              &limits->reply};
    uint64_t *to[] = {&space->limits.connections, &space->limits.subscriptions,
                      &space->limits.request, &space->limits.reply};
    (void)act;
    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
        if (*from[i] != UINT64_MAX) {
            *to[i] = *from[i];
        }
    }
    return NULL;
}

void space_host_init(struct space *space) {
    struct script_host *host = &space->host;
    *host = (struct script_host){.context = space,
                                 .emit = space_emit,
                                 .owed = host_owed,
                                 .held = host_held,
                                 .released = host_released,
                                 .ended = host_ended,
                                 .fired = host_fired,
                                 .missed = host_missed,
                                 .signal = host_signal,
                                 .chain_too_long = host_chain_too_long,
                                 .no_memory = host_no_memory,
                                 .other_id = host_other_id,
                                 .recorded = host_recorded,
                                 .limits = host_limits};
    space_host_sockets(host);
    space_host_streams(host);
    space_host_chain(host);
}
