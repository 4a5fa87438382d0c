/* Bittensor's functions on recorded answers: what each gives, in how many rounds, what it makes of
 * answers that are wrong, and of memory that is not there. The numbers expected are those of the
 * fixture's README and of Python that reads the recording; the structs are compared with the
 * generic decoder, field by field, which the tests of the codec hold against polkadot-api. */
#include "subtensor_recorded.h"

#include "codec/metadata_kept.h"
#include "codec/value.h"
#include "query/reply.h"
#include "subtensor/function.h"
#include "subtensor/shapes.h"

#define ALICE "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
#define BOB "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
#define NOBODY "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"
#define HOTKEY "5ERf8QxsTWXb51QrTCMcu6Rj3ujLBLbsEp5GbKCy9Q4PAV71" /* uid 0 of subnet 2 */

struct value_case {
    const char *function, *arguments;
    size_t rounds;
    const char *value; /* NULL: long, and looked at elsewhere */
};

static const struct value_case cases[] = {
    {"get_block_hash", NULL, 0, "\"" RECORDED_HEAD "\""},
    {"get_current_block", NULL, 1, "73"},
    {"get_timestamp", NULL, 1, "1754006473000"},
    {"get_existential_deposit", NULL, 0, "500"},
    {"get_block_info", NULL, 1, NULL},
    {"get_balance", "[\"" ALICE "\"]", 1, "999965407677259"},
    {"get_balance", "[\"" NOBODY "\"]", 1, "0"},
    {"get_balances", "[[\"" BOB "\",\"" ALICE "\",\"" NOBODY "\",\"" BOB "\"]]", 1,
     "[[\"" BOB "\",999704801599108],[\"" ALICE "\",999965407677259],[\"" NOBODY "\",0],[\"" BOB
     "\",999704801599108]]"},
    {"get_balances", "[[]]", 0, "[]"},
    {"does_hotkey_exist", "[\"" HOTKEY "\"]", 1, "true"},
    {"does_hotkey_exist", "[\"" ALICE "\"]", 1, "false"},
    {"get_hotkey_owner", "[\"" HOTKEY "\"]", 1, "\"" ALICE "\""},
    {"get_hotkey_owner", "[\"" BOB "\"]", 1, "null"},
    {"get_netuids_for_hotkey", "[\"" HOTKEY "\"]", 2, "[2]"},
    {"get_netuids_for_hotkey", "[\"" BOB "\"]", 1, "[]"},
    {"get_uid_for_hotkey_on_subnet", "[\"" HOTKEY "\",2]", 1, "0"},
    {"get_uid_for_hotkey_on_subnet", "[\"" HOTKEY "\",3]", 1, "null"},
    {"is_hotkey_registered", "[\"" HOTKEY "\",2]", 1, "true"},
    {"is_hotkey_registered", "[\"" HOTKEY "\",3]", 1, "false"},
    {"is_hotkey_registered", "[\"" HOTKEY "\"]", 2, "true"},
    {"is_hotkey_registered", "[\"" BOB "\",null]", 1, "false"},
    {"is_hotkey_registered_any", "[\"" HOTKEY "\"]", 2, "true"},
    {"subnet_exists", "[2]", 1, "true"},
    {"subnet_exists", "[5]", 1, "false"},
    {"get_total_subnets", NULL, 1, "6"},
    {"get_all_subnets_netuid", NULL, 2, "[0,1,2,3,4,6]"},
    {"tempo", "[2]", 1, "14"},
    {"tempo", "[3]", 1, "16"},
    {"tempo", "[4]", 1, "18"},
    {"tempo", "[6]", 1, "22"},
    {"tempo", "[5]", 1, "null"},
    {"get_subnet_price", "[0]", 0, "1000000000"},
    {"get_subnet_price", "[2]", 1, "7737607790148"},
    {"get_subnet_hyperparameters", "[2]", 1, NULL},
    {"get_subnet_hyperparameters", "[7]", 1, "null"},
    {"subnet", "[2]", 1, NULL},
    {"subnet", "[7]", 1, "null"},
    {"all_subnets", NULL, 2, NULL},
    {"get_subnet_info", "[2]", 1, NULL},
    {"get_subnet_info", "[7]", 1, "null"},
    {"neurons", "[2]", 1, NULL},
    {"neurons", "[7]", 1, "[]"},
    {"neurons_lite", "[2]", 1, NULL},
    {"neuron_for_uid", "[1,2]", 1, NULL},
    {"neuron_for_uid", "[9,2]", 1, "null"},
    {"blocks_since_last_update", "[2,0]", 1, "40"},
    {"blocks_since_last_update", "[2,9]", 1, "null"},
    {"blocks_since_last_update", "[7,0]", 1, "null"},
    {"weights", "[1]", 1, "[]"},
    {"weights", "[2,0]", 2, NULL},
    {"bonds", "[2]", 2, NULL},
    {"get_commitment", "[2,0]", 2, "null"},
    {"get_commitment", "[2,9]", 1, "null"},
    {"get_metagraph_info", "[2]", 1, NULL},
    {"get_metagraph_info", "[2,0,[5]]", 1, NULL},
    {"get_metagraph_info", "[7]", 1, "null"},
    {"metagraph", "[2]", 1, NULL},
    {"metagraph", "[2,0,false]", 1, NULL},
    {"metagraph", "[7]", 1, "null"},
    {"get_stake_info_for_coldkey", "[\"" ALICE "\"]", 1, NULL},
    {"get_delegates", NULL, 1, NULL},
    {"get_children", "[\"" HOTKEY "\",2]", 1, "[]"},
    {"query_map", "[\"SubtensorModule\",\"Tempo\"]", 2, NULL},
    {"query_constant", "[\"Balances\",\"ExistentialDeposit\"]", 0, "500"},
    {"query_runtime_api", "[\"SwapRuntimeApi\",\"current_alpha_price\",[2]]", 1, "7737607790148"},
    {"state_call", "[\"AuraApi_slot_duration\",\"\"]", 1, "\"0xe803000000000000\""},
};
#define CASES (sizeof(cases) / sizeof(*cases))

