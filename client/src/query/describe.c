/* What a runtime has, as its metadata describes it: names, arguments and types, for people and for
 * programs that ask by name. */
#include <substrate/storage.h>

#include "base/text.h"
#include "codec/value.h"
#include "arguments.h"
#include "names.h"
#include "reply.h"

/* Where it is written, and whose types they are. */
struct writer {
    const struct substrate_metadata *metadata;
    struct base_buf *json;
};

static void write_type(const struct writer *out, uint32_t type) {
    struct base_buf name = BASE_BUF_INIT;
    type_write_name(out->metadata, type, &name);
    base_json_write_string(out->json, base_buf_view(&name));
    out->json->failed = out->json->failed || name.failed;
    base_buf_free(&name);
}

/* Begins an object of a list: `{"name":NAME`. */
static void begin_named(const struct writer *out, bool first, struct substrate_text name) {
    base_buf_str(out->json, first ? "{\"name\":" : ",{\"name\":");
    base_json_write_string(out->json, name);
}

/* An enum's variants; NULL when the pallet has none. */
static const struct type *variants_of(const struct writer *out, uint32_t type) {
    const struct type *found =
        type != METADATA_NO_TYPE ? types_get(&out->metadata->types, type) : NULL;
    return found != NULL && found->kind == TYPE_VARIANT ? found : NULL;
}

static unsigned count_variants(const struct writer *out, uint32_t type) {
    const struct type *found = variants_of(out, type);
    return found != NULL ? found->variants.count : 0;
}

/* ---- all, in numbers ---- */

static void write_summary(const struct writer *out, uint32_t spec_version) {
    const struct substrate_metadata *metadata = out->metadata;
    base_buf_format(out->json, "{\"spec_version\":%u,\"metadata_version\":%u,\"pallets\":[",
                    spec_version, metadata->version);
    for (uint32_t i = 0; i < metadata->pallet_count; i++) {
        const struct metadata_pallet *pallet = &metadata->pallets[i];
        begin_named(out, i == 0, pallet->name);
        base_buf_format(out->json,
                        ",\"index\":%u,\"storage\":%u,\"constants\":%u,\"calls\":%u,"
                        "\"events\":%u,\"errors\":%u}",
                        pallet->index, pallet->storage_count, pallet->constant_count,
                        count_variants(out, pallet->calls), count_variants(out, pallet->events),
                        count_variants(out, pallet->errors));
    }
    base_buf_str(out->json, "],\"apis\":[");
    for (uint32_t i = 0; i < metadata->api_count; i++) {
        begin_named(out, i == 0, metadata->apis[i].name);
        base_buf_format(out->json, ",\"methods\":%u}", metadata->apis[i].method_count);
    }
    base_buf_str(out->json, "]}");
}

/* ---- a pallet ---- */

static void write_storage(const struct writer *out, const struct metadata_pallet *pallet) {
    for (uint32_t i = 0; i < pallet->storage_count; i++) {
        const struct metadata_storage *item = &pallet->storage[i];
        begin_named(out, i == 0, item->name);
        base_buf_str(out->json, ",\"keys\":[");
        for (uint8_t key = 0; key < item->key_count; key++) {
            base_buf_str(out->json, key > 0 ? "," : "");
            write_type(out, item->keys[key]);
        }
        base_buf_str(out->json, "],\"value\":");
        write_type(out, item->value);
        base_buf_format(out->json, ",\"optional\":%s}", item->has_default ? "false" : "true");
    }
}

static void write_constants(const struct writer *out, const struct metadata_pallet *pallet) {
    for (uint32_t i = 0; i < pallet->constant_count; i++) {
        begin_named(out, i == 0, pallet->constants[i].name);
        base_buf_str(out->json, ",\"type\":");
        write_type(out, pallet->constants[i].type);
        base_buf_char(out->json, '}');
    }
}

static void write_fields(const struct writer *out, const struct type_variant *variant) {
    for (uint32_t i = 0; i < variant->field_count; i++) {
        const struct type_field *field = &variant->fields[i];
        struct substrate_text unnamed = BASE_TEXT("");
        begin_named(out, i == 0, field->name.data != NULL ? field->name : unnamed);
        base_buf_str(out->json, ",\"type\":");
        write_type(out, field->type);
        base_buf_char(out->json, '}');
    }
}

