/* The codec as a program, for comparison with decoders of others: metadata files are named on the
 * command line; questions are lines of JSON on standard input, answers lines of JSON on standard
 * output, one each, in the words of conformance/oracles/polkadot_api.mjs:
 *
 *     {"metadata":0,"kind":"type","type":N,"hex":"0x…"}        {"value":…,"again":"0x…"}
 *     {"kind":"encode","type":N,"json":…}                      {"again":"0x…"}
 *     {"kind":"storage","key":"0x…","value":"0x…" or null}     {"item":…,"args":[…],"key":…,
 *                                                               "value":…,"again":…}
 *     {"kind":"constant","pallet":…,"name":…}                  {"value":…,"again":…}
 *     {"kind":"call","api":…,"method":…,"args":…,"result":…}   {"args":[…],"args_again":…,
 *                                                               "value":…,"again":…}
 *     {"kind":"extrinsic","hex":"0x…"}                         {"extrinsic":…,"again":…}
 *     {"kind":"events","hex":"0x…"}                            {"events":…}
 *     {"kind":"types"}, {"kind":"summary"}                     the metadata itself
 *     what fails                                               {"error":…,"position":N}
 *
 * `metadata` counts the files, 0 where it is missing. `again` is the value, written back from its
 * JSON; `key` likewise, or null where a hasher has lost an argument. */
#include <inttypes.h>
#include <stdio.h>
#include <substrate/metadata.h>
#include "base/arena.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/block.h"
#include "codec/extrinsic.h"
#include "codec/metadata.h"
#include "codec/storage_key.h"
#include "codec/value.h"

#define METADATA_FILES_MAX 8

struct question {
    const struct substrate_metadata *metadata;
    struct base_json json;
    struct base_arena *arena;
    struct base_buf *out;
    struct substrate_error *error;
};

static const struct value_limits LIMITS = VALUE_LIMITS;

/* Parts of a question. What is missing is an error with its name; the answer then is that. */

static bool text_of(const struct question *question, const char *name,
                    struct substrate_text *text) {
    if (base_json_string(base_json_member(question->json, name), question->arena, text)) {
        return true;
    }
    (void)base_fail(question->error, SUBSTRATE_E_ARGUMENT, "%s is no text", name);
    return false;
}

static bool bytes_of(const struct question *question, const char *name,
                     struct substrate_bytes *bytes) {
    struct substrate_text text = {NULL, 0};
    if (!text_of(question, name, &text)) {
        return false;
    }
    uint8_t *data = base_arena_alloc(question->arena, text.size / 2 + 1);
    bytes->data = data;
    if (data != NULL && base_hex_read(text, data, text.size / 2, &bytes->size)) {
        return true;
    }
    (void)base_fail(question->error, SUBSTRATE_E_ARGUMENT, "%s is no hexadecimal text", name);
    return false;
}

static bool type_of(const struct question *question, uint32_t *type) {
    uint64_t number = 0;
    if (base_json_u64(base_json_member(question->json, "type"), &number) && number < UINT32_MAX) {
        *type = (uint32_t)number;
        return true;
    }
    (void)base_fail(question->error, SUBSTRATE_E_ARGUMENT, "type is no number");
    return false;
}

/* Appends `"NAME":`, after a comma if something stands before. */
static void member(struct base_buf *out, const char *name) {
    char last = out->size > 0 ? out->data[out->size - 1] : '{';
    base_buf_format(out, "%s\"%s\":", last == '{' ? "" : ",", name);
}

static void hex_member(struct base_buf *out, const char *name, const struct base_buf *bytes) {
    member(out, name);
    base_json_write_hex(out, (struct substrate_bytes){(const uint8_t *)bytes->data, bytes->size});
}

/* The JSON that was appended to `out` from `start` on. */
static bool appended(const struct question *question, size_t start, struct base_json *value) {
    struct substrate_text text = {question->out->data + start, question->out->size - start};
    size_t position = 0;
    enum substrate_status status = base_json_parse(text, 1024, value, &position);
    if (status == SUBSTRATE_OK) {
        return true;
    }
    (void)base_fail(question->error, status, "our own JSON is wrong at %zu", position);
    return false;
}

/* Reads what stands at the cursor, appends it as `value` to the array or behind the name before it,
 * and writes it again into `again`. */
