/* How a request ended, in words. */
#include <substrate/call.h>

#include "base/text.h"

/* More of a node's message, and of the data beside it, would not fit beside the rest. */
#define MESSAGE_SHOWN 220
#define DATA_SHOWN 100

static int shown(struct substrate_text text, size_t most) {
    return (int)(text.size < most ? text.size : most);
}

enum substrate_status substrate_reply_error(const char *method, const struct substrate_reply *reply,
                                            struct substrate_error *error) {
    struct substrate_text text = reply->rpc_message, data = reply->rpc_data;
    if (reply->status == SUBSTRATE_OK) {
        return SUBSTRATE_OK;
    }
    if (reply->status != SUBSTRATE_E_RPC) {
        return base_fail(error, reply->status, "%s: %s", method,
                         substrate_status_text(reply->status));
    }
    bool told = data.size > 0 && data.data[0] == '"'; /* other data is for programs */
    (void)base_fail(error, SUBSTRATE_E_RPC, "%s: the node answered with error %lld: %.*s%s%.*s",
                    method, (long long)reply->rpc_code, shown(text, MESSAGE_SHOWN),
                    text.data != NULL ? text.data : "", told ? ": " : "",
                    told ? shown(data, DATA_SHOWN) : 0, told ? data.data : "");
    if (error != NULL) {
        error->rpc_code = reply->rpc_code;
    }
    return SUBSTRATE_E_RPC;
}
