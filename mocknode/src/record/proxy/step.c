/* The steps of a proxy's recording: one exchange each, checked against what was said before, kept
 * in memory, written to the log in one go. */
#include "base/buf.h"
#include "base/text.h"
#include "fixture/line.h"
#include "record/proxy/recording_parts.h"
#include "tools/merge.h"

enum substrate_status recording_no_memory(struct recording *recording) {
    return inquiry_no_memory(&recording->ask);
}

/* Whether a text was marked before; marks it. *status is set when there is no memory. */
bool recording_mark(struct recording *recording, struct base_map *map, struct substrate_text text,
                    enum substrate_status *status) {
    if (base_map_get(map, text) != NULL) {
        return true;
    }
    struct substrate_text copy = base_arena_text(&recording->arena, text);
    if (copy.data == NULL || !base_map_put(map, copy, recording)) {
        *status = recording_no_memory(recording);
    }
    return false;
}

/* Only values, and that there is none, are remembered: that a key is there contradicts little. */
static enum substrate_status remember(struct recording *recording, struct substrate_text name,
                                      const struct fact_change *change) {
    struct substrate_text key = base_arena_text(&recording->arena, name);
    struct fact_change *copy = base_arena_alloc(&recording->arena, sizeof *copy);
    if (key.data == NULL || copy == NULL) {
        return recording_no_memory(recording);
    }
    *copy = *change;
    copy->key = (struct substrate_text){NULL, 0}; /* it is in the name */
    copy->digest = NULL;
    copy->value = change->value.data == NULL ? change->value
                                             : base_arena_text(&recording->arena, change->value);
    return (change->value.data == NULL || copy->value.data != NULL) &&
                   base_map_put(&recording->values, key, copy)
               ? SUBSTRATE_OK
               : recording_no_memory(recording);
}

/* What was said of a key at a block is said once and for all: E_DECODE when it was another thing.
 * What says more is remembered in place of what says less. */
static enum substrate_status check_value(struct recording *recording, const struct fact_set *set,
                                         const struct fact_change *change) {
    struct base_buf name = BASE_BUF_INIT;
    enum substrate_status status = SUBSTRATE_OK;
    line_write_hash(&name, &set->block);
    base_buf_text(&name, change->key);
    if (name.failed) {
        base_buf_free(&name);
        return recording_no_memory(recording);
    }
    struct fact_change *said = base_map_get(&recording->values, base_buf_view(&name));
    const struct fact_change *joined = said == NULL ? change : facts_join_changes(said, change);
    if (joined == NULL) {
        status = base_fail(recording->ask.error, SUBSTRATE_E_DECODE,
                           "upstream %s says two things of key 0x%.*s at one block",
                           recording->ask.upstream.url,
                           (int)(change->key.size < 80 ? change->key.size : 80), change->key.data);
    } else if (joined != said && change->kind != FACT_PRESENT) {
        status = remember(recording, base_buf_view(&name), change);
    }
    base_buf_free(&name);
    return status;
}

/* Takes a step into the facts in memory, unless it contradicts them. */
enum substrate_status recording_absorb(struct recording *recording) {
    const struct facts *step = recording->ask.facts;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < step->set_count; i++) {
        for (size_t j = 0; j < step->sets[i].change_count && status == SUBSTRATE_OK; j++) {
            status = check_value(recording, &step->sets[i], &step->sets[i].changes[j]);
        }
    }
    return status == SUBSTRATE_OK ? merge_absorb(recording->fresh, step, recording->ask.error)
                                  : status;
}

/* Writes a step that was absorbed to the log. */
enum substrate_status recording_log_step(struct recording *recording) {
    const struct facts *step = recording->ask.facts;
    struct facts *fresh = recording->fresh;
    enum substrate_status status = facts_log_append(&recording->log, step, recording->ask.error);
    if (status == SUBSTRATE_OK && step->has_head) {
        fresh->has_head = true;
        fresh->head = step->head;
    }
    if (status == SUBSTRATE_OK && step->has_finalized) {
        fresh->has_finalized = true;
        fresh->finalized = step->finalized;
    }
    return status;
}

/* Ends a step: what it found goes to the facts in memory and to the log. */
enum substrate_status recording_end_step(struct recording *recording) {
    enum substrate_status status = recording_absorb(recording);
    return status == SUBSTRATE_OK ? recording_log_step(recording) : status;
}

enum substrate_status recording_begin_step(struct recording *recording) {
    facts_free(recording->ask.facts);
    recording->ask.facts = facts_new();
    base_arena_reset(&recording->ask.arena);
    return recording->ask.facts != NULL ? SUBSTRATE_OK : recording_no_memory(recording);
}