static bool read_and_write(const struct question *question, uint32_t type,
                           struct scale_reader *reader, struct base_buf *again) {
    size_t start = question->out->size;
    struct base_json value = {BASE_JSON_NONE, {NULL, 0}};
    return value_read(question->metadata, type, reader, &LIMITS, question->out, question->error) ==
               SUBSTRATE_OK &&
           appended(question, start, &value) &&
           value_write(question->metadata, type, value, &LIMITS, again, question->error) ==
               SUBSTRATE_OK;
}

/* "value" and "again" of all of `bytes`. */
static bool whole_value(const struct question *question, uint32_t type,
                        struct substrate_bytes bytes) {
    struct scale_reader reader = scale_reader(bytes);
    struct base_buf again = BASE_BUF_INIT;
    member(question->out, "value");
    bool good = read_and_write(question, type, &reader, &again);
    if (good && scale_left(&reader) > 0) {
        question->error->position = reader.at;
        (void)base_fail(question->error, SUBSTRATE_E_DECODE, "%zu bytes left over",
                        scale_left(&reader));
        good = false;
    }
    if (good) {
        hex_member(question->out, "again", &again);
    }
    base_buf_free(&again);
    return good;
}

static bool answer_type(const struct question *question) {
    uint32_t type = 0;
    struct substrate_bytes bytes = {NULL, 0};
    return type_of(question, &type) && bytes_of(question, "hex", &bytes) &&
           whole_value(question, type, bytes);
}

static bool answer_encode(const struct question *question) {
    uint32_t type = 0;
    struct base_buf bytes = BASE_BUF_INIT;
    bool good = type_of(question, &type) &&
                value_write(question->metadata, type, base_json_member(question->json, "json"),
                            &LIMITS, &bytes, question->error) == SUBSTRATE_OK;
    if (good) {
        hex_member(question->out, "again", &bytes);
    }
    base_buf_free(&bytes);
    return good;
}

static bool keeps_arguments(const struct metadata_storage *item) {
    for (unsigned i = 0; i < item->key_count; i++) {
        if (item->hashers[i] != HASHER_BLAKE2_128_CONCAT &&
            item->hashers[i] != HASHER_TWOX_64_CONCAT && item->hashers[i] != HASHER_IDENTITY) {
            return false;
        }
    }
    return true;
}

/* "args" of a key, and "key" made from them. */
static bool key_arguments(const struct question *question, const struct metadata_storage *item,
                          struct substrate_bytes key) {
    struct base_buf *out = question->out;
    member(out, "args");
    size_t start = out->size;
    struct base_json arguments = {BASE_JSON_NONE, {NULL, 0}};
    if (storage_key_read(question->metadata, item, key, &LIMITS, out, question->error) !=
            SUBSTRATE_OK ||
        !appended(question, start, &arguments)) {
        return false;
    }
    if (!keeps_arguments(item)) {
        member(out, "key");
        base_buf_str(out, "null");
        return true;
    }
    struct base_buf again = BASE_BUF_INIT;
    bool good = storage_key_write(question->metadata, item, arguments, &LIMITS, &again,
                                  question->error) == SUBSTRATE_OK;
    if (good) {
        hex_member(out, "key", &again);
    }
    base_buf_free(&again);
    return good;
}

static bool answer_storage(const struct question *question) {
    struct substrate_bytes key = {NULL, 0}, bytes = {NULL, 0};
    if (!bytes_of(question, "key", &key)) {
        return false;
    }
    const struct metadata_pallet *pallet = NULL;
    const struct metadata_storage *item = storage_key_item(question->metadata, key, &pallet);
    if (item == NULL) {
        (void)base_fail(question->error, SUBSTRATE_E_NOT_FOUND, "no such storage item");
        return false;
    }
    member(question->out, "item");
    base_buf_format(question->out, "\"%.*s.%.*s\"", (int)pallet->name.size, pallet->name.data,
                    (int)item->name.size, item->name.data);
    if (!key_arguments(question, item, key)) {
        return false;
    }
    if (base_json_member(question->json, "value").kind == BASE_JSON_NULL) {
        return true;
    }
    return bytes_of(question, "value", &bytes) && whole_value(question, item->value, bytes);
}

