/* From requests and replies to facts: one small reader per method that says something that lasts.
 */
#include "record/proxy/exchange.h"

#include <string.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/hex.h"
#include "methods/method.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/keys.h"
#include "fixture/line.h"
#include "record/runtime_parts.h"

#define METHOD_NOT_FOUND (-32601)

typedef enum substrate_status (*reader)(struct extraction *, const struct rpc_request *,
                                        struct base_json);

void extraction_init(struct extraction *extraction, struct facts *facts) {
    *extraction = (struct extraction){.facts = facts};
    base_arena_init(&extraction->arena, 0);
}

void extraction_reset(struct extraction *extraction) {
    base_arena_reset(&extraction->arena);
    extraction->kind = EXTRACT_NOTHING;
    extraction->touched_count = extraction->ask_count = 0;
    extraction->has_range = extraction->unkept = false;
}

void extraction_free(struct extraction *extraction) {
    base_arena_free(&extraction->arena);
    base_free(extraction->touched);
    base_free(extraction->asks);
    *extraction = (struct extraction){.facts = NULL};
}

/* ---- helpers ---- */

static enum substrate_status touch(struct extraction *extraction,
                                   const struct substrate_hash *hash) {
    extraction->kind = EXTRACT_FACTS;
    if (!base_grow((void **)&extraction->touched, &extraction->touched_capacity,
                   extraction->touched_count + 1, sizeof *extraction->touched)) {
        return SUBSTRATE_E_MEMORY;
    }
    extraction->touched[extraction->touched_count++] = *hash;
    return SUBSTRATE_OK;
}

static enum substrate_status ask(struct extraction *extraction, const struct rpc_request *request,
                                 bool pages) {
    if (!base_grow((void **)&extraction->asks, &extraction->ask_capacity, extraction->ask_count + 1,
                   sizeof *extraction->asks)) {
        return SUBSTRATE_E_MEMORY;
    }
    extraction->asks[extraction->ask_count++] = (struct extract_ask){*request, pages};
    return SUBSTRATE_OK;
}

/* The same for a request that is written here. */
static enum substrate_status ask_text(struct extraction *extraction, const char *method,
                                      const struct base_buf *params, bool pages) {
    struct rpc_request request;
    struct base_json list;
    struct substrate_text data, text = {NULL, 0};
    if (!params->failed) {
        text = base_arena_text(&extraction->arena, base_buf_view(params));
    }
    if (text.data == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &list, NULL) != SUBSTRATE_OK) {
        return SUBSTRATE_OK; /* what a client wrote in it makes no sense */
    }
    enum substrate_status status =
        method_parse(base_text(method), list, &extraction->arena, &request, &data);
    return status == SUBSTRATE_OK           ? ask(extraction, &request, pages)
           : status == SUBSTRATE_E_ARGUMENT ? SUBSTRATE_OK
                                            : status;
}

/* "0x…" with its quotes: the digits in between; false: it is something else. */
static bool read_digits(struct substrate_text raw, struct substrate_text *digits) {
    if (raw.size < 4 || raw.data[0] != '"' ||
        !base_hex_is_canonical((struct substrate_text){raw.data + 1, raw.size - 2})) {
        return false;
    }
    *digits = (struct substrate_text){raw.data + 3, raw.size - 4};
    return true;
}

static bool read_hash(struct base_json value, struct substrate_hash *hash) {
    return value.kind == BASE_JSON_STRING && value.raw.size == 68 &&
           substrate_hash_parse((struct substrate_text){value.raw.data + 1, 66}, hash) ==
               SUBSTRATE_OK;
}

