/* The kit's loop: one thread reads lines; what a line asks is done by threads of its own, so that
 * lines are read meanwhile. A line is refused by a status that is not OK. */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/text.h"
#include "kit_internal.h"

/* A handle by the member `on`, with one more user. */
static enum substrate_status find_handle(struct kit *kit, struct base_json line,
                                         struct base_arena *arena, struct handle **handle,
                                         struct substrate_error *error) {
    struct substrate_text name;
    enum substrate_status status = kit_read_text(line, "on", arena, &name, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    (void)pthread_mutex_lock(&kit->lock);
    *handle = base_map_get(&kit->handles, name);
    if (*handle != NULL) {
        (*handle)->users += 1;
    }
    (void)pthread_mutex_unlock(&kit->lock);
    return *handle != NULL
               ? SUBSTRATE_OK
               : base_fail(error, SUBSTRATE_E_ARGUMENT, "no handle %.100s is open", name.data);
}

static enum substrate_status no_memory(struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory, or of threads");
}

static enum substrate_status hello(struct kit *kit, struct base_json line,
                                   struct substrate_error *error) {
    uint64_t protocol = 0;
    if (!base_json_u64(base_json_member(line, "protocol"), &protocol) || protocol != KIT_PROTOCOL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "the protocol spoken here is %d",
                         KIT_PROTOCOL);
    }
    kit->greeted = true;
    return SUBSTRATE_OK;
}

/* What an open asks that the client cannot do; NULL: nothing. */
static const char *cannot(const struct kit *kit, const struct kit_options *options) {
    const struct {
        bool asked;
        unsigned can;
        const char *word;
    } rows[] = {
        {options->lazy, KIT_LAZY, "no lazy handles"},
        {options->url_count > 1, KIT_ENDPOINTS, "one URL for a handle"},
        {options->in_flight > 0, KIT_IN_FLIGHT, "no limit of calls in flight"},
        {options->headers != NULL, KIT_HEADERS, "no headers of the handshake"},
        {options->deadline_ms > 0, KIT_DEADLINE, "no deadlines"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].asked && (kit->client->can & rows[i].can) == 0) {
            return rows[i].word;
        }
    }
    return NULL;
}

static enum substrate_status open_command(struct kit *kit, struct base_json line,
                                          struct substrate_error *error) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    struct handle *handle = base_arena_calloc(&arena, 1, sizeof(*handle));
    if (handle == NULL) {
        return no_memory(error);
    }
    *handle = (struct handle){.kit = kit, .arena = arena, .users = 1};
    enum substrate_status status = kit_read_text(line, "on", &handle->arena, &handle->name, error);
    if (status == SUBSTRATE_OK) {
        status = kit_read_open(line, handle, error);
    }
    const char *missing = status == SUBSTRATE_OK ? cannot(kit, &handle->options) : NULL;
    if (missing != NULL) {
        status = base_fail(error, SUBSTRATE_E_ARGUMENT, "the client has %s", missing);
    }
    if (status == SUBSTRATE_OK) {
        (void)pthread_mutex_lock(&kit->lock);
        if (base_map_get(&kit->handles, handle->name) != NULL) {
            status = base_fail(error, SUBSTRATE_E_ARGUMENT, "%.100s is open", handle->name.data);
        } else if (!base_map_put(&kit->handles, handle->name, handle)) {
            status = no_memory(error);
        }
        (void)pthread_mutex_unlock(&kit->lock);
    }
    if (status == SUBSTRATE_OK && !kit_spawn(kit, kit_open_handle, handle, true)) {
        (void)pthread_mutex_lock(&kit->lock);
        (void)base_map_remove(&kit->handles, handle->name);
        (void)pthread_mutex_unlock(&kit->lock);
        status = no_memory(error);
    }
    if (status != SUBSTRATE_OK) {
        kit_handle_free(handle);
    }
    return status;
}

static enum substrate_status close_command(struct kit *kit, struct base_json line,
                                           struct substrate_error *error) {
    struct handle *handle = NULL;
    struct base_arena arena;
    base_arena_init(&arena, 0);
    enum substrate_status status = find_handle(kit, line, &arena, &handle, error);
    base_arena_free(&arena);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    (void)pthread_mutex_lock(&kit->lock);
    (void)base_map_remove(&kit->handles, handle->name);
    (void)pthread_mutex_unlock(&kit->lock);
    kit_handle_leave(handle);
    if (!kit_spawn(kit, kit_close_handle, handle, true)) {
        kit_close_handle(handle);
    }
    return SUBSTRATE_OK;
}

