/* The listening socket and what it tells of peers: addresses, and nothing of what is said. */
#ifndef WIRE_LISTEN_H
#define WIRE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

/* Listens on a numeric IPv4 or IPv6 address of this machine, or "localhost" (127.0.0.1). Gives the
 * descriptor, the port and the URL, of `scheme` "ws" or "wss". E_ARGUMENT: it is no address; E_IO:
 * it cannot be listened on.
 */
enum substrate_status wire_listen(const char *host, uint16_t *port, const char *scheme, char *url,
                                  size_t url_size, int *listener, struct substrate_error *error);

/* The next connection that waits. -1: there is none; *exhausted says that there may be some, but no
 * descriptors for them. */
int wire_listen_accept(int listener, bool *exhausted);

/* A descriptor that can be given back when there are no others; -1: there is none. */
int wire_listen_reserve(void);

/* Whether the peer is on this machine. */
bool wire_peer_is_loopback(int descriptor);
/* Writes the peer's address, without its port, terminated; "" when it cannot be told. */
void wire_peer_address(int descriptor, char *room, size_t size);

#endif
