/* Bittensor's functions of C, over the in-memory transport, on recorded answers: arguments reach
 * the question, values the struct, and what is not there is said. */
#include "client_pipe.h"
#include "subtensor_recorded.h"

#include <substrate/ss58.h>

#include "subtensor/function.h"

#define HEAD_TEXT "\"" RECORDED_HEAD "\""

static struct node node;
static struct substrate_text metadata; /* as the runtime gives it: Option<Vec<u8>>, in hex */

/* ---- the node ---- */

static void load_metadata(void) {
    struct fixture_bytes blob = fixture_file(FIXTURE_V15);
    size_t length = blob.size << 2 | 2; /* compact, of four bytes */
    char *text = malloc(2 * blob.size + 32);
    ck_assert_ptr_nonnull(text);
    int at = snprintf(text, 16, "\"0x01%02x%02x%02x%02x", (unsigned)(length & 0xff),
                      (unsigned)(length >> 8 & 0xff), (unsigned)(length >> 16 & 0xff),
                      (unsigned)(length >> 24 & 0xff));
    base_hex_write(fixture_view(blob), text + at);
    text[(size_t)at + 2 * blob.size] = '"';
    metadata = (struct substrate_text){text, (size_t)at + 2 * blob.size + 1};
    free(blob.data);
}

static struct recorded_words result_of(const struct substrate_request *request) {
    struct recorded_words words = {NULL, 0};
    if (strcmp(request->method, "chain_getBlockHash") == 0) {
        words_add(&words, base_text(HEAD_TEXT));
    } else if (strcmp(request->method, "state_getRuntimeVersion") == 0) {
        words_add(&words, base_text("{\"specVersion\":293,\"transactionVersion\":1}"));
    } else if (strcmp(request->method, "state_call") == 0 &&
               base_json_is(recorded_param(request->params, 0), "Metadata_metadata_at_version")) {
        words_add(&words, metadata);
    } else {
        words = recorded_answer(request);
    }
    return words;
}

static void answer(struct node *to, const struct node_request *asked) {
    struct recorded_words words = {NULL, 0};
    char method[64], head[64];
    (void)snprintf(method, sizeof(method), "%.*s", (int)asked->method.size, asked->method.data);
    const struct substrate_request request = {method, asked->params, 0};
    struct recorded_words result = result_of(&request);
    (void)snprintf(head, sizeof(head),
                   "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":", (unsigned long long)asked->id);
    words_add(&words, base_text(head));
    words_add(&words, (struct substrate_text){result.data, result.size});
    words_add(&words, base_text("}"));
    pipe_send(to->transport, asked->socket, (struct substrate_text){words.data, words.size});
    free(result.data);
    free(words.data);
}

static struct substrate_connection *start(void) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    struct substrate_error error;
    recorded_load();
    if (metadata.data == NULL) {
        load_metadata();
    }
    ck_assert_int_eq(node_start(&node, answer), SUBSTRATE_OK);
    options.url = "ws://pipe";
    options.engine = node.engine;
    ck_assert_msg(substrate_connection_open(&options, &connection, &error) == SUBSTRATE_OK, "%s",
                  error.message);
    return connection;
}

static void stop(struct substrate_connection *connection) {
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
}

static struct substrate_hash account(const char *address) {
    struct substrate_hash bytes;
    uint16_t prefix = 0;
    ck_assert_int_eq(substrate_ss58_decode(base_text(address), &bytes, &prefix, NULL),
                     SUBSTRATE_OK);
    return bytes;
}

#define ALICE "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
#define BOB "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
#define NOBODY "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"
#define BOBS_HOTKEY "5Fero7KJfc1576wm8heUgHW4jqonH6cnE6C8RULPt3x7DW5o"
#define PARENT "5C7cqZH5MGhvCwtxH3271gLgHqXSxT1RuTm4y7Za44XEU9FL"
#define HOTKEY "5ERf8QxsTWXb51QrTCMcu6Rj3ujLBLbsEp5GbKCy9Q4PAV71"

#define OK(call)                                                                       \
    do {                                                                               \
        struct substrate_error error = {0};                                            \
        enum substrate_status status = (call);                                         \
        ck_assert_msg(status == SUBSTRATE_OK, "%s: %s", substrate_status_name(status), \
                      error.message);                                                  \
    } while (0)

/* ---- plain values ---- */

