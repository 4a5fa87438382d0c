/* Lines of the adapter's input; see adapter_line.h. A line with a member that nobody knows is
 * refused: a misspelt one would be a silent default. */
#include "adapter_line.h"

#include <string.h>

#include <substrate/hash.h>

#include "base/json.h"
#include "base/text.h"
#include "options.h"

#define DEADLINE_MAX_MS 3600000u
#define THREADS_MAX 10000u

struct parser {
    struct base_arena *arena;
    struct line *line;
    struct substrate_error *error; /* of the line */
    /* What a run says for all its calls; looked up once, for the run may have very many. */
    struct base_json pin, deadline;
};

/* Cut to what fits a message. */
static int cut(struct substrate_text text) { return text.size < 100 ? (int)text.size : 100; }

static enum substrate_status refuse(const struct parser *parser, const char *what,
                                    struct substrate_text found, const char *wanted) {
    return base_fail(parser->error, SUBSTRATE_E_ARGUMENT, "%s is %.*s, but must be %s", what,
                     found.data != NULL ? cut(found) : 7,
                     found.data != NULL ? found.data : "missing", wanted);
}

static bool is_id(struct base_json value) {
    return value.kind == BASE_JSON_STRING || value.kind == BASE_JSON_NUMBER;
}

/* Each member must be one of `names`, which ends with NULL, and come once. */
static enum substrate_status check_members(const struct parser *parser, struct base_json object,
                                           const char *const *names) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_json_walk_init(&walk, object);
    while (base_json_walk_next(&walk, &key, &value)) {
        struct base_json name = {BASE_JSON_STRING, key};
        size_t count = 0;
        size_t i = 0;
        while (names[i] != NULL && !base_json_is(name, names[i])) {
            i += 1;
        }
        if (names[i] == NULL) {
            return base_fail(parser->error, SUBSTRATE_E_ARGUMENT, "there is no member %.*s here",
                             cut(key), key.data);
        }
        (void)base_json_member_count(object, names[i], &count);
        if (count > 1) {
            return base_fail(parser->error, SUBSTRATE_E_ARGUMENT, "the member %.*s comes twice",
                             cut(key), key.data);
        }
    }
    return SUBSTRATE_OK;
}

/* ---- what is wrong with one call, and leaves the others alone ---- */

static void fail_call(struct line_call *call, const char *what, struct base_json found,
                      const char *wanted) {
    bool missing = found.kind == BASE_JSON_NONE;
    (void)base_fail(&call->error, SUBSTRATE_E_ARGUMENT, "%s is %.*s, but must be %s", what,
                    missing ? 7 : cut(found.raw), missing ? "missing" : found.raw.data, wanted);
}

static void read_pin(const struct parser *parser, struct line_call *call, struct base_json pin) {
    static const char wanted[] = "{\"block\":0 to 4294967295}, {\"hash\":\"0x…\"} or null";
    struct base_json number = base_json_member(pin, "block");
    struct base_json hash = base_json_member(pin, "hash");
    if (pin.kind == BASE_JSON_NONE || pin.kind == BASE_JSON_NULL) {
        return;
    }
    bool one = pin.kind == BASE_JSON_OBJECT && base_json_length(pin) == 1;
    bool good = false;
    struct substrate_text digits;
    if (one && base_json_string(hash, parser->arena, &digits)) {
        call->pin.hash = &call->hash;
        good = substrate_hash_parse(digits, &call->hash) == SUBSTRATE_OK;
    } else if (one && base_json_u64(number, &call->pin.number)) {
        call->pin.by_number = true;
        good = call->pin.number <= UINT32_MAX; /* as on the command line */
    }
    if (!good) {
        fail_call(call, "pin", pin, wanted);
    }
}

static void read_deadline(struct line_call *call, struct base_json value) {
    if (value.kind != BASE_JSON_NONE &&
        (!base_json_u64(value, &call->deadline_ms) || call->deadline_ms == 0 ||
         call->deadline_ms > DEADLINE_MAX_MS)) {
        fail_call(call, "deadline_ms", value, "an integer from 1 to 3600000");
    }
}

