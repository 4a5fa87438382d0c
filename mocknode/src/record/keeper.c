/* Keeps what a proxy hears. Every exchange is one step: its facts, with header, parent and runtime
 * of each block that they are about, are written to the log in one go, so that the recording is
 * whole after each step, and loadable after any part of one. */
#include "record/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/files.h"
#include "record/lines.h"
#include "record/merge.h"
#include "record/recorder.h"
#include "record/verify.h"
#include "record/writer.h"

struct keeper {
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
    int log;
};

static enum substrate_status no_memory(struct keeper *keeper) {
    return recorder_no_memory(&keeper->side);
}

/* Whether a text was marked before; marks it. *status is set when there is no memory. */
static bool mark(struct keeper *keeper, struct base_map *map, struct substrate_text text,
                 enum substrate_status *status) {
    if (base_map_get(map, text) != NULL) {
        return true;
    }
    struct substrate_text copy = base_arena_text(&keeper->arena, text);
    if (copy.data == NULL || !base_map_put(map, copy, keeper)) {
        *status = no_memory(keeper);
    }
    return false;
}

static struct substrate_text hash_text(const struct substrate_hash *hash) {
    return (struct substrate_text){(const char *)hash->bytes, sizeof hash->bytes};
}

/* ---- the log ---- */

static enum substrate_status write_blobs(struct keeper *keeper, const struct facts *step) {
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < step->runtime_count && status == SUBSTRATE_OK; i++) {
        for (size_t j = 0; j < step->runtimes[i].metadata_count && status == SUBSTRATE_OK; j++) {
            struct substrate_bytes bytes = step->runtimes[i].metadata[j].bytes;
            char name[72] = "blobs/";
            blob_name(bytes, name + 6);
            char *path = file_path(keeper->folder, name, "");
            status = path == NULL
                         ? no_memory(keeper)
                         : file_write(path,
                                      (struct substrate_text){(const char *)bytes.data, bytes.size},
                                      keeper->side.error);
            base_free(path);
        }
    }
    return status;
}

static void write_lines(const struct facts *step, struct base_buf *out) {
    for (size_t i = 0; i < step->runtime_count; i++) {
        log_runtime(out, &step->runtimes[i]);
    }
    for (size_t i = 0; i < step->block_count; i++) {
        log_block(out, &step->blocks[i]);
    }
    for (size_t i = 0; i < step->set_count; i++) {
        const struct fact_set *set = &step->sets[i];
        for (size_t j = 0; j < set->change_count; j++) {
            log_state(out, &set->block, &set->changes[j]);
        }
        for (size_t j = 0; j < set->covered_count; j++) {
            log_covered(out, &set->block, &set->covered[j]);
        }
    }
    for (size_t i = 0; i < step->call_count; i++) {
        log_call(out, &step->calls[i]);
    }
    if (step->chain.data != NULL) {
        log_chain(out, step->chain);
    }
    if (step->has_genesis) {
        log_genesis(out, &step->genesis, step->genesis_assigned);
    }
    if (step->has_head) {
        log_hash(out, "head", &step->head);
    }
    if (step->has_finalized) {
        log_hash(out, "finalized", &step->finalized);
    }
}

