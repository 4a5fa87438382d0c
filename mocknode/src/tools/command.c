/* The command line of a subcommand. */
#include "tools/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

int command_misused(const struct command *command, const char *what) {
    (void)fprintf(stderr, "mocknode %s: %s; see mocknode %s --help\n", command->name, what,
                  command->name);
    return COMMAND_USAGE;
}

static int help(const struct command *command) {
    struct base_buf text = BASE_BUF_INIT;
    base_buf_str(&text, command->usage);
    base_options_help(command->options, &text);
    (void)fwrite(text.data, 1, text.size, stdout);
    base_buf_free(&text);
    return EXIT_SUCCESS;
}

int command_read(const struct command *command, int argc, char **argv, void *into) {
    struct substrate_error error = {.status = SUBSTRATE_OK};
    int words = 0;
    if (base_options_read(command->options, argc, argv, into, &words, &error) != SUBSTRATE_OK) {
        return command_misused(command, error.message);
    }
    if (*(const bool *)((const char *)into + command->help_at)) {
        return help(command);
    }
    if (words != command->words) {
        char what[80];
        (void)snprintf(what, sizeof what, "expected %d fixture folder%s, got %d", command->words,
                       command->words == 1 ? "" : "s", words);
        return command_misused(command, what);
    }
    return -1;
}

int command_failed(const char *name, const struct substrate_error *error) {
    (void)fprintf(stderr, "mocknode %s: %s\n", name,
                  error->message[0] != '\0' ? error->message
                                            : substrate_status_text(error->status));
    return EXIT_FAILURE;
}
