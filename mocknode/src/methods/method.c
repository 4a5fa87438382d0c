/* From a request to the function that answers it, and the ways for such a function to end. */
#include "methods/method.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/text.h"
#include "methods/answer.h"
#include "rpc/envelope.h"

/* ---- ways to end ---- */

void answer_no_memory(struct answer *answer) {
    answer->outcome->kind = METHOD_ERROR;
    answer->outcome->code = RPC_ERROR_INTERNAL;
    answer->outcome->message = "Internal error";
    answer->outcome->text = (struct substrate_text){NULL, 0};
    answer->outcome->data = (struct substrate_text){NULL, 0};
}

void answer_give(struct answer *answer, struct substrate_text result) {
    if (result.data == NULL) {
        answer_no_memory(answer);
        return;
    }
    answer->outcome->kind = METHOD_RESULT;
    answer->outcome->text = result;
}

void answer_give_buf(struct answer *answer, struct base_buf *result) {
    struct substrate_text text = {NULL, 0};
    if (!result->failed) {
        text = base_arena_text(answer->arena, base_buf_view(result));
    }
    base_buf_free(result);
    answer_give(answer, text);
}

/* Formats into the arena; NULL when out of memory. */
static const char *format_text(struct base_arena *arena, const char *format, va_list arguments) {
    char text[1024]; /* a key or parameter in it may be of any length, and is cut */
    int size = vsnprintf(text, sizeof text, format, arguments);
    return size < 0 ? NULL : base_arena_text(arena, base_text(text)).data;
}

void answer_error(struct answer *answer, int64_t code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *message = format_text(answer->arena, format, arguments);
    va_end(arguments);
    if (message == NULL) {
        answer_no_memory(answer);
        return;
    }
    answer->outcome->kind = METHOD_ERROR;
    answer->outcome->code = code;
    answer->outcome->message = message;
}

/* {"method","params","at"} of the recorded call that is most like the request. */
static void find_nearest(struct answer *answer) {
    const struct rpc_request *request = answer->request;
    struct method_outcome *outcome = answer->outcome;
    const struct fact_call *call =
        chain_nearest(answer->view->chain, request->name, request->params_text,
                      outcome->has_block ? &outcome->block : NULL);
    if (call == NULL) {
        return;
    }
    struct base_buf json = BASE_BUF_INIT;
    base_buf_str(&json, "{\"method\":");
    base_json_write_string(&json, call->method);
    base_buf_str(&json, ",\"params\":");
    base_buf_text(&json, call->params);
    if (call->has_at) {
        base_buf_str(&json, ",\"at\":");
        base_json_write_hex(&json, (struct substrate_bytes){call->at.bytes, sizeof call->at.bytes});
    }
    base_buf_char(&json, '}');
    if (!json.failed) {
        outcome->nearest = base_arena_text(answer->arena, base_buf_view(&json));
    }
    base_buf_free(&json);
}

void answer_unmatched(struct answer *answer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *reason = format_text(answer->arena, format, arguments);
    va_end(arguments);
    answer->outcome->kind = METHOD_UNMATCHED;
    answer->outcome->reason = reason != NULL ? reason : "not recorded (and out of memory)";
    find_nearest(answer);
}

bool answer_recorded(struct answer *answer) {
    const struct rpc_request *request = answer->request;
    struct method_outcome *outcome = answer->outcome;
    const struct fact_call *call =
        chain_call(answer->view->chain, request->name, request->params_text,
                   outcome->has_block ? &outcome->block : NULL);
    if (call == NULL) {
        return false;
    }
    outcome->kind = call->is_error ? METHOD_ERROR : METHOD_RESULT;
    outcome->code = 0;
    outcome->text = call->result;
    return true;
}

/* ---- blocks, keys ---- */

const char *answer_hash(struct answer *answer, const struct substrate_hash *hash) {
    char *text = base_arena_alloc(answer->arena, 67);
    if (text == NULL) {
        return "?";
    }
    substrate_hash_format(hash, text);
    return text;
}

