/* From an event to its effects: which rules fire, and the one place where actions are carried out,
 * stage by stage. */
#include <assert.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "script/run.h"

/* One rule on one event, and what became of its actions. */
struct script_firing {
    const struct script_rule *rule;
    const struct script_event *event;
    uint64_t number; /* the how-manieth firing of the rule, from 1 */
    uint32_t tried, took;
    struct script_did did[]; /* by action of the rule */
};

/* ---- causes ---- */

struct script_cause script_cause_of(const struct script_run *run, const struct script_event *event,
                                    const struct script_rule *rule) {
    struct script_cause cause = event->cause;
    if (cause.generation != run->generation) {
        cause = (struct script_cause){.generation = run->generation};
    }
    cause.seq = event->seq > 0 ? event->seq : event->cause.seq;
    cause.origin = cause.depth > 0 ? cause.origin : cause.seq;
    if (cause.depth < SCRIPT_CHAIN_MAX) {
        cause.rules[cause.depth++] = rule->number;
    }
    return cause;
}

static bool is_in_chain(const struct script_run *run, const struct script_cause *cause,
                        const struct script_rule *rule) {
    bool found = false;
    for (uint16_t i = 0; cause->generation == run->generation && i < cause->depth; i++) {
        found = found || cause->rules[i] == rule->number;
    }
    return found;
}

struct substrate_text script_cause_rule(const struct script_run *run,
                                        const struct script_cause *cause) {
    if (cause->depth == 0 || cause->generation != run->generation) {
        return (struct substrate_text){NULL, 0};
    }
    uint16_t rule = cause->rules[cause->depth - 1];
    size_t count = run->script->rule_count;
    return rule < count    ? run->script->rules[rule].name
           : rule == count ? BASE_TEXT("start")
                           : run->latency_rule.name;
}

/* ---- matching ---- */

static void add_firing(struct script_run *run, struct script_verdict *verdict,
                       const struct script_rule *rule, const struct script_event *event) {
    struct script_firing *firing =
        base_calloc(1, sizeof(*firing) + rule->action_count * sizeof(firing->did[0]));
    if (firing == NULL || !base_grow((void **)&verdict->firings, &verdict->capacity,
                                     verdict->count + 1, sizeof(struct script_firing *))) {
        base_free(firing);
        run->host->no_memory(run->host->context);
        return;
    }
    firing->rule = rule;
    firing->event = event;
    firing->number = ++run->fired[rule->number]; /* taken back when nothing takes effect */
    for (size_t i = 0; i < rule->action_count; i++) {
        firing->did[i] = (struct script_did){rule->actions[i].row->name, "it does not stand here"};
    }
    verdict->firings[verdict->count++] = firing;
}

/* Has the chain of causes become too long, or too many? */
static bool ends_here(struct script_run *run, const struct script_event *event,
                      const struct script_rule *rule) {
    static const char too_long[] = "the chain of causes is too long",
                      too_many[] = "the event from outside has caused too much";
    const struct script_cause *cause = &event->cause;
    if (cause->generation != run->generation || cause->depth == 0) {
        return false;
    }
    if (cause->depth >= SCRIPT_CHAIN_MAX) {
        run->host->chain_too_long(run->host->context, event, rule->name, too_long);
        return true;
    }
    run->caused = cause->origin == run->origin ? run->caused + 1 : 1;
    run->origin = cause->origin;
    if (run->caused == SCRIPT_CAUSED_MAX + 1) {
        run->host->chain_too_long(run->host->context, event, rule->name, too_many);
    }
    return run->caused > SCRIPT_CAUSED_MAX;
}

static void judge(struct script_run *run, const struct script_rule *rule,
                  const struct script_event *event, struct script_verdict *verdict) {
    if (!script_event_matches(run, &rule->match, event) || is_in_chain(run, &event->cause, rule) ||
        !script_when_met(run, rule, event)) {
        return;
    }
    if (ends_here(run, event, rule)) {
        return;
    }
    add_firing(run, verdict, rule, event);
}

/* A notification that was put back has its verdict already. */
static bool recall(const struct script_run *run, const struct script_event *event,
                   struct script_verdict *verdict) {
    struct script_plan *plan = event->item != NULL ? event->item->plan : NULL;
    if (plan == NULL || !plan->judged) {
        return false;
    }
    assert(verdict->count == 0);
    if (plan->generation != run->generation) {
        script_verdict_free(&plan->verdict); /* its rules are gone */
    }
    *verdict = plan->verdict;
    plan->verdict = (struct script_verdict)SCRIPT_VERDICT_INIT;
    for (size_t i = 0; i < verdict->count; i++) {
        verdict->firings[i]->event = event;
    }
    return true;
}

