/* Spaces without sockets and in virtual time: counters, latency, gates, subscriptions, journals,
 * and control calls that leave no trace. */
#include <unistd.h>
#include "space/url.h"
#include "space_support.h"

START_TEST(serial_and_gathered) {
    struct space *space = start();
    join(space, 0, "");
    for (int i = 0; i < 3; i++) {
        say(0, CHAIN("1"), 0);
        ck_assert_str_eq(heard(0), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"sample chain\"}\n");
        written(0, 0);
    }
    stats_hold(space, "\"requests\":{\"total\":3,\"by_method\":{\"system_chain\":3}},"
                      "\"inflight\":{\"max_per_conn\":1,\"max_total\":1}");
    join(space, 1, "");
    for (int i = 0; i < 4; i++) {
        say(0, CHAIN("1"), 0);
    }
    say(1, CHAIN("1"), 0);
    written(0, 0);
    written(1, 0);
    stats_hold(space, "\"inflight\":{\"max_per_conn\":4,\"max_total\":5}");
    stats_hold(space, "\"ids\":{\"dup_inflight\":3}");
    finish(space);
}
END_TEST

START_TEST(ids_are_raw) {
    struct space *space = start();
    join(space, 0, "");
    say(0, CHAIN("7"), 0);
    say(0, CHAIN("\"7\""), 0);
    say(0, CHAIN("null"), 0);
    stats_hold(space, "\"dup_inflight\":0");
    say(0, CHAIN("\"7\""), 0);
    stats_hold(space, "\"dup_inflight\":1");
    written(0, 0);
    say(0, CHAIN("7"), 0);
    stats_hold(space, "\"dup_inflight\":1");
    finish(space);
}
END_TEST

START_TEST(latency_and_batches) {
    struct space *space = start();
    join(space, 0, "");
    say(0,
        CONTROL("setScript", "[{\"rules\":[{\"on\":\"arrived\",\"match\":{\"methods\":"
                             "[\"system_*\"]},\"do\":[{\"delay\":\"30us\"}]}]}]"),
        0);
    say(0, CONTROL("setLatency", "[\"100us\"]"), 0);
    (void)heard(0);
    say(0, KEY("1", "0x0109"), 1000);
    say(0, CHAIN("2"), 1010);
    say(0, "[" CHAIN("3") "," CHAIN("4") "," KEY("5", "0x0109") "]", 1020);
    ck_assert_uint_eq(space_due(space), 1100);
    space_run(space, 1099);
    ck_assert_str_eq(heard(0), "");
    space_run(space, 1100);
    ck_assert_str_eq(heard(0), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x99\"}\n");
    space_run(space, 1139);
    ck_assert_str_eq(heard(0), "");
    space_run(space, 1140); /* 1010 + 30 + 100 */
    must_hold(heard(0), "\"id\":2,");
    space_run(space, 1379);
    ck_assert_str_eq(heard(0), "");
    space_run(space, 1380); /* 1020 + 3 * 100 + 2 * 30 */
    ck_assert_str_eq(heard(0), "[{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":\"sample chain\"},"
                               "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":\"sample chain\"},"
                               "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":\"0x99\"}]\n");
    stats_hold(space, "\"total\":5");
    stats_hold(space, "\"max_per_conn\":5");
    finish(space);
}
END_TEST

START_TEST(odd_messages) {
    struct space *space = start();
    join(space, 0, "");
    say(0, "[]", 0);
    must_hold(heard(0), "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600");
    say(0, "[{\"jsonrpc\":\"2.0\",\"method\":\"system_chain\"}]", 0);
    say(0, "{\"jsonrpc\":\"2.0\",\"id\":-1,\"method\":\"system_chain\"}", 0);
    ck_assert_str_eq(heard(0), "");
    say(0, "[7," CHAIN("1") ",{\"jsonrpc\":\"2.0\",\"method\":\"x\"}]", 0);
    ck_assert_str_eq(heard(0),
                     "[{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":"
                     "\"Invalid request\"}},{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"sample "
                     "chain\"}]\n");
    say(0, "{", 0);
    must_hold(heard(0), "-32700");
    ck_assert_int_eq(sockets[0].status, 400);
    space_oversize(sockets[0].peer, 0);
    must_hold(heard(0), "\"id\":null,\"error\":{\"code\":-32007");
    stats_hold(space, "\"total\":4,\"by_method\":{\"system_chain\":3,\"x\":1}");
    finish(space);
}
END_TEST

