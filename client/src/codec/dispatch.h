/* Why a call failed: sp_runtime's DispatchError by name. A pallet's own error stands in it as the
 * pallet's index and four bytes, the first of which is the variant of the pallet's error type. */
#ifndef CODEC_DISPATCH_H
#define CODEC_DISPATCH_H

#include <substrate/base.h>
#include "metadata.h"
#include "value.h"

/* Views of the metadata. "BadOrigin"; "Token" and the name "FundsUnavailable"; "Module", the pallet
 * "Balances" and the name "InsufficientBalance". What does not apply is {NULL, 0}. */
struct dispatch_error {
    struct substrate_text kind, pallet, name;
};

/* Names a DispatchError of type `type`, and moves behind it.
 * Returns OK, E_DECODE (also for a pallet or an error that the metadata does not have), E_LIMIT. */
enum substrate_status dispatch_error_read(const struct substrate_metadata *metadata, uint32_t type,
                                          struct scale_reader *reader,
                                          const struct value_limits *limits,
                                          struct dispatch_error *dispatch,
                                          struct substrate_error *error);
/* Appends it as canonical JSON: {"kind":"Module","pallet":"Balances","name":"…"}, null for what
 * does not apply. */
void dispatch_error_write(const struct dispatch_error *dispatch, struct base_buf *json);
/* Is it sp_runtime::DispatchError? */
bool dispatch_error_is(const struct substrate_metadata *metadata, uint32_t type);

#endif
