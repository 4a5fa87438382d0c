/* The life of a function's query: making it, its first round, and its value. */
#include "function.h"

#include <string.h>

#include "base/text.h"

/* ---- for steps ---- */

enum query_progress function_no_memory(struct substrate_query *query) {
    return query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
}

void *function_alloc(struct substrate_query *query, size_t count, size_t size) {
    void *memory = base_arena_calloc(&query->arena, count, size);
    if (memory == NULL) {
        (void)function_no_memory(query);
    }
    return memory;
}

static uint16_t prefix_of(const struct substrate_query *query) {
    for (int kind = 0; kind < QUERY_RUNTIME_KINDS; kind++) {
        if (query->runtimes[kind] != NULL) {
            return query->runtimes[kind]->metadata->ss58_prefix;
        }
    }
    return 42;
}

enum query_progress function_done(struct substrate_query *query, struct asking *asking,
                                  const void *value) {
    asking->value = value;
    query->outcome.presence = asking->presence;
    base_buf_reset(&query->value);
    if (!asking->typed) {
        shape_write(asking->function->shape, value, prefix_of(query), &query->value);
    }
    return query_done_written(query);
}

/* ---- steps ---- */

static enum query_progress finish(struct substrate_query *query, struct asking *asking) {
    const struct function *function = asking->function;
    return function->finish != NULL ? function->finish(query, asking, NULL, 0)
                                    : function_done(query, asking, asking->results[0]);
}

static enum query_progress step(struct substrate_query *query,
                                const struct substrate_reply *replies, size_t count) {
    struct asking *asking = query->arguments;
    const struct function *function = asking->function;
    function_step *next = asking->next;
    if (next != NULL) {
        asking->next = NULL;
        return next(query, asking, replies, count);
    }
    if (count == 0) {
        if (!reads_ask(query, asking, function->reads, function->read_count)) {
            return QUERY_FAILED;
        }
        if (query->request_count > 0 || query->round_failed) {
            return query_ask(query);
        }
    }
    if (!reads_take(query, asking, function->read_count, replies)) {
        return QUERY_FAILED;
    }
    return finish(query, asking);
}

/* A query that is another one with something done to its value. What it needs of its own stands
 * behind its description, as its arguments are the other's. */
struct wrapped {
    struct query_description description;
    struct asking *asking;
};

static enum query_progress step_wrapped(struct substrate_query *query,
                                        const struct substrate_reply *replies, size_t count) {
    struct asking *asking = ((const struct wrapped *)(const void *)query->description)->asking;
    enum query_progress progress = asking->inner->step(query, replies, count);
    if (progress != QUERY_DONE) {
        return progress;
    }
    query->outcome.status = SUBSTRATE_E_PENDING;
    return asking->function->finish(query, asking, NULL, 0);
}

const struct asking *function_asking(const struct substrate_query *query) {
    if (query->description->step == step) {
        return query->arguments;
    }
    if (query->description->step == step_wrapped) {
        return ((const struct wrapped *)(const void *)query->description)->asking;
    }
    return NULL;
}

/* ---- making ---- */

/* Copies a list that an argument points to. */
static bool keep_list(struct substrate_query *query, const void **list, size_t count, size_t size) {
    void *copy = base_arena_calloc(&query->arena, count, size);
    if (copy != NULL && count > 0) {
        memcpy(copy, *list, count * size);
    }
    *list = copy;
    return copy != NULL;
}

static bool keep_values(struct substrate_query *query, struct asking *asking) {
    const struct subtensor_function *face = &asking->function->face;
    bool kept = true;
    for (size_t i = 0; i < face->argument_count && kept; i++) {
        struct function_value *value = &asking->values[i];
        const void *list = NULL;
        if (value->given && face->arguments[i].kind == SUBTENSOR_ACCOUNTS) {
            list = value->accounts;
            kept = keep_list(query, &list, value->count, sizeof(*value->accounts));
            value->accounts = list;
        } else if (value->given && face->arguments[i].kind == SUBTENSOR_U16S) {
            list = value->u16s;
            kept = keep_list(query, &list, value->count, sizeof(*value->u16s));
            value->u16s = list;
        }
    }
    return kept;
}

static enum substrate_status make_wrapped(const struct asking *like,
                                          const struct substrate_pin *pin,
                                          struct substrate_query **query) {
    enum substrate_status status = like->function->make(like->values, pin, query);
    if (status != SUBSTRATE_OK || like->function->finish == NULL) {
        return status;
    }
    struct wrapped *wrapped = base_arena_alloc(&(*query)->arena, sizeof(*wrapped));
    struct asking *asking = base_arena_alloc(&(*query)->arena, sizeof(*asking));
    if (wrapped == NULL || asking == NULL) {
        substrate_query_free(*query);
        *query = NULL;
        return SUBSTRATE_E_MEMORY;
    }
    *asking = *like;
    asking->inner = (*query)->description;
    *wrapped = (struct wrapped){*asking->inner, asking};
    wrapped->description.step = step_wrapped;
    (*query)->description = &wrapped->description;
    (*query)->name = like->function->face.name;
    return SUBSTRATE_OK;
}

enum substrate_status function_query(const struct function *function,
                                     const struct function_value *values,
                                     const struct substrate_pin *pin, bool typed,
                                     struct substrate_query **query) {
    struct asking asking = {.function = function, .typed = typed};
    memcpy(asking.values, values, function->face.argument_count * sizeof(*values));
    *query = NULL;
    if (function->make != NULL) {
        return make_wrapped(&asking, pin, query);
    }
    static const struct query_description blank = {"", QUERY_NEEDS_NOTHING, step, false};
    enum substrate_status status = query_new(&blank, &asking, sizeof(asking), pin, query);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct asking *kept = (*query)->arguments;
    kept->description =
        (struct query_description){function->face.name, function->needs, step, false};
    (*query)->description = &kept->description;
    (*query)->name = function->face.name;
    if (!keep_values(*query, kept)) {
        substrate_query_free(*query);
        *query = NULL;
        return SUBSTRATE_E_MEMORY;
    }
    return SUBSTRATE_OK;
}
