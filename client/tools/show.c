/* `list` and `help`: the catalog for people and for programs. */
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "ask.h"
#include "catalog.h"

#define HELP_COLUMN 44

/* "NETUID", "[BLOCK]", "[KEYS…]" */
static void write_argument(struct base_buf *out, const struct subtensor_function *function,
                           size_t index) {
    const struct subtensor_argument *argument = &function->arguments[index];
    bool more = argument->kind == SUBTENSOR_ACCOUNTS ||
                (catalog_takes_more(function) && index + 1 == function->argument_count);
    base_buf_str(out, argument->optional ? " [" : " ");
    for (const char *c = argument->name; *c != '\0'; c++) {
        base_buf_char(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    }
    base_buf_str(out, more ? "..." : "");
    base_buf_str(out, argument->optional ? "]" : "");
}

static void write_usage(struct base_buf *out, const struct subtensor_function *function) {
    base_buf_str(out, function->name);
    for (size_t i = 0; i < function->argument_count; i++) {
        write_argument(out, function, i);
    }
}

static void write_member(struct base_buf *out, const char *before, const char *text) {
    base_buf_str(out, before);
    base_json_write_string(out, base_text(text));
}

static void write_json(struct base_buf *out, const struct subtensor_function *function) {
    write_member(out, "{\"name\":", function->name);
    write_member(out, ",\"help\":", function->help);
    base_buf_str(out, ",\"arguments\":[");
    for (size_t i = 0; i < function->argument_count; i++) {
        const struct subtensor_argument *argument = &function->arguments[i];
        write_member(out, i > 0 ? ",{\"name\":" : "{\"name\":", argument->name);
        write_member(out, ",\"wanted\":", subtensor_argument_text(argument->kind));
        base_buf_str(out, argument->optional ? ",\"optional\":true" : ",\"optional\":false");
        write_member(out, ",\"help\":", argument->help);
        base_buf_char(out, '}');
    }
    write_member(out, "],\"result\":", function->result);
    base_buf_char(out, '}');
}

static void write_line(struct base_buf *out, const struct subtensor_function *function) {
    size_t begin = out->size;
    write_usage(out, function);
    if (out->size - begin >= HELP_COLUMN) {
        base_buf_char(out, '\n');
        begin = out->size;
    }
    while (out->size - begin < HELP_COLUMN && !out->failed) {
        base_buf_char(out, ' ');
    }
    base_buf_str(out, function->help);
    base_buf_char(out, '\n');
}

static enum exit_code print_and_free(struct base_buf *out) {
    struct substrate_error error = {.status = SUBSTRATE_E_MEMORY};
    enum exit_code code = out->failed ? tell_error(&error) : print_text(base_buf_view(out));
    base_buf_free(out);
    return code;
}

enum exit_code show_list(const struct options *options) {
    bool json = options->format == OUTPUT_JSON;
    struct base_buf out = BASE_BUF_INIT;
    const struct subtensor_function *function = NULL;
    for (size_t i = 0; (function = catalog_at(i)) != NULL; i++) {
        if (json) {
            base_buf_char(&out, i > 0 ? ',' : '[');
            write_json(&out, function);
        } else {
            write_line(&out, function);
        }
    }
    base_buf_str(&out, json ? "]\n" : "");
    return print_and_free(&out);
}

enum exit_code show_function(const char *name) {
    const struct subtensor_function *function = NULL;
    struct substrate_error error = {0};
    struct base_buf out = BASE_BUF_INIT;
    if (catalog_find(name, &function, &error) != SUBSTRATE_OK) {
        return tell_error(&error);
    }
    base_buf_str(&out, "subtensor ");
    write_usage(&out, function);
    base_buf_format(&out, "\n%s\n", function->help);
    for (size_t i = 0; i < function->argument_count; i++) {
        const struct subtensor_argument *argument = &function->arguments[i];
        base_buf_str(&out, i == 0 ? "\n" : "");
        base_buf_format(&out, "  %s: %s; %s%s\n", argument->name, argument->help,
                        subtensor_argument_text(argument->kind),
                        argument->optional ? " (may be left out)" : "");
    }
    base_buf_format(&out, "\nResult: %s\n", function->result);
    return print_and_free(&out);
}
