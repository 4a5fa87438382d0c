/* Arguments of functions; see arguments.h. */
#include "arguments.h"

#include <stdio.h>
#include <string.h>

#include <substrate/hash.h>
#include <substrate/ss58.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"

#define PREFIX 42       /* of Bittensor's addresses */
#define SHOWN_MAX 60    /* bytes of a wrong value that a message shows */
#define LENGTH_MAX 4096 /* of a list */

/* What is being read, for messages. */
struct reading {
    const struct subtensor_function *function;
    const struct subtensor_argument *argument;
    struct base_arena *arena;
    struct substrate_error *error;
};

const char *subtensor_argument_text(enum subtensor_argument_kind kind) {
    switch (kind) {
    case SUBTENSOR_NETUID:
    case SUBTENSOR_UID:
    case SUBTENSOR_U16:
        return "an integer from 0 to 65535";
    case SUBTENSOR_U8:
        return "an integer from 0 to 255";
    case SUBTENSOR_U64:
        return "an integer from 0 to 18446744073709551615";
    case SUBTENSOR_BOOL:
        return "true or false";
    case SUBTENSOR_ACCOUNT:
        return "an account: an SS58 address, or 0x and 64 hex digits";
    case SUBTENSOR_ACCOUNTS:
        return "a list of accounts: SS58 addresses, or 0x and 64 hex digits";
    case SUBTENSOR_U16S:
        return "a list of integers from 0 to 65535";
    case SUBTENSOR_TEXT:
        return "text";
    case SUBTENSOR_BYTES:
        return "hex digits, two for each byte";
    case SUBTENSOR_JSON:
        return "a JSON value";
    }
    return "?";
}

static enum substrate_status fail_kind(const struct reading *reading, struct base_json json) {
    bool cut = json.raw.size > SHOWN_MAX;
    return base_fail(reading->error, SUBSTRATE_E_ARGUMENT, "%s: %s should be %s, not %.*s%s",
                     reading->function->name, reading->argument->name,
                     subtensor_argument_text(reading->argument->kind),
                     (int)(cut ? SHOWN_MAX : json.raw.size), json.raw.data, cut ? "…" : "");
}

static enum substrate_status fail_memory(const struct reading *reading) {
    return base_fail(reading->error, SUBSTRATE_E_MEMORY, "out of memory");
}

/* ---- kinds ---- */

