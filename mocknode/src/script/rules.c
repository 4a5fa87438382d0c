/* Reading rules with jansson, strictly: what is not known is refused by name, with its line. */
#include "script/rules.h"

#include <jansson.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "methods/method.h"
#include "rpc/request.h"
#include "script/latency.h"

#define GATE_MAX 10000
#define LIMIT_DEFAULT_US 5000000U

struct reader {
    struct substrate_text json;
    const char *source;
    struct script_rules *rules;
    struct substrate_error *error;
};

/* jansson keeps no positions, so the line is that of the first place where the word stands. */
static size_t line_of(const struct reader *reader, const char *word) {
    size_t size = strlen(word), line = 1;
    for (size_t i = 0; i < reader->json.size; i++) {
        if (reader->json.size - i >= size && memcmp(reader->json.data + i, word, size) == 0) {
            return line;
        }
        line += reader->json.data[i] == '\n';
    }
    return 1;
}

static enum substrate_status fail(const struct reader *reader, const char *word,
                                  const char *problem) {
    return base_fail(reader->error, SUBSTRATE_E_ARGUMENT, "%s:%zu: \"%s\": %s", reader->source,
                     line_of(reader, word), word, problem);
}

static enum substrate_status no_memory(const struct reader *reader) {
    return base_fail(reader->error, SUBSTRATE_E_MEMORY, "%s: out of memory", reader->source);
}

