/* Calls that wait, subscriptions that run, and what becomes of both when a connection is lost. */
#include "record/proxy/dialogue.h"

#include <stdio.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "record/proxy/splice.h"
#include "rpc/envelope.h"

#define FOLLOW "chainHead_v1_follow"

/* A message with calls that wait. */
struct question {
    TAILQ_ENTRY(question) entry;
    LIST_HEAD(, asked) calls;
    struct substrate_text text;
};

/* A call that waits. Texts follow. */
struct asked {
    LIST_ENTRY(asked) entry;
    struct question *question;
    struct substrate_text id, method, params;
    size_t twins; /* other calls with its id in flight: which reply is whose, nobody can tell */
    bool ambiguous;
};

/* A subscription. Texts follow. */
struct opened {
    TAILQ_ENTRY(opened) entry;
    struct substrate_text method, params;
    struct substrate_text name;    /* its id, raw, as the client knows it */
    struct substrate_text current; /* as the upstream does; of its own allocation, if another */
    uint64_t reopening;            /* the id of the request that opens it again; 0: none waits */
};

void dialogue_init(struct dialogue *dialogue, const struct dialogue_host *host, bool legacy) {
    *dialogue = (struct dialogue){.host = *host, .legacy = legacy};
    base_map_init(&dialogue->asked, 0);
    TAILQ_INIT(&dialogue->questions);
    TAILQ_INIT(&dialogue->opened);
}

/* Copies texts behind a record of this size, which is zeroed. NULL: out of memory. */
static void *with_texts(size_t size, struct substrate_text *texts, size_t count) {
    size_t whole = size;
    for (size_t i = 0; i < count; i++) {
        whole += texts[i].size;
    }
    char *record = base_calloc(1, whole);
    char *at = record + size;
    for (size_t i = 0; record != NULL && i < count; i++) {
        if (texts[i].size > 0) {
            memcpy(at, texts[i].data, texts[i].size);
        }
        texts[i].data = at;
        at += texts[i].size;
    }
    return record;
}

/* ---- calls that wait ---- */

static void drop_asked(struct dialogue *dialogue, struct asked *asked) {
    base_map_remove(&dialogue->asked, asked->id);
    LIST_REMOVE(asked, entry);
    base_free(asked);
}

static void drop_question(struct dialogue *dialogue, struct question *question) {
    while (!LIST_EMPTY(&question->calls)) {
        drop_asked(dialogue, LIST_FIRST(&question->calls));
    }
    TAILQ_REMOVE(&dialogue->questions, question, entry);
    base_free(question);
}

static void drop_opened(struct dialogue *dialogue, struct opened *opened) {
    TAILQ_REMOVE(&dialogue->opened, opened, entry);
    if (opened->current.data != opened->name.data) {
        base_free((void *)(uintptr_t)opened->current.data);
    }
    base_free(opened);
}

void dialogue_free(struct dialogue *dialogue) {
    while (!TAILQ_EMPTY(&dialogue->questions)) {
        drop_question(dialogue, TAILQ_FIRST(&dialogue->questions));
    }
    while (!TAILQ_EMPTY(&dialogue->opened)) {
        drop_opened(dialogue, TAILQ_FIRST(&dialogue->opened));
    }
    base_map_free(&dialogue->asked);
}

/* An id as text that is the same however it is escaped: nodes write it in their own way. Raw text
 * of numbers, and of strings that cannot be read. */
static struct substrate_text id_text(struct substrate_text raw, struct base_arena *arena) {
    struct base_json id = {BASE_JSON_STRING, raw};
    struct substrate_text text;
    if (raw.size < 2 || raw.data[0] != '"' || memchr(raw.data, '\\', raw.size) == NULL ||
        !base_json_string(id, arena, &text)) {
        return raw;
    }
    char *quoted = base_arena_alloc(arena, text.size + 2);
    if (quoted == NULL) {
        return raw;
    }
    quoted[0] = quoted[text.size + 1] = '"';
    memcpy(quoted + 1, text.data, text.size);
    return (struct substrate_text){quoted, text.size + 2};
}

