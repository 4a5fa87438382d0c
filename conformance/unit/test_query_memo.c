/* The memo of facts: found out once, awaited by the others, dropped when old, and nothing left of
 * what could not be had. */
#include "client_support.h"

#include <pthread.h>
#include "run/memo.h"

static struct fact version_of(unsigned char block) {
    struct fact fact = {.kind = FACT_STATE_VERSION};
    memset(fact.hash.bytes, block, sizeof(fact.hash.bytes));
    return fact;
}

static struct fact_value version(uint32_t spec) {
    return (struct fact_value){.version = {.spec_version = spec}};
}

/* Asks; a fact that is this caller's to find is settled with `spec` at once. */
static enum memo_answer learn(struct memo *memo, struct fact fact, uint32_t spec) {
    struct memo_waiter waiter = {0};
    struct fact_value value = version(spec);
    enum memo_answer answer = memo_ask(memo, &fact, &waiter);
    if (answer == MEMO_YOURS) {
        memo_settle(memo, &fact, &waiter, &value, NULL);
    } else {
        ck_assert_int_eq(answer, MEMO_KNOWN);
        ck_assert_uint_eq(waiter.value.version.spec_version, spec);
    }
    return answer;
}

START_TEST(test_a_fact_is_found_once) {
    struct memo *memo = memo_new(8);
    ck_assert_int_eq(learn(memo, version_of(1), 100), MEMO_YOURS);
    ck_assert_int_eq(learn(memo, version_of(1), 100), MEMO_KNOWN);
    ck_assert_int_eq(learn(memo, version_of(2), 101), MEMO_YOURS);
    ck_assert_int_eq(learn(memo, version_of(1), 100), MEMO_KNOWN);
    ck_assert_int_eq(learn(memo, version_of(2), 101), MEMO_KNOWN);
    memo_free(memo);
}
END_TEST

START_TEST(test_facts_differ_by_kind_hash_and_version) {
    struct memo *memo = memo_new(8);
    struct fact fact = version_of(1);
    ck_assert_int_eq(learn(memo, fact, 1), MEMO_YOURS);
    fact.kind = FACT_CALL_VERSION;
    ck_assert_int_eq(learn(memo, fact, 2), MEMO_YOURS);
    fact.hash.bytes[31] ^= 1;
    ck_assert_int_eq(learn(memo, fact, 3), MEMO_YOURS);
    fact.version.spec_version = 7;
    ck_assert_int_eq(learn(memo, fact, 4), MEMO_YOURS);
    fact.version.at.bytes[0] = 9; /* where to ask is not what is asked */
    fact.version.transaction_version = 9;
    ck_assert_int_eq(learn(memo, fact, 4), MEMO_KNOWN);
    memo_free(memo);
}
END_TEST

START_TEST(test_the_least_recently_used_is_dropped) {
    struct memo *memo = memo_new(2);
    ck_assert_int_eq(learn(memo, version_of(1), 1), MEMO_YOURS);
    ck_assert_int_eq(learn(memo, version_of(2), 2), MEMO_YOURS);
    ck_assert_int_eq(learn(memo, version_of(1), 1), MEMO_KNOWN);
    ck_assert_int_eq(learn(memo, version_of(3), 3), MEMO_YOURS); /* 2 goes */
    ck_assert_int_eq(learn(memo, version_of(1), 1), MEMO_KNOWN);
    ck_assert_int_eq(learn(memo, version_of(3), 3), MEMO_KNOWN);
    ck_assert_int_eq(learn(memo, version_of(2), 2), MEMO_YOURS);
    memo_free(memo);
}
END_TEST

static size_t told;

static void tell(struct memo_waiter *waiter) {
    ck_assert(waiter->settled);
    told += 1;
}

