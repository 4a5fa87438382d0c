/* Plans: what they expand to, and that every mistake is named by its place. */
#include <stdio.h>
#include <string.h>
#include "chain_folder.h"
#include "record/plan/plan.h"

static enum substrate_status parse(const char *text, struct plan *plan,
                                   struct substrate_error *error) {
    *error = (struct substrate_error){0};
    return plan_parse("plan.json", base_text(text), plan, error);
}

START_TEST(a_plan_expands) {
    struct plan plan;
    struct substrate_error error;
    ck_assert_int_eq(
        parse("{\"format\":1,\"blocks\":{\"from\":3,\"to\":\"head-2\",\"headers\":true},"
              "\"runtimes\":{\"metadata\":\"all\",\"exports\":true},"
              "\"state\":[{\"from\":0,\"to\":\"head\",\"prefixes\":[\"0x26\",\"0x01\"],"
              "\"except\":[\"0x3a\"]}],"
              "\"calls\":[{\"requests\":[{\"methods\":[\"system_chain\",\"system_name\"]}]},"
              "{\"blocks\":[7,\"head\"],\"requests\":["
              "{\"functions\":[\"A_b\",\"A_c\"],\"args\":[{\"u16\":[\"1..3\",9]},{\"u8\":[5,6]}]},"
              "{\"fees\":[\"0x0102\"]},{\"functions\":[\"A_d\"],\"args\":[]}]}]}",
              &plan, &error),
        SUBSTRATE_OK);
    ck_assert(plan.headers && !plan.bodies && !plan.justifications && plan.metadata_all);
    ck_assert(!plan.blocks.from.from_head && plan.blocks.from.number == 3);
    ck_assert(plan.blocks.to.from_head && plan.blocks.to.number == 2);
    ck_text_eq(plan.state[0].prefixes[0], "01"); /* sorted */
    ck_text_eq(plan.state[0].except[0], "3a");
    ck_assert_uint_eq(plan.group_count, 2);
    ck_assert_uint_eq(plan.groups[0].block_count, 0);
    ck_assert_uint_eq(plan.groups[0].request_count, 2);
    ck_text_eq(plan.groups[0].requests[1].name, "system_name");
    ck_text_eq(plan.groups[0].requests[1].params[0], "[]");
    const struct plan_group *group = &plan.groups[1];
    static const char *const ARGS[] = {"0x010005", "0x010006", "0x020005", "0x020006",
                                       "0x030005", "0x030006", "0x090005", "0x090006"};
    ck_assert_uint_eq(group->request_count, 4);
    ck_text_eq(group->requests[1].name, "A_c");
    ck_assert_uint_eq(group->requests[1].count, 8);
    for (size_t i = 0; i < 8; i++) {
        ck_text_eq(group->requests[1].params[i], ARGS[i]);
    }
    ck_assert_int_eq(group->requests[2].kind, PLAN_FEES);
    ck_assert_uint_eq(group->requests[3].count, 1);
    ck_text_eq(group->requests[3].params[0], "0x");
    plan_free(&plan);
}
END_TEST

#define CALLS(text) "{\"format\":1,\"calls\":" text "}"
#define REQUEST(text) CALLS("[{\"blocks\":[1],\"requests\":[" text "]}]")

