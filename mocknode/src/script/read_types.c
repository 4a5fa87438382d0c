/* Reading the document of a script: rules, gates, and what they are made of, by tables of members.
 */
#include "script/read.h"

#include <assert.h>
#include <string.h>
#include "base/text.h"
#include "methods/method.h"

#define GATE_MAX 10000
#define MEMBER(type_name, field) offsetof(struct type_name, field)

/* ---- events ---- */

#define ON_CALL                                                                              \
    (SCRIPT_BIT(SCRIPT_ARRIVED) | SCRIPT_BIT(SCRIPT_ANSWERED) | SCRIPT_BIT(SCRIPT_WRITTEN) | \
     SCRIPT_BIT(SCRIPT_HELD) | SCRIPT_BIT(SCRIPT_RELEASED) | SCRIPT_BIT(SCRIPT_SUBSCRIBED) | \
     SCRIPT_BIT(SCRIPT_UNSUBSCRIBED))
#define ON_STREAM                                                                             \
    (SCRIPT_BIT(SCRIPT_NOTIFIED) | SCRIPT_BIT(SCRIPT_SUBSCRIBED) |                            \
     SCRIPT_BIT(SCRIPT_UNSUBSCRIBED) | SCRIPT_BIT(SCRIPT_WRITTEN) | SCRIPT_BIT(SCRIPT_HELD) | \
     SCRIPT_BIT(SCRIPT_RELEASED))
#define WITH_CONNECTION ((SCRIPT_BIT(SCRIPT_EVENT_KINDS) - 1) & ~SCRIPT_WITHOUT_CONNECTION)

static const char *const by_names[] = {"peer", "node", "reset", NULL};

const struct script_member script_match_members[] = {
    {"methods", &script_type_methods, MEMBER(script_match, methods), .events = ON_CALL,
     .help = "names of methods, or their aliases"},
    {"request", &script_type_patterns, MEMBER(script_match, request), .events = ON_CALL,
     .help = "globs over the canonical request, with its block"},
    {"label", &script_type_patterns, MEMBER(script_match, label), .events = WITH_CONNECTION,
     .help = "of the connection"},
    {"connection", &script_type_numbers, MEMBER(script_match, connection),
     .events = WITH_CONNECTION, .least = 1, .help = "its ordinal in the space, from 1"},
    {"occurrence", &script_type_numbers, MEMBER(script_match, occurrence), .events = ON_CALL,
     .least = 1, .help = "of the request within its label, from 1"},
    {"head", &script_type_block, MEMBER(script_match, head),
     .events = ON_CALL | SCRIPT_BIT(SCRIPT_HEAD) | SCRIPT_BIT(SCRIPT_FINALIZED),
     .help = "the head at arrival; of `head` and `finalized`: to where it moved"},
    {"stream", &script_type_streams, MEMBER(script_match, stream), .events = ON_STREAM,
     .help = "its kind"},
    {"by", &script_type_choice, MEMBER(script_match, by), .choices = by_names,
     .events = SCRIPT_BIT(SCRIPT_CLOSED), .help = "who ended the connection"},
    {"code", &script_type_numbers, MEMBER(script_match, code), .events = SCRIPT_BIT(SCRIPT_CLOSED),
     .help = "of the close frame"},
    {"rule", &script_type_rules, MEMBER(script_match, rule),
     .events = SCRIPT_BIT(SCRIPT_FIRED) | SCRIPT_BIT(SCRIPT_MISSED) | SCRIPT_BIT(SCRIPT_PONGED),
     .help = "which fired, or missed; whose ping the pong answers"},
    {"name", &script_type_patterns, MEMBER(script_match, name), .events = SCRIPT_BIT(SCRIPT_SIGNAL),
     .help = "of the signal"},
    {0},
};

const struct script_member script_until_members[] = {
    {"signal", &script_type_patterns, MEMBER(script_until, match.name),
     .help = "until that signal"},
    {"event", &script_type_event, MEMBER(script_until, event), .help = "until such an event"},
    {"match", &script_type_match, MEMBER(script_until, match), .help = "which of them"},
    {"count", &script_type_number, MEMBER(script_until, count), .least = 1, .preset = 1,
     .help = "so many of them"},
    {0},
};

