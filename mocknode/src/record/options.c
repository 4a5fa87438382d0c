/* Parses the command lines of the fixture tools. */
#include "record/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage_error(const struct command *command, const char *what, const char *argument) {
    fprintf(stderr, "mocknode %s: %s%s; see mocknode %s --help\n", command->name, what, argument,
            command->name);
    return EXIT_USAGE;
}

/* The option that `argument` names, up to its '='. */
static const struct option *find(const struct command *command, const char *argument,
                                 const char **value) {
    for (const struct option *option = command->options; option->name != NULL; option++) {
        size_t size = strlen(option->name);
        if (strncmp(argument + 2, option->name, size) == 0 &&
            (argument[2 + size] == '\0' || argument[2 + size] == '=')) {
            *value = argument[2 + size] == '=' ? argument + 3 + size : NULL;
            return option;
        }
    }
    return NULL;
}

static int take_option(const struct command *command, int argc, char **argv, int *index) {
    const char *value = NULL;
    const struct option *option = find(command, argv[*index], &value);
    if (option == NULL) {
        return usage_error(command, "unknown option ", argv[*index]);
    }
    if (option->flag != NULL) {
        if (value != NULL) {
            return usage_error(command, "no value belongs to ", argv[*index]);
        }
        *option->flag = true;
        return -1;
    }
    if (value == NULL && *index + 1 < argc) {
        value = argv[++*index];
    }
    if (value == NULL || value[0] == '\0') {
        return usage_error(command, "a value is missing after --", option->name);
    }
    if (*option->value != NULL) {
        return usage_error(command, "given twice: --", option->name);
    }
    *option->value = value;
    return -1;
}

int options_parse(const struct command *command, int argc, char **argv, const char **positional) {
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        int status = -1;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(command->usage, stdout);
            return EXIT_SUCCESS;
        }
        if (strncmp(argv[i], "--", 2) == 0) {
            status = take_option(command, argc, argv, &i);
        } else if (count < command->positional_count) {
            positional[count++] = argv[i];
        } else {
            status = usage_error(command, "one argument too many: ", argv[i]);
        }
        if (status >= 0) {
            return status;
        }
    }
    if (count < command->positional_count) {
        return usage_error(command, "a folder is missing", "");
    }
    return -1;
}

int command_failed(const char *name, const struct substrate_error *error) {
    fprintf(stderr, "mocknode %s: %s\n", name,
            error->message[0] != '\0' ? error->message : substrate_status_text(error->status));
    return EXIT_FAILURE;
}
