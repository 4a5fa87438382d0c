/* What happened in a space: one entry per request in a bounded ring (the raw journal, a log), and
 * what is worked out of it (the canonical journal, the same for any interleaving of a fixed
 * workload). Texts that repeat are kept once. */
#include "space/inner.h"

#include <stdlib.h>
#include <string.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#define JOURNAL_MAX 131072
/* Names of methods are the client's own; beyond this many distinct ones they are counted together.
 */
#define METHODS_MAX 1024

static const char *const outcome_names[] = {
    [SPACE_RESULT] = "result",
    [SPACE_ERROR] = "error",
    [SPACE_UNMATCHED] = "unmatched",
    [SPACE_NOTIFICATION] = "notification",
};

struct space_series *space_series_of(struct space *space, struct substrate_text label,
                                     struct substrate_text request) {
    struct base_buf *key = &space->key;
    base_buf_reset(key);
    base_buf_text(key, label);
    base_buf_char(key, '\0');
    base_buf_text(key, request);
    struct space_series *series =
        key->failed ? NULL : base_map_get(&space->series, base_buf_view(key));
    if (series != NULL || key->failed) {
        return series;
    }
    struct substrate_text copy = base_arena_text(&space->memory, base_buf_view(key));
    series = base_arena_calloc(&space->memory, 1, sizeof(*series));
    if (copy.data == NULL || series == NULL || !base_map_put(&space->series, copy, series)) {
        return NULL;
    }
    series->label = (struct substrate_text){copy.data, label.size};
    series->request = (struct substrate_text){copy.data + label.size + 1, request.size};
    return series;
}

struct space_method *space_method_of(struct space *space, struct substrate_text name) {
    struct space_method *method = base_map_get(&space->methods, name);
    if (method != NULL) {
        return method;
    }
    if (space->methods.count >= METHODS_MAX && !base_text_is(name, "unknown")) {
        return space_method_of(space, BASE_TEXT("unknown"));
    }
    struct substrate_text copy = base_arena_text(&space->memory, name);
    method = base_arena_calloc(&space->memory, 1, sizeof(*method));
    if (copy.data == NULL || method == NULL || !base_map_put(&space->methods, copy, method)) {
        return NULL;
    }
    method->name = copy;
    return method;
}

static struct space_entry *entry_at(const struct space *space, uint64_t place) {
    return &space->journal[place % JOURNAL_MAX];
}

static void write_entry(const struct space *space, const struct space_entry *entry, uint64_t place,
                        struct base_buf *out) {
    base_buf_format(out, "{\"seq\":%llu,\"conn\":%u,\"label\":",
                    (unsigned long long)(place - space->journal_base), entry->peer);
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
                    "\"arrived_us\":%llu,\"emitted_us\":",
                    (unsigned long long)entry->occurrence, outcome_names[entry->outcome],
                    (unsigned long long)entry->latency_us, (unsigned long long)entry->arrived_us);
    if (entry->emitted) {
        base_buf_u64(out, entry->emitted_us);
    } else {
        base_buf_str(out, "null");
    }
    base_buf_char(out, '}');
}

/* The line of a file tells the arrival; a second one will tell the emission. */
static void write_line(struct space *space, const struct space_entry *entry, uint64_t place) {
    struct base_buf line = BASE_BUF_INIT;
    base_buf_str(&line, "{\"space\":");
    base_json_write_string(&line, space->name);
    base_buf_str(&line, ",\"entry\":");
    write_entry(space, entry, place, &line);
    base_buf_str(&line, "}\n");
    if (!line.failed) {
        (void)fwrite(line.data, 1, line.size, space->config.journal);
    }
    base_buf_free(&line);
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
    if (space->config.journal != NULL) {
        write_line(space, entry, place);
    }
    return place;
}

void space_journal_emitted(struct space *space, uint64_t place, uint64_t now) {
    if (place < space->journal_begin || place >= space->journal_end) {
        return;
    }
    struct space_entry *entry = entry_at(space, place);
    entry->emitted = true;
    entry->emitted_us = now - space->started_us;
    if (space->config.journal != NULL) {
        (void)fprintf(space->config.journal, "{\"space\":\"%.*s\",\"emitted\":%llu,\"us\":%llu}\n",
                      (int)space->name.size, space->name.data,
                      (unsigned long long)(place - space->journal_base),
                      (unsigned long long)entry->emitted_us);
    }
}

/* Places go on growing, so that a call from before a reset finds its entry gone. */
void space_journal_reset(struct space *space) {
    space->journal_begin = space->journal_base = space->journal_end;
    base_map_free(&space->series);
    base_map_free(&space->methods);
    base_map_free(&space->unmatched_map);
    base_map_init(&space->series, space->seed);
    base_map_init(&space->methods, space->seed);
    base_map_init(&space->unmatched_map, space->seed);
    base_arena_free(&space->memory);
    base_arena_init(&space->memory, 16384);
}

