/* From a description and a type to a program: walks the type's fields in their order on the wire,
 * and for each emits what the description says of its name, or a skip. */
#include "typed_program.h"

#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define DEPTH_MAX 32       /* of structs in structs; no description has more */
#define SKIP_DEPTH_MAX 3   /* deeper types, */
#define SKIP_FIELDS_MAX 32 /* or wider ones, are left to value_skip */

struct compiler {
    const struct substrate_metadata *metadata;
    struct substrate_error *error;
    struct typed_instruction *list;
    size_t count, capacity;
    size_t fence;   /* instructions before it end a body: nothing is merged into them */
    uint32_t least; /* bytes that the values take on the wire at least */
    uint32_t depth;
};

/* Where in the description the compiler is, and where in C its struct begins. */
struct place {
    const struct typed_struct *owner;
    const struct typed_field *field;
    size_t base;
};

static const struct {
    uint8_t size;
    bool is_integer, is_signed;
    const char *name;
} KINDS[] = {
    [TYPED_BOOL] = {sizeof(bool), false, false, "bool"},
    [TYPED_U8] = {1, true, false, "u8"},
    [TYPED_U16] = {2, true, false, "u16"},
    [TYPED_U32] = {4, true, false, "u32"},
    [TYPED_U64] = {8, true, false, "u64"},
    [TYPED_U128] = {16, true, false, "u128"},
    [TYPED_I8] = {1, true, true, "i8"},
    [TYPED_I16] = {2, true, true, "i16"},
    [TYPED_I32] = {4, true, true, "i32"},
    [TYPED_I64] = {8, true, true, "i64"},
    [TYPED_I128] = {16, true, true, "i128"},
    [TYPED_ACCOUNT] = {sizeof(struct substrate_hash), false, false, "an array of 32 bytes"},
    [TYPED_BYTES] = {sizeof(struct substrate_bytes), false, false, "a sequence of bytes"},
    [TYPED_TEXT] = {sizeof(struct substrate_text), false, false, "text"},
    [TYPED_STRUCT] = {0, false, false, "a struct"},
};

static size_t size_in_c(const struct typed_field *field) {
    return field->kind == TYPED_STRUCT ? field->of->size : KINDS[field->kind].size;
}

static const char *field_name(const struct typed_field *field) {
    return field->name == NULL ? "(unnamed)" : field->name;
}

/* "NeuronInfoLite.uid: the runtime has Compact<u32>, the program reads u16" */
static enum substrate_status differs(struct compiler *compiler, const struct place *place,
                                     uint32_t type, const char *wanted) {
    struct base_buf has = BASE_BUF_INIT;
    type_write_name(compiler->metadata, type, &has);
    base_fail(compiler->error, SUBSTRATE_E_DECODE,
              "%s.%s: the runtime has %.*s, the program reads %s", place->owner->name,
              field_name(place->field), (int)has.size, has.data == NULL ? "" : has.data, wanted);
    base_buf_free(&has);
    return SUBSTRATE_E_DECODE;
}

static enum substrate_status contradicts(struct compiler *compiler, const struct place *place,
                                         const char *what) {
    return base_fail(compiler->error, SUBSTRATE_E_ARGUMENT, "the description of %s.%s %s",
                     place->owner->name, field_name(place->field), what);
}

static enum substrate_status too_deep(struct compiler *compiler, const struct typed_struct *owner) {
    return base_fail(compiler->error, SUBSTRATE_E_LIMIT, "%s is nested too deep", owner->name);
}

static enum substrate_status emit(struct compiler *compiler, const struct place *place,
                                  struct typed_instruction instruction) {
    void *list = compiler->list;
    if (compiler->count == UINT32_MAX ||
        !base_grow(&list, &compiler->capacity, compiler->count + 1, sizeof *compiler->list)) {
        return base_fail(compiler->error, SUBSTRATE_E_MEMORY, "no memory to compile %s",
                         place->owner->name);
    }
    compiler->list = list;
    instruction.owner = place->owner;
    instruction.field = place->field;
    compiler->list[compiler->count++] = instruction;
    return SUBSTRATE_OK;
}

static void takes(struct compiler *compiler, uint32_t least) {
    compiler->least = compiler->least > UINT32_MAX - least ? UINT32_MAX : compiler->least + least;
}

