/* `mocknode`: which subcommand, and nothing else. */
#include <stdio.h>
#include <string.h>
#include "control/serve.h"
#include "record.h"
#include "script.h"
#include "tools/tools.h"

#define VERSION "0.1.0"

static const char help[] = "Usage: mocknode COMMAND [options]\n"
                           "A deterministic Substrate node that serves recorded chain data.\n"
                           "\n"
                           "  serve    serve a fixture to clients\n"
                           "  record   record a fixture from a live node, by plan or as a proxy\n"
                           "  script   check a script; say what a script may hold\n"
                           "  verify   check a fixture; --seal renews its digests\n"
                           "  merge    make one fixture out of two\n"
                           "  diff     compare two fixtures\n"
                           "  stats    say what a fixture holds\n"
                           "\n"
                           "  --help, --version. Each command has a --help of its own.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"serve", serve_main},   {"record", record_main}, {"script", script_main},
    {"verify", verify_main}, {"merge", merge_main},   {"diff", diff_main},
    {"stats", stats_main},
};

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        (void)fputs(help, stdout);
        return 0;
    }
    if (strcmp(name, "--version") == 0) {
        (void)puts("mocknode " VERSION);
        return 0;
    }
    (void)fprintf(stderr, "mocknode: %s%s%s (see mocknode --help)\n",
                  argc > 1 ? "no command \"" : "expected a command", name, argc > 1 ? "\"" : "");
    return 2;
}
