/* What a client of the proxy has asked and subscribed to, when its connection to the upstream is
 * lost and another takes its place. Both sides are told by hand, as a client and a node write. */
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "check_main.h"
#include "record/proxy/dialogue.h"

#define V "\"jsonrpc\":\"2.0\","

/* What the dialogue has said to either side, and to the recording, one after the other. */
struct world {
    struct dialogue dialogue;
    char told[2048], sent[2048], heard[2048];
};

static void add(char *log, struct substrate_text text) {
    size_t at = strlen(log);
    (void)snprintf(log + at, 2048 - at, "%s%.*s", at > 0 ? " " : "", (int)text.size, text.data);
}

static void tell(void *context, struct substrate_text message) {
    add(((struct world *)context)->told, message);
}

static void send(void *context, struct substrate_text message) {
    add(((struct world *)context)->sent, message);
}

static void heard(void *context, struct said *said) {
    struct world *world = context;
    ck_assert_ptr_nonnull(said);
    add(world->heard, said->exchange.method);
    add(world->heard, said->exchange.params);
    add(world->heard, said->exchange.result);
    base_free(said);
}

static void begin(struct world *world, bool legacy) {
    const struct dialogue_host host = {world, heard, tell, send};
    memset(world, 0, sizeof *world);
    dialogue_init(&world->dialogue, &host, legacy);
}

/* Takes what was logged, which must be this. */
static void expect(char *log, const char *wanted) {
    ck_assert_str_eq(log, wanted);
    log[0] = '\0';
}

static bool ask(struct world *world, const char *message) {
    return dialogue_ask(&world->dialogue, base_text(message));
}

static void hear(struct world *world, const char *message) {
    dialogue_hear(&world->dialogue, base_text(message));
}

START_TEST(messages_pass_unchanged) {
    static const char CALL[] = "{ \"id\" : 1, " V "\"method\":\"system_chain\"}";
    static const char ANSWER[] = "{\"result\":\"x\",\"id\":1 }";
    struct world world;
    begin(&world, false);
    ck_assert(ask(&world, CALL));
    expect(world.sent, CALL);
    hear(&world, ANSWER);
    expect(world.told, ANSWER);
    expect(world.heard, "system_chain [] \"x\"");
    ck_assert(!ask(&world, "{" V "\"method\":\"system_chain\"}"));
    hear(&world, "no JSON");
    expect(world.told, "no JSON");
    dialogue_free(&world.dialogue);
}
END_TEST

START_TEST(what_waits_is_asked_again_and_once) {
    struct world world;
    begin(&world, false);
    ask(&world, "{" V "\"id\":1,\"method\":\"a\"}");
    ask(&world, "[{" V "\"id\":2,\"method\":\"b\"},{" V "\"id\":3,\"method\":\"c\"}]");
    hear(&world, "{\"id\":1,\"result\":0}");
    world.sent[0] = world.told[0] = '\0';
    dialogue_lost(&world.dialogue);
    dialogue_resume(&world.dialogue);
    expect(world.told, "");
    expect(world.sent, "[{" V "\"id\":2,\"method\":\"b\"},{" V "\"id\":3,\"method\":\"c\"}]");
    hear(&world, "[{\"id\":2,\"result\":0},{\"id\":3,\"result\":0}]");
    dialogue_lost(&world.dialogue);
    world.sent[0] = '\0';
    dialogue_resume(&world.dialogue);
    expect(world.sent, "");
    dialogue_free(&world.dialogue);
}
END_TEST

START_TEST(what_does_something_is_answered_and_not_asked_again) {
    struct world world;
    begin(&world, false);
    ask(&world, "{" V "\"id\":\"s\",\"method\":\"author_submitExtrinsic\",\"params\":[\"0x00\"]}");
    world.sent[0] = '\0';
    dialogue_lost(&world.dialogue);
    dialogue_resume(&world.dialogue);
    expect(world.sent, "");
    ck_assert_ptr_nonnull(strstr(world.told, "\"id\":\"s\",\"error\":{\"code\":-32603,"));
    expect(world.heard, "");
    dialogue_free(&world.dialogue);
}
END_TEST

/* The client has opened "x" and "y"; after the loss the node calls them "y" and "z". */
START_TEST(subscriptions_keep_their_names) {
    struct world world;
    begin(&world, false);
    ask(&world, "{" V "\"id\":1,\"method\":\"chain_subscribeNewHeads\",\"params\":[]}");
    ask(&world, "{" V "\"id\":2,\"method\":\"state_subscribeStorage\",\"params\":[[\"0x01\"]]}");
    hear(&world, "{\"id\":1,\"result\":\"x\"}");
    hear(&world, "{\"id\":2,\"result\":\"y\"}");
    dialogue_lost(&world.dialogue);
    world.sent[0] = world.told[0] = '\0';
    dialogue_resume(&world.dialogue);
    expect(world.sent,
           "{\"jsonrpc\":\"2.0\",\"id\":\"mocknode-1\",\"method\":\"chain_subscribeNewHeads\","
           "\"params\":[]} "
           "{\"jsonrpc\":\"2.0\",\"id\":\"mocknode-2\",\"method\":\"state_subscribeStorage\","
           "\"params\":[[\"0x01\"]]}");
    hear(&world, "{\"id\":\"mocknode-1\",\"result\":\"y\"}");
    hear(&world, "{\"id\":\"mocknode-2\",\"result\":\"z\"}");
    expect(world.told, ""); /* the client has not asked */
    hear(&world, "{\"method\":\"chain_newHead\",\"params\":{\"subscription\":\"y\",\"result\":7}}");
    hear(&world, "{\"method\":\"state_storage\",\"params\":{\"result\":8,\"subscription\":\"z\"}}");
    expect(world.told,
           "{\"method\":\"chain_newHead\",\"params\":{\"subscription\":\"x\",\"result\":7}} "
           "{\"method\":\"state_storage\",\"params\":{\"result\":8,\"subscription\":\"y\"}}");
    ask(&world, "[{" V "\"id\":3,\"method\":\"state_unsubscribeStorage\",\"params\":[\"y\"]},"
                "{" V "\"id\":4,\"method\":\"chain_unsubscribeNewHeads\",\"params\":[ \"x\" ]}]");
    expect(world.sent,
           "[{" V "\"id\":3,\"method\":\"state_unsubscribeStorage\",\"params\":[\"z\"]},"
           "{" V "\"id\":4,\"method\":\"chain_unsubscribeNewHeads\",\"params\":[ \"y\" ]}]");
    hear(&world, "[{\"id\":3,\"result\":true},{\"id\":4,\"result\":true}]");
    dialogue_lost(&world.dialogue);
    dialogue_resume(&world.dialogue);
    expect(world.sent, "");
    dialogue_free(&world.dialogue);
}
END_TEST