static enum substrate_status add_value(struct extraction *extraction,
                                       const struct substrate_hash *at, struct substrate_text key,
                                       struct base_json value) {
    struct fact_change change = {.key = key, .kind = FACT_ABSENT};
    struct substrate_text digits;
    if (value.kind == BASE_JSON_STRING && read_digits(value.raw, &digits)) {
        change.kind = FACT_VALUE;
        change.value = (struct substrate_text){value.raw.data + 1, value.raw.size - 2};
    } else if (value.kind != BASE_JSON_NULL) {
        return SUBSTRATE_OK;
    }
    struct fact_set *set = facts_set(extraction->facts, at, true);
    if (set == NULL || facts_add_change(extraction->facts, set, &change) != SUBSTRATE_OK) {
        return SUBSTRATE_E_MEMORY;
    }
    return touch(extraction, at);
}

/* ---- storage ---- */

static enum substrate_status read_storage(struct extraction *extraction,
                                          const struct rpc_request *request,
                                          struct base_json result) {
    struct substrate_text key;
    return read_digits(request->params[0], &key) ? add_value(extraction, &request->at, key, result)
                                                 : SUBSTRATE_OK;
}

/* {"block": hash, "changes": [[key, value]]} */
static enum substrate_status read_change_set(struct extraction *extraction, struct base_json set) {
    struct substrate_hash at;
    struct base_json_walk walk, inner;
    struct substrate_text name, digits;
    struct base_json pair, key, value;
    enum substrate_status status = SUBSTRATE_OK;
    if (!read_hash(base_json_member(set, "block"), &at)) {
        return SUBSTRATE_OK;
    }
    base_json_walk_init(&walk, base_json_member(set, "changes"));
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &name, &pair)) {
        base_json_walk_init(&inner, pair);
        if (pair.kind == BASE_JSON_ARRAY && base_json_walk_next(&inner, &name, &key) &&
            base_json_walk_next(&inner, &name, &value) && read_digits(key.raw, &digits)) {
            status = add_value(extraction, &at, digits, value);
        }
    }
    return status;
}

static enum substrate_status read_change_sets(struct extraction *extraction,
                                              const struct rpc_request *request,
                                              struct base_json result) {
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json set;
    enum substrate_status status = SUBSTRATE_OK;
    (void)request;
    base_json_walk_init(&walk, result);
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &name, &set)) {
        status = read_change_set(extraction, set);
    }
    return status;
}

