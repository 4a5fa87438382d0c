/* Phase three: the storage. At every block of a range all keys are listed by pages, which proves
 * what is absent, and all values are read; what differs from the block before makes the block's
 * set. */
#include <string.h>
#include <substrate/hash.h>
#include "base/hex.h"
#include "base/text.h"
#include "record/plan/snapshot.h"
#include "fixture/keys.h"
#include "fixture/line.h"
#include "record/plan/recorder.h"

#define PAGE 1000 /* the most that a node gives */
#define CHUNK 250 /* keys whose values are asked for at once */

struct reading {
    struct recorder *recorder;
    const struct plan_state *state;
    struct snapshot before, now;
    uint64_t height;
};

/* ---- keys ---- */

static void write_key(struct base_buf *out, struct substrate_text key) {
    base_buf_str(out, "\"0x");
    base_buf_text(out, key);
    base_buf_char(out, '"');
}

/* A key as a page has it, "0x…": without quotes and 0x. */
static bool read_key(struct base_json value, struct substrate_text *key) {
    if (value.kind != BASE_JSON_STRING ||
        !base_hex_is_canonical((struct substrate_text){value.raw.data + 1, value.raw.size - 2})) {
        return false;
    }
    *key = (struct substrate_text){value.raw.data + 3, value.raw.size - 4};
    return true;
}

static void page_params(struct reading *reading, struct substrate_text prefix,
                        struct substrate_text last, struct base_buf *params) {
    base_buf_char(params, '[');
    write_key(params, prefix);
    base_buf_format(params, ",%d,", PAGE);
    if (last.data != NULL) {
        write_key(params, last);
    } else {
        base_buf_str(params, "null");
    }
    base_buf_char(params, ',');
    line_write_hash(params, &reading->recorder->hashes[reading->height]);
    base_buf_char(params, ']');
}

static enum substrate_status keep_page(struct reading *reading, struct substrate_text prefix,
                                       struct substrate_text last, struct base_json list) {
    struct base_json_walk walk;
    struct base_json value;
    struct substrate_text name, key;
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &name, &value)) {
        if (!read_key(value, &key) || key.size < prefix.size ||
            memcmp(key.data, prefix.data, prefix.size) != 0 ||
            (last.data != NULL && base_text_compare(last, key) >= 0)) {
            return inquiry_odd(&reading->recorder->ask, "state_getKeysPaged",
                               "keys that are out of order or outside the prefix");
        }
        if (!snapshot_append(&reading->now, key)) {
            return inquiry_no_memory(&reading->recorder->ask);
        }
        last = reading->now.keys[reading->now.count - 1].key;
    }
    return SUBSTRATE_OK;
}

/* One page; *more says whether one of this prefix came before, and then whether one may follow. */
static enum substrate_status read_page(struct reading *reading, struct substrate_text prefix,
                                       bool *more) {
    struct recorder *recorder = reading->recorder;
    struct base_arena arena;
    struct base_buf params = BASE_BUF_INIT;
    struct substrate_text text, last = {NULL, 0};
    struct base_json list;
    if (*more) {
        last = reading->now.keys[reading->now.count - 1].key;
    }
    page_params(reading, prefix, last, &params);
    base_arena_init(&arena, 0);
    enum substrate_status status =
        params.failed ? inquiry_no_memory(&recorder->ask)
                      : upstream_ask(&recorder->ask.upstream, "state_getKeysPaged",
                                     base_buf_view(&params), &arena, &text, recorder->ask.error);
    base_buf_free(&params);
    if (status == SUBSTRATE_OK) {
        status = inquiry_parse(&recorder->ask, "state_getKeysPaged", text, BASE_JSON_ARRAY, &list);
    }
    if (status == SUBSTRATE_OK) {
        *more = base_json_length(list) == PAGE;
        status = keep_page(reading, prefix, last, list);
    }
    base_arena_free(&arena);
    return status;
}

/* ---- values ---- */

static bool is_excepted(const struct plan_state *state, struct substrate_text key) {
    for (size_t i = 0; i < state->except_count; i++) {
        if (base_text_equal(state->except[i], key)) {
            return true;
        }
    }
    return false;
}

static const char *make_values(void *context, size_t index, struct base_buf *params) {
    struct reading *reading = context;
    size_t end = (index + 1) * CHUNK;
    bool first = true;
    base_buf_str(params, "[[");
    for (size_t i = index * CHUNK; i < end && i < reading->now.count; i++) {
        if (!is_excepted(reading->state, reading->now.keys[i].key)) {
            base_buf_str(params, first ? "" : ",");
            write_key(params, reading->now.keys[i].key);
            first = false;
        }
    }
    base_buf_str(params, "],");
    line_write_hash(params, &reading->recorder->hashes[reading->height]);
    base_buf_char(params, ']');
    return "state_queryStorageAt";
}

