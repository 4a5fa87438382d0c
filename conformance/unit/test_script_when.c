/* Counters, windows, chance; what a match narrows; draws and distributions. */
#include <math.h>
#include "script_world.h"

static struct world world;

/* On which of `count` arrivals of one connection the rule fires. */
static const char *firings(const char *when, size_t count) {
    static char fired[128];
    char json[500];
    (void)snprintf(
        json, sizeof json,
        "{\"rules\":[{\"name\":\"r\",\"on\":\"arrived\",\"when\":%s,\"do\":[{\"reset\":true}]"
        "}]}",
        when);
    world_begin(&world, json);
    struct script_peer *peer = world_open(&world, 1);
    for (size_t i = 0; i < count; i++) {
        world_arrive(&world, peer, "a", "1");
        fired[i] = strstr(world_said(&world), "reset") != NULL ? 'x' : '.';
    }
    fired[count] = '\0';
    world_end_all(&world);
    return fired;
}

START_TEST(test_counts) {
    ck_assert_str_eq(firings("{\"nth\":3}", 8), "..x.....");
    ck_assert_str_eq(firings("{\"nth\":[1,4,\"6..7\"]}", 8), "x..x.xx.");
    ck_assert_str_eq(firings("{\"nth\":\"3..5\"}", 8), "..xxx...");
    ck_assert_str_eq(firings("{\"nth\":\"6..\"}", 8), ".....xxx");
    ck_assert_str_eq(firings("{\"every\":3}", 8), "..x..x..");
    ck_assert_str_eq(firings("{\"first\":2}", 8), "xx......");
    ck_assert_str_eq(firings("{\"times\":2}", 8), "xx......");
    ck_assert_str_eq(firings("{\"every\":2,\"times\":2,\"nth\":\"3..\"}", 8), "...x.x..");
    ck_assert_str_eq(firings("{\"chance\":1}", 4), "xxxx");
}
END_TEST

START_TEST(test_counts_per_connection_and_label) {
    static const char *const pers[] = {"space", "connection", "label"};
    static const char *const expected[] = {".x....", ".x.xx.", ".x..x."};
    for (size_t i = 0; i < 3; i++) {
        char json[300], fired[8] = "";
        (void)snprintf(
            json, sizeof json,
            "{\"rules\":[{\"on\":\"arrived\",\"when\":{\"nth\":2,\"per\":\"%s\"},\"do\":[{"
            "\"reset\":true}]}]}",
            pers[i]);
        world_begin(&world, json);
        world.labels[1][0] = 'a'; /* 1 and 2 have one label */
        struct script_peer *peers[] = {world_open(&world, 1), world_open(&world, 2),
                                       world_open(&world, 3)};
        static const size_t order[] = {0, 0, 1, 1, 2, 0};
        world_arrive(&world, peers[2], "a", "1"); /* 3 has had one already */
        ck_assert_ptr_null(strstr(world_said(&world), "reset"));
        for (size_t j = 0; j < 6; j++) {
            world_arrive(&world, peers[order[j]], "a", "1");
            fired[j] = strstr(world_said(&world), "reset") != NULL ? 'x' : '.';
        }
        fired[0] = i == 0 ? '.' : fired[0];
        fired[1] = i == 0 ? 'x' : fired[1];
        ck_assert_str_eq(fired, expected[i]);
        world_end_all(&world);
    }
}
END_TEST

START_TEST(test_in_flight_is_the_arrival_by_which_it_becomes_n) {
    world_begin(&world,
                "{\"rules\":[{\"on\":\"arrived\",\"match\":{\"methods\":\"b\"},\"when\":{"
                "\"in_flight\":2},\"do\":[{\"give\":\"two\"}]},{\"on\":\"arrived\",\"do\":[{"
                "\"delay\":\"1ms\"}]}]}");
    struct script_peer *peer = world_open(&world, 1), *other = world_open(&world, 2);
    world_arrive(&world, peer, "a", "1");
    world_arrive(&world, peer, "b", "2");
    ck_assert_str_eq(world_said(&world), "");
    world_arrive(&world, other, "b", "3"); /* two */
    ck_assert_str_eq(world_said(&world), "signal two\n");
    world_arrive(&world, peer, "b", "4"); /* three */
    ck_assert_str_eq(world_said(&world), "");
    world_pass(&world, 1000);
    (void)world_said(&world);
    world_arrive(&world, peer, "b", "5");
    ck_assert_str_eq(world_said(&world), "");
    world_arrive(&world, other, "b", "6");
    ck_assert_str_eq(world_said(&world), "signal two\n");
    world_close_peer(&world, other); /* what it owed is in flight no more */
    world_arrive(&world, peer, "b", "7");
    ck_assert_ptr_nonnull(strstr(world_said(&world), "signal two\n"));
    world_end_all(&world);
}
END_TEST