const struct chain_block *answer_find(struct answer *answer, const struct substrate_hash *hash,
                                      enum answer_unknown unknown) {
    const struct chain_block *block = chain_find(answer->view->chain, hash);
    if (block != NULL) {
        return block;
    }
    const char *text = answer_hash(answer, hash);
    if (chain_is_gap(answer->view->chain, hash)) {
        answer_unmatched(answer, "block %s is not recorded", text);
        return NULL;
    }
    switch (unknown) {
    case UNKNOWN_NULL:
        answer_give(answer, BASE_TEXT("null"));
        break;
    case UNKNOWN_STATE:
        answer_error(answer, RPC_ERROR_STATE,
                     "Client error: UnknownBlock: Header was not found in the database: %s", text);
        break;
    case UNKNOWN_RUNTIME:
        answer_error(answer, RPC_ERROR_STATE,
                     "Client error: Api called for an unknown Block: Header was not found in the "
                     "database: %s",
                     text);
        break;
    case UNKNOWN_RANGE:
        answer_error(answer, RPC_ERROR_BLOCK_RANGE,
                     "Cannot resolve a block range [%s ... %s]. UnknownBlock: Header was not found "
                     "in the database: %s",
                     text, text, text);
        break;
    case UNKNOWN_FEE:
        answer_error(answer, 1,
                     "Unable to query dispatch info. Api called for an unknown Block: Header was "
                     "not found in the database: %s",
                     text);
        break;
    }
    return NULL;
}

const struct chain_block *answer_block(struct answer *answer, enum answer_unknown unknown) {
    return answer->request->at_given ? answer_find(answer, &answer->request->at, unknown)
                                     : answer->view->head;
}

struct substrate_text answer_digits(struct substrate_text param) {
    return (struct substrate_text){param.data + 3, param.size - 4};
}

bool answer_value(struct answer *answer, const struct chain_block *block, struct substrate_text key,
                  struct substrate_text *value) {
    const char *hash;
    *value = (struct substrate_text){NULL, 0};
    switch (chain_storage(answer->view->chain, block, key, value)) {
    case CHAIN_KNOWN:
    case CHAIN_ABSENT:
        return true;
    case CHAIN_PRESENT:
        hash = answer_hash(answer, &block->hash);
        answer_unmatched(answer, "key 0x%.*s is there at block %s, but its value is not recorded",
                         (int)key.size, key.data, hash);
        return false;
    case CHAIN_UNKNOWN:
        break;
    }
    hash = answer_hash(answer, &block->hash);
    answer_unmatched(answer, "key 0x%.*s is not recorded at block %s", (int)key.size, key.data,
                     hash);
    return false;
}

/* ---- dispatch ---- */

static void recorded_only(struct answer *answer) {
    const struct rpc_request *request = answer->request;
    enum answer_unknown unknown = base_text_starts(request->name, "payment_") ? UNKNOWN_FEE
                                  : base_text_starts(request->name, "state_") ? UNKNOWN_STATE
                                                                              : UNKNOWN_RUNTIME;
    if (answer_recorded(answer) ||
        (answer->outcome->has_block && answer_block(answer, unknown) == NULL)) {
        return;
    }
    if (chain_nearest(answer->view->chain, request->name, request->params_text, NULL) == NULL) {
        answer_unmatched(answer, "no call of %.*s is recorded", (int)request->name.size,
                         request->name.data);
    } else if (answer->outcome->has_block) {
        answer_unmatched(answer, "%.*s is not recorded with these parameters at block %s",
                         (int)request->name.size, request->name.data,
                         answer_hash(answer, &answer->outcome->block));
    } else {
        answer_unmatched(answer, "%.*s is not recorded with these parameters",
                         (int)request->name.size, request->name.data);
    }
}

/* What a subscriber would hear first must be recorded: else he would wait for it for ever. */
static void subscribe(struct answer *answer, enum method_subscription kind) {
    struct base_buf greeting = BASE_BUF_INIT;
    const char *reason = NULL;
    if (method_notify(kind, answer->request, NULL, answer->view, answer->arena, &greeting,
                      &reason) == SUBSTRATE_E_DECODE) {
        answer_unmatched(answer, "%s", reason);
    } else {
        answer->outcome->kind = METHOD_SUBSCRIBE;
    }
    base_buf_free(&greeting);
}

