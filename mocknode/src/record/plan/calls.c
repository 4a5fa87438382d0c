/* Phase four: calls. Each is kept under its canonical request, whatever its shape in the plan. */
#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/mem.h"
#include "base/text.h"
#include "rpc/pin.h"
#include "record/plan/fees.h"
#include "fixture/line.h"
#include "record/plan/recorder.h"
#include "methods/method.h"
#include "rpc/request.h"

#define METHOD_NOT_FOUND (-32601)

/* One call that is to be asked for. */
struct task {
    const char *method;           /* canonical, terminated */
    struct substrate_text params; /* canonical JSON array, without the block */
    const struct rpc_method *row; /* NULL: outside the table */
    bool has_at;
    struct substrate_hash at;
    enum fee_kind fee; /* what else follows from the result */
    struct substrate_text extrinsic;
};

struct calling {
    struct recorder *recorder;
    struct task *tasks;
    size_t count, capacity;
    size_t not_exported;
};

/* Adds a task unless the recording has its call. */
static enum substrate_status add_task(struct calling *calling, const struct task *task) {
    struct recorder *recorder = calling->recorder;
    struct base_buf text = BASE_BUF_INIT;
    struct substrate_text copy = {NULL, 0};
    base_buf_format(&text, "%s ", task->method);
    base_buf_text(&text, task->params);
    if (task->has_at) {
        base_buf_str(&text, " @");
        line_write_hash(&text, &task->at);
    }
    if (text.failed) {
        base_buf_free(&text);
        return inquiry_no_memory(&recorder->ask);
    }
    bool there = base_map_get(&recorder->calls, base_buf_view(&text)) != NULL;
    if (!there) {
        copy = base_arena_text(&recorder->ask.arena, base_buf_view(&text));
    }
    base_buf_free(&text);
    if (there) {
        return SUBSTRATE_OK;
    }
    if (copy.data == NULL || !base_map_put(&recorder->calls, copy, recorder) ||
        !base_grow((void **)&calling->tasks, &calling->capacity, calling->count + 1,
                   sizeof *calling->tasks)) {
        return inquiry_no_memory(&recorder->ask);
    }
    calling->tasks[calling->count++] = *task;
    return SUBSTRATE_OK;
}

/* ---- tasks of each kind ---- */

static enum substrate_status add_method(struct calling *calling, const struct plan_request *request,
                                        size_t index, const struct substrate_hash *at) {
    struct task task = {.method = request->canonical.data,
                        .params = request->params[index],
                        .row = request->row,
                        .has_at = at != NULL};
    if (at != NULL) {
        task.at = *at;
    }
    return add_task(calling, &task);
}

/* Whether the runtime at a block is known to lack a function: then its 4003 follows from the list
 * of exports. */
static bool lacks(struct recorder *recorder, const struct substrate_hash *at,
                  struct substrate_text function) {
    const struct fact_block *block = facts_block(recorder->ask.facts, at, false);
    const struct fact_runtime *runtime =
        block != NULL && block->runtime_known
            ? facts_spec(recorder->ask.facts, block->runtime, false)
            : NULL;
    if (runtime == NULL || !runtime->exports_known) {
        return false;
    }
    for (size_t i = 0; i < runtime->export_count; i++) {
        if (base_text_equal(runtime->exports[i], function)) {
            return false;
        }
    }
    return true;
}

static enum substrate_status add_function(struct calling *calling, struct substrate_text function,
                                          struct substrate_text arguments,
                                          const struct substrate_hash *at,
                                          const struct task *like) {
    struct recorder *recorder = calling->recorder;
    struct base_buf params = BASE_BUF_INIT;
    struct task task = *like;
    if (lacks(recorder, at, function)) {
        calling->not_exported++;
        return SUBSTRATE_OK;
    }
    base_buf_char(&params, '[');
    base_json_write_string(&params, function);
    base_buf_str(&params, ",\"");
    base_buf_text(&params, arguments);
    base_buf_str(&params, "\"]");
    task.method = "state_call";
    task.row = method_find(BASE_TEXT("state_call"));
    task.has_at = true;
    task.at = *at;
    if (!params.failed) {
        task.params = base_arena_text(&recorder->ask.arena, base_buf_view(&params));
    }
    base_buf_free(&params);
    return task.params.data != NULL ? add_task(calling, &task) : inquiry_no_memory(&recorder->ask);
}

/* The runtime calls that a node answers the payment RPCs by: the extrinsic and its length. */
static enum substrate_status add_fees(struct calling *calling, struct substrate_text extrinsic,
                                      const struct substrate_hash *at) {
    struct recorder *recorder = calling->recorder;
    uint32_t size = (uint32_t)(extrinsic.size / 2 - 1);
    uint8_t length[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
                         (uint8_t)(size >> 24)};
    struct base_buf arguments = BASE_BUF_INIT;
    base_buf_text(&arguments, extrinsic);
    base_buf_hex(&arguments, (struct substrate_bytes){length, sizeof length});
    if (arguments.failed) {
        return inquiry_no_memory(&recorder->ask);
    }
    struct task task = {.fee = FEE_INFO, .extrinsic = extrinsic};
    enum substrate_status status =
        add_function(calling, BASE_TEXT("TransactionPaymentApi_query_info"),
                     base_buf_view(&arguments), at, &task);
    task.fee = FEE_DETAILS;
    if (status == SUBSTRATE_OK) {
        status = add_function(calling, BASE_TEXT("TransactionPaymentApi_query_fee_details"),
                              base_buf_view(&arguments), at, &task);
    }
    base_buf_free(&arguments);
    return status;
}

