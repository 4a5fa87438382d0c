/* The growing byte buffer. Once an allocation fails it stays failed, so that writers need no checks
 * between their appends. */
#include "buf.h"
#include "hex.h"
#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void base_buf_free(struct base_buf *buf) {
    if (!buf->borrowed) {
        base_free(buf->data);
    }
    *buf = (struct base_buf)BASE_BUF_INIT;
}

bool base_buf_grow(struct base_buf *buf, size_t more) {
    if (buf->failed) {
        return false;
    }
    void *data = buf->borrowed ? NULL : buf->data;
    size_t capacity = buf->borrowed ? 0 : buf->capacity;
    size_t need = more > SIZE_MAX - buf->size ? SIZE_MAX : buf->size + more;
    /* Tiny buffers would only be grown again at once. */
    if (!base_grow(&data, &capacity, need < 64 ? 64 : need, 1)) {
        buf->failed = true;
        return false;
    }
    if (buf->borrowed && buf->size > 0) {
        memcpy(data, buf->data, buf->size);
    }
    buf->data = data;
    buf->capacity = capacity;
    buf->borrowed = false;
    return true;
}

void base_buf_u64(struct base_buf *buf, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    base_buf_append(buf, digits + at, sizeof digits - at);
}

void base_buf_i64(struct base_buf *buf, int64_t value) {
    if (value < 0) {
        base_buf_char(buf, '-');
        base_buf_u64(buf, 0 - (uint64_t)value);
    } else {
        base_buf_u64(buf, (uint64_t)value);
    }
}

void base_buf_hex(struct base_buf *buf, struct substrate_bytes bytes) {
    if (bytes.size > SIZE_MAX / 2) {
        buf->failed = true;
        return;
    }
    if (bytes.size > 0 && base_buf_reserve(buf, 2 * bytes.size)) {
        base_hex_write(bytes, buf->data + buf->size);
        buf->size += 2 * bytes.size;
    }
}

void base_buf_format(struct base_buf *buf, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buf->failed = true;
        return;
    }
    if (!base_buf_reserve(buf, (size_t)length + 1)) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(buf->data + buf->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->size += (size_t)length;
}
