/* Subscriptions and the head: what is sent when the head moves, and where it may move. */
#include "space/state.h"

#include <string.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* A copy of the request that lives as long as the subscription: method_notify asks for it again. */
static bool copy_request(struct space_subscription *subscription,
                         const struct rpc_envelope *envelope) {
    struct base_arena *arena = &subscription->arena;
    struct substrate_text name = base_arena_text(arena, envelope->method);
    struct base_json params = envelope->params, copy = {BASE_JSON_NONE, {NULL, 0}};
    struct substrate_text data = {NULL, 0};
    if (params.kind != BASE_JSON_NONE) {
        struct substrate_text text = base_arena_text(arena, params.raw);
        if (text.data == NULL ||
            base_json_parse(text, BASE_JSON_DEPTH_MAX, &copy, NULL) != SUBSTRATE_OK) {
            return false;
        }
    }
    return name.data != NULL &&
           rpc_request_parse(name, copy, arena, &subscription->request, &data) == SUBSTRATE_OK;
}

static void free_subscription(struct space_subscription *subscription) {
    base_arena_free(&subscription->arena);
    base_free(subscription);
}

bool space_subscribe(struct space_peer *peer, const struct rpc_envelope *envelope,
                     const struct method_outcome *outcome, const char *id, uint64_t arrived,
                     struct space_call *reply) {
    struct space_subscription *made = base_calloc(1, sizeof(*made));
    if (made == NULL) {
        return false;
    }
    base_arena_init(&made->arena, 1024);
    if (!copy_request(made, envelope)) {
        free_subscription(made);
        return false;
    }
    memcpy(made->id, id, SPACE_ID_SIZE);
    made->kind = outcome->subscription;
    made->subscribed = arrived;
    made->reply = reply;
    struct space_subscription **tail = &peer->subscriptions;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    *tail = made;
    space_tell_subscription(peer, SPACE_EVENT_SUBSCRIBED, made);
    peer->subscription_count++;
    peer->space->counts.subscriptions_opened++;
    peer->space->counts.subscriptions_open++;
    return true;
}

bool space_unsubscribe(struct space_peer *peer, const struct method_outcome *outcome) {
    struct substrate_text id = outcome->text;
    for (struct space_subscription **link = &peer->subscriptions; *link != NULL;
         link = &(*link)->next) {
        struct space_subscription *subscription = *link;
        if (subscription->kind == outcome->subscription && id.size == SPACE_ID_SIZE + 2 &&
            memcmp(id.data + 1, subscription->id, SPACE_ID_SIZE) == 0) {
            *link = subscription->next;
            space_tell_subscription(peer, SPACE_EVENT_UNSUBSCRIBED, subscription);
            free_subscription(subscription);
            peer->subscription_count--;
            peer->space->counts.subscriptions_open--;
            return true;
        }
    }
    return false;
}

void space_subscriptions_free(struct space_peer *peer) {
    while (peer->subscriptions != NULL) {
        struct space_subscription *subscription = peer->subscriptions;
        peer->subscriptions = subscription->next;
        free_subscription(subscription);
        peer->space->counts.subscriptions_open--;
    }
    peer->subscription_count = 0;
}

void space_reply_left(struct space_peer *peer, const struct space_call *reply) {
    for (struct space_subscription *at = peer->subscriptions; at != NULL; at = at->next) {
        if (at->reply == reply) {
            at->reply = NULL;
        }
    }
}

/* The `error` of a notification that cannot be made; jsonrpsee sends such ones in place of results.
 */
static void write_gap(struct space *space, const struct space_subscription *subscription,
                      const char *reason, struct base_buf *out) {
    const struct rpc_request *request = &subscription->request;
    base_buf_reset(&space->canonical);
    rpc_request_write(request, &space->view.head->hash, &space->canonical);
    struct space_unmatched what = {
        request->name, base_buf_view(&space->canonical), base_text(reason), {NULL, 0}, 0};
    struct base_buf data = BASE_BUF_INIT;
    space_unmatched(space, &what, &data);
    rpc_write_error_value(out, RPC_ERROR_UNMATCHED, NULL, base_buf_view(&data));
    out->failed = out->failed || data.failed;
    base_buf_free(&data);
}

