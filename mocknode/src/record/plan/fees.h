/* The answers of payment_queryInfo and payment_queryFeeDetails, which a node makes out of runtime
 * calls (polkadot-sdk, pallet-transaction-payment-rpc) and nothing else. */
#ifndef RECORD_PLAN_FEES_H
#define RECORD_PLAN_FEES_H

#include <substrate/base.h>
#include "base/buf.h"
#include "fixture/facts.h"

enum fee_kind { FEE_NONE, FEE_INFO, FEE_DETAILS };

/* Writes the JSON of a RuntimeDispatchInfo or FeeDetails in SCALE. The width of a balance is that
 * of the runtime, 8 or 16 bytes. E_DECODE: the bytes are none. */
enum substrate_status fees_write(enum fee_kind kind, struct substrate_bytes scale,
                                 struct base_buf *out);
/* Adds the payment call that follows from a recorded runtime call. */
enum substrate_status fees_add(struct facts *facts, enum fee_kind kind,
                               struct substrate_text extrinsic, const struct fact_call *call);

#endif
