/* Phase two: each runtime that is in force at a recorded block. */
#include <stdio.h>
#include "record/plan/recorder.h"

/* The first recorded block after which a runtime is in force. */
static const struct fact_block *find_block(struct recorder *recorder, uint32_t spec) {
    for (uint64_t height = 0; height <= recorder->head; height++) {
        const struct fact_block *block =
            recorder->wanted[height] == 0
                ? NULL
                : facts_find_block(recorder->ask.facts, &recorder->hashes[height]);
        if (block != NULL && block->runtime_known && block->runtime == spec) {
            return block;
        }
    }
    return NULL;
}

enum substrate_status record_runtimes(struct recorder *recorder) {
    const struct plan *plan = recorder->plan;
    const struct runtime_wish wish = {plan->metadata_all,   plan->exports,       plan->metadata,
                                      plan->metadata_count, recorder->plan_path, false};
    struct facts *facts = recorder->ask.facts;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; plan->has_runtimes && i < facts->runtime_count && status == SUBSTRATE_OK;
         i++) {
        uint32_t spec = facts->runtimes[i].spec_version;
        const struct fact_block *block = find_block(recorder, spec);
        if (block != NULL) {
            status = inquiry_runtime(&recorder->ask, &wish, spec, &block->hash);
        }
        if (status == SUBSTRATE_OK) {
            fprintf(stderr, "runtimes: %zu of %zu\n", i + 1, facts->runtime_count);
        }
    }
    return status;
}
