/* Writing replies as a script says; see reply.h. */
#include "script/reply.h"

#include <string.h>
#include "base/json.h"
#include "base/text.h"
#include "rpc/envelope.h"
#include "script/order.h"

#define INTERNAL_ERROR BASE_TEXT("{\"code\":-32603,\"message\":\"Internal error\"}")

bool script_envelope_is_plain(const struct script_envelope *envelope) {
    return envelope->id == SCRIPT_ID_PLAIN && envelope->outcome == SCRIPT_OUTCOME_PLAIN &&
           envelope->members == 0;
}

bool script_batch_is_plain(const struct script_batch *batch) {
    return !batch->blanks && !batch->array && batch->permute == SCRIPT_ORDER_NONE &&
           batch->omit == 0 && batch->repeat == 0 && !batch->stranger && batch->object.data == NULL;
}

void script_write_digits(struct base_buf *out, size_t size) {
    size_t digits = size > 2 ? size - 2 : 0;
    size_t from = out->size;
    base_buf_char(out, '"');
    if (base_buf_reserve(out, digits + 1)) {
        memset(out->data + out->size, '0', digits);
        out->size += digits;
        if (digits >= 2) {
            out->data[from + 2] = 'x';
        }
    }
    base_buf_char(out, '"');
}

/* ---- one reply ---- */

static bool is_text(struct substrate_text id) { return id.size >= 2 && id.data[0] == '"'; }

/* An id that a client which counts, or draws, does not come to. */
static void write_unused(struct base_buf *out, struct substrate_text id) {
    if (is_text(id)) {
        base_buf_append(out, id.data, id.size - 1);
        base_buf_str(out, "-unused\"");
    } else {
        base_buf_str(out, "9007199254740991");
    }
}

static void write_id(struct base_buf *out, const struct script_envelope *envelope,
                     struct substrate_text id) {
    switch (envelope->id) {
    case SCRIPT_ID_NULL:
        base_buf_str(out, "null");
        return;
    case SCRIPT_ID_SWAPPED:
        if (is_text(id)) {
            base_buf_append(out, id.data + 1, id.size - 2);
        } else {
            base_buf_format(out, "\"%.*s\"", (int)id.size, id.data);
        }
        return;
    case SCRIPT_ID_FLOAT:
        base_buf_text(out, id);
        base_buf_str(out, ".0");
        return;
    case SCRIPT_ID_OF_ANOTHER:
        base_buf_text(out, envelope->other_id);
        return;
    case SCRIPT_ID_UNUSED:
        write_unused(out, id);
        return;
    case SCRIPT_ID_PLAIN:
    case SCRIPT_ID_ABSENT:
        break;
    }
    base_buf_text(out, id);
}

/* A member of the envelope; `escaped`: the first letter of its name stands as \u00xx. */
struct members {
    struct base_buf *out;
    bool escaped, any;
};
static void begin_member(struct members *members, const char *name) {
    base_buf_str(members->out, members->any ? ",\"" : "\"");
    members->any = true;
    if (members->escaped) {
        base_buf_format(members->out, "\\u%04x%s\":", (unsigned)(unsigned char)name[0], name + 1);
    } else {
        base_buf_format(members->out, "%s\":", name);
    }
}

static void write_member(struct members *members, const char *name, struct substrate_text value) {
    begin_member(members, name);
    base_buf_text(members->out, value);
}

static void write_outcome(struct members *members, const struct script_envelope *envelope,
                          const struct script_content *content) {
    bool is_error = content->kind == SCRIPT_CONTENT_ERROR;
    struct substrate_text result = is_error ? BASE_TEXT("null") : content->text;
    struct substrate_text error = is_error ? content->text : INTERNAL_ERROR;
    switch (envelope->outcome) {
    case SCRIPT_OUTCOME_BOTH:
        write_member(members, "result", is_error ? BASE_TEXT("\"0x\"") : result);
        write_member(members, "error", error);
        return;
    case SCRIPT_OUTCOME_NEITHER:
        return;
    case SCRIPT_OUTCOME_ERROR_NULL:
        write_member(members, "result", result);
        write_member(members, "error", BASE_TEXT("null"));
        return;
    case SCRIPT_OUTCOME_RESULT_NULL:
        write_member(members, "result", BASE_TEXT("null"));
        write_member(members, "error", error);
        return;
    case SCRIPT_OUTCOME_PLAIN:
        break;
    }
    write_member(members, is_error ? "error" : "result", content->text);
}

/* The three members of the envelope, by number, in the node's own order. */
static void write_part(struct members *members, const struct script_envelope *envelope,
                       struct substrate_text id, const struct script_content *content,
                       unsigned part) {
    if (part == 0 && (envelope->members & SCRIPT_MEMBERS_NO_JSONRPC) == 0) {
        write_member(members, "jsonrpc", BASE_TEXT("\"2.0\""));
    } else if (part == 1 && envelope->id != SCRIPT_ID_ABSENT) {
        begin_member(members, "id");
        write_id(members->out, envelope, id);
    } else if (part == 2) {
        write_outcome(members, envelope, content);
    }
}

