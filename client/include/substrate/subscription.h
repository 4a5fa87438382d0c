/* Subscriptions: the node's notifications, in its order, in a bounded queue per subscription. */
#ifndef SUBSTRATE_SUBSCRIPTION_H
#define SUBSTRATE_SUBSCRIPTION_H

#include <substrate/base.h>
#include <substrate/connection.h>

#ifdef __cplusplus
extern "C" {
#endif

struct substrate_subscription;

struct substrate_subscription_options {
    size_t size;
    const char *method;           /* for example chain_subscribeNewHeads; required */
    struct substrate_text params; /* JSON array; {NULL, 0} is [] */
    const char *unsubscribe;      /* for example chain_unsubscribeNewHeads; required */
    uint32_t queue_max;           /* notifications kept unread; the next one gives E_LAGGED */
};
#define SUBSTRATE_SUBSCRIPTION_OPTIONS_INIT \
    { sizeof(struct substrate_subscription_options), NULL, {NULL, 0}, NULL, 1024 }

/* Subscribes and waits for the node's answer. Notifications that overtake the answer are kept.
 *   options       borrowed for the call
 *   subscription  gives the handle; end it with substrate_subscription_close
 * Returns OK, E_RPC, E_PROTOCOL (the answer is no subscription id), or as substrate_call.
 * Threads: any, blocks. */
enum substrate_status substrate_subscribe(struct substrate_connection *connection,
                                          const struct substrate_subscription_options *options,
                                          struct substrate_subscription **subscription,
                                          struct substrate_error *error);

/* Waits for the next notification until `until_us`.
 *   result  the raw JSON of params.result, borrowed until the next call on this subscription
 * Returns OK, E_PENDING, E_LAGGED (once, after what was kept has been read; the subscription then
 * ends), E_CLOSED. Threads: owner of `subscription`, blocks. */
enum substrate_status substrate_subscription_next(struct substrate_subscription *subscription,
                                                  uint64_t until_us, struct substrate_text *result);

/* Sends the unsubscribe request (if the socket is alive), does not wait for its answer, and frees.
 * Takes `subscription`; NULL is allowed. Threads: owner of `subscription`. */
void substrate_subscription_close(struct substrate_subscription *subscription);

#ifdef __cplusplus
}
#endif
#endif
