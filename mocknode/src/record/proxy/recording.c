/* Keeps what a proxy hears. Every exchange is one step: its facts, with header, parent and runtime
 * of each block that they are about, are written to the log in one go, so that the recording is
 * whole after each step, and loadable after any part of one. */
#include "record/proxy/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "methods/method.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/files.h"
#include "fixture/line.h"
#include "fixture/log.h"
#include "tools/merge.h"
#include "record/pin.h"
#include "record/plan/recorder.h"
#include "tools/verify.h"
#include "fixture/save.h"

struct recording {
    struct recorder side; /* its facts are those of the step */
    struct plan plan;     /* of every runtime: all metadata, the exports */
    const char *folder;
    struct facts *old;   /* what the folder had before */
    struct facts *fresh; /* what came since */
    struct base_arena arena;
    struct base_map seen;       /* canonical texts of requests whose facts are kept */
    struct base_map documented; /* hashes of blocks with header and runtime */
    struct base_map runtimes;   /* spec versions whose parts are kept, as 4 bytes */
    struct base_map values;     /* block hash and key of storage to what was said of it */
    struct facts_log log;
};

static enum substrate_status no_memory(struct recording *recording) {
    return recorder_no_memory(&recording->side);
}

/* Whether a text was marked before; marks it. *status is set when there is no memory. */
static bool mark(struct recording *recording, struct base_map *map, struct substrate_text text,
                 enum substrate_status *status) {
    if (base_map_get(map, text) != NULL) {
        return true;
    }
    struct substrate_text copy = base_arena_text(&recording->arena, text);
    if (copy.data == NULL || !base_map_put(map, copy, recording)) {
        *status = no_memory(recording);
    }
    return false;
}

static struct substrate_text hash_text(const struct substrate_hash *hash) {
    return (struct substrate_text){(const char *)hash->bytes, sizeof hash->bytes};
}

/* ---- the log ---- */

/* What was said of a key at a block is said once and for all: E_DECODE when it was another thing.
 */
static enum substrate_status check_value(struct recording *recording, const struct fact_set *set,
                                         const struct fact_change *change) {
    struct base_buf name = BASE_BUF_INIT;
    enum substrate_status status = SUBSTRATE_OK;
    line_write_hash(&name, &set->block);
    base_buf_text(&name, change->key);
    if (name.failed) {
        base_buf_free(&name);
        return no_memory(recording);
    }
    struct substrate_text value = change->kind == FACT_ABSENT ? BASE_TEXT("null") : change->value;
    const struct substrate_text *said = base_map_get(&recording->values, base_buf_view(&name));
    if (change->kind == FACT_PRESENT) {
        /* Only that it is there: nothing to compare, and nothing to remember. */
    } else if (said != NULL && !base_text_equal(*said, value)) {
        status = base_fail(recording->side.error, SUBSTRATE_E_DECODE,
                           "upstream %s says two things of key 0x%.*s at one block",
                           recording->side.upstream.url,
                           (int)(change->key.size < 80 ? change->key.size : 80), change->key.data);
    } else if (said == NULL) {
        struct substrate_text key = base_arena_text(&recording->arena, base_buf_view(&name));
        struct substrate_text *copy = base_arena_alloc(&recording->arena, sizeof *copy);
        if (key.data == NULL || copy == NULL) {
            status = no_memory(recording);
        } else {
            *copy = base_arena_text(&recording->arena, value);
            if (copy->data == NULL || !base_map_put(&recording->values, key, copy)) {
                status = no_memory(recording);
            }
        }
    }
    base_buf_free(&name);
    return status;
}

/* Takes a step into the facts in memory, unless it contradicts them. */
static enum substrate_status absorb(struct recording *recording) {
    const struct facts *step = recording->side.facts;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < step->set_count; i++) {
        for (size_t j = 0; j < step->sets[i].change_count && status == SUBSTRATE_OK; j++) {
            status = check_value(recording, &step->sets[i], &step->sets[i].changes[j]);
        }
    }
    return status == SUBSTRATE_OK ? merge_absorb(recording->fresh, step, recording->side.error)
                                  : status;
}

