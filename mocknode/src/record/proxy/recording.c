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
#include "base/hex.h"
#include "methods/method.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/files.h"
#include "fixture/line.h"
#include "fixture/log.h"
#include "tools/merge.h"
#include "rpc/pin.h"
#include "record/proxy/blocks.h"
#include "tools/verify.h"
#include "fixture/save.h"

/* Blocks of one state_queryStorage that are filled in. */
#define RANGE_MAX 256
#define PAGE 1000

struct recording {
    struct inquiry ask; /* its facts are those of the step */
    struct blocks blocks;
    const char *folder;
    struct facts *old;   /* what the folder had before */
    struct facts *fresh; /* what came since */
    struct base_arena arena;
    struct base_map seen;   /* canonical texts of requests whose facts are kept */
    struct base_map unkept; /* methods of which was said that nothing is kept */
    struct base_map values; /* block hash and key of storage to what was said of it */
    struct facts_log log;
};

static enum substrate_status no_memory(struct recording *recording) {
    return inquiry_no_memory(&recording->ask);
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

/* ---- the log ---- */

/* Only values, and that there is none, are remembered: that a key is there contradicts little. */
static enum substrate_status remember(struct recording *recording, struct substrate_text name,
                                      const struct fact_change *change) {
    struct substrate_text key = base_arena_text(&recording->arena, name);
    struct fact_change *copy = base_arena_alloc(&recording->arena, sizeof *copy);
    if (key.data == NULL || copy == NULL) {
        return no_memory(recording);
    }
    *copy = *change;
    copy->key = (struct substrate_text){NULL, 0}; /* it is in the name */
    copy->digest = NULL;
    copy->value = change->value.data == NULL ? change->value
                                             : base_arena_text(&recording->arena, change->value);
    return (change->value.data == NULL || copy->value.data != NULL) &&
                   base_map_put(&recording->values, key, copy)
               ? SUBSTRATE_OK
               : no_memory(recording);
}

/* What was said of a key at a block is said once and for all: E_DECODE when it was another thing.
 * What says more is remembered in place of what says less. */
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
    struct fact_change *said = base_map_get(&recording->values, base_buf_view(&name));
    const struct fact_change *joined = said == NULL ? change : facts_join_changes(said, change);
    if (joined == NULL) {
        status = base_fail(recording->ask.error, SUBSTRATE_E_DECODE,
                           "upstream %s says two things of key 0x%.*s at one block",
                           recording->ask.upstream.url,
                           (int)(change->key.size < 80 ? change->key.size : 80), change->key.data);
    } else if (joined != said && change->kind != FACT_PRESENT) {
        status = remember(recording, base_buf_view(&name), change);
    }
    base_buf_free(&name);
    return status;
}

/* Takes a step into the facts in memory, unless it contradicts them. */
static enum substrate_status absorb(struct recording *recording) {
    const struct facts *step = recording->ask.facts;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < step->set_count; i++) {
        for (size_t j = 0; j < step->sets[i].change_count && status == SUBSTRATE_OK; j++) {
            status = check_value(recording, &step->sets[i], &step->sets[i].changes[j]);
        }
    }
    return status == SUBSTRATE_OK ? merge_absorb(recording->fresh, step, recording->ask.error)
                                  : status;
}

