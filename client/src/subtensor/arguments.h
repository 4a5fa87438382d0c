/* Arguments of functions: from JSON to values, each checked against its kind. */
#ifndef SUBTENSOR_ARGUMENTS_H
#define SUBTENSOR_ARGUMENTS_H

#include "function.h"

/* Reads `text`, a JSON array in the order of the function's arguments or an object by their names,
 * {NULL, 0} being none, into values[FUNCTION_ARGUMENTS_MAX]; lists and texts are in the arena.
 * Returns OK, E_ARGUMENT with a message that names the function and the argument, E_MEMORY. */
enum substrate_status arguments_read(const struct subtensor_function *function,
                                     struct substrate_text text, struct base_arena *arena,
                                     struct function_value *values, struct substrate_error *error);

#endif