static void notify(struct space_peer *peer, struct space_subscription *subscription,
                   const struct method_view *before) {
    struct space *space = peer->space;
    struct base_buf result = BASE_BUF_INIT;
    const char *reason = NULL;
    enum substrate_status status = method_notify(subscription->kind, &subscription->request, before,
                                                 &space->view, &space->arena, &result, &reason);
    bool gap = status == SUBSTRATE_E_DECODE;
    if (gap) {
        base_buf_reset(&result);
        write_gap(space, subscription, reason, &result);
    }
    struct space_call *call = status == SUBSTRATE_OK || gap ? space_call_new(peer) : NULL;
    if (call != NULL) {
        base_buf_format(&call->text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":{",
                        method_notification_name(subscription->kind));
        base_buf_format(&call->text, "\"subscription\":\"%.*s\",\"%s\":", SPACE_ID_SIZE,
                        subscription->id, gap ? "error" : "result");
        base_buf_text(&call->text, base_buf_view(&result));
        base_buf_str(&call->text, "}}");
        call->stream = method_notification_name(subscription->kind);
        call->subscribed = subscription->subscribed;
        space_call_put(call, space->now, subscription->reply);
    }
    base_buf_free(&result);
}

/* What a subscriber hears first, right behind the reply. */
void space_greet(struct space_peer *peer) {
    struct space_subscription *last = peer->subscriptions;
    while (last->next != NULL) {
        last = last->next;
    }
    notify(peer, last, NULL);
}

const struct chain_block *space_head(const struct space *space) { return space->view.head; }

const struct chain_block *space_next_block(const struct space *space,
                                           const struct chain_block *block) {
    const struct facts *facts = chain_facts(space->config.chain);
    const struct fact_block *next = NULL;
    for (size_t i = 0; i < facts->block_count; i++) {
        const struct fact_block *fact = &facts->blocks[i];
        if (!fact->fork && fact->number > block->number &&
            (next == NULL || fact->number < next->number)) {
            next = fact;
        }
    }
    return next != NULL ? chain_find(space->config.chain, &next->hash) : NULL;
}

/* As far behind the head as in the recording; or as far as blocks are recorded. */
static const struct chain_block *finalized_for(const struct space *space,
                                               const struct chain_block *head) {
    const struct chain *chain = space->config.chain;
    uint64_t lag = chain_head(chain)->number - chain_finalized(chain)->number;
    uint64_t target = head->number > lag ? head->number - lag : 0;
    const struct chain_block *block = head->fork ? NULL : chain_at(chain, target);
    if (block != NULL) {
        return block;
    }
    block = head;
    while (block->number > target && block->parent != NULL) {
        block = block->parent;
    }
    return block;
}

static void set_view(struct space *space, const struct chain_block *head) {
    space->view.head = head;
    space->view.finalized = finalized_for(space, head);
}

void space_start_head(struct space *space) {
    set_view(space,
             space->config.head != NULL ? space->config.head : chain_head(space->config.chain));
}

static void step(struct space *space, const struct chain_block *head) {
    struct method_view before = space->view;
    set_view(space, head);
    space_tell_head(space, SPACE_EVENT_HEAD, before.head, head);
    if (space->view.finalized != before.finalized) {
        space_tell_head(space, SPACE_EVENT_FINALIZED, before.finalized, space->view.finalized);
    }
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        for (struct space_subscription *at = peer->subscriptions; at != NULL; at = at->next) {
            notify(peer, at, &before);
        }
    }
}

void space_set_head(struct space *space, const struct chain_block *block, uint64_t now) {
    space_begin(space, now);
    const struct chain_block *next = space->view.head;
    while (!block->fork && next != NULL && next->number < block->number) {
        next = space_next_block(space, next);
        if (next != NULL) {
            step(space, next);
        }
    }
    if (space->view.head != block) {
        step(space, block);
    }
}
