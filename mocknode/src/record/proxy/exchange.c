/* From requests and replies to facts: which reader an exchange is given to, and what is none of
 * anybody's. */
#include "record/proxy/exchange.h"

#include <string.h>
#include "base/json.h"
#include "base/text.h"
#include "methods/method.h"
#include "record/inquiry.h"
#include "record/proxy/extract.h"

#define METHOD_NOT_FOUND (-32601)

typedef enum substrate_status (*reader)(struct extraction *, const struct rpc_request *,
                                        struct base_json);

/* ---- runtimes and calls ---- */

static enum substrate_status touch_only(struct extraction *extraction,
                                        const struct rpc_request *request,
                                        struct base_json result) {
    /* The version of every touched block, and its metadata, are asked for anyway. */
    (void)result;
    return extract_touch(extraction, &request->at);
}

static enum substrate_status add_call(struct extraction *extraction,
                                      const struct rpc_request *request, struct base_json result,
                                      bool is_error) {
    struct fact_call call = {.method = request->name,
                             .params = request->params_text,
                             .has_at = request->at_given,
                             .at = request->at,
                             .is_error = is_error};
    call.result = facts_compact(extraction->facts, result);
    if (call.result.data == NULL || facts_add_call(extraction->facts, &call) != SUBSTRATE_OK) {
        return SUBSTRATE_E_MEMORY;
    }
    extraction->kind = EXTRACT_FACTS;
    return call.has_at ? extract_touch(extraction, &call.at) : SUBSTRATE_OK;
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
    {"state_getStorage", extract_storage},      {"state_getStorageHash", extract_value},
    {"state_getStorageSize", extract_value},    {"state_queryStorageAt", extract_change_sets},
    {"state_queryStorage", extract_range},      {"state_getPairs", extract_keys},
    {"state_getKeysPaged", extract_keys_paged}, {"state_getKeys", extract_keys},
    {"state_getMetadata", touch_only},          {"state_getRuntimeVersion", touch_only},
    {"chain_getHeader", extract_header},        {"chain_getBlock", extract_block},
    {"chain_getBlockHash", extract_block_hash}, {"chain_getFinalizedHead", extract_head},
};

static reader find_reader(struct substrate_text name) {
    for (size_t i = 0; i < sizeof READERS / sizeof *READERS; i++) {
        if (base_text_is(name, READERS[i].name)) {
            return READERS[i].read;
        }
    }
    return NULL;
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
    return request->method == NULL && base_text_contains(request->name, "ubscribe");
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
        return extract_add_header(extraction, result, NULL, &block);
    }
    if (base_text_is(exchange->method, "state_storage")) {
        return extract_change_set(extraction, result);
    }
    *is_one = base_text_is(exchange->method, "state_runtimeVersion") ||
              base_text_is(exchange->method, "author_extrinsicUpdate");
    return SUBSTRATE_OK;
}

/* An error is a fact when it is the runtime's own: a call that fails, in the words of sc-executor,
 * or a method that is answered by such a call and names no block that the node lacks. */
static bool is_runtime_error(const struct rpc_request *request, struct base_json error) {
    static const char *const OF_THE_BLOCK[] = {"UnknownBlock", "unknown Block", "discarded"};
    int64_t code = 0;
    if (base_text_is(request->name, "state_call")) {
        return base_text_contains(error.raw, "Execution failed");
    }
    for (size_t i = 0; i < sizeof OF_THE_BLOCK / sizeof *OF_THE_BLOCK; i++) {
        if (base_text_contains(error.raw, OF_THE_BLOCK[i])) {
            return false;
        }
    }
    return request->method != NULL && request->method->has_at &&
           !method_from_facts(request->method) &&
           base_json_i64(base_json_member(error, "code"), &code) && code > 0;
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
        read != extract_value) {
        return extract_ask(extraction, request, false);
    }
    if (read != NULL) {
        return read(extraction, request, result);
    }
    return is_runtime_part(request) ? extract_touch(extraction, &request->at)
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
    if (!exchange->is_error && extract_twin(extraction, exchange, params, &status)) {
        return status;
    }
    if (is_passing(&request)) {
        extraction->unkept = is_unkept(&request);
        return SUBSTRATE_OK;
    }
    return read_reply(extraction, &request, exchange, result);
}