static const struct {
    const char *text, *says;
} MISTAKES[] = {
    {"", "not JSON"},
    {"{\"format\":1", "not JSON"},
    {"[]", "must be an object"},
    {"{}", "\"format\":1"},
    {"{\"format\":2}", "\"format\":1"},
    {"{\"format\":1,\"format\":1}", "\"format\" stands twice"},
    {"{\"format\":1,\"blokcs\":{}}", "unknown member \"blokcs\""},
    {"{\"format\":1,\"blocks\":{\"from\":0}}", "blocks.to: must be"},
    {"{\"format\":1,\"blocks\":{\"from\":\"tail\",\"to\":1}}", "blocks.from: must be"},
    {"{\"format\":1,\"blocks\":{\"from\":\"head-\",\"to\":1}}", "blocks.from: must be"},
    {"{\"format\":1,\"blocks\":{\"from\":-1,\"to\":1}}", "blocks.from: must be"},
    {"{\"format\":1,\"blocks\":{\"from\":0,\"to\":1,\"headers\":1}}", "blocks.headers: must be"},
    {"{\"format\":1,\"runtimes\":{\"metadata\":[13]}}", "runtimes.metadata[0]: must be"},
    {"{\"format\":1,\"runtimes\":{\"metadata\":\"some\"}}", "runtimes.metadata: must be"},
    {"{\"format\":1,\"state\":[{\"from\":0,\"to\":1}]}", "state[0].prefixes: is missing"},
    {"{\"format\":1,\"state\":[{\"from\":0,\"to\":1,\"prefixes\":[\"26\"]}]}",
     "state[0].prefixes[0]: must be"},
    {"{\"format\":1,\"state\":[{\"from\":0,\"to\":1,\"prefixes\":[\"0x2G\"]}]}",
     "state[0].prefixes[0]: must be"},
    {"{\"format\":1,\"state\":[{\"from\":0,\"to\":1,\"prefixes\":[\"0x26\",\"0x2601\"]}]}",
     "state[0].prefixes: they overlap"},
    {CALLS("{}"), "calls: must be a list"},
    {CALLS("[{\"requests\":[{\"functions\":[\"A\"],\"args\":[]}]}]"), "needs \"blocks\""},
    {CALLS("[{\"blocks\":[],\"requests\":[]}]"), "calls[0].blocks: is empty"},
    {REQUEST("{}"), "calls[0].requests[0]: must have"},
    {REQUEST("{\"methods\":[\"a\"],\"fees\":[]}"), "calls[0].requests[0]: must have"},
    {REQUEST("{\"functions\":[\"a\"]}"), "calls[0].requests[0]: must have"},
    {REQUEST("{\"methods\":[7]}"), "calls[0].requests[0].methods[0]: must be a string"},
    {REQUEST("{\"methods\":[\"a\"],\"params\":[1]}"), "requests[0].params[0]: must be a list"},
    {REQUEST("{\"functions\":[\"A\"],\"args\":[{\"u16\":[70000]}]}"),
     "requests[0].args[0]: 70000 is no u16"},
    {REQUEST("{\"functions\":[\"A\"],\"args\":[{\"u16\":[]}]}"), "args[0]: has no values"},
    {REQUEST("{\"functions\":[\"A\"],\"args\":[{\"u16\":[\"3..1\"]}]}"), "args[0]: has a range"},
    {REQUEST("{\"functions\":[\"A\"],\"args\":[{\"u16\":[1],\"u8\":[1]}]}"), "args[0]: must be {"},
    {REQUEST("{\"functions\":[\"A\"],\"args\":[{\"u32\":[\"0..99999\"]},{\"u32\":[\"0..99\"]}]}"),
     "args: makes over"},
    {REQUEST("{\"fees\":[\"00\"]}"), "fees[0]: must be"},
    {REQUEST("{\"methods\":[\"system_chain\"]}"), "system_chain takes no block"},
    {REQUEST("{\"methods\":[\"no_such\"]}"), "no_such takes no block"},
    {REQUEST("{\"methods\":[\"neuronInfo_getNeurons\"]}"), "bad params for neuronInfo_getNeurons"},
    {REQUEST("{\"methods\":[\"neuronInfo_getNeurons\"],\"params\":[[65536]]}"), "bad params"},
    {CALLS("[{\"requests\":[{\"methods\":[\"neuronInfo_getNeurons\"],\"params\":[[1]]}]}]"),
     "must come from \"blocks\""},
};

START_TEST(mistakes_are_named) {
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        struct plan plan;
        struct substrate_error error;
        ck_assert_msg(parse(MISTAKES[i].text, &plan, &error) == SUBSTRATE_E_DECODE, "%s",
                      MISTAKES[i].text);
        ck_assert_msg(strncmp(error.message, "plan.json:1: ", 13) == 0, "%s", error.message);
        ck_assert_msg(strstr(error.message, MISTAKES[i].says) != NULL, "%s: '%s'", MISTAKES[i].text,
                      error.message);
        plan_free(&plan);
    }
}
END_TEST

START_TEST(a_missing_file_is_named) {
    struct plan plan;
    struct substrate_error error = {0};
    ck_assert_int_eq(plan_load("/no/such/plan.json", &plan, &error), SUBSTRATE_E_IO);
    ck_assert_ptr_nonnull(strstr(error.message, "/no/such/plan.json"));
    ck_assert_int_eq(plan_load("/", &plan, &error), SUBSTRATE_E_IO);
}
END_TEST

START_TEST(each_allocation_fails) {
    struct failing failing = {0};
    struct substrate_allocator allocator = {failing_resize, &failing};
    static const char TEXT[] =
        REQUEST("{\"functions\":[\"A\"],\"args\":[{\"vec<u8>\":[[1],[2]]}]},"
                "{\"methods\":[\"neuronInfo_getNeurons\"],\"params\":[[1]]},{\"fees\":[\"0x01\"]}");
    substrate_allocator_set(&allocator);
    for (size_t n = 1;; n++) {
        struct plan plan;
        struct substrate_error error;
        failing = (struct failing){.left = n};
        enum substrate_status status = parse(TEXT, &plan, &error);
        plan_free(&plan);
        ck_assert_uint_eq(failing.alive, 0);
        if (!failing.failed) {
            ck_assert_int_eq(status, SUBSTRATE_OK);
            break;
        }
        ck_assert_int_eq(status, SUBSTRATE_E_MEMORY);
    }
    substrate_allocator_set(NULL);
}
END_TEST

CHECK_MAIN("record plan", a_plan_expands, mistakes_are_named, a_missing_file_is_named,
           each_allocation_fails)
