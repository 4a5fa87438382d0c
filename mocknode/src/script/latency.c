/* Reading latencies, and drawing them. Times are read without floating point: digits, at most six
 * after a point, a unit. */
#include "script/latency.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
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

/* ---- distributions ---- */

uint64_t script_mix(uint64_t bits) {
    bits += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

double script_unit(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

static bool read_time(struct substrate_text text, uint64_t *us) {
    return parse(base_text_trim(text), us);
}

/* A plain decimal number over 0: digits, and perhaps a point and digits. */
static bool read_factor(struct substrate_text text, double *factor) {
    char digits_only[32];
    text = base_text_trim(text);
    if (text.size == 0 || text.size >= sizeof(digits_only)) {
        return false;
    }
    size_t points = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool point = text.data[i] == '.' && i > 0 && i + 1 < text.size;
        points += point;
        if (!point && (text.data[i] < '0' || text.data[i] > '9')) {
            return false;
        }
    }
    memcpy(digits_only, text.data, text.size);
    digits_only[text.size] = '\0';
    *factor = strtod(digits_only, NULL);
    return points <= 1 && *factor > 0 && *factor <= 1000;
}

/* The two arguments of `name(one,two)`. */
static bool arguments(struct substrate_text spec, const char *name, struct substrate_text *one,
                      struct substrate_text *two) {
    size_t size = strlen(name);
    if (!base_text_starts(spec, name) || spec.size < size + 2 || spec.data[size] != '(' ||
        spec.data[spec.size - 1] != ')') {
        return false;
    }
    struct substrate_text inside = {spec.data + size + 1, spec.size - size - 2};
    const char *comma = memchr(inside.data, ',', inside.size);
    if (comma == NULL) {
        return false;
    }
    *one = (struct substrate_text){inside.data, (size_t)(comma - inside.data)};
    *two = (struct substrate_text){comma + 1, inside.size - one->size - 1};
    return true;
}

static bool read_recorded(struct substrate_text spec, struct script_latency *latency) {
    static const char *const signs[] = {"recorded×", "recorded*"};
    latency->kind = SCRIPT_LATENCY_RECORDED;
    latency->factor = 1;
    if (base_text_is(spec, "recorded")) {
        return true;
    }
    for (size_t i = 0; i < 2; i++) {
        size_t size = strlen(signs[i]);
        if (base_text_starts(spec, signs[i])) {
            return read_factor((struct substrate_text){spec.data + size, spec.size - size},
                               &latency->factor);
        }
    }
    return false;
}

static bool read_latency(struct substrate_text spec, struct script_latency *latency) {
    struct substrate_text one, two;
    if (arguments(spec, "uniform", &one, &two)) {
        latency->kind = SCRIPT_LATENCY_UNIFORM;
        return read_time(one, &latency->a) && read_time(two, &latency->b) &&
               latency->a <= latency->b;
    }
    if (arguments(spec, "normal", &one, &two)) {
        latency->kind = SCRIPT_LATENCY_NORMAL;
        return read_time(one, &latency->a) && read_time(two, &latency->b);
    }
    if (arguments(spec, "lognormal", &one, &two)) {
        latency->kind = SCRIPT_LATENCY_LOGNORMAL;
        return read_time(one, &latency->a) && read_factor(two, &latency->factor);
    }
    if (base_text_starts(spec, "recorded")) {
        return read_recorded(spec, latency);
    }
    latency->kind = SCRIPT_LATENCY_FIXED;
    return parse(spec, &latency->a);
}

enum substrate_status script_latency_read(struct substrate_text spec,
                                          struct script_latency *latency,
                                          struct substrate_error *error) {
    memset(latency, 0, sizeof(*latency));
    if (read_latency(spec, latency)) {
        return SUBSTRATE_OK;
    }
    return base_fail(error, SUBSTRATE_E_ARGUMENT,
                     "\"%.*s\" is no latency: expected \"50ms\", \"uniform(10ms,90ms)\", "
                     "\"normal(50ms,10ms)\", \"lognormal(50ms,0.5)\" or \"recorded×1.5\", of at "
                     "most an hour",
                     (int)(spec.size < 60 ? spec.size : 60), spec.data);
}

/* Standard normal, by Box and Muller. */
static double gauss(uint64_t draw) {
    static const double tau = 6.283185307179586;
    double radius = 1 - script_unit(draw); /* over 0, for the logarithm */
    return sqrt(-2 * log(radius)) * cos(tau * script_unit(script_mix(draw)));
}

static uint64_t bounded(double us) {
    if (!(us > 0)) {
        return 0;
    }
    return us >= (double)HOUR_US ? HOUR_US : (uint64_t)llround(us);
}

uint64_t script_latency_draw(const struct script_latency *latency, uint64_t draw,
                             uint64_t (*recorded)(void *context, double quantile), void *context) {
    double a = (double)latency->a;
    switch (latency->kind) {
    case SCRIPT_LATENCY_UNIFORM: {
        double width = (double)(latency->b - latency->a) + 1;
        return latency->a + (uint64_t)(script_unit(draw) * width);
    }
    case SCRIPT_LATENCY_NORMAL:
        return bounded(a + (double)latency->b * gauss(draw));
    case SCRIPT_LATENCY_LOGNORMAL:
        return bounded(a * exp(latency->factor * gauss(draw)));
    case SCRIPT_LATENCY_RECORDED:
        return bounded((double)recorded(context, script_unit(draw)) * latency->factor);
    case SCRIPT_LATENCY_FIXED:
        break;
    }
    return latency->a;
}
