/* Runs queries on the chain of query_chain.h without a runner: what they need is given to them, and
 * their rounds are answered one after the other. */
#ifndef QUERY_DRIVE_H
#define QUERY_DRIVE_H

#include "query_chain.h"

#include <substrate/storage.h>
#include "query/query.h"

static inline struct query_runtime *drive_runtime(unsigned spec, unsigned version) {
    struct substrate_metadata *metadata = NULL;
    struct substrate_hash genesis = chain_block(0);
    struct substrate_error error = {0};
    chain_is_answering = true;
    struct base_buf bytes = chain_metadata(spec, version);
    struct substrate_bytes view = {(const uint8_t *)bytes.data, bytes.size};
    enum substrate_status status = substrate_metadata_parse(view, &metadata, &error);
    base_buf_free(&bytes);
    ck_assert_msg(status == SUBSTRATE_OK, "%s", error.message);
    struct query_runtime *runtime = query_runtime_new(&genesis, spec, 1, metadata);
    chain_is_answering = false;
    return runtime;
}

/* Pins a query that is not, and gives it the runtimes of its block. */
static inline void drive_provide(struct chain *chain, struct substrate_query *query) {
    unsigned block = CHAIN_HEAD;
    if (query_needs_pin(query)) {
        int64_t height = query_wanted_height(query);
        struct substrate_hash hash = chain_block(height < 0 ? CHAIN_HEAD : (unsigned)height);
        query_pin(query, &hash);
    }
    if (query->pinned) {
        block = query->at.bytes[0] - 0x10u;
    }
    for (int kind = 0; kind < QUERY_RUNTIME_KINDS; kind++) {
        if (query_needs_runtime(query, (enum query_runtime_kind)kind)) {
            unsigned spec =
                kind == QUERY_STATE_RUNTIME ? chain_state_spec(block) : chain_spec(block);
            struct query_runtime *runtime =
                drive_runtime(spec, chain->only_version != 0 ? chain->only_version : 15);
            query_give_runtime(query, (enum query_runtime_kind)kind, runtime);
            query_runtime_release(runtime);
        }
    }
}

#define DRIVE_REQUESTS_MAX 8

/* Answers one round. */
static inline enum query_progress drive_round(struct chain *chain, struct substrate_query *query) {
    struct base_buf results[DRIVE_REQUESTS_MAX], words[DRIVE_REQUESTS_MAX];
    struct substrate_reply replies[DRIVE_REQUESTS_MAX];
    size_t count = query->request_count;
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_le(count, DRIVE_REQUESTS_MAX);
    for (size_t i = 0; i < count; i++) {
        results[i] = words[i] = (struct base_buf)BASE_BUF_INIT;
        const char *error = chain_answer(chain, base_text(query->requests[i].method),
                                         query->requests[i].params, &results[i]);
        chain_is_answering = true;
        if (error != NULL) {
            base_json_write_string(&words[i], base_text(error));
        }
        chain_is_answering = false;
        replies[i] = (struct substrate_reply){
            .status = error != NULL ? SUBSTRATE_E_RPC : SUBSTRATE_OK,
            .rpc_code = error != NULL ? 4003 : 0,
            .result = base_buf_view(&results[i]),
            .rpc_message = base_buf_view(&words[i]),
        };
    }
    enum query_progress progress = query_step(query, replies, count);
    for (size_t i = 0; i < count; i++) {
        base_buf_free(&results[i]);
        base_buf_free(&words[i]);
    }
    return progress;
}

/* Runs a query to its end. Returns the number of its rounds. */
static inline size_t drive(struct chain *chain, struct substrate_query *query) {
    size_t rounds = 0;
    drive_provide(chain, query);
    enum query_progress progress = query_step(query, NULL, 0);
    for (; progress == QUERY_ASK; rounds++) {
        ck_assert_uint_lt(rounds, 50);
        progress = drive_round(chain, query);
    }
    ck_assert_int_eq(progress, query->outcome.status == SUBSTRATE_OK ? QUERY_DONE : QUERY_FAILED);
    ck_assert_int_ne(query->outcome.status, SUBSTRATE_E_PENDING);
    if (progress == QUERY_FAILED) {
        ck_assert_int_eq(query->outcome.error.status, query->outcome.status);
        ck_assert_ptr_null(query->outcome.value.data);
    }
    return rounds;
}

/* Runs a query and frees it. Its value must be `value`, or, when it ends otherwise than with OK,
 * its message must have `value` in it. */
static inline void drive_expect(struct chain *chain, struct substrate_query *query,
                                enum substrate_status status, const char *value) {
    (void)drive(chain, query);
    ck_assert_msg(query->outcome.status == status, "%s: %s, not %s: %s", value,
                  substrate_status_name(query->outcome.status), substrate_status_name(status),
                  query->outcome.error.message);
    if (status == SUBSTRATE_OK) {
        ck_text_eq(query->outcome.value, value);
    } else {
        ck_assert_msg(strstr(query->outcome.error.message, value) != NULL, "'%s' has no '%s'",
                      query->outcome.error.message, value);
    }
    substrate_query_free(query);
}

/* "[1]" as arguments; NULL: none. */
static inline struct substrate_arguments drive_json(const char *json) {
    return (struct substrate_arguments){base_text(json), {NULL, 0}};
}

static inline struct substrate_pin drive_pin(const struct substrate_hash *hash) {
    return (struct substrate_pin){.hash = hash};
}

static inline struct substrate_query *drive_storage(const char *pallet, const char *item,
                                                    const char *arguments, unsigned block) {
    struct substrate_storage_entry entry = {pallet, item, drive_json(arguments)};
    struct substrate_hash hash = chain_block(block);
    struct substrate_pin pin = drive_pin(&hash);
    struct substrate_query *query = NULL;
    ck_assert_int_eq(substrate_query_storage(&entry, &pin, &query), SUBSTRATE_OK);
    return query;
}

#endif
