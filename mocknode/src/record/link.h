/* One conversation with an upstream on a thread of its own: requests go in, replies come out, and
 * between the two the socket may be lost and opened again. */
#ifndef RECORD_LINK_H
#define RECORD_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <substrate/base.h>

enum link_state {
    LINK_WAITING,  /* to be sent, or to be answered */
    LINK_ANSWERED, /* `reply` is the whole message; an error that passes is none yet (pace.h) */
    LINK_LOST,     /* it was asked as often as may be: the link says why */
    LINK_NONSENSE, /* the upstream does not speak JSON-RPC */
};

/* One request. The asker owns it, and frees it by link_drop. */
struct link_request {
    TAILQ_ENTRY(link_request) entry; /* of those that are not sent */
    uint64_t id;
    const char *method;
    char *text; /* what is sent */
    size_t size;
    bool sent;
    unsigned sendings;
    unsigned refusals; /* errors that pass */
    uint64_t begun_us; /* when it was sent last */
    enum link_state state;
    char *reply;
    size_t reply_size;
};

struct upstream_link;

/* Starts the loop; the first request connects. E_ARGUMENT: no such URL; E_MEMORY. */
enum substrate_status link_open(const char *url, struct upstream_link **link,
                                struct substrate_error *error);
void link_close(struct upstream_link *link);

/* Begins a request; NULL: out of memory. */
struct link_request *link_ask(struct upstream_link *link, const char *method,
                              struct substrate_text params);
/* Waits until a request is no longer waiting, or for a fifth of a second; returns its state. */
enum link_state link_wait(struct upstream_link *link, const struct link_request *request);
/* Asks again what has not been answered: its reply may be lost. */
void link_repeat(struct upstream_link *link, struct link_request *request);
/* Ends a request, answered or not. */
void link_drop(struct upstream_link *link, struct link_request *request);
/* Why the last socket was lost, as a line into out[size]. */
void link_reason(struct upstream_link *link, char *out, size_t size);

#endif
