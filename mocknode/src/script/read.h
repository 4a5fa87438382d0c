/* Tables of members that the reader and the schema share. */
#ifndef SCRIPT_READ_H
#define SCRIPT_READ_H

#include "script/types.h"

extern const struct script_member script_match_members[], script_when_members[],
    script_gate_members[];

#endif
