/* A script as it was read: rules, gates, and the values that their members have. Immutable; texts
 * lie in the script's arena. */
#ifndef SCRIPT_RULE_H
#define SCRIPT_RULE_H

#include "base/arena.h"
#include "script/event.h"
#include "script/latency.h"
#include "script/script.h"

#define SCRIPT_LIMIT_US UINT64_C(5000000) /* of a hold, a gate, an `until` */
#define SCRIPT_NO_LIMIT UINT64_MAX
#define SCRIPT_ACTIONS_MAX 32 /* in one `do` */

/* Globs, of which one must match; none: everything does. */
struct script_patterns {
    struct substrate_text *list;
    size_t count;
};
bool script_glob(struct substrate_text pattern, struct substrate_text text);
bool script_patterns_match(const struct script_patterns *patterns, struct substrate_text text);

/* Numbers: ranges of which one must hold it; none: all do. */
struct script_range {
    uint64_t first, last;
};
struct script_numbers {
    struct script_range *list;
    size_t count;
};
bool script_numbers_have(const struct script_numbers *numbers, uint64_t number);

/* What narrows the subject of an event. */
struct script_match {
    struct script_patterns methods, request, label, stream, rule, name;
    struct script_numbers connection, occurrence, code;
    struct substrate_text head; /* a block; {NULL, 0}: any */
    unsigned by;                /* 0: anybody; else enum script_by */
};

/* How long something lasts. */
enum script_until_kind {
    SCRIPT_UNTIL_NONE, /* it was not said */
    SCRIPT_UNTIL_TIME,
    SCRIPT_UNTIL_EVENT, /* a signal too */
};
struct script_until {
    enum script_until_kind kind;
    uint64_t time_us;
    enum script_event_kind event;
    struct script_match match;
    uint64_t count;
};

struct script_lasting {
    struct script_until until;
    uint64_t limit_us; /* SCRIPT_NO_LIMIT: none */
};
struct script_hold {
    struct script_lasting lasting;
    size_t gate; /* its number in the script, from 1; 0: none */
};

enum script_per { SCRIPT_PER_SPACE = 1, SCRIPT_PER_CONNECTION, SCRIPT_PER_LABEL }; /* 0: space */

/* What opens or closes the window of a rule. */
struct script_condition {
    bool given;
    struct substrate_text rule, signal; /* one of the two */
};

struct script_when {
    struct script_numbers nth;
    uint64_t every, first, in_flight, open, times; /* 0: not said */
    unsigned per;
    struct script_condition after, until;
    double chance; /* 0: not said */
};

/* A place in a text that leaves. */
enum script_place_kind {
    SCRIPT_PLACE_NONE,
    SCRIPT_PLACE_BYTE,
    SCRIPT_PLACE_PERCENT,
    SCRIPT_PLACE_FIRING, /* the how-manieth firing of the rule */
};
struct script_place {
    enum script_place_kind kind;
    uint64_t at;
};
struct script_places {
    struct script_place *list;
    size_t count;
};

struct script_action {
    const struct script_action_row *row;
    const void *args; /* the row's own struct */
};

enum script_target_kind {
    SCRIPT_TARGET_THIS,
    SCRIPT_TARGET_ALL,
    SCRIPT_TARGET_CONNECTION,
    SCRIPT_TARGET_LABEL,
};
struct script_target {
    enum script_target_kind kind;
    bool given;
    uint64_t connection;
    struct substrate_text label;
};

struct script_rule {
    struct substrate_text name;
    uint16_t number; /* of the script */
    enum script_event_kind on;
    struct script_match match;
    struct script_when when;
    struct script_target target;
    struct script_action *actions;
    size_t action_count;
};

enum script_gate_order {
    SCRIPT_GATE_ARRIVAL,
    SCRIPT_GATE_REVERSED,
    SCRIPT_GATE_SHUFFLED,
    SCRIPT_GATE_NEXT,
    SCRIPT_GATE_FIRST_IS_LAST,
    SCRIPT_GATE_LAST_IS_FIRST,
    SCRIPT_GATE_ONE_AT_A_TIME,
    SCRIPT_GATE_LIST,
};
struct script_sequence {
    enum script_gate_order kind;
    size_t *list; /* of LIST: of 0 to count - 1, over the members in canonical order */
    size_t count;
};
struct script_gate_rule {
    struct substrate_text name;
    uint64_t n; /* 0: it is closed by `settled` alone */
    struct script_sequence order;
    unsigned per;
    uint64_t limit_us, settled_us; /* settled 0: not said */
    bool again;
};

struct script {
    struct base_arena arena;
    struct script_rule *rules;
    size_t rule_count, own_rule_count; /* own: of the first source */
    struct script_gate_rule *gates;
    size_t gate_count;
    struct script_rule start; /* only its actions */
    struct script_latency latency;
    bool writes_accepted;
    /* Rules by the event that they stand on: numbers, in the order of the script. */
    uint16_t *by_kind[SCRIPT_EVENT_KINDS];
    size_t by_kind_count[SCRIPT_EVENT_KINDS];
    uint32_t kinds; /* that rules listen to, themselves or by their windows */
};

#endif
