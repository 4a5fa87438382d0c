/* From a request to the function that answers it, and the ways for such a function to end. */
#include "methods/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/text.h"
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

void answer_give_hash(struct answer *answer, const struct substrate_hash *hash) {
    struct base_buf out = BASE_BUF_INIT;
    base_json_write_hex(&out, (struct substrate_bytes){hash->bytes, sizeof hash->bytes});
    answer_give_buf(answer, &out);
}

/* Formats into the arena; NULL when out of memory. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 0)))
#endif
static const char *
format_text(struct base_arena *arena, const char *format, va_list arguments) {
    char text[1024]; /* a key or parameter in it may be of any length, and is cut */
    int size = vsnprintf(text, sizeof text, format, arguments);
    return size < 0 ? NULL : base_arena_text(arena, base_text(text)).data;
}

const char *answer_text(struct base_arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = format_text(arena, format, arguments);
    va_end(arguments);
    return text;
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
    const struct fact_call *call = view_nearest(answer->view, request->name, request->params_text,
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

/* ---- blocks ---- */

const char *answer_hash(struct base_arena *arena, const struct substrate_hash *hash) {
    char *text = base_arena_alloc(arena, 67);
    if (text == NULL) {
        return "?";
    }
    substrate_hash_format(hash, text);
    return text;
}

/* How each kind of read says that there is no such block, or no state of it: the code and what
 * stands before the cause. */
static const struct {
    int64_t code;
    const char *before;
} WORDS[] = {
    [UNKNOWN_STATE] = {RPC_ERROR_STATE, "Client error: UnknownBlock: "},
    [UNKNOWN_RUNTIME] = {RPC_ERROR_STATE, "Client error: Api called for an unknown Block: "},
    [UNKNOWN_RANGE] = {RPC_ERROR_STATE, "Client error: UnknownBlock: "},
    [UNKNOWN_FEE] = {1, "Unable to query dispatch info. Api called for an unknown Block: "},
};
#define NO_HEADER "Header was not found in the database"

static void give_unknown(struct answer *answer, const char *hash, enum answer_unknown unknown) {
    if (unknown == UNKNOWN_NULL) {
        answer_give(answer, BASE_TEXT("null"));
    } else if (unknown == UNKNOWN_RANGE) {
        answer_error(answer, RPC_ERROR_BLOCK_RANGE,
                     "Cannot resolve a block range [%s ... %s]. UnknownBlock: " NO_HEADER ": %s",
                     hash, hash, hash);
    } else {
        answer_error(answer, WORDS[unknown].code, "%s" NO_HEADER ": %s", WORDS[unknown].before,
                     hash);
    }
}

bool answer_kept(struct answer *answer, const struct chain_block *block,
                 enum answer_unknown unknown) {
    if (unknown == UNKNOWN_NULL || !view_is_pruned(answer->view, block)) {
        return true;
    }
    answer_error(answer, WORDS[unknown].code, "%sState already discarded for %s",
                 WORDS[unknown].before, answer_hash(answer->arena, &block->hash));
    return false;
}

const struct chain_block *answer_find(struct answer *answer, const struct substrate_hash *hash,
                                      enum answer_unknown unknown) {
    const struct chain_block *block = view_find(answer->view, hash);
    if (block != NULL) {
        return answer_kept(answer, block, unknown) ? block : NULL;
    }
    const char *text = answer_hash(answer->arena, hash);
    if (view_is_gap(answer->view, hash)) {
        answer_unmatched(answer, "block %s is not recorded", text);
    } else {
        give_unknown(answer, text, unknown);
    }
    return NULL;
}

const struct chain_block *answer_block(struct answer *answer, enum answer_unknown unknown) {
    if (answer->request->at_given) {
        return answer_find(answer, &answer->request->at, unknown);
    }
    const struct chain_block *head = view_head(answer->view);
    return answer_kept(answer, head, unknown) ? head : NULL;
}

/* ---- recorded calls ---- */

static void give_recorded(struct answer *answer, const struct fact_call *call) {
    answer->outcome->kind = call->is_error ? METHOD_ERROR : METHOD_RESULT;
    answer->outcome->code = 0;
    answer->outcome->text = call->result;
}

/* Of a block that no client can see there may be a recorded call, when a recording was cut off. */
static void give_unseen(struct answer *answer, enum answer_unknown unknown) {
    const struct rpc_request *request = answer->request;
    const struct fact_call *call =
        view_gap_call(answer->view, request->name, request->params_text, &request->at);
    if (call != NULL) {
        give_recorded(answer, call);
    } else {
        (void)answer_find(answer, &request->at, unknown);
    }
}

bool answer_recorded(struct answer *answer, enum answer_unknown unknown) {
    const struct rpc_request *request = answer->request;
    const struct chain_block *block = NULL;
    enum view_carry carry = VIEW_RECORDED;
    if (answer->outcome->has_block) {
        block = request->at_given ? view_find(answer->view, &request->at) : view_head(answer->view);
        if (block == NULL) {
            give_unseen(answer, unknown);
            return true;
        }
        if (!answer_kept(answer, block, unknown)) {
            return true;
        }
    }
    const struct fact_call *call = view_call(answer->view, request->name, request->params_text,
                                             block, unknown == UNKNOWN_STATE ? NULL : &carry);
    if (call != NULL) {
        give_recorded(answer, call);
    } else if (carry == VIEW_CARRY_REFUSED) {
        answer_unmatched(answer,
                         "block %s was edited, so that what its recorded ancestor answers may be "
                         "stale; \"calls\":\"carry-stale\" of the block has that told",
                         answer_hash(answer->arena, &block->hash));
    }
    return call != NULL || carry == VIEW_CARRY_REFUSED;
}

void answer_recorded_only(struct answer *answer) {
    const struct rpc_request *request = answer->request;
    enum answer_unknown unknown = base_text_starts(request->name, "payment_") ? UNKNOWN_FEE
                                  : base_text_starts(request->name, "state_") ? UNKNOWN_STATE
                                                                              : UNKNOWN_RUNTIME;
    if (answer_recorded(answer, unknown)) {
        return;
    }
    if (view_nearest(answer->view, request->name, request->params_text, NULL) == NULL) {
        answer_unmatched(answer, "no call of %.*s is recorded", (int)request->name.size,
                         request->name.data);
    } else if (answer->outcome->has_block) {
        answer_unmatched(answer, "%.*s is not recorded with these parameters at block %s",
                         (int)request->name.size, request->name.data,
                         answer_hash(answer->arena, &answer->outcome->block));
    } else {
        answer_unmatched(answer, "%.*s is not recorded with these parameters",
                         (int)request->name.size, request->name.data);
    }
}

/* ---- keys ---- */

struct substrate_text answer_digits(struct substrate_text param) {
    return (struct substrate_text){param.data + 3, param.size - 4};
}

bool answer_digest(struct answer *answer, const struct chain_block *block,
                   struct substrate_text key, struct chain_value *value) {
    if (!answer_kept(answer, block, UNKNOWN_STATE)) {
        return false;
    }
    *value = view_storage(answer->view, block, key);
    bool known = value->known == CHAIN_VALUE || value->known == CHAIN_ABSENT ||
                 (value->known == CHAIN_PRESENT && value->has_digest);
    if (!known) {
        answer_unmatched(answer,
                         value->known == CHAIN_PRESENT
                             ? "key 0x%.*s is there at block %s, but its value is not recorded"
                             : "key 0x%.*s is not recorded at block %s",
                         (int)key.size, key.data, answer_hash(answer->arena, &block->hash));
    }
    return known;
}

bool answer_value(struct answer *answer, const struct chain_block *block, struct substrate_text key,
                  struct substrate_text *value) {
    struct chain_value found = {.known = CHAIN_UNKNOWN};
    *value = (struct substrate_text){NULL, 0};
    if (!answer_digest(answer, block, key, &found)) {
        return false;
    }
    if (found.known == CHAIN_PRESENT) {
        answer_unmatched(answer,
                         "of key 0x%.*s at block %s hash and size are recorded, but not the value",
                         (int)key.size, key.data, answer_hash(answer->arena, &block->hash));
        return false;
    }
    *value = found.hex;
    return true;
}

/* ---- dispatch ---- */

/* What a subscriber would hear first must be recorded: else he would wait for it for ever. */
void answer_open(struct answer *answer) {
    const struct method_entry *entry = (const struct method_entry *)answer->request->method;
    answer->outcome->stream = entry->stream;
    if (answer_first_notice(answer, entry->stream)) {
        answer->outcome->kind = METHOD_OPEN;
    }
}

void answer_end(struct answer *answer) {
    const struct method_entry *entry = (const struct method_entry *)answer->request->method;
    struct substrate_text id = answer->request->params[0];
    if (id.data == NULL) {
        answer_give(answer, BASE_TEXT("false")); /* no id: no such stream */
        return;
    }
    answer->outcome->kind = METHOD_END;
    answer->outcome->stream = entry->stream;
    answer->outcome->text = id;
}

static bool is_recorded(const struct method_node *node, struct substrate_text name) {
    return view_nearest(node->view, name, BASE_TEXT("[]"), NULL) != NULL;
}

bool method_is_served(const struct method_node *node, const struct rpc_method *method) {
    const struct method_entry *entry = (const struct method_entry *)method;
    struct substrate_text name = base_text(method->name);
    bool derived = entry->writes ? node->takes_extrinsics : entry->function != answer_recorded_only;
    return view_lacks(node->view, name) == NULL && (derived || is_recorded(node, name));
}

/* A call of a method that has no row, or that this node does not have. */
static void answer_other(struct answer *answer) {
    if (is_recorded(answer->node, answer->request->name)) {
        answer_recorded_only(answer);
    } else {
        answer_error(answer, RPC_ERROR_METHOD_NOT_FOUND, "Method not found");
    }
}

void method_answer(const struct method_node *node, const struct rpc_request *request,
                   struct base_arena *arena, struct method_outcome *outcome) {
    struct answer answer = {node, node->view, request, arena, outcome};
    const struct method_entry *entry = (const struct method_entry *)request->method;
    *outcome = (struct method_outcome){.kind = METHOD_RESULT};
    if (entry != NULL && entry->rpc.has_at) {
        outcome->has_block = true;
        outcome->block = request->at_given ? request->at : view_head(node->view)->hash;
    }
    const struct fact_call *lacks = view_lacks(node->view, request->name);
    if (lacks != NULL) {
        outcome->kind = METHOD_ERROR;
        outcome->text = lacks->result;
    } else if (entry == NULL || (entry->writes && !node->takes_extrinsics)) {
        answer_other(&answer);
    } else {
        entry->function(&answer);
    }
}
