/* What a script may hold, out of the tables that it is read by: JSON Schema for programs, tables of
 * Markdown for people. */
#include <string.h>
#include "base/json.h"
#include "base/text.h"
#include "script/read.h"
#include "script/script.h"

static const struct script_member no_members[] = {{0}};

static const struct script_member *members_of(const struct script_action_row *row) {
    return row->members != NULL ? row->members : no_members;
}

/* ---- JSON Schema ---- */

static void write_choices(struct base_buf *out, const char *const *choices, const char *quote) {
    for (size_t i = 0; choices != NULL && choices[i] != NULL; i++) {
        base_buf_format(out, "%s%s%s%s", i > 0 ? "," : "", quote, choices[i], quote);
    }
}

/* The type's text, with the choices in place of its @. */
static void write_type(struct base_buf *out, const char *text, const struct script_member *member,
                       const char *quote) {
    for (; *text != '\0'; text++) {
        if (*text == '@') {
            write_choices(out, member->choices, quote);
        } else {
            base_buf_char(out, *text);
        }
    }
}

static void write_member_schema(struct base_buf *out, const struct script_member *member) {
    base_buf_char(out, '{');
    write_type(out, member->type->schema, member, "\"");
    base_buf_str(out, member->type->schema[0] != '\0' ? ",\"description\":" : "\"description\":");
    base_json_write_string(out, base_text(member->help));
    base_buf_char(out, '}');
}

static void write_object(struct base_buf *out, const struct script_member *members) {
    bool any = false;
    base_buf_str(out, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (size_t i = 0; members[i].name != NULL; i++) {
        base_buf_format(out, "%s\"%s\":", i > 0 ? "," : "", members[i].name);
        write_member_schema(out, &members[i]);
    }
    base_buf_char(out, '}');
    for (size_t i = 0; members[i].name != NULL; i++) {
        if (members[i].required) {
            base_buf_format(out, "%s\"%s\"", any ? "," : ",\"required\":[", members[i].name);
            any = true;
        }
    }
    base_buf_str(out, any ? "]}" : "}");
}

static bool needs_members(const struct script_action_row *row) {
    bool needs = row->needs_parts;
    for (const struct script_member *at = members_of(row); at->name != NULL; at++) {
        needs = needs || at->required;
    }
    return needs;
}

/* What may stand behind the action's name: true, the brief form, an object. */
static void write_action_schema(struct base_buf *out, const struct script_action_row *row) {
    const struct script_member *brief = script_brief_of(row);
    base_buf_format(out,
                    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"%s\"],"
                    "\"description\":",
                    row->name);
    base_json_write_string(out, base_text(row->help));
    base_buf_format(out, ",\"properties\":{\"%s\":", row->name);
    if (row->whole) {
        write_member_schema(out, brief);
    } else {
        base_buf_str(out, "{\"anyOf\":[");
        if (!needs_members(row)) {
            base_buf_str(out, "{\"const\":true},");
        }
        if (brief != NULL) {
            write_member_schema(out, brief);
            base_buf_char(out, ',');
        }
        write_object(out, members_of(row));
        base_buf_str(out, "]}");
    }
    base_buf_str(out, "}}");
}

static void write_events(struct base_buf *out) {
    base_buf_str(out, "\"event\":{\"enum\":[");
    for (size_t i = 0; i < SCRIPT_EVENT_KINDS; i++) {
        base_buf_format(out, "%s\"%s\"", i > 0 ? "," : "", script_event_names[i]);
    }
    base_buf_str(out, "]}");
}

void script_write_schema(struct base_buf *out) {
    static const struct {
        const char *name;
        const struct script_member *members;
    } objects[] = {{"match", script_match_members},
                   {"when", script_when_members},
                   {"gate", script_gate_members},
                   {"condition", script_condition_members}};
    base_buf_str(out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":"
                      "\"A script of mocknode\",\"type\":\"object\",\"additionalProperties\":false,"
                      "\"properties\":{\"rules\":{\"type\":\"array\",\"items\":{\"$ref\":"
                      "\"#/$defs/rule\"}},\"gates\":{\"type\":\"array\",\"items\":{\"$ref\":"
                      "\"#/$defs/gate\"}},\"latency\":{\"type\":\"string\"},\"writes\":{\"enum\":["
                      "\"accept\"]},\"start\":{\"type\":\"array\",\"items\":{\"$ref\":"
                      "\"#/$defs/action\"}}},\"$defs\":{\n");
    write_events(out);
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        base_buf_format(out, ",\n\"%s\":", objects[i].name);
        write_object(out, objects[i].members);
    }
    base_buf_str(out, ",\n\"until\":{\"anyOf\":[{\"type\":\"string\"},");
    write_object(out, script_until_members);
    base_buf_str(
        out, "]},\n\"target\":{\"anyOf\":[{\"enum\":[\"this\",\"all\"]},{\"type\":\"object\","
             "\"properties\":{\"connection\":{\"type\":\"integer\"},\"label\":{\"type\":"
             "\"string\"}},\"additionalProperties\":false,\"minProperties\":1,"
             "\"maxProperties\":1}]},\n"
             "\"rule\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"on\","
             "\"do\"],\"properties\":{\"name\":{\"type\":\"string\"},\"on\":{\"$ref\":"
             "\"#/$defs/event\"},\"match\":{\"$ref\":\"#/$defs/match\"},\"when\":{\"$ref\":"
             "\"#/$defs/when\"},\"do\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":"
             "\"#/$defs/action\"}},\"target\":{\"$ref\":\"#/$defs/target\"}}},\n"
             "\"action\":{\"oneOf\":[\n");
    for (size_t i = 0; script_action_rows[i].name != NULL; i++) {
        base_buf_str(out, i > 0 ? ",\n" : "");
        write_action_schema(out, &script_action_rows[i]);
    }
    base_buf_str(out, "]}}}\n");
}

