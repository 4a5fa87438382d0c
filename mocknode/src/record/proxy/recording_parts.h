/* What the files of the proxy's recording share: the recording itself, its steps, its questions.
 * All of them fill the recording's error. */
#ifndef RECORD_PROXY_RECORDING_PARTS_H
#define RECORD_PROXY_RECORDING_PARTS_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/map.h"
#include "fixture/facts.h"
#include "fixture/log.h"
#include "record/inquiry.h"
#include "record/proxy/blocks.h"
#include "record/proxy/exchange.h"

struct recording {
    struct inquiry ask; /* its facts are those of the step */
    struct blocks blocks;
    const char *folder;
    struct facts *old;   /* what the folder had before */
    struct facts *fresh; /* what came since */
    struct base_arena arena;
    struct base_map seen;   /* canonical texts of requests whose facts are kept */
    struct base_map unkept; /* methods of which was said that nothing is kept */
    struct base_map values; /* block hash and key of storage to what was said of it */
    struct facts_log log;
};

enum substrate_status recording_no_memory(struct recording *recording);
/* Whether a text was marked before; marks it. *status is set when there is no memory. */
bool recording_mark(struct recording *recording, struct base_map *map, struct substrate_text text,
                    enum substrate_status *status);

/* A step begins with no facts. */
enum substrate_status recording_begin_step(struct recording *recording);
/* Ends a step: what it found goes to the facts in memory and to the log, in one go. E_DECODE: it
 * contradicts what was said before, and is left out. */
enum substrate_status recording_end_step(struct recording *recording);
/* The two halves of that. */
enum substrate_status recording_absorb(struct recording *recording);
enum substrate_status recording_log_step(struct recording *recording);

/* Whether the facts of a canonical request (at a block, unless NULL) are kept; from now on they
 * are. */
enum substrate_status recording_canonical(struct recording *recording,
                                          const struct rpc_request *request,
                                          const struct substrate_hash *at, bool *seen);
/* Everything that an exchange says and asks for, into the step. */
enum substrate_status recording_read(struct recording *recording, struct extraction *extraction,
                                     const struct exchange *exchange);

#endif
