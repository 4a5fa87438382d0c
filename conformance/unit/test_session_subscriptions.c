/* Subscriptions of a session: early, late and unknown notifications, lagging, closing, and the
 * whole session with each of its allocations failing once. */
#include "client_support.h"

#include <stdio.h>

#include "session/session.h"

struct listener {
    struct session_subscription subscription;
    char room[128];
    int ended, changed;
};

static void on_ended(struct session_call *call) { ((struct listener *)call)->ended += 1; }

static void on_changed(struct session_subscription *subscription) {
    ((struct listener *)subscription)->changed += 1;
}

static void start(struct session *session) {
    struct session_options options = {10, 10, 1};
    session_init(session, &options);
}

static bool subscribe(struct session *session, struct listener *listener, uint32_t queue_max) {
    struct substrate_request request = {.method = "sub"};
    *listener = (struct listener){.subscription.queue_max = queue_max};
    listener->subscription.changed = on_changed;
    listener->subscription.call.ended = on_ended;
    return session_subscribe(session, &listener->subscription, &request, 1000, listener->room) ==
               SUBSTRATE_OK &&
           session_next(session) == &listener->subscription.call;
}

static void feed(struct session *session, const char *text) {
    struct base_buf bytes = BASE_BUF_INIT;
    struct envelope envelope;
    base_buf_str(&bytes, text);
    if (bytes.failed) {
        session_close(session,
                      SUBSTRATE_E_MEMORY); /* as a transport does that cannot hold a text */
    } else {
        envelope_read(base_buf_view(&bytes), &envelope);
        session_feed(session, &envelope, &bytes, 0);
    }
    base_buf_free(&bytes);
}

static void notify(struct session *session, const char *id, int value) {
    char text[128];
    (void)snprintf(text, sizeof(text),
                   "{\"jsonrpc\":\"2.0\",\"method\":\"n\",\"params\":{\"subscription\":%s,"
                   "\"result\":%d}}",
                   id, value);
    feed(session, text);
}

/* The next notification is `value`; 0: there is none. */
static void expect(struct listener *listener, int value) {
    struct session_notification *next = session_notification_take(&listener->subscription);
    if (value == 0) {
        ck_assert_ptr_null(next);
        return;
    }
    char text[16];
    (void)snprintf(text, sizeof(text), "%d", value);
    ck_assert_ptr_nonnull(next);
    ck_text_eq(next->result, text);
    session_notification_free(next);
}

static void finish(struct session *session, struct listener *listener) {
    session_unsubscribe(session, &listener->subscription);
    session_call_clear(&listener->subscription.call);
}

START_TEST(test_notifications_keep_their_order_and_their_owner) {
    struct session session;
    struct listener a;
    struct listener b;
    start(&session);
    ck_assert(subscribe(&session, &a, 10));
    ck_assert(subscribe(&session, &b, 10));
    feed(&session, "{\"id\":2,\"result\":7}");
    feed(&session, "{\"id\":1,\"result\":\"7\"}"); /* "7" and 7 are two ids */
    notify(&session, "7", 1);
    notify(&session, "\"7\"", 2);
    notify(&session, "7", 3);
    notify(&session, "\"8\"", 4);
    expect(&b, 1);
    expect(&b, 3);
    expect(&b, 0);
    expect(&a, 2);
    expect(&a, 0);
    ck_assert_uint_eq(session.counters.notifications, 4);
    ck_assert_int_eq(a.changed, 1);
    ck_assert_int_eq(b.changed, 2);
    finish(&session, &a);
    finish(&session, &b);
    session_free(&session);
}
END_TEST

START_TEST(test_notifications_before_the_reply_are_kept) {
    struct session session;
    struct listener a;
    struct listener b;
    start(&session);
    ck_assert(subscribe(&session, &a, 10));
    ck_assert(subscribe(&session, &b, 10));
    notify(&session, "\"b\"", 1);
    notify(&session, "\"a\"", 2);
    notify(&session, "\"x\"", 3);
    notify(&session, "\"a\"", 4);
    feed(&session, "{\"id\":1,\"result\":\"a\"}");
    notify(&session, "\"a\"", 5);
    ck_assert_uint_eq(session.early.count, 2);
    feed(&session, "{\"id\":2,\"result\":\"b\"}");
    ck_assert_uint_eq(session.early.count, 0); /* nobody can claim the stranger's any more */
    expect(&a, 2);
    expect(&a, 4);
    expect(&a, 5);
    expect(&a, 0);
    expect(&b, 1);
    expect(&b, 0);
    finish(&session, &a);
    finish(&session, &b);
    session_free(&session);
}
END_TEST

