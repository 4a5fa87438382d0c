/* How long an upstream took for each method: the lines of latencies.jsonl. */
#ifndef RECORD_LATENCIES_H
#define RECORD_LATENCIES_H

#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

struct latencies {
    struct base_map by_method;
    struct base_arena arena;
};

void latencies_init(struct latencies *latencies);
void latencies_free(struct latencies *latencies);
/* Latencies are no facts: one that finds no memory is left out. */
void latencies_keep(struct latencies *latencies, const char *method, uint64_t spent_us);
/* Appends a line for each method, sorted. */
void latencies_write(struct latencies *latencies, struct base_buf *out);

#endif
