/* The part of a plan that asks for calls: methods with parameter lists, runtime functions with
 * typed arguments (every combination of the values of each position), fees of extrinsics. */
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/text.h"
#include "methods/method.h"
#include "record/plan/plan_reader.h"
#include "record/plan/scale_args.h"
#include "rpc/request.h"

#define COMBINATIONS_MAX 1000000
#define POSITIONS_MAX 16

/* The encoded values (hex digits) of one position of an argument list. */
struct position {
    struct substrate_text *values;
    size_t count;
};

struct growing {
    struct plan *plan;
    const struct document_value *place;
    struct substrate_text type;
    struct position *position;
    size_t capacity;
};

static enum substrate_status add_value(struct growing *list, struct base_json value) {
    struct base_buf bytes = BASE_BUF_INIT, hex = BASE_BUF_INIT;
    struct substrate_error why = {0};
    enum substrate_status status = scale_write(list->type, value, &bytes, &why);
    if (status != SUBSTRATE_OK) {
        base_buf_free(&bytes);
        return document_refuse(list->place, "%s", why.message);
    }
    base_buf_hex(&hex, (struct substrate_bytes){(const uint8_t *)bytes.data, bytes.size});
    struct substrate_text copy = {NULL, 0};
    if (!bytes.failed && !hex.failed) {
        copy = base_arena_text(&list->plan->arena, base_buf_view(&hex));
    }
    base_buf_free(&bytes);
    base_buf_free(&hex);
    if (copy.data == NULL) {
        return document_no_memory(list->place->document);
    }
    list->position->values[list->position->count++] = copy;
    return SUBSTRATE_OK;
}

/* "A..B": both ends, decimal. */
static bool read_range(struct base_json value, uint64_t *from, uint64_t *to) {
    if (value.kind != BASE_JSON_STRING) {
        return false;
    }
    struct substrate_text text = {value.raw.data + 1, value.raw.size - 2};
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (text.data[i] == '.' && text.data[i + 1] == '.') {
            return base_text_u64((struct substrate_text){text.data, i}, from) &&
                   base_text_u64((struct substrate_text){text.data + i + 2, text.size - i - 2}, to);
        }
    }
    return false;
}

static enum substrate_status add_values(struct growing *list, struct base_json value) {
    uint64_t from, to;
    bool range = read_range(value, &from, &to);
    uint64_t more = range && to >= from ? to - from + 1 : 1;
    if (range && (to < from || to - from >= COMBINATIONS_MAX)) {
        return document_refuse(list->place, "has a range that is empty or too long");
    }
    struct position *position = list->position;
    if (position->count + more > list->capacity) {
        size_t capacity = (position->count + (size_t)more) * 2;
        struct substrate_text *values =
            base_arena_calloc(&list->plan->arena, capacity, sizeof *values);
        if (values == NULL) {
            return document_no_memory(list->place->document);
        }
        if (position->count > 0) {
            memcpy(values, position->values, position->count * sizeof *values);
        }
        position->values = values;
        list->capacity = capacity;
    }
    if (!range) {
        return add_value(list, value);
    }
    for (uint64_t i = from; i <= to; i++) {
        char digits[24];
        int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)i);
        struct base_json number = {BASE_JSON_NUMBER, {digits, (size_t)size}};
        enum substrate_status status = add_value(list, number);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return SUBSTRATE_OK;
}

/* `{TYPE: [values]}` */
static enum substrate_status read_position(struct plan *plan, const struct document_value *value,
                                           struct position *position) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json list, element;
    if (value->json.kind != BASE_JSON_OBJECT || base_json_length(value->json) != 1) {
        return document_refuse(value, "must be {TYPE: [values]}");
    }
    base_json_walk_init(&walk, value->json);
    base_json_walk_next(&walk, &key, &list);
    if (list.kind != BASE_JSON_ARRAY) {
        return document_refuse(value, "must be {TYPE: [values]}");
    }
    struct growing growing = {
        .plan = plan, .place = value, .type = {key.data + 1, key.size - 2}, .position = position};
    enum substrate_status status = SUBSTRATE_OK;
    base_json_walk_init(&walk, list);
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &key, &element)) {
        status = add_values(&growing, element);
    }
    return status == SUBSTRATE_OK && position->count == 0 ? document_refuse(value, "has no values")
                                                          : status;
}