START_TEST(test_values_and_rounds) {
    recorded_load();
    for (size_t i = 0; i < CASES; i++) {
        size_t rounds = 0;
        struct substrate_query *query = recorded_query(cases[i].function, cases[i].arguments);
        (void)recorded_run(query, NULL, &rounds);
        struct base_json json;
        ck_assert_msg(query->outcome.status == SUBSTRATE_OK, "%s: %s", cases[i].function,
                      query->outcome.error.message);
        ck_assert_msg(rounds == cases[i].rounds, "%s%s takes %zu rounds", cases[i].function,
                      cases[i].arguments != NULL ? cases[i].arguments : "", rounds);
        ck_assert_int_eq(base_json_parse(query->outcome.value, 64, &json, NULL), SUBSTRATE_OK);
        if (cases[i].value != NULL) {
            ck_text_eq(query->outcome.value, cases[i].value);
        }
        substrate_query_free(query);
    }
}
END_TEST

/* ---- structs beside the generic decoder ---- */

static struct base_json parsed(struct substrate_text text) {
    struct base_json json;
    ck_assert_int_eq(base_json_parse(text, BASE_JSON_DEPTH_MAX, &json, NULL), SUBSTRATE_OK);
    return json;
}

static struct base_json element(struct base_json list, size_t index) {
    struct base_json item = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk;
    struct substrate_text name;
    base_json_walk_init(&walk, list);
    for (size_t i = 0; i <= index; i++) {
        ck_assert(base_json_walk_next(&walk, &name, &item));
    }
    return item;
}

/* Members of theirs that ours has under the same name, and that are written the same way. */
static size_t compare_members(struct base_json ours, struct base_json theirs) {
    static const char *const otherwise[] = {
        "stake",       "name",      "symbol", "subnet_name", "identity", "subnet_identity",
        "identities",  "axon_info", "axons",  "nominators",  "netuid",   "prometheus_info",
        "token_symbol"};
    struct base_json_walk walk;
    struct base_json value;
    struct substrate_text key;
    size_t compared = 0;
    base_json_walk_init(&walk, theirs);
    while (base_json_walk_next(&walk, &key, &value)) {
        char name[64];
        bool skipped = false;
        ck_assert_uint_lt(key.size - 2, sizeof(name));
        memcpy(name, key.data + 1, key.size - 2);
        name[key.size - 2] = '\0';
        for (size_t i = 0; i < sizeof(otherwise) / sizeof(*otherwise); i++) {
            skipped = skipped || strcmp(otherwise[i], name) == 0;
        }
        struct base_json mine = base_json_member(ours, name);
        if (!skipped && mine.kind != BASE_JSON_NONE) {
            ck_assert_msg(base_text_equal(mine.raw, value.raw), "%s is %.*s, not %.*s", name,
                          (int)mine.raw.size, mine.raw.data, (int)value.raw.size, value.raw.data);
            compared += 1;
        }
    }
    return compared;
}

struct struct_case {
    const char *function, *arguments, *api, *method, *generic;
    size_t least; /* members that must be comparable */
    bool list;
};

