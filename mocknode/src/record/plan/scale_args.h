/* Arguments of runtime calls, written in a plan as JSON with a declared SCALE type. The recorder
 * needs no metadata for them, and the mock node never uses the client's codec.
 *
 * Types: u8 u16 u32 u64 u128 bool, account (SS58 or 0x and 64 digits), bytes (0x…, as they are),
 * vec<T>, option<T> (null is none), (T,T,…). */
#ifndef RECORD_PLAN_SCALE_ARGS_H
#define RECORD_PLAN_SCALE_ARGS_H

#include <substrate/base.h>
#include "base/buf.h"
#include "base/json.h"

/* Appends the encoding of `value`. E_DECODE: no such type, or the value is none of it; `error` says
 * which. Memory failures stick to `out`. */
enum substrate_status scale_write(struct substrate_text type, struct base_json value,
                                  struct base_buf *out, struct substrate_error *error);

#endif
