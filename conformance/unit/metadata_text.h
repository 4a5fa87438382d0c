/* Metadata as text, one fact per line, and back: a listing of what the library has parsed, which
 * other decoders can be made to print too, and an encoder of its own that makes SCALE bytes out of
 * such a listing (frame-metadata v14.rs, v15.rs, v16.rs; scale-info portable.rs), so that tests
 * write the runtime that they need. `-` is "none", lists end each element with a comma:
 *
 *   Tid path.of.type. <Param:type,> def   def: {name:type:typeName;}   composite
 *                                              [index=name{fields}]    enum
 *                                              *inner  *inner^length   sequence, array
 *                                              (a,b,)  ~inner          tuple, compact
 *                                              #0 to #14               primitive, bool to i256
 *                                              &                       bits; <store:id,order:id,>
 *   Pindex name prefix calls events errors
 *   Sname modifier hashers keys, value fallback      hashers: a digit each; for the encoder a key
 *   Cname type value                                 may also be =type, taken as it is
 *   Aname
 *   Mname argument:type, output
 *   Xname type implicit
 *   Eversions, address signature call
 *   Ocall event error */
#ifndef METADATA_TEXT_H
#define METADATA_TEXT_H

#include "check_main.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/compact.h"
#include "codec/metadata.h"

/* Listing. */

static inline void list_id(struct base_buf *out, uint32_t id) {
    if (id == METADATA_NO_TYPE) {
        base_buf_char(out, '-');
    } else {
        base_buf_u64(out, id);
    }
}

static inline void list_text(struct base_buf *out, struct substrate_text text) {
    base_buf_text(out, text.data == NULL ? BASE_TEXT("-") : text);
}

static inline void list_fields(struct base_buf *out, const struct type_field *fields,
                               uint32_t count) {
    base_buf_char(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        list_text(out, fields[i].name);
        base_buf_format(out, ":%u:", fields[i].type);
        list_text(out, fields[i].type_name);
        base_buf_char(out, ';');
    }
    base_buf_char(out, '}');
}

static inline void list_variants(struct base_buf *out, const struct type *type) {
    base_buf_char(out, '[');
    for (uint32_t i = 0; i < type->variants.count; i++) {
        const struct type_variant *variant = &type->variants.list[i];
        base_buf_format(out, "%u=", variant->index);
        list_text(out, variant->name);
        list_fields(out, variant->fields, variant->field_count);
    }
    base_buf_char(out, ']');
}

static inline void list_definition(struct base_buf *out, const struct type *type) {
    switch (type->kind) {
    case TYPE_COMPOSITE:
        list_fields(out, type->fields.fields, type->fields.count);
        break;
    case TYPE_VARIANT:
        list_variants(out, type);
        break;
    case TYPE_SEQUENCE:
        base_buf_format(out, "*%u", type->of.inner);
        break;
    case TYPE_ARRAY:
        base_buf_format(out, "*%u^%u", type->of.inner, type->of.length);
        break;
    case TYPE_TUPLE:
        base_buf_char(out, '(');
        for (uint32_t i = 0; i < type->fields.count; i++) {
            base_buf_format(out, "%u,", type->fields.fields[i].type);
        }
        base_buf_char(out, ')');
        break;
    case TYPE_PRIMITIVE:
        base_buf_format(out, "#%d", (int)type->primitive);
        break;
    case TYPE_COMPACT:
        base_buf_format(out, "~%u", type->of.inner);
        break;
    case TYPE_BITS:
        base_buf_char(out, '&');
        break;
    }
}

static inline void list_types(struct base_buf *out, const struct types *types, uint32_t count) {
    for (uint32_t id = 0; id < count; id++) {
        const struct type *type = &types->list[id];
        base_buf_format(out, "T%u ", id);
        for (uint32_t i = 0; i < type->path_count; i++) {
            list_text(out, type->path[i]);
            base_buf_char(out, '.');
        }
        base_buf_str(out, " <");
        for (uint32_t i = 0; i < type->parameter_count; i++) {
            list_text(out, type->parameters[i].name);
            base_buf_char(out, ':');
            list_id(out, type->parameters[i].type);
            base_buf_char(out, ',');
        }
        base_buf_str(out, "> ");
        list_definition(out, type);
        base_buf_char(out, '\n');
    }
}

