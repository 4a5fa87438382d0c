/* Latencies, rules, the queue and gates: no socket, no clock. */
#include "check_main.h"
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "script/gate.h"
#include "script/latency.h"
#include "script/queue.h"
#include "script/rules.h"

START_TEST(latency_good) {
    static const struct {
        const char *spec;
        uint64_t us;
    } cases[] = {{"0", 0},        {"0ms", 0},      {"50ms", 50000},        {"1.5s", 1500000},
                 {"200us", 200},  {"0.25ms", 250}, {"1.000001s", 1000001}, {"3600s", 3600000000},
                 {"0.0015ms", 1}, {"0.0", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t us = 77;
        ck_assert_int_eq(script_latency_parse(base_text(cases[i].spec), &us, NULL), SUBSTRATE_OK);
        ck_assert_uint_eq(us, cases[i].us);
    }
}
END_TEST

START_TEST(latency_bad) {
    static const char *const cases[] = {
        "",    "5",          "ms",    "-5ms", "5 ms",          "5MS",   "1e3ms", ".5s",
        "5.s", "1.0000001s", "3601s", "5m",   "99999999999us", "0x5ms", "5ms "};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t us = 0;
        struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
        ck_assert_msg(script_latency_parse(base_text(cases[i]), &us, &error) ==
                          SUBSTRATE_E_ARGUMENT,
                      "%s", cases[i]);
        ck_assert_ptr_nonnull(strstr(error.message, "50ms"));
    }
}
END_TEST

static struct script_rules *read_rules(const char *json) {
    struct script_rules *rules = NULL;
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    ck_assert_msg(script_rules_read(base_text(json), "rules", &rules, &error) == SUBSTRATE_OK, "%s",
                  error.message);
    return rules;
}

static uint64_t latency_of(const struct script_rules *rules, const char *canonical,
                           const char *sent) {
    const struct script_rule *rule =
        script_rules_find(rules, base_text(canonical), base_text(sent));
    return rule != NULL ? rule->latency_us : 999;
}

START_TEST(rules_first_match_and_aliases) {
    struct script_rules *rules = read_rules(
        "{\"rules\":[{\"methods\":[\"state_getStorageAt\",\"chain_*\"],\"latency\":\"1us\"},"
        "{\"methods\":[\"chain_getHeader\",\"state_call\"],\"latency\":\"2us\"}]}");
    ck_assert_uint_eq(latency_of(rules, "state_getStorage", "state_getStorage"), 1);
    ck_assert_uint_eq(latency_of(rules, "chain_getHeader", "chain_getHeader"), 1);
    ck_assert_uint_eq(latency_of(rules, "state_call", "state_callAt"), 2);
    ck_assert_uint_eq(latency_of(rules, "state_callX", "state_callX"), 999);
    ck_assert_uint_eq(latency_of(rules, "system_chain", "system_chain"), 999);
    ck_assert_ptr_null(rules->gate);
    script_rules_free(rules);
}
END_TEST

START_TEST(rules_bad) {
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"[]", "object"},
        {"{", "rules:1"},
        {"{\"rules\":[],\"rules\":[]}", "duplicate"},
        {"{\n\"rulez\":[]}", "rules:2: unknown member \"rulez\""},
        {"{\"rules\":[\n{\"methods\":[\"a\"],\n\"latncy\":\"1s\"}]}", "rules:3: unknown member"},
        {"{\"rules\":[{\"latency\":\"1s\"}]}", "methods"},
        {"{\"rules\":[{\"methods\":[\"a\"]}]}", "latency"},
        {"{\"rules\":[{\"methods\":[],\"latency\":\"1s\"}]}", "methods"},
        {"{\"rules\":[{\"methods\":[\"a*b\"],\"latency\":\"1s\"}]}", "methods"},
        {"{\"rules\":[{\"methods\":[\"a\"],\"latency\":5}]}", "50ms"},
        {"{\"gate\":{}}", "\"n\""},
        {"{\"gate\":{\"n\":0}}", "\"n\""},
        {"{\"gate\":{\"n\":2,\"order\":\"random\"}}", "order"},
        {"{\"gate\":{\"n\":3,\"order\":[0,1]}}", "permutation"},
        {"{\"gate\":{\"n\":3,\"order\":[0,1,1]}}", "permutation"},
        {"{\"gate\":{\"n\":3,\"order\":[0,1,3]}}", "permutation"},
        {"{\"gate\":{\"n\":3,\"order\":[0,1,2,2]}}", "permutation"},
        {"{\"gate\":{\"n\":3,\"limit\":\"soon\"}}", "limit"},
        {"{\"gate\":{\"n\":3,\"scope\":\"world\"}}", "scope"},
        {"{\"gate\":{\"n\":3,\"repeat\":1}}", "repeat"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct script_rules *rules = NULL;
        struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
        enum substrate_status status =
            script_rules_read(base_text(cases[i].json), "rules", &rules, &error);
        ck_assert_msg(status == SUBSTRATE_E_ARGUMENT, "%s", cases[i].json);
        ck_assert_msg(strstr(error.message, cases[i].says) != NULL, "%s: %s", cases[i].json,
                      error.message);
    }
}
END_TEST