static enum substrate_status add_request(struct calling *calling,
                                         const struct plan_request *request,
                                         const struct substrate_hash *at) {
    static const struct task PLAIN = {.fee = FEE_NONE};
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < request->count && status == SUBSTRATE_OK; i++) {
        if (request->kind == PLAN_METHOD || at == NULL) {
            status = add_method(calling, request, i, at);
        } else if (request->kind == PLAN_FUNCTION) {
            status = add_function(calling, request->name, request->params[i], at, &PLAIN);
        } else {
            status = add_fees(calling, request->params[i], at);
        }
    }
    return status;
}

static enum substrate_status add_group(struct calling *calling, const struct plan_group *group) {
    struct recorder *recorder = calling->recorder;
    enum substrate_status status = SUBSTRATE_OK;
    size_t rounds = group->block_count > 0 ? group->block_count : 1;
    for (size_t i = 0; i < rounds && status == SUBSTRATE_OK; i++) {
        const struct substrate_hash *at = NULL;
        uint64_t height;
        if (group->block_count > 0) {
            status = recorder_height(recorder, &group->blocks[i], &height);
            at = status == SUBSTRATE_OK ? &recorder->hashes[height] : NULL;
        }
        for (size_t j = 0; j < group->request_count && status == SUBSTRATE_OK; j++) {
            status = add_request(calling, &group->requests[j], at);
        }
    }
    return status;
}

/* ---- asking ---- */

static const char *make_call(void *context, size_t index, struct base_buf *params) {
    const struct calling *calling = context;
    const struct task *task = &calling->tasks[index];
    rpc_pin_params(task->row, task->params, task->has_at ? &task->at : NULL, params);
    return task->method;
}

static enum substrate_status keep_error(struct recorder *recorder, struct fact_call *call,
                                        const struct upstream_reply *reply) {
    struct base_json object = {BASE_JSON_OBJECT, reply->result};
    call->is_error = true;
    call->result = facts_compact(recorder->ask.facts, object);
    return call->result.data != NULL && facts_add_call(recorder->ask.facts, call) == SUBSTRATE_OK
               ? SUBSTRATE_OK
               : inquiry_no_memory(&recorder->ask);
}

static enum substrate_status take_call(void *context, size_t index,
                                       const struct upstream_reply *reply,
                                       struct substrate_error *error) {
    struct calling *calling = context;
    struct recorder *recorder = calling->recorder;
    const struct task *task = &calling->tasks[index];
    struct fact_call call = {.method = base_text(task->method),
                             .params = task->params,
                             .has_at = task->has_at,
                             .at = task->at};
    if (reply->is_error) {
        /* A runtime that fails is a fact, and so is a method that the node does not have; a node
         * that breaks down is none. */
        bool fact = (reply->code > 0 && task->fee == FEE_NONE) || reply->code == METHOD_NOT_FOUND;
        if (reply->code == METHOD_NOT_FOUND) {
            call.params = FACT_ANY;
            call.has_at = false;
        }
        return fact ? keep_error(recorder, &call, reply)
                    : upstream_refused(&recorder->ask.upstream, task->method, reply, error);
    }
    struct base_json result;
    if (base_json_parse(reply->result, BASE_JSON_DEPTH_MAX, &result, NULL) != SUBSTRATE_OK) {
        return inquiry_odd(&recorder->ask, task->method, "answered with no JSON");
    }
    call.result = facts_compact(recorder->ask.facts, result);
    if (call.result.data == NULL || facts_add_call(recorder->ask.facts, &call) != SUBSTRATE_OK) {
        return inquiry_no_memory(&recorder->ask);
    }
    if (task->fee == FEE_NONE) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status = fees_add(recorder->ask.facts, task->fee, task->extrinsic, &call);
    return status == SUBSTRATE_E_DECODE
               ? inquiry_odd(&recorder->ask, "TransactionPaymentApi", "no fees that can be read")
           : status != SUBSTRATE_OK ? inquiry_no_memory(&recorder->ask)
                                    : SUBSTRATE_OK;
}

enum substrate_status record_calls(struct recorder *recorder) {
    struct calling calling = {.recorder = recorder};
    const struct plan *plan = recorder->plan;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < plan->group_count && status == SUBSTRATE_OK; i++) {
        status = add_group(&calling, &plan->groups[i]);
    }
    if (status == SUBSTRATE_OK && calling.not_exported > 0) {
        fprintf(stderr, "calls: %zu of functions that the runtime does not export are left out\n",
                calling.not_exported);
    }
    struct upstream_job job = {&calling, calling.count, "calls", make_call, take_call};
    if (status == SUBSTRATE_OK) {
        status = upstream_ask_many(&recorder->ask.upstream, &job, recorder->ask.error);
    }
    base_free(calling.tasks);
    return status;
}
