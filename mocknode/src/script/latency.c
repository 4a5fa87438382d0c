/* Reading latencies without floating point: digits, at most six after a point, a unit. */
#include "script/latency.h"

#include <stdbool.h>
#include "base/text.h"

#define HOUR_US 3600000000ULL

/* Digits from *at on, as value and count; stops before a value could overflow. */
static bool digits(struct substrate_text spec, size_t *at, uint64_t *value, unsigned *count) {
    *value = 0;
    *count = 0;
    while (*at < spec.size && spec.data[*at] >= '0' && spec.data[*at] <= '9') {
        if (++*count > 10) {
            return false;
        }
        *value = *value * 10 + (uint64_t)(spec.data[(*at)++] - '0');
    }
    return *count > 0;
}

/* Microseconds in a unit; 0: no unit. */
static uint64_t unit_us(struct substrate_text unit) {
    if (base_text_is(unit, "us")) {
        return 1;
    }
    if (base_text_is(unit, "ms")) {
        return 1000;
    }
    return base_text_is(unit, "s") ? 1000000 : 0;
}

static bool parse(struct substrate_text spec, uint64_t *us) {
    size_t at = 0;
    uint64_t whole = 0, fraction = 0;
    unsigned count = 0, places = 0;
    if (!digits(spec, &at, &whole, &count)) {
        return false;
    }
    if (at < spec.size && spec.data[at] == '.') {
        at++;
        if (!digits(spec, &at, &fraction, &places) || places > 6) {
            return false;
        }
    }
    struct substrate_text rest = {spec.data + at, spec.size - at};
    uint64_t unit = unit_us(rest);
    if (rest.size == 0) {
        *us = 0;
        return whole == 0 && fraction == 0;
    }
    uint64_t scale = 1;
    for (unsigned i = 0; i < places; i++) {
        scale *= 10;
    }
    *us = whole * unit + fraction * unit / scale;
    return unit != 0 && *us <= HOUR_US;
}

enum substrate_status script_latency_parse(struct substrate_text spec, uint64_t *us,
                                           struct substrate_error *error) {
    if (!parse(spec, us)) {
        return base_fail(
            error, SUBSTRATE_E_ARGUMENT,
            "bad latency \"%.*s\": give a number and us, ms or s, at most an hour, for "
            "example 50ms, 1.5s, 200us or 0",
            (int)(spec.size < 60 ? spec.size : 60), spec.data != NULL ? spec.data : "");
    }
    return SUBSTRATE_OK;
}
