/* What follows from the shapes and names of types, once all are known: roles, the size of values
 * that have one, fixed-point formats, the storage of bit sequences. A type that contains itself
 * with nothing in between that is read (a length, an index) has no finite value and is refused. */
#include "base/text.h"
#include "metadata_source.h"

/* Types directly inside each other; real ones stay below 20. */
#define HEIGHT_MAX 128
#define SIZE_VARIES UINT32_MAX

enum { PROGRESS_NONE, PROGRESS_OPEN, PROGRESS_DONE };

/* Reports a type, at the offset where it stands. */
static void fail_at(struct metadata_source *source, uint32_t id, enum substrate_status status,
                    const char *text) {
    source->place.type = id;
    source->reader.at = source->notes[id].position;
    source_fail(source, status, "%s", text);
}

static uint32_t size_add(uint32_t a, uint32_t b) {
    return a == SIZE_VARIES || b >= SIZE_VARIES - a ? SIZE_VARIES : a + b;
}

static uint32_t size_times(uint32_t size, uint32_t count) {
    uint64_t product = (uint64_t)size * count;
    return size == SIZE_VARIES || product >= SIZE_VARIES ? SIZE_VARIES : (uint32_t)product;
}

static uint32_t primitive_size(enum type_primitive primitive) {
    static const uint8_t SIZES[] = {
        [PRIMITIVE_BOOL] = 1,  [PRIMITIVE_CHAR] = 4,  [PRIMITIVE_U8] = 1,    [PRIMITIVE_U16] = 2,
        [PRIMITIVE_U32] = 4,   [PRIMITIVE_U64] = 8,   [PRIMITIVE_U128] = 16, [PRIMITIVE_U256] = 32,
        [PRIMITIVE_I8] = 1,    [PRIMITIVE_I16] = 2,   [PRIMITIVE_I32] = 4,   [PRIMITIVE_I64] = 8,
        [PRIMITIVE_I128] = 16, [PRIMITIVE_I256] = 32,
    };
    return primitive == PRIMITIVE_STR ? SIZE_VARIES : SIZES[primitive];
}

/* An enum without fields is one byte; with fields it is taken to vary. */
static uint32_t enum_size(const struct type *type) {
    uint32_t size = type->variants.count == 0 ? SIZE_VARIES : 1;
    for (uint32_t i = 0; i < type->variants.count; i++) {
        size = type->variants.list[i].field_count == 0 ? size : SIZE_VARIES;
    }
    return size;
}

static void measure(struct metadata_source *source, uint32_t id, unsigned depth);

/* The size of a type directly inside another, whose height grows with it. */
static uint32_t measure_inner(struct metadata_source *source, uint32_t inner,
                              struct type_note *outer, unsigned depth) {
    measure(source, inner, depth + 1);
    const struct type_note *note = &source->notes[inner];
    if (note->height >= outer->height) {
        outer->height = (uint8_t)(note->height + 1);
    }
    return note->size;
}

/* Sets size and height of a type and of all directly inside it. */
static void measure(struct metadata_source *source, uint32_t id, unsigned depth) {
    const struct type *type = &source->types[id];
    struct type_note *note = &source->notes[id];
    if (note->progress == PROGRESS_DONE || source->status != SUBSTRATE_OK) {
        return;
    }
    if (note->progress == PROGRESS_OPEN) {
        fail_at(source, id, SUBSTRATE_E_DECODE, "it contains itself, so no value of it ends");
        return;
    }
    note->progress = PROGRESS_OPEN;
    note->size = SIZE_VARIES;
    if (depth >= HEIGHT_MAX) {
        note->height = HEIGHT_MAX;
    } else if (type->kind == TYPE_COMPOSITE || type->kind == TYPE_TUPLE) {
        note->size = 0;
        for (uint32_t i = 0; i < type->fields.count; i++) {
            uint32_t inner = measure_inner(source, type->fields.fields[i].type, note, depth);
            note->size = size_add(note->size, inner);
        }
    } else if (type->kind == TYPE_ARRAY) {
        uint32_t inner = measure_inner(source, type->of.inner, note, depth);
        note->size = size_times(inner, type->of.length);
    } else if (type->kind == TYPE_COMPACT) {
        (void)measure_inner(source, type->of.inner, note, depth);
    } else if (type->kind == TYPE_PRIMITIVE) {
        note->size = primitive_size(type->primitive);
    } else if (type->kind == TYPE_VARIANT) {
        note->size = enum_size(type);
    }
    note->progress = PROGRESS_DONE;
    if (note->height >= HEIGHT_MAX) {
        fail_at(source, id, SUBSTRATE_E_LIMIT, "more types are inside each other than are read");
    }
}

