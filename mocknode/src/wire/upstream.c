/* WebSocket clients in the event loop of a wire, by libwebsockets. */
#include "wire/upstream.h"

#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "wire/conn.h"

#define READ_BYTES 65536
#define MESSAGE_MAX ((size_t)256 << 20)
#define HOST_MAX 256
#define CONNECT_SECONDS 20

struct wire_upstreams {
    struct wire *wire;
    struct wire_upstream_handler handler;
    struct lws_vhost *vhost;
    struct lws_protocols protocols[2];
    char host[HOST_MAX], path[HOST_MAX + 1], header[HOST_MAX + 8];
    int port;
    bool tls;
};

/* A message that waits: its bytes follow. */
struct queued {
    struct queued *next;
    size_t size;
};

struct wire_upstream {
    struct wire_upstreams *upstreams;
    void *user; /* NULL: its owner has closed it */
    struct lws *wsi;
    bool opening, established, gone;
    struct queued *first, **last;
    struct base_buf in;
    char reason[96];
    lws_sorted_usec_list_t failed_timer;
};

static void free_upstream(struct wire_upstream *upstream) {
    while (upstream->first != NULL) {
        struct queued *next = upstream->first->next;
        base_free(upstream->first);
        upstream->first = next;
    }
    lws_sul_cancel(&upstream->failed_timer);
    base_buf_free(&upstream->in);
    base_free(upstream);
}

static void set_reason(struct wire_upstream *upstream, const char *data, size_t size) {
    if (upstream->reason[0] == '\0') {
        size = size < sizeof upstream->reason ? size : sizeof upstream->reason - 1;
        memcpy(upstream->reason, data, size);
        upstream->reason[size] = '\0';
    }
}

/* Tells the owner, unless it closed the socket itself, and frees. */
static void bury(struct wire_upstream *upstream) {
    void *user = upstream->user;
    upstream->user = NULL;
    if (user != NULL) {
        upstream->upstreams->handler.on_close(
            user, upstream->reason[0] != '\0' ? upstream->reason : "the upstream hung up");
    }
    free_upstream(upstream);
}

/* One message per writeable callback; libwebsockets keeps what the socket does not take. */
static int write_next(struct wire_upstream *upstream) {
    struct queued *message = upstream->first;
    if (upstream->user == NULL) {
        return -1;
    }
    if (message == NULL) {
        return 0;
    }
    unsigned char *data = (unsigned char *)(message + 1) + LWS_PRE;
    int wrote = lws_write(upstream->wsi, data, message->size, LWS_WRITE_TEXT);
    if (wrote < (int)message->size) {
        return -1;
    }
    upstream->first = message->next;
    if (upstream->first == NULL) {
        upstream->last = &upstream->first;
    }
    base_free(message);
    if (upstream->first != NULL) {
        lws_callback_on_writable(upstream->wsi);
    }
    return 0;
}

static int receive(struct wire_upstream *upstream, const char *data, size_t size) {
    if (upstream->user == NULL) {
        return -1;
    }
    base_buf_append(&upstream->in, data, size);
    if (upstream->in.failed || upstream->in.size > MESSAGE_MAX) {
        set_reason(upstream, "an upstream's message is too big", 32);
        return -1;
    }
    if (lws_is_final_fragment(upstream->wsi) && lws_remaining_packet_payload(upstream->wsi) == 0) {
        upstream->upstreams->handler.on_message(upstream->user, base_buf_view(&upstream->in));
        base_buf_reset(&upstream->in);
    }
    return upstream->user == NULL ? -1 : 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size) {
    struct wire_upstream *upstream = user;
    if (upstream == NULL) {
        return 0;
    }
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        upstream->wsi = wsi;
        upstream->established = true;
        lws_callback_on_writable(wsi);
        return upstream->user == NULL ? -1 : 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return receive(upstream, in, size);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_next(upstream);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        set_reason(upstream, in != NULL ? in : "", in != NULL ? size : 0);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        upstream->wsi = NULL;
        upstream->gone = true;
        if (!upstream->opening) {
            bury(upstream);
        }
        return 0;
    default:
        return 0;
    }
}

/* ---- the URL ---- */

