/* Runtimes, and the queries that find them out; see runtime.h. */
#include "runtime.h"

#include <string.h>

#include <substrate/hash.h>

#include "base/mem.h"
#include "base/text.h"
#include "codec/scale.h"
#include "query.h"
#include "reply.h"

#define METADATA_WANTED 15

struct query_runtime *query_runtime_new(const struct substrate_hash *genesis, uint32_t spec_version,
                                        uint32_t transaction_version,
                                        struct substrate_metadata *metadata) {
    struct query_runtime *runtime = base_alloc(sizeof(*runtime));
    if (runtime == NULL) {
        substrate_metadata_free(metadata);
        return NULL;
    }
    atomic_init(&runtime->references, 1);
    runtime->genesis = *genesis;
    runtime->spec_version = spec_version;
    runtime->transaction_version = transaction_version;
    runtime->metadata = metadata;
    return runtime;
}

struct query_runtime *query_runtime_retain(struct query_runtime *runtime) {
    (void)atomic_fetch_add(&runtime->references, 1);
    return runtime;
}

void query_runtime_release(struct query_runtime *runtime) {
    if (runtime != NULL && atomic_fetch_sub(&runtime->references, 1) == 1) {
        substrate_metadata_free(runtime->metadata);
        base_free(runtime);
    }
}

/* ---- which version ---- */

struct version_arguments {
    struct substrate_hash block;
    enum query_runtime_kind kind;
    bool located; /* `found.at` is known: the next reply is the version */
    struct query_version found;
    struct substrate_error refused; /* the version of the block itself, which there may not be */
};

static void write_at(struct base_buf *params, const struct substrate_hash *at) {
    base_buf_char(params, '[');
    base_json_write_hex(params, (struct substrate_bytes){at->bytes, sizeof(at->bytes)});
    base_buf_char(params, ']');
}

static enum query_progress ask_version(struct substrate_query *query,
                                       const struct substrate_hash *at) {
    struct version_arguments *arguments = query->arguments;
    struct base_buf *params = query_params(query);
    arguments->found.at = *at;
    arguments->located = true;
    write_at(params, at);
    query_add(query, "state_getRuntimeVersion", params);
    return query_ask(query);
}

static enum query_progress ask_header(struct substrate_query *query) {
    struct version_arguments *arguments = query->arguments;
    struct base_buf *params = query_params(query);
    write_at(params, &arguments->block);
    query_add(query, "chain_getHeader", params);
    return query_ask(query);
}

static enum query_progress take_header(struct substrate_query *query, struct base_json header) {
    static const struct substrate_hash none = {{0}};
    struct version_arguments *arguments = query->arguments;
    struct substrate_hash parent;
    if (header.kind != BASE_JSON_NULL && arguments->refused.status != SUBSTRATE_OK) {
        return query_fail(query, &arguments->refused);
    }
    if (header.kind == BASE_JSON_NULL) {
        char text[67];
        substrate_hash_format(&arguments->block, text);
        return query_fail_with(query, SUBSTRATE_E_NOT_FOUND, "there is no block %s", text);
    }
    if (!query_read_hash(query, base_json_member(header, "parentHash"), "the header's parentHash",
                         &parent)) {
        return QUERY_FAILED;
    }
    bool is_genesis = memcmp(&parent, &none, sizeof(none)) == 0;
    return ask_version(query, is_genesis ? &arguments->block : &parent);
}

