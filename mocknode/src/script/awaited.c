/* Reading and asking of what is waited for. */
#include "script/awaited.h"

#include "base/mem.h"
#include "base/text.h"
#include "script/read.h"
#include "script/run.h"

struct script_awaited {
    struct script script; /* its arena holds the texts */
    struct script_until until;
};

/* The names of a script's rules; there are no gates. false: out of memory. */
static bool name_all(struct script_reader *reader, const struct script *script) {
    struct base_arena *arena = &reader->script->arena;
    size_t count = script != NULL ? script->rule_count : 0;
    reader->rule_names = base_arena_calloc(arena, count + 1, sizeof(*reader->rule_names));
    reader->gate_names = base_arena_calloc(arena, 1, sizeof(*reader->gate_names));
    bool good = reader->rule_names != NULL && reader->gate_names != NULL;
    for (size_t i = 0; good && i < count; i++) {
        good =
            script_name_add(arena, &reader->rules, &reader->rule_names[i], script->rules[i].name);
    }
    return good;
}

static enum substrate_status read(struct script_awaited *made, struct substrate_text json,
                                  const char *source, const struct script *script,
                                  struct substrate_error *error) {
    struct document document = {
        .source = source, .text = json, .line = 1, .arena = &made->script.arena, .error = error};
    struct document_value root;
    struct script_reader reader = {.script = &made->script, .source = source};
    base_map_init(&reader.rules, 0);
    base_map_init(&reader.gates, 0);
    enum substrate_status status = name_all(&reader, script) ? document_parse(&document, &root)
                                                             : document_no_memory(&document);
    if (status == SUBSTRATE_OK && root.json.kind != BASE_JSON_OBJECT) {
        status = document_refuse(&root, "must be an object");
    }
    if (status == SUBSTRATE_OK) {
        status = script_type_until.read(&reader, NULL, &root, &made->until);
    }
    base_map_free(&reader.rules);
    return status;
}

enum substrate_status script_awaited_read(struct substrate_text json, const char *source,
                                          const struct script *script,
                                          struct script_awaited **awaited,
                                          struct substrate_error *error) {
    struct script_awaited *made = base_calloc(1, sizeof(*made));
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    base_arena_init(&made->script.arena, 1024);
    struct substrate_text text = base_arena_text(&made->script.arena, json);
    enum substrate_status status = text.data != NULL
                                       ? read(made, text, source, script, error)
                                       : base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    if (status != SUBSTRATE_OK) {
        script_awaited_free(made);
        return status;
    }
    *awaited = made;
    return SUBSTRATE_OK;
}

void script_awaited_free(struct script_awaited *awaited) {
    if (awaited != NULL) {
        base_arena_free(&awaited->script.arena);
        base_free(awaited);
    }
}

uint64_t script_awaited_count(const struct script_awaited *awaited) { return awaited->until.count; }

bool script_awaited_meets(const struct script_run *run, const struct script_awaited *awaited,
                          const struct script_event *event) {
    return event->kind == awaited->until.event &&
           script_event_matches(run, &awaited->until.match, event);
}