START_TEST(test_open_counts_others) {
    world_begin(&world,
                "{\"rules\":[{\"on\":\"opened\",\"when\":{\"open\":2},\"do\":[{\"reset\":true}]},"
                "{\"on\":\"opened\",\"when\":{\"open\":1,\"per\":\"label\"},\"do\":[{\"deaf\":true}"
                "]}]}");
    world.labels[3][0] = 'a';
    (void)world_open(&world, 1);
    struct script_peer *two = world_open(&world, 2);
    ck_assert_str_eq(world_said(&world), "");
    (void)world_open(&world, 3);
    ck_assert_str_eq(world_said(&world), "reset 3\n");
    world_close_peer(&world, two);
    (void)world_open(&world, 4);
    ck_assert_str_eq(world_said(&world), "reset 4\ndeaf 4 on\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_windows) {
    world_begin(
        &world,
        "{\"rules\":[{\"name\":\"w\",\"on\":\"arrived\",\"when\":{\"after\":{\"signal\":"
        "\"on\"},\"until\":{\"signal\":\"off\"},\"nth\":\"2..\"},\"do\":[{\"reset\":true}]},"
        "{\"name\":\"f\",\"on\":\"arrived\",\"match\":{\"methods\":\"x\"},\"do\":[{\"end\":"
        "true}]},{\"on\":\"arrived\",\"when\":{\"after\":{\"rule\":\"f\"}},\"do\":[{\"deaf\":"
        "true}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    world_give(&world, "on");
    world_arrive(&world, peer, "a", "1"); /* the first inside */
    ck_assert_str_eq(world_said(&world), "out 1:1\nout 1:1\n");
    world_arrive(&world, peer, "a", "1");
    ck_assert_str_eq(world_said(&world), "reset 1\nout 1:1\n");
    world_give(&world, "off");
    world_arrive(&world, peer, "a", "1");
    ck_assert_str_eq(world_said(&world), "out 1:1\n");
    world_arrive(&world, peer, "x", "1"); /* f fires on it; earlier events only */
    ck_assert_str_eq(world_said(&world), "end 1\nout 1:1\n");
    world_arrive(&world, peer, "a", "1");
    ck_assert_str_eq(world_said(&world), "deaf 1 on\nout 1:1\n");
    world_end_all(&world);
}
END_TEST

/* ---- matches ---- */

static bool matches(const char *match, const struct script_event *event) {
    char json[400];
    (void)snprintf(
        json, sizeof json,
        "{\"rules\":[{\"name\":\"other\",\"on\":\"signal\",\"do\":[{\"give\":\"x\"}]},{\"name\":"
        "\"r\",\"on\":\"%s\",\"match\":%s,\"do\":[{\"give\":\"yes\"}]}]}",
        script_event_names[event->kind], match);
    world_begin(&world, json);
    struct script_event copy = *event;
    struct script_peer *peer = world_open(&world, 1);
    copy.peer = copy.kind == SCRIPT_HEAD || copy.kind == SCRIPT_SIGNAL ? NULL : peer;
    script_tell(world.run, &copy, world.now);
    bool yes = strstr(world_said(&world), "signal yes") != NULL;
    world_end_all(&world);
    return yes;
}

START_TEST(test_matches) {
    struct script_event call = {.kind = SCRIPT_ARRIVED,
                                .method = BASE_TEXT("state_getStorage"),
                                .sent = BASE_TEXT("state_getStorageAt"),
                                .request = BASE_TEXT("state_getStorage [\"0xaabb\"] @0x12"),
                                .occurrence = 3};
    call.head.bytes[0] = 70;
    static const struct {
        const char *match;
        bool yes;
    } calls[] = {
        {"{}", true},
        {"{\"methods\":\"state_getStorage\"}", true},
        {"{\"methods\":[\"state_getStorageAt\"]}", true},
        {"{\"methods\":[\"x\",\"state_*\"]}", true},
        {"{\"methods\":\"*At\"}", true},
        {"{\"methods\":\"chain_*\"}", false},
        {"{\"request\":\"*0xaabb*\"}", true},
        {"{\"request\":\"state_getStorage*@0x12\"}", true},
        {"{\"request\":\"*@0x1\"}", false},
        {"{\"request\":\"*aa*bb*aa*\"}", false},
        {"{\"label\":\"a\"}", true},
        {"{\"label\":[\"b\",\"c\"]}", false},
        {"{\"connection\":1}", true},
        {"{\"connection\":[2,\"4..\"]}", false},
        {"{\"occurrence\":3}", true},
        {"{\"occurrence\":\"1..2\"}", false},
        {"{\"head\":70}", true},
        {"{\"head\":\"71\"}", false},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        ck_assert_msg(matches(calls[i].match, &call) == calls[i].yes, "%s", calls[i].match);
    }
    struct script_event closed = {.kind = SCRIPT_CLOSED, .by = SCRIPT_BY_PEER, .code = 1000};
    ck_assert(matches("{\"by\":\"peer\",\"code\":1000}", &closed));
    ck_assert(!matches("{\"by\":\"node\"}", &closed));
    ck_assert(!matches("{\"code\":\"1001..\"}", &closed));
    struct script_event notified = {.kind = SCRIPT_NOTIFIED, .stream = BASE_TEXT("newHeads")};
    ck_assert(matches("{\"stream\":\"newHeads\"}", &notified));
    ck_assert(!matches("{\"stream\":\"storage\"}", &notified));
    struct script_event fired = {.kind = SCRIPT_FIRED, .rule = BASE_TEXT("other")};
    ck_assert(matches("{\"rule\":\"oth*\"}", &fired));
    struct script_event ponged = {.kind = SCRIPT_PONGED, .rule = BASE_TEXT("r")};
    ck_assert(!matches("{\"rule\":\"other\"}", &ponged));
    struct script_event given = {.kind = SCRIPT_SIGNAL, .name = BASE_TEXT("go")};
    ck_assert(matches("{\"name\":\"go\"}", &given) && !matches("{\"name\":\"g\"}", &given));
    struct script_event head = {.kind = SCRIPT_HEAD};
    head.head.bytes[0] = 9;
    ck_assert(matches("{\"head\":9}", &head) && !matches("{\"head\":8}", &head));
}
END_TEST

/* ---- draws ---- */

static int by_size(const void *left, const void *right) {
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static uint64_t no_record(void *context, double quantile) {
    (void)context;
    return (uint64_t)(1000000 * quantile * quantile);
}

static double of_uniform(double us) { return (us + 0.5 - 10000) / 80001; }
static double of_normal(double us) { return 0.5 * (1 + erf((us - 50000) / (10000 * sqrt(2)))); }
static double of_lognormal(double us) {
    return us <= 0 ? 0 : 0.5 * (1 + erf(log(us / 50000) / (0.5 * sqrt(2))));
}
static double of_recorded(double us) { return sqrt(us / 1500000); }

/* 10,000 keyed draws are as far from the formula as chance allows (Kolmogorov and Smirnov: 1.95 /
 * sqrt(n) is passed once in a thousand; the draws are always the same). */
static void check_distribution(const char *spec, double (*formula)(double us)) {
    enum { DRAWS = 10000 };
    static uint64_t drawn[DRAWS];
    struct script_latency latency;
    ck_assert_int_eq(script_latency_read(base_text(spec), &latency, NULL), SUBSTRATE_OK);
    world_begin(&world, "{}");
    for (size_t i = 0; i < DRAWS; i++) {
        char request[32];
        (void)snprintf(request, sizeof request, "state_getStorage [%zu]", i);
        struct script_event event = {
            .kind = SCRIPT_ARRIVED, .request = base_text(request), .occurrence = 1};
        drawn[i] = script_latency_draw(&latency, script_draw(world.run, &event, BASE_TEXT("r"), 0),
                                       no_record, NULL);
    }
    qsort(drawn, DRAWS, sizeof drawn[0], by_size);
    double worst = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        double low = fabs(formula((double)drawn[i]) - (double)i / DRAWS);
        worst = low > worst ? low : worst;
    }
    ck_assert_msg(worst < 1.95 / 100, "%s is off by %f", spec, worst);
    world_end_all(&world);
}

START_TEST(test_distributions) {
    check_distribution("uniform(10ms,90ms)", of_uniform);
    check_distribution("normal(50ms,10ms)", of_normal);
    check_distribution("lognormal(50ms,0.5)", of_lognormal);
    check_distribution("recorded×1.5", of_recorded);
}
END_TEST

START_TEST(test_draws_are_pure_functions_of_their_keys) {
    struct script_event event = {
        .kind = SCRIPT_ARRIVED, .request = BASE_TEXT("a"), .occurrence = 1};
    struct substrate_text r = BASE_TEXT("r");
    world_begin(&world, "{}");
    uint64_t first = script_draw(world.run, &event, r, 0);
    ck_assert_uint_eq(first, script_draw(world.run, &event, r, 5));
    ck_assert_uint_ne(first, script_draw(world.run, &event, BASE_TEXT("s"), 0));
    event.occurrence = 2;
    ck_assert_uint_ne(first, script_draw(world.run, &event, r, 0));
    event.occurrence = 1;
    event.peer = world_open(&world, 1);
    uint64_t labelled = script_draw(world.run, &event, r, 0);
    ck_assert_uint_ne(first, labelled);
    event.peer = world_open(&world, 2);
    ck_assert_uint_ne(labelled, script_draw(world.run, &event, r, 0));
    event.peer = NULL;
    world.run->seed = 8;
    ck_assert_uint_ne(first, script_draw(world.run, &event, r, 0));
    world_end_all(&world);
}
END_TEST

START_TEST(test_chance_is_as_often_as_it_says) {
    world_begin(&world, "{\"rules\":[{\"name\":\"c\",\"on\":\"arrived\",\"when\":{\"chance\":0.25},"
                        "\"do\":[{\"never\":true}]},{\"name\":\"s\",\"on\":\"signal\",\"when\":{"
                        "\"chance\":0.5},\"do\":[{\"give\":\"no\"}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    for (int i = 0; i < 4000; i++) {
        char request[16];
        (void)snprintf(request, sizeof request, "a %d", i);
        world_arrive(&world, peer, request, "1");
        base_buf_reset(&world.log);
        world_give(&world, "x");
        base_buf_reset(&world.log);
    }
    uint64_t fired = script_fired_count(world.run, 0), given = script_fired_count(world.run, 1);
    ck_assert_msg(fired > 900 && fired < 1100, "%llu", (unsigned long long)fired);
    ck_assert_msg(given > 1850 && given < 2150, "%llu", (unsigned long long)given);
    world_end_all(&world);
}
END_TEST

START_TEST(test_latencies_as_people_write_them) {
    static const char *const wrong[] = {"",
                                        "50",
                                        "50 ms",
                                        "uniform(90ms,10ms)",
                                        "uniform(1ms)",
                                        "normal(1ms,2)",
                                        "lognormal(1ms,-1)",
                                        "recorded×",
                                        "recorded×0",
                                        "recorded x2",
                                        "2h",
                                        "7200s"};
    struct script_latency latency;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(script_latency_read(base_text(wrong[i]), &latency, NULL),
                         SUBSTRATE_E_ARGUMENT);
    }
    ck_assert_int_eq(script_latency_read(BASE_TEXT("recorded*2"), &latency, NULL), SUBSTRATE_OK);
    ck_assert(latency.kind == SCRIPT_LATENCY_RECORDED && latency.factor > 1.99);
    ck_assert_int_eq(script_latency_read(BASE_TEXT("1.5s"), &latency, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(script_latency_draw(&latency, 99, no_record, NULL), 1500000);
}
END_TEST

CHECK_MAIN("script_when", test_counts, test_counts_per_connection_and_label,
           test_in_flight_is_the_arrival_by_which_it_becomes_n, test_open_counts_others,
           test_windows, test_matches, test_distributions,
           test_draws_are_pure_functions_of_their_keys, test_chance_is_as_often_as_it_says,
           test_latencies_as_people_write_them)
