/* Node addresses: ws://host:port/path?query, wss://…, or the name of a network. */
#ifndef TRANSPORT_URL_H
#define TRANSPORT_URL_H

#include <substrate/base.h>
#include "transport.h"

/* A target whose strings are in `memory` (base_free). */
struct url {
    struct transport_target target;
    char *memory;
};

/* Returns OK, E_ARGUMENT (with what is wrong in `error`) or E_MEMORY. */
enum substrate_status url_read(const char *text, struct url *url, struct substrate_error *error);

#endif