/* The type behind those that only wrap one unnamed field; NULL, with the error set, when there is
 * no end to them. */
static const struct type *look_through(struct compiler *compiler, const struct place *place,
                                       uint32_t *id) {
    for (uint32_t depth = 0; depth < DEPTH_MAX; depth++) {
        const struct type *type = types_get(&compiler->metadata->types, *id);
        if (type == NULL) {
            base_fail(compiler->error, SUBSTRATE_E_DECODE, "%s: the metadata has no type %u",
                      place->owner->name, (unsigned)*id);
            return NULL;
        }
        bool wraps =
            (type->kind == TYPE_COMPOSITE && !type->fields.named) || type->kind == TYPE_TUPLE;
        if (!wraps || type->fields.count != 1) {
            return type;
        }
        *id = type->fields.fields[0].type;
    }
    (void)too_deep(compiler, place->owner);
    return NULL;
}

/* What look_through failed with. */
static enum substrate_status lost(const struct compiler *compiler) {
    return compiler->error->status;
}

/* Bytes of a primitive integer on the wire; 0: it is none of that sign. */
static uint8_t integer_bytes(const struct type *type, bool is_signed) {
    static const uint8_t BYTES[] = {1, 2, 4, 8, 16, 32};
    int first = is_signed ? PRIMITIVE_I8 : PRIMITIVE_U8;
    int index = type->kind == TYPE_PRIMITIVE ? (int)type->primitive - first : -1;
    return index >= 0 && index < 6 ? BYTES[index] : 0;
}

/* Instructions that follow `at` up to now are its body; `least` is put back to `before`. */
static void end_body(struct compiler *compiler, size_t at, uint32_t before) {
    compiler->list[at].body = (uint32_t)(compiler->count - at - 1);
    compiler->fence = compiler->count;
    compiler->least = before;
}

/* --- skips --- */

static enum substrate_status skip(struct compiler *compiler, const struct place *place, uint32_t id,
                                  unsigned depth);

static enum substrate_status skip_bytes(struct compiler *compiler, const struct place *place,
                                        uint32_t count) {
    takes(compiler, count);
    if (compiler->count > compiler->fence) {
        struct typed_instruction *last = &compiler->list[compiler->count - 1];
        if (last->code == CODE_SKIP && last->count <= UINT32_MAX - count) {
            last->count += count;
            return SUBSTRATE_OK;
        }
    }
    return emit(compiler, place, (struct typed_instruction){.code = CODE_SKIP, .count = count});
}

static enum substrate_status skip_option(struct compiler *compiler, const struct place *place,
                                         uint32_t inner, unsigned depth) {
    size_t at = compiler->count;
    takes(compiler, 1);
    uint32_t least = compiler->least;
    enum substrate_status status =
        emit(compiler, place, (struct typed_instruction){.code = CODE_SKIP_OPTION});
    if (status == SUBSTRATE_OK) {
        status = skip(compiler, place, inner, depth + 1);
    }
    if (status == SUBSTRATE_OK) {
        end_body(compiler, at, least);
    }
    return status;
}

static enum substrate_status skip_run(struct compiler *compiler, const struct place *place,
                                      uint32_t element) {
    takes(compiler, 1);
    return emit(compiler, place,
                (struct typed_instruction){.code = CODE_SKIP_RUN, .least = element});
}

static enum substrate_status skip_any(struct compiler *compiler, const struct place *place,
                                      uint32_t id) {
    return emit(compiler, place, (struct typed_instruction){.code = CODE_SKIP_VALUE, .count = id});
}

/* Compact<()> takes no bytes, and Compact<U256> more than the instruction reads. */
static enum substrate_status skip_compact(struct compiler *compiler, const struct place *place,
                                          uint32_t id) {
    uint32_t inner = types_get(&compiler->metadata->types, id)->of.inner;
    const struct type *integer = look_through(compiler, place, &inner);
    if (integer == NULL) {
        return lost(compiler);
    }
    uint8_t wire = integer_bytes(integer, false);
    if (wire == 0 || wire > sizeof(struct typed_u128)) {
        return skip_any(compiler, place, id);
    }
    takes(compiler, 1);
    return emit(compiler, place, (struct typed_instruction){.code = CODE_SKIP_COMPACT});
}

