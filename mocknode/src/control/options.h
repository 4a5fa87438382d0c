/* The command line of `mocknode serve`. */
#ifndef CONTROL_OPTIONS_H
#define CONTROL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVE_HOSTS_MAX 16
#define SERVE_PROFILES_MAX 16

struct serve_options {
    char **fixtures; /* folders; words of the command line */
    size_t fixture_count;
    const char *host, *script, *latency, *head, *journal, *tls_cert, *tls_key;
    const char *profiles[SERVE_PROFILES_MAX];
    size_t profile_count;
    const char *allowed_hosts[SERVE_HOSTS_MAX];
    size_t allowed_host_count;
    uint64_t port, seed, tick_us, connections_max, spaces_max;
    uint64_t connection_bytes, space_bytes, node_bytes, journal_bytes;
    uint64_t request_bytes, response_bytes, subscriptions_max, batch_max, body_us;
    bool writes_accepted, strict_rules, unsafe_control, batches_refused, help;
};

/* false: one line has been written to standard error. */
bool serve_options_read(int argc, char **argv, struct serve_options *options);
void serve_options_help(void);

#endif
