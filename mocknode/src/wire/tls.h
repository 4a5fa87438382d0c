/* TLS by OpenSSL over a socket that never blocks: the only file that knows OpenSSL's connections.
 */
#ifndef WIRE_TLS_H
#define WIRE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>
#include <sys/types.h>

struct wire_tls_context; /* a certificate and its key, or whom to trust */
struct wire_tls;         /* one connection */

/* What reading and writing give beside a number of bytes. */
enum { WIRE_END = 0, WIRE_AGAIN = -1, WIRE_LOST = -2 };

/* Of a server: PEM files of a certificate (with its chain) and its key. Gives *context. E_ARGUMENT:
 * they cannot be read, or are no pair; the message names the file. */
enum substrate_status wire_tls_server(const char *certificate, const char *key,
                                      struct wire_tls_context **context,
                                      struct substrate_error *error);
/* Of a client, which checks certificates against SSL_CERT_FILE, or else the system's. Gives
 * *context. E_IO: there are none to check against. */
enum substrate_status wire_tls_client(struct wire_tls_context **context,
                                      struct substrate_error *error);
void wire_tls_context_free(struct wire_tls_context *context); /* NULL is fine */

/* A connection over a connected socket, which stays the caller's; the handshake is part of the
 * first reads and writes. `host`: NULL for a server, or whom a client expects the peer to be. NULL:
 * out of memory. */
struct wire_tls *wire_tls_new(struct wire_tls_context *context, int descriptor, const char *host);
void wire_tls_free(struct wire_tls *tls); /* NULL is fine */

/* Bytes read or written, or WIRE_END, WIRE_AGAIN, WIRE_LOST. */
ssize_t wire_tls_read(struct wire_tls *tls, void *data, size_t size);
ssize_t wire_tls_write(struct wire_tls *tls, const void *data, size_t size);
/* What was decrypted and not read: the descriptor tells nothing of it. */
size_t wire_tls_pending(const struct wire_tls *tls);
/* The last call that gave WIRE_AGAIN waits until the socket can be written to. */
bool wire_tls_wants_write(const struct wire_tls *tls);
/* Sends close_notify, as far as that goes without waiting. */
void wire_tls_goodbye(struct wire_tls *tls);
/* Why the connection was lost, as one line; "" when TLS knows no reason. */
void wire_tls_reason(const struct wire_tls *tls, char *line, size_t size);

#endif