START_TEST(test_those_who_wait_are_told_once) {
    struct memo *memo = memo_new(8);
    struct fact fact = version_of(1);
    struct fact_value value = version(100);
    struct memo_waiter first = {0}, second = {.on_settled = tell}, third = {.on_settled = tell};
    told = 0;
    ck_assert_int_eq(memo_ask(memo, &fact, &first), MEMO_YOURS);
    ck_assert_int_eq(memo_ask(memo, &fact, &second), MEMO_AWAITED);
    ck_assert_int_eq(memo_ask(memo, &fact, &third), MEMO_AWAITED);
    ck_assert_uint_eq(told, 0);
    memo_forget(memo); /* what is under way stays */
    memo_settle(memo, &fact, &first, &value, NULL);
    ck_assert_uint_eq(told, 2);
    ck_assert_int_eq(second.error.status, SUBSTRATE_OK);
    ck_assert_uint_eq(second.value.version.spec_version, 100);
    ck_assert_uint_eq(third.value.version.spec_version, 100);
    memo_settle(memo, &fact, &first, &value, NULL);
    ck_assert_uint_eq(told, 2);
    ck_assert_int_eq(learn(memo, fact, 100), MEMO_KNOWN);
    memo_forget(memo);
    ck_assert_int_eq(learn(memo, fact, 100), MEMO_YOURS);
    memo_free(memo);
}
END_TEST

START_TEST(test_an_error_is_told_and_forgotten) {
    struct memo *memo = memo_new(8);
    struct fact fact = version_of(1);
    struct memo_waiter first = {0}, second = {.on_settled = tell};
    struct substrate_error error = {.status = SUBSTRATE_E_TIMEOUT};
    told = 0;
    ck_assert_int_eq(memo_ask(memo, &fact, &first), MEMO_YOURS);
    ck_assert_int_eq(memo_ask(memo, &fact, &second), MEMO_AWAITED);
    memo_settle(memo, &fact, &first, NULL, &error);
    ck_assert_uint_eq(told, 1);
    ck_assert_int_eq(second.error.status, SUBSTRATE_E_TIMEOUT);
    ck_assert_int_eq(learn(memo, fact, 100), MEMO_YOURS);
    memo_free(memo);
}
END_TEST

static const int ONE, OTHER; /* connections */

/* What was wrong on one connection says nothing of others. */
START_TEST(test_an_error_is_its_connections) {
    struct memo *memo = memo_new(8);
    struct fact fact = version_of(1);
    struct memo_waiter first = {.connection = &ONE},
                       same = {.connection = &ONE, .on_settled = tell},
                       other = {.connection = &OTHER, .on_settled = tell};
    struct substrate_error error = {.status = SUBSTRATE_E_CLOSED};
    ck_assert_int_eq(memo_ask(memo, &fact, &first), MEMO_YOURS);
    ck_assert_int_eq(memo_ask(memo, &fact, &same), MEMO_AWAITED);
    ck_assert_int_eq(memo_ask(memo, &fact, &other), MEMO_AWAITED);
    memo_settle(memo, &fact, &first, NULL, &error);
    ck_assert(same.settled && !same.left);
    ck_assert_int_eq(same.error.status, SUBSTRATE_E_CLOSED);
    ck_assert(other.settled && other.left);
    memo_free(memo);
}
END_TEST

/* Those that a fact was left to: one that fails is no matter of a third that has begun meanwhile;
 * one that finds it tells everybody. */
START_TEST(test_who_is_left_to_find_out) {
    struct memo *memo = memo_new(8);
    struct fact fact = version_of(1);
    struct fact_value value = version(100);
    struct memo_waiter first = {.connection = &ONE}, left = {.connection = &OTHER},
                       third = {.connection = &ONE}, fourth = {.connection = &ONE};
    struct substrate_error error = {.status = SUBSTRATE_E_CLOSED};
    ck_assert_int_eq(memo_ask(memo, &fact, &first), MEMO_YOURS);
    ck_assert_int_eq(memo_ask(memo, &fact, &left), MEMO_AWAITED);
    memo_settle(memo, &fact, &first, NULL, &error);
    ck_assert(left.left);
    ck_assert_int_eq(memo_ask(memo, &fact, &third), MEMO_YOURS);
    ck_assert_int_eq(memo_ask(memo, &fact, &fourth), MEMO_AWAITED);
    memo_settle(memo, &fact, &left, NULL, &error);
    ck_assert(!fourth.settled);
    memo_settle(memo, &fact, &left, &value, NULL);
    ck_assert(fourth.settled);
    ck_assert_uint_eq(fourth.value.version.spec_version, 100);
    memo_settle(memo, &fact, &third, NULL, &error); /* it is known, whatever the third has seen */
    ck_assert_int_eq(learn(memo, fact, 100), MEMO_KNOWN);
    memo_forget(memo);
    memo_settle(memo, &fact, &left, &value, NULL); /* nobody else has begun */
    ck_assert_int_eq(learn(memo, fact, 100), MEMO_KNOWN);
    memo_free(memo);
}
END_TEST

