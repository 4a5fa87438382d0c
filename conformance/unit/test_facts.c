/* The loader of fixtures: what it reads, what it refuses and in which words, what it survives; and
 * the file order that facts_normalise makes. */
#include "base/mem.h"
#include "chain/chain.h"
#include "chain_folder.h"

START_TEST(loads_every_field) {
    struct folder folder = folder_sample();
    struct facts *facts = folder_load(&folder, FACTS_LOAD_DIGESTS);
    struct substrate_hash h1 = hash_of(SAMPLE_H1), h2 = hash_of(SAMPLE_H2),
                          fork = hash_of(SAMPLE_FORK2), h3 = hash_of(SAMPLE_H3),
                          h5 = hash_of(SAMPLE_H5);
    ck_text_eq(facts->chain, "sample");
    ck_assert(facts->has_genesis && facts->genesis_assigned && !facts->unfinished);
    ck_assert_mem_eq(&facts->head, &h5, 32);
    ck_assert_mem_eq(&facts->finalized, &h3, 32);
    ck_text_eq(facts->provenance, "{\"by\":\"hand\"}");
    ck_assert_uint_eq(facts->block_count, 6);
    const struct fact_block *block = facts_block(facts, &h2, false);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(block->number, 2);
    ck_assert(block->runtime_known && block->runtime == 7 && !block->fork);
    ck_text_eq(block->header, SAMPLE_HEADER_H2);
    ck_text_eq(block->extrinsics, "[\"0x2804\",\"0x1234\"]");
    ck_text_eq(block->justifications, "[[[1,2,3,4],[9]]]");
    ck_assert(facts_block(facts, &fork, false)->fork);
    block = facts_block(facts, &h1, false);
    ck_assert(!block->runtime_known);
    ck_text_eq(block->justifications, "null");
    ck_assert_ptr_null(facts_block(facts, &h3, false)->extrinsics.data);

    const struct fact_runtime *runtime = facts_spec(facts, 7, false);
    ck_text_eq(runtime->version, "{\"specName\":\"sample\",\"specVersion\":7}");
    ck_text_eq(runtime->core_version, "0x0707");
    ck_assert_uint_eq(runtime->metadata_count, 1);
    ck_assert_uint_eq(runtime->metadata[0].version, 14);
    ck_assert_uint_eq(runtime->metadata[0].bytes.size, sizeof SAMPLE_META);
    ck_assert_mem_eq(runtime->metadata[0].bytes.data, SAMPLE_META, sizeof SAMPLE_META);
    ck_assert(runtime->exports_known);
    ck_assert_uint_eq(runtime->export_count, 6);
    ck_text_eq(runtime->exports[4], "Test_call");
    ck_assert(!facts_spec(facts, 8, false)->exports_known);

    const struct fact_set *set = facts_set(facts, &h1, false);
    ck_assert(!set->has_base && !set->covered_as_base);
    ck_assert_uint_eq(set->covered_count, 2);
    ck_text_eq(set->covered[0].from, "");
    ck_text_eq(set->covered[0].to, "3a636f6465");
    ck_text_eq(set->covered[1].from, "3a636f646500");
    ck_assert_ptr_null(set->covered[1].to.data);
    ck_assert_uint_eq(set->change_count, 5);
    ck_text_eq(set->changes[0].key, "01");
    ck_text_eq(set->changes[0].value, "0xaa");
    ck_assert_int_eq(set->changes[2].kind, FACT_PRESENT);
    set = facts_set(facts, &h2, false);
    ck_assert(set->has_base && set->covered_as_base);
    ck_assert_mem_eq(&set->base, &h1, 32);
    ck_assert_int_eq(set->changes[1].kind, FACT_ABSENT);

    ck_assert_uint_eq(facts->call_count, 8);
    ck_text_eq(facts->calls[0].params, "[{\"a\":1,\"b\":\"x\"}]");
    ck_assert(!facts->calls[0].has_at && facts->calls[1].has_at && facts->calls[5].is_error);
    ck_text_eq(facts->calls[5].result,
               "{\"code\":4003,\"message\":\"Client error: Execution failed: trap\"}");
    facts_free(facts);
    folder_remove(&folder);
}
END_TEST

