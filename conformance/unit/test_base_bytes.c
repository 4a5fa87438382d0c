/* Hexadecimal text, compact integers, arenas, buffers, maps, text helpers, status codes and the
 * clock. */
#include "check_main.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/compact.h"
#include "base/map.h"
#include "base/mem.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

START_TEST(hex_both_ways) {
    uint8_t all[256];
    uint8_t read[256];
    char written[512];
    size_t size = 0;
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (uint8_t)i;
    }
    base_hex_write((struct substrate_bytes){all, sizeof all}, written);
    for (size_t i = 0; i < sizeof all; i++) {
        char expected[3];
        (void)snprintf(expected, sizeof expected, "%02x", (unsigned)i);
        ck_assert_mem_eq(written + 2 * i, expected, 2);
    }
    ck_assert(base_hex_read((struct substrate_text){written, sizeof written}, read, 256, &size));
    ck_assert_uint_eq(size, 256);
    ck_assert_mem_eq(read, all, sizeof all);
    ck_assert(!base_hex_read((struct substrate_text){written, sizeof written}, read, 255, &size));
    /* Every length, from every byte: what is worked at once, and the rest. */
    for (size_t from = 0; from < sizeof all; from++) {
        for (size_t length = 0; length < 20 && from + length <= sizeof all; length++) {
            char part[41];
            memset(part, '#', sizeof part);
            base_hex_write((struct substrate_bytes){all + from, length}, part);
            ck_assert_mem_eq(part, written + 2 * from, 2 * length);
            ck_assert_int_eq(part[2 * length], '#');
        }
    }
}
END_TEST

