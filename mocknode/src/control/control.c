/* The control methods, one function each, in a table. */
#include "control/control.h"

#include <string.h>
#include "base/hex.h"
#include "base/text.h"
#include "control/spaces.h"
#include "script/latency.h"

struct control {
    struct space *space;
    struct base_json params;
    const char *expected; /* how the parameters must look */
    uint64_t now;
    struct base_arena *arena;
    struct base_buf *result; /* raw JSON */
    struct substrate_error *error;
};

typedef enum substrate_status (*control_function)(struct control *control);

/* Parameter 0; kind NONE when there is none. */
static struct base_json first(const struct control *control) {
    struct base_json value = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk;
    struct substrate_text key;
    if (control->params.kind == BASE_JSON_ARRAY) {
        base_json_walk_init(&walk, control->params);
        if (!base_json_walk_next(&walk, &key, &value)) {
            value.kind = BASE_JSON_NONE;
        }
    }
    return value;
}

static enum substrate_status wrong(const struct control *control) {
    return base_fail(control->error, SUBSTRATE_E_ARGUMENT, "expected params %s", control->expected);
}

static enum substrate_status done(struct control *control) {
    base_buf_str(control->result, "true");
    return SUBSTRATE_OK;
}

void control_write_block(const struct chain_block *block, struct base_buf *out) {
    base_buf_format(out, "{\"number\":%llu,\"hash\":", (unsigned long long)block->number);
    base_json_write_hex(out, (struct substrate_bytes){block->hash.bytes, 32});
    base_buf_char(out, '}');
}

const struct chain_block *control_find_block(const struct chain *chain, struct substrate_text text,
                                             struct substrate_error *error) {
    uint64_t number = 0;
    struct substrate_hash hash;
    size_t size = 0;
    const struct chain_block *block = NULL;
    if (base_text_u64(text, &number)) {
        block = chain_at(chain, number);
    } else if (base_hex_read(text, hash.bytes, 32, &size) && size == 32) {
        block = chain_find(chain, &hash);
    } else {
        (void)base_fail(error, SUBSTRATE_E_ARGUMENT,
                        "\"%.*s\" is neither a block number nor a block hash (0x and 64 digits)",
                        (int)(text.size < 80 ? text.size : 80), text.data);
        return NULL;
    }
    if (block == NULL) {
        (void)base_fail(error, SUBSTRATE_E_NOT_FOUND,
                        "block %.*s is not recorded; the recording's head is block %llu",
                        (int)text.size, text.data, (unsigned long long)chain_head(chain)->number);
    }
    return block;
}

static enum substrate_status stats(struct control *control) {
    space_write_stats(control->space, control->result);
    return SUBSTRATE_OK;
}

static enum substrate_status reset(struct control *control) {
    space_reset(control->space, control->now);
    return done(control);
}

