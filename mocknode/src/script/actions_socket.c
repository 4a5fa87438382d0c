/* Actions on a connection's socket; and what lasts. */
#include <string.h>
#include "base/text.h"
#include "script/args.h"

const char *script_last(struct script_work *work, const struct script_lasting *lasting,
                        script_wait_end *end, struct script_peer *peer, void *subscription) {
    if (lasting->until.kind == SCRIPT_UNTIL_NONE) {
        return NULL;
    }
    struct script_wait *wait = script_wait_begin(work, &lasting->until, lasting->limit_us, end);
    if (wait == NULL) {
        return "out of memory";
    }
    wait->peer = peer;
    wait->subscription = subscription;
    return NULL;
}

const char *script_do_close(struct script_work *work, void *subject) {
    const struct script_close *args = work->args;
    const struct script_host *host = work->run->host;
    return host->close(host->context, &work->act, subject, (uint16_t)args->code, args->reason);
}

const char *script_do_end(struct script_work *work, void *subject) {
    const struct script_host *host = work->run->host;
    return host->end(host->context, &work->act, subject);
}

const char *script_do_reset(struct script_work *work, void *subject) {
    const struct script_host *host = work->run->host;
    return host->reset(host->context, &work->act, subject);
}

/* On a text that leaves, its shape says so; else the connection's next text is cut. */
const char *script_do_sever(struct script_work *work, void *subject) {
    const struct script_sever *args = work->args;
    const struct script_host *host = work->run->host;
    struct wire_place at = script_place_of(work, &args->at);
    enum wire_sever with = args->with == 2 ? WIRE_SEVER_END : WIRE_SEVER_RESET;
    if ((SCRIPT_BIT(work->event->kind) & SCRIPT_ON_TEXT) == 0) {
        return host->sever(host->context, &work->act, subject, at, with);
    }
    struct wire_shape *shape = subject;
    shape->sever_at = at;
    shape->sever_with = with;
    return NULL;
}

static void end_deaf(struct script_run *run, struct script_wait *wait, enum script_end end,
                     const struct script_act *act) {
    (void)end;
    (void)run->host->deaf(run->host->context, act, wait->peer, false);
}

const char *script_do_deaf(struct script_work *work, void *subject) {
    const struct script_cork *args = work->args;
    const struct script_host *host = work->run->host;
    const char *why = host->deaf(host->context, &work->act, subject, true);
    return why != NULL ? why : script_last(work, &args->lasting, end_deaf, subject, NULL);
}

static void end_stop_reading(struct script_run *run, struct script_wait *wait, enum script_end end,
                             const struct script_act *act) {
    (void)end;
    (void)run->host->stop_reading(run->host->context, act, wait->peer, false);
}

const char *script_do_stop_reading(struct script_work *work, void *subject) {
    const struct script_cork *args = work->args;
    const struct script_host *host = work->run->host;
    const char *why = host->stop_reading(host->context, &work->act, subject, true);
    return why != NULL ? why : script_last(work, &args->lasting, end_stop_reading, subject, NULL);
}

static void end_no_pong(struct script_run *run, struct script_wait *wait, enum script_end end,
                        const struct script_act *act) {
    (void)end;
    (void)run->host->no_pong(run->host->context, act, wait->peer, false);
}

const char *script_do_no_pong(struct script_work *work, void *subject) {
    const struct script_cork *args = work->args;
    const struct script_host *host = work->run->host;
    const char *why = host->no_pong(host->context, &work->act, subject, true);
    return why != NULL ? why : script_last(work, &args->lasting, end_no_pong, subject, NULL);
}

/* Payloads of the sizes in turn, each told by its first bytes. */
const char *script_do_ping(struct script_work *work, void *subject) {
    const struct script_ping *args = work->args;
    const struct script_host *host = work->run->host;
    uint64_t sizes = args->sizes.last - args->sizes.first + 1;
    const char *why = NULL;
    for (uint64_t i = 0; i < args->n && why == NULL; i++) {
        uint8_t made[125];
        struct substrate_bytes payload = {(const uint8_t *)args->payload.data, args->payload.size};
        if (args->sizes.last > 0) {
            payload = (struct substrate_bytes){made, (size_t)(args->sizes.first + i % sizes)};
            for (size_t j = 0; j < payload.size; j++) {
                made[j] = (uint8_t)(j == 0 ? i : i >> 8 ^ j);
            }
        }
        why = host->ping(host->context, &work->act, subject, payload);
    }
    return why;
}
