/* Functions about the chain: blocks, time, constants. */
#include <subtensor/block.h>

#include "base/header.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"
#include "rows.h"
#include "shapes.h"

#include <substrate/storage.h>

#define NEEDS_STATE QUERY_NEEDS_STATE_RUNTIME

/* ---- get_block_hash ---- */

static enum query_progress step_hash(struct substrate_query *query,
                                     const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    return query_done(query, base_text(query->pin));
}

/* The hash of a block is what a pin is; nothing is asked beyond it. */
static enum substrate_status make_hash(const struct function_value *values,
                                       const struct substrate_pin *pin,
                                       struct substrate_query **query) {
    static const struct query_description description = {"get_block_hash", QUERY_NEEDS_PIN,
                                                         step_hash, false};
    const struct substrate_pin number = {NULL, true, values[0].number};
    return query_new(&description, NULL, 0, values[0].given ? &number : pin, query);
}

static enum query_progress block_hash(struct substrate_query *query, struct asking *asking,
                                      const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    return function_done(query, asking, &query->at);
}

/* ---- get_block_info ---- */

static enum substrate_status make_block(const struct function_value *values,
                                        const struct substrate_pin *pin,
                                        struct substrate_query **query) {
    (void)values;
    return substrate_query_block(pin, query);
}

/* The moment that the block's own extrinsic sets: a call
 * {"type":"Timestamp","value":[{"type":"set","value":{"now":…}}]}. */
static struct base_json timestamp_of(struct base_json extrinsics) {
    struct base_json extrinsic, set, none = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk, fields;
    struct substrate_text name;
    base_json_walk_init(&walk, extrinsics);
    while (base_json_walk_next(&walk, &name, &extrinsic)) {
        struct base_json call = base_json_member(extrinsic, "call");
        if (base_json_is(base_json_member(call, "type"), "Timestamp")) {
            base_json_walk_init(&fields, base_json_member(call, "value"));
            return base_json_walk_next(&fields, &name, &set)
                       ? base_json_member(base_json_member(set, "value"), "now")
                       : none;
        }
    }
    return none;
}

/* A list of the query's own, of the items of an array as they are written. */
static bool take_items(struct substrate_query *query, struct base_json array,
                       struct substrate_text **list, size_t *count) {
    struct base_json_walk walk;
    struct base_json item;
    struct substrate_text name;
    *count = base_json_length(array);
    *list = function_alloc(query, *count, sizeof(**list));
    base_json_walk_init(&walk, array);
    for (size_t i = 0; *list != NULL && base_json_walk_next(&walk, &name, &item); i++) {
        (*list)[i] = item.raw;
    }
    return *list != NULL;
}

static bool take_extrinsics(struct substrate_query *query, struct base_json json,
                            struct subtensor_texts *texts) {
    struct substrate_text *list;
    size_t count;
    bool good = take_items(query, json, &list, &count);
    *texts = (struct subtensor_texts){list, count};
    return good;
}

/* The digest's items are strings of hex: base_header_read has seen to it. */
static bool take_logs(struct substrate_query *query, struct base_json json,
                      struct subtensor_texts *texts) {
    struct substrate_text *list;
    size_t count;
    bool good = take_items(query, json, &list, &count);
    for (size_t i = 0; i < count && good; i++) {
        const struct substrate_text hex = {list[i].data + 1, list[i].size - 2};
        uint8_t *bytes = function_alloc(query, hex.size / 2, 1);
        good = bytes != NULL && base_hex_read(hex, bytes, hex.size / 2, &list[i].size);
        list[i].data = (const char *)bytes;
    }
    *texts = (struct subtensor_texts){list, count};
    return good;
}

