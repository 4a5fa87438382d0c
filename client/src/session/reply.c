/* How a request ended, in words. */
#include <substrate/call.h>

#include "base/text.h"

/* More of a node's message would not fit beside the rest. */
#define MESSAGE_SHOWN 300

enum substrate_status substrate_reply_error(const char *method, const struct substrate_reply *reply,
                                            struct substrate_error *error) {
    struct substrate_text text = reply->rpc_message;
    if (reply->status == SUBSTRATE_OK) {
        return SUBSTRATE_OK;
    }
    if (reply->status != SUBSTRATE_E_RPC) {
        return base_fail(error, reply->status, "%s: %s", method,
                         substrate_status_text(reply->status));
    }
    (void)base_fail(error, SUBSTRATE_E_RPC, "%s: the node answered with error %lld: %.*s", method,
                    (long long)reply->rpc_code,
                    (int)(text.size < MESSAGE_SHOWN ? text.size : MESSAGE_SHOWN),
                    text.data != NULL ? text.data : "");
    if (error != NULL) {
        error->rpc_code = reply->rpc_code;
    }
    return SUBSTRATE_E_RPC;
}
