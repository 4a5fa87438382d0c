/* What a made block says of its storage: what a block changes by itself, what an upgrade changes,
 * and what the caller names, which wins. */
#include <stdlib.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/compact.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"
#include "view/model.h"

#define PERIOD_MS 12000
#define OWN_MAX 9 /* changes of a block by itself, and by an upgrade */

enum substrate_status view_draft_no_memory(const struct view_draft *draft) {
    const struct view *view = draft->view;
    if (view->counts.made_bytes + 4096 < view->bytes_max) {
        return base_fail(draft->error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    return base_fail(draft->error, SUBSTRATE_E_LIMIT,
                     "the space's own blocks take %zu bytes of a budget of %zu: mock_reset gives "
                     "them back",
                     view->counts.made_bytes, view->bytes_max);
}

static bool is_hex(struct substrate_text digits) {
    bool good = digits.size % 2 == 0;
    for (size_t i = 0; i < digits.size && good; i++) {
        good = base_hex_digit(digits.data[i]) >= 0;
    }
    return good;
}

enum substrate_status view_draft_hex(struct view_draft *draft, struct substrate_text hex,
                                     const char *before, const char *what,
                                     struct substrate_text *digits) {
    size_t start = strlen(before);
    bool prefixed = base_text_starts(hex, "0x") || base_text_starts(hex, "0X");
    struct substrate_text body = {hex.data + (prefixed ? 2 : 0), hex.size - (prefixed ? 2 : 0)};
    if (!is_hex(body)) {
        return base_fail(draft->error, SUBSTRATE_E_ARGUMENT,
                         "%s \"%.*s\" is not hex of whole bytes", what,
                         (int)(hex.size < 80 ? hex.size : 80), hex.data);
    }
    char *out = view_take(draft->view, start + body.size + 1);
    if (out == NULL) {
        return view_draft_no_memory(draft);
    }
    memcpy(out, before, start);
    for (size_t i = 0; i < body.size; i++) {
        out[start + i] = "0123456789abcdef"[base_hex_digit(body.data[i])];
    }
    *digits = (struct substrate_text){out, start + body.size};
    return SUBSTRATE_OK;
}

/* ---- one entry ---- */

static struct view_entry *add(struct view_draft *draft, struct substrate_text key) {
    struct view_entry *entry = &draft->entries[draft->entry_count++];
    *entry = (struct view_entry){.key = key};
    return entry;
}

/* A value of the block's own; the key is of the view, or in its memory. */
static bool add_value(struct view_draft *draft, struct substrate_text key,
                      struct substrate_bytes value) {
    char *hex = view_take(draft->view, 2 + 2 * value.size);
    if (hex == NULL) {
        return false;
    }
    memcpy(hex, "0x", 2);
    base_hex_write(value, hex + 2);
    add(draft, key)->value =
        (struct chain_value){.known = CHAIN_VALUE, .hex = {hex, 2 + 2 * value.size}};
    return true;
}

static struct substrate_text key_text(const char key[VIEW_KEY_SIZE]) {
    return (struct substrate_text){key, VIEW_KEY_SIZE};
}

static struct substrate_bytes le_bytes(uint64_t value, uint8_t *out, size_t size) {
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
    return (struct substrate_bytes){out, size};
}

/* ---- the time ---- */

bool view_read_time(struct substrate_text hex, uint64_t *value) {
    uint8_t bytes[8];
    size_t size = 0;
    if (!base_hex_read(hex, bytes, sizeof(bytes), &size) || size != sizeof(bytes)) {
        return false;
    }
    *value = 0;
    for (size_t i = sizeof(bytes); i-- > 0;) {
        *value = *value << 8 | bytes[i];
    }
    return true;
}

static bool is_key(struct substrate_text hex, const char key[VIEW_KEY_SIZE]) {
    uint8_t bytes[VIEW_KEY_SIZE / 2], wanted[VIEW_KEY_SIZE / 2];
    size_t size = 0, wanted_size = 0;
    return base_hex_read(hex, bytes, sizeof(bytes), &size) && size == sizeof(bytes) &&
           base_hex_read(key_text(key), wanted, sizeof(wanted), &wanted_size) &&
           memcmp(bytes, wanted, size) == 0;
}

void view_draft_time(struct view_draft *draft) {
    const struct view *view = draft->view;
    const struct view_made *made = draft->made;
    struct chain_value now = view_storage(view, draft->parent, key_text(view->keys.now));
    draft->time_known = now.known == CHAIN_VALUE && view_read_time(now.hex, &draft->time_ms);
    draft->time_ms += made->period_ms != 0 ? made->period_ms : PERIOD_MS;
    for (size_t i = 0; i < made->change_count; i++) {
        const struct view_change *change = &made->changes[i];
        if (change->value.data != NULL && is_key(change->key, view->keys.now) &&
            view_read_time(change->value, &draft->time_ms)) {
            draft->time_known = true;
        }
    }
}

/* ---- what a block changes by itself ---- */

/* System.BlockHash of the parent's number: twox_64_concat of a u32. */
static bool add_block_hash(struct view_draft *draft) {
    uint8_t number[4], tail[12];
    char *key = view_take(draft->view, VIEW_KEY_SIZE + 2 * sizeof(tail));
    const struct substrate_hash *hash = &draft->parent->hash;
    if (key == NULL) {
        return false;
    }
    struct substrate_bytes le = le_bytes(draft->parent->number, number, sizeof(number));
    substrate_twox_64(le, tail);
    memcpy(tail + 8, number, sizeof(number));
    memcpy(key, draft->view->keys.block_hash, VIEW_KEY_SIZE);
    base_hex_write((struct substrate_bytes){tail, sizeof(tail)}, key + VIEW_KEY_SIZE);
    return add_value(draft, (struct substrate_text){key, VIEW_KEY_SIZE + 2 * sizeof(tail)},
                     (struct substrate_bytes){hash->bytes, sizeof(hash->bytes)});
}

/* System.Digest: the list of the header's items, which are SCALE already. */
static bool add_digest(struct view_draft *draft) {
    struct base_json list = {BASE_JSON_ARRAY, draft->logs}, item;
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_buf hex = BASE_BUF_INIT, count = BASE_BUF_INIT;
    base_compact_write(&count, base_json_length(list));
    base_buf_str(&hex, "0x");
    base_buf_hex(&hex, (struct substrate_bytes){(const uint8_t *)count.data, count.size});
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &name, &item)) {
        base_buf_text(&hex, (struct substrate_text){item.raw.data + 3, item.raw.size - 4});
    }
    char *copy = hex.failed || count.failed ? NULL : view_take(draft->view, hex.size);
    if (copy != NULL) {
        memcpy(copy, hex.data, hex.size);
        add(draft, key_text(draft->view->keys.digest))->value =
            (struct chain_value){.known = CHAIN_VALUE, .hex = {copy, hex.size}};
    }
    base_buf_free(&hex);
    base_buf_free(&count);
    return copy != NULL;
}