/* Members of a gate leave one after the other across connections, however late they are due. */
START_TEST(gate_across_connections) {
    struct space *space = start();
    for (size_t i = 0; i < 4; i++) {
        join(space, i, "");
    }
    say(3,
        GATE("\"n\":3,\"order\":[2,0,1]",
             ",{\"on\":\"arrived\",\"match\":{\"methods\":[\"state_*\"]},"
             "\"do\":[{\"delay\":\"500us\"}]}"),
        0);
    (void)heard(3);
    order[0] = '\0';
    say(0, KEY("1", "0x0109"), 10); /* canonical order: 0x0104 (b), 0x0109 (a), system_chain (c) */
    say(1, KEY("1", "0x0104"), 20);
    ck_assert_str_eq(order, "");
    say(2, CHAIN("1"), 30);
    ck_assert_str_eq(order, "c");
    space_run(space, 5000);
    ck_assert_str_eq(order, "c"); /* not before c has left */
    written(2, 5000);
    ck_assert_str_eq(order, "cb");
    written(1, 5001);
    ck_assert_str_eq(order, "cba");
    written(0, 5002);
    ck_assert_uint_gt(sockets[0].flushes, 0); /* in a write of its own */
    say(0, CHAIN("2"), 6000);                 /* the gate has done its work */
    ck_assert_str_eq(order, "cbaa");
    stats_hold(space, "\"inflight\":{\"max_per_conn\":1,\"max_total\":3}");
    stats_hold(space, "\"gate_timeouts\":0");
    finish(space);
}
END_TEST

START_TEST(gate_and_disconnect) {
    struct space *space = start();
    for (size_t i = 0; i < 4; i++) {
        join(space, i, "");
    }
    say(3, GATE("\"n\":3,\"order\":\"reversed\",\"limit\":\"1ms\"", ""), 0);
    order[0] = '\0';
    say(0, CHAIN("1"), 1);
    say(1, CHAIN("1"), 2);
    leave(1, 3); /* held: it leaves, and two are enough */
    ck_assert_str_eq(order, "");
    say(2, CHAIN("1"), 4);
    ck_assert_str_eq(order, "c");
    leave(2, 5); /* on its way: what comes after it goes */
    ck_assert_str_eq(order, "ca");
    say(3, GATE("\"n\":9,\"limit\":\"1ms\"", ""), 10);
    order[0] = '\0';
    say(0, CHAIN("1"), 20);
    ck_assert_uint_eq(space_due(space), 1020);
    space_run(space, 1020);
    ck_assert_str_eq(order, "a");
    stats_hold(space, "\"gate_timeouts\":1");
    say(3, GATE("\"n\":9", ""), 2000);
    say(0, CHAIN("1"), 2000);
    (void)heard(0);
    say(3, CONTROL("setScript", "[null]"), 2001); /* whom it holds goes */
    must_hold(heard(0), "sample chain");
    finish(space);
}
END_TEST

START_TEST(subscription_order) {
    struct space *space = start();
    join(space, 0, "");
    join(space, 1, "");
    say(1, CONTROL("setLatency", "[\"100us\"]"), 0);
    say(1, CONTROL("setHead", "[2]"), 0);
    say(0, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"chain_subscribeNewHeads\"}", 10);
    say(1, CONTROL("advanceHead", "[2]"), 20);
    must_hold(heard(1), "{\"number\":5,");
    ck_assert_str_eq(heard(0), "");
    space_run(space, 110);
    const char *text = heard(0);
    const char *reply = strstr(text, "\"id\":1,\"result\":\"");
    const char *two = strstr(text, "\"number\":\"0x2\""),
               *three = strstr(text, "\"number\":\"0x3\""),
               *five = strstr(text, "\"number\":\"0x5\"");
    ck_assert(reply != NULL && two != NULL && three != NULL && five != NULL);
    ck_assert(reply < two && two < three && three < five);
    char id[17] = "";
    memcpy(id, reply + strlen("\"id\":1,\"result\":\""), 16);
    ck_assert_uint_eq(strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
                      16);
    must_hold(two, id);
    say(1, CONTROL("advanceHead", "[]"), 200);
    must_hold(heard(1), "the last recorded block is 5");
    say(1, CONTROL("setHead", "[1]"), 200);
    must_hold(heard(0), "\"number\":\"0x1\"");
    stats_hold(space, "\"subscriptions\":{\"opened\":1,\"open\":1}");
    char message[200];
    snprintf(message, sizeof(message),
             "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"chain_unsubscribeNewHeads\",\"params\":["
             "\"%s\"]}",
             id);
    say(0, message, 300);
    say(0, message, 300);
    space_run(space, 400);
    ck_assert_str_eq(heard(0), "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":true}\n"
                               "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":false}\n");
    say(1, CONTROL("setHead", "[3]"), 500);
    ck_assert_str_eq(heard(0), "");
    stats_hold(space, "\"subscriptions\":{\"opened\":1,\"open\":0}");
    finish(space);
}
END_TEST

