/* The table of methods: its sections as one, and the look-up by name or alias. */
#include <string.h>
#include "base/hash.h"
#include "base/text.h"
#include "methods/answer.h"

static const struct method_section *const SECTIONS[] = {&METHODS_CHAIN,   &METHODS_STATE,
                                                        &METHODS_RUNTIME, &METHODS_SYSTEM,
                                                        &METHODS_AUTHOR,  &METHODS_SUBTENSOR};
#define SECTION_COUNT (sizeof SECTIONS / sizeof *SECTIONS)

#define SLOTS 512 /* a power of two, well over the number of names and aliases */

/* Every name and alias to its row, by hash. Each thread fills its own before its first look-up, so
 * that nothing here needs a lock. */
static _Thread_local struct slot {
    struct substrate_text name;
    const struct rpc_method *method;
} SLOT[SLOTS];
static _Thread_local bool filled;

/* The slot of a name, or the free one where it would be. */
static struct slot *slot_of(struct substrate_text name) {
    size_t at = (size_t)base_table_hash(name, 0);
    while (SLOT[at % SLOTS].method != NULL && !base_text_equal(SLOT[at % SLOTS].name, name)) {
        at++;
    }
    return &SLOT[at % SLOTS];
}

const struct rpc_method *method_row(size_t index) {
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (index < SECTIONS[i]->count) {
            return &SECTIONS[i]->entries[index].rpc;
        }
        index -= SECTIONS[i]->count;
    }
    return NULL;
}

static void fill(void) {
    const struct rpc_method *method;
    for (size_t i = 0; (method = method_row(i)) != NULL; i++) {
        struct substrate_text name = base_text(method->name);
        *slot_of(name) = (struct slot){name, method};
        for (size_t a = 0; a < RPC_ALIASES_MAX && method->aliases[a] != NULL; a++) {
            struct substrate_text alias = base_text(method->aliases[a]);
            *slot_of(alias) = (struct slot){alias, method};
        }
    }
}

const struct rpc_method *method_find(struct substrate_text name) {
    if (!filled) {
        fill();
        filled = true;
    }
    return slot_of(name)->method;
}

enum substrate_status method_parse(struct substrate_text name, struct base_json params,
                                   struct base_arena *arena, struct rpc_request *request,
                                   struct substrate_text *data) {
    return rpc_request_parse(method_find(name), name, params, arena, request, data);
}

bool method_from_facts(const struct rpc_method *method) {
    return ((const struct method_entry *)method)->from_facts;
}