START_TEST(test_plain_values) {
    struct substrate_connection *connection = start();
    const struct substrate_hash alice = account(ALICE), hotkey = account(HOTKEY);
    const struct substrate_pin pin = {.hash = &recorded.head};
    uint64_t number = 0;
    uint16_t total = 0;
    bool truth = false;
    OK(subtensor_get_current_block(connection, &pin, &number, &error));
    ck_assert_uint_eq(number, 73);
    OK(subtensor_get_timestamp(connection, &pin, &number, &error));
    ck_assert_uint_eq(number, 1754006473000);
    OK(subtensor_get_existential_deposit(connection, &pin, &number, &error));
    ck_assert_uint_eq(number, 500);
    OK(subtensor_get_balance(connection, &alice, &pin, &number, &error));
    ck_assert_uint_eq(number, 999965407677259);
    OK(subtensor_get_subnet_price(connection, 2, NULL, &number, &error));
    ck_assert_uint_eq(number, 7737607790148);
    OK(subtensor_get_total_subnets(connection, NULL, &total, &error));
    ck_assert_uint_eq(total, 6);
    OK(subtensor_subnet_exists(connection, 2, NULL, &truth, &error));
    ck_assert(truth);
    OK(subtensor_subnet_exists(connection, 5, NULL, &truth, &error));
    ck_assert(!truth);
    OK(subtensor_does_hotkey_exist(connection, &hotkey, NULL, &truth, &error));
    ck_assert(truth);
    OK(subtensor_is_hotkey_registered(connection, &hotkey, 3, NULL, &truth, &error));
    ck_assert(!truth);
    OK(subtensor_is_hotkey_registered(connection, &hotkey, 2, NULL, &truth, &error));
    ck_assert(truth);
    OK(subtensor_is_hotkey_registered_any(connection, &alice, NULL, &truth, &error));
    ck_assert(!truth);
    stop(connection);
}
END_TEST

START_TEST(test_values_that_may_not_be_there) {
    struct substrate_connection *connection = start();
    const struct substrate_hash alice = account(ALICE), hotkey = account(HOTKEY);
    struct subtensor_maybe_u16 small;
    struct subtensor_maybe_u64 great;
    struct subtensor_maybe_account owner;
    OK(subtensor_tempo(connection, 4, NULL, &small, &error));
    ck_assert(small.present);
    ck_assert_uint_eq(small.value, 18);
    OK(subtensor_tempo(connection, 5, NULL, &small, &error));
    ck_assert(!small.present);
    ck_assert_uint_eq(small.value, 0);
    OK(subtensor_get_uid_for_hotkey_on_subnet(connection, &hotkey, 2, NULL, &small, &error));
    ck_assert(small.present);
    ck_assert_uint_eq(small.value, 0);
    OK(subtensor_get_uid_for_hotkey_on_subnet(connection, &hotkey, 3, NULL, &small, &error));
    ck_assert(!small.present);
    OK(subtensor_blocks_since_last_update(connection, 2, 8, NULL, &great, &error));
    ck_assert(great.present);
    ck_assert_uint_eq(great.value, 40);
    OK(subtensor_blocks_since_last_update(connection, 2, 9, NULL, &great, &error));
    ck_assert(!great.present);
    OK(subtensor_get_hotkey_owner(connection, &hotkey, NULL, &owner, &error));
    ck_assert(owner.present);
    ck_assert_mem_eq(&owner.value, &alice, sizeof(alice));
    OK(subtensor_get_hotkey_owner(connection, &alice, NULL, &owner, &error));
    ck_assert(!owner.present);
    stop(connection);
}
END_TEST

/* ---- structs ---- */

static void check_hash(struct base_json json, const struct substrate_hash *hash) {
    char text[2 * sizeof(hash->bytes) + 1];
    base_hex_write((struct substrate_bytes){hash->bytes, sizeof(hash->bytes)}, text);
    ck_assert_uint_eq(json.raw.size, 2 * sizeof(hash->bytes) + 4); /* with "0x" and quotes */
    ck_assert_mem_eq(json.raw.data + 3, text, 2 * sizeof(hash->bytes));
}

