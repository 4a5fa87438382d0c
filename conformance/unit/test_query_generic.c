/* The generic queries on a chain of a few blocks: storage, several entries, maps by pages, runtime
 * calls, constants; names and arguments that are wrong; nodes that lie. */
#include "query_drive.h"

#define UNCHANGED 4 /* before the upgrade; CHAIN_UPGRADE is the block that changes types */

static struct substrate_bytes bytes_of(const void *data, size_t size) {
    return (struct substrate_bytes){data, size};
}

/* ---- storage ---- */

START_TEST(test_storage_is_read_with_the_runtime_that_wrote_it) {
    static const struct {
        unsigned block;
        const char *one, *five;
    } cases[] = {{UNCHANGED, "105", "10"}, {5, "106", "10"}, {6, "107", "11"}, {9, "110", "11"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain chain = {0};
        drive_expect(&chain, drive_storage("SubtensorModule", "Tempo", "[1]", cases[i].block),
                     SUBSTRATE_OK, cases[i].one);
        drive_expect(&chain, drive_storage("SubtensorModule", "Tempo", "[5]", cases[i].block),
                     SUBSTRATE_OK, cases[i].five);
        ck_assert_uint_eq(chain.reads, 2);
    }
}
END_TEST

START_TEST(test_presence) {
    static const struct {
        const char *item, *arguments, *value;
        enum substrate_presence presence;
    } cases[] = {
        {"Tempo", "[1]", "110", SUBSTRATE_PRESENT},  {"Tempo", "[5]", "11", SUBSTRATE_DEFAULT},
        {"Owner", "[1]", "42", SUBSTRATE_PRESENT},   {"Owner", "[2]", "null", SUBSTRATE_ABSENT},
        {"Uids", "[1,2]", "7", SUBSTRATE_PRESENT},   {"Uids", "[\"1\",2]", "7", SUBSTRATE_PRESENT},
        {"Uids", "[2,1]", "null", SUBSTRATE_ABSENT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain chain = {0};
        struct substrate_query *query =
            drive_storage("SubtensorModule", cases[i].item, cases[i].arguments, CHAIN_HEAD);
        ck_assert_uint_eq(drive(&chain, query), 1);
        ck_text_eq(query->outcome.value, cases[i].value);
        ck_assert_int_eq(substrate_query_outcome(query)->presence, cases[i].presence);
        substrate_query_free(query);
    }
    struct chain chain = {.refuse_netuid = 5};
    drive_expect(&chain, drive_storage("System", "Number", NULL, CHAIN_HEAD), SUBSTRATE_OK, "0");
    drive_expect(&chain, drive_storage("System", "Number", "[]", CHAIN_HEAD), SUBSTRATE_OK, "0");
    drive_expect(&chain, drive_storage("SubtensorModule", "NetworksAdded", "[8]", CHAIN_HEAD),
                 SUBSTRATE_E_DECODE, "SubtensorModule.NetworksAdded");
    drive_expect(&chain, drive_storage("SubtensorModule", "Tempo", "[5]", CHAIN_HEAD),
                 SUBSTRATE_E_RPC, "UnknownBlock");
}
END_TEST

START_TEST(test_unknown_names_have_a_nearest) {
    static const struct {
        const char *pallet, *item, *message;
    } cases[] = {
        {"SubtensorModul", "Tempo",
         "no pallet \"SubtensorModul\"; the nearest is "
         "\"SubtensorModule\""},
        {"system", "Number", "no pallet \"system\"; the nearest is \"System\""},
        {"Sytem", "Number", "the nearest is \"System\""},
        {"SubtensorModule", "Tmepo",
         "SubtensorModule has no storage item \"Tmepo\"; the nearest is "
         "\"Tempo\""},
        {"SubtensorModule", "Uid", "the nearest is \"Uids\""},
        {"SubtensorModule", "", "the nearest is \"Uids\""},
        {"SubtensorModule",
         "OwnerOwnerOwnerOwnerOwnerOwnerOwnerOwnerOwnerOwnerOwnerOwnerOwnerOwnerOwner",
         "the nearest is \""},
        {"Balances", "Account", "Balances has no storage item \"Account\", nor any other"},
    };
    struct chain chain = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        drive_expect(&chain, drive_storage(cases[i].pallet, cases[i].item, "[1]", CHAIN_HEAD),
                     SUBSTRATE_E_NOT_FOUND, cases[i].message);
    }
    ck_assert_uint_eq(chain.reads, 0);
}
END_TEST

START_TEST(test_wrong_arguments_say_what_is_wanted) {
    static const struct {
        const char *item, *arguments, *message;
    } cases[] = {
        {"Tempo", NULL, "Tempo takes 1 argument (u16), but 0 are given"},
        {"Tempo", "[]", "Tempo takes 1 argument (u16), but 0 are given"},
        {"Tempo", "[1,2]", "Tempo takes 1 argument (u16), but 2 are given"},
        {"Uids", "[1]", "Uids takes 2 arguments (u16, u16), but 1 is given"},
        {"Tempo", "[65536]",
         "SubtensorModule.Tempo: argument 1 of Tempo: u16: wants an integer in its range, not "
         "65536"},
        {"Tempo", "[\"five\"]", "argument 1 of Tempo: u16: wants an integer, not \"five\""},
        {"Uids", "[1,-1]", "argument 2 of Uids: u16: wants an integer in its range, not -1"},
        {"Tempo", "1", "no JSON array"},
        {"Tempo", "{\"netuid\":1}", "no JSON array (see byte"},
        {"Tempo", "[1", "see byte 2"},
        {"Tempo", "", "no JSON array"},
    };
    struct chain chain = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        drive_expect(&chain, drive_storage("SubtensorModule", cases[i].item, cases[i].arguments, 9),
                     SUBSTRATE_E_ARGUMENT, cases[i].message);
    }
    ck_assert_uint_eq(chain.reads, 0);
}
END_TEST