/* Command lines and other languages have great integers as strings. */
static enum substrate_status read_integer(const struct reading *reading, struct base_json json,
                                          uint64_t most, uint64_t *number) {
    struct substrate_text text = json.raw;
    if (json.kind == BASE_JSON_STRING && text.size >= 2) {
        text = (struct substrate_text){text.data + 1, text.size - 2};
    }
    bool integer = json.kind == BASE_JSON_NUMBER || json.kind == BASE_JSON_STRING;
    if (!integer || !base_text_u64(text, number) || *number > most) {
        return fail_kind(reading, json);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_account(const struct reading *reading, struct base_json json,
                                          struct substrate_hash *account) {
    struct substrate_text text = {NULL, 0};
    struct substrate_error inner = {0};
    uint16_t prefix = 0;
    if (json.kind != BASE_JSON_STRING) {
        return fail_kind(reading, json);
    }
    if (!base_json_string(json, reading->arena, &text)) {
        return fail_memory(reading);
    }
    if (base_text_starts(text, "0x")) {
        return substrate_hash_parse(text, account) == SUBSTRATE_OK ? SUBSTRATE_OK
                                                                   : fail_kind(reading, json);
    }
    if (substrate_ss58_decode(text, account, &prefix, &inner) != SUBSTRATE_OK) {
        return base_fail(reading->error, SUBSTRATE_E_ARGUMENT, "%s: %s is %s",
                         reading->function->name, reading->argument->name, inner.message);
    }
    if (prefix != PREFIX) {
        return base_fail(reading->error, SUBSTRATE_E_ARGUMENT,
                         "%s: %s is an address of another network: its prefix is %u, and not %d",
                         reading->function->name, reading->argument->name, (unsigned)prefix,
                         PREFIX);
    }
    return SUBSTRATE_OK;
}

/* An item of a list, in messages: "addresses[2]", and what it should be. */
struct item {
    char name[40];
    struct subtensor_argument argument;
    struct reading reading;
};
static const struct reading *item_of(const struct reading *list, enum subtensor_argument_kind kind,
                                     size_t index, struct item *item) {
    (void)snprintf(item->name, sizeof(item->name), "%s[%zu]", list->argument->name, index);
    item->argument = (struct subtensor_argument){item->name, kind, false, ""};
    item->reading = *list;
    item->reading.argument = &item->argument;
    return &item->reading;
}

static enum substrate_status read_accounts(const struct reading *reading, struct base_json json,
                                           struct function_value *value) {
    struct base_json_walk walk;
    struct base_json json_item;
    struct item item;
    struct substrate_text name;
    enum substrate_status status = SUBSTRATE_OK;
    if (json.kind != BASE_JSON_ARRAY) {
        return fail_kind(reading, json);
    }
    size_t count = base_json_length(json);
    struct substrate_hash *list = base_arena_calloc(reading->arena, count, sizeof(*list));
    if (list == NULL) {
        return fail_memory(reading);
    }
    base_json_walk_init(&walk, json);
    for (size_t i = 0; status == SUBSTRATE_OK && base_json_walk_next(&walk, &name, &json_item);
         i++) {
        status = read_account(item_of(reading, SUBTENSOR_ACCOUNT, i, &item), json_item, &list[i]);
    }
    value->accounts = list;
    value->count = count;
    return status;
}

static enum substrate_status read_u16s(const struct reading *reading, struct base_json json,
                                       struct function_value *value) {
    struct base_json_walk walk;
    struct base_json json_item;
    struct item item;
    struct substrate_text name;
    enum substrate_status status = SUBSTRATE_OK;
    size_t count = json.kind == BASE_JSON_ARRAY ? base_json_length(json) : SIZE_MAX;
    if (count > LENGTH_MAX) {
        return fail_kind(reading, json);
    }
    uint16_t *list = base_arena_calloc(reading->arena, count, sizeof(*list));
    if (list == NULL) {
        return fail_memory(reading);
    }
    base_json_walk_init(&walk, json);
    for (size_t i = 0; status == SUBSTRATE_OK && base_json_walk_next(&walk, &name, &json_item);
         i++) {
        uint64_t number = 0;
        status =
            read_integer(item_of(reading, SUBTENSOR_U16, i, &item), json_item, UINT16_MAX, &number);
        list[i] = (uint16_t)number;
    }
    value->u16s = list;
    value->count = count;
    return status;
}

/* Text without a NUL in it, but one behind it. */
static enum substrate_status read_text(const struct reading *reading, struct base_json json,
                                       struct function_value *value) {
    struct substrate_text text = {NULL, 0};
    if (json.kind != BASE_JSON_STRING) {
        return fail_kind(reading, json);
    }
    if (!base_json_string(json, reading->arena, &text)) {
        return fail_memory(reading);
    }
    if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL) {
        return fail_kind(reading, json);
    }
    value->text = base_arena_text(reading->arena, text);
    return value->text.data != NULL ? SUBSTRATE_OK : fail_memory(reading);
}

static enum substrate_status read_bytes(const struct reading *reading, struct base_json json,
                                        struct function_value *value) {
    enum substrate_status status = read_text(reading, json, value);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    size_t capacity = value->text.size / 2;
    uint8_t *bytes = base_arena_alloc(reading->arena, capacity);
    if (bytes == NULL) {
        return fail_memory(reading);
    }
    if (!base_hex_read(value->text, bytes, capacity, &value->text.size)) {
        return fail_kind(reading, json);
    }
    value->text.data = (const char *)bytes;
    return SUBSTRATE_OK;
}

static enum substrate_status read_value(const struct reading *reading, struct base_json json,
                                        struct function_value *value) {
    value->given = true;
    switch (reading->argument->kind) {
    case SUBTENSOR_NETUID:
    case SUBTENSOR_UID:
    case SUBTENSOR_U16:
        return read_integer(reading, json, UINT16_MAX, &value->number);
    case SUBTENSOR_U8:
        return read_integer(reading, json, UINT8_MAX, &value->number);
    case SUBTENSOR_U64:
        return read_integer(reading, json, UINT64_MAX, &value->number);
    case SUBTENSOR_BOOL:
        value->number = json.kind == BASE_JSON_TRUE;
        return json.kind == BASE_JSON_TRUE || json.kind == BASE_JSON_FALSE
                   ? SUBSTRATE_OK
                   : fail_kind(reading, json);
    case SUBTENSOR_ACCOUNT:
        return read_account(reading, json, &value->account);
    case SUBTENSOR_ACCOUNTS:
        return read_accounts(reading, json, value);
    case SUBTENSOR_U16S:
        return read_u16s(reading, json, value);
    case SUBTENSOR_TEXT:
        return read_text(reading, json, value);
    case SUBTENSOR_BYTES:
        return read_bytes(reading, json, value);
    case SUBTENSOR_JSON:
        value->text = json.raw;
        return SUBSTRATE_OK;
    }
    return SUBSTRATE_E_ARGUMENT;
}

/* ---- all ---- */

/* "netuid, uid" with brackets around what may be left out. */
static void write_names(const struct subtensor_function *function, char *out, size_t room) {
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < function->argument_count && at < room; i++) {
        const struct subtensor_argument *argument = &function->arguments[i];
        int size = snprintf(out + at, room - at, argument->optional ? "%s[%s]" : "%s%s",
                            i > 0 ? ", " : "", argument->name);
        at += size > 0 ? (size_t)size : 0;
    }
}