static void note_call(struct dialogue *dialogue, struct question *question,
                      const struct rpc_envelope *call, struct base_arena *arena) {
    /* No params are the same as none in a list. */
    struct substrate_text texts[] = {id_text(call->id, arena), call->method,
                                     call->params.raw.data != NULL ? call->params.raw
                                                                   : BASE_TEXT("[]")};
    struct asked *twin = base_map_get(&dialogue->asked, texts[0]);
    if (twin != NULL) {
        twin->ambiguous = true;
        twin->twins++;
        return;
    }
    struct asked *asked = with_texts(sizeof *asked, texts, 3);
    if (asked == NULL) {
        return;
    }
    asked->question = question;
    asked->id = texts[0];
    asked->method = texts[1];
    asked->params = texts[2];
    if (!base_map_put(&dialogue->asked, asked->id, asked)) {
        base_free(asked);
        return;
    }
    LIST_INSERT_HEAD(&question->calls, asked, entry);
}

/* Remembers the calls of a message. Returns whether an answer is due. */
static bool note_calls(struct dialogue *dialogue, struct question *question,
                       struct base_arena *arena) {
    struct rpc_envelope envelope = rpc_read(question->text, arena);
    bool due = envelope.kind != RPC_NOTIFICATION;
    if (envelope.kind == RPC_CALL) {
        note_call(dialogue, question, &envelope, arena);
    } else if (envelope.kind == RPC_BATCH) {
        struct base_json_walk walk;
        struct substrate_text key;
        struct base_json entry;
        due = base_json_length(envelope.batch) == 0;
        base_json_walk_init(&walk, envelope.batch);
        while (base_json_walk_next(&walk, &key, &entry)) {
            struct rpc_envelope call = rpc_read_value(entry, arena);
            due = due || call.kind != RPC_NOTIFICATION;
            if (call.kind == RPC_CALL) {
                note_call(dialogue, question, &call, arena);
            }
        }
    }
    return due;
}

/* ---- subscriptions ---- */

static bool closes(struct substrate_text method) {
    return base_text_contains(method, "unsubscribe") || base_text_contains(method, "unfollow");
}

static bool opens(struct substrate_text method) {
    return (base_text_contains(method, "ubscribe") && !closes(method)) ||
           base_text_is(method, FOLLOW);
}

static struct opened *find_name(struct dialogue *dialogue, struct substrate_text name) {
    struct opened *opened;
    TAILQ_FOREACH(opened, &dialogue->opened, entry) {
        if (base_text_equal(opened->name, name)) {
            return opened;
        }
    }
    return NULL;
}

static struct opened *find_current(struct dialogue *dialogue, struct substrate_text current) {
    struct opened *opened;
    TAILQ_FOREACH(opened, &dialogue->opened, entry) {
        if (base_text_equal(opened->current, current)) {
            return opened;
        }
    }
    return NULL;
}

/* The id of a subscription as the first parameter of a call. */
static struct base_json first_param(struct base_json params) {
    struct base_json first = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk;
    struct substrate_text key;
    if (params.kind == BASE_JSON_ARRAY) {
        base_json_walk_init(&walk, params);
        (void)base_json_walk_next(&walk, &key, &first);
    }
    return first;
}

/* A subscription was opened. A name that the client knows another one by (nodes begin to count
 * anew) is replaced by one of the dialogue's own. */
static void note_opened(struct dialogue *dialogue, const struct asked *asked,
                        struct substrate_text id, struct splice *splice) {
    char own[40];
    struct substrate_text texts[] = {asked->method, asked->params, id, id};
    bool taken = find_name(dialogue, id) != NULL;
    if (taken) {
        (void)snprintf(own, sizeof own, "\"mocknode-%llu\"",
                       (unsigned long long)++dialogue->last_id);
        texts[2] = base_text(own);
    }
    struct opened *opened = with_texts(sizeof *opened, texts, 3);
    if (opened == NULL) {
        return;
    }
    opened->method = texts[0];
    opened->params = texts[1];
    opened->name = opened->current = texts[2];
    if (taken) {
        char *current = base_strdup(id);
        if (current == NULL) {
            base_free(opened);
            return;
        }
        opened->current = (struct substrate_text){current, id.size};
        splice_replace(splice, id, opened->name);
    }
    TAILQ_INSERT_TAIL(&dialogue->opened, opened, entry);
}

