/* The validating scanner of JSON: one pass, no recursion, no allocation. Which containers are open
 * is one bit for each level. */
#include "json.h"
#include "hex.h"
#include "json_text.h"

/* Where a scan is. It is a copy in registers, as what is scanned is part of the two functions that
 * every text goes through. */
struct cursor {
    const char *at, *end;
};

static void skip_spaces(struct cursor *cursor) {
    while (cursor->at < cursor->end && base_json_is_space(*cursor->at)) {
        cursor->at++;
    }
}

/* White space is rare between the tokens of machines. */
static inline void skip_space(struct cursor *cursor) {
    if (cursor->at < cursor->end && (unsigned char)*cursor->at <= ' ') {
        skip_spaces(cursor);
    }
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The next character, or NUL at the end; a NUL in the text is wrong wherever this is asked. */
static char peek(const struct cursor *cursor) {
    return cursor->at == cursor->end ? '\0' : *cursor->at;
}

static inline bool take(struct cursor *cursor, char c) {
    bool taken = cursor->at != cursor->end && *cursor->at == c;
    cursor->at += taken ? 1 : 0;
    return taken;
}

/* The same behind white space, if there is any. */
static inline bool take_token(struct cursor *cursor, char c) {
    if (take(cursor, c)) {
        return true;
    }
    skip_space(cursor);
    return take(cursor, c);
}

static bool scan_escape(struct cursor *cursor) {
    cursor->at++;
    switch (peek(cursor)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        cursor->at++;
        return true;
    case 'u':
        cursor->at++;
        for (int i = 0; i < 4; i++) {
            if (base_hex_digit(peek(cursor)) < 0) {
                return false;
            }
            cursor->at++;
        }
        return true;
    default:
        return false;
    }
}

static bool scan_string(struct cursor *cursor) {
    cursor->at++;
    for (;;) {
        cursor->at = base_json_plain_run(cursor->at, cursor->end);
        if (cursor->at == cursor->end) {
            return false;
        }
        if (*cursor->at == '"') {
            cursor->at++;
            return true;
        }
        if (*cursor->at == '\\') {
            if (!scan_escape(cursor)) {
                return false;
            }
            continue;
        }
        bool valid = false;
        size_t length = base_utf8_step(cursor->at, cursor->end, &valid);
        if (!valid || length == 1) { /* a sequence of one byte is a control character here */
            return false;
        }
        cursor->at += length;
    }
}

static bool scan_digits(struct cursor *cursor) {
    if (!is_digit(peek(cursor))) {
        return false;
    }
    while (is_digit(peek(cursor))) {
        cursor->at++;
    }
    return true;
}

static bool scan_number(struct cursor *cursor) {
    (void)take(cursor, '-');
    if (!take(cursor, '0') && !scan_digits(cursor)) {
        return false;
    }
    if (take(cursor, '.') && !scan_digits(cursor)) {
        return false;
    }
    if (take(cursor, 'e') || take(cursor, 'E')) {
        if (!take(cursor, '+')) {
            (void)take(cursor, '-');
        }
        return scan_digits(cursor);
    }
    return true;
}

static bool scan_word(struct cursor *cursor, const char *word) {
    for (; *word != '\0'; word++) {
        if (!take(cursor, *word)) {
            return false;
        }
    }
    return true;
}

static bool scan_scalar(struct cursor *cursor) {
    switch (peek(cursor)) {
    case '"':
        return scan_string(cursor);
    case 'n':
        return scan_word(cursor, "null");
    case 't':
        return scan_word(cursor, "true");
    case 'f':
        return scan_word(cursor, "false");
    default:
        return scan_number(cursor);
    }
}

/* `"name" :`, white space allowed around the tokens; `name` is set to the raw string. */
static bool scan_name(struct cursor *cursor, struct substrate_text *name) {
    skip_space(cursor);
    const char *start = cursor->at;
    if (peek(cursor) != '"' || !scan_string(cursor)) {
        return false;
    }
    *name = (struct substrate_text){start, (size_t)(cursor->at - start)};
    return take_token(cursor, ':');
}

static bool in_object(const struct base_json_scan *scan) {
    unsigned level = scan->depth - 1;
    return (scan->objects[level / 64] >> level % 64 & 1) != 0;
}

/* At an opening bracket. *empty: it was closed at once; else the first value comes next. */
static enum substrate_status open_container(struct cursor *cursor, struct base_json_scan *scan,
                                            bool *empty) {
    if (scan->depth == scan->depth_max) {
        return SUBSTRATE_E_LIMIT;
    }
    bool object = *cursor->at == '{';
    uint64_t bit = UINT64_C(1) << scan->depth % 64;
    uint64_t *word = &scan->objects[scan->depth / 64];
    if (scan->depth % 64 == 0) {
        *word = 0;
    }
    *word = object ? *word | bit : *word & ~bit;
    cursor->at++;
    *empty = take_token(cursor, object ? '}' : ']');
    if (*empty) {
        return SUBSTRATE_OK;
    }
    scan->depth++;
    struct substrate_text name;
    return object && !scan_name(cursor, &name) ? SUBSTRATE_E_DECODE : SUBSTRATE_OK;
}

/* Behind a value: closes what ends here, and goes to the next value if a container is still open.
 */
static bool close_containers(struct cursor *cursor, struct base_json_scan *scan) {
    while (scan->depth > 0) {
        bool object = in_object(scan);
        if (take_token(cursor, ',')) {
            struct substrate_text name;
            return !object || scan_name(cursor, &name);
        }
        if (!take(cursor, object ? '}' : ']')) {
            return false;
        }
        scan->depth--;
    }
    return true;
}

static enum substrate_status scan_value(struct cursor *cursor, struct base_json_scan *scan) {
    do {
        bool ended = true;
        skip_space(cursor);
        if (peek(cursor) == '{' || peek(cursor) == '[') {
            enum substrate_status status = open_container(cursor, scan, &ended);
            if (status != SUBSTRATE_OK) {
                return status;
            }
        } else if (!scan_scalar(cursor)) {
            return SUBSTRATE_E_DECODE;
        }
        if (ended && scan->depth > 0 && !close_containers(cursor, scan)) {
            return SUBSTRATE_E_DECODE;
        }
    } while (scan->depth > 0);
    return SUBSTRATE_OK;
}

/* An empty text may have no address, and pointers are compared from here on. */
static struct cursor scan_begin(struct base_json_scan *scan, struct substrate_text text,
                                unsigned depth_max) {
    const char *at = text.size == 0 ? "" : text.data;
    struct cursor cursor = {at, at + text.size};
    scan->depth = 0;
    scan->depth_max = depth_max < BASE_JSON_DEPTH_CEILING ? depth_max : BASE_JSON_DEPTH_CEILING;
    skip_space(&cursor);
    return cursor;
}

#if defined(__GNUC__)
__attribute__((flatten))
#endif
enum substrate_status
base_json_parse(struct substrate_text text, unsigned depth_max, struct base_json *value,
                size_t *position) {
    struct base_json_scan scan;
    struct cursor cursor = scan_begin(&scan, text, depth_max);
    const char *start = cursor.at;
    enum substrate_status status = scan_value(&cursor, &scan);
    const char *stop = cursor.at;
    if (status == SUBSTRATE_OK) {
        skip_space(&cursor);
        if (cursor.at != cursor.end) {
            status = SUBSTRATE_E_DECODE;
        }
    }
    if (status != SUBSTRATE_OK) {
        if (position != NULL) {
            *position = text.size - (size_t)(cursor.end - cursor.at);
        }
        return status;
    }
    *value = base_json_view(start, stop);
    return SUBSTRATE_OK;
}

/* ---- members, as they come ---- */

bool base_json_members_begin(struct base_json_members *members, struct substrate_text text,
                             unsigned depth_max) {
    struct base_json_scan *scan = &members->scan;
    members->any = false;
    members->good = false;
    struct cursor cursor = scan_begin(scan, text, depth_max);
    if (scan->depth_max == 0 || !take(&cursor, '{')) {
        return false;
    }
    scan->depth_max--; /* each value is scanned for itself, from depth 0 */
    members->at = cursor.at;
    members->end = cursor.end;
    return true;
}

/* Goes to the next name. false: there is none, or not in a valid text. */
static bool next_member(struct base_json_members *members, struct cursor *cursor) {
    if (members->any && take_token(cursor, ',')) {
        return true;
    }
    if (take_token(cursor, '}')) {
        skip_space(cursor);
        members->good = cursor->at == cursor->end;
        return false;
    }
    bool first = !members->any;
    members->any = true;
    return first;
}

#if defined(__GNUC__)
__attribute__((flatten)) /* every message goes through here */
#endif
bool base_json_members_next(struct base_json_members *members, struct substrate_text *key,
                            struct base_json *value) {
    struct cursor cursor = {members->at, members->end};
    if (!next_member(members, &cursor) || !scan_name(&cursor, key)) {
        return false;
    }
    skip_space(&cursor);
    const char *start = cursor.at;
    if (scan_value(&cursor, &members->scan) != SUBSTRATE_OK) {
        return false;
    }
    *value = base_json_view(start, cursor.at);
    members->at = cursor.at;
    return true;
}