/* Writes a step that was absorbed to the log. */
static enum substrate_status log_step(struct recording *recording) {
    const struct facts *step = recording->side.facts;
    struct facts *fresh = recording->fresh;
    enum substrate_status status = facts_log_append(&recording->log, step, recording->side.error);
    if (status == SUBSTRATE_OK && step->has_head) {
        fresh->has_head = true;
        fresh->head = step->head;
    }
    if (status == SUBSTRATE_OK && step->has_finalized) {
        fresh->has_finalized = true;
        fresh->finalized = step->finalized;
    }
    return status;
}

/* Ends a step: what it found goes to the facts in memory and to the log. */
static enum substrate_status end_step(struct recording *recording) {
    enum substrate_status status = absorb(recording);
    return status == SUBSTRATE_OK ? log_step(recording) : status;
}

static enum substrate_status begin_step(struct recording *recording) {
    facts_free(recording->side.facts);
    recording->side.facts = facts_new();
    base_arena_reset(&recording->side.arena);
    return recording->side.facts != NULL ? SUBSTRATE_OK : no_memory(recording);
}

/* ---- questions of our own ---- */

static enum substrate_status ask_at(struct recording *recording, const char *method,
                                    const struct substrate_hash *hash,
                                    struct substrate_text *result) {
    char params[80], hex[67];
    substrate_hash_format(hash, hex);
    (void)snprintf(params, sizeof params, "[\"%s\"]", hex);
    return upstream_ask(&recording->side.upstream, method, base_text(params),
                        &recording->side.arena, result, recording->side.error);
}

/* Header and runtime of one block. *parent is set when there is one. E_NOT_FOUND: no such block. */
static enum substrate_status document_one(struct recording *recording,
                                          const struct substrate_hash *hash,
                                          struct substrate_hash *parent, bool *has_parent) {
    struct recorder *side = &recording->side;
    struct substrate_text text;
    struct base_header header;
    struct base_json json;
    struct substrate_hash real;
    uint64_t spec;
    enum substrate_status status = ask_at(recording, "chain_getHeader", hash, &text);
    *has_parent = false;
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &json, NULL) != SUBSTRATE_OK ||
        base_header_read(text, &header, NULL, NULL) != SUBSTRATE_OK ||
        base_header_hash(text, &real, NULL) != SUBSTRATE_OK ||
        (header.number != 0 && memcmp(&real, hash, sizeof real) != 0)) {
        return SUBSTRATE_E_NOT_FOUND;
    }
    *has_parent = header.number > 0;
    *parent = header.parent;
    status = ask_at(recording, "state_getRuntimeVersion", hash, &text);
    struct fact_block *block = facts_block(side->facts, hash, true);
    struct substrate_text compact = facts_compact(side->facts, json);
    if (block == NULL || compact.data == NULL) {
        return no_memory(recording);
    }
    block->number = header.number;
    block->header = compact;
    if (status == SUBSTRATE_E_RPC) {
        return SUBSTRATE_OK; /* its state is gone; the header is what there is */
    }
    if (status == SUBSTRATE_OK) {
        status = recorder_parse(side, "state_getRuntimeVersion", text, BASE_JSON_OBJECT, &json);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (!base_json_u64(base_json_member(json, "specVersion"), &spec) || spec > UINT32_MAX) {
        return recorder_odd(side, "state_getRuntimeVersion", "the specVersion is missing");
    }
    struct fact_runtime *runtime = facts_spec(side->facts, (uint32_t)spec, true);
    compact = facts_compact(side->facts, json);
    if (runtime == NULL || compact.data == NULL) {
        return no_memory(recording);
    }
    runtime->version = compact;
    block->runtime = (uint32_t)spec;
    block->runtime_known = true;
    uint32_t key = (uint32_t)spec;
    bool kept = mark(recording, &recording->runtimes,
                     (struct substrate_text){(const char *)&key, sizeof key}, &status);
    if (kept || status != SUBSTRATE_OK) {
        return status;
    }
    /* A node may refuse parts of it, above all `:code`; the rest is worth having. */
    status = record_runtime_at(side, key, hash);
    return status == SUBSTRATE_E_RPC ? SUBSTRATE_OK : status;
}

