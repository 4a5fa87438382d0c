/* The life of a query: making, providing, stepping, freeing; and how steps ask and end. */
#include "query.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <substrate/hash.h>

#include "base/mem.h"
#include "base/text.h"

/* A small query fits one allocation, and so does its round. */
#define ARENA_BLOCK 512
#define ROUND_BLOCK 256
struct query_and_room {
    struct substrate_query query; /* first: it is what is freed */
    alignas(max_align_t) char room[BASE_ARENA_ROOM(ARENA_BLOCK)];
};
#define PARAMS_USUAL 192 /* a storage key of one argument, and the pin */
/* All but the text of the message, which is most of a query and seldom written. */
#define ZEROED_SIZE                              \
    (offsetof(struct substrate_query, outcome) + \
     offsetof(struct substrate_outcome, error.message) + 1)

enum substrate_status query_new(const struct query_description *description, const void *arguments,
                                size_t arguments_size, const struct substrate_pin *pin,
                                struct substrate_query **out) {
    *out = NULL;
    if (pin != NULL && pin->by_number && pin->number > INT64_MAX) {
        return SUBSTRATE_E_ARGUMENT;
    }
    struct query_and_room *both = base_alloc(sizeof(*both));
    if (both == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    struct substrate_query *query = &both->query;
    memset(query, 0, ZEROED_SIZE);
    base_arena_init_in(&query->arena, both->room, sizeof(both->room), ARENA_BLOCK);
    base_arena_init(&query->round, ROUND_BLOCK);
    query->description = description;
    query->name = description->name;
    query->outcome.status = SUBSTRATE_E_PENDING;
    query->arguments = base_arena_alloc(&query->arena, arguments_size);
    if (query->arguments == NULL) {
        substrate_query_free(query);
        return SUBSTRATE_E_MEMORY;
    }
    if (arguments_size > 0) {
        memcpy(query->arguments, arguments, arguments_size);
    }
    if (pin != NULL && pin->hash != NULL) {
        query_pin(query, pin->hash);
    }
    query->height = pin != NULL && pin->by_number ? (int64_t)pin->number : -1;
    *out = query;
    return SUBSTRATE_OK;
}

void substrate_query_free(struct substrate_query *query) {
    if (query == NULL) {
        return;
    }
    for (int kind = 0; kind < QUERY_RUNTIME_KINDS; kind++) {
        query_runtime_release(query->runtimes[kind]);
    }
    base_buf_free(&query->params);
    base_buf_free(&query->value);
    base_arena_free(&query->round);
    base_arena_free(&query->arena);
    base_free(query);
}

void substrate_query_set_deadline(struct substrate_query *query, uint64_t deadline_us) {
    query->deadline_us = deadline_us;
}

void substrate_query_set_progress(struct substrate_query *query,
                                  void (*progress)(void *context, uint64_t entries),
                                  void *context) {
    query->progress = progress;
    query->progress_context = context;
}

const struct substrate_outcome *substrate_query_outcome(const struct substrate_query *query) {
    return &query->outcome;
}

bool query_needs_pin(const struct substrate_query *query) {
    return query->description->needs != QUERY_NEEDS_NOTHING && !query->pinned;
}

int64_t query_wanted_height(const struct substrate_query *query) { return query->height; }

void query_pin(struct substrate_query *query, const struct substrate_hash *hash) {
    query->at = *hash;
    query->pinned = true;
    query->pin[0] = '"';
    substrate_hash_format(hash, query->pin + 1); /* 66 characters */
    query->pin[67] = '"';
    query->pin[68] = '\0';
}

bool query_needs_runtime(const struct substrate_query *query, enum query_runtime_kind kind) {
    return (query->description->needs & 2u << kind) != 0 && query->runtimes[kind] == NULL;
}

void query_give_runtime(struct substrate_query *query, enum query_runtime_kind kind,
                        struct query_runtime *runtime) {
    query_runtime_release(query->runtimes[kind]);
    query->runtimes[kind] = query_runtime_retain(runtime);
}

struct base_buf *query_params(struct substrate_query *query) {
    base_buf_reset(&query->params);
    (void)base_buf_reserve(&query->params, PARAMS_USUAL);
    return &query->params;
}

/* Room for one more request in the round. NULL: out of memory. */
static struct substrate_request *grow(struct substrate_query *query) {
    if (query->request_count == query->request_capacity) {
        size_t capacity = query->request_capacity == 0 ? 1 : 4 * query->request_capacity;
        struct substrate_request *requests =
            base_arena_calloc(&query->round, capacity, sizeof(*requests));
        if (requests == NULL) {
            return NULL;
        }
        if (query->request_count > 0) {
            memcpy(requests, query->requests, query->request_count * sizeof(*requests));
        }
        query->requests = requests;
        query->request_capacity = capacity;
    }
    return &query->requests[query->request_count];
}

void query_add(struct substrate_query *query, const char *method, const struct base_buf *params) {
    struct substrate_request *request = grow(query);
    bool made = request != NULL && !query->round_failed;
    if (made && params != NULL) {
        request->params = base_arena_text(&query->round, base_buf_view(params));
        made = !params->failed && request->params.data != NULL;
    }
    if (made) {
        request->method = method;
        request->deadline_us = query->deadline_us;
        query->request_count += 1;
    }
    query->round_failed = !made;
}

static void add_pinned(struct substrate_query *query, const char *method, struct base_buf *params) {
    base_buf_char(params, ',');
    base_buf_str(params, query->pin);
    base_buf_char(params, ']');
    query_add(query, method, params);
}

void query_add_storage(struct substrate_query *query, struct substrate_bytes key) {
    char room[PARAMS_USUAL];
    struct base_buf params = BASE_BUF_ON(room);
    base_buf_char(&params, '[');
    base_json_write_hex(&params, key);
    add_pinned(query, "state_getStorage", &params);
    base_buf_free(&params);
}

void query_add_call(struct substrate_query *query, const char *api, const char *method,
                    struct substrate_bytes arguments) {
    struct base_buf *params = query_params(query);
    struct base_buf name = BASE_BUF_INIT;
    base_buf_format(&name, "%s%s%s", api, *api != '\0' ? "_" : "", method);
    base_buf_char(params, '[');
    base_json_write_string(params, base_buf_view(&name));
    base_buf_char(params, ',');
    base_json_write_hex(params, arguments);
    params->failed = params->failed || name.failed;
    base_buf_free(&name);
    add_pinned(query, "state_call", params);
}

enum query_progress query_ask(struct substrate_query *query) {
    base_buf_free(&query->params);
    if (query->outcome.status != SUBSTRATE_E_PENDING) {
        return QUERY_FAILED;
    }
    if (query->round_failed) {
        return query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
    }
    return QUERY_ASK;
}

enum query_progress query_done(struct substrate_query *query, struct substrate_text value) {
    query->outcome.status = SUBSTRATE_OK;
    query->outcome.value = value;
    return QUERY_DONE;
}

enum query_progress query_done_written(struct substrate_query *query) {
    if (query->value.failed) {
        return query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
    }
    return query_done(query, base_buf_view(&query->value));
}

enum query_progress query_fail(struct substrate_query *query, const struct substrate_error *error) {
    query->outcome.status = error->status;
    query->outcome.error = *error;
    return QUERY_FAILED;
}

enum query_progress query_fail_with(struct substrate_query *query, enum substrate_status status,
                                    const char *format, ...) {
    struct substrate_error error;
    char text[sizeof(error.message)];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    (void)base_fail(&error, status, "%s: %s", query->name, text);
    return query_fail(query, &error);
}

const char *query_title(const struct substrate_request *request, char room[QUERY_TITLE_MAX]) {
    struct base_json params, function;
    struct base_json_walk walk;
    struct substrate_text key;
    if (strcmp(request->method, "state_call") != 0 ||
        base_json_parse(request->params, BASE_JSON_DEPTH_MAX, &params, NULL) != SUBSTRATE_OK) {
        return request->method;
    }
    base_json_walk_init(&walk, params);
    if (!base_json_walk_next(&walk, &key, &function) || function.kind != BASE_JSON_STRING) {
        return request->method;
    }
    size_t size = function.raw.size - 2; /* without the quotes */
    (void)snprintf(room, QUERY_TITLE_MAX, "%s %.*s", request->method,
                   (int)(size < QUERY_TITLE_MAX ? size : QUERY_TITLE_MAX), function.raw.data + 1);
    return room;
}

enum query_progress query_step(struct substrate_query *query, const struct substrate_reply *replies,
                               size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool heard = query->description->hears_errors && replies[i].status == SUBSTRATE_E_RPC;
        if (replies[i].status != SUBSTRATE_OK && !heard) {
            struct substrate_error error;
            char room[QUERY_TITLE_MAX];
            (void)substrate_reply_error(query_title(&query->requests[i], room), &replies[i],
                                        &error);
            return query_fail(query, &error);
        }
    }
    base_arena_reset(&query->round);
    query->requests = NULL;
    query->request_count = query->request_capacity = 0;
    query->round_failed = false;
    enum query_progress progress = query->description->step(query, replies, count);
    /* Given back while it is at hand: of many queries that wait to be freed, each holds its answer
     * and no more. */
    if (progress != QUERY_ASK) {
        base_arena_free(&query->round);
        base_buf_free(&query->params);
    }
    return progress;
}
