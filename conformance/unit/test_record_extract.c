/* Exchanges to facts. Requests and replies are written as a client and a node would; what they
 * prove follows from the node's documentation of each method, above all what a page of keys covers.
 */
#include <stdio.h>
#include <string.h>
#include "chain_folder.h"
#include "methods/method.h"
#include "rpc/pin.h"
#include "record/proxy/exchange.h"

#define AT "\"" SAMPLE_H1 "\""

struct told {
    struct facts *facts;
    struct extraction extraction;
};

static struct told tell_error(const char *method, const char *params, const char *result,
                              bool is_error) {
    struct told told = {.facts = facts_new()};
    struct exchange exchange = {.method = base_text(method),
                                .params = base_text(params),
                                .is_error = is_error,
                                .result = base_text(result)};
    ck_assert_ptr_nonnull(told.facts);
    extraction_init(&told.extraction, told.facts);
    ck_assert_int_eq(extract(&exchange, &told.extraction), SUBSTRATE_OK);
    return told;
}

static struct told tell(const char *method, const char *params, const char *result) {
    return tell_error(method, params, result, false);
}

static void forget(struct told *told) {
    extraction_free(&told->extraction);
    facts_free(told->facts);
}

/* Everything that was found, as one line: sets with changes and coverage, then calls and blocks. */
static const char *found(struct told *told) {
    static char text[4096];
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < told->facts->set_count; i++) {
        const struct fact_set *set = &told->facts->sets[i];
        for (size_t j = 0; j < set->change_count; j++) {
            const struct fact_change *change = &set->changes[j];
            at += (size_t)snprintf(text + at, sizeof text - at, "%.*s=%.*s%s ",
                                   (int)change->key.size, change->key.data, (int)change->value.size,
                                   change->value.data == NULL ? "" : change->value.data,
                                   change->kind == FACT_ABSENT    ? "-"
                                   : change->kind == FACT_PRESENT ? "+"
                                                                  : "");
        }
        for (size_t j = 0; j < set->covered_count; j++) {
            const struct fact_interval *interval = &set->covered[j];
            at += (size_t)snprintf(text + at, sizeof text - at, "[%.*s,%.*s) ",
                                   (int)interval->from.size, interval->from.data,
                                   (int)interval->to.size,
                                   interval->to.data == NULL ? "" : interval->to.data);
        }
    }
    for (size_t i = 0; i < told->facts->call_count; i++) {
        const struct fact_call *call = &told->facts->calls[i];
        at += (size_t)snprintf(
            text + at, sizeof text - at, "%.*s %.*s %s %s%.*s ", (int)call->method.size,
            call->method.data, (int)call->params.size, call->params.data, call->has_at ? "@" : "",
            call->is_error ? "!" : "", (int)call->result.size, call->result.data);
    }
    for (size_t i = 0; i < told->facts->block_count; i++) {
        const struct fact_block *block = &told->facts->blocks[i];
        at += (size_t)snprintf(
            text + at, sizeof text - at, "#%llu%s%s%s ", (unsigned long long)block->number,
            block->header.data != NULL ? "h" : "", block->extrinsics.data != NULL ? "x" : "",
            block->justifications.data != NULL ? "j" : "");
    }
    if (at > 0) {
        text[at - 1] = '\0';
    }
    return text;
}

