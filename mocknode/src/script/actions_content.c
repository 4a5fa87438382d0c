/* Actions that give the content of an answer, or change a result. */
#include <stdio.h>
#include <string.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "rpc/envelope.h"
#include "script/args.h"
#include "script/order.h"

static const char no_memory[] = "out of memory";

/* Takes the text into the content's arena. */
static const char *give(struct script_content *content, enum script_content_kind kind,
                        struct base_buf *text) {
    struct substrate_text copy = {NULL, 0};
    if (!text->failed) {
        copy = base_arena_text(content->arena, base_buf_view(text));
    }
    base_buf_free(text);
    if (copy.data == NULL) {
        return no_memory;
    }
    content->kind = kind;
    content->text = copy;
    content->given = true;
    return NULL;
}

/* ---- content ---- */

const char *script_do_result(struct script_work *work, void *subject) {
    const struct script_value *args = work->args;
    struct base_buf text = BASE_BUF_INIT;
    script_fill_in(&text, args->text, work->event);
    return give(subject, SCRIPT_CONTENT_RESULT, &text);
}

const char *script_do_error(struct script_work *work, void *subject) {
    const struct script_error *args = work->args;
    struct base_buf object = BASE_BUF_INIT, filled = BASE_BUF_INIT;
    base_buf_str(&object, "{\"code\":");
    base_buf_text(&object, args->code);
    base_buf_str(&object, ",\"message\":");
    base_json_write_string(&object, args->message);
    if (args->data.data != NULL) {
        base_buf_str(&object, ",\"data\":");
        base_buf_text(&object, args->data);
    }
    base_buf_char(&object, '}');
    script_fill_in(&filled, base_buf_view(&object), work->event);
    filled.failed = filled.failed || object.failed;
    base_buf_free(&object);
    return give(subject, SCRIPT_CONTENT_ERROR, &filled);
}

static const char *give_error(struct script_content *content, int64_t code, const char *message,
                              struct substrate_text data) {
    struct base_buf object = BASE_BUF_INIT;
    rpc_write_error_value(&object, code, message, data);
    return give(content, SCRIPT_CONTENT_ERROR, &object);
}

/* The block of the canonical request, or the head. */
static void write_block(char *out, size_t size, const struct script_event *event) {
    struct substrate_text request = event->request;
    struct base_buf hex = BASE_BUF_INIT;
    if (request.size > 67 && request.data[request.size - 67] == '@') {
        (void)snprintf(out, size, "%.*s", 66, request.data + request.size - 66);
        return;
    }
    base_buf_hex(&hex, (struct substrate_bytes){event->head.bytes, sizeof(event->head.bytes)});
    (void)snprintf(out, size, "0x%.*s", hex.failed ? 0 : (int)hex.size, hex.data);
    base_buf_free(&hex);
}

const char *script_do_pruned(struct script_work *work, void *subject) {
    static const char *const runtime[] = {"state_call", "state_getMetadata",
                                          "state_getRuntimeVersion"};
    char block[80], message[200];
    bool api = false;
    for (size_t i = 0; i < sizeof(runtime) / sizeof(runtime[0]); i++) {
        api = api || base_text_is(work->event->method, runtime[i]);
    }
    write_block(block, sizeof block, work->event);
    (void)snprintf(message, sizeof message, "Client error: %s: State already discarded for %s",
                   api ? "Api called for an unknown Block" : "UnknownBlock", block);
    return give_error(subject, RPC_ERROR_STATE, message, (struct substrate_text){NULL, 0});
}

const char *script_do_fill(struct script_work *work, void *subject) {
    const struct script_fill *args = work->args;
    struct script_content *content = subject;
    struct base_buf text = BASE_BUF_INIT;
    script_write_digits(&text, args->result > 0 ? (size_t)args->result : 2);
    const char *why = give(content, SCRIPT_CONTENT_RESULT, &text);
    if (why == NULL) {
        content->unlimited = true;
        content->payload = (size_t)args->message;
    }
    return why;
}

