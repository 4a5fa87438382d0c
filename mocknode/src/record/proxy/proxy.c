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
#include <sys/queue.h>
#include <unistd.h>
#include <substrate/connection.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/upstream.h"
#include "record/proxy/replies.h"
#include "record/proxy/recording.h"
#include "record/proxy/dialogue.h"
#include "wire/upstream.h"
#include "wire/wire.h"

#define CLOSE_INTERNAL 1011
#define MESSAGE_MAX ((size_t)64 << 20)
/* No client waits longer for the recording, whose own questions a far upstream answers slowly. */
#define HOLD_US 5000000
/* A lost upstream is opened again so often, after a pause that doubles: for some 20 s in all. */
#define TRIES 10
#define AGAIN_US 100000U
#define AGAIN_MAX_US 5000000U

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
    struct wire_conn *conn;
    struct wire_upstream *upstream; /* NULL: there is none */
    uint64_t reconnect_us;          /* when the next one is opened; SUBSTRATE_NEVER: not at all */
    unsigned tries;                 /* since the last message of an upstream */
    struct dialogue dialogue;
    bool awaiting; /* a POST has no answer yet */
    LIST_ENTRY(link) entry;
};

/* ---- the recording ---- */

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

/* ---- replies ---- */

/* The end of a link whose upstream is given up. */
static void hang_up(struct link *link, struct substrate_text why) {
    if (wire_conn_is_websocket(link->conn)) {
        wire_close(link->conn, CLOSE_INTERNAL, "the upstream is gone");
    } else {
        wire_respond(link->conn, 502, "text/plain", why);
    }
}

static void hand_on(struct link *link, const struct held_reply *held) {
    if (held->close) {
        hang_up(link, held->text);
    } else {
        wire_send(link->conn, held->text);
    }
}

/* The next time that something is due: a reply, or an upstream that is to be opened again. */
static void arm(struct proxy *proxy) {
    uint64_t due = reply_queue_due(&proxy->held);
    const struct link *link;
    LIST_FOREACH(link, &proxy->links, entry) {
        due = link->reconnect_us < due ? link->reconnect_us : due;
    }
    wire_timer(proxy->wire, due);
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
    arm(proxy);
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

/* A POST has one answer, whatever else comes. */
static bool is_wanted(const struct link *link) {
    return wire_conn_is_websocket(link->conn) || link->awaiting;
}

static void tell_client(void *context, struct substrate_text message) {
    struct link *link = context;
    if (is_wanted(link)) {
        link->awaiting = false;
        hold(link, message, false);
    }
}

/* ---- upstreams ---- */

static void on_upstream_message(void *user, struct substrate_text message) {
    struct link *link = user;
    link->tries = 0;
    dialogue_hear(&link->dialogue, message);
}

static void give_up(struct link *link, const char *reason) {
    char text[160];
    (void)snprintf(text, sizeof text, "upstream: %s\n", reason);
    link->awaiting = false;
    hold(link, base_text(text), true);
}

/* The client is not told: another connection takes the place of this one. */
static void on_upstream_close(void *user, const char *reason) {
    struct link *link = user;
    uint64_t asked_us = wire_upstream_retry_us(link->upstream);
    link->upstream = NULL;
    dialogue_lost(&link->dialogue);
    if (!is_wanted(link)) {
        return;
    }
    if (link->tries >= TRIES) {
        give_up(link, reason);
        return;
    }
    if (link->tries == 0) {
        fprintf(stderr, "mocknode record: a client's upstream is opened again: %s\n", reason);
    }
    uint64_t pause = (uint64_t)AGAIN_US << link->tries++;
    pause = pause < AGAIN_MAX_US ? pause : AGAIN_MAX_US;
    link->reconnect_us = substrate_now_us() + (pause > asked_us ? pause : asked_us);
    arm(link->proxy);
}

static void reconnect(struct link *link) {
    link->reconnect_us = SUBSTRATE_NEVER;
    link->upstream = wire_upstream_open(link->proxy->upstreams, link);
    if (link->upstream == NULL) {
        give_up(link, "out of memory");
    } else {
        dialogue_resume(&link->dialogue);
    }
}

static void on_wake(void *context) { release(context); }

static void on_due(void *context, uint64_t now_us) {
    struct proxy *proxy = context;
    struct link *link;
    LIST_FOREACH(link, &proxy->links, entry) {
        if (link->reconnect_us <= now_us) {
            reconnect(link);
        }
    }
    release(proxy);
}

/* ---- clients ---- */

static void free_link(struct link *link) {
    reply_queue_forget(&link->proxy->held, link);
    dialogue_free(&link->dialogue);
    LIST_REMOVE(link, entry);
    base_free(link);
}

static void hear_said(void *context, struct said *said) {
    give_keeper(((struct link *)context)->proxy, said);
}

static void send_upstream(void *context, struct substrate_text message) {
    struct link *link = context;
    if (link->upstream != NULL && !wire_upstream_send(link->upstream, message)) {
        fprintf(stderr, "mocknode record: out of memory: a message is lost\n");
    }
}

static void on_connecting(void *context, struct wire_conn *conn,
                          const struct wire_request *request) {
    struct proxy *proxy = context;
    struct link *link = base_calloc(1, sizeof *link);
    const struct dialogue_host host = {link, hear_said, tell_client, send_upstream};
    (void)request;
    if (link != NULL) {
        link->proxy = proxy;
        link->conn = conn;
        link->reconnect_us = SUBSTRATE_NEVER;
        dialogue_init(&link->dialogue, &host, proxy->legacy);
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
    (void)context;
    bool post = !wire_conn_is_websocket(conn);
    if (link->upstream == NULL && link->reconnect_us == SUBSTRATE_NEVER) {
        hang_up(link, BASE_TEXT("the upstream is gone\n"));
        return;
    }
    link->awaiting = dialogue_ask(&link->dialogue, said->text);
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
