/* Command lines of the subcommands: long options, `--name value` or `--name=value`, and positional
 * arguments. */
#ifndef RECORD_OPTIONS_H
#define RECORD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>

#define EXIT_USAGE 2

struct option {
    const char *name;   /* without the dashes; NULL ends the list */
    const char **value; /* of an option with a value */
    bool *flag;         /* of one without */
};

struct command {
    const char *name;
    const char *usage; /* printed by --help, and pointed to by errors */
    const struct option *options;
    size_t positional_count; /* exactly so many */
};

/* Returns -1 when the command may run; otherwise the exit status: --help was answered, or the
 * mistake was named. */
int options_parse(const struct command *command, int argc, char **argv, const char **positional);

/* Prints `mocknode NAME: message` as one line on standard error; returns EXIT_FAILURE. */
int command_failed(const char *name, const struct substrate_error *error);

#endif
