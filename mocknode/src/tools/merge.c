/* Merges fixtures. Blocks, runtimes and calls are joined part by part; storage by what each of the
 * two knows after each block. */
#include "tools/merge.h"
#include "tools/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/mem.h"
#include "base/text.h"
#include "fixture/files.h"
#include "fixture/storage.h"
#include "tools/tools.h"
#include "tools/verify.h"
#include "fixture/same.h"
#include "fixture/save.h"

/* Of what there is only one. */
#define NO_NUMBER UINT64_MAX

struct merge {
    const struct facts *a, *b;
    struct facts *out;
    struct substrate_error *error;
    struct fact_lines lines_a, lines_b;
};

static enum substrate_status no_memory(struct merge *merge) {
    return base_fail(merge->error, SUBSTRATE_E_MEMORY, "out of memory");
}

static bool same_hash(const struct substrate_hash *a, const struct substrate_hash *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* Copies a part that may be missing. Of two spellings of one value the first is kept. */
static enum substrate_status join_text(struct merge *merge, struct substrate_text *part,
                                       struct substrate_text text, const char *what,
                                       uint64_t number) {
    char numbered[24] = "";
    if (text.data == NULL) {
        return SUBSTRATE_OK;
    }
    if (number != NO_NUMBER) {
        snprintf(numbered, sizeof numbered, " %llu", (unsigned long long)number);
    }
    if (part->data != NULL) {
        bool same;
        if (facts_same_json(*part, text, &same) != SUBSTRATE_OK) {
            return no_memory(merge);
        }
        return same ? SUBSTRATE_OK
                    : base_fail(merge->error, SUBSTRATE_E_DECODE,
                                "the two say different things of the %s%s: %.*s and %.*s", what,
                                numbered, (int)(part->size < 40 ? part->size : 40), part->data,
                                (int)(text.size < 40 ? text.size : 40), text.data);
    }
    *part = base_arena_text(&merge->out->arena, text);
    return part->data != NULL ? SUBSTRATE_OK : no_memory(merge);
}

/* ---- blocks, runtimes, calls ---- */

static enum substrate_status join_block(struct merge *merge, const struct fact_block *block) {
    bool known = facts_block(merge->out, &block->hash, false) != NULL;
    struct fact_block *out = facts_block(merge->out, &block->hash, true);
    if (out == NULL) {
        return no_memory(merge);
    }
    if ((known && (out->number != block->number || out->fork != block->fork)) ||
        (block->runtime_known && out->runtime_known && out->runtime != block->runtime)) {
        char hash[67];
        substrate_hash_format(&block->hash, hash);
        return base_fail(merge->error, SUBSTRATE_E_DECODE,
                         "the two say different things of number, fork or runtime of block %s",
                         hash);
    }
    out->number = block->number;
    out->fork = block->fork;
    if (block->runtime_known) {
        out->runtime_known = true;
        out->runtime = block->runtime;
    }
    enum substrate_status status =
        join_text(merge, &out->header, block->header, "header of block", block->number);
    if (status == SUBSTRATE_OK) {
        status = join_text(merge, &out->extrinsics, block->extrinsics, "extrinsics of block",
                           block->number);
    }
    return status == SUBSTRATE_OK ? join_text(merge, &out->justifications, block->justifications,
                                              "justifications of block", block->number)
                                  : status;
}

static enum substrate_status join_metadata(struct merge *merge, uint32_t spec,
                                           const struct fact_metadata *metadata) {
    const struct fact_metadata *known =
        facts_metadata(facts_spec(merge->out, spec, false), metadata->version);
    if (known == NULL) {
        return facts_add_metadata(merge->out, spec, metadata->version, metadata->bytes) ==
                       SUBSTRATE_OK
                   ? SUBSTRATE_OK
                   : no_memory(merge);
    }
    bool same = known->bytes.size == metadata->bytes.size &&
                memcmp(known->bytes.data, metadata->bytes.data, known->bytes.size) == 0;
    return same ? SUBSTRATE_OK
                : base_fail(merge->error, SUBSTRATE_E_DECODE,
                            "the two have different metadata V%u of runtime %u",
                            (unsigned)metadata->version, (unsigned)spec);
}

static enum substrate_status join_exports(struct merge *merge, struct fact_runtime *out,
                                          const struct fact_runtime *runtime) {
    if (!runtime->exports_known) {
        return SUBSTRATE_OK;
    }
    if (out->exports_known) {
        bool same = out->export_count == runtime->export_count;
        for (size_t i = 0; same && i < out->export_count; i++) {
            same = base_text_equal(out->exports[i], runtime->exports[i]);
        }
        return same ? SUBSTRATE_OK
                    : base_fail(merge->error, SUBSTRATE_E_DECODE,
                                "the two have different exports of runtime %u",
                                (unsigned)runtime->spec_version);
    }
    out->exports =
        base_arena_calloc(&merge->out->arena, runtime->export_count + 1, sizeof *out->exports);
    for (size_t i = 0; out->exports != NULL && i < runtime->export_count; i++) {
        out->exports[i] = base_arena_text(&merge->out->arena, runtime->exports[i]);
        if (out->exports[i].data == NULL) {
            return no_memory(merge);
        }
    }
    out->export_count = runtime->export_count;
    out->exports_known = out->exports != NULL;
    return out->exports_known ? SUBSTRATE_OK : no_memory(merge);
}

static enum substrate_status join_runtime(struct merge *merge, const struct fact_runtime *runtime) {
    uint32_t spec = runtime->spec_version;
    struct fact_runtime *out = facts_spec(merge->out, spec, true);
    if (out == NULL) {
        return no_memory(merge);
    }
    enum substrate_status status =
        join_text(merge, &out->version, runtime->version, "version of runtime", spec);
    if (status == SUBSTRATE_OK) {
        status = join_text(merge, &out->core_version, runtime->core_version,
                           "core_version of runtime", spec);
    }
    if (status == SUBSTRATE_OK) {
        status = join_text(merge, &out->metadata_versions, runtime->metadata_versions,
                           "metadata_versions of runtime", spec);
    }
    for (size_t i = 0; i < runtime->metadata_count && status == SUBSTRATE_OK; i++) {
        status = join_metadata(merge, spec, &runtime->metadata[i]);
    }
    return status == SUBSTRATE_OK ? join_exports(merge, out, runtime) : status;
}

static enum substrate_status join_chain(struct merge *merge, const struct facts *facts) {
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < facts->block_count && status == SUBSTRATE_OK; i++) {
        status = join_block(merge, &facts->blocks[i]);
    }
    for (size_t i = 0; i < facts->runtime_count && status == SUBSTRATE_OK; i++) {
        status = join_runtime(merge, &facts->runtimes[i]);
    }
    return status;
}

