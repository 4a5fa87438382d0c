/* Reading the command line of `mocknode serve`. */
#include "control/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "base/options.h"
#include "base/text.h"
#include "control/spaces.h"
#include "script/latency.h"

static const char BEFORE[] =
    "Usage: mocknode serve FIXTURE... [options]\n"
    "Serves recorded chains as Substrate nodes do: WebSocket and HTTP POST on one port.\n"
    "A space is of the first recording, or of the one that its URL names: /s/x?fixture=NAME,\n"
    "NAME being the name of a folder.\n"
    "\n";
static const char BEHIND[] =
    "\n"
    "The first line on standard output is JSON and says the URL. SIGINT and SIGTERM end it.\n"
    "Exit status: 0; 1 it could not serve; 2 wrong command line; 3 a request was unmatched;\n"
    "4 a rule never fired (--strict-rules), or a chain of causes was too long.\n";

/* Short for a script that says this and nothing else. */
static enum substrate_status take_latency(const struct base_option *option, const char *value,
                                          void *into, struct substrate_error *error) {
    struct serve_options *options = into;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    struct script_latency latency;
    options->latency = value;
    return script_latency_read(base_text(value), &latency, &why) == SUBSTRATE_OK
               ? SUBSTRATE_OK
               : base_option_refuse(option, value, why.message, error);
}

static enum substrate_status take_time(const struct base_option *option, const char *value,
                                       void *into, struct substrate_error *error) {
    uint64_t *time_us = (uint64_t *)(void *)((char *)into + option->at);
    struct substrate_error why = {.status = SUBSTRATE_OK};
    bool good = script_latency_parse(base_text(value), time_us, &why) == SUBSTRATE_OK;
    return good && *time_us >= 1000
               ? SUBSTRATE_OK
               : base_option_refuse(option, value, "expected a time such as 12s, at least 1ms",
                                    error);
}

static enum substrate_status take_writes(const struct base_option *option, const char *value,
                                         void *into, struct substrate_error *error) {
    struct serve_options *options = into;
    options->writes_accepted = strcmp(value, "accept") == 0;
    return options->writes_accepted ? SUBSTRATE_OK
                                    : base_option_refuse(option, value, "expected accept", error);
}

static enum substrate_status take_profile(const struct base_option *option, const char *value,
                                          void *into, struct substrate_error *error) {
    struct serve_options *options = into;
    if (options->profile_count == SERVE_PROFILES_MAX) {
        return base_option_refuse(option, value, "at most 16 profiles", error);
    }
    options->profiles[options->profile_count++] = value;
    return SUBSTRATE_OK;
}

static enum substrate_status take_host(const struct base_option *option, const char *value,
                                       void *into, struct substrate_error *error) {
    struct serve_options *options = into;
    if (options->allowed_host_count == SERVE_HOSTS_MAX) {
        return base_option_refuse(option, value, "at most 16 names", error);
    }
    options->allowed_hosts[options->allowed_host_count++] = value;
    return SUBSTRATE_OK;
}

#define AT(member) offsetof(struct serve_options, member)

