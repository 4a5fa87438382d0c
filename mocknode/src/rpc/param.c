/* One typed parameter to its canonical JSON text. What is accepted, and the words for what is not,
 * follow serde_json and impl-serde, by which the node reads parameters. */
#include "rpc/param.h"

#include <string.h>
#include <substrate/hash.h>
#include <substrate/ss58.h>
#include "base/buf.h"
#include "base/hex.h"
#include "base/text.h"

#define HEX_LIST "a (both 0x-prefixed or not) hex string or byte array"

static enum substrate_status take(struct rpc_param_reader *reader, struct base_buf *buf,
                                  struct substrate_text *text) {
    text->data = NULL;
    if (!buf->failed) {
        *text = base_arena_text(reader->arena, base_buf_view(buf));
    }
    base_buf_free(buf);
    return text->data != NULL ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
}

enum substrate_status rpc_param_refuse(struct rpc_param_reader *reader, const char *at,
                                       struct substrate_text message) {
    struct base_buf text = BASE_BUF_INIT, json = BASE_BUF_INIT;
    base_buf_text(&text, message);
    if (at != NULL) {
        size_t line = 1;
        const char *start = reader->origin;
        for (const char *c = start; c < at; c++) {
            if (*c == '\n') {
                line++;
                start = c + 1;
            }
        }
        base_buf_format(&text, " at line %zu column %zu", line, (size_t)(at - start));
    }
    base_json_write_string(&json, base_buf_view(&text));
    json.failed = json.failed || text.failed;
    base_buf_free(&text);
    enum substrate_status status = take(reader, &json, reader->data);
    return status == SUBSTRATE_OK ? SUBSTRATE_E_ARGUMENT : status;
}

/* serde's "unexpected" half of an error; strings as Rust's {:?} prints them, near enough. */
static void write_unexpected(struct base_buf *buf, struct base_json value) {
    struct substrate_text raw = value.raw;
    bool fraction = memchr(raw.data, '.', raw.size) != NULL ||
                    memchr(raw.data, 'e', raw.size) != NULL ||
                    memchr(raw.data, 'E', raw.size) != NULL;
    switch (value.kind) {
    case BASE_JSON_NONE:
    case BASE_JSON_NULL:
        base_buf_str(buf, "null");
        break;
    case BASE_JSON_TRUE:
    case BASE_JSON_FALSE:
        base_buf_format(buf, "boolean `%.*s`", (int)raw.size, raw.data);
        break;
    case BASE_JSON_NUMBER:
        base_buf_str(buf, fraction ? "floating point `" : "integer `");
        base_buf_text(buf, raw);
        base_buf_char(buf, '`');
        break;
    case BASE_JSON_STRING:
        base_buf_str(buf, "string ");
        base_buf_text(buf, raw);
        break;
    case BASE_JSON_ARRAY:
        base_buf_str(buf, "sequence");
        break;
    case BASE_JSON_OBJECT:
        base_buf_str(buf, "map");
        break;
    }
}

/* Refuses a value; serde stops before a bracket that it did not expect, and behind all else. */
static enum substrate_status refuse_value(struct rpc_param_reader *reader, const char *what,
                                          struct base_json value, const char *expected) {
    struct base_buf text = BASE_BUF_INIT;
    bool bracket = value.kind == BASE_JSON_ARRAY || value.kind == BASE_JSON_OBJECT;
    base_buf_str(&text, what);
    write_unexpected(&text, value);
    base_buf_str(&text, ", expected ");
    base_buf_str(&text, expected);
    enum substrate_status status = SUBSTRATE_E_MEMORY;
    if (!text.failed) {
        status = rpc_param_refuse(reader, value.raw.data + (bracket ? 0 : value.raw.size),
                                  base_buf_view(&text));
    }
    base_buf_free(&text);
    return status;
}

static enum substrate_status refuse_type(struct rpc_param_reader *reader, struct base_json value,
                                         const char *expected) {
    return refuse_value(reader, "invalid type: ", value, expected);
}