static bool keep_value(struct reading *reading, struct base_json pair) {
    struct base_json_walk walk;
    struct base_json key, value;
    struct substrate_text name, text;
    base_json_walk_init(&walk, pair);
    if (pair.kind != BASE_JSON_ARRAY || !base_json_walk_next(&walk, &name, &key) ||
        !base_json_walk_next(&walk, &name, &value) || !read_key(key, &text)) {
        return false;
    }
    struct fact_change *change = snapshot_find(&reading->now, text);
    if (change == NULL || !read_key(value, &text)) {
        return false;
    }
    change->value = base_arena_text(&reading->now.arena,
                                    (struct substrate_text){value.raw.data + 1, text.size + 2});
    change->kind = FACT_VALUE;
    return change->value.data != NULL;
}

static enum substrate_status take_values(void *context, size_t index,
                                         const struct upstream_reply *reply,
                                         struct substrate_error *error) {
    struct reading *reading = context;
    struct recorder *recorder = reading->recorder;
    const char *method = "state_queryStorageAt";
    struct base_json list, set, pair;
    struct base_json_walk sets, pairs;
    struct substrate_text name;
    if (reply->is_error) {
        return upstream_refused(&recorder->ask.upstream, method, reply, error);
    }
    enum substrate_status status =
        inquiry_parse(&recorder->ask, method, reply->result, BASE_JSON_ARRAY, &list);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    base_json_walk_init(&sets, list);
    while (base_json_walk_next(&sets, &name, &set)) {
        base_json_walk_init(&pairs, base_json_member(set, "changes"));
        while (base_json_walk_next(&pairs, &name, &pair)) {
            if (!keep_value(reading, pair)) {
                return inquiry_odd(&recorder->ask, method, "a key that was listed has no value");
            }
        }
    }
    for (size_t i = index * CHUNK; i < (index + 1) * CHUNK && i < reading->now.count; i++) {
        const struct fact_change *change = &reading->now.keys[i];
        if (change->kind != FACT_VALUE && !is_excepted(reading->state, change->key)) {
            return inquiry_odd(&recorder->ask, method, "a key that was asked for is missing");
        }
    }
    return SUBSTRATE_OK;
}

/* ---- sets ---- */