START_TEST(test_notifications_after_the_end_are_dropped) {
    struct session session;
    struct listener a;
    start(&session);
    ck_assert(subscribe(&session, &a, 10));
    feed(&session, "{\"id\":1,\"result\":\"a\"}");
    notify(&session, "\"a\"", 1);
    finish(&session, &a);
    notify(&session, "\"a\"", 2);
    ck_assert_uint_eq(session.early.count, 0);
    ck_assert_uint_eq(session.subscriptions.count, 0);
    ck_assert_int_eq(a.changed, 1);
    ck_assert_int_eq(a.ended, 1);
    /* An id may come again for somebody else. */
    ck_assert(subscribe(&session, &a, 10));
    feed(&session, "{\"id\":2,\"result\":\"a\"}");
    notify(&session, "\"a\"", 3);
    expect(&a, 3);
    finish(&session, &a);
    session_free(&session);
}
END_TEST

START_TEST(test_full_queue_lags_and_loses_only_its_own) {
    struct session session;
    struct listener a;
    struct listener b;
    start(&session);
    ck_assert(subscribe(&session, &a, 2));
    ck_assert(subscribe(&session, &b, 3));
    feed(&session, "[{\"id\":1,\"result\":\"a\"},{\"id\":2,\"result\":\"b\"}]");
    for (int i = 1; i <= 3; i++) {
        notify(&session, "\"a\"", i);
        notify(&session, "\"b\"", i);
    }
    ck_assert(a.subscription.lagged);
    ck_assert(!a.subscription.live);
    ck_assert(!b.subscription.lagged);
    expect(&a, 1);
    expect(&a, 2);
    expect(&a, 0);
    notify(&session, "\"a\"", 9); /* a gap would be silent: nothing more comes */
    expect(&a, 0);
    for (int i = 1; i <= 3; i++) {
        expect(&b, i);
    }
    finish(&session, &a);
    finish(&session, &b);
    session_free(&session);
}
END_TEST

START_TEST(test_early_notifications_are_bounded_and_never_lost_silently) {
    struct session session;
    struct listener a;
    start(&session);
    ck_assert(subscribe(&session, &a, 10 * SESSION_EARLY_MAX));
    for (int i = 1; i <= SESSION_EARLY_MAX + 1; i++) {
        notify(&session, "\"a\"", i);
    }
    ck_assert_uint_eq(session.early.count, SESSION_EARLY_MAX);
    feed(&session, "{\"id\":1,\"result\":\"a\"}");
    ck_assert(a.subscription.lagged);
    for (int i = 1; i <= SESSION_EARLY_MAX; i++) {
        expect(&a, i);
    }
    expect(&a, 0);
    finish(&session, &a);
    /* The loss is forgotten with the last subscribe request that it may have been for. */
    ck_assert(subscribe(&session, &a, 1));
    feed(&session, "{\"id\":2,\"result\":\"b\"}");
    ck_assert(!a.subscription.lagged);
    finish(&session, &a);
    session_free(&session);
}
END_TEST

START_TEST(test_early_notifications_beyond_the_queue_lag) {
    struct session session;
    struct listener a;
    start(&session);
    ck_assert(subscribe(&session, &a, 1));
    notify(&session, "\"a\"", 1);
    notify(&session, "\"a\"", 2);
    notify(&session, "\"a\"", 3);
    feed(&session, "{\"id\":1,\"result\":\"a\"}");
    ck_assert(a.subscription.lagged);
    expect(&a, 1);
    expect(&a, 0);
    finish(&session, &a);
    session_free(&session);
}
END_TEST