static bool take_header(struct substrate_query *query, struct base_json json,
                        struct subtensor_header *header) {
    struct base_header read;
    struct substrate_error error = {0};
    enum substrate_status status = base_header_read(json.raw, &read, NULL, &error);
    if (status != SUBSTRATE_OK) {
        (void)query_fail_with(query, status, "%s", error.message);
        return false;
    }
    header->parent_hash = read.parent;
    header->number = read.number;
    header->state_root = read.state_root;
    header->extrinsics_root = read.extrinsics_root;
    return take_logs(query, base_json_member(base_json_member(json, "digest"), "logs"),
                     &header->logs);
}

static bool take_timestamp(struct substrate_query *query, struct base_json json,
                           struct subtensor_maybe_u64 *timestamp) {
    struct substrate_text digits = json.raw;
    timestamp->present = json.kind != BASE_JSON_NONE;
    if (json.kind == BASE_JSON_STRING) {
        digits = (struct substrate_text){digits.data + 1, digits.size - 2};
    }
    if (timestamp->present && !base_text_u64(digits, &timestamp->value)) {
        (void)query_fail_with(query, SUBSTRATE_E_DECODE, "the runtime has time of another type");
        return false;
    }
    return true;
}

/* What substrate_query_block gives, as a struct. */
static enum query_progress block_info(struct substrate_query *query, struct asking *asking,
                                      const struct substrate_reply *replies, size_t count) {
    struct subtensor_block_info *info = function_alloc(query, 1, sizeof(*info));
    const struct substrate_text text = base_arena_text(&query->arena, base_buf_view(&query->value));
    struct base_json block;
    (void)replies;
    (void)count;
    if (info == NULL || text.data == NULL) {
        return function_no_memory(query);
    }
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &block, NULL) != SUBSTRATE_OK) {
        return query_fail_with(query, SUBSTRATE_E_LIMIT, "the block is nested too deep");
    }
    const struct base_json extrinsics = base_json_member(block, "extrinsics");
    if (!take_header(query, base_json_member(block, "header"), &info->header) ||
        !take_extrinsics(query, extrinsics, &info->extrinsics) ||
        !take_timestamp(query, timestamp_of(extrinsics), &info->timestamp)) {
        return QUERY_FAILED;
    }
    info->number = info->header.number;
    info->hash = query->at;
    return function_done(query, asking, info);
}

/* ---- rows ---- */

static const struct subtensor_argument block_optional[] = {
    {"block", SUBTENSOR_U64, true, "its number; the block that is read if left out"},
};

static const struct read height[] = {{READ_HEIGHT, 0, "", "", "", &shape_u64, NULL}};
static const struct read now[] = {{READ_STORAGE, 0, "Timestamp", "Now", "", &shape_u64, NULL}};
static const struct read deposit[] = {
    {READ_CONSTANT, 0, "Balances", "ExistentialDeposit", "", &shape_u64, NULL}};

const struct function functions_chain[] = {
    {.face = {"get_block_hash", "The hash of a block", ROW_ARGUMENTS(block_optional),
              "\"0x…\", 32 bytes"},
     .shape = &shape_hash,
     .make = make_hash,
     .finish = block_hash},
    {.face = {"get_current_block", "The number of the block", NULL, 0, "an integer"},
     .needs = QUERY_NEEDS_PIN,
     .shape = &shape_u64,
     ROW_READS(height)},
    {.face = {"get_block_info", "A block with its extrinsics", NULL, 0,
              "{number, hash, timestamp, header, extrinsics}; timestamp in milliseconds, or null"},
     .shape = &shape_block_info,
     .make = make_block,
     .finish = block_info},
    {.face = {"get_timestamp", "When the block was made", NULL, 0,
              "an integer: milliseconds since 1970"},
     .needs = NEEDS_STATE,
     .shape = &shape_u64,
     ROW_READS(now)},
    {.face = {"get_existential_deposit", "What an account must hold to be kept", NULL, 0,
              "an integer: rao"},
     .needs = NEEDS_STATE,
     .shape = &shape_u64,
     ROW_READS(deposit)},
    {.face = {NULL, NULL, NULL, 0, NULL}},
};
