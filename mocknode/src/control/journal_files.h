/* The files of `serve --journal FILE`: FILE gets a line for each event as it comes, FILE.canonical
 * the canonical lines of each space when it is dropped or at the end. */
#ifndef CONTROL_JOURNAL_FILES_H
#define CONTROL_JOURNAL_FILES_H

#include <stdbool.h>
#include <stdio.h>

struct journal_files {
    const char *path; /* NULL: none are written */
    FILE *events, *canonical;
};

/* false: one line has been written to standard error. */
bool journal_files_open(struct journal_files *files, const char *path);
/* What could not be written is said once, here: serving did not stop for it. */
bool journal_files_close(struct journal_files *files);

#endif
