/* Texts of what happened, kept once each: names of methods, and canonical requests by label. What
 * is long is kept as its beginning, its size and its digest; when the space's budget for texts is
 * used up, what is new is counted under one name. */
#include "space/state.h"

#include <string.h>
#include "base/hash.h"
#include "base/text.h"

/* Names of methods are the client's own; beyond this many distinct ones they are counted together.
 */
#define METHODS_MAX 1024
#define METHOD_SIZE_MAX 512 /* more than what stands for a longer one */
#define REQUEST_SIZE_MAX (64 * 1024)
#define BEGINNING 200

static void say_full(struct space *space) {
    if (!space->texts_full) {
        (void)fprintf(
            stderr,
            "mocknode: space \"%.*s\" has used up its %zu bytes for texts of requests: new "
            "ones are counted under one name until mock_reset\n",
            (int)space->name.size, space->name.data, space->config.texts_max);
    }
    space->texts_full = true;
}

void *space_keep(struct space *space, size_t size) {
    if (space->memory_used + size > space->config.texts_max) {
        say_full(space);
        return NULL;
    }
    space->memory_used += size;
    return base_arena_calloc(&space->memory, 1, size);
}

struct substrate_text space_keep_text(struct space *space, struct substrate_text text) {
    char *copy = space_keep(space, text.size + 1);
    if (copy != NULL && text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    return (struct substrate_text){copy, text.size};
}

/* Appends the text, or what stands for one that is longer than `max`. */
static void append_short(struct base_buf *out, struct substrate_text text, size_t max) {
    if (text.size <= max) {
        base_buf_text(out, text);
        return;
    }
    uint8_t digest[32];
    struct substrate_bytes bytes = {(const uint8_t *)text.data, text.size};
    struct base_blake2 hash;
    base_blake2_begin(&hash);
    base_blake2_update(&hash, bytes);
    base_blake2_end(&hash, digest);
    base_buf_append(out, text.data, BEGINNING);
    base_buf_format(out, "... %zu bytes, BLAKE2b-256 0x", text.size);
    base_buf_hex(out, (struct substrate_bytes){digest, sizeof(digest)});
}

/* ---- series ---- */

static size_t size_of(const struct rpc_canonical *request) {
    size_t params = request->params.data != NULL ? 1 + request->params.size : 0;
    return request->name.size + params + (request->at != NULL ? sizeof(" @0x") - 1 + 64 : 0);
}

/* Of the parts: a text is written only for a request that is new. */
static uint64_t digest_of(const struct space *space, struct substrate_text label,
                          const struct rpc_canonical *request) {
    uint64_t at = 0;
    if (request->at != NULL) {
        memcpy(&at, request->at->bytes, sizeof(at));
    }
    uint64_t digest = base_table_hash(label, space->seed);
    digest = base_table_hash(request->name, digest ^ at);
    return base_table_hash(request->params, digest);
}

static bool is_of(const struct space_series *series, struct substrate_text label,
                  const struct rpc_canonical *request) {
    const struct rpc_canonical *own = &series->parts;
    return base_text_equal(series->label, label) && base_text_equal(own->name, request->name) &&
           base_text_equal(own->params, request->params) &&
           (own->params.data != NULL) == (request->params.data != NULL) &&
           (own->at != NULL) == (request->at != NULL) &&
           (own->at == NULL || memcmp(own->at, request->at, sizeof(*own->at)) == 0);
}

/* NULL: out of memory. `others`: its text is over the budget. */
static struct space_series *new_series(struct space *space, struct substrate_text label,
                                       const struct rpc_canonical *request) {
    size_t size = sizeof(struct space_series) + label.size + size_of(request);
    struct space_series *series = space_keep(space, size);
    if (series == NULL) {
        return space->memory_used + size > space->config.texts_max ? &space->others : NULL;
    }
    struct base_buf *text = &space->canonical;
    base_buf_reset(text);
    base_buf_text(text, label);
    rpc_canonical_write(request, text);
    if (text->failed) {
        return NULL;
    }
    char *copy = memcpy(series + 1, text->data, text->size);
    series->label = (struct substrate_text){copy, label.size};
    copy += label.size;
    series->request = (struct substrate_text){copy, text->size - label.size};
    series->parts.name = (struct substrate_text){copy, request->name.size};
    if (request->params.data != NULL) {
        series->parts.params =
            (struct substrate_text){copy + request->name.size + 1, request->params.size};
    }
    if (request->at != NULL) {
        series->at = *request->at;
        series->parts.at = &series->at;
    }
    return series;
}

static struct space_series *find_or_make(struct space *space, struct substrate_text label,
                                         const struct rpc_canonical *request) {
    uint64_t digest = digest_of(space, label, request);
    struct space_series *first = base_idmap_get(&space->series, digest), *series = first;
    while (series != NULL && !is_of(series, label, request)) {
        series = series->next;
    }
    if (series == NULL) {
        series = new_series(space, label, request);
        if (series != NULL && series != &space->others) {
            series->next = first;
            series = base_idmap_put(&space->series, digest, series) ? series : NULL;
        }
    }
    return series;
}

struct space_series *space_series_of(struct space *space, struct substrate_text label,
                                     const struct rpc_canonical *request) {
    if (size_of(request) <= REQUEST_SIZE_MAX) {
        return find_or_make(space, label, request);
    }
    struct base_buf text = BASE_BUF_INIT;
    char room[BEGINNING + 128];
    struct base_buf brief = BASE_BUF_ON(room);
    rpc_canonical_write(request, &text);
    append_short(&brief, base_buf_view(&text), REQUEST_SIZE_MAX);
    struct space_series *series = NULL;
    if (!text.failed && !brief.failed) {
        series = find_or_make(space, label, &(struct rpc_canonical){.name = base_buf_view(&brief)});
    }
    base_buf_free(&text);
    base_buf_free(&brief);
    return series;
}

/* ---- methods ---- */

struct space_method *space_method_of(struct space *space, struct substrate_text name) {
    struct space_method *method = space->last_method;
    if (method == NULL || !base_text_equal(method->name, name)) {
        method = base_map_get(&space->methods, name);
    }
    if (method != NULL) {
        space->last_method = method;
        return method;
    }
    char room[BEGINNING + 128];
    struct base_buf text = BASE_BUF_ON(room);
    append_short(&text, name, METHOD_SIZE_MAX);
    if (text.size != name.size) {
        method = space_method_of(space, base_buf_view(&text));
        base_buf_free(&text);
        return method;
    }
    base_buf_free(&text);
    if (space->methods.count >= METHODS_MAX && !base_text_is(name, "unknown")) {
        return space_method_of(space, BASE_TEXT("unknown"));
    }
    method = base_arena_calloc(&space->memory, 1, sizeof(*method));
    struct substrate_text copy = base_arena_text(&space->memory, name);
    if (copy.data == NULL || method == NULL || !base_map_put(&space->methods, copy, method)) {
        return NULL;
    }
    method->name = copy;
    return method;
}
