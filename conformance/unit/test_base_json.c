/* The JSON scanner: a list of good texts and one of bad texts with the offset of the first wrong
 * byte, in the spirit of JSONTestSuite. Each is looked at in a heap block that ends where the text
 * ends, and each good one is also cut at every byte. */
#include "check_main.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>

#define T(literal) \
    { literal, sizeof(literal) - 1 }

static const struct substrate_text good[] = {
    /* words, white space */
    T("null"),
    T("true"),
    T("false"),
    T(" null"),
    T("null "),
    T("\t\n\r true \r\n\t"),
    /* numbers */
    T("0"),
    T("-0"),
    T("1"),
    T("-1"),
    T("10"),
    T("1234567890"),
    T("0.5"),
    T("-0.5"),
    T("0e0"),
    T("1e5"),
    T("1E5"),
    T("1e+5"),
    T("1e-5"),
    T("1E+5"),
    T("1.5e10"),
    T("0.0"),
    T("-0e-0"),
    T("123.456e-789"),
    T("1e999999999999"),
    T("18446744073709551615"),
    T("18446744073709551616"),
    T("-9223372036854775809"),
    T("0e00001"),
    T("20.00"),
    T("123456789012345678901234567890123456789012345678901234567890"),
    /* strings */
    T("\"\""),
    T("\"a\""),
    T("\"abcdefg\""),
    T("\"abcdefgh\""),
    T("\"abcdefghi\""),
    T("\"0123456789abcdef0123456789abcdef\""),
    T("\"\\\"\""),
    T("\"\\\\\""),
    T("\"\\/\""),
    T("\"\\b\\f\\n\\r\\t\""),
    T("\"\\u0000\""),
    T("\"\\u00e9\""),
    T("\"\\uABCD\""),
    T("\"\\uabcd\""),
    T("\"\\ud83d\\ude00\""),
    T("\"\\ud800\""),
    T("\"\\udc00\""),
    T("\"\\udc00\\ud800\""),
    T("\"\\\\\\\"\""),
    T("\"\\\\\\\\\""),
    T("\"\x7f\""),
    T("\"[{,:}]\""),
    T("\"'\""),
    T("\"/\""),
    T("\"1234567\\\\\""),
    T("\"1234567\\\"\""),
    /* UTF-8: the first and last of each length, and around the surrogates */
    T("\"\xc2\x80\""),
    T("\"\xdf\xbf\""),
    T("\"\xe0\xa0\x80\""),
    T("\"\xed\x9f\xbf\""),
    T("\"\xee\x80\x80\""),
    T("\"\xef\xbf\xbf\""),
    T("\"\xf0\x90\x80\x80\""),
    T("\"\xf4\x8f\xbf\xbf\""),
    T("\"abcdefg\xc3\xa9\""),
    T("\"\xe2\x82\xac \xf0\x9f\x98\x80\""),
    T("\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\""),
    T("\"\xe2\x80\xa8\xe2\x80\xa9\""),
    /* arrays */
    T("[]"),
    T("[ ]"),
    T("[1]"),
    T("[1,2]"),
    T("[ 1 , 2 ]"),
    T("[[]]"),
    T("[[],[]]"),
    T("[[[[[[[[]]]]]]]]"),
    T("[\"\",\"\"]"),
    T("[null,true,false,0,\"\",[],{}]"),
    T("\n[\n1\n,\n2\n]\n"),
    T("[1e5,-0]"),
    T("[{}]"),
    T("[{},{}]"),
    T("[[1],2]"),
    T("[{\"a\":1},[2]]"),
    T("[[1],{\"a\":2}]"),
    T("[{\"a\":[1]},[{\"b\":2},3]]"),
    /* objects */
    T("{}"),
    T("{ }"),
    T("{\"a\":1}"),
    T("{\"a\":1,\"b\":2}"),
    T("{\"\":0}"),
    T("{\"a\":{}}"),
    T("{\"a\":[]}"),
    T("{\"a\":{\"b\":{\"c\":[{}]}}}"),
    T(" { \"a\" : 1 , \"b\" : [ ] } "),
    T("{\"a\":1,\"a\":2}"),
    T("{\"\\u0061\":1}"),
    T("{\"a\":\"}\"}"),
    T("{\"a\":[{\"b\":[1,{\"c\":null}]},2]}"),
    T("{\"\xc3\xa9\":\"\xc3\xa9\"}"),
    T("{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,\"method\":\"state_getStorage\",\"params\":"
      "[\"0x26aa\",null]}"),
};

