/* Runs a program over bytes. The cursor is kept in registers, everything that can fail rarely is
 * behind a call, and a vector is one allocation. */
#include "typed_program.h"

#include <string.h>
#include "base/json_text.h"
#include "base/text.h"

struct run {
    const struct typed_program *program;
    const struct value_limits *limits;
    struct base_arena *arena;
    struct substrate_error *error;
    const uint8_t *start, *at, *end;
    uint64_t nodes; /* what has been read and taken so far */
    size_t bytes;
};

/* Names the field and the offset: "NeuronInfoLite.uid at byte 65: the bytes are cut off". */
static enum substrate_status fail(const struct run *run,
                                  const struct typed_instruction *instruction,
                                  enum substrate_status status, const char *what) {
    const struct typed_field *field = instruction->field;
    const char *name = field == NULL ? "(skipped)" : field->name == NULL ? "" : field->name;
    size_t position = (size_t)(run->at - run->start);
    base_fail(run->error, status, "%s%s%s at byte %zu: %s", instruction->owner->name,
              name[0] == '\0' ? "" : ".", name, position, what);
    if (run->error != NULL) {
        run->error->position = position;
    }
    return status;
}

static enum substrate_status cut_off(const struct run *run,
                                     const struct typed_instruction *instruction) {
    return fail(run, instruction, SUBSTRATE_E_DECODE, "the bytes are cut off");
}

static inline size_t left(const struct run *run) { return (size_t)(run->end - run->at); }

/* Little endian, of 1 to 8 bytes. */
static inline uint64_t load(const uint8_t *from, unsigned size) {
    uint64_t value = 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    switch (size) {
    case 1:
        return *from;
    case 2:
        memcpy(&value, from, 2);
        return value;
    case 4:
        memcpy(&value, from, 4);
        return value;
    case 8:
        memcpy(&value, from, 8);
        return value;
    default:
        break;
    }
#endif
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)from[i] << (8 * i);
    }
    return value;
}

/* Into an integer of C. The halves stay apart: joined on the stack they would wait for each other.
 */
static inline void store(uint8_t *to, size_t size, uint64_t low, uint64_t high) {
    switch (size) {
    case 1:
        *to = (uint8_t)low;
        break;
    case 2:
        memcpy(to, &(uint16_t){(uint16_t)low}, 2);
        break;
    case 4:
        memcpy(to, &(uint32_t){(uint32_t)low}, 4);
        break;
    case 8:
        memcpy(to, &low, 8);
        break;
    default:
        memcpy(to + offsetof(struct typed_u128, low), &low, 8);
        memcpy(to + offsetof(struct typed_u128, high), &high, 8);
        break;
    }
}

/* Room in the arena, zeroed, within the limits; NULL with *status set. */
static void *take(struct run *run, const struct typed_instruction *instruction, size_t count,
                  size_t size, enum substrate_status *status) {
    size_t most = run->limits->bytes_max - run->bytes;
    if (size > 0 && count > most / size) {
        *status = fail(run, instruction, SUBSTRATE_E_LIMIT, "the value is too big");
        return NULL;
    }
    void *room = base_arena_calloc(run->arena, count, size);
    if (room == NULL) {
        *status = fail(run, instruction, SUBSTRATE_E_MEMORY, "out of memory");
        return NULL;
    }
    run->bytes += count * size;
    return room;
}

/* Compact integers of more than four bytes, and those that are cut off. */
static bool long_compact(struct run *run, unsigned wire, struct typed_u128 *value) {
    size_t there = left(run);
    unsigned size = there > 0 ? (*run->at >> 2) + 4u : 0;
    bool wide = size > 8 || there < 9;
    struct scale_reader reader = {run->at, there, 0};
    if (wide) {
        uint8_t bytes[32];
        if (!scale_compact_wide(&reader, bytes) || load(bytes + 16, 8) != 0 ||
            load(bytes + 24, 8) != 0) {
            return false;
        }
        *value = (struct typed_u128){load(bytes, 8), load(bytes + 8, 8)};
    } else {
        *value = (struct typed_u128){load(run->at + 1, 8) & UINT64_MAX >> (64 - 8 * size), 0};
        if (value->low >> (size == 4 ? 30 : 8 * (size - 1)) == 0) {
            return false;
        }
        reader.at = 1 + size;
    }
    if ((wire < 16 && value->high != 0) || (wire < 8 && value->low >> (8 * wire) != 0)) {
        return false;
    }
    run->at += reader.at;
    return true;
}