/* The same arguments as SCALE. */
START_TEST(test_arguments_as_bytes) {
    static const struct {
        const char *item, *scale;
        size_t size;
        enum substrate_status status;
        const char *value;
    } cases[] = {
        {"Tempo", "\1\0", 2, SUBSTRATE_OK, "110"},
        {"Uids", "\1\0\2\0", 4, SUBSTRATE_OK, "7"},
        {"Tempo", "", 0, SUBSTRATE_E_ARGUMENT, "but 0 are given"},
        {"Tempo", "\1", 1, SUBSTRATE_E_ARGUMENT,
         "argument 1 of Tempo: u16: the bytes end inside it"},
        {"Uids", "\1\0\2", 3, SUBSTRATE_E_ARGUMENT, "argument 2 of Uids: u16: the bytes end"},
        {"Tempo", "\1\0\0", 3, SUBSTRATE_E_ARGUMENT, "more bytes are given"},
        {"Uids", "\1\0", 2, SUBSTRATE_E_ARGUMENT, "but 1 is given"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain chain = {0};
        char copy[8];
        memcpy(copy, cases[i].scale, cases[i].size);
        struct substrate_storage_entry entry = {
            "SubtensorModule", cases[i].item, {{NULL, 0}, bytes_of(copy, cases[i].size)}};
        struct substrate_query *query = NULL;
        ck_assert_int_eq(substrate_query_storage(&entry, NULL, &query), SUBSTRATE_OK);
        memset(copy, 0xff, sizeof(copy)); /* it was borrowed for the call */
        drive_expect(&chain, query, cases[i].status, cases[i].value);
    }
}
END_TEST

/* ---- several ---- */

static struct substrate_query *multi(const struct substrate_storage_entry *entries, size_t count) {
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_storage_multi(entries, count, NULL, &query), SUBSTRATE_OK);
    return query;
}