/* `,"calls":[…]`: the variants of an enum of the pallet. */
static void write_variants(const struct writer *out, const char *member, uint32_t type) {
    const struct type *found = variants_of(out, type);
    base_buf_format(out->json, ",\"%s\":[", member);
    for (uint32_t i = 0; found != NULL && i < found->variants.count; i++) {
        begin_named(out, i == 0, found->variants.list[i].name);
        base_buf_str(out->json, ",\"fields\":[");
        write_fields(out, &found->variants.list[i]);
        base_buf_str(out->json, "]}");
    }
    base_buf_char(out->json, ']');
}

static void write_pallet(const struct writer *out, const struct metadata_pallet *pallet) {
    base_buf_str(out->json, "{\"pallet\":");
    base_json_write_string(out->json, pallet->name);
    base_buf_format(out->json, ",\"index\":%u,\"storage\":[", pallet->index);
    write_storage(out, pallet);
    base_buf_str(out->json, "],\"constants\":[");
    write_constants(out, pallet);
    base_buf_char(out->json, ']');
    write_variants(out, "calls", pallet->calls);
    write_variants(out, "events", pallet->events);
    write_variants(out, "errors", pallet->errors);
    base_buf_char(out->json, '}');
}

/* ---- a runtime API ---- */

static void write_api(const struct writer *out, const struct metadata_api *api) {
    base_buf_str(out->json, "{\"api\":");
    base_json_write_string(out->json, api->name);
    base_buf_str(out->json, ",\"methods\":[");
    for (uint32_t i = 0; i < api->method_count; i++) {
        const struct metadata_method *method = &api->methods[i];
        begin_named(out, i == 0, method->name);
        base_buf_str(out->json, ",\"arguments\":[");
        for (uint32_t j = 0; j < method->argument_count; j++) {
            begin_named(out, j == 0, method->arguments[j].name);
            base_buf_str(out->json, ",\"type\":");
            write_type(out, method->arguments[j].type);
            base_buf_char(out->json, '}');
        }
        base_buf_str(out->json, "],\"output\":");
        write_type(out, method->output);
        base_buf_char(out->json, '}');
    }
    base_buf_str(out->json, "]}");
}

static enum query_progress fail_unknown(struct substrate_query *query, struct substrate_text name) {
    const struct substrate_metadata *metadata = query_metadata(query, QUERY_CALL_RUNTIME);
    struct base_nearest names = {.wanted = name};
    for (uint32_t i = 0; i < metadata->pallet_count; i++) {
        base_nearest_offer(&names, metadata->pallets[i].name);
    }
    for (uint32_t i = 0; i < metadata->api_count; i++) {
        base_nearest_offer(&names, metadata->apis[i].name);
    }
    query_fail_unknown(query, &names, "the runtime", "pallet or API");
    return QUERY_FAILED;
}

static enum query_progress step(struct substrate_query *query,
                                const struct substrate_reply *replies, size_t count) {
    const char *const *name = query->arguments;
    struct writer out = {query_metadata(query, QUERY_CALL_RUNTIME), &query->value};
    const struct metadata_pallet *pallet = NULL;
    const struct metadata_api *api = NULL;
    (void)replies;
    (void)count;
    if (*name == NULL) {
        write_summary(&out, query->runtimes[QUERY_CALL_RUNTIME]->spec_version);
        return query_done_written(query);
    }
    pallet = metadata_pallet(out.metadata, base_text(*name));
    api = metadata_api(out.metadata, base_text(*name));
    if (pallet == NULL && api == NULL) {
        return fail_unknown(query, base_text(*name));
    }
    if (pallet != NULL) {
        write_pallet(&out, pallet);
    } else {
        write_api(&out, api);
    }
    return query_done_written(query);
}

enum substrate_status substrate_query_description(const char *name, const struct substrate_pin *pin,
                                                  struct substrate_query **query) {
    static const struct query_description description = {"metadata", QUERY_NEEDS_CALL_RUNTIME, step,
                                                         false};
    if (query == NULL) {
        return SUBSTRATE_E_ARGUMENT;
    }
    enum substrate_status status = query_new(&description, &name, sizeof(name), pin, query);
    if (status != SUBSTRATE_OK || name == NULL) {
        return status;
    }
    const char **kept = (*query)->arguments;
    *kept = query_keep_name(*query, name);
    return query_made(query, *kept != NULL);
}
