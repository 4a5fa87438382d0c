/* What one client has asked of its upstream and not been answered yet, and what it has subscribed
 * to: the exchanges that the recording gets, and what is needed to put another connection in the
 * place of a lost one behind the client's back. No socket, no clock. */
#ifndef RECORD_PROXY_DIALOGUE_H
#define RECORD_PROXY_DIALOGUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <substrate/base.h>
#include "base/map.h"
#include "record/proxy/said.h"

struct dialogue_host {
    void *context;
    /* Something was said; taken. NULL: out of memory. */
    void (*heard)(void *context, struct said *said);
    void (*tell)(void *context, struct substrate_text message); /* to the client */
    void (*send)(void *context,
                 struct substrate_text message); /* to the upstream, if it is there */
};

struct dialogue {
    struct dialogue_host host;
    bool legacy;           /* rpc_methods is answered without the new JSON-RPC */
    struct base_map asked; /* raw ids to struct asked */
    TAILQ_HEAD(, question) questions;
    TAILQ_HEAD(, opened) opened; /* subscriptions */
    uint64_t last_id;            /* of the dialogue's own requests */
};

void dialogue_init(struct dialogue *dialogue, const struct dialogue_host *host, bool legacy);
void dialogue_free(struct dialogue *dialogue);
/* A message of the client's: remembered and sent. Returns whether it will be answered. */
bool dialogue_ask(struct dialogue *dialogue, struct substrate_text message);
/* A message of the upstream's: heard, and told to the client. */
void dialogue_hear(struct dialogue *dialogue, struct substrate_text message);
/* The connection is lost. What must not be asked twice is answered with an error, and who follows
 * the chain by the new JSON-RPC is told to stop; the rest waits for dialogue_resume. */
void dialogue_lost(struct dialogue *dialogue);
/* Another connection: subscriptions are opened again, under the ids that the client knows, and what
 * was not answered is asked again. */
void dialogue_resume(struct dialogue *dialogue);

#endif