static const char *const per_names[] = {"space", "connection", "label", NULL};
const struct script_member script_when_members[] = {
    {"nth", &script_type_numbers, MEMBER(script_when, nth), .least = 1,
     .help = "the how-manieth, from 1"},
    {"every", &script_type_number, MEMBER(script_when, every), .least = 1, .help = "each n-th"},
    {"first", &script_type_number, MEMBER(script_when, first), .least = 1,
     .help = "only the first n"},
    {"in_flight", &script_type_number, MEMBER(script_when, in_flight), .least = 1,
     .events = SCRIPT_BIT(SCRIPT_ARRIVED),
     .help = "the arrival by which the unanswered calls that match become n"},
    {"open", &script_type_number, MEMBER(script_when, open), .least = 1,
     .help = "n or more other connections are open"},
    {"per", &script_type_choice, MEMBER(script_when, per), .choices = per_names,
     .help =
         "what `nth`, `every`, `first`, `in_flight` and `open` count together; the space, unless "
         "said"},
    {"times", &script_type_number, MEMBER(script_when, times), .least = 1,
     .help = "the rule fires at most so often in the space"},
    {"after", &script_type_condition, MEMBER(script_when, after),
     .help = "only behind that; nothing is counted before"},
    {"until", &script_type_condition, MEMBER(script_when, until), .help = "only until then"},
    {"chance", &script_type_chance, MEMBER(script_when, chance),
     .help = "drawn by seed, rule, request, occurrence and label"},
    {0},
};

const struct script_member script_condition_members[] = {
    {"rule", &script_type_text, MEMBER(script_condition, rule), .help = "that rule fired"},
    {"signal", &script_type_text, MEMBER(script_condition, signal),
     .help = "that signal was given"},
    {0},
};

/* A name that there is, by its place in `names`, or an error that offers the nearest. */
static enum substrate_status check_name(const struct document_value *value,
                                        const struct base_map *by_name, const char **names,
                                        size_t *index) {
    struct substrate_text name;
    enum substrate_status status = document_string(value, &name);
    const char **found = status == SUBSTRATE_OK ? base_map_get(by_name, name) : NULL;
    if (found != NULL) {
        *index = (size_t)(found - names);
    } else if (status == SUBSTRATE_OK) {
        status = names[0] != NULL ? document_choice(value, (const char *const *)names, index)
                                  : document_refuse(value, "there is none of that name");
    }
    return status;
}

static enum substrate_status read_methods(struct script_reader *reader,
                                          const struct script_member *member,
                                          const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    struct script_patterns *patterns = into;
    enum substrate_status status = script_read_texts(value, patterns);
    for (size_t i = 0; status == SUBSTRATE_OK && i < patterns->count; i++) {
        const struct rpc_method *method = method_find(patterns->list[i]);
        if (method != NULL) {
            patterns->list[i] = base_text(method->name);
        }
        if (patterns->list[i].size == 0) {
            status = document_refuse(value, "a name of a method must not be empty");
        }
    }
    return status;
}
const struct script_type script_type_methods = {
    read_methods, "\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"}",
    "method, `*` for any bytes; or a list"};

/* Must match at least one of the names; of these without a `*` those in the map are known. */
static enum substrate_status check_glob(const struct document_value *value,
                                        struct substrate_text pattern,
                                        const struct base_map *by_name, const char **names) {
    size_t index;
    bool found = by_name != NULL && base_map_get(by_name, pattern) != NULL;
    for (size_t i = 0; names[i] != NULL && !found; i++) {
        found = script_glob(pattern, base_text(names[i]));
    }
    if (found) {
        return SUBSTRATE_OK;
    }
    return names[0] == NULL ? document_refuse(value, "there is none of that name")
                            : document_choice(value, (const char *const *)names, &index);
}

static enum substrate_status read_globs(const struct document_value *value,
                                        const struct base_map *by_name, const char **names,
                                        struct script_patterns *patterns) {
    struct document_value one = *value, *elements = &one;
    size_t count = 1;
    enum substrate_status status = script_read_texts(value, patterns);
    if (status == SUBSTRATE_OK && value->json.kind == BASE_JSON_ARRAY) {
        status = document_list(value, &elements, &count);
    }
    for (size_t i = 0; status == SUBSTRATE_OK && i < count; i++) {
        status = check_glob(&elements[i], patterns->list[i], by_name, names);
    }
    return status;
}

