/* What the parts of the plan reader share. */
#ifndef RECORD_PLAN_PLAN_READER_H
#define RECORD_PLAN_PLAN_READER_H

#include <substrate/base.h>
#include "document/document.h"
#include "record/plan/plan.h"

/* "0x…" in lower case into the arena, with its 0x or without. */
enum substrate_status plan_hex(const struct document_value *value, bool prefix,
                               struct substrate_text *out);
/* A number, "head" or "head-N". */
enum substrate_status plan_read_block(const struct document_value *value, struct plan_block *block);

/* The member "calls", in plan_calls.c. */
enum substrate_status plan_read_groups(struct plan *plan, const struct document_value *value);

#endif
