/* Keeps what a proxy hears. Every exchange is one step: its facts, with header, parent and runtime
 * of each block that they are about, are written to the log in one go, so that the recording is
 * whole after each step, and loadable after any part of one. */
#include "record/proxy/recording.h"

#include <stdio.h>
#include <string.h>
#include "base/header.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/files.h"
#include "fixture/save.h"
#include "record/proxy/recording_parts.h"
#include "tools/merge.h"
#include "tools/verify.h"

/* What ends a recording: there is no memory, no room on the disk, or it was told to give up. All
 * else costs a fact. */
static bool is_fatal(enum substrate_status status) {
    return status == SUBSTRATE_E_MEMORY || status == SUBSTRATE_E_IO ||
           status == SUBSTRATE_E_CANCELLED;
}

static void say_lost(const struct exchange *exchange, const char *what) {
    fprintf(stderr, "mocknode record: %.*s: not all of it is kept: %s\n",
            (int)(exchange->method.size < 60 ? exchange->method.size : 60), exchange->method.data,
            what);
}

enum substrate_status recording_take(struct recording *recording, const struct exchange *exchange,
                                     struct substrate_error *error) {
    struct extraction extraction;
    recording->ask.error = error;
    enum substrate_status status = recording_begin_step(recording);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    extraction_init(&extraction, recording->ask.facts);
    status = recording_read(recording, &extraction, exchange);
    extraction_free(&extraction);
    if (status == SUBSTRATE_E_MEMORY && error->message[0] == '\0') {
        return recording_no_memory(recording);
    }
    if (is_fatal(status)) {
        return status;
    }
    if (status != SUBSTRATE_OK && status != SUBSTRATE_E_NOT_FOUND) {
        say_lost(exchange, error->message);
    }
    *error = (struct substrate_error){.status = SUBSTRATE_OK};
    status = recording_end_step(recording); /* what came before the trouble is worth having */
    if (status == SUBSTRATE_E_DECODE) {
        /* It contradicts what was said before, which stays; the rest is worth having. */
        fprintf(stderr, "mocknode record: %s; what was said first is kept\n", error->message);
        *error = (struct substrate_error){.status = SUBSTRATE_OK};
        return SUBSTRATE_OK;
    }
    return status;
}

/* ---- the beginning ---- */

/* What the folder has; nothing is written yet. */
static enum substrate_status load_folder(struct recording *recording, bool merge) {
    struct substrate_error *error = recording->ask.error;
    enum substrate_status status = SUBSTRATE_OK;
    char *manifest = file_path(recording->folder, "manifest.json", "");
    if (manifest == NULL) {
        return recording_no_memory(recording);
    }
    bool there = file_exists(manifest);
    base_free(manifest);
    if (!merge && !file_is_empty_folder(recording->folder)) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "%s is there and not empty: name another folder, or give --merge to add "
                         "to a recording",
                         recording->folder);
    }
    if (there) {
        status = facts_load(recording->folder, FACTS_LOAD_DIGESTS, &recording->old, error);
    } else {
        recording->old = facts_new();
    }
    return status == SUBSTRATE_OK && recording->old == NULL ? recording_no_memory(recording)
                                                            : status;
}

/* The folder begins as an unfinished recording of what it has, with an empty log. */
static enum substrate_status open_folder(struct recording *recording) {
    recording->old->unfinished = true;
    enum substrate_status status =
        facts_save(recording->old, recording->folder, recording->ask.error);
    return status == SUBSTRATE_OK
               ? facts_log_open(&recording->log, recording->folder, recording->ask.error)
               : status;
}

/* What the old recording has need not be found again; above all, answers that change from one day
 * to the next (system_health) keep their first value. */
static enum substrate_status mark_old(struct recording *recording) {
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < recording->old->call_count && status == SUBSTRATE_OK; i++) {
        const struct fact_call *call = &recording->old->calls[i];
        struct rpc_request request = {.name = call->method, .params_text = call->params};
        bool seen;
        status = recording_canonical(recording, &request, call->has_at ? &call->at : NULL, &seen);
    }
    return status;
}

/* Asks for the block unless one of the facts has it; what cannot be had now is left. */
static enum substrate_status ask_stranger(struct recording *recording, const struct facts *facts,
                                          const struct substrate_hash *hash) {
    if (facts_find_block(facts, hash) != NULL || facts_find_block(recording->old, hash) != NULL) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status = blocks_keep(&recording->blocks, hash);
    if (status == SUBSTRATE_E_NOT_FOUND || status == SUBSTRATE_E_RPC) {
        *recording->ask.error = (struct substrate_error){.status = SUBSTRATE_OK};
        return SUBSTRATE_OK;
    }
    return status;
}

