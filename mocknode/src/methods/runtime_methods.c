/* Runtime calls, metadata and versions. Calls that the runtime table answers are derived from it,
 * so that one blob of metadata serves every client, whichever way it asks. */
#include <string.h>
#include "base/compact.h"
#include "base/hex.h"
#include "base/text.h"
#include "methods/answer.h"
#include "rpc/envelope.h"

static void give_hex(struct answer *answer, struct substrate_text hex) {
    struct base_buf out = BASE_BUF_INIT;
    base_buf_char(&out, '"');
    base_buf_text(&out, hex);
    base_buf_char(&out, '"');
    answer_give_buf(answer, &out);
}

static const struct fact_metadata *metadata_of(const struct fact_runtime *runtime,
                                               uint64_t version) {
    for (size_t i = 0; runtime != NULL && i < runtime->metadata_count; i++) {
        if (runtime->metadata[i].version == version) {
            return &runtime->metadata[i];
        }
    }
    return NULL;
}

/* `before` (SCALE in hex), then the length, if `counted`, and the bytes; straight into the arena,
 * since this is half a megabyte. */
static void give_metadata(struct answer *answer, const struct fact_metadata *metadata,
                          const char *before, bool counted) {
    struct base_buf head = BASE_BUF_INIT, length = BASE_BUF_INIT;
    base_buf_str(&head, "\"0x");
    base_buf_str(&head, before);
    if (counted) {
        base_compact_write(&length, metadata->bytes.size);
        base_buf_hex(&head, (struct substrate_bytes){(const uint8_t *)length.data, length.size});
    }
    size_t size = head.size + 2 * metadata->bytes.size + 1;
    char *out = head.failed || length.failed ? NULL : base_arena_alloc(answer->arena, size);
    if (out != NULL) {
        memcpy(out, head.data, head.size);
        base_hex_write(metadata->bytes, out + head.size);
        out[size - 1] = '"';
    }
    base_buf_free(&head);
    base_buf_free(&length);
    answer_give(answer, (struct substrate_text){out, size});
}

/* The runtime in force after the request's block. NULL: the outcome says why not. */
static const struct fact_runtime *runtime_of(struct answer *answer,
                                             const struct chain_block *block) {
    if (block->runtime == NULL) {
        answer_unmatched(answer, "the runtime of block %s is not recorded",
                         answer_hash(answer->arena, &block->hash));
    }
    return block->runtime;
}

static void get_runtime_version(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_RUNTIME);
    const struct fact_runtime *runtime = block == NULL ? NULL : runtime_of(answer, block);
    if (runtime != NULL) {
        answer_give(answer, runtime->version);
    }
}

static void get_metadata(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_RUNTIME);
    const struct fact_runtime *runtime = block == NULL ? NULL : runtime_of(answer, block);
    if (runtime == NULL) {
        return;
    }
    const struct fact_metadata *metadata = metadata_of(runtime, 14);
    if (metadata == NULL) {
        answer_unmatched(answer, "metadata 14 of runtime %u is not recorded",
                         runtime->spec_version);
        return;
    }
    give_metadata(answer, metadata, "", false);
}

/* ---- state_call ---- */

/* Whether a version is in the SCALE Vec<u32> that Metadata_metadata_versions gives: 1, 0, or -1
 * when that is not recorded or not to be read. */
static int lists_version(const struct fact_runtime *runtime, uint32_t version) {
    uint8_t bytes[256];
    size_t size = 0, used = 0;
    uint64_t count = 0;
    if (runtime->metadata_versions.data == NULL ||
        !base_hex_read(runtime->metadata_versions, bytes, sizeof bytes, &size) ||
        base_compact_read((struct substrate_bytes){bytes, size}, &count, &used) != SUBSTRATE_OK ||
        count > (size - used) / 4) {
        return -1;
    }
    for (const uint8_t *at = bytes + used; count > 0; count--, at += 4) {
        uint32_t listed =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        if (listed == version) {
            return 1;
        }
    }
    return 0;
}

