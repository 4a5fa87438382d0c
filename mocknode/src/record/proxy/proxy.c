/* `mocknode record --listen`: one upstream WebSocket per client, messages handed through unchanged
 * in both directions, and every answered request given to a recording on a thread of its own. What
 * the upstream says is handed on when the recording has written it down. */
#include "record/proxy/proxy.h"
#include "tools/command.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>
#include <substrate/connection.h>
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/upstream.h"
#include "record/proxy/replies.h"
#include "record/proxy/recording.h"
#include "rpc/envelope.h"
#include "wire/upstream.h"
#include "wire/wire.h"

#define CLOSE_INTERNAL 1011
#define MESSAGE_MAX ((size_t)64 << 20)
/* No client waits longer for the recording, whose own questions a far upstream answers slowly. */
#define HOLD_US 5000000

/* A request that waits for its reply, or an exchange that waits for the recording: texts follow. */
struct said {
    STAILQ_ENTRY(said) entry;
    size_t twins; /* other requests with its id in flight: which reply is whose, nobody can tell */
    bool ambiguous;
    struct exchange exchange;
};

struct proxy {
    struct wire *wire;
    struct wire_upstreams *upstreams;
    struct recording *recording;
    LIST_HEAD(, link) links;
    bool legacy;
    struct reply_queue held;
    uint64_t given;        /* exchanges that the recording got */
    _Atomic uint64_t kept; /* and those it has dealt with */
    pthread_mutex_t lock;  /* of all below */
    pthread_cond_t more;
    STAILQ_HEAD(, said) said;
    bool over;                    /* no more will come */
    struct substrate_error error; /* why the recording gave up */
};

/* A client and its upstream. */
struct link {
    struct proxy *proxy;
    struct wire_conn *conn;         /* NULL: gone */
    struct wire_upstream *upstream; /* NULL: gone */
    struct base_map asked;          /* raw ids to struct said */
    bool awaiting;                  /* a POST has no answer yet */
    LIST_ENTRY(link) entry;
};

/* ---- what was said ---- */

static struct said *make_said(struct substrate_text method, struct substrate_text params,
                              struct substrate_text result) {
    struct said *said = base_alloc(sizeof *said + method.size + params.size + result.size);
    if (said == NULL) {
        return NULL;
    }
    char *at = (char *)(said + 1);
    struct substrate_text *const texts[] = {&said->exchange.method, &said->exchange.params,
                                            &said->exchange.result};
    const struct substrate_text from[] = {method, params, result};
    *said = (struct said){.twins = 0};
    for (size_t i = 0; i < 3; i++) {
        if (from[i].data != NULL) {
            memcpy(at, from[i].data, from[i].size);
            *texts[i] = (struct substrate_text){at, from[i].size};
            at += from[i].size;
        }
    }
    return said;
}

/* Takes `said`; NULL is a fact that memory ran out for, and is lost. */
static void give_keeper(struct proxy *proxy, struct said *said) {
    if (said == NULL) {
        return;
    }
    proxy->given++;
    pthread_mutex_lock(&proxy->lock);
    STAILQ_INSERT_TAIL(&proxy->said, said, entry);
    pthread_cond_signal(&proxy->more);
    pthread_mutex_unlock(&proxy->lock);
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

static void note_call(struct link *link, const struct rpc_envelope *call,
                      struct base_arena *arena) {
    struct substrate_text id = id_text(call->id, arena);
    struct said *twin = base_map_get(&link->asked, id);
    if (twin != NULL) {
        twin->ambiguous = true;
        twin->twins++;
        return;
    }
    /* No params are the same as none in a list. */
    struct substrate_text params =
        call->params.raw.data != NULL ? call->params.raw : BASE_TEXT("[]");
    struct said *said = make_said(call->method, params, id);
    if (said == NULL) {
        return;
    }
    if (!base_map_put(&link->asked, said->exchange.result, said)) {
        base_free(said);
    }
}

/* Remembers the calls of a message. Returns whether an answer is due. */
static bool note_message(struct link *link, struct substrate_text message) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    struct rpc_envelope envelope = rpc_read(message, &arena);
    bool due = envelope.kind != RPC_NOTIFICATION;
    if (envelope.kind == RPC_CALL) {
        note_call(link, &envelope, &arena);
    } else if (envelope.kind == RPC_BATCH) {
        struct base_json_walk walk;
        struct substrate_text key;
        struct base_json entry;
        due = base_json_length(envelope.batch) == 0;
        base_json_walk_init(&walk, envelope.batch);
        while (base_json_walk_next(&walk, &key, &entry)) {
            struct rpc_envelope call = rpc_read_value(entry, &arena);
            due = due || call.kind != RPC_NOTIFICATION;
            if (call.kind == RPC_CALL) {
                note_call(link, &call, &arena);
            }
        }
    }
    base_arena_free(&arena);
    return due;
}