/* Makes the calls of a run known, all or none. */
static enum substrate_status accept_calls(struct run *run, struct substrate_error *error) {
    struct kit *kit = run->kit;
    enum substrate_status status = SUBSTRATE_OK;
    size_t count = 0;
    (void)pthread_mutex_lock(&kit->lock);
    for (; count < run->count && status == SUBSTRATE_OK; count++) {
        struct call *call = &run->calls[count];
        struct substrate_text id = base_text(call->call.id);
        if (base_map_get(&kit->calls, id) != NULL) {
            status = base_fail(error, SUBSTRATE_E_ARGUMENT, "the id %.100s is in use", id.data);
            break;
        }
        call->kit = kit;
        call->lane = count % run->threads + 1;
        if (call->call.deadline_ms == 0) {
            call->call.deadline_ms = run->handle->options.deadline_ms;
        }
        if (!base_map_put(&kit->calls, id, call)) {
            status = no_memory(error);
            break;
        }
    }
    for (; status != SUBSTRATE_OK && count > 0; count--) {
        (void)base_map_remove(&kit->calls, base_text(run->calls[count - 1].call.id));
    }
    (void)pthread_mutex_unlock(&kit->lock);
    return status;
}

static bool has_function(const struct kit_client *client, const char *name) {
    const char *const *at = client->functions;
    while (at != NULL && *at != NULL && strcmp(*at, name) != 0) {
        at++;
    }
    return at != NULL && *at != NULL;
}

/* What a call asks that the client cannot do ends it, and leaves the others of its run alone. */
static void end_what_cannot_be(struct run *run) {
    const struct kit_client *client = run->kit->client;
    for (size_t i = 0; i < run->count; i++) {
        const struct kit_call *call = &run->calls[i].call;
        struct kit_end end = {0};
        if (call->function != NULL ? !has_function(client, call->function)
                                   : (client->can & KIT_RAW) == 0) {
            end = kit_wrong("unsupported", "the client has no such call");
        } else if (call->deadline_ms > 0 && (client->can & KIT_DEADLINE) == 0) {
            end = kit_wrong("unsupported", "the client has no deadlines");
        }
        if (end.outcome != NULL) {
            kit_end(&run->calls[i].call, &end);
        }
    }
}

static enum substrate_status run_command(struct kit *kit, struct base_json line,
                                         struct substrate_error *error) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    struct run *run = base_arena_calloc(&arena, 1, sizeof(*run));
    struct substrate_text copy = base_arena_text(&arena, line.raw);
    if (run == NULL || copy.data == NULL) {
        base_arena_free(&arena);
        return no_memory(error);
    }
    *run = (struct run){.kit = kit, .arena = arena};
    (void)base_json_parse(copy, BASE_JSON_DEPTH_MAX, &line, NULL); /* the same, in the arena */
    enum substrate_status status = kit_read_run(line, run, error);
    if (status == SUBSTRATE_OK) {
        status = find_handle(kit, line, &run->arena, &run->handle, error);
    }
    if (status == SUBSTRATE_OK) {
        status = accept_calls(run, error);
    }
    if (status == SUBSTRATE_OK) {
        end_what_cannot_be(run);
        if (!kit_spawn(kit, kit_run, run, true)) {
            kit_run(run);
        }
        return SUBSTRATE_OK;
    }
    if (run->handle != NULL) {
        kit_handle_leave(run->handle);
    }
    arena = run->arena;
    base_arena_free(&arena);
    return status;
}

/* A text member that is an id. */
static enum substrate_status read_id(struct base_json line, struct base_arena *arena,
                                     struct substrate_text *id, struct substrate_error *error) {
    base_arena_init(arena, 0);
    enum substrate_status status = kit_read_text(line, "id", arena, id, error);
    if (status != SUBSTRATE_OK) {
        base_arena_free(arena);
    }
    return status;
}

static enum substrate_status cancel_command(struct kit *kit, struct base_json line,
                                            struct substrate_error *error) {
    struct base_arena arena;
    struct substrate_text id;
    if (kit->client->cancel == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "the client cannot cancel");
    }
    enum substrate_status status = read_id(line, &arena, &id, error);
    if (status == SUBSTRATE_OK) {
        kit_cancel(kit, id);
        base_arena_free(&arena);
    }
    return status;
}

