/* Lines of the kit's input, read into what they ask. A member that an operation does not have is
 * refused: a misspelt one would be a silent default. */
#include <string.h>

#include "base/text.h"
#include "kit_internal.h"

#define THREADS_MAX 10000u
#define DEADLINE_MAX_MS 3600000u
#define PAGE_MAX 1000000u

static const struct {
    const char *name;
    const char *members[8];
} ops[] = {
    [OP_HELLO] = {"hello", {"protocol"}},
    [OP_OPEN] = {"open", {"on", "urls", "lazy", "in_flight", "headers", "deadline_ms"}},
    [OP_RUN] = {"run", {"on", "mode", "calls", "threads", "pin", "deadline_ms"}},
    [OP_CANCEL] = {"cancel", {"id"}},
    [OP_SUBSCRIBE] = {"subscribe", {"on", "id", "kind", "method", "params", "unsubscribe"}},
    [OP_UNSUBSCRIBE] = {"unsubscribe", {"id"}},
    [OP_HANDLER] = {"handler", {"id", "does"}},
    [OP_RELEASE] = {"release", {"id"}},
    [OP_CLOSE] = {"close", {"on"}},
    [OP_DROP] = {"drop", {"on"}},
    [OP_STAT] = {"stat", {"id"}},
};
static const char *const call_members[] = {"method", "params", "function",    "args",
                                           "page",   "pin",    "deadline_ms", NULL};
static const char *const modes[] = {[RUN_SERIAL] = "serial",
                                    [RUN_THREADED] = "threaded",
                                    [RUN_GATHERED] = "gathered",
                                    [RUN_SHARED] = "shared"};
/* The functions whose first two arguments are names. */
static const char *const named[] = {"storage", "map", "constant", "runtime-call", NULL};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum substrate_status wrong(struct substrate_error *error, const char *what,
                                   struct base_json found, const char *wanted) {
    int size = found.raw.size < 100 ? (int)found.raw.size : 100;
    return base_fail(error, SUBSTRATE_E_ARGUMENT, "%s is %.*s, but must be %s", what,
                     found.kind == BASE_JSON_NONE ? 7 : size,
                     found.kind == BASE_JSON_NONE ? "missing" : found.raw.data, wanted);
}

static bool listed(struct base_json name, const char *const *names) {
    while (*names != NULL && !base_json_is(name, *names)) {
        names++;
    }
    return *names != NULL;
}

static enum substrate_status check_members(struct base_json object, const char *const *names,
                                           const char *besides, struct substrate_error *error) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    if (object.kind != BASE_JSON_OBJECT) {
        return wrong(error, "a call", object, "an object");
    }
    base_json_walk_init(&walk, object);
    while (base_json_walk_next(&walk, &key, &value)) {
        struct base_json name = {BASE_JSON_STRING, key};
        if (!base_json_is(name, besides) && !listed(name, names)) {
            return wrong(error, "a member", name, "one that this operation has");
        }
    }
    return SUBSTRATE_OK;
}

enum substrate_status kit_read_op(struct base_json line, enum op *op,
                                  struct substrate_error *error) {
    struct base_json name = base_json_member(line, "op");
    size_t i = 0;
    while (i < COUNT(ops) && !base_json_is(name, ops[i].name)) {
        i++;
    }
    if (i == COUNT(ops)) {
        return wrong(error, "op", name, "an operation of the protocol");
    }
    *op = (enum op)i;
    return check_members(line, ops[i].members, "op", error);
}

/* ---- members ---- */

enum substrate_status kit_read_text(struct base_json object, const char *name,
                                    struct base_arena *arena, struct substrate_text *text,
                                    struct substrate_error *error) {
    struct base_json value = base_json_member(object, name);
    if (value.kind != BASE_JSON_STRING || !base_json_string(value, arena, text) ||
        memchr(text->data, '\0', text->size) != NULL) {
        return wrong(error, name, value, "a text");
    }
    *text = base_arena_text(arena, *text);
    return text->data != NULL ? SUBSTRATE_OK
                              : base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
}

enum substrate_status kit_read_number(struct base_json object, const char *name, uint64_t max,
                                      uint64_t *number, struct substrate_error *error) {
    struct base_json value = base_json_member(object, name);
    if (value.kind != BASE_JSON_NONE &&
        (!base_json_u64(value, number) || *number == 0 || *number > max)) {
        return wrong(error, name, value, "a positive integer that is not too great");
    }
    return SUBSTRATE_OK;
}

static struct kit_text as_text(struct substrate_text text) {
    return (struct kit_text){text.data, text.size};
}

