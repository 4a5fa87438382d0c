/* Phase one: hashes, headers, bodies, justifications and runtime versions of every height that the
 * plan touches; always also of the genesis, the head and the finalized block, and of each parent of
 * a block whose state is recorded, because serving needs the runtime there. */
#include <string.h>
#include <substrate/hash.h>
#include "base/header.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/line.h"
#include "record/plan/recorder.h"

static void want(struct recorder *recorder, uint64_t from, uint64_t to, uint8_t flags) {
    for (uint64_t height = from; height <= to; height++) {
        recorder->wanted[height] |= flags;
    }
}

/* A block whose state or calls are read, with its parent. */
static void want_state(struct recorder *recorder, uint64_t from, uint64_t to) {
    want(recorder, from > 0 ? from - 1 : 0, to, WANT_HASH | WANT_HEADER);
}

static enum substrate_status want_groups(struct recorder *recorder) {
    const struct plan *plan = recorder->plan;
    for (size_t i = 0; i < plan->group_count; i++) {
        for (size_t j = 0; j < plan->groups[i].block_count; j++) {
            uint64_t height;
            enum substrate_status status =
                recorder_height(recorder, &plan->groups[i].blocks[j], &height);
            if (status != SUBSTRATE_OK) {
                return status;
            }
            want_state(recorder, height, height);
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status find_wanted(struct recorder *recorder) {
    const struct plan *plan = recorder->plan;
    uint64_t from, to;
    recorder->wanted = base_calloc((size_t)recorder->head + 1, 1);
    recorder->hashes = base_calloc((size_t)recorder->head + 1, sizeof *recorder->hashes);
    if (recorder->wanted == NULL || recorder->hashes == NULL) {
        return inquiry_no_memory(&recorder->ask);
    }
    enum substrate_status status = SUBSTRATE_OK;
    if (plan->has_blocks) {
        uint8_t flags = (uint8_t)(WANT_HASH | (plan->headers ? WANT_HEADER : 0) |
                                  (plan->bodies ? WANT_BODY : 0) |
                                  (plan->justifications ? WANT_JUSTIFICATIONS : 0));
        status = recorder_range(recorder, &plan->blocks, &from, &to);
        if (status == SUBSTRATE_OK) {
            want(recorder, from, to, flags);
        }
    }
    for (size_t i = 0; i < plan->state_count && status == SUBSTRATE_OK; i++) {
        status = recorder_range(recorder, &plan->state[i].blocks, &from, &to);
        if (status == SUBSTRATE_OK) {
            want_state(recorder, from, to);
        }
    }
    want(recorder, 0, 0, WANT_HASH | WANT_HEADER);
    want_state(recorder, recorder->head, recorder->head);
    return status == SUBSTRATE_OK ? want_groups(recorder) : status;
}

/* ---- hashes ---- */

/* The heights that a job is about. */
struct heights {
    struct recorder *recorder;
    uint64_t *list;
    size_t count;
};

static const char *make_hash(void *context, size_t index, struct base_buf *params) {
    struct heights *heights = context;
    base_buf_char(params, '[');
    base_buf_u64(params, heights->list[index]);
    base_buf_char(params, ']');
    return "chain_getBlockHash";
}

static enum substrate_status take_hash(void *context, size_t index,
                                       const struct upstream_reply *reply,
                                       struct substrate_error *error) {
    struct heights *heights = context;
    struct recorder *recorder = heights->recorder;
    uint64_t height = heights->list[index];
    if (reply->is_error) {
        return upstream_refused(&recorder->ask.upstream, "chain_getBlockHash", reply, error);
    }
    struct substrate_text text = reply->result;
    if (text.size != 68 || substrate_hash_parse((struct substrate_text){text.data + 1, 66},
                                                &recorder->hashes[height]) != SUBSTRATE_OK) {
        return inquiry_odd(&recorder->ask, "chain_getBlockHash",
                           "no hash for a height below its head");
    }
    bool known = facts_block(recorder->ask.facts, &recorder->hashes[height], false) != NULL;
    struct fact_block *block = facts_block(recorder->ask.facts, &recorder->hashes[height], true);
    if (block == NULL) {
        return inquiry_no_memory(&recorder->ask);
    }
    if (known && block->number != height) {
        return inquiry_odd(&recorder->ask, "chain_getBlockHash",
                           "it has a recorded block at another height");
    }
    block->number = height;
    return SUBSTRATE_OK;
}

/* ---- blocks ---- */

static uint8_t missing(struct recorder *recorder, uint64_t height) {
    const struct fact_block *block =
        facts_block(recorder->ask.facts, &recorder->hashes[height], false);
    uint8_t wanted = recorder->wanted[height];
    if (block == NULL) {
        return wanted;
    }
    return (uint8_t)(wanted & ~(WANT_HASH | (block->header.data != NULL ? WANT_HEADER : 0) |
                                (block->extrinsics.data != NULL ? WANT_BODY : 0) |
                                (block->justifications.data != NULL ? WANT_JUSTIFICATIONS : 0)));
}

static const char *make_block(void *context, size_t index, struct base_buf *params) {
    struct heights *heights = context;
    uint64_t height = heights->list[index];
    base_buf_char(params, '[');
    line_write_hash(params, &heights->recorder->hashes[height]);
    base_buf_char(params, ']');
    return missing(heights->recorder, height) & (WANT_BODY | WANT_JUSTIFICATIONS)
               ? "chain_getBlock"
               : "chain_getHeader";
}

/* The header must be the one that the hash is of; only the genesis may have an assigned hash. */
static enum substrate_status check_header(struct recorder *recorder, struct fact_block *block) {
    struct substrate_hash hash;
    struct base_header header;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    struct facts *facts = recorder->ask.facts;
    if (base_header_read(block->header, &header, NULL, &why) != SUBSTRATE_OK ||
        base_header_hash(block->header, &hash, &why) != SUBSTRATE_OK) {
        return inquiry_odd(&recorder->ask, "chain_getHeader", why.message);
    }
    bool equal = memcmp(&hash, &block->hash, sizeof hash) == 0;
    if (header.number != block->number || (!equal && block->number != 0)) {
        return base_fail(recorder->ask.error, SUBSTRATE_E_PROTOCOL,
                         "upstream %s: the header of block %llu does not hash to its block hash",
                         recorder->ask.upstream.url, (unsigned long long)block->number);
    }
    if (block->number == 0) {
        facts->genesis_assigned = !equal;
    }
    return SUBSTRATE_OK;
}

/* Whether each element is "0x…", whole bytes in lower case. */
static bool are_bytes(struct base_json list) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &key, &value)) {
        struct substrate_text text = {value.raw.data + 1, value.raw.size - 2};
        if (value.kind != BASE_JSON_STRING || !base_hex_is_canonical(text)) {
            return false;
        }
    }
    return true;
}

