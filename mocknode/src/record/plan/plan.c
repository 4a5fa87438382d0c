/* Reads a plan: strictly, so that a misspelled member is an error and not a smaller recording. */
#include "record/plan/plan.h"

#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "fixture/files.h"
#include "record/plan/plan_reader.h"

#define PLAN_BYTES_MAX ((size_t)64 << 20)
#define METADATA_FIRST 14

enum substrate_status plan_hex(const struct document_value *value, bool prefix,
                               struct substrate_text *out) {
    struct substrate_text text;
    size_t skip = prefix ? 0 : 2;
    enum substrate_status status = document_hex(value, &text);
    if (status == SUBSTRATE_OK) {
        *out = (struct substrate_text){text.data + skip, text.size - skip};
    }
    return status;
}

enum substrate_status plan_read_block(const struct document_value *value,
                                      struct plan_block *block) {
    *block = (struct plan_block){.from_head = value->json.kind == BASE_JSON_STRING};
    if (base_json_u64(value->json, &block->number) || document_is(value, "head")) {
        return SUBSTRATE_OK;
    }
    struct substrate_text text = value->json.raw; /* with its quotes */
    return block->from_head && base_text_starts(text, "\"head-") &&
                   base_text_u64((struct substrate_text){text.data + 6, text.size - 7},
                                 &block->number)
               ? SUBSTRATE_OK
               : document_refuse(value, "must be a block number, \"head\" or \"head-N\"");
}

/* The members "from" and "to". */
static enum substrate_status read_range(const struct document_value ends[2],
                                        struct plan_range *range) {
    enum substrate_status status = plan_read_block(&ends[0], &range->from);
    return status == SUBSTRATE_OK ? plan_read_block(&ends[1], &range->to) : status;
}

static enum substrate_status read_blocks(struct plan *plan, const struct document_value *value) {
    enum { FROM, TO, HEADERS, BODIES, JUSTIFICATIONS, MEMBERS };
    static const char *const NAMES[MEMBERS + 1] = {"from",           "to", "headers", "bodies",
                                                   "justifications", NULL};
    bool *const flags[] = {&plan->headers, &plan->bodies, &plan->justifications};
    struct document_value m[MEMBERS];
    enum substrate_status status = document_members(value, NAMES, m);
    if (status == SUBSTRATE_OK) {
        status = read_range(&m[FROM], &plan->blocks);
    }
    for (size_t i = HEADERS; i < MEMBERS && status == SUBSTRATE_OK; i++) {
        status = document_bool(&m[i], flags[i - HEADERS]);
    }
    plan->has_blocks = true;
    return status;
}

