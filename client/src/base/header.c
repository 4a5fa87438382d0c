/* Block headers from JSON to SCALE: parent, compact number, state root, extrinsics root, and the
 * digest as a vector of items that the JSON already has in SCALE. */
#include "header.h"
#include "compact.h"
#include "hash.h"
#include "hex.h"
#include "json.h"
#include "text.h"

/* A string's text between its quotes; hexadecimal text needs no unescaping. */
static bool raw_string(struct base_json value, struct substrate_text *text) {
    if (value.kind != BASE_JSON_STRING) {
        return false;
    }
    *text = (struct substrate_text){value.raw.data + 1, value.raw.size - 2};
    return true;
}

static enum substrate_status read_hash(struct base_json object, const char *name,
                                       struct substrate_hash *hash, struct substrate_error *error) {
    struct substrate_text text;
    if (!raw_string(base_json_member(object, name), &text) ||
        substrate_hash_parse(text, hash) != SUBSTRATE_OK) {
        return base_fail(error, SUBSTRATE_E_DECODE, "header: %s must be \"0x\" and 64 hex digits",
                         name);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_number(struct base_json object, uint64_t *number,
                                         struct substrate_error *error) {
    struct substrate_text text = {NULL, 0};
    bool valid = raw_string(base_json_member(object, "number"), &text) &&
                 base_text_starts(text, "0x") && text.size >= 3 && text.size <= 18;
    uint64_t read = 0;
    for (size_t i = 2; valid && i < text.size; i++) {
        int digit = base_hex_digit(text.data[i]);
        valid = digit >= 0;
        read = read << 4 | (uint64_t)digit;
    }
    if (!valid) {
        return base_fail(error, SUBSTRATE_E_DECODE,
                         "header: number must be \"0x\" and 1 to 16 hex digits");
    }
    *number = read;
    return SUBSTRATE_OK;
}

static enum substrate_status read_digest(struct base_json object, struct base_buf *scale,
                                         struct substrate_error *error) {
    struct base_json logs = base_json_member(base_json_member(object, "digest"), "logs");
    if (logs.kind != BASE_JSON_ARRAY) {
        return base_fail(error, SUBSTRATE_E_DECODE, "header: digest.logs must be an array");
    }
    base_compact_write(scale, base_json_length(logs));
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json item;
    base_json_walk_init(&walk, logs);
    for (size_t i = 0; base_json_walk_next(&walk, &key, &item); i++) {
        struct substrate_text text;
        size_t size = 0;
        if (!raw_string(item, &text) || !base_text_starts(text, "0x")) {
            return base_fail(error, SUBSTRATE_E_DECODE,
                             "header: digest.logs[%zu] must be a string of hex", i);
        }
        if (!base_buf_reserve(scale, text.size)) {
            break;
        }
        if (!base_hex_read(text, (uint8_t *)scale->data + scale->size, text.size, &size)) {
            return base_fail(error, SUBSTRATE_E_DECODE,
                             "header: digest.logs[%zu] must be a string of hex", i);
        }
        scale->size += size;
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_header(struct substrate_text json, struct base_header *header,
                                         struct base_buf *scale, struct substrate_error *error) {
    struct base_json object;
    size_t position = 0;
    if (base_json_parse(json, BASE_JSON_DEPTH_MAX, &object, &position) != SUBSTRATE_OK ||
        object.kind != BASE_JSON_OBJECT) {
        (void)base_fail(error, SUBSTRATE_E_DECODE, "header: not a JSON object (byte %zu)",
                        position);
        if (error != NULL) {
            error->position = position;
        }
        return SUBSTRATE_E_DECODE;
    }
    enum substrate_status status = read_hash(object, "parentHash", &header->parent, error);
    if (status == SUBSTRATE_OK) {
        status = read_number(object, &header->number, error);
    }
    if (status == SUBSTRATE_OK) {
        status = read_hash(object, "stateRoot", &header->state_root, error);
    }
    if (status == SUBSTRATE_OK) {
        status = read_hash(object, "extrinsicsRoot", &header->extrinsics_root, error);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    base_buf_append(scale, header->parent.bytes, sizeof header->parent.bytes);
    base_compact_write(scale, header->number);
    base_buf_append(scale, header->state_root.bytes, sizeof header->state_root.bytes);
    base_buf_append(scale, header->extrinsics_root.bytes, sizeof header->extrinsics_root.bytes);
    status = read_digest(object, scale, error);
    if (status == SUBSTRATE_OK && scale->failed) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "header: out of memory");
    }
    return status;
}

enum substrate_status base_header_read(struct substrate_text json, struct base_header *header,
                                       struct base_buf *scale, struct substrate_error *error) {
    struct base_header read = {.number = 0};
    struct base_buf scratch = BASE_BUF_INIT;
    struct base_buf *target = scale == NULL ? &scratch : scale;
    size_t size_before = target->size;
    enum substrate_status status = read_header(json, &read, target, error);
    if (status == SUBSTRATE_OK) {
        *header = read;
    } else {
        target->size = size_before;
    }
    base_buf_free(&scratch);
    return status;
}

enum substrate_status base_header_hash(struct substrate_text json, struct substrate_hash *hash,
                                       struct substrate_error *error) {
    struct base_header header = {.number = 0};
    struct base_buf scale = BASE_BUF_INIT;
    enum substrate_status status = base_header_read(json, &header, &scale, error);
    if (status == SUBSTRATE_OK) {
        substrate_blake2_256((struct substrate_bytes){(const uint8_t *)scale.data, scale.size},
                             hash->bytes);
    }
    base_buf_free(&scale);
    return status;
}
