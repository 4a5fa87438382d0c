/* The life of a query: making, pinning, stepping, freeing; see query.h. */
#include "query.h"

#include <string.h>

#include <substrate/hash.h>

#include "base/mem.h"
#include "base/text.h"

#define ARENA_BLOCK 512 /* a small query and its answer fit one block */

enum substrate_status query_new(const struct query_description *description, const void *arguments,
                                size_t arguments_size, const struct substrate_hash *at,
                                struct substrate_query **out) {
    struct substrate_query *query = base_calloc(1, sizeof(*query));
    *out = NULL;
    if (query == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    base_arena_init(&query->arena, ARENA_BLOCK);
    query->description = description;
    query->name = description->name;
    query->outcome.status = SUBSTRATE_E_PENDING;
    void *copy = base_arena_alloc(&query->arena, arguments_size);
    char *pin = at != NULL ? base_arena_alloc(&query->arena, 70) : NULL;
    if (copy == NULL || (at != NULL && pin == NULL)) {
        substrate_query_free(query);
        return SUBSTRATE_E_MEMORY;
    }
    if (arguments_size > 0) {
        memcpy(copy, arguments, arguments_size);
    }
    query->arguments = copy;
    if (at != NULL) {
        pin[0] = '"';
        substrate_hash_format(at, pin + 1);
        pin[67] = '"';
        query->pin = (struct substrate_text){pin, 68};
    }
    *out = query;
    return SUBSTRATE_OK;
}

void substrate_query_free(struct substrate_query *query) {
    if (query != NULL) {
        base_arena_free(&query->arena);
        base_free(query);
    }
}

bool query_needs_pin(const struct substrate_query *query) {
    return query->description->reads_state && query->pin.data == NULL;
}

void query_pin(struct substrate_query *query, struct substrate_text pin) { query->pin = pin; }

enum query_progress query_ask(struct substrate_query *query, const char *method,
                              struct base_buf *params) {
    struct substrate_request *request = base_arena_calloc(&query->arena, 1, sizeof(*request));
    bool made = request != NULL;
    if (made && params != NULL) {
        request->params = base_arena_text(&query->arena, base_buf_view(params));
        made = !params->failed && request->params.data != NULL;
    }
    if (params != NULL) {
        base_buf_free(params);
    }
    if (!made) {
        return query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
    }
    request->method = method;
    query->requests = request;
    query->request_count = 1;
    return QUERY_ASK;
}

enum query_progress query_done(struct substrate_query *query, struct substrate_text value) {
    query->outcome.status = SUBSTRATE_OK;
    query->outcome.value = value;
    return QUERY_DONE;
}

enum query_progress query_fail(struct substrate_query *query, const struct substrate_error *error) {
    query->outcome.status = error->status;
    query->outcome.error = *error;
    return QUERY_FAILED;
}

enum query_progress query_fail_with(struct substrate_query *query, enum substrate_status status,
                                    const char *text) {
    struct substrate_error error;
    (void)base_fail(&error, status, "%s: %s", query->name, text);
    return query_fail(query, &error);
}

/* The reply to the head's round becomes the pin. */
static enum query_progress pin_to_head(struct substrate_query *query,
                                       const struct substrate_reply *reply) {
    struct substrate_hash hash;
    struct substrate_text raw = reply->result;
    query->resolving = false;
    if (raw.size < 2 || raw.data[0] != '"' ||
        substrate_hash_parse((struct substrate_text){raw.data + 1, raw.size - 2}, &hash) !=
            SUBSTRATE_OK) {
        return query_fail_with(query, SUBSTRATE_E_DECODE, "the head is no block hash");
    }
    query->pin = base_arena_text(&query->arena, raw);
    if (query->pin.data == NULL) {
        return query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
    }
    return query->description->step(query, NULL, 0);
}

enum query_progress query_step(struct substrate_query *query, const struct substrate_reply *replies,
                               size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (replies[i].status != SUBSTRATE_OK) {
            struct substrate_error error;
            (void)substrate_reply_error(query->requests[i].method, &replies[i], &error);
            return query_fail(query, &error);
        }
    }
    if (query->resolving) {
        return pin_to_head(query, &replies[0]);
    }
    if (count == 0 && query_needs_pin(query)) {
        query->resolving = true;
        return query_ask(query, "chain_getBlockHash", NULL);
    }
    return query->description->step(query, replies, count);
}
