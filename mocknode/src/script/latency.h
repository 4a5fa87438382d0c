/* A latency as people write it: `50ms`, `1.5s`, `200us`, `0`. */
#ifndef SCRIPT_LATENCY_H
#define SCRIPT_LATENCY_H

#include <stdint.h>
#include <substrate/base.h>

/* At most an hour. E_ARGUMENT, and `error` says what is accepted. */
enum substrate_status script_latency_parse(struct substrate_text spec, uint64_t *us,
                                           struct substrate_error *error);

#endif
