/* The writer, verify, seal and merge, on the sample fixture: its files were written by other code,
 * so reading and writing it must give the same bytes; and whatever fails must leave the folder as
 * it was. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include "chain_folder.h"
#include "fixture/files.h"
#include "tools/merge.h"
#include "tools/tools.h"
#include "tools/verify.h"
#include "fixture/save.h"

static void content_of(const struct folder *folder, const char *name, struct base_buf *out) {
    struct substrate_error error = {0};
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    base_buf_reset(out);
    ck_assert_msg(file_read(path, 1 << 20, out, &error) == SUBSTRATE_OK, "%s", error.message);
}

static void check_is_sample(const struct folder *folder) {
    struct base_buf text = BASE_BUF_INIT;
    for (size_t i = 0; i + 1 < FOLDER_FILE_COUNT; i++) {
        content_of(folder, FOLDER_FILES[i], &text);
        ck_assert_uint_eq(text.size, FOLDER_TEXTS[i].size);
        ck_assert_mem_eq(text.data, FOLDER_TEXTS[i].data, text.size);
    }
    content_of(folder, "blobs/" SAMPLE_BLOB, &text);
    ck_assert_uint_eq(text.size, sizeof SAMPLE_META);
    ck_assert_mem_eq(text.data, SAMPLE_META, text.size);
    base_buf_free(&text);
}

/* No file but those of the sample: nothing half-written stays. */
static void check_no_rest(const struct folder *folder) {
    DIR *entries = opendir(folder->path);
    const struct dirent *entry;
    ck_assert_ptr_nonnull(entries);
    while ((entry = readdir(entries)) != NULL) {
        ck_assert_msg(strstr(entry->d_name, ".new") == NULL, "%s is left", entry->d_name);
    }
    closedir(entries);
}

START_TEST(what_is_read_is_written_again) {
    struct folder from = folder_sample(), to = folder_empty();
    struct facts *facts = folder_load(&from, FACTS_LOAD_DIGESTS);
    struct substrate_error error = {0};
    ck_assert_int_eq(facts_normalise(facts, &error), SUBSTRATE_OK);
    for (int i = 0; i < 2; i++) { /* the second time over the first */
        ck_assert_int_eq(facts_save(facts, to.path, &error), SUBSTRATE_OK);
        check_is_sample(&to);
        check_no_rest(&to);
    }
    facts_free(facts);
    facts = folder_load(&to, FACTS_LOAD_DIGESTS);
    ck_text_eq(facts->chain, "sample");
    facts_free(facts);
    folder_remove(&from);
    folder_remove(&to);
}
END_TEST

START_TEST(each_allocation_of_the_writer_fails) {
    struct folder folder = folder_sample();
    struct facts *facts = folder_load(&folder, 0);
    struct failing failing = {0};
    struct substrate_allocator allocator = {failing_resize, &failing};
    for (size_t n = 1;; n++) {
        struct substrate_error error = {0};
        failing = (struct failing){.left = n};
        substrate_allocator_set(&allocator);
        enum substrate_status status = facts_save(facts, folder.path, &error);
        substrate_allocator_set(NULL);
        ck_assert_uint_eq(failing.alive, 0);
        check_is_sample(&folder);
        if (!failing.failed) {
            ck_assert_int_eq(status, SUBSTRATE_OK);
            break;
        }
        if (status != SUBSTRATE_OK) { /* forgetting to remove a stale file is no failure */
            ck_assert_int_eq(status, SUBSTRATE_E_MEMORY);
            ck_assert(error.message[0] != '\0');
        }
    }
    facts_free(facts);
    folder_remove(&folder);
}
END_TEST