START_TEST(test_structs_agree_with_the_generic_decoder) {
    static const struct struct_case structs[] = {
        {"neuron_for_uid", "[1,2]", "NeuronInfoRuntimeApi", "get_neuron", "[2,1]", 16, false},
        {"neurons", "[2]", "NeuronInfoRuntimeApi", "get_neurons", "[2]", 16, true},
        {"neurons_lite", "[3]", "NeuronInfoRuntimeApi", "get_neurons_lite", "[3]", 14, true},
        {"get_subnet_hyperparameters", "[3]", "SubnetInfoRuntimeApi", "get_subnet_hyperparams_v2",
         "[3]", 32, false},
        {"get_subnet_info", "[2]", "SubnetInfoRuntimeApi", "get_subnet_info_v2", "[2]", 11, false},
        {"subnet", "[2]", "SubnetInfoRuntimeApi", "get_dynamic_info", "[2]", 17, false},
        {"get_metagraph_info", "[2]", "SubnetInfoRuntimeApi", "get_metagraph", "[2]", 64, false},
        {"get_metagraph_info", "[2,0,[5]]", "SubnetInfoRuntimeApi", "get_selective_metagraph",
         "[2,[0,5]]", 65, false},
        {"get_stake_info_for_coldkey", "[\"" ALICE "\"]", "StakeInfoRuntimeApi",
         "get_stake_info_for_coldkey", "[\"" ALICE "\"]", 5, true},
        {"get_delegates", NULL, "DelegateInfoRuntimeApi", "get_delegates", "[]", 6, true},
    };
    recorded_load();
    for (size_t i = 0; i < sizeof(structs) / sizeof(*structs); i++) {
        const struct struct_case *wanted = &structs[i];
        char arguments[256];
        (void)snprintf(arguments, sizeof(arguments), "[\"%s\",\"%s\",%s]", wanted->api,
                       wanted->method, wanted->generic);
        struct substrate_query *ours = recorded_ask(wanted->function, wanted->arguments);
        struct substrate_query *theirs = recorded_ask("query_runtime_api", arguments);
        struct base_json mine = parsed(ours->outcome.value), other = parsed(theirs->outcome.value);
        size_t count = wanted->list ? base_json_length(mine) : 1;
        ck_assert_uint_gt(count, 0);
        for (size_t j = 0; j < count; j++) {
            size_t compared = wanted->list ? compare_members(element(mine, j), element(other, j))
                                           : compare_members(mine, other);
            ck_assert_msg(compared >= wanted->least, "%s: only %zu members are alike",
                          wanted->function, compared);
        }
        substrate_query_free(ours);
        substrate_query_free(theirs);
    }
}
END_TEST

/* ---- what is made of the rest ---- */

START_TEST(test_neurons_have_sums_and_places) {
    recorded_load();
    struct substrate_query *query = recorded_ask("neurons", "[2]");
    const struct subtensor_neuron_list *neurons = subtensor_value(query);
    struct base_json json = parsed(query->outcome.value);
    ck_assert_uint_eq(neurons->count, 9);
    ck_assert_uint_eq(base_json_length(json), 9);
    for (size_t i = 0; i < neurons->count; i++) {
        const struct subtensor_neuron *neuron = &neurons->list[i];
        uint64_t sum = 0, shown = 0;
        for (size_t j = 0; j < neuron->stake_dict.count; j++) {
            sum += neuron->stake_dict.list[j].amount;
        }
        ck_assert_uint_eq(neuron->uid, i);
        ck_assert_uint_eq(neuron->netuid, 2);
        ck_assert_uint_eq(neuron->stake, sum);
        ck_assert_uint_eq(neuron->weights.count, 9);
        ck_assert(base_json_u64(base_json_member(element(json, i), "total_stake"), &shown));
        ck_assert_uint_eq(shown, sum);
    }
    ck_assert_uint_gt(neurons->list[0].stake, 0);
    struct base_json axon = base_json_member(element(json, 0), "axon_info");
    ck_assert(base_json_is(base_json_member(axon, "ip"), "0.0.0.0"));
    substrate_query_free(query);
}
END_TEST

START_TEST(test_lite_neurons_show_no_weights) {
    recorded_load();
    struct substrate_query *query = recorded_ask("neurons_lite", "[2]");
    const struct subtensor_neuron_list *neurons = subtensor_value(query);
    struct base_json first = element(parsed(query->outcome.value), 0);
    ck_assert_uint_eq(neurons->list[0].weights.count, 0);
    ck_assert_int_eq(base_json_member(first, "weights").kind, BASE_JSON_NONE);
    ck_assert_int_eq(base_json_member(first, "bonds").kind, BASE_JSON_NONE);
    substrate_query_free(query);
}
END_TEST

START_TEST(test_weights_are_by_uid) {
    recorded_load();
    struct substrate_query *query = recorded_ask("weights", "[2]");
    const struct subtensor_uid_rows *rows = subtensor_value(query);
    ck_assert_uint_eq(rows->count, 9);
    ck_assert_uint_eq(rows->list[1].uid, 1);
    ck_assert_uint_eq(rows->list[1].values.count, 9);
    ck_assert_uint_eq(rows->list[1].values.list[0].value, 267);
    ck_assert_uint_eq(rows->list[1].values.list[8].uid, 8);
    ck_assert_uint_eq(rows->list[1].values.list[8].value, 65535);
    substrate_query_free(query);
}
END_TEST

