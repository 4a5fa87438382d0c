/* Plain kinds of values: numbers, texts, times, JSON, hex, blocks, lists of them. */
#include "script/types.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"
#include "script/run.h"

#define MEMBERS_MAX 80

/* ---- objects by a table ---- */

void script_preset(const struct script_member *members, void *into) {
    for (; members->name != NULL; members++) {
        if (members->preset != 0) {
            *(uint64_t *)(void *)((char *)into + members->at) = members->preset;
        }
    }
}

const char *script_event_name(unsigned kind) {
    return kind < SCRIPT_EVENT_KINDS ? script_event_names[kind] : "start";
}

const char *script_events_words(uint32_t events, char *words, size_t size) {
    size_t used = 0;
    words[0] = '\0';
    for (unsigned i = 0; i < SCRIPT_EVENT_KINDS; i++) {
        if ((events & SCRIPT_BIT(i)) != 0 && used + 16 < size) {
            used += (size_t)snprintf(words + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     script_event_names[i]);
        }
    }
    return words;
}

enum substrate_status script_read_member(struct script_reader *reader,
                                         const struct document_value *value,
                                         const struct script_member *member, void *into) {
    if (member->events != 0 && (member->events & SCRIPT_BIT(reader->on)) == 0) {
        char words[160];
        return document_refuse(value, "has no meaning on %s; it is of %s",
                               script_event_name(reader->on),
                               script_events_words(member->events, words, sizeof words));
    }
    return member->type->read(reader, member, value, (char *)into + member->at);
}

/* A limit bounds how long something else is waited for: an event. A time ends by itself. */
static enum substrate_status check_bound(const struct document_value *bound,
                                         const struct document_value *what, const char *name) {
    if (!document_has(what)) {
        return document_refuse(bound, "has no meaning without \"%s\", which it would end", name);
    }
    return what->json.kind == BASE_JSON_STRING
               ? document_refuse(bound, "has no meaning beside an \"%s\" that is a time", name)
               : SUBSTRATE_OK;
}

static enum substrate_status check_bounds(const struct script_member *members,
                                          const struct document_value *values) {
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; members[i].name != NULL && status == SUBSTRATE_OK; i++) {
        for (size_t j = 0; members[j].name != NULL && members[i].with != NULL; j++) {
            if (document_has(&values[i]) && strcmp(members[j].name, members[i].with) == 0) {
                status = check_bound(&values[i], &values[j], members[i].with);
            }
        }
    }
    return status;
}

enum substrate_status script_read_members(struct script_reader *reader,
                                          const struct document_value *object,
                                          const struct script_member *members, void *into) {
    const char *names[MEMBERS_MAX + 1];
    struct document_value values[MEMBERS_MAX];
    size_t count = 0;
    for (; members[count].name != NULL; count++) {
        assert(count < MEMBERS_MAX);
        names[count] = members[count].name;
    }
    names[count] = NULL;
    script_preset(members, into);
    enum substrate_status status = document_members(object, names, values);
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        if (document_has(&values[i])) {
            status = script_read_member(reader, &values[i], &members[i], into);
        } else if (members[i].required) {
            status = document_refuse(object, "lacks \"%s\": %s", names[i], members[i].help);
        }
    }
    return status == SUBSTRATE_OK ? check_bounds(members, values) : status;
}

/* ---- lists, or one thing that stands for a list of one ---- */

static enum substrate_status elements_of(const struct document_value *value,
                                         struct document_value **elements, size_t *count) {
    if (value->json.kind == BASE_JSON_ARRAY) {
        enum substrate_status status = document_list(value, elements, count);
        return status == SUBSTRATE_OK && *count == 0 ? document_refuse(value, "must not be empty")
                                                     : status;
    }
    *elements = base_arena_alloc(value->document->arena, sizeof(**elements));
    if (*elements == NULL) {
        return document_no_memory(value->document);
    }
    **elements = *value;
    *count = 1;
    return SUBSTRATE_OK;
}

static void *list_for(const struct document_value *value, size_t count, size_t size) {
    void *list = base_arena_calloc(value->document->arena, count + 1, size);
    if (list == NULL) {
        (void)document_no_memory(value->document);
    }
    return list;
}

/* ---- numbers and words ---- */

