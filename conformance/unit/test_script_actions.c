/* Each row of the table of actions: what a rule of that action has the space do. */
#include "script/actions.h"
#include "script_world.h"

static struct world world;

struct row {
    const char *action; /* as it stands in `do` */
    const char *expected;
};

/* A call arrives under that rule; what is said, with the text of the reply. */
static const char *on_call(const char *action, const char *request, const char *id) {
    char json[900];
    (void)snprintf(json, sizeof json,
                   "{\"gates\":[{\"name\":\"g\",\"n\":2}],\"rules\":[{\"name\":\"r\",\"on\":"
                   "\"arrived\",\"do\":[%s]}]}",
                   action);
    world_begin(&world, json);
    world.log_texts = true;
    world.other_id = "99";
    struct script_peer *peer = world_open(&world, 1);
    world_arrive(&world, peer, request, id);
    const char *said = world_said(&world);
    world_end_all(&world);
    return said;
}

static void check_call(const char *action, const char *request, const char *id,
                       const char *expected) {
    const char *said = on_call(action, request, id);
    ck_assert_msg(strcmp(said, expected) == 0, "%s\n%s\nexpected\n%s", action, said, expected);
}

#define REPLY(id, rest) "out 1:" id "\n  {\"jsonrpc\":\"2.0\",\"id\":" id "," rest "}\n"

START_TEST(test_content) {
    static const struct row rows[] = {
        {"{\"error\":{\"code\":-32000,\"message\":\"no {occurrence}\",\"data\":{\"a\":[1]}}}",
         REPLY("5", "\"error\":{\"code\":-32000,\"message\":\"no 1\",\"data\":{\"a\":[1]}}")},
        {"{\"error\":-1}", REPLY("5", "\"error\":{\"code\":-1,\"message\":\"\"}")},
        {"{\"error\":1e400}", REPLY("5", "\"error\":{\"code\":1e400,\"message\":\"\"}")},
        {"{\"result\":{\"a\": [18446744073709551616, null]}}",
         REPLY("5", "\"result\":{\"a\":[18446744073709551616,null]}")},
        {"{\"result\":\"0x{occurrence}-{id}-{connection}\"}", REPLY("5", "\"result\":\"0x1-5-1\"")},
        {"{\"result\":{\"json\":\"[1.00, {id}]\"}}", REPLY("5", "\"result\":[1.00, 5]")},
        {"{\"result\":null}", REPLY("5", "\"result\":null")},
        {"{\"bytes\":{\"cut\":1}}", REPLY("5", "\"result\":\"0x0a1b2c\"")},
        {"{\"bytes\":{\"trail\":2}}", REPLY("5", "\"result\":\"0x0a1b2c3d0000\"")},
        {"{\"bytes\":{\"flip\":1}}", REPLY("5", "\"result\":\"0x0a9b2c3d\"")},
        {"{\"hex\":\"upper\"}", REPLY("5", "\"result\":\"0x0A1B2C3D\"")},
        {"{\"hex\":[\"bare\",\"odd\"]}", REPLY("5", "\"result\":\"0a1b2c3\"")},
        {"{\"fill\":{\"result\":10}}", REPLY("5", "\"result\":\"0x000000\"")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_call(rows[i].action, "state_getStorage [\"0x1\"]", "5", rows[i].expected);
    }
    const char *hash = "@0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    char request[200], expected[300];
    (void)snprintf(request, sizeof request, "state_call [] %s", hash);
    (void)snprintf(expected, sizeof expected,
                   REPLY("5", "\"error\":{\"code\":4003,\"message\":\"Client error: Api called for "
                              "an unknown Block: State already discarded for %s\"}"),
                   hash + 1);
    check_call("{\"pruned\":true}", request, "5", expected);
    check_call("{\"pruned\":{}}", "state_getStorage []", "5",
               REPLY("5",
                     "\"error\":{\"code\":4003,\"message\":\"Client error: UnknownBlock: State "
                     "already discarded for 0x0000000000000000000000000000000000000000000000000"
                     "000000000000000\"}"));
}
END_TEST

START_TEST(test_content_of_lists) {
    static const char *const query = "state_queryStorageAt []";
    check_call("{\"changes\":{\"permute\":\"reversed\"}}", query, "5",
               REPLY("5", "\"result\":[{\"block\":\"0xb\",\"changes\":[[\"0x3\",\"0xc\"],[\"0x2\","
                          "null],[\"0x1\",\"0xa\"]]}]"));
    check_call("{\"changes\":{\"permute\":[1,0,2],\"omit\":3}}", query, "5",
               REPLY("5", "\"result\":[{\"block\":\"0xb\",\"changes\":[[\"0x2\",null],[\"0x1\","
                          "\"0xa\"]]}]"));
    check_call("{\"changes\":{\"repeat\":1}}", query, "5",
               REPLY("5", "\"result\":[{\"block\":\"0xb\",\"changes\":[[\"0x1\",\"0xa\"],[\"0x1\","
                          "\"0xa\"],[\"0x2\",null],[\"0x3\",\"0xc\"]]}]"));
    check_call("{\"page\":{\"short\":2}}", "state_getKeysPaged []", "5",
               REPLY("5", "\"result\":[\"0x1\"]"));
}
END_TEST

/* The whole payload has the asked size, whatever the id. */
START_TEST(test_fill_of_a_message) {
    static const unsigned sizes[] = {64, 125, 126, 127, 65535, 65536, 1000000};
    static const char *const ids[] = {"1", "123456789", "\"\"", "\"a:\\\"\\\"b\""};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] * 4; i++) {
        char json[200];
        (void)snprintf(json, sizeof json,
                       "{\"rules\":[{\"on\":\"arrived\",\"do\":[{\"fill\":{\"message\":%u}}]}]}",
                       sizes[i / 4]);
        world_begin(&world, json);
        struct script_peer *peer = world_open(&world, 1);
        struct world_call *call = world_arrive(&world, peer, "state_call []", ids[i % 4]);
        struct base_json parsed;
        ck_assert_uint_eq(call->text.size, sizes[i / 4]);
        ck_assert_int_eq(base_json_parse(base_buf_view(&call->text), 9, &parsed, NULL),
                         SUBSTRATE_OK);
        struct base_json id = base_json_member(parsed, "id");
        ck_assert(base_text_is(id.raw, ids[i % 4]));
        world_end_all(&world);
    }
}
END_TEST