START_TEST(test_subnets_have_prices_and_texts) {
    recorded_load();
    struct substrate_query *query = recorded_ask("all_subnets", NULL);
    const struct subtensor_dynamic_infos *all = subtensor_value(query);
    static const uint16_t netuids[] = {0, 1, 2, 3, 4, 6};
    ck_assert_uint_eq(all->count, 6);
    for (size_t i = 0; i < all->count; i++) {
        ck_assert_uint_eq(all->list[i].netuid, netuids[i]);
        ck_assert(all->list[i].is_dynamic == (netuids[i] != 0));
    }
    const struct subtensor_dynamic_info *two = &all->list[2];
    ck_assert_uint_eq(all->list[0].price, 1000000000);
    ck_assert_uint_eq(two->price, 7737607790148);
    ck_assert_uint_eq(all->list[3].price, 17094417134177);
    ck_text_eq(two->subnet_name, "Zero \xe2\x88\x85");
    ck_text_eq(two->symbol, "\xce\xb2");
    /* 96580384633 * 12481839, by Python */
    ck_assert_uint_eq(two->k.high, 0);
    ck_assert_uint_eq(two->k.low, UINT64_C(1205500811547180087));
    substrate_query_free(query);
}
END_TEST

START_TEST(test_metagraph_is_made_of_its_parts) {
    recorded_load();
    struct substrate_query *query = recorded_ask("metagraph", "{\"netuid\":3,\"lite\":false}");
    const struct subtensor_metagraph_data *graph = subtensor_value(query);
    ck_assert_uint_eq(graph->netuid, 3);
    ck_assert_uint_eq(graph->mechid, 0);
    ck_assert(!graph->lite);
    ck_assert_uint_eq(graph->block, RECORDED_HEIGHT);
    ck_assert_uint_eq(graph->mechanism_count, 1);
    ck_assert(!graph->emissions_split.present);
    ck_assert_uint_eq(graph->neurons.count, 9);
    ck_assert(graph->info->block.present);
    ck_assert_uint_eq(graph->info->block.value, RECORDED_HEIGHT);
    ck_assert_uint_eq(graph->info->tempo.value, 16);
    ck_assert(!graph->info->validators.present);
    ck_assert(graph->info->identity.present);
    ck_assert_uint_eq(graph->info->hotkeys.value.count, 9);
    ck_assert_uint_eq(graph->state->netuid, 3);
    for (size_t i = 0; i < 9; i++) {
        ck_assert_mem_eq(&graph->info->hotkeys.value.list[i], &graph->neurons.list[i].hotkey, 32);
        ck_assert_mem_eq(&graph->state->hotkeys.list[i], &graph->neurons.list[i].hotkey, 32);
    }
    substrate_query_free(query);
}
END_TEST

/* The netuid, field 0, is asked for in any case, and once. */
START_TEST(test_selected_fields_only) {
    static const struct {
        const char *arguments, *params;
    } asked[] = {
        {"[2,0,[5]]", "0x02000800000500"},
        {"[2,0,[5,0]]", "0x02000805000000"},
        {"[2,0,[]]", "0x0200040000"},
        {"[2,0,[256]]", "0x02000800000001"},
    };
    recorded_load();
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        struct substrate_query *query = recorded_query("get_metagraph_info", asked[i].arguments);
        recorded_provide(query, recorded.runtime);
        ck_assert_int_eq(query_step(query, NULL, 0), QUERY_ASK);
        ck_assert_uint_eq(query->request_count, 1);
        ck_assert(base_json_is(recorded_param(query->requests[0].params, 1), asked[i].params));
        substrate_query_free(query);
    }
    struct substrate_query *query = recorded_ask("get_metagraph_info", "[2,0,[5]]");
    const struct subtensor_metagraph_info *info = subtensor_value(query);
    ck_assert_uint_eq(info->netuid, 2);
    ck_assert(info->owner_hotkey.present);
    ck_assert(!info->owner_coldkey.present);
    ck_assert(!info->hotkeys.present);
    substrate_query_free(query);
}
END_TEST