static enum substrate_status append(struct keeper *keeper, struct substrate_text text) {
    size_t done = 0;
    while (done < text.size) {
        ssize_t wrote = write(keeper->log, text.data + done, text.size - done);
        if (wrote < 0 && errno != EINTR) {
            return base_fail(keeper->side.error, SUBSTRATE_E_IO,
                             "%s/log.jsonl: %s; what came before is kept", keeper->folder,
                             strerror(errno));
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return SUBSTRATE_OK;
}

/* What was said of a key at a block is said once and for all: E_DECODE when it was another thing.
 */
static enum substrate_status check_value(struct keeper *keeper, const struct fact_set *set,
                                         const struct fact_change *change) {
    struct base_buf name = BASE_BUF_INIT;
    enum substrate_status status = SUBSTRATE_OK;
    line_hash(&name, &set->block);
    base_buf_text(&name, change->key);
    if (name.failed) {
        base_buf_free(&name);
        return no_memory(keeper);
    }
    struct substrate_text value = change->kind == FACT_ABSENT ? BASE_TEXT("null") : change->value;
    const struct substrate_text *said = base_map_get(&keeper->values, base_buf_view(&name));
    if (change->kind == FACT_PRESENT) {
        /* Only that it is there: nothing to compare, and nothing to remember. */
    } else if (said != NULL && !base_text_equal(*said, value)) {
        status = base_fail(keeper->side.error, SUBSTRATE_E_DECODE,
                           "upstream %s says two things of key 0x%.*s at one block",
                           keeper->side.asker.url,
                           (int)(change->key.size < 80 ? change->key.size : 80), change->key.data);
    } else if (said == NULL) {
        struct substrate_text key = base_arena_text(&keeper->arena, base_buf_view(&name));
        struct substrate_text *copy = base_arena_alloc(&keeper->arena, sizeof *copy);
        if (key.data == NULL || copy == NULL) {
            status = no_memory(keeper);
        } else {
            *copy = base_arena_text(&keeper->arena, value);
            if (copy->data == NULL || !base_map_put(&keeper->values, key, copy)) {
                status = no_memory(keeper);
            }
        }
    }
    base_buf_free(&name);
    return status;
}

/* Takes a step into the facts in memory, unless it contradicts them. */
static enum substrate_status absorb(struct keeper *keeper) {
    const struct facts *step = keeper->side.facts;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < step->set_count; i++) {
        for (size_t j = 0; j < step->sets[i].change_count && status == SUBSTRATE_OK; j++) {
            status = check_value(keeper, &step->sets[i], &step->sets[i].changes[j]);
        }
    }
    return status == SUBSTRATE_OK ? merge_absorb(keeper->fresh, step, keeper->side.error) : status;
}

/* Writes a step that was absorbed to the log. */
static enum substrate_status log_step(struct keeper *keeper) {
    const struct facts *step = keeper->side.facts;
    struct facts *fresh = keeper->fresh;
    struct base_buf lines = BASE_BUF_INIT;
    enum substrate_status status = write_blobs(keeper, step);
    write_lines(step, &lines);
    if (status == SUBSTRATE_OK) {
        status = lines.failed ? no_memory(keeper) : append(keeper, base_buf_view(&lines));
    }
    base_buf_free(&lines);
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
static enum substrate_status end_step(struct keeper *keeper) {
    enum substrate_status status = absorb(keeper);
    return status == SUBSTRATE_OK ? log_step(keeper) : status;
}

static enum substrate_status begin_step(struct keeper *keeper) {
    facts_free(keeper->side.facts);
    keeper->side.facts = facts_new();
    base_arena_reset(&keeper->side.arena);
    return keeper->side.facts != NULL ? SUBSTRATE_OK : no_memory(keeper);
}

/* ---- questions of our own ---- */

static enum substrate_status ask_at(struct keeper *keeper, const char *method,
                                    const struct substrate_hash *hash,
                                    struct substrate_text *result) {
    char params[80], hex[67];
    substrate_hash_format(hash, hex);
    (void)snprintf(params, sizeof params, "[\"%s\"]", hex);
    return ask_one(&keeper->side.asker, method, base_text(params), &keeper->side.arena, result,
                   keeper->side.error);
}

/* Header and runtime of one block. *parent is set when there is one. E_NOT_FOUND: no such block. */
static enum substrate_status document_one(struct keeper *keeper, const struct substrate_hash *hash,
                                          struct substrate_hash *parent, bool *has_parent) {
    struct recorder *side = &keeper->side;
    struct substrate_text text;
    struct base_header header;
    struct base_json json;
    struct substrate_hash real;
    uint64_t spec;
    enum substrate_status status = ask_at(keeper, "chain_getHeader", hash, &text);
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
    status = ask_at(keeper, "state_getRuntimeVersion", hash, &text);
    struct fact_block *block = facts_block(side->facts, hash, true);
    struct substrate_text compact = facts_compact(side->facts, json);
    if (block == NULL || compact.data == NULL) {
        return no_memory(keeper);
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
    struct fact_runtime *runtime = facts_runtime(side->facts, (uint32_t)spec, true);
    compact = facts_compact(side->facts, json);
    if (runtime == NULL || compact.data == NULL) {
        return no_memory(keeper);
    }
    runtime->version = compact;
    block->runtime = (uint32_t)spec;
    block->runtime_known = true;
    uint32_t key = (uint32_t)spec;
    bool kept = mark(keeper, &keeper->runtimes,
                     (struct substrate_text){(const char *)&key, sizeof key}, &status);
    if (kept || status != SUBSTRATE_OK) {
        return status;
    }
    /* A node may refuse parts of it, above all `:code`; the rest is worth having. */
    status = record_runtime_at(side, key, hash);
    return status == SUBSTRATE_E_RPC ? SUBSTRATE_OK : status;
}

/* A block and its parent, whose runtime decodes the block's state. */
static enum substrate_status document(struct keeper *keeper, const struct substrate_hash *hash) {
    struct substrate_hash next = *hash, parent;
    bool more = true;
    enum substrate_status status = SUBSTRATE_OK;
    for (unsigned i = 0; i < 2 && more && status == SUBSTRATE_OK; i++) {
        if (base_map_get(&keeper->documented, hash_text(&next)) != NULL) {
            /* It was met as a parent before, and then its own parent was not looked at. */
            const struct fact_block *block = facts_block(keeper->fresh, &next, false);
            struct base_header header;
            more = block != NULL &&
                   base_header_read(block->header, &header, NULL, NULL) == SUBSTRATE_OK &&
                   header.number > 0;
            parent = more ? header.parent : next;
        } else {
            status = document_one(keeper, &next, &parent, &more);
            if (status == SUBSTRATE_OK) {
                mark(keeper, &keeper->documented, hash_text(&next), &status);
            }
        }
        next = parent;
    }
    return status;
}

/* Where the upstream is: head and finalized block, with what documents them. */
static enum substrate_status find_head(struct keeper *keeper) {
    static const char *const METHODS[] = {"chain_getBlockHash", "chain_getFinalizedHead"};
    struct facts *step = keeper->side.facts;
    struct substrate_hash *const hashes[] = {&step->head, &step->finalized};
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < 2 && status == SUBSTRATE_OK; i++) {
        struct substrate_text text;
        status = ask_one(&keeper->side.asker, METHODS[i], BASE_TEXT("[]"), &keeper->side.arena,
                         &text, keeper->side.error);
        if (status == SUBSTRATE_OK &&
            (text.size != 68 || substrate_hash_parse((struct substrate_text){text.data + 1, 66},
                                                     hashes[i]) != SUBSTRATE_OK)) {
            status = recorder_odd(&keeper->side, METHODS[i], "answered with no block hash");
        }
        if (status == SUBSTRATE_OK) {
            status = document(keeper, hashes[i]);
        }
    }
    step->has_head = step->has_finalized = status == SUBSTRATE_OK;
    return status == SUBSTRATE_E_NOT_FOUND
               ? recorder_odd(&keeper->side, METHODS[0], "its head has no header")
               : status;
}

/* ---- exchanges ---- */

static enum substrate_status canonical(struct keeper *keeper, const struct rpc_request *request,
                                       const struct substrate_hash *at, bool *seen) {
    struct base_buf text = BASE_BUF_INIT;
    enum substrate_status status = SUBSTRATE_OK;
    base_buf_text(&text, request->name);
    base_buf_text(&text, request->params_text);
    if (at != NULL) {
        line_hash(&text, at);
    }
    if (text.failed) {
        status = no_memory(keeper);
    } else {
        *seen = mark(keeper, &keeper->seen, base_buf_view(&text), &status);
    }
    base_buf_free(&text);
    return status;
}

/* Asks a request pinned to the block that it was resolved to, and reads that answer. */
static enum substrate_status ask_again(struct keeper *keeper, struct extraction *extraction,
                                       const struct rpc_request *request) {
    struct recorder *side = &keeper->side;
    struct base_buf params = BASE_BUF_INIT;
    struct substrate_text result;
    struct substrate_hash at = request->at;
    bool seen = false;
    enum substrate_status status = SUBSTRATE_OK;
    if (!request->at_given) {
        status = find_head(keeper);
        at = side->facts->head;
    }
    if (status == SUBSTRATE_OK) {
        status = canonical(keeper, request, &at, &seen);
    }
    if (status != SUBSTRATE_OK || seen) {
        return status;
    }
    write_pinned(request->method, request->params_text, &at, &params);
    if (params.failed) {
        return no_memory(keeper);
    }
    struct substrate_text text = base_arena_text(&side->arena, base_buf_view(&params));
    base_buf_free(&params);
    status = text.data == NULL ? no_memory(keeper)
                               : ask_one(&side->asker, request->method->name, text, &side->arena,
                                         &result, side->error);
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
static enum substrate_status read_once(struct keeper *keeper, struct extraction *extraction,
                                       const struct exchange *exchange) {
    struct rpc_request request;
    struct base_json params = {BASE_JSON_NONE, {NULL, 0}};
    struct substrate_text data;
    bool seen = false;
    enum substrate_status status = SUBSTRATE_OK;
    if (exchange->params.data != NULL &&
        base_json_parse(exchange->params, BASE_JSON_DEPTH_MAX, &params, NULL) == SUBSTRATE_OK &&
        rpc_request_parse(exchange->method, params, &keeper->side.arena, &request, &data) ==
            SUBSTRATE_OK &&
        (request.at_given || request.method == NULL || !request.method->has_at) &&
        !base_text_starts(request.name, "chain_")) {
        status = canonical(keeper, &request, request.at_given ? &request.at : NULL, &seen);
    }
    return status != SUBSTRATE_OK || seen ? status : extract(exchange, extraction);
}

enum substrate_status keeper_take(struct keeper *keeper, const struct exchange *exchange,
                                  struct substrate_error *error) {
    struct extraction extraction;
    keeper->side.error = error;
    enum substrate_status status = begin_step(keeper);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    extraction_init(&extraction, keeper->side.facts);
    status = read_once(keeper, &extraction, exchange);
    if (status == SUBSTRATE_OK && extraction.kind == EXTRACT_ASK) {
        struct rpc_request request = extraction.ask;
        struct substrate_text params = base_arena_text(&keeper->side.arena, request.params_text);
        request.params_text = params;
        request.name = base_text(request.method->name);
        status = params.data == NULL ? no_memory(keeper) : ask_again(keeper, &extraction, &request);
    } else if (status == SUBSTRATE_OK && extraction.kind == EXTRACT_HEAD) {
        status = find_head(keeper);
    }
    for (size_t i = 0; i < extraction.touched_count && status == SUBSTRATE_OK; i++) {
        status = document(keeper, &extraction.touched[i]);
    }
    extraction_free(&extraction);
    if (status == SUBSTRATE_E_NOT_FOUND) {
        return SUBSTRATE_OK; /* about a block that the upstream itself does not know */
    }
    if (status == SUBSTRATE_E_MEMORY && error->message[0] == '\0') {
        return no_memory(keeper);
    }
    if (status == SUBSTRATE_OK) {
        status = end_step(keeper);
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

static enum substrate_status open_log(struct keeper *keeper) {
    char *path = file_path(keeper->folder, "log.jsonl", "");
    if (path == NULL) {
        return no_memory(keeper);
    }
    keeper->log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    enum substrate_status status = SUBSTRATE_OK;
    if (keeper->log < 0) {
        status = base_fail(keeper->side.error, SUBSTRATE_E_IO, "%s: %s", path, strerror(errno));
    }
    base_free(path);
    return status;
}

/* What the folder has; nothing is written yet. */
static enum substrate_status load_folder(struct keeper *keeper, bool merge) {
    struct substrate_error *error = keeper->side.error;
    enum substrate_status status = SUBSTRATE_OK;
    char *manifest = file_path(keeper->folder, "manifest.json", "");
    if (manifest == NULL) {
        return no_memory(keeper);
    }
    bool there = file_exists(manifest);
    base_free(manifest);
    if (!merge && !file_is_empty_folder(keeper->folder)) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "%s is there and not empty: name another folder, or give --merge to add "
                         "to a recording",
                         keeper->folder);
    }
    if (there) {
        status = facts_load(keeper->folder, FACTS_LOAD_DIGESTS, &keeper->old, error);
    } else {
        keeper->old = facts_new();
    }
    return status == SUBSTRATE_OK && keeper->old == NULL ? no_memory(keeper) : status;
}

/* The folder begins as an unfinished recording of what it has, with an empty log. */
static enum substrate_status open_folder(struct keeper *keeper) {
    keeper->old->unfinished = true;
    enum substrate_status status = write_fixture(keeper->old, keeper->folder, keeper->side.error);
    return status == SUBSTRATE_OK ? open_log(keeper) : status;
}

/* What the old recording has need not be found again; above all, answers that change from one day
 * to the next (system_health) keep their first value. */
static enum substrate_status mark_old(struct keeper *keeper) {
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < keeper->old->call_count && status == SUBSTRATE_OK; i++) {
        const struct fact_call *call = &keeper->old->calls[i];
        struct rpc_request request = {.name = call->method, .params_text = call->params};
        bool seen;
        status = canonical(keeper, &request, call->has_at ? &call->at : NULL, &seen);
    }
    return status;
}

/* Blocks and runtimes that the folder has: what comes must not contradict them. */
static enum substrate_status absorb_old(struct keeper *keeper) {
    return merge_absorb_chain(keeper->fresh, keeper->old, keeper->side.error);
}

/* Genesis and head, with what documents them: all that is wrong with an upstream from the start
 * shows here, before the folder is touched. */
static enum substrate_status find_chain(struct keeper *keeper) {
    struct recorder *side = &keeper->side;
    enum substrate_status status = begin_step(keeper);
    if (status == SUBSTRATE_OK) {
        status = recorder_find_chain(side);
    }
    if (status == SUBSTRATE_OK) {
        status = recorder_same_chain(side, keeper->old);
    }
    if (status == SUBSTRATE_OK) {
        status = document(keeper, &side->facts->genesis);
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
    keeper->fresh->has_genesis = true;
    keeper->fresh->genesis = side->facts->genesis;
    keeper->fresh->genesis_assigned = side->facts->genesis_assigned;
    keeper->fresh->chain = base_arena_text(&keeper->fresh->arena, side->facts->chain);
    if (keeper->fresh->chain.data == NULL) {
        return no_memory(keeper);
    }
    return find_head(keeper);
}

static enum substrate_status ask_system(struct keeper *keeper) {
    static const char *const SYSTEM[] = {
        "system_chain",  "system_name",      "system_version",   "system_properties",
        "system_health", "system_chainType", "system_nodeRoles", "system_localPeerId"};
    struct recorder *side = &keeper->side;
    struct substrate_text text;
    struct substrate_error ignored = {.status = SUBSTRATE_OK};
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < sizeof SYSTEM / sizeof *SYSTEM && status == SUBSTRATE_OK; i++) {
        status = ask_one(&side->asker, SYSTEM[i], BASE_TEXT("[]"), &keeper->arena, &text, &ignored);
        if (status == SUBSTRATE_OK) {
            struct exchange exchange = {
                .method = base_text(SYSTEM[i]), .params = BASE_TEXT("[]"), .result = text};
            status = keeper_take(keeper, &exchange, side->error);
        } else if (status == SUBSTRATE_E_RPC) {
            status = SUBSTRATE_OK; /* not every node has every one of them */
        } else {
            *side->error = ignored;
        }
    }
    return status;
}

enum substrate_status keeper_open(const char *upstream, const char *folder, bool merge,
                                  struct keeper **keeper, struct substrate_error *error) {
    struct keeper *made = base_calloc(1, sizeof *made);
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    made->folder = folder;
    made->log = -1;
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
    static enum substrate_status (*const STEPS[])(struct keeper *) = {
        find_chain, absorb_old, absorb, open_folder, mark_old, log_step, ask_system};
    enum substrate_status status = made->fresh != NULL ? SUBSTRATE_OK : no_memory(made);
    if (status == SUBSTRATE_OK) {
        status = load_folder(made, merge);
    }
    if (status == SUBSTRATE_OK) {
        status = asker_open(&made->side.asker, upstream, error);
    }
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS && status == SUBSTRATE_OK; i++) {
        status = STEPS[i](made);
    }
    if (status != SUBSTRATE_OK) {
        keeper_free(made);
        return status;
    }
    *keeper = made;
    return SUBSTRATE_OK;
}

/* ---- the end ---- */

/* What came contradicts what the folder had: that is as it was, and the log lies beside it. */
static void restore(struct keeper *keeper, struct substrate_error *error) {
    struct substrate_error why = {.status = SUBSTRATE_OK};
    char message[sizeof why.message];
    char *log = file_path(keeper->folder, "log.jsonl", "");
    char *aside = file_path(keeper->folder, "rejected.jsonl", "");
    if (log != NULL && aside != NULL && keeper->old->block_count > 0 && rename(log, aside) == 0 &&
        write_fixture(keeper->old, keeper->folder, &why) == SUBSTRATE_OK) {
        snprintf(message, sizeof message,
                 "%.300s; the recording is as it was, %.120s has what came", error->message, aside);
        memcpy(error->message, message, sizeof message);
    }
    base_free(log);
    base_free(aside);
}

enum substrate_status keeper_finish(struct keeper *keeper, struct substrate_error *error) {
    struct facts *merged = NULL;
    keeper->side.error = error;
    keeper->old->unfinished = false;
    keeper->fresh->provenance = BASE_TEXT("{\"recorder\":\"mocknode record --listen\"}");
    enum substrate_status status = facts_normalise(keeper->fresh, error);
    if (status == SUBSTRATE_OK) {
        status = merge_facts(keeper->old, keeper->fresh, &merged, error);
    }
    if (status == SUBSTRATE_E_DECODE) {
        restore(keeper, error);
    }
    if (status == SUBSTRATE_OK) {
        status = verify_before(merged, keeper->side.asker.url, error);
        if (status == SUBSTRATE_OK) {
            status = write_fixture(merged, keeper->folder, error);
        }
        facts_free(merged);
    }
    return status == SUBSTRATE_OK ? verify_folder(keeper->folder, error) : status;
}

void keeper_free(struct keeper *keeper) {
    if (keeper->log >= 0) {
        close(keeper->log);
    }
    if (keeper->side.asker.connection != NULL) {
        asker_close(&keeper->side.asker);
    }
    facts_free(keeper->side.facts);
    facts_free(keeper->old);
    facts_free(keeper->fresh);
    base_map_free(&keeper->seen);
    base_map_free(&keeper->documented);
    base_map_free(&keeper->runtimes);
    base_map_free(&keeper->values);
    base_arena_free(&keeper->side.arena);
    base_arena_free(&keeper->arena);
    base_free(keeper);
}