/* ---- tables ---- */

static void write_member_rows(struct base_buf *out, const struct script_member *members) {
    for (; members->name != NULL; members++) {
        char words[240];
        base_buf_format(out, "| `%s` | ", members->name);
        write_type(out, members->type->words, members, "`");
        base_buf_format(
            out, " | %s%s%s |\n", members->help, members->events != 0 ? "; of " : "",
            members->events != 0 ? script_events_words(members->events, words, sizeof words) : "");
    }
}

static void write_members_cell(struct base_buf *out, const struct script_action_row *row) {
    const struct script_member *members = members_of(row);
    for (size_t i = 0; members[i].name != NULL; i++) {
        bool brief = row->brief != NULL && strcmp(row->brief, members[i].name) == 0;
        base_buf_str(out, i > 0 ? "; " : "");
        base_buf_format(out, brief ? "**`%s`** (" : "`%s` (", members[i].name);
        write_type(out, members[i].type->words, &members[i], "`");
        base_buf_format(out, "): %s", members[i].help);
    }
}

static void write_stands_on(struct base_buf *out, uint32_t events) {
    char words[240];
    uint32_t all = SCRIPT_BIT(SCRIPT_EVENT_KINDS) - 1;
    bool any = (events & all) == all;
    base_buf_str(out, any ? "any" : script_events_words(events, words, sizeof words));
}

void script_write_actions(struct base_buf *out) {
    base_buf_str(out, "| action | stage | stands on | members | what it does |\n"
                      "| --- | --- | --- | --- | --- |\n");
    for (const struct script_action_row *row = script_action_rows; row->name != NULL; row++) {
        base_buf_format(out, "| `%s` | %s | ", row->name, script_stage_names[row->stage]);
        write_stands_on(out, row->events);
        base_buf_str(out, " | ");
        write_members_cell(out, row);
        base_buf_format(out, " | %s |\n", row->help);
    }
    base_buf_str(out, "\n| in `match` | value | |\n| --- | --- | --- |\n");
    write_member_rows(out, script_match_members);
    base_buf_str(out, "\n| in `when` | value | |\n| --- | --- | --- |\n");
    write_member_rows(out, script_when_members);
    base_buf_str(out, "\n| in a gate | value | |\n| --- | --- | --- |\n");
    write_member_rows(out, script_gate_members);
}
