/* The life of a run: what it counts, its connections, and another script in place of the first. */
#include <assert.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "script/run.h"

/* ---- what depends on the script ---- */

static const struct script no_script;

static void free_counts(struct script_run *run) {
    size_t cursor = 0;
    struct substrate_text key;
    void *value;
    while (base_map_next(&run->labels, &cursor, &key, &value)) {
        struct script_label *label = value;
        base_free(label->counts);
        label->counts = NULL;
    }
    for (struct script_peer *peer = run->first_peer; peer != NULL; peer = peer->next) {
        base_free(peer->counts);
        peer->counts = NULL;
    }
    base_free(run->counts);
    base_free(run->fired);
    base_free(run->windows);
    script_gates_free(run->gates, run->script->gate_count);
    script_rates_free(run);
    run->counts = NULL;
    run->fired = NULL;
    run->windows = NULL;
    run->gates = NULL;
}

static bool make_counts(struct script_run *run, const struct script *script) {
    size_t rules = script->rule_count + SCRIPT_RULES_MORE;
    run->script = script;
    run->generation++;
    run->latency = script->latency;
    run->latency_action = (struct script_action){script_action_find("delay"), &run->latency};
    run->latency_rule = (struct script_rule){.name = BASE_TEXT("latency"),
                                             .number = (uint16_t)(script->rule_count + 1),
                                             .on = SCRIPT_ARRIVED,
                                             .actions = &run->latency_action,
                                             .action_count = 1};
    run->counts = base_calloc(rules, sizeof(*run->counts));
    run->fired = base_calloc(rules, sizeof(*run->fired));
    run->windows = base_calloc(rules, sizeof(*run->windows));
    run->gates = script_gates_new(script);
    return run->counts != NULL && run->fired != NULL && run->windows != NULL && run->gates != NULL;
}

struct script_run *script_run_new(const struct script *script, uint64_t seed,
                                  const struct script_host *host) {
    struct script_run *run = base_calloc(1, sizeof(*run));
    if (run == NULL) {
        return NULL;
    }
    run->host = host;
    run->seed = seed;
    run->queue.next_tie = 1; /* a mark of 0 is for all that is due */
    base_map_init(&run->labels, seed);
    base_map_init(&run->rates, seed);
    if (!make_counts(run, script != NULL ? script : &no_script)) {
        script_run_free(run);
        return NULL;
    }
    return run;
}

void script_run_free(struct script_run *run) {
    if (run == NULL) {
        return;
    }
    for (size_t kind = 0; kind <= SCRIPT_EVENT_KINDS; kind++) {
        while (!LIST_EMPTY(&run->waits[kind])) {
            script_wait_cancel(run, LIST_FIRST(&run->waits[kind]));
        }
    }
    free_counts(run);
    size_t cursor = 0;
    struct substrate_text key;
    void *label;
    while (base_map_next(&run->labels, &cursor, &key, &label)) {
        base_free(label);
    }
    base_map_free(&run->labels);
    base_map_free(&run->rates);
    base_free(run->scratch);
    base_heap_free(&run->queue.heap);
    base_heap_free(&run->timers);
    base_free(run);
}

void script_run_set(struct script_run *run, const struct script *script, uint64_t seed,
                    uint64_t now) {
    script_gates_end_all(run, now);
    script_waits_end_all(run, now);
    free_counts(run);
    run->seed = seed;
    if (!make_counts(run, script != NULL ? script : &no_script)) {
        /* A run without a script needs nothing that is missing now. */
        run->host->no_memory(run->host->context);
        run->script = &no_script;
    }
}

uint64_t *script_scratch(struct script_run *run, size_t count) {
    return base_grow((void **)&run->scratch, &run->scratch_capacity, count, sizeof(*run->scratch))
               ? run->scratch
               : NULL;
}