static const struct {
    const char *method, *params, *result, *found;
} READS[] = {
    {"state_getStorage", "[\"0x01\"," AT "]", "\"0xaa\"", "01=0xaa"},
    {"state_getStorageAt", "[\"01\"," AT "]", "\"0x\"", "01=0x"},
    {"state_getStorage", "[\"0x0A\"," AT "]", "null", "0a=-"},
    {"state_queryStorageAt", "[[\"0x01\",\"0x02\"]," AT "]",
     "[{\"block\":" AT ",\"changes\":[[\"0x02\",null],[\"0x01\",\"0xaa\"]]}]", "02=- 01=0xaa"},
    {"state_queryStorageAt", "[[]," AT "]", "[]", ""},
    /* Fewer keys than asked for: nothing else has the prefix. */
    {"state_getKeysPaged", "[\"0x26\",3,null," AT "]", "[\"0x2601\",\"0x2605\"]",
     "2601=+ 2605=+ [26,27)"},
    /* A full page says nothing beyond its last key. */
    {"state_getKeysPaged", "[\"0x26\",2,null," AT "]", "[\"0x2601\",\"0x2605\"]",
     "2601=+ 2605=+ [26,260500)"},
    /* It begins after its start key. */
    {"state_getKeysPaged", "[\"0x26\",3,\"0x2601\"," AT "]", "[\"0x2605\"]", "2605=+ [260100,27)"},
    {"state_getKeysPagedAt", "[\"0x26\",2,\"0x2601\"," AT "]", "[\"0x2605\",\"0x2607\"]",
     "2605=+ 2607=+ [260100,260700)"},
    /* A start key before the prefix changes nothing; the prefix itself leaves only itself out. */
    {"state_getKeysPaged", "[\"0x26\",3,\"0x11\"," AT "]", "[]", "[26,27)"},
    {"state_getKeysPaged", "[\"0x26\",3,\"0x26\"," AT "]", "[]", "[2600,27)"},
    {"state_getKeysPaged", "[\"0x26\",3,\"0x30\"," AT "]", "[]", ""},
    {"state_getKeysPaged", "[\"0x\",3,null," AT "]", "[]", "[,)"},
    {"state_getKeysPaged", "[\"0xff\",3,null," AT "]", "[]", "[ff,)"},
    {"state_getKeysPaged", "[\"0x26\",0,null," AT "]", "[]", ""},
    {"state_getKeys", "[\"0x26\"," AT "]", "[\"0x2601\"]", "2601=+ [26,27)"},
    {"state_getPairs", "[\"0x26\"," AT "]", "[[\"0x2601\",\"0xaa\"],[\"0x2602\",\"0x\"]]",
     "2601=0xaa 2602=0x [26,27)"},
    {"state_getPairs", "[\"0x\"," AT "]", "[[\"0x3a636f6465\",\"0x00\"]]", "3a636f6465=+ [,)"},
    {"state_getPairs", "[\"0x26\"," AT "]", "[[\"0x2601\"]]", ""},
    {"state_call", "[\"A_b\",\"0100\"," AT "]", "\"0x05\"",
     "state_call [\"A_b\",\"0x0100\"] @ \"0x05\""},
    {"neuronInfo_getNeuron", "[1,2," AT "]", "[1, 2]", "neuronInfo_getNeuron [1,2] @ [1,2]"},
    {"system_chain", "[]", "\"Bittensor\"", "system_chain []  \"Bittensor\""},
    {"custom_thing", "[ 1 ]", "{\"a\": 1}", "custom_thing [1]  {\"a\":1}"},
    {"chain_getHeader", "[" AT "]", SAMPLE_HEADER_H1, "#1h"},
    {"chain_getBlock", "[" AT "]",
     "{\"block\":{\"header\":" SAMPLE_HEADER_H1 ",\"extrinsics\":[\"0x00\"]},"
     "\"justifications\":null}",
     "#1hxj"},
    {"chain_newHead", NULL, SAMPLE_HEADER_H1, "#1h"},
    {"chain_finalizedHead", NULL, SAMPLE_HEADER_H2, "#2h"},
    {"state_storage", NULL, "{\"block\":" AT ",\"changes\":[[\"0x01\",\"0xaa\"]]}", "01=0xaa"},
    /* What says nothing that lasts. */
    {"chain_getHeader", "[" AT "]", "null", ""},
    {"chain_getHeader", "[" AT "]", SAMPLE_HEADER_H2, ""}, /* not the header of this hash */
    {"author_submitExtrinsic", "[\"0x00\"]", "\"0x00\"", ""},
    {"chain_subscribeNewHeads", "[]", "\"abc\"", ""},
    {"rpc_methods", "[]", "{\"methods\":[]}", ""},
    {"some_subscribeThings", "[]", "1", ""},
    {"state_getStorage", "[]", "\"0xaa\"", ""},
    {"state_getStorage", "[\"0x01\"," AT "]", "17", ""},
    {"state_getKeysPaged", "[\"0x26\",3,null," AT "]", "[\"0x2605\",\"0x2601\"]", "2605=+"},
    {"state_getKeysPaged", "[\"0x26\",3,null," AT "]", "[\"0x11\"]", ""},
    {"state_getStorage", "[\"0x01\"," AT "]", "not JSON", ""},
};

START_TEST(reads_become_facts) {
    struct told told = tell(READS[_i].method, READS[_i].params, READS[_i].result);
    ck_assert_msg(strcmp(found(&told), READS[_i].found) == 0, "%s %s: '%s', not '%s'",
                  READS[_i].method, READS[_i].params == NULL ? "" : READS[_i].params, found(&told),
                  READS[_i].found);
    forget(&told);
}
END_TEST