static void hear_reply(struct link *link, struct base_json reply) {
    struct base_json id = base_json_member(reply, "id");
    struct base_json method = base_json_member(reply, "method");
    struct base_json result = base_json_member(reply, "result");
    struct base_json error = base_json_member(reply, "error");
    if (method.kind == BASE_JSON_STRING) {
        struct base_json said = base_json_member(base_json_member(reply, "params"), "result");
        struct substrate_text name = {method.raw.data + 1, method.raw.size - 2};
        if (said.kind != BASE_JSON_NONE) {
            give_keeper(link->proxy, make_said(name, (struct substrate_text){NULL, 0}, said.raw));
        }
        return;
    }
    struct said *asked = id.kind == BASE_JSON_NONE ? NULL : base_map_get(&link->asked, id.raw);
    if (asked != NULL && asked->twins > 0) {
        asked->twins--;
        return;
    }
    if (asked != NULL) {
        base_map_remove(&link->asked, id.raw);
    }
    if (asked == NULL || asked->ambiguous ||
        (result.kind == BASE_JSON_NONE) == (error.kind == BASE_JSON_NONE)) {
        base_free(asked);
        return;
    }
    struct said *said = make_said(asked->exchange.method, asked->exchange.params,
                                  error.kind != BASE_JSON_NONE ? error.raw : result.raw);
    if (said != NULL) {
        said->exchange.is_error = error.kind != BASE_JSON_NONE;
    }
    base_free(asked);
    give_keeper(link->proxy, said);
}

static void hear_message(struct link *link, struct substrate_text message) {
    struct base_json value, entry;
    struct base_json_walk walk;
    struct substrate_text key;
    if (base_json_parse(message, BASE_JSON_DEPTH_MAX, &value, NULL) != SUBSTRATE_OK) {
        return;
    }
    if (value.kind == BASE_JSON_OBJECT) {
        hear_reply(link, value);
        return;
    }
    base_json_walk_init(&walk, value);
    while (value.kind == BASE_JSON_ARRAY && base_json_walk_next(&walk, &key, &entry)) {
        hear_reply(link, entry);
    }
}

/* ---- the recording's thread ---- */

static struct said *next_said(struct proxy *proxy) {
    pthread_mutex_lock(&proxy->lock);
    while (STAILQ_EMPTY(&proxy->said) && !proxy->over) {
        pthread_cond_wait(&proxy->more, &proxy->lock);
    }
    struct said *said = STAILQ_FIRST(&proxy->said);
    if (said != NULL) {
        STAILQ_REMOVE_HEAD(&proxy->said, entry);
    }
    pthread_mutex_unlock(&proxy->lock);
    return said;
}

/* Keeps until there is nothing left; after a failure it only empties the queue. */
static void *keep(void *argument) {
    struct proxy *proxy = argument;
    struct said *said;
    bool good = true;
    while ((said = next_said(proxy)) != NULL) {
        struct substrate_error error = {.status = SUBSTRATE_OK};
        if (good && recording_take(proxy->recording, &said->exchange, &error) != SUBSTRATE_OK) {
            good = false;
            pthread_mutex_lock(&proxy->lock);
            proxy->error = error;
            pthread_mutex_unlock(&proxy->lock);
            wire_stop(proxy->wire);
        }
        base_free(said);
        if (good) { /* what could not be kept is not handed on either */
            atomic_fetch_add(&proxy->kept, 1);
            wire_wake(proxy->wire);
        }
    }
    return NULL;
}