/* Refuses what a string or a number says, with a text of its own. */
static enum substrate_status refuse_text(struct rpc_param_reader *reader, struct base_json value,
                                         struct base_buf *text) {
    enum substrate_status status = SUBSTRATE_E_MEMORY;
    if (!text->failed) {
        status = rpc_param_refuse(reader, value.raw.data + value.raw.size, base_buf_view(text));
    }
    base_buf_free(text);
    return status;
}

/* ---- bytes ---- */

/* Hex as impl-serde reads it: the 0x may be missing, and so may the first of an odd number of
 * digits. */
static enum substrate_status hex_string(struct rpc_param_reader *reader, struct base_json value,
                                        struct substrate_text *canonical) {
    struct substrate_text text;
    if (!base_json_string(value, reader->arena, &text)) {
        return SUBSTRATE_E_MEMORY;
    }
    size_t from = base_text_starts(text, "0x") ? 2 : 0;
    char *out = base_arena_alloc(reader->arena, text.size + 6);
    if (out == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    size_t size = 0;
    memcpy(out, "\"0x", 3);
    size += 3;
    if ((text.size - from) % 2 != 0) {
        out[size++] = '0';
    }
    for (size_t i = from; i < text.size; i++) {
        int digit = base_hex_digit(text.data[i]);
        if (digit < 0) {
            struct base_buf message = BASE_BUF_INIT;
            base_buf_format(&message, "invalid hex character: %c, at %zu", text.data[i], i);
            return refuse_text(reader, value, &message);
        }
        out[size++] = "0123456789abcdef"[digit];
    }
    out[size++] = '"';
    *canonical = (struct substrate_text){out, size};
    return SUBSTRATE_OK;
}

static enum substrate_status read_number(struct rpc_param_reader *reader, struct base_json value,
                                         uint64_t most, const char *type, uint64_t *number) {
    if (value.kind != BASE_JSON_NUMBER || memchr(value.raw.data, '.', value.raw.size) != NULL ||
        memchr(value.raw.data, 'e', value.raw.size) != NULL ||
        memchr(value.raw.data, 'E', value.raw.size) != NULL) {
        return refuse_type(reader, value, type);
    }
    if (!base_json_u64(value, number) || *number > most) {
        return refuse_value(reader, "invalid value: ", value, type);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status byte_list(struct rpc_param_reader *reader, struct base_json list,
                                       struct substrate_text *canonical) {
    struct base_buf out = BASE_BUF_INIT;
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_buf_str(&out, "\"0x");
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &key, &value)) {
        uint64_t number = 0;
        enum substrate_status status = read_number(reader, value, UINT8_MAX, "u8", &number);
        if (status != SUBSTRATE_OK) {
            base_buf_free(&out);
            return status;
        }
        uint8_t byte = (uint8_t)number;
        base_buf_hex(&out, (struct substrate_bytes){&byte, 1});
    }
    base_buf_char(&out, '"');
    return take(reader, &out, canonical);
}

static enum substrate_status read_bytes(struct rpc_param_reader *reader, struct base_json value,
                                        struct substrate_text *canonical) {
    if (value.kind == BASE_JSON_STRING) {
        struct substrate_text inside = {value.raw.data + 1, value.raw.size - 2};
        *canonical = value.raw;
        return base_hex_is_canonical(inside) ? SUBSTRATE_OK : hex_string(reader, value, canonical);
    }
    return value.kind == BASE_JSON_ARRAY ? byte_list(reader, value, canonical)
                                         : refuse_type(reader, value, HEX_LIST);
}

static enum substrate_status read_hash(struct rpc_param_reader *reader, struct base_json value,
                                       struct substrate_text *canonical) {
    static const char EXPECTED[] = HEX_LIST " containing 32 bytes";
    if (value.kind == BASE_JSON_STRING) {
        struct substrate_text text;
        if (!base_json_string(value, reader->arena, &text)) {
            return SUBSTRATE_E_MEMORY;
        }
        size_t digits = text.size - (base_text_starts(text, "0x") ? 2 : 0);
        if (digits != 64) {
            struct base_buf message = BASE_BUF_INIT;
            base_buf_format(&message, "invalid length %zu, expected %s", digits, EXPECTED);
            return refuse_text(reader, value, &message);
        }
        return read_bytes(reader, value, canonical);
    }
    if (value.kind != BASE_JSON_ARRAY) {
        return refuse_type(reader, value, EXPECTED);
    }
    enum substrate_status status = byte_list(reader, value, canonical);
    if (status == SUBSTRATE_OK && canonical->size != 2 + 2 + 64) {
        struct base_buf message = BASE_BUF_INIT;
        base_buf_format(&message, "invalid length %zu, expected %s", canonical->size / 2 - 2,
                        EXPECTED);
        return refuse_text(reader, value, &message);
    }
    return status;
}

/* ---- numbers, texts, accounts ---- */

static enum substrate_status read_uint(struct rpc_param_reader *reader, struct base_json value,
                                       uint64_t most, const char *type,
                                       struct substrate_text *canonical) {
    uint64_t number;
    *canonical = value.raw; /* JSON has one way to write an integer without sign and exponent */
    return read_number(reader, value, most, type, &number);
}

static enum substrate_status read_text(struct rpc_param_reader *reader, struct base_json value,
                                       struct substrate_text *canonical) {
    if (value.kind != BASE_JSON_STRING) {
        return refuse_type(reader, value, "a string");
    }
    *canonical = value.raw;
    if (memchr(value.raw.data, '\\', value.raw.size) == NULL) {
        return SUBSTRATE_OK;
    }
    struct substrate_text text;
    if (!base_json_string(value, reader->arena, &text)) {
        return SUBSTRATE_E_MEMORY;
    }
    struct base_buf out = BASE_BUF_INIT;
    base_json_write_string(&out, text);
    return take(reader, &out, canonical);
}

static enum substrate_status read_ss58(struct rpc_param_reader *reader, struct base_json value,
                                       struct substrate_text *canonical) {
    struct substrate_text text;
    if (value.kind != BASE_JSON_STRING) {
        return refuse_type(reader, value, "a string");
    }
    if (!base_json_string(value, reader->arena, &text)) {
        return SUBSTRATE_E_MEMORY;
    }
    struct substrate_hash account;
    uint16_t prefix;
    char address[SUBSTRATE_SS58_SIZE];
    struct substrate_error error = {0};
    struct base_buf out = BASE_BUF_INIT;
    enum substrate_status status = substrate_ss58_decode(text, &account, &prefix, &error);
    if (status == SUBSTRATE_E_MEMORY) {
        return status;
    }
    if (status != SUBSTRATE_OK) {
        /* sp-core says one word here (BadBase58, BadLength, InvalidChecksum); ours says more. */
        base_buf_str(&out, error.message);
        return refuse_text(reader, value, &out);
    }
    /* One account has an address per network; the canonical one is of generic Substrate. */
    if (substrate_ss58_encode(&account, 42, address) != SUBSTRATE_OK) {
        return SUBSTRATE_E_MEMORY;
    }
    base_json_write_string(&out, base_text(address));
    return take(reader, &out, canonical);
}

/* Returns false when it is neither number nor hex of up to 32 bytes, to serde's untagged enum. */
static bool number_or_hex(struct base_json value, struct base_buf *out) {
    uint64_t number = 0;
    if (base_json_u64(value, &number)) {
        base_buf_u64(out, number);
        return true;
    }
    if (value.kind != BASE_JSON_STRING) {
        return false;
    }
    struct substrate_text digits = {value.raw.data + 1, value.raw.size - 2};
    if (base_text_starts(digits, "0x")) {
        digits = (struct substrate_text){digits.data + 2, digits.size - 2};
    }
    if (digits.size == 0 || digits.size > 64) {
        return false;
    }
    char lower[64];
    size_t first = 0; /* the first digit that counts; the last one always does */
    for (size_t i = 0; i < digits.size; i++) {
        int digit = base_hex_digit(digits.data[i]);
        if (digit < 0) {
            return false;
        }
        lower[i] = "0123456789abcdef"[digit];
        first += lower[i] == '0' && first == i && i + 1 < digits.size ? 1 : 0;
        number = number << 4 | (uint64_t)digit;
    }
    if (digits.size - first <= 8) {
        base_buf_u64(out, number);
    } else {
        base_buf_format(out, "\"0x%.*s\"", (int)(digits.size - first), lower + first);
    }
    return true;
}

static enum substrate_status read_heights(struct rpc_param_reader *reader, struct base_json value,
                                          struct substrate_text *canonical) {
    struct base_buf out = BASE_BUF_INIT;
    bool good = true;
    if (value.kind != BASE_JSON_ARRAY) {
        good = number_or_hex(value, &out);
    } else {
        struct base_json_walk walk;
        struct substrate_text key;
        struct base_json item;
        char separator = '[';
        base_json_walk_init(&walk, value);
        while (good && base_json_walk_next(&walk, &key, &item)) {
            base_buf_char(&out, separator);
            separator = ',';
            good = number_or_hex(item, &out);
        }
        base_buf_str(&out, separator == '[' ? "[]" : "]");
    }
    if (!good) {
        base_buf_reset(&out);
        base_buf_str(&out, "data did not match any variant of untagged enum ListOrValue");
        return refuse_text(reader, value, &out);
    }
    return take(reader, &out, canonical);
}

/* ---- lists ---- */

static enum substrate_status read_list(struct rpc_param_reader *reader, enum rpc_param_type type,
                                       struct base_json value, struct substrate_text *canonical) {
    if (value.kind != BASE_JSON_ARRAY) {
        return refuse_type(reader, value, "a sequence");
    }
    struct base_buf out = BASE_BUF_INIT;
    struct base_json_walk walk;
    struct substrate_text key, text;
    struct base_json item;
    char separator = '[';
    base_json_walk_init(&walk, value);
    while (base_json_walk_next(&walk, &key, &item)) {
        enum substrate_status status = rpc_param_read(reader, type, item, &text);
        if (status != SUBSTRATE_OK) {
            base_buf_free(&out);
            return status;
        }
        base_buf_char(&out, separator);
        base_buf_text(&out, text);
        separator = ',';
    }
    base_buf_str(&out, separator == '[' ? "[]" : "]");
    return take(reader, &out, canonical);
}

static enum substrate_status read_any(struct rpc_param_reader *reader, struct base_json value,
                                      struct substrate_text *canonical) {
    struct base_buf out = BASE_BUF_INIT;
    base_json_write_compact(&out, value);
    return take(reader, &out, canonical);
}

enum substrate_status rpc_param_read(struct rpc_param_reader *reader, enum rpc_param_type type,
                                     struct base_json value, struct substrate_text *canonical) {
    switch (type) {
    case RPC_HASH:
        return read_hash(reader, value, canonical);
    case RPC_BYTES:
        return read_bytes(reader, value, canonical);
    case RPC_BYTE_LIST:
        return value.kind == BASE_JSON_ARRAY ? byte_list(reader, value, canonical)
                                             : refuse_type(reader, value, "a sequence");
    case RPC_U16:
        return read_uint(reader, value, UINT16_MAX, "u16", canonical);
    case RPC_U32:
        return read_uint(reader, value, UINT32_MAX, "u32", canonical);
    case RPC_U64:
        return read_uint(reader, value, UINT64_MAX, "u64", canonical);
    case RPC_TEXT:
        return read_text(reader, value, canonical);
    case RPC_SS58:
        return read_ss58(reader, value, canonical);
    case RPC_BYTES_LIST:
        return read_list(reader, RPC_BYTES, value, canonical);
    case RPC_U16_LIST:
        return read_list(reader, RPC_U16, value, canonical);
    case RPC_NUMBER_OR_HEX:
        return read_heights(reader, value, canonical);
    case RPC_JSON:
    case RPC_END:
        break;
    }
    return read_any(reader, value, canonical);
}
