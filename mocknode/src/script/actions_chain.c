/* Actions on the chain that a space's clients see, and on the space itself. */
#include "script/args.h"

const char *script_do_advance(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_count *args = work->args;
    return work->run->host->advance(work->run->host->context, &work->act, args->n);
}

const char *script_do_set_head(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_block_args *args = work->args;
    return work->run->host->set_head(work->run->host->context, &work->act, args->block);
}

static void end_tick(struct script_run *run, struct script_wait *wait, enum script_end end,
                     const struct script_act *act) {
    (void)wait;
    (void)end;
    (void)run->host->tick(run->host->context, act, 0, false);
}

const char *script_do_tick(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_tick *args = work->args;
    const struct script_host *host = work->run->host;
    const char *why = host->tick(host->context, &work->act, args->every_us, true);
    return why != NULL ? why : script_last(work, &args->lasting, end_tick, NULL, NULL);
}

const char *script_do_block(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_made_args *args = work->args;
    struct script_made made = {
        .name = args->name,
        .parent = args->parent,
        .edits = args->storage.list,
        .edit_count = args->storage.count,
        .extrinsics = args->extrinsics.list,
        .extrinsic_count = args->extrinsics.count,
        .calls = (enum script_calls)args->calls,
    };
    return work->run->host->block(work->run->host->context, &work->act, &made);
}

const char *script_do_fork(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_fork *args = work->args;
    return work->run->host->fork(work->run->host->context, &work->act, args->depth, args->name);
}

const char *script_do_finalize(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_block_args *args = work->args;
    return work->run->host->finalize(work->run->host->context, &work->act, args->block);
}

static void end_hold_finality(struct script_run *run, struct script_wait *wait, enum script_end end,
                              const struct script_act *act) {
    (void)wait;
    (void)end;
    (void)run->host->hold_finality(run->host->context, act, UINT64_MAX, false);
}

const char *script_do_hold_finality(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_finality *args = work->args;
    const struct script_host *host = work->run->host;
    const char *why = host->hold_finality(host->context, &work->act, args->lag, true);
    return why != NULL ? why : script_last(work, &args->lasting, end_hold_finality, NULL, NULL);
}

const char *script_do_upgrade(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_count *args = work->args;
    return work->run->host->upgrade(work->run->host->context, &work->act, args->n);
}

const char *script_do_prune(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_prune *args = work->args;
    return work->run->host->prune(work->run->host->context, &work->act, args->below, args->keep);
}

const char *script_do_restart(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_block_args *args = work->args;
    return work->run->host->restart(work->run->host->context, &work->act, args->block);
}

const char *script_do_give(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_give *args = work->args;
    work->run->host->signal(work->run->host->context, &work->act, args->name);
    return NULL;
}

const char *script_do_limits(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_limits *args = work->args;
    return work->run->host->limits(work->run->host->context, &work->act, args);
}
