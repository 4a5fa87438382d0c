/* Out of memory: each scenario runs with its first, second, third, … allocation failing until none
 * fails. Every run must end cleanly, say so, and give back all that it took. */
#include "check_main.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/compact.h"
#include "base/hash.h"
#include "base/header.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* Counts what is alive, and fails one allocation, or all from that one on. */
struct failing {
    size_t alive, made, fail_at;
    bool forever;
};

static void *failing_resize(void *context, void *memory, size_t size) {
    struct failing *failing = context;
    if (size == 0) {
        failing->alive -= memory != NULL;
        free(memory);
        return NULL;
    }
    failing->made++;
    if (failing->made == failing->fail_at ||
        (failing->forever && failing->made > failing->fail_at)) {
        return NULL;
    }
    failing->alive += memory == NULL;
    return realloc(memory, size);
}

/* A scenario says whether it succeeded; it frees all it took either way. */
static void fail_each(bool (*scenario)(void)) {
    for (int forever = 0; forever < 2; forever++) {
        for (size_t n = 1;; n++) {
            struct failing failing = {0, 0, n, forever != 0};
            struct substrate_allocator allocator = {failing_resize, &failing};
            substrate_allocator_set(&allocator);
            bool succeeded = scenario();
            substrate_allocator_set(NULL);
            ck_assert_uint_eq(failing.alive, 0);
            if (failing.made < n) {
                ck_assert(succeeded);
                ck_assert_uint_gt(n, 1); /* it did allocate something */
                break;
            }
            ck_assert(!succeeded);
            ck_assert_uint_lt(n, 1000);
        }
    }
}

static bool memory_scenario(void) {
    char *copy = base_strdup(BASE_TEXT("text"));
    void *zeros = base_calloc(3, 5);
    void *array = NULL;
    size_t capacity = 0;
    bool grown = true;
    for (size_t need = 1; need < 100 && grown; need++) {
        void *before = array;
        size_t capacity_before = capacity;
        grown = base_grow(&array, &capacity, need, 8);
        ck_assert(grown || (array == before && capacity == capacity_before));
    }
    base_free(copy);
    base_free(zeros);
    base_free(array);
    return copy != NULL && zeros != NULL && grown;
}

static bool arena_scenario(void) {
    struct base_arena arena;
    bool all = true;
    base_arena_init(&arena, 128);
    for (int round = 0; round < 2; round++) {
        for (size_t size = 0; size < 300; size += 29) {
            unsigned char *piece = base_arena_alloc(&arena, size);
            if (piece != NULL) {
                memset(piece, 1, size);
            }
            all = all && piece != NULL;
        }
        all = all && base_arena_text(&arena, BASE_TEXT("text")).data != NULL;
        all = base_arena_calloc(&arena, 50, 50) != NULL && all;
        base_arena_reset(&arena);
    }
    base_arena_free(&arena);
    return all;
}

static bool buf_scenario(void) {
    static const uint8_t bytes[200] = {0};
    struct base_buf buf = BASE_BUF_INIT;
    base_buf_str(&buf, "start");
    base_json_write_string(&buf, BASE_TEXT("a \"string\" with \xff and \n"));
    base_buf_hex(&buf, (struct substrate_bytes){bytes, sizeof bytes});
    base_buf_format(&buf, "%0300d", 7);
    base_compact_write(&buf, UINT64_MAX);
    for (uint64_t i = 0; i < 1000; i++) {
        base_buf_u64(&buf, i);
    }
    char room[8];
    struct base_buf small = BASE_BUF_ON(room);
    base_buf_str(&small, "outgrows its room");
    ck_assert_uint_eq(small.size, small.failed ? 0 : 17);
    bool succeeded = !buf.failed && !small.failed;
    ck_assert(!succeeded || buf.size > 3000);
    base_buf_free(&small);
    base_buf_free(&buf);
    return succeeded;
}

