/* Readers of what exchanges say of blocks: headers, bodies, hashes of heights. */
#include <string.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/text.h"
#include "record/inquiry.h"
#include "record/proxy/extract.h"

/* A header whose hash is told by `hash`, or, when that is NULL, follows from it. A header that is
 * not the one of its hash is no fact; only the genesis may have a hash of the host's choice. */
enum substrate_status extract_add_header(struct extraction *extraction, struct base_json json,
                                         const struct substrate_hash *hash,
                                         struct fact_block **block) {
    struct base_header header;
    struct substrate_hash real;
    *block = NULL;
    if (json.kind != BASE_JSON_OBJECT ||
        base_header_read(json.raw, &header, NULL, NULL) != SUBSTRATE_OK ||
        base_header_hash(json.raw, &real, NULL) != SUBSTRATE_OK) {
        return SUBSTRATE_OK;
    }
    bool genesis = header.number == 0;
    if (hash == NULL ? genesis : !genesis && memcmp(hash, &real, sizeof real) != 0) {
        return SUBSTRATE_OK;
    }
    struct substrate_text text = facts_compact(extraction->facts, json);
    *block = facts_block(extraction->facts, hash != NULL ? hash : &real, true);
    if (*block == NULL || text.data == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    (*block)->number = header.number;
    (*block)->header = text;
    return extract_touch(extraction, &(*block)->hash);
}

enum substrate_status extract_header(struct extraction *extraction,
                                     const struct rpc_request *request, struct base_json result) {
    struct fact_block *block;
    return extract_add_header(extraction, result, &request->at, &block);
}

enum substrate_status extract_block(struct extraction *extraction,
                                    const struct rpc_request *request, struct base_json result) {
    struct fact_block *block;
    struct base_json inner = base_json_member(result, "block");
    struct base_json extrinsics = base_json_member(inner, "extrinsics");
    struct base_json justifications = base_json_member(result, "justifications");
    enum substrate_status status =
        extract_add_header(extraction, base_json_member(inner, "header"), &request->at, &block);
    if (status != SUBSTRATE_OK || block == NULL || extrinsics.kind != BASE_JSON_ARRAY) {
        return status;
    }
    block->extrinsics = facts_compact(extraction->facts, extrinsics);
    block->justifications = justifications.kind == BASE_JSON_ARRAY
                                ? facts_compact(extraction->facts, justifications)
                                : BASE_TEXT("null");
    return block->extrinsics.data != NULL && block->justifications.data != NULL
               ? SUBSTRATE_OK
               : SUBSTRATE_E_MEMORY;
}

/* The hash of a height is worth its header, which tells the height again. */
enum substrate_status extract_block_hash(struct extraction *extraction,
                                         const struct rpc_request *request,
                                         struct base_json result) {
    struct substrate_hash hash;
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json value;
    enum substrate_status status = SUBSTRATE_OK;
    if (request->params[0].data == NULL) {
        extraction->kind = EXTRACT_HEAD;
        return SUBSTRATE_OK;
    }
    if (extract_hash(result, &hash)) {
        return extract_touch(extraction, &hash);
    }
    base_json_walk_init(&walk, result);
    while (result.kind == BASE_JSON_ARRAY && status == SUBSTRATE_OK &&
           base_json_walk_next(&walk, &name, &value)) {
        if (extract_hash(value, &hash)) {
            status = extract_touch(extraction, &hash);
        }
    }
    return status;
}

enum substrate_status extract_head(struct extraction *extraction, const struct rpc_request *request,
                                   struct base_json result) {
    (void)request;
    (void)result;
    extraction->kind = EXTRACT_HEAD;
    return SUBSTRATE_OK;
}
