/* What goes to standard output and standard error. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "ask.h"
#include "glyph.h"
#include "table.h"

void write_status_word(struct base_buf *out, enum substrate_status status) {
    const char *name = substrate_status_name(status);
    for (name += name[0] == 'E' && name[1] == '_' ? 2 : 0; *name != '\0'; name++) {
        base_buf_char(out, *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name);
    }
}

/* What a message quotes may be anything, and stays on its one line. */
enum exit_code tell_error(const struct substrate_error *error) {
    struct base_buf line = BASE_BUF_INIT;
    const char *message =
        error->message[0] != '\0' ? error->message : substrate_status_text(error->status);
    glyph_write(&line, base_text(message));
    (void)fflush(stdout);
    if (line.failed) {
        (void)fprintf(stderr, "subtensor: out of memory\n");
    } else {
        (void)fprintf(stderr, "subtensor: %.*s\n", (int)line.size, line.data);
    }
    base_buf_free(&line);
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

/* Columns of the terminal that reads standard output; a file has any number of them. */
static size_t columns_of_output(void) {
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : SIZE_MAX;
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
        good = table_write(&out, value, columns_of_output());
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
