/* Finding out the facts that queries need: which memo keeps one, which query finds it, and how the
 * answer is taken out of that query. */
#ifndef RUN_FACTS_H
#define RUN_FACTS_H

#include <substrate/connection.h>
#include "memo.h"

/* The memo of a kind of fact on a connection; NULL when there is no memory for one. */
struct memo *facts_memo(struct substrate_connection *connection, enum fact_kind kind);
/* The query that finds a fact. Returns OK or E_MEMORY. */
enum substrate_status facts_query(const struct fact *fact, struct substrate_query **query);
/* The fact from that query, which has ended with OK; to be released. */
struct fact_value facts_take(const struct fact *fact, const struct substrate_query *query);

/* The facts that a runtime is found by: those of a block, and then its own. */
struct fact facts_genesis(void);
struct fact facts_version(enum query_runtime_kind kind, const struct substrate_hash *block);
struct fact facts_runtime(const struct substrate_hash *genesis,
                          const struct query_version *version);

/* The hash that a block_hash query has found. */
struct substrate_hash facts_hash(const struct substrate_query *query);

#endif
