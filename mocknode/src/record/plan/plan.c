/* Reads a plan: strictly, so that a misspelled member is an error and not a smaller recording. */
#include "record/plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "fixture/files.h"
#include "record/plan/plan_reader.h"

#define PLAN_BYTES_MAX ((size_t)64 << 20)
#define NAMES_MAX 8

struct plan_place plan_member(const struct plan_place *parent, const char *name) {
    struct plan_place place;
    snprintf(place.text, sizeof place.text, "%.60s%s%.30s", parent->text,
             parent->text[0] ? "." : "", name);
    return place;
}

struct plan_place plan_element(const struct plan_place *parent, size_t index) {
    struct plan_place place;
    snprintf(place.text, sizeof place.text, "%.60s[%zu]", parent->text, index);
    return place;
}

enum substrate_status plan_refuse(struct plan_reader *reader, const struct plan_place *place,
                                  const char *format, ...) {
    char what[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return base_fail(reader->error, SUBSTRATE_E_DECODE, "%s: %s%s%s", reader->name, place->text,
                     place->text[0] ? " " : "the plan ", what);
}

enum substrate_status plan_no_memory(struct plan_reader *reader) {
    return base_fail(reader->error, SUBSTRATE_E_MEMORY, "%s: out of memory", reader->name);
}

enum substrate_status plan_members(struct plan_reader *reader, const struct plan_place *place,
                                   struct base_json object, const char *const *names,
                                   struct base_json *values) {
    size_t count = 0;
    while (names[count] != NULL) {
        values[count++] = (struct base_json){BASE_JSON_NONE, {NULL, 0}};
    }
    if (object.kind != BASE_JSON_OBJECT) {
        return plan_refuse(reader, place, "must be an object");
    }
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_json_walk_init(&walk, object);
    while (base_json_walk_next(&walk, &key, &value)) {
        struct substrate_text name = {key.data + 1, key.size - 2};
        size_t i = 0;
        while (i < count && !base_text_is(name, names[i])) {
            i++;
        }
        if (i == count) {
            return plan_refuse(reader, place, "has an unknown member %.*s",
                               (int)(key.size < 40 ? key.size : 40), key.data);
        }
        if (values[i].kind != BASE_JSON_NONE) {
            return plan_refuse(reader, place, "has the member \"%s\" twice", names[i]);
        }
        values[i] = value;
    }
    return SUBSTRATE_OK;
}

enum substrate_status plan_list(struct plan_reader *reader, const struct plan_place *place,
                                struct base_json value, struct base_json **elements,
                                size_t *count) {
    *count = 0;
    if (value.kind != BASE_JSON_ARRAY) {
        return plan_refuse(reader, place, "must be a list");
    }
    *elements =
        base_arena_calloc(&reader->plan->arena, base_json_length(value) + 1, sizeof **elements);
    if (*elements == NULL) {
        return plan_no_memory(reader);
    }
    struct base_json_walk walk;
    struct substrate_text key;
    base_json_walk_init(&walk, value);
    while (base_json_walk_next(&walk, &key, &(*elements)[*count])) {
        (*count)++;
    }
    return SUBSTRATE_OK;
}

enum substrate_status plan_bool(struct plan_reader *reader, const struct plan_place *place,
                                struct base_json value, bool *out) {
    if (value.kind != BASE_JSON_NONE && value.kind != BASE_JSON_TRUE &&
        value.kind != BASE_JSON_FALSE) {
        return plan_refuse(reader, place, "must be true or false");
    }
    *out = value.kind == BASE_JSON_TRUE;
    return SUBSTRATE_OK;
}

enum substrate_status plan_string(struct plan_reader *reader, const struct plan_place *place,
                                  struct base_json value, struct substrate_text *out) {
    if (value.kind != BASE_JSON_STRING) {
        return plan_refuse(reader, place, "must be a string");
    }
    return base_json_string(value, &reader->plan->arena, out) ? SUBSTRATE_OK
                                                              : plan_no_memory(reader);
}

enum substrate_status plan_hex(struct plan_reader *reader, const struct plan_place *place,
                               struct base_json value, bool prefix, struct substrate_text *out) {
    struct substrate_text text = {NULL, 0};
    if (value.kind == BASE_JSON_STRING) {
        text = (struct substrate_text){value.raw.data + 1, value.raw.size - 2};
    }
    bool good = base_text_starts(text, "0x") && text.size % 2 == 0;
    for (size_t i = 2; good && i < text.size; i++) {
        good = strchr("0123456789abcdef", text.data[i]) != NULL && text.data[i] != '\0';
    }
    if (!good) {
        return plan_refuse(reader, place, "must be lower-case hex text with 0x, whole bytes");
    }
    size_t skip = prefix ? 0 : 2;
    *out = base_arena_text(&reader->plan->arena,
                           (struct substrate_text){text.data + skip, text.size - skip});
    return out->data != NULL ? SUBSTRATE_OK : plan_no_memory(reader);
}

enum substrate_status plan_read_block(struct plan_reader *reader, const struct plan_place *place,
                                      struct base_json value, struct plan_block *block) {
    *block = (struct plan_block){.from_head = value.kind == BASE_JSON_STRING};
    if (base_json_u64(value, &block->number) || base_json_is(value, "head")) {
        return SUBSTRATE_OK;
    }
    struct substrate_text text = {value.raw.data + 1, value.raw.size - 2};
    if (value.kind != BASE_JSON_STRING || !base_text_starts(text, "head-") ||
        !base_text_u64((struct substrate_text){text.data + 5, text.size - 5}, &block->number)) {
        return plan_refuse(reader, place, "must be a block number, \"head\" or \"head-N\"");
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_range(struct plan_reader *reader, const struct plan_place *place,
                                        const struct base_json ends[2], struct plan_range *range) {
    struct plan_place from = plan_member(place, "from"), to = plan_member(place, "to");
    enum substrate_status status = plan_read_block(reader, &from, ends[0], &range->from);
    return status == SUBSTRATE_OK ? plan_read_block(reader, &to, ends[1], &range->to) : status;
}

static enum substrate_status read_blocks(struct plan_reader *reader, const struct plan_place *place,
                                         struct base_json value) {
    static const char *const NAMES[] = {"from", "to", "headers", "bodies", "justifications", NULL};
    struct plan *plan = reader->plan;
    bool *const flags[] = {&plan->headers, &plan->bodies, &plan->justifications};
    struct base_json m[5];
    enum substrate_status status = plan_members(reader, place, value, NAMES, m);
    if (status == SUBSTRATE_OK) {
        status = read_range(reader, place, m, &plan->blocks);
    }
    for (size_t i = 0; i < 3 && status == SUBSTRATE_OK; i++) {
        struct plan_place member = plan_member(place, NAMES[i + 2]);
        status = plan_bool(reader, &member, m[i + 2], flags[i]);
    }
    plan->has_blocks = true;
    return status;
}

static enum substrate_status read_runtimes(struct plan_reader *reader,
                                           const struct plan_place *place, struct base_json value) {
    static const char *const NAMES[] = {"metadata", "exports", NULL};
    struct plan *plan = reader->plan;
    struct base_json m[2], *list;
    size_t count;
    enum substrate_status status = plan_members(reader, place, value, NAMES, m);
    plan->has_runtimes = true;
    if (status == SUBSTRATE_OK) {
        struct plan_place member = plan_member(place, "exports");
        status = plan_bool(reader, &member, m[1], &plan->exports);
    }
    plan->metadata_all = base_json_is(m[0], "all");
    if (status != SUBSTRATE_OK || plan->metadata_all || m[0].kind == BASE_JSON_NONE) {
        return status;
    }
    struct plan_place member = plan_member(place, "metadata");
    status = plan_list(reader, &member, m[0], &list, &count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    plan->metadata = base_arena_calloc(&plan->arena, count + 1, sizeof *plan->metadata);
    if (plan->metadata == NULL) {
        return plan_no_memory(reader);
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t version;
        struct plan_place element = plan_element(&member, i);
        if (!base_json_u64(list[i], &version) || version < 14 || version > 255) {
            return plan_refuse(reader, &element, "must be a metadata version from 14 on");
        }
        plan->metadata[plan->metadata_count++] = (uint32_t)version;
    }
    return SUBSTRATE_OK;
}

static int compare_texts(const void *left, const void *right) {
    return base_text_compare(*(const struct substrate_text *)left,
                             *(const struct substrate_text *)right);
}

/* A list of hex texts, sorted. */
static enum substrate_status read_keys(struct plan_reader *reader, const struct plan_place *place,
                                       struct base_json value, struct substrate_text **keys,
                                       size_t *count) {
    struct base_json *list;
    enum substrate_status status = plan_list(reader, place, value, &list, count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    *keys = base_arena_calloc(&reader->plan->arena, *count + 1, sizeof **keys);
    if (*keys == NULL) {
        return plan_no_memory(reader);
    }
    for (size_t i = 0; i < *count && status == SUBSTRATE_OK; i++) {
        struct plan_place element = plan_element(place, i);
        status = plan_hex(reader, &element, list[i], false, &(*keys)[i]);
    }
    if (status == SUBSTRATE_OK && *count > 1) {
        qsort(*keys, *count, sizeof **keys, compare_texts);
    }
    return status;
}

static enum substrate_status read_state(struct plan_reader *reader, const struct plan_place *place,
                                        struct base_json value, struct plan_state *state) {
    static const char *const NAMES[] = {"from", "to", "prefixes", "except", NULL};
    struct base_json m[4];
    enum substrate_status status = plan_members(reader, place, value, NAMES, m);
    if (status == SUBSTRATE_OK) {
        status = read_range(reader, place, m, &state->blocks);
    }
    struct plan_place prefixes = plan_member(place, "prefixes");
    if (status == SUBSTRATE_OK) {
        status = read_keys(reader, &prefixes, m[2], &state->prefixes, &state->prefix_count);
    }
    for (size_t i = 1; i < state->prefix_count && status == SUBSTRATE_OK; i++) {
        struct substrate_text last = state->prefixes[i - 1];
        if (last.size <= state->prefixes[i].size &&
            memcmp(last.data, state->prefixes[i].data, last.size) == 0) {
            status = plan_refuse(reader, &prefixes, "overlap: 0x%.*s contains another",
                                 (int)(last.size < 64 ? last.size : 64), last.data);
        }
    }
    if (status == SUBSTRATE_OK && m[3].kind != BASE_JSON_NONE) {
        struct plan_place except = plan_member(place, "except");
        status = read_keys(reader, &except, m[3], &state->except, &state->except_count);
    }
    return status;
}

static enum substrate_status read_states(struct plan_reader *reader, const struct plan_place *place,
                                         struct base_json value) {
    struct plan *plan = reader->plan;
    struct base_json *list;
    size_t count;
    enum substrate_status status = plan_list(reader, place, value, &list, &count);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    plan->state = base_arena_calloc(&plan->arena, count + 1, sizeof *plan->state);
    if (plan->state == NULL) {
        return plan_no_memory(reader);
    }
    plan->state_count = count;
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        struct plan_place element = plan_element(place, i);
        status = read_state(reader, &element, list[i], &plan->state[i]);
    }
    return status;
}

static enum substrate_status read_plan(struct plan_reader *reader, struct base_json root) {
    static const char *const NAMES[] = {"format", "blocks", "runtimes", "state", "calls", NULL};
    static enum substrate_status (*const READ[])(struct plan_reader *, const struct plan_place *,
                                                 struct base_json) = {
        NULL, read_blocks, read_runtimes, read_states, plan_read_groups};
    const struct plan_place top = {""};
    struct base_json m[5];
    uint64_t format = 0;
    enum substrate_status status = plan_members(reader, &top, root, NAMES, m);
    if (status == SUBSTRATE_OK && (!base_json_u64(m[0], &format) || format != 1)) {
        return plan_refuse(reader, &top, "must have \"format\":1");
    }
    for (size_t i = 1; i < 5 && status == SUBSTRATE_OK; i++) {
        struct plan_place place = plan_member(&top, NAMES[i]);
        if (m[i].kind != BASE_JSON_NONE) {
            status = READ[i](reader, &place, m[i]);
        }
    }
    return status;
}

enum substrate_status plan_parse(const char *name, struct substrate_text text, struct plan *plan,
                                 struct substrate_error *error) {
    struct plan_reader reader = {name, plan, error};
    struct base_json root;
    size_t position = 0;
    char digest[65];
    *plan = (struct plan){.has_blocks = false};
    base_arena_init(&plan->arena, 0);
    plan->text = base_arena_text(&plan->arena, text);
    file_digest(text, digest);
    plan->digest = base_arena_text(&plan->arena, base_text(digest));
    enum substrate_status status = SUBSTRATE_OK;
    if (plan->text.data == NULL || plan->digest.data == NULL) {
        status = plan_no_memory(&reader);
    } else if (base_json_parse(plan->text, BASE_JSON_DEPTH_MAX, &root, &position) != SUBSTRATE_OK) {
        status = base_fail(error, SUBSTRATE_E_DECODE, "%s: not JSON from byte %zu on", name,
                           position + 1);
    } else {
        status = read_plan(&reader, root);
    }
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
