/* A copy of a text in which parts have been replaced, made from left to right. */
#ifndef RECORD_PROXY_SPLICE_H
#define RECORD_PROXY_SPLICE_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/buf.h"

struct splice {
    struct substrate_text text;
    size_t done; /* bytes of the text that are in the copy, or were replaced */
    struct base_buf copy;
};

static inline struct splice splice_of(struct substrate_text text) {
    return (struct splice){.text = text, .copy = BASE_BUF_INIT};
}

/* Replaces a part of the text, which lies behind those that were replaced before. */
static inline void splice_replace(struct splice *splice, struct substrate_text part,
                                  struct substrate_text with) {
    size_t at = (size_t)(part.data - splice->text.data);
    base_buf_append(&splice->copy, splice->text.data + splice->done, at - splice->done);
    base_buf_text(&splice->copy, with);
    splice->done = at + part.size;
}

/* What has become of it: the text itself when nothing was replaced, or memory ran out. Good until
 * the splice is freed. */
static inline struct substrate_text splice_end(struct splice *splice) {
    if (splice->done == 0) {
        return splice->text;
    }
    base_buf_append(&splice->copy, splice->text.data + splice->done,
                    splice->text.size - splice->done);
    return splice->copy.failed ? splice->text : base_buf_view(&splice->copy);
}

static inline void splice_free(struct splice *splice) { base_buf_free(&splice->copy); }

#endif
