/* JSON-RPC envelopes as jsonrpsee takes them, and canonical requests: what means the same has the
 * same text, what does not has another, and what is wrong is refused in serde's words. */
#include <stdio.h>
#include <stdlib.h>
#include "check_main.h"
#include "methods/method.h"
#include "rpc/envelope.h"
#include "rpc/request.h"

/* ---- envelopes ---- */

struct envelope_case {
    const char *message;
    enum rpc_kind kind;
    const char *id; /* NULL: of no interest */
};

#define REST "\"method\":\"m\",\"params\":[]}"
#define CALL(id) "{\"jsonrpc\":\"2.0\",\"id\":" id "," REST

static const struct envelope_case ENVELOPES[] = {
    {CALL("1"), RPC_CALL, "1"},
    {CALL("0"), RPC_CALL, "0"},
    {CALL("18446744073709551615"), RPC_CALL, "18446744073709551615"},
    {CALL("9007199254740993"), RPC_CALL, "9007199254740993"},
    {CALL("null"), RPC_CALL, "null"},
    {CALL("\"7\""), RPC_CALL, "\"7\""},
    {CALL("\"\""), RPC_CALL, "\"\""},
    {CALL("\"\\u0041\\n\\/\""), RPC_CALL, "\"\\u0041\\n\\/\""},
    {CALL(" 5 "), RPC_CALL, "5"},
    {"{" REST, RPC_PARSE_ERROR, "null"},
    {"{\"jsonrpc\":\"2.0\"," REST, RPC_NOTIFICATION, NULL},
    {CALL("-1"), RPC_NOTIFICATION, NULL},
    {CALL("-0"), RPC_NOTIFICATION, NULL},
    {CALL("1.0"), RPC_NOTIFICATION, NULL},
    {CALL("1e3"), RPC_NOTIFICATION, NULL},
    {CALL("18446744073709551616"), RPC_NOTIFICATION, NULL},
    {CALL("true"), RPC_NOTIFICATION, NULL},
    {CALL("[]"), RPC_NOTIFICATION, NULL},
    {CALL("{}"), RPC_NOTIFICATION, NULL},
    {CALL("1,\"id\":2"), RPC_NOTIFICATION, NULL},
    {"{\"id\":4," REST, RPC_INVALID, "4"},
    {"{\"jsonrpc\":\"1.0\",\"id\":4," REST, RPC_INVALID, "4"},
    {"{\"jsonrpc\":2.0,\"id\":\"x\"," REST, RPC_INVALID, "\"x\""},
    {"{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"id\":4," REST, RPC_INVALID, "4"},
    {"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":7}", RPC_INVALID, "4"},
    {"{\"jsonrpc\":\"2.0\",\"id\":4}", RPC_INVALID, "4"},
    {"{\"jsonrpc\":\"2.0\",\"id\":null}", RPC_INVALID, "null"},
    {CALL("4,\"method\":\"n\""), RPC_INVALID, "4"},
    {CALL("4,\"params\":[]"), RPC_INVALID, "4"},
    {"{\"jsonrpc\":\"2.0\",\"id\":-4,\"method\":7}", RPC_PARSE_ERROR, "null"},
    {"{\"jsonrpc\":\"2.0\"}", RPC_PARSE_ERROR, "null"},
    {"{}", RPC_PARSE_ERROR, "null"},
    {CALL("1,\"extra\":{\"id\":9}"), RPC_CALL, "1"},
    {"{\"\\u0069d\":3,\"jsonrpc\":\"\\u0032.0\"," REST, RPC_CALL, "3"},
    {"\t\r\n \f" CALL("1") " \n", RPC_CALL, "1"},
    {"", RPC_PARSE_ERROR, "null"},
    {"   ", RPC_PARSE_ERROR, "null"},
    {"5", RPC_PARSE_ERROR, "null"},
    {"\"x\"", RPC_PARSE_ERROR, "null"},
    {"{", RPC_PARSE_ERROR, "null"},
    {CALL("1") "x", RPC_PARSE_ERROR, "null"},
    {CALL("01"), RPC_PARSE_ERROR, "null"},
    {"[]", RPC_INVALID, "null"},
    {"[ ]", RPC_INVALID, "null"},
    {"[1]", RPC_BATCH, NULL},
    {"[" CALL("1") "", RPC_PARSE_ERROR, "null"},
};