static bool path_is(const struct type *type, const char *const *segments, uint32_t count) {
    bool is = type->path_count == count;
    for (uint32_t i = 0; is && i < count; i++) {
        is = base_text_is(type->path[i], segments[i]);
    }
    return is;
}

/* The type inside an Option, or METADATA_NO_TYPE. */
static uint32_t option_inner(const struct type *type) {
    static const char *const OPTION[] = {"Option"};
    if (type->kind != TYPE_VARIANT || type->variants.count != 2 || !path_is(type, OPTION, 1)) {
        return METADATA_NO_TYPE;
    }
    const struct type_variant *none = type->variants.by_index[0];
    const struct type_variant *some = type->variants.by_index[1];
    bool is_option = none != NULL && some != NULL && base_text_is(none->name, "None") &&
                     base_text_is(some->name, "Some") && none->field_count == 0 &&
                     some->field_count == 1;
    return is_option ? some->fields[0].type : METADATA_NO_TYPE;
}

/* Whether the JSON of a type may be null: it is the empty tuple, or an Option of one that may not.
 * So it hangs on how many Options are around what is innermost. */
static bool may_be_null(struct metadata_source *source, uint32_t id) {
    bool is_odd = false;
    uint32_t inner = id;
    for (unsigned hops = 0; hops <= HEIGHT_MAX; hops++) {
        const struct type *type = &source->types[inner];
        uint32_t next = option_inner(type);
        if (type->kind == TYPE_COMPACT) {
            next = type->of.inner;
        } else if (next == METADATA_NO_TYPE) {
            return (type->kind == TYPE_TUPLE && type->fields.count == 0) != is_odd;
        } else {
            is_odd = !is_odd;
        }
        inner = next;
    }
    fail_at(source, id, SUBSTRATE_E_LIMIT, "more Options are inside each other than are read");
    return false;
}

/* Whether a type is typenum's [crate]::module::name; the crate is typenum, or a fork of it. */
static bool is_typenum(const struct type *type, const char *module, const char *name) {
    return type != NULL && type->path_count == 3 && base_text_is(type->path[1], module) &&
           base_text_is(type->path[2], name);
}

/* An unsigned number of crate typenum: UTerm is 0, UInt<U, B> is 2 U + B. false: it is none, or
 * has more than 8 bits. */
static bool typenum_value(const struct types *types, uint32_t id, uint32_t *value) {
    *value = 0;
    for (uint32_t bit = 0; bit <= 8; bit++) {
        const struct type *type = types_get(types, id);
        if (is_typenum(type, "uint", "UTerm")) {
            return true;
        }
        if (bit == 8 || !is_typenum(type, "uint", "UInt") || type->parameter_count != 2) {
            return false;
        }
        const struct type *low = types_get(types, type->parameters[1].type);
        bool is_one = is_typenum(low, "bit", "B1");
        if (!is_one && !is_typenum(low, "bit", "B0")) {
            return false;
        }
        *value |= (uint32_t)is_one << bit;
        id = type->parameters[0].type;
    }
    return false;
}

/* substrate_fixed::FixedI128<Frac> and its like are one integer of as many bits. false: this one is
 * not. */
static bool resolve_fixed(const struct types *types, struct type *type) {
    static const struct {
        const char *name;
        enum type_primitive primitive;
        struct type_fixed fixed;
    } FORMATS[] = {
        {"FixedU8", PRIMITIVE_U8, {8, 0, false}},
        {"FixedI8", PRIMITIVE_I8, {8, 0, true}},
        {"FixedU16", PRIMITIVE_U16, {16, 0, false}},
        {"FixedI16", PRIMITIVE_I16, {16, 0, true}},
        {"FixedU32", PRIMITIVE_U32, {32, 0, false}},
        {"FixedI32", PRIMITIVE_I32, {32, 0, true}},
        {"FixedU64", PRIMITIVE_U64, {64, 0, false}},
        {"FixedI64", PRIMITIVE_I64, {64, 0, true}},
        {"FixedU128", PRIMITIVE_U128, {128, 0, false}},
        {"FixedI128", PRIMITIVE_I128, {128, 0, true}},
    };
    size_t at = 0;
    while (at < sizeof FORMATS / sizeof *FORMATS &&
           !base_text_is(type->path[1], FORMATS[at].name)) {
        at++;
    }
    if (at == sizeof FORMATS / sizeof *FORMATS) {
        return true; /* another type of that crate */
    }
    uint32_t fraction;
    if (type->kind != TYPE_COMPOSITE || type->fields.count != 1 || type->parameter_count != 1 ||
        !typenum_value(types, type->parameters[0].type, &fraction)) {
        return false;
    }
    const struct type *bits = types_get(types, type->fields.fields[0].type);
    type->role = ROLE_FIXED;
    type->fixed = FORMATS[at].fixed;
    type->fixed.fraction = (uint8_t)fraction;
    return bits->kind == TYPE_PRIMITIVE && bits->primitive == FORMATS[at].primitive &&
           fraction <= type->fixed.bits;
}

