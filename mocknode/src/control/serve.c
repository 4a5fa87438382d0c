/* `mocknode serve`: recordings, spaces over them, and the wire under them. */
#include "control/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/json.h"
#include "base/text.h"
#include "control/control.h"
#include "control/journal_files.h"
#include "control/options.h"
#include "control/recordings.h"
#include "control/spaces.h"
#include "wire/wire.h"

#define RULES_MAX (16 * 1024 * 1024)
#define REQUEST_MAX (15 * 1024 * 1024) /* as a node */
#define IGNORED_MAX 100

struct server {
    struct serve_options options;
    struct recordings recordings;
    struct script_rules *rules;
    struct wire *wire;
    struct journal_files journal;
    struct spaces *spaces;
    struct base_arena arena;
    struct base_map ignored; /* members of queries that were named on standard error */
};

static struct wire *stop_me; /* for the signal handler */

static void on_signal(int signal_number) {
    (void)signal_number;
    wire_stop(stop_me);
}

static uint64_t port_send(void *connection, int status, struct substrate_text text) {
    struct wire_conn *conn = connection;
    if (status == 200 || wire_conn_is_websocket(conn)) {
        return wire_send(conn, text);
    }
    return wire_respond(conn, status, "application/json; charset=utf-8", text);
}

static void port_pause(void *connection, bool paused) { wire_pause(connection, paused); }

static void port_close(void *connection, unsigned code, const char *reason) {
    wire_close(connection, code, reason);
}

static const struct space_port port = {port_send, port_pause, port_close, spaces_due_told,
                                       control_answer};

static void on_spaces_due(void *context, uint64_t due) {
    struct server *server = context;
    wire_timer(server->wire, due);
}

static void on_due(void *context, uint64_t now) {
    struct server *server = context;
    spaces_run(server->spaces, now);
}

/* Why a connection is refused: an HTTP status and a line of text. */
struct refusal {
    int status;
    char text[200];
};

static bool refuse(struct refusal *refusal, int status, const char *text) {
    refusal->status = status;
    (void)snprintf(refusal->text, sizeof(refusal->text), "%s", text);
    return false;
}

/* Names a member of a query that means nothing here: once each, and not for ever. */
static void name_ignored(struct server *server, struct substrate_text name) {
    if (name.size == 0 || server->ignored.count >= IGNORED_MAX ||
        base_map_get(&server->ignored, name) != NULL) {
        return;
    }
    struct substrate_text kept = base_arena_text(&server->arena, name);
    struct base_buf quoted = BASE_BUF_INIT;
    base_json_write_string(&quoted, name);
    if (kept.data != NULL && !quoted.failed && base_map_put(&server->ignored, kept, server)) {
        (void)fprintf(stderr,
                      "mocknode serve: ignored %.*s in the query of a URL; known are seed, "
                      "as and fixture\n",
                      (int)(quoted.size < 100 ? quoted.size : 100), quoted.data);
    }
    base_buf_free(&quoted);
}

/* Opens the connection in the space that the URL names. */
static struct space_peer *open_peer(struct server *server, struct wire_conn *conn,
                                    const struct space_url *url, bool websocket, bool privileged,
                                    struct refusal *refusal) {
    struct spaces_refusal why;
    uint64_t now = substrate_now_us();
    struct space *space = spaces_find(server->spaces, url, now, &why);
    if (space == NULL) {
        (void)refuse(refusal, why.status, why.text);
        return NULL;
    }
    struct space_peer *peer = space_open(space, conn, url->label, websocket, privileged, now);
    if (peer == NULL) {
        (void)refuse(refusal, 429, SPACE_FULL_TEXT);
    }
    wire_conn_set_user(conn, peer);
    return peer;
}

static bool is_privileged(const struct server *server, const struct wire_request *request) {
    return !request->origin && (request->loopback || server->options.unsafe_control);
}

static bool let_in(struct server *server, struct wire_conn *conn,
                   const struct wire_request *request, struct refusal *refusal) {
    struct space_url url;
    const char *problem = NULL;
    if (!space_url_read(request->path, request->query, &url, &problem)) {
        return refuse(refusal, 404, problem);
    }
    name_ignored(server, url.unknown);
    return open_peer(server, conn, &url, request->websocket, is_privileged(server, request),
                     refusal) != NULL;
}

static void on_connecting(void *context, struct wire_conn *conn,
                          const struct wire_request *request) {
    struct refusal refusal;
    if (let_in(context, conn, request, &refusal)) {
        wire_accept(conn, NULL);
    } else {
        wire_refuse(conn, refusal.status, NULL, 0, base_text(refusal.text));
    }
}