/* Queue */

START_TEST(queue_by_due_then_tie) {
    struct script_queue queue = {NULL, 0, 0, 0, 0};
    struct script_item items[100];
    memset(items, 0, sizeof(items));
    for (size_t i = 0; i < 100; i++) {
        ck_assert(script_queue_put(&queue, &items[i], (i * 37) % 10, NULL));
    }
    ck_assert_uint_eq(script_queue_due(&queue), 0);
    uint64_t due = 0, tie = 0;
    size_t taken = 0;
    for (uint64_t now = 0; now < 10; now++) {
        struct script_item *item = script_queue_take(&queue, now);
        while (item != NULL) {
            ck_assert_uint_eq(item->due, now);
            ck_assert(taken == 0 || item->due > due || item->tie > tie);
            due = item->due;
            tie = item->tie;
            taken++;
            item = script_queue_take(&queue, now);
        }
    }
    ck_assert_uint_eq(taken, 100);
    ck_assert_uint_eq(script_queue_due(&queue), UINT64_MAX);
    script_queue_free(&queue);
}
END_TEST

START_TEST(queue_after) {
    struct script_queue queue = {NULL, 0, 0, 0, 0};
    struct script_item items[4];
    memset(items, 0, sizeof(items));
    int a, b;
    items[0].channel = items[1].channel = &a;
    items[2].channel = items[3].channel = &b;
    ck_assert(script_queue_put(&queue, &items[0], 100, NULL));
    ck_assert(script_queue_put(&queue, &items[1], 1, &items[0]));
    ck_assert(script_queue_put(&queue, &items[2], 2, &items[0]));
    ck_assert(script_queue_put(&queue, &items[3], 3, &items[2]));
    ck_assert_ptr_null(script_queue_take(&queue, 99));
    ck_assert_ptr_eq(script_queue_take(&queue, 100), &items[0]);
    /* The same channel keeps order by itself; another one waits until the first has left. */
    ck_assert_ptr_eq(script_queue_take(&queue, 100), &items[1]);
    ck_assert_ptr_null(script_queue_take(&queue, 100));
    script_queue_left(&queue, &items[0]);
    ck_assert_ptr_eq(script_queue_take(&queue, 100), &items[2]);
    ck_assert_ptr_eq(script_queue_take(&queue, 100), &items[3]);
    script_queue_free(&queue);
}
END_TEST