static bool answer_constant(const struct question *question) {
    struct substrate_text pallet = {NULL, 0}, name = {NULL, 0};
    if (!text_of(question, "pallet", &pallet) || !text_of(question, "name", &name)) {
        return false;
    }
    const struct metadata_pallet *found = metadata_pallet(question->metadata, pallet);
    const struct metadata_constant *constant =
        found == NULL ? NULL : metadata_constant(found, name);
    if (constant == NULL) {
        (void)base_fail(question->error, SUBSTRATE_E_NOT_FOUND, "no such constant");
        return false;
    }
    return whole_value(question, constant->type, constant->value);
}

static bool call_arguments(const struct question *question, const struct metadata_method *method,
                           struct substrate_bytes bytes) {
    struct scale_reader reader = scale_reader(bytes);
    struct base_buf again = BASE_BUF_INIT;
    member(question->out, "args");
    base_buf_char(question->out, '[');
    bool good = true;
    for (uint32_t i = 0; good && i < method->argument_count; i++) {
        base_buf_str(question->out, i == 0 ? "" : ",");
        good = read_and_write(question, method->arguments[i].type, &reader, &again);
    }
    base_buf_char(question->out, ']');
    if (good && scale_left(&reader) > 0) {
        (void)base_fail(question->error, SUBSTRATE_E_DECODE, "arguments left over");
        good = false;
    }
    if (good) {
        hex_member(question->out, "args_again", &again);
    }
    base_buf_free(&again);
    return good;
}

static bool answer_call(const struct question *question) {
    struct substrate_text api = {NULL, 0}, name = {NULL, 0};
    struct substrate_bytes arguments = {NULL, 0}, result = {NULL, 0};
    if (!text_of(question, "api", &api) || !text_of(question, "method", &name) ||
        !bytes_of(question, "args", &arguments) || !bytes_of(question, "result", &result)) {
        return false;
    }
    const struct metadata_api *found = metadata_api(question->metadata, api);
    const struct metadata_method *method = found == NULL ? NULL : metadata_method(found, name);
    if (method == NULL) {
        (void)base_fail(question->error, SUBSTRATE_E_NOT_FOUND, "no such runtime call");
        return false;
    }
    return call_arguments(question, method, arguments) &&
           whole_value(question, method->output, result);
}

static bool answer_extrinsic(const struct question *question) {
    struct substrate_bytes bytes = {NULL, 0};
    struct base_json json = {BASE_JSON_NONE, {NULL, 0}};
    struct base_buf again = BASE_BUF_INIT;
    member(question->out, "extrinsic");
    size_t start = question->out->size;
    bool good =
        bytes_of(question, "hex", &bytes) &&
        extrinsic_read(question->metadata, bytes, &LIMITS, question->out, question->error) ==
            SUBSTRATE_OK &&
        appended(question, start, &json) &&
        extrinsic_write(question->metadata, json, &LIMITS, &again, question->error) == SUBSTRATE_OK;
    if (good) {
        hex_member(question->out, "again", &again);
    }
    base_buf_free(&again);
    return good;
}

static bool answer_events(const struct question *question) {
    struct substrate_bytes bytes = {NULL, 0};
    member(question->out, "events");
    return bytes_of(question, "hex", &bytes) &&
           events_read(question->metadata, bytes, &LIMITS, question->out, question->error) ==
               SUBSTRATE_OK;
}

/* The metadata itself, in the words of polkadot_api.mjs, typeOf and summary. */

static void write_text(struct base_buf *out, struct substrate_text text) {
    if (text.data == NULL) {
        base_buf_str(out, "null");
    } else {
        base_json_write_string(out, text);
    }
}

static void write_id(struct base_buf *out, uint32_t type) {
    if (type == METADATA_NO_TYPE) {
        base_buf_str(out, "null");
    } else {
        base_buf_u64(out, type);
    }
}

static void write_fields(struct base_buf *out, const struct type_field *fields, uint32_t count) {
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        base_buf_str(out, i == 0 ? "[" : ",[");
        write_text(out, fields[i].name);
        base_buf_format(out, ",%" PRIu32 ",", fields[i].type);
        write_text(out, fields[i].type_name);
        base_buf_char(out, ']');
    }
    base_buf_char(out, ']');
}

static void write_variants(struct base_buf *out, const struct type *type) {
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < type->variants.count; i++) {
        const struct type_variant *variant = &type->variants.list[i];
        base_buf_str(out, i == 0 ? "[" : ",[");
        write_text(out, variant->name);
        base_buf_format(out, ",%u,", variant->index);
        write_fields(out, variant->fields, variant->field_count);
        base_buf_char(out, ']');
    }
    base_buf_char(out, ']');
}