static enum substrate_status read_flag(struct script_reader *reader,
                                       const struct script_member *member,
                                       const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    return document_bool(value, into);
}
const struct script_type script_type_flag = {read_flag, "\"type\":\"boolean\"", "true or false"};

static uint64_t most_of(const struct script_member *member) {
    return member->most != 0 ? member->most : UINT32_MAX;
}

static enum substrate_status read_number(struct script_reader *reader,
                                         const struct script_member *member,
                                         const struct document_value *value, void *into) {
    (void)reader;
    return document_number(value, member->least, most_of(member), into);
}
const struct script_type script_type_number = {read_number, "\"type\":\"integer\"", "number"};

static enum substrate_status read_text(struct script_reader *reader,
                                       const struct script_member *member,
                                       const struct document_value *value, void *into) {
    (void)reader;
    struct substrate_text *text = into;
    enum substrate_status status = document_string(value, text);
    if (status == SUBSTRATE_OK && member->most != 0 && text->size > member->most) {
        return document_refuse(value, "must have at most %zu bytes", (size_t)member->most);
    }
    if (status == SUBSTRATE_OK && text->size < member->least) {
        return document_refuse(value, "must not be empty");
    }
    return status;
}
const struct script_type script_type_text = {read_text, "\"type\":\"string\"", "text"};

static enum substrate_status read_choice(struct script_reader *reader,
                                         const struct script_member *member,
                                         const struct document_value *value, void *into) {
    (void)reader;
    size_t index;
    enum substrate_status status = document_choice(value, member->choices, &index);
    *(unsigned *)into = (unsigned)index + 1;
    return status;
}
const struct script_type script_type_choice = {read_choice, "\"enum\":[@]", "one of @"};

static enum substrate_status read_choices(struct script_reader *reader,
                                          const struct script_member *member,
                                          const struct document_value *value, void *into) {
    (void)reader;
    struct document_value *elements;
    size_t count, index;
    enum substrate_status status = elements_of(value, &elements, &count);
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = document_choice(&elements[i], member->choices, &index);
        *(unsigned *)into |= status == SUBSTRATE_OK ? 1U << index : 0;
    }
    return status;
}
const struct script_type script_type_choices = {
    read_choices, "\"type\":[\"string\",\"array\"],\"items\":{\"enum\":[@]}",
    "one of @, or a list of them"};

/* `nth`, `"a..b"`, `"k.."` */
static bool read_range_text(struct substrate_text text, struct script_range *range) {
    const char *dots = NULL;
    for (size_t i = 0; dots == NULL && i + 1 < text.size; i++) {
        dots = text.data[i] == '.' && text.data[i + 1] == '.' ? text.data + i : NULL;
    }
    if (dots == NULL) {
        return false;
    }
    struct substrate_text first = {text.data, (size_t)(dots - text.data)};
    struct substrate_text last = {dots + 2, text.size - first.size - 2};
    range->last = UINT64_MAX;
    return base_text_u64(first, &range->first) &&
           (last.size == 0 || base_text_u64(last, &range->last)) && range->first <= range->last;
}

static enum substrate_status read_one_range(const struct document_value *value, uint64_t least,
                                            struct script_range *range) {
    struct substrate_text text;
    bool good = base_json_u64(value->json, &range->first);
    if (good) {
        range->last = range->first;
    } else if (value->json.kind == BASE_JSON_STRING) {
        enum substrate_status status = document_string(value, &text);
        if (status != SUBSTRATE_OK) {
            return status;
        }
        good = read_range_text(text, range);
    }
    if (good && range->first < least) {
        return document_refuse(value, "counts from %llu on", (unsigned long long)least);
    }
    return good ? SUBSTRATE_OK
                : document_refuse(value, "must be a number, \"a..b\", \"k..\", or a list of them");
}