void script_match(struct script_run *run, const struct script_event *event,
                  struct script_verdict *verdict) {
    const struct script *script = run->script;
    if (event->kind == SCRIPT_NOTIFIED && recall(run, event, verdict)) {
        return;
    }
    verdict->entry = verdict->count;
    verdict->entry_taken = 0;
    for (size_t i = 0; i < script->by_kind_count[event->kind]; i++) {
        judge(run, &script->rules[script->by_kind[event->kind][i]], event, verdict);
    }
    if (event->kind == SCRIPT_ARRIVED && script_has_latency(run)) {
        add_firing(run, verdict, &run->latency_rule, event);
    }
}

void script_verdict_free(struct script_verdict *verdict) {
    for (size_t i = 0; i < verdict->count; i++) {
        base_free(verdict->firings[i]);
    }
    base_free(verdict->firings);
    *verdict = (struct script_verdict)SCRIPT_VERDICT_INIT;
}

/* ---- stages ---- */

/* On which stage an action is carried out for an event; SCRIPT_STAGES: on none. */
static enum script_stage stage_of(const struct script_action_row *row,
                                  const struct script_event *event) {
    enum script_stage stage = row->stage;
    if (row->text_frame && (SCRIPT_BIT(event->kind) & SCRIPT_ON_TEXT) != 0) {
        stage = SCRIPT_STAGE_FRAME;
    }
    bool frame = stage == SCRIPT_STAGE_FRAME && !row->text_frame;
    if (event->post && (frame || stage == SCRIPT_STAGE_NOTIFICATION ||
                        stage == SCRIPT_STAGE_STREAM || row->websocket)) {
        return SCRIPT_STAGES;
    }
    return stage;
}

static struct script_work work_on(struct script_run *run, const struct script_firing *firing,
                                  size_t action, uint64_t now) {
    return (struct script_work){
        .run = run,
        .rule = firing->rule,
        .action = &firing->rule->actions[action],
        .args = firing->rule->actions[action].args,
        .act = {script_cause_of(run, firing->event, firing->rule), firing->event, now},
        .event = firing->event,
        .firing = firing->number,
    };
}

static void note(struct script_firing *firing, size_t action, const char *why) {
    firing->did[action].why = why;
    firing->tried |= UINT32_C(1) << action;
    firing->took |= why == NULL ? UINT32_C(1) << action : 0;
}

/* Carries out one action on the subject of its stage. Of actions that exclude each other the first
 * wins: within its entry of a batch, or in the whole. */
static void carry_out(struct script_run *run, struct script_verdict *verdict, size_t at,
                      size_t action, void *subject, uint64_t now) {
    struct script_firing *firing = verdict->firings[at];
    const struct script_action_row *row = firing->rule->actions[action].row;
    uint32_t *taken = row->entry ? &verdict->entry_taken : &verdict->taken;
    if ((*taken & row->groups) != 0) {
        note(firing, action, "another action came first");
        return;
    }
    struct script_work work = work_on(run, firing, action, now);
    const char *why = row->stage >= SCRIPT_STAGE_SOCKET && subject == NULL
                          ? script_carry_out(&work)
                          : row->apply(&work, subject);
    *taken |= why == NULL ? row->groups : 0;
    note(firing, action, why);
}

static void run_stage(struct script_run *run, struct script_verdict *verdict, size_t from,
                      enum script_stage stage, void *subject, uint64_t now) {
    for (size_t i = from; i < verdict->count; i++) {
        const struct script_firing *firing = verdict->firings[i];
        for (size_t j = 0; j < firing->rule->action_count; j++) {
            if (stage_of(firing->rule->actions[j].row, firing->event) == stage) {
                carry_out(run, verdict, i, j, subject, now);
            }
        }
    }
}

void script_handshake(struct script_run *run, struct script_verdict *verdict,
                      struct script_handshake *how) {
    run_stage(run, verdict, 0, SCRIPT_STAGE_HANDSHAKE, how, 0);
}

/* Rules that give the content stop at one that would change it: that came first, then. */
void script_content(struct script_run *run, struct script_verdict *verdict,
                    struct script_content *content, uint64_t now) {
    for (size_t i = verdict->entry; i < verdict->count; i++) {
        const struct script_firing *firing = verdict->firings[i];
        for (size_t j = 0; j < firing->rule->action_count; j++) {
            enum script_stage stage = firing->rule->actions[j].row->stage;
            if (stage == SCRIPT_STAGE_CONTENT_AFTER && verdict->entry_taken == 0) {
                return;
            }
            if (stage == SCRIPT_STAGE_CONTENT) {
                carry_out(run, verdict, i, j, content, now);
            }
        }
    }
}

