/* Control calls of the chain: where the head is, and blocks of a space's own. */
#include <string.h>
#include "base/hex.h"
#include "base/text.h"
#include "control/call.h"
#include "control/control.h"
#include "control/date.h"

void control_write_block(const struct chain_block *block, struct base_buf *out) {
    base_buf_format(out, "{\"number\":%llu,\"hash\":", (unsigned long long)block->number);
    base_json_write_hex(out, (struct substrate_bytes){block->hash.bytes, 32});
    base_buf_char(out, '}');
}

static enum substrate_status tell_head(struct control *control, enum substrate_status status) {
    if (status == SUBSTRATE_OK) {
        control_write_block(view_head(space_view(control->space)), control->result);
    }
    return status;
}

/* The block that a parameter names. NULL: there is none, as the error says. */
static const struct chain_block *find_block(struct control *control, struct base_json value) {
    struct substrate_text text = value.raw;
    if (value.kind != BASE_JSON_NUMBER && !base_json_string(value, control->arena, &text)) {
        (void)control_wrong(control);
        return NULL;
    }
    return view_resolve(space_view(control->space), text, control->error);
}

static enum substrate_status go_to(struct control *control, const struct chain_block *block) {
    return block == NULL ? control->error->status
                         : space_set_head(control->space, block, control->now, control->error);
}

enum substrate_status control_set_head(struct control *control) {
    return tell_head(control, go_to(control, find_block(control, control_param(control, 0))));
}

enum substrate_status control_advance_head(struct control *control) {
    struct base_json value = control_param(control, 0);
    uint64_t steps = 1;
    if (value.kind != BASE_JSON_NONE && (!base_json_u64(value, &steps) || steps == 0)) {
        return control_wrong(control);
    }
    return tell_head(control,
                     space_advance(control->space, steps, false, control->now, control->error));
}

enum substrate_status control_reorg(struct control *control) {
    uint64_t depth = 0;
    if (!base_json_u64(control_param(control, 0), &depth)) {
        return control_wrong(control);
    }
    return tell_head(control, space_fork(control->space, depth, control->now, control->error));
}

/* ---- blocks of the space's own ---- */

static bool is_hex(struct substrate_text text) {
    size_t size = text.size > 2 && text.data[0] == '0' && text.data[1] == 'x' ? 2 : 0;
    bool good = size == 2 && text.size % 2 == 0;
    for (size_t i = size; i < text.size && good; i++) {
        good = base_hex_digit(text.data[i]) >= 0;
    }
    return good || base_text_is(text, "0x");
}

/* A key and what it is to be: hex, or null for none. */
static bool take_change(struct control *control, struct base_json key, struct base_json value,
                        struct view_change *change) {
    *change = (struct view_change){{NULL, 0}, {NULL, 0}};
    return base_json_string(key, control->arena, &change->key) && is_hex(change->key) &&
           (value.kind == BASE_JSON_NULL ||
            (base_json_string(value, control->arena, &change->value) && is_hex(change->value)));
}

/* [key, value] */
static bool take_pair(struct control *control, struct base_json pair, struct view_change *change) {
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json key, value;
    if (pair.kind != BASE_JSON_ARRAY || base_json_length(pair) != 2) {
        return false;
    }
    base_json_walk_init(&walk, pair);
    return base_json_walk_next(&walk, &name, &key) && base_json_walk_next(&walk, &name, &value) &&
           take_change(control, key, value, change);
}

/* {key:value, …} or [[key,value], …]. */
static bool take_storage(struct control *control, struct base_json storage,
                         struct view_made *made) {
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json value;
    bool object = storage.kind == BASE_JSON_OBJECT;
    if (storage.kind == BASE_JSON_NONE) {
        return true;
    }
    if (!object && storage.kind != BASE_JSON_ARRAY) {
        return false;
    }
    struct view_change *changes =
        base_arena_calloc(control->arena, base_json_length(storage) + 1, sizeof(*changes));
    made->changes = changes;
    base_json_walk_init(&walk, storage);
    while (changes != NULL && base_json_walk_next(&walk, &name, &value)) {
        struct view_change *change = &changes[made->change_count++];
        struct base_json key = {BASE_JSON_STRING, name};
        if (!(object ? take_change(control, key, value, change)
                     : take_pair(control, value, change))) {
            return false;
        }
    }
    return changes != NULL;
}

