/* Reads a fixture folder: the manifest, the files that it names, the log of an unfinished
 * recording. Files are read whole; what a line says is facts_line.c's business. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <substrate/hash.h>
#include "base/buf.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"
#include "chain/facts.h"
#include "chain/facts_line.h"

/* A fixture is small enough to read in a diff; this only keeps a hostile one from eating the
 * memory. */
#define FILE_BYTES_MAX ((off_t)1 << 30)
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char EDIT[] = "restore the file, or run mocknode verify --seal after an edit";

static enum substrate_status read_all(struct facts_reader *reader, int fd, const char *name,
                                      struct substrate_text *content) {
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return base_fail(reader->error, SUBSTRATE_E_IO, "%s/%s: not a regular file", reader->folder,
                         name);
    }
    if (info.st_size > FILE_BYTES_MAX) {
        return base_fail(reader->error, SUBSTRATE_E_LIMIT, "%s/%s: bigger than the limit of 1 GiB",
                         reader->folder, name);
    }
    struct facts *facts = reader->facts;
    size_t size = (size_t)info.st_size;
    char *data = NULL;
    if (base_grow((void **)&facts->files, &facts->file_capacity, facts->file_count + 1,
                  sizeof *facts->files)) {
        data = base_alloc(size + 1);
    }
    if (data == NULL) {
        return base_fail(reader->error, SUBSTRATE_E_MEMORY, "%s/%s: out of memory", reader->folder,
                         name);
    }
    facts->files[facts->file_count++] = data;
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, data + done, size - done);
        if (got == 0) {
            break; /* cut off since fstat: its digest or its last line will tell */
        }
        if (got < 0 && errno != EINTR) {
            return base_fail(reader->error, SUBSTRATE_E_IO, "%s/%s: %s", reader->folder, name,
                             strerror(errno));
        }
        done += got > 0 ? (size_t)got : 0;
    }
    data[done] = '\0';
    *content = (struct substrate_text){data, done};
    return SUBSTRATE_OK;
}

enum substrate_status facts_read_file(struct facts_reader *reader, const char *name,
                                      struct substrate_text *content) {
    struct base_buf path = BASE_BUF_INIT;
    base_buf_format(&path, "%s/%s", reader->folder, name);
    base_buf_char(&path, '\0');
    if (path.failed) {
        base_buf_free(&path);
        return base_fail(reader->error, SUBSTRATE_E_MEMORY, "%s: out of memory", reader->folder);
    }
    /* Without O_NONBLOCK a named pipe in the place of a file would hang us. */
    int fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int reason = errno;
    base_buf_free(&path);
    if (fd < 0) {
        return base_fail(reader->error, reason == ENOENT ? SUBSTRATE_E_NOT_FOUND : SUBSTRATE_E_IO,
                         "%s/%s: %s", reader->folder, name, strerror(reason));
    }
    enum substrate_status status = read_all(reader, fd, name, content);
    close(fd);
    return status;
}

typedef enum substrate_status (*line_reader)(struct facts_reader *, struct base_json);

/* Gives each line to `read`. A log may end within a line, which then was not finished. */
static enum substrate_status read_lines(struct facts_reader *reader, const char *name,
                                        struct substrate_text content, line_reader read) {
    const char *at = content.data, *end = content.data + content.size;
    reader->file = name;
    reader->line = 0;
    reader->open_set = 0;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        reader->line++;
        if (stop == NULL) {
            return reader->log ? SUBSTRATE_OK
                               : facts_refuse(reader, "the last line is cut off: %s", EDIT);
        }
        struct base_json value;
        size_t position = 0;
        enum substrate_status status =
            base_json_parse((struct substrate_text){at, (size_t)(stop - at)}, BASE_JSON_DEPTH_MAX,
                            &value, &position);
        if (status != SUBSTRATE_OK) {
            return facts_refuse(reader, "not JSON from column %zu on: %s", position + 1, EDIT);
        }
        status = read(reader, value);
        if (status != SUBSTRATE_OK) {
            return status;
        }
        at = stop + 1;
    }
    return SUBSTRATE_OK;
}

static enum substrate_status check_digest(struct facts_reader *reader, const char *name,
                                          struct base_json entry, struct substrate_text content) {
    static const char *const NAMES[] = {"bytes", "blake2_256"};
    struct base_json m[COUNT(NAMES)];
    enum substrate_status status = facts_members(reader, entry, NAMES, COUNT(NAMES), m);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    uint64_t bytes;
    if (!base_json_u64(m[0], &bytes) || m[1].kind != BASE_JSON_STRING || m[1].raw.size != 66) {
        return facts_refuse(reader, "the entry of %s must have \"bytes\" and \"blake2_256\"", name);
    }
    if ((reader->flags & FACTS_LOAD_DIGESTS) == 0) {
        return SUBSTRATE_OK;
    }
    uint8_t digest[32];
    char hex[64];
    substrate_blake2_256((struct substrate_bytes){(const uint8_t *)content.data, content.size},
                         digest);
    base_hex_write((struct substrate_bytes){digest, sizeof digest}, hex);
    if (bytes != content.size || memcmp(m[1].raw.data + 1, hex, sizeof hex) != 0) {
        return base_fail(reader->error, SUBSTRATE_E_DECODE,
                         "%s/%s: its digest is not the one in manifest.json; %s", reader->folder,
                         name, EDIT);
    }
    return SUBSTRATE_OK;
}