/* One edit of one file, and what the loader (or the model) says of it. */
struct edit {
    size_t file;
    const char *from, *to, *message;
};
enum { BLOCKS, RUNTIMES, STATE, CALLS, MANIFEST };

static const struct edit EDITS[] = {
    {BLOCKS, "\"0x2804\"", "\"2804\"",
     "blocks.jsonl:3: extrinsics[0]: must be lower-case hex text with 0x"},
    {BLOCKS, "\"0x2804\"", "\"0x280\"", "blocks.jsonl:"},
    {BLOCKS, "\"0x2804\"", "\"0x28F4\"", "lower-case"},
    {BLOCKS, "\"number\":2", "\"number\":-2", "number: must be an integer from 0 to 4294967295"},
    {BLOCKS, "\"number\":2", "\"number\":4294967296",
     "number: must be an integer from 0 to 4294967295"},
    {BLOCKS, "\"number\":1", "\"numbers\":1", "blocks.jsonl:2: unknown member \"numbers\""},
    {BLOCKS, "\"number\":1", "\"number\":1,\"number\":1", "member \"number\" stands twice"},
    {BLOCKS, "\"number\":1,", "", "number: is missing: an integer"},
    {BLOCKS, SAMPLE_H1, "0x12", "hash: must be a hash"},
    {BLOCKS, "\"justifications\":null", "\"justifications\":7", "justifications: must be a list"},
    {BLOCKS, "\"extrinsics\":[]", "\"extrinsics\":{}", "extrinsics: must be a list"},
    {BLOCKS, "\"fork\":true", "\"fork\":false", "fork: must be true or missing"},
    {BLOCKS, "{\"hash\"", "[\"hash\"", "not JSON from column"},
    {BLOCKS, "\n", "\n\n", "blocks.jsonl:2: not JSON"},
    {RUNTIMES, "\"14\"", "\"x\"", "metadata: must have version numbers"},
    {RUNTIMES, "\"14\":\"" SAMPLE_BLOB "\"", "\"14\":\"../../../etc/passwd\"",
     "metadata.14: must name a blob"},
    {RUNTIMES, SAMPLE_BLOB, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "No such file"},
    {RUNTIMES, "\"spec_version\":8", "\"spec_version\":7", "stands on an earlier line"},
    {RUNTIMES, "\"Test_call\",\"Test_fail\"", "\"Test_fail\",\"Test_call\"",
     "exports: must be sorted"},
    {RUNTIMES, "\"core_version\":\"0x0707\"", "\"core_version\":null", "core_version: must be"},
    {RUNTIMES, "\"version\":{", "\"version\":[],\"core_version\":\"0x\",\"metadata\":{",
     "\"core_version\" stands twice"},
    {STATE, "\"value\":\"0xaa\"", "\"value\":\"aa\"",
     "state.jsonl:2: value: must be lower-case hex text with 0x"},
    {STATE, "\"value\":\"0xaa\"", "\"value\":true", "value: must be"},
    {STATE, "\"value\":\"0xaa\"", "\"value\":\"0xaa\",\"present\":true", "either \"value\" or"},
    {STATE, ",\"value\":\"0xaa\"", "", "either \"value\" or"},
    {STATE, "\"present\":true", "\"present\":false", "present: must be true"},
    {STATE, "\"key\":\"0x0102\"", "\"key\":\"0x01\"", "must be sorted, each once"},
    {STATE, "\"key\":\"0x0102\"", "\"key\":\"0x00\"", "must be sorted, each once"},
    {STATE, "[\"0x\",\"0x3a636f6465\"]", "[\"0x3b\",\"0x3a636f6465\"]", "empty or turned round"},
    {STATE, "[\"0x3a636f646500\",null]", "[\"0x3a636f646400\",null]", "sorted and disjoint"},
    {STATE, "[\"0x3a636f646500\",null]", "[\"0x3a636f646500\"]",
     "covered[1]: must be a pair [from,to]"},
    {STATE, "\"covered\":\"base\"", "\"covered\":\"bass\"", "covered: must be a list"},
    {STATE, "\"base\":null,\"covered\":[[\"0x\"", "\"covered\":[[\"0x\"",
     "base: is missing: a hash"},
    {STATE, "{\"set\":\"" SAMPLE_H1 "\"", "{\"set\":\"" SAMPLE_H2 "\"", "set stands on an earlier"},
    {STATE, "\"base\":\"" SAMPLE_H2 "\"", "\"base\":\"" SAMPLE_H5 "\"", "round in a circle"},
    {STATE, "\"base\":\"" SAMPLE_H2 "\"", "\"base\":\"" SAMPLE_H4 "\"", "its base has no set"},
    {STATE, "{\"set\"", "{\"key\":\"0x00\",\"value\":null}\n{\"set\"", "before the first set"},
    {CALLS, "\"params\":[]", "\"params\":{}", "params: must be a list"},
    {CALLS, "\"result\":\"0x11\"", "\"result\":\"0x11\",\"error\":{}", "either \"result\" or"},
    {CALLS, "\"code\":4003", "\"code\":\"4003\"", "error: must have a code and a message"},
    {CALLS, "\"system_health\"", "\"system_chain\"", "is recorded twice at one block"},
    {CALLS, "\"method\":\"system_chain\"", "\"method\":7", "method: must be a string"},
    {MANIFEST, "\"format\":1", "\"format\":2", "\"format\" must be 1"},
    {MANIFEST, "\"format\":1,", "", "\"format\" must be 1"},
    {MANIFEST, "\"provenance\"", "\"providence\"", "unknown member \"providence\""},
    {MANIFEST, "\"state.jsonl\"", "\"../x\"", "unknown member \"../x\""},
    {MANIFEST, "\"head\":\"" SAMPLE_H5 "\",", "", "head: is missing: a hash"},
    {MANIFEST, "\"head\":\"" SAMPLE_H5 "\"", "\"head\":\"" SAMPLE_H4 "\"",
     "the head block " SAMPLE_H4 " is not in blocks.jsonl"},
    {MANIFEST, "\"head\":\"" SAMPLE_H5 "\"", "\"head\":\"" SAMPLE_FORK2 "\"", "marked as a fork"},
    {MANIFEST, "\"finalized\":\"" SAMPLE_H3 "\"", "\"finalized\":\"" SAMPLE_UNKNOWN "\"",
     "the finalized block"},
    {MANIFEST, "\"head\":\"" SAMPLE_H5 "\"", "\"head\":\"" SAMPLE_H2 "\"", "above the head"},
    {MANIFEST, "\"hash\":\"" SAMPLE_GENESIS "\"", "\"hash\":\"" SAMPLE_UNKNOWN "\"",
     "the genesis hash is not that of block 0"},
    {BLOCKS, "\"fork\":true,", "", "two blocks of number 2"},
    {BLOCKS, "\"number\":3,", "\"number\":6,", "but 3 in its header"},
    {BLOCKS, "\"number\":\"0x3\"", "\"number\":\"0xzz\"", "header of block"},
};

