/* The strict reader: kinds, members by name, and errors that name a place. */
#include "document/document.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/hex.h"
#include "base/map.h"
#include "base/nearest.h"
#include "base/text.h"

/* ---- errors ---- */

enum substrate_status document_no_memory(const struct document *document) {
    return base_fail(document->error, SUBSTRATE_E_MEMORY, "%s: out of memory", document->source);
}

size_t document_line(const struct document_value *value) {
    const struct document *document = value->document;
    while (value->parent != NULL && value->json.kind == BASE_JSON_NONE) {
        value = value->parent; /* what is missing is missing there */
    }
    size_t line = document->line;
    const char *end = value->json.raw.data;
    for (const char *at = document->text.data; line > 0 && end != NULL && at < end; at++) {
        line += *at == '\n';
    }
    return line;
}

/* `rules[2].do[0].hold`, from the root on. */
static void write_place(struct base_buf *out, const struct document_value *value) {
    const struct document_value *line[BASE_JSON_DEPTH_MAX + 1];
    size_t depth = 0;
    for (; value->parent != NULL && depth < BASE_JSON_DEPTH_MAX; value = value->parent) {
        line[depth++] = value;
    }
    while (depth-- > 0) {
        if (line[depth]->name == NULL) {
            base_buf_format(out, "[%zu]", line[depth]->index);
        } else {
            base_buf_format(out, "%s%s", out->size > 0 ? "." : "", line[depth]->name);
        }
    }
}

enum substrate_status document_refuse(const struct document_value *value, const char *format, ...) {
    const struct document *document = value->document;
    char what[400], number[24] = "", room[128];
    struct base_buf place = BASE_BUF_ON(room);
    size_t line = document_line(value);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (line > 0) {
        (void)snprintf(number, sizeof number, ":%zu", line);
    }
    write_place(&place, value);
    enum substrate_status status =
        base_fail(document->error, SUBSTRATE_E_DECODE, "%s%s: %.*s%s%s%s%s", document->source,
                  number, (int)(place.size < 120 ? place.size : 120),
                  place.size > 0 ? place.data : "", place.size > 0 ? ": " : "", what,
                  document->fix != NULL ? "; " : "", document->fix != NULL ? document->fix : "");
    base_buf_free(&place);
    return status;
}

/* Names what there is, and what was meant. */
static enum substrate_status refuse_name(const struct document_value *value, const char *what,
                                         struct substrate_text wrong, const char *const *names) {
    char room[256];
    struct base_buf text = BASE_BUF_ON(room);
    struct base_nearest nearest = {.wanted = wrong};
    for (size_t i = 0; names[i] != NULL; i++) {
        const char *link = i == 0 ? "" : names[i + 1] == NULL ? " and " : ", ";
        base_buf_format(&text, "%s\"%s\"", link, names[i]);
        base_nearest_offer(&nearest, base_text(names[i]));
    }
    base_buf_char(&text, '\0');
    bool near = nearest.name.data != NULL && nearest.distance <= 1 + wrong.size / 3;
    enum substrate_status status = document_refuse(
        value, "%s \"%.*s\"; known %s%.200s%s%s%s", what, (int)(wrong.size < 60 ? wrong.size : 60),
        wrong.data, names[0] == NULL || names[1] == NULL ? "is " : "are ",
        text.failed || names[0] == NULL ? "none" : text.data, near ? "; nearest is \"" : "",
        near ? nearest.name.data : "", near ? "\"" : "");
    base_buf_free(&text);
    return status;
}

static enum substrate_status refuse_kind(const struct document_value *value, const char *wanted) {
    return document_has(value) ? document_refuse(value, "must be %s", wanted)
                               : document_refuse(value, "is missing: %s", wanted);
}

/* ---- values ---- */

