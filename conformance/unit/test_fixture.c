/* The format's own rules: what is the same fact, what two facts of one key make together, and that
 * every kind of line comes out as it went in. */
#include <stdio.h>
#include <string.h>
#include "chain_folder.h"
#include "fixture/log.h"
#include "fixture/same.h"
#include "fixture/save.h"

static bool same(const char *a, const char *b) {
    bool same = false;
    ck_assert_int_eq(facts_same_json(base_text(a), base_text(b), &same), SUBSTRATE_OK);
    return same;
}

START_TEST(json_is_the_same_however_it_is_spelled) {
    ck_assert(same("{\"a\":1,\"b\":[1,{\"c\":null,\"d\":true}]}",
                   "{ \"b\" : [1, {\"d\":true,\"c\":null}], \"a\" : 1 }"));
    ck_assert(same("\"0xABcd\"", "\"0xabCD\""));
    ck_assert(same("\"a\\u0062\"", "\"ab\""));
    ck_assert(same("{\"\\u0061\":1}", "{\"a\":1}"));
    ck_assert(!same("\"AB\"", "\"ab\"")); /* no hex: letters count */
    ck_assert(!same("\"0xABg\"", "\"0xabg\""));
    ck_assert(!same("[1,2]", "[2,1]"));
    ck_assert(!same("{\"a\":1}", "{\"a\":1,\"b\":2}"));
    ck_assert(!same("{\"a\":1}", "{\"a\":\"1\"}"));
    ck_assert(!same("18446744073709551615", "18446744073709551616"));
    ck_assert(same("no JSON", "no JSON") && !same("no JSON", "none"));
}
END_TEST

static struct fact_change change_of(enum fact_value_kind kind, const char *value,
                                    const struct fact_digest *digest) {
    return (struct fact_change){BASE_TEXT("01"), kind, base_text(value), digest};
}

START_TEST(of_two_facts_the_one_that_says_more) {
    uint8_t bytes[] = {0xaa, 0xbb};
    struct fact_digest right = {.size = 2}, wrong = {.size = 2}, longer = {.size = 3};
    substrate_blake2_256((struct substrate_bytes){bytes, 2}, right.hash.bytes);
    longer.hash = right.hash;
    const struct fact_change value = change_of(FACT_VALUE, "0xaabb", NULL),
                             other = change_of(FACT_VALUE, "0xaabc", NULL),
                             present = change_of(FACT_PRESENT, NULL, NULL),
                             digest = change_of(FACT_PRESENT, NULL, &right),
                             twin = change_of(FACT_PRESENT, NULL, &right),
                             lie = change_of(FACT_PRESENT, NULL, &wrong),
                             size = change_of(FACT_PRESENT, NULL, &longer),
                             absent = change_of(FACT_ABSENT, NULL, NULL);
    const struct {
        const struct fact_change *a, *b, *joined;
    } pairs[] = {
        {&value, &value, &value},   {&value, &other, NULL},       {&value, &present, &value},
        {&value, &digest, &value},  {&value, &lie, NULL},         {&value, &size, NULL},
        {&value, &absent, NULL},    {&present, &digest, &digest}, {&digest, &lie, NULL},
        {&digest, &size, NULL},     {&digest, &absent, NULL},     {&present, &absent, NULL},
        {&absent, &absent, &absent}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct fact_change *joined = facts_join_changes(pairs[i].a, pairs[i].b);
        const struct fact_change *turned = facts_join_changes(pairs[i].b, pairs[i].a);
        ck_assert_msg(joined == pairs[i].joined && turned == pairs[i].joined, "pair %zu", i);
    }
    ck_assert_ptr_eq(facts_join_changes(&digest, &twin), &digest);
    ck_assert(facts_same_change(&digest, &twin) && !facts_same_change(&digest, &present));
}
END_TEST

#define HASH32 "0x1111111111111111111111111111111111111111111111111111111111111111"
#define DIGEST_LINE(key) \
    "{\"key\":\"" key "\",\"present\":true,\"hash\":\"" HASH32 "\",\"size\":5}\n"

