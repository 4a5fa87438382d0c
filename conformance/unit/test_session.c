/* The session without a socket: every order of replies, deadlines in virtual time, cancelling,
 * closing, limits, and texts that are wrong in all ways. The node's texts are written by hand here.
 */
#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>

#include "session/session.h"

#define FIRST_ID 10

/* A call with what became of it. */
struct probe {
    struct session_call call;
    char room[128];
    int ended;
    char result[64];
};

static void on_ended(struct session_call *call) {
    struct probe *probe = (struct probe *)call;
    probe->ended += 1;
    (void)snprintf(probe->result, sizeof(probe->result), "%.*s", (int)call->reply.result.size,
                   call->reply.result.data != NULL ? call->reply.result.data : "");
}

static void start(struct session *session, uint32_t in_flight_max, uint32_t queued_max) {
    struct session_options options = {in_flight_max, queued_max, FIRST_ID};
    session_init(session, &options);
}

static enum substrate_status submit(struct session *session, struct probe *probe,
                                    uint64_t deadline_us) {
    struct substrate_request request = {.method = "m", .params = BASE_TEXT("[1]")};
    *probe = (struct probe){.call.ended = on_ended};
    ck_assert_uint_le(session_text_size(&request), sizeof(probe->room));
    return session_submit(session, &probe->call, &request, deadline_us, probe->room);
}

/* Submits and sends. */
static void send_one(struct session *session, struct probe *probe, uint64_t deadline_us) {
    ck_assert_int_eq(submit(session, probe, deadline_us), SUBSTRATE_OK);
    ck_assert_ptr_eq(session_next(session), &probe->call);
}

static void feed_at(struct session *session, const char *text, uint64_t now_us) {
    struct base_buf bytes = BASE_BUF_INIT;
    struct envelope envelope;
    base_buf_str(&bytes, text);
    envelope_read(base_buf_view(&bytes), &envelope);
    session_feed(session, &envelope, &bytes, now_us);
    base_buf_free(&bytes);
}

static void feed(struct session *session, const char *text) { feed_at(session, text, 0); }

static void clear(struct probe *probes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        session_call_clear(&probes[i].call);
    }
}

/* The frames of the order test: four replies, a second one to `doubled`, one to a cancelled call,
 * and one to an id that was never used. Each has a value of its own. */
enum { REPLIES = 4, DUPLICATE = 4, LATE = 5, UNKNOWN = 6, FRAMES = 7 };

static int answers(int frame, int doubled) {
    return frame < REPLIES ? frame : frame == DUPLICATE ? doubled : -1;
}

static void run_order(const int *order, int doubled) {
    struct session session;
    struct probe probes[REPLIES + 1];
    int expected[REPLIES] = {-1, -1, -1, -1};
    start(&session, 10, 10);
    for (int i = 0; i <= REPLIES; i++) {
        send_one(&session, &probes[i], SUBSTRATE_NEVER);
    }
    ck_assert(session_cancel(&session, &probes[REPLIES].call));
    for (int at = 0; at < FRAMES; at++) {
        char text[96];
        int frame = order[at];
        int target = answers(frame, doubled);
        int id = frame == LATE ? FIRST_ID + REPLIES : frame == UNKNOWN ? 999 : FIRST_ID + target;
        (void)snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"result\":\"v%d\",\"id\":%d}",
                       frame, id);
        feed(&session, text);
        if (target >= 0 && expected[target] < 0) {
            expected[target] = frame;
        }
        for (int i = 0; i < REPLIES; i++) {
            ck_assert_int_eq(probes[i].ended, expected[i] >= 0);
        }
        ck_assert_int_eq(probes[REPLIES].ended, 1);
    }
    for (int i = 0; i < REPLIES; i++) {
        char value[16];
        (void)snprintf(value, sizeof(value), "\"v%d\"", expected[i]);
        ck_assert_str_eq(probes[i].result, value);
        ck_assert_int_eq(probes[i].call.reply.status, SUBSTRATE_OK);
    }
    ck_assert_uint_eq(session.counters.submitted, 5);
    ck_assert_uint_eq(session.counters.replied, 4);
    ck_assert_uint_eq(session.counters.cancelled, 1);
    ck_assert_uint_eq(session.counters.late, 2);
    ck_assert_uint_eq(session.counters.unknown, 1);
    ck_assert_uint_eq(session.counters.malformed, 0);
    ck_assert_uint_eq(session.counters.in_flight, 0);
    ck_assert_uint_eq(session.counters.in_flight_peak, 5);
    clear(probes, REPLIES + 1);
    session_free(&session);
}