static enum substrate_status read_numbers(struct script_reader *reader,
                                          const struct script_member *member,
                                          const struct document_value *value, void *into) {
    (void)reader;
    struct script_numbers *numbers = into;
    struct document_value *elements;
    enum substrate_status status = elements_of(value, &elements, &numbers->count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    numbers->list = list_for(value, numbers->count, sizeof(*numbers->list));
    status = numbers->list != NULL ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
    for (size_t i = 0; i < numbers->count && status == SUBSTRATE_OK; i++) {
        status = read_one_range(&elements[i], member->least, &numbers->list[i]);
    }
    return status;
}
const struct script_type script_type_numbers = {read_numbers,
                                                "\"type\":[\"integer\",\"string\",\"array\"]",
                                                "number, list, `\"a..b\"` or `\"k..\"`"};

static enum substrate_status read_bounds(struct script_reader *reader,
                                         const struct script_member *member,
                                         const struct document_value *value, void *into) {
    (void)reader;
    struct script_range *range = into;
    struct document_value *elements;
    size_t count;
    enum substrate_status status = document_list(value, &elements, &count);
    if (status == SUBSTRATE_OK && count != 2) {
        return document_refuse(value, "must be a list of two numbers");
    }
    if (status == SUBSTRATE_OK) {
        status = document_number(&elements[0], member->least, most_of(member), &range->first);
    }
    return status == SUBSTRATE_OK
               ? document_number(&elements[1], range->first, most_of(member), &range->last)
               : status;
}
const struct script_type script_type_range = {
    read_bounds, "\"type\":\"array\",\"items\":{\"type\":\"integer\"}", "`[a,b]`"};

static enum substrate_status read_chance(struct script_reader *reader,
                                         const struct script_member *member,
                                         const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    char text[32];
    struct substrate_text raw = value->json.raw;
    double *chance = into;
    if (value->json.kind == BASE_JSON_NUMBER && raw.size < sizeof(text)) {
        memcpy(text, raw.data, raw.size);
        text[raw.size] = '\0';
        *chance = strtod(text, NULL);
        if (*chance > 0 && *chance <= 1) {
            return SUBSTRATE_OK;
        }
    }
    return document_refuse(value, "must be a number over 0 and at most 1");
}
const struct script_type script_type_chance = {
    read_chance, "\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":1", "0 to 1"};

/* ---- times ---- */

static enum substrate_status read_time(struct script_reader *reader,
                                       const struct script_member *member,
                                       const struct document_value *value, void *into) {
    (void)reader;
    struct substrate_text text;
    struct substrate_error inner = {SUBSTRATE_OK, 0, 0, ""};
    enum substrate_status status = document_string(value, &text);
    if (status == SUBSTRATE_OK && script_latency_parse(text, into, &inner) != SUBSTRATE_OK) {
        return document_refuse(value, "%s", inner.message);
    }
    if (status == SUBSTRATE_OK && *(uint64_t *)into < member->least) {
        return document_refuse(value, "must be longer");
    }
    return status;
}
const struct script_type script_type_time = {read_time, "\"type\":\"string\"", "time"};

static enum substrate_status read_limit(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    if (document_is(value, "none")) {
        *(uint64_t *)into = SCRIPT_NO_LIMIT;
        return SUBSTRATE_OK;
    }
    return read_time(reader, member, value, into);
}
const struct script_type script_type_limit = {read_limit, "\"type\":\"string\"",
                                              "time, or `\"none\"`"};

static enum substrate_status read_latency(struct script_reader *reader,
                                          const struct script_member *member,
                                          const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    struct substrate_text text;
    struct substrate_error inner = {SUBSTRATE_OK, 0, 0, ""};
    enum substrate_status status = document_string(value, &text);
    if (status == SUBSTRATE_OK && script_latency_read(text, into, &inner) != SUBSTRATE_OK) {
        return document_refuse(value, "%s", inner.message);
    }
    return status;
}
const struct script_type script_type_latency = {read_latency, "\"type\":\"string\"", "latency"};

/* ---- JSON ---- */

/* Templates may stand where a number would: they are tried with one. */
static bool is_json_with_places(struct substrate_text text, struct base_arena *arena) {
    static const struct script_event none = {.id = {"0", 1}};
    struct base_buf filled = BASE_BUF_INIT;
    struct base_json json;
    (void)arena;
    script_fill_in(&filled, text, &none);
    bool good = !filled.failed && base_json_parse(base_buf_view(&filled), BASE_JSON_DEPTH_MAX,
                                                  &json, NULL) == SUBSTRATE_OK;
    base_buf_free(&filled);
    return good;
}

/* {"json":"…"} is the very text of a value. */
static bool very_text(const struct document_value *value, struct base_json *inner) {
    *inner = base_json_member(value->json, "json");
    return base_json_length(value->json) == 1 && inner->kind == BASE_JSON_STRING;
}

static enum substrate_status read_json(struct script_reader *reader,
                                       const struct script_member *member,
                                       const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    struct substrate_text *text = into;
    struct base_arena *arena = value->document->arena;
    struct base_json inner;
    if (value->json.kind == BASE_JSON_OBJECT && very_text(value, &inner)) {
        if (!base_json_string(inner, arena, text)) {
            return document_no_memory(value->document);
        }
        return is_json_with_places(*text, arena)
                   ? SUBSTRATE_OK
                   : document_refuse(value, "the text of \"json\" is no JSON");
    }
    enum substrate_status status = document_distinct(value);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct base_buf compact = BASE_BUF_INIT;
    base_json_write_compact(&compact, value->json);
    *text = compact.failed ? (struct substrate_text){NULL, 0}
                           : base_arena_text(arena, base_buf_view(&compact));
    base_buf_free(&compact);
    return text->data != NULL ? SUBSTRATE_OK : document_no_memory(value->document);
}
const struct script_type script_type_json = {read_json, "", "any JSON"};

/* ---- hex and blocks ---- */

static enum substrate_status read_hex(struct script_reader *reader,
                                      const struct script_member *member,
                                      const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    return document_hex(value, into);
}
const struct script_type script_type_hex = {
    read_hex, "\"type\":\"string\",\"pattern\":\"^0x([0-9a-f]{2})*$\"", "hex with 0x"};

static enum substrate_status read_bytes(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    struct substrate_bytes *bytes = into;
    struct substrate_text hex;
    enum substrate_status status = read_hex(reader, member, value, &hex);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (member->most != 0 && hex.size / 2 - 1 > member->most) {
        return document_refuse(value, "must have at most %zu bytes", (size_t)member->most);
    }
    uint8_t *room = base_arena_alloc(value->document->arena, hex.size);
    if (room == NULL) {
        return document_no_memory(value->document);
    }
    (void)base_hex_read(hex, room, hex.size, &bytes->size);
    bytes->data = room;
    return SUBSTRATE_OK;
}
const struct script_type script_type_bytes = {
    read_bytes, "\"type\":\"string\",\"pattern\":\"^0x([0-9a-f]{2})*$\"", "hex with 0x"};

static enum substrate_status read_hexes(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    struct script_texts *texts = into;
    struct document_value *elements;
    enum substrate_status status = document_list(value, &elements, &texts->count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    texts->list = list_for(value, texts->count, sizeof(*texts->list));
    status = texts->list != NULL ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
    for (size_t i = 0; i < texts->count && status == SUBSTRATE_OK; i++) {
        status = read_hex(reader, member, &elements[i], &texts->list[i]);
    }
    return status;
}
const struct script_type script_type_hexes = {
    read_hexes, "\"type\":\"array\",\"items\":{\"type\":\"string\"}", "list of hex with 0x"};

/* One member after another of an object whose names are data. */
struct named_walk {
    struct base_json_walk walk;
    struct document_value value;
};
static enum substrate_status named_begin(struct named_walk *named,
                                         const struct document_value *object) {
    if (object->json.kind != BASE_JSON_OBJECT) {
        return document_refuse(object, "must be an object");
    }
    base_json_walk_init(&named->walk, object->json);
    named->value = (struct document_value){.document = object->document, .parent = object};
    return document_distinct(object);
}

/* `name` is the member's; false at the end, or out of memory. */
static bool named_next(struct named_walk *named, struct substrate_text *name,
                       enum substrate_status *status) {
    struct substrate_text key;
    if (!base_json_walk_next(&named->walk, &key, &named->value.json)) {
        return false;
    }
    struct base_json json = {BASE_JSON_STRING, key};
    struct base_arena *arena = named->value.document->arena;
    if (!base_json_string(json, arena, name) ||
        (named->value.name = base_arena_text(arena, *name).data) == NULL) {
        *status = document_no_memory(named->value.document);
        return false;
    }
    return true;
}

static enum substrate_status read_edits(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    struct script_edits *edits = into;
    struct named_walk named;
    struct substrate_text key;
    enum substrate_status status = named_begin(&named, value);
    edits->list = status == SUBSTRATE_OK
                      ? list_for(value, base_json_length(value->json), sizeof(*edits->list))
                      : NULL;
    if (edits->list == NULL) {
        return status == SUBSTRATE_OK ? SUBSTRATE_E_MEMORY : status;
    }
    while (status == SUBSTRATE_OK && named_next(&named, &key, &status)) {
        struct script_edit *edit = &edits->list[edits->count++];
        edit->key = key;
        if (!base_hex_is_canonical(key)) {
            return document_refuse(&named.value, "a key is lower-case hex with 0x");
        }
        if (named.value.json.kind != BASE_JSON_NULL) {
            status = read_hex(reader, member, &named.value, &edit->value);
        }
    }
    return status;
}
const struct script_type script_type_edits = {
    read_edits, "\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"null\"]}",
    "`{key: value or null}`, hex with 0x"};

/* A header's name is a token; a line break would end the head. */
static bool is_header(struct substrate_text text, bool name) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7f || (name && (c == ' ' || c == ':' || c > 0x7f))) {
            return false;
        }
    }
    return !name || text.size > 0;
}

