/* A request that is asked at a block. */
#ifndef RPC_PIN_H
#define RPC_PIN_H

#include <substrate/base.h>
#include "base/buf.h"
#include "rpc/request.h"

/* Appends canonical parameters as a node takes them, which has bytes in a list where it declares
 * them so; pinned to a block when the method takes one. `method` NULL: a
 * method that this program does not know; `at` NULL: no block. */
void rpc_pin_params(const struct rpc_method *method, struct substrate_text params,
                    const struct substrate_hash *at, struct base_buf *out);

#endif
