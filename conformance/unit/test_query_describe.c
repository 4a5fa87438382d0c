/* What a runtime says of itself, and maps that may be one entry, on the chain of query_chain.h.
 * Expected texts are written by hand from CHAIN_METADATA. */
#include "query_drive.h"

#include "base/mem.h"

static struct substrate_query *describe(const char *name) {
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_description(name, NULL, &query), SUBSTRATE_OK);
    return query;
}

START_TEST(test_summary) {
    struct chain chain = {0};
    drive_expect(&chain, describe(NULL), SUBSTRATE_OK,
                 "{\"spec_version\":101,\"metadata_version\":15,\"pallets\":["
                 "{\"name\":\"System\",\"index\":0,\"storage\":1,\"constants\":0,\"calls\":0,"
                 "\"events\":0,\"errors\":0},"
                 "{\"name\":\"SubtensorModule\",\"index\":7,\"storage\":4,\"constants\":1,"
                 "\"calls\":0,\"events\":0,\"errors\":0},"
                 "{\"name\":\"Balances\",\"index\":9,\"storage\":0,\"constants\":0,\"calls\":0,"
                 "\"events\":0,\"errors\":0}],"
                 "\"apis\":[{\"name\":\"SampleApi\",\"methods\":2}]}");
}
END_TEST

START_TEST(test_pallet) {
    struct chain chain = {0};
    drive_expect(&chain, describe("System"), SUBSTRATE_OK,
                 "{\"pallet\":\"System\",\"index\":0,\"storage\":[{\"name\":\"Number\",\"keys\":[],"
                 "\"value\":\"u32\",\"optional\":false}],\"constants\":[],\"calls\":[],"
                 "\"events\":[],\"errors\":[]}");
    struct substrate_query *query = describe("SubtensorModule");
    (void)drive(&chain, query);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_OK);
    static const char *const parts[] = {
        "{\"name\":\"Uids\",\"keys\":[\"u16\",\"u16\"],\"value\":\"u16\",\"optional\":true}",
        "{\"name\":\"Owner\",\"keys\":[\"u16\"],\"value\":\"u32\",\"optional\":true}",
        "\"constants\":[{\"name\":\"InitialTempo\",\"type\":\"u16\"}]",
    };
    char *text = base_strdup(query->outcome.value);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        ck_assert_msg(strstr(text, parts[i]) != NULL, "%s is not in %s", parts[i], text);
    }
    base_free(text);
    substrate_query_free(query);
}
END_TEST

START_TEST(test_api_and_names) {
    struct chain chain = {0};
    struct substrate_query *query = NULL;
    query = describe("SampleApi");
    (void)drive(&chain, query);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_OK);
    char *text = base_strdup(query->outcome.value);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "{\"api\":\"SampleApi\",\"methods\":[{\"name\":\"double\","
                                       "\"arguments\":[{\"name\":\"value\",\"type\":\"u16\"}]"));
    ck_assert_ptr_nonnull(strstr(text, "{\"name\":\"first\",\"type\":\"u16\"},"
                                       "{\"name\":\"second\",\"type\":\"bool\"}],"
                                       "\"output\":\"u32\"}]}"));
    base_free(text);
    substrate_query_free(query);
    drive_expect(&chain, describe("Balance"), SUBSTRATE_E_NOT_FOUND, "nearest is \"Balances\"");
    drive_expect(&chain, describe("SampelApi"), SUBSTRATE_E_NOT_FOUND, "nearest is \"SampleApi\"");
    ck_assert_int_eq(substrate_query_description(NULL, NULL, NULL), SUBSTRATE_E_ARGUMENT);
}
END_TEST

/* ---- a map, or one entry of it ---- */

