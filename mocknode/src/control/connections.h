/* From the wire to the spaces: which space a connection is of, what it may do, and what it says. */
#ifndef CONTROL_CONNECTIONS_H
#define CONTROL_CONNECTIONS_H

#include <stdbool.h>
#include "base/arena.h"
#include "base/map.h"
#include "control/spaces.h"
#include "wire/wire.h"

struct connections {
    struct spaces *spaces;
    const struct chain *health; /* whose health GET /health tells */
    bool unsafe_control;        /* peers on other machines may make control calls */
    struct wire *wire;          /* set by the user before the wire runs */
    struct base_arena arena;
    struct base_map ignored; /* members of queries that were named on standard error */
};

/* `connections` outlives the handler's wire; connections_end frees what it remembers. */
void connections_init(struct connections *connections);
void connections_end(struct connections *connections);
struct wire_handler connections_handler(struct connections *connections);

#endif
