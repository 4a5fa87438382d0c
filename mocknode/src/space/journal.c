/* Requests as journals: one entry per request in a bounded ring (the raw journal, a log), and what
 * is worked out of it (the canonical journal, the same for any interleaving of a fixed workload).
 */
#include "space/state.h"

#include <stdlib.h>
#include <string.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#define JOURNAL_MAX 131072

const struct space_page space_page_all = {0, UINT64_MAX, SIZE_MAX};

static const char *const outcome_names[] = {
    [SPACE_RESULT] = "result",
    [SPACE_ERROR] = "error",
    [SPACE_UNMATCHED] = "unmatched",
    [SPACE_NONE] = "notification",
};

static struct space_entry *entry_at(const struct space *space, uint64_t place) {
    return &space->journal[place % JOURNAL_MAX];
}

static void write_entry(const struct space *space, const struct space_entry *entry, uint64_t place,
                        struct base_buf *out) {
    base_buf_format(out, "{\"seq\":%llu,\"conn\":%u,\"label\":",
                    (unsigned long long)(place - space->journal_base), entry->ordinal);
    base_json_write_string(out, entry->series->label);
    base_buf_str(out, ",\"id\":");
    struct substrate_text id = {entry->id, entry->id_size};
    struct base_json value;
    if (id.size == 0) {
        base_buf_str(out, "null");
    } else if (base_json_parse(id, 1, &value, NULL) == SUBSTRATE_OK) {
        base_buf_text(out, id);
    } else { /* a long id that was cut */
        base_json_write_string(out, id);
    }
    base_buf_str(out, ",\"method\":");
    base_json_write_string(out, entry->method->name);
    base_buf_str(out, ",\"request\":");
    base_json_write_string(out, entry->series->request);
    base_buf_format(out,
                    ",\"occurrence\":%llu,\"outcome\":\"%s\",\"latency_us\":%llu,"
                    "\"arrived_us\":%llu,\"arrived_seq\":%llu,\"emitted_us\":",
                    (unsigned long long)entry->occurrence + 1, outcome_names[entry->outcome],
                    (unsigned long long)entry->latency_us, (unsigned long long)entry->arrived_us,
                    (unsigned long long)entry->arrived);
    if (entry->emitted > 0) {
        base_buf_u64(out, entry->emitted_us);
        base_buf_str(out, ",\"emitted_seq\":");
        base_buf_u64(out, entry->emitted);
    } else {
        base_buf_str(out, "null,\"emitted_seq\":null");
    }
    base_buf_char(out, '}');
}

uint64_t space_journal_add(struct space *space, const struct space_entry *entry) {
    uint64_t place = space->journal_end;
    if (place < JOURNAL_MAX && !base_grow((void **)&space->journal, &space->journal_capacity,
                                          (size_t)place + 1, sizeof(*space->journal))) {
        return UINT64_MAX;
    }
    *entry_at(space, place) = *entry;
    space->journal_end++;
    if (space->journal_end - space->journal_begin > JOURNAL_MAX) {
        space->journal_begin++;
    }
    return place;
}

struct space_entry *space_journal_entry(struct space *space, uint64_t place) {
    bool kept = place >= space->journal_begin && place < space->journal_end;
    return kept ? entry_at(space, place) : NULL;
}

static void forget_flights(struct space *space) {
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        for (struct space_call *call = peer->calls; call != NULL; call = call->next) {
            for (size_t i = 0; i < call->flight_count; i++) {
                struct space_flight *flight = &call->flights[i];
                if (flight->method != NULL && flight->name.data == flight->method->name.data) {
                    flight->name = (struct substrate_text){NULL, 0};
                }
                flight->series = NULL;
                flight->method = NULL;
            }
        }
    }
}

/* Places go on growing, so that a call from before a reset finds its entry gone. */
void space_journal_reset(struct space *space) {
    space->journal_begin = space->journal_base = space->journal_end;
    space_events_forget(&space->events);
    forget_flights(space);
    base_idmap_free(&space->series);
    base_map_free(&space->methods);
    base_map_free(&space->unmatched_map);
    base_arena_free(&space->memory);
    space_journal_start(space);
}

void space_journal_start(struct space *space) {
    base_idmap_init(&space->series);
    base_map_init(&space->methods, space->seed);
    base_map_init(&space->unmatched_map, space->seed);
    base_arena_init(&space->memory, 16384);
    space->memory_used = 0;
    space->texts_full = false;
    space->last_method = NULL;
    space->others = (struct space_series){
        .request = BASE_TEXT("(a request beyond the space's budget for texts)")};
}

