/* The small parts of the recorder: exports of WebAssembly modules, arguments in SCALE, fees, key
 * intervals. Modules are written by hand after the WebAssembly specification, SCALE after the
 * examples of its documentation; the fees are those that a node's wallet shows for the recorded
 * bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "chain_folder.h"
#include "record/plan/fees.h"
#include "record/proxy/replies.h"
#include "fixture/keys.h"
#include "record/plan/scale_args.h"
#include "record/wasm.h"

/* Magic and version, a custom section of two bytes, then three exports: "b" (function 1), "mem"
 * (memory 0), "a" (function 300). */
static const uint8_t MODULE[] = {0x00, 'a', 's',  'm',  0x01, 0x00, 0x00, 0x00, 0x00, 0x02,
                                 0x01, 'x', 0x07, 0x10, 0x03, 0x01, 'b',  0x00, 0x01, 0x03,
                                 'm',  'e', 'm',  0x02, 0x00, 0x01, 'a',  0x00, 0xac, 0x02};

static enum substrate_status exports_of(const uint8_t *data, size_t size, struct base_arena *arena,
                                        struct wasm_exports *exports,
                                        struct substrate_error *error) {
    *error = (struct substrate_error){0};
    return wasm_read_exports((struct substrate_bytes){data, size}, arena, exports, error);
}

START_TEST(exports_are_functions_in_order) {
    struct base_arena arena;
    struct wasm_exports exports;
    struct substrate_error error;
    base_arena_init(&arena, 0);
    ck_assert_int_eq(exports_of(MODULE, sizeof MODULE, &arena, &exports, &error), SUBSTRATE_OK);
    ck_assert_uint_eq(exports.count, 2);
    ck_text_eq(exports.names[0], "a");
    ck_text_eq(exports.names[1], "b");
    ck_assert_int_eq(exports_of(MODULE, 12, &arena, &exports, &error), SUBSTRATE_OK);
    ck_assert_uint_eq(exports.count, 0);
    base_arena_free(&arena);
}
END_TEST

START_TEST(compressed_modules_are_unpacked) {
    static const uint8_t PREFIX[] = {0x52, 0xbc, 0x53, 0x76, 0x46, 0xdb, 0x8e, 0x05};
    uint8_t packed[256];
    struct base_arena arena;
    struct wasm_exports exports;
    struct substrate_error error;
    base_arena_init(&arena, 0);
    memcpy(packed, PREFIX, sizeof PREFIX);
    size_t size = ZSTD_compress(packed + 8, sizeof packed - 8, MODULE, sizeof MODULE, 3);
    ck_assert(!ZSTD_isError(size));
    ck_assert_int_eq(exports_of(packed, size + 8, &arena, &exports, &error), SUBSTRATE_OK);
    ck_assert_uint_eq(exports.count, 2);
    for (size_t cut = 8; cut < size + 8; cut++) {
        ck_assert_int_eq(exports_of(packed, cut, &arena, &exports, &error), SUBSTRATE_E_DECODE);
        ck_assert(error.message[0] != '\0');
    }
    base_arena_free(&arena);
}
END_TEST

/* 60 MB of zeros pack into a few kilobytes. */
START_TEST(a_bomb_is_refused) {
    size_t size = (size_t)60 << 20;
    uint8_t *zeros = calloc(size, 1), *packed = malloc(1 << 20);
    struct base_arena arena;
    struct wasm_exports exports;
    struct substrate_error error;
    ck_assert(zeros != NULL && packed != NULL);
    base_arena_init(&arena, 0);
    memcpy(packed, "\x52\xbc\x53\x76\x46\xdb\x8e\x05", 8);
    size_t packed_size = ZSTD_compress(packed + 8, (1 << 20) - 8, zeros, size, 1);
    ck_assert(!ZSTD_isError(packed_size));
    ck_assert_int_eq(exports_of(packed, packed_size + 8, &arena, &exports, &error),
                     SUBSTRATE_E_LIMIT);
    base_arena_free(&arena);
    free(zeros);
    free(packed);
}
END_TEST

/* Cut anywhere it must not be read past its end (the copy is exactly as long), changed anywhere it
 * must not crash; cut inside the export section it must be an error. */
START_TEST(damaged_modules_are_errors) {
    struct base_arena arena;
    struct wasm_exports exports;
    struct substrate_error error;
    base_arena_init(&arena, 0);
    for (size_t size = 0; size <= sizeof MODULE; size++) {
        uint8_t *copy = malloc(size + 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, MODULE, size);
        copy = realloc(copy, size > 0 ? size : 1);
        enum substrate_status status = exports_of(copy, size, &arena, &exports, &error);
        bool whole = size == 8 || size == 12 || size == sizeof MODULE;
        ck_assert_msg((status == SUBSTRATE_OK) == whole, "cut at %zu: %d", size, (int)status);
        for (size_t at = 0; size == sizeof MODULE && at < size; at++) {
            for (unsigned value = 0; value < 256; value++) {
                copy[at] = (uint8_t)value;
                (void)exports_of(copy, size, &arena, &exports, &error);
                base_arena_reset(&arena);
            }
            copy[at] = MODULE[at];
        }
        free(copy);
    }
    base_arena_free(&arena);
}
END_TEST

