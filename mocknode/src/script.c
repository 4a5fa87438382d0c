/* `mocknode script`: reads scripts as `serve` does, and prints what the tables of the reader know.
 */
#include "script.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/text.h"
#include "fixture/files.h"
#include "script/profile.h"
#include "script/script.h"
#include "tools/command.h"

#define FILES_MAX 16
#define BYTES_MAX (16 * 1024 * 1024)

static const char USAGE[] =
    "usage: mocknode script FILE [FILE…] [--profile NAME]\n"
    "       mocknode script --schema | --actions | --profiles\n"
    "\n"
    "Checks a script as `mocknode serve` reads it; the rules of further files, and those of a\n"
    "profile, stand behind it. What is wrong is named with its line and its place.\n"
    "\n";

struct options {
    const char *profile;
    bool schema, actions, profiles, help;
};
#define AT(member) offsetof(struct options, member)

static const struct base_option OPTIONS[] = {
    {"profile", 0, "NAME", "with the rules of that profile", base_option_text, AT(profile), 0, 0,
     false},
    {"schema", 0, NULL, "print the JSON Schema of a script", base_option_flag, AT(schema), 0, 0,
     false},
    {"actions", 0, NULL, "print what a rule may hold, as tables of Markdown", base_option_flag,
     AT(actions), 0, 0, false},
    {"profiles", 0, NULL, "print the names of the profiles", base_option_flag, AT(profiles), 0, 0,
     false},
    COMMAND_HELP(struct options, help),
    {0},
};
static const struct command COMMAND = {"script", USAGE, OPTIONS, AT(help), 0};

static int print(void (*write)(struct base_buf *out)) {
    struct base_buf out = BASE_BUF_INIT;
    write(&out);
    bool good = !out.failed && fwrite(out.data, 1, out.size, stdout) == out.size;
    base_buf_free(&out);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void write_profiles(struct base_buf *out) {
    for (size_t i = 0; script_profiles[i].name != NULL; i++) {
        base_buf_format(out, "%s\n", script_profiles[i].name);
    }
}

/* Reads the files into texts, and all of them as one script. */
static int check(const struct options *options, char **files, size_t count) {
    struct script_source sources[FILES_MAX + 1];
    struct base_buf texts[FILES_MAX] = {{0}};
    struct script *script = NULL;
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    enum substrate_status status = SUBSTRATE_OK;
    size_t read = 0;
    for (; read < count && status == SUBSTRATE_OK; read++) {
        status = file_read(files[read], BYTES_MAX, &texts[read], &error);
        sources[read] = (struct script_source){base_buf_view(&texts[read]), files[read]};
    }
    if (status == SUBSTRATE_OK && options->profile != NULL) {
        status = script_profile_find(options->profile, &sources[read], &error);
        count++;
    }
    if (status == SUBSTRATE_OK) {
        status = script_read(sources, count, &script, &error);
    }
    script_free(script);
    for (size_t i = 0; i < read; i++) {
        base_buf_free(&texts[i]);
    }
    if (status != SUBSTRATE_OK) {
        return command_failed("script", &error);
    }
    return EXIT_SUCCESS;
}

static int help(void) {
    struct base_buf text = BASE_BUF_INIT;
    base_buf_str(&text, USAGE);
    base_options_help(OPTIONS, &text);
    (void)fwrite(text.data, 1, text.size, stdout);
    base_buf_free(&text);
    return EXIT_SUCCESS;
}

int script_main(int argc, char **argv) {
    struct options options = {0};
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    int words = 0;
    if (base_options_read(OPTIONS, argc, argv, &options, &words, &error) != SUBSTRATE_OK) {
        return command_misused(&COMMAND, error.message);
    }
    if (options.help) {
        return help();
    }
    int lists = (int)options.schema + options.actions + options.profiles;
    bool files = words > 0 || options.profile != NULL;
    if (lists + files != 1 || words > FILES_MAX) {
        return command_misused(&COMMAND, "expected files, --profile, --schema, --actions or "
                                         "--profiles");
    }
    if (!files) {
        return print(options.schema    ? script_write_schema
                     : options.actions ? script_write_actions
                                       : write_profiles);
    }
    return check(&options, argv, (size_t)words);
}
