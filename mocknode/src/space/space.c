/* A space's beginning, end, reset, script and time. */
#include "space/state.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* What a reset brings back, beside the script. */
static void set_scene(struct space *space) {
    const struct space_config *config = &space->config;
    space->limits = (struct script_limits){config->connections_max, config->subscriptions_max,
                                           config->request_max, config->response_max};
    space->tick =
        (struct space_tick){.every_us = config->tick_us, .due = space->now + config->tick_us};
}

static struct view_start start_of(const struct space *space) {
    return (struct view_start){space->config.head, VIEW_LAG_RECORDED};
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
    base_arena_init(&space->arena, 16384);
    space_events_init(&space->events, config->events_max);
    space_journal_start(space);
    set_scene(space);
    space_host_init(space);
    char *copy = base_strdup(name);
    space->name = (struct substrate_text){copy, name.size};
    struct view_start scene = start_of(space);
    space->view = view_new(config->chain, &scene, config->blocks_max);
    space->run = script_run_new(config->script, seed, &space->host);
    if (copy == NULL || space->view == NULL || space->run == NULL) {
        space_free(space);
        return NULL;
    }
    script_run_start(space->run, space->now);
    space->begun = true;
    space_end(space);
    return space;
}

static void free_pool(struct space *space) {
    while (space->pool != NULL) {
        struct space_call *call = space->pool;
        space->pool = call->next;
        space_call_discard(call);
    }
}

void space_free(struct space *space) {
    if (space == NULL) {
        return;
    }
    while (space->peers != NULL) {
        space_close(space->peers, &(struct space_closed){.by = SCRIPT_BY_NODE}, space->now);
    }
    free_pool(space);
    script_run_free(space->run);
    script_free(space->script);
    view_free(space->view);
    base_idmap_free(&space->series);
    base_map_free(&space->methods);
    base_map_free(&space->unmatched_map);
    base_arena_free(&space->memory);
    base_arena_free(&space->arena);
    base_buf_free(&space->canonical);
    base_buf_free(&space->line);
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

/* ---- the script ---- */

const struct script *space_script(const struct space *space) {
    return space->has_script ? space->script : space->config.script;
}

static void set_script(struct space *space, struct script *script, bool own) {
    struct script *old = space->script;
    space->script = script;
    space->has_script = own;
    script_run_set(space->run, space_script(space), space->seed, space->now);
    script_free(old);
    script_run_start(space->run, space->now);
}

void space_set_script(struct space *space, struct script *script, uint64_t now) {
    space_begin(space, now);
    set_script(space, script, true);
}

struct script_run *space_script_run(const struct space *space) {
    return space->run;
}

uint64_t space_errors_ever(const struct space *space) { return space->errors_ever; }

void space_signal(struct space *space, struct substrate_text name, uint64_t now) {
    struct script_event event = {.kind = SCRIPT_SIGNAL, .name = name};
    space_begin(space, now);
    space_tell(space, &event, NULL);
}

struct substrate_text space_unfired(const struct space *space, size_t *cursor) {
    return script_unfired(space->run, cursor);
}

void space_write_fired(const struct space *space, struct base_buf *out) {
    const struct script *script = space_script(space);
    base_buf_char(out, '[');
    for (size_t i = 0; script != NULL && i < script_rule_count(script); i++) {
        base_buf_str(out, i > 0 ? ",{\"rule\":" : "{\"rule\":");
        base_json_write_string(out, script_rule_name(script, i));
        base_buf_format(out, ",\"fired\":%llu}",
                        (unsigned long long)script_fired_count(space->run, i));
    }
    base_buf_char(out, ']');
}

/* ---- reset ---- */

static void reset_counts(struct space *space) {
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

/* First what a script holds goes and the head is back, as subscribers hear of it; then all that
 * happened is forgotten; then `start` is carried out. */
void space_reset(struct space *space, uint64_t now) {
    struct view_start scene = start_of(space);
    const struct chain_block *head =
        scene.head != NULL ? scene.head : chain_head(space->config.chain);
    space_begin(space, now);
    script_run_set(space->run, NULL, space->seed, space->now);
    (void)space_set_head(space, head, space->now, NULL);
    space_unfold_all(space);
    view_reset(space->view, &scene);
    set_scene(space);
    space_journal_reset(space);
    space->started_us = space->now;
    reset_counts(space);
    set_script(space, NULL, false);
}

/* ---- time ---- */

void space_begin(struct space *space, uint64_t now) {
    space->now = now > space->now ? now : space->now;
}

/* What a tick or a refused handshake causes may be due at once. */
void space_end(struct space *space) {
    script_run_due(space->run, space->now);
    space_tick_due(space);
    while (space->reaping) {
        space_peers_reap(space);
        script_run_due(space->run, space->now);
    }
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
    uint64_t script = script_due(space->run);
    uint64_t tick = space->tick.every_us > 0 ? space->tick.due : SUBSTRATE_NEVER;
    return script < tick ? script : tick;
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