static inline void list_storage(struct base_buf *out, const struct metadata_storage *storage) {
    base_buf_char(out, 'S');
    list_text(out, storage->name);
    base_buf_format(out, " %d ", (int)storage->has_default);
    for (unsigned i = 0; i < storage->key_count; i++) {
        base_buf_u64(out, storage->hashers[i]);
    }
    base_buf_char(out, ' ');
    for (unsigned i = 0; i < storage->key_count; i++) {
        base_buf_format(out, "%u,", storage->keys[i]);
    }
    base_buf_format(out, " %u ", storage->value);
    base_buf_hex(out, storage->fallback);
    base_buf_char(out, '\n');
}

static inline void list_pallets(struct base_buf *out, const struct substrate_metadata *metadata) {
    for (uint32_t i = 0; i < metadata->pallet_count; i++) {
        const struct metadata_pallet *pallet = &metadata->pallets[i];
        base_buf_format(out, "P%u ", pallet->index);
        list_text(out, pallet->name);
        base_buf_char(out, ' ');
        list_text(out, pallet->storage_prefix);
        const uint32_t enums[] = {pallet->calls, pallet->events, pallet->errors};
        for (unsigned e = 0; e < 3; e++) {
            base_buf_char(out, ' ');
            list_id(out, enums[e]);
        }
        base_buf_char(out, '\n');
        for (uint32_t s = 0; s < pallet->storage_count; s++) {
            list_storage(out, &pallet->storage[s]);
        }
        for (uint32_t c = 0; c < pallet->constant_count; c++) {
            base_buf_char(out, 'C');
            list_text(out, pallet->constants[c].name);
            base_buf_format(out, " %u ", pallet->constants[c].type);
            base_buf_hex(out, pallet->constants[c].value);
            base_buf_char(out, '\n');
        }
    }
}

static inline void list_apis(struct base_buf *out, const struct substrate_metadata *metadata) {
    for (uint32_t i = 0; i < metadata->api_count; i++) {
        base_buf_char(out, 'A');
        list_text(out, metadata->apis[i].name);
        base_buf_char(out, '\n');
        for (uint32_t m = 0; m < metadata->apis[i].method_count; m++) {
            const struct metadata_method *method = &metadata->apis[i].methods[m];
            base_buf_char(out, 'M');
            list_text(out, method->name);
            base_buf_char(out, ' ');
            for (uint32_t a = 0; a < method->argument_count; a++) {
                list_text(out, method->arguments[a].name);
                base_buf_format(out, ":%u,", method->arguments[a].type);
            }
            base_buf_format(out, " %u\n", method->output);
        }
    }
}

static inline void list_metadata(struct base_buf *out, const struct substrate_metadata *metadata) {
    list_types(out, &metadata->types, metadata->types.count);
    list_pallets(out, metadata);
    list_apis(out, metadata);
    for (uint32_t i = 0; i < metadata->extension_count; i++) {
        base_buf_char(out, 'X');
        list_text(out, metadata->extensions[i].identifier);
        base_buf_format(out, " %u %u\n", metadata->extensions[i].type,
                        metadata->extensions[i].implicit);
    }
    base_buf_char(out, 'E');
    for (unsigned i = 0; i < metadata->extrinsic_version_count; i++) {
        base_buf_format(out, "%u,", metadata->extrinsic_versions[i]);
    }
    const uint32_t ids[] = {metadata->address,    metadata->signature,   metadata->outer_call,
                            metadata->outer_call, metadata->outer_event, metadata->outer_error};
    for (unsigned i = 0; i < 6; i++) {
        base_buf_str(out, i == 3 ? "\nO" : " ");
        list_id(out, ids[i]);
    }
    base_buf_char(out, '\n');
}

/* Encoding: a cursor over the listing, and the bytes that it becomes. */

/* Check writes each assertion down before it looks; there are a million here. And so encoding needs
 * no test around it as long as nothing is wrong. */
#define encoder_expects(condition, ...) \
    do {                                \
        if (!(condition)) {             \
            ck_abort_msg(__VA_ARGS__);  \
        }                               \
    } while (0)

struct encoder {
    const char *text; /* all of it */
    const char *at;
    unsigned version;
    unsigned turn; /* so that documentation and deprecations come in all their kinds */
    struct base_buf out;
};

static inline void expect(struct encoder *encoder, char c) {
    encoder_expects(*encoder->at == c, "'%c' expected at '%.40s'", c, encoder->at);
    encoder->at++;
}

static inline bool take_char(struct encoder *encoder, char c) {
    bool is = *encoder->at == c;
    encoder->at += is;
    return is;
}