static bool metadata_at_version(struct answer *answer, const struct fact_runtime *runtime,
                                struct substrate_text arguments) {
    uint8_t bytes[4];
    size_t size = 0;
    if (!base_hex_read(arguments, bytes, sizeof bytes, &size) || size != sizeof bytes) {
        return false;
    }
    uint32_t version = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                       (uint32_t)bytes[3] << 24;
    const struct fact_metadata *metadata = metadata_of(runtime, version);
    if (metadata != NULL) {
        give_metadata(answer, metadata, "01", true);
    } else if (lists_version(runtime, version) == 0) {
        answer_give(answer, BASE_TEXT("\"0x00\""));
    } else {
        answer_unmatched(answer, "metadata %u of runtime %u is not recorded", version,
                         runtime->spec_version);
    }
    return true;
}

/* Answers what the runtime table knows. False: not one of these calls. */
static bool derive_call(struct answer *answer, const struct fact_runtime *runtime,
                        struct substrate_text function, struct substrate_text arguments) {
    if (base_text_is(function, "Metadata_metadata_at_version")) {
        return metadata_at_version(answer, runtime, arguments);
    }
    if (arguments.size > 0) {
        return false;
    }
    const struct fact_metadata *metadata = metadata_of(runtime, 14);
    if (base_text_is(function, "Core_version") && runtime->core_version.data != NULL) {
        give_hex(answer, runtime->core_version);
        return true;
    }
    if (base_text_is(function, "Metadata_metadata_versions") &&
        runtime->metadata_versions.data != NULL) {
        give_hex(answer, runtime->metadata_versions);
        return true;
    }
    if (base_text_is(function, "Metadata_metadata") && metadata != NULL) {
        give_metadata(answer, metadata, "", true);
        return true;
    }
    return false;
}

static void state_call(struct answer *answer) {
    const struct rpc_request *request = answer->request;
    if (answer_recorded(answer, UNKNOWN_RUNTIME)) {
        return;
    }
    const struct chain_block *block = answer_block(answer, UNKNOWN_RUNTIME);
    if (block == NULL) {
        return;
    }
    struct substrate_text function;
    struct base_json name = {BASE_JSON_STRING, request->params[0]};
    if (!base_json_string(name, answer->arena, &function)) {
        answer_no_memory(answer);
        return;
    }
    const struct fact_runtime *runtime = block->runtime;
    if (runtime != NULL && runtime->exports_known && !view_exports(runtime, function)) {
        /* The words of sc-executor; SDKs look for them to fall back to older calls. */
        answer_error(answer, RPC_ERROR_STATE,
                     "Client error: Execution failed: Other: Exported method %.*s is not found",
                     (int)function.size, function.data);
        return;
    }
    if (runtime != NULL &&
        derive_call(answer, runtime, function, answer_digits(request->params[1]))) {
        return;
    }
    answer_unmatched(answer, "runtime call %.*s is not recorded with these arguments at block %s",
                     (int)function.size, function.data, answer_hash(answer->arena, &block->hash));
}

static const struct method_entry ENTRIES[] = {
    READ("state_call", "state_callAt", state_call, NEED("name", RPC_TEXT), NEED("bytes", RPC_BYTES),
         AT),
    FACTS_READ("state_getMetadata", NULL, get_metadata, AT),
    FACTS_READ("state_getRuntimeVersion", "chain_getRuntimeVersion", get_runtime_version, AT),
    SUBSCRIBE("state_subscribeRuntimeVersion", &STREAM_RUNTIME_VERSION, NO_PARAMS,
              "chain_subscribeRuntimeVersion"),
    UNSUBSCRIBE("state_unsubscribeRuntimeVersion", &STREAM_RUNTIME_VERSION,
                "chain_unsubscribeRuntimeVersion"),
};
const struct method_section METHODS_RUNTIME = METHOD_SECTION(ENTRIES);