void script_content_after(struct script_run *run, struct script_verdict *verdict,
                          struct script_content *content, uint64_t now) {
    run_stage(run, verdict, verdict->entry, SCRIPT_STAGE_CONTENT_AFTER, content, now);
}

void script_envelope(struct script_run *run, struct script_verdict *verdict,
                     struct script_envelope *envelope) {
    run_stage(run, verdict, verdict->entry, SCRIPT_STAGE_ENVELOPE, envelope, 0);
}

void script_batch(struct script_run *run, struct script_verdict *verdict,
                  struct script_batch *batch) {
    run_stage(run, verdict, 0, SCRIPT_STAGE_BATCH, batch, 0);
}

void script_emission(struct script_run *run, struct script_verdict *verdict,
                     struct script_item *item, uint64_t now) {
    run_stage(run, verdict, verdict->entry, SCRIPT_STAGE_EMISSION, item, now);
}

void script_frame(struct script_run *run, struct script_verdict *verdict, struct wire_shape *shape,
                  uint64_t now) {
    run_stage(run, verdict, 0, SCRIPT_STAGE_FRAME, shape, now);
}

void script_notification(struct script_run *run, struct script_verdict *verdict,
                         struct script_notification *notification) {
    run_stage(run, verdict, 0, SCRIPT_STAGE_NOTIFICATION, notification, 0);
}

bool script_verdict_cause(const struct script_run *run, const struct script_verdict *verdict,
                          const char *action, struct script_cause *cause) {
    for (size_t i = 0; i < verdict->count; i++) {
        const struct script_firing *firing = verdict->firings[i];
        for (size_t j = 0; j < firing->rule->action_count; j++) {
            if ((firing->took & (UINT32_C(1) << j)) != 0 &&
                strcmp(firing->did[j].action, action) == 0) {
                *cause = script_cause_of(run, firing->event, firing->rule);
                return true;
            }
        }
    }
    return false;
}

bool script_leaves(struct script_run *run, struct script_verdict *verdict, struct script_item *item,
                   uint64_t now) {
    if (verdict->count == 0 || verdict->firings[0]->event->kind != SCRIPT_NOTIFIED ||
        (item->plan != NULL && item->plan->judged)) {
        return true;
    }
    script_emission(run, verdict, item, now);
    struct script_plan *plan = item->plan;
    if (plan == NULL || (plan->delay_us == 0 && plan->hold == NULL)) {
        return true;
    }
    plan->judged = true;
    plan->generation = run->generation;
    plan->verdict = *verdict;
    *verdict = (struct script_verdict)SCRIPT_VERDICT_INIT;
    item->state = SCRIPT_ITEM_PENDING;
    script_put(run, item, now, NULL);
    return false;
}

/* ---- telling ---- */

static void move_windows(struct script_run *run, const struct script_event *event) {
    if (event->kind != SCRIPT_FIRED && event->kind != SCRIPT_SIGNAL) {
        return;
    }
    for (size_t i = 0; i < run->script->rule_count; i++) {
        const struct script_when *when = &run->script->rules[i].when;
        const struct script_condition *conditions[] = {&when->after, &when->until};
        for (size_t j = 0; j < 2; j++) {
            if (!conditions[j]->given ||
                !base_text_equal(event->kind == SCRIPT_FIRED ? conditions[j]->rule
                                                             : conditions[j]->signal,
                                 event->kind == SCRIPT_FIRED ? event->rule : event->name)) {
                continue;
            }
            run->windows[i].opened = run->windows[i].opened || j == 0;
            run->windows[i].closed = j == 1; /* and opened anew by the other */
        }
    }
}

static void note_arrival(struct script_run *run, const struct script_event *event, uint64_t now) {
    run->last_arrival = now;
    if (event->peer != NULL) {
        event->peer->last_arrival = now;
        if (event->peer->label != NULL) {
            event->peer->label->last_arrival = now;
        }
    }
}

/* What is put while something is at work leaves first; so deep in a chain the outer ones do it. */
static void drain(struct script_run *run, uint64_t now, uint64_t mark) {
    if (run->queue.next_tie != mark && run->nesting < SCRIPT_NESTING_MAX) {
        script_drain(run, now, mark);
    }
}