/* Writes a step that was absorbed to the log. */
static enum substrate_status log_step(struct recording *recording) {
    const struct facts *step = recording->ask.facts;
    struct facts *fresh = recording->fresh;
    enum substrate_status status = facts_log_append(&recording->log, step, recording->ask.error);
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
    facts_free(recording->ask.facts);
    recording->ask.facts = facts_new();
    base_arena_reset(&recording->ask.arena);
    return recording->ask.facts != NULL ? SUBSTRATE_OK : no_memory(recording);
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

/* Says once of a method that a replay will not have it. */
static void say_unkept(struct recording *recording, struct substrate_text method,
                       enum substrate_status *status) {
    if (!mark(recording, &recording->unkept, method, status)) {
        fprintf(stderr, "mocknode record: %.*s is passed on, but nothing of it can be kept%s\n",
                (int)(method.size < 60 ? method.size : 60), method.data,
                base_text_starts(method, "author_") ? ""
                                                    : "; --legacy hides the new JSON-RPC from "
                                                      "clients that know both");
    }
}

/* The value of a key in the change set of a block; NONE: it has no change there. */
static struct base_json change_of(struct base_json sets, const struct substrate_hash *block,
                                  struct base_json wanted) {
    struct base_json_walk walk, changes, inner;
    struct substrate_text name;
    struct base_json set, pair, key, value;
    char hash[67];
    substrate_hash_format(block, hash);
    base_json_walk_init(&walk, sets);
    while (base_json_walk_next(&walk, &name, &set)) {
        if (!base_json_is(base_json_member(set, "block"), hash)) {
            continue;
        }
        base_json_walk_init(&changes, base_json_member(set, "changes"));
        while (base_json_walk_next(&changes, &name, &pair)) {
            base_json_walk_init(&inner, pair);
            if (base_json_walk_next(&inner, &name, &key) &&
                base_json_walk_next(&inner, &name, &value) &&
                base_text_equal(key.raw, wanted.raw)) {
                return value;
            }
        }
    }
    return (struct base_json){BASE_JSON_NONE, {NULL, 0}};
}

/* What a range of blocks proves of one key: without a change the value is as it was before. */
static enum substrate_status fill_key(struct recording *recording, struct base_json sets,
                                      struct base_json key, const struct substrate_hash *hashes,
                                      size_t count) {
    struct facts *facts = recording->ask.facts;
    struct base_json value = {BASE_JSON_NONE, {NULL, 0}};
    for (size_t i = count; i-- > 0;) { /* the line was walked downwards */
        struct base_json change = change_of(sets, &hashes[i], key);
        value = change.kind == BASE_JSON_NONE ? value : change;
        if (value.kind != BASE_JSON_STRING && value.kind != BASE_JSON_NULL) {
            return SUBSTRATE_OK; /* the first block must have every key */
        }
        struct fact_change fact = {.key = {key.raw.data + 3, key.raw.size - 4},
                                   .kind = FACT_ABSENT};
        if (value.kind == BASE_JSON_STRING) {
            fact.kind = FACT_VALUE;
            fact.value = (struct substrate_text){value.raw.data + 1, value.raw.size - 2};
            if (!base_hex_is_canonical(fact.value)) {
                return SUBSTRATE_OK;
            }
        }
        struct fact_set *set = facts_set(facts, &hashes[i], true);
        if (set == NULL || facts_add_change(facts, set, &fact) != SUBSTRATE_OK) {
            return no_memory(recording);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status fill_range(struct recording *recording,
                                        const struct extraction *extraction) {
    struct substrate_hash *hashes =
        base_arena_calloc(&recording->ask.arena, RANGE_MAX, sizeof *hashes);
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json key;
    size_t count;
    if (hashes == NULL) {
        return no_memory(recording);
    }
    enum substrate_status status = blocks_line(&recording->blocks, &extraction->range_from,
                                               &extraction->range_to, hashes, RANGE_MAX, &count);
    if (status == SUBSTRATE_E_NOT_FOUND) {
        return base_fail(recording->ask.error, SUBSTRATE_E_PROTOCOL,
                         "the range is no line of at most %d blocks", RANGE_MAX);
    }
    base_json_walk_init(&walk, extraction->range_keys);
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &name, &key)) {
        status = fill_key(recording, extraction->range_sets, key, hashes, count);
    }
    return status;
}

static enum substrate_status keep_touched(struct recording *recording,
                                          const struct extraction *extraction) {
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < extraction->touched_count && status == SUBSTRATE_OK; i++) {
        status = blocks_keep(&recording->blocks, &extraction->touched[i]);
    }
    return status;
}

/* Asks, and reads the answer; an error that the client got, too, says nothing. `result`: the raw
 * answer, or {NULL, 0}. */
static enum substrate_status ask_and_read(struct recording *recording, const char *method,
                                          const struct base_buf *params,
                                          struct substrate_text *result) {
    struct inquiry *ask = &recording->ask;
    struct extraction extraction;
    *result = (struct substrate_text){NULL, 0};
    struct substrate_text text = {NULL, 0};
    if (!params->failed) {
        text = base_arena_text(&ask->arena, base_buf_view(params));
    }
    if (text.data == NULL) {
        return no_memory(recording);
    }
    enum substrate_status status =
        upstream_ask(&ask->upstream, method, text, &ask->arena, result, ask->error);
    if (status != SUBSTRATE_OK) {
        return status == SUBSTRATE_E_RPC ? SUBSTRATE_OK : status;
    }
    struct exchange exchange = {.method = base_text(method), .params = text, .result = *result};
    extraction_init(&extraction, ask->facts);
    status = extract(&exchange, &extraction);
    if (status == SUBSTRATE_OK) {
        status = keep_touched(recording, &extraction);
    }
    if (status == SUBSTRATE_OK && extraction.has_range) {
        status = fill_range(recording, &extraction);
    }
    extraction_free(&extraction);
    return status;
}

/* state_queryStorage, which has no block to be pinned to, up to one. */
static void write_range(const struct rpc_request *request, const struct substrate_hash *to,
                        struct base_buf *params) {
    base_buf_char(params, '[');
    base_buf_text(params, request->params[0]);
    base_buf_char(params, ',');
    base_buf_text(params, request->params[1]);
    base_buf_char(params, ',');
    line_write_hash(params, to);
    base_buf_char(params, ']');
}

/* Asks a request pinned to the block that it was resolved to, and reads that answer. */
static enum substrate_status ask_again(struct recording *recording,
                                       const struct rpc_request *request,
                                       struct substrate_text *result) {
    struct base_buf params = BASE_BUF_INIT;
    struct substrate_hash at = request->at;
    bool seen = false;
    enum substrate_status status = SUBSTRATE_OK;
    *result = (struct substrate_text){NULL, 0};
    if (!request->at_given) {
        status = blocks_keep_heads(&recording->blocks);
        at = recording->ask.facts->head;
    }
    if (status == SUBSTRATE_OK) {
        status = canonical(recording, request, &at, &seen);
    }
    if (status == SUBSTRATE_OK && !seen) {
        if (base_text_is(request->name, "state_queryStorage")) {
            write_range(request, &at, &params);
        } else {
            rpc_pin_params(request->method, request->params_text, &at, &params);
        }
        status = ask_and_read(recording, request->method->name, &params, result);
    }
    base_buf_free(&params);
    return status;
}

/* The values of the keys of a page, and the last of them. */
static enum substrate_status ask_values(struct recording *recording, struct base_json page,
                                        const struct substrate_hash *at,
                                        struct substrate_text *last) {
    struct base_buf params = BASE_BUF_INIT;
    struct base_json_walk walk;
    struct substrate_text name, result;
    struct base_json key;
    base_buf_char(&params, '[');
    base_buf_text(&params, page.raw);
    base_buf_char(&params, ',');
    line_write_hash(&params, at);
    base_buf_char(&params, ']');
    base_json_walk_init(&walk, page);
    while (base_json_walk_next(&walk, &name, &key)) {
        *last = key.raw;
    }
    enum substrate_status status =
        ask_and_read(recording, "state_queryStorageAt", &params, &result);
    base_buf_free(&params);
    return status;
}

/* All pages of a prefix, with their values. */
static enum substrate_status ask_pages(struct recording *recording,
                                       const struct rpc_request *request) {
    struct rpc_request page = *request;
    struct substrate_text last = {NULL, 0};
    enum substrate_status status = SUBSTRATE_OK;
    for (bool more = true; more && status == SUBSTRATE_OK;) {
        struct base_json list;
        struct substrate_text result;
        status = ask_again(recording, &page, &result);
        if (status != SUBSTRATE_OK || result.data == NULL ||
            base_json_parse(result, BASE_JSON_DEPTH_MAX, &list, NULL) != SUBSTRATE_OK ||
            base_json_length(list) == 0) {
            break;
        }
        more = base_json_length(list) >= PAGE;
        status = ask_values(recording, list, &request->at, &last);
        struct base_buf params = BASE_BUF_INIT;
        base_buf_char(&params, '[');
        base_buf_text(&params, request->params[0]);
        base_buf_format(&params, ",%d,%.*s]", PAGE, (int)last.size, last.data);
        page.params_text = base_arena_text(&recording->ask.arena, base_buf_view(&params));
        base_buf_free(&params);
        if (page.params_text.data == NULL) {
            status = no_memory(recording);
        }
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
        method_parse(exchange->method, params, &recording->ask.arena, &request, &data) ==
            SUBSTRATE_OK &&
        (request.at_given || request.method == NULL || !request.method->has_at) &&
        !base_text_starts(request.name, "chain_")) {
        status = canonical(recording, &request, request.at_given ? &request.at : NULL, &seen);
    }
    return status != SUBSTRATE_OK || seen ? status : extract(exchange, extraction);
}

/* Everything that an exchange says and asks for. */
static enum substrate_status read_all(struct recording *recording, struct extraction *extraction,
                                      const struct exchange *exchange) {
    enum substrate_status status = read_once(recording, extraction, exchange);
    if (status == SUBSTRATE_OK && extraction->unkept) {
        say_unkept(recording, exchange->method, &status);
    }
    if (status == SUBSTRATE_OK && extraction->kind == EXTRACT_HEAD) {
        status = blocks_keep_heads(&recording->blocks);
    }
    if (status == SUBSTRATE_OK) {
        status = keep_touched(recording, extraction);
    }
    if (status == SUBSTRATE_OK && extraction->has_range) {
        status = fill_range(recording, extraction);
    }
    for (size_t i = 0; i < extraction->ask_count && status == SUBSTRATE_OK; i++) {
        struct substrate_text result;
        const struct extract_ask *ask = &extraction->asks[i];
        status = ask->pages ? ask_pages(recording, &ask->request)
                            : ask_again(recording, &ask->request, &result);
    }
    return status;
}

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
    enum substrate_status status = begin_step(recording);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    extraction_init(&extraction, recording->ask.facts);
    status = read_all(recording, &extraction, exchange);
    extraction_free(&extraction);
    if (status == SUBSTRATE_E_MEMORY && error->message[0] == '\0') {
        return no_memory(recording);
    }
    if (is_fatal(status)) {
        return status;
    }
    if (status != SUBSTRATE_OK && status != SUBSTRATE_E_NOT_FOUND) {
        say_lost(exchange, error->message);
    }
    *error = (struct substrate_error){.status = SUBSTRATE_OK};
    status = end_step(recording); /* what came before the trouble is worth having */
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
        status = canonical(recording, &request, call->has_at ? &call->at : NULL, &seen);
    }
    return status;
}