START_TEST(test_delegates_have_totals) {
    recorded_load();
    struct substrate_query *query = recorded_ask("get_delegates", NULL);
    const struct subtensor_delegates *delegates = subtensor_value(query);
    bool several = false;
    ck_assert_uint_gt(delegates->count, 0);
    for (size_t i = 0; i < delegates->count; i++) {
        const struct subtensor_delegate *delegate = &delegates->list[i];
        uint64_t total = 0, sum = 0;
        for (size_t j = 0; j < delegate->nominators.count; j++) {
            for (size_t k = 0; k < delegate->nominators.list[j].stakes.count; k++) {
                sum += delegate->nominators.list[j].stakes.list[k].amount;
            }
        }
        for (size_t j = 0; j < delegate->total_stake.count; j++) {
            total += delegate->total_stake.list[j].amount;
        }
        several = several || delegate->nominators.count > delegate->total_stake.count;
        ck_assert_uint_eq(total, sum);
    }
    ck_assert(several);
    substrate_query_free(query);
}
END_TEST

START_TEST(test_block_info_has_its_timestamp) {
    recorded_load();
    struct substrate_query *query = recorded_ask("get_block_info", NULL);
    struct base_json json = parsed(query->outcome.value);
    uint64_t number = 0, timestamp = 0;
    ck_assert(base_json_u64(base_json_member(json, "number"), &number));
    ck_assert(base_json_u64(base_json_member(json, "timestamp"), &timestamp));
    ck_assert_uint_eq(number, RECORDED_HEIGHT);
    ck_assert_uint_eq(timestamp, 1754006473000);
    ck_assert(base_json_is(base_json_member(json, "hash"), RECORDED_HEAD));
    ck_assert_uint_eq(base_json_length(base_json_member(json, "extrinsics")), 1);
    substrate_query_free(query);
}
END_TEST

/* As of a chain's first block. */
static void without_extrinsics(size_t index, struct recorded_words *answer,
                               struct substrate_reply *reply) {
    (void)index;
    (void)reply;
    answer->size = 0;
    words_add(answer, base_text("{\"block\":{\"header\":"));
    words_add(answer, recorded.header);
    words_add(answer, base_text(",\"extrinsics\":[]}}"));
}

START_TEST(test_block_info_of_a_block_without_a_timestamp) {
    recorded_load();
    struct substrate_query *query = recorded_query("get_block_info", NULL);
    (void)recorded_run(query, without_extrinsics, NULL);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_OK);
    const struct subtensor_block_info *info = subtensor_value(query);
    struct base_json json = parsed(query->outcome.value);
    ck_assert_ptr_nonnull(info);
    ck_assert(!info->timestamp.present);
    ck_assert_int_eq(base_json_member(json, "timestamp").kind, BASE_JSON_NULL);
    ck_assert_uint_eq(info->extrinsics.count, 0);
    ck_assert_int_eq(base_json_member(json, "extrinsics").kind, BASE_JSON_ARRAY);
    substrate_query_free(query);
}
END_TEST

START_TEST(test_how_values_came_about) {
    static const struct {
        const char *function, *arguments;
        enum substrate_presence presence;
    } wanted[] = {
        {"tempo", "[2]", SUBSTRATE_PRESENT},
        {"tempo", "[5]", SUBSTRATE_ABSENT},
        {"subnet_exists", "[5]", SUBSTRATE_DEFAULT},
        {"get_balance", "[\"" NOBODY "\"]", SUBSTRATE_DEFAULT},
        {"get_uid_for_hotkey_on_subnet", "[\"" HOTKEY "\",3]", SUBSTRATE_ABSENT},
    };
    recorded_load();
    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
        struct substrate_query *query = recorded_ask(wanted[i].function, wanted[i].arguments);
        ck_assert_msg(query->outcome.presence == wanted[i].presence, "%s%s", wanted[i].function,
                      wanted[i].arguments);
        substrate_query_free(query);
    }
}
END_TEST

/* ---- wrong answers ---- */

static size_t spoiled;
static size_t cut_to;
static const char *instead;

static void say(struct recorded_words *answer, const char *text) {
    free(answer->data);
    *answer = (struct recorded_words){NULL, 0};
    words_add(answer, base_text(text));
}

static void spoil_with_text(size_t index, struct recorded_words *answer,
                            struct substrate_reply *reply) {
    (void)reply;
    if (index == spoiled) {
        say(answer, instead);
    }
}

static void spoil_with_error(size_t index, struct recorded_words *answer,
                             struct substrate_reply *reply) {
    (void)answer;
    if (index == spoiled) {
        *reply = (struct substrate_reply){.status = SUBSTRATE_E_RPC,
                                          .rpc_code = -32000,
                                          .rpc_message = base_text("\"no such thing\"")};
    }
}

/* Drops whole bytes from the end of one that is "0x…". */
static bool was_spoiled;

static void spoil_by_cutting(size_t index, struct recorded_words *answer,
                             struct substrate_reply *reply) {
    (void)reply;
    size_t bytes = answer->size > 4 && answer->data[0] == '"' ? (answer->size - 4) / 2 : 0;
    if (index == spoiled && cut_to < bytes) {
        answer->size = 3 + 2 * cut_to;
        words_add(answer, base_text("\""));
        was_spoiled = true;
    }
}