START_TEST(limits) {
    struct space *space = start();
    join(space, 0, "");
    for (int i = 0; i < 3; i++) {
        say(0, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"chain_subscribeFinalizedHeads\"}", 0);
    }
    (void)heard(0);
    say(0, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"chain_subscribeFinalizedHeads\"}", 0);
    must_hold(heard(0), "{\"code\":-32006,\"message\":\"Too many subscriptions on the connection\","
                        "\"data\":\"Exceeded max limit of 3\"}");
    say(0,
        "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"chain_getBlock\",\"params\":[\"" SAMPLE_H2
        "\"]}",
        0);
    ck_assert_str_eq(heard(0),
                     "{\"jsonrpc\":\"2.0\",\"id\":9,\"error\":{\"code\":-32008,\"message\":"
                     "\"Response is too big\",\"data\":\"Exceeded max limit of 400\"}}\n");
    for (size_t i = 1; i < 6; i++) {
        join(space, i, "");
    }
    ck_assert_ptr_null(connect_socket(space, 6, "", true));
    ck_assert_uint_eq(sockets[6].refused, 429);
    ck_assert_str_eq(heard(6), SPACE_FULL_TEXT);
    stats_hold(space, "\"conns\":{\"opened\":6,\"open\":6,\"peak\":6,\"rejected\":1}");
    say(5, CONTROL("stats", "[]"), 0); /* a control socket takes nobody's place */
    join(space, 6, "");
    stats_hold(space, "\"conns\":{\"opened\":6,\"open\":6,\"peak\":6,\"rejected\":1}");
    finish(space);
}
END_TEST

START_TEST(control_leaves_no_trace) {
    struct space *space = start();
    join(space, 0, "");
    stats_hold(space, "\"opened\":1,\"open\":1,\"peak\":1"); /* it may be anybody's */
    say(0, CONTROL("stats", "[]"), 0);
    stats_hold(space, "\"opened\":0,\"open\":0,\"peak\":0");
    must_hold(heard(0), "\"conns\":{\"opened\":0,");
    join(space, 1, "");
    join(space, 2, "");
    say(1, CHAIN("1"), 0);
    written(1, 0);
    leave(1, 0);
    stats_hold(space, "\"opened\":2,\"open\":1,\"peak\":2");
    say(2, CONTROL("unmatched", "[]"), 0); /* so there was only one at a time */
    stats_hold(space, "\"opened\":1,\"open\":0,\"peak\":1");
    say(2, CHAIN("1"), 0); /* and now it was two after all */
    stats_hold(space, "\"opened\":2,\"open\":1,\"peak\":2");
    stats_hold(space, "\"by_method\":{\"system_chain\":2}");
    say(0, CONTROL("nonsense", "[]"), 0);
    stats_hold(space, "\"total\":2");
    say(0, CONTROL("reset", "[]"), 0);
    stats_hold(space,
               "{\"conns\":{\"opened\":1,\"open\":1,\"peak\":1,\"rejected\":0},\"requests\":{"
               "\"total\":0,\"by_method\":{}}");
    finish(space);
}
END_TEST

START_TEST(control_is_refused) {
    struct space *space = start();
    sockets[0].peer = connect_socket(space, 0, "", false);
    say(0, CONTROL("setLatency", "[\"1s\"]"), 0);
    must_hold(heard(0), "-32601,\"message\":\"RPC call is unsafe to be called externally\"");
    say(0, CHAIN("1"), 0);
    must_hold(heard(0), "sample chain");
    finish(space);
}
END_TEST

