/* Requests that the recording does not answer: counted, said once each, and listed. */
#include "space/state.h"

#include <stdlib.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* Beyond so many different ones they are only counted. */
#define NOTES_MAX 10000

static void say(const struct space_unmatched *what) {
    struct substrate_text request = what->request;
    struct substrate_error line; /* in which control characters are none */
    (void)base_fail(&line, SUBSTRATE_E_NOT_FOUND, "unmatched request: %.*s%s: %.*s",
                    (int)(request.size < 200 ? request.size : 200), request.data,
                    request.size > 200 ? "..." : "", (int)what->reason.size, what->reason.data);
    (void)fprintf(stderr, "mocknode: %s\n", line.message);
}

/* A line on standard error and a place in the list the first time, then only a count. */
static void note_unmatched(struct space *space, const struct space_unmatched *what) {
    struct space_unmatched *note = base_map_get(&space->unmatched_map, what->request);
    if (note != NULL) {
        note->count++;
        return;
    }
    note = space->unmatched_map.count < NOTES_MAX ? space_keep(space, sizeof(*note)) : NULL;
    if (note == NULL) {
        return;
    }
    note->method = space_keep_text(space, what->method);
    note->request = space_keep_text(space, what->request);
    note->reason = space_keep_text(space, what->reason);
    note->nearest = space_keep_text(space, what->nearest);
    note->count = 1;
    if (note->method.data != NULL && note->request.data != NULL && note->reason.data != NULL &&
        note->nearest.data != NULL) {
        (void)base_map_put(&space->unmatched_map, note->request, note);
    }
    if (!space->config.quiet) {
        say(what);
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
    space->counts.unmatched++;
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

uint64_t space_unmatched_ever(const struct space *space) { return space->unmatched_ever; }