/* Every combination, the last position running fastest. */
static enum substrate_status combine(struct plan *plan, const struct document_value *value,
                                     const struct position *positions, size_t count,
                                     struct plan_request *request) {
    size_t total = 1;
    for (size_t i = 0; i < count; i++) {
        if (positions[i].count > COMBINATIONS_MAX / (total > 0 ? total : 1)) {
            return document_refuse(value, "makes over %d combinations", COMBINATIONS_MAX);
        }
        total *= positions[i].count;
    }
    request->params = base_arena_calloc(&plan->arena, total + 1, sizeof *request->params);
    if (request->params == NULL) {
        return document_no_memory(value->document);
    }
    struct base_buf text = BASE_BUF_INIT;
    for (size_t i = 0; i < total; i++) {
        base_buf_reset(&text);
        base_buf_str(&text, "0x");
        size_t stride = total, rest = i;
        for (size_t j = 0; j < count; j++) {
            stride /= positions[j].count;
            base_buf_text(&text, positions[j].values[rest / stride]);
            rest %= stride;
        }
        struct substrate_text copy = {NULL, 0};
        if (!text.failed) {
            copy = base_arena_text(&plan->arena, base_buf_view(&text));
        }
        if (copy.data == NULL) {
            base_buf_free(&text);
            return document_no_memory(value->document);
        }
        request->params[request->count++] = copy;
    }
    base_buf_free(&text);
    return SUBSTRATE_OK;
}

static enum substrate_status read_args(struct plan *plan, const struct document_value *value,
                                       struct plan_request *request) {
    struct position positions[POSITIONS_MAX] = {{NULL, 0}};
    struct document_value *elements;
    size_t count;
    enum substrate_status status = document_list(value, &elements, &count);
    if (status == SUBSTRATE_OK && count > POSITIONS_MAX) {
        return document_refuse(value, "has over %d positions", POSITIONS_MAX);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = read_position(plan, &elements[i], &positions[i]);
    }
    return status == SUBSTRATE_OK ? combine(plan, value, positions, count, request) : status;
}

/* Room for the parameter lists of a request. */
static enum substrate_status make_params(struct plan *plan, const struct document_value *value,
                                         size_t count, struct plan_request *request) {
    request->count = count;
    request->params = base_arena_calloc(&plan->arena, count + 1, sizeof *request->params);
    return request->params != NULL ? SUBSTRATE_OK : document_no_memory(value->document);
}

/* Parameter lists of a method; none given: one empty list. */
static enum substrate_status read_params(struct plan *plan, const struct document_value *value,
                                         struct plan_request *request) {
    struct document_value *lists = NULL;
    size_t count = 0;
    enum substrate_status status =
        document_has(value) ? document_list(value, &lists, &count) : SUBSTRATE_OK;
    if (status == SUBSTRATE_OK) {
        status = make_params(plan, value, document_has(value) ? count : 1, request);
    }
    if (status == SUBSTRATE_OK && !document_has(value)) {
        request->params[0] = BASE_TEXT("[]");
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = lists[i].json.kind == BASE_JSON_ARRAY
                     ? SUBSTRATE_OK
                     : document_refuse(&lists[i], "must be a list of parameters");
        request->params[i] = lists[i].json.raw;
    }
    return status;
}

static enum substrate_status read_fees(struct plan *plan, const struct document_value *value,
                                       struct plan_request *request) {
    struct document_value *list;
    size_t count;
    enum substrate_status status = document_list(value, &list, &count);
    if (status == SUBSTRATE_OK) {
        status = make_params(plan, value, count, request);
    }
    request->kind = PLAN_FEES;
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = plan_hex(&list[i], true, &request->params[i]);
    }
    return status;
}

