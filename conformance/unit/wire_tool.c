/* A server whose connections do what they are told, so that Python sees on the wire what wire/ does
 * for a script. `wire_tool [CERTIFICATE KEY]` prints its port. The path of a handshake says how it
 * is answered; a message is a command, "#N" in front of it names the connection (in the order of
 * their handshakes) that it is for:
 *
 *     send SIZE [shape words]   close CODE REASON   end   reset   deaf 0|1   pause 0|1   cork 0|1
 *     no_pong 0|1   resume   flush   ping TEXT   accept   refuse   log   echo TEXT
 *     dial URL   tell TEXT   hang_up   memory
 *
 * `memory` answers with the bytes that are allocated, `log` with all callbacks so far, a line each.
 * `dial` opens a WebSocket of the tool's own, as a client, `tell` sends to it, `_` for a blank. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/buf.h"
#include "wire/upstream.h"
#include "wire/wire.h"

#define CONNS_MAX 1024
#define WORDS_MAX 32
#define CUTS_MAX 16

static struct wire *server;
static struct wire_conn *conns[CONNS_MAX]; /* NULL: it is over */
static bool waiting[CONNS_MAX];            /* for an answer to its handshake */
static size_t conn_count;
static struct base_buf happened;

/* ---- memory ---- */

#define PREFIX 16 /* holds the size of a block, and keeps it aligned */

static size_t allocated;

static void *resize(void *context, void *memory, size_t size) {
    char *block = memory != NULL ? (char *)memory - PREFIX : NULL;
    size_t before = 0;
    (void)context;
    if (block != NULL) {
        memcpy(&before, block, sizeof(before));
    }
    if (size == 0) {
        allocated -= before;
        free(block);
        return NULL;
    }
    block = realloc(block, PREFIX + size);
    if (block == NULL) {
        return NULL;
    }
    memcpy(block, &size, sizeof(size));
    allocated += size - before;
    return block + PREFIX;
}

static size_t number_of(const struct wire_conn *conn) {
    for (size_t i = 0; i < conn_count; i++) {
        if (conns[i] == conn) {
            return i + 1;
        }
    }
    return 0;
}

static uint64_t number(const char *text) {
    uint64_t value = 0;
    if (text == NULL || !base_text_u64(base_text(text), &value)) {
        fprintf(stderr, "wire_tool: no number: %s\n", text != NULL ? text : "");
        exit(1);
    }
    return value;
}

/* ---- shapes ---- */

/* "50%" or "17". */
static struct wire_place place(char *text) {
    size_t size = strlen(text);
    bool percent = size > 0 && text[size - 1] == '%';
    if (percent) {
        text[size - 1] = '\0';
    }
    return (struct wire_place){percent ? WIRE_PLACE_PERCENT : WIRE_PLACE_BYTE, number(text)};
}

static void take_word(struct wire_shape *shape, uint64_t *cuts, char *word) {
    char *value = strchr(word, '=');
    if (value != NULL) {
        *value++ = '\0';
    }
    struct {
        const char *name;
        bool *flag;
    } flags[] = {{"binary", &shape->binary},
                 {"mask", &shape->mask},
                 {"utf8", &shape->utf8},
                 {"no_start", &shape->no_start},
                 {"each_byte", &shape->each_byte},
                 {"long_control", &shape->long_control},
                 {"after_close", &shape->after_close}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        *flags[i].flag = *flags[i].flag || strcmp(word, flags[i].name) == 0;
    }
    if (strcmp(word, "rsv") == 0) {
        shape->rsv = (uint8_t)number(value);
    } else if (strcmp(word, "opcode") == 0) {
        shape->opcode = (uint8_t)number(value);
    } else if (strcmp(word, "fragments") == 0) {
        shape->fragments = (uint32_t)number(value);
    } else if (strcmp(word, "cut") == 0 && shape->cut_count < CUTS_MAX) {
        cuts[shape->cut_count++] = number(value);
        shape->cuts = cuts;
    } else if (strcmp(word, "pings") == 0) {
        shape->pings_between = (uint32_t)number(value);
    } else if (strcmp(word, "dribble") == 0) {
        shape->dribble = (uint32_t)number(value);
    } else if (strcmp(word, "pause") == 0) {
        shape->pause_at = place(value);
    } else if (strcmp(word, "reset") == 0 || strcmp(word, "end") == 0) {
        shape->sever_at = place(value);
        shape->sever_with = strcmp(word, "end") == 0 ? WIRE_SEVER_END : WIRE_SEVER_RESET;
    }
}

