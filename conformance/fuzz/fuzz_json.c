/* JSON from a node. A run takes a text of JSON-RPC or a line of a file, changes some of it, and
 * holds what the scanner, the walkers and the envelope's reader say of it against jansson. */
#include "fuzz.h"

#include <jansson.h>

#include "base/json.h"
#include "session/envelope.h"

enum { VALID, INVALID, VALUES, REPLIES, NOTIFICATIONS };
static const char *const NAMES[] = {"texts of JSON", "of none",       "values",
                                    "replies",       "notifications", NULL};

static const char *const TEXTS[] = {
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"0x00\"}",
    "{\"result\":{\"a\":[1,-2.5e3,null],\"\\u0061\":true},\"id\":9223372036854775807}",
    "{\"id\":1,\"error\":{\"code\":-32601,\"message\":\"Method not found\",\"data\":[]}}",
    "{\"method\":\"n\",\"params\":{\"subscription\":\"x\\ud83d\\ude00\",\"result\":1}}",
    " [ {\"id\":3,\"result\":null} , {\"id\":\"3\",\"result\":\"\xc3\xa9\"} ] ",
};
static const char *const WORDS[] = {
    "\"id\":1,",
    "\"result\":2,",
    "\"error\":{\"code\":3},",
    "\"method\":\"\",",
    "\"i\\u0064\":4,",
    "\"code\":",
    "\"params\":{",
    "null",
    "true",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    "\\u0000",
    "-",
    "0",
    "1e5",
    ".5",
    " ",
    "\\/",
    "[[[[[[",
    "\xed\xa0\x80",
    "\xf0\x9f\x98\x80",
};

static struct substrate_text whole; /* what all views are views of */

static void check_inside(struct substrate_text view) {
    fuzz_check(view.data == NULL ||
                   (view.data >= whole.data && view.data + view.size <= whole.data + whole.size),
               "a view of something else");
}

/* ---- values ---- */

/* The text of a string, which is written so that it is read alike; with a NUL behind. */
static struct substrate_text text_of(struct substrate_text raw, struct base_arena *arena) {
    struct base_json value = {BASE_JSON_STRING, raw};
    struct substrate_text text = {NULL, 0};
    struct substrate_text again = {NULL, 0};
    struct base_buf out = BASE_BUF_INIT;
    check_inside(raw);
    fuzz_check(base_json_string(value, arena, &text), "no text: %.*s", (int)raw.size, raw.data);
    base_json_write_string(&out, text);
    fuzz_check(base_json_parse(base_buf_view(&out), 0, &value, NULL) == SUBSTRATE_OK &&
                   base_json_string(value, arena, &again) && base_text_equal(text, again),
               "another string: %.*s", (int)raw.size, raw.data);
    base_buf_free(&out);
    return base_arena_text(arena, text);
}

static bool is_like(struct base_json value, const json_t *peer) {
    static const json_type TYPES[] = {
        [BASE_JSON_NULL] = JSON_NULL,     [BASE_JSON_FALSE] = JSON_FALSE,
        [BASE_JSON_TRUE] = JSON_TRUE,     [BASE_JSON_NUMBER] = JSON_INTEGER,
        [BASE_JSON_STRING] = JSON_STRING, [BASE_JSON_ARRAY] = JSON_ARRAY,
        [BASE_JSON_OBJECT] = JSON_OBJECT,
    };
    int64_t number = 0;
    bool is_integer = base_json_i64(value, &number);
    bool is_kind = TYPES[value.kind] == json_typeof(peer) ||
                   (value.kind == BASE_JSON_NUMBER && json_is_real(peer));
    return is_kind && is_integer == json_is_integer(peer) && number == json_integer_value(peer) &&
           (!json_is_array(peer) || base_json_length(value) == json_array_size(peer));
}

/* A value, which is also a text of its own, and all inside it. `peer` is what jansson has there, if
 * it has. Returns how deep containers nest. */
static unsigned check_value(struct base_json value, const json_t *peer, struct base_arena *arena) {
    struct base_json_walk walk;
    struct base_json alone = {0};
    struct base_json inner;
    struct substrate_text key;
    unsigned deepest = 0;
    size_t count = 0;
    fuzz.counts[VALUES]++;
    check_inside(value.raw);
    fuzz_check(base_json_parse(value.raw, BASE_JSON_DEPTH_MAX, &alone, NULL) == SUBSTRATE_OK &&
                   alone.kind == value.kind && base_text_equal(alone.raw, value.raw) &&
                   (peer == NULL || is_like(value, peer)),
               "read otherwise: %.*s", (int)value.raw.size, value.raw.data);
    if (value.kind == BASE_JSON_STRING) {
        (void)text_of(value.raw, arena);
    }
    if (value.kind != BASE_JSON_ARRAY && value.kind != BASE_JSON_OBJECT) {
        return 0;
    }
    base_json_walk_init(&walk, value);
    for (; base_json_walk_next(&walk, &key, &inner); count++) {
        const json_t *with = json_array_get(peer, count);
        if (value.kind == BASE_JSON_OBJECT) { /* of members with one name the last one counts */
            const char *name = text_of(key, arena).data;
            bool is_last = base_json_member(value, name).raw.data == inner.raw.data;
            with = is_last ? json_object_get(peer, name) : NULL;
            fuzz_check(with != NULL || peer == NULL || !is_last, "not the member %s", name);
        }
        unsigned depth = check_value(inner, with, arena);
        deepest = depth > deepest ? depth : deepest;
    }
    fuzz_check(count == base_json_length(value), "%zu inside: %.*s", count, (int)value.raw.size,
               value.raw.data);
    return deepest + 1;
}

/* ---- envelopes ---- */

