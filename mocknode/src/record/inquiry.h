/* Questions to an upstream that end in facts, as plan and proxy both ask them. Errors name the
 * upstream and the method. */
#ifndef RECORD_INQUIRY_H
#define RECORD_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/json.h"
#include "fixture/facts.h"
#include "record/upstream.h"

struct inquiry {
    struct upstream upstream;
    struct facts *facts;     /* that the answers are added to */
    struct base_arena arena; /* of the answers */
    struct substrate_error *error;
};

enum substrate_status inquiry_no_memory(struct inquiry *inquiry);
/* Parses a reply's result; E_PROTOCOL when it is not of this kind. */
enum substrate_status inquiry_parse(struct inquiry *inquiry, const char *method,
                                    struct substrate_text text, enum base_json_kind kind,
                                    struct base_json *value);
/* E_PROTOCOL: the answer makes no sense. */
enum substrate_status inquiry_odd(struct inquiry *inquiry, const char *method, const char *what);
/* A method whose result is a block hash. */
enum substrate_status inquiry_hash(struct inquiry *inquiry, const char *method,
                                   struct substrate_text params, struct substrate_hash *hash);
/* The height of a block, by its header, which must hash to its hash. */
enum substrate_status inquiry_number(struct inquiry *inquiry, const struct substrate_hash *hash,
                                     uint64_t *number);

/* The chain's name and genesis hash; E_DECODE: the facts are of another chain. */
enum substrate_status inquiry_chain(struct inquiry *inquiry);
/* Whether the upstream has the blocks of a recording that is to be added to; E_DECODE: it has
 * others. Test chains share an assigned genesis hash, so that it proves nothing. */
enum substrate_status inquiry_same_chain(struct inquiry *inquiry, const struct facts *old);

/* Hash and size of the value of a key ("0x…" with its quotes) at a block. A hash that is that of
 * `known` (may be NULL) has its size, too. E_NOT_FOUND: no such key, or the upstream does not say.
 */
enum substrate_status inquiry_digest(struct inquiry *inquiry, struct substrate_text key,
                                     const struct substrate_hash *at,
                                     const struct fact_digest *known, struct fact_digest *digest);

/* What is wanted of a runtime. */
struct runtime_wish {
    bool metadata_all, exports;
    const uint32_t *metadata; /* versions, also without metadata_all */
    size_t metadata_count;
    const char *asked_by; /* for messages */
    bool exports_if_any;  /* a code that is no WebAssembly is named, and has no known exports */
};
/* Adds it to the runtime of this version, which the facts have; `at`: a block after which it is in
 * force. What is there already is not asked again. */
enum substrate_status inquiry_runtime(struct inquiry *inquiry, const struct runtime_wish *wish,
                                      uint32_t spec, const struct substrate_hash *at);

/* Copies text without white space between its tokens into the facts. {NULL, 0}: out of memory. */
struct substrate_text facts_compact(struct facts *facts, struct base_json value);

#endif