/* A block and its parent, whose runtime decodes the block's state. */
static enum substrate_status document(struct recording *recording,
                                      const struct substrate_hash *hash) {
    struct substrate_hash next = *hash, parent;
    bool more = true;
    enum substrate_status status = SUBSTRATE_OK;
    for (unsigned i = 0; i < 2 && more && status == SUBSTRATE_OK; i++) {
        if (base_map_get(&recording->documented, hash_text(&next)) != NULL) {
            /* It was met as a parent before, and then its own parent was not looked at. */
            const struct fact_block *block = facts_block(recording->fresh, &next, false);
            struct base_header header;
            more = block != NULL &&
                   base_header_read(block->header, &header, NULL, NULL) == SUBSTRATE_OK &&
                   header.number > 0;
            parent = more ? header.parent : next;
        } else {
            status = document_one(recording, &next, &parent, &more);
            if (status == SUBSTRATE_OK) {
                mark(recording, &recording->documented, hash_text(&next), &status);
            }
        }
        next = parent;
    }
    return status;
}

/* Where the upstream is: head and finalized block, with what documents them. */
static enum substrate_status find_head(struct recording *recording) {
    static const char *const METHODS[] = {"chain_getBlockHash", "chain_getFinalizedHead"};
    struct facts *step = recording->side.facts;
    struct substrate_hash *const hashes[] = {&step->head, &step->finalized};
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < 2 && status == SUBSTRATE_OK; i++) {
        struct substrate_text text;
        status = upstream_ask(&recording->side.upstream, METHODS[i], BASE_TEXT("[]"),
                              &recording->side.arena, &text, recording->side.error);
        if (status == SUBSTRATE_OK &&
            (text.size != 68 || substrate_hash_parse((struct substrate_text){text.data + 1, 66},
                                                     hashes[i]) != SUBSTRATE_OK)) {
            status = recorder_odd(&recording->side, METHODS[i], "answered with no block hash");
        }
        if (status == SUBSTRATE_OK) {
            status = document(recording, hashes[i]);
        }
    }
    step->has_head = step->has_finalized = status == SUBSTRATE_OK;
    return status == SUBSTRATE_E_NOT_FOUND
               ? recorder_odd(&recording->side, METHODS[0], "its head has no header")
               : status;
}

/* ---- exchanges ---- */

static enum substrate_status canonical(struct recording *recording,
                                       const struct rpc_request *request,
                                       const struct substrate_hash *at, bool *seen) {
    struct base_buf text = BASE_BUF_INIT;
    enum substrate_status status = SUBSTRATE_OK;
    base_buf_text(&text, request->name);
    base_buf_text(&text, request->params_text);
    if (at != NULL) {
        line_write_hash(&text, at);
    }
    if (text.failed) {
        status = no_memory(recording);
    } else {
        *seen = mark(recording, &recording->seen, base_buf_view(&text), &status);
    }
    base_buf_free(&text);
    return status;
}

/* Asks a request pinned to the block that it was resolved to, and reads that answer. */
static enum substrate_status ask_again(struct recording *recording, struct extraction *extraction,
                                       const struct rpc_request *request) {
    struct recorder *side = &recording->side;
    struct base_buf params = BASE_BUF_INIT;
    struct substrate_text result;
    struct substrate_hash at = request->at;
    bool seen = false;
    enum substrate_status status = SUBSTRATE_OK;
    if (!request->at_given) {
        status = find_head(recording);
        at = side->facts->head;
    }
    if (status == SUBSTRATE_OK) {
        status = canonical(recording, request, &at, &seen);
    }
    if (status != SUBSTRATE_OK || seen) {
        return status;
    }
    pin_params(request->method, request->params_text, &at, &params);
    if (params.failed) {
        return no_memory(recording);
    }
    struct substrate_text text = base_arena_text(&side->arena, base_buf_view(&params));
    base_buf_free(&params);
    status = text.data == NULL ? no_memory(recording)
                               : upstream_ask(&side->upstream, request->method->name, text,
                                              &side->arena, &result, side->error);
    if (status == SUBSTRATE_E_RPC) {
        return SUBSTRATE_OK; /* the client got an error, too */
    }
    if (status == SUBSTRATE_OK) {
        struct exchange pinned = {
            .method = base_text(request->method->name), .params = text, .result = result};
        status = extract(&pinned, extraction);
    }
    return status;
}

