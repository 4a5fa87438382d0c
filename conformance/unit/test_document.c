/* Documents that people write: every mistake is named by source, line and place. */
#include <string.h>
#include "check_main.h"
#include "document/document.h"

static struct base_arena arena;
static struct substrate_error error;

static struct document_value open_text(const char *text) {
    static struct document document;
    struct document_value root;
    error = (struct substrate_error){.status = SUBSTRATE_OK};
    document = (struct document){"script.json", base_text(text), 1, NULL, &arena, &error};
    ck_assert_int_eq(document_parse(&document, &root), SUBSTRATE_OK);
    return root;
}

static void says(enum substrate_status status, const char *message) {
    ck_assert_int_eq(status, SUBSTRATE_E_DECODE);
    ck_assert_int_eq(error.status, SUBSTRATE_E_DECODE);
    ck_assert_str_eq(error.message, message);
}

static const char *const RULE[] = {"on", "do", "limit", NULL};
enum { ON, DO, LIMIT, RULE_MEMBERS };

START_TEST(members_come_by_the_order_of_the_table) {
    struct document_value m[RULE_MEMBERS];
    struct document_value root = open_text("{\"do\":[1],\"on\":\"arrived\"}");
    base_arena_init(&arena, 0);
    ck_assert_int_eq(document_members(&root, RULE, m), SUBSTRATE_OK);
    ck_assert(document_is(&m[ON], "arrived") && !document_is(&m[ON], "arrive"));
    ck_assert_int_eq(m[DO].json.kind, BASE_JSON_ARRAY);
    ck_assert(!document_has(&m[LIMIT]));
    root = open_text("{\"\\u006fn\":\"a\"}"); /* a name with an escape is the same name */
    ck_assert_int_eq(document_members(&root, RULE, m), SUBSTRATE_OK);
    ck_assert(document_is(&m[ON], "a"));
    base_arena_free(&arena);
}
END_TEST

START_TEST(mistakes_in_members_are_named) {
    struct document_value m[RULE_MEMBERS];
    struct document_value root = open_text("{\n \"on\":1,\n\n \"limti\":2}");
    says(document_members(&root, RULE, m), "script.json:4: unknown member \"limti\"; known are "
                                           "\"on\", \"do\" and \"limit\"; nearest is \"limit\"");
    root = open_text("{\"something\":2}"); /* nothing is near */
    says(document_members(&root, RULE, m), "script.json:1: unknown member \"something\"; known are "
                                           "\"on\", \"do\" and \"limit\"");
    root = open_text("{\"on\":1,\"on\":2}");
    says(document_members(&root, RULE, m), "script.json:1: the member \"on\" stands twice");
    root = open_text("\n[]");
    says(document_members(&root, RULE, m), "script.json:2: must be an object");
}
END_TEST

