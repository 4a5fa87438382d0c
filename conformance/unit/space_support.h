/* Spaces over sockets that take everything and remember it, in virtual time. */
#ifndef SPACE_SUPPORT_H
#define SPACE_SUPPORT_H

#include "chain_folder.h"
#include "base/mem.h"
#include "chain/chain.h"
#include "control/control.h"
#include "space/space.h"

#define CONNECTIONS 8

/* A connection to a socket that takes everything, and remembers it; `order` is over all of them. */
struct socket {
    struct base_buf text; /* messages, each ended by a newline */
    uint64_t mark;
    unsigned sent;
    int status;
    bool paused, accepted, deaf, corked, no_pong;
    unsigned refused, pings, flushes; /* the HTTP status of a refusal; how many */
    unsigned closed;                  /* the code of a close; 1 of an end, 2 of a reset */
    struct wire_shape shape;          /* of the last text */
    struct space_peer *peer;
};

static char order[256]; /* who was sent something, as letters */
static struct socket sockets[CONNECTIONS];
static struct folder folder;
static struct chain *chain;

static inline void accept_socket(void *connection, const struct script_handshake *how) {
    (void)how;
    ((struct socket *)connection)->accepted = true;
}

static inline void refuse_socket(void *connection, unsigned status,
                                 const struct script_header *headers, size_t header_count,
                                 struct substrate_text body) {
    (void)headers;
    (void)header_count;
    ((struct socket *)connection)->refused = status;
    base_buf_text(&((struct socket *)connection)->text, body);
}

static inline uint64_t send_text(void *connection, int status, struct substrate_text text,
                                 const struct wire_shape *shape) {
    struct socket *socket = connection;
    size_t size = strlen(order);
    base_buf_text(&socket->text, text);
    base_buf_char(&socket->text, '\n');
    socket->status = status;
    socket->shape = shape != NULL ? *shape : (struct wire_shape){.binary = false};
    socket->sent++;
    if (size + 1 < sizeof(order)) {
        order[size] = (char)('a' + (socket - sockets));
        order[size + 1] = '\0';
    }
    return ++socket->mark;
}

static inline void flush_socket(void *connection) { ((struct socket *)connection)->flushes++; }

static inline void resume_socket(void *connection) { (void)connection; }

static inline void pause_socket(void *connection, bool on) {
    ((struct socket *)connection)->paused = on;
}

static inline void deafen_socket(void *connection, bool on) {
    ((struct socket *)connection)->deaf = on;
}

static inline void cork_socket(void *connection, bool on) {
    ((struct socket *)connection)->corked = on;
}

static inline void silence_socket(void *connection, bool on) {
    ((struct socket *)connection)->no_pong = on;
}

static inline void ping_socket(void *connection, struct substrate_bytes payload) {
    (void)payload;
    ((struct socket *)connection)->pings++;
}

static inline void close_socket(void *connection, unsigned code, struct substrate_text reason) {
    (void)reason;
    ((struct socket *)connection)->closed = code;
}

static inline void end_socket(void *connection) { ((struct socket *)connection)->closed = 1; }

static inline void reset_socket(void *connection) { ((struct socket *)connection)->closed = 2; }

static const struct space_port port = {.accept = accept_socket,
                                       .refuse = refuse_socket,
                                       .send = send_text,
                                       .flush = flush_socket,
                                       .resume = resume_socket,
                                       .pause = pause_socket,
                                       .deaf = deafen_socket,
                                       .cork = cork_socket,
                                       .no_pong = silence_socket,
                                       .ping = ping_socket,
                                       .close = close_socket,
                                       .end = end_socket,
                                       .reset = reset_socket,
                                       .control = control_answer};

static inline struct space_config configure(void) {
    struct substrate_error error = {0};
    folder = folder_sample();
    struct facts *facts = folder_load(&folder, FACTS_LOAD_DIGESTS);
    ck_assert_msg(chain_build(facts, &chain, &error) == SUBSTRATE_OK, "%s", error.message);
    memset(sockets, 0, sizeof(sockets));
    order[0] = '\0';
    return (struct space_config){.chain = chain,
                                 .connections_max = 6,
                                 .subscriptions_max = 3,
                                 .request_max = 100000,
                                 .response_max = 400,
                                 .blocks_max = 1000000,
                                 .waiting_max = 1000000,
                                 .space_waiting_max = 2000000,
                                 .events_max = 65536,
                                 .texts_max = 65536,
                                 .port = &port,
                                 .quiet = true};
}

static inline struct space *start(void) {
    struct space_config config = configure();
    struct space *space = space_new(&config, BASE_TEXT(""), 7, 0);
    ck_assert_ptr_nonnull(space);
    return space;
}

static inline void finish(struct space *space) {
    space_free(space);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        base_buf_free(&sockets[i].text);
    }
    chain_free(chain);
    folder_remove(&folder);
}

static inline struct space_peer *connect_socket(struct space *space, size_t i, const char *label,
                                                bool privileged) {
    struct space_connect how = {.label = base_text(label),
                                .address = BASE_TEXT("::1"),
                                .websocket = true,
                                .privileged = privileged};
    return space_open(space, &sockets[i], &how, 0);
}

static inline void join(struct space *space, size_t i, const char *label) {
    sockets[i].peer = connect_socket(space, i, label, true);
    ck_assert_ptr_nonnull(sockets[i].peer);
    ck_assert(sockets[i].accepted);
}

static inline void leave(size_t i, uint64_t now) {
    space_close(sockets[i].peer, &(struct space_closed){.by = SCRIPT_BY_PEER, .code = 1000}, now);
}

static inline void say(size_t i, const char *message, uint64_t now) {
    space_message(sockets[i].peer, base_text(message), now);
}

static inline void written(size_t i, uint64_t now) {
    space_written(sockets[i].peer, sockets[i].mark, now);
}

/* What the connection was sent since the last look. */
static inline const char *heard(size_t i) {
    static char text[8192];
    struct base_buf *buf = &sockets[i].text;
    ck_assert_uint_lt(buf->size, sizeof(text));
    if (buf->size > 0) {
        memcpy(text, buf->data, buf->size);
    }
    text[buf->size] = '\0';
    base_buf_reset(buf);
    return text;
}

static inline void must_hold(const char *text, const char *part) {
    ck_assert_msg(strstr(text, part) != NULL, "%s is not in %s", part, text);
}

static inline void stats_hold(struct space *space, const char *part) {
    struct base_buf out = BASE_BUF_INIT;
    space_write_stats(space, &out);
    base_buf_char(&out, '\0');
    ck_assert(!out.failed);
    must_hold(out.data, part);
    base_buf_free(&out);
}

#define CHAIN(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"system_chain\"}"
#define KEY(id, key) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"state_getStorage\",\"params\":[\"" key "\"]}"
/* A script of one gate that holds every call, and of more rules. */
#define GATE(members, rules)                                                              \
    CONTROL("setScript", "[{\"gates\":[{\"name\":\"g\"," members "}],\"rules\":[{\"on\":" \
                         "\"arrived\",\"do\":[{\"hold\":{\"gate\":\"g\"}}]}" rules "]}]")
#define CONTROL(method, params) \
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"mock_" method "\",\"params\":" params "}"

#endif