static enum substrate_status set_latency(struct control *control) {
    struct substrate_text spec = {NULL, 0};
    uint64_t us = 0;
    if (!base_json_string(first(control), control->arena, &spec)) {
        return wrong(control);
    }
    enum substrate_status status = script_latency_parse(spec, &us, control->error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    space_set_latency(control->space, us);
    return done(control);
}

/* Reads {"MEMBER":JSON}, or the JSON itself when `member` is NULL. */
static enum substrate_status read_script(const struct control *control, const char *member,
                                         struct substrate_text json, struct script_rules **rules) {
    struct base_buf text = BASE_BUF_INIT;
    if (member != NULL) {
        base_buf_format(&text, "{\"%s\":", member);
    }
    base_buf_text(&text, json);
    base_buf_str(&text, member != NULL ? "}" : "");
    enum substrate_status status =
        text.failed ? base_fail(control->error, SUBSTRATE_E_MEMORY, "out of memory")
                    : script_rules_read(base_buf_view(&text), "params", rules, control->error);
    base_buf_free(&text);
    return status;
}

static enum substrate_status put_gate(struct control *control, struct script_rules *rules) {
    if (!space_set_gate(control->space, rules, control->now)) {
        return base_fail(control->error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    return SUBSTRATE_OK;
}

/* Rules come as [{…},{…}], as [[{…},{…}]], or as the document of a rules file: [{"rules":…}]. */
static enum substrate_status set_rules(struct control *control) {
    struct base_json value = first(control);
    struct script_rules *rules = NULL, *gate = NULL;
    bool document = base_json_member(value, "rules").kind != BASE_JSON_NONE ||
                    base_json_member(value, "gate").kind != BASE_JSON_NONE;
    if (value.kind == BASE_JSON_NONE) {
        return wrong(control);
    }
    struct substrate_text json =
        document || value.kind == BASE_JSON_ARRAY ? value.raw : control->params.raw;
    enum substrate_status status = read_script(control, document ? NULL : "rules", json, &rules);
    if (rules != NULL && rules->gate != NULL) {
        status = read_script(control, NULL, json, &gate);
        status = status == SUBSTRATE_OK ? put_gate(control, gate) : status;
    }
    if (status != SUBSTRATE_OK) {
        script_rules_free(rules);
        return status;
    }
    space_set_rules(control->space, rules);
    return done(control);
}

static enum substrate_status set_gate(struct control *control) {
    struct base_json value = first(control);
    struct script_rules *rules = NULL;
    if (value.kind != BASE_JSON_OBJECT && value.kind != BASE_JSON_NULL) {
        return wrong(control);
    }
    enum substrate_status status = read_script(control, "gate", value.raw, &rules);
    if (status == SUBSTRATE_OK) {
        status = put_gate(control, rules);
    }
    return status == SUBSTRATE_OK ? done(control) : status;
}

static enum substrate_status tell_head(struct control *control) {
    control_write_block(view_head(space_view(control->space)), control->result);
    return SUBSTRATE_OK;
}

static enum substrate_status set_head(struct control *control) {
    struct base_json value = first(control);
    struct substrate_text text = value.raw;
    if (value.kind != BASE_JSON_NUMBER && !base_json_string(value, control->arena, &text)) {
        return wrong(control);
    }
    const struct chain_block *block =
        view_resolve(space_view(control->space), text, control->error);
    if (block == NULL) {
        return SUBSTRATE_E_NOT_FOUND;
    }
    enum substrate_status status =
        space_set_head(control->space, block, control->now, control->error);
    return status == SUBSTRATE_OK ? tell_head(control) : status;
}

static enum substrate_status advance_head(struct control *control) {
    struct base_json value = first(control);
    uint64_t steps = 1;
    if (value.kind != BASE_JSON_NONE && (!base_json_u64(value, &steps) || steps == 0)) {
        return wrong(control);
    }
    enum substrate_status status =
        space_advance(control->space, steps, control->now, control->error);
    return status == SUBSTRATE_OK ? tell_head(control) : status;
}

static enum substrate_status journal(struct control *control) {
    struct base_json options = first(control), form = base_json_member(options, "form");
    bool canonical = base_json_is(form, "canonical");
    bool given = options.kind != BASE_JSON_NONE;
    if (given && (base_json_length(options) != 1 || (!canonical && !base_json_is(form, "raw")))) {
        return wrong(control);
    }
    space_write_journal(control->space, canonical, control->result);
    return SUBSTRATE_OK;
}

/* So many bytes of events are told at a time. */
#define EVENTS_SIZE_MAX (8 * 1024 * 1024)

static enum substrate_status events(struct control *control) {
    struct base_json options = first(control);
    uint64_t from = 0;
    if (options.kind != BASE_JSON_NONE &&
        (base_json_length(options) != 1 ||
         !base_json_u64(base_json_member(options, "from"), &from))) {
        return wrong(control);
    }
    space_write_events(control->space, from, EVENTS_SIZE_MAX, control->result);
    return SUBSTRATE_OK;
}

/* Without a name: the space of this connection, which is gone when its connections are. */
static enum substrate_status drop_space(struct control *control) {
    struct base_json value = first(control);
    struct substrate_text name = space_name(control->space);
    if (space_owner(control->space) == NULL ||
        (value.kind != BASE_JSON_NONE && !base_json_string(value, control->arena, &name))) {
        return wrong(control);
    }
    struct spaces *spaces = spaces_of(control->space);
    struct space *space = spaces_named(spaces, name);
    if (space == NULL) {
        return base_fail(control->error, SUBSTRATE_E_NOT_FOUND, "there is no space \"%.*s\"",
                         (int)name.size, name.data);
    }
    spaces_drop(spaces, space);
    return done(control);
}

static enum substrate_status unmatched(struct control *control) {
    space_write_unmatched(control->space, control->result);
    return SUBSTRATE_OK;
}

static const struct method {
    const char *name;
    control_function function;
    size_t params_max;
    const char *expected;
} methods[] = {
    {"mock_stats", stats, 0, "[]"},
    {"mock_reset", reset, 0, "[]"},
    {"mock_setLatency", set_latency, 1, "[\"200ms\"]"},
    {"mock_setRules", set_rules, SIZE_MAX,
     "[{\"methods\":[\"state_*\"],\"latency\":\"50ms\"}], or [[]] for none"},
    {"mock_setGate", set_gate, 1,
     "[{\"n\":7,\"methods\":[\"state_*\"],\"order\":\"reversed\"}], or [null] for none"},
    {"mock_setHead", set_head, 1, "[72] or [\"0x...\"], a recorded block"},
    {"mock_advanceHead", advance_head, 1, "[] or [3], a number of blocks"},
    {"mock_journal", journal, 1, "[], [{\"form\":\"raw\"}] or [{\"form\":\"canonical\"}]"},
    {"mock_events", events, 1, "[] or [{\"from\":1}], a number of an event"},
    {"mock_dropSpace", drop_space, 1, "[] or [\"NAME\"], a space"},
    {"mock_unmatched", unmatched, 0, "[]"},
};

static const struct method *find(struct substrate_text name) {
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (base_text_is(name, methods[i].name)) {
            return &methods[i];
        }
    }
    return NULL;
}

static enum substrate_status run(struct control *control, const struct method *method) {
    bool listed = control->params.kind == BASE_JSON_ARRAY;
    if ((!listed && control->params.kind != BASE_JSON_NONE) ||
        (listed && base_json_length(control->params) > method->params_max)) {
        return wrong(control);
    }
    return method->function(control);
}

static void write_error(const struct rpc_envelope *envelope, const char *message,
                        struct base_buf *out) {
    struct base_buf data = BASE_BUF_INIT;
    base_json_write_string(&data, base_text(message));
    rpc_write_error(out, envelope->id, RPC_ERROR_INVALID_PARAMS, NULL, base_buf_view(&data));
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
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    base_arena_init(&arena, 1024);
    struct control control = {
        space_of(peer), envelope->params, method->expected, now, &arena, &result, &error};
    if (run(&control, method) != SUBSTRATE_OK) {
        write_error(envelope, error.message, out);
    } else {
        rpc_write_result(out, envelope->id, base_buf_view(&result));
        out->failed = out->failed || result.failed;
    }
    base_buf_free(&result);
    base_arena_free(&arena);
}