START_TEST(hex_texts) {
    static const struct {
        const char *text, *bytes; /* bytes NULL: refused */
    } cases[] = {
        {"", ""},
        {"0x", ""},
        {"00", "00"},
        {"0x00", "00"},
        {"aBcDeF", "abcdef"},
        {"0xFf", "ff"},
        {"0", NULL},
        {"0x0", NULL},
        {"x0", NULL},
        {"0X00", NULL},
        {"0g", NULL},
        {"g0", NULL},
        {"0x0x", NULL},
        {" 00", NULL},
        {"00 ", NULL},
        {"0x 0", NULL},
        {"-1", NULL},
        {"0/", NULL},
        {"0:", NULL},
        {"0@", NULL},
        {"0G", NULL},
        {"0`", NULL},
        {"\xff"
         "0",
         NULL},
        {"0x00000", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t out[8];
        size_t size = 99;
        bool read = base_hex_read(base_text(cases[i].text), out, sizeof out, &size);
        ck_assert_msg(read == (cases[i].bytes != NULL), "%s", cases[i].text);
        if (read) {
            ck_hex_eq(out, size, cases[i].bytes);
        }
    }
    for (int c = 0; c < 256; c++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
        ck_assert_int_eq(base_hex_digit((char)c), digit == NULL ? -1 : (int)(digit - digits));
    }
}
END_TEST

/* Each character at each place of a text that is long enough to be worked sixteen at a time. */
START_TEST(hex_every_character) {
    enum { DIGITS = 38 };
    for (int c = 0; c < 256; c++) {
        bool lower = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        bool digit = lower || (c >= 'A' && c <= 'F');
        for (size_t place = 0; place < DIGITS; place++) {
            char text[2 + DIGITS] = "0x";
            uint8_t out[DIGITS / 2] = {0};
            size_t size = 0;
            memset(text + 2, '0', DIGITS);
            text[2 + place] = (char)c;
            struct substrate_text whole = {text, sizeof text};
            ck_assert(base_hex_is_canonical(whole) == lower);
            ck_assert(base_hex_read(whole, out, sizeof out, &size) == digit);
            for (size_t i = 0; digit && i < sizeof out; i++) {
                int value = i != place / 2 ? 0 : base_hex_digit((char)c) << (place % 2 ? 0 : 4);
                ck_assert_int_eq(out[i], value);
            }
        }
    }
    ck_assert(base_hex_is_canonical(base_text("0x")));
    ck_assert(!base_hex_is_canonical(base_text("0x0")));
    ck_assert(!base_hex_is_canonical(base_text("00")));
    ck_assert(!base_hex_is_canonical(base_text("")));
}
END_TEST

START_TEST(compact_vectors) {
    /* The SCALE specification's examples, and parity-scale-codec's tests of the limits. */
    static const struct {
        uint64_t value;
        const char *hex;
    } cases[] = {
        {0, "00"},
        {1, "04"},
        {42, "a8"},
        {63, "fc"},
        {64, "0101"},
        {69, "1501"},
        {16383, "fdff"},
        {16384, "02000100"},
        {65535, "feff0300"},
        {1073741823, "feffffff"},
        {1073741824, "0300000040"},
        {4294967295, "03ffffffff"},
        {4294967296, "070000000001"},
        {UINT64_C(1) << 40, "0b000000000001"},
        {UINT64_C(100000000000000), "0b00407a10f35a"},
        {UINT64_C(1) << 48, "0f00000000000001"},
        {(UINT64_C(1) << 56) - 1, "0fffffffffffffff"},
        {UINT64_C(1) << 56, "130000000000000001"},
        {UINT64_MAX, "13ffffffffffffffff"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct base_buf buf = BASE_BUF_INIT;
        uint64_t value = 0;
        size_t used = 0;
        base_compact_write(&buf, cases[i].value);
        ck_hex_eq(buf.data, buf.size, cases[i].hex);
        size_t size = buf.size;
        base_buf_str(&buf, "more");
        struct substrate_bytes input = {(const uint8_t *)buf.data, buf.size};
        ck_assert_int_eq(base_compact_read(input, &value, &used), SUBSTRATE_OK);
        ck_assert_uint_eq(value, cases[i].value);
        ck_assert_uint_eq(used, size);
        for (input.size = 0; input.size < size; input.size++) {
            ck_assert_int_eq(base_compact_read(input, &value, &used), SUBSTRATE_E_DECODE);
        }
        base_buf_free(&buf);
    }
}
END_TEST

START_TEST(compact_not_shortest) {
    static const char *const wrong[] = {
        "",                     /* nothing */
        "0100",                 /* 0 in two bytes */
        "fd00",                 /* 63 in two */
        "02000000",             /* 0 in four */
        "feff0000",             /* 16383 in four */
        "0300000000",           /* 0 in five */
        "03ffffff3f",           /* 2^30 - 1 in five */
        "07ffffffff00",         /* 2^32 - 1 in six */
        "0bffffffffff00",       /* 2^40 - 1 in seven */
        "0fffffffffffff00",     /* 2^48 - 1 in eight */
        "13ffffffffffffff00",   /* 2^56 - 1 in nine */
        "17000000000000000001", /* 2^64 */
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        uint8_t bytes[80];
        size_t size = 0;
        uint64_t value = 5;
        size_t used = 6;
        ck_assert(base_hex_read(base_text(wrong[i]), bytes, sizeof bytes, &size));
        ck_assert_int_eq(base_compact_read((struct substrate_bytes){bytes, size}, &value, &used),
                         SUBSTRATE_E_DECODE);
        ck_assert_uint_eq(value, 5);
        ck_assert_uint_eq(used, 6);
    }
}
END_TEST

/* Every two-byte input and every first byte: what is read is written again as the same bytes. */
START_TEST(compact_reads_only_what_it_writes) {
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            uint8_t bytes[10] = {(uint8_t)first, (uint8_t)second, 0, 0, 7, 1, 0, 2, 3, 4};
            uint64_t value = 0;
            size_t used = 0;
            struct substrate_bytes input = {bytes, sizeof bytes};
            if (base_compact_read(input, &value, &used) == SUBSTRATE_OK) {
                struct base_buf buf = BASE_BUF_INIT;
                base_compact_write(&buf, value);
                ck_assert_uint_eq(buf.size, used);
                ck_assert_mem_eq(buf.data, bytes, used);
                base_buf_free(&buf);
            }
        }
    }
}
END_TEST

