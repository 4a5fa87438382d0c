/* Metadata, and what is read with it. A run takes the runtime of a file or makes one of random
 * types, changes some of its bytes every other time, and if it parses reads, skips and writes
 * values, storage keys, extrinsics and events with it. */
#include "fuzz.h"

#include <substrate/metadata.h>

#include "base/compact.h"
#include "base/json.h"
#include "codec/block.h"
#include "codec/extrinsic.h"
#include "codec/metadata.h"
#include "codec/storage_key.h"
#include "codec/value.h"
#include "metadata_sample.h"
#include "metadata_text.h"

enum { PARSED, REFUSED, READ, WRONG, KEYS, EXTRINSICS, EVENTS };
static const char *const NAMES[] = {"runtimes", "refused",    "values", "refused",
                                    "keys",     "extrinsics", "events", NULL};

#define JSON_DEPTH 1024
#define BYTES_MAX 200
/* What reading may take, and what is more than enough to write that again. */
static const struct value_limits LIMITS = {64, 20000, 200000};
static const struct value_limits WIDE = {64, 2000000, 2000000};

static const struct substrate_metadata *metadata;
static bool is_changed; /* the runtime */
/* Two variants, fields or extensions have one name, and JSON does not say which is meant. */
static bool namesakes;

static struct substrate_bytes bytes_of(const struct base_buf *buf) {
    return (struct substrate_bytes){(const uint8_t *)buf->data, buf->size};
}

static bool same(const struct base_buf *buf, struct substrate_bytes bytes) {
    struct substrate_text text = {(const char *)bytes.data, bytes.size};
    return base_text_equal(base_buf_view(buf), text);
}

static struct base_json valid_json(const struct base_buf *json) {
    struct base_json value = {0};
    size_t position = 0;
    fuzz_check(base_json_parse(base_buf_view(json), JSON_DEPTH, &value, &position) == SUBSTRATE_OK,
               "no JSON at %zu: %.*s", position, (int)json->size, json->data);
    return value;
}

/* ---- runtimes ---- */

#define MADE_FIRST 42 /* behind the types of the sample */
#define MADE_END 82

/* Writes a line of a runtime with numbers for its marks: '@' is a type before `id`, so that values
 * end; '?' any, behind a length or an index; '$' one that can be compact; '%' a primitive; '!' a
 * length or a hasher. */
static void make_line(struct base_buf *text, const char *line, uint32_t id) {
    static const unsigned COMPACTS[] = {0, 6, 10, 28};
    for (; *line != '\0'; line++) {
        if (*line == '$') {
            base_buf_u64(text, COMPACTS[fuzz_below(4)]);
        } else if (strchr("@?%!", *line) != NULL) {
            base_buf_u64(text, fuzz_below(*line == '@'   ? id
                                          : *line == '?' ? MADE_END
                                          : *line == '%' ? 15
                                                         : 7));
        } else {
            base_buf_char(text, *line);
        }
    }
}

static struct base_buf make_runtime(void) {
    static const char *const SHAPES[] = {" <> {q\\\":@:-;type:@:-;}\n",
                                         " <> {-:@:-;-:@:-;}\n",
                                         " <> [0=No{}3=One{-:?:-;}9=Two{x:@:-;y:?:-;}]\n",
                                         " <> (@,@,)\n",
                                         " <> *?\n",
                                         " <> *@^!\n",
                                         " <> ~$\n",
                                         " <> #%\n",
                                         "Option. <> [0=None{}1=Some{-:@:-;}]\n"};
    struct base_buf text = BASE_BUF_INIT;
    const char *pallets = strstr(METADATA_SAMPLE, "P0 ");
    const char *storage = strchr(pallets, '\n') + 1;
    base_buf_append(&text, METADATA_SAMPLE, (size_t)(pallets - METADATA_SAMPLE));
    for (uint32_t id = MADE_FIRST; id < MADE_END; id++) {
        base_buf_format(&text, "T%u ", id);
        make_line(&text, SHAPES[fuzz_below(sizeof SHAPES / sizeof *SHAPES)], id);
    }
    base_buf_append(&text, pallets, (size_t)(storage - pallets));
    make_line(&text, "SOne 1 ! ?, ? 00\nSOther 1 ! ?, ? 00\nSThird 0 ! ?, ? 00\n", 0);
    base_buf_str(&text, storage);
    base_buf_char(&text, '\0');
    struct base_buf bytes = encode_metadata(text.data, 14 + fuzz_below(3));
    base_buf_free(&text);
    return bytes;
}

