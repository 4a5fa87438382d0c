/* The frame of a recording by plan: connect, find the head, run the phases, write the folder. When
 * a phase fails, what came until then is written as an unfinished recording. */
#include "record/plan/recorder.h"

#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/files.h"
#include "fixture/line.h"
#include "tools/verify.h"
#include "fixture/save.h"
#include "rpc/request.h"

enum substrate_status recorder_height(struct recorder *recorder, const struct plan_block *block,
                                      uint64_t *height) {
    if (block->number > recorder->head) {
        return base_fail(recorder->ask.error, SUBSTRATE_E_DECODE,
                         "%s asks for block %s%llu, but the upstream's head is %llu: name one "
                         "that exists, or \"head\"",
                         recorder->plan_path, block->from_head ? "head-" : "",
                         (unsigned long long)block->number, (unsigned long long)recorder->head);
    }
    *height = block->from_head ? recorder->head - block->number : block->number;
    return SUBSTRATE_OK;
}

enum substrate_status recorder_range(struct recorder *recorder, const struct plan_range *range,
                                     uint64_t *from, uint64_t *to) {
    enum substrate_status status = recorder_height(recorder, &range->from, from);
    if (status == SUBSTRATE_OK) {
        status = recorder_height(recorder, &range->to, to);
    }
    if (status == SUBSTRATE_OK && *from > *to) {
        return base_fail(recorder->ask.error, SUBSTRATE_E_DECODE,
                         "%s has a range of blocks from %llu to %llu: turn it round",
                         recorder->plan_path, (unsigned long long)*from, (unsigned long long)*to);
    }
    return status;
}

/* ---- the beginning ---- */

/* An unfinished recording goes on at the head that it began with, so that it says one thing. */
static enum substrate_status find_head(struct recorder *recorder) {
    struct facts *facts = recorder->ask.facts;
    enum substrate_status status = SUBSTRATE_OK;
    if (!facts->has_head) {
        status = inquiry_hash(&recorder->ask, "chain_getBlockHash", BASE_TEXT("[]"), &facts->head);
        facts->has_head = status == SUBSTRATE_OK;
    }
    if (status == SUBSTRATE_OK && !facts->has_finalized) {
        status = inquiry_hash(&recorder->ask, "chain_getFinalizedHead", BASE_TEXT("[]"),
                              &facts->finalized);
        facts->has_finalized = status == SUBSTRATE_OK;
    }
    return status == SUBSTRATE_OK ? inquiry_number(&recorder->ask, &facts->head, &recorder->head)
                                  : status;
}

/* "name" and "version" of the node, when it says them, and which plan it was: what is the same each
 * time. */
static enum substrate_status note_provenance(struct recorder *recorder) {
    struct base_buf text = BASE_BUF_INIT;
    struct substrate_text name = BASE_TEXT("null"), version = BASE_TEXT("null");
    struct substrate_error ignored;
    struct base_json value;
    upstream_ask(&recorder->ask.upstream, "system_name", BASE_TEXT("[]"), &recorder->ask.arena,
                 &name, &ignored);
    upstream_ask(&recorder->ask.upstream, "system_version", BASE_TEXT("[]"), &recorder->ask.arena,
                 &version, &ignored);
    base_buf_str(&text, "{\"recorder\":\"mocknode record\",\"upstream\":{\"name\":");
    base_buf_text(&text, name);
    base_buf_str(&text, ",\"version\":");
    base_buf_text(&text, version);
    base_buf_str(&text, "},\"plan\":{\"blake2_256\":\"");
    base_buf_text(&text, recorder->plan->digest);
    base_buf_str(&text, "\"}}");
    enum substrate_status status = SUBSTRATE_OK;
    if (text.failed) {
        status = inquiry_no_memory(&recorder->ask);
    } else {
        status = inquiry_parse(&recorder->ask, "system_name", base_buf_view(&text),
                               BASE_JSON_OBJECT, &value);
    }
    if (status == SUBSTRATE_OK) {
        recorder->ask.facts->provenance = facts_compact(recorder->ask.facts, value);
        status = recorder->ask.facts->provenance.data != NULL ? status
                                                              : inquiry_no_memory(&recorder->ask);
    }
    base_buf_free(&text);
    return status;
}

static enum substrate_status index_calls(struct recorder *recorder) {
    for (size_t i = 0; i < recorder->ask.facts->call_count; i++) {
        const struct fact_call *call = &recorder->ask.facts->calls[i];
        struct base_buf text = BASE_BUF_INIT;
        base_buf_text(&text, call->method);
        base_buf_char(&text, ' ');
        base_buf_text(&text, call->params);
        if (call->has_at) {
            base_buf_str(&text, " @");
            line_write_hash(&text, &call->at);
        }
        struct substrate_text copy = {NULL, 0};
        if (!text.failed) {
            copy = base_arena_text(&recorder->ask.arena, base_buf_view(&text));
        }
        base_buf_free(&text);
        if (copy.data == NULL || !base_map_put(&recorder->calls, copy, recorder)) {
            return inquiry_no_memory(&recorder->ask);
        }
    }
    return SUBSTRATE_OK;
}

/* ---- the end ---- */

static enum substrate_status write_latencies(struct recorder *recorder, const char *folder) {
    struct base_buf text = BASE_BUF_INIT;
    char *path = file_path(folder, "latencies.jsonl", "");
    enum substrate_status status = SUBSTRATE_OK;
    upstream_latencies(&recorder->ask.upstream, &text);
    if (path == NULL || text.failed) {
        status = inquiry_no_memory(&recorder->ask);
    } else {
        status = file_write(path, base_buf_view(&text), recorder->ask.error);
    }
    base_free(path);
    base_buf_free(&text);
    return status;
}