static void write_tuple(struct base_buf *out, const struct type *type) {
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < type->fields.count; i++) {
        base_buf_format(out, "%s%" PRIu32, i == 0 ? "" : ",", type->fields.fields[i].type);
    }
    base_buf_char(out, ']');
}

static void write_shape(struct base_buf *out, const struct type *type) {
    static const char *const primitives[] = {"bool", "char", "str",  "u8",   "u16",
                                             "u32",  "u64",  "u128", "u256", "i8",
                                             "i16",  "i32",  "i64",  "i128", "i256"};
    switch (type->kind) {
    case TYPE_COMPOSITE:
        member(out, "composite");
        write_fields(out, type->fields.fields, type->fields.count);
        break;
    case TYPE_VARIANT:
        member(out, "variant");
        write_variants(out, type);
        break;
    case TYPE_SEQUENCE:
        member(out, "sequence");
        base_buf_u64(out, type->of.inner);
        break;
    case TYPE_ARRAY:
        member(out, "array");
        base_buf_format(out, "[%" PRIu32 ",%" PRIu32 "]", type->of.inner, type->of.length);
        break;
    case TYPE_TUPLE:
        member(out, "tuple");
        write_tuple(out, type);
        break;
    case TYPE_PRIMITIVE:
        member(out, "primitive");
        base_buf_format(out, "\"%s\"", primitives[type->primitive]);
        break;
    case TYPE_COMPACT:
        member(out, "compact");
        base_buf_u64(out, type->of.inner);
        break;
    case TYPE_BITS:
        member(out, "bits");
        base_buf_format(out, "[%u,%s]", type->bits.store_bits,
                        type->bits.most_significant_first ? "true" : "false");
        break;
    }
}

static bool answer_types(const struct question *question) {
    struct base_buf *out = question->out;
    const struct types *types = &question->metadata->types;
    member(out, "types");
    base_buf_char(out, '[');
    for (uint32_t id = 0; id < types->count; id++) {
        const struct type *type = types_get(types, id);
        base_buf_str(out, id == 0 ? "{" : ",{");
        member(out, "path");
        base_buf_char(out, '[');
        for (uint32_t i = 0; i < type->path_count; i++) {
            base_buf_str(out, i == 0 ? "" : ",");
            write_text(out, type->path[i]);
        }
        base_buf_char(out, ']');
        write_shape(out, type);
        if (type->role == ROLE_FIXED) {
            member(out, "fixed");
            base_buf_format(out, "[%u,%u,%s]", type->fixed.bits, type->fixed.fraction,
                            type->fixed.is_signed ? "true" : "false");
        }
        base_buf_char(out, '}');
    }
    base_buf_char(out, ']');
    return true;
}

static void write_item(struct base_buf *out, const struct metadata_storage *item) {
    static const char *const hashers[] = {"Blake2128", "Blake2256",    "Blake2128Concat", "Twox128",
                                          "Twox256",   "Twox64Concat", "Identity"};
    base_buf_char(out, '{');
    member(out, "name");
    write_text(out, item->name);
    member(out, "optional");
    base_buf_str(out, item->has_default ? "false" : "true");
    member(out, "hashers");
    base_buf_char(out, '[');
    for (unsigned i = 0; i < item->key_count; i++) {
        base_buf_format(out, "%s\"%s\"", i == 0 ? "" : ",", hashers[item->hashers[i]]);
    }
    base_buf_char(out, ']');
    member(out, "keys");
    base_buf_char(out, '[');
    for (unsigned i = 0; i < item->key_count; i++) {
        base_buf_format(out, "%s%" PRIu32, i == 0 ? "" : ",", item->keys[i]);
    }
    base_buf_char(out, ']');
    member(out, "value");
    base_buf_u64(out, item->value);
    member(out, "fallback");
    base_json_write_hex(out, item->fallback);
    base_buf_char(out, '}');
}

