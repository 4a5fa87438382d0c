/* `mocknode serve`: recordings, a script, spaces over them, and the wire under them. */
#include "control/serve.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/json.h"
#include "base/text.h"
#include "control/connections.h"
#include "control/control.h"
#include "control/journal_files.h"
#include "control/options.h"
#include "control/port.h"
#include "control/recordings.h"
#include "control/script_files.h"
#include "control/spaces.h"
#include "wire/wire.h"

/* Exit statuses. */
enum { GOOD, FAILED, WRONG_COMMAND, UNMATCHED, SCRIPT_NOT_PLAYED };

struct server {
    bool unfired; /* a rule never fired */
    struct serve_options options;
    struct recordings recordings;
    struct script *script;
    struct wire_budget budget;
    struct wire *wire;
    struct journal_files journal;
    struct connections connections;
};

static struct wire *stop_me; /* for the signal handler */

static void on_signal(int signal_number) {
    (void)signal_number;
    wire_stop(stop_me);
}

static void on_spaces_due(void *context, uint64_t due) {
    struct server *server = context;
    wire_timer(server->wire, due);
}

/* Says which rules never fired. */
static void say_unfired(void *context, struct substrate_text space, struct substrate_text rule) {
    struct server *server = context;
    struct substrate_error line; /* in which control characters are none */
    server->unfired = true;
    (void)base_fail(&line, SUBSTRATE_E_NOT_FOUND, "in space \"%.*s\" the rule \"%.*s\" never fired",
                    (int)space.size, space.data, (int)rule.size, rule.data);
    (void)fprintf(stderr, "mocknode serve: %s\n", line.message);
}

static bool read_script(struct server *server) {
    const struct serve_options *options = &server->options;
    struct substrate_error error = {.status = SUBSTRATE_OK};
    enum substrate_status status =
        script_files_read(options->script, options->latency, options->profiles,
                          options->profile_count, &server->script, &error);
    if (status != SUBSTRATE_OK) {
        (void)fprintf(stderr, "mocknode serve: %s\n", error.message);
    }
    return status == SUBSTRATE_OK;
}

static bool make_spaces(struct server *server) {
    const struct serve_options *options = &server->options;
    struct spaces_options made = {.recordings = server->recordings.list,
                                  .recording_count = server->recordings.count,
                                  .spaces_max = options->spaces_max,
                                  .seed = options->seed,
                                  .canonical = server->journal.canonical,
                                  .unfired = say_unfired,
                                  .due = on_spaces_due,
                                  .context = server};
    server->budget.max = options->node_bytes;
    made.config = (struct space_config){.script = server->script,
                                        .tick_us = options->tick_us,
                                        .writes_accepted = options->writes_accepted,
                                        .connections_max = options->connections_max,
                                        .subscriptions_max = options->subscriptions_max,
                                        .request_max = options->request_bytes,
                                        .response_max = options->response_bytes,
                                        .batch_max = options->batch_max,
                                        .batches_refused = options->batches_refused,
                                        .events_max = options->journal_bytes,
                                        .waiting_max = options->connection_bytes,
                                        .space_waiting_max = options->space_bytes,
                                        .budget = &server->budget,
                                        .texts_max = SPACE_TEXTS_MAX,
                                        .blocks_max = SPACE_BLOCKS_MAX,
                                        .port = &control_port,
                                        .journal = server->journal.events};
    server->connections.spaces = spaces_new(&made);
    server->connections.health = server->recordings.list[0].chain;
    server->connections.unsafe_control = options->unsafe_control;
    if (server->connections.spaces == NULL) {
        (void)fprintf(stderr, "mocknode serve: out of memory\n");
    }
    return server->connections.spaces != NULL;
}

static bool listen_on(struct server *server) {
    struct substrate_error error = {.status = SUBSTRATE_OK};
    struct wire_handler handler = connections_handler(&server->connections);
    struct wire_options options = {.host = server->options.host,
                                   .port = (uint16_t)server->options.port,
                                   .message_max = server->options.request_bytes,
                                   .budget = &server->budget,
                                   .body_us = server->options.body_us,
                                   .tls_cert = server->options.tls_cert,
                                   .tls_key = server->options.tls_key,
                                   .allowed_hosts = server->options.allowed_hosts,
                                   .allowed_host_count = server->options.allowed_host_count};
    if (wire_create(&options, &handler, &server->wire, &error) != SUBSTRATE_OK) {
        (void)fprintf(stderr, "mocknode serve: %s\n", error.message);
        return false;
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
    struct spaces *spaces = server->connections.spaces;
    int status = GOOD;
    if (server->journal.canonical != NULL) {
        status = spaces_write_canonical(spaces, server->journal.canonical) ? GOOD : FAILED;
        status = journal_files_close(&server->journal) ? status : FAILED;
    }
    spaces_tell_unfired(spaces, say_unfired, server);
    if (spaces_errors(spaces) > 0 || (server->unfired && server->options.strict_rules)) {
        status = status == GOOD ? SCRIPT_NOT_PLAYED : status;
    }
    uint64_t unmatched = spaces_unmatched(spaces);
    if (unmatched > 0) {
        (void)fprintf(stderr, "mocknode serve: %llu requests were unmatched\n",
                      (unsigned long long)unmatched);
        status = status == GOOD ? UNMATCHED : status;
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
    spaces_free(server->connections.spaces);
    connections_end(&server->connections);
    (void)journal_files_close(&server->journal);
    script_free(server->script);
    recordings_free(&server->recordings);
}

static int run(struct server *server) {
    const struct serve_options *options = &server->options;
    if (!recordings_load(&server->recordings, options->fixtures, options->fixture_count,
                         options->head) ||
        !read_script(server) || !journal_files_open(&server->journal, options->journal) ||
        !make_spaces(server) || !listen_on(server)) {
        return FAILED;
    }
    catch_signals(server);
    if (!say_ready(server) || wire_run(server->wire) != SUBSTRATE_OK) {
        (void)fprintf(stderr, "mocknode serve: input or output failed\n");
        return FAILED;
    }
    /* Goodbyes are over: what is still open is closed before the journal is summed up. */
    return sum_up(server);
}

int serve_main(int argc, char **argv) {
    struct server server;
    memset(&server, 0, sizeof(server));
    if (!serve_options_read(argc, argv, &server.options)) {
        return WRONG_COMMAND;
    }
    if (server.options.help) {
        serve_options_help();
        return GOOD;
    }
    connections_init(&server.connections);
    int status = run(&server);
    clean_up(&server);
    return status;
}