static void spoil_by_adding(size_t index, struct recorded_words *answer,
                            struct substrate_reply *reply) {
    (void)reply;
    if (index == spoiled && answer->data[0] == '"') {
        answer->size -= 1;
        words_add(answer, base_text("00\""));
        was_spoiled = true;
    }
}

/* Spoils each answer of each function in turn; `check` looks at what came of it. */
static void spoil_each(recorded_spoiler *spoiler,
                       void (*check)(const struct value_case *wanted,
                                     const struct substrate_query *query)) {
    for (size_t i = 0; i < CASES; i++) {
        size_t answers = 1;
        for (spoiled = 0; spoiled < answers; spoiled++) {
            struct substrate_query *query = recorded_query(cases[i].function, cases[i].arguments);
            was_spoiled = false;
            size_t given = recorded_run(query, spoiler, NULL);
            answers = given > answers ? given : answers;
            if (given > spoiled) {
                check(&cases[i], query);
            }
            substrate_query_free(query);
        }
    }
}

static void is_rpc_error(const struct value_case *wanted, const struct substrate_query *query) {
    ck_assert_msg(query->outcome.status == SUBSTRATE_E_RPC, "%s: %s", wanted->function,
                  substrate_status_name(query->outcome.status));
    ck_assert_int_eq(query->outcome.error.rpc_code, -32000);
}

static void is_no_value(const struct value_case *wanted, const struct substrate_query *query) {
    ck_assert_msg(query->outcome.status == SUBSTRATE_E_DECODE ||
                      query->outcome.status == SUBSTRATE_E_PROTOCOL ||
                      query->outcome.status == SUBSTRATE_E_NOT_FOUND,
                  "%s: %s: %s", wanted->function, substrate_status_name(query->outcome.status),
                  instead);
    ck_assert_uint_gt(strlen(query->outcome.error.message), 0);
    ck_assert_ptr_null(subtensor_value(query));
}

START_TEST(test_an_error_is_never_a_value) {
    recorded_load();
    spoil_each(spoil_with_error, is_rpc_error);
}
END_TEST

START_TEST(test_other_json_is_no_value) {
    static const char *const texts[] = {"7", "true", "{}", "\"0xzz\"", "\"12\"", "", "[[]]"};
    recorded_load();
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        instead = texts[i];
        spoil_each(spoil_with_text, is_no_value);
    }
}
END_TEST

/* Bytes that are handed on as they are may be any. */
static void does_not_decode(const struct value_case *wanted, const struct substrate_query *query) {
    if (was_spoiled && strcmp(wanted->function, "state_call") != 0) {
        ck_assert_msg(query->outcome.status == SUBSTRATE_E_DECODE, "%s: %s", wanted->function,
                      substrate_status_name(query->outcome.status));
        ck_assert_ptr_null(subtensor_value(query));
    }
}

START_TEST(test_bytes_that_are_cut_off) {
    recorded_load();
    for (cut_to = 0; cut_to < 40; cut_to++) {
        spoil_each(spoil_by_cutting, does_not_decode);
    }
    for (cut_to = 41; cut_to < 2000; cut_to += 97) {
        spoil_each(spoil_by_cutting, does_not_decode);
    }
}
END_TEST

START_TEST(test_bytes_that_are_left_over) {
    recorded_load();
    spoil_each(spoil_by_adding, does_not_decode);
}
END_TEST

/* ---- answers made by hand ---- */

#define KEY_1 "0101010101010101010101010101010101010101010101010101010101010101"
#define KEY_2 "0202020202020202020202020202020202020202020202020202020202020202"

static struct substrate_query *ask_with(const char *function, const char *arguments,
                                        const char *answer) {
    struct substrate_query *query = recorded_query(function, arguments);
    spoiled = 0;
    instead = answer;
    (void)recorded_run(query, spoil_with_text, NULL);
    return query;
}

/* Two stakes: netuid 1 with 0 rao; netuid 2 with 5 rao, 1, 2, 3 and 4 of the rest, registered. */
START_TEST(test_stakes_of_nothing_are_left_out) {
    recorded_load();
    struct substrate_query *query =
        ask_with("get_stake_info_for_coldkey", "[\"" ALICE "\"]",
                 "\"0x08" KEY_1 KEY_2 "04000000000000" KEY_1 KEY_2 "081404080c1001\"");
    const struct subtensor_stake_infos *stakes = subtensor_value(query);
    ck_assert_msg(query->outcome.status == SUBSTRATE_OK, "%s", query->outcome.error.message);
    ck_assert_uint_eq(stakes->count, 1);
    ck_assert_uint_eq(stakes->list[0].netuid, 2);
    ck_assert_uint_eq(stakes->list[0].stake, 5);
    ck_assert_uint_eq(stakes->list[0].locked, 1);
    ck_assert_uint_eq(stakes->list[0].emission, 2);
    ck_assert_uint_eq(stakes->list[0].tao_emission, 3);
    ck_assert_uint_eq(stakes->list[0].drain, 4);
    ck_assert(stakes->list[0].is_registered);
    ck_assert_uint_eq(stakes->list[0].hotkey_ss58.bytes[31], 1);
    ck_assert_uint_eq(stakes->list[0].coldkey_ss58.bytes[0], 2);
    substrate_query_free(query);
}
END_TEST