static bool is_option(const struct type *type) {
    return type->role == ROLE_OPTION || type->role == ROLE_NESTED_OPTION;
}

/* Common shapes become instructions of their own; value_skip does the rest, so that hostile types
 * cannot make a program long. */
static enum substrate_status skip(struct compiler *compiler, const struct place *place, uint32_t id,
                                  unsigned depth) {
    const struct type *type = types_get(&compiler->metadata->types, id);
    if (type == NULL || depth > SKIP_DEPTH_MAX) {
        return skip_any(compiler, place, id);
    }
    if (type->fixed_size > 0) {
        return skip_bytes(compiler, place, type->fixed_size);
    }
    if (type->kind == TYPE_COMPACT) {
        return skip_compact(compiler, place, id);
    }
    if (is_option(type)) {
        return skip_option(compiler, place, type->option, depth);
    }
    if (type->kind == TYPE_PRIMITIVE && type->primitive == PRIMITIVE_STR) {
        return skip_run(compiler, place, 1);
    }
    if (type->kind == TYPE_SEQUENCE) {
        const struct type *inner = types_get(&compiler->metadata->types, type->of.inner);
        return inner != NULL && inner->fixed_size > 0 ? skip_run(compiler, place, inner->fixed_size)
                                                      : skip_any(compiler, place, id);
    }
    bool has_fields = type->kind == TYPE_COMPOSITE || type->kind == TYPE_TUPLE;
    if (!has_fields || type->fields.count > SKIP_FIELDS_MAX) {
        return skip_any(compiler, place, id);
    }
    enum substrate_status status = SUBSTRATE_OK;
    for (uint32_t i = 0; status == SUBSTRATE_OK && i < type->fields.count; i++) {
        status = skip(compiler, place, type->fields.fields[i].type, depth + 1);
    }
    return status;
}

/* --- what is described --- */

static enum substrate_status compile_struct(struct compiler *compiler,
                                            const struct typed_struct *owner, uint32_t type,
                                            size_t base);

static enum substrate_status compile_integer(struct compiler *compiler, const struct place *place,
                                             uint32_t id, size_t to) {
    enum typed_kind kind = place->field->kind;
    const struct type *type = look_through(compiler, place, &id);
    if (type == NULL) {
        return lost(compiler);
    }
    bool compact = type->kind == TYPE_COMPACT && !KINDS[kind].is_signed;
    uint32_t inner = compact ? type->of.inner : id;
    const struct type *integer = look_through(compiler, place, &inner);
    if (integer == NULL) {
        return lost(compiler);
    }
    uint8_t wire = integer_bytes(integer, KINDS[kind].is_signed);
    bool fits = KINDS[kind].is_signed ? wire == KINDS[kind].size : wire <= KINDS[kind].size;
    if (wire == 0 || !fits) {
        return differs(compiler, place, id, KINDS[kind].name);
    }
    takes(compiler, compact ? 1 : wire);
    return emit(compiler, place,
                (struct typed_instruction){.code = compact ? CODE_COMPACT : CODE_UINT,
                                           .wire = wire,
                                           .offset = to,
                                           .size = KINDS[kind].size});
}

static bool is_byte(const struct compiler *compiler, uint32_t id) {
    const struct type *type = types_get(&compiler->metadata->types, id);
    return type != NULL && integer_bytes(type, false) == 1;
}

/* bool, account, bytes, text. */
static enum substrate_status compile_other(struct compiler *compiler, const struct place *place,
                                           uint32_t id, size_t to) {
    enum typed_kind kind = place->field->kind;
    bool copied = (place->field->flags & TYPED_COPIED) != 0;
    const struct type *type = look_through(compiler, place, &id);
    if (type == NULL) {
        return lost(compiler);
    }
    bool primitive = type->kind == TYPE_PRIMITIVE;
    enum typed_code code;
    uint32_t least = 1;
    bool fits;
    if (kind == TYPED_BOOL) {
        code = CODE_BOOL;
        fits = primitive && type->primitive == PRIMITIVE_BOOL;
    } else if (kind == TYPED_ACCOUNT) {
        code = CODE_ACCOUNT;
        least = sizeof(struct substrate_hash);
        fits = type->kind == TYPE_ARRAY && type->of.length == least &&
               is_byte(compiler, type->of.inner);
    } else if (kind == TYPED_BYTES) {
        code = copied ? CODE_BYTES_COPIED : CODE_BYTES;
        fits = type->kind == TYPE_SEQUENCE && is_byte(compiler, type->of.inner);
    } else {
        code = copied ? CODE_TEXT_COPIED : CODE_TEXT;
        fits = primitive && type->primitive == PRIMITIVE_STR;
    }
    if (!fits) {
        return differs(compiler, place, id, KINDS[kind].name);
    }
    takes(compiler, least);
    return emit(compiler, place, (struct typed_instruction){.code = (uint8_t)code, .offset = to});
}