/* Loads and builds; the message of the first of the two that fails, "" when none does. */
static void load_and_build(const struct folder *folder, unsigned flags,
                           struct substrate_error *error) {
    struct facts *facts = NULL;
    struct chain *chain = NULL;
    *error = (struct substrate_error){0};
    if (facts_load(folder->path, flags, &facts, error) != SUBSTRATE_OK) {
        return;
    }
    if (chain_build(facts, &chain, error) != SUBSTRATE_OK) {
        facts_free(facts);
        return;
    }
    chain_free(chain);
}

START_TEST(refuses_what_is_wrong) {
    const struct edit *edit = &EDITS[_i];
    struct folder folder = folder_sample();
    struct substrate_error error;
    char *text = replaced(FOLDER_TEXTS[edit->file].data, edit->from, edit->to);
    folder_write_text(&folder, FOLDER_FILES[edit->file], text);
    load_and_build(&folder, 0, &error);
    ck_assert_msg(strstr(error.message, edit->message) != NULL, "edit %d: '%s' is not in '%s'", _i,
                  edit->message, error.message);
    ck_assert_ptr_null(strchr(error.message, '\n'));
    free(text);
    folder_remove(&folder);
}
END_TEST

START_TEST(digests_are_checked_when_asked) {
    struct folder folder = folder_sample();
    struct substrate_error error;
    char *text = replaced(SAMPLE_STATE, "0xaa", "0xab");
    folder_write_text(&folder, "state.jsonl", text);
    load_and_build(&folder, 0, &error);
    ck_assert_str_eq(error.message, "");
    load_and_build(&folder, FACTS_LOAD_DIGESTS, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "state.jsonl: its digest is not the one in"));
    ck_assert_ptr_nonnull(strstr(error.message, "verify --seal"));
    folder_write_text(&folder, "state.jsonl", SAMPLE_STATE);
    folder_write(&folder, "blobs/" SAMPLE_BLOB, SAMPLE_META, sizeof SAMPLE_META - 1);
    load_and_build(&folder, FACTS_LOAD_DIGESTS, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "its content is not what its name says"));
    free(text);
    folder_remove(&folder);
}
END_TEST