static const struct {
    struct substrate_text text;
    size_t position;
} bad[] = {
    /* nothing, or not a value */
    {T(""), 0},
    {T(" "), 1},
    {T("\n\n"), 2},
    {T("\0"), 0},
    {T(" \0"), 1},
    {T("a"), 0},
    {T("'a'"), 0},
    {T(","), 0},
    {T(":"), 0},
    {T("]"), 0},
    {T("}"), 0},
    {T("\xef\xbb\xbfnull"), 0},
    {T("\xff"), 0},
    {T("\f"), 0},
    {T("\v1"), 0},
    {T("/**/1"), 0},
    {T("\xc2\xa0"
       "1"),
     0},
    {T("\\u0031"), 0},
    {T("*"), 0},
    /* words */
    {T("n"), 1},
    {T("nul"), 3},
    {T("nulL"), 3},
    {T("nulll"), 4},
    {T("Null"), 0},
    {T("tru"), 3},
    {T("truE"), 3},
    {T("TRUE"), 0},
    {T("true1"), 4},
    {T("fals"), 4},
    {T("falsy"), 4},
    {T("NaN"), 0},
    {T("nan"), 1},
    {T("Infinity"), 0},
    {T("-Infinity"), 1},
    {T("undefined"), 0},
    {T("nul\0"), 3},
    {T("true\0"), 4},
    /* numbers */
    {T("-"), 1},
    {T("+1"), 0},
    {T("01"), 1},
    {T("-01"), 2},
    {T("00"), 1},
    {T("1."), 2},
    {T("1.e5"), 2},
    {T(".5"), 0},
    {T("-.5"), 1},
    {T("1e"), 2},
    {T("1e+"), 3},
    {T("1e-"), 3},
    {T("1E"), 2},
    {T("1e5.5"), 3},
    {T("1e+-5"), 3},
    {T("--1"), 1},
    {T("-+1"), 1},
    {T("0x1"), 1},
    {T("1a"), 1},
    {T("1 2"), 2},
    {T("1,2"), 1},
    {T("1_000"), 1},
    {T("1.2.3"), 3},
    {T("0.e1"), 2},
    {T("-a"), 1},
    {T("1\0"), 1},
    {T("1.\0"), 2},
    {T("1e\0"), 2},
    {T("1.5e"), 4},
    {T("\xef\xbc\x91"), 0},
    {T("1f"), 1},
    {T("- 1"), 1},
    /* strings */
    {T("\""), 1},
    {T("\"a"), 2},
    {T("\"\\"), 2},
    {T("\"\\\""), 3},
    {T("\"\\x\""), 2},
    {T("\"\\u\""), 3},
    {T("\"\\u1\""), 4},
    {T("\"\\u12\""), 5},
    {T("\"\\u123\""), 6},
    {T("\"\\u123g\""), 6},
    {T("\"\\U1234\""), 2},
    {T("\"\\'\""), 2},
    {T("\"\\a\""), 2},
    {T("\"\\0\""), 2},
    {T("\"\\ \""), 2},
    {T("\"\\\0\""), 2},
    {T("\"\n\""), 1},
    {T("\"\t\""), 1},
    {T("\"\0\""), 1},
    {T("\"\x1f\""), 1},
    {T("\"abcdefg\x01hijk\""), 8},
    {T("\"abcdefgh\x1fijk\""), 9},
    {T("\"a\"b"), 3},
    {T("\"a\"\""), 3},
    {T("\"\\\\\\\""), 5},
    {T("\"abcdefgh"), 9},
    {T("\"\\u12"), 5},
    {T("\"\\\n\""), 2},
    {T("\"\\u+123\""), 3},
    {T("\"\\u 123\""), 3},
    {T("\"\\ud800\\"), 8},
    /* UTF-8: stray, overlong, surrogates, too great, cut off; the position is the sequence's first
       byte */
    {T("\"\x80\""), 1},
    {T("\"\xbf\""), 1},
    {T("\"\xc0\x80\""), 1},
    {T("\"\xc1\xbf\""), 1},
    {T("\"\xc2\""), 1},
    {T("\"\xc2\x22\""), 1},
    {T("\"\xc2\xc0\""), 1},
    {T("\"\xe0\x80\x80\""), 1},
    {T("\"\xe0\x9f\xbf\""), 1},
    {T("\"\xe0\xa0\""), 1},
    {T("\"\xe1\x80\""), 1},
    {T("\"\xe2\x82"), 1},
    {T("\"\xed\xa0\x80\""), 1},
    {T("\"\xed\xbf\xbf\""), 1},
    {T("\"\xed\xa0\xbd\xed\xb8\x80\""), 1},
    {T("\"\xf0\x80\x80\x80\""), 1},
    {T("\"\xf0\x8f\xbf\xbf\""), 1},
    {T("\"\xf0\x90\x80\""), 1},
    {T("\"\xf0\x90\""), 1},
    {T("\"\xf0\""), 1},
    {T("\"\xf4\x90\x80\x80\""), 1},
    {T("\"\xf5\x80\x80\x80\""), 1},
    {T("\"\xf8\x88\x80\x80\x80\""), 1},
    {T("\"\xfe\""), 1},
    {T("\"\xff\""), 1},
    {T("\"abcdefghijk\xff\""), 12},
    {T("\"\xe2\x28\xa1\""), 1},
    {T("\"\xe2\x82\x28\""), 1},
    {T("\"\xf0\x90\x28\xbc\""), 1},
    {T("\"\xf0\x90\x80\x28\""), 1},
    {T("\"\xc3\xa9\xc3\""), 3},
    {T("{\"\xff\":1}"), 2},
    /* arrays */
    {T("["), 1},
    {T("[1"), 2},
    {T("[1,"), 3},
    {T("[1,]"), 3},
    {T("[,1]"), 1},
    {T("[,]"), 1},
    {T("[1,,2]"), 3},
    {T("[1 2]"), 3},
    {T("[1}"), 2},
    {T("[1:2]"), 2},
    {T("[]]"), 2},
    {T("[["), 2},
    {T("[[]"), 3},
    {T("[1]x"), 3},
    {T("[] []"), 3},
    {T("[1;2]"), 2},
    {T("[\"a\""), 4},
    {T("[nul]"), 4},
    {T("[-]"), 2},
    {T("[\0]"), 1},
    {T("[a]"), 1},
    {T("[\"\":1]"), 3},
    {T("[1,\0]"), 3},
    {T("(1)"), 0},
    /* objects */
    {T("{"), 1},
    {T("{\"a\""), 4},
    {T("{\"a\":"), 5},
    {T("{\"a\":1"), 6},
    {T("{\"a\":1,"), 7},
    {T("{\"a\":1,}"), 7},
    {T("{,}"), 1},
    {T("{\"a\"}"), 4},
    {T("{\"a\":}"), 5},
    {T("{\"a\" 1}"), 5},
    {T("{\"a\",1}"), 4},
    {T("{a:1}"), 1},
    {T("{'a':1}"), 1},
    {T("{1:1}"), 1},
    {T("{null:1}"), 1},
    {T("{[]:1}"), 1},
    {T("{\"a\":1]"), 6},
    {T("{\"a\":1 \"b\":2}"), 7},
    {T("{\"a\":1,,\"b\":2}"), 7},
    {T("{\"a\":1;\"b\":2}"), 6},
    {T("{\"a\"::1}"), 5},
    {T("{}}"), 2},
    {T("{\"a\":1}{"), 7},
    {T("{\"a\":1,1}"), 7},
    {T("{\"a\":{}"), 7},
    {T("{\"a\":[}"), 6},
    {T("[{]"), 2},
    {T("{\"a\":1,\"b\"}"), 10},
    {T("{\"a\":1,\"b"), 9},
    {T("{\"a\\\":1}"), 8},
    {T("{\"a\":1}//"), 7},
    {T("{\"a\":\"a\" 123}"), 9},
    {T("{\"a\":/*c*/1}"), 5},
    {T("{\"a\"\0:1}"), 4},
    {T("[[],{}"), 6},
    {T("{\"a\":[1,2}"), 9},
    {T("[{\"a\":1},[\"b\":2]]"), 13},
    {T("[[1],{\"a\":2]"), 11},
};