START_TEST(unmatched_is_loud) {
    struct space *space = start();
    join(space, 0, "");
    say(0, KEY("1", "0x0103"), 0);
    say(0, KEY("2", "0103"), 0);
    must_hold(heard(0), "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32055,\"message\":"
                        "\"mocknode: unmatched request\",\"data\":{\"method\":\"state_getStorage\","
                        "\"canonical\":\"state_getStorage [\\\"0x0103\\\"] @" SAMPLE_H5 "\"");
    stats_hold(space, "\"unmatched\":2");
    struct base_buf out = BASE_BUF_INIT;
    space_write_unmatched(space, &out);
    base_buf_char(&out, '\0');
    must_hold(out.data, "\"count\":2}]");
    base_buf_free(&out);
    say(0, CONTROL("reset", "[]"), 0);
    stats_hold(space, "\"unmatched\":0");
    ck_assert_uint_eq(space_unmatched_ever(space), 2);
    finish(space);
}
END_TEST

/* One workload of pinned reads from two labels: whatever the interleaving, ids, connections and
 * times, the canonical journal is the same bytes; a different answer makes it differ. */
static char *journal_of(unsigned seed, const char *last) {
    static const char *const params[] = {
        "[\"0x0109\",\"" SAMPLE_H5 "\"]", "[\"0104\",\"" SAMPLE_H5 "\"]",
        "[\"0x01\",\"" SAMPLE_H2 "\"]", "[\"0x0103\",\"" SAMPLE_H2 "\"]"};
    struct space *space = start();
    size_t shift = seed % 3;
    join(space, shift, "x");
    join(space, shift + 1, "y");
    unsigned done[2] = {0, 0};
    while (done[0] + done[1] < 16) {
        seed = seed * 1103515245U + 12345U;
        unsigned who = (seed >> 16) % 2;
        who = done[who] < 8 ? who : 1 - who;
        char message[300];
        snprintf(message, sizeof(message),
                 "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"%s\",\"params\":%s}", seed >> 8,
                 seed & 0x100000 ? "state_getStorage" : "state_getStorageAt",
                 done[who] == 7 ? last : params[(done[who] + who) % 4]);
        say(shift + who, message, seed);
        done[who]++;
    }
    struct base_buf out = BASE_BUF_INIT;
    space_write_journal(space, true, &space_page_all, &out);
    base_buf_char(&out, '\0');
    ck_assert(!out.failed);
    char *copy = strdup(out.data);
    base_buf_free(&out);
    finish(space);
    return copy;
}

START_TEST(canonical_journal) {
    char *first = journal_of(1, "[\"0x01\",\"" SAMPLE_H1 "\"]");
    must_hold(first, "\"occurrence\":1");
    for (unsigned seed = 2; seed < 20; seed++) {
        char *other = journal_of(seed, "[\"0x01\",\"" SAMPLE_H1 "\"]");
        ck_assert_str_eq(first, other);
        free(other);
    }
    char *different = journal_of(1, "[\"0x01\",\"" SAMPLE_H3 "\"]");
    ck_assert_str_ne(first, different);
    free(different);
    free(first);
}
END_TEST

