/* The list of functions: finding one by name, and making a query of it from JSON. */
#include <string.h>

#include "arguments.h"
#include "base/nearest.h"
#include "base/text.h"
#include "function.h"

static const struct function *const tables[] = {
    functions_chain,      functions_accounts, functions_subnets, functions_neurons,
    functions_metagraphs, functions_stakes,   functions_generic,
};

/* Walks all rows: begins with {0, 0}; NULL at the end. */
struct rows {
    size_t table, row;
};

static const struct function *next(struct rows *rows) {
    while (rows->table < sizeof(tables) / sizeof(*tables)) {
        const struct function *function = &tables[rows->table][rows->row++];
        if (function->face.name != NULL) {
            return function;
        }
        *rows = (struct rows){rows->table + 1, 0};
    }
    return NULL;
}

/* There are some dozens: sorting is counting those that come before. */
const struct subtensor_function *subtensor_function_at(size_t index) {
    struct rows rows = {0, 0};
    const struct function *function, *other;
    while ((function = next(&rows)) != NULL) {
        struct rows others = {0, 0};
        size_t before = 0;
        while ((other = next(&others)) != NULL) {
            before += strcmp(other->face.name, function->face.name) < 0;
        }
        if (before == index) {
            return &function->face;
        }
    }
    return NULL;
}

const struct function *function_row(const char *name) {
    struct rows rows = {0, 0};
    const struct function *function;
    while ((function = next(&rows)) != NULL &&
           (function->face.name[0] != name[0] || strcmp(function->face.name, name) != 0)) {
    }
    return function;
}

const struct subtensor_function *subtensor_function_find(const char *name) {
    const struct function *function = name != NULL ? function_row(name) : NULL;
    return function != NULL ? &function->face : NULL;
}

const char *subtensor_function_nearest(const char *name) {
    struct base_nearest names = {.wanted = base_text(name)};
    const struct subtensor_function *function;
    for (size_t i = 0; (function = subtensor_function_at(i)) != NULL; i++) {
        base_nearest_offer(&names, base_text(function->name));
    }
    return names.name.data; /* names are terminated, and there is at least one */
}

enum substrate_status subtensor_query(const struct subtensor_function *function,
                                      struct substrate_text arguments,
                                      const struct substrate_pin *pin,
                                      struct substrate_query **query,
                                      struct substrate_error *error) {
    struct function_value values[FUNCTION_ARGUMENTS_MAX];
    struct base_arena arena;
    if (function == NULL || query == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no function is given, or no place for it");
    }
    *query = NULL;
    base_arena_init(&arena, 0);
    enum substrate_status status = arguments_read(function, arguments, &arena, values, error);
    if (status == SUBSTRATE_OK) {
        status = function_query(function_row(function->name), values, pin, false, query);
        if (status != SUBSTRATE_OK) {
            (void)base_fail(error, status, "%s: %s", function->name,
                            status == SUBSTRATE_E_ARGUMENT ? "the pin names no block"
                                                           : substrate_status_text(status));
        }
    }
    base_arena_free(&arena);
    return status;
}
