/* Profiles: scripts that the program has in itself. They ship as files in mocknode/profiles/. */
#ifndef SCRIPT_PROFILE_H
#define SCRIPT_PROFILE_H

#include "script/script.h"

/* Ended by a NULL name. */
extern const struct script_source script_profiles[];
/* Sets *profile. E_ARGUMENT: the error names those that there are, and the nearest. */
enum substrate_status script_profile_find(const char *name, struct script_source *profile,
                                          struct substrate_error *error);

#endif