static void write_constants(struct base_buf *out, const struct metadata_pallet *pallet) {
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < pallet->constant_count; i++) {
        const struct metadata_constant *constant = &pallet->constants[i];
        base_buf_str(out, i == 0 ? "[" : ",[");
        write_text(out, constant->name);
        base_buf_format(out, ",%" PRIu32 ",", constant->type);
        base_json_write_hex(out, constant->value);
        base_buf_char(out, ']');
    }
    base_buf_char(out, ']');
}

static void write_pallet(struct base_buf *out, const struct metadata_pallet *pallet) {
    base_buf_char(out, '{');
    member(out, "name");
    write_text(out, pallet->name);
    member(out, "index");
    base_buf_u64(out, pallet->index);
    member(out, "prefix");
    write_text(out, pallet->storage_prefix);
    member(out, "storage");
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < pallet->storage_count; i++) {
        base_buf_str(out, i == 0 ? "" : ",");
        write_item(out, &pallet->storage[i]);
    }
    base_buf_char(out, ']');
    member(out, "constants");
    write_constants(out, pallet);
    member(out, "calls");
    write_id(out, pallet->calls);
    member(out, "events");
    write_id(out, pallet->events);
    member(out, "errors");
    write_id(out, pallet->errors);
    base_buf_char(out, '}');
}

static void write_method(struct base_buf *out, const struct metadata_method *method) {
    base_buf_char(out, '[');
    write_text(out, method->name);
    base_buf_str(out, ",[");
    for (uint32_t i = 0; i < method->argument_count; i++) {
        base_buf_str(out, i == 0 ? "[" : ",[");
        write_text(out, method->arguments[i].name);
        base_buf_format(out, ",%" PRIu32 "]", method->arguments[i].type);
    }
    base_buf_format(out, "],%" PRIu32 "]", method->output);
}

static void write_apis(struct base_buf *out, const struct substrate_metadata *metadata) {
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < metadata->api_count; i++) {
        const struct metadata_api *api = &metadata->apis[i];
        base_buf_str(out, i == 0 ? "{" : ",{");
        member(out, "name");
        write_text(out, api->name);
        member(out, "methods");
        base_buf_char(out, '[');
        for (uint32_t j = 0; j < api->method_count; j++) {
            base_buf_str(out, j == 0 ? "" : ",");
            write_method(out, &api->methods[j]);
        }
        base_buf_str(out, "]}");
    }
    base_buf_char(out, ']');
}

static void write_extrinsics(struct base_buf *out, const struct substrate_metadata *metadata) {
    member(out, "versions");
    base_buf_char(out, '[');
    for (unsigned i = 0; i < metadata->extrinsic_version_count; i++) {
        base_buf_format(out, "%s%u", i == 0 ? "" : ",", metadata->extrinsic_versions[i]);
    }
    base_buf_char(out, ']');
    member(out, "address");
    write_id(out, metadata->address);
    member(out, "signature");
    write_id(out, metadata->signature);
    member(out, "outer");
    base_buf_char(out, '{');
    member(out, "call");
    write_id(out, metadata->outer_call);
    member(out, "event");
    write_id(out, metadata->outer_event);
    member(out, "error");
    write_id(out, metadata->outer_error);
    base_buf_char(out, '}');
    member(out, "extensions");
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < metadata->extension_count; i++) {
        const struct metadata_extension *extension = &metadata->extensions[i];
        base_buf_str(out, i == 0 ? "[" : ",[");
        write_text(out, extension->identifier);
        base_buf_format(out, ",%" PRIu32 ",%" PRIu32 "]", extension->type, extension->implicit);
    }
    base_buf_char(out, ']');
}

static bool answer_summary(const struct question *question) {
    const struct substrate_metadata *metadata = question->metadata;
    struct base_buf *out = question->out;
    member(out, "version");
    base_buf_u64(out, metadata->version);
    member(out, "ss58");
    base_buf_u64(out, metadata->ss58_prefix);
    write_extrinsics(out, metadata);
    member(out, "pallets");
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < metadata->pallet_count; i++) {
        base_buf_str(out, i == 0 ? "" : ",");
        write_pallet(out, &metadata->pallets[i]);
    }
    base_buf_char(out, ']');
    member(out, "apis");
    write_apis(out, metadata);
    return true;
}

/* The program around the answers. */

static const struct {
    const char *kind;
    bool (*answer)(const struct question *question);
} ANSWERS[] = {
    {"type", answer_type},         {"encode", answer_encode},       {"storage", answer_storage},
    {"constant", answer_constant}, {"call", answer_call},           {"types", answer_types},
    {"summary", answer_summary},   {"extrinsic", answer_extrinsic}, {"events", answer_events},
};

