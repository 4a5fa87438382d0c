/* Members of an object that are read while it is validated. */
#include "check_main.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* One pass says what two say: whether the text is an object, and its members. */
static void check_members(struct substrate_text text, unsigned depth_max) {
    struct base_json container;
    struct base_json_members members;
    struct base_json_walk walk;
    struct substrate_text key, expected_key;
    struct base_json value, expected;
    bool object = base_json_parse(text, depth_max, &container, NULL) == SUBSTRATE_OK &&
                  container.kind == BASE_JSON_OBJECT;
    bool begun = base_json_members_begin(&members, text, depth_max);
    ck_assert(begun || !object);
    if (object) {
        base_json_walk_init(&walk, container);
    }
    while (begun && base_json_members_next(&members, &key, &value)) {
        if (object) {
            ck_assert(base_json_walk_next(&walk, &expected_key, &expected));
            ck_assert(base_text_equal(key, expected_key));
            ck_assert(base_text_equal(value.raw, expected.raw));
            ck_assert_int_eq(value.kind, expected.kind);
        }
    }
    ck_assert(!object || !base_json_walk_next(&walk, &expected_key, &expected));
    ck_assert(!begun || members.good == object);
}

START_TEST(members_in_one_pass) {
    static const char whole[] =
        " {\n\"n\" : null\t,\r\"t\" :true, \"1\"\n:\n-1.5e+3\n,\"s\" : "
        "\"a\\\\\" , \"a\" : [1,[\"]\"],{}] , \"o\" : {\"x\": {\"}\":[]} } , "
        "\"\\u0065\\\"\" : 0 ,\"s\":\"\"} ";
    static const char *const texts[] = {"{}",
                                        "{ }",
                                        "{,}",
                                        "{\"a\":1,}",
                                        "{\"a\":1 \"b\":2}",
                                        "{\"a\":1}}",
                                        "{\"a\":1} x",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\",1}",
                                        "{a:1}",
                                        "{1:1}",
                                        "{\"a\":1,,\"b\":2}",
                                        "{\"a\":[1}",
                                        "[{}]",
                                        "1",
                                        "\"{}\"",
                                        "{\"a\":{\"b\":1}}",
                                        "{\"a\":[[1]]}"};
    for (size_t size = 0; size < sizeof whole; size++) {
        char *exact = base_alloc(size + 1); /* a look beyond its end is seen by sanitizers */
        ck_assert_ptr_nonnull(exact);
        memcpy(exact + 1, whole, size);
        check_members((struct substrate_text){exact + 1, size}, 8);
        base_free(exact);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (unsigned most = 0; most < 5; most++) {
            check_members(base_text(texts[i]), most);
        }
    }
}
END_TEST

CHECK_MAIN("base_json_members", members_in_one_pass)