START_TEST(test_subscribing_that_fails_registers_nothing) {
    static const struct {
        const char *reply;
        enum substrate_status status;
    } cases[] = {
        {"{\"id\":1,\"error\":{\"code\":-32006,\"message\":\"m\"}}", SUBSTRATE_E_RPC},
        {"{\"id\":1,\"result\":null}", SUBSTRATE_E_PROTOCOL},
        {"{\"id\":1,\"result\":{}}", SUBSTRATE_E_PROTOCOL},
        {"{\"id\":1,\"result\":true}", SUBSTRATE_E_PROTOCOL},
        {"{\"id\":1}", SUBSTRATE_E_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct session session;
        struct listener a;
        start(&session);
        ck_assert(subscribe(&session, &a, 10));
        notify(&session, "\"a\"", 1);
        feed(&session, cases[i].reply);
        ck_assert_int_eq(a.subscription.call.reply.status, cases[i].status);
        ck_assert_int_eq(a.ended, 1);
        ck_assert(!a.subscription.live);
        ck_assert_uint_eq(session.early.count, 0);
        ck_assert_uint_eq(session.subscribing, 0);
        finish(&session, &a);
        session_free(&session);
    }
}
END_TEST

START_TEST(test_two_subscriptions_cannot_share_an_id) {
    struct session session;
    struct listener a;
    struct listener b;
    start(&session);
    ck_assert(subscribe(&session, &a, 10));
    ck_assert(subscribe(&session, &b, 10));
    feed(&session, "{\"id\":1,\"result\":\"a\"}");
    feed(&session, "{\"id\":2,\"result\":\"a\"}");
    ck_assert_int_eq(b.subscription.call.reply.status, SUBSTRATE_E_PROTOCOL);
    notify(&session, "\"a\"", 1);
    expect(&a, 1);
    finish(&session, &b);
    notify(&session, "\"a\"", 2);
    expect(&a, 2);
    finish(&session, &a);
    session_free(&session);
}
END_TEST

START_TEST(test_close_tells_subscriptions) {
    struct session session;
    struct listener live;
    struct listener waiting;
    start(&session);
    ck_assert(subscribe(&session, &live, 10));
    ck_assert(subscribe(&session, &waiting, 10));
    feed(&session, "{\"id\":1,\"result\":\"a\"}");
    notify(&session, "\"a\"", 1);
    session_close(&session, SUBSTRATE_E_CLOSED);
    ck_assert(!live.subscription.live);
    ck_assert_int_eq(live.changed, 2);
    ck_assert_int_eq(waiting.ended, 1);
    ck_assert_int_eq(waiting.subscription.call.reply.status, SUBSTRATE_E_CLOSED);
    expect(&live, 1); /* what came before the end can still be read */
    expect(&live, 0);
    finish(&session, &live);
    finish(&session, &waiting);
    session_free(&session);
}
END_TEST

START_TEST(test_unsubscribing_before_the_reply_cancels) {
    struct session session;
    struct listener a;
    start(&session);
    ck_assert(subscribe(&session, &a, 10));
    notify(&session, "\"a\"", 1);
    finish(&session, &a);
    ck_assert_int_eq(a.ended, 1);
    ck_assert_uint_eq(session.early.count, 0);
    feed(&session, "{\"id\":1,\"result\":\"a\"}");
    ck_assert_uint_eq(session.counters.late, 1);
    ck_assert_uint_eq(session.subscriptions.count, 0);
    session_free(&session);
}
END_TEST

/* A subscription with an early notification, one in a batch, and one as usual. */
static bool memory_scenario(void) {
    struct session session;
    struct listener a;
    start(&session);
    bool subscribed = subscribe(&session, &a, 10);
    notify(&session, "\"a\"", 1);
    feed(&session, "[{\"id\":1,\"result\":\"a\"},{\"method\":\"n\",\"params\":{\"subscription\":"
                   "\"a\",\"result\":2}}]");
    notify(&session, "\"a\"", 3);
    int count = 0;
    for (struct session_notification *next = session_notification_take(&a.subscription);
         next != NULL; next = session_notification_take(&a.subscription)) {
        session_notification_free(next);
        count += 1;
    }
    /* It either has all, or knows that it does not. */
    ck_assert(count == 3 || a.subscription.lagged || !a.subscription.live || !subscribed);
    if (subscribed) {
        finish(&session, &a);
    }
    session_close(&session, SUBSTRATE_E_CLOSED);
    session_free(&session);
    return subscribed && count == 3;
}

START_TEST(test_each_allocation_may_fail) { client_fail_each(memory_scenario); }
END_TEST

CHECK_MAIN("session_subscriptions", test_notifications_keep_their_order_and_their_owner,
           test_notifications_before_the_reply_are_kept,
           test_notifications_after_the_end_are_dropped,
           test_full_queue_lags_and_loses_only_its_own,
           test_early_notifications_are_bounded_and_never_lost_silently,
           test_early_notifications_beyond_the_queue_lag,
           test_subscribing_that_fails_registers_nothing, test_two_subscriptions_cannot_share_an_id,
           test_close_tells_subscriptions, test_unsubscribing_before_the_reply_cancels,
           test_each_allocation_may_fail)