enum { METHODS, PARAMS, FUNCTIONS, ARGS, FEES, REQUEST_MEMBERS };
static const char *const REQUEST_NAMES[REQUEST_MEMBERS + 1] = {"methods", "params", "functions",
                                                               "args",    "fees",   NULL};

/* One request for each of these names, all with the same parameters. */
static enum substrate_status add_names(const struct document_value *value,
                                       struct plan_request *shape, struct plan_group *group) {
    struct document_value *names;
    size_t count;
    enum substrate_status status = document_list(value, &names, &count);
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = document_string(&names[i], &shape->name);
        group->requests[group->request_count++] = *shape;
    }
    return status;
}

/* One entry of "requests" to one request per name. */
static enum substrate_status read_request(struct plan *plan, const struct document_value *value,
                                          struct plan_group *group) {
    struct document_value m[REQUEST_MEMBERS];
    struct plan_request shape = {.kind = PLAN_METHOD};
    enum substrate_status status = document_members(value, REQUEST_NAMES, m);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    bool methods = document_has(&m[METHODS]), functions = document_has(&m[FUNCTIONS]);
    if (methods + functions + document_has(&m[FEES]) != 1 ||
        (document_has(&m[PARAMS]) && !methods) || document_has(&m[ARGS]) != functions) {
        return document_refuse(value,
                               "must have methods (and params), or functions and args, or fees");
    }
    if (document_has(&m[FEES])) {
        return read_fees(plan, &m[FEES], &group->requests[group->request_count++]);
    }
    shape.kind = methods ? PLAN_METHOD : PLAN_FUNCTION;
    status = methods ? read_params(plan, &m[PARAMS], &shape) : read_args(plan, &m[ARGS], &shape);
    return status == SUBSTRATE_OK ? add_names(&m[methods ? METHODS : FUNCTIONS], &shape, group)
                                  : status;
}

/* How many requests an entry makes at most: one per name, or one for fees. */
static size_t names_in(struct base_json entry) {
    return 1 + base_json_length(base_json_member(entry, "methods")) +
           base_json_length(base_json_member(entry, "functions"));
}

