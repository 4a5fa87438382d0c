/* SCALE at its lowest level: a cursor over borrowed bytes, and what every value is made of. Little
 * endian throughout (Substrate docs, "SCALE codec"). Nothing is allocated. */
#ifndef CODEC_SCALE_H
#define CODEC_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <substrate/base.h>

struct scale_reader {
    const uint8_t *data;
    size_t size, at; /* at <= size */
};

static inline struct scale_reader scale_reader(struct substrate_bytes bytes) {
    /* No bytes at all still have a place, so that taking none of them is no failure. */
    static const uint8_t NONE[1] = {0};
    return (struct scale_reader){bytes.data != NULL ? bytes.data : NONE, bytes.size, 0};
}

static inline size_t scale_left(const struct scale_reader *reader) {
    return reader->size - reader->at;
}

/* The next `count` bytes, borrowed; NULL when there are fewer (nothing is consumed). */
static inline const uint8_t *scale_take(struct scale_reader *reader, size_t count) {
    if (scale_left(reader) < count) {
        return NULL;
    }
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += count;
    return bytes;
}

/* An unsigned integer of 1 to 8 bytes. false: cut off. */
static inline bool scale_uint(struct scale_reader *reader, unsigned size, uint64_t *value) {
    const uint8_t *bytes = scale_take(reader, size);
    *value = 0;
    for (unsigned i = 0; bytes != NULL && i < size; i++) {
        *value |= (uint64_t)bytes[i] << (8 * i);
    }
    return bytes != NULL;
}

/* A compact integer of up to 64 bits, in its shortest form. false: cut off, greater, or longer than
 * it need be. */
bool scale_compact(struct scale_reader *reader, uint64_t *value);
/* The same up to 2^256 - 1, into 32 bytes. */
bool scale_compact_wide(struct scale_reader *reader, uint8_t value[32]);

#endif
