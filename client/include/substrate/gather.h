/* Many requests in flight on one connection, all settled before the call returns. */
#ifndef SUBSTRATE_GATHER_H
#define SUBSTRATE_GATHER_H

#include <substrate/base.h>
#include <substrate/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The outcomes of one gather: `replies[i]` answers `requests[i]`, whatever the order of arrival. */
struct substrate_gathered {
    size_t count;
    const struct substrate_reply *replies;
};

/* Asks all requests at once and waits until each has ended; one failure never touches its siblings.
 *   requests  borrowed for the call
 *   gathered  gives the outcomes and the bytes they view; free with substrate_gathered_free
 * Returns OK if every reply is OK, PARTIAL if some are not; E_ARGUMENT, E_LIMIT (a request over
 * request_bytes_max), E_BUSY, E_CLOSED, E_MEMORY or E_CALLBACK when nothing was submitted and
 * nothing is given. After it returns no request of this gather is alive. Threads: any, blocks. */
enum substrate_status substrate_gather(struct substrate_connection *connection,
                                       const struct substrate_request *requests, size_t count,
                                       struct substrate_gathered **gathered,
                                       struct substrate_error *error);

/* Frees outcomes. Takes `gathered`; NULL is allowed. Threads: owner. */
void substrate_gathered_free(struct substrate_gathered *gathered);

#ifdef __cplusplus
}
#endif
#endif
