/* A space: one node as its clients see it, alone with its own head, rules, gate, seed, occurrences,
 * counters and journal. Content and delay of an answer are decided when a request arrives; only its
 * emission is late. A space knows neither sockets nor clocks: bytes go out through a port, and
 * every call is told the time (microseconds of substrate_now_us). */
#ifndef SPACE_SPACE_H
#define SPACE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "chain/chain.h"
#include "rpc/envelope.h"
#include "script/rules.h"
#include "view/view.h"

struct space;
struct space_peer; /* a connection to a space */

/* How bytes leave; implemented by serve.c over the wire, and by tests. */
struct space_port {
    /* Sends a message to the connection, or answers its POST with this HTTP status. Returns the
     * mark that space_written will be told; 0: the connection is broken. */
    uint64_t (*send)(void *connection, int status, struct substrate_text text);
    void (*pause)(void *connection, bool paused);
    /* Closes a WebSocket soon, after what was sent, with this code of RFC 6455. */
    void (*close)(void *connection, unsigned code, const char *reason);
    /* Says when space_run is to be called next: at this time, or never (SUBSTRATE_NEVER), whatever
     * was said before. NULL: the user asks space_due. */
    void (*due)(void *owner, uint64_t due);
    /* Answers a control call (a method `mock_…`) under envelope->id into `out`. NULL: there are
     * none. */
    void (*control)(struct space_peer *peer, const struct rpc_envelope *envelope, uint64_t now,
                    struct base_buf *out);
};

/* What a space starts with, and what a reset brings back. Borrowed things outlive the space. */
struct space_config {
    const struct chain *chain;
    const struct chain_block *head; /* NULL: the recording's */
    const struct script_rules *rules;
    uint64_t latency_us;
    size_t connections_max, subscriptions_max, response_max;
    size_t events_max, texts_max; /* bytes that the journal may take */
    const struct space_port *port;
    void *owner;   /* for port->due */
    FILE *journal; /* a line for each event, as it comes; NULL: none */
    bool quiet;    /* no line on standard error for an unmatched request */
};

/* The node's own limits. */
#define SPACE_CONNECTIONS_MAX 100
#define SPACE_FULL_TEXT "Too many connections. Please try again later."
#define SPACE_SUBSCRIPTIONS_MAX 1024
#define SPACE_RESPONSE_MAX (15 * 1024 * 1024)
#define SPACE_BLOCKS_MAX ((size_t)256 * 1024 * 1024) /* bytes of blocks of a space's own */
/* Of a space's memory of what happened. */
#define SPACE_EVENTS_MAX (64 * 1024 * 1024)
#define SPACE_TEXTS_MAX (256 * 1024 * 1024)

/* NULL: out of memory. The name is copied. */
struct space *space_new(const struct space_config *config, struct substrate_text name,
                        uint64_t seed, uint64_t now);
void space_free(struct space *space); /* its peers too; NULL is fine */
struct substrate_text space_name(const struct space *space);
uint64_t space_seed(const struct space *space);
void *space_owner(const struct space *space);  /* of its configuration */
bool space_is_idle(const struct space *space); /* it has no connection */
/* Back to the start: counters, journal, occurrences, head, rules, gate, unmatched. Connections
 * stay, and count as open; what a gate holds is released. */
void space_reset(struct space *space, uint64_t now);

/* A connection comes in. NULL: too many of them (counted as rejected), or out of memory.
 * `privileged`: control calls are allowed; a POST that may bring one is let in when the space is
 * full, and refused if it brings another. The label is copied. */
struct space_peer *space_open(struct space *space, void *connection, struct substrate_text label,
                              bool websocket, bool privileged, uint64_t now);
bool space_full(const struct space *space);
/* How a connection ended. */
struct space_closed {
    struct substrate_text by; /* "peer", "node" or "reset" */
    uint16_t code;            /* of RFC 6455; 0: none was said */
    struct substrate_text reason;
};
void space_close(struct space_peer *peer, const struct space_closed *how, uint64_t now);
struct space *space_of(const struct space_peer *peer);
bool space_peer_privileged(const struct space_peer *peer);
/* Rights are those of a request: a POST brings its own. */
void space_peer_set_privileged(struct space_peer *peer, bool privileged);
/* Asks the port to close all WebSockets. */
void space_close_all(struct space *space, unsigned code, const char *reason);
struct substrate_text space_peer_label(const struct space_peer *peer);
void space_message(struct space_peer *peer, struct substrate_text message, uint64_t now);
void space_oversize(struct space_peer *peer, size_t message_max, uint64_t now);
/* Everything sent to this peer up to the mark is in the socket. */
void space_written(struct space_peer *peer, uint64_t mark, uint64_t now);
/* When space_run has something to do; SUBSTRATE_NEVER. */
uint64_t space_due(const struct space *space);
void space_run(struct space *space, uint64_t now);

/* The script. Rules and gate are taken, also on failure; NULL: none. What the old gate holds goes.
 */
void space_set_latency(struct space *space, uint64_t latency_us);
void space_set_rules(struct space *space, struct script_rules *rules);
bool space_set_gate(struct space *space, struct script_rules *rules, uint64_t now);

/* Moves of the head, of which subscribers hear step by step. The errors are those of view.h. */
struct view *space_view(const struct space *space);
enum substrate_status space_set_head(struct space *space, const struct chain_block *block,
                                     uint64_t now, struct substrate_error *error);
enum substrate_status space_advance(struct space *space, uint64_t count, uint64_t now,
                                    struct substrate_error *error);
const struct chain *space_chain(const struct space *space);

/* What happened, as JSON. */
void space_write_stats(struct space *space, struct base_buf *out);
void space_write_unmatched(const struct space *space, struct base_buf *out);
void space_write_journal(struct space *space, bool canonical, struct base_buf *out);
/* The events from a number on, {"first","events","next"}: `first` is the oldest that is kept,
 * `next` the number to go on from. It stops when it has so many bytes. */
void space_write_events(struct space *space, uint64_t from, size_t size_max, struct base_buf *out);
/* The canonical journal as lines of a file. */
void space_write_canonical_lines(struct space *space, struct base_buf *out);
uint64_t space_unmatched_ever(const struct space *space); /* not forgotten by a reset */
/* The node's health, from facts: the recorded system_health. false: not recorded. */
bool space_health(const struct chain *chain, struct base_buf *out);

#endif