static void subscription(struct answer *answer, enum method_subscription kind) {
    struct method_outcome *outcome = answer->outcome;
    outcome->subscription = kind;
    if (answer->request->method->kind == RPC_METHOD_SUBSCRIBE) {
        subscribe(answer, kind);
    } else if (answer->request->params[0].data != NULL) {
        outcome->kind = METHOD_UNSUBSCRIBE;
        outcome->text = answer->request->params[0];
    } else {
        answer_give(answer, BASE_TEXT("false")); /* no id: no such subscription */
    }
}

static void new_heads(struct answer *answer) { subscription(answer, METHOD_NEW_HEADS); }

static void all_heads(struct answer *answer) { subscription(answer, METHOD_ALL_HEADS); }

static void finalized_heads(struct answer *answer) { subscription(answer, METHOD_FINALIZED_HEADS); }

static void runtime_version(struct answer *answer) { subscription(answer, METHOD_RUNTIME_VERSION); }

static void storage(struct answer *answer) { subscription(answer, METHOD_STORAGE); }

static const answer_function ANSWER[RPC_HANDLER_COUNT] = {
    [RPC_HANDLE_RECORDED] = recorded_only,
    [RPC_HANDLE_RPC_METHODS] = answer_rpc_methods,
    [RPC_HANDLE_CHAIN_GET_HEADER] = answer_get_header,
    [RPC_HANDLE_CHAIN_GET_BLOCK] = answer_get_block,
    [RPC_HANDLE_CHAIN_GET_BLOCK_HASH] = answer_get_block_hash,
    [RPC_HANDLE_CHAIN_GET_FINALIZED_HEAD] = answer_get_finalized_head,
    [RPC_HANDLE_STATE_CALL] = answer_state_call,
    [RPC_HANDLE_STATE_GET_KEYS] = answer_get_keys,
    [RPC_HANDLE_STATE_GET_KEYS_PAGED] = answer_get_keys_paged,
    [RPC_HANDLE_STATE_GET_METADATA] = answer_get_metadata,
    [RPC_HANDLE_STATE_GET_PAIRS] = answer_get_pairs,
    [RPC_HANDLE_STATE_GET_RUNTIME_VERSION] = answer_get_runtime_version,
    [RPC_HANDLE_STATE_GET_STORAGE] = answer_get_storage,
    [RPC_HANDLE_STATE_GET_STORAGE_HASH] = answer_get_storage_hash,
    [RPC_HANDLE_STATE_GET_STORAGE_SIZE] = answer_get_storage_size,
    [RPC_HANDLE_STATE_QUERY_STORAGE] = answer_query_storage,
    [RPC_HANDLE_STATE_QUERY_STORAGE_AT] = answer_query_storage_at,
    [RPC_HANDLE_CHILD_LIST] = answer_child_list,
    [RPC_HANDLE_CHILD_NULL] = answer_child_null,
    [RPC_HANDLE_CHILD_ENTRIES] = answer_child_entries,
    [RPC_HANDLE_ACCOUNT_NEXT_INDEX] = answer_account_next_index,
    [RPC_HANDLE_NEW_HEADS] = new_heads,
    [RPC_HANDLE_ALL_HEADS] = all_heads,
    [RPC_HANDLE_FINALIZED_HEADS] = finalized_heads,
    [RPC_HANDLE_RUNTIME_VERSION] = runtime_version,
    [RPC_HANDLE_STORAGE] = storage,
};

void method_answer(const struct method_view *view, const struct rpc_request *request,
                   struct base_arena *arena, struct method_outcome *outcome) {
    struct answer answer = {view, request, arena, outcome};
    *outcome = (struct method_outcome){.kind = METHOD_RESULT};
    if (request->method == NULL) {
        if (chain_nearest(view->chain, request->name, request->params_text, NULL) == NULL) {
            outcome->kind = METHOD_ERROR;
            outcome->code = RPC_ERROR_METHOD_NOT_FOUND;
            outcome->message = "Method not found";
            return;
        }
        recorded_only(&answer);
        return;
    }
    if (request->method->has_at) {
        outcome->has_block = true;
        outcome->block = request->at_given ? request->at : view->head->hash;
    }
    ANSWER[request->method->handler](&answer);
}
