/* Tables of members that the reader and the schema share. */
#ifndef SCRIPT_READ_H
#define SCRIPT_READ_H

#include "script/types.h"

extern const struct script_member script_match_members[], script_when_members[],
    script_gate_members[], script_until_members[], script_condition_members[];

/* What these events are about has no connection. */
#define SCRIPT_WITHOUT_CONNECTION \
    (SCRIPT_BIT(SCRIPT_HEAD) | SCRIPT_BIT(SCRIPT_FINALIZED) | SCRIPT_BIT(SCRIPT_SIGNAL))

/* Puts a copy of a name in its place, and its place under the name. false: out of memory. */
bool script_name_add(struct base_arena *arena, struct base_map *by_name, const char **place,
                     struct substrate_text name);
const struct script_member *script_brief_of(const struct script_action_row *row);
enum substrate_status script_read_gate(struct script_reader *reader,
                                       const struct document_value *value,
                                       struct script_gate_rule *gate);

#endif
