/* What each action was told, as its members fill it in, and its function. */
#ifndef SCRIPT_ARGS_H
#define SCRIPT_ARGS_H

#include "script/run.h"
#include "script/types.h"

struct script_delay {
    struct script_latency latency;
};
struct script_count {
    uint64_t n;
};
struct script_value {
    struct substrate_text text; /* JSON */
};
struct script_word {
    unsigned choice; /* from 1; of `choices` bits */
};
struct script_refuse {
    uint64_t status;
    struct script_headers headers;
    struct substrate_text body;
};
struct script_redirect {
    uint64_t status;
    struct substrate_text to;
};
struct script_bad_handshake {
    struct substrate_text accept;
    bool no_upgrade;
    uint64_t status;
};
struct script_error {
    struct substrate_text code, message, data; /* code and data: JSON */
};
enum { SCRIPT_BY_CONNECTION = 1, SCRIPT_BY_ADDRESS };
enum { /* bits */
       SCRIPT_AS_NODE = 1,
       SCRIPT_AS_GATEWAY = 2,
       SCRIPT_AS_GATEWAY_POLICY = 4,
       SCRIPT_AS_STORAGE = 8,
       SCRIPT_AS_STORAGE_POLICY = 16
};
struct script_rate_limit {
    uint64_t n, each_us;
    unsigned by, as;
};
#define SCRIPT_NO_BYTE UINT64_MAX
struct script_bytes {
    uint64_t cut, trail, flip;
};
enum { SCRIPT_HEX_UPPER = 1, SCRIPT_HEX_BARE = 2, SCRIPT_HEX_ODD = 4 };
struct script_fill {
    uint64_t result, message;
};
struct script_changes {
    struct script_permute permute;
    uint64_t repeat, omit; /* from 1 */
};
struct script_batch_args {
    struct script_permute permute;
    uint64_t omit, repeat; /* from 1 */
    bool stranger, refuse;
    struct substrate_text object; /* JSON of an error object */
};
struct script_early {
    struct script_hold hold; /* its limit; not by a gate */
    uint64_t n;
};
struct script_cork {
    struct script_lasting lasting;
};
struct script_send {
    struct substrate_text text, json, value;
    struct substrate_bytes binary;
};
struct script_fragments {
    struct script_places at;
    bool each_byte;
    uint64_t n, pings;
};
struct script_pause {
    struct script_place at;
    struct script_lasting lasting;
};
struct script_bits {
    uint64_t bits;
};
struct script_close {
    uint64_t code;
    struct substrate_text reason;
};
struct script_sever {
    struct script_place at;
    unsigned with; /* 1: reset, 2: end */
};
struct script_ping {
    uint64_t n;
    struct substrate_text payload;
    struct script_range sizes;
};
struct script_notify {
    struct substrate_text stream, value;
};
struct script_block_args {
    struct substrate_text block;
};
struct script_tick {
    uint64_t every_us;
    struct script_lasting lasting;
};
struct script_made_args {
    struct substrate_text name, parent;
    struct script_edits storage;
    struct script_texts extrinsics;
    unsigned calls;
};
struct script_fork {
    uint64_t depth;
    struct substrate_text name;
};
struct script_finality {
    struct script_lasting lasting;
    uint64_t lag;
};
struct script_prune {
    struct substrate_text below;
    uint64_t keep;
};
struct script_give {
    struct substrate_text name;
};

script_apply script_do_refuse, script_do_redirect, script_do_stall, script_do_bad_handshake;
script_apply script_do_error, script_do_result, script_do_pruned, script_do_rate_limit,
    script_do_bytes, script_do_hex, script_do_fill, script_do_changes, script_do_page;
script_apply script_do_id, script_do_both, script_do_neither, script_do_error_null,
    script_do_result_null, script_do_members, script_do_blanks, script_do_array, script_do_batch;
script_apply script_do_delay, script_do_hold, script_do_never, script_do_repeat, script_do_early,
    script_do_cork, script_do_send;
script_apply script_do_binary, script_do_fragments, script_do_dribble, script_do_pause,
    script_do_rsv, script_do_opcode, script_do_mask, script_do_utf8, script_do_long_control,
    script_do_no_start, script_do_after_close;
script_apply script_do_close, script_do_end, script_do_reset, script_do_sever, script_do_deaf,
    script_do_stop_reading, script_do_no_pong, script_do_ping;
script_apply script_do_skip, script_do_quiet, script_do_flood, script_do_late, script_do_stream_id,
    script_do_stop, script_do_notify;
script_apply script_do_advance, script_do_set_head, script_do_tick, script_do_block, script_do_fork,
    script_do_finalize, script_do_hold_finality, script_do_upgrade, script_do_prune,
    script_do_restart, script_do_give, script_do_limits;

/* Begins what lasts: `begin` was done, and `end` follows. Without `until` it lasts for ever. */
const char *script_last(struct script_work *work, const struct script_lasting *lasting,
                        script_wait_end *end, struct script_peer *peer, void *subscription);
struct wire_place script_place_of(const struct script_work *work, const struct script_place *place);

#endif
