/* Asking a function now, with arguments and a value of C. These are the only functions of this
 * folder that do something rather than describe it: they hand a query to whoever runs queries. */
#ifndef SUBTENSOR_ASK_H
#define SUBTENSOR_ASK_H

#include <subtensor/subtensor.h>
#include "function.h"

struct ask {
    const char *name;
    struct function_value values[FUNCTION_ARGUMENTS_MAX];
    const struct substrate_pin *pin;
};

#define NOTHING \
    { .given = false }
#define NUMBER(n) \
    { .given = true, .number = (n) }
#define ACCOUNT(pointer) \
    { .given = true, .account = *(pointer) }
#define ACCOUNTS(pointer) \
    { .given = true, .accounts = (pointer)->list, .count = (pointer)->count }

/* Each returns what the public function does, and sets what `value` points to: a value that is
 * always there; a pointer to a struct that is given, or NULL; a struct that begins with `present`
 * and has the value at `offset`. */
enum substrate_status ask_plain(struct substrate_connection *connection, const struct ask *ask,
                                void *value, struct substrate_error *error);
enum substrate_status ask_struct(struct substrate_connection *connection, const struct ask *ask,
                                 void *value, struct substrate_error *error);
enum substrate_status ask_maybe(struct substrate_connection *connection, const struct ask *ask,
                                void *value, size_t offset, struct substrate_error *error);

#endif