/* A copy whose last byte is the last of its heap block; freed by the block, which begins one
 * before. */
struct exact {
    char *block;
    struct substrate_text text;
};

static struct exact exact_copy(const char *data, size_t size) {
    struct exact copy = {base_alloc(size + 1), {NULL, size}};
    ck_assert_ptr_nonnull(copy.block);
    memcpy(copy.block + 1, data, size);
    copy.text.data = copy.block + 1;
    return copy;
}

static bool is_blank(struct substrate_text text) { return base_text_trim(text).size == 0; }

START_TEST(good_texts) {
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct exact copy = exact_copy(good[i].data, good[i].size);
        struct base_json value;
        size_t position = 0;
        enum substrate_status status =
            base_json_parse(copy.text, BASE_JSON_DEPTH_MAX, &value, &position);
        ck_assert_msg(status == SUBSTRATE_OK, "refused at %zu: %s", position, good[i].data);
        ck_assert(base_text_equal(value.raw, base_text_trim(copy.text)));
        base_free(copy.block);
    }
}
END_TEST

START_TEST(good_texts_cut) {
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        for (size_t size = 0; size < good[i].size; size++) {
            struct exact copy = exact_copy(good[i].data, size);
            struct substrate_text rest = {good[i].data + size, good[i].size - size};
            struct base_json value;
            size_t position = SIZE_MAX;
            enum substrate_status status =
                base_json_parse(copy.text, BASE_JSON_DEPTH_MAX, &value, &position);
            struct substrate_text cut = base_text_trim(copy.text);
            struct substrate_text whole = base_text_trim(good[i]);
            /* White space may go; a number stays one wherever a digit ends it. */
            bool number = whole.data[0] == '-' || (whole.data[0] >= '0' && whole.data[0] <= '9');
            bool still_good =
                cut.size > 0 && (is_blank(rest) || (number && cut.data[cut.size - 1] >= '0' &&
                                                    cut.data[cut.size - 1] <= '9'));
            ck_assert_msg(status == (still_good ? SUBSTRATE_OK : SUBSTRATE_E_DECODE),
                          "%zu bytes of %s", size, good[i].data);
            /* What is wrong is the end, or the UTF-8 sequence that it cuts. */
            if (status != SUBSTRATE_OK && position != size) {
                ck_assert_uint_lt(position, size);
                ck_assert_uint_le(size - position, 3);
                ck_assert_uint_ge((unsigned char)copy.text.data[position], 0xc2);
            }
            base_free(copy.block);
        }
    }
}
END_TEST