/* A text of this size: its bytes say where they are. */
static void send_shaped(struct wire_conn *conn, char **words, size_t count) {
    struct wire_shape shape;
    uint64_t cuts[CUTS_MAX];
    struct base_buf text = BASE_BUF_INIT;
    memset(&shape, 0, sizeof(shape));
    for (uint64_t i = number(words[1]); i > 0; i--) {
        base_buf_char(&text, (char)('a' + text.size % 26));
    }
    for (size_t i = 2; i < count; i++) {
        take_word(&shape, cuts, words[i]);
    }
    (void)wire_send_shaped(conn, base_buf_view(&text), &shape);
    base_buf_free(&text);
}

/* ---- as a client ---- */

static struct wire_upstreams *upstreams;
static struct wire_upstream *upstream;

static void upstream_said(void *user, struct substrate_text message) {
    (void)user;
    base_buf_format(&happened, "upstream said %zu %.*s\n", message.size,
                    (int)(message.size < 40 ? message.size : 40), message.data);
}

static void upstream_closed(void *user, const char *reason) {
    (void)user;
    upstream = NULL;
    base_buf_format(&happened, "upstream closed: %s\n", reason);
}

static void hang_up(void) {
    if (upstream != NULL) {
        wire_upstream_close(upstream);
        upstream = NULL;
    }
}

static void dial(const char *url) {
    static const struct wire_upstream_handler handler = {upstream_said, upstream_closed};
    struct substrate_error error = {.status = SUBSTRATE_OK};
    hang_up();
    if (upstreams == NULL &&
        wire_upstreams_create(server, url, &handler, &upstreams, &error) != SUBSTRATE_OK) {
        base_buf_format(&happened, "no upstream: %s\n", error.message);
        return;
    }
    upstream = wire_upstream_open(upstreams, &happened);
}

static void tell(char *text) {
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
    if (upstream != NULL) {
        (void)wire_upstream_send(upstream, base_text(text));
    }
}

/* ---- commands ---- */

static void obey(struct wire_conn *conn, char **words, size_t count) {
    static const struct wire_header headers[] = {{{"retry-after", 11}, {"7", 1}}};
    const char *first = count > 1 ? words[1] : "";
    struct {
        const char *name;
        void (*act)(struct wire_conn *conn, bool on);
    } switches[] = {
        {"deaf", wire_deaf}, {"pause", wire_pause}, {"cork", wire_cork}, {"no_pong", wire_no_pong}};
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        if (strcmp(words[0], switches[i].name) == 0) {
            switches[i].act(conn, number(first) != 0);
        }
    }
    if (strcmp(words[0], "send") == 0) {
        send_shaped(conn, words, count);
    } else if (strcmp(words[0], "close") == 0) {
        wire_close(conn, (unsigned)number(first), count > 2 ? words[2] : "");
    } else if (strcmp(words[0], "end") == 0) {
        wire_end(conn);
    } else if (strcmp(words[0], "reset") == 0) {
        wire_reset(conn);
    } else if (strcmp(words[0], "resume") == 0) {
        wire_resume(conn);
    } else if (strcmp(words[0], "flush") == 0) {
        wire_flush(conn);
    } else if (strcmp(words[0], "ping") == 0) {
        wire_ping(conn, base_text(first));
    } else if (strcmp(words[0], "accept") == 0) {
        waiting[number_of(conn) - 1] = false;
        wire_accept(conn, NULL);
    } else if (strcmp(words[0], "refuse") == 0 && waiting[number_of(conn) - 1]) {
        conns[number_of(conn) - 1] = NULL; /* nothing more is told of it */
        wire_refuse(conn, 429, headers, 1, BASE_TEXT("slow down"));
    } else if (strcmp(words[0], "dial") == 0) {
        dial(first);
    } else if (strcmp(words[0], "tell") == 0 && count > 1) {
        tell(words[1]);
    } else if (strcmp(words[0], "hang_up") == 0) {
        hang_up();
    } else if (strcmp(words[0], "memory") == 0) {
        char text[32];
        int size = snprintf(text, sizeof(text), "%zu", allocated);
        (void)wire_send(conn, (struct substrate_text){text, (size_t)size});
    } else if (strcmp(words[0], "echo") == 0) {
        (void)wire_send(conn, base_text(first));
    }
}

static void on_message(void *context, struct wire_conn *conn, const struct wire_message *message) {
    char line[512] = "";
    char *words[WORDS_MAX] = {NULL}, *at = line;
    size_t count = 0;
    (void)context;
    if (message->request != NULL) {
        (void)wire_send(conn, message->request->host);
        return;
    }
    if (message->text.size >= sizeof(line)) {
        char answer[32];
        int size = snprintf(answer, sizeof(answer), "%zu", message->text.size);
        (void)wire_send(conn, (struct substrate_text){answer, (size_t)size});
        return;
    }
    memcpy(line, message->text.data, message->text.size);
    if (strcmp(line, "log") == 0) {
        (void)wire_send(conn, base_buf_view(&happened));
        return;
    }
    while (count < WORDS_MAX && *at != '\0') {
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at == ' ') {
            *at++ = '\0';
        }
    }
    size_t first = count > 0 && words[0][0] == '#' ? 1 : 0;
    size_t who = first > 0 ? (size_t)number(words[0] + 1) : number_of(conn);
    if (count > first && who > 0 && who <= conn_count && conns[who - 1] != NULL) {
        obey(conns[who - 1], words + first, count - first);
    }
}

