/* Questions to an upstream that end in facts, as plan and proxy both ask them. */
#include "record/inquiry.h"

#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/text.h"
#include "fixture/line.h"
#include "record/runtime_parts.h"

#define METHOD_NOT_FOUND (-32601)
#define HEIGHT_MAX ((uint64_t)1 << 28)

enum substrate_status inquiry_no_memory(struct inquiry *inquiry) {
    return base_fail(inquiry->error, SUBSTRATE_E_MEMORY, "out of memory");
}

enum substrate_status inquiry_odd(struct inquiry *inquiry, const char *method, const char *what) {
    return base_fail(inquiry->error, SUBSTRATE_E_PROTOCOL, "upstream %s: %s: %s",
                     inquiry->upstream.url, method, what);
}

enum substrate_status inquiry_parse(struct inquiry *inquiry, const char *method,
                                    struct substrate_text text, enum base_json_kind kind,
                                    struct base_json *value) {
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, value, NULL) != SUBSTRATE_OK ||
        value->kind != kind) {
        return inquiry_odd(inquiry, method, "answered with something else than expected");
    }
    return SUBSTRATE_OK;
}

struct substrate_text facts_compact(struct facts *facts, struct base_json value) {
    struct base_buf compact = BASE_BUF_INIT;
    struct substrate_text copy = {NULL, 0};
    base_json_write_compact(&compact, value);
    if (!compact.failed) {
        copy = base_arena_text(&facts->arena, base_buf_view(&compact));
    }
    base_buf_free(&compact);
    return copy;
}

/* ---- what identifies a chain ---- */

static bool read_hash(struct substrate_text raw, struct substrate_hash *hash) {
    return raw.size == 68 &&
           substrate_hash_parse((struct substrate_text){raw.data + 1, 66}, hash) == SUBSTRATE_OK;
}

