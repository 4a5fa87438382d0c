/* The command line; see options.h. */
#include "options.h"

#include <stddef.h>
#include <string.h>

#include <substrate/hash.h>

#include "base/options.h"
#include "base/text.h"

#define NETWORK_DEFAULT "finney" /* as the SDK's */
#define JOBS_DEFAULT 64
#define TIMEOUT_MAX_MS 3600000u

static const char BEFORE_OPTIONS[] =
    "Usage: subtensor [OPTIONS] FUNCTION [ARGUMENTS]\n"
    "Asks a Bittensor node, or any Substrate node, and prints the answer.\n"
    "\n"
    "  list                              every function, with its arguments\n"
    "  help FUNCTION                     one of them, in full\n"
    "  storage PALLET ITEM [KEYS]        an entry of the storage, or a map\n"
    "  constant PALLET NAME              a constant\n"
    "  runtime-call API METHOD [ARGS]    a call of a runtime API\n"
    "  block, events                     of the block asked for\n"
    "  metadata [PALLET|API]             what the runtime has\n"
    "  adapter [URL]                     many calls, as JSON Lines (conformance's adapter "
    "protocol)\n"
    "\n";

static const char BEHIND_OPTIONS[] =
    "\n"
    "Arguments stand in the function's order, or anywhere as NAME=VALUE. Where one integer or one\n"
    "account is wanted there may be a list, 1..7 or 1,3,5..7 or A,B: the function is then asked "
    "once\n"
    "for each, in the mode, and the answer is an array of {\"args\",\"value\"}, or \"error\". "
    "Without\n"
    "a block, a gathered run reads one head; in the other modes each question reads the head that\n"
    "it finds.\n"
    "\n"
    "Exit status: 0 answered; 1 no memory, or output failed; 2 wrong arguments; 3 no such "
    "function,\n"
    "pallet, item, API or block; 4 the node answered with an error; 5 the node was not reached, "
    "or\n"
    "lost; 6 the answer cannot be decoded; 7 no answer in time. Of many: that of the first that\n"
    "failed.\n";

enum exit_code exit_code_of(enum substrate_status status) {
    switch (status) {
    case SUBSTRATE_OK:
        return EXIT_ANSWERED;
    case SUBSTRATE_E_ARGUMENT:
        return EXIT_USAGE;
    case SUBSTRATE_E_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case SUBSTRATE_E_RPC:
        return EXIT_NODE;
    case SUBSTRATE_E_CONNECT:
    case SUBSTRATE_E_CLOSED:
        return EXIT_CONNECTION;
    case SUBSTRATE_E_DECODE:
    case SUBSTRATE_E_PROTOCOL:
    case SUBSTRATE_E_LIMIT:
        return EXIT_DECODE;
    case SUBSTRATE_E_TIMEOUT:
        return EXIT_TIMEOUT;
    case SUBSTRATE_PARTIAL:
    case SUBSTRATE_E_MEMORY:
    case SUBSTRATE_E_CANCELLED:
    case SUBSTRATE_E_BUSY:
    case SUBSTRATE_E_PENDING:
    case SUBSTRATE_E_CALLBACK:
    case SUBSTRATE_E_LAGGED:
    case SUBSTRATE_E_IO:
        break;
    }
    return EXIT_INTERNAL;
}

static const char *const modes[] = {"serial", "threaded", "gathered", "shared"};

const char *mode_name(enum substrate_mode mode) { return modes[mode]; }

/* Takes "500ms" or "5s". */
static bool read_time(struct substrate_text text, uint32_t *ms) {
    uint64_t number = 0, factor = 1;
    if (text.size > 2 && memcmp(text.data + text.size - 2, "ms", 2) == 0) {
        text.size -= 2;
    } else if (text.size > 1 && text.data[text.size - 1] == 's') {
        text.size -= 1;
        factor = 1000;
    } else {
        return false;
    }
    if (!base_text_u64(text, &number) || number == 0 || number > TIMEOUT_MAX_MS / factor) {
        return false;
    }
    *ms = (uint32_t)(number * factor);
    return true;
}

static enum substrate_status take_network(const struct base_option *option, const char *value,
                                          void *into, struct substrate_error *error) {
    struct options *options = into;
    options->network = value;
    return substrate_network_url(value) != NULL
               ? SUBSTRATE_OK
               : base_option_refuse(option, value,
                                    "finney, test, archive, local, or a URL with ws:// or wss://",
                                    error);
}