static size_t run_orders(int *order, int fixed, int doubled) {
    if (fixed == FRAMES) {
        run_order(order, doubled);
        return 1;
    }
    size_t runs = 0;
    for (int i = fixed; i < FRAMES; i++) {
        int frame = order[i];
        order[i] = order[fixed];
        order[fixed] = frame;
        runs += run_orders(order, fixed + 1, doubled);
        order[fixed] = order[i];
        order[i] = frame;
    }
    return runs;
}

START_TEST(test_replies_in_every_order_end_each_call_once) {
    for (int doubled = 0; doubled < REPLIES; doubled++) {
        int order[FRAMES] = {0, 1, 2, 3, DUPLICATE, LATE, UNKNOWN};
        ck_assert_uint_eq(run_orders(order, 0, doubled), 5040); /* 7! */
    }
}
END_TEST

START_TEST(test_request_text_is_one_json_rpc_call) {
    struct session session;
    struct session_options options = {4, 4, 9007199254740993};
    struct substrate_request request = {.method = "chain_getBlockHash", .params = {NULL, 0}};
    struct probe probe = {.call.ended = on_ended};
    session_init(&session, &options);
    ck_assert_int_eq(session_submit(&session, &probe.call, &request, SUBSTRATE_NEVER, probe.room),
                     SUBSTRATE_OK);
    ck_text_eq(probe.call.text, "{\"jsonrpc\":\"2.0\",\"id\":9007199254740993,"
                                "\"method\":\"chain_getBlockHash\",\"params\":[]}");
    ck_assert_ptr_eq(session_next(&session), &probe.call);
    feed(&session, "{\"id\":9007199254740992,\"result\":1}");
    ck_assert_int_eq(probe.ended, 0);
    feed(&session, "{\"id\":9007199254740993,\"result\":2}");
    ck_assert_str_eq(probe.result, "2");
    ck_assert_uint_eq(session.counters.unknown, 1);
    clear(&probe, 1);
    session_free(&session);
}
END_TEST

START_TEST(test_requests_that_cannot_be_sent_are_refused) {
    struct substrate_error error;
    const struct substrate_request bad[] = {
        {.method = NULL},
        {.method = ""},
        {.method = "a\"b"},
        {.method = "a\\b"},
        {.method = "a b"},
        {.method = "a\n"},
        {.method = "\xc3\xa9"},
        {.method = "m", .params = BASE_TEXT("1")},
        {.method = "m", .params = BASE_TEXT("[1")},
        {.method = "m", .params = BASE_TEXT("[],[]")},
        {.method = "m", .params = BASE_TEXT("")},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_eq(session_check(&bad[i], &error), SUBSTRATE_E_ARGUMENT);
        ck_assert_int_eq(error.status, SUBSTRATE_E_ARGUMENT);
        ck_assert_uint_gt(strlen(error.message), 0);
    }
    struct substrate_request object = {.method = "m", .params = BASE_TEXT(" {\"a\": 1} ")};
    ck_assert_int_eq(session_check(&object, &error), SUBSTRATE_OK);
}
END_TEST