static enum envelope_kind kind_of(const json_t *peer) {
    const json_t *id = json_object_get(peer, "id");
    const json_t *method = json_object_get(peer, "method");
    const json_t *params = json_object_get(peer, "params");
    const json_t *subscription = json_object_get(params, "subscription");
    bool is_notice =
        (json_object_get(params, "result") != NULL || json_object_get(params, "error") != NULL) &&
        (json_is_string(subscription) || json_is_number(subscription));
    if (json_is_array(peer)) {
        return ENVELOPE_ARRAY;
    }
    if (json_is_string(method) && id == NULL) {
        return is_notice ? ENVELOPE_NOTIFICATION : ENVELOPE_MALFORMED;
    }
    if (method != NULL || id == NULL || json_is_null(id)) {
        return ENVELOPE_MALFORMED;
    }
    return json_is_integer(id) && json_integer_value(id) >= 0 ? ENVELOPE_REPLY : ENVELOPE_FOREIGN;
}

static enum substrate_status status_of(const json_t *peer) {
    const json_t *error = json_object_get(peer, "error");
    bool has_result = json_object_get(peer, "result") != NULL;
    bool has_code = json_is_integer(json_object_get(error, "code"));
    return has_result && error == NULL ? SUBSTRATE_OK
           : !has_result && has_code   ? SUBSTRATE_E_RPC
                                       : SUBSTRATE_E_PROTOCOL;
}

static void check_envelope(const json_t *peer, bool is_json) {
    struct envelope envelope;
    envelope_read(whole, &envelope);
    const struct substrate_text views[] = {envelope.subscription,      envelope.result,
                                           envelope.array.raw,         envelope.reply.result,
                                           envelope.reply.rpc_message, envelope.reply.rpc_data};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        check_inside(views[i]);
    }
    bool is_reply = envelope.kind == ENVELOPE_REPLY;
    fuzz.counts[REPLIES] += is_reply;
    fuzz.counts[NOTIFICATIONS] += envelope.kind == ENVELOPE_NOTIFICATION;
    fuzz_check(is_json || envelope.kind == ENVELOPE_MALFORMED, "kind %d", (int)envelope.kind);
    fuzz_check(peer == NULL || (envelope.kind == kind_of(peer) &&
                                (!is_reply || (envelope.reply.status == status_of(peer) &&
                                               envelope.id == (uint64_t)json_integer_value(
                                                                  json_object_get(peer, "id"))))),
               "kind %d, %s: %.*s", (int)envelope.kind,
               substrate_status_name(envelope.reply.status), (int)whole.size, whole.data);
}

/* ---- a run ---- */

/* A text of ours, or a line of a file, up to a length that keeps runs short. */
static void choose(struct base_buf *text) {
    if (fuzz.file_count == 0 || fuzz_below(2) == 0) {
        base_buf_str(text, TEXTS[fuzz_below(sizeof TEXTS / sizeof *TEXTS)]);
        return;
    }
    struct substrate_bytes file = fuzz.files[fuzz_below(fuzz.file_count)];
    size_t start = fuzz_below(file.size);
    while (start > 0 && file.data[start - 1] != '\n') {
        start--;
    }
    const uint8_t *end = memchr(file.data + start, '\n', file.size - start);
    size_t size = (end != NULL ? (size_t)(end - file.data) : file.size) - start;
    base_buf_append(text, file.data + start, size < 2000 ? size : 2000);
}

/* What is JSON is so for jansson too. But it takes no integers over 63 bits, no reals over a
 * double, no half of a surrogate pair and no NUL in a name, and 2.14 takes a bare NUL behind a
 * number or a word for nothing; there it is no judge. */
static void check_text(void) {
    struct base_json value = {0};
    struct base_arena arena;
    json_error_t reason = {0};
    size_t position = 0;
    enum substrate_status status = base_json_parse(whole, BASE_JSON_DEPTH_MAX, &value, &position);
    bool is_json = status == SUBSTRATE_OK;
    bool has_nul = whole.size > 0 && memchr(whole.data, '\0', whole.size) != NULL;
    json_t *peer =
        has_nul ? NULL
                : json_loadb(whole.data, whole.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &reason);
    bool is_judge = !has_nul && json_error_code(&reason) != json_error_numeric_overflow &&
                    json_error_code(&reason) != json_error_null_byte_in_key &&
                    !base_text_starts(base_text(reason.text), "invalid Unicode '");
    fuzz.counts[is_json ? VALID : INVALID]++;
    fuzz_check(position <= whole.size && (is_json == (peer != NULL) || (peer == NULL && !is_judge)),
               "%s at %zu; jansson: %s: %.*s", substrate_status_name(status), position, reason.text,
               (int)whole.size, whole.data);
    if (is_json) {
        unsigned limit = fuzz_below(6);
        base_arena_init(&arena, 0);
        bool fits = check_value(value, peer, &arena) <= limit;
        base_arena_free(&arena);
        status = base_json_parse(whole, limit, &value, &position);
        fuzz_check(status == (fits ? SUBSTRATE_OK : SUBSTRATE_E_LIMIT), "limit %u: %s: %.*s", limit,
                   substrate_status_name(status), (int)whole.size, whole.data);
    }
    check_envelope(peer, is_json);
    json_decref(peer);
}

static void target(void) {
    struct base_buf text = BASE_BUF_INIT;
    choose(&text);
    if (fuzz_below(16) > 0) {
        fuzz_mutate(&text, WORDS, sizeof WORDS / sizeof *WORDS);
    }
    uint8_t *exact = fuzz_exact(text.data, text.size);
    whole = (struct substrate_text){(const char *)exact, text.size};
    check_text();
    free(exact);
    base_buf_free(&text);
}

int main(int argc, char **argv) { return fuzz_main(argc, argv, target, NAMES); }
