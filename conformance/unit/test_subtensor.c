/* The list of Bittensor's functions, their arguments, and the JSON of shapes. */
#include "check_main.h"

#include <stdio.h>
#include <subtensor/functions.h>
#include <subtensor/subtensor.h>
#include "base/buf.h"
#include "base/json.h"
#include "subtensor/ip.h"
#include "subtensor/shapes.h"

#define ALICE "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY" /* published: subkey's */
#define ALICE_HEX "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"

/* ---- the list ---- */

/* What is promised is there; whoever adds a function need not add it here. */
START_TEST(test_list_is_sorted_and_complete) {
    static const char *const names[] = {
        "all_subnets",
        "blocks_since_last_update",
        "bonds",
        "does_hotkey_exist",
        "get_all_subnets_netuid",
        "get_balance",
        "get_balances",
        "get_block_hash",
        "get_block_info",
        "get_children",
        "get_commitment",
        "get_current_block",
        "get_delegates",
        "get_existential_deposit",
        "get_hotkey_owner",
        "get_metagraph_info",
        "get_netuids_for_hotkey",
        "get_stake",
        "get_stake_info_for_coldkey",
        "get_subnet_hyperparameters",
        "get_subnet_info",
        "get_subnet_price",
        "get_timestamp",
        "get_total_subnets",
        "get_uid_for_hotkey_on_subnet",
        "is_hotkey_registered",
        "is_hotkey_registered_any",
        "metagraph",
        "neuron_for_uid",
        "neurons",
        "neurons_lite",
        "query_constant",
        "query_map",
        "query_runtime_api",
        "state_call",
        "subnet",
        "subnet_exists",
        "tempo",
        "weights",
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        ck_assert_msg(subtensor_function_find(names[i]) != NULL, "there is no %s", names[i]);
    }
    for (const struct subtensor_function *function;
         (function = subtensor_function_at(count)) != NULL; count++) {
        ck_assert(count == 0 || strcmp(subtensor_function_at(count - 1)->name, function->name) < 0);
        ck_assert_ptr_eq(subtensor_function_find(function->name), function);
        ck_assert_uint_gt(strlen(function->help), 0);
        ck_assert_uint_gt(strlen(function->result), 0);
        ck_assert_ptr_null(strchr(function->help, '\n'));
        for (size_t j = 0; j < function->argument_count; j++) {
            ck_assert_uint_gt(strlen(function->arguments[j].help), 0);
        }
    }
    ck_assert_uint_ge(count, sizeof(names) / sizeof(*names));
    ck_assert_ptr_null(subtensor_function_at(count));
    ck_assert_ptr_null(subtensor_function_at(SIZE_MAX));
}
END_TEST

START_TEST(test_unknown_names_have_a_nearest_one) {
    ck_assert_ptr_null(subtensor_function_find("subnet_exist"));
    ck_assert_ptr_null(subtensor_function_find(""));
    ck_assert_ptr_null(subtensor_function_find(NULL));
    ck_assert_str_eq(subtensor_function_nearest("subnet_exist"), "subnet_exists");
    ck_assert_str_eq(subtensor_function_nearest("neuron_lite"), "neurons_lite");
    ck_assert_ptr_nonnull(subtensor_function_nearest(""));
}
END_TEST

/* ---- arguments ---- */

struct arguments_case {
    const char *function, *arguments;
    const char *message; /* NULL: they are right */
};

static void check_arguments(const struct arguments_case *wanted) {
    struct substrate_query *query = NULL;
    struct substrate_error error = {0};
    enum substrate_status status =
        subtensor_query(subtensor_function_find(wanted->function), base_text(wanted->arguments),
                        NULL, &query, &error);
    if (wanted->message == NULL) {
        ck_assert_msg(status == SUBSTRATE_OK, "%s%s: %s", wanted->function, wanted->arguments,
                      error.message);
        ck_assert_ptr_nonnull(query);
        substrate_query_free(query);
        return;
    }
    ck_assert_msg(status == SUBSTRATE_E_ARGUMENT, "%s%s is taken", wanted->function,
                  wanted->arguments);
    ck_assert_ptr_null(query);
    ck_assert_str_eq(error.message, wanted->message);
}