/* Keys that are listed are there; what lies between them, as far as the page reaches, is not. */
static enum substrate_status add_page(struct extraction *extraction,
                                      const struct substrate_hash *at, struct base_json result,
                                      struct fact_interval interval, uint64_t most) {
    struct base_json_walk walk;
    struct substrate_text name, last = {NULL, 0};
    struct base_json value;
    uint64_t count = 0;
    struct fact_set *set = facts_set(extraction->facts, at, true);
    if (set == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    base_json_walk_init(&walk, result);
    while (base_json_walk_next(&walk, &name, &value)) {
        struct fact_change change = {.kind = FACT_PRESENT};
        if (!read_digits(value.raw, &change.key) ||
            base_text_compare(change.key, interval.from) < 0 ||
            (last.data != NULL && base_text_compare(last, change.key) >= 0)) {
            return SUBSTRATE_OK; /* no page of this request: nothing is claimed */
        }
        if (facts_add_change(extraction->facts, set, &change) != SUBSTRATE_OK) {
            return SUBSTRATE_E_MEMORY;
        }
        last = change.key;
        count++;
    }
    if (count >= most) {
        interval.to = key_successor(&extraction->arena, last);
        if (interval.to.data == NULL) {
            return SUBSTRATE_E_MEMORY;
        }
    }
    if (facts_add_covered(extraction->facts, set, &interval) != SUBSTRATE_OK) {
        return SUBSTRATE_E_MEMORY;
    }
    return touch(extraction, at);
}

/* `["0xPREFIX"]`, out of the parameters that begin with it. {NULL, 0}: out of memory. */
static struct substrate_text first_alone(struct extraction *extraction,
                                         const struct rpc_request *request) {
    struct base_buf params = BASE_BUF_INIT;
    struct substrate_text copy = {NULL, 0};
    base_buf_char(&params, '[');
    base_buf_text(&params, request->params[0]);
    base_buf_char(&params, ']');
    if (!params.failed) {
        copy = base_arena_text(&extraction->arena, base_buf_view(&params));
    }
    base_buf_free(&params);
    return copy;
}

static enum substrate_status read_keys_paged(struct extraction *extraction,
                                             const struct rpc_request *request,
                                             struct base_json result) {
    struct substrate_text prefix, start;
    struct fact_interval interval;
    uint64_t most = 0;
    if (result.kind != BASE_JSON_ARRAY || !read_digits(request->params[0], &prefix) ||
        !base_text_u64(request->params[1], &most) || most == 0) {
        return SUBSTRATE_OK;
    }
    if (!interval_of_prefix(&extraction->arena, prefix, &interval)) {
        return SUBSTRATE_E_MEMORY;
    }
    if (request->params[2].data != NULL && read_digits(request->params[2], &start)) {
        if (base_text_equal(start, prefix)) {
            /* The page begins behind the prefix, which may be a key itself. */
            struct rpc_request value = *request;
            value.method = method_find(BASE_TEXT("state_getStorage"));
            value.name = base_text(value.method->name);
            value.params_text = first_alone(extraction, request);
            if (value.params_text.data == NULL || ask(extraction, &value, false) != SUBSTRATE_OK) {
                return SUBSTRATE_E_MEMORY;
            }
        }
        start = key_successor(&extraction->arena, start);
        if (start.data == NULL) {
            return SUBSTRATE_E_MEMORY;
        }
        if (base_text_compare(start, interval.from) > 0) {
            interval.from = start;
        }
        if (interval.to.data != NULL && base_text_compare(interval.from, interval.to) >= 0) {
            return SUBSTRATE_OK; /* it began after the prefix */
        }
    }
    return add_page(extraction, &request->at, result, interval, most);
}

static enum substrate_status read_keys(struct extraction *extraction,
                                       const struct rpc_request *request, struct base_json result) {
    struct substrate_text prefix;
    struct fact_interval interval;
    if (result.kind != BASE_JSON_ARRAY || !read_digits(request->params[0], &prefix)) {
        return SUBSTRATE_OK;
    }
    if (!interval_of_prefix(&extraction->arena, prefix, &interval)) {
        return SUBSTRATE_E_MEMORY;
    }
    return add_page(extraction, &request->at, result, interval, UINT64_MAX);
}

/* A size that is null says that there is no key below, either. */
static enum substrate_status ask_below(struct extraction *extraction,
                                       const struct rpc_request *request) {
    struct base_buf params = BASE_BUF_INIT;
    base_buf_char(&params, '[');
    base_buf_text(&params, request->params[0]);
    base_buf_str(&params, ",1,null,");
    if (request->at_given) {
        line_write_hash(&params, &request->at);
    } else {
        base_buf_str(&params, "null");
    }
    base_buf_char(&params, ']');
    enum substrate_status status = ask_text(extraction, "state_getKeysPaged", &params, false);
    base_buf_free(&params);
    return status;
}

/* A hash or a size of a value: the value itself is the fact, but for the runtime's code, of which
 * hash and size are kept of every block anyway. Pinned or not. */
static enum substrate_status ask_value(struct extraction *extraction,
                                       const struct rpc_request *request, struct base_json result) {
    struct rpc_request value = *request;
    if (base_text_is(request->params[0], "\"0x3a636f6465\"")) {
        return request->at_given ? touch(extraction, &request->at)
                                 : ask(extraction, request, false);
    }
    value.method = method_find(BASE_TEXT("state_getStorage"));
    value.name = base_text(value.method->name);
    enum substrate_status status = ask(extraction, &value, false);
    return status == SUBSTRATE_OK && result.kind == BASE_JSON_NULL &&
                   base_text_is(request->name, "state_getStorageSize")
               ? ask_below(extraction, request)
               : status;
}

/* Change sets of a range have what changes; at the first block that is every key. */
static enum substrate_status read_range(struct extraction *extraction,
                                        const struct rpc_request *request,
                                        struct base_json result) {
    struct base_json from = {BASE_JSON_STRING, request->params[1]};
    struct base_json to = {BASE_JSON_STRING, request->params[2]};
    extraction->has_range =
        read_hash(from, &extraction->range_from) && read_hash(to, &extraction->range_to);
    extraction->range_keys = (struct base_json){BASE_JSON_ARRAY, request->params[0]};
    extraction->range_sets = result;
    if (request->params[2].data == NULL) { /* up to the head, wherever that was */
        enum substrate_status status = ask(extraction, request, false);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return read_change_sets(extraction, request, result);
}

/* ---- blocks ---- */

static struct substrate_text compact(struct extraction *extraction, struct base_json value) {
    struct base_buf text = BASE_BUF_INIT;
    struct substrate_text copy = {NULL, 0};
    base_json_write_compact(&text, value);
    if (!text.failed) {
        copy = base_arena_text(&extraction->facts->arena, base_buf_view(&text));
    }
    base_buf_free(&text);
    return copy;
}

/* A header whose hash is told by `hash`, or, when that is NULL, follows from it. A header that is
 * not the one of its hash is no fact; only the genesis may have a hash of the host's choice. */
static enum substrate_status add_header(struct extraction *extraction, struct base_json json,
                                        const struct substrate_hash *hash,
                                        struct fact_block **block) {
    struct base_header header;
    struct substrate_hash real;
    *block = NULL;
    if (json.kind != BASE_JSON_OBJECT ||
        base_header_read(json.raw, &header, NULL, NULL) != SUBSTRATE_OK ||
        base_header_hash(json.raw, &real, NULL) != SUBSTRATE_OK) {
        return SUBSTRATE_OK;
    }
    bool genesis = header.number == 0;
    if (hash == NULL ? genesis : !genesis && memcmp(hash, &real, sizeof real) != 0) {
        return SUBSTRATE_OK;
    }
    struct substrate_text text = compact(extraction, json);
    *block = facts_block(extraction->facts, hash != NULL ? hash : &real, true);
    if (*block == NULL || text.data == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    (*block)->number = header.number;
    (*block)->header = text;
    return touch(extraction, &(*block)->hash);
}

static enum substrate_status read_header(struct extraction *extraction,
                                         const struct rpc_request *request,
                                         struct base_json result) {
    struct fact_block *block;
    return add_header(extraction, result, &request->at, &block);
}

static enum substrate_status read_block(struct extraction *extraction,
                                        const struct rpc_request *request,
                                        struct base_json result) {
    struct fact_block *block;
    struct base_json inner = base_json_member(result, "block");
    struct base_json extrinsics = base_json_member(inner, "extrinsics");
    struct base_json justifications = base_json_member(result, "justifications");
    enum substrate_status status =
        add_header(extraction, base_json_member(inner, "header"), &request->at, &block);
    if (status != SUBSTRATE_OK || block == NULL || extrinsics.kind != BASE_JSON_ARRAY) {
        return status;
    }
    block->extrinsics = compact(extraction, extrinsics);
    block->justifications = justifications.kind == BASE_JSON_ARRAY
                                ? compact(extraction, justifications)
                                : BASE_TEXT("null");
    return block->extrinsics.data != NULL && block->justifications.data != NULL
               ? SUBSTRATE_OK
               : SUBSTRATE_E_MEMORY;
}

/* The hash of a height is worth its header, which tells the height again. */
static enum substrate_status read_block_hash(struct extraction *extraction,
                                             const struct rpc_request *request,
                                             struct base_json result) {
    struct substrate_hash hash;
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json value;
    enum substrate_status status = SUBSTRATE_OK;
    if (request->params[0].data == NULL) {
        extraction->kind = EXTRACT_HEAD;
        return SUBSTRATE_OK;
    }
    if (read_hash(result, &hash)) {
        return touch(extraction, &hash);
    }
    base_json_walk_init(&walk, result);
    while (result.kind == BASE_JSON_ARRAY && status == SUBSTRATE_OK &&
           base_json_walk_next(&walk, &name, &value)) {
        if (read_hash(value, &hash)) {
            status = touch(extraction, &hash);
        }
    }
    return status;
}

static enum substrate_status read_head(struct extraction *extraction,
                                       const struct rpc_request *request, struct base_json result) {
    (void)request;
    (void)result;
    extraction->kind = EXTRACT_HEAD;
    return SUBSTRATE_OK;
}

/* ---- runtimes and calls ---- */

static enum substrate_status touch_only(struct extraction *extraction,
                                        const struct rpc_request *request,
                                        struct base_json result) {
    /* The version of every touched block, and its metadata, are asked for anyway. */
    (void)result;
    return touch(extraction, &request->at);
}

static enum substrate_status add_call(struct extraction *extraction,
                                      const struct rpc_request *request, struct base_json result,
                                      bool is_error) {
    struct fact_call call = {.method = request->name,
                             .params = request->params_text,
                             .has_at = request->at_given,
                             .at = request->at,
                             .is_error = is_error};
    call.result = compact(extraction, result);
    if (call.result.data == NULL || facts_add_call(extraction->facts, &call) != SUBSTRATE_OK) {
        return SUBSTRATE_E_MEMORY;
    }
    extraction->kind = EXTRACT_FACTS;
    return call.has_at ? touch(extraction, &call.at) : SUBSTRATE_OK;
}

/* Runtime calls whose results have a place of their own in the format. */
static bool is_runtime_part(const struct rpc_request *request) {
    static const char *const NAMES[] = {"\"Core_version\"", "\"Metadata_metadata\"",
                                        "\"Metadata_metadata_versions\"",
                                        "\"Metadata_metadata_at_version\""};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (base_text_is(request->name, "state_call") &&
            base_text_is(request->params[0], NAMES[i])) {
            return true;
        }
    }
    return false;
}

static const struct {
    const char *name;
    reader read;
} READERS[] = {
    {"state_getStorage", read_storage},      {"state_getStorageHash", ask_value},
    {"state_getStorageSize", ask_value},     {"state_queryStorageAt", read_change_sets},
    {"state_queryStorage", read_range},      {"state_getPairs", touch_only},
    {"state_getKeysPaged", read_keys_paged}, {"state_getKeys", read_keys},
    {"state_getMetadata", touch_only},       {"state_getRuntimeVersion", touch_only},
    {"chain_getHeader", read_header},        {"chain_getBlock", read_block},
    {"chain_getBlockHash", read_block_hash}, {"chain_getFinalizedHead", read_head},
};

static reader find_reader(struct substrate_text name) {
    for (size_t i = 0; i < sizeof READERS / sizeof *READERS; i++) {
        if (base_text_is(name, READERS[i].name)) {
            return READERS[i].read;
        }
    }
    return NULL;
}

static bool contains(struct substrate_text text, const char *part) {
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= text.size; i++) {
        if (memcmp(text.data + i, part, size) == 0) {
            return true;
        }
    }
    return false;
}

/* Methods that change something, or whose answers are worth nothing to the next client. */
static bool is_passing(const struct rpc_request *request) {
    static const char *const PREFIXES[] = {
        "author_",   "chainHead_", "transaction", "archive_",    "dev_",       "engine_",
        "offchain_", "mock_",      "childstate_", "rpc_methods", "system_add", "system_remove"};
    if (base_text_is(request->name, "author_pendingExtrinsics")) {
        return false; /* a read */
    }
    if (request->method != NULL && request->method->kind != RPC_METHOD_CALL) {
        return true;
    }
    for (size_t i = 0; i < sizeof PREFIXES / sizeof *PREFIXES; i++) {
        if (base_text_starts(request->name, PREFIXES[i])) {
            return true;
        }
    }
    return request->method == NULL && contains(request->name, "ubscribe");
}

/* ---- the new JSON-RPC: the same is asked in the old one ---- */

/* What chainHead_v1_storage and archive_v1_storage ask of one key. */
static enum substrate_status ask_item(struct extraction *extraction, struct base_json item,
                                      struct substrate_text at) {
    struct base_json key = base_json_member(item, "key"), type = base_json_member(item, "type");
    struct base_buf params = BASE_BUF_INIT;
    bool below = base_json_is(type, "descendantsValues") || base_json_is(type, "descendantsHashes");
    base_buf_char(&params, '[');
    base_buf_text(&params, key.raw);
    base_buf_str(&params, below ? ",1000,null," : ",");
    base_buf_text(&params, at);
    base_buf_char(&params, ']');
    enum substrate_status status =
        key.kind != BASE_JSON_STRING
            ? SUBSTRATE_OK
            : ask_text(extraction, below ? "state_getKeysPaged" : "state_getStorage", &params,
                       below);
    base_buf_free(&params);
    return status;
}

static enum substrate_status ask_items(struct extraction *extraction, struct base_json items,
                                       struct substrate_text at) {
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json item;
    enum substrate_status status = SUBSTRATE_OK;
    base_json_walk_init(&walk, items);
    while (items.kind == BASE_JSON_ARRAY && status == SUBSTRATE_OK &&
           base_json_walk_next(&walk, &name, &item)) {
        status = ask_item(extraction, item, at);
    }
    return status;
}

static const struct {
    const char *name, *twin; /* NULL twin: items of storage */
    size_t at;               /* which parameter is the block; those behind it come before it */
} TWINS[] = {
    {"chainHead_v1_header", "chain_getHeader", 1}, {"chainHead_v1_body", "chain_getBlock", 1},
    {"chainHead_v1_call", "state_call", 1},        {"chainHead_v1_storage", NULL, 1},
    {"archive_v1_header", "chain_getHeader", 0},   {"archive_v1_body", "chain_getBlock", 0},
    {"archive_v1_call", "state_call", 0},          {"archive_v1_storage", NULL, 0},
};

/* Asks the twin of a request by position. False: it has none. */
static bool ask_twin(struct extraction *extraction, const struct exchange *exchange,
                     struct base_json params, enum substrate_status *status) {
    struct base_json given[6] = {{BASE_JSON_NONE, {NULL, 0}}};
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_buf twin = BASE_BUF_INIT;
    size_t i = 0, count = 0;
    while (i < sizeof TWINS / sizeof *TWINS && !base_text_is(exchange->method, TWINS[i].name)) {
        i++;
    }
    if (i == sizeof TWINS / sizeof *TWINS || params.kind != BASE_JSON_ARRAY) {
        return false;
    }
    base_json_walk_init(&walk, params);
    while (count < 6 && base_json_walk_next(&walk, &name, &given[count])) {
        count++;
    }
    size_t at = TWINS[i].at;
    if (given[at].kind != BASE_JSON_STRING) {
        return true;
    }
    if (TWINS[i].twin == NULL) {
        *status = ask_items(extraction, given[at + 1], given[at].raw);
        return true;
    }
    base_buf_char(&twin, '[');
    for (size_t j = at + 1; j < count; j++) {
        base_buf_text(&twin, given[j].raw);
        base_buf_char(&twin, ',');
    }
    base_buf_text(&twin, given[at].raw);
    base_buf_char(&twin, ']');
    *status = ask_text(extraction, TWINS[i].twin, &twin, false);
    base_buf_free(&twin);
    return true;
}

/* ---- exchanges ---- */

static enum substrate_status read_notification(struct extraction *extraction,
                                               const struct exchange *exchange,
                                               struct base_json result, bool *is_one) {
    struct fact_block *block;
    *is_one = true;
    if (base_text_is(exchange->method, "chain_newHead") ||
        base_text_is(exchange->method, "chain_allHead") ||
        base_text_is(exchange->method, "chain_finalizedHead")) {
        return add_header(extraction, result, NULL, &block);
    }
    if (base_text_is(exchange->method, "state_storage")) {
        return read_change_set(extraction, result);
    }
    *is_one = base_text_is(exchange->method, "state_runtimeVersion") ||
              base_text_is(exchange->method, "author_extrinsicUpdate");
    return SUBSTRATE_OK;
}

/* An error is a fact when it is the runtime's own. */
static bool is_runtime_error(const struct rpc_request *request, struct base_json error) {
    struct substrate_text message = base_json_member(error, "message").raw;
    return base_text_is(request->name, "state_call") && contains(message, "Execution failed");
}

/* Families whose answers a replay cannot give. */
static bool is_unkept(const struct rpc_request *request) {
    static const char *const FAMILIES[] = {"chainHead_", "transaction", "archive_",
                                           "author_",    "offchain_",   "childstate_"};
    for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++) {
        if (base_text_starts(request->name, FAMILIES[i])) {
            return true;
        }
    }
    return false;
}

