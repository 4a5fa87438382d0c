/* Functions that ask by the names of the metadata: the generic queries, under their SDK's names. */
#include <substrate/storage.h>

#include "rows.h"

static struct substrate_arguments json_of(const struct function_value *value) {
    return (struct substrate_arguments){
        value->given ? value->text : (struct substrate_text){"[]", 2}, {NULL, 0}};
}

static enum substrate_status make_map(const struct function_value *values,
                                      const struct substrate_pin *pin,
                                      struct substrate_query **query) {
    const struct substrate_storage_entry entry = {values[0].text.data, values[1].text.data,
                                                  json_of(&values[2])};
    return substrate_query_storage_map(&entry, NULL, pin, query);
}

static enum substrate_status make_constant(const struct function_value *values,
                                           const struct substrate_pin *pin,
                                           struct substrate_query **query) {
    return substrate_query_constant(values[0].text.data, values[1].text.data, pin, query);
}

static enum substrate_status make_call(const struct function_value *values,
                                       const struct substrate_pin *pin,
                                       struct substrate_query **query) {
    const struct substrate_api_call call = {values[0].text.data, values[1].text.data,
                                            json_of(&values[2])};
    return substrate_query_runtime_call(&call, pin, query);
}

static enum substrate_status make_raw(const struct function_value *values,
                                      const struct substrate_pin *pin,
                                      struct substrate_query **query) {
    const struct substrate_bytes bytes = {(const uint8_t *)values[1].text.data,
                                          values[1].text.size};
    return substrate_query_state_call(values[0].text.data, bytes, pin, query);
}

static const struct subtensor_argument map_arguments[] = {
    {"module", SUBTENSOR_TEXT, false, "the pallet"},
    {"name", SUBTENSOR_TEXT, false, "the storage item"},
    {"params", SUBTENSOR_JSON, true, "an array: the first arguments of the entries wanted"},
};
static const struct subtensor_argument constant_arguments[] = {
    {"module_name", SUBTENSOR_TEXT, false, "the pallet"},
    {"constant_name", SUBTENSOR_TEXT, false, "the constant"},
};
static const struct subtensor_argument call_arguments[] = {
    {"runtime_api", SUBTENSOR_TEXT, false, "the runtime API"},
    {"method", SUBTENSOR_TEXT, false, "the method"},
    {"params", SUBTENSOR_JSON, true, "an array of its arguments, or an object by their names"},
};
static const struct subtensor_argument raw_arguments[] = {
    {"method", SUBTENSOR_TEXT, false, "what the runtime exports: API_method"},
    {"data", SUBTENSOR_BYTES, false, "the arguments in SCALE"},
};

const struct function functions_generic[] = {
    {.face = {"query_map", "All entries of a storage map, or those that begin with arguments",
              ROW_ARGUMENTS(map_arguments), "[{args, value}, …], in the order of the keys"},
     .make = make_map},
    {.face = {"query_constant", "A constant of a pallet", ROW_ARGUMENTS(constant_arguments),
              "as its type in the metadata"},
     .make = make_constant},
    {.face = {"query_runtime_api", "A method of a runtime API", ROW_ARGUMENTS(call_arguments),
              "as its type in the metadata"},
     .make = make_call},
    {.face = {"state_call", "A function of the runtime, by bytes", ROW_ARGUMENTS(raw_arguments),
              "\"0x…\": the answer in SCALE"},
     .make = make_raw},
    {.face = {NULL, NULL, NULL, 0, NULL}},
};