static struct substrate_query *map_or_entry(const char *item, struct substrate_arguments arguments,
                                            bool or_entry) {
    struct substrate_storage_entry entry = {"SubtensorModule", item, arguments};
    struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
    struct substrate_query *query = NULL;
    options.or_entry = or_entry;
    ck_assert_int_eq(substrate_query_storage_map(&entry, &options, NULL, &query), SUBSTRATE_OK);
    return query;
}

START_TEST(test_map_or_entry) {
    static const struct {
        const char *item, *arguments, *map, *entry;
        enum substrate_presence presence;
    } cases[] = {
        {"Tempo", "[1]", "[{\"args\":[1],\"value\":110}]", "110", SUBSTRATE_PRESENT},
        {"Tempo", "[5]", "[]", "11", SUBSTRATE_DEFAULT},
        {"Uids", "[2,1]", "[]", "null", SUBSTRATE_ABSENT},
        {"Uids", "[2]", "[{\"args\":[2,3],\"value\":9}]", "[{\"args\":[2,3],\"value\":9}]",
         SUBSTRATE_PRESENT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain chain = {0};
        struct substrate_arguments arguments = drive_json(cases[i].arguments);
        drive_expect(&chain, map_or_entry(cases[i].item, arguments, false), SUBSTRATE_OK,
                     cases[i].map);
        struct substrate_query *query = map_or_entry(cases[i].item, arguments, true);
        (void)drive(&chain, query);
        ck_assert_int_eq(query->outcome.status, SUBSTRATE_OK);
        ck_text_eq(query->outcome.value, cases[i].entry);
        ck_assert_int_eq(query->outcome.presence, cases[i].presence);
        substrate_query_free(query);
    }
}
END_TEST

START_TEST(test_an_entry_by_its_bytes_costs_one_read) {
    struct chain chain = {0};
    struct substrate_arguments arguments = {{NULL, 0}, {(const uint8_t *)"\1\0\2\0", 4}};
    drive_expect(&chain, map_or_entry("Uids", arguments, true), SUBSTRATE_OK, "7");
    ck_assert_uint_eq(chain.reads, 1);
    ck_assert_uint_eq(chain.pages, 0);
    chain.refuse_netuid = 5;
    drive_expect(&chain, map_or_entry("Tempo", drive_json("[5]"), true), SUBSTRATE_E_RPC,
                 "UnknownBlock");
    drive_expect(&chain, map_or_entry("Tempo", drive_json("[5,6]"), true), SUBSTRATE_E_ARGUMENT,
                 "2 are given");
}
END_TEST

/* ---- memory ---- */

static bool run(enum substrate_status made, struct substrate_query *query) {
    struct chain chain = {0};
    if (made != SUBSTRATE_OK) {
        ck_assert_int_eq(made, SUBSTRATE_E_MEMORY);
        ck_assert_ptr_null(query);
        return false;
    }
    (void)drive(&chain, query);
    enum substrate_status status = query->outcome.status;
    ck_assert_msg(status == SUBSTRATE_OK || status == SUBSTRATE_E_MEMORY, "%s",
                  query->outcome.error.message);
    substrate_query_free(query);
    return status == SUBSTRATE_OK;
}

static bool memory_scenario(void) {
    static const char *const names[] = {NULL, "SubtensorModule", "SampleApi"};
    struct substrate_storage_entry entry = {"SubtensorModule", "Tempo", drive_json("[1]")};
    struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
    struct substrate_query *query = NULL;
    bool good = true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum substrate_status made = substrate_query_description(names[i], NULL, &query);
        good = run(made, query) && good;
    }
    options.or_entry = true;
    enum substrate_status made = substrate_query_storage_map(&entry, &options, NULL, &query);
    return run(made, query) && good;
}

START_TEST(test_each_allocation_may_fail) { chain_fail_each(memory_scenario); }
END_TEST

CHECK_MAIN("query_describe", test_summary, test_pallet, test_api_and_names, test_map_or_entry,
           test_an_entry_by_its_bytes_costs_one_read, test_each_allocation_may_fail)