static enum substrate_status join_simple(struct merge *merge, const struct facts *facts) {
    enum substrate_status status = join_chain(merge, facts);
    for (size_t i = 0; i < facts->call_count && status == SUBSTRATE_OK; i++) {
        if (facts_add_call(merge->out, &facts->calls[i]) != SUBSTRATE_OK) {
            status = no_memory(merge);
        }
    }
    return status;
}

/* ---- storage ---- */

static enum substrate_status copy_set(struct merge *merge, const struct fact_set *set) {
    struct fact_set *out = facts_set(merge->out, &set->block, true);
    enum substrate_status status = out != NULL ? SUBSTRATE_OK : SUBSTRATE_E_MEMORY;
    if (status == SUBSTRATE_OK) {
        out->pruned = set->pruned;
        out->has_base = set->has_base;
        out->base = set->base;
        out->covered_as_base = set->covered_as_base;
    }
    for (size_t i = 0; i < set->covered_count && status == SUBSTRATE_OK; i++) {
        status = facts_add_covered(merge->out, out, &set->covered[i]);
    }
    for (size_t i = 0; i < set->change_count && status == SUBSTRATE_OK; i++) {
        status = facts_add_change(merge->out, out, &set->changes[i]);
    }
    return status == SUBSTRATE_OK ? SUBSTRATE_OK : no_memory(merge);
}

static enum substrate_status contradiction(struct merge *merge, const struct fact_set *set,
                                           struct substrate_text key) {
    char hash[67];
    substrate_hash_format(&set->block, hash);
    return base_fail(merge->error, SUBSTRATE_E_DECODE,
                     "the two say different things of key 0x%.*s at block %s",
                     (int)(key.size < 80 ? key.size : 80), key.data, hash);
}

/* One key that is known to the one (`mine`), or to both. Either may be NULL. */
static enum substrate_status join_key(struct merge *merge, struct fact_set *out,
                                      const struct fact_change *mine,
                                      const struct fact_change *other, bool other_covers) {
    const struct fact_change *kept = other == NULL ? mine : facts_join_changes(mine, other);
    if (kept == NULL || (other == NULL && other_covers && mine->kind != FACT_ABSENT)) {
        return contradiction(merge, out, mine->key);
    }
    if (kept->kind == FACT_ABSENT && other_covers) {
        return SUBSTRATE_OK; /* the coverage says so */
    }
    return facts_add_change(merge->out, out, kept) == SUBSTRATE_OK ? SUBSTRATE_OK
                                                                   : no_memory(merge);
}

