/* Words to arguments; see words.h. A word is made into JSON by the kind of its argument and not
 * checked here: whoever takes the arguments knows what it wants, and says it. */
#include "words.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "catalog.h"

#define QUESTIONS_MAX 100000u
#define EXACT_MAX ((UINT64_C(1) << 53) - 1) /* integers up to here are JSON numbers */

/* The values of one argument: one, or those of a list. */
struct slot {
    const struct subtensor_argument *argument; /* NULL: not named, behind those that are */
    struct substrate_text *values;             /* JSON; NULL: not given */
    size_t count, capacity;
};

struct reader {
    const struct subtensor_function *function;
    struct base_arena *arena;
    struct slot *slots;
    size_t slot_count;
    bool many;
    struct base_buf text; /* that is being written */
    struct substrate_error *error;
};

static enum substrate_status fail_memory(const struct reader *reader) {
    return base_fail(reader->error, SUBSTRATE_E_MEMORY, "out of memory");
}

/* ---- one value ---- */

/* Ends the text that was written, and adds it to a slot. */
static enum substrate_status add(struct reader *reader, struct slot *slot) {
    if (slot->count == slot->capacity) {
        size_t capacity = slot->capacity == 0 ? 1 : 4 * slot->capacity;
        struct substrate_text *values = base_arena_calloc(reader->arena, capacity, sizeof(*values));
        if (values == NULL) {
            return fail_memory(reader);
        }
        if (slot->count > 0) {
            memcpy(values, slot->values, slot->count * sizeof(*values));
        }
        slot->values = values;
        slot->capacity = capacity;
    }
    if (slot->count == QUESTIONS_MAX) {
        return base_fail(reader->error, SUBSTRATE_E_ARGUMENT, "%s: more than %u questions at once",
                         reader->function->name, QUESTIONS_MAX);
    }
    struct substrate_text value =
        reader->text.failed ? (struct substrate_text){NULL, 0}
                            : base_arena_text(reader->arena, base_buf_view(&reader->text));
    base_buf_reset(&reader->text);
    slot->values[slot->count++] = value;
    return value.data != NULL ? SUBSTRATE_OK : fail_memory(reader);
}

static void write_integer(struct base_buf *text, uint64_t value) {
    base_buf_str(text, value > EXACT_MAX ? "\"" : "");
    base_buf_u64(text, value);
    base_buf_str(text, value > EXACT_MAX ? "\"" : "");
}

/* What is no integer becomes a string: it is for others to refuse it. */
static void write_number(struct base_buf *text, struct substrate_text word) {
    uint64_t value = 0;
    struct base_json json;
    if (base_text_u64(word, &value)) {
        write_integer(text, value);
    } else if (base_json_parse(word, 1, &json, NULL) == SUBSTRATE_OK &&
               json.kind == BASE_JSON_NUMBER && word.size < 16) {
        base_buf_text(text, json.raw);
    } else {
        base_json_write_string(text, word);
    }
}

/* JSON if it is, else a string; what begins as an array or an object must be one. */
static enum substrate_status write_any(struct reader *reader, struct substrate_text word) {
    struct base_json json;
    size_t position = 0;
    uint64_t integer = 0;
    enum substrate_status status = base_json_parse(word, BASE_JSON_DEPTH_MAX, &json, &position);
    if (base_text_u64(word, &integer)) {
        write_integer(&reader->text, integer);
    } else if (status == SUBSTRATE_OK) {
        base_json_write_compact(&reader->text, json);
    } else if (word.size > 0 && (word.data[0] == '[' || word.data[0] == '{')) {
        return base_fail(reader->error, SUBSTRATE_E_ARGUMENT, "%.*s: no JSON; see byte %zu",
                         word.size < 100 ? (int)word.size : 100, word.data, position);
    } else {
        base_json_write_string(&reader->text, word);
    }
    return SUBSTRATE_OK;
}

/* ---- lists ---- */

/* Cuts the first part of a list off: up to a comma, or all. */
static struct substrate_text cut(struct substrate_text *list) {
    const char *comma = list->size > 0 ? memchr(list->data, ',', list->size) : NULL;
    struct substrate_text part = {list->data,
                                  comma != NULL ? (size_t)(comma - list->data) : list->size};
    *list = comma != NULL ? (struct substrate_text){comma + 1, list->size - part.size - 1}
                          : (struct substrate_text){NULL, 0};
    return part;
}

/* "1..7" */
static bool read_range(struct substrate_text part, uint64_t *first, uint64_t *last) {
    for (size_t i = 1; i + 2 < part.size; i++) {
        if (part.data[i] == '.' && part.data[i + 1] == '.') {
            struct substrate_text from = {part.data, i};
            struct substrate_text to = {part.data + i + 2, part.size - i - 2};
            return base_text_u64(from, first) && base_text_u64(to, last);
        }
    }
    return false;
}

