/* The words of a command line, made into the arguments of one question, or of many: a list in the
 * place of one value asks once for each. */
#ifndef TOOLS_WORDS_H
#define TOOLS_WORDS_H

#include <subtensor/functions.h>
#include "base/arena.h"

/* Arguments as JSON, one text per question; at least one. */
struct questions {
    struct substrate_text *arguments;
    size_t count;
    bool many; /* asked for with a list, though it may be of one */
};

/* Everything is put into the arena. Returns OK, E_ARGUMENT or E_MEMORY. */
enum substrate_status words_read(const struct subtensor_function *function, char *const *words,
                                 int count, struct base_arena *arena, struct questions *questions,
                                 struct substrate_error *error);

#endif
