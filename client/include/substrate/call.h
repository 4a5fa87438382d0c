/* The one primitive: submit a request, and it completes exactly once, with a reply, an RPC error,
 * a time-out, cancelled or closed. Everything else stands on it. */
#ifndef SUBSTRATE_CALL_H
#define SUBSTRATE_CALL_H

#include <substrate/base.h>
#include <substrate/connection.h>

#ifdef __cplusplus
extern "C" {
#endif

struct substrate_pending;

/* One JSON-RPC request. `params` is the complete JSON text of an array or object ("[]" when empty
 * is {NULL, 0}); it is sent as it is. `deadline_us` is absolute, on substrate_now_us's clock; 0
 * takes the connection's request_timeout_ms from now. */
struct substrate_request {
    const char *method;
    struct substrate_text params;
    uint64_t deadline_us;
};

/* How a request ended. `status` OK: `result` is the raw JSON text of the result, byte for byte as
 * the node sent it. E_RPC: `rpc_code`, `rpc_message` (raw JSON string, with its quotes) and
 * `rpc_data` (raw JSON, {NULL, 0} when absent). E_PROTOCOL: the reply has both a result and
 * an error, or neither. Anything else: no reply came. The views are borrowed from whatever gave the
 * reply. */
struct substrate_reply {
    enum substrate_status status;
    int64_t rpc_code;
    struct substrate_text result;
    struct substrate_text rpc_message;
    struct substrate_text rpc_data;
};

/* Sends a request, or queues it when in_flight_max are unanswered.
 *   request  borrowed for the call
 *   pending  gives the handle; end it with substrate_pending_free
 * Returns OK, E_ARGUMENT (method missing, params no JSON array or object), E_LIMIT (over
 * request_bytes_max), E_BUSY, E_CLOSED, E_MEMORY. Threads: any, I/O thread safe. */
enum substrate_status substrate_submit(struct substrate_connection *connection,
                                       const struct substrate_request *request,
                                       struct substrate_pending **pending,
                                       struct substrate_error *error);

/* Waits until a request has ended, or until `until_us` (absolute; SUBSTRATE_NEVER waits for the
 * request's own deadline). Giving up waiting leaves the request alive.
 *   reply  borrowed from `pending`; set when the request has ended, whatever its status
 * Returns the reply's status, or E_PENDING when `until_us` came first; E_CALLBACK on the I/O
 * thread. Threads: owner of `pending`, blocks. */
enum substrate_status substrate_wait(struct substrate_pending *pending, uint64_t until_us,
                                     const struct substrate_reply **reply);

/* Ends a request with E_CANCELLED unless it has ended already. Not yet sent: it never is. Returns 1
 * if this call ended it, 0 if something else was first. Threads: any, I/O thread safe. */
int substrate_cancel(struct substrate_pending *pending);

/* Frees a handle and its reply; a request still alive is cancelled. Takes `pending`; NULL is
 * allowed. Threads: owner of `pending`. */
void substrate_pending_free(struct substrate_pending *pending);

/* Submit and wait in one. On OK and E_RPC:
 *   pending  gives the handle that owns the reply's bytes; free it with substrate_pending_free
 *   reply    borrowed from it
 * Any other status gives no handle, and `error` says why. For E_RPC `error` has code and message.
 * Threads: any, blocks. */
enum substrate_status substrate_call(struct substrate_connection *connection,
                                     const struct substrate_request *request,
                                     struct substrate_pending **pending,
                                     const struct substrate_reply **reply,
                                     struct substrate_error *error);

/* Says in words how a reply ended that is not OK: for the replies of a gather.
 *   method  borrowed: named in the message
 *   error   set unless the reply is OK
 * Returns the reply's status. Threads: any, I/O thread safe. */
enum substrate_status substrate_reply_error(const char *method, const struct substrate_reply *reply,
                                            struct substrate_error *error);

#ifdef __cplusplus
}
#endif
#endif
