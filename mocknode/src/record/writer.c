/* The fixture writer: files in memory, then on the disk beside their places, then renamed. Whatever
 * goes wrong before the first rename (a full disk above all) leaves the folder as it was. */
#include "record/writer.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <substrate/hash.h>
#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/files.h"
#include "record/lines.h"

static enum substrate_status no_memory(const char *folder, struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_MEMORY, "%s: out of memory; nothing was changed", folder);
}

enum substrate_status writer_begin(struct writer *writer, const char *folder,
                                   struct substrate_error *error) {
    *writer = (struct writer){.folder = folder};
    enum substrate_status status = file_make_folder(folder, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    char *blobs = file_path(folder, "blobs", "");
    if (blobs == NULL) {
        return no_memory(folder, error);
    }
    status = file_make_folder(blobs, error);
    base_free(blobs);
    return status;
}

enum substrate_status writer_put(struct writer *writer, const char *name,
                                 struct substrate_text content, struct substrate_error *error) {
    char *copy = base_strdup(base_text(name));
    char *path = file_path(writer->folder, name, ".new");
    enum substrate_status status = SUBSTRATE_E_MEMORY;
    if (copy == NULL || path == NULL ||
        !base_grow((void **)&writer->names, &writer->capacity, writer->count + 1,
                   sizeof *writer->names)) {
        no_memory(writer->folder, error);
    } else {
        status = file_write(path, content, error);
    }
    if (status == SUBSTRATE_OK) {
        writer->names[writer->count++] = copy;
        copy = NULL;
    }
    base_free(copy);
    base_free(path);
    return status;
}

static enum substrate_status rename_new(const char *folder, const char *name,
                                        struct substrate_error *error) {
    char *from = file_path(folder, name, ".new");
    char *to = file_path(folder, name, "");
    enum substrate_status status = SUBSTRATE_OK;
    if (from == NULL || to == NULL) {
        status = base_fail(error, SUBSTRATE_E_MEMORY, "%s/%s: out of memory", folder, name);
    } else if (rename(from, to) != 0) {
        status = base_fail(error, SUBSTRATE_E_IO, "%s: cannot be put into place: %s", to,
                           strerror(errno));
    }
    base_free(from);
    base_free(to);
    return status;
}

enum substrate_status writer_commit(struct writer *writer, struct substrate_error *error) {
    for (size_t i = 0; i < writer->count; i++) {
        enum substrate_status status = rename_new(writer->folder, writer->names[i], error);
        if (status != SUBSTRATE_OK) {
            return status;
        }
        base_free(writer->names[i]);
        writer->names[i] = NULL;
    }
    writer->count = 0;
    return SUBSTRATE_OK;
}

void writer_end(struct writer *writer) {
    for (size_t i = 0; i < writer->count; i++) {
        if (writer->names[i] == NULL) {
            continue;
        }
        char *path = file_path(writer->folder, writer->names[i], ".new");
        if (path != NULL) {
            unlink(path);
        }
        base_free(path);
        base_free(writer->names[i]);
    }
    base_free(writer->names);
    *writer = (struct writer){0};
}

/* ---- content ---- */

void writer_manifest(struct base_buf *out, const struct facts *facts,
                     const struct writer_entry *entries, size_t count) {
    base_buf_format(out, "{\"format\":%d", FACTS_FORMAT);
    if (facts->chain.data != NULL) {
        base_buf_str(out, ",\"chain\":");
        base_json_write_string(out, facts->chain);
    }
    if (facts->has_genesis) {
        base_buf_str(out, ",\"genesis\":{\"hash\":");
        line_hash(out, &facts->genesis);
        base_buf_format(out, ",\"assigned\":%s}", facts->genesis_assigned ? "true" : "false");
    }
    if (facts->has_head) {
        base_buf_str(out, ",\"head\":");
        line_hash(out, &facts->head);
    }
    if (facts->has_finalized) {
        base_buf_str(out, ",\"finalized\":");
        line_hash(out, &facts->finalized);
    }
    base_buf_str(out, ",\"provenance\":");
    base_buf_text(out, facts->provenance.data != NULL ? facts->provenance : BASE_TEXT("{}"));
    base_buf_str(out, ",\"redacted\":");
    base_buf_text(out, facts->redacted.data != NULL ? facts->redacted : BASE_TEXT("[]"));
    base_buf_str(out, facts->unfinished ? ",\"unfinished\":true,\"files\":{" : ",\"files\":{");
    for (size_t i = 0; i < count; i++) {
        char digest[65];
        const struct substrate_text content = entries[i].content;
        blob_name((struct substrate_bytes){(const uint8_t *)content.data, content.size}, digest);
        base_buf_format(out, "%s\"%s\":{\"bytes\":%zu,\"blake2_256\":\"%s\"}", i > 0 ? "," : "",
                        entries[i].name, content.size, digest);
    }
    base_buf_str(out, "}}\n");
}

enum { BLOCKS, CALLS, RUNTIMES, STATE, FILE_COUNT };
static const char *const NAMES[FILE_COUNT] = {"blocks.jsonl", "calls.jsonl", "runtimes.jsonl",
                                              "state.jsonl"};

static void fill(const struct facts *facts, struct base_buf *files) {
    for (size_t i = 0; i < facts->block_count; i++) {
        line_block(&files[BLOCKS], &facts->blocks[i]);
        base_buf_char(&files[BLOCKS], '\n');
    }
    for (size_t i = 0; i < facts->call_count; i++) {
        line_call(&files[CALLS], &facts->calls[i]);
        base_buf_char(&files[CALLS], '\n');
    }
    for (size_t i = 0; i < facts->runtime_count; i++) {
        line_runtime(&files[RUNTIMES], &facts->runtimes[i]);
        base_buf_char(&files[RUNTIMES], '\n');
    }
    for (size_t i = 0; i < facts->set_count; i++) {
        line_set(&files[STATE], &facts->sets[i]);
        base_buf_char(&files[STATE], '\n');
        for (size_t j = 0; j < facts->sets[i].change_count; j++) {
            line_change(&files[STATE], &facts->sets[i].changes[j]);
            base_buf_char(&files[STATE], '\n');
        }
    }
}

static enum substrate_status put_blobs(struct writer *writer, const struct facts *facts,
                                       struct substrate_error *error) {
    for (size_t i = 0; i < facts->runtime_count; i++) {
        const struct fact_runtime *runtime = &facts->runtimes[i];
        for (size_t j = 0; j < runtime->metadata_count; j++) {
            struct substrate_bytes content = runtime->metadata[j].bytes;
            char name[72] = "blobs/";
            blob_name(content, name + 6);
            enum substrate_status status = writer_put(
                writer, name, (struct substrate_text){(const char *)content.data, content.size},
                error);
            if (status != SUBSTRATE_OK) {
                return status;
            }
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status put_files(struct writer *writer, const struct facts *facts,
                                       struct base_buf *files, struct substrate_error *error) {
    struct writer_entry entries[FILE_COUNT];
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if (files[i].failed) {
            return no_memory(writer->folder, error);
        }
        entries[i] = (struct writer_entry){NAMES[i], base_buf_view(&files[i])};
        enum substrate_status status = writer_put(writer, NAMES[i], entries[i].content, error);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    enum substrate_status status = SUBSTRATE_OK;
    if (facts->unfinished) {
        status = writer_put(writer, "log.jsonl", BASE_TEXT(""), error);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    writer_manifest(&files[FILE_COUNT], facts, entries, FILE_COUNT);
    if (files[FILE_COUNT].failed) {
        return no_memory(writer->folder, error);
    }
    return writer_put(writer, "manifest.json", base_buf_view(&files[FILE_COUNT]), error);
}

static bool names_blob(const struct facts *facts, const char *name) {
    for (size_t i = 0; i < facts->runtime_count; i++) {
        for (size_t j = 0; j < facts->runtimes[i].metadata_count; j++) {
            char used[65];
            blob_name(facts->runtimes[i].metadata[j].bytes, used);
            if (strcmp(used, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void remove_file(const char *folder, const char *name) {
    char *path = file_path(folder, name, "");
    if (path != NULL) {
        unlink(path);
    }
    base_free(path);
}

/* What the new manifest does not name any more. Failing to remove it harms nobody. */
static void remove_stale(const struct facts *facts, const char *folder) {
    if (!facts->unfinished) {
        remove_file(folder, "log.jsonl");
    }
    char *blobs = file_path(folder, "blobs", "");
    DIR *entries = blobs == NULL ? NULL : opendir(blobs);
    const struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] != '.' && !names_blob(facts, entry->d_name)) {
            remove_file(blobs, entry->d_name);
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
    base_free(blobs);
}

enum substrate_status write_fixture(const struct facts *facts, const char *folder,
                                    struct substrate_error *error) {
    struct base_buf files[FILE_COUNT + 1] = {BASE_BUF_INIT};
    struct writer writer;
    enum substrate_status status = writer_begin(&writer, folder, error);
    if (status == SUBSTRATE_OK) {
        fill(facts, files);
        status = put_blobs(&writer, facts, error);
    }
    if (status == SUBSTRATE_OK) {
        status = put_files(&writer, facts, files, error);
    }
    if (status == SUBSTRATE_OK) {
        status = writer_commit(&writer, error);
    }
    writer_end(&writer);
    for (size_t i = 0; i <= FILE_COUNT; i++) {
        base_buf_free(&files[i]);
    }
    if (status == SUBSTRATE_OK) {
        remove_stale(facts, folder);
    }
    return status;
}
