/* A recording by plan, in phases that each add facts: blocks, runtimes, state, calls. What is there
 * already (a recording that is resumed) is not asked again. */
#ifndef RECORD_PLAN_RECORDER_H
#define RECORD_PLAN_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/map.h"
#include "fixture/facts.h"
#include "record/upstream.h"
#include "record/plan/plan.h"

/* What is wanted of one height. */
enum { WANT_HASH = 1, WANT_HEADER = 2, WANT_BODY = 4, WANT_JUSTIFICATIONS = 8 };

struct recorder {
    struct upstream upstream;
    const struct plan *plan;
    const char *plan_path; /* for messages */
    struct facts *facts;
    struct substrate_error *error;
    struct base_arena arena;       /* of the whole recording */
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
enum substrate_status recorder_no_memory(struct recorder *recorder);
/* Parses a reply's result; E_PROTOCOL when it is not of this kind. */
enum substrate_status recorder_parse(struct recorder *recorder, const char *method,
                                     struct substrate_text text, enum base_json_kind kind,
                                     struct base_json *value);
enum substrate_status recorder_odd(struct recorder *recorder, const char *method, const char *what);

/* The chain's name and genesis hash; E_DECODE: the facts are of another chain. */
enum substrate_status recorder_find_chain(struct recorder *recorder);
/* Whether the upstream has the blocks of a recording that is to be added to; E_DECODE: it has
 * others. Test chains share an assigned genesis hash, so that it proves nothing. */
enum substrate_status recorder_same_chain(struct recorder *recorder, const struct facts *old);

/* What can be wrong with a plan beside this chain, before anything is asked for it. */
enum substrate_status record_state_check(struct recorder *recorder);
enum substrate_status record_blocks(struct recorder *recorder);
enum substrate_status record_runtimes(struct recorder *recorder);
enum substrate_status record_state(struct recorder *recorder);
enum substrate_status record_calls(struct recorder *recorder);

/* The parts of one runtime that the plan asks for; `at`: a block after which it is in force. */
enum substrate_status record_runtime_at(struct recorder *recorder, uint32_t spec,
                                        const struct substrate_hash *at);

/* All of it: from the first question to the finished folder. */
struct record_options {
    const char *upstream, *plan, *out;
    uint64_t wait_us; /* for a reply; 0: five minutes */
    bool merge;
};
enum substrate_status record_by_plan(const struct record_options *options,
                                     struct substrate_error *error);

/* Copies text without white space between its tokens into the facts. {NULL, 0}: out of memory. */
struct substrate_text facts_compact(struct facts *facts, struct base_json value);

#endif