static enum substrate_status read_header(struct script_headers *headers, size_t room,
                                         struct substrate_text name,
                                         const struct document_value *value) {
    struct document_value *elements;
    size_t count;
    enum substrate_status status = elements_of(value, &elements, &count);
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        struct substrate_text text;
        status = document_string(&elements[i], &text);
        if (status == SUBSTRATE_OK && (!is_header(text, false) || !is_header(name, true))) {
            return document_refuse(&elements[i], "is no header of HTTP");
        }
        if (status == SUBSTRATE_OK && headers->count >= room) {
            return document_refuse(value, "too many headers: at most %zu", room);
        }
        if (status == SUBSTRATE_OK) {
            headers->list[headers->count++] = (struct script_header){name, text};
        }
    }
    return status;
}

#define HEADERS_MAX 64
static enum substrate_status read_headers(struct script_reader *reader,
                                          const struct script_member *member,
                                          const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    struct script_headers *headers = into;
    struct named_walk named;
    struct substrate_text name;
    enum substrate_status status = named_begin(&named, value);
    headers->list =
        status == SUBSTRATE_OK ? list_for(value, HEADERS_MAX, sizeof(*headers->list)) : NULL;
    if (headers->list == NULL) {
        return status == SUBSTRATE_OK ? SUBSTRATE_E_MEMORY : status;
    }
    while (status == SUBSTRATE_OK && named_next(&named, &name, &status)) {
        status = read_header(headers, HEADERS_MAX, name, &named.value);
    }
    return status;
}
const struct script_type script_type_headers = {
    read_headers, "\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"array\"]}",
    "`{name: value}`, or a list of values"};