static void write_envelope(struct base_buf *out, const struct script_envelope *envelope,
                           struct substrate_text id, const struct script_content *content) {
    struct members members = {out, (envelope->members & SCRIPT_MEMBERS_ESCAPED) != 0, false};
    bool reversed = (envelope->members & SCRIPT_MEMBERS_REVERSED) != 0;
    base_buf_char(out, '{');
    if ((envelope->members & SCRIPT_MEMBERS_EXTRA) != 0) {
        write_member(&members, "extra", BASE_TEXT("{\"id\":0,\"result\":[null]}"));
    }
    for (unsigned i = 0; i < 3; i++) {
        write_part(&members, envelope, id, content, reversed ? 2 - i : i);
    }
    base_buf_char(out, '}');
}

/* A result of as many digits as the whole needs to be of the asked size. */
static void write_filled(struct base_buf *out, const struct script_envelope *envelope,
                         struct substrate_text id, const struct script_content *content) {
    struct script_content filled = *content;
    struct base_buf digits = BASE_BUF_INIT;
    size_t from = out->size;
    filled.kind = SCRIPT_CONTENT_RESULT;
    filled.text = BASE_TEXT("");
    write_envelope(out, envelope, id, &filled);
    size_t size = out->size - from;
    script_write_digits(&digits, content->payload > size ? content->payload - size : 2);
    filled.text = base_buf_view(&digits);
    out->size = out->failed ? out->size : from;
    out->failed = out->failed || digits.failed;
    write_envelope(out, envelope, id, &filled);
    base_buf_free(&digits);
}

void script_write_reply(struct base_buf *out, const struct script_envelope *envelope,
                        struct substrate_text id, const struct script_content *content) {
    if (content->payload > 0) {
        write_filled(out, envelope, id, content);
    } else {
        write_envelope(out, envelope, id, content);
    }
}

/* ---- a message ---- */

struct entries {
    struct base_buf *out;
    const char *blank;
    size_t count;
};

static void write_entry(struct entries *entries, struct substrate_text reply) {
    if (entries->count++ > 0) {
        base_buf_char(entries->out, ',');
    }
    base_buf_str(entries->out, entries->blank);
    base_buf_text(entries->out, reply);
    base_buf_str(entries->out, entries->blank);
}

/* The order in which the entries stand; those beyond a list keep theirs. */
static size_t order_of(const struct script_batch *batch, const size_t *shuffled, size_t count,
                       size_t at) {
    switch (batch->permute) {
    case SCRIPT_ORDER_REVERSED:
        return count - 1 - at;
    case SCRIPT_ORDER_SHUFFLED:
        return shuffled != NULL ? shuffled[at] : at;
    case SCRIPT_ORDER_LIST:
        return at < batch->order_count && batch->order_count <= count ? batch->order[at] : at;
    case SCRIPT_ORDER_NONE:
        break;
    }
    return at;
}

static void write_entries(struct entries *entries, const struct script_batch *batch,
                          const struct substrate_text *replies, size_t count) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    size_t *shuffled = batch->permute == SCRIPT_ORDER_SHUFFLED
                           ? base_arena_calloc(&arena, count + 1, sizeof(*shuffled))
                           : NULL;
    if (shuffled != NULL) {
        script_order_shuffle(batch->shuffle, shuffled, count);
    }
    for (size_t i = 0; i < count; i++) {
        size_t entry = order_of(batch, shuffled, count, i);
        if (entry + 1 != batch->omit) {
            write_entry(entries, replies[entry]);
        }
        if (entry + 1 == batch->repeat) {
            write_entry(entries, replies[entry]);
        }
    }
    if (batch->stranger) {
        write_entry(entries,
                    BASE_TEXT("{\"jsonrpc\":\"2.0\",\"id\":9007199254740991,\"result\":null}"));
    }
    base_arena_free(&arena);
}

void script_write_message(struct base_buf *out, const struct script_batch *batch, bool is_array,
                          const struct substrate_text *replies, size_t count) {
    struct entries entries = {out, batch->blanks ? " \t\r\n " : "", 0};
    if (is_array && batch->object.data != NULL) {
        rpc_write_error_object(out, BASE_TEXT("null"), batch->object);
        return;
    }
    bool array = is_array || batch->array;
    base_buf_str(out, batch->blanks ? "\r\n\t " : "");
    base_buf_str(out, array ? "[" : "");
    if (is_array) {
        write_entries(&entries, batch, replies, count);
    } else {
        write_entry(&entries, replies[0]);
    }
    base_buf_str(out, array ? "]" : "");
    base_buf_str(out, batch->blanks ? " \n" : "");
}