/* Adds "1,3,5..7" to a slot. */
static enum substrate_status add_integers(struct reader *reader, struct slot *slot,
                                          struct substrate_text list) {
    enum substrate_status status = SUBSTRATE_OK;
    while (list.data != NULL && status == SUBSTRATE_OK) {
        struct substrate_text part = cut(&list);
        uint64_t first = 0, last = 0;
        if (!read_range(part, &first, &last)) {
            write_number(&reader->text, part);
            status = add(reader, slot);
            continue;
        }
        if (last < first) {
            return base_fail(reader->error, SUBSTRATE_E_ARGUMENT,
                             "%.*s: a range goes from less to more", (int)part.size, part.data);
        }
        while (first <= last && status == SUBSTRATE_OK) {
            write_integer(&reader->text, first);
            status = add(reader, slot);
            if (first == UINT64_MAX) {
                break;
            }
            first += 1;
        }
    }
    return status;
}

static enum substrate_status add_strings(struct reader *reader, struct slot *slot,
                                         struct substrate_text list) {
    enum substrate_status status = SUBSTRATE_OK;
    while (list.data != NULL && status == SUBSTRATE_OK) {
        base_json_write_string(&reader->text, cut(&list));
        status = add(reader, slot);
    }
    return status;
}

/* Digits with "," or ".." between them. */
static bool is_integer_list(struct substrate_text word) {
    bool list = false;
    for (size_t i = 0; i < word.size; i++) {
        char c = word.data[i];
        bool separator = i > 0 && i + 1 < word.size && (c == ',' || c == '.');
        if (!separator && !(c >= '0' && c <= '9')) {
            return false;
        }
        list = list || c == ',' || (c == '.' && word.data[i - 1] == '.');
    }
    return list;
}

/* The values of a list as one array; `more` are words that belong to it, too. */
static enum substrate_status add_array(struct reader *reader, struct slot *slot, char *const *words,
                                       int count, bool integers) {
    struct slot elements = {0};
    struct substrate_text first = base_text(words[0]);
    enum substrate_status status = SUBSTRATE_OK;
    if (count == 1 && first.size > 0 && first.data[0] == '[') {
        status = write_any(reader, first);
        return status == SUBSTRATE_OK ? add(reader, slot) : status;
    }
    for (int i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = integers ? add_integers(reader, &elements, base_text(words[i]))
                          : add_strings(reader, &elements, base_text(words[i]));
    }
    base_buf_char(&reader->text, '[');
    for (size_t i = 0; i < elements.count && status == SUBSTRATE_OK; i++) {
        base_buf_str(&reader->text, i > 0 ? "," : "");
        base_buf_text(&reader->text, elements.values[i]);
    }
    base_buf_char(&reader->text, ']');
    return status == SUBSTRATE_OK ? add(reader, slot) : status;
}

/* ---- words ---- */

/* Gives a slot its value, of `count` words. */
static enum substrate_status fill(struct reader *reader, struct slot *slot, char *const *words,
                                  int count) {
    struct substrate_text word = base_text(words[0]);
    enum substrate_status status = SUBSTRATE_OK;
    switch (slot->argument != NULL ? slot->argument->kind : SUBTENSOR_JSON) {
    case SUBTENSOR_NETUID:
    case SUBTENSOR_UID:
    case SUBTENSOR_U8:
    case SUBTENSOR_U16:
    case SUBTENSOR_U64:
        reader->many = reader->many || is_integer_list(word);
        return add_integers(reader, slot, word);
    case SUBTENSOR_ACCOUNT:
        reader->many = reader->many || memchr(word.data, ',', word.size) != NULL;
        return add_strings(reader, slot, word);
    case SUBTENSOR_ACCOUNTS:
        return add_array(reader, slot, words, count, false);
    case SUBTENSOR_U16S:
        return add_array(reader, slot, words, count, true);
    case SUBTENSOR_BOOL:
    case SUBTENSOR_JSON:
        if (slot->argument == NULL && is_integer_list(word)) {
            reader->many = true;
            return add_integers(reader, slot, word);
        }
        status = write_any(reader, word);
        break;
    case SUBTENSOR_TEXT:
    case SUBTENSOR_BYTES:
        base_json_write_string(&reader->text, word);
        break;
    }
    return status == SUBSTRATE_OK ? add(reader, slot) : status;
}