static enum substrate_status subscribe_command(struct kit *kit, struct base_json line,
                                               struct substrate_error *error) {
    struct base_arena arena;
    if (kit->client->subscribe == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "the client has no subscriptions");
    }
    base_arena_init(&arena, 0);
    struct subscription *subscription = base_arena_calloc(&arena, 1, sizeof(*subscription));
    struct substrate_text copy = base_arena_text(&arena, line.raw);
    if (subscription == NULL || copy.data == NULL) {
        base_arena_free(&arena);
        return no_memory(error);
    }
    *subscription = (struct subscription){.kit = kit, .arena = arena};
    (void)base_json_parse(copy, BASE_JSON_DEPTH_MAX, &line, NULL); /* the same, in the arena */
    enum substrate_status status = kit_read_subscription(line, subscription, error);
    if (status == SUBSTRATE_OK) {
        status = find_handle(kit, line, &subscription->arena, &subscription->handle, error);
    }
    struct substrate_text id = base_text(subscription->subscription.id);
    if (status == SUBSTRATE_OK) {
        (void)pthread_mutex_lock(&kit->lock);
        if (base_map_get(&kit->subscriptions, id) != NULL) {
            status = base_fail(error, SUBSTRATE_E_ARGUMENT, "the id %.100s is in use", id.data);
        } else if (!base_map_put(&kit->subscriptions, id, subscription)) {
            status = no_memory(error);
        }
        (void)pthread_mutex_unlock(&kit->lock);
    }
    if (status == SUBSTRATE_OK && !kit_spawn(kit, kit_follow, subscription, false)) {
        kit_follow(subscription);
    } else if (status != SUBSTRATE_OK) {
        if (subscription->handle != NULL) {
            kit_handle_leave(subscription->handle);
        }
        arena = subscription->arena;
        base_arena_free(&arena);
    }
    return status;
}

/* What is unknown has ended: its driver knows. No line is read before the client has unsubscribed,
 * so that what is asked next comes behind it; unless a handler is at work, which may wait for a
 * line. */
static enum substrate_status unsubscribe_command(struct kit *kit, struct base_json line,
                                                 struct substrate_error *error) {
    struct base_arena arena;
    struct substrate_text id;
    enum substrate_status status = read_id(line, &arena, &id, error);
    if (status == SUBSTRATE_OK) {
        (void)pthread_mutex_lock(&kit->lock);
        struct subscription *subscription = base_map_get(&kit->subscriptions, id);
        if (subscription != NULL) {
            subscription->unsubscribed = true;
        }
        while (subscription != NULL && subscription->following && !subscription->handling) {
            (void)pthread_cond_wait(&kit->changed, &kit->lock);
            subscription = base_map_get(&kit->subscriptions, id);
        }
        (void)pthread_mutex_unlock(&kit->lock);
        base_arena_free(&arena);
    }
    return status;
}

/* A handler lives to the end of the process: calls that it makes point into it. */
static enum substrate_status handler_command(struct kit *kit, struct base_json line,
                                             struct substrate_error *error) {
    struct base_json does = base_json_member(line, "does");
    struct base_json call = base_json_member(does, "call");
    struct base_json kept = {BASE_JSON_NONE, {NULL, 0}};
    struct substrate_text id = {NULL, 0};
    if (!base_json_is(does, "hold") && call.kind != BASE_JSON_OBJECT) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "does must be \"hold\" or {\"call\":CALL}");
    }
    (void)pthread_mutex_lock(&kit->lock);
    enum substrate_status status = kit_read_text(line, "id", &kit->kept, &id, error);
    struct handler *handler = base_arena_calloc(&kit->kept, 1, sizeof(*handler));
    struct substrate_text copy = base_arena_text(&kit->kept, call.raw);
    if (status == SUBSTRATE_OK && call.kind != BASE_JSON_NONE && copy.data != NULL) {
        (void)base_json_parse(copy, BASE_JSON_DEPTH_MAX, &kept, NULL);
    }
    if (status == SUBSTRATE_OK && handler != NULL && copy.data != NULL) {
        *handler = (struct handler){.hold = call.kind == BASE_JSON_NONE, .call = kept};
        status = base_map_put(&kit->handlers, id, handler) ? SUBSTRATE_OK : no_memory(error);
    } else if (status == SUBSTRATE_OK) {
        status = no_memory(error);
    }
    (void)pthread_mutex_unlock(&kit->lock);
    return status;
}

static enum substrate_status release_command(struct kit *kit, struct base_json line,
                                             struct substrate_error *error) {
    struct base_arena arena;
    struct substrate_text id;
    enum substrate_status status = read_id(line, &arena, &id, error);
    if (status == SUBSTRATE_OK) {
        (void)pthread_mutex_lock(&kit->lock);
        struct handler *handler = base_map_get(&kit->handlers, id);
        if (handler != NULL) {
            handler->hold = false;
        }
        (void)pthread_cond_broadcast(&kit->changed);
        (void)pthread_mutex_unlock(&kit->lock);
        base_arena_free(&arena);
    }
    return status;
}