START_TEST(unpinned_reads_are_asked_again) {
    static const struct {
        const char *method, *params, *ask;
        bool at_given;
    } CASES[] = {
        {"state_getStorage", "[\"0x01\"]", "state_getStorage", false},
        {"state_getStorageAt", "[\"0x01\",null]", "state_getStorage", false},
        {"state_call", "[\"A_b\",\"0x\"]", "state_call", false},
        {"chain_getHeader", "[]", "chain_getHeader", false},
        {"state_getStorageHash", "[\"0x01\"," AT "]", "state_getStorage", true},
        {"state_getStorageSize", "[\"0x01\"," AT "]", "state_getStorage", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct told told = tell(CASES[i].method, CASES[i].params, "\"0x01\"");
        ck_assert_str_eq(found(&told), "");
        ck_assert_uint_eq(told.extraction.ask_count, 1);
        ck_assert_str_eq(told.extraction.asks[0].request.method->name, CASES[i].ask);
        ck_assert(told.extraction.asks[0].request.at_given == CASES[i].at_given);
        forget(&told);
    }
    struct told told = tell("chain_getHead", "[]", AT);
    ck_assert_int_eq(told.extraction.kind, EXTRACT_HEAD);
    forget(&told);
}
END_TEST

/* The requests that are asked besides, as "METHOD PARAMS" with a star for pages. */
static const char *asks(const struct told *told) {
    static char text[600];
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = 0; i < told->extraction.ask_count; i++) {
        const struct extract_ask *ask = &told->extraction.asks[i];
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s %.*s%s", i > 0 ? "; " : "",
                                 ask->request.method->name, (int)ask->request.params_text.size,
                                 ask->request.params_text.data, ask->pages ? "*" : "");
        ck_assert(ask->request.at_given);
    }
    return text;
}

