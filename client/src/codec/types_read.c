/* The type registry as it stands in the metadata (crate scale-info, PortableRegistry): type after
 * type, in order of their ids. What a type refers to may come later, so names and shapes are read
 * here, and everything that follows from them is worked out in types_resolve.c. */
#include "metadata_source.h"

/* The fewest bytes that each takes: a compact number, an empty text or an empty list is one. */
#define TYPE_LEAST 6
#define PARAMETER_LEAST 2
#define FIELD_LEAST 4
#define VARIANT_LEAST 4

#define VARIANTS_MAX 256

static void read_path(struct metadata_source *source, struct type *type) {
    uint32_t count = source_count(source, 1);
    struct substrate_text *segments = source_alloc(source, count, sizeof *segments);
    for (uint32_t i = 0; segments != NULL && i < count; i++) {
        segments[i] = source_text(source);
    }
    type->path = segments;
    type->path_count = segments == NULL ? 0 : count;
}

static void read_parameters(struct metadata_source *source, struct type *type) {
    uint32_t count = source_count(source, PARAMETER_LEAST);
    struct type_parameter *parameters = source_alloc(source, count, sizeof *parameters);
    for (uint32_t i = 0; parameters != NULL && i < count; i++) {
        parameters[i].name = source_text(source);
        parameters[i].type = source_option(source) ? source_type(source) : METADATA_NO_TYPE;
    }
    type->parameters = parameters;
    type->parameter_count = parameters == NULL ? 0 : count;
}

/* Fields of a composite or of a variant: all of them have names, or none. */
static const struct type_field *read_fields(struct metadata_source *source, uint32_t *count) {
    *count = source_count(source, FIELD_LEAST);
    struct type_field *fields = source_alloc(source, *count, sizeof *fields);
    for (uint32_t i = 0; fields != NULL && i < *count; i++) {
        if (source_option(source)) {
            fields[i].name = source_text(source);
        }
        fields[i].type = source_type(source);
        if (source_option(source)) {
            fields[i].type_name = source_text(source);
        }
        source_skip_docs(source);
        if ((fields[i].name.data == NULL) != (fields[0].name.data == NULL)) {
            source_fail(source, SUBSTRATE_E_DECODE, "some of its fields have names, others none");
        }
    }
    return fields;
}

static void read_composite(struct metadata_source *source, struct type *type) {
    type->fields.fields = read_fields(source, &type->fields.count);
    type->fields.named = type->fields.fields != NULL && type->fields.fields[0].name.data != NULL;
}

static void read_tuple(struct metadata_source *source, struct type *type) {
    uint32_t count = source_count(source, 1);
    struct type_field *fields = source_alloc(source, count, sizeof *fields);
    for (uint32_t i = 0; fields != NULL && i < count; i++) {
        fields[i].type = source_type(source);
    }
    type->fields.fields = fields;
    type->fields.count = fields == NULL ? 0 : count;
}

static void read_variants(struct metadata_source *source, struct type *type) {
    uint32_t count = source_count(source, VARIANT_LEAST);
    if (count > VARIANTS_MAX) {
        source_fail(source, SUBSTRATE_E_DECODE, "an enum of %u variants; an index is one byte",
                    count);
    }
    struct type_variant *variants = source_alloc(source, count, sizeof *variants);
    const struct type_variant **by_index =
        source_alloc(source, VARIANTS_MAX, sizeof(const struct type_variant *));
    type->variants.list = variants;
    type->variants.by_index = by_index;
    type->variants.count = variants == NULL ? 0 : count;
    for (uint32_t i = 0; variants != NULL && by_index != NULL && i < count; i++) {
        struct type_variant *variant = &variants[i];
        variant->name = source_text(source);
        variant->fields = read_fields(source, &variant->field_count);
        variant->index = source_byte(source);
        source_skip_docs(source);
        if (by_index[variant->index] != NULL) {
            source_fail(source, SUBSTRATE_E_DECODE, "two variants have the index %u",
                        variant->index);
        }
        by_index[variant->index] = variant;
    }
}

static void read_primitive(struct metadata_source *source, struct type *type) {
    uint8_t primitive = source_byte(source);
    if (primitive > PRIMITIVE_I256) {
        source_fail(source, SUBSTRATE_E_DECODE, "there is no primitive number %u", primitive);
        return;
    }
    type->primitive = (enum type_primitive)primitive;
}

static void read_array(struct metadata_source *source, struct type *type) {
    uint64_t length;
    if (!scale_uint(&source->reader, 4, &length)) {
        source_fail(source, SUBSTRATE_E_DECODE, "cut off in the length of an array");
    }
    type->of.length = (uint32_t)length;
    type->of.inner = source_type(source);
}

static void read_definition(struct metadata_source *source, struct type *type,
                            struct type_note *note) {
    uint8_t kind = source_byte(source);
    type->kind = (enum type_kind)kind;
    switch (kind) {
    case TYPE_COMPOSITE:
        read_composite(source, type);
        break;
    case TYPE_VARIANT:
        read_variants(source, type);
        break;
    case TYPE_SEQUENCE:
    case TYPE_COMPACT:
        type->of.inner = source_type(source);
        break;
    case TYPE_ARRAY:
        read_array(source, type);
        break;
    case TYPE_TUPLE:
        read_tuple(source, type);
        break;
    case TYPE_PRIMITIVE:
        read_primitive(source, type);
        break;
    case TYPE_BITS:
        note->store = source_type(source);
        note->order = source_type(source);
        break;
    default:
        source_fail(source, SUBSTRATE_E_DECODE, "there is no kind of type number %u", kind);
        break;
    }
}

void metadata_read_types(struct metadata_source *source) {
    uint32_t count = source_count(source, TYPE_LEAST);
    if (count > METADATA_TYPES_MAX) {
        source_fail(source, SUBSTRATE_E_LIMIT, "%u types; at most %u are read", count,
                    METADATA_TYPES_MAX);
    }
    source->types = source_alloc(source, count, sizeof *source->types);
    source->notes = source_alloc(source, count, sizeof *source->notes);
    if (source->types == NULL || source->notes == NULL) {
        return;
    }
    source->metadata->types = (struct types){source->types, count};
    for (uint32_t id = 0; id < count && source->status == SUBSTRATE_OK; id++) {
        struct type *type = &source->types[id];
        source->place.type = id;
        source->notes[id].position = source->reader.at;
        uint32_t found = source_number(source);
        if (found != id) {
            source_fail(source, SUBSTRATE_E_DECODE, "its id is %u; ids count up from 0", found);
        }
        read_path(source, type);
        read_parameters(source, type);
        read_definition(source, type, &source->notes[id]);
        source_skip_docs(source);
    }
    source->place.type = METADATA_NO_TYPE;
}