static bool map_scenario(void) {
    static char keys[100][8];
    struct base_map map;
    struct base_idmap ids;
    bool succeeded = true;
    size_t texts_in = 0;
    size_t ids_in = 0;
    base_map_init(&map, 1);
    base_idmap_init(&ids);
    for (size_t i = 0; i < 100; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%zu", i);
        bool text_in = base_map_put(&map, base_text(keys[i]), keys[i]);
        bool id_in = base_idmap_put(&ids, i, keys[i]);
        texts_in += text_in;
        ids_in += id_in;
        /* What failed changed nothing. */
        ck_assert_ptr_eq(base_map_get(&map, base_text(keys[i])), text_in ? keys[i] : NULL);
        ck_assert_ptr_eq(base_idmap_get(&ids, i), id_in ? keys[i] : NULL);
        ck_assert(map.count == texts_in && ids.count == ids_in);
        succeeded = succeeded && text_in && id_in;
    }
    for (size_t i = 0; i < 100; i++) {
        (void)base_map_remove(&map, base_text(keys[i]));
        (void)base_idmap_remove(&ids, i);
    }
    ck_assert(map.count == 0 && ids.count == 0);
    base_map_free(&map);
    base_idmap_free(&ids);
    return succeeded;
}

static bool json_scenario(void) {
    struct base_json value;
    struct substrate_text text;
    struct base_arena arena;
    struct base_buf buf = BASE_BUF_INIT;
    base_arena_init(&arena, 0);
    ck_assert_int_eq(base_json_parse(BASE_TEXT("{ \"a\" : \"\\u0062\" }"), 8, &value, NULL),
                     SUBSTRATE_OK);
    bool read = base_json_string(base_json_member(value, "a"), &arena, &text);
    ck_assert(!read || base_text_is(text, "b"));
    base_json_write_compact(&buf, value);
    bool written = !buf.failed;
    ck_assert(!written || base_text_is(base_buf_view(&buf), "{\"a\":\"\\u0062\"}"));
    base_buf_free(&buf);
    base_arena_free(&arena);
    return read && written;
}

#define HASH_1 "\"0x1111111111111111111111111111111111111111111111111111111111111111\""

static bool header_scenario(void) {
    static const char json[] =
        "{\"parentHash\":" HASH_1 ",\"number\":\"0x49\",\"stateRoot\":" HASH_1
        ",\"extrinsicsRoot\":" HASH_1 ",\"digest\":{\"logs\":[\"0x066175726120c9038c6800000000\","
        "\"0x066175726120c9038c6800000000\"]}}";
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    struct base_header header;
    struct substrate_hash hash;
    struct base_buf scale = BASE_BUF_INIT;
    enum substrate_status hashed = base_header_hash(base_text(json), &hash, &error);
    ck_assert(hashed == SUBSTRATE_OK || hashed == SUBSTRATE_E_MEMORY);
    ck_assert(error.status == hashed);
    enum substrate_status read = base_header_read(base_text(json), &header, &scale, &error);
    ck_assert(read == SUBSTRATE_OK || read == SUBSTRATE_E_MEMORY);
    ck_assert(read == SUBSTRATE_OK || (scale.size == 0 && scale.failed));
    enum substrate_status checked = base_header_read(base_text(json), &header, NULL, &error);
    ck_assert(checked == SUBSTRATE_OK || checked == SUBSTRATE_E_MEMORY);
    base_buf_free(&scale);
    return hashed == SUBSTRATE_OK && read == SUBSTRATE_OK && checked == SUBSTRATE_OK;
}

/* As tests of what uses arenas want it: five allocations of an arena are five of the allocator. */
START_TEST(arenas_that_do_not_share) {
    struct failing counting = {0, 0, 0, false};
    struct substrate_allocator allocator = {failing_resize, &counting};
    struct base_arena arena;
    substrate_allocator_set(&allocator);
    base_arena_each_alone(true);
    base_arena_init(&arena, 4096);
    base_arena_each_alone(false);
    for (size_t i = 1; i <= 5; i++) {
        memset(base_arena_alloc(&arena, i), 0xab, i);
        ck_assert_uint_eq(counting.made, i);
    }
    base_arena_reset(&arena);
    ck_assert_uint_eq(counting.alive, 0);
    base_arena_free(&arena);
    substrate_allocator_set(NULL);
}
END_TEST

START_TEST(plain_memory) { fail_each(memory_scenario); }
END_TEST

START_TEST(arenas) { fail_each(arena_scenario); }
END_TEST

START_TEST(buffers) { fail_each(buf_scenario); }
END_TEST

START_TEST(maps) { fail_each(map_scenario); }
END_TEST

START_TEST(json) { fail_each(json_scenario); }
END_TEST

START_TEST(headers) { fail_each(header_scenario); }
END_TEST

CHECK_MAIN("base_memory", plain_memory, arenas, arenas_that_do_not_share, buffers, maps, json,
           headers)