START_TEST(missing_and_odd_files) {
    struct folder folder = folder_sample();
    struct substrate_error error;
    char path[128];
    snprintf(path, sizeof path, "%s/calls.jsonl", folder.path);
    ck_assert_int_eq(unlink(path), 0);
    load_and_build(&folder, 0, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "calls.jsonl: No such file"));
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* would block whoever just opens it */
    load_and_build(&folder, 0, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "calls.jsonl: not a regular file"));
    ck_assert_int_eq(unlink(path), 0);
    folder_write_text(&folder, "calls.jsonl", "");
    ck_assert_int_eq(truncate(path, ((off_t)1 << 30) + 1), 0); /* sparse: takes no room */
    load_and_build(&folder, 0, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "bigger than the limit of 1 GiB"));
    struct folder none = {"/tmp/mocknode-test-no-such-folder"};
    load_and_build(&none, 0, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "no fixture"));
    folder_remove(&folder);
}
END_TEST

START_TEST(cut_at_each_byte) {
    struct folder folder = folder_sample();
    struct substrate_error error;
    struct substrate_text text = FOLDER_TEXTS[_i];
    for (size_t size = 0; size < text.size; size++) {
        folder_write(&folder, FOLDER_FILES[_i], text.data, size);
        load_and_build(&folder, 0, &error);
        /* A file cut after a line may be a fixture still; one cut in a line is none. */
        bool whole = size == 0 || text.data[size - 1] == '\n' || size + 1 == text.size;
        ck_assert_msg(error.message[0] != '\0' || whole, "%s cut to %zu bytes is accepted",
                      FOLDER_FILES[_i], size);
        load_and_build(&folder, FACTS_LOAD_DIGESTS, &error);
        ck_assert_msg(error.message[0] != '\0' || size + 1 == text.size, "%zu", size);
    }
    folder_remove(&folder);
}
END_TEST

START_TEST(each_byte_changed) {
    static const char CHANGES[] = {0x01, 0x20, 0x5f, (char)0x80};
    struct folder folder = folder_sample();
    struct substrate_error error;
    struct substrate_text text = FOLDER_TEXTS[_i];
    char *copy = malloc(text.size);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text.data, text.size);
    for (size_t at = 0; at < text.size; at++) {
        copy[at] = (char)(copy[at] ^ CHANGES[at % sizeof CHANGES]);
        folder_write(&folder, FOLDER_FILES[_i], copy, text.size);
        load_and_build(&folder, 0, &error);
        ck_assert_ptr_null(strchr(error.message, '\n'));
        copy[at] = text.data[at];
    }
    free(copy);
    folder_remove(&folder);
}
END_TEST