static bool take_extrinsics(struct control *control, struct base_json list,
                            struct view_made *made) {
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json value;
    if (list.kind == BASE_JSON_NONE) {
        return true;
    }
    struct substrate_text *texts =
        list.kind == BASE_JSON_ARRAY
            ? base_arena_calloc(control->arena, base_json_length(list) + 1, sizeof(*texts))
            : NULL;
    made->extrinsics = texts;
    base_json_walk_init(&walk, list);
    while (texts != NULL && base_json_walk_next(&walk, &name, &value)) {
        struct substrate_text *text = &texts[made->extrinsic_count++];
        if (!base_json_string(value, control->arena, text) || !is_hex(*text)) {
            return false;
        }
    }
    return texts != NULL;
}

static bool take_calls(struct base_json calls, struct view_made *made) {
    if (base_json_is(calls, "carry-stale")) {
        made->calls = VIEW_CALLS_CARRY_STALE;
    } else if (base_json_is(calls, "carry")) {
        made->calls = VIEW_CALLS_CARRY;
    } else {
        return calls.kind == BASE_JSON_NONE;
    }
    return true;
}

static bool take_name(struct control *control, struct base_json name, struct view_made *made) {
    return name.kind == BASE_JSON_NONE || base_json_string(name, control->arena, &made->name);
}

static enum substrate_status make(struct control *control, const struct view_made *made,
                                  const struct chain_block **block) {
    return space_make(control->space, made, block, control->now, control->error);
}

enum substrate_status control_new_block(struct control *control) {
    static const char *const known[] = {"name", "parent", "storage", "extrinsics", "calls", NULL};
    struct base_json what = control_param(control, 0);
    struct base_json parent = base_json_member(what, "parent");
    struct view_made made = {.change_count = 0};
    const struct chain_block *block = NULL;
    if (what.kind != BASE_JSON_NONE && control_members(control, what, known) != SUBSTRATE_OK) {
        return control_wrong(control);
    }
    if (!take_name(control, base_json_member(what, "name"), &made) ||
        !take_storage(control, base_json_member(what, "storage"), &made) ||
        !take_extrinsics(control, base_json_member(what, "extrinsics"), &made) ||
        !take_calls(base_json_member(what, "calls"), &made)) {
        return control_wrong(control);
    }
    if (parent.kind != BASE_JSON_NONE) {
        made.parent = find_block(control, parent);
        if (made.parent == NULL) {
            return control->error->status;
        }
    }
    enum substrate_status status = make(control, &made, &block);
    if (block != NULL) {
        control_write_block(block, control->result);
    }
    return status;
}

static enum substrate_status set_storage(struct control *control,
                                         const struct chain_block **block) {
    struct base_json storage = control_param(control, 0);
    struct view_made made = {.change_count = 0};
    if (storage.kind == BASE_JSON_NONE || !take_storage(control, storage, &made)) {
        return control_wrong(control);
    }
    return make(control, &made, block);
}

enum substrate_status control_set_storage(struct control *control) {
    const struct chain_block *block = NULL;
    enum substrate_status status = set_storage(control, &block);
    if (block != NULL) {
        control_write_block(block, control->result);
    }
    return status;
}

/* ---- as chopsticks has them: they give the hash of the head ---- */

#define BLOCKS_MAX 10000 /* of one call, which nothing comes between */

static enum substrate_status tell_hash(struct control *control, enum substrate_status status) {
    if (status == SUBSTRATE_OK) {
        const struct chain_block *head = view_head(space_view(control->space));
        base_json_write_hex(control->result, (struct substrate_bytes){head->hash.bytes, 32});
    }
    return status;
}