/* Blocks and runtimes that the folder has: what comes must not contradict them. */
static enum substrate_status absorb_old(struct recording *recording) {
    return merge_absorb_chain(recording->fresh, recording->old, recording->ask.error);
}

/* Genesis and head, with what documents them: all that is wrong with an upstream from the start
 * shows here, before the folder is touched. */
static enum substrate_status find_chain(struct recording *recording) {
    struct inquiry *ask = &recording->ask;
    enum substrate_status status = begin_step(recording);
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
        return no_memory(recording);
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
        find_chain, absorb_old, absorb, open_folder, mark_old, log_step, ask_system};
    enum substrate_status status = made->fresh != NULL ? SUBSTRATE_OK : no_memory(made);
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

enum substrate_status recording_finish(struct recording *recording, struct substrate_error *error) {
    struct facts *merged = NULL;
    recording->ask.error = error;
    recording->old->unfinished = false;
    recording->fresh->provenance = BASE_TEXT("{\"recorder\":\"mocknode record --listen\"}");
    size_t dropped = facts_drop_strangers(recording->fresh, recording->old);
    if (dropped > 0) {
        fprintf(stderr, "mocknode record: facts about blocks without a header are left out: %zu\n",
                dropped);
    }
    enum substrate_status status = facts_normalise(recording->fresh, error);
    if (status == SUBSTRATE_OK) {
        status = merge_facts(recording->old, recording->fresh, &merged, error);
    }
    if (status == SUBSTRATE_E_DECODE) {
        restore(recording, error);
    }
    if (status == SUBSTRATE_OK) {
        status = verify_before(merged, recording->ask.upstream.url, error);
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
