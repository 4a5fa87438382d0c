/* Samples by method. */
#include "record/reply_times.h"

#include <stdlib.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

struct samples {
    uint64_t *values;
    size_t count, capacity;
};

void reply_times_init(struct reply_times *times) {
    base_map_init(&times->by_method, 0);
    base_arena_init(&times->arena, 0);
}

void reply_times_free(struct reply_times *times) {
    size_t cursor = 0;
    struct substrate_text key;
    void *samples;
    while (base_map_next(&times->by_method, &cursor, &key, &samples)) {
        base_free(((struct samples *)samples)->values);
    }
    base_map_free(&times->by_method);
    base_arena_free(&times->arena);
}

void reply_times_keep(struct reply_times *times, const char *method, uint64_t spent_us) {
    struct samples *samples = base_map_get(&times->by_method, base_text(method));
    if (samples == NULL) {
        struct substrate_text name = base_arena_text(&times->arena, base_text(method));
        samples = base_arena_calloc(&times->arena, 1, sizeof *samples);
        if (name.data == NULL || samples == NULL ||
            !base_map_put(&times->by_method, name, samples)) {
            return;
        }
    }
    if (base_grow((void **)&samples->values, &samples->capacity, samples->count + 1,
                  sizeof *samples->values)) {
        samples->values[samples->count++] = spent_us;
    }
}

static int compare_u64(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static int compare_keys(const void *left, const void *right) {
    return base_text_compare(*(const struct substrate_text *)left,
                             *(const struct substrate_text *)right);
}

void reply_times_write(struct reply_times *times, struct base_buf *out) {
    struct substrate_text *names =
        base_arena_calloc(&times->arena, times->by_method.count + 1, sizeof *names);
    size_t count = 0, cursor = 0;
    void *value;
    if (names == NULL) {
        return;
    }
    while (base_map_next(&times->by_method, &cursor, &names[count], &value)) {
        count++;
    }
    qsort(names, count, sizeof *names, compare_keys);
    for (size_t i = 0; i < count; i++) {
        struct samples *samples = base_map_get(&times->by_method, names[i]);
        if (samples->count == 0) {
            continue;
        }
        qsort(samples->values, samples->count, sizeof *samples->values, compare_u64);
        base_buf_str(out, "{\"method\":");
        base_json_write_string(out, names[i]);
        base_buf_format(out, ",\"count\":%zu,\"min_us\":%llu,\"median_us\":%llu,\"max_us\":%llu}\n",
                        samples->count, (unsigned long long)samples->values[0],
                        (unsigned long long)samples->values[samples->count / 2],
                        (unsigned long long)samples->values[samples->count - 1]);
    }
}
