/* `mocknode record`: by plan, or as a proxy. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "record/ask.h"
#include "record/options.h"
#include "record/proxy.h"
#include "record/record.h"
#include "record/recorder.h"

static const char USAGE[] =
    "usage: mocknode record --upstream URL --plan FILE --out DIR [--merge]\n"
    "       mocknode record --upstream URL --listen PORT [--host H] --out DIR [--merge]\n"
    "\n"
    "Records a fixture from a node: what a plan asks for, or, as a proxy, what the clients that\n"
    "connect to PORT (0: any free one) ask for. SIGINT and SIGTERM finish the proxy's folder.\n"
    "\n"
    "  --upstream URL   ws://…, wss://…, or a network: finney, test, archive, local\n"
    "  --plan FILE      what to ask, see mocknode/README.md\n"
    "  --listen PORT    be a proxy; prints one JSON ready line\n"
    "  --host H         address to listen on (127.0.0.1)\n"
    "  --out DIR        the fixture; must be empty or not there without --merge\n"
    "  --merge          add to a recording, or resume one that was cut off\n";

static void interrupt(int signal_number) {
    (void)signal_number;
    ask_interrupt();
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
    const char *upstream = NULL, *plan = NULL, *out = NULL, *port = NULL, *host = NULL;
    bool merge = false;
    const struct option options[] = {{"upstream", &upstream, NULL},
                                     {"plan", &plan, NULL},
                                     {"out", &out, NULL},
                                     {"listen", &port, NULL},
                                     {"host", &host, NULL},
                                     {"merge", NULL, &merge},
                                     {NULL, NULL, NULL}};
    const struct command command = {"record", USAGE, options, 0};
    int exit_status = options_parse(&command, argc, argv, NULL);
    if (exit_status >= 0) {
        return exit_status;
    }
    uint64_t number = 0;
    const char *wrong =
        upstream == NULL                   ? "--upstream is missing"
        : out == NULL                      ? "--out is missing"
        : (plan == NULL) == (port == NULL) ? "give either --plan or --listen"
        : host != NULL && port == NULL     ? "--host goes with --listen"
        : port != NULL && (!base_text_u64(base_text(port), &number) || number > UINT16_MAX)
            ? "--listen needs a port, 0 to 65535"
            : NULL;
    if (wrong != NULL) {
        fprintf(stderr, "mocknode record: %s; see mocknode record --help\n", wrong);
        return EXIT_USAGE;
    }
    if (plan != NULL) {
        struct record_options by_plan = {upstream, plan, out, merge};
        return run_plan(&by_plan);
    }
    struct proxy_options proxy = {upstream, host, out, (uint16_t)number, merge};
    return proxy_run(&proxy);
}