/* ---- the other callbacks ---- */

static void on_connecting(void *context, struct wire_conn *conn,
                          const struct wire_request *request) {
    static const struct wire_header headers[] = {{{"content-type", 12}, {"application/json", 16}},
                                                 {{"location", 8}, {"ws://x/", 7}}};
    (void)context;
    if (request->websocket) {
        if (conn_count == CONNS_MAX) {
            exit(1); /* no test has so many */
        }
        conns[conn_count++] = conn;
    }
    base_buf_format(&happened, "connecting %zu %.*s\n", number_of(conn), (int)request->path.size,
                    request->path.data);
    if (!request->websocket) {
        wire_accept(conn, NULL);
        return;
    }
    if (base_text_is(request->path, "/refused")) {
        conns[conn_count - 1] = NULL;
        wire_refuse(conn, 301, headers, 2, BASE_TEXT("{}"));
    } else if (base_text_is(request->path, "/accept")) {
        wire_accept(conn, &(struct wire_handshake){.accept = "AAAA"});
    } else if (base_text_is(request->path, "/no_upgrade")) {
        wire_accept(conn, &(struct wire_handshake){.no_upgrade = true});
    } else if (base_text_is(request->path, "/status")) {
        wire_accept(conn, &(struct wire_handshake){.status = 200});
    } else if (base_text_is(request->path, "/corked")) {
        wire_cork(conn, true);
        wire_accept(conn, NULL);
    } else if (base_text_is(request->path, "/later")) {
        waiting[conn_count - 1] = true;
    } else {
        wire_accept(conn, NULL);
    }
}

static void on_oversize(void *context, struct wire_conn *conn) {
    (void)context;
    (void)wire_send(conn, BASE_TEXT("oversize"));
}

static void on_ping(void *context, struct wire_conn *conn, struct substrate_text payload) {
    (void)context;
    base_buf_format(&happened, "ping %zu %.*s\n", number_of(conn), (int)payload.size, payload.data);
}

static void on_pong(void *context, struct wire_conn *conn, struct substrate_text payload) {
    (void)context;
    base_buf_format(&happened, "pong %zu %.*s\n", number_of(conn), (int)payload.size, payload.data);
}

static void on_refused(void *context, struct wire_conn *conn, const char *why, uint64_t size,
                       struct substrate_text beginning) {
    (void)context;
    base_buf_format(&happened, "refused %zu %s, %llu, %zu\n", number_of(conn), why,
                    (unsigned long long)size, beginning.size);
}

static void on_close(void *context, struct wire_conn *conn, const struct wire_closed *closed) {
    static const char *const by[] = {"peer", "node", "reset"};
    (void)context;
    size_t who = number_of(conn);
    base_buf_format(&happened, "closed %zu %s %u %.*s\n", who, by[closed->by], closed->code,
                    (int)closed->reason.size, closed->reason.data);
    if (who > 0) {
        conns[who - 1] = NULL;
    }
}

static void stop(int signal_number) {
    (void)signal_number;
    wire_stop(server);
}

int main(int argc, char **argv) {
    static const struct substrate_allocator counting = {resize, NULL};
    struct substrate_error error = {.status = SUBSTRATE_OK};
    const struct wire_options options = {.message_max = 100000,
                                         .unsent_max = (size_t)8 << 20,
                                         .tls_cert = argc > 2 ? argv[1] : NULL,
                                         .tls_key = argc > 2 ? argv[2] : NULL};
    const struct wire_handler handler = {.on_connecting = on_connecting,
                                         .on_message = on_message,
                                         .on_oversize = on_oversize,
                                         .on_ping = on_ping,
                                         .on_pong = on_pong,
                                         .on_refused = on_refused,
                                         .on_close = on_close};
    substrate_allocator_set(&counting);
    if (wire_create(&options, &handler, &server, &error) != SUBSTRATE_OK) {
        fprintf(stderr, "wire_tool: %s\n", error.message);
        return 1;
    }
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = stop;
    (void)sigaction(SIGTERM, &action, NULL);
    printf("%u\n", (unsigned)wire_port(server));
    (void)fflush(stdout);
    enum substrate_status status = wire_run(server);
    hang_up();
    wire_destroy(server);
    wire_upstreams_free(upstreams);
    base_buf_free(&happened);
    return status == SUBSTRATE_OK ? 0 : 1;
}