enum substrate_status kit_read_open(struct base_json line, struct handle *handle,
                                    struct substrate_error *error) {
    struct base_json urls = base_json_member(line, "urls");
    struct base_json headers = base_json_member(line, "headers");
    struct base_json url;
    struct base_json_walk walk;
    struct substrate_text key;
    struct substrate_text text;
    uint64_t in_flight = 0;
    if (urls.kind != BASE_JSON_ARRAY || base_json_length(urls) == 0) {
        return wrong(error, "urls", urls, "a list of at least one URL");
    }
    const char **list =
        base_arena_calloc(&handle->arena, base_json_length(urls), sizeof(const char *));
    enum substrate_status status =
        kit_read_number(line, "in_flight", UINT32_MAX, &in_flight, error);
    if (status == SUBSTRATE_OK) {
        status = kit_read_number(line, "deadline_ms", DEADLINE_MAX_MS, &handle->options.deadline_ms,
                                 error);
    }
    base_json_walk_init(&walk, urls);
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &key, &url)) {
        text = (struct substrate_text){NULL, 0};
        if (list == NULL || !base_json_string(url, &handle->arena, &text)) {
            return wrong(error, "a URL", url, "a text");
        }
        list[handle->options.url_count] = base_arena_text(&handle->arena, text).data;
        handle->options.url_count += 1;
    }
    if (status == SUBSTRATE_OK && headers.kind != BASE_JSON_NONE) {
        handle->options.headers = base_arena_text(&handle->arena, headers.raw).data;
    }
    handle->options.urls = list;
    handle->options.in_flight = (uint32_t)in_flight;
    handle->options.lazy = base_json_member(line, "lazy").kind == BASE_JSON_TRUE;
    return status;
}

/* ---- calls ---- */

static enum substrate_status read_pin(struct base_json pin, struct base_arena *arena,
                                      struct kit_pin *into, struct substrate_error *error) {
    struct base_json number = base_json_member(pin, "block");
    if (pin.kind == BASE_JSON_NONE || pin.kind == BASE_JSON_NULL) {
        return SUBSTRATE_OK;
    }
    if (number.kind != BASE_JSON_NONE) {
        into->by_number = base_json_u64(number, &into->number);
        return into->by_number ? SUBSTRATE_OK : wrong(error, "pin", pin, "{\"block\":n}");
    }
    struct substrate_text hash = {NULL, 0};
    enum substrate_status status = kit_read_text(pin, "hash", arena, &hash, error);
    into->hash = hash.data;
    return status;
}

/* Takes the two names from the front of the arguments. Where they lack, the call is wrong, but the
 * line is not: `names` stay NULL. */
static enum substrate_status read_names(struct base_json args, struct base_arena *arena,
                                        struct kit_call *call) {
    struct base_json_walk walk;
    struct base_json part = {BASE_JSON_NONE, {NULL, 0}};
    struct substrate_text key;
    struct base_buf rest = BASE_BUF_INIT;
    size_t count = 0;
    base_buf_char(&rest, '[');
    base_json_walk_init(&walk, args);
    for (; base_json_walk_next(&walk, &key, &part); count++) {
        struct substrate_text name = {NULL, 0};
        if (count >= 2) {
            base_buf_str(&rest, count > 2 ? "," : "");
            base_buf_text(&rest, part.raw);
        } else if (base_json_string(part, arena, &name)) {
            call->names[count] = base_arena_text(arena, name).data;
        }
    }
    base_buf_char(&rest, ']');
    struct substrate_text kept = base_arena_text(arena, base_buf_view(&rest));
    bool good = !rest.failed && kept.data != NULL;
    base_buf_free(&rest);
    call->arguments = as_text(kept);
    return good ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
}

static enum substrate_status read_function(struct base_json object, struct base_arena *arena,
                                           struct kit_call *call, struct substrate_error *error) {
    struct base_json args = base_json_member(object, "args");
    struct substrate_text name = {NULL, 0};
    if (args.kind != BASE_JSON_NONE && args.kind != BASE_JSON_ARRAY &&
        args.kind != BASE_JSON_OBJECT) {
        return wrong(error, "args", args, "an array or an object");
    }
    enum substrate_status status = kit_read_text(object, "function", arena, &name, error);
    call->function = name.data;
    call->arguments = as_text(args.raw);
    return status == SUBSTRATE_OK && args.kind == BASE_JSON_ARRAY &&
                   listed(base_json_member(object, "function"), named)
               ? read_names(args, arena, call)
               : status;
}

static enum substrate_status read_method(struct base_json object, struct base_arena *arena,
                                         struct kit_call *call, struct substrate_error *error) {
    struct base_json params = base_json_member(object, "params");
    struct substrate_text name = {NULL, 0};
    if (params.kind != BASE_JSON_NONE && params.kind != BASE_JSON_ARRAY &&
        params.kind != BASE_JSON_OBJECT) {
        return wrong(error, "params", params, "an array or an object");
    }
    enum substrate_status status = kit_read_text(object, "method", arena, &name, error);
    call->method = name.data;
    call->params = params.kind == BASE_JSON_NONE ? (struct kit_text){"[]", 2} : as_text(params.raw);
    return status;
}

