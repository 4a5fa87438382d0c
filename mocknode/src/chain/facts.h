/* Facts about a chain, as a fixture has them: blocks, runtimes, state sets, recorded calls. The one
 * mutable form, shared by whoever reads, writes, merges or compares fixtures; the node serves from
 * the immutable model that chain.h builds out of it. The format is fixtures/FORMAT.md.
 *
 * All texts are views into memory that the facts own (file contents or the arena). Keys are
 * lower-case hex *without* 0x: the order of such texts is the order of the bytes. Values are the
 * hex text with 0x and without quotes. Raw JSON is compact. */
#ifndef CHAIN_FACTS_H
#define CHAIN_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/map.h"

#define FACTS_FORMAT 1

/* Parts that were not recorded are {NULL, 0}. */
struct fact_block {
    struct substrate_hash hash;
    uint64_t number;
    bool fork;
    bool runtime_known;
    uint32_t runtime;                                         /* spec version */
    struct substrate_text header, extrinsics, justifications; /* raw JSON */
    size_t line; /* of blocks.jsonl; 0: it came from elsewhere */
};

struct fact_metadata {
    uint32_t version;
    struct substrate_bytes bytes;
};

struct fact_runtime {
    uint32_t spec_version;
    struct substrate_text version;                         /* raw JSON object */
    struct substrate_text core_version, metadata_versions; /* 0x… */
    struct fact_metadata *metadata;                        /* by version */
    size_t metadata_count;
    bool exports_known;
    struct substrate_text *exports; /* sorted */
    size_t export_count;
};

enum fact_value_kind { FACT_VALUE, FACT_ABSENT, FACT_PRESENT };

struct fact_change {
    struct substrate_text key;
    enum fact_value_kind kind;
    struct substrate_text value; /* 0x…; FACT_VALUE only */
};

/* [from, to); to.data NULL: to the end of all keys. */
struct fact_interval {
    struct substrate_text from, to;
};

struct fact_set {
    struct substrate_hash block;
    bool has_base;
    struct substrate_hash base;
    bool covered_as_base;
    struct fact_interval *covered;
    size_t covered_count, covered_capacity;
    struct fact_change *changes;
    size_t change_count, change_capacity;
};

struct fact_call {
    struct substrate_text method; /* the canonical name */
    struct substrate_text params; /* raw JSON array, canonical, without the block */
    bool has_at;
    struct substrate_hash at;
    bool is_error;
    struct substrate_text result; /* raw JSON: the result, or the error object */
    size_t line;                  /* of calls.jsonl; 0: it came from elsewhere */
};

struct facts {
    struct base_arena arena;
    struct substrate_text chain;
    bool has_genesis, genesis_assigned, has_head, has_finalized, unfinished;
    struct substrate_hash genesis, head, finalized;
    struct substrate_text provenance, redacted; /* raw JSON */
    struct fact_block *blocks;
    size_t block_count, block_capacity;
    struct fact_runtime *runtimes;
    size_t runtime_count, runtime_capacity;
    struct fact_set *sets;
    size_t set_count, set_capacity;
    struct fact_call *calls;
    size_t call_count, call_capacity;
    void **files; /* file contents that the views point into */
    size_t file_count, file_capacity;
    struct base_map block_index,
        set_index; /* hash to position + 1, for facts_block and facts_set */
};

enum facts_load_flags {
    FACTS_LOAD_DIGESTS = 1, /* refuse a file or blob whose digest differs from the manifest's */
};

/* Reads a fixture folder, its log too when unfinished. `facts` is given; free it with facts_free.
 * Errors name file, line and what to do. Hostile input is expected: every field is checked. */
enum substrate_status facts_load(const char *folder, unsigned flags, struct facts **facts,
                                 struct substrate_error *error);
struct facts *facts_new(void);
void facts_free(struct facts *facts);

/* Adding copies all text into the arena. Duplicates and contradictions are settled by
 * facts_normalise, except for blocks, runtimes and sets, which are found or made: NULL when there
 * is none, or no memory to make it. The pointer is good until the next one of its kind is made.
 * Whoever fills in a found one copies texts with base_arena_text(&facts->arena, …). */
enum substrate_status facts_add_call(struct facts *facts, const struct fact_call *call);
struct fact_block *facts_block(struct facts *facts, const struct substrate_hash *hash, bool make);
struct fact_runtime *facts_runtime(struct facts *facts, uint32_t spec_version, bool make);
struct fact_set *facts_set(struct facts *facts, const struct substrate_hash *block, bool make);
enum substrate_status facts_add_change(struct facts *facts, struct fact_set *set,
                                       const struct fact_change *change);
enum substrate_status facts_add_covered(struct facts *facts, struct fact_set *set,
                                        const struct fact_interval *interval);

/* The hash's position in file order: blocks that are not recorded come last. */
uint64_t facts_number(const struct facts *facts, const struct substrate_hash *hash);

/* Sorts everything into file order, joins intervals, drops duplicates. Two facts that say different
 * things of the same thing: E_DECODE, and `error` names both. */
enum substrate_status facts_normalise(struct facts *facts, struct substrate_error *error);

#endif