static bool read_u32(struct base_json object, const char *name, uint32_t *out) {
    uint64_t value = 0;
    if (!base_json_u64(base_json_member(object, name), &value) || value > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static enum query_progress take_version(struct substrate_query *query, struct base_json json) {
    struct query_version *found = &((struct version_arguments *)query->arguments)->found;
    if (!read_u32(json, "specVersion", &found->spec_version) ||
        !read_u32(json, "transactionVersion", &found->transaction_version)) {
        return query_fail_with(query, SUBSTRATE_E_DECODE,
                               "the answer to state_getRuntimeVersion has no version");
    }
    return query_done(query, BASE_TEXT("null"));
}

/* What a node says of the version of an unknown block is an error like any other; only its header
 * tells. */
static enum query_progress take_error(struct substrate_query *query,
                                      const struct substrate_reply *reply) {
    struct version_arguments *arguments = query->arguments;
    struct substrate_error error;
    (void)substrate_reply_error(arguments->located ? "state_getRuntimeVersion" : "chain_getHeader",
                                reply, &error);
    if (!arguments->located || arguments->kind == QUERY_STATE_RUNTIME) {
        return query_fail(query,
                          arguments->refused.status != SUBSTRATE_OK ? &arguments->refused : &error);
    }
    arguments->refused = error;
    arguments->located = false;
    return ask_header(query);
}

static enum query_progress step_version(struct substrate_query *query,
                                        const struct substrate_reply *replies, size_t count) {
    struct version_arguments *arguments = query->arguments;
    struct base_json json;
    if (count == 0) {
        return arguments->kind == QUERY_STATE_RUNTIME ? ask_header(query)
                                                      : ask_version(query, &arguments->block);
    }
    if (replies[0].status == SUBSTRATE_E_RPC) {
        return take_error(query, &replies[0]);
    }
    if (!query_read_json(query, &replies[0], &json)) {
        return QUERY_FAILED;
    }
    return arguments->located ? take_version(query, json) : take_header(query, json);
}

enum substrate_status query_version_new(enum query_runtime_kind kind,
                                        const struct substrate_hash *block,
                                        struct substrate_query **query) {
    static const struct query_description description = {"runtime version", QUERY_NEEDS_NOTHING,
                                                         step_version, true};
    struct version_arguments arguments = {.block = *block, .kind = kind};
    return query_new(&description, &arguments, sizeof(arguments), NULL, query);
}

const struct query_version *query_version_found(const struct substrate_query *query) {
    const struct version_arguments *arguments = query->arguments;
    return &arguments->found;
}

/* ---- its metadata ---- */

struct metadata_arguments {
    struct substrate_hash genesis;
    struct query_version version;
    bool older; /* V14 was asked for */
};

static enum query_progress ask_metadata(struct substrate_query *query) {
    static const uint8_t wanted[4] = {METADATA_WANTED};
    const struct metadata_arguments *arguments = query->arguments;
    query_pin(query, &arguments->version.at);
    query_add_call(query, "Metadata", "metadata_at_version",
                   (struct substrate_bytes){wanted, sizeof(wanted)});
    return query_ask(query);
}

static enum query_progress ask_older(struct substrate_query *query) {
    struct metadata_arguments *arguments = query->arguments;
    struct base_buf *params = query_params(query);
    arguments->older = true;
    write_at(params, &arguments->version.at);
    query_add(query, "state_getMetadata", params);
    return query_ask(query);
}

static enum query_progress parse(struct substrate_query *query, struct substrate_bytes bytes) {
    const struct metadata_arguments *arguments = query->arguments;
    struct substrate_metadata *metadata = NULL;
    struct substrate_error error = {0};
    enum substrate_status status = substrate_metadata_parse(bytes, &metadata, &error);
    if (status != SUBSTRATE_OK) {
        return query_fail_with(query, status, "runtime %u: %s", arguments->version.spec_version,
                               error.message);
    }
    struct query_runtime *runtime =
        query_runtime_new(&arguments->genesis, arguments->version.spec_version,
                          arguments->version.transaction_version, metadata);
    if (runtime == NULL) {
        return query_fail_with(query, SUBSTRATE_E_MEMORY, "out of memory");
    }
    query->runtimes[QUERY_STATE_RUNTIME] = runtime;
    return query_done(query, BASE_TEXT("null"));
}

/* What the runtime gives is Option<Bytes>. */
static enum query_progress unwrap(struct substrate_query *query, struct substrate_bytes bytes) {
    struct scale_reader reader = scale_reader(bytes);
    uint64_t some = 0, size = 0;
    if (bytes.size == 1 && bytes.data[0] == 0) {
        return ask_older(query);
    }
    if (!scale_uint(&reader, 1, &some) || some != 1 || !scale_compact(&reader, &size) ||
        size != scale_left(&reader)) {
        return query_fail_with(query, SUBSTRATE_E_DECODE,
                               "the answer of Metadata_metadata_at_version is no Option<Bytes>");
    }
    return parse(query, (struct substrate_bytes){reader.data + reader.at, (size_t)size});
}

static bool contains(struct substrate_text text, struct substrate_text part) {
    for (size_t i = 0; i + part.size <= text.size; i++) {
        if (memcmp(text.data + i, part.data, part.size) == 0) {
            return true;
        }
    }
    return false;
}

/* The executor's words for a function that the runtime does not export. */
static bool is_missing(const struct substrate_reply *reply) {
    struct substrate_text words =
        BASE_TEXT("Exported method Metadata_metadata_at_version is not found");
    return contains(reply->rpc_message, words) || contains(reply->rpc_data, words);
}

static enum query_progress step_metadata(struct substrate_query *query,
                                         const struct substrate_reply *replies, size_t count) {
    const struct metadata_arguments *arguments = query->arguments;
    struct base_json json;
    struct substrate_bytes bytes;
    if (count == 0) {
        return ask_metadata(query);
    }
    if (replies[0].status == SUBSTRATE_E_RPC) {
        struct substrate_error error;
        if (!arguments->older && is_missing(&replies[0])) {
            return ask_older(query);
        }
        (void)substrate_reply_error(arguments->older ? "state_getMetadata" : "state_call",
                                    &replies[0], &error);
        return query_fail(query, &error);
    }
    if (!query_read_json(query, &replies[0], &json) || !query_read_bytes(query, json, &bytes)) {
        return QUERY_FAILED;
    }
    return arguments->older ? parse(query, bytes) : unwrap(query, bytes);
}

enum substrate_status query_metadata_new(const struct substrate_hash *genesis,
                                         const struct query_version *version,
                                         struct substrate_query **query) {
    static const struct query_description description = {"metadata", QUERY_NEEDS_NOTHING,
                                                         step_metadata, true};
    struct metadata_arguments arguments = {*genesis, *version, false};
    return query_new(&description, &arguments, sizeof(arguments), NULL, query);
}

struct query_runtime *query_metadata_found(const struct substrate_query *query) {
    return query_runtime_retain(query->runtimes[QUERY_STATE_RUNTIME]);
}
