/* Blocks of a space's own: made once from a parent and what is named, with a header whose hash is
 * true. No trie is built: the roots are digests of the lists that they stand for. */
#include <string.h>
#include <substrate/hash.h>
#include "base/compact.h"
#include "base/header.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"
#include "view/model.h"

#define BLOCK_COST 192 /* bytes that look-ups take for a block, about */

void *view_take(struct view *view, size_t size) {
    if (size > view->bytes_max || view->counts.made_bytes > view->bytes_max - size) {
        return NULL;
    }
    void *memory = base_arena_alloc(&view->arena, size);
    view->counts.made_bytes += memory != NULL ? size : 0;
    return memory;
}

const struct view_block *view_made_block(const struct chain_block *block) {
    return block->made ? (const struct view_block *)(const void *)block : NULL;
}

/* ---- roots and header ---- */

static void append_hex(struct base_buf *out, struct substrate_text hex) {
    size_t size = 0;
    if (base_buf_reserve(out, hex.size / 2) &&
        base_hex_read(hex, (uint8_t *)out->data + out->size, hex.size / 2, &size)) {
        out->size += size;
    }
}

/* The bytes of a hex text behind their length as a compact. */
static void append_counted(struct base_buf *out, struct substrate_text hex) {
    bool prefixed = hex.size >= 2 && hex.data[1] == 'x';
    base_compact_write(out, (hex.size - (prefixed ? 2 : 0)) / 2);
    append_hex(out, hex);
}

static void append_le(struct base_buf *out, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++) {
        base_buf_char(out, (char)(uint8_t)(value >> (8 * i)));
    }
}

/* One change: the key, then 0 for a removal, 1 and the value, or 2, its hash and its size. */
static void append_change(struct base_buf *out, const struct view_entry *entry) {
    append_counted(out, entry->key);
    const struct chain_value *value = &entry->value;
    base_buf_char(out, value->known == CHAIN_ABSENT ? 0 : value->known == CHAIN_VALUE ? 1 : 2);
    if (value->known == CHAIN_VALUE) {
        append_counted(out, value->hex);
    } else if (value->known == CHAIN_PRESENT) {
        base_buf_append(out, value->hash.bytes, sizeof(value->hash.bytes));
        append_le(out, value->size, 8);
    }
}

static bool digest(struct base_buf *bytes, struct substrate_hash *hash) {
    bool good = !bytes->failed;
    if (good) {
        substrate_blake2_256((struct substrate_bytes){(const uint8_t *)bytes->data, bytes->size},
                             hash->bytes);
    }
    base_buf_free(bytes);
    return good;
}

static bool state_root(const struct view_draft *draft, const struct substrate_hash *parent_root,
                       uint32_t ordinal, struct substrate_hash *root) {
    struct base_buf bytes = BASE_BUF_INIT;
    base_buf_append(&bytes, parent_root->bytes, sizeof(parent_root->bytes));
    base_compact_write(&bytes, draft->entry_count);
    for (size_t i = 0; i < draft->entry_count; i++) {
        append_change(&bytes, &draft->entries[i]);
    }
    append_le(&bytes, ordinal, 4);
    return digest(&bytes, root);
}

static bool extrinsics_root(const struct view_draft *draft, struct substrate_hash *root) {
    struct base_json list = {BASE_JSON_ARRAY, draft->extrinsics}, item;
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_buf bytes = BASE_BUF_INIT;
    base_compact_write(&bytes, base_json_length(list));
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &name, &item)) {
        append_hex(&bytes, (struct substrate_text){item.raw.data + 1, item.raw.size - 2});
    }
    return digest(&bytes, root);
}

static void write_member(struct base_buf *out, const char *before,
                         const struct substrate_hash *hash) {
    base_buf_str(out, before);
    base_json_write_hex(out, (struct substrate_bytes){hash->bytes, sizeof(hash->bytes)});
}

/* The header as the node writes it, and the hash of what it stands for. */
static bool write_header(const struct view_draft *draft, const struct substrate_hash *parent_root,
                         uint32_t ordinal, struct chain_block *block) {
    struct substrate_hash state, extrinsics;
    struct base_buf out = BASE_BUF_INIT;
    bool good =
        state_root(draft, parent_root, ordinal, &state) && extrinsics_root(draft, &extrinsics);
    if (good) {
        write_member(&out, "{\"parentHash\":", &draft->parent->hash);
        base_buf_format(&out, ",\"number\":\"0x%llx\"", (unsigned long long)block->number);
        write_member(&out, ",\"stateRoot\":", &state);
        write_member(&out, ",\"extrinsicsRoot\":", &extrinsics);
        base_buf_str(&out, ",\"digest\":{\"logs\":");
        base_buf_text(&out, draft->logs);
        base_buf_str(&out, "}}");
    }
    char *copy = good && !out.failed ? view_take(draft->view, out.size) : NULL;
    if (copy != NULL) {
        memcpy(copy, out.data, out.size);
        block->header = (struct substrate_text){copy, out.size};
    }
    base_buf_free(&out);
    return copy != NULL && base_header_hash(block->header, &block->hash, NULL) == SUBSTRATE_OK;
}

/* ---- a block ---- */

/* How many were made on the parent so far. */
static uint32_t children_of(const struct view *view, const struct chain_block *parent) {
    const struct view_block *made = view_made_block(parent);
    return made != NULL ? made->children
                        : (uint32_t)(uintptr_t)base_idmap_get(&view->siblings, (uintptr_t)parent);
}