START_TEST(envelopes) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof ENVELOPES / sizeof *ENVELOPES; i++) {
        const struct envelope_case *c = &ENVELOPES[i];
        struct rpc_envelope envelope = rpc_read(base_text(c->message), &arena);
        ck_assert_msg(envelope.kind == c->kind, "%s: %d", c->message, (int)envelope.kind);
        if (c->id != NULL) {
            ck_text_eq(envelope.id, c->id);
        }
        if (c->kind == RPC_CALL || c->kind == RPC_NOTIFICATION) {
            ck_text_eq(envelope.method, "m");
        }
    }
    base_arena_free(&arena);
}
END_TEST

START_TEST(blanks_before_a_message) {
    struct base_arena arena;
    char message[256];
    base_arena_init(&arena, 0);
    for (size_t blanks = 120; blanks < 136; blanks++) {
        memset(message, ' ', sizeof message);
        memcpy(message + blanks, CALL("1"), sizeof CALL("1"));
        struct rpc_envelope envelope = rpc_read(base_text(message), &arena);
        ck_assert_int_eq(envelope.kind, blanks < 128 ? RPC_CALL : RPC_PARSE_ERROR);
    }
    base_arena_free(&arena);
}
END_TEST

START_TEST(params_of_envelopes) {
    static const struct {
        const char *params;
        enum base_json_kind kind;
    } CASES[] = {{"", BASE_JSON_NONE},
                 {",\"params\":null", BASE_JSON_NONE},
                 {",\"params\":[1]", BASE_JSON_ARRAY},
                 {",\"params\":{}", BASE_JSON_OBJECT},
                 {",\"params\":5", BASE_JSON_NUMBER}};
    struct base_arena arena;
    char message[128];
    base_arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        snprintf(message, sizeof message,
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\u0062\"%s}", CASES[i].params);
        struct rpc_envelope envelope = rpc_read(base_text(message), &arena);
        ck_assert_int_eq(envelope.kind, RPC_CALL);
        ck_text_eq(envelope.method, "ab");
        ck_assert_int_eq(envelope.params.kind, CASES[i].kind);
    }
    base_arena_free(&arena);
}
END_TEST

START_TEST(entries_of_a_batch) {
    static const char BATCH[] = "[1," CALL("2") ",{\"jsonrpc\":\"2.0\"," REST ",{\"foo\":1},[],"
                                                "{\"id\":\"q\"}]";
    static const enum rpc_kind KINDS[] = {RPC_INVALID, RPC_CALL,    RPC_NOTIFICATION,
                                          RPC_INVALID, RPC_INVALID, RPC_INVALID};
    static const char *const IDS[] = {"null", "2", "null", "null", "null", "\"q\""};
    struct base_arena arena;
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_arena_init(&arena, 0);
    struct rpc_envelope batch = rpc_read(base_text(BATCH), &arena);
    ck_assert_int_eq(batch.kind, RPC_BATCH);
    base_json_walk_init(&walk, batch.batch);
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        ck_assert(base_json_walk_next(&walk, &key, &value));
        struct rpc_envelope entry = rpc_read_value(value, &arena);
        ck_assert_msg(entry.kind == KINDS[i], "entry %zu: %d", i, (int)entry.kind);
        ck_text_eq(entry.id, IDS[i]);
    }
    ck_assert(!base_json_walk_next(&walk, &key, &value));
    base_arena_free(&arena);
}
END_TEST

START_TEST(answers) {
    struct base_buf out = BASE_BUF_INIT;
    rpc_write_result(&out, BASE_TEXT("18446744073709551615"), BASE_TEXT("{\"a\":1}"));
    ck_text_eq(base_buf_view(&out),
               "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,\"result\":{\"a\":1}}");
    base_buf_reset(&out);
    rpc_write_error(&out, BASE_TEXT("\"x\""), RPC_ERROR_METHOD_NOT_FOUND, NULL,
                    (struct substrate_text){NULL, 0});
    ck_text_eq(base_buf_view(&out), "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32601,"
                                    "\"message\":\"Method not found\"}}");
    base_buf_reset(&out);
    rpc_write_error(&out, BASE_TEXT("null"), RPC_ERROR_STATE, "say \"hi\"", BASE_TEXT("[1]"));
    ck_text_eq(base_buf_view(&out), "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":4003,"
                                    "\"message\":\"say \\\"hi\\\"\",\"data\":[1]}}");
    base_buf_reset(&out);
    rpc_write_error_object(&out, BASE_TEXT("1"), BASE_TEXT("{\"code\":1,\"message\":\"m\"}"));
    ck_text_eq(base_buf_view(&out), "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,"
                                    "\"message\":\"m\"}}");
    base_buf_free(&out);
}
END_TEST

