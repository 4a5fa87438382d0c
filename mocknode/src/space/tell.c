/* The one place where a space says what happened: each event gets its number, goes to the journal
 * (and, with --journal, to its file), and then the script hears of it. */
#include "space/state.h"

#include "base/json.h"
#include "base/text.h"

#define REFUSED_FIRST 64 /* bytes of what was refused */

const char *const space_by_names[] = {
    [SCRIPT_BY_NOBODY] = "",
    [SCRIPT_BY_PEER] = "peer",
    [SCRIPT_BY_NODE] = "node",
    [SCRIPT_BY_RESET] = "reset",
};

static void write_line(struct space *space, const struct space_event *event) {
    struct base_buf *line = &space->line;
    base_buf_reset(line);
    space_event_write(event, &space->name, line);
    base_buf_char(line, '\n');
    if (!line->failed) {
        (void)fwrite(line->data, 1, line->size, space->config.journal);
    }
}

/* The name that an event goes by: of a signal, a rule, or a kind of stream. */
static struct substrate_text name_of(const struct script_event *event) {
    return event->name.size > 0 ? event->name : event->rule.size > 0 ? event->rule : event->stream;
}

/* Into the journal, and to its file. */
static void keep(struct space *space, struct space_event *kept) {
    (void)space_events_add(&space->events, kept);
    if (space->config.journal != NULL) {
        write_line(space, kept);
    }
}

void space_record(struct space *space, struct script_event *event, const struct space_note *note) {
    struct space_event kept = {.kind = event->kind,
                               .post = event->post,
                               .batch = event->batch,
                               .code = event->code,
                               .now_us = space->now,
                               .cause = event->cause.seq,
                               .name = name_of(event),
                               .id = event->id};
    if (event->peer != NULL) {
        kept.ordinal = event->peer->ordinal;
        kept.label = event->peer->label_text;
    }
    if (event->cause.depth > 0) {
        kept.rule = script_cause_rule(space->run, &event->cause);
    }
    static const uint32_t with_head =
        SCRIPT_BIT(SCRIPT_ARRIVED) | SCRIPT_BIT(SCRIPT_HEAD) | SCRIPT_BIT(SCRIPT_FINALIZED);
    if ((with_head & SCRIPT_BIT(event->kind)) != 0) {
        kept.head =
            (struct substrate_text){(const char *)event->head.bytes, sizeof(event->head.bytes)};
    }
    if (event->by != SCRIPT_BY_NOBODY) {
        kept.by = base_text(space_by_names[event->by]);
    }
    if (note != NULL) {
        kept.call = note->call;
        kept.size = note->size;
        kept.series = note->series;
        kept.method = note->method;
        kept.occurrence = event->occurrence > 0 ? event->occurrence - 1 : 0;
        kept.by = note->by.size > 0 ? note->by : kept.by;
        kept.members = note->members;
    }
    keep(space, &kept);
    event->seq = kept.seq;
    if (space->waits != NULL) {
        space_waits_told(space, event);
    }
}

uint64_t space_record_unheard(const struct space_call *call, const struct space_flight *flight,
                              struct space_event *kept) {
    const struct space_peer *peer = call->peer;
    struct space *space = peer->space;
    kept->post = !peer->websocket;
    kept->now_us = space->now;
    kept->ordinal = peer->script.ordinal;
    kept->label = peer->label;
    kept->cause = call->item.cause.seq;
    kept->occurrence = flight->occurrence;
    kept->series = flight->series;
    kept->method = flight->method;
    if (call->item.cause.depth > 0) {
        kept->rule = script_cause_rule(space->run, &call->item.cause);
    }
    keep(space, kept);
    return kept->seq;
}

bool space_is_heard(const struct space *space, enum script_event_kind kind) {
    return space->waits != NULL || script_listens(space->run, kind);
}

void space_tell(struct space *space, struct script_event *event, const struct space_note *note) {
    space_record(space, event, note);
    if (script_listens(space->run, event->kind)) {
        script_tell(space->run, event, space->now);
    }
}

struct script_event space_event_of(struct space_peer *peer, enum script_event_kind kind) {
    return (struct script_event){
        .kind = kind, .peer = &peer->script, .address = peer->address, .post = !peer->websocket};
}

struct script_event space_event_of_flight(struct space_call *call,
                                          const struct space_flight *flight,
                                          enum script_event_kind kind) {
    struct script_event event = space_event_of(call->peer, kind);
    event.item = &call->item;
    event.cause = call->item.cause;
    event.batch = call->flight_count > 1;
    event.method = flight->name;
    event.occurrence = flight->occurrence + 1;
    event.id = (struct substrate_text){call->ids.data + flight->id_at, flight->id_size};
    if (flight->method != NULL) {
        event.sent = flight->method->name;
        event.request = flight->series->request;
    }
    return event;
}

struct space_note space_note_of_flight(const struct space_flight *flight) {
    return (struct space_note){
        .call = flight->arrived, .series = flight->series, .method = flight->method};
}

void space_tell_refused(struct space_peer *peer, struct substrate_text why, uint64_t size,
                        struct substrate_text beginning) {
    char room[256];
    struct base_buf members = BASE_BUF_ON(room);
    size_t first = beginning.size < REFUSED_FIRST ? beginning.size : REFUSED_FIRST;
    base_buf_str(&members, "\"why\":");
    base_json_write_string(&members, why);
    base_buf_str(&members, ",\"first\":");
    base_json_write_hex(&members, (struct substrate_bytes){(const uint8_t *)beginning.data, first});
    struct space_note note = {.size = size, .members = base_buf_view(&members)};
    struct script_event event = space_event_of(peer, SCRIPT_REFUSED);
    space_tell(peer->space, &event, &note);
    base_buf_free(&members);
}
