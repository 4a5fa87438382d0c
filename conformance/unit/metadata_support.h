/* For tests of metadata: parsing what must parse, and bytes that nobody can be sure of. */
#ifndef METADATA_SUPPORT_H
#define METADATA_SUPPORT_H

#include "client_support.h"
#include "metadata_text.h"

#include <substrate/metadata.h>

static inline struct substrate_metadata *parse(struct substrate_bytes bytes) {
    struct substrate_metadata *metadata = NULL;
    struct substrate_error error = {0};
    enum substrate_status status = substrate_metadata_parse(bytes, &metadata, &error);
    ck_assert_msg(status == SUBSTRATE_OK, "%s (at %zu)", error.message, error.position);
    return metadata;
}

static inline struct substrate_bytes bytes_of(const struct base_buf *buf) {
    return (struct substrate_bytes){(const uint8_t *)buf->data, buf->size};
}

static inline const struct type *type_of(const struct substrate_metadata *metadata, uint32_t id) {
    const struct type *type = types_get(&metadata->types, id);
    ck_assert_ptr_nonnull(type);
    return type;
}

/* Adds up what is asked for, so that a bound on memory can be checked. */
struct counting {
    size_t asked, alive;
};

static inline void *counting_resize(void *context, void *memory, size_t size) {
    struct counting *counting = context;
    if (size == 0) {
        counting->alive -= memory != NULL;
        free(memory);
        return NULL;
    }
    void *resized = realloc(memory, size);
    counting->asked += size;
    counting->alive += memory == NULL && resized != NULL;
    return resized;
}

/* Whatever the bytes are, they parse or end with an error that says where, within memory bounded by
 * their size; and nothing is left. The bytes are in a block of their own size. */
static inline enum substrate_status survive(const uint8_t *data, size_t size) {
    struct counting counting = {0, 0};
    struct substrate_allocator allocator = {counting_resize, &counting};
    struct substrate_metadata *metadata = NULL;
    struct substrate_error error = {0};
    substrate_allocator_set(&allocator);
    enum substrate_status status =
        substrate_metadata_parse((struct substrate_bytes){data, size}, &metadata, &error);
    substrate_metadata_free(metadata);
    substrate_allocator_set(NULL);
    ck_assert_uint_eq(counting.alive, 0);
    ck_assert_uint_lt(counting.asked, 40 * size + (4u << 20));
    ck_assert((metadata != NULL) == (status == SUBSTRATE_OK));
    ck_assert(status == SUBSTRATE_OK || status == SUBSTRATE_E_DECODE ||
              status == SUBSTRATE_E_LIMIT);
    if (status != SUBSTRATE_OK) {
        ck_assert_uint_le(error.position, size);
        ck_assert_int_eq(strncmp(error.message, "metadata: ", 10), 0);
    }
    return status;
}

static inline void survive_cut(const uint8_t *data, size_t size) {
    uint8_t *cut = malloc(size == 0 ? 1 : size);
    ck_assert_ptr_nonnull(cut);
    memcpy(cut, data, size);
    ck_assert_int_ne(survive(cut, size), SUBSTRATE_OK);
    free(cut);
}

/* xorshift64: the same places in every run. */
static inline uint64_t next_place(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