START_TEST(test_envelope) {
    static const struct row rows[] = {
        {"{\"id\":\"null\"}", "  {\"jsonrpc\":\"2.0\",\"id\":null,\"result\":\"0x0a1b2c3d\"}"},
        {"{\"id\":\"absent\"}", "  {\"jsonrpc\":\"2.0\",\"result\":\"0x0a1b2c3d\"}"},
        {"{\"id\":\"swapped\"}", "  {\"jsonrpc\":\"2.0\",\"id\":\"5\",\"result\":\"0x0a1b2c3d\"}"},
        {"{\"id\":\"float\"}", "  {\"jsonrpc\":\"2.0\",\"id\":5.0,\"result\":\"0x0a1b2c3d\"}"},
        {"{\"id\":\"of_another\"}", "  {\"jsonrpc\":\"2.0\",\"id\":99,\"result\":\"0x0a1b2c3d\"}"},
        {"{\"id\":\"unused\"}",
         "  {\"jsonrpc\":\"2.0\",\"id\":9007199254740991,\"result\":\"0x0a1b2c3d\"}"},
        {"{\"both\":true}",
         "  {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":\"0x0a1b2c3d\",\"error\":{\"code\":-32603,"
         "\"message\":\"Internal error\"}}"},
        {"{\"neither\":true}", "  {\"jsonrpc\":\"2.0\",\"id\":5}"},
        {"{\"error_null\":true}",
         "  {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":\"0x0a1b2c3d\",\"error\":null}"},
        {"{\"result_null\":true}",
         "  {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":null,\"error\":{\"code\":-32603,\"message\":"
         "\"Internal error\"}}"},
        {"{\"members\":\"extra\"}",
         "  {\"extra\":{\"id\":0,\"result\":[null]},\"jsonrpc\":\"2.0\",\"id\":5,\"result\":"
         "\"0x0a1b2c3d\"}"},
        {"{\"members\":[\"reversed\",\"no_jsonrpc\"]}", "  {\"result\":\"0x0a1b2c3d\",\"id\":5}"},
        {"{\"members\":\"escaped\"}",
         "  {\"\\u006asonrpc\":\"2.0\",\"\\u0069d\":5,\"\\u0072esult\":\"0x0a1b2c3d\"}"},
        {"{\"array\":true}", "  [{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":\"0x0a1b2c3d\"}]"},
    };
    char expected[300];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(expected, sizeof expected, "out 1:5\n%s\n", rows[i].expected);
        check_call(rows[i].action, "state_call []", "5", expected);
    }
    check_call("{\"id\":\"swapped\"}", "state_call []", "\"77\"",
               "out 1:\"77\"\n  {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":\"0x0a1b2c3d\"}\n");
    const char *said = on_call("{\"blanks\":true}", "state_call []", "5");
    const char *object = strchr(said, '{');
    ck_assert(object != NULL && strchr(" \t\r\n", object[-1]) != NULL);
    ck_assert_ptr_nonnull(strstr(said, "}"));
}
END_TEST

