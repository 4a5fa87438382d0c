/* Gates, holds and the order of causes. */
#include "script_world.h"

#define RULE(on, more, actions) \
    "{\"rules\":[{\"name\":\"r\",\"on\":\"" on "\"" more ",\"do\":[" actions "]}]}"

static struct world world;

START_TEST(test_without_rules_an_answer_leaves_at_once) {
    world_begin(&world, "{}");
    ck_assert_uint_eq(script_kinds(world.run), 0);
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "state_getStorage [\"0x1\"]", "1");
    world_arrive(&world, peer, "state_getStorage [\"0x1\"]", "2");
    ck_assert_str_eq(world_said(&world), "out 1:1\nout 1:2\n");
    ck_assert_uint_eq(script_due(world.run), UINT64_MAX);
    world_end_all(&world);
}
END_TEST

START_TEST(test_latency_is_a_rule_and_delays_add_up) {
    world_begin(&world, "{\"latency\":\"50ms\",\"rules\":[{\"on\":\"arrived\",\"match\":{"
                        "\"methods\":[\"slow\"]},\"do\":[{\"delay\":\"7ms\"}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "slow []", "1");
    world_arrive(&world, peer, "fast []", "2");
    ck_assert_uint_eq(script_due(world.run), world.now + 50000);
    world_pass(&world, 49999);
    ck_assert_str_eq(world_said(&world), "");
    world_pass(&world, 1);
    ck_assert_str_eq(world_said(&world), "out 1:2\n");
    world_pass(&world, 7000);
    ck_assert_str_eq(world_said(&world), "out 1:1\n");
    world_end_all(&world);
}
END_TEST

/* ---- gates ---- */

static void order_of(const char *order, const char *expected) {
    char json[600];
    (void)snprintf(json, sizeof json,
                   "{\"gates\":[{\"name\":\"g\",\"n\":4,\"order\":%s}],\"rules\":[{\"on\":"
                   "\"arrived\",\"do\":[{\"hold\":\"g\"}]}]}",
                   order);
    world_begin(&world, json);
    struct script_peer *peer = world_open(&world, 1);
    const char *requests[] = {"c", "a", "d", "b"};
    for (int i = 0; i < 4; i++) {
        char id[4] = {(char)('1' + i), '\0'};
        ck_assert(i == 3 || script_due(world.run) > world.now);
        world_arrive(&world, peer, requests[i], id);
    }
    char order_out[64] = "";
    const char *said = world_said(&world);
    for (const char *at = strstr(said, "1:"); at != NULL; at = strstr(at + 1, "1:")) {
        size_t used = strlen(order_out);
        order_out[used] = at[2];
        order_out[used + 1] = '\0';
        ck_assert_ptr_nonnull(strstr(at, " alone"));
    }
    ck_assert_msg(strcmp(order_out, expected) == 0, "%s: %s", order, order_out);
    world_end_all(&world);
}

START_TEST(test_orders_of_a_gate) {
    order_of("\"arrival\"", "1234");
    order_of("\"reversed\"", "4321");
    order_of("\"first_is_last\"", "2341");
    order_of("\"last_is_first\"", "4123");
    order_of("\"one_at_a_time\"", "1234");
    order_of("\"next\"", "2413");  /* a b c d: canonical order */
    order_of("[3,2,1,0]", "3142"); /* d c b a */
    order_of("[1,0,2,3]", "4213");
}
END_TEST

START_TEST(test_one_at_a_time_waits_for_the_next_arrival) {
    world_begin(&world, "{\"gates\":[{\"name\":\"g\",\"n\":3,\"order\":\"one_at_a_time\"}],"
                        "\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":\"g\"}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    ck_assert_str_eq(world_said(&world), "");
    world_arrive(&world, peer, "a", "2");
    ck_assert_str_eq(world_said(&world), "out 1:1 alone\n");
    world_arrive(&world, peer, "a", "3");
    ck_assert_str_eq(world_said(&world), "out 1:2 alone\nout 1:3 alone\n");
    world_arrive(&world, peer, "a", "4"); /* the gate is done */
    ck_assert_str_eq(world_said(&world), "out 1:4\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_all_orders_of_seven) {
    world_begin(&world, "{\"gates\":[{\"name\":\"g\",\"n\":7,\"order\":\"next\",\"again\":true}],"
                        "\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":\"g\"}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    static bool seen[10000000];
    size_t distinct = 0;
    char before[8] = "";
    memset(seen, 0, sizeof seen);
    for (int group = 0; group < 5041; group++) {
        for (int i = 0; i < 7; i++) {
            char request[2] = {(char)('a' + i), '\0'}, id[2] = {(char)('1' + i), '\0'};
            world_arrive(&world, peer, request, id);
        }
        const char *said = world_said(&world);
        char order[8] = "";
        for (int i = 0; i < 7; i++) {
            said = strstr(said, "1:") + 2;
            order[i] = said[0];
        }
        uint64_t at = 0;
        ck_assert(base_text_u64(base_text(order), &at));
        ck_assert(group == 0 || group == 5040 || strcmp(before, order) < 0); /* lexicographic */
        distinct += !seen[at];
        seen[at] = true;
        memcpy(before, order, sizeof before);
        for (size_t i = 0; i < world.call_count; i++) {
            script_drop(world.run, &world.calls[i].item, world.now);
            base_buf_free(&world.calls[i].text);
        }
        world.call_count = 0;
    }
    ck_assert_uint_eq(distinct, 5040);
    world_end_all(&world);
}
END_TEST

START_TEST(test_members_leave_one_behind_the_other_across_connections) {
    world_begin(&world, "{\"gates\":[{\"name\":\"g\",\"n\":2,\"order\":\"reversed\"}],"
                        "\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":\"g\"}]}]}");
    struct script_peer *one = world_open(&world, 1), *two = world_open(&world, 2);
    world_arrive(&world, one, "a", "1");
    struct world_call *second = world_arrive(&world, two, "a", "2");
    ck_assert_str_eq(world_said(&world), "out 2:2 alone\n");
    script_left(world.run, &second->item, world.now);
    script_run_due(world.run, world.now);
    ck_assert_str_eq(world_said(&world), "out 1:1 alone\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_limit_of_a_gate_releases_in_order_of_arrival) {
    world_begin(&world,
                "{\"gates\":[{\"name\":\"g\",\"n\":9,\"order\":\"reversed\","
                "\"limit\":\"2s\"}],\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":\"g\"}]}]}");
    world.log_held = true;
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    world_pass(&world, 1500000);
    world_arrive(&world, peer, "a", "2");
    ck_assert_str_eq(world_said(&world), "held 1 by g\nheld 2 by g\n");
    world_pass(&world, 500000);
    ck_assert_str_eq(world_said(&world), "released 1 by g: limit\nreleased 2 by g: limit\n"
                                         "out 1:1 alone\nout 1:2 alone\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_a_gate_settles) {
    world_begin(&world,
                "{\"gates\":[{\"name\":\"g\",\"settled\":\"5ms\",\"order\":\"reversed\","
                "\"again\":true},{\"name\":\"one\",\"settled\":\"5ms\",\"again\":true,"
                "\"order\":\"one_at_a_time\"}],"
                "\"rules\":[{\"on\":\"arrived\",\"match\":{\"methods\":[\"a\"]},\"do\":[{\"hold\":"
                "\"g\"}]},{\"on\":\"arrived\",\"match\":{\"methods\":[\"b\"]},\"do\":[{\"hold\":"
                "\"one\"}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    world_pass(&world, 4000);
    world_arrive(&world, peer, "a", "2");
    world_pass(&world, 4000);
    world_arrive(&world, peer, "c", "3"); /* any call begins the wait anew */
    ck_assert_str_eq(world_said(&world), "out 1:3\n");
    world_pass(&world, 4999);
    ck_assert_str_eq(world_said(&world), "");
    world_pass(&world, 1);
    ck_assert_str_eq(world_said(&world), "out 1:2 alone\nout 1:1 alone\n");
    world_arrive(&world, peer, "b", "1");
    world_arrive(&world, peer, "b", "2");
    world_arrive(&world, peer, "b", "3");
    for (int i = 1; i <= 3; i++) {
        char expected[32];
        world_pass(&world, 4999);
        ck_assert_str_eq(world_said(&world), "");
        world_pass(&world, 1);
        (void)snprintf(expected, sizeof expected, "out 1:%d alone\n", i);
        ck_assert_str_eq(world_said(&world), expected);
    }
    world_end_all(&world);
}
END_TEST

START_TEST(test_shuffles_differ_by_group_and_repeat_by_seed) {
    char first[40], again[40];
    for (int run = 0; run < 2; run++) {
        world_begin(&world,
                    "{\"gates\":[{\"name\":\"g\",\"n\":8,\"order\":\"shuffled\",\"again\":true}],"
                    "\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":\"g\"}]}]}");
        struct script_peer *peer = world_open(&world, 1);
        char orders[20][16] = {""};
        size_t same = 0;
        for (size_t group = 0; group < 20; group++) {
            for (int i = 0; i < 8; i++) {
                char text[2] = {(char)('a' + (run == 0 ? i : 7 - i)), '\0'};
                world_arrive(&world, peer, text, text);
            }
            const char *said = world_said(&world);
            for (size_t i = 0; i < 8; i++) {
                said = strstr(said, "1:") + 2;
                orders[group][i] = said[0];
            }
            for (size_t other = 0; other < group; other++) {
                same += strcmp(orders[group], orders[other]) == 0;
            }
        }
        ck_assert_uint_le(same, 1);
        (void)snprintf(run == 0 ? first : again, 40, "%s %s", orders[0], orders[19]);
        world_end_all(&world);
    }
    ck_assert_str_eq(first, again); /* whatever the order of arrival */
}
END_TEST

START_TEST(test_a_closed_connection_shrinks_a_gate) {
    world_begin(&world, "{\"gates\":[{\"name\":\"g\",\"n\":3}],"
                        "\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":\"g\"}]}]}");
    struct script_peer *one = world_open(&world, 1), *two = world_open(&world, 2);
    world_arrive(&world, one, "a", "1");
    world_arrive(&world, two, "a", "2");
    world_close_peer(&world, two);
    world_arrive(&world, one, "a", "3");
    ck_assert_str_eq(world_said(&world), "out 1:1 alone\nout 1:3 alone\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_groups_per_connection_and_per_label) {
    world_begin(&world, "{\"gates\":[{\"name\":\"g\",\"n\":2,\"per\":\"connection\",\"order\":"
                        "\"reversed\",\"again\":true}],"
                        "\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":\"g\"}]}]}");
    struct script_peer *one = world_open(&world, 1), *two = world_open(&world, 2);
    world_arrive(&world, one, "a", "1");
    world_arrive(&world, two, "a", "2");
    ck_assert_str_eq(world_said(&world), "");
    world_arrive(&world, two, "a", "3");
    ck_assert_str_eq(world_said(&world), "out 2:3 alone\nout 2:2 alone\n");
    world_close_peer(&world, one);
    world_end_all(&world);
}
END_TEST

/* ---- holds and causes ---- */

START_TEST(test_a_hold_ends_by_signal_count_time_limit) {
    world_begin(
        &world,
        "{\"rules\":["
        "{\"name\":\"s\",\"on\":\"arrived\",\"match\":{\"methods\":\"a\"},\"do\":[{\"hold\":"
        "{\"until\":{\"signal\":\"go\"}}}]},"
        "{\"name\":\"e\",\"on\":\"arrived\",\"match\":{\"methods\":\"b\"},\"do\":[{\"hold\":"
        "{\"until\":{\"event\":\"arrived\",\"match\":{\"methods\":\"x\"},\"count\":2},"
        "\"limit\":\"none\"}}]},"
        "{\"name\":\"t\",\"on\":\"arrived\",\"match\":{\"methods\":\"c\"},\"do\":[{\"hold\":"
        "{\"until\":\"3ms\"}}]}]}");
    world.log_held = true;
    struct script_peer *peer = world_open(&world, 1);
    world_give(&world, "go"); /* before: it does not count */
    world_arrive(&world, peer, "a", "1");
    world_arrive(&world, peer, "b", "2");
    world_arrive(&world, peer, "c", "3");
    ck_assert_str_eq(world_said(&world), "held 1 by s\nheld 2 by e\nheld 3 by t\n");
    world_pass(&world, 3000);
    ck_assert_str_eq(world_said(&world), "released 3 by t: until\nout 1:3\n");
    world_give(&world, "stop");
    ck_assert_str_eq(world_said(&world), "");
    world_give(&world, "go");
    ck_assert_str_eq(world_said(&world), "released 1 by s: until\nout 1:1\n");
    world_arrive(&world, peer, "x", "4");
    ck_assert_str_eq(world_said(&world), "out 1:4\n");
    world_pass(&world, 100000000); /* no limit */
    world_arrive(&world, peer, "x", "5");
    ck_assert_str_eq(world_said(&world), "released 2 by e: until\nout 1:2\nout 1:5\n");
    world_arrive(&world, peer, "a", "6");
    world_pass(&world, 5000000);
    ck_assert_str_eq(world_said(&world), "held 6 by s\nreleased 6 by s: limit\nout 1:6\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_what_lasts_is_told_when_it_ends) {
    world_begin(&world,
                "{\"rules\":[{\"name\":\"d\",\"on\":\"arrived\",\"do\":[{\"deaf\":{\"until\":{"
                "\"signal\":\"go\"}}},{\"tick\":{\"every\":\"1s\",\"until\":\"2ms\"}}]}]}");
    world.log_held = true;
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    world_pass(&world, 2000);
    world_give(&world, "go");
    ck_assert_str_eq(world_said(&world), "deaf 1 on\ntick 1000000 on\nout 1:1\ntick 0 off\n"
                                         "ended tick of d on 0: until\ndeaf 1 off\n"
                                         "ended deaf of d on 1: until\n");
    world_arrive(&world, peer, "a", "2");
    (void)world_said(&world);
    world_pass(&world, 5000000);
    ck_assert_ptr_nonnull(strstr(world_said(&world), "deaf 1 off\nended deaf of d on 1: limit\n"));
    world_end_all(&world);
}
END_TEST

START_TEST(test_what_waits_for_a_closed_connection_is_released) {
    world_begin(
        &world,
        "{\"rules\":["
        "{\"name\":\"w\",\"on\":\"arrived\",\"match\":{\"connection\":2},\"do\":[{\"hold\":"
        "{\"until\":{\"event\":\"written\",\"match\":{\"connection\":1}}}}]},"
        "{\"name\":\"o\",\"on\":\"arrived\",\"match\":{\"connection\":3},\"do\":[{\"hold\":"
        "{\"until\":{\"event\":\"answered\",\"match\":{\"methods\":\"b\"}}}}]},"
        "{\"name\":\"n\",\"on\":\"arrived\",\"match\":{\"connection\":1},\"do\":[{\"never\":"
        "true}]}]}");
    world.log_held = true;
    struct script_peer *one = world_open(&world, 1), *two = world_open(&world, 2),
                       *three = world_open(&world, 3);
    world_arrive(&world, one, "b", "1");
    world_arrive(&world, two, "a", "2");
    world_arrive(&world, three, "a", "3");
    (void)world_said(&world);
    world_close_peer(&world, one);
    ck_assert_str_eq(world_said(&world), "released 3 by o: close\nreleased 2 by w: close\n"
                                         "out 3:3\nout 2:2\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_depth_first) {
    /* What the answered of one member causes is out before the next member leaves. */
    world_begin(
        &world,
        "{\"gates\":[{\"name\":\"g\",\"n\":3}],\"rules\":["
        "{\"on\":\"arrived\",\"do\":[{\"hold\":\"g\"}]},"
        "{\"on\":\"answered\",\"when\":{\"nth\":1},\"do\":[{\"send\":\"junk\"},{\"advance\":2}"
        ",{\"ping\":1}]}]}");
    world.advance_notifies = true;
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    world_arrive(&world, peer, "a", "2");
    world_arrive(&world, peer, "a", "3");
    ck_assert_str_eq(world_said(&world),
                     "out 1:1 alone\nsend 1 'junk'\nadvance 2\nout 1:heads\nout 1:heads\n"
                     "ping 1 of 0\nout 1:2 alone\nout 1:3 alone\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_what_an_event_releases_leaves_before_what_it_causes) {
    world_begin(&world,
                "{\"rules\":["
                "{\"on\":\"arrived\",\"match\":{\"methods\":\"a\"},\"do\":[{\"hold\":{\"until\":{"
                "\"event\":\"arrived\",\"match\":{\"methods\":\"b\"}}}}]},"
                "{\"on\":\"arrived\",\"match\":{\"methods\":\"b\"},\"do\":[{\"reset\":true}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    world_arrive(&world, peer, "b", "2");
    ck_assert_str_eq(world_said(&world), "out 1:1\nreset 1\nout 1:2\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_actions_take_their_turns) {
    /* The reply waits until the rule is done; what an action causes is out before the next. */
    world_begin(&world, RULE("arrived", "", "{\"advance\":1},{\"give\":\"go\"},{\"deaf\":true}"));
    world.advance_notifies = true;
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    ck_assert_str_eq(world_said(&world), "advance 1\nout 1:heads\nsignal go\ndeaf 1 on\nout 1:1\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_chains_end) {
    /* A rule is not fired again by what it caused; twenty in a row are too many. */
    struct base_buf json = BASE_BUF_INIT;
    base_buf_str(&json, "{\"rules\":[");
    for (int i = 0; i < 20; i++) {
        base_buf_format(&json,
                        "%s{\"name\":\"r%d\",\"on\":\"signal\",\"match\":{\"name\":\"s%d\"},"
                        "\"do\":[{\"give\":\"s%d\"}]}",
                        i > 0 ? "," : "", i, i, i + 1);
    }
    base_buf_str(&json, ",{\"on\":\"signal\",\"match\":{\"name\":\"loop\"},\"do\":[{\"give\":"
                        "\"loop\"}]}]}");
    base_buf_char(&json, '\0');
    world_begin(&world, json.data);
    base_buf_free(&json);
    world_give(&world, "loop");
    ck_assert_str_eq(world_said(&world), "signal loop\n");
    ck_assert_uint_eq(world.chains_too_long, 0);
    world_give(&world, "s0");
    ck_assert_ptr_nonnull(strstr(world_said(&world), "signal s16\n"));
    ck_assert_uint_eq(world.chains_too_long, 1);
    world_end_all(&world);
}
END_TEST

START_TEST(test_a_long_chain_of_releases_does_not_recurse) {
    world_begin(&world, "{\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":{\"until\":{\"event\":"
                        "\"answered\"},\"limit\":\"none\"}}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    for (int i = 0; i < 5000; i++) {
        world_arrive(&world, peer, "a", "1");
    }
    struct world_call *call = world_new_call(&world, peer);
    (void)snprintf(call->id, sizeof call->id, "first");
    script_put(world.run, &call->item, world.now, NULL);
    script_run_due(world.run, world.now);
    const char *said = world.log.data;
    ck_assert_int_eq(strncmp(said, "out 1:first\nout 1:1\n", 20), 0);
    ck_assert_uint_eq(world.log.size, 12 + 5000 * 8);
    world_end_all(&world);
}
END_TEST

START_TEST(test_the_reply_waits_for_early_notifications) {
    world_begin(&world, RULE("arrived", "", "{\"early\":2}"));
    struct script_peer *peer = world_open(&world, 1);
    struct world_call *reply = world_arrive(&world, peer, "chain_subscribeNewHeads []", "1");
    for (int i = 0; i < 3; i++) {
        world_put_notification(&world, peer, "heads", reply, NULL);
        script_run_due(world.run, world.now);
    }
    ck_assert_str_eq(world_said(&world), "out 1:heads\nout 1:heads\nout 1:1\nout 1:heads\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_a_notification_waits_for_its_reply) {
    world_begin(&world, RULE("arrived", "", "{\"delay\":\"5ms\"}"));
    struct script_peer *peer = world_open(&world, 1);
    struct world_call *reply = world_arrive(&world, peer, "chain_subscribeNewHeads []", "1");
    world_put_notification(&world, peer, "heads", reply, NULL);
    world_pass(&world, 4999);
    ck_assert_str_eq(world_said(&world), "");
    world_pass(&world, 1);
    ck_assert_str_eq(world_said(&world), "out 1:1\nout 1:heads\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_notifications_are_delayed_held_repeated_skipped) {
    world_begin(
        &world,
        "{\"rules\":["
        "{\"on\":\"notified\",\"match\":{\"stream\":\"newHeads\"},\"do\":[{\"delay\":\"2ms\"},"
        "{\"binary\":true},{\"ping\":1}]},"
        "{\"on\":\"notified\",\"match\":{\"stream\":\"allHeads\"},\"do\":[{\"hold\":{\"until\":{"
        "\"signal\":\"go\"}}}]},"
        "{\"on\":\"notified\",\"match\":{\"stream\":\"storage\"},\"do\":[{\"repeat\":2}]},"
        "{\"on\":\"notified\",\"match\":{\"stream\":\"extrinsic\"},\"do\":[{\"skip\":true}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    const char *streams[] = {"newHeads", "allHeads", "storage", "extrinsic"};
    for (size_t i = 0; i < 4; i++) {
        world_put_notification(&world, peer, streams[i], NULL, NULL);
    }
    script_run_due(world.run, world.now);
    ck_assert_str_eq(
        world_said(&world),
        "out 1:storage\nout 1:storage again\nout 1:storage again\nskipped 1:extrinsic\n");
    world_give(&world, "go");
    ck_assert_str_eq(world_said(&world), "out 1:allHeads\n");
    world_pass(&world, 2000);
    const char *said = world_said(&world);
    ck_assert_int_eq(strncmp(said, "out 1:newHeads\n  shape binary=1", 31), 0);
    ck_assert_ptr_nonnull(strstr(said, "ping 1 of 0\n"));
    world_end_all(&world);
}
END_TEST

START_TEST(test_another_script_releases_what_is_held) {
    world_begin(&world,
                "{\"gates\":[{\"name\":\"g\",\"n\":3}],\"rules\":[{\"on\":\"arrived\",\"match\":"
                "{\"methods\":\"a\"},\"do\":[{\"hold\":\"g\"}]},{\"on\":\"arrived\",\"match\":{"
                "\"methods\":\"b\"},\"do\":[{\"hold\":{\"until\":{\"signal\":\"x\"}}}]},{\"on\":"
                "\"arrived\",\"match\":{\"methods\":\"c\"},\"do\":[{\"delay\":\"1s\"},{\"deaf\":{"
                "\"until\":{\"signal\":\"x\"}}}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, "a", "1");
    world_arrive(&world, peer, "b", "2");
    world_arrive(&world, peer, "c", "3");
    ck_assert_str_eq(world_said(&world), "deaf 1 on\n");
    script_run_set(world.run, NULL, 7, world.now);
    script_free(world.script);
    world.script = NULL;
    script_run_due(world.run, world.now);
    ck_assert_str_eq(world_said(&world), "deaf 1 off\nout 1:1 alone\nout 1:2\n");
    world_pass(&world, 1000000);
    ck_assert_str_eq(world_said(&world), "out 1:3\n");
    world_end_all(&world);
}
END_TEST

/* The verdict on a notification that is delayed is of rules that are gone by then. */
START_TEST(test_a_delayed_notification_outlives_its_script) {
    world_begin(&world, RULE("notified", "", "{\"delay\":\"2ms\"},{\"binary\":true},{\"ping\":1}"));
    struct script_peer *peer = world_open(&world, 1);
    world_put_notification(&world, peer, "d", NULL, NULL);
    script_run_due(world.run, world.now);
    script_run_set(world.run, NULL, 7, world.now);
    script_free(world.script);
    world.script = NULL;
    world_pass(&world, 2000);
    ck_assert_str_eq(world_said(&world), "out 1:d\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_what_was_put_since_a_mark_leaves_alone) {
    world_begin(&world, "{}");
    struct script_peer *peer = world_open(&world, 1);
    for (int i = 0; i < 3; i++) { /* with none, one and two before the mark */
        for (int j = 0; j < i; j++) {
            world_put_notification(&world, peer, "before", NULL, NULL);
        }
        uint64_t mark = script_mark(world.run);
        world_put_notification(&world, peer, "behind", NULL, NULL);
        world_put_notification(&world, peer, "last", NULL, NULL);
        script_drain(world.run, world.now, mark);
        ck_assert_str_eq(world_said(&world), "out 1:behind\nout 1:last\n");
        script_run_due(world.run, world.now);
        ck_assert_str_eq(world_said(&world), i == 0   ? ""
                                             : i == 1 ? "out 1:before\n"
                                                      : "out 1:before\nout 1:before\n");
    }
    world_end_all(&world);
}
END_TEST

CHECK_MAIN("script_order", test_without_rules_an_answer_leaves_at_once,
           test_latency_is_a_rule_and_delays_add_up, test_orders_of_a_gate,
           test_one_at_a_time_waits_for_the_next_arrival, test_all_orders_of_seven,
           test_members_leave_one_behind_the_other_across_connections,
           test_limit_of_a_gate_releases_in_order_of_arrival, test_a_gate_settles,
           test_shuffles_differ_by_group_and_repeat_by_seed,
           test_a_closed_connection_shrinks_a_gate, test_groups_per_connection_and_per_label,
           test_a_hold_ends_by_signal_count_time_limit, test_what_lasts_is_told_when_it_ends,
           test_what_waits_for_a_closed_connection_is_released, test_depth_first,
           test_what_an_event_releases_leaves_before_what_it_causes, test_actions_take_their_turns,
           test_chains_end, test_a_long_chain_of_releases_does_not_recurse,
           test_the_reply_waits_for_early_notifications, test_a_notification_waits_for_its_reply,
           test_notifications_are_delayed_held_repeated_skipped,
           test_another_script_releases_what_is_held,
           test_a_delayed_notification_outlives_its_script,
           test_what_was_put_since_a_mark_leaves_alone)
