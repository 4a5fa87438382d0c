/* The query for a block's hash by its height, or for the head's. */
#include <string.h>

#include <substrate/hash.h>

#include "query.h"
#include "reply.h"

static enum query_progress ask(struct substrate_query *query) {
    int64_t height = *(const int64_t *)query->arguments;
    if (height < 0) {
        query_add(query, "chain_getBlockHash", NULL);
        return query_ask(query);
    }
    struct base_buf *params = query_params(query);
    base_buf_char(params, '[');
    base_buf_i64(params, height);
    base_buf_char(params, ']');
    query_add(query, "chain_getBlockHash", params);
    return query_ask(query);
}

static enum query_progress answer(struct substrate_query *query,
                                  const struct substrate_reply *reply) {
    int64_t height = *(const int64_t *)query->arguments;
    struct base_json json;
    struct substrate_hash hash;
    if (!query_read_json(query, reply, &json)) {
        return QUERY_FAILED;
    }
    if (json.kind == BASE_JSON_NULL && height >= 0) {
        return query_fail_with(query, SUBSTRATE_E_NOT_FOUND, "there is no block %lld",
                               (long long)height);
    }
    if (!query_read_hash(query, json, height < 0 ? "the head" : "the answer", &hash)) {
        return QUERY_FAILED;
    }
    base_json_write_hex(&query->value, (struct substrate_bytes){hash.bytes, sizeof(hash.bytes)});
    return query_done_written(query);
}

static enum query_progress step(struct substrate_query *query,
                                const struct substrate_reply *replies, size_t count) {
    return count == 0 ? ask(query) : answer(query, &replies[0]);
}

enum substrate_status substrate_query_block_hash(int64_t height, struct substrate_query **query) {
    static const struct query_description description = {"block_hash", QUERY_NEEDS_NOTHING, step,
                                                         false};
    if (query == NULL || height < -1) {
        return SUBSTRATE_E_ARGUMENT;
    }
    return query_new(&description, &height, sizeof(height), NULL, query);
}
