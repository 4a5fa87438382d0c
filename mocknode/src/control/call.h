/* A control call at work: what its function gets, and the ways to end. */
#ifndef CONTROL_CALL_H
#define CONTROL_CALL_H

#include "base/arena.h"
#include "space/space.h"

struct control {
    struct space *space;
    struct space_peer *peer;
    struct substrate_text id; /* raw */
    struct base_json params;
    const char *expected; /* how the parameters must look */
    uint64_t now;
    struct base_arena *arena;
    struct base_buf *result; /* raw JSON */
    bool later;              /* it will be answered by somebody else */
    struct substrate_error *error;
};

typedef enum substrate_status control_function(struct control *control);

/* The parameter of that place, from 0; kind NONE when there is none. */
struct base_json control_param(const struct control *control, size_t index);
/* E_ARGUMENT: says how the parameters must look. */
enum substrate_status control_wrong(const struct control *control);
/* The result is `true`. */
enum substrate_status control_done(struct control *control);
/* Of an object: refuses members that are not listed (ended by NULL). */
enum substrate_status control_members(const struct control *control, struct base_json object,
                                      const char *const *known);

/* Of the space and its script. */
control_function control_stats, control_sockets, control_reset, control_set_script,
    control_set_latency, control_signal, control_wait, control_fired, control_journal,
    control_events, control_unmatched, control_drop_space;
/* Of the chain. */
control_function control_set_head, control_advance_head, control_new_block, control_reorg,
    control_set_storage, control_dev_new_block, control_dev_set_storage, control_dev_set_head,
    control_dev_time_travel;

#endif