static void leave(struct server *server, struct space_peer *peer, const struct wire_closed *how) {
    static const struct substrate_text by[] = {
        [WIRE_BY_PEER] = {"peer", 4}, [WIRE_BY_NODE] = {"node", 4}, [WIRE_BY_RESET] = {"reset", 5}};
    struct space *space = space_of(peer);
    struct space_closed closed = {
        .by = by[how->by], .code = (uint16_t)how->code, .reason = how->reason};
    space_close(peer, &closed, substrate_now_us());
    spaces_left(server->spaces, space);
}

/* A POST on a connection whose space was dropped meanwhile begins a new space of that name. */
static bool move_on(struct server *server, struct wire_conn *conn) {
    struct space_peer *old = wire_conn_user(conn);
    if (wire_conn_is_websocket(conn) || !spaces_is_dropped(space_of(old))) {
        return true;
    }
    struct refusal refusal;
    struct space_url url = {.name = space_name(space_of(old)), .label = space_peer_label(old)};
    bool opened = open_peer(server, conn, &url, false, space_peer_privileged(old), &refusal);
    if (!opened) {
        wire_conn_set_user(conn, old);
        (void)wire_respond(conn, refusal.status, "text/plain", base_text(refusal.text));
        return false;
    }
    leave(server, old, &(struct wire_closed){.by = WIRE_BY_PEER});
    return true;
}

static void on_message(void *context, struct wire_conn *conn, const struct wire_message *message) {
    if (!move_on(context, conn)) {
        return;
    }
    if (message->request != NULL) {
        space_peer_set_privileged(wire_conn_user(conn), is_privileged(context, message->request));
    }
    space_message(wire_conn_user(conn), message->text, substrate_now_us());
}

static void on_oversize(void *context, struct wire_conn *conn) {
    (void)context;
    space_oversize(wire_conn_user(conn), REQUEST_MAX, substrate_now_us());
}

static void on_written(void *context, struct wire_conn *conn, uint64_t mark) {
    (void)context;
    space_written(wire_conn_user(conn), mark, substrate_now_us());
}

static void on_close(void *context, struct wire_conn *conn, const struct wire_closed *closed) {
    struct space_peer *peer = wire_conn_user(conn);
    wire_conn_set_user(conn, NULL);
    leave(context, peer, closed);
}

/* Probes are no JSON-RPC and leave no trace. A recorded node that was healthy is ready. */
static bool on_get(void *context, struct wire_conn *conn, struct substrate_text path) {
    struct server *server = context;
    struct base_buf body = BASE_BUF_INIT;
    if (base_text_is(path, "/health/readiness")) {
        (void)wire_respond(conn, 200, "text/plain", (struct substrate_text){"", 0});
        return true;
    }
    if (!base_text_is(path, "/health")) {
        return false;
    }
    if (space_health(server->recordings.list[0].chain, &body)) {
        (void)wire_respond(conn, 200, "application/json; charset=utf-8", base_buf_view(&body));
    } else {
        (void)wire_respond(conn, 500, "text/plain; charset=utf-8",
                           BASE_TEXT("system_health is not recorded\n"));
    }
    base_buf_free(&body);
    return true;
}

static bool complain(const struct substrate_error *error) {
    (void)fprintf(stderr, "mocknode serve: %s\n", error->message);
    return false;
}

static bool read_file(const char *path, struct base_buf *out) {
    FILE *file = fopen(path, "rb");
    char chunk[4096];
    size_t size = 0;
    if (file == NULL) {
        return false;
    }
    do {
        size = fread(chunk, 1, sizeof(chunk), file);
        base_buf_append(out, chunk, size);
    } while (size > 0 && out->size < RULES_MAX);
    bool good = ferror(file) == 0 && !out->failed && out->size < RULES_MAX;
    return fclose(file) == 0 && good;
}

static bool load_rules(struct server *server) {
    const char *path = server->options.rules;
    struct base_buf text = BASE_BUF_INIT;
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    if (path == NULL) {
        return true;
    }
    errno = 0;
    if (!read_file(path, &text)) {
        (void)fprintf(stderr, "mocknode serve: cannot read the rules %s: %s\n", path,
                      errno != 0 ? strerror(errno) : "too large");
        base_buf_free(&text);
        return false;
    }
    enum substrate_status status =
        script_rules_read(base_buf_view(&text), path, &server->rules, &error);
    base_buf_free(&text);
    return status == SUBSTRATE_OK || complain(&error);
}

