/* What the subcommands of mocknode share: their command line, --help and the line that says why
 * one failed. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <substrate/base.h>
#include "base/options.h"

#define COMMAND_USAGE 2 /* the exit status of a wrong command line */

struct command {
    const char *name;                  /* of the subcommand */
    const char *usage;                 /* --help: what stands before the options */
    const struct base_option *options; /* one of them is --help, at `help_at` */
    size_t help_at;                    /* the offset of its bool in the options' struct */
    int words;                         /* exactly so many arguments that are no options */
};

/* The row of --help that every table ends with. */
#define COMMAND_HELP(type, member) \
    { "help", 'h', NULL, "this text", base_option_flag, offsetof(type, member), 0, 0, false }

/* Reads the options into `into`, and leaves the words in argv[0…]. Returns -1 when the command may
 * run; otherwise the exit status: --help was answered, or the mistake was named on standard error.
 */
int command_read(const struct command *command, int argc, char **argv, void *into);
/* Names a mistake of the command line on standard error; returns COMMAND_USAGE. */
int command_misused(const struct command *command, const char *what);
/* Prints `mocknode NAME: message` as one line on standard error; returns EXIT_FAILURE. */
int command_failed(const char *name, const struct substrate_error *error);

#endif
