/* Actions on when an item leaves, how often, and in which company. */
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "script/args.h"

static const char no_memory[] = "out of memory";

struct recorded {
    const struct script_host *host;
    struct substrate_text method;
};
static uint64_t recorded(void *context, double quantile) {
    const struct recorded *asked = context;
    return asked->host->recorded(asked->host->context, asked->method, quantile);
}

const char *script_do_delay(struct script_work *work, void *subject) {
    const struct script_delay *args = work->args;
    struct script_plan *plan = script_plan_of(subject);
    struct recorded asked = {work->run->host, work->event->method};
    if (plan == NULL) {
        return no_memory;
    }
    uint64_t draw = script_draw(work->run, work->event, work->rule->name,
                                script_ask(work->run, work->rule, work->event));
    plan->delay_us += script_latency_draw(&args->latency, draw, recorded, &asked);
    return NULL;
}

/* Canonical order needs what the item's call is. */
static bool keep_request(struct script_plan *plan, const struct script_event *event) {
    plan->occurrence = event->occurrence;
    plan->request_size = event->request.size;
    plan->request = base_strdup(event->request);
    return plan->request != NULL;
}

static const char *hold(struct script_work *work, struct script_item *item,
                        const struct script_hold *how) {
    struct script_plan *plan = script_plan_of(item);
    if (plan == NULL || (how->gate > 0 && !keep_request(plan, work->event))) {
        return no_memory;
    }
    plan->hold = how;
    plan->hold_rule = work->rule;
    plan->hold_act = work->act;
    plan->hold_act.event = NULL; /* which is gone by then */
    return NULL;
}

const char *script_do_hold(struct script_work *work, void *subject) {
    const struct script_hold *args = work->args;
    struct script_item *item = subject;
    if (args->gate > 0 && !script_gates_are_open(work->run, args->gate - 1, item->peer)) {
        return "the gate has let its group go";
    }
    return hold(work, item, args);
}

const char *script_do_never(struct script_work *work, void *subject) {
    (void)work;
    struct script_plan *plan = script_plan_of(subject);
    if (plan == NULL) {
        return no_memory;
    }
    plan->never = true;
    return NULL;
}

const char *script_do_repeat(struct script_work *work, void *subject) {
    const struct script_count *args = work->args;
    struct script_plan *plan = script_plan_of(subject);
    if (plan == NULL) {
        return no_memory;
    }
    plan->repeat = args->n;
    plan->repeat_cause = work->act.cause;
    return NULL;
}

const char *script_do_early(struct script_work *work, void *subject) {
    const struct script_early *args = work->args;
    const char *why = hold(work, subject, &args->hold);
    if (why == NULL) {
        ((struct script_item *)subject)->plan->early = args->n;
    }
    return why;
}

static void end_cork(struct script_run *run, struct script_wait *wait, enum script_end end,
                     const struct script_act *act) {
    (void)end;
    (void)run->host->cork(run->host->context, act, wait->peer, false);
}

const char *script_do_cork(struct script_work *work, void *subject) {
    const struct script_cork *args = work->args;
    const struct script_host *host = work->run->host;
    const char *why = host->cork(host->context, &work->act, subject, true);
    return why != NULL ? why : script_last(work, &args->lasting, end_cork, subject, NULL);
}

const char *script_do_send(struct script_work *work, void *subject) {
    const struct script_send *args = work->args;
    const struct script_host *host = work->run->host;
    struct base_buf filled = BASE_BUF_INIT;
    bool binary = args->binary.data != NULL;
    if (binary) {
        base_buf_append(&filled, args->binary.data, args->binary.size);
    } else {
        script_fill_in(&filled,
                       args->json.data != NULL    ? args->json
                       : args->value.data != NULL ? args->value
                                                  : args->text,
                       work->event);
    }
    const char *why = filled.failed ? no_memory
                                    : host->send(host->context, &work->act, subject,
                                                 base_buf_view(&filled), binary);
    base_buf_free(&filled);
    return why;
}