/* ---- rate limits ---- */

/* How many calls of one key came since the window began. */
struct rate {
    uint64_t begin, each, count;
    char key[];
};
#define RATES_FEW 1024

void script_rates_free(struct script_run *run) {
    size_t cursor = 0;
    struct substrate_text key;
    void *rate;
    while (base_map_next(&run->rates, &cursor, &key, &rate)) {
        base_free(rate);
    }
    base_map_free(&run->rates);
    base_map_init(&run->rates, run->seed);
}

/* Connections and addresses come and go: windows that are over are forgotten now and then. */
static void sweep_rates(struct script_run *run, uint64_t now) {
    if (run->rates.count < run->rates_max || run->rates.count < RATES_FEW) {
        return;
    }
    struct base_map kept;
    base_map_init(&kept, run->seed);
    size_t cursor = 0;
    struct substrate_text key;
    void *value;
    while (base_map_next(&run->rates, &cursor, &key, &value)) {
        const struct rate *rate = value;
        if (now - rate->begin >= rate->each || !base_map_put(&kept, key, value)) {
            base_free(value);
        }
    }
    base_map_free(&run->rates);
    run->rates = kept;
    run->rates_max = 2 * kept.count;
}

static struct rate *rate_of(struct script_run *run, struct substrate_text key, uint64_t now) {
    struct rate *rate = base_map_get(&run->rates, key);
    if (rate != NULL) {
        return rate;
    }
    sweep_rates(run, now);
    rate = base_calloc(1, sizeof(*rate) + key.size + 1);
    if (rate == NULL) {
        return NULL;
    }
    memcpy(rate->key, key.data, key.size);
    if (!base_map_put(&run->rates, (struct substrate_text){rate->key, key.size}, rate)) {
        base_free(rate);
        return NULL;
    }
    return rate;
}

static const char *limit(struct script_content *content, unsigned as, uint64_t seconds) {
    char data[160];
    bool storage = as == SCRIPT_AS_STORAGE || as == SCRIPT_AS_STORAGE_POLICY;
    bool policy = as == SCRIPT_AS_GATEWAY_POLICY || as == SCRIPT_AS_STORAGE_POLICY;
    int size = snprintf(data, sizeof data, "{\"policy\":\"%s\",\"reason\":\"%s\",\"%s\":%llu}",
                        storage ? "storage-work" : "requests", "rate-limit-exceeded",
                        storage ? "retry_after" : "retryAfter", (unsigned long long)seconds);
    struct substrate_text said = {policy ? data : NULL, policy ? (size_t)size : 0};
    if (storage) {
        return give_error(content, -32004, "Storage work rate limit exceeded", said);
    }
    return as == SCRIPT_AS_GATEWAY || policy
               ? give_error(content, -32005, "Too many requests", said)
               : give_error(content, -32999, "RPC rate limit exceeded", said);
}

/* One of several bits, drawn by key. */
static unsigned draw_bit(struct script_work *work, unsigned bits) {
    unsigned list[8], count = 0;
    for (unsigned bit = 1; bit <= bits; bit <<= 1) {
        if ((bits & bit) != 0) {
            list[count++] = bit;
        }
    }
    if (count < 2) {
        return bits;
    }
    uint64_t asked = script_ask(work->run, work->rule, work->event);
    return list[script_draw(work->run, work->event, work->rule->name, asked) % count];
}

