/* Subscriptions of our client, and how it says what went wrong; see parts.h. */
#include <string.h>
#include <substrate/subscription.h>

#include "parts.h"

/* The first JSON string behind some words of a message; {NULL, 0}: there is none, or it is cut off.
 */
static struct kit_text string_behind(const char *message, const char *words) {
    const char *begin = message != NULL ? strstr(message, words) : NULL;
    begin = begin != NULL ? strchr(begin + strlen(words), '"') : NULL;
    const char *end = begin != NULL ? begin + 1 : NULL;
    while (end != NULL && *end != '\0' && *end != '"') {
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    }
    return end != NULL && *end == '"' ? (struct kit_text){begin, (size_t)(end - begin) + 1}
                                      : (struct kit_text){NULL, 0};
}

/* The client says what the node said in words of its own: METHOD: the node answered with error
 * CODE: MESSAGE, and behind that the data, if it is a string. */
void adapter_fail(struct kit_end *end, enum substrate_status status,
                  const struct substrate_error *error) {
    static const char *const words[] = {"ok",       "argument",  "other", "connect", "closed",
                                        "timeout",  "cancelled", "limit", "other",   "other",
                                        "protocol", "limit",     "rpc",   "decode",  "not_found",
                                        "limit",    "other"};
    *end = (struct kit_end){.outcome = words[-status],
                            .has_code = status == SUBSTRATE_E_RPC,
                            .code = error->rpc_code,
                            .message = {error->message, strlen(error->message)}};
    if (status == SUBSTRATE_E_RPC) {
        end->node_message = string_behind(error->message, "error ");
        end->node_data = string_behind(end->node_message.data, "\": ");
    }
}

bool subscriptions_open(void *handle, struct kit_subscription *asked, struct kit_end *end) {
    static _Thread_local struct substrate_error error;
    struct substrate_subscription_options options = SUBSTRATE_SUBSCRIPTION_OPTIONS_INIT;
    options.method = asked->method;
    options.params = (struct substrate_text){asked->params.data, asked->params.size};
    options.unsubscribe = asked->unsubscribe;
    enum substrate_status status =
        substrate_subscribe(((struct handle *)handle)->connection, &options,
                            (struct substrate_subscription **)&asked->data, &error);
    adapter_fail(end, status, &error);
    return status == SUBSTRATE_OK;
}

enum kit_next subscriptions_next(struct kit_subscription *asked, struct kit_text *item,
                                 struct kit_end *end) {
    struct substrate_error error = {0};
    struct substrate_text result = {NULL, 0};
    enum substrate_status status =
        substrate_subscription_next(asked->data, substrate_now_us() + KIT_NEXT_MS * 1000, &result);
    *item = (struct kit_text){result.data, result.size};
    adapter_fail(end, status, &error);
    return status == SUBSTRATE_OK          ? KIT_ITEM
           : status == SUBSTRATE_E_PENDING ? KIT_NONE
           : status == SUBSTRATE_E_LAGGED  ? KIT_LAG
                                           : KIT_ENDED;
}

void subscriptions_close(struct kit_subscription *asked) {
    substrate_subscription_close(asked->data);
}