static inline uint64_t take_number(struct encoder *encoder) {
    uint64_t number = 0;
    encoder_expects(*encoder->at >= '0' && *encoder->at <= '9', "no number: '%.40s'", encoder->at);
    while (*encoder->at >= '0' && *encoder->at <= '9') {
        number = number * 10 + (uint64_t)(*encoder->at++ - '0');
    }
    return number;
}

static inline struct substrate_text take_until(struct encoder *encoder, const char *stops) {
    size_t size = strcspn(encoder->at, stops);
    struct substrate_text text = {encoder->at, size};
    encoder->at += size;
    return text;
}

static inline void put_text(struct encoder *encoder, struct substrate_text text) {
    base_compact_write(&encoder->out, text.size);
    base_buf_text(&encoder->out, text);
}

static inline void put_id(struct encoder *encoder) {
    base_compact_write(&encoder->out, take_number(encoder));
}

/* An Option of a text or of a type; "-" is None. */
static inline void put_option_text(struct encoder *encoder, const char *stops) {
    struct substrate_text text = take_until(encoder, stops);
    bool is_none = base_text_is(text, "-");
    base_buf_char(&encoder->out, (char)!is_none);
    if (!is_none) {
        put_text(encoder, text);
    }
}

static inline bool put_option_id(struct encoder *encoder) {
    bool is_none = take_char(encoder, '-');
    base_buf_char(&encoder->out, (char)!is_none);
    if (!is_none) {
        put_id(encoder);
    }
    return !is_none;
}

static inline void put_hex(struct encoder *encoder) {
    struct substrate_text hex = take_until(encoder, " \n");
    uint8_t bytes[128];
    size_t size;
    encoder_expects(base_hex_read(hex, bytes, sizeof bytes, &size), "no hex: '%.40s'", hex.data);
    base_compact_write(&encoder->out, size);
    base_buf_append(&encoder->out, bytes, size);
}

/* No lines, one, two in turn. */
static inline void put_docs(struct encoder *encoder) {
    static const char *const LINES[] = {
        "", "A line that is longer than 63 bytes, so that its length takes two of them."};
    unsigned count = encoder->turn++ % 3;
    base_compact_write(&encoder->out, count);
    for (unsigned i = 0; i < count; i++) {
        put_text(encoder, base_text(LINES[i]));
    }
}

/* ItemDeprecationInfo: not, without a note, with one, with one and since when. */
static inline void put_deprecation(struct encoder *encoder, bool is_variant) {
    unsigned kind = encoder->version < 16 ? 0 : encoder->turn++ % 4;
    if (encoder->version < 16) {
        return;
    }
    kind = is_variant && kind == 0 ? 1 : kind;
    base_buf_char(&encoder->out, (char)(kind > 2 ? 2 : kind));
    if (kind >= 2) {
        put_text(encoder, BASE_TEXT("use the other one"));
        base_buf_char(&encoder->out, (char)(kind == 3));
    }
    if (kind == 3) {
        put_text(encoder, BASE_TEXT("1.2.0"));
    }
}

/* A list whose length is known only at its end: what stands before it is kept meanwhile. */
static inline struct base_buf list_begin(struct encoder *encoder) {
    struct base_buf before = encoder->out;
    encoder->out = (struct base_buf)BASE_BUF_INIT;
    return before;
}

static inline void list_end(struct encoder *encoder, struct base_buf before, uint64_t count) {
    struct base_buf elements = encoder->out;
    encoder->out = before;
    base_compact_write(&encoder->out, count);
    base_buf_text(&encoder->out, base_buf_view(&elements));
    base_buf_free(&elements);
}

static inline void put_fields(struct encoder *encoder) {
    struct base_buf before = list_begin(encoder);
    uint64_t count = 0;
    expect(encoder, '{');
    for (; !take_char(encoder, '}'); count++) {
        put_option_text(encoder, ":");
        expect(encoder, ':');
        put_id(encoder);
        expect(encoder, ':');
        put_option_text(encoder, ";");
        expect(encoder, ';');
        put_docs(encoder);
    }
    list_end(encoder, before, count);
}

static inline void put_variants(struct encoder *encoder) {
    struct base_buf before = list_begin(encoder);
    uint64_t count = 0;
    for (; !take_char(encoder, ']'); count++) {
        char index = (char)take_number(encoder);
        expect(encoder, '=');
        put_text(encoder, take_until(encoder, "{"));
        put_fields(encoder);
        base_buf_char(&encoder->out, index);
        put_docs(encoder);
    }
    list_end(encoder, before, count);
}