/* The text of one file of a folder. */
static char *read_text(const struct folder *folder, const char *name) {
    static char text[1 << 16];
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

static struct facts *load(const struct folder *folder, struct substrate_error *error) {
    struct facts *facts = NULL;
    *error = (struct substrate_error){.status = SUBSTRATE_OK};
    return facts_load(folder->path, 0, &facts, error) == SUBSTRATE_OK ? facts : NULL;
}

/* A folder of the sample with other lines of state and calls. */
static struct folder with_lines(const char *state, const char *calls) {
    struct folder folder = folder_sample();
    folder_write_text(&folder, "state.jsonl", state);
    folder_write_text(&folder, "calls.jsonl", calls);
    return folder;
}

START_TEST(new_kinds_come_out_as_they_went_in) {
    static const char STATE[] = "{\"set\":\"" SAMPLE_H1 "\",\"base\":null,\"covered\":[]}\n" //
        DIGEST_LINE("0x3a636f6465") "{\"set\":\"" SAMPLE_H2 "\",\"pruned\":true}\n";
    static const char CALLS[] =
        "{\"method\":\"system_peers\",\"error\":{\"code\":-32601,\"message\":\"Method not "
        "found\"}}\n";
    struct folder folder = with_lines(STATE, CALLS);
    struct substrate_error error;
    struct facts *facts = load(&folder, &error);
    ck_assert_msg(facts != NULL, "%s", error.message);
    ck_assert_ptr_nonnull(facts->sets[0].changes[0].digest);
    ck_assert_uint_eq(facts->sets[0].changes[0].digest->size, 5);
    ck_assert(facts->sets[1].pruned);
    ck_assert_uint_eq(facts->calls[0].params.size, 0);
    ck_assert_int_eq(facts_save(facts, folder.path, &error), SUBSTRATE_OK);
    ck_assert_str_eq(read_text(&folder, "state.jsonl"), STATE);
    ck_assert_str_eq(read_text(&folder, "calls.jsonl"), CALLS);
    /* The same facts as a log. */
    struct folder other = folder_empty();
    struct facts_log log;
    folder_write_text(&other, "manifest.json", "{\"format\":1,\"unfinished\":true}\n");
    ck_assert_int_eq(facts_log_open(&log, other.path, &error), SUBSTRATE_OK);
    ck_assert_int_eq(facts_log_append(&log, facts, &error), SUBSTRATE_OK);
    facts_log_close(&log);
    struct facts *logged = load(&other, &error);
    ck_assert_msg(logged != NULL, "%s", error.message);
    ck_assert_uint_eq(logged->block_count, facts->block_count);
    ck_assert(facts_same_change(&logged->sets[0].changes[0], &facts->sets[0].changes[0]));
    ck_assert(logged->sets[1].pruned && logged->calls[0].params.size == 0);
    facts_free(logged);
    facts_free(facts);
    folder_remove(&other);
    folder_remove(&folder);
}
END_TEST

static const struct {
    const char *state, *calls, *says;
} MISTAKES[] = {
    {"{\"set\":\"" SAMPLE_H1 "\",\"pruned\":false}\n", "", "pruned: must be true or missing"},
    {"{\"set\":\"" SAMPLE_H1 "\",\"base\":null,\"pruned\":true}\n", "", "neither base nor covered"},
    {"{\"set\":\"" SAMPLE_H1 "\",\"pruned\":true}\n{\"key\":\"0x01\",\"value\":null}\n", "",
     "state.jsonl:2: a pruned set has no keys"},
    {"{\"set\":\"" SAMPLE_H1 "\",\"base\":null,\"covered\":[]}\n"
     "{\"key\":\"0x01\",\"value\":\"0x\",\"hash\":\"" HASH32 "\"}\n",
     "", "hash: stands beside \"present\" only"},
    {"{\"set\":\"" SAMPLE_H1 "\",\"base\":null,\"covered\":[]}\n"
     "{\"key\":\"0x01\",\"present\":true,\"hash\":\"" HASH32 "\"}\n",
     "", "size: is missing"},
    {"{\"set\":\"" SAMPLE_H1 "\",\"base\":null,\"covered\":[]}\n"
     "{\"key\":\"0x01\",\"present\":true,\"hash\":\"0x11\",\"size\":1}\n",
     "", "hash: must be a hash"},
    {"", "{\"method\":\"a\",\"result\":1}\n", "params: is missing"},
    {"", "{\"method\":\"a\",\"error\":{\"code\":1,\"message\":\"\"}}\n", "-32601"},
    {"", "{\"method\":\"a\",\"at\":\"" HASH32 "\",\"error\":{\"code\":-32601,\"message\":\"\"}}\n",
     "-32601"},
};

START_TEST(mistakes_in_new_kinds_are_named) {
    struct folder folder = with_lines(MISTAKES[_i].state, MISTAKES[_i].calls);
    struct substrate_error error;
    struct facts *facts = load(&folder, &error);
    ck_assert_msg(facts == NULL, "%d", _i);
    ck_assert_msg(strstr(error.message, MISTAKES[_i].says) != NULL, "%s", error.message);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_blob_is_read_once) {
    struct folder folder = folder_sample();
    struct substrate_error error;
    char lines[8192];
    size_t size = 0;
    for (int spec = 0; spec < 16; spec++) {
        size += (size_t)snprintf(
            lines + size, sizeof lines - size,
            "{\"spec_version\":%d,\"version\":{\"specVersion\":%d},\"metadata\":{\"14\":\"%s\","
            "\"15\":\"%s\"}}\n",
            spec, spec, SAMPLE_BLOB, SAMPLE_BLOB);
    }
    folder_write_text(&folder, "runtimes.jsonl", lines);
    struct facts *facts = load(&folder, &error);
    ck_assert_msg(facts != NULL, "%s", error.message);
    ck_assert_uint_eq(facts->runtime_count, 16);
    ck_assert_uint_eq(facts->file_count, 6); /* manifest, four files, one blob */
    for (size_t i = 0; i < 16; i++) {
        ck_assert_ptr_eq(facts->runtimes[i].metadata[1].bytes.data,
                         facts->runtimes[0].metadata[0].bytes.data);
    }
    /* Copies of the same content are one, too. */
    ck_assert_int_eq(facts_add_metadata(facts, 3, 16, facts->runtimes[0].metadata[0].bytes),
                     SUBSTRATE_OK);
    ck_assert_ptr_eq(facts_metadata(facts_find_spec(facts, 3), 16)->blob,
                     facts->runtimes[0].metadata[0].blob);
    facts_free(facts);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_log_is_finished_or_says_what_it_lacks) {
    struct substrate_error error = {.status = SUBSTRATE_OK};
    struct facts *facts = facts_new();
    struct substrate_hash h1 = hash_of(SAMPLE_H1), h2 = hash_of(SAMPLE_H2);
    ck_assert_int_eq(facts_finish(facts, &error), SUBSTRATE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(error.message, "no block"));
    facts_block(facts, &h2, true)->number = 2;
    facts_block(facts, &h1, true)->number = 1;
    ck_assert_int_eq(facts_finish(facts, &error), SUBSTRATE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(error.message, "{\"chain\":\"NAME\"}"));
    facts->chain = BASE_TEXT("sample");
    ck_assert_int_eq(facts_finish(facts, &error), SUBSTRATE_OK);
    ck_assert_mem_eq(&facts->head, &h2, sizeof h2);
    ck_assert_mem_eq(&facts->finalized, &h2, sizeof h2);
    facts_free(facts);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fixture");
    TCase *cases = tcase_create("fixture");
    tcase_set_timeout(cases, CHECK_TIMEOUT_S);
    tcase_add_test(cases, json_is_the_same_however_it_is_spelled);
    tcase_add_test(cases, of_two_facts_the_one_that_says_more);
    tcase_add_test(cases, new_kinds_come_out_as_they_went_in);
    tcase_add_loop_test(cases, mistakes_in_new_kinds_are_named, 0,
                        (int)(sizeof MISTAKES / sizeof *MISTAKES));
    tcase_add_test(cases, a_blob_is_read_once);
    tcase_add_test(cases, a_log_is_finished_or_says_what_it_lacks);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