static enum substrate_status take_mode(const struct base_option *option, const char *value,
                                       void *into, struct substrate_error *error) {
    struct options *options = into;
    for (int i = 0; i <= SUBSTRATE_MODE_SHARED; i++) {
        if (strcmp(value, modes[i]) == 0) {
            options->mode = (enum substrate_mode)i;
            return SUBSTRATE_OK;
        }
    }
    return base_option_refuse(option, value, "serial, threaded, gathered or shared", error);
}

static enum substrate_status take_block(const struct base_option *option, const char *value,
                                        void *into, struct substrate_error *error) {
    struct options *options = into;
    if (!base_text_u64(base_text(value), &options->pin.number) ||
        options->pin.number > UINT32_MAX) {
        return base_option_refuse(option, value, "the number of a block, up to 4294967295", error);
    }
    options->pin.by_number = true;
    return SUBSTRATE_OK;
}

static enum substrate_status take_block_hash(const struct base_option *option, const char *value,
                                             void *into, struct substrate_error *error) {
    struct options *options = into;
    if (substrate_hash_parse(base_text(value), &options->hash) != SUBSTRATE_OK) {
        return base_option_refuse(option, value, "0x and 64 hexadecimal digits", error);
    }
    options->pin.hash = &options->hash;
    return SUBSTRATE_OK;
}

static enum substrate_status take_timeout(const struct base_option *option, const char *value,
                                          void *into, struct substrate_error *error) {
    struct options *options = into;
    return read_time(base_text(value), &options->timeout_ms)
               ? SUBSTRATE_OK
               : base_option_refuse(option, value, "a time like 500ms or 5s, at most an hour",
                                    error);
}

static enum substrate_status take_format(const struct base_option *option, const char *value,
                                         void *into, struct substrate_error *error) {
    struct options *options = into;
    (void)value;
    (void)error;
    options->format = strcmp(option->name, "json") == 0 ? OUTPUT_JSON : OUTPUT_TABLE;
    return SUBSTRATE_OK;
}

#define AT(member) offsetof(struct options, member)

static const struct base_option table[] = {
    {"network", 0, "NAME|URL", "finney (the default), test, archive, local, or ws://… or wss://…",
     take_network, 0, 0, 0, false},
    {"block", 0, "N", "read this block, by its number", take_block, 0, 0, 0, false},
    {"block-hash", 0, "0x…", "read this block, by its hash", take_block_hash, 0, 0, 0, false},
    {"mode", 0, "MODE", "serial (the default), threaded, gathered, shared", take_mode, 0, 0, 0,
     false},
    {"jobs", 0, "N", "threads at most, in the modes threaded and shared (64)", base_option_number,
     AT(jobs), 1, 10000, false},
    {"timeout", 0, "TIME", "for each request: 500ms, 5s (60s)", take_timeout, 0, 0, 0, false},
    {"json", 0, NULL, "one line of canonical JSON; a terminal gets tables", take_format, 0, 0, 0,
     false},
    {"table", 0, NULL, "a table, also when it is no terminal", take_format, 0, 0, 0, false},
    {"stats", 0, NULL, "requests, sockets and most in flight, on standard error", base_option_flag,
     AT(stats), 0, 0, false},
    {"help", 'h', NULL, "this text, or that of a function", base_option_flag, AT(help), 0, 0,
     false},
    {"version", 0, NULL, "the version", base_option_flag, AT(version), 0, 0, false},
    {.name = NULL}};

void options_help(struct base_buf *out) {
    base_buf_str(out, BEFORE_OPTIONS);
    base_options_help(table, out);
    base_buf_str(out, BEHIND_OPTIONS);
}

enum substrate_status options_read(struct options *options, int argc, char **argv,
                                   struct substrate_error *error) {
    struct substrate_error why = {.status = SUBSTRATE_OK};
    *options = (struct options){.network = NETWORK_DEFAULT, .jobs = JOBS_DEFAULT, .words = argv};
    enum substrate_status status =
        base_options_read(table, argc, argv, options, &options->word_count, &why);
    if (status != SUBSTRATE_OK) {
        return base_fail(error, status, "%s (see --help)", why.message);
    }
    return options->pin.by_number && options->pin.hash != NULL
               ? base_fail(error, SUBSTRATE_E_ARGUMENT,
                           "--block and --block-hash: give one of the two")
               : SUBSTRATE_OK;
}
