/* Actions on the frames and writes of a text that leaves. */
#include "base/text.h"
#include "script/args.h"

/* A place of the how-manieth firing is that byte. */
struct wire_place script_place_of(const struct script_work *work,
                                  const struct script_place *place) {
    switch (place->kind) {
    case SCRIPT_PLACE_BYTE:
        return (struct wire_place){WIRE_PLACE_BYTE, place->at};
    case SCRIPT_PLACE_PERCENT:
        return (struct wire_place){WIRE_PLACE_PERCENT, place->at};
    case SCRIPT_PLACE_FIRING:
        return (struct wire_place){WIRE_PLACE_BYTE, work->firing};
    case SCRIPT_PLACE_NONE:
        break;
    }
    return (struct wire_place){WIRE_PLACE_NONE, 0};
}

const char *script_do_binary(struct script_work *work, void *subject) {
    (void)work;
    ((struct wire_shape *)subject)->binary = true;
    return NULL;
}

const char *script_do_fragments(struct script_work *work, void *subject) {
    struct wire_shape *shape = subject;
    const struct script_fragments *args = work->args;
    shape->each_byte = args->each_byte;
    shape->fragments = (uint32_t)args->n;
    shape->pings_between = (uint32_t)args->pings;
    shape->cut_count = args->at.count;
    if (args->at.count == 0) {
        return NULL;
    }
    uint64_t *cuts = script_scratch(work->run, args->at.count);
    if (cuts == NULL) {
        shape->cut_count = 0;
        return "out of memory";
    }
    for (size_t i = 0; i < args->at.count; i++) {
        cuts[i] = script_place_of(work, &args->at.list[i]).at;
    }
    shape->cuts = cuts;
    return NULL;
}

const char *script_do_dribble(struct script_work *work, void *subject) {
    const struct script_count *args = work->args;
    ((struct wire_shape *)subject)->dribble = (uint32_t)args->n;
    return NULL;
}

static void end_pause(struct script_run *run, struct script_wait *wait, enum script_end end,
                      const struct script_act *act) {
    (void)end;
    (void)act;
    run->host->resume(run->host->context, wait->peer);
}

const char *script_do_pause(struct script_work *work, void *subject) {
    const struct script_pause *args = work->args;
    const char *why = script_last(work, &args->lasting, end_pause, work->event->peer, NULL);
    if (why == NULL) {
        ((struct wire_shape *)subject)->pause_at = script_place_of(work, &args->at);
    }
    return why;
}

const char *script_do_rsv(struct script_work *work, void *subject) {
    const struct script_count *args = work->args;
    ((struct wire_shape *)subject)->rsv = (uint8_t)args->n;
    return NULL;
}

const char *script_do_opcode(struct script_work *work, void *subject) {
    const struct script_count *args = work->args;
    ((struct wire_shape *)subject)->opcode = (uint8_t)args->n;
    return NULL;
}

const char *script_do_mask(struct script_work *work, void *subject) {
    (void)work;
    ((struct wire_shape *)subject)->mask = true;
    return NULL;
}

const char *script_do_utf8(struct script_work *work, void *subject) {
    (void)work;
    ((struct wire_shape *)subject)->utf8 = true;
    return NULL;
}

const char *script_do_long_control(struct script_work *work, void *subject) {
    (void)work;
    ((struct wire_shape *)subject)->long_control = true;
    return NULL;
}

const char *script_do_no_start(struct script_work *work, void *subject) {
    (void)work;
    ((struct wire_shape *)subject)->no_start = true;
    return NULL;
}

const char *script_do_after_close(struct script_work *work, void *subject) {
    const struct script_close *args = work->args;
    struct wire_shape *shape = subject;
    shape->after_close = true;
    shape->close_code = (uint16_t)args->code;
    return NULL;
}
