/* Bittensor's functions by name: what each asks, which arguments it takes and what its value looks
 * like. Names and meanings are those of the Python SDK 10.5.0. For programs that are given names
 * when they run, such as a command line; those that know what they want have
 * <subtensor/subtensor.h>.
 *
 * Values are canonical JSON (see <substrate/scale.h>): amounts are integers in rao, shares are the
 * chain's own integers (u16 of 65535, u64 of 2^64 - 1) and not fractions, accounts are SS58
 * addresses, fixed-point numbers are decimal strings with all of their digits, and what is not
 * there is null. */
#ifndef SUBTENSOR_FUNCTIONS_H
#define SUBTENSOR_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>
#include <substrate/query.h>

#ifdef __cplusplus
extern "C" {
#endif

struct substrate_pin;

/* What an argument is, and how it is written in JSON. */
enum subtensor_argument_kind {
    SUBTENSOR_NETUID,   /* an integer from 0 to 65535: a subnet */
    SUBTENSOR_UID,      /* an integer from 0 to 65535: a neuron of a subnet */
    SUBTENSOR_U8,       /* an integer from 0 to 255 */
    SUBTENSOR_U16,      /* an integer from 0 to 65535 */
    SUBTENSOR_U64,      /* an integer; from 2^53 on as a decimal string */
    SUBTENSOR_BOOL,     /* true or false */
    SUBTENSOR_ACCOUNT,  /* a string: an SS58 address of prefix 42, or "0x" and 64 hex digits */
    SUBTENSOR_ACCOUNTS, /* an array of such strings; on a command line: all that follow */
    SUBTENSOR_U16S,     /* an array of integers from 0 to 65535 */
    SUBTENSOR_TEXT,     /* a string */
    SUBTENSOR_BYTES,    /* a string: hexadecimal digits, with or without "0x" */
    SUBTENSOR_JSON,     /* any value */
};

struct subtensor_argument {
    const char *name; /* as the SDK calls it: "netuid", "hotkey_ss58" */
    enum subtensor_argument_kind kind;
    bool optional;    /* may be left out, or be null; `help` says what that means */
    const char *help; /* a few words */
};

/* One function; static, immutable. */
struct subtensor_function {
    const char *name;
    const char *help; /* one line: what it asks */
    const struct subtensor_argument *arguments;
    size_t argument_count;
    const char *result; /* one line: the shape of its value */
};

/* The functions, sorted by name; NULL behind the last one. Threads: any. */
const struct subtensor_function *subtensor_function_at(size_t index);

/* The function of that name; NULL: there is none. Threads: any. */
const struct subtensor_function *subtensor_function_find(const char *name);

/* The name that is nearest to a name that does not exist: for "did you mean". Never NULL.
 * Threads: any. */
const char *subtensor_function_nearest(const char *name);

/* What an argument of a kind is, in a few words: "an integer from 0 to 65535". Threads: any. */
const char *subtensor_argument_text(enum subtensor_argument_kind kind);

/* Makes a query of a function (see <substrate/query.h>: substrate_run, substrate_query_ask).
 *   function   one of the list
 *   arguments  borrowed for the call: the text of a JSON array in the order of the function's
 *              arguments, or of an object by their names; {NULL, 0}: none
 *   pin        the block, borrowed for the call; NULL: the head
 *   query      gives the query
 * Returns OK; E_ARGUMENT (too many or too few, of another kind, out of range, unknown name, no
 * JSON; the message says which argument, and what it should be); E_MEMORY. Whether the runtime has
 * what the function reads is found out when the query runs: E_NOT_FOUND. Threads: any. */
enum substrate_status subtensor_query(const struct subtensor_function *function,
                                      struct substrate_text arguments,
                                      const struct substrate_pin *pin,
                                      struct substrate_query **query,
                                      struct substrate_error *error);

#ifdef __cplusplus
}
#endif
#endif
