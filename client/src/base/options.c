/* The command line by a table; see options.h. */
#include "options.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "nearest.h"
#include "text.h"

#define HELP_COLUMN 26 /* where the texts of --help begin */
#define ROWS_MAX 64    /* a bit for each, to see what stands twice */

enum substrate_status base_option_refuse(const struct base_option *option, const char *value,
                                         const char *expected, struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_ARGUMENT, "--%s \"%s\": expected %s", option->name, value,
                     expected);
}

enum substrate_status base_option_flag(const struct base_option *option, const char *value,
                                       void *into, struct substrate_error *error) {
    static const bool on = true;
    (void)value;
    (void)error;
    memcpy((char *)into + option->at, &on, sizeof on);
    return SUBSTRATE_OK;
}

enum substrate_status base_option_text(const struct base_option *option, const char *value,
                                       void *into, struct substrate_error *error) {
    if (value[0] == '\0') {
        return base_option_refuse(option, value, "a text", error);
    }
    memcpy((char *)into + option->at, &value, sizeof value);
    return SUBSTRATE_OK;
}

enum substrate_status base_option_number(const struct base_option *option, const char *value,
                                         void *into, struct substrate_error *error) {
    char expected[80];
    uint64_t number;
    if (base_text_u64(base_text(value), &number) && number >= option->least &&
        number <= option->most) {
        memcpy((char *)into + option->at, &number, sizeof number);
        return SUBSTRATE_OK;
    }
    (void)snprintf(expected, sizeof expected, "a number from %llu to %llu",
                   (unsigned long long)option->least, (unsigned long long)option->most);
    return base_option_refuse(option, value, expected, error);
}

/* "--anything" and "-x"; a lone "-" and negative numbers are words. */
static bool is_option(const char *word) {
    return word[0] == '-' && word[1] != '\0' && word[1] != '.' && (word[1] < '0' || word[1] > '9');
}

static const struct base_option *find(const struct base_option *options,
                                      struct substrate_text word) {
    for (const struct base_option *option = options; option->name != NULL; option++) {
        bool letter = word.size == 2 && option->letter != 0 && word.data[1] == option->letter;
        struct substrate_text name = {word.data + 2, word.size - 2};
        if (letter || (word.data[1] == '-' && base_text_is(name, option->name))) {
            return option;
        }
    }
    return NULL;
}

static enum substrate_status unknown(const struct base_option *options, struct substrate_text word,
                                     struct substrate_error *error) {
    struct base_nearest nearest = {.wanted = {word.data + 1, word.size - 1}};
    if (word.data[1] == '-') {
        nearest.wanted = (struct substrate_text){word.data + 2, word.size - 2};
    }
    for (const struct base_option *option = options; option->name != NULL; option++) {
        base_nearest_offer(&nearest, base_text(option->name));
    }
    bool near = nearest.name.data != NULL && nearest.distance <= 1 + nearest.wanted.size / 3 &&
                nearest.distance < nearest.wanted.size;
    return base_fail(error, SUBSTRATE_E_ARGUMENT, "unknown option \"%.*s\"%s%s", (int)word.size,
                     word.data, near ? "; nearest is --" : "", near ? nearest.name.data : "");
}

/* Reads the option at argv[*at] and moves behind it. `seen` has a bit for each row. */
static enum substrate_status read_option(const struct base_option *options, int argc, char **argv,
                                         int *at, uint64_t *seen, void *into,
                                         struct substrate_error *error) {
    const char *word = argv[(*at)++];
    const char *value = strchr(word, '=');
    struct substrate_text name = {word, value != NULL ? (size_t)(value - word) : strlen(word)};
    const struct base_option *option = find(options, name);
    if (option == NULL) {
        return unknown(options, name, error);
    }
    size_t row = (size_t)(option - options);
    assert(row < ROWS_MAX);
    if (option->argument == NULL) {
        return value == NULL
                   ? option->take(option, NULL, into, error)
                   : base_fail(error, SUBSTRATE_E_ARGUMENT, "--%s takes no value", option->name);
    }
    if (value == NULL && *at == argc) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "--%s needs a value", option->name);
    }
    if ((*seen >> row & 1) != 0 && !option->repeats) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "--%s stands twice", option->name);
    }
    *seen |= UINT64_C(1) << row;
    return option->take(option, value != NULL ? value + 1 : argv[(*at)++], into, error);
}

enum substrate_status base_options_read(const struct base_option *options, int argc, char **argv,
                                        void *into, int *words, struct substrate_error *error) {
    enum substrate_status status = SUBSTRATE_OK;
    uint64_t seen = 0;
    bool ended = false;
    int at = 1;
    *words = 0;
    while (at < argc && status == SUBSTRATE_OK) {
        if (ended || !is_option(argv[at])) {
            argv[(*words)++] = argv[at++];
        } else if (strcmp(argv[at], "--") == 0) {
            ended = true;
            at++;
        } else {
            status = read_option(options, argc, argv, &at, &seen, into, error);
        }
    }
    return status;
}

/* printf counts bytes, a terminal characters. */
static int more_bytes(const char *text) {
    int more = 0;
    for (; *text != '\0'; text++) {
        more += ((unsigned char)*text & 0xc0) == 0x80;
    }
    return more;
}

void base_options_help(const struct base_option *options, struct base_buf *out) {
    for (const struct base_option *option = options; option->name != NULL; option++) {
        char head[64];
        bool letter = option->letter != 0;
        (void)snprintf(head, sizeof head, "  %s%c%s--%s%s%s", letter ? "-" : "",
                       letter ? option->letter : ' ', letter ? ", " : "", option->name,
                       option->argument != NULL ? " " : "",
                       option->argument != NULL ? option->argument : "");
        base_buf_format(out, "%-*s", HELP_COLUMN + more_bytes(head), letter ? head : head + 1);
        for (const char *c = option->help; *c != '\0'; c++) {
            base_buf_char(out, *c);
            if (*c == '\n') {
                base_buf_format(out, "%*s", HELP_COLUMN, "");
            }
        }
        base_buf_char(out, '\n');
    }
}
