/* What makes a unit test file a program: it defines its tests and ends with CHECK_MAIN. Each test
 * is a case of its own, so that CK_RUN_CASE=<test> runs one; CK_FORK=no keeps all in one process
 * (for valgrind); CK_VERBOSITY=verbose names those that pass. The exit status is 0 if all passed.
 */
#ifndef CHECK_MAIN_H
#define CHECK_MAIN_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/hex.h"
#include "base/text.h"

/* Long enough for sanitizers and valgrind on a busy machine; a hang still ends. */
#define CHECK_TIMEOUT_S 120

static inline int check_main(const char *name, const TTest *const *tests, size_t count) {
    Suite *suite = suite_create(name);
    for (size_t i = 0; i < count; i++) {
        TCase *test_case = tcase_create(tests[i]->name);
        tcase_set_timeout(test_case, CHECK_TIMEOUT_S);
        tcase_add_test(test_case, tests[i]);
        suite_add_tcase(suite, test_case);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    int run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed == 0 && run > 0 ? 0 : 1;
}

/* CHECK_MAIN("suite", test_a, test_b) */
#define CHECK_MAIN(name, ...)                                           \
    int main(void) {                                                    \
        const TTest *const tests[] = {__VA_ARGS__};                     \
        return check_main(name, tests, sizeof tests / sizeof tests[0]); \
    }

/* The view equals a terminated string; both are shown if not. */
#define ck_text_eq(view, string)                                                                \
    do {                                                                                        \
        struct substrate_text ck_view = (view);                                                 \
        ck_assert_msg(base_text_is(ck_view, (string)), "'%.*s' is not '%s'", (int)ck_view.size, \
                      ck_view.size == 0 ? "" : ck_view.data, (string));                         \
    } while (0)

/* `size` bytes equal those that `hex` spells. */
#define ck_hex_eq(bytes, size, hex)                                                         \
    do {                                                                                    \
        char ck_hex[1024];                                                                  \
        ck_assert_uint_lt(2 * (size_t)(size), sizeof ck_hex);                               \
        base_hex_write((struct substrate_bytes){(const uint8_t *)(bytes), (size)}, ck_hex); \
        ck_hex[2 * (size_t)(size)] = '\0';                                                  \
        ck_assert_str_eq(ck_hex, (hex));                                                    \
    } while (0)

#endif
