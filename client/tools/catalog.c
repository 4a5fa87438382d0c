/* The catalog of functions; see catalog.h. */
#include "catalog.h"

#include <string.h>
#include <substrate/storage.h>

#include "base/json.h"
#include "base/nearest.h"
#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAMES_MAX 2

static const struct subtensor_argument storage_arguments[] = {
    {"pallet", SUBTENSOR_TEXT, false, "as the metadata has it"},
    {"item", SUBTENSOR_TEXT, false, "a value or a map of it"},
    {"keys", SUBTENSOR_JSON, true,
     "of the entry; fewer than the map has: all that begin with them"},
};
static const struct subtensor_argument constant_arguments[] = {
    {"pallet", SUBTENSOR_TEXT, false, "as the metadata has it"},
    {"name", SUBTENSOR_TEXT, false, "of the constant"},
};
static const struct subtensor_argument call_arguments[] = {
    {"api", SUBTENSOR_TEXT, false, "a runtime API"},
    {"method", SUBTENSOR_TEXT, false, "of the API"},
    {"arguments", SUBTENSOR_JSON, true,
     "of the method; or all of them as one object, by their names"},
};
static const struct subtensor_argument metadata_arguments[] = {
    {"name", SUBTENSOR_TEXT, true, "a pallet or a runtime API; none: all of them, in numbers"},
};

/* `names` of the arguments are names; what follows them are arguments of the thing named, which may
 * have names of their own: one object is then all of them. */
static const struct generic {
    struct subtensor_function function;
    size_t names_min, names;
    bool more, by_name;
} generics[] = {
    {{"block", "A block with its extrinsics, decoded", NULL, 0,
      "{\"hash\",\"number\",\"header\",\"extrinsics\"}"},
     0,
     0,
     false,
     false},
    {{"constant", "A constant of a pallet", constant_arguments, COUNT(constant_arguments),
      "the value"},
     2,
     2,
     false,
     false},
    {{"events", "The events of a block", NULL, 0, "an array of events"}, 0, 0, false, false},
    {{"metadata", "What the runtime has: pallets, storage, calls, APIs, with their types",
      metadata_arguments, COUNT(metadata_arguments), "an object of lists"},
     0,
     1,
     false,
     false},
    {{"runtime-call", "A call of a runtime API", call_arguments, COUNT(call_arguments),
      "what the method gives"},
     2,
     2,
     true,
     true},
    {{"storage", "An entry of the storage, or all entries of a map", storage_arguments,
      COUNT(storage_arguments), "the value; of a map an array of {\"args\",\"value\"}"},
     2,
     2,
     true,
     false},
};

static const struct generic *find_generic(const struct subtensor_function *function) {
    for (size_t i = 0; i < COUNT(generics); i++) {
        if (function == &generics[i].function) {
            return &generics[i];
        }
    }
    return NULL;
}

const struct subtensor_function *catalog_at(size_t index) {
    return index < COUNT(generics) ? &generics[index].function
                                   : subtensor_function_at(index - COUNT(generics));
}

static const char *nearest(const char *name) {
    struct base_nearest names = {.wanted = base_text(name)};
    const struct subtensor_function *function;
    for (size_t i = 0; (function = catalog_at(i)) != NULL; i++) {
        base_nearest_offer(&names, base_text(function->name));
    }
    return names.name.data; /* names are terminated, and there is at least one */
}

enum substrate_status catalog_find(const char *name, const struct subtensor_function **function,
                                   struct substrate_error *error) {
    *function = subtensor_function_find(name);
    for (size_t i = 0; i < COUNT(generics); i++) {
        if (strcmp(generics[i].function.name, name) == 0) {
            *function = &generics[i].function;
        }
    }
    return *function != NULL
               ? SUBSTRATE_OK
               : base_fail(error, SUBSTRATE_E_NOT_FOUND,
                           "no function \"%s\"; the nearest is \"%s\"", name, nearest(name));
}

bool catalog_is_generic(const struct subtensor_function *function) {
    return find_generic(function) != NULL;
}

bool catalog_takes_more(const struct subtensor_function *function) {
    const struct generic *generic = find_generic(function);
    return generic != NULL && generic->more;
}

/* ---- queries of generic functions ---- */

/* What a generic function was given: names, and the JSON array of what follows them. */
struct given {
    const char *names[NAMES_MAX];
    struct substrate_text arguments;
};