START_TEST(arena_allocations) {
    static const size_t block_sizes[] = {0, 1, 64, 1000, 100000};
    for (size_t b = 0; b < COUNT(block_sizes); b++) {
        struct base_arena arena;
        base_arena_init(&arena, block_sizes[b]);
        ck_assert_ptr_null(arena.blocks);
        for (int round = 0; round < 3; round++) {
            unsigned char *pieces[300];
            for (size_t i = 0; i < COUNT(pieces); i++) {
                size_t size = i * i % 517; /* 0 now and then, over a block often */
                pieces[i] = base_arena_alloc(&arena, size);
                ck_assert_ptr_nonnull(pieces[i]);
                ck_assert_uint_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
                memset(pieces[i], (int)i, size);
            }
            for (size_t i = 0; i < COUNT(pieces); i++) {
                for (size_t j = 0; j < i * i % 517; j++) {
                    ck_assert_uint_eq(pieces[i][j], i % 256);
                }
            }
            base_arena_reset(&arena);
        }
        base_arena_free(&arena);
        ck_assert_ptr_null(arena.blocks);
        /* It can be used again. */
        ck_assert_ptr_nonnull(base_arena_alloc(&arena, 1));
        base_arena_free(&arena);
    }
}
END_TEST

START_TEST(arena_reuses_one_block) {
    struct base_arena arena;
    base_arena_init(&arena, 256);
    void *first = base_arena_alloc(&arena, 10);
    for (int i = 0; i < 100; i++) {
        ck_assert_ptr_nonnull(base_arena_alloc(&arena, 10));
    }
    ck_assert_ptr_nonnull(base_arena_alloc(&arena, 100000));
    base_arena_reset(&arena);
    struct base_arena_block *kept = arena.blocks;
    ck_assert_ptr_nonnull(kept);
    for (int i = 0; i < 5; i++) {
        (void)base_arena_alloc(&arena, 100);
        base_arena_reset(&arena);
        ck_assert_ptr_eq(arena.blocks, kept);
    }
    (void)first;
    base_arena_free(&arena);
}
END_TEST

START_TEST(arena_in_a_room) {
    struct arena_room {
        alignas(max_align_t) char room[BASE_ARENA_ROOM(128)];
        char behind[16];
    } both;
    struct base_arena arena;
    memset(both.behind, '#', sizeof both.behind);
    base_arena_init_in(&arena, both.room, sizeof both.room, 64);
    struct base_arena_block *first = arena.blocks;
    ck_assert_ptr_eq(first, both.room);
    for (int round = 0; round < 3; round++) {
        char *pieces[40];
        for (size_t i = 0; i < COUNT(pieces); i++) {
            size_t size =
                i * 7 % 100; /* some into the room, some beside it, some into new blocks */
            pieces[i] = base_arena_alloc(&arena, size);
            ck_assert_ptr_nonnull(pieces[i]);
            ck_assert_uint_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
            memset(pieces[i], (int)i, size);
        }
        ck_assert(pieces[0] >= both.room && pieces[0] < both.behind);
        for (size_t i = 0; i < COUNT(pieces); i++) {
            for (size_t j = 0; j < i * 7 % 100; j++) {
                ck_assert_int_eq(pieces[i][j], (char)i);
            }
        }
        /* All other blocks are given back: valgrind and the sanitizers see to it. */
        base_arena_reset(&arena);
        ck_assert_ptr_eq(arena.blocks, first);
    }
    base_arena_free(&arena);
    ck_assert_ptr_null(arena.blocks);
    for (size_t i = 0; i < sizeof both.behind; i++) {
        ck_assert_int_eq(both.behind[i], '#');
    }
    memset(&both, 0, sizeof both); /* the room is its owner's again, to the sanitizers as well */
}
END_TEST