START_TEST(queue_drop) {
    struct script_queue queue = {NULL, 0, 0, 0, 0};
    struct script_item items[20];
    memset(items, 0, sizeof(items));
    for (size_t i = 0; i < 20; i++) {
        ck_assert(script_queue_put(&queue, &items[i], (i * 7) % 20, NULL));
    }
    for (size_t i = 0; i < 20; i += 2) {
        script_queue_drop(&queue, &items[i]);
    }
    uint64_t last = 0;
    for (size_t i = 0; i < 10; i++) {
        struct script_item *item = script_queue_take(&queue, 50);
        ck_assert_ptr_nonnull(item);
        ck_assert((item - items) % 2 == 1);
        ck_assert(item->due >= last);
        last = item->due;
    }
    ck_assert_ptr_null(script_queue_take(&queue, 50));
    /* Dropping one in the middle of a chain lets its followers go. */
    memset(items, 0, sizeof(items));
    items[0].channel = &items[0];
    items[1].channel = &items[1];
    items[2].channel = &items[2];
    ck_assert(script_queue_put(&queue, &items[0], 5, NULL));
    ck_assert(script_queue_put(&queue, &items[1], 5, &items[0]));
    ck_assert(script_queue_put(&queue, &items[2], 5, &items[1]));
    script_queue_drop(&queue, &items[1]);
    ck_assert_ptr_eq(script_queue_take(&queue, 5), &items[0]);
    ck_assert_ptr_eq(script_queue_take(&queue, 5), &items[2]);
    script_queue_free(&queue);
}
END_TEST

/* Gates: members are named by one letter, in canonical order of the alphabet. */

struct setup {
    struct script_rules *rules;
    struct script_gate *gate;
    struct script_release release;
    int connections[10];
    uint64_t arrivals;
};

static struct setup set_up(const char *json) {
    struct setup setup;
    memset(&setup, 0, sizeof(setup));
    setup.rules = read_rules(json);
    setup.gate = script_gate_new(setup.rules->gate);
    ck_assert_ptr_nonnull(setup.gate);
    return setup;
}

static void tear_down(struct setup *setup) {
    script_gate_free(setup->gate);
    script_rules_free(setup->rules);
}

/* Holds the letters one after the other, each on its own connection; what is released at the end.
 */
static void hold(struct setup *setup, const char *letters, uint64_t now) {
    for (size_t i = 0; letters[i] != '\0'; i++) {
        const void *connection = &setup->connections[(letters[i] - 'a') % 10];
        ck_assert(script_gate_holds(setup->gate, connection, BASE_TEXT("m"), BASE_TEXT("m")));
        struct script_member member = {NULL,    connection, {letters + i, 1},
                                       {"", 0}, 0,          setup->arrivals++};
        ck_assert(script_gate_hold(setup->gate, &member, now, &setup->release));
        ck_assert(letters[i + 1] == '\0' || setup->release.count == 0);
    }
}

static void expect(const struct setup *setup, const char *letters) {
    char got[16] = "";
    for (size_t i = 0; i < setup->release.count && i < 15; i++) {
        got[i] = setup->release.members[i].request.data[0];
        got[i + 1] = '\0';
    }
    ck_assert_str_eq(got, letters);
}

START_TEST(gate_orders) {
    struct setup setup = set_up("{\"gate\":{\"n\":4}}");
    hold(&setup, "cadb", 0);
    expect(&setup, "cadb");
    ck_assert(!setup.release.timed_out);
    ck_assert(!script_gate_holds(setup.gate, NULL, BASE_TEXT("m"), BASE_TEXT("m")));
    tear_down(&setup);
    setup = set_up("{\"gate\":{\"n\":4,\"order\":\"reversed\"}}");
    hold(&setup, "cadb", 0);
    expect(&setup, "bdac");
    tear_down(&setup);
    /* Whatever the arrival, the permutation is of the canonical order: third, first, fourth,
     * second. */
    static const char *const arrivals[] = {"abcd", "dcba", "cadb"};
    for (size_t i = 0; i < 3; i++) {
        setup = set_up("{\"gate\":{\"n\":4,\"order\":[2,0,3,1]}}");
        hold(&setup, arrivals[i], 0);
        expect(&setup, "cadb");
        tear_down(&setup);
    }
}
END_TEST

START_TEST(gate_ties) {
    struct setup setup = set_up("{\"gate\":{\"n\":4,\"order\":[0,1,2,3]}}");
    static const struct {
        const char *label;
        uint64_t occurrence, place;
    } members[] = {{"y", 1, 3}, {"x", 1, 1}, {"y", 0, 2}, {"x", 0, 0}};
    for (uint64_t i = 0; i < 4; i++) {
        struct script_member member = {
            NULL, NULL, BASE_TEXT("same"), base_text(members[i].label), members[i].occurrence, i};
        ck_assert(script_gate_hold(setup.gate, &member, 0, &setup.release));
    }
    ck_assert_uint_eq(setup.release.count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(members[setup.release.members[i].arrival].place, i);
    }
    tear_down(&setup);
}
END_TEST