/* A file-size limit is a disk that is full: at every size the folder stays as it was. */
START_TEST(a_full_disk_changes_nothing) {
    struct folder folder = folder_sample();
    struct facts *facts = folder_load(&folder, 0);
    struct rlimit before, limit;
    size_t failures = 0;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    facts->chain = BASE_TEXT("another"); /* so that what is written differs */
    for (rlim_t size = 0; size < 4096; size += 64) {
        struct substrate_error error = {0};
        limit = (struct rlimit){size, before.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        enum substrate_status status = facts_save(facts, folder.path, &error);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        check_is_sample(&folder);
        check_no_rest(&folder);
        struct facts *read = folder_load(&folder, 0);
        ck_text_eq(read->chain, status == SUBSTRATE_OK ? "another" : "sample");
        facts_free(read);
        if (status == SUBSTRATE_OK) {
            break;
        }
        failures++;
        ck_assert_int_eq(status, SUBSTRATE_E_IO);
        ck_assert_ptr_nonnull(strstr(error.message, "nothing was changed"));
        ck_assert_ptr_nonnull(strstr(error.message, folder.path));
    }
    ck_assert_uint_gt(failures, 10);
    facts_free(facts);
    folder_remove(&folder);
}
END_TEST

/* ---- verify and seal ---- */

static const struct {
    const char *file;
    size_t index;
    const char *from, *to, *says;
} DAMAGES[] = {
    {"blocks.jsonl", 0, "0202020202020202", "0302020202020202", "does not hash to its hash"},
    {"blocks.jsonl", 0, "\"number\":1,", "\"number\":4,", "number"},
    {"blocks.jsonl", 0, "\"runtime\":8", "\"runtime\":9", "runtime 9"},
    {"runtimes.jsonl", 1, "\"specVersion\":8", "\"specVersion\":7", "another specVersion"},
    {"calls.jsonl", 3, "\"0x0100\"],\"at\":\"0x1c", "\"0100\"],\"at\":\"0x1c", "not a canonical"},
    {"calls.jsonl", 3, "\"at\":\"0xf4155f64", "\"at\":\"0xf4155f65", "not in blocks.jsonl"},
    {"manifest.json", 4, "\"assigned\":true", "\"assigned\":false", "say \"assigned\":true"},
};

START_TEST(problems_are_named) {
    struct folder folder = folder_sample();
    char *text = replaced(FOLDER_TEXTS[DAMAGES[_i].index].data, DAMAGES[_i].from, DAMAGES[_i].to);
    folder_write_text(&folder, DAMAGES[_i].file, text);
    free(text);
    struct facts *facts = folder_load(&folder, 0);
    char *report = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&report, &size);
    ck_assert_ptr_nonnull(stream);
    size_t problems = verify_facts(facts, folder.path, stream);
    fclose(stream);
    ck_assert_uint_ge(problems, 1);
    ck_assert_msg(strstr(report, DAMAGES[_i].says) != NULL, "'%s' is not in: %s", DAMAGES[_i].says,
                  report);
    free(report);
    facts_free(facts);
    folder_remove(&folder);
}
END_TEST

static int run_verify(const struct folder *folder, bool seal) {
    char name[] = "verify", option[] = "--seal", path[64];
    char *with[] = {name, option, path, NULL}, *without[] = {name, path, NULL};
    snprintf(path, sizeof path, "%s", folder->path);
    return seal ? verify_main(3, with) : verify_main(2, without);
}

START_TEST(an_edit_is_sealed) {
    struct folder folder = folder_sample();
    struct base_buf text = BASE_BUF_INIT;
    /* Blanks are none of the format's business after an edit: the seal keeps them. */
    char *edited = replaced(SAMPLE_CALLS, "\"result\":\"0x11\"", "\"result\": \"0x99\"");
    ck_assert_int_eq(run_verify(&folder, false), 0);
    folder_write_text(&folder, "calls.jsonl", edited);
    ck_assert_int_eq(run_verify(&folder, false), 1);
    ck_assert_int_eq(run_verify(&folder, true), 0);
    ck_assert_int_eq(run_verify(&folder, false), 0);
    content_of(&folder, "calls.jsonl", &text);
    ck_text_eq(base_buf_view(&text), edited);
    free(edited);
    /* What is malformed is refused as ever, and stays unsealed. */
    edited = replaced(SAMPLE_CALLS, "\"result\":\"0x11\"", "\"resutl\":\"0x99\"");
    folder_write_text(&folder, "calls.jsonl", edited);
    ck_assert_int_eq(run_verify(&folder, true), 1);
    free(edited);
    base_buf_free(&text);
    folder_remove(&folder);
}
END_TEST

/* ---- merge ---- */