static bool is_block(struct substrate_text text) {
    uint64_t number;
    static const char *const names[] = {"head", "finalized"};
    for (size_t i = 0; i < 2; i++) {
        size_t size = strlen(names[i]);
        if (base_text_is(text, names[i])) {
            return true;
        }
        if (base_text_starts(text, names[i]) && text.data[size] == '-') {
            return base_text_u64(
                (struct substrate_text){text.data + size + 1, text.size - size - 1}, &number);
        }
    }
    struct substrate_hash hash;
    return base_text_u64(text, &number) || (text.size > 1 && text.data[0] == '@') ||
           (base_hex_is_canonical(text) && substrate_hash_parse(text, &hash) == SUBSTRATE_OK);
}

static enum substrate_status read_block(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    struct substrate_text *block = into;
    uint64_t number;
    if (base_json_u64(value->json, &number)) {
        *block = base_arena_text(value->document->arena, value->json.raw);
        return block->data != NULL ? SUBSTRATE_OK : document_no_memory(value->document);
    }
    if (value->json.kind == BASE_JSON_STRING) {
        enum substrate_status status = document_string(value, block);
        if (status != SUBSTRATE_OK || is_block(*block)) {
            return status;
        }
    }
    return document_refuse(value, "is no block: a height, 0x and 64 digits, \"head\", \"head-3\", "
                                  "\"finalized\" or \"@name\"");
}
const struct script_type script_type_block = {read_block, "\"type\":[\"integer\",\"string\"]",
                                              "block"};

/* ---- places and orders ---- */

