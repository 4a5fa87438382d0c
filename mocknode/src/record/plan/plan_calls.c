/* The part of a plan that asks for calls: methods with parameter lists, runtime functions with
 * typed arguments (every combination of the values of each position), fees of extrinsics. */
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/text.h"
#include "record/plan/plan_reader.h"
#include "record/plan/scale_args.h"
#include "methods/method.h"
#include "rpc/request.h"

#define COMBINATIONS_MAX 1000000
#define POSITIONS_MAX 16

/* The encoded values (hex digits) of one position of an argument list. */
struct position {
    struct substrate_text *values;
    size_t count;
};

struct growing {
    struct plan_reader *reader;
    const struct plan_place *place;
    struct substrate_text type;
    struct position *position;
    size_t capacity;
};

static enum substrate_status add_value(struct growing *list, struct base_json value) {
    struct plan_reader *reader = list->reader;
    struct base_buf bytes = BASE_BUF_INIT, hex = BASE_BUF_INIT;
    struct substrate_error why = {0};
    enum substrate_status status = scale_write(list->type, value, &bytes, &why);
    if (status != SUBSTRATE_OK) {
        base_buf_free(&bytes);
        return plan_refuse(reader, list->place, "%s", why.message);
    }
    base_buf_hex(&hex, (struct substrate_bytes){(const uint8_t *)bytes.data, bytes.size});
    struct substrate_text copy = {NULL, 0};
    if (!bytes.failed && !hex.failed) {
        copy = base_arena_text(&reader->plan->arena, base_buf_view(&hex));
    }
    base_buf_free(&bytes);
    base_buf_free(&hex);
    if (copy.data == NULL) {
        return plan_no_memory(reader);
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
        return plan_refuse(list->reader, list->place, "has a range that is empty or too long");
    }
    struct position *position = list->position;
    if (position->count + more > list->capacity) {
        size_t capacity = (position->count + (size_t)more) * 2;
        struct substrate_text *values =
            base_arena_calloc(&list->reader->plan->arena, capacity, sizeof *values);
        if (values == NULL) {
            return plan_no_memory(list->reader);
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
static enum substrate_status read_position(struct plan_reader *reader,
                                           const struct plan_place *place, struct base_json value,
                                           struct position *position) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json list, *values;
    size_t count;
    if (value.kind != BASE_JSON_OBJECT || base_json_length(value) != 1) {
        return plan_refuse(reader, place, "must be {TYPE: [values]}");
    }
    base_json_walk_init(&walk, value);
    base_json_walk_next(&walk, &key, &list);
    enum substrate_status status = plan_list(reader, place, list, &values, &count);
    struct growing growing = {.reader = reader,
                              .place = place,
                              .type = {key.data + 1, key.size - 2},
                              .position = position};
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = add_values(&growing, values[i]);
    }
    return status;
}

/* Every combination, the last position running fastest. */
static enum substrate_status combine(struct plan_reader *reader, const struct plan_place *place,
                                     const struct position *positions, size_t count,
                                     struct plan_request *request) {
    size_t total = 1;
    for (size_t i = 0; i < count; i++) {
        if (positions[i].count > COMBINATIONS_MAX / (total > 0 ? total : 1)) {
            return plan_refuse(reader, place, "makes over %d combinations", COMBINATIONS_MAX);
        }
        total *= positions[i].count;
    }
    request->params = base_arena_calloc(&reader->plan->arena, total + 1, sizeof *request->params);
    if (request->params == NULL) {
        return plan_no_memory(reader);
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
            copy = base_arena_text(&reader->plan->arena, base_buf_view(&text));
        }
        if (copy.data == NULL) {
            base_buf_free(&text);
            return plan_no_memory(reader);
        }
        request->params[request->count++] = copy;
    }
    base_buf_free(&text);
    return SUBSTRATE_OK;
}

static enum substrate_status read_args(struct plan_reader *reader, const struct plan_place *place,
                                       struct base_json value, struct plan_request *request) {
    struct position positions[POSITIONS_MAX] = {{NULL, 0}};
    struct base_json *elements;
    size_t count;
    enum substrate_status status = plan_list(reader, place, value, &elements, &count);
    if (status == SUBSTRATE_OK && count > POSITIONS_MAX) {
        return plan_refuse(reader, place, "has over %d positions", POSITIONS_MAX);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        struct plan_place element = plan_element(place, i);
        status = read_position(reader, &element, elements[i], &positions[i]);
        if (status == SUBSTRATE_OK && positions[i].count == 0) {
            status = plan_refuse(reader, &element, "has no values");
        }
    }
    return status == SUBSTRATE_OK ? combine(reader, place, positions, count, request) : status;
}