START_TEST(each_allocation_fails) {
    struct folder folder = folder_sample();
    struct failing failing = {0};
    struct substrate_allocator allocator = {failing_resize, &failing};
    struct substrate_error error;
    substrate_allocator_set(&allocator);
    size_t n = 1;
    for (;; n++) {
        failing = (struct failing){.left = n};
        load_and_build(&folder, FACTS_LOAD_DIGESTS, &error);
        ck_assert_msg(failing.alive == 0, "%zu blocks leak when allocation %zu fails",
                      failing.alive, n);
        if (!failing.failed) {
            break;
        }
        ck_assert_msg(error.status == SUBSTRATE_E_MEMORY, "allocation %zu: %s", n, error.message);
    }
    ck_assert_str_eq(error.message, "");
    ck_assert_uint_gt(n, 20);
    substrate_allocator_set(NULL);
    folder_remove(&folder);
}
END_TEST

#define LOG_MANIFEST "{\"format\":1,\"unfinished\":true}\n"
#define LOG_BLOCK \
    "{\"block\":{\"hash\":\"" SAMPLE_H1 "\",\"number\":1,\"header\":" SAMPLE_HEADER_H1 "}}\n"
#define LOG_STATE(key, rest) "{\"state\":{\"at\":\"" SAMPLE_H1 "\",\"key\":\"" key "\"," rest "}}\n"

static struct facts *load_log(const char *log, struct substrate_error *error) {
    struct folder folder = folder_empty();
    struct facts *facts = NULL;
    *error = (struct substrate_error){0};
    folder_write_text(&folder, "manifest.json", LOG_MANIFEST);
    folder_write_text(&folder, "log.jsonl", log);
    if (facts_load(folder.path, FACTS_LOAD_DIGESTS, &facts, error) != SUBSTRATE_OK) {
        facts = NULL;
    }
    folder_remove(&folder);
    return facts;
}

START_TEST(reads_a_log) {
    static const char LOG[] =
        "{\"chain\":\"sample\"}\n"
        "{\"genesis\":{\"hash\":\"" SAMPLE_GENESIS "\",\"assigned\":true}}\n" LOG_STATE(
            "0x02", "\"value\":\"0x22\"") LOG_STATE("0x01", "\"present\":true")
            LOG_STATE("0x01", "\"value\":\"0x11\"") LOG_STATE("0x02", "\"present\":true") LOG_STATE(
                "0x02",
                "\"value\":\"0x22\"") "{\"covered\":{\"at\":\"" SAMPLE_H1
                                      "\",\"from\":\"0x05\",\"to\":null}}\n"
                                      "{\"covered\":{\"at\":\"" SAMPLE_H1
                                      "\",\"from\":\"0x01\",\"to\":\"0x03\"}}\n"
                                      "{\"covered\":{\"at\":\"" SAMPLE_H1
                                      "\",\"from\":\"0x02\",\"to\":\"0x04\"}}\n"
                                      "{\"call\":{\"method\":\"z\",\"params\":[ ],\"result\":{ "
                                      "\"a\" : \" \" }}}\n"
                                      "{\"call\":{\"method\":\"a\",\"params\":[],\"result\":1}}\n"
                                      "{\"call\":{\"method\":\"z\",\"params\":[],\"result\":{\"a\":"
                                      "\" \"}}}\n"
                                      "{\"head\":\"" SAMPLE_UNKNOWN "\"}\n{\"head\":\"" SAMPLE_H1
                                      "\"}\n" LOG_BLOCK "{\"block\":{\"hash\":\"" SAMPLE_H1
                                      "\",\"number\":1,\"extrinsics\":[\"0x00\"]}}\n"
                                      "{\"call\":{\"method\":\"torn\",\"params\":[],\"resu";
    struct substrate_error error;
    struct facts *facts = load_log(LOG, &error);
    struct substrate_hash h1 = hash_of(SAMPLE_H1);
    ck_assert_msg(facts != NULL, "%s", error.message);
    ck_assert(facts->unfinished && facts->has_genesis && facts->has_head);
    ck_assert(!facts->has_finalized);
    ck_assert_mem_eq(&facts->head, &h1, 32);
    ck_assert_uint_eq(facts->block_count, 1);
    ck_text_eq(facts->blocks[0].header, SAMPLE_HEADER_H1);
    ck_text_eq(facts->blocks[0].extrinsics, "[\"0x00\"]");
    const struct fact_set *set = facts_set(facts, &h1, false);
    ck_assert_uint_eq(set->change_count, 2);
    ck_text_eq(set->changes[0].key, "01");
    ck_text_eq(set->changes[0].value, "0x11");
    ck_text_eq(set->changes[1].value, "0x22");
    ck_assert_uint_eq(set->covered_count, 2);
    ck_text_eq(set->covered[0].from, "01");
    ck_text_eq(set->covered[0].to, "04");
    ck_text_eq(set->covered[1].from, "05");
    ck_assert_uint_eq(facts->call_count, 2);
    ck_text_eq(facts->calls[0].method, "a");
    ck_text_eq(facts->calls[1].params, "[]");
    ck_text_eq(facts->calls[1].result, "{\"a\":\" \"}");
    facts_free(facts);
}
END_TEST

