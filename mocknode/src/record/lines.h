/* Facts as lines of the fixture format: the one place that knows how a fact is spelled, for the
 * files and for the log. Nothing here fails but by memory, which the buffer remembers. */
#ifndef RECORD_LINES_H
#define RECORD_LINES_H

#include <substrate/base.h>
#include "base/buf.h"
#include "chain/facts.h"

/* One line each, without its newline. */
void line_block(struct base_buf *out, const struct fact_block *block);
void line_runtime(struct base_buf *out, const struct fact_runtime *runtime);
void line_set(struct base_buf *out, const struct fact_set *set);
void line_change(struct base_buf *out, const struct fact_change *change);
void line_call(struct base_buf *out, const struct fact_call *call);

/* Lines of the log, which have the kind of the fact around it, with their newline. */
void log_block(struct base_buf *out, const struct fact_block *block);
void log_runtime(struct base_buf *out, const struct fact_runtime *runtime);
void log_call(struct base_buf *out, const struct fact_call *call);
void log_state(struct base_buf *out, const struct substrate_hash *at,
               const struct fact_change *change);
void log_covered(struct base_buf *out, const struct substrate_hash *at,
                 const struct fact_interval *interval);
void log_hash(struct base_buf *out, const char *kind, const struct substrate_hash *hash);
void log_chain(struct base_buf *out, struct substrate_text chain);
void log_genesis(struct base_buf *out, const struct substrate_hash *hash, bool assigned);

/* `"0x…"` of a hash, with the quotes. */
void line_hash(struct base_buf *out, const struct substrate_hash *hash);
/* The name of a blob: 64 digits and a NUL. */
void blob_name(struct substrate_bytes content, char out[65]);

#endif
