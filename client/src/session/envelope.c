/* Reading of JSON-RPC 2.0 texts. The text is validated once as JSON; what the specification demands
 * of a reply beyond that (result or error, not both) decides how its call ends, never how its
 * siblings do. */
#include "envelope.h"

#include <string.h>

#include "base/text.h"

/* The members of an envelope, found in one walk over it. */
struct members {
    struct base_json id, method, params, result, error;
};

/* Where the member of a name belongs, or NULL. `key` is raw, with its quotes; nearly always without
 * escapes, and then it is compared as it is. */
static struct base_json *slot_of(struct members *members, struct substrate_text key) {
    static const struct substrate_text names[] = {
        {"id", 2}, {"method", 6}, {"params", 6}, {"result", 6}, {"error", 5}};
    struct base_json *const slots[] = {&members->id, &members->method, &members->params,
                                       &members->result, &members->error};
    const struct substrate_text inside = {key.data + 1, key.size - 2};
    bool escaped = memchr(inside.data, '\\', inside.size) != NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (escaped ? base_json_says(key, names[i]) : base_text_equal(inside, names[i])) {
            return slots[i];
        }
    }
    return NULL;
}

static void find_members(struct base_json object, struct members *members) {
    *members = (struct members){0};
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_json_walk_init(&walk, object);
    while (base_json_walk_next(&walk, &key, &value)) {
        struct base_json *slot = slot_of(members, key);
        if (slot != NULL) {
            *slot = value;
        }
    }
}

static void read_error(struct base_json error, struct substrate_reply *reply) {
    int64_t code = 0;
    if (!base_json_i64(base_json_member(error, "code"), &code)) {
        reply->status = SUBSTRATE_E_PROTOCOL;
        return;
    }
    reply->status = SUBSTRATE_E_RPC;
    reply->rpc_code = code;
    reply->rpc_message = base_json_member(error, "message").raw;
    reply->rpc_data = base_json_member(error, "data").raw;
}

static void read_reply(const struct members *members, struct envelope *envelope) {
    envelope->kind = base_json_u64(members->id, &envelope->id) ? ENVELOPE_REPLY : ENVELOPE_FOREIGN;
    bool has_result = members->result.kind != BASE_JSON_NONE;
    bool has_error = members->error.kind != BASE_JSON_NONE;
    envelope->reply.status = SUBSTRATE_E_PROTOCOL;
    if (has_result && !has_error) {
        envelope->reply.status = SUBSTRATE_OK;
        envelope->reply.result = members->result.raw;
    } else if (has_error && !has_result) {
        read_error(members->error, &envelope->reply);
    }
}

static void read_notification(const struct members *members, struct envelope *envelope) {
    struct base_json id = base_json_member(members->params, "subscription");
    struct base_json result = base_json_member(members->params, "result");
    if (result.kind == BASE_JSON_NONE) {
        /* A subscription that ends in an error says so in place of a result; the reader gets the
         * raw error rather than silence. */
        result = base_json_member(members->params, "error");
    }
    if ((id.kind == BASE_JSON_STRING || id.kind == BASE_JSON_NUMBER) &&
        result.kind != BASE_JSON_NONE) {
        envelope->kind = ENVELOPE_NOTIFICATION;
        envelope->subscription = id.raw;
        envelope->result = result.raw;
    }
}

void envelope_read_element(struct base_json value, struct envelope *envelope) {
    *envelope = (struct envelope){.kind = ENVELOPE_MALFORMED};
    if (value.kind != BASE_JSON_OBJECT) {
        return;
    }
    struct members members;
    find_members(value, &members);
    if (members.method.kind == BASE_JSON_STRING && members.id.kind == BASE_JSON_NONE) {
        read_notification(&members, envelope);
    } else if (members.method.kind == BASE_JSON_NONE && members.id.kind > BASE_JSON_NULL) {
        read_reply(&members, envelope);
    }
}

void envelope_read(struct substrate_text text, struct envelope *envelope) {
    struct base_json value;
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &value, NULL) != SUBSTRATE_OK) {
        *envelope = (struct envelope){.kind = ENVELOPE_MALFORMED};
        return;
    }
    envelope_read_element(value, envelope);
    if (value.kind == BASE_JSON_ARRAY) {
        envelope->kind = ENVELOPE_ARRAY;
        envelope->array = value;
    }
}