/* Reads the files that the manifest names, blocks before what belongs to blocks. */
static enum substrate_status read_files(struct facts_reader *reader, struct base_json files) {
    static const char *const NAMES[] = {"blocks.jsonl", "runtimes.jsonl", "state.jsonl",
                                        "calls.jsonl"};
    static const line_reader READ[] = {facts_line_block, facts_line_runtime, facts_line_state,
                                       facts_line_call};
    struct base_json m[COUNT(NAMES)];
    enum substrate_status status = facts_members(reader, files, NAMES, COUNT(NAMES), m);
    for (size_t i = 0; i < COUNT(NAMES) && status == SUBSTRATE_OK; i++) {
        if (m[i].kind == BASE_JSON_NONE) {
            continue;
        }
        struct substrate_text content;
        reader->file = "manifest.json";
        reader->line = 0;
        status = facts_read_file(reader, NAMES[i], &content);
        if (status == SUBSTRATE_OK) {
            status = check_digest(reader, NAMES[i], m[i], content);
        }
        if (status == SUBSTRATE_OK) {
            status = read_lines(reader, NAMES[i], content, READ[i]);
        }
    }
    return status;
}

enum { FORMAT, CHAIN, GENESIS, HEAD, FINALIZED, PROVENANCE, REDACTED, UNFINISHED, FILES, MEMBERS };

/* The members of the manifest that are about the chain. */
static enum substrate_status read_chain(struct facts_reader *reader, const struct base_json *m) {
    struct facts *facts = reader->facts;
    enum substrate_status status = SUBSTRATE_OK;
    if (m[CHAIN].kind != BASE_JSON_NONE || !facts->unfinished) {
        status = facts_read_chain(reader, m[CHAIN]);
    }
    if (status == SUBSTRATE_OK && m[GENESIS].kind != BASE_JSON_NONE) {
        status = facts_read_genesis(reader, m[GENESIS]);
    }
    if (status == SUBSTRATE_OK && (m[HEAD].kind != BASE_JSON_NONE || !facts->unfinished)) {
        facts->has_head = true;
        status = facts_read_hash(reader, m[HEAD], "head", &facts->head);
    }
    if (status == SUBSTRATE_OK && (m[FINALIZED].kind != BASE_JSON_NONE || !facts->unfinished)) {
        facts->has_finalized = true;
        status = facts_read_hash(reader, m[FINALIZED], "finalized", &facts->finalized);
    }
    if (status == SUBSTRATE_OK && m[PROVENANCE].kind != BASE_JSON_NONE) {
        status = facts_read_compact(reader, m[PROVENANCE], &facts->provenance);
    }
    if (status == SUBSTRATE_OK && m[REDACTED].kind != BASE_JSON_NONE) {
        status = facts_read_compact(reader, m[REDACTED], &facts->redacted);
    }
    return status;
}

static enum substrate_status read_manifest(struct facts_reader *reader, struct base_json *files) {
    static const char *const NAMES[MEMBERS] = {"format",   "chain",      "genesis",
                                               "head",     "finalized",  "provenance",
                                               "redacted", "unfinished", "files"};
    struct substrate_text content;
    struct base_json manifest, m[MEMBERS];
    uint64_t format;
    size_t position = 0;
    enum substrate_status status = facts_read_file(reader, reader->file, &content);
    if (status == SUBSTRATE_E_NOT_FOUND) {
        return base_fail(reader->error, status,
                         "%s: no fixture: a fixture is a folder with a manifest.json",
                         reader->folder);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (base_json_parse(content, BASE_JSON_DEPTH_MAX, &manifest, &position) != SUBSTRATE_OK) {
        return facts_refuse(reader, "not JSON from byte %zu on; restore the file", position);
    }
    /* The version first: another one may well have other members. */
    if (!base_json_u64(base_json_member(manifest, "format"), &format) || format != FACTS_FORMAT) {
        return facts_refuse(reader, "\"format\" must be %d, the only one that this version reads",
                            FACTS_FORMAT);
    }
    status = facts_members(reader, manifest, NAMES, MEMBERS, m);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (m[UNFINISHED].kind != BASE_JSON_NONE && m[UNFINISHED].kind != BASE_JSON_TRUE &&
        m[UNFINISHED].kind != BASE_JSON_FALSE) {
        return facts_refuse(reader, "\"unfinished\" must be true or false");
    }
    reader->facts->unfinished = m[UNFINISHED].kind == BASE_JSON_TRUE;
    *files = m[FILES];
    if (files->kind == BASE_JSON_NONE && !reader->facts->unfinished) {
        return facts_refuse(reader, "\"files\" is missing; %s", EDIT);
    }
    return read_chain(reader, m);
}

static enum substrate_status read_log(struct facts_reader *reader) {
    struct substrate_text content;
    enum substrate_status status = facts_read_file(reader, "log.jsonl", &content);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    reader->log = true;
    status = read_lines(reader, "log.jsonl", content, facts_line_log);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct substrate_error why = {0};
    status = facts_normalise(reader->facts, &why);
    if (status != SUBSTRATE_OK) {
        return base_fail(reader->error, status, "%s: %s", reader->folder, why.message);
    }
    return SUBSTRATE_OK;
}

enum substrate_status facts_load(const char *folder, unsigned flags, struct facts **facts,
                                 struct substrate_error *error) {
    struct facts_reader reader = {.facts = facts_new(),
                                  .folder = folder,
                                  .flags = flags,
                                  .error = error,
                                  .file = "manifest.json"};
    struct base_json files = {BASE_JSON_NONE, {NULL, 0}};
    if (reader.facts == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "%s: out of memory", folder);
    }
    enum substrate_status status = read_manifest(&reader, &files);
    if (status == SUBSTRATE_OK && files.kind != BASE_JSON_NONE) {
        status = read_files(&reader, files);
    }
    if (status == SUBSTRATE_OK && reader.facts->unfinished) {
        status = read_log(&reader);
    }
    if (status != SUBSTRATE_OK) {
        facts_free(reader.facts);
        return status;
    }
    *facts = reader.facts;
    return SUBSTRATE_OK;
}
