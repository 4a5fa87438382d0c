/* The command line; see options.h. */
#include "options.h"

#include <string.h>

#include <substrate/hash.h>

#include "base/text.h"

#define NETWORK_DEFAULT "finney" /* as the SDK's */
#define JOBS_DEFAULT 64
#define TIMEOUT_MAX_MS 3600000u

const char options_help[] =
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
    "\n"
    "  --network NAME|URL    finney (the default), test, archive, local, or ws://… or wss://…\n"
    "  --block N             read this block, by its number\n"
    "  --block-hash 0x…      read this block, by its hash\n"
    "  --mode MODE           serial (the default), threaded, gathered, shared\n"
    "  --jobs N              threads at most, in the modes threaded and shared (64)\n"
    "  --timeout TIME        for each request: 500ms, 5s (60s)\n"
    "  --json, --table       one line of canonical JSON, or a table; a terminal gets tables\n"
    "  --stats               requests, sockets and most in flight, on standard error\n"
    "  --help, --version\n"
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

static enum substrate_status fail_value(const char *option, const char *value, const char *wanted,
                                        struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_ARGUMENT, "%s \"%s\": expected %s", option, value, wanted);
}

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

static enum substrate_status set_network(struct options *options, const char *value,
                                         struct substrate_error *error) {
    options->network = value;
    return substrate_network_url(value) != NULL
               ? SUBSTRATE_OK
               : fail_value("--network", value,
                            "finney, test, archive, local, or a URL with ws:// or wss://", error);
}

static enum substrate_status set_mode(struct options *options, const char *value,
                                      struct substrate_error *error) {
    for (int i = 0; i <= SUBSTRATE_MODE_SHARED; i++) {
        if (strcmp(value, modes[i]) == 0) {
            options->mode = (enum substrate_mode)i;
            return SUBSTRATE_OK;
        }
    }
    return fail_value("--mode", value, "serial, threaded, gathered or shared", error);
}

static enum substrate_status set_jobs(struct options *options, const char *value,
                                      struct substrate_error *error) {
    uint64_t number = 0;
    if (!base_text_u64(base_text(value), &number) || number == 0 || number > 10000) {
        return fail_value("--jobs", value, "an integer from 1 to 10000", error);
    }
    options->jobs = (uint32_t)number;
    return SUBSTRATE_OK;
}

static enum substrate_status set_block(struct options *options, const char *value,
                                       struct substrate_error *error) {
    if (!base_text_u64(base_text(value), &options->pin.number) ||
        options->pin.number > UINT32_MAX) {
        return fail_value("--block", value, "the number of a block, up to 4294967295", error);
    }
    options->pin.by_number = true;
    return SUBSTRATE_OK;
}

static enum substrate_status set_block_hash(struct options *options, const char *value,
                                            struct substrate_error *error) {
    if (substrate_hash_parse(base_text(value), &options->hash) != SUBSTRATE_OK) {
        return fail_value("--block-hash", value, "0x and 64 hexadecimal digits", error);
    }
    options->pin.hash = &options->hash;
    return SUBSTRATE_OK;
}

static enum substrate_status set_timeout(struct options *options, const char *value,
                                         struct substrate_error *error) {
    return read_time(base_text(value), &options->timeout_ms)
               ? SUBSTRATE_OK
               : fail_value("--timeout", value, "a time like 500ms or 5s, at most an hour", error);
}

static const struct {
    const char *name;
    enum substrate_status (*set)(struct options *options, const char *value,
                                 struct substrate_error *error);
} valued[] = {
    {"--network", set_network},
    {"--mode", set_mode},
    {"--jobs", set_jobs},
    {"--block", set_block},
    {"--block-hash", set_block_hash},
    {"--timeout", set_timeout},
};

/* An option without a value. */
static bool set_flag(struct options *options, const char *name) {
    if (strcmp(name, "--json") == 0) {
        options->format = OUTPUT_JSON;
    } else if (strcmp(name, "--table") == 0) {
        options->format = OUTPUT_TABLE;
    } else if (strcmp(name, "--stats") == 0) {
        options->stats = true;
    } else if (strcmp(name, "--version") == 0) {
        options->version = true;
    } else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        options->help = true;
    } else {
        return false;
    }
    return true;
}

/* Reads the option at argv[*at], "--name VALUE" or "--name=VALUE", and moves behind it. */
static enum substrate_status read_option(struct options *options, int argc, char **argv, int *at,
                                         struct substrate_error *error) {
    const char *word = argv[*at];
    const char *equals = strchr(word, '=');
    size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
    *at += 1;
    for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++) {
        if (base_text_is((struct substrate_text){word, size}, valued[i].name)) {
            if (equals == NULL && *at == argc) {
                return base_fail(error, SUBSTRATE_E_ARGUMENT, "%s needs a value (see --help)",
                                 word);
            }
            return valued[i].set(options, equals != NULL ? equals + 1 : argv[(*at)++], error);
        }
    }
    return set_flag(options, word)
               ? SUBSTRATE_OK
               : base_fail(error, SUBSTRATE_E_ARGUMENT, "no option \"%s\" (see --help)", word);
}

/* "--anything" and "-x"; a lone "-" and negative numbers are words. */
static bool is_option(const char *word) {
    return word[0] == '-' && word[1] != '\0' && word[1] != '.' && (word[1] < '0' || word[1] > '9');
}

enum substrate_status options_read(struct options *options, int argc, char **argv,
                                   struct substrate_error *error) {
    enum substrate_status status = SUBSTRATE_OK;
    bool ended = false;
    int at = 1;
    *options = (struct options){.network = NETWORK_DEFAULT, .jobs = JOBS_DEFAULT, .words = argv};
    while (at < argc && status == SUBSTRATE_OK) {
        if (ended || !is_option(argv[at])) {
            argv[options->word_count++] = argv[at++];
        } else if (strcmp(argv[at], "--") == 0) {
            ended = true;
            at += 1;
        } else {
            status = read_option(options, argc, argv, &at, error);
        }
    }
    if (status == SUBSTRATE_OK && options->pin.by_number && options->pin.hash != NULL) {
        status =
            base_fail(error, SUBSTRATE_E_ARGUMENT, "--block and --block-hash: give one of the two");
    }
    return status;
}
