/* For tests of Bittensor's functions: answers what their queries ask out of fixtures/subtensor-293,
 * at its head, and runs them without a runner. */
#ifndef SUBTENSOR_RECORDED_H
#define SUBTENSOR_RECORDED_H

#include "client_support.h"
#include "codec_fixture.h"

#include <substrate/call.h>
#include <substrate/hash.h>
#include <subtensor/functions.h>
#include <subtensor/subtensor.h>
#include "base/map.h"
#include "query/query.h"

#define RECORDED_HEAD "0xa31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a97"
#define RECORDED_HEIGHT 73

/* What the recording says, as raw JSON: by storage key, and by the arguments of a runtime call. */
struct recorded {
    struct base_arena arena;
    struct base_map state, calls;
    struct substrate_text header, extrinsics;
    struct query_runtime *runtime;
    struct substrate_hash head;
};
static struct recorded recorded;

/* Raw texts live as long as the program. */
static inline struct substrate_text *recorded_text(struct substrate_text text) {
    struct substrate_text *copy = base_arena_alloc(&recorded.arena, sizeof(*copy));
    ck_assert_ptr_nonnull(copy);
    *copy = base_arena_text(&recorded.arena, text);
    ck_assert_ptr_nonnull(copy->data);
    return copy;
}

static inline void recorded_put(struct base_map *map, struct substrate_text key,
                                struct base_json value) {
    ck_assert(base_map_put(map, *recorded_text(key), recorded_text(value.raw)));
}

/* Changes of later blocks come later in the file. */
static inline void recorded_line(struct base_json line) {
    struct base_json key = base_json_member(line, "key");
    struct base_json at = base_json_member(line, "at"), hash = base_json_member(line, "hash");
    if (key.kind == BASE_JSON_STRING) {
        recorded_put(&recorded.state, key.raw, base_json_member(line, "value"));
    } else if (base_json_is(at, RECORDED_HEAD) &&
               base_json_is(base_json_member(line, "method"), "state_call")) {
        recorded_put(&recorded.calls, base_json_member(line, "params").raw,
                     base_json_member(line, "result"));
    } else if (base_json_is(hash, RECORDED_HEAD)) {
        recorded.header = *recorded_text(base_json_member(line, "header").raw);
        recorded.extrinsics = *recorded_text(base_json_member(line, "extrinsics").raw);
    }
}

static inline void recorded_file(const char *name) {
    struct fixture_bytes file = fixture_file(name);
    for (size_t at = 0; at < file.size;) {
        const char *text = (const char *)file.data + at;
        const char *end = memchr(text, '\n', file.size - at);
        size_t size = end != NULL ? (size_t)(end - text) : file.size - at;
        struct base_json line;
        ck_assert_int_eq(
            base_json_parse((struct substrate_text){text, size}, BASE_JSON_DEPTH_MAX, &line, NULL),
            SUBSTRATE_OK);
        recorded_line(line);
        at += size + 1;
    }
    free(file.data);
}

static inline void recorded_load(void) {
    struct substrate_hash genesis = {{0}};
    if (recorded.runtime != NULL) {
        return;
    }
    ck_assert_int_eq(substrate_hash_parse(base_text(RECORDED_HEAD), &recorded.head), SUBSTRATE_OK);
    base_arena_init(&recorded.arena, 1 << 20);
    recorded_file("state.jsonl");
    recorded_file("calls.jsonl");
    recorded_file("blocks.jsonl");
    recorded.runtime = query_runtime_new(&genesis, 293, 1, fixture_metadata(FIXTURE_V15));
    ck_assert_ptr_nonnull(recorded.runtime);
}

/* ---- answering ---- */

static inline void answer_text(struct substrate_text *answer, const struct substrate_text *text) {
    *answer = text != NULL ? *text : base_text("null");
}

static inline struct base_json recorded_param(struct substrate_text params, size_t index) {
    struct base_json list, item = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk;
    struct substrate_text name;
    ck_assert_int_eq(base_json_parse(params, BASE_JSON_DEPTH_MAX, &list, NULL), SUBSTRATE_OK);
    base_json_walk_init(&walk, list);
    for (size_t i = 0; i <= index; i++) {
        ck_assert(base_json_walk_next(&walk, &name, &item));
    }
    return item;
}

/* Text that a test makes; not with the library's allocator, which may be failing. */
struct recorded_words {
    char *data;
    size_t size;
};
static inline void words_add(struct recorded_words *words, struct substrate_text text) {
    words->data = realloc(words->data, words->size + text.size + 1);
    ck_assert_ptr_nonnull(words->data);
    memcpy(words->data + words->size, text.data, text.size);
    words->size += text.size;
}

static inline int recorded_compare(const void *a, const void *b) {
    return base_text_compare(*(const struct substrate_text *)a, *(const struct substrate_text *)b);
}

static inline void recorded_keys(struct base_json prefix, struct recorded_words *words) {
    struct substrate_text keys[600], key;
    size_t count = 0, cursor = 0, size = prefix.raw.size - 1;
    void *value;
    while (base_map_next(&recorded.state, &cursor, &key, &value)) {
        if (key.size > size && memcmp(key.data, prefix.raw.data, size) == 0 &&
            !base_text_is(*(struct substrate_text *)value, "null")) {
            ck_assert_uint_lt(count, 600);
            keys[count++] = key;
        }
    }
    qsort(keys, count, sizeof(*keys), recorded_compare);
    words_add(words, base_text("["));
    for (size_t i = 0; i < count; i++) {
        words_add(words, base_text(i > 0 ? "," : ""));
        words_add(words, keys[i]);
    }
    words_add(words, base_text("]"));
}