START_TEST(test_runtimes_are_counted) {
    struct memo *memo = memo_new(1);
    struct fact fact = {.kind = FACT_RUNTIME};
    struct substrate_hash genesis = {{1}};
    struct memo_waiter first = {0}, second = {.on_settled = tell}, third = {0};
    struct fact_value value = {.runtime = query_runtime_new(&genesis, 100, 1, NULL)};
    ck_assert_int_eq(memo_ask(memo, &fact, &first), MEMO_YOURS);
    ck_assert_int_eq(memo_ask(memo, &fact, &second), MEMO_AWAITED);
    memo_settle(memo, &fact, &first, &value, NULL);
    ck_assert_int_eq(memo_ask(memo, &fact, &third), MEMO_KNOWN);
    ck_assert_uint_eq(atomic_load(&value.runtime->references), 4);
    memo_free(memo);
    ck_assert_uint_eq(atomic_load(&value.runtime->references), 3);
    query_runtime_release(value.runtime);
    query_runtime_release(second.value.runtime);
    query_runtime_release(third.value.runtime);
}
END_TEST

/* Threads ask for the same: one finds it out, all have it. */
struct race {
    struct memo *memo;
    atomic_size_t found, known;
};

static void *race(void *context) {
    struct race *shared = context;
    struct fact fact = version_of(1);
    struct memo_waiter waiter = {0};
    struct fact_value value = version(100);
    switch (memo_ask(shared->memo, &fact, &waiter)) {
    case MEMO_YOURS:
        (void)atomic_fetch_add(&shared->found, 1);
        memo_settle(shared->memo, &fact, &waiter, &value, NULL);
        return NULL;
    case MEMO_AWAITED:
        memo_wait(shared->memo, &waiter);
        break;
    case MEMO_KNOWN:
        break;
    }
    if (waiter.value.version.spec_version == 100) {
        (void)atomic_fetch_add(&shared->known, 1);
    }
    return NULL;
}

START_TEST(test_threads_find_a_fact_once) {
    for (int turn = 0; turn < 50; turn++) {
        struct race shared = {.memo = memo_new(8)};
        pthread_t threads[7];
        for (int i = 0; i < 7; i++) {
            ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &shared), 0);
        }
        for (int i = 0; i < 7; i++) {
            ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        }
        ck_assert_uint_eq(atomic_load(&shared.found), 1);
        ck_assert_uint_eq(atomic_load(&shared.known), 6);
        memo_free(shared.memo);
    }
}
END_TEST

/* Without memory nothing is remembered, and nobody waits for what nobody remembers. */
START_TEST(test_without_memory_everybody_finds_out) {
    struct client_failing failing = {.fail_at = 2};
    struct substrate_allocator allocator = {client_failing_resize, &failing};
    struct fact fact = version_of(1);
    struct memo_waiter waiter = {0};
    struct substrate_hash genesis = {{1}};
    struct fact_value one = {.runtime = query_runtime_new(&genesis, 100, 1, NULL)};
    substrate_allocator_set(&allocator);
    struct memo *memo = memo_new(8);
    ck_assert_int_eq(memo_ask(memo, &fact, &waiter), MEMO_YOURS); /* the failing one */
    ck_assert_int_eq(memo_ask(memo, &fact, &waiter), MEMO_YOURS);
    memo_settle(memo, &fact, &waiter, &one, NULL);
    memo_settle(memo, &fact, &waiter, &one, NULL);
    memo_free(memo);
    substrate_allocator_set(NULL);
    ck_assert_uint_eq(atomic_load(&failing.alive), 0);
    ck_assert_uint_eq(atomic_load(&one.runtime->references), 1);
    query_runtime_release(one.runtime);
    ck_assert_int_eq(memo_ask(NULL, &fact, &waiter), MEMO_YOURS);
    memo_settle(NULL, &fact, &waiter, &one, NULL);
    memo_free(NULL);
}
END_TEST

CHECK_MAIN("query_memo", test_a_fact_is_found_once, test_facts_differ_by_kind_hash_and_version,
           test_the_least_recently_used_is_dropped, test_those_who_wait_are_told_once,
           test_an_error_is_told_and_forgotten, test_an_error_is_its_connections,
           test_who_is_left_to_find_out, test_runtimes_are_counted, test_threads_find_a_fact_once,
           test_without_memory_everybody_finds_out)