START_TEST(test_several_entries_are_one_request) {
    const struct substrate_storage_entry entries[] = {
        {"SubtensorModule", "Tempo", drive_json("[3]")},
        {"SubtensorModule", "Owner", drive_json("[2]")},
        {"System", "Number", drive_json(NULL)},
        {"SubtensorModule", "Tempo", drive_json("[3]")},
        {"SubtensorModule", "Uids", drive_json("[2,3]")},
    };
    static const char ALL[] = "[{\"value\":112,\"presence\":\"present\"},"
                              "{\"value\":null,\"presence\":\"absent\"},"
                              "{\"value\":0,\"presence\":\"default\"},"
                              "{\"value\":112,\"presence\":\"present\"},"
                              "{\"value\":9,\"presence\":\"present\"}]";
    struct chain chain = {0};
    drive_expect(&chain, multi(entries, 5), SUBSTRATE_OK, ALL);
    ck_assert_uint_eq(chain.multis, 1);
    drive_expect(&chain, multi(entries, 0), SUBSTRATE_OK, "[]");
    ck_assert_uint_eq(chain.multis, 1);
    for (chain.lie = 7; chain.lie <= 13; chain.lie++) {
        drive_expect(&chain, multi(entries, 5), SUBSTRATE_E_PROTOCOL, "state_queryStorageAt");
    }
    drive_expect(&chain, multi(entries, 5), SUBSTRATE_E_DECODE, "where bytes should be");
    /* By key, in whatever order, and whether a key that is asked for twice is there once or not. */
    for (int i = 1; i < 8; i++) {
        chain = (struct chain){.reversed = i & 1, .folding = i & 2, .doubling = i & 4};
        drive_expect(&chain, multi(entries, 5), SUBSTRATE_OK, ALL);
    }
    const struct substrate_storage_entry wrong[] = {
        entries[0], {"SubtensorModule", "Tempo", drive_json("[]")}, entries[2]};
    drive_expect(&chain, multi(wrong, 3), SUBSTRATE_E_ARGUMENT, "Tempo takes 1 argument");
}
END_TEST

/* ---- maps ---- */

struct told {
    uint64_t entries[16];
    size_t count;
};

static void tell(void *context, uint64_t entries) {
    struct told *told = context;
    ck_assert_uint_lt(told->count, 16);
    told->entries[told->count++] = entries;
}

static struct substrate_query *map(const char *item, const char *prefix, uint32_t page,
                                   struct told *told) {
    struct substrate_storage_entry entry = {"SubtensorModule", item, drive_json(prefix)};
    struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
    struct substrate_query *query = NULL;
    options.page = page;
    ck_assert_int_eq(substrate_query_storage_map(&entry, &options, NULL, &query), SUBSTRATE_OK);
    if (told != NULL) {
        substrate_query_set_progress(query, tell, told);
    }
    return query;
}

static const char TEMPOS[] = "[{\"args\":[1],\"value\":110},{\"args\":[2],\"value\":111},"
                             "{\"args\":[3],\"value\":112},{\"args\":[4],\"value\":113},"
                             "{\"args\":[6],\"value\":115}]";

