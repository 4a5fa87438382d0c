/* Digest and body of a made block: the parent's items with the slot of its own time, and the
 * recorded extrinsic that sets the time, with its own. */
#include <string.h>
#include "base/compact.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"
#include "view/model.h"

/* ---- the digest ---- */

/* Items as SCALE in hex: a seal is kind 5, a new runtime kind 8, and the slot of Aura kind 6 with
 * the engine's name, the length 8 and the slot as a little-endian u64. */
#define SEAL "\"0x05"
#define NEW_RUNTIME "\"0x08"
#define AURA "\"0x066175726120"
#define AURA_SIZE (sizeof(AURA) - 1 + 16 + 1)
#define SLOT_MS 12000

static void write_item(const struct view_draft *draft, struct substrate_text item,
                       struct base_buf *out) {
    if (base_text_starts(item, SEAL) || base_text_starts(item, NEW_RUNTIME)) {
        return; /* the parent's own */
    }
    base_buf_str(out, out->size > 1 ? "," : "");
    if (!draft->time_known || !base_text_starts(item, AURA) || item.size != AURA_SIZE) {
        base_buf_text(out, item);
        return;
    }
    uint64_t slot = draft->time_ms / SLOT_MS;
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(slot >> (8 * i));
    }
    base_buf_str(out, AURA);
    base_buf_hex(out, (struct substrate_bytes){bytes, sizeof(bytes)});
    base_buf_char(out, '"');
}

/* A text that is in the view's memory from now on. */
static enum substrate_status keep(const struct view_draft *draft, struct base_buf *text,
                                  struct substrate_text *kept) {
    char *copy = text->failed ? NULL : view_take(draft->view, text->size);
    if (copy != NULL) {
        memcpy(copy, text->data, text->size);
        *kept = (struct substrate_text){copy, text->size};
    }
    base_buf_free(text);
    return copy != NULL ? SUBSTRATE_OK : view_draft_no_memory(draft);
}

enum substrate_status view_draft_logs(struct view_draft *draft) {
    struct base_json header = {BASE_JSON_OBJECT, draft->parent->header}, item;
    struct base_json logs = base_json_member(base_json_member(header, "digest"), "logs");
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_buf out = BASE_BUF_INIT;
    base_buf_char(&out, '[');
    base_json_walk_init(&walk, logs);
    while (base_json_walk_next(&walk, &name, &item)) {
        write_item(draft, item.raw, &out);
    }
    if (draft->upgrade != NULL) {
        base_buf_str(&out, out.size > 1 ? "," NEW_RUNTIME "\"" : NEW_RUNTIME "\"");
    }
    base_buf_char(&out, ']');
    return keep(draft, &out, &draft->logs);
}

/* ---- the extrinsic that sets the time ---- */

/* The hex of a compact. */
static void write_compact(struct base_buf *out, uint64_t value) {
    struct base_buf bytes = BASE_BUF_INIT;
    base_compact_write(&bytes, value);
    base_buf_hex(out, (struct substrate_bytes){(const uint8_t *)bytes.data, bytes.size});
    out->failed = out->failed || bytes.failed;
    base_buf_free(&bytes);
}

/* How many digits the length takes that an extrinsic begins with, by its first byte's mode. */
static size_t length_digits(struct substrate_text digits) {
    int low = digits.size >= 2 ? base_hex_digit(digits.data[1]) : -1;
    return low < 0 ? 0 : (low & 3) == 0 ? 2 : (low & 3) == 1 ? 4 : (low & 3) == 2 ? 8 : 0;
}

static bool ends_with(struct substrate_text text, struct substrate_text end) {
    return text.size > end.size &&
           memcmp(text.data + text.size - end.size, end.data, end.size) == 0;
}

/* The extrinsic of a recorded block that ends in its time as a compact, without length and time. */
static bool stamp_of(const struct view *view, const struct chain_block *block,
                     struct substrate_text *middle) {
    struct base_json list = {BASE_JSON_ARRAY, block->extrinsics}, item;
    struct substrate_text name, key = {view->keys.now, VIEW_KEY_SIZE};
    struct base_json_walk walk;
    uint64_t time_ms = 0;
    struct chain_value now = view_storage(view, block, key);
    if (list.raw.data == NULL || now.known != CHAIN_VALUE || !view_read_time(now.hex, &time_ms)) {
        return false;
    }
    struct base_buf tail = BASE_BUF_INIT;
    write_compact(&tail, time_ms);
    bool found = false;
    base_json_walk_init(&walk, list);
    while (!tail.failed && !found && base_json_walk_next(&walk, &name, &item)) {
        struct substrate_text digits = {item.raw.data + 3, item.raw.size - 4};
        size_t skip = length_digits(digits);
        found =
            skip > 0 && digits.size > skip + tail.size && ends_with(digits, base_buf_view(&tail));
        if (found) {
            *middle = (struct substrate_text){digits.data + skip, digits.size - skip - tail.size};
        }
    }
    base_buf_free(&tail);
    return found;
}

/* That of the nearest recorded block; it is looked for once for all that are made on one block. */
static struct substrate_text find_stamp(struct view *view, const struct chain_block *recorded) {
    if (view->stamp.under != recorded) {
        view->stamp = (struct view_stamp){recorded, {NULL, 0}};
        const struct chain_block *block = recorded;
        while (block != NULL && !stamp_of(view, block, &view->stamp.middle)) {
            block = block->up;
        }
    }
    return view->stamp.middle;
}

static void write_stamp(const struct view_draft *draft, struct base_buf *out) {
    struct substrate_text middle = find_stamp(draft->view, view_recorded(draft->parent));
    struct base_buf time = BASE_BUF_INIT;
    if (middle.data == NULL || !draft->time_known) {
        return;
    }
    write_compact(&time, draft->time_ms);
    base_buf_str(out, "\"0x");
    write_compact(out, (middle.size + time.size) / 2);
    base_buf_text(out, middle);
    base_buf_text(out, base_buf_view(&time));
    base_buf_char(out, '"');
    out->failed = out->failed || time.failed;
    base_buf_free(&time);
}

enum substrate_status view_draft_body(struct view_draft *draft) {
    const struct view_made *made = draft->made;
    struct base_buf out = BASE_BUF_INIT;
    base_buf_char(&out, '[');
    write_stamp(draft, &out);
    for (size_t i = 0; i < made->extrinsic_count; i++) {
        struct substrate_text hex = {NULL, 0};
        enum substrate_status status =
            view_draft_hex(draft, made->extrinsics[i], "0x", "extrinsic", &hex);
        if (status != SUBSTRATE_OK) {
            base_buf_free(&out);
            return status;
        }
        base_buf_str(&out, out.size > 1 ? ",\"" : "\"");
        base_buf_text(&out, hex);
        base_buf_char(&out, '"');
    }
    base_buf_char(&out, ']');
    return keep(draft, &out, &draft->extrinsics);
}
