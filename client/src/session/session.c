/* Ids, the queue, what is in flight, deadlines, and the matching of replies; see session.h. The
 * subscriptions are in subscriptions.c. */
#include "session.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define TEXT_HEAD "{\"jsonrpc\":\"2.0\",\"id\":"
#define TEXT_METHOD ",\"method\":\""
#define TEXT_PARAMS "\",\"params\":"
#define TEXT_DIGITS_MAX 20

void session_init(struct session *session, const struct session_options *options) {
    *session = (struct session){.options = *options, .next_id = options->first_id};
    base_idmap_init(&session->pending);
    base_map_init(&session->subscriptions, options->first_id);
    session->early.last = &session->early.first;
}

void session_free(struct session *session) {
    session_notifications_clear(&session->early);
    base_map_free(&session->subscriptions);
    base_idmap_free(&session->pending);
    base_heap_free(&session->deadlines);
}

enum substrate_status session_check(const struct substrate_request *request,
                                    struct substrate_error *error) {
    const char *method = request->method;
    if (method == NULL || method[0] == '\0') {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "the request has no method");
    }
    for (const char *c = method; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\') {
            return base_fail(error, SUBSTRATE_E_ARGUMENT,
                             "the method's character %zu is no printable ASCII character, or a "
                             "quote, a backslash or a space",
                             (size_t)(c - method));
        }
    }
    struct base_json params = {.kind = BASE_JSON_ARRAY};
    size_t position = 0;
    if (request->params.data != NULL &&
        (base_json_parse(request->params, BASE_JSON_DEPTH_MAX, &params, &position) !=
             SUBSTRATE_OK ||
         (params.kind != BASE_JSON_ARRAY && params.kind != BASE_JSON_OBJECT))) {
        (void)base_fail(error, SUBSTRATE_E_ARGUMENT,
                        "the params of %s are no JSON array or object (byte %zu)", method,
                        position);
        if (error != NULL) {
            error->position = position;
        }
        return SUBSTRATE_E_ARGUMENT;
    }
    return SUBSTRATE_OK;
}

static struct substrate_text params_text(const struct substrate_request *request) {
    return request->params.data != NULL ? request->params : BASE_TEXT("[]");
}

size_t session_text_size(const struct substrate_request *request) {
    return sizeof(TEXT_HEAD TEXT_METHOD TEXT_PARAMS "}") + TEXT_DIGITS_MAX +
           strlen(request->method) + params_text(request).size;
}

static char *put(char *at, struct substrate_text text) {
    memcpy(at, text.data, text.size);
    return at + text.size;
}

static char *put_number(char *at, uint64_t number) {
    char digits[TEXT_DIGITS_MAX];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put(at, (struct substrate_text){digits + first, sizeof(digits) - first});
}

static struct substrate_text write_text(char *room, const struct substrate_request *request,
                                        uint64_t id) {
    char *at = put(room, BASE_TEXT(TEXT_HEAD));
    at = put_number(at, id);
    at = put(at, BASE_TEXT(TEXT_METHOD));
    at = put(at, base_text(request->method));
    at = put(at, BASE_TEXT(TEXT_PARAMS));
    at = put(at, params_text(request));
    at = put(at, BASE_TEXT("}"));
    return (struct substrate_text){room, (size_t)(at - room)};
}

static bool is_full(const struct session *session) {
    uint64_t open = (uint64_t)session->queued + session->counters.in_flight;
    return open >= (uint64_t)session->options.queued_max + session->options.in_flight_max;
}

static void queue_push(struct session *session, struct session_call *call) {
    call->previous = session->last;
    *(session->last != NULL ? &session->last->next : &session->first) = call;
    session->last = call;
    session->queued += 1;
}

static void queue_remove(struct session *session, struct session_call *call) {
    *(call->previous != NULL ? &call->previous->next : &session->first) = call->next;
    *(call->next != NULL ? &call->next->previous : &session->last) = call->previous;
    call->previous = call->next = NULL;
    session->queued -= 1;
}

enum substrate_status session_submit(struct session *session, struct session_call *call,
                                     const struct substrate_request *request, uint64_t deadline_us,
                                     char *room) {
    if (session->closed) {
        return SUBSTRATE_E_CLOSED;
    }
    if (is_full(session)) {
        return SUBSTRATE_E_BUSY;
    }
    if (session->next_id == UINT64_MAX) {
        return SUBSTRATE_E_LIMIT;
    }
    if (!base_heap_reserve(&session->deadlines, 1) ||
        !base_idmap_put(&session->pending, session->next_id, call)) {
        return SUBSTRATE_E_MEMORY;
    }
    call->id = session->next_id++;
    call->state = SESSION_QUEUED;
    call->deadline = (struct base_heap_node){deadline_us, 0, BASE_HEAP_NOWHERE};
    call->previous = call->next = NULL;
    call->text = write_text(room, request, call->id);
    call->reply = (struct substrate_reply){.status = SUBSTRATE_E_PENDING};
    call->bytes = NULL;
    call->subscription = NULL;
    if (deadline_us != SUBSTRATE_NEVER) {
        base_heap_push(&session->deadlines, &call->deadline, deadline_us);
    }
    queue_push(session, call);
    session->counters.submitted += 1;
    return SUBSTRATE_OK;
}

/* Takes a call out of everything that knows it. */
static void forget(struct session *session, struct session_call *call) {
    if (call->state == SESSION_QUEUED) {
        queue_remove(session, call);
    } else {
        session->counters.in_flight -= 1;
    }
    base_heap_remove(&session->deadlines, &call->deadline);
    (void)base_idmap_remove(&session->pending, call->id);
}

