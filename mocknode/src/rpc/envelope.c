/* JSON-RPC 2.0 envelopes in and out. Which of call, notification and invalid request a message is
 * follows jsonrpsee, which tries one after the other to read it as each of these. */
#include "rpc/envelope.h"

#include "base/text.h"

/* jsonrpsee looks for the first bracket among this many bytes. */
#define BLANKS_MAX 128

static const struct substrate_text NULL_ID = {"null", 4};

/* The members of a request; `count` tells a member that is missing or stands twice. */
struct member {
    unsigned count;
    struct base_json value;
};

struct members {
    struct member jsonrpc, id, method, params;
};

/* The shortest name comes last: a longer one might be it with escapes, which takes a look. */
static inline void note_member(struct members *members, struct substrate_text key,
                               const struct base_json *value) {
    struct member *member = base_json_says(key, BASE_TEXT("jsonrpc"))  ? &members->jsonrpc
                            : base_json_says(key, BASE_TEXT("method")) ? &members->method
                            : base_json_says(key, BASE_TEXT("params")) ? &members->params
                            : base_json_says(key, BASE_TEXT("id"))     ? &members->id
                                                                       : NULL;
    if (member != NULL) {
        member->value = *value;
        member->count++;
    }
}

static bool is_id(const struct member *id) {
    uint64_t number;
    return id->count == 1 &&
           (id->value.kind == BASE_JSON_NULL || id->value.kind == BASE_JSON_STRING ||
            base_json_u64(id->value, &number));
}

/* `envelope` is invalid, under no id, to begin with. */
static void fill(struct rpc_envelope *envelope, const struct members *members,
                 struct base_arena *arena) {
    bool has_id = is_id(&members->id);
    if (has_id) {
        envelope->id = members->id.value.raw;
    }
    if (members->jsonrpc.count != 1 || members->jsonrpc.value.kind != BASE_JSON_STRING ||
        !base_json_says(members->jsonrpc.value.raw, BASE_TEXT("2.0")) ||
        members->method.count != 1 || members->params.count > 1 ||
        !base_json_string(members->method.value, arena, &envelope->method)) {
        return;
    }
    envelope->kind = has_id ? RPC_CALL : RPC_NOTIFICATION;
    if (members->params.count == 1 && members->params.value.kind != BASE_JSON_NULL) {
        envelope->params = members->params.value;
    }
}

struct rpc_envelope rpc_read_value(struct base_json value, struct base_arena *arena) {
    struct rpc_envelope envelope = {.kind = RPC_INVALID, .id = NULL_ID};
    struct members members = {0};
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json member;
    if (value.kind == BASE_JSON_OBJECT) {
        base_json_walk_init(&walk, value);
        while (base_json_walk_next(&walk, &key, &member)) {
            note_member(&members, key, &member);
        }
    }
    fill(&envelope, &members, arena);
    return envelope;
}

/* A message that is an object, as most are: it is read while it is validated. `envelope` is a parse
 * error to begin with. */
static void read_single(struct base_json_members *walk, struct base_arena *arena,
                        struct rpc_envelope *envelope) {
    struct members members = {0};
    struct substrate_text key;
    struct base_json value;
    while (base_json_members_next(walk, &key, &value)) {
        note_member(&members, key, &value);
    }
    if (!walk->good) {
        return;
    }
    envelope->kind = RPC_INVALID;
    fill(envelope, &members, arena);
    /* An object that is neither call nor notification, and has no id to answer to, counts as no
     * JSON-RPC at all when it stands alone. */
    if (envelope->kind == RPC_INVALID && !is_id(&members.id)) {
        envelope->kind = RPC_PARSE_ERROR;
    }
}

/* Form feed is white space to jsonrpsee here, but to nobody further on. */
static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

struct rpc_envelope rpc_read(struct substrate_text message, struct base_arena *arena) {
    struct rpc_envelope envelope = {.kind = RPC_PARSE_ERROR, .id = NULL_ID};
    struct base_json value;
    size_t blanks = 0;
    while (blanks < message.size && blanks < BLANKS_MAX && is_blank(message.data[blanks])) {
        blanks++;
    }
    if (blanks == BLANKS_MAX || blanks == message.size) {
        return envelope;
    }
    message = (struct substrate_text){message.data + blanks, message.size - blanks};
    struct base_json_members walk;
    if (base_json_members_begin(&walk, message, BASE_JSON_DEPTH_MAX)) {
        read_single(&walk, arena, &envelope);
        return envelope;
    }
    if (base_json_parse(message, BASE_JSON_DEPTH_MAX, &value, NULL) == SUBSTRATE_OK &&
        value.kind == BASE_JSON_ARRAY) {
        bool empty = base_json_length(value) == 0;
        envelope.kind = empty ? RPC_INVALID : RPC_BATCH;
        envelope.batch = value;
    }
    return envelope;
}

static void write_start(struct base_buf *out, struct substrate_text id) {
    base_buf_str(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    base_buf_text(out, id);
}

void rpc_write_result(struct base_buf *out, struct substrate_text id,
                      struct substrate_text result) {
    write_start(out, id);
    base_buf_str(out, ",\"result\":");
    base_buf_text(out, result);
    base_buf_char(out, '}');
}

static const char *code_text(int64_t code) {
    static const struct {
        int64_t code;
        const char *text;
    } TEXTS[] = {
#define RPC_ERROR_TEXT(name, code, text) {code, text},
        RPC_ERROR_LIST(RPC_ERROR_TEXT)
#undef RPC_ERROR_TEXT
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        if (TEXTS[i].code == code) {
            return TEXTS[i].text;
        }
    }
    return "";
}

void rpc_write_error_value(struct base_buf *out, int64_t code, const char *message,
                           struct substrate_text data) {
    base_buf_str(out, "{\"code\":");
    base_buf_i64(out, code);
    base_buf_str(out, ",\"message\":");
    base_json_write_string(out, base_text(message != NULL ? message : code_text(code)));
    if (data.data != NULL) {
        base_buf_str(out, ",\"data\":");
        base_buf_text(out, data);
    }
    base_buf_char(out, '}');
}

void rpc_write_error(struct base_buf *out, struct substrate_text id, int64_t code,
                     const char *message, struct substrate_text data) {
    write_start(out, id);
    base_buf_str(out, ",\"error\":");
    rpc_write_error_value(out, code, message, data);
    base_buf_char(out, '}');
}

void rpc_write_error_object(struct base_buf *out, struct substrate_text id,
                            struct substrate_text object) {
    write_start(out, id);
    base_buf_str(out, ",\"error\":");
    base_buf_text(out, object);
    base_buf_char(out, '}');
}