/* A compact integer of at most `wire` bytes, in its shortest form; else the cursor stays. */
static inline bool compact(struct run *run, unsigned wire, struct typed_u128 *value) {
    static const uint64_t LEAST[] = {0, 1 << 6, 1 << 14};
    size_t there = left(run);
    unsigned mode = there > 0 ? *run->at & 3 : 3;
    size_t size = (size_t)1 << mode;
    if (mode == 3 || there < size) {
        return long_compact(run, wire, value);
    }
    *value = (struct typed_u128){load(run->at, (unsigned)size) >> 2, 0};
    if (value->low < LEAST[mode] || (wire < 4 && value->low >> (8 * wire) != 0)) {
        return false;
    }
    run->at += size;
    return true;
}

static enum substrate_status no_compact(const struct run *run,
                                        const struct typed_instruction *instruction) {
    return fail(run, instruction, SUBSTRATE_E_DECODE,
                "no compact integer that is whole, in its shortest form and small enough");
}

static bool is_utf8(const uint8_t *bytes, size_t size) {
    const char *at = (const char *)bytes;
    const char *end = at + size;
    bool valid = true;
    while (valid && at < end) {
        at += base_utf8_step(at, end, &valid);
    }
    return valid;
}

/* A length of 32 bits, as SCALE has it, and so many elements of `size` bytes: a view of them. */
static enum substrate_status run_of(struct run *run, const struct typed_instruction *instruction,
                                    uint32_t size, struct substrate_bytes *view) {
    struct typed_u128 count;
    const uint8_t *before = run->at;
    if (!compact(run, 4, &count)) {
        return no_compact(run, instruction);
    }
    if (count.low > left(run) / size) {
        run->at = before;
        return cut_off(run, instruction);
    }
    *view = (struct substrate_bytes){run->at, (size_t)count.low * size};
    run->at += view->size;
    return SUBSTRATE_OK;
}