/* A method that the node does not have, or gives to nobody outside: asked for by its own name, it
 * is so whatever the parameters. */
static bool is_lacking(const struct exchange *exchange, const struct rpc_request *request,
                       struct base_json error) {
    int64_t code;
    return exchange->is_error && base_text_equal(exchange->method, request->name) &&
           base_json_i64(base_json_member(error, "code"), &code) && code == METHOD_NOT_FOUND;
}

static enum substrate_status read_reply(struct extraction *extraction,
                                        const struct rpc_request *request,
                                        const struct exchange *exchange, struct base_json result) {
    reader read = find_reader(request->name);
    if (exchange->is_error && !is_runtime_error(request, result)) {
        return SUBSTRATE_OK;
    }
    if (request->method != NULL && request->method->has_at && !request->at_given &&
        read != ask_value) {
        return ask(extraction, request, false);
    }
    if (read != NULL) {
        return read(extraction, request, result);
    }
    return is_runtime_part(request) ? touch(extraction, &request->at)
                                    : add_call(extraction, request, result, exchange->is_error);
}

enum substrate_status extract(const struct exchange *exchange, struct extraction *extraction) {
    struct base_json result, params = {BASE_JSON_NONE, {NULL, 0}};
    struct rpc_request request;
    struct substrate_text data;
    bool notification = false;
    extraction_reset(extraction);
    if (base_json_parse(exchange->result, BASE_JSON_DEPTH_MAX, &result, NULL) != SUBSTRATE_OK ||
        (exchange->params.data != NULL &&
         base_json_parse(exchange->params, BASE_JSON_DEPTH_MAX, &params, NULL) != SUBSTRATE_OK)) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status = read_notification(extraction, exchange, result, &notification);
    if (notification) {
        return status;
    }
    status = method_parse(exchange->method, params, &extraction->arena, &request, &data);
    if (status != SUBSTRATE_OK) {
        return status == SUBSTRATE_E_ARGUMENT ? SUBSTRATE_OK : status;
    }
    if (is_lacking(exchange, &request, result)) {
        request.params_text = FACT_ANY;
        request.at_given = false;
        return add_call(extraction, &request, result, true);
    }
    if (!exchange->is_error && ask_twin(extraction, exchange, params, &status)) {
        return status;
    }
    if (is_passing(&request)) {
        extraction->unkept = is_unkept(&request);
        return SUBSTRATE_OK;
    }
    return read_reply(extraction, &request, exchange, result);
}
