/* Answers and notifications that wait, and streams: what memory they hold, and how it is bounded. A
 * result that is the recording's own text is not copied for that long; a connection that has too
 * much waiting is not read from. */
#include "space/state.h"

#include "base/text.h"

/* Smaller results are not worth the two copies. */
#define VIEW_MIN 1024
/* Reading stops when one connection has so many requests in flight, as memory has an end, and goes
 * on when it has so few. */
#define INFLIGHT_HIGH 65536
#define INFLIGHT_LOW 32768

void space_call_view(struct space_call *call, struct substrate_text result, size_t at) {
    const struct space *space = call->peer->space;
    bool kept = result.size >= VIEW_MIN && !base_arena_has(&space->arena, result.data);
    call->view = kept ? result : (struct substrate_text){NULL, 0};
    call->view_at = at;
}

/* Leaves out of the text what is the recording's. */
static void fold(struct space_call *call) {
    struct base_buf text = BASE_BUF_INIT;
    size_t behind = call->view_at + call->view.size;
    base_buf_append(&text, call->text.data, call->view_at);
    base_buf_append(&text, call->text.data + behind, call->text.size - behind);
    if (text.failed) {
        base_buf_free(&text);
        return;
    }
    base_buf_free(&call->text);
    call->text = text;
    call->folded = true;
}

void space_call_unfold(struct space_call *call) {
    struct base_buf text = BASE_BUF_INIT;
    if (!call->folded) {
        return;
    }
    base_buf_append(&text, call->text.data, call->view_at);
    base_buf_text(&text, call->view);
    base_buf_append(&text, call->text.data + call->view_at, call->text.size - call->view_at);
    call->folded = false;
    if (text.failed) {
        base_buf_reset(&call->text);
        space_write_internal_error(&call->text, BASE_TEXT("null"));
        base_buf_free(&text);
        return;
    }
    base_buf_free(&call->text);
    call->text = text;
}

void space_unfold_all(struct space *space) {
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        for (struct space_call *call = peer->calls; call != NULL; call = call->next) {
            space_call_unfold(call);
        }
    }
}

/* One number of bytes that a peer holds is another one now. */
static void hold(struct space_peer *peer, size_t *of_peer, size_t *held, size_t now) {
    struct space *space = peer->space;
    struct wire_budget *budget = space->config.budget;
    *of_peer += now - *held;
    space->waiting += now - *held;
    if (budget != NULL) {
        wire_budget_hold(budget, held, now);
    }
    *held = now;
}

void space_waiting_count(struct space_call *call) {
    size_t flights = call->flight_capacity * sizeof(*call->flights);
    hold(call->peer, &call->peer->waiting, &call->waiting,
         sizeof(*call) + call->text.capacity + call->ids.capacity + flights);
}

void space_waiting_begin(struct space_call *call) {
    struct space_peer *peer = call->peer;
    const struct space *space = peer->space;
    if (call->view.data != NULL && !call->folded) {
        fold(call);
    }
    space_waiting_count(call);
    if (peer->inflight > INFLIGHT_HIGH || peer->waiting > space->config.waiting_max) {
        peer->paused = true;
        space_peer_read(peer);
    }
}

void space_waiting_end(struct space_call *call) {
    if (call->waiting > 0) {
        hold(call->peer, &call->peer->waiting, &call->waiting, 0);
    }
}

void space_waiting_subscribed(struct space_subscription *subscription, size_t size) {
    struct space_peer *peer = subscription->peer;
    hold(peer, &peer->subscribed, &subscription->held, size);
}

bool space_waiting_is_full(const struct space_peer *peer) {
    return peer->waiting + peer->subscribed > peer->space->config.waiting_max;
}

void space_waiting_less(struct space_peer *peer) {
    if (peer->paused && peer->inflight < INFLIGHT_LOW &&
        peer->waiting <= peer->space->config.waiting_max / 2) {
        peer->paused = false;
        space_peer_read(peer);
    }
}

bool space_waiting_is_hopeless(const struct space_peer *peer) {
    size_t max = peer->space->config.waiting_max;
    return peer->waiting / 2 > max || (space_is_busy(peer->space) && peer->waiting > max / 4);
}

bool space_is_busy(const struct space *space) {
    const struct wire_budget *budget = space->config.budget;
    return space->waiting > space->config.space_waiting_max ||
           (budget != NULL && wire_budget_is_over(budget));
}
