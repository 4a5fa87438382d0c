/* The conversation with an upstream. Everything that two threads see is under one lock; the socket
 * belongs to the thread of the loop. */
#include "record/link.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/pace.h"
#include "wire/upstream.h"

#define TICK_US 200000   /* between two looks of who waits */
#define SENDINGS_MAX 6   /* of one request */
#define AGAIN_US 100000  /* until the first reconnect; twice as long until each further one */
#define RECONNECTS_MAX 5 /* without an answer between them */

struct upstream_link {
    pthread_t thread;
    struct wire *wire;
    struct wire_upstreams *upstreams;
    struct wire_upstream *socket; /* of the loop's thread; NULL: there is none */
    uint64_t reconnect_us;        /* when the next socket is opened; SUBSTRATE_NEVER: not at all */
    pthread_mutex_t lock;         /* of all below */
    pthread_cond_t changed;
    TAILQ_HEAD(, link_request) unsent;
    struct base_idmap asked; /* all requests, by id */
    uint64_t last_id;
    unsigned reconnects;
    struct pace pace;
    bool answered; /* it has replied once: who never did is not waited for */
    bool nonsense;
    char reason[160];
};

/* ---- on the loop's thread ---- */

static size_t count_in_flight(const struct upstream_link *link) {
    size_t cursor = 0, count = 0;
    uint64_t id;
    void *value;
    while (base_idmap_next(&link->asked, &cursor, &id, &value)) {
        const struct link_request *request = value;
        count += request->sent && request->state == LINK_WAITING;
    }
    return count;
}

/* Sends what may be sent by now. */
static void send_all(struct upstream_link *link) {
    uint64_t now = substrate_now_us();
    struct link_request *request;
    if (link->socket == NULL || TAILQ_EMPTY(&link->unsent)) {
        return;
    }
    for (size_t in_flight = count_in_flight(link);
         (request = TAILQ_FIRST(&link->unsent)) != NULL && pace_allows(&link->pace, in_flight, now);
         in_flight++) {
        TAILQ_REMOVE(&link->unsent, request, entry);
        request->sent = true;
        request->sendings++;
        request->begun_us = now;
        (void)wire_upstream_send(link->socket,
                                 (struct substrate_text){request->text, request->size});
    }
}

static void arm(struct upstream_link *link) {
    uint64_t now = substrate_now_us(), due = now + TICK_US;
    if (link->reconnect_us < due) {
        due = link->reconnect_us;
    }
    if (link->pace.resting_us > now && link->pace.resting_us < due) {
        due = link->pace.resting_us;
    }
    wire_timer(link->wire, due);
}

static void on_wake(void *context) {
    struct upstream_link *link = context;
    pthread_mutex_lock(&link->lock);
    if (link->socket == NULL && link->reconnect_us == SUBSTRATE_NEVER &&
        !TAILQ_EMPTY(&link->unsent)) {
        link->reconnects = 0; /* asked anew after it was given up */
        link->socket = wire_upstream_open(link->upstreams, link);
    }
    send_all(link);
    pthread_mutex_unlock(&link->lock);
}

/* Who waits looks again at what time it is; a socket that was lost is opened again. */
static void on_due(void *context, uint64_t now_us) {
    struct upstream_link *link = context;
    pthread_mutex_lock(&link->lock);
    if (link->socket == NULL && link->reconnect_us <= now_us) {
        link->reconnect_us = SUBSTRATE_NEVER;
        link->socket = wire_upstream_open(link->upstreams, link);
    }
    send_all(link);
    pthread_cond_broadcast(&link->changed);
    pthread_mutex_unlock(&link->lock);
    arm(link);
}

/* The request that a message answers. */
static struct link_request *find(struct upstream_link *link, struct base_json message) {
    uint64_t id;
    return base_json_u64(base_json_member(message, "id"), &id) ? base_idmap_get(&link->asked, id)
                                                               : NULL;
}

static void answer(struct link_request *request, struct substrate_text message) {
    request->reply = base_strdup(message);
    request->reply_size = message.size;
    request->state = request->reply != NULL ? LINK_ANSWERED : LINK_LOST;
}

