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

#define HEIGHT_MAX ((uint64_t)1 << 28)

enum substrate_status recorder_no_memory(struct recorder *recorder) {
    return base_fail(recorder->error, SUBSTRATE_E_MEMORY, "out of memory");
}

enum substrate_status recorder_odd(struct recorder *recorder, const char *method,
                                   const char *what) {
    return base_fail(recorder->error, SUBSTRATE_E_PROTOCOL, "upstream %s: %s: %s",
                     recorder->upstream.url, method, what);
}

enum substrate_status recorder_parse(struct recorder *recorder, const char *method,
                                     struct substrate_text text, enum base_json_kind kind,
                                     struct base_json *value) {
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, value, NULL) != SUBSTRATE_OK ||
        value->kind != kind) {
        return recorder_odd(recorder, method, "answered with something else than expected");
    }
    return SUBSTRATE_OK;
}

struct substrate_text facts_compact(struct facts *facts, struct base_json value) {
    struct base_buf compact = BASE_BUF_INIT;
    struct substrate_text copy = {NULL, 0};
    base_json_write_compact(&compact, value);
    if (!compact.failed) {
        copy = base_arena_text(&facts->arena, base_buf_view(&compact));
    }
    base_buf_free(&compact);
    return copy;
}

enum substrate_status recorder_height(struct recorder *recorder, const struct plan_block *block,
                                      uint64_t *height) {
    if (block->number > recorder->head) {
        return base_fail(recorder->error, SUBSTRATE_E_DECODE,
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
        return base_fail(recorder->error, SUBSTRATE_E_DECODE,
                         "%s has a range of blocks from %llu to %llu: turn it round",
                         recorder->plan_path, (unsigned long long)*from, (unsigned long long)*to);
    }
    return status;
}

/* ---- the beginning ---- */

static enum substrate_status ask_hash(struct recorder *recorder, const char *method,
                                      struct substrate_text params, struct substrate_hash *hash) {
    struct substrate_text text;
    enum substrate_status status =
        upstream_ask(&recorder->upstream, method, params, &recorder->arena, &text, recorder->error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (text.size != 68 ||
        substrate_hash_parse((struct substrate_text){text.data + 1, 66}, hash) != SUBSTRATE_OK) {
        return recorder_odd(recorder, method, "answered with no block hash");
    }
    return SUBSTRATE_OK;
}

static enum substrate_status ask_number(struct recorder *recorder,
                                        const struct substrate_hash *hash, uint64_t *number) {
    char params[80];
    char hex[67];
    struct substrate_text text;
    struct base_header header;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    substrate_hash_format(hash, hex);
    snprintf(params, sizeof params, "[\"%s\"]", hex);
    enum substrate_status status =
        upstream_ask(&recorder->upstream, "chain_getHeader", base_text(params), &recorder->arena,
                     &text, recorder->error);
    if (status == SUBSTRATE_OK && base_header_read(text, &header, NULL, &why) != SUBSTRATE_OK) {
        status = recorder_odd(recorder, "chain_getHeader", why.message);
    }
    struct substrate_hash real;
    if (status == SUBSTRATE_OK && header.number > 0 &&
        (base_header_hash(text, &real, NULL) != SUBSTRATE_OK ||
         memcmp(&real, hash, sizeof real) != 0)) {
        status = recorder_odd(recorder, "chain_getHeader", "a header that is not of its hash");
    }
    if (status == SUBSTRATE_OK && header.number > HEIGHT_MAX) {
        status = recorder_odd(recorder, "chain_getHeader", "the height is out of range");
    }
    *number = status == SUBSTRATE_OK ? header.number : 0;
    return status;
}

/* An unfinished recording goes on at the head that it began with, so that it says one thing. */
static enum substrate_status find_head(struct recorder *recorder) {
    struct facts *facts = recorder->facts;
    enum substrate_status status = SUBSTRATE_OK;
    if (!facts->has_head) {
        status = ask_hash(recorder, "chain_getBlockHash", BASE_TEXT("[]"), &facts->head);
        facts->has_head = status == SUBSTRATE_OK;
    }
    if (status == SUBSTRATE_OK && !facts->has_finalized) {
        status = ask_hash(recorder, "chain_getFinalizedHead", BASE_TEXT("[]"), &facts->finalized);
        facts->has_finalized = status == SUBSTRATE_OK;
    }
    return status == SUBSTRATE_OK ? ask_number(recorder, &facts->head, &recorder->head) : status;
}

enum substrate_status recorder_find_chain(struct recorder *recorder) {
    struct facts *facts = recorder->facts;
    struct substrate_text text;
    struct base_json name;
    struct substrate_hash genesis;
    enum substrate_status status =
        upstream_ask(&recorder->upstream, "system_chain", BASE_TEXT("[]"), &recorder->arena, &text,
                     recorder->error);
    if (status == SUBSTRATE_OK) {
        status = recorder_parse(recorder, "system_chain", text, BASE_JSON_STRING, &name);
    }
    if (status == SUBSTRATE_OK && !base_json_string(name, &facts->arena, &text)) {
        status = recorder_no_memory(recorder);
    }
    if (status == SUBSTRATE_OK) {
        status = ask_hash(recorder, "chain_getBlockHash", BASE_TEXT("[0]"), &genesis);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (facts->has_genesis && memcmp(&facts->genesis, &genesis, sizeof genesis) != 0) {
        return base_fail(recorder->error, SUBSTRATE_E_DECODE,
                         "the recording is of another chain than upstream %s: their genesis "
                         "hashes differ",
                         recorder->upstream.url);
    }
    facts->chain = base_arena_text(&facts->arena, text);
    facts->genesis = genesis;
    facts->has_genesis = true;
    return facts->chain.data != NULL ? SUBSTRATE_OK : recorder_no_memory(recorder);
}

enum substrate_status recorder_same_chain(struct recorder *recorder, const struct facts *old) {
    struct substrate_hash head, hash;
    uint64_t height = 0;
    const struct fact_block *highest = NULL;
    enum substrate_status status =
        old->block_count == 0 ? SUBSTRATE_OK
                              : ask_hash(recorder, "chain_getBlockHash", BASE_TEXT("[]"), &head);
    if (status == SUBSTRATE_OK && old->block_count > 0) {
        status = ask_number(recorder, &head, &height);
    }
    for (size_t i = 0; i < old->block_count; i++) {
        const struct fact_block *block = &old->blocks[i];
        if (!block->fork && block->number <= height &&
            (highest == NULL || block->number > highest->number)) {
            highest = block;
        }
    }
    if (status != SUBSTRATE_OK || highest == NULL) {
        return status;
    }
    char params[32], hex[67], other[67];
    snprintf(params, sizeof params, "[%llu]", (unsigned long long)highest->number);
    status = ask_hash(recorder, "chain_getBlockHash", base_text(params), &hash);
    if (status == SUBSTRATE_OK && memcmp(&hash, &highest->hash, sizeof hash) != 0) {
        substrate_hash_format(&highest->hash, hex);
        substrate_hash_format(&hash, other);
        status = base_fail(recorder->error, SUBSTRATE_E_DECODE,
                           "the recording is of another chain than upstream %s: block %llu is %s "
                           "there, and %s here; record into another folder",
                           recorder->upstream.url, (unsigned long long)highest->number, other, hex);
    }
    return status;
}

/* "name" and "version" of the node, when it says them, and which plan it was: what is the same each
 * time. */
static enum substrate_status note_provenance(struct recorder *recorder) {
    struct base_buf text = BASE_BUF_INIT;
    struct substrate_text name = BASE_TEXT("null"), version = BASE_TEXT("null");
    struct substrate_error ignored;
    struct base_json value;
    upstream_ask(&recorder->upstream, "system_name", BASE_TEXT("[]"), &recorder->arena, &name,
                 &ignored);
    upstream_ask(&recorder->upstream, "system_version", BASE_TEXT("[]"), &recorder->arena, &version,
                 &ignored);
    base_buf_str(&text, "{\"recorder\":\"mocknode record\",\"upstream\":{\"name\":");
    base_buf_text(&text, name);
    base_buf_str(&text, ",\"version\":");
    base_buf_text(&text, version);
    base_buf_str(&text, "},\"plan\":{\"blake2_256\":\"");
    base_buf_text(&text, recorder->plan->digest);
    base_buf_str(&text, "\"}}");
    enum substrate_status status = SUBSTRATE_OK;
    if (text.failed) {
        status = recorder_no_memory(recorder);
    } else {
        status =
            recorder_parse(recorder, "system_name", base_buf_view(&text), BASE_JSON_OBJECT, &value);
    }
    if (status == SUBSTRATE_OK) {
        recorder->facts->provenance = facts_compact(recorder->facts, value);
        status = recorder->facts->provenance.data != NULL ? status : recorder_no_memory(recorder);
    }
    base_buf_free(&text);
    return status;
}

static enum substrate_status index_calls(struct recorder *recorder) {
    for (size_t i = 0; i < recorder->facts->call_count; i++) {
        const struct fact_call *call = &recorder->facts->calls[i];
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
            copy = base_arena_text(&recorder->arena, base_buf_view(&text));
        }
        base_buf_free(&text);
        if (copy.data == NULL || !base_map_put(&recorder->calls, copy, recorder)) {
            return recorder_no_memory(recorder);
        }
    }
    return SUBSTRATE_OK;
}

/* ---- the end ---- */

static enum substrate_status write_latencies(struct recorder *recorder, const char *folder) {
    struct base_buf text = BASE_BUF_INIT;
    char *path = file_path(folder, "latencies.jsonl", "");
    enum substrate_status status = SUBSTRATE_OK;
    upstream_latencies(&recorder->upstream, &text);
    if (path == NULL || text.failed) {
        status = recorder_no_memory(recorder);
    } else {
        status = file_write(path, base_buf_view(&text), recorder->error);
    }
    base_free(path);
    base_buf_free(&text);
    return status;
}

static enum substrate_status finish(struct recorder *recorder, const char *folder) {
    recorder->facts->unfinished = false;
    enum substrate_status status = facts_normalise(recorder->facts, recorder->error);
    if (status == SUBSTRATE_OK) {
        /* What the upstream said is checked before it is written, not after. */
        status = verify_before(recorder->facts, recorder->upstream.url, recorder->error);
    }
    if (status == SUBSTRATE_OK) {
        status = facts_save(recorder->facts, folder, recorder->error);
    }
    if (status == SUBSTRATE_OK) {
        status = write_latencies(recorder, folder);
    }
    return status == SUBSTRATE_OK ? verify_folder(folder, recorder->error) : status;
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
    struct facts *facts = recorder->facts;
    char message[sizeof why.message];
    enum substrate_status cause = recorder->error->status;
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
        status = verify_before(facts, recorder->upstream.url, &why);
    }
    if (status == SUBSTRATE_OK) {
        status = facts_save(facts, options->out, &why);
    }
    snprintf(message, sizeof message, "%.260s; %s%.160s", recorder->error->message,
             status == SUBSTRATE_OK ? "what came is kept: resume with --merge, --out " : "",
             status == SUBSTRATE_OK ? options->out : why.message);
    memcpy(recorder->error->message, message, sizeof message);
}

/* ---- all of it ---- */

static enum substrate_status same_chain(struct recorder *recorder) {
    return recorder_same_chain(recorder, recorder->facts);
}

static enum substrate_status run_phases(struct recorder *recorder) {
    static enum substrate_status (*const PHASES[])(struct recorder *) = {
        recorder_find_chain, same_chain,    find_head,       record_state_check, note_provenance,
        index_calls,         record_blocks, record_runtimes, record_state,       record_calls};
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
    struct recorder recorder = {.plan = &plan, .plan_path = options->plan, .error = error};
    enum substrate_status status = plan_load(options->plan, &plan, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    base_arena_init(&recorder.arena, 0);
    base_map_init(&recorder.calls, 0);
    status = open_facts(options, &recorder.facts, error);
    if (status == SUBSTRATE_OK) {
        status = upstream_open(&recorder.upstream, options->upstream, options->wait_us, error);
    }
    if (status == SUBSTRATE_OK) {
        status = run_phases(&recorder);
        if (status == SUBSTRATE_OK) {
            status = finish(&recorder, options->out);
        } else {
            keep_unfinished(&recorder, options);
        }
        upstream_close(&recorder.upstream);
    }
    facts_free(recorder.facts);
    base_map_free(&recorder.calls);
    base_free(recorder.wanted);
    base_free(recorder.hashes);
    base_arena_free(&recorder.arena);
    plan_free(&plan);
    return status;
}