/* Five entries: how many pages of keys, rounds, and pages of values. */
START_TEST(test_map_by_pages) {
    static const struct {
        uint32_t page;
        size_t pages, rounds, values;
    } cases[] = {{1, 6, 6, 5}, {2, 3, 4, 3}, {3, 2, 3, 2},   {4, 2, 3, 2},
                 {5, 2, 2, 1}, {6, 1, 2, 1}, {1000, 1, 2, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain chain = {0};
        struct told told = {.count = 0};
        struct substrate_query *query = map("Tempo", NULL, cases[i].page, &told);
        ck_assert_uint_eq(drive(&chain, query), cases[i].rounds);
        ck_text_eq(query->outcome.value, TEMPOS);
        ck_assert_uint_eq(chain.pages, cases[i].pages);
        ck_assert_uint_eq(chain.multis, cases[i].values);
        ck_assert_uint_eq(told.count, cases[i].values);
        ck_assert_uint_eq(told.entries[told.count - 1], 5);
        ck_assert_uint_eq(told.entries[0], cases[i].page < 5 ? cases[i].page : 5);
        substrate_query_free(query);
    }
}
END_TEST

/* Entries are in the order of their keys, whatever that of their values. */
START_TEST(test_map_of_values_in_another_order) {
    struct chain chain = {.reversed = true};
    drive_expect(&chain, map("Tempo", NULL, 3, NULL), SUBSTRATE_OK, TEMPOS);
    chain = (struct chain){.doubling = true};
    drive_expect(&chain, map("Tempo", NULL, 3, NULL), SUBSTRATE_OK, TEMPOS);
}
END_TEST

START_TEST(test_map_with_a_prefix) {
    struct chain chain = {0};
    drive_expect(&chain, map("Uids", NULL, 2, NULL), SUBSTRATE_OK,
                 "[{\"args\":[1,2],\"value\":7},{\"args\":[1,1],\"value\":8},"
                 "{\"args\":[2,3],\"value\":9}]");
    drive_expect(&chain, map("Uids", "[1]", 1, NULL), SUBSTRATE_OK,
                 "[{\"args\":[1,2],\"value\":7},{\"args\":[1,1],\"value\":8}]");
    drive_expect(&chain, map("Uids", "[2]", 1000, NULL), SUBSTRATE_OK,
                 "[{\"args\":[2,3],\"value\":9}]");
    drive_expect(&chain, map("Uids", "[1,1]", 1000, NULL), SUBSTRATE_OK,
                 "[{\"args\":[1,1],\"value\":8}]");
    drive_expect(&chain, map("Uids", "[3]", 1000, NULL), SUBSTRATE_OK, "[]");
    drive_expect(&chain, map("Uids", "[1,1,1]", 1000, NULL), SUBSTRATE_E_ARGUMENT,
                 "Uids takes 2 arguments (u16, u16), but 3 are given");
    drive_expect(&chain, map("NetworksAdded", NULL, 1000, NULL), SUBSTRATE_E_DECODE,
                 "NetworksAdded");
    struct substrate_storage_entry plain = {"System", "Number", drive_json(NULL)};
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_storage_map(&plain, NULL, NULL, &query), SUBSTRATE_OK);
    drive_expect(&chain, query, SUBSTRATE_E_ARGUMENT, "not a map");
}
END_TEST

/* Arguments for all keys name an entry, fewer a part of the map. */
START_TEST(test_map_or_entry) {
    static const struct {
        const char *item, *arguments, *value;
        enum substrate_presence presence;
    } cases[] = {
        {"Uids", "[1]", "[{\"args\":[1,2],\"value\":7},{\"args\":[1,1],\"value\":8}]",
         SUBSTRATE_PRESENT},
        {"Uids", "[1,2]", "7", SUBSTRATE_PRESENT},
        {"Uids", "[2,1]", "null", SUBSTRATE_ABSENT},
        {"Tempo", "[5]", "11", SUBSTRATE_DEFAULT},
        {"Tempo", "[]", TEMPOS, SUBSTRATE_PRESENT},
    };
    struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
    options.or_entry = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain chain = {0};
        struct substrate_storage_entry entry = {"SubtensorModule", cases[i].item,
                                                drive_json(cases[i].arguments)};
        struct substrate_query *query = NULL;
        ck_assert_int_eq(substrate_query_storage_map(&entry, &options, NULL, &query), SUBSTRATE_OK);
        (void)drive(&chain, query);
        ck_text_eq(query->outcome.value, cases[i].value);
        ck_assert_int_eq(query->outcome.presence, cases[i].presence);
        substrate_query_free(query);
    }
}
END_TEST

