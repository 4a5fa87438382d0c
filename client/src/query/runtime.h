/* A runtime as queries see it: which chain, which version, and its metadata. And the queries that
 * find one out: what version is in force for a block, and the metadata of that version. Whoever
 * runs queries runs these first, and keeps what they found. */
#ifndef QUERY_RUNTIME_H
#define QUERY_RUNTIME_H

#include <stdatomic.h>
#include <stdint.h>
#include <substrate/metadata.h>
#include <substrate/query.h>

/* Storage at a block was written by the runtime in force when the block was executed: the version
 * at its parent. A runtime call at a block runs the version at the block itself. */
enum query_runtime_kind { QUERY_STATE_RUNTIME, QUERY_CALL_RUNTIME };
#define QUERY_RUNTIME_KINDS 2

/* Immutable and counted. */
struct query_runtime {
    atomic_uint references;
    struct substrate_hash genesis;
    uint32_t spec_version, transaction_version;
    struct substrate_metadata *metadata;
};
/* Takes `metadata`, also when it fails. NULL: out of memory. */
struct query_runtime *query_runtime_new(const struct substrate_hash *genesis, uint32_t spec_version,
                                        uint32_t transaction_version,
                                        struct substrate_metadata *metadata);
struct query_runtime *query_runtime_retain(struct query_runtime *runtime);
void query_runtime_release(struct query_runtime *runtime); /* NULL is allowed */

/* A version, and a block whose state has that runtime: where its metadata can be asked for. */
struct query_version {
    uint32_t spec_version, transaction_version;
    struct substrate_hash at;
};

/* The version in force for a block: `chain_getHeader` for its parent (genesis has none: itself)
 * where storage is read, then `state_getRuntimeVersion`. An unknown block is E_NOT_FOUND. */
enum substrate_status query_version_new(enum query_runtime_kind kind,
                                        const struct substrate_hash *block,
                                        struct substrate_query **query);
/* What it found, once it has ended well. */
const struct query_version *query_version_found(const struct substrate_query *query);

/* The metadata of a version: V15 by `state_call` of Metadata_metadata_at_version; V14 by
 * `state_getMetadata` of a runtime that has no such function, or no V15. */
enum substrate_status query_metadata_new(const struct substrate_hash *genesis,
                                         const struct query_version *version,
                                         struct substrate_query **query);
/* The runtime that it found, once it has ended well: gives a reference. */
struct query_runtime *query_metadata_found(const struct substrate_query *query);

#endif
