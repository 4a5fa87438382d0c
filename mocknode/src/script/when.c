/* Counters of rules: the how-manieth, how many in flight, in which window, by which chance. */
#include "base/mem.h"
#include "base/text.h"
#include "script/run.h"

/* The counters of a scope, made when they are first needed. */
static struct script_counts *counts_in(struct script_run *run, struct script_counts **counts,
                                       const struct script_rule *rule) {
    if (*counts == NULL) {
        *counts = base_calloc(run->script->rule_count + SCRIPT_RULES_MORE, sizeof(**counts));
        if (*counts == NULL) {
            run->host->no_memory(run->host->context);
            return NULL;
        }
    }
    return *counts + rule->number;
}

static struct script_counts *counts_of(struct script_run *run, const struct script_rule *rule,
                                       struct script_peer *peer) {
    if (peer != NULL && rule->when.per == SCRIPT_PER_CONNECTION) {
        return peer->gone ? NULL : counts_in(run, &peer->counts, rule);
    }
    if (peer != NULL && rule->when.per == SCRIPT_PER_LABEL && peer->label != NULL) {
        return counts_in(run, &peer->label->counts, rule);
    }
    return run->counts + rule->number;
}

/* ---- calls in flight ---- */

static bool begin_flight(struct script_run *run, const struct script_rule *rule,
                         struct script_item *item) {
    for (struct script_flight *at = item->flights; at != NULL; at = at->next) {
        if (at->rule == rule->number) {
            at->count++;
            return true;
        }
    }
    struct script_flight *flight = base_calloc(1, sizeof(*flight));
    if (flight == NULL) {
        run->host->no_memory(run->host->context);
        return false;
    }
    *flight = (struct script_flight){item->flights, rule->number, 1, run->generation};
    item->flights = flight;
    return true;
}

void script_flights_end(struct script_run *run, struct script_item *item) {
    while (item->flights != NULL) {
        struct script_flight *flight = item->flights;
        item->flights = flight->next;
        if (flight->generation == run->generation) {
            const struct script_rule *rule = &run->script->rules[flight->rule];
            struct script_counts *counts = counts_of(run, rule, item->peer);
            if (counts != NULL) {
                counts->in_flight -= flight->count;
            }
        }
        base_free(flight);
    }
}

/* ---- conditions ---- */

static bool in_window(const struct script_run *run, const struct script_rule *rule) {
    const struct script_window *window = &run->windows[rule->number];
    return (!rule->when.after.given || window->opened) && !window->closed;
}

/* Open connections beside the event's own. */
static uint64_t others_open(const struct script_run *run, const struct script_rule *rule,
                            const struct script_peer *peer) {
    uint64_t open = run->open;
    if (rule->when.per == SCRIPT_PER_LABEL && peer != NULL && peer->label != NULL) {
        open = peer->label->open;
    }
    return open - (peer != NULL && peer->open && !peer->post);
}

uint64_t script_ask(struct script_run *run, const struct script_rule *rule,
                    const struct script_event *event) {
    struct script_counts *counts = run->counts + rule->number;
    if (event->peer != NULL && event->peer->label != NULL) {
        counts = counts_in(run, &event->peer->label->counts, rule);
    }
    return counts != NULL ? counts->asked++ : 0;
}

static bool chance_met(struct script_run *run, const struct script_rule *rule,
                       const struct script_event *event) {
    uint64_t asked = script_ask(run, rule, event);
    return script_unit(script_draw(run, event, rule->name, asked)) < rule->when.chance;
}

bool script_when_met(struct script_run *run, const struct script_rule *rule,
                     const struct script_event *event) {
    const struct script_when *when = &rule->when;
    if (!in_window(run, rule)) {
        return false;
    }
    struct script_counts *counts = counts_of(run, rule, event->peer);
    if (counts == NULL) {
        return false;
    }
    counts->seen++;
    if (when->in_flight > 0) {
        counts->in_flight += event->item != NULL && begin_flight(run, rule, event->item);
    }
    return script_numbers_have(&when->nth, counts->seen) &&
           (when->every == 0 || counts->seen % when->every == 0) &&
           (when->first == 0 || counts->seen <= when->first) &&
           (when->in_flight == 0 || counts->in_flight == when->in_flight) &&
           (when->open == 0 || others_open(run, rule, event->peer) >= when->open) &&
           (when->times == 0 || run->fired[rule->number] < when->times) &&
           (when->chance == 0 || chance_met(run, rule, event));
}
