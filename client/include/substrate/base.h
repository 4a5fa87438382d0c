/* The words that every other public header uses: status codes, borrowed views, the error that a
 * failing call fills in, and the allocator hook.
 *
 * Three words say who owns a pointer: a function *gives* (the caller frees it), *takes* (the callee
 * frees it from now on) or *borrows* (nobody's ownership changes; the view lives as long as its
 * owner). Inputs are borrowed for the duration of the call unless the block says otherwise.
 * Four tags say which thread may call: `any`; `any, blocks`; `owner` (one thread at a time);
 * `I/O thread safe` (also legal on the engine's own thread). */
#ifndef SUBSTRATE_BASE_H
#define SUBSTRATE_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, text): the one list of status codes. 0 is success, positive is success with a
 * remark, negative is failure. */
#define SUBSTRATE_STATUS_LIST(X)                                            \
    X(OK, 0, "ok")                                                          \
    X(PARTIAL, 1, "some of the requests failed; each outcome says how")     \
    X(E_ARGUMENT, -1, "invalid argument")                                   \
    X(E_MEMORY, -2, "out of memory")                                        \
    X(E_CONNECT, -3, "cannot connect")                                      \
    X(E_CLOSED, -4, "the connection is closed")                             \
    X(E_TIMEOUT, -5, "the deadline passed")                                 \
    X(E_CANCELLED, -6, "cancelled")                                         \
    X(E_BUSY, -7, "too many requests in flight")                            \
    X(E_PENDING, -8, "not finished yet")                                    \
    X(E_CALLBACK, -9, "a blocking function was called on the I/O thread")   \
    X(E_PROTOCOL, -10, "the peer broke the protocol")                       \
    X(E_LIMIT, -11, "a limit was exceeded")                                 \
    X(E_RPC, -12, "the node answered with an error")                        \
    X(E_DECODE, -13, "the bytes do not decode")                             \
    X(E_NOT_FOUND, -14, "not found")                                        \
    X(E_LAGGED, -15, "the reader was too slow; notifications were dropped") \
    X(E_IO, -16, "input or output failed")

enum substrate_status {
#define SUBSTRATE_STATUS_ENUM(name, value, text) SUBSTRATE_##name = (value),
    SUBSTRATE_STATUS_LIST(SUBSTRATE_STATUS_ENUM)
#undef SUBSTRATE_STATUS_ENUM
};

/* The name of a status, for example "E_TIMEOUT". Returns a borrowed static string; never NULL ("?"
 * for a value outside the list). Threads: any, I/O thread safe. */
const char *substrate_status_name(enum substrate_status status);

/* One line of English for a status. Returns a borrowed static string. Threads: any. */
const char *substrate_status_text(enum substrate_status status);

/* Borrowed text: not terminated, UTF-8. {NULL, 0} is "none". */
struct substrate_text {
    const char *data;
    size_t size;
};

/* Borrowed bytes. */
struct substrate_bytes {
    const uint8_t *data;
    size_t size;
};

/* A block hash, storage hash or account: 32 bytes in wire order. */
struct substrate_hash {
    uint8_t bytes[32];
};

/* What went wrong, in a struct that the caller owns; it owns nothing itself. Every parameter of
 * this type may be NULL. `rpc_code` is the node's error code when status is E_RPC, else 0;
 * `position` is a byte offset into the input that failed to parse, else 0. */
struct substrate_error {
    enum substrate_status status;
    int64_t rpc_code;
    size_t position;
    char message[488];
};

/* Where the library gets its memory. `resize(context, NULL, n)` allocates, `resize(context, p, 0)`
 * frees and returns NULL. */
struct substrate_allocator {
    void *(*resize)(void *context, void *memory, size_t size);
    void *context;
};

/* Sets the process's allocator for this library. Call it before anything else, with no object of
 * the library alive; NULL restores the C library's. Borrows `allocator` until it is replaced.
 * Threads: owner (before threads start). */
void substrate_allocator_set(const struct substrate_allocator *allocator);

/* Microseconds of the monotonic clock: what every deadline of this library is measured in.
 * Threads: any, I/O thread safe. */
uint64_t substrate_now_us(void);

/* The deadline that never passes. */
#define SUBSTRATE_NEVER UINT64_MAX

#ifdef __cplusplus
}
#endif
#endif
