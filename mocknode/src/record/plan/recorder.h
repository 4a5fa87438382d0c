/* A recording by plan, in phases that each add facts: blocks, runtimes, state, calls. What is there
 * already (a recording that is resumed) is not asked again. */
#ifndef RECORD_PLAN_RECORDER_H
#define RECORD_PLAN_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/map.h"
#include "record/inquiry.h"
#include "record/plan/plan.h"

/* What is wanted of one height. */
enum { WANT_HASH = 1, WANT_HEADER = 2, WANT_BODY = 4, WANT_JUSTIFICATIONS = 8 };

struct recorder {
    struct inquiry ask; /* facts and arena are those of the whole recording */
    const struct plan *plan;
    const char *plan_path;         /* for messages */
    uint64_t head;                 /* its height */
    uint8_t *wanted;               /* WANT_… per height, 0 to head */
    struct substrate_hash *hashes; /* per height, where wanted */
    struct base_map calls;         /* canonical texts of the calls that are there */
};

/* The height of a plan's block; refused when it is above the head. */
enum substrate_status recorder_height(struct recorder *recorder, const struct plan_block *block,
                                      uint64_t *height);
enum substrate_status recorder_range(struct recorder *recorder, const struct plan_range *range,
                                     uint64_t *from, uint64_t *to);

/* What can be wrong with a plan beside this chain, before anything is asked for it. */
enum substrate_status record_state_check(struct recorder *recorder);
enum substrate_status record_blocks(struct recorder *recorder);
enum substrate_status record_runtimes(struct recorder *recorder);
enum substrate_status record_state(struct recorder *recorder);
enum substrate_status record_calls(struct recorder *recorder);

/* All of it: from the first question to the finished folder. */
struct record_options {
    const char *upstream, *plan, *out;
    uint64_t wait_us; /* for a reply; 0: five minutes */
    bool merge;
};
enum substrate_status record_by_plan(const struct record_options *options,
                                     struct substrate_error *error);

#endif
