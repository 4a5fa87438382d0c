/* What goes to standard output and standard error. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "ask.h"
#include "table.h"

void write_status_word(struct base_buf *out, enum substrate_status status) {
    const char *name = substrate_status_name(status);
    for (name += name[0] == 'E' && name[1] == '_' ? 2 : 0; *name != '\0'; name++) {
        base_buf_char(out, *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name);
    }
}

enum exit_code tell_error(const struct substrate_error *error) {
    (void)fflush(stdout);
    (void)fprintf(stderr, "subtensor: %s\n",
                  error->message[0] != '\0' ? error->message
                                            : substrate_status_text(error->status));
    return exit_code_of(error->status);
}

enum exit_code print_text(struct substrate_text text) {
    errno = 0;
    if (fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0) {
        return EXIT_ANSWERED;
    }
    if (errno != EPIPE) {
        perror("subtensor: standard output");
    }
    return EXIT_INTERNAL;
}

enum exit_code print_value(const struct options *options, struct substrate_text json) {
    bool table = options->format == OUTPUT_TABLE ||
                 (options->format == OUTPUT_BY_TERMINAL && isatty(STDOUT_FILENO) == 1);
    struct base_buf out = BASE_BUF_INIT;
    struct base_json value;
    struct substrate_error error = {0};
    enum exit_code code = EXIT_ANSWERED;
    bool good = true;
    if (table && base_json_parse(json, 1024, &value, NULL) == SUBSTRATE_OK) {
        good = table_write(&out, value);
    } else {
        base_buf_text(&out, json);
        base_buf_char(&out, '\n');
    }
    if (good && !out.failed) {
        code = print_text(base_buf_view(&out));
    } else {
        (void)base_fail(&error, SUBSTRATE_E_MEMORY, "out of memory for the answer");
        code = tell_error(&error);
    }
    base_buf_free(&out);
    return code;
}