/* The first n calls of each window pass. */
const char *script_do_rate_limit(struct script_work *work, void *subject) {
    const struct script_rate_limit *args = work->args;
    const struct script_event *event = work->event;
    struct base_buf key = BASE_BUF_INIT;
    base_buf_format(&key, "%u ", (unsigned)work->rule->number);
    if (args->by == SCRIPT_BY_ADDRESS) {
        base_buf_text(&key, event->address);
    } else {
        base_buf_u64(&key, event->peer != NULL ? event->peer->ordinal : 0);
    }
    uint64_t now = work->act.now;
    struct rate *rate = key.failed ? NULL : rate_of(work->run, base_buf_view(&key), now);
    base_buf_free(&key);
    if (rate == NULL) {
        return no_memory;
    }
    rate->each = args->each_us;
    if (rate->count == 0 || now - rate->begin >= args->each_us) {
        rate->begin = now;
        rate->count = 0;
    }
    if (rate->count < args->n) {
        rate->count++;
        return "the limit is not reached";
    }
    uint64_t left = rate->begin + args->each_us - now;
    return limit(subject, draw_bit(work, args->as), (left + 999999) / 1000000);
}

/* ---- changes of a result ---- */

/* The digits of a result that is hex text; size 0 of "0x" too. false: it is none. */
static bool hex_digits(const struct script_content *content, struct substrate_text *digits) {
    struct substrate_text text = content->text;
    if (content->kind != SCRIPT_CONTENT_RESULT || text.size < 4 ||
        memcmp(text.data, "\"0x", 3) != 0) {
        return false;
    }
    *digits = (struct substrate_text){text.data + 3, text.size - 4};
    for (size_t i = 0; i < digits->size; i++) {
        char c = digits->data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return true;
}

static const char no_hex[] = "the result is no hex";

/* Changed, and matched as before. */
static const char *change(struct script_content *content, struct base_buf *text) {
    bool given = content->given;
    const char *why = give(content, content->kind, text);
    content->given = given;
    return why;
}

const char *script_do_bytes(struct script_work *work, void *subject) {
    const struct script_bytes *args = work->args;
    struct substrate_text digits;
    if (!hex_digits(subject, &digits)) {
        return no_hex;
    }
    if (args->cut > digits.size / 2 ||
        (args->flip != SCRIPT_NO_BYTE && args->flip >= digits.size / 2)) {
        return "the result is shorter";
    }
    struct base_buf text = BASE_BUF_INIT;
    base_buf_str(&text, "\"0x");
    base_buf_append(&text, digits.data, digits.size - 2 * (size_t)args->cut);
    if (args->flip != SCRIPT_NO_BYTE && 3 + 2 * args->flip < text.size) {
        char *digit = text.data + 3 + 2 * args->flip; /* its highest bit, in its first digit */
        int value = *digit <= '9' ? *digit - '0' : *digit - 'a' + 10;
        *digit = "0123456789abcdef"[value ^ 8];
    }
    for (uint64_t i = 0; i < args->trail; i++) {
        base_buf_str(&text, "00");
    }
    base_buf_char(&text, '"');
    return change(subject, &text);
}

const char *script_do_hex(struct script_work *work, void *subject) {
    const struct script_word *args = work->args;
    struct substrate_text digits;
    if (!hex_digits(subject, &digits)) {
        return no_hex;
    }
    struct base_buf text = BASE_BUF_INIT;
    bool odd = (args->choice & SCRIPT_HEX_ODD) != 0 && digits.size > 0;
    base_buf_str(&text, (args->choice & SCRIPT_HEX_BARE) != 0 ? "\"" : "\"0x");
    size_t from = text.size;
    base_buf_append(&text, digits.data, digits.size - odd);
    for (size_t i = from; (args->choice & SCRIPT_HEX_UPPER) != 0 && i < text.size; i++) {
        bool letter = text.data[i] >= 'a' && text.data[i] <= 'f';
        text.data[i] = (char)(letter ? text.data[i] - 'a' + 'A' : text.data[i]);
    }
    base_buf_char(&text, '"');
    return change(subject, &text);
}

/* The elements of a list, in the content's arena. */
static bool list_of(const struct script_content *content, struct base_json list,
                    struct substrate_text **elements, size_t *count) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    *count = 0;
    *elements = base_arena_calloc(content->arena, base_json_length(list) + 1, sizeof(**elements));
    if (*elements == NULL) {
        return false;
    }
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &key, &value)) {
        (*elements)[(*count)++] = value.raw;
    }
    return true;
}