START_TEST(bad_texts) {
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct exact copy = exact_copy(bad[i].text.data, bad[i].text.size);
        struct base_json value = {BASE_JSON_NONE, {NULL, 7}};
        size_t position = SIZE_MAX;
        enum substrate_status status =
            base_json_parse(copy.text, BASE_JSON_DEPTH_MAX, &value, &position);
        ck_assert_msg(status == SUBSTRATE_E_DECODE, "bad text %zu: %s", i, bad[i].text.data);
        ck_assert_msg(position == bad[i].position, "bad text %zu: %s: at %zu, not %zu", i,
                      bad[i].text.data, position, bad[i].position);
        ck_assert_uint_eq(value.raw.size, 7);
        ck_assert_int_eq(base_json_parse(copy.text, BASE_JSON_DEPTH_MAX, &value, NULL), status);
        base_free(copy.block);
    }
    struct base_json value;
    ck_assert_int_eq(base_json_parse((struct substrate_text){NULL, 0}, 1, &value, NULL),
                     SUBSTRATE_E_DECODE);
}
END_TEST

/* Every byte in every position of a run of plain characters. */
START_TEST(every_byte_everywhere) {
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 19; at++) {
            char text[22];
            memset(text, 'x', sizeof text);
            text[0] = text[21] = '"';
            text[1 + at] = (char)byte;
            struct exact copy = exact_copy(text, sizeof text);
            struct base_json value;
            size_t position = 0;
            bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
            enum substrate_status status = base_json_parse(copy.text, 0, &value, &position);
            ck_assert_int_eq(status, plain ? SUBSTRATE_OK : SUBSTRATE_E_DECODE);
            if (!plain) {
                /* A quote ends the string and a backslash wants more: the next byte is the wrong
                 * one. */
                ck_assert_uint_eq(position, 1 + at + (byte == '"' || byte == '\\'));
            }
            base_free(copy.block);
        }
    }
}
END_TEST