static enum substrate_status join_known(struct merge *merge, const struct substrate_hash *block,
                                        const struct fact_storage *a,
                                        const struct fact_storage *b) {
    struct fact_set *out = facts_set(merge->out, block, true);
    const struct fact_storage *both[] = {a, b};
    enum substrate_status status = out != NULL ? SUBSTRATE_OK : no_memory(merge);
    size_t i = 0, j = 0;
    while (status == SUBSTRATE_OK && (i < a->count || j < b->count)) {
        int order = i == a->count   ? 1
                    : j == b->count ? -1
                                    : base_text_compare(a->keys[i].key, b->keys[j].key);
        const struct fact_change *mine = order <= 0 ? &a->keys[i] : &b->keys[j];
        const struct fact_storage *others = order <= 0 ? b : a;
        status = join_key(merge, out, mine, order == 0 ? &b->keys[j] : NULL,
                          fact_storage_covers(others, mine->key));
        i += order <= 0;
        j += order >= 0;
    }
    for (size_t k = 0; k < 2; k++) {
        for (size_t n = 0; n < both[k]->covered_count && status == SUBSTRATE_OK; n++) {
            if (facts_add_covered(merge->out, out, &both[k]->covered[n]) != SUBSTRATE_OK) {
                status = no_memory(merge);
            }
        }
    }
    return status;
}

/* Resolves what the two know of a block, and writes both as one set. */
static enum substrate_status join_resolved(struct merge *merge, const struct fact_set *a,
                                           const struct fact_set *b) {
    struct fact_storage left = {.keys = NULL}, right = {.keys = NULL};
    enum substrate_status status = SUBSTRATE_OK;
    if (a != NULL) {
        status = fact_storage_of(merge->a, a, &left, merge->error);
    }
    if (b != NULL && status == SUBSTRATE_OK) {
        status = fact_storage_of(merge->b, b, &right, merge->error);
    }
    if (status == SUBSTRATE_OK) {
        status = join_known(merge, a != NULL ? &a->block : &b->block, &left, &right);
    }
    fact_storage_free(&left);
    fact_storage_free(&right);
    return status;
}

/* A set stays as it is when its line means the same in the merged facts. That a node had discarded
 * a state says nothing about it: who has the state knows more. */
static enum substrate_status join_set(struct merge *merge, const struct fact_set *a,
                                      const struct fact_set *b) {
    bool left = true, right = true;
    if (a != NULL && b != NULL && a->pruned != b->pruned) {
        a = a->pruned ? NULL : a;
        b = b->pruned ? NULL : b;
    }
    if ((a != NULL && fact_lines_same(&merge->lines_a, a, &left) != SUBSTRATE_OK) ||
        (b != NULL && fact_lines_same(&merge->lines_b, b, &right) != SUBSTRATE_OK)) {
        return no_memory(merge);
    }
    return left && right ? copy_set(merge, a != NULL ? a : b) : join_resolved(merge, a, b);
}

static enum substrate_status join_sets(struct merge *merge) {
    enum substrate_status status = SUBSTRATE_OK;
    if (!fact_lines_init(&merge->lines_a, merge->a, merge->b, false) ||
        !fact_lines_init(&merge->lines_b, merge->b, merge->a, false)) {
        status = no_memory(merge);
    }
    for (size_t i = 0; i < merge->a->set_count && status == SUBSTRATE_OK; i++) {
        const struct fact_set *set = &merge->a->sets[i];
        status = join_set(merge, set, facts_find_set(merge->b, &set->block));
    }
    for (size_t i = 0; i < merge->b->set_count && status == SUBSTRATE_OK; i++) {
        const struct fact_set *set = &merge->b->sets[i];
        if (facts_find_set(merge->a, &set->block) == NULL) {
            status = join_set(merge, NULL, set);
        }
    }
    fact_lines_free(&merge->lines_a);
    fact_lines_free(&merge->lines_b);
    return status;
}

enum substrate_status merge_absorb_chain(struct facts *out, const struct facts *in,
                                         struct substrate_error *error) {
    struct merge merge = {.a = in, .b = in, .out = out, .error = error};
    return join_chain(&merge, in);
}

enum substrate_status merge_absorb(struct facts *out, const struct facts *in,
                                   struct substrate_error *error) {
    struct merge merge = {.a = in, .b = in, .out = out, .error = error};
    enum substrate_status status = join_simple(&merge, in);
    for (size_t i = 0; i < in->set_count && status == SUBSTRATE_OK; i++) {
        status = copy_set(&merge, &in->sets[i]);
    }
    return status;
}

/* ---- the manifest ---- */