/* ---- clients and upstreams ---- */

static void free_link(struct link *link) {
    struct proxy *proxy = link->proxy;
    size_t cursor = 0;
    struct substrate_text key;
    void *said;
    while (base_map_next(&link->asked, &cursor, &key, &said)) {
        base_free(said);
    }
    base_map_free(&link->asked);
    reply_queue_forget(&proxy->held, link);
    LIST_REMOVE(link, entry);
    base_free(link);
}

static void on_connecting(void *context, struct wire_conn *conn,
                          const struct wire_request *request) {
    struct proxy *proxy = context;
    struct link *link = base_calloc(1, sizeof *link);
    (void)request;
    if (link != NULL) {
        link->proxy = proxy;
        link->conn = conn;
        base_map_init(&link->asked, 0);
        link->upstream = wire_upstream_open(proxy->upstreams, link);
    }
    if (link == NULL || link->upstream == NULL) {
        base_free(link);
        wire_refuse(conn, 503, NULL, 0, BASE_TEXT("out of memory\n"));
        return;
    }
    LIST_INSERT_HEAD(&proxy->links, link, entry);
    wire_conn_set_user(conn, link);
    wire_accept(conn, NULL);
}

static void on_message(void *context, struct wire_conn *conn, const struct wire_message *said) {
    struct link *link = wire_conn_user(conn);
    struct substrate_text message = said->text;
    (void)context;
    bool post = !wire_conn_is_websocket(conn);
    bool sent = link->upstream != NULL && wire_upstream_send(link->upstream, message);
    if (!sent && post) {
        wire_respond(conn, 502, "text/plain", BASE_TEXT("the upstream is gone\n"));
        return;
    }
    if (!sent) {
        wire_close(conn, CLOSE_INTERNAL, "the upstream is gone");
        return;
    }
    link->awaiting = note_message(link, message);
    if (post && !link->awaiting) {
        wire_respond(conn, 200, "application/json; charset=utf-8", BASE_TEXT(""));
    }
}

static void on_close(void *context, struct wire_conn *conn, const struct wire_closed *closed) {
    struct link *link = wire_conn_user(conn);
    (void)context;
    (void)closed;
    if (link == NULL) {
        return;
    }
    if (link->upstream != NULL) {
        wire_upstream_close(link->upstream);
    }
    free_link(link);
}

static void hand_on(struct link *link, const struct held_reply *held) {
    bool post = !wire_conn_is_websocket(link->conn);
    if (!held->close) {
        wire_send(link->conn, held->text);
    } else if (!post) {
        wire_close(link->conn, CLOSE_INTERNAL, "the upstream is gone");
    } else {
        wire_respond(link->conn, 502, "text/plain", held->text);
    }
}

/* Hands on what may go, and comes back for the rest in time. */
static void release(struct proxy *proxy) {
    struct held_reply *held;
    while ((held = reply_queue_take(&proxy->held, atomic_load(&proxy->kept), substrate_now_us())) !=
           NULL) {
        if (held->owner != NULL) {
            hand_on(held->owner, held);
        }
        base_free(held);
    }
    wire_timer(proxy->wire, reply_queue_due(&proxy->held));
}

static void hold(struct link *link, struct substrate_text text, bool close) {
    struct proxy *proxy = link->proxy;
    const struct held_reply held = {.owner = link,
                                    .close = close,
                                    .after = proxy->given,
                                    .due_us = substrate_now_us() + HOLD_US,
                                    .text = text};
    if (!reply_queue_put(&proxy->held, &held)) {
        hand_on(link, &held);
    }
    release(proxy);
}

static void on_wake(void *context) { release(context); }

static void on_due(void *context, uint64_t now_us) {
    (void)now_us;
    release(context);
}