static enum substrate_status merge(const char *const *left, const char *const *right,
                                   struct facts **merged, struct substrate_error *error) {
    struct folder a = folder_sample(), b = folder_sample();
    if (left != NULL) {
        folder_write_text(&a, left[0], left[1]);
    }
    if (right != NULL) {
        folder_write_text(&b, right[0], right[1]);
    }
    struct facts *x = folder_load(&a, 0), *y = folder_load(&b, 0);
    *error = (struct substrate_error){0};
    enum substrate_status status = merge_facts(x, y, merged, error);
    facts_free(x);
    facts_free(y);
    folder_remove(&a);
    folder_remove(&b);
    return status;
}

START_TEST(merging_with_itself_changes_nothing) {
    struct folder to = folder_empty();
    struct facts *merged = NULL;
    struct substrate_error error;
    ck_assert_int_eq(merge(NULL, NULL, &merged, &error), SUBSTRATE_OK);
    ck_assert_int_eq(facts_save(merged, to.path, &error), SUBSTRATE_OK);
    check_is_sample(&to);
    facts_free(merged);
    folder_remove(&to);
}
END_TEST

static const struct {
    const char *file;
    size_t index;
    const char *from, *to, *says;
} CONTRADICTIONS[] = {
    {"calls.jsonl", 3, "\"result\":\"0x11\"", "\"result\":\"0x99\"", "has two results"},
    {"state.jsonl", 2, "\"value\":\"0xbb\"", "\"value\":\"0xbc\"", "key 0x0102"},
    /* Removed from a covered stretch, the key is absent. */
    {"state.jsonl", 2, "{\"key\":\"0x0102\",\"value\":\"0xbb\"}\n", "", "key 0x0102"},
    /* The change stands at the base; the contradiction shows there, too. */
    {"state.jsonl", 2, "{\"key\":\"0x0104\",\"value\":\"0xcccc\"}",
     "{\"key\":\"0x0104\",\"value\":\"0xcccd\"}", "key 0x0104"},
    {"blocks.jsonl", 0, "\"0x1234\"]", "\"0x1235\"]", "extrinsics of block"},
    {"runtimes.jsonl", 1, "\"core_version\":\"0x0707\"", "\"core_version\":\"0x0708\"",
     "core_version"},
    {"runtimes.jsonl", 1, ",\"Test_fail\"", "", "exports"},
    {"manifest.json", 4, "\"chain\":\"sample\"", "\"chain\":\"simple\"", "chain name"},
};

START_TEST(contradictions_are_named) {
    char *text = replaced(FOLDER_TEXTS[CONTRADICTIONS[_i].index].data, CONTRADICTIONS[_i].from,
                          CONTRADICTIONS[_i].to);
    const char *file[] = {CONTRADICTIONS[_i].file, text};
    struct facts *merged = NULL;
    struct substrate_error error;
    for (int side = 0; side < 2; side++) {
        ck_assert_int_eq(merge(side == 0 ? file : NULL, side == 1 ? file : NULL, &merged, &error),
                         SUBSTRATE_E_DECODE);
        ck_assert_msg(strstr(error.message, CONTRADICTIONS[_i].says) != NULL, "%s", error.message);
    }
    free(text);
}
END_TEST

/* Two recordings that each know a part of one block: the union knows both, and no more. */
START_TEST(parts_of_one_block_are_joined) {
#define SET "{\"set\":\"" SAMPLE_H1 "\",\"base\":null,\"covered\":"
    const char *left[] = {"state.jsonl", SET "[[\"0x01\",\"0x02\"]]}\n"
                                             "{\"key\":\"0x01\",\"value\":\"0xaa\"}\n"
                                             "{\"key\":\"0x0103\",\"present\":true}\n"};
    const char *right[] = {"state.jsonl", SET "[[\"0x0180\",\"0x03\"]]}\n"
                                              "{\"key\":\"0x0103\",\"value\":\"0xbb\"}\n"
                                              "{\"key\":\"0x0105\",\"value\":null}\n"
                                              "{\"key\":\"0x04\",\"value\":null}\n"};
    struct facts *merged = NULL;
    struct substrate_error error;
    enum substrate_status status = merge(left, right, &merged, &error);
    ck_assert_msg(status == SUBSTRATE_OK, "%s", error.message);
    ck_assert_uint_eq(merged->set_count, 1);
    const struct fact_set *set = &merged->sets[0];
    ck_assert_uint_eq(set->covered_count, 1);
    ck_text_eq(set->covered[0].from, "01");
    ck_text_eq(set->covered[0].to, "03");
    ck_assert_uint_eq(set->change_count, 3); /* 0105 is absent by the left one's coverage */
    ck_text_eq(set->changes[0].value, "0xaa");
    ck_text_eq(set->changes[1].key, "0103");
    ck_text_eq(set->changes[1].value, "0xbb");
    ck_text_eq(set->changes[2].key, "04");
    ck_assert_int_eq(set->changes[2].kind, FACT_ABSENT);
    facts_free(merged);
}
END_TEST