/* The slot that "NAME=VALUE" names, and where VALUE begins; NULL: it is no such word. */
static struct slot *find_named(const struct reader *reader, char *word, char **value) {
    char *equals = strchr(word, '=');
    for (size_t i = 0; equals != NULL && i < reader->function->argument_count; i++) {
        struct substrate_text name = {word, (size_t)(equals - word)};
        if (!catalog_is_generic(reader->function) &&
            base_text_is(name, reader->function->arguments[i].name)) {
            *value = equals + 1;
            return &reader->slots[i];
        }
    }
    return NULL;
}

static enum substrate_status fail_many(const struct reader *reader, int count) {
    size_t takes = reader->function->argument_count;
    return base_fail(reader->error, SUBSTRATE_E_ARGUMENT,
                     "%s takes %zu argument%s, but %d %s given (see subtensor help %s)",
                     reader->function->name, takes, takes == 1 ? "" : "s", count,
                     count == 1 ? "is" : "are", reader->function->name);
}

static enum substrate_status read_all(struct reader *reader, char *const *words, int count) {
    enum substrate_status status = SUBSTRATE_OK;
    struct slot *const slots = reader->slots;
    size_t next = 0;
    for (int i = 0; i < count && status == SUBSTRATE_OK; i++) {
        char *value = words[i];
        struct slot *slot = find_named(reader, words[i], &value);
        if (slot == NULL) {
            while (next < reader->slot_count && slots[next].count > 0) {
                next += 1;
            }
            if (next == reader->slot_count) {
                return fail_many(reader, count);
            }
            slot = &slots[next];
        }
        if (slot->count > 0) {
            return base_fail(reader->error, SUBSTRATE_E_ARGUMENT, "%s: %s is given twice",
                             reader->function->name,
                             slot->argument != NULL ? slot->argument->name : words[i]);
        }
        bool rest = value == words[i] && slot->argument != NULL &&
                    slot->argument->kind == SUBTENSOR_ACCOUNTS;
        status = rest ? fill(reader, slot, words + i, count - i) : fill(reader, slot, &value, 1);
        i = rest ? count : i;
    }
    return status;
}

/* ---- questions ---- */

/* One question of the product: `number` says which value of each slot, the last one fastest. */
static void write_question(struct reader *reader, size_t number) {
    bool generic = catalog_is_generic(reader->function);
    struct base_buf *text = &reader->text;
    bool first = true;
    size_t below = 1;
    for (size_t i = 0; i < reader->slot_count; i++) {
        below *= reader->slots[i].count > 0 ? reader->slots[i].count : 1;
    }
    base_buf_char(text, generic ? '[' : '{');
    for (size_t i = 0; i < reader->slot_count; i++) {
        const struct slot *slot = &reader->slots[i];
        if (slot->count == 0) {
            continue;
        }
        below /= slot->count;
        base_buf_str(text, first ? "" : ",");
        if (!generic) {
            base_json_write_string(text, base_text(slot->argument->name));
            base_buf_char(text, ':');
        }
        base_buf_text(text, slot->values[number / below % slot->count]);
        first = false;
    }
    base_buf_char(text, generic ? ']' : '}');
}

static enum substrate_status multiply(struct reader *reader, struct questions *questions) {
    struct slot all = {0};
    size_t count = 1;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < reader->slot_count; i++) {
        count *= reader->slots[i].count > 0 ? reader->slots[i].count : 1;
        if (count > QUESTIONS_MAX) {
            return base_fail(reader->error, SUBSTRATE_E_ARGUMENT,
                             "%s: more than %u questions at once", reader->function->name,
                             QUESTIONS_MAX);
        }
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        write_question(reader, i);
        status = add(reader, &all);
    }
    *questions = (struct questions){all.values, all.count, reader->many};
    return status;
}

enum substrate_status words_read(const struct subtensor_function *function, char *const *words,
                                 int count, struct base_arena *arena, struct questions *questions,
                                 struct substrate_error *error) {
    struct reader reader = {function, arena,         NULL, function->argument_count,
                            false,    BASE_BUF_INIT, error};
    if (catalog_takes_more(function)) {
        size_t names = function->argument_count - 1;
        reader.slot_count = (size_t)count > names ? (size_t)count : names;
    }
    reader.slots = base_arena_calloc(arena, reader.slot_count + 1, sizeof(*reader.slots));
    if (reader.slots == NULL) {
        return fail_memory(&reader);
    }
    for (size_t i = 0; i < reader.slot_count; i++) {
        bool named = i < function->argument_count - (catalog_takes_more(function) ? 1 : 0);
        reader.slots[i].argument = named ? &function->arguments[i] : NULL;
    }
    enum substrate_status status = read_all(&reader, words, count);
    if (status == SUBSTRATE_OK) {
        status = multiply(&reader, questions);
    }
    base_buf_free(&reader.text);
    return status;
}
