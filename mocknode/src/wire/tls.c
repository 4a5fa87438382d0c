/* Contexts and connections of OpenSSL. Its errors go through a queue of the thread, which is
 * emptied before each call that is to be asked for one. */
#include "wire/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/text.h"

#define SYSTEM_CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"

struct wire_tls_context {
    SSL_CTX *ssl;
};

struct wire_tls {
    SSL *ssl;
    bool broken; /* after a fatal error nothing may be asked of it any more */
};

/* ---- contexts ---- */

static const char *first_reason(void) {
    const char *text = ERR_reason_error_string(ERR_peek_error());
    return text != NULL ? text : "no reason given";
}

static enum substrate_status new_context(const SSL_METHOD *method,
                                         struct wire_tls_context **context,
                                         struct substrate_error *error) {
    struct wire_tls_context *made = base_calloc(1, sizeof(*made));
    ERR_clear_error();
    SSL_CTX *ssl = made != NULL ? SSL_CTX_new(method) : NULL;
    if (ssl == NULL) {
        base_free(made);
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    /* Partial writes: a write is told as soon as one record has left. Idle connections hold no
     * buffers. */
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void)SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    made->ssl = ssl;
    *context = made;
    return SUBSTRATE_OK;
}

static enum substrate_status give_up(struct wire_tls_context **context,
                                     enum substrate_status status, struct substrate_error *error,
                                     const char *what, const char *file, const char *fix) {
    (void)base_fail(error, status, "%s %s: %s; %s", what, file, first_reason(), fix);
    wire_tls_context_free(*context);
    *context = NULL;
    return status;
}

enum substrate_status wire_tls_server(const char *certificate, const char *key,
                                      struct wire_tls_context **context,
                                      struct substrate_error *error) {
    enum substrate_status status = new_context(TLS_server_method(), context, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    SSL_CTX *ssl = (*context)->ssl;
    if (SSL_CTX_use_certificate_chain_file(ssl, certificate) != 1) {
        return give_up(context, SUBSTRATE_E_ARGUMENT, error, "--tls-cert", certificate,
                       "give a PEM file with the certificate and its chain");
    }
    if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ssl) != 1) {
        return give_up(context, SUBSTRATE_E_ARGUMENT, error, "--tls-key", key,
                       "give a PEM file with the certificate's key");
    }
    /* A ticket acknowledges the client's last flight, which would wait for that; one is enough. */
    (void)SSL_CTX_set_num_tickets(ssl, 1);
    return SUBSTRATE_OK;
}

enum substrate_status wire_tls_client(struct wire_tls_context **context,
                                      struct substrate_error *error) {
    const char *file = getenv("SSL_CERT_FILE");
    enum substrate_status status = new_context(TLS_client_method(), context, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    SSL_CTX_set_verify((*context)->ssl, SSL_VERIFY_PEER, NULL);
    file = file != NULL ? file : SYSTEM_CERTIFICATES;
    if (SSL_CTX_load_verify_locations((*context)->ssl, file, NULL) != 1) {
        return give_up(context, SUBSTRATE_E_IO, error, "cannot read the certificates to trust in",
                       file, "install ca-certificates, or see SSL_CERT_FILE");
    }
    return SUBSTRATE_OK;
}

void wire_tls_context_free(struct wire_tls_context *context) {
    if (context != NULL) {
        SSL_CTX_free(context->ssl);
        base_free(context);
    }
}

/* ---- connections ---- */

static bool expect(SSL *ssl, const char *host) {
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    SSL_set_connect_state(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1) {
        return true;
    }
    /* What SSL_set_tlsext_host_name does, whose cast drops a const. */
    long named = SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                          (void *)(uintptr_t)host);
    return named == 1 && SSL_set1_host(ssl, host) == 1;
}

struct wire_tls *wire_tls_new(struct wire_tls_context *context, int descriptor, const char *host) {
    struct wire_tls *tls = base_calloc(1, sizeof(*tls));
    if (tls == NULL) {
        return NULL;
    }
    tls->ssl = SSL_new(context->ssl);
    if (tls->ssl == NULL || SSL_set_fd(tls->ssl, descriptor) != 1 ||
        (host != NULL && !expect(tls->ssl, host))) {
        wire_tls_free(tls);
        return NULL;
    }
    if (host == NULL) {
        SSL_set_accept_state(tls->ssl);
    }
    return tls;
}

void wire_tls_free(struct wire_tls *tls) {
    if (tls != NULL) {
        SSL_free(tls->ssl);
        base_free(tls);
    }
}

static ssize_t outcome(struct wire_tls *tls, int done) {
    if (done > 0) {
        return done;
    }
    switch (SSL_get_error(tls->ssl, done)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return WIRE_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return WIRE_END;
    default:
        tls->broken = true;
        return WIRE_LOST;
    }
}

static int fitting(size_t size) { return size < INT_MAX ? (int)size : INT_MAX; }

ssize_t wire_tls_read(struct wire_tls *tls, void *data, size_t size) {
    ERR_clear_error();
    return outcome(tls, SSL_read(tls->ssl, data, fitting(size)));
}

ssize_t wire_tls_write(struct wire_tls *tls, const void *data, size_t size) {
    ERR_clear_error();
    ssize_t done = outcome(tls, SSL_write(tls->ssl, data, fitting(size)));
    return done == WIRE_END ? WIRE_LOST : done;
}

size_t wire_tls_pending(const struct wire_tls *tls) { return (size_t)SSL_pending(tls->ssl); }

bool wire_tls_wants_write(const struct wire_tls *tls) { return SSL_want_write(tls->ssl) != 0; }

void wire_tls_goodbye(struct wire_tls *tls) {
    if (!tls->broken && SSL_is_init_finished(tls->ssl) != 0) {
        ERR_clear_error();
        (void)SSL_shutdown(tls->ssl);
    }
}

void wire_tls_reason(const struct wire_tls *tls, char *line, size_t size) {
    long verified = SSL_get_verify_result(tls->ssl);
    const char *text = ERR_reason_error_string(ERR_peek_error());
    line[0] = '\0';
    if (verified != X509_V_OK) {
        (void)snprintf(line, size, "its certificate is not trusted: %s",
                       X509_verify_cert_error_string(verified));
    } else if (tls->broken && text != NULL) {
        (void)snprintf(line, size, "no TLS: %s", text);
    }
}
