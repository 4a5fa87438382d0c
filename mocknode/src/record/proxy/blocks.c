/* Blocks that a proxy meets. */
#include "record/proxy/blocks.h"

#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/text.h"
#include "record/runtime_parts.h"

#define CODE "0x3a636f6465"

/* What is known of a block once it was asked for. */
struct note {
    bool whole; /* with its code, and with its parent's header */
    bool has_parent;
    struct substrate_hash parent;
};

void blocks_init(struct blocks *blocks, struct inquiry *ask) {
    *blocks = (struct blocks){.ask = ask};
    blocks->wish = (struct runtime_wish){.metadata_all = true,
                                         .exports = true,
                                         .asked_by = "the proxy's questions",
                                         .exports_if_any = true};
    base_arena_init(&blocks->arena, 0);
    base_map_init(&blocks->noted, 0);
    base_map_init(&blocks->runtimes, 0);
}

void blocks_free(struct blocks *blocks) {
    base_map_free(&blocks->noted);
    base_map_free(&blocks->runtimes);
    base_arena_free(&blocks->arena);
}

static struct substrate_text hash_text(const struct substrate_hash *hash) {
    return (struct substrate_text){(const char *)hash->bytes, sizeof hash->bytes};
}

/* A method with these parameters before the block, if any: `"a",`. */
static enum substrate_status ask_at(struct blocks *blocks, const char *method, const char *before,
                                    const struct substrate_hash *hash,
                                    struct substrate_text *result) {
    char params[160], hex[67];
    substrate_hash_format(hash, hex);
    (void)snprintf(params, sizeof params, "[%s\"%s\"]", before, hex);
    return upstream_ask(&blocks->ask->upstream, method, base_text(params), &blocks->ask->arena,
                        result, blocks->ask->error);
}

/* What the upstream refuses, it refuses: the rest is worth having. */
static enum substrate_status unless_refused(struct blocks *blocks, enum substrate_status status) {
    if (status == SUBSTRATE_E_RPC) {
        *blocks->ask->error = (struct substrate_error){.status = SUBSTRATE_OK};
        return SUBSTRATE_OK;
    }
    return status;
}

static enum substrate_status keep_header(struct blocks *blocks, const struct substrate_hash *hash,
                                         struct note *note) {
    struct facts *facts = blocks->ask->facts;
    struct substrate_text text;
    struct base_header header;
    struct base_json json;
    struct substrate_hash real;
    enum substrate_status status = ask_at(blocks, "chain_getHeader", "", hash, &text);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &json, NULL) != SUBSTRATE_OK ||
        base_header_read(text, &header, NULL, NULL) != SUBSTRATE_OK ||
        base_header_hash(text, &real, NULL) != SUBSTRATE_OK ||
        (header.number != 0 && memcmp(&real, hash, sizeof real) != 0)) {
        return SUBSTRATE_E_NOT_FOUND;
    }
    struct fact_block *block = facts_block(facts, hash, true);
    struct substrate_text compact = facts_compact(facts, json);
    if (block == NULL || compact.data == NULL) {
        return inquiry_no_memory(blocks->ask);
    }
    block->number = header.number;
    block->header = compact;
    note->has_parent = header.number > 0;
    note->parent = header.parent;
    return SUBSTRATE_OK;
}

/* The parts of a runtime, when it is met first. */
static enum substrate_status keep_parts(struct blocks *blocks, uint32_t spec,
                                        const struct substrate_hash *hash) {
    struct substrate_text key = {(const char *)&spec, sizeof spec};
    if (base_map_get(&blocks->runtimes, key) != NULL) {
        return SUBSTRATE_OK;
    }
    struct substrate_text copy = base_arena_text(&blocks->arena, key);
    if (copy.data == NULL || !base_map_put(&blocks->runtimes, copy, blocks)) {
        return inquiry_no_memory(blocks->ask);
    }
    return unless_refused(blocks, inquiry_runtime(blocks->ask, &blocks->wish, spec, hash));
}

static enum substrate_status keep_runtime(struct blocks *blocks,
                                          const struct substrate_hash *hash) {
    struct facts *facts = blocks->ask->facts;
    struct substrate_text text;
    struct base_json json;
    uint64_t spec;
    enum substrate_status status = ask_at(blocks, "state_getRuntimeVersion", "", hash, &text);
    if (status != SUBSTRATE_OK) {
        return unless_refused(blocks, status); /* its state is gone; the header is what there is */
    }
    status = inquiry_parse(blocks->ask, "state_getRuntimeVersion", text, BASE_JSON_OBJECT, &json);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (!base_json_u64(base_json_member(json, "specVersion"), &spec) || spec > UINT32_MAX) {
        return inquiry_odd(blocks->ask, "state_getRuntimeVersion", "the specVersion is missing");
    }
    struct fact_runtime *runtime = facts_spec(facts, (uint32_t)spec, true);
    struct fact_block *block = facts_block(facts, hash, true);
    struct substrate_text compact = facts_compact(facts, json);
    if (runtime == NULL || block == NULL || compact.data == NULL) {
        return inquiry_no_memory(blocks->ask);
    }
    runtime->version = compact;
    block->runtime = (uint32_t)spec;
    block->runtime_known = true;
    return keep_parts(blocks, (uint32_t)spec, hash);
}

