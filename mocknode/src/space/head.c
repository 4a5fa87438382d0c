/* Moves of the head: asked for by control calls, by the clock, and by the script. */
#include "space/state.h"

#include <string.h>
#include "base/json.h"
#include "base/text.h"

struct view *space_view(const struct space *space) {
    return space->view;
}

const struct chain *space_chain(const struct space *space) { return space->config.chain; }

static void write_block(struct base_buf *out, const struct chain_block *block) {
    base_buf_str(out, "{\"number\":");
    base_buf_u64(out, block->number);
    base_buf_str(out, ",\"hash\":");
    base_json_write_hex(out, (struct substrate_bytes){block->hash.bytes, 32});
    base_buf_char(out, '}');
}

/* A head has moved. */
struct move {
    struct script_event event;
    struct script_verdict verdict;
};

static void begin_move(struct space *space, struct move *move, enum script_event_kind kind,
                       const struct chain_block *from, const struct chain_block *to,
                       const struct script_cause *cause) {
    char room[256];
    struct base_buf members = BASE_BUF_ON(room);
    base_buf_str(&members, "\"from\":");
    write_block(&members, from);
    base_buf_str(&members, ",\"to\":");
    write_block(&members, to);
    struct space_note note = {.members = base_buf_view(&members)};
    *move = (struct move){.event = {.kind = kind, .head = to->hash, .head_number = to->number},
                          .verdict = SCRIPT_VERDICT_INIT};
    if (cause != NULL) {
        move->event.cause = *cause;
    }
    space_record(space, &move->event, &note);
    if (script_listens(space->run, kind)) {
        script_match(space->run, &move->event, &move->verdict);
        script_told(space->run, &move->event, space->now);
    }
    base_buf_free(&members);
}

static void end_move(struct space *space, struct move *move) {
    script_rest(space->run, &move->verdict, space->now);
}

/* The heads have moved, then subscribers hear of it, then the rules on it have their turn. */
static void tell_step(struct space *space, const struct view_step *step,
                      const struct script_cause *cause) {
    struct move head, finalized;
    bool moved = step->head != step->head_before;
    bool final = step->finalized != step->finalized_before;
    if (moved) {
        begin_move(space, &head, SCRIPT_HEAD, step->head_before, step->head, cause);
    }
    if (final) {
        begin_move(space, &finalized, SCRIPT_FINALIZED, step->finalized_before, step->finalized,
                   cause);
    }
    uint64_t mark = script_mark(space->run);
    space_streams_step(space, step, cause);
    script_drain(space->run, space->now, mark);
    if (moved) {
        end_move(space, &head);
    }
    if (final) {
        end_move(space, &finalized);
    }
}

enum substrate_status space_moved(struct space *space, struct view_steps *steps,
                                  enum substrate_status status, const struct script_cause *cause) {
    for (size_t i = 0; i < steps->count; i++) {
        tell_step(space, &steps->list[i], cause);
    }
    view_steps_free(steps);
    return status;
}

/* ---- control calls ---- */

enum substrate_status space_set_head(struct space *space, const struct chain_block *block,
                                     uint64_t now, struct substrate_error *error) {
    struct view_steps steps = {NULL, 0, 0};
    space_begin(space, now);
    return space_moved(space, &steps, view_set_head(space->view, block, VIEW_SCENE, &steps, error),
                       NULL);
}

enum substrate_status space_advance(struct space *space, uint64_t count, bool make, uint64_t now,
                                    struct substrate_error *error) {
    struct view_steps steps = {NULL, 0, 0};
    space_begin(space, now);
    return space_moved(space, &steps, view_advance(space->view, count, make, 0, &steps, error),
                       NULL);
}

enum substrate_status space_fork(struct space *space, uint64_t depth, uint64_t now,
                                 struct substrate_error *error) {
    struct view_steps steps = {NULL, 0, 0};
    space_begin(space, now);
    return space_moved(
        space, &steps,
        view_fork(space->view, depth, (struct substrate_text){NULL, 0}, &steps, error), NULL);
}

