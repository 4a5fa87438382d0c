/* Options by a table: each mistake of a command line is named, and what is no option stays. */
#include <string.h>
#include "base/options.h"
#include "check_main.h"

struct wanted {
    const char *host, *last;
    uint64_t port, letters;
    bool merge, help;
};

/* A take of the program's own: counts how often it is called. */
static enum substrate_status take_rule(const struct base_option *option, const char *value,
                                       void *into, struct substrate_error *error) {
    struct wanted *wanted = into;
    if (strcmp(value, "bad") == 0) {
        return base_option_refuse(option, value, "a good one", error);
    }
    wanted->last = value;
    wanted->letters += strlen(value);
    return SUBSTRATE_OK;
}

static const struct base_option OPTIONS[] = {
    {"host", 0, "ADDRESS", "address to listen on", base_option_text, offsetof(struct wanted, host),
     0, 0, false},
    {"port", 0, "N", "port to listen on;\n0 takes a free one", base_option_number,
     offsetof(struct wanted, port), 0, 65535, false},
    {"rule", 0, "R", "a rule", take_rule, 0, 0, 0, true},
    {"merge", 0, NULL, "add to it", base_option_flag, offsetof(struct wanted, merge), 0, 0, false},
    {"help", 'h', NULL, "this text", base_option_flag, offsetof(struct wanted, help), 0, 0, false},
    {.name = NULL}};

static struct wanted wanted;
static struct substrate_error error;
static int words;
static char *argv[16];

/* The words of `line`, which stands in for argv behind the program's name. */
static enum substrate_status read_line(const char *line) {
    static char copy[256];
    int argc = 1;
    wanted = (struct wanted){.port = 9};
    error = (struct substrate_error){.status = SUBSTRATE_OK};
    ck_assert_uint_lt(strlen(line), sizeof copy);
    memcpy(copy, line, strlen(line) + 1);
    argv[0] = copy;
    for (char *at = copy; *at != '\0'; at++) {
        if (*at == ' ') {
            *at = '\0';
        } else if (at == copy || at[-1] == '\0') {
            argv[argc++] = at;
        }
    }
    return base_options_read(OPTIONS, argc, argv, &wanted, &words, &error);
}

START_TEST(options_and_words_mix) {
    ck_assert_int_eq(read_line("A --port 77 B --host=::1 --merge -5 - -h"), SUBSTRATE_OK);
    ck_assert_uint_eq(wanted.port, 77);
    ck_assert_str_eq(wanted.host, "::1");
    ck_assert(wanted.merge && wanted.help);
    ck_assert_int_eq(words, 4);
    ck_assert_str_eq(argv[0], "A");
    ck_assert_str_eq(argv[1], "B");
    ck_assert_str_eq(argv[2], "-5");
    ck_assert_str_eq(argv[3], "-");
    ck_assert_int_eq(read_line("--merge --merge -- --port"), SUBSTRATE_OK);
    ck_assert_int_eq(words, 1);
    ck_assert_str_eq(argv[0], "--port");
    ck_assert_uint_eq(wanted.port, 9);
    ck_assert_int_eq(read_line("--rule ab --rule=cde"), SUBSTRATE_OK);
    ck_assert_uint_eq(wanted.letters, 5);
    ck_assert_str_eq(wanted.last, "cde");
}
END_TEST

static const struct {
    const char *line, *message;
} MISTAKES[] = {
    {"--port 1 --port 2", "--port stands twice"},
    {"--host a --host=b", "--host stands twice"},
    {"--port", "--port needs a value"},
    {"--host=", "--host \"\": expected a text"},
    {"--port 65536", "--port \"65536\": expected a number from 0 to 65535"},
    {"--port -1", "--port \"-1\": expected a number from 0 to 65535"},
    {"--port x --prot", "--port \"x\": expected a number from 0 to 65535"},
    {"--prot 1", "unknown option \"--prot\"; nearest is --port"},
    {"--por=1", "unknown option \"--por\"; nearest is --port"},
    {"--nonsense", "unknown option \"--nonsense\""},
    {"-x", "unknown option \"-x\""},
    {"-port", "unknown option \"-port\"; nearest is --port"},
    {"--h", "unknown option \"--h\""},
    {"--merge=yes", "--merge takes no value"},
    {"--rule bad", "--rule \"bad\": expected a good one"},
};

START_TEST(mistakes_are_named) {
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        ck_assert_int_eq(read_line(MISTAKES[i].line), SUBSTRATE_E_ARGUMENT);
        ck_assert_str_eq(error.message, MISTAKES[i].message);
    }
}
END_TEST

START_TEST(help_comes_from_the_table) {
    struct base_buf out = BASE_BUF_INIT;
    base_options_help(OPTIONS, &out);
    ck_text_eq(base_buf_view(&out), "  --host ADDRESS          address to listen on\n"
                                    "  --port N                port to listen on;\n"
                                    "                          0 takes a free one\n"
                                    "  --rule R                a rule\n"
                                    "  --merge                 add to it\n"
                                    "  -h, --help              this text\n");
    base_buf_free(&out);
}
END_TEST

CHECK_MAIN("options", options_and_words_mix, mistakes_are_named, help_comes_from_the_table)