static enum substrate_status fail_arguments(const struct reading *reading, const char *problem) {
    char names[200];
    const struct subtensor_function *function = reading->function;
    write_names(function, names, sizeof(names));
    return base_fail(reading->error, SUBSTRATE_E_ARGUMENT, "%s takes %s%s%s, but %s",
                     function->name, function->argument_count > 0 ? "(" : "no arguments", names,
                     function->argument_count > 0 ? ")" : "", problem);
}

static size_t find(const struct subtensor_function *function, struct substrate_text key,
                   struct base_arena *arena) {
    const struct base_json json = {BASE_JSON_STRING, key};
    struct substrate_text name = {NULL, 0};
    size_t i = 0;
    if (!base_json_string(json, arena, &name)) {
        return function->argument_count;
    }
    while (i < function->argument_count && !base_text_is(name, function->arguments[i].name)) {
        i++;
    }
    return i;
}

/* One that is given; null is as good as nothing for what is optional. */
static enum substrate_status take(struct reading *reading, size_t index, struct base_json json,
                                  struct function_value *values) {
    char problem[128];
    reading->argument = &reading->function->arguments[index];
    if (values[index].given) {
        (void)snprintf(problem, sizeof(problem), "%s is given twice", reading->argument->name);
        return fail_arguments(reading, problem);
    }
    if (json.kind == BASE_JSON_NULL && reading->argument->optional) {
        return SUBSTRATE_OK;
    }
    return read_value(reading, json, &values[index]);
}

static enum substrate_status take_all(struct reading *reading, struct base_json json,
                                      struct function_value *values) {
    struct base_json_walk walk;
    struct base_json item;
    struct substrate_text key;
    char problem[128];
    size_t count = base_json_length(json);
    enum substrate_status status = SUBSTRATE_OK;
    if (json.kind == BASE_JSON_ARRAY && count > reading->function->argument_count) {
        (void)snprintf(problem, sizeof(problem), "%zu %s given", count, count == 1 ? "is" : "are");
        return fail_arguments(reading, problem);
    }
    base_json_walk_init(&walk, json);
    for (size_t i = 0; status == SUBSTRATE_OK && base_json_walk_next(&walk, &key, &item); i++) {
        size_t index = key.data == NULL ? i : find(reading->function, key, reading->arena);
        if (index == reading->function->argument_count) {
            (void)snprintf(problem, sizeof(problem), "%.*s is given",
                           (int)(key.size < SHOWN_MAX ? key.size : SHOWN_MAX), key.data);
            return fail_arguments(reading, problem);
        }
        status = take(reading, index, item, values);
    }
    return status;
}

/* Functions of mechanisms have the netuid first and the mechid second. */
static enum substrate_status check_mechanism(const struct reading *reading,
                                             const struct function_value *values) {
    const struct subtensor_function *function = reading->function;
    uint16_t index;
    if (function->argument_count < 2 || strcmp(function->arguments[1].name, "mechid") != 0 ||
        mechanism_index(values[0].number, values[1].number, &index)) {
        return SUBSTRATE_OK;
    }
    return base_fail(reading->error, SUBSTRATE_E_ARGUMENT,
                     "%s: a chain has no mechanism %u of subnet %u: mechanisms are 0 to 15, and "
                     "only subnets under %d have others than 0",
                     function->name, (unsigned)values[1].number, (unsigned)values[0].number,
                     MECHANISM_STRIDE);
}

enum substrate_status arguments_read(const struct subtensor_function *function,
                                     struct substrate_text text, struct base_arena *arena,
                                     struct function_value *values, struct substrate_error *error) {
    struct reading reading = {function, NULL, arena, error};
    struct base_json json = {BASE_JSON_NONE, {NULL, 0}};
    char problem[128];
    size_t position = 0;
    memset(values, 0, FUNCTION_ARGUMENTS_MAX * sizeof(*values));
    if (text.data != NULL) {
        enum substrate_status status = base_json_parse(text, BASE_JSON_DEPTH_MAX, &json, &position);
        if (status != SUBSTRATE_OK ||
            (json.kind != BASE_JSON_ARRAY && json.kind != BASE_JSON_OBJECT)) {
            (void)snprintf(problem, sizeof(problem),
                           "what is given is no JSON array or object (see byte %zu)", position);
            return fail_arguments(&reading, problem);
        }
        status = take_all(&reading, json, values);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < function->argument_count; i++) {
        if (!values[i].given && !function->arguments[i].optional) {
            (void)snprintf(problem, sizeof(problem), "%s is missing", function->arguments[i].name);
            return fail_arguments(&reading, problem);
        }
    }
    return check_mechanism(&reading, values);
}
