/* Latencies as people write them: `50ms`, `uniform(10ms,90ms)`, `normal(50ms,10ms)`,
 * `lognormal(50ms,0.5)`, `recorded`, `recorded×1.5`; and what one is for a drawn number. */
#ifndef SCRIPT_LATENCY_H
#define SCRIPT_LATENCY_H

#include <stdint.h>
#include <substrate/base.h>

/* A time: digits, at most six behind a point, `us`, `ms`, `s`; or `0`. At most an hour.
 * E_ARGUMENT, and `error` says what is accepted. */
enum substrate_status script_latency_parse(struct substrate_text spec, uint64_t *us,
                                           struct substrate_error *error);

enum script_latency_kind {
    SCRIPT_LATENCY_FIXED,     /* a */
    SCRIPT_LATENCY_UNIFORM,   /* a to b, both possible */
    SCRIPT_LATENCY_NORMAL,    /* mean a, standard deviation b; never under 0 */
    SCRIPT_LATENCY_LOGNORMAL, /* median a; `factor` is the standard deviation of the logarithm */
    SCRIPT_LATENCY_RECORDED,  /* what was recorded for the method, times `factor` */
};
struct script_latency {
    enum script_latency_kind kind;
    uint64_t a, b; /* microseconds */
    double factor;
};

/* E_ARGUMENT, and `error` says what is accepted. */
enum substrate_status script_latency_read(struct substrate_text spec,
                                          struct script_latency *latency,
                                          struct substrate_error *error);
/* The microseconds that a number of 64 random bits stands for. Of a recorded latency: what
 * `recorded` gives for the quantile. At most an hour. */
uint64_t script_latency_draw(const struct script_latency *latency, uint64_t draw,
                             uint64_t (*recorded)(void *context, double quantile), void *context);

/* 64 bits that a number of 64 bits stands for, well mixed; and 0 <= x < 1 of such bits. */
uint64_t script_mix(uint64_t bits);
double script_unit(uint64_t bits);

#endif
