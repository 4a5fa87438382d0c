/* Reading and asking of what is waited for. */
#include "script/awaited.h"

#include "base/mem.h"
#include "base/text.h"
#include "script/run.h"
#include "script/types.h"

struct script_awaited {
    struct script script; /* its arena holds the texts */
    struct script_until until;
};

/* The names of a script's rules, ended by NULL; NULL: out of memory. */
static const char **names_of(struct base_arena *arena, const struct script *script) {
    size_t count = script != NULL ? script->rule_count : 0;
    const char **names = base_arena_calloc(arena, count + 1, sizeof(*names));
    for (size_t i = 0; names != NULL && i < count; i++) {
        names[i] = base_arena_text(arena, script->rules[i].name).data;
        names = names[i] != NULL ? names : NULL;
    }
    return names;
}

static enum substrate_status read(struct script_awaited *made, struct substrate_text json,
                                  const char *source, const struct script *script,
                                  struct substrate_error *error) {
    struct base_arena *arena = &made->script.arena;
    struct document document = {
        .source = source, .text = json, .line = 1, .arena = arena, .error = error};
    struct document_value root;
    struct script_reader reader = {.script = &made->script, .source = source};
    reader.rule_names = names_of(arena, script);
    reader.gate_names = names_of(arena, NULL);
    if (reader.rule_names == NULL || reader.gate_names == NULL) {
        return document_no_memory(&document);
    }
    enum substrate_status status = document_parse(&document, &root);
    if (status == SUBSTRATE_OK && root.json.kind != BASE_JSON_OBJECT) {
        status = document_refuse(&root, "must be an object");
    }
    return status == SUBSTRATE_OK ? script_type_until.read(&reader, NULL, &root, &made->until)
                                  : status;
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
