/* Phase two: of each runtime that is in force at a recorded block its metadata, the results of
 * Core_version and Metadata_metadata_versions, and the functions that its WebAssembly exports. */
#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/buf.h"
#include "base/compact.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/plan/recorder.h"
#include "record/runtime_parts.h"
#include "record/wasm.h"

/* The listed version that is still being worked on. Its metadata bears the number that it will have
 * when it is stable, so that nothing could be recorded under this one. */
#define METADATA_UNSTABLE UINT32_MAX

/* One runtime, and a block after which it is in force. */
struct target {
    struct recorder *recorder;
    uint32_t spec;
    char at[67];
};

/* A result that is "0x…", as bytes in the arena. Not found: the node answered with an error. */
static enum substrate_status ask_bytes(struct target *target, const char *method,
                                       const char *arguments, struct substrate_bytes *bytes) {
    struct recorder *recorder = target->recorder;
    struct base_buf params = BASE_BUF_INIT;
    struct substrate_text text;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    base_buf_format(&params, "[%s\"%s\"]", arguments, target->at);
    if (params.failed) {
        return recorder_no_memory(recorder);
    }
    enum substrate_status status = upstream_ask(&recorder->upstream, method, base_buf_view(&params),
                                                &recorder->arena, &text, &why);
    base_buf_free(&params);
    if (status != SUBSTRATE_OK) {
        *recorder->error = why;
        return status;
    }
    return bytes_of_result(text, &recorder->arena, bytes)
               ? SUBSTRATE_OK
               : recorder_odd(recorder, method, "answered with something else than bytes");
}

static enum substrate_status keep_hex(struct target *target, struct substrate_bytes bytes,
                                      struct substrate_text *out) {
    struct base_buf hex = BASE_BUF_INIT;
    base_buf_str(&hex, "0x");
    base_buf_hex(&hex, bytes);
    if (!hex.failed) {
        *out = base_arena_text(&target->recorder->facts->arena, base_buf_view(&hex));
    }
    bool kept = !hex.failed && out->data != NULL;
    base_buf_free(&hex);
    return kept ? SUBSTRATE_OK : recorder_no_memory(target->recorder);
}

/* Results of two runtime calls that have a place of their own in the format. An old runtime lacks
 * the second one, which then is not recorded. */
static enum substrate_status record_versions(struct target *target) {
    struct recorder *recorder = target->recorder;
    struct fact_runtime *runtime = facts_spec(recorder->facts, target->spec, false);
    struct substrate_bytes bytes;
    enum substrate_status status = SUBSTRATE_OK;
    if (runtime->core_version.data == NULL) {
        status = ask_bytes(target, "state_call", "\"Core_version\",\"0x\",", &bytes);
        if (status == SUBSTRATE_OK) {
            status = keep_hex(target, bytes, &runtime->core_version);
        }
    }
    if (status == SUBSTRATE_OK && runtime->metadata_versions.data == NULL) {
        status = ask_bytes(target, "state_call", "\"Metadata_metadata_versions\",\"0x\",", &bytes);
        if (status == SUBSTRATE_E_RPC) {
            return SUBSTRATE_OK;
        }
        if (status == SUBSTRATE_OK) {
            status = keep_hex(target, bytes, &runtime->metadata_versions);
        }
    }
    return status;
}

static enum substrate_status record_metadata(struct target *target, uint32_t version,
                                             bool must_exist) {
    struct recorder *recorder = target->recorder;
    struct fact_runtime *runtime = facts_spec(recorder->facts, target->spec, false);
    struct substrate_bytes bytes, blob;
    enum substrate_status status;
    if (facts_metadata(runtime, version) != NULL) {
        return SUBSTRATE_OK;
    }
    if (version == 14) {
        status = ask_bytes(target, "state_getMetadata", "", &bytes);
        blob = bytes;
    } else {
        char arguments[64];
        snprintf(arguments, sizeof arguments,
                 "\"Metadata_metadata_at_version\",\"0x%02x%02x%02x%02x\",", version & 0xff,
                 version >> 8 & 0xff, version >> 16 & 0xff, version >> 24);
        status = ask_bytes(target, "state_call", arguments, &bytes);
        if (status == SUBSTRATE_OK && bytes.size == 1 && bytes.data[0] == 0 && !must_exist) {
            return SUBSTRATE_OK;
        }
        if (status == SUBSTRATE_OK && !metadata_of_option(bytes, &blob)) {
            return base_fail(recorder->error, SUBSTRATE_E_DECODE,
                             "runtime %u has no metadata V%u: take it out of %s", target->spec,
                             version, recorder->plan_path);
        }
    }
    if (status != SUBSTRATE_OK) {
        /* A version that is listed and cannot be had is not recorded. */
        return status == SUBSTRATE_E_RPC && !must_exist ? SUBSTRATE_OK : status;
    }
    if (blob.size < 5 || memcmp(blob.data, "meta", 4) != 0 || blob.data[4] != version) {
        char what[64];
        snprintf(what, sizeof what, "answered with something that is no metadata V%u",
                 (unsigned)version);
        return recorder_odd(recorder, version == 14 ? "state_getMetadata" : "state_call", what);
    }
    return facts_add_metadata(recorder->facts, target->spec, version, blob) == SUBSTRATE_OK
               ? SUBSTRATE_OK
               : recorder_no_memory(recorder);
}