/* Of structs that begin with a name: have two of them the same? */
static bool twins(const void *list, uint32_t count, size_t size) {
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct substrate_text *name = (const void *)((const char *)list + i * size);
        for (uint32_t j = 0; j < i && name->data != NULL; j++) {
            const struct substrate_text *other = (const void *)((const char *)list + j * size);
            found = found || base_text_equal(*name, *other);
        }
    }
    return found;
}

static bool find_namesakes(void) {
    bool found =
        twins(metadata->extensions, metadata->extension_count, sizeof *metadata->extensions);
    for (uint32_t id = 0; id < metadata->types.count; id++) {
        const struct type *type = &metadata->types.list[id];
        uint32_t count = type->kind == TYPE_VARIANT ? type->variants.count : 0;
        found = found || twins(type->variants.list, count, sizeof *type->variants.list) ||
                (type->kind == TYPE_COMPOSITE &&
                 twins(type->fields.fields, type->fields.count, sizeof *type->fields.fields));
        for (uint32_t i = 0; i < count; i++) {
            const struct type_variant *variant = &type->variants.list[i];
            found = found || twins(variant->fields, variant->field_count, sizeof *variant->fields);
        }
    }
    return found;
}

/* ---- values ---- */

/* Mostly small enough to be an index or a length. */
static size_t random_bytes(uint8_t bytes[BYTES_MAX]) {
    size_t size = fuzz_below(BYTES_MAX);
    uint32_t mode = fuzz_below(5);
    for (size_t i = 0; i < size; i++) {
        uint32_t byte = fuzz_below(256);
        uint32_t kind = mode < 4 ? mode : byte / 64;
        bytes[i] = (uint8_t)(kind == 0   ? 0
                             : kind == 1 ? byte % 3
                             : kind == 2 ? byte % 8 * 4
                                         : byte);
    }
    return size;
}

/* Appends the bytes of some value; false when chance has none. */
static bool any_value(uint32_t type, struct base_buf *out) {
    uint8_t bytes[BYTES_MAX];
    for (unsigned tries = 0; tries < 8; tries++) {
        struct scale_reader reader =
            scale_reader((struct substrate_bytes){bytes, random_bytes(bytes)});
        if (value_skip(metadata, type, &reader, &LIMITS, NULL) == SUBSTRATE_OK) {
            base_buf_append(out, bytes, reader.at);
            return true;
        }
    }
    return false;
}

/* A type brings at most two levels of brackets, and an item of an array is a value. */
static bool is_within(const struct base_buf *json, const struct value_limits *limits) {
    struct base_json value = {0};
    return json->size <= limits->bytes_max &&
           base_json_parse(base_buf_view(json), 2 * limits->depth_max, &value, NULL) ==
               SUBSTRATE_OK &&
           (value.kind != BASE_JSON_ARRAY || base_json_length(value) <= limits->nodes_max);
}

/* All of `bytes` are the JSON, or are refused as `refusal` says. */
static void check_whole(uint32_t type, struct substrate_bytes bytes,
                        const struct value_limits *limits, const struct base_buf *json,
                        enum substrate_status refusal) {
    uint8_t *exact = fuzz_exact(bytes.data, bytes.size);
    struct base_buf out = BASE_BUF_INIT;
    struct substrate_error error = {0};
    bytes.data = exact;
    enum substrate_status status = value_read_all(metadata, type, bytes, limits, &out, &error);
    bool is_read = json != NULL && status == SUBSTRATE_OK && is_within(&out, limits) &&
                   same(&out, bytes_of(json));
    fuzz_check(is_read || (status == refusal && status != SUBSTRATE_OK), "%zu bytes: %s %s: %.*s",
               bytes.size, substrate_status_name(status), error.message, (int)out.size, out.data);
    base_buf_free(&out);
    free(exact);
}

static void check_write(uint32_t type, const struct base_buf *json, struct substrate_bytes bytes) {
    struct base_buf out = BASE_BUF_INIT;
    struct substrate_error error = {0};
    enum substrate_status status =
        value_write(metadata, type, valid_json(json), &WIDE, &out, &error);
    fuzz_check(namesakes || (status == SUBSTRATE_OK && same(&out, bytes)), "%s: %.*s",
               status == SUBSTRATE_OK ? "other bytes" : error.message, (int)json->size, json->data);
    base_buf_free(&out);
}