/* Headers that never came are asked for once more, into the step. An upstream that is gone is not
 * waited for again and again. */
static enum substrate_status ask_strangers(struct recording *recording, const struct facts *facts) {
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < facts->set_count && status == SUBSTRATE_OK; i++) {
        status = ask_stranger(recording, facts, &facts->sets[i].block);
    }
    for (size_t i = 0; i < facts->call_count && status == SUBSTRATE_OK; i++) {
        if (facts->calls[i].has_at) {
            status = ask_stranger(recording, facts, &facts->calls[i].at);
        }
    }
    if (status != SUBSTRATE_OK && !is_fatal(status)) {
        fprintf(stderr, "mocknode record: headers are missing: %s\n",
                recording->ask.error->message);
        *recording->ask.error = (struct substrate_error){.status = SUBSTRATE_OK};
        return SUBSTRATE_OK;
    }
    return status;
}

/* A folder whose recording was killed may lack headers of blocks that it speaks of. */
static enum substrate_status mend_old(struct recording *recording) {
    struct facts *old = recording->old;
    enum substrate_status status = old->unfinished ? ask_strangers(recording, old) : SUBSTRATE_OK;
    if (status != SUBSTRATE_OK || !old->unfinished) {
        return status;
    }
    verify_drop_strangers(old, recording->ask.facts, recording->folder, stderr);
    status = merge_absorb_chain(old, recording->ask.facts, recording->ask.error);
    return status == SUBSTRATE_OK ? facts_normalise(old, recording->ask.error) : status;
}

/* Blocks and runtimes that the folder has: what comes must not contradict them. */
static enum substrate_status absorb_old(struct recording *recording) {
    return merge_absorb_chain(recording->fresh, recording->old, recording->ask.error);
}

/* Genesis and head, with what documents them: all that is wrong with an upstream from the start
 * shows here, before the folder is touched. */
static enum substrate_status find_chain(struct recording *recording) {
    struct inquiry *ask = &recording->ask;
    enum substrate_status status = recording_begin_step(recording);
    if (status == SUBSTRATE_OK) {
        status = inquiry_chain(ask);
    }
    if (status == SUBSTRATE_OK) {
        status = inquiry_same_chain(ask, recording->old);
    }
    if (status == SUBSTRATE_OK) {
        status = blocks_keep(&recording->blocks, &ask->facts->genesis);
    }
    if (status == SUBSTRATE_E_NOT_FOUND) {
        return inquiry_odd(ask, "chain_getHeader", "the genesis block has no right header");
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct substrate_hash real;
    const struct fact_block *genesis = facts_block(ask->facts, &ask->facts->genesis, false);
    ask->facts->genesis_assigned = genesis != NULL &&
                                   base_header_hash(genesis->header, &real, NULL) == SUBSTRATE_OK &&
                                   memcmp(&real, &ask->facts->genesis, sizeof real) != 0;
    recording->fresh->has_genesis = true;
    recording->fresh->genesis = ask->facts->genesis;
    recording->fresh->genesis_assigned = ask->facts->genesis_assigned;
    recording->fresh->chain = base_arena_text(&recording->fresh->arena, ask->facts->chain);
    if (recording->fresh->chain.data == NULL) {
        return recording_no_memory(recording);
    }
    return blocks_keep_heads(&recording->blocks);
}

static enum substrate_status ask_system(struct recording *recording) {
    static const char *const SYSTEM[] = {
        "system_chain",  "system_name",      "system_version",   "system_properties",
        "system_health", "system_chainType", "system_nodeRoles", "system_localPeerId"};
    struct inquiry *ask = &recording->ask;
    struct substrate_text text;
    struct substrate_error ignored = {.status = SUBSTRATE_OK};
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < sizeof SYSTEM / sizeof *SYSTEM && status == SUBSTRATE_OK; i++) {
        status = upstream_ask(&ask->upstream, SYSTEM[i], BASE_TEXT("[]"), &recording->arena, &text,
                              &ignored);
        if (status == SUBSTRATE_OK) {
            struct exchange exchange = {
                .method = base_text(SYSTEM[i]), .params = BASE_TEXT("[]"), .result = text};
            status = recording_take(recording, &exchange, ask->error);
        } else if (status == SUBSTRATE_E_RPC) {
            status = SUBSTRATE_OK; /* not every node has every one of them */
        } else {
            *ask->error = ignored;
        }
    }
    return status;
}