static enum substrate_status cover(struct reading *reading, struct fact_set *set) {
    struct recorder *recorder = reading->recorder;
    for (size_t i = 0; i < reading->state->prefix_count; i++) {
        struct fact_interval interval;
        if (!interval_of_prefix(&recorder->ask.arena, reading->state->prefixes[i], &interval) ||
            facts_add_covered(recorder->ask.facts, set, &interval) != SUBSTRATE_OK) {
            return inquiry_no_memory(&recorder->ask);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status keep_set(struct reading *reading, bool first) {
    struct recorder *recorder = reading->recorder;
    struct fact_set *set = facts_set(recorder->ask.facts, &recorder->hashes[reading->height], true);
    enum substrate_status status = SUBSTRATE_OK;
    if (set == NULL) {
        return inquiry_no_memory(&recorder->ask);
    }
    if (first) {
        status = cover(reading, set);
    } else {
        set->has_base = true;
        set->covered_as_base = true;
        set->base = recorder->hashes[reading->height - 1];
    }
    if (status == SUBSTRATE_OK && snapshot_difference(&reading->before, &reading->now,
                                                      recorder->ask.facts, set) != SUBSTRATE_OK) {
        status = inquiry_no_memory(&recorder->ask);
    }
    return status;
}

/* Of the keys whose values are not wanted, hash and size, as far as the upstream says them. */
static enum substrate_status read_digests(struct reading *reading) {
    struct inquiry *ask = &reading->recorder->ask;
    const struct substrate_hash *at = &reading->recorder->hashes[reading->height];
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < reading->state->except_count && status == SUBSTRATE_OK; i++) {
        struct fact_change *change = snapshot_find(&reading->now, reading->state->except[i]);
        struct fact_change *last = snapshot_find(&reading->before, reading->state->except[i]);
        struct base_buf key = BASE_BUF_INIT;
        if (change == NULL) {
            continue;
        }
        struct fact_digest *digest = base_arena_alloc(&reading->now.arena, sizeof *digest);
        write_key(&key, change->key);
        status = digest == NULL || key.failed
                     ? inquiry_no_memory(ask)
                     : inquiry_digest(ask, base_buf_view(&key), at,
                                      last != NULL ? last->digest : NULL, digest);
        base_buf_free(&key);
        if (status == SUBSTRATE_OK) {
            change->digest = digest;
        } else if (status == SUBSTRATE_E_NOT_FOUND) {
            status = SUBSTRATE_OK;
        }
    }
    return status;
}

static enum substrate_status read_block(struct reading *reading, bool first) {
    struct recorder *recorder = reading->recorder;
    const struct plan_state *state = reading->state;
    enum substrate_status status = SUBSTRATE_OK;
    snapshot_reset(&reading->now);
    for (size_t i = 0; i < state->prefix_count && status == SUBSTRATE_OK; i++) {
        bool more = false;
        do {
            status = read_page(reading, state->prefixes[i], &more);
        } while (more && status == SUBSTRATE_OK);
    }
    struct upstream_job job = {reading, (reading->now.count + CHUNK - 1) / CHUNK, NULL, make_values,
                               take_values};
    if (status == SUBSTRATE_OK) {
        status = upstream_ask_many(&recorder->ask.upstream, &job, recorder->ask.error);
    }
    if (status == SUBSTRATE_OK) {
        status = read_digests(reading);
    }
    return status == SUBSTRATE_OK ? keep_set(reading, first) : status;
}

/* A set that is there from an earlier run must say what this plan asks for: it is then the content
 * that the next block is compared with. */
static enum substrate_status reuse(struct reading *reading, const struct fact_set *set,
                                   bool first) {
    struct recorder *recorder = reading->recorder;
    bool fits = first ? !set->has_base && set->covered_count == reading->state->prefix_count
                      : set->has_base && set->covered_as_base &&
                            memcmp(&set->base, &recorder->hashes[reading->height - 1],
                                   sizeof set->base) == 0;
    for (size_t i = 0; fits && first && i < set->covered_count; i++) {
        fits = base_text_equal(set->covered[i].from, reading->state->prefixes[i]);
    }
    if (!fits) {
        return base_fail(recorder->ask.error, SUBSTRATE_E_DECODE,
                         "the state of block %llu is recorded with another coverage than the "
                         "plan's: record into another folder and merge the two",
                         (unsigned long long)reading->height);
    }
    return snapshot_apply(&reading->before, set) ? SUBSTRATE_OK : inquiry_no_memory(&recorder->ask);
}

static enum substrate_status read_state(struct reading *reading, uint64_t from, uint64_t to) {
    struct recorder *recorder = reading->recorder;
    enum substrate_status status = SUBSTRATE_OK;
    for (uint64_t height = from; height <= to && status == SUBSTRATE_OK; height++) {
        reading->height = height;
        const struct fact_set *set =
            facts_set(recorder->ask.facts, &recorder->hashes[height], false);
        if (set != NULL) {
            status = reuse(reading, set, height == from);
        } else {
            status = read_block(reading, height == from);
            struct snapshot swap = reading->before;
            reading->before = reading->now;
            reading->now = swap;
        }
        if (status == SUBSTRATE_OK) {
            upstream_tell(&recorder->ask.upstream, "state", (size_t)(height - from + 1),
                          (size_t)(to - from + 1));
        }
    }
    return status;
}

/* One block has one set, so two entries of a plan must not meet. */
static enum substrate_status check_apart(struct recorder *recorder, size_t index) {
    const struct plan *plan = recorder->plan;
    uint64_t from, to, other_from, other_to;
    enum substrate_status status = recorder_range(recorder, &plan->state[index].blocks, &from, &to);
    for (size_t i = 0; i < index && status == SUBSTRATE_OK; i++) {
        status = recorder_range(recorder, &plan->state[i].blocks, &other_from, &other_to);
        if (status == SUBSTRATE_OK && from <= other_to && other_from <= to) {
            status = base_fail(recorder->ask.error, SUBSTRATE_E_DECODE,
                               "%s: state[%zu] and state[%zu] have blocks in common: join their "
                               "prefixes",
                               recorder->plan_path, i, index);
        }
    }
    return status;
}

enum substrate_status record_state_check(struct recorder *recorder) {
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < recorder->plan->state_count && status == SUBSTRATE_OK; i++) {
        status = check_apart(recorder, i);
    }
    return status;
}

enum substrate_status record_state(struct recorder *recorder) {
    const struct plan *plan = recorder->plan;
    enum substrate_status status = SUBSTRATE_OK;
    for (size_t i = 0; i < plan->state_count && status == SUBSTRATE_OK; i++) {
        struct reading reading = {.recorder = recorder, .state = &plan->state[i]};
        uint64_t from, to;
        snapshot_init(&reading.before);
        snapshot_init(&reading.now);
        status = recorder_range(recorder, &plan->state[i].blocks, &from, &to);
        if (status == SUBSTRATE_OK) {
            status = read_state(&reading, from, to);
        }
        snapshot_free(&reading.before);
        snapshot_free(&reading.now);
    }
    return status;
}
