/* A growing byte buffer whose failure sticks: append as much as you like, look once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <substrate/base.h>

struct base_buf {
    char *data;
    size_t size;
    size_t capacity;
    bool failed;   /* an allocation failed; the buffer ignores appends until reset */
    bool borrowed; /* data is the room of BASE_BUF_ON, not the heap's */
};

#define BASE_BUF_INIT \
    { NULL, 0, 0, false, false }
/* A buffer that begins in an array of its user, for what is nearly always small: only what outgrows
 * it is allocated. */
#define BASE_BUF_ON(room) \
    { (room), 0, sizeof(room), false, true }

void base_buf_free(struct base_buf *buf);
/* Makes room for so many bytes more, when there is not enough: see base_buf_reserve. */
bool base_buf_grow(struct base_buf *buf, size_t more);

/* The short appends stand here, as most of them are of a few characters into room that is there. */

static inline void base_buf_reset(struct base_buf *buf) { /* size 0, not failed, memory kept */
    buf->size = 0;
    buf->failed = false;
}

/* Room for so many bytes more behind the content; false when out of memory, now or before. */
static inline bool base_buf_reserve(struct base_buf *buf, size_t more) {
    return (!buf->failed && more <= buf->capacity - buf->size) || base_buf_grow(buf, more);
}

static inline void base_buf_append(struct base_buf *buf, const void *data, size_t size) {
    if (size > 0 && base_buf_reserve(buf, size)) {
        memcpy(buf->data + buf->size, data, size);
        buf->size += size;
    }
}

static inline void base_buf_text(struct base_buf *buf, struct substrate_text text) {
    base_buf_append(buf, text.data, text.size);
}

static inline void base_buf_str(struct base_buf *buf, const char *string) {
    base_buf_append(buf, string, strlen(string));
}

static inline void base_buf_char(struct base_buf *buf, char c) {
    if (base_buf_reserve(buf, 1)) {
        buf->data[buf->size++] = c;
    }
}

/* The content as a view, valid until the next append. */
static inline struct substrate_text base_buf_view(const struct base_buf *buf) {
    return (struct substrate_text){buf->data, buf->size};
}

void base_buf_u64(struct base_buf *buf, uint64_t value); /* decimal */
void base_buf_i64(struct base_buf *buf, int64_t value);
void base_buf_hex(struct base_buf *buf, struct substrate_bytes bytes); /* without 0x */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void base_buf_format(struct base_buf *buf, const char *format, ...);

#endif
