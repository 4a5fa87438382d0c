/* Events as JSON: for mock_events, and for the lines of --journal. */
#include "space/events.h"

#include "base/json.h"

static void number(struct base_buf *out, const char *member, uint64_t value) {
    base_buf_str(out, member);
    base_buf_u64(out, value);
}

static void text(struct base_buf *out, const char *member, struct substrate_text value) {
    if (value.size > 0) {
        base_buf_str(out, member);
        base_json_write_string(out, value);
    }
}

/* The raw id; one that was cut is no JSON any more, and stands as a string. */
static void id(struct base_buf *out, struct substrate_text raw) {
    struct base_json value;
    if (raw.size > 0) {
        base_buf_str(out, ",\"id\":");
        if (base_json_parse(raw, 1, &value, NULL) == SUBSTRATE_OK) {
            base_buf_text(out, raw);
        } else {
            base_json_write_string(out, raw);
        }
    }
}

static void cause(struct base_buf *out, const struct space_event *event) {
    if (event->cause > 0) {
        number(out, ",\"cause\":{\"event\":", event->cause);
        text(out, ",\"rule\":", event->rule);
        base_buf_char(out, '}');
    }
}

/* What an event says of the call that it is about. */
static void call(struct base_buf *out, const struct space_event *event) {
    if (event->call > 0) {
        number(out, event->kind == SCRIPT_WRITTEN ? ",\"text\":" : ",\"call\":", event->call);
    }
    if (event->method != NULL) {
        text(out, ",\"method\":", event->method->name);
    }
    if (event->series != NULL) {
        text(out, ",\"request\":", event->series->request);
        number(out, ",\"occurrence\":", event->occurrence + 1); /* for people from 1 */
    }
    id(out, event->id);
}

void space_event_write(const struct space_event *event, const struct substrate_text *space,
                       struct base_buf *out) {
    base_buf_char(out, '{');
    if (space != NULL) {
        base_buf_str(out, "\"space\":");
        base_json_write_string(out, *space);
        base_buf_char(out, ',');
    }
    number(out, "\"seq\":", event->seq);
    number(out, ",\"clock\":", event->now_us * 1000);
    base_buf_format(out, ",\"event\":\"%s\"", script_event_names[event->kind]);
    if (event->ordinal > 0) {
        number(out, ",\"conn\":", event->ordinal);
        base_buf_str(out, ",\"label\":");
        base_json_write_string(out, event->label);
    }
    cause(out, event);
    call(out, event);
    text(out, ",\"name\":", event->name);
    text(out, ",\"by\":", event->by);
    if (event->code > 0) {
        number(out, ",\"code\":", event->code);
    }
    if (event->size > 0) {
        number(out, ",\"size\":", event->size);
    }
    base_buf_str(out, event->post ? ",\"post\":true" : "");
    base_buf_str(out, event->batch ? ",\"batch\":true" : "");
    if (event->members.size > 0) {
        base_buf_char(out, ',');
        base_buf_text(out, event->members);
    }
    base_buf_char(out, '}');
}
