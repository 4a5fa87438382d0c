/* Reading scripts: what is refused, in which words; names by place; profiles; no memory. */
#include "base/json.h"
#include "script_world.h"

static const char *error_of(const char *json) {
    static struct substrate_error error;
    struct script_source source = {base_text(json), "s.json"};
    struct script *script = NULL;
    error = (struct substrate_error){0};
    enum substrate_status status = script_read(&source, 1, &script, &error);
    if (status == SUBSTRATE_OK) {
        script_free(script);
        return "";
    }
    ck_assert_ptr_null(script);
    return error.message;
}

struct wrong {
    const char *json, *error; /* the beginning, and what else it says behind a `…` */
};

static void check(const struct wrong *wrong) {
    char begin[300];
    const char *dots = strstr(wrong->error, "…"), *said = error_of(wrong->json);
    size_t size = dots != NULL ? (size_t)(dots - wrong->error) : strlen(wrong->error);
    (void)snprintf(begin, sizeof begin, "%.*s", (int)size, wrong->error);
    bool same = strncmp(said, begin, size) == 0 && (dots != NULL || said[size] == '\0') &&
                (dots == NULL || strstr(said, dots + strlen("…")) != NULL);
    ck_assert_msg(same, "%s\nsays     %s\nexpected %s", wrong->json, said, wrong->error);
}

#define ONE(rule) "{\"rules\":[" rule "]}"
#define DO(on, action) ONE("{\"on\":\"" on "\",\"do\":[" action "]}")