START_TEST(what_another_client_will_ask_is_asked) {
    static const struct {
        const char *method, *params, *result, *asks;
    } CASES[] = {
        /* A page that begins at its own prefix leaves that key open. */
        {"state_getKeysPaged", "[\"0x26\",10,\"0x26\"," AT "]", "[\"0x2601\"]",
         "state_getStorage [\"0x26\"]"},
        {"state_getKeysPaged", "[\"0x26\",10,\"0x2600\"," AT "]", "[\"0x2601\"]", ""},
        {"state_getKeysPaged", "[\"0x26\",10,null," AT "]", "[\"0x2601\"]", ""},
        /* Of the code, hash and size are kept of every block. */
        {"state_getStorageHash", "[\"0x3a636f6465\"," AT "]", AT, ""},
        /* The new JSON-RPC names its block; what it says is asked in the old one. */
        {"chainHead_v1_header", "[\"sub\"," AT "]", "\"0x00\"", "chain_getHeader []"},
        {"chainHead_v1_body", "[\"sub\"," AT "]", "{\"result\":\"started\"}", "chain_getBlock []"},
        {"chainHead_v1_call", "[\"sub\"," AT ",\"A_b\",\"0x01\"]", "{\"result\":\"started\"}",
         "state_call [\"A_b\",\"0x01\"]"},
        {"chainHead_v1_storage",
         "[\"sub\"," AT
         ",[{\"key\":\"0x01\",\"type\":\"value\"},{\"key\":\"0x02\",\"type\":\"hash\"},"
         "{\"key\":\"0x03\",\"type\":\"descendantsValues\"}],null]",
         "{\"result\":\"started\"}",
         "state_getStorage [\"0x01\"]; state_getStorage [\"0x02\"]; state_getKeysPaged "
         "[\"0x03\",1000]*"},
        {"archive_v1_call", "[" AT ",\"A_b\",\"0x\"]", "{\"success\":true,\"value\":\"0x\"}",
         "state_call [\"A_b\",\"0x\"]"},
        {"chainHead_v1_header", "[\"sub\"]", "null", ""},
        {"chainHead_v1_storage", "[\"sub\"," AT ",[7,{\"key\":8}]]", "null", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct told told = tell(CASES[i].method, CASES[i].params, CASES[i].result);
        ck_assert_str_eq(asks(&told), CASES[i].asks);
        forget(&told);
    }
}
END_TEST

START_TEST(a_method_that_is_not_there_is_a_fact) {
    static const char GONE[] = "{\"code\":-32601,\"message\":\"Method not found\"}";
    static const char *const METHODS[] = {"state_getPairs", "unheard_of", "author_rotateKeys"};
    for (size_t i = 0; i < 3; i++) {
        struct told told = tell_error(METHODS[i], i == 0 ? "[\"0x\"]" : "[]", GONE, true);
        ck_assert_uint_eq(told.facts->call_count, 1);
        ck_text_eq(told.facts->calls[0].method, METHODS[i]);
        ck_text_eq(told.facts->calls[0].params, "");
        ck_assert(told.facts->calls[0].is_error && !told.facts->calls[0].has_at);
        forget(&told);
    }
    /* That an alias is not there says nothing of the method. */
    struct told told = tell_error("state_getStorageAt", "[\"0x01\"]", GONE, true);
    ck_assert_uint_eq(told.facts->call_count, 0);
    forget(&told);
}
END_TEST

START_TEST(what_is_not_kept_is_told) {
    struct told told = tell("chainHead_v1_follow", "[true]", "\"sub\"");
    ck_assert(told.extraction.unkept);
    forget(&told);
    told = tell("author_pendingExtrinsics", "[]", "[\"0x00\"]"); /* a read */
    ck_assert(!told.extraction.unkept);
    ck_assert_uint_eq(told.facts->call_count, 1);
    forget(&told);
}
END_TEST

START_TEST(touched_blocks_are_told) {
    struct told told = tell("chain_getBlockHash", "[[0,1]]", "[null," AT "]");
    ck_assert_uint_eq(told.extraction.touched_count, 1);
    struct substrate_hash hash = hash_of(SAMPLE_H1);
    ck_assert_mem_eq(&told.extraction.touched[0], &hash, sizeof hash);
    forget(&told);
    told = tell("chain_getBlockHash", "[7]", "null");
    ck_assert_uint_eq(told.extraction.touched_count, 0);
    forget(&told);
}
END_TEST

START_TEST(only_errors_of_the_runtime_are_facts) {
    static const char FAILED[] =
        "{\"code\":4003,\"message\":\"Client error: Execution failed: x\"}";
    static const char UNKNOWN[] = "{\"code\":4003,\"message\":\"Client error: UnknownBlock: x\"}";
    struct told told = tell_error("state_call", "[\"A_b\",\"0x\"," AT "]", FAILED, true);
    ck_assert_uint_eq(told.facts->call_count, 1);
    ck_assert(told.facts->calls[0].is_error);
    forget(&told);
    told = tell_error("state_call", "[\"A_b\",\"0x\"," AT "]", UNKNOWN, true);
    ck_assert_uint_eq(told.facts->call_count, 0);
    forget(&told);
    told = tell_error("state_getStorage", "[\"0x01\"," AT "]", FAILED, true);
    ck_assert_str_eq(found(&told), "");
    forget(&told);
}
END_TEST

START_TEST(pinned_params_keep_their_places) {
    static const struct {
        const char *method, *params, *pinned;
    } CASES[] = {
        {"state_getKeysPaged", "[\"0x26\",2]", "[\"0x26\",2,null," AT "]"},
        {"state_getKeysPaged", "[\"0x26\",2,\"0x27\"]", "[\"0x26\",2,\"0x27\"," AT "]"},
        {"chain_getHeader", "[]", "[" AT "]"},
        {"state_call", "[\"a\",\"0x\"]", "[\"a\",\"0x\"," AT "]"},
        {"system_chain", "[]", "[]"},
        {"delegateInfo_getDelegate", "[\"0x00ff10\"]", "[[0,255,16]," AT "]"},
        {"delegateInfo_getDelegate", "[\"0x\"]", "[[]," AT "]"},
    };
    struct substrate_hash hash = hash_of(SAMPLE_H1);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct base_buf out = BASE_BUF_INIT;
        rpc_pin_params(method_find(base_text(CASES[i].method)), base_text(CASES[i].params), &hash,
                       &out);
        ck_text_eq(base_buf_view(&out), CASES[i].pinned);
        base_buf_free(&out);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("record extract");
    TCase *reads = tcase_create("reads");
    tcase_add_loop_test(reads, reads_become_facts, 0, (int)(sizeof READS / sizeof *READS));
    tcase_add_test(reads, unpinned_reads_are_asked_again);
    tcase_add_test(reads, what_another_client_will_ask_is_asked);
    tcase_add_test(reads, a_method_that_is_not_there_is_a_fact);
    tcase_add_test(reads, what_is_not_kept_is_told);
    tcase_add_test(reads, touched_blocks_are_told);
    tcase_add_test(reads, only_errors_of_the_runtime_are_facts);
    tcase_add_test(reads, pinned_params_keep_their_places);
    tcase_set_timeout(reads, CHECK_TIMEOUT_S);
    suite_add_tcase(suite, reads);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
