/* Writes facts as a fixture folder, so that a reader finds either what was there before or all of
 * the new: every file is first written whole beside its place, then renamed, the manifest last. */
#ifndef RECORD_WRITER_H
#define RECORD_WRITER_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "chain/facts.h"

/* The files of a folder that are about to change together. */
struct writer {
    const char *folder; /* borrowed */
    char **names;       /* written as NAME.new, waiting for their rename */
    size_t count, capacity;
};

/* Makes the folder (and its blobs/) when it is not there. */
enum substrate_status writer_begin(struct writer *writer, const char *folder,
                                   struct substrate_error *error);
/* Writes FOLDER/NAME.new and has it on the disk. */
enum substrate_status writer_put(struct writer *writer, const char *name,
                                 struct substrate_text content, struct substrate_error *error);
/* Renames all in the order of writer_put. */
enum substrate_status writer_commit(struct writer *writer, struct substrate_error *error);
/* Takes back what was not committed, and frees. */
void writer_end(struct writer *writer);

/* The manifest's entry of one file. */
struct writer_entry {
    const char *name;
    struct substrate_text content;
};
/* Appends the manifest's one line. */
void writer_manifest(struct base_buf *out, const struct facts *facts,
                     const struct writer_entry *entries, size_t count);

/* Writes a whole fixture. The facts must be normalised. An unfinished one keeps an empty log beside
 * its files, so that it loads and can be resumed; a finished one loses its log. Blobs that no
 * runtime names are removed. */
enum substrate_status write_fixture(const struct facts *facts, const char *folder,
                                    struct substrate_error *error);

#endif
