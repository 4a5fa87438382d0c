/* The event journal: a ring of bytes that forgets its oldest, and what one small life leaves in it.
 */
#include <string.h>
#include "check_main.h"
#include "base/mem.h"
#include "base/text.h"
#include "space/events.h"

#define BUDGET 4096

/* An event whose texts say its number, and are as long as `size` says. */
static uint64_t add(struct space_events *events, uint64_t number, size_t size) {
    char text[2000];
    memset(text, (int)('a' + number % 26), sizeof(text));
    struct space_event event = {.kind = (enum script_event_kind)(number % SCRIPT_EVENT_KINDS),
                                .ordinal = (uint32_t)number,
                                .code = (uint16_t)(number % 5000),
                                .now_us = number * 3,
                                .cause = number / 2,
                                .call = number / 3,
                                .size = number,
                                .label = {text, size % 7},
                                .rule = {text, size % 3},
                                .id = {text, size % 40},
                                .members = {text, size}};
    return space_events_add(events, &event);
}

static void is_event(const struct space_event *event, uint64_t number, size_t size) {
    ck_assert_uint_eq(event->seq, number);
    ck_assert_uint_eq(event->kind, number % SCRIPT_EVENT_KINDS);
    ck_assert_uint_eq(event->ordinal, number);
    ck_assert_uint_eq(event->code, number % 5000);
    ck_assert_uint_eq(event->now_us, number * 3);
    ck_assert_uint_eq(event->cause, number / 2);
    ck_assert_uint_eq(event->call, number / 3);
    ck_assert_uint_eq(event->size, number);
    ck_assert_uint_eq(event->label.size, size % 7);
    ck_assert_uint_eq(event->rule.size, size % 3);
    ck_assert_uint_eq(event->id.size, size % 40);
    ck_assert_uint_eq(event->members.size, size);
    for (size_t i = 0; i < size; i++) {
        ck_assert_int_eq(event->members.data[i], (int)('a' + number % 26));
    }
}

static size_t size_of(uint64_t number) { return (size_t)(number * number % 301); }

/* What is kept is always the newest, whole and in order, and never over the budget. */
START_TEST(the_oldest_make_room) {
    struct space_events events;
    space_events_init(&events, BUDGET);
    for (uint64_t number = 1; number <= 3000; number++) {
        ck_assert_uint_eq(add(&events, number, size_of(number)), number);
        ck_assert_uint_le(events.capacity, BUDGET);
        struct space_events_walk walk = {0};
        struct space_event event;
        uint64_t expected = events.first_seq, bytes = 0;
        while (space_events_next(&events, &walk, &event)) {
            is_event(&event, expected, size_of(expected));
            bytes += event.members.size;
            expected++;
        }
        ck_assert_uint_eq(expected, number + 1);
        ck_assert_uint_lt(bytes, BUDGET);
        ck_assert(number < 5 || events.first_seq < number - 2);
    }
    ck_assert_uint_gt(events.first_seq, 2900);
    space_events_free(&events);
}
END_TEST

START_TEST(a_larger_budget_keeps_more) {
    struct space_events events;
    space_events_init(&events, 1024 * 1024);
    for (uint64_t number = 1; number <= 1000; number++) {
        (void)add(&events, number, size_of(number));
    }
    ck_assert_uint_eq(events.first_seq, 1);
    struct space_events_walk walk = {0};
    struct space_event event;
    for (uint64_t number = 1; number <= 1000; number++) {
        ck_assert(space_events_next(&events, &walk, &event));
        is_event(&event, number, size_of(number));
    }
    ck_assert(!space_events_next(&events, &walk, &event));
    space_events_forget(&events);
    walk = (struct space_events_walk){0};
    ck_assert(!space_events_next(&events, &walk, &event));
    ck_assert_uint_eq(add(&events, 1001, 5), 1001); /* numbers go on */
    ck_assert_uint_eq(events.first_seq, 1001);
    space_events_free(&events);
}
END_TEST

/* An event that is larger than what there is has its number, and is not kept. */
START_TEST(too_large) {
    struct space_events events;
    space_events_init(&events, BUDGET);
    (void)add(&events, 1, 10);
    static char large[BUDGET];
    memset(large, 'x', sizeof(large));
    struct space_event event = {.members = {large, sizeof(large)}};
    ck_assert_uint_eq(space_events_add(&events, &event), 2);
    ck_assert_uint_eq(add(&events, 3, 10), 3);
    struct space_events_walk walk = {0};
    ck_assert(space_events_next(&events, &walk, &event));
    is_event(&event, 3, 10);
    ck_assert(!space_events_next(&events, &walk, &event));
    space_events_free(&events);
}
END_TEST

START_TEST(as_json) {
    struct space_series series = {
        .label = BASE_TEXT("me"), .request = BASE_TEXT("state_getStorage [\"0x01\"]"), .count = 1};
    struct space_method method = {BASE_TEXT("state_getStorageAt"), 1};
    struct space_event event = {.kind = SCRIPT_ANSWERED,
                                .batch = true,
                                .ordinal = 2,
                                .seq = 9,
                                .now_us = 4,
                                .cause = 7,
                                .call = 5,
                                .occurrence = 3,
                                .size = 41,
                                .series = &series,
                                .method = &method,
                                .label = BASE_TEXT("me"),
                                .rule = BASE_TEXT("a \"rule\""),
                                .id = BASE_TEXT("\"x\""),
                                .members = BASE_TEXT("\"more\":[1]")};
    struct base_buf out = BASE_BUF_INIT;
    struct substrate_text space = BASE_TEXT("s");
    space_event_write(&event, &space, &out);
    ck_text_eq(base_buf_view(&out),
               "{\"space\":\"s\",\"seq\":9,\"clock\":4000,\"event\":\"answered\",\"conn\":2,"
               "\"label\":\"me\",\"cause\":{\"event\":7,\"rule\":\"a \\\"rule\\\"\"},\"call\":5,"
               "\"method\":\"state_getStorageAt\",\"request\":\"state_getStorage "
               "[\\\"0x01\\\"]\",\"occurrence\":4,\"id\":\"x\",\"size\":41,\"batch\":true,"
               "\"more\":[1]}");
    base_buf_free(&out);
}
END_TEST

CHECK_MAIN("space_events", the_oldest_make_room, a_larger_budget_keeps_more, too_large, as_json)