static bool parse_url(struct wire_upstreams *upstreams, const char *url) {
    const char *scheme, *host, *path;
    char copy[HOST_MAX];
    if (strlen(url) >= sizeof copy) {
        return false;
    }
    memcpy(copy, url, strlen(url) + 1);
    if (lws_parse_uri(copy, &scheme, &host, &upstreams->port, &path) != 0 || host[0] == '\0') {
        return false;
    }
    upstreams->tls = strcmp(scheme, "wss") == 0;
    if (!upstreams->tls && strcmp(scheme, "ws") != 0) {
        return false;
    }
    (void)snprintf(upstreams->host, sizeof upstreams->host, "%s", host);
    (void)snprintf(upstreams->path, sizeof upstreams->path, "%s%s", path[0] == '/' ? "" : "/",
                   path);
    (void)snprintf(upstreams->header, sizeof upstreams->header,
                   upstreams->port == (upstreams->tls ? 443 : 80) ? "%s" : "%s:%d", host,
                   upstreams->port);
    return true;
}

enum substrate_status wire_upstreams_create(struct wire *wire, const char *url,
                                            const struct wire_upstream_handler *handler,
                                            struct wire_upstreams **upstreams,
                                            struct substrate_error *error) {
    struct wire_upstreams *made = base_calloc(1, sizeof *made);
    if (made == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    if (!parse_url(made, url)) {
        base_free(made);
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "upstream %s: give a URL such as ws://127.0.0.1:9944 or wss://…", url);
    }
    made->wire = wire;
    made->handler = *handler;
    made->protocols[0].name = "upstream";
    made->protocols[0].callback = callback;
    made->protocols[0].rx_buffer_size = READ_BYTES;
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof info);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = made->protocols;
    info.vhost_name = "upstream";
    info.connect_timeout_secs = CONNECT_SECONDS;
    if (made->tls) {
        info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.client_ssl_ca_filepath = "/etc/ssl/certs/ca-certificates.crt";
    }
    made->vhost = lws_create_vhost(wire->context, &info);
    if (made->vhost == NULL) {
        base_free(made);
        return base_fail(error, SUBSTRATE_E_MEMORY, "upstream %s: no network context", url);
    }
    *upstreams = made;
    return SUBSTRATE_OK;
}

void wire_upstreams_free(struct wire_upstreams *upstreams) { base_free(upstreams); }

/* ---- sockets ---- */

static void failed(lws_sorted_usec_list_t *timer) {
    bury(lws_container_of(timer, struct wire_upstream, failed_timer));
}

struct wire_upstream *wire_upstream_open(struct wire_upstreams *upstreams, void *user) {
    struct wire_upstream *upstream = base_calloc(1, sizeof *upstream);
    if (upstream == NULL) {
        return NULL;
    }
    upstream->upstreams = upstreams;
    upstream->user = user;
    upstream->last = &upstream->first;
    struct lws_client_connect_info info;
    memset(&info, 0, sizeof info);
    info.context = upstreams->wire->context;
    info.vhost = upstreams->vhost;
    info.address = upstreams->host;
    info.port = upstreams->port;
    info.path = upstreams->path;
    info.host = upstreams->header;
    info.ssl_connection = upstreams->tls ? LCCSCF_USE_SSL : 0;
    info.ietf_version_or_minus_one = -1;
    info.local_protocol_name = upstreams->protocols[0].name;
    info.userdata = upstream;
    upstream->opening = true;
    upstream->wsi = lws_client_connect_via_info(&info);
    upstream->opening = false;
    if (upstream->wsi == NULL || upstream->gone) {
        /* The owner is told later, so that it never hears of it from within this call. */
        upstream->wsi = NULL;
        set_reason(upstream, "the upstream cannot be reached", 30);
        lws_sul_schedule(info.context, 0, &upstream->failed_timer, failed, 1);
    }
    return upstream;
}

bool wire_upstream_send(struct wire_upstream *upstream, struct substrate_text message) {
    struct queued *queued = base_alloc(sizeof *queued + LWS_PRE + message.size);
    if (queued == NULL) {
        return false;
    }
    queued->next = NULL;
    queued->size = message.size;
    if (message.size > 0) {
        memcpy((char *)(queued + 1) + LWS_PRE, message.data, message.size);
    }
    *upstream->last = queued;
    upstream->last = &queued->next;
    if (upstream->established) {
        lws_callback_on_writable(upstream->wsi);
    }
    return true;
}

void wire_upstream_close(struct wire_upstream *upstream) {
    upstream->user = NULL;
    if (upstream->wsi != NULL) {
        lws_set_timeout(upstream->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    } else {
        free_upstream(upstream);
    }
}
