/* The rules of a space: which calls are late, and the gate. Read from JSON once; then only asked.
 * What later kinds of rules need (order, faults) becomes a member of script_rule. */
#ifndef SCRIPT_RULES_H
#define SCRIPT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"

/* Names of methods: exact (aliases are folded to the canonical name) or with a `*` at the end. */
struct script_methods {
    struct substrate_text *patterns;
    size_t count; /* 0: every method */
};

struct script_rule {
    struct script_methods methods;
    uint64_t latency_us;
};

enum script_order { SCRIPT_ARRIVAL, SCRIPT_REVERSED, SCRIPT_PERMUTATION };

struct script_gate_rule {
    size_t n;
    struct script_methods methods;
    enum script_order order;
    size_t *permutation; /* of 0 to n - 1, over the members in canonical order */
    uint64_t limit_us;
    bool per_connection, repeat;
};

/* Members that a text may hold: rules, gate, or both. */
struct script_rules {
    struct base_arena arena;
    struct script_rule *rules;
    size_t count;
    struct script_gate_rule *gate; /* NULL: none */
};

/* Reads {"rules":[…],"gate":{…}}. `source` names the text in errors, which give the line. Gives
 * *rules. */
enum substrate_status script_rules_read(struct substrate_text json, const char *source,
                                        struct script_rules **rules, struct substrate_error *error);
void script_rules_free(struct script_rules *rules); /* NULL is fine */

/* `canonical` and `sent` are the two names of a request's method. */
bool script_methods_match(const struct script_methods *methods, struct substrate_text canonical,
                          struct substrate_text sent);
/* The first rule that matches; NULL: none. */
const struct script_rule *script_rules_find(const struct script_rules *rules,
                                            struct substrate_text canonical,
                                            struct substrate_text sent);

#endif