static const struct wrong wrong_scripts[] = {
    {"", "s.json:1: not JSON from column 1 on"},
    {"[]", "s.json:1: must be an object"},
    {"{\n\"rulez\":[]}",
     "s.json:2: unknown member \"rulez\"; known are \"rules\", \"gates\", \"latency\", "
     "\"writes\" and \"start\"; nearest is \"rules\""},
    {"{\"rules\":{}}", "s.json:1: rules: must be a list"},
    {ONE("{}"), "s.json:1: rules[0]: lacks \"on\": the event"},
    {ONE("{\"on\":\"arrived\"}"), "s.json:1: rules[0]: lacks \"do\": the actions"},
    {ONE("{\"on\":\"arived\",\"do\":[]}"),
     "s.json:1: rules[0].on: unknown word \"arived\"…nearest is \"arrived\""},
    {ONE("{\"on\":\"arrived\",\"do\":[]}"), "s.json:1: rules[0].do: must hold 1 to 32 actions"},
    {DO("arrived", "{\"dely\":\"1s\"}"),
     "s.json:1: rules[0].do[0]: unknown member \"dely\"…nearest is \"delay\""},
    {DO("arrived", "{}"), "s.json:1: rules[0].do[0]: names no action"},
    {DO("arrived", "{\"never\":true,\"reset\":true}"),
     "s.json:1: rules[0].do[0]: has two actions: each stands in an object of its own"},
    {DO("arrived", "{\"hold\":\n{\"untl\":\"1s\"}}"),
     "s.json:2: rules[0].do[0].hold: unknown member \"untl\"; known are \"gate\", \"until\" "
     "and "
     "\"limit\"; nearest is \"until\""},
    {DO("arrived", "{\"hold\":{}}"),
     "s.json:1: rules[0].do[0].hold: needs \"gate\" or \"until\", and not both"},
    {DO("arrived", "{\"hold\":\"g\"}"),
     "s.json:1: rules[0].do[0].hold: the script has no \"gates\""},
    {"{\"gates\":[{\"name\":\"gate\",\"n\":2}],\"rules\":[{\"on\":\"arrived\",\"do\":[{"
     "\"hold\":"
     "\"gat\"}]}]}",
     "s.json:1: rules[0].do[0].hold: unknown word \"gat\"; known is \"gate\"; nearest is "
     "\"gate\""},
    {DO("arrived", "{\"delay\":\"soon\"}"),
     "s.json:1: rules[0].do[0].delay: \"soon\" is no latency: expected…"},
    {DO("answered", "{\"delay\":\"1s\"}"), "s.json:1: rules[0].do[0].delay: may not stand on "
                                           "answered; it may on connecting, arrived, "
                                           "notified, subscribed"},
    {DO("signal", "{\"reset\":true}"), "s.json:1: rules[0].do[0].reset: needs a connection, "
                                       "and signal has none: the rule must say "
                                       "its \"target\""},
    {"{\"start\":[{\"reset\":true}]}",
     "s.json:1: start[0].reset: needs a connection, and start has none…"},
    {"{\"start\":[{\"result\":1}]}",
     "s.json:1: start[0].result: may not stand on start; it may on arrived"},
    {ONE("{\"name\":\"a\",\"on\":\"signal\",\"do\":[{\"give\":\"x\"}]},{\"on\":\"fired\","
         "\"match\":{"
         "\"rule\":\"a\"},\"do\":[{\"reset\":true}]}"),
     "s.json:1: rules[1]: acts on a connection, and what it fires on may have none…"},
    {ONE("{\"on\":\"arrived\",\"target\":\"all\",\"do\":[{\"never\":true}]}"),
     "s.json:1: rules[0].target: no action of the rule acts on a target"},
    {DO("arrived", "{\"error\":{\"message\":\"x\"}}"),
     "s.json:1: rules[0].do[0].error: lacks \"code\": of the error"},
    {DO("arrived", "{\"error\":1},{\"result\":2}"),
     "s.json:1: rules[0].do[1].result: excludes \"error\", which stands before it"},
    {DO("arrived", "{\"never\":true},{\"repeat\":2}"),
     "s.json:1: rules[0].do[1].repeat: excludes \"never\", which stands before it"},
    {DO("answered", "{\"rsv\":1},{\"mask\":true}"),
     "s.json:1: rules[0].do[1].mask: excludes \"rsv\"…"},
    {DO("opened", "{\"close\":1000},{\"reset\":true}"),
     "s.json:1: rules[0].do[1].reset: excludes \"close\"…"},
    {DO("arrived", "{\"result\":{\"json\":\"[1,\"}}"),
     "s.json:1: rules[0].do[0].result: the text of \"json\" is no JSON"},
    {DO("arrived", "{\"fill\":{}}"),
     "s.json:1: rules[0].do[0].fill: needs \"result\" or \"message\", and not both"},
    {DO("arrived", "{\"id\":\"swaped\"}"),
     "s.json:1: rules[0].do[0].id: unknown word \"swaped\"…nearest is \"swapped\""},
    {DO("answered", "{\"opcode\":9}"),
     "s.json:1: rules[0].do[0].opcode: must be a reserved one: 3 to 7 or 11 to 15"},
    {DO("answered", "{\"sever\":\"101%\"}"),
     "s.json:1: rules[0].do[0].sever: must be a byte (0 is the first), \"50%\" or \"firing\""},
    {DO("answered", "{\"fragments\":{\"at\":[5,4]}}"),
     "s.json:1: rules[0].do[0].fragments.at[1]: cuts stand in ascending order"},
    {DO("opened", "{\"ping\":{\"payload\":\"x\",\"sizes\":[1,2]}}"),
     "s.json:1: rules[0].do[0].ping: has \"payload\" and \"sizes\""},
    {DO("opened", "{\"ping\":{\"sizes\":[2,1]}}"),
     "s.json:1: rules[0].do[0].ping.sizes[1]: must be an integer from 2 to 125"},
    {DO("opened", "{\"set_head\":\"haed\"}"), "s.json:1: rules[0].do[0].set_head: is no block…"},
    {DO("opened", "{\"block\":{\"storage\":{\"abc\":null}}}"),
     "s.json:1: rules[0].do[0].block.storage.abc: a key is lower-case hex with 0x"},
    {DO("connecting", "{\"refuse\":{\"status\":429,\"headers\":{\"a b\":\"c\"}}}"),
     "s.json:1: rules[0].do[0].refuse.headers.a b: is no header of HTTP"},
    {DO("connecting", "{\"refuse\":99}"),
     "s.json:1: rules[0].do[0].refuse: must be an integer from 200 to 599"},
    {DO("opened", "{\"deaf\":{\"until\":{\"sgnal\":\"x\"}}}"),
     "s.json:1: rules[0].do[0].deaf.until: unknown member \"sgnal\"…nearest is \"signal\""},
    {DO("opened", "{\"deaf\":{\"until\":{\"event\":\"head\",\"match\":{\"methods\":\"a\"}}}}"),
     "s.json:1: rules[0].do[0].deaf.until.match.methods: has no meaning on head; it is of "
     "arrived…"},
    {DO("opened", "{\"deaf\":{\"until\":{\"count\":2}}}"),
     "s.json:1: rules[0].do[0].deaf.until: must be {\"signal\":…"},
    {ONE("{\"on\":\"head\",\"match\":{\"code\":1},\"do\":[{\"give\":\"x\"}]}"),
     "s.json:1: rules[0].match.code: has no meaning on head; it is of closed"},
    {ONE("{\"on\":\"fired\",\"match\":{\"rule\":\"rules[1]\"},\"do\":[{\"give\":\"x\"}]}"),
     "s.json:1: rules[0].match.rule: unknown word \"rules[1]\"; known is \"rules[0]\"…"},
    {ONE("{\"on\":\"head\",\"when\":{\"nth\":\"3..1\"},\"do\":[{\"give\":\"x\"}]}"),
     "s.json:1: rules[0].when.nth: must be a number, \"a..b\", \"k..\", or a list of them"},
    {ONE("{\"on\":\"head\",\"when\":{\"in_flight\":1},\"do\":[{\"give\":\"x\"}]}"),
     "s.json:1: rules[0].when.in_flight: has no meaning on head; it is of arrived"},
    {ONE("{\"on\":\"head\",\"when\":{\"chance\":2},\"do\":[{\"give\":\"x\"}]}"),
     "s.json:1: rules[0].when.chance: must be a number over 0 and at most 1"},
    {ONE("{\"on\":\"head\",\"when\":{\"after\":{\"rule\":\"a\"}},\"do\":[{\"give\":\"x\"}]}"),
     "s.json:1: rules[0].when.after.rule: unknown word \"a\"…"},
    {ONE("{\"name\":\"a\",\"on\":\"head\",\"do\":[{\"give\":\"x\"}]},{\"name\":\"a\",\"on\":"
         "\"head\","
         "\"do\":[{\"give\":\"x\"}]}"),
     "s.json:1: rules[1].name: another rule has this name"},
    {ONE("{\"name\":\"rules[1]\",\"on\":\"head\",\"do\":[{\"give\":\"x\"}]},{\"on\":\"head\","
         "\"do\":[{\"give\":\"x\"}]}"),
     "s.json:1: rules[1]: another rule has this name"},
    {DO("opened", "{\"cork\":{\"limit\":\"1s\"}}"),
     "s.json:1: rules[0].do[0].cork.limit: has no meaning without \"until\", which it would end"},
    {DO("opened", "{\"deaf\":{\"until\":\"2s\",\"limit\":\"1s\"}}"),
     "s.json:1: rules[0].do[0].deaf.limit: has no meaning beside an \"until\" that is a time"},
    {DO("answered", "{\"pause\":{\"at\":1,\"limit\":\"none\"}}"),
     "s.json:1: rules[0].do[0].pause.limit: has no meaning without \"until\", which it would end"},
    {DO("head", "{\"hold_finality\":{\"lag\":2,\"limit\":\"1s\"}}"),
     "s.json:1: rules[0].do[0].hold_finality.limit: has no meaning without \"until\"…"},
    {DO("head", "{\"tick\":{\"every\":\"1s\",\"limit\":\"1s\"}}"),
     "s.json:1: rules[0].do[0].tick.limit: has no meaning without \"until\"…"},
    {"{\"gates\":[{\"name\":\"g\",\"n\":2}],\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":{"
     "\"gate\":\"g\",\"limit\":\"5s\"}}]}]}",
     "s.json:1: rules[0].do[0].hold.limit: has no meaning without \"until\", which it would end"},
    {DO("arrived", "{\"never\":false}"),
     "s.json:1: rules[0].do[0].never: must be true: it has no members, and who does not want it "
     "leaves it out"},
    {DO("arrived", "{\"fill\":5}"),
     "s.json:1: rules[0].do[0].fill: must be an object with \"result\" or \"message\""},
    {DO("arrived", "{\"result\":{\"a\":[{\"b\":1,\"\\u0062\":2}]}}"),
     "s.json:1: rules[0].do[0].result.a[0]: the member \"b\" stands twice"},
    {DO("opened", "{\"block\":{\"storage\":{\"0x01\":null,\"0x01\":\"0x02\"}}}"),
     "s.json:1: rules[0].do[0].block.storage: the member \"0x01\" stands twice"},
    {ONE("{\"on\":\"head\",\"target\":\"all\",\"do\":[{\"notify\":{\"value\":1,\"stream\":"
         "\"newHead\"}}]}"),
     "s.json:1: rules[0].do[0].notify.stream: unknown word \"newHead\"…nearest is \"newHeads\""},
    {ONE("{\"on\":\"notified\",\"match\":{\"stream\":[\"storage\",\"allHead\"]},\"do\":[{\"skip\":"
         "true}]}"),
     "s.json:1: rules[0].match.stream[1]: unknown word \"allHead\"…nearest is \"allHeads\""},
    {ONE("{\"on\":\"arrived\",\"when\":{\"nth\":[1,\"0..3\"]},\"do\":[{\"never\":true}]}"),
     "s.json:1: rules[0].when.nth[1]: counts from 1 on"},
    {ONE("{\"on\":\"arrived\",\"match\":{\"occurrence\":0},\"do\":[{\"never\":true}]}"),
     "s.json:1: rules[0].match.occurrence: counts from 1 on"},
    {ONE("{\"on\":\"arrived\",\"when\":{\"per\":\"label\",\"times\":3},\"do\":[{\"never\":true}]}"),
     "s.json:1: rules[0].when: has \"per\", and nothing that it counts…"},
    {DO("opened", "{\"limits\":{\"request\":0}}"),
     "s.json:1: rules[0].do[0].limits.request: must be an integer from 1 to…"},
    {"{\"gates\":[{\"name\":\"g\"}]}",
     "s.json:1: gates[0]: lacks \"n\" or \"settled\": nothing closes the gate"},
    {"{\"gates\":[{\"name\":\"g\",\"n\":3,\"order\":[0,1]}]}",
     "s.json:1: gates[0]: \"order\" has 2 numbers, and \"n\" is 3"},
    {"{\"gates\":[{\"name\":\"g\",\"n\":2,\"order\":[0,0]}]}",
     "s.json:1: gates[0].order[1]: is no permutation of 0 to 1"},
    {"{\"gates\":[{\"name\":\"g\",\"n\":2},{\"name\":\"g\",\"n\":2}]}",
     "s.json:1: gates[1].name: another gate has this name"},
    {"{\"gates\":[{\"name\":\"g\",\"n\":2,\"order\":\"revers\"}]}",
     "s.json:1: gates[0].order: unknown word \"revers\"…nearest is \"reversed\""},
    {"{\"latency\":5}", "s.json:1: latency: must be a string"},
    {"{\"writes\":\"refuse\"}", "s.json:1: writes: unknown word \"refuse\"; known is…"},
};

START_TEST(test_errors) {
    for (size_t i = 0; i < sizeof wrong_scripts / sizeof wrong_scripts[0]; i++) {
        check(&wrong_scripts[i]);
    }
}
END_TEST

START_TEST(test_profiles_stand_behind_the_file) {
    struct script_source sources[] = {
        {BASE_TEXT("{\"rules\":[{\"on\":\"arrived\",\"do\":[{\"error\":1}]}],\"start\":[{\"give\":"
                   "\"a\"}]}"),
         "file.json"},
        {BASE_TEXT(
             "{\"latency\":\"1ms\",\"writes\":\"accept\",\"gates\":[{\"name\":\"p\",\"n\":1}],"
             "\"rules\":[{\"on\":\"arrived\",\"do\":[{\"error\":2},{\"hold\":\"p\"}]}],\"start\":[{"
             "\"give\":\"b\"}]}"),
         "profile"},
    };
    struct script *script = NULL;
    struct substrate_error error = {0};
    ck_assert_msg(script_read(sources, 2, &script, &error) == SUBSTRATE_OK, "%s", error.message);
    ck_assert_uint_eq(script_rule_count(script), 2);
    ck_assert(base_text_is(script_rule_name(script, 0), "rules[0]"));
    ck_assert(base_text_is(script_rule_name(script, 1), "profile[0]"));
    ck_assert(script_writes_accepted(script) && !script_writes_accepted(NULL));
    static struct world world;
    world_begin(&world, "{}");
    script_run_free(world.run);
    world.run = script_run_new(script, 7, &world.host);
    script_run_start(world.run, world.now);
    world.log_texts = world.log_fired = true;
    world_arrive(&world, world_open(&world, 1), "a", "1");
    ck_assert_ptr_nonnull(strstr(world.log.data, "signal a\nsignal b\n"));
    ck_assert_ptr_nonnull(strstr(world.log.data, "error not: another action came first"));
    base_buf_reset(&world.log);
    world_pass(&world, 1000);
    ck_assert_ptr_nonnull(strstr(world_said(&world), "{\"code\":1,"));
    world_end_all(&world);
    script_free(script);
}
END_TEST

START_TEST(test_names_of_methods_are_folded) {
    /* An alias in a script, the canonical name in the event, and another alias on the wire. */
    static struct world world;
    world_begin(&world,
                "{\"rules\":[{\"on\":\"arrived\",\"match\":{\"methods\":\"state_getStorageAt\"},"
                "\"do\":[{\"reset\":true}]}]}");
    world_arrive(&world, world_open(&world, 1), "state_getStorage []", "1");
    ck_assert_str_eq(world_said(&world), "reset 1\nout 1:1\n");
    world_end_all(&world);
}
END_TEST

/* ---- no memory ---- */

static size_t left, asked;
static void *meagre(void *context, void *memory, size_t size) {
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    asked++;
    if (left == 0) {
        return NULL;
    }
    left--;
    return realloc(memory, size);
}

static const char *const everything =
    "{\"latency\":\"uniform(1ms,2ms)\",\"gates\":[{\"name\":\"g\",\"n\":2,\"order\":\"next\"}],"
    "\"start\":[{\"give\":\"s\"}],\"rules\":["
    "{\"on\":\"arrived\",\"match\":{\"methods\":[\"a\",\"b\"],\"occurrence\":\"1..\"},\"when\":{"
    "\"in_flight\":"
    "1,\"per\":\"label\"},\"do\":[{\"error\":{\"code\":1,\"message\":\"{id}\",\"data\":[1]}},{"
    "\"hold\":\"g\"},"
    "{\"deaf\":{\"until\":{\"signal\":\"x\"}}},{\"send\":\"{id}\"}]},"
    "{\"on\":\"arrived\",\"do\":[{\"hold\":{\"until\":{\"event\":\"closed\",\"match\":{\"code\":[1,"
    "2]}}}},"
    "{\"changes\":{\"permute\":[1,0]}}]},"
    "{\"on\":\"answered\",\"do\":[{\"fragments\":{\"at\":[1,2,3]}},{\"notify\":{\"stream\":"
    "\"newHeads\","
    "\"value\":{"
    "}}},{\"block\":{\"storage\":{\"0x01\":\"0x02\"},\"extrinsics\":[\"0x03\"]}}]}]}";

START_TEST(test_no_memory_while_reading) {
    static const struct substrate_allocator allocator = {meagre, NULL};
    substrate_allocator_set(&allocator);
    base_arena_each_alone(true);
    struct script_source source = {base_text(everything), "s.json"};
    for (size_t size = 0;; size++) {
        struct script *script = NULL;
        struct substrate_error error = {0};
        left = size;
        asked = 0;
        enum substrate_status status = script_read(&source, 1, &script, &error);
        if (status == SUBSTRATE_OK) {
            script_free(script);
            ck_assert_uint_eq(asked, size);
            break;
        }
        ck_assert_msg(status == SUBSTRATE_E_MEMORY, "%zu: %s", size, error.message);
        ck_assert_ptr_nonnull(strstr(error.message, "out of memory"));
    }
    base_arena_each_alone(false);
    substrate_allocator_set(NULL);
}
END_TEST

/* Nothing is lost, and nothing leaks: each call leaves in the end. */
START_TEST(test_no_memory_while_running) {
    static const struct substrate_allocator allocator = {meagre, NULL};
    static struct world world;
    bool short_of = true;
    for (size_t size = 0; short_of; size++) {
        substrate_allocator_set(&allocator);
        left = SIZE_MAX;
        world_begin(&world, everything);
        struct script_peer *peer = world_open(&world, 1), *other = world_open(&world, 2);
        ck_assert(base_buf_reserve(&world.log, 100000));
        left = size;
        for (int i = 0; i < 3; i++) {
            struct world_call *call = world_new_call(&world, i == 1 ? other : peer);
            struct script_verdict verdict = SCRIPT_VERDICT_INIT;
            (void)snprintf(call->request, sizeof call->request, i < 2 ? "a" : "c");
            (void)snprintf(call->method, sizeof call->method, i < 2 ? "a" : "c");
            (void)snprintf(call->id, sizeof call->id, "%d", i);
            call->occurrence = 1;
            struct script_event event = world_call_event(call, SCRIPT_ARRIVED);
            struct script_content content = {.arena = &world.arena};
            script_match(world.run, &event, &verdict);
            script_told(world.run, &event, world.now);
            script_content(world.run, &verdict, &content, world.now);
            script_emission(world.run, &verdict, &call->item, world.now);
            script_put(world.run, &call->item, world.now, NULL);
            script_rest(world.run, &verdict, world.now);
            script_run_due(world.run, world.now);
        }
        world_pass(&world, 10000000);
        short_of = left == 0;
        for (size_t i = 0; i < 3; i++) {
            ck_assert_msg(world.calls[i].item.state == SCRIPT_ITEM_EMITTED, "%zu: call %zu in %d",
                          size, i, (int)world.calls[i].item.state);
            script_left(world.run, &world.calls[i].item, world.now);
            world_pass(&world, 1);
        }
        left = SIZE_MAX;
        world_close_peer(&world, peer);
        world_end_all(&world);
        ck_assert(short_of || size > 10);
    }
    substrate_allocator_set(NULL);
}
END_TEST

CHECK_MAIN("script_read", test_errors, test_profiles_stand_behind_the_file,
           test_names_of_methods_are_folded, test_no_memory_while_reading,
           test_no_memory_while_running)
