/* `mocknode stats`: how much of what a fixture has. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/facts.h"
#include "fixture/files.h"
#include "tools/tools.h"
#include "tools/command.h"

struct stats {
    uint64_t blocks, headers, bodies, lowest, highest;
    uint64_t runtimes, metadata_bytes;
    uint64_t sets, whole_sets, keys, changes;
    uint64_t calls, errors;
    uint64_t bytes;
};

/* Files that belong to a fixture; the sizes of blobs are those of the metadata. */
static uint64_t bytes_of(const char *folder) {
    static const char *const NAMES[] = {"manifest.json", "blocks.jsonl", "runtimes.jsonl",
                                        "state.jsonl",   "calls.jsonl",  "log.jsonl"};
    uint64_t bytes = 0;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        struct stat info;
        char *path = file_path(folder, NAMES[i], "");
        if (path != NULL && stat(path, &info) == 0) {
            bytes += (uint64_t)info.st_size;
        }
        base_free(path);
    }
    return bytes;
}

static void count_blocks(const struct facts *facts, struct stats *stats) {
    stats->blocks = facts->block_count;
    stats->lowest = facts->block_count > 0 ? facts->blocks[0].number : 0;
    for (size_t i = 0; i < facts->block_count; i++) {
        const struct fact_block *block = &facts->blocks[i];
        stats->headers += block->header.data != NULL;
        stats->bodies += block->extrinsics.data != NULL;
        stats->highest = block->number > stats->highest ? block->number : stats->highest;
    }
}

/* Keys are counted once, however many blocks they change at. */
static bool count_state(const struct facts *facts, struct stats *stats) {
    struct base_map keys;
    bool good = true;
    base_map_init(&keys, 0);
    stats->sets = facts->set_count;
    for (size_t i = 0; i < facts->set_count && good; i++) {
        const struct fact_set *set = &facts->sets[i];
        stats->changes += set->change_count;
        stats->whole_sets +=
            set->covered_as_base || (set->covered_count == 1 && set->covered[0].from.size == 0 &&
                                     set->covered[0].to.data == NULL);
        for (size_t j = 0; j < set->change_count && good; j++) {
            good = base_map_put(&keys, set->changes[j].key, stats);
        }
    }
    stats->keys = keys.count;
    base_map_free(&keys);
    return good;
}

static bool count(const struct facts *facts, const char *folder, struct stats *stats) {
    count_blocks(facts, stats);
    stats->runtimes = facts->runtime_count;
    for (size_t i = 0; i < facts->runtime_count; i++) {
        for (size_t j = 0; j < facts->runtimes[i].metadata_count; j++) {
            stats->metadata_bytes += facts->runtimes[i].metadata[j].bytes.size;
        }
    }
    stats->calls = facts->call_count;
    for (size_t i = 0; i < facts->call_count; i++) {
        stats->errors += facts->calls[i].is_error;
    }
    stats->bytes = bytes_of(folder) + stats->metadata_bytes;
    return count_state(facts, stats);
}

static void write_json(const struct facts *facts, const struct stats *s, struct base_buf *out) {
    const struct {
        const char *name;
        uint64_t value;
    } members[] = {{"blocks", s->blocks},
                   {"headers", s->headers},
                   {"bodies", s->bodies},
                   {"lowest", s->lowest},
                   {"highest", s->highest},
                   {"runtimes", s->runtimes},
                   {"state_sets", s->sets},
                   {"whole_state_sets", s->whole_sets},
                   {"keys", s->keys},
                   {"changes", s->changes},
                   {"calls", s->calls},
                   {"recorded_errors", s->errors},
                   {"metadata_bytes", s->metadata_bytes},
                   {"bytes", s->bytes}};
    base_buf_str(out, "{\"chain\":");
    base_json_write_string(out, facts->chain);
    base_buf_format(out, ",\"unfinished\":%s", facts->unfinished ? "true" : "false");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        base_buf_format(out, ",\"%s\":", members[i].name);
        base_buf_u64(out, members[i].value);
    }
    base_buf_str(out, "}\n");
}