START_TEST(contradictions_in_a_log) {
    static const struct {
        const char *log, *first, *second;
    } CASES[] = {
        {LOG_STATE("0x01", "\"value\":\"0x11\"") LOG_STATE("0x01", "\"value\":\"0x12\""), "0x11",
         "0x12"},
        {LOG_STATE("0x01", "\"value\":\"0x11\"") LOG_STATE("0x01", "\"value\":null"), "0x11",
         "absent"},
        {LOG_STATE("0x01", "\"present\":true") LOG_STATE("0x01", "\"value\":null"), "present",
         "absent"},
        {"{\"call\":{\"method\":\"z\",\"params\":[7],\"result\":1}}\n"
         "{\"call\":{\"method\":\"z\",\"params\":[7],\"result\":2}}\n",
         "call z [7]", "two results"},
        {"{\"call\":{\"method\":\"z\",\"params\":[],\"result\":{\"code\":1,\"message\":\"\"}}}\n"
         "{\"call\":{\"method\":\"z\",\"params\":[],\"error\":{\"code\":1,\"message\":\"\"}}}\n",
         "call z []", "two results"},
        {LOG_BLOCK "{\"block\":{\"hash\":\"" SAMPLE_H1 "\",\"number\":2}}\n", "log.jsonl:2",
         "earlier line"},
        {LOG_BLOCK "{\"block\":{\"hash\":\"" SAMPLE_H1 "\",\"number\":1,\"header\":{}}}\n",
         "log.jsonl:2", "block.header: differs"},
        {"{\"head\":\"" SAMPLE_H1 "\",\"finalized\":\"" SAMPLE_H1 "\"}\n", "log.jsonl:1",
         "one fact"},
        {"{}\n", "log.jsonl:1", "one fact"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct substrate_error error;
        ck_assert_ptr_null(load_log(CASES[i].log, &error));
        ck_assert_msg(strstr(error.message, CASES[i].first) != NULL &&
                          strstr(error.message, CASES[i].second) != NULL,
                      "case %zu: %s", i, error.message);
    }
}
END_TEST

/* Facts that are added in any order come out in file order, and copies do not depend on their
 * source. */
START_TEST(normalise_sorts) {
    struct facts *facts = facts_new();
    struct substrate_error error = {0};
    char key[3] = "02";
    struct substrate_hash h2 = hash_of(SAMPLE_H2), h1 = hash_of(SAMPLE_H1),
                          stranger = hash_of(SAMPLE_UNKNOWN);
    ck_assert_ptr_nonnull(facts);
    ck_assert_ptr_null(facts_block(facts, &h2, false));
    facts_block(facts, &h2, true)->number = 2;
    facts_block(facts, &h1, true)->number = 1;
    facts_set(facts, &stranger, true);
    struct fact_set *set = facts_set(facts, &h2, true);
    struct fact_change change = {
        .key = base_text(key), .kind = FACT_VALUE, .value = BASE_TEXT("0x")};
    ck_assert_int_eq(facts_add_change(facts, set, &change), SUBSTRATE_OK);
    key[1] = '1';
    ck_assert_int_eq(facts_add_change(facts, set, &change), SUBSTRATE_OK);
    key[1] = '9';
    static const char *const INTERVALS[][2] = {{"30", "40"}, {"10", "20"}, {"20", "25"},
                                               {"11", "12"}, {"50", "50"}, {"35", NULL}};
    for (size_t i = 0; i < sizeof INTERVALS / sizeof *INTERVALS; i++) {
        struct fact_interval interval = {base_text(INTERVALS[i][0]), base_text(INTERVALS[i][1])};
        ck_assert_int_eq(facts_add_covered(facts, set, &interval), SUBSTRATE_OK);
    }
    facts_set(facts, &h1, true);
    struct fact_call call = {.method = BASE_TEXT("m"),
                             .params = BASE_TEXT("[]"),
                             .has_at = true,
                             .at = h2,
                             .result = BASE_TEXT("2")};
    ck_assert_int_eq(facts_add_call(facts, &call), SUBSTRATE_OK);
    call.at = h1;
    call.result = BASE_TEXT("1");
    ck_assert_int_eq(facts_add_call(facts, &call), SUBSTRATE_OK);
    call.has_at = false;
    call.result = BASE_TEXT("0");
    ck_assert_int_eq(facts_add_call(facts, &call), SUBSTRATE_OK);
    ck_assert_int_eq(facts_normalise(facts, &error), SUBSTRATE_OK);
    ck_assert_mem_eq(&facts->blocks[0].hash, &h1, 32);
    ck_assert_ptr_eq(facts_block(facts, &h2, false), &facts->blocks[1]);
    ck_assert_mem_eq(&facts->sets[0].block, &h1, 32);
    ck_assert_mem_eq(&facts->sets[1].block, &h2, 32);
    ck_assert_mem_eq(&facts->sets[2].block, &stranger, 32);
    set = facts_set(facts, &h2, false);
    ck_assert_ptr_eq(set, &facts->sets[1]);
    ck_text_eq(set->changes[0].key, "01");
    ck_text_eq(set->changes[1].key, "02");
    ck_assert_uint_eq(set->covered_count, 2);
    ck_text_eq(set->covered[0].from, "10");
    ck_text_eq(set->covered[0].to, "25");
    ck_text_eq(set->covered[1].from, "30");
    ck_assert_ptr_null(set->covered[1].to.data);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(facts->calls[i].result.data[0], (int)('0' + i));
    }
    facts_free(facts);
}
END_TEST

/* Looped tests need their range, which CHECK_MAIN does not give. */
int main(void) {
    Suite *suite = suite_create("facts");
    TCase *cases = tcase_create("facts");
    tcase_set_timeout(cases, CHECK_TIMEOUT_S);
    tcase_add_test(cases, loads_every_field);
    tcase_add_loop_test(cases, refuses_what_is_wrong, 0, (int)(sizeof EDITS / sizeof *EDITS));
    tcase_add_test(cases, digests_are_checked_when_asked);
    tcase_add_test(cases, missing_and_odd_files);
    tcase_add_loop_test(cases, cut_at_each_byte, 0, (int)FOLDER_FILE_COUNT);
    tcase_add_loop_test(cases, each_byte_changed, 0, (int)FOLDER_FILE_COUNT);
    tcase_add_test(cases, each_allocation_fails);
    tcase_add_test(cases, reads_a_log);
    tcase_add_test(cases, contradictions_in_a_log);
    tcase_add_test(cases, normalise_sorts);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