/* ---- canonical requests ---- */

#define HA "\"0xabababababababababababababababababababababababababababababababab\""
#define HB "\"0xABababababababababababababababababababababababababababababababAB\""
#define HC "\"abababababababababababababababababababababababababababababababab\""
#define AT_HA " @0xabababababababababababababababababababababababababababababababab"
#define AT_HEAD " @0x0000000000000000000000000000000000000000000000000000000000000000"

/* Requests of one group mean the same. */
struct request_case {
    const char *method, *params, *canonical;
};

static const struct request_case REQUESTS[] = {
    {"state_getStorage", "[\"0x0aFf\"]", "state_getStorage [\"0x0aff\"]" AT_HEAD},
    {"state_getStorageAt", "[\"0aff\"]", "state_getStorage [\"0x0aff\"]" AT_HEAD},
    {"state_getStorage", "[\"0x0aff\",null]", "state_getStorage [\"0x0aff\"]" AT_HEAD},
    {"state_getStorage", "[\"0xaff\"]", "state_getStorage [\"0x0aff\"]" AT_HEAD},
    {"state_getStorage", "[[10,255]]", "state_getStorage [\"0x0aff\"]" AT_HEAD},
    {"state_getStorage", "[\"0x0\\u0061ff\"]", "state_getStorage [\"0x0aff\"]" AT_HEAD},
    {"state_getStorage", "{\"key\":\"0x0aff\",\"hash\":null,\"x\":1}",
     "state_getStorage [\"0x0aff\"]" AT_HEAD},
    {"state_getStorage", "[\"0x0aff\",null,\"too\",\"many\"]",
     "state_getStorage [\"0x0aff\"]" AT_HEAD},
    {"state_getStorage", "[\"0x0aff\"," HA "]", "state_getStorage [\"0x0aff\"]" AT_HA},
    {"state_getStorage", "[\"0x0aff\" , " HB "]", "state_getStorage [\"0x0aff\"]" AT_HA},
    {"state_getStorage", "{\"hash\":" HC ",\"key\":\"0AFF\"}",
     "state_getStorage [\"0x0aff\"]" AT_HA},
    {"state_getStorage", "[\"0x\"]", "state_getStorage [\"0x\"]" AT_HEAD},
    {"state_getStorage", "[\"\"]", "state_getStorage [\"0x\"]" AT_HEAD},
    {"state_getKeysPaged", "[null,10]", "state_getKeysPaged [\"0x\",10]" AT_HEAD},
    {"state_getKeysPaged", "[\"0x\",10,null,null]", "state_getKeysPaged [\"0x\",10]" AT_HEAD},
    {"state_getKeysPagedAt", "{\"count\":10}", "state_getKeysPaged [\"0x\",10]" AT_HEAD},
    {"state_getKeysPaged", "[\"01\",10,\"0x\"]", "state_getKeysPaged [\"0x01\",10,\"0x\"]" AT_HEAD},
    {"state_getKeysPaged", "{\"prefix\":\"01\",\"count\":10,\"startKey\":\"\"}",
     "state_getKeysPaged [\"0x01\",10,\"0x\"]" AT_HEAD},
    {"state_getKeysPaged", "{\"prefix\":\"01\",\"count\":10,\"start_key\":\"\"}",
     "state_getKeysPaged [\"0x01\",10,\"0x\"]" AT_HEAD},
    {"state_getKeysPaged", "[\"0x01\",10,null," HA "]", "state_getKeysPaged [\"0x01\",10]" AT_HA},
    {"state_call", "[\"A_b\",\"\"]", "state_call [\"A_b\",\"0x\"]" AT_HEAD},
    {"state_callAt", "[\"A\\u005fb\",\"0x\",null]", "state_call [\"A_b\",\"0x\"]" AT_HEAD},
    {"state_queryStorageAt", "[[\"01\",\"0x0A\"]," HA "]",
     "state_queryStorageAt [[\"0x01\",\"0x0a\"]]" AT_HA},
    {"state_queryStorageAt", "{\"keys\":[],\"at\":" HA "}", "state_queryStorageAt [[]]" AT_HA},
    {"chain_getHeader", "", "chain_getHeader []" AT_HEAD},
    {"chain_getHeader", "[]", "chain_getHeader []" AT_HEAD},
    {"chain_getHeader", "[null]", "chain_getHeader []" AT_HEAD},
    {"chain_getHeader", "{}", "chain_getHeader []" AT_HEAD},
    {"chain_getHeader", "[" HC "]", "chain_getHeader []" AT_HA},
    {"chain_getHead", "[]", "chain_getBlockHash []"},
    {"chain_getBlockHash", "[null]", "chain_getBlockHash []"},
    {"chain_getBlockHash", "[16]", "chain_getBlockHash [16]"},
    {"chain_getBlockHash", "[\"0x10\"]", "chain_getBlockHash [16]"},
    {"chain_getBlockHash", "[\"0x00000000000000000000000000010\"]", "chain_getBlockHash [16]"},
    {"chain_getBlockHash", "[[16,\"0x10\"]]", "chain_getBlockHash [[16,16]]"},
    {"chain_getBlockHash", "[[]]", "chain_getBlockHash [[]]"},
    {"chain_getBlockHash", "[4294967296]", "chain_getBlockHash [4294967296]"},
    {"chain_getBlockHash", "[\"0x0100000000\"]", "chain_getBlockHash [\"0x100000000\"]"},
    {"chain_getRuntimeVersion", "[]", "state_getRuntimeVersion []" AT_HEAD},
    {"system_chain", "[1,2]", "system_chain []"},
    {"system_chain", "5", "system_chain []"},
    {"account_nextIndex", "[\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"]",
     "system_accountNextIndex [\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"]"},
    /* //Alice on Polkadot is the same account. */
    {"system_accountNextIndex", "[\"15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5\"]",
     "system_accountNextIndex [\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"]"},
    {"neuronInfo_getNeuron", "[1,65535]", "neuronInfo_getNeuron [1,65535]" AT_HEAD},
    {"subnetInfo_getSelectiveMetagraph", "[1,[ 2, 3 ]]",
     "subnetInfo_getSelectiveMetagraph [1,[2,3]]" AT_HEAD},
    {"delegateInfo_getDelegate", "[[1,2,255]]", "delegateInfo_getDelegate [\"0x0102ff\"]" AT_HEAD},
    {"swap_simSwapTaoForAlpha", "[1,18446744073709551615]",
     "swap_simSwapTaoForAlpha [1,18446744073709551615]" AT_HEAD},
    {"subscribe_newHead", "[]", "chain_subscribeNewHeads []"},
    {"chain_subscribeFinalisedHeads", "", "chain_subscribeFinalizedHeads []"},
    {"unsubscribe_newHead", "[\"aB1\"]", "chain_unsubscribeNewHeads [\"aB1\"]"},
    {"nobody_knows", "[ { \"b\" : 1.50 , \"a\" : \"x y\" } ]",
     "nobody_knows [{\"b\":1.50,\"a\":\"x y\"}]"},
    {"nobody_knows", "", "nobody_knows []"},
    {"nobody_knows", "{\"a\":null}", "nobody_knows {\"a\":null}"},
};