static bool answer(const struct question *question) {
    struct base_json kind = base_json_member(question->json, "kind");
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        if (base_json_is(kind, ANSWERS[i].kind)) {
            return ANSWERS[i].answer(question);
        }
    }
    (void)base_fail(question->error, SUBSTRATE_E_ARGUMENT, "no such kind of question");
    return false;
}

/* Writes the answer to one line. false: it could not be written. */
static bool answer_line(struct substrate_metadata *const *metadata, size_t count,
                        struct substrate_text line) {
    struct base_buf out = BASE_BUF_INIT;
    struct base_arena arena;
    struct substrate_error error = {0};
    struct question question = {NULL, {BASE_JSON_NONE, {NULL, 0}}, &arena, &out, &error};
    uint64_t chosen = 0;
    base_arena_init(&arena, 0);
    base_buf_char(&out, '{');
    bool good = false;
    if (base_json_parse(line, BASE_JSON_DEPTH_MAX, &question.json, NULL) != SUBSTRATE_OK) {
        (void)base_fail(&error, SUBSTRATE_E_ARGUMENT, "the question is no JSON");
    } else {
        (void)base_json_u64(base_json_member(question.json, "metadata"), &chosen);
        if (chosen >= count) {
            (void)base_fail(&error, SUBSTRATE_E_ARGUMENT, "no such metadata");
        } else {
            question.metadata = metadata[chosen];
            good = answer(&question);
        }
    }
    if (!good) {
        base_buf_reset(&out);
        base_buf_char(&out, '{');
        member(&out, "error");
        base_json_write_string(&out, base_text(error.message));
        member(&out, "position");
        base_buf_u64(&out, error.position);
    }
    base_buf_str(&out, "}\n");
    bool written = !out.failed && fwrite(out.data, 1, out.size, stdout) == out.size;
    base_buf_free(&out);
    base_arena_free(&arena);
    return written;
}

static bool read_all(FILE *file, struct base_buf *bytes) {
    size_t got = 0;
    do {
        if (!base_buf_reserve(bytes, 1 << 16)) {
            return false;
        }
        got = fread(bytes->data + bytes->size, 1, 1 << 16, file);
        bytes->size += got;
    } while (got > 0);
    return ferror(file) == 0;
}

static bool load(const char *path, struct substrate_metadata **metadata) {
    struct base_buf bytes = BASE_BUF_INIT;
    struct substrate_error error = {0};
    FILE *file = fopen(path, "rb");
    bool good = file != NULL && read_all(file, &bytes);
    if (!good) {
        (void)fprintf(stderr, "codec_tool: %s cannot be read\n", path);
    } else if (substrate_metadata_parse(
                   (struct substrate_bytes){(const uint8_t *)bytes.data, bytes.size}, metadata,
                   &error) != SUBSTRATE_OK) {
        (void)fprintf(stderr, "codec_tool: %s: byte %zu: %s\n", path, error.position,
                      error.message);
        good = false;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    base_buf_free(&bytes);
    return good;
}

static bool answer_all(struct substrate_metadata *const *metadata, size_t count) {
    struct base_buf input = BASE_BUF_INIT;
    bool good = read_all(stdin, &input);
    for (size_t at = 0; good && at < input.size;) {
        const char *line = input.data + at;
        const char *end = memchr(line, '\n', input.size - at);
        size_t size = end == NULL ? input.size - at : (size_t)(end - line);
        good = answer_line(metadata, count, (struct substrate_text){line, size});
        at += size + 1;
    }
    base_buf_free(&input);
    return good && fflush(stdout) == 0;
}

int main(int argc, char **argv) {
    struct substrate_metadata *metadata[METADATA_FILES_MAX] = {NULL};
    size_t count = (size_t)argc - 1;
    if (argc < 2 || count > METADATA_FILES_MAX) {
        (void)fprintf(stderr, "usage: codec_tool METADATA… < questions > answers\n");
        return 2;
    }
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        good = load(argv[i + 1], &metadata[i]);
    }
    good = good && answer_all(metadata, count);
    for (size_t i = 0; i < count; i++) {
        substrate_metadata_free(metadata[i]);
    }
    return good ? 0 : 1;
}