static enum substrate_status read_rule_names(struct script_reader *reader,
                                             const struct script_member *member,
                                             const struct document_value *value, void *into) {
    (void)member;
    return read_globs(value, &reader->rules, reader->rule_names, into);
}
const struct script_type script_type_rules = {
    read_rule_names, "\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"}",
    "name of a rule, `*` for any bytes; or a list"};

#define STREAMS_MAX 32

static void name_streams(const char *names[STREAMS_MAX + 1]) {
    const struct method_stream *stream;
    size_t count = 0;
    for (; (stream = method_stream_row(count)) != NULL; count++) {
        assert(count < STREAMS_MAX);
        names[count] = stream->name;
    }
    names[count] = NULL;
}

static enum substrate_status read_stream(struct script_reader *reader,
                                         const struct script_member *member,
                                         const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    const char *names[STREAMS_MAX + 1];
    size_t index;
    name_streams(names);
    enum substrate_status status = document_choice(value, names, &index);
    return status == SUBSTRATE_OK ? document_string(value, into) : status;
}
const struct script_type script_type_stream = {
    read_stream, "\"type\":\"string\"",
    "`newHeads`, `allHeads`, `finalizedHeads`, `runtimeVersion`, `storage` or `extrinsic`"};

static enum substrate_status read_streams(struct script_reader *reader,
                                          const struct script_member *member,
                                          const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    const char *names[STREAMS_MAX + 1];
    name_streams(names);
    return read_globs(value, NULL, names, into);
}
const struct script_type script_type_streams = {
    read_streams, "\"type\":[\"string\",\"array\"],\"items\":{\"type\":\"string\"}",
    "`newHeads`, `allHeads`, `finalizedHeads`, `runtimeVersion`, `storage`, `extrinsic`, `*` for "
    "any bytes; or a list"};

static enum substrate_status read_event(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    const char *names[SCRIPT_EVENT_KINDS + 1] = {NULL};
    size_t index;
    memcpy(names, script_event_names, sizeof(script_event_names));
    enum substrate_status status = document_choice(value, names, &index);
    *(enum script_event_kind *)into = (enum script_event_kind)index;
    return status;
}
const struct script_type script_type_event = {read_event, "\"$ref\":\"#/$defs/event\"", "event"};

static enum substrate_status read_match(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    (void)member;
    return script_read_members(reader, value, script_match_members, into);
}
const struct script_type script_type_match = {read_match, "\"$ref\":\"#/$defs/match\"", "match"};

/* {signal}, or {event, match, count}: the event says which members the match may have. */
static enum substrate_status read_until_event(struct script_reader *reader,
                                              const struct document_value *value,
                                              struct script_until *until) {
    static const char *const names[] = {"signal", "event", "match", "count", NULL};
    struct document_value m[4];
    unsigned on = reader->on;
    enum substrate_status status = document_members(value, names, m);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (document_has(&m[0]) == document_has(&m[1]) ||
        (document_has(&m[0]) && document_has(&m[2]))) {
        return document_refuse(value, "must be {\"signal\": …} or {\"event\": …, \"match\": …}");
    }
    until->event = SCRIPT_SIGNAL;
    if (document_has(&m[1])) {
        status = read_event(reader, NULL, &m[1], &until->event);
    }
    if (status == SUBSTRATE_OK) {
        reader->on = until->event;
        status = script_read_members(reader, value, script_until_members, until);
        reader->on = on;
    }
    until->kind = SCRIPT_UNTIL_EVENT;
    until->event = document_has(&m[1]) ? until->event : SCRIPT_SIGNAL;
    return status;
}

static enum substrate_status read_until(struct script_reader *reader,
                                        const struct script_member *member,
                                        const struct document_value *value, void *into) {
    struct script_until *until = into;
    if (value->json.kind == BASE_JSON_STRING) {
        until->kind = SCRIPT_UNTIL_TIME;
        return script_type_time.read(reader, member, value, &until->time_us);
    }
    return read_until_event(reader, value, until);
}
const struct script_type script_type_until = {
    read_until, "\"$ref\":\"#/$defs/until\"",
    "`{\"signal\":NAME}`, `{\"event\":EVENT,\"match\":{…},\"count\":n}`, or a time"};

