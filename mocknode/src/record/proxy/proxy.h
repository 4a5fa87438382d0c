/* The recording proxy: a client speaks to the upstream through it, and what was said becomes facts.
 */
#ifndef RECORD_PROXY_PROXY_H
#define RECORD_PROXY_PROXY_H

#include <stdbool.h>
#include <stdint.h>

struct proxy_options {
    const char *upstream, *host, *out;
    uint16_t port;
    uint64_t wait_us; /* for a reply to a question of its own; 0: five minutes */
    bool merge;
    bool legacy; /* rpc_methods is told without the new JSON-RPC */
};

/* Runs until SIGINT or SIGTERM; returns the exit status. */
int proxy_run(const struct proxy_options *options);

#endif
