/* A space: one node as its clients see it, alone with its own view, script, seed, occurrences,
 * counters and journals. Content and delay of an answer are decided when a request arrives; only
 * its emission is late. A space knows neither sockets nor clocks: what it does to a connection goes
 * through a port, and every call is told the time (microseconds of substrate_now_us).
 *
 * Threads: owner. The port must not call back into the space. */
#ifndef SPACE_SPACE_H
#define SPACE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "chain/chain.h"
#include "fixture/latencies.h"
#include "rpc/envelope.h"
#include "script/script.h"
#include "view/view.h"
#include "wire/budget.h"
#include "wire/shape.h"

struct space;
struct space_peer; /* a connection to a space */

/* What is done to connections; implemented by control/port.c over the wire, and by tests. Functions
 * with `on` are called again with false when it ends. */
struct space_port {
    /* From now on what comes of the connection is this peer's. NULL: the user of space_open binds
     * what that returns. */
    void (*bind)(void *connection, struct space_peer *peer);
    /* Answers a handshake, or lets a POST in: `how` is NULL, or says what is wrong about it. */
    void (*accept)(void *connection, const struct script_handshake *how);
    /* Refuses it by an HTTP status. The connection is forgotten by the space. */
    void (*refuse)(void *connection, unsigned status, const struct script_header *headers,
                   size_t header_count, struct substrate_text body);
    /* Sends a message to the connection, or answers its POST with this HTTP status. `shape`: NULL,
     * or how it is cut and broken. Returns the mark that space_written will be told; 0: the
     * connection is broken. */
    uint64_t (*send)(void *connection, int status, struct substrate_text text,
                     const struct wire_shape *shape);
    void (*flush)(void *connection);  /* what was sent goes to the socket now */
    void (*resume)(void *connection); /* goes on behind a shape's pause */
    void (*pause)(void *connection, bool on);
    void (*deaf)(void *connection, bool on);
    void (*cork)(void *connection, bool on);
    void (*no_pong)(void *connection, bool on);
    void (*ping)(void *connection, struct substrate_bytes payload); /* at most 125 bytes */
    /* Closes a WebSocket after what was sent, with this code of RFC 6455. */
    void (*close)(void *connection, unsigned code, struct substrate_text reason);
    void (*end)(void *connection); /* the same without a close frame */
    void (*reset)(void *connection);
    /* Says when space_run is to be called next: at this time, or never (SUBSTRATE_NEVER), whatever
     * was said before. NULL: the user asks space_due. */
    void (*due)(void *owner, uint64_t due);
    /* Answers a control call (a method `mock_…`) under envelope->id into `out`, or leaves it empty
     * when space_wait_for will answer. NULL: there are none. */
    void (*control)(struct space_peer *peer, const struct rpc_envelope *envelope, uint64_t now,
                    struct base_buf *out);
};

/* What a space starts with, and what a reset brings back. Borrowed things outlive the space. */
struct space_config {
    const struct chain *chain;
    const struct chain_block *head;    /* NULL: the recording's */
    const struct latencies *latencies; /* that were recorded; NULL: none */
    const struct script *script;       /* NULL: none */
    uint64_t tick_us;                  /* the head goes on each so often; 0: it does not */
    bool writes_accepted;              /* also when no script says so */
    size_t connections_max, subscriptions_max, request_max, response_max;
    size_t events_max, texts_max, blocks_max; /* bytes: of the journal, of blocks of its own */
    /* Bytes of what waits: of a connection, which is not read from then (and opens no more
     * streams), and of the space, which answers that it is busy. */
    size_t waiting_max, space_waiting_max;
    /* What waits in all spaces, and on the wire, together; NULL: nobody counts that. Borrowed. */
    struct wire_budget *budget;
    size_t batch_max;     /* entries of a batch; 0: there is no limit */
    bool batches_refused; /* none at all */
    const struct space_port *port;
    void *owner;   /* for port->due */
    FILE *journal; /* a line for each event, as it comes; NULL: none */
    bool quiet;    /* no line on standard error for an unmatched request */
};

/* The node's own limits. */
#define SPACE_CONNECTIONS_MAX 100
#define SPACE_FULL_TEXT "Too many connections. Please try again later."
#define SPACE_SUBSCRIPTIONS_MAX 1024
#define SPACE_REQUEST_MAX (15 * 1024 * 1024)
#define SPACE_RESPONSE_MAX (15 * 1024 * 1024)
/* Of a space's memory of what happened, and of its blocks. */
#define SPACE_EVENTS_MAX (64 * 1024 * 1024)
#define SPACE_TEXTS_MAX (256 * 1024 * 1024)
#define SPACE_BLOCKS_MAX ((size_t)256 * 1024 * 1024)
#define SPACE_WAITING_MAX \
    ((size_t)64 * 1024 * 1024) /* of a connection, as the wire's unsent bytes */
#define SPACE_WAITING_ALL_MAX ((size_t)256 * 1024 * 1024)

/* NULL: out of memory. The name is copied. The script's `start` is carried out. */
struct space *space_new(const struct space_config *config, struct substrate_text name,
                        uint64_t seed, uint64_t now);
void space_free(struct space *space); /* its peers too; NULL is fine */
struct substrate_text space_name(const struct space *space);
uint64_t space_seed(const struct space *space);
void *space_owner(const struct space *space);  /* of its configuration */
bool space_is_idle(const struct space *space); /* it has no connection */
/* Back to the start: counters, journals, occurrences, view, script, unmatched. Connections stay,
 * and count as open; what a script holds is released. */