/* JSON that nobody has read is refused, or the bytes that it gives are read and written alike. */
static void try_write(uint32_t type, struct base_buf *json) {
    static const char *const WORDS[] = {"null", "true",      "{}",  "[]", ",0", "0x",
                                        "-1",   "\\ud800\"", "1e2", "\"", "7",  ":"};
    struct base_json value;
    struct base_buf bytes = BASE_BUF_INIT;
    struct substrate_error error = {0};
    fuzz_mutate(json, WORDS, sizeof WORDS / sizeof *WORDS);
    uint8_t *exact = fuzz_exact(json->data, json->size);
    struct substrate_text text = {(const char *)exact, json->size};
    if (base_json_parse(text, JSON_DEPTH, &value, NULL) == SUBSTRATE_OK) {
        enum substrate_status status = value_write(metadata, type, value, &LIMITS, &bytes, &error);
        if (status == SUBSTRATE_OK) {
            json->size = 0;
            status = value_read_all(metadata, type, bytes_of(&bytes), &WIDE, json, &error);
            fuzz_check(bytes.size <= LIMITS.bytes_max && status == SUBSTRATE_OK, "%s of %.*s",
                       error.message, (int)text.size, text.data);
            check_write(type, json, bytes_of(&bytes));
        } else {
            fuzz_check_error(&error, text.size, status);
        }
    }
    free(exact);
    base_buf_free(&bytes);
}

/* A value was read from the first bytes of `all`: it is these, no fewer and no more, and within
 * tighter limits the same or refused. */
static void check_read(uint32_t type, struct substrate_bytes all, size_t size,
                       struct base_buf *json) {
    struct value_limits tight = {.depth_max =
                                     fuzz_below(8)}; /* one after the other, in any build */
    tight.nodes_max = fuzz_below(40);
    tight.bytes_max = fuzz_below(400);
    struct substrate_bytes bytes = {all.data, size};
    check_write(type, json, bytes);
    check_whole(type, bytes, &LIMITS, json, SUBSTRATE_OK);
    check_whole(type, bytes, &tight, json, SUBSTRATE_E_LIMIT);
    if (size > 0) {
        bytes.size = size - 1;
        check_whole(type, bytes, &LIMITS, NULL, SUBSTRATE_E_DECODE);
    }
    if (size < all.size) {
        bytes.size = size + 1;
        check_whole(type, bytes, &LIMITS, NULL, SUBSTRATE_E_DECODE);
    }
    try_write(type, json);
}

static void try_value(uint32_t type, struct substrate_bytes bytes) {
    uint8_t *exact = fuzz_exact(bytes.data, bytes.size);
    bytes.data = exact;
    struct scale_reader reader = scale_reader(bytes);
    struct scale_reader skipper = reader;
    struct base_buf json = BASE_BUF_INIT;
    struct substrate_error error = {0};
    struct substrate_error skip_error = {0};
    enum substrate_status status = value_read(metadata, type, &reader, &LIMITS, &json, &error);
    enum substrate_status skipped = value_skip(metadata, type, &skipper, &LIMITS, &skip_error);
    /* What is skipped is not written, and so is never too long. */
    fuzz_check(
        (status == skipped && reader.at == skipper.at && error.position == skip_error.position) ||
            status == SUBSTRATE_E_LIMIT,
        "read %zu: %s; skipped %zu: %s", reader.at, error.message, skipper.at, skip_error.message);
    fuzz.counts[status == SUBSTRATE_OK ? READ : WRONG]++;
    if (status == SUBSTRATE_OK) {
        check_read(type, bytes, reader.at, &json);
    } else {
        fuzz_check_error(&error, bytes.size, status);
        fuzz_check(json.size == 0, "an error, and JSON: %.*s", (int)json.size, json.data);
    }
    base_buf_free(&json);
    free(exact);
}

/* ---- keys, extrinsics, events ---- */

/* Appends an argument, and what of it is read out of a key again. */
static bool any_argument(uint32_t type, bool is_kept, struct base_buf *asked,
                         struct base_buf *expected) {
    struct base_buf bytes = BASE_BUF_INIT;
    size_t start = asked->size;
    bool good = any_value(type, &bytes) && value_read_all(metadata, type, bytes_of(&bytes), &LIMITS,
                                                          asked, NULL) == SUBSTRATE_OK;
    base_buf_append(expected, is_kept ? asked->data + start : "null",
                    is_kept ? asked->size - start : 4);
    base_buf_free(&bytes);
    return good;
}

/* A key has its arguments in it again; a changed one is refused, or is that of others. `is_whole`:
 * no hasher loses any. */