static enum substrate_status make(const struct generic *generic, const struct given *given,
                                  const struct substrate_pin *pin, struct substrate_query **query) {
    const char *name = generic->function.name;
    struct substrate_arguments arguments = {given->arguments, {NULL, 0}};
    if (strcmp(name, "storage") == 0) {
        struct substrate_storage_entry entry = {given->names[0], given->names[1], arguments};
        struct substrate_map_options options = SUBSTRATE_MAP_OPTIONS_INIT;
        options.or_entry = true;
        return substrate_query_storage_map(&entry, &options, pin, query);
    }
    if (strcmp(name, "runtime-call") == 0) {
        struct substrate_api_call call = {given->names[0], given->names[1], arguments};
        return substrate_query_runtime_call(&call, pin, query);
    }
    if (strcmp(name, "constant") == 0) {
        return substrate_query_constant(given->names[0], given->names[1], pin, query);
    }
    if (strcmp(name, "metadata") == 0) {
        return substrate_query_description(given->names[0], pin, query);
    }
    return strcmp(name, "block") == 0 ? substrate_query_block(pin, query)
                                      : substrate_query_events(pin, query);
}

static enum substrate_status fail_count(const struct generic *generic, size_t count,
                                        struct substrate_error *error) {
    bool few = count < generic->names_min;
    size_t wanted = few ? generic->names_min : generic->names;
    return base_fail(error, SUBSTRATE_E_ARGUMENT,
                     "%s takes at %s %zu argument%s, but %zu %s given (see subtensor help %s)",
                     generic->function.name, few ? "least" : "most", wanted, wanted == 1 ? "" : "s",
                     count, count == 1 ? "is" : "are", generic->function.name);
}

/* A name, terminated; NULL when out of memory or no name. */
static const char *take_name(struct base_json json, struct base_arena *arena) {
    struct substrate_text text;
    if (!base_json_string(json, arena, &text) || memchr(text.data, '\0', text.size) != NULL) {
        return NULL;
    }
    return base_arena_text(arena, text).data;
}

/* Takes the names off the front of an array; the rest is copied, byte for byte: as an array, or
 * without what makes it one where it is an object of all arguments. */
static enum substrate_status split(const struct generic *generic, struct base_json array,
                                   struct given *given, struct base_arena *arena,
                                   struct base_buf *rest, struct substrate_error *error) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json element = {BASE_JSON_NONE, {NULL, 0}};
    bool alone = base_json_length(array) == generic->names + 1;
    base_buf_char(rest, '[');
    base_json_walk_init(&walk, array);
    for (size_t i = 0; base_json_walk_next(&walk, &key, &element); i++) {
        if (i >= generic->names) {
            base_buf_str(rest, i > generic->names ? "," : "");
            base_buf_text(rest, element.raw);
            continue;
        }
        given->names[i] = take_name(element, arena);
        if (given->names[i] == NULL) {
            return base_fail(error, SUBSTRATE_E_ARGUMENT, "%s: the %s must be a name, but is %.*s",
                             generic->function.name, generic->function.arguments[i].name,
                             element.raw.size < 100 ? (int)element.raw.size : 100,
                             element.raw.data);
        }
    }
    if (alone && generic->by_name && element.kind == BASE_JSON_OBJECT) {
        base_buf_reset(rest);
        base_buf_text(rest, element.raw);
    } else {
        base_buf_char(rest, ']');
    }
    given->arguments = base_buf_view(rest);
    return rest->failed ? base_fail(error, SUBSTRATE_E_MEMORY, "out of memory") : SUBSTRATE_OK;
}

static enum substrate_status query_generic(const struct generic *generic,
                                           struct substrate_text arguments,
                                           const struct substrate_pin *pin,
                                           struct substrate_query **query,
                                           struct substrate_error *error) {
    struct given given = {{NULL, NULL}, {NULL, 0}};
    struct base_buf rest = BASE_BUF_INIT;
    struct base_arena arena;
    struct base_json array = {BASE_JSON_ARRAY, BASE_TEXT("[]")};
    if (arguments.data != NULL &&
        (base_json_parse(arguments, BASE_JSON_DEPTH_MAX, &array, NULL) != SUBSTRATE_OK ||
         array.kind != BASE_JSON_ARRAY)) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "%s: the arguments are no JSON array",
                         generic->function.name);
    }
    size_t count = base_json_length(array);
    if (count < generic->names_min || (count > generic->names && !generic->more)) {
        return fail_count(generic, count, error);
    }
    base_arena_init(&arena, 512);
    enum substrate_status status = split(generic, array, &given, &arena, &rest, error);
    if (status == SUBSTRATE_OK) {
        status = make(generic, &given, pin, query);
        if (status != SUBSTRATE_OK) {
            (void)base_fail(error, status, "%s: %s", generic->function.name,
                            substrate_status_text(status));
        }
    }
    base_buf_free(&rest);
    base_arena_free(&arena);
    return status;
}

enum substrate_status catalog_query(const struct subtensor_function *function,
                                    struct substrate_text arguments,
                                    const struct substrate_pin *pin, struct substrate_query **query,
                                    struct substrate_error *error) {
    const struct generic *generic = find_generic(function);
    *query = NULL;
    return generic != NULL ? query_generic(generic, arguments, pin, query, error)
                           : subtensor_query(function, arguments, pin, query, error);
}