static enum substrate_status finish(struct recorder *recorder, const char *folder) {
    recorder->ask.facts->unfinished = false;
    /* A proxy's recording that was killed may have been added to. */
    verify_drop_strangers(recorder->ask.facts, recorder->ask.facts, folder, stderr);
    enum substrate_status status = facts_normalise(recorder->ask.facts, recorder->ask.error);
    if (status == SUBSTRATE_OK) {
        /* What the upstream said is checked before it is written, not after. */
        status =
            verify_before(recorder->ask.facts, recorder->ask.upstream.url, recorder->ask.error);
    }
    if (status == SUBSTRATE_OK) {
        status = facts_save(recorder->ask.facts, folder, recorder->ask.error);
    }
    if (status == SUBSTRATE_OK) {
        status = write_latencies(recorder, folder);
    }
    return status == SUBSTRATE_OK ? verify_folder(folder, recorder->ask.error) : status;
}

static bool has_block(struct facts *facts, const struct substrate_hash *hash) {
    return facts_block(facts, hash, false) != NULL;
}

/* A hash without its header is unproven: as long as nothing is said about the blocks, those are
 * left out, to be asked for again. */
static void drop_unproven(struct facts *facts) {
    size_t kept = 0;
    for (size_t i = 0; i < facts->block_count && facts->set_count + facts->call_count == 0; i++) {
        if (facts->blocks[i].header.data != NULL) {
            facts->blocks[kept++] = facts->blocks[i];
        }
    }
    if (facts->set_count + facts->call_count == 0) {
        facts->block_count = kept;
    }
}

/* Keeps what came before a failure, and adds to the error how to go on. A mistake in the plan, or a
 * contradiction, is not mended by going on: then the folder stays as it was. */
static void keep_unfinished(struct recorder *recorder, const struct record_options *options) {
    struct substrate_error why = {.status = SUBSTRATE_OK};
    struct facts *facts = recorder->ask.facts;
    char message[sizeof why.message];
    enum substrate_status cause = recorder->ask.error->status;
    drop_unproven(facts);
    if (cause == SUBSTRATE_E_DECODE || cause == SUBSTRATE_E_ARGUMENT ||
        facts->block_count + facts->call_count == 0) {
        return;
    }
    facts->unfinished = true;
    enum substrate_status status = facts_normalise(facts, &why);
    facts->has_head = facts->has_head && has_block(facts, &facts->head);
    facts->has_finalized = facts->has_finalized && has_block(facts, &facts->finalized);
    if (status == SUBSTRATE_OK) {
        status = verify_before(facts, recorder->ask.upstream.url, &why);
    }
    if (status == SUBSTRATE_OK) {
        status = facts_save(facts, options->out, &why);
    }
    snprintf(message, sizeof message, "%.260s; %s%.160s", recorder->ask.error->message,
             status == SUBSTRATE_OK ? "what came is kept: resume with --merge, --out " : "",
             status == SUBSTRATE_OK ? options->out : why.message);
    memcpy(recorder->ask.error->message, message, sizeof message);
}

/* ---- all of it ---- */

static enum substrate_status find_chain(struct recorder *recorder) {
    return inquiry_chain(&recorder->ask);
}

static enum substrate_status same_chain(struct recorder *recorder) {
    return inquiry_same_chain(&recorder->ask, recorder->ask.facts);
}

static enum substrate_status run_phases(struct recorder *recorder) {
    static enum substrate_status (*const PHASES[])(struct recorder *) = {
        find_chain,  same_chain,    find_head,       record_state_check, note_provenance,
        index_calls, record_blocks, record_runtimes, record_state,       record_calls};
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < sizeof PHASES / sizeof *PHASES && status == SUBSTRATE_OK; i++) {
        status = PHASES[i](recorder);
    }
    return status;
}

static enum substrate_status open_facts(const struct record_options *options, struct facts **facts,
                                        struct substrate_error *error) {
    if (file_is_empty_folder(options->out)) {
        *facts = facts_new();
        return *facts != NULL ? SUBSTRATE_OK
                              : base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    char *manifest = file_path(options->out, "manifest.json", "");
    bool recording = manifest != NULL && file_exists(manifest);
    base_free(manifest);
    if (!options->merge) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "%s is there and not empty: name another folder, or give --merge to add "
                         "to a recording",
                         options->out);
    }
    if (recording) {
        return facts_load(options->out, FACTS_LOAD_DIGESTS, facts, error);
    }
    *facts = facts_new(); /* a plan and a README may be there before the recording */
    return *facts != NULL ? SUBSTRATE_OK : base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
}

enum substrate_status record_by_plan(const struct record_options *options,
                                     struct substrate_error *error) {
    struct plan plan;
    struct recorder recorder = {.ask = {.error = error}, .plan = &plan, .plan_path = options->plan};
    enum substrate_status status = plan_load(options->plan, &plan, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    base_arena_init(&recorder.ask.arena, 0);
    base_map_init(&recorder.calls, 0);
    status = open_facts(options, &recorder.ask.facts, error);
    if (status == SUBSTRATE_OK) {
        status = upstream_open(&recorder.ask.upstream, options->upstream, options->wait_us, error);
    }
    if (status == SUBSTRATE_OK) {
        status = run_phases(&recorder);
        if (status == SUBSTRATE_OK) {
            status = finish(&recorder, options->out);
        } else {
            keep_unfinished(&recorder, options);
        }
        upstream_close(&recorder.ask.upstream);
    }
    facts_free(recorder.ask.facts);
    base_map_free(&recorder.calls);
    base_free(recorder.wanted);
    base_free(recorder.hashes);
    base_arena_free(&recorder.ask.arena);
    plan_free(&plan);
    return status;
}
