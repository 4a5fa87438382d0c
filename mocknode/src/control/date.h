/* Dates as JavaScript writes them. */
#ifndef CONTROL_DATE_H
#define CONTROL_DATE_H

#include <stdbool.h>
#include <stdint.h>
#include <substrate/base.h>

/* Reads 2026-12-01, 2026-12-01T12:00:00 and 2026-12-01T12:00:00.250, with or without a Z, as UTC:
 * milliseconds since 1970. false: it is none, or before 1970. */
bool date_read(struct substrate_text text, uint64_t *ms);

#endif