START_TEST(test_blocks) {
    struct substrate_connection *connection = start();
    const struct subtensor_block_info *block;
    struct substrate_hash hash;
    struct base_json header, log;
    char text[32];
    OK(subtensor_get_block_hash(connection, NULL, &hash, &error));
    ck_assert_mem_eq(&hash, &recorded.head, sizeof(hash));
    OK(subtensor_get_block_info(connection, NULL, &block, &error));
    ck_assert_uint_eq(block->number, 73);
    ck_assert_mem_eq(&block->hash, &recorded.head, sizeof(hash));
    ck_assert(block->timestamp.present);
    ck_assert_uint_eq(block->timestamp.value, 1754006473000);
    ck_assert_int_eq(base_json_parse(recorded.header, 64, &header, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(block->header.number, 73);
    check_hash(base_json_member(header, "parentHash"), &block->header.parent_hash);
    check_hash(base_json_member(header, "stateRoot"), &block->header.state_root);
    check_hash(base_json_member(header, "extrinsicsRoot"), &block->header.extrinsics_root);
    ck_assert_uint_eq(block->header.logs.count, 1); /* the slot: 6, "aura", eight bytes */
    ck_assert_uint_eq(block->header.logs.list[0].size, 14);
    base_hex_write((struct substrate_bytes){(const uint8_t *)block->header.logs.list[0].data, 14},
                   text);
    log = recorded_param(base_json_member(base_json_member(header, "digest"), "logs").raw, 0);
    ck_assert_mem_eq(log.raw.data + 3, text, 28);
    ck_assert_uint_eq(block->extrinsics.count, 1);
    ck_assert(base_text_starts(block->extrinsics.list[0], "{\"hash\":\"0x"));
    ck_assert_int_eq(block->extrinsics.list[0].data[block->extrinsics.list[0].size - 1], '}');
    subtensor_free(block);
    stop(connection);
}
END_TEST

START_TEST(test_lists_of_accounts_and_subnets) {
    struct substrate_connection *connection = start();
    const struct substrate_hash accounts[] = {account(BOB), account(ALICE), account(BOB)};
    const struct subtensor_accounts wanted = {accounts, 3};
    const struct substrate_hash hotkey = account(HOTKEY);
    const struct subtensor_account_amounts *balances;
    const struct subtensor_u16s *netuids;
    const struct subtensor_children *children;
    OK(subtensor_get_balances(connection, &wanted, NULL, &balances, &error));
    ck_assert_uint_eq(balances->count, 3);
    ck_assert_uint_eq(balances->list[0].amount, 999704801599108);
    ck_assert_uint_eq(balances->list[1].amount, 999965407677259);
    ck_assert_uint_eq(balances->list[2].amount, 999704801599108);
    ck_assert_mem_eq(&balances->list[1].account, &accounts[1], sizeof(accounts[1]));
    subtensor_free(balances);
    OK(subtensor_get_netuids_for_hotkey(connection, &hotkey, NULL, &netuids, &error));
    ck_assert_uint_eq(netuids->count, 1);
    ck_assert_uint_eq(netuids->list[0], 2);
    subtensor_free(netuids);
    OK(subtensor_get_all_subnets_netuid(connection, NULL, &netuids, &error));
    ck_assert_uint_eq(netuids->count, 6);
    ck_assert_uint_eq(netuids->list[5], 6);
    subtensor_free(netuids);
    OK(subtensor_get_children(connection, &hotkey, 2, NULL, &children, &error));
    ck_assert_uint_eq(children->count, 0);
    ck_assert_ptr_nonnull(children->list);
    subtensor_free(children);
    stop(connection);
}
END_TEST

START_TEST(test_subnets) {
    struct substrate_connection *connection = start();
    const struct subtensor_hyperparameters *parameters;
    const struct subtensor_dynamic_info *subnet;
    const struct subtensor_dynamic_infos *all;
    const struct subtensor_subnet_info *info;
    OK(subtensor_get_subnet_hyperparameters(connection, 3, NULL, &parameters, &error));
    ck_assert_uint_eq(parameters->tempo, 16);
    ck_assert_uint_eq(parameters->max_difficulty, UINT64_MAX);
    ck_assert(parameters->alpha_sigmoid_steepness.present);
    ck_assert_double_eq(subtensor_i32f32_double(parameters->alpha_sigmoid_steepness.value), 1000);
    subtensor_free(parameters);
    OK(subtensor_subnet(connection, 4, NULL, &subnet, &error));
    ck_assert_uint_eq(subnet->netuid, 4);
    ck_assert_uint_eq(subnet->tempo, 18);
    subtensor_free(subnet);
    OK(subtensor_subnet(connection, 7, NULL, &subnet, &error));
    ck_assert_ptr_null(subnet);
    OK(subtensor_all_subnets(connection, NULL, &all, &error));
    ck_assert_uint_eq(all->count, 6);
    subtensor_free(all);
    OK(subtensor_get_subnet_info(connection, 6, NULL, &info, &error));
    ck_assert_uint_eq(info->tempo, 22);
    subtensor_free(info);
    stop(connection);
}
END_TEST

START_TEST(test_neurons) {
    struct substrate_connection *connection = start();
    const struct subtensor_metagraph_key key = {.netuid = 2};
    const struct subtensor_neuron_list *neurons;
    const struct subtensor_neuron *neuron;
    const struct subtensor_uid_rows *rows;
    const struct subtensor_metagraph_info *info;
    const struct subtensor_metagraph_data *graph;
    const struct substrate_text *commitment;
    OK(subtensor_neurons(connection, 2, NULL, &neurons, &error));
    ck_assert_uint_eq(neurons->count, 9);
    ck_assert_uint_eq(neurons->list[8].weights.count, 9);
    subtensor_free(neurons);
    OK(subtensor_neurons_lite(connection, 2, NULL, &neurons, &error));
    ck_assert_uint_eq(neurons->count, 9);
    ck_assert_uint_eq(neurons->list[8].weights.count, 0);
    subtensor_free(neurons);
    OK(subtensor_neuron_for_uid(connection, 3, 2, NULL, &neuron, &error));
    ck_assert_uint_eq(neuron->uid, 3);
    ck_assert_uint_eq(neuron->netuid, 2);
    subtensor_free(neuron);
    OK(subtensor_neuron_for_uid(connection, 9, 2, NULL, &neuron, &error));
    ck_assert_ptr_null(neuron);
    OK(subtensor_weights(connection, 2, 0, NULL, &rows, &error));
    ck_assert_uint_eq(rows->list[1].values.list[0].value, 267);
    subtensor_free(rows);
    OK(subtensor_bonds(connection, 2, 0, NULL, &rows, &error));
    ck_assert_uint_eq(rows->count, 9);
    subtensor_free(rows);
    OK(subtensor_get_metagraph_info(connection, 2, 0, NULL, &info, &error));
    ck_assert_uint_eq(info->tempo.value, 14);
    subtensor_free(info);
    OK(subtensor_metagraph(connection, &key, NULL, &graph, &error));
    ck_assert(graph->lite);
    ck_assert_uint_eq(graph->neurons.count, 9);
    subtensor_free(graph);
    OK(subtensor_get_commitment(connection, 2, 0, NULL, &commitment, &error));
    ck_assert_ptr_null(commitment);
    stop(connection);
}
END_TEST

START_TEST(test_stakes) {
    struct substrate_connection *connection = start();
    const struct substrate_hash alice = account(ALICE);
    const struct subtensor_stake_key key = {account(BOB), account(NOBODY), 2};
    const struct subtensor_stake_infos *stakes;
    const struct subtensor_delegates *delegates;
    struct subtensor_maybe_u64 stake;
    OK(subtensor_get_stake_info_for_coldkey(connection, &alice, NULL, &stakes, &error));
    ck_assert_uint_gt(stakes->count, 0);
    ck_assert_mem_eq(&stakes->list[0].coldkey_ss58, &alice, sizeof(alice));
    subtensor_free(stakes);
    OK(subtensor_get_delegates(connection, NULL, &delegates, &error));
    ck_assert_uint_gt(delegates->count, 0);
    subtensor_free(delegates);
    OK(subtensor_get_stake(connection, &key, NULL, &stake, &error));
    ck_assert(stake.value == 0);
    stop(connection);
}
END_TEST

/* ---- the same as JSON ---- */

/* A value of C must be what JSON says of the same question. JSON has the arguments by their names,
 * so that an argument in the place of another one is seen. A test of the functions in Python sees
 * to it that none is forgotten here. */
static void compare(const char *name, const char *arguments, const void *value) {
    struct base_buf json = BASE_BUF_INIT;
    struct substrate_query *query = recorded_ask(name, arguments);
    shape_write(function_asking(query)->function->shape, value, 42, &json);
    ck_assert_msg(base_text_equal(base_buf_view(&json), query->outcome.value), "%s %s: %.*s", name,
                  arguments, (int)json.size, json.data);
    base_buf_free(&json);
    substrate_query_free(query);
}

/* The kinds of values, by what the functions set: always there, by a pointer, or maybe present. */
#define PLAIN(function, type, json, ...)                             \
    do {                                                             \
        type value;                                                  \
        OK(subtensor_##function(__VA_ARGS__, NULL, &value, &error)); \
        compare(#function, json, &value);                            \
    } while (0)
#define STRUCT(function, type, json, ...)                            \
    do {                                                             \
        const struct type *value;                                    \
        OK(subtensor_##function(__VA_ARGS__, NULL, &value, &error)); \
        compare(#function, json, value);                             \
        subtensor_free(value);                                       \
    } while (0)
#define MAYBE(function, type, json, ...)                               \
    do {                                                               \
        struct type value;                                             \
        OK(subtensor_##function(__VA_ARGS__, NULL, &value, &error));   \
        compare(#function, json, value.present ? &value.value : NULL); \
    } while (0)

static void compare_blocks_and_accounts(struct substrate_connection *to) {
    const struct substrate_hash alice = account(ALICE), bob = account(BOB);
    const struct substrate_hash nobody = account(NOBODY), hotkey = account(HOTKEY);
    const struct substrate_hash accounts[] = {bob, nobody, alice};
    const struct subtensor_accounts some = {accounts, 3}, none = {accounts, 0};
    PLAIN(get_block_hash, struct substrate_hash, "{}", to);
    STRUCT(get_block_info, subtensor_block_info, "{}", to);
    PLAIN(get_current_block, uint64_t, "{}", to);
    PLAIN(get_timestamp, uint64_t, "{}", to);
    PLAIN(get_existential_deposit, uint64_t, "{}", to);
    PLAIN(get_balance, uint64_t, "{\"address\":\"" BOB "\"}", to, &bob);
    PLAIN(get_balance, uint64_t, "{\"address\":\"" NOBODY "\"}", to, &nobody);
    STRUCT(get_balances, subtensor_account_amounts,
           "{\"addresses\":[\"" BOB "\",\"" NOBODY "\",\"" ALICE "\"]}", to, &some);
    STRUCT(get_balances, subtensor_account_amounts, "{\"addresses\":[]}", to, &none);
    PLAIN(does_hotkey_exist, bool, "{\"hotkey_ss58\":\"" HOTKEY "\"}", to, &hotkey);
    PLAIN(does_hotkey_exist, bool, "{\"hotkey_ss58\":\"" ALICE "\"}", to, &alice);
    MAYBE(get_hotkey_owner, subtensor_maybe_account, "{\"hotkey_ss58\":\"" HOTKEY "\"}", to,
          &hotkey);
    MAYBE(get_hotkey_owner, subtensor_maybe_account, "{\"hotkey_ss58\":\"" BOB "\"}", to, &bob);
    PLAIN(is_hotkey_registered, bool, "{\"netuid\":2,\"hotkey_ss58\":\"" HOTKEY "\"}", to, &hotkey,
          2);
    PLAIN(is_hotkey_registered, bool, "{\"netuid\":3,\"hotkey_ss58\":\"" HOTKEY "\"}", to, &hotkey,
          3);
    PLAIN(is_hotkey_registered_any, bool, "{\"hotkey_ss58\":\"" HOTKEY "\"}", to, &hotkey);
    PLAIN(is_hotkey_registered_any, bool, "{\"hotkey_ss58\":\"" BOB "\"}", to, &bob);
    STRUCT(get_netuids_for_hotkey, subtensor_u16s, "{\"hotkey_ss58\":\"" HOTKEY "\"}", to, &hotkey);
    STRUCT(get_netuids_for_hotkey, subtensor_u16s, "{\"hotkey_ss58\":\"" BOB "\"}", to, &bob);
    MAYBE(get_uid_for_hotkey_on_subnet, subtensor_maybe_u16,
          "{\"netuid\":2,\"hotkey_ss58\":\"" HOTKEY "\"}", to, &hotkey, 2);
    MAYBE(get_uid_for_hotkey_on_subnet, subtensor_maybe_u16,
          "{\"netuid\":3,\"hotkey_ss58\":\"" HOTKEY "\"}", to, &hotkey, 3);
}

static void compare_subnets(struct substrate_connection *to) {
    PLAIN(subnet_exists, bool, "{\"netuid\":4}", to, 4);
    PLAIN(subnet_exists, bool, "{\"netuid\":258}", to, 258);
    PLAIN(get_total_subnets, uint16_t, "{}", to);
    STRUCT(get_all_subnets_netuid, subtensor_u16s, "{}", to);
    MAYBE(tempo, subtensor_maybe_u16, "{\"netuid\":3}", to, 3);
    MAYBE(tempo, subtensor_maybe_u16, "{\"netuid\":5}", to, 5);
    STRUCT(get_subnet_hyperparameters, subtensor_hyperparameters, "{\"netuid\":3}", to, 3);
    STRUCT(get_subnet_hyperparameters, subtensor_hyperparameters, "{\"netuid\":7}", to, 7);
    PLAIN(get_subnet_price, uint64_t, "{\"netuid\":2}", to, 2);
    PLAIN(get_subnet_price, uint64_t, "{\"netuid\":0}", to, 0);
    STRUCT(subnet, subtensor_dynamic_info, "{\"netuid\":4}", to, 4);
    STRUCT(subnet, subtensor_dynamic_info, "{\"netuid\":7}", to, 7);
    STRUCT(all_subnets, subtensor_dynamic_infos, "{}", to);
    STRUCT(get_subnet_info, subtensor_subnet_info, "{\"netuid\":6}", to, 6);
    STRUCT(get_subnet_info, subtensor_subnet_info, "{\"netuid\":7}", to, 7);
}

static void compare_neurons(struct substrate_connection *to) {
    const struct subtensor_metagraph_key lite = {.netuid = 2};
    const struct subtensor_metagraph_key whole = {.netuid = 2, .whole = true};
    const struct subtensor_metagraph_key never = {.netuid = 7};
    STRUCT(neurons, subtensor_neuron_list, "{\"netuid\":2}", to, 2);
    STRUCT(neurons, subtensor_neuron_list, "{\"netuid\":7}", to, 7);
    STRUCT(neurons_lite, subtensor_neuron_list, "{\"netuid\":2}", to, 2);
    STRUCT(neuron_for_uid, subtensor_neuron, "{\"netuid\":2,\"uid\":1}", to, 1, 2);
    STRUCT(neuron_for_uid, subtensor_neuron, "{\"netuid\":2,\"uid\":9}", to, 9, 2);
    MAYBE(blocks_since_last_update, subtensor_maybe_u64, "{\"uid\":8,\"netuid\":2}", to, 2, 8);
    MAYBE(blocks_since_last_update, subtensor_maybe_u64, "{\"uid\":9,\"netuid\":2}", to, 2, 9);
    STRUCT(weights, subtensor_uid_rows, "{\"mechid\":0,\"netuid\":2}", to, 2, 0);
    STRUCT(weights, subtensor_uid_rows, "{\"mechid\":1,\"netuid\":2}", to, 2, 1);
    STRUCT(bonds, subtensor_uid_rows, "{\"mechid\":0,\"netuid\":2}", to, 2, 0);
    STRUCT(bonds, subtensor_uid_rows, "{\"mechid\":1,\"netuid\":2}", to, 2, 1);
    STRUCT(get_commitment, substrate_text, "{\"uid\":1,\"netuid\":2}", to, 2, 1);
    STRUCT(get_commitment, substrate_text, "{\"uid\":0,\"netuid\":2}", to, 2, 0);
    STRUCT(get_metagraph_info, subtensor_metagraph_info, "{\"mechid\":0,\"netuid\":2}", to, 2, 0);
    STRUCT(get_metagraph_info, subtensor_metagraph_info, "{\"mechid\":0,\"netuid\":7}", to, 7, 0);
    STRUCT(metagraph, subtensor_metagraph_data, "{\"netuid\":2,\"lite\":true}", to, &lite);
    STRUCT(metagraph, subtensor_metagraph_data, "{\"netuid\":2,\"lite\":false}", to, &whole);
    STRUCT(metagraph, subtensor_metagraph_data, "{\"netuid\":7}", to, &never);
}

static void compare_stakes(struct substrate_connection *to) {
    const struct substrate_hash alice = account(ALICE), hotkey = account(HOTKEY);
    const struct substrate_hash nobody = account(NOBODY), parent = account(PARENT);
    const struct subtensor_stake_key some = {account(BOB), account(BOBS_HOTKEY), 2};
    const struct subtensor_stake_key none = {account(BOB), nobody, 2};
    MAYBE(get_stake, subtensor_maybe_u64,
          "{\"netuid\":2,\"hotkey_ss58\":\"" BOBS_HOTKEY "\",\"coldkey_ss58\":\"" BOB "\"}", to,
          &some);
    MAYBE(get_stake, subtensor_maybe_u64,
          "{\"netuid\":2,\"hotkey_ss58\":\"" NOBODY "\",\"coldkey_ss58\":\"" BOB "\"}", to, &none);
    STRUCT(get_stake_info_for_coldkey, subtensor_stake_infos, "{\"coldkey_ss58\":\"" ALICE "\"}",
           to, &alice);
    STRUCT(get_stake_info_for_coldkey, subtensor_stake_infos, "{\"coldkey_ss58\":\"" NOBODY "\"}",
           to, &nobody);
    STRUCT(get_delegates, subtensor_delegates, "{}", to);
    STRUCT(get_children, subtensor_children, "{\"netuid\":2,\"hotkey_ss58\":\"" PARENT "\"}", to,
           &parent, 2);
    STRUCT(get_children, subtensor_children, "{\"netuid\":2,\"hotkey_ss58\":\"" HOTKEY "\"}", to,
           &hotkey, 2);
}

START_TEST(test_structs_are_what_json_says) {
    struct substrate_connection *connection = start();
    compare_blocks_and_accounts(connection);
    compare_subnets(connection);
    compare_neurons(connection);
    compare_stakes(connection);
    stop(connection);
}
END_TEST

/* ---- failures ---- */

START_TEST(test_failures_leave_values_alone) {
    struct substrate_connection *connection = start();
    const struct substrate_pin never = {NULL, true, UINT64_MAX};
    const struct subtensor_metagraph_info *info = NULL;
    struct subtensor_maybe_u16 tempo = {true, 77};
    struct substrate_error error = {0};
    bool truth = true;
    ck_assert_int_eq(subtensor_subnet_exists(connection, 2, &never, &truth, &error),
                     SUBSTRATE_E_ARGUMENT);
    ck_assert(truth);
    ck_assert_int_eq(subtensor_tempo(connection, 2, &never, &tempo, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_uint_eq(tempo.value, 77);
    ck_assert_int_eq(subtensor_get_metagraph_info(connection, 2, 1, NULL, &info, &error),
                     SUBSTRATE_E_NOT_FOUND);
    ck_assert_ptr_null(info);
    ck_assert_int_eq(subtensor_subnet_exists(connection, 2, NULL, NULL, &error),
                     SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(subtensor_tempo(connection, 2, NULL, NULL, &error), SUBSTRATE_E_ARGUMENT);
    ck_assert_int_eq(subtensor_neurons(connection, 2, NULL, NULL, &error), SUBSTRATE_E_ARGUMENT);
    stop(connection);
}
END_TEST

/* The last allocation of a call is the struct that is given: it fails like all others. */
static bool ask_neurons(void) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    const struct subtensor_neuron_list *neurons = NULL;
    struct substrate_error error;
    bool good = node_start(&node, answer) == SUBSTRATE_OK;
    options.url = "ws://pipe";
    options.engine = node.engine;
    good = good && substrate_connection_open(&options, &connection, &error) == SUBSTRATE_OK &&
           subtensor_neurons_lite(connection, 2, NULL, &neurons, &error) == SUBSTRATE_OK;
    ck_assert(good == (neurons != NULL));
    subtensor_free(neurons);
    substrate_connection_close(connection);
    substrate_engine_close(node.engine);
    substrate_runtimes_forget();
    return good;
}

START_TEST(test_memory_that_is_not_there) {
    struct client_failing failing = {.fail_at = SIZE_MAX};
    struct substrate_allocator allocator = {client_failing_resize, &failing};
    stop(start());
    substrate_allocator_set(&allocator);
    ck_assert(ask_neurons());
    size_t made = atomic_load(&failing.made);
    for (size_t n = made > 40 ? made - 40 : 1; n <= made; n++) {
        failing.fail_at = n;
        atomic_store(&failing.made, 0);
        (void)ask_neurons();
        ck_assert_uint_eq(atomic_load(&failing.alive), 0);
    }
    substrate_allocator_set(NULL);
}
END_TEST

CHECK_MAIN("subtensor_ask", test_plain_values, test_values_that_may_not_be_there, test_blocks,
           test_lists_of_accounts_and_subnets, test_subnets, test_neurons, test_stakes,
           test_structs_are_what_json_says, test_failures_leave_values_alone,
           test_memory_that_is_not_there)
