/* The head of an HTTP request, read as a node (hyper) reads it: any method, any headers, HTTP/1.0
 * and 1.1. Knows no socket. */
#ifndef WIRE_HEAD_H
#define WIRE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>

#define WIRE_HEAD_MAX 65536

/* All texts are views of what was read. */
struct wire_head {
    size_t size; /* up to the body, empty lines before the request included */
    struct substrate_text method;
    struct substrate_text path, query; /* as sent; the query without its question mark */
    bool http10, keep_alive;
    bool has_length; /* Content-Length */
    uint64_t length;
    bool chunked;   /* some Transfer-Encoding */
    bool expecting; /* Expect: 100-continue */
    bool origin;
    bool has_host;
    struct substrate_text host; /* of an absolute target, or else of the Host header */
    struct substrate_text content_type;
    bool websocket; /* asks for an upgrade to it, properly or not */
    struct substrate_text key, version;
};

/* Returns 0 when the end of the head has not come yet, 200 when it was read, or else the HTTP
 * status to refuse it with. */
int wire_head_read(struct substrate_text bytes, struct wire_head *head);

/* The head of the answer to a handshake. */
struct wire_answer_head {
    size_t size;
    int status;
    bool upgrade; /* to a WebSocket */
    struct substrate_text accept, retry_after;
};

/* Returns false when its end has not come yet. What is no HTTP/1 has the status 0. */
bool wire_answer_read(struct substrate_text bytes, struct wire_answer_head *head);

/* Undoes percent escapes into `out`; false: it does not fit. */
bool wire_unescape(struct substrate_text text, char *out, size_t capacity,
                   struct substrate_text *plain);

/* Compares without regard to the case of ASCII letters. */
bool wire_same_word(struct substrate_text text, const char *word);

#endif
