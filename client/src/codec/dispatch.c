/* A DispatchError is read by the names that the metadata gives its variants, not by their numbers,
 * which have changed from release to release. */
#include "dispatch.h"

#include "base/json.h"
#include "base/text.h"

static enum substrate_status fail_at(struct substrate_error *error, size_t at, const char *what,
                                     unsigned number) {
    base_fail(error, SUBSTRATE_E_DECODE, "a DispatchError at byte %zu: %s %u", at, what, number);
    if (error != NULL) {
        error->position = at;
    }
    return SUBSTRATE_E_DECODE;
}

bool dispatch_error_is(const struct substrate_metadata *metadata, uint32_t type) {
    const struct type *given = types_get(&metadata->types, type);
    return given != NULL && given->kind == TYPE_VARIANT && given->path_count > 0 &&
           base_text_is(given->path[given->path_count - 1], "DispatchError");
}

/* Reads the index of a variant: NULL when there is none. */
static const struct type_variant *read_variant(const struct type *type,
                                               struct scale_reader *reader) {
    const uint8_t *index = scale_take(reader, 1);
    return index == NULL || type->kind != TYPE_VARIANT ? NULL : type->variants.by_index[*index];
}

/* The pallet's index and the error's, wherever they stand: ModuleError { index, error }, as a field
 * of the variant or, before 2022, as its fields. */
static enum substrate_status name_module(const struct substrate_metadata *metadata,
                                         struct substrate_bytes fields, size_t at,
                                         struct dispatch_error *dispatch,
                                         struct substrate_error *error) {
    if (fields.size < 2) {
        return fail_at(error, at, "no pallet and error in its bytes, which are",
                       (unsigned)fields.size);
    }
    const struct metadata_pallet *pallet = metadata_pallet_by_index(metadata, fields.data[0]);
    if (pallet == NULL) {
        return fail_at(error, at, "the runtime has no pallet", fields.data[0]);
    }
    const struct type *errors = types_get(&metadata->types, pallet->errors);
    bool known = errors != NULL && errors->kind == TYPE_VARIANT;
    const struct type_variant *variant = known ? errors->variants.by_index[fields.data[1]] : NULL;
    if (variant == NULL) {
        return fail_at(error, at, "its pallet has no error", fields.data[1]);
    }
    dispatch->pallet = pallet->name;
    dispatch->name = variant->name;
    return SUBSTRATE_OK;
}

enum substrate_status dispatch_error_read(const struct substrate_metadata *metadata, uint32_t type,
                                          struct scale_reader *reader,
                                          const struct value_limits *limits,
                                          struct dispatch_error *dispatch,
                                          struct substrate_error *error) {
    size_t at = reader->at;
    struct scale_reader ahead = *reader;
    enum substrate_status status = value_skip(metadata, type, reader, limits, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    const struct type *given = types_get(&metadata->types, type);
    const struct type_variant *variant = read_variant(given, &ahead);
    if (variant == NULL) {
        return fail_at(error, at, "no variant is in type", (unsigned)type);
    }
    *dispatch = (struct dispatch_error){.kind = variant->name};
    if (base_text_is(variant->name, "Module")) {
        struct substrate_bytes fields = {ahead.data + ahead.at, reader->at - ahead.at};
        return name_module(metadata, fields, at, dispatch, error);
    }
    const struct type *inner =
        variant->field_count == 1 ? types_get(&metadata->types, variant->fields[0].type) : NULL;
    const struct type_variant *nested = inner != NULL ? read_variant(inner, &ahead) : NULL;
    if (nested != NULL) {
        dispatch->name = nested->name;
    }
    return SUBSTRATE_OK;
}

static void write_name(struct base_buf *json, const char *member, struct substrate_text name) {
    base_buf_str(json, member);
    if (name.data == NULL) {
        base_buf_str(json, "null");
    } else {
        base_json_write_string(json, name);
    }
}

void dispatch_error_write(const struct dispatch_error *dispatch, struct base_buf *json) {
    write_name(json, "{\"kind\":", dispatch->kind);
    write_name(json, ",\"pallet\":", dispatch->pallet);
    write_name(json, ",\"name\":", dispatch->name);
    base_buf_char(json, '}');
}