/* One line per method, and per function of state_call. */
static void write_calls(const struct facts *facts, struct base_buf *out) {
    size_t run = 0;
    for (size_t i = 0; i < facts->call_count; i++) {
        const struct fact_call *call = &facts->calls[i];
        const char *comma = memchr(call->params.data, ',', call->params.size);
        struct substrate_text name = call->method, next = {NULL, 0};
        bool function = base_text_is(name, "state_call") && comma != NULL;
        if (function) {
            name = (struct substrate_text){call->params.data + 2,
                                           (size_t)(comma - call->params.data) - 3};
        }
        if (i + 1 < facts->call_count && base_text_equal(call[1].method, call->method)) {
            next = function ? call[1].params : call[1].method;
        }
        run++;
        bool again = function ? next.size > name.size + 3 &&
                                    memcmp(next.data + 2, name.data, name.size) == 0 &&
                                    next.data[name.size + 2] == '"'
                              : next.data != NULL;
        if (!again) {
            base_buf_format(out, "  %6zu  %.*s\n", run, (int)name.size, name.data);
            run = 0;
        }
    }
}

static void write_text(const struct facts *facts, const struct stats *s, struct base_buf *out) {
    base_buf_format(out, "chain     %.*s%s\n", (int)facts->chain.size,
                    facts->chain.data != NULL ? facts->chain.data : "",
                    facts->unfinished ? " (unfinished)" : "");
    base_buf_format(out, "blocks    %llu, #%llu to #%llu; %llu headers, %llu bodies\n",
                    (unsigned long long)s->blocks, (unsigned long long)s->lowest,
                    (unsigned long long)s->highest, (unsigned long long)s->headers,
                    (unsigned long long)s->bodies);
    base_buf_format(out, "runtimes  %llu:", (unsigned long long)s->runtimes);
    for (size_t i = 0; i < facts->runtime_count; i++) {
        const struct fact_runtime *runtime = &facts->runtimes[i];
        base_buf_format(out, "%s spec %u, metadata", i > 0 ? ";" : "",
                        (unsigned)runtime->spec_version);
        for (size_t j = 0; j < runtime->metadata_count; j++) {
            base_buf_format(out, " V%u", (unsigned)runtime->metadata[j].version);
        }
        base_buf_format(out, ", %zu exports", runtime->export_count);
    }
    base_buf_format(out,
                    "\nstate     %llu blocks, %llu of them whole or as their base; %llu keys, "
                    "%llu changes\n",
                    (unsigned long long)s->sets, (unsigned long long)s->whole_sets,
                    (unsigned long long)s->keys, (unsigned long long)s->changes);
    base_buf_format(out, "calls     %llu, %llu of them errors\n", (unsigned long long)s->calls,
                    (unsigned long long)s->errors);
    write_calls(facts, out);
    base_buf_format(out, "bytes     %llu, %llu of them metadata\n", (unsigned long long)s->bytes,
                    (unsigned long long)s->metadata_bytes);
}

static const char USAGE[] =
    "usage: mocknode stats [--json] DIR\n"
    "\n"
    "Says how many blocks, keys, changes, calls and bytes a fixture has, and "
    "what its state covers.\n"
    "\n";

struct options {
    bool json, help;
};

static const struct base_option OPTIONS[] = {{"json", 0, NULL, "as one line of JSON",
                                              base_option_flag, offsetof(struct options, json), 0,
                                              0, false},
                                             COMMAND_HELP(struct options, help),
                                             {.name = NULL}};

int stats_main(int argc, char **argv) {
    const struct command command = {"stats", USAGE, OPTIONS, offsetof(struct options, help), 1};
    struct options options = {.json = false};
    struct facts *facts = NULL;
    struct substrate_error error = {.status = SUBSTRATE_OK};
    struct stats stats = {.blocks = 0};
    struct base_buf out = BASE_BUF_INIT;
    int exit_status = command_read(&command, argc, argv, &options);
    if (exit_status >= 0) {
        return exit_status;
    }
    const char *folder = argv[0];
    if (facts_load(folder, FACTS_LOAD_DIGESTS, &facts, &error) != SUBSTRATE_OK) {
        return command_failed("stats", &error);
    }
    bool good = count(facts, folder, &stats);
    if (good && options.json) {
        write_json(facts, &stats, &out);
    } else if (good) {
        write_text(facts, &stats, &out);
    }
    facts_free(facts);
    if (!good || out.failed) {
        base_buf_free(&out);
        base_fail(&error, SUBSTRATE_E_MEMORY, "out of memory");
        return command_failed("stats", &error);
    }
    fwrite(out.data, 1, out.size, stdout);
    base_buf_free(&out);
    return EXIT_SUCCESS;
}