START_TEST(test_deadlines_pass_at_their_own_time) {
    struct session session;
    struct probe probes[4];
    const uint64_t deadlines[] = {300, 100, 200, SUBSTRATE_NEVER};
    start(&session, 10, 10);
    ck_assert_uint_eq(session_deadline(&session), SUBSTRATE_NEVER);
    for (int i = 0; i < 4; i++) {
        send_one(&session, &probes[i], deadlines[i]);
    }
    ck_assert_uint_eq(session_deadline(&session), 100);
    session_expire(&session, 99);
    ck_assert_int_eq(probes[1].ended, 0);
    session_expire(&session, 100);
    ck_assert_int_eq(probes[1].ended, 1);
    ck_assert_int_eq(probes[1].call.reply.status, SUBSTRATE_E_TIMEOUT);
    ck_assert_uint_eq(session_deadline(&session), 200);
    /* A reply in the instant of the deadline is late, whoever looks first; one before it is not. */
    feed_at(&session, "{\"id\":12,\"result\":1}", 200);
    ck_assert_int_eq(probes[2].call.reply.status, SUBSTRATE_E_TIMEOUT);
    feed_at(&session, "{\"id\":10,\"result\":1}", 299);
    ck_assert_int_eq(probes[0].call.reply.status, SUBSTRATE_OK);
    feed_at(&session, "{\"id\":11,\"result\":1}", 299);
    session_expire(&session, SUBSTRATE_NEVER - 1);
    ck_assert_int_eq(probes[3].ended, 0);
    ck_assert_uint_eq(session_deadline(&session), SUBSTRATE_NEVER);
    ck_assert_uint_eq(session.counters.timed_out, 2);
    ck_assert_uint_eq(session.counters.late, 2);
    ck_assert_uint_eq(session.counters.replied, 1);
    session_close(&session, SUBSTRATE_E_CLOSED);
    clear(probes, 4);
    session_free(&session);
}
END_TEST

/* Many deadlines in a scrambled order, some taken out of the middle, must pass in order. */
START_TEST(test_deadlines_of_many_calls_pass_in_order) {
    enum { COUNT = 1000 };
    static struct probe probes[COUNT];
    struct session session;
    start(&session, COUNT, COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        send_one(&session, &probes[i], i * 7919 % 1009 + 1);
    }
    for (size_t i = 0; i < COUNT; i += 3) {
        ck_assert(session_cancel(&session, &probes[i].call));
    }
    for (uint64_t now = 1; now <= 1009; now++) {
        session_expire(&session, now);
        for (uint64_t i = 0; i < COUNT; i++) {
            bool over = i % 3 == 0 || i * 7919 % 1009 + 1 <= now;
            ck_assert_int_eq(probes[i].ended, over);
        }
    }
    ck_assert_uint_eq(session.counters.cancelled, 334);
    ck_assert_uint_eq(session.counters.timed_out, 666);
    session_free(&session);
}
END_TEST

START_TEST(test_cancel_has_one_winner) {
    struct session session;
    struct probe queued;
    struct probe sent;
    struct probe replied;
    start(&session, 10, 10);
    send_one(&session, &sent, 50);
    send_one(&session, &replied, 50);
    ck_assert_int_eq(submit(&session, &queued, 50), SUBSTRATE_OK);
    ck_assert(session_cancel(&session, &queued.call));
    ck_assert_ptr_null(session_next(&session)); /* never sent */
    ck_assert(!session_cancel(&session, &queued.call));
    ck_assert(session_cancel(&session, &sent.call));
    ck_assert_int_eq(sent.call.reply.status, SUBSTRATE_E_CANCELLED);
    feed(&session, "{\"id\":10,\"result\":1}");
    feed(&session, "{\"id\":11,\"result\":1}");
    ck_assert(!session_cancel(&session, &replied.call));
    session_expire(&session, 1000);
    ck_assert_int_eq(queued.ended, 1);
    ck_assert_int_eq(sent.ended, 1);
    ck_assert_int_eq(replied.ended, 1);
    ck_assert_int_eq(replied.call.reply.status, SUBSTRATE_OK);
    ck_assert_uint_eq(session.counters.cancelled, 2);
    ck_assert_uint_eq(session.counters.late, 1);
    ck_assert_uint_eq(session.counters.timed_out, 0);
    ck_assert_uint_eq(session.counters.in_flight, 0);
    clear(&replied, 1);
    session_free(&session);
}
END_TEST