static int canonically(const void *left, const void *right) {
    const struct space_entry *const *a = left, *const *b = right;
    int order = base_text_compare((*a)->series->label, (*b)->series->label);
    if (order == 0) {
        order = base_text_compare((*a)->series->request, (*b)->series->request);
    }
    if (order == 0 && (*a)->occurrence != (*b)->occurrence) {
        order = (*a)->occurrence < (*b)->occurrence ? -1 : 1;
    }
    return order;
}

/* ---- pages ---- */

/* A page that is being written. */
struct paging {
    const struct space_page *page;
    const char *between; /* two of its entries */
    struct base_buf *out;
    size_t begin, count;
};

static struct paging paging_begin(const struct space_page *page, const char *between,
                                  struct base_buf *out) {
    return (struct paging){page, between, out, out->size, 0};
}

/* Is there room for another entry? Then what separates it from the last one is written. */
static bool paging_next(struct paging *paging) {
    const struct space_page *page = paging->page;
    bool room = paging->count < page->limit && paging->out->size - paging->begin <= page->size_max;
    if (room) {
        base_buf_str(paging->out, paging->count++ > 0 ? paging->between : "");
    }
    return room;
}

/* Neither ids nor clocks nor ordinals. */
static void write_canonical_entry(const struct space *space, const struct space_entry *entry,
                                  struct base_buf *out) {
    base_buf_str(out, "{\"space\":");
    base_json_write_string(out, space->name);
    base_buf_str(out, ",\"label\":");
    base_json_write_string(out, entry->series->label);
    base_buf_str(out, ",\"request\":");
    base_json_write_string(out, entry->series->request);
    base_buf_format(out,
                    ",\"occurrence\":%llu,\"outcome\":\"%s\",\"latency_us\":%llu,"
                    "\"digest\":\"%016llx\"}",
                    (unsigned long long)entry->occurrence + 1, outcome_names[entry->outcome],
                    (unsigned long long)entry->latency_us, (unsigned long long)entry->digest);
}

/* Those that the page has of all, sorted. Returns the number to go on from. */
static uint64_t write_canonical(const struct space *space, struct paging *paging) {
    size_t count = (size_t)(space->journal_end - space->journal_begin);
    const struct space_entry **sorted = base_calloc(count + 1, sizeof(struct space_entry *));
    uint64_t at = paging->page->from < count ? paging->page->from : count;
    if (sorted == NULL) {
        paging->out->failed = true;
        return at;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = entry_at(space, space->journal_begin + i);
    }
    if (count > 0) {
        qsort(sorted, count, sizeof(struct space_entry *), canonically);
    }
    for (; at < count && paging_next(paging); at++) {
        write_canonical_entry(space, sorted[at], paging->out);
    }
    base_free(sorted);
    return at;
}

static uint64_t write_raw(const struct space *space, struct paging *paging) {
    uint64_t first = space->journal_begin - space->journal_base;
    uint64_t end = space->journal_end - space->journal_base;
    uint64_t at = paging->page->from < first ? first : paging->page->from;
    for (at = at < end ? at : end; at < end && paging_next(paging); at++) {
        uint64_t place = at + space->journal_base;
        write_entry(space, entry_at(space, place), place, paging->out);
    }
    return at;
}

void space_write_journal(struct space *space, bool canonical, const struct space_page *page,
                         struct base_buf *out) {
    base_buf_format(out, "{\"form\":\"%s\",\"dropped\":%llu,\"entries\":[",
                    canonical ? "canonical" : "raw",
                    (unsigned long long)(space->journal_begin - space->journal_base));
    struct paging paging = paging_begin(page, ",", out);
    uint64_t next = canonical ? write_canonical(space, &paging) : write_raw(space, &paging);
    base_buf_format(out, "],\"next\":%llu}", (unsigned long long)next);
}

void space_write_canonical_lines(struct space *space, struct base_buf *out) {
    struct paging paging = paging_begin(&space_page_all, "\n", out);
    (void)write_canonical(space, &paging);
    if (space->journal_end > space->journal_begin) {
        base_buf_char(out, '\n');
    }
}

void space_write_events(struct space *space, const struct space_page *page, struct base_buf *out) {
    struct space_events_walk walk = {0};
    struct space_event event;
    uint64_t next = space->events.last + 1;
    base_buf_format(out, "{\"first\":%llu,\"events\":[",
                    (unsigned long long)space->events.first_seq);
    struct paging paging = paging_begin(page, ",", out);
    while (space_events_next(&space->events, &walk, &event)) {
        if (event.seq < page->from) {
            continue;
        }
        if (!paging_next(&paging)) {
            next = event.seq;
            break;
        }
        space_event_write(&event, NULL, out);
    }
    base_buf_format(out, "],\"next\":%llu}", (unsigned long long)next);
}