/* Ids, each with a comma behind it; with names, each as name:id. */
static inline void put_ids(struct encoder *encoder, bool is_optional, bool has_names) {
    struct base_buf before = list_begin(encoder);
    uint64_t count = 0;
    for (; *encoder->at != ')' && *encoder->at != '>' && *encoder->at != ' '; count++) {
        if (has_names) {
            put_text(encoder, take_until(encoder, ":"));
            expect(encoder, ':');
        }
        if (is_optional) {
            (void)put_option_id(encoder);
        } else {
            put_id(encoder);
        }
        expect(encoder, ',');
    }
    list_end(encoder, before, count);
}

static inline void put_sequence(struct encoder *encoder) {
    uint64_t inner = take_number(encoder);
    bool is_array = take_char(encoder, '^');
    uint64_t length = is_array ? take_number(encoder) : 0;
    base_buf_char(&encoder->out, is_array ? TYPE_ARRAY : TYPE_SEQUENCE);
    for (unsigned i = 0; is_array && i < 4; i++) {
        base_buf_char(&encoder->out, (char)(length >> (8 * i)));
    }
    base_compact_write(&encoder->out, inner);
}

static inline void put_definition(struct encoder *encoder, const char *parameters) {
    static const char KINDS[] = {'{', '[', '*', '^', '(', '#', '~', '&', '\0'};
    const char *kind = strchr(KINDS, *encoder->at);
    encoder_expects(kind != NULL, "no definition: '%.40s'", encoder->at);
    if (*kind == '*') {
        encoder->at++;
        put_sequence(encoder);
        return;
    }
    base_buf_char(&encoder->out, (char)(kind - KINDS));
    encoder->at += *kind != '{';
    if (*kind == '{') {
        put_fields(encoder);
    } else if (*kind == '[') {
        put_variants(encoder);
    } else if (*kind == '(') {
        put_ids(encoder, false, false);
        expect(encoder, ')');
    } else if (*kind == '#') {
        base_buf_char(&encoder->out, (char)take_number(encoder));
    } else if (*kind == '~') {
        put_id(encoder);
    } else {
        const char *end = encoder->at;
        encoder->at = strchr(parameters, ':') + 1;
        put_id(encoder);
        encoder->at = strchr(encoder->at, ':') + 1;
        put_id(encoder);
        encoder->at = end;
    }
}

static inline void put_types(struct encoder *encoder) {
    struct base_buf before = list_begin(encoder);
    uint64_t count = 0;
    for (; take_char(encoder, 'T'); count++) {
        put_id(encoder);
        expect(encoder, ' ');
        struct base_buf outside = list_begin(encoder);
        uint64_t segments = 0;
        for (; !take_char(encoder, ' '); segments++) {
            put_text(encoder, take_until(encoder, "."));
            expect(encoder, '.');
        }
        list_end(encoder, outside, segments);
        expect(encoder, '<');
        const char *parameters = encoder->at;
        put_ids(encoder, true, true);
        expect(encoder, '>');
        expect(encoder, ' ');
        put_definition(encoder, parameters);
        put_docs(encoder);
        expect(encoder, '\n');
    }
    list_end(encoder, before, count);
}

/* The id of the type whose line holds `part`. */
static inline uint64_t find_type_line(const struct encoder *encoder, const char *part) {
    const char *at = strstr(encoder->text, part);
    encoder_expects(at != NULL, "no type has '%s'", part);
    while (at > encoder->text && at[-1] != '\n') {
        at--;
    }
    struct encoder line = {.at = at};
    expect(&line, 'T');
    return take_number(&line);
}

/* Several keys are a tuple, which must be a type; one is itself. */
static inline void put_key(struct encoder *encoder, size_t hashers) {
    char tuple[64];
    if (take_char(encoder, '=')) {
        put_id(encoder);
    } else if (hashers == 1) {
        put_id(encoder);
        expect(encoder, ',');
    } else {
        struct substrate_text keys = take_until(encoder, " ");
        (void)snprintf(tuple, sizeof tuple, "> (%.*s)\n", (int)keys.size, keys.data);
        base_compact_write(&encoder->out, find_type_line(encoder, tuple));
    }
}