START_TEST(test_close_ends_queued_and_sent_calls_once) {
    struct session session;
    struct probe probes[5];
    start(&session, 2, 10);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(submit(&session, &probes[i], 100), SUBSTRATE_OK);
    }
    ck_assert_ptr_eq(session_next(&session), &probes[0].call);
    ck_assert_ptr_eq(session_next(&session), &probes[1].call);
    ck_assert_ptr_null(session_next(&session));
    session_close(&session, SUBSTRATE_E_LIMIT);
    session_close(&session, SUBSTRATE_E_CLOSED);
    session_expire(&session, 1000);
    feed(&session, "{\"id\":10,\"result\":1}");
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(probes[i].ended, 1);
        ck_assert_int_eq(probes[i].call.reply.status, SUBSTRATE_E_LIMIT);
    }
    ck_assert_ptr_null(session_next(&session));
    ck_assert_uint_eq(session.counters.closed, 5);
    ck_assert_uint_eq(session.counters.in_flight, 0);
    ck_assert_int_eq(submit(&session, &probes[0], 100), SUBSTRATE_E_CLOSED);
    session_free(&session);
}
END_TEST

START_TEST(test_in_flight_limit_keeps_the_rest_in_order) {
    struct session session;
    struct probe probes[6];
    start(&session, 2, 3);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(submit(&session, &probes[i], SUBSTRATE_NEVER), SUBSTRATE_OK);
    }
    ck_assert_int_eq(submit(&session, &probes[5], SUBSTRATE_NEVER), SUBSTRATE_E_BUSY);
    ck_assert_ptr_eq(session_next(&session), &probes[0].call);
    ck_assert_ptr_eq(session_next(&session), &probes[1].call);
    ck_assert(!session_can_send(&session));
    ck_assert_int_eq(submit(&session, &probes[5], SUBSTRATE_NEVER), SUBSTRATE_E_BUSY);
    /* The node cannot answer what it was not asked. */
    feed(&session, "{\"id\":12,\"result\":1}");
    ck_assert_int_eq(probes[2].ended, 0);
    ck_assert_uint_eq(session.counters.unknown, 1);
    feed(&session, "{\"id\":11,\"result\":1}");
    ck_assert_int_eq(submit(&session, &probes[5], SUBSTRATE_NEVER), SUBSTRATE_OK);
    ck_assert_ptr_eq(session_next(&session), &probes[2].call);
    ck_assert_ptr_null(session_next(&session));
    ck_assert(session_cancel(&session, &probes[0].call)); /* frees a place as well */
    ck_assert(session_cancel(&session, &probes[3].call)); /* leaves the middle of the queue */
    ck_assert_ptr_eq(session_next(&session), &probes[4].call);
    session_expire(&session, 0);
    feed(&session, "{\"id\":12,\"result\":1}");
    ck_assert_ptr_eq(session_next(&session), &probes[5].call);
    ck_assert_uint_eq(session.counters.in_flight_peak, 2);
    session_close(&session, SUBSTRATE_E_CLOSED);
    clear(probes, 6);
    session_free(&session);
}
END_TEST

START_TEST(test_withdrawn_calls_never_were) {
    struct session session;
    struct probe probes[2];
    start(&session, 1, 1);
    ck_assert_int_eq(submit(&session, &probes[0], 5), SUBSTRATE_OK);
    ck_assert_int_eq(submit(&session, &probes[1], 5), SUBSTRATE_OK);
    session_withdraw(&session, &probes[1].call);
    session_withdraw(&session, &probes[0].call);
    session_expire(&session, 10);
    ck_assert_ptr_null(session_next(&session));
    ck_assert_int_eq(probes[0].ended + probes[1].ended, 0);
    ck_assert_uint_eq(session.counters.submitted, 0);
    send_one(&session, &probes[0], 20);
    ck_assert_uint_eq(probes[0].call.id, FIRST_ID + 2); /* ids are never used twice */
    session_close(&session, SUBSTRATE_E_CLOSED);
    session_free(&session);
}
END_TEST

START_TEST(test_ids_run_out_and_are_not_used_again) {
    struct session session;
    struct session_options options = {4, 4, UINT64_MAX - 1};
    struct probe probes[2];
    session_init(&session, &options);
    send_one(&session, &probes[0], SUBSTRATE_NEVER);
    ck_assert_int_eq(submit(&session, &probes[1], SUBSTRATE_NEVER), SUBSTRATE_E_LIMIT);
    feed(&session, "{\"id\":18446744073709551614,\"result\":7}");
    ck_assert_str_eq(probes[0].result, "7");
    feed(&session, "{\"id\":18446744073709551616,\"result\":7}"); /* 2^64 is no 0 */
    ck_assert_uint_eq(session.counters.unknown, 1);
    clear(probes, 1);
    session_free(&session);
}
END_TEST

