/* Reading the document of a script: actions, rules, and its sources. */
#include "script/read.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"

#define RULES_MAX 60000

/* ---- actions ---- */

/* The member that a value stands for which is no object; NULL: none. */
const struct script_member *script_brief_of(const struct script_action_row *row) {
    const struct script_member *member = row->brief != NULL ? row->members : NULL;
    while (member != NULL && strcmp(member->name, row->brief) != 0) {
        member++;
        assert(member->name != NULL);
    }
    return member;
}

/* `true`: no member is said. */
static enum substrate_status read_true(const struct document_value *value,
                                       const struct script_member *members, void *args) {
    for (const struct script_member *at = members; at->name != NULL; at++) {
        if (at->required) {
            return document_refuse(value, "lacks \"%s\": %s", at->name, at->help);
        }
    }
    script_preset(members, args);
    return SUBSTRATE_OK;
}

/* What may stand in place of a value that means nothing. */
static enum substrate_status refuse_value(const struct document_value *value,
                                          const struct script_member *members) {
    char words[160] = "";
    size_t used = 0;
    for (size_t i = 0; members[i].name != NULL && used < sizeof words; i++) {
        const char *link = i == 0 ? "" : members[i + 1].name == NULL ? " or " : ", ";
        used +=
            (size_t)snprintf(words + used, sizeof words - used, "%s\"%s\"", link, members[i].name);
    }
    return used > 0 ? document_refuse(value, "must be an object with %s", words)
                    : document_refuse(value, "must be true: it has no members, and who does not "
                                             "want it leaves it out");
}

static enum substrate_status read_args(struct script_reader *reader,
                                       const struct document_value *value,
                                       const struct script_action_row *row, void *args) {
    static const struct script_member none[] = {{0}};
    const struct script_member *members = row->members != NULL ? row->members : none;
    const struct script_member *brief = script_brief_of(row);
    bool is_true = value->json.kind == BASE_JSON_TRUE;
    if (brief == NULL && !is_true && value->json.kind != BASE_JSON_OBJECT) {
        return refuse_value(value, members);
    }
    if (brief != NULL && (row->whole || (is_true && brief->required) ||
                          (!is_true && value->json.kind != BASE_JSON_OBJECT))) {
        script_preset(members, args);
        return script_read_member(reader, value, brief, args);
    }
    return is_true ? read_true(value, members, args)
                   : script_read_members(reader, value, members, args);
}

/* Names of all rows, for errors. */
static const char *const *action_names(void) {
    static const char *names[SCRIPT_ROWS_MAX + 1];
    for (size_t i = 0; script_action_rows[i].name != NULL; i++) {
        assert(i < SCRIPT_ROWS_MAX);
        names[i] = script_action_rows[i].name;
    }
    return names;
}

