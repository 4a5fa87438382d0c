/* The script that `serve` was given: a file, and behind it profiles. */
#ifndef CONTROL_SCRIPT_FILES_H
#define CONTROL_SCRIPT_FILES_H

#include <stddef.h>
#include "script/script.h"

/* Reads the file (NULL: none) and behind it the profiles of these names. `latency`: NULL, or the
 * script's latency in place of the one that the file says. Gives *script, NULL when there is
 * nothing to read. The error names source and place. */
enum substrate_status script_files_read(const char *path, const char *latency,
                                        const char *const *profiles, size_t profile_count,
                                        struct script **script, struct substrate_error *error);

#endif