/* A text and the one counter that it raises. No call in flight may notice. */
START_TEST(test_wrong_texts_are_counted_and_harm_nobody) {
    static const struct {
        const char *text;
        uint64_t malformed, unknown, late;
    } cases[] = {
        {"", 1, 0, 0},
        {"not json", 1, 0, 0},
        {"\"ping\"", 1, 0, 0},
        {"{}", 1, 0, 0},
        {"[]", 1, 0, 0},
        {"null", 1, 0, 0},
        {"{\"jsonrpc\":\"2.0\",\"result\":1}", 1, 0, 0},
        {"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"m\"}}", 1, 0, 0},
        {"{\"id\":null,\"error\":{\"code\":-32700,\"message\":\"m\"}}", 1, 0, 0},
        {"{\"id\":10,\"result\":1", 1, 0, 0},
        {"{\"id\":10,\"result\":1}x", 1, 0, 0},
        {"{\"id\":10,\"result\":\"\xff\"}", 1, 0, 0},
        {"{\"id\":10,\"method\":\"m\",\"params\":[]}", 1, 0, 0}, /* a request of the node */
        {"{\"method\":\"m\",\"params\":[]}", 1, 0, 0},
        {"{\"id\":\"10\",\"result\":1}", 0, 1, 0},
        {"{\"id\":10.0,\"result\":1}", 0, 1, 0},
        {"{\"id\":1e1,\"result\":1}", 0, 1, 0},
        {"{\"id\":-10,\"result\":1}", 0, 1, 0},
        {"{\"id\":true,\"result\":1}", 0, 1, 0},
        {"{\"id\":[10],\"result\":1}", 0, 1, 0},
        {"{\"id\":010,\"result\":1}", 1, 0, 0},
        {"{\"id\":11,\"result\":1}", 0, 1, 0},
        {"{\"id\":9,\"result\":1}", 0, 1, 0}, /* under the first id */
        {"{\"id\":0,\"result\":1}", 0, 1, 0},
        {"[[{\"id\":10,\"result\":1}]]", 1, 0, 0},
        {"[1,\"x\",{\"id\":77,\"result\":1}]", 2, 1, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct session session;
        struct probe probe;
        start(&session, 4, 4);
        send_one(&session, &probe, SUBSTRATE_NEVER);
        feed(&session, cases[i].text);
        ck_assert_msg(probe.ended == 0, "%s ended the call", cases[i].text);
        ck_assert_msg(session.counters.malformed == cases[i].malformed &&
                          session.counters.unknown == cases[i].unknown &&
                          session.counters.late == cases[i].late,
                      "%s is counted wrongly", cases[i].text);
        feed(&session, "{\"id\":10,\"result\":\"mine\"}");
        ck_assert_str_eq(probe.result, "\"mine\"");
        clear(&probe, 1);
        session_free(&session);
    }
}
END_TEST

START_TEST(test_result_is_kept_byte_for_byte) {
    static const char *const results[] = {
        "null",
        "false",
        "0",
        "-0.10e+05",
        "18446744073709551616",
        "\"\\u00e9\\/\"",
        "\"\xc3\xa9\"",
        "[ 1 ,2 ]",
        "{\"b\":1,\"a\":{\"id\":10},\"b\":2}",
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        struct session session;
        struct probe probe;
        char text[128];
        start(&session, 4, 4);
        send_one(&session, &probe, SUBSTRATE_NEVER);
        (void)snprintf(text, sizeof(text), " { \"result\" : %s , \"id\" : 10 } ", results[i]);
        feed(&session, text);
        ck_assert_str_eq(probe.result, results[i]);
        ck_assert_int_eq(probe.call.reply.status, SUBSTRATE_OK);
        clear(&probe, 1);
        session_free(&session);
    }
}
END_TEST

START_TEST(test_broken_replies_end_only_their_own_call) {
    static const char *const broken[] = {
        "{\"id\":10}",
        "{\"id\":10,\"result\":1,\"error\":{\"code\":1,\"message\":\"m\"}}",
        "{\"id\":10,\"result\":1,\"error\":null}",
        "{\"id\":10,\"error\":null}",
        "{\"id\":10,\"error\":\"text\"}",
        "{\"id\":10,\"error\":{\"message\":\"no code\"}}",
        "{\"id\":10,\"error\":{\"code\":\"1\",\"message\":\"m\"}}",
        "{\"id\":10,\"error\":{\"code\":1.5,\"message\":\"m\"}}",
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct session session;
        struct probe probes[2];
        start(&session, 4, 4);
        send_one(&session, &probes[0], SUBSTRATE_NEVER);
        send_one(&session, &probes[1], SUBSTRATE_NEVER);
        feed(&session, broken[i]);
        ck_assert_int_eq(probes[0].ended, 1);
        ck_assert_int_eq(probes[0].call.reply.status, SUBSTRATE_E_PROTOCOL);
        ck_assert_int_eq(probes[1].ended, 0);
        ck_assert_uint_eq(session.counters.malformed, 1);
        ck_assert_uint_eq(session.counters.replied, 1);
        session_close(&session, SUBSTRATE_E_CLOSED);
        session_free(&session);
    }
}
END_TEST

START_TEST(test_rpc_error_is_handed_over_raw) {
    struct session session;
    struct probe probes[2];
    start(&session, 4, 4);
    send_one(&session, &probes[0], SUBSTRATE_NEVER);
    send_one(&session, &probes[1], SUBSTRATE_NEVER);
    feed(&session, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":\"a\\\"b\","
                   "\"data\":{\"x\":[1]}},\"id\":11}");
    feed(&session, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":4003},\"id\":10}");
    ck_assert_int_eq(probes[1].call.reply.status, SUBSTRATE_E_RPC);
    ck_assert_int_eq(probes[1].call.reply.rpc_code, -32602);
    ck_text_eq(probes[1].call.reply.rpc_message, "\"a\\\"b\"");
    ck_text_eq(probes[1].call.reply.rpc_data, "{\"x\":[1]}");
    ck_assert_int_eq(probes[0].call.reply.rpc_code, 4003);
    ck_assert_ptr_null(probes[0].call.reply.rpc_message.data);
    ck_assert_ptr_null(probes[0].call.reply.rpc_data.data);
    ck_assert_uint_eq(session.counters.rpc_errors, 2);
    ck_assert_uint_eq(session.counters.replied, 2);
    clear(probes, 2);
    session_free(&session);
}
END_TEST

START_TEST(test_batch_reply_answers_each_of_its_calls) {
    struct session session;
    struct probe probes[3];
    start(&session, 4, 4);
    for (int i = 0; i < 3; i++) {
        send_one(&session, &probes[i], SUBSTRATE_NEVER);
    }
    feed(&session, "[{\"id\":12,\"result\":\"c\"},{\"id\":10,\"result\":\"a\"},"
                   "{\"id\":10,\"result\":\"again\"},7,"
                   "{\"id\":11,\"error\":{\"code\":5,\"message\":\"m\"}}]");
    ck_assert_str_eq(probes[0].result, "\"a\"");
    ck_assert_str_eq(probes[2].result, "\"c\"");
    ck_assert_int_eq(probes[1].call.reply.rpc_code, 5);
    ck_assert_uint_eq(session.counters.late, 1);
    ck_assert_uint_eq(session.counters.malformed, 1);
    /* Each has bytes of its own: giving one back leaves the others readable. */
    session_call_clear(&probes[0].call);
    ck_text_eq(probes[2].call.reply.result, "\"c\"");
    clear(probes, 3);
    session_free(&session);
}
END_TEST

START_TEST(test_an_error_in_words) {
    const struct {
        struct substrate_text message, data;
        const char *says;
    } cases[] = {
        {BASE_TEXT("\"no\""), {NULL, 0}, "m: the node answered with error -7: \"no\""},
        {BASE_TEXT("\"no\""), BASE_TEXT("\"why\""),
         "m: the node answered with error -7: \"no\": \"why\""},
        {BASE_TEXT("\"no\""), BASE_TEXT("{\"why\":1}"),
         "m: the node answered with error -7: \"no\""},
        {{NULL, 0}, BASE_TEXT("null"), "m: the node answered with error -7: "},
    };
    struct substrate_error error;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct substrate_reply reply = {.status = SUBSTRATE_E_RPC,
                                        .rpc_code = -7,
                                        .rpc_message = cases[i].message,
                                        .rpc_data = cases[i].data};
        ck_assert_int_eq(substrate_reply_error("m", &reply, &error), SUBSTRATE_E_RPC);
        ck_assert_str_eq(error.message, cases[i].says);
        ck_assert_int_eq(error.rpc_code, -7);
    }
    /* However long they are, both begin and nothing is written behind the message. */
    char long_text[2000];
    memset(long_text, 'x', sizeof(long_text));
    long_text[0] = '"';
    struct substrate_text text = {long_text, sizeof(long_text)};
    struct substrate_reply reply = {
        .status = SUBSTRATE_E_RPC, .rpc_code = INT64_MIN, .rpc_message = text, .rpc_data = text};
    ck_assert_int_eq(substrate_reply_error("method", &reply, &error), SUBSTRATE_E_RPC);
    ck_assert_uint_lt(strlen(error.message), sizeof(error.message) - 1);
    ck_assert_ptr_nonnull(strstr(error.message, "x: \"xx"));
}
END_TEST