/* A base that learns something must not teach it to the blocks that were recorded over it. */
START_TEST(a_base_that_grows_does_not_leak) {
    const char *left[] = {"state.jsonl", SET "[[\"0x01\",\"0x02\"]]}\n"
                                             "{\"key\":\"0x01\",\"value\":\"0xaa\"}\n"
                                             "{\"set\":\"" SAMPLE_H2 "\",\"base\":\"" SAMPLE_H1
                                             "\",\"covered\":\"base\"}\n"
                                             "{\"key\":\"0x0101\",\"value\":\"0xcc\"}\n"};
    const char *right[] = {"state.jsonl", SET "[[\"0x02\",\"0x03\"]]}\n"
                                              "{\"key\":\"0x02\",\"value\":\"0xbb\"}\n"};
    struct facts *merged = NULL;
    struct substrate_error error;
    ck_assert_int_eq(merge(left, right, &merged, &error), SUBSTRATE_OK);
    ck_assert_uint_eq(merged->set_count, 2);
    const struct fact_set *set = &merged->sets[1];
    ck_assert(!set->has_base);
    ck_assert_uint_eq(set->covered_count, 1);
    ck_text_eq(set->covered[0].to, "02");
    ck_assert_uint_eq(set->change_count, 2);
    ck_text_eq(set->changes[0].key, "01");
    ck_text_eq(set->changes[1].key, "0101");
    facts_free(merged);
}
END_TEST

START_TEST(each_allocation_of_merge_fails) {
    struct folder folder = folder_sample();
    char *text = replaced(SAMPLE_STATE, "{\"key\":\"0x02\",\"value\":\"0x\"}\n",
                          "{\"key\":\"0x02\",\"present\":true}\n");
    struct facts *a = folder_load(&folder, 0);
    folder_write_text(&folder, "state.jsonl", text);
    struct facts *b = folder_load(&folder, 0);
    struct failing failing = {0};
    struct substrate_allocator allocator = {failing_resize, &failing};
    substrate_allocator_set(&allocator);
    for (size_t n = 1;; n++) {
        struct substrate_error error = {0};
        struct facts *merged = NULL;
        failing = (struct failing){.left = n};
        enum substrate_status status = merge_facts(a, b, &merged, &error);
        facts_free(merged);
        ck_assert_uint_eq(failing.alive, 0);
        if (!failing.failed) {
            ck_assert_int_eq(status, SUBSTRATE_OK);
            break;
        }
        ck_assert_int_eq(status, SUBSTRATE_E_MEMORY);
    }
    substrate_allocator_set(NULL);
    facts_free(a);
    facts_free(b);
    free(text);
    folder_remove(&folder);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("record writer");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, CHECK_TIMEOUT_S);
    tcase_add_test(all, what_is_read_is_written_again);
    tcase_add_test(all, each_allocation_of_the_writer_fails);
    tcase_add_test(all, a_full_disk_changes_nothing);
    tcase_add_loop_test(all, problems_are_named, 0, (int)(sizeof DAMAGES / sizeof *DAMAGES));
    tcase_add_test(all, an_edit_is_sealed);
    tcase_add_test(all, merging_with_itself_changes_nothing);
    tcase_add_loop_test(all, contradictions_are_named, 0,
                        (int)(sizeof CONTRADICTIONS / sizeof *CONTRADICTIONS));
    tcase_add_test(all, parts_of_one_block_are_joined);
    tcase_add_test(all, a_base_that_grows_does_not_leak);
    tcase_add_test(all, each_allocation_of_merge_fails);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