static bool add_own(struct view_draft *draft) {
    const struct view_system_keys *keys = &draft->view->keys;
    const struct substrate_hash *parent = &draft->parent->hash;
    uint8_t bytes[8];
    return add_value(draft, key_text(keys->number),
                     le_bytes(draft->parent->number + 1, bytes, 4)) &&
           add_value(draft, key_text(keys->parent_hash),
                     (struct substrate_bytes){parent->bytes, sizeof(parent->bytes)}) &&
           add_block_hash(draft) && add_digest(draft) &&
           add_value(draft, key_text(keys->events), le_bytes(0, bytes, 1)) &&
           add_value(draft, key_text(keys->event_count), le_bytes(0, bytes, 4)) &&
           (!draft->time_known ||
            add_value(draft, key_text(keys->now), le_bytes(draft->time_ms, bytes, 8)));
}

/* ---- what an upgrade changes ---- */

static const char CODE[] = "3a636f6465"; /* ":code" */

/* What is recorded of a runtime's code: its value, or hash and size. */
static struct chain_value code_of(const struct view *view, const struct fact_runtime *runtime) {
    const struct chain_block *block = chain_at(view->chain, 0);
    block = block != NULL ? block : chain_next(view->chain, 0);
    for (; block != NULL; block = chain_next(view->chain, block->number)) {
        if (block->runtime == runtime) {
            struct chain_value code = chain_storage(view->chain, block, base_text(CODE));
            if (code.known == CHAIN_VALUE || (code.known == CHAIN_PRESENT && code.has_digest)) {
                return code;
            }
        }
    }
    return (struct chain_value){.known = CHAIN_PRESENT};
}

