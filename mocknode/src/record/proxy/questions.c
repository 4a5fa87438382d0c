/* What an exchange says, and what is asked besides: the same at a block that is named, the pages
 * and values behind a list of keys, the blocks of a range. */
#include <stdio.h>
#include <substrate/hash.h>
#include "base/hex.h"
#include "base/text.h"
#include "fixture/line.h"
#include "methods/method.h"
#include "record/proxy/recording_parts.h"
#include "rpc/pin.h"

/* Blocks of one state_queryStorage that are filled in. */
#define RANGE_MAX 256
#define PAGE 1000

static void write_canonical(const struct rpc_request *request, const struct substrate_hash *at,
                            struct base_buf *text) {
    base_buf_text(text, request->name);
    base_buf_text(text, request->params_text);
    if (at != NULL) {
        line_write_hash(text, at);
    }
}

enum substrate_status recording_canonical(struct recording *recording,
                                          const struct rpc_request *request,
                                          const struct substrate_hash *at, bool *seen) {
    struct base_buf text = BASE_BUF_INIT;
    enum substrate_status status = SUBSTRATE_OK;
    write_canonical(request, at, &text);
    if (text.failed) {
        status = recording_no_memory(recording);
    } else {
        *seen = recording_mark(recording, &recording->seen, base_buf_view(&text), &status);
    }
    base_buf_free(&text);
    return status;
}

/* Its facts were lost on the way: it may be asked again. */
static void forget(struct recording *recording, const struct rpc_request *request,
                   const struct substrate_hash *at) {
    struct base_buf text = BASE_BUF_INIT;
    write_canonical(request, at, &text);
    if (!text.failed) {
        (void)base_map_remove(&recording->seen, base_buf_view(&text));
    }
    base_buf_free(&text);
}

/* Says once of a method that a replay will not have it. */
static void say_unkept(struct recording *recording, struct substrate_text method,
                       enum substrate_status *status) {
    if (!recording_mark(recording, &recording->unkept, method, status)) {
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
            return recording_no_memory(recording);
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
        return recording_no_memory(recording);
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

/* What the extraction of an answer says and asks no more for. */
static enum substrate_status keep_answer(struct recording *recording,
                                         const struct exchange *exchange) {
    struct extraction extraction;
    extraction_init(&extraction, recording->ask.facts);
    enum substrate_status status = extract(exchange, &extraction);
    if (status == SUBSTRATE_OK) {
        status = keep_touched(recording, &extraction);
    }
    if (status == SUBSTRATE_OK && extraction.has_range) {
        status = fill_range(recording, &extraction);
    }
    extraction_free(&extraction);
    return status;
}

/* Asks, and reads the answer, be it an error: a runtime call that fails does so each time.
 * `result`: the raw result, or {NULL, 0}. */
static enum substrate_status ask_and_read(struct recording *recording, const char *method,
                                          const struct base_buf *params,
                                          struct substrate_text *result) {
    struct inquiry *ask = &recording->ask;
    struct upstream_reply reply;
    *result = (struct substrate_text){NULL, 0};
    struct substrate_text text = {NULL, 0};
    if (!params->failed) {
        text = base_arena_text(&ask->arena, base_buf_view(params));
    }
    if (text.data == NULL) {
        return recording_no_memory(recording);
    }
    enum substrate_status status =
        upstream_ask_either(&ask->upstream, method, text, &ask->arena, &reply, ask->error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (!reply.is_error) {
        *result = reply.result;
    }
    const struct exchange exchange = {.method = base_text(method),
                                      .params = text,
                                      .is_error = reply.is_error,
                                      .result = reply.result};
    return keep_answer(recording, &exchange);
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
        status = recording_canonical(recording, request, &at, &seen);
    }
    if (status == SUBSTRATE_OK && !seen) {
        if (base_text_is(request->name, "state_queryStorage")) {
            write_range(request, &at, &params);
        } else {
            rpc_pin_params(request->method, request->params_text, &at, &params);
        }
        status = ask_and_read(recording, request->method->name, &params, result);
        if (status != SUBSTRATE_OK) {
            forget(recording, request, &at);
        }
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
            status = recording_no_memory(recording);
        }
    }
    return status;
}

/* Whether an exchange is remembered by its request, which is parsed then: heads move on, and what
 * names no block may have another answer at the next one. */
static bool is_remembered(struct recording *recording, const struct exchange *exchange,
                          struct rpc_request *request) {
    struct base_json params = {BASE_JSON_NONE, {NULL, 0}};
    struct substrate_text data;
    return exchange->params.data != NULL &&
           base_json_parse(exchange->params, BASE_JSON_DEPTH_MAX, &params, NULL) == SUBSTRATE_OK &&
           method_parse(exchange->method, params, &recording->ask.arena, request, &data) ==
               SUBSTRATE_OK &&
           (request->at_given || request->method == NULL || !request->method->has_at) &&
           !base_text_starts(request->name, "chain_");
}

/* Reads an exchange unless its request has been read before. An error that says nothing is not
 * remembered: the client will ask again. */
static enum substrate_status read_once(struct recording *recording, struct extraction *extraction,
                                       const struct exchange *exchange) {
    struct rpc_request request;
    bool seen = false, remembered = is_remembered(recording, exchange, &request);
    const struct substrate_hash *at = remembered && request.at_given ? &request.at : NULL;
    enum substrate_status status = SUBSTRATE_OK;
    if (remembered) {
        status = recording_canonical(recording, &request, at, &seen);
    }
    if (status != SUBSTRATE_OK || seen) {
        return status;
    }
    status = extract(exchange, extraction);
    if (remembered && exchange->is_error && extraction->kind == EXTRACT_NOTHING &&
        extraction->ask_count == 0) {
        forget(recording, &request, at);
    }
    return status;
}

/* Everything that an exchange says and asks for. */
enum substrate_status recording_read(struct recording *recording, struct extraction *extraction,
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
