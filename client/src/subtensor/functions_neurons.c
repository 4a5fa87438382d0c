/* Functions about neurons, and metagraphs. */
#include <string.h>

#include <substrate/storage.h>
#include <subtensor/metagraph.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"
#include "entries.h"
#include "rows.h"
#include "shapes.h"

#define PALLET "SubtensorModule"
#define API "NeuronInfoRuntimeApi"
#define NEEDS_STATE QUERY_NEEDS_STATE_RUNTIME
#define NEEDS_CALL QUERY_NEEDS_CALL_RUNTIME

/* ---- neurons ---- */

const struct subtensor_neuron_list *neurons_with_sums(struct substrate_query *query,
                                                      const struct subtensor_neuron *from,
                                                      size_t count) {
    struct subtensor_neuron_list *neurons = function_alloc(query, 1, sizeof(*neurons));
    struct subtensor_neuron *list = function_alloc(query, count, sizeof(*list));
    if (neurons == NULL || list == NULL) {
        return NULL;
    }
    memcpy(list, from, count * sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < list[i].stake_dict.count; j++) {
            uint64_t amount = list[i].stake_dict.list[j].amount;
            list[i].stake += amount;
            if (list[i].stake < amount) {
                (void)query_fail_with(query, SUBSTRATE_E_DECODE, "stakes beyond 2^64 rao");
                return NULL;
            }
        }
    }
    *neurons = (struct subtensor_neuron_list){list, count};
    return neurons;
}

static enum query_progress neurons(struct substrate_query *query, struct asking *asking,
                                   const struct substrate_reply *replies, size_t count) {
    const struct subtensor_neuron_list *read = asking->results[0];
    (void)replies;
    (void)count;
    const struct subtensor_neuron_list *made = neurons_with_sums(query, read->list, read->count);
    return made != NULL ? function_done(query, asking, made) : QUERY_FAILED;
}

static enum query_progress neuron(struct substrate_query *query, struct asking *asking,
                                  const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    if (asking->results[0] == NULL) {
        return function_done(query, asking, NULL);
    }
    const struct subtensor_neuron_list *made = neurons_with_sums(query, asking->results[0], 1);
    return made != NULL ? function_done(query, asking, made->list) : QUERY_FAILED;
}

static const struct read neurons_reads[] = {
    {READ_CALL, 0, API, "get_neurons", "0", &shape_neurons, NULL}};
static const struct read neurons_lite_reads[] = {
    {READ_CALL, 0, API, "get_neurons_lite", "0", &shape_neurons_lite, NULL}};
static const struct read neuron_reads[] = {
    {READ_CALL, READ_OPTION, API, "get_neuron", "10", &shape_neuron, NULL}};

/* ---- last update ---- */

static const struct read update_reads[] = {
    {READ_STORAGE, 0, PALLET, "LastUpdate", "0", &shape_u64s, NULL},
    {READ_HEIGHT, 0, "", "", "", &shape_u64, NULL},
};

static enum query_progress blocks_since(struct substrate_query *query, struct asking *asking,
                                        const struct substrate_reply *replies, size_t count) {
    const struct subtensor_u64s *updates = asking->results[0];
    const uint64_t *height = asking->results[1];
    uint64_t uid = asking->values[1].number;
    (void)replies;
    (void)count;
    if (uid >= updates->count) {
        asking->presence = SUBSTRATE_ABSENT;
        return function_done(query, asking, NULL);
    }
    if (updates->list[uid] > *height) {
        return query_fail_with(query, SUBSTRATE_E_DECODE,
                               "the last update is in a block after the one that is read");
    }
    uint64_t *blocks = function_alloc(query, 1, sizeof(*blocks));
    if (blocks == NULL) {
        return QUERY_FAILED;
    }
    *blocks = *height - updates->list[uid];
    return function_done(query, asking, blocks);
}

/* ---- weights and bonds ---- */

static enum substrate_status make_rows(const char *item, const struct function_value *values,
                                       const struct substrate_pin *pin,
                                       struct substrate_query **query) {
    uint16_t index;
    if (!mechanism_index(values[0].number, values[1].number, &index)) {
        return SUBSTRATE_E_ARGUMENT;
    }
    const uint8_t scale[2] = {(uint8_t)(index & 0xff), (uint8_t)(index >> 8)};
    const struct substrate_storage_entry entry = {
        PALLET, item, {{NULL, 0}, {scale, sizeof(scale)}}};
    return substrate_query_storage_map(&entry, NULL, pin, query);
}

static enum substrate_status make_weights(const struct function_value *values,
                                          const struct substrate_pin *pin,
                                          struct substrate_query **query) {
    return make_rows("Weights", values, pin, query);
}

static enum substrate_status make_bonds(const struct function_value *values,
                                        const struct substrate_pin *pin,
                                        struct substrate_query **query) {
    return make_rows("Bonds", values, pin, query);
}

static enum query_progress rows(struct substrate_query *query, struct asking *asking,
                                const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    const struct subtensor_uid_rows *list = entries_uid_rows(query);
    return list != NULL ? function_done(query, asking, list) : QUERY_FAILED;
}

/* ---- commitments ---- */

static const struct read key_reads[] = {
    {READ_STORAGE, 0, PALLET, "Keys", "01", &shape_account, NULL}};
static const struct read commitment_reads[] = {
    {READ_STORAGE, 0, "Commitments", "CommitmentOf", "0k", NULL, NULL}};

/* The first field of a commitment as text: {"type":"Raw5","value":["0x…"]}, or, beyond 128 bytes,
 * {"type":"BigRaw","value":[["0x…"]]}. One that is missing, or {"type":"None","value":null}, has no
 * bytes; {NULL, 0} is one that is not in clear. */
