/* The query for a block's hash by its height, or for the head's. */
#include "query.h"

#include <string.h>

#include <substrate/hash.h>

#include "base/buf.h"

static enum query_progress ask(struct substrate_query *query) {
    int64_t height = 0;
    memcpy(&height, query->arguments, sizeof(height));
    if (height < 0) {
        return query_ask(query, "chain_getBlockHash", NULL);
    }
    struct base_buf params = BASE_BUF_INIT;
    base_buf_char(&params, '[');
    base_buf_i64(&params, height);
    base_buf_char(&params, ']');
    return query_ask(query, "chain_getBlockHash", &params);
}

static enum query_progress answer(struct substrate_query *query, struct substrate_text result) {
    struct base_json json = {0};
    struct substrate_text text;
    struct substrate_hash hash;
    if (base_json_parse(result, BASE_JSON_DEPTH_MAX, &json, NULL) == SUBSTRATE_OK &&
        json.kind == BASE_JSON_NULL) {
        return query_fail_with(query, SUBSTRATE_E_NOT_FOUND, "there is no such block");
    }
    if (!base_json_string(json, &query->arena, &text) ||
        substrate_hash_parse(text, &hash) != SUBSTRATE_OK) {
        return query_fail_with(query, SUBSTRATE_E_DECODE, "the answer is no block hash");
    }
    char *value = base_arena_alloc(&query->arena, 70);
    if (value == NULL) {
        return query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
    }
    value[0] = '"';
    substrate_hash_format(&hash, value + 1);
    value[67] = '"';
    return query_done(query, (struct substrate_text){value, 68});
}

static enum query_progress step(struct substrate_query *query,
                                const struct substrate_reply *replies, size_t count) {
    return count == 0 ? ask(query) : answer(query, replies[0].result);
}

enum substrate_status substrate_query_block_hash(int64_t height, struct substrate_query **query) {
    static const struct query_description description = {"block_hash", false, step};
    if (query == NULL || height < -1) {
        return SUBSTRATE_E_ARGUMENT;
    }
    return query_new(&description, &height, sizeof(height), NULL, query);
}