enum substrate_status control_dev_new_block(struct control *control) {
    static const char *const known[] = {"count", "to", "transactions", NULL};
    struct base_json what = control_param(control, 0);
    struct base_json count = base_json_member(what, "count"), to = base_json_member(what, "to");
    uint64_t blocks = 1, target = 0, head = view_head(space_view(control->space))->number;
    struct view_made made = {.change_count = 0};
    if ((what.kind != BASE_JSON_NONE && control_members(control, what, known) != SUBSTRATE_OK) ||
        (count.kind != BASE_JSON_NONE && (!base_json_u64(count, &blocks) || blocks == 0)) ||
        (to.kind != BASE_JSON_NONE && (!base_json_u64(to, &target) || target <= head)) ||
        !take_extrinsics(control, base_json_member(what, "transactions"), &made)) {
        return control_wrong(control);
    }
    blocks = target > 0 ? target - head : blocks;
    if (blocks > BLOCKS_MAX) {
        return base_fail(control->error, SUBSTRATE_E_ARGUMENT,
                         "makes at most %d blocks at a time, and not %llu", BLOCKS_MAX,
                         (unsigned long long)blocks);
    }
    enum substrate_status status = SUBSTRATE_OK;
    for (uint64_t i = 0; i < blocks && status == SUBSTRATE_OK; i++) {
        const struct chain_block *block;
        status = make(control, &made, &block);
        made.extrinsic_count = 0; /* the first one has them */
    }
    return tell_hash(control, status);
}

enum substrate_status control_dev_set_storage(struct control *control) {
    const struct chain_block *block = NULL;
    return tell_hash(control, set_storage(control, &block));
}

/* A negative number counts from the head. */
enum substrate_status control_dev_set_head(struct control *control) {
    struct base_json value = control_param(control, 0);
    struct view *view = space_view(control->space);
    int64_t number = 0;
    if (base_json_i64(value, &number) && number < 0) {
        char name[32];
        int size = snprintf(name, sizeof(name), "head%lld", (long long)number);
        struct substrate_text text = {name, (size_t)size};
        return tell_hash(control, go_to(control, view_resolve(view, text, control->error)));
    }
    return tell_hash(control, go_to(control, find_block(control, value)));
}

/* Timestamp.Now, in milliseconds. */
static const char timestamp_key[] =
    "f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb";

static bool read_timestamp(const struct view *view, uint64_t *ms) {
    struct chain_value value = view_storage(view, view_head(view), base_text(timestamp_key));
    uint8_t bytes[8];
    size_t size = 0;
    if (value.known != CHAIN_VALUE || !base_hex_read(value.hex, bytes, sizeof(bytes), &size) ||
        size != sizeof(bytes)) {
        return false;
    }
    *ms = 0;
    for (size_t i = sizeof(bytes); i > 0; i--) {
        *ms = *ms << 8 | bytes[i - 1];
    }
    return true;
}

enum substrate_status control_dev_time_travel(struct control *control) {
    struct base_json value = control_param(control, 0);
    struct substrate_text text;
    uint64_t target = 0, now = 0;
    bool good = base_json_string(value, control->arena, &text) ? date_read(text, &target)
                                                               : base_json_u64(value, &target);
    if (!good) {
        return control_wrong(control);
    }
    if (!read_timestamp(space_view(control->space), &now) || target <= now) {
        return base_fail(control->error, SUBSTRATE_E_ARGUMENT,
                         "the head's time is %llu: time goes forward, where it is recorded",
                         (unsigned long long)now);
    }
    struct view_made made = {.period_ms = target - now};
    const struct chain_block *block;
    enum substrate_status status = make(control, &made, &block);
    if (status == SUBSTRATE_OK) {
        base_buf_u64(control->result, target);
    }
    return status;
}