/* The answer to a request of the dialogue's own: a subscription runs again, under another id.
 * False: it is none. */
static bool hear_reopened(struct dialogue *dialogue, struct base_json id, struct base_json result) {
    char own[40];
    struct opened *opened;
    TAILQ_FOREACH(opened, &dialogue->opened, entry) {
        (void)snprintf(own, sizeof own, "mocknode-%llu", (unsigned long long)opened->reopening);
        if (opened->reopening == 0 || !base_json_is(id, own)) {
            continue;
        }
        opened->reopening = 0;
        char *current = result.kind == BASE_JSON_NONE ? NULL : base_strdup(result.raw);
        if (current != NULL) {
            if (opened->current.data != opened->name.data) {
                base_free((void *)(uintptr_t)opened->current.data);
            }
            opened->current = (struct substrate_text){current, result.raw.size};
        }
        return true;
    }
    return false;
}

/* ---- from the client ---- */

static void name_as_upstream(struct dialogue *dialogue, struct base_json call,
                             struct splice *splice) {
    struct base_json method = base_json_member(call, "method");
    struct base_json id = first_param(base_json_member(call, "params"));
    if (method.kind != BASE_JSON_STRING || id.kind == BASE_JSON_NONE || !closes(method.raw)) {
        return;
    }
    const struct opened *opened = find_name(dialogue, id.raw);
    if (opened != NULL && opened->current.data != opened->name.data) {
        splice_replace(splice, id.raw, opened->current);
    }
}

/* Sends a message with the ids of subscriptions as the upstream knows them. */
static void send(struct dialogue *dialogue, struct substrate_text message) {
    struct splice splice = splice_of(message);
    struct base_json value, entry;
    struct base_json_walk walk;
    struct substrate_text key;
    if (!TAILQ_EMPTY(&dialogue->opened) && base_text_contains(message, "unsubscribe") &&
        base_json_parse(message, BASE_JSON_DEPTH_MAX, &value, NULL) == SUBSTRATE_OK) {
        if (value.kind == BASE_JSON_ARRAY) {
            base_json_walk_init(&walk, value);
            while (base_json_walk_next(&walk, &key, &entry)) {
                name_as_upstream(dialogue, entry, &splice);
            }
        } else {
            name_as_upstream(dialogue, value, &splice);
        }
    }
    dialogue->host.send(dialogue->host.context, splice_end(&splice));
    splice_free(&splice);
}

bool dialogue_ask(struct dialogue *dialogue, struct substrate_text message) {
    struct base_arena arena;
    struct substrate_text text = message;
    struct question *question = with_texts(sizeof *question, &text, 1);
    bool due = true;
    if (question != NULL) {
        LIST_INIT(&question->calls);
        question->text = text;
        TAILQ_INSERT_TAIL(&dialogue->questions, question, entry);
        base_arena_init(&arena, 0);
        due = note_calls(dialogue, question, &arena);
        base_arena_free(&arena);
        if (LIST_EMPTY(&question->calls)) {
            drop_question(dialogue, question);
        }
    }
    send(dialogue, message);
    return due;
}

/* ---- from the upstream ---- */

static bool is_hidden(struct substrate_text method) {
    static const char *const HIDDEN[] = {"chainHead_", "archive_", "transaction", "chainSpec_"};
    for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; i++) {
        if (base_text_starts(method, HIDDEN[i])) {
            return true;
        }
    }
    return false;
}

/* Takes the new JSON-RPC out of an answer to rpc_methods. */
static void hide(struct base_json methods, struct splice *splice) {
    struct base_buf list = BASE_BUF_INIT;
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json name;
    const char *comma = "";
    if (methods.kind != BASE_JSON_ARRAY) {
        return;
    }
    base_buf_char(&list, '[');
    base_json_walk_init(&walk, methods);
    while (base_json_walk_next(&walk, &key, &name)) {
        if (!is_hidden((struct substrate_text){name.raw.data + 1, name.raw.size - 2})) {
            base_buf_str(&list, comma);
            base_buf_text(&list, name.raw);
            comma = ",";
        }
    }
    base_buf_char(&list, ']');
    if (!list.failed) {
        splice_replace(splice, methods.raw, base_buf_view(&list));
    }
    base_buf_free(&list);
}

