/* Functions that give metagraphs. Runtimes have three ways to tell one: by mechanism and field, by
 * field, and whole; each newer one is asked where it is there. */
#include <string.h>

#include <subtensor/metagraph.h>

#include "rows.h"
#include "shapes.h"

#define PALLET "SubtensorModule"
#define API "SubnetInfoRuntimeApi"
#define NEEDS_CALL QUERY_NEEDS_CALL_RUNTIME
#define NEEDS_BOTH (QUERY_NEEDS_CALL_RUNTIME | QUERY_NEEDS_STATE_RUNTIME)

/* ---- info ---- */

static const struct read whole = {
    READ_CALL, READ_OPTION, API, "get_metagraph", "0", &shape_metagraph_info_plain, NULL};
#define READ_INFO                                                                              \
    {                                                                                          \
        READ_CALL, READ_OPTION, API, "get_selective_mechagraph", "01a", &shape_metagraph_info, \
            &whole                                                                             \
    }
static const struct read info_reads[] = {READ_INFO};

static const struct read selected_fields = {
    READ_CALL, READ_OPTION, API, "get_selective_metagraph", "02", &shape_metagraph_info, NULL};
static const struct read selected_reads[] = {{READ_CALL, READ_OPTION, API,
                                              "get_selective_mechagraph", "012",
                                              &shape_metagraph_info, &selected_fields}};

/* The info that a read gave, with what the runtime has in one number taken apart. A runtime without
 * mechanisms has given the subnet itself. false: the query has failed. */
static bool take_info(struct substrate_query *query, const struct asking *asking, size_t index,
                      const struct subtensor_metagraph_info **info) {
    const struct subtensor_metagraph_info *read = asking->results[index];
    uint64_t mechid = asking->values[1].number;
    bool by_mechanism = strcmp(asking->chosen[index]->name, "get_selective_mechagraph") == 0;
    *info = NULL;
    if (mechid > 0 && !by_mechanism) {
        (void)query_fail_with(query, SUBSTRATE_E_NOT_FOUND,
                              "the runtime has no mechanisms: no " API ".get_selective_mechagraph");
        return false;
    }
    if (read == NULL) {
        return true;
    }
    struct subtensor_metagraph_info *made = function_alloc(query, 1, sizeof(*made));
    if (made == NULL) {
        return false;
    }
    *made = *read;
    made->netuid = (uint16_t)(read->netuid % MECHANISM_STRIDE);
    made->mechid = (uint8_t)(read->netuid / MECHANISM_STRIDE);
    *info = made;
    return true;
}

static enum query_progress info(struct substrate_query *query, struct asking *asking,
                                const struct substrate_reply *replies, size_t count) {
    const struct subtensor_metagraph_info *made;
    (void)replies;
    (void)count;
    return take_info(query, asking, 0, &made) ? function_done(query, asking, made) : QUERY_FAILED;
}

static const struct subtensor_argument info_arguments[] = {
    ARGUMENT_NETUID,
    ARGUMENT_MECHID,
    {"selected_indices", SUBTENSOR_U16S, true, "numbers of the fields wanted; all if left out"},
};
static const struct function info_of_all = {
    .face = {"get_metagraph_info", "", ROW_ARGUMENTS(info_arguments), ""},
    .needs = NEEDS_CALL,
    .shape = &shape_metagraph_info,
    ROW_READS(info_reads),
    .finish = info};
static const struct function info_of_selected = {
    .face = {"get_metagraph_info", "", ROW_ARGUMENTS(info_arguments), ""},
    .needs = NEEDS_CALL,
    .shape = &shape_metagraph_info,
    ROW_READS(selected_reads),
    .finish = info};

/* Field 0, the netuid, is always among those that are asked for. */
static enum substrate_status make_info(const struct function_value *values,
                                       const struct substrate_pin *pin,
                                       struct substrate_query **query) {
    struct function_value all[] = {values[0], values[1], values[2]};
    struct base_arena arena;
    bool has_netuid = false;
    if (!values[2].given) {
        return function_query(&info_of_all, values, pin, false, query);
    }
    for (size_t i = 0; i < values[2].count; i++) {
        has_netuid = has_netuid || values[2].u16s[i] == 0;
    }
    base_arena_init(&arena, 0);
    uint16_t *list = base_arena_calloc(&arena, values[2].count + 1, sizeof(*list));
    enum substrate_status status = SUBSTRATE_E_MEMORY;
    if (list != NULL) {
        size_t first = has_netuid ? 0 : 1;
        if (values[2].count > 0) {
            memcpy(list + first, values[2].u16s, values[2].count * sizeof(*list));
        }
        all[2].u16s = list;
        all[2].count = values[2].count + first;
        status = function_query(&info_of_selected, all, pin, false, query);
    }
    base_arena_free(&arena);
    return status;
}

