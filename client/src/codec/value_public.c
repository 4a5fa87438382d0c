/* The public functions on values: options and outputs around what the codec does. */
#include <substrate/scale.h>

#include "base/mem.h"
#include "base/text.h"
#include "value.h"

/* Each level of types takes a few hundred bytes of the thread's stack. */
#define DEPTH_MAX 256
/* A type brings at most two levels of brackets: an enum's object, and its fields in it. */
#define JSON_DEPTH (2 * DEPTH_MAX)

void substrate_output_free(struct substrate_output *output) {
    if (output != NULL) {
        base_free(output->data);
        *output = (struct substrate_output)SUBSTRATE_OUTPUT_INIT;
    }
}

/* An output's memory as a buffer, empty, and back again. */
static struct base_buf take(const struct substrate_output *output) {
    return (struct base_buf){.data = output->data, .capacity = output->capacity};
}

static enum substrate_status give(struct base_buf *buf, struct substrate_output *output,
                                  enum substrate_status status, struct substrate_error *error) {
    base_buf_char(buf, '\0');
    if (status == SUBSTRATE_OK && buf->failed) {
        status = base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    /* On an error the buffer is as before, empty, but for the NUL if there was room for one. */
    size_t size = status == SUBSTRATE_OK ? buf->size - 1 : 0;
    *output = (struct substrate_output){buf->data, size, buf->capacity};
    if (size == 0 && buf->data != NULL) {
        buf->data[0] = '\0';
    }
    return status;
}

static enum substrate_status limits_of(const struct substrate_scale_options *options,
                                       struct value_limits *limits, struct substrate_error *error) {
    *limits = (struct value_limits)VALUE_LIMITS;
    if (options == NULL) {
        return SUBSTRATE_OK;
    }
    if (options->size != sizeof *options || options->depth_max > DEPTH_MAX) {
        return base_fail(
            error, SUBSTRATE_E_ARGUMENT,
            "options: start from SUBSTRATE_SCALE_OPTIONS_INIT; depth_max is at most %d", DEPTH_MAX);
    }
    *limits = (struct value_limits){options->depth_max, options->nodes_max, options->bytes_max};
    return SUBSTRATE_OK;
}

enum substrate_status substrate_decode(const struct substrate_metadata *metadata, uint32_t type,
                                       struct substrate_bytes bytes,
                                       const struct substrate_scale_options *options,
                                       struct substrate_output *json,
                                       struct substrate_error *error) {
    struct value_limits limits;
    struct base_buf buf = take(json);
    enum substrate_status status = limits_of(options, &limits, error);
    if (status == SUBSTRATE_OK) {
        status = value_read_all(metadata, type, bytes, &limits, &buf, error);
    }
    return give(&buf, json, status, error);
}

static enum substrate_status encode(const struct substrate_metadata *metadata, uint32_t type,
                                    struct substrate_text json, const struct value_limits *limits,
                                    struct base_buf *bytes, struct substrate_error *error) {
    struct base_json value;
    size_t position = 0;
    enum substrate_status status = base_json_parse(json, JSON_DEPTH, &value, &position);
    if (status == SUBSTRATE_E_LIMIT) {
        return base_fail(error, status, "the JSON is nested more than %d deep", JSON_DEPTH);
    }
    if (status != SUBSTRATE_OK) {
        (void)base_fail(error, status, "offset %zu: not JSON", position);
    } else {
        position = (size_t)(value.raw.data - json.data);
        status = value_write(metadata, type, value, limits, bytes, error);
        position += status == SUBSTRATE_OK || error == NULL ? 0 : error->position;
    }
    if (status != SUBSTRATE_OK && error != NULL) {
        error->position = position;
    }
    return status;
}

enum substrate_status substrate_encode(const struct substrate_metadata *metadata, uint32_t type,
                                       struct substrate_text json,
                                       const struct substrate_scale_options *options,
                                       struct substrate_output *bytes,
                                       struct substrate_error *error) {
    struct value_limits limits;
    struct base_buf buf = take(bytes);
    enum substrate_status status = limits_of(options, &limits, error);
    if (status == SUBSTRATE_OK) {
        status = encode(metadata, type, json, &limits, &buf, error);
    }
    return give(&buf, bytes, status, error);
}

enum substrate_status substrate_type_name(const struct substrate_metadata *metadata, uint32_t type,
                                          struct substrate_output *name) {
    struct base_buf buf = take(name);
    enum substrate_status status = SUBSTRATE_E_NOT_FOUND;
    if (types_get(&metadata->types, type) != NULL) {
        type_write_name(metadata, type, &buf);
        status = SUBSTRATE_OK;
    }
    return give(&buf, name, status, NULL);
}
