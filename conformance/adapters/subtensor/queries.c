/* The functions of the protocol as queries of our client; see parts.h. */
#include <stdlib.h>
#include <string.h>
#include <substrate/hash.h>
#include <substrate/storage.h>
#include <subtensor/functions.h>

#include "parts.h"

#define FUNCTIONS_MAX 256

struct question {
    const struct kit_call *call;
    struct substrate_storage_entry entry;
    struct substrate_pin pin;
    struct substrate_hash hash; /* of the pin, if it has one */
};

static enum substrate_status storage(const struct question *asked, struct substrate_query **query) {
    return substrate_query_storage(&asked->entry, &asked->pin, query);
}

static enum substrate_status map(const struct question *asked, struct substrate_query **query) {
    struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
    options.page = asked->call->page > 0 ? asked->call->page : options.page;
    return substrate_query_storage_map(&asked->entry, &options, &asked->pin, query);
}

static enum substrate_status constant(const struct question *asked,
                                      struct substrate_query **query) {
    return substrate_query_constant(asked->entry.pallet, asked->entry.item, &asked->pin, query);
}

static enum substrate_status runtime_call(const struct question *asked,
                                          struct substrate_query **query) {
    const struct substrate_api_call call = {asked->entry.pallet, asked->entry.item,
                                            asked->entry.arguments};
    return substrate_query_runtime_call(&call, &asked->pin, query);
}

static enum substrate_status events(const struct question *asked, struct substrate_query **query) {
    return substrate_query_events(&asked->pin, query);
}

static const struct generic {
    const char *name;
    bool named; /* its first two arguments are names */
    enum substrate_status (*make)(const struct question *asked, struct substrate_query **query);
} generics[] = {
    {"storage", true, storage},           {"map", true, map},        {"constant", true, constant},
    {"runtime-call", true, runtime_call}, {"events", false, events},
};
#define GENERICS (sizeof(generics) / sizeof(generics[0]))

const char *const *queries_functions(void) {
    static const char *names[FUNCTIONS_MAX + 1];
    const struct subtensor_function *function = NULL;
    size_t count = 0;
    for (; count < GENERICS; count++) {
        names[count] = generics[count].name;
    }
    while (count < FUNCTIONS_MAX && (function = subtensor_function_at(count - GENERICS)) != NULL) {
        names[count] = function->name;
        count += 1;
    }
    return names;
}

static enum substrate_status wrong(struct substrate_error *error, const char *what) {
    error->status = SUBSTRATE_E_ARGUMENT;
    (void)strncpy(error->message, what, sizeof(error->message) - 1);
    return SUBSTRATE_E_ARGUMENT;
}

enum substrate_status queries_make(const struct kit_call *call, struct substrate_query **query,
                                   struct substrate_error *error) {
    const struct substrate_text json = {call->arguments.data, call->arguments.size};
    struct question asked = {
        .call = call,
        .entry = {call->names[0], call->names[1], {json, {NULL, 0}}},
        .pin = {.by_number = call->pin.by_number, .number = call->pin.number},
    };
    if (call->pin.hash != NULL) {
        const struct substrate_text digits = {call->pin.hash, strlen(call->pin.hash)};
        asked.pin.hash = &asked.hash;
        if (substrate_hash_parse(digits, &asked.hash) != SUBSTRATE_OK) {
            return wrong(error, "the pin's hash is no hash");
        }
    }
    for (size_t i = 0; i < GENERICS; i++) {
        if (strcmp(call->function, generics[i].name) == 0) {
            return generics[i].named && call->names[1] == NULL
                       ? wrong(error, "two names are wanted before the arguments")
                       : generics[i].make(&asked, query);
        }
    }
    return subtensor_query(subtensor_function_find(call->function), json, &asked.pin, query, error);
}

void queries_end(struct kit_call *call, const struct substrate_outcome *outcome) {
    static const char *const words[] = {"present", "default", "absent"};
    struct kit_end end;
    adapter_fail(&end, outcome->status, &outcome->error);
    end.presence = words[outcome->presence];
    end.value = (struct kit_text){outcome->value.data, outcome->value.size};
    (strcmp(call->function, "map") == 0 ? kit_end_entries : kit_end)(call, &end);
}

static void on_ended(void *calls, size_t index, const struct substrate_outcome *outcome) {
    queries_end(((struct kit_call **)calls)[index], outcome);
}

void queries_gather(void *handle, struct kit_call **calls, size_t count) {
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query **queries = calloc(count, sizeof(struct substrate_query *));
    struct substrate_outcome *outcomes = calloc(count, sizeof(*outcomes));
    struct substrate_error error = {0};
    struct kit_end end;
    options.mode = SUBSTRATE_MODE_GATHERED;
    options.connection = ((struct handle *)handle)->connection;
    options.ended = on_ended;
    options.context = calls;
    for (size_t i = 0; i < count; i++) {
        queries[i] = calls[i]->data;
    }
    enum substrate_status status = substrate_run(&options, queries, count, outcomes, &error);
    for (size_t i = 0; i < count && status < SUBSTRATE_OK; i++) { /* nothing was run */
        adapter_fail(&end, status, &error);
        kit_end(calls[i], &end);
    }
    free(queries);
    free(outcomes);
}
