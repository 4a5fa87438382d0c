/* The one place where a space says what happened: each event gets its number, goes to the journal,
 * and, with --journal, to its file. */
#include "space/state.h"

#include "base/json.h"
#include "base/text.h"

#define REFUSED_FIRST 64 /* bytes of what was refused */

static void write_line(struct space *space, const struct space_event *event) {
    struct base_buf *line = &space->line;
    base_buf_reset(line);
    space_event_write(event, &space->name, line);
    base_buf_char(line, '\n');
    if (!line->failed) {
        (void)fwrite(line->data, 1, line->size, space->config.journal);
    }
}

uint64_t space_tell(struct space *space, struct space_event *event) {
    event->now_us = space->now;
    uint64_t seq = space_events_add(&space->events, event);
    if (space->config.journal != NULL) {
        write_line(space, event);
    }
    return seq;
}

struct space_event space_event_of(const struct space_peer *peer, enum space_event_kind kind) {
    return (struct space_event){
        .kind = kind, .ordinal = peer->ordinal, .label = peer->label, .post = !peer->websocket};
}

struct space_event space_event_of_call(const struct space_call *call,
                                       const struct space_flight *flight,
                                       enum space_event_kind kind) {
    struct space_event event = space_event_of(call->peer, kind);
    event.batch = call->flight_count > 1;
    event.call = flight->arrived;
    event.series = flight->series;
    event.method = flight->method;
    event.occurrence = flight->occurrence;
    return event;
}

void space_tell_refused(const struct space_peer *peer, struct substrate_text why,
                        struct substrate_text text) {
    char room[256];
    struct base_buf members = BASE_BUF_ON(room);
    struct space_event event = space_event_of(peer, SPACE_EVENT_REFUSED);
    size_t first = text.size < REFUSED_FIRST ? text.size : REFUSED_FIRST;
    base_buf_str(&members, "\"why\":");
    base_json_write_string(&members, why);
    base_buf_str(&members, ",\"first\":");
    base_json_write_hex(&members, (struct substrate_bytes){(const uint8_t *)text.data, first});
    event.size = text.size;
    event.members = base_buf_view(&members);
    (void)space_tell(peer->space, &event);
    base_buf_free(&members);
}

void space_tell_call(const struct space_call *call, enum space_event_kind kind,
                     struct substrate_text name, struct substrate_text by) {
    for (size_t i = 0; i < call->flight_count; i++) {
        struct space_event event = space_event_of_call(call, &call->flights[i], kind);
        event.name = name;
        event.by = by;
        (void)space_tell(call->peer->space, &event);
    }
}

void space_tell_subscription(const struct space_peer *peer, enum space_event_kind kind,
                             const struct space_subscription *subscription) {
    struct space_event event = space_event_of(peer, kind);
    char id[SPACE_ID_SIZE + 2 + sizeof("\"subscription\":")];
    int size =
        snprintf(id, sizeof(id), "\"subscription\":\"%.*s\"", SPACE_ID_SIZE, subscription->id);
    event.call = subscription->subscribed;
    event.name = base_text(subscription->opened.stream->notification);
    event.members = (struct substrate_text){id, (size_t)size};
    (void)space_tell(peer->space, &event);
}

static void write_place(struct base_buf *out, const struct chain_block *block) {
    base_buf_format(out, "{\"number\":%llu,\"hash\":", (unsigned long long)block->number);
    base_json_write_hex(out, (struct substrate_bytes){block->hash.bytes, 32});
    base_buf_char(out, '}');
}

void space_tell_head(struct space *space, enum space_event_kind kind,
                     const struct chain_block *from, const struct chain_block *to) {
    char room[256];
    struct base_buf members = BASE_BUF_ON(room);
    struct space_event event = {.kind = kind};
    base_buf_str(&members, "\"from\":");
    write_place(&members, from);
    base_buf_str(&members, ",\"to\":");
    write_place(&members, to);
    event.members = base_buf_view(&members);
    (void)space_tell(space, &event);
    base_buf_free(&members);
}