static enum substrate_status keep_block(struct recorder *recorder, uint64_t height,
                                        struct base_json result) {
    struct facts *facts = recorder->ask.facts;
    struct fact_block *block = facts_block(facts, &recorder->hashes[height], true);
    struct base_json inner = base_json_member(result, "block");
    struct base_json header =
        inner.kind == BASE_JSON_OBJECT ? base_json_member(inner, "header") : result;
    struct base_json extrinsics = base_json_member(inner, "extrinsics");
    struct base_json justifications = base_json_member(result, "justifications");
    uint8_t wanted = missing(recorder, height);
    if (block == NULL) {
        return inquiry_no_memory(&recorder->ask);
    }
    if (header.kind != BASE_JSON_OBJECT ||
        ((wanted & WANT_BODY) != 0 && extrinsics.kind != BASE_JSON_ARRAY)) {
        return inquiry_odd(&recorder->ask, "chain_getBlock",
                           "a header or the extrinsics are missing");
    }
    if ((wanted & WANT_BODY) != 0 && !are_bytes(extrinsics)) {
        return inquiry_odd(&recorder->ask, "chain_getBlock",
                           "an extrinsic is no hexadecimal bytes");
    }
    bool stored = true;
    if ((wanted & WANT_HEADER) != 0) {
        block->header = facts_compact(facts, header);
        stored = block->header.data != NULL;
    }
    if ((wanted & WANT_BODY) != 0) {
        block->extrinsics = facts_compact(facts, extrinsics);
        stored = stored && block->extrinsics.data != NULL;
    }
    if ((wanted & WANT_JUSTIFICATIONS) != 0) {
        block->justifications = justifications.kind == BASE_JSON_NONE
                                    ? BASE_TEXT("null")
                                    : facts_compact(facts, justifications);
        stored = stored && block->justifications.data != NULL;
    }
    if (!stored) {
        return inquiry_no_memory(&recorder->ask);
    }
    return (wanted & WANT_HEADER) != 0 ? check_header(recorder, block) : SUBSTRATE_OK;
}