/* ---- metagraph ---- */

enum { READ_NEURONS, READ_STATE, READ_GRAPH, READ_MECHANISMS, READ_SPLIT, READ_BLOCK };

#define READ_THE_REST                                                                              \
    {READ_CALL, READ_OPTION, API, "get_subnet_state", "0", &shape_subnet_state, NULL}, READ_INFO,  \
        {READ_STORAGE, READ_MAY_LACK, PALLET, "MechanismCountCurrent", "0", &shape_u8, NULL},      \
        {READ_STORAGE, READ_MAY_LACK, PALLET, "MechanismEmissionSplit", "0", &shape_u16s, NULL}, { \
        READ_HEIGHT, 0, "", "", "", &shape_u64, NULL                                               \
    }

static const struct read metagraph_reads[] = {
    {READ_CALL, 0, "NeuronInfoRuntimeApi", "get_neurons", "0", &shape_neurons, NULL},
    READ_THE_REST};
static const struct read metagraph_lite_reads[] = {
    {READ_CALL, 0, "NeuronInfoRuntimeApi", "get_neurons_lite", "0", &shape_neurons_lite, NULL},
    READ_THE_REST};

static enum query_progress metagraph(struct substrate_query *query, struct asking *asking,
                                     const struct substrate_reply *replies, size_t count) {
    const struct subtensor_neuron_list *read = asking->results[READ_NEURONS];
    const uint8_t *mechanisms = asking->results[READ_MECHANISMS];
    const struct subtensor_u16s *split = asking->results[READ_SPLIT];
    const struct subtensor_metagraph_info *graph;
    (void)replies;
    (void)count;
    if (!take_info(query, asking, READ_GRAPH, &graph)) {
        return QUERY_FAILED;
    }
    if (graph == NULL) {
        return function_done(query, asking, NULL);
    }
    struct subtensor_metagraph_data *made = function_alloc(query, 1, sizeof(*made));
    const struct subtensor_neuron_list *list =
        made != NULL ? neurons_with_sums(query, read->list, read->count) : NULL;
    if (list == NULL) {
        return QUERY_FAILED;
    }
    *made = (struct subtensor_metagraph_data){
        .netuid = graph->netuid,
        .mechid = graph->mechid,
        .lite = asking->function->shape == &shape_metagraph_lite,
        .block = *(const uint64_t *)asking->results[READ_BLOCK],
        .neurons = *list,
        .info = graph,
        .state = asking->results[READ_STATE],
        .mechanism_count = mechanisms != NULL ? *mechanisms : 1,
        .emissions_split = {split != NULL, split != NULL ? *split : (struct subtensor_u16s){0}},
    };
    return function_done(query, asking, made);
}

static const struct subtensor_argument metagraph_arguments[] = {
    ARGUMENT_NETUID,
    ARGUMENT_MECHID,
    {"lite", SUBTENSOR_BOOL, true, "false: with weights and bonds; true if left out"},
};
static const struct function metagraph_whole = {
    .face = {"metagraph", "", ROW_ARGUMENTS(metagraph_arguments), ""},
    .needs = NEEDS_BOTH,
    .shape = &shape_metagraph,
    ROW_READS(metagraph_reads),
    .finish = metagraph};
static const struct function metagraph_lite = {
    .face = {"metagraph", "", ROW_ARGUMENTS(metagraph_arguments), ""},
    .needs = NEEDS_BOTH,
    .shape = &shape_metagraph_lite,
    ROW_READS(metagraph_lite_reads),
    .finish = metagraph};

static enum substrate_status make_metagraph(const struct function_value *values,
                                            const struct substrate_pin *pin,
                                            struct substrate_query **query) {
    bool lite = !values[2].given || values[2].number != 0;
    return function_query(lite ? &metagraph_lite : &metagraph_whole, values, pin, false, query);
}

/* ---- rows ---- */

const struct function functions_metagraphs[] = {
    {.face = {"get_metagraph_info", "A mechanism of a subnet with its neurons, field by field",
              ROW_ARGUMENTS(info_arguments),
              "{netuid, mechid, name, …}, null for what is not asked; or null"},
     .make = make_info},
    {.face = {"metagraph", "A subnet: its neurons, and all that get_metagraph_info has",
              ROW_ARGUMENTS(metagraph_arguments), "{netuid, mechid, neurons, info, …}, or null"},
     .make = make_metagraph},
    {.face = {NULL, NULL, NULL, 0, NULL}},
};