/* Parameter lists of a method; none given: one empty list. */
static enum substrate_status read_params(struct plan_reader *reader, const struct plan_place *place,
                                         struct base_json value, struct plan_request *request) {
    static const struct base_json EMPTY = {BASE_JSON_ARRAY, {"[]", 2}};
    struct base_json *lists;
    size_t count = 1;
    enum substrate_status status = SUBSTRATE_OK;
    if (value.kind != BASE_JSON_NONE) {
        status = plan_list(reader, place, value, &lists, &count);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    request->params = base_arena_calloc(&reader->plan->arena, count + 1, sizeof *request->params);
    if (request->params == NULL) {
        return plan_no_memory(reader);
    }
    for (size_t i = 0; i < count; i++) {
        struct base_json list = value.kind == BASE_JSON_NONE ? EMPTY : lists[i];
        if (list.kind != BASE_JSON_ARRAY) {
            struct plan_place element = plan_element(place, i);
            return plan_refuse(reader, &element, "must be a list of parameters");
        }
        request->params[i] = list.raw;
    }
    request->count = count;
    return SUBSTRATE_OK;
}

static enum substrate_status read_fees(struct plan_reader *reader, const struct plan_place *place,
                                       struct base_json value, struct plan_request *request) {
    struct base_json *list;
    enum substrate_status status = plan_list(reader, place, value, &list, &request->count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    request->kind = PLAN_FEES;
    request->params =
        base_arena_calloc(&reader->plan->arena, request->count + 1, sizeof *request->params);
    if (request->params == NULL) {
        return plan_no_memory(reader);
    }
    for (size_t i = 0; i < request->count && status == SUBSTRATE_OK; i++) {
        struct plan_place element = plan_element(place, i);
        status = plan_hex(reader, &element, list[i], true, &request->params[i]);
    }
    return status;
}

enum { METHODS, PARAMS, FUNCTIONS, ARGS, FEES, REQUEST_MEMBERS };
static const char *const REQUEST_NAMES[] = {"methods", "params", "functions", "args", "fees", NULL};

/* One entry of "requests" to one request per name. */
static enum substrate_status read_request(struct plan_reader *reader,
                                          const struct plan_place *place, struct base_json value,
                                          struct plan_group *group) {
    struct base_json m[REQUEST_MEMBERS], *names = NULL;
    size_t count = 0;
    struct plan_request shape = {.kind = PLAN_METHOD};
    enum substrate_status status = plan_members(reader, place, value, REQUEST_NAMES, m);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    bool methods = m[METHODS].kind != BASE_JSON_NONE,
         functions = m[FUNCTIONS].kind != BASE_JSON_NONE, fees = m[FEES].kind != BASE_JSON_NONE;
    if (methods + functions + fees != 1 || (m[PARAMS].kind != BASE_JSON_NONE && !methods) ||
        (m[ARGS].kind != BASE_JSON_NONE) != functions) {
        return plan_refuse(reader, place,
                           "must have methods (and params), or functions and args, or fees");
    }
    struct plan_place inner = plan_member(place, methods ? "params" : functions ? "args" : "fees");
    if (fees) {
        status = read_fees(reader, &inner, m[FEES], &group->requests[group->request_count]);
        group->request_count++;
        return status;
    }
    shape.kind = methods ? PLAN_METHOD : PLAN_FUNCTION;
    status = methods ? read_params(reader, &inner, m[PARAMS], &shape)
                     : read_args(reader, &inner, m[ARGS], &shape);
    inner = plan_member(place, methods ? "methods" : "functions");
    if (status == SUBSTRATE_OK) {
        status = plan_list(reader, &inner, m[methods ? METHODS : FUNCTIONS], &names, &count);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        struct plan_place element = plan_element(&inner, i);
        status = plan_string(reader, &element, names[i], &shape.name);
        group->requests[group->request_count++] = shape;
    }
    return status;
}

/* How many requests an entry makes at most: one per name, or one for fees. */
static size_t names_in(struct base_json entry) {
    return 1 + base_json_length(base_json_member(entry, "methods")) +
           base_json_length(base_json_member(entry, "functions"));
}

static enum substrate_status read_blocks(struct plan_reader *reader, const struct plan_place *place,
                                         struct base_json value, struct plan_group *group) {
    struct base_json *list;
    if (value.kind == BASE_JSON_NONE) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status = plan_list(reader, place, value, &list, &group->block_count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (group->block_count == 0) {
        return plan_refuse(reader, place, "is empty; leave it out for methods without a block");
    }
    group->blocks =
        base_arena_calloc(&reader->plan->arena, group->block_count, sizeof *group->blocks);
    if (group->blocks == NULL) {
        return plan_no_memory(reader);
    }
    for (size_t i = 0; i < group->block_count && status == SUBSTRATE_OK; i++) {
        struct plan_place element = plan_element(place, i);
        status = plan_read_block(reader, &element, list[i], &group->blocks[i]);
    }
    return status;
}

/* Replaces the parameters of a method by those of its canonical request; refuses what no node would
 * understand, before anything is asked. */
static enum substrate_status check_method(struct plan_reader *reader,
                                          const struct plan_place *place, bool has_blocks,
                                          struct plan_request *request) {
    int name = (int)(request->name.size < 60 ? request->name.size : 60);
    for (size_t i = 0; i < request->count; i++) {
        struct base_arena *arena = &reader->plan->arena;
        struct base_json params;
        struct rpc_request parsed;
        struct substrate_text data = {NULL, 0};
        enum substrate_status status =
            base_json_parse(request->params[i], BASE_JSON_DEPTH_MAX, &params, NULL);
        if (status == SUBSTRATE_OK) {
            status = method_parse(request->name, params, arena, &parsed, &data);
        }
        if (status == SUBSTRATE_E_ARGUMENT) {
            return plan_refuse(reader, place, "has bad params for %.*s: %.*s", name,
                               request->name.data, (int)(data.size < 80 ? data.size : 80),
                               data.data);
        }
        if (status != SUBSTRATE_OK) {
            return plan_no_memory(reader);
        }
        if (base_text_starts(parsed.name, "mock_") ||
            (parsed.method != NULL && parsed.method->kind != RPC_METHOD_CALL)) {
            return plan_refuse(reader, place, "has %.*s, which is no question with one answer",
                               name, request->name.data);
        }
        if (parsed.method != NULL && method_from_facts(parsed.method)) {
            return plan_refuse(reader, place,
                               "has %.*s, which follows from blocks and keys: ask for those by "
                               "\"blocks\", \"runtimes\" and \"state\"",
                               name, request->name.data);
        }
        bool takes_block = parsed.method != NULL && parsed.method->has_at;
        if (takes_block && (!has_blocks || parsed.at_given)) {
            return plan_refuse(reader, place, "has %.*s, whose block must come from \"blocks\"",
                               name, request->name.data);
        }
        if (!takes_block && has_blocks) {
            return plan_refuse(reader, place,
                               "has \"blocks\", but %.*s takes no block: put it into an entry "
                               "without",
                               name, request->name.data);
        }
        request->row = parsed.method;
        request->canonical = base_arena_text(arena, parsed.name);
        request->params[i] = base_arena_text(arena, parsed.params_text);
        if (request->canonical.data == NULL || request->params[i].data == NULL) {
            return plan_no_memory(reader);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_group(struct plan_reader *reader, const struct plan_place *place,
                                        struct base_json value, struct plan_group *group) {
    static const char *const NAMES[] = {"blocks", "requests", NULL};
    struct base_json m[2], *entries = NULL;
    size_t count = 0, names = 0;
    enum substrate_status status = plan_members(reader, place, value, NAMES, m);
    struct plan_place inner = plan_member(place, "blocks");
    if (status == SUBSTRATE_OK) {
        status = read_blocks(reader, &inner, m[0], group);
    }
    inner = plan_member(place, "requests");
    if (status == SUBSTRATE_OK) {
        status = plan_list(reader, &inner, m[1], &entries, &count);
    }
    for (size_t i = 0; i < count; i++) {
        names += names_in(entries[i]);
    }
    group->requests = base_arena_calloc(&reader->plan->arena, names + 1, sizeof *group->requests);
    if (status == SUBSTRATE_OK && group->requests == NULL) {
        return plan_no_memory(reader);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        struct plan_place element = plan_element(&inner, i);
        status = read_request(reader, &element, entries[i], group);
    }
    for (size_t i = 0; i < group->request_count && status == SUBSTRATE_OK; i++) {
        bool has_blocks = group->block_count > 0;
        if (group->requests[i].kind == PLAN_METHOD) {
            status = check_method(reader, place, has_blocks, &group->requests[i]);
        } else if (!has_blocks) {
            status = plan_refuse(reader, place, "has functions or fees, so it needs \"blocks\"");
        }
    }
    return status;
}

enum substrate_status plan_read_groups(struct plan_reader *reader, const struct plan_place *place,
                                       struct base_json value) {
    struct plan *plan = reader->plan;
    struct base_json *list;
    size_t count;
    enum substrate_status status = plan_list(reader, place, value, &list, &count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    plan->groups = base_arena_calloc(&plan->arena, count + 1, sizeof *plan->groups);
    if (plan->groups == NULL) {
        return plan_no_memory(reader);
    }
    plan->group_count = count;
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        struct plan_place element = plan_element(place, i);
        status = read_group(reader, &element, list[i], &plan->groups[i]);
    }
    return status;
}