START_TEST(spaces_apart) {
    struct space_config config = configure();
    struct space *one = space_new(&config, BASE_TEXT("one"), 1, 0);
    struct space *two = space_new(&config, BASE_TEXT("two"), 2, 0);
    ck_assert(one != NULL && two != NULL);
    join(one, 0, "");
    join(two, 1, "");
    say(0, CONTROL("setHead", "[1]"), 0);
    say(0, CONTROL("setLatency", "[\"1s\"]"), 0);
    say(0, GATE("\"n\":2", ""), 0);
    (void)heard(1);
    say(1, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"chain_getHeader\"}", 0);
    must_hold(heard(1), "\"number\":\"0x5\"");
    stats_hold(one, "\"total\":0");
    stats_hold(two, "\"total\":1");
    /* Ids of subscriptions are of the seed, and the same in each run. */
    say(0, CONTROL("reset", "[]"), 0);
    (void)heard(0);
    static const char subscribe[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"state_subscribeRuntimeVersion\"}";
    say(0, subscribe, 0);
    say(1, subscribe, 0);
    char first[60] = "";
    snprintf(first, sizeof(first), "%.55s", heard(0));
    ck_assert_str_ne(first, "");
    ck_assert(strncmp(first, heard(1), 55) != 0);
    say(0, CONTROL("reset", "[]"), 0);
    (void)heard(0);
    say(0, subscribe, 0);
    ck_assert(strncmp(first, heard(0), 55) == 0);
    space_free(one);
    finish(two);
}
END_TEST

START_TEST(targets) {
    static const struct {
        const char *path, *query, *name, *label;
        bool good;
        uint64_t seed;
    } cases[] = {{"/", "", "", "", true, 0},
                 {"/s/a.B_9-", "seed=7&as=x", "a.B_9-", "x", true, 7},
                 {"/s/a", "as=x", "a", "x", true, 0},
                 {"/s/a", "seed=18446744073709551615", "a", "", true, UINT64_MAX},
                 {"/s/", "", "", "", false, 0},
                 {"/s", "", "", "", false, 0},
                 {"/s/a/b", "", "", "", false, 0},
                 {"/s/a b", "", "", "", false, 0},
                 {"/x", "", "", "", false, 0},
                 {"", "", "", "", false, 0},
                 {"/", "seed=-1", "", "", false, 0},
                 {"/", "seed=", "", "", false, 0},
                 {"/", "apikey=x&Seed=1&as=y&&z", "", "y", true, 0},
                 {"/", "fixture=a/b", "", "", false, 0},
                 {"/", "as=", "", "", false, 0},
                 {"/", "as=a%20", "", "", false, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct space_url url;
        const char *problem = NULL;
        bool good =
            space_url_read(base_text(cases[i].path), base_text(cases[i].query), &url, &problem);
        ck_assert_msg(good == cases[i].good, "%s?%s", cases[i].path, cases[i].query);
        if (good) {
            ck_text_eq(url.name, cases[i].name);
            ck_text_eq(url.label, cases[i].label);
            ck_assert_uint_eq(url.seed, cases[i].seed);
        } else {
            ck_assert_ptr_nonnull(problem);
        }
    }
}
END_TEST

/* Each allocation of a small life fails once: no crash, nothing lost. */
START_TEST(no_memory) {
    struct space_config config = configure();
    struct failing failing = {0, 0, false};
    struct substrate_allocator allocator = {failing_resize, &failing};
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        failing = (struct failing){n, 0, false};
        substrate_allocator_set(&allocator);
        struct space *space = space_new(&config, BASE_TEXT("x"), 0, 0);
        memset(sockets, 0, sizeof(sockets));
        sockets[0].peer = space != NULL ? connect_socket(space, 0, "l", true) : NULL;
        if (sockets[0].peer != NULL) {
            say(0, GATE("\"n\":2,\"order\":[1,0]", ""), 0);
            say(0, CHAIN("1"), 0);
            say(0, KEY("2", "0x0103"), 0);
            say(0, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"chain_subscribeNewHeads\"}", 0);
            say(0, CONTROL("setHead", "[3]"), 0);
            say(0, "[" CHAIN("1") "," CHAIN("2") "]", 0);
            written(0, 5);
            say(0, CONTROL("reset", "[]"), 0);
        }
        failed = failing.failed;
        space_free(space);
        base_buf_free(&sockets[0].text);
        substrate_allocator_set(NULL);
        ck_assert_uint_eq(failing.alive, 0);
        ck_assert_uint_lt(n, 2000);
    }
    finish(NULL);
}
END_TEST

/* What standard error was told, of which the beginning is given. */
static size_t count_lines(FILE *said, const char *beginning) {
    char line[512];
    size_t count = 0;
    rewind(said);
    while (fgets(line, sizeof(line), said) != NULL) {
        count += strncmp(line, beginning, strlen(beginning)) == 0;
    }
    return count;
}

START_TEST(the_end_of_a_budget_is_said_once) {
    struct space *space = start();
    FILE *said = tmpfile();
    int kept = dup(STDERR_FILENO);
    ck_assert(said != NULL && kept >= 0);
    join(space, 0, "");
    ck_assert_int_ge(dup2(fileno(said), STDERR_FILENO), 0);
    for (int i = 0; i < 2000; i++) {
        char call[128];
        (void)snprintf(call, sizeof(call), KEY("1", "0x%08x%s"), (unsigned)i,
                       "00000000000000000000");
        say(0, call, 0);
        base_buf_reset(&sockets[0].text);
        written(0, 0);
    }
    ck_assert_int_ge(dup2(kept, STDERR_FILENO), 0);
    (void)close(kept);
    ck_assert_uint_eq(count_lines(said, "mocknode: space \"\" has used up its 65536 bytes"), 1);
    (void)fclose(said);
    finish(space);
}
END_TEST

CHECK_MAIN("space", the_end_of_a_budget_is_said_once, serial_and_gathered, ids_are_raw,
           latency_and_batches, odd_messages, gate_across_connections, gate_and_disconnect,
           subscription_order, limits, control_leaves_no_trace, control_is_refused,
           unmatched_is_loud, canonical_journal, spaces_apart, targets, no_memory)