/* One value of the field's kind, at `to`. */
static enum substrate_status compile_kind(struct compiler *compiler, const struct place *place,
                                          uint32_t id, size_t to) {
    if (place->field->kind == TYPED_STRUCT) {
        return compile_struct(compiler, place->field->of, id, to);
    }
    return KINDS[place->field->kind].is_integer ? compile_integer(compiler, place, id, to)
                                                : compile_other(compiler, place, id, to);
}

static enum substrate_status compile_option(struct compiler *compiler, const struct place *place,
                                            uint32_t id) {
    const struct type *type = look_through(compiler, place, &id);
    if (type == NULL) {
        return lost(compiler);
    }
    if (!is_option(type)) {
        return differs(compiler, place, id, "an Option");
    }
    size_t at = compiler->count;
    takes(compiler, 1);
    uint32_t least = compiler->least;
    enum substrate_status status =
        emit(compiler, place,
             (struct typed_instruction){.code = CODE_OPTION,
                                        .offset = place->base + place->field->present});
    if (status == SUBSTRATE_OK) {
        status = compile_kind(compiler, place, type->option, place->base + place->field->offset);
    }
    if (status == SUBSTRATE_OK) {
        end_body(compiler, at, least);
    }
    return status;
}

static enum substrate_status compile_vector(struct compiler *compiler, const struct place *place,
                                            uint32_t id) {
    const struct type *type = look_through(compiler, place, &id);
    if (type == NULL) {
        return lost(compiler);
    }
    if (type->kind != TYPE_SEQUENCE && type->kind != TYPE_ARRAY) {
        return differs(compiler, place, id, "a sequence or an array");
    }
    size_t at = compiler->count;
    bool array = type->kind == TYPE_ARRAY;
    uint32_t before = compiler->least;
    enum substrate_status status =
        emit(compiler, place,
             (struct typed_instruction){.code = array ? CODE_ARRAY : CODE_SEQUENCE,
                                        .count = array ? type->of.length : 0,
                                        .offset = place->base + place->field->offset,
                                        .size = size_in_c(place->field)});
    compiler->least = 0;
    if (status == SUBSTRATE_OK) {
        status = compile_kind(compiler, place, type->of.inner, 0);
    }
    if (status != SUBSTRATE_OK) {
        return status;
    }
    uint32_t least = compiler->least;
    uint64_t whole = array ? (uint64_t)least * type->of.length : 1;
    compiler->list[at].least = least;
    end_body(compiler, at, before);
    takes(compiler, whole > UINT32_MAX ? UINT32_MAX : (uint32_t)whole);
    return SUBSTRATE_OK;
}

/* Mistakes in the table itself. */
static enum substrate_status check_field(struct compiler *compiler, const struct place *place) {
    const struct typed_field *field = place->field;
    bool needs_present = field->shape == TYPED_OPTION || (field->flags & TYPED_MAYBE) != 0;
    if (field->kind == TYPED_STRUCT && (field->of == NULL || field->of->count == 0)) {
        return contradicts(compiler, place, "is of no struct, or of one without fields");
    }
    if (needs_present && field->present == TYPED_ALWAYS) {
        return contradicts(compiler, place, "may be absent, but has no `present`");
    }
    size_t size = field->shape == TYPED_VECTOR ? sizeof(struct typed_vector) : size_in_c(field);
    if (field->size != size) {
        return contradicts(compiler, place, "is of another size than its member in C");
    }
    return SUBSTRATE_OK;
}