/* A stake that is there, and one that is not. */
START_TEST(test_stake_of_one_pair) {
    recorded_load();
    struct substrate_query *query = ask_with("get_stake", "[\"" BOB "\",\"" NOBODY "\",2]",
                                             "\"0x01" KEY_1 KEY_2 "081404080c1001\"");
    ck_text_eq(query->outcome.value, "5");
    substrate_query_free(query);
    query = ask_with("get_stake", "[\"" BOB "\",\"" NOBODY "\",2]", "\"0x00\"");
    ck_text_eq(query->outcome.value, "null");
    ck_assert_ptr_null(subtensor_value(query));
    substrate_query_free(query);
}
END_TEST

/* Two children: 1 of 2^64 - 1, and all of it. */
START_TEST(test_children) {
    recorded_load();
    struct substrate_query *query =
        ask_with("get_children", "[\"" ALICE "\",2]",
                 "\"0x080100000000000000" KEY_1 "ffffffffffffffff" KEY_2 "\"");
    const struct subtensor_children *children = subtensor_value(query);
    ck_assert_msg(query->outcome.status == SUBSTRATE_OK, "%s", query->outcome.error.message);
    ck_assert_uint_eq(children->count, 2);
    ck_assert_uint_eq(children->list[1].proportion, UINT64_MAX);
    ck_text_eq(query->outcome.value,
               "[[1,\"5C62Ck4UrFPiBtoCmeSrgF7x9yv9mn38446dhCpsi2mLHiFT\"],[\"18446744073709551615"
               "\",\"5C7LYpP2ZH3tpKbvVvwiVe54AapxErdPBbvkYhe6y9ZBkqWt\"]]");
    substrate_query_free(query);
}
END_TEST

/* What a neuron of the recording has committed to, as the pallet stores it: deposit, block, fields.
 */
static void expect_commitment(const char *fields, const char *value) {
    char answer[256];
    struct substrate_query *query = recorded_query("get_commitment", "[2,0]");
    (void)snprintf(answer, sizeof(answer), "\"0x000000000000000007000000%s\"", fields);
    spoiled = 1;
    instead = answer;
    (void)recorded_run(query, spoil_with_text, NULL);
    ck_assert_msg(query->outcome.status == SUBSTRATE_OK, "%s: %s", fields,
                  query->outcome.error.message);
    ck_text_eq(query->outcome.value, value);
    substrate_query_free(query);
}

#define HASH "ff00000000000000000000000000000000000000000000000000000000000000"

START_TEST(test_commitments) {
    recorded_load();
    expect_commitment("04036869", "\"hi\"");               /* Raw2 */
    expect_commitment("080368690221", "\"hi\"");           /* Raw2, Raw1: the first */
    expect_commitment("0403ff69", "\"0xff69\"");           /* no UTF-8 */
    expect_commitment("0401", "\"\"");                     /* Raw0 */
    expect_commitment("0400", "\"\"");                     /* None */
    expect_commitment("00", "\"\"");                       /* no field */
    expect_commitment("0488086869", "\"hi\"");             /* BigRaw */
    expect_commitment("0487", "\"\"");                     /* ResetBondsFlag */
    expect_commitment("048604680100000000000000", "null"); /* TimelockEncrypted */
    expect_commitment("0482" HASH, "\"0x" HASH "\"");      /* BlakeTwo256 */
}
END_TEST

/* ---- runtimes ---- */

/* A query that runs with metadata V14, which describes no runtime APIs. */
START_TEST(test_a_runtime_without_the_api_is_named) {
    struct substrate_hash genesis = {{0}};
    recorded_load();
    struct query_runtime *old = query_runtime_new(&genesis, 200, 1, fixture_metadata(FIXTURE_V14));
    struct substrate_query *query = recorded_query("neurons", "[2]");
    recorded_provide(query, old);
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_FAILED);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(query->outcome.error.message, "NeuronInfoRuntimeApi"));
    substrate_query_free(query);
    query = recorded_query("get_metagraph_info", "[2,1]");
    (void)recorded_run(query, NULL, NULL);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(query->outcome.error.message, "get_selective_mechagraph"));
    substrate_query_free(query);
    query_runtime_release(old);
}
END_TEST

