/* Of a runtime its metadata, the results of Core_version and Metadata_metadata_versions, and the
 * functions that its WebAssembly exports. */
#include <stdio.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/buf.h"
#include "base/compact.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/inquiry.h"
#include "record/runtime_parts.h"
#include "record/wasm.h"

/* The listed version that is still being worked on. Its metadata bears the number that it will have
 * when it is stable, so that nothing could be recorded under this one. */
#define METADATA_UNSTABLE UINT32_MAX

/* One runtime, and a block after which it is in force. */
struct target {
    struct inquiry *inquiry;
    const struct runtime_wish *wish;
    uint32_t spec;
    char at[67];
};

/* A result that is "0x…", as bytes in the arena. Not found: the node answered with an error. */
static enum substrate_status ask_bytes(struct target *target, const char *method,
                                       const char *arguments, struct substrate_bytes *bytes) {
    struct inquiry *inquiry = target->inquiry;
    struct base_buf params = BASE_BUF_INIT;
    struct substrate_text text;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    base_buf_format(&params, "[%s\"%s\"]", arguments, target->at);
    if (params.failed) {
        return inquiry_no_memory(inquiry);
    }
    enum substrate_status status = upstream_ask(&inquiry->upstream, method, base_buf_view(&params),
                                                &inquiry->arena, &text, &why);
    base_buf_free(&params);
    if (status != SUBSTRATE_OK) {
        *inquiry->error = why;
        return status;
    }
    return bytes_of_result(text, &inquiry->arena, bytes)
               ? SUBSTRATE_OK
               : inquiry_odd(inquiry, method, "answered with something else than bytes");
}

static enum substrate_status keep_hex(struct target *target, struct substrate_bytes bytes,
                                      struct substrate_text *out) {
    struct base_buf hex = BASE_BUF_INIT;
    base_buf_str(&hex, "0x");
    base_buf_hex(&hex, bytes);
    if (!hex.failed) {
        *out = base_arena_text(&target->inquiry->facts->arena, base_buf_view(&hex));
    }
    bool kept = !hex.failed && out->data != NULL;
    base_buf_free(&hex);
    return kept ? SUBSTRATE_OK : inquiry_no_memory(target->inquiry);
}

/* Results of two runtime calls that have a place of their own in the format. An old runtime lacks
 * the second one, which then is not recorded. */
static enum substrate_status record_versions(struct target *target) {
    struct inquiry *inquiry = target->inquiry;
    struct fact_runtime *runtime = facts_spec(inquiry->facts, target->spec, false);
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
    struct inquiry *inquiry = target->inquiry;
    struct fact_runtime *runtime = facts_spec(inquiry->facts, target->spec, false);
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
            return base_fail(inquiry->error, SUBSTRATE_E_DECODE,
                             "runtime %u has no metadata V%u: take it out of %s", target->spec,
                             version, target->wish->asked_by);
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
        return inquiry_odd(inquiry, version == 14 ? "state_getMetadata" : "state_call", what);
    }
    return facts_add_metadata(inquiry->facts, target->spec, version, blob) == SUBSTRATE_OK
               ? SUBSTRATE_OK
               : inquiry_no_memory(inquiry);
}

/* Each stable version that the runtime lists: a vector of u32. */
static enum substrate_status record_all_metadata(struct target *target) {
    struct inquiry *inquiry = target->inquiry;
    const struct fact_runtime *runtime = facts_spec(inquiry->facts, target->spec, false);
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
        return inquiry_odd(inquiry, "Metadata_metadata_versions", "is no list of versions");
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
    struct inquiry *inquiry = target->inquiry;
    struct fact_runtime *runtime = facts_spec(inquiry->facts, target->spec, false);
    struct wasm_exports exports;
    struct substrate_bytes code;
    if (runtime->exports_known) {
        return SUBSTRATE_OK;
    }
    enum substrate_status status =
        ask_bytes(target, "state_getStorage", "\"0x3a636f6465\",", &code);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    status = wasm_read_exports(code, &inquiry->facts->arena, &exports, inquiry->error);
    if (status == SUBSTRATE_E_DECODE && target->wish->exports_if_any) {
        fprintf(stderr, "mocknode record: what runtime %u exports is not kept: %s\n", target->spec,
                inquiry->error->message);
        return SUBSTRATE_OK;
    }
    if (status == SUBSTRATE_OK) {
        runtime->exports = exports.names;
        runtime->export_count = exports.count;
        runtime->exports_known = true;
    }
    return status;
}

static enum substrate_status record_runtime(struct target *target) {
    const struct runtime_wish *wish = target->wish;
    enum substrate_status status = record_versions(target);
    if (status == SUBSTRATE_OK && wish->metadata_all) {
        status = record_all_metadata(target);
    }
    for (size_t i = 0; i < wish->metadata_count && status == SUBSTRATE_OK; i++) {
        status = record_metadata(target, wish->metadata[i], true);
    }
    return status == SUBSTRATE_OK && wish->exports ? record_exports(target) : status;
}

enum substrate_status inquiry_runtime(struct inquiry *inquiry, const struct runtime_wish *wish,
                                      uint32_t spec, const struct substrate_hash *at) {
    struct target target = {.inquiry = inquiry, .wish = wish, .spec = spec};
    substrate_hash_format(at, target.at);
    return record_runtime(&target);
}
