/* Verification of fixtures: what the loader cannot see in one line, because it is about several
 * facts. Every problem is reported, not only the first. */
#include "tools/verify.h"
#include "tools/command.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "chain/chain.h"
#include "fixture/files.h"
#include "fixture/line.h"
#include "tools/tools.h"
#include "fixture/save.h"
#include "methods/method.h"
#include "rpc/pin.h"
#include "rpc/request.h"

struct check {
    const struct facts *facts;
    const char *folder;
    FILE *report;
    size_t problems;
    char first[200];
    const struct fact_block **by_height; /* the blocks that are on no fork, sorted */
    size_t height_count;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
problem(struct check *check, const char *format, ...) {
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (check->problems++ == 0) {
        memcpy(check->first, text, sizeof text);
    }
    if (check->report != NULL) {
        fprintf(check->report, "%s: %s\n", check->folder, text);
    }
}

static bool equal(const struct substrate_hash *a, const struct substrate_hash *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* ---- blocks ---- */

static void check_hash(struct check *check, const struct fact_block *block) {
    struct substrate_hash hash;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    const struct facts *facts = check->facts;
    unsigned long long number = block->number;
    if (base_header_hash(block->header, &hash, &why) != SUBSTRATE_OK) {
        problem(check, "blocks.jsonl: block %llu: its header does not encode: %s", number,
                why.message);
        return;
    }
    bool genesis = facts->has_genesis && equal(&block->hash, &facts->genesis);
    bool same = equal(&hash, &block->hash);
    if (!same && !(genesis && facts->genesis_assigned)) {
        problem(check, "blocks.jsonl: block %llu: its header does not hash to its hash%s", number,
                genesis ? "; if the host chose it, say \"assigned\":true in manifest.json" : "");
    }
    if (same && genesis && facts->genesis_assigned) {
        problem(check,
                "manifest.json: the genesis hash is its header's, so it is not \"assigned\"");
    }
}

static int compare_heights(const void *left, const void *right) {
    const struct fact_block *a = *(const struct fact_block *const *)left;
    const struct fact_block *b = *(const struct fact_block *const *)right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static bool sort_heights(struct check *check) {
    const struct facts *facts = check->facts;
    check->by_height = base_calloc(facts->block_count + 1, sizeof *check->by_height);
    for (size_t i = 0; check->by_height != NULL && i < facts->block_count; i++) {
        if (!facts->blocks[i].fork) {
            check->by_height[check->height_count++] = &facts->blocks[i];
        }
    }
    if (check->height_count > 1) {
        qsort(check->by_height, check->height_count, sizeof *check->by_height, compare_heights);
    }
    return check->by_height != NULL;
}

/* A block of this height on no fork; NULL: none. That there are not two is the model's business. */
static const struct fact_block *at_height(const struct check *check, uint64_t number) {
    const struct fact_block sought = {.number = number}, *key = &sought;
    const struct fact_block *const *found =
        check->height_count == 0 ? NULL
                                 : bsearch(&key, check->by_height, check->height_count,
                                           sizeof *check->by_height, compare_heights);
    return found == NULL ? NULL : *found;
}

static void check_parent(struct check *check, const struct fact_block *block) {
    struct base_header header;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    unsigned long long number = block->number;
    if (base_header_read(block->header, &header, NULL, &why) != SUBSTRATE_OK) {
        return; /* check_hash has told */
    }
    if (header.number != block->number) {
        problem(check, "blocks.jsonl: block %llu: its header has the number %llu", number,
                (unsigned long long)header.number);
    }
    if (block->number == 0) {
        return;
    }
    const struct fact_block *parent = facts_find_block(check->facts, &header.parent);
    if (parent != NULL && parent->number + 1 != block->number) {
        problem(check, "blocks.jsonl: block %llu: its parent is recorded at height %llu", number,
                (unsigned long long)parent->number);
    }
    const struct fact_block *before = block->fork ? NULL : at_height(check, block->number - 1);
    if (before != NULL && !equal(&before->hash, &header.parent)) {
        problem(check, "blocks.jsonl: block %llu: the block before it is not its parent", number);
    }
}

/* The blocks below the head, parent by parent, are its chain and no forks. */
static void check_canonical(struct check *check) {
    const struct facts *facts = check->facts;
    const struct fact_block *block = facts->has_head ? facts_find_block(facts, &facts->head) : NULL;
    struct base_header header;
    for (size_t i = 0; block != NULL && i <= facts->block_count; i++) {
        if (block->fork) {
            problem(check,
                    "blocks.jsonl: block %llu is on the chain of the head, and marked as a fork",
                    (unsigned long long)block->number);
        }
        bool more = block->header.data != NULL && block->number > 0 &&
                    base_header_read(block->header, &header, NULL, NULL) == SUBSTRATE_OK;
        block = more ? facts_find_block(facts, &header.parent) : NULL;
    }
}

static void check_blocks(struct check *check) {
    const struct facts *facts = check->facts;
    check_canonical(check);
    if (facts->has_genesis && !facts->unfinished &&
        facts_find_block(facts, &facts->genesis) == NULL) {
        problem(check, "blocks.jsonl: the genesis block of manifest.json is missing");
    }
    for (size_t i = 0; i < facts->block_count; i++) {
        const struct fact_block *block = &facts->blocks[i];
        if (block->header.data != NULL) {
            check_hash(check, block);
            check_parent(check, block);
        }
        if (block->runtime_known && facts_find_spec(facts, block->runtime) == NULL) {
            problem(check, "blocks.jsonl: block %llu: runtime %u is not in runtimes.jsonl",
                    (unsigned long long)block->number, (unsigned)block->runtime);
        }
        if (facts->has_genesis && block->number == 0 && !block->fork &&
            !equal(&block->hash, &facts->genesis)) {
            problem(check, "blocks.jsonl: block 0 is not the genesis of manifest.json");
        }
    }
}

/* ---- the rest ---- */

static void check_runtimes(struct check *check) {
    for (size_t i = 0; i < check->facts->runtime_count; i++) {
        const struct fact_runtime *runtime = &check->facts->runtimes[i];
        struct base_json version;
        uint64_t spec;
        if (base_json_parse(runtime->version, BASE_JSON_DEPTH_MAX, &version, NULL) !=
                SUBSTRATE_OK ||
            !base_json_u64(base_json_member(version, "specVersion"), &spec) ||
            spec != runtime->spec_version) {
            problem(check, "runtimes.jsonl: runtime %u: its version has another specVersion",
                    (unsigned)runtime->spec_version);
        }
        for (size_t j = 0; j < runtime->metadata_count; j++) {
            struct substrate_bytes bytes = runtime->metadata[j].bytes;
            if (bytes.size < 5 || memcmp(bytes.data, "meta", 4) != 0) {
                problem(check,
                        "runtimes.jsonl: runtime %u: metadata %u is none: it must begin "
                        "with \"meta\"",
                        (unsigned)runtime->spec_version, (unsigned)runtime->metadata[j].version);
            } else if (bytes.data[4] != runtime->metadata[j].version) {
                problem(check, "runtimes.jsonl: runtime %u: metadata %u is of version %u",
                        (unsigned)runtime->spec_version, (unsigned)runtime->metadata[j].version,
                        (unsigned)bytes.data[4]);
            }
        }
    }
}

static void check_pruned(struct check *check, const struct fact_set *set, const char *hash) {
    if (set->pruned && (set->has_base || set->covered_count > 0 || set->change_count > 0)) {
        problem(check, "state.jsonl: set %s: it is pruned, and something is said of it", hash);
    }
    const struct fact_set *base = set->has_base ? facts_find_set(check->facts, &set->base) : NULL;
    if (base != NULL && base->pruned) {
        problem(check, "state.jsonl: set %s: its base is pruned: give it one that is known", hash);
    }
}

static void check_sets(struct check *check) {
    for (size_t i = 0; i < check->facts->set_count; i++) {
        const struct fact_set *set = &check->facts->sets[i];
        char hash[67];
        substrate_hash_format(&set->block, hash);
        if (facts_find_block(check->facts, &set->block) == NULL) {
            problem(check, "state.jsonl: set %s: its block is not in blocks.jsonl", hash);
        }
        if (set->has_base && facts_find_set(check->facts, &set->base) == NULL) {
            problem(check, "state.jsonl: set %s: its base has no set", hash);
        }
        if (set->covered_as_base && !set->has_base) {
            problem(check, "state.jsonl: set %s: covered as a base that it does not have", hash);
        }
        check_pruned(check, set, hash);
    }
}

/* A request that is not canonical would never be found. */
static bool is_canonical(const struct fact_call *call, struct base_arena *arena) {
    struct rpc_request request;
    struct base_json params;
    struct substrate_text data;
    if (call->params.size == 0) {
        const struct rpc_method *row = method_find(call->method);
        return row == NULL || base_text_is(call->method, row->name);
    }
    /* As a client writes it, which is another way where a node wants bytes in a list. */
    struct base_buf written = BASE_BUF_INIT;
    if (base_json_parse(call->params, BASE_JSON_DEPTH_MAX, &params, NULL) == SUBSTRATE_OK) {
        rpc_pin_params(method_find(call->method), call->params, NULL, &written);
    }
    bool canonical = base_json_parse(base_buf_view(&written), BASE_JSON_DEPTH_MAX, &params, NULL) ==
                         SUBSTRATE_OK &&
                     method_parse(call->method, params, arena, &request, &data) == SUBSTRATE_OK &&
                     base_text_equal(request.name, call->method) &&
                     base_text_equal(request.params_text, call->params) &&
                     (request.method == NULL || request.method->has_at == call->has_at);
    base_buf_free(&written);
    return canonical;
}

/* Whether a call has a result of a function that the runtime of its block does not export. */
static bool is_impossible(const struct facts *facts, const struct fact_call *call) {
    struct base_json params, name;
    struct base_json_walk walk;
    struct substrate_text key;
    const struct fact_block *block =
        call->has_at && !call->is_error && base_text_is(call->method, "state_call")
            ? facts_find_block(facts, &call->at)
            : NULL;
    if (block == NULL || !block->runtime_known ||
        base_json_parse(call->params, BASE_JSON_DEPTH_MAX, &params, NULL) != SUBSTRATE_OK) {
        return false;
    }
    base_json_walk_init(&walk, params);
    if (!base_json_walk_next(&walk, &key, &name)) {
        return false;
    }
    const struct fact_runtime *runtime = facts_find_spec(facts, block->runtime);
    return runtime != NULL && runtime->exports_known &&
           !facts_exports(runtime, (struct substrate_text){name.raw.data + 1, name.raw.size - 2});
}

static void check_calls(struct check *check) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    for (size_t i = 0; i < check->facts->call_count; i++) {
        const struct fact_call *call = &check->facts->calls[i];
        int method = (int)(call->method.size < 40 ? call->method.size : 40);
        int params = (int)(call->params.size < 60 ? call->params.size : 60);
        if (call->has_at && facts_find_block(check->facts, &call->at) == NULL) {
            problem(check, "calls.jsonl:%zu: %.*s %.*s: its block is not in blocks.jsonl", i + 1,
                    method, call->method.data, params, call->params.data);
        }
        if (!is_canonical(call, &arena)) {
            problem(check, "calls.jsonl:%zu: %.*s %.*s: not a canonical request", i + 1, method,
                    call->method.data, params, call->params.data);
        }
        const struct rpc_method *row = method_find(call->method);
        if (row != NULL && call->params.size > 0 && method_from_facts(row)) {
            problem(check,
                    "calls.jsonl:%zu: %.*s follows from blocks and keys, so this is never served: "
                    "say it in the other files, or let a script give the error",
                    i + 1, method, call->method.data);
        }
        if (is_impossible(check->facts, call)) {
            problem(check, "calls.jsonl:%zu: %.*s %.*s: its runtime does not export that function",
                    i + 1, method, call->method.data, params, call->params.data);
        }
        base_arena_reset(&arena);
    }
    base_arena_free(&arena);
}

static size_t run_checks(struct check *check) {
    if (!sort_heights(check)) {
        problem(check, "out of memory");
        return check->problems;
    }
    check_blocks(check);
    check_runtimes(check);
    check_sets(check);
    check_calls(check);
    base_free((void *)check->by_height);
    return check->problems;
}

size_t verify_facts(const struct facts *facts, const char *folder, FILE *report) {
    struct check check = {.facts = facts, .folder = folder, .report = report};
    return run_checks(&check);
}

enum substrate_status verify_before(const struct facts *facts, const char *source,
                                    struct substrate_error *error) {
    struct check check = {.facts = facts, .folder = source};
    return run_checks(&check) == 0
               ? SUBSTRATE_OK
               : base_fail(error, SUBSTRATE_E_PROTOCOL, "upstream %s: %s", source, check.first);
}

/* Builds the chain model, which checks what serving relies on. Takes the facts. */
static enum substrate_status build(struct facts *facts, const char *folder,
                                   struct substrate_error *error) {
    struct chain *chain = NULL;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    enum substrate_status status = chain_build(facts, &chain, &why);
    if (status != SUBSTRATE_OK) {
        facts_free(facts);
        return base_fail(error, status, "%s: %s", folder, why.message);
    }
    chain_free(chain);
    return SUBSTRATE_OK;
}

enum substrate_status verify_folder(const char *folder, struct substrate_error *error) {
    struct facts *facts = NULL;
    enum substrate_status status = facts_load(folder, FACTS_LOAD_DIGESTS, &facts, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct check check = {.facts = facts, .folder = folder};
    if (run_checks(&check) > 0) {
        facts_free(facts);
        return base_fail(error, SUBSTRATE_E_DECODE, "%s: %s", folder, check.first);
    }
    return build(facts, folder, error);
}

void verify_drop_strangers(struct facts *facts, const struct facts *others, const char *folder,
                           FILE *report) {
    struct substrate_hash first;
    char hex[67];
    size_t dropped = facts_drop_strangers(facts, others, &first);
    if (dropped > 0 && report != NULL) {
        substrate_hash_format(&first, hex);
        fprintf(report,
                "%s: facts about blocks without a header are left out: %zu, the first of block "
                "%s\n",
                folder, dropped, hex);
    }
}

/* ---- seal ---- */

/* Loads a folder whatever its digests, as the finished recording that it is to be. What a log says
 * of blocks whose headers never came is left out, and said to `report`. */
static enum substrate_status load_finished(const char *folder, FILE *report, struct facts **facts,
                                           struct substrate_error *error) {
    struct substrate_error why = {.status = SUBSTRATE_OK};
    enum substrate_status status = facts_load(folder, 0, facts, error);
    if (status == SUBSTRATE_OK && (*facts)->unfinished) {
        verify_drop_strangers(*facts, *facts, folder, report);
        status = facts_normalise(*facts, &why);
        if (status == SUBSTRATE_OK) {
            status = facts_finish(*facts, &why);
        }
        if (status != SUBSTRATE_OK) {
            facts_free(*facts);
            base_fail(error, status, "%s: %s; nothing was changed", folder, why.message);
        }
    }
    return status;
}

/* A log that would not make a good recording stays what it is: loadable, and unfinished. */
static enum substrate_status check_log(const struct facts *facts, const char *folder,
                                       struct substrate_error *error) {
    struct check check = {.facts = facts, .folder = folder, .report = stderr};
    return !facts->has_log || run_checks(&check) == 0
               ? SUBSTRATE_OK
               : base_fail(error, SUBSTRATE_E_DECODE, "%s: problems: %zu; nothing was changed",
                           folder, check.problems);
}

/* Facts that are malformed, or that could not be served, are refused as ever; only what the digests
 * say is taken back. An unfinished recording is finished: what its log says goes into the files. */
static enum substrate_status seal(const char *folder, struct substrate_error *error) {
    struct facts *facts = NULL;
    enum substrate_status status = load_finished(folder, stderr, &facts, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    status = check_log(facts, folder, error);
    if (status != SUBSTRATE_OK) {
        facts_free(facts);
        return status;
    }
    status = build(facts, folder, error);
    if (status == SUBSTRATE_OK) { /* which took the facts */
        status = load_finished(folder, NULL, &facts, error);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    status = facts->has_log ? facts_save(facts, folder, error) : facts_seal(facts, folder, error);
    facts_free(facts);
    return status;
}

/* ---- the command ---- */

static const char USAGE[] =
    "usage: mocknode verify [--seal] DIR\n"
    "\n"
    "Checks a fixture: digests, every header's hash, parents, references to runtimes, coverage "
    "and\n"
    "bases of state sets, canonical requests. Each problem is a line; the exit status is then 1.\n"
    "\n";

struct options {
    bool seal, help;
};

static const struct base_option OPTIONS[] = {
    {"seal", 0, NULL,
     "renew the digests after an edit by hand (or finish an\nunfinished recording), then check",
     base_option_flag, offsetof(struct options, seal), 0, 0, false},
    COMMAND_HELP(struct options, help),
    {.name = NULL}};

int verify_main(int argc, char **argv) {
    const struct command command = {"verify", USAGE, OPTIONS, offsetof(struct options, help), 1};
    struct options options = {.seal = false};
    struct substrate_error error = {.status = SUBSTRATE_OK};
    struct facts *facts = NULL;
    int exit_status = command_read(&command, argc, argv, &options);
    if (exit_status >= 0) {
        return exit_status;
    }
    const char *folder = argv[0];
    enum substrate_status status = options.seal ? seal(folder, &error) : SUBSTRATE_OK;
    if (status == SUBSTRATE_OK) {
        status = facts_load(folder, FACTS_LOAD_DIGESTS, &facts, &error);
    }
    if (status != SUBSTRATE_OK) {
        return command_failed("verify", &error);
    }
    bool unfinished = facts->unfinished;
    size_t problems = verify_facts(facts, folder, stderr);
    if (problems > 0) {
        facts_free(facts);
        fprintf(stderr, "mocknode verify: %s: problems: %zu\n", folder, problems);
        return EXIT_FAILURE;
    }
    if (build(facts, folder, &error) != SUBSTRATE_OK) {
        return command_failed("verify", &error);
    }
    fprintf(stderr, "%s: %s\n", folder,
            unfinished ? "good, but unfinished: finish it with mocknode verify --seal" : "good");
    return EXIT_SUCCESS;
}