/* `depth` brackets of alternating kinds, closed again. */
static void nest(struct base_buf *buf, size_t depth, bool close) {
    base_buf_reset(buf);
    for (size_t i = 0; i < depth; i++) {
        base_buf_str(buf, i % 3 == 2 ? "{\"k\":" : "[");
    }
    base_buf_str(buf, "7");
    for (size_t i = depth; close && i > 0; i--) {
        base_buf_char(buf, (i - 1) % 3 == 2 ? '}' : ']');
    }
    ck_assert(!buf->failed);
}

START_TEST(depth) {
    static const unsigned limits[] = {0, 1, 2, 63, 64, 65, 127, 128, 1023, 1024};
    struct base_buf buf = BASE_BUF_INIT;
    struct base_json value;
    size_t position = 0;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        nest(&buf, limits[i], true);
        ck_assert_int_eq(base_json_parse(base_buf_view(&buf), limits[i], &value, NULL),
                         SUBSTRATE_OK);
        nest(&buf, limits[i] + 1, true);
        ck_assert_int_eq(base_json_parse(base_buf_view(&buf), limits[i], &value, &position),
                         SUBSTRATE_E_LIMIT);
        /* It is the bracket that is one too many. */
        ck_assert_uint_eq(position, limits[i] + (size_t)(limits[i] / 3) * 4);
        nest(&buf, limits[i], false);
        ck_assert_int_eq(base_json_parse(base_buf_view(&buf), limits[i], &value, NULL),
                         limits[i] == 0 ? SUBSTRATE_OK : SUBSTRATE_E_DECODE);
    }
    nest(&buf, 1025, true);
    ck_assert_int_eq(base_json_parse(base_buf_view(&buf), UINT32_MAX, &value, NULL),
                     SUBSTRATE_E_LIMIT);
    nest(&buf, 1000000, true);
    ck_assert_int_eq(base_json_parse(base_buf_view(&buf), 128, &value, NULL), SUBSTRATE_E_LIMIT);
    /* Each wrong closing bracket is noticed, on every level of the stack of bits. */
    nest(&buf, 130, true);
    for (size_t i = 1; i <= 130; i++) {
        char *bracket = buf.data + buf.size - i;
        *bracket = *bracket == ']' ? '}' : ']';
        ck_assert_int_eq(base_json_parse(base_buf_view(&buf), 130, &value, &position),
                         SUBSTRATE_E_DECODE);
        ck_assert_uint_eq(position, buf.size - i);
        *bracket = *bracket == ']' ? '}' : ']';
    }
    /* Many containers side by side are not deep. */
    base_buf_reset(&buf);
    base_buf_str(&buf, "[[1]");
    for (int i = 0; i < 1000; i++) {
        base_buf_str(&buf, ",[],{},{\"a\":2}");
    }
    base_buf_str(&buf, "]");
    ck_assert_int_eq(base_json_parse(base_buf_view(&buf), 2, &value, NULL), SUBSTRATE_OK);
    ck_assert_uint_eq(base_json_length(value), 3001);
    base_buf_free(&buf);
}
END_TEST

static struct base_json parse(const char *text) {
    struct base_json value;
    ck_assert_int_eq(base_json_parse(base_text(text), BASE_JSON_DEPTH_MAX, &value, NULL),
                     SUBSTRATE_OK);
    return value;
}