static inline void recorded_values(struct base_json keys, struct recorded_words *words) {
    struct base_json_walk walk;
    struct base_json key;
    struct substrate_text name, value;
    words_add(words, base_text("[{\"block\":\"" RECORDED_HEAD "\",\"changes\":["));
    base_json_walk_init(&walk, keys);
    for (size_t i = 0; base_json_walk_next(&walk, &name, &key); i++) {
        words_add(words, base_text(i > 0 ? ",[" : "["));
        words_add(words, key.raw);
        words_add(words, base_text(","));
        answer_text(&value, base_map_get(&recorded.state, key.raw));
        words_add(words, value);
        words_add(words, base_text("]"));
    }
    words_add(words, base_text("]}]"));
}

/* The raw JSON result of a request; on the heap. */
static inline struct recorded_words recorded_answer(const struct substrate_request *request) {
    struct recorded_words words = {NULL, 0};
    struct base_json first = recorded_param(request->params, 0);
    struct substrate_text text;
    if (strcmp(request->method, "state_getStorage") == 0) {
        answer_text(&text, base_map_get(&recorded.state, first.raw));
        words_add(&words, text);
    } else if (strcmp(request->method, "state_queryStorageAt") == 0) {
        recorded_values(first, &words);
    } else if (strcmp(request->method, "state_getKeysPaged") == 0) {
        recorded_keys(first, &words);
    } else if (strcmp(request->method, "chain_getHeader") == 0) {
        words_add(&words, recorded.header);
    } else if (strcmp(request->method, "chain_getBlock") == 0) {
        words_add(&words, base_text("{\"block\":{\"header\":"));
        words_add(&words, recorded.header);
        words_add(&words, base_text(",\"extrinsics\":"));
        words_add(&words, recorded.extrinsics);
        words_add(&words, base_text("},\"justifications\":null}"));
    } else {
        struct base_json data = recorded_param(request->params, 1);
        struct recorded_words key = {NULL, 0};
        ck_assert_str_eq(request->method, "state_call");
        words_add(&key, base_text("["));
        words_add(&key, first.raw);
        words_add(&key, base_text(","));
        words_add(&key, data.raw);
        words_add(&key, base_text("]"));
        const struct substrate_text *result =
            base_map_get(&recorded.calls, (struct substrate_text){key.data, key.size});
        ck_assert_msg(result != NULL, "not recorded: %.*s", (int)key.size, key.data);
        words_add(&words, *result);
        free(key.data);
    }
    return words;
}

/* ---- running ---- */

#define RECORDED_REQUESTS_MAX 16

/* Spoils the answer number `index` of a query; may replace it. */
typedef void recorded_spoiler(size_t index, struct recorded_words *answer,
                              struct substrate_reply *reply);

static inline void recorded_provide(struct substrate_query *query, struct query_runtime *runtime) {
    if (query_needs_pin(query)) {
        query_pin(query, &recorded.head);
    }
    for (int kind = 0; kind < QUERY_RUNTIME_KINDS; kind++) {
        if (query_needs_runtime(query, (enum query_runtime_kind)kind)) {
            query_give_runtime(query, (enum query_runtime_kind)kind, runtime);
        }
    }
}

/* Runs a query to its end. Returns the number of answers that it was given; *rounds, which may be
 * NULL, that of its rounds. */
static inline size_t recorded_run(struct substrate_query *query, recorded_spoiler *spoil,
                                  size_t *rounds) {
    size_t answers = 0, round = 0;
    recorded_provide(query, recorded.runtime);
    enum query_progress progress = query_step(query, NULL, 0);
    for (; progress == QUERY_ASK; round++) {
        struct recorded_words words[RECORDED_REQUESTS_MAX];
        struct substrate_reply replies[RECORDED_REQUESTS_MAX];
        size_t count = query->request_count;
        ck_assert_uint_gt(count, 0);
        ck_assert_uint_le(count, RECORDED_REQUESTS_MAX);
        for (size_t i = 0; i < count; i++) {
            words[i] = recorded_answer(&query->requests[i]);
            replies[i] = (struct substrate_reply){.status = SUBSTRATE_OK};
            if (spoil != NULL) {
                spoil(answers, &words[i], &replies[i]);
            }
            replies[i].result = (struct substrate_text){words[i].data, words[i].size};
            answers += 1;
        }
        progress = query_step(query, replies, count);
        for (size_t i = 0; i < count; i++) {
            free(words[i].data);
        }
    }
    ck_assert_int_eq(progress, query->outcome.status == SUBSTRATE_OK ? QUERY_DONE : QUERY_FAILED);
    if (rounds != NULL) {
        *rounds = round;
    }
    return answers;
}

static inline struct substrate_query *recorded_query(const char *name, const char *arguments) {
    struct substrate_query *query = NULL;
    struct substrate_error error = {0};
    const struct subtensor_function *function = subtensor_function_find(name);
    ck_assert_msg(function != NULL, "there is no function %s", name);
    enum substrate_status status =
        subtensor_query(function, base_text(arguments), NULL, &query, &error);
    ck_assert_msg(status == SUBSTRATE_OK, "%s: %s", name, error.message);
    return query;
}

/* The query of a function, answered; to be freed. */
static inline struct substrate_query *recorded_ask(const char *name, const char *arguments) {
    struct substrate_query *query = recorded_query(name, arguments);
    (void)recorded_run(query, NULL, NULL);
    ck_assert_msg(query->outcome.status == SUBSTRATE_OK, "%s: %s", name,
                  query->outcome.error.message);
    return query;
}

#endif
