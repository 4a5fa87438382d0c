/* Functions about the chain: blocks, time, constants. */
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

static void write_member(struct base_buf *json, const char *before, struct base_json value) {
    base_buf_str(json, before);
    base_buf_text(json, value.kind != BASE_JSON_NONE ? value.raw : base_text("null"));
}

static enum query_progress block_info(struct substrate_query *query, struct asking *asking,
                                      const struct substrate_reply *replies, size_t count) {
    struct base_buf value = query->value, *json = &query->value;
    struct base_json block;
    (void)asking;
    (void)replies;
    (void)count;
    if (base_json_parse(base_buf_view(&value), BASE_JSON_DEPTH_MAX, &block, NULL) != SUBSTRATE_OK) {
        return query_fail_with(query, SUBSTRATE_E_LIMIT, "the block is nested too deep");
    }
    struct base_json extrinsics = base_json_member(block, "extrinsics");
    *json = (struct base_buf)BASE_BUF_INIT;
    write_member(json, "{\"number\":", base_json_member(block, "number"));
    write_member(json, ",\"hash\":", base_json_member(block, "hash"));
    write_member(json, ",\"timestamp\":", timestamp_of(extrinsics));
    write_member(json, ",\"header\":", base_json_member(block, "header"));
    write_member(json, ",\"extrinsics\":", extrinsics);
    base_buf_char(json, '}');
    base_buf_free(&value);
    return query_done_written(query);
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
     .make = make_hash},
    {.face = {"get_current_block", "The number of the block", NULL, 0, "an integer"},
     .needs = QUERY_NEEDS_PIN,
     .shape = &shape_u64,
     ROW_READS(height)},
    {.face = {"get_block_info", "A block with its extrinsics", NULL, 0,
              "{number, hash, timestamp, header, extrinsics}; timestamp in milliseconds, or null"},
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
