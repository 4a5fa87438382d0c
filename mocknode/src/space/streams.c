/* Subscriptions and the head: what is sent when the head moves, and where it may move. */
#include "space/state.h"

#include <string.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

static void free_subscription(struct space_subscription *subscription) {
    base_arena_free(&subscription->arena);
    base_free(subscription);
}

bool space_unsubscribe(struct space_peer *peer, const struct method_outcome *outcome) {
    struct substrate_text id = outcome->text;
    for (struct space_subscription **link = &peer->subscriptions; *link != NULL;
         link = &(*link)->next) {
        struct space_subscription *subscription = *link;
        if (subscription->opened.stream == outcome->stream && id.size == SPACE_ID_SIZE + 2 &&
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
    const struct rpc_request *request = &subscription->opened.request;
    base_buf_reset(&space->canonical);
    rpc_request_write(request, &view_head(space->view)->hash, &space->canonical);
    struct space_unmatched what = {
        request->name, base_buf_view(&space->canonical), base_text(reason), {NULL, 0}, 0};
    struct base_buf data = BASE_BUF_INIT;
    space_unmatched(space, &what, &data);
    rpc_write_error_value(out, RPC_ERROR_UNMATCHED, NULL, base_buf_view(&data));
    out->failed = out->failed || data.failed;
    base_buf_free(&data);
}

/* One subscription that is being told something. */
struct telling {
    struct space_peer *peer;
    struct space_subscription *subscription;
};

static void tell(void *context, const struct method_notice *notice) {
    const struct telling *telling = context;
    const struct space_subscription *subscription = telling->subscription;
    struct space *space = telling->peer->space;
    struct space_call *call = space_call_new(telling->peer);
    if (call == NULL) {
        return;
    }
    call->stream = subscription->opened.stream->notification;
    call->subscribed = subscription->subscribed;
    base_buf_format(&call->text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":{",
                    call->stream);
    base_buf_format(&call->text, "\"subscription\":\"%.*s\",\"%s\":", SPACE_ID_SIZE,
                    subscription->id, notice->gap != NULL ? "error" : "result");
    if (notice->gap != NULL) {
        write_gap(space, subscription, notice->gap, &call->text);
    } else {
        base_buf_text(&call->text, notice->result);
    }
    base_buf_str(&call->text, "}}");
    space_call_put(call, space->now, subscription->reply);
}

bool space_subscribe(struct space_peer *peer, const struct rpc_request *request,
                     const struct method_outcome *outcome, const char *id, uint64_t arrived,
                     struct space_call *reply) {
    struct space_subscription *made = base_calloc(1, sizeof(*made));
    if (made == NULL) {
        return false;
    }
    base_arena_init(&made->arena, 1024);
    if (!method_open(outcome->stream, request, &made->arena, &made->opened)) {
        free_subscription(made);
        return false;
    }
    memcpy(made->id, id, SPACE_ID_SIZE);
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
    if (outcome->text.data != NULL) {
        struct telling telling = {peer, made};
        tell(&telling, &(struct method_notice){outcome->text, NULL});
    }
    return true;
}

/* ---- moves of the head ---- */

struct view *space_view(const struct space *space) {
    return space->view;
}

/* Tells a step as events, and every subscriber of it. */
static void tell_step(struct space *space, const struct view_step *step) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    if (step->head != step->head_before) {
        space_tell_head(space, SPACE_EVENT_HEAD, step->head_before, step->head);
    }
    if (step->finalized != step->finalized_before) {
        space_tell_head(space, SPACE_EVENT_FINALIZED, step->finalized_before, step->finalized);
    }
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        for (struct space_subscription *at = peer->subscriptions; at != NULL; at = at->next) {
            struct telling telling = {peer, at};
            (void)method_step(&at->opened, space->view, step, &arena, tell, &telling);
            base_arena_reset(&arena);
        }
    }
    base_arena_free(&arena);
}

static enum substrate_status moved(struct space *space, struct view_steps *steps,
                                   enum substrate_status status) {
    for (size_t i = 0; i < steps->count; i++) {
        tell_step(space, &steps->list[i]);
    }
    view_steps_free(steps);
    return status;
}

enum substrate_status space_set_head(struct space *space, const struct chain_block *block,
                                     uint64_t now, struct substrate_error *error) {
    struct view_steps steps = {NULL, 0, 0};
    space_begin(space, now);
    return moved(space, &steps, view_set_head(space->view, block, VIEW_SCENE, &steps, error));
}

enum substrate_status space_advance(struct space *space, uint64_t count, uint64_t now,
                                    struct substrate_error *error) {
    struct view_steps steps = {NULL, 0, 0};
    space_begin(space, now);
    return moved(space, &steps, view_advance(space->view, count, false, 0, &steps, error));
}
