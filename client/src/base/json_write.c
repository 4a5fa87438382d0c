/* Writing JSON tokens to a buffer. */
#include "json.h"
#include "json_text.h"

/* The escape of a character that may not stand for itself: short where there is a short one. */
static void write_escape(struct base_buf *buf, char c) {
    switch (c) {
    case '"':
        base_buf_str(buf, "\\\"");
        break;
    case '\\':
        base_buf_str(buf, "\\\\");
        break;
    case '\b':
        base_buf_str(buf, "\\b");
        break;
    case '\f':
        base_buf_str(buf, "\\f");
        break;
    case '\n':
        base_buf_str(buf, "\\n");
        break;
    case '\r':
        base_buf_str(buf, "\\r");
        break;
    case '\t':
        base_buf_str(buf, "\\t");
        break;
    default:
        base_buf_str(buf, "\\u00");
        base_buf_hex(buf, (struct substrate_bytes){(const uint8_t *)&c, 1});
        break;
    }
}

void base_json_write_string(struct base_buf *buf, struct substrate_text text) {
    const char *at = text.size == 0 ? "" : text.data;
    const char *end = at + text.size;
    base_buf_char(buf, '"');
    while (at < end) {
        const char *stop = base_json_plain_run(at, end);
        base_buf_append(buf, at, (size_t)(stop - at));
        at = stop;
        if (at == end) {
            break;
        }
        bool valid = false;
        size_t length = base_utf8_step(at, end, &valid);
        if (!valid) {
            base_buf_str(buf, "\xef\xbf\xbd"); /* U+FFFD */
        } else if (length == 1) {
            write_escape(buf, *at);
        } else {
            base_buf_append(buf, at, length);
        }
        at += length;
    }
    base_buf_char(buf, '"');
}

void base_json_write_hex(struct base_buf *buf, struct substrate_bytes bytes) {
    base_buf_str(buf, "\"0x");
    base_buf_hex(buf, bytes);
    base_buf_char(buf, '"');
}

void base_json_write_compact(struct base_buf *buf, struct base_json value) {
    const char *at = value.raw.data;
    const char *end = at + value.raw.size;
    const char *start = at; /* of what is not written yet */
    while (at < end) {
        if (*at == '"') {
            at = base_json_string_end(at, end);
        } else if (base_json_is_space(*at)) {
            base_buf_append(buf, start, (size_t)(at - start));
            start = ++at;
        } else {
            at++;
        }
    }
    base_buf_append(buf, start, (size_t)(end - start));
}