void script_told(struct script_run *run, const struct script_event *event, uint64_t now) {
    if (event->kind == SCRIPT_ARRIVED) {
        note_arrival(run, event, now);
    }
    move_windows(run, event);
    if (run->waiting[event->kind] > 0) {
        uint64_t mark = script_mark(run);
        script_waits_told(run, event, now);
        drain(run, now, mark);
    }
}

/* Fired, if an action took effect; else why none did. */
static void tell_firing(struct script_run *run, const struct script_firing *firing, uint64_t now) {
    struct script_did did[SCRIPT_ACTIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < firing->rule->action_count; i++) {
        if (firing->took == 0 || (firing->tried & (UINT32_C(1) << i)) != 0) {
            did[count++] = firing->did[i];
        }
    }
    struct script_act act = {script_cause_of(run, firing->event, firing->rule), firing->event, now};
    (firing->took != 0 ? run->host->fired : run->host->missed)(run->host->context, &act,
                                                               firing->rule->name, did, count);
}

void script_rest(struct script_run *run, struct script_verdict *verdict, uint64_t now) {
    if (verdict->count == 0) {
        return;
    }
    uint32_t generation = run->generation;
    uint64_t mark = script_mark(run);
    run->nesting++;
    for (size_t i = 0; i < verdict->count && run->generation == generation; i++) {
        struct script_firing *firing = verdict->firings[i];
        for (size_t j = 0; j < firing->rule->action_count; j++) {
            enum script_stage stage = stage_of(firing->rule->actions[j].row, firing->event);
            if (stage >= SCRIPT_STAGE_SOCKET && stage < SCRIPT_STAGES) {
                carry_out(run, verdict, i, j, NULL, now);
                drain(run, now, mark);
            }
        }
        run->fired[firing->rule->number] -= firing->took == 0;
        tell_firing(run, firing, now);
        drain(run, now, mark);
    }
    run->nesting--;
    script_verdict_free(verdict);
}

void script_tell(struct script_run *run, const struct script_event *event, uint64_t now) {
    struct script_verdict verdict = SCRIPT_VERDICT_INIT;
    script_match(run, event, &verdict);
    script_told(run, event, now);
    script_rest(run, &verdict, now);
}

/* ---- start ---- */

void script_run_start(struct script_run *run, uint64_t now) {
    struct script_event event = {.kind = SCRIPT_START};
    const struct script_rule *rule = &run->script->start;
    for (size_t i = 0; i < rule->action_count; i++) {
        struct script_work work = {
            .run = run,
            .rule = rule,
            .action = &rule->actions[i],
            .args = rule->actions[i].args,
            .act = {{.generation = run->generation}, NULL, now},
            .event = &event,
        };
        (void)script_carry_out(&work);
    }
    if (rule->action_count > 0) {
        script_run_due(run, now);
    }
}

/* ---- targets ---- */

static bool is_target(const struct script_target *target, const struct script_peer *peer) {
    switch (target->kind) {
    case SCRIPT_TARGET_CONNECTION:
        return peer->ordinal == target->connection;
    case SCRIPT_TARGET_LABEL:
        return script_glob(target->label, peer->label_text);
    case SCRIPT_TARGET_THIS:
    case SCRIPT_TARGET_ALL:
        break;
    }
    return true;
}

/* Each in turn, in the order in which they came; any of them may be gone behind the first. */
static const char *on_targets(struct script_work *work) {
    const char *why = "no such connection is open";
    struct script_run *run = work->run;
    struct script_cursor cursor = {run->first_peer, run->cursors};
    run->cursors = &cursor;
    while (cursor.next != NULL) {
        struct script_peer *peer = cursor.next;
        cursor.next = peer->next;
        if (!peer->post && is_target(&work->rule->target, peer)) {
            const char *said = work->action->row->apply(work, peer);
            why = why == NULL ? NULL : said; /* one is enough */
        }
    }
    run->cursors = cursor.outer;
    return why;
}

const char *script_carry_out(struct script_work *work) {
    const struct script_action_row *row = work->action->row;
    struct script_peer *peer = work->event->peer;
    if (!row->targets) {
        return row->apply(work, peer);
    }
    if (work->rule->target.kind != SCRIPT_TARGET_THIS) {
        return on_targets(work);
    }
    if (peer == NULL) {
        return row->connection ? "the event has no connection" : row->apply(work, NULL);
    }
    return peer->gone ? "the connection is closed" : row->apply(work, peer);
}
