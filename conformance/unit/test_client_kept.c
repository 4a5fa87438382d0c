/* What is kept beside metadata: found by key and type, once for all threads, and freed with it. */
#include <pthread.h>

#include "base/mem.h"
#include "codec/metadata_kept.h"
#include "codec_fixture.h"

#define KEYS 200
#define THREADS 4

struct thing {
    struct metadata_kept kept;
    int number;
};

static const char keys[KEYS];

static struct thing *thing_new(const void *key, uint32_t type, int number) {
    struct thing *thing = base_calloc(1, sizeof(*thing));
    ck_assert_ptr_nonnull(thing);
    thing->kept.key = key;
    thing->kept.type = type;
    thing->number = number;
    base_arena_init(&thing->kept.arena, 0);
    ck_assert_ptr_nonnull(base_arena_alloc(&thing->kept.arena, 100));
    return thing;
}

static const struct thing *keep(const struct substrate_metadata *metadata, struct thing *thing) {
    return (const struct thing *)(const void *)metadata_keep(metadata, &thing->kept);
}

static int number_of(const struct substrate_metadata *metadata, const void *key, uint32_t type) {
    const struct metadata_kept *kept = metadata_kept_get(metadata, key, type);
    return kept != NULL ? ((const struct thing *)(const void *)kept)->number : -1;
}

START_TEST(test_kept_by_key_and_type) {
    struct substrate_metadata *metadata = fixture_metadata(FIXTURE_V14);
    ck_assert_int_eq(number_of(metadata, &keys[0], 1), -1);
    struct thing *first = thing_new(&keys[0], 1, 10);
    ck_assert_ptr_eq(keep(metadata, first), first);
    struct thing *other_type = thing_new(&keys[0], 2, 20);
    ck_assert_ptr_eq(keep(metadata, other_type), other_type);
    struct thing *other_key = thing_new(&keys[1], 1, 30);
    ck_assert_ptr_eq(keep(metadata, other_key), other_key);
    ck_assert_int_eq(number_of(metadata, &keys[0], 1), 10);
    ck_assert_int_eq(number_of(metadata, &keys[0], 2), 20);
    ck_assert_int_eq(number_of(metadata, &keys[1], 1), 30);
    ck_assert_int_eq(number_of(metadata, &keys[1], 2), -1);
    substrate_metadata_free(metadata);
}
END_TEST

START_TEST(test_the_first_one_stays) {
    struct substrate_metadata *metadata = fixture_metadata(FIXTURE_V14);
    struct thing *first = thing_new(&keys[0], METADATA_NO_TYPE, 1);
    (void)keep(metadata, first);
    ck_assert_ptr_eq(keep(metadata, thing_new(&keys[0], METADATA_NO_TYPE, 2)), first);
    ck_assert_int_eq(number_of(metadata, &keys[0], METADATA_NO_TYPE), 1);
    substrate_metadata_free(metadata);
}
END_TEST

START_TEST(test_kept_for_one_runtime_only) {
    struct substrate_metadata *metadata = fixture_metadata(FIXTURE_V14);
    struct substrate_metadata *other = fixture_metadata(FIXTURE_V14);
    (void)keep(metadata, thing_new(&keys[0], 1, 1));
    ck_assert_int_eq(number_of(other, &keys[0], 1), -1);
    substrate_metadata_free(metadata);
    substrate_metadata_free(other);
}
END_TEST

struct racer {
    pthread_t thread;
    const struct substrate_metadata *metadata;
    int number;
    const struct thing *found[KEYS];
};

static void *race(void *context) {
    struct racer *racer = context;
    for (size_t i = 0; i < KEYS; i++) {
        racer->found[i] = keep(racer->metadata, thing_new(&keys[i], 1, racer->number));
    }
    return NULL;
}

/* All threads must have been given the same thing, by whomever it was made. */
START_TEST(test_threads_agree) {
    struct substrate_metadata *metadata = fixture_metadata(FIXTURE_V14);
    struct racer racers[THREADS];
    for (int t = 0; t < THREADS; t++) {
        racers[t].metadata = metadata;
        racers[t].number = t;
        ck_assert_int_eq(pthread_create(&racers[t].thread, NULL, race, &racers[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        (void)pthread_join(racers[t].thread, NULL);
    }
    for (size_t i = 0; i < KEYS; i++) {
        for (int t = 0; t < THREADS; t++) {
            ck_assert_ptr_eq(racers[t].found[i], racers[0].found[i]);
        }
        ck_assert_int_eq(number_of(metadata, &keys[i], 1), racers[0].found[i]->number);
    }
    substrate_metadata_free(metadata);
}
END_TEST

CHECK_MAIN("client_kept", test_kept_by_key_and_type, test_the_first_one_stays,
           test_kept_for_one_runtime_only, test_threads_agree)
