/* The ring of events, of which the capacity is a power of two. A record is what all events have, of
 * fixed size, and its texts, if there are any, behind one another. It never goes round the ring's
 * end: a filler stands there in its place. */
#include "space/events.h"

#include <assert.h>
#include <string.h>
#include "base/mem.h"

#define FIRST_CAPACITY 4096
#define TEXTS 7
#define ID_MAX 64
#define ALIGN 8

struct record {
    uint32_t size;  /* with its texts, a multiple of ALIGN; 0: a filler to the ring's end */
    uint32_t texts; /* bytes behind `fixed`: the sizes of the texts, and they; 0: there are none */
    unsigned char fixed[SPACE_EVENT_FIXED];
};
_Static_assert(sizeof(struct record) % ALIGN == 0, "records are aligned");

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

/* What is skipped in place of a record. */
static size_t filler_at(const struct space_events *events, uint64_t place) {
    return at(events, place)->size == 0 ? left_at(events, place) : 0;
}

static void drop_first(struct space_events *events) {
    events->begin += filler_at(events, events->begin);
    if (events->begin < events->end) {
        events->begin += at(events, events->begin)->size;
        events->first_seq++;
    }
}

/* Doubles the ring, as long as nothing was dropped: its records then stand from its start on. */
static bool enlarge(struct space_events *events) {
    size_t capacity = events->capacity > 0 ? events->capacity * 2 : FIRST_CAPACITY;
    bool may = events->begin == 0 && capacity <= events->budget;
    char *data = may ? base_resize(events->data, capacity) : NULL;
    if (data == NULL) {
        return false;
    }
    events->data = data;
    events->capacity = capacity;
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
            if (skip > 0) {
                at(events, events->end)->size = 0;
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

static size_t texts_size(const struct space_event *event) {
    size_t size = event->label.size + event->rule.size + event->name.size + event->by.size +
                  event->id.size + event->head.size + event->members.size;
    return size > 0 ? TEXTS * sizeof(uint32_t) + size : 0;
}

/* Copies a text behind the others and notes its size. */
static char *put(char *to, struct substrate_text text, uint32_t *size) {
    *size = (uint32_t)text.size;
    if (text.size > 0) {
        memcpy(to, text.data, text.size);
    }
    return to + text.size;
}

static void put_texts(struct record *record, const struct space_event *event) {
    uint32_t *sizes = (uint32_t *)(record + 1);
    char *to = (char *)(sizes + TEXTS);
    to = put(to, event->label, &sizes[0]);
    to = put(to, event->rule, &sizes[1]);
    to = put(to, event->name, &sizes[2]);
    to = put(to, event->by, &sizes[3]);
    to = put(to, event->id, &sizes[4]);
    to = put(to, event->head, &sizes[5]);
    (void)put(to, event->members, &sizes[6]);
}

uint64_t space_events_add(struct space_events *events, struct space_event *event) {
    event->seq = ++events->last;
    event->id.size = event->id.size < ID_MAX ? event->id.size : ID_MAX;
    size_t texts = texts_size(event);
    size_t size = (sizeof(struct record) + texts + ALIGN - 1) / ALIGN * ALIGN;
    struct record *record = size <= events->budget / 2 ? reserve(events, size) : NULL;
    if (record == NULL) {
        space_events_forget(events);
        return event->seq;
    }
    record->size = (uint32_t)size;
    record->texts = (uint32_t)texts;
    memcpy(record->fixed, event, sizeof(record->fixed));
    if (texts > 0) {
        put_texts(record, event);
    }
    events->end += size;
    return event->seq;
}

static const char *get(const char *from, uint32_t size, struct substrate_text *text) {
    *text = (struct substrate_text){from, size};
    return from + size;
}

static void get_texts(const struct record *record, struct space_event *event) {
    const uint32_t *sizes = (const uint32_t *)(record + 1);
    const char *from = (const char *)(sizes + TEXTS);
    from = get(from, sizes[0], &event->label);
    from = get(from, sizes[1], &event->rule);
    from = get(from, sizes[2], &event->name);
    from = get(from, sizes[3], &event->by);
    from = get(from, sizes[4], &event->id);
    from = get(from, sizes[5], &event->head);
    (void)get(from, sizes[6], &event->members);
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
    memset(event, 0, sizeof(*event));
    memcpy(event, record->fixed, sizeof(record->fixed));
    if (record->texts > 0) {
        get_texts(record, event);
    }
    walk->at = place + record->size;
    return true;
}