static enum substrate_status bytes(struct run *run, const struct typed_instruction *instruction,
                                   uint8_t *to) {
    struct substrate_bytes view;
    const uint8_t *before = run->at;
    enum substrate_status status = run_of(run, instruction, 1, &view);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    bool text = instruction->code == CODE_TEXT || instruction->code == CODE_TEXT_COPIED;
    if (text && !is_utf8(view.data, view.size)) {
        run->at = before;
        return fail(run, instruction, SUBSTRATE_E_DECODE, "the text is not UTF-8");
    }
    if (instruction->code == CODE_BYTES_COPIED || instruction->code == CODE_TEXT_COPIED) {
        uint8_t *copy = take(run, instruction, view.size, 1, &status);
        if (copy == NULL) {
            return status;
        }
        if (view.size > 0) {
            memcpy(copy, view.data, view.size);
        }
        view.data = copy;
    }
    if (text) {
        memcpy(to, &(struct substrate_text){(const char *)view.data, view.size},
               sizeof(struct substrate_text));
    } else {
        memcpy(to, &view, sizeof view);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status run_body(struct run *run, const struct typed_instruction *from,
                                      const struct typed_instruction *to, uint8_t *base);

static enum substrate_status vector(struct run *run, const struct typed_instruction *instruction,
                                    uint8_t *to) {
    struct typed_u128 count = {instruction->count, 0};
    const uint8_t *before = run->at;
    if (instruction->code == CODE_SEQUENCE && !compact(run, 4, &count)) {
        return no_compact(run, instruction);
    }
    /* Before anything is allocated: the elements could be there. */
    if (instruction->least > 0 && count.low > left(run) / instruction->least) {
        run->at = before;
        return cut_off(run, instruction);
    }
    run->nodes += count.low;
    if (run->nodes > run->limits->nodes_max) {
        return fail(run, instruction, SUBSTRATE_E_LIMIT, "the value has too many elements");
    }
    enum substrate_status status = SUBSTRATE_OK;
    uint8_t *items = take(run, instruction, (size_t)count.low, instruction->size, &status);
    if (items == NULL) {
        return status;
    }
    const struct typed_instruction *body = instruction + 1;
    const struct typed_instruction *end = body + instruction->body;
    for (size_t i = 0; status == SUBSTRATE_OK && i < count.low; i++) {
        status = run_body(run, body, end, items + i * instruction->size);
    }
    memcpy(to, &(struct typed_vector){items, (size_t)count.low}, sizeof(struct typed_vector));
    return status;
}

/* A byte that is 0 or 1. */
static bool flag(struct run *run, bool *value) {
    if (left(run) == 0 || *run->at > 1) {
        return false;
    }
    *value = *run->at++ == 1;
    return true;
}

static enum substrate_status no_flag(const struct run *run,
                                     const struct typed_instruction *instruction) {
    return left(run) == 0
               ? cut_off(run, instruction)
               : fail(run, instruction, SUBSTRATE_E_DECODE, "a byte that should be 0 or 1 is not");
}

static enum substrate_status skip(struct run *run, const struct typed_instruction *instruction) {
    if (instruction->code == CODE_SKIP_COMPACT) {
        struct typed_u128 ignored;
        return compact(run, 16, &ignored) ? SUBSTRATE_OK : no_compact(run, instruction);
    }
    if (instruction->code == CODE_SKIP_RUN) {
        struct substrate_bytes ignored;
        return run_of(run, instruction, instruction->least, &ignored);
    }
    struct scale_reader reader = {run->start, (size_t)(run->end - run->start),
                                  (size_t)(run->at - run->start)};
    struct substrate_error inner = {0};
    enum substrate_status status =
        value_skip(run->program->metadata, instruction->count, &reader, run->limits, &inner);
    if (status != SUBSTRATE_OK) {
        run->at = run->start + (inner.position < reader.size ? inner.position : reader.size);
        return fail(run, instruction, status, inner.message);
    }
    run->at = run->start + reader.at;
    return SUBSTRATE_OK;
}

/* An integer of `wire` bytes, which are there. */
static inline void integer(struct run *run, const struct typed_instruction *instruction,
                           uint8_t *to) {
    unsigned wire = instruction->wire;
    uint64_t high = wire > 8 ? load(run->at + 8, 8) : 0;
    store(to, instruction->size, load(run->at, wire > 8 ? 8 : wire), high);
    run->at += wire;
}

static enum substrate_status run_body(struct run *run, const struct typed_instruction *from,
                                      const struct typed_instruction *to, uint8_t *base) {
    enum substrate_status status = SUBSTRATE_OK;
    for (const struct typed_instruction *at = from; at < to && status == SUBSTRATE_OK; at++) {
        uint8_t *member = base + at->offset;
        struct typed_u128 value;
        bool is_set = true;
        switch ((enum typed_code)at->code) {
        case CODE_COMPACT:
            if (!compact(run, at->wire, &value)) {
                return no_compact(run, at);
            }
            store(member, at->size, value.low, value.high);
            break;
        case CODE_UINT:
            if (left(run) < at->wire) {
                return cut_off(run, at);
            }
            integer(run, at, member);
            break;
        case CODE_ACCOUNT:
            if (left(run) < sizeof(struct substrate_hash)) {
                return cut_off(run, at);
            }
            memcpy(member, run->at, sizeof(struct substrate_hash));
            run->at += sizeof(struct substrate_hash);
            break;
        case CODE_SKIP:
            if (left(run) < at->count) {
                return cut_off(run, at);
            }
            run->at += at->count;
            break;
        case CODE_BOOL:
        case CODE_OPTION:
        case CODE_SKIP_OPTION:
            if (!flag(run, &is_set)) {
                return no_flag(run, at);
            }
            if (at->code != CODE_SKIP_OPTION) {
                memcpy(member, &is_set, sizeof is_set);
            }
            at += is_set || at->code == CODE_BOOL ? 0 : at->body;
            break;
        case CODE_PRESENT:
            memcpy(member, &is_set, sizeof is_set);
            break;
        case CODE_BYTES:
        case CODE_BYTES_COPIED:
        case CODE_TEXT:
        case CODE_TEXT_COPIED:
            status = bytes(run, at, member);
            break;
        case CODE_SEQUENCE:
        case CODE_ARRAY:
            status = vector(run, at, member);
            at += at->body;
            break;
        case CODE_SKIP_COMPACT:
        case CODE_SKIP_RUN:
        case CODE_SKIP_VALUE:
            status = skip(run, at);
            break;
        }
    }
    return status;
}

enum substrate_status typed_read(const struct typed_program *program, struct substrate_bytes bytes,
                                 const struct value_limits *limits, struct base_arena *arena,
                                 void *out, struct substrate_error *error) {
    static const uint8_t NOTHING;
    const uint8_t *start = bytes.data == NULL ? &NOTHING : bytes.data;
    struct run run = {.program = program,
                      .limits = limits,
                      .arena = arena,
                      .error = error,
                      .start = start,
                      .at = start,
                      .end = start + bytes.size};
    memset(out, 0, program->description->size);
    enum substrate_status status =
        run_body(&run, program->list, program->list + program->count, out);
    if (status == SUBSTRATE_OK && run.at < run.end) {
        base_fail(error, SUBSTRATE_E_DECODE, "%s: %zu byte%s left over at byte %zu",
                  program->description->name, left(&run), left(&run) == 1 ? " is" : "s are",
                  (size_t)(run.at - run.start));
        if (error != NULL) {
            error->position = (size_t)(run.at - run.start);
        }
        status = SUBSTRATE_E_DECODE;
    }
    return status;
}