static enum substrate_status compile_field(struct compiler *compiler, const struct place *place,
                                           uint32_t type) {
    const struct typed_field *field = place->field;
    enum substrate_status status = check_field(compiler, place);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    if (field->shape == TYPED_OPTION) {
        return compile_option(compiler, place, type);
    }
    if ((field->flags & TYPED_MAYBE) != 0) {
        status = emit(compiler, place,
                      (struct typed_instruction){.code = CODE_PRESENT,
                                                 .offset = place->base + field->present});
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return field->shape == TYPED_VECTOR
               ? compile_vector(compiler, place, type)
               : compile_kind(compiler, place, type, place->base + field->offset);
}

/* What the description says of the field number `index` of a type; NULL: nothing. */
static const struct typed_field *described(const struct typed_struct *owner,
                                           const struct type *type, uint32_t index) {
    for (size_t i = 0; i < owner->count; i++) {
        const char *name = owner->fields[i].name;
        if (name == NULL ? i == index : base_text_is(type->fields.fields[index].name, name)) {
            return &owner->fields[i];
        }
    }
    return NULL;
}

/* Every field of the description is in the type, or may be missing; positions are all there. */
static enum substrate_status check_fields(struct compiler *compiler,
                                          const struct typed_struct *owner, uint32_t id,
                                          const struct type *type) {
    for (size_t i = 0; i < owner->count; i++) {
        const struct typed_field *field = &owner->fields[i];
        struct place place = {owner, field, 0};
        bool found = false;
        if (field->name == NULL) {
            found = !type->fields.named && type->fields.count == owner->count;
        }
        for (uint32_t j = 0; !found && field->name != NULL && j < type->fields.count; j++) {
            found = base_text_is(type->fields.fields[j].name, field->name);
        }
        if (found) {
            continue;
        }
        if ((field->flags & TYPED_MAYBE) == 0) {
            return differs(compiler, &place, id,
                           field->name == NULL ? "a tuple of another length"
                                               : "a field of this name, which is not there");
        }
        enum substrate_status status = check_field(compiler, &place);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status compile_fields(struct compiler *compiler,
                                            const struct typed_struct *owner, uint32_t id,
                                            size_t base) {
    struct place whole = {owner, &owner->fields[0], base};
    const struct type *type = look_through(compiler, &whole, &id);
    if (type == NULL) {
        return lost(compiler);
    }
    if (type->kind != TYPE_COMPOSITE && type->kind != TYPE_TUPLE) {
        return differs(compiler, &whole, id, "a field of a struct");
    }
    enum substrate_status status = check_fields(compiler, owner, id, type);
    for (uint32_t i = 0; status == SUBSTRATE_OK && i < type->fields.count; i++) {
        struct place place = {owner, described(owner, type, i), base};
        uint32_t inner = type->fields.fields[i].type;
        status = place.field == NULL ? skip(compiler, &place, inner, 0)
                                     : compile_field(compiler, &place, inner);
    }
    return status;
}

static enum substrate_status compile_struct(struct compiler *compiler,
                                            const struct typed_struct *owner, uint32_t type,
                                            size_t base) {
    if (compiler->depth == DEPTH_MAX) {
        return too_deep(compiler, owner);
    }
    compiler->depth++;
    bool is_value = owner->count == 1 && owner->fields[0].name == NULL;
    struct place place = {owner, &owner->fields[0], base};
    enum substrate_status status = is_value ? compile_field(compiler, &place, type)
                                            : compile_fields(compiler, owner, type, base);
    compiler->depth--;
    return status;
}

enum substrate_status typed_compile(const struct substrate_metadata *metadata, uint32_t type,
                                    const struct typed_struct *description,
                                    struct base_arena *arena, const struct typed_program **program,
                                    struct substrate_error *error) {
    struct substrate_error own = {0};
    struct compiler compiler = {.metadata = metadata, .error = error == NULL ? &own : error};
    enum substrate_status status = compile_struct(&compiler, description, type, 0);
    if (status == SUBSTRATE_OK) {
        size_t size = compiler.count * sizeof *compiler.list;
        struct typed_program *made = base_arena_alloc(arena, sizeof *made + size);
        if (made == NULL) {
            status =
                base_fail(error, SUBSTRATE_E_MEMORY, "no memory to compile %s", description->name);
        } else {
            *made = (struct typed_program){metadata, description, (uint32_t)compiler.count};
            if (size > 0) {
                memcpy(made->list, compiler.list, size);
            }
            *program = made;
        }
    }
    base_free(compiler.list);
    return status;
}