static void check_key(const struct metadata_storage *item, const struct base_buf *asked,
                      const struct base_buf *expected, bool is_whole) {
    struct base_buf key = BASE_BUF_INIT;
    struct base_buf found = BASE_BUF_INIT;
    struct base_buf again = BASE_BUF_INIT;
    struct substrate_error error = {0};
    bool good =
        storage_key_write(metadata, item, valid_json(asked), &WIDE, &key, &error) == SUBSTRATE_OK &&
        storage_key_read(metadata, item, bytes_of(&key), &WIDE, &found, &error) == SUBSTRATE_OK;
    fuzz_check(good && same(&found, bytes_of(expected)), "%s %.*s", error.message, (int)asked->size,
               asked->data);
    fuzz_mutate(&key, NULL, 0);
    uint8_t *exact = fuzz_exact(key.data, key.size);
    struct substrate_bytes changed = {exact, key.size};
    found.size = 0;
    enum substrate_status status =
        storage_key_read(metadata, item, changed, &LIMITS, &found, &error);
    if (status != SUBSTRATE_OK) {
        fuzz_check_error(&error, key.size, status);
    } else if (is_whole) {
        status = storage_key_write(metadata, item, valid_json(&found), &WIDE, &again, &error);
        fuzz_check(status == SUBSTRATE_OK && same(&again, changed), "another key: %.*s",
                   (int)found.size, found.data);
    }
    free(exact);
    base_buf_free(&key);
    base_buf_free(&found);
    base_buf_free(&again);
}

static void try_key(const struct metadata_storage *item) {
    struct base_buf asked = BASE_BUF_INIT;
    struct base_buf expected = BASE_BUF_INIT;
    bool good = !namesakes;
    bool is_whole = true;
    base_buf_char(&asked, '[');
    base_buf_char(&expected, '[');
    for (unsigned i = 0; good && i < item->key_count; i++) {
        enum storage_hasher hasher = item->hashers[i];
        bool is_kept = hasher == HASHER_BLAKE2_128_CONCAT || hasher == HASHER_TWOX_64_CONCAT ||
                       hasher == HASHER_IDENTITY;
        base_buf_str(&asked, i > 0 ? "," : "");
        base_buf_str(&expected, i > 0 ? "," : "");
        good = any_argument(item->keys[i], is_kept, &asked, &expected);
        is_whole = is_whole && is_kept;
    }
    base_buf_char(&asked, ']');
    base_buf_char(&expected, ']');
    if (good) {
        fuzz.counts[KEYS]++;
        check_key(item, &asked, &expected, is_whole);
    }
    base_buf_free(&asked);
    base_buf_free(&expected);
}

static void any_extrinsic(struct base_buf *out) {
    static const uint8_t FORMATS[] = {0x84, 0x04, 0x05, 0x45}; /* signed, bare, bare, general */
    struct base_buf body = BASE_BUF_INIT;
    uint8_t format = FORMATS[fuzz_below(4)];
    base_buf_append(&body, (const uint8_t[]){format, 0}, format == 0x45 ? 2 : 1);
    bool good = format != 0x84 ||
                (any_value(metadata->address, &body) && any_value(metadata->signature, &body));
    for (uint32_t i = 0; good && format > 0x40 && i < metadata->extension_count; i++) {
        good = any_value(metadata->extensions[i].type, &body);
    }
    (void)(good && any_value(metadata->outer_call, &body));
    base_compact_write(out, body.size);
    base_buf_text(out, base_buf_view(&body));
    base_buf_free(&body);
}

static void try_extrinsic(void) {
    struct base_buf bytes = BASE_BUF_INIT;
    struct base_buf json = BASE_BUF_INIT;
    struct base_buf again = BASE_BUF_INIT;
    struct substrate_error error = {0};
    any_extrinsic(&bytes);
    if (fuzz_below(4) == 0) {
        fuzz_mutate(&bytes, NULL, 0);
    }
    uint8_t *exact = fuzz_exact(bytes.data, bytes.size);
    struct substrate_bytes view = {exact, bytes.size};
    enum substrate_status status = extrinsic_read(metadata, view, &LIMITS, &json, &error);
    if (status == SUBSTRATE_OK) {
        fuzz.counts[EXTRINSICS]++;
        status = extrinsic_write(metadata, valid_json(&json), &WIDE, &again, &error);
        fuzz_check(namesakes || (status == SUBSTRATE_OK && same(&again, view)), "%s: %.*s",
                   error.message, (int)json.size, json.data);
    } else {
        fuzz_check_error(&error, view.size, status);
    }
    free(exact);
    base_buf_free(&bytes);
    base_buf_free(&json);
    base_buf_free(&again);
}