static bool make_spaces(struct server *server) {
    const struct serve_options *options = &server->options;
    struct spaces_options made = {.recordings = server->recordings.list,
                                  .recording_count = server->recordings.count,
                                  .spaces_max = options->spaces_max,
                                  .seed = options->seed,
                                  .canonical = server->journal.canonical,
                                  .due = on_spaces_due,
                                  .context = server};
    made.config = (struct space_config){.rules = server->rules,
                                        .latency_us = options->latency_us,
                                        .connections_max = options->connections_max,
                                        .subscriptions_max = SPACE_SUBSCRIPTIONS_MAX,
                                        .response_max = SPACE_RESPONSE_MAX,
                                        .events_max = SPACE_EVENTS_MAX,
                                        .texts_max = SPACE_TEXTS_MAX,
                                        .port = &port,
                                        .journal = server->journal.events};
    server->spaces = spaces_new(&made);
    if (server->spaces == NULL) {
        (void)fprintf(stderr, "mocknode serve: out of memory\n");
    }
    return server->spaces != NULL;
}

static bool listen_on(struct server *server) {
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    struct wire_handler handler = {.context = server,
                                   .on_connecting = on_connecting,
                                   .on_message = on_message,
                                   .on_oversize = on_oversize,
                                   .on_get = on_get,
                                   .on_written = on_written,
                                   .on_close = on_close,
                                   .on_due = on_due};
    struct wire_options options = {.host = server->options.host,
                                   .port = (uint16_t)server->options.port,
                                   .message_max = REQUEST_MAX,
                                   .tls_cert = server->options.tls_cert,
                                   .tls_key = server->options.tls_key,
                                   .allowed_hosts = server->options.allowed_hosts,
                                   .allowed_host_count = server->options.allowed_host_count};
    if (wire_create(&options, &handler, &server->wire, &error) != SUBSTRATE_OK) {
        return complain(&error);
    }
    return true;
}

static bool say_ready(const struct server *server) {
    struct base_buf line = BASE_BUF_INIT;
    const struct spaces_recording *first = &server->recordings.list[0];
    const struct chain_block *head = first->head != NULL ? first->head : chain_head(first->chain);
    base_buf_format(&line, "{\"ready\":true,\"url\":\"%s\",\"port\":%u,\"pid\":%ld,\"fixture\":",
                    wire_url(server->wire), (unsigned)wire_port(server->wire), (long)getpid());
    base_json_write_string(&line, base_text(server->options.fixtures[0]));
    base_buf_format(&line, ",\"seed\":%llu,\"head\":", (unsigned long long)server->options.seed);
    control_write_block(head, &line);
    base_buf_str(&line, "}\n");
    bool good =
        !line.failed && fwrite(line.data, 1, line.size, stdout) == line.size && fflush(stdout) == 0;
    base_buf_free(&line);
    return good;
}

static void catch_signals(struct server *server) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    (void)sigemptyset(&action.sa_mask);
    stop_me = server->wire;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* The exit status after a run: whatever was unmatched since the start counts, resets or not. */
static int sum_up(struct server *server) {
    int status = 0;
    if (server->journal.canonical != NULL) {
        status = spaces_write_canonical(server->spaces, server->journal.canonical) ? 0 : 1;
        status = journal_files_close(&server->journal) ? status : 1;
    }
    uint64_t unmatched = spaces_unmatched(server->spaces);
    if (unmatched > 0) {
        (void)fprintf(stderr, "mocknode serve: %llu requests were unmatched\n",
                      (unsigned long long)unmatched);
        status = status == 0 ? 3 : status;
    }
    return status;
}

static void clean_up(struct server *server) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    wire_destroy(server->wire);
    spaces_free(server->spaces);
    (void)journal_files_close(&server->journal);
    script_rules_free(server->rules);
    recordings_free(&server->recordings);
    base_map_free(&server->ignored);
    base_arena_free(&server->arena);
}

static int run(struct server *server) {
    const struct serve_options *options = &server->options;
    if (!recordings_load(&server->recordings, options->fixtures, options->fixture_count,
                         options->head) ||
        !load_rules(server) || !journal_files_open(&server->journal, options->journal) ||
        !make_spaces(server) || !listen_on(server)) {
        return 1;
    }
    catch_signals(server);
    if (!say_ready(server) || wire_run(server->wire) != SUBSTRATE_OK) {
        (void)fprintf(stderr, "mocknode serve: input or output failed\n");
        return 1;
    }
    /* Goodbyes are over: what is still open is closed before the journal is summed up. */
    return sum_up(server);
}

int serve_main(int argc, char **argv) {
    struct server server;
    memset(&server, 0, sizeof(server));
    if (!serve_options_read(argc, argv, &server.options)) {
        return 2;
    }
    if (server.options.help) {
        serve_options_help();
        return 0;
    }
    base_map_init(&server.ignored, 0);
    base_arena_init(&server.arena, 0);
    int status = run(&server);
    clean_up(&server);
    return status;
}
