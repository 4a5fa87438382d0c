/* The control methods as one table, and what they have in common: rights, parameters, errors. */
#include "control/control.h"

#include "base/text.h"
#include "control/call.h"

#define BLOCK_MEMBERS                                                           \
    "[{\"name\":\"a\",\"parent\":\"head-2\",\"storage\":{\"0x...\":\"0x...\"}," \
    "\"extrinsics\":[\"0x...\"],\"calls\":\"carry\"}] or []"

static const struct method {
    const char *name;
    control_function *function;
    size_t params_max;
    const char *expected;
} methods[] = {
    {"mock_stats", control_stats, 0, "[]"},
    {"mock_sockets", control_sockets, 0, "[]"},
    {"mock_reset", control_reset, 0, "[]"},
    {"mock_setScript", control_set_script, 1,
     "[{\"rules\":[...],\"gates\":[...],\"start\":[...]}], or [null] for none"},
    {"mock_setLatency", control_set_latency, 1, "[\"200ms\"]"},
    {"mock_signal", control_signal, 1, "[\"NAME\"]"},
    {"mock_wait", control_wait, 1,
     "[{\"event\":\"closed\",\"match\":{},\"count\":1,\"from\":1}], all but event optional"},
    {"mock_fired", control_fired, 0, "[]"},
    {"mock_setHead", control_set_head, 1,
     "[72], [\"0x...\"], [\"head-3\"], [\"finalized\"] or [\"@name\"]"},
    {"mock_advanceHead", control_advance_head, 1, "[] or [3], a number of blocks"},
    {"mock_newBlock", control_new_block, 1, BLOCK_MEMBERS},
    {"mock_reorg", control_reorg, 1, "[2], the depth of a fork that becomes the head"},
    {"mock_setStorage", control_set_storage, 1, "[{\"0x...\":\"0x...\",\"0x...\":null}]"},
    {"mock_journal", control_journal, 1,
     "[], or [{\"form\":\"canonical\",\"from\":0,\"limit\":100}], form being raw or canonical"},
    {"mock_events", control_events, 1, "[] or [{\"from\":1,\"limit\":100}], a number of an event"},
    {"mock_unmatched", control_unmatched, 0, "[]"},
    {"mock_dropSpace", control_drop_space, 1, "[] or [\"NAME\"], a space"},
    /* As chopsticks has them. */
    {"dev_newBlock", control_dev_new_block, 1,
     "[], or [{\"count\":2}], [{\"to\":100}] or [{\"transactions\":[\"0x...\"]}]"},
    {"dev_setStorage", control_dev_set_storage, 2, "[[[\"0x...\",\"0x...\"],[\"0x...\",null]]]"},
    {"dev_setHead", control_dev_set_head, 1, "[72], [\"0x...\"] or [-1]"},
    {"dev_timeTravel", control_dev_time_travel, 1, "[1700000000000] or [\"2026-12-01T12:00:00Z\"]"},
};

static const struct method *find(struct substrate_text name) {
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (base_text_is(name, methods[i].name)) {
            return &methods[i];
        }
    }
    return NULL;
}

struct base_json control_param(const struct control *control, size_t index) {
    struct base_json value = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk;
    struct substrate_text key;
    if (control->params.kind != BASE_JSON_ARRAY) {
        return value;
    }
    base_json_walk_init(&walk, control->params);
    for (size_t i = 0; i <= index; i++) {
        if (!base_json_walk_next(&walk, &key, &value)) {
            value.kind = BASE_JSON_NONE;
            break;
        }
    }
    return value;
}

enum substrate_status control_wrong(const struct control *control) {
    return base_fail(control->error, SUBSTRATE_E_ARGUMENT, "expected params %s", control->expected);
}

enum substrate_status control_done(struct control *control) {
    base_buf_str(control->result, "true");
    return SUBSTRATE_OK;
}

enum substrate_status control_members(const struct control *control, struct base_json object,
                                      const char *const *known) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    if (object.kind != BASE_JSON_OBJECT) {
        return control_wrong(control);
    }
    base_json_walk_init(&walk, object);
    while (base_json_walk_next(&walk, &key, &value)) {
        size_t i = 0;
        while (known[i] != NULL && !base_json_says(key, base_text(known[i]))) {
            i++;
        }
        if (known[i] == NULL) {
            return control_wrong(control);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status run(struct control *control, const struct method *method) {
    bool listed = control->params.kind == BASE_JSON_ARRAY;
    if ((!listed && control->params.kind != BASE_JSON_NONE) ||
        (listed && base_json_length(control->params) > method->params_max)) {
        return control_wrong(control);
    }
    return method->function(control);
}

static void write_error(struct substrate_text id, const char *message, struct base_buf *out) {
    struct base_buf data = BASE_BUF_INIT;
    base_json_write_string(&data, base_text(message));
    rpc_write_error(out, id, RPC_ERROR_INVALID_PARAMS, NULL, base_buf_view(&data));
    out->failed = out->failed || data.failed;
    base_buf_free(&data);
}

void control_answer(struct space_peer *peer, const struct rpc_envelope *envelope, uint64_t now,
                    struct base_buf *out) {
    const struct method *method = find(envelope->method);
    if (!space_peer_privileged(peer) || method == NULL) {
        rpc_write_error(out, envelope->id, RPC_ERROR_METHOD_NOT_FOUND,
                        method == NULL ? NULL : "RPC call is unsafe to be called externally",
                        (struct substrate_text){NULL, 0});
        return;
    }
    struct base_arena arena;
    struct base_buf result = BASE_BUF_INIT;
    struct substrate_error error = {.status = SUBSTRATE_OK};
    base_arena_init(&arena, 1024);
    struct control control = {.space = space_of(peer),
                              .peer = peer,
                              .id = envelope->id,
                              .params = envelope->params,
                              .expected = method->expected,
                              .now = now,
                              .arena = &arena,
                              .result = &result,
                              .error = &error};
    if (run(&control, method) != SUBSTRATE_OK) {
        write_error(envelope->id, error.message, out);
    } else if (!control.later) {
        rpc_write_result(out, envelope->id, base_buf_view(&result));
        out->failed = out->failed || result.failed;
    }
    base_buf_free(&result);
    base_arena_free(&arena);
}
