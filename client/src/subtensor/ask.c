/* Asking functions now; see ask.h. And what becomes of the values that they give. */
#include "ask.h"

#include <string.h>

#include <substrate/query.h>

#include "base/mem.h"
#include "base/text.h"

/* A struct that was given, and the query that it hangs on. */
struct given {
    struct substrate_query *query;
    uint64_t alignment; /* the struct stands behind, as aligned as this */
};
_Static_assert(sizeof(struct given) % sizeof(struct subtensor_u128) == 0, "the struct is aligned");

/* Gives the query, ended well; subtensor_value has what it found. */
static enum substrate_status ask_query(struct substrate_connection *connection,
                                       const struct ask *ask, const void *place,
                                       struct substrate_query **query,
                                       struct substrate_error *error) {
    if (place == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "%s: no place for the value", ask->name);
    }
    enum substrate_status status =
        function_query(function_row(ask->name), ask->values, ask->pin, true, query);
    if (status != SUBSTRATE_OK) {
        return base_fail(error, status, "%s: %s", ask->name, substrate_status_text(status));
    }
    status = substrate_query_ask(connection, *query, error);
    if (status != SUBSTRATE_OK) {
        substrate_query_free(*query);
        *query = NULL;
    }
    return status;
}

static size_t size_of_value(const struct substrate_query *query) {
    return function_asking(query)->function->shape->size;
}

enum substrate_status ask_plain(struct substrate_connection *connection, const struct ask *ask,
                                void *value, struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status = ask_query(connection, ask, value, &query, error);
    if (status == SUBSTRATE_OK) {
        memcpy(value, subtensor_value(query), size_of_value(query));
        substrate_query_free(query);
    }
    return status;
}

enum substrate_status ask_maybe(struct substrate_connection *connection, const struct ask *ask,
                                void *value, size_t offset, struct substrate_error *error) {
    struct substrate_query *query = NULL;
    enum substrate_status status = ask_query(connection, ask, value, &query, error);
    if (status == SUBSTRATE_OK) {
        const void *from = subtensor_value(query);
        const bool present = from != NULL;
        memset(value, 0, offset + size_of_value(query));
        memcpy(value, &present, sizeof(present));
        if (present) {
            memcpy((char *)value + offset, from, size_of_value(query));
        }
        substrate_query_free(query);
    }
    return status;
}

/* A copy of the struct with the query before it. NULL: out of memory. */
static const void *give(struct substrate_query *query) {
    size_t size = size_of_value(query);
    struct given *given = base_alloc(sizeof(*given) + size);
    if (given == NULL) {
        return NULL;
    }
    given->query = query;
    memcpy(given + 1, subtensor_value(query), size);
    return given + 1;
}

/* `value` is a pointer to a pointer to a struct, of a type that is not known here. */
enum substrate_status ask_struct(struct substrate_connection *connection, const struct ask *ask,
                                 void *value, struct substrate_error *error) {
    struct substrate_query *query = NULL;
    const void *given = NULL;
    enum substrate_status status = ask_query(connection, ask, value, &query, error);
    if (status == SUBSTRATE_OK && subtensor_value(query) != NULL) {
        given = give(query);
        if (given == NULL) {
            status = base_fail(error, SUBSTRATE_E_MEMORY, "%s: out of memory", ask->name);
        }
    }
    if (given == NULL) {
        substrate_query_free(query);
    }
    if (value != NULL) {
        memcpy(value, &given, sizeof(given));
    }
    return status;
}

void subtensor_free(const void *result) {
    if (result != NULL) {
        struct given *given;
        const struct given *behind = (const struct given *)result - 1;
        memcpy(&given, &behind, sizeof(given)); /* what was given may be freed by its owner */
        substrate_query_free(given->query);
        base_free(given);
    }
}

const void *subtensor_value(const struct substrate_query *query) {
    const struct asking *asking = query != NULL ? function_asking(query) : NULL;
    return asking != NULL && query->outcome.status == SUBSTRATE_OK ? asking->value : NULL;
}

enum substrate_status subtensor_query_subnet_exists(uint16_t netuid,
                                                    const struct substrate_pin *pin,
                                                    struct substrate_query **query) {
    const struct function_value values[] = {NUMBER(netuid)};
    return query == NULL ? SUBSTRATE_E_ARGUMENT
                         : function_query(function_row("subnet_exists"), values, pin, false, query);
}