/* ---- arguments ---- */

static enum substrate_status encode(const char *type, const char *json, struct base_buf *out,
                                    struct substrate_error *error) {
    struct base_json value;
    *error = (struct substrate_error){0};
    base_buf_reset(out);
    ck_assert_int_eq(base_json_parse(base_text(json), 32, &value, NULL), SUBSTRATE_OK);
    return scale_write(base_text(type), value, out, error);
}

START_TEST(arguments_are_scale) {
    static const struct {
        const char *type, *json, *hex;
    } CASES[] = {
        {"u8", "69", "45"},
        {"u16", "42", "2a00"},
        {"u32", "16777215", "ffffff00"},
        {"u64", "18446744073709551615", "ffffffffffffffff"},
        {"u128", "\"340282366920938463463374607431768211455\"", "ffffffffffffffffffffffffffffffff"},
        {"bool", "true", "01"},
        {"bytes", "\"0x0102ff\"", "0102ff"},
        {"bytes", "\"0x\"", ""},
        {"vec<u16>", "[4,8,15,16,23,42]", "18040008000f00100017002a00"},
        {"vec<u8>", "[]", "00"},
        {"option<u16>", "null", "00"},
        {"option<u16>", "1", "010100"},
        {"option<option<bool>>", "false", "010100"},
        {"(u8,vec<(u8,u16)>,bool)", "[3,[[1,2],[3,4]],false]", "030801020003040000"},
        {"account", "\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"",
         "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"},
    };
    struct base_buf out = BASE_BUF_INIT;
    struct substrate_error error;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        ck_assert_int_eq(encode(CASES[i].type, CASES[i].json, &out, &error), SUBSTRATE_OK);
        ck_hex_eq(out.data, out.size, CASES[i].hex);
    }
    base_buf_free(&out);
}
END_TEST

START_TEST(wrong_arguments_are_named) {
    static const struct {
        const char *type, *json;
    } CASES[] = {
        {"u16", "65536"},
        {"u8", "-1"},
        {"u8", "1.5"},
        {"u8", "\"\""},
        {"u8", "null"},
        {"u64", "18446744073709551616"},
        {"u32", "1e3"},
        {"bytes", "\"01\""},
        {"bytes", "\"0x1\""},
        {"bytes", "\"0xzz\""},
        {"bool", "1"},
        {"vec<u8>", "1"},
        {"vec<u8>", "[256]"},
        {"(u8,u8)", "[1]"},
        {"(u8,u8)", "[1,2,3]"},
        {"(u8", "[1]"},
        {"vec<u8", "[1]"},
        {"u24", "1"},
        {"", "1"},
        {"account", "\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ\""},
        {"vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<vec<u8>>>>>>>>>>>>>>>"
         ">"
         ">>",
         "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]"},
    };
    struct base_buf out = BASE_BUF_INIT;
    struct substrate_error error;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        enum substrate_status status = encode(CASES[i].type, CASES[i].json, &out, &error);
        ck_assert_msg(status == SUBSTRATE_E_DECODE || status == SUBSTRATE_E_LIMIT, "%s %s",
                      CASES[i].type, CASES[i].json);
        ck_assert(error.message[0] != '\0' && strchr(error.message, '\n') == NULL);
    }
    base_buf_free(&out);
}
END_TEST

/* ---- fees ---- */

static void fee(enum fee_kind kind, const char *hex, const char *expected) {
    uint8_t bytes[128];
    size_t size;
    struct base_buf out = BASE_BUF_INIT;
    ck_assert(base_hex_read(base_text(hex), bytes, sizeof bytes, &size));
    enum substrate_status status = fees_write(kind, (struct substrate_bytes){bytes, size}, &out);
    if (expected == NULL) {
        ck_assert_int_eq(status, SUBSTRATE_E_DECODE);
    } else {
        ck_assert_int_eq(status, SUBSTRATE_OK);
        ck_text_eq(base_buf_view(&out), expected);
    }
    base_buf_free(&out);
}

