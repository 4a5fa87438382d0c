/* For people: names of types, which are the last segment of a path, or Rust's notation for what has
 * none; and messages about values, which name the type. */
#include "value.h"

#include "value_internal.h"

#include "base/text.h"

/* Longer names help nobody, and a type may be inside itself. */
#define NAME_DEPTH_MAX 8
#define NAME_SIZE_MAX 512
#define MESSAGE_NAME_MAX 80
#define ELLIPSIS "\xe2\x80\xa6"

struct namer {
    const struct types *types;
    struct base_buf *out;
    size_t before;
};

static void write_type(const struct namer *namer, uint32_t id, unsigned depth);

static bool is_long(const struct namer *namer) {
    return namer->out->failed || namer->out->size - namer->before > NAME_SIZE_MAX;
}

static void write_primitive(struct base_buf *out, enum type_primitive primitive) {
    static const char *const NAMES[] = {
        [PRIMITIVE_BOOL] = "bool", [PRIMITIVE_CHAR] = "char", [PRIMITIVE_STR] = "str",
        [PRIMITIVE_U8] = "u8",     [PRIMITIVE_U16] = "u16",   [PRIMITIVE_U32] = "u32",
        [PRIMITIVE_U64] = "u64",   [PRIMITIVE_U128] = "u128", [PRIMITIVE_U256] = "u256",
        [PRIMITIVE_I8] = "i8",     [PRIMITIVE_I16] = "i16",   [PRIMITIVE_I32] = "i32",
        [PRIMITIVE_I64] = "i64",   [PRIMITIVE_I128] = "i128", [PRIMITIVE_I256] = "i256",
    };
    base_buf_str(out, NAMES[primitive]);
}

/* NAME<INNER> */
static void write_generic(const struct namer *namer, const char *name, uint32_t inner,
                          unsigned depth) {
    base_buf_str(namer->out, name);
    base_buf_char(namer->out, '<');
    write_type(namer, inner, depth);
    base_buf_char(namer->out, '>');
}

static void write_array(const struct namer *namer, const struct type *type, unsigned depth) {
    base_buf_char(namer->out, '[');
    write_type(namer, type->of.inner, depth);
    base_buf_str(namer->out, "; ");
    base_buf_u64(namer->out, type->of.length);
    base_buf_char(namer->out, ']');
}

/* A tuple, or a composite without a name of its own: (A, B), {a: A, b: B}. */
static void write_fields(const struct namer *namer, const struct type *type, unsigned depth) {
    base_buf_char(namer->out, type->fields.named ? '{' : '(');
    for (uint32_t i = 0; i < type->fields.count; i++) {
        base_buf_str(namer->out, i > 0 ? ", " : "");
        if (is_long(namer)) {
            base_buf_str(namer->out, ELLIPSIS);
            break;
        }
        if (type->fields.named) {
            base_buf_text(namer->out, type->fields.fields[i].name);
            base_buf_str(namer->out, ": ");
        }
        write_type(namer, type->fields.fields[i].type, depth);
    }
    /* Rust tells a tuple of one from brackets by its comma. */
    bool single = !type->fields.named && type->fields.count == 1;
    base_buf_str(namer->out, type->fields.named ? "}" : single ? ",)" : ")");
}

static void write_bits(struct base_buf *out, const struct type *type) {
    base_buf_str(out, "BitVec<u");
    base_buf_u64(out, type->bits.store_bits);
    base_buf_str(out, type->bits.most_significant_first ? ", Msb0>" : ", Lsb0>");
}

/* Fixed-point types go by how many bits are on either side of the point: U64F64, I96F32. */
static void write_fixed(struct base_buf *out, struct type_fixed fixed) {
    base_buf_char(out, fixed.is_signed ? 'I' : 'U');
    base_buf_i64(out, (int64_t)fixed.bits - fixed.fraction);
    base_buf_char(out, 'F');
    base_buf_u64(out, fixed.fraction);
}

static void write_shape(const struct namer *namer, const struct type *type, unsigned depth) {
    switch (type->kind) {
    case TYPE_COMPOSITE:
    case TYPE_TUPLE:
        write_fields(namer, type, depth);
        break;
    case TYPE_VARIANT:
        base_buf_str(namer->out, "enum");
        break;
    case TYPE_SEQUENCE:
        write_generic(namer, "Vec", type->of.inner, depth);
        break;
    case TYPE_ARRAY:
        write_array(namer, type, depth);
        break;
    case TYPE_PRIMITIVE:
        write_primitive(namer->out, type->primitive);
        break;
    case TYPE_COMPACT:
        write_generic(namer, "Compact", type->of.inner, depth);
        break;
    case TYPE_BITS:
        write_bits(namer->out, type);
        break;
    }
}

/* The last segment, and the parameters that are types of the registry: Result<u32, Error>. */
static void write_path(const struct namer *namer, const struct type *type, unsigned depth) {
    const char *before = "<";
    base_buf_text(namer->out, type->path[type->path_count - 1]);
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (type->parameters[i].type == METADATA_NO_TYPE) {
            continue;
        }
        base_buf_str(namer->out, before);
        before = ", ";
        if (is_long(namer)) {
            base_buf_str(namer->out, ELLIPSIS);
            break;
        }
        write_type(namer, type->parameters[i].type, depth);
    }
    base_buf_str(namer->out, before[0] == ',' ? ">" : "");
}

static void write_type(const struct namer *namer, uint32_t id, unsigned depth) {
    const struct type *type = types_get(namer->types, id);
    if (type == NULL) {
        base_buf_str(namer->out, "type ");
        base_buf_u64(namer->out, id);
    } else if (depth == 0 || is_long(namer)) {
        base_buf_str(namer->out, ELLIPSIS);
    } else if (type->role == ROLE_OPTION || type->role == ROLE_NESTED_OPTION) {
        write_generic(namer, "Option", type->option, depth - 1);
    } else if (type->role == ROLE_FIXED) {
        write_fixed(namer->out, type->fixed);
    } else if (type->path_count > 0) {
        write_path(namer, type, depth - 1);
    } else {
        write_shape(namer, type, depth - 1);
    }
}

void type_write_name(const struct substrate_metadata *metadata, uint32_t type,
                     struct base_buf *out) {
    struct namer namer = {&metadata->types, out, out->size};
    write_type(&namer, type, NAME_DEPTH_MAX);
}

const char *value_message_end(const char *message) {
    const size_t size = strlen(VALUE_WHOLE);
    return strncmp(message, VALUE_WHOLE, size) == 0 && message[size] == ':' ? message + size
                                                                            : message;
}

enum substrate_status value_report(const struct value_fault *fault, const struct value_path *path,
                                   const struct substrate_metadata *metadata,
                                   struct substrate_error *error) {
    struct substrate_text place = value_path_text(path);
    struct base_buf name = BASE_BUF_INIT;
    type_write_name(metadata, fault->type, &name);
    int size = (int)(name.size < MESSAGE_NAME_MAX ? name.size : MESSAGE_NAME_MAX);
    (void)base_fail(error, fault->status, "%.*s: %.*s: %s", (int)place.size, place.data, size,
                    size == 0 ? "" : name.data, fault->message);
    base_buf_free(&name);
    if (error != NULL) {
        error->position = fault->position;
    }
    return fault->status;
}