/* The heap of deadlines beside a plain list of the same: nodes come, go and change, many of them
 * with equal keys. */
START_TEST(test_heap_against_a_list) {
    enum { NODES = 60, OPERATIONS = 20000 };
    struct base_heap_node nodes[NODES];
    struct base_heap heap = BASE_HEAP_INIT;
    uint32_t random = 1;
    ck_assert(base_heap_reserve(&heap, NODES));
    for (size_t i = 0; i < NODES; i++) {
        nodes[i] = (struct base_heap_node){.tie = i, .index = BASE_HEAP_NOWHERE};
    }
    for (int operation = 0; operation < OPERATIONS; operation++) {
        random = random * 1664525u + 1013904223u; /* Numerical Recipes' generator */
        struct base_heap_node *node = &nodes[(random >> 8) % NODES];
        uint64_t key = (random >> 16) % 20;
        if (node->index == BASE_HEAP_NOWHERE) {
            base_heap_push(&heap, node, key);
        } else if ((random >> 30) == 0) {
            base_heap_move(&heap, node, key);
        } else {
            base_heap_remove(&heap, node);
            base_heap_remove(&heap, node); /* which is not there any more: nothing happens */
        }
        uint64_t least = UINT64_MAX;
        size_t count = 0;
        for (size_t i = 0; i < NODES; i++) {
            bool in = nodes[i].index != BASE_HEAP_NOWHERE;
            count += in;
            least = in && nodes[i].key < least ? nodes[i].key : least;
        }
        const struct base_heap_node *top = base_heap_top(&heap);
        ck_assert_uint_eq(heap.count, count);
        ck_assert((top == NULL) == (count == 0));
        ck_assert(top == NULL || top->key == least);
    }
    base_heap_free(&heap);
}
END_TEST

CHECK_MAIN("session", test_an_error_in_words, test_heap_against_a_list,
           test_replies_in_every_order_end_each_call_once, test_request_text_is_one_json_rpc_call,
           test_requests_that_cannot_be_sent_are_refused, test_deadlines_pass_at_their_own_time,
           test_deadlines_of_many_calls_pass_in_order, test_cancel_has_one_winner,
           test_close_ends_queued_and_sent_calls_once, test_in_flight_limit_keeps_the_rest_in_order,
           test_withdrawn_calls_never_were, test_ids_run_out_and_are_not_used_again,
           test_wrong_texts_are_counted_and_harm_nobody, test_result_is_kept_byte_for_byte,
           test_broken_replies_end_only_their_own_call, test_rpc_error_is_handed_over_raw,
           test_batch_reply_answers_each_of_its_calls)