enum substrate_status document_parse(const struct document *document, struct document_value *root) {
    size_t position = 0;
    *root = (struct document_value){.document = document};
    enum substrate_status status =
        base_json_parse(document->text, BASE_JSON_DEPTH_MAX, &root->json, &position);
    if (status == SUBSTRATE_OK) {
        return status;
    }
    /* The place is that of the wrong byte; its column is counted from the beginning of its line. */
    size_t begin = position;
    while (begin > 0 && document->text.data[begin - 1] != '\n') {
        begin--;
    }
    root->json = (struct base_json){BASE_JSON_NULL, {document->text.data + position, 0}};
    return document_refuse(root,
                           status == SUBSTRATE_E_LIMIT ? "nested too deeply at column %zu"
                                                       : "not JSON from column %zu on",
                           position - begin + 1);
}

bool document_has(const struct document_value *value) { return value->json.kind != BASE_JSON_NONE; }

bool document_is(const struct document_value *value, const char *text) {
    return base_json_is(value->json, text);
}

enum substrate_status document_members(const struct document_value *object,
                                       const char *const *names, struct document_value *values) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    for (size_t i = 0; names[i] != NULL; i++) {
        values[i] = (struct document_value){
            .document = object->document, .parent = object, .name = names[i]};
    }
    if (object->json.kind != BASE_JSON_OBJECT) {
        return refuse_kind(object, "an object");
    }
    base_json_walk_init(&walk, object->json);
    while (base_json_walk_next(&walk, &key, &value)) {
        size_t i = 0;
        while (names[i] != NULL && !base_json_says(key, base_text(names[i]))) {
            i++;
        }
        if (names[i] == NULL) {
            struct document_value unknown = *object;
            unknown.json = value; /* the object's place, the member's line */
            return refuse_name(&unknown, "unknown member",
                               (struct substrate_text){key.data + 1, key.size - 2}, names);
        }
        if (values[i].json.kind != BASE_JSON_NONE) {
            return document_refuse(object, "the member \"%s\" stands twice", names[i]);
        }
        values[i].json = value;
    }
    return SUBSTRATE_OK;
}

enum substrate_status document_list(const struct document_value *list,
                                    struct document_value **elements, size_t *count) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    *count = 0;
    if (list->json.kind != BASE_JSON_ARRAY) {
        return refuse_kind(list, "a list");
    }
    size_t length = base_json_length(list->json);
    *elements = base_arena_calloc(list->document->arena, length + 1, sizeof **elements);
    if (*elements == NULL) {
        return document_no_memory(list->document);
    }
    base_json_walk_init(&walk, list->json);
    while (base_json_walk_next(&walk, &key, &value)) {
        assert(*count < length);
        (*elements)[*count] = (struct document_value){
            .document = list->document, .parent = list, .index = *count, .json = value};
        (*count)++;
    }
    return SUBSTRATE_OK;
}

enum substrate_status document_string(const struct document_value *value,
                                      struct substrate_text *text) {
    if (value->json.kind != BASE_JSON_STRING) {
        return refuse_kind(value, "a string");
    }
    return base_json_string(value->json, value->document->arena, text)
               ? SUBSTRATE_OK
               : document_no_memory(value->document);
}

enum substrate_status document_bool(const struct document_value *value, bool *truth) {
    if (document_has(value) && value->json.kind != BASE_JSON_TRUE &&
        value->json.kind != BASE_JSON_FALSE) {
        return refuse_kind(value, "true or false");
    }
    *truth = value->json.kind == BASE_JSON_TRUE;
    return SUBSTRATE_OK;
}

enum substrate_status document_number(const struct document_value *value, uint64_t least,
                                      uint64_t most, uint64_t *number) {
    if (base_json_u64(value->json, number) && *number >= least && *number <= most) {
        return SUBSTRATE_OK;
    }
    char wanted[80];
    (void)snprintf(wanted, sizeof wanted, "an integer from %llu to %llu", (unsigned long long)least,
                   (unsigned long long)most);
    return refuse_kind(value, wanted);
}