/* System.LastRuntimeUpgrade: the version as a compact, and the name. */
static bool add_last_upgrade(struct view_draft *draft) {
    struct base_arena scratch;
    struct base_json version;
    struct substrate_text name = {NULL, 0};
    struct base_buf bytes = BASE_BUF_INIT;
    base_arena_init(&scratch, 0);
    base_compact_write(&bytes, draft->upgrade->spec_version);
    if (base_json_parse(draft->upgrade->version, BASE_JSON_DEPTH_MAX, &version, NULL) ==
        SUBSTRATE_OK) {
        (void)base_json_string(base_json_member(version, "specName"), &scratch, &name);
    }
    base_compact_write(&bytes, name.size);
    base_buf_text(&bytes, name);
    bool good = !bytes.failed &&
                add_value(draft, key_text(draft->view->keys.last_upgrade),
                          (struct substrate_bytes){(const uint8_t *)bytes.data, bytes.size});
    base_buf_free(&bytes);
    base_arena_free(&scratch);
    return good;
}

static bool add_upgrade(struct view_draft *draft) {
    if (draft->upgrade == NULL) {
        return true;
    }
    add(draft, base_text(CODE))->value = code_of(draft->view, draft->upgrade);
    return add_last_upgrade(draft);
}

/* ---- what the caller names ---- */

static enum substrate_status add_named(struct view_draft *draft, const struct view_change *change) {
    struct substrate_text key = {NULL, 0};
    enum substrate_status status = view_draft_hex(draft, change->key, "", "storage key", &key);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct view_entry *entry = add(draft, key);
    if (change->value.data == NULL) {
        entry->value.known = CHAIN_ABSENT;
        return SUBSTRATE_OK;
    }
    entry->value.known = CHAIN_VALUE;
    return view_draft_hex(draft, change->value, "0x", "value", &entry->value.hex);
}

static int compare_entries(const void *left, const void *right) {
    const struct view_entry *a = left, *b = right;
    int order = base_text_compare(a->key, b->key);
    /* Until they are sorted, the rank of an entry is its place: what was named comes first. */
    return order != 0 ? order : a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* Sorts, and drops what the block would change by itself where the caller names it. */
static enum substrate_status settle(struct view_draft *draft) {
    size_t count = 0;
    for (size_t i = 0; i < draft->entry_count; i++) {
        draft->entries[i].rank = i;
    }
    qsort(draft->entries, draft->entry_count, sizeof(*draft->entries), compare_entries);
    for (size_t i = 0; i < draft->entry_count; i++) {
        struct view_entry *entry = &draft->entries[i];
        bool again = count > 0 && base_text_equal(entry->key, draft->entries[count - 1].key);
        if (again && entry->rank < draft->made->change_count) {
            return base_fail(draft->error, SUBSTRATE_E_ARGUMENT,
                             "storage key 0x%.*s is named twice; name it once",
                             (int)(entry->key.size < 120 ? entry->key.size : 120), entry->key.data);
        }
        if (!again) {
            draft->entries[count++] = *entry;
        }
    }
    draft->entry_count = count;
    for (size_t i = 0; i < count; i++) {
        struct substrate_text key = draft->entries[i].key;
        draft->entries[i].rank =
            base_xxh64((struct substrate_bytes){(const uint8_t *)key.data, key.size}, 0);
    }
    return SUBSTRATE_OK;
}

enum substrate_status view_draft_changes(struct view_draft *draft) {
    const struct view_made *made = draft->made;
    draft->entries =
        view_take(draft->view, (made->change_count + OWN_MAX) * sizeof(*draft->entries));
    if (draft->entries == NULL) {
        return view_draft_no_memory(draft);
    }
    for (size_t i = 0; i < made->change_count; i++) {
        enum substrate_status status = add_named(draft, &made->changes[i]);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return add_own(draft) && add_upgrade(draft) ? settle(draft) : view_draft_no_memory(draft);
}
