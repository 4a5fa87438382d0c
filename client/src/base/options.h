/* A command line read by a table: one row an option, with its place in the program's own struct and
 * its line of --help. "--name VALUE" or "--name=VALUE"; an option with a value stands once unless
 * its row says otherwise. Every program of the repository reads its options by this. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "buf.h"

struct base_option;
/* Takes a value (NULL of a flag) into the program's struct `into`. E_ARGUMENT with a message. */
typedef enum substrate_status base_option_take(const struct base_option *option, const char *value,
                                               void *into, struct substrate_error *error);

struct base_option {
    const char *name;     /* without its dashes; NULL ends the table */
    char letter;          /* "-h"; 0: none */
    const char *argument; /* what --help calls the value; NULL: a flag, which has none */
    const char *help;     /* its lines are separated by newlines */
    base_option_take *take;
    size_t at;            /* offset of the member of `into` that the takes below fill */
    uint64_t least, most; /* of base_option_number */
    bool repeats;         /* may stand several times; `take` is called for each */
};

base_option_take base_option_flag;   /* bool */
base_option_take base_option_text;   /* const char *: the word of argv */
base_option_take base_option_number; /* uint64_t */

/* Reads options wherever they stand before a "--", and moves what is none to the front of `argv`:
 * argv[0] to argv[*words - 1] after the call. A lone "-" and negative numbers are words. argv[0]
 * itself, the program's name, is dropped. Returns OK, or E_ARGUMENT with a message that names the
 * option. */
enum substrate_status base_options_read(const struct base_option *options, int argc, char **argv,
                                        void *into, int *words, struct substrate_error *error);
/* The message of a value that is none: `--port "x": expected a number`; E_ARGUMENT. */
enum substrate_status base_option_refuse(const struct base_option *option, const char *value,
                                         const char *expected, struct substrate_error *error);
/* Writes the rows as lines of --help. */
void base_options_help(const struct base_option *options, struct base_buf *out);

#endif
