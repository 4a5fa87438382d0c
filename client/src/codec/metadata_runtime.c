/* What metadata says of the runtime as a whole, behind its pallets: extrinsics, runtime APIs, the
 * outer enums, custom values. Version 14 names only the extrinsic's type, and has the rest in that
 * type's parameters and in the names of types. */
#include "base/text.h"
#include "metadata_source.h"

/* The fewest bytes that each takes. */
#define EXTENSION_LEAST 3
#define EXTENSION_SET_LEAST 2
#define API_LEAST 3
#define METHOD_LEAST 4
#define ARGUMENT_LEAST 2
#define CUSTOM_LEAST 3

static uint32_t parameter(const struct type *type, const char *name) {
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (base_text_is(type->parameters[i].name, name)) {
            return type->parameters[i].type;
        }
    }
    return METADATA_NO_TYPE;
}

static void read_extensions(struct metadata_source *source) {
    uint32_t count = source_count(source, EXTENSION_LEAST);
    struct metadata_extension *extensions = source_alloc(source, count, sizeof *extensions);
    for (uint32_t i = 0; extensions != NULL && i < count; i++) {
        extensions[i].identifier = source_text(source);
        extensions[i].type = source_type(source);
        extensions[i].implicit = source_type(source);
    }
    source->metadata->extensions = extensions;
    source->metadata->extension_count = extensions == NULL ? 0 : count;
}

static void read_versions(struct metadata_source *source) {
    struct substrate_metadata *metadata = source->metadata;
    uint32_t count = metadata->version < 16 ? 1 : source_count(source, 1);
    if (count > sizeof metadata->extrinsic_versions) {
        source_fail(source, SUBSTRATE_E_LIMIT, "%u versions of extrinsics; at most %zu are read",
                    count, sizeof metadata->extrinsic_versions);
        return;
    }
    metadata->extrinsic_version_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++) {
        metadata->extrinsic_versions[i] = source_byte(source);
    }
}

/* A list of positions among the extensions, which come later. */
struct extension_set {
    uint32_t *list;
    uint32_t count;
    bool is_there;
};

/* Which extensions, in which order, each version of them has. Signed extrinsics have version 0. */
static struct extension_set read_extension_sets(struct metadata_source *source) {
    struct extension_set first = {NULL, 0, false};
    uint32_t sets = source_count(source, EXTENSION_SET_LEAST);
    for (uint32_t i = 0; i < sets && source->status == SUBSTRATE_OK; i++) {
        uint8_t version = source_byte(source);
        uint32_t count = source_count(source, 1);
        uint32_t *list = source_alloc(source, count, sizeof *list);
        for (uint32_t at = 0; list != NULL && at < count; at++) {
            list[at] = source_number(source);
        }
        if (version == 0) {
            first = (struct extension_set){list, count, true};
        }
    }
    return first;
}

/* Puts the extensions of a set in its order. */
static void choose_extensions(struct metadata_source *source, struct extension_set set) {
    struct substrate_metadata *metadata = source->metadata;
    if (!set.is_there || source->status != SUBSTRATE_OK) {
        return;
    }
    struct metadata_extension *chosen = source_alloc(source, set.count, sizeof *chosen);
    for (uint32_t i = 0; chosen != NULL && set.list != NULL && i < set.count; i++) {
        if (set.list[i] >= metadata->extension_count) {
            source_fail(source, SUBSTRATE_E_DECODE, "there is no transaction extension %u",
                        set.list[i]);
            return;
        }
        chosen[i] = metadata->extensions[set.list[i]];
    }
    metadata->extensions = chosen;
    metadata->extension_count = chosen == NULL ? 0 : set.count;
}

/* Version 14: {type, version, extensions}; the type is UncheckedExtrinsic<Address, Call, Signature,
 * Extra>. */
static void read_extrinsic_14(struct metadata_source *source) {
    struct substrate_metadata *metadata = source->metadata;
    const struct type *extrinsic = types_get(&metadata->types, source_type(source));
    read_versions(source);
    read_extensions(source);
    if (extrinsic != NULL) {
        metadata->address = parameter(extrinsic, "Address");
        metadata->signature = parameter(extrinsic, "Signature");
        metadata->outer_call = parameter(extrinsic, "Call");
    }
}

static void read_extrinsic(struct metadata_source *source) {
    struct substrate_metadata *metadata = source->metadata;
    if (metadata->version == 14) {
        read_extrinsic_14(source);
        return;
    }
    read_versions(source);
    metadata->address = source_type(source);
    metadata->outer_call = source_type(source);
    metadata->signature = source_type(source);
    if (metadata->version == 15) {
        (void)source_type(source); /* all extensions as one tuple */
        read_extensions(source);
    } else {
        struct extension_set set = read_extension_sets(source);
        read_extensions(source);
        choose_extensions(source, set);
    }
}

