/* The program that typed_compile.c makes and typed.c runs: a flat list of instructions. Those of a
 * nested struct stand in line, with its offset added. An option and a vector are followed by the
 * `body` instructions of what they hold. */
#ifndef CODEC_TYPED_PROGRAM_H
#define CODEC_TYPED_PROGRAM_H

#include "typed.h"

enum typed_code {
    CODE_BOOL,         /* to a bool */
    CODE_ACCOUNT,      /* 32 bytes as they are */
    CODE_UINT,         /* `wire` bytes to an integer of `size` bytes, zero-extended */
    CODE_COMPACT,      /* the same, compact, of at most `wire` bytes */
    CODE_BYTES,        /* a sequence of u8 */
    CODE_BYTES_COPIED, /* */
    CODE_TEXT,         /* */
    CODE_TEXT_COPIED,  /* */
    CODE_PRESENT,      /* nothing is read; true to a bool */
    CODE_OPTION,       /* true or false to a bool, and the body, or not */
    CODE_SEQUENCE, /* the body for each element, `size` apart in C, `least` bytes each at least */
    CODE_ARRAY,    /* the same, `count` of them */
    CODE_SKIP,     /* `count` bytes */
    CODE_SKIP_COMPACT, /* one */
    CODE_SKIP_RUN,     /* a sequence of elements of `least` bytes */
    CODE_SKIP_OPTION,  /* a byte, and the body, or not */
    CODE_SKIP_VALUE,   /* any value of type `count` */
};

struct typed_instruction {
    uint8_t code; /* enum typed_code */
    uint8_t wire;
    uint32_t body;
    uint32_t count, least;
    size_t offset, size;
    const struct typed_struct *owner; /* for messages: of this struct */
    const struct typed_field *field;  /* this field, NULL for one that is skipped */
};

struct typed_program {
    const struct substrate_metadata *metadata;
    const struct typed_struct *description;
    uint32_t count;
    struct typed_instruction list[];
};

#endif
