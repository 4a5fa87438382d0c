/* Runtime calls, by the metadata's description of them or by bytes; and constants, which are the
 * only answers that the metadata itself has. */
#include <substrate/storage.h>

#include "base/text.h"
#include "arguments.h"
#include "names.h"
#include "reply.h"

/* ---- described calls ---- */

struct call_arguments {
    struct substrate_api_call call;
    const struct metadata_method *method;
};

static enum query_progress ask_method(struct substrate_query *query) {
    struct call_arguments *arguments = query->arguments;
    struct base_buf bytes = BASE_BUF_INIT;
    arguments->method = query_find_method(query, arguments->call.api, arguments->call.method);
    if (arguments->method != NULL &&
        query_write_call(query, arguments->method, &arguments->call.arguments, &bytes)) {
        query_add_call(query, arguments->call.api, arguments->call.method,
                       (struct substrate_bytes){(const uint8_t *)bytes.data, bytes.size});
    }
    query->round_failed = query->round_failed || bytes.failed;
    base_buf_free(&bytes);
    return query_ask(query);
}

static enum query_progress step_method(struct substrate_query *query,
                                       const struct substrate_reply *replies, size_t count) {
    const struct call_arguments *arguments = query->arguments;
    struct base_json json;
    struct substrate_bytes bytes;
    if (count == 0) {
        return ask_method(query);
    }
    if (!query_read_json(query, &replies[0], &json) || !query_read_bytes(query, json, &bytes) ||
        !query_write_value(query, QUERY_CALL_RUNTIME, arguments->method->output, bytes)) {
        return QUERY_FAILED;
    }
    return query_done_written(query);
}

enum substrate_status substrate_query_runtime_call(const struct substrate_api_call *call,
                                                   const struct substrate_pin *pin,
                                                   struct substrate_query **query) {
    static const struct query_description description = {"runtime call", QUERY_NEEDS_CALL_RUNTIME,
                                                         step_method, false};
    if (query == NULL || call == NULL || call->api == NULL || call->method == NULL) {
        return SUBSTRATE_E_ARGUMENT;
    }
    struct call_arguments arguments = {*call, NULL};
    enum substrate_status status =
        query_new(&description, &arguments, sizeof(arguments), pin, query);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct call_arguments *kept = (*query)->arguments;
    kept->call.api = query_keep_name(*query, call->api);
    kept->call.method = query_keep_name(*query, call->method);
    return query_made(query, kept->call.api != NULL && kept->call.method != NULL &&
                                 query_keep_arguments(*query, &kept->call.arguments) &&
                                 query_keep_title(*query, call->api, call->method));
}

/* ---- calls by bytes ---- */

struct raw_arguments {
    const char *function;
    struct substrate_arguments arguments;
};

static enum query_progress step_raw(struct substrate_query *query,
                                    const struct substrate_reply *replies, size_t count) {
    const struct raw_arguments *arguments = query->arguments;
    struct base_json json;
    struct substrate_bytes bytes;
    if (count == 0) {
        query_add_call(query, "", arguments->function, arguments->arguments.scale);
        return query_ask(query);
    }
    if (!query_read_json(query, &replies[0], &json) || !query_read_bytes(query, json, &bytes)) {
        return QUERY_FAILED;
    }
    base_json_write_hex(&query->value, bytes);
    return query_done_written(query);
}

enum substrate_status substrate_query_state_call(const char *function, struct substrate_bytes bytes,
                                                 const struct substrate_pin *pin,
                                                 struct substrate_query **query) {
    static const struct query_description description = {"state call", QUERY_NEEDS_PIN, step_raw,
                                                         false};
    struct raw_arguments arguments = {function, {{NULL, 0}, bytes}};
    if (query == NULL || function == NULL || (bytes.data == NULL && bytes.size > 0)) {
        return SUBSTRATE_E_ARGUMENT;
    }
    enum substrate_status status =
        query_new(&description, &arguments, sizeof(arguments), pin, query);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct raw_arguments *kept = (*query)->arguments;
    kept->function = (*query)->name = query_keep_name(*query, function);
    return query_made(query,
                      kept->function != NULL && query_keep_arguments(*query, &kept->arguments));
}

/* ---- constants ---- */

struct constant_arguments {
    const char *pallet, *name;
};

static enum query_progress step_constant(struct substrate_query *query,
                                         const struct substrate_reply *replies, size_t count) {
    const struct constant_arguments *arguments = query->arguments;
    const struct metadata_constant *constant =
        query_find_constant(query, arguments->pallet, arguments->name);
    (void)replies;
    (void)count;
    if (constant == NULL ||
        !query_write_value(query, QUERY_STATE_RUNTIME, constant->type, constant->value)) {
        return QUERY_FAILED;
    }
    return query_done_written(query);
}

enum substrate_status substrate_query_constant(const char *pallet, const char *name,
                                               const struct substrate_pin *pin,
                                               struct substrate_query **query) {
    static const struct query_description description = {"constant", QUERY_NEEDS_STATE_RUNTIME,
                                                         step_constant, false};
    struct constant_arguments arguments = {pallet, name};
    if (query == NULL || pallet == NULL || name == NULL) {
        return SUBSTRATE_E_ARGUMENT;
    }
    enum substrate_status status =
        query_new(&description, &arguments, sizeof(arguments), pin, query);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct constant_arguments *kept = (*query)->arguments;
    kept->pallet = query_keep_name(*query, pallet);
    kept->name = query_keep_name(*query, name);
    return query_made(query, kept->pallet != NULL && kept->name != NULL &&
                                 query_keep_title(*query, pallet, name));
}