START_TEST(gate_shrinks) {
    struct setup setup = set_up("{\"gate\":{\"n\":4,\"order\":[3,0,2,1]}}");
    hold(&setup, "abc", 0);
    script_gate_leave(setup.gate, &setup.connections[1], &setup.release);
    ck_assert_uint_eq(setup.release.count, 0); /* three are needed now, two are here */
    script_gate_leave(setup.gate, &setup.connections[9], &setup.release);
    ck_assert_uint_eq(setup.release.count, 0); /* no member: nothing changes */
    hold(&setup, "d", 0);
    expect(&setup, "adc"); /* 3 is beyond the three that are left */
    tear_down(&setup);
    setup = set_up("{\"gate\":{\"n\":3}}");
    hold(&setup, "a", 0);
    script_gate_leave(setup.gate, &setup.connections[0], &setup.release);
    ck_assert_uint_eq(setup.release.count, 0);
    ck_assert_uint_eq(script_gate_due(setup.gate), UINT64_MAX);
    hold(&setup, "bc", 0);
    expect(&setup, "bc");
    tear_down(&setup);
}
END_TEST

START_TEST(gate_limit) {
    struct setup setup = set_up("{\"gate\":{\"n\":3,\"order\":\"reversed\",\"limit\":\"10us\"}}");
    ck_assert_uint_eq(script_gate_due(setup.gate), UINT64_MAX);
    hold(&setup, "b", 5);
    hold(&setup, "a", 9);
    ck_assert_uint_eq(script_gate_due(setup.gate), 15);
    ck_assert(!script_gate_expire(setup.gate, 14, &setup.release));
    ck_assert(script_gate_expire(setup.gate, 15, &setup.release));
    ck_assert(setup.release.timed_out);
    expect(&setup, "ba");
    ck_assert(!script_gate_expire(setup.gate, 99, &setup.release));
    ck_assert(!script_gate_holds(setup.gate, NULL, BASE_TEXT("m"), BASE_TEXT("m")));
    tear_down(&setup);
}
END_TEST

START_TEST(gate_cyclic_and_scope) {
    struct setup setup = set_up("{\"gate\":{\"n\":2,\"order\":\"reversed\",\"repeat\":true}}");
    hold(&setup, "ab", 0);
    expect(&setup, "ba");
    hold(&setup, "cd", 0);
    expect(&setup, "dc");
    tear_down(&setup);
    setup = set_up("{\"gate\":{\"n\":2,\"scope\":\"connection\"}}");
    hold(&setup, "a", 0);
    hold(&setup, "b", 0);
    ck_assert_uint_eq(setup.release.count, 0);
    hold(&setup, "k", 0); /* the same connection as a */
    expect(&setup, "ak");
    ck_assert(
        !script_gate_holds(setup.gate, &setup.connections[0], BASE_TEXT("m"), BASE_TEXT("m")));
    ck_assert(script_gate_holds(setup.gate, &setup.connections[1], BASE_TEXT("m"), BASE_TEXT("m")));
    tear_down(&setup);
    setup = set_up("{\"gate\":{\"n\":2,\"methods\":[\"state_*\"]}}");
    ck_assert(!script_gate_holds(setup.gate, NULL, BASE_TEXT("chain_x"), BASE_TEXT("chain_x")));
    ck_assert(script_gate_holds(setup.gate, NULL, BASE_TEXT("state_x"), BASE_TEXT("state_x")));
    tear_down(&setup);
}
END_TEST

CHECK_MAIN("script", latency_good, latency_bad, rules_first_match_and_aliases, rules_bad,
           queue_by_due_then_tie, queue_after, queue_drop, gate_orders, gate_ties, gate_shrinks,
           gate_limit, gate_cyclic_and_scope)