START_TEST(places_go_down_to_the_value) {
    static const char *const TOP[] = {"rules", NULL}, *const HOLD[] = {"until", NULL};
    struct document_value root = open_text("{\"rules\":[\n{},{\"do\":[7,\n{\"untl\":1}]}]}");
    struct document_value top[1], m[RULE_MEMBERS], hold[1], *rules, *actions;
    size_t count;
    base_arena_init(&arena, 0);
    ck_assert_int_eq(document_members(&root, TOP, top), SUBSTRATE_OK);
    ck_assert_int_eq(document_list(&top[0], &rules, &count), SUBSTRATE_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(document_members(&rules[1], RULE, m), SUBSTRATE_OK);
    ck_assert_int_eq(document_list(&m[DO], &actions, &count), SUBSTRATE_OK);
    says(document_members(&actions[1], HOLD, hold),
         "script.json:3: rules[1].do[1]: unknown member \"untl\"; known is \"until\"; nearest is "
         "\"until\"");
    struct substrate_text text;
    says(document_string(&actions[0], &text), "script.json:2: rules[1].do[0]: must be a string");
    says(document_string(&m[ON], &text), "script.json:2: rules[1].on: is missing: a string");
    says(document_list(&actions[0], &rules, &count),
         "script.json:2: rules[1].do[0]: must be a list");
    base_arena_free(&arena);
}
END_TEST

START_TEST(values_are_of_their_kind) {
    static const char *const WORDS[] = {"space", "connection", NULL};
    struct document_value *v;
    struct document_value root =
        open_text("[7,\"connection\",\"a\\u0062\",true,\"0x0aff\",\"0x0AFF\",\"conection\",-1]");
    struct substrate_text text;
    struct substrate_hash hash;
    size_t count, index;
    uint64_t number;
    bool truth;
    base_arena_init(&arena, 0);
    ck_assert_int_eq(document_list(&root, &v, &count), SUBSTRATE_OK);
    ck_assert_uint_eq(count, 8);
    ck_assert_int_eq(document_number(&v[0], 0, 7, &number), SUBSTRATE_OK);
    ck_assert_uint_eq(number, 7);
    says(document_number(&v[0], 8, 9, &number),
         "script.json:1: [0]: must be an integer from 8 to 9");
    says(document_number(&v[7], 0, 9, &number),
         "script.json:1: [7]: must be an integer from 0 to 9");
    ck_assert_int_eq(document_choice(&v[1], WORDS, &index), SUBSTRATE_OK);
    ck_assert_uint_eq(index, 1);
    says(document_choice(&v[6], WORDS, &index),
         "script.json:1: [6]: unknown word \"conection\"; known are \"space\" and \"connection\"; "
         "nearest is \"connection\"");
    ck_assert_int_eq(document_string(&v[2], &text), SUBSTRATE_OK);
    ck_text_eq(text, "ab");
    ck_assert_int_eq(document_bool(&v[3], &truth), SUBSTRATE_OK);
    ck_assert(truth);
    says(document_bool(&v[0], &truth), "script.json:1: [0]: must be true or false");
    ck_assert_int_eq(document_hex(&v[4], &text), SUBSTRATE_OK);
    ck_text_eq(text, "0x0aff");
    says(document_hex(&v[5], &text),
         "script.json:1: [5]: must be lower-case hex text with 0x, whole bytes");
    ck_assert_int_eq(document_compact(&v[0], BASE_JSON_NUMBER, &text), SUBSTRATE_OK);
    ck_text_eq(text, "7");
    says(document_compact(&v[0], BASE_JSON_OBJECT, &text), "script.json:1: [0]: must be an object");
    root = open_text("{ \"a b\" : [ 1 ] }");
    ck_assert_int_eq(document_compact(&root, BASE_JSON_OBJECT, &text), SUBSTRATE_OK);
    ck_text_eq(text, "{\"a b\":[1]}");
    root = open_text("[7,\"connection\",\"a\\u0062\",true,\"0x0aff\"]");
    ck_assert_int_eq(document_list(&root, &v, &count), SUBSTRATE_OK);
    says(document_hash(&v[4], &hash),
         "script.json:1: [4]: must be a hash: 0x and 64 lower-case hex digits");
    base_arena_free(&arena);
}
END_TEST

START_TEST(what_is_no_json_is_named_by_line_and_column) {
    struct document_value root;
    struct document document = {"plan.json", BASE_TEXT("{\n \"a\":1,\n \"b\" 2}"), 1, NULL, &arena,
                                &error};
    says(document_parse(&document, &root), "plan.json:3: not JSON from column 6 on");
    document.text = BASE_TEXT("");
    says(document_parse(&document, &root), "plan.json:1: not JSON from column 1 on");
    document.text = BASE_TEXT("{\"a\":");
    document.line = 0;
    document.fix = "restore it";
    says(document_parse(&document, &root), "plan.json: not JSON from column 6 on; restore it");
}
END_TEST

CHECK_MAIN("document", members_come_by_the_order_of_the_table, mistakes_in_members_are_named,
           places_go_down_to_the_value, values_are_of_their_kind,
           what_is_no_json_is_named_by_line_and_column)
