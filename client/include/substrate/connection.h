/* One WebSocket to one node. A connection may be used by any number of threads at once. When its
 * socket dies each pending request completes with E_CLOSED, exactly once (E_LIMIT or E_MEMORY if
 * that is what the socket died of), and later ones fail at once with E_CLOSED and the stored
 * reason: there is no reconnect. */
#ifndef SUBSTRATE_CONNECTION_H
#define SUBSTRATE_CONNECTION_H

#include <substrate/base.h>
#include <substrate/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct substrate_connection;

struct substrate_connection_options {
    size_t size;
    const char *url; /* ws://host:port/path, wss://…, or a network of the SDK: finney,
                        test, archive, local. Required. */
    struct substrate_engine
        *engine; /* borrowed until the connection is closed; NULL: one of its own */
    uint32_t connect_timeout_ms;
    uint32_t request_timeout_ms; /* for requests without a deadline of their own; 0: none */
    uint32_t in_flight_max;      /* sent and unanswered at once; more wait in a queue, in order */
    uint32_t queued_max;         /* waiting in that queue; beyond it a submission gives E_BUSY */
    size_t request_bytes_max;    /* of one request; a bigger one is refused with E_LIMIT. Nodes take
                                    15 MiB and refuse more without saying which request it was */
    size_t message_bytes_max;    /* of one reply; a bigger one closes the connection with E_LIMIT */
    uint64_t first_id;           /* ids only grow from here and are never used twice */
};
#define SUBSTRATE_CONNECTION_OPTIONS_INIT                                                     \
    {                                                                                         \
        sizeof(struct substrate_connection_options), NULL, NULL, 10000, 60000, 1024, 1048576, \
            (size_t)15 << 20, (size_t)64 << 20, 1                                             \
    }

/* What a connection has seen since it was opened. Each request that was submitted is counted once
 * more when it ends: `replied` (of these, `rpc_errors` with an error), `timed_out`, `cancelled` or
 * `closed`. `late`: replies to ids that were already settled, duplicates too; `unknown`: to ids
 * never used; `malformed`: texts that are no JSON-RPC. All these are dropped. A reply that has both
 * a result and an error, or neither, is counted as malformed as well, and ends its request with
 * E_PROTOCOL: no better one will come. */
struct substrate_connection_counters {
    uint64_t submitted, replied, rpc_errors, timed_out, cancelled, closed;
    uint64_t late, unknown, malformed, notifications;
    uint64_t bytes_sent, bytes_received;
    uint32_t in_flight, in_flight_peak;
};

/* Connects and finishes the WebSocket handshake.
 *   options     borrowed for the call
 *   connection  gives the connection; end it with substrate_connection_close
 * Returns OK; E_ARGUMENT (no URL, unknown scheme or network name), E_CONNECT (with the cause in
 * `error`), E_TIMEOUT, E_LIMIT, E_MEMORY, E_CALLBACK. Threads: any, blocks. */
enum substrate_status substrate_connection_open(const struct substrate_connection_options *options,
                                                struct substrate_connection **connection,
                                                struct substrate_error *error);

/* Closes the socket and frees the connection: pending requests complete with E_CLOSED first, and
 * their handles stay valid until their owners free them. No other thread may be inside a call on
 * this connection. Takes `connection`; NULL is allowed. Threads: any, blocks. */
void substrate_connection_close(struct substrate_connection *connection);

/* Copies the counters. Threads: any. */
void substrate_connection_get_counters(const struct substrate_connection *connection,
                                       struct substrate_connection_counters *counters);

/* The URL that a network's name stands for, as SDK 10.5.0 has it (bittensor/core/settings.py):
 * finney, test, archive, local; a name that is a ws:// or wss:// URL stands for itself. Returns a
 * borrowed string, or NULL for an unknown name. Threads: any. */
const char *substrate_network_url(const char *name);

#ifdef __cplusplus
}
#endif
#endif