/* Refuses members that are not in `known` (space-separated, with a space at both ends). */
static enum substrate_status check_members(const struct reader *reader, json_t *object,
                                           const char *known) {
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        char word[64];
        size_t size = strlen(key);
        bool found = false;
        if (size > 0 && size < sizeof(word) - 2 && strchr(key, ' ') == NULL) {
            word[0] = ' ';
            memcpy(word + 1, key, size);
            memcpy(word + 1 + size, " ", 2);
            found = strstr(known, word) != NULL;
        }
        if (!found) {
            return base_fail(reader->error, SUBSTRATE_E_ARGUMENT,
                             "%s:%zu: unknown member \"%.60s\"; known here:%s", reader->source,
                             line_of(reader, key), key, known);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_latency(const struct reader *reader, json_t *value,
                                          const char *name, uint64_t *us) {
    if (!json_is_string(value)) {
        return fail(reader, name, "must be a string such as \"50ms\"");
    }
    struct substrate_error inner = {SUBSTRATE_OK, 0, 0, ""};
    struct substrate_text spec = {json_string_value(value), json_string_length(value)};
    if (script_latency_parse(spec, us, &inner) != SUBSTRATE_OK) {
        return fail(reader, name, inner.message);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_pattern(const struct reader *reader, json_t *value,
                                          struct substrate_text *pattern) {
    struct substrate_text text = {json_string_value(value), json_string_length(value)};
    const char *star = json_is_string(value) ? memchr(text.data, '*', text.size) : NULL;
    if (!json_is_string(value) || text.size == 0 ||
        (star != NULL && star != text.data + text.size - 1)) {
        return fail(reader, "methods",
                    "must be a list of method names, each with at most one * at its end");
    }
    const struct rpc_method *method = star == NULL ? method_find(text) : NULL;
    *pattern =
        base_arena_text(&reader->rules->arena, method != NULL ? base_text(method->name) : text);
    return pattern->data != NULL ? SUBSTRATE_OK : no_memory(reader);
}

static enum substrate_status read_methods(const struct reader *reader, json_t *list,
                                          struct script_methods *methods) {
    size_t count = json_array_size(list);
    if (count == 0) {
        return fail(reader, "methods", "must be a list of at least one method name");
    }
    methods->patterns = base_arena_calloc(&reader->rules->arena, count, sizeof(*methods->patterns));
    if (methods->patterns == NULL) {
        return no_memory(reader);
    }
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = read_pattern(reader, json_array_get(list, i), &methods->patterns[i]);
        methods->count = i + 1;
    }
    return status;
}

static enum substrate_status read_rule(const struct reader *reader, json_t *json,
                                       struct script_rule *rule) {
    if (!json_is_object(json)) {
        return fail(reader, "rules", "each rule must be an object");
    }
    enum substrate_status status = check_members(reader, json, " methods latency ");
    if (status == SUBSTRATE_OK && json_object_get(json, "methods") == NULL) {
        status = fail(reader, "rules", "a rule lacks \"methods\" ([\"*\"] means all)");
    }
    if (status == SUBSTRATE_OK && json_object_get(json, "latency") == NULL) {
        status = fail(reader, "rules", "a rule lacks \"latency\"");
    }
    if (status == SUBSTRATE_OK) {
        status = read_methods(reader, json_object_get(json, "methods"), &rule->methods);
    }
    if (status == SUBSTRATE_OK) {
        status =
            read_latency(reader, json_object_get(json, "latency"), "latency", &rule->latency_us);
    }
    return status;
}

static enum substrate_status read_rules(const struct reader *reader, json_t *list) {
    struct script_rules *rules = reader->rules;
    if (!json_is_array(list)) {
        return fail(reader, "rules", "must be a list of rules");
    }
    size_t count = json_array_size(list);
    rules->rules = base_arena_calloc(&rules->arena, count, sizeof(*rules->rules));
    if (rules->rules == NULL) {
        return no_memory(reader);
    }
    for (size_t i = 0; i < count; i++) {
        enum substrate_status status = read_rule(reader, json_array_get(list, i), &rules->rules[i]);
        if (status != SUBSTRATE_OK) {
            return status;
        }
        rules->count = i + 1;
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_permutation(const struct reader *reader, json_t *list,
                                              struct script_gate_rule *gate) {
    static const char *problem = "a list must be a permutation of 0 to n - 1";
    gate->order = SCRIPT_PERMUTATION;
    gate->permutation =
        base_arena_calloc(&reader->rules->arena, gate->n, sizeof(*gate->permutation));
    bool *seen = base_arena_calloc(&reader->rules->arena, gate->n, sizeof(*seen));
    if (gate->permutation == NULL || seen == NULL) {
        return no_memory(reader);
    }
    if (json_array_size(list) != gate->n) {
        return fail(reader, "order", problem);
    }
    for (size_t i = 0; i < gate->n; i++) {
        json_t *value = json_array_get(list, i);
        json_int_t at = json_integer_value(value);
        if (!json_is_integer(value) || at < 0 || (uint64_t)at >= gate->n || seen[at]) {
            return fail(reader, "order", problem);
        }
        seen[at] = true;
        gate->permutation[i] = (size_t)at;
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_order(const struct reader *reader, json_t *value,
                                        struct script_gate_rule *gate) {
    if (value == NULL) {
        return SUBSTRATE_OK;
    }
    if (json_is_array(value)) {
        return read_permutation(reader, value, gate);
    }
    const char *name = json_is_string(value) ? json_string_value(value) : "";
    if (strcmp(name, "reversed") == 0) {
        gate->order = SCRIPT_REVERSED;
    } else if (strcmp(name, "arrival") != 0) {
        return fail(reader, "order", "must be \"arrival\", \"reversed\" or a list");
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_gate_options(const struct reader *reader, json_t *json,
                                               struct script_gate_rule *gate) {
    json_t *limit = json_object_get(json, "limit"), *scope = json_object_get(json, "scope"),
           *repeat = json_object_get(json, "repeat");
    const char *name = json_is_string(scope) ? json_string_value(scope) : "";
    gate->per_connection = strcmp(name, "connection") == 0;
    if (scope != NULL && !gate->per_connection && strcmp(name, "space") != 0) {
        return fail(reader, "scope", "must be \"space\" or \"connection\"");
    }
    if (repeat != NULL && !json_is_boolean(repeat)) {
        return fail(reader, "repeat", "must be true or false");
    }
    gate->repeat = json_is_true(repeat);
    gate->limit_us = LIMIT_DEFAULT_US;
    return limit != NULL ? read_latency(reader, limit, "limit", &gate->limit_us) : SUBSTRATE_OK;
}

static enum substrate_status read_gate(const struct reader *reader, json_t *json) {
    if (!json_is_object(json)) {
        return fail(reader, "gate", "must be an object");
    }
    enum substrate_status status =
        check_members(reader, json, " n methods order limit scope repeat ");
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct script_gate_rule *gate = base_arena_calloc(&reader->rules->arena, 1, sizeof(*gate));
    json_t *n = json_object_get(json, "n"), *methods = json_object_get(json, "methods");
    if (gate == NULL) {
        return no_memory(reader);
    }
    if (!json_is_integer(n) || json_integer_value(n) < 1 || json_integer_value(n) > GATE_MAX) {
        return fail(reader, "n", "must be a number from 1 to 10000");
    }
    gate->n = (size_t)json_integer_value(n);
    if (methods != NULL) {
        status = read_methods(reader, methods, &gate->methods);
    }
    if (status == SUBSTRATE_OK) {
        status = read_order(reader, json_object_get(json, "order"), gate);
    }
    if (status == SUBSTRATE_OK) {
        status = read_gate_options(reader, json, gate);
    }
    reader->rules->gate = gate;
    return status;
}

static enum substrate_status read_document(const struct reader *reader, json_t *json) {
    if (!json_is_object(json)) {
        return base_fail(reader->error, SUBSTRATE_E_ARGUMENT,
                         "%s:1: rules are an object: {\"rules\":[...],\"gate\":{...}}",
                         reader->source);
    }
    json_t *rules = json_object_get(json, "rules"), *gate = json_object_get(json, "gate");
    enum substrate_status status = check_members(reader, json, " rules gate ");
    if (status == SUBSTRATE_OK && rules != NULL) {
        status = read_rules(reader, rules);
    }
    if (status == SUBSTRATE_OK && gate != NULL && !json_is_null(gate)) {
        status = read_gate(reader, gate);
    }
    return status;
}

enum substrate_status script_rules_read(struct substrate_text json, const char *source,
                                        struct script_rules **rules,
                                        struct substrate_error *error) {
    struct reader reader = {json, source, base_calloc(1, sizeof(**rules)), error};
    if (reader.rules == NULL) {
        return no_memory(&reader);
    }
    base_arena_init(&reader.rules->arena, 0);
    json_error_t problem;
    bool empty = json.size == 0; /* jansson has no words for that */
    json_t *document =
        empty ? NULL : json_loadb(json.data, json.size, JSON_REJECT_DUPLICATES, &problem);
    enum substrate_status status = document != NULL || empty
                                       ? read_document(&reader, document)
                                       : base_fail(error, SUBSTRATE_E_ARGUMENT, "%s:%d: %s", source,
                                                   problem.line, problem.text);
    json_decref(document);
    if (status != SUBSTRATE_OK) {
        script_rules_free(reader.rules);
        return status;
    }
    *rules = reader.rules;
    return SUBSTRATE_OK;
}

void script_rules_free(struct script_rules *rules) {
    if (rules != NULL) {
        base_arena_free(&rules->arena);
        base_free(rules);
    }
}

static bool match(struct substrate_text pattern, struct substrate_text name) {
    if (pattern.size > 0 && pattern.data[pattern.size - 1] == '*') {
        size_t size = pattern.size - 1;
        return name.size >= size && memcmp(pattern.data, name.data, size) == 0;
    }
    return base_text_equal(pattern, name);
}

bool script_methods_match(const struct script_methods *methods, struct substrate_text canonical,
                          struct substrate_text sent) {
    for (size_t i = 0; i < methods->count; i++) {
        if (match(methods->patterns[i], canonical) || match(methods->patterns[i], sent)) {
            return true;
        }
    }
    return methods->count == 0;
}

const struct script_rule *script_rules_find(const struct script_rules *rules,
                                            struct substrate_text canonical,
                                            struct substrate_text sent) {
    for (size_t i = 0; rules != NULL && i < rules->count; i++) {
        if (script_methods_match(&rules->rules[i].methods, canonical, sent)) {
            return &rules->rules[i];
        }
    }
    return NULL;
}