static bool first_text(struct substrate_query *query, struct base_json commitment,
                       struct substrate_text *text) {
    struct base_json none = {BASE_JSON_NONE, {NULL, 0}}, fields = none, field = none, bytes;
    struct base_json_walk walk;
    struct substrate_text name;
    struct substrate_text hex;
    *text = (struct substrate_text){"", 0};
    base_json_walk_init(&walk, base_json_member(base_json_member(commitment, "info"), "fields"));
    (void)base_json_walk_next(&walk, &name, &fields); /* a BoundedVec has its Vec in an array */
    base_json_walk_init(&walk, fields);
    (void)base_json_walk_next(&walk, &name, &field);
    struct base_json value = base_json_member(field, "value");
    if (value.kind == BASE_JSON_NONE || value.kind == BASE_JSON_NULL) {
        return true;
    }
    *text = (struct substrate_text){NULL, 0};
    bytes = entries_unwrapped(value);
    uint8_t *out = function_alloc(query, bytes.raw.size / 2, 1);
    if (out == NULL) {
        return false;
    }
    if (bytes.kind == BASE_JSON_STRING && base_json_string(bytes, &query->round, &hex) &&
        base_hex_read(hex, out, bytes.raw.size / 2, &text->size)) {
        text->data = (const char *)out;
    }
    return true;
}

static enum query_progress take_commitment(struct substrate_query *query, struct asking *asking,
                                           const struct substrate_reply *replies, size_t count) {
    struct base_json json;
    struct substrate_text *text = function_alloc(query, 1, sizeof(*text));
    (void)count;
    if (text == NULL || !reads_take(query, asking, 1, replies)) {
        return QUERY_FAILED;
    }
    const struct substrate_text *commitment = asking->results[0];
    if (commitment == NULL) {
        return function_done(query, asking, NULL);
    }
    if (base_json_parse(*commitment, BASE_JSON_DEPTH_MAX, &json, NULL) != SUBSTRATE_OK) {
        return query_fail_with(query, SUBSTRATE_E_LIMIT, "the commitment is nested too deep");
    }
    if (!first_text(query, json, text)) {
        return QUERY_FAILED;
    }
    return function_done(query, asking, text->data != NULL ? text : NULL);
}

/* The chain has commitments by hotkey: that of the neuron is found first. */
static enum query_progress commitment(struct substrate_query *query, struct asking *asking,
                                      const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    if (asking->presence != SUBSTRATE_PRESENT) {
        asking->presence = SUBSTRATE_ABSENT;
        return function_done(query, asking, NULL);
    }
    asking->found = *(const struct substrate_hash *)asking->results[0];
    if (!reads_ask(query, asking, commitment_reads, 1)) {
        return QUERY_FAILED;
    }
    asking->next = take_commitment;
    return query_ask(query);
}

/* ---- rows ---- */

static const struct subtensor_argument netuid[] = {ARGUMENT_NETUID};
static const struct subtensor_argument uid_and_netuid[] = {ARGUMENT_UID, ARGUMENT_NETUID};
static const struct subtensor_argument netuid_and_uid[] = {ARGUMENT_NETUID, ARGUMENT_UID};
static const struct subtensor_argument netuid_and_mechid[] = {ARGUMENT_NETUID, ARGUMENT_MECHID};

const struct function functions_neurons[] = {
    {.face = {"neurons", "The neurons of a subnet, with weights and bonds", ROW_ARGUMENTS(netuid),
              "[{hotkey, coldkey, uid, …}, …], by uid"},
     .needs = NEEDS_CALL,
     .shape = &shape_neurons,
     ROW_READS(neurons_reads),
     .finish = neurons},
    {.face = {"neurons_lite", "The neurons of a subnet, without weights and bonds",
              ROW_ARGUMENTS(netuid), "[{hotkey, coldkey, uid, …}, …], by uid"},
     .needs = NEEDS_CALL,
     .shape = &shape_neurons_lite,
     ROW_READS(neurons_lite_reads),
     .finish = neurons},
    {.face = {"neuron_for_uid", "A neuron of a subnet", ROW_ARGUMENTS(uid_and_netuid),
              "{hotkey, coldkey, uid, …}, or null"},
     .needs = NEEDS_CALL,
     .shape = &shape_neuron,
     ROW_READS(neuron_reads),
     .finish = neuron},
    {.face = {"blocks_since_last_update", "How long ago a neuron has set weights",
              ROW_ARGUMENTS(netuid_and_uid), "an integer: blocks; or null"},
     .needs = NEEDS_STATE,
     .shape = &shape_u64,
     ROW_READS(update_reads),
     .finish = blocks_since},
    {.face = {"weights", "The weights that the neurons of a subnet have set",
              ROW_ARGUMENTS(netuid_and_mechid), "[[uid, [[uid, weight of 65535], …]], …]"},
     .shape = &shape_uid_rows,
     .make = make_weights,
     .finish = rows},
    {.face = {"bonds", "The bonds that the neurons of a subnet have",
              ROW_ARGUMENTS(netuid_and_mechid), "[[uid, [[uid, bond of 65535], …]], …]"},
     .shape = &shape_uid_rows,
     .make = make_bonds,
     .finish = rows},
    {.face = {"get_commitment", "What a neuron has committed to", ROW_ARGUMENTS(netuid_and_uid),
              "a string, or null if there is none, or none in clear"},
     .needs = NEEDS_STATE,
     .shape = &shape_text,
     ROW_READS(key_reads),
     .finish = commitment},
    {.face = {NULL, NULL, NULL, 0, NULL}},
};
