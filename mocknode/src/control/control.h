/* The control API: methods `mock_…` on the node's own port, acting on the space of their
 * connection. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "space/space.h"

/* The `control` member of a space_port. */
void control_answer(struct space_peer *peer, const struct rpc_envelope *envelope, uint64_t now,
                    struct base_buf *out);

/* Appends {"number":N,"hash":"0x…"}. */
void control_write_block(const struct chain_block *block, struct base_buf *out);

#endif