enum substrate_status space_make(struct space *space, const struct view_made *made,
                                 const struct chain_block **block, uint64_t now,
                                 struct substrate_error *error) {
    struct view_steps steps = {NULL, 0, 0};
    space_begin(space, now);
    return space_moved(space, &steps, view_make(space->view, made, block, &steps, error), NULL);
}

/* ---- by the clock ---- */

void space_tick_due(struct space *space) {
    struct space_tick *tick = &space->tick;
    while (tick->every_us > 0 && tick->due <= space->now) {
        struct substrate_error error = {.status = SUBSTRATE_OK};
        struct view_steps steps = {NULL, 0, 0};
        uint64_t period_ms = tick->every_us >= 1000 ? tick->every_us / 1000 : 1;
        tick->due += tick->every_us;
        enum substrate_status status =
            view_advance(space->view, 1, true, period_ms, &steps, &error);
        if (space_moved(space, &steps, status, &tick->cause) != SUBSTRATE_OK) {
            (void)fprintf(stderr, "mocknode: the head stops: %s\n", error.message);
            tick->every_us = 0;
        }
        script_run_due(space->run, space->now); /* each is an event from outside */
    }
}

/* ---- the script's host ---- */

/* `start` sets the scene. */
static bool is_start(const struct script_act *act) {
    return act->event == NULL || act->event->kind == SCRIPT_START;
}

/* An action of the chain at work. */
struct doing {
    struct space *space;
    const struct script_act *act;
    struct view_steps steps;
};

static const char *done(struct doing *doing, enum substrate_status status) {
    struct space *space = doing->space;
    bool good = space_moved(space, &doing->steps, status, &doing->act->cause) == SUBSTRATE_OK;
    return good ? NULL : space->why.message;
}

static struct doing begin(void *context, const struct script_act *act) {
    return (struct doing){context, act, {NULL, 0, 0}};
}

/* NULL: there is no such block, as space->why says. */
static const struct chain_block *resolve(struct space *space, struct substrate_text name) {
    return view_resolve(space->view, name, &space->why);
}

static const char *host_advance(void *context, const struct script_act *act, uint64_t n) {
    struct doing doing = begin(context, act);
    struct space *space = context;
    return done(&doing, view_advance(space->view, n, true, 0, &doing.steps, &space->why));
}

static const char *host_set_head(void *context, const struct script_act *act,
                                 struct substrate_text name) {
    struct doing doing = begin(context, act);
    struct space *space = context;
    const struct chain_block *block = resolve(space, name);
    if (block == NULL) {
        return space->why.message;
    }
    if (is_start(act)) {
        struct view_step step = view_start_at(space->view, block);
        if (space->begun) {
            tell_step(space, &step, &act->cause);
        }
        return NULL;
    }
    return done(&doing, view_set_head(space->view, block, VIEW_MOVE, &doing.steps, &space->why));
}

static const char *host_tick(void *context, const struct script_act *act, uint64_t every_us,
                             bool on) {
    struct space *space = context;
    if (!on) {
        space->tick.every_us = 0;
        return NULL;
    }
    space->tick = (struct space_tick){every_us, space->now + every_us, act->cause};
    return NULL;
}

static const char *host_block(void *context, const struct script_act *act,
                              const struct script_made *made) {
    struct doing doing = begin(context, act);
    struct space *space = context;
    struct view_made block = {.name = made->name,
                              .extrinsics = made->extrinsics,
                              .extrinsic_count = made->extrinsic_count,
                              .calls = (enum view_calls)made->calls};
    struct base_arena arena;
    base_arena_init(&arena, 0);
    struct view_change *changes = base_arena_calloc(&arena, made->edit_count + 1, sizeof(*changes));
    for (size_t i = 0; changes != NULL && i < made->edit_count; i++) {
        changes[i] = (struct view_change){made->edits[i].key, made->edits[i].value};
    }
    block.changes = changes;
    block.change_count = made->edit_count;
    const char *why = NULL;
    if (made->parent.size > 0) {
        block.parent = resolve(space, made->parent);
        why = block.parent == NULL ? space->why.message : NULL;
    }
    if (why == NULL) {
        const struct chain_block *result;
        why =
            changes == NULL
                ? "out of memory"
                : done(&doing, view_make(space->view, &block, &result, &doing.steps, &space->why));
    }
    base_arena_free(&arena);
    return why;
}