static bool is_hidden(struct substrate_text method) {
    static const char *const HIDDEN[] = {"chainHead_", "archive_", "transaction", "chainSpec_"};
    for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; i++) {
        if (base_text_starts(method, HIDDEN[i])) {
            return true;
        }
    }
    return false;
}

/* One answer, that to rpc_methods without the new JSON-RPC. Returns whether it is that one. */
static bool write_answer(const struct link *link, struct base_json answer, struct base_buf *out) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json name;
    struct base_json id = base_json_member(answer, "id");
    struct base_json methods = base_json_member(base_json_member(answer, "result"), "methods");
    const struct said *asked =
        id.kind == BASE_JSON_NONE ? NULL : base_map_get(&link->asked, id.raw);
    if (asked == NULL || !base_text_is(asked->exchange.method, "rpc_methods") ||
        methods.kind != BASE_JSON_ARRAY) {
        base_buf_text(out, answer.raw);
        return false;
    }
    base_buf_str(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    base_buf_text(out, id.raw);
    base_buf_str(out, ",\"result\":{\"methods\":[");
    base_json_walk_init(&walk, methods);
    for (const char *comma = ""; base_json_walk_next(&walk, &key, &name);) {
        if (!is_hidden((struct substrate_text){name.raw.data + 1, name.raw.size - 2})) {
            base_buf_str(out, comma);
            base_buf_text(out, name.raw);
            comma = ",";
        }
    }
    base_buf_str(out, "]}}");
    return true;
}

/* A message with its answers to rpc_methods, alone or in a batch, without the new JSON-RPC. False:
 * it has none, or there is no memory to change it. */
static bool write_legacy(const struct link *link, struct substrate_text message,
                         struct base_buf *out) {
    struct base_json value, entry;
    struct base_json_walk walk;
    struct substrate_text key;
    bool changed = false;
    if (!link->proxy->legacy ||
        base_json_parse(message, BASE_JSON_DEPTH_MAX, &value, NULL) != SUBSTRATE_OK) {
        return false;
    }
    if (value.kind == BASE_JSON_OBJECT) {
        changed = write_answer(link, value, out);
    } else if (value.kind == BASE_JSON_ARRAY) {
        base_json_walk_init(&walk, value);
        for (char before = '['; base_json_walk_next(&walk, &key, &entry); before = ',') {
            base_buf_char(out, before);
            changed = write_answer(link, entry, out) || changed;
        }
        base_buf_char(out, ']');
    }
    return changed && !out->failed;
}

static void on_upstream_message(void *user, struct substrate_text message) {
    struct link *link = user;
    struct base_buf legacy = BASE_BUF_INIT;
    bool changed = write_legacy(link, message, &legacy);
    bool wanted = wire_conn_is_websocket(link->conn) || link->awaiting; /* a POST has one answer */
    link->awaiting = false;
    hear_message(link, message);
    if (wanted) {
        hold(link, changed ? base_buf_view(&legacy) : message, false);
    }
    base_buf_free(&legacy);
}

static void on_upstream_close(void *user, const char *reason) {
    struct link *link = user;
    char text[160];
    bool wanted = wire_conn_is_websocket(link->conn) || link->awaiting;
    link->upstream = NULL;
    link->awaiting = false;
    (void)snprintf(text, sizeof text, "upstream: %s\n", reason);
    if (wanted) {
        hold(link, base_text(text), true);
    }
}

/* ---- the whole ---- */

static struct wire *volatile signalled_wire; /* NULL: there is none any more */
static volatile sig_atomic_t signals;

/* The first signal finishes the folder; the second one gives up on the upstream as well. */
static void on_signal(int number) {
    (void)number;
    signals = signals + 1;
    if (signals > 1) {
        upstream_interrupt();
    }
    if (signalled_wire != NULL) {
        wire_stop(signalled_wire);
    }
}

