/* How long an upstream took for each method: the lines of latencies.jsonl. */
#ifndef RECORD_REPLY_TIMES_H
#define RECORD_REPLY_TIMES_H

#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

struct reply_times {
    struct base_map by_method;
    struct base_arena arena;
};

void reply_times_init(struct reply_times *times);
void reply_times_free(struct reply_times *times);
/* Latencies are no facts: one that finds no memory is left out. */
void reply_times_keep(struct reply_times *times, const char *method, uint64_t spent_us);
/* Appends a line for each method, sorted. */
void reply_times_write(struct reply_times *times, struct base_buf *out);

#endif