START_TEST(walking) {
    static const struct {
        const char *key, *raw;
        enum base_json_kind kind;
    } members[] = {
        {"\"n\"", "null", BASE_JSON_NULL},
        {"\"t\"", "true", BASE_JSON_TRUE},
        {"\"f\"", "false", BASE_JSON_FALSE},
        {"\"1\"", "-1.5e+3", BASE_JSON_NUMBER},
        {"\"s\"", "\"a\\\\\"", BASE_JSON_STRING},
        {"\"q\"", "\"]},\\\"{[\"", BASE_JSON_STRING},
        {"\"a\"", "[1,[\"]\"],{}]", BASE_JSON_ARRAY},
        {"\"o\"", "{\"x\": {\"}\":[]} }", BASE_JSON_OBJECT},
        {"\"\\u0065\\\"\"", "0", BASE_JSON_NUMBER},
    };
    static const char *const texts[] = {
        "{\"n\":null,\"t\":true,\"f\":false,\"1\":-1.5e+3,\"s\":\"a\\\\\",\"q\":\"]},\\\"{[\","
        "\"a\":[1,[\"]\"],{}],\"o\":{\"x\": {\"}\":[]} },\"\\u0065\\\"\":0}",
        " {\n\"n\" : null\t,\r\"t\" :true, \"f\": false , \"1\"\n:\n-1.5e+3\n,\"s\" : \"a\\\\\" , "
        "\"q\":\"]},\\\"{[\" , \"a\" : [1,[\"]\"],{}] , \"o\" : {\"x\": {\"}\":[]} } , "
        "\"\\u0065\\\"\" : 0 } ",
        "[null,true,false,-1.5e+3,\"a\\\\\",\"]},\\\"{[\",[1,[\"]\"],{}],{\"x\": {\"}\":[]} },0]",
        " [ null , true , false , -1.5e+3 , \"a\\\\\" ,\n\"]},\\\"{[\" , [1,[\"]\"],{}] , "
        "{\"x\": {\"}\":[]} } , 0 ] ",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct exact copy = exact_copy(texts[i], strlen(texts[i]));
        struct base_json container;
        ck_assert_int_eq(base_json_parse(copy.text, 8, &container, NULL), SUBSTRATE_OK);
        ck_assert_int_eq(container.kind, i < 2 ? BASE_JSON_OBJECT : BASE_JSON_ARRAY);
        ck_assert_uint_eq(base_json_length(container), 9);
        struct base_json_walk walk;
        struct substrate_text key;
        struct base_json value;
        base_json_walk_init(&walk, container);
        for (size_t j = 0; j < sizeof members / sizeof members[0]; j++) {
            ck_assert(base_json_walk_next(&walk, &key, &value));
            if (i < 2) {
                ck_text_eq(key, members[j].key);
            } else {
                ck_assert_ptr_null(key.data);
                ck_assert_uint_eq(key.size, 0);
            }
            ck_text_eq(value.raw, members[j].raw);
            ck_assert_int_eq(value.kind, members[j].kind);
        }
        ck_assert(!base_json_walk_next(&walk, &key, &value));
        ck_assert(!base_json_walk_next(&walk, &key, &value));
        base_free(copy.block);
    }
}
END_TEST

START_TEST(walking_what_is_empty) {
    static const char *const empty[] = {"[]", "{}", "[ ]", "{ \n }", "1", "\"[1]\"", "null"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        struct base_json_walk walk;
        struct substrate_text key;
        struct base_json value;
        base_json_walk_init(&walk, parse(empty[i]));
        ck_assert(!base_json_walk_next(&walk, &key, &value));
        ck_assert_uint_eq(base_json_length(parse(empty[i])), 0);
    }
    struct base_json none = {BASE_JSON_NONE, {NULL, 0}};
    ck_assert_uint_eq(base_json_length(none), 0);
    ck_assert_int_eq(base_json_member(none, "a").kind, BASE_JSON_NONE);
}
END_TEST

START_TEST(members) {
    struct base_json object =
        parse("{\"a\":1,\"b\":{\"a\":9},\"\\u0061\":2,\"c\\n\":3,\"\":4,\"ab\":5,\"\xc3\xa9\":6,"
              "\"\\ud83d\\ude00\":7,\"a\\u0000\":8,\"\\ud800\":10}");
    size_t count = 99;
    ck_text_eq(base_json_member(object, "a").raw, "2");
    ck_text_eq(base_json_member_count(object, "a", &count).raw, "2");
    ck_assert_uint_eq(count, 2);
    ck_text_eq(base_json_member(base_json_member(object, "b"), "a").raw, "9");
    ck_text_eq(base_json_member(object, "c\n").raw, "3");
    ck_text_eq(base_json_member(object, "").raw, "4");
    ck_text_eq(base_json_member_count(object, "ab", &count).raw, "5");
    ck_assert_uint_eq(count, 1);
    ck_text_eq(base_json_member(object, "\xc3\xa9").raw, "6");
    ck_text_eq(base_json_member(object, "\xf0\x9f\x98\x80").raw, "7");
    ck_text_eq(base_json_member(object, "\xef\xbf\xbd").raw, "10");
    ck_assert_int_eq(base_json_member_count(object, "c", &count).kind, BASE_JSON_NONE);
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(base_json_member(object, "\\u0061").kind, BASE_JSON_NONE);
    ck_assert_int_eq(base_json_member(object, "abc").kind, BASE_JSON_NONE);
    ck_assert_int_eq(base_json_member(parse("[\"a\",1]"), "a").kind, BASE_JSON_NONE);
    ck_assert_int_eq(base_json_member(parse("\"a\""), "a").kind, BASE_JSON_NONE);
}
END_TEST