static enum substrate_status parse(const char *method, const char *params, struct base_arena *arena,
                                   struct rpc_request *request, struct substrate_text *data) {
    struct base_json value = {BASE_JSON_NONE, {NULL, 0}};
    if (params[0] != '\0') {
        ck_assert_int_eq(base_json_parse(base_text(params), BASE_JSON_DEPTH_MAX, &value, NULL),
                         SUBSTRATE_OK);
    }
    return method_parse(base_text(method), value, arena, request, data);
}

START_TEST(canonical_requests) {
    struct base_arena arena;
    struct base_buf out = BASE_BUF_INIT;
    static const struct substrate_hash HEAD = {{0}};
    base_arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof REQUESTS / sizeof *REQUESTS; i++) {
        const struct request_case *c = &REQUESTS[i];
        struct rpc_request request;
        struct substrate_text data = {NULL, 0};
        enum substrate_status status = parse(c->method, c->params, &arena, &request, &data);
        ck_assert_msg(status == SUBSTRATE_OK, "%s %s: %.*s", c->method, c->params, (int)data.size,
                      data.data == NULL ? "" : data.data);
        base_buf_reset(&out);
        rpc_request_write(&request, request.at_given ? &request.at : &HEAD, &out);
        ck_text_eq(base_buf_view(&out), c->canonical);
    }
    base_buf_free(&out);
    base_arena_free(&arena);
}
END_TEST

