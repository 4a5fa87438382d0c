/* Fixture folders for tests: the sample written to a new folder under TMPDIR, single files of it
 * replaced, and an allocator of which the n-th allocation fails. */
#ifndef CHAIN_FOLDER_H
#define CHAIN_FOLDER_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <substrate/base.h>
#include <substrate/hash.h>
#include "fixture/facts.h"
#include "chain_sample.h"
#include "check_main.h"

struct folder {
    char path[64];
};

static const char *const FOLDER_FILES[] = {"blocks.jsonl", "runtimes.jsonl", "state.jsonl",
                                           "calls.jsonl", "manifest.json"};
static const struct substrate_text FOLDER_TEXTS[] = {{SAMPLE_BLOCKS, sizeof SAMPLE_BLOCKS - 1},
                                                     {SAMPLE_RUNTIMES, sizeof SAMPLE_RUNTIMES - 1},
                                                     {SAMPLE_STATE, sizeof SAMPLE_STATE - 1},
                                                     {SAMPLE_CALLS, sizeof SAMPLE_CALLS - 1},
                                                     {SAMPLE_MANIFEST, sizeof SAMPLE_MANIFEST - 1}};
#define FOLDER_FILE_COUNT (sizeof FOLDER_FILES / sizeof *FOLDER_FILES)

static inline void folder_write(const struct folder *folder, const char *name, const void *data,
                                size_t size) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void folder_write_text(const struct folder *folder, const char *name,
                                     const char *text) {
    folder_write(folder, name, text, strlen(text));
}

static inline struct folder folder_empty(void) {
    struct folder folder;
    char blobs[128];
    snprintf(folder.path, sizeof folder.path, "/tmp/mocknode-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder.path));
    snprintf(blobs, sizeof blobs, "%s/blobs", folder.path);
    ck_assert_int_eq(mkdir(blobs, 0700), 0);
    return folder;
}

static inline struct folder folder_sample(void) {
    struct folder folder = folder_empty();
    for (size_t i = 0; i < FOLDER_FILE_COUNT; i++) {
        folder_write(&folder, FOLDER_FILES[i], FOLDER_TEXTS[i].data, FOLDER_TEXTS[i].size);
    }
    folder_write(&folder, "blobs/" SAMPLE_BLOB, SAMPLE_META, sizeof SAMPLE_META);
    return folder;
}

static inline void folder_remove(const struct folder *folder) {
    static const char *const OTHERS[] = {"log.jsonl", "blobs/" SAMPLE_BLOB};
    char path[256];
    for (size_t i = 0; i < FOLDER_FILE_COUNT; i++) {
        snprintf(path, sizeof path, "%s/%s", folder->path, FOLDER_FILES[i]);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        snprintf(path, sizeof path, "%s/%s", folder->path, OTHERS[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/blobs", folder->path);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(rmdir(folder->path), 0);
}

/* `text` with the first `from` replaced by `to`; freed by the caller. */
static inline char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "'%s' is not in the file", from);
    size_t before = (size_t)(at - text);
    size_t size = strlen(text) + strlen(to) + 1;
    char *out = malloc(size);
    ck_assert_ptr_nonnull(out);
    (void)snprintf(out, size, "%.*s%s%s", (int)before, text, to, at + strlen(from));
    return out;
}

static inline struct substrate_hash hash_of(const char *hex) {
    struct substrate_hash hash;
    ck_assert_int_eq(substrate_hash_parse(base_text(hex), &hash), SUBSTRATE_OK);
    return hash;
}

static inline struct facts *folder_load(const struct folder *folder, unsigned flags) {
    struct facts *facts = NULL;
    struct substrate_error error = {0};
    enum substrate_status status = facts_load(folder->path, flags, &facts, &error);
    ck_assert_msg(status == SUBSTRATE_OK, "%s", error.message);
    return facts;
}

/* Counts allocations down, fails the one that reaches 0, and counts what is alive. */
struct failing {
    size_t left, alive;
    bool failed;
};

static inline void *failing_resize(void *context, void *memory, size_t size) {
    struct failing *failing = context;
    if (size == 0) {
        failing->alive -= memory != NULL;
        free(memory);
        return NULL;
    }
    if (failing->left > 0 && --failing->left == 0) {
        failing->failed = true;
        return NULL;
    }
    void *resized = realloc(memory, size);
    failing->alive += memory == NULL && resized != NULL;
    return resized;
}

#endif
