/* The validating scanner of JSON: one pass, no recursion, no allocation. Which containers are open
 * is one bit for each level. */
#include "json.h"
#include "hex.h"
#include "json_text.h"

static void skip_spaces(struct base_json_scan *scan) {
    while (scan->at < scan->end && base_json_is_space(*scan->at)) {
        scan->at++;
    }
}

/* White space is rare between the tokens of machines. */
static inline void skip_space(struct base_json_scan *scan) {
    if (scan->at < scan->end && (unsigned char)*scan->at <= ' ') {
        skip_spaces(scan);
    }
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The next character, or NUL at the end; a NUL in the text is wrong wherever this is asked. */
static char peek(const struct base_json_scan *scan) {
    if (scan->at == scan->end) {
        return '\0';
    }
    return *scan->at;
}

static bool take(struct base_json_scan *scan, char c) {
    if (peek(scan) != c || scan->at == scan->end) {
        return false;
    }
    scan->at++;
    return true;
}

static bool scan_escape(struct base_json_scan *scan) {
    scan->at++;
    switch (peek(scan)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        scan->at++;
        return true;
    case 'u':
        scan->at++;
        for (int i = 0; i < 4; i++) {
            if (base_hex_digit(peek(scan)) < 0) {
                return false;
            }
            scan->at++;
        }
        return true;
    default:
        return false;
    }
}

static bool scan_string(struct base_json_scan *scan) {
    scan->at++;
    for (;;) {
        scan->at = base_json_plain_run(scan->at, scan->end);
        if (scan->at == scan->end) {
            return false;
        }
        if (*scan->at == '"') {
            scan->at++;
            return true;
        }
        if (*scan->at == '\\') {
            if (!scan_escape(scan)) {
                return false;
            }
            continue;
        }
        bool valid = false;
        size_t length = base_utf8_step(scan->at, scan->end, &valid);
        if (!valid || length == 1) { /* a sequence of one byte is a control character here */
            return false;
        }
        scan->at += length;
    }
}

static bool scan_digits(struct base_json_scan *scan) {
    if (!is_digit(peek(scan))) {
        return false;
    }
    while (is_digit(peek(scan))) {
        scan->at++;
    }
    return true;
}

static bool scan_number(struct base_json_scan *scan) {
    (void)take(scan, '-');
    if (!take(scan, '0') && !scan_digits(scan)) {
        return false;
    }
    if (take(scan, '.') && !scan_digits(scan)) {
        return false;
    }
    if (take(scan, 'e') || take(scan, 'E')) {
        if (!take(scan, '+')) {
            (void)take(scan, '-');
        }
        return scan_digits(scan);
    }
    return true;
}

static bool scan_word(struct base_json_scan *scan, const char *word) {
    for (; *word != '\0'; word++) {
        if (!take(scan, *word)) {
            return false;
        }
    }
    return true;
}

static bool scan_scalar(struct base_json_scan *scan) {
    switch (peek(scan)) {
    case '"':
        return scan_string(scan);
    case 'n':
        return scan_word(scan, "null");
    case 't':
        return scan_word(scan, "true");
    case 'f':
        return scan_word(scan, "false");
    default:
        return scan_number(scan);
    }
}

/* `"name" :`, white space allowed around the tokens; `name` is set to the raw string. */
static bool scan_name(struct base_json_scan *scan, struct substrate_text *name) {
    skip_space(scan);
    const char *start = scan->at;
    if (peek(scan) != '"' || !scan_string(scan)) {
        return false;
    }
    *name = (struct substrate_text){start, (size_t)(scan->at - start)};
    skip_space(scan);
    return take(scan, ':');
}

static bool in_object(const struct base_json_scan *scan) {
    unsigned level = scan->depth - 1;
    return (scan->objects[level / 64] >> level % 64 & 1) != 0;
}

/* At an opening bracket. *empty: it was closed at once; else the first value comes next. */
static enum substrate_status open_container(struct base_json_scan *scan, bool *empty) {
    if (scan->depth == scan->depth_max) {
        return SUBSTRATE_E_LIMIT;
    }
    bool object = *scan->at == '{';
    uint64_t bit = UINT64_C(1) << scan->depth % 64;
    uint64_t *word = &scan->objects[scan->depth / 64];
    if (scan->depth % 64 == 0) {
        *word = 0;
    }
    *word = object ? *word | bit : *word & ~bit;
    scan->depth++;
    scan->at++;
    skip_space(scan);
    *empty = take(scan, object ? '}' : ']');
    if (*empty) {
        scan->depth--;
        return SUBSTRATE_OK;
    }
    struct substrate_text name;
    return object && !scan_name(scan, &name) ? SUBSTRATE_E_DECODE : SUBSTRATE_OK;
}

/* Behind a value: closes what ends here, and goes to the next value if a container is still open.
 */
static bool close_containers(struct base_json_scan *scan) {
    while (scan->depth > 0) {
        skip_space(scan);
        bool object = in_object(scan);
        if (take(scan, ',')) {
            struct substrate_text name;
            return !object || scan_name(scan, &name);
        }
        if (!take(scan, object ? '}' : ']')) {
            return false;
        }
        scan->depth--;
    }
    return true;
}

static enum substrate_status scan_value(struct base_json_scan *scan) {
    do {
        bool ended = true;
        skip_space(scan);
        if (peek(scan) == '{' || peek(scan) == '[') {
            enum substrate_status status = open_container(scan, &ended);
            if (status != SUBSTRATE_OK) {
                return status;
            }
        } else if (!scan_scalar(scan)) {
            return SUBSTRATE_E_DECODE;
        }
        if (ended && !close_containers(scan)) {
            return SUBSTRATE_E_DECODE;
        }
    } while (scan->depth > 0);
    return SUBSTRATE_OK;
}

/* An empty text may have no address, and pointers are compared from here on. */
static void scan_begin(struct base_json_scan *scan, struct substrate_text text,
                       unsigned depth_max) {
    scan->at = text.size == 0 ? "" : text.data;
    scan->end = scan->at + text.size;
    scan->depth = 0;
    scan->depth_max = depth_max < BASE_JSON_DEPTH_CEILING ? depth_max : BASE_JSON_DEPTH_CEILING;
    skip_space(scan);
}

enum substrate_status base_json_parse(struct substrate_text text, unsigned depth_max,
                                      struct base_json *value, size_t *position) {
    struct base_json_scan scan;
    scan_begin(&scan, text, depth_max);
    const char *start = scan.at;
    enum substrate_status status = scan_value(&scan);
    const char *stop = scan.at;
    if (status == SUBSTRATE_OK) {
        skip_space(&scan);
        if (scan.at != scan.end) {
            status = SUBSTRATE_E_DECODE;
        }
    }
    if (status != SUBSTRATE_OK) {
        if (position != NULL) {
            *position = text.size - (size_t)(scan.end - scan.at);
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
    scan_begin(scan, text, depth_max);
    if (scan->depth_max == 0 || !take(scan, '{')) {
        return false;
    }
    scan->depth_max--; /* each value is scanned for itself, from depth 0 */
    return true;
}

#if defined(__GNUC__)
__attribute__((flatten)) /* every message goes through here: the scanner is part of it */
#endif
bool base_json_members_next(struct base_json_members *members, struct substrate_text *key,
                            struct base_json *value) {
    struct base_json_scan *scan = &members->scan;
    skip_space(scan);
    if (take(scan, '}')) {
        skip_space(scan);
        members->good = scan->at == scan->end;
        return false;
    }
    if (members->any && !take(scan, ',')) {
        return false;
    }
    members->any = true;
    if (!scan_name(scan, key)) {
        return false;
    }
    skip_space(scan);
    const char *start = scan->at;
    if (scan_value(scan) != SUBSTRATE_OK) {
        return false;
    }
    *value = base_json_view(start, scan->at);
    return true;
}