static void hear_notification(struct dialogue *dialogue, struct base_json method,
                              struct base_json params, struct splice *splice) {
    struct base_json id = base_json_member(params, "subscription");
    struct base_json said = base_json_member(params, "result");
    if (said.kind != BASE_JSON_NONE) {
        const struct exchange exchange = {.method = {method.raw.data + 1, method.raw.size - 2},
                                          .result = said.raw};
        dialogue->host.heard(dialogue->host.context, said_new(&exchange));
    }
    const struct opened *opened = id.kind == BASE_JSON_NONE ? NULL : find_current(dialogue, id.raw);
    if (opened != NULL && opened->current.data != opened->name.data) {
        splice_replace(splice, id.raw, opened->name);
    }
}

/* What an answer means for the dialogue itself. */
static void hear_result(struct dialogue *dialogue, const struct asked *asked,
                        struct base_json result, struct splice *splice) {
    struct base_json params;
    if (dialogue->legacy && base_text_is(asked->method, "rpc_methods")) {
        hide(base_json_member(result, "methods"), splice);
    } else if (opens(asked->method)) {
        note_opened(dialogue, asked, result.raw, splice);
    } else if (closes(asked->method) &&
               base_json_parse(asked->params, BASE_JSON_DEPTH_MAX, &params, NULL) == SUBSTRATE_OK) {
        struct opened *opened = find_name(dialogue, first_param(params).raw);
        if (opened != NULL) {
            drop_opened(dialogue, opened);
        }
    }
}

static void hear_answer(struct dialogue *dialogue, struct asked *asked, struct base_json reply,
                        struct splice *splice) {
    struct base_json result = base_json_member(reply, "result");
    struct base_json error = base_json_member(reply, "error");
    bool is_error = error.kind != BASE_JSON_NONE;
    if (!asked->ambiguous && (result.kind == BASE_JSON_NONE) == is_error) {
        const struct exchange exchange = {.method = asked->method,
                                          .params = asked->params,
                                          .is_error = is_error,
                                          .result = is_error ? error.raw : result.raw};
        dialogue->host.heard(dialogue->host.context, said_new(&exchange));
        if (!is_error) {
            hear_result(dialogue, asked, result, splice);
        }
    }
    struct question *question = asked->question;
    drop_asked(dialogue, asked);
    if (LIST_EMPTY(&question->calls)) {
        drop_question(dialogue, question);
    }
}

/* One notification or answer. Returns whether it is the client's business. */
static bool hear_one(struct dialogue *dialogue, struct base_json reply, struct splice *splice) {
    struct base_json id = base_json_member(reply, "id");
    struct base_json method = base_json_member(reply, "method");
    if (method.kind == BASE_JSON_STRING) {
        hear_notification(dialogue, method, base_json_member(reply, "params"), splice);
        return true;
    }
    struct asked *asked = id.kind == BASE_JSON_NONE ? NULL : base_map_get(&dialogue->asked, id.raw);
    if (asked == NULL) {
        return !hear_reopened(dialogue, id, base_json_member(reply, "result"));
    }
    if (asked->twins > 0) {
        asked->twins--;
    } else {
        hear_answer(dialogue, asked, reply, splice);
    }
    return true;
}

void dialogue_hear(struct dialogue *dialogue, struct substrate_text message) {
    struct splice splice = splice_of(message);
    struct base_json value = {BASE_JSON_NONE, {NULL, 0}}, entry;
    struct base_json_walk walk;
    struct substrate_text key;
    bool told = true;
    if (base_json_parse(message, BASE_JSON_DEPTH_MAX, &value, NULL) == SUBSTRATE_OK &&
        value.kind == BASE_JSON_OBJECT) {
        told = hear_one(dialogue, value, &splice);
    } else if (value.kind == BASE_JSON_ARRAY) {
        base_json_walk_init(&walk, value);
        while (base_json_walk_next(&walk, &key, &entry)) {
            (void)hear_one(dialogue, entry, &splice);
        }
    }
    if (told) {
        dialogue->host.tell(dialogue->host.context, splice_end(&splice));
    }
    splice_free(&splice);
}

