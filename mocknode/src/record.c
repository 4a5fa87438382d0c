/* `mocknode record`: by plan, or as a proxy. */
#include "record.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include "record/upstream.h"
#include "record/proxy/proxy.h"
#include "record/plan/recorder.h"
#include "tools/command.h"

static const char USAGE[] =
    "usage: mocknode record --upstream URL --plan FILE --out DIR [--merge]\n"
    "       mocknode record --upstream URL --listen PORT [--host H] --out DIR [--merge]\n"
    "\n"
    "Records a fixture from a node: what a plan asks for, or, as a proxy, what the clients that\n"
    "connect to PORT (0: any free one) ask for. SIGINT and SIGTERM finish the proxy's folder.\n"
    "\n";

#define NO_PORT UINT64_MAX

struct options {
    const char *upstream, *plan, *out, *host;
    uint64_t port, wait_s;
    bool merge, legacy, help;
};
#define AT(member) offsetof(struct options, member)

static const struct base_option OPTIONS[] = {
    {"upstream", 0, "URL", "ws://…, wss://…, or a network: finney, test, archive, local",
     base_option_text, AT(upstream), 0, 0, false},
    {"plan", 0, "FILE", "what to ask, see mocknode/README.md", base_option_text, AT(plan), 0, 0,
     false},
    {"listen", 0, "PORT", "be a proxy; prints one JSON ready line", base_option_number, AT(port), 0,
     UINT16_MAX, false},
    {"host", 0, "H", "address to listen on (127.0.0.1)", base_option_text, AT(host), 0, 0, false},
    {"out", 0, "DIR", "the fixture; must be empty or not there without --merge", base_option_text,
     AT(out), 0, 0, false},
    {"wait", 0, "SECONDS", "for each reply, at most (300); a lost one is asked for again",
     base_option_number, AT(wait_s), 1, 86400, false},
    {"merge", 0, NULL, "add to a recording, or resume one that was cut off", base_option_flag,
     AT(merge), 0, 0, false},
    {"legacy", 0, NULL,
     "take the new JSON-RPC (chainHead_ and the like) out of\nrpc_methods, so that clients that "
     "know both use the old one",
     base_option_flag, AT(legacy), 0, 0, false},
    COMMAND_HELP(struct options, help),
    {.name = NULL}};

static void interrupt(int signal_number) {
    (void)signal_number;
    upstream_interrupt();
}

static int run_plan(const struct record_options *options) {
    struct substrate_error error = {.status = SUBSTRATE_OK};
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (record_by_plan(options, &error) != SUBSTRATE_OK) {
        return command_failed("record", &error);
    }
    fprintf(stderr, "%s: recorded\n", options->out);
    return EXIT_SUCCESS;
}

int record_main(int argc, char **argv) {
    const struct command command = {"record", USAGE, OPTIONS, AT(help), 0};
    struct options options = {.port = NO_PORT};
    int exit_status = command_read(&command, argc, argv, &options);
    if (exit_status >= 0) {
        return exit_status;
    }
    const char *wrong = options.upstream == NULL ? "--upstream is missing"
                        : options.out == NULL    ? "--out is missing"
                        : (options.plan == NULL) == (options.port == NO_PORT)
                            ? "give either --plan or --listen"
                        : options.host != NULL && options.plan != NULL ? "--host goes with --listen"
                        : options.legacy && options.plan != NULL ? "--legacy goes with --listen"
                                                                 : NULL;
    if (wrong != NULL) {
        return command_misused(&command, wrong);
    }
    if (options.plan != NULL) {
        struct record_options by_plan = {options.upstream, options.plan, options.out,
                                         options.wait_s * 1000000, options.merge};
        return run_plan(&by_plan);
    }
    struct proxy_options proxy = {.upstream = options.upstream,
                                  .host = options.host,
                                  .out = options.out,
                                  .port = (uint16_t)options.port,
                                  .wait_us = options.wait_s * 1000000,
                                  .merge = options.merge,
                                  .legacy = options.legacy};
    return proxy_run(&proxy);
}