START_TEST(test_map_asks_from_the_last_key) {
    struct chain chain = {0};
    struct substrate_query *query = map("Tempo", NULL, 2, NULL);
    drive_provide(&chain, query);
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_text_eq(query->requests[0].params,
               "[\"0x" KEY_TEMPO "\",2,null,"
               "\"0x1919191919191919191919191919191919191919191919191919191919191919\"]");
    ck_assert_int_eq(drive_round(&chain, query), QUERY_ASK);
    ck_assert_uint_eq(query->request_count, 2);
    ck_assert_str_eq(query->requests[0].method, "state_queryStorageAt");
    ck_text_eq(query->requests[0].params,
               "[[\"0x" KEY_TEMPO "0100\",\"0x" KEY_TEMPO "0200\"],"
               "\"0x1919191919191919191919191919191919191919191919191919191919191919\"]");
    ck_text_eq(query->requests[1].params,
               "[\"0x" KEY_TEMPO "\",2,\"0x" KEY_TEMPO "0200\","
               "\"0x1919191919191919191919191919191919191919191919191919191919191919\"]");
    substrate_query_free(query);
}
END_TEST

START_TEST(test_nodes_that_lie_about_maps) {
    for (int lie = 1; lie <= 13; lie++) {
        struct chain chain = {.lie = lie};
        drive_expect(&chain, map("Tempo", NULL, 2, NULL), SUBSTRATE_E_PROTOCOL, "state_");
    }
}
END_TEST

/* Which entry it is that cannot be read. */
START_TEST(test_map_with_a_bad_entry) {
    static const struct {
        const char *value, *message;
    } cases[] = {
        {"0x6e", "SubtensorModule.Tempo: the entry [2]: value: u32: the bytes end inside it"},
        {"0x6e00000000",
         "SubtensorModule.Tempo: the entry [2]: 1 byte is left over behind the value"},
        {"0x6e0000000000", "SubtensorModule.Tempo: the entry [2]: 2 bytes are left over"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chain chain = {0};
        struct substrate_query *query = map("Tempo", NULL, 2, NULL);
        struct substrate_reply replies[2] = {{.status = SUBSTRATE_OK}, {.status = SUBSTRATE_OK}};
        char values[400];
        drive_provide(&chain, query);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        ck_assert_int_eq(drive_round(&chain, query), QUERY_ASK);
        (void)snprintf(values, sizeof(values),
                       "[{\"block\":null,\"changes\":[[\"0x" KEY_TEMPO "0100\",\"0x6e000000\"],"
                       "[\"0x" KEY_TEMPO "0200\",\"%s\"]]}]",
                       cases[i].value);
        replies[0].result = base_text(values);
        replies[1].result = base_text("[]");
        ck_assert_int_eq(query_step(query, replies, 2), QUERY_FAILED);
        ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_DECODE);
        ck_assert_msg(base_text_starts(base_text(query->outcome.error.message), cases[i].message),
                      "%s", query->outcome.error.message);
        substrate_query_free(query);
    }
}
END_TEST