static enum substrate_status read_condition(struct script_reader *reader,
                                            const struct script_member *member,
                                            const struct document_value *value, void *into) {
    (void)member;
    static const char *const names[] = {"rule", "signal", NULL};
    struct script_condition *condition = into;
    struct document_value m[2];
    enum substrate_status status = document_members(value, names, m);
    if (status == SUBSTRATE_OK && document_has(&m[0]) == document_has(&m[1])) {
        return document_refuse(value, "must be {\"rule\": …} or {\"signal\": …}");
    }
    condition->given = true;
    if (status == SUBSTRATE_OK) {
        status = script_read_members(reader, value, script_condition_members, condition);
    }
    size_t index;
    return status == SUBSTRATE_OK && document_has(&m[0])
               ? check_name(&m[0], &reader->rules, reader->rule_names, &index)
               : status;
}
const struct script_type script_type_condition = {read_condition, "\"$ref\":\"#/$defs/condition\"",
                                                  "`{\"rule\":NAME}` or `{\"signal\":NAME}`"};

/* ---- gates ---- */

static enum substrate_status read_gate_name(struct script_reader *reader,
                                            const struct script_member *member,
                                            const struct document_value *value, void *into) {
    (void)member;
    size_t index = 0;
    if (reader->gate_names[0] == NULL) {
        return document_refuse(value, "the script has no \"gates\"");
    }
    enum substrate_status status = check_name(value, &reader->gates, reader->gate_names, &index);
    *(size_t *)into = index + 1;
    return status;
}
const struct script_type script_type_gate = {read_gate_name, "\"type\":\"string\"",
                                             "name of a gate"};

static const char *const order_names[] = {"arrival",       "reversed",      "shuffled",      "next",
                                          "first_is_last", "last_is_first", "one_at_a_time", NULL};

static enum substrate_status read_gate_order(struct script_reader *reader,
                                             const struct script_member *member,
                                             const struct document_value *value, void *into) {
    (void)reader;
    (void)member;
    struct script_sequence *order = into;
    size_t index = 0;
    if (value->json.kind == BASE_JSON_ARRAY) {
        order->kind = SCRIPT_GATE_LIST;
        return script_read_permutation(value, &order->list, &order->count);
    }
    enum substrate_status status = document_choice(value, order_names, &index);
    order->kind = (enum script_gate_order)index;
    return status;
}
const struct script_type script_type_gate_order = {
    read_gate_order, "\"type\":[\"string\",\"array\"]",
    "`\"arrival\"`, `\"reversed\"`, `\"shuffled\"`, `\"next\"`, `\"first_is_last\"`, "
    "`\"last_is_first\"`, `\"one_at_a_time\"`, or a permutation of 0 to n - 1"};

const struct script_member script_gate_members[] = {
    {"name", &script_type_text, MEMBER(script_gate_rule, name), .required = true, .least = 1,
     .help = "that `hold` gives"},
    {"n", &script_type_number, MEMBER(script_gate_rule, n), .least = 1, .most = GATE_MAX,
     .help = "so many are held before they go"},
    {"order", &script_type_gate_order, MEMBER(script_gate_rule, order),
     .help = "in which they leave"},
    {"per", &script_type_choice, MEMBER(script_gate_rule, per), .choices = per_names,
     .help = "what is counted together; the space, unless said"},
    {"limit", &script_type_limit, MEMBER(script_gate_rule, limit_us), .preset = SCRIPT_LIMIT_US,
     .help = "how long a group is waited for; 5s"},
    {"again", &script_type_flag, MEMBER(script_gate_rule, again),
     .help = "another group follows, and so on"},
    {"settled", &script_type_time, MEMBER(script_gate_rule, settled_us), .least = 1,
     .help = "a group is closed when no call came for so long"},
    {0},
};

enum substrate_status script_read_gate(struct script_reader *reader,
                                       const struct document_value *value,
                                       struct script_gate_rule *gate) {
    enum substrate_status status = script_read_members(reader, value, script_gate_members, gate);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (gate->n == 0 && gate->settled_us == 0) {
        return document_refuse(value, "lacks \"n\" or \"settled\": nothing closes the gate");
    }
    if (gate->order.kind == SCRIPT_GATE_LIST && gate->order.count != gate->n) {
        return document_refuse(value, "\"order\" has %zu numbers, and \"n\" is %llu",
                               gate->order.count, (unsigned long long)gate->n);
    }
    return SUBSTRATE_OK;
}