/* Data of -32602; columns counted by hand, from the bracket or comma before the parameter. */
static const struct request_case REFUSED[] = {
    {"state_getStorage", "", "\"No more params\""},
    {"state_getStorage", "[]", "\"No more params\""},
    {"state_getKeysPaged", "[\"0x\"]", "\"No more params\""},
    {"state_call", "[\"A_b\"]", "\"No more params\""},
    {"state_getStorage", "{}", "\"missing field `key` at line 1 column 2\""},
    {"state_getStorage", "[\"zz\"]", "\"invalid hex character: z, at 0 at line 1 column 4\""},
    {"state_getStorage", "[\"0x0g\"]", "\"invalid hex character: g, at 3 at line 1 column 6\""},
    {"state_getStorage", "[\"0X00\"]", "\"invalid hex character: X, at 1 at line 1 column 6\""},
    {"state_getStorage", "[5]",
     "\"invalid type: integer `5`, expected a (both 0x-prefixed or not) hex string or byte array "
     "at "
     "line 1 column 1\""},
    {"state_getStorage", "[null]",
     "\"invalid type: null, expected a (both 0x-prefixed or not) hex string or byte array at line "
     "1 "
     "column 4\""},
    {"state_getStorage", "[{}]",
     "\"invalid type: map, expected a (both 0x-prefixed or not) hex string or byte array at line 1 "
     "column 0\""},
    {"state_getStorage", "[[256]]",
     "\"invalid value: integer `256`, expected u8 at line 1 column 4\""},
    {"state_getStorage", "[\"0x00\",\"0x12\"]",
     "\"invalid length 2, expected a (both 0x-prefixed or not) hex string or byte array containing "
     "32 bytes at line 1 column 6\""},
    {"state_getStorage", "[\"0x00\", \"0x12\"]",
     "\"invalid length 2, expected a (both 0x-prefixed or not) hex string or byte array containing "
     "32 bytes at line 1 column 7\""},
    {"chain_getHeader", "[7]",
     "\"invalid type: integer `7`, expected a (both 0x-prefixed or not) hex string or byte array "
     "containing 32 bytes at line 1 column 1\""},
    {"chain_getHeader", "[[1]]",
     "\"invalid length 1, expected a (both 0x-prefixed or not) hex string or byte array containing "
     "32 bytes at line 1 column 3\""},
    {"state_getKeysPaged", "[\"0x\",\"3\"]",
     "\"invalid type: string \\\"3\\\", expected u32 at line 1 column 3\""},
    {"state_getKeysPaged", "[\"0x\",-1]",
     "\"invalid value: integer `-1`, expected u32 at line 1 column 2\""},
    {"state_getKeysPaged", "[\"0x\",4294967296]",
     "\"invalid value: integer `4294967296`, expected u32 at line 1 column 10\""},
    {"state_getKeysPaged", "[\"0x\",1.5]",
     "\"invalid type: floating point `1.5`, expected u32 at line 1 column 3\""},
    {"state_getKeysPaged", "[\"0x\",\n\ntrue]",
     "\"invalid type: boolean `true`, expected u32 at line 3 column 4\""},
    {"state_queryStorageAt", "[\"0x00\"]",
     "\"invalid type: string \\\"0x00\\\", expected a sequence at line 1 column 6\""},
    {"state_queryStorageAt", "[[\"0x00\",\"q\"]]",
     "\"invalid hex character: q, at 0 at line 1 column 11\""},
    {"state_call", "[7,\"0x\"]",
     "\"invalid type: integer `7`, expected a string at line 1 column 1\""},
    {"neuronInfo_getNeuron", "[65536,1]",
     "\"invalid value: integer `65536`, expected u16 at line 1 column 5\""},
    {"chain_getBlockHash", "[-1]",
     "\"data did not match any variant of untagged enum ListOrValue at line 1 column 2\""},
    {"chain_getBlockHash", "[\"0x\"]",
     "\"data did not match any variant of untagged enum ListOrValue at line 1 column 4\""},
    {"chain_getBlockHash", "[[1,null]]",
     "\"data did not match any variant of untagged enum ListOrValue at line 1 column 8\""},
    {"chain_getHeader", "5",
     "\"Invalid params. Expected one of '[', ']' or ',' but found \\\"5\\\"\""},
};

