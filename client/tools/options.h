/* The command line: options, and the words that are left. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <substrate/query.h>
#include "base/buf.h"

/* What a process of this command ends with. */
enum exit_code {
    EXIT_ANSWERED = 0,
    EXIT_INTERNAL = 1,   /* out of memory, or the answer could not be written */
    EXIT_USAGE = 2,      /* the command line, or an argument */
    EXIT_NOT_FOUND = 3,  /* no such function, pallet, item, API, block */
    EXIT_NODE = 4,       /* the node answered with an error */
    EXIT_CONNECTION = 5, /* not reached, or lost */
    EXIT_DECODE = 6,     /* the node said what cannot be understood */
    EXIT_TIMEOUT = 7,
};
enum exit_code exit_code_of(enum substrate_status status);

enum output_format { OUTPUT_BY_TERMINAL, OUTPUT_JSON, OUTPUT_TABLE };

struct options {
    const char *network;
    enum substrate_mode mode;
    uint64_t jobs;
    struct substrate_pin pin;
    struct substrate_hash hash; /* that the pin may point to */
    enum output_format format;
    bool stats;
    uint32_t timeout_ms; /* 0: the library's */
    bool help, version;
    char **words; /* of argv; borrowed */
    int word_count;
};

/* Reads options wherever they stand before a "--"; what is no option is moved to the front of
 * `argv`. Returns OK, or E_ARGUMENT with the message. */
enum substrate_status options_read(struct options *options, int argc, char **argv,
                                   struct substrate_error *error);

const char *mode_name(enum substrate_mode mode);

/* The text of --help. */
void options_help(struct base_buf *out);

#endif