static inline void put_storage(struct encoder *encoder) {
    put_text(encoder, take_until(encoder, " "));
    expect(encoder, ' ');
    base_buf_char(&encoder->out, (char)take_number(encoder));
    expect(encoder, ' ');
    struct substrate_text hashers = take_until(encoder, " ");
    expect(encoder, ' ');
    base_buf_char(&encoder->out, (char)(hashers.size > 0));
    if (hashers.size > 0) {
        base_compact_write(&encoder->out, hashers.size);
        for (size_t i = 0; i < hashers.size; i++) {
            base_buf_char(&encoder->out, (char)(hashers.data[i] - '0'));
        }
        put_key(encoder, hashers.size);
    }
    expect(encoder, ' ');
    put_id(encoder);
    expect(encoder, ' ');
    put_hex(encoder);
    put_docs(encoder);
    put_deprecation(encoder, false);
    expect(encoder, '\n');
}

static inline void put_constant(struct encoder *encoder) {
    put_text(encoder, take_until(encoder, " "));
    expect(encoder, ' ');
    put_id(encoder);
    expect(encoder, ' ');
    put_hex(encoder);
    put_docs(encoder);
    put_deprecation(encoder, false);
    expect(encoder, '\n');
}

/* A pallet's enum, with two deprecated variants in version 16. */
static inline void put_enum(struct encoder *encoder) {
    if (put_option_id(encoder) && encoder->version >= 16) {
        base_compact_write(&encoder->out, 2);
        for (unsigned i = 0; i < 2; i++) {
            base_buf_char(&encoder->out, (char)(i * 200));
            put_deprecation(encoder, true);
        }
    }
}

/* Of version 16: an associated type, and a view function with an argument. */
static inline void put_new_parts(struct encoder *encoder) {
    base_compact_write(&encoder->out, 1);
    put_text(encoder, BASE_TEXT("AccountId"));
    base_compact_write(&encoder->out, 1);
    put_docs(encoder);
    base_compact_write(&encoder->out, 1);
    for (unsigned i = 0; i < 32; i++) {
        base_buf_char(&encoder->out, (char)(i * 8 + 3));
    }
    put_text(encoder, BASE_TEXT("view"));
    base_compact_write(&encoder->out, 1);
    put_text(encoder, BASE_TEXT("argument"));
    base_compact_write(&encoder->out, 0);
    base_compact_write(&encoder->out, 1);
    put_docs(encoder);
    put_deprecation(encoder, false);
}

static inline void put_pallet(struct encoder *encoder) {
    char index = (char)take_number(encoder);
    expect(encoder, ' ');
    put_text(encoder, take_until(encoder, " "));
    expect(encoder, ' ');
    bool has_storage = *encoder->at != '-';
    put_option_text(encoder, " ");
    const char *enums = encoder->at;
    (void)take_until(encoder, "\n");
    expect(encoder, '\n');
    uint64_t count = 0;
    struct base_buf before = list_begin(encoder);
    for (; take_char(encoder, 'S'); count++) {
        put_storage(encoder);
    }
    if (has_storage) {
        list_end(encoder, before, count);
    } else {
        base_buf_free(&encoder->out);
        encoder->out = before;
    }
    const char *constants = encoder->at;
    encoder->at = enums;
    expect(encoder, ' ');
    put_enum(encoder);
    expect(encoder, ' ');
    put_enum(encoder);
    enums = encoder->at;
    encoder->at = constants;
    before = list_begin(encoder);
    for (count = 0; take_char(encoder, 'C'); count++) {
        put_constant(encoder);
    }
    list_end(encoder, before, count);
    const char *end = encoder->at;
    encoder->at = enums;
    expect(encoder, ' ');
    put_enum(encoder);
    encoder->at = end;
    if (encoder->version >= 16) {
        put_new_parts(encoder);
    }
    base_buf_char(&encoder->out, index);
    if (encoder->version >= 15) {
        put_docs(encoder);
        put_deprecation(encoder, false);
    }
}

static inline void put_apis(struct encoder *encoder) {
    struct base_buf before = list_begin(encoder);
    uint64_t count = 0;
    for (; take_char(encoder, 'A'); count++) {
        put_text(encoder, take_until(encoder, "\n"));
        expect(encoder, '\n');
        struct base_buf outside = list_begin(encoder);
        uint64_t methods = 0;
        for (; take_char(encoder, 'M'); methods++) {
            put_text(encoder, take_until(encoder, " "));
            expect(encoder, ' ');
            put_ids(encoder, false, true);
            expect(encoder, ' ');
            put_id(encoder);
            expect(encoder, '\n');
            put_docs(encoder);
            put_deprecation(encoder, false);
        }
        list_end(encoder, outside, methods);
        put_docs(encoder);
        if (encoder->version >= 16) {
            base_compact_write(&encoder->out, 70000);
            put_deprecation(encoder, false);
        }
    }
    list_end(encoder, before, count);
}