START_TEST(refused_requests) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        const struct request_case *c = &REFUSED[i];
        struct rpc_request request;
        struct substrate_text data = {NULL, 0};
        enum substrate_status status = parse(c->method, c->params, &arena, &request, &data);
        ck_assert_msg(status == SUBSTRATE_E_ARGUMENT, "%s %s is accepted", c->method, c->params);
        ck_text_eq(data, c->canonical);
    }
    struct rpc_request request;
    struct substrate_text data = {NULL, 0};
    ck_assert_int_eq(parse("account_nextIndex", "[\"5GrwvaEF\"]", &arena, &request, &data),
                     SUBSTRATE_E_ARGUMENT);
    base_arena_free(&arena);
}
END_TEST

/* The n-th allocation fails; see the loop below. */
static size_t allocations_left;

static void *failing_resize(void *context, void *memory, size_t size) {
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return allocations_left > 0 && --allocations_left == 0 ? NULL : realloc(memory, size);
}

START_TEST(each_allocation_fails) {
    static const struct substrate_allocator FAILING = {failing_resize, NULL};
    for (size_t i = 0; i < sizeof REQUESTS / sizeof *REQUESTS; i++) {
        const struct request_case *c = &REQUESTS[i];
        bool failed = true;
        for (size_t n = 1; failed; n++) {
            struct base_arena arena;
            struct rpc_request request;
            struct substrate_text data = {NULL, 0};
            substrate_allocator_set(&FAILING);
            allocations_left = n;
            base_arena_init(&arena, 64);
            enum substrate_status status = parse(c->method, c->params, &arena, &request, &data);
            failed = allocations_left == 0;
            ck_assert_msg(status == (failed ? SUBSTRATE_E_MEMORY : SUBSTRATE_OK), "%s %s: %zu, %s",
                          c->method, c->params, n, substrate_status_name(status));
            base_arena_free(&arena);
            substrate_allocator_set(NULL);
        }
    }
}
END_TEST

/* Every row is found by its name and each alias, and no name stands twice. */
START_TEST(table_is_consistent) {
    const struct rpc_method *method;
    size_t rows = 0;
    for (size_t row = 0; (method = method_row(row)) != NULL; row++) {
        rows++;
        ck_assert_ptr_eq(method_find(base_text(method->name)), method);
        for (size_t a = 0; a < RPC_ALIASES_MAX && method->aliases[a] != NULL; a++) {
            ck_assert_ptr_eq(method_find(base_text(method->aliases[a])), method);
        }
        size_t last = 0;
        bool option = false;
        for (size_t p = 0; p < RPC_PARAMS_MAX && method->params[p].type != RPC_END; p++) {
            last = p;
            option = method->params[p].optional;
            ck_assert_ptr_nonnull(method->params[p].name);
        }
        if (method->has_at) {
            ck_assert(option && method->params[last].type == RPC_HASH);
        }
    }
    ck_assert_uint_gt(rows, 60);
    ck_assert_ptr_null(method_find(BASE_TEXT("state_getStorag")));
    ck_assert_ptr_null(method_find(BASE_TEXT("")));
}
END_TEST

CHECK_MAIN("rpc", envelopes, blanks_before_a_message, params_of_envelopes, entries_of_a_batch,
           answers, canonical_requests, refused_requests, each_allocation_fails,
           table_is_consistent)