static enum substrate_status drop_command(struct kit *kit, struct base_json line,
                                          struct substrate_error *error) {
    (void)kit;
    (void)line;
    return base_fail(error, SUBSTRATE_E_ARGUMENT, "in C a handle is closed, or it leaks");
}

static enum substrate_status stat_command(struct kit *kit, struct base_json line,
                                          struct substrate_error *error) {
    struct base_arena arena;
    struct substrate_text id;
    struct substrate_text name;
    void *handle = NULL;
    uint64_t pending = 0;
    size_t cursor = 0;
    enum substrate_status status = read_id(line, &arena, &id, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    (void)pthread_mutex_lock(&kit->lock);
    while (kit->client->pending != NULL && base_map_next(&kit->handles, &cursor, &name, &handle)) {
        void *client = ((struct handle *)handle)->client;
        pending += client != NULL ? kit->client->pending(client) : 0;
    }
    (void)pthread_mutex_unlock(&kit->lock);
    kit_tell_stat(kit, id.data, kit->client->pending != NULL, pending);
    base_arena_free(&arena);
    return SUBSTRATE_OK;
}

/* ---- lines ---- */

static enum substrate_status carry_out(struct kit *kit, struct substrate_text text,
                                       struct substrate_error *error) {
    static enum substrate_status (*const commands[])(struct kit * kit, struct base_json line,
                                                     struct substrate_error * error) = {
        [OP_HELLO] = hello,
        [OP_OPEN] = open_command,
        [OP_RUN] = run_command,
        [OP_CANCEL] = cancel_command,
        [OP_SUBSCRIBE] = subscribe_command,
        [OP_UNSUBSCRIBE] = unsubscribe_command,
        [OP_HANDLER] = handler_command,
        [OP_RELEASE] = release_command,
        [OP_CLOSE] = close_command,
        [OP_DROP] = drop_command,
        [OP_STAT] = stat_command,
    };
    struct base_json line;
    size_t position = 0;
    enum op op = OP_HELLO;
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &line, &position) != SUBSTRATE_OK ||
        line.kind != BASE_JSON_OBJECT) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no JSON object; see byte %zu", position);
    }
    enum substrate_status status = kit_read_op(line, &op, error);
    if (status == SUBSTRATE_OK && op != OP_HELLO && !kit->greeted) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "the first line must be the op hello");
    }
    return status == SUBSTRATE_OK ? commands[op](kit, line, error) : status;
}

static void read_lines(struct kit *kit) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size = 0;
    while ((size = getline(&line, &capacity, stdin)) >= 0) {
        struct substrate_text text = base_text_trim((struct substrate_text){line, (size_t)size});
        struct substrate_error error = {0};
        kit->line += 1;
        if (text.size > 0 && carry_out(kit, text, &error) != SUBSTRATE_OK) {
            kit_tell_refused(kit, error.message);
        }
    }
    free(line);
}

/* Waits for calls, then closes what is open, which ends subscriptions. */
static void finish(struct kit *kit) {
    struct substrate_text name;
    void *handle = NULL;
    size_t cursor = 0;
    (void)pthread_mutex_lock(&kit->lock);
    while (kit->asking > 0) {
        (void)pthread_cond_wait(&kit->changed, &kit->lock);
    }
    (void)pthread_mutex_unlock(&kit->lock);
    while (base_map_next(&kit->handles, &cursor, &name, &handle)) {
        kit_shut_handle(handle);
        kit_handle_free(handle);
    }
    (void)pthread_mutex_lock(&kit->lock);
    while (kit->threads > 0) {
        (void)pthread_cond_wait(&kit->changed, &kit->lock);
    }
    (void)pthread_mutex_unlock(&kit->lock);
}

int kit_main(const struct kit_client *client) {
    struct kit kit = {
        .client = client,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .output = PTHREAD_MUTEX_INITIALIZER,
    };
    struct base_map *const maps[] = {&kit.handles, &kit.calls, &kit.subscriptions, &kit.handlers};
    base_arena_init(&kit.kept, 0);
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        base_map_init(maps[i], 0);
    }
    kit_tell_hello(&kit);
    read_lines(&kit);
    finish(&kit);
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        base_map_free(maps[i]);
    }
    base_arena_free(&kit.kept);
    return ferror(stdout) != 0;
}