/* A line on standard error and a place in the list the first time, then only a count. */
static void note_unmatched(struct space *space, const struct space_unmatched *what) {
    struct space_unmatched *note = base_map_get(&space->unmatched_map, what->request);
    struct base_arena *memory = &space->memory;
    if (note != NULL) {
        note->count++;
        return;
    }
    note = base_arena_calloc(memory, 1, sizeof(*note));
    if (note == NULL) {
        return;
    }
    note->method = base_arena_text(memory, what->method);
    note->request = base_arena_text(memory, what->request);
    note->reason = base_arena_text(memory, what->reason);
    note->nearest = base_arena_text(memory, what->nearest);
    note->count = 1;
    if (note->method.data != NULL && note->request.data != NULL) {
        (void)base_map_put(&space->unmatched_map, note->request, note);
    }
    if (!space->config.quiet) {
        struct substrate_text request = what->request;
        (void)fprintf(stderr, "mocknode: unmatched request: %.*s%s: %.*s\n",
                      (int)(request.size < 200 ? request.size : 200), request.data,
                      request.size > 200 ? "..." : "", (int)what->reason.size, what->reason.data);
    }
}

/* {"method","canonical","nearest","reason", without the end: what error and list have in common. */
static void begin_unmatched(const struct space_unmatched *what, struct base_buf *out) {
    base_buf_str(out, "{\"method\":");
    base_json_write_string(out, what->method);
    base_buf_str(out, ",\"canonical\":");
    base_json_write_string(out, what->request);
    base_buf_str(out, ",\"nearest\":");
    base_buf_text(out, what->nearest.size > 0 ? what->nearest : BASE_TEXT("null"));
    base_buf_str(out, ",\"reason\":");
    base_json_write_string(out, what->reason);
}

void space_unmatched(struct space *space, const struct space_unmatched *what,
                     struct base_buf *data) {
    space->unmatched++;
    space->unmatched_ever++;
    note_unmatched(space, what);
    begin_unmatched(what, data);
    base_buf_char(data, '}');
}

static int by_request(const void *left, const void *right) {
    const struct space_unmatched *const *a = left, *const *b = right;
    return base_text_compare((*a)->request, (*b)->request);
}

void space_write_unmatched(const struct space *space, struct base_buf *out) {
    size_t capacity = space->unmatched_map.count, count = 0, cursor = 0;
    struct space_unmatched **sorted = base_calloc(capacity + 1, sizeof(struct space_unmatched *));
    struct substrate_text key;
    void *value;
    while (sorted != NULL && base_map_next(&space->unmatched_map, &cursor, &key, &value)) {
        sorted[count++] = value;
    }
    out->failed = out->failed || sorted == NULL;
    if (count > 0) {
        qsort(sorted, count, sizeof(struct space_unmatched *), by_request);
    }
    base_buf_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        base_buf_str(out, i > 0 ? "," : "");
        begin_unmatched(sorted[i], out);
        base_buf_format(out, ",\"count\":%llu}", (unsigned long long)sorted[i]->count);
    }
    base_buf_char(out, ']');
    base_free(sorted);
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

/* Neither ids nor clocks nor ordinals, and sorted. */
static void write_canonical(const struct space *space, const char *between, struct base_buf *out) {
    size_t count = (size_t)(space->journal_end - space->journal_begin);
    const struct space_entry **sorted = base_calloc(count + 1, sizeof(struct space_entry *));
    out->failed = out->failed || sorted == NULL;
    for (size_t i = 0; i < count && sorted != NULL; i++) {
        sorted[i] = entry_at(space, space->journal_begin + i);
    }
    if (sorted != NULL && count > 0) {
        qsort(sorted, count, sizeof(struct space_entry *), canonically);
    }
    for (size_t i = 0; i < count && sorted != NULL; i++) {
        const struct space_entry *entry = sorted[i];
        base_buf_str(out, i > 0 ? between : "");
        base_buf_str(out, "{\"space\":");
        base_json_write_string(out, space->name);
        base_buf_str(out, ",\"label\":");
        base_json_write_string(out, entry->series->label);
        base_buf_str(out, ",\"request\":");
        base_json_write_string(out, entry->series->request);
        base_buf_format(out,
                        ",\"occurrence\":%llu,\"outcome\":\"%s\",\"latency_us\":%llu,"
                        "\"digest\":\"%016llx\"}",
                        (unsigned long long)entry->occurrence, outcome_names[entry->outcome],
                        (unsigned long long)entry->latency_us, (unsigned long long)entry->digest);
    }
    base_free(sorted);
}

void space_write_journal(struct space *space, bool canonical, struct base_buf *out) {
    base_buf_format(out, "{\"form\":\"%s\",\"dropped\":%llu,\"entries\":[",
                    canonical ? "canonical" : "raw",
                    (unsigned long long)(space->journal_begin - space->journal_base));
    if (canonical) {
        write_canonical(space, ",", out);
    } else {
        for (uint64_t at = space->journal_begin; at < space->journal_end; at++) {
            base_buf_str(out, at > space->journal_begin ? "," : "");
            write_entry(space, entry_at(space, at), at, out);
        }
    }
    base_buf_str(out, "]}");
}

void space_write_canonical_lines(struct space *space, struct base_buf *out) {
    write_canonical(space, "\n", out);
    if (space->journal_end > space->journal_begin) {
        base_buf_char(out, '\n');
    }
}

uint64_t space_unmatched_ever(const struct space *space) { return space->unmatched_ever; }
