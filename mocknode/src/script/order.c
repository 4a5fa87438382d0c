/* Permutations; see order.h. */
#include "script/order.h"

#include "script/latency.h"

/* 20! is the last factorial of 64 bits: of more things, those before the last 20 stay. */
#define FACTORIALS 20

void script_order_nth(uint64_t number, size_t *order, size_t n) {
    for (size_t i = 0; i < n; i++) {
        order[i] = i;
    }
    size_t first = n > FACTORIALS ? n - FACTORIALS : 0;
    uint64_t rest = 1; /* permutations of what stands behind */
    for (size_t i = 2; i <= n - first; i++) {
        rest *= i;
    }
    number %= rest;
    for (size_t i = first; i < n; i++) {
        rest /= n - i;
        size_t take = i + (size_t)(number / rest);
        number %= rest;
        size_t taken = order[take];
        for (; take > i; take--) {
            order[take] = order[take - 1];
        }
        order[i] = taken;
    }
}

void script_order_shuffle(uint64_t bits, size_t *order, size_t n) {
    for (size_t i = 0; i < n; i++) {
        order[i] = i;
    }
    for (size_t i = n; i > 1; i--) {
        bits = script_mix(bits);
        size_t other = (size_t)(script_unit(bits) * (double)i);
        size_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}
