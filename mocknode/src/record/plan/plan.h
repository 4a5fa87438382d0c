/* A plan of what to record: a JSON file, read into plain structs. See mocknode/README.md. */
#ifndef RECORD_PLAN_PLAN_H
#define RECORD_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/json.h"

struct rpc_method;

/* A block by number, or so many before the head. */
struct plan_block {
    bool from_head;
    uint64_t number;
};

struct plan_range {
    struct plan_block from, to; /* both included */
};

struct plan_state {
    struct plan_range blocks;
    struct substrate_text *prefixes; /* hex without 0x, sorted, disjoint */
    size_t prefix_count;
    struct substrate_text *except; /* whole keys, hex without 0x, sorted */
    size_t except_count;
};

enum plan_request_kind { PLAN_METHOD, PLAN_FUNCTION, PLAN_FEES };

/* One name, with all its argument lists. */
struct plan_request {
    enum plan_request_kind kind;
    struct substrate_text name;      /* METHOD, FUNCTION */
    const struct rpc_method *row;    /* METHOD; NULL: outside the table */
    struct substrate_text canonical; /* METHOD: its canonical name, terminated */
    /* METHOD: canonical JSON arrays; FUNCTION: 0x…; FEES: extrinsics, 0x… */
    struct substrate_text *params;
    size_t count;
};

struct plan_group {
    struct plan_block *blocks; /* none: methods without a block */
    size_t block_count;
    struct plan_request *requests;
    size_t request_count;
};

struct plan {
    struct base_arena arena;
    struct substrate_text text;   /* the file */
    struct substrate_text digest; /* its BLAKE2b-256, 64 digits */
    bool has_blocks, headers, bodies, justifications;
    struct plan_range blocks;
    bool has_runtimes, metadata_all, exports;
    uint32_t *metadata;
    size_t metadata_count;
    struct plan_state *state;
    size_t state_count;
    struct plan_group *groups;
    size_t group_count;
};

/* Reads a plan. Errors name the file and the path inside it ("state[0].from"). E_IO, E_DECODE,
 * E_MEMORY; the plan is empty then. End it with plan_free. */
enum substrate_status plan_load(const char *path, struct plan *plan, struct substrate_error *error);
/* The same from memory; `text` is copied. `name` stands for the file in errors. */
enum substrate_status plan_parse(const char *name, struct substrate_text text, struct plan *plan,
                                 struct substrate_error *error);
void plan_free(struct plan *plan);

#endif