static enum substrate_status stands_here(const struct script_reader *reader,
                                         const struct document_value *value,
                                         const struct script_action_row *row,
                                         const struct script_rule *rule) {
    char words[240];
    if ((row->events & SCRIPT_BIT(reader->on)) == 0) {
        return document_refuse(value, "may not stand on %s; it may on %s",
                               script_event_name(reader->on),
                               script_events_words(row->events, words, sizeof words));
    }
    bool lacks =
        (SCRIPT_WITHOUT_CONNECTION & SCRIPT_BIT(reader->on)) != 0 || reader->on == SCRIPT_START;
    if (row->connection && lacks && !rule->target.given) {
        return document_refuse(value,
                               "needs a connection, and %s has none: the rule must say its "
                               "\"target\"",
                               script_event_name(reader->on));
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_action(struct script_reader *reader,
                                         const struct document_value *value,
                                         struct script_rule *rule) {
    const char *const *names = action_names();
    struct document_value values[SCRIPT_ROWS_MAX];
    enum substrate_status status = document_members(value, names, values);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    size_t found = SIZE_MAX;
    for (size_t i = 0; names[i] != NULL; i++) {
        if (document_has(&values[i]) && found != SIZE_MAX) {
            return document_refuse(value, "has two actions: each stands in an object of its own");
        }
        found = document_has(&values[i]) ? i : found;
    }
    if (found == SIZE_MAX) {
        return document_refuse(value, "names no action");
    }
    const struct script_action_row *row = &script_action_rows[found];
    struct script_action *action = &rule->actions[rule->action_count];
    for (size_t i = 0; i < rule->action_count; i++) {
        if ((rule->actions[i].row->groups & row->groups) != 0) {
            return document_refuse(&values[found], "excludes \"%s\", which stands before it",
                                   rule->actions[i].row->name);
        }
    }
    status = stands_here(reader, &values[found], row, rule);
    void *args = base_arena_calloc(&reader->script->arena, 1, row->args_size + 1);
    if (status == SUBSTRATE_OK && args == NULL) {
        return document_no_memory(value->document);
    }
    if (status == SUBSTRATE_OK) {
        status = read_args(reader, &values[found], row, args);
    }
    if (status == SUBSTRATE_OK && row->check != NULL) {
        status = row->check(&values[found], args);
    }
    *action = (struct script_action){row, args};
    rule->action_count++;
    return status;
}

static enum substrate_status read_actions(struct script_reader *reader,
                                          const struct document_value *value,
                                          struct script_rule *rule) {
    struct document_value *elements;
    size_t count;
    enum substrate_status status = document_list(value, &elements, &count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (count == 0 || count > SCRIPT_ACTIONS_MAX) {
        return document_refuse(value, "must hold 1 to %d actions", SCRIPT_ACTIONS_MAX);
    }
    rule->actions = base_arena_calloc(&reader->script->arena, count, sizeof(*rule->actions));
    if (rule->actions == NULL) {
        return document_no_memory(value->document);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = read_action(reader, &elements[i], rule);
    }
    return status;
}

/* ---- rules ---- */

static enum substrate_status read_target(const struct document_value *value,
                                         struct script_target *target) {
    static const char *const words[] = {"this", "all", NULL};
    static const char *const names[] = {"connection", "label", NULL};
    struct document_value m[2];
    size_t index;
    target->given = true;
    if (value->json.kind == BASE_JSON_STRING) {
        enum substrate_status status = document_choice(value, words, &index);
        target->kind = index == 0 ? SCRIPT_TARGET_THIS : SCRIPT_TARGET_ALL;
        target->given = index != 0;
        return status;
    }
    enum substrate_status status = document_members(value, names, m);
    if (status == SUBSTRATE_OK && document_has(&m[0]) == document_has(&m[1])) {
        return document_refuse(value, "must be \"this\", \"all\", {\"connection\": n} or "
                                      "{\"label\": \"…\"}");
    }
    if (status == SUBSTRATE_OK && document_has(&m[0])) {
        target->kind = SCRIPT_TARGET_CONNECTION;
        return document_number(&m[0], 1, UINT32_MAX, &target->connection);
    }
    target->kind = SCRIPT_TARGET_LABEL;
    return status == SUBSTRATE_OK ? document_string(&m[1], &target->label) : status;
}

static enum substrate_status check_target(const struct document_value *value,
                                          const struct script_rule *rule) {
    bool used = !rule->target.given;
    for (size_t i = 0; i < rule->action_count; i++) {
        used = used || rule->actions[i].row->targets;
    }
    return used ? SUBSTRATE_OK : document_refuse(value, "no action of the rule acts on a target");
}

static enum substrate_status read_when(struct script_reader *reader,
                                       const struct document_value *value,
                                       struct script_when *when) {
    enum substrate_status status = script_read_members(reader, value, script_when_members, when);
    bool counts = when->nth.count > 0 || when->every > 0 || when->first > 0 ||
                  when->in_flight > 0 || when->open > 0;
    return status == SUBSTRATE_OK && when->per != 0 && !counts
               ? document_refuse(value, "has \"per\", and nothing that it counts: \"nth\", "
                                        "\"every\", \"first\", \"in_flight\" or \"open\"")
               : status;
}

static enum substrate_status read_rule(struct script_reader *reader,
                                       const struct document_value *value,
                                       struct script_rule *rule) {
    enum { NAME, ON, MATCH, WHEN, DO, TARGET, MEMBERS };
    static const char *const names[MEMBERS + 1] = {"name", "on",     "match", "when",
                                                   "do",   "target", NULL};
    struct document_value m[MEMBERS];
    enum substrate_status status = document_members(value, names, m);
    if (status == SUBSTRATE_OK && !document_has(&m[ON])) {
        status = document_refuse(value, "lacks \"on\": the event");
    }
    if (status == SUBSTRATE_OK && !document_has(&m[DO])) {
        status = document_refuse(value, "lacks \"do\": the actions");
    }
    if (status == SUBSTRATE_OK) {
        status = script_type_event.read(reader, NULL, &m[ON], &rule->on);
        reader->on = rule->on;
    }
    if (status == SUBSTRATE_OK && document_has(&m[TARGET])) {
        status = read_target(&m[TARGET], &rule->target);
    }
    if (status == SUBSTRATE_OK && document_has(&m[MATCH])) {
        status = script_read_members(reader, &m[MATCH], script_match_members, &rule->match);
    }
    if (status == SUBSTRATE_OK && document_has(&m[WHEN])) {
        status = read_when(reader, &m[WHEN], &rule->when);
    }
    if (status == SUBSTRATE_OK) {
        status = read_actions(reader, &m[DO], rule);
    }
    return status == SUBSTRATE_OK ? check_target(&m[TARGET], rule) : status;
}

/* ---- the document ---- */

enum { RULES, GATES, LATENCY, WRITES, START, MEMBERS };
struct source {
    struct document document;
    struct document_value root, m[MEMBERS];
    struct document_value *rules, *gates;
    size_t rule_count, gate_count;
};

static enum substrate_status parse(struct script *script, const struct script_source *from,
                                   struct substrate_error *error, struct source *source) {
    static const char *const names[MEMBERS + 1] = {"rules",  "gates", "latency",
                                                   "writes", "start", NULL};
    source->document = (struct document){.source = from->name,
                                         .text = base_arena_text(&script->arena, from->json),
                                         .line = 1,
                                         .arena = &script->arena,
                                         .error = error};
    if (source->document.text.data == NULL) {
        return document_no_memory(&source->document);
    }
    enum substrate_status status = document_parse(&source->document, &source->root);
    if (status == SUBSTRATE_OK) {
        status = document_members(&source->root, names, source->m);
    }
    if (status == SUBSTRATE_OK && document_has(&source->m[RULES])) {
        status = document_list(&source->m[RULES], &source->rules, &source->rule_count);
    }
    if (status == SUBSTRATE_OK && document_has(&source->m[GATES])) {
        status = document_list(&source->m[GATES], &source->gates, &source->gate_count);
    }
    return status;
}

/* The name that a rule has, or is given by its place. */
static enum substrate_status name_rule(struct script_reader *reader, const struct source *source,
                                       size_t index, bool first, struct script_rule *rule) {
    const struct document_value *value = &source->rules[index];
    struct base_json name = base_json_member(value->json, "name");
    struct base_buf made = BASE_BUF_INIT;
    if (name.kind == BASE_JSON_NONE) {
        base_buf_format(&made, "%s[%zu]", first ? "rules" : source->document.source, index);
        rule->name = base_arena_text(&reader->script->arena, base_buf_view(&made));
        base_buf_free(&made);
        return rule->name.data != NULL ? SUBSTRATE_OK : document_no_memory(&source->document);
    }
    struct document_value member = {
        .document = value->document, .parent = value, .name = "name", .json = name};
    enum substrate_status status = document_string(&member, &rule->name);
    if (status == SUBSTRATE_OK && (rule->name.size == 0 || rule->name.size > 200)) {
        return document_refuse(&member, "must have 1 to 200 bytes");
    }
    return status;
}

bool script_name_add(struct base_arena *arena, struct base_map *by_name, const char **place,
                     struct substrate_text name) {
    *place = base_arena_text(arena, name).data;
    return *place != NULL &&
           base_map_put(by_name, (struct substrate_text){*place, name.size}, place);
}

/* Names it among its kind; `what`: "rule". */
static enum substrate_status add_name(struct script_reader *reader, const char *what,
                                      const struct document_value *value, struct base_map *by_name,
                                      const char **place, struct substrate_text name) {
    if (base_map_get(by_name, name) != NULL) {
        struct document_value member = *value;
        struct base_json said = base_json_member(value->json, "name");
        if (said.kind != BASE_JSON_NONE) {
            member = (struct document_value){
                .document = value->document, .parent = value, .name = "name", .json = said};
        }
        return document_refuse(&member, "another %s has this name", what);
    }
    return script_name_add(&reader->script->arena, by_name, place, name)
               ? SUBSTRATE_OK
               : document_no_memory(value->document);
}

static enum substrate_status name_rules(struct script_reader *reader, struct source *sources,
                                        size_t count) {
    struct script *script = reader->script;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sources[i].rule_count; j++, at++) {
            struct script_rule *rule = &script->rules[at];
            rule->number = (uint16_t)at;
            enum substrate_status status = name_rule(reader, &sources[i], j, i == 0, rule);
            if (status == SUBSTRATE_OK) {
                status = add_name(reader, "rule", &sources[i].rules[j], &reader->rules,
                                  &reader->rule_names[at], rule->name);
            }
            if (status != SUBSTRATE_OK) {
                return status;
            }
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_gates(struct script_reader *reader, struct source *sources,
                                        size_t count) {
    struct script *script = reader->script;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sources[i].gate_count && status == SUBSTRATE_OK; j++) {
            struct script_gate_rule *gate = &script->gates[script->gate_count];
            reader->on = SCRIPT_ARRIVED;
            status = script_read_gate(reader, &sources[i].gates[j], gate);
            if (status == SUBSTRATE_OK) {
                status = add_name(reader, "gate", &sources[i].gates[j], &reader->gates,
                                  &reader->gate_names[script->gate_count++], gate->name);
            }
        }
    }
    return status;
}

static enum substrate_status read_rest(struct script_reader *reader, struct source *source) {
    static const char *const writes[] = {"accept", NULL};
    struct script *script = reader->script;
    enum substrate_status status = SUBSTRATE_OK;
    if (document_has(&source->m[LATENCY])) {
        status = script_type_latency.read(reader, NULL, &source->m[LATENCY], &script->latency);
    }
    if (status == SUBSTRATE_OK && document_has(&source->m[WRITES])) {
        size_t index;
        status = document_choice(&source->m[WRITES], writes, &index);
        script->writes_accepted = status == SUBSTRATE_OK;
    }
    return status;
}

/* `start` of all sources, one behind the other. */
static enum substrate_status read_starts(struct script_reader *reader, struct source *sources,
                                         size_t count) {
    struct script *script = reader->script;
    script->start.name = BASE_TEXT("start");
    script->start.number = (uint16_t)script->rule_count;
    for (size_t i = 0; i < count; i++) {
        if (!document_has(&sources[i].m[START])) {
            continue;
        }
        struct script_rule start = {.name = script->start.name};
        reader->on = SCRIPT_START;
        enum substrate_status status = read_actions(reader, &sources[i].m[START], &start);
        if (status != SUBSTRATE_OK) {
            return status;
        }
        size_t before = script->start.action_count, more = start.action_count;
        struct script_action *all = base_arena_calloc(&script->arena, before + more, sizeof(*all));
        if (all == NULL) {
            return document_no_memory(&sources[i].document);
        }
        if (before > 0) {
            memcpy(all, script->start.actions, before * sizeof(*all));
        }
        memcpy(all + before, start.actions, more * sizeof(*all));
        script->start.actions = all;
        script->start.action_count = before + more;
    }
    return SUBSTRATE_OK;
}

/* What `fired` or `missed` is about has a connection only if the event had, on which that rule
 * fired. */
static enum substrate_status check_fired(const struct script *script,
                                         const struct script_rule *rule,
                                         const struct document_value *value) {
    bool needs = false, lacks = false;
    bool of_rule = rule->on == SCRIPT_FIRED || rule->on == SCRIPT_MISSED;
    for (size_t i = 0; i < rule->action_count; i++) {
        needs = needs || (rule->actions[i].row->connection && !rule->target.given);
    }
    for (size_t i = 0; needs && of_rule && i < script->rule_count; i++) {
        const struct script_rule *other = &script->rules[i];
        lacks = lacks || ((SCRIPT_WITHOUT_CONNECTION & SCRIPT_BIT(other->on)) != 0 &&
                          script_patterns_match(&rule->match.rule, other->name));
    }
    return lacks ? document_refuse(value, "acts on a connection, and what it fires on may have "
                                          "none: the rule must say its \"target\"")
                 : SUBSTRATE_OK;
}

static enum substrate_status read_rules(struct script_reader *reader, struct source *sources,
                                        size_t count) {
    struct script *script = reader->script;
    enum substrate_status status = SUBSTRATE_OK;
    for (int pass = 0; pass < 2; pass++) {
        size_t at = 0;
        for (size_t i = 0; i < count; i++) {
            for (size_t j = 0; j < sources[i].rule_count && status == SUBSTRATE_OK; j++, at++) {
                struct script_rule *rule = &script->rules[at];
                status = pass == 0 ? read_rule(reader, &sources[i].rules[j], rule)
                                   : check_fired(script, rule, &sources[i].rules[j]);
            }
        }
    }
    return status;
}

/* Rules by the event that they stand on, and the kinds that anything listens to. */
static bool index_rules(struct script *script) {
    for (unsigned kind = 0; kind < SCRIPT_EVENT_KINDS; kind++) {
        size_t count = 0;
        for (size_t i = 0; i < script->rule_count; i++) {
            count += script->rules[i].on == kind;
        }
        uint16_t *list = base_arena_calloc(&script->arena, count + 1, sizeof(*list));
        if (list == NULL) {
            return false;
        }
        script->by_kind[kind] = list;
        script->by_kind_count[kind] = count;
        script->kinds |= count > 0 ? SCRIPT_BIT(kind) : 0;
        for (size_t i = 0; i < script->rule_count; i++) {
            if (script->rules[i].on == kind) {
                *list++ = (uint16_t)i;
            }
        }
    }
    for (size_t i = 0; i < script->rule_count; i++) {
        const struct script_when *when = &script->rules[i].when;
        if (when->after.given || when->until.given) {
            script->kinds |= SCRIPT_BIT(SCRIPT_FIRED) | SCRIPT_BIT(SCRIPT_SIGNAL);
        }
    }
    return true;
}

static enum substrate_status make_room(struct script_reader *reader, const struct source *sources,
                                       size_t count) {
    struct script *script = reader->script;
    struct base_arena *arena = &script->arena;
    size_t rules = 0, gates = 0;
    for (size_t i = 0; i < count; i++) {
        rules += sources[i].rule_count;
        gates += sources[i].gate_count;
    }
    if (rules > RULES_MAX || gates > RULES_MAX) {
        (void)document_refuse(&sources[0].root, "has more than %d rules or gates", RULES_MAX);
        return SUBSTRATE_E_DECODE;
    }
    script->rules = base_arena_calloc(arena, rules + 1, sizeof(*script->rules));
    script->gates = base_arena_calloc(arena, gates + 1, sizeof(*script->gates));
    reader->rule_names = base_arena_calloc(arena, rules + 1, sizeof(*reader->rule_names));
    reader->gate_names = base_arena_calloc(arena, gates + 1, sizeof(*reader->gate_names));
    script->rule_count = rules;
    script->own_rule_count = sources[0].rule_count;
    return script->rules != NULL && script->gates != NULL && reader->rule_names != NULL &&
                   reader->gate_names != NULL
               ? SUBSTRATE_OK
               : document_no_memory(&sources[0].document);
}

static enum substrate_status read_sources(struct script_reader *reader, struct source *sources,
                                          size_t count) {
    enum substrate_status status = make_room(reader, sources, count);
    if (status == SUBSTRATE_OK) {
        status = name_rules(reader, sources, count);
    }
    if (status == SUBSTRATE_OK) {
        status = read_gates(reader, sources, count);
    }
    if (status == SUBSTRATE_OK) {
        status = read_rules(reader, sources, count);
    }
    if (status == SUBSTRATE_OK) {
        status = read_starts(reader, sources, count);
    }
    for (size_t i = count; i > 0 && status == SUBSTRATE_OK; i--) {
        status = read_rest(reader, &sources[i - 1]); /* the first says the latency */
    }
    return status == SUBSTRATE_OK && !index_rules(reader->script)
               ? document_no_memory(&sources[0].document)
               : status;
}

enum substrate_status script_read(const struct script_source *sources, size_t count,
                                  struct script **script, struct substrate_error *error) {
    struct script_reader reader = {.script = base_calloc(1, sizeof(struct script))};
    struct source *read = base_calloc(count + 1, sizeof(*read));
    enum substrate_status status = SUBSTRATE_OK;
    if (reader.script == NULL || read == NULL || count == 0) {
        base_free(reader.script);
        base_free(read);
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    base_arena_init(&reader.script->arena, 0);
    base_map_init(&reader.rules, 0);
    base_map_init(&reader.gates, 0);
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = parse(reader.script, &sources[i], error, &read[i]);
    }
    if (status == SUBSTRATE_OK) {
        status = read_sources(&reader, read, count);
    }
    base_free(read);
    base_map_free(&reader.rules);
    base_map_free(&reader.gates);
    if (status != SUBSTRATE_OK) {
        script_free(reader.script);
        return status;
    }
    *script = reader.script;
    return SUBSTRATE_OK;
}