/* Extensions; in version 16 the last one comes first, and a map by version has their order. */
static inline void put_extensions(struct encoder *encoder, const char *lines) {
    const char *starts[8] = {NULL};
    size_t count = 0;
    for (; *lines == 'X' && count < 8; lines = strchr(lines, '\n') + 1) {
        starts[count++] = lines;
    }
    for (uint8_t version = 0; encoder->version >= 16 && version < 2; version++) {
        if (version == 0) {
            base_compact_write(&encoder->out, 2);
        }
        base_buf_char(&encoder->out, (char)version);
        base_compact_write(&encoder->out, version == 0 ? count : 0);
        for (size_t i = 0; version == 0 && i < count; i++) {
            base_compact_write(&encoder->out, count - 1 - i);
        }
    }
    base_compact_write(&encoder->out, count);
    for (size_t i = 0; i < count; i++) {
        encoder->at = starts[encoder->version >= 16 ? count - 1 - i : i] + 1;
        put_text(encoder, take_until(encoder, " "));
        for (unsigned id = 0; id < 2; id++) {
            expect(encoder, ' ');
            put_id(encoder);
        }
    }
}

static inline void put_extrinsic(struct encoder *encoder, const char *extensions,
                                 const char *line) {
    encoder->at = line + 1;
    struct base_buf before = list_begin(encoder);
    uint64_t count = 0;
    for (; !take_char(encoder, ' '); count++) {
        base_buf_char(&encoder->out, (char)take_number(encoder));
        expect(encoder, ',');
    }
    encoder_expects(encoder->out.data != NULL, "an extrinsic without a version");
    char version = encoder->out.data[0];
    list_end(encoder, before, count);
    if (encoder->version < 16) {
        encoder->out.size -= count + 1;
    }
    if (encoder->version == 14) {
        base_compact_write(&encoder->out, find_type_line(encoder, "UncheckedExtrinsic. <"));
    }
    if (encoder->version < 16) {
        base_buf_char(&encoder->out, version);
    }
    if (encoder->version >= 15) {
        uint64_t address = take_number(encoder);
        expect(encoder, ' ');
        uint64_t signature = take_number(encoder);
        expect(encoder, ' ');
        base_compact_write(&encoder->out, address);
        put_id(encoder); /* the call */
        base_compact_write(&encoder->out, signature);
    }
    if (encoder->version == 15) {
        base_compact_write(&encoder->out, 0);
    }
    put_extensions(encoder, extensions);
}

/* The outer enums, and a custom value. */
static inline void put_outer(struct encoder *encoder, const char *line) {
    encoder->at = line;
    for (unsigned i = 0; i < 3; i++) {
        expect(encoder, i == 0 ? 'O' : ' ');
        put_id(encoder);
    }
    base_compact_write(&encoder->out, 1);
    put_text(encoder, BASE_TEXT("custom"));
    base_compact_write(&encoder->out, 1);
    base_compact_write(&encoder->out, 3);
    base_buf_str(&encoder->out, "abc");
}

static inline const char *line_of(const char *text, char kind) {
    const char mark[] = {'\n', kind, '\0'};
    const char *at = strstr(text, mark);
    return at == NULL ? NULL : at + 1;
}

/* The bytes of a listing, to be freed. */
static inline struct base_buf encode_metadata(const char *text, unsigned version) {
    struct encoder encoder = {text, text, version, 0, BASE_BUF_INIT};
    const char *extrinsic = line_of(text, 'E');
    const char *extensions = line_of(text, 'X');
    base_buf_str(&encoder.out, "meta");
    base_buf_char(&encoder.out, (char)version);
    put_types(&encoder);
    struct base_buf before = list_begin(&encoder);
    uint64_t pallets = 0;
    for (; take_char(&encoder, 'P'); pallets++) {
        put_pallet(&encoder);
    }
    list_end(&encoder, before, pallets);
    const char *apis = encoder.at;
    put_extrinsic(&encoder, extensions == NULL ? extrinsic : extensions, extrinsic);
    if (version < 16) {
        base_compact_write(&encoder.out, 0);
    }
    if (version >= 15) {
        encoder.at = apis;
        put_apis(&encoder);
        put_outer(&encoder, line_of(text, 'O'));
    }
    encoder_expects(!encoder.out.failed, "out of memory");
    return encoder.out;
}

#endif