/* Reads an exchange unless its request has been read before. */
static enum substrate_status read_once(struct recording *recording, struct extraction *extraction,
                                       const struct exchange *exchange) {
    struct rpc_request request;
    struct base_json params = {BASE_JSON_NONE, {NULL, 0}};
    struct substrate_text data;
    bool seen = false;
    enum substrate_status status = SUBSTRATE_OK;
    if (exchange->params.data != NULL &&
        base_json_parse(exchange->params, BASE_JSON_DEPTH_MAX, &params, NULL) == SUBSTRATE_OK &&
        method_parse(exchange->method, params, &recording->side.arena, &request, &data) ==
            SUBSTRATE_OK &&
        (request.at_given || request.method == NULL || !request.method->has_at) &&
        !base_text_starts(request.name, "chain_")) {
        status = canonical(recording, &request, request.at_given ? &request.at : NULL, &seen);
    }
    return status != SUBSTRATE_OK || seen ? status : extract(exchange, extraction);
}

enum substrate_status recording_take(struct recording *recording, const struct exchange *exchange,
                                     struct substrate_error *error) {
    struct extraction extraction;
    recording->side.error = error;
    enum substrate_status status = begin_step(recording);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    extraction_init(&extraction, recording->side.facts);
    status = read_once(recording, &extraction, exchange);
    if (status == SUBSTRATE_OK && extraction.kind == EXTRACT_ASK) {
        struct rpc_request request = extraction.ask;
        struct substrate_text params = base_arena_text(&recording->side.arena, request.params_text);
        request.params_text = params;
        request.name = base_text(request.method->name);
        status = params.data == NULL ? no_memory(recording)
                                     : ask_again(recording, &extraction, &request);
    } else if (status == SUBSTRATE_OK && extraction.kind == EXTRACT_HEAD) {
        status = find_head(recording);
    }
    for (size_t i = 0; i < extraction.touched_count && status == SUBSTRATE_OK; i++) {
        status = document(recording, &extraction.touched[i]);
    }
    extraction_free(&extraction);
    if (status == SUBSTRATE_E_NOT_FOUND) {
        return SUBSTRATE_OK; /* about a block that the upstream itself does not know */
    }
    if (status == SUBSTRATE_E_MEMORY && error->message[0] == '\0') {
        return no_memory(recording);
    }
    if (status == SUBSTRATE_OK) {
        status = end_step(recording);
    }
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
    struct substrate_error *error = recording->side.error;
    enum substrate_status status = SUBSTRATE_OK;
    char *manifest = file_path(recording->folder, "manifest.json", "");
    if (manifest == NULL) {
        return no_memory(recording);
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
    return status == SUBSTRATE_OK && recording->old == NULL ? no_memory(recording) : status;
}

/* The folder begins as an unfinished recording of what it has, with an empty log. */
static enum substrate_status open_folder(struct recording *recording) {
    recording->old->unfinished = true;
    enum substrate_status status =
        facts_save(recording->old, recording->folder, recording->side.error);
    return status == SUBSTRATE_OK
               ? facts_log_open(&recording->log, recording->folder, recording->side.error)
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
        status = canonical(recording, &request, call->has_at ? &call->at : NULL, &seen);
    }
    return status;
}

/* Blocks and runtimes that the folder has: what comes must not contradict them. */
static enum substrate_status absorb_old(struct recording *recording) {
    return merge_absorb_chain(recording->fresh, recording->old, recording->side.error);
}

/* Genesis and head, with what documents them: all that is wrong with an upstream from the start
 * shows here, before the folder is touched. */