uint32_t script_kinds(const struct script_run *run) {
    return run->script->kinds | run->waited |
           (script_has_latency(run) ? SCRIPT_BIT(SCRIPT_ARRIVED) : 0);
}

void script_run_set_latency(struct script_run *run, const struct script_latency *latency) {
    run->latency = *latency;
}

struct substrate_text script_unfired(const struct script_run *run, size_t *cursor) {
    while (*cursor < run->script->own_rule_count) {
        size_t at = (*cursor)++;
        if (run->fired[at] == 0) {
            return run->script->rules[at].name;
        }
    }
    return (struct substrate_text){NULL, 0};
}

uint64_t script_fired_count(const struct script_run *run, size_t rule) { return run->fired[rule]; }

/* ---- connections ---- */

static struct script_label *label_of(struct script_run *run, struct substrate_text text) {
    struct script_label *label = base_map_get(&run->labels, text);
    if (label != NULL) {
        return label;
    }
    if (run->labels.count >= SCRIPT_LABELS_MAX) {
        return NULL;
    }
    label = base_calloc(1, sizeof(*label) + text.size + 1);
    if (label == NULL) {
        return NULL;
    }
    char *copy = (char *)(label + 1);
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    label->text = (struct substrate_text){copy, text.size};
    if (!base_map_put(&run->labels, label->text, label)) {
        base_free(label);
        return NULL;
    }
    return label;
}

void script_peer_begin(struct script_run *run, struct script_peer *peer) {
    peer->open = peer->gone = false;
    peer->counts = NULL;
    peer->last_arrival = 0;
    peer->label = label_of(run, peer->label_text); /* NULL: it counts with the space */
    if (peer->label != NULL) {
        peer->label->peers++;
    }
    peer->next = NULL;
    peer->previous = run->last_peer;
    if (run->last_peer != NULL) {
        run->last_peer->next = peer;
    } else {
        run->first_peer = peer;
    }
    run->last_peer = peer;
}

void script_peer_opened(struct script_run *run, struct script_peer *peer) {
    assert(!peer->open);
    peer->open = true;
    if (!peer->post) {
        run->open++;
        if (peer->label != NULL) {
            peer->label->open++;
        }
    }
}

/* A label of which nothing was counted is forgotten with its last connection. */
static void leave_label(struct script_run *run, struct script_label *label) {
    if (label != NULL && --label->peers == 0 && label->counts == NULL &&
        run->script->gate_count == 0) {
        (void)base_map_remove(&run->labels, label->text);
        base_free(label);
    }
}

static void unlink_peer(struct script_run *run, struct script_peer *peer) {
    for (struct script_cursor *at = run->cursors; at != NULL; at = at->outer) {
        at->next = at->next == peer ? peer->next : at->next;
    }
    if (peer->previous != NULL) {
        peer->previous->next = peer->next;
    } else {
        run->first_peer = peer->next;
    }
    if (peer->next != NULL) {
        peer->next->previous = peer->previous;
    } else {
        run->last_peer = peer->previous;
    }
}

void script_peer_end(struct script_run *run, struct script_peer *peer, uint64_t now) {
    peer->gone = true;
    unlink_peer(run, peer);
    if (peer->open && !peer->post) {
        run->open--;
        if (peer->label != NULL) {
            peer->label->open--;
        }
    }
    script_gates_gone(run, peer);
    script_waits_gone(run, peer, now);
    base_free(peer->counts);
    peer->counts = NULL;
    leave_label(run, peer->label);
    peer->label = NULL;
}

/* ---- the script itself ---- */

bool script_writes_accepted(const struct script *script) {
    return script != NULL && script->writes_accepted;
}

size_t script_rule_count(const struct script *script) {
    return script != NULL ? script->rule_count : 0;
}

struct substrate_text script_rule_name(const struct script *script, size_t rule) {
    return script->rules[rule].name;
}

void script_free(struct script *script) {
    if (script != NULL) {
        base_arena_free(&script->arena);
        base_free(script);
    }
}