static enum substrate_status read_place(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    struct script_place *place = into;
    struct substrate_text text;
    place->kind = SCRIPT_PLACE_BYTE;
    if (base_json_u64(value->json, &place->at)) {
        return SUBSTRATE_OK;
    }
    if (document_is(value, "firing")) {
        place->kind = SCRIPT_PLACE_FIRING;
        return SUBSTRATE_OK;
    }
    if (value->json.kind == BASE_JSON_STRING) {
        enum substrate_status status = document_string(value, &text);
        struct substrate_text number = {text.data, text.size > 0 ? text.size - 1 : 0};
        place->kind = SCRIPT_PLACE_PERCENT;
        if (status != SUBSTRATE_OK || (number.size > 0 && text.data[number.size] == '%' &&
                                       base_text_u64(number, &place->at) && place->at <= 100)) {
            return status;
        }
    }
    return document_refuse(value, "must be a byte (0 is the first), \"50%%\" or \"firing\"");
}
const struct script_type script_type_place = {read_place, "\"type\":[\"integer\",\"string\"]",
                                              "place: byte, `\"50%\"` or `\"firing\"`"};

static enum substrate_status read_places(struct script_reader *reader,
                                         const struct script_member *member,
                                         const struct document_value *value, void *into) {
    struct script_places *places = into;
    struct document_value *elements;
    enum substrate_status status = elements_of(value, &elements, &places->count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    places->list = list_for(value, places->count, sizeof(*places->list));
    status = places->list != NULL ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
    for (size_t i = 0; i < places->count && status == SUBSTRATE_OK; i++) {
        status = read_place(reader, member, &elements[i], &places->list[i]);
        if (status == SUBSTRATE_OK && places->list[i].kind == SCRIPT_PLACE_PERCENT) {
            status = document_refuse(&elements[i], "a cut is a byte of the text, or \"firing\"");
        }
        if (status == SUBSTRATE_OK && i > 0 && places->list[i].at < places->list[i - 1].at) {
            status = document_refuse(&elements[i], "cuts stand in ascending order");
        }
    }
    return status;
}
const struct script_type script_type_places = {read_places,
                                               "\"type\":[\"integer\",\"string\",\"array\"]",
                                               "byte of the text, `\"firing\"`, or a list"};

static enum substrate_status read_order(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    static const char *const names[] = {"reversed", "shuffled", NULL};
    struct script_permute *permute = into;
    if (value->json.kind != BASE_JSON_ARRAY) {
        size_t index;
        enum substrate_status status = document_choice(value, names, &index);
        permute->order = index == 0 ? SCRIPT_ORDER_REVERSED : SCRIPT_ORDER_SHUFFLED;
        return status;
    }
    permute->order = SCRIPT_ORDER_LIST;
    return script_read_permutation(value, &permute->list, &permute->count);
}
const struct script_type script_type_order = {
    read_order, "\"type\":[\"string\",\"array\"]",
    "`\"reversed\"`, `\"shuffled\"` or a permutation of 0 to n - 1"};

enum substrate_status script_read_permutation(const struct document_value *value, size_t **list,
                                              size_t *count) {
    struct document_value *elements;
    enum substrate_status status = document_list(value, &elements, count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    *list = list_for(value, *count, sizeof(**list));
    bool *seen = list_for(value, *count, sizeof(*seen));
    if (*list == NULL || seen == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    for (size_t i = 0; i < *count; i++) {
        uint64_t at;
        if (!base_json_u64(elements[i].json, &at) || at >= *count || seen[at]) {
            return document_refuse(&elements[i], "is no permutation of 0 to %zu", *count - 1);
        }
        seen[at] = true;
        (*list)[i] = (size_t)at;
    }
    return SUBSTRATE_OK;
}

/* ---- names ---- */

enum substrate_status script_read_texts(const struct document_value *value,
                                        struct script_patterns *patterns) {
    struct document_value *elements;
    enum substrate_status status = elements_of(value, &elements, &patterns->count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    patterns->list = list_for(value, patterns->count, sizeof(*patterns->list));
    status = patterns->list != NULL ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
    for (size_t i = 0; i < patterns->count && status == SUBSTRATE_OK; i++) {
        status = document_string(&elements[i], &patterns->list[i]);
    }
    return status;
}

static enum substrate_status read_patterns(struct script_reader *reader,
                                           const struct script_member *member,
                                           const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    return script_read_texts(value, into);
}
const struct script_type script_type_patterns = {
    read_patterns, "\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"}",
    "text, `*` for any bytes; or a list"};
