/* One line of a fixture to one fact: the part of the loader that knows the members of each kind of
 * line and checks every one of them. Texts stay views into the line. */
#include "chain/facts_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/buf.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TRY(call)                                  \
    do {                                           \
        enum substrate_status try_status = (call); \
        if (try_status != SUBSTRATE_OK) {          \
            return try_status;                     \
        }                                          \
    } while (0)

enum substrate_status facts_refuse(struct facts_reader *reader, const char *format, ...) {
    char what[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (reader->line == 0) {
        return base_fail(reader->error, SUBSTRATE_E_DECODE, "%s/%s: %s", reader->folder,
                         reader->file, what);
    }
    return base_fail(reader->error, SUBSTRATE_E_DECODE, "%s/%s:%zu: %s", reader->folder,
                     reader->file, reader->line, what);
}

static enum substrate_status no_memory(struct facts_reader *reader) {
    return base_fail(reader->error, SUBSTRATE_E_MEMORY, "%s: out of memory", reader->folder);
}

/* ---- values ---- */

static const char EDIT[] = "; restore the file, or correct the line and run mocknode verify --seal";

enum substrate_status facts_members(struct facts_reader *reader, struct base_json object,
                                    const char *const *names, size_t count,
                                    struct base_json *values) {
    for (size_t i = 0; i < count; i++) {
        values[i] = (struct base_json){BASE_JSON_NONE, {NULL, 0}};
    }
    if (object.kind != BASE_JSON_OBJECT) {
        return facts_refuse(reader, "expected a JSON object%s", EDIT);
    }
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_json_walk_init(&walk, object);
    while (base_json_walk_next(&walk, &key, &value)) {
        struct substrate_text name = {key.data + 1, key.size - 2};
        size_t i = 0;
        while (i < count && !base_text_is(name, names[i])) {
            i++;
        }
        if (i == count) {
            return facts_refuse(reader, "unknown member %.*s%s",
                                (int)(key.size < 40 ? key.size : 40), key.data, EDIT);
        }
        if (values[i].kind != BASE_JSON_NONE) {
            return facts_refuse(reader, "member \"%s\" stands twice%s", names[i], EDIT);
        }
        values[i] = value;
    }
    return SUBSTRATE_OK;
}

static const char HEX_DIGIT[256] = {
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
    ['8'] = 1, ['9'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
};

/* "0x…" in lower case, whole bytes: the view with 0x and without the quotes. */
static bool hex_view(struct base_json value, struct substrate_text *text) {
    if (value.kind != BASE_JSON_STRING || value.raw.size < 4 || value.raw.size % 2 != 0 ||
        memcmp(value.raw.data, "\"0x", 3) != 0) {
        return false;
    }
    *text = (struct substrate_text){value.raw.data + 1, value.raw.size - 2};
    int good = 1;
    for (size_t i = 2; i < text->size; i++) {
        good &= HEX_DIGIT[(unsigned char)text->data[i]];
    }
    return good != 0;
}

static enum substrate_status read_hex(struct facts_reader *reader, struct base_json value,
                                      const char *name, struct substrate_text *text) {
    if (!hex_view(value, text)) {
        return facts_refuse(reader, "\"%s\" must be lower-case hex text with 0x%s", name, EDIT);
    }
    return SUBSTRATE_OK;
}

/* A storage key: without the 0x, so that texts sort as the bytes do. */
static enum substrate_status read_key(struct facts_reader *reader, struct base_json value,
                                      const char *name, struct substrate_text *text) {
    TRY(read_hex(reader, value, name, text));
    *text = (struct substrate_text){text->data + 2, text->size - 2};
    return SUBSTRATE_OK;
}

enum substrate_status facts_read_hash(struct facts_reader *reader, struct base_json value,
                                      const char *name, struct substrate_hash *hash) {
    struct substrate_text text;
    if (!hex_view(value, &text) || substrate_hash_parse(text, hash) != SUBSTRATE_OK) {
        return facts_refuse(reader, "\"%s\" must be a hash: 0x and 64 lower-case hex digits%s",
                            name, EDIT);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_u32(struct facts_reader *reader, struct base_json value,
                                      const char *name, uint64_t *number) {
    if (!base_json_u64(value, number) || *number > UINT32_MAX) {
        return facts_refuse(reader, "\"%s\" must be a number up to 4294967295%s", name, EDIT);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_kind(struct facts_reader *reader, struct base_json value,
                                       const char *name, enum base_json_kind kind) {
    if (value.kind != kind) {
        return facts_refuse(reader, "\"%s\" must be %s%s", name,
                            kind == BASE_JSON_OBJECT  ? "an object"
                            : kind == BASE_JSON_ARRAY ? "a list"
                                                      : "a string",
                            EDIT);
    }
    return SUBSTRATE_OK;
}

static bool has_blanks(struct substrate_text text) {
    return memchr(text.data, ' ', text.size) != NULL ||
           memchr(text.data, '\t', text.size) != NULL ||
           memchr(text.data, '\n', text.size) != NULL || memchr(text.data, '\r', text.size) != NULL;
}

enum substrate_status facts_read_compact(struct facts_reader *reader, struct base_json value,
                                         struct substrate_text *text) {
    *text = value.raw;
    if (!has_blanks(value.raw)) {
        return SUBSTRATE_OK;
    }
    struct base_buf compact = BASE_BUF_INIT;
    base_json_write_compact(&compact, value);
    bool copied = !compact.failed;
    if (copied && compact.size != value.raw.size) {
        *text = base_arena_text(&reader->facts->arena, base_buf_view(&compact));
        copied = text->data != NULL;
    }
    base_buf_free(&compact);
    return copied ? SUBSTRATE_OK : no_memory(reader);
}

static enum substrate_status read_string(struct facts_reader *reader, struct base_json value,
                                         const char *name, struct substrate_text *text) {
    TRY(read_kind(reader, value, name, BASE_JSON_STRING));
    if (!base_json_string(value, &reader->facts->arena, text)) {
        return no_memory(reader);
    }
    return SUBSTRATE_OK;
}

/* Sets a part of a fact that may have been set before, by an earlier line of the log. */
static enum substrate_status set_part(struct facts_reader *reader, struct substrate_text *part,
                                      struct substrate_text text, const char *name) {
    if (part->data != NULL && !base_text_equal(*part, text)) {
        return facts_refuse(reader, "\"%s\" differs from what an earlier line says%s", name, EDIT);
    }
    *part = text;
    return SUBSTRATE_OK;
}

/* ---- blocks ---- */

enum {
    BLOCK_HASH,
    BLOCK_NUMBER,
    BLOCK_FORK,
    BLOCK_RUNTIME,
    BLOCK_HEADER,
    BLOCK_EXTRINSICS,
    BLOCK_JUSTIFICATIONS,
    BLOCK_MEMBERS
};
static const char *const BLOCK_NAMES[BLOCK_MEMBERS] = {
    "hash", "number", "fork", "runtime", "header", "extrinsics", "justifications"};

static enum substrate_status check_extrinsics(struct facts_reader *reader, struct base_json list) {
    TRY(read_kind(reader, list, "extrinsics", BASE_JSON_ARRAY));
    struct base_json_walk walk;
    struct substrate_text key, text;
    struct base_json value;
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &key, &value)) {
        TRY(read_hex(reader, value, "extrinsics", &text));
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_block_parts(struct facts_reader *reader,
                                              const struct base_json *m, struct fact_block *block) {
    struct substrate_text text;
    if (m[BLOCK_HEADER].kind != BASE_JSON_NONE) {
        TRY(read_kind(reader, m[BLOCK_HEADER], "header", BASE_JSON_OBJECT));
        TRY(facts_read_compact(reader, m[BLOCK_HEADER], &text));
        TRY(set_part(reader, &block->header, text, "header"));
    }
    if (m[BLOCK_EXTRINSICS].kind != BASE_JSON_NONE) {
        TRY(check_extrinsics(reader, m[BLOCK_EXTRINSICS]));
        TRY(facts_read_compact(reader, m[BLOCK_EXTRINSICS], &text));
        TRY(set_part(reader, &block->extrinsics, text, "extrinsics"));
    }
    if (m[BLOCK_JUSTIFICATIONS].kind != BASE_JSON_NONE) {
        if (m[BLOCK_JUSTIFICATIONS].kind != BASE_JSON_NULL) {
            TRY(read_kind(reader, m[BLOCK_JUSTIFICATIONS], "justifications", BASE_JSON_ARRAY));
        }
        TRY(facts_read_compact(reader, m[BLOCK_JUSTIFICATIONS], &text));
        TRY(set_part(reader, &block->justifications, text, "justifications"));
    }
    return SUBSTRATE_OK;
}

enum substrate_status facts_line_block(struct facts_reader *reader, struct base_json line) {
    struct base_json m[BLOCK_MEMBERS];
    struct substrate_hash hash;
    uint64_t number = 0, runtime = 0;
    TRY(facts_members(reader, line, BLOCK_NAMES, BLOCK_MEMBERS, m));
    TRY(facts_read_hash(reader, m[BLOCK_HASH], "hash", &hash));
    TRY(read_u32(reader, m[BLOCK_NUMBER], "number", &number));
    if (m[BLOCK_FORK].kind != BASE_JSON_NONE && m[BLOCK_FORK].kind != BASE_JSON_TRUE) {
        return facts_refuse(reader, "\"fork\" must be true or missing%s", EDIT);
    }
    bool fork = m[BLOCK_FORK].kind == BASE_JSON_TRUE;
    bool again = facts_block(reader->facts, &hash, false) != NULL;
    if (again && !reader->log) {
        return facts_refuse(reader, "this block stands on an earlier line, too%s", EDIT);
    }
    struct fact_block *block = facts_block(reader->facts, &hash, true);
    if (block == NULL) {
        return no_memory(reader);
    }
    if (again && (block->number != number || block->fork != fork)) {
        return facts_refuse(reader, "number or fork differs from what an earlier line says%s",
                            EDIT);
    }
    block->number = number;
    block->fork = fork;
    block->line = reader->log ? 0 : reader->line;
    if (m[BLOCK_RUNTIME].kind != BASE_JSON_NONE) {
        TRY(read_u32(reader, m[BLOCK_RUNTIME], "runtime", &runtime));
        if (block->runtime_known && block->runtime != runtime) {
            return facts_refuse(reader, "runtime differs from what an earlier line says%s", EDIT);
        }
        block->runtime_known = true;
        block->runtime = (uint32_t)runtime;
    }
    return read_block_parts(reader, m, block);
}

/* ---- runtimes ---- */

enum {
    RUNTIME_SPEC,
    RUNTIME_VERSION,
    RUNTIME_CORE,
    RUNTIME_VERSIONS,
    RUNTIME_METADATA,
    RUNTIME_EXPORTS,
    RUNTIME_MEMBERS
};
static const char *const RUNTIME_NAMES[RUNTIME_MEMBERS] = {
    "spec_version", "version", "core_version", "metadata_versions", "metadata", "exports"};

static enum substrate_status read_blob(struct facts_reader *reader, struct base_json value,
                                       struct substrate_bytes *bytes) {
    char path[6 + 64 + 1] = "blobs/";
    if (value.kind != BASE_JSON_STRING || value.raw.size != 66) {
        return facts_refuse(reader, "\"metadata\" must name blobs by 64 lower-case hex digits%s",
                            EDIT);
    }
    for (size_t i = 0; i < 64; i++) {
        path[6 + i] = value.raw.data[1 + i];
        if (HEX_DIGIT[(unsigned char)path[6 + i]] == 0) {
            return facts_refuse(reader,
                                "\"metadata\" must name blobs by 64 lower-case hex digits%s", EDIT);
        }
    }
    path[6 + 64] = '\0';
    struct substrate_text content;
    TRY(facts_read_file(reader, path, &content));
    *bytes = (struct substrate_bytes){(const uint8_t *)content.data, content.size};
    if ((reader->flags & FACTS_LOAD_DIGESTS) != 0) {
        uint8_t digest[32];
        char name[64];
        substrate_blake2_256(*bytes, digest);
        base_hex_write((struct substrate_bytes){digest, sizeof digest}, name);
        if (memcmp(name, path + 6, sizeof name) != 0) {
            return base_fail(reader->error, SUBSTRATE_E_DECODE,
                             "%s/%s: its content is not what its name says; restore the file",
                             reader->folder, path);
        }
    }
    return SUBSTRATE_OK;
}

/* Blobs are named by their content, so equal sizes and bytes of a version seen before are the same
 * fact. */
static enum substrate_status add_metadata(struct facts_reader *reader, struct fact_runtime *runtime,
                                          struct fact_metadata added, size_t capacity) {
    for (size_t i = 0; i < runtime->metadata_count; i++) {
        const struct fact_metadata *known = &runtime->metadata[i];
        if (known->version == added.version) {
            bool same = known->bytes.size == added.bytes.size &&
                        (added.bytes.size == 0 ||
                         memcmp(known->bytes.data, added.bytes.data, added.bytes.size) == 0);
            return same && reader->log
                       ? SUBSTRATE_OK
                       : facts_refuse(reader, "metadata %u stands twice%s", added.version, EDIT);
        }
    }
    if (runtime->metadata_count == capacity) {
        return facts_refuse(reader, "too many metadata versions%s", EDIT);
    }
    runtime->metadata[runtime->metadata_count++] = added;
    return SUBSTRATE_OK;
}

static enum substrate_status read_metadata(struct facts_reader *reader, struct base_json object,
                                           struct fact_runtime *runtime) {
    TRY(read_kind(reader, object, "metadata", BASE_JSON_OBJECT));
    size_t capacity = runtime->metadata_count + base_json_length(object);
    struct fact_metadata *grown =
        base_arena_calloc(&reader->facts->arena, capacity + 1, sizeof *grown);
    if (grown == NULL) {
        return no_memory(reader);
    }
    for (size_t i = 0; i < runtime->metadata_count; i++) {
        grown[i] = runtime->metadata[i];
    }
    runtime->metadata = grown;
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_json_walk_init(&walk, object);
    while (base_json_walk_next(&walk, &key, &value)) {
        struct fact_metadata added = {0};
        uint64_t version = 0;
        if (!base_text_u64((struct substrate_text){key.data + 1, key.size - 2}, &version) ||
            version > UINT32_MAX) {
            return facts_refuse(reader, "\"metadata\" must have version numbers as names%s", EDIT);
        }
        added.version = (uint32_t)version;
        TRY(read_blob(reader, value, &added.bytes));
        TRY(add_metadata(reader, runtime, added, capacity));
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_exports(struct facts_reader *reader, struct base_json list,
                                          struct fact_runtime *runtime) {
    TRY(read_kind(reader, list, "exports", BASE_JSON_ARRAY));
    size_t length = base_json_length(list);
    struct substrate_text *exports =
        base_arena_calloc(&reader->facts->arena, length + 1, sizeof *exports);
    if (exports == NULL) {
        return no_memory(reader);
    }
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    size_t count = 0;
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &key, &value)) {
        TRY(read_string(reader, value, "exports", &exports[count]));
        if (!reader->log && count > 0 &&
            base_text_compare(exports[count - 1], exports[count]) >= 0) {
            return facts_refuse(reader, "\"exports\" must be sorted, each name once%s", EDIT);
        }
        count++;
    }
    runtime->exports = exports;
    runtime->export_count = count;
    runtime->exports_known = true;
    return SUBSTRATE_OK;
}

enum substrate_status facts_line_runtime(struct facts_reader *reader, struct base_json line) {
    struct base_json m[RUNTIME_MEMBERS];
    struct substrate_text text;
    uint64_t spec = 0;
    TRY(facts_members(reader, line, RUNTIME_NAMES, RUNTIME_MEMBERS, m));
    TRY(read_u32(reader, m[RUNTIME_SPEC], "spec_version", &spec));
    TRY(read_kind(reader, m[RUNTIME_VERSION], "version", BASE_JSON_OBJECT));
    if (!reader->log && facts_runtime(reader->facts, (uint32_t)spec, false) != NULL) {
        return facts_refuse(reader, "this runtime stands on an earlier line, too%s", EDIT);
    }
    struct fact_runtime *runtime = facts_runtime(reader->facts, (uint32_t)spec, true);
    if (runtime == NULL) {
        return no_memory(reader);
    }
    TRY(facts_read_compact(reader, m[RUNTIME_VERSION], &text));
    TRY(set_part(reader, &runtime->version, text, "version"));
    if (m[RUNTIME_CORE].kind != BASE_JSON_NONE) {
        TRY(read_hex(reader, m[RUNTIME_CORE], "core_version", &text));
        TRY(set_part(reader, &runtime->core_version, text, "core_version"));
    }
    if (m[RUNTIME_VERSIONS].kind != BASE_JSON_NONE) {
        TRY(read_hex(reader, m[RUNTIME_VERSIONS], "metadata_versions", &text));
        TRY(set_part(reader, &runtime->metadata_versions, text, "metadata_versions"));
    }
    if (m[RUNTIME_METADATA].kind != BASE_JSON_NONE) {
        TRY(read_metadata(reader, m[RUNTIME_METADATA], runtime));
    }
    if (m[RUNTIME_EXPORTS].kind != BASE_JSON_NONE) {
        TRY(read_exports(reader, m[RUNTIME_EXPORTS], runtime));
    }
    return SUBSTRATE_OK;
}

/* ---- state ---- */

enum { STATE_KEY, STATE_VALUE, STATE_PRESENT, STATE_SET, STATE_BASE, STATE_COVERED, STATE_MEMBERS };
static const char *const STATE_NAMES[STATE_MEMBERS] = {"key", "value", "present",
                                                       "set", "base",  "covered"};

static enum substrate_status read_interval(struct facts_reader *reader, struct base_json from,
                                           struct base_json to, struct fact_interval *interval) {
    *interval = (struct fact_interval){{NULL, 0}, {NULL, 0}};
    TRY(read_key(reader, from, "covered", &interval->from));
    if (to.kind != BASE_JSON_NULL) {
        TRY(read_key(reader, to, "covered", &interval->to));
        if (base_text_compare(interval->from, interval->to) >= 0) {
            return facts_refuse(reader, "an interval of \"covered\" is empty or turned round%s",
                                EDIT);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status push_interval(struct facts_reader *reader, struct fact_set *set,
                                           struct fact_interval interval) {
    if (!base_grow((void **)&set->covered, &set->covered_capacity, set->covered_count + 1,
                   sizeof *set->covered)) {
        return no_memory(reader);
    }
    set->covered[set->covered_count++] = interval;
    return SUBSTRATE_OK;
}

static enum substrate_status read_covered(struct facts_reader *reader, struct base_json list,
                                          struct fact_set *set) {
    if (base_json_is(list, "base") && set->has_base) {
        set->covered_as_base = true;
        return SUBSTRATE_OK;
    }
    if (list.kind != BASE_JSON_ARRAY) {
        return facts_refuse(reader, "\"covered\" must be a list, or \"base\" where there is one%s",
                            EDIT);
    }
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json pair;
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &key, &pair)) {
        struct base_json ends[2];
        struct fact_interval interval;
        if (pair.kind != BASE_JSON_ARRAY || base_json_length(pair) != 2) {
            return facts_refuse(reader, "\"covered\" must have pairs [from,to]%s", EDIT);
        }
        struct base_json_walk inner;
        base_json_walk_init(&inner, pair);
        for (size_t i = 0; i < 2; i++) {
            base_json_walk_next(&inner, &key, &ends[i]);
        }
        TRY(read_interval(reader, ends[0], ends[1], &interval));
        if (set->covered_count > 0) {
            const struct fact_interval *last = &set->covered[set->covered_count - 1];
            if (last->to.data == NULL || base_text_compare(last->to, interval.from) > 0) {
                return facts_refuse(reader, "\"covered\" must be sorted and disjoint%s", EDIT);
            }
        }
        TRY(push_interval(reader, set, interval));
    }
    return SUBSTRATE_OK;
}

static enum substrate_status line_set(struct facts_reader *reader, const struct base_json *m) {
    struct substrate_hash block;
    TRY(facts_read_hash(reader, m[STATE_SET], "set", &block));
    if (m[STATE_KEY].kind != BASE_JSON_NONE || m[STATE_VALUE].kind != BASE_JSON_NONE ||
        m[STATE_PRESENT].kind != BASE_JSON_NONE) {
        return facts_refuse(reader, "a set's line has set, base and covered only%s", EDIT);
    }
    if (facts_set(reader->facts, &block, false) != NULL) {
        return facts_refuse(reader, "this block's set stands on an earlier line, too%s", EDIT);
    }
    struct fact_set *set = facts_set(reader->facts, &block, true);
    if (set == NULL) {
        return no_memory(reader);
    }
    reader->open_set = (size_t)(set - reader->facts->sets) + 1;
    if (m[STATE_BASE].kind != BASE_JSON_NULL) {
        TRY(facts_read_hash(reader, m[STATE_BASE], "base", &set->base));
        set->has_base = true;
    }
    return read_covered(reader, m[STATE_COVERED], set);
}

static enum substrate_status read_change(struct facts_reader *reader, const struct base_json *m,
                                         struct fact_change *change) {
    *change = (struct fact_change){.kind = FACT_VALUE};
    TRY(read_key(reader, m[STATE_KEY], "key", &change->key));
    if ((m[STATE_VALUE].kind == BASE_JSON_NONE) == (m[STATE_PRESENT].kind == BASE_JSON_NONE)) {
        return facts_refuse(reader, "a key has either \"value\" or \"present\"%s", EDIT);
    }
    if (m[STATE_VALUE].kind == BASE_JSON_NULL) {
        change->kind = FACT_ABSENT;
        return SUBSTRATE_OK;
    }
    if (m[STATE_VALUE].kind != BASE_JSON_NONE) {
        return read_hex(reader, m[STATE_VALUE], "value", &change->value);
    }
    if (m[STATE_PRESENT].kind != BASE_JSON_TRUE) {
        return facts_refuse(reader, "\"present\" must be true%s", EDIT);
    }
    change->kind = FACT_PRESENT;
    return SUBSTRATE_OK;
}

static enum substrate_status push_change(struct facts_reader *reader, struct fact_set *set,
                                         const struct fact_change *change) {
    if (!base_grow((void **)&set->changes, &set->change_capacity, set->change_count + 1,
                   sizeof *set->changes)) {
        return no_memory(reader);
    }
    set->changes[set->change_count++] = *change;
    return SUBSTRATE_OK;
}

enum substrate_status facts_line_state(struct facts_reader *reader, struct base_json line) {
    struct base_json m[STATE_MEMBERS];
    TRY(facts_members(reader, line, STATE_NAMES, STATE_MEMBERS, m));
    if (m[STATE_SET].kind != BASE_JSON_NONE) {
        return line_set(reader, m);
    }
    if (m[STATE_BASE].kind != BASE_JSON_NONE || m[STATE_COVERED].kind != BASE_JSON_NONE) {
        return facts_refuse(reader, "a key's line has key and value or present only%s", EDIT);
    }
    if (reader->open_set == 0) {
        return facts_refuse(reader, "a key stands before the first set%s", EDIT);
    }
    struct fact_set *set = &reader->facts->sets[reader->open_set - 1];
    struct fact_change change;
    TRY(read_change(reader, m, &change));
    if (set->change_count > 0 &&
        base_text_compare(set->changes[set->change_count - 1].key, change.key) >= 0) {
        return facts_refuse(reader, "the keys of a set must be sorted, each once%s", EDIT);
    }
    return push_change(reader, set, &change);
}

/* ---- calls ---- */

enum { CALL_METHOD, CALL_PARAMS, CALL_AT, CALL_RESULT, CALL_ERROR, CALL_MEMBERS };
static const char *const CALL_NAMES[CALL_MEMBERS] = {"method", "params", "at", "result", "error"};

enum substrate_status facts_line_call(struct facts_reader *reader, struct base_json line) {
    struct base_json m[CALL_MEMBERS];
    struct fact_call call = {.line = reader->log ? 0 : reader->line};
    struct facts *facts = reader->facts;
    TRY(facts_members(reader, line, CALL_NAMES, CALL_MEMBERS, m));
    TRY(read_string(reader, m[CALL_METHOD], "method", &call.method));
    TRY(read_kind(reader, m[CALL_PARAMS], "params", BASE_JSON_ARRAY));
    TRY(facts_read_compact(reader, m[CALL_PARAMS], &call.params));
    if (m[CALL_AT].kind != BASE_JSON_NONE) {
        TRY(facts_read_hash(reader, m[CALL_AT], "at", &call.at));
        call.has_at = true;
    }
    if ((m[CALL_RESULT].kind == BASE_JSON_NONE) == (m[CALL_ERROR].kind == BASE_JSON_NONE)) {
        return facts_refuse(reader, "a call has either \"result\" or \"error\"%s", EDIT);
    }
    call.is_error = m[CALL_ERROR].kind != BASE_JSON_NONE;
    if (call.is_error) {
        int64_t code;
        if (!base_json_i64(base_json_member(m[CALL_ERROR], "code"), &code) ||
            base_json_member(m[CALL_ERROR], "message").kind != BASE_JSON_STRING) {
            return facts_refuse(reader, "\"error\" must have a code and a message%s", EDIT);
        }
    }
    TRY(facts_read_compact(reader, call.is_error ? m[CALL_ERROR] : m[CALL_RESULT], &call.result));
    if (!base_grow((void **)&facts->calls, &facts->call_capacity, facts->call_count + 1,
                   sizeof *facts->calls)) {
        return no_memory(reader);
    }
    facts->calls[facts->call_count++] = call;
    return SUBSTRATE_OK;
}

/* ---- the log ---- */

enum substrate_status facts_read_genesis(struct facts_reader *reader, struct base_json value) {
    static const char *const NAMES[] = {"hash", "assigned"};
    struct base_json m[COUNT(NAMES)];
    TRY(facts_members(reader, value, NAMES, COUNT(NAMES), m));
    TRY(facts_read_hash(reader, m[0], "hash", &reader->facts->genesis));
    if (m[1].kind != BASE_JSON_NONE && m[1].kind != BASE_JSON_TRUE &&
        m[1].kind != BASE_JSON_FALSE) {
        return facts_refuse(reader, "\"assigned\" must be true or false%s", EDIT);
    }
    reader->facts->has_genesis = true;
    reader->facts->genesis_assigned = m[1].kind == BASE_JSON_TRUE;
    return SUBSTRATE_OK;
}

enum substrate_status facts_read_chain(struct facts_reader *reader, struct base_json value) {
    return read_string(reader, value, "chain", &reader->facts->chain);
}

static enum substrate_status log_set(struct facts_reader *reader, struct base_json at,
                                     struct fact_set **set) {
    struct substrate_hash block;
    TRY(facts_read_hash(reader, at, "at", &block));
    *set = facts_set(reader->facts, &block, true);
    return *set != NULL ? SUBSTRATE_OK : no_memory(reader);
}

static enum substrate_status log_state(struct facts_reader *reader, struct base_json fact) {
    static const char *const NAMES[] = {"key", "value", "present", "at"};
    struct base_json m[COUNT(NAMES)];
    struct fact_change change;
    struct fact_set *set;
    TRY(facts_members(reader, fact, NAMES, COUNT(NAMES), m));
    TRY(log_set(reader, m[3], &set));
    TRY(read_change(reader, m, &change));
    return push_change(reader, set, &change);
}

static enum substrate_status log_covered(struct facts_reader *reader, struct base_json fact) {
    static const char *const NAMES[] = {"at", "from", "to"};
    struct base_json m[COUNT(NAMES)];
    struct fact_interval interval;
    struct fact_set *set;
    TRY(facts_members(reader, fact, NAMES, COUNT(NAMES), m));
    TRY(log_set(reader, m[0], &set));
    TRY(read_interval(reader, m[1], m[2], &interval));
    return push_interval(reader, set, interval);
}

enum substrate_status facts_line_log(struct facts_reader *reader, struct base_json line) {
    static const char *const NAMES[] = {"state", "covered",   "call",  "block",  "runtime",
                                        "head",  "finalized", "chain", "genesis"};
    static enum substrate_status (*const READ[])(struct facts_reader *, struct base_json) = {
        log_state, log_covered, facts_line_call,  facts_line_block,  facts_line_runtime,
        NULL,      NULL,        facts_read_chain, facts_read_genesis};
    struct base_json m[COUNT(NAMES)];
    struct facts *facts = reader->facts;
    TRY(facts_members(reader, line, NAMES, COUNT(NAMES), m));
    if (base_json_length(line) != 1) {
        return facts_refuse(reader, "a line of the log has one fact");
    }
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        if (m[i].kind != BASE_JSON_NONE && READ[i] != NULL) {
            return READ[i](reader, m[i]);
        }
    }
    bool head = m[5].kind != BASE_JSON_NONE;
    if (head) {
        facts->has_head = true;
        return facts_read_hash(reader, m[5], "head", &facts->head);
    }
    facts->has_finalized = true;
    return facts_read_hash(reader, m[6], "finalized", &facts->finalized);
}
