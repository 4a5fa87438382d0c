/* Facts: their memos and the queries that find them; see facts.h. */
#include "facts.h"

#include <substrate/hash.h>

#include "engine/engine_internal.h"
#include "query/query.h"

/* A runtime takes some megabytes; a version some bytes. */
#define RUNTIMES_MAX 16
#define VERSIONS_MAX 256

/* The process's. */
static struct memo runtimes = {.lock = PTHREAD_MUTEX_INITIALIZER,
                               .settled = PTHREAD_COND_INITIALIZER,
                               .count_max = RUNTIMES_MAX};

void substrate_runtimes_forget(void) { memo_forget(&runtimes); }

static void free_memory(void *memory) { memo_free(memory); }

struct memo *facts_memo(struct substrate_connection *connection, enum fact_kind kind) {
    if (kind == FACT_RUNTIME) {
        return &runtimes;
    }
    (void)pthread_mutex_lock(&connection->lock);
    if (connection->memory == NULL) {
        connection->memory = memo_new(VERSIONS_MAX);
        connection->memory_free = free_memory;
    }
    struct memo *memo = connection->memory;
    connection_unlock(connection);
    return memo;
}

enum substrate_status facts_query(const struct fact *fact, struct substrate_query **query) {
    switch (fact->kind) {
    case FACT_STATE_VERSION:
        return query_version_new(QUERY_STATE_RUNTIME, &fact->hash, query);
    case FACT_CALL_VERSION:
        return query_version_new(QUERY_CALL_RUNTIME, &fact->hash, query);
    case FACT_GENESIS:
        return substrate_query_block_hash(0, query);
    case FACT_RUNTIME:
        break;
    }
    return query_metadata_new(&fact->hash, &fact->version, query);
}

struct fact_value facts_take(const struct fact *fact, const struct substrate_query *query) {
    struct fact_value value = {0};
    switch (fact->kind) {
    case FACT_STATE_VERSION:
    case FACT_CALL_VERSION:
        value.version = *query_version_found(query);
        break;
    case FACT_GENESIS:
        value.genesis = facts_hash(query);
        break;
    case FACT_RUNTIME:
        value.runtime = query_metadata_found(query);
        break;
    }
    return value;
}

struct fact facts_genesis(void) {
    return (struct fact){.kind = FACT_GENESIS};
}

struct fact facts_version(enum query_runtime_kind kind, const struct substrate_hash *block) {
    return (struct fact){.kind = (enum fact_kind)kind, .hash = *block};
}

struct fact facts_runtime(const struct substrate_hash *genesis,
                          const struct query_version *version) {
    return (struct fact){.kind = FACT_RUNTIME, .hash = *genesis, .version = *version};
}

struct substrate_hash facts_hash(const struct substrate_query *query) {
    struct substrate_text quoted = query->outcome.value;
    struct substrate_hash hash = {{0}};
    /* The query has written it. */
    (void)substrate_hash_parse((struct substrate_text){quoted.data + 1, quoted.size - 2}, &hash);
    return hash;
}