START_TEST(arena_copies) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    struct substrate_text copy = base_arena_text(&arena, BASE_TEXT("a\0b"));
    ck_assert_uint_eq(copy.size, 3);
    ck_assert_mem_eq(copy.data, "a\0b", 4);
    copy = base_arena_text(&arena, (struct substrate_text){NULL, 0});
    ck_assert_ptr_nonnull(copy.data);
    ck_assert_uint_eq(copy.size, 0);
    ck_assert_int_eq(copy.data[0], '\0');
    unsigned char *zeros = base_arena_calloc(&arena, 7, 11);
    for (size_t i = 0; i < 77; i++) {
        ck_assert_uint_eq(zeros[i], 0);
    }
    memset(zeros, 1, 77);
    base_arena_reset(&arena);
    zeros = base_arena_calloc(&arena, 100, 1); /* over what was used before */
    for (size_t i = 0; i < 100; i++) {
        ck_assert_uint_eq(zeros[i], 0);
    }
    ck_assert_ptr_null(base_arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(base_arena_alloc(&arena, SIZE_MAX - 16));
    ck_assert_ptr_null(base_arena_calloc(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(base_arena_text(&arena, (struct substrate_text){"", SIZE_MAX}).data);
    ck_assert_ptr_nonnull(base_arena_alloc(&arena, 1));
    base_arena_free(&arena);
}
END_TEST

START_TEST(memory_overflow) {
    ck_assert_ptr_null(base_calloc(SIZE_MAX / 2, 3));
    ck_assert_ptr_null(base_resize_array(NULL, SIZE_MAX / 8 + 1, 8));
    ck_assert_ptr_null(base_strdup((struct substrate_text){"", SIZE_MAX}));
    void *array = NULL;
    size_t capacity = 0;
    ck_assert(!base_grow(&array, &capacity, SIZE_MAX, 2));
    ck_assert(array == NULL && capacity == 0);
    ck_assert(base_grow(&array, &capacity, 0, 4));
    ck_assert(array == NULL && capacity == 0);
    for (size_t need = 1; need < 1000; need++) {
        size_t before = capacity;
        ck_assert(base_grow(&array, &capacity, need, 4));
        ck_assert_uint_ge(capacity, need);
        /* Growth is by doubling, or not at all. */
        ck_assert(before == 0 || capacity == before || capacity == 2 * before);
        memset(array, 1, capacity * 4);
    }
    base_free(array);
    base_free(NULL);
    void *empty = base_alloc(0);
    ck_assert_ptr_nonnull(empty);
    empty = base_resize(empty, 0);
    ck_assert_ptr_nonnull(empty);
    base_free(empty);
    char *copy = base_strdup(BASE_TEXT("text"));
    ck_assert_str_eq(copy, "text");
    base_free(copy);
    copy = base_strdup((struct substrate_text){NULL, 0});
    ck_assert_str_eq(copy, "");
    base_free(copy);
}
END_TEST

START_TEST(buf_appends) {
    static const uint8_t bytes[] = {0x0a, 0xff};
    struct base_buf buf = BASE_BUF_INIT;
    ck_assert_uint_eq(base_buf_view(&buf).size, 0);
    base_buf_append(&buf, NULL, 0);
    base_buf_text(&buf, (struct substrate_text){NULL, 0});
    base_buf_hex(&buf, (struct substrate_bytes){NULL, 0});
    base_buf_str(&buf, "");
    ck_assert_ptr_null(buf.data);
    base_buf_str(&buf, "str ");
    base_buf_text(&buf, BASE_TEXT("text "));
    base_buf_char(&buf, 'c');
    base_buf_char(&buf, ' ');
    base_buf_hex(&buf, (struct substrate_bytes){bytes, sizeof bytes});
    base_buf_format(&buf, " %s%d %%", "format", -3);
    ck_text_eq(base_buf_view(&buf), "str text c 0aff format-3 %");
    base_buf_reset(&buf);
    base_buf_u64(&buf, 0);
    base_buf_char(&buf, ' ');
    base_buf_u64(&buf, UINT64_MAX);
    base_buf_char(&buf, ' ');
    base_buf_i64(&buf, INT64_MIN);
    base_buf_char(&buf, ' ');
    base_buf_i64(&buf, INT64_MAX);
    base_buf_char(&buf, ' ');
    base_buf_i64(&buf, -1);
    base_buf_i64(&buf, 0);
    ck_text_eq(base_buf_view(&buf),
               "0 18446744073709551615 -9223372036854775808 9223372036854775807 -10");
    base_buf_reset(&buf);
    for (unsigned i = 0; i < 100000; i++) {
        base_buf_char(&buf, (char)(i % 251));
    }
    ck_assert_uint_eq(buf.size, 100000);
    for (unsigned i = 0; i < 100000; i++) {
        ck_assert_int_eq(buf.data[i], (char)(i % 251));
    }
    base_buf_free(&buf);
    ck_assert(buf.data == NULL && buf.size == 0 && buf.capacity == 0);
}
END_TEST

START_TEST(buf_on_room) {
    char room[9];
    for (size_t size = 0; size < 2 * sizeof room; size++) {
        struct base_buf buf = BASE_BUF_ON(room);
        room[sizeof room - 1] = '#';
        for (size_t i = 0; i < size; i++) {
            base_buf_char(&buf, (char)('a' + i));
        }
        ck_assert(base_text_equal(base_buf_view(&buf),
                                  (struct substrate_text){"abcdefghijklmnopqr", size}));
        ck_assert_int_eq(room[sizeof room - 1], size >= sizeof room ? 'i' : '#');
        ck_assert((buf.data == room) == (size <= sizeof room));
        base_buf_free(&buf); /* what is in the room is not the heap's to free */
        ck_assert(buf.data == NULL && buf.capacity == 0 && !buf.borrowed);
    }
    struct base_buf full = BASE_BUF_ON(room);
    base_buf_append(&full, "123456789", 9);
    ck_assert(!base_buf_reserve(&full, SIZE_MAX));
    ck_text_eq(base_buf_view(&full), "123456789");
    base_buf_free(&full);
}
END_TEST

START_TEST(buf_failure_sticks) {
    struct base_buf buf = BASE_BUF_INIT;
    base_buf_str(&buf, "kept");
    ck_assert(!base_buf_reserve(&buf, SIZE_MAX));
    ck_assert(buf.failed);
    base_buf_str(&buf, "lost");
    base_buf_u64(&buf, 7);
    base_buf_format(&buf, "%d", 7);
    base_buf_hex(&buf, (struct substrate_bytes){(const uint8_t *)"x", 1});
    ck_assert(!base_buf_reserve(&buf, 0));
    ck_text_eq(base_buf_view(&buf), "kept");
    base_buf_reset(&buf);
    ck_assert(!buf.failed);
    base_buf_str(&buf, "new");
    ck_text_eq(base_buf_view(&buf), "new");
    base_buf_free(&buf);
}
END_TEST

/* A small generator (xorshift64*), so that a failing run can be repeated from its printed seed. */
static uint64_t random_state;

static uint64_t random_next(void) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

static void random_begin(void) {
    const char *given = getenv("CHECK_SEED");
    uint64_t seed = 0;
    if (given == NULL || !base_text_u64(base_text(given), &seed) || seed == 0) {
        seed = substrate_now_us() | 1;
    }
    random_state = seed;
    (void)printf("CHECK_SEED=%llu\n", (unsigned long long)seed);
    (void)fflush(stdout);
}

#define KEYS 700
#define OPERATIONS 30000

/* Grows in the first third of the operations, shrinks in the last. */
static bool draw_put(int operation) {
    return random_next() % 8 < (operation < OPERATIONS / 3       ? 6U
                                : operation < 2 * OPERATIONS / 3 ? 4U
                                                                 : 2U);
}

START_TEST(map_against_a_model) {
    static char keys[KEYS][8];
    static int values[64];
    int *model[KEYS] = {NULL};
    size_t count = 0;
    struct base_map map;
    random_begin();
    base_map_init(&map, random_next());
    for (size_t i = 0; i < KEYS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%zu", i);
    }
    for (int operation = 0; operation < OPERATIONS; operation++) {
        size_t i = random_next() % KEYS;
        struct substrate_text key = base_text(keys[i]);
        if (draw_put(operation)) {
            int *value = &values[random_next() % COUNT(values)];
            ck_assert(base_map_put(&map, key, value));
            count += model[i] == NULL;
            model[i] = value;
        } else {
            ck_assert_ptr_eq(base_map_remove(&map, key), model[i]);
            count -= model[i] != NULL;
            model[i] = NULL;
        }
        ck_assert_uint_eq(map.count, count);
        size_t other = random_next() % KEYS;
        ck_assert_ptr_eq(base_map_get(&map, base_text(keys[other])), model[other]);
        if (operation % 1000 == 0) {
            size_t cursor = 0;
            size_t seen = 0;
            struct substrate_text found;
            void *value = NULL;
            while (base_map_next(&map, &cursor, &found, &value)) {
                uint64_t index = 0;
                ck_assert(base_text_u64(found, &index));
                ck_assert_ptr_eq(model[index], value);
                seen++;
            }
            ck_assert_uint_eq(seen, count);
        }
    }
    for (size_t i = 0; i < KEYS; i++) {
        ck_assert_ptr_eq(base_map_get(&map, base_text(keys[i])), model[i]);
    }
    base_map_free(&map);
    ck_assert_ptr_null(base_map_get(&map, base_text("1")));
}
END_TEST

/* Ids that are neighbours, and ids that differ in their high bits only. */
static uint64_t id_of(size_t i) {
    return i % 2 == 0 ? (uint64_t)i : (uint64_t)i << 52 | UINT64_C(0xffff);
}

START_TEST(idmap_against_a_model) {
    static int values[64];
    int *model[KEYS] = {NULL};
    size_t count = 0;
    struct base_idmap map;
    random_begin();
    base_idmap_init(&map);
    for (int operation = 0; operation < OPERATIONS; operation++) {
        size_t i = random_next() % KEYS;
        if (draw_put(operation)) {
            int *value = &values[random_next() % COUNT(values)];
            ck_assert(base_idmap_put(&map, id_of(i), value));
            count += model[i] == NULL;
            model[i] = value;
        } else {
            ck_assert_ptr_eq(base_idmap_remove(&map, id_of(i)), model[i]);
            count -= model[i] != NULL;
            model[i] = NULL;
        }
        ck_assert_uint_eq(map.count, count);
        size_t other = random_next() % KEYS;
        ck_assert_ptr_eq(base_idmap_get(&map, id_of(other)), model[other]);
    }
    size_t cursor = 0;
    uint64_t id = 0;
    void *value = NULL;
    while (base_idmap_next(&map, &cursor, &id, &value)) {
        size_t i = id % 2 == 0 ? (size_t)id : (size_t)(id >> 52);
        ck_assert_ptr_eq(model[i], value);
        model[i] = NULL;
        count--;
    }
    ck_assert_uint_eq(count, 0);
    base_idmap_free(&map);
    ck_assert_ptr_null(base_idmap_get(&map, 1));
    ck_assert_ptr_null(base_idmap_remove(&map, 1));
}
END_TEST

START_TEST(map_keys) {
    struct base_map map;
    int one = 1;
    int two = 2;
    char first[] = "key";
    char second[] = "key";
    base_map_init(&map, 0);
    ck_assert_ptr_null(base_map_remove(&map, BASE_TEXT("key")));
    ck_assert(base_map_put(&map, (struct substrate_text){NULL, 0}, &one));
    ck_assert_ptr_eq(base_map_get(&map, BASE_TEXT("")), &one);
    ck_assert(base_map_put(&map, base_text(first), &one));
    ck_assert(base_map_put(&map, base_text(second), &two));
    ck_assert_uint_eq(map.count, 2);
    /* The older view may go: the newer one has replaced it. */
    memset(first, 'x', 3);
    ck_assert_ptr_eq(base_map_get(&map, BASE_TEXT("key")), &two);
    ck_assert(base_map_put(&map, BASE_TEXT("a\0b"), &one));
    ck_assert_ptr_null(base_map_get(&map, BASE_TEXT("a\0c")));
    ck_assert_ptr_null(base_map_get(&map, BASE_TEXT("a")));
    base_map_free(&map);
}
END_TEST

START_TEST(text_helpers) {
    ck_assert(base_text(NULL).data == NULL && base_text(NULL).size == 0);
    ck_assert(base_text_equal(base_text(NULL), BASE_TEXT("")));
    ck_assert(base_text_is(BASE_TEXT("ab"), "ab"));
    ck_assert(!base_text_is(BASE_TEXT("ab"), "abc") && !base_text_is(BASE_TEXT("ab"), "a"));
    ck_assert(!base_text_equal(BASE_TEXT("a\0b"), BASE_TEXT("a\0c")));
    ck_assert(base_text_starts(BASE_TEXT("ab"), "") && base_text_starts(BASE_TEXT("ab"), "ab"));
    ck_assert(!base_text_starts(BASE_TEXT("ab"), "abc") && !base_text_starts(base_text(NULL), "a"));
    ck_assert(base_text_starts(base_text(NULL), ""));
    ck_assert_int_eq(base_text_compare(base_text(NULL), BASE_TEXT("")), 0);
    ck_assert_int_lt(base_text_compare(BASE_TEXT("a"), BASE_TEXT("ab")), 0);
    ck_assert_int_gt(base_text_compare(BASE_TEXT("b"), BASE_TEXT("ab")), 0);
    ck_assert_int_gt(base_text_compare(BASE_TEXT("\xff"), BASE_TEXT("\x01")), 0);
    ck_assert_int_gt(base_text_compare(BASE_TEXT("a\0"), BASE_TEXT("a")), 0);
    ck_text_eq(base_text_trim(BASE_TEXT(" \t\r\na b\n ")), "a b");
    ck_text_eq(base_text_trim(BASE_TEXT(" \n ")), "");
    ck_text_eq(base_text_trim(BASE_TEXT("\va\f")), "\va\f");
    ck_text_eq(base_text_trim(base_text(NULL)), "");
}
END_TEST

START_TEST(text_numbers) {
    static const char *const wrong[] = {"",
                                        "00",
                                        "01",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "0x1",
                                        "1a",
                                        "1.",
                                        "1e1",
                                        "18446744073709551616",
                                        "18446744073709551620",
                                        "99999999999999999999",
                                        "184467440737095516150",
                                        "/",
                                        ":"};
    uint64_t value = 5;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(!base_text_u64(base_text(wrong[i]), &value), "%s", wrong[i]);
        ck_assert_uint_eq(value, 5);
    }
    ck_assert(base_text_u64(BASE_TEXT("0"), &value) && value == 0);
    ck_assert(base_text_u64(BASE_TEXT("10"), &value) && value == 10);
    ck_assert(base_text_u64(BASE_TEXT("18446744073709551615"), &value) && value == UINT64_MAX);
    ck_assert(base_text_u64(BASE_TEXT("18446744073709551609"), &value));
    ck_assert(value == UINT64_MAX - 6);
}
END_TEST

START_TEST(errors) {
    struct substrate_error error = {SUBSTRATE_OK, 7, 8, "old"};
    ck_assert_int_eq(base_fail(&error, SUBSTRATE_E_LIMIT, "%s %d", "line", 3), SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(error.status, SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(error.rpc_code, 0);
    ck_assert_uint_eq(error.position, 0);
    ck_assert_str_eq(error.message, "line 3");
    ck_assert_int_eq(base_fail(NULL, SUBSTRATE_E_IO, "nobody reads this"), SUBSTRATE_E_IO);
    /* One line, whatever is quoted in it; text that is no control stays as it is. */
    (void)base_fail(&error, SUBSTRATE_E_IO, "%s",
                    "a\r\n\tb\x01\x1b\x7f\xc2\x80\xc2\x9f\xc2\xa0\xc3\x80\xc2");
    ck_assert_str_eq(error.message, "a   b???????\xc2\xa0\xc3\x80\xc2");
    (void)base_fail(&error, SUBSTRATE_E_IO, "%0500d", 1);
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
}
END_TEST

START_TEST(status_codes) {
    ck_assert_str_eq(substrate_status_name(SUBSTRATE_OK), "OK");
    ck_assert_str_eq(substrate_status_name(SUBSTRATE_E_TIMEOUT), "E_TIMEOUT");
    ck_assert_str_eq(substrate_status_name(SUBSTRATE_E_IO), "E_IO");
    ck_assert_str_eq(substrate_status_text(SUBSTRATE_E_MEMORY), "out of memory");
    for (int status = -16; status <= 1; status++) {
        ck_assert_str_ne(substrate_status_name((enum substrate_status)status), "?");
        ck_assert_str_ne(substrate_status_text((enum substrate_status)status), "unknown status");
    }
    ck_assert_str_eq(substrate_status_name((enum substrate_status)2), "?");
    ck_assert_str_eq(substrate_status_name((enum substrate_status) - 17), "?");
    ck_assert_ptr_nonnull(substrate_status_text((enum substrate_status) - 99));
}
END_TEST

START_TEST(clock_runs_forward) {
    uint64_t before = substrate_now_us();
    ck_assert_uint_gt(before, 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t now = substrate_now_us();
        ck_assert_uint_ge(now, before);
        before = now;
    }
}
END_TEST

CHECK_MAIN("base_bytes", hex_both_ways, hex_texts, hex_every_character, compact_vectors,
           compact_not_shortest, compact_reads_only_what_it_writes, arena_allocations,
           arena_reuses_one_block, arena_in_a_room, arena_copies, memory_overflow, buf_appends,
           buf_on_room, buf_failure_sticks, map_against_a_model, idmap_against_a_model, map_keys,
           text_helpers, text_numbers, errors, status_codes, clock_runs_forward)