/* Reads what a call asks. A pin and a deadline of the run are taken where it has none. */
static enum substrate_status read_call(const struct parser *parser, struct base_json object,
                                       struct line_call *call) {
    struct base_json id = base_json_member(object, "id");
    struct base_json function = base_json_member(object, "function");
    struct base_json args = base_json_member(object, "args");
    struct base_json pin = base_json_member(object, "pin");
    struct base_json deadline = base_json_member(object, "deadline_ms");
    struct substrate_text name = {NULL, 0};
    if (!is_id(id)) {
        return refuse(parser, "id", id.raw, "a string or a number");
    }
    call->id = id.raw;
    read_deadline(call, deadline.kind != BASE_JSON_NONE ? deadline : parser->deadline);
    read_pin(parser, call, pin.kind != BASE_JSON_NONE ? pin : parser->pin);
    if (args.kind != BASE_JSON_NONE && args.kind != BASE_JSON_ARRAY &&
        args.kind != BASE_JSON_OBJECT) {
        fail_call(call, "args", args, "an array or an object");
    }
    call->args = args.raw;
    if (function.kind != BASE_JSON_STRING) {
        fail_call(call, "function", function, "a name");
        return SUBSTRATE_OK;
    }
    if (!base_json_string(function, parser->arena, &name)) {
        return base_fail(parser->error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    if (memchr(name.data, '\0', name.size) != NULL) { /* which would end the name too early */
        (void)base_fail(&call->error, SUBSTRATE_E_NOT_FOUND, "no function %.*s", cut(function.raw),
                        function.raw.data);
        return SUBSTRATE_OK;
    }
    call->function = base_arena_text(parser->arena, name).data;
    return call->function != NULL ? SUBSTRATE_OK
                                  : base_fail(parser->error, SUBSTRATE_E_MEMORY, "out of memory");
}

/* ---- the line ---- */

static bool read_mode(struct base_json name, enum substrate_mode *mode) {
    for (int i = 0; i <= SUBSTRATE_MODE_SHARED; i++) {
        if (base_json_is(name, mode_name((enum substrate_mode)i))) {
            *mode = (enum substrate_mode)i;
            return true;
        }
    }
    return false;
}

static enum substrate_status read_how(const struct parser *parser, struct base_json object) {
    struct line *line = parser->line;
    struct base_json mode = base_json_member(object, "mode");
    struct base_json threads = base_json_member(object, "threads");
    uint64_t number = 0;
    line->mode = SUBSTRATE_MODE_GATHERED;
    if (mode.kind != BASE_JSON_NONE && !read_mode(mode, &line->mode)) {
        return refuse(parser, "mode", mode.raw,
                      "\"serial\", \"threaded\", \"gathered\" or \"shared\"");
    }
    if (threads.kind != BASE_JSON_NONE &&
        (!base_json_u64(threads, &number) || number == 0 || number > THREADS_MAX)) {
        return refuse(parser, "threads", threads.raw, "an integer from 1 to 10000");
    }
    line->threads = (uint32_t)number;
    return SUBSTRATE_OK;
}

static enum substrate_status read_calls(const struct parser *parser, struct base_json object) {
    static const char *const members[] = {"id", "function", "args", "pin", "deadline_ms", NULL};
    struct base_json calls = base_json_member(object, "calls");
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json element;
    enum substrate_status status = SUBSTRATE_OK;
    if (calls.kind != BASE_JSON_ARRAY) {
        return refuse(parser, "calls", calls.raw, "an array of calls");
    }
    struct line *line = parser->line;
    line->calls =
        base_arena_calloc(parser->arena, base_json_length(calls) + 1, sizeof(*line->calls));
    if (line->calls == NULL) {
        return base_fail(parser->error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    base_json_walk_init(&walk, calls);
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &key, &element)) {
        if (element.kind != BASE_JSON_OBJECT) {
            return refuse(parser, "a call", element.raw, "an object");
        }
        status = check_members(parser, element, members);
        if (status == SUBSTRATE_OK) {
            status = read_call(parser, element, &line->calls[line->count]);
            line->count += 1;
        }
    }
    return status;
}

static enum substrate_status read_run(struct parser *parser, struct base_json object) {
    static const char *const members[] = {"op",  "mode",        "threads", "calls",
                                          "pin", "deadline_ms", NULL};
    enum substrate_status status = check_members(parser, object, members);
    if (status == SUBSTRATE_OK) {
        status = read_how(parser, object);
    }
    parser->pin = base_json_member(object, "pin");
    parser->deadline = base_json_member(object, "deadline_ms");
    return status == SUBSTRATE_OK ? read_calls(parser, object) : status;
}

static enum substrate_status read_single(const struct parser *parser, struct base_json object) {
    static const char *const members[] = {"op",   "id",  "mode",        "function",
                                          "args", "pin", "deadline_ms", NULL};
    enum substrate_status status = check_members(parser, object, members);
    if (status == SUBSTRATE_OK) {
        status = read_how(parser, object);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    parser->line->calls = base_arena_calloc(parser->arena, 1, sizeof(struct line_call));
    parser->line->count = 1;
    return parser->line->calls != NULL
               ? read_call(parser, object, parser->line->calls)
               : base_fail(parser->error, SUBSTRATE_E_MEMORY, "out of memory");
}

static enum substrate_status read_id(const struct parser *parser, struct base_json object) {
    static const char *const members[] = {"op", "id", NULL};
    struct base_json id = base_json_member(object, "id");
    enum substrate_status status = check_members(parser, object, members);
    parser->line->id = id.raw;
    return status != SUBSTRATE_OK || is_id(id)
               ? status
               : refuse(parser, "id", id.raw, "a string or a number");
}

enum substrate_status line_read(struct substrate_text text, struct base_arena *arena,
                                struct line *line, struct substrate_error *error) {
    struct parser parser = {.arena = arena, .line = line, .error = error};
    struct base_json object;
    size_t position = 0;
    *line = (struct line){.op = LINE_RUN};
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &object, &position) != SUBSTRATE_OK) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no JSON; see byte %zu", position);
    }
    struct base_json op = base_json_member(object, "op");
    if (object.kind != BASE_JSON_OBJECT) {
        return refuse(&parser, "the line", object.raw, "an object");
    }
    if (base_json_is(op, "run")) {
        return read_run(&parser, object);
    }
    if (base_json_is(op, "call")) {
        return read_single(&parser, object);
    }
    if (base_json_is(op, "cancel") || base_json_is(op, "stats")) {
        line->op = base_json_is(op, "cancel") ? LINE_CANCEL : LINE_STATS;
        return read_id(&parser, object);
    }
    return refuse(&parser, "op", op.raw, "\"call\", \"run\", \"cancel\" or \"stats\"");
}