START_TEST(test_envelope_that_cannot_be) {
    world_begin(&world, "{\"rules\":[{\"name\":\"r\",\"on\":\"arrived\",\"do\":[{\"id\":\"float\"},"
                        "{\"batch\":{\"omit\":1}},{\"bytes\":{\"cut\":9}}]}]}");
    world.log_fired = true;
    world_arrive(&world, world_open(&world, 1), "a", "\"x\"");
    ck_assert_str_eq(world_said(&world), "out 1:\"x\"\n"); /* nothing took effect: not fired */
    size_t cursor = 0;
    ck_assert(base_text_is(script_unfired(world.run, &cursor), "r"));
    world_end_all(&world);
}
END_TEST

START_TEST(test_batch_writer) {
    const struct substrate_text replies[] = {BASE_TEXT("1"), BASE_TEXT("2"), BASE_TEXT("3")};
    size_t order[] = {2, 0, 1};
    const struct {
        struct script_batch batch;
        const char *expected;
    } cases[] = {
        {{0}, "[1,2,3]"},
        {{.permute = SCRIPT_ORDER_REVERSED}, "[3,2,1]"},
        {{.permute = SCRIPT_ORDER_LIST, .order = order, .order_count = 3}, "[3,1,2]"},
        {{.omit = 2}, "[1,3]"},
        {{.repeat = 3}, "[1,2,3,3]"},
        {{.stranger = true},
         "[1,2,3,{\"jsonrpc\":\"2.0\",\"id\":9007199254740991,\"result\":null}]"},
        {{.object = BASE_TEXT("{\"code\":1}")},
         "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct base_buf out = BASE_BUF_INIT;
        ck_assert_int_eq(script_batch_is_plain(&cases[i].batch), i == 0);
        script_write_message(&out, &cases[i].batch, true, replies, 3);
        ck_assert(base_text_is(base_buf_view(&out), cases[i].expected));
        base_buf_free(&out);
    }
}
END_TEST

/* What two entries of a batch say: their own content and ids, delays that add up, and of the rest
 * the first. */
START_TEST(test_a_batch_has_one_verdict) {
    world_begin(
        &world,
        "{\"rules\":[{\"name\":\"a\",\"on\":\"arrived\",\"match\":{\"methods\":\"a\"},\"do\":["
        "{\"result\":1},{\"id\":\"null\"},{\"delay\":\"1ms\"},{\"close\":1001}]},"
        "{\"name\":\"b\",\"on\":\"arrived\",\"match\":{\"methods\":\"b\"},\"do\":[{\"result\":2},"
        "{\"id\":\"absent\"},{\"delay\":\"2ms\"},{\"batch\":{\"permute\":\"reversed\"}},"
        "{\"reset\":true}]}]}");
    world.log_fired = true;
    struct script_peer *peer = world_open(&world, 1);
    struct world_call *call = world_new_call(&world, peer);
    struct script_verdict verdict = SCRIPT_VERDICT_INIT;
    struct script_event events[2];
    struct script_content contents[2];
    struct script_envelope envelopes[2] = {0};
    struct script_batch batch = {0};
    for (size_t i = 0; i < 2; i++) {
        events[i] = world_call_event(call, SCRIPT_ARRIVED);
        events[i].method = i == 0 ? BASE_TEXT("a") : BASE_TEXT("b");
        events[i].id = BASE_TEXT("1");
        events[i].batch = true;
        contents[i] = (struct script_content){.arena = &world.arena};
        script_match(world.run, &events[i], &verdict);
        script_told(world.run, &events[i], world.now);
        script_content(world.run, &verdict, &contents[i], world.now);
        script_envelope(world.run, &verdict, &envelopes[i]);
        script_emission(world.run, &verdict, &call->item, world.now);
    }
    script_batch(world.run, &verdict, &batch);
    ck_assert(base_text_is(contents[0].text, "1") && base_text_is(contents[1].text, "2"));
    ck_assert_int_eq(envelopes[0].id, SCRIPT_ID_NULL);
    ck_assert_int_eq(envelopes[1].id, SCRIPT_ID_ABSENT);
    ck_assert_int_eq(batch.permute, SCRIPT_ORDER_REVERSED);
    ck_assert_uint_eq(script_delay(&call->item), 3000);
    script_put(world.run, &call->item, world.now, NULL);
    script_rest(world.run, &verdict, world.now);
    ck_assert_str_eq(world_said(&world),
                     "close 1 1001 ''\nfired a\n  result\n  id\n  delay\n  close\n"
                     "fired b\n  result\n  id\n  delay\n  batch\n"
                     "  reset not: another action came first\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_emission) {
    check_call("{\"delay\":\"1s\"}", "a", "5", "");
    check_call("{\"hold\":{\"gate\":\"g\"}}", "a", "5", "");
    check_call("{\"hold\":{\"until\":\"1s\"}}", "a", "5", "");
    check_call("{\"never\":true}", "a", "5", "");
    check_call("{\"early\":1}", "a", "5", "");
    const char *text = "  {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":\"0x0a1b2c3d\"}\n";
    char expected[300];
    (void)snprintf(expected, sizeof expected, "out 1:5\n%sout 1:5 again\n%sout 1:5 again\n%s", text,
                   text, text);
    check_call("{\"repeat\":2}", "a", "5", expected);
    (void)snprintf(expected, sizeof expected, "cork 1 on\nout 1:5\n%s", text);
    check_call("{\"cork\":{\"until\":\"1s\"}}", "a", "5", expected);
    (void)snprintf(expected, sizeof expected,
                   "send 1 'not {json}'\nsend 1 ''\nsend 1 '{\"id\":5}'\nsend 1 '[5]'\n"
                   "send 1 binary 'AB'\nout 1:5\n%s",
                   text);
    check_call(
        "{\"send\":\"not {json}\"},{\"send\":\"\"},{\"send\":{\"value\":{\"id\":5}}},{\"send\":"
        "{\"json\":\"[{id}]\"}},{\"send\":{\"binary\":\"0x4142\"}}",
        "a", "5", expected);
}
END_TEST

/* What a rule on `answered` makes of the text's frames. */
static void check_frame(const char *action, const char *expected) {
    char json[600], line[300];
    (void)snprintf(json, sizeof json, "{\"rules\":[{\"on\":\"answered\",\"do\":[%s]}]}", action);
    world_begin(&world, json);
    world_arrive(&world, world_open(&world, 1), "a", "5");
    const char *said = world_said(&world);
    (void)snprintf(line, sizeof line, "out 1:5\n  shape %s\n", expected);
    ck_assert_msg(strcmp(said, line) == 0, "%s\n%s\nexpected\n%s", action, said, line);
    world_end_all(&world);
}

#define SHAPE(head, rsv, opcode, fragments, cuts, each, pings, rest)                       \
    head " rsv=" rsv " opcode=" opcode " fragments=" fragments " cuts=" cuts " each=" each \
         " pings=" pings " " rest
#define HEAD(binary, mask, utf8, no_start) \
    "binary=" binary " mask=" mask " utf8=" utf8 " no_start=" no_start
#define REST(long, after, dribble, pause, sever) \
    "long=" long " after=" after " dribble=" dribble " pause=" pause " sever=" sever
#define PLAIN_HEAD HEAD("0", "0", "0", "0")
#define PLAIN_REST REST("0", "0/0", "0", "0/0", "0/0/0")
#define PLAIN_MIDDLE(rest) SHAPE(PLAIN_HEAD, "0", "0", "0", "0[0]", "0", "0", rest)

START_TEST(test_frames) {
    check_frame("{\"binary\":true}",
                SHAPE(HEAD("1", "0", "0", "0"), "0", "0", "0", "0[0]", "0", "0", PLAIN_REST));
    check_frame("{\"mask\":true}",
                SHAPE(HEAD("0", "1", "0", "0"), "0", "0", "0", "0[0]", "0", "0", PLAIN_REST));
    check_frame("{\"utf8\":true}",
                SHAPE(HEAD("0", "0", "1", "0"), "0", "0", "0", "0[0]", "0", "0", PLAIN_REST));
    check_frame("{\"no_start\":true}",
                SHAPE(HEAD("0", "0", "0", "1"), "0", "0", "0", "0[0]", "0", "0", PLAIN_REST));
    check_frame("{\"rsv\":true}", SHAPE(PLAIN_HEAD, "4", "0", "0", "0[0]", "0", "0", PLAIN_REST));
    check_frame("{\"opcode\":11}", SHAPE(PLAIN_HEAD, "0", "11", "0", "0[0]", "0", "0", PLAIN_REST));
    check_frame("{\"fragments\":{\"n\":3,\"pings\":2}}",
                SHAPE(PLAIN_HEAD, "0", "0", "3", "0[0]", "0", "2", PLAIN_REST));
    check_frame("{\"fragments\":{\"at\":[7,9]}}",
                SHAPE(PLAIN_HEAD, "0", "0", "0", "2[7]", "0", "0", PLAIN_REST));
    check_frame("{\"fragments\":{\"each_byte\":true}}",
                SHAPE(PLAIN_HEAD, "0", "0", "0", "0[0]", "1", "0", PLAIN_REST));
    check_frame("{\"long_control\":true}", PLAIN_MIDDLE(REST("1", "0/0", "0", "0/0", "0/0/0")));
    check_frame("{\"after_close\":1001}", PLAIN_MIDDLE(REST("0", "1/1001", "0", "0/0", "0/0/0")));
    check_frame("{\"dribble\":1}", PLAIN_MIDDLE(REST("0", "0/0", "1", "0/0", "0/0/0")));
    check_frame("{\"sever\":\"50%\"}", PLAIN_MIDDLE(REST("0", "0/0", "0", "0/0", "2/50/0")));
    check_frame("{\"sever\":{\"at\":1,\"with\":\"end\"}}",
                PLAIN_MIDDLE(REST("0", "0/0", "0", "0/0", "1/1/1")));
    check_frame("{\"pause\":{\"at\":3}}", PLAIN_MIDDLE(REST("0", "0/0", "0", "1/3", "0/0/0")));
}
END_TEST

START_TEST(test_a_pause_ends_and_a_place_may_be_the_firing) {
    world_begin(&world,
                "{\"rules\":[{\"on\":\"answered\",\"do\":[{\"fragments\":{\"at\":\"firing\"}},"
                "{\"pause\":{\"at\":\"firing\",\"until\":{\"event\":\"arrived\"}}}]}]}");
    struct script_peer *peer = world_open(&world, 1);
    for (unsigned i = 1; i < 4; i++) {
        char cut[24], pause[24];
        (void)snprintf(cut, sizeof cut, "cuts=1[%u]", i);
        (void)snprintf(pause, sizeof pause, "pause=1/%u", i);
        world_arrive(&world, peer, "a", "5");
        const char *said = world_said(&world);
        ck_assert_ptr_nonnull(strstr(said, cut));
        ck_assert_ptr_nonnull(strstr(said, pause));
        ck_assert_int_eq(strncmp(said, "resume 1\n", 9) == 0, i > 1);
    }
    world_end_all(&world);
}
END_TEST

/* What a rule on `signal` has done to all connections, two of which are open. */
static void check_signal(const char *action, const char *expected) {
    char json[600];
    (void)snprintf(
        json, sizeof json,
        "{\"rules\":[{\"on\":\"signal\",\"match\":{\"name\":\"go\"},\"do\":[%s],\"target\":"
        "\"all\"}]}",
        action);
    world_begin(&world, json);
    (void)world_open(&world, 1);
    (void)world_open(&world, 2);
    world_give(&world, "go");
    world_give(&world, "end");
    const char *said = world_said(&world);
    ck_assert_msg(strcmp(said, expected) == 0, "%s\n%s\nexpected\n%s", action, said, expected);
    world_end_all(&world);
}

START_TEST(test_sockets) {
    check_signal("{\"close\":{\"code\":1008,\"reason\":\"policy\"}}",
                 "close 1 1008 'policy'\nclose 2 1008 'policy'\n");
    check_signal("{\"close\":true}", "close 1 1000 ''\nclose 2 1000 ''\n");
    check_signal("{\"end\":true}", "end 1\nend 2\n");
    check_signal("{\"reset\":{}}", "reset 1\nreset 2\n");
    check_signal("{\"sever\":{\"at\":7}}", "sever 1 1/7/0\nsever 2 1/7/0\n");
    check_signal("{\"deaf\":{\"until\":{\"signal\":\"end\"}}}",
                 "deaf 1 on\ndeaf 2 on\ndeaf 1 off\ndeaf 2 off\n");
    check_signal("{\"deaf\":true}", "deaf 1 on\ndeaf 2 on\n");
    check_signal("{\"stop_reading\":{\"until\":{\"signal\":\"end\"}}}",
                 "stop_reading 1 on\nstop_reading 2 on\nstop_reading 1 off\nstop_reading 2 off\n");
    check_signal("{\"no_pong\":true}", "no_pong 1 on\nno_pong 2 on\n");
    check_signal("{\"ping\":{\"n\":3,\"sizes\":[0,1]}}",
                 "ping 1 of 0\nping 1 of 1\nping 1 of 0\nping 2 of 0\nping 2 of 1\nping 2 of 0\n");
    check_signal("{\"ping\":{\"payload\":\"abc\"}}", "ping 1 of 3\nping 2 of 3\n");
    check_signal("{\"cork\":{\"until\":{\"signal\":\"end\"}}}",
                 "cork 1 on\ncork 2 on\ncork 1 off\ncork 2 off\n");
    check_signal("{\"notify\":{\"stream\":\"extrinsic\",\"value\":\"ready\"}}",
                 "notify 1 extrinsic \"ready\"\n"
                 "notify 2 extrinsic \"ready\"\n");
}
END_TEST

START_TEST(test_targets) {
    world_begin(
        &world,
        "{\"rules\":[{\"on\":\"signal\",\"match\":{\"name\":\"n\"},\"do\":[{\"reset\":{}}],"
        "\"target\":{\"connection\":2}},{\"on\":\"signal\",\"match\":{\"name\":\"l\"},\"do\":["
        "{\"end\":{}}],\"target\":{\"label\":\"c\"}},{\"on\":\"arrived\",\"do\":[{\"deaf\":{}}"
        "]},{\"name\":\"none\",\"on\":\"signal\",\"match\":{\"name\":\"x\"},\"do\":[{\"reset\":{}"
        "}],\"target\":{\"connection\":9}}]}");
    world.log_fired = false;
    struct script_peer *one = world_open(&world, 1);
    (void)world_open(&world, 2);
    (void)world_open(&world, 3);
    world_give(&world, "n");
    ck_assert_str_eq(world_said(&world), "reset 2\n");
    world_give(&world, "l");
    ck_assert_str_eq(world_said(&world), "end 3\n");
    world_arrive(&world, one, "a", "5");
    ck_assert_str_eq(world_said(&world), "deaf 1 on\nout 1:5\n");
    world_give(&world, "x");
    size_t cursor = 0;
    ck_assert(base_text_is(script_unfired(world.run, &cursor), "none"));
    world_end_all(&world);
}
END_TEST

static void tell_stream(enum script_event_kind kind) {
    struct script_event event = world_event(&world, kind);
    event.peer = &world.peers[0];
    event.stream = BASE_TEXT("chain_subscribeNewHeads");
    event.subscription = &world.stream;
    script_tell(world.run, &event, world.now);
}

START_TEST(test_streams) {
    world_begin(
        &world,
        "{\"rules\":[{\"on\":\"subscribed\",\"do\":[{\"quiet\":{\"until\":\"1ms\"}},{\"flood\":3},"
        "{\"stream_id\":7},{\"stop\":true},{\"notify\":{\"value\":{\"a\":1}}}]},"
        "{\"on\":\"unsubscribed\",\"do\":[{\"late\":5}]}]}");
    (void)world_open(&world, 1);
    tell_stream(SCRIPT_SUBSCRIBED);
    tell_stream(SCRIPT_UNSUBSCRIBED);
    world_pass(&world, 1000);
    ck_assert_str_eq(world_said(&world),
                     "quiet on\nflood 3\nstream_id 7\nstop\nnotify 1 chain_subscribeNewHeads "
                     "{\"a\":1}\nlate 5\nquiet off\n");
    world_end_all(&world);
}
END_TEST

START_TEST(test_chain_and_space) {
    static const struct row rows[] = {
        {"{\"advance\":3}", "advance 3\n"},
        {"{\"advance\":true}", "advance 1\n"},
        {"{\"set_head\":\"head-3\"}", "set_head head-3\n"},
        {"{\"set_head\":71}", "set_head 71\n"},
        {"{\"finalize\":\"@b\"}", "finalize @b\n"},
        {"{\"restart\":true}", "restart \n"},
        {"{\"restart\":{\"head\":\"finalized\"}}", "restart finalized\n"},
        {"{\"tick\":{\"every\":\"20ms\",\"until\":{\"signal\":\"end\"}}}",
         "tick 20000 on\ntick 0 off\n"},
        {"{\"block\":{\"name\":\"b\",\"parent\":\"@a\",\"storage\":{\"0x01\":\"0xff\",\"0x02\":"
         "null},"
         "\"extrinsics\":[\"0xee\"],\"calls\":\"carry-stale\"}}",
         "block b on @a\n  0x01=0xff\n  0x02=none\n  + 0xee\n  calls 2\n"},
        {"{\"fork\":2}", "fork 2 \n"},
        {"{\"fork\":{\"depth\":1,\"name\":\"f\"}}", "fork 1 f\n"},
        {"{\"hold_finality\":true}", "hold_finality -1 on\n"},
        {"{\"hold_finality\":{\"lag\":10,\"until\":{\"signal\":\"end\"}}}",
         "hold_finality 10 on\nhold_finality -1 off\n"},
        {"{\"upgrade\":294}", "upgrade 294\n"},
        {"{\"prune\":{\"below\":\"head-5\"}}", "prune head-5 0\n"},
        {"{\"prune\":{\"keep\":300}}", "prune  300\n"},
        {"{\"give\":\"x\"}", "signal x\n"},
        {"{\"limits\":{\"connections\":0,\"reply\":1}}", "limits 0 -1 -1 1\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char json[600];
        (void)snprintf(json, sizeof json,
                       "{\"rules\":[{\"on\":\"signal\",\"match\":{\"name\":\"go\"},\"do\":[%s]}]}",
                       rows[i].action);
        world_begin(&world, json);
        world_give(&world, "go");
        world_give(&world, "end");
        const char *said = world_said(&world);
        ck_assert_msg(strcmp(said, rows[i].expected) == 0, "%s\n%s", rows[i].action, said);
        world_end_all(&world);
        /* And in `start`. */
        (void)snprintf(json, sizeof json, "{\"start\":[%s]}", rows[i].action);
        world_begin(&world, json);
        script_run_start(world.run, world.now);
        world_give(&world, "end");
        ck_assert_str_eq(world_said(&world), rows[i].expected);
        world_end_all(&world);
    }
}
END_TEST

START_TEST(test_handshakes) {
    world_begin(
        &world,
        "{\"rules\":[{\"on\":\"connecting\",\"match\":{\"connection\":1},\"do\":[{\"refuse\":{"
        "\"status\":429,\"headers\":{\"Retry-After\":\"1\",\"X\":[\"a\",\"b\"]},\"body\":\"no\"}}]}"
        ","
        "{\"on\":\"connecting\",\"match\":{\"connection\":2},\"do\":[{\"redirect\":\"ws://b\"}]},"
        "{\"on\":\"connecting\",\"match\":{\"connection\":3},\"do\":[{\"stall\":true}]},"
        "{\"on\":\"connecting\",\"match\":{\"connection\":4},\"do\":[{\"bad_handshake\":{"
        "\"accept\":\"x\",\"no_upgrade\":true,\"status\":200}}]},"
        "{\"on\":\"connecting\",\"match\":{\"connection\":5},\"do\":[{\"delay\":\"1ms\"}]}]}");
    struct script_handshake how[6] = {0};
    for (unsigned i = 1; i <= 5; i++) {
        struct script_peer *peer = &world.peers[i - 1];
        *peer = (struct script_peer){.ordinal = i, .label_text = base_text(world.labels[i - 1])};
        script_peer_begin(world.run, peer);
        struct world_call *item = world_new_call(&world, peer);
        struct script_event event = world_event(&world, SCRIPT_CONNECTING);
        struct script_verdict verdict = SCRIPT_VERDICT_INIT;
        event.peer = peer;
        event.item = &item->item;
        script_match(world.run, &event, &verdict);
        script_told(world.run, &event, world.now);
        script_handshake(world.run, &verdict, &how[i]);
        script_emission(world.run, &verdict, &item->item, world.now);
        ck_assert_uint_eq(script_delay(&item->item), i == 5 ? 1000 : 0);
        script_rest(world.run, &verdict, world.now);
        ck_assert_uint_eq(script_fired_count(world.run, i - 1), 1);
    }
    ck_assert_int_eq(how[1].kind, SCRIPT_HANDSHAKE_REFUSE);
    ck_assert_uint_eq(how[1].status, 429);
    ck_assert_uint_eq(how[1].header_count, 3);
    ck_assert(base_text_is(how[1].headers[0].name, "Retry-After"));
    ck_assert(base_text_is(how[1].headers[2].value, "b"));
    ck_assert(base_text_is(how[1].body, "no"));
    ck_assert_int_eq(how[2].kind, SCRIPT_HANDSHAKE_REFUSE);
    ck_assert_uint_eq(how[2].status, 302);
    ck_assert(base_text_is(how[2].headers[0].name, "Location"));
    ck_assert(base_text_is(how[2].headers[0].value, "ws://b"));
    ck_assert_int_eq(how[3].kind, SCRIPT_HANDSHAKE_STALL);
    ck_assert_int_eq(how[4].kind, SCRIPT_HANDSHAKE_BAD);
    ck_assert(how[4].no_upgrade && how[4].status == 200 && base_text_is(how[4].accept, "x"));
    ck_assert_int_eq(how[5].kind, SCRIPT_HANDSHAKE_PLAIN);
    world_end_all(&world);
}
END_TEST

START_TEST(test_rate_limits) {
    static const struct row rows[] = {
        {"node", "\"code\":-32999,\"message\":\"RPC rate limit exceeded\"}"},
        {"gateway", "\"code\":-32005,\"message\":\"Too many requests\"}"},
        {"gateway-policy", "\"code\":-32005,\"message\":\"Too many requests\",\"data\":{\"policy\":"
                           "\"requests\",\"reason\":\"rate-limit-exceeded\",\"retryAfter\":1}}"},
        {"storage", "\"code\":-32004,\"message\":\"Storage work rate limit exceeded\"}"},
        {"storage-policy",
         "\"code\":-32004,\"message\":\"Storage work rate limit exceeded\",\"data\":{\"policy\":"
         "\"storage-work\",\"reason\":\"rate-limit-exceeded\",\"retry_after\":1}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char json[300];
        (void)snprintf(
            json, sizeof json,
            "{\"rules\":[{\"on\":\"arrived\",\"do\":[{\"rate_limit\":{\"n\":2,\"each\":\"1s\","
            "\"as\":\"%s\"}}]}]}",
            rows[i].action);
        world_begin(&world, json);
        world.log_texts = true;
        struct script_peer *peer = world_open(&world, 1), *other = world_open(&world, 2);
        size_t refused[] = {0, 0, 1, 0, 0, 1};
        for (size_t call = 0; call < 6; call++) {
            world_pass(&world, call == 3 ? 1000000 : 100);
            world_arrive(&world, peer, "a", "5");
            bool error = strstr(world_said(&world), rows[i].expected) != NULL;
            ck_assert_msg(error == (refused[call] == 1), "%zu %zu", i, call);
        }
        world_arrive(&world, other, "a", "5");
        ck_assert_ptr_null(strstr(world_said(&world), "error"));
        ck_assert_uint_eq(script_fired_count(world.run, 0), 2);
        world_end_all(&world);
    }
}
END_TEST

/* What strangers are is forgotten with them. */
START_TEST(test_labels_and_rates_are_bounded) {
    world_begin(
        &world,
        "{\"rules\":[{\"on\":\"arrived\",\"do\":[{\"rate_limit\":{\"n\":1,\"each\":\"1ms\"}}"
        "]}]}");
    for (unsigned i = 1; i <= 5000; i++) {
        char label[16];
        struct script_peer peer = {.ordinal = i, .label_text = {label, 0}};
        peer.label_text.size = (size_t)snprintf(label, sizeof label, "l%u", i);
        script_peer_begin(world.run, &peer);
        world_arrive(&world, &peer, "a", "1");
        base_buf_free(&world.calls[0].text);
        script_drop(world.run, &world.calls[0].item, world.now);
        world.call_count = 0;
        base_buf_reset(&world.log);
        world_pass(&world, 10);
        script_peer_end(world.run, &peer, world.now);
    }
    ck_assert_uint_eq(world.run->labels.count, 0);
    ck_assert_uint_le(world.run->rates.count, 1500);
    world_end_all(&world);
}
END_TEST

START_TEST(test_a_rate_limit_draws_whose_error) {
    world_begin(
        &world,
        "{\"rules\":[{\"on\":\"arrived\",\"do\":[{\"rate_limit\":{\"n\":1,\"each\":\"1s\",\"as\":"
        "[\"gateway\",\"storage-policy\"]}}]}]}");
    world.log_texts = true;
    struct script_peer *peer = world_open(&world, 1);
    size_t counts[2] = {0, 0};
    for (int i = 0; i < 401; i++) {
        world_arrive(&world, peer, "a", "5");
        const char *said = world_said(&world);
        counts[0] += strstr(said, "-32005") != NULL;
        counts[1] += strstr(said, "-32004") != NULL && strstr(said, "retry_after") != NULL;
    }
    ck_assert_uint_eq(counts[0] + counts[1], 400);
    ck_assert_msg(counts[0] > 150 && counts[1] > 150, "%zu %zu", counts[0], counts[1]);
    world_end_all(&world);
}
END_TEST

START_TEST(test_post_has_no_frames_and_streams) {
    world_begin(&world,
                "{\"rules\":[{\"name\":\"f\",\"on\":\"answered\",\"do\":[{\"binary\":true}]},"
                "{\"name\":\"s\",\"on\":\"arrived\",\"do\":[{\"send\":\"x\"},{\"repeat\":1}]},"
                "{\"name\":\"c\",\"on\":\"arrived\",\"do\":[{\"reset\":true}]}]}");
    world.post = true;
    world.log_fired = true;
    world_arrive(&world, world_open(&world, 1), "a", "5");
    ck_assert_str_eq(world_said(&world), "reset 1\nfired c\n  reset\nout 1:5\n");
    world_end_all(&world);
}
END_TEST

CHECK_MAIN("script_actions", test_content, test_content_of_lists, test_fill_of_a_message,
           test_envelope, test_envelope_that_cannot_be, test_batch_writer,
           test_a_batch_has_one_verdict, test_emission, test_frames,
           test_a_pause_ends_and_a_place_may_be_the_firing, test_sockets, test_targets,
           test_streams, test_chain_and_space, test_handshakes, test_rate_limits,
           test_a_rate_limit_draws_whose_error, test_labels_and_rates_are_bounded,
           test_post_has_no_frames_and_streams)
