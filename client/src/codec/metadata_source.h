/* What the parser of metadata reads from, and what it fills: a cursor over the bytes, the handle in
 * the making, a budget of memory, and the place that a message names. The first failure sticks:
 * after it everything reads as empty, loops end, and the caller looks at `status` once. */
#ifndef CODEC_METADATA_SOURCE_H
#define CODEC_METADATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "metadata.h"
#include "scale.h"

/* A runtime has about a thousand types; an id of more than 16 bits is nobody's. */
#define METADATA_TYPES_MAX 65536u
/* Real metadata takes about four times its own size; hostile metadata could ask for hundreds. */
#define METADATA_MEMORY_FACTOR 32u
#define METADATA_MEMORY_LEAST ((size_t)1 << 20)

/* Where the cursor is, for messages: type 12, or pallet 'System', constant 'SS58Prefix'. */
struct metadata_place {
    uint32_t type; /* METADATA_NO_TYPE: not in a type */
    unsigned depth;
    struct {
        const char *kind;
        struct substrate_text name;
    } levels[2];
};

/* What is known of a type only while it is read and resolved. */
struct type_note {
    size_t position;       /* of its first byte */
    uint32_t store, order; /* the types that a bit sequence names */
    uint32_t size;         /* of each of its values */
    uint8_t progress;      /* types_resolve.c */
    uint8_t height;        /* of the types inside it */
};

struct metadata_source {
    struct scale_reader reader;
    struct substrate_metadata *metadata;
    struct type *types; /* those of `metadata`, while they may change */
    struct type_note *notes;
    size_t memory_left;
    struct metadata_place place;
    struct substrate_error *error; /* may be NULL */
    enum substrate_status status;
};

/* Sets the status and the error, unless there is one already. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void source_fail(struct metadata_source *source, enum substrate_status status, const char *format,
                 ...);

/* Enters a thing, which may have a name, within what was entered before, two deep at most; and
 * leaves it again, also after a failure. */
void source_enter(struct metadata_source *source, const char *kind, struct substrate_text name);
void source_leave(struct metadata_source *source);

/* `count` zeroed elements out of the metadata's arena; NULL when there are none, or on failure. */
void *source_alloc(struct metadata_source *source, size_t count, size_t size);

uint8_t source_byte(struct metadata_source *source);
/* The tag of a Rust Option. */
bool source_option(struct metadata_source *source);
/* A compact integer of at most 32 bits. */
uint32_t source_number(struct metadata_source *source);
/* How many elements follow, each of at least `least` bytes: no more than there can be. */
uint32_t source_count(struct metadata_source *source, size_t least);
/* Reads the id of a type that exists. */
uint32_t source_type(struct metadata_source *source);
/* The same for a type that must be an enum; `what` it is of, for the message. */
uint32_t source_enum(struct metadata_source *source, const char *what);
struct substrate_bytes source_bytes(struct metadata_source *source);
/* UTF-8; a view into the metadata's own copy, its data never NULL unless this failed. */
struct substrate_text source_text(struct metadata_source *source);
void source_skip(struct metadata_source *source, size_t size);
void source_skip_text(struct metadata_source *source);
/* Moves behind documentation: a list of texts. */
void source_skip_docs(struct metadata_source *source);

/* The parts of the metadata, in files of their own. Each reads its part and sets the fields. */
void metadata_read_types(struct metadata_source *source);    /* types_read.c */
void metadata_resolve_types(struct metadata_source *source); /* types_resolve.c */
void metadata_read_pallets(struct metadata_source *source);  /* metadata_pallets.c */
/* metadata_runtime.c: what follows the pallets, to the end */
void metadata_read_runtime(struct metadata_source *source);
/* Version 16 says of each item whether it is deprecated; there is no place for that. */
void metadata_skip_deprecation(struct metadata_source *source);

#endif
