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

static struct space_series *new_series(struct space *space, struct substrate_text key,
                                       size_t label) {
    struct space_series *series = space_keep(space, sizeof(*series) + key.size);
    if (series == NULL) {
        return NULL;
    }
    char *copy = (char *)(series + 1);
    memcpy(copy, key.data, key.size);
    series->label = (struct substrate_text){copy, label};
    series->request = (struct substrate_text){copy + label + 1, key.size - label - 1};
    struct substrate_text kept = {copy, key.size};
    return base_map_put(&space->series, kept, series) ? series : NULL;
}

struct space_series *space_series_of(struct space *space, struct substrate_text label,
                                     struct substrate_text request) {
    struct base_buf *key = &space->key;
    base_buf_reset(key);
    base_buf_text(key, label);
    base_buf_char(key, '\0');
    append_short(key, request, REQUEST_SIZE_MAX);
    if (key->failed) {
        return NULL;
    }
    struct space_series *series = base_map_get(&space->series, base_buf_view(key));
    series = series != NULL ? series : new_series(space, base_buf_view(key), label.size);
    if (series == NULL && space->memory_used + key->size > space->config.texts_max) {
        series = &space->others; /* over the budget */
    }
    return series;
}

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