/* Hash and size of the code, which is too large to keep and which clients ask for nevertheless. The
 * size is asked for when the hash is a new one. */
static enum substrate_status keep_code(struct blocks *blocks, const struct substrate_hash *hash) {
    struct facts *facts = blocks->ask->facts;
    struct fact_digest digest;
    enum substrate_status status = inquiry_digest(blocks->ask, BASE_TEXT("\"" CODE "\""), hash,
                                                  blocks->has_code ? &blocks->code : NULL, &digest);
    if (status != SUBSTRATE_OK) {
        return status == SUBSTRATE_E_NOT_FOUND ? SUBSTRATE_OK : status;
    }
    blocks->has_code = true;
    blocks->code = digest;
    struct fact_change change = {.key = BASE_TEXT(CODE), .kind = FACT_PRESENT, .digest = &digest};
    change.key = (struct substrate_text){change.key.data + 2, change.key.size - 2};
    struct fact_set *set = facts_set(facts, hash, true);
    return set != NULL && facts_add_change(facts, set, &change) == SUBSTRATE_OK
               ? SUBSTRATE_OK
               : inquiry_no_memory(blocks->ask);
}

/* Header and runtime of a block that was not met yet. */
static enum substrate_status keep_one(struct blocks *blocks, const struct substrate_hash *hash,
                                      struct note **found) {
    struct note note = {.whole = false};
    *found = base_map_get(&blocks->noted, hash_text(hash));
    if (*found != NULL) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status = keep_header(blocks, hash, &note);
    if (status == SUBSTRATE_OK) {
        status = keep_runtime(blocks, hash);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    *found = base_arena_alloc(&blocks->arena, sizeof **found);
    struct substrate_text key = base_arena_text(&blocks->arena, hash_text(hash));
    if (*found == NULL || key.data == NULL || !base_map_put(&blocks->noted, key, *found)) {
        return inquiry_no_memory(blocks->ask);
    }
    **found = note;
    return SUBSTRATE_OK;
}

static void say_orphan(const struct substrate_hash *hash, const struct note *note) {
    char hex[67], of[67];
    substrate_hash_format(&note->parent, hex);
    substrate_hash_format(hash, of);
    fprintf(stderr,
            "mocknode record: the upstream has no header of block %s; its child %s is kept "
            "without\n",
            hex, of);
}

enum substrate_status blocks_keep(struct blocks *blocks, const struct substrate_hash *hash) {
    struct note *note, *parent;
    enum substrate_status status = keep_one(blocks, hash, &note);
    if (status != SUBSTRATE_OK || note->whole) {
        return status;
    }
    status = keep_code(blocks, hash);
    if (status == SUBSTRATE_OK && note->has_parent) {
        status = keep_one(blocks, &note->parent, &parent);
    }
    if (status == SUBSTRATE_E_NOT_FOUND || status == SUBSTRATE_E_RPC) {
        say_orphan(hash, note);
        *blocks->ask->error = (struct substrate_error){.status = SUBSTRATE_OK};
        status = SUBSTRATE_OK;
    }
    note->whole = status == SUBSTRATE_OK; /* what was lost on the way is asked for again */
    return status;
}

enum substrate_status blocks_keep_heads(struct blocks *blocks) {
    struct facts *facts = blocks->ask->facts;
    struct substrate_hash head, finalized;
    enum substrate_status status =
        inquiry_hash(blocks->ask, "chain_getBlockHash", BASE_TEXT("[]"), &head);
    if (status == SUBSTRATE_OK) {
        status = blocks_keep(blocks, &head);
    }
    if (status == SUBSTRATE_OK) {
        status = inquiry_hash(blocks->ask, "chain_getFinalizedHead", BASE_TEXT("[]"), &finalized);
    }
    if (status == SUBSTRATE_OK) {
        status = blocks_keep(blocks, &finalized);
    }
    if (status == SUBSTRATE_OK) {
        facts->has_head = facts->has_finalized = true;
        facts->head = head;
        facts->finalized = finalized;
    }
    return status == SUBSTRATE_E_NOT_FOUND
               ? inquiry_odd(blocks->ask, "chain_getHeader", "its head has no header")
               : status;
}

enum substrate_status blocks_line(struct blocks *blocks, const struct substrate_hash *from,
                                  const struct substrate_hash *to, struct substrate_hash *hashes,
                                  size_t most, size_t *count) {
    struct substrate_hash at = *to;
    for (*count = 0; *count < most;) {
        enum substrate_status status = blocks_keep(blocks, &at);
        if (status != SUBSTRATE_OK) {
            return status;
        }
        hashes[(*count)++] = at;
        const struct note *note = base_map_get(&blocks->noted, hash_text(&at));
        if (memcmp(&at, from, sizeof at) == 0) {
            return SUBSTRATE_OK;
        }
        if (note == NULL || !note->has_parent) {
            return SUBSTRATE_E_NOT_FOUND;
        }
        at = note->parent;
    }
    return SUBSTRATE_E_NOT_FOUND;
}
