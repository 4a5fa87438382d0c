/* A WebSocket server of one connection on a plain socket, for tests of the client: a thread
 * accepts, shakes hands, and runs a script of the test. Written apart from both the client and the
 * mock node. What goes wrong in the thread is noted, and asserted by ws_server_stop. */
#ifndef WS_SERVER_H
#define WS_SERVER_H

#include "check_main.h"

#include <arpa/inet.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct ws_server {
    void (*script)(struct ws_server *server);
    const char *refusal; /* sent in place of the handshake's answer; NULL accepts */
    int listener, socket;
    pthread_t thread;
    char url[64];
    char request[2048];
    const char *failed;
    /* For scripts. */
    size_t frames, pongs;
    bool closed_first; /* the script sent a close frame: the client's is the answer */
    int close_code;    /* of the client's close frame; 0: none came */
};

struct ws_frame {
    unsigned opcode;
    bool final;
    uint8_t *data; /* terminated; free() */
    size_t size;
};

static inline void ws_fail(struct ws_server *server, const char *text) {
    server->failed = server->failed != NULL ? server->failed : text;
}

static inline bool ws_read(struct ws_server *server, void *data, size_t size) {
    for (size_t at = 0; at < size;) {
        ssize_t got = recv(server->socket, (char *)data + at, size - at, 0);
        if (got <= 0) {
            return false;
        }
        at += (size_t)got;
    }
    return true;
}

static inline bool ws_write(struct ws_server *server, const void *data, size_t size) {
    for (size_t at = 0; at < size;) {
        ssize_t put = send(server->socket, (const char *)data + at, size - at, MSG_NOSIGNAL);
        if (put <= 0) {
            return false;
        }
        at += (size_t)put;
    }
    return true;
}

/* Reads one frame; false at the end of the connection. */
static inline bool ws_receive(struct ws_server *server, struct ws_frame *frame) {
    uint8_t head[8];
    uint8_t mask[4];
    if (!ws_read(server, head, 2)) {
        return false;
    }
    frame->opcode = head[0] & 15U;
    frame->final = (head[0] & 128U) != 0;
    if ((head[0] & 0x70U) != 0 || (head[1] & 128U) == 0) {
        ws_fail(server, "a frame with reserved bits, or without a mask");
        return false;
    }
    size_t size = head[1] & 127U;
    size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (!ws_read(server, head, more)) {
        return false;
    }
    size = more == 0 ? size : 0;
    for (size_t i = 0; i < more; i++) {
        size = size << 8 | head[i];
    }
    frame->data = malloc(size + 1);
    frame->size = size;
    if (frame->data == NULL || !ws_read(server, mask, 4) || !ws_read(server, frame->data, size)) {
        free(frame->data);
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        frame->data[i] = (uint8_t)(frame->data[i] ^ mask[i % 4]);
    }
    frame->data[size] = 0;
    return true;
}

/* Sends one frame, unmasked; opcode with the final bit (0x81 is a whole text). */
static inline void ws_send(struct ws_server *server, unsigned first, const void *data,
                           size_t size) {
    uint8_t head[10] = {(uint8_t)first};
    size_t head_size = 2;
    if (size < 126) {
        head[1] = (uint8_t)size;
    } else if (size < 65536) {
        head[1] = 126;
        head[2] = (uint8_t)(size >> 8);
        head[3] = (uint8_t)size;
        head_size = 4;
    } else {
        head[1] = 127;
        for (size_t i = 0; i < 8; i++) {
            head[2 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
        }
        head_size = 10;
    }
    if (!ws_write(server, head, head_size) || !ws_write(server, data, size)) {
        ws_fail(server, "the client does not take what is sent");
    }
}

static inline void ws_send_text(struct ws_server *server, const char *text) {
    ws_send(server, 0x81, text, strlen(text));
}

/* Reads frames until a text, or false at the end; pongs and close frames are noted, and a close
 * frame is answered. */
static inline bool ws_receive_text(struct ws_server *server, struct ws_frame *frame) {
    while (ws_receive(server, frame)) {
        server->frames += 1;
        if (frame->opcode == 1 && frame->final) {
            return true;
        }
        if (frame->opcode == 8 && frame->size >= 2) {
            server->close_code = frame->data[0] << 8 | frame->data[1];
            if (!server->closed_first) {
                ws_send(server, 0x88, frame->data, frame->size);
            }
            free(frame->data);
            return false;
        }
        if (frame->opcode != 10) {
            ws_fail(server, "a frame that is neither text, pong nor close");
        }
        server->pongs += frame->opcode == 10;
        free(frame->data);
    }
    return false;
}

/* The id of a request as the client writes it. */
static inline unsigned long long ws_id(const struct ws_frame *frame) {
    const char *at = strstr((const char *)frame->data, "\"id\":");
    unsigned long long id = 0;
    for (at = at != NULL ? at + 5 : ""; *at >= '0' && *at <= '9'; at++) {
        id = id * 10 + (unsigned)(*at - '0');
    }
    return id;
}

static inline bool ws_shake_hands(struct ws_server *server) {
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char joined[128];
    char digest[20];
    char accept[40];
    char answer[256];
    size_t size = 0;
    while (strstr(server->request, "\r\n\r\n") == NULL) {
        if (size + 1 >= sizeof(server->request) || !ws_read(server, server->request + size, 1)) {
            return false;
        }
        size += 1;
    }
    if (server->refusal != NULL) {
        (void)ws_write(server, server->refusal, strlen(server->refusal));
        return false;
    }
    const char *key = strstr(server->request, "Sec-WebSocket-Key: ");
    if (key == NULL) {
        ws_fail(server, "a handshake without a key");
        return false;
    }
    (void)snprintf(joined, sizeof(joined), "%.24s%s", key + strlen("Sec-WebSocket-Key: "), magic);
    (void)lws_SHA1((unsigned char *)joined, strlen(joined), (unsigned char *)digest);
    (void)lws_b64_encode_string(digest, sizeof(digest), accept, sizeof(accept));
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                   accept);
    return ws_write(server, answer, strlen(answer));
}

static inline void *ws_serve(void *context) {
    struct ws_server *server = context;
    server->socket = accept(server->listener, NULL, NULL);
    if (server->socket >= 0) {
        if (ws_shake_hands(server) && server->script != NULL) {
            server->script(server);
        }
        (void)shutdown(server->socket, SHUT_WR);
        char rest[4096];
        while (recv(server->socket, rest, sizeof(rest), 0) > 0) {
        }
        (void)close(server->socket);
    }
    return NULL;
}

static inline void ws_server_start(struct ws_server *server,
                                   void (*script)(struct ws_server *server)) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->script = script;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(server->listener, 0);
    ck_assert_int_eq(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(server->listener, 8), 0);
    ck_assert_int_eq(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(server->url, sizeof(server->url), "ws://127.0.0.1:%u/a/b?c=1",
                   ntohs(address.sin_port));
    ck_assert_int_eq(pthread_create(&server->thread, NULL, ws_serve, server), 0);
}

/* Waits for the script's end. */
static inline void ws_server_stop(struct ws_server *server) {
    ck_assert_int_eq(pthread_join(server->thread, NULL), 0);
    (void)close(server->listener);
    ck_assert_msg(server->failed == NULL, "the server saw %s", server->failed);
}

#endif
