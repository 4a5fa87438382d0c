/* `mocknode serve`: a fixture, spaces over it, and the wire under them. */
#include "control/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "control/control.h"
#include "control/options.h"
#include "space/target.h"
#include "wire/wire.h"

#define SPACES_MAX 4096
#define RULES_MAX (16 * 1024 * 1024)
#define REQUEST_MAX (15 * 1024 * 1024) /* as a node */

struct server {
    struct serve_options options;
    struct chain *chain;
    struct script_rules *rules;
    struct space_config config;
    struct wire *wire;
    FILE *journal;
    struct base_map spaces; /* by name */
    uint64_t armed_us;      /* what the timer is set to */
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

static const struct space_port port = {port_send, port_pause, control_answer};

/* One timer serves all spaces; it is only ever moved forward here, and looks at all when it fires.
 */
static void arm(struct server *server, const struct space *space) {
    uint64_t due = space_due(space);
    if (due < server->armed_us) {
        server->armed_us = due;
        wire_timer(server->wire, due);
    }
}

static void on_due(void *context, uint64_t now) {
    struct server *server = context;
    size_t cursor = 0;
    struct substrate_text name;
    void *space;
    server->armed_us = SUBSTRATE_NEVER;
    while (base_map_next(&server->spaces, &cursor, &name, &space)) {
        space_run(space, now);
        arm(server, space);
    }
}

static bool refuse(struct wire_refusal *refusal, int status, const char *text) {
    refusal->status = status;
    (void)snprintf(refusal->text, sizeof(refusal->text), "%s", text);
    return false;
}

static struct space *find_space(struct server *server, const struct space_target *target,
                                struct wire_refusal *refusal) {
    struct space *space = base_map_get(&server->spaces, target->name);
    uint64_t seed = target->has_seed ? target->seed : server->options.seed;
    if (space != NULL) {
        if (target->has_seed && space_seed(space) != seed) {
            (void)refuse(refusal, 409, "this space is in use with another seed\n");
            return NULL;
        }
        return space;
    }
    if (server->spaces.count >= SPACES_MAX) {
        (void)refuse(refusal, 503, "too many spaces\n");
        return NULL;
    }
    space = space_new(&server->config, target->name, seed, substrate_now_us());
    if (space == NULL || !base_map_put(&server->spaces, space_name(space), space)) {
        space_free(space);
        (void)refuse(refusal, 503, "out of memory\n");
        return NULL;
    }
    return space;
}

static bool on_open(void *context, struct wire_conn *conn, const struct wire_request *request,
                    struct wire_refusal *refusal) {
    struct server *server = context;
    struct space_target target;
    const char *problem = NULL;
    if (!space_target_read(request->path, request->query, &target, &problem)) {
        return refuse(refusal, 404, problem);
    }
    struct space *space = find_space(server, &target, refusal);
    if (space == NULL) {
        return false;
    }
    bool privileged = !request->origin && (request->loopback || server->options.unsafe_control);
    struct space_peer *peer =
        space_open(space, conn, target.label, request->websocket, privileged, substrate_now_us());
    if (peer == NULL) {
        return refuse(refusal, 429, SPACE_FULL_TEXT);
    }
    wire_conn_set_user(conn, peer);
    return true;
}

static void on_message(void *context, struct wire_conn *conn, struct substrate_text message) {
    struct space_peer *peer = wire_conn_user(conn);
    space_message(peer, message, substrate_now_us());
    arm(context, space_of(peer));
}

static void on_oversize(void *context, struct wire_conn *conn) {
    struct server *server = context;
    struct space_peer *peer = wire_conn_user(conn);
    space_oversize(peer, REQUEST_MAX, substrate_now_us());
    arm(server, space_of(peer));
}

static void on_written(void *context, struct wire_conn *conn, uint64_t mark) {
    struct space_peer *peer = wire_conn_user(conn);
    space_written(peer, mark, substrate_now_us());
    arm(context, space_of(peer));
}

static void on_close(void *context, struct wire_conn *conn) {
    struct space_peer *peer = wire_conn_user(conn);
    struct space *space = space_of(peer);
    wire_conn_set_user(conn, NULL);
    space_close(peer, substrate_now_us());
    arm(context, space);
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
    if (space_health(server->chain, &body)) {
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

static bool load_chain(struct server *server) {
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    struct facts *facts = NULL;
    if (facts_load(server->options.fixture, FACTS_LOAD_DIGESTS, &facts, &error) != SUBSTRATE_OK) {
        return complain(&error);
    }
    if (chain_build(facts, &server->chain, &error) != SUBSTRATE_OK) {
        facts_free(facts);
        (void)fprintf(stderr, "mocknode serve: %s: %s\n", server->options.fixture, error.message);
        return false;
    }
    if (server->options.head != NULL) {
        server->config.head =
            control_find_block(server->chain, base_text(server->options.head), &error);
        if (server->config.head == NULL) {
            (void)fprintf(stderr, "mocknode serve: --head: %s\n", error.message);
            return false;
        }
    }
    return true;
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

static bool open_journal(struct server *server) {
    const char *path = server->options.journal;
    if (path == NULL) {
        return true;
    }
    server->journal = fopen(path, "wb");
    if (server->journal == NULL) {
        (void)fprintf(stderr, "mocknode serve: cannot write the journal %s: %s\n", path,
                      strerror(errno));
    }
    return server->journal != NULL;
}

static bool listen_on(struct server *server) {
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    struct wire_handler handler = {.context = server,
                                   .on_open = on_open,
                                   .on_message = on_message,
                                   .on_oversize = on_oversize,
                                   .on_get = on_get,
                                   .on_written = on_written,
                                   .on_close = on_close,
                                   .on_due = on_due};
    struct wire_options options = {.host = server->options.host,
                                   .port = (uint16_t)server->options.port,
                                   .message_max = REQUEST_MAX};
    if (wire_create(&options, &handler, &server->wire, &error) != SUBSTRATE_OK) {
        return complain(&error);
    }
    return true;
}

static bool say_ready(const struct server *server) {
    struct base_buf line = BASE_BUF_INIT;
    const struct chain_block *head =
        server->config.head != NULL ? server->config.head : chain_head(server->chain);
    base_buf_format(&line, "{\"ready\":true,\"url\":\"%s\",\"port\":%u,\"pid\":%ld,\"fixture\":",
                    wire_url(server->wire), (unsigned)wire_port(server->wire), (long)getpid());
    base_json_write_string(&line, base_text(server->options.fixture));
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

static int by_name(const void *left, const void *right) {
    const struct space *const *a = left, *const *b = right;
    return base_text_compare(space_name(*a), space_name(*b));
}

/* The spaces by name; the caller frees the array. NULL: out of memory. */
static struct space **sorted_spaces(const struct server *server, size_t *count) {
    struct space **sorted = base_calloc(server->spaces.count + 1, sizeof(struct space *));
    size_t cursor = 0;
    struct substrate_text name;
    void *space;
    *count = 0;
    while (sorted != NULL && base_map_next(&server->spaces, &cursor, &name, &space)) {
        sorted[(*count)++] = space;
    }
    if (*count > 0) {
        qsort(sorted, *count, sizeof(struct space *), by_name);
    }
    return sorted;
}

static bool write_canonical(const struct server *server, struct space **spaces, size_t count) {
    struct base_buf path = BASE_BUF_INIT, text = BASE_BUF_INIT;
    base_buf_format(&path, "%s.canonical", server->options.journal);
    base_buf_char(&path, '\0');
    for (size_t i = 0; spaces != NULL && i < count; i++) {
        space_write_canonical_lines(spaces[i], &text);
    }
    FILE *file = path.failed || text.failed ? NULL : fopen(path.data, "wb");
    bool good = file != NULL && fwrite(text.data, 1, text.size, file) == text.size;
    good = (file == NULL || fclose(file) == 0) && good;
    if (!good) {
        (void)fprintf(stderr, "mocknode serve: cannot write %s.canonical: %s\n",
                      server->options.journal, strerror(errno));
    }
    base_buf_free(&path);
    base_buf_free(&text);
    return good;
}

/* A log that could not be written is said once, here: serving did not stop for it. */
static bool close_journal(struct server *server) {
    bool good = ferror(server->journal) == 0;
    good = fclose(server->journal) == 0 && good;
    server->journal = NULL;
    if (!good) {
        (void)fprintf(stderr, "mocknode serve: the journal %s is not complete: %s\n",
                      server->options.journal, strerror(errno));
    }
    return good;
}

/* The exit status after a run: whatever was unmatched since the start counts, resets or not. */
static int sum_up(struct server *server) {
    size_t count = 0;
    uint64_t unmatched = 0;
    struct space **spaces = sorted_spaces(server, &count);
    int status = spaces != NULL ? 0 : 1;
    for (size_t i = 0; spaces != NULL && i < count; i++) {
        unmatched += space_unmatched_ever(spaces[i]);
    }
    if (server->journal != NULL) {
        status = spaces == NULL || !write_canonical(server, spaces, count) ? 1 : status;
        status = close_journal(server) ? status : 1;
    }
    if (unmatched > 0) {
        (void)fprintf(stderr, "mocknode serve: %llu requests were unmatched\n",
                      (unsigned long long)unmatched);
        status = status == 0 ? 3 : status;
    }
    base_free(spaces);
    return status;
}

static void clean_up(struct server *server) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    wire_destroy(server->wire);
    size_t cursor = 0;
    struct substrate_text name;
    void *space;
    while (base_map_next(&server->spaces, &cursor, &name, &space)) {
        space_free(space);
    }
    base_map_free(&server->spaces);
    if (server->journal != NULL) {
        (void)fclose(server->journal);
    }
    script_rules_free(server->rules);
    chain_free(server->chain);
}

static int run(struct server *server) {
    if (!load_chain(server) || !load_rules(server) || !open_journal(server) || !listen_on(server)) {
        return 1;
    }
    server->config.chain = server->chain;
    server->config.rules = server->rules;
    server->config.latency_us = server->options.latency_us;
    server->config.connections_max = (size_t)server->options.connections_max;
    server->config.subscriptions_max = SPACE_SUBSCRIPTIONS_MAX;
    server->config.response_max = SPACE_RESPONSE_MAX;
    server->config.port = &port;
    server->config.journal = server->journal;
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
    server.armed_us = SUBSTRATE_NEVER;
    base_map_init(&server.spaces, 0);
    int status = run(&server);
    clean_up(&server);
    return status;
}