/* ---- another connection ---- */

/* Methods that do something: asked twice, they may do it twice. */
static bool does_something(struct substrate_text method) {
    static const char *const PREFIXES[] = {
        "author_submit", "author_insert", "author_rotate", "author_remove", "transaction",
        "system_add",    "system_remove", "offchain_",     "dev_",          "engine_"};
    for (size_t i = 0; i < sizeof PREFIXES / sizeof *PREFIXES; i++) {
        if (base_text_starts(method, PREFIXES[i])) {
            return true;
        }
    }
    return false;
}

static bool is_repeatable(const struct question *question) {
    const struct asked *asked;
    LIST_FOREACH(asked, &question->calls, entry) {
        if (does_something(asked->method)) {
            return false;
        }
    }
    return true;
}

/* Answers all calls of a message that wait. */
static void answer_lost(struct dialogue *dialogue, const struct question *question) {
    struct base_buf text = BASE_BUF_INIT;
    const struct asked *asked;
    bool batch = base_text_starts(base_text_trim(question->text), "[");
    const char *before = batch ? "[" : "";
    LIST_FOREACH(asked, &question->calls, entry) {
        base_buf_str(&text, before);
        rpc_write_error(&text, asked->id, RPC_ERROR_INTERNAL,
                        "mocknode record: the upstream was lost before it answered; it may have "
                        "done what was asked",
                        (struct substrate_text){NULL, 0});
        before = ",";
    }
    base_buf_str(&text, batch ? "]" : "");
    if (!text.failed) {
        dialogue->host.tell(dialogue->host.context, base_buf_view(&text));
    }
    base_buf_free(&text);
}

static void stop_following(struct dialogue *dialogue, const struct opened *opened) {
    struct base_buf text = BASE_BUF_INIT;
    base_buf_str(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"chainHead_v1_followEvent\",\"params\":{"
                        "\"subscription\":");
    base_buf_text(&text, opened->name);
    base_buf_str(&text, ",\"result\":{\"event\":\"stop\"}}}");
    if (!text.failed) {
        dialogue->host.tell(dialogue->host.context, base_buf_view(&text));
    }
    base_buf_free(&text);
}

void dialogue_lost(struct dialogue *dialogue) {
    struct question *question = TAILQ_FIRST(&dialogue->questions);
    struct opened *opened = TAILQ_FIRST(&dialogue->opened);
    while (question != NULL) {
        struct question *next = TAILQ_NEXT(question, entry);
        struct asked *asked;
        LIST_FOREACH(asked, &question->calls, entry) {
            asked->twins = 0; /* their replies are lost */
        }
        if (!is_repeatable(question)) {
            answer_lost(dialogue, question);
            drop_question(dialogue, question);
        }
        question = next;
    }
    while (opened != NULL) {
        struct opened *next = TAILQ_NEXT(opened, entry);
        if (base_text_is(opened->method, FOLLOW)) {
            stop_following(dialogue, opened);
            drop_opened(dialogue, opened);
        }
        opened = next;
    }
}

static void reopen(struct dialogue *dialogue, struct opened *opened) {
    struct base_buf text = BASE_BUF_INIT;
    opened->reopening = ++dialogue->last_id;
    base_buf_format(&text, "{\"jsonrpc\":\"2.0\",\"id\":\"mocknode-%llu\",\"method\":\"%.*s\"",
                    (unsigned long long)opened->reopening, (int)opened->method.size,
                    opened->method.data);
    base_buf_str(&text, ",\"params\":");
    base_buf_text(&text, opened->params);
    base_buf_char(&text, '}');
    if (!text.failed) {
        dialogue->host.send(dialogue->host.context, base_buf_view(&text));
    }
    base_buf_free(&text);
}

void dialogue_resume(struct dialogue *dialogue) {
    struct opened *opened;
    const struct question *question;
    TAILQ_FOREACH(opened, &dialogue->opened, entry) { reopen(dialogue, opened); }
    TAILQ_FOREACH(question, &dialogue->questions, entry) { send(dialogue, question->text); }
}
