/* IP addresses as the chain has them, one number of 128 bits, to text. */
#ifndef SUBTENSOR_IP_H
#define SUBTENSOR_IP_H

#include <subtensor/types.h>
#include "base/buf.h"

/* Appends a JSON string: "192.0.2.1" for what fits 32 bits, else IPv6 in the form of RFC 5952:
 * "2001:db8::1", "::ffff:192.0.2.1". */
void ip_write(const struct subtensor_u128 *ip, struct base_buf *json);

#endif