static enum substrate_status join_manifest(struct merge *merge) {
    const struct facts *a = merge->a, *b = merge->b;
    struct facts *out = merge->out;
    if (a->has_genesis && b->has_genesis &&
        (!same_hash(&a->genesis, &b->genesis) || a->genesis_assigned != b->genesis_assigned)) {
        return base_fail(merge->error, SUBSTRATE_E_DECODE,
                         "the two are of different chains: their genesis differs");
    }
    const struct facts *genesis = a->has_genesis ? a : b;
    out->has_genesis = genesis->has_genesis;
    out->genesis = genesis->genesis;
    out->genesis_assigned = genesis->genesis_assigned;
    const struct facts *head = a;
    if (!a->has_head ||
        (b->has_head && facts_number(out, &b->head) > facts_number(out, &a->head))) {
        head = b;
    }
    out->has_head = head->has_head;
    out->head = head->head;
    out->has_finalized = head->has_finalized;
    out->finalized = head->finalized;
    out->unfinished = a->unfinished || b->unfinished;
    enum substrate_status status = join_text(merge, &out->chain, a->chain, "chain name", NO_NUMBER);
    if (status == SUBSTRATE_OK && b->chain.data != NULL) {
        status = join_text(merge, &out->chain, b->chain, "chain name", NO_NUMBER);
    }
    struct substrate_text provenance = a->provenance.data != NULL ? a->provenance : b->provenance;
    struct substrate_text redacted = a->redacted.data != NULL ? a->redacted : b->redacted;
    if (status == SUBSTRATE_OK) {
        status = join_text(merge, &out->provenance, provenance, "provenance", NO_NUMBER);
    }
    return status == SUBSTRATE_OK
               ? join_text(merge, &out->redacted, redacted, "redacted", NO_NUMBER)
               : status;
}

enum substrate_status merge_facts(const struct facts *a, const struct facts *b,
                                  struct facts **merged, struct substrate_error *error) {
    struct merge merge = {.a = a, .b = b, .out = facts_new(), .error = error};
    if (merge.out == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    enum substrate_status status = join_simple(&merge, a);
    if (status == SUBSTRATE_OK) {
        status = join_simple(&merge, b);
    }
    if (status == SUBSTRATE_OK) {
        status = join_sets(&merge);
    }
    if (status == SUBSTRATE_OK) {
        status = join_manifest(&merge);
    }
    if (status == SUBSTRATE_OK) {
        status = facts_normalise(merge.out, error);
    }
    if (status != SUBSTRATE_OK) {
        facts_free(merge.out);
        return status;
    }
    *merged = merge.out;
    return SUBSTRATE_OK;
}

/* ---- the command ---- */

static const char USAGE[] =
    "usage: mocknode merge A B --out C\n"
    "\n"
    "Writes the union of two fixtures of one chain. What the two say differently is named, and\n"
    "nothing is written.\n"
    "\n";

struct options {
    const char *out;
    bool help;
};

static const struct base_option OPTIONS[] = {
    {"out", 0, "DIR", "the merged fixture; must be empty or not there", base_option_text,
     offsetof(struct options, out), 0, 0, false},
    COMMAND_HELP(struct options, help),
    {.name = NULL}};

static enum substrate_status merge_folders(char *const folders[2], const char *out,
                                           struct substrate_error *error) {
    struct facts *facts[2] = {NULL, NULL}, *merged = NULL;
    enum substrate_status status = SUBSTRATE_OK;
    if (!file_is_empty_folder(out)) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "%s is there and not empty: name another folder", out);
    }
    for (size_t i = 0; i < 2 && status == SUBSTRATE_OK; i++) {
        status = facts_load(folders[i], FACTS_LOAD_DIGESTS, &facts[i], error);
    }
    if (status == SUBSTRATE_OK) {
        status = merge_facts(facts[0], facts[1], &merged, error);
    }
    if (status == SUBSTRATE_OK) {
        status = facts_save(merged, out, error);
        facts_free(merged);
    }
    facts_free(facts[0]);
    facts_free(facts[1]);
    return status == SUBSTRATE_OK ? verify_folder(out, error) : status;
}

int merge_main(int argc, char **argv) {
    const struct command command = {"merge", USAGE, OPTIONS, offsetof(struct options, help), 2};
    struct options options = {.out = NULL};
    struct substrate_error error = {.status = SUBSTRATE_OK};
    int exit_status = command_read(&command, argc, argv, &options);
    if (exit_status >= 0) {
        return exit_status;
    }
    if (options.out == NULL) {
        return command_misused(&command, "--out is missing");
    }
    return merge_folders(argv, options.out, &error) == SUBSTRATE_OK
               ? EXIT_SUCCESS
               : command_failed("merge", &error);
}