/* Each stable version that the runtime lists: a vector of u32. */
static enum substrate_status record_all_metadata(struct target *target) {
    struct recorder *recorder = target->recorder;
    const struct fact_runtime *runtime = facts_spec(recorder->facts, target->spec, false);
    enum substrate_status status = record_metadata(target, 14, true);
    uint8_t list[256];
    size_t size = 0, used = 0;
    uint64_t count = 0;
    if (status != SUBSTRATE_OK || runtime->metadata_versions.data == NULL) {
        return status;
    }
    if (!base_hex_read(runtime->metadata_versions, list, sizeof list, &size) ||
        base_compact_read((struct substrate_bytes){list, size}, &count, &used) != SUBSTRATE_OK ||
        count * 4 + used != size) {
        return recorder_odd(recorder, "Metadata_metadata_versions", "is no list of versions");
    }
    for (size_t at = used; at < size && status == SUBSTRATE_OK; at += 4) {
        uint32_t version = (uint32_t)list[at] | (uint32_t)list[at + 1] << 8 |
                           (uint32_t)list[at + 2] << 16 | (uint32_t)list[at + 3] << 24;
        if (version != 14 && version != METADATA_UNSTABLE) {
            status = record_metadata(target, version, false);
        }
    }
    return status;
}

/* The WebAssembly is fetched for its list of exports only; it is no part of the recording. */
static enum substrate_status record_exports(struct target *target) {
    struct recorder *recorder = target->recorder;
    struct fact_runtime *runtime = facts_spec(recorder->facts, target->spec, false);
    struct wasm_exports exports;
    struct substrate_bytes code;
    if (runtime->exports_known) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status =
        ask_bytes(target, "state_getStorage", "\"0x3a636f6465\",", &code);
    if (status == SUBSTRATE_OK) {
        status = wasm_read_exports(code, &recorder->facts->arena, &exports, recorder->error);
    }
    if (status == SUBSTRATE_OK) {
        runtime->exports = exports.names;
        runtime->export_count = exports.count;
        runtime->exports_known = true;
    }
    return status;
}

static enum substrate_status record_runtime(struct target *target) {
    const struct plan *plan = target->recorder->plan;
    enum substrate_status status = record_versions(target);
    if (status == SUBSTRATE_OK && plan->metadata_all) {
        status = record_all_metadata(target);
    }
    for (size_t i = 0; i < plan->metadata_count && status == SUBSTRATE_OK; i++) {
        status = record_metadata(target, plan->metadata[i], true);
    }
    return status == SUBSTRATE_OK && plan->exports ? record_exports(target) : status;
}

enum substrate_status record_runtime_at(struct recorder *recorder, uint32_t spec,
                                        const struct substrate_hash *at) {
    struct target target = {.recorder = recorder, .spec = spec};
    substrate_hash_format(at, target.at);
    return record_runtime(&target);
}

/* The first recorded block after which a runtime is in force. */
static bool find_block(struct target *target) {
    struct recorder *recorder = target->recorder;
    for (uint64_t height = 0; height <= recorder->head; height++) {
        const struct fact_block *block =
            recorder->wanted[height] == 0
                ? NULL
                : facts_block(recorder->facts, &recorder->hashes[height], false);
        if (block != NULL && block->runtime_known && block->runtime == target->spec) {
            substrate_hash_format(&block->hash, target->at);
            return true;
        }
    }
    return false;
}

enum substrate_status record_runtimes(struct recorder *recorder) {
    struct facts *facts = recorder->facts;
    enum substrate_status status = SUBSTRATE_OK;
    if (!recorder->plan->has_runtimes) {
        return SUBSTRATE_OK;
    }
    for (size_t i = 0; i < facts->runtime_count && status == SUBSTRATE_OK; i++) {
        struct target target = {.recorder = recorder, .spec = facts->runtimes[i].spec_version};
        if (find_block(&target)) {
            status = record_runtime(&target);
        }
        if (status == SUBSTRATE_OK) {
            fprintf(stderr, "runtimes: %zu of %zu\n", i + 1, facts->runtime_count);
        }
    }
    return status;
}
