/* Small file helpers of the fixture tools. */
#ifndef RECORD_FILES_H
#define RECORD_FILES_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/buf.h"

/* Appends a whole file. E_IO and E_LIMIT name the path. */
enum substrate_status file_read(const char *path, size_t max, struct base_buf *out,
                                struct substrate_error *error);
/* FOLDER/NAME and a suffix, terminated, freed with base_free; NULL: out of memory. */
char *file_path(const char *folder, const char *name, const char *suffix);
/* Makes a folder, or finds it there. */
enum substrate_status file_make_folder(const char *path, struct substrate_error *error);
/* Whether there is such a file or folder. */
bool file_exists(const char *path);
/* Whether a folder can be written into from nothing: it is not there, or empty. */
bool file_is_empty_folder(const char *path);
/* Writes and syncs a whole file; a half-written one is removed. */
enum substrate_status file_write(const char *path, struct substrate_text content,
                                 struct substrate_error *error);

#endif
