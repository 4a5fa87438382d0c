/* Reading the head of a request, line by line. */
#include "wire/head.h"

#include <string.h>
#include "base/text.h"

static struct substrate_text skip(struct substrate_text text, size_t size) {
    return (struct substrate_text){text.data + size, text.size - size};
}

/* A line without its end (CR LF, or LF alone). False: its end has not come. */
static bool next_line(struct substrate_text *rest, struct substrate_text *line) {
    const char *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    if (end == NULL) {
        return false;
    }
    size_t size = (size_t)(end - rest->data);
    *line = (struct substrate_text){rest->data, size};
    if (size > 0 && end[-1] == '\r') {
        line->size--;
    }
    *rest = skip(*rest, size + 1);
    return true;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* A token of RFC 9110: what names of methods and headers are made of. */
static bool is_token(struct substrate_text text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') &&
            (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return text.size > 0;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static struct substrate_text trim(struct substrate_text text) {
    while (text.size > 0 && is_blank(text.data[0])) {
        text = skip(text, 1);
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

bool wire_same_word(struct substrate_text text, const char *word) {
    size_t size = strlen(word);
    for (size_t i = 0; i < size && i < text.size; i++) {
        if (lower(text.data[i]) != lower(word[i])) {
            return false;
        }
    }
    return text.size == size;
}

/* Whether a comma-separated list has this word. */
static bool lists(struct substrate_text list, const char *word) {
    while (list.size > 0) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t size = comma != NULL ? (size_t)(comma - list.data) : list.size;
        if (wire_same_word(trim((struct substrate_text){list.data, size}), word)) {
            return true;
        }
        list = skip(list, comma != NULL ? size + 1 : size);
    }
    return false;
}

/* Path and query of "/path?query" or "http://host/path?query". */
static bool read_target(struct substrate_text target, struct wire_head *head) {
    const char *scheme = base_text_starts(target, "http://")    ? "http://"
                         : base_text_starts(target, "https://") ? "https://"
                                                                : NULL;
    if (scheme != NULL) {
        target = skip(target, strlen(scheme));
        head->host.data = target.data;
        while (target.size > 0 && target.data[0] != '/' && target.data[0] != '?') {
            target = skip(target, 1);
        }
        head->host.size = (size_t)(target.data - head->host.data);
        if (head->host.size == 0) {
            return false;
        }
    }
    const char *mark = target.size > 0 ? memchr(target.data, '?', target.size) : NULL;
    size_t size = mark != NULL ? (size_t)(mark - target.data) : target.size;
    head->path = (struct substrate_text){target.data, size};
    head->query = skip(target, mark != NULL ? size + 1 : size);
    if (scheme != NULL && size == 0) {
        head->path = BASE_TEXT("/");
    }
    return head->path.size > 0;
}

static int read_request_line(struct substrate_text line, struct wire_head *head) {
    const char *first = memchr(line.data, ' ', line.size);
    size_t size = first != NULL ? (size_t)(first - line.data) : 0;
    head->method = (struct substrate_text){line.data, size};
    if (!is_token(head->method)) {
        return 400;
    }
    line = skip(line, size + 1);
    const char *second = line.size > 0 ? memchr(line.data, ' ', line.size) : NULL;
    if (second == NULL) {
        return 400;
    }
    size = (size_t)(second - line.data);
    struct substrate_text version = skip(line, size + 1);
    head->http10 = base_text_is(version, "HTTP/1.0");
    if (!head->http10 && !base_text_is(version, "HTTP/1.1")) {
        return base_text_starts(version, "HTTP/") ? 505 : 400;
    }
    return read_target((struct substrate_text){line.data, size}, head) ? 200 : 400;
}

/* What several headers say together. */
struct wishes {
    bool close, keep_alive, upgrade, to_websocket;
};

/* An absolute target overrides the header, of which there may be one. */
static int take_host(struct substrate_text value, struct wire_head *head) {
    int status = head->has_host ? 400 : 200;
    head->has_host = true;
    head->host = head->host.size == 0 ? value : head->host;
    return status;
}

static int take_header(struct substrate_text name, struct substrate_text value,
                       struct wishes *wishes, struct wire_head *head) {
    uint64_t length = 0;
    if (wire_same_word(name, "content-length")) {
        if (!base_text_u64(value, &length) || (head->has_length && head->length != length)) {
            return 400;
        }
        head->has_length = true;
        head->length = length;
    } else if (wire_same_word(name, "connection")) {
        wishes->close = wishes->close || lists(value, "close");
        wishes->keep_alive = wishes->keep_alive || lists(value, "keep-alive");
        wishes->upgrade = wishes->upgrade || lists(value, "upgrade");
    } else if (wire_same_word(name, "upgrade")) {
        wishes->to_websocket = wishes->to_websocket || lists(value, "websocket");
    } else if (wire_same_word(name, "transfer-encoding")) {
        head->chunked = true;
    } else if (wire_same_word(name, "expect")) {
        head->expecting = wire_same_word(value, "100-continue");
    } else if (wire_same_word(name, "origin")) {
        head->origin = true;
    } else if (wire_same_word(name, "host")) {
        return take_host(value, head);
    } else if (wire_same_word(name, "content-type")) {
        head->content_type = value;
    } else if (wire_same_word(name, "sec-websocket-key")) {
        head->key = value;
    } else if (wire_same_word(name, "sec-websocket-version")) {
        head->version = value;
    }
    return 200;
}

static int read_header(struct substrate_text line, struct wishes *wishes, struct wire_head *head) {
    const char *colon = memchr(line.data, ':', line.size);
    size_t size = colon != NULL ? (size_t)(colon - line.data) : 0;
    struct substrate_text name = {line.data, size};
    if (!is_token(name)) {
        return 400;
    }
    struct substrate_text value = trim(skip(line, size + 1));
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7F) {
            return 400;
        }
    }
    return take_header(name, value, wishes, head);
}

int wire_head_read(struct substrate_text bytes, struct wire_head *head) {
    struct substrate_text rest = bytes, line = {NULL, 0};
    struct wishes wishes = {false, false, false, false};
    int unfinished = bytes.size > WIRE_HEAD_MAX ? 431 : 0, status = 200;
    memset(head, 0, sizeof(*head));
    do { /* empty lines before a request are a habit of old clients */
        if (!next_line(&rest, &line)) {
            return unfinished;
        }
    } while (line.size == 0);
    status = read_request_line(line, head);
    while (status == 200) {
        if (!next_line(&rest, &line)) {
            return unfinished;
        }
        if (line.size == 0) {
            break;
        }
        status = read_header(line, &wishes, head);
    }
    head->size = bytes.size - rest.size;
    head->keep_alive = !wishes.close && (!head->http10 || wishes.keep_alive);
    head->websocket =
        wishes.upgrade && wishes.to_websocket && !head->http10 && base_text_is(head->method, "GET");
    return status == 200 && head->size > WIRE_HEAD_MAX ? 431 : status;
}

static int read_status(struct substrate_text line) {
    uint64_t status = 0;
    bool good = line.size >= 12 && base_text_starts(line, "HTTP/1.") && line.data[8] == ' ' &&
                base_text_u64((struct substrate_text){line.data + 9, 3}, &status);
    return good ? (int)status : 0;
}

bool wire_answer_read(struct substrate_text bytes, struct wire_answer_head *head) {
    struct substrate_text rest = bytes, line = {NULL, 0};
    memset(head, 0, sizeof(*head));
    if (!next_line(&rest, &line)) {
        return bytes.size > WIRE_HEAD_MAX;
    }
    head->status = read_status(line);
    while (head->status != 0) {
        if (!next_line(&rest, &line)) {
            return false;
        }
        if (line.size == 0) {
            break;
        }
        const char *colon = memchr(line.data, ':', line.size);
        size_t size = colon != NULL ? (size_t)(colon - line.data) : 0;
        struct substrate_text name = {line.data, size};
        struct substrate_text value = trim(skip(line, colon != NULL ? size + 1 : 0));
        if (wire_same_word(name, "sec-websocket-accept")) {
            head->accept = value;
        } else if (wire_same_word(name, "retry-after")) {
            head->retry_after = value;
        } else if (wire_same_word(name, "upgrade")) {
            head->upgrade = lists(value, "websocket");
        }
    }
    head->size = bytes.size - rest.size;
    return true;
}

static int digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool wire_unescape(struct substrate_text text, char *out, size_t capacity,
                   struct substrate_text *plain) {
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++, size++) {
        if (size == capacity) {
            return false;
        }
        int high = text.data[i] == '%' && i + 2 < text.size ? digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? digit(text.data[i + 2]) : -1;
        out[size] = low >= 0 ? (char)(high * 16 + low) : text.data[i];
        i += low >= 0 ? 2 : 0;
    }
    *plain = (struct substrate_text){out, size};
    return true;
}
