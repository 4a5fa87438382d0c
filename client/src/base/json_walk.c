/* Views into validated JSON: walking containers, finding members, reading numbers and strings. All
 * of it trusts the validation, and so needs few checks. */
#include "json.h"
#include "hex.h"
#include "json_text.h"
#include "text.h"

static const char *after_spaces(const char *at, const char *end) {
    while (at < end && base_json_is_space(*at)) {
        at++;
    }
    return at;
}

/* Of which there is rarely any. */
static inline const char *after_space(const char *at, const char *end) {
    return at < end && (unsigned char)*at <= ' ' ? after_spaces(at, end) : at;
}

/* From the first character of a valid value to just behind its last. */
static const char *value_end(const char *at, const char *end) {
    if (*at == '"') {
        return base_json_string_end(at, end);
    }
    if (*at != '[' && *at != '{') {
        while (at < end && *at != ',' && *at != ']' && *at != '}' && !base_json_is_space(*at)) {
            at++;
        }
        return at;
    }
    size_t depth = 0;
    do {
        switch (*at) {
        case '"':
            at = base_json_string_end(at, end);
            continue;
        case '[':
        case '{':
            depth++;
            break;
        case ']':
        case '}':
            depth--;
            break;
        default:
            break;
        }
        at++;
    } while (depth > 0);
    return at;
}

void base_json_walk_init(struct base_json_walk *walk, struct base_json container) {
    *walk = (struct base_json_walk){NULL, NULL, container.kind == BASE_JSON_OBJECT};
    if (container.kind == BASE_JSON_OBJECT || container.kind == BASE_JSON_ARRAY) {
        walk->end = container.raw.data + container.raw.size - 1;
        walk->at = after_space(container.raw.data + 1, walk->end);
    }
}

bool base_json_walk_next(struct base_json_walk *walk, struct substrate_text *key,
                         struct base_json *value) {
    const char *at = walk->at;
    const char *end = walk->end;
    if (at == end) {
        return false;
    }
    *key = (struct substrate_text){NULL, 0};
    if (walk->object) {
        const char *stop = base_json_string_end(at, end);
        *key = (struct substrate_text){at, (size_t)(stop - at)};
        at = after_space(after_space(stop, end) + 1, end);
    }
    const char *stop = value_end(at, end);
    *value = base_json_view(at, stop);
    at = after_space(stop, end);
    walk->at = at < end ? after_space(at + 1, end) : end; /* over the comma */
    return true;
}

size_t base_json_length(struct base_json container) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    size_t length = 0;
    base_json_walk_init(&walk, container);
    while (base_json_walk_next(&walk, &key, &value)) {
        length++;
    }
    return length;
}

/* What is between the quotes. */
static struct substrate_text inside(struct substrate_text string) {
    return (struct substrate_text){string.data + 1, string.size - 2};
}

static unsigned read_unit(const char *digits) {
    unsigned unit = 0;
    for (int i = 0; i < 4; i++) {
        unit = unit << 4 | (unsigned)base_hex_digit(digits[i]);
    }
    return unit;
}

static size_t write_utf8(uint32_t point, char out[4]) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (char)((0xf00U >> length & 0xff) | point);
    return length;
}

/* Reads the escape at *at, moves behind it and writes the character it stands for. */
static size_t unescape(const char **at, const char *end, char out[4]) {
    const char *escape = *at + 1;
    *at = escape + 1;
    switch (*escape) {
    case 'b':
        return write_utf8('\b', out);
    case 'f':
        return write_utf8('\f', out);
    case 'n':
        return write_utf8('\n', out);
    case 'r':
        return write_utf8('\r', out);
    case 't':
        return write_utf8('\t', out);
    case 'u':
        break;
    default:
        return write_utf8((unsigned char)*escape, out);
    }
    uint32_t point = read_unit(escape + 1);
    *at = escape + 5;
    if (point < 0xd800 || point > 0xdfff) {
        return write_utf8(point, out);
    }
    if (point < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        uint32_t low = read_unit(*at + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *at += 6;
            return write_utf8(0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00), out);
        }
    }
    return write_utf8(0xfffd, out); /* half a pair */
}

/* Without unescaping it anywhere. */
bool base_json_says_escaped(struct substrate_text string, struct substrate_text text) {
    struct substrate_text raw = inside(string);
    const char *at = raw.data;
    const char *end = at + raw.size;
    size_t matched = 0;
    if (memchr(at, '\\', raw.size) == NULL) {
        return false; /* as it is longer */
    }
    while (at < end) {
        char bytes[4];
        size_t size = 1;
        if (*at == '\\') {
            size = unescape(&at, end, bytes);
        } else {
            bytes[0] = *at++;
        }
        if (size > text.size - matched || memcmp(bytes, text.data + matched, size) != 0) {
            return false;
        }
        matched += size;
    }
    return matched == text.size;
}

struct base_json base_json_member_count(struct base_json object, const char *name, size_t *count) {
    struct substrate_text wanted = base_text(name);
    struct base_json found = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    *count = 0;
    base_json_walk_init(&walk, object);
    while (walk.object && base_json_walk_next(&walk, &key, &value)) {
        if (base_json_says(key, wanted)) {
            found = value;
            ++*count;
        }
    }
    return found;
}

struct base_json base_json_member(struct base_json object, const char *name) {
    size_t count = 0;
    return base_json_member_count(object, name, &count);
}

bool base_json_u64(struct base_json value, uint64_t *out) {
    return value.kind == BASE_JSON_NUMBER && base_text_u64(value.raw, out);
}

bool base_json_i64(struct base_json value, int64_t *out) {
    if (value.kind != BASE_JSON_NUMBER) {
        return false;
    }
    struct substrate_text digits = value.raw;
    bool negative = digits.data[0] == '-';
    if (negative) {
        digits.data++;
        digits.size--;
    }
    uint64_t magnitude = 0;
    if (!base_text_u64(digits, &magnitude) || magnitude > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    /* The least value has no positive counterpart, hence the detour by -1. */
    *out = negative && magnitude > 0 ? -1 - (int64_t)(magnitude - 1) : (int64_t)magnitude;
    return true;
}

bool base_json_is(struct base_json value, const char *text) {
    return value.kind == BASE_JSON_STRING && base_json_says(value.raw, base_text(text));
}

bool base_json_string(struct base_json value, struct base_arena *arena,
                      struct substrate_text *out) {
    if (value.kind != BASE_JSON_STRING) {
        return false;
    }
    struct substrate_text raw = inside(value.raw);
    if (memchr(raw.data, '\\', raw.size) == NULL) {
        *out = raw;
        return true;
    }
    /* No escape is shorter than what it stands for. */
    char *text = base_arena_alloc(arena, raw.size);
    if (text == NULL) {
        return false;
    }
    size_t size = 0;
    for (const char *at = raw.data, *end = at + raw.size; at < end;) {
        if (*at == '\\') {
            char bytes[4];
            size_t more = unescape(&at, end, bytes);
            memcpy(text + size, bytes, more);
            size += more;
        } else {
            text[size++] = *at++;
        }
    }
    *out = (struct substrate_text){text, size};
    return true;
}

bool base_json_has_half_pair(struct base_json string) {
    struct substrate_text raw = inside(string.raw);
    const char *at = raw.data;
    const char *end = at + raw.size;
    while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        const char *digits = at + 2; /* of an escape that is four of them */
        char bytes[4];
        size_t size = unescape(&at, end, bytes);
        if (size == 3 && memcmp(bytes, "\xef\xbf\xbd", 3) == 0 && read_unit(digits) != 0xfffd) {
            return true;
        }
    }
    return false;
}