/* Types that are known by their path; the bytes they must have. */
static void resolve_known(struct metadata_source *source, uint32_t id) {
    static const struct {
        const char *path[3];
        uint32_t segments, size;
        enum type_role role;
    } KNOWN[] = {
        {{"sp_core", "crypto", "AccountId32"}, 3, 32, ROLE_ACCOUNT},
        {{"primitive_types", "H160", NULL}, 2, 20, ROLE_BYTES},
        {{"primitive_types", "H256", NULL}, 2, 32, ROLE_BYTES},
        {{"primitive_types", "H512", NULL}, 2, 64, ROLE_BYTES},
    };
    struct type *type = &source->types[id];
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        if (path_is(type, KNOWN[i].path, KNOWN[i].segments)) {
            type->role = KNOWN[i].role;
            if (type->kind != TYPE_COMPOSITE || type->fixed_size != KNOWN[i].size) {
                fail_at(source, id, SUBSTRATE_E_DECODE, "it is not the bytes that its name says");
            }
        }
    }
    if (type->path_count == 2 && base_text_is(type->path[0], "substrate_fixed") &&
        !resolve_fixed(&source->metadata->types, type)) {
        fail_at(source, id, SUBSTRATE_E_DECODE, "it is not the fixed-point number it says it is");
    }
}

static void resolve_bits(struct metadata_source *source, uint32_t id) {
    struct type *type = &source->types[id];
    const struct type *store = &source->types[source->notes[id].store];
    const struct type *order = &source->types[source->notes[id].order];
    struct substrate_text name = {NULL, 0};
    if (order->path_count > 0) {
        name = order->path[order->path_count - 1];
    }
    bool is_msb = base_text_is(name, "Msb0");
    bool is_unsigned = store->kind == TYPE_PRIMITIVE && store->primitive >= PRIMITIVE_U8 &&
                       store->primitive <= PRIMITIVE_U64;
    if (!is_unsigned || !(is_msb || base_text_is(name, "Lsb0"))) {
        fail_at(source, id, SUBSTRATE_E_DECODE,
                "a bit sequence wants u8 to u64 to be stored in, and Lsb0 or Msb0 for its order");
        return;
    }
    type->bits.store_bits = (uint8_t)(8 * primitive_size(store->primitive));
    type->bits.most_significant_first = is_msb;
}

static void resolve(struct metadata_source *source, uint32_t id) {
    struct type *type = &source->types[id];
    uint32_t inner = option_inner(type);
    if (inner != METADATA_NO_TYPE) {
        type->option = inner;
        type->role = may_be_null(source, inner) ? ROLE_NESTED_OPTION : ROLE_OPTION;
    } else if (type->kind == TYPE_SEQUENCE || type->kind == TYPE_ARRAY) {
        const struct type *item = &source->types[type->of.inner];
        bool is_u8 = item->kind == TYPE_PRIMITIVE && item->primitive == PRIMITIVE_U8;
        type->role = is_u8 ? ROLE_BYTES : ROLE_NONE;
    } else if (type->kind == TYPE_BITS) {
        resolve_bits(source, id);
    } else {
        resolve_known(source, id);
    }
}

void metadata_resolve_types(struct metadata_source *source) {
    uint32_t count = source->status == SUBSTRATE_OK ? source->metadata->types.count : 0;
    for (uint32_t id = 0; id < count && source->status == SUBSTRATE_OK; id++) {
        measure(source, id, 0);
        uint32_t size = source->notes[id].size;
        source->types[id].fixed_size = size == SIZE_VARIES ? 0 : size;
    }
    for (uint32_t id = 0; id < count && source->status == SUBSTRATE_OK; id++) {
        resolve(source, id);
    }
}
