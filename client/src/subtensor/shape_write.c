/* Writing by shape: the canonical JSON of a struct. */
#include <string.h>

#include <substrate/ss58.h>
#include <subtensor/types.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/json_text.h"
#include "codec/fixed.h"
#include "codec/number.h"
#include "ip.h"
#include "shape.h"

/* A list as it stands in C, whatever it is of. */
struct any_list {
    const uint8_t *list;
    size_t count;
};

static void write_u64(uint64_t value, struct base_buf *json) {
    char text[NUMBER_ROOM];
    base_buf_append(json, text, number_write_json_u64(value, text));
}

static uint64_t load(const void *value, size_t size) {
    uint64_t number = 0;
    const uint8_t *bytes = value;
    switch (size) {
    case 1:
        return *bytes;
    case 2:
        return *(const uint16_t *)value;
    case 4:
        return *(const uint32_t *)value;
    default:
        memcpy(&number, value, sizeof(number));
        return number;
    }
}

/* Little endian, as the codec's numbers are. */
static void store_u128(const struct subtensor_u128 *value, uint8_t bytes[16]) {
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value->low >> (8 * i));
        bytes[8 + i] = (uint8_t)(value->high >> (8 * i));
    }
}

static void write_u128(const struct subtensor_u128 *value, struct base_buf *json) {
    uint8_t bytes[16];
    char text[NUMBER_ROOM];
    store_u128(value, bytes);
    base_buf_append(json, text,
                    number_write_json((struct substrate_bytes){bytes, 16}, false, text));
}

static void write_fixed(struct subtensor_u128 bits, uint8_t width, struct base_buf *json) {
    const struct type_fixed fixed = {width, 32, true};
    uint8_t bytes[16];
    char text[FIXED_ROOM];
    store_u128(&bits, bytes);
    base_buf_char(json, '"');
    base_buf_append(json, text, fixed_write(fixed, bytes, text));
    base_buf_char(json, '"');
}

static void write_account(const struct substrate_hash *account, uint16_t prefix,
                          struct base_buf *json) {
    char text[SUBSTRATE_SS58_SIZE];
    if (substrate_ss58_encode(account, prefix, text) == SUBSTRATE_OK) {
        base_buf_format(json, "\"%s\"", text);
    } else { /* a chain with one of the reserved prefixes: there is no such address */
        base_json_write_hex(json, (struct substrate_bytes){account->bytes, 32});
    }
}

static bool is_utf8(struct substrate_text text) {
    const char *end = text.data + text.size;
    bool valid = true;
    for (const char *at = text.data; valid && at < end;) {
        at += base_utf8_step(at, end, &valid);
    }
    return valid;
}

/* Nothing makes the chain keep to UTF-8; other bytes are shown as they are. */
static void write_text(struct substrate_text text, bool as_text, struct base_buf *json) {
    if (as_text && is_utf8(text)) {
        base_json_write_string(json, text);
    } else {
        base_json_write_hex(json, (struct substrate_bytes){(const uint8_t *)text.data, text.size});
    }
}

static void write_list(const struct shape *shape, const void *value, uint16_t prefix,
                       struct base_buf *json) {
    struct any_list list;
    memcpy(&list, value, sizeof(list));
    base_buf_char(json, '[');
    for (size_t i = 0; i < list.count; i++) {
        if (i > 0) {
            base_buf_char(json, ',');
        }
        shape_write(shape->of, list.list + i * shape->of->size, prefix, json);
    }
    base_buf_char(json, ']');
}

static void write_fields(const struct shape *shape, const uint8_t *value, uint16_t prefix,
                         struct base_buf *json) {
    bool tuple = shape->kind == SHAPE_TUPLE;
    base_buf_char(json, tuple ? '[' : '{');
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *field = &shape->fields[i];
        if (i > 0) {
            base_buf_char(json, ',');
        }
        if (!tuple) {
            base_buf_char(json, '"');
            base_buf_str(json, field->name);
            base_buf_str(json, "\":");
        }
        shape_write(field->shape, value + field->offset, prefix, json);
    }
    base_buf_char(json, tuple ? ']' : '}');
}

static void write_maybe(const struct shape *shape, const uint8_t *value, uint16_t prefix,
                        struct base_buf *json) {
    bool present;
    memcpy(&present, value, sizeof(present));
    shape_write(shape->of, present ? value + shape->value : NULL, prefix, json);
}

static void write_link(const struct shape *shape, const void *value, uint16_t prefix,
                       struct base_buf *json) {
    const void *target;
    memcpy(&target, value, sizeof(target));
    shape_write(shape->of, target, prefix, json);
}

void shape_write(const struct shape *shape, const void *value, uint16_t prefix,
                 struct base_buf *json) {
    if (value == NULL) {
        base_buf_str(json, "null");
        return;
    }
    switch (shape->kind) {
    case SHAPE_BOOL:
        base_buf_str(json, *(const bool *)value ? "true" : "false");
        break;
    case SHAPE_U8:
    case SHAPE_U16:
    case SHAPE_U32:
    case SHAPE_U64:
        write_u64(load(value, shape->size), json);
        break;
    case SHAPE_U128:
        write_u128(value, json);
        break;
    case SHAPE_IP:
        ip_write(value, json);
        break;
    case SHAPE_ACCOUNT:
        write_account(value, prefix, json);
        break;
    case SHAPE_TEXT:
    case SHAPE_LETTERS:
    case SHAPE_BYTES:
        write_text(*(const struct substrate_text *)value, shape->kind != SHAPE_BYTES, json);
        break;
    case SHAPE_I32F32: {
        const struct subtensor_i32f32 *number = value;
        write_fixed((struct subtensor_u128){(uint64_t)number->bits, 0}, 64, json);
        break;
    }
    case SHAPE_I96F32:
        write_fixed(((const struct subtensor_i96f32 *)value)->bits, 128, json);
        break;
    case SHAPE_LIST:
        write_list(shape, value, prefix, json);
        break;
    case SHAPE_MAYBE:
        write_maybe(shape, value, prefix, json);
        break;
    case SHAPE_TUPLE:
    case SHAPE_STRUCT:
    case SHAPE_PLAIN:
        write_fields(shape, value, prefix, json);
        break;
    case SHAPE_LINK:
        write_link(shape, value, prefix, json);
        break;
    case SHAPE_HASH:
        base_json_write_hex(
            json, (struct substrate_bytes){((const struct substrate_hash *)value)->bytes, 32});
        break;
    case SHAPE_HEX:
        base_buf_format(json, "\"0x%llx\"", (unsigned long long)load(value, shape->size));
        break;
    case SHAPE_JSON:
        base_buf_text(json, *(const struct substrate_text *)value);
        break;
    }
}