static enum substrate_status take_block(void *context, size_t index,
                                        const struct upstream_reply *reply,
                                        struct substrate_error *error) {
    struct heights *heights = context;
    struct base_json result;
    if (reply->is_error) {
        return upstream_refused(&heights->recorder->ask.upstream, "chain_getBlock", reply, error);
    }
    enum substrate_status status = inquiry_parse(&heights->recorder->ask, "chain_getBlock",
                                                 reply->result, BASE_JSON_OBJECT, &result);
    return status == SUBSTRATE_OK ? keep_block(heights->recorder, heights->list[index], result)
                                  : status;
}

/* ---- runtime versions ---- */

static const char *make_version(void *context, size_t index, struct base_buf *params) {
    struct heights *heights = context;
    base_buf_char(params, '[');
    line_write_hash(params, &heights->recorder->hashes[heights->list[index]]);
    base_buf_char(params, ']');
    return "state_getRuntimeVersion";
}

static enum substrate_status take_version(void *context, size_t index,
                                          const struct upstream_reply *reply,
                                          struct substrate_error *error) {
    struct heights *heights = context;
    struct recorder *recorder = heights->recorder;
    struct facts *facts = recorder->ask.facts;
    const char *method = "state_getRuntimeVersion";
    struct base_json result;
    uint64_t spec;
    if (reply->is_error) {
        return upstream_refused(&recorder->ask.upstream, method, reply, error);
    }
    enum substrate_status status =
        inquiry_parse(&recorder->ask, method, reply->result, BASE_JSON_OBJECT, &result);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (!base_json_u64(base_json_member(result, "specVersion"), &spec) || spec > UINT32_MAX) {
        return inquiry_odd(&recorder->ask, method, "the specVersion is missing");
    }
    struct fact_runtime *runtime = facts_spec(facts, (uint32_t)spec, true);
    struct fact_block *block = facts_block(facts, &recorder->hashes[heights->list[index]], true);
    struct substrate_text version = facts_compact(facts, result);
    if (runtime == NULL || block == NULL || version.data == NULL) {
        return inquiry_no_memory(&recorder->ask);
    }
    if (runtime->version.data != NULL && !base_text_equal(runtime->version, version)) {
        return inquiry_odd(&recorder->ask, method, "two runtimes have the same specVersion");
    }
    runtime->version = version;
    block->runtime = (uint32_t)spec;
    block->runtime_known = true;
    return SUBSTRATE_OK;
}

/* ---- the phase ---- */

enum step { STEP_HASHES, STEP_BLOCKS, STEP_VERSIONS, STEP_COUNT };

static bool needed(struct recorder *recorder, uint64_t height, enum step step) {
    if (recorder->wanted[height] == 0) {
        return false;
    }
    if (step == STEP_HASHES) {
        return true;
    }
    const struct fact_block *block =
        facts_block(recorder->ask.facts, &recorder->hashes[height], false);
    return step == STEP_BLOCKS ? missing(recorder, height) != 0
                               : block == NULL || !block->runtime_known;
}

static enum substrate_status run_step(struct recorder *recorder, enum step step) {
    static const struct upstream_job JOBS[STEP_COUNT] = {
        {NULL, 0, "hashes", make_hash, take_hash},
        {NULL, 0, "blocks", make_block, take_block},
        {NULL, 0, "runtime versions", make_version, take_version}};
    struct heights heights = {.recorder = recorder};
    heights.list = base_calloc((size_t)recorder->head + 1, sizeof *heights.list);
    if (heights.list == NULL) {
        return inquiry_no_memory(&recorder->ask);
    }
    for (uint64_t height = 0; height <= recorder->head; height++) {
        if (needed(recorder, height, step)) {
            heights.list[heights.count++] = height;
        }
    }
    struct upstream_job job = JOBS[step];
    job.context = &heights;
    job.count = heights.count;
    enum substrate_status status =
        upstream_ask_many(&recorder->ask.upstream, &job, recorder->ask.error);
    base_free(heights.list);
    return status;
}

enum substrate_status record_blocks(struct recorder *recorder) {
    enum substrate_status status = find_wanted(recorder);
    for (enum step step = STEP_HASHES; step < STEP_COUNT && status == SUBSTRATE_OK; step++) {
        status = run_step(recorder, step);
    }
    return status;
}