static enum substrate_status find_chain(struct recording *recording) {
    struct recorder *side = &recording->side;
    enum substrate_status status = begin_step(recording);
    if (status == SUBSTRATE_OK) {
        status = recorder_find_chain(side);
    }
    if (status == SUBSTRATE_OK) {
        status = recorder_same_chain(side, recording->old);
    }
    if (status == SUBSTRATE_OK) {
        status = document(recording, &side->facts->genesis);
    }
    if (status == SUBSTRATE_E_NOT_FOUND) {
        return recorder_odd(side, "chain_getHeader", "the genesis block has no right header");
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct substrate_hash real;
    const struct fact_block *genesis = facts_block(side->facts, &side->facts->genesis, false);
    side->facts->genesis_assigned =
        genesis != NULL && base_header_hash(genesis->header, &real, NULL) == SUBSTRATE_OK &&
        memcmp(&real, &side->facts->genesis, sizeof real) != 0;
    recording->fresh->has_genesis = true;
    recording->fresh->genesis = side->facts->genesis;
    recording->fresh->genesis_assigned = side->facts->genesis_assigned;
    recording->fresh->chain = base_arena_text(&recording->fresh->arena, side->facts->chain);
    if (recording->fresh->chain.data == NULL) {
        return no_memory(recording);
    }
    return find_head(recording);
}

static enum substrate_status ask_system(struct recording *recording) {
    static const char *const SYSTEM[] = {
        "system_chain",  "system_name",      "system_version",   "system_properties",
        "system_health", "system_chainType", "system_nodeRoles", "system_localPeerId"};
    struct recorder *side = &recording->side;
    struct substrate_text text;
    struct substrate_error ignored = {.status = SUBSTRATE_OK};
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < sizeof SYSTEM / sizeof *SYSTEM && status == SUBSTRATE_OK; i++) {
        status = upstream_ask(&side->upstream, SYSTEM[i], BASE_TEXT("[]"), &recording->arena, &text,
                              &ignored);
        if (status == SUBSTRATE_OK) {
            struct exchange exchange = {
                .method = base_text(SYSTEM[i]), .params = BASE_TEXT("[]"), .result = text};
            status = recording_take(recording, &exchange, side->error);
        } else if (status == SUBSTRATE_E_RPC) {
            status = SUBSTRATE_OK; /* not every node has every one of them */
        } else {
            *side->error = ignored;
        }
    }
    return status;
}

enum substrate_status recording_open(const char *upstream, const char *folder, bool merge,
                                     struct recording **recording, struct substrate_error *error) {
    struct recording *made = base_calloc(1, sizeof *made);
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    made->folder = folder;
    made->log.descriptor = -1;
    made->plan.metadata_all = made->plan.exports = made->plan.has_runtimes = true;
    made->side.plan = &made->plan;
    made->side.plan_path = "the proxy's questions";
    made->side.error = error;
    base_arena_init(&made->arena, 0);
    base_arena_init(&made->side.arena, 0);
    base_map_init(&made->seen, 0);
    base_map_init(&made->documented, 0);
    base_map_init(&made->runtimes, 0);
    base_map_init(&made->values, 0);
    made->fresh = facts_new();
    static enum substrate_status (*const STEPS[])(struct recording *) = {
        find_chain, absorb_old, absorb, open_folder, mark_old, log_step, ask_system};
    enum substrate_status status = made->fresh != NULL ? SUBSTRATE_OK : no_memory(made);
    if (status == SUBSTRATE_OK) {
        status = load_folder(made, merge);
    }
    if (status == SUBSTRATE_OK) {
        status = upstream_open(&made->side.upstream, upstream, 0, error);
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

enum substrate_status recording_finish(struct recording *recording, struct substrate_error *error) {
    struct facts *merged = NULL;
    recording->side.error = error;
    recording->old->unfinished = false;
    recording->fresh->provenance = BASE_TEXT("{\"recorder\":\"mocknode record --listen\"}");
    enum substrate_status status = facts_normalise(recording->fresh, error);
    if (status == SUBSTRATE_OK) {
        status = merge_facts(recording->old, recording->fresh, &merged, error);
    }
    if (status == SUBSTRATE_E_DECODE) {
        restore(recording, error);
    }
    if (status == SUBSTRATE_OK) {
        status = verify_before(merged, recording->side.upstream.url, error);
        if (status == SUBSTRATE_OK) {
            status = facts_save(merged, recording->folder, error);
        }
        facts_free(merged);
    }
    return status == SUBSTRATE_OK ? verify_folder(recording->folder, error) : status;
}

void recording_free(struct recording *recording) {
    facts_log_close(&recording->log);
    if (recording->side.upstream.link != NULL) {
        upstream_close(&recording->side.upstream);
    }
    facts_free(recording->side.facts);
    facts_free(recording->old);
    facts_free(recording->fresh);
    base_map_free(&recording->seen);
    base_map_free(&recording->documented);
    base_map_free(&recording->runtimes);
    base_map_free(&recording->values);
    base_arena_free(&recording->side.arena);
    base_arena_free(&recording->arena);
    base_free(recording);
}
