/* A space's beginning, end, reset and script. */
#include "space/state.h"

#include <string.h>
#include "base/mem.h"
#include "base/text.h"

static void start(struct space *space) {
    space->latency_us = space->config.latency_us;
    space->rules = space->config.rules;
    const struct script_gate_rule *rule =
        space->config.rules != NULL ? space->config.rules->gate : NULL;
    space->gate = rule != NULL ? script_gate_new(rule) : NULL;
}

struct space *space_new(const struct space_config *config, struct substrate_text name,
                        uint64_t seed, uint64_t now) {
    struct space *space = base_calloc(1, sizeof(*space));
    if (space == NULL) {
        return NULL;
    }
    space->config = *config;
    space->seed = seed;
    space->started_us = space->now = now;
    space->due = SUBSTRATE_NEVER;
    space->view = view_new(config->chain, &(struct view_start){config->head, VIEW_LAG_RECORDED},
                           SPACE_BLOCKS_MAX);
    base_arena_init(&space->arena, 16384);
    space_events_init(&space->events, config->events_max);
    space_journal_start(space);
    char *copy = base_strdup(name);
    space->name = (struct substrate_text){copy, name.size};
    start(space);
    if (copy == NULL || space->view == NULL ||
        (config->rules != NULL && config->rules->gate != NULL && space->gate == NULL)) {
        space_free(space);
        return NULL;
    }
    return space;
}

static void drop_scripts(struct space *space) {
    script_gate_free(space->gate);
    script_rules_free(space->own_rules);
    script_rules_free(space->gate_rules);
    space->gate = NULL;
    space->own_rules = space->gate_rules = NULL;
}

void space_free(struct space *space) {
    if (space == NULL) {
        return;
    }
    while (space->peers != NULL) {
        space_close(space->peers, &(struct space_closed){.by = BASE_TEXT("node")}, space->now);
    }
    drop_scripts(space);
    while (space->pool != NULL) {
        struct space_call *call = space->pool;
        space->pool = call->next;
        base_buf_free(&call->text);
        base_free(call->flights);
        base_free(call);
    }
    script_queue_free(&space->queue);
    base_map_free(&space->series);
    base_map_free(&space->methods);
    base_map_free(&space->unmatched_map);
    base_arena_free(&space->memory);
    base_arena_free(&space->arena);
    base_buf_free(&space->canonical);
    base_buf_free(&space->key);
    base_buf_free(&space->line);
    view_free(space->view);
    base_free(space->journal);
    space_events_free(&space->events);
    base_free(space->comings.events);
    base_free(space->comings.counted);
    base_free((void *)(uintptr_t)space->name.data);
    base_free(space);
}

struct substrate_text space_name(const struct space *space) {
    return space->name;
}

uint64_t space_seed(const struct space *space) { return space->seed; }

void *space_owner(const struct space *space) { return space->config.owner; }

bool space_is_idle(const struct space *space) { return space->peers == NULL; }

const struct chain *space_chain(const struct space *space) { return space->config.chain; }

/* Lets go what the gate holds, in order of arrival, when the gate itself is taken away. */
static void release_held(struct space *space) {
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        struct space_call *call = peer->calls;
        while (call != NULL && call->next != NULL) {
            call = call->next; /* the newest stands first */
        }
        while (call != NULL) {
            struct space_call *newer = call->previous;
            if (call->held) {
                call->held = false;
                space_call_put(call, call->earliest > space->now ? call->earliest : space->now,
                               NULL);
            }
            call = newer;
        }
    }
}

void space_set_latency(struct space *space, uint64_t latency_us) { space->latency_us = latency_us; }

void space_set_rules(struct space *space, struct script_rules *rules) {
    script_rules_free(space->own_rules);
    space->own_rules = rules;
    space->rules = rules;
}

bool space_set_gate(struct space *space, struct script_rules *rules, uint64_t now) {
    space_begin(space, now);
    release_held(space);
    script_gate_free(space->gate);
    script_rules_free(space->gate_rules);
    space->gate_rules = rules;
    bool wanted = rules != NULL && rules->gate != NULL;
    space->gate = wanted ? script_gate_new(rules->gate) : NULL;
    return !wanted || space->gate != NULL;
}

void space_reset(struct space *space, uint64_t now) {
    space_begin(space, now);
    release_held(space);
    /* First, as subscribers hear of it, and it may count something. */
    const struct chain_block *head =
        space->config.head != NULL ? space->config.head : chain_head(space->config.chain);
    (void)space_set_head(space, head, now, NULL);
    view_reset(space->view, &(struct view_start){head, VIEW_LAG_RECORDED});
    drop_scripts(space);
    start(space);
    space_journal_reset(space);
    space->started_us = now;
    struct space_counts *counts = &space->counts;
    *counts = (struct space_counts){.inflight = counts->inflight,
                                    .inflight_max = counts->inflight,
                                    .subscriptions_open = counts->subscriptions_open,
                                    .subscriptions_opened = counts->subscriptions_open};
    for (const struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (peer->inflight > counts->inflight_max_per_conn) {
            counts->inflight_max_per_conn = peer->inflight;
        }
    }
    space_conns_reset(space);
}

void space_begin(struct space *space, uint64_t now) {
    space->now = now > space->now ? now : space->now;
}

void space_end(struct space *space) {
    space_emit_due(space);
    uint64_t due = space_due(space);
    if (due != space->due && space->config.port->due != NULL) {
        space->due = due;
        space->config.port->due(space->config.owner, due);
    }
}

void space_run(struct space *space, uint64_t now) {
    space_begin(space, now);
    space_end(space);
}

uint64_t space_due(const struct space *space) {
    uint64_t queue = script_queue_due(&space->queue), gate = script_gate_due(space->gate);
    return queue < gate ? queue : gate;
}

bool space_health(const struct chain *chain, struct base_buf *out) {
    const struct fact_call *call =
        chain_call(chain, BASE_TEXT("system_health"), BASE_TEXT("[]"), NULL);
    if (call == NULL || call->is_error) {
        return false;
    }
    base_buf_text(out, call->result);
    return true;
}