enum substrate_status recording_open(const struct proxy_options *options,
                                     struct recording **recording, struct substrate_error *error) {
    struct recording *made = base_calloc(1, sizeof *made);
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    made->folder = options->out;
    made->log.descriptor = -1;
    made->ask.error = error;
    base_arena_init(&made->arena, 0);
    base_arena_init(&made->ask.arena, 0);
    blocks_init(&made->blocks, &made->ask);
    base_map_init(&made->seen, 0);
    base_map_init(&made->unkept, 0);
    base_map_init(&made->values, 0);
    made->fresh = facts_new();
    static enum substrate_status (*const STEPS[])(struct recording *) = {
        find_chain,  mend_old, absorb_old,         recording_absorb,
        open_folder, mark_old, recording_log_step, ask_system};
    enum substrate_status status = made->fresh != NULL ? SUBSTRATE_OK : recording_no_memory(made);
    if (status == SUBSTRATE_OK) {
        status = load_folder(made, options->merge);
    }
    if (status == SUBSTRATE_OK) {
        status = upstream_open(&made->ask.upstream, options->upstream, options->wait_us, error);
    }
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS && status == SUBSTRATE_OK; i++) {
        status = STEPS[i](made);
    }
    if (status != SUBSTRATE_OK) {
        recording_free(made);
        return status;
    }
    *recording = made;
    return SUBSTRATE_OK;
}

/* ---- the end ---- */

/* What came contradicts what the folder had: that is as it was, and the log lies beside it. */
static void restore(struct recording *recording, struct substrate_error *error) {
    struct substrate_error why = {.status = SUBSTRATE_OK};
    char message[sizeof why.message];
    char *log = file_path(recording->folder, "log.jsonl", "");
    char *aside = file_path(recording->folder, "rejected.jsonl", "");
    if (log != NULL && aside != NULL && recording->old->block_count > 0 &&
        rename(log, aside) == 0 &&
        facts_save(recording->old, recording->folder, &why) == SUBSTRATE_OK) {
        snprintf(message, sizeof message,
                 "%.300s; the recording is as it was, %.120s has what came", error->message, aside);
        memcpy(error->message, message, sizeof message);
    }
    base_free(log);
    base_free(aside);
}

/* The last step: headers that are still missing. */
static enum substrate_status end_facts(struct recording *recording) {
    enum substrate_status status = recording_begin_step(recording);
    if (status == SUBSTRATE_OK) {
        status = ask_strangers(recording, recording->fresh);
    }
    if (status == SUBSTRATE_OK) {
        status = recording_end_step(recording);
    }
    if (status != SUBSTRATE_OK && status != SUBSTRATE_E_CANCELLED) {
        return status;
    }
    *recording->ask.error = (struct substrate_error){.status = SUBSTRATE_OK};
    verify_drop_strangers(recording->fresh, recording->old, recording->folder, stderr);
    return facts_normalise(recording->fresh, recording->ask.error);
}

static enum substrate_status write_merged(struct recording *recording, const struct facts *merged) {
    struct substrate_error *error = recording->ask.error;
    enum substrate_status status = verify_before(merged, recording->ask.upstream.url, error);
    if (status == SUBSTRATE_OK) {
        status = facts_save(merged, recording->folder, error);
    }
    if (status == SUBSTRATE_OK) {
        status = verify_folder(recording->folder, error);
    }
    if (status == SUBSTRATE_OK) {
        fprintf(stderr, "%s: recorded: %zu blocks, storage of %zu of them, %zu calls\n",
                recording->folder, merged->block_count, merged->set_count, merged->call_count);
    }
    return status;
}

enum substrate_status recording_finish(struct recording *recording, struct substrate_error *error) {
    struct facts *merged = NULL;
    recording->ask.error = error;
    recording->old->unfinished = false;
    recording->fresh->provenance = BASE_TEXT("{\"recorder\":\"mocknode record --listen\"}");
    enum substrate_status status = end_facts(recording);
    if (status == SUBSTRATE_OK) {
        status = merge_facts(recording->old, recording->fresh, &merged, error);
    }
    if (status == SUBSTRATE_E_DECODE) {
        restore(recording, error);
    }
    if (status == SUBSTRATE_OK) {
        status = write_merged(recording, merged);
        facts_free(merged);
    }
    return status;
}

void recording_free(struct recording *recording) {
    facts_log_close(&recording->log);
    if (recording->ask.upstream.link != NULL) {
        upstream_close(&recording->ask.upstream);
    }
    facts_free(recording->ask.facts);
    facts_free(recording->old);
    facts_free(recording->fresh);
    base_map_free(&recording->seen);
    base_map_free(&recording->unkept);
    blocks_free(&recording->blocks);
    base_map_free(&recording->values);
    base_arena_free(&recording->ask.arena);
    base_arena_free(&recording->arena);
    base_free(recording);
}
