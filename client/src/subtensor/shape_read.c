/* Reading by shape: makes the codec's description out of a shape, compiles it for the type that the
 * runtime has, and runs it. What was compiled is kept beside the runtime's metadata. */
#include <string.h>

#include <subtensor/types.h>

#include "base/mem.h"
#include "base/text.h"
#include "codec/metadata_kept.h"
#include "codec/typed.h"
#include "shape.h"

#define DEPTH_MAX 16 /* of shapes in shapes: they are finite, and this is the proof of it */

#define COMPILED_BLOCK 1024

struct builder {
    struct base_arena *arena;
    unsigned depth;
};

static const struct typed_struct *build(struct builder *builder, const struct shape *shape);

/* What a value of a shape is to the codec: a leaf is itself, all else a struct. */
static bool describe(struct builder *builder, const struct shape *shape,
                     struct typed_field *field) {
    static const enum typed_kind KINDS[] = {
        [SHAPE_BOOL] = TYPED_BOOL, [SHAPE_U8] = TYPED_U8,           [SHAPE_U16] = TYPED_U16,
        [SHAPE_U32] = TYPED_U32,   [SHAPE_U64] = TYPED_U64,         [SHAPE_U128] = TYPED_U128,
        [SHAPE_IP] = TYPED_U128,   [SHAPE_ACCOUNT] = TYPED_ACCOUNT, [SHAPE_TEXT] = TYPED_BYTES,
    };
    field->size = shape->size;
    field->present = TYPED_ALWAYS;
    if (shape->kind <= SHAPE_TEXT) {
        field->kind = KINDS[shape->kind];
        field->flags = shape->kind == SHAPE_TEXT ? TYPED_COPIED : 0;
        return true;
    }
    field->kind = TYPED_STRUCT;
    field->of = build(builder, shape);
    return field->of != NULL;
}

/* The one field of what is no struct to the metadata but a value. */
static bool describe_value(struct builder *builder, const struct shape *shape,
                           struct typed_field *field) {
    switch ((int)shape->kind) {
    case SHAPE_LETTERS:
    case SHAPE_BYTES:
        field->kind = TYPED_U8;
        field->shape = TYPED_VECTOR;
        break;
    case SHAPE_I32F32:
        field->name = "bits";
        field->kind = TYPED_I64;
        break;
    case SHAPE_I96F32:
        field->name = "bits";
        field->kind = TYPED_I128;
        break;
    case SHAPE_MAYBE:
        if (!describe(builder, shape->of, field)) {
            return false;
        }
        field->shape = TYPED_OPTION;
        field->offset = shape->value;
        field->present = 0;
        return true;
    case SHAPE_LIST:
        if (!describe(builder, shape->of, field)) {
            return false;
        }
        field->shape = TYPED_VECTOR;
        break;
    default:
        return describe(builder, shape, field);
    }
    field->size = shape->size;
    field->present = TYPED_ALWAYS;
    return true;
}

/* What may be missing is an Option, or, in a plain struct, is there as it is; a runtime that does
 * not have the field at all misses it as well. */
static bool describe_field(struct builder *builder, enum shape_kind owner,
                           const struct shape_field *from, struct typed_field *to) {
    const struct shape *shape = from->shape;
    bool plain = shape->kind == SHAPE_MAYBE && owner == SHAPE_PLAIN;
    if (!describe(builder, plain ? shape->of : shape, to)) {
        return false;
    }
    to->name = owner == SHAPE_TUPLE ? NULL : from->wire;
    to->offset = from->offset + (plain ? shape->value : 0);
    if (shape->kind == SHAPE_MAYBE) {
        to->flags |= TYPED_MAYBE;
        to->present = from->offset;
    }
    return true;
}

static bool build_fields(struct builder *builder, const struct shape *shape,
                         struct typed_struct *made, struct typed_field *fields) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *field = &shape->fields[i];
        if (field->wire != NULL &&
            !describe_field(builder, shape->kind, field, &fields[made->count++])) {
            return false;
        }
    }
    return true;
}

/* NULL: out of memory. */
static const struct typed_struct *build(struct builder *builder, const struct shape *shape) {
    bool has_fields = shape->fields != NULL;
    size_t count = has_fields ? shape->count : 1;
    struct typed_struct *made = base_arena_calloc(builder->arena, 1, sizeof(*made));
    struct typed_field *fields = base_arena_calloc(builder->arena, count, sizeof(*fields));
    if (made == NULL || fields == NULL || builder->depth == DEPTH_MAX) {
        return NULL;
    }
    *made = (struct typed_struct){shape->name, fields, 0, shape->size};
    builder->depth += 1;
    bool built = has_fields ? build_fields(builder, shape, made, fields)
                            : describe_value(builder, shape, fields);
    builder->depth -= 1;
    made->count = has_fields ? made->count : 1;
    return built ? made : NULL;
}

/* A shape that was compiled for a type; kept beside the metadata. */
struct compiled {
    struct metadata_kept kept;
    const struct typed_program *program;
};

/* Sets *out on success alone. */
static enum substrate_status compile(const struct shape *shape, const struct shape_source *source,
                                     const struct compiled **out, struct substrate_error *error) {
    struct compiled *compiled = base_calloc(1, sizeof(*compiled));
    if (compiled == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    struct base_arena *arena = &compiled->kept.arena;
    struct builder builder = {arena, 0};
    compiled->kept.key = shape;
    compiled->kept.type = source->type;
    base_arena_init(arena, COMPILED_BLOCK);
    const struct typed_struct *description = build(&builder, shape);
    enum substrate_status status = description == NULL
                                       ? base_fail(error, SUBSTRATE_E_MEMORY, "out of memory")
                                       : typed_compile(source->metadata, source->type, description,
                                                       arena, &compiled->program, error);
    if (status != SUBSTRATE_OK) {
        base_arena_free(arena);
        base_free(compiled);
        return status;
    }
    *out = (const struct compiled *)(const void *)metadata_keep(source->metadata, &compiled->kept);
    return SUBSTRATE_OK;
}

enum substrate_status shape_read(const struct shape *shape, const struct shape_source *source,
                                 struct base_arena *arena, void **value,
                                 struct substrate_error *error) {
    static const struct value_limits limits = VALUE_LIMITS;
    const struct compiled *compiled = (const struct compiled *)(const void *)metadata_kept_get(
        source->metadata, shape, source->type);
    *value = base_arena_calloc(arena, 1, shape->size);
    if (*value == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    if (compiled == NULL) {
        enum substrate_status status = compile(shape, source, &compiled, error);
        if (compiled == NULL) {
            return status;
        }
    }
    return typed_read(compiled->program, source->bytes, &limits, arena, *value, error);
}