START_TEST(a_name_that_is_taken_is_replaced) {
    struct world world;
    begin(&world, false);
    ask(&world, "{" V "\"id\":1,\"method\":\"chain_subscribeNewHeads\"}");
    hear(&world, "{\"id\":1,\"result\":\"x\"}");
    dialogue_lost(&world.dialogue);
    dialogue_resume(&world.dialogue);
    hear(&world, "{\"id\":\"mocknode-1\",\"result\":\"w\"}");
    ask(&world, "{" V "\"id\":2,\"method\":\"chain_subscribeAllHeads\"}");
    world.told[0] = world.sent[0] = '\0';
    hear(&world, "{\"id\":2,\"result\":\"x\"}");
    expect(world.told, "{\"id\":2,\"result\":\"mocknode-2\"}");
    hear(&world, "{\"method\":\"chain_allHead\",\"params\":{\"subscription\":\"x\",\"result\":1}}");
    hear(&world, "{\"method\":\"chain_newHead\",\"params\":{\"subscription\":\"w\",\"result\":1}}");
    expect(world.told,
           "{\"method\":\"chain_allHead\",\"params\":{\"subscription\":\"mocknode-2\","
           "\"result\":1}} "
           "{\"method\":\"chain_newHead\",\"params\":{\"subscription\":\"x\",\"result\":1}}");
    dialogue_free(&world.dialogue);
}
END_TEST

START_TEST(who_follows_is_told_to_stop_as_long_as_he_does) {
    struct world world;
    begin(&world, false);
    for (size_t i = 0; i < 2; i++) {
        ask(&world, "{" V "\"id\":1,\"method\":\"chainHead_v1_follow\",\"params\":[true]}");
        hear(&world, "{\"id\":1,\"result\":\"f\"}");
        if (i == 1) {
            ask(&world, "{" V "\"id\":2,\"method\":\"chainHead_v1_unfollow\",\"params\":[\"f\"]}");
            hear(&world, "{\"id\":2,\"result\":null}");
        }
        world.told[0] = world.sent[0] = '\0';
        dialogue_lost(&world.dialogue);
        dialogue_resume(&world.dialogue);
        expect(world.told,
               i == 1 ? ""
                      : "{\"jsonrpc\":\"2.0\",\"method\":\"chainHead_v1_followEvent\",\"params\":{"
                        "\"subscription\":\"f\",\"result\":{\"event\":\"stop\"}}}");
        expect(world.sent, "");
    }
    dialogue_free(&world.dialogue);
}
END_TEST

START_TEST(a_repeated_id_is_no_exchange) {
    struct world world;
    begin(&world, false);
    ask(&world, "{" V "\"id\":1,\"method\":\"a\"}");
    ask(&world, "{" V "\"id\":1,\"method\":\"b\"}");
    hear(&world, "{\"id\":1,\"result\":0}");
    hear(&world, "{\"id\":1,\"result\":1}");
    expect(world.heard, "");
    expect(world.told, "{\"id\":1,\"result\":0} {\"id\":1,\"result\":1}");
    dialogue_free(&world.dialogue);
}
END_TEST

START_TEST(the_new_methods_are_hidden_wherever_they_stand) {
    struct world world;
    begin(&world, true);
    ask(&world, "[{" V "\"id\":1,\"method\":\"rpc_methods\"},{" V "\"id\":2,\"method\":\"a\"}]");
    hear(&world, "[{\"id\":2,\"result\":{\"methods\":[\"chainHead_v1_follow\"]}},"
                 "{\"id\":1,\"result\":{\"methods\":[\"chainHead_v1_follow\",\"b\"]}}]");
    expect(world.told, "[{\"id\":2,\"result\":{\"methods\":[\"chainHead_v1_follow\"]}},"
                       "{\"id\":1,\"result\":{\"methods\":[\"b\"]}}]");
    dialogue_free(&world.dialogue);
}
END_TEST

CHECK_MAIN("record dialogue", messages_pass_unchanged, what_waits_is_asked_again_and_once,
           what_does_something_is_answered_and_not_asked_again, subscriptions_keep_their_names,
           a_name_that_is_taken_is_replaced, who_follows_is_told_to_stop_as_long_as_he_does,
           a_repeated_id_is_no_exchange, the_new_methods_are_hidden_wherever_they_stand)
