/* Writes facts as lines: the member order and the spelling of fixtures/FORMAT.md. */
#include "record/lines.h"

#include <substrate/hash.h>
#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"

void line_hash(struct base_buf *out, const struct substrate_hash *hash) {
    base_json_write_hex(out, (struct substrate_bytes){hash->bytes, sizeof hash->bytes});
}

void blob_name(struct substrate_bytes content, char out[65]) {
    uint8_t digest[32];
    substrate_blake2_256(content, digest);
    base_hex_write((struct substrate_bytes){digest, sizeof digest}, out);
    out[64] = '\0';
}

/* `,"name":` and raw text; nothing when the part was not recorded. */
static void part(struct base_buf *out, const char *name, struct substrate_text raw) {
    if (raw.data != NULL) {
        base_buf_format(out, ",\"%s\":", name);
        base_buf_text(out, raw);
    }
}

/* The same for text that stands in quotes and needs no escapes. */
static void quoted_part(struct base_buf *out, const char *name, struct substrate_text text) {
    if (text.data != NULL) {
        base_buf_format(out, ",\"%s\":\"", name);
        base_buf_text(out, text);
        base_buf_char(out, '"');
    }
}

void line_block(struct base_buf *out, const struct fact_block *block) {
    base_buf_str(out, "{\"hash\":");
    line_hash(out, &block->hash);
    base_buf_str(out, ",\"number\":");
    base_buf_u64(out, block->number);
    if (block->fork) {
        base_buf_str(out, ",\"fork\":true");
    }
    if (block->runtime_known) {
        base_buf_str(out, ",\"runtime\":");
        base_buf_u64(out, block->runtime);
    }
    part(out, "header", block->header);
    part(out, "extrinsics", block->extrinsics);
    part(out, "justifications", block->justifications);
    base_buf_char(out, '}');
}

static void write_metadata(struct base_buf *out, const struct fact_runtime *runtime) {
    base_buf_str(out, ",\"metadata\":{");
    for (size_t i = 0; i < runtime->metadata_count; i++) {
        char name[65];
        blob_name(runtime->metadata[i].bytes, name);
        base_buf_format(out, "%s\"%u\":\"%s\"", i > 0 ? "," : "",
                        (unsigned)runtime->metadata[i].version, name);
    }
    base_buf_char(out, '}');
}

void line_runtime(struct base_buf *out, const struct fact_runtime *runtime) {
    base_buf_str(out, "{\"spec_version\":");
    base_buf_u64(out, runtime->spec_version);
    part(out, "version", runtime->version);
    quoted_part(out, "core_version", runtime->core_version);
    quoted_part(out, "metadata_versions", runtime->metadata_versions);
    if (runtime->metadata_count > 0) {
        write_metadata(out, runtime);
    }
    if (runtime->exports_known) {
        base_buf_str(out, ",\"exports\":[");
        for (size_t i = 0; i < runtime->export_count; i++) {
            base_buf_str(out, i > 0 ? "," : "");
            base_json_write_string(out, runtime->exports[i]);
        }
        base_buf_char(out, ']');
    }
    base_buf_char(out, '}');
}

static void write_key(struct base_buf *out, struct substrate_text key) {
    base_buf_str(out, "\"0x");
    base_buf_text(out, key);
    base_buf_char(out, '"');
}

static void write_end(struct base_buf *out, struct substrate_text to) {
    if (to.data == NULL) {
        base_buf_str(out, "null");
    } else {
        write_key(out, to);
    }
}

void line_set(struct base_buf *out, const struct fact_set *set) {
    base_buf_str(out, "{\"set\":");
    line_hash(out, &set->block);
    base_buf_str(out, ",\"base\":");
    if (set->has_base) {
        line_hash(out, &set->base);
    } else {
        base_buf_str(out, "null");
    }
    if (set->covered_as_base) {
        base_buf_str(out, ",\"covered\":\"base\"}");
        return;
    }
    base_buf_str(out, ",\"covered\":[");
    for (size_t i = 0; i < set->covered_count; i++) {
        base_buf_str(out, i > 0 ? ",[" : "[");
        write_key(out, set->covered[i].from);
        base_buf_char(out, ',');
        write_end(out, set->covered[i].to);
        base_buf_char(out, ']');
    }
    base_buf_str(out, "]}");
}

static void change_members(struct base_buf *out, const struct fact_change *change) {
    base_buf_str(out, "\"key\":");
    write_key(out, change->key);
    if (change->kind == FACT_PRESENT) {
        base_buf_str(out, ",\"present\":true");
    } else if (change->kind == FACT_ABSENT) {
        base_buf_str(out, ",\"value\":null");
    } else {
        quoted_part(out, "value", change->value);
    }
}

void line_change(struct base_buf *out, const struct fact_change *change) {
    base_buf_char(out, '{');
    change_members(out, change);
    base_buf_char(out, '}');
}

void line_call(struct base_buf *out, const struct fact_call *call) {
    base_buf_str(out, "{\"method\":");
    base_json_write_string(out, call->method);
    part(out, "params", call->params);
    if (call->has_at) {
        base_buf_str(out, ",\"at\":");
        line_hash(out, &call->at);
    }
    part(out, call->is_error ? "error" : "result", call->result);
    base_buf_char(out, '}');
}

/* ---- the log ---- */

void log_block(struct base_buf *out, const struct fact_block *block) {
    base_buf_str(out, "{\"block\":");
    line_block(out, block);
    base_buf_str(out, "}\n");
}

void log_runtime(struct base_buf *out, const struct fact_runtime *runtime) {
    base_buf_str(out, "{\"runtime\":");
    line_runtime(out, runtime);
    base_buf_str(out, "}\n");
}

void log_call(struct base_buf *out, const struct fact_call *call) {
    base_buf_str(out, "{\"call\":");
    line_call(out, call);
    base_buf_str(out, "}\n");
}

void log_state(struct base_buf *out, const struct substrate_hash *at,
               const struct fact_change *change) {
    base_buf_str(out, "{\"state\":{\"at\":");
    line_hash(out, at);
    base_buf_char(out, ',');
    change_members(out, change);
    base_buf_str(out, "}}\n");
}

void log_covered(struct base_buf *out, const struct substrate_hash *at,
                 const struct fact_interval *interval) {
    base_buf_str(out, "{\"covered\":{\"at\":");
    line_hash(out, at);
    base_buf_str(out, ",\"from\":");
    write_key(out, interval->from);
    base_buf_str(out, ",\"to\":");
    write_end(out, interval->to);
    base_buf_str(out, "}}\n");
}

void log_hash(struct base_buf *out, const char *kind, const struct substrate_hash *hash) {
    base_buf_format(out, "{\"%s\":", kind);
    line_hash(out, hash);
    base_buf_str(out, "}\n");
}

void log_chain(struct base_buf *out, struct substrate_text chain) {
    base_buf_str(out, "{\"chain\":");
    base_json_write_string(out, chain);
    base_buf_str(out, "}\n");
}

void log_genesis(struct base_buf *out, const struct substrate_hash *hash, bool assigned) {
    base_buf_str(out, "{\"genesis\":{\"hash\":");
    line_hash(out, hash);
    base_buf_format(out, ",\"assigned\":%s}}\n", assigned ? "true" : "false");
}
