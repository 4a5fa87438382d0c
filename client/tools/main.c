/* `subtensor`: options, and which command. */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "adapter.h"
#include "ask.h"

#define VERSION "0.1.0"

static enum exit_code fail_usage(const char *message) {
    (void)fprintf(stderr, "subtensor: %s\n", message);
    return EXIT_USAGE;
}

static bool is_function(const char *command) {
    return strcmp(command, "list") != 0 && strcmp(command, "adapter") != 0 &&
           strcmp(command, "help") != 0;
}

static enum exit_code help(const char *command) {
    struct base_buf text = BASE_BUF_INIT;
    if (is_function(command)) {
        return show_function(command);
    }
    options_help(&text);
    enum exit_code code = text.failed ? EXIT_INTERNAL : print_text(base_buf_view(&text));
    base_buf_free(&text);
    return code;
}

static enum exit_code run(const struct options *options) {
    const char *command = options->word_count > 0 ? options->words[0] : "help";
    if (options->version) {
        return print_text(BASE_TEXT("subtensor " VERSION "\n"));
    }
    if (options->help) {
        return help(command);
    }
    if (options->word_count == 0) {
        return fail_usage("expected a function (see subtensor --help)");
    }
    if (strcmp(command, "help") == 0) {
        return options->word_count <= 2 ? help(options->words[options->word_count - 1])
                                        : fail_usage("help takes one function");
    }
    if (strcmp(command, "list") == 0) {
        return options->word_count == 1 ? show_list(options)
                                        : fail_usage("list takes no arguments");
    }
    return strcmp(command, "adapter") == 0 ? adapter_main(options, VERSION) : ask(options);
}

/* A standard stream that the caller has closed would give its number to the next file or socket,
 * and the answer would go there. It is opened the wrong way round: to use it fails, as it should.
 */
static void keep_streams(void) {
    static const int wrong_way[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", wrong_way[fd]); /* takes the lowest number that is free */
        }
    }
}

int main(int argc, char **argv) {
    struct options options;
    struct substrate_error error = {0};
    keep_streams();
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* as JSON is, whatever the caller's may be */
    enum substrate_status status = options_read(&options, argc, argv, &error);
    enum exit_code code = status == SUBSTRATE_OK ? run(&options) : tell_error(&error);
    substrate_runtimes_forget();
    return (int)code;
}