enum substrate_status inquiry_hash(struct inquiry *inquiry, const char *method,
                                   struct substrate_text params, struct substrate_hash *hash) {
    struct substrate_text text;
    enum substrate_status status =
        upstream_ask(&inquiry->upstream, method, params, &inquiry->arena, &text, inquiry->error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (!read_hash(text, hash)) {
        return inquiry_odd(inquiry, method, "answered with no block hash");
    }
    return SUBSTRATE_OK;
}

enum substrate_status inquiry_number(struct inquiry *inquiry, const struct substrate_hash *hash,
                                     uint64_t *number) {
    char params[80];
    char hex[67];
    struct substrate_text text;
    struct base_header header;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    substrate_hash_format(hash, hex);
    snprintf(params, sizeof params, "[\"%s\"]", hex);
    enum substrate_status status =
        upstream_ask(&inquiry->upstream, "chain_getHeader", base_text(params), &inquiry->arena,
                     &text, inquiry->error);
    if (status == SUBSTRATE_OK && base_header_read(text, &header, NULL, &why) != SUBSTRATE_OK) {
        status = inquiry_odd(inquiry, "chain_getHeader", why.message);
    }
    struct substrate_hash real;
    if (status == SUBSTRATE_OK && header.number > 0 &&
        (base_header_hash(text, &real, NULL) != SUBSTRATE_OK ||
         memcmp(&real, hash, sizeof real) != 0)) {
        status = inquiry_odd(inquiry, "chain_getHeader", "a header that is not of its hash");
    }
    if (status == SUBSTRATE_OK && header.number > HEIGHT_MAX) {
        status = inquiry_odd(inquiry, "chain_getHeader", "the height is out of range");
    }
    *number = status == SUBSTRATE_OK ? header.number : 0;
    return status;
}

enum substrate_status inquiry_chain(struct inquiry *inquiry) {
    struct facts *facts = inquiry->facts;
    struct substrate_text text;
    struct base_json name;
    struct substrate_hash genesis;
    enum substrate_status status = upstream_ask(&inquiry->upstream, "system_chain", BASE_TEXT("[]"),
                                                &inquiry->arena, &text, inquiry->error);
    if (status == SUBSTRATE_OK) {
        status = inquiry_parse(inquiry, "system_chain", text, BASE_JSON_STRING, &name);
    }
    if (status == SUBSTRATE_OK && !base_json_string(name, &facts->arena, &text)) {
        status = inquiry_no_memory(inquiry);
    }
    if (status == SUBSTRATE_OK) {
        status = inquiry_hash(inquiry, "chain_getBlockHash", BASE_TEXT("[0]"), &genesis);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (facts->has_genesis && memcmp(&facts->genesis, &genesis, sizeof genesis) != 0) {
        return base_fail(inquiry->error, SUBSTRATE_E_DECODE,
                         "the recording is of another chain than upstream %s: their genesis "
                         "hashes differ",
                         inquiry->upstream.url);
    }
    facts->chain = base_arena_text(&facts->arena, text);
    facts->genesis = genesis;
    facts->has_genesis = true;
    return facts->chain.data != NULL ? SUBSTRATE_OK : inquiry_no_memory(inquiry);
}

enum substrate_status inquiry_same_chain(struct inquiry *inquiry, const struct facts *old) {
    struct substrate_hash head, hash;
    uint64_t height = 0;
    const struct fact_block *highest = NULL;
    enum substrate_status status =
        old->block_count == 0 ? SUBSTRATE_OK
                              : inquiry_hash(inquiry, "chain_getBlockHash", BASE_TEXT("[]"), &head);
    if (status == SUBSTRATE_OK && old->block_count > 0) {
        status = inquiry_number(inquiry, &head, &height);
    }
    for (size_t i = 0; i < old->block_count; i++) {
        const struct fact_block *block = &old->blocks[i];
        if (!block->fork && block->number <= height &&
            (highest == NULL || block->number > highest->number)) {
            highest = block;
        }
    }
    if (status != SUBSTRATE_OK || highest == NULL) {
        return status;
    }
    char params[32], hex[67], other[67];
    snprintf(params, sizeof params, "[%llu]", (unsigned long long)highest->number);
    status = inquiry_hash(inquiry, "chain_getBlockHash", base_text(params), &hash);
    if (status == SUBSTRATE_OK && memcmp(&hash, &highest->hash, sizeof hash) != 0) {
        substrate_hash_format(&highest->hash, hex);
        substrate_hash_format(&hash, other);
        status = base_fail(inquiry->error, SUBSTRATE_E_DECODE,
                           "the recording is of another chain than upstream %s: block %llu is %s "
                           "there, and %s here; record into another folder",
                           inquiry->upstream.url, (unsigned long long)highest->number, other, hex);
    }
    return status;
}

/* For upstreams that do not tell hashes: the value itself is asked for, and forgotten. */
static enum substrate_status digest_of_value(struct inquiry *inquiry, struct substrate_text params,
                                             struct fact_digest *digest) {
    struct base_arena arena;
    struct substrate_text text;
    struct substrate_bytes value;
    base_arena_init(&arena, 0);
    enum substrate_status status =
        upstream_ask(&inquiry->upstream, "state_getStorage", params, &arena, &text, inquiry->error);
    if (status == SUBSTRATE_OK) {
        status = bytes_of_result(text, &arena, &value) ? SUBSTRATE_OK : SUBSTRATE_E_NOT_FOUND;
    }
    if (status == SUBSTRATE_OK) {
        substrate_blake2_256(value, digest->hash.bytes);
        digest->size = value.size;
    }
    base_arena_free(&arena);
    return status;
}

static enum substrate_status ask_digest(struct inquiry *inquiry, struct substrate_text params,
                                        const struct fact_digest *known,
                                        struct fact_digest *digest) {
    struct substrate_text text;
    enum substrate_status status = upstream_ask(&inquiry->upstream, "state_getStorageHash", params,
                                                &inquiry->arena, &text, inquiry->error);
    if (status == SUBSTRATE_E_RPC && inquiry->error->rpc_code == METHOD_NOT_FOUND) {
        return digest_of_value(inquiry, params, digest);
    }
    if (status != SUBSTRATE_OK || !read_hash(text, &digest->hash)) {
        return status != SUBSTRATE_OK ? status : SUBSTRATE_E_NOT_FOUND;
    }
    if (known != NULL && memcmp(&known->hash, &digest->hash, sizeof known->hash) == 0) {
        digest->size = known->size;
        return SUBSTRATE_OK;
    }
    status = upstream_ask(&inquiry->upstream, "state_getStorageSize", params, &inquiry->arena,
                          &text, inquiry->error);
    return status != SUBSTRATE_OK || base_text_u64(text, &digest->size) ? status
                                                                        : SUBSTRATE_E_NOT_FOUND;
}

enum substrate_status inquiry_digest(struct inquiry *inquiry, struct substrate_text key,
                                     const struct substrate_hash *at,
                                     const struct fact_digest *known, struct fact_digest *digest) {
    struct base_buf params = BASE_BUF_INIT;
    base_buf_char(&params, '[');
    base_buf_text(&params, key);
    base_buf_char(&params, ',');
    line_write_hash(&params, at);
    base_buf_char(&params, ']');
    enum substrate_status status = params.failed
                                       ? inquiry_no_memory(inquiry)
                                       : ask_digest(inquiry, base_buf_view(&params), known, digest);
    base_buf_free(&params);
    if (status == SUBSTRATE_E_RPC) {
        *inquiry->error = (struct substrate_error){.status = SUBSTRATE_OK};
        return SUBSTRATE_E_NOT_FOUND;
    }
    return status;
}