enum substrate_status kit_read_call(struct base_json object, const struct shared *shared,
                                    struct base_arena *arena, struct kit_call *call,
                                    struct substrate_error *error) {
    struct base_json pin = base_json_member(object, "pin");
    uint64_t page = 0;
    enum substrate_status status = check_members(object, call_members, "id", error);
    if (status == SUBSTRATE_OK) {
        status = base_json_member(object, "method").kind != BASE_JSON_NONE
                     ? read_method(object, arena, call, error)
                     : read_function(object, arena, call, error);
    }
    if (status == SUBSTRATE_OK) {
        status = read_pin(pin.kind != BASE_JSON_NONE ? pin : shared->pin, arena, &call->pin, error);
    }
    if (status == SUBSTRATE_OK) {
        call->deadline_ms = shared->deadline_ms;
        status = kit_read_number(object, "deadline_ms", DEADLINE_MAX_MS, &call->deadline_ms, error);
    }
    if (status == SUBSTRATE_OK) {
        status = kit_read_number(object, "page", PAGE_MAX, &page, error);
        call->page = (uint32_t)page;
    }
    return status;
}

enum substrate_status kit_read_run(struct base_json line, struct run *run,
                                   struct substrate_error *error) {
    struct base_json mode = base_json_member(line, "mode");
    struct base_json calls = base_json_member(line, "calls");
    struct base_json element;
    struct base_json_walk walk;
    struct substrate_text key;
    struct shared shared = {.pin = base_json_member(line, "pin")};
    struct substrate_text id = {NULL, 0};
    uint64_t threads = 0;
    size_t index = 0;
    while (index < COUNT(modes) && !base_json_is(mode, modes[index])) {
        index++;
    }
    if (index == COUNT(modes)) {
        return wrong(error, "mode", mode, "serial, threaded, gathered or shared");
    }
    run->mode = (enum run_mode)index;
    if (calls.kind != BASE_JSON_ARRAY) {
        return wrong(error, "calls", calls, "a list of calls");
    }
    run->calls = base_arena_calloc(&run->arena, base_json_length(calls) + 1, sizeof(*run->calls));
    if (run->calls == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    enum substrate_status status = kit_read_number(line, "threads", THREADS_MAX, &threads, error);
    if (status == SUBSTRATE_OK) {
        status = kit_read_number(line, "deadline_ms", DEADLINE_MAX_MS, &shared.deadline_ms, error);
    }
    base_json_walk_init(&walk, calls);
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &key, &element)) {
        struct kit_call *call = &run->calls[run->count].call;
        status = kit_read_call(element, &shared, &run->arena, call, error);
        if (status == SUBSTRATE_OK) {
            status = kit_read_text(element, "id", &run->arena, &id, error);
            call->id = id.data;
        }
        run->count += 1;
    }
    run->threads = run->mode == RUN_SERIAL ? 1
                   : run->mode == RUN_GATHERED || threads == 0 || threads > run->count
                       ? run->count
                       : (size_t)threads;
    return status;
}

/* ---- subscriptions ---- */

static const struct {
    const char *kind, *method, *unsubscribe;
} kinds[] = {
    {"heads", "chain_subscribeNewHeads", "chain_unsubscribeNewHeads"},
    {"finalized", "chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads"},
};

enum substrate_status kit_read_subscription(struct base_json line, struct subscription *into,
                                            struct substrate_error *error) {
    struct kit_subscription *subscription = &into->subscription;
    struct base_json kind = base_json_member(line, "kind");
    struct base_json params = base_json_member(line, "params");
    struct substrate_text text = {NULL, 0};
    enum substrate_status status = kit_read_text(line, "id", &into->arena, &text, error);
    subscription->id = text.data;
    subscription->params = as_text(params.raw);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (base_json_is(kind, kinds[i].kind)) {
            subscription->kind = kinds[i].kind;
            subscription->method = kinds[i].method;
            subscription->unsubscribe = kinds[i].unsubscribe;
        }
    }
    if (kind.kind != BASE_JSON_NONE && subscription->kind == NULL && status == SUBSTRATE_OK) {
        return wrong(error, "kind", kind, "heads or finalized");
    }
    if (kind.kind == BASE_JSON_NONE && status == SUBSTRATE_OK) {
        status = kit_read_text(line, "method", &into->arena, &text, error);
        subscription->method = text.data;
        if (status == SUBSTRATE_OK) {
            status = kit_read_text(line, "unsubscribe", &into->arena, &text, error);
            subscription->unsubscribe = text.data;
        }
    }
    return status;
}