/* Puts a request back among the unsent, which are in the order of asking. */
static void put_back(struct upstream_link *link, struct link_request *request) {
    struct link_request *later = TAILQ_FIRST(&link->unsent);
    while (later != NULL && later->id < request->id) {
        later = TAILQ_NEXT(later, entry);
    }
    request->sent = false;
    if (later != NULL) {
        TAILQ_INSERT_BEFORE(later, request, entry);
    } else {
        TAILQ_INSERT_TAIL(&link->unsent, request, entry);
    }
}

/* Whether the upstream refused a request in a way that passes; it is asked again then. */
static bool refused(struct upstream_link *link, struct link_request *request,
                    struct base_json message) {
    struct base_json error = base_json_member(message, "error");
    struct substrate_text code = base_json_member(error, "code").raw;
    if (error.kind != BASE_JSON_OBJECT || !pace_passes(error) ||
        ++request->refusals >= PACE_TRIES) {
        return false;
    }
    (void)snprintf(link->reason, sizeof link->reason, "it refused with error %.*s", (int)code.size,
                   code.data);
    pace_refused(&link->pace, error, substrate_now_us());
    put_back(link, request);
    return true;
}

static void hear(struct upstream_link *link, struct base_json message, struct substrate_text text) {
    struct link_request *request = find(link, message);
    if (request == NULL || request->state != LINK_WAITING || !request->sent) {
        return;
    }
    link->answered = true;
    link->reconnects = 0;
    if (!refused(link, request, message)) {
        answer(request, text);
        pace_answered(&link->pace);
    }
    send_all(link);
}

static void on_message(void *user, struct substrate_text message) {
    struct upstream_link *link = user;
    struct base_json value;
    pthread_mutex_lock(&link->lock);
    if (base_json_parse(message, BASE_JSON_DEPTH_MAX, &value, NULL) != SUBSTRATE_OK ||
        value.kind != BASE_JSON_OBJECT ||
        (base_json_member(value, "result").kind == BASE_JSON_NONE &&
         base_json_member(value, "error").kind != BASE_JSON_OBJECT &&
         base_json_member(value, "method").kind != BASE_JSON_STRING)) {
        link->nonsense = true;
    } else {
        hear(link, value, message);
    }
    pthread_cond_broadcast(&link->changed);
    pthread_mutex_unlock(&link->lock);
    arm(link);
}

/* Puts what has no answer back among the unsent, unless it was sent too often already. */
static void take_back(struct upstream_link *link, bool again) {
    size_t cursor = 0;
    uint64_t id;
    void *value;
    while (base_idmap_next(&link->asked, &cursor, &id, &value)) {
        struct link_request *request = value;
        if (request->state != LINK_WAITING) {
            continue;
        }
        if (!again || request->sendings - request->refusals >= SENDINGS_MAX) {
            if (!request->sent) {
                TAILQ_REMOVE(&link->unsent, request, entry);
                request->sent = true;
            }
            request->state = LINK_LOST;
        } else if (request->sent) {
            put_back(link, request);
        }
    }
}

static bool anyone_waits(const struct upstream_link *link) {
    size_t cursor = 0;
    uint64_t id;
    void *value;
    while (base_idmap_next(&link->asked, &cursor, &id, &value)) {
        if (((const struct link_request *)value)->state == LINK_WAITING) {
            return true;
        }
    }
    return false;
}

static void on_close(void *user, const char *reason) {
    struct upstream_link *link = user;
    pthread_mutex_lock(&link->lock);
    uint64_t asked_us = wire_upstream_retry_us(link->socket);
    link->socket = NULL;
    (void)snprintf(link->reason, sizeof link->reason, "%s", reason);
    bool again =
        (link->answered || asked_us > 0) && link->reconnects < RECONNECTS_MAX && anyone_waits(link);
    take_back(link, again);
    link->reconnect_us = SUBSTRATE_NEVER;
    if (again) {
        uint64_t pause = (uint64_t)AGAIN_US << link->reconnects++;
        link->reconnect_us = substrate_now_us() + (pause > asked_us ? pause : asked_us);
    }
    pthread_cond_broadcast(&link->changed);
    pthread_mutex_unlock(&link->lock);
    arm(link);
}

static void *run(void *argument) {
    struct upstream_link *link = argument;
    (void)wire_run(link->wire);
    return NULL;
}

