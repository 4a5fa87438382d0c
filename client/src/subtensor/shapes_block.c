/* Shapes of <subtensor/block.h>. No runtime has them: they are made of the node's block. */
#include <subtensor/block.h>

#include "shapes.h"

static const struct shape json = SHAPE_LEAF(SHAPE_JSON, struct substrate_text);
static const struct shape jsons = SHAPE_OF_LIST(struct subtensor_texts, json);
static const struct shape hexadecimal = SHAPE_LEAF(SHAPE_HEX, uint64_t);
static const struct shape bytes_list = SHAPE_OF_LIST(struct subtensor_texts, shape_bytes);
static const struct shape maybe_u64 = SHAPE_OF_MAYBE(struct subtensor_maybe_u64, shape_u64);

const struct shape shape_hash = SHAPE_LEAF(SHAPE_HASH, struct substrate_hash);

/* The header has the node's own names and numbers, and its logs in a digest. */
static const struct shape_field digest_fields[] = {
    {NULL, "logs", 0, sizeof(struct subtensor_texts), &bytes_list},
};
static const struct shape digest =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_texts, digest_fields);

#define HEADER(member, name, shape) SHAPE_MADE_AS(struct subtensor_header, member, name, shape)
static const struct shape_field header_fields[] = {
    HEADER(parent_hash, "parentHash", shape_hash),
    HEADER(number, "number", hexadecimal),
    HEADER(state_root, "stateRoot", shape_hash),
    HEADER(extrinsics_root, "extrinsicsRoot", shape_hash),
    HEADER(logs, "digest", digest),
};
static const struct shape header =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_header, header_fields);

#define BLOCK(member, shape) SHAPE_MADE(struct subtensor_block_info, member, shape)
static const struct shape_field block_info_fields[] = {
    BLOCK(number, shape_u64), BLOCK(hash, shape_hash),  BLOCK(timestamp, maybe_u64),
    BLOCK(header, header),    BLOCK(extrinsics, jsons),
};
const struct shape shape_block_info =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct subtensor_block_info, block_info_fields);
