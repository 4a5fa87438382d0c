/* The ring of events, of which the capacity is a power of two. A record is a head of fixed size and
 * its texts behind one another, and never goes round the ring's end: a filler stands there in its
 * place. */
#include "space/events.h"

#include <assert.h>
#include <string.h>
#include "base/mem.h"

#define FIRST_CAPACITY 4096
#define TEXTS 7
#define ID_MAX 64
#define ALIGN 8

struct record {
    uint32_t size; /* with its texts, a multiple of ALIGN */
    uint8_t kind;  /* SCRIPT_EVENT_KINDS: a filler */
    bool post, batch;
    uint16_t code;
    uint32_t ordinal;
    uint32_t sizes[TEXTS];
    uint64_t seq, now_us, cause, call, occurrence, payload;
    const struct space_series *series;
    const struct space_method *method;
};

void space_events_init(struct space_events *events, size_t budget) {
    assert(budget >= FIRST_CAPACITY);
    *events = (struct space_events){.budget = budget, .first_seq = 1};
}

void space_events_free(struct space_events *events) {
    base_free(events->data);
    events->data = NULL;
    events->capacity = 0;
    events->begin = events->end = 0;
}

void space_events_forget(struct space_events *events) {
    space_events_free(events);
    events->first_seq = events->last + 1;
}

static struct record *at(const struct space_events *events, uint64_t place) {
    return (struct record *)(void *)(events->data + (place & (events->capacity - 1)));
}

/* Bytes to the ring's end. */
static size_t left_at(const struct space_events *events, uint64_t place) {
    return events->capacity - (size_t)((place & (events->capacity - 1)));
}

/* What is skipped in place of a record: the rest of the ring that is too small for one. */
static size_t filler_at(const struct space_events *events, uint64_t place) {
    size_t left = left_at(events, place);
    bool fills = left < sizeof(struct record) || at(events, place)->kind == SCRIPT_EVENT_KINDS;
    return fills ? left : 0;
}

static void drop_first(struct space_events *events) {
    events->begin += filler_at(events, events->begin);
    if (events->begin < events->end) {
        events->begin += at(events, events->begin)->size;
        events->first_seq++;
    }
}

/* Doubles the ring; records are moved one by one, as they lie otherwise in the larger one. */
static bool enlarge(struct space_events *events) {
    size_t capacity = events->capacity > 0 ? events->capacity * 2 : FIRST_CAPACITY;
    char *data = capacity <= events->budget ? base_alloc(capacity) : NULL;
    if (data == NULL) {
        return false;
    }
    size_t used = 0;
    for (uint64_t place = events->begin; place < events->end;) {
        place += filler_at(events, place);
        if (place < events->end) {
            size_t size = at(events, place)->size;
            memcpy(data + used, at(events, place), size);
            used += size;
            place += size;
        }
    }
    base_free(events->data);
    events->data = data;
    events->capacity = capacity;
    events->begin = 0;
    events->end = used;
    return true;
}

/* Room for `size` bytes in one piece; NULL: there can be none. */
static struct record *reserve(struct space_events *events, size_t size) {
    size_t room = events->capacity > 0 ? left_at(events, events->end) : 0;
    if (size <= room && events->end + size - events->begin <= events->capacity) {
        return at(events, events->end); /* nearly always */
    }
    for (;;) {
        size_t left = events->capacity > 0 ? left_at(events, events->end) : 0;
        size_t skip = left < size ? left : 0;
        if (events->capacity > 0 && events->end + skip + size - events->begin <= events->capacity) {
            if (skip >= sizeof(struct record)) {
                at(events, events->end)->kind = SCRIPT_EVENT_KINDS;
            }
            events->end += skip;
            return at(events, events->end);
        }
        if (enlarge(events)) {
            continue;
        }
        if (events->begin >= events->end) {
            return NULL;
        }
        drop_first(events);
        if (events->begin == events->end) {
            events->begin = events->end = 0; /* whole again */
        }
    }
}

/* Copies a text behind the others and notes its size. */
static inline char *put(char *to, struct substrate_text text, uint32_t *size) {
    *size = (uint32_t)text.size;
    if (text.size > 0) {
        memcpy(to, text.data, text.size);
    }
    return to + text.size;
}

static void put_texts(struct record *record, const struct space_event *event) {
    char *to = (char *)(record + 1);
    to = put(to, event->label, &record->sizes[0]);
    to = put(to, event->rule, &record->sizes[1]);
    to = put(to, event->name, &record->sizes[2]);
    to = put(to, event->by, &record->sizes[3]);
    to = put(to, event->id, &record->sizes[4]);
    to = put(to, event->head, &record->sizes[5]);
    (void)put(to, event->members, &record->sizes[6]);
}

uint64_t space_events_add(struct space_events *events, struct space_event *event) {
    event->seq = ++events->last;
    event->id.size = event->id.size < ID_MAX ? event->id.size : ID_MAX;
    size_t size = sizeof(struct record) + event->label.size + event->rule.size + event->name.size +
                  event->by.size + event->id.size + event->head.size + event->members.size;
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    struct record *record = size <= events->budget / 2 ? reserve(events, size) : NULL;
    if (record == NULL) {
        space_events_forget(events);
        return event->seq;
    }
    record->size = (uint32_t)size;
    record->kind = (uint8_t)event->kind;
    record->post = event->post;
    record->batch = event->batch;
    record->code = event->code;
    record->ordinal = event->ordinal;
    record->seq = event->seq;
    record->now_us = event->now_us;
    record->cause = event->cause;
    record->call = event->call;
    record->occurrence = event->occurrence;
    record->payload = event->size;
    record->series = event->series;
    record->method = event->method;
    put_texts(record, event);
    events->end += size;
    return event->seq;
}

static const char *get(const char *from, uint32_t size, struct substrate_text *text) {
    *text = (struct substrate_text){from, size};
    return from + size;
}

bool space_events_next(const struct space_events *events, struct space_events_walk *walk,
                       struct space_event *event) {
    uint64_t place = walk->at > events->begin ? walk->at : events->begin;
    if (place < events->end) {
        place += filler_at(events, place);
    }
    if (place >= events->end) {
        return false;
    }
    const struct record *record = at(events, place);
    *event = (struct space_event){.kind = (enum script_event_kind)record->kind,
                                  .post = record->post,
                                  .batch = record->batch,
                                  .code = record->code,
                                  .ordinal = record->ordinal,
                                  .seq = record->seq,
                                  .now_us = record->now_us,
                                  .cause = record->cause,
                                  .call = record->call,
                                  .occurrence = record->occurrence,
                                  .size = record->payload,
                                  .series = record->series,
                                  .method = record->method};
    const char *from = (const char *)(record + 1);
    from = get(from, record->sizes[0], &event->label);
    from = get(from, record->sizes[1], &event->rule);
    from = get(from, record->sizes[2], &event->name);
    from = get(from, record->sizes[3], &event->by);
    from = get(from, record->sizes[4], &event->id);
    from = get(from, record->sizes[5], &event->head);
    (void)get(from, record->sizes[6], &event->members);
    walk->at = place + record->size;
    return true;
}