static void read_method(struct metadata_source *source, struct metadata_method *method) {
    method->name = source_text(source);
    source_enter(source, "method", method->name);
    uint32_t count = source_count(source, ARGUMENT_LEAST);
    struct metadata_argument *arguments = source_alloc(source, count, sizeof *arguments);
    for (uint32_t i = 0; arguments != NULL && i < count; i++) {
        arguments[i].name = source_text(source);
        arguments[i].type = source_type(source);
    }
    method->arguments = arguments;
    method->argument_count = arguments == NULL ? 0 : count;
    method->output = source_type(source);
    source_skip_docs(source);
    metadata_skip_deprecation(source);
    source_leave(source);
}

static void read_api(struct metadata_source *source, struct metadata_api *api) {
    api->name = source_text(source);
    source_enter(source, "runtime API", api->name);
    uint32_t count = source_count(source, METHOD_LEAST);
    struct metadata_method *methods = source_alloc(source, count, sizeof *methods);
    for (uint32_t i = 0; methods != NULL && i < count && source->status == SUBSTRATE_OK; i++) {
        read_method(source, &methods[i]);
    }
    api->methods = methods;
    api->method_count = methods == NULL ? 0 : count;
    source_skip_docs(source);
    if (source->metadata->version >= 16) {
        (void)source_number(source); /* its version */
    }
    metadata_skip_deprecation(source);
    source_leave(source);
}

static void read_apis(struct metadata_source *source) {
    uint32_t count = source_count(source, API_LEAST);
    struct metadata_api *apis = source_alloc(source, count, sizeof *apis);
    for (uint32_t i = 0; apis != NULL && i < count && source->status == SUBSTRATE_OK; i++) {
        read_api(source, &apis[i]);
    }
    source->metadata->apis = apis;
    source->metadata->api_count = apis == NULL ? 0 : count;
}

/* Values that a runtime adds as it likes; there is no place for them. */
static void skip_custom(struct metadata_source *source) {
    uint32_t count = source_count(source, CUSTOM_LEAST);
    for (uint32_t i = 0; i < count && source->status == SUBSTRATE_OK; i++) {
        source_skip_text(source);
        (void)source_type(source);
        (void)source_bytes(source);
    }
}

/* The type [crate]::name, or METADATA_NO_TYPE. */
static uint32_t find_type(const struct types *types, struct substrate_text crate,
                          const char *name) {
    for (uint32_t id = 0; id < types->count; id++) {
        const struct type *type = &types->list[id];
        if (type->path_count == 2 && base_text_is(type->path[1], name) &&
            base_text_equal(type->path[0], crate)) {
            return id;
        }
    }
    return METADATA_NO_TYPE;
}

/* Version 14: the outer enums stand beside that of the calls, in the runtime's own crate. */
static void find_outer_enums(struct substrate_metadata *metadata) {
    const struct type *calls = types_get(&metadata->types, metadata->outer_call);
    if (calls != NULL && calls->path_count == 2) {
        struct substrate_text crate = calls->path[0];
        metadata->outer_event = find_type(&metadata->types, crate, "RuntimeEvent");
        metadata->outer_error = find_type(&metadata->types, crate, "RuntimeError");
        if (metadata->outer_event == METADATA_NO_TYPE) { /* its name until 2022 */
            metadata->outer_event = find_type(&metadata->types, crate, "Event");
        }
    }
}

static void set_role(struct metadata_source *source, uint32_t id, enum type_role role) {
    if (id != METADATA_NO_TYPE && source->types[id].kind == TYPE_VARIANT) {
        source->types[id].role = role;
    }
}

void metadata_read_runtime(struct metadata_source *source) {
    struct substrate_metadata *metadata = source->metadata;
    source_enter(source, "extrinsic", (struct substrate_text){NULL, 0});
    read_extrinsic(source);
    source_leave(source);
    if (metadata->version < 16) {
        (void)source_type(source); /* the runtime itself, which has no values */
    }
    if (metadata->version >= 15) {
        read_apis(source);
        metadata->outer_call = source_type(source);
        metadata->outer_event = source_type(source);
        metadata->outer_error = source_type(source);
        skip_custom(source);
    } else {
        find_outer_enums(metadata);
    }
    if (source->status == SUBSTRATE_OK) {
        set_role(source, metadata->outer_call, ROLE_CALL);
        set_role(source, metadata->outer_event, ROLE_EVENT);
        set_role(source, metadata->outer_error, ROLE_ERROR);
    }
}