static enum substrate_status read_metadata(struct plan *plan, const struct document_value *value) {
    struct document_value *list;
    size_t count;
    plan->metadata_all = document_is(value, "all");
    if (plan->metadata_all || !document_has(value)) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status = document_list(value, &list, &count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    plan->metadata = base_arena_calloc(&plan->arena, count + 1, sizeof *plan->metadata);
    if (plan->metadata == NULL) {
        return document_no_memory(value->document);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        uint64_t version = 0;
        status = document_number(&list[i], METADATA_FIRST, 255, &version);
        plan->metadata[plan->metadata_count++] = (uint32_t)version;
    }
    return status;
}

static enum substrate_status read_runtimes(struct plan *plan, const struct document_value *value) {
    enum { METADATA, EXPORTS, MEMBERS };
    static const char *const NAMES[MEMBERS + 1] = {"metadata", "exports", NULL};
    struct document_value m[MEMBERS];
    enum substrate_status status = document_members(value, NAMES, m);
    plan->has_runtimes = true;
    if (status == SUBSTRATE_OK) {
        status = document_bool(&m[EXPORTS], &plan->exports);
    }
    return status == SUBSTRATE_OK ? read_metadata(plan, &m[METADATA]) : status;
}

static int compare_texts(const void *left, const void *right) {
    return base_text_compare(*(const struct substrate_text *)left,
                             *(const struct substrate_text *)right);
}

/* A list of hex texts, sorted. */
static enum substrate_status read_keys(struct plan *plan, const struct document_value *value,
                                       struct substrate_text **keys, size_t *count) {
    struct document_value *list;
    enum substrate_status status = document_list(value, &list, count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    *keys = base_arena_calloc(&plan->arena, *count + 1, sizeof **keys);
    if (*keys == NULL) {
        return document_no_memory(value->document);
    }
    for (size_t i = 0; i < *count && status == SUBSTRATE_OK; i++) {
        status = plan_hex(&list[i], false, &(*keys)[i]);
    }
    if (status == SUBSTRATE_OK && *count > 1) {
        qsort(*keys, *count, sizeof **keys, compare_texts);
    }
    return status;
}

static enum substrate_status check_apart(const struct document_value *prefixes,
                                         const struct plan_state *state) {
    for (size_t i = 1; i < state->prefix_count; i++) {
        struct substrate_text last = state->prefixes[i - 1];
        if (last.size <= state->prefixes[i].size &&
            memcmp(last.data, state->prefixes[i].data, last.size) == 0) {
            return document_refuse(prefixes, "they overlap: 0x%.*s contains another",
                                   (int)(last.size < 64 ? last.size : 64), last.data);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_state(struct plan *plan, const struct document_value *value,
                                        struct plan_state *state) {
    enum { FROM, TO, PREFIXES, EXCEPT, MEMBERS };
    static const char *const NAMES[MEMBERS + 1] = {"from", "to", "prefixes", "except", NULL};
    struct document_value m[MEMBERS];
    enum substrate_status status = document_members(value, NAMES, m);
    if (status == SUBSTRATE_OK) {
        status = read_range(&m[FROM], &state->blocks);
    }
    if (status == SUBSTRATE_OK) {
        status = read_keys(plan, &m[PREFIXES], &state->prefixes, &state->prefix_count);
    }
    if (status == SUBSTRATE_OK) {
        status = check_apart(&m[PREFIXES], state);
    }
    return status == SUBSTRATE_OK && document_has(&m[EXCEPT])
               ? read_keys(plan, &m[EXCEPT], &state->except, &state->except_count)
               : status;
}

static enum substrate_status read_states(struct plan *plan, const struct document_value *value) {
    struct document_value *list;
    enum substrate_status status = document_list(value, &list, &plan->state_count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    plan->state = base_arena_calloc(&plan->arena, plan->state_count + 1, sizeof *plan->state);
    if (plan->state == NULL) {
        return document_no_memory(value->document);
    }
    for (size_t i = 0; i < plan->state_count && status == SUBSTRATE_OK; i++) {
        status = read_state(plan, &list[i], &plan->state[i]);
    }
    return status;
}

static enum substrate_status read_plan(struct plan *plan, const struct document *document) {
    enum { FORMAT, BLOCKS, RUNTIMES, STATE, CALLS, MEMBERS };
    static const char *const NAMES[MEMBERS + 1] = {"format", "blocks", "runtimes",
                                                   "state",  "calls",  NULL};
    static enum substrate_status (*const READ[MEMBERS])(
        struct plan *, const struct document_value *) = {NULL, read_blocks, read_runtimes,
                                                         read_states, plan_read_groups};
    struct document_value root, m[MEMBERS];
    uint64_t format = 0;
    enum substrate_status status = document_parse(document, &root);
    if (status == SUBSTRATE_OK) {
        status = document_members(&root, NAMES, m);
    }
    if (status == SUBSTRATE_OK && (!base_json_u64(m[FORMAT].json, &format) || format != 1)) {
        return document_refuse(&root, "must have \"format\":1");
    }
    for (size_t i = BLOCKS; i < MEMBERS && status == SUBSTRATE_OK; i++) {
        if (document_has(&m[i])) {
            status = READ[i](plan, &m[i]);
        }
    }
    return status;
}

enum substrate_status plan_parse(const char *name, struct substrate_text text, struct plan *plan,
                                 struct substrate_error *error) {
    char digest[65];
    *plan = (struct plan){.has_blocks = false};
    base_arena_init(&plan->arena, 0);
    plan->text = base_arena_text(&plan->arena, text);
    file_digest(text, digest);
    plan->digest = base_arena_text(&plan->arena, base_text(digest));
    const struct document document = {name, plan->text, 1, NULL, &plan->arena, error};
    enum substrate_status status = plan->text.data == NULL || plan->digest.data == NULL
                                       ? document_no_memory(&document)
                                       : read_plan(plan, &document);
    if (status != SUBSTRATE_OK) {
        plan_free(plan);
    }
    return status;
}

enum substrate_status plan_load(const char *path, struct plan *plan,
                                struct substrate_error *error) {
    struct base_buf text = BASE_BUF_INIT;
    enum substrate_status status = file_read(path, PLAN_BYTES_MAX, &text, error);
    if (status == SUBSTRATE_OK) {
        status = plan_parse(path, base_buf_view(&text), plan, error);
    }
    base_buf_free(&text);
    return status;
}

void plan_free(struct plan *plan) {
    base_arena_free(&plan->arena);
    *plan = (struct plan){.has_blocks = false};
}