START_TEST(fees_are_read_in_both_widths) {
    fee(FEE_INFO, "a298fc29253800c62b020000000000",
        "{\"weight\":{\"ref_time\":176105000,\"proof_size\":3593},\"class\":\"normal\","
        "\"partialFee\":\"142278\"}");
    fee(FEE_INFO, "040801ffffffffffffffffffffffffffffffff",
        "{\"weight\":{\"ref_time\":1,\"proof_size\":2},\"class\":\"operational\","
        "\"partialFee\":\"340282366920938463463374607431768211455\"}");
    fee(FEE_INFO, "0000020000000000000000",
        "{\"weight\":{\"ref_time\":0,\"proof_size\":0},\"class\":\"mandatory\","
        "\"partialFee\":\"0\"}");
    fee(FEE_DETAILS, "0121d10000000000008e00000000000000ab3e0100000000000000000000000000",
        "{\"inclusionFee\":{\"baseFee\":\"0xd121\",\"lenFee\":\"0x8e\","
        "\"adjustedWeightFee\":\"0x13eab\"}}");
    fee(FEE_DETAILS, "000000000000000000", "{\"inclusionFee\":null}");
    fee(FEE_INFO, "0408", NULL);
    fee(FEE_INFO, "040803c62b020000000000", NULL);
    fee(FEE_INFO, "040801c62b0200000000", NULL);
    fee(FEE_DETAILS, "01", NULL);
    fee(FEE_DETAILS, "", NULL);
    fee(FEE_DETAILS, "0221d10000000000008e00000000000000ab3e0100000000000000000000000000", NULL);
}
END_TEST

/* ---- intervals ---- */

START_TEST(intervals_hold_a_prefix_and_no_more) {
    static const struct {
        const char *prefix, *to; /* NULL: to the end */
    } CASES[] = {{"", NULL},   {"00", "01"},     {"0f", "10"},    {"fe", "ff"},
                 {"ff", NULL}, {"ffff", NULL},   {"00ff", "01"},  {"3a", "3b"},
                 {"9f", "a0"}, {"af09", "af0a"}, {"12ffff", "13"}};
    struct base_arena arena;
    base_arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct fact_interval interval;
        ck_assert(interval_of_prefix(&arena, base_text(CASES[i].prefix), &interval));
        ck_text_eq(interval.from, CASES[i].prefix);
        if (CASES[i].to == NULL) {
            ck_assert_ptr_null(interval.to.data);
        } else {
            ck_text_eq(interval.to, CASES[i].to);
        }
    }
    ck_text_eq(key_successor(&arena, BASE_TEXT("ff")), "ff00");
    ck_text_eq(key_successor(&arena, BASE_TEXT("")), "00");
    base_arena_free(&arena);
}
END_TEST

/* ---- what a proxy holds back ---- */

static bool put(struct reply_queue *queue, void *owner, uint64_t after, uint64_t due,
                const char *text) {
    const struct held_reply held = {
        .owner = owner, .after = after, .due_us = due, .text = base_text(text)};
    return reply_queue_put(queue, &held);
}

static void takes(struct reply_queue *queue, uint64_t kept, uint64_t now, const char *expected) {
    struct held_reply *held = reply_queue_take(queue, kept, now);
    if (expected == NULL) {
        ck_assert_ptr_null(held);
    } else {
        ck_assert_ptr_nonnull(held);
        ck_text_eq(held->text, expected);
    }
    base_free(held);
}

START_TEST(held_messages_wait_for_the_keeper) {
    struct reply_queue queue;
    reply_queue_init(&queue);
    int one = 1, other = 2;
    ck_assert(reply_queue_due(&queue) == SUBSTRATE_NEVER);
    ck_assert(put(&queue, &one, 1, 100, "a") && put(&queue, &other, 1, 110, "b") &&
              put(&queue, &one, 2, 120, "c"));
    takes(&queue, 0, 99, NULL);
    ck_assert_uint_eq(reply_queue_due(&queue), 100);
    takes(&queue, 1, 0, "a");
    takes(&queue, 1, 0, "b");
    takes(&queue, 1, 119, NULL); /* in order, whatever else might go */
    takes(&queue, 1, 120, "c");  /* or when its time has come */
    takes(&queue, 9, 999, NULL);
    ck_assert(put(&queue, &one, 3, 130, "") && put(&queue, &other, 3, 130, "e"));
    reply_queue_forget(&queue, &one);
    struct held_reply *held = reply_queue_take(&queue, 0, 0); /* nobody waits for it */
    ck_assert_ptr_nonnull(held);
    ck_assert_ptr_null(held->owner);
    base_free(held);
    takes(&queue, 2, 129, NULL);
    reply_queue_free(&queue);
}
END_TEST

CHECK_MAIN("record parts", held_messages_wait_for_the_keeper, exports_are_functions_in_order,
           compressed_modules_are_unpacked, a_bomb_is_refused, damaged_modules_are_errors,
           arguments_are_scale, wrong_arguments_are_named, fees_are_read_in_both_widths,
           intervals_hold_a_prefix_and_no_more)