static const struct base_option TABLE[] = {
    {"host", 0, "ADDRESS", "IPv4 or IPv6 address to listen on (127.0.0.1)", base_option_text,
     AT(host), 0, 0, false},
    {"port", 0, "N", "port to listen on; 0 takes a free one (0)", base_option_number, AT(port), 0,
     65535, false},
    {"seed", 0, "N", "seed of spaces that name none (0)", base_option_number, AT(seed), 0,
     UINT64_MAX, false},
    {"latency", 0, "SPEC",
     "delay of every answer, short for the script's: 50ms, 1.5s,\nuniform(10ms,90ms) (0)",
     take_latency, 0, 0, 0, false},
    {"script", 0, "FILE", "what happens, and what it causes, as JSON", base_option_text, AT(script),
     0, 0, false},
    {"profile", 0, "NAME",
     "a script that ships, behind the file's: public-gateway,\nreorgs, restarts", take_profile, 0,
     0, 0, true},
    {"tick", 0, "TIME", "the head goes on each so often: 12s", take_time, AT(tick_us), 0, 0, false},
    {"writes", 0, "accept", "extrinsics are accepted (and never included)", take_writes, 0, 0, 0,
     false},
    {"strict-rules", 0, NULL, "a rule that never fired is exit status 4", base_option_flag,
     AT(strict_rules), 0, 0, false},
    {"head", 0, "N|HASH", "block of the first recording to start at (its head)", base_option_text,
     AT(head), 0, 0, false},
    {"journal", 0, "FILE", "write events to FILE as they come, and FILE.canonical\nat the end",
     base_option_text, AT(journal), 0, 0, false},
    {"max-connections", 0, "N", "connections that a space takes (100, as a node does)",
     base_option_number, AT(connections_max), 0, 1000000, false},
    {"max-spaces", 0, "N",
     "spaces beside that of / (4096); the longest unused one\nwithout a connection makes room",
     base_option_number, AT(spaces_max), 0, 1000000, false},
    {"connection-bytes", 0, "N",
     "answers and streams of one connection that may wait\n(67108864); beyond it is not read from",
     base_option_number, AT(connection_bytes), 65536, UINT32_MAX, false},
    {"space-bytes", 0, "N",
     "answers and streams of one space that may wait\n(268435456); beyond the node says that it is "
     "busy",
     base_option_number, AT(space_bytes), 65536, (uint64_t)1 << 40, false},
    {"node-bytes", 0, "N",
     "all that peers make the node hold: half messages, what\nwaits, what is unsent (536870912); "
     "beyond it is busy",
     base_option_number, AT(node_bytes), 65536, (uint64_t)1 << 40, false},
    {"max-request-bytes", 0, "N", "of a request (15728640, as a node)", base_option_number,
     AT(request_bytes), 1024, UINT32_MAX, false},
    {"max-response-bytes", 0, "N", "of an answer (15728640, as a node)", base_option_number,
     AT(response_bytes), 1024, UINT32_MAX, false},
    {"max-subscriptions", 0, "N", "of a connection (1024, as a node)", base_option_number,
     AT(subscriptions_max), 0, 1000000, false},
    {"max-batch", 0, "N", "requests in a batch (no limit, as a node)", base_option_number,
     AT(batch_max), 1, UINT32_MAX, false},
    {"disable-batch", 0, NULL, "batches are refused", base_option_flag, AT(batches_refused), 0, 0,
     false},
    {"body-time", 0, "TIME", "for the body of a POST, or a whole message, to come (30s)", take_time,
     AT(body_us), 0, 0, false},
    {"journal-bytes", 0, "N", "events that a space keeps (67108864)", base_option_number,
     AT(journal_bytes), 65536, (uint64_t)1 << 40, false},
    {"allow-host", 0, "NAME",
     "name that requests may call this node by, beside localhost\nand addresses", take_host, 0, 0,
     0, true},
    {"tls-cert", 0, "FILE", "certificate and chain, PEM: wss:// and https:// only",
     base_option_text, AT(tls_cert), 0, 0, false},
    {"tls-key", 0, "FILE", "the certificate's key, PEM", base_option_text, AT(tls_key), 0, 0,
     false},
    {"unsafe-control", 0, NULL, "allow mock_ methods to peers on other machines", base_option_flag,
     AT(unsafe_control), 0, 0, false},
    {"help", 'h', NULL, "this text", base_option_flag, AT(help), 0, 0, false},
    {.name = NULL}};

void serve_options_help(void) {
    struct base_buf rows = BASE_BUF_INIT;
    base_options_help(TABLE, &rows);
    (void)printf("%s%.*s%s", BEFORE, (int)rows.size, rows.size > 0 ? rows.data : "", BEHIND);
    base_buf_free(&rows);
}

bool serve_options_read(int argc, char **argv, struct serve_options *options) {
    struct substrate_error error = {.status = SUBSTRATE_OK};
    int words = 0;
    *options = (struct serve_options){.host = "127.0.0.1",
                                      .connections_max = SPACE_CONNECTIONS_MAX,
                                      .spaces_max = SPACES_MAX,
                                      .connection_bytes = SPACE_WAITING_MAX,
                                      .space_bytes = SPACE_WAITING_ALL_MAX,
                                      .node_bytes = WIRE_HELD_MAX,
                                      .request_bytes = SPACE_REQUEST_MAX,
                                      .response_bytes = SPACE_RESPONSE_MAX,
                                      .subscriptions_max = SPACE_SUBSCRIPTIONS_MAX,
                                      .journal_bytes = SPACE_EVENTS_MAX};
    enum substrate_status status = base_options_read(TABLE, argc, argv, options, &words, &error);
    if (status == SUBSTRATE_OK && !options->help && words < 1) {
        status = base_fail(&error, SUBSTRATE_E_ARGUMENT, "expected a fixture folder");
    } else if (status == SUBSTRATE_OK &&
               (options->tls_cert == NULL) != (options->tls_key == NULL)) {
        status = base_fail(&error, SUBSTRATE_E_ARGUMENT,
                           "--tls-cert and --tls-key stand together: one is missing");
    }
    if (status != SUBSTRATE_OK) {
        (void)fprintf(stderr, "mocknode serve: %s (see mocknode serve --help)\n", error.message);
        return false;
    }
    options->fixtures = argv;
    options->fixture_count = (size_t)words;
    return true;
}
