/* Reading the command line with getopt_long. */
#include "control/options.h"

/* getopt_long is GNU's; glibc declares it in this header whatever the feature macros say. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "script/latency.h"
#include "space/space.h"

static const char help[] =
    "Usage: mocknode serve FIXTURE [options]\n"
    "Serves a recorded chain as a Substrate node does: WebSocket and HTTP POST on one port.\n"
    "\n"
    "  --host ADDRESS          IPv4 or IPv6 address to listen on (127.0.0.1)\n"
    "  --port N                port to listen on; 0 takes a free one (0)\n"
    "  --seed N                seed of spaces that name none (0)\n"
    "  --latency SPEC          delay of every answer: 50ms, 1.5s, 200us, 0 (0)\n"
    "  --rules FILE            latency by method, and a gate, as JSON\n"
    "  --head N|HASH           block to start at (the recording's head)\n"
    "  --journal FILE          write requests to FILE as they come, and FILE.canonical at the end\n"
    "  --max-connections N     connections that a space takes (100, as a node does)\n"
    "  --unsafe-control        allow mock_ methods to peers on other machines\n"
    "  --help                  this text\n"
    "\n"
    "The first line on standard output is JSON and says the URL. SIGINT and SIGTERM end it.\n"
    "Exit status: 0; 1 it could not serve; 2 wrong command line; 3 a request was unmatched.\n";

void serve_options_help(void) { (void)fputs(help, stdout); }

static bool wrong(const char *option, const char *value, const char *expected) {
    (void)fprintf(stderr, "mocknode serve: %s \"%s\": %s (see mocknode serve --help)\n", option,
                  value, expected);
    return false;
}

static bool number(const char *option, const char *text, uint64_t max, uint64_t *value) {
    char expected[64];
    if (base_text_u64(base_text(text), value) && *value <= max) {
        return true;
    }
    (void)snprintf(expected, sizeof(expected), "expected a number from 0 to %llu",
                   (unsigned long long)max);
    return wrong(option, text, expected);
}

static bool latency(const char *text, uint64_t *us) {
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    if (script_latency_parse(base_text(text), us, &error) == SUBSTRATE_OK) {
        return true;
    }
    return wrong("--latency", text, error.message);
}

enum { HOST = 256, PORT, SEED, LATENCY, RULES, HEAD, JOURNAL, MAX_CONNECTIONS, UNSAFE, HELP };

static bool take(int option, const char *value, struct serve_options *options) {
    uint64_t parsed = 0;
    bool good = true;
    switch (option) {
    case HOST:
        options->host = value;
        return true;
    case PORT:
        good = number("--port", value, 65535, &parsed);
        options->port = (uint16_t)parsed;
        return good;
    case SEED:
        return number("--seed", value, UINT64_MAX, &options->seed);
    case LATENCY:
        return latency(value, &options->latency_us);
    case RULES:
        options->rules = value;
        return true;
    case HEAD:
        options->head = value;
        return true;
    case JOURNAL:
        options->journal = value;
        return true;
    case MAX_CONNECTIONS:
        good = number("--max-connections", value, 1000000, &parsed);
        options->connections_max = (size_t)parsed;
        return good;
    case UNSAFE:
        options->unsafe_control = true;
        return true;
    case HELP:
        options->help = true;
        return true;
    default:
        return false;
    }
}

bool serve_options_read(int argc, char **argv, struct serve_options *options) {
    static const struct option known[] = {
        {"host", required_argument, NULL, HOST},
        {"port", required_argument, NULL, PORT},
        {"seed", required_argument, NULL, SEED},
        {"latency", required_argument, NULL, LATENCY},
        {"rules", required_argument, NULL, RULES},
        {"head", required_argument, NULL, HEAD},
        {"journal", required_argument, NULL, JOURNAL},
        {"max-connections", required_argument, NULL, MAX_CONNECTIONS},
        {"unsafe-control", no_argument, NULL, UNSAFE},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0}};
    memset(options, 0, sizeof(*options));
    options->host = "127.0.0.1";
    options->connections_max = SPACE_CONNECTIONS_MAX;
    opterr = 0;
    optind = 1;
    int option = getopt_long(argc, argv, ":", known, NULL);
    while (option != -1) {
        if (option == '?' || option == ':') {
            const char *text = argv[optind - 1];
            return wrong(option == ':' ? "option" : "unknown option", text,
                         option == ':' ? "needs a value" : "not known");
        }
        if (!take(option, optarg, options)) {
            return false;
        }
        option = getopt_long(argc, argv, ":", known, NULL);
    }
    if (options->help) {
        return true;
    }
    if (optind != argc - 1) {
        (void)fprintf(stderr,
                      "mocknode serve: expected one fixture folder, got %d "
                      "(see mocknode serve --help)\n",
                      argc - optind);
        return false;
    }
    options->fixture = argv[optind];
    return true;
}
