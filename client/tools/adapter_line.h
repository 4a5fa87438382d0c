/* One line of the adapter's input, taken apart and checked; nothing is asked here. */
#ifndef TOOLS_ADAPTER_LINE_H
#define TOOLS_ADAPTER_LINE_H

#include <stdbool.h>
#include <substrate/query.h>
#include "base/arena.h"

enum line_op { LINE_RUN, LINE_CANCEL, LINE_STATS };

struct line_call {
    struct substrate_text id; /* raw JSON: a string or a number */
    const char *function;
    struct substrate_text args; /* raw JSON; {NULL, 0}: none */
    struct substrate_pin pin;   /* may point to `hash` */
    struct substrate_hash hash;
    uint64_t deadline_ms;         /* from now; 0: none */
    struct substrate_error error; /* what is wrong with this call, if its status is not OK */
};

struct line {
    enum line_op op;
    struct substrate_text id; /* CANCEL, STATS */
    enum substrate_mode mode;
    uint32_t threads;
    struct line_call *calls;
    size_t count;
};

/* Reads a line, which must live as long as the result; what is made goes into the arena. Returns
 * OK; E_ARGUMENT: the whole line is refused; E_MEMORY. */
enum substrate_status line_read(struct substrate_text text, struct base_arena *arena,
                                struct line *line, struct substrate_error *error);

#endif