void space_reset(struct space *space, uint64_t now);

/* How a connection comes in. Texts are copied. */
struct space_connect {
    struct substrate_text label, address;
    bool websocket;
    bool privileged; /* of a WebSocket: control calls are allowed. A POST that may bring one is let
                        in when the space is full, and refused if it brings another */
};
/* The port answers it, now or later or never. NULL: it was refused, and the space knows nothing of
 * it. */
struct space_peer *space_open(struct space *space, void *connection,
                              const struct space_connect *how, uint64_t now);
/* How a connection ended. */
struct space_closed {
    enum script_by by;
    uint16_t code; /* of RFC 6455; 0: none was said */
    struct substrate_text reason;
    uint64_t size; /* bytes that were handed to the socket */
};
void space_close(struct space_peer *peer, const struct space_closed *how, uint64_t now);
/* The space ends: asks the port to close all WebSockets by this code, and to end all others; who
 * makes a control call hears its answer first. `reason` is static. */
void space_close_all(struct space *space, unsigned code, const char *reason);
bool space_full(const struct space *space);
struct space *space_of(const struct space_peer *peer);
void *space_peer_connection(const struct space_peer *peer); /* as space_open was told */
struct substrate_text space_peer_label(const struct space_peer *peer);
bool space_peer_privileged(const struct space_peer *peer);
/* The rights of a POST are its own: to be told before its message. */
void space_peer_set_privileged(struct space_peer *peer, bool privileged);

void space_message(struct space_peer *peer, struct substrate_text message, uint64_t now);
void space_oversize(struct space_peer *peer, uint64_t now);
void space_busy(struct space_peer *peer, uint64_t now); /* thrown away for the node's budget */
/* The connection was pinged with an empty payload, by nobody's rule. Of the ping that comes at once
 * when a WebSocket is accepted the space knows. */
void space_kept_alive(struct space_peer *peer);
void space_pinged(struct space_peer *peer, struct substrate_bytes payload, uint64_t now);
void space_ponged(struct space_peer *peer, struct substrate_bytes payload, uint64_t now);
/* A message or frame that is none; the connection is being closed for it. */
void space_refused(struct space_peer *peer, const char *why, uint64_t size,
                   struct substrate_text beginning, uint64_t now);
/* Everything sent to this peer up to the mark is in the socket. */
void space_written(struct space_peer *peer, uint64_t mark, uint64_t now);
/* When space_run has something to do; SUBSTRATE_NEVER. */
uint64_t space_due(const struct space *space);
void space_run(struct space *space, uint64_t now);

/* The script. It is taken; NULL: none. What the old one holds is released, and `start` is carried
 * out. */
void space_set_script(struct space *space, struct script *script, uint64_t now);
/* The run of it, for what its API says beyond that. */
struct script_run *space_script_run(const struct space *space);
void space_signal(struct space *space, struct substrate_text name, uint64_t now);
/* Rules that have never fired: *cursor begins at 0; {NULL, 0}: no more. */
struct substrate_text space_unfired(const struct space *space, size_t *cursor);

/* Moves of the head, of which subscribers hear step by step. The errors are those of view.h. */
struct view *space_view(const struct space *space);
const struct chain *space_chain(const struct space *space);
enum substrate_status space_set_head(struct space *space, const struct chain_block *block,
                                     uint64_t now, struct substrate_error *error);
enum substrate_status space_advance(struct space *space, uint64_t count, bool make, uint64_t now,
                                    struct substrate_error *error);
enum substrate_status space_fork(struct space *space, uint64_t depth, uint64_t now,
                                 struct substrate_error *error);
enum substrate_status space_make(struct space *space, const struct view_made *made,
                                 const struct chain_block **block, uint64_t now,
                                 struct substrate_error *error);

/* Answers a control call of this peer, under the raw id, when what an `until` says of events has
 * happened, from the event of a number on, or from now on; at once if it has. E_ARGUMENT, E_MEMORY:
 * it is not answered. */
#define SPACE_FROM_NOW UINT64_MAX
enum substrate_status space_wait_for(struct space_peer *peer, struct substrate_text id,
                                     struct substrate_text what, uint64_t from,
                                     struct substrate_error *error);

/* What happened, as JSON. */
void space_write_stats(struct space *space, struct base_buf *out);
void space_write_unmatched(const struct space *space, struct base_buf *out);
/* A part of a long list: from a number on, at most so many, and it ends once it has so many bytes
 * (so that there is at least one, if there is any). */
struct space_page {
    uint64_t from, limit;
    size_t size_max;
};
extern const struct space_page space_page_all;
/* {"form","dropped","entries","next"}: entries are numbered as they came (raw) or stand
 * (canonical); `next` is the number to go on from, behind the last one: the number of the next to
 * come. */
void space_write_journal(struct space *space, bool canonical, const struct space_page *page,
                         struct base_buf *out);
/* The same of events, {"first","events","next"}: `first` is the oldest that is kept. */
void space_write_events(struct space *space, const struct space_page *page, struct base_buf *out);
/* How often each rule has fired: [{"rule","fired"}]. */
void space_write_fired(const struct space *space, struct base_buf *out);
/* The canonical journal as lines of a file. */
void space_write_canonical_lines(struct space *space, struct base_buf *out);
uint64_t space_unmatched_ever(const struct space *space); /* not forgotten by a reset */
uint64_t space_errors_ever(const struct space *space); /* of scripts: chains of causes too long */
/* The node's health, from facts: the recorded system_health. false: not recorded. */
bool space_health(const struct chain *chain, struct base_buf *out);

#endif