START_TEST(numbers) {
    static const struct {
        const char *text;
        bool is_u64, is_i64;
        uint64_t u64;
        int64_t i64;
    } cases[] = {
        {"0", true, true, 0, 0},
        {"7", true, true, 7, 7},
        {"-1", false, true, 0, -1},
        {"-0", false, true, 0, 0},
        {"9007199254740993", true, true, 9007199254740993, 9007199254740993},
        {"9223372036854775807", true, true, INT64_MAX, INT64_MAX},
        {"9223372036854775808", true, false, UINT64_C(9223372036854775808), 0},
        {"-9223372036854775808", false, true, 0, INT64_MIN},
        {"-9223372036854775809", false, false, 0, 0},
        {"18446744073709551615", true, false, UINT64_MAX, 0},
        {"18446744073709551616", false, false, 0, 0},
        {"18446744073709551620", false, false, 0, 0},
        {"184467440737095516150", false, false, 0, 0},
        {"-18446744073709551617", false, false, 0, 0},
        {"1.0", false, false, 0, 0},
        {"1e2", false, false, 0, 0},
        {"-1e2", false, false, 0, 0},
        {"\"1\"", false, false, 0, 0},
        {"null", false, false, 0, 0},
        {"[1]", false, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t u64 = 5;
        int64_t i64 = 5;
        struct base_json value = parse(cases[i].text);
        ck_assert_int_eq(base_json_u64(value, &u64), cases[i].is_u64);
        ck_assert_int_eq(base_json_i64(value, &i64), cases[i].is_i64);
        ck_assert_uint_eq(u64, cases[i].is_u64 ? cases[i].u64 : 5);
        ck_assert_int_eq(i64, cases[i].is_i64 ? cases[i].i64 : 5);
        ck_text_eq(value.raw, cases[i].text); /* big ones stay as they came */
    }
}
END_TEST

START_TEST(strings) {
    static const struct {
        const char *json;
        struct substrate_text text;
    } cases[] = {
        {"\"\"", T("")},
        {"\"plain\"", T("plain")},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", T("\"\\/\b\f\n\r\t")},
        {"\"a\\u0000b\"", T("a\0b")},
        {"\"\\u007f\\u0080\\u07FF\\u0800\\uffff\"",
         T("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
        {"\"\\ud7ff\\ue000\"", T("\xed\x9f\xbf\xee\x80\x80")},
        {"\"\\ud83d\\ude00!\"", T("\xf0\x9f\x98\x80!")},
        {"\"\\ud800\\udc00\\uDBFF\\uDFFF\"", T("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
        {"\"\\ud800\"", T("\xef\xbf\xbd")},
        {"\"\\ud800x\"", T("\xef\xbf\xbdx")},
        {"\"\\ud800\\n\"", T("\xef\xbf\xbd\n")},
        {"\"\\udc00\\ud800\"", T("\xef\xbf\xbd\xef\xbf\xbd")},
        {"\"\\ud800\\ud800\\udc00\"", T("\xef\xbf\xbd\xf0\x90\x80\x80")},
        {"\"\\ud800\\u0041\"", T("\xef\xbf\xbd"
                                 "A")},
        {"\"\xe2\x82\xac\\u20AC\"", T("\xe2\x82\xac\xe2\x82\xac")},
        {"\"\\\\u0041\"", T("\\u0041")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct base_arena arena;
        struct substrate_text text;
        base_arena_init(&arena, 0);
        struct base_json value = parse(cases[i].json);
        ck_assert(base_json_string(value, &arena, &text));
        ck_assert_msg(base_text_equal(text, cases[i].text), "string %zu: %s", i, cases[i].json);
        /* Without escapes nothing is copied. */
        ck_assert_int_eq(arena.blocks == NULL, strchr(cases[i].json, '\\') == NULL);
        ck_assert(base_json_says(value.raw, text));
        ck_assert(!base_json_says(value.raw, base_text("another")));
        if (memchr(text.data, '\0', text.size) == NULL) {
            char terminated[64];
            (void)snprintf(terminated, sizeof terminated, "%.*s", (int)text.size, text.data);
            ck_assert(base_json_is(value, terminated));
            (void)snprintf(terminated, sizeof terminated, "%.*sx", (int)text.size, text.data);
            ck_assert(!base_json_is(value, terminated));
        }
        base_arena_free(&arena);
    }
    struct substrate_text text;
    struct base_arena arena;
    base_arena_init(&arena, 0);
    ck_assert(!base_json_string(parse("1"), &arena, &text));
    ck_assert(!base_json_string(parse("[\"a\"]"), &arena, &text));
    ck_assert(!base_json_is(parse("7"), "7"));
    ck_assert(!base_json_is(parse("\"ab\""), "a"));
    ck_assert(!base_json_is(parse("\"\\u0061\""), ""));
    base_arena_free(&arena);
}
END_TEST

START_TEST(half_pairs) {
    static const struct {
        const char *json;
        bool has;
    } cases[] = {
        {"\"\"", false},
        {"\"plain\"", false},
        {"\"\\n\\\\ud800\"", false},
        {"\"\xef\xbf\xbd\\n\"", false},
        {"\"\\ufffd\\uFFFD\"", false},
        {"\"\\ud7ff\\ue000\"", false},
        {"\"\\ud83d\\ude00\"", false},
        {"\"\\uDBFF\\uDFFF!\"", false},
        {"\"\\ud800\"", true},
        {"\"\\udfff\"", true},
        {"\"a\\ud800x\"", true},
        {"\"\\ud800\\n\"", true},
        {"\"\\udc00\\ud800\"", true},
        {"\"\\ud800\\udc00\\ud800\"", true},
        {"\"\\ud800\\ud800\\udc00\"", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(base_json_has_half_pair(parse(cases[i].json)) == cases[i].has, "%s",
                      cases[i].json);
    }
}
END_TEST

START_TEST(writing_strings) {
    static const struct {
        struct substrate_text text;
        const char *json;
    } cases[] = {
        {{NULL, 0}, "\"\""},
        {T("plain text of more than eight"), "\"plain text of more than eight\""},
        {T("\"\\/"), "\"\\\"\\\\/\""},
        {T("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {T("\0\x01\x1f\x20\x7f"), "\"\\u0000\\u0001\\u001f \x7f\""},
        {T("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        /* Replacement as Unicode recommends and Python's errors="replace" does it. */
        {T("a\xff"
           "b"),
         "\"a\xef\xbf\xbd"
         "b\""},
        {T("\xc3"), "\"\xef\xbf\xbd\""},
        {T("\xc3\""), "\"\xef\xbf\xbd\\\"\""},
        {T("\xe2\x82"), "\"\xef\xbf\xbd\""},
        {T("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {T("\xf0\x9f\x98!"), "\"\xef\xbf\xbd!\""},
        {T("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct base_buf buf = BASE_BUF_INIT;
        struct base_json value;
        base_json_write_string(&buf, cases[i].text);
        ck_text_eq(base_buf_view(&buf), cases[i].json);
        ck_assert_int_eq(base_json_parse(base_buf_view(&buf), 0, &value, NULL), SUBSTRATE_OK);
        base_buf_free(&buf);
    }
}
END_TEST

START_TEST(writing_hex_and_compact) {
    static const uint8_t bytes[] = {0x00, 0x9f, 0xff};
    static const char *const texts[][2] = {
        {" 1 ", "1"},
        {"\" a \"", "\" a \""},
        {" [ ] ", "[]"},
        {"[ 1 ,\n2\t, \" \\\" x \" ]\r", "[1,2,\" \\\" x \"]"},
        {"{ \"a b\" : { \" \\\\\" : [ ] } , \"c\":1.50E+01 }",
         "{\"a b\":{\" \\\\\":[]},\"c\":1.50E+01}"},
        {"{\"no\":[\"space\"]}", "{\"no\":[\"space\"]}"},
    };
    struct base_buf buf = BASE_BUF_INIT;
    base_json_write_hex(&buf, (struct substrate_bytes){bytes, sizeof bytes});
    base_json_write_hex(&buf, (struct substrate_bytes){NULL, 0});
    ck_text_eq(base_buf_view(&buf), "\"0x009fff\"\"0x\"");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        base_buf_reset(&buf);
        base_json_write_compact(&buf, parse(texts[i][0]));
        ck_text_eq(base_buf_view(&buf), texts[i][1]);
    }
    base_buf_free(&buf);
}
END_TEST

CHECK_MAIN("base_json", good_texts, good_texts_cut, bad_texts, every_byte_everywhere, depth,
           walking, walking_what_is_empty, members, numbers, strings, half_pairs, writing_strings,
           writing_hex_and_compact)
