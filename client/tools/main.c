/* `subtensor`: options, and which command. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "adapter.h"
#include "ask.h"

#define VERSION "0.1.0"

static enum exit_code fail_usage(const char *message) {
    (void)fprintf(stderr, "subtensor: %s\n", message);
    return EXIT_USAGE;
}

static enum exit_code run(const struct options *options) {
    const char *command = options->word_count > 0 ? options->words[0] : "";
    if (options->version) {
        return print_text(BASE_TEXT("subtensor " VERSION "\n"));
    }
    if (strcmp(command, "help") == 0 && options->word_count == 2) {
        return show_function(options->words[1]);
    }
    bool is_function = options->word_count == 1 && strcmp(command, "list") != 0 &&
                       strcmp(command, "adapter") != 0 && strcmp(command, "help") != 0;
    if (options->help && is_function) {
        return show_function(command);
    }
    if (options->help || strcmp(command, "help") == 0) {
        return print_text(base_text(options_help));
    }
    if (options->word_count == 0) {
        return fail_usage("expected a function (see subtensor --help)");
    }
    if (strcmp(command, "list") == 0) {
        return options->word_count == 1 ? show_list(options)
                                        : fail_usage("list takes no arguments");
    }
    return strcmp(command, "adapter") == 0 ? adapter_main(options, VERSION) : ask(options);
}

int main(int argc, char **argv) {
    struct options options;
    struct substrate_error error = {0};
    enum substrate_status status = options_read(&options, argc, argv, &error);
    enum exit_code code = status == SUBSTRATE_OK ? run(&options) : tell_error(&error);
    substrate_runtimes_forget();
    return (int)code;
}