enum substrate_status document_choice(const struct document_value *value, const char *const *names,
                                      size_t *index) {
    struct substrate_text text;
    enum substrate_status status = document_string(value, &text);
    for (*index = 0; status == SUBSTRATE_OK && names[*index] != NULL; (*index)++) {
        if (base_text_is(text, names[*index])) {
            return SUBSTRATE_OK;
        }
    }
    return status == SUBSTRATE_OK ? refuse_name(value, "unknown word", text, names) : status;
}

static const char *const KINDS[] = {"nothing",  "null",     "false",  "true",
                                    "a number", "a string", "a list", "an object"};

static bool has_blanks(struct substrate_text text) {
    return memchr(text.data, ' ', text.size) != NULL ||
           memchr(text.data, '\t', text.size) != NULL ||
           memchr(text.data, '\n', text.size) != NULL || memchr(text.data, '\r', text.size) != NULL;
}

enum substrate_status document_compact(const struct document_value *value, enum base_json_kind kind,
                                       struct substrate_text *text) {
    *text = value->json.raw;
    if (value->json.kind != kind) {
        return refuse_kind(value, KINDS[kind]);
    }
    if (!has_blanks(*text)) {
        return SUBSTRATE_OK;
    }
    struct base_buf compact = BASE_BUF_INIT;
    base_json_write_compact(&compact, value->json);
    bool copied = !compact.failed;
    if (copied && compact.size != text->size) {
        *text = base_arena_text(value->document->arena, base_buf_view(&compact));
        copied = text->data != NULL;
    }
    base_buf_free(&compact);
    return copied ? SUBSTRATE_OK : document_no_memory(value->document);
}

/* Names the member, which is the object's next one. */
static enum substrate_status note_name(struct document_value *member, struct base_map *names,
                                       struct substrate_text key) {
    struct base_json json = {BASE_JSON_STRING, key};
    struct base_arena *arena = member->document->arena;
    struct substrate_text name;
    if (!base_json_string(json, arena, &name)) {
        return document_no_memory(member->document);
    }
    if (base_map_get(names, name) != NULL) {
        return document_refuse(member->parent, "the member \"%.*s\" stands twice",
                               (int)(name.size < 60 ? name.size : 60), name.data);
    }
    member->name = base_arena_text(arena, name).data;
    return member->name != NULL && base_map_put(names, name, names)
               ? SUBSTRATE_OK
               : document_no_memory(member->document);
}

enum substrate_status document_distinct(const struct document_value *value) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct document_value inner = {.document = value->document, .parent = value};
    struct base_map names;
    enum substrate_status status = SUBSTRATE_OK;
    if (value->json.kind != BASE_JSON_OBJECT && value->json.kind != BASE_JSON_ARRAY) {
        return SUBSTRATE_OK;
    }
    base_map_init(&names, 0);
    base_json_walk_init(&walk, value->json);
    while (status == SUBSTRATE_OK && base_json_walk_next(&walk, &key, &inner.json)) {
        status = key.data != NULL ? note_name(&inner, &names, key) : SUBSTRATE_OK;
        status = status == SUBSTRATE_OK ? document_distinct(&inner) : status;
        inner.index++;
    }
    base_map_free(&names);
    return status;
}

/* The text between the quotes: hex digits need no escapes. */
static struct substrate_text between_quotes(struct base_json json) {
    return json.kind == BASE_JSON_STRING
               ? (struct substrate_text){json.raw.data + 1, json.raw.size - 2}
               : (struct substrate_text){NULL, 0};
}

enum substrate_status document_hex(const struct document_value *value,
                                   struct substrate_text *text) {
    *text = between_quotes(value->json);
    return base_hex_is_canonical(*text)
               ? SUBSTRATE_OK
               : refuse_kind(value, "lower-case hex text with 0x, whole bytes");
}

enum substrate_status document_hash(const struct document_value *value,
                                    struct substrate_hash *hash) {
    struct substrate_text text = between_quotes(value->json);
    return base_hex_is_canonical(text) && substrate_hash_parse(text, hash) == SUBSTRATE_OK
               ? SUBSTRATE_OK
               : refuse_kind(value, "a hash: 0x and 64 lower-case hex digits");
}