START_TEST(test_arguments_by_place_and_by_name) {
    static const struct arguments_case cases[] = {
        {"tempo", "[1]", NULL},
        {"tempo", " [ 65535 ] ", NULL},
        {"tempo", "{\"netuid\":0}", NULL},
        {"tempo", "{\"net\\u0075id\":\"7\"}", NULL},
        {"tempo", "[\"7\"]", NULL},
        {"get_balance", "[\"" ALICE "\"]", NULL},
        {"get_balance", "[\"" ALICE_HEX "\"]", NULL},
        {"get_balances", "[[\"" ALICE "\",\"" ALICE_HEX "\"]]", NULL},
        {"get_balances", "[[]]", NULL},
        {"get_block_hash", NULL, NULL},
        {"get_block_hash", "[]", NULL},
        {"get_block_hash", "[null]", NULL},
        {"get_block_hash", "{}", NULL},
        {"get_block_hash", "[\"9007199254740993\"]", NULL},
        {"weights", "[1]", NULL},
        {"weights", "[4095,15]", NULL},
        {"weights", "{\"mechid\":1,\"netuid\":1}", NULL},
        {"metagraph", "{\"netuid\":1,\"lite\":false}", NULL},
        {"get_metagraph_info", "[1,0,[5,7]]", NULL},
        {"query_map", "[\"System\",\"Account\"]", NULL},
        {"query_map", "[\"System\",\"Account\",[]]", NULL},
        {"state_call", "[\"Core_version\",\"\"]", NULL},
        {"state_call", "[\"Core_version\",\"0x00fF\"]", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        check_arguments(&cases[i]);
    }
}
END_TEST

#define WRONG \
    "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ" /* its last letter is not ALICE's */
#define U16_TEXT "should be an integer from 0 to 65535, not "
#define ACCOUNT_TEXT "should be an account: an SS58 address, or 0x and 64 hex digits, not "

START_TEST(test_wrong_arguments_are_named) {
    static const struct arguments_case cases[] = {
        {"tempo", NULL, "tempo takes (netuid), but netuid is missing"},
        {"tempo", "[]", "tempo takes (netuid), but netuid is missing"},
        {"tempo", "{}", "tempo takes (netuid), but netuid is missing"},
        {"tempo", "[null]", "tempo: netuid " U16_TEXT "null"},
        {"tempo", "[1,2]", "tempo takes (netuid), but 2 are given"},
        {"tempo", "{\"netuid\":1,\"netuid\":2}", "tempo takes (netuid), but netuid is given twice"},
        {"tempo", "{\"uid\":1}", "tempo takes (netuid), but \"uid\" is given"},
        {"tempo", "7",
         "tempo takes (netuid), but what is given is no JSON array or object (see byte 0)"},
        {"tempo", "[7",
         "tempo takes (netuid), but what is given is no JSON array or object (see byte 2)"},
        {"tempo", "[65536]", "tempo: netuid " U16_TEXT "65536"},
        {"tempo", "[-1]", "tempo: netuid " U16_TEXT "-1"},
        {"tempo", "[1.5]", "tempo: netuid " U16_TEXT "1.5"},
        {"tempo", "[1e2]", "tempo: netuid " U16_TEXT "1e2"},
        {"tempo", "[true]", "tempo: netuid " U16_TEXT "true"},
        {"tempo", "[\"\"]", "tempo: netuid " U16_TEXT "\"\""},
        {"tempo", "[\"07\"]", "tempo: netuid " U16_TEXT "\"07\""},
        {"tempo", "[[1]]", "tempo: netuid " U16_TEXT "[1]"},
        {"get_total_subnets", "[1]", "get_total_subnets takes no arguments, but 1 is given"},
        {"get_balance", "[5]", "get_balance: address " ACCOUNT_TEXT "5"},
        {"get_balance", "[\"0x12\"]", "get_balance: address " ACCOUNT_TEXT "\"0x12\""},
        {"get_block_hash", "[18446744073709551616]",
         "get_block_hash: block should be an integer from 0 to 18446744073709551615, not "
         "18446744073709551616"},
        {"weights", "[1,256]", "weights: mechid should be an integer from 0 to 255, not 256"},
        {"weights", "[1,16]",
         "weights: a chain has no mechanism 16 of subnet 1: mechanisms are 0 to 15, and only "
         "subnets under 4096 have others than 0"},
        {"bonds", "[4096,1]",
         "bonds: a chain has no mechanism 1 of subnet 4096: mechanisms are 0 to 15, and only "
         "subnets under 4096 have others than 0"},
        {"metagraph", "[1,0,1]", "metagraph: lite should be true or false, not 1"},
        {"get_metagraph_info", "[1,0,[65536]]",
         "get_metagraph_info: selected_indices[0] " U16_TEXT "65536"},
        {"get_metagraph_info", "[1,0,[0,1,\"x\"]]",
         "get_metagraph_info: selected_indices[2] " U16_TEXT "\"x\""},
        {"get_balance", "[\"" ALICE "a\"]",
         "get_balance: address is no SS58 address: wrong length for a 32-byte account"},
        {"get_balances", "[[\"" ALICE "\",\"" ALICE "\",\"" WRONG "\"]]",
         "get_balances: addresses[2] is no SS58 address: the checksum is wrong"},
        {"get_balances", "[[\"" ALICE "\",5]]", "get_balances: addresses[1] " ACCOUNT_TEXT "5"},
        {"get_balances", "[5]",
         "get_balances: addresses should be a list of accounts: SS58 addresses, or 0x and 64 hex "
         "digits, not 5"},
        {"get_metagraph_info", "[1,0,{}]",
         "get_metagraph_info: selected_indices should be a list of integers from 0 to 65535, not "
         "{}"},
        {"get_stake", "[\"" ALICE "\"]",
         "get_stake takes (coldkey_ss58, hotkey_ss58, netuid), but hotkey_ss58 is missing"},
        {"weights", "[]", "weights takes (netuid, [mechid]), but netuid is missing"},
        {"query_map", "[1,\"a\"]", "query_map: module should be text, not 1"},
        {"query_map", "[\"a\\u0000b\",\"a\"]",
         "query_map: module should be text, not \"a\\u0000b\""},
        {"state_call", "[\"a\",\"0x0\"]",
         "state_call: data should be hex digits, two for each byte, not \"0x0\""},
        {"state_call", "[\"a\",\"zz\"]",
         "state_call: data should be hex digits, two for each byte, not \"zz\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        check_arguments(&cases[i]);
    }
}
END_TEST

/* Each part of an address that can be wrong has words of its own. */
START_TEST(test_wrong_addresses_are_told_apart) {
    static const char *const addresses[] = {
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", /* the last digit: the checksum */
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKut",   /* two too few: the length */
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKut0l", /* no digits of base58 */
        "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", /* Alice on Polkadot */
    };
    char messages[4][488];
    for (size_t i = 0; i < 4; i++) {
        char arguments[80];
        struct substrate_query *query = NULL;
        struct substrate_error error = {0};
        (void)snprintf(arguments, sizeof(arguments), "[\"%s\"]", addresses[i]);
        ck_assert_int_eq(subtensor_query(subtensor_function_find("get_balance"),
                                         base_text(arguments), NULL, &query, &error),
                         SUBSTRATE_E_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(error.message, "get_balance: address "));
        (void)snprintf(messages[i], sizeof(messages[i]), "%s", error.message);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(messages[i], messages[j]);
        }
    }
    ck_assert_ptr_nonnull(strstr(messages[0], "checksum"));
    ck_assert_ptr_nonnull(strstr(messages[3], "its prefix is 0, and not 42"));
}
END_TEST

START_TEST(test_nothing_is_made_of_nothing) {
    struct substrate_query *query = NULL;
    struct substrate_pin pin = {NULL, true, UINT64_MAX};
    struct substrate_error error = {0};
    const struct subtensor_function *function = subtensor_function_find("tempo");
    ck_assert_int_eq(subtensor_query(NULL, base_text("[]"), NULL, &query, &error),
                     SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(subtensor_query(function, base_text("[1]"), NULL, NULL, &error),
                     SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(subtensor_query(function, base_text("[1]"), &pin, &query, &error),
                     SUBSTRATE_E_ARGUMENT);
    ck_assert_str_eq(error.message, "tempo: the pin names no block");
    ck_assert_ptr_null(query);
    ck_assert_ptr_null(subtensor_value(NULL));
    subtensor_free(NULL);
}
END_TEST

/* ---- shapes ---- */

static void check_json(const struct shape *shape, const void *value, const char *wanted) {
    struct base_buf json = BASE_BUF_INIT;
    shape_write(shape, value, 42, &json);
    ck_text_eq(base_buf_view(&json), wanted);
    base_buf_free(&json);
}

/* The forms of RFC 5952, and of RFC 4291 for IPv4 in IPv6. */
START_TEST(test_ip_addresses) {
    static const struct {
        struct subtensor_u128 ip;
        const char *text;
    } cases[] = {
        {{0, 0}, "\"0.0.0.0\""},
        {{0xc0000201, 0}, "\"192.0.2.1\""},
        {{0xffffffff, 0}, "\"255.255.255.255\""},
        {{0x100000000, 0}, "\"::1:0:0\""},
        {{0xffffc0000201, 0}, "\"::ffff:192.0.2.1\""},
        {{1, 0x20010db800000000}, "\"2001:db8::1\""},
        {{0, 0x20010db800000000}, "\"2001:db8::\""},
        {{0x0000000100000001, 0x20010db800000000}, "\"2001:db8::1:0:1\""},
        {{0x0001000100010001, 0x20010db800000001}, "\"2001:db8:0:1:1:1:1:1\""},
        {{0x0001000000000001, 0x2001000000000000}, "\"2001::1:0:0:1\""},
        {{0x0000000000000001, 0x2001000000000001}, "\"2001:0:0:1::1\""},
        {{UINT64_MAX, UINT64_MAX}, "\"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        check_json(&shape_ip, &cases[i].ip, cases[i].text);
    }
}
END_TEST

START_TEST(test_leaves_are_canonical) {
    const uint64_t numbers[] = {9007199254740991, 9007199254740992, UINT64_MAX};
    const struct subtensor_u128 wide = {0, 1};
    const struct subtensor_i32f32 steep = {-INT64_C(0x180000000)};
    const struct subtensor_i96f32 price = {{UINT64_C(0x380000000), 0}};
    const struct subtensor_i96f32 below = {{UINT64_MAX, UINT64_MAX}};
    const struct substrate_text word = {"a\"\xe2\x88\x85", 5}, bad = {"a\xff", 2}, none = {"", 0};
    const struct substrate_hash zero = {{0}};
    check_json(&shape_u64, &numbers[0], "9007199254740991");
    check_json(&shape_u64, &numbers[1], "\"9007199254740992\"");
    check_json(&shape_u64, &numbers[2], "\"18446744073709551615\"");
    check_json(&shape_u128, &wide, "\"18446744073709551616\"");
    check_json(&shape_i32f32, &steep, "\"-1.5\"");
    check_json(&shape_i96f32, &price, "\"3.5\"");
    check_json(&shape_i96f32, &below, "\"-0.00000000023283064365386962890625\"");
    check_json(&shape_text, &word, "\"a\\\"\xe2\x88\x85\"");
    check_json(&shape_text, &bad, "\"0x61ff\"");
    check_json(&shape_letters, &bad, "\"0x61ff\"");
    check_json(&shape_bytes, &word, "\"0x6122e28885\"");
    check_json(&shape_text, &none, "\"\"");
    check_json(&shape_account, &zero, "\"5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM\"");
    check_json(&shape_u16, NULL, "null");
}
END_TEST

START_TEST(test_fixed_point_as_doubles) {
    ck_assert_double_eq(subtensor_i32f32_double((struct subtensor_i32f32){INT64_C(1) << 31}), 0.5);
    ck_assert_double_eq(subtensor_i32f32_double((struct subtensor_i32f32){-INT64_C(0x180000000)}),
                        -1.5);
    ck_assert_double_eq(
        subtensor_i96f32_double((struct subtensor_i96f32){{UINT64_C(1000) << 32, 0}}), 1000);
    ck_assert_double_eq(
        subtensor_i96f32_double((struct subtensor_i96f32){{UINT64_MAX, UINT64_MAX}}),
        -1.0 / 4294967296.0);
    ck_assert_double_eq(subtensor_i96f32_double((struct subtensor_i96f32){{0, UINT64_MAX}}),
                        -4294967296.0);
    ck_assert_double_eq(subtensor_i96f32_double((struct subtensor_i96f32){{0, 1}}), 4294967296.0);
}
END_TEST

CHECK_MAIN("subtensor", test_list_is_sorted_and_complete, test_unknown_names_have_a_nearest_one,
           test_arguments_by_place_and_by_name, test_wrong_arguments_are_named,
           test_wrong_addresses_are_told_apart, test_nothing_is_made_of_nothing, test_ip_addresses,
           test_leaves_are_canonical, test_fixed_point_as_doubles)