/* Events are a value of their type as well, with as many elements; and such a value is events, but
 * in a changed runtime, whose records may be other ones. */
static void try_events(uint32_t type, uint32_t record) {
    struct base_buf bytes = BASE_BUF_INIT;
    struct base_buf json = BASE_BUF_INIT;
    struct base_buf plain = BASE_BUF_INIT;
    struct substrate_error error = {0};
    uint32_t count = fuzz_below(4);
    bool good = true;
    base_compact_write(&bytes, count);
    for (uint32_t i = 0; good && i < count; i++) {
        good = any_value(record, &bytes);
    }
    if (fuzz_below(4) == 0) {
        fuzz_mutate(&bytes, NULL, 0);
    }
    enum substrate_status status =
        value_read_all(metadata, type, bytes_of(&bytes), &LIMITS, &plain, NULL);
    bool is_value = status == SUBSTRATE_OK;
    status = events_read(metadata, bytes_of(&bytes), &LIMITS, &json, &error);
    fuzz_check(is_value ? status != SUBSTRATE_E_DECODE || is_changed : status != SUBSTRATE_OK,
               "as events %s %s; as a value: %.*s", substrate_status_name(status), error.message,
               (int)plain.size, plain.data);
    if (status == SUBSTRATE_OK) {
        size_t length = base_json_length(valid_json(&json));
        fuzz.counts[EVENTS] += length;
        fuzz_check(length == base_json_length(valid_json(&plain)), "%zu events: %.*s", length,
                   (int)plain.size, plain.data);
    } else {
        fuzz_check_error(&error, bytes.size, status);
    }
    base_buf_free(&bytes);
    base_buf_free(&json);
    base_buf_free(&plain);
}

/* ---- a run ---- */

static void try_storage(const struct metadata_pallet *pallet) {
    const struct metadata_storage *item = &pallet->storage[fuzz_below(pallet->storage_count)];
    const struct metadata_storage *events = metadata_storage(pallet, BASE_TEXT("Events"));
    const struct type *list = events != NULL ? types_get(&metadata->types, events->value) : NULL;
    try_key(item);
    try_value(item->value, item->fallback);
    if (list != NULL && list->kind == TYPE_SEQUENCE && base_text_is(pallet->name, "System")) {
        try_events(events->value, list->of.inner);
    }
}

static void use_runtime(void) {
    uint8_t bytes[BYTES_MAX];
    namesakes = find_namesakes();
    for (unsigned i = 0; i < 16; i++) {
        size_t size = random_bytes(bytes);
        try_value(fuzz_below(metadata->types.count + 1), (struct substrate_bytes){bytes, size});
    }
    for (uint32_t i = 0; i < metadata->pallet_count; i++) {
        if (metadata->pallets[i].storage_count > 0) {
            try_storage(&metadata->pallets[i]);
        }
        try_extrinsic();
    }
}

static void target(void) {
    struct base_buf bytes = BASE_BUF_INIT;
    struct substrate_metadata *parsed = NULL;
    struct substrate_error error = {0};
    if (fuzz.file_count > 0 && fuzz_below(16) == 0) {
        struct substrate_bytes file = fuzz.files[fuzz_below(fuzz.file_count)];
        base_buf_append(&bytes, file.data, file.size);
    } else {
        bytes = make_runtime();
    }
    is_changed = fuzz_below(2) == 0;
    if (is_changed) {
        fuzz_mutate(&bytes, NULL, 0);
    }
    uint8_t *exact = fuzz_exact(bytes.data, bytes.size);
    size_t before = fuzz.asked;
    enum substrate_status status =
        substrate_metadata_parse((struct substrate_bytes){exact, bytes.size}, &parsed, &error);
    fuzz_check(fuzz.asked - before < 40 * bytes.size + (4u << 20), "too much memory");
    free(exact);
    fuzz.counts[status == SUBSTRATE_OK ? PARSED : REFUSED]++;
    if (status == SUBSTRATE_OK) {
        metadata = parsed;
        use_runtime();
    } else {
        fuzz_check_error(&error, bytes.size, status);
        fuzz_check(parsed == NULL, "refused, and given");
    }
    substrate_metadata_free(parsed);
    base_buf_free(&bytes);
}

int main(int argc, char **argv) { return fuzz_main(argc, argv, target, NAMES); }