/* Puts a complete block where it is found. false: out of memory. */
static bool enter(struct view *view, struct view_block *made, uint32_t ordinal) {
    const struct chain_block *parent = made->block.parent;
    struct substrate_text hash = {(const char *)made->block.hash.bytes,
                                  sizeof(made->block.hash.bytes)};
    if (parent->made) {
        ((struct view_block *)(uintptr_t)parent)->children = ordinal + 1;
    } else if (!base_idmap_put(&view->siblings, (uintptr_t)parent,
                               (void *)(uintptr_t)(ordinal + 1))) {
        return false;
    }
    return base_map_put(&view->made, hash, made);
}

static bool put_entries(const struct view_draft *draft, struct view_block *made) {
    const struct view_block *parent = view_made_block(draft->parent);
    made->tree = parent != NULL ? parent->tree : NULL;
    for (size_t i = 0; i < draft->entry_count; i++) {
        if (!view_tree_put(draft->view, made, &made->tree, &draft->entries[i])) {
            return false;
        }
    }
    return true;
}

static void fill(const struct view_draft *draft, struct view_block *made) {
    const struct chain_block *parent = draft->parent;
    const struct view_block *below = view_made_block(parent);
    bool named = draft->made->change_count > 0 || draft->upgrade != NULL;
    *made = (struct view_block){
        .block = {.number = parent->number + 1,
                  .made = true,
                  .extrinsics = draft->extrinsics,
                  .justifications = BASE_TEXT("null"),
                  .runtime = draft->upgrade != NULL ? draft->upgrade : parent->runtime,
                  .state = parent->state,
                  .parent = parent},
        .recorded = view_recorded(parent),
        .entries = draft->entries,
        .entry_count = draft->entry_count,
        .calls = draft->made->calls,
        .edited = named || (below != NULL && below->edited),
    };
    chain_link(&made->block, parent);
}

static enum substrate_status complete(struct view_draft *draft, const struct chain_block **block) {
    struct view *view = draft->view;
    struct base_header header;
    struct view_block *made = view_take(view, sizeof(*made) + BLOCK_COST);
    uint32_t ordinal = children_of(view, draft->parent);
    if (base_header_read(draft->parent->header, &header, NULL, NULL) != SUBSTRATE_OK ||
        made == NULL) {
        return view_draft_no_memory(draft);
    }
    fill(draft, made);
    if (!put_entries(draft, made) ||
        !write_header(draft, &header.state_root, ordinal, &made->block) ||
        !enter(view, made, ordinal)) {
        return view_draft_no_memory(draft);
    }
    view->counts.made++;
    *block = &made->block;
    return SUBSTRATE_OK;
}

/* ---- what is named ---- */

static enum substrate_status find_upgrade(struct view_draft *draft) {
    const struct facts *facts = chain_facts(draft->view->chain);
    uint32_t wanted = draft->made->spec_version;
    for (size_t i = 0; i < facts->runtime_count; i++) {
        if (facts->runtimes[i].spec_version == wanted) {
            draft->upgrade = &facts->runtimes[i];
            return SUBSTRATE_OK;
        }
    }
    return base_fail(draft->error, SUBSTRATE_E_NOT_FOUND,
                     "runtime %u is not recorded: an upgrade is to a runtime of the recording",
                     wanted);
}

static enum substrate_status give_name(struct view *view, struct substrate_text name,
                                       const struct chain_block *block,
                                       struct substrate_error *error) {
    char *copy = view_take(view, name.size);
    if (copy == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    memcpy(copy, name.data, name.size);
    return base_map_put(&view->names, (struct substrate_text){copy, name.size},
                        (void *)(uintptr_t)block)
               ? SUBSTRATE_OK
               : base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
}

enum substrate_status view_make_only(struct view *view, const struct view_made *made,
                                     const struct chain_block **block,
                                     struct substrate_error *error) {
    struct view_draft draft = {.view = view,
                               .made = made,
                               .parent = made->parent != NULL ? made->parent : view->head,
                               .error = error};
    enum substrate_status status = SUBSTRATE_OK;
    if (draft.parent->header.data == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "block %llu is recorded without its header, which a block on it needs",
                         (unsigned long long)draft.parent->number);
    }
    if (made->upgrade) {
        status = find_upgrade(&draft);
    }
    view_draft_time(&draft);
    status = status == SUBSTRATE_OK ? view_draft_logs(&draft) : status;
    status = status == SUBSTRATE_OK ? view_draft_changes(&draft) : status;
    status = status == SUBSTRATE_OK ? view_draft_body(&draft) : status;
    status = status == SUBSTRATE_OK ? complete(&draft, block) : status;
    if (status == SUBSTRATE_OK && made->name.data != NULL) {
        status = give_name(view, made->name, *block, error);
    }
    return status;
}

enum substrate_status view_make(struct view *view, const struct view_made *made,
                                const struct chain_block **block, struct view_steps *steps,
                                struct substrate_error *error) {
    enum substrate_status status = view_make_only(view, made, block, error);
    if (status == SUBSTRATE_OK && (*block)->number > view->head->number &&
        view_descends(*block, view->finalized)) {
        status = view_set_head(view, *block, VIEW_MOVE, steps, error);
    }
    return status;
}
