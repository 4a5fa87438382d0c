/* How fast a recorder asks an upstream that refuses now and then. Codes and spellings are those of
 * gateways, as they write them themselves; times are told, and worked out by hand. */
#include "base/text.h"
#include "check_main.h"
#include "record/pace.h"

#define SECOND 1000000U

static struct base_json parse(const char *text) {
    struct base_json value;
    ck_assert_int_eq(base_json_parse(base_text(text), 16, &value, NULL), SUBSTRATE_OK);
    return value;
}

START_TEST(what_is_said_of_the_request_does_not_pass) {
    static const char *const LASTING[] = {
        "{\"code\":-32700}",
        "{\"code\":-32600}",
        "{\"code\":-32601}",
        "{\"code\":-32602}",
        "{\"code\":-32007}",
        "{\"code\":-32008}",
        "{\"code\":-32055}",
        "{\"code\":1}",
        "{\"code\":1010}",
        "{\"code\":4003}",
        "{\"message\":\"no code\"}",
        "{\"code\":-32603,\"message\":\"Client error: Execution failed: trap\"}"};
    static const char *const PASSING[] = {"{\"code\":-32005}",
                                          "{\"code\":-32029}",
                                          "{\"code\":-32603,\"message\":\"Internal error\"}",
                                          "{\"code\":-32000}",
                                          "{\"code\":-32004}",
                                          "{\"code\":-32009}",
                                          "{\"code\":429}",
                                          "{\"code\":0}"};
    for (size_t i = 0; i < sizeof LASTING / sizeof *LASTING; i++) {
        ck_assert_msg(!pace_passes(parse(LASTING[i])), "%s", LASTING[i]);
    }
    for (size_t i = 0; i < sizeof PASSING / sizeof *PASSING; i++) {
        ck_assert_msg(pace_passes(parse(PASSING[i])), "%s", PASSING[i]);
    }
}
END_TEST

START_TEST(each_refusal_doubles_the_rest) {
    struct pace pace = {0};
    struct base_json error = parse("{\"code\":-32603,\"message\":\"x\"}");
    uint64_t now = 5 * SECOND, rest = SECOND / 4;
    for (size_t i = 0; i < 10; i++) {
        ck_assert(pace_allows(&pace, 0, now));
        pace_refused(&pace, error, now);
        ck_assert(!pace_allows(&pace, 0, now + rest - 1));
        now += rest;
        rest = rest < 16 * SECOND ? 2 * rest : rest;
    }
    pace_answered(&pace);
    pace_refused(&pace, error, now);
    ck_assert_uint_eq(pace.resting_us, now + SECOND / 4);
}
END_TEST

START_TEST(what_is_refused_together_is_one_refusal) {
    struct pace pace = {0};
    struct base_json error = parse("{\"code\":-32005}");
    for (size_t i = 0; i < 64; i++) {
        pace_refused(&pace, error, SECOND + i);
    }
    ck_assert_uint_eq(pace.refusals, 1);
    ck_assert(pace_allows(&pace, 0, SECOND + SECOND / 2));
}
END_TEST

START_TEST(a_gateway_says_how_long) {
    static const struct {
        const char *error;
        uint64_t seconds;
    } CASES[] = {
        {"{\"code\":-32004,\"data\":{\"policy\":\"p\",\"retry_after\":3}}", 3},
        {"{\"code\":-32005,\"data\":{\"retryAfter\":7}}", 7},
        {"{\"code\":-32005,\"data\":{\"rate\":{\"backoff_seconds\":30}}}", 30},
        {"{\"code\":-32005,\"data\":{\"retryAfter\":86400}}", 60},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct pace pace = {0};
        pace_refused(&pace, parse(CASES[i].error), SECOND);
        ck_assert_uint_eq(pace.resting_us, (1 + CASES[i].seconds) * SECOND);
    }
    struct pace pace = {0};
    pace_refused(&pace, parse("{\"code\":-32005,\"data\":\"later\"}"), SECOND);
    ck_assert_uint_eq(pace.resting_us, SECOND + SECOND / 4);
}
END_TEST

START_TEST(it_goes_on_with_one_and_grows) {
    struct pace pace = {0};
    ck_assert(pace_allows(&pace, 1000, SECOND));
    pace_refused(&pace, parse("{\"code\":-32005}"), SECOND);
    ck_assert(pace_allows(&pace, 0, 2 * SECOND));
    ck_assert(!pace_allows(&pace, 1, 2 * SECOND));
    for (size_t i = 0; i < 8; i++) {
        pace_answered(&pace);
    }
    ck_assert(pace_allows(&pace, 1, 2 * SECOND));
    ck_assert(!pace_allows(&pace, 2, 2 * SECOND));
}
END_TEST

CHECK_MAIN("record/pace", what_is_said_of_the_request_does_not_pass, each_refusal_doubles_the_rest,
           what_is_refused_together_is_one_refusal, a_gateway_says_how_long,
           it_goes_on_with_one_and_grows)