static const char *host_fork(void *context, const struct script_act *act, uint64_t depth,
                             struct substrate_text name) {
    struct doing doing = begin(context, act);
    struct space *space = context;
    return done(&doing, view_fork(space->view, depth, name, &doing.steps, &space->why));
}

static const char *host_finalize(void *context, const struct script_act *act,
                                 struct substrate_text name) {
    struct doing doing = begin(context, act);
    struct space *space = context;
    const struct chain_block *block = resolve(space, name);
    if (block == NULL) {
        return space->why.message;
    }
    return done(&doing, view_finalize(space->view, block, &doing.steps, &space->why));
}

static const char *host_hold_finality(void *context, const struct script_act *act, uint64_t lag,
                                      bool on) {
    struct doing doing = begin(context, act);
    struct space *space = context;
    uint64_t wanted = !on ? VIEW_LAG_RECORDED : lag == UINT64_MAX ? VIEW_LAG_HELD : lag;
    enum view_manner manner = on && is_start(act) ? VIEW_SCENE : VIEW_MOVE;
    enum substrate_status status =
        view_set_lag(space->view, wanted, manner, &doing.steps, &space->why);
    if (manner == VIEW_SCENE && !space->begun) {
        view_steps_free(&doing.steps);
    }
    return done(&doing, status);
}

static const char *host_upgrade(void *context, const struct script_act *act,
                                uint64_t spec_version) {
    struct doing doing = begin(context, act);
    struct space *space = context;
    struct view_made block = {.upgrade = true, .spec_version = (uint32_t)spec_version};
    const struct chain_block *result;
    return done(&doing, view_make(space->view, &block, &result, &doing.steps, &space->why));
}

static const char *host_prune(void *context, const struct script_act *act,
                              struct substrate_text below, uint64_t keep) {
    struct space *space = context;
    (void)act;
    uint64_t height;
    if (below.size == 0) {
        view_prune_keep(space->view, keep);
        return NULL;
    }
    if (base_text_u64(below, &height)) { /* it may be that of a block to come */
        view_prune_below(space->view, height);
        return NULL;
    }
    const struct chain_block *block = resolve(space, below);
    if (block == NULL) {
        return space->why.message;
    }
    view_prune_below(space->view, block->number);
    return NULL;
}

static const char *host_restart(void *context, const struct script_act *act,
                                struct substrate_text name) {
    struct space *space = context;
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (peer->websocket && !peer->ended) {
            peer->ended = true;
            peer->ending = act->cause;
            space->config.port->reset(peer->connection);
        }
    }
    return name.size > 0 ? host_set_head(context, act, name) : NULL;
}

static bool host_block_is(void *context, struct substrate_text name,
                          const struct substrate_hash *hash) {
    const struct space *space = context;
    const struct chain_block *block = view_resolve(space->view, name, NULL);
    return block != NULL && memcmp(block->hash.bytes, hash->bytes, sizeof(hash->bytes)) == 0;
}

void space_host_chain(struct script_host *host) {
    host->advance = host_advance;
    host->set_head = host_set_head;
    host->tick = host_tick;
    host->block = host_block;
    host->fork = host_fork;
    host->finalize = host_finalize;
    host->hold_finality = host_hold_finality;
    host->upgrade = host_upgrade;
    host->prune = host_prune;
    host->restart = host_restart;
    host->block_is = host_block_is;
}