/* ---- on the asker's thread ---- */

static enum substrate_status start(struct upstream_link *link, const char *url,
                                   struct substrate_error *error) {
    const struct wire_options options = {.unlistened = true};
    const struct wire_handler handler = {.context = link, .on_wake = on_wake, .on_due = on_due};
    const struct wire_upstream_handler upstream = {on_message, on_close};
    enum substrate_status status = wire_create(&options, &handler, &link->wire, error);
    if (status == SUBSTRATE_OK) {
        status = wire_upstreams_create(link->wire, url, &upstream, &link->upstreams, error);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    arm(link);
    if (pthread_create(&link->thread, NULL, run, link) != 0) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "no thread can be started");
    }
    return SUBSTRATE_OK;
}

static void free_link(struct upstream_link *link) {
    if (link->socket != NULL) {
        wire_upstream_close(link->socket);
    }
    wire_destroy(link->wire);
    wire_upstreams_free(link->upstreams);
    base_idmap_free(&link->asked);
    pthread_cond_destroy(&link->changed);
    pthread_mutex_destroy(&link->lock);
    base_free(link);
}

enum substrate_status link_open(const char *url, struct upstream_link **link,
                                struct substrate_error *error) {
    struct upstream_link *made = base_calloc(1, sizeof *made);
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    made->reconnect_us = SUBSTRATE_NEVER;
    TAILQ_INIT(&made->unsent);
    base_idmap_init(&made->asked);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->changed, NULL);
    enum substrate_status status = start(made, url, error);
    if (status != SUBSTRATE_OK) {
        free_link(made);
        return status;
    }
    *link = made;
    return SUBSTRATE_OK;
}

void link_close(struct upstream_link *link) {
    wire_stop(link->wire);
    pthread_join(link->thread, NULL);
    free_link(link);
}

struct link_request *link_ask(struct upstream_link *link, const char *method,
                              struct substrate_text params) {
    struct base_buf text = BASE_BUF_INIT;
    struct link_request *request = base_calloc(1, sizeof *request);
    pthread_mutex_lock(&link->lock);
    uint64_t id = ++link->last_id;
    base_buf_format(&text, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"%s\",\"params\":",
                    (unsigned long long)id, method);
    base_buf_text(&text, params);
    base_buf_char(&text, '}');
    if (request == NULL || text.failed || !base_idmap_put(&link->asked, id, request)) {
        pthread_mutex_unlock(&link->lock);
        base_free(request);
        base_buf_free(&text);
        return NULL;
    }
    request->id = id;
    request->method = method;
    request->text = text.data;
    request->size = text.size;
    request->begun_us = substrate_now_us();
    TAILQ_INSERT_TAIL(&link->unsent, request, entry);
    pthread_mutex_unlock(&link->lock);
    wire_wake(link->wire);
    return request;
}

enum link_state link_wait(struct upstream_link *link, const struct link_request *request) {
    pthread_mutex_lock(&link->lock);
    if (request->state == LINK_WAITING && !link->nonsense) {
        pthread_cond_wait(&link->changed, &link->lock);
    }
    enum link_state state =
        request->state == LINK_WAITING && link->nonsense ? LINK_NONSENSE : request->state;
    pthread_mutex_unlock(&link->lock);
    return state;
}

void link_repeat(struct upstream_link *link, struct link_request *request) {
    pthread_mutex_lock(&link->lock);
    if (request->state == LINK_WAITING && request->sent) {
        put_back(link, request);
    }
    pthread_mutex_unlock(&link->lock);
    wire_wake(link->wire);
}

void link_drop(struct upstream_link *link, struct link_request *request) {
    if (request == NULL) {
        return;
    }
    pthread_mutex_lock(&link->lock);
    base_idmap_remove(&link->asked, request->id);
    if (!request->sent) {
        TAILQ_REMOVE(&link->unsent, request, entry);
    }
    pthread_mutex_unlock(&link->lock);
    base_free(request->text);
    base_free(request->reply);
    base_free(request);
}

void link_reason(struct upstream_link *link, char *out, size_t size) {
    pthread_mutex_lock(&link->lock);
    (void)snprintf(out, size, "%s", link->reason);
    pthread_mutex_unlock(&link->lock);
}