static enum substrate_status read_blocks(struct plan *plan, const struct document_value *value,
                                         struct plan_group *group) {
    struct document_value *list;
    if (!document_has(value)) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status = document_list(value, &list, &group->block_count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (group->block_count == 0) {
        return document_refuse(value, "is empty; leave it out for methods without a block");
    }
    group->blocks = base_arena_calloc(&plan->arena, group->block_count, sizeof *group->blocks);
    if (group->blocks == NULL) {
        return document_no_memory(value->document);
    }
    for (size_t i = 0; i < group->block_count && status == SUBSTRATE_OK; i++) {
        status = plan_read_block(&list[i], &group->blocks[i]);
    }
    return status;
}

/* Refuses what is no question of this kind. */
static enum substrate_status check_kind(const struct document_value *place, bool has_blocks,
                                        const struct plan_request *request,
                                        const struct rpc_request *parsed) {
    int name = (int)(request->name.size < 60 ? request->name.size : 60);
    bool takes_block = parsed->method != NULL && parsed->method->has_at;
    if (base_text_starts(parsed->name, "mock_") ||
        (parsed->method != NULL && parsed->method->kind != RPC_METHOD_CALL)) {
        return document_refuse(place, "has %.*s, which is no question with one answer", name,
                               request->name.data);
    }
    if (parsed->method != NULL && method_from_facts(parsed->method)) {
        return document_refuse(place,
                               "has %.*s, which follows from blocks and keys: ask for those by "
                               "\"blocks\", \"runtimes\" and \"state\"",
                               name, request->name.data);
    }
    if (takes_block && (!has_blocks || parsed->at_given)) {
        return document_refuse(place, "has %.*s, whose block must come from \"blocks\"", name,
                               request->name.data);
    }
    return takes_block || !has_blocks
               ? SUBSTRATE_OK
               : document_refuse(place,
                                 "has \"blocks\", but %.*s takes no block: put it into an entry "
                                 "without",
                                 name, request->name.data);
}

/* Replaces the parameters of a method by those of its canonical request; refuses what no node would
 * understand, before anything is asked. */
static enum substrate_status check_method(struct plan *plan, const struct document_value *place,
                                          bool has_blocks, struct plan_request *request) {
    for (size_t i = 0; i < request->count; i++) {
        struct base_json params;
        struct rpc_request parsed;
        struct substrate_text data = {NULL, 0};
        enum substrate_status status =
            base_json_parse(request->params[i], BASE_JSON_DEPTH_MAX, &params, NULL);
        if (status == SUBSTRATE_OK) {
            status = method_parse(request->name, params, &plan->arena, &parsed, &data);
        }
        if (status == SUBSTRATE_E_ARGUMENT) {
            return document_refuse(place, "has bad params for %.*s: %.*s",
                                   (int)(request->name.size < 60 ? request->name.size : 60),
                                   request->name.data, (int)(data.size < 80 ? data.size : 80),
                                   data.data);
        }
        if (status == SUBSTRATE_OK) {
            status = check_kind(place, has_blocks, request, &parsed);
        }
        if (status != SUBSTRATE_OK) {
            return status == SUBSTRATE_E_MEMORY ? document_no_memory(place->document) : status;
        }
        request->row = parsed.method;
        request->canonical = base_arena_text(&plan->arena, parsed.name);
        request->params[i] = base_arena_text(&plan->arena, parsed.params_text);
        if (request->canonical.data == NULL || request->params[i].data == NULL) {
            return document_no_memory(place->document);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_requests(struct plan *plan, const struct document_value *value,
                                           struct plan_group *group) {
    struct document_value *entries;
    size_t count, names = 0;
    enum substrate_status status = document_list(value, &entries, &count);
    for (size_t i = 0; i < count; i++) {
        names += names_in(entries[i].json);
    }
    group->requests = base_arena_calloc(&plan->arena, names + 1, sizeof *group->requests);
    if (status == SUBSTRATE_OK && group->requests == NULL) {
        return document_no_memory(value->document);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = read_request(plan, &entries[i], group);
    }
    return status;
}

static enum substrate_status read_group(struct plan *plan, const struct document_value *value,
                                        struct plan_group *group) {
    enum { BLOCKS, REQUESTS, MEMBERS };
    static const char *const NAMES[MEMBERS + 1] = {"blocks", "requests", NULL};
    struct document_value m[MEMBERS];
    enum substrate_status status = document_members(value, NAMES, m);
    if (status == SUBSTRATE_OK) {
        status = read_blocks(plan, &m[BLOCKS], group);
    }
    if (status == SUBSTRATE_OK) {
        status = read_requests(plan, &m[REQUESTS], group);
    }
    for (size_t i = 0; i < group->request_count && status == SUBSTRATE_OK; i++) {
        bool has_blocks = group->block_count > 0;
        if (group->requests[i].kind == PLAN_METHOD) {
            status = check_method(plan, value, has_blocks, &group->requests[i]);
        } else if (!has_blocks) {
            status = document_refuse(value, "has functions or fees, so it needs \"blocks\"");
        }
    }
    return status;
}

enum substrate_status plan_read_groups(struct plan *plan, const struct document_value *value) {
    struct document_value *list;
    enum substrate_status status = document_list(value, &list, &plan->group_count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    plan->groups = base_arena_calloc(&plan->arena, plan->group_count + 1, sizeof *plan->groups);
    if (plan->groups == NULL) {
        return document_no_memory(value->document);
    }
    for (size_t i = 0; i < plan->group_count && status == SUBSTRATE_OK; i++) {
        status = read_group(plan, &list[i], &plan->groups[i]);
    }
    return status;
}
