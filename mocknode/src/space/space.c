/* A space's beginning, end, reset and script. */
#include "space/inner.h"

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
    space->started_us = now;
    space->view.chain = config->chain;
    base_arena_init(&space->arena, 16384);
    base_arena_init(&space->memory, 16384);
    base_map_init(&space->series, seed);
    base_map_init(&space->methods, seed);
    base_map_init(&space->unmatched_map, seed);
    char *copy = base_strdup(name);
    space->name = (struct substrate_text){copy, name.size};
    start(space);
    space_start_head(space);
    if (copy == NULL ||
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
        space_close(space->peers, space->started_us);
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
    base_free(space->journal);
    base_free(space->events);
    base_free(space->counted);
    base_free((void *)(uintptr_t)space->name.data);
    base_free(space);
}

struct substrate_text space_name(const struct space *space) {
    return space->name;
}

uint64_t space_seed(const struct space *space) { return space->seed; }

const struct chain *space_chain(const struct space *space) { return space->config.chain; }

/* Lets go what the gate holds, in order of arrival, when the gate itself is taken away. */
static void release_held(struct space *space, uint64_t now) {
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        struct space_call *call = peer->calls;
        while (call != NULL && call->next != NULL) {
            call = call->next; /* the newest stands first */
        }
        while (call != NULL) {
            struct space_call *newer = call->previous;
            if (call->held) {
                call->held = false;
                space_call_put(call, call->earliest > now ? call->earliest : now, NULL);
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
    release_held(space, now);
    script_gate_free(space->gate);
    script_rules_free(space->gate_rules);
    space->gate_rules = rules;
    bool wanted = rules != NULL && rules->gate != NULL;
    space->gate = wanted ? script_gate_new(rules->gate) : NULL;
    return !wanted || space->gate != NULL;
}

void space_reset(struct space *space, uint64_t now) {
    release_held(space, now);
    /* First, as subscribers hear of it, and it may count something. */
    const struct chain_block *head =
        space->config.head != NULL ? space->config.head : chain_head(space->config.chain);
    if (head != space->view.head) {
        space_set_head(space, head, now);
    }
    drop_scripts(space);
    start(space);
    space_journal_reset(space);
    space->started_us = now;
    space->unmatched = space->gate_timeouts = space->dup_inflight = space->rejected = 0;
    space->requests = 0;
    space->inflight_max = space->inflight;
    space->inflight_max_per_conn = 0;
    for (const struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (peer->inflight > space->inflight_max_per_conn) {
            space->inflight_max_per_conn = peer->inflight;
        }
    }
    space->subscriptions_opened = space->subscriptions_open;
    space_conns_reset(space);
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