START_TEST(test_map_options) {
    struct substrate_storage_entry entry = {"System", "Number", drive_json(NULL)};
    struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
    struct substrate_query *query = NULL;
    options.page = 1001;
    ck_assert_int_eq(substrate_query_storage_map(&entry, &options, NULL, &query),
                     SUBSTRATE_E_ARGUMENT);
    options.page = 0;
    ck_assert_int_eq(substrate_query_storage_map(&entry, &options, NULL, &query),
                     SUBSTRATE_E_ARGUMENT);
    options.page = 1;
    options.size = 1;
    ck_assert_int_eq(substrate_query_storage_map(&entry, &options, NULL, &query),
                     SUBSTRATE_E_ARGUMENT);
    entry.item = NULL;
    ck_assert_int_eq(substrate_query_storage_map(&entry, NULL, NULL, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_storage(&entry, NULL, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_storage_multi(&entry, 1, NULL, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_storage_multi(NULL, 1, NULL, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_storage(NULL, NULL, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_runtime_call(NULL, NULL, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_constant("System", NULL, NULL, &query), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_block(NULL, NULL), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(substrate_query_events(NULL, NULL), SUBSTRATE_E_ARGUMENT);
}
END_TEST

/* ---- runtime calls and constants ---- */

static struct substrate_query *call(const char *api, const char *method, const char *arguments,
                                    unsigned block) {
    struct substrate_api_call what = {api, method, drive_json(arguments)};
    struct substrate_hash hash = chain_block(block);
    struct substrate_pin pin = drive_pin(&hash);
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_runtime_call(&what, &pin, &query), SUBSTRATE_OK);
    return query;
}

START_TEST(test_runtime_calls) {
    struct chain chain = {0};
    drive_expect(&chain, call("SampleApi", "double", "[4]", 4), SUBSTRATE_OK, "8");
    drive_expect(&chain, call("SampleApi", "double", "[4]", 5), SUBSTRATE_OK, "8");
    drive_expect(&chain, call("SampleApi", "pair", "[1,true]", 5), SUBSTRATE_OK, "5");
    ck_assert_uint_eq(chain.calls, 3);
    struct substrate_query *query =
        call("SampleApi", "pair", "{\"s\\u0065cond\":true,\"first\":258}", 5);
    drive_provide(&chain, query);
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
    ck_assert_str_eq(query->requests[0].method, "state_call");
    ck_text_eq(query->requests[0].params,
               "[\"SampleApi_pair\",\"0x020101\","
               "\"0x1515151515151515151515151515151515151515151515151515151515151515\"]");
    substrate_query_free(query);
    drive_expect(&chain, call("SampleApi", "doubel", "[4]", 4), SUBSTRATE_E_NOT_FOUND,
                 "SampleApi has no method \"doubel\"; the nearest is \"double\"");
    drive_expect(&chain, call("SimpleApi", "double", "[4]", 4), SUBSTRATE_E_NOT_FOUND,
                 "the runtime has no API \"SimpleApi\"; the nearest is \"SampleApi\"");
    drive_expect(&chain, call("SampleApi", "pair", "[4]", 4), SUBSTRATE_E_ARGUMENT,
                 "pair takes 2 arguments (first: u16, second: bool), but 1 is given");
    drive_expect(&chain, call("SampleApi", "pair", "[4,5]", 4), SUBSTRATE_E_ARGUMENT,
                 "SampleApi.pair: second: bool: wants true or false, not 5");
    ck_assert_uint_eq(chain.calls, 3);
    chain.only_version = 14;
    drive_expect(&chain, call("SampleApi", "double", "[4]", 4), SUBSTRATE_E_NOT_FOUND, "V14");
}
END_TEST

START_TEST(test_runtime_calls_with_wrong_names) {
    static const struct {
        const char *method, *arguments, *message;
    } cases[] = {
        {"double", "{}", "double takes 1 argument (value: u16), but value is missing"},
        {"double", "{\"valu\":1}", "double takes 1 argument (value: u16), but \"valu\" is given"},
        {"double", "{\"value\":1,\"x\":2}", "but \"x\" is given"},
        {"double", "{\"value\":1,\"value\":1}", "but \"value\" is given twice"},
        {"double", "{\"value\":null}", "wants an integer, not null"},
        {"double", "1", "the arguments are no JSON array or object (see byte 0)"},
        {"pair", "{\"second\":true}", "but first is missing"},
        {"pair", "{\"second\":1,\"first\":1}", "bool: wants true or false, not 1"},
        {"pair", "[{\"first\":1,\"second\":true}]", "but 1 is given"},
    };
    struct chain chain = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        drive_expect(&chain, call("SampleApi", cases[i].method, cases[i].arguments, 4),
                     SUBSTRATE_E_ARGUMENT, cases[i].message);
    }
    ck_assert_uint_eq(chain.calls, 0);
}
END_TEST

START_TEST(test_runtime_calls_by_bytes) {
    struct chain chain = {0};
    struct substrate_query *query = NULL;
    const uint8_t four[] = {4, 0};
    ck_assert_int_eq(
        substrate_query_state_call("SampleApi_double", bytes_of(four, 2), NULL, &query),
        SUBSTRATE_OK);
    drive_expect(&chain, query, SUBSTRATE_OK, "\"0x08000000\"");
    struct substrate_api_call what = {"SampleApi", "double", {{NULL, 0}, bytes_of(four, 2)}};
    ck_assert_int_eq(substrate_query_runtime_call(&what, NULL, &query), SUBSTRATE_OK);
    drive_expect(&chain, query, SUBSTRATE_OK, "8");
    what.arguments.scale.size = 1;
    ck_assert_int_eq(substrate_query_runtime_call(&what, NULL, &query), SUBSTRATE_OK);
    drive_expect(&chain, query, SUBSTRATE_E_ARGUMENT,
                 "SampleApi.double: value: u16: the bytes end");
}
END_TEST

static struct substrate_query *constant(const char *pallet, const char *name) {
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_constant(pallet, name, NULL, &query), SUBSTRATE_OK);
    return query;
}

START_TEST(test_constants) {
    struct chain chain = {0};
    struct substrate_query *query = constant("SubtensorModule", "InitialTempo");
    ck_assert_uint_eq(drive(&chain, query), 0);
    ck_text_eq(query->outcome.value, "6400");
    substrate_query_free(query);
    drive_expect(
        &chain, constant("SubtensorModule", "InitalTempo"), SUBSTRATE_E_NOT_FOUND,
        "SubtensorModule has no constant \"InitalTempo\"; the nearest is \"InitialTempo\"");
    drive_expect(&chain, constant("System", "InitalTempo"), SUBSTRATE_E_NOT_FOUND, "nor any other");
}
END_TEST

/* ---- memory ---- */

/* Runs one of everything; with memory for all of it each is OK. */
static bool run(struct substrate_query *query, enum substrate_status made) {
    struct chain chain = {.reversed = true};
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
    struct substrate_storage_entry entries[] = {
        {"SubtensorModule", "Tempo", drive_json("[3]")},
        {"SubtensorModule", "Uids", {{NULL, 0}, bytes_of("\2\0\3\0", 4)}},
    };
    struct substrate_storage_entry whole = {"SubtensorModule", "Uids", drive_json(NULL)};
    struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
    struct substrate_api_call what = {"SampleApi", "pair", drive_json("[1,true]")};
    struct substrate_query *query = NULL;
    options.page = 2;
    enum substrate_status made = substrate_query_storage(&entries[0], NULL, &query);
    bool good = run(query, made);
    made = substrate_query_storage(&entries[1], NULL, &query);
    good = run(query, made) && good;
    made = substrate_query_storage_multi(entries, 2, NULL, &query);
    good = run(query, made) && good;
    made = substrate_query_storage_map(&whole, &options, NULL, &query);
    good = run(query, made) && good;
    made = substrate_query_runtime_call(&what, NULL, &query);
    good = run(query, made) && good;
    made = substrate_query_state_call("SampleApi_pair", bytes_of("\1\0\1", 3), NULL, &query);
    good = run(query, made) && good;
    made = substrate_query_constant("SubtensorModule", "InitialTempo", NULL, &query);
    return run(query, made) && good;
}

START_TEST(test_each_allocation_may_fail) { chain_fail_each(memory_scenario); }
END_TEST

CHECK_MAIN("query_generic", test_storage_is_read_with_the_runtime_that_wrote_it, test_presence,
           test_unknown_names_have_a_nearest, test_wrong_arguments_say_what_is_wanted,
           test_arguments_as_bytes, test_several_entries_are_one_request, test_map_by_pages,
           test_map_of_values_in_another_order, test_map_with_a_prefix, test_map_or_entry,
           test_map_asks_from_the_last_key, test_nodes_that_lie_about_maps,
           test_map_with_a_bad_entry, test_map_options, test_runtime_calls,
           test_runtime_calls_with_wrong_names, test_runtime_calls_by_bytes, test_constants,
           test_each_allocation_may_fail)