void session_withdraw(struct session *session, struct session_call *call) {
    forget(session, call);
    call->state = SESSION_IDLE;
    session->counters.submitted -= 1;
}

/* The one place where a call ends. */
static void end(struct session *session, struct session_call *call,
                const struct substrate_reply *reply) {
    forget(session, call);
    call->state = SESSION_ENDED;
    call->reply = *reply;
    if (call->subscription != NULL) {
        session_subscription_replied(session, call);
    }
    call->ended(call);
}

static void end_without_reply(struct session *session, struct session_call *call,
                              enum substrate_status status) {
    struct substrate_reply reply = {.status = status};
    end(session, call, &reply);
}

bool session_can_send(const struct session *session) {
    return session->first != NULL && session->counters.in_flight < session->options.in_flight_max;
}

struct session_call *session_next(struct session *session) {
    if (!session_can_send(session)) {
        return NULL;
    }
    struct session_call *call = session->first;
    queue_remove(session, call);
    call->state = SESSION_SENT;
    session->counters.in_flight += 1;
    if (session->counters.in_flight > session->counters.in_flight_peak) {
        session->counters.in_flight_peak = session->counters.in_flight;
    }
    return call;
}

static void feed_reply(struct session *session, const struct envelope *envelope,
                       struct base_buf *text) {
    if (envelope->id < session->options.first_id || envelope->id >= session->next_id) {
        session->counters.unknown += 1;
        return;
    }
    struct session_call *call = base_idmap_get(&session->pending, envelope->id);
    if (call == NULL) {
        session->counters.late += 1;
        return;
    }
    if (call->state == SESSION_QUEUED) {
        session->counters.unknown += 1; /* nobody can answer what was not asked yet */
        return;
    }
    session->counters.replied += 1;
    session->counters.rpc_errors += envelope->reply.status == SUBSTRATE_E_RPC;
    session->counters.malformed += envelope->reply.status == SUBSTRATE_E_PROTOCOL;
    if (envelope->reply.status == SUBSTRATE_OK || envelope->reply.status == SUBSTRATE_E_RPC) {
        call->bytes = text->data;
        *text = (struct base_buf)BASE_BUF_INIT;
    }
    end(session, call, &envelope->reply);
}

static void feed_one(struct session *session, const struct envelope *envelope,
                     struct base_buf *text) {
    switch (envelope->kind) {
    case ENVELOPE_REPLY:
        feed_reply(session, envelope, text);
        break;
    case ENVELOPE_FOREIGN:
        session->counters.unknown += 1;
        break;
    case ENVELOPE_NOTIFICATION:
        session->counters.notifications += 1;
        session_notified(session, envelope, text);
        break;
    case ENVELOPE_ARRAY:
    case ENVELOPE_MALFORMED:
        session->counters.malformed += 1;
        break;
    }
}

/* Each element gets bytes of its own, so that the calls of one batch need not share a lifetime. */
static void feed_element(struct session *session, struct base_json element) {
    struct base_buf copy = BASE_BUF_INIT;
    struct envelope envelope;
    base_buf_text(&copy, element.raw);
    if (!copy.failed) {
        envelope_read(base_buf_view(&copy), &envelope);
    } else {
        envelope_read_element(element, &envelope);
        envelope.reply = (struct substrate_reply){.status = SUBSTRATE_E_MEMORY};
    }
    feed_one(session, &envelope, &copy);
    base_buf_free(&copy);
}

void session_feed(struct session *session, const struct envelope *envelope, struct base_buf *text,
                  uint64_t now_us) {
    session_expire(session, now_us);
    if (envelope->kind != ENVELOPE_ARRAY || base_json_length(envelope->array) == 0) {
        feed_one(session, envelope, text);
        return;
    }
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json element;
    base_json_walk_init(&walk, envelope->array);
    while (base_json_walk_next(&walk, &key, &element)) {
        feed_element(session, element);
    }
}

void session_expire(struct session *session, uint64_t now_us) {
    while (session_deadline(session) <= now_us) {
        struct base_heap_node *node = base_heap_top(&session->deadlines);
        if (node == NULL) {
            return;
        }
        struct session_call *call =
            (struct session_call *)(void *)((char *)node - offsetof(struct session_call, deadline));
        session->counters.timed_out += 1;
        end_without_reply(session, call, SUBSTRATE_E_TIMEOUT);
    }
}

uint64_t session_deadline(const struct session *session) {
    const struct base_heap_node *node = base_heap_top(&session->deadlines);
    return node != NULL ? node->key : SUBSTRATE_NEVER;
}

bool session_cancel(struct session *session, struct session_call *call) {
    if (call->state != SESSION_QUEUED && call->state != SESSION_SENT) {
        return false;
    }
    session->counters.cancelled += 1;
    end_without_reply(session, call, SUBSTRATE_E_CANCELLED);
    return true;
}

void session_close(struct session *session, enum substrate_status status) {
    session->closed = true;
    /* The table is taken out first: ending a call would shift the entries of a walk over it. */
    struct base_idmap pending = session->pending;
    base_idmap_init(&session->pending);
    size_t cursor = 0;
    uint64_t id = 0;
    void *call = NULL;
    while (base_idmap_next(&pending, &cursor, &id, &call)) {
        session->counters.closed += 1;
        end_without_reply(session, call, status);
    }
    base_idmap_free(&pending);
    session_subscriptions_close(session);
}

void session_call_clear(struct session_call *call) {
    base_free(call->bytes);
    call->bytes = NULL;
    call->reply = (struct substrate_reply){.status = call->reply.status};
}