static bool as_list(const struct script_content *content, struct base_json *list) {
    return content->kind == SCRIPT_CONTENT_RESULT &&
           base_json_parse(content->text, BASE_JSON_DEPTH_MAX, list, NULL) == SUBSTRATE_OK &&
           list->kind == BASE_JSON_ARRAY;
}

const char *script_do_page(struct script_work *work, void *subject) {
    const struct script_count *args = work->args;
    struct script_content *content = subject;
    struct base_json list;
    struct substrate_text *elements;
    size_t count;
    if (!as_list(content, &list)) {
        return "the result is no list";
    }
    if (!list_of(content, list, &elements, &count)) {
        return no_memory;
    }
    if (args->n > count) {
        return "the list is shorter";
    }
    struct base_buf text = BASE_BUF_INIT;
    base_buf_char(&text, '[');
    for (size_t i = 0; i < count - args->n; i++) {
        base_buf_str(&text, i > 0 ? "," : "");
        base_buf_text(&text, elements[i]);
    }
    base_buf_char(&text, ']');
    return change(content, &text);
}

/* A list of changes in another order, one of them twice, one left out. false: it is too short. */
static bool write_changes(struct script_work *work, struct script_content *content,
                          struct base_json list, struct base_buf *out) {
    const struct script_changes *args = work->args;
    /* The writer of batches does just that. */
    struct script_batch how = {
        .permute = args->permute.order,
        .order = args->permute.list,
        .order_count = args->permute.count,
        .shuffle = script_draw(work->run, work->event, work->rule->name,
                               script_ask(work->run, work->rule, work->event)),
        .omit = (size_t)args->omit,
        .repeat = (size_t)args->repeat,
    };
    struct substrate_text *elements;
    size_t count;
    if (!list_of(content, list, &elements, &count)) {
        out->failed = true;
        return false;
    }
    if (count < args->omit || count < args->repeat || count < args->permute.count) {
        return false;
    }
    script_write_message(out, &how, true, elements, count);
    return true;
}

/* One of [{"block":…,"changes":[[key,value],…]},…]. */
static bool write_set(struct script_work *work, struct script_content *content,
                      struct base_json set, struct base_buf *out) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    bool changed = false, first = true;
    base_json_walk_init(&walk, set);
    base_buf_char(out, '{');
    while (base_json_walk_next(&walk, &key, &value)) {
        base_buf_str(out, first ? "" : ",");
        first = false;
        base_buf_text(out, key);
        base_buf_char(out, ':');
        bool is_changes =
            base_json_says(key, BASE_TEXT("changes")) && value.kind == BASE_JSON_ARRAY;
        if (!is_changes || !write_changes(work, content, value, out)) {
            base_buf_text(out, value.raw);
        } else {
            changed = true;
        }
    }
    base_buf_char(out, '}');
    return changed;
}

const char *script_do_changes(struct script_work *work, void *subject) {
    struct script_content *content = subject;
    struct base_json list, set;
    struct base_json_walk walk;
    struct substrate_text key;
    bool changed = false, first = true;
    if (!as_list(content, &list)) {
        return "the result is no list of changes";
    }
    struct base_buf text = BASE_BUF_INIT;
    base_buf_char(&text, '[');
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &key, &set)) {
        base_buf_str(&text, first ? "" : ",");
        first = false;
        if (set.kind != BASE_JSON_OBJECT) {
            base_buf_text(&text, set.raw);
        } else if (write_set(work, content, set, &text)) {
            changed = true;
        }
    }
    base_buf_char(&text, ']');
    if (!changed && !text.failed) {
        base_buf_free(&text);
        return "the result has too few changes";
    }
    return change(content, &text);
}