static void print_ready(const struct proxy *proxy, const struct proxy_options *options) {
    struct base_buf line = BASE_BUF_INIT;
    base_buf_format(&line, "{\"ready\":true,\"url\":\"%s\",\"port\":%u,\"pid\":%ld,\"fixture\":",
                    wire_url(proxy->wire), (unsigned)wire_port(proxy->wire), (long)getpid());
    base_json_write_string(&line, base_text(options->out));
    base_buf_str(&line, ",\"upstream\":");
    base_json_write_string(&line, base_text(options->upstream));
    base_buf_str(&line, "}\n");
    if (!line.failed) {
        (void)fwrite(line.data, 1, line.size, stdout);
        (void)fflush(stdout);
    }
    base_buf_free(&line);
}

static enum substrate_status open_wire(struct proxy *proxy, const struct proxy_options *options,
                                       struct substrate_error *error) {
    const struct wire_options wire = {
        .host = options->host, .port = options->port, .message_max = MESSAGE_MAX};
    const struct wire_handler handler = {.context = proxy,
                                         .on_connecting = on_connecting,
                                         .on_message = on_message,
                                         .on_close = on_close,
                                         .on_wake = on_wake,
                                         .on_due = on_due};
    const struct wire_upstream_handler upstream = {on_upstream_message, on_upstream_close};
    const char *url = substrate_network_url(options->upstream);
    enum substrate_status status = wire_create(&wire, &handler, &proxy->wire, error);
    if (status == SUBSTRATE_OK) {
        status = wire_upstreams_create(proxy->wire, url != NULL ? url : options->upstream,
                                       &upstream, &proxy->upstreams, error);
    }
    return status;
}

static void run_wire(struct proxy *proxy, const struct proxy_options *options) {
    struct sigaction action = {.sa_handler = on_signal};
    signalled_wire = proxy->wire;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    print_ready(proxy, options);
    if (wire_run(proxy->wire) != SUBSTRATE_OK) {
        fprintf(stderr, "mocknode record: the event loop failed\n");
    }
}

/* What is left of clients goes with the wire. This is the only thread by now, so that no signal is
 * being handled elsewhere. */
static void close_wire(struct proxy *proxy) {
    signalled_wire = NULL;
    struct link *link;
    LIST_FOREACH(link, &proxy->links, entry) {
        if (link->upstream != NULL) {
            wire_upstream_close(link->upstream);
            link->upstream = NULL;
        }
    }
    wire_destroy(proxy->wire);
    reply_queue_free(&proxy->held);
    wire_upstreams_free(proxy->upstreams);
}

static enum substrate_status serve(struct proxy *proxy, const struct proxy_options *options,
                                   struct substrate_error *error) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, keep, proxy) != 0) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "no thread can be started");
    }
    run_wire(proxy, options);
    pthread_mutex_lock(&proxy->lock);
    proxy->over = true;
    pthread_cond_signal(&proxy->more);
    pthread_mutex_unlock(&proxy->lock);
    pthread_join(thread, NULL);
    if (proxy->error.message[0] != '\0') {
        *error = proxy->error;
        fprintf(stderr, "%s: unfinished; resume with --merge\n", options->out);
        return error->status;
    }
    return recording_finish(proxy->recording, error);
}

int proxy_run(const struct proxy_options *options) {
    struct proxy proxy = {.legacy = options->legacy};
    struct substrate_error error = {.status = SUBSTRATE_OK};
    STAILQ_INIT(&proxy.said);
    LIST_INIT(&proxy.links);
    reply_queue_init(&proxy.held);
    pthread_mutex_init(&proxy.lock, NULL);
    pthread_cond_init(&proxy.more, NULL);
    enum substrate_status status = open_wire(&proxy, options, &error);
    if (status == SUBSTRATE_OK) {
        status = recording_open(options, &proxy.recording, &error);
    }
    if (status == SUBSTRATE_OK) {
        status = serve(&proxy, options, &error);
        recording_free(proxy.recording);
    }
    close_wire(&proxy);
    pthread_cond_destroy(&proxy.more);
    pthread_mutex_destroy(&proxy.lock);
    if (status != SUBSTRATE_OK) {
        return command_failed("record", &error);
    }
    return EXIT_SUCCESS;
}