/* Whoever asked did nothing wrong: it is the runtime that is another. Here a row gives two bytes
 * where the runtime takes an account. */
START_TEST(test_a_runtime_with_other_arguments_is_named) {
    static const struct subtensor_argument argument[] = {
        {"netuid", SUBTENSOR_NETUID, false, "two bytes"}};
    static const struct read call[] = {{READ_CALL, 0, "StakeInfoRuntimeApi",
                                        "get_stake_info_for_coldkey", "0", &shape_stake_infos,
                                        NULL}};
    static const struct function row = {.face = {"row", "", argument, 1, ""},
                                        .needs = QUERY_NEEDS_CALL_RUNTIME,
                                        .shape = &shape_stake_infos,
                                        .reads = call,
                                        .read_count = 1};
    const struct function_value value = {.given = true, .number = 2};
    struct substrate_query *query = NULL;
    recorded_load();
    ck_assert_int_eq(function_query(&row, &value, NULL, false, &query), SUBSTRATE_OK);
    recorded_provide(query, recorded.runtime);
    ck_assert_int_eq(query_step(query, NULL, 0), QUERY_FAILED);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_DECODE);
    ck_assert_int_eq(query->outcome.error.status, SUBSTRATE_E_DECODE);
    ck_assert_ptr_nonnull(
        strstr(query->outcome.error.message,
               "row: StakeInfoRuntimeApi.get_stake_info_for_coldkey: coldkey_account: "));
    substrate_query_free(query);
}
END_TEST

/* The last byte of the last value of a map is missing. */
static void without_a_byte(size_t index, struct recorded_words *answer,
                           struct substrate_reply *reply) {
    static const char end[] = "\"]]}]";
    (void)reply;
    if (index > 0) {
        answer->size -= sizeof(end) - 1 + 2;
        words_add(answer, base_text(end));
    }
}

START_TEST(test_a_bad_entry_is_named) {
    recorded_load();
    struct substrate_query *query = recorded_query("weights", "[2]");
    (void)recorded_run(query, without_a_byte, NULL);
    ck_assert_int_eq(query->outcome.status, SUBSTRATE_E_DECODE);
    ck_assert_msg(base_text_starts(
                      base_text(query->outcome.error.message),
                      "weights: the entry [2,8]: value: Vec<(u16, u16)>: 9 items are claimed, 35"),
                  "%s", query->outcome.error.message);
    substrate_query_free(query);
}
END_TEST

/* ---- memory ---- */

static const struct value_case *scarce;

/* Each time as if it was the first: nothing is kept beside the metadata, before or after. */
static bool one_function(void) {
    struct substrate_query *query = NULL;
    struct substrate_error error;
    enum substrate_status status =
        subtensor_query(subtensor_function_find(scarce->function), base_text(scarce->arguments),
                        NULL, &query, &error);
    if (status != SUBSTRATE_OK) {
        ck_assert_int_eq(status, SUBSTRATE_E_MEMORY);
        ck_assert_ptr_null(query);
        return false;
    }
    (void)recorded_run(query, NULL, NULL);
    status = query->outcome.status;
    ck_assert_msg(status == SUBSTRATE_OK || status == SUBSTRATE_E_MEMORY, "%s: %s",
                  scarce->function, query->outcome.error.message);
    if (status == SUBSTRATE_OK && scarce->value != NULL) {
        ck_text_eq(query->outcome.value, scarce->value);
    }
    substrate_query_free(query);
    metadata_kept_clear(recorded.runtime->metadata);
    return status == SUBSTRATE_OK;
}

START_TEST(test_each_allocation_may_fail) {
    recorded_load();
    metadata_kept_clear(recorded.runtime->metadata);
    for (size_t i = 0; i < CASES; i++) {
        scarce = &cases[i];
        client_fail_each(one_function);
    }
}
END_TEST

CHECK_MAIN("subtensor_recorded", test_values_and_rounds,
           test_structs_agree_with_the_generic_decoder, test_neurons_have_sums_and_places,
           test_lite_neurons_show_no_weights, test_weights_are_by_uid,
           test_subnets_have_prices_and_texts, test_metagraph_is_made_of_its_parts,
           test_selected_fields_only, test_delegates_have_totals, test_block_info_has_its_timestamp,
           test_block_info_of_a_block_without_a_timestamp, test_how_values_came_about,
           test_an_error_is_never_a_value, test_other_json_is_no_value, test_bytes_that_are_cut_off,
           test_bytes_that_are_left_over, test_stakes_of_nothing_are_left_out,
           test_stake_of_one_pair, test_children, test_commitments,
           test_a_runtime_without_the_api_is_named, test_a_runtime_with_other_arguments_is_named,
           test_a_bad_entry_is_named, test_each_allocation_may_fail)
